/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges as objects and as clients write them: found, made on demand, freed
 * when nothing needs them; which cover which, and the MFEs they cover.
 */
#include "mgm/internal.h"

static int compare_prefixes(const struct mgm_prefix *a,
			    const struct mgm_prefix *b)
{
	int order = address_compare(&a->address, &b->address);

	return order ? order : (int)a->length - (int)b->length;
}

/* A range comes before all that it covers, which follow it. */
int sg_compare(const void *a, const void *b)
{
	const struct mgm_sg *x = a, *y = b;
	int order = compare_prefixes(&x->group, &y->group);

	return order ? order : compare_prefixes(&x->source, &y->source);
}

static const void *range_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct range, node)->sg;
}

static const void *due_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct range, due)->sg;
}

static const void *member_key(const struct tree_node *node)
{
	const struct range_member *rm =
		tree_const_entry(node, struct range_member, by_ifid);

	return &rm->iface->ifid;
}

static const struct tree_type by_sg = {range_key, sg_compare};
static const struct tree_type by_sg_due = {due_key, sg_compare};
static const struct tree_type by_member = {member_key, tree_compare_u32};

const struct tree_type *tree_of_ranges_due(void)
{
	return &by_sg_due;
}

void ranges_init(struct ranges *all)
{
	all->tree.type = &by_sg;
}

/* The group and, unless it is any, the source cut to these lengths. */
struct mgm_sg sg_cut(const struct mgm_sg *sg, unsigned int group,
		     unsigned int source)
{
	const struct mgm_address *g = &sg->group.address;
	struct mgm_sg cut = {
		.group = {.address = address_first(g, group),
			  .length = (uint8_t)group},
	};

	if (source)
		cut.source.address = address_first(&sg->source.address, source);
	else if (mgm_address_is_v4(g))
		cut.source.address = MGM_ADDRESS_V4_ANY;
	cut.source.length = (uint8_t)source;
	return cut;
}

bool range_ok(const struct mgm_sg *sg)
{
	const struct mgm_prefix *g = &sg->group, *s = &sg->source;
	unsigned int bits = address_bits(&g->address);

	if (!g->length || !address_prefix_is_groups(&g->address, g->length))
		return false;
	if (g->length < bits)
		return !s->length && address_is_any(&s->address);
	return s->length && s->length < bits &&
	       mgm_address_is_v4(&s->address) ==
		       mgm_address_is_v4(&g->address) &&
	       address_prefix_has_sources(&s->address, s->length);
}

static struct range *range_find(const struct mgm *m, const struct mgm_sg *sg)
{
	struct mgm_sg key = sg_cut(sg, sg->group.length, sg->source.length);
	struct tree_node *n = tree_find(&m->ranges.tree, &key);

	return n ? tree_entry(n, struct range, node) : NULL;
}

struct range *range_wider(const struct mgm *m, const struct mgm_sg *sg)
{
	const struct ranges *all = &m->ranges;
	bool v6 = !mgm_address_is_v4(&sg->group.address);
	unsigned int bits = sg->group.length, i;
	struct range *r;

	if (!all->count || !bits)
		return NULL;
	for (i = sg->source.length; i-- > 1;) {
		struct mgm_sg key = sg_cut(sg, bits, i);

		r = all->sources[v6][i] ? range_find(m, &key) : NULL;
		if (r)
			return r;
	}
	for (i = bits; i-- > 1;) {
		struct mgm_sg key = sg_cut(sg, i, 0);

		r = all->groups[v6][i] ? range_find(m, &key) : NULL;
		if (r)
			return r;
	}
	return NULL;
}

/* They stand together, from it on. */
static struct range *below(const struct mgm_sg *sg, struct tree_node *n)
{
	struct range *r = n ? tree_entry(n, struct range, node) : NULL;
	const struct mgm_prefix *g = &sg->group, *s = &sg->source;

	if (!r ||
	    !address_in_prefix(&r->sg.group.address, &g->address, g->length))
		return NULL;
	if (s->length &&
	    !address_in_prefix(&r->sg.source.address, &s->address, s->length))
		return NULL;
	return r;
}

struct range *range_below(const struct mgm *m, const struct mgm_sg *sg)
{
	struct mgm_sg key;

	if (!m->ranges.count)
		return NULL;
	key = sg_cut(sg, sg->group.length, sg->source.length);
	return below(sg, tree_behind(&m->ranges.tree, &key));
}

struct range *range_next_below(const struct mgm *m, const struct mgm_sg *sg,
			       const struct range *at)
{
	return below(sg, tree_after(&m->ranges.tree, &at->node));
}

bool range_of_sources(const struct mgm *m, const struct mgm_address *group)
{
	struct mgm_sg any = mgm_sg_of(NULL, group);
	const struct range *r = range_below(m, &any);

	for (; r; r = range_next_below(m, &any, r)) {
		if (r->wanted)
			return true;
	}
	return false;
}

/* One more of these lengths, or one less. */
static void range_count(struct ranges *all, const struct mgm_sg *sg, int by)
{
	bool v6 = !mgm_address_is_v4(&sg->group.address);
	uint32_t *of = sg->source.length ? &all->sources[v6][sg->source.length]
					 : &all->groups[v6][sg->group.length];

	*of += (uint32_t)by;
	all->count += (uint32_t)by;
}

static struct range *range_get(struct mgm *m, const struct mgm_sg *sg)
{
	struct range *r = range_find(m, sg);
	struct ranges *all = &m->ranges;

	if (r || all->count >= m->limits.prefixes)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->sg = sg_cut(sg, sg->group.length, sg->source.length);
	r->members.type = &by_member;
	mark_init(&r->mark,
		  sg->source.length ? MARK_RANGE_SOURCES : MARK_RANGE_GROUPS);
	mark_init(&r->ending, MARK_RANGE_ENDING);
	tree_insert(&all->tree, &r->node);
	range_count(all, &r->sg, 1);
	return r;
}

void range_reap(struct mgm *m, struct range *r)
{
	struct ranges *all = &m->ranges;

	if (r->members.root || r->mark.on || r->ending.on ||
	    r->walk[RANGE_MFES].lap.on || r->walk[RANGE_GROUPS].lap.on ||
	    told_any(m, r->pulled))
		return;
	told_put(m, r->pulled);
	range_count(all, &r->sg, -1);
	tree_remove(&all->tree, &r->node);
	free(r);
}

struct range_member *range_member_find(const struct range *r, uint32_t ifid)
{
	struct tree_node *n = tree_find(&r->members, &ifid);

	return n ? tree_entry(n, struct range_member, by_ifid) : NULL;
}

static struct range_member *range_member_get(struct range *r, struct iface *ifc)
{
	struct range_member *rm = range_member_find(r, ifc->ifid);

	if (rm)
		return rm;
	rm = calloc(1, sizeof(*rm));
	if (!rm)
		return NULL;
	rm->range = r;
	rm->iface = ifc;
	mark_init(&rm->mark, MARK_RANGE_MEMBER);
	tree_insert(&r->members, &rm->by_ifid);
	TAILQ_INSERT_TAIL(&ifc->ranges, rm, in_iface);
	return rm;
}

void range_member_reap(struct range_member *rm)
{
	if (rm->mark.on || rm->announced || rm->was || range_wanted(rm))
		return;
	tree_remove(&rm->range->members, &rm->by_ifid);
	TAILQ_REMOVE(&rm->iface->ranges, rm, in_iface);
	free(rm);
}

bool range_wanted(const struct range_member *rm)
{
	return rm->on[SIDE_OWNER] || rm->on[SIDE_IGMP];
}

/* Of one group; (*,G) with them, whose entry depends on it (mfe.c). */
static void mark_sources(struct mgm *m, const struct range *r)
{
	const struct mgm_prefix *s = &r->sg.source;
	const struct group *g = group_find(m, &r->sg.group.address);
	struct mfe *mfe = g ? mfe_from(g, &s->address) : NULL;

	if (g && g->any_route)
		mfe_mark(m, g->any_route, DIRTY_OIFS);
	for (; mfe; mfe = mfe_after(mfe)) {
		if (!mfe->any &&
		    !address_in_prefix(&mfe->source, &s->address, s->length))
			break;
		mfe_mark(m, mfe, DIRTY_OIFS);
	}
}

void range_mark_mfes(struct mgm *m, struct range *r)
{
	if (r->sg.source.length)
		mark_sources(m, r);
	else
		walk_range(m, r, RANGE_MFES);
}

/* -ENOSPC, -ENOMEM */
static int range_add(struct mgm *m, struct iface *ifc, enum side_id id,
		     const struct mgm_sg *sg)
{
	struct range_member *rm;
	struct range *r;

	if (m->membership_count >= m->limits.memberships) {
		m->counters.limit_memberships++;
		return -ENOSPC;
	}
	r = range_get(m, sg);
	if (!r && m->ranges.count >= m->limits.prefixes) {
		m->counters.limit_prefixes++;
		return -ENOSPC;
	}
	rm = r ? range_member_get(r, ifc) : NULL;
	if (!rm) {
		if (r)
			range_reap(m, r);
		return -ENOMEM;
	}
	range_member_set(m, rm, id, true);
	return 0;
}

/* A writer of the interface joins or leaves it; leaving cannot fail. */
int range_set(struct mgm *m, struct iface *ifc, enum side_id id,
	      const struct mgm_sg *sg, bool on)
{
	struct range *r = range_find(m, sg);
	struct range_member *rm = r ? range_member_find(r, ifc->ifid) : NULL;

	if (rm)
		rm->stale[id] = false;
	if (on && !(rm && rm->on[id]))
		return range_add(m, ifc, id, sg);
	if (!on && rm)
		range_member_set(m, rm, id, false);
	return 0;
}

void range_member_set(struct mgm *m, struct range_member *rm, enum side_id id,
		      bool on)
{
	struct iface *ifc = rm->iface;

	if (rm->on[id] == on)
		return;
	rm->on[id] = on;
	rm->range->wanted += on ? 1 : -1;
	m->membership_count += on ? 1 : -1;
	range_mark_mfes(m, rm->range);
	mark_set(m, &rm->mark, ifc);
	mark_set(m, &rm->range->mark, ifc);
	iface_event_membership(m, ifc, iface_writer(ifc, id), rm->range->sg,
			       on);
}

void ranges_free(struct ranges *all)
{
	struct tree_node *n, *k;

	while ((n = all->tree.root)) {
		struct range *r = tree_entry(n, struct range, node);

		while ((k = r->members.root)) {
			tree_remove(&r->members, k);
			free(tree_entry(k, struct range_member, by_ifid));
		}
		tree_remove(&all->tree, n);
		free(r);
	}
}
