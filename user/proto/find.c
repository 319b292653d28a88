/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking things up in the registry and in the configuration; see proto.h. */
#include "proto.h"

#include <string.h>

#include "lib/address.h"

size_t proto_index(const struct proto *proto)
{
	const struct proto *one;
	size_t i;

	proto_for_each(i, one)
		if (one == proto)
			return i;
	return PROTO_MAX;
}

const struct proto_interface_config *
proto_config_interface(const struct proto_config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->interface_count; i++)
		if (!strcmp(config->interfaces[i].name, name))
			return &config->interfaces[i];
	return NULL;
}

bool proto_hosts_have(const struct mgm_sg *sg)
{
	const unsigned int bits = address_bits(&sg->group.address);

	return sg->group.length == bits &&
	       (!sg->source.length || sg->source.length == bits);
}

bool proto_config_hosts(const struct proto_config *config, const char *name)
{
	const struct proto_interface_config *interface =
		proto_config_interface(config, name);
	const struct proto *proto;
	size_t i;

	if (!interface)
		return false;
	proto_for_each(i, proto)
		if (proto->hosts && interface->blocks[i].enabled)
			return true;
	return false;
}
