/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows that a static route leaves to the kernel. We send them nowhere, so an
 * interface where somebody else wants one does not get it from us: that is
 * kept beside the flow and the interface, to be shown.
 */
#include "mgm/internal.h"

/* What an earlier run has left stays as it is, until somebody says more. */
bool mfe_left(const struct mgm *m, const struct mfe *mfe)
{
	struct cover route;

	if (mfe_is_found(mfe))
		return mfe->oifs && oifs_left(mfe->oifs);
	return route_cover(m, mfe, &route) && route.left;
}

/* Does this writer of the interface want it there, or some of its sources? */
static bool wanted_by(struct mgm *m, const struct mfe *mfe,
		      const struct iface *ifc, enum side_id id)
{
	const struct member *mb = member_find(mfe->group, ifc->ifid);
	const struct override *o = override_find(mfe, ifc);
	const struct side *side = mb ? member_side(mb, id) : NULL;
	const struct range_member *rm;
	const struct range *r = NULL;

	if (ifc->wild[id] || (id == SIDE_OWNER && o && o->on))
		return true;
	if (side && (mfe->any ? side->any : side_wants(side, &mfe->source)))
		return true;
	while ((r = mfe_range(m, mfe, r))) {
		rm = range_member_find(r, ifc->ifid);
		if (rm && rm->on[id])
			return true;
	}
	return false;
}

/* Who wants it there, but for him who has left it to the kernel. */
static const struct client *wanter(struct mgm *m, const struct mfe *mfe,
				   const struct iface *ifc)
{
	const struct client *c = ifc->owner;
	struct cover route;

	if (ifc->igmp && wanted_by(m, mfe, ifc, SIDE_IGMP))
		return ifc->igmp;
	if (c && route_cover(m, mfe, &route) && c->slot != route.slot &&
	    wanted_by(m, mfe, ifc, SIDE_OWNER))
		return c;
	return NULL;
}

static void tell(struct mgm *m, const struct iface *ifc)
{
	const struct mgm_event event = {.type = MGM_EV_VAIN, .ifid = ifc->ifid};

	core_event(m, &event);
}

void unserved_free(struct unserved *u)
{
	TAILQ_REMOVE(&u->mfe->aside->unserved, u, in_mfe);
	TAILQ_REMOVE(&u->iface->unserved, u, in_iface);
	u->iface->unserved_count--;
	free(u);
}

static void drop(struct mgm *m, struct unserved *u)
{
	const struct iface *ifc = u->iface;

	unserved_free(u);
	tell(m, ifc);
}

void unserved_clear(struct mgm *m, struct mfe *mfe)
{
	while (mfe->aside && !TAILQ_EMPTY(&mfe->aside->unserved))
		drop(m, TAILQ_FIRST(&mfe->aside->unserved));
}

void unserved_lost(struct mgm *m, struct iface *ifc)
{
	struct unserved *u;

	while ((u = TAILQ_FIRST(&ifc->unserved))) {
		struct mfe *mfe = u->mfe;

		drop(m, u);
		mfe_aside_reap(mfe);
	}
}

static int add(struct mgm *m, struct mfe *mfe, struct iface *ifc)
{
	struct unserved *u;

	if (!mfe_aside(mfe))
		return -ENOMEM;
	u = calloc(1, sizeof(*u));
	if (!u)
		return -ENOMEM;
	*u = (struct unserved){.iface = ifc, .mfe = mfe};
	TAILQ_INSERT_TAIL(&mfe->aside->unserved, u, in_mfe);
	TAILQ_INSERT_TAIL(&ifc->unserved, u, in_iface);
	ifc->unserved_count++;
	tell(m, ifc);
	return 0;
}

/* Those where it is wanted, in m->scratch, sorted; returns how many. */
static size_t unserved_wanted(struct mgm *m, const struct mfe *mfe)
{
	size_t wanted = mfe_wanted(m, mfe), count = 0;

	for (size_t i = 0; i < wanted; i++) {
		if (wanter(m, mfe, iface_find(m, m->scratch[i])))
			m->scratch[count++] = m->scratch[i];
	}
	return count;
}

static bool current(const struct mgm *m, const struct mfe *mfe, size_t count)
{
	const struct unserved *u;
	size_t i = 0;

	if (!mfe->aside)
		return !count;
	TAILQ_FOREACH(u, &mfe->aside->unserved, in_mfe) {
		if (i == count || m->scratch[i++] != u->iface->ifid)
			return false;
	}
	return i == count;
}

int unserved_update(struct mgm *m, struct mfe *mfe)
{
	size_t count;
	int err = 0;

	if (!mfe->aside && !mfe_left(m, mfe))
		return 0;
	count = mfe_left(m, mfe) ? unserved_wanted(m, mfe) : 0;
	if (current(m, mfe, count))
		return 0;
	unserved_clear(m, mfe);
	for (size_t i = 0; i < count && !err; i++)
		err = add(m, mfe, iface_find(m, m->scratch[i]));
	mfe_aside_reap(mfe);
	return err;
}

int mgm_unserved_get(struct mgm *m, uint32_t ifid, struct mgm_unserved *out)
{
	const struct iface *ifc = iface_find(m, ifid);
	const struct client *by;
	const struct unserved *u;
	struct cover route;

	u = ifc ? TAILQ_FIRST(&ifc->unserved) : NULL;
	if (!u)
		return -ENOENT;
	by = wanter(m, u->mfe, ifc);
	*out = (struct mgm_unserved){
		.flow = mfe_sg(u->mfe),
		.count = ifc->unserved_count,
		.wanted_by = by ? by->protocol : MGM_PROTOCOL_NONE,
	};
	if (route_cover(m, u->mfe, &route) && route.slot != NO_SLOT)
		out->left_by = m->clients[route.slot].protocol;
	return 0;
}
