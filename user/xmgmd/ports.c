/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The router's ports, as the plane is told of them: the path by which copies
 * leave, what they get on their way, and the flags of what arrives. It follows
 * from the link and its configuration.
 */
#include "daemon.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"

static uint32_t flags_of(const struct link *link,
			 const struct config_interface *config)
{
	uint32_t flags = XMGM_IF_WRONG_IF_UPCALLS;

	if (link_partial_csum(link))
		flags |= XMGM_IF_PARTIAL_CSUM;
	if (config && !config->wrong_if_reports)
		flags &= ~(uint32_t)XMGM_IF_WRONG_IF_UPCALLS;
	return flags;
}

static void tell(struct router *r, const struct link *link,
		 const struct port *port)
{
	const struct config_interface *config =
		config_interface(r->d->config, link->name);
	struct plane_port told = {
		.ifid = port->ifid,
		.ifindex = port->ifindex,
		.vlan = port->vlan,
		.path = port->path,
		.flags = flags_of(link, config),
		.ttl_threshold = config ? config->ttl_threshold : 1,
	};
	int err;

	memcpy(told.name, link->name, sizeof(told.name));
	if (link->ethernet)
		memcpy(told.mac, link->mac, sizeof(told.mac));
	err = plane_port_set(r->plane, &told);
	if (err)
		log_warn("%s: the data plane cannot be told of it, so that "
			 "copies may not leave there: %s",
			 link->name, strerror(-err));
}

/* No copy leaves where there is no Ethernet; `transmits`: the device can. */
static enum plane_path path_of(const struct link *link, bool transmits)
{
	return link->ethernet && transmits ? PLANE_PATH_XDP : PLANE_PATH_NONE;
}

/*
 * What can transmit does so at once. What cannot may still get copies of what
 * arrives by generic XDP: that is seen later, in ports_settle.
 */
void ports_link(struct router *r, const struct link *link)
{
	struct port *port;

	if (link->loopback)
		return;
	port = port_list_get(&r->ports, link->ifindex, 0, link->ifindex);
	if (!port) {
		log_error("%s: no copies leave there: %s", link->name,
			  strerror(errno));
		return;
	}
	port->path = path_of(link, link_transmits(link) ||
					   port->path == PLANE_PATH_XDP);
	tell(r, link, port);
}

void ports_gone(struct router *r, const struct link *link)
{
	struct port *port = port_list_at(&r->ports, link->ifindex, 0);

	plane_port_gone(r->plane, link->ifindex);
	if (port)
		port_list_drop(&r->ports, port);
}

void ports_settle(struct router *r)
{
	bool generic = plane_is_generic(r->plane);
	struct hash_node *n, *tmp;
	enum plane_path path;
	uint32_t i;

	hash_for_each_safe(&r->ports.by_ifid, n, tmp, i) {
		struct port *port = hash_entry(n, struct port, by_ifid);
		const struct link *link =
			links_by_index(&r->d->links, port->ifindex);

		if (!link)
			continue;
		path = path_of(link, generic || link_transmits(link));
		if (path == port->path)
			continue;
		port->path = path;
		tell(r, link, port);
	}
}

void ports_configure(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i)
		ports_link(r, hash_entry(n, struct link, node));
}
