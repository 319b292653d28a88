/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the file says of VLANs, which are named by their trunk: their
 * addresses, and what cannot work of it.
 */
#include "internal.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"
#include "lib/argument.h"

int config_address_read(const char *text, void *item, char why[OPTION_WHY])
{
	static const char form[] = "write an IPv4 address and the length of "
				   "its subnet: 10.1.0.1/24";
	const char *slash = strchr(text, '/');
	struct proto_address *a = item;
	char address[ADDRESS_TEXT];
	char *end = NULL;

	snprintf(why, OPTION_WHY, "%s", form);
	memset(a, 0, sizeof(*a));
	a->peer = mgm_address_v4((struct in_addr){0});
	if (!slash || !isdigit((unsigned char)slash[1]))
		return -EINVAL;
	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	a->prefix_len = (unsigned int)strtoul(slash + 1, &end, 10);
	if (*end || !a->prefix_len || a->prefix_len > 32 ||
	    address_parse(address, &a->address) ||
	    !mgm_address_is_v4(&a->address) || !address_is_source(&a->address))
		return -EINVAL;
	return 0;
}

void config_address_write(const void *item, char buffer[OPTION_TEXT_MAX])
{
	const struct proto_address *a = item;

	address_prefix_text(&a->address, a->prefix_len, buffer);
}

/* --- what cannot work -------------------------------------------------- */

static bool is_routed(const struct proto_config *proto, const char *name)
{
	size_t i, j;

	for (i = 0; i < proto->route_count; i++) {
		const struct proto_route_config *route = &proto->routes[i];

		if (!strcmp(route->from, name))
			return true;
		for (j = 0; j < route->to_count; j++)
			if (!strcmp(route->to[j], name))
				return true;
	}
	for (i = 0; i < proto->join_count; i++)
		if (!strcmp(proto->joins[i].interface, name))
			return true;
	for (i = 0; i < proto->rpf_count; i++)
		if (!strcmp(proto->rpfs[i].dev, name))
			return true;
	return false;
}

/* By a protocol of this process, or a section of one outside. */
static bool has_protocol(const struct proto_interface_config *interface,
			 const struct conf_item *section)
{
	const struct conf_item *item;
	size_t i;

	for (i = 0; i < PROTO_MAX; i++)
		if (interface->blocks[i].enabled)
			return true;
	for (item = section->items; item; item = item->next)
		if (item->section && !strcmp(item->name, "remote"))
			return true;
	return false;
}

/* A trunk is attached once, and so in one mode for all that is on it. */
static void check_mode(struct config_reader *r, size_t at, const char *trunk,
		       const struct conf_item *section)
{
	const struct proto_config *proto = &r->config->proto;
	const int mode = r->config->interfaces[at].mode;
	char other[XMGM_IFNAME_LEN];
	uint16_t vlan;
	size_t i;

	for (i = 0; mode != PLANE_AUTO && i < proto->interface_count; i++) {
		const char *name = proto->interfaces[i].name;

		if (i == at || r->config->interfaces[i].mode == PLANE_AUTO ||
		    r->config->interfaces[i].mode == mode)
			continue;
		if (!argument_vlan(name, other, &vlan))
			snprintf(other, sizeof(other), "%s", name);
		if (strcmp(other, trunk))
			continue;
		conf_complain_at(r->errors, &section->place,
				 "%s and %s have different modes, but both are "
				 "attached by %s: write the same for both",
				 proto->interfaces[at].name, name, trunk);
		return;
	}
}

static void check_vlan(struct config_reader *r, size_t at, const char *trunk,
		       const struct conf_item *section)
{
	const struct proto_interface_config *interface =
		&r->config->proto.interfaces[at];

	check_mode(r, at, trunk, section);
	if (r->config->interfaces[at].source_mac == SOURCE_MAC_ROUTER)
		conf_complain_at(r->errors, &section->place,
				 "VLAN %s cannot have source-mac = router: a "
				 "program writes the tag of its copies, and "
				 "the trunk's own MAC with it: take it out",
				 interface->name);
	if (has_protocol(interface, section) ||
	    is_routed(&r->config->proto, interface->name))
		return;
	conf_complain_at(r->errors, &section->place,
			 "nobody would use VLAN %s: give it an igmp section, "
			 "or another protocol's, or name it in a route or join",
			 interface->name);
}

void config_check_vlans(struct config_reader *r, const struct conf *conf)
{
	const struct conf_item *item;
	char trunk[XMGM_IFNAME_LEN];
	uint16_t vlan;
	size_t i;

	if (r->errors->count)
		return;
	for (item = conf->items; item; item = item->next) {
		if (!item->section || !item->count ||
		    strcmp(item->name, "interface"))
			continue;
		if (config_interface_index(r->config, item->values[0].text, &i))
			return;
		if (argument_vlan(item->values[0].text, trunk, &vlan))
			check_vlan(r, i, trunk, item);
		else if (r->config->interfaces[i].addresses.count)
			conf_complain_at(r->errors, &item->place,
					 "address is for VLANs without a "
					 "network device, as in trunk0.100: "
					 "give %s one by `ip address add`",
					 item->values[0].text);
	}
}
