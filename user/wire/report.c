/* SPDX-License-Identifier: GPL-2.0-only */
/* See report.h. */
#include "wire/report.h"

#include <string.h>

#include "wire/reader.h"

#define RECORD_HEAD 8u

struct in_addr report_old_target(enum xmgm_igmp_type type, struct in_addr group)
{
	if (type == XMGM_IGMP_V2_LEAVE)
		return (struct in_addr){IGMP_ALL_ROUTERS};
	return group;
}

size_t report_old_put(enum xmgm_igmp_type type, struct in_addr host,
		      struct in_addr group, uint8_t packet[REPORT_OLD_BYTES])
{
	uint8_t *message = packet + IGMP_IP_BYTES;

	if (type != XMGM_IGMP_V1_REPORT && type != XMGM_IGMP_V2_REPORT &&
	    type != XMGM_IGMP_V2_LEAVE)
		return 0;
	memset(packet, 0, REPORT_OLD_BYTES);
	igmp_ip_put(packet, host, report_old_target(type, group),
		    REPORT_OLD_BYTES);
	message[0] = (uint8_t)type;
	memcpy(message + 4, &group, 4);
	wire_be16_put(message + 2,
		      wire_checksum(message, REPORT_OLD_BYTES - IGMP_IP_BYTES));
	return REPORT_OLD_BYTES;
}

void report_begin(struct report *r, size_t size)
{
	if (size > REPORT_BYTES_MAX)
		size = REPORT_BYTES_MAX;
	if (size < REPORT_BYTES_MIN)
		size = REPORT_BYTES_MIN;
	r->size = size;
	r->len = REPORT_HEAD_BYTES;
	r->records = 0;
}

long report_room(const struct report *r)
{
	size_t left = r->size - r->len;

	return left < RECORD_HEAD ? -1 : (long)((left - RECORD_HEAD) / 4);
}

void report_add(struct report *r, enum igmp_record_type type,
		struct in_addr group, const struct in_addr *sources,
		size_t count)
{
	uint8_t *at = r->packet + r->len;

	if ((long)count > report_room(r))
		return;
	at[0] = (uint8_t)type;
	at[1] = 0; /* no auxiliary data */
	wire_be16_put(at + 2, count);
	memcpy(at + 4, &group, 4);
	if (count)
		memcpy(at + RECORD_HEAD, sources, 4 * count);
	r->len += RECORD_HEAD + 4 * count;
	r->records++;
}

size_t report_end(struct report *r, struct in_addr host)
{
	const struct in_addr target = {IGMP_ALL_V3_ROUTERS};
	uint8_t *message = r->packet + IGMP_IP_BYTES;
	size_t len = r->len - IGMP_IP_BYTES;

	if (!r->records)
		return 0;
	memset(r->packet, 0, REPORT_HEAD_BYTES);
	igmp_ip_put(r->packet, host, target, r->len);
	message[0] = XMGM_IGMP_V3_REPORT;
	wire_be16_put(message + 6, r->records);
	wire_be16_put(message + 2, wire_checksum(message, len));
	return r->len;
}
