/* SPDX-License-Identifier: GPL-2.0-only */
/* DVMRP's section of an interface and of the file. Times are milliseconds. */
#ifndef XMGM_PROTO_DVMRP_CONFIG_H
#define XMGM_PROTO_DVMRP_CONFIG_H

#include <netinet/in.h>

#include "proto/proto.h"
#include "wire/dvmrp.h"

#define DVMRP_LIST 64

/* The draft's times: the defaults. */
#define DVMRP_PROBE_MS	      10000u
#define DVMRP_NEIGHBOR_MS     35000u
#define DVMRP_REPORT_MS	      60000u
#define DVMRP_FLASH_MS	      5000u
#define DVMRP_ROUTE_EXPIRY_MS 140000u
#define DVMRP_HOLD_DOWN_MS    120000u

struct dvmrp_interface_config {
	uint32_t metric; /* 1 to 31; default 1 */
	/* Who may be a neighbour; empty: whoever is in the subnet. */
	OPTION_LIST_OF(struct in_addr, DVMRP_LIST) neighbors;
	/* Routes in one of these are taken, or said; default 0.0.0.0/0. The
	 * default route itself is a matter of the two below. */
	OPTION_LIST_OF(struct dvmrp_prefix, DVMRP_LIST) accept;
	OPTION_LIST_OF(struct dvmrp_prefix, DVMRP_LIST) announce;
	bool accept_default;	/* default true */
	bool announce_default;	/* default true */
	uint32_t max_neighbors; /* 1 to 64; default 64 */
};

struct dvmrp_config {
	uint32_t max_routes;	    /* 1 to 1000000; default 20000 */
	uint32_t max_prunes;	    /* received ones; default 100000 */
	uint32_t max_entries;	    /* (net,G); default 100000 */
	uint32_t prune_lifetime_ms; /* default 7200 s */
	uint32_t probe_ms, neighbor_ms;
	uint32_t report_ms, flash_ms;
	uint32_t expiry_ms, hold_down_ms;
};

/* For struct proto. */
const struct proto_options *dvmrp_config_options(void);

#endif /* XMGM_PROTO_DVMRP_CONFIG_H */
