/* SPDX-License-Identifier: GPL-2.0-only */
/* The proxy's section of an interface, which makes it an upstream. */
#ifndef XMGM_PROTO_PROXY_CONFIG_H
#define XMGM_PROTO_PROXY_CONFIG_H

#include <string.h>

#include "proto/proto.h"

#define PROXY_PREFIXES 32

/* Prefixes are of IPv4. */
struct proxy_config {
	OPTION_LIST_OF(struct mgm_prefix, PROXY_PREFIXES) groups;
	OPTION_LIST_OF(struct mgm_prefix, PROXY_PREFIXES) sources;
	uint32_t priority; /* the lowest that can be used is; default 100 */
};

/* For struct proto. */
const struct proto_options *proxy_config_options(void);

static inline bool proxy_prefix_equal(const struct mgm_prefix *a,
				      const struct mgm_prefix *b)
{
	return !memcmp(a, b, sizeof(*a));
}

#endif /* XMGM_PROTO_PROXY_CONFIG_H */
