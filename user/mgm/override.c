/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Overrides: the owner of an oif adds it to one MFE or takes it out, whatever
 * the memberships say (FORWARD state, and refusals in a creation alert). They
 * last until the owner changes, the owner joins or leaves there, or the MFE
 * goes.
 */
#include "mgm/internal.h"

struct override *override_find(const struct mfe *mfe, const struct iface *ifc)
{
	struct override *o;

	if (!mfe->aside)
		return NULL;
	LIST_FOREACH(o, &mfe->aside->overrides, in_mfe)
	{
		if (o->iface == ifc)
			return o;
	}
	return NULL;
}

int override_set(struct mgm *m, struct mfe *mfe, struct iface *ifc, bool on)
{
	struct override *o = override_find(mfe, ifc);

	if (!o) {
		o = mfe_aside(mfe) ? calloc(1, sizeof(*o)) : NULL;
		if (!o) {
			mfe_aside_reap(mfe);
			return -ENOMEM;
		}
		o->iface = ifc;
		o->mfe = mfe;
		LIST_INSERT_HEAD(&mfe->aside->overrides, o, in_mfe);
		TAILQ_INSERT_TAIL(&ifc->overrides, o, in_iface);
	}
	o->on = on;
	o->stale = false;
	mfe_mark(m, mfe, DIRTY_OIFS);
	return 0;
}

void override_del(struct mgm *m, struct override *o)
{
	mfe_mark(m, o->mfe, DIRTY_OIFS);
	LIST_REMOVE(o, in_mfe);
	mfe_aside_reap(o->mfe);
	TAILQ_REMOVE(&o->iface->overrides, o, in_iface);
	free(o);
}

/* The owner is another: nothing of what it said of flows stands. */
void override_clear(struct mgm *m, struct iface *ifc)
{
	while (!TAILQ_EMPTY(&ifc->overrides))
		override_del(m, TAILQ_FIRST(&ifc->overrides));
	route_oifs_lost(m, ifc);
}

/* From here the owner has to say them again. */
void override_stale(struct iface *ifc)
{
	struct override *o;

	TAILQ_FOREACH(o, &ifc->overrides, in_iface)
		o->stale = true;
}

void override_sweep(struct mgm *m, struct iface *ifc)
{
	struct override *o = TAILQ_FIRST(&ifc->overrides), *next;

	for (; o; o = next) {
		next = TAILQ_NEXT(o, in_iface);
		if (o->stale)
			override_del(m, o);
	}
}
