/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static routes: an entry of the multicast RIB for one (S,G) or (*,G) with
 * its iif, and an MFE that is there before any data is. The plane falls back
 * from (S,G) to (*,G), so beside a (*,G) route every source that a membership
 * of the group names has an MFE of its own: the source filters hold.
 */
#include "mgm/internal.h"

struct mfe *route_any(const struct group *g)
{
	return g->any_route && !mfe_void(g->any_route) ? g->any_route : NULL;
}

static struct cover cover_of_route(const struct mfe *route)
{
	return (struct cover){
		.iif = route->iif,
		.upstream = mfe_upstream(route),
		.listed = route->listed,
		.slot = route->route_slot,
		.left = route->left,
	};
}

static struct cover cover_of_template(const struct template *t)
{
	return (struct cover){
		.iif = t->iif,
		.listed = t->listed,
		.slot = t->slot,
		.left = t->left,
	};
}

/* Of a flow without a route of its own. */
static bool cover_of(const struct mgm *m, const struct group *g,
		     const struct mgm_sg *flow, struct cover *cover)
{
	const struct template *t = template_find(m, flow, true);
	const struct mfe *any = route_any(g);

	if (!t && any) {
		*cover = cover_of_route(any);
		return true;
	}
	if (!t)
		t = template_find(m, flow, false);
	if (t)
		*cover = cover_of_template(t);
	return t;
}

bool route_cover(const struct mgm *m, const struct mfe *mfe,
		 struct cover *cover)
{
	struct mgm_sg flow;

	if (mfe_is_route(mfe)) {
		*cover = cover_of_route(mfe);
		return true;
	}
	flow = mfe_sg(mfe);
	return cover_of(m, mfe->group, &flow, cover);
}

struct iface *route_toward(const struct mgm *m, const struct group *g,
			   const struct mgm_address *source)
{
	const struct mgm_sg flow = mgm_sg_of(source, &g->addr);
	const struct mfe *mfe = mfe_of(g, source);
	struct cover cover;

	if (mfe && mfe_is_route(mfe) && !mfe_void(mfe))
		return mfe->iif;
	return cover_of(m, g, &flow, &cover) ? cover.iif : NULL;
}

/*
 * The owner of the iif towards what the route covers may be another now: one
 * source, or all of them.
 */
static void route_mark(struct mgm *m, struct group *g,
		       const struct mgm_address *source)
{
	struct named *n = source ? named_find(g, source) : NULL;

	if (n)
		mark_set(m, &n->mark, NULL);
	if (source)
		return;
	walk_group_named(m, g, NULL);
}

void route_mark_named(struct mgm *m, const struct mfe *route)
{
	route_mark(m, route->group, mfe_source(route));
}

/* A membership names a source beside a (*,G) route. */
int route_name(struct mgm *m, struct group *g, struct named *n)
{
	struct mgm_sg sg = mgm_sg_of(&n->source->addr, &g->addr);
	struct mfe *mfe;
	int err;

	if (!route_any(g))
		return 0;
	mfe = mfe_find(m, sg);
	if (!mfe) {
		err = mfe_new(m, sg, false, &mfe);
		if (err)
			return err;
		mfe->phase = MFE_LIVE;
		mfe_set_iif(mfe, g->any_route->iif);
	}
	if (mfe->phase != MFE_LIVE) {
		flow_asked(m, mfe);
		mfe_set_iif(mfe, g->any_route->iif);
		mfe_release(m, mfe);
	}
	if (!mfe_is_route(mfe))
		mfe->kind = MFE_DERIVED;
	mfe_mark(m, mfe, DIRTY_OIFS | DIRTY_RPF);
	return 0;
}

/* The last membership that named it is gone; the mark lets it go. */
void route_unname(struct mgm *m, struct group *g,
		  const struct mgm_address *source)
{
	struct mfe *mfe = mfe_of(g, source);

	if (mfe && mfe_is_derived(mfe))
		mfe_mark(m, mfe, DIRTY_OIFS);
}

/* The (*,G) route is new: its source filters. */
static int route_name_all(struct mgm *m, struct group *g)
{
	struct named *n;
	int err;

	change_drop_formers(m, g); /* they name none any more */
	for (n = named_first(g); n; n = named_after(n)) {
		err = n->count ? route_name(m, g, n) : 0;
		if (err)
			return err;
	}
	return 0;
}

/* Does a membership name this source? Those of former writers do not. */
static bool route_named(struct mgm *m, struct group *g,
			const struct mgm_address *source)
{
	const struct named *n;

	change_drop_formers(m, g);
	n = named_find(g, source);
	return n && n->count;
}

/* The MFE is a static route no more. */
void route_drop(struct mgm *m, struct mfe *mfe)
{
	struct group *g = mfe->group;
	const struct mgm_address source = mfe->source;
	bool any = mfe->any;

	mfe->route_slot = NO_SLOT;
	if (any) {
		g->any_route = NULL;
		walk_group_mfes(m, g, DIRTY_OIFS | DIRTY_RPF);
		mfe_delete(m, mfe, MGM_DELETED_ROUTE);
	} else if (route_any(g) && route_named(m, g, &source)) {
		route_oifs_clear(m, mfe);
		mfe->left = false;
		mfe->kind = MFE_DERIVED;
		mfe_set_iif(mfe, g->any_route->iif);
		mfe_mark(m, mfe, DIRTY_OIFS | DIRTY_RPF);
	} else {
		mfe_delete(m, mfe, MGM_DELETED_ROUTE);
	}
	route_mark(m, g, any ? NULL : &source);
}

static int route_check(struct mgm *m, const struct client *c, struct mgm_sg sg)
{
	const struct mfe *mfe;

	if (c && template_ok(&sg))
		return template_check(m, c, &sg);
	if (!c || !sg_ok(&sg) || sg_is_wild(&sg))
		return -EINVAL;
	mfe = mfe_find(m, sg);
	if (mfe && mfe_is_route(mfe) && mfe->route_slot != c->slot)
		return -EEXIST;
	return 0;
}

/* As it is to be. */
struct route_wanted {
	struct mgm_sg sg;
	struct iface *iif;
	struct iface *oifs[MGM_OIFS];
	size_t count;
	bool left; /* to the kernel */
};

/* Makes an MFE that is there the client's route; undone on error. */
static int route_write(struct mgm *m, struct mfe *mfe, struct client *c,
		       const struct route_wanted *w)
{
	int16_t old_slot = mfe->route_slot;
	uint8_t old_kind = mfe->kind;
	uint32_t old_said = mfe->said;
	bool old_left = mfe->left;
	struct mfe *old_any = mfe->group->any_route;
	struct iface *old_iif = mfe->iif;
	int err = 0;

	mfe->route_slot = (int16_t)c->slot;
	mfe->kind = mfe->any ? MFE_ANY_ROUTE : MFE_ROUTE;
	mfe->left = w->left;
	mfe_set_iif(mfe, w->iif);
	mfe->said = w->iif->flows.clock;
	if (mfe->any) {
		mfe->group->any_route = mfe;
		err = route_name_all(m, mfe->group);
		/* The source filters are there first. */
		mfe_catch_up_group(m, mfe->group);
	}
	if (!err)
		err = mfe_evaluate(m, mfe);
	if (err) {
		mfe->route_slot = old_slot;
		mfe->kind = old_kind;
		mfe->left = old_left;
		mfe->said = old_said;
		mfe_set_iif(mfe, old_iif);
		mfe->group->any_route = old_any;
		walk_group_mfes(m, mfe->group, DIRTY_OIFS | DIRTY_RPF);
		return err;
	}
	mfe_set_upstream(mfe, NULL);
	if (mfe->installed)
		mfe_release(m, mfe);
	if (mfe->any)
		walk_group_mfes(m, mfe->group, DIRTY_OIFS | DIRTY_RPF);
	route_mark_named(m, mfe);
	return 0;
}

static int route_put(struct mgm *m, struct client *c, struct route_wanted *w)
{
	struct mfe *mfe = mfe_find(m, w->sg);
	struct route_oifs *now, *old;
	bool made = !mfe;
	int err;

	if (mfe)
		change_drop_formers(m, mfe->group);
	if (made) {
		err = mfe_new(m, w->sg, false, &mfe);
		if (err)
			return err;
	}
	flow_asked(m, mfe);
	err = route_oifs_get(m, w->oifs, w->count, &now);
	if (!err) {
		old = mfe->listed;
		mfe->listed = now;
		err = route_write(m, mfe, c, w);
		if (err)
			mfe->listed = old;
		route_oifs_put(m, err ? now : old);
	}
	mfe_aside_reap(mfe);
	if (err && made)
		mfe_delete(m, mfe, MGM_DELETED_ROUTE);
	else if (err)
		mfe_mark(m, mfe, DIRTY_OIFS | DIRTY_RPF);
	return err;
}

static struct iface *iface_of(const struct mgm *m, const struct client *c,
			      uint32_t ifid)
{
	struct iface *ifc = iface_find(m, ifid);

	return ifc && iface_owner(ifc) == c ? ifc : NULL;
}

static int route_take(const struct mgm *m, const struct client *c,
		      struct route_wanted *w, uint32_t iif,
		      const uint32_t *oifs)
{
	w->iif = iface_of(m, c, iif);
	if (w->left && w->count)
		return -EINVAL;
	if (!w->iif || w->count > m->limits.oifs || (w->count && !oifs))
		return -EINVAL;
	for (size_t i = 0; i < w->count; i++) {
		w->oifs[i] = iface_of(m, c, oifs[i]);
		if (!w->oifs[i] || w->oifs[i] == w->iif)
			return -EINVAL;
	}
	return 0;
}

static int route_or_template_put(struct mgm *m, struct client *c,
				 struct route_wanted *w)
{
	const struct template_word word = {
		.sg = w->sg,
		.iif = w->iif,
		.oifs = w->oifs,
		.count = w->count,
		.left = w->left,
	};

	return template_ok(&w->sg) ? template_put(m, c, &word)
				   : route_put(m, c, w);
}

int mgm_route_put(struct mgm *m, struct mgm_client *client, struct mgm_sg sg,
		  uint32_t iif, const uint32_t *oifs, size_t count,
		  unsigned int flags)
{
	struct route_wanted w;
	struct client *c;
	int err;

	core_enter(m);
	w.sg = sg;
	w.count = count;
	w.left = flags & MGM_ROUTE_LEAVE_TO_KERNEL;
	c = client_of(m, client);
	err = route_check(m, c, sg);
	if (flags & ~MGM_ROUTE_LEAVE_TO_KERNEL)
		err = -E2BIG;
	if (!err)
		err = route_take(m, c, &w, iif, oifs);
	return core_leave(m, err ? err : route_or_template_put(m, c, &w));
}

int mgm_route_del(struct mgm *m, struct mgm_client *client, struct mgm_sg sg)
{
	struct client *c;
	struct mfe *mfe;

	core_enter(m);
	c = client_of(m, client);
	if (!c)
		return core_leave(m, -EINVAL);
	if (template_ok(&sg))
		return core_leave(m, template_del(m, c, &sg));
	mfe = mfe_find(m, sg);
	if (!mfe || mfe->route_slot != c->slot)
		return core_leave(m, -ENOENT);
	route_drop(m, mfe);
	return core_leave(m, 0);
}
