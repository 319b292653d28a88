/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of mtrace, the multicast traceroute of
 * draft-ietf-idmr-traceroute-ipm, which are types of IGMP: a query goes from
 * router to router towards a source, each adds a block of its own, and the
 * last one answers. Called by DVMRP and by tests; pure.
 */
#ifndef XMGM_WIRE_MTRACE_H
#define XMGM_WIRE_MTRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#define MTRACE_RESPONSE 0x1e
#define MTRACE_QUERY	0x1f

#define MTRACE_HEADER	24u
#define MTRACE_BLOCK	32u
#define MTRACE_BLOCKS	32u /* in a packet that is not cut up everywhere */
#define MTRACE_BYTES	(MTRACE_HEADER + MTRACE_BLOCKS * MTRACE_BLOCK)

#define MTRACE_UNKNOWN	UINT32_MAX /* of a count */

/* Why the path ends here, or what is to be said of this hop. */
enum mtrace_code {
	MTRACE_NO_ERROR = 0,
	MTRACE_WRONG_IF = 1,
	MTRACE_PRUNE_SENT = 2,
	MTRACE_PRUNE_RECEIVED = 3,
	MTRACE_SCOPED = 4,
	MTRACE_NO_ROUTE = 5,
	MTRACE_WRONG_LAST_HOP = 6,
	MTRACE_NOT_FORWARDING = 7,
	MTRACE_REACHED_CORE = 8,
	MTRACE_RPF_IF = 9,
	MTRACE_NO_MULTICAST = 10,
	MTRACE_NO_SPACE = 0x81,
};

#define MTRACE_PROTOCOL_DVMRP 1

struct mtrace_query {
	uint8_t hops; /* blocks that are wanted at most */
	struct in_addr group, source, receiver, answer_to;
	uint8_t ttl; /* of an answer to a group */
	size_t blocks;
	/* The whole message, as it came. */
	const uint8_t *bytes;
	size_t len;
};

/* What a router says of itself. Counts: of packets. */
struct mtrace_block {
	uint32_t arrival; /* the middle of an NTP time */
	struct in_addr in, out, previous;
	uint32_t in_count, out_count, flow_count;
	uint8_t protocol, ttl, length; /* of the source's network */
	enum mtrace_code code;
};

/* A query of whole blocks, with a right checksum; false: something else. */
bool mtrace_query_get(const uint8_t *bytes, size_t len,
		      struct mtrace_query *query);

/* From whom to whom it goes on. */
struct mtrace_ip {
	struct in_addr source, target;
	uint8_t ttl;
};

/*
 * The query with one block more, as an IP packet: again as a query, or as the
 * response. Returns its length, 0: there is no room for a block.
 */
size_t mtrace_put(const struct mtrace_query *query,
		  const struct mtrace_block *block, const struct mtrace_ip *ip,
		  uint8_t type, uint8_t *packet, size_t room);

#endif /* XMGM_WIRE_MTRACE_H */
