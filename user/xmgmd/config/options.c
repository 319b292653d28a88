/* SPDX-License-Identifier: GPL-2.0-only */
/* The daemon's own options, as tables; see config.h and lib/option.h. */
#include "config.h"

static const char *const modes[] = {PLANE_MODE_NAMES, NULL};
static const char *const foreigns[] = {
	[FOREIGN_AUTO] = "auto",
	[FOREIGN_PASS] = "pass",
	[FOREIGN_DROP] = "drop",
	NULL,
};
static const char *const macs[] = {
	[SOURCE_MAC_OWN] = "own",
	[SOURCE_MAC_ROUTER] = "router",
	NULL,
};

static const struct option_list boundaries = {
	.max = CONFIG_BOUNDARIES,
	.size = sizeof(struct mgm_prefix),
	.read = config_boundary_read,
	.write = config_boundary_write,
};

static const struct option_list filters = {
	.max = CONFIG_FILTERS,
	.size = sizeof(struct mgm_rule),
	.read = config_filter_read,
	.write = config_filter_write,
};

static const struct option_list addresses = {
	.max = LINK_WANTED,
	.size = sizeof(struct proto_address),
	.read = config_address_read,
	.write = config_address_write,
};

const struct conf_option *config_interface_options(void)
{
	static const struct conf_option table[] = {
		{"mode", OPTION_WORD, 0, 0, PLANE_AUTO, 0,
		 offsetof(struct config_interface, mode), modes},
		{"ttl-threshold", OPTION_U8, 1, 255, 1, 0,
		 offsetof(struct config_interface, ttl_threshold), NULL},
		{"wrong-if-reports", OPTION_BOOL, 0, 0, true, 0,
		 offsetof(struct config_interface, wrong_if_reports), NULL},
		{"source-mac", OPTION_WORD, 0, 0, SOURCE_MAC_OWN, 0,
		 offsetof(struct config_interface, source_mac), macs},
		{"foreign", OPTION_WORD, 0, 0, FOREIGN_AUTO, 0,
		 offsetof(struct config_interface, foreign), foreigns},
		{"rate-limit", OPTION_U32, 0, CONFIG_RATE_MAX, 0, 0,
		 offsetof(struct config_interface, rate_kbit), NULL},
		{"boundary", OPTION_LIST, 0, 0, 0, 0,
		 offsetof(struct config_interface, boundary), &boundaries},
		{"boundary-in", OPTION_LIST, 0, 0, 0, 0,
		 offsetof(struct config_interface, boundary_in), &boundaries},
		{"boundary-out", OPTION_LIST, 0, 0, 0, 0,
		 offsetof(struct config_interface, boundary_out), &boundaries},
		{"filter", OPTION_LIST, 0, 0, 0, 0,
		 offsetof(struct config_interface, filter), &filters},
		{"address", OPTION_LIST, 0, 0, 0, 0,
		 offsetof(struct config_interface, addresses), &addresses},
		{0},
	};

	return table;
}

/* 0 leaves it to those who use it; `zero` is what they take then. */
#define LIMIT(name, kind, min, max, zero, field)                               \
	{                                                                      \
		name, kind, min, max, 0, zero, offsetof(struct config, field), \
			NULL                                                   \
	}

const struct conf_option *config_limit_options(void)
{
	static const struct conf_option table[] = {
		LIMIT("routes", OPTION_U32, 16, 4194304, 131072,
		      plane.max_routes),
		LIMIT("oif-sets", OPTION_U32, 16, 1048576, 4096,
		      plane.max_sets),
		LIMIT("pool-low", OPTION_U32, 1, 1024, 64, plane.pool_low),
		LIMIT("hold-packets", OPTION_U32, 1, 65536, 512,
		      plane.hold_packets),
		LIMIT("hold-bytes", OPTION_U32, 1500, 1u << 30, 1u << 20,
		      plane.hold_bytes),
		LIMIT("hold-packets-total", OPTION_U32, 1, 1u << 24, 65536,
		      plane.hold_packets_total),
		LIMIT("hold-bytes-total", OPTION_U64, 1500, 1ull << 34,
		      64u << 20, plane.hold_bytes_total),
		LIMIT("upcall-rate", OPTION_U32, 1, 10000000, 20000,
		      plane.upcall_rate),
		LIMIT("upcall-burst", OPTION_U32, 1, 10000000, 20000,
		      plane.upcall_burst),
		LIMIT("wrong-if-rate", OPTION_U32, 1, 1000000, 100,
		      plane.wrong_if_rate),
		LIMIT("fragment-rate", OPTION_U32, 1, 1000000, 1000,
		      plane.fragment_rate),
		LIMIT("igmp-rate", OPTION_U32, 1, 10000000, PLANE_IGMP_RATE,
		      plane.igmp_rate),
		LIMIT("igmp-burst", OPTION_U32, 1200, 100000000,
		      PLANE_IGMP_BURST, plane.igmp_burst),
		LIMIT("negative", OPTION_U32, 1, 4194304, 16384, mgm.negative),
		LIMIT("negative-life", OPTION_SECONDS, 1, 86400, 10000,
		      mgm.negative_ms),
		LIMIT("mfe-idle", OPTION_SECONDS, 1, 86400, 210000,
		      mgm.mfe_idle_ms),
		LIMIT("memberships", OPTION_U32, 1, 16777216, 1048576,
		      mgm.memberships),
		LIMIT("prefixes", OPTION_U32, 1, 65536, 4096, mgm.prefixes),
		LIMIT("rib-routes", OPTION_U32, 1, 16777216, 65536,
		      mgm.rib_routes),
		LIMIT("oifs", OPTION_U32, 1, XMGM_SET_OIFS, XMGM_SET_OIFS,
		      mgm.oifs),
		LIMIT("protocols", OPTION_U32, 1, 256, 256, mgm.clients),
		LIMIT("clients", OPTION_U32, 1, 4096, 64, clients),
		LIMIT("protocol-names", OPTION_U32, 1, 65536, 1024,
		      protocol_names),
		{0},
	};

	return table;
}

const struct conf_option *config_rpf_options(void)
{
	static const struct conf_option table[] = {
		{"any-leg", OPTION_BOOL, 0, 0, false, 0,
		 offsetof(struct config, rpf_any_leg), NULL},
		{"longest-match", OPTION_BOOL, 0, 0, false, 0,
		 offsetof(struct config, rpf_longest), NULL},
		{0},
	};

	return table;
}

const struct conf_option *config_top_options(void)
{
	static const char *const words[] = {
		[ON_STOP_KEEP] = "keep",
		[ON_STOP_RELEASE] = "release",
		NULL,
	};
	static const struct conf_option table[] = {
		{"on-stop", OPTION_WORD, 0, 0, ON_STOP_KEEP, 0,
		 offsetof(struct config, on_stop), words},
		{"state-directory", OPTION_TEXT, 1, CONFIG_DIRECTORY, 0, 0,
		 offsetof(struct config, state_directory), NULL},
		{"router-mac", OPTION_MAC, 0, 0, 0, 0,
		 offsetof(struct config, router_mac), NULL},
		{0},
	};

	return table;
}
