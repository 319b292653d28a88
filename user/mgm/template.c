/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See template.h. A template covers a flow that has no static route of its own;
 * a (*,G) route comes before those of more groups, and behind those of some
 * sources of G. One that comes or goes may move the flows in it, which are
 * found by a walk over the groups there are: it begins behind where nothing
 * was yet, so what comes meanwhile knows of the change.
 */
#include "mgm/internal.h"

struct template_walk {
	TAILQ_ENTRY(template_walk) link;
	struct mgm_sg sg;
	bool begun;
	struct mgm_address at; /* the group of the last step */
};

static const void *template_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct template, node)->sg;
}

static const struct tree_type by_sg = {template_key, sg_compare};

void templates_init(struct templates *all)
{
	all->tree.type = &by_sg;
	TAILQ_INIT(&all->walks);
}

bool template_ok(const struct mgm_sg *sg)
{
	const struct mgm_prefix *g = &sg->group, *s = &sg->source;
	bool v4 = mgm_address_is_v4(&g->address);
	unsigned int bits = address_bits(&g->address);

	if (!g->length || !address_prefix_is_groups(&g->address, g->length))
		return false;
	if (!s->length)
		return g->length < bits && address_is_any(&s->address);
	return mgm_address_is_v4(&s->address) == v4 &&
	       (g->length < bits || s->length < bits) &&
	       address_prefix_has_sources(&s->address, s->length);
}

static bool covers(const struct mgm_sg *wide, const struct mgm_address *source,
		   const struct mgm_address *group)
{
	return address_in_prefix(group, &wide->group.address,
				 wide->group.length) &&
	       (!wide->source.length ||
		(source && address_in_prefix(source, &wide->source.address,
					     wide->source.length)));
}

/* --- which there are -------------------------------------------------- */

static struct template *find(const struct mgm *m, const struct mgm_sg *sg)
{
	const struct mgm_sg key =
		sg_cut(sg, sg->group.length, sg->source.length);
	struct tree_node *n = tree_find(&m->templates.tree, &key);

	return n ? tree_entry(n, struct template, node) : NULL;
}

static const struct template *
find_sources(const struct mgm *m, const struct mgm_sg *flow, unsigned int group)
{
	const struct templates *all = &m->templates;
	struct tree_node *n;

	for (unsigned int i = flow->source.length + 1u; i-- > 0;) {
		struct mgm_sg key = sg_cut(flow, group, i);

		n = all->sources[i] ? tree_find(&all->tree, &key) : NULL;
		if (n)
			return tree_entry(n, struct template, node);
	}
	return NULL;
}

const struct template *template_find(const struct mgm *m,
				     const struct mgm_sg *flow, bool of_group)
{
	const struct templates *all = &m->templates;
	const unsigned int bits = flow->group.length;
	const struct template *t = NULL;

	if (!all->count)
		return NULL;
	for (unsigned int i = bits; !t && i > 0 && (!of_group || i == bits);
	     i--) {
		if (all->groups[i])
			t = find_sources(m, flow, i);
	}
	return t;
}

bool template_of_sources(const struct mgm *m, const struct mgm_address *group)
{
	const struct mgm_sg any = mgm_sg_of(NULL, group);
	struct tree_node *n;

	if (!m->templates.groups[any.group.length])
		return false;
	n = tree_from(&m->templates.tree, &any);
	return n &&
	       mgm_address_equal(
		       &tree_entry(n, struct template, node)->sg.group.address,
		       group);
}

static void count(struct templates *all, const struct mgm_sg *sg, uint32_t by)
{
	all->count += by;
	all->groups[sg->group.length] += by;
	all->sources[sg->source.length] += by;
}

/* --- walks ------------------------------------------------------------ */

static void mark_mfes(struct mgm *m, struct group *g, const struct mgm_sg *sg)
{
	struct mfe *mfe = mfe_first(g);
	uint32_t steps = 0;

	if (!sg->source.length) {
		walk_group_mfes(m, g, DIRTY_RPF | DIRTY_OIFS);
		return;
	}
	for (; mfe; mfe = mfe_after(mfe), steps++) {
		if (mfe->any)
			mfe_mark(m, mfe, DIRTY_OIFS);
		else if (covers(sg, &mfe->source, &g->addr))
			mfe_mark(m, mfe, DIRTY_RPF | DIRTY_OIFS);
	}
	work_charge(m, steps);
}

/*
 * Joins of sources go towards where they come from. Beside a (*,G) route a
 * source that is named has an entry, and may have lost it with the interface
 * that it came by until now.
 */
static void mark_named(struct mgm *m, struct group *g, const struct mgm_sg *sg)
{
	struct named *n = named_first(g);

	if (!sg->source.length) {
		walk_group_named(m, g, NULL);
		return;
	}
	for (; n; n = named_after(n)) {
		if (!covers(sg, &n->source->addr, &g->addr))
			continue;
		mark_set(m, &n->mark, NULL);
		if (n->count)
			route_name(m, g, n);
	}
}

/* false: it is over. */
static bool walk_step(struct mgm *m, struct template_walk *w)
{
	const struct mgm_prefix *in = &w->sg.group;
	struct tree_node *n =
		w->begun ? tree_behind(&m->group_order, &w->at)
			 : tree_from(&m->group_order, &in->address);
	struct group *g = n ? tree_entry(n, struct group, by_group) : NULL;

	if (!g || !address_in_prefix(&g->addr, &in->address, in->length))
		return false;
	w->begun = true;
	w->at = g->addr;
	mark_mfes(m, g, &w->sg);
	mark_named(m, g, &w->sg);
	return true;
}

bool template_walk_step(struct mgm *m)
{
	struct template_walk *w = TAILQ_FIRST(&m->templates.walks);

	if (!w)
		return false;
	if (!walk_step(m, w)) {
		TAILQ_REMOVE(&m->templates.walks, w, link);
		free(w);
	}
	return true;
}

bool template_walk_due(const struct mgm *m, const struct mfe *mfe)
{
	const struct template_walk *w;

	TAILQ_FOREACH(w, &m->templates.walks, link) {
		if (covers(&w->sg, mfe_source(mfe), &mfe->group->addr))
			return true;
	}
	return false;
}

/* Without memory for a walk it is made at once. */
static void moved(struct mgm *m, const struct mgm_sg *sg)
{
	struct template_walk once = {.sg = *sg};
	struct template_walk *w = calloc(1, sizeof(*w));

	if (!w) {
		while (walk_step(m, &once))
			;
		return;
	}
	w->sg = *sg;
	TAILQ_INSERT_TAIL(&m->templates.walks, w, link);
}

/* --- what clients say ------------------------------------------------- */

static struct template *make(struct mgm *m, const struct mgm_sg *sg)
{
	struct template *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->sg = sg_cut(sg, sg->group.length, sg->source.length);
	tree_insert(&m->templates.tree, &t->node);
	count(&m->templates, &t->sg, 1);
	return t;
}

static bool same(const struct template *t, const struct template_word *w,
		 const struct route_oifs *listed)
{
	return t->iif == w->iif && t->left == w->left && t->listed == listed;
}

/* `listed` is the template's from here. */
static void take(struct mgm *m, struct template *t, const struct client *c,
		 const struct template_word *w, struct route_oifs *listed)
{
	bool was_same = same(t, w, listed);

	if (t->iif)
		TAILQ_REMOVE(&t->iif->templates, t, in_iif);
	TAILQ_INSERT_TAIL(&w->iif->templates, t, in_iif);
	route_oifs_put(m, t->listed);
	t->listed = listed;
	t->iif = w->iif;
	t->slot = (int16_t)c->slot;
	t->left = w->left;
	t->said = w->iif->flows.clock;
	if (!was_same)
		moved(m, &t->sg);
}

int template_check(const struct mgm *m, const struct client *c,
		   const struct mgm_sg *sg)
{
	const struct template *t = find(m, sg);

	return t && t->slot != c->slot ? -EEXIST : 0;
}

int template_put(struct mgm *m, const struct client *c,
		 const struct template_word *w)
{
	struct template *t = find(m, &w->sg);
	struct route_oifs *listed;

	if (!t && m->templates.count >= m->limits.prefixes) {
		m->counters.limit_prefixes++;
		return -ENOSPC;
	}
	if (route_oifs_get(m, w->oifs, w->count, &listed))
		return -ENOMEM;
	if (!t)
		t = make(m, &w->sg);
	if (!t) {
		route_oifs_put(m, listed);
		return -ENOMEM;
	}
	take(m, t, c, w, listed);
	return 0;
}

static void drop(struct mgm *m, struct template *t)
{
	TAILQ_REMOVE(&t->iif->templates, t, in_iif);
	tree_remove(&m->templates.tree, &t->node);
	count(&m->templates, &t->sg, -1u);
	route_oifs_put(m, t->listed);
	moved(m, &t->sg);
	free(t);
}

int template_del(struct mgm *m, const struct client *c, const struct mgm_sg *sg)
{
	struct template *t = find(m, sg);

	if (!t || t->slot != c->slot)
		return -ENOENT;
	drop(m, t);
	return 0;
}

void template_lost(struct mgm *m, struct iface *ifc)
{
	struct template *t = TAILQ_FIRST(&ifc->templates), *next;

	for (; t; t = next) {
		next = TAILQ_NEXT(t, in_iif);
		if (t->said >= ifc->flows.since)
			continue;
		m->counters.grace_swept += ifc->flows.swept;
		drop(m, t);
	}
}

void template_mark(struct mgm *m, const struct iface *ifc)
{
	const struct template *t;

	TAILQ_FOREACH(t, &ifc->templates, in_iif)
		moved(m, &t->sg);
}

void templates_free(struct mgm *m)
{
	struct template_walk *w;
	struct tree_node *n;

	while ((n = m->templates.tree.root)) {
		struct template *t = tree_entry(n, struct template, node);

		tree_remove(&m->templates.tree, n);
		route_oifs_put(m, t->listed);
		free(t);
	}
	while ((w = TAILQ_FIRST(&m->templates.walks))) {
		TAILQ_REMOVE(&m->templates.walks, w, link);
		free(w);
	}
}
