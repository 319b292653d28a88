/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the plane is told of an interface as a port: the flags of what arrives,
 * and how copies leave. It follows from the link and its configuration.
 */
#include "daemon.h"

#include <string.h>

#include "lib/log.h"

uint32_t ports_flags(const struct router *r, uint32_t ifid)
{
	struct link *link = links_by_index(&r->d->links, ifid);
	const struct config_interface *config;
	uint32_t flags = XMGM_IF_WRONG_IF_UPCALLS;

	config = link ? config_interface(r->d->config, link->name) : NULL;
	if (link && link_partial_csum(link))
		flags |= XMGM_IF_PARTIAL_CSUM;
	if (config && !config->wrong_if_reports)
		flags &= ~(uint32_t)XMGM_IF_WRONG_IF_UPCALLS;
	return flags;
}

static void renew_flags(struct router *r, uint32_t ifid)
{
	struct xmgm_interface state;
	uint32_t flags = ports_flags(r, ifid);

	if (plane_interface_get(r->plane, ifid, &state) || state.flags == flags)
		return;
	state.flags = flags;
	plane_interface_set(r->plane, ifid, &state);
}

void ports_egress(struct router *r, const struct link *link)
{
	const struct config_interface *config =
		config_interface(r->d->config, link->name);
	int err;

	if (!link->ethernet)
		return;
	err = plane_egress_set(r->plane, link->ifindex, link->name, link->mac,
			       config ? config->ttl_threshold : 1);
	if (err)
		log_warn("%s: its MAC address cannot be given to the data "
			 "plane, so no copies leave there: %s",
			 link->name, strerror(-err));
}

void ports_configure(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i) {
		const struct link *link = hash_entry(n, struct link, node);

		ports_egress(r, link);
		renew_flags(r, link->ifindex);
	}
}
