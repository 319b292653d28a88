/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memberships as clients write them: add, del and set, their checks, and the
 * wildcard (*,*), which belongs to an interface and to no group.
 */
#include "mgm/internal.h"

/* Nothing, if it was said before that time. */
static const struct side *side_since(const struct side *s, uint32_t since)
{
	static const struct side nothing;

	return s->said < since ? &nothing : s;
}

const struct side *member_side(const struct member *mb, enum side_id id)
{
	return side_since(&mb->side[id], writer_since(&mb->iface->writer[id]));
}

const struct side *member_side_was(const struct member *mb, enum side_id id)
{
	return side_since(&mb->side[id], mb->iface->writer[id].was_since);
}

bool member_wants(const struct member *mb, const struct mgm_address *source)
{
	return side_wants(member_side(mb, SIDE_OWNER), source) ||
	       side_wants(member_side(mb, SIDE_IGMP), source);
}

bool member_wants_any(const struct member *mb)
{
	return member_side(mb, SIDE_OWNER)->any ||
	       member_side(mb, SIDE_IGMP)->any;
}

/* Where a call may write. */
struct access {
	struct client *client;
	struct iface *ifc;
	enum side_id id;
};

static int access_check(struct mgm *m, struct access *a, uint32_t ifid)
{
	if (!a->client)
		return -EINVAL;
	a->ifc = iface_find(m, ifid);
	if (!a->ifc || !iface_owner(a->ifc))
		return -ENOENT;
	if (a->client == a->ifc->igmp)
		a->id = SIDE_IGMP;
	else if (a->client == a->ifc->owner)
		a->id = SIDE_OWNER;
	else
		return -EINVAL;
	return a->id == SIDE_IGMP ? hs_event(m, a->ifc, HS_MEMBERSHIP) : 0;
}

static int wild_set(struct mgm *m, struct iface *ifc, enum side_id id, bool on)
{
	if (on)
		ifc->wild_stale[id] = false;
	if (ifc->wild[id] == on)
		return 0;
	if (on && m->membership_count >= m->limits.memberships) {
		m->counters.limit_memberships++;
		return -ENOSPC;
	}
	ifc->wild[id] = on;
	m->membership_count += on ? 1 : -1;
	iface_wild_list(m, ifc);
	walk_mfes(m);
	pull_mark_wild(m, ifc);
	iface_event_membership(m, ifc, iface_writer(ifc, id), MGM_SG_ANY, on);
	return 0;
}

static void member_done(struct mgm *m, struct group *g, struct member *mb)
{
	if (mb)
		member_reap(mb);
	group_reap(m, g);
}

/* The writer's part becomes *now; its lists are taken over or freed. */
static int member_write(struct mgm *m, const struct access *a,
			const struct mgm_address *group, struct side *now)
{
	struct group *g = group_get(m, group);
	struct member *mb = g ? member_get(m, g, a->ifc) : NULL;
	int err = mb ? change_replace(m, mb, a->id, now) : -ENOMEM;

	if (err) {
		free(now->include);
		free(now->block);
	}
	if (g)
		member_done(m, g, mb);
	return err;
}

static struct side *side_of(struct mgm *m, const struct access *a,
			    const struct mgm_address *group)
{
	struct group *g = group_find(m, group);
	struct member *mb = g ? member_find(g, a->ifc->ifid) : NULL;

	if (!mb || member_side(mb, a->id) != &mb->side[a->id])
		return NULL;
	change_freshen(m, mb, a->id);
	return &mb->side[a->id];
}

/* True if the side says so already; then it is fresh now. */
static bool join_known(struct side *s, struct mgm_sg sg)
{
	struct src *src;

	if (!s)
		return false;
	if (!sg_source(&sg)) {
		if (!s->any || s->block_count)
			return false;
		s->any_stale = false;
		return true;
	}
	src = src_find(s->include, s->include_count, sg_source(&sg));
	if (src)
		src->stale = false;
	return src != NULL;
}

static int join_add(struct mgm *m, const struct access *a, struct mgm_sg sg)
{
	struct member *mb;
	struct group *g;
	int err;

	if (sg_is_wild(&sg))
		return wild_set(m, a->ifc, a->id, true);
	if (!sg_ok(&sg))
		return range_set(m, a->ifc, a->id, &sg, true);
	if (join_known(side_of(m, a, &sg.group.address), sg))
		return 0;
	g = group_get(m, &sg.group.address);
	mb = g ? member_get(m, g, a->ifc) : NULL;
	err = mb ? change_add(m, mb, a->id, sg_source(&sg)) : -ENOMEM;
	if (g)
		member_done(m, g, mb);
	return err;
}

static void join_del(struct mgm *m, const struct access *a, struct mgm_sg sg)
{
	struct group *g = group_find(m, &sg.group.address);
	struct member *mb = g ? member_find(g, a->ifc->ifid) : NULL;

	if (sg_is_wild(&sg)) {
		wild_set(m, a->ifc, a->id, false);
		return;
	}
	if (!sg_ok(&sg)) {
		range_set(m, a->ifc, a->id, &sg, false);
		return;
	}
	if (!mb)
		return;
	if (sg_source(&sg))
		change_cut_source(m, mb, a->id, sg_source(&sg));
	else
		change_cut_any(m, mb, a->id);
	member_done(m, g, mb);
}

/* Is the flow of this MFE one of those that sg has? */
static bool sg_covers(const struct mgm_sg *sg, const struct mfe *mfe)
{
	const struct mgm_prefix *g = &sg->group, *s = &sg->source;

	if (!sg_is_wild(sg) &&
	    !address_in_prefix(&mfe->group->addr, &g->address, g->length))
		return false;
	return !s->length ||
	       (!mfe->any &&
		address_in_prefix(&mfe->source, &s->address, s->length));
}

/* The owner has spoken: its earlier override of these flows is void. */
static void join_override(struct mgm *m, const struct access *a,
			  struct mgm_sg sg, bool on)
{
	struct override *o = TAILQ_FIRST(&a->ifc->overrides), *next;

	if (a->client != iface_owner(a->ifc))
		return;
	for (; o; o = next) {
		next = TAILQ_NEXT(o, in_iface);
		if (o->on == on && sg_covers(&sg, o->mfe))
			override_del(m, o);
	}
}

/* The same, of a whole group: an override stands if it says the same. */
static void set_override(struct mgm *m, const struct access *a,
			 const struct mgm_address *group)
{
	struct override *o = TAILQ_FIRST(&a->ifc->overrides), *next;
	const struct side *now = side_of(m, a, group);

	if (a->client != iface_owner(a->ifc))
		return;
	for (; o; o = next) {
		const struct mgm_address *source = mfe_source(o->mfe);

		next = TAILQ_NEXT(o, in_iface);
		if (mgm_address_equal(&o->mfe->group->addr, group) &&
		    o->on != (now && side_wants(now, source)))
			override_del(m, o);
	}
}

static int flags_check(const struct access *a, struct mgm_sg sg,
		       unsigned int flags)
{
	if ((!sg_ok(&sg) && !range_ok(&sg)) || !flags ||
	    (flags & ~(unsigned int)(MGM_JOIN_STATE | MGM_FORWARD_STATE)))
		return -EINVAL;
	if (!(flags & MGM_FORWARD_STATE))
		return 0;
	if (!sg_is_flow(&sg) || a->client != iface_owner(a->ifc))
		return -EINVAL;
	return 0;
}

static int membership_write(struct mgm *m, struct access *a, struct mgm_sg sg,
			    unsigned int flags, bool add)
{
	struct mfe *mfe;
	int err = flags_check(a, sg, flags);

	if (err)
		return err;
	if (add && (flags & MGM_JOIN_STATE)) {
		err = join_add(m, a, sg);
		if (!err)
			join_override(m, a, sg, false);
		return err;
	}
	if (flags & MGM_FORWARD_STATE) {
		mfe = mfe_find(m, sg);
		if (!mfe && !(flags & MGM_JOIN_STATE))
			return -ENOENT;
		if (mfe)
			err = override_set(m, mfe, a->ifc, add);
	}
	if (!err && (flags & MGM_JOIN_STATE)) {
		join_del(m, a, sg);
		join_override(m, a, sg, true);
	}
	return err;
}

static int change_one(struct mgm *m, struct client *c, uint32_t ifid,
		      struct mgm_sg sg, unsigned int flags, bool add)
{
	struct access a = {.client = c};
	int err = access_check(m, &a, ifid);

	return err ? err : membership_write(m, &a, sg, flags, add);
}

int mgm_membership_add(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		       struct mgm_sg sg, unsigned int flags)
{
	core_enter(m);
	return core_leave(m, change_one(m, client_of(m, client), ifid, sg,
					flags, true));
}

int mgm_membership_del(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		       struct mgm_sg sg, unsigned int flags)
{
	core_enter(m);
	return core_leave(m, change_one(m, client_of(m, client), ifid, sg,
					flags, false));
}

static bool src_same(const struct src *a, uint32_t n, const struct src *b,
		     uint32_t k)
{
	if (n != k)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		if (!mgm_address_equal(&a[i].addr, &b[i].addr))
			return false;
	}
	return true;
}

/* True if nothing but freshness changes; then it is fresh now. */
static bool set_known(struct side *have, const struct side *now)
{
	if (!have || have->any != now->any ||
	    !src_same(have->include, have->include_count, now->include,
		      now->include_count) ||
	    !src_same(have->block, have->block_count, now->block,
		      now->block_count))
		return false;
	have->any_stale = false;
	for (uint32_t i = 0; i < have->include_count; i++)
		have->include[i].stale = false;
	return true;
}

static int set_build(const struct mgm_address *group, enum mgm_filter filter,
		     const struct mgm_address *sources, size_t count,
		     struct side *now)
{
	*now = (struct side){.any = filter == MGM_EXCLUDE};
	if (filter != MGM_INCLUDE && filter != MGM_EXCLUDE)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		struct mgm_sg sg = mgm_sg_of(&sources[i], group);

		if (!sg_ok(&sg))
			return -EINVAL;
	}
	if (now->any)
		return src_sorted(sources, count, &now->block,
				  &now->block_count);
	return src_sorted(sources, count, &now->include, &now->include_count);
}

static int change_set(struct mgm *m, struct client *c, uint32_t ifid,
		      const struct mgm_address *group, enum mgm_filter filter,
		      const struct mgm_address *sources, size_t count)
{
	struct access a = {.client = c};
	struct side *have, now;
	int err;

	if (!address_is_group(group) || (count && !sources))
		return -EINVAL;
	err = access_check(m, &a, ifid);
	if (!err)
		err = set_build(group, filter, sources, count, &now);
	if (err)
		return err;
	have = side_of(m, &a, group);
	if (set_known(have, &now) || (!have && side_empty(&now))) {
		free(now.include);
		free(now.block);
	} else {
		err = member_write(m, &a, group, &now);
	}
	if (!err)
		set_override(m, &a, group);
	return err;
}

int mgm_membership_set(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		       const struct mgm_address *group, enum mgm_filter filter,
		       const struct mgm_address *sources, size_t count)
{
	core_enter(m);
	return core_leave(m, change_set(m, client_of(m, client), ifid, group,
					filter, sources, count));
}

static int batch_one(struct mgm *m, struct client *c,
		     const struct mgm_membership_change *ch)
{
	const struct mgm_address *group = &ch->sg.group.address;
	struct mgm_sg any = mgm_sg_of(NULL, group);

	switch (ch->what) {
	case MGM_CHANGE_ADD:
	case MGM_CHANGE_DEL:
		return change_one(m, c, ch->ifid, ch->sg, ch->flags,
				  ch->what == MGM_CHANGE_ADD);
	case MGM_CHANGE_SET:
		if (!mgm_sg_equal(&ch->sg, &any))
			return -EINVAL;
		return change_set(m, c, ch->ifid, group, ch->filter,
				  ch->sources, ch->count);
	}
	return -EINVAL;
}

int mgm_membership_batch(struct mgm *m, struct mgm_client *client,
			 struct mgm_membership_change *changes, size_t count)
{
	struct client *c;
	int first = 0;

	core_enter(m);
	c = client_of(m, client);
	if (!c || count > MGM_BATCH || (count && !changes))
		return core_leave(m, -EINVAL);
	for (size_t i = 0; i < count; i++) {
		changes[i].result = batch_one(m, c, &changes[i]);
		if (!first)
			first = changes[i].result;
	}
	return core_leave(m, first);
}

/*
 * Takes away everything one writer has on an interface: it counts for nothing
 * from here, wherever it is looked at, and goes in steps of work (walk.c).
 */
void membership_clear(struct mgm *m, struct iface *ifc, enum side_id id)
{
	struct writer *w = &ifc->writer[id];
	struct range_member *rm;

	wild_set(m, ifc, id, false);
	TAILQ_FOREACH(rm, &ifc->ranges, in_iface)
		range_member_set(m, rm, id, false);
	if (!w->count)
		return;
	m->membership_count -= w->count;
	w->count = 0;
	w->groups = 0;
	ifc->shared = 0;
	w->since = ++w->clock;
	w->former = iface_writer(ifc, id);
	walk_iface(m, ifc, WALK_FORMER);
}

/* From here this writer has to say everything again. */
void membership_stale(struct iface *ifc, enum side_id id)
{
	struct writer *w = &ifc->writer[id];
	struct range_member *rm;

	ifc->wild_stale[id] = ifc->wild[id];
	TAILQ_FOREACH(rm, &ifc->ranges, in_iface)
		rm->stale[id] = rm->on[id];
	w->stale = ++w->clock;
}

/* What it has not said again goes. Returns how much that was. */
uint32_t membership_sweep_wide(struct mgm *m, struct iface *ifc,
			       enum side_id id)
{
	struct range_member *rm;
	uint32_t swept = 0;

	if (ifc->wild_stale[id]) {
		swept++;
		wild_set(m, ifc, id, false);
		ifc->wild_stale[id] = false;
	}
	TAILQ_FOREACH(rm, &ifc->ranges, in_iface) {
		swept += rm->stale[id];
		if (rm->stale[id])
			range_member_set(m, rm, id, false);
		rm->stale[id] = false;
	}
	return swept;
}

uint32_t membership_sweep(struct mgm *m, struct iface *ifc, enum side_id id)
{
	struct writer *w = &ifc->writer[id];

	w->unsaid = w->stale;
	w->swept = ++w->clock;
	if (w->count)
		walk_iface(m, ifc, WALK_UNSAID);
	return membership_sweep_wide(m, ifc, id);
}
