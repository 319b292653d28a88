/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The routes to sources: what reports of neighbours, subnets of ours and time
 * make of them. What a route is on other interfaces than its iif is kept by
 * branch.c, what neighbours are told of it by report.c. A route that has a way
 * is a route of the manager's RIB (not those to our own subnets, which are
 * connected anyway).
 *
 * Hold-down: a route that is lost is said to be unreachable for two report
 * intervals. Another neighbour may serve us meanwhile, and is told by poison
 * reverse that we depend on it; all others go on hearing of no route. The one
 * that we had, with the metric that we had, ends that early.
 */
#include "route.h"

/* --- the manager's ---------------------------------------------------------- */

static void rib(struct dvmrp *d, struct dvmrp_route *r)
{
	const bool wanted = d->client && r->upstream;
	struct mgm_rib_route route = {
		.size = sizeof(route),
		.prefix = {mgm_address_v4(r->prefix.net), r->prefix.length, {0}},
		.metric = r->metric,
		.distance = MGM_DISTANCE_DVMRP,
	};

	if (wanted) {
		route.upstream = mgm_address_v4(r->upstream->address);
		route.ifid = r->iif->ifid;
		if (mgm_rib_put(d->services.mgm, d->client, &route))
			dvmrp_count(d, r->iif, DVMRP_N_RIB_REFUSED);
		else
			r->in_rib = true;
	} else if (r->in_rib) {
		r->in_rib = false;
		if (d->client)
			mgm_rib_del(d->services.mgm, d->client, &route.prefix);
	}
}

/* --- the state machine -------------------------------------------------------
 */

static void wait(struct dvmrp *d, struct dvmrp_route *r)
{
	uint64_t at = TIMER_NEVER;

	if (r->upstream)
		at = r->heard_ms + d->config.expiry_ms;
	if (dvmrp_route_held(r) && r->held_until_ms < at)
		at = r->held_until_ms;
	dvmrp_timer(d, &r->timer, at);
}

/* Where it goes from now on; all that hangs on that is told. */
static void take(struct dvmrp *d, struct dvmrp_route *r,
		 const struct dvmrp_new_way *way, const struct dvmrp_way *was)
{
	const bool moved = r->iif != way->iif || r->upstream != way->upstream;
	const uint8_t metric = r->metric;

	r->iif = way->iif;
	r->upstream = way->upstream;
	r->metric = way->metric;
	r->heard_ms = d->now_ms;
	if (moved)
		r->since_ms = d->now_ms;
	wait(d, r);
	if (!moved && metric == r->metric && was->state == r->state)
		return;
	if (moved || metric != r->metric)
		rib(d, r);
	/* Who forwards on the old one is not known: we, until we hear. */
	if (was->iif && was->iif != r->iif)
		dvmrp_branch_drop(r, was->iif);
	if (r->iif)
		dvmrp_branch_drop(r, r->iif);
	dvmrp_branch_review(r);
	dvmrp_report_flash(d, r);
	if (moved || was->state == DVMRP_ROUTE_NONE)
		dvmrp_tree_route(d, r, was);
}

static const struct dvmrp_new_way nowhere = {.metric = DVMRP_INFINITY};

static void act_take(struct dvmrp *d, struct dvmrp_route *r,
		     const struct dvmrp_new_way *way,
		     const struct dvmrp_way *was)
{
	take(d, r, way, was);
}

/* Hold-down begins. */
static void act_hold(struct dvmrp *d, struct dvmrp_route *r,
		     const struct dvmrp_new_way *way,
		     const struct dvmrp_way *was)
{
	(void)way;
	r->held_until_ms = d->now_ms + d->config.hold_down_ms;
	r->held_from.s_addr = 0;
	if (r->upstream)
		r->held_from = r->upstream->address;
	r->held_metric = r->metric;
	take(d, r, &nowhere, was);
}

/* The one that has served us meanwhile does no more. */
static void act_unlearn(struct dvmrp *d, struct dvmrp_route *r,
			const struct dvmrp_new_way *way,
			const struct dvmrp_way *was)
{
	(void)way;
	take(d, r, &nowhere, was);
}

static void act_confirm(struct dvmrp *d, struct dvmrp_route *r,
			const struct dvmrp_new_way *way,
			const struct dvmrp_way *was)
{
	(void)way;
	(void)was;
	wait(d, r);
	dvmrp_branch_review(r);
	dvmrp_report_flash(d, r);
}

static void act_forget(struct dvmrp *d, struct dvmrp_route *r,
		       const struct dvmrp_new_way *way,
		       const struct dvmrp_way *was)
{
	(void)way;
	dvmrp_branch_drop(r, NULL);
	dvmrp_tree_route(d, r, was);
}

static void act_nothing(struct dvmrp *d, struct dvmrp_route *r,
			const struct dvmrp_new_way *way,
			const struct dvmrp_way *was)
{
	(void)d;
	(void)r;
	(void)way;
	(void)was;
}

static const struct {
	void (*action)(struct dvmrp *d, struct dvmrp_route *r,
		       const struct dvmrp_new_way *way,
		       const struct dvmrp_way *was);
	enum dvmrp_route_state next;
} table[DVMRP_ROUTE_STATES][DVMRP_ROUTE_EVENTS] = {
	[DVMRP_ROUTE_NONE] =
		{
			[DVMRP_SAID] = {act_nothing, DVMRP_ROUTE_NONE},
			[DVMRP_SAID_UNREACHABLE] = {act_nothing,
						    DVMRP_ROUTE_NONE},
			[DVMRP_BETTER] = {act_take, DVMRP_ROUTE_VALID},
			[DVMRP_AS_BEFORE] = {act_nothing, DVMRP_ROUTE_NONE},
			[DVMRP_SILENT] = {act_nothing, DVMRP_ROUTE_NONE},
			[DVMRP_UPSTREAM_GONE] = {act_nothing, DVMRP_ROUTE_NONE},
			[DVMRP_HOLD_OVER] = {act_nothing, DVMRP_ROUTE_NONE},
			[DVMRP_DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DVMRP_DIRECT_GONE] = {act_nothing, DVMRP_ROUTE_NONE},
		},
	[DVMRP_ROUTE_DIRECT] =
		{
			[DVMRP_SAID] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[DVMRP_SAID_UNREACHABLE] = {act_nothing,
						    DVMRP_ROUTE_DIRECT},
			[DVMRP_BETTER] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[DVMRP_AS_BEFORE] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[DVMRP_SILENT] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[DVMRP_UPSTREAM_GONE] = {act_nothing,
						 DVMRP_ROUTE_DIRECT},
			[DVMRP_HOLD_OVER] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[DVMRP_DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DVMRP_DIRECT_GONE] = {act_hold, DVMRP_ROUTE_HELD},
		},
	[DVMRP_ROUTE_VALID] =
		{
			[DVMRP_SAID] = {act_take, DVMRP_ROUTE_VALID},
			[DVMRP_SAID_UNREACHABLE] = {act_hold, DVMRP_ROUTE_HELD},
			[DVMRP_BETTER] = {act_take, DVMRP_ROUTE_VALID},
			[DVMRP_AS_BEFORE] = {act_nothing, DVMRP_ROUTE_VALID},
			[DVMRP_SILENT] = {act_hold, DVMRP_ROUTE_HELD},
			[DVMRP_UPSTREAM_GONE] = {act_hold, DVMRP_ROUTE_HELD},
			[DVMRP_HOLD_OVER] = {act_nothing, DVMRP_ROUTE_VALID},
			[DVMRP_DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DVMRP_DIRECT_GONE] = {act_nothing, DVMRP_ROUTE_VALID},
		},
	[DVMRP_ROUTE_HELD] =
		{
			[DVMRP_SAID] = {act_nothing, DVMRP_ROUTE_HELD},
			[DVMRP_SAID_UNREACHABLE] = {act_nothing,
						    DVMRP_ROUTE_HELD},
			[DVMRP_BETTER] = {act_take, DVMRP_ROUTE_RELEARNED},
			[DVMRP_AS_BEFORE] = {act_take, DVMRP_ROUTE_VALID},
			[DVMRP_SILENT] = {act_nothing, DVMRP_ROUTE_HELD},
			[DVMRP_UPSTREAM_GONE] = {act_nothing, DVMRP_ROUTE_HELD},
			[DVMRP_HOLD_OVER] = {act_forget, DVMRP_ROUTE_NONE},
			[DVMRP_DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DVMRP_DIRECT_GONE] = {act_nothing, DVMRP_ROUTE_HELD},
		},
	[DVMRP_ROUTE_RELEARNED] =
		{
			[DVMRP_SAID] = {act_take, DVMRP_ROUTE_RELEARNED},
			[DVMRP_SAID_UNREACHABLE] = {act_unlearn,
						    DVMRP_ROUTE_HELD},
			[DVMRP_BETTER] = {act_take, DVMRP_ROUTE_RELEARNED},
			[DVMRP_AS_BEFORE] = {act_take, DVMRP_ROUTE_VALID},
			[DVMRP_SILENT] = {act_unlearn, DVMRP_ROUTE_HELD},
			[DVMRP_UPSTREAM_GONE] = {act_unlearn, DVMRP_ROUTE_HELD},
			[DVMRP_HOLD_OVER] = {act_confirm, DVMRP_ROUTE_VALID},
			[DVMRP_DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DVMRP_DIRECT_GONE] = {act_nothing,
					       DVMRP_ROUTE_RELEARNED},
		},
};

void dvmrp_route_event(struct dvmrp *d, struct dvmrp_route *r,
		       enum dvmrp_route_event event,
		       const struct dvmrp_new_way *way)
{
	const struct dvmrp_way was = {r->state, r->iif, r->upstream};

	r->state = table[was.state][event].next;
	table[was.state][event].action(d, r, way, &was);
	if (was.state != r->state || was.upstream != r->upstream ||
	    was.iif != r->iif)
		dvmrp_event_route(d, r);
	if (r->state == DVMRP_ROUTE_NONE)
		dvmrp_route_free(d, r);
}

void dvmrp_route_timer(struct timer *timer, uint64_t now_ms)
{
	struct dvmrp_route *r = hash_entry(timer, struct dvmrp_route, timer);
	struct dvmrp *d = r->dvmrp;
	const bool held = dvmrp_route_held(r);

	if (held && r->held_until_ms <= now_ms) {
		dvmrp_route_event(d, r, DVMRP_HOLD_OVER, NULL);
		return;
	}
	dvmrp_count(d, r->iif, DVMRP_N_ROUTES_EXPIRED);
	dvmrp_route_event(d, r, DVMRP_SILENT, NULL);
}

/* --- what is said of it ----------------------------------------------------- */

static bool in_one(const struct dvmrp_prefix *list, uint32_t count,
		   const struct dvmrp_prefix *prefix)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].length <= prefix->length &&
		    dvmrp_prefix_holds(&list[i], prefix->net))
			return true;
	return false;
}

bool dvmrp_route_accepted(const struct dvmrp_interface *in,
			  const struct dvmrp_prefix *prefix)
{
	const struct dvmrp_interface_config *c = &in->config;

	if (!prefix->length)
		return c->accept_default;
	return in_one(c->accept.item, c->accept.count, prefix);
}

static bool announced(const struct dvmrp_interface *in,
		      const struct dvmrp_prefix *prefix)
{
	const struct dvmrp_interface_config *c = &in->config;

	if (!prefix->length)
		return c->announce_default;
	return in_one(c->announce.item, c->announce.count, prefix);
}

uint8_t dvmrp_route_said(const struct dvmrp_route *r,
			 const struct dvmrp_interface *in)
{
	if (r->iif == in)
		return r->upstream ? r->metric + DVMRP_INFINITY : 0;
	if (!announced(in, &r->prefix))
		return 0;
	if (dvmrp_route_held(r))
		return DVMRP_INFINITY;
	return r->metric;
}

void dvmrp_route_neighbor_gone(struct dvmrp_neighbor *n)
{
	struct dvmrp *d = n->interface->dvmrp;
	struct tree_node *node, *behind;

	for (node = tree_first(&d->ordered); node; node = behind) {
		struct dvmrp_route *r =
			tree_entry(node, struct dvmrp_route, ordered);

		behind = tree_after(&d->ordered, node);
		dvmrp_branch_neighbor_gone(r, n);
		if (r->upstream == n)
			dvmrp_route_event(d, r, DVMRP_UPSTREAM_GONE, NULL);
	}
}
