/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of Multicast Router Discovery, RFC 4286, by which snooping switches
 * learn where routers are. IPv4 has them as types of IGMP.
 */
#ifndef XMGM_WIRE_MRD_H
#define XMGM_WIRE_MRD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "wire/igmp.h"

/* 224.0.0.106 and 224.0.0.2, in network order. */
#define MRD_ALL_SNOOPERS htonl(0xe000006au)
#define MRD_ALL_ROUTERS	 htonl(0xe0000002u)

enum mrd_type {
	MRD_ADVERTISEMENT = 0x30,
	MRD_SOLICITATION = 0x31,
	MRD_TERMINATION = 0x32,
};

#define MRD_BYTES_MAX (IGMP_IP_BYTES + 8u)

/* RFC 4286 section 3.2: times of the interface's IGMP, in seconds. */
struct mrd_advertisement {
	struct in_addr router; /* IP source */
	uint8_t interval_s;
	uint16_t query_interval_s, robustness;
};

/* Whole IP packets, of at most MRD_BYTES_MAX; return their length. */
size_t mrd_advertisement_put(const struct mrd_advertisement *a,
			     uint8_t packet[MRD_BYTES_MAX]);
size_t mrd_termination_put(struct in_addr router,
			   uint8_t packet[MRD_BYTES_MAX]);

/*
 * Of another router: these bytes, without their IP header, as an advertisement
 * (its times; the router is their IP source) or a termination. False: neither,
 * or not whole and correct.
 */
bool mrd_advertisement_get(const uint8_t *bytes, size_t len,
			   struct mrd_advertisement *a);
bool mrd_is_termination(const uint8_t *bytes, size_t len);
/* Is this message, without its IP header, a whole and correct solicitation? */
bool mrd_is_solicitation(const uint8_t *bytes, size_t len);

#endif /* XMGM_WIRE_MRD_H */
