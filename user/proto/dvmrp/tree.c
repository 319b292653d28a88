/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of the trees when routes and neighbours change; called by their
 * files, after it has happened. tree.h says what the trees are.
 */
#include "internal.h"

#define for_each_entry(list, e, next) \
	for ((e) = LIST_FIRST(list);  \
	     (e) && ((next) = LIST_NEXT((e), in_route), true); (e) = (next))

static bool has_way(enum dvmrp_route_state state)
{
	return state == DVMRP_ROUTE_DIRECT || state == DVMRP_ROUTE_VALID ||
	       state == DVMRP_ROUTE_RELEARNED;
}

/* Flows that a wider route had, or none. */
static void route_found(struct dvmrp *d, struct dvmrp_route *r)
{
	struct dvmrp_flow *f = dvmrp_flow_first(d, &r->prefix), *next;

	for (; f; f = next) {
		const struct dvmrp_route *had = f->entry->route;

		next = dvmrp_flow_next(f, &r->prefix);
		if (!had || had->prefix.length < r->prefix.length)
			dvmrp_flow_move(f, r);
	}
}

/* The flows of an entry whose route has no way any more. The entry goes with
 * its last one: it is not looked at after that. */
static void move_flows(struct dvmrp_entry *e)
{
	struct dvmrp *d = e->dvmrp;
	struct dvmrp_flow *f, *next;

	for (f = LIST_FIRST(&e->flows); f; f = next) {
		next = LIST_NEXT(f, in_entry);
		dvmrp_flow_move(f, dvmrp_route_lookup(d, f->key.source));
	}
}

/* Who pruned it has no way by us any more. */
static void forget_prunes(struct dvmrp_entry *e)
{
	while (!LIST_EMPTY(&e->prunes))
		dvmrp_downstream_forget(LIST_FIRST(&e->prunes));
}

static void route_lost(struct dvmrp_route *r)
{
	struct dvmrp_entry *e, *next;

	for_each_entry(&r->entries, e, next)
	{
		forget_prunes(e);
		dvmrp_upstream_event(e, DVMRP_RESET);
		if (LIST_EMPTY(&e->flows))
			dvmrp_entry_reap(e);
		else
			move_flows(e);
	}
}

/* Who was downstream where it comes in now depends on us no more, which has
 * been said before. */
static void route_moved(struct dvmrp_route *r)
{
	struct dvmrp_entry *e, *next;

	for_each_entry(&r->entries, e, next)
	{
		dvmrp_oif_mark_entry(e, NULL);
		dvmrp_upstream_event(e, DVMRP_RESET);
		dvmrp_entry_reap(e);
	}
}

void dvmrp_tree_route(struct dvmrp *d, struct dvmrp_route *r,
		      const struct dvmrp_way *was)
{
	bool had = has_way(was->state), has = dvmrp_route_usable(r);

	if (!had && has)
		route_found(d, r);
	else if (had && !has)
		route_lost(r);
	else if (had && (was->iif != r->iif || was->upstream != r->upstream))
		route_moved(r);
}

/* What is wanted there may be another now. */
static void wants_anew(struct dvmrp_entry *e, struct dvmrp_interface *in)
{
	dvmrp_oif_mark_entry(e, in);
	if (dvmrp_oif_pulls(e, in))
		dvmrp_entry_pull(e);
}

void dvmrp_tree_forwarder(struct dvmrp *d, struct dvmrp_route *r,
			  struct dvmrp_interface *in)
{
	struct dvmrp_entry *e;

	(void)d;
	LIST_FOREACH(e, &r->entries, in_route)
	wants_anew(e, in);
}

void dvmrp_tree_dependent(struct dvmrp *d, struct dvmrp_route *r,
			  struct dvmrp_neighbor *n, bool depends)
{
	struct dvmrp_entry *e, *next;

	(void)d;
	for_each_entry(&r->entries, e, next)
	{
		struct dvmrp_prune *p = depends ? NULL
						: dvmrp_downstream_find(e, n);

		if (p)
			dvmrp_downstream_forget(p);
		wants_anew(e, n->interface);
		dvmrp_entry_reap(e);
	}
}

void dvmrp_tree_neighbor_up(struct dvmrp *d, struct dvmrp_neighbor *n)
{
	(void)d;
	dvmrp_oif_flood(n->interface);
}

/* Prunes of it end, as if their time had come. */
static void lift_prunes(struct dvmrp_neighbor *n)
{
	struct dvmrp_prune *p;

	while ((p = LIST_FIRST(&n->prunes))) {
		struct dvmrp_entry *e = p->entry;

		dvmrp_downstream_forget(p);
		wants_anew(e, n->interface);
		dvmrp_entry_reap(e);
	}
}

/* It knows nothing of what we have said. */
static void forget_said(struct dvmrp *d, const struct dvmrp_neighbor *n)
{
	struct tree_node *node, *next;

	for (node = tree_first(&d->tree.entries); node; node = next) {
		struct dvmrp_entry *e =
			tree_entry(node, struct dvmrp_entry, ordered);

		next = tree_after(&d->tree.entries, node);
		if (e->upstream != n)
			continue;
		dvmrp_upstream_event(e, DVMRP_RESET);
		dvmrp_entry_reap(e);
	}
}

void dvmrp_tree_neighbor_again(struct dvmrp *d, struct dvmrp_neighbor *n)
{
	lift_prunes(n);
	forget_said(d, n);
}

/* Its dependencies are about to go, and with them the need for what it had
 * pruned: nothing is grafted for it. */
void dvmrp_tree_neighbor_gone(struct dvmrp *d, struct dvmrp_neighbor *n)
{
	struct dvmrp_prune *p;

	while ((p = LIST_FIRST(&n->prunes))) {
		struct dvmrp_entry *e = p->entry;

		dvmrp_downstream_forget(p);
		dvmrp_oif_mark_entry(e, n->interface);
		dvmrp_entry_reap(e);
	}
	forget_said(d, n);
	dvmrp_oif_flood(n->interface);
}

void dvmrp_tree_interface(struct dvmrp *d, struct dvmrp_interface *in)
{
	struct tree_node *node;

	if (!in->owned)
		dvmrp_member_sweep(d, false);
	dvmrp_oif_flood(in);
	tree_for_each(&d->tree.entries, node)
		wants_anew(tree_entry(node, struct dvmrp_entry, ordered), in);
}

uint64_t dvmrp_tree_tick(struct dvmrp *d)
{
	uint64_t at = dvmrp_walk_some(d);

	return dvmrp_oif_drain(d) ? d->now_ms : at;
}
