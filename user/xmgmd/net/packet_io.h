/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of protocols, by raw sockets: one to send whole IP packets, one to
 * receive for each IP protocol that somebody listens to. IGMP's own multicast
 * messages come by XDP and its ring: here they are filtered out, so that
 * nothing arrives twice; unicast ones and other types in IP protocol 2 (as
 * DVMRP's) do come here, whatever IGMP's gate says.
 */
#ifndef XMGM_XMGMD_NET_PACKET_IO_H
#define XMGM_XMGMD_NET_PACKET_IO_H

#include <uv.h>

#include "proto/proto.h"

struct packet_io;

/* who: as given to packet_io_listen. The packet's ifid is left to fill in: it
 * has come in on the netdev ifindex. */
typedef void packet_io_fn(void *arg, size_t who, uint32_t ifindex,
			  struct proto_packet *packet);

/* Sockets are opened when they are needed. NULL: no memory. */
struct packet_io *packet_io_new(uv_loop_t *loop, packet_io_fn *fn, void *arg);
/* Receives no more; the loop has to turn once more, then free. */
void packet_io_close(struct packet_io *io);
void packet_io_free(struct packet_io *io);

#define PACKET_IO_ROUTED UINT32_MAX /* a netdev: the one the routes say */

/*
 * Sends a whole IP packet out of a netdev, whatever the routes say; our
 * own host does not hear it. Needs CAP_NET_RAW. -ENODEV: there is no
 * such netdev. -EAGAIN: the queue is full. -EAFNOSUPPORT: IPv6.
 */
int packet_io_send(struct packet_io *io, uint32_t ifindex,
		   const struct mgm_address *destination, const uint8_t *packet,
		   size_t len);

/*
 * From now on fn gets the packets of this IP protocol that the host receives,
 * of IGMP those of this type. Twice is 0. -ENOSPC: too many listeners.
 */
int packet_io_listen(struct packet_io *io, size_t who, uint8_t ip_protocol,
		     uint8_t igmp_type);

/*
 * The host is (or is not) a member of a group on a netdev. -EAFNOSUPPORT:
 * IPv6.
 */
int packet_io_member(struct packet_io *io, uint32_t ifindex,
		     const struct mgm_address *group, bool member);

/* As if a socket had received this IP packet there. */
void packet_io_take(struct packet_io *io, uint32_t ifindex,
		    const uint8_t *packet, size_t len);

/* What was joined at one is to be at the other. An ifindex from XMGM_IFID_VLAN
 * up is no netdev's: there it is only known. */
void packet_io_moved(struct packet_io *io, uint32_t before, uint32_t ifindex);

/* The netdev is gone, and its memberships with it. */
void packet_io_gone(struct packet_io *io, uint32_t ifindex);

#endif /* XMGM_XMGMD_NET_PACKET_IO_H */
