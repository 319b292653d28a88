/* SPDX-License-Identifier: GPL-2.0-only */
/* See config.h. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"

const struct proto *dvmrp_proto(void);

static int read_neighbor(const char *text, void *item, char why[OPTION_WHY])
{
	struct in_addr *neighbor = item;
	struct mgm_address address;

	if (!address_parse(text, &address) && mgm_address_is_v4(&address) &&
	    address_is_source(&address)) {
		*neighbor = mgm_address_to_v4(&address);
		return 0;
	}
	snprintf(why, OPTION_WHY,
		 "write the IPv4 address of a router of this link: 10.0.0.2");
	return -EINVAL;
}

static void write_neighbor(const void *item, char buffer[OPTION_TEXT_MAX])
{
	inet_ntop(AF_INET, item, buffer, OPTION_TEXT_MAX);
}

static int read_prefix(const char *text, void *item, char why[OPTION_WHY])
{
	struct dvmrp_prefix *prefix = item;
	struct mgm_address address;
	unsigned int length;

	if (!address_parse_prefix(text, &address, &length) &&
	    mgm_address_is_v4(&address) &&
	    address_prefix_has_sources(&address, length)) {
		prefix->net = mgm_address_to_v4(&address);
		prefix->length = (uint8_t)length;
		return 0;
	}
	snprintf(why, OPTION_WHY, "write a prefix of IPv4 sources: 10.0.0.0/8");
	return -EINVAL;
}

static void write_prefix(const void *item, char buffer[OPTION_TEXT_MAX])
{
	const struct dvmrp_prefix *prefix = item;
	char net[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &prefix->net, net, sizeof(net));
	snprintf(buffer, OPTION_TEXT_MAX, "%s/%u", net, prefix->length);
}

static const struct option_list neighbors = {
	.max = DVMRP_LIST,
	.size = sizeof(struct in_addr),
	.read = read_neighbor,
	.write = write_neighbor,
};

static const struct option_list prefixes = {
	.max = DVMRP_LIST,
	.size = sizeof(struct dvmrp_prefix),
	.standard = "0.0.0.0/0",
	.read = read_prefix,
	.write = write_prefix,
};

#define AT(field) offsetof(struct dvmrp_interface_config, field)

static const struct conf_option interface_options[] = {
	{"metric", OPTION_U32, 1, 31, 1, 0, AT(metric), NULL},
	{"neighbors", OPTION_LIST, 0, 0, 0, 0, AT(neighbors), &neighbors},
	{"accept-routes", OPTION_LIST, 0, 0, 0, 0, AT(accept), &prefixes},
	{"announce-routes", OPTION_LIST, 0, 0, 0, 0, AT(announce), &prefixes},
	{"accept-default", OPTION_BOOL, 0, 0, true, 0, AT(accept_default),
	 NULL},
	{"announce-default", OPTION_BOOL, 0, 0, true, 0, AT(announce_default),
	 NULL},
	{"max-neighbors", OPTION_U32, 1, 64, 64, 0, AT(max_neighbors), NULL},
	{0},
};

#undef AT
#define AT(field) offsetof(struct dvmrp_config, field)

static const struct conf_option global_options[] = {
	{"max-routes", OPTION_U32, 1, 1000000, 20000, 0, AT(max_routes), NULL},
	{"max-prunes", OPTION_U32, 1, 10000000, 100000, 0, AT(max_prunes),
	 NULL},
	{"max-entries", OPTION_U32, 1, 10000000, 100000, 0, AT(max_entries),
	 NULL},
	{"prune-lifetime", OPTION_SECONDS, 6, 7200, 7200000, 0,
	 AT(prune_lifetime_ms), NULL},
	{"probe-interval", OPTION_SECONDS, 1, 60, DVMRP_PROBE_MS, 0,
	 AT(probe_ms), NULL},
	{"neighbor-timeout", OPTION_SECONDS, 2, 3600, DVMRP_NEIGHBOR_MS, 0,
	 AT(neighbor_ms), NULL},
	{"report-interval", OPTION_SECONDS, 1, 3600, DVMRP_REPORT_MS, 0,
	 AT(report_ms), NULL},
	{"flash-interval", OPTION_SECONDS, 1, 60, DVMRP_FLASH_MS, 0,
	 AT(flash_ms), NULL},
	{"route-expiry", OPTION_SECONDS, 2, 7200, DVMRP_ROUTE_EXPIRY_MS, 0,
	 AT(expiry_ms), NULL},
	{"hold-down", OPTION_SECONDS, 1, 7200, DVMRP_HOLD_DOWN_MS, 0,
	 AT(hold_down_ms), NULL},
	{0},
};

/* A neighbour that stands twice, or more of them than there may be. */
static void check(void *interface, const struct proto_judge *judge)
{
	const struct dvmrp_interface_config *c = interface;
	char text[INET_ADDRSTRLEN], line[OPTION_WHY];

	for (uint32_t i = 0; i < c->neighbors.count; i++) {
		for (uint32_t k = 0; k < i; k++) {
			if (c->neighbors.item[i].s_addr !=
			    c->neighbors.item[k].s_addr)
				continue;
			inet_ntop(AF_INET, &c->neighbors.item[i], text,
				  sizeof(text));
			snprintf(line, sizeof(line),
				 "neighbors has %s twice: take one of them out",
				 text);
			judge->complain(judge->arg, "neighbors", line);
		}
	}
	if (c->neighbors.count > c->max_neighbors)
		judge->complain(judge->arg, "neighbors",
				"there are more neighbors than max-neighbors "
				"lets in: raise it");
}

typedef void complain_fn(void *arg, const char *interface, const char *option,
			 const char *sentence);

/* Two cannot have one interface. */
static void judge_owners(const struct proto_interface_config *interface,
			 complain_fn *complain, void *arg)
{
	const struct proto *proto;
	char line[OPTION_WHY];
	size_t i;

	proto_for_each(i, proto) {
		if (proto == dvmrp_proto() || !proto->owns ||
		    !interface->blocks[i].enabled)
			continue;
		snprintf(line, sizeof(line),
			 "DVMRP cannot share %s with %s: take its section %s "
			 "out, or this one",
			 interface->name, proto->name, proto->name);
		complain(arg, interface->name, NULL, line);
	}
}

static void judge_times(const struct dvmrp_config *c, const char *interface,
			complain_fn *complain, void *arg)
{
	if (c->neighbor_ms <= c->probe_ms)
		complain(arg, interface, NULL,
			 "neighbor-timeout of dvmrp is not above its "
			 "probe-interval, so neighbours would go between two "
			 "probes: raise it");
	if (c->expiry_ms <= c->report_ms)
		complain(arg, interface, NULL,
			 "route-expiry of dvmrp is not above its "
			 "report-interval, so routes would go between two "
			 "reports: raise it");
}

static void check_all(const struct proto_config *config, complain_fn *complain,
		      void *arg)
{
	const size_t place = proto_index(dvmrp_proto());
	bool first = true;

	for (size_t i = 0; i < config->interface_count; i++) {
		if (!config->interfaces[i].blocks[place].enabled)
			continue;
		judge_owners(&config->interfaces[i], complain, arg);
		if (first && config->blocks[place].options)
			judge_times(config->blocks[place].options,
				    config->interfaces[i].name, complain, arg);
		first = false;
	}
}

const struct proto_options *dvmrp_config_options(void)
{
	static const struct proto_options ours = {
		.interface = interface_options,
		.interface_size = sizeof(struct dvmrp_interface_config),
		.global = global_options,
		.global_size = sizeof(struct dvmrp_config),
		.check = check,
		.check_all = check_all,
	};

	return &ours;
}
