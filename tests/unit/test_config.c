/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The configuration: what is read, what is refused, and that each complaint
 * names its line, the object and what to write instead.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "lib/address.h"
#include "proto/igmp/config.h"
#include "proto/igmp/ssm.h"
#include "xmgmd/config/config.h"
#include "v4.h"

#define ROUTE(s, g, from, to)                                   \
	"mroute { source = \"" s "\" group = \"" g "\" from = " \
	"\"" from "\" to = {" to "} }\n"

static struct config *parse_good(const char *text)
{
	struct conf_errors errors = {0};
	struct config *config = NULL;
	int err = config_parse("f", text, NULL, &config, &errors);
	size_t i;

	for (i = 0; i < errors.count; i++)
		print_error("%s\n", errors.lines[i]);
	assert_int_equal(err, 0);
	assert_int_equal(errors.count, 0);
	return config;
}

/* IGMP is the first protocol of the registry. */
static const struct igmp_config *igmp_of(const struct config *c, size_t i)
{
	return c->proto.interfaces[i].blocks[0].options;
}

static bool igmp_enabled(const struct config *c, size_t i)
{
	return c->proto.interfaces[i].blocks[0].enabled;
}

static void test_defaults_hold_without_a_word(void **state)
{
	struct config *c = parse_good("");

	(void)state;
	assert_int_equal(c->proto.interface_count, 0);
	assert_int_equal(c->proto.route_count, 0);
	assert_int_equal(c->proto.join_count, 0);
	assert_int_equal(c->plane.max_routes, 0); /* keeps what is pinned */
	assert_int_equal(c->mgm.mfes, 131072);
	assert_int_equal(c->clients, 64);
	assert_false(c->rpf_any_leg);
	config_free(c);
}

static void test_interface_options_are_read(void **state)
{
	struct config *c = parse_good(
		"interface \"eth1\" {\n mode = native\n ttl-threshold = 255\n"
		" wrong-if-reports = no source-mac = router\n"
		" igmp { version = 2\n"
		" query-interval = 12.5 query-response-interval = 2\n"
		" robustness = 7 max-groups = 10 max-groups-per-host = 5 "
		"max-sources = 3 immediate-leave = yes\n"
		" max-tracked = 9 query-rate = 50 }\n}\n"
		"interface \"eth2\" {}\n"
		"interface \"eth3\" { igmp { enabled = false } }\n");
	const struct igmp_config *igmp;

	(void)state;
	assert_int_equal(c->proto.interface_count, 3);
	assert_string_equal(c->proto.interfaces[0].name, "eth1");
	assert_int_equal(c->interfaces[0].mode, PLANE_NATIVE);
	assert_int_equal(c->interfaces[0].ttl_threshold, 255);
	assert_false(c->interfaces[0].wrong_if_reports);
	assert_int_equal(c->interfaces[0].source_mac, SOURCE_MAC_ROUTER);
	igmp = igmp_of(c, 0);
	assert_true(igmp_enabled(c, 0));
	assert_int_equal(igmp->version, 2);
	assert_int_equal(igmp->query_interval_ms, 12500);
	assert_int_equal(igmp->query_response_ms, 2000);
	assert_int_equal(igmp->last_member_ms, 1000);
	assert_int_equal(igmp->robustness, 7);
	assert_int_equal(igmp->max_groups, 10);
	assert_int_equal(igmp->max_host_groups, 5);
	assert_int_equal(igmp->max_sources, 3);
	assert_int_equal(igmp->max_host_sources, 1);
	assert_true(igmp->immediate_leave);
	assert_int_equal(igmp->max_tracked, 9);
	assert_int_equal(igmp->max_host_tracked, 3);
	assert_int_equal(igmp->max_host_records, 10000);
	assert_int_equal(igmp->query_rate, 50);
	igmp = igmp_of(c, 1);
	assert_false(igmp_enabled(c, 1));
	assert_int_equal(igmp->version, 3);
	assert_int_equal(igmp->query_interval_ms, 125000);
	assert_int_equal(c->interfaces[1].mode, PLANE_AUTO);
	assert_int_equal(c->interfaces[1].ttl_threshold, 1);
	assert_int_equal(c->interfaces[1].source_mac, SOURCE_MAC_OWN);
	assert_true(c->interfaces[1].wrong_if_reports);
	assert_false(igmp_enabled(c, 2));
	assert_true(proto_config_hosts(&c->proto, "eth1"));
	assert_false(proto_config_hosts(&c->proto, "eth3"));
	assert_false(proto_config_hosts(&c->proto, "eth9"));
	config_free(c);
}

/* A VLAN of somebody's: whoever it is. */
static void test_vlans_are_read(void **state)
{
	struct config *c = parse_good(
		"interface \"t.5\" { mode = native igmp {}\n"
		" address = {10.5.0.1/24, 10.6.0.1/16} }\n"
		"interface \"t.6\" { remote \"pim\" { x = 1 } }\n"
		"interface \"t.7\" {} interface \"t.8\" {}\n"
		"interface \"t.9\" {} interface \"t.10\" {}\n"
		"interface \"t\" { mode = native } interface \"u.0\" {}\n"
		"join { group = 239.1.1.1 interface = t.7 }\n"
		"mroute { source = 10.0.0.1 group = 239.1.1.2 from = t.8\n"
		" to = {t.9} }\n"
		"rpf-route { prefix = 10.0.0.0/8 dev = t.10 }\n");
	const struct proto_address *a = c->interfaces[0].addresses.item;
	char text[ADDRESS_TEXT];

	(void)state;
	assert_int_equal(c->interfaces[0].addresses.count, 2);
	assert_string_equal(address_text(&a[1].address, text), "10.6.0.1");
	assert_int_equal(a[1].prefix_len, 16);
	assert_true(address_is_any(&a[1].peer));
	config_free(c);
}

/* A host answers for all its groups at once, and says changes twice: who may
 * have more groups may say more. */
static void test_a_host_may_say_what_it_may_have(void **state)
{
	struct config *c = parse_good(
		"interface \"a\" { igmp { max-groups = 100000 } }\n"
		"interface \"b\" { igmp { max-records-per-host = 7 } }\n");

	(void)state;
	assert_int_equal(igmp_of(c, 0)->max_host_records, 50000);
	assert_int_equal(igmp_of(c, 1)->max_host_records, 7);
	config_free(c);
}

/* IGMP's section of the file, and what it is without one. */
static void test_igmp_global_options_are_read(void **state)
{
	struct config *c =
		parse_good("igmp { ssm-range = {232.0.0.0/8, 239.232.0.0/16}\n"
			   " ssm-map = {\"232.1.0.0/16 10.0.0.1\"}\n"
			   " ssm-map += \"232.1.0.0/16   10.0.0.2\" }\n"
			   "interface \"a\" { igmp { ssm-only = yes } }\n");
	const struct igmp_global *global = c->proto.blocks[0].options;
	char text[OPTION_TEXT_MAX];

	(void)state;
	assert_true(c->proto.blocks[0].enabled);
	assert_int_equal(global->ssm_range.count, 2);
	assert_int_equal(global->ssm_map.count, 2);
	assert_string_equal(option_item(&igmp_config_options()->global[0],
					global, 1, text),
			    "239.232.0.0/16");
	assert_string_equal(option_item(&igmp_config_options()->global[1],
					global, 1, text),
			    "232.1.0.0/16 10.0.0.2");
	assert_true(igmp_of(c, 0)->ssm_only);
	config_free(c);
	c = parse_good("interface \"a\" {}\n");
	global = c->proto.blocks[0].options;
	assert_int_equal(global->ssm_range.count, 1);
	assert_string_equal(option_item(&igmp_config_options()->global[0],
					global, 0, text),
			    "232.0.0.0/8");
	config_free(c);
}

/* The last values that version 2 and the intervals allow. */
static void test_igmp_values_at_their_limits(void **state)
{
	struct config *c = parse_good(
		"interface \"a\" { igmp { version = 2\n"
		" query-response-interval = 25.5 query-interval = 30\n"
		" last-member-query-interval = 25.5\n"
		" startup-query-interval = 30\n"
		" max-groups = 4 max-groups-per-host = 4 } }\n"
		"interface \"b\" { igmp { version = 3\n"
		" query-response-interval = 25.501\n"
		" last-member-query-interval = 0.1 } }\n"
		"interface \"c\" { igmp { version = 1 } }\n");
	const struct igmp_config *igmp = igmp_of(c, 0);

	(void)state;
	assert_int_equal(igmp->query_response_ms, 25500);
	assert_int_equal(igmp->startup_query_ms, 30000);
	assert_int_equal(igmp_of(c, 1)->query_response_ms, 25501);
	assert_int_equal(igmp_of(c, 1)->last_member_ms, 100);
	assert_int_equal(igmp_of(c, 2)->version, 1);
	config_free(c);
}

static void test_routes_and_joins_are_read(void **state)
{
	struct config *c =
		parse_good(ROUTE("10.0.0.1", "239.1.1.1", "a", "\"b\", \"c\"")
				   ROUTE("*", "239.1.1.1", "a",
					 "\"b\"") "join { interface = \"d\" "
						  "group = \"232.0.0.1\" "
						  "source = \"10.0.0.2\" }\n"
						  "join { interface = \"d\" "
						  "group = \"232.0.0.2\" }\n");
	const struct proto_route_config *route = c->proto.routes;

	(void)state;
	assert_int_equal(c->proto.route_count, 2);
	assert_int_equal(v4_of(&route[0].sg.source).s_addr,
			 inet_addr("10.0.0.1"));
	assert_int_equal(v4_of(&route[0].sg.group).s_addr,
			 inet_addr("239.1.1.1"));
	assert_string_equal(route[0].from, "a");
	assert_int_equal(route[0].to_count, 2);
	assert_string_equal(route[0].to[1], "c");
	assert_int_equal(route[1].sg.source.length, 0);
	assert_int_equal(c->proto.join_count, 2);
	assert_string_equal(c->proto.joins[0].interface, "d");
	assert_int_equal(v4_of(&c->proto.joins[0].sg.source).s_addr,
			 inet_addr("10.0.0.2"));
	assert_int_equal(c->proto.joins[1].sg.source.length, 0);
	/* Interfaces that only a route or join names are attached too. */
	assert_int_equal(c->proto.interface_count, 4);
	assert_non_null(config_interface(c, "d"));
	assert_false(config_interface(c, "d")->declared);
	assert_null(config_interface(c, "e"));
	config_free(c);
}

static void test_no_interface_can_be_said(void **state)
{
	struct config *c =
		parse_good("interfaces = none\nlimits { oifs = 3 }\n");

	(void)state;
	assert_true(c->no_interfaces);
	assert_int_equal(c->proto.interface_count, 0);
	config_free(c);
	c = parse_good("");
	assert_false(c->no_interfaces);
	config_free(c);
	c = parse_good("interface \"none\" {}\n");
	assert_false(c->no_interfaces);
	config_free(c);
}

static void test_on_stop_is_read(void **state)
{
	static const struct {
		const char *text;
		enum config_on_stop on_stop;
	} rows[] = {{"", ON_STOP_KEEP},
		    {"on-stop = keep\n", ON_STOP_KEEP},
		    {"on-stop = release\n", ON_STOP_RELEASE}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config *c = parse_good(rows[i].text);

		assert_int_equal(c->on_stop, rows[i].on_stop);
		config_free(c);
	}
}

static void test_limits_and_rpf_are_read(void **state)
{
	struct config *c = parse_good(
		"limits { routes = 1000 oif-sets = 99 pool-low = 3 "
		"hold-packets = 5 hold-bytes = 6000 hold-packets-total = 7 "
		"hold-bytes-total = 8000000000 upcall-rate = 9 "
		"upcall-burst = 10 wrong-if-rate = 11 igmp-rate = 19 "
		"fragment-rate = 22 "
		"igmp-burst = 2000 negative = 12 "
		"negative-life = 13 mfe-idle = 14 memberships = 15 oifs = 16 "
		"prefixes = 21 protocols = 17 clients = 18 protocol-names = 20 "
		"}\nrpf { "
		"any-leg = on }\n");

	(void)state;
	assert_int_equal(c->plane.max_routes, 1000);
	assert_int_equal(c->mgm.mfes, 1000);
	assert_int_equal(c->plane.max_sets, 99);
	assert_int_equal(c->plane.pool_low, 3);
	assert_int_equal(c->plane.hold_packets, 5);
	assert_int_equal(c->plane.hold_bytes, 6000);
	assert_int_equal(c->plane.hold_packets_total, 7);
	assert_true(c->plane.hold_bytes_total == 8000000000ull);
	assert_int_equal(c->plane.upcall_rate, 9);
	assert_int_equal(c->plane.upcall_burst, 10);
	assert_int_equal(c->plane.wrong_if_rate, 11);
	assert_int_equal(c->plane.fragment_rate, 22);
	assert_int_equal(c->plane.igmp_rate, 19);
	assert_int_equal(c->plane.igmp_burst, 2000);
	assert_int_equal(c->mgm.negative, 12);
	assert_int_equal(c->mgm.negative_ms, 13000);
	assert_int_equal(c->mgm.mfe_idle_ms, 14000);
	assert_int_equal(c->mgm.memberships, 15);
	assert_int_equal(c->mgm.prefixes, 21);
	assert_int_equal(c->mgm.oifs, 16);
	assert_int_equal(c->mgm.clients, 17);
	assert_int_equal(c->clients, 18);
	assert_int_equal(c->protocol_names, 20);
	assert_true(c->rpf_any_leg);
	config_free(c);
}

/* Text, and the complaints it must get: beginnings, in order. */
static void test_boundaries_and_filters_are_rules_in_order(void **state)
{
	static const char *const texts[] = {
		"deny group 239.255.0.0/16",
		"deny in group 239.192.0.0/14",
		"deny out group 239.1.1.1/32",
		"allow in group 232.0.0.0/8 source 10.0.0.0/8",
		"deny",
	};
	struct config *c = parse_good(
		"interface \"a\" { filter = {\"allow source 10.0.0.0/8 in "
		"group 232.0.0.0/8\", \"deny out in\"}\n"
		" boundary-out = {239.1.1.1} boundary-in = {239.192.0.0/14}\n"
		" boundary = {239.255.0.0/16} }\n"
		"interface \"b\" {}\n");
	struct mgm_rule rules[CONFIG_RULES];
	char text[OPTION_TEXT_MAX];

	(void)state;
	assert_int_equal(config_rules(&c->interfaces[0], rules), 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(config_rule_text(&rules[i], text),
				    texts[i]);
	assert_int_equal(config_rules(&c->interfaces[1], rules), 0);
	assert_int_equal(config_rules(NULL, rules), 0);
	config_free(c);
}

static const struct {
	const char *text;
	const char *complaints[5];
} bad[] = {
	{"interface \"a.5\" { mode = native }\n",
	 {"f:1:1: nobody would use VLAN a.5: give it an igmp section, or "
	  "another protocol's, or name it in a route or join"}},
	{"interface \"a.5\" { igmp {} source-mac = router }\n",
	 {"f:1:1: VLAN a.5 cannot have source-mac = router: a program writes "
	  "the tag of its copies"}},
	{"interface \"a.5\" { igmp { enabled = no } }\n",
	 {"f:1:1: nobody would use VLAN a.5"}},
	{"interface \"a.5\" { igmp {} address = {10.1.0.1} }\n",
	 {"f:1:38: address is '10.1.0.1': write an IPv4 address and the "
	  "length of its subnet: 10.1.0.1/24"}},
	{"interface \"a.5\" { igmp {} address = {10.1.0.1/33} }\n",
	 {"f:1:38: address is '10.1.0.1/33'"}},
	{"interface \"a.5\" { igmp {} address = {239.1.0.1/24} }\n",
	 {"f:1:38: address is '239.1.0.1/24'"}},
	{"interface \"a\" { address = {10.1.0.1/24} }\n",
	 {"f:1:1: address is for VLANs without a network device, as in "
	  "trunk0.100: give a one by `ip address add`"}},
	{"interface \"a.4095\" { igmp {} address = {10.1.0.1/24} }\n",
	 {"f:1:1: address is for VLANs"}},
	{"interface \"a.5\" { mode = native igmp {} }\n"
	 "interface \"a.6\" { mode = generic igmp {} }\n",
	 {"f:1:1: a.5 and a.6 have different modes, but both are attached by "
	  "a: write the same for both",
	  "f:2:1: a.6 and a.5 have different modes"}},
	{"interface \"a.5\" { mode = native igmp {} }\n"
	 "interface \"a\" { mode = generic }\n",
	 {"f:1:1: a.5 and a have different modes"}},
	{"interface \"a\" { boundary = {10.0.0.0/8} }\n",
	 {"f:1:29: boundary is '10.0.0.0/8': write a prefix of multicast "
	  "groups without bits behind it, as 239.255.0.0/16"}},
	{"interface \"a\" { boundary-in = {239.1.0.0/8} }\n",
	 {"f:1:32: boundary-in is '239.1.0.0/8': write a prefix"}},
	{"interface \"a\" { boundary-out = {site} }\n",
	 {"f:1:33: boundary-out is 'site': write a prefix"}},
	{"interface \"a\" { boundary = {224.0.0.0/24} }\n",
	 {"f:1:29: boundary is '224.0.0.0/24': write a prefix"}},
	{"interface \"a\" { filter = {\"deny group 10.0.0.0/8\"} }\n",
	 {"f:1:27: filter is 'deny group 10.0.0.0/8': write allow or deny, "
	  "then any of in or out, group PREFIX, source PREFIX"}},
	{"interface \"a\" { filter = {\"deny source 239.0.0.0/8\"} }\n",
	 {"f:1:27: filter is 'deny source 239.0.0.0/8'"}},
	{"interface \"a\" { filter = {\"refuse in\"} }\n",
	 {"f:1:27: filter is 'refuse in'"}},
	{"interface \"a\" { filter = {\"deny in in\"} }\n",
	 {"f:1:27: filter is 'deny in in'"}},
	{"interface \"a\" { filter = {\"deny group\"} }\n",
	 {"f:1:27: filter is 'deny group'"}},
	{"\n\ninterface \"a\" {\n mode = fast\n}\n",
	 {"f:4:9: mode is 'fast': write auto, native or generic"}},
	{"interface \"a\" { ttl-threshold = 0 }\n",
	 {"f:1:33: ttl-threshold is '0': write a number from 1 to 255"}},
	{"interface \"a\" { ttl-threshold = 256 }\n",
	 {"f:1:33: ttl-threshold is '256': write a number from 1 to 255"}},
	{"interface \"a\" { ttl-threshold = -1 }\n",
	 {"f:1:33: ttl-threshold is '-1'"}},
	{"interface \"a\" { ttl-threshold = 1x }\n",
	 {"f:1:33: ttl-threshold is '1x'"}},
	{"interface \"a\" { wrong-if-reports = maybe }\n",
	 {"f:1:36: wrong-if-reports is 'maybe': write true or false"}},
	{"interface \"a\" { igmp { version = 4 } }\n",
	 {"f:1:34: version is '4': write a number from 1 to 3"}},
	{"interface \"a\" { igmp { query-interval = 0.5 } }\n",
	 {"f:1:41: query-interval is '0.5': write seconds from 1 to 31744"}},
	{"interface \"a\" { igmp { query-interval = 1.2345 } }\n",
	 {"f:1:41: query-interval is '1.2345'"}},
	{"interface \"a\" { igmp {\n query-interval = 5\n"
	 " query-response-interval = 5\n } }\n",
	 {"f:3:2: query-response-interval must be shorter"}},
	{"interface \"a\" { igmp { version = 2\n"
	 " query-response-interval = 25.501\n"
	 " last-member-query-interval = 26 } }\n",
	 {"f:2:2: query-response-interval is above 25.5",
	  "f:3:2: last-member-query-interval is above 25.5"}},
	{"interface \"a\" { igmp {\n query-interval = 20\n"
	 " startup-query-interval = 20.001 } }\n",
	 {"f:3:2: startup-query-interval must not be longer"}},
	{"interface \"a\" {\n igmp {\n passive = true\n"
	 " forward = querier\n } }\n",
	 {"f:4:2: forward = querier and passive: it is never querier"}},
	{"interface \"a\" {\n igmp {\n forward = never\n } }\n", {"f:3:"}},
	{"igmp { ssm-range = {10.0.0.0/8}\n ssm-map = \"232.1.1.1\"\n"
	 " ssm-map += \"232.1.1.1 232.1.1.1\" ssm-only = yes }\n",
	 {"f:1:21: ssm-range is '10.0.0.0/8': write a prefix of IPv4 groups",
	  "f:2:12: ssm-map is '232.1.1.1': write a prefix",
	  "f:3:13: ssm-map is '232.1.1.1 232.1.1.1': write", "f:3:35: "}},
	{"interface \"a\" { igmp { policy = {\"deny group 239.1.0.0/16\",\n"
	 " \"deny group 10.0.0.0/8\"} } }\n",
	 {"f:2:2: policy is 'deny group 10.0.0.0/8': write allow or deny"}},
	{"interface \"a\" { igmp { version = 1\n"
	 " query-response-interval = 9.9\n"
	 " last-member-query-interval = 0.099 } }\n",
	 {"f:3:2: last-member-query-interval is below 0.1",
	  "f:2:2: query-response-interval is not 10"}},
	{"interface \"a\" { igmp { max-groups = 3\n"
	 " max-groups-per-host = 4 } }\n",
	 {"f:2:2: max-groups-per-host must not be greater"}},
	{"interface \"a\" { igmp { version = 1\n ignore-version-1 = yes } }\n",
	 {"f:2:2: ignore-version-1 leaves no hosts to version = 1"}},
	{"interface \"a\" { igmp { max-sources = 3 max-tracked = 3\n"
	 " max-sources-per-host = 4 max-tracked-per-host = 4 } }\n",
	 {"f:2:2: max-sources-per-host must not be greater",
	  "f:2:27: max-tracked-per-host must not be greater"}},
	{"interface \"a\" { igmp { } }\ninterface \"b\" { igmp { }\n"
	 " proxy { } }\n",
	 {"f:3:2: b is an upstream of the proxy, where this router is a host: "
	  "take its section igmp out"}},
	{"interface \"a\" { proxy { groups = {239.1.0.0/16} } }\n"
	 "interface \"b\" { proxy {\n groups = {239.0.0.0/8, 239.1.0.0/16}\n"
	 " priority = 100 } }\n",
	 {"f:4:2: a and b are both upstreams of 239.1.0.0/16 with priority "
	  "100"}},
	{"interface \"a\" { proxy { groups = {239.1.0.0/16,\n"
	 " 239.1.0.0/16} sources = {10.0.0.0/8, 10.0.0.0/8} } }\n",
	 {"f:1:25: groups has 239.1.0.0/16 twice",
	  "f:2:16: sources has 10.0.0.0/8 twice"}},
	{"interface \"a\" {\n dvmrp { }\n proxy { } }\n",
	 {"f:2:2: DVMRP cannot share a with proxy: take its section proxy out, "
	  "or this one"}},
	{"dvmrp { neighbor-timeout = 10 route-expiry = 60 }\n"
	 "interface \"a\" { dvmrp { } }\ninterface \"b\" { dvmrp { } }\n",
	 {"f:2:17: neighbor-timeout of dvmrp is not above its probe-interval",
	  "f:2:17: route-expiry of dvmrp is not above its report-interval"}},
	{"interface \"a\" { dvmrp {\n neighbors = {10.0.0.1, 10.0.0.1} } }\n",
	 {"f:2:2: neighbors has 10.0.0.1 twice: take one of them out"}},
	{"interface \"a\" { proxy { sources = {224.0.0.0/4}\n"
	 " priority = 0 } }\n",
	 {"f:1:36: sources is '224.0.0.0/4': write a prefix of IPv4 sources",
	  "f:2:13: priority is '0'"}},
	{"interface \"a\" { host { join-group = {\"239.1.1.1 x\"} } }\n",
	 {"f:1:38: join-group is '239.1.1.1 x': write an IPv4 group"}},
	{"interface \"a\" {}\ninterface \"a\" {}\n",
	 {"f:2:1: interface a has a section already: put both into one"}},
	{"interface \"abcdefghijklmnop\" {}\n",
	 {"f:1:1: interface name 'abcdefghijklmnop' is longer than 15"}},
	{"interface \"a/b\" {}\n",
	 {"f:1:1: 'a/b' cannot be an interface name"}},
	{ROUTE("10.0.0.1", "10.1.1.1", "a", "\"b\""),
	 {"f:1:38: group 10.1.1.1 is not multicast"}},
	{ROUTE("10.0.0.1", "224.0.0.5", "a", "\"b\""),
	 {"f:1:38: group 224.0.0.5 is link-local"}},
	{ROUTE("239.0.0.1", "239.1.1.1", "a", "\"b\""),
	 {"f:1:19: source 239.0.0.1 is not a unicast address"}},
	{ROUTE("10.0.0.300", "239.1.1.1", "a", "\"b\""),
	 {"f:1:19: source '10.0.0.300' is not an IPv4 address"}},
	{ROUTE("10.0.0.1", "239.1.1.1", "a", "\"b\", \"a\""),
	 {"f:1:61: route (10.0.0.1, 239.1.1.1) arrives on a and cannot leave"}},
	{ROUTE("10.0.0.1", "239.1.1.1", "a", "\"b\", \"b\""),
	 {"f:1:61: route (10.0.0.1, 239.1.1.1) names b twice"}},
	{"mroute {\n source = \"*\"\n group = \"239.1.1.1\"\n from = "
	 "\"a\"\n}\n",
	 {"f:1:1: route (*, 239.1.1.1) has no interface to go to"}},
	{"mroute {\n group = \"239.1.1.1\"\n to = {\"b\"}\n}\n",
	 {"f:1:1: mroute has no source: add source",
	  "f:1:1: mroute has no from: add from"}},
	{ROUTE("*", "239.1.1.1", "a", "\"b\"") "\n" ROUTE("*", "239.1.1.1", "c",
							  "\"b\""),
	 {"f:3:1: route (*, 239.1.1.1) is already there in f:1"}},
	{"join { group = \"239.1.1.1\" }\n",
	 {"f:1:1: join has no interface: add interface"}},
	{"join { interface = \"a\" group = \"239.1.1.1\" source = \"x\" }\n",
	 {"f:1:53: source 'x' is not an IPv4 address"}},
	{"limits {\n negative = 20\n routes = 16\n}\n",
	 {"f:2:2: negative must not be larger than routes"}},
	{"limits { routes = 15 }\n", {"f:1:19: routes is '15'"}},
	{"limits { hold-bytes-total = 99999999999999999999 }\n",
	 {"f:1:29: hold-bytes-total is"}},
	{"rpf-route { dev = \"a\" }\n",
	 {"f:1:1: rpf-route has no prefix: add prefix"}},
	{"rpf-route { prefix = \"10.0.0.1/8\" dev = \"a\" }\n",
	 {"f:1:22: prefix '10.0.0.1/8' is not one of IPv4"}},
	{"rpf-route { prefix = \"239.0.0.0/8\" dev = \"a\" }\n",
	 {"f:1:22: prefix 239.0.0.0/8 is multicast"}},
	{"rpf-route { prefix = \"10.0.0.0/8\" }\n",
	 {"f:1:1: route to sources in 10.0.0.0/8 says not by where"}},
	{"rpf-route { prefix = \"10.0.0.0/8\" via = \"x\" distance = 256 }\n",
	 {"f:1:41: via 'x' is not a unicast", "f:1:56: distance is '256'"}},
	{"rpf-route { prefix = \"0.0.0.0/0\" dev = \"a\" }\n"
	 "rpf-route { prefix = \"0.0.0.0/0\" dev = \"b\" }\n",
	 {"f:2:1: route to sources in 0.0.0.0/0 is already there in f:1"}},
	{"client \"Toy\" { user = a }\n",
	 {"f:1:1: 'Toy' is no name of a client: write 1 to 15"}},
	{"client { user = a }\n", {"f:1:1: '' is no name of a client"}},
	{"client toy { igmp = yes }\n",
	 {"f:1:1: client toy has neither user nor group"}},
	{"client toy { user = a }\nclient toy { group = b }\n",
	 {"f:2:1: client toy has a section already"}},
	{"client toy { usr = a group = b protocol = 0 }\n",
	 {"f:1:14: no such option 'usr', did you mean 'user'?",
	  "f:1:43: protocol is '0'"}},
	{"rpf { any-leg = 2 }\n", {"f:1:17: any-leg is '2'"}},
	{"\non-stop = \"maybe\"\n",
	 {"f:2:11: on-stop is 'maybe': write keep or release"}},
	{"\ninterfaces = all\n",
	 {"f:2:1: interfaces is 'all': write none, or an interface section"}},
	{"rpf { }\ninterfaces = none\ninterface \"a\" { }\n",
	 {"f:2:1: interfaces = none stands beside sections that name some"}},
	{ROUTE("*", "239.1.1.1", "a", "\"b\"") "interfaces = none\n",
	 {"f:2:1: interfaces = none stands beside sections that name some"}},
	{"interfaces = none\njoin { interface = \"a\" group = \"239.1.1.1\" "
	 "}\n",
	 {"f:1:1: interfaces = none stands beside sections that name some"}},
	/* Unknown names do not hide what is wrong behind them. */
	{"bogus = 1\nlimits {\n wrong = {1, 2}\n clients = 0\n}\n"
	 "thing \"x\" { a { b = 1 } }\nrpf { any-leg = x }\n",
	 {"f:1:1: no such option 'bogus'", "f:3:2: no such option 'wrong'",
	  "f:4:12: clients is '0'", "f:6:1: no such section 'thing'",
	  "f:7:17: any-leg is 'x'"}},
	/* What was meant is found. */
	{"limits { route = 3 }\nintreface \"a\" { }\ninterface \"a\" {\n"
	 " ttl-treshold = 3 igpm { } igmp { enable = no } }\n",
	 {"f:1:10: no such option 'route', did you mean 'routes'?",
	  "f:2:1: no such section 'intreface', did you mean 'interface'?",
	  "f:4:2: no such option 'ttl-treshold', did you mean "
	  "'ttl-threshold'?",
	  "f:4:19: no such section 'igpm', did you mean 'igmp'?",
	  "f:4:35: no such option 'enable', did you mean 'enabled'?"}},
	/* Lines are counted through comments of every kind. */
	{"# one\n/* two\n three */ interface \"a\" { // four?\n\n"
	 " # \"five\n mode = x # six\n}\n",
	 {"f:6:9: mode is 'x'"}},
	/* A fault of syntax does not hide what is wrong elsewhere. */
	{"interface {\n}\nmroute {\n",
	 {"f:3:1: section mroute is never closed: add a }",
	  "f:1:1: an interface name is empty"}},
	{"\nmroute { group = \"239.1.1.1\"\n",
	 {"f:2:1: section mroute is never closed: add a }"}},
	{"interface \"a\" {\n ttl-threshold 3\n}\nbogus = 3\n",
	 {"f:2:2: ttl-threshold is an option with one value",
	  "f:4:1: no such option 'bogus'"}},
	{"interface \"a\" {\n mode auto = 3\n wrong-if-reports = {\n}\n}\n"
	 "rpf }\n",
	 {"f:2:12: '=' is not expected here",
	  "f:6:1: 'rpf' is neither an option nor a section",
	  "f:6:5: this } closes nothing", "f:2:2: mode is an option with one",
	  "f:3:2: wrong-if-reports is an option with one"}},
	/* What never ends. */
	{"rpf { }\n\"unended\n",
	 {"f:2:1: this string is never closed: add a \""}},
	{"rpf { }\n/* { \n\n",
	 {"f:2:1: this comment is never closed: add a */"}},
	/* One fault does not hide another. */
	{"interface \"a/b\" { ttl-threshold = 0\n}\n",
	 {"f:1:1: 'a/b' cannot be", "f:1:35: ttl-threshold is '0'"}},
	{"mroute { source = \"1.2.3.4\" group = \"10.1.1.1\" from = \"a\"\n"
	 "to = {\"b\", \"a\"} }\n",
	 {"f:1:37: group 10.1.1.1 is not multicast",
	  "f:2:1: route (1.2.3.4, "}},
};

static void test_bad_input_is_named_with_its_line(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct conf_errors errors = {0};
		struct config *config = NULL;

		if (config_parse("f", bad[i].text, NULL, &config, &errors) !=
		    -EINVAL)
			fail_msg("row %zu was accepted", i);
		for (j = 0; j < 5 && bad[i].complaints[j]; j++) {
			const char *want = bad[i].complaints[j];

			if (j >= errors.count ||
			    strncmp(errors.lines[j], want, strlen(want)))
				fail_msg("row %zu: want '%s', got '%s'", i,
					 want,
					 j < errors.count ? errors.lines[j]
							  : "nothing");
		}
		if (errors.count != j)
			fail_msg("row %zu: one too many: %s", i,
				 errors.lines[j]);
		conf_errors_free(&errors);
	}
}

static void test_ten_thousand_routes_are_read(void **state)
{
	char *text = NULL;
	size_t len;
	FILE *file = open_memstream(&text, &len);
	struct config *c;
	unsigned int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		fprintf(file, ROUTE("10.0.%u.%u", "239.1.1.1", "a", "\"b\""),
			i / 250, i % 250 + 1);
	fclose(file);
	c = parse_good(text);
	assert_int_equal(c->proto.route_count, 10000);
	assert_int_equal(c->proto.interface_count, 2);
	config_free(c);
	free(text);
}

static char *read_sample(void)
{
	FILE *file = fopen("etc/xmgmd.conf", "r");
	char *text = calloc(1, 65536);

	if (!file)
		file = fopen("../../etc/xmgmd.conf", "r");
	assert_non_null(file);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, file) > 500);
	fclose(file);
	return text;
}

static void test_sample_changes_nothing_as_it_is(void **state)
{
	char *text = read_sample();
	struct config *c = parse_good(text);

	(void)state;
	assert_int_equal(c->proto.interface_count, 0);
	assert_int_equal(c->proto.route_count, 0);
	config_free(c);
	free(text);
}

/* "#" at the begin of a line, with no blank after it, hides an example. */
static void test_examples_of_the_sample_are_good(void **state)
{
	char *text = read_sample(), *line = text;
	struct config *c;

	(void)state;
	while (line && *line) {
		if (*line == '#' && line[1] != ' ' && line[1] != '\n')
			*line = ' ';
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	c = parse_good(text);
	assert_true(c->proto.route_count >= 1);
	assert_true(c->proto.join_count >= 1);
	assert_true(proto_config_hosts(&c->proto, "eth1"));
	assert_int_equal(c->plane.max_sets, 4096);
	assert_int_equal(c->plane.wrong_if_rate, 100);
	assert_int_equal(c->plane.fragment_rate, 1000);
	config_free(c);
	free(text);
}

static void test_an_unreadable_file_is_a_complaint(void **state)
{
	struct conf_errors errors = {0};
	struct config *config = NULL;

	(void)state;
	assert_int_equal(config_load("/nonexistent/x.conf", &config, &errors),
			 -ENOENT);
	assert_int_equal(errors.count, 1);
	assert_non_null(strstr(errors.lines[0], "/nonexistent/x.conf"));
	assert_non_null(strstr(errors.lines[0], "-f"));
	conf_errors_free(&errors);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void test_included_files_are_read_where_they_are_named(void **state)
{
	static const char *const names[] = {"main", "b.conf", "a.conf"};
	char folder[] = "/tmp/xmgm-config-XXXXXX", path[300];
	struct conf_errors errors = {0};
	struct config *config = NULL;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(folder));
	write_file(folder, "main",
		   "interface \"e0\" { }\ninclude \"*.conf\"\n"
		   "include \"none/*\"\ninterface \"e9\" { }\n");
	write_file(folder, "b.conf", "interface \"e2\" { igmp { } }\n");
	write_file(folder, "a.conf", "\ninterface \"e1\" { }\n");
	snprintf(path, sizeof(path), "%s/main", folder);
	assert_int_equal(config_load(path, &config, &errors), 0);
	assert_int_equal(config->proto.interface_count, 4);
	assert_string_equal(config->proto.interfaces[1].name, "e1");
	assert_string_equal(config->proto.interfaces[2].name, "e2");
	assert_true(igmp_enabled(config, 2));
	assert_string_equal(config->proto.interfaces[3].name, "e9");
	config_free(config);
	write_file(folder, "a.conf", "\n interface \"e0\" { }\n");
	assert_int_equal(config_load(path, &config, &errors), -EINVAL);
	assert_int_equal(errors.count, 1);
	snprintf(path, sizeof(path), "%s/a.conf:2:2: interface e0", folder);
	assert_int_equal(strncmp(errors.lines[0], path, strlen(path)), 0);
	conf_errors_free(&errors);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	rmdir(folder);
}

static void test_a_remote_protocols_section_is_left_to_it(void **state)
{
	struct config *c = parse_good(
		"interface \"a\" { remote \"pim-x\" { hello = 3 x { } } }\n"
		"remote \"pim-x\" { rp = \"10.0.0.1\" }\n");

	(void)state;
	assert_int_equal(c->proto.interface_count, 1);
	config_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_hold_without_a_word),
		cmocka_unit_test(test_interface_options_are_read),
		cmocka_unit_test(
			test_boundaries_and_filters_are_rules_in_order),
		cmocka_unit_test(test_a_host_may_say_what_it_may_have),
		cmocka_unit_test(test_vlans_are_read),
		cmocka_unit_test(test_igmp_global_options_are_read),
		cmocka_unit_test(test_igmp_values_at_their_limits),
		cmocka_unit_test(test_routes_and_joins_are_read),
		cmocka_unit_test(test_no_interface_can_be_said),
		cmocka_unit_test(test_on_stop_is_read),
		cmocka_unit_test(test_limits_and_rpf_are_read),
		cmocka_unit_test(test_bad_input_is_named_with_its_line),
		cmocka_unit_test(test_ten_thousand_routes_are_read),
		cmocka_unit_test(test_sample_changes_nothing_as_it_is),
		cmocka_unit_test(test_examples_of_the_sample_are_good),
		cmocka_unit_test(test_an_unreadable_file_is_a_complaint),
		cmocka_unit_test(
			test_included_files_are_read_where_they_are_named),
		cmocka_unit_test(test_a_remote_protocols_section_is_left_to_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
