/* SPDX-License-Identifier: GPL-2.0-only */
/* See mrd.h. */
#include "wire/mrd.h"

#include <string.h>

#include "wire/reader.h"

#define SHORT 4u /* of solicitation and termination: type, 0, checksum */
#define LONG  8u

/* Header and checksum, for a message that lies behind them. */
static size_t finish(uint8_t *packet, struct in_addr router, size_t len)
{
	const struct in_addr snoopers = {MRD_ALL_SNOOPERS};
	uint8_t *message = packet + IGMP_IP_BYTES;

	igmp_ip_put(packet, router, snoopers, IGMP_IP_BYTES + len);
	wire_be16_put(message + 2, wire_checksum(message, len));
	return IGMP_IP_BYTES + len;
}

size_t mrd_advertisement_put(const struct mrd_advertisement *a,
			     uint8_t packet[MRD_BYTES_MAX])
{
	uint8_t *message = packet + IGMP_IP_BYTES;

	memset(packet, 0, MRD_BYTES_MAX);
	message[0] = MRD_ADVERTISEMENT;
	message[1] = a->interval_s;
	wire_be16_put(message + 4, a->query_interval_s);
	wire_be16_put(message + 6, a->robustness);
	return finish(packet, a->router, LONG);
}

size_t mrd_termination_put(struct in_addr router, uint8_t packet[MRD_BYTES_MAX])
{
	memset(packet, 0, MRD_BYTES_MAX);
	packet[IGMP_IP_BYTES] = MRD_TERMINATION;
	return finish(packet, router, SHORT);
}

/* Octets behind a message count for its checksum, and are ignored. */
static bool is(const uint8_t *bytes, size_t len, uint8_t type, size_t at_least)
{
	return len >= at_least && bytes[0] == type &&
	       !wire_checksum(bytes, len);
}

bool mrd_advertisement_get(const uint8_t *bytes, size_t len,
			   struct mrd_advertisement *a)
{
	struct reader r;

	if (!is(bytes, len, MRD_ADVERTISEMENT, LONG))
		return false;
	reader_init(&r, bytes, len);
	*a = (struct mrd_advertisement){0};
	reader_u8(&r); /* type */
	a->interval_s = reader_u8(&r);
	reader_be16(&r); /* checksum */
	a->query_interval_s = reader_be16(&r);
	a->robustness = reader_be16(&r);
	return true;
}

bool mrd_is_termination(const uint8_t *bytes, size_t len)
{
	return is(bytes, len, MRD_TERMINATION, SHORT);
}

bool mrd_is_solicitation(const uint8_t *bytes, size_t len)
{
	return is(bytes, len, MRD_SOLICITATION, SHORT);
}
