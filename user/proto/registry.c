/* SPDX-License-Identifier: GPL-2.0-only */
/* The protocols inside the daemon, one line each; see proto.h. */
#include "proto.h"

#include <string.h>

#include "igmp/igmp.h"
#include "static/static.h"

static const struct proto *(*const registry[])(void) = {
	igmp_proto,
	static_proto,
};

const struct proto *proto_get(size_t index)
{
	if (index >= sizeof(registry) / sizeof(registry[0]))
		return NULL;
	return registry[index]();
}

bool proto_config_igmp(const struct proto_config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->interface_count; i++)
		if (!strcmp(config->interfaces[i].name, name))
			return config->interfaces[i].igmp.enabled;
	return false;
}
