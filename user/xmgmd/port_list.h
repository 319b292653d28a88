/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ports of a router: a netdev, or a VLAN of one, the ifid by which
 * everybody else knows it, and the path by which copies leave there. Pure:
 * ports.c feeds it with links and tells the plane.
 *
 * The ifid of a port is the ifindex of its netdev, so that untagged packets
 * need no look-up; a VLAN without a netdev gets one from XMGM_IFID_VLAN up. A
 * port keeps its ifid until it is dropped, also when its VLAN's netdev appears
 * or goes.
 */
#ifndef XMGM_XMGMD_PORT_LIST_H
#define XMGM_XMGMD_PORT_LIST_H

#include "lib/hash.h"
#include "plane/plane.h"

struct port {
	struct hash_node by_ifid, by_place;
	uint32_t ifid;
	uint32_t ifindex; /* of the netdev that carries its packets */
	uint16_t vlan;	  /* 1 to 4094; 0: untagged, all there is so far */
	enum plane_path path;
};

/* All zero: empty. */
struct port_list {
	struct hash by_ifid, by_place;
	uint32_t vlans; /* ifids given to VLANs without a netdev so far */
};

void port_list_free(struct port_list *list);
struct port *port_list_find(const struct port_list *list, uint32_t ifid);
struct port *port_list_at(const struct port_list *list, uint32_t ifindex,
			  uint16_t vlan);
/*
 * The port at this place; if there is none it is made, on the XDP path. netdev:
 * the ifindex of the VLAN's own netdev, 0 if it has none; an untagged port is
 * its netdev's. NULL with errno: EEXIST, another port has kept this ifid;
 * EINVAL, no ifindex or no VLAN; ENOMEM.
 */
struct port *port_list_get(struct port_list *list, uint32_t ifindex,
			   uint16_t vlan, uint32_t netdev);
void port_list_drop(struct port_list *list, struct port *port);

/* The ifindex of the netdev that carries the packets of this ifid. Without a
 * port it is what that would have. */
uint32_t port_list_carrier(const struct port_list *list, uint32_t ifid);
/* Of the one whose sockets send and receive there: a VLAN's own, which it may
 * be without: 0. */
uint32_t port_list_netdev(const struct port_list *list, uint32_t ifid);
/* The ifid of what the sockets of a netdev receive. */
uint32_t port_list_ifid(const struct port_list *list, uint32_t ifindex);

#endif /* XMGM_XMGMD_PORT_LIST_H */
