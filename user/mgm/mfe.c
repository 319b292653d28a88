/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of MFEs and their evaluation: which oifs an entry should have,
 * and bringing the plane in line with that. Whatever changes marks the
 * entries concerned; each is evaluated once, when the call ends.
 */
#include "mgm/internal.h"

struct mgm_sg mfe_sg(const struct mfe *mfe)
{
	return mgm_sg_of(mfe_source(mfe), &mfe->group->addr);
}

const struct mgm_address *mfe_source(const struct mfe *mfe)
{
	return mfe->any ? NULL : &mfe->source;
}

struct source *mfe_reverse(const struct mfe *mfe)
{
	return mfe->ages ? mfe->age->source : NULL;
}

uint32_t mfe_arrival(const struct mfe *mfe)
{
	return mfe->ages ? mfe->age->arrival : 0;
}

struct adoption *mfe_adoption(const struct mfe *mfe)
{
	return mfe->ages ? mfe->age->adopted : NULL;
}

static const struct mgm_address no_upstream;

const struct mgm_address *mfe_upstream(const struct mfe *mfe)
{
	if (mfe->ages)
		return &mfe->age->upstream;
	return mfe->aside ? &mfe->aside->upstream : &no_upstream;
}

int mfe_set_upstream(struct mfe *mfe, const struct mgm_address *upstream)
{
	if (!upstream)
		upstream = &no_upstream;
	if (mgm_address_equal(mfe_upstream(mfe), upstream))
		return 0;
	if (mfe->ages) {
		mfe->age->upstream = *upstream;
		return 0;
	}
	if (!mfe_aside(mfe))
		return -ENOMEM;
	mfe->aside->upstream = *upstream;
	mfe_aside_reap(mfe);
	return 0;
}

static struct mfe *mfe_seek(const struct mgm *m, struct mgm_sg sg)
{
	const struct group *g = group_find(m, &sg.group.address);

	return g ? mfe_of(g, sg_source(&sg)) : NULL;
}

bool mfe_given_up(const struct mfe *mfe)
{
	return mfe->iif && mfe->turn != mfe->iif->mfe_turn;
}

static bool route_void(const struct mfe *mfe)
{
	return mfe->iif && mfe->route_slot != NO_SLOT &&
	       mfe->said < mfe->iif->flows.since;
}

bool mfe_void(const struct mfe *mfe)
{
	return mfe_given_up(mfe) || route_void(mfe);
}

/* As a static route it may become a source filter of another one. */
void mfe_let_go(struct mgm *m, struct mfe *mfe)
{
	if (route_void(mfe) && mfe->iif->flows.swept)
		m->counters.grace_swept++;
	if (mfe->route_slot != NO_SLOT)
		route_drop(m, mfe);
	else
		mfe_delete(m, mfe, MGM_DELETED_INTERFACE);
}

struct mfe *mfe_find(struct mgm *m, struct mgm_sg sg)
{
	struct mfe *mfe = mfe_seek(m, sg);

	if (!mfe || !mfe_void(mfe))
		return mfe;
	mfe_let_go(m, mfe);
	return mfe_seek(m, sg);
}

uint32_t mfe_oif_count(const struct mfe *mfe)
{
	return mfe->oifs ? mfe->oifs->count : 0;
}

/* What an MFE is by its kind. */
static const struct mfe_rules {
	uint8_t flags; /* enum mgm_mfe_flag, in the plane */
	bool as_left;  /* its flags are those it was found with */
	bool route;    /* it says its iif itself, and takes no other */
	bool fixed;    /* it does not age, and is not told of: it was said */
	bool derived;  /* it lasts while its source is named beside a (*,G) */
} mfe_rules[] = {
	[MFE_DATA] = {0},
	[MFE_FOUND] = {.as_left = true},
	[MFE_DERIVED] = {.flags = MGM_MFE_STATIC | MGM_MFE_DERIVED,
			 .fixed = true,
			 .derived = true},
	[MFE_ROUTE] = {.flags = MGM_MFE_STATIC, .route = true, .fixed = true},
	[MFE_ANY_ROUTE] = {.flags = MGM_MFE_STATIC,
			   .route = true,
			   .fixed = true},
};

bool mfe_is_route(const struct mfe *mfe)
{
	return mfe_rules[mfe->kind].route;
}

bool mfe_fixed(const struct mfe *mfe)
{
	return mfe_rules[mfe->kind].fixed;
}

bool mfe_is_derived(const struct mfe *mfe)
{
	return mfe_rules[mfe->kind].derived;
}

bool mfe_is_found(const struct mfe *mfe)
{
	return mfe_rules[mfe->kind].as_left;
}

/* A source filter whose route or whose memberships are gone. */
static bool mfe_pointless(const struct mfe *mfe)
{
	const struct named *n;

	if (!mfe_is_derived(mfe))
		return false;
	n = mfe->any ? NULL : named_find(mfe->group, &mfe->source);
	return !route_any(mfe->group) || !n || !n->count;
}

static struct mfe *mfe_first_void(const struct mgm *m)
{
	const struct iface *ifc;

	TAILQ_FOREACH(ifc, &m->walks.ifaces, walk.link) {
		if (!TAILQ_EMPTY(&ifc->void_mfes))
			return TAILQ_FIRST(&ifc->void_mfes);
	}
	return NULL;
}

/* The oldest negative MFE makes room, if there is one. */
static int mfe_room(struct mgm *m)
{
	struct mfe *mfe;

	while (m->mfe_count >= m->limits.mfes && (mfe = mfe_first_void(m)))
		mfe_let_go(m, mfe);
	if (m->mfe_count < m->limits.mfes)
		return 0;
	if (!TAILQ_EMPTY(&m->negative)) {
		mfe_delete(m, TAILQ_FIRST(&m->negative), MGM_DELETED_LIMIT);
		return 0;
	}
	m->counters.limit_mfes++;
	return -ENOSPC;
}

/* What only one has that ages. -ENOMEM */
static int age_init(struct mgm *m, struct mfe *mfe)
{
	mfe->ages = true;
	mfe->age->expires_ms = FOREVER;
	mfe->age->wheel_slot = -1;
	if (mfe->any)
		return 0;
	mfe->age->source = source_get(m, &mfe->source);
	if (!mfe->age->source)
		return -ENOMEM;
	TAILQ_INSERT_TAIL(&mfe->age->source->mfes, mfe, age->in_source);
	return 0;
}

int mfe_new(struct mgm *m, struct mgm_sg sg, bool ages, struct mfe **out)
{
	const struct mgm_address *source = sg_source(&sg);
	int err = mfe_room(m);
	struct mfe *mfe;

	if (err)
		return err;
	mfe = object_new(ages ? &m->pools.aging : &m->pools.mfes);
	if (!mfe)
		return -ENOMEM;
	mfe->any = !source;
	if (source)
		mfe->source = *source;
	mfe->group = group_get(m, &sg.group.address);
	if (!mfe->group || (ages && age_init(m, mfe))) {
		if (mfe->group)
			group_reap(m, mfe->group);
		object_free(mfe);
		return -ENOMEM;
	}
	mfe->route_slot = NO_SLOT;
	mfe->created_ms = m->now_ms;
	mfe->phase = MFE_RPF;
	mfe_link(m, mfe);
	m->mfe_count++;
	*out = mfe;
	return 0;
}

struct aside *mfe_aside(struct mfe *mfe)
{
	if (mfe->aside)
		return mfe->aside;
	mfe->aside = calloc(1, sizeof(*mfe->aside));
	if (mfe->aside)
		TAILQ_INIT(&mfe->aside->unserved);
	return mfe->aside;
}

void mfe_aside_reap(struct mfe *mfe)
{
	const struct aside *aside = mfe->aside;

	if (!aside || !LIST_EMPTY(&aside->overrides) ||
	    !TAILQ_EMPTY(&aside->unserved) || !LIST_EMPTY(&aside->requests) ||
	    aside->offers || aside->wrong_ifs || aside->timeout_ms ||
	    !mgm_address_equal(&aside->upstream, &no_upstream))
		return;
	free(mfe->aside);
	mfe->aside = NULL;
}

static void aside_free(struct mgm *m, struct mfe *mfe)
{
	flow_forget_requests(m, mfe);
	flow_forget_offers(mfe);
	route_oifs_clear(m, mfe);
	unserved_clear(m, mfe);
	while (mfe->aside && !LIST_EMPTY(&mfe->aside->overrides))
		override_del(m, LIST_FIRST(&mfe->aside->overrides));
	if (mfe->aside)
		free(mfe->aside->wrong_ifs);
	free(mfe->aside);
	mfe->aside = NULL;
}

static void mfe_unqueue(struct mgm *m, struct mfe *mfe)
{
	if (mfe->queue == QUEUE_DIRTY)
		TAILQ_REMOVE(&m->dirty, mfe, in_dirty);
	if (mfe->queue == QUEUE_RETRY)
		TAILQ_REMOVE(&m->retry, mfe, in_dirty);
	mfe->queue = QUEUE_NONE;
}

static void mfe_unmark(struct mgm *m, struct mfe *mfe)
{
	mfe_unqueue(m, mfe);
	mfe->dirty = 0;
}

/* Out of the plane. */
static void mfe_uninstall(struct mgm *m, struct mfe *mfe, enum mgm_deletion why)
{
	if (mfe->installed) {
		struct mgm_sg flow = mfe_sg(mfe);

		if (!mfe->untold)
			pull_mfe_deleted(m, mfe, why);
		mfe->untold = false;
		if (m->hooks->mfe_del(m->hooks->arg, &flow))
			m->counters.plane_errors++;
		m->uncommitted = true;
		mfe->installed = false;
		core_event_mfe(m, MGM_EV_MFE_DEL, mfe);
	}
	for (uint32_t i = 0; mfe->releasing && i < m->release_count; i++) {
		if (m->release[i] == mfe)
			m->release[i] = NULL;
	}
	if (mfe->releasing || mfe->phase != MFE_LIVE)
		flow_unhold(m, mfe_sg(mfe)); /* what is held for it */
	mfe->releasing = false;
}

void mfe_delete(struct mgm *m, struct mfe *mfe, enum mgm_deletion why)
{
	mfe_uninstall(m, mfe, why);
	aside_free(m, mfe);
	mfe_unmark(m, mfe);
	pull_unmark_mfe(m, mfe);
	age_disarm(m, mfe);
	age_negative(m, mfe, false);
	adopt_forget(m, mfe);
	mfe_set_iif(mfe, NULL);
	if (mfe->group->any_route == mfe)
		mfe->group->any_route = NULL;
	mfe_unlink(m, mfe);
	if (mfe_reverse(mfe)) {
		TAILQ_REMOVE(&mfe->age->source->mfes, mfe, age->in_source);
		source_reap(m, mfe->age->source);
	}
	mark_set(m, &mfe->group->mark, NULL); /* frees it if it is empty */
	m->mfe_count--;
	oifs_put(m, mfe->oifs);
	object_free(mfe);
}

void mfe_set_iif(struct mfe *mfe, struct iface *ifc)
{
	bool was_void = mfe_given_up(mfe);
	struct iface *old = mfe->iif;

	if (old == ifc && !was_void)
		return;
	if (old) {
		walk_lose_mfe(old, mfe);
		TAILQ_REMOVE(was_void ? &old->void_mfes : &old->mfes, mfe,
			     in_iif);
	}
	mfe->iif = ifc;
	if (!ifc)
		return;
	TAILQ_INSERT_TAIL(&ifc->mfes, mfe, in_iif);
	mfe->turn = ifc->mfe_turn;
}

/* While its owners are being asked a mark only waits for the end of that. */
void mfe_mark(struct mgm *m, struct mfe *mfe, unsigned int what)
{
	mfe->dirty |= (uint8_t)what;
	if (mfe->phase != MFE_LIVE || mfe->queue == QUEUE_DIRTY)
		return;
	mfe_unqueue(m, mfe);
	TAILQ_INSERT_TAIL(&m->dirty, mfe, in_dirty);
	mfe->queue = QUEUE_DIRTY;
}

/* Tries again in a second. */
static void mfe_again(struct mgm *m, struct mfe *mfe)
{
	mfe->dirty |= DIRTY_OIFS;
	if (mfe->queue != QUEUE_NONE)
		return;
	if (TAILQ_EMPTY(&m->retry))
		m->retry_ms = m->now_ms + RETRY_MS;
	TAILQ_INSERT_TAIL(&m->retry, mfe, in_dirty);
	mfe->queue = QUEUE_RETRY;
}

void mfe_tick(struct mgm *m)
{
	if (m->now_ms < m->retry_ms)
		return;
	while (!TAILQ_EMPTY(&m->retry))
		mfe_mark(m, TAILQ_FIRST(&m->retry), DIRTY_OIFS);
}

/* Adds ifid to the sorted list in m->scratch. */
static size_t oif_insert(struct mgm *m, size_t count, uint32_t ifid)
{
	uint32_t *list = m->scratch;
	size_t i = count;

	while (i > 0 && list[i - 1] > ifid)
		i--;
	if (i > 0 && list[i - 1] == ifid)
		return count;
	if (count >= m->limits.oifs) {
		m->counters.limit_oifs++;
		return count;
	}
	memmove(list + i + 1, list + i, (count - i) * sizeof(*list));
	list[i] = ifid;
	return count + 1;
}

static bool oif_ok(const struct mfe *mfe, const struct iface *ifc)
{
	const struct override *o;

	if (ifc == mfe->iif || !iface_forwards(ifc) || iface_stands_down(ifc) ||
	    mfe_denied(mfe, ifc, MGM_RULE_OUT))
		return false;
	o = override_find(mfe, ifc);
	return !o || o->on;
}

static bool mfe_wanted_by(const struct mfe *mfe, const struct member *mb)
{
	if (mfe->any)
		return member_wants_any(mb);
	return member_wants(mb, mfe_source(mfe));
}

static size_t member_candidates(struct mgm *m, const struct mfe *mfe,
				const struct range *r, size_t count)
{
	struct tree_node *n;

	tree_for_each(&r->members, n)
	{
		const struct range_member *rm =
			tree_entry(n, struct range_member, by_ifid);

		if (range_wanted(rm) && oif_ok(mfe, rm->iface))
			count = oif_insert(m, count, rm->iface->ifid);
	}
	return count;
}

const struct range *mfe_range(const struct mgm *m, const struct mfe *mfe,
			      const struct range *at)
{
	const struct mgm_sg flow = mfe_sg(mfe);
	const struct range *r;

	if (at && mfe->any && at->sg.source.length)
		return range_next_below(m, &flow, at);
	r = range_wider(m, at ? &at->sg : &flow);
	return r || !mfe->any ? r : range_below(m, &flow);
}

static size_t range_candidates(struct mgm *m, const struct mfe *mfe)
{
	const struct range *r = NULL;
	size_t count = 0;

	while ((r = mfe_range(m, mfe, r)))
		count = member_candidates(m, mfe, r, count);
	return count;
}

/* Those that the static route lists, if one says what its iif is. */
static size_t listed_candidates(struct mgm *m, const struct mfe *mfe,
				size_t count)
{
	const struct route_oifs *listed;
	struct cover route;

	listed = route_cover(m, mfe, &route) ? route.listed : NULL;
	for (uint32_t i = 0; listed && i < listed->count; i++) {
		const struct iface *ifc = listed->list[i].iface;

		if (ifc && oif_ok(mfe, ifc))
			count = oif_insert(m, count, ifc->ifid);
	}
	return count;
}

size_t mfe_wanted(struct mgm *m, const struct mfe *mfe)
{
	const struct override *o;
	const struct iface *ifc;
	struct member *mb;
	size_t count;

	if (!mfe->iif || !iface_owner(mfe->iif) ||
	    mfe_denied(mfe, mfe->iif, MGM_RULE_IN))
		return 0;
	count = range_candidates(m, mfe);
	for (mb = member_first(mfe->group); mb; mb = member_after(mb)) {
		if (mfe_wanted_by(mfe, mb) && oif_ok(mfe, mb->iface))
			count = oif_insert(m, count, mb->iface->ifid);
	}
	TAILQ_FOREACH(ifc, &m->wild, wild_link) {
		if (iface_wild(ifc) && oif_ok(mfe, ifc))
			count = oif_insert(m, count, ifc->ifid);
	}
	o = mfe->aside ? LIST_FIRST(&mfe->aside->overrides) : NULL;
	for (; o; o = LIST_NEXT(o, in_mfe)) {
		if (o->on && !override_void(o) && oif_ok(mfe, o->iface))
			count = oif_insert(m, count, o->iface->ifid);
	}
	return listed_candidates(m, mfe, count);
}

size_t mfe_candidates(struct mgm *m, const struct mfe *mfe)
{
	return mfe_left(m, mfe) ? 0 : mfe_wanted(m, mfe);
}

/* As it is in the plane, as it should be there. */
struct target {
	uint32_t iif;
	uint32_t flags;
	uint8_t treatment;
	bool left;    /* to the kernel */
	size_t count; /* oifs, in m->scratch */
};

static struct target mfe_target(struct mgm *m, const struct mfe *mfe)
{
	const struct adoption *kept = mfe_adoption(mfe);
	struct target t = {
		.flags = mfe_rules[mfe->kind].flags,
		.treatment = treatment_of(m, mfe),
		.left = mfe_left(m, mfe),
		.count = mfe_candidates(m, mfe),
	};

	if (mfe->iif)
		t.iif = mfe->iif->ifid;
	else
		t.iif = mfe->installed ? mfe->put_iif : mfe_arrival(mfe);
	if (mfe->iif && mfe_denied(mfe, mfe->iif, MGM_RULE_IN))
		kept = NULL;
	/* What the last run forwarded goes on while the clients come back. */
	for (uint32_t i = 0; kept && !t.left && i < kept->count; i++) {
		if (kept->oifs[i] != t.iif &&
		    adopt_keeps(m, mfe, kept->oifs[i]))
			t.count = oif_insert(m, t.count, kept->oifs[i]);
	}
	if (mfe_is_found(mfe))
		t.flags = mfe->put_flags;
	return t;
}

static bool mfe_current(const struct mgm *m, const struct mfe *mfe,
			const struct target *t)
{
	return mfe->installed && mfe->put_iif == t->iif &&
	       mfe->put_flags == t->flags &&
	       mfe->put_treatment == t->treatment && !mfe->oifs->lost &&
	       oifs_left(mfe->oifs) == t->left &&
	       oifs_equal(mfe->oifs, m->scratch, t->count);
}

/* Writes it to the plane. On error nothing has changed. */
static int mfe_put(struct mgm *m, struct mfe *mfe, struct target *t)
{
	const struct mgm_hooks *h = m->hooks;
	const struct mgm_sg flow = mfe_sg(mfe);
	struct oifs *oifs;
	int err;

	if (t->left)
		err = oifs_get_left(m, &oifs);
	else
		err = oifs_get(m, m->scratch, t->count, &oifs);
	if (err)
		return err;
	err = h->mfe_put(h->arg, &flow, t->iif, oifs->set,
			 t->flags | (uint32_t)t->treatment
					    << MGM_TREATMENT_SHIFT);
	if (err) {
		m->counters.plane_errors++;
		oifs_put(m, oifs);
		return err;
	}
	m->uncommitted = true;
	oifs_put(m, mfe->oifs);
	mfe->oifs = oifs;
	mfe->put_iif = t->iif;
	mfe->put_flags = (uint8_t)t->flags;
	mfe->put_treatment = t->treatment;
	return 0;
}

/* Does it still forward to an interface it must not forward to? */
static bool mfe_trespasses(const struct mgm *m, const struct mfe *mfe)
{
	if (!mfe->iif || !iface_owner(mfe->iif) ||
	    mfe_denied(mfe, mfe->iif, MGM_RULE_IN))
		return mfe_oif_count(mfe) > 0;
	for (uint32_t i = 0; i < mfe_oif_count(mfe); i++) {
		const struct iface *ifc = iface_find(m, mfe->oifs->list[i]);

		if (!ifc || ifc == mfe->iif || !iface_forwards(ifc) ||
		    mfe_denied(mfe, ifc, MGM_RULE_OUT))
			return true;
	}
	return false;
}

/*
 * The plane has no room. The entry stays as it is, which is nearest to what
 * is wanted; unless it would forward where nobody answers for it: then it
 * stops. Either way it is tried again.
 */
static void mfe_refused(struct mgm *m, struct mfe *mfe)
{
	struct target none = {.iif = mfe->put_iif,
			      .flags = mfe->put_flags,
			      .treatment = mfe->put_treatment};

	if (!(mfe_adoption(mfe) && m->adopting) && mfe_trespasses(m, mfe))
		mfe_put(m, mfe, &none);
	mfe_again(m, mfe);
}

static void mfe_age(struct mgm *m, struct mfe *mfe, bool was_negative)
{
	bool negative = !mfe_oif_count(mfe), fixed = mfe_fixed(mfe);

	age_negative(m, mfe, negative && !fixed);
	if (fixed)
		age_disarm(m, mfe);
	else if (!age_armed(mfe) || negative != was_negative)
		age_begin(m, mfe, LIFE_NEGATIVE, 0);
}

/*
 * Where some sources of a group alone are wanted, by a prefix, or may pass
 * somewhere, the static (*,G) route has no entry: it would take the packets of
 * all sources. Each gets its own with its first packet, with the route's iif.
 * The kernel takes all.
 */
static bool mfe_withheld(const struct mgm *m, const struct mfe *mfe)
{
	const struct mgm_prefix group = mgm_prefix_of(&mfe->group->addr);

	return mfe->any && !mfe_left(m, mfe) &&
	       (range_of_sources(m, &mfe->group->addr) ||
		template_of_sources(m, &mfe->group->addr) ||
		treatments_of_sources(m, &group) || rule_chooses(m, &group));
}

static void mfe_withhold(struct mgm *m, struct mfe *mfe)
{
	mfe_uninstall(m, mfe, MGM_DELETED_ROUTE);
	unserved_clear(m, mfe);
	mfe_aside_reap(mfe);
	oifs_put(m, mfe->oifs);
	mfe->oifs = NULL;
	age_disarm(m, mfe);
	age_negative(m, mfe, false);
}

/* Brings the plane in line; negative errno if it could not be. */
int mfe_evaluate(struct mgm *m, struct mfe *mfe)
{
	bool created = !mfe->installed, was_negative = !mfe_oif_count(mfe);
	struct target t;
	int err = 0;

	mfe_unmark(m, mfe);
	if (mfe_withheld(m, mfe)) {
		mfe_withhold(m, mfe);
		return 0;
	}
	t = mfe_target(m, mfe);
	if (!mfe_current(m, mfe, &t)) {
		err = mfe_put(m, mfe, &t);
		if (err && !created)
			mfe_refused(m, mfe);
		if (err)
			return err;
		mfe->installed = true;
		core_event_mfe(m, created ? MGM_EV_MFE_ADD : MGM_EV_MFE_CHANGE,
			       mfe);
	}
	if (!mfe_adoption(mfe)) {
		mfe_age(m, mfe, created || was_negative);
		pull_mark_mfe(m, mfe, created);
	}
	if (unserved_update(m, mfe))
		mfe_again(m, mfe);
	return 0;
}

/* Evaluates one that is marked. -ENOENT: it is gone. */
static int evaluate_marked(struct mgm *m, struct mfe *mfe)
{
	unsigned int what = mfe->dirty;

	mfe_unmark(m, mfe);
	if (mfe_void(mfe)) {
		mfe_let_go(m, mfe);
		return -ENOENT;
	}
	if (mfe_pointless(mfe)) {
		mfe_delete(m, mfe, MGM_DELETED_ROUTE);
		return -ENOENT;
	}
	if (what & DIRTY_RPF)
		flow_rpf(m, mfe, NULL, 0);
	if (mfe_evaluate(m, mfe) && !mfe->installed)
		mfe_again(m, mfe);
	return 0;
}

int mfe_catch_up(struct mgm *m, struct mfe *mfe)
{
	const struct mgm_sg sg = mfe_sg(mfe);
	unsigned int due;

	if (mfe_find(m, sg) != mfe)
		return -ENOENT;
	due = mfe->phase == MFE_LIVE ? walk_due(m, mfe) : 0;
	change_drop_formers(m, mfe->group);
	if (mfe_reverse(mfe) && walk_due_source(m, mfe_reverse(mfe)))
		source_ask(m, mfe_reverse(mfe), 0);
	if (due && mfe_adoption(mfe))
		adopt_visit(m, mfe);
	if (mfe_find(m, sg) != mfe)
		return -ENOENT;
	if (due)
		mfe_mark(m, mfe, due);
	return mfe->queue == QUEUE_DIRTY ? evaluate_marked(m, mfe) : 0;
}

void mfe_catch_up_group(struct mgm *m, struct group *g)
{
	struct mfe *mfe = mfe_first(g), *next;

	for (; mfe; mfe = next) {
		next = mfe_after(mfe);
		mfe_catch_up(m, mfe);
	}
}

void mfe_evaluate_marked(struct mgm *m)
{
	struct mfe *mfe;

	while ((mfe = TAILQ_FIRST(&m->dirty)) && work_step(m))
		evaluate_marked(m, mfe);
	while (m->negative_count > m->limits.negative) {
		mfe = TAILQ_FIRST(&m->negative);
		m->counters.limit_negative++;
		if (mfe->pull_due)
			pull_tell_mfe(m, mfe); /* it is its last chance */
		mfe_delete(m, mfe, MGM_DELETED_LIMIT);
	}
}

/* Its held packets may go once this is committed. */
void mfe_release(struct mgm *m, struct mfe *mfe)
{
	if (mfe->releasing)
		return;
	if (m->release_count == m->release_room) {
		uint32_t room = m->release_room ? 2 * m->release_room : 16;
		struct mfe **grown = realloc(m->release, room * sizeof(*grown));

		if (!grown) { /* it does not wait for the others, then */
			core_commit(m);
			flow_unhold(m, mfe_sg(mfe));
			return;
		}
		m->release = grown;
		m->release_room = room;
	}
	m->release[m->release_count++] = mfe;
	mfe->releasing = true;
}
