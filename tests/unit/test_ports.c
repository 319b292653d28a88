/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the plane is told of ports, as links come, change and go: links as
 * netlink would report them, and the plane of memory.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "xmgmd/daemon.h"

#define XMIT 4u /* of NETDEV_XDP_ACT_*: transmits what XDP redirects */

struct lab {
	struct daemon d;
	struct config config;
	struct config_interface interface;
	struct proto_interface_config named;
};

static struct lab *lab;

/* --- the lab: announce.c's part in it ---------------------------------- */

static void on_link(void *arg, const struct link *link)
{
	ports_changed(arg, link);
}

static void on_gone(void *arg, const struct link *link)
{
	if (!link->renamed)
		ports_gone(arg, link);
}

static int setup(void **state)
{
	static struct link_listener listener = {
		.appeared = on_link,
		.changed = on_link,
		.program = on_link,
		.gone = on_gone,
	};
	const struct plane_options options = {.instance = "lab"};
	const struct plane_listener nobody = {.arg = NULL};

	(void)state;
	lab = calloc(1, sizeof(*lab));
	lab->d.config = &lab->config;
	lab->d.router.d = &lab->d;
	listener.arg = &lab->d.router;
	links_init(&lab->d.links);
	links_listen(&lab->d.links, &listener);
	return plane_open_fake(&options, &nobody, &lab->d.router.plane);
}

static int teardown(void **state)
{
	(void)state;
	links_free(&lab->d.links);
	port_list_free(&lab->d.router.ports);
	plane_close(lab->d.router.plane);
	free(lab);
	return 0;
}

static struct link_report link_named(uint32_t ifindex, const char *name)
{
	struct link_report report = {
		.ifindex = ifindex,
		.mac = {2, 0, 0, 0, 0, (uint8_t)ifindex},
		.ethernet = true,
		.admin_up = true,
		.carrier = true,
		.mtu = 1500,
	};

	strncpy(report.name, name, sizeof(report.name) - 1);
	return report;
}

static void report(const struct link_report *r)
{
	assert_int_equal(links_report(&lab->d.links, r), 0);
}

static void features(uint32_t ifindex, uint64_t features)
{
	links_features(&lab->d.links, ifindex, true, features);
}

static void attach(uint32_t ifindex, enum plane_mode mode)
{
	const char *why;

	assert_int_equal(plane_attach(lab->d.router.plane, ifindex, mode, &why),
			 0);
}

static enum plane_path path(uint32_t ifindex)
{
	struct plane_port_info info;

	assert_int_equal(plane_port_get(lab->d.router.plane, ifindex, &info),
			 0);
	return info.path;
}

static void settle(void)
{
	ports_settle(&lab->d.router);
}

/* --- paths --------------------------------------------------------------- */

static void test_what_cannot_transmit_takes_the_clone_path(void **state)
{
	const struct link_report e0 = link_named(1, "e0");

	(void)state;
	report(&e0);
	settle();
	assert_int_equal(path(1), PLANE_PATH_XDP); /* nobody knows */
	features(1, 1);
	settle();
	assert_int_equal(path(1), PLANE_PATH_CLONE);
	features(1, 1 | XMIT);
	assert_int_equal(path(1), PLANE_PATH_XDP); /* at once */
	settle();
	assert_int_equal(path(1), PLANE_PATH_XDP);
}

/* A driver that says it can, and refuses, until something about it changes. */
static void test_what_refuses_to_transmit_takes_the_clone_path(void **state)
{
	struct link_report e0 = link_named(1, "e0");

	(void)state;
	report(&e0);
	features(1, 1 | XMIT);
	links_by_index(&lab->d.links, 1)->refuses = true;
	settle();
	assert_int_equal(path(1), PLANE_PATH_CLONE);
	report(&e0);
	settle();
	assert_int_equal(path(1), PLANE_PATH_CLONE);
	e0.xdp_program = 7;
	report(&e0);
	settle();
	assert_int_equal(path(1), PLANE_PATH_XDP);
}

/* By its kind, where the kernel does not tell what its driver can. */
static void test_unknown_drivers_are_known_by_their_kind(void **state)
{
	static const char *const can[] = {"", "veth", "tun", "bond"},
				 *const cannot[] = {"bridge", "macvlan",
						    "dummy"};
	struct link_report e = link_named(1, "e0");

	(void)state;
	for (uint32_t i = 0; i < 7; i++) {
		e.ifindex = i + 1;
		e.name[1] = (char)('0' + i);
		strcpy(e.kind, i < 4 ? can[i] : cannot[i - 4]);
		report(&e);
		settle();
		assert_int_equal(path(i + 1),
				 i < 4 ? PLANE_PATH_XDP : PLANE_PATH_CLONE);
	}
}

static void test_nothing_leaves_where_there_is_no_ethernet(void **state)
{
	struct link_report wg = link_named(1, "wg0");

	(void)state;
	wg.ethernet = false;
	report(&wg);
	assert_int_equal(path(1), PLANE_PATH_NONE);
	attach(1, PLANE_GENERIC);
	features(1, XMIT);
	settle();
	assert_int_equal(path(1), PLANE_PATH_NONE);
}

/* --- what it is besides -------------------------------------------------- */

static uint32_t flags(uint32_t ifid)
{
	struct xmgm_interface now;

	assert_int_equal(plane_interface_get(lab->d.router.plane, ifid, &now),
			 0);
	assert_int_equal(now.owner, XMGM_OWNER_STATIC);
	return now.flags;
}

static void configure(const char *name)
{
	lab->interface.wrong_if_reports = false;
	lab->interface.ttl_threshold = 32;
	strcpy(lab->named.name, name);
	lab->config.interfaces = &lab->interface;
	lab->config.proto.interfaces = &lab->named;
	lab->config.proto.interface_count = 1;
	ports_configure(&lab->d.router);
}

static void test_flags_are_the_ports(void **state)
{
	const struct xmgm_interface owned = {.owner = XMGM_OWNER_STATIC};
	struct link_report e0 = link_named(1, "e0"), v0 = link_named(2, "v0");
	struct plane_port_info info;

	(void)state;
	strcpy(v0.kind, "veth");
	report(&e0);
	report(&v0);
	plane_interface_set(lab->d.router.plane, 1, &owned);
	plane_interface_set(lab->d.router.plane, 2, &owned);
	assert_int_equal(flags(1), XMGM_IF_WRONG_IF_UPCALLS);
	assert_int_equal(flags(2),
			 XMGM_IF_WRONG_IF_UPCALLS | XMGM_IF_PARTIAL_CSUM);
	configure("v0");
	assert_int_equal(flags(1), XMGM_IF_WRONG_IF_UPCALLS);
	assert_int_equal(flags(2), XMGM_IF_PARTIAL_CSUM);
	plane_port_get(lab->d.router.plane, 2, &info);
	assert_int_equal(info.ttl_threshold, 32);
	plane_port_get(lab->d.router.plane, 1, &info);
	assert_int_equal(info.ttl_threshold, 1);
}

static void test_a_port_lives_as_long_as_its_netdev(void **state)
{
	struct link_report e0 = link_named(1, "e0"), lo = link_named(3, "lo");
	struct plane_port_info info;
	struct port *port;

	(void)state;
	lo.loopback = true;
	report(&lo);
	assert_null(port_list_find(&lab->d.router.ports, 3));
	report(&e0);
	port = port_list_find(&lab->d.router.ports, 1);
	assert_non_null(port);
	strcpy(e0.name, "lan0");
	report(&e0);
	assert_ptr_equal(port_list_find(&lab->d.router.ports, 1), port);
	links_delete(&lab->d.links, 1);
	assert_null(port_list_find(&lab->d.router.ports, 1));
	assert_int_equal(plane_port_get(lab->d.router.plane, 1, &info),
			 -ENOENT);
}

/* --- VLANs ----------------------------------------------------------------- */

static struct link_report vlan_named(uint32_t ifindex, const char *name,
				     uint32_t trunk, uint32_t vlan)
{
	struct link_report report = link_named(ifindex, name);

	strcpy(report.kind, "vlan");
	report.peer = trunk;
	report.vlan = vlan;
	return report;
}

static void want(const char *name)
{
	assert_int_equal(links_want(&lab->d.links, name, NULL, 0), 0);
}

struct told {
	uint32_t ifid, ifindex;
	uint32_t vlan;
	size_t count;
};

static void add_vlan(void *arg, const struct xmgm_port *at, uint32_t ifid)
{
	struct told *told = arg;

	*told = (struct told){ifid, at->ifindex, at->vlan, told->count + 1};
}

/* The plane knows this VLAN, and no other. */
static uint32_t told_vlan(uint32_t ifindex, uint32_t vlan)
{
	struct told told = {0};

	plane_vlan_walk(lab->d.router.plane, add_vlan, &told);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.ifindex, ifindex);
	assert_int_equal(told.vlan, vlan);
	return told.ifid;
}

/* An ifid is a port's, and which netdev carries that is the port's to know. */
static void test_an_ifid_leads_to_the_links_of_its_port(void **state)
{
	const struct link_report e0 = link_named(1, "e0");
	struct router *r = &lab->d.router;
	const struct link *link, *vlan;
	uint32_t ifid;

	(void)state;
	report(&e0);
	want("e0.7");
	link = links_by_index(&lab->d.links, 1);
	vlan = links_by_name(&lab->d.links, "e0.7");
	assert_non_null(vlan);
	assert_int_equal(ports_ifid(r, link), 1);
	assert_ptr_equal(ports_carrier(r, 1), link);
	assert_ptr_equal(ports_link(r, 1), link);
	ifid = ports_ifid(r, vlan);
	assert_true(ifid >= XMGM_IFID_VLAN);
	assert_int_equal(told_vlan(1, 7), ifid);
	assert_ptr_equal(ports_carrier(r, ifid), link);
	assert_ptr_equal(ports_link(r, ifid), vlan);
	assert_null(ports_carrier(r, ifid + 1));
	links_delete(&lab->d.links, 1);
	assert_null(ports_carrier(r, 1));
	assert_null(ports_carrier(r, ifid));
}

static void test_a_vlan_keeps_its_ifid_when_its_netdev_comes_or_goes(void **s)
{
	const struct link_report e0 = link_named(1, "e0");
	const struct link_report netdev = vlan_named(5, "e0.7", 1, 7);
	struct router *r = &lab->d.router;
	uint32_t ifid;

	(void)s;
	report(&e0);
	want("e0.7");
	ifid = told_vlan(1, 7);
	report(&netdev);
	assert_int_equal(told_vlan(1, 7), ifid);
	assert_int_equal(port_list_netdev(&r->ports, ifid), 5);
	links_delete(&lab->d.links, 5);
	assert_int_equal(told_vlan(1, 7), ifid);
	assert_int_equal(port_list_netdev(&r->ports, ifid), 0);
}

/* XDP sends by the trunk: that a VLAN's netdev has no XDP transmit is nothing
 * that counts. */
static void test_the_path_of_a_vlan_is_that_of_its_trunk(void **state)
{
	const struct link_report e0 = link_named(1, "e0");
	const struct link_report netdev = vlan_named(5, "v7", 1, 7);

	(void)state;
	report(&e0);
	features(1, XMIT);
	report(&netdev);
	features(5, 0);
	settle();
	assert_int_equal(path(5), PLANE_PATH_XDP);
	features(1, 0);
	settle();
	assert_int_equal(path(5), PLANE_PATH_CLONE);
	features(1, XMIT);
	settle();
	assert_int_equal(path(5), PLANE_PATH_XDP);
}

/* Tags of 802.1ad are others than those of 802.1Q. */
static void test_a_service_vlan_is_another(void **state)
{
	const struct link_report e0 = link_named(1, "e0");
	const struct link_report netdev =
		vlan_named(5, "s7", 1, 7 | XMGM_PORT_AD);

	(void)state;
	report(&e0);
	report(&netdev);
	assert_int_equal(told_vlan(1, 7 | XMGM_PORT_AD), 5);
	want("e0.7");
	assert_non_null(links_by_name(&lab->d.links, "e0.7"));
}

/* Of a VLAN inside another, or of a bond, XDP knows nothing: it is a netdev as
 * others are. */
static void test_a_netdev_that_no_trunk_carries_is_a_port_itself(void **state)
{
	const struct link_report e0 = link_named(1, "e0");
	struct link_report bond = link_named(2, "b0");
	const struct link_report all[] = {
		vlan_named(5, "e0.7", 1, 7),
		vlan_named(6, "e0.7.8", 5, 8),
		vlan_named(7, "b0.7", 2, 7),
		vlan_named(8, "x", 3, 7),
	};
	struct router *r = &lab->d.router;

	(void)state;
	strcpy(bond.kind, "bond");
	report(&e0);
	report(&bond);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		report(&all[i]);
	assert_int_equal(told_vlan(1, 7), 5);
	for (uint32_t i = 6; i <= 8; i++)
		assert_int_equal(port_list_carrier(&r->ports, i), i);
}

static void test_vlans_of_the_run_before_are_kept_or_gone(void **state)
{
	const struct link_report e0 = link_named(1, "e0");
	const uint32_t old = XMGM_IFID_VLAN + 3;
	struct plane_port before = {.ifid = old, .ifindex = 1, .vlan = 7};
	struct router *r = &lab->d.router;
	struct told told = {0};

	(void)state;
	plane_port_set(r->plane, &before);
	before.vlan = 8;
	before.ifid = old + 1;
	plane_port_set(r->plane, &before);
	ports_prepare(r);
	report(&e0);
	want("e0.7");
	ports_adopted(r);
	plane_vlan_walk(r->plane, add_vlan, &told);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.ifid, old);
	assert_null(port_list_find(&r->ports, old + 1));
}

/* --- bonds ----------------------------------------------------------------- */

#define BOND 9

struct wanted {
	uint32_t ifindex, ifid;
};

static void add_member(void *arg, uint32_t ifindex, uint32_t ifid)
{
	struct wanted *found = arg;

	assert_int_equal(found->ifindex, 0); /* one at most */
	*found = (struct wanted){ifindex, ifid};
}

/* What arrives at `ifindex` alone is another's: the bond's. 0: at none. */
static void members_are(uint32_t ifindex)
{
	struct wanted found = {0, 0};

	plane_member_walk(lab->d.router.plane, add_member, &found);
	assert_int_equal(found.ifindex, ifindex);
	assert_int_equal(found.ifid, ifindex ? BOND : 0);
}

static void enslave(uint32_t ifindex, uint32_t bond)
{
	struct link_report e = link_named(ifindex, ifindex == 1 ? "e0" : "e1");

	e.bond = bond;
	report(&e);
}

static void attach_bond(enum plane_mode mode)
{
	attach(BOND, mode);
	ports_members(&lab->d.router, BOND);
}

static void test_members_of_an_attached_bond_are_the_bond(void **state)
{
	const struct link_report bond = link_named(BOND, "bond0");
	const char *why;

	(void)state;
	enslave(1, BOND);
	report(&bond);
	members_are(0);
	attach_bond(PLANE_NATIVE);
	members_are(1);
	assert_int_equal(plane_detach(lab->d.router.plane, BOND, &why), 0);
	members_are(0);
	attach_bond(PLANE_NATIVE);
	links_delete(&lab->d.links, BOND);
	members_are(0);
}

/* A backup member is reported as one of no bond. */
static void test_members_come_and_go_and_take_over(void **state)
{
	const struct link_report bond = link_named(BOND, "bond0");

	(void)state;
	report(&bond);
	attach_bond(PLANE_NATIVE);
	enslave(1, BOND);
	enslave(2, 0);
	members_are(1);
	enslave(1, 0);
	members_are(0);
	enslave(2, BOND);
	members_are(2);
	links_delete(&lab->d.links, 2);
	members_are(0);
}

/* Native XDP below generic: the member has seen it, the bond sees the rest. */
static void test_a_member_that_is_attached_is_its_own(void **state)
{
	const struct link_report bond = link_named(BOND, "bond0");

	(void)state;
	report(&bond);
	enslave(1, 0);
	attach(1, PLANE_NATIVE);
	enslave(1, BOND);
	enslave(2, BOND);
	attach_bond(PLANE_GENERIC);
	members_are(2);
}

static void test_a_bond_of_veths_has_partial_checksums(void **state)
{
	const struct xmgm_interface owned = {.owner = XMGM_OWNER_STATIC};
	struct link_report bond = link_named(BOND, "bond0"),
			   v0 = link_named(1, "v0");

	(void)state;
	strcpy(bond.kind, "bond");
	strcpy(v0.kind, "veth");
	report(&bond);
	report(&v0);
	attach_bond(PLANE_NATIVE);
	plane_interface_set(lab->d.router.plane, BOND, &owned);
	assert_int_equal(flags(BOND), XMGM_IF_WRONG_IF_UPCALLS);
	v0.bond = BOND;
	report(&v0);
	assert_int_equal(flags(BOND),
			 XMGM_IF_WRONG_IF_UPCALLS | XMGM_IF_PARTIAL_CSUM);
	bond.mtu++;
	report(&bond);
	assert_int_equal(flags(BOND),
			 XMGM_IF_WRONG_IF_UPCALLS | XMGM_IF_PARTIAL_CSUM);
}

static void test_members_of_the_run_before(void **state)
{
	const struct link_report bond = link_named(BOND, "bond0");
	struct plane *plane = lab->d.router.plane;

	(void)state;
	attach(BOND, PLANE_NATIVE);
	assert_int_equal(plane_member_set(plane, 1, BOND), 0);
	assert_int_equal(plane_member_set(plane, 2, BOND), 0);
	assert_int_equal(plane_member_set(plane, 77, BOND), 0);
	enslave(1, BOND); /* before its bond has been told */
	enslave(2, 0);
	report(&bond);
	ports_adopted(&lab->d.router);
	members_are(1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_what_cannot_transmit_takes_the_clone_path),
		T(test_what_refuses_to_transmit_takes_the_clone_path),
		T(test_unknown_drivers_are_known_by_their_kind),
		T(test_nothing_leaves_where_there_is_no_ethernet),
		T(test_flags_are_the_ports),
		T(test_a_port_lives_as_long_as_its_netdev),
		T(test_an_ifid_leads_to_the_links_of_its_port),
		T(test_a_vlan_keeps_its_ifid_when_its_netdev_comes_or_goes),
		T(test_the_path_of_a_vlan_is_that_of_its_trunk),
		T(test_a_service_vlan_is_another),
		T(test_a_netdev_that_no_trunk_carries_is_a_port_itself),
		T(test_vlans_of_the_run_before_are_kept_or_gone),
		T(test_members_of_an_attached_bond_are_the_bond),
		T(test_members_come_and_go_and_take_over),
		T(test_a_member_that_is_attached_is_its_own),
		T(test_a_bond_of_veths_has_partial_checksums),
		T(test_members_of_the_run_before),
	};

	return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
