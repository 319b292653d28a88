/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said when hosts come near a limit, or are refused. */
#ifndef XMGM_PROTO_IGMP_LIMIT_H
#define XMGM_PROTO_IGMP_LIMIT_H

#include "router.h"

/* To the log and monitors once in a while: hosts could fill them. */
void igmp_limit_refused(const struct proto_services *services,
			struct igmp_interface *in, enum igmp_limit limit,
			struct in_addr host, struct in_addr group,
			uint64_t now_ms);
void igmp_limit_near(const struct proto_services *services,
		     struct igmp_interface *in, enum igmp_limit limit,
		     struct in_addr group, uint64_t now_ms);

/* Are 80 percent of a limit used? */
bool igmp_limit_is_near(uint32_t count, uint32_t max);
/* Is this the step by which 80 percent of a limit are reached? */
bool igmp_limit_reached(uint32_t before, uint32_t after, uint32_t max);

#endif /* XMGM_PROTO_IGMP_LIMIT_H */
