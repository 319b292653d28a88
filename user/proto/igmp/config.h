/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP's section of an interface: names and defaults of RFC 9776 section 8,
 * and our own limits. Times are milliseconds.
 */
#ifndef XMGM_PROTO_IGMP_CONFIG_H
#define XMGM_PROTO_IGMP_CONFIG_H

#include "policy.h"
#include "proto/proto.h"

/* On a LAN where another router is querier, and no protocol is here. */
enum igmp_forward_mode {
	IGMP_FORWARD_AUTO,    /* unless that one is known to be a router */
	IGMP_FORWARD_QUERIER, /* only as querier: RFC 4605 section 4.2 */
	IGMP_FORWARD_ALWAYS,
};

struct igmp_config {
	bool enabled;		      /* false without the section */
	int forward;		      /* enum igmp_forward_mode */
	bool adopt_version;	      /* older ones, of other routers */
	bool passive;		      /* never querier */
	bool router_discovery;	      /* RFC 4286; default true */
	uint32_t advertisement_ms;    /* its interval; default 20000 */
	uint32_t version;	      /* 1 to 3; default 3 */
	uint32_t robustness;	      /* 1 to 7; default 2 */
	uint32_t query_interval_ms;   /* default 125000 */
	uint32_t query_response_ms;   /* default 10000 */
	uint32_t last_member_ms;      /* default 1000 */
	uint32_t last_member_count;   /* 0: the robustness variable */
	uint32_t startup_query_ms;    /* 0: a quarter of query_interval_ms */
	uint32_t startup_query_count; /* 0: the robustness variable */
	struct igmp_policy policy;    /* empty: everything is allowed */
	char unnumbered[XMGM_IFNAME_LEN]; /* borrows there; see subnets.c */
	bool promiscuous;		  /* hosts of any net are heard */
	bool ssm_only;			  /* no group by any source */
	bool immediate_leave;		  /* by the last host; default false */
	bool ignore_v1;		   /* reports of version 1; default false */
	uint32_t max_groups;	   /* default 16384 */
	uint32_t max_host_groups;  /* of one host; 0: a quarter of those */
	uint32_t max_sources;	   /* of one group; default 512 */
	uint32_t max_host_sources; /* of one host; 0: a quarter of those */
	uint32_t max_tracked;	   /* listeners; default 65536 */
	uint32_t max_host_tracked; /* of one host; 0: a quarter of those */
	uint32_t max_host_records; /* a second, of one host; 0: see check */
	uint32_t query_rate;	   /* queries a second; default 1000 */
};

/* For struct proto; the section of the file is struct igmp_global, ssm.h. */
const struct proto_options *igmp_config_options(void);

#endif /* XMGM_PROTO_IGMP_CONFIG_H */
