/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the host has to receive for IGMP beside what comes through the ring:
 * messages to an address of ours, solicitations of switches (RFC 4286), and the
 * groups of routers.
 */
#ifndef XMGM_PROTO_IGMP_REACH_H
#define XMGM_PROTO_IGMP_REACH_H

#include "router.h"

/*
 * Asks for messages that are unicast to us, which are accepted as others are:
 * RFC 9776 sections 4.1.12 and 4.2.14.
 */
int igmp_reach_listen(const struct proto_services *services);
/* One of those, with everything about it still to be checked. */
void igmp_reach_packet(struct igmp_router *r, const struct proto_packet *packet,
		       uint64_t now_ms);

/*
 * The groups that IGMP's routers listen to, on an interface where it runs and
 * no longer where it does not, and how much one host there may say. Returns 0,
 * or why one cannot be joined, which is tried again with the next call.
 */
int igmp_reach_groups(const struct proto_services *services,
		      struct igmp_interface *in, bool wanted);

#endif /* XMGM_PROTO_IGMP_REACH_H */
