/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an interface counts for, towards the alerts of others, while IGMP says
 * everything again there. From the flip to the end of the replay that is what
 * it counted for before: whose it was, and who was listening. So others hear
 * of a handshake once, when it ends, as one net difference, and whatever
 * happens elsewhere meanwhile is told at once.
 *
 * A member keeps what it counted for when it changes; until then that is what
 * it says, less what former writers said. Memory may be short while a snapshot
 * is taken, and a change that follows a flip cannot fail: the sources of such a
 * member are then told as they come and go.
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

/* Has it changed since its interface was frozen? */
static bool kept(const struct member *mb)
{
	return frozen(mb->iface) && mb->freezing == mb->iface->freezing;
}

static const struct side *side_counted(const struct member *mb, enum side_id id)
{
	return frozen(mb->iface) ? member_side_was(mb, id)
				 : member_side(mb, id);
}

bool freeze_wants_any(const struct member *mb)
{
	return kept(mb) ? mb->was_any
			: side_counted(mb, SIDE_OWNER)->any ||
				  side_counted(mb, SIDE_IGMP)->any;
}

bool freeze_includes(const struct member *mb, const struct mgm_address *source)
{
	const struct side *a = side_counted(mb, SIDE_OWNER);
	const struct side *b = side_counted(mb, SIDE_IGMP);

	if (kept(mb))
		return src_in(mb->was, mb->was_count, source);
	return src_in(a->include, a->include_count, source) ||
	       src_in(b->include, b->include_count, source);
}

/* The sources either side includes. */
static void member_freeze(struct member *mb)
{
	const struct side *a = member_side_was(mb, SIDE_OWNER);
	const struct side *b = member_side_was(mb, SIDE_IGMP);
	uint32_t i = 0, k = 0, room = a->include_count + b->include_count;
	int order;

	mb->was_any = a->any || b->any;
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

/*
 * Before it changes. What there is of an earlier freeze is of no use; the walk
 * that would have thawed it comes by, and frees the sources.
 */
void freeze_keep(struct member *mb)
{
	if (!frozen(mb->iface) || kept(mb))
		return;
	member_thaw(mb);
	mb->freezing = mb->iface->freezing;
	member_freeze(mb);
}

void freeze_thaw(struct member *mb)
{
	if (!kept(mb))
		member_thaw(mb);
}

/* REPLAYING begins: before anything of the change is applied. */
void freeze(struct iface *ifc)
{
	struct range_member *rm;

	ifc->was_owner = iface_owner(ifc);
	client_hold(ifc->was_owner);
	ifc->was_wild = iface_wild(ifc);
	ifc->freezing++;
	for (int id = 0; id < SIDES; id++)
		ifc->writer[id].was_since = writer_since(&ifc->writer[id]);
	TAILQ_FOREACH(rm, &ifc->ranges, in_iface)
		rm->was = range_wanted(rm);
}

/* REPLAYING is over: what it counts for is what is so. */
void freeze_end(struct mgm *m, struct iface *ifc)
{
	struct client *was = ifc->was_owner;
	struct range_member *rm;

	iface_mark_alerts(m, ifc); /* thaws its members, too */
	iface_mark_toward(m, ifc);
	TAILQ_FOREACH(rm, &ifc->ranges, in_iface)
		rm->was = false;
	ifc->was_wild = false;
	ifc->was_owner = NULL;
	iface_wild_list(m, ifc);
	client_drop(m, was);
}
