/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The router MAC: which ports send with it, that a change of MAC or threshold
 * reaches every set and loses nothing, that copies are counted all the same,
 * and that what a driver refuses is seen.
 */
#include "plane/bpf.h"
#include "plane_lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>
#include <sys/socket.h>

#include <bpf/bpf.h>

#define SOURCE	"10.0.0.1"
#define FLOW	frame_flow(SOURCE, "239.1.1.1")
#define OTHER	frame_flow(SOURCE, "239.1.1.2")
#define MASK(p) (1u << (p))

static const struct frame first =
	FRAME(SOURCE, "239.1.1.1", 64, .payload = 100);
static const struct frame second =
	FRAME(SOURCE, "239.1.1.2", 64, .payload = 100);

static const uint8_t router[6] = {2, 0xaa, 0, 0, 0, 9};

static const uint8_t *own_mac(int port)
{
	static uint8_t mac[6] = {2, 0xcc, 0, 0, 0};

	mac[5] = (uint8_t)port;
	return mac;
}

static void begin(struct plane_lab *l)
{
	uint8_t frame[FRAME_ROOM];

	lab_attach_all(l);
	for (int i = 0; i < PORTS; i++)
		while (recv(l->sock[i], frame, sizeof(frame), MSG_DONTWAIT) > 0)
			;
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	lab_add_route(l, OTHER, MASK(2) | MASK(3));
}

static void send_one(struct plane_lab *l, const struct frame *f)
{
	uint8_t frame[FRAME_ROOM];

	lab_send(l, 0, frame, frame_put(f, frame));
}

/* The next frame there is this one, from this MAC. */
static void expect(struct plane_lab *l, int port, const struct frame *f,
		   const uint8_t *mac)
{
	uint8_t want[FRAME_ROOM], got[FRAME_ROOM];
	size_t len = frame_put(f, want), got_len;

	frame_forwarded(want);
	memcpy(want + 6, mac, 6);
	got_len = lab_receive(l, port, got);
	if (!got_len)
		fail_msg("p%d: nothing has come", port);
	assert_int_equal(got_len, len);
	assert_memory_equal(got, want, len);
}

/* One packet of each flow; the MACs of what comes out. */
static void expect_macs(struct plane_lab *l, const uint8_t *r1,
			const uint8_t *r2, const uint8_t *r3)
{
	uint8_t m1[6], m2[6], m3[6];

	memcpy(m1, r1 ? r1 : own_mac(1), 6);
	memcpy(m2, r2 ? r2 : own_mac(2), 6);
	memcpy(m3, r3 ? r3 : own_mac(3), 6);
	send_one(l, &first);
	expect(l, 1, &first, m1);
	expect(l, 2, &first, m2);
	send_one(l, &second);
	expect(l, 2, &second, m2);
	expect(l, 3, &second, m3);
}

static bool is_plain(struct plane_lab *l, int i)
{
	struct plane_port_info info;

	assert_int_equal(plane_port_get(l->plane, l->near[i], &info), 0);
	return info.plain;
}

static void allow(struct plane_lab *l, int i, uint8_t ttl_threshold)
{
	struct plane_port port = lab_port(l, i);

	port.any_mac = true;
	port.ttl_threshold = ttl_threshold;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
}

static void test_without_a_router_mac_each_has_its_own(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	allow(l, 1, 1);
	assert_false(is_plain(l, 1));
	expect_macs(l, NULL, NULL, NULL);
}

static void test_who_has_the_mac_or_may_send_with_any_is_plain(void **state)
{
	struct plane_lab *l = *state;
	uint8_t mac[6];

	begin(l);
	assert_int_equal(plane_router_mac_set(l->plane, own_mac(1)), 0);
	plane_router_mac_get(l->plane, mac);
	assert_memory_equal(mac, own_mac(1), 6);
	assert_true(is_plain(l, 1));
	assert_false(is_plain(l, 2));
	expect_macs(l, NULL, NULL, NULL);
	allow(l, 2, 1);
	assert_true(is_plain(l, 2));
	expect_macs(l, mac, mac, NULL);
}

static void test_a_change_of_the_mac_reaches_every_set(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	allow(l, 2, 1);
	assert_int_equal(plane_router_mac_set(l->plane, own_mac(1)), 0);
	assert_int_equal(plane_router_mac_set(l->plane, router), 0);
	assert_false(is_plain(l, 1));
	assert_true(is_plain(l, 2));
	expect_macs(l, NULL, router, NULL);
}

/* Only the program looks at it. */
static void test_a_threshold_ends_it(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	allow(l, 2, 1);
	assert_int_equal(plane_router_mac_set(l->plane, router), 0);
	assert_true(is_plain(l, 2));
	allow(l, 2, 100);
	assert_false(is_plain(l, 2));
	send_one(l, &first);
	expect(l, 1, &first, own_mac(1));
	allow(l, 2, 1);
	assert_true(is_plain(l, 2));
	/* The one below the threshold has not come. */
	expect_macs(l, NULL, router, NULL);
}

static void test_a_new_set_has_it_as_well(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	allow(l, 3, 1);
	assert_int_equal(plane_router_mac_set(l->plane, router), 0);
	lab_add_route(l, FLOW, MASK(1) | MASK(2) | MASK(3));
	send_one(l, &first);
	expect(l, 1, &first, own_mac(1));
	expect(l, 2, &first, own_mac(2));
	expect(l, 3, &first, router);
}

/* The MAC is pinned; what was plain is so in every set from the first on. */
static void test_it_outlives_the_process(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	allow(l, 2, 1);
	assert_int_equal(plane_router_mac_set(l->plane, router), 0);
	lab_reopen(l);
	expect_macs(l, NULL, router, NULL);
	allow(l, 2, 1);
	assert_true(is_plain(l, 2));
	expect_macs(l, NULL, router, NULL);
	/* And back, in sets that another process has filled. */
	assert_int_equal(plane_router_mac_set(l->plane, own_mac(0)), 0);
	allow(l, 2, 2);
	expect_macs(l, NULL, NULL, NULL);
}

/* Copies without a program are counted from their sets. */
static void test_copies_are_counted_on_both_sides_of_a_change(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info info;

	begin(l);
	for (int i = 0; i < 3; i++)
		expect_macs(l, NULL, NULL, NULL);
	allow(l, 2, 1);
	assert_int_equal(plane_router_mac_set(l->plane, router), 0);
	for (int i = 0; i < 4; i++)
		expect_macs(l, NULL, router, NULL);
	allow(l, 2, 2);
	for (int i = 0; i < 5; i++)
		expect_macs(l, NULL, NULL, NULL);
	WAIT_FOR(l, (plane_port_get(l->plane, l->near[2], &info),
		     info.packets_expected >= 24));
	assert_int_equal(info.packets_expected, 24);
	assert_int_equal(info.packets_out, 24);
	assert_int_equal(info.bytes_out, 24 * 128);
	lab_reopen(l);
	plane_port_get(l->plane, l->near[2], &info);
	assert_int_equal(info.packets_out, 24);
	assert_int_equal(lab_counters(l).egress_lost, 0);
}

/* A stream of numbers while a port changes to and fro: each comes once. */
static void test_changes_under_traffic_lose_nothing(void **state)
{
	struct plane_lab *l = *state;
	uint8_t frame[FRAME_ROOM];
	uint32_t sent = 0, seen = 0;

	begin(l);
	assert_int_equal(plane_router_mac_set(l->plane, router), 0);
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 20; i++, sent++)
			send_one(l, &first);
		allow(l, 2, round % 2 ? 1 : 2);
		for (int i = 0; i < 20; i++, sent++)
			send_one(l, &first);
	}
	while (seen < sent && lab_receive(l, 2, frame))
		seen++;
	assert_int_equal(seen, sent);
	for (seen = 0; seen < sent && lab_receive(l, 1, frame); seen++)
		assert_memory_equal(frame + 6, own_mac(1), 6);
	assert_int_equal(seen, sent);
}

static void refused_as(void *arg, const struct plane_refusal *r)
{
	assert_int_equal(r->frames, 1);
	*(int *)arg = r->error;
}

/* A tap that nobody has open refuses every frame. */
static void test_what_the_driver_refuses_is_seen(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port tap = lab_port(l, 3);
	struct plane_port_info info;
	uint32_t oifs[2], set;
	int error = 0;

	assert_int_equal(system("ip tuntap add tap0 mode tap && "
				"ip link set tap0 up"),
			 0);
	begin(l);
	tap.ifid = tap.ifindex = oifs[1] = if_nametoindex("tap0");
	assert_int_equal(plane_port_set(l->plane, &tap), 0);
	plane_port_get(l->plane, l->near[1], &info);
	if (!info.watched)
		skip(); /* a kernel without BPF on tracepoints */
	oifs[0] = l->near[1];
	assert_int_equal(plane_set_get(l->plane, oifs, 2, &set), 0);
	assert_int_equal(plane_mfe_put(l->plane, FLOW, l->near[0], set, 0), 0);
	assert_int_equal(plane_commit(l->plane), 0);
	send_one(l, &first);
	expect(l, 1, &first, own_mac(1));
	plane_port_get(l->plane, l->near[1], &info);
	assert_int_equal(info.sent, 1);
	assert_int_equal(info.refused, 0);
	plane_port_get(l->plane, tap.ifindex, &info);
	assert_int_equal(info.sent, 0);
	assert_int_equal(info.refused, 1);
	plane_refusal_walk(l->plane, refused_as, &error);
	assert_int_equal(error, -ENXIO);
	plane_port_gone(l->plane, tap.ifid);
	assert_int_equal(system("ip link del tap0"), 0);
}

/* Below the threshold is our own program's, not the driver's. */
static void test_what_our_program_drops_is_no_refusal(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info info;

	begin(l);
	allow(l, 2, 100);
	send_one(l, &first);
	expect(l, 1, &first, own_mac(1));
	plane_port_get(l->plane, l->near[2], &info);
	assert_int_equal(info.ttl_low, 1);
	assert_int_equal(info.refused, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLANE_TEST(test_without_a_router_mac_each_has_its_own),
		PLANE_TEST(test_who_has_the_mac_or_may_send_with_any_is_plain),
		PLANE_TEST(test_a_change_of_the_mac_reaches_every_set),
		PLANE_TEST(test_a_threshold_ends_it),
		PLANE_TEST(test_a_new_set_has_it_as_well),
		PLANE_TEST(test_it_outlives_the_process),
		PLANE_TEST(test_copies_are_counted_on_both_sides_of_a_change),
		PLANE_TEST(test_changes_under_traffic_lose_nothing),
		PLANE_TEST(test_what_the_driver_refuses_is_seen),
		PLANE_TEST(test_what_our_program_drops_is_no_refusal),
	};

	return PLANE_LAB_MAIN("plane_plain", tests);
}
