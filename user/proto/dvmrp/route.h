/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the routes share: route.c, table.c, heard.c, direct.c. */
#ifndef XMGM_PROTO_DVMRP_ROUTE_H
#define XMGM_PROTO_DVMRP_ROUTE_H

#include "internal.h"

enum dvmrp_route_event {
	DVMRP_SAID,		/* by the upstream */
	DVMRP_SAID_UNREACHABLE, /* by the upstream */
	DVMRP_BETTER,		/* another neighbour has said one that is */
	DVMRP_AS_BEFORE, /* who said it before hold-down says the same again */
	DVMRP_SILENT,	 /* nobody has said it for too long */
	DVMRP_UPSTREAM_GONE,
	DVMRP_HOLD_OVER,
	DVMRP_DIRECT,	   /* it is a subnet of ours */
	DVMRP_DIRECT_GONE, /* no longer */
	DVMRP_ROUTE_EVENTS
};

/* What an event brings along: the way it is about. */
struct dvmrp_new_way {
	struct dvmrp_interface *iif;
	struct dvmrp_neighbor *upstream;
	uint8_t metric;
};

/* The only writer of the state. A route that has none any more is freed. way:
 * of SAID, BETTER, AS_BEFORE and DIRECT. */
void dvmrp_route_event(struct dvmrp *d, struct dvmrp_route *r,
		       enum dvmrp_route_event event,
		       const struct dvmrp_new_way *way);
void dvmrp_route_timer(struct timer *timer, uint64_t now_ms);

/* table.c: in state NONE, which an event has to end. NULL: no memory. */
struct dvmrp_route *dvmrp_route_new(struct dvmrp *d,
				    const struct dvmrp_prefix *prefix);
void dvmrp_route_free(struct dvmrp *d, struct dvmrp_route *r);
bool dvmrp_prefix_equal(const struct dvmrp_prefix *a,
			const struct dvmrp_prefix *b);

/* Of hold-down: there is no way, or another's. */
static inline bool dvmrp_route_held(const struct dvmrp_route *r)
{
	return r->state == DVMRP_ROUTE_HELD ||
	       r->state == DVMRP_ROUTE_RELEARNED;
}

/* May this be believed there? */
bool dvmrp_route_accepted(const struct dvmrp_interface *in,
			  const struct dvmrp_prefix *prefix);

#endif /* XMGM_PROTO_DVMRP_ROUTE_H */
