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
			.address = s->address,
			.forward = s->expires_ms != 0,
			.expires_ms = remaining(s->expires_ms, now_ms),
		};
	}
	for (uint32_t i = 0; i < g->static_count; i++) {
		struct in_addr source = g->statics[i].source;
		size_t k = 0;

		if (!source.s_addr)
			continue;
		while (k < n && list[k].address.s_addr != source.s_addr)
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
	out->group = g->group;
	out->filter = static_any(g) ? MGM_EXCLUDE : g->filter;
	if (g->filter == MGM_EXCLUDE && !static_any(g))
		out->expires_ms = remaining(g->expires_ms, now_ms);
	out->version = hosts ? igmp_group_version(g, now_ms) : 0;
	out->last_reporter = g->last_reporter;
	out->is_static = g->static_count > 0;
}

static int group_order(const void *a, const void *b)
{
	const struct igmp_group *const *x = a, *const *y = b;

	return igmp_address_less((*y)->group, (*x)->group) -
	       igmp_address_less((*x)->group, (*y)->group);
}

/* The interface's groups in order; NULL if memory is short. */
static const struct igmp_group **sorted(struct igmp_interface *in)
{
	const struct igmp_group **list;
	struct hash_node *node, *tmp;
	uint32_t i, n = 0;

	list = calloc(in->groups.count + 1, sizeof(*list));
	if (!list)
		return NULL;
	hash_for_each_safe(&in->groups, node, tmp, i) {
		list[n++] = hash_entry(node, struct igmp_group, node);
	}
	qsort(list, n, sizeof(*list), group_order);
	return list;
}

int igmp_interface_groups(struct igmp_interface *in, uint64_t now_ms,
			  int (*each)(void *arg,
				      const struct proto_group *group),
			  void *arg)
{
	const struct igmp_group **list = sorted(in);
	size_t n = in->groups.count;
	int err = list ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++) {
		size_t room = list[i]->source_count + list[i]->static_count;
		struct proto_group out = {0};
		struct proto_group_source *sources;

		sources = calloc(room + 1, sizeof(*sources));
		if (!sources) {
			err = -ENOMEM;
			break;
		}
		describe(list[i], now_ms, &out);
		out.sources = sources;
		out.source_count = list_sources(list[i], now_ms, sources);
		err = each(arg, &out);
		free(sources);
	}
	free(list);
	return err;
}

int igmp_interface_querier(const struct igmp_interface *in,
			   struct proto_querier *querier)
{
	*querier = (struct proto_querier){0};
	if (!igmp_interface_running(in))
		return -ENOENT;
	if (!in->up || !in->address_count)
		return 0;
	querier->address = in->addresses[0].address;
	querier->self = true;
	return 0;
}
