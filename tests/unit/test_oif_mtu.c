/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which links are oifs of a route, and by which iif the longest packets may
 * come that have to leave there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "xmgmd/oif_mtu.h"

#define SET XMGM_SET_FIRST

struct lab {
	struct links links;
	struct oif_mtu mtu;
	struct port_list ports;
};

static void add_link(struct lab *lab, uint32_t ifindex, unsigned int mtu)
{
	struct link_report report = {
		.ifindex = ifindex,
		.name = {'e', (char)('0' + ifindex % 64)},
		.ethernet = true,
		.admin_up = true,
		.carrier = true,
		.mtu = mtu,
	};

	assert_int_equal(links_report(&lab->links, &report), 0);
}

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	links_init(&lab->links);
	add_link(lab, 1, 1500);
	add_link(lab, 2, 1500);
	add_link(lab, 3, 9000);
	add_link(lab, 4, 4000);
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	oif_mtu_free(&lab->mtu);
	port_list_free(&lab->ports);
	links_free(&lab->links);
	free(lab);
	return 0;
}

static const struct link_use *use_of(struct lab *lab, uint32_t ifindex)
{
	oif_mtu_survey(&lab->mtu, &lab->ports, &lab->links);
	return &links_by_index(&lab->links, ifindex)->use;
}

/* A VLAN without a netdev has an ifid that is no ifindex, and a link of its own
 * beside the one that carries its packets. */
static void test_a_vlan_is_looked_up_by_its_own_link(void **state)
{
	const uint32_t vlan = XMGM_IFID_VLAN + 7;
	struct lab *lab = *state;
	uint32_t out, in = port_list_get(&lab->ports, 3, 30, 4)->ifid;

	add_link(lab, vlan, 1500);
	out = port_list_get(&lab->ports, 1, 30, vlan)->ifid;
	assert_true(out >= XMGM_IFID_VLAN);
	assert_true(oif_mtu_get(&lab->mtu, SET, &out, 1));
	assert_true(oif_mtu_iif(&lab->mtu, SET, in));
	assert_true(use_of(lab, vlan)->is_oif);
	assert_int_equal(use_of(lab, vlan)->iif_mtu, 4000);
	assert_false(use_of(lab, 1)->is_oif);
	assert_false(use_of(lab, 2)->is_oif);
}

static void test_an_oif_knows_the_widest_iif(void **state)
{
	static const uint32_t oifs[] = {1, 2};
	struct lab *lab = *state;

	assert_true(oif_mtu_get(&lab->mtu, SET, oifs, 2));
	assert_true(use_of(lab, 1)->is_oif);
	assert_int_equal(use_of(lab, 1)->iif_mtu, 0);
	assert_true(oif_mtu_iif(&lab->mtu, SET, 4));
	assert_true(oif_mtu_iif(&lab->mtu, SET, 3));
	assert_false(oif_mtu_iif(&lab->mtu, SET, 3));
	assert_int_equal(use_of(lab, 2)->iif_mtu, 9000);
	assert_string_equal(use_of(lab, 2)->iif_name, "e3");
	assert_false(use_of(lab, 3)->is_oif);
}

static void test_of_several_sets_the_widest_counts(void **state)
{
	static const uint32_t one[] = {1}, both[] = {1, 2};
	struct lab *lab = *state;

	assert_true(oif_mtu_get(&lab->mtu, SET, one, 1));
	assert_true(oif_mtu_get(&lab->mtu, SET + 200, both, 2));
	oif_mtu_iif(&lab->mtu, SET, 3);
	oif_mtu_iif(&lab->mtu, SET + 200, 4);
	assert_int_equal(use_of(lab, 1)->iif_mtu, 9000);
	assert_int_equal(use_of(lab, 2)->iif_mtu, 4000);
	assert_true(oif_mtu_put(&lab->mtu, SET));
	assert_int_equal(use_of(lab, 1)->iif_mtu, 4000);
}

static void test_a_set_lasts_as_long_as_somebody_uses_it(void **state)
{
	static const uint32_t oifs[] = {1};
	struct lab *lab = *state;

	assert_true(oif_mtu_get(&lab->mtu, SET, oifs, 1));
	assert_false(oif_mtu_get(&lab->mtu, SET, oifs, 1));
	assert_false(oif_mtu_put(&lab->mtu, SET));
	assert_true(use_of(lab, 1)->is_oif);
	assert_true(oif_mtu_put(&lab->mtu, SET));
	assert_false(use_of(lab, 1)->is_oif);
	assert_false(oif_mtu_put(&lab->mtu, SET));
}

static void test_numbers_below_the_first_are_no_sets(void **state)
{
	static const uint32_t oifs[] = {1};
	struct lab *lab = *state;
	uint32_t number;

	for (number = 0; number < XMGM_SET_FIRST; number++) {
		assert_false(oif_mtu_get(&lab->mtu, number, oifs, 1));
		assert_false(oif_mtu_iif(&lab->mtu, number, 3));
		assert_false(oif_mtu_put(&lab->mtu, number));
	}
	assert_false(oif_mtu_iif(&lab->mtu, SET + 9, 3));
	assert_false(use_of(lab, 1)->is_oif);
}

static void test_what_is_not_there_is_left_out(void **state)
{
	static const uint32_t oifs[] = {1, 77};
	struct lab *lab = *state;

	assert_true(oif_mtu_get(&lab->mtu, SET, oifs, 2));
	assert_true(oif_mtu_iif(&lab->mtu, SET, 78));
	assert_int_equal(use_of(lab, 1)->iif_mtu, 0);
	assert_true(oif_mtu_iif(&lab->mtu, SET, 3));
	assert_int_equal(use_of(lab, 1)->iif_mtu, 9000);
	links_delete(&lab->links, 3);
	assert_int_equal(use_of(lab, 1)->iif_mtu, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_vlan_is_looked_up_by_its_own_link),
		T(test_an_oif_knows_the_widest_iif),
		T(test_of_several_sets_the_widest_counts),
		T(test_a_set_lasts_as_long_as_somebody_uses_it),
		T(test_numbers_below_the_first_are_no_sets),
		T(test_what_is_not_there_is_left_out),
	};

	return cmocka_run_group_tests_name("oif_mtu", tests, NULL, NULL);
}
