/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of links: what is told when a link appears, changes, is renamed,
 * goes, or was missed because messages were lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>
#include <linux/if.h>

#include "xmgmd/net/links.h"

struct lab {
	struct links links;
	struct link_listener listener;
	char log[1024];
};

static void note(struct lab *lab, const char *what, const struct link *link)
{
	size_t len = strlen(lab->log);

	snprintf(lab->log + len, sizeof(lab->log) - len, "%s%s %s/%u",
		 len ? ", " : "", what, link->name, link->ifindex);
}

static void on_appeared(void *arg, const struct link *link)
{
	note(arg, "+", link);
}

static void on_changed(void *arg, const struct link *link)
{
	note(arg, "~", link);
}

static void on_program(void *arg, const struct link *link)
{
	note(arg, link->xdp_program ? "program" : "no program", link);
}

static void on_gone(void *arg, const struct link *link)
{
	note(arg, link->renamed ? "renamed" : "-", link);
}

static void on_route(void *arg, uint32_t table, const struct mgm_prefix *prefix)
{
	struct lab *lab = arg;

	assert_int_equal(prefix->length, 0);
	snprintf(lab->log, sizeof(lab->log), "route of %u", table);
}

static void on_routes(void *arg)
{
	struct lab *lab = arg;

	strcat(lab->log, ", routes");
}

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->listener = (struct link_listener){
		.arg = lab,
		.appeared = on_appeared,
		.changed = on_changed,
		.program = on_program,
		.gone = on_gone,
	};
	links_init(&lab->links);
	links_listen(&lab->links, &lab->listener);
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	links_free(&lab->links);
	free(lab);
	return 0;
}

static struct link_report report(uint32_t ifindex, const char *name)
{
	struct link_report r = {
		.ifindex = ifindex,
		.ethernet = true,
		.admin_up = true,
		.carrier = true,
		.mtu = 1500,
	};

	snprintf(r.name, sizeof(r.name), "%s", name);
	return r;
}

static void see(struct lab *lab, uint32_t ifindex, const char *name)
{
	struct link_report r = report(ifindex, name);

	assert_int_equal(links_report(&lab->links, &r), 0);
}

static void expect(struct lab *lab, const char *log)
{
	assert_string_equal(lab->log, log);
	lab->log[0] = '\0';
}

static struct proto_address address(const char *text, unsigned int len)
{
	return (struct proto_address){
		.address = mgm_address_v4((struct in_addr){inet_addr(text)}),
		.prefix_len = len,
	};
}

static void test_a_link_appears_once_and_goes(void **state)
{
	struct lab *lab = *state;

	see(lab, 3, "a");
	expect(lab, "+ a/3");
	see(lab, 3, "a");
	expect(lab, "");
	assert_int_equal(links_by_name(&lab->links, "a")->ifindex, 3);
	assert_null(links_by_name(&lab->links, "b"));
	links_delete(&lab->links, 3);
	links_delete(&lab->links, 3);
	expect(lab, "- a/3");
	assert_null(links_by_name(&lab->links, "a"));
	assert_null(links_by_index(&lab->links, 3));
}

/* By itself: whoever looks after addresses and carriers is not woken. */
static void test_another_program_is_told(void **state)
{
	struct lab *lab = *state;
	struct link_report r = report(3, "a");

	r.xdp_program = 7;
	links_report(&lab->links, &r);
	expect(lab, "+ a/3");
	links_report(&lab->links, &r);
	expect(lab, "");
	r.xdp_program = 0;
	links_report(&lab->links, &r);
	expect(lab, "no program a/3");
	r.xdp_program = 8;
	r.mtu = 9000;
	links_report(&lab->links, &r);
	expect(lab, "~ a/3, program a/3");
}

static void test_every_difference_is_told(void **state)
{
	struct lab *lab = *state;
	struct link_report r = report(3, "a");

	see(lab, 3, "a");
	expect(lab, "+ a/3");
	r.carrier = false;
	links_report(&lab->links, &r);
	expect(lab, "~ a/3");
	assert_false(link_up(links_by_index(&lab->links, 3)));
	r.mac[5] = 7;
	links_report(&lab->links, &r);
	r.mtu = 9000;
	links_report(&lab->links, &r);
	r.peer = 4;
	links_report(&lab->links, &r);
	expect(lab, "~ a/3, ~ a/3, ~ a/3");
	links_features(&lab->links, 3, true, 4);
	links_features(&lab->links, 3, true, 4);
	expect(lab, "~ a/3");
	links_features(&lab->links, 9, true, 4);
	expect(lab, "");
}

static void test_a_rename_is_a_link_that_goes_and_one_that_comes(void **state)
{
	struct lab *lab = *state;

	see(lab, 3, "a");
	see(lab, 3, "b");
	expect(lab, "+ a/3, renamed a/3, + b/3");
	assert_null(links_by_name(&lab->links, "a"));
	assert_int_equal(links_by_name(&lab->links, "b")->ifindex, 3);
}

/* The old holder's own message was lost or is still to come. */
static void test_a_name_has_one_holder(void **state)
{
	struct lab *lab = *state;

	see(lab, 3, "a");
	see(lab, 4, "a");
	expect(lab, "+ a/3, - a/3, + a/4");
	links_delete(&lab->links, 3);
	expect(lab, "");
	see(lab, 5, "b");
	see(lab, 4, "b");
	expect(lab, "+ b/5, - b/5, renamed a/4, + b/4");
}

/* Each in the order in which they came, and of what it has a hook for. */
static void test_many_may_listen(void **state)
{
	struct lab *lab = *state, other = {.log = ""};
	const struct mgm_prefix prefix = {.address = MGM_ADDRESS_V4_ANY};

	other.listener = (struct link_listener){
		.arg = &other,
		.gone = on_gone,
		.route = on_route,
		.routes = on_routes,
	};
	links_listen(&lab->links, &other.listener);
	see(lab, 3, "a");
	links_route(&lab->links, 254, &prefix);
	links_routes(&lab->links);
	links_delete(&lab->links, 3);
	expect(lab, "+ a/3, - a/3");
	expect(&other, "route of 254, routes, - a/3");
}

static void test_addresses_come_and_go(void **state)
{
	struct proto_address one = address("10.0.0.1", 24);
	struct proto_address two = address("10.0.0.1", 16);
	struct lab *lab = *state;
	struct link *link;

	see(lab, 3, "a");
	link = links_by_index(&lab->links, 3);
	links_address(&lab->links, 3, &one, true);
	links_address(&lab->links, 3, &one, true);
	links_address(&lab->links, 3, &two, true);
	expect(lab, "+ a/3, ~ a/3, ~ a/3");
	assert_int_equal(link->address_count, 2);
	links_address(&lab->links, 3, &one, false);
	links_address(&lab->links, 3, &one, false);
	expect(lab, "~ a/3");
	assert_int_equal(link->address_count, 1);
	assert_int_equal(link->addresses[0].prefix_len, 16);
	links_address(&lab->links, 4, &one, true);
	expect(lab, "");
}

/* One address may have several peers, and each comes and goes alone. */
static void test_peers_come_and_go(void **state)
{
	struct proto_address one = address("10.0.0.1", 32), two = one;
	struct lab *lab = *state;
	struct link *link;

	see(lab, 3, "a");
	link = links_by_index(&lab->links, 3);
	one.peer = address("192.0.2.1", 0).address;
	two.peer = address("192.0.2.2", 0).address;
	links_address(&lab->links, 3, &one, true);
	links_address(&lab->links, 3, &two, true);
	links_address(&lab->links, 3, &two, true);
	expect(lab, "+ a/3, ~ a/3, ~ a/3");
	links_address(&lab->links, 3, &one, false);
	expect(lab, "~ a/3");
	assert_int_equal(link->address_count, 1);
	assert_true(mgm_address_equal(&link->addresses[0].peer, &two.peer));
}

static struct proto_address numbered(uint32_t i)
{
	struct proto_address a = {.prefix_len = 24};

	a.address = mgm_address_v4((struct in_addr){htonl(0x0a000001 + i)});
	return a;
}

/* By the longest subnet, as the kernel's routes to them are; peers count. */
static void test_the_way_to_a_next_hop(void **state)
{
	static const struct {
		uint32_t ifindex;
		const char *address;
		unsigned int len;
		const char *peer;
	} rows[] = {
		{9, "10.0.0.1", 8, NULL},	  {4, "10.1.0.1", 16, NULL},
		{6, "10.1.2.1", 24, NULL},	  {5, "10.1.2.2", 24, NULL},
		{7, "10.1.2.3", 24, NULL},	  {4, "10.9.0.1", 24, NULL},
		{8, "10.1.0.9", 32, "10.1.2.77"}, {3, "10.1.2.4", 25, NULL},
	};
	static const struct {
		const char *to;
		uint32_t ifindex; /* 0: none */
	} ways[] = {
		{"10.3.0.1", 9},   {"10.1.3.1", 4}, {"10.1.2.200", 5},
		{"10.1.2.77", 8},  {"10.1.2.9", 5}, /* 3 is the loopback */
		{"10.9.0.200", 4}, {"11.0.0.1", 0}, {"10.1.0.9", 4},
	};
	const struct link *link;
	struct lab *lab = *state;
	struct proto_address a;
	struct link_report r;
	char name[8];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		snprintf(name, sizeof(name), "e%u", rows[i].ifindex);
		r = report(rows[i].ifindex, name);
		r.loopback = rows[i].ifindex == 3;
		links_report(&lab->links, &r);
		a = address(rows[i].address, rows[i].len);
		if (rows[i].peer)
			a.peer = address(rows[i].peer, 0).address;
		links_address(&lab->links, rows[i].ifindex, &a, true);
	}
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		a = address(ways[i].to, 0);
		link = links_toward(&lab->links, &a.address);
		assert_int_equal(link ? link->ifindex : 0, ways[i].ifindex);
	}
}

static void test_addresses_are_bounded(void **state)
{
	struct lab *lab = *state;
	struct proto_address a;
	uint32_t i;

	see(lab, 3, "a");
	for (i = 0; i < LINK_ADDRESSES + 5; i++) {
		a = numbered(i);
		links_address(&lab->links, 3, &a, true);
	}
	assert_int_equal(links_by_index(&lab->links, 3)->address_count,
			 LINK_ADDRESSES);
	a = numbered(LINK_ADDRESSES);
	links_address(&lab->links, 3, &a, false);
	assert_int_equal(links_by_index(&lab->links, 3)->address_count,
			 LINK_ADDRESSES);
}

static void test_a_dump_finds_what_was_missed(void **state)
{
	struct proto_address one = address("10.0.0.1", 24);
	struct proto_address two = address("10.0.0.2", 24);
	struct lab *lab = *state;

	see(lab, 3, "a");
	see(lab, 4, "b");
	see(lab, 5, "c");
	links_address(&lab->links, 3, &one, true);
	links_address(&lab->links, 3, &two, true);
	lab->log[0] = '\0';
	links_dump_begin(&lab->links);
	see(lab, 3, "a");
	see(lab, 5, "c");
	see(lab, 6, "d");
	links_address(&lab->links, 3, &two, true);
	expect(lab, "+ d/6");
	links_dump_end(&lab->links);
	assert_null(links_by_index(&lab->links, 4));
	assert_int_equal(links_by_index(&lab->links, 3)->address_count, 1);
	assert_true(!strcmp(lab->log, "- b/4, ~ a/3") ||
		    !strcmp(lab->log, "~ a/3, - b/4"));
	lab->log[0] = '\0';
	links_dump_begin(&lab->links);
	see(lab, 3, "a");
	see(lab, 5, "c");
	see(lab, 6, "d");
	links_address(&lab->links, 3, &two, true);
	links_dump_end(&lab->links);
	expect(lab, "");
}

static void test_kinds_with_partial_checksums(void **state)
{
	struct link_report r = report(3, "a");
	struct lab *lab = *state;

	links_report(&lab->links, &r);
	assert_false(link_partial_csum(links_by_index(&lab->links, 3)));
	snprintf(r.kind, sizeof(r.kind), "veth");
	links_report(&lab->links, &r);
	assert_true(link_partial_csum(links_by_index(&lab->links, 3)));
	snprintf(r.kind, sizeof(r.kind), "vlan");
	links_report(&lab->links, &r);
	assert_false(link_partial_csum(links_by_index(&lab->links, 3)));
}

#define links_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

/* What the kernel says of a link, and whether packets can leave there. */
static const struct {
	unsigned int flags;
	bool carrier;
} carriers[] = {
	{0, false},
	{IFF_UP, false},
	{IFF_UP | IFF_LOWER_UP | IFF_RUNNING, true},
	/* Just set up: the operational state follows. */
	{IFF_UP | IFF_LOWER_UP, true},
	/* The cable was just pulled. */
	{IFF_UP | IFF_RUNNING, false},
	/* Waits for 802.1X. */
	{IFF_UP | IFF_LOWER_UP | IFF_DORMANT, false},
};

/* A link has its carrier as soon as the device says so. */
static void test_carrier_is_the_devices_own(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++)
		assert_int_equal(carriers[i].carrier,
				 link_flags_carrier(carriers[i].flags));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_carrier_is_the_devices_own),
		links_test(test_a_link_appears_once_and_goes),
		links_test(test_another_program_is_told),
		links_test(test_every_difference_is_told),
		links_test(
			test_a_rename_is_a_link_that_goes_and_one_that_comes),
		links_test(test_a_name_has_one_holder),
		links_test(test_many_may_listen),
		links_test(test_addresses_come_and_go),
		links_test(test_peers_come_and_go),
		links_test(test_addresses_are_bounded),
		links_test(test_the_way_to_a_next_hop),
		links_test(test_a_dump_finds_what_was_missed),
		links_test(test_kinds_with_partial_checksums),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
