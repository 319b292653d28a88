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
	struct hash_node by_ifid, by_place, by_link;
	uint32_t ifid;
	uint32_t ifindex; /* of the netdev that carries its packets */
	uint32_t vlan;	  /* as in struct xmgm_port; 0: untagged */
	/* Of its own link, which of a VLAN is its netdev, if it has one, or
	 * stands in for that, from XMGM_IFID_VLAN up. */
	uint32_t link;
	enum plane_path path;
};

/* All zero: empty. */
struct port_list {
	struct hash by_ifid, by_place, by_link;
	uint32_t vlans; /* ifids given to VLANs without a netdev so far */
};

void port_list_free(struct port_list *list);
struct port *port_list_find(const struct port_list *list, uint32_t ifid);
struct port *port_list_at(const struct port_list *list, uint32_t ifindex,
			  uint32_t vlan);
/*
 * The port at this place, and from now on of this link; if there is none it is
 * made, on the XDP path. NULL with errno: EEXIST, another port has kept this
 * ifid; EINVAL, no ifindex or no VLAN; ENOMEM.
 */
struct port *port_list_get(struct port_list *list, uint32_t ifindex,
			   uint32_t vlan, uint32_t link);
/* The run before knew the VLAN by this ifid: it is made, without a link. The
 * same errors, EEXIST also if the place has a port. */
struct port *port_list_keep(struct port_list *list, uint32_t ifindex,
			    uint32_t vlan, uint32_t ifid);
void port_list_drop(struct port_list *list, struct port *port);

/* The ifindex of the netdev that carries the packets of this ifid. Without a
 * port it is what that would have. */
uint32_t port_list_carrier(const struct port_list *list, uint32_t ifid);
/* Of its own link, likewise. */
uint32_t port_list_link(const struct port_list *list, uint32_t ifid);
/* Of the netdev whose sockets send and receive there: a VLAN's own, which it
 * may be without: 0. */
uint32_t port_list_netdev(const struct port_list *list, uint32_t ifid);
/* The ifid of the port that has this link: of what the sockets of that netdev
 * receive. */
uint32_t port_list_ifid(const struct port_list *list, uint32_t link);

#endif /* XMGM_XMGMD_PORT_LIST_H */
