/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reverse path to a source. The choice among equal-cost legs is pure; the
 * question is put to the kernel in rib_io.c.
 */
#ifndef XMGM_XMGMD_NET_RIB_H
#define XMGM_XMGMD_NET_RIB_H

#include <stdbool.h>

#include "mgm/core.h"

#define RIB_LEGS 64

struct rib_leg {
	uint32_t ifindex;	/* of the kernel's netdev; then the ifid */
	struct in_addr gateway; /* 0: directly connected */
};

struct rib_route {
	size_t count;	/* 0: unreachable */
	uint8_t length; /* of its prefix */
	uint32_t metric;
	bool connected; /* made by the kernel for an address of ours */
	struct rib_leg legs[RIB_LEGS];
};

/*
 * The leg by which packets of a source must arrive: the one with the highest
 * next-hop address, equal ones by ifindex. With any_leg, `preferred` (where a
 * packet arrived, or what was chosen before; 0: none) is kept if it is a leg,
 * and if it is not one of several the answer is by_arrival.
 */
void rib_choose(const struct rib_route *route, bool any_leg, uint32_t preferred,
		struct mgm_rib_answer *answer);

#endif /* XMGM_XMGMD_NET_RIB_H */
