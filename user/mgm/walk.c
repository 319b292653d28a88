/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks over much, in steps of work (work.h). A place in a tree or a table is
 * kept by its key, one in a list by its element, which says when it goes. What
 * is added while a walk goes on knows already what the walk is about.
 */
#include "mgm/internal.h"

void walk_init(struct mgm *m)
{
	TAILQ_INIT(&m->walks.ifaces);
	TAILQ_INIT(&m->walks.large);
	for (int i = 0; i < RANGE_WALKS; i++)
		TAILQ_INIT(&m->walks.ranges[i]);
}

static void lap_ask(struct lap *lap)
{
	if (!lap->on)
		*lap = (struct lap){.on = true};
	else if (lap->begun)
		lap->again = true;
}

/* Everything has been visited; true: from the beginning once more. */
static bool lap_over(struct lap *lap)
{
	*lap = (struct lap){.on = lap->again};
	return lap->on;
}

void walk_mfes(struct mgm *m)
{
	if (m->mfe_count)
		lap_ask(&m->walks.mfes);
}

void walk_groups(struct mgm *m)
{
	lap_ask(&m->walks.groups);
}

void walk_adopted(struct mgm *m)
{
	if (!TAILQ_EMPTY(&m->adopted))
		lap_ask(&m->walks.adopted);
}

/* --- groups and MFEs ------------------------------------------------ */

/* The next group of a walk; NULL: it is over. */
static struct group *group_next(struct mgm *m, struct lap *lap,
				struct mgm_address *at)
{
	struct tree_node *n;

	do
		n = lap->begun ? tree_behind(&m->group_order, at)
			       : tree_first(&m->group_order);
	while (!n && lap_over(lap));
	if (!n)
		return NULL;
	lap->begun = true;
	*at = tree_entry(n, struct group, by_group)->addr;
	return tree_entry(n, struct group, by_group);
}

static bool step_mfes(struct mgm *m)
{
	struct group *g;

	if (!m->walks.mfes.on)
		return false;
	g = group_next(m, &m->walks.mfes, &m->walks.mfe_at);
	if (g)
		walk_group_mfes(m, g, DIRTY_OIFS);
	return true;
}

void walk_run_groups(struct mgm *m)
{
	struct group *g;

	while (m->walks.groups.on && work_step(m)) {
		g = group_next(m, &m->walks.groups, &m->walks.group_at);
		if (g)
			mark_set(m, &g->mark, NULL);
	}
}

/* --- ranges --------------------------------------------------------- */

void walk_range(struct mgm *m, struct range *r, unsigned int kind)
{
	struct range_walk *w = &r->walk[kind];

	if (!w->lap.on)
		TAILQ_INSERT_TAIL(&m->walks.ranges[kind], r, walk[kind].link);
	lap_ask(&w->lap);
}

/* The next group of a walk; NULL: it is over. */
static struct group *range_next(struct mgm *m, const struct range *r,
				struct range_walk *w)
{
	const struct mgm_prefix *prefix = &r->sg.group;
	struct tree_node *n =
		w->lap.begun ? tree_behind(&m->group_order, &w->at)
			     : tree_from(&m->group_order, &prefix->address);
	struct group *g = n ? tree_entry(n, struct group, by_group) : NULL;

	if (!g ||
	    !address_in_prefix(&g->addr, &prefix->address, prefix->length))
		return NULL;
	w->lap.begun = true;
	w->at = g->addr;
	return g;
}

static bool step_ranges(struct mgm *m, unsigned int kind)
{
	struct range *r = TAILQ_FIRST(&m->walks.ranges[kind]);
	struct group *g = r ? range_next(m, r, &r->walk[kind]) : NULL;

	if (!r)
		return false;
	if (g && kind == RANGE_MFES)
		walk_group_mfes(m, g, DIRTY_OIFS);
	else if (g)
		mark_set(m, &g->mark, NULL);
	if (g || lap_over(&r->walk[kind].lap))
		return true;
	TAILQ_REMOVE(&m->walks.ranges[kind], r, walk[kind].link);
	range_reap(m, r);
	return true;
}

static bool step_range_mfes(struct mgm *m)
{
	return step_ranges(m, RANGE_MFES);
}

bool walk_run_ranges(struct mgm *m, unsigned int kind)
{
	while (!TAILQ_EMPTY(&m->walks.ranges[kind])) {
		if (!work_step(m))
			return false;
		step_ranges(m, kind);
	}
	return true;
}

/* --- what was adopted ----------------------------------------------- */

static bool step_adopted(struct mgm *m)
{
	struct walks *w = &m->walks;
	struct adoption *a;

	if (!w->adopted.on)
		return false;
	if (!w->adopted.begun)
		w->adopted_at = TAILQ_FIRST(&m->adopted);
	w->adopted.begun = true;
	a = w->adopted_at;
	if (a) {
		w->adopted_at = TAILQ_NEXT(a, link);
		adopt_visit(m, a->mfe);
	} else {
		lap_over(&w->adopted);
	}
	return true;
}

void walk_lose_adoption(struct mgm *m, const struct adoption *a)
{
	if (m->walks.adopted_at == a)
		m->walks.adopted_at = TAILQ_NEXT(a, link);
}

/* --- interfaces ----------------------------------------------------- */

void walk_iface(struct mgm *m, struct iface *ifc, unsigned int what)
{
	struct walk_iface *w = &ifc->walk;

	if (!w->on) {
		*w = (struct walk_iface){.on = true};
		TAILQ_INSERT_TAIL(&m->walks.ifaces, ifc, walk.link);
	}
	if (w->begun)
		w->again |= (uint16_t)what;
	else
		w->what |= (uint16_t)what;
}

void walk_lose_override(struct iface *ifc, const struct override *o)
{
	if (ifc->walk.override == o)
		ifc->walk.override = TAILQ_NEXT(o, in_iface);
}

void walk_lose_member(struct iface *ifc, const struct member *mb)
{
	if (ifc->walk.member == mb)
		ifc->walk.member = TAILQ_NEXT(mb, in_iface);
}

void walk_lose_mfe(struct iface *ifc, const struct mfe *mfe)
{
	if (ifc->walk.mfe == mfe)
		ifc->walk.mfe = TAILQ_NEXT(mfe, in_iif);
}

static void iface_begin(struct iface *ifc)
{
	struct walk_iface *w = &ifc->walk;

	w->begun = true;
	if (w->what &
	    (WALK_MFES | WALK_ALERTS | WALK_SWEEP | WALK_FORMER | WALK_UNSAID))
		w->member = TAILQ_FIRST(&ifc->members);
	if (w->what & (WALK_TOWARD | WALK_RPF | WALK_FLOWS | WALK_AGAIN))
		w->mfe = TAILQ_FIRST(&ifc->mfes);
	if (w->what & (WALK_MFES | WALK_FLOWS))
		w->override = TAILQ_FIRST(&ifc->overrides);
}

static void iface_over(struct mgm *m, struct iface *ifc)
{
	struct walk_iface *w = &ifc->walk;
	unsigned int again = w->again;
	bool swept = w->what & ~again & WALK_SWEEP;

	TAILQ_REMOVE(&m->walks.ifaces, ifc, walk.link);
	*w = (struct walk_iface){0};
	if (again)
		walk_iface(m, ifc, again);
	if (swept)
		hs_event(m, ifc, HS_SWEPT);
	iface_reap(m, ifc);
}

static void visit_member(struct mgm *m, struct iface *ifc, struct member *mb)
{
	if (ifc->walk.what & (WALK_FORMER | WALK_UNSAID)) {
		if (change_drop_share(m, mb)) {
			ifc->walk.member = mb; /* once more */
			return;
		}
		change_drop_former(m, mb);
	}
	if (ifc->walk.what & WALK_MFES)
		walk_group_mfes(m, mb->group, DIRTY_OIFS);
	if ((ifc->walk.what & WALK_SWEEP) && ifc->state == HS_SWEEPING)
		m->counters.replay_swept += change_sweep(m, mb, SIDE_IGMP);
	if (!(ifc->walk.what & WALK_ALERTS))
		return;
	freeze_thaw(mb);
	pull_void_local(mb);
	mark_set(m, &mb->mark, ifc);
	mark_set(m, &mb->group->mark, ifc);
	walk_group_named(m, mb->group, ifc);
}

static void visit_mfe(struct mgm *m, struct iface *ifc, struct mfe *mfe)
{
	if (mfe_void(mfe)) {
		mfe_let_go(m, mfe);
		return;
	}
	if (mfe_is_route(mfe) && (ifc->walk.what & WALK_TOWARD))
		route_mark_named(m, mfe);
	if (ifc->walk.what & WALK_RPF)
		mfe_mark(m, mfe, DIRTY_RPF | DIRTY_OIFS);
	if ((ifc->walk.what & WALK_AGAIN) && mfe->phase == MFE_LIVE &&
	    !mfe_adoption(mfe))
		pull_mark_mfe(m, mfe, false);
}

static void visit_override(struct mgm *m, struct override *o)
{
	if (override_void(o))
		override_del(m, o);
	else
		mfe_mark(m, o->mfe, DIRTY_OIFS);
}

static bool step_ifaces(struct mgm *m)
{
	struct iface *ifc = TAILQ_FIRST(&m->walks.ifaces);
	struct walk_iface *w;
	struct override *o;
	struct member *mb;
	struct mfe *mfe;

	if (!ifc)
		return false;
	w = &ifc->walk;
	if (!w->begun)
		iface_begin(ifc);
	mb = w->member;
	mfe = TAILQ_FIRST(&ifc->void_mfes);
	if (mfe && (w->what & WALK_VOID)) {
		mfe_let_go(m, mfe);
		return true;
	}
	mfe = w->mfe;
	o = w->override;
	if (o) {
		w->override = TAILQ_NEXT(o, in_iface);
		visit_override(m, o);
	} else if (mb) {
		w->member = TAILQ_NEXT(mb, in_iface);
		visit_member(m, ifc, mb);
	} else if (mfe) {
		w->mfe = TAILQ_NEXT(mfe, in_iif);
		visit_mfe(m, ifc, mfe);
	} else {
		iface_over(m, ifc);
	}
	return true;
}

/* --- sources -------------------------------------------------------- */

/* Which of them is this interface's; w->count: none. */
static uint32_t walk_of(const struct walks *w, uint32_t ifid)
{
	uint32_t i = 0;

	while (i < w->count && w->of[i].ifid != ifid)
		i++;
	return i;
}

void walk_sources(struct mgm *m, uint32_t ifid, unsigned int what)
{
	struct walks *w = &m->walks;
	uint32_t i = walk_of(w, ifid);

	if (!m->sources.count)
		return;
	lap_ask(&w->sources);
	if (i == w->count && ifid && i < WALK_IFACES)
		w->of[w->count++] = (struct walk_of){.ifid = ifid};
	if (i < w->count)
		w->of[i].what |= (uint8_t)what;
	else
		w->all |= (uint8_t)what; /* more than need be */
}

void walk_pending(struct mgm *m)
{
	lap_ask(&m->walks.sources);
}

static int source_order(struct hash_node *a, struct hash_node *b)
{
	return address_compare(&hash_entry(a, struct source, node)->addr,
			       &hash_entry(b, struct source, node)->addr);
}

static unsigned int due_of_source(const struct mgm *m, const struct source *s)
{
	const struct walks *w = &m->walks;
	uint32_t i = walk_of(w, s->rib.iif);

	return w->all | (i < w->count ? w->of[i].what : 0u);
}

static void visit_source(struct mgm *m, struct source *s)
{
	unsigned int what = due_of_source(m, s);
	const struct iface *ifc = NULL;
	struct named *n;
	struct mfe *mfe;

	if ((what & WALK_STALE) || rib_pending_covers(m, &s->addr))
		source_stale(m, s);
	if (what & (WALK_TOWARD | WALK_RPF))
		ifc = iface_find(m, s->rib.iif);
	if (what & WALK_TOWARD)
		TAILQ_FOREACH(n, &s->named, in_source)
			mark_set(m, &n->mark, ifc);
	if (what & WALK_RPF)
		TAILQ_FOREACH(mfe, &s->mfes, age->in_source)
			mfe_mark(m, mfe, DIRTY_RPF | DIRTY_OIFS);
}

/* Many changes of routes in a row make one walk: a tick's. */
static bool sources_wait(const struct mgm *m)
{
	return m->walks.sources.on && !m->work.ticking &&
	       m->sources.count > m->limits.slice;
}

static bool step_sources(struct mgm *m)
{
	struct walks *w = &m->walks;
	struct hash_node *n;
	struct source *s;

	if (!w->sources.on || sources_wait(m))
		return false;
	n = hash_after(&m->sources,
		       w->sources.begun ? &w->source_at.node : NULL,
		       source_order);
	if (n) {
		s = hash_entry(n, struct source, node);
		w->sources.begun = true;
		w->source_at.node.hash = n->hash;
		w->source_at.addr = s->addr;
		visit_source(m, s);
	} else if (!lap_over(&w->sources)) {
		w->all = 0;
		w->count = 0;
		rib_pending_over(m);
	}
	return true;
}

/* --- all of them ---------------------------------------------------- */

/* Those that any MFE may be marked by. */
static bool walk_of_mfes(const struct mgm *m)
{
	const struct walks *w = &m->walks;

	return w->adopted.on || w->mfes.on || !TAILQ_EMPTY(&w->ifaces) ||
	       !TAILQ_EMPTY(&w->ranges[RANGE_MFES]) ||
	       !TAILQ_EMPTY(&w->large) || !TAILQ_EMPTY(&m->templates.walks);
}

static bool walk_goes_on(const struct mgm *m)
{
	return walk_of_mfes(m) || m->walks.sources.on;
}

/* In turn, and half of what may be done is left for what they find. */
void walk_run(struct mgm *m)
{
	static bool (*const step[])(struct mgm *) = {
		step_adopted,	   step_ifaces,	 step_mfes,
		step_range_mfes,   step_sources, walk_step_group,
		template_walk_step};
	const uint32_t keep = m->work.left / 2;
	bool any = true;

	if (sources_wait(m))
		work_later(m);
	while (any) {
		any = false;
		for (int i = 0; i < 7; i++) {
			if (m->work.left <= keep) {
				if (walk_goes_on(m))
					work_later(m);
				return;
			}
			if (step[i](m)) {
				work_charge(m, 1);
				any = true;
			}
		}
	}
}

bool walk_due_source(const struct mgm *m, const struct source *s)
{
	if (s->stale)
		return true;
	return m->walks.sources.on && ((due_of_source(m, s) & WALK_STALE) ||
				       rib_pending_covers(m, &s->addr));
}

unsigned int walk_due(const struct mgm *m, const struct mfe *mfe)
{
	const struct source *s = mfe_reverse(mfe);
	unsigned int what = s ? due_of_source(m, s) : 0;

	if (mfe->iif && mfe->iif->walk.on)
		what |= mfe->iif->walk.what | mfe->iif->walk.again;
	if ((what & WALK_RPF) || template_walk_due(m, mfe) ||
	    (walk_due_group(m, mfe->group) & DIRTY_RPF))
		return DIRTY_RPF | DIRTY_OIFS;
	return walk_of_mfes(m) ? DIRTY_OIFS : 0;
}
