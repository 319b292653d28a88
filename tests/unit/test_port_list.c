/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which ifid a port gets, and how long it keeps it.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "xmgmd/port_list.h"

static int setup(void **state)
{
	*state = calloc(1, sizeof(struct port_list));
	return !*state;
}

static int teardown(void **state)
{
	port_list_free(*state);
	free(*state);
	return 0;
}

/* What stands in for netdevs that are not there. */
#define BARE(n) (XMGM_IFID_VLAN + 1000 + (n))

static uint32_t ifid(struct port_list *list, uint32_t ifindex, uint32_t vlan,
		     uint32_t netdev)
{
	const struct port *port = port_list_get(list, ifindex, vlan, netdev);

	return port ? port->ifid : 0;
}

static void test_an_untagged_port_is_its_netdev(void **state)
{
	struct port_list *list = *state;
	struct port *port = port_list_get(list, 7, 0, 7);

	assert_int_equal(port->ifid, 7);
	assert_int_equal(port->ifindex, 7);
	assert_int_equal(port->vlan, 0);
	assert_int_equal(port->path, PLANE_PATH_XDP);
	assert_ptr_equal(port_list_get(list, 7, 0, 7), port);
	assert_ptr_equal(port_list_find(list, 7), port);
	assert_ptr_equal(port_list_at(list, 7, 0), port);
	assert_null(port_list_find(list, 8));
	assert_null(port_list_at(list, 7, 1));
	port_list_drop(list, port);
	assert_null(port_list_find(list, 7));
	assert_null(port_list_at(list, 7, 0));
}

static void test_a_vlan_is_its_netdev_if_it_has_one(void **state)
{
	struct port_list *list = *state;

	assert_int_equal(ifid(list, 7, 0, 7), 7);
	assert_int_equal(ifid(list, 7, 100, 12), 12);
	assert_int_equal(ifid(list, 7, 4094, 13), 13);
	assert_int_equal(port_list_find(list, 12)->ifindex, 7);
	assert_int_equal(port_list_find(list, 12)->vlan, 100);
	assert_int_equal(ifid(list, 7, 100 | XMGM_PORT_AD, 14), 14);
	assert_ptr_equal(port_list_at(list, 7, 100), port_list_find(list, 12));
}

static void test_a_vlan_without_a_netdev_gets_an_ifid_beyond_all(void **state)
{
	struct port_list *list = *state;
	uint32_t a = ifid(list, 7, 1, BARE(1)), b = ifid(list, 7, 2, BARE(2));

	assert_int_equal(a, XMGM_IFID_VLAN);
	assert_int_equal(b, XMGM_IFID_VLAN + 1);
	assert_int_equal(ifid(list, 8, 1, BARE(3)), XMGM_IFID_VLAN + 2);
	/* Those who still have the old name must not meet another port. */
	port_list_drop(list, port_list_find(list, b));
	assert_int_equal(ifid(list, 7, 2, BARE(2)), XMGM_IFID_VLAN + 3);
}

static void test_a_port_keeps_its_ifid_when_a_netdev_comes_or_goes(void **state)
{
	struct port_list *list = *state;
	uint32_t without = ifid(list, 7, 100, BARE(0));

	assert_int_equal(ifid(list, 7, 100, 12), without);
	assert_int_equal(port_list_ifid(list, 12), without);
	assert_int_equal(port_list_netdev(list, without), 12);
	assert_int_equal(port_list_ifid(list, BARE(0)), BARE(0));
	assert_int_equal(ifid(list, 7, 101, 13), 13);
	assert_int_equal(ifid(list, 7, 101, BARE(1)), 13);
	assert_int_equal(port_list_netdev(list, 13), 0);
	assert_int_equal(ifid(list, 7, 101, 14), 13);
	assert_int_equal(port_list_netdev(list, 13), 14);
}

static void test_no_two_ports_have_one_ifid(void **state)
{
	struct port_list *list = *state;

	assert_int_equal(ifid(list, 7, 100, 12), 12);
	errno = 0;
	assert_null(port_list_get(list, 12, 0, 12));
	assert_int_equal(errno, EEXIST);
	assert_null(port_list_at(list, 12, 0));
	port_list_drop(list, port_list_find(list, 12));
	assert_int_equal(ifid(list, 12, 0, 12), 12);
	/* The numbers go round, past those that are in use. */
	assert_int_equal(ifid(list, 7, 1, BARE(0)), XMGM_IFID_VLAN);
	list->vlans = XMGM_IFID_VLAN - 1;
	assert_int_equal(ifid(list, 7, 2, BARE(1)), 2 * XMGM_IFID_VLAN - 1);
	assert_int_equal(ifid(list, 7, 3, BARE(2)), XMGM_IFID_VLAN + 1);
}

/* Sockets know netdevs only: a VLAN's own, and never the one that carries it,
 * for there its packets would be untagged. */
static void test_the_netdev_of_a_port(void **state)
{
	struct port_list *list = *state;
	static const uint32_t vlans[] = {0, 100, 0};
	static const uint32_t carriers[] = {7, 7, 9}, netdevs[] = {7, 12, 9};
	uint32_t without = ifid(list, 7, 101, BARE(0));

	for (size_t i = 0; i < 3; i++) {
		/* The last has no port, and is what it would be. */
		uint32_t is =
			i < 2 ? ifid(list, carriers[i], vlans[i], netdevs[i])
			      : 9;

		assert_int_equal(port_list_carrier(list, is), carriers[i]);
		assert_int_equal(port_list_netdev(list, is), netdevs[i]);
		assert_int_equal(port_list_link(list, is), netdevs[i]);
		assert_int_equal(port_list_ifid(list, netdevs[i]), is);
	}
	assert_int_equal(port_list_carrier(list, without), 7);
	assert_int_equal(port_list_link(list, without), BARE(0));
	assert_int_equal(port_list_netdev(list, without), 0);
}

/* Routes in the data plane name ifids of the run before. */
static void test_an_ifid_of_the_run_before_is_kept(void **state)
{
	struct port_list *list = *state;
	const uint32_t old = XMGM_IFID_VLAN + 5;

	assert_non_null(port_list_keep(list, 7, 100, old));
	assert_non_null(port_list_keep(list, 7, 101, 13));
	assert_null(port_list_keep(list, 7, 100, old + 1));
	assert_int_equal(errno, EEXIST);
	assert_null(port_list_keep(list, 8, 100, old));
	assert_int_equal(errno, EEXIST);
	assert_null(port_list_keep(list, 7, 4095, old + 1));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(port_list_link(list, old), 0);
	assert_int_equal(ifid(list, 7, 100, BARE(0)), old);
	assert_int_equal(ifid(list, 7, 101, 14), 13);
	/* And no new one gets it. */
	list->vlans = 5;
	assert_int_equal(ifid(list, 7, 102, BARE(1)), old + 1);
}

static void test_what_is_no_port(void **state)
{
	static const struct {
		uint32_t ifindex;
		uint32_t vlan;
		uint32_t link;
	} bad[] = {{0, 0, 9},
		   {0, 1, 9},
		   {7, 4095, 9},
		   {7, UINT16_MAX, 9},
		   {7, XMGM_PORT_AD, 9},
		   {7, XMGM_PORT_AD | 4095, 9},
		   {7, 2 * XMGM_PORT_AD | 1, 9},
		   {7, 1, 0}};
	struct port_list *list = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		errno = 0;
		assert_null(port_list_get(list, bad[i].ifindex, bad[i].vlan,
					  bad[i].link));
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(list->by_ifid.count + list->by_place.count +
				 list->by_link.count,
			 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_an_untagged_port_is_its_netdev),
		T(test_a_vlan_is_its_netdev_if_it_has_one),
		T(test_a_vlan_without_a_netdev_gets_an_ifid_beyond_all),
		T(test_a_port_keeps_its_ifid_when_a_netdev_comes_or_goes),
		T(test_no_two_ports_have_one_ifid),
		T(test_the_netdev_of_a_port),
		T(test_an_ifid_of_the_run_before_is_kept),
		T(test_what_is_no_port),
	};

	return cmocka_run_group_tests_name("port_list", tests, NULL, NULL);
}
