/* SPDX-License-Identifier: GPL-2.0-only */
/* See reach.h. */
#include "reach.h"

#include <errno.h>

#include "igmp.h"
#include "internal.h"
#include "wire/mrd.h"

int igmp_reach_listen(const struct proto_services *services)
{
	static const uint8_t types[] = {
		XMGM_IGMP_QUERY,    XMGM_IGMP_V1_REPORT, XMGM_IGMP_V2_REPORT,
		XMGM_IGMP_V2_LEAVE, XMGM_IGMP_V3_REPORT, MRD_ADVERTISEMENT,
		MRD_SOLICITATION,   MRD_TERMINATION,
	};
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(types); i++)
		err = services->listen(services->arg, igmp_proto(),
				       IPPROTO_IGMP, types[i]);
	return err;
}

/* What switches and other routers say by RFC 4286; false: it is none. */
static bool discovery(struct igmp_router *r, const struct proto_packet *packet,
		      struct in_addr host, uint64_t now_ms)
{
	struct mrd_advertisement a;

	if (packet->ttl != 1)
		return false;
	if (mrd_is_solicitation(packet->payload, packet->len))
		igmp_mrd_solicited(r, packet->ifid, now_ms);
	else if (mrd_advertisement_get(packet->payload, packet->len, &a))
		igmp_forward_advertised(r, packet->ifid, host, a.interval_s,
					now_ms);
	else if (mrd_is_termination(packet->payload, packet->len))
		igmp_forward_terminated(r, packet->ifid, host);
	else
		return false;
	return true;
}

/* Checks and order of the XDP parser, as far as the kernel has left them. */
void igmp_reach_packet(struct igmp_router *r, const struct proto_packet *packet,
		       uint64_t now_ms)
{
	struct in_addr host = mgm_address_to_v4(&packet->source);
	struct igmp_message m;

	if (discovery(r, packet, host, now_ms))
		return;
	if (packet->ttl != 1 || (host.s_addr && !igmp_is_unicast(host)) ||
	    igmp_message_get(packet->payload, packet->len, &m) !=
		    XMGM_IGMP_DELIVERED) {
		igmp_router_count(r, packet->ifid, IGMP_N_UNICAST_BAD);
		return;
	}
	igmp_router_count(r, packet->ifid, IGMP_N_UNICAST);
	igmp_router_message(r, packet->ifid, host, &m, now_ms);
}

/* All routers: leaves of version 2. All version 3 routers: its reports. All
 * snoopers: other routers' advertisements. */
int igmp_reach_groups(const struct proto_services *services,
		      struct igmp_interface *in, bool wanted)
{
	static const uint32_t groups[] = {0xe0000002u, 0xe0000016u,
					  0xe000006au};
	int err = 0, result;

	if (!in->ifid)
		return 0;
	if (services->host_rate(services->arg, in->ifid,
				wanted ? in->own.max_host_records : 0))
		igmp_count(in, IGMP_N_NO_MEMORY);
	if (wanted == in->reached)
		return 0;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct mgm_address group =
			mgm_address_v4((struct in_addr){htonl(groups[i])});

		result = services->member(services->arg, in->ifid, &group,
					  wanted);
		if (result)
			err = result;
	}
	in->reached = wanted && !err;
	return wanted ? err : 0;
}
