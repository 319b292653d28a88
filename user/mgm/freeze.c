/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an interface counts for, towards the alerts of others, while IGMP says
 * everything again there. From the flip to the end of the replay that is what
 * it counted for before: whose it was, and who was listening. So others hear
 * of a handshake once, when it ends, as one net difference, and whatever
 * happens elsewhere meanwhile is told at once.
 *
 * Memory may be short while a snapshot is taken, and a flip cannot fail: the
 * sources of such a member are then told as they come and go.
 */
#include "mgm/internal.h"

static bool frozen(const struct iface *ifc)
{
	return hs_runs(ifc);
}

struct client *freeze_owner(const struct iface *ifc)
{
	return frozen(ifc) ? ifc->was_owner : iface_owner(ifc);
}

bool freeze_wild(const struct iface *ifc)
{
	return frozen(ifc) ? ifc->was_wild : iface_wild(ifc);
}

bool freeze_range(const struct range_member *rm)
{
	return frozen(rm->iface) ? rm->was : range_wanted(rm);
}

bool freeze_wants_any(const struct member *mb)
{
	return frozen(mb->iface) ? mb->was_any : member_wants_any(mb);
}

bool freeze_includes(const struct member *mb, const struct mgm_address *source)
{
	const struct side *a = &mb->side[SIDE_OWNER], *b = &mb->side[SIDE_IGMP];

	if (frozen(mb->iface))
		return src_in(mb->was, mb->was_count, source);
	return src_in(a->include, a->include_count, source) ||
	       src_in(b->include, b->include_count, source);
}

/* The sources either side includes. */
static void member_freeze(struct member *mb)
{
	const struct side *a = &mb->side[SIDE_OWNER], *b = &mb->side[SIDE_IGMP];
	uint32_t i = 0, k = 0, room = a->include_count + b->include_count;
	int order;

	mb->was_any = member_wants_any(mb);
	mb->was = room ? calloc(room, sizeof(*mb->was)) : NULL;
	if (!mb->was)
		return;
	while (i < a->include_count || k < b->include_count) {
		struct src *next = &mb->was[mb->was_count++];

		order = side_order(a, i, b, k);
		*next = order > 0 ? b->include[k] : a->include[i];
		i += order <= 0;
		k += order >= 0;
		named_find(mb->group, &next->addr)->was++;
	}
}

static void member_thaw(struct member *mb)
{
	for (uint32_t i = 0; i < mb->was_count; i++)
		named_find(mb->group, &mb->was[i].addr)->was--;
	free(mb->was);
	mb->was = NULL;
	mb->was_count = 0;
	mb->was_any = false;
}

/* REPLAYING begins: before anything of the change is applied. */
void freeze(struct iface *ifc)
{
	struct range_member *rm;
	struct member *mb;

	ifc->was_owner = iface_owner(ifc);
	client_hold(ifc->was_owner);
	ifc->was_wild = iface_wild(ifc);
	TAILQ_FOREACH(mb, &ifc->members, in_iface)
		member_freeze(mb);
	TAILQ_FOREACH(rm, &ifc->ranges, in_iface)
		rm->was = range_wanted(rm);
}

/* REPLAYING is over: what it counts for is what is so. */
void freeze_end(struct mgm *m, struct iface *ifc)
{
	struct client *was = ifc->was_owner;
	struct range_member *rm;
	struct member *mb;

	iface_mark_alerts(m, ifc);
	iface_mark_toward(m, ifc);
	TAILQ_FOREACH(mb, &ifc->members, in_iface)
		member_thaw(mb);
	TAILQ_FOREACH(rm, &ifc->ranges, in_iface)
		rm->was = false;
	ifc->was_wild = false;
	ifc->was_owner = NULL;
	iface_wild_list(m, ifc);
	client_drop(m, was);
}
