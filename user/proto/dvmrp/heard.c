/* SPDX-License-Identifier: GPL-2.0-only */
/* Reports of neighbours, route by route: what each means for the way that there
 * is (route.c), and for the link that it was heard on (branch.c). */
#include "route.h"

static void learn(struct dvmrp_neighbor *n, const struct dvmrp_prefix *prefix,
		  uint8_t metric)
{
	const struct dvmrp_new_way way = {n->interface, n, metric};
	struct dvmrp *d = n->interface->dvmrp;
	struct dvmrp_route *r;

	if (d->routes.count >= d->config.max_routes) {
		dvmrp_count(d, n->interface, DVMRP_N_LIMIT_ROUTES);
		return;
	}
	r = dvmrp_route_new(d, prefix);
	if (!r) {
		dvmrp_count(d, n->interface, DVMRP_N_NO_MEMORY);
		return;
	}
	r->report = d->report;
	dvmrp_route_event(d, r, DVMRP_BETTER, &way);
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
	const bool held = dvmrp_route_held(r);
	const struct dvmrp_new_way way = {n->interface, n, metric};
	struct dvmrp *d = n->interface->dvmrp;

	if (held && r->held_from.s_addr == n->address.s_addr &&
	    r->held_metric == metric)
		dvmrp_route_event(d, r, DVMRP_AS_BEFORE, &way);
	else if (r->upstream == n)
		dvmrp_route_event(d, r, DVMRP_SAID, &way);
	else if (better(r, n, metric))
		dvmrp_route_event(d, r, DVMRP_BETTER, &way);
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
	if (said < DVMRP_INFINITY && !dvmrp_route_accepted(in, prefix)) {
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
		dvmrp_route_event(d, r, DVMRP_SAID_UNREACHABLE, NULL);
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
	dvmrp_report_depend(n, m);
}
