/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static groups: what the configuration or a person wants on an interface,
 * beside and apart from what hosts report. They never expire and come back
 * with the netdev.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct igmp_static *static_find(struct igmp_group *g,
				       struct in_addr source)
{
	for (uint32_t i = 0; i < g->static_count; i++) {
		if (g->statics[i].source.s_addr == source.s_addr)
			return &g->statics[i];
	}
	return NULL;
}

/* Makes room in the sorted list; NULL if memory is short. */
static struct igmp_static *static_insert(struct igmp_group *g,
					 struct in_addr source)
{
	size_t bytes = (g->static_count + 1) * sizeof(struct igmp_static);
	struct igmp_static *list = realloc(g->statics, bytes);
	uint32_t at = g->static_count;

	if (!list)
		return NULL;
	g->statics = list;
	while (at && igmp_address_less(source, list[at - 1].source)) {
		list[at] = list[at - 1];
		at--;
	}
	list[at] = (struct igmp_static){.source = source};
	g->static_count++;
	return &list[at];
}

static int static_put(struct igmp_group *g, struct in_addr source,
		      enum igmp_origin origin)
{
	struct igmp_static *s = static_find(g, source);

	if (s) {
		s->origins |= origin;
		return 0;
	}
	if (g->static_count >= g->in->config.max_sources ||
	    (!g->static_count &&
	     g->in->static_groups >= g->in->config.max_groups))
		return -ENOSPC;
	if (igmp_view_room(g, 1))
		return -ENOMEM;
	igmp_view_fill(g, &g->in->router->before);
	s = static_insert(g, source);
	if (!s)
		return -ENOMEM;
	s->origins = origin;
	g->in->static_groups += g->static_count == 1;
	igmp_view_fill(g, &g->in->router->after);
	igmp_view_tell(g);
	return 0;
}

int igmp_static_add(struct igmp_interface *in, struct mgm_sg sg,
		    enum igmp_origin origin)
{
	struct igmp_group *g = igmp_group_get(in, igmp_sg_group(&sg));
	int err;

	if (!g)
		return -ENOMEM;
	err = static_put(g, igmp_sg_source(&sg), origin);
	igmp_group_reap(g);
	return err;
}

int igmp_static_del(struct igmp_interface *in, struct mgm_sg sg,
		    enum igmp_origin origin)
{
	struct igmp_group *g = igmp_group_find(in, igmp_sg_group(&sg));
	struct igmp_static *s = g ? static_find(g, igmp_sg_source(&sg)) : NULL;

	if (!s || !(s->origins & origin))
		return -ENOENT;
	if (igmp_view_room(g, 0))
		return -ENOMEM;
	s->origins &= ~(unsigned int)origin;
	if (s->origins)
		return 0;
	igmp_view_fill(g, &in->router->before);
	in->static_groups -= !--g->static_count;
	memmove(s, s + 1,
		(size_t)(&g->statics[g->static_count] - s) * sizeof(*s));
	igmp_view_fill(g, &in->router->after);
	igmp_view_tell(g);
	igmp_group_reap(g);
	return 0;
}

/* From the last to the first: deleting one moves only later ones, and the
 * group lives as long as there is an earlier one. */
static void static_each(struct igmp_group *g, unsigned int origins,
			void (*each)(void *arg, struct igmp_interface *in,
				     struct mgm_sg sg, unsigned int has),
			void *arg)
{
	struct igmp_interface *in = g->in;
	struct in_addr group = g->group;

	for (uint32_t i = g->static_count; i-- > 0;) {
		struct igmp_static s = g->statics[i];
		struct mgm_sg sg = mgm_sg_v4(s.source, group);

		if (s.origins & origins)
			each(arg, in, sg, s.origins);
	}
}

void igmp_static_walk(struct igmp_interface *in, unsigned int origins,
		      void (*each)(void *arg, struct igmp_interface *in,
				   struct mgm_sg sg, unsigned int has),
		      void *arg)
{
	struct hash_node *node, *tmp;
	uint32_t i;

	hash_for_each_safe(&in->groups, node, tmp, i) {
		struct igmp_group *g =
			hash_entry(node, struct igmp_group, node);

		static_each(g, origins, each, arg);
	}
}
