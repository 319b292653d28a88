/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions of mrinfo and mtrace. */
#ifndef XMGM_PROTO_DVMRP_QUERY_H
#define XMGM_PROTO_DVMRP_QUERY_H

#include <netinet/in.h>
#include <stdint.h>

#include "proto/proto.h"
#include "wire/dvmrp.h"

struct dvmrp;
struct dvmrp_interface;

#define DVMRP_ASKERS	     16u /* remembered, each for a second */
#define DVMRP_QUERIES_SECOND 20u /* of all together */

/* So that nobody has us answer without end. */
struct dvmrp_queries {
	uint64_t second_ms; /* since when they are counted */
	uint32_t count;
	uint32_t next; /* place in the ring */
	struct {
		struct in_addr who;
		uint64_t at_ms;
	} askers[DVMRP_ASKERS];
};

/* ask-neighbors2, which came in there: answered to who is on the link. */
void dvmrp_query_neighbors(struct dvmrp_interface *in,
			   const struct proto_packet *packet);
/* A message of mtrace: answered, or passed on towards the source. */
void dvmrp_query_mtrace(struct dvmrp *d, const struct proto_packet *packet);

#endif /* XMGM_PROTO_DVMRP_QUERY_H */
