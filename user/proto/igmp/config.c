/* SPDX-License-Identifier: GPL-2.0-only */
/* See config.h. */
#include "config.h"

#include <string.h>

#include "lib/address.h"
#include "pace.h"
#include "ssm.h"

#define ADOPT_MARGIN_MS 5000u
#define HOST_RECORDS	10000u /* a second, at least */
#define V1_RESPONSE_MS	10000u /* its hosts know no other */
#define V2_MAX_MS	25500u /* a byte of tenths of a second */
#define UNIT_MS		100u   /* of both in a query */

#define NUMBER(name, min, max, standard, field)                   \
	{                                                         \
		name, OPTION_U32, min, max, standard, 0,          \
			offsetof(struct igmp_config, field), NULL \
	}
#define SECONDS(name, min, max, standard, field)                  \
	{                                                         \
		name, OPTION_SECONDS, min, max, standard, 0,      \
			offsetof(struct igmp_config, field), NULL \
	}

#define BOOL(name, field) SWITCH(name, false, field)
#define SWITCH(name, standard, field)                             \
	{                                                         \
		name, OPTION_BOOL, 0, 0, standard, 0,             \
			offsetof(struct igmp_config, field), NULL \
	}

static const struct option_list policy = {
	.max = IGMP_POLICY_RULES,
	.size = sizeof(struct igmp_rule),
	.read = igmp_policy_read,
	.write = igmp_policy_write,
};

static const struct option_list ssm_ranges = {
	.max = IGMP_SSM_RANGES,
	.size = sizeof(struct igmp_prefix),
	.standard = "232.0.0.0/8", /* RFC 4607 section 1 */
	.read = igmp_ssm_read_range,
	.write = igmp_ssm_write_range,
};

static const struct option_list ssm_mappings = {
	.max = IGMP_SSM_MAPPINGS,
	.size = sizeof(struct igmp_mapping),
	.read = igmp_ssm_read_mapping,
	.write = igmp_ssm_write_mapping,
};

/* IGMP's section of the file. */
static const struct conf_option global_options[] = {
	{"ssm-range", OPTION_LIST, 0, 0, 0, 0,
	 offsetof(struct igmp_global, ssm_range), &ssm_ranges},
	{"ssm-map", OPTION_LIST, 0, 0, 0, 0,
	 offsetof(struct igmp_global, ssm_map), &ssm_mappings},
	{0},
};

static const char *const forward_words[] = {"auto", "querier", "always", NULL};

/* The ranges are what the wire can say: RFC 9776 sections 4.1.1 and 4.1.7. */
static const struct conf_option options[] = {
	BOOL("passive", passive),
	{"forward", OPTION_WORD, 0, 0, IGMP_FORWARD_AUTO, 0,
	 offsetof(struct igmp_config, forward), forward_words},
	NUMBER("version", 1, 3, 3, version),
	BOOL("adopt-version", adopt_version),
	NUMBER("robustness", 1, 7, 2, robustness),
	SECONDS("query-interval", 1, 31744, 125000, query_interval_ms),
	SECONDS("query-response-interval", 1, 3174, 10000, query_response_ms),
	SECONDS("last-member-query-interval", 0, 3174, 1000, last_member_ms),
	NUMBER("last-member-query-count", 1, 255, 0, last_member_count),
	SECONDS("startup-query-interval", 1, 31744, 0, startup_query_ms),
	NUMBER("startup-query-count", 1, 255, 0, startup_query_count),
	{"unnumbered", OPTION_TEXT, 0, XMGM_IFNAME_LEN - 1, 0, 0,
	 offsetof(struct igmp_config, unnumbered), NULL},
	BOOL("promiscuous", promiscuous),
	BOOL("ssm-only", ssm_only),
	BOOL("immediate-leave", immediate_leave),
	BOOL("ignore-version-1", ignore_v1),
	{"policy", OPTION_LIST, 0, 0, 0, 0,
	 offsetof(struct igmp_config, policy), &policy},
	NUMBER("max-groups", 1, 1048576, 16384, max_groups),
	NUMBER("max-groups-per-host", 1, 1048576, 0, max_host_groups),
	NUMBER("max-sources", 1, 65535, 512, max_sources),
	NUMBER("max-sources-per-host", 1, 65535, 0, max_host_sources),
	NUMBER("max-tracked", 0, 4194304, 65536, max_tracked),
	NUMBER("max-tracked-per-host", 1, 4194304, 0, max_host_tracked),
	NUMBER("max-records-per-host", 1, 10000000, 0, max_host_records),
	NUMBER("query-rate", 1, 100000, IGMP_QUERY_RATE, query_rate),
	SWITCH("router-discovery", true, router_discovery),
	SECONDS("advertisement-interval", 4, 180, 20000, advertisement_ms),
	{0},
};

/* A rule, and whether the configuration breaks it. */
static bool broken(const struct igmp_config *c, size_t rule)
{
	switch (rule) {
	case 0:
		return c->query_response_ms >= c->query_interval_ms;
	case 1:
		return c->version == 2 && c->query_response_ms > V2_MAX_MS;
	case 2:
		return c->version == 2 && c->last_member_ms > V2_MAX_MS;
	case 3:
		return c->startup_query_ms > c->query_interval_ms;
	case 4:
		return c->last_member_ms < UNIT_MS;
	case 5:
		return c->version == 1 &&
		       c->query_response_ms != V1_RESPONSE_MS;
	case 6:
		return c->passive && c->forward == IGMP_FORWARD_QUERIER;
	case 7:
		return c->max_host_groups > c->max_groups;
	case 8:
		return c->max_host_sources > c->max_sources;
	case 9:
		return c->max_host_tracked > c->max_tracked;
	default:
		return c->version == 1 && c->ignore_v1;
	}
}

/* Names are not known here, but what is none. */
static void judge_unnumbered(const struct igmp_config *config,
			     const struct proto_judge *judge)
{
	const char *name = config->unnumbered;
	struct mgm_address address;

	if (strpbrk(name, "/ \t") ||
	    (!address_parse(name, &address) &&
	     (!mgm_address_is_v4(&address) || !address_is_source(&address))))
		judge->complain(judge->arg, "unnumbered",
				"unnumbered is neither an interface nor an "
				"IPv4 address of one: \"lo\", \"10.0.0.1\"");
}

static void judge_rules(const struct igmp_config *config,
			const struct proto_judge *judge)
{
	static const struct {
		const char *option, *why;
	} rules[] = {
		{"query-response-interval",
		 "query-response-interval must be shorter than query-interval"},
		{"query-response-interval",
		 "query-response-interval is above 25.5, the most that a "
		 "version 2 query can say: write less, or version = 3"},
		{"last-member-query-interval",
		 "last-member-query-interval is above 25.5, the most that a "
		 "version 2 query can say: write less, or version = 3"},
		{"startup-query-interval",
		 "startup-query-interval must not be longer than "
		 "query-interval"},
		{"last-member-query-interval",
		 "last-member-query-interval is below 0.1, the unit in which a "
		 "query says it"},
		{"query-response-interval",
		 "query-response-interval is not 10, and hosts of version 1 "
		 "know no other: leave it out, or write version = 2 or 3"},
		{"forward",
		 "forward = querier and passive: it is never querier, so "
		 "nothing would be forwarded: write forward = auto or always"},
		{"max-groups-per-host",
		 "max-groups-per-host must not be greater than max-groups"},
		{"max-sources-per-host",
		 "max-sources-per-host must not be greater than max-sources"},
		{"max-tracked-per-host",
		 "max-tracked-per-host must not be greater than max-tracked"},
		{"ignore-version-1",
		 "ignore-version-1 leaves no hosts to version = 1: take one of "
		 "them away"},
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (broken(config, i))
			judge->complain(judge->arg, rules[i].option,
					rules[i].why);
}

static void check(void *interface, const struct proto_judge *judge)
{
	struct igmp_config *config = interface;

	judge_rules(config, judge);
	judge_unnumbered(config, judge);
	if (!config->max_host_groups)
		config->max_host_groups = (config->max_groups + 3) / 4;
	if (!config->max_host_sources)
		config->max_host_sources = (config->max_sources + 3) / 4;
	if (!config->max_host_tracked)
		config->max_host_tracked = (config->max_tracked + 3) / 4;
	/* A host answers for all groups at once, and repeats its changes. */
	if (!config->max_host_records)
		config->max_host_records =
			config->max_host_groups < HOST_RECORDS / 2
				? HOST_RECORDS
				: 2 * config->max_host_groups;
	if (!config->last_member_count)
		config->last_member_count = config->robustness;
	if (!config->startup_query_ms)
		config->startup_query_ms = config->query_interval_ms / 4;
	if (!config->startup_query_count)
		config->startup_query_count = config->robustness;
}

/* Hosts have to answer our first queries. */
static uint32_t adopt_ms(const void *interface)
{
	const struct igmp_config *config = interface;

	return config->query_response_ms + ADOPT_MARGIN_MS;
}

const struct proto_options *igmp_config_options(void)
{
	static const struct proto_options ours = {
		.interface = options,
		.interface_size = sizeof(struct igmp_config),
		.global = global_options,
		.global_size = sizeof(struct igmp_global),
		.check = check,
		.adopt_ms = adopt_ms,
	};

	return &ours;
}
