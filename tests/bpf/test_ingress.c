/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ingress, by BPF_PROG_RUN: a row per reason it can give, with the action
 * and the bytes that leave; look-up and counters of the forwarding cache;
 * the repair of partial checksums. What goes up to the daemon is in
 * test_upcall.c.
 */
#include "lab.h"

#include <string.h>

#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "xmgm.skel.h"

#define SOURCE		  "10.0.0.1"
#define GROUP		  "239.1.1.1"
#define FLOW		  frame_flow(SOURCE, GROUP)
#define ANY_GROUP	  "239.9.9.9" /* has a (*,G) route only */
#define NEGATIVE	  "239.2.2.2"
#define GONE		  "239.3.3.3" /* its set has no devmap */
#define TWO_OIFS	  GROUP
#define ONE_OIF		  "239.4.4.4"
#define ELSEWHERE	  "239.5.5.5" /* its iif is a veth, not lo */
#define KERNELS		  "239.6.0.1"
#define KERNELS_ELSEWHERE "239.6.0.2"
#define MORE		  0x2000 /* more fragments */

#define CASE(what, reason, action, ...)                               \
	{                                                             \
		what, XMGM_##reason, XDP_##action, FRAME(__VA_ARGS__) \
	}

struct ingress_case {
	const char *what;
	enum xmgm_reason reason;
	uint32_t action;
	struct frame frame;
};

/* source, group, TTL, ihl, protocol, flags; the rest by name */
static const struct ingress_case cases[] = {
	CASE("a known flow", FORWARDED, REDIRECT, SOURCE, GROUP, 64),
	CASE("no payload", FORWARDED, REDIRECT, SOURCE, GROUP, 64),
	CASE("one byte", FORWARDED, REDIRECT, SOURCE, GROUP, 64, .payload = 1),
	CASE("minimum frame with padding", FORWARDED, REDIRECT, SOURCE, GROUP,
	     64, .payload = 4, .padding = 14),
	CASE("full frame", FORWARDED, REDIRECT, SOURCE, GROUP, 64,
	     .payload = 1472),
	CASE("a flow nobody wants", NEGATIVE, DROP, SOURCE, NEGATIVE, 64),
	CASE("a set without devmap", NO_SET, DROP, SOURCE, GONE, 64),
	CASE("another iif", WRONG_IF, DROP, SOURCE, ELSEWHERE, 64),
	CASE("a new flow", MISS, DROP, "10.0.0.9", GROUP, 64),

	/* TTL: RFC 1812 section 5.3.1 */
	CASE("TTL 0", TTL, PASS, SOURCE, GROUP, 0),
	CASE("TTL 1", TTL, PASS, SOURCE, GROUP, 1),
	CASE("TTL 2", FORWARDED, REDIRECT, SOURCE, GROUP, 2),
	CASE("TTL 255", FORWARDED, REDIRECT, SOURCE, GROUP, 255),

	/* Header length, version, total length, checksum */
	CASE("ihl 0", BAD_IHL, DROP, SOURCE, GROUP, 64, .flags = FRAME_IHL_0),
	CASE("ihl 1", BAD_IHL, DROP, SOURCE, GROUP, 64, 1),
	CASE("ihl 4", BAD_IHL, DROP, SOURCE, GROUP, 64, 4),
	CASE("ihl 6", OPTIONS, PASS, SOURCE, GROUP, 64, 6),
	CASE("ihl 15", OPTIONS, PASS, SOURCE, GROUP, 64, 15),
	CASE("ihl 6, bad checksum", BAD_CHECKSUM, DROP, SOURCE, GROUP, 64, 6,
	     .flags = FRAME_BAD_CHECKSUM),
	CASE("ihl 15, bad checksum", BAD_CHECKSUM, DROP, SOURCE, GROUP, 64, 15,
	     .flags = FRAME_BAD_CHECKSUM),
	CASE("ihl 15, total length 59", BAD_LENGTH, DROP, SOURCE, GROUP, 64, 15,
	     .total = -9),
	CASE("ihl 15, total length 60", OPTIONS, PASS, SOURCE, GROUP, 64, 15,
	     .total = -8),
	CASE("ihl 15, options cut off", BAD_LENGTH, DROP, SOURCE, GROUP, 64, 15,
	     .cut = 9),
	CASE("version 0", BAD_VERSION, DROP, SOURCE, GROUP, 64, .version = 16),
	CASE("version 3", BAD_VERSION, DROP, SOURCE, GROUP, 64, .version = 3),
	CASE("version 5", BAD_VERSION, DROP, SOURCE, GROUP, 64, .version = 5),
	CASE("version 6", BAD_VERSION, DROP, SOURCE, GROUP, 64, .version = 6),
	CASE("total length 0", BAD_LENGTH, DROP, SOURCE, GROUP, 64,
	     .total = -28),
	CASE("total length 19", BAD_LENGTH, DROP, SOURCE, GROUP, 64,
	     .total = -9),
	CASE("total length 20", FORWARDED, REDIRECT, SOURCE, GROUP, 64,
	     .total = -8),
	CASE("total length one more than there is", BAD_LENGTH, DROP, SOURCE,
	     GROUP, 64, .payload = 100, .total = 1),
	CASE("total length one less", FORWARDED, REDIRECT, SOURCE, GROUP, 64,
	     .payload = 100, .total = -1),
	CASE("total length 65535", BAD_LENGTH, DROP, SOURCE, GROUP, 64,
	     .total = -29),
	CASE("frame cut by one byte", BAD_LENGTH, DROP, SOURCE, GROUP, 64,
	     .payload = 100, .cut = 1),
	CASE("33 bytes: no whole header", TRUNCATED, DROP, SOURCE, GROUP, 64,
	     .cut = 9),
	CASE("14 bytes: no IP at all", TRUNCATED, DROP, SOURCE, GROUP, 64,
	     .cut = 28),
	CASE("34 bytes, total length 20", FORWARDED, REDIRECT, SOURCE, GROUP,
	     64, .total = -8, .cut = 8),
	CASE("checksum off by one", BAD_CHECKSUM, DROP, SOURCE, GROUP, 64,
	     .flags = FRAME_BAD_CHECKSUM),

	/* Fragments are forwarded like any packet. */
	CASE("first fragment", FORWARDED, REDIRECT, SOURCE, GROUP, 64,
	     .payload = 64, .fragment = MORE),
	CASE("middle fragment", FORWARDED, REDIRECT, SOURCE, GROUP, 64,
	     .payload = 64, .fragment = MORE | 100),
	CASE("last fragment", FORWARDED, REDIRECT, SOURCE, GROUP, 64,
	     .payload = 64, .fragment = 8191),
	CASE("don't fragment", FORWARDED, REDIRECT, SOURCE, GROUP, 64,
	     .payload = 64, .fragment = 0x4000),

	/* What belongs to the host */
	CASE("IGMP", IGMP, PASS, SOURCE, GROUP, 1, .protocol = 2),
	CASE("IGMP with options", IGMP, PASS, SOURCE, "224.0.0.22", 1, 6, 2),
	CASE("first of 224.0.0.0/24", LINK_LOCAL, PASS, SOURCE, "224.0.0.0",
	     64),
	CASE("last of 224.0.0.0/24", LINK_LOCAL, PASS, SOURCE, "224.0.0.255",
	     64),
	CASE("224.0.1.0 is routed", MISS, DROP, SOURCE, "224.0.1.0", 64),
	CASE("239.255.255.255 is routed", MISS, DROP, SOURCE, "239.255.255.255",
	     64),
	CASE("ARP to a group's MAC", ETHERTYPE, PASS, SOURCE, GROUP, 64,
	     .ethertype = 0x0806),
	CASE("IPv6 to a group's MAC", ETHERTYPE, PASS, SOURCE, GROUP, 64,
	     .ethertype = 0x86dd),

	/* Left to the kernel, which checks its interface itself */
	CASE("the kernel's flow", KERNEL, PASS, SOURCE, KERNELS, 64),
	CASE("the kernel's flow, TTL 1", TTL, PASS, SOURCE, KERNELS, 1),
	CASE("the kernel's flow, expected elsewhere", KERNEL, PASS, SOURCE,
	     KERNELS_ELSEWHERE, 64),

	/* Group and its MAC: RFC 1112 section 6.4 */
	CASE("a unicast address", BAD_GROUP, PASS, SOURCE, "223.129.1.1", 64),
	CASE("class E", BAD_GROUP, PASS, SOURCE, "240.1.1.1", 64),
	CASE("broadcast", BAD_GROUP, PASS, SOURCE, "255.255.255.255", 64),
	CASE("another group's MAC", BAD_MAC, PASS, SOURCE, GROUP, 64,
	     .flags = FRAME_OTHER_MAC),

	/* Sources: RFC 1122 section 3.2.1.3 */
	CASE("source 0.0.0.0", BAD_SOURCE, DROP, "0.0.0.0", GROUP, 64),
	CASE("source 0.1.2.3", BAD_SOURCE, DROP, "0.1.2.3", GROUP, 64),
	CASE("source 1.0.0.0", MISS, DROP, "1.0.0.0", GROUP, 64),
	CASE("source 126.255.255.255", MISS, DROP, "126.255.255.255", GROUP,
	     64),
	CASE("loopback source", BAD_SOURCE, DROP, "127.0.0.1", GROUP, 64),
	CASE("source 128.0.0.0", MISS, DROP, "128.0.0.0", GROUP, 64),
	CASE("source 223.255.255.255", MISS, DROP, "223.255.255.255", GROUP,
	     64),
	CASE("multicast source", BAD_SOURCE, DROP, "224.0.1.1", GROUP, 64),
	CASE("broadcast source", BAD_SOURCE, DROP, "255.255.255.255", GROUP,
	     64),
};

static void table_routes(struct lab *l)
{
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_FORWARDING);
	lab_route(l, frame_flow(SOURCE, ONE_OIF), LAB_LO, LAB_SINGLE,
		  XMGM_STATE_FORWARDING);
	lab_route(l, frame_flow("0.0.0.0", ANY_GROUP), LAB_LO, LAB_SET,
		  XMGM_STATE_FORWARDING);
	lab_route(l, frame_flow(SOURCE, NEGATIVE), LAB_LO, XMGM_SET_NEGATIVE,
		  XMGM_STATE_NEGATIVE);
	lab_route(l, frame_flow(SOURCE, GONE), LAB_LO, LAB_EMPTY,
		  XMGM_STATE_FORWARDING);
	lab_route(l, frame_flow(SOURCE, ELSEWHERE), l->veth[0], LAB_SET,
		  XMGM_STATE_FORWARDING);
	lab_route(l, frame_flow(SOURCE, KERNELS), LAB_LO, XMGM_SET_KERNEL,
		  XMGM_STATE_KERNEL);
	lab_route(l, frame_flow(SOURCE, KERNELS_ELSEWHERE), l->veth[0],
		  XMGM_SET_KERNEL, XMGM_STATE_KERNEL);
}

/* The frame that must leave: this one, or the same as a router changes it. */
static void check_bytes(struct lab *l, const struct ingress_case *c,
			bool forwarded)
{
	static uint8_t frame[FRAME_ROOM];
	size_t len = frame_put(&c->frame, frame);

	if (forwarded)
		frame_forwarded(frame);
	CHECK(c->what, l->r.len == len);
	CHECK(c->what, !memcmp(l->r.frame, frame, len));
}

static void test_each_frame_gets_its_reason_and_bytes(void **state)
{
	struct lab *l = *state;

	for (size_t i = 0; i < ARRAY(cases); i++) {
		const struct ingress_case *c = &cases[i];

		lab_reset(l);
		table_routes(l);
		lab_ingress(l, 0, &c->frame);
		if (!run_is(&l->r, c->reason))
			fail_msg("%s: reason %s", c->what,
				 run_reason_name(run_reason(&l->r)));
		CHECK(c->what, l->r.action == c->action);
		check_bytes(l, c, c->reason == XMGM_FORWARDED);
	}
}

/* Passed on without being counted: not multicast IPv4 at all. */
static void test_the_rest_of_the_world_is_not_our_business(void **state)
{
	static const struct ingress_case rest[] = {
		CASE("unicast MAC", FORWARDED, PASS, SOURCE, GROUP, 64,
		     .flags = FRAME_UNICAST),
		CASE("the bit no group has", FORWARDED, PASS, SOURCE, GROUP, 64,
		     .flags = FRAME_HIGH_BIT),
		CASE("a tagged unicast frame", FORWARDED, PASS, SOURCE, GROUP,
		     64, .flags = FRAME_UNICAST, .tags = {{0x8100, 100}}),
		CASE("unicast and malformed", FORWARDED, PASS, SOURCE, GROUP, 0,
		     4, .flags = FRAME_UNICAST | FRAME_BAD_CHECKSUM),
	};
	struct lab *l = *state;

	lab_reset(l);
	table_routes(l);
	for (size_t i = 0; i < ARRAY(rest); i++) {
		lab_ingress(l, 0, &rest[i].frame);
		CHECK(rest[i].what, l->r.action == XDP_PASS);
		for (int r = 0; r < XMGM_REASON_COUNT; r++)
			CHECK(rest[i].what, !l->r.reasons[r]);
		check_bytes(l, &rest[i], false);
	}
}

/* Near the ends of the range the incremental change carries. */
static bool checksum_may_carry(const uint8_t *frame)
{
	for (int i = 10; i < 12; i++)
		if (frame[FRAME_ETH + i] > 1 && frame[FRAME_ETH + i] < 0xfe)
			return false;
	return true;
}

static void test_every_checksum_survives_the_decrement(void **state)
{
	struct lab *l = *state;
	struct frame f = FRAME(SOURCE, GROUP, 64);
	uint8_t frame[FRAME_ROOM];
	uint32_t carries = 0;
	size_t len;

	lab_reset(l);
	table_routes(l);
	for (uint32_t id = 0; id < 0x10000; id++) {
		len = frame_put(&f, frame);
		frame[FRAME_ETH + 4] = (uint8_t)(id >> 8);
		frame[FRAME_ETH + 5] = (uint8_t)id;
		frame[FRAME_ETH + 8]++;
		frame_forwarded(frame); /* makes the checksum good */
		if (!checksum_may_carry(frame) && id % 0x55)
			continue;
		carries += checksum_may_carry(frame);
		lab_ingress_bytes(l, 0, frame, len);
		assert_int_equal(l->r.action, XDP_REDIRECT);
		frame_forwarded(frame);
		assert_memory_equal(l->r.frame, frame, len);
	}
	assert_true(carries >= 15);
}

static void test_the_longest_match_wins(void **state)
{
	struct frame exact = FRAME(SOURCE, ANY_GROUP, 64);
	struct frame other = FRAME("10.0.0.2", ANY_GROUP, 64);
	struct lab *l = *state;
	struct xmgm_flow any = frame_flow("0.0.0.0", ANY_GROUP);
	struct xmgm_flow flow = frame_flow(SOURCE, ANY_GROUP);

	lab_reset(l);
	lab_route(l, any, LAB_LO, LAB_SET, XMGM_STATE_FORWARDING);
	lab_ingress(l, 0, &exact);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	assert_int_equal(lab_mfe(l, any).packets, 1);

	/* (S,G) there: it decides, also when it says no. */
	lab_route(l, flow, LAB_LO, LAB_SET, XMGM_STATE_FORWARDING);
	lab_ingress(l, 0, &exact);
	assert_int_equal(lab_mfe(l, flow).packets, 1);
	assert_int_equal(lab_mfe(l, any).packets, 1);
	lab_route(l, flow, LAB_LO, XMGM_SET_NEGATIVE, XMGM_STATE_NEGATIVE);
	lab_ingress(l, 0, &exact);
	assert_true(run_is(&l->r, XMGM_NEGATIVE));
	lab_ingress(l, 0, &other);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	assert_int_equal(lab_mfe(l, any).packets, 2);
}

/* Also where a daemon does not listen, or nobody owns the interface. */
static void test_a_flow_left_to_the_kernel_is_passed_and_counted(void **state)
{
	struct frame f = FRAME(SOURCE, KERNELS, 64);
	struct xmgm_flow flow = frame_flow(SOURCE, KERNELS);
	struct lab *l = *state;
	struct xmgm_mfe mfe;

	lab_reset(l);
	lab_route(l, flow, LAB_LO, XMGM_SET_KERNEL, XMGM_STATE_KERNEL);
	lab_ingress(l, 0, &f);
	lab_replay(l, 0, &f);
	lab_interface(l, LAB_LO, XMGM_OWNER_NONE, 0);
	lab_heartbeat(l, 0);
	lab_ingress(l, 0, &f);
	assert_true(run_is(&l->r, XMGM_KERNEL));
	assert_int_equal(l->r.action, XDP_PASS);
	lab_interface(l, LAB_LO, XMGM_OWNER_STATIC, 0);
	mfe = lab_mfe(l, flow);
	assert_int_equal(mfe.packets, 3);
	assert_int_equal(mfe.bytes, 3 * (l->r.len - FRAME_ETH));
	assert_int_equal(mfe.wrong_if, 0);
	assert_true(mfe.last_used > 0);
	assert_int_equal(lab_consume(l), 0);
}

/* An (S,G) that is forwarded beside a (*,G) that is not, and the reverse. */
static void test_the_longest_match_is_left_to_the_kernel(void **state)
{
	struct frame exact = FRAME(SOURCE, ANY_GROUP, 64);
	struct frame other = FRAME("10.0.0.2", ANY_GROUP, 64);
	struct lab *l = *state;

	for (int kernel = 0; kernel < 2; kernel++) {
		lab_reset(l);
		lab_route(l, frame_flow("0.0.0.0", ANY_GROUP), LAB_LO,
			  kernel ? LAB_SET : XMGM_SET_KERNEL,
			  kernel ? XMGM_STATE_FORWARDING : XMGM_STATE_KERNEL);
		lab_route(l, frame_flow(SOURCE, ANY_GROUP), LAB_LO,
			  kernel ? XMGM_SET_KERNEL : LAB_SET,
			  kernel ? XMGM_STATE_KERNEL : XMGM_STATE_FORWARDING);
		lab_ingress(l, 0, &exact);
		assert_true(
			run_is(&l->r, kernel ? XMGM_KERNEL : XMGM_FORWARDED));
		lab_ingress(l, 0, &other);
		assert_true(
			run_is(&l->r, kernel ? XMGM_FORWARDED : XMGM_KERNEL));
	}
}

/* A deleted element may be reused under a look-up: the key in it decides. */
static void test_an_element_with_a_foreign_key_is_a_miss(void **state)
{
	struct frame f = FRAME(SOURCE, GROUP, 64);
	struct xmgm_flow flow = FLOW;
	struct lab *l = *state;
	struct xmgm_mfe mfe = {
		.route = {LAB_LO, LAB_SET},
		.flow = frame_flow("10.0.0.2", GROUP),
		.state = XMGM_STATE_FORWARDING,
	};

	lab_reset(l);
	lab_put(bpf_map__fd(l->skel->maps.mfc), &flow, &mfe);
	lab_ingress(l, 0, &f);
	assert_true(run_is(&l->r, XMGM_MISS));
	assert_int_equal(lab_mfe(l, flow).packets, 0);
	mfe.flow = frame_flow(SOURCE, "239.1.1.2");
	lab_put(bpf_map__fd(l->skel->maps.mfc), &flow, &mfe);
	lab_ingress(l, 0, &f);
	assert_true(run_is(&l->r, XMGM_HELD));
	mfe.flow = flow;
	lab_put(bpf_map__fd(l->skel->maps.mfc), &flow, &mfe);
	lab_ingress(l, 0, &f);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
}

static void test_counters_of_the_entry(void **state)
{
	static const uint16_t payloads[] = {0, 1, 18, 1472};
	struct lab *l = *state;
	struct frame f = FRAME(SOURCE, GROUP, 64, .padding = 8);
	uint64_t packets = 0, bytes = 0, before[2], after[2];
	struct xmgm_mfe mfe;

	lab_reset(l);
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_FORWARDING);
	run_sum(bpf_map__fd(l->skel->maps.set_stats), LAB_SET, before, 2);
	for (size_t i = 0; i < ARRAY(payloads); i++) {
		f.payload = payloads[i];
		lab_ingress(l, 0, &f);
		packets++;
		bytes += 28u + payloads[i]; /* IP bytes, not the padding */
		mfe = lab_mfe(l, FLOW);
		assert_int_equal(mfe.packets, packets);
		assert_int_equal(mfe.bytes, bytes);
	}
	run_sum(bpf_map__fd(l->skel->maps.set_stats), LAB_SET, after, 2);
	assert_int_equal(after[0] - before[0], packets);
	assert_int_equal(after[1] - before[1], bytes);

	/* From elsewhere: wrong_if, and nothing else. */
	lab_ingress(l, l->veth[0], &f);
	assert_true(run_is(&l->r, XMGM_WRONG_IF));
	mfe = lab_mfe(l, FLOW);
	assert_int_equal(mfe.wrong_if, 1);
	assert_int_equal(mfe.packets, packets);
	assert_int_equal(mfe.bytes, bytes);
	assert_int_equal(mfe.state, XMGM_STATE_FORWARDING);
	assert_int_equal(mfe.route.set, LAB_SET);
}

/* At most a second behind, and not written for each packet. */
static void test_last_used(void **state)
{
	const uint64_t ms = 1000000;
	struct frame f = FRAME(SOURCE, GROUP, 64);
	struct xmgm_flow flow = FLOW;
	struct lab *l = *state;
	struct xmgm_mfe mfe;
	uint64_t then;

	lab_reset(l);
	lab_route(l, flow, LAB_LO, LAB_SET, XMGM_STATE_FORWARDING);
	then = run_now_ns();
	lab_ingress(l, 0, &f);
	mfe = lab_mfe(l, flow);
	/* The clock that XDP goes by is at most 32 ticks of 10 ms behind. */
	assert_true(mfe.last_used + 400 * ms > then);
	assert_true(mfe.last_used <= run_now_ns());

	mfe.last_used = then = run_now_ns() - 400 * ms;
	lab_put(bpf_map__fd(l->skel->maps.mfc), &flow, &mfe);
	lab_ingress(l, 0, &f);
	assert_int_equal(lab_mfe(l, flow).last_used, then);

	mfe.last_used = then = run_now_ns() - 1000 * ms;
	lab_put(bpf_map__fd(l->skel->maps.mfc), &flow, &mfe);
	lab_ingress(l, 0, &f);
	assert_true(lab_mfe(l, flow).last_used > then + 500 * ms);
}

/* Dropped, passed and held frames are not counted as forwarded. */
static void test_what_is_not_sent_is_not_counted(void **state)
{
	static const struct frame frames[] = {
		FRAME(SOURCE, GONE, 64),
		FRAME(SOURCE, NEGATIVE, 64),
		FRAME(SOURCE, ELSEWHERE, 64),
	};
	struct lab *l = *state;

	lab_reset(l);
	table_routes(l);
	for (size_t i = 0; i < ARRAY(frames); i++) {
		struct xmgm_mfe mfe;

		lab_ingress(l, 0, &frames[i]);
		assert_int_equal(l->r.action, XDP_DROP);
		mfe = lab_mfe(l, frame_flow(SOURCE, frames[i].group));
		CHECK(frames[i].group, !mfe.packets);
		CHECK(frames[i].group, !mfe.bytes);
		CHECK(frames[i].group, !mfe.last_used);
	}
}

/* Set ids at and beyond the end of the tables. */
static void test_a_set_that_cannot_be_is_gone(void **state)
{
	static const uint32_t ids[] = {XMGM_SET_NONE, LAB_EMPTY, LAB_SETS - 1,
				       LAB_SETS, UINT32_MAX};
	struct frame f = FRAME(SOURCE, GROUP, 64);
	struct lab *l = *state;

	lab_reset(l);
	for (size_t i = 0; i < ARRAY(ids); i++) {
		lab_route(l, FLOW, LAB_LO, ids[i], XMGM_STATE_FORWARDING);
		lab_ingress(l, 0, &f);
		assert_true(run_is(&l->r, XMGM_NO_SET));
		assert_int_equal(l->r.action, XDP_DROP);
	}
}

/* More than a page arrives in pieces: one copy of it is possible, no more. */
static void test_frames_of_several_buffers(void **state)
{
	static const uint16_t payloads[] = {4000, 4096, 8000, 8972};
	struct xmgm_flow two_oifs;
	struct xmgm_ingress in;
	struct lab *l = *state;

	lab_reset(l);
	table_routes(l);
	for (size_t i = 0; i < ARRAY(payloads); i++) {
		struct ingress_case two = {
			"several oifs", XMGM_MULTIBUF, XDP_PASS,
			FRAME(SOURCE, TWO_OIFS, 64, .payload = payloads[i])};
		struct ingress_case one = {
			"one oif", XMGM_FORWARDED, XDP_REDIRECT,
			FRAME(SOURCE, ONE_OIF, 64, .payload = payloads[i])};

		lab_ingress(l, 0, &two.frame);
		assert_true(run_is(&l->r, XMGM_MULTIBUF));
		assert_int_equal(l->r.action, XDP_PASS);
		check_bytes(l, &two, false);
		lab_ingress(l, 0, &one.frame);
		assert_true(run_is(&l->r, XMGM_FORWARDED));
		assert_int_equal(l->r.action, XDP_REDIRECT);
		check_bytes(l, &one, true);
	}
	assert_int_equal(lab_mfe(l, FLOW).packets, 0);
	assert_int_equal(lab_slot(l, 0).multibuf, ARRAY(payloads));
	two_oifs = frame_flow(SOURCE, TWO_OIFS);
	in = lab_slot(l, 0);
	assert_memory_equal(&in.multibuf_flow, &two_oifs, sizeof(two_oifs));
	assert_int_equal(lab_mfe(l, frame_flow(SOURCE, ONE_OIF)).packets,
			 ARRAY(payloads));
	assert_int_equal(lab_mfe(l, frame_flow(SOURCE, ONE_OIF)).bytes,
			 4000 + 4096 + 8000 + 8972 + 4 * 28);
}

/* A kernel before 6.3 does not redirect such a frame: not even one copy. */
static void test_frames_of_several_buffers_on_old_kernels(void **state)
{
	static const struct xmgm_settings old = {.multibuf_oifs = 0};
	struct ingress_case one = {"one oif", XMGM_MULTIBUF, XDP_PASS,
				   FRAME(SOURCE, ONE_OIF, 64, .payload = 8000)};
	struct lab *l = *state;

	lab_reset(l);
	lab_settings(l, &old);
	table_routes(l);
	lab_ingress(l, 0, &one.frame);
	assert_true(run_is(&l->r, XMGM_MULTIBUF));
	assert_int_equal(l->r.action, XDP_PASS);
	check_bytes(l, &one, false);
}

/* Total length is checked against all buffers, not the first. */
static void test_a_frame_of_several_buffers_cut_short(void **state)
{
	struct frame f = FRAME(SOURCE, ONE_OIF, 64, .payload = 8000, .cut = 1);
	struct lab *l = *state;

	lab_reset(l);
	table_routes(l);
	lab_ingress(l, 0, &f);
	assert_true(run_is(&l->r, XMGM_BAD_LENGTH));
}

struct repair_case {
	const char *what;
	bool repaired;
	struct frame frame;
};

static const struct repair_case repairs[] = {
	{"half done", true,
	 FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_PARTIAL)},
	{"half done, odd length", true,
	 FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_PARTIAL, .payload = 33)},
	{"half done, full frame", true,
	 FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_PARTIAL, .payload = 1472)},
	{"half done, don't fragment", true,
	 FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_PARTIAL, .payload = 8,
	       .fragment = 0x4000)},
	{"real", false, FRAME(SOURCE, GROUP, 64, .payload = 33)},
	{"none", false, FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_ZERO)},
	{"first fragment", false,
	 FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_PARTIAL, .payload = 64,
	       .fragment = MORE)},
	{"last fragment", false,
	 FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_PARTIAL, .payload = 64,
	       .fragment = 1)},
	{"not UDP", false,
	 FRAME(SOURCE, GROUP, 64, .protocol = 136, .flags = FRAME_UDP_PARTIAL)},
	{"no whole UDP header", false,
	 FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_PARTIAL, .cut = 1,
	       .total = -1)},
};

static void test_partial_checksums_become_none(void **state)
{
	struct lab *l = *state;
	uint8_t frame[FRAME_ROOM];

	lab_reset(l);
	table_routes(l);
	for (int flag = 0; flag < 2; flag++) {
		lab_route_flags(l, FLOW, flag ? XMGM_MFE_PARTIAL_CSUM : 0);
		for (size_t i = 0; i < ARRAY(repairs); i++) {
			const struct repair_case *c = &repairs[i];
			bool repaired = flag && c->repaired;
			size_t len = frame_put(&c->frame, frame);

			lab_ingress_bytes(l, 0, frame, len);
			CHECK(c->what, l->r.action == XDP_REDIRECT);
			CHECK(c->what, run_is_both(&l->r, XMGM_FORWARDED,
						   repaired ? XMGM_CSUM_REPAIRED
							    : XMGM_FORWARDED));
			frame_forwarded(frame);
			if (repaired)
				frame_udp_checksum(frame, 0);
			CHECK(c->what, !memcmp(l->r.frame, frame, len));
		}
	}
}

/* One less or one more than the pseudo-header's sum is a real checksum. */
static void test_only_the_exact_sum_is_partial(void **state)
{
	struct frame f = FRAME(SOURCE, GROUP, 64, .flags = FRAME_UDP_PARTIAL);
	struct lab *l = *state;
	uint8_t frame[FRAME_ROOM];
	size_t len = frame_put(&f, frame);
	uint16_t exact = (uint16_t)(frame[40] << 8 | frame[41]);

	lab_reset(l);
	table_routes(l);
	lab_route_flags(l, FLOW, XMGM_MFE_PARTIAL_CSUM);
	for (int delta = -1; delta <= 1; delta++) {
		frame_udp_checksum(frame, (uint16_t)(exact + delta));
		lab_ingress_bytes(l, 0, frame, len);
		assert_int_equal(l->r.reasons[XMGM_CSUM_REPAIRED], !delta);
	}
}

/* The twin does for held packets what ingress does, but never asks again. */
static void test_replay(void **state)
{
	struct lab *l = *state;
	struct frame f = FRAME(SOURCE, GROUP, 64, .payload = 100);
	struct ingress_case c = {"replay", XMGM_FORWARDED, XDP_REDIRECT, f};

	lab_reset(l);
	lab_replay(l, 0, &f);
	assert_true(run_is(&l->r, XMGM_REPLAY_MISS));
	assert_int_equal(l->r.action, XDP_DROP);
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_DRAINING);
	lab_replay(l, 0, &f);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	assert_int_equal(l->r.action, XDP_REDIRECT);
	check_bytes(l, &c, true);
	lab_replay(l, l->veth[0], &f);
	assert_true(run_is(&l->r, XMGM_WRONG_IF));
	assert_int_equal(lab_mfe(l, FLOW).packets, 1);
	assert_int_equal(lab_consume(l), 0);
}

/* The original interface goes with a held packet. */
static void test_replay_arrives_where_it_arrived(void **state)
{
	struct frame f = FRAME(SOURCE, GROUP, 64);
	struct lab *l = *state;

	lab_reset(l);
	lab_route(l, FLOW, l->veth[0], LAB_SET, XMGM_STATE_FORWARDING);
	lab_replay(l, l->veth[0], &f);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	lab_replay(l, l->veth[1], &f);
	assert_true(l->r.reasons[XMGM_FORWARDED] == 0);
	assert_int_equal(lab_mfe(l, FLOW).wrong_if, 1);
}

/* XDP runs with the ifindex of the member; the route names the bond. */
static void test_a_member_of_a_bond_is_its_bond(void **state)
{
	struct frame f = FRAME(SOURCE, GROUP, 64);
	struct lab *l = *state;
	struct xmgm_port member = {.ifindex = l->veth[1]};
	int map = bpf_map__fd(l->skel->maps.ports);
	struct frame other = FRAME(SOURCE, "239.77.0.1", 64);

	lab_reset(l);
	lab_interface(l, l->veth[0], XMGM_OWNER_STATIC, 0);
	lab_route(l, FLOW, l->veth[0], LAB_SET, XMGM_STATE_FORWARDING);
	lab_ingress(l, l->veth[1], &f);
	assert_true(run_is(&l->r, XMGM_UNOWNED));
	assert_int_equal(lab_mfe(l, FLOW).wrong_if, 1);
	lab_put(map, &member, &l->veth[0]);
	lab_ingress(l, l->veth[1], &f);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	lab_replay(l, l->veth[1], &f);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	assert_int_equal(lab_mfe(l, FLOW).wrong_if, 1);
	/* A new flow is reported as the bond's, to be replayed as it came. */
	lab_ingress(l, l->veth[1], &other);
	assert_true(run_is(&l->r, XMGM_MISS));
	assert_int_equal(lab_consume(l), 1);
	assert_int_equal(l->head.ifid, l->veth[0]);
	assert_int_equal(l->head.ifindex, l->veth[1]);
	assert_int_equal(bpf_map_delete_elem(map, &member), 0);
}

/* On old kernels: one run for each oif, but one packet in the counters. */
static void test_replay_to_one_oif_a_run(void **state)
{
	struct frame f = FRAME(SOURCE, GROUP, 64);
	struct lab *l = *state;
	struct xmgm_hold hold = {.replay_oif = l->veth[0]};
	int map = bpf_map__fd(l->skel->maps.hold);
	__u32 zero = 0;

	lab_reset(l);
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_DRAINING);
	lab_put(map, &zero, &hold);
	lab_replay(l, 0, &f);
	assert_int_equal(l->r.action, XDP_REDIRECT);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	hold.replay_oif = l->veth[1];
	hold.replay_more = 1;
	lab_put(map, &zero, &hold);
	lab_replay(l, 0, &f);
	assert_int_equal(l->r.action, XDP_REDIRECT);
	assert_int_equal(l->r.reasons[XMGM_FORWARDED], 0);
	assert_int_equal(lab_mfe(l, FLOW).packets, 1);
	hold.replay_oif = LAB_LO; /* not of this set */
	lab_put(map, &zero, &hold);
	lab_replay(l, 0, &f);
	assert_int_not_equal(l->r.action, XDP_REDIRECT);
	lab_reset(l);
}

/* A reason added later must get a row somewhere; here by default. */
static void test_every_reason_was_seen(void **state)
{
	(void)state;
	for (int r = 0; r < XMGM_REASON_COUNT; r++) {
		switch (r) {
		case XMGM_HOLD_OVERFLOW: /* test_upcall.c */
		case XMGM_UPCALL_LIMITED:
		case XMGM_UPCALL_LOST:
		case XMGM_UNOWNED:
		case XMGM_UNATTENDED:
		case XMGM_OIF_TTL: /* test_egress.c */
		case XMGM_OIF_UNKNOWN:
		case XMGM_FOREIGN: /* test_foreign.c */
		case XMGM_CLONED:  /* test_plane_clone.c */
		case XMGM_OIF_MTU:
		case XMGM_OWN:
		case XMGM_FRAGMENTED:
		case XMGM_FRAGMENT_LIMITED:
		case XMGM_FRAGMENT_LOST:
		case XMGM_LOCAL:
		case XMGM_VLAN: /* test_vlan.c */
		case XMGM_TAGS:
		case XMGM_OIF_GONE:
		case XMGM_NO_METADATA: /* test_plane_vlan.c */
		case XMGM_RATE:	       /* test_treat.c */
		case XMGM_INTERFACE_RATE:
			break;
		default:
			CHECK(run_reason_name(r), run_has_seen(r));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_frame_gets_its_reason_and_bytes),
		cmocka_unit_test(
			test_the_rest_of_the_world_is_not_our_business),
		cmocka_unit_test(test_every_checksum_survives_the_decrement),
		cmocka_unit_test(test_the_longest_match_wins),
		cmocka_unit_test(
			test_a_flow_left_to_the_kernel_is_passed_and_counted),
		cmocka_unit_test(test_the_longest_match_is_left_to_the_kernel),
		cmocka_unit_test(test_an_element_with_a_foreign_key_is_a_miss),
		cmocka_unit_test(test_counters_of_the_entry),
		cmocka_unit_test(test_last_used),
		cmocka_unit_test(test_what_is_not_sent_is_not_counted),
		cmocka_unit_test(test_a_set_that_cannot_be_is_gone),
		cmocka_unit_test(test_frames_of_several_buffers),
		cmocka_unit_test(test_frames_of_several_buffers_on_old_kernels),
		cmocka_unit_test(test_a_frame_of_several_buffers_cut_short),
		cmocka_unit_test(test_partial_checksums_become_none),
		cmocka_unit_test(test_only_the_exact_sum_is_partial),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_replay_arrives_where_it_arrived),
		cmocka_unit_test(test_a_member_of_a_bond_is_its_bond),
		cmocka_unit_test(test_replay_to_one_oif_a_run),
		cmocka_unit_test(test_every_reason_was_seen),
	};

	return cmocka_run_group_tests_name("ingress", tests, lab_open,
					   lab_close);
}
