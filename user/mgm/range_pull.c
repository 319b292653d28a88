/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has to be told what of ranges. A client pulls a range exactly while some
 * other client wants it: has joined it, or something that covers it; and who
 * is told to pull what covers it hears nothing of it (pull.c has the same for
 * groups and (*,*)). So they are worked out from wide to narrow, and what lies
 * in a range only if somebody is told something of it; but a prune is told
 * after the joins of what lies in it, however many slices these take.
 */
#include "mgm/internal.h"

static void range_wanters(const struct range *r, struct client_set *set)
{
	struct tree_node *n;

	tree_for_each(&r->members, n)
	{
		const struct range_member *rm =
			tree_entry(n, struct range_member, by_ifid);

		if (freeze_range(rm) &&
		    !rule_denies(rm->iface, MGM_RULE_OUT, &r->sg))
			pull_want(set, rm->iface);
	}
}

void range_cover(const struct mgm *m, const struct mgm_sg *sg,
		 struct client_set *set)
{
	const struct range *r = range_wider(m, sg);
	const struct group *g = NULL;

	if (sg->source.length)
		g = group_find(m, &sg->group.address);
	if (g)
		pull_group_wanters(g, set);
	for (; r; r = range_wider(m, &r->sg))
		range_wanters(r, set);
	pull_wild_wanters(m, set);
}

void range_mark_below(struct mgm *m, const struct mgm_sg *sg)
{
	struct range *r = range_below(m, sg);

	for (; r; r = range_next_below(m, sg, r))
		mark_set(m, &r->mark, NULL);
}

/* What lies in it depends on who has to pull it. */
static void mark_below(struct mgm *m, struct range *r)
{
	range_mark_below(m, &r->sg);
	if (!r->sg.source.length)
		walk_range(m, r, RANGE_GROUPS);
}

static int tell(struct mgm *m, struct range *r, uint32_t ifid, struct wanted *w)
{
	const struct alert like = {
		.sg = r->sg,
		.ifid = ifid,
		.cause = MGM_CAUSE_MEMBERSHIP,
	};

	range_wanters(r, &w->wanters);
	range_cover(m, &r->sg, &w->cover);
	return told_tell(m, &r->pulled, w, &like);
}

/* Its joins. Who has to stop pulling it hears that when all else is told. */
static int range_tell(struct mgm *m, struct range *r)
{
	struct wanted w = {.hold = true};
	int err = tell(m, r, r->mark.ifid, &w);

	if (err)
		return err;
	if (w.told || w.held)
		mark_below(m, r);
	if (w.held) {
		mark_set(m, &r->ending, NULL);
		r->ending.ifid = r->mark.ifid;
	}
	return 0;
}

int range_tell_ending(struct mgm *m, struct mark *mark)
{
	struct range *r = hash_entry(mark, struct range, ending);
	struct wanted w = {.hold = false};
	int err = tell(m, r, mark->ifid, &w);

	if (!err)
		range_reap(m, r);
	return err;
}

static struct range *range_of(struct mark *mark)
{
	return hash_entry(mark, struct range, mark);
}

/* What is marked goes to the tree, or back; it stays marked. */
static void due_sort(struct mgm *m, struct tree *due, enum mark_kind kind)
{
	struct mark *mark;

	while ((mark = TAILQ_FIRST(&m->marks[kind]))) {
		TAILQ_REMOVE(&m->marks[kind], mark, link);
		tree_insert(due, &range_of(mark)->due);
	}
}

static void due_keep(struct mgm *m, struct tree *due, enum mark_kind kind)
{
	struct tree_node *n;

	while ((n = tree_first(due))) {
		struct range *r = tree_entry(n, struct range, due);

		tree_remove(due, n);
		TAILQ_INSERT_TAIL(&m->marks[kind], &r->mark, link);
	}
}

/* True once all are told. */
bool range_tell_marked(struct mgm *m, enum mark_kind kind)
{
	struct tree due = {.type = tree_of_ranges_due()};
	struct tree_node *n;

	due_sort(m, &due, kind);
	while ((n = tree_first(&due))) {
		struct range *r = tree_entry(n, struct range, due);

		if (!work_step(m) || range_tell(m, r)) {
			due_keep(m, &due, kind);
			return false;
		}
		tree_remove(&due, n);
		r->mark.on = false;
		range_reap(m, r);
		due_sort(m, &due, kind); /* what it has marked */
	}
	return true;
}

/* The owner of the interface hears what IGMP has there and had not. */
static int member_tell(struct mgm *m, struct range_member *rm)
{
	const struct iface *ifc = rm->iface;
	struct alert like = {.sg = rm->range->sg, .ifid = ifc->ifid};
	const struct client *owner = iface_local_listener(ifc);
	bool now = rm->on[SIDE_IGMP] && owner;
	int err = 0;

	if (hs_runs(ifc) || now == rm->announced)
		return 0; /* when that is over */
	if (owner)
		err = alert_send(m, owner, now ? AL_LOCAL_JOIN : AL_LOCAL_LEAVE,
				 &like);
	if (!err)
		rm->announced = now;
	return err;
}

int range_tell_member(struct mgm *m, struct mark *mark)
{
	struct range_member *rm = hash_entry(mark, struct range_member, mark);
	struct range *r = rm->range;
	struct iface *ifc = rm->iface;
	int err = member_tell(m, rm);

	if (err)
		return err;
	range_member_reap(rm);
	iface_reap(m, ifc);
	range_reap(m, r);
	return 0;
}

/* What lasts because the client has been told of it, below what covers it. */
void range_client_gone(struct mgm *m, const struct client *c)
{
	struct tree_node *n;

	tree_for_each(&m->ranges.tree, n)
	{
		struct range *r = tree_entry(n, struct range, node);

		if (!told_to(r->pulled, c))
			continue;
		mark_set(m, &r->mark, NULL);
		mark_below(m, r);
	}
}
