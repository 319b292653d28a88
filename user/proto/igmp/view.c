/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the listeners of a group want, in the manager's words: hosts and
 * static sources put together, compared with what was wanted before, told if
 * it differs.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Working memory for a group with n sources; -ENOMEM. */
static int get_room(struct igmp_router *r, size_t n)
{
	size_t room = r->room ? r->room : 64;
	void *merged, *before, *after;

	if (n <= r->room)
		return 0;
	while (room < n)
		room *= 2;
	merged = realloc(r->merged, room * sizeof(*r->merged));
	if (merged)
		r->merged = merged;
	before = realloc(r->before.sources, room * sizeof(struct in_addr));
	if (before)
		r->before.sources = before;
	after = realloc(r->after.sources, room * sizeof(struct in_addr));
	if (after)
		r->after.sources = after;
	if (!merged || !before || !after)
		return -ENOMEM;
	r->room = room;
	return 0;
}

int igmp_view_room(struct igmp_group *g, size_t more)
{
	return get_room(g->in->router,
			g->source_count + g->static_count + more);
}

static bool is_static(const struct igmp_group *g, struct in_addr source)
{
	for (uint32_t i = 0; i < g->static_count; i++) {
		if (g->statics[i].source.s_addr == source.s_addr)
			return true;
	}
	return false;
}

/* EXCLUDE: the blocked ones, but a static source is never blocked. */
static void fill_exclude(const struct igmp_group *g, struct igmp_view *view)
{
	view->filter = MGM_EXCLUDE;
	for (uint32_t i = 0; i < g->source_count; i++) {
		const struct igmp_source *s = &g->sources[i];

		if (!s->expires_ms && !is_static(g, s->address))
			view->sources[view->count++] = s->address;
	}
}

/* INCLUDE: reported and static ones, merged in order. */
static void fill_include(const struct igmp_group *g, struct igmp_view *view)
{
	uint32_t i = 0, k = 0;

	view->filter = MGM_INCLUDE;
	while (i < g->source_count || k < g->static_count) {
		if (k == g->static_count ||
		    (i < g->source_count &&
		     igmp_address_less(g->sources[i].address,
				       g->statics[k].source))) {
			view->sources[view->count++] = g->sources[i++].address;
			continue;
		}
		if (i < g->source_count &&
		    g->sources[i].address.s_addr == g->statics[k].source.s_addr)
			i++;
		view->sources[view->count++] = g->statics[k++].source;
	}
}

void igmp_view_fill(const struct igmp_group *g, struct igmp_view *view)
{
	view->count = 0;
	view->filter = MGM_EXCLUDE;
	/* Any source sorts first. */
	if (g->static_count && !g->statics[0].source.s_addr)
		return;
	if (g->filter == MGM_EXCLUDE)
		fill_exclude(g, view);
	else
		fill_include(g, view);
}

static bool view_same(const struct igmp_view *a, const struct igmp_view *b)
{
	if (a->filter != b->filter || a->count != b->count)
		return false;
	return !a->count || !memcmp(a->sources, b->sources,
				    a->count * sizeof(struct in_addr));
}

void igmp_view_tell(struct igmp_group *g)
{
	struct igmp_router *r = g->in->router;
	const struct igmp_view *before = &r->before, *after = &r->after;
	const struct igmp_hooks *hooks = r->hooks;

	if (g->said && view_same(before, after))
		return;
	g->said = false;
	if (!g->in->open)
		return;
	if (hooks->set(hooks->arg, g->in->ifid, g->group, after->filter,
		       after->sources, after->count))
		igmp_count(g->in, IGMP_N_SET_FAILED);
	else
		g->said = true;
}
