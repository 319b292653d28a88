/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VLANs among the links: which of them a trunk carries, and the links that
 * stand in for those that are wanted and have no netdev. See links.h.
 */
#include "links_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/argument.h"

static struct link_want **want_find(struct links *links, const char *name)
{
	struct link_want **at = &links->wants;

	while (*at && strcmp((*at)->name, name))
		at = &(*at)->next;
	return at;
}

void vlans_free(struct links *links)
{
	struct link_want *want;

	while ((want = links->wants)) {
		links->wants = want->next;
		free(want);
	}
}

bool link_is_netdev(const struct link *link)
{
	return link->ifindex < XMGM_IFID_VLAN;
}

struct link *links_carrier(const struct links *links, const struct link *link)
{
	return links_by_index(links, link->trunk ? link->trunk : link->ifindex);
}

struct link *links_vlan(const struct links *links, uint32_t trunk,
			uint32_t vlan)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&links->table, n, tmp, i) {
		struct link *link = hash_entry(n, struct link, node);

		if (link->trunk == trunk && link->vlan == vlan)
			return link;
	}
	return NULL;
}

/* XDP of a bond runs at its members, and one tag is all that it reads. */
static bool carries_vlans(const struct link *link)
{
	return link->ethernet && !link->loopback && !link->vlan &&
	       strcmp(link->kind, "vlan") && strcmp(link->kind, "bond");
}

uint32_t vlans_trunk(const struct links *links,
		     const struct link_report *report)
{
	const struct link *trunk;

	if (!report->vlan || report->peer_elsewhere)
		return 0;
	trunk = links_by_index(links, report->peer);
	return trunk && carries_vlans(trunk) ? trunk->ifindex : 0;
}

/* The trunk of this name's VLAN; NULL: it is not there, or is none. */
static const struct link *trunk_of(const struct links *links, const char *name,
				   uint16_t *vlan)
{
	char trunk[XMGM_IFNAME_LEN];
	const struct link *link;

	if (!argument_vlan(name, trunk, vlan))
		return NULL;
	link = links_by_name(links, trunk);
	return link && carries_vlans(link) ? link : NULL;
}

/* --- standing in ----------------------------------------------------- */

static struct link_report stand_in(const struct link *trunk, const char *name,
				   uint32_t ifindex, uint32_t vlan)
{
	struct link_report report = {
		.ifindex = ifindex,
		.kind = "vlan",
		.ethernet = true,
		.multicast = trunk->multicast,
		.admin_up = trunk->admin_up,
		.carrier = trunk->carrier,
		.mtu = trunk->mtu,
		.peer = trunk->ifindex,
		.vlan = vlan,
	};

	snprintf(report.name, sizeof(report.name), "%s", name);
	memcpy(report.mac, trunk->mac, sizeof(report.mac));
	return report;
}

/* One after the other, so that none is used again soon. */
static uint32_t next_ifindex(struct links *links)
{
	uint32_t ifindex;

	do {
		ifindex = XMGM_IFID_VLAN | links->stand_ins++ % XMGM_IFID_VLAN;
	} while (links_by_index(links, ifindex));
	return ifindex;
}

static void take_addresses(struct link *link, const struct link_want *want)
{
	link->address_count = want->address_count;
	memcpy(link->addresses, want->addresses,
	       want->address_count * sizeof(want->addresses[0]));
}

static int stand(struct links *links, const struct link *trunk,
		 const struct link_want *want, uint16_t vlan)
{
	const struct link_report report =
		stand_in(trunk, want->name, next_ifindex(links), vlan);
	struct link *link = link_new(links, report.ifindex);

	if (!link)
		return -ENOMEM;
	take_addresses(link, want);
	return link_report(links, link, &report);
}

/* The trunk of a VLAN that has no link; NULL: it can have none. */
static const struct link *free_place(const struct links *links,
				     const char *name, uint16_t *vlan)
{
	const struct link *trunk = NULL;

	if (!links_by_name(links, name))
		trunk = trunk_of(links, name, vlan);
	return trunk && !links_vlan(links, trunk->ifindex, *vlan) ? trunk
								  : NULL;
}

bool links_may_stand(const struct links *links, const char *name)
{
	uint16_t vlan;

	return free_place(links, name, &vlan) != NULL;
}

static int want_settle(struct links *links, const struct link_want *want)
{
	const struct link *trunk;
	uint16_t vlan;

	trunk = free_place(links, want->name, &vlan);
	return trunk ? stand(links, trunk, want, vlan) : 0;
}

void vlans_settle(struct links *links)
{
	const struct link_want *want;

	for (want = links->wants; want; want = want->next)
		want_settle(links, want);
}

/* --- what happens to trunks and netdevs ------------------------------ */

/* The next wanted one that stands in for a VLAN of this trunk, from *want. */
static struct link *next_stand_in(const struct links *links,
				  const struct link *trunk,
				  const struct link_want **want)
{
	struct link *link;

	for (; *want; *want = (*want)->next) {
		link = links_by_name(links, (*want)->name);
		if (!link || link_is_netdev(link) ||
		    link->trunk != trunk->ifindex)
			continue;
		*want = (*want)->next;
		return link;
	}
	return NULL;
}

void vlans_trunk_gone(struct links *links, const struct link *trunk)
{
	const struct link_want *want = links->wants;
	struct link *link;

	while ((link = next_stand_in(links, trunk, &want)))
		link_remove(links, link);
}

void vlans_trunk_changed(struct links *links, const struct link *trunk)
{
	const struct link_want *want = links->wants;
	struct link_report report;
	struct link *link;

	while ((link = next_stand_in(links, trunk, &want))) {
		report = stand_in(trunk, link->name, link->ifindex, link->vlan);
		link_report(links, link, &report);
	}
}

/* A netdev that was reported before its trunk. */
static struct link *unplaced(const struct links *links,
			     const struct link *trunk)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&links->table, n, tmp, i) {
		struct link *link = hash_entry(n, struct link, node);

		if (link->announced && link->vlan && !link->trunk &&
		    link->peer == trunk->ifindex && !link->peer_elsewhere)
			return link;
	}
	return NULL;
}

void vlans_appeared(struct links *links, const struct link *trunk)
{
	struct link *link;

	while (carries_vlans(trunk) && (link = unplaced(links, trunk))) {
		link_gone(links, link);
		link->trunk = trunk->ifindex;
		vlans_make_room(links, link);
		if (link_announce(links, link))
			return;
	}
}

void vlans_make_room(struct links *links, const struct link *link)
{
	struct link *other;

	other = link->trunk ? links_vlan(links, link->trunk, link->vlan) : NULL;
	if (other && other != link && !link_is_netdev(other))
		link_remove(links, other);
}

bool vlans_is_netdev_of(const struct links *links, const struct link *link,
			const struct link_report *report)
{
	return !link_is_netdev(link) && link->vlan == report->vlan &&
	       link->trunk == vlans_trunk(links, report);
}

int link_move(struct links *links, struct link *link,
	      const struct link_report *report)
{
	const uint32_t before = link->ifindex;

	hash_remove(&links->table, &link->node);
	link->ifindex = report->ifindex;
	if (hash_insert(&links->table, &link->node, link->ifindex)) {
		link_gone(links, link);
		free(link);
		return -ENOMEM;
	}
	link->address_count = 0;
	link->features_known = false;
	link->features = 0;
	link->mc_forwarding = false;
	LINKS_TELL(links, moved, link, before);
	/* Whatever is reported of it, it is news. */
	link->peer = 0;
	return 0;
}

bool vlans_stay(struct links *links, struct link *link)
{
	const struct link_want *want = *want_find(links, link->name);
	struct link_report report;
	const struct link *trunk;
	uint16_t vlan;

	trunk = want && link->announced ? trunk_of(links, link->name, &vlan)
					: NULL;
	if (!trunk || trunk->ifindex != link->trunk || vlan != link->vlan)
		return false;
	report = stand_in(trunk, link->name, next_ifindex(links), vlan);
	if (link_move(links, link, &report))
		return true; /* told to be gone */
	take_addresses(link, want);
	link_report(links, link, &report);
	return true;
}

/* --- what is wanted --------------------------------------------------- */

static bool want_takes(struct link_want *want,
		       const struct proto_address *addresses, size_t count)
{
	if (count > LINK_WANTED)
		count = LINK_WANTED;
	if (want->address_count == count &&
	    (!count ||
	     !memcmp(want->addresses, addresses, count * sizeof(*addresses))))
		return false;
	want->address_count = count;
	if (count)
		memcpy(want->addresses, addresses, count * sizeof(*addresses));
	return true;
}

static int want_new(struct links *links, const char *name)
{
	struct link_want *want = calloc(1, sizeof(*want));

	if (!want)
		return -ENOMEM;
	snprintf(want->name, sizeof(want->name), "%s", name);
	want->next = links->wants;
	links->wants = want;
	return 0;
}

int links_want(struct links *links, const char *name,
	       const struct proto_address *addresses, size_t count)
{
	char trunk[XMGM_IFNAME_LEN];
	struct link *link;
	uint16_t vlan;

	if (!argument_vlan(name, trunk, &vlan))
		return 0;
	if (!*want_find(links, name) && want_new(links, name))
		return -ENOMEM;
	link = links_by_name(links, name);
	if (!want_takes(*want_find(links, name), addresses, count) || !link ||
	    link_is_netdev(link))
		return want_settle(links, *want_find(links, name));
	take_addresses(link, *want_find(links, name));
	LINKS_TELL(links, changed, link);
	return 0;
}

void links_unwant(struct links *links, const char *name)
{
	struct link_want **at = want_find(links, name), *want = *at;
	struct link *link = links_by_name(links, name);

	if (!want)
		return;
	*at = want->next;
	free(want);
	if (link && !link_is_netdev(link))
		link_remove(links, link);
}

void links_why_not(const struct links *links, const char *name,
		   char why[LINK_WHY])
{
	const struct link *trunk, *other;
	char trunk_name[XMGM_IFNAME_LEN];
	uint16_t vlan;

	if (!argument_vlan(name, trunk_name, &vlan)) {
		snprintf(why, LINK_WHY, "`ip link` lists them");
		return;
	}
	trunk = links_by_name(links, trunk_name);
	other = trunk ? links_vlan(links, trunk->ifindex, vlan) : NULL;
	if (!trunk)
		snprintf(why, LINK_WHY, "there is no %s, whose VLAN it is",
			 trunk_name);
	else if (other)
		snprintf(why, LINK_WHY, "VLAN %u of %s is %s: name that", vlan,
			 trunk_name, other->name);
	else if (!carries_vlans(trunk))
		snprintf(why, LINK_WHY,
			 "%s is %s: a VLAN there needs a network device: `ip "
			 "link add link %s name %s type vlan id %u`",
			 trunk_name,
			 !strcmp(trunk->kind, "bond")	? "a bond"
			 : !strcmp(trunk->kind, "vlan") ? "a VLAN itself"
							: "no Ethernet device",
			 trunk_name, name, vlan);
	else
		snprintf(why, LINK_WHY, "attach it, and it is there");
}
