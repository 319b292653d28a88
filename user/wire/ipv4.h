/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is left to do to IPv4 packets that were on their way to a device: a
 * checksum that it would have finished, several UDP datagrams in one packet
 * that it would have cut, fragments (RFC 791 section 3.2). Packets are read as
 * they come from the data plane: nothing in them is believed but what is
 * checked here. No options: such packets are not forwarded.
 */
#ifndef XMGM_WIRE_IPV4_H
#define XMGM_WIRE_IPV4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define IPV4_BYTES   20 /* of a header without options */
#define IPV4_MTU_MIN 68 /* that a link must have: RFC 791 section 3.2 */

/*
 * A UDP checksum that is the sum of the pseudo-header alone becomes the whole
 * one. True if it was such a one, in a packet that is no fragment.
 */
bool ipv4_udp_finish(uint8_t *packet, size_t len);

/*
 * The n-th of the datagrams, from 0, that a UDP packet stands for, `size` bytes
 * of its payload in each: its length in `out`, which has room for `len` bytes.
 * 0: there are no more, or it is no such packet.
 */
size_t ipv4_udp_segment(const uint8_t *packet, size_t len, size_t size,
			size_t n, uint8_t *out);

/* The fragments of a packet, which may be one itself, one after the other. */
struct ipv4_fragments {
	const uint8_t *packet;
	size_t end;  /* of its payload */
	size_t room; /* payload in all but the last */
	size_t at;   /* payload of those that were taken */
	bool more;   /* of its datagram behind it */
};

/* -EINVAL: no IPv4 packet without options. -EMSGSIZE: it must not be
 * fragmented (DF), or the MTU is none. */
int ipv4_fragments_begin(struct ipv4_fragments *f, const uint8_t *packet,
			 size_t len, size_t mtu);
/* The length of the next one in `out`, which has room for an MTU; 0: none. */
size_t ipv4_fragments_next(struct ipv4_fragments *f, uint8_t *out);

#endif /* XMGM_WIRE_IPV4_H */
