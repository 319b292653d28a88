/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The raw socket that IGMP's queries leave by. Packets come complete with
 * their IP header; receiving is XDP's business.
 */
#ifndef XMGM_XMGMD_NET_IGMP_IO_H
#define XMGM_XMGMD_NET_IGMP_IO_H

#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

struct igmp_io;

/* Needs CAP_NET_RAW. Returns NULL with errno set. */
struct igmp_io *igmp_io_open(void);
void igmp_io_close(struct igmp_io *io);

/*
 * Sends a whole IP packet out of an interface, whatever the routes say; our
 * own host does not hear it. -ENODEV: the ifid is no netdev. -EAGAIN: the
 * queue is full; the next query comes by itself.
 */
int igmp_io_send(struct igmp_io *io, uint32_t ifid, struct in_addr destination,
		 const uint8_t *packet, size_t len);

#endif /* XMGM_XMGMD_NET_IGMP_IO_H */
