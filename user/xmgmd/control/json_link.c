/* SPDX-License-Identifier: GPL-2.0-only */
/* What the kernel says of an interface, for show.interfaces. */
#include "xmgmd/control/control.h"

/* Which VLAN of which netdev it is; null: untagged. */
static void add_vlan(struct json_object *row, const struct link *link,
		     const struct link *carrier)
{
	const bool is_vlan = link && link->trunk;
	const char *tag = "802.1Q";

	if (is_vlan && link->vlan & XMGM_PORT_AD)
		tag = "802.1ad";
	json_add_text(row, "port", carrier ? carrier->name : NULL);
	json_object_object_add(row, "vlan",
			       is_vlan ? json_object_new_uint64(link->vlan &
								~XMGM_PORT_AD)
				       : NULL);
	json_add_text(row, "tag", is_vlan ? tag : NULL);
	json_add_flag(row, "netdev", link && link_is_netdev(link));
}

/* In the words of the kernel's family netdev; null: it does not tell. */
static void add_features(struct json_object *row, const struct link *carrier)
{
	static const char *const names[] = {"basic",	  "redirect",
					    "ndo-xmit",	  "xsk-zerocopy",
					    "hw-offload", "rx-sg",
					    "ndo-xmit-sg"};
	struct json_object *array = NULL;
	size_t i;

	if (carrier && carrier->features_known)
		array = json_object_new_array();
	for (i = 0; array && i < sizeof(names) / sizeof(names[0]); i++)
		if (carrier->features & 1ull << i)
			json_object_array_add(array,
					      json_object_new_string(names[i]));
	json_object_object_add(row, "xdp_features", array);
}

static void add_addresses(struct json_object *row, const struct link *link)
{
	struct json_object *array = json_object_new_array();
	size_t i;

	for (i = 0; link && i < link->address_count; i++)
		json_object_array_add(array,
				      json_address(&link->addresses[i].address,
						   false));
	json_object_object_add(row, "addresses", array);
}

void json_add_link(const struct router *r, struct json_object *row,
		   const struct link *link)
{
	const struct link *carrier = link ? links_carrier(&r->d->links, link)
					  : NULL;

	add_vlan(row, link, carrier);
	add_features(row, carrier);
	json_add_flag(row, "up", link && link_up(link));
	json_add_number(row, "mtu", link ? link->mtu : 0);
	add_addresses(row, link);
}
