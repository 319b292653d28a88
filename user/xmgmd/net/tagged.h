/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets of protocols on VLANs without a netdev, by packet sockets on their
 * trunks: what is sent is given its tag here, and what trunks receive of IGMP
 * with a tag is handed over. It knows nothing of neighbours' MAC addresses:
 * only multicast is sent.
 */
#ifndef XMGM_XMGMD_NET_TAGGED_H
#define XMGM_XMGMD_NET_TAGGED_H

#include <uv.h>

#include "xmgm/mgm.h"

struct tagged;

struct tagged_place {
	uint32_t trunk; /* ifindex */
	uint16_t vlan;
	uint8_t mac[6]; /* what is sent there has this source */
};

/* An IP packet; valid during the call. */
struct tagged_packet {
	uint32_t trunk;
	uint32_t vlan;	      /* as in struct xmgm_port */
	const uint8_t *bytes; /* aligned as an IP header */
	size_t len;
};

typedef void tagged_fn(void *arg, const struct tagged_packet *packet);

/* Sockets are opened when they are needed. NULL: no memory. */
struct tagged *tagged_new(uv_loop_t *loop, tagged_fn *fn, void *arg);
/* Receives no more; the loop has to turn once more, then free. */
void tagged_close(struct tagged *t);
void tagged_free(struct tagged *t);

/*
 * Sends a whole IP packet; its length, id and checksum are filled in. Needs
 * CAP_NET_RAW. -EHOSTUNREACH: it is no multicast. -EAFNOSUPPORT: IPv6.
 */
int tagged_send(struct tagged *t, const struct tagged_place *place,
		const struct mgm_address *destination, const uint8_t *packet,
		size_t len);

/*
 * These trunks are listened to, others no more. A socket is slow to open: it
 * stays while its trunk is named.
 */
int tagged_watch(struct tagged *t, const uint32_t *trunks, size_t count);

#endif /* XMGM_XMGMD_NET_TAGGED_H */
