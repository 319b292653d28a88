/* SPDX-License-Identifier: GPL-2.0-only */
/* See rib.h. */
#include "xmgmd/net/rib.h"

#include <arpa/inet.h>
#include <string.h>

static bool leg_wins(const struct rib_leg *a, const struct rib_leg *b)
{
	uint32_t x = ntohl(a->gateway.s_addr), y = ntohl(b->gateway.s_addr);

	return x != y ? x > y : a->ifindex > b->ifindex;
}

void rib_choose(const struct rib_route *route, bool any_leg, uint32_t preferred,
		struct mgm_rib_answer *answer)
{
	const struct rib_leg *best = NULL;
	size_t i;

	memset(answer, 0, sizeof(*answer));
	for (i = 0; i < route->count; i++) {
		if (any_leg && preferred &&
		    route->legs[i].ifindex == preferred) {
			best = &route->legs[i];
			break;
		}
		if (!best || leg_wins(&route->legs[i], best))
			best = &route->legs[i];
	}
	if (!best)
		return;
	answer->length = route->length;
	answer->metric = route->metric;
	answer->connected = route->connected;
	answer->iif = best->ifindex;
	answer->by_arrival = any_leg && route->count > 1 &&
			     best->ifindex != preferred;
	answer->upstream = mgm_address_v4(best->gateway);
}
