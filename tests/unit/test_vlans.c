/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VLANs in the table of links: those that are wanted are there while their
 * trunk is, with a netdev and without one.
 */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/argument.h"
#include "xmgmd/net/links.h"

struct lab {
	struct links links;
	struct link_listener listener;
	char log[1024];
};

/* Ifindexes of those that stand in are numbered in a test's own words. */
static uint32_t number(uint32_t ifindex)
{
	return ifindex < XMGM_IFID_VLAN ? ifindex
					: 900 + (ifindex & ~XMGM_IFID_VLAN);
}

static void note(struct lab *lab, const char *what, const struct link *link)
{
	size_t len = strlen(lab->log);

	snprintf(lab->log + len, sizeof(lab->log) - len, "%s%s%s/%u",
		 len ? " " : "", what, link->name, number(link->ifindex));
}

static void on_appeared(void *arg, const struct link *link)
{
	note(arg, "+", link);
}

static void on_changed(void *arg, const struct link *link)
{
	note(arg, "~", link);
}

static void on_moved(void *arg, const struct link *link, uint32_t before)
{
	struct lab *lab = arg;

	note(arg, ">", link);
	assert_null(links_by_index(&lab->links, before));
}

static void on_gone(void *arg, const struct link *link)
{
	note(arg, link->renamed ? "!" : "-", link);
}

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->listener = (struct link_listener){
		.arg = lab,
		.appeared = on_appeared,
		.changed = on_changed,
		.moved = on_moved,
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

static struct link_report netdev(uint32_t ifindex, const char *name)
{
	struct link_report r = {
		.ifindex = ifindex,
		.mac = {2, 0, 0, 0, 0, (uint8_t)ifindex},
		.ethernet = true,
		.multicast = true,
		.admin_up = true,
		.carrier = true,
		.mtu = 1500,
	};

	snprintf(r.name, sizeof(r.name), "%s", name);
	return r;
}

static struct link_report vlan(uint32_t ifindex, const char *name,
			       uint32_t trunk, uint32_t id)
{
	struct link_report r = netdev(ifindex, name);

	strcpy(r.kind, "vlan");
	r.peer = trunk;
	r.vlan = id;
	return r;
}

static void report(struct lab *lab, const struct link_report *r)
{
	assert_int_equal(links_report(&lab->links, r), 0);
}

static void plug(struct lab *lab, uint32_t ifindex, const char *name)
{
	const struct link_report r = netdev(ifindex, name);

	report(lab, &r);
}

static void plug_vlan(struct lab *lab, uint32_t ifindex, const char *name,
		      uint32_t trunk, uint32_t id)
{
	const struct link_report r = vlan(ifindex, name, trunk, id);

	report(lab, &r);
}

static void want(struct lab *lab, const char *name)
{
	assert_int_equal(links_want(&lab->links, name, NULL, 0), 0);
}

/* What has been told since the last look. */
static void told(struct lab *lab, const char *log)
{
	assert_string_equal(lab->log, log);
	lab->log[0] = '\0';
}

static const struct link *named(struct lab *lab, const char *name)
{
	return links_by_name(&lab->links, name);
}

static void test_names_of_vlans(void **state)
{
	static const struct {
		const char *name, *trunk;
		uint16_t vlan;
	} cases[] = {
		{"trunk0.100", "trunk0", 100},
		{"e.1", "e", 1},
		{"e.4094", "e", 4094},
		{"e.1.2", "e.1", 2},
		{"e.0", NULL, 0},
		{"e.4095", NULL, 0},
		{"e.40940", NULL, 0},
		{"e.99999999999", NULL, 0},
		{"e.007", NULL, 0},
		{"e.", NULL, 0},
		{"e", NULL, 0},
		{".5", NULL, 0},
		{"e.5a", NULL, 0},
		{"e.-5", NULL, 0},
		{"e.+5", NULL, 0},
	};
	char trunk[XMGM_IFNAME_LEN];
	uint16_t id;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(argument_vlan(cases[i].name, trunk, &id),
				 cases[i].trunk != NULL);
		if (!cases[i].trunk)
			continue;
		assert_string_equal(trunk, cases[i].trunk);
		assert_int_equal(id, cases[i].vlan);
	}
}

static void test_a_wanted_vlan_is_there_while_its_trunk_is(void **state)
{
	struct lab *lab = *state;
	const struct link *link;

	want(lab, "t.5");
	told(lab, "");
	plug(lab, 1, "t");
	told(lab, "+t/1 +t.5/900");
	link = named(lab, "t.5");
	assert_int_equal(link->trunk, 1);
	assert_int_equal(link->vlan, 5);
	assert_int_equal(link->mtu, 1500);
	assert_true(link_up(link) && link->ethernet);
	assert_memory_equal(link->mac, named(lab, "t")->mac, 6);
	assert_false(link_is_netdev(link));
	assert_ptr_equal(links_carrier(&lab->links, link), named(lab, "t"));
	assert_ptr_equal(links_vlan(&lab->links, 1, 5), link);
	links_delete(&lab->links, 1);
	told(lab, "-t.5/900 -t/1");
	plug(lab, 2, "t");
	told(lab, "+t/2 +t.5/901");
	links_unwant(&lab->links, "t.5");
	told(lab, "-t.5/901");
	links_unwant(&lab->links, "t.5");
	told(lab, "");
}

static void test_what_is_no_vlan_is_not_made(void **state)
{
	struct lab *lab = *state;

	plug(lab, 1, "t");
	told(lab, "+t/1");
	want(lab, "t.0");
	want(lab, "x.5");
	want(lab, "u");
	told(lab, "");
}

static void test_it_goes_up_and_down_with_its_trunk(void **state)
{
	struct link_report t = netdev(1, "t");
	struct lab *lab = *state;

	want(lab, "t.5");
	report(lab, &t);
	told(lab, "+t/1 +t.5/900");
	t.carrier = false;
	t.mtu = 9000;
	report(lab, &t);
	told(lab, "~t/1 ~t.5/900");
	assert_false(link_up(named(lab, "t.5")));
	assert_int_equal(named(lab, "t.5")->mtu, 9000);
	report(lab, &t);
	told(lab, "");
}

/* Nobody has to be told that an interface is gone which is not. */
static void test_it_lasts_when_its_netdev_comes_and_goes(void **state)
{
	struct lab *lab = *state;
	const struct link *link;

	want(lab, "t.5");
	plug(lab, 1, "t");
	told(lab, "+t/1 +t.5/900");
	link = named(lab, "t.5");
	plug_vlan(lab, 7, "t.5", 1, 5);
	told(lab, ">t.5/7 ~t.5/7");
	assert_ptr_equal(named(lab, "t.5"), link);
	assert_ptr_equal(links_by_index(&lab->links, 7), link);
	assert_true(link_is_netdev(link));
	links_delete(&lab->links, 7);
	told(lab, ">t.5/901 ~t.5/901");
	assert_ptr_equal(named(lab, "t.5"), link);
	/* One that nobody wants goes. */
	plug_vlan(lab, 8, "t.5", 1, 5);
	links_unwant(&lab->links, "t.5");
	told(lab, ">t.5/8 ~t.5/8");
	links_delete(&lab->links, 8);
	told(lab, "-t.5/8");
}

static void test_with_its_trunk_goes_what_had_a_netdev(void **state)
{
	struct lab *lab = *state;

	want(lab, "t.5");
	plug(lab, 1, "t");
	plug_vlan(lab, 7, "t.5", 1, 5);
	told(lab, "+t/1 +t.5/900 >t.5/7 ~t.5/7");
	/* As the kernel tells it: what is on it first. */
	links_delete(&lab->links, 7);
	links_delete(&lab->links, 1);
	told(lab, ">t.5/901 ~t.5/901 -t.5/901 -t/1");
}

static void test_another_netdev_takes_the_name(void **state)
{
	struct lab *lab = *state;

	want(lab, "t.5");
	plug(lab, 1, "t");
	told(lab, "+t/1 +t.5/900");
	plug(lab, 7, "t.5");
	told(lab, "-t.5/900 +t.5/7");
	assert_int_equal(named(lab, "t.5")->trunk, 0);
	links_delete(&lab->links, 7);
	told(lab, "-t.5/7 +t.5/901");
}

static void test_a_netdev_of_another_name_takes_the_vlan(void **state)
{
	char why[LINK_WHY];
	struct lab *lab = *state;

	want(lab, "t.5");
	plug(lab, 1, "t");
	told(lab, "+t/1 +t.5/900");
	plug_vlan(lab, 7, "video", 1, 5);
	told(lab, "-t.5/900 +video/7");
	assert_int_equal(named(lab, "video")->trunk, 1);
	links_why_not(&lab->links, "t.5", why);
	assert_string_equal(why, "VLAN 5 of t is video: name that");
	assert_false(links_may_stand(&lab->links, "t.5"));
	links_delete(&lab->links, 7);
	told(lab, "-video/7 +t.5/901");
}

static void test_a_renamed_trunk_has_other_vlans(void **state)
{
	struct lab *lab = *state;

	want(lab, "t.5");
	want(lab, "u.5");
	plug(lab, 1, "t");
	told(lab, "+t/1 +t.5/900");
	plug(lab, 1, "u");
	told(lab, "-t.5/900 !t/1 +u/1 +u.5/901");
}

/* The order of a dump is the kernel's. */
static void test_a_netdev_may_be_told_before_its_trunk(void **state)
{
	struct lab *lab = *state;

	plug_vlan(lab, 7, "v", 9, 5);
	assert_int_equal(named(lab, "v")->trunk, 0);
	plug(lab, 9, "t");
	told(lab, "+v/7 +t/9 -v/7 +v/7");
	assert_int_equal(named(lab, "v")->trunk, 9);
}

static void test_no_vlans_of_bonds_and_of_vlans(void **state)
{
	struct link_report bond = netdev(1, "b");
	struct lab *lab = *state;
	char why[LINK_WHY];

	strcpy(bond.kind, "bond");
	report(lab, &bond);
	plug(lab, 2, "t");
	plug_vlan(lab, 3, "t.5", 2, 5);
	want(lab, "b.5");
	want(lab, "t.5.6");
	plug_vlan(lab, 4, "b.6", 1, 6);
	told(lab, "+b/1 +t/2 +t.5/3 +b.6/4");
	assert_int_equal(named(lab, "b.6")->trunk, 0);
	links_why_not(&lab->links, "b.5", why);
	assert_non_null(strstr(why, "b is a bond"));
	links_why_not(&lab->links, "t.5.6", why);
	assert_non_null(strstr(why, "t.5 is a VLAN itself"));
	links_why_not(&lab->links, "x.5", why);
	assert_string_equal(why, "there is no x, whose VLAN it is");
}

static struct proto_address address(const char *text)
{
	struct in_addr in;

	inet_pton(AF_INET, text, &in);
	return (struct proto_address){
		.address = mgm_address_v4(in),
		.prefix_len = 24,
		.peer = mgm_address_v4((struct in_addr){0}),
	};
}

/* Those that are configured serve as long as there are no others. */
static void test_its_addresses(void **state)
{
	const struct proto_address own = address("10.0.5.1");
	const struct proto_address other = address("10.0.5.2");
	const struct mgm_address host = address("10.0.5.9").address;
	struct lab *lab = *state;
	const struct link *link;

	assert_int_equal(links_want(&lab->links, "t.5", &own, 1), 0);
	plug(lab, 1, "t");
	told(lab, "+t/1 +t.5/900");
	link = named(lab, "t.5");
	assert_int_equal(link->address_count, 1);
	assert_ptr_equal(links_toward(&lab->links, &host), link);
	assert_int_equal(links_want(&lab->links, "t.5", &own, 1), 0);
	told(lab, "");
	assert_int_equal(links_want(&lab->links, "t.5", &other, 1), 0);
	told(lab, "~t.5/900");
	assert_true(
		mgm_address_equal(&link->addresses[0].address, &other.address));
	plug_vlan(lab, 7, "t.5", 1, 5);
	told(lab, ">t.5/7 ~t.5/7");
	assert_int_equal(link->address_count, 0);
	links_address(&lab->links, 7, &own, true);
	told(lab, "~t.5/7");
	assert_int_equal(links_want(&lab->links, "t.5", &own, 1), 0);
	told(lab, "");
	links_delete(&lab->links, 7);
	told(lab, ">t.5/901 ~t.5/901");
	assert_int_equal(link->address_count, 1);
}

/* No dump of the kernel's has those that stand in. */
static void test_a_dump_leaves_them(void **state)
{
	const struct proto_address own = address("10.0.5.1");
	struct lab *lab = *state;

	assert_int_equal(links_want(&lab->links, "t.5", &own, 1), 0);
	want(lab, "t.6");
	plug(lab, 1, "t");
	plug_vlan(lab, 7, "t.6", 1, 6);
	lab->log[0] = '\0';
	links_dump_begin(&lab->links);
	plug(lab, 1, "t");
	links_dump_end(&lab->links);
	told(lab, ">t.6/902 ~t.6/902");
	assert_int_equal(named(lab, "t.5")->address_count, 1);
	links_dump_begin(&lab->links);
	links_dump_end(&lab->links);
	told(lab, "-t.6/902 -t.5/901 -t/1");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_vlans),
		T(test_a_wanted_vlan_is_there_while_its_trunk_is),
		T(test_what_is_no_vlan_is_not_made),
		T(test_it_goes_up_and_down_with_its_trunk),
		T(test_it_lasts_when_its_netdev_comes_and_goes),
		T(test_with_its_trunk_goes_what_had_a_netdev),
		T(test_another_netdev_takes_the_name),
		T(test_a_netdev_of_another_name_takes_the_vlan),
		T(test_a_renamed_trunk_has_other_vlans),
		T(test_a_netdev_may_be_told_before_its_trunk),
		T(test_no_vlans_of_bonds_and_of_vlans),
		T(test_its_addresses),
		T(test_a_dump_leaves_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
