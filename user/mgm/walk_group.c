/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks over what one group has, its MFEs or the sources that are named, to
 * mark it. That is little as a rule, and done at once; behind the first few
 * the rest is a walk in steps of work like others (walk.c), which is found by
 * its group.
 */
#include "mgm/internal.h"

#define AT_ONCE 64u

struct group_walk {
	TAILQ_ENTRY(group_walk) link; /* in m->walks.large */
	struct group *group;
	bool named; /* else its MFEs */
	struct lap lap;
	uint8_t what; /* of MFEs: enum mfe_dirty */
	uint32_t ifid;
	struct mgm_address at;
};

/* No more than a slice. */
static uint32_t at_once(const struct mgm *m)
{
	return m->limits.slice < AT_ONCE ? m->limits.slice : AT_ONCE;
}

static struct group_walk *find(const struct mgm *m, const struct group *g,
			       bool named)
{
	struct group_walk *w;

	if (!g->walked)
		return NULL;
	TAILQ_FOREACH(w, &m->walks.large, link) {
		if (w->group == g && w->named == named)
			return w;
	}
	return NULL;
}

/* NULL: no memory. */
static struct group_walk *get(struct mgm *m, struct group *g, bool named)
{
	struct group_walk *w = find(m, g, named);

	if (w)
		return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->group = g;
	w->named = named;
	g->walked = true;
	TAILQ_INSERT_TAIL(&m->walks.large, w, link);
	return w;
}

static void drop(struct mgm *m, struct group_walk *w)
{
	TAILQ_REMOVE(&m->walks.large, w, link);
	free(w);
}

void walk_lose_group(struct mgm *m, struct group *g)
{
	struct group_walk *w;

	for (int named = 0; named < 2; named++) {
		w = find(m, g, named);
		if (w)
			drop(m, w);
	}
	g->walked = false;
}

/* One that begins does so behind `at`; one that goes on is made once more. */
static void begin(struct group_walk *w, const struct mgm_address *at)
{
	if (w->lap.on) {
		w->lap.again = true;
		return;
	}
	w->lap = (struct lap){.on = true, .begun = true};
	w->at = *at;
}

void walk_group_mfes(struct mgm *m, struct group *g, unsigned int what)
{
	struct mfe *mfe = mfe_first(g);
	struct group_walk *w;

	for (uint32_t i = 0; mfe && i < at_once(m); i++, mfe = mfe_after(mfe))
		mfe_mark(m, mfe, what);
	w = mfe ? get(m, g, false) : NULL;
	if (w) {
		mfe_mark(m, mfe, what);
		begin(w, &mfe->source);
		w->what |= (uint8_t)what;
	}
	for (; mfe; mfe = w ? NULL : mfe_after(mfe))
		mfe_mark(m, mfe, what);
}

void walk_group_named(struct mgm *m, struct group *g, const struct iface *ifc)
{
	struct named *n = named_first(g);
	struct group_walk *w;

	for (uint32_t i = 0; n && i < at_once(m); i++, n = named_after(n))
		mark_set(m, &n->mark, ifc);
	w = n ? get(m, g, true) : NULL;
	if (w) {
		mark_set(m, &n->mark, ifc);
		begin(w, &n->source->addr);
		w->ifid = ifc ? ifc->ifid : 0;
	}
	for (; n; n = w ? NULL : named_after(n))
		mark_set(m, &n->mark, ifc);
}

/* The next one; false: it was the last. */
static bool step_mfe(struct mgm *m, struct group_walk *w)
{
	struct mfe *mfe = w->lap.begun ? mfe_behind(w->group, &w->at)
				       : mfe_first(w->group);

	if (!mfe)
		return false;
	w->lap.begun = true;
	w->at = mfe->source;
	mfe_mark(m, mfe, w->what);
	return true;
}

static bool step_named(struct mgm *m, struct group_walk *w)
{
	struct named *n = w->lap.begun ? named_behind(w->group, &w->at)
				       : named_first(w->group);

	if (!n)
		return false;
	w->lap.begun = true;
	w->at = n->source->addr;
	mark_set(m, &n->mark, w->ifid ? iface_find(m, w->ifid) : NULL);
	return true;
}

bool walk_step_group(struct mgm *m)
{
	struct group_walk *w = TAILQ_FIRST(&m->walks.large);
	struct group *g = w ? w->group : NULL;

	if (!w)
		return false;
	if (w->named ? step_named(m, w) : step_mfe(m, w))
		return true;
	w->lap = (struct lap){.on = w->lap.again};
	if (w->lap.on)
		return true;
	drop(m, w);
	g->walked = find(m, g, false) || find(m, g, true);
	return true;
}

unsigned int walk_due_group(const struct mgm *m, const struct group *g)
{
	const struct group_walk *w = find(m, g, false);

	return w ? w->what : 0;
}
