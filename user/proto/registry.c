/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocols inside the daemon; see proto.h. One that is added here has a
 * folder of its name, with a function that returns its table of hooks.
 */
#include "proto.h"

#include <string.h>

#include "lib/address.h"

/* The registry: a line each. join and leave are asked in this order. */
#define PROTOCOLS(X) \
	X(igmp)      \
	X(static)    \
	X(host)      \
	X(proxy)

#define DECLARE(name) const struct proto *name##_proto(void);
PROTOCOLS(DECLARE)

#define ENTRY(name) name##_proto,
static const struct proto *(*const registry[])(void) = {PROTOCOLS(ENTRY)};

_Static_assert(sizeof(registry) / sizeof(registry[0]) <= PROTO_MAX,
	       "more protocols than proto.h has places for");

const struct proto *proto_get(size_t index)
{
	if (index >= sizeof(registry) / sizeof(registry[0]))
		return NULL;
	return registry[index]();
}

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
