/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Downstream of an entry: prunes and grafts of neighbours that depend on us
 * (draft section 3.5.6, 3.5.7 and 3.6.2). A prune lasts as it says, and holds
 * for all of an interface once each dependent has sent one.
 */
#include "internal.h"

#include <stdlib.h>

struct dvmrp_prune *dvmrp_downstream_find(const struct dvmrp_entry *e,
					  const struct dvmrp_neighbor *n)
{
	struct dvmrp_prune *p;

	LIST_FOREACH(p, &e->prunes, in_entry)
	{
		if (p->neighbor == n)
			return p;
	}
	return NULL;
}

uint64_t dvmrp_downstream_pruned(const struct dvmrp_entry *e,
				 const struct dvmrp_interface *in)
{
	const struct dvmrp_prune *p;
	uint64_t slots = 0;

	LIST_FOREACH(p, &e->prunes, in_entry)
	{
		if (p->neighbor->interface == in)
			slots |= dvmrp_neighbor_bit(p->neighbor);
	}
	return slots;
}

uint64_t dvmrp_downstream_until(const struct dvmrp_entry *e)
{
	const struct dvmrp_prune *p;
	uint64_t first = TIMER_NEVER;

	LIST_FOREACH(p, &e->prunes, in_entry)
	{
		if (p->expiry.at_ms < first)
			first = p->expiry.at_ms;
	}
	return first;
}

void dvmrp_downstream_forget(struct dvmrp_prune *p)
{
	struct dvmrp_entry *e = p->entry;
	struct dvmrp *d = e->dvmrp;

	dvmrp_timer_end(d, &p->expiry);
	LIST_REMOVE(p, in_entry);
	LIST_REMOVE(p, in_neighbor);
	d->tree.prune_count--;
	free(p);
}

/* The neighbour is to get it again. */
static void lift(struct dvmrp_prune *p)
{
	struct dvmrp_interface *in = p->neighbor->interface;
	struct dvmrp_entry *e = p->entry;

	dvmrp_downstream_forget(p);
	dvmrp_oif_mark_entry(e, in);
	if (dvmrp_oif_pulls(e, in))
		dvmrp_entry_pull(e);
	dvmrp_entry_reap(e);
}

static void on_expiry(struct timer *timer, uint64_t now_ms)
{
	(void)now_ms;
	lift(hash_entry(timer, struct dvmrp_prune, expiry));
}

static struct dvmrp_prune *prune_get(struct dvmrp_entry *e,
				     struct dvmrp_neighbor *n)
{
	struct dvmrp_prune *p = dvmrp_downstream_find(e, n);
	struct dvmrp *d = e->dvmrp;

	if (p)
		return p;
	if (d->tree.prune_count >= d->config.max_prunes) {
		dvmrp_count(d, n->interface, DVMRP_N_LIMIT_PRUNES);
		return NULL;
	}
	p = dvmrp_timer_room(d) ? NULL : calloc(1, sizeof(*p));
	if (!p) {
		dvmrp_count(d, n->interface, DVMRP_N_NO_MEMORY);
		return NULL;
	}
	p->entry = e;
	p->neighbor = n;
	p->expiry.fire = on_expiry;
	LIST_INSERT_HEAD(&e->prunes, p, in_entry);
	LIST_INSERT_HEAD(&n->prunes, p, in_neighbor);
	d->tree.prune_count++;
	return p;
}

/* The route that a message is about, if the neighbour may say so: it depends
 * on us for it. */
static struct dvmrp_route *route_of(const struct dvmrp_neighbor *n,
				    const struct dvmrp_message *m)
{
	struct dvmrp_interface *in = n->interface;
	struct dvmrp_route *r = dvmrp_route_lookup(in->dvmrp, m->source);

	if (!r || r->iif == in ||
	    !(dvmrp_route_dependents(r, in) & dvmrp_neighbor_bit(n)))
		return NULL;
	return m->length == 32 || m->length == r->prefix.length ? r : NULL;
}

void dvmrp_tree_prune(struct dvmrp_neighbor *n, const struct dvmrp_message *m)
{
	struct dvmrp_interface *in = n->interface;
	struct dvmrp *d = in->dvmrp;
	struct dvmrp_route *r = route_of(n, m);
	struct dvmrp_entry *e = r ? dvmrp_entry_find(d, r, m->group) : NULL;
	uint32_t life_s = m->lifetime_s;
	struct dvmrp_prune *p;

	if (!r) {
		dvmrp_count(d, in, DVMRP_N_PRUNES_STRANGER);
		return;
	}
	if (!e || life_s < DVMRP_PRUNE_MIN_S) {
		dvmrp_count(d, in, DVMRP_N_PRUNES_USELESS);
		return;
	}
	p = prune_get(e, n);
	if (!p)
		return;
	if (life_s > DVMRP_PRUNE_MAX_S)
		life_s = DVMRP_PRUNE_MAX_S;
	dvmrp_timer(d, &p->expiry, d->now_ms + life_s * UINT64_C(1000));
	dvmrp_event_tree(e, n, "dvmrp-prune", "received");
	dvmrp_oif_mark_entry(e, in);
	dvmrp_oif_drain(d);
}

void dvmrp_tree_graft(struct dvmrp_neighbor *n, const struct dvmrp_message *m)
{
	struct dvmrp_interface *in = n->interface;
	struct dvmrp *d = in->dvmrp;
	struct dvmrp_route *r = route_of(n, m);
	struct dvmrp_entry *e = r ? dvmrp_entry_find(d, r, m->group) : NULL;
	struct dvmrp_prune *p = e ? dvmrp_downstream_find(e, n) : NULL;

	if (!r)
		dvmrp_count(d, in, DVMRP_N_GRAFTS_STRANGER);
	dvmrp_send_sg(n, DVMRP_GRAFT_ACK,
		      (struct dvmrp_sg){
			      .source = m->source,
			      .group = m->group,
			      .length = m->length,
		      });
	if (e)
		dvmrp_event_tree(e, n, "dvmrp-graft", "received");
	if (p)
		lift(p);
	else if (e && dvmrp_oif_pulls(e, in))
		dvmrp_entry_pull(e);
	dvmrp_oif_drain(d);
}

void dvmrp_tree_graft_ack(struct dvmrp_neighbor *n,
			  const struct dvmrp_message *m)
{
	struct dvmrp *d = n->interface->dvmrp;
	struct dvmrp_route *r = dvmrp_route_lookup(d, m->source);
	struct dvmrp_entry *e = r ? dvmrp_entry_find(d, r, m->group) : NULL;

	if (!e || e->state != DVMRP_GRAFTING || e->upstream != n) {
		dvmrp_count(d, n->interface, DVMRP_N_ACKS_UNASKED);
		return;
	}
	dvmrp_event_tree(e, n, "dvmrp-graft", "acknowledged");
	dvmrp_upstream_event(e, DVMRP_ACKED);
	dvmrp_entry_reap(e);
}
