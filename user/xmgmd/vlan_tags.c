/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VLANs as sockets hear them. A frame whose tag lies beside it, as a veth peer
 * leaves it that offloads tags, looks untagged to XDP: IGMP that a socket on
 * the trunk hears in a VLAN, and XDP has not read there, gives that away. The
 * same socket brings protocols what no other socket hears on a VLAN without a
 * netdev: IGMP's unicast, and other types in IP protocol 2.
 */
#include "daemon.h"

#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"
#include "lib/log.h"
#include "wire/reader.h"
#include "xmgmd/net/packet_io.h"
#include "xmgmd/net/tagged.h"

/* Would the reader in XDP hand it over? What is wrong does not count. */
static bool is_message(const uint8_t *bytes, size_t len)
{
	static const uint8_t types[] = {XMGM_IGMP_QUERY, XMGM_IGMP_V2_REPORT,
					XMGM_IGMP_V3_REPORT};
	struct iphdr ip;
	size_t header;

	memcpy(&ip, bytes, sizeof(ip));
	header = (size_t)ip.ihl * 4;
	if (ip.version != 4 || ip.ttl != 1 || header < sizeof(ip) ||
	    len < header + 8)
		return false;
	len -= header;
	return memchr(types, bytes[header], sizeof(types)) &&
	       !wire_checksum(bytes + header, len) &&
	       (ntohl(ip.daddr) & 0xf0000000) == 0xe0000000;
}

/* Fragments are not put together here. */
static bool is_for_us(const struct link *link, const uint8_t *bytes)
{
	struct mgm_address to;
	struct iphdr ip;
	size_t i;

	memcpy(&ip, bytes, sizeof(ip));
	if (ip.frag_off & htons(IP_MF | IP_OFFMASK))
		return false;
	to = mgm_address_v4((struct in_addr){ip.daddr});
	if (address_is_multicast(&to))
		return true;
	for (i = 0; i < link->address_count; i++)
		if (mgm_address_equal(&link->addresses[i].address, &to))
			return true;
	return false;
}

void vlan_tags_heard(void *arg, const struct tagged_packet *packet)
{
	struct router *r = arg;
	const struct port *port =
		port_list_at(&r->ports, packet->trunk, packet->vlan);
	struct link *link = port ? links_by_index(&r->d->links, port->link)
				 : NULL;
	size_t len; /* without what fills up a short frame */

	if (!link || packet->len < sizeof(struct iphdr))
		return;
	len = ntohs(
		((const struct iphdr *)(const void *)packet->bytes)->tot_len);
	if (len > packet->len)
		return;
	link->igmp_heard += is_message(packet->bytes, len);
	if (!link_is_netdev(link) && is_for_us(link, packet->bytes))
		packet_io_take(r->packet_io, link->ifindex, packet->bytes, len);
}

void vlan_tags_record(struct router *r, uint32_t ifid)
{
	struct link *link = ports_link(r, ifid);

	if (link && link->trunk)
		link->igmp_read++;
}

/*
 * What was heard in the last second but one, and nothing read since then. The
 * ring is read in the same turn of the loop, or in the next; where a limit
 * refuses messages, that is what is wrong.
 */
static void look_at(struct router *r, struct link *link)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	const bool read = link->igmp_read != link->igmp_read_before;
	const bool asked =
		!mgm_interface_get(r->mgm, ports_ifid(r, link), &info) &&
		info.gate != MGM_GATE_OFF && !link->shed.until_ms &&
		!link->host_shed.until_ms;

	if (read || !asked)
		link->hidden = (struct link_trouble){link->igmp_heard, 0};
	else
		problems_look(r, &link->hidden, link->igmp_heard_before);
	link->igmp_heard_before = link->igmp_heard;
	link->igmp_read_before = link->igmp_read;
}

/* Trunks of VLANs that are to be attached. */
static size_t trunks_of(const struct router *r, uint32_t *trunks, size_t room)
{
	const struct attachment *a;
	const struct link *link;
	size_t count = 0;

	for (a = r->attachments; a && count < room; a = a->next) {
		link = links_by_name(&r->d->links, a->name);
		if (link && link->trunk)
			trunks[count++] = link->trunk;
	}
	return count;
}

void vlan_tags_second(struct router *r)
{
	uint32_t *trunks = NULL;
	struct hash_node *n, *tmp;
	struct link *link;
	uint32_t i;

	if (r->tagged)
		trunks = malloc(XMGM_INTERFACES * sizeof(*trunks));
	if (!trunks)
		return;
	if (tagged_watch(r->tagged, trunks,
			 trunks_of(r, trunks, XMGM_INTERFACES)))
		log_debug("not all trunks of VLANs can be listened to");
	free(trunks);
	hash_for_each_safe(&r->d->links.table, n, tmp, i) {
		link = hash_entry(n, struct link, node);
		if (link->trunk)
			look_at(r, link);
	}
}
