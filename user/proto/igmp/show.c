/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `show groups` and `show interfaces` say of IGMP: copies of the state,
 * with remaining times, for a caller that knows none of our structs.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t remaining(uint64_t at_ms, uint64_t now_ms)
{
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

/* Reported sources first, then static ones that nobody has reported. */
static size_t list_sources(const struct igmp_group *g, uint64_t now_ms,
			   struct proto_group_source *list)
{
	size_t n = 0;

	for (uint32_t i = 0; i < g->source_count; i++) {
		const struct igmp_source *s = &g->sources[i];

		list[n++] = (struct proto_group_source){
			.address = mgm_address_v4(s->address),
			.forward = s->expires_ms != 0,
			.expires_ms = remaining(s->expires_ms, now_ms),
		};
	}
	for (uint32_t i = 0; i < g->static_count; i++) {
		struct mgm_address source =
			mgm_address_v4(g->statics[i].source);
		size_t k = 0;

		if (!g->statics[i].source.s_addr)
			continue;
		while (k < n && !mgm_address_equal(&list[k].address, &source))
			k++;
		list[k] = (struct proto_group_source){.address = source,
						      .forward = true};
		n += k == n;
	}
	return n;
}

static bool static_any(const struct igmp_group *g)
{
	return g->static_count && !g->statics[0].source.s_addr;
}

static void describe(const struct igmp_group *g, uint64_t now_ms,
		     struct proto_group *out)
{
	bool hosts = g->filter == MGM_EXCLUDE || g->source_count;

	memcpy(out->interface, g->in->name, sizeof(out->interface));
	out->ifid = g->in->ifid;
	out->group = mgm_address_v4(g->group);
	out->filter = static_any(g) ? MGM_EXCLUDE : g->filter;
	if (g->filter == MGM_EXCLUDE && !static_any(g))
		out->expires_ms = remaining(g->expires_ms, now_ms);
	if (hosts && now_ms > g->since_ms)
		out->uptime_ms = now_ms - g->since_ms;
	out->hosts = hosts;
	out->version = hosts ? igmp_group_version(g, now_ms) : 0;
	out->older_host_ms = remaining(g->v1_until_ms, now_ms)
				     ?: remaining(g->v2_until_ms, now_ms);
	out->last_reporter = mgm_address_v4(g->last_reporter);
	out->is_static = g->static_count > 0;
}

static int show_group(const struct igmp_group *g, uint64_t now_ms,
		      int (*each)(void *arg, const struct proto_group *group),
		      void *arg)
{
	struct proto_group_source *sources;
	struct proto_group out = {0};
	int err;

	sources = calloc(g->source_count + g->static_count + 1u,
			 sizeof(*sources));
	if (!sources)
		return -ENOMEM;
	describe(g, now_ms, &out);
	out.sources = sources;
	out.source_count = list_sources(g, now_ms, sources);
	err = each(arg, &out);
	free(sources);
	return err;
}

/* Puts the cursor on this interface; before its first row, if it is new. */
void igmp_cursor_enter(const struct igmp_interface *in,
		       struct proto_cursor *cursor)
{
	if (!strcmp(in->name, cursor->interface))
		return;
	*cursor = (struct proto_cursor){0};
	memcpy(cursor->interface, in->name, sizeof(cursor->interface));
}

int igmp_interface_groups(const struct igmp_interface *in, uint64_t now_ms,
			  struct proto_cursor *cursor,
			  int (*each)(void *arg,
				      const struct proto_group *group),
			  void *arg)
{
	struct proto_cursor own = {0};
	struct proto_cursor *at = cursor ? cursor : &own;
	const struct igmp_group *g;
	int err = 0;

	igmp_cursor_enter(in, at);
	while (!err && (g = igmp_group_after(in, igmp_sg_group(&at->sg)))) {
		at->sg = mgm_sg_v4((struct in_addr){0}, g->group);
		err = show_group(g, now_ms, each, arg);
	}
	return err;
}

/* Those behind the cursor, of a group that it has reached. */
static int show_statics(const struct igmp_group *g, struct proto_cursor *at,
			bool all,
			int (*each)(void *arg, const struct proto_join *join),
			void *arg)
{
	struct proto_join join = {0};
	int err = 0;

	memcpy(join.join.interface, g->in->name, sizeof(g->in->name));
	for (uint32_t i = 0; !err && i < g->static_count; i++) {
		const struct igmp_static *s = &g->statics[i];

		if (!all &&
		    !igmp_address_less(igmp_sg_source(&at->sg), s->source))
			continue;
		at->sg = mgm_sg_v4(s->source, g->group);
		join.join.sg = at->sg;
		err = each(arg, &join);
	}
	return err;
}

int igmp_interface_joins(struct igmp_interface *in, struct proto_cursor *cursor,
			 int (*each)(void *arg, const struct proto_join *join),
			 void *arg)
{
	struct proto_cursor own = {0};
	struct proto_cursor *at = cursor ? cursor : &own;
	const struct igmp_group *g;
	int err = 0;

	igmp_cursor_enter(in, at);
	g = igmp_group_find(in, igmp_sg_group(&at->sg));
	if (g)
		err = show_statics(g, at, false, each, arg);
	while (!err && (g = igmp_group_after(in, igmp_sg_group(&at->sg)))) {
		at->sg = mgm_sg_v4((struct in_addr){0}, g->group);
		err = show_statics(g, at, true, each, arg);
	}
	return err;
}
