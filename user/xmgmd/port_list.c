/* SPDX-License-Identifier: GPL-2.0-only */
/* See port_list.h. */
#include "port_list.h"

#include <errno.h>
#include <stdlib.h>

#define VLAN_MAX 4094

static uint32_t place_hash(uint32_t ifindex, uint16_t vlan)
{
	const struct xmgm_port place = {ifindex, vlan};

	return hash_bytes(&place, sizeof(place));
}

void port_list_free(struct port_list *list)
{
	hash_clear(&list->by_place);
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
			  uint16_t vlan)
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
			     uint16_t vlan, uint32_t ifid)
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

struct port *port_list_get(struct port_list *list, uint32_t ifindex,
			   uint16_t vlan, uint32_t netdev)
{
	struct port *port = port_list_at(list, ifindex, vlan);
	uint32_t ifid = vlan ? netdev : ifindex;

	if (port)
		return port;
	if (!ifindex || vlan > VLAN_MAX) {
		errno = EINVAL;
		return NULL;
	}
	if (!ifid)
		ifid = vlan_ifid(list);
	if (port_list_find(list, ifid)) {
		errno = EEXIST;
		return NULL;
	}
	return port_new(list, ifindex, vlan, ifid);
}

void port_list_drop(struct port_list *list, struct port *port)
{
	hash_remove(&list->by_ifid, &port->by_ifid);
	hash_remove(&list->by_place, &port->by_place);
	free(port);
}

uint32_t port_list_carrier(const struct port_list *list, uint32_t ifid)
{
	const struct port *port = port_list_find(list, ifid);

	return port ? port->ifindex : ifid;
}

uint32_t port_list_netdev(const struct port_list *list, uint32_t ifid)
{
	const struct port *port = port_list_find(list, ifid);

	if (port && !port->vlan)
		return port->ifindex;
	return ifid < XMGM_IFID_VLAN ? ifid : 0;
}

uint32_t port_list_ifid(const struct port_list *list, uint32_t ifindex)
{
	const struct port *port = port_list_at(list, ifindex, 0);

	return port ? port->ifid : ifindex;
}
