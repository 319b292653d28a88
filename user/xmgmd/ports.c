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

uint32_t ports_ifid(const struct router *r, const struct link *link)
{
	return port_list_ifid(&r->ports, link->ifindex);
}

struct link *ports_carrier(const struct router *r, uint32_t ifid)
{
	return links_by_index(&r->d->links, port_list_carrier(&r->ports, ifid));
}

struct link *ports_link(const struct router *r, uint32_t ifid)
{
	return links_by_index(&r->d->links, port_list_link(&r->ports, ifid));
}

/* The port that this link has, or is to have. */
static struct port *port_of(struct router *r, const struct link *link)
{
	return port_list_get(&r->ports,
			     link->trunk ? link->trunk : link->ifindex,
			     link->trunk ? link->vlan : 0, link->ifindex);
}

/* A bond has the senders of its members behind it, a VLAN its trunk's. */
static bool is_partial(const struct router *r, const struct link *of)
{
	const struct link *link = links_carrier(&r->d->links, of);
	struct hash_node *n, *tmp;
	uint32_t i;

	if (!link)
		return false;
	if (strcmp(link->kind, "bond"))
		return link_partial_csum(link);
	hash_for_each_safe(&r->d->links.table, n, tmp, i) {
		const struct link *member = hash_entry(n, struct link, node);

		if (member->bond == link->ifindex && link_partial_csum(member))
			return true;
	}
	return false;
}

/* Does another router of this machine get what we have no use for? */
static bool is_foreign(const struct link *link,
		       const struct config_interface *config)
{
	const int foreign = config ? config->foreign : FOREIGN_AUTO;

	return foreign == FOREIGN_PASS ||
	       (foreign == FOREIGN_AUTO && link->mc_forwarding);
}

static uint32_t flags_of(const struct router *r, const struct link *link,
			 const struct config_interface *config)
{
	uint32_t flags = XMGM_IF_WRONG_IF_UPCALLS;

	if (is_partial(r, link))
		flags |= XMGM_IF_PARTIAL_CSUM;
	if (is_foreign(link, config))
		flags |= XMGM_IF_FOREIGN;
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
		.vlan = (uint16_t)(port->vlan & ~XMGM_PORT_AD),
		.service = port->vlan & XMGM_PORT_AD,
		.path = port->path,
		.mtu = link->mtu,
		.flags = flags_of(r, link, config),
		.ttl_threshold = config ? config->ttl_threshold : 1,
		.any_mac = config && config->source_mac == SOURCE_MAC_ROUTER,
	};
	int err;

	memcpy(told.name, link->name, sizeof(told.name));
	if (link->ethernet)
		memcpy(told.mac, link->mac, sizeof(told.mac));
	plane_limit_set(r->plane, port->ifid, config ? config->rate_kbit : 0);
	err = plane_port_set(r->plane, &told);
	if (err)
		log_warn("%s: the data plane cannot be told of it, so that "
			 "copies may not leave there: %s",
			 link->name, strerror(-err));
}

/* No copy leaves where there is no Ethernet; `may`: XDP can send there, as far
 * as is known otherwise. */
static enum plane_path path_of(const struct router *r, const struct link *link,
			       bool may)
{
	const struct link *carrier = links_carrier(&r->d->links, link);

	if (!carrier || !link->ethernet)
		return PLANE_PATH_NONE;
	return may || link_transmits(carrier) ? PLANE_PATH_XDP
					      : PLANE_PATH_CLONE;
}

static bool is_attached(struct router *r, uint32_t ifindex)
{
	struct plane_port_info info;

	return !plane_port_get(r->plane, ifindex, &info) &&
	       info.mode != XMGM_MODE_NONE;
}

/*
 * XDP of a bond runs with the ifindex of the member, natively at least; what
 * arrives there is the bond's. Of a backup member it is not: the kernel drops
 * it as the copy of what an active one has received, and so we leave it to it.
 * A member that is attached itself, as one below generic XDP may be, is a port
 * of its own.
 */
static void tell_member(struct router *r, const struct link *link)
{
	const struct link *above = links_by_index(&r->d->links, link->bond);
	const struct port *bond = NULL;
	int err;

	if (link->bond && is_attached(r, link->bond) &&
	    !is_attached(r, link->ifindex))
		bond = port_list_get(&r->ports, link->bond, 0, link->bond);
	err = plane_member_set(r->plane, link->ifindex, bond ? bond->ifid : 0);
	if (err)
		log_warn("%s: what arrives there cannot be said to be its "
			 "bond's: %s",
			 link->name, strerror(-err));
	if (bond && above)
		tell(r, above, bond);
}

void ports_members(struct router *r, uint32_t ifindex)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i) {
		const struct link *link = hash_entry(n, struct link, node);

		if (link->bond == ifindex)
			tell_member(r, link);
	}
}

/* The run before had this VLAN, and nobody has it now. */
static bool drop_vlan(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->ports.by_ifid, n, tmp, i) {
		struct port *port = hash_entry(n, struct port, by_ifid);

		if (port->link)
			continue;
		plane_port_gone(r->plane, port->ifid);
		port_list_drop(&r->ports, port);
		return true;
	}
	return false;
}

static void keep_vlan(void *arg, const struct xmgm_port *at, uint32_t ifid)
{
	struct router *r = arg;

	if (!port_list_keep(&r->ports, at->ifindex, at->vlan, ifid))
		log_error("VLAN %u of #%u is not known as before: %s",
			  at->vlan & ~XMGM_PORT_AD, at->ifindex,
			  strerror(errno));
}

void ports_prepare(struct router *r)
{
	plane_vlan_walk(r->plane, keep_vlan, r);
}

static void drop_member(void *arg, uint32_t ifindex, uint32_t ifid)
{
	struct router *r = arg;

	(void)ifid;
	if (!links_by_index(&r->d->links, ifindex))
		plane_member_set(r->plane, ifindex, 0);
}

void ports_adopted(struct router *r)
{
	plane_member_walk(r->plane, drop_member, r);
	while (drop_vlan(r))
		;
}

/*
 * What can transmit does so at once. What no longer can, as while a program is
 * attached, is believed a moment later, in ports_settle.
 */
void ports_changed(struct router *r, const struct link *link)
{
	struct port *port;

	if (link->loopback)
		return;
	port = port_of(r, link);
	if (!port) {
		log_error("%s: no copies leave there: %s", link->name,
			  strerror(errno));
		return;
	}
	port->path = path_of(r, link, port->path == PLANE_PATH_XDP);
	tell(r, link, port);
	if (!link->trunk)
		tell_member(r, link);
}

void ports_gone(struct router *r, const struct link *link)
{
	const uint32_t ifid = ports_ifid(r, link);
	struct port *port = port_list_find(&r->ports, ifid);

	plane_limit_set(r->plane, ifid, 0);
	plane_port_gone(r->plane, ifid);
	if (port)
		port_list_drop(&r->ports, port);
}

static void say_path(struct router *r, const struct link *link,
		     enum plane_path path)
{
	if (!is_attached(r, link->ifindex))
		return;
	if (path == PLANE_PATH_CLONE)
		log_warn("%s: XDP cannot send there%s: its flows take the "
			 "clone path",
			 link->name,
			 link->refuses ? ", its driver refuses copies" : "");
	else if (path == PLANE_PATH_XDP)
		log_info("%s: XDP can send there again", link->name);
}

static void settle_paths(struct router *r)
{
	struct hash_node *n, *tmp;
	enum plane_path path;
	uint32_t i;

	hash_for_each_safe(&r->ports.by_ifid, n, tmp, i) {
		struct port *port = hash_entry(n, struct port, by_ifid);
		const struct link *link =
			links_by_index(&r->d->links, port->link);

		if (!link)
			continue;
		path = path_of(r, link, false);
		if (path == port->path)
			continue;
		say_path(r, link, path);
		port->path = path;
		tell(r, link, port);
	}
}

void ports_settle(struct router *r)
{
	router_mac_settle(r);
	settle_paths(r);
}

void ports_configure(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i)
		ports_changed(r, hash_entry(n, struct link, node));
}
