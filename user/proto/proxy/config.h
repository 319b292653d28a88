/* SPDX-License-Identifier: GPL-2.0-only */
/* The proxy's section of an interface, which makes it an upstream. */
#ifndef XMGM_PROTO_PROXY_CONFIG_H
#define XMGM_PROTO_PROXY_CONFIG_H

#include <netinet/in.h>

#include "proto/proto.h"

#define PROXY_PREFIXES 32

/* An IPv4 prefix: groups, or sources. */
struct proxy_prefix {
	uint32_t net; /* in host order */
	uint32_t length;
};

#define PROXY_PREFIX_TEXT 20

struct proxy_config {
	OPTION_LIST_OF(struct proxy_prefix, PROXY_PREFIXES) groups;
	OPTION_LIST_OF(struct proxy_prefix, PROXY_PREFIXES) sources;
	uint32_t priority; /* the lowest that can be used is; default 100 */
};

/* For struct proto. */
const struct proto_options *proxy_config_options(void);

static inline bool proxy_prefix_holds(const struct proxy_prefix *prefix,
				      uint32_t address)
{
	return !prefix->length ||
	       !((prefix->net ^ address) >> (32 - prefix->length));
}

static inline bool proxy_prefix_equal(const struct proxy_prefix *a,
				      const struct proxy_prefix *b)
{
	return a->net == b->net && a->length == b->length;
}

/* "239.0.0.0/8" into buffer, which it returns. */
const char *proxy_prefix_text(const struct proxy_prefix *prefix,
			      char buffer[PROXY_PREFIX_TEXT]);
/* As the manager has prefixes. */
struct mgm_prefix proxy_prefix_mgm(const struct proxy_prefix *prefix);

#endif /* XMGM_PROTO_PROXY_CONFIG_H */
