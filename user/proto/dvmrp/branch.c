/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a route is on interfaces that are not its iif: who forwards its sources
 * there (draft section 3.4.6: the lowest metric as reported on that link, of
 * equals the lowest address), and which neighbours depend on us for them
 * (they have said so by poison reverse).
 */
#include "internal.h"

#include <stdlib.h>

static struct dvmrp_branch *find(const struct dvmrp_route *r,
				 const struct dvmrp_interface *in)
{
	struct dvmrp_branch *b = r->branches;

	while (b && b->interface != in)
		b = b->next;
	return b;
}

static struct dvmrp_branch *get(struct dvmrp_route *r,
				struct dvmrp_interface *in)
{
	struct dvmrp_branch *b = find(r, in);

	if (b)
		return b;
	b = calloc(1, sizeof(*b));
	if (!b) {
		dvmrp_count(in->dvmrp, in, DVMRP_N_NO_MEMORY);
		return NULL;
	}
	b->interface = in;
	b->next = r->branches;
	r->branches = b;
	return b;
}

bool dvmrp_route_forwards(const struct dvmrp_route *r,
			  const struct dvmrp_interface *in)
{
	const struct dvmrp_branch *b;

	if (!dvmrp_route_usable(r) || !in->running || r->iif == in)
		return false;
	b = find(r, in);
	return !b || !b->forwarder;
}

uint64_t dvmrp_route_dependents(const struct dvmrp_route *r,
				const struct dvmrp_interface *in)
{
	const struct dvmrp_branch *b = r->iif == in ? NULL : find(r, in);

	return b ? b->dependents & in->two_way : 0;
}

/* --- who forwards ----------------------------------------------------------- */

struct bid {
	uint8_t metric;
	struct in_addr address;
};

static bool better(const struct bid *a, const struct bid *b)
{
	if (a->metric != b->metric)
		return a->metric < b->metric;
	return ntohl(a->address.s_addr) < ntohl(b->address.s_addr);
}

static struct bid ours(const struct dvmrp_route *r,
		       const struct dvmrp_interface *in)
{
	uint8_t said = dvmrp_route_said(r, in);

	return (struct bid){said ? said : DVMRP_INFINITY, in->address};
}

static void set_forwarder(struct dvmrp_route *r, struct dvmrp_branch *b,
			  struct dvmrp_neighbor *n, uint8_t metric)
{
	const bool was_ours = !b->forwarder;

	b->forwarder = n;
	b->metric = metric;
	if (was_ours == !n)
		return;
	dvmrp_tree_forwarder(b->interface->dvmrp, r, b->interface);
}

/* A neighbour says it reaches the sources with this metric, below infinity. */
static void elect(struct dvmrp_route *r, struct dvmrp_branch *b,
		  struct dvmrp_neighbor *n, uint8_t metric)
{
	const struct bid theirs = {metric, n->address};
	const struct bid our = ours(r, b->interface);
	struct bid best = our;

	if (b->forwarder && b->forwarder != n)
		best = (struct bid){b->metric, b->forwarder->address};
	if (better(&theirs, &best))
		set_forwarder(r, b, n, metric);
	else if (b->forwarder == n)
		set_forwarder(r, b, NULL, 0);
}

void dvmrp_branch_review(struct dvmrp_route *r)
{
	for (struct dvmrp_branch *b = r->branches; b; b = b->next) {
		const struct bid our = ours(r, b->interface);
		struct bid theirs;

		if (!b->forwarder)
			continue;
		theirs = (struct bid){b->metric, b->forwarder->address};
		if (better(&our, &theirs))
			set_forwarder(r, b, NULL, 0);
	}
}

/* --- who depends on us ------------------------------------------------------ */

static void depend(struct dvmrp_route *r, struct dvmrp_branch *b,
		   struct dvmrp_neighbor *n, bool depends)
{
	const uint64_t bit = dvmrp_neighbor_bit(n);

	if (!(b->dependents & bit) == !depends)
		return;
	b->dependents ^= bit;
	dvmrp_tree_dependent(b->interface->dvmrp, r, n, depends);
}

void dvmrp_branch_heard(struct dvmrp_route *r, struct dvmrp_neighbor *n,
			uint8_t metric)
{
	const bool reaches = metric < DVMRP_INFINITY;
	struct dvmrp_branch *b = find(r, n->interface);

	/* One that has worse and no role needs no record. */
	if (!b && (metric == DVMRP_INFINITY || !(b = get(r, n->interface))))
		return;
	if (reaches)
		elect(r, b, n, metric);
	else if (b->forwarder == n)
		set_forwarder(r, b, NULL, 0);
	depend(r, b, n, metric > DVMRP_INFINITY);
}

void dvmrp_branch_neighbor_gone(struct dvmrp_route *r, struct dvmrp_neighbor *n)
{
	struct dvmrp_branch *b = find(r, n->interface);

	if (!b)
		return;
	if (b->forwarder == n)
		set_forwarder(r, b, NULL, 0);
	depend(r, b, n, false);
}

static void drop(struct dvmrp_route *r, struct dvmrp_branch *b)
{
	struct dvmrp_neighbor *n;

	b->forwarder = NULL;
	dvmrp_for_each_neighbor(b->interface, n)
		if (b->dependents & dvmrp_neighbor_bit(n))
			depend(r, b, n, false);
	free(b);
}

void dvmrp_branch_drop(struct dvmrp_route *r, struct dvmrp_interface *in)
{
	struct dvmrp_branch **at = &r->branches, *b;

	while ((b = *at)) {
		if (in && b->interface != in) {
			at = &b->next;
			continue;
		}
		*at = b->next;
		drop(r, b);
	}
}
