/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's section of an interface. Times are milliseconds. */
#ifndef XMGM_PROTO_HOST_CONFIG_H
#define XMGM_PROTO_HOST_CONFIG_H

#include <netinet/in.h>

#include "proto/proto.h"

#define HOST_JOINS 256

/* A group that this router is a member of; source 0: any. */
struct host_join {
	struct in_addr group, source;
};

struct host_config {
	OPTION_LIST_OF(struct host_join, HOST_JOINS) joins;
	uint32_t version;	 /* 1 to 3; default 3 */
	uint32_t robustness;	 /* 1 to 7; default 2 */
	uint32_t unsolicited_ms; /* default 1000 */
};

/* For struct proto. */
const struct proto_options *host_config_options(void);

#endif /* XMGM_PROTO_HOST_CONFIG_H */
