/* SPDX-License-Identifier: GPL-2.0-only */
/* See links.h. */
#include "links_internal.h"

#include <errno.h>
#include <linux/if.h>
#include <stdlib.h>
#include <string.h>

#define XDP_ACT_NDO_XMIT 4u /* of the features a device reports */

void links_init(struct links *links)
{
	memset(links, 0, sizeof(*links));
}

void links_listen(struct links *links, struct link_listener *listener)
{
	struct link_listener **at = &links->listeners;

	while (*at)
		at = &(*at)->next;
	listener->next = NULL;
	*at = listener;
}

void links_free(struct links *links)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&links->table, n, tmp, i)
		free(hash_entry(n, struct link, node));
	hash_clear(&links->table);
	hash_clear(&links->names);
	vlans_free(links);
}

static uint32_t name_hash(const char *name)
{
	return hash_bytes(name, strlen(name));
}

struct link *links_by_index(const struct links *links, uint32_t ifindex)
{
	struct hash_node *n;

	for (n = hash_first(&links->table, ifindex); n; n = hash_next(n))
		if (hash_entry(n, struct link, node)->ifindex == ifindex)
			return hash_entry(n, struct link, node);
	return NULL;
}

struct link *links_by_name(const struct links *links, const char *name)
{
	struct link *link;
	struct hash_node *n;

	for (n = hash_first(&links->names, name_hash(name)); n;
	     n = hash_next(n)) {
		link = hash_entry(n, struct link, by_name);
		if (!strcmp(link->name, name))
			return link;
	}
	return NULL;
}

int link_subnet(const struct link *link, const struct mgm_address *address)
{
	int longest = -1;
	size_t i;

	for (i = 0; i < link->address_count; i++) {
		const struct proto_address *a = &link->addresses[i];

		if ((int)a->prefix_len > longest &&
		    proto_address_holds(a, address))
			longest = (int)a->prefix_len;
	}
	return longest;
}

const struct link *links_toward(const struct links *links,
				const struct mgm_address *address)
{
	const struct link *best = NULL;
	struct hash_node *n, *tmp;
	int length, longest = -1;
	uint32_t i;

	hash_for_each_safe(&links->table, n, tmp, i) {
		const struct link *link = hash_entry(n, struct link, node);

		length = link->loopback ? -1 : link_subnet(link, address);
		if (length < longest || length < 0)
			continue;
		if (length > longest || link->ifindex < best->ifindex)
			best = link;
		longest = length;
	}
	return best;
}

bool link_up(const struct link *link)
{
	return link->admin_up && link->carrier;
}

/*
 * The carrier itself, not IFF_RUNNING: that follows it, up to a second later,
 * so that a link which has just been set up would seem to have none.
 */
bool link_flags_carrier(unsigned int flags)
{
	return flags & IFF_LOWER_UP && !(flags & IFF_DORMANT);
}

/* Before 6.3 the kernel does not tell: the devices it makes itself, but for
 * some, cannot; of hardware the newer drivers can. */
static bool kind_transmits(const char *kind)
{
	static const char *const kinds[] = {"", "veth", "tun", "bond"};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kind, kinds[i]))
			return true;
	return false;
}

bool link_transmits(const struct link *link)
{
	if (link->refuses)
		return false;
	return link->features_known ? link->features & XDP_ACT_NDO_XMIT
				    : kind_transmits(link->kind);
}

bool link_partial_csum(const struct link *link)
{
	static const char *const kinds[] = {"veth", "netkit", "tun", "bridge"};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(link->kind, kinds[i]))
			return true;
	return false;
}

void link_gone(struct links *links, struct link *link)
{
	if (!link->announced)
		return;
	vlans_trunk_gone(links, link);
	hash_remove(&links->names, &link->by_name);
	link->announced = false;
	LINKS_TELL(links, gone, link);
}

int link_announce(struct links *links, struct link *link)
{
	int err = hash_insert(&links->names, &link->by_name,
			      name_hash(link->name));

	if (err)
		return err;
	link->announced = true;
	LINKS_TELL(links, appeared, link);
	return 0;
}

void link_remove(struct links *links, struct link *link)
{
	hash_remove(&links->table, &link->node);
	link_gone(links, link);
	free(link);
}

/* Of a VLAN that is wanted, only its netdev goes. */
static void netdev_gone(struct links *links, struct link *link)
{
	if (!vlans_stay(links, link))
		link_remove(links, link);
	vlans_settle(links);
}

void links_delete(struct links *links, uint32_t ifindex)
{
	struct link *link = links_by_index(links, ifindex);

	if (link)
		netdev_gone(links, link);
}

struct link *link_new(struct links *links, uint32_t ifindex)
{
	struct link *link = calloc(1, sizeof(*link));

	if (!link)
		return NULL;
	link->ifindex = ifindex;
	if (!hash_insert(&links->table, &link->node, ifindex))
		return link;
	free(link);
	return NULL;
}

static bool link_differs(const struct link *link, const struct link_report *r)
{
	return strcmp(link->kind, r->kind) ||
	       memcmp(link->mac, r->mac, sizeof(link->mac)) ||
	       link->ethernet != r->ethernet || link->admin_up != r->admin_up ||
	       link->point_to_point != r->point_to_point ||
	       link->multicast != r->multicast || link->carrier != r->carrier ||
	       link->mtu != r->mtu || link->peer != r->peer ||
	       link->peer_elsewhere != r->peer_elsewhere ||
	       link->bond != r->bond || link->vlan != r->vlan;
}

static void link_copy(struct link *link, const struct link_report *r)
{
	memcpy(link->name, r->name, sizeof(link->name));
	memcpy(link->kind, r->kind, sizeof(link->kind));
	memcpy(link->mac, r->mac, sizeof(link->mac));
	link->ethernet = r->ethernet;
	link->loopback = r->loopback;
	link->point_to_point = r->point_to_point;
	link->multicast = r->multicast;
	link->admin_up = r->admin_up;
	link->carrier = r->carrier;
	link->mtu = r->mtu;
	link->peer = r->peer;
	link->peer_elsewhere = r->peer_elsewhere;
	link->bond = r->bond;
	link->xdp_program = r->xdp_program;
	link->vlan = r->vlan;
}

/* It has been renamed or was taken for another kind of thing. */
static bool is_another(const struct links *links, const struct link *link,
		       const struct link_report *report)
{
	return link->announced && (strcmp(link->name, report->name) ||
				   link->trunk != vlans_trunk(links, report) ||
				   (link->trunk && link->vlan != report->vlan));
}

static void link_leaves(struct links *links, struct link *link,
			const struct link_report *report)
{
	link->renamed = strcmp(link->name, report->name) != 0;
	link_gone(links, link);
	link->renamed = false;
}

int link_report(struct links *links, struct link *link,
		const struct link_report *report)
{
	bool differs = link_differs(link, report);
	bool program = link->announced &&
		       link->xdp_program != report->xdp_program;
	int err;

	link->seen = links->dump;
	if (differs || program)
		link->refuses = false;
	if (is_another(links, link, report))
		link_leaves(links, link, report);
	link_copy(link, report);
	link->trunk = vlans_trunk(links, report);
	if (!link->announced) {
		vlans_make_room(links, link);
		err = link_announce(links, link);
		if (err)
			return err;
		vlans_appeared(links, link);
	} else if (differs) {
		LINKS_TELL(links, changed, link);
		vlans_trunk_changed(links, link);
	}
	if (program)
		LINKS_TELL(links, program, link);
	return 0;
}

int links_report(struct links *links, const struct link_report *report)
{
	struct link *holder = links_by_name(links, report->name);
	struct link *link = links_by_index(links, report->ifindex);
	int err;

	if (!link && holder && vlans_is_netdev_of(links, holder, report)) {
		link = holder;
		err = link_move(links, link, report);
		if (err)
			return err;
	}
	/* The holder of this name was renamed or deleted, unseen so far. */
	if (holder && holder != link)
		link_remove(links, holder);
	if (!link)
		link = link_new(links, report->ifindex);
	if (!link)
		return -ENOMEM;
	err = link_report(links, link, report);
	vlans_settle(links);
	return err;
}

static size_t address_find(const struct link *link,
			   const struct proto_address *address)
{
	size_t i;

	for (i = 0; i < link->address_count; i++)
		if (mgm_address_equal(&link->addresses[i].address,
				      &address->address) &&
		    link->addresses[i].prefix_len == address->prefix_len &&
		    mgm_address_equal(&link->addresses[i].peer, &address->peer))
			break;
	return i;
}

static void address_drop(struct link *link, size_t i)
{
	size_t rest = --link->address_count - i;

	memmove(&link->addresses[i], &link->addresses[i + 1],
		rest * sizeof(link->addresses[0]));
	memmove(&link->address_seen[i], &link->address_seen[i + 1],
		rest * sizeof(link->address_seen[0]));
}

void links_address(struct links *links, uint32_t ifindex,
		   const struct proto_address *address, bool add)
{
	struct link *link = links_by_index(links, ifindex);
	size_t i;

	if (!link)
		return;
	i = address_find(link, address);
	if (add && i < link->address_count)
		link->address_seen[i] = links->dump;
	if (add == (i < link->address_count))
		return;
	if (add) {
		if (link->address_count == LINK_ADDRESSES)
			return;
		link->address_seen[link->address_count] = links->dump;
		link->addresses[link->address_count++] = *address;
	} else {
		address_drop(link, i);
	}
	LINKS_TELL(links, changed, link);
}

void links_features(struct links *links, uint32_t ifindex, bool known,
		    uint64_t features)
{
	struct link *link = links_by_index(links, ifindex);

	if (!link ||
	    (link->features_known == known && link->features == features))
		return;
	link->features_known = known;
	link->features = features;
	link->refuses = false;
	LINKS_TELL(links, changed, link);
}

void links_mc_forwarding(struct links *links, uint32_t ifindex, bool on)
{
	struct link *link = links_by_index(links, ifindex);

	if (!link || link->mc_forwarding == on)
		return;
	link->mc_forwarding = on;
	LINKS_TELL(links, changed, link);
}

void links_route(const struct links *links, uint32_t table,
		 const struct mgm_prefix *prefix)
{
	LINKS_TELL(links, route, table, prefix);
}

void links_routes(const struct links *links)
{
	LINKS_TELL(links, routes);
}

void links_mroutes(const struct links *links)
{
	LINKS_TELL(links, mroutes);
}

void links_dump_begin(struct links *links)
{
	links->dump++;
}

/* Returns whether the link has lost an address. */
static bool addresses_sweep(struct link *link, uint32_t dump)
{
	size_t i = 0, before = link->address_count;

	while (i < link->address_count)
		if (link->address_seen[i] != dump)
			address_drop(link, i);
		else
			i++;
	return link->address_count != before;
}

/* One that the dump has not told, or whose addresses it has not. Then the walk
 * begins anew, for others may have gone with it. */
static bool sweep_one(struct links *links)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&links->table, n, tmp, i) {
		struct link *link = hash_entry(n, struct link, node);

		if (!link_is_netdev(link))
			continue;
		if (link->seen != links->dump) {
			netdev_gone(links, link);
			return true;
		}
		if (addresses_sweep(link, links->dump)) {
			LINKS_TELL(links, changed, link);
			return true;
		}
	}
	return false;
}

void links_dump_end(struct links *links)
{
	while (sweep_one(links))
		;
}
