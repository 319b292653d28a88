/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The protocols inside the daemon; see proto.h. One that is added here has a
 * folder of its name, with a function that returns its table of hooks.
 */
#include "proto.h"

/* The registry: a line each. join and leave are asked in this order. */
#define PROTOCOLS(X) \
	X(igmp)      \
	X(static)    \
	X(host)      \
	X(proxy)     \
	X(dvmrp)

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
