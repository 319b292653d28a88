/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who takes up the room for groups: one host of a LAN must not shut the
 * others out. Each group that hosts want is charged to one of those who have
 * reported it, and who has its share gets no further group until one of them
 * ends. What is there is refreshed by anybody at any time; it is then charged
 * to who did, if that one has room. A host is known as long as something is
 * charged to it, so there are never more of them than groups.
 *
 * A host is a source address, and those can be forged: the share stops the
 * faulty and the lazy. Who forges many takes many shares, who forges a
 * neighbour's uses up that one's. Hosts without an address (and snooping
 * switches that report as 0.0.0.0) are one host.
 */
#include "internal.h"
#include "limit.h"

#include <errno.h>
#include <stdlib.h>

struct igmp_reporter {
	struct hash_node node;
	struct in_addr host;
	uint32_t groups; /* charged to it; it goes with the last */
};

static uint32_t share(const struct igmp_config *c)
{
	return c->max_host_groups ? c->max_host_groups
				  : (c->max_groups + 3) / 4;
}

static struct igmp_reporter *reporter_find(struct igmp_interface *in,
					   struct in_addr host)
{
	struct hash_node *node;

	node = hash_first(&in->reporters, hash_bytes(&host, sizeof(host)));
	for (; node; node = hash_next(node)) {
		struct igmp_reporter *r =
			hash_entry(node, struct igmp_reporter, node);

		if (r->host.s_addr == host.s_addr)
			return r;
	}
	return NULL;
}

static struct igmp_reporter *reporter_get(struct igmp_interface *in,
					  struct in_addr host)
{
	struct igmp_reporter *r = reporter_find(in, host);

	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->host = host;
	if (!hash_insert(&in->reporters, &r->node,
			 hash_bytes(&host, sizeof(host))))
		return r;
	free(r);
	return NULL;
}

static void refuse(struct igmp_interface *in, enum igmp_limit limit,
		   struct in_addr host, struct in_addr group)
{
	const struct igmp_hooks *hooks = in->router->hooks;

	if (hooks->refused)
		hooks->refused(hooks->arg, in, limit, host, group);
}

enum igmp_limit igmp_reporter_full(struct igmp_interface *in,
				   struct in_addr host)
{
	const struct igmp_reporter *r = reporter_find(in, host);

	if (in->host_groups >= in->config.max_groups)
		return IGMP_LIMIT_GROUPS;
	if (r && r->groups >= share(&in->config))
		return IGMP_LIMIT_HOST;
	return IGMP_LIMITS;
}

bool igmp_reporter_admit(struct igmp_interface *in, struct in_addr host,
			 struct in_addr group)
{
	enum igmp_limit limit = igmp_reporter_full(in, host);

	if (limit == IGMP_LIMITS)
		return true;
	igmp_count(in, limit == IGMP_LIMIT_GROUPS ? IGMP_N_LIMIT_GROUPS
						  : IGMP_N_LIMIT_HOST);
	refuse(in, limit, host, group);
	return false;
}

int igmp_reporter_charge(struct igmp_group *g, struct in_addr host)
{
	const struct igmp_hooks *hooks = g->in->router->hooks;
	bool charged = g->reporter;
	struct igmp_reporter *r;

	if (g->reporter && g->reporter->host.s_addr == host.s_addr)
		return 0;
	r = reporter_get(g->in, host);
	if (!r && !g->reporter)
		return -ENOMEM;
	if (!r || r->groups >= share(&g->in->config))
		return 0; /* it stays where it is */
	igmp_reporter_release(g);
	r->groups++;
	g->reporter = r;
	g->in->host_groups++;
	if (!charged && hooks->near &&
	    igmp_limit_reached(g->in->host_groups - 1, g->in->host_groups,
			       g->in->config.max_groups))
		hooks->near(hooks->arg, g->in, IGMP_LIMIT_GROUPS, g->group);
	return 0;
}

void igmp_reporter_release(struct igmp_group *g)
{
	struct igmp_reporter *r = g->reporter;

	if (!r)
		return;
	g->reporter = NULL;
	g->in->host_groups--;
	if (--r->groups)
		return;
	hash_remove(&g->in->reporters, &r->node);
	free(r);
}
