/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where flows go out, as the manager is to have it: forwarding state (FORWARD)
 * of each MFE on our interfaces, said whenever something changes that it
 * follows from, and worked out anew each time: nothing is kept of what was said
 * before.
 *
 * Where there are neighbours (*,*) is joined: so packets of new flows go there
 * unless we refuse it when we are asked (manager.c), and other protocols pull
 * for us (RFC 2715 section 4 rule 6). Elsewhere IGMP's memberships alone are
 * candidates, and nobody gets what he has not asked for.
 *
 * Callbacks of the manager, and events of routes, only mark; drain calls it,
 * with the time that the tick has brought. What it calls may mark more.
 */
#include "internal.h"

#define STEPS 1024u /* flows in one go */

/* Of several routers of a link the one that is elected serves all of it: each
 * of them hears who depends on one. */
static bool forwards(const struct dvmrp_route *r,
		     const struct dvmrp_interface *in)
{
	return r->iif != in && dvmrp_route_forwards(r, in);
}

/* Is there one who depends on us, and has not pruned it? */
static bool waits(const struct dvmrp_route *r, const struct dvmrp_entry *e,
		  const struct dvmrp_interface *in)
{
	uint64_t dependents = r ? dvmrp_route_dependents(r, in) : 0;

	return dependents & ~(e ? dvmrp_downstream_pruned(e, in) : 0);
}

bool dvmrp_oif_wanted(const struct dvmrp_route *r, const struct dvmrp_entry *e,
		      struct in_addr source, struct in_addr group,
		      const struct dvmrp_interface *in)
{
	if (!in->owned || (r && !forwards(r, in)))
		return false;
	return waits(r, e, in) ||
	       dvmrp_member(in->dvmrp, in->ifid, source, group);
}

bool dvmrp_oif_pulls(const struct dvmrp_entry *e,
		     const struct dvmrp_interface *in)
{
	const struct dvmrp_route *r = e->route;

	if (!r || !in->owned || !forwards(r, in))
		return false;
	return waits(r, e, in) ||
	       dvmrp_member_any(in->dvmrp, in->ifid, e->key.group);
}

void dvmrp_oif_queue(struct dvmrp_flow *f)
{
	struct dvmrp *d = f->entry->dvmrp;

	if (f->queued)
		return;
	f->queued = true;
	TAILQ_INSERT_TAIL(&d->tree.dirty, f, dirty_link);
	d->services.wake(d->services.arg);
}

void dvmrp_oif_mark(struct dvmrp_flow *f, struct dvmrp_interface *in)
{
	if (!in || (f->dirty && f->dirty != in->ifid))
		f->dirty_all = true;
	f->dirty = in ? in->ifid : 0;
	dvmrp_oif_queue(f);
}

void dvmrp_oif_mark_entry(struct dvmrp_entry *e, struct dvmrp_interface *in)
{
	struct dvmrp_flow *f;

	LIST_FOREACH(f, &e->flows, in_entry)
	dvmrp_oif_mark(f, in);
}

/* An MFE that is gone says -ENOENT, and the walk finds it. */
static void flush(struct dvmrp *d)
{
	struct dvmrp_tree *t = &d->tree;
	size_t count = t->batched;

	t->batched = 0;
	if (count)
		mgm_membership_batch(d->services.mgm, d->client, t->batch,
				     count);
}

static void add(struct dvmrp *d, uint32_t ifid, struct mgm_sg sg,
		unsigned int flags, bool on)
{
	struct dvmrp_tree *t = &d->tree;

	if (t->batched == MGM_BATCH)
		flush(d);
	t->batch[t->batched++] = (struct mgm_membership_change){
		.what = on ? MGM_CHANGE_ADD : MGM_CHANGE_DEL,
		.ifid = ifid,
		.sg = sg,
		.flags = flags,
	};
}

/* What is known of a flow, so that it may go while it is told of. */
struct said {
	struct in_addr source, group;
	uint32_t ifid;
	bool all, rest;
};

static struct said dequeue(struct dvmrp *d, struct dvmrp_flow *f)
{
	const struct said s = {f->key.source, f->key.group, f->dirty,
			       f->dirty_all, f->rest};

	TAILQ_REMOVE(&d->tree.dirty, f, dirty_link);
	f->queued = f->dirty_all = f->rest = false;
	f->dirty = 0;
	return s;
}

static void say(struct dvmrp *d, const struct said *s,
		struct dvmrp_interface *in)
{
	const struct dvmrp_flow *f = dvmrp_flow_find(d, s->source, s->group);

	if (f && in->owned)
		add(d, in->ifid, dvmrp_flow_sg(f), MGM_FORWARD_STATE,
		    dvmrp_oif_wanted(f->entry->route, f->entry, f->key.source,
				     f->key.group, in));
}

static void judge(struct dvmrp_flow *f)
{
	struct dvmrp_entry *e = f->entry;

	if (!f->judge)
		return;
	f->judge = false;
	if (f->wanted)
		dvmrp_upstream_event(e, DVMRP_WANTED);
	else if (!e->wanted)
		dvmrp_upstream_event(e, DVMRP_UNWANTED);
}

static void drain_flow(struct dvmrp *d, struct dvmrp_flow *f)
{
	struct dvmrp_interface *in;
	struct said s;
	uint32_t ms;

	judge(f);
	s = dequeue(d, f);
	if (s.all) {
		dvmrp_for_each_interface(d, in)
			say(d, &s, in);
	} else {
		in = dvmrp_interface_by_id(d, s.ifid);
		if (in)
			say(d, &s, in);
	}
	f = s.rest ? dvmrp_flow_find(d, s.source, s.group) : NULL;
	ms = f && !f->wanted ? dvmrp_upstream_rest_ms(f->entry) : 0;
	if (ms)
		mgm_mfe_set_timeout(d->services.mgm, d->client,
				    dvmrp_flow_sg(f), ms);
}

static void drain_pulls(struct dvmrp *d)
{
	struct dvmrp_entry *e;

	while ((e = TAILQ_FIRST(&d->tree.pulls))) {
		TAILQ_REMOVE(&d->tree.pulls, e, pull_link);
		e->pull = false;
		dvmrp_upstream_event(e, DVMRP_WANTED);
	}
}

bool dvmrp_oif_drain(struct dvmrp *d)
{
	struct dvmrp_tree *t = &d->tree;
	struct dvmrp_flow *f;

	if (t->draining || !d->client)
		return false;
	t->draining = true;
	drain_pulls(d);
	for (unsigned int i = 0; i < STEPS; i++) {
		f = TAILQ_FIRST(&t->dirty);
		if (!f)
			flush(d); /* which may mark others */
		f = TAILQ_FIRST(&t->dirty);
		if (!f)
			break;
		drain_flow(d, f);
	}
	flush(d);
	t->draining = false;
	return !TAILQ_EMPTY(&t->dirty) || !TAILQ_EMPTY(&t->pulls);
}

/*
 * The join voids what we have refused there, and its end what we have allowed:
 * all flows have to be said anew, and those that others know of to be found.
 */
void dvmrp_oif_flood(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;
	bool want = in->running && in->two_way;
	struct dvmrp_flow *f;

	if (!in->owned || !d->client) {
		in->joined = false;
		return;
	}
	if (in->joined == want)
		return;
	in->joined = want;
	add(d, in->ifid, MGM_SG_ANY, MGM_JOIN_STATE, want);
	TAILQ_FOREACH(f, &d->tree.check, check_link)
		dvmrp_oif_mark(f, in);
	if (want)
		dvmrp_walk_begin(d);
	d->services.wake(d->services.arg);
}
