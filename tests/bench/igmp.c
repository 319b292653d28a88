/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Encodes IGMPv2 reports: RFC 2236 sections 2 and 9, RFC 2113.
 */
#include "igmp.h"

#include <string.h>

#define IP   14
#define IGMP (IP + 24)

static void put_checksum(uint8_t *data, int len, int field)
{
	uint32_t sum = 0;

	for (int i = 0; i < len; i += 2)
		sum += data[i] << 8 | data[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16));
	data[field] = sum >> 8;
	data[field + 1] = sum;
}

void igmp_report(struct igmp_frame *f, const uint8_t host[4],
		 const uint8_t group[4])
{
	static const struct igmp_frame empty = {
		.bytes = {0x01, 0x00, 0x5e, 0, 0,    0,	   2, 0,  0,   0,
			  2,	1,    0x08, 0, 0x46, 0xc0, 0, 32, 0,   0,
			  0,	0,    1,    2, 0,    0,	   0, 0,  0,   0,
			  0,	0,    0,    0, 0x94, 0x04, 0, 0,  0x16}};

	*f = empty;
	f->bytes[3] = group[1] & 0x7f;
	f->bytes[4] = group[2];
	f->bytes[5] = group[3];
	memcpy(f->bytes + IP + 12, host, 4);
	memcpy(f->bytes + IP + 16, group, 4);
	memcpy(f->bytes + IGMP + 4, group, 4);
	put_checksum(f->bytes + IP, 24, 10);
	put_checksum(f->bytes + IGMP, 8, 2);
}
