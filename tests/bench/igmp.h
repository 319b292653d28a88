/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hosts send: IGMPv2 reports, built by hand because one socket here
 * speaks for thousands of memberships.
 */
#ifndef XMGM_BENCH_IGMP_H
#define XMGM_BENCH_IGMP_H

#include <stdint.h>

struct igmp_frame {
	uint8_t bytes[46]; /* Ethernet, IPv4 with Router Alert, IGMP */
};

/* A report of group by a host. Addresses in network order. */
void igmp_report(struct igmp_frame *f, const uint8_t host[4],
		 const uint8_t group[4]);

#endif /* XMGM_BENCH_IGMP_H */
