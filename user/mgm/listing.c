/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memberships as read, a row at a time: each call finds its place again by the
 * row before, in steps of the trees and arrays they stand in. So nothing is
 * kept between calls, and rows may come and go meanwhile.
 */
#include "mgm/internal.h"

/* A row of one membership: what one writer says of any source, or of one. */
struct row {
	const struct mgm_address *source; /* NULL: any */
	enum side_id id;
	enum mgm_filter filter;
};

struct listing {
	struct mgm *m;
	const struct mgm_membership_filter *filter;
	const struct mgm_membership_info *after; /* NULL: from the beginning */
	struct mgm_membership_info *info;
	bool few; /* its interfaces have few: they are looked through */
};

static void tell(const struct listing *l, const struct iface *ifc,
		 const struct row *row, struct mgm_sg sg)
{
	const struct client *c = row->id == SIDE_IGMP ? ifc->igmp : ifc->owner;

	*l->info = (struct mgm_membership_info){
		.sg = sg,
		.ifid = ifc->ifid,
		.by_igmp = row->id == SIDE_IGMP,
		.filter = row->filter,
		.protocol = c ? c->protocol : MGM_PROTOCOL_NONE,
		.component = c ? c->component : 0,
	};
}

/* May rows of this writer be listed? */
static bool side_listed(const struct listing *l, const struct iface *ifc,
			int id)
{
	const struct client *c = id == SIDE_IGMP ? ifc->igmp : ifc->owner;

	if (l->filter->ifid && l->filter->ifid != ifc->ifid)
		return false;
	return !l->filter->protocol ||
	       (c && c->protocol == l->filter->protocol &&
		c->component == l->filter->component);
}

/* Of two rows of one source: owner before IGMP, included before excluded. */
static bool row_later(const struct row *row, const struct row *at)
{
	return row->id > at->id ||
	       (row->id == at->id && row->filter > at->filter);
}

/* Where the first source of such a row behind `at` stands. */
static uint32_t src_behind(const struct src *list, uint32_t count,
			   const struct row *at, const struct row *offer)
{
	uint32_t low = 0, high = at && at->source ? count : 0;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;
		int order = address_compare(&list[mid].addr, at->source);

		if (order < 0 || (!order && !row_later(offer, at)))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Takes the source if it comes before the one that is there. */
static void row_offer(struct row *best, const struct src *list, uint32_t count,
		      const struct row *at, struct row offer)
{
	uint32_t i = src_behind(list, count, at, &offer);

	if (i == count)
		return;
	offer.source = &list[i].addr;
	if (!best->source || address_compare(offer.source, best->source) < 0)
		*best = offer;
}

/* The first row of a membership, or the first behind `at`. */
static bool row_next(const struct listing *l, const struct member *mb,
		     const struct row *at, struct row *row)
{
	*row = (struct row){.filter = MGM_EXCLUDE};
	for (int id = 0; id < SIDES && !(at && at->source); id++) {
		row->id = (enum side_id)id;
		if (member_side(mb, row->id)->any &&
		    (!at || row->id > at->id) && side_listed(l, mb->iface, id))
			return true;
	}
	for (int id = 0; id < SIDES; id++) {
		const struct side *s = member_side(mb, (enum side_id)id);

		if (!side_listed(l, mb->iface, id))
			continue;
		row_offer(row, s->include, s->include_count, at,
			  (struct row){.id = id, .filter = MGM_INCLUDE});
		row_offer(row, s->block, s->block_count, at,
			  (struct row){.id = id, .filter = MGM_EXCLUDE});
	}
	return row->source != NULL;
}

/* The interface at which a group's row may be. */
static uint32_t ifid_from(const struct listing *l,
			  const struct mgm_membership_info *after)
{
	uint32_t ifid = after ? after->ifid : 0;

	return ifid > l->filter->ifid ? ifid : l->filter->ifid;
}

static bool ifid_wanted(const struct listing *l, uint32_t ifid)
{
	return !l->filter->ifid || l->filter->ifid == ifid;
}

/* All that is said of a group, in one row. */
static void name_group(const struct listing *l, const struct mgm_prefix *group)
{
	*l->info = (struct mgm_membership_info){
		.sg = {.group = *group},
		.filter = MGM_EXCLUDE,
	};
	if (mgm_address_is_v4(&group->address))
		l->info->sg.source.address = MGM_ADDRESS_V4_ANY;
}

/* The next row of a group, where `after` may stand. */
static bool group_next(const struct listing *l, const struct group *g,
		       const struct mgm_membership_info *after)
{
	struct row at = {0}, row;
	const struct member *mb;

	if (after) {
		at.source = sg_source(&after->sg);
		at.id = after->by_igmp ? SIDE_IGMP : SIDE_OWNER;
		at.filter = after->filter;
	}
	mb = member_from(g, ifid_from(l, after));
	for (; mb; mb = member_after(mb)) {
		bool here = after && after->ifid == mb->iface->ifid;

		if (!ifid_wanted(l, mb->iface->ifid))
			return false;
		if (!row_next(l, mb, here ? &at : NULL, &row))
			continue;
		tell(l, mb->iface, &row, mgm_sg_of(row.source, &g->addr));
		return true;
	}
	return false;
}

/* The next row of a range, where `after` may stand. */
static bool range_next(const struct listing *l, const struct range *r,
		       const struct mgm_membership_info *after)
{
	uint32_t from = ifid_from(l, after);
	/* As any source, or as sources that are included. */
	struct row row = {.filter = r->sg.source.length ? MGM_INCLUDE
							: MGM_EXCLUDE};
	struct tree_node *n;

	for (n = tree_from(&r->members, &from); n;
	     n = tree_after(&r->members, n)) {
		const struct range_member *rm =
			tree_entry(n, struct range_member, by_ifid);
		bool here = after && after->ifid == rm->iface->ifid;

		if (!ifid_wanted(l, rm->iface->ifid))
			return false;
		for (int id = 0; id < SIDES; id++) {
			if (!rm->on[id] || (here && id <= after->by_igmp) ||
			    !side_listed(l, rm->iface, id))
				continue;
			row.id = (enum side_id)id;
			tell(l, rm->iface, &row, r->sg);
			return true;
		}
	}
	return false;
}

static bool prefix_equal(const struct mgm_prefix *a, const struct mgm_prefix *b)
{
	return a->length == b->length &&
	       mgm_address_equal(&a->address, &b->address);
}

static const struct range *range_at(struct tree_node *n)
{
	return n ? tree_const_entry(n, struct range, node) : NULL;
}

/* The next row of the ranges with this group, where `after` may stand. */
static bool ranges_next(const struct listing *l, const struct mgm_prefix *group,
			const struct mgm_membership_info *after)
{
	const struct tree *all = &l->m->ranges.tree;
	const struct mgm_sg least = {.group = *group};
	const struct range *r =
		range_at(tree_from(all, after ? &after->sg : &least));

	for (; r && prefix_equal(&r->sg.group, group);
	     r = range_at(tree_after(all, &r->node))) {
		bool here = after && mgm_sg_equal(&r->sg, &after->sg);

		if (range_next(l, r, here ? after : NULL))
			return true;
	}
	return false;
}

/* The next row of one group or group prefix, where `after` may stand. */
static bool key_next(const struct listing *l, const struct mgm_prefix *group)
{
	const struct mgm_membership_info *after = l->after;
	bool ranged = true;
	const struct group *g;

	if (after && !prefix_equal(&after->sg.group, group))
		after = NULL;
	if (after && l->filter->groups)
		return false;
	if (after)
		ranged = range_ok(&after->sg);
	if (ranged && ranges_next(l, group, after))
		return true;
	if (group->length < address_bits(&group->address))
		return false;
	g = group_find(l->m, &group->address);
	return g && group_next(l, g, ranged ? NULL : after);
}

static bool iface_listed(const struct listing *l, const struct iface *ifc)
{
	return side_listed(l, ifc, SIDE_OWNER) ||
	       side_listed(l, ifc, SIDE_IGMP);
}

/*
 * Is it less work to look through all that these interfaces have, for each
 * row, than to pass by the groups that have nothing of it?
 */
static bool listed_few(const struct listing *l)
{
	uint64_t count = 0;
	struct tree_node *n;

	if (!l->filter->ifid && !l->filter->protocol)
		return false;
	tree_for_each(&l->m->iface_order, n)
	{
		const struct iface *ifc = tree_entry(n, struct iface, by_ifid);

		if (iface_listed(l, ifc))
			count += ifc->member_count;
	}
	return count * count <= l->m->groups.count;
}

/* The group of such an interface that is at least addr, or greater. */
static const struct group *
few_group(const struct listing *l, const struct mgm_address *addr, bool greater)
{
	const struct group *best = NULL;
	const struct member *mb;
	struct tree_node *n;

	tree_for_each(&l->m->iface_order, n)
	{
		const struct iface *ifc = tree_entry(n, struct iface, by_ifid);

		if (!ifc->member_count || !iface_listed(l, ifc))
			continue;
		TAILQ_FOREACH(mb, &ifc->members, in_iface) {
			int order = address_compare(&mb->group->addr, addr);

			if (order < 0 || (!order && greater))
				continue;
			if (!best ||
			    address_compare(&mb->group->addr, &best->addr) < 0)
				best = mb->group;
		}
	}
	return best;
}

/* The first group that is at least addr, or greater, and may have a row. */
static const struct group *group_from(const struct listing *l,
				      const struct mgm_address *addr,
				      bool greater)
{
	struct tree_node *n;

	if (l->few)
		return few_group(l, addr, greater);
	n = greater ? tree_behind(&l->m->group_order, addr)
		    : tree_from(&l->m->group_order, addr);
	return n ? tree_const_entry(n, struct group, by_group) : NULL;
}

/* The first key that is at least `key`, or greater; false: none. */
static bool key_move(const struct listing *l, struct mgm_prefix *key,
		     bool greater)
{
	struct mgm_sg edge = {.group = *key};
	const struct range *r;
	const struct group *g;

	if (greater)
		memset(&edge.source, 0xff, sizeof(edge.source));
	r = range_at(tree_from(&l->m->ranges.tree, &edge));
	g = group_from(l, &key->address,
		       greater && key->length == address_bits(&key->address));
	/* Of one address the prefixes come first. */
	if (r && (!g || address_compare(&r->sg.group.address, &g->addr) <= 0))
		*key = r->sg.group;
	else if (g)
		*key = mgm_prefix_of(&g->addr);
	return r || g;
}

static bool key_wanted(const struct listing *l, const struct mgm_prefix *key)
{
	const struct mgm_prefix *only = &l->filter->group;

	return !only->length ||
	       (key->length >= only->length &&
		address_in_prefix(&key->address, &only->address, only->length));
}

static bool groups_next(const struct listing *l)
{
	const struct mgm_prefix *only = &l->filter->group;
	struct mgm_prefix key = *only;
	bool more;

	if (l->after && l->after->sg.group.length &&
	    (!only->length ||
	     address_compare(&l->after->sg.group.address, &only->address) >= 0))
		key = l->after->sg.group;
	if (!key.length)
		key = (struct mgm_prefix){0};
	for (more = key_move(l, &key, false); more && key_wanted(l, &key);
	     more = key_move(l, &key, true)) {
		if (!key_next(l, &key))
			continue;
		if (l->filter->groups)
			name_group(l, &key);
		return true;
	}
	return false;
}

/* Is it behind the row before? */
static bool wild_behind(const struct listing *l, uint32_t ifid, bool igmp)
{
	const struct mgm_membership_info *after = l->after;

	if (!after || ifid > after->ifid)
		return true;
	return ifid == after->ifid && igmp && !after->by_igmp;
}

static bool wild_next(const struct listing *l)
{
	const struct iface *ifc, *best = NULL;
	struct row row = {.filter = MGM_EXCLUDE};

	if (l->after && l->after->sg.group.length)
		return false;
	TAILQ_FOREACH(ifc, &l->m->wild, wild_link) {
		for (int id = 0; id < SIDES; id++) {
			if (!ifc->wild[id] || !side_listed(l, ifc, id) ||
			    !wild_behind(l, ifc->ifid, id == SIDE_IGMP))
				continue;
			if (best && best->ifid <= ifc->ifid)
				continue;
			best = ifc;
			row.id = (enum side_id)id;
		}
	}
	if (best)
		tell(l, best, &row, MGM_SG_ANY);
	return best != NULL;
}

int mgm_membership_next(struct mgm *m, const struct mgm_membership_info *after,
			const struct mgm_membership_filter *filter,
			struct mgm_membership_info *info)
{
	struct mgm_membership_filter wanted = {0};
	struct mgm_membership_info before = {0}, row;
	struct listing l = {m, &wanted, after ? &before : NULL, &row, false};
	int err = 0;

	if (after)
		err = grown_take(&before, sizeof(before), after);
	if (!err && filter)
		err = grown_take(&wanted, sizeof(wanted), filter);
	if (err)
		return err;
	l.few = listed_few(&l);
	if ((wanted.group.length || !wild_next(&l)) && !groups_next(&l))
		return -ENOENT;
	return grown_give(info, &row, sizeof(row));
}
