/* SPDX-License-Identifier: GPL-2.0-only */
/* See port_list.h. */
#include "port_list.h"

#include <errno.h>
#include <stdlib.h>

#define VLAN_MAX 4094

static uint32_t place_hash(uint32_t ifindex, uint32_t vlan)
{
	const struct xmgm_port place = {ifindex, vlan};

	return hash_bytes(&place, sizeof(place));
}

void port_list_free(struct port_list *list)
{
	hash_clear(&list->by_place);
	hash_clear(&list->by_link);
	hash_free(&list->by_ifid, struct port, by_ifid);
}

struct port *port_list_find(const struct port_list *list, uint32_t ifid)
{
	struct hash_node *n;

	for (n = hash_first(&list->by_ifid, ifid); n; n = hash_next(n))
		if (hash_entry(n, struct port, by_ifid)->ifid == ifid)
			return hash_entry(n, struct port, by_ifid);
	return NULL;
}

struct port *port_list_at(const struct port_list *list, uint32_t ifindex,
			  uint32_t vlan)
{
	struct hash_node *n;
	struct port *port;

	for (n = hash_first(&list->by_place, place_hash(ifindex, vlan)); n;
	     n = hash_next(n)) {
		port = hash_entry(n, struct port, by_place);
		if (port->ifindex == ifindex && port->vlan == vlan)
			return port;
	}
	return NULL;
}

/* One after the other, so that none is used again soon. */
static uint32_t vlan_ifid(struct port_list *list)
{
	uint32_t ifid;

	do {
		ifid = XMGM_IFID_VLAN | list->vlans++ % XMGM_IFID_VLAN;
	} while (port_list_find(list, ifid));
	return ifid;
}

static struct port *port_new(struct port_list *list, uint32_t ifindex,
			     uint32_t vlan, uint32_t ifid)
{
	struct port *port = calloc(1, sizeof(*port));

	if (!port)
		return NULL;
	port->ifid = ifid;
	port->ifindex = ifindex;
	port->vlan = vlan;
	port->path = PLANE_PATH_XDP;
	if (hash_insert(&list->by_ifid, &port->by_ifid, ifid))
		goto fail;
	if (!hash_insert(&list->by_place, &port->by_place,
			 place_hash(ifindex, vlan)))
		return port;
	hash_remove(&list->by_ifid, &port->by_ifid);
fail:
	free(port);
	errno = ENOMEM;
	return NULL;
}

/* It keeps what it has if there is no memory. */
static int port_link(struct port_list *list, struct port *port, uint32_t link)
{
	const uint32_t before = port->link;

	if (before == link)
		return 0;
	if (before)
		hash_remove(&list->by_link, &port->by_link);
	port->link = link;
	if (!hash_insert(&list->by_link, &port->by_link, link))
		return 0;
	port->link = 0;
	return -ENOMEM;
}

/* Or untagged. */
static bool is_vlan(uint32_t vlan)
{
	return vlan <= VLAN_MAX ||
	       (vlan > XMGM_PORT_AD && vlan <= (XMGM_PORT_AD | VLAN_MAX));
}

static struct port *port_make(struct port_list *list, uint32_t ifindex,
			      uint32_t vlan, uint32_t ifid)
{
	errno = EINVAL;
	if (!ifindex || !ifid || !is_vlan(vlan))
		return NULL;
	errno = EEXIST;
	return port_list_find(list, ifid) ? NULL
					  : port_new(list, ifindex, vlan, ifid);
}

struct port *port_list_get(struct port_list *list, uint32_t ifindex,
			   uint32_t vlan, uint32_t link)
{
	struct port *port = port_list_at(list, ifindex, vlan);
	const bool is_new = !port;

	errno = EINVAL;
	if (!link)
		return NULL;

	if (is_new)
		port = port_make(list, ifindex, vlan,
				 link < XMGM_IFID_VLAN ? link
						       : vlan_ifid(list));
	if (!port || !port_link(list, port, link))
		return port;
	if (is_new)
		port_list_drop(list, port);
	errno = ENOMEM;
	return NULL;
}

struct port *port_list_keep(struct port_list *list, uint32_t ifindex,
			    uint32_t vlan, uint32_t ifid)
{
	errno = EEXIST;
	if (port_list_at(list, ifindex, vlan))
		return NULL;
	return port_make(list, ifindex, vlan, ifid);
}

void port_list_drop(struct port_list *list, struct port *port)
{
	hash_remove(&list->by_ifid, &port->by_ifid);
	hash_remove(&list->by_place, &port->by_place);
	if (port->link)
		hash_remove(&list->by_link, &port->by_link);
	free(port);
}

uint32_t port_list_carrier(const struct port_list *list, uint32_t ifid)
{
	const struct port *port = port_list_find(list, ifid);

	return port ? port->ifindex : ifid;
}

uint32_t port_list_link(const struct port_list *list, uint32_t ifid)
{
	const struct port *port = port_list_find(list, ifid);

	return port ? port->link : ifid;
}

uint32_t port_list_netdev(const struct port_list *list, uint32_t ifid)
{
	const uint32_t link = port_list_link(list, ifid);

	return link < XMGM_IFID_VLAN ? link : 0;
}

uint32_t port_list_ifid(const struct port_list *list, uint32_t link)
{
	const struct port *port;
	struct hash_node *n;

	for (n = hash_first(&list->by_link, link); n; n = hash_next(n)) {
		port = hash_entry(n, struct port, by_link);
		if (port->link == link)
			return port->ifid;
	}
	return link;
}
