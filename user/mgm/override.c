/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Overrides: the owner of an oif adds it to one MFE or takes it out, whatever
 * the memberships say (FORWARD state, and refusals in a creation alert). They
 * last until the owner changes, the owner joins or leaves there, or the MFE
 * goes. When all of an interface's are void, they go in steps of work.
 */
#include "mgm/internal.h"

bool override_void(const struct override *o)
{
	return o->said < o->iface->flows.since;
}

static struct override *find(const struct mfe *mfe, const struct iface *ifc)
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

struct override *override_find(const struct mfe *mfe, const struct iface *ifc)
{
	struct override *o = find(mfe, ifc);

	return o && !override_void(o) ? o : NULL;
}

int override_set(struct mgm *m, struct mfe *mfe, struct iface *ifc, bool on)
{
	struct override *o = find(mfe, ifc);

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
	o->said = ifc->flows.clock;
	mfe_mark(m, mfe, DIRTY_OIFS);
	return 0;
}

void override_del(struct mgm *m, struct override *o)
{
	mfe_mark(m, o->mfe, DIRTY_OIFS);
	LIST_REMOVE(o, in_mfe);
	mfe_aside_reap(o->mfe);
	walk_lose_override(o->iface, o);
	TAILQ_REMOVE(&o->iface->overrides, o, in_iface);
	free(o);
}
