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
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"

enum route_event {
	SAID,		  /* by the upstream */
	SAID_UNREACHABLE, /* by the upstream */
	BETTER,		  /* another neighbour has said one that is */
	AS_BEFORE,	  /* who said it before hold-down says the same again */
	SILENT,		  /* nobody has said it for too long */
	UPSTREAM_GONE,
	HOLD_OVER,
	DIRECT,	     /* it is a subnet of ours */
	DIRECT_GONE, /* no longer */
	ROUTE_EVENTS
};

/* What an event brings along: the way it is about. */
struct way {
	struct dvmrp_interface *iif;
	struct dvmrp_neighbor *upstream;
	uint8_t metric;
};

/* --- the table ---------------------------------------------------------------
 */

static uint32_t prefix_hash(const struct dvmrp_prefix *p)
{
	const uint32_t key[] = {p->net.s_addr, p->length};

	return hash_bytes(key, sizeof(key));
}

static bool prefix_equal(const struct dvmrp_prefix *a,
			 const struct dvmrp_prefix *b)
{
	return a->net.s_addr == b->net.s_addr && a->length == b->length;
}

static int prefix_compare(const void *one, const void *other)
{
	const struct dvmrp_prefix *a = one, *b = other;
	const uint32_t x = ntohl(a->net.s_addr), y = ntohl(b->net.s_addr);

	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return x < y ? -1 : x > y;
}

static const void *ordered_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct dvmrp_route, ordered)->prefix;
}

static const void *flash_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct dvmrp_route, flash)->prefix;
}

struct dvmrp_route *dvmrp_route_find(const struct dvmrp *d,
				     const struct dvmrp_prefix *prefix)
{
	struct hash_node *n = hash_first(&d->routes, prefix_hash(prefix));

	for (; n; n = hash_next(n)) {
		struct dvmrp_route *r = hash_entry(n, struct dvmrp_route, node);

		if (prefix_equal(&r->prefix, prefix))
			return r;
	}
	return NULL;
}

struct dvmrp_route *dvmrp_route_after(const struct dvmrp *d,
				      const struct dvmrp_prefix *prefix)
{
	struct tree_node *node = prefix ? tree_behind(&d->ordered, prefix)
					: tree_first(&d->ordered);

	return node ? tree_entry(node, struct dvmrp_route, ordered) : NULL;
}

bool dvmrp_route_usable(const struct dvmrp_route *r)
{
	return r->iif;
}

struct dvmrp_route *dvmrp_route_lookup(const struct dvmrp *d,
				       struct in_addr source)
{
	for (unsigned int length = 33; length--;) {
		const struct dvmrp_prefix prefix = {{source.s_addr &
						     dvmrp_mask(length).s_addr},
						    (uint8_t)length};
		struct dvmrp_route *r = NULL;

		if (d->of_length[length])
			r = dvmrp_route_find(d, &prefix);
		if (r && dvmrp_route_usable(r))
			return r;
	}
	return NULL;
}

static void timer_fire(struct timer *timer, uint64_t now_ms);

static struct dvmrp_route *route_new(struct dvmrp *d,
				     const struct dvmrp_prefix *prefix)
{
	struct dvmrp_route *r = NULL;

	if (!dvmrp_timer_room(d))
		r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->dvmrp = d;
	r->prefix = *prefix;
	r->metric = DVMRP_INFINITY;
	r->timer.fire = timer_fire;
	if (hash_insert(&d->routes, &r->node, prefix_hash(prefix))) {
		dvmrp_timer_end(d, &r->timer);
		free(r);
		return NULL;
	}
	tree_insert(&d->ordered, &r->ordered);
	d->of_length[prefix->length]++;
	return r;
}

static void route_free(struct dvmrp *d, struct dvmrp_route *r)
{
	dvmrp_branch_drop(r, NULL);
	dvmrp_report_forget(d, r);
	dvmrp_timer_end(d, &r->timer);
	hash_remove(&d->routes, &r->node);
	tree_remove(&d->ordered, &r->ordered);
	d->of_length[r->prefix.length]--;
	free(r);
}

/* --- the manager's
 * ------------------------------------------------------------ */

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

void dvmrp_route_rib_all(struct dvmrp *d)
{
	struct tree_node *node;

	tree_for_each(&d->ordered, node)
	{
		struct dvmrp_route *r =
			tree_entry(node, struct dvmrp_route, ordered);

		r->in_rib = false;
		rib(d, r);
	}
}

/* --- the state machine -------------------------------------------------------
 */

static void wait(struct dvmrp *d, struct dvmrp_route *r)
{
	uint64_t at = TIMER_NEVER;

	if (r->upstream)
		at = r->heard_ms + d->config.expiry_ms;
	if ((r->state == DVMRP_ROUTE_HELD ||
	     r->state == DVMRP_ROUTE_RELEARNED) &&
	    r->held_until_ms < at)
		at = r->held_until_ms;
	dvmrp_timer(d, &r->timer, at);
}

/* Where it goes from now on; all that hangs on that is told. */
static void take(struct dvmrp *d, struct dvmrp_route *r, const struct way *way,
		 const struct dvmrp_way *was)
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

static const struct way nowhere = {.metric = DVMRP_INFINITY};

static void act_take(struct dvmrp *d, struct dvmrp_route *r,
		     const struct way *way, const struct dvmrp_way *was)
{
	take(d, r, way, was);
}

/* Hold-down begins. */
static void act_hold(struct dvmrp *d, struct dvmrp_route *r,
		     const struct way *way, const struct dvmrp_way *was)
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
			const struct way *way, const struct dvmrp_way *was)
{
	(void)way;
	take(d, r, &nowhere, was);
}

static void act_confirm(struct dvmrp *d, struct dvmrp_route *r,
			const struct way *way, const struct dvmrp_way *was)
{
	(void)way;
	(void)was;
	wait(d, r);
	dvmrp_branch_review(r);
	dvmrp_report_flash(d, r);
}

static void act_forget(struct dvmrp *d, struct dvmrp_route *r,
		       const struct way *way, const struct dvmrp_way *was)
{
	(void)way;
	dvmrp_branch_drop(r, NULL);
	dvmrp_tree_route(d, r, was);
}

static void act_nothing(struct dvmrp *d, struct dvmrp_route *r,
			const struct way *way, const struct dvmrp_way *was)
{
	(void)d;
	(void)r;
	(void)way;
	(void)was;
}

static const struct {
	void (*action)(struct dvmrp *d, struct dvmrp_route *r,
		       const struct way *way, const struct dvmrp_way *was);
	enum dvmrp_route_state next;
} table[DVMRP_ROUTE_STATES][ROUTE_EVENTS] = {
	[DVMRP_ROUTE_NONE] =
		{
			[SAID] = {act_nothing, DVMRP_ROUTE_NONE},
			[SAID_UNREACHABLE] = {act_nothing, DVMRP_ROUTE_NONE},
			[BETTER] = {act_take, DVMRP_ROUTE_VALID},
			[AS_BEFORE] = {act_nothing, DVMRP_ROUTE_NONE},
			[SILENT] = {act_nothing, DVMRP_ROUTE_NONE},
			[UPSTREAM_GONE] = {act_nothing, DVMRP_ROUTE_NONE},
			[HOLD_OVER] = {act_nothing, DVMRP_ROUTE_NONE},
			[DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DIRECT_GONE] = {act_nothing, DVMRP_ROUTE_NONE},
		},
	[DVMRP_ROUTE_DIRECT] =
		{
			[SAID] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[SAID_UNREACHABLE] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[BETTER] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[AS_BEFORE] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[SILENT] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[UPSTREAM_GONE] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[HOLD_OVER] = {act_nothing, DVMRP_ROUTE_DIRECT},
			[DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DIRECT_GONE] = {act_hold, DVMRP_ROUTE_HELD},
		},
	[DVMRP_ROUTE_VALID] =
		{
			[SAID] = {act_take, DVMRP_ROUTE_VALID},
			[SAID_UNREACHABLE] = {act_hold, DVMRP_ROUTE_HELD},
			[BETTER] = {act_take, DVMRP_ROUTE_VALID},
			[AS_BEFORE] = {act_nothing, DVMRP_ROUTE_VALID},
			[SILENT] = {act_hold, DVMRP_ROUTE_HELD},
			[UPSTREAM_GONE] = {act_hold, DVMRP_ROUTE_HELD},
			[HOLD_OVER] = {act_nothing, DVMRP_ROUTE_VALID},
			[DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DIRECT_GONE] = {act_nothing, DVMRP_ROUTE_VALID},
		},
	[DVMRP_ROUTE_HELD] =
		{
			[SAID] = {act_nothing, DVMRP_ROUTE_HELD},
			[SAID_UNREACHABLE] = {act_nothing, DVMRP_ROUTE_HELD},
			[BETTER] = {act_take, DVMRP_ROUTE_RELEARNED},
			[AS_BEFORE] = {act_take, DVMRP_ROUTE_VALID},
			[SILENT] = {act_nothing, DVMRP_ROUTE_HELD},
			[UPSTREAM_GONE] = {act_nothing, DVMRP_ROUTE_HELD},
			[HOLD_OVER] = {act_forget, DVMRP_ROUTE_NONE},
			[DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DIRECT_GONE] = {act_nothing, DVMRP_ROUTE_HELD},
		},
	[DVMRP_ROUTE_RELEARNED] =
		{
			[SAID] = {act_take, DVMRP_ROUTE_RELEARNED},
			[SAID_UNREACHABLE] = {act_unlearn, DVMRP_ROUTE_HELD},
			[BETTER] = {act_take, DVMRP_ROUTE_RELEARNED},
			[AS_BEFORE] = {act_take, DVMRP_ROUTE_VALID},
			[SILENT] = {act_unlearn, DVMRP_ROUTE_HELD},
			[UPSTREAM_GONE] = {act_unlearn, DVMRP_ROUTE_HELD},
			[HOLD_OVER] = {act_confirm, DVMRP_ROUTE_VALID},
			[DIRECT] = {act_take, DVMRP_ROUTE_DIRECT},
			[DIRECT_GONE] = {act_nothing, DVMRP_ROUTE_RELEARNED},
		},
};

/* The only writer of the state. A route in state NONE is freed. */
static void route_event(struct dvmrp *d, struct dvmrp_route *r,
			enum route_event event, const struct way *way)
{
	const struct dvmrp_way was = {r->state, r->iif, r->upstream};

	r->state = table[was.state][event].next;
	table[was.state][event].action(d, r, way, &was);
	if (was.state != r->state || was.upstream != r->upstream ||
	    was.iif != r->iif)
		dvmrp_event_route(d, r);
	if (r->state == DVMRP_ROUTE_NONE)
		route_free(d, r);
}

static void timer_fire(struct timer *timer, uint64_t now_ms)
{
	struct dvmrp_route *r = hash_entry(timer, struct dvmrp_route, timer);
	struct dvmrp *d = r->dvmrp;
	const bool held = r->state == DVMRP_ROUTE_HELD ||
			  r->state == DVMRP_ROUTE_RELEARNED;

	if (held && r->held_until_ms <= now_ms) {
		route_event(d, r, HOLD_OVER, NULL);
		return;
	}
	dvmrp_count(d, r->iif, DVMRP_N_ROUTES_EXPIRED);
	route_event(d, r, SILENT, NULL);
}

/* --- what is said of it
 * --------------------------------------------------------- */

static bool in_one(const struct dvmrp_prefix *list, uint32_t count,
		   const struct dvmrp_prefix *prefix)
{
	for (uint32_t i = 0; i < count; i++)
		if (list[i].length <= prefix->length &&
		    dvmrp_prefix_holds(&list[i], prefix->net))
			return true;
	return false;
}

static bool accepted(const struct dvmrp_interface *in,
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
	if (r->state == DVMRP_ROUTE_HELD || r->state == DVMRP_ROUTE_RELEARNED)
		return DVMRP_INFINITY;
	return r->metric;
}

/* --- what neighbours say
 * --------------------------------------------------------- */

static void learn(struct dvmrp_neighbor *n, const struct dvmrp_prefix *prefix,
		  uint8_t metric)
{
	const struct way way = {n->interface, n, metric};
	struct dvmrp *d = n->interface->dvmrp;
	struct dvmrp_route *r;

	if (d->routes.count >= d->config.max_routes) {
		dvmrp_count(d, n->interface, DVMRP_N_LIMIT_ROUTES);
		return;
	}
	r = route_new(d, prefix);
	if (!r) {
		dvmrp_count(d, n->interface, DVMRP_N_NO_MEMORY);
		return;
	}
	r->report = d->report;
	route_event(d, r, BETTER, &way);
}

/* Is it a better way than the one there is? In hold-down any is. */
static bool better(const struct dvmrp_route *r, const struct dvmrp_neighbor *n,
		   uint8_t metric)
{
	if (!r->upstream || metric != r->metric)
		return metric < r->metric;
	return ntohl(n->address.s_addr) < ntohl(r->upstream->address.s_addr);
}

/* A neighbour says it reaches the sources; metric: ours, by it. */
static void reachable(struct dvmrp_route *r, struct dvmrp_neighbor *n,
		      uint8_t metric)
{
	const bool held = r->state == DVMRP_ROUTE_HELD ||
			  r->state == DVMRP_ROUTE_RELEARNED;
	const struct way way = {n->interface, n, metric};
	struct dvmrp *d = n->interface->dvmrp;

	if (held && r->held_from.s_addr == n->address.s_addr &&
	    r->held_metric == metric)
		route_event(d, r, AS_BEFORE, &way);
	else if (r->upstream == n)
		route_event(d, r, SAID, &way);
	else if (better(r, n, metric))
		route_event(d, r, BETTER, &way);
}

/* One route of a report. said: 1 to 63. */
static void heard(struct dvmrp_neighbor *n, const struct dvmrp_prefix *prefix,
		  uint8_t said)
{
	struct dvmrp_interface *in = n->interface;
	struct dvmrp *d = in->dvmrp;
	struct dvmrp_route *r = dvmrp_route_find(d, prefix);
	uint32_t metric = said + in->config.metric;

	if (r && r->report == d->report) {
		dvmrp_count(d, in, DVMRP_N_ROUTES_TWICE);
		return;
	}
	if (said < DVMRP_INFINITY && !accepted(in, prefix)) {
		dvmrp_count(d, in, DVMRP_N_ROUTES_FILTERED);
		said = DVMRP_INFINITY;
	}
	if (said >= DVMRP_INFINITY || metric > DVMRP_INFINITY)
		metric = DVMRP_INFINITY;
	if (!r) {
		if (metric < DVMRP_INFINITY)
			learn(n, prefix, (uint8_t)metric);
		return;
	}
	r->report = d->report;
	if (metric < DVMRP_INFINITY)
		reachable(r, n, (uint8_t)metric);
	else if (r->upstream == n)
		route_event(d, r, SAID_UNREACHABLE, NULL);
	if (r->iif == in)
		return;
	dvmrp_branch_heard(r, n, said);
	/* It knows of none, and we do: not only by the next report. */
	if (said == DVMRP_INFINITY && dvmrp_route_said(r, in) &&
	    dvmrp_route_said(r, in) < DVMRP_INFINITY)
		dvmrp_report_flash(d, r);
}

void dvmrp_route_report(struct dvmrp_neighbor *n, const struct dvmrp_message *m)
{
	struct dvmrp_interface *in = n->interface;
	struct dvmrp_report_cursor cursor = {0};
	struct dvmrp_report_route route;

	in->dvmrp->report++;
	while (dvmrp_report_next(m, &cursor, &route)) {
		if (dvmrp_report_route_ok(&route))
			heard(n, &route.prefix, route.metric);
		else
			dvmrp_count(in->dvmrp, in, DVMRP_N_ROUTES_BAD);
	}
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
			route_event(d, r, UPSTREAM_GONE, NULL);
	}
}

/* --- our own subnets
 * ---------------------------------------------------------- */

/* The network of an address of ours; false: none that can be said. */
static bool subnet(const struct proto_address *address,
		   struct dvmrp_prefix *prefix)
{
	const struct mgm_address *of = address_is_any(&address->peer)
					       ? &address->address
					       : &address->peer;

	if (!mgm_address_is_v4(of) || !address->prefix_len ||
	    !dvmrp_sayable(address->prefix_len))
		return false;
	prefix->length = (uint8_t)address->prefix_len;
	prefix->net.s_addr = mgm_address_to_v4(of).s_addr &
			     dvmrp_mask(prefix->length).s_addr;
	return igmp_is_unicast(prefix->net);
}

static bool has_subnet(const struct dvmrp_interface *in,
		       const struct dvmrp_prefix *prefix)
{
	struct dvmrp_prefix one;

	for (size_t i = 0; in->running && i < in->address_count; i++)
		if (subnet(&in->addresses[i], &one) &&
		    prefix_equal(&one, prefix))
			return true;
	return false;
}

static struct dvmrp_interface *owner(const struct dvmrp *d,
				     const struct dvmrp_prefix *prefix)
{
	struct dvmrp_interface *in;

	dvmrp_for_each_interface(d, in)
		if (has_subnet(in, prefix))
			return in;
	return NULL;
}

static void direct(struct dvmrp_interface *in,
		   const struct dvmrp_prefix *prefix)
{
	const struct way way = {in, NULL, (uint8_t)in->config.metric};
	struct dvmrp *d = in->dvmrp;
	struct dvmrp_route *r = dvmrp_route_find(d, prefix);

	if (!r)
		r = route_new(d, prefix);
	if (!r) {
		dvmrp_count(d, in, DVMRP_N_NO_MEMORY);
		return;
	}
	/* Of several interfaces with one subnet the first has it. */
	if (r->state != DVMRP_ROUTE_DIRECT || r->iif == in)
		route_event(d, r, DIRECT, &way);
}

void dvmrp_route_direct(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;
	struct tree_node *node, *behind;
	struct dvmrp_interface *other;
	struct dvmrp_prefix prefix;

	for (size_t i = 0; in->running && i < in->address_count; i++)
		if (subnet(&in->addresses[i], &prefix))
			direct(in, &prefix);
	for (node = tree_first(&d->ordered); node; node = behind) {
		struct dvmrp_route *r =
			tree_entry(node, struct dvmrp_route, ordered);

		behind = tree_after(&d->ordered, node);
		if (r->state != DVMRP_ROUTE_DIRECT || r->iif != in ||
		    has_subnet(in, &r->prefix))
			continue;
		other = owner(d, &r->prefix);
		if (other)
			route_event(
				d, r, DIRECT,
				&(struct way){other, NULL,
					      (uint8_t)other->config.metric});
		else
			route_event(d, r, DIRECT_GONE, NULL);
	}
}

/* --- all of them
 * -------------------------------------------------------------- */

void dvmrp_route_start(struct dvmrp *d)
{
	static const struct tree_type ordered = {ordered_key, prefix_compare};
	static const struct tree_type flash = {flash_key, prefix_compare};

	d->ordered.type = &ordered;
	d->flash.type = &flash;
}

void dvmrp_route_stop(struct dvmrp *d)
{
	struct tree_node *node;

	while ((node = tree_first(&d->ordered)))
		route_free(d, tree_entry(node, struct dvmrp_route, ordered));
	hash_clear(&d->routes);
}
