/* SPDX-License-Identifier: GPL-2.0-only */
/* See mtrace.h. */
#include "wire/mtrace.h"

#include <string.h>

#include "wire/igmp.h"
#include "wire/reader.h"

bool mtrace_query_get(const uint8_t *bytes, size_t len,
		      struct mtrace_query *query)
{
	struct reader r;

	if (len < MTRACE_HEADER || (len - MTRACE_HEADER) % MTRACE_BLOCK ||
	    bytes[0] != MTRACE_QUERY || wire_checksum(bytes, len))
		return false;
	reader_init(&r, bytes, len);
	*query = (struct mtrace_query){.bytes = bytes, .len = len};
	reader_u8(&r); /* type */
	query->hops = reader_u8(&r);
	reader_be16(&r); /* checksum */
	query->group = reader_addr(&r);
	query->source = reader_addr(&r);
	query->receiver = reader_addr(&r);
	query->answer_to = reader_addr(&r);
	query->ttl = reader_u8(&r);
	query->blocks = (len - MTRACE_HEADER) / MTRACE_BLOCK;
	return true;
}

static void put_u32(uint8_t *at, uint32_t value)
{
	const uint32_t net = htonl(value);

	memcpy(at, &net, sizeof(net));
}

static void put_block(uint8_t *at, const struct mtrace_block *b)
{
	put_u32(at, b->arrival);
	memcpy(at + 4, &b->in, 4);
	memcpy(at + 8, &b->out, 4);
	memcpy(at + 12, &b->previous, 4);
	put_u32(at + 16, b->in_count);
	put_u32(at + 20, b->out_count);
	put_u32(at + 24, b->flow_count);
	at[28] = b->protocol;
	at[29] = b->ttl;
	at[30] = b->length;
	at[31] = (uint8_t)b->code;
}

size_t mtrace_put(const struct mtrace_query *query,
		  const struct mtrace_block *block, const struct mtrace_ip *ip,
		  uint8_t type, uint8_t *packet, size_t room)
{
	const size_t len = query->len + MTRACE_BLOCK;
	uint8_t *message = packet + IGMP_IP_BYTES;

	if (query->blocks >= MTRACE_BLOCKS || IGMP_IP_BYTES + len > room)
		return 0;
	memset(packet, 0, IGMP_IP_BYTES);
	memcpy(message, query->bytes, query->len);
	put_block(message + query->len, block);
	message[0] = type;
	message[2] = message[3] = 0;
	wire_be16_put(message + 2, wire_checksum(message, len));
	igmp_ip_put_ttl(packet, ip->source, ip->target, IGMP_IP_BYTES + len,
			ip->ttl);
	return IGMP_IP_BYTES + len;
}
