/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ingress reports to the daemon, by BPF_PROG_RUN: first packets of new
 * flows and what is held of them, wrong interfaces; every field of a record
 * and every byte of its frame; and every bound: token buckets, hold limits
 * per flow and in total, the ring buffer.
 */
#include "lab.h"

#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "xmgm.skel.h"

#define SOURCE "10.0.0.1"
#define GROUP  "239.1.1.1"
#define FLOW   frame_flow(SOURCE, GROUP)
#define MS     1000000ull

/* 50 bytes long */
static const struct frame first = FRAME(SOURCE, GROUP, 64, .payload = 8);
#define FIRST_LEN 50u

static const struct xmgm_settings roomy = {
	.hold_bytes_total = 1 << 30,
	.hold_packets_total = 1 << 20,
	.hold_packets = 1 << 20,
	.hold_bytes = 1 << 30,
	.upcall_rate = 1000,
	.upcall_burst = 1000,
	.wrong_if_rate = 1000,
};

/* A frame of a flow of its own. */
static struct frame nth(uint32_t n)
{
	static char group[16];
	struct frame f = FRAME(SOURCE, group, 64, .payload = 8);

	snprintf(group, sizeof(group), "239.7.%u.%u", n >> 8 & 255, n & 255);
	return f;
}

static enum xmgm_reason ingress(struct lab *l, uint32_t ifindex,
				const struct frame *f)
{
	lab_ingress(l, ifindex, f);
	return run_reason(&l->r);
}

struct record_case {
	uint32_t length; /* of the frame */
	uint32_t room;	 /* bytes of frame in its record */
};

/* The three size classes and their edges. */
static const struct record_case records[] = {
	{42, XMGM_UPCALL_SMALL},    {43, XMGM_UPCALL_SMALL},
	{191, XMGM_UPCALL_SMALL},   {192, XMGM_UPCALL_SMALL},
	{193, XMGM_UPCALL_MEDIUM},  {1514, XMGM_UPCALL_MEDIUM},
	{1600, XMGM_UPCALL_MEDIUM}, {1601, XMGM_UPCALL_LARGE},
	{3399, XMGM_UPCALL_LARGE},  {XMGM_HOLD_FRAME_MAX, XMGM_UPCALL_LARGE},
};

static void check_record(struct lab *l, enum xmgm_upcall_type type,
			 uint32_t ifindex, uint32_t length)
{
	struct xmgm_flow flow = FLOW;
	uint64_t now = run_now_ns();

	assert_int_equal(lab_consume(l), 1);
	assert_int_equal(l->head.type, type);
	assert_int_equal(l->head.ifid, ifindex);
	assert_int_equal(l->head.ifindex, ifindex);
	assert_int_equal(l->head.length, length);
	assert_memory_equal(&l->head.flow, &flow, sizeof(flow));
	assert_true(l->head.time_ns <= now);
	assert_true(l->head.time_ns + 5000 * MS > now);
}

static void test_a_record_says_everything(void **state)
{
	struct lab *l = *state;
	uint8_t frame[FRAME_ROOM];

	for (size_t i = 0; i < ARRAY(records); i++) {
		const struct record_case *c = &records[i];
		struct frame f = FRAME(SOURCE, GROUP, 9);

		lab_reset(l);
		f.payload = (uint16_t)(c->length - 42);
		assert_int_equal(frame_put(&f, frame), c->length);
		assert_int_equal(ingress(l, 0, &f), XMGM_MISS);
		assert_int_equal(l->r.action, XDP_DROP);
		check_record(l, XMGM_UPCALL_MISS, LAB_LO, c->length);
		/* Ring buffer records are multiples of 8 bytes. */
		assert_int_equal(l->frame_len, (c->room + 7) / 8 * 8);
		assert_memory_equal(l->frame, frame, c->length);

		assert_int_equal(ingress(l, l->veth[0], &f), XMGM_HELD);
		check_record(l, XMGM_UPCALL_HELD, l->veth[0], c->length);
		assert_memory_equal(l->frame, frame, c->length);
	}
}

/* Frames that BPF_PROG_RUN could not send again: reported, not held. */
static void test_a_frame_too_long_to_hold_is_reported(void **state)
{
	static const uint32_t lengths[] = {XMGM_HOLD_FRAME_MAX + 1, 3514, 4042,
					   9014};
	struct lab *l = *state;
	uint8_t frame[FRAME_ROOM];

	for (size_t i = 0; i < ARRAY(lengths); i++) {
		struct frame f = FRAME(SOURCE, GROUP, 9);
		struct xmgm_pending pending;

		lab_reset(l);
		f.payload = (uint16_t)(lengths[i] - 42);
		frame_put(&f, frame);
		assert_int_equal(ingress(l, 0, &f), XMGM_HOLD_OVERFLOW);
		assert_int_equal(l->r.action, XDP_DROP);
		check_record(l, XMGM_UPCALL_UNHELD, LAB_LO, lengths[i]);
		assert_memory_equal(l->frame, frame, XMGM_UPCALL_SMALL);
		assert_int_equal(lab_hold(l).packets_in, 0);
		assert_true(lab_pending(l, FLOW, &pending));
		assert_int_equal(pending.packets, 0);

		/* Once is enough; shorter ones of the flow are held. */
		assert_int_equal(ingress(l, 0, &f), XMGM_HOLD_OVERFLOW);
		assert_int_equal(lab_consume(l), 0);
		assert_int_equal(ingress(l, 0, &first), XMGM_HELD);
		assert_int_equal(lab_consume(l), 1);
	}
}

static void test_pending_counts_what_is_held(void **state)
{
	struct lab *l = *state;
	struct xmgm_pending p;
	struct xmgm_hold h;
	uint64_t before;

	lab_reset(l);
	before = run_now_ns();
	for (uint32_t n = 1; n <= 3; n++) {
		assert_int_equal(ingress(l, 0, &first),
				 n == 1 ? XMGM_MISS : XMGM_HELD);
		assert_true(lab_pending(l, FLOW, &p));
		assert_int_equal(p.packets, n);
		assert_int_equal(p.bytes, n * FIRST_LEN);
		assert_true(p.first_seen >= before);
		assert_true(p.first_seen <= run_now_ns());
		h = lab_hold(l);
		assert_int_equal(h.packets_in, n);
		assert_int_equal(h.bytes_in, n * FIRST_LEN);
		assert_int_equal(h.packets_out, 0);
		assert_int_equal(h.bytes_out, 0);
	}
	assert_int_equal(lab_consume(l), 3);
}

static void age_pending(struct lab *l, struct xmgm_flow flow, uint64_t age_ns)
{
	struct xmgm_pending p;

	assert_true(lab_pending(l, flow, &p));
	p.first_seen = run_now_ns() - age_ns;
	lab_put(bpf_map__fd(l->skel->maps.pending), &flow, &p);
}

/* Older than two seconds counts as a new flow, with a full hold of its own. */
static void test_a_flow_is_pending_for_two_seconds(void **state)
{
	struct lab *l = *state;
	struct xmgm_pending p;

	lab_reset(l);
	assert_int_equal(ingress(l, 0, &first), XMGM_MISS);
	age_pending(l, FLOW, XMGM_PENDING_NS - 500 * MS);
	assert_int_equal(ingress(l, 0, &first), XMGM_HELD);
	age_pending(l, FLOW, XMGM_PENDING_NS + MS);
	assert_int_equal(ingress(l, 0, &first), XMGM_MISS);
	assert_true(lab_pending(l, FLOW, &p));
	assert_int_equal(p.packets, 1);
	assert_int_equal(p.bytes, FIRST_LEN);
	assert_true(run_now_ns() - p.first_seen < 1000 * MS);
}

struct hold_case {
	const char *what;
	struct xmgm_settings s;
	uint32_t admitted; /* packets of FIRST_LEN of one flow */
};

#define HOLD(flow_packets, flow_bytes, packets, bytes)                        \
	{                                                                     \
		.hold_packets = (flow_packets), .hold_bytes = (flow_bytes),   \
		.hold_packets_total = (packets), .hold_bytes_total = (bytes), \
		.upcall_rate = 100, .upcall_burst = 100,                      \
	}

static const struct hold_case holds[] = {
	{"no packet of a flow", HOLD(0, 9999, 99, 9999), 0},
	{"one packet of a flow", HOLD(1, 9999, 99, 9999), 1},
	{"three packets of a flow", HOLD(3, 9999, 99, 9999), 3},
	{"no byte of a flow", HOLD(99, 0, 99, 9999), 0},
	{"bytes for less than one", HOLD(99, FIRST_LEN - 1, 99, 9999), 0},
	{"bytes for one", HOLD(99, FIRST_LEN, 99, 9999), 1},
	{"bytes for not quite two", HOLD(99, 2 * FIRST_LEN - 1, 99, 9999), 1},
	{"bytes for two", HOLD(99, 2 * FIRST_LEN, 99, 9999), 2},
	{"no packet in total", HOLD(99, 9999, 0, 9999), 0},
	{"one packet in total", HOLD(99, 9999, 1, 9999), 1},
	{"four packets in total", HOLD(99, 9999, 4, 9999), 4},
	{"no byte in total", HOLD(99, 9999, 99, 0), 0},
	{"total bytes for not quite two", HOLD(99, 9999, 99, 2 * FIRST_LEN - 1),
	 1},
	{"total bytes for two", HOLD(99, 9999, 99, 2 * FIRST_LEN), 2},
};

/* Over a bound: dropped and counted; the flow itself is still reported. */
static void test_the_hold_is_bounded(void **state)
{
	struct lab *l = *state;

	for (size_t i = 0; i < ARRAY(holds); i++) {
		const struct hold_case *c = &holds[i];

		lab_reset(l);
		lab_settings(l, &c->s);
		for (uint32_t n = 0; n < c->admitted + 3; n++) {
			enum xmgm_reason want = n ? XMGM_HELD : XMGM_MISS;

			if (n >= c->admitted)
				want = XMGM_HOLD_OVERFLOW;
			CHECK(c->what, ingress(l, 0, &first) == want);
			CHECK(c->what, l->r.action == XDP_DROP);
			CHECK(c->what,
			      lab_consume(l) == (!n || n < c->admitted));
			if (!n)
				CHECK(c->what,
				      l->head.type ==
					      (c->admitted
						       ? XMGM_UPCALL_MISS
						       : XMGM_UPCALL_UNHELD));
		}
		CHECK(c->what, lab_hold(l).packets_in == c->admitted);
		CHECK(c->what, lab_hold(l).bytes_in == c->admitted * FIRST_LEN);
	}
}

/* The bound of one flow is not that of another; the total is everybody's. */
static void test_flows_share_the_total_only(void **state)
{
	static const struct xmgm_settings s = HOLD(2, 9999, 5, 9999);
	struct lab *l = *state;
	struct xmgm_hold h;
	uint32_t zero = 0;
	struct frame f;

	lab_reset(l);
	lab_settings(l, &s);
	for (uint32_t flow = 0; flow < 2; flow++) {
		f = nth(flow);
		assert_int_equal(ingress(l, 0, &f), XMGM_MISS);
		assert_int_equal(ingress(l, 0, &f), XMGM_HELD);
		assert_int_equal(ingress(l, 0, &f), XMGM_HOLD_OVERFLOW);
	}
	f = nth(2);
	assert_int_equal(ingress(l, 0, &f), XMGM_MISS);
	assert_int_equal(ingress(l, 0, &f), XMGM_HOLD_OVERFLOW);

	/* User space lets one go: there is room for one again. */
	h = lab_hold(l);
	h.packets_out = 1;
	h.bytes_out = FIRST_LEN;
	lab_put(bpf_map__fd(l->skel->maps.hold), &zero, &h);
	assert_int_equal(ingress(l, 0, &f), XMGM_HELD);
	f = nth(3);
	assert_int_equal(ingress(l, 0, &f), XMGM_HOLD_OVERFLOW);
}

/* The daemon was restarted: it has let go more than was counted in. */
static void test_a_negative_hold_admits(void **state)
{
	struct xmgm_hold h = {.packets_out = 2, .bytes_out = 100};
	struct lab *l = *state;
	uint32_t zero = 0;

	lab_reset(l);
	lab_put(bpf_map__fd(l->skel->maps.hold), &zero, &h);
	assert_int_equal(ingress(l, 0, &first), XMGM_MISS);
	assert_int_equal(ingress(l, 0, &first), XMGM_HELD);
}

struct bucket_case {
	const char *what;
	uint32_t rate, burst;
	uint32_t flows; /* admitted at once */
};

/* Rates so low that no token comes back while the test runs. */
static const struct bucket_case buckets[] = {
	{"no rate", 0, 10, 0},	      {"no burst", 10, 0, 0},
	{"a burst of one", 1, 1, 1},  {"a burst of two", 1, 2, 2},
	{"a burst of 50", 1, 50, 50},
};

static void test_new_flows_take_tokens(void **state)
{
	struct lab *l = *state;

	for (size_t i = 0; i < ARRAY(buckets); i++) {
		const struct bucket_case *c = &buckets[i];
		struct xmgm_settings s = roomy;
		struct frame f;

		s.upcall_rate = c->rate;
		s.upcall_burst = c->burst;
		lab_reset(l);
		lab_settings(l, &s);
		for (uint32_t n = 0; n < c->flows; n++) {
			f = nth(n);
			CHECK(c->what, ingress(l, 0, &f) == XMGM_MISS);
			/* A further packet of it costs nothing. */
			CHECK(c->what, ingress(l, 0, &f) == XMGM_HELD);
		}
		f = nth(c->flows);
		CHECK(c->what, ingress(l, 0, &f) == XMGM_UPCALL_LIMITED);
		CHECK(c->what, l->r.action == XDP_DROP);
		CHECK(c->what, lab_consume(l) == 2 * c->flows);
		/* Each interface has a bucket of its own. */
		CHECK(c->what,
		      ingress(l, l->veth[0], &f) ==
			      (c->flows ? XMGM_MISS : XMGM_UPCALL_LIMITED));
	}
}

static void test_tokens_come_back(void **state)
{
	struct xmgm_settings s = roomy;
	struct lab *l = *state;
	struct xmgm_bucket bucket = {0};
	uint32_t ifid = LAB_LO;
	struct frame f;

	s.upcall_rate = 2;
	s.upcall_burst = 2;
	lab_reset(l);
	lab_settings(l, &s);
	/* A token is 500 ms. Full in 400 ms: one is there, not two. */
	bucket.full_at = run_now_ns() + 400 * MS;
	lab_put(bpf_map__fd(l->skel->maps.buckets), &ifid, &bucket);
	f = nth(1);
	assert_int_equal(ingress(l, 0, &f), XMGM_MISS);
	f = nth(2);
	assert_int_equal(ingress(l, 0, &f), XMGM_UPCALL_LIMITED);
	bucket.full_at = run_now_ns() - MS;
	lab_put(bpf_map__fd(l->skel->maps.buckets), &ifid, &bucket);
	for (uint32_t n = 3; n < 5; n++) {
		f = nth(n);
		assert_int_equal(ingress(l, 0, &f), XMGM_MISS);
	}
	f = nth(5);
	assert_int_equal(ingress(l, 0, &f), XMGM_UPCALL_LIMITED);
}

/* The largest rates there are, not to be mistaken for none. */
static void test_a_rate_without_end(void **state)
{
	static const uint32_t rates[] = {999999999, 1000000000, 1000000001,
					 UINT32_MAX};
	struct xmgm_settings s = roomy;
	struct lab *l = *state;

	s.upcall_burst = UINT32_MAX;
	for (size_t i = 0; i < ARRAY(rates); i++) {
		lab_reset(l);
		s.upcall_rate = rates[i];
		lab_settings(l, &s);
		for (uint32_t n = 0; n < 20; n++) {
			struct frame f = nth(n);

			assert_int_equal(ingress(l, 0, &f), XMGM_MISS);
		}
	}
}

static void test_nobody_owns_the_interface(void **state)
{
	struct lab *l = *state;
	uint32_t ifid = LAB_LO;

	lab_reset(l);
	lab_interface(l, LAB_LO, XMGM_OWNER_NONE, XMGM_IF_WRONG_IF_UPCALLS);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(ingress(l, 0, &first), XMGM_UNOWNED);
		assert_int_equal(l->r.action, XDP_PASS);
		/* Nor is a route from elsewhere its business. */
		lab_route(l, frame_flow(SOURCE, "239.7.0.1"), l->veth[0],
			  LAB_SET, XMGM_STATE_FORWARDING);
		struct frame f = nth(1);
		assert_int_equal(ingress(l, 0, &f), XMGM_UNOWNED);
		assert_int_equal(l->r.action, XDP_PASS);
		assert_int_equal(bpf_map_delete_elem(
					 bpf_map__fd(l->skel->maps.interfaces),
					 &ifid),
				 round ? -2 : 0);
	}
	assert_int_equal(lab_consume(l), 0);
	lab_interface(l, LAB_LO, XMGM_OWNER_REMOTE + 7, 0);
	assert_int_equal(ingress(l, 0, &first), XMGM_MISS);
}

/*
 * No heartbeat for three seconds: flows without a route are the kernel's, at
 * once after a clean stop; those with one go on.
 */
static void test_nobody_listens(void **state)
{
	const struct frame known = FRAME(SOURCE, "239.7.0.1", 64);
	const struct frame unwanted = FRAME(SOURCE, "239.7.0.2", 64);
	const struct frame elsewhere = FRAME(SOURCE, "239.7.0.3", 64);
	const uint64_t stopped[] = {0, run_now_ns() - XMGM_HEARTBEAT_NS};
	struct xmgm_pending p;
	struct lab *l = *state;

	lab_reset(l);
	lab_route(l, frame_flow(SOURCE, "239.7.0.1"), LAB_LO, LAB_SET,
		  XMGM_STATE_FORWARDING);
	lab_route(l, frame_flow(SOURCE, "239.7.0.2"), LAB_LO, XMGM_SET_NEGATIVE,
		  XMGM_STATE_NEGATIVE);
	lab_route(l, frame_flow(SOURCE, "239.7.0.3"), l->veth[0], LAB_SET,
		  XMGM_STATE_FORWARDING);
	for (size_t i = 0; i < ARRAY(stopped); i++) {
		lab_heartbeat(l, stopped[i]);
		assert_int_equal(ingress(l, 0, &first), XMGM_UNATTENDED);
		assert_int_equal(l->r.action, XDP_PASS);
		assert_int_equal(ingress(l, 0, &unwanted), XMGM_UNATTENDED);
		assert_int_equal(l->r.action, XDP_PASS);
		assert_int_equal(ingress(l, 0, &known), XMGM_FORWARDED);
		assert_int_equal(ingress(l, 0, &elsewhere), XMGM_WRONG_IF);
		lab_interface(l, LAB_LO, XMGM_OWNER_NONE, 0);
		assert_int_equal(ingress(l, 0, &first), XMGM_UNOWNED);
		assert_int_equal(ingress(l, 0, &unwanted), XMGM_UNOWNED);
		lab_interface(l, LAB_LO, XMGM_OWNER_STATIC, 0);
	}
	assert_false(lab_pending(l, FLOW, &p));
	assert_int_equal(lab_hold(l).packets_in, 0);
	assert_int_equal(lab_consume(l), 0);
}

/* Younger than that, a successor may still come: it finds them in the ring. */
static void test_a_heartbeat_lasts_three_seconds(void **state)
{
	const struct frame unwanted = FRAME(SOURCE, "239.7.0.2", 64);
	struct lab *l = *state;

	lab_reset(l);
	lab_route(l, frame_flow(SOURCE, "239.7.0.2"), LAB_LO, XMGM_SET_NEGATIVE,
		  XMGM_STATE_NEGATIVE);
	lab_heartbeat(l, run_now_ns() - XMGM_HEARTBEAT_NS + 1000 * MS);
	assert_int_equal(ingress(l, 0, &first), XMGM_MISS);
	assert_int_equal(ingress(l, 0, &first), XMGM_HELD);
	assert_int_equal(ingress(l, 0, &unwanted), XMGM_NEGATIVE);
	assert_int_equal(l->r.action, XDP_DROP);
	assert_int_equal(lab_consume(l), 2);
}

/* A flow that is being drained does not wait for a daemon that is gone. */
static void test_nobody_drains(void **state)
{
	struct lab *l = *state;

	lab_reset(l);
	assert_int_equal(ingress(l, 0, &first), XMGM_MISS);
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_DRAINING);
	assert_int_equal(ingress(l, 0, &first), XMGM_HELD);
	lab_heartbeat(l, 0);
	assert_int_equal(ingress(l, 0, &first), XMGM_FORWARDED);
}

/* The route is known, older packets are still held: newer ones queue up. */
static void test_draining(void **state)
{
	struct xmgm_settings s = roomy;
	struct lab *l = *state;

	lab_reset(l);
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_DRAINING);
	assert_int_equal(ingress(l, 0, &first), XMGM_FORWARDED);

	lab_reset(l);
	assert_int_equal(ingress(l, 0, &first), XMGM_MISS);
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_DRAINING);
	lab_consume(l);
	assert_int_equal(ingress(l, 0, &first), XMGM_HELD);
	assert_int_equal(l->r.action, XDP_DROP);
	check_record(l, XMGM_UPCALL_HELD, LAB_LO, FIRST_LEN);
	assert_int_equal(lab_mfe(l, FLOW).packets, 0);
	/* The wrong interface is wrong in any state. */
	assert_int_equal(ingress(l, l->veth[0], &first), XMGM_WRONG_IF);

	/* No room: it may overtake, but is not lost. */
	s.hold_packets = 2;
	lab_settings(l, &s);
	assert_int_equal(ingress(l, 0, &first), XMGM_FORWARDED);
	assert_int_equal(l->r.action, XDP_REDIRECT);
	assert_int_equal(lab_mfe(l, FLOW).packets, 1);

	lab_settings(l, &roomy);
	assert_int_equal(ingress(l, 0, &first), XMGM_HELD);
	age_pending(l, FLOW, XMGM_PENDING_NS + MS);
	assert_int_equal(ingress(l, 0, &first), XMGM_FORWARDED);
	assert_int_equal(ingress(l, 0, &first), XMGM_FORWARDED);
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_FORWARDING);
	age_pending(l, FLOW, 0);
	assert_int_equal(ingress(l, 0, &first), XMGM_FORWARDED);
}

static void test_wrong_interfaces_are_reported(void **state)
{
	struct frame f = FRAME(SOURCE, GROUP, 9, .payload = 1000);
	struct lab *l = *state;
	uint8_t frame[FRAME_ROOM];
	size_t len = frame_put(&f, frame);

	lab_reset(l);
	lab_route(l, FLOW, l->veth[0], LAB_SET, XMGM_STATE_FORWARDING);
	assert_int_equal(ingress(l, 0, &f), XMGM_WRONG_IF);
	assert_int_equal(l->r.action, XDP_DROP);
	assert_int_equal(lab_consume(l), 0);

	lab_interface(l, LAB_LO, XMGM_OWNER_DVMRP, XMGM_IF_WRONG_IF_UPCALLS);
	assert_int_equal(ingress(l, 0, &f), XMGM_WRONG_IF);
	check_record(l, XMGM_UPCALL_WRONG_IF, LAB_LO, (uint32_t)len);
	assert_int_equal(l->frame_len, XMGM_UPCALL_SMALL);
	assert_memory_equal(l->frame, frame, XMGM_UPCALL_SMALL);
	assert_int_equal(ingress(l, 0, &first), XMGM_WRONG_IF);
	check_record(l, XMGM_UPCALL_WRONG_IF, LAB_LO, FIRST_LEN);
	assert_int_equal(lab_mfe(l, FLOW).wrong_if, 3);
	assert_int_equal(lab_hold(l).packets_in, 0);
}

/* Reports are limited; the counter is not. */
static void test_wrong_interface_reports_are_limited(void **state)
{
	static const uint32_t rates[] = {0, 1, 2};
	struct lab *l = *state;

	for (size_t i = 0; i < ARRAY(rates); i++) {
		struct xmgm_settings s = roomy;

		s.wrong_if_rate = rates[i];
		lab_reset(l);
		lab_settings(l, &s);
		lab_interface(l, LAB_LO, XMGM_OWNER_DVMRP,
			      XMGM_IF_WRONG_IF_UPCALLS);
		lab_route(l, FLOW, l->veth[0], LAB_SET, XMGM_STATE_FORWARDING);
		for (uint32_t n = 0; n < 10; n++)
			assert_int_equal(ingress(l, 0, &first), XMGM_WRONG_IF);
		assert_int_equal(lab_consume(l), rates[i]);
		assert_int_equal(lab_mfe(l, FLOW).wrong_if, 10);
		/* New flows have tokens of their own. */
		struct frame f = nth(1);
		assert_int_equal(ingress(l, 0, &f), XMGM_MISS);
	}
}

/* Nobody reads: counted, nothing stuck, what was sent stays whole. */
static void test_a_full_ring(void **state)
{
	struct frame f = FRAME(SOURCE, GROUP, 64, .payload = 3000);
	enum xmgm_reason reason = XMGM_HELD;
	struct lab *l = *state;
	struct xmgm_pending p;
	struct xmgm_hold h;
	uint64_t sent = 0;
	uint8_t frame[FRAME_ROOM];

	lab_reset(l);
	frame_put(&f, frame);
	assert_int_equal(ingress(l, 0, &f), XMGM_MISS);
	while (reason == XMGM_HELD && sent++ < XMGM_UPCALL_RING / 3000)
		reason = ingress(l, 0, &f);
	assert_int_equal(reason, XMGM_UPCALL_LOST);
	assert_int_equal(l->r.action, XDP_DROP);
	/* What could not be handed over is not counted as held. */
	h = lab_hold(l);
	assert_int_equal(h.packets_in, sent);
	assert_int_equal(h.bytes_in, sent * 3042);
	assert_true(lab_pending(l, FLOW, &p));
	assert_int_equal(p.packets, sent);
	assert_int_equal(p.bytes, sent * 3042);

	/* A new flow nobody heard of is new again with its next packet. */
	f.group = "239.7.7.7";
	assert_int_equal(ingress(l, 0, &f), XMGM_UPCALL_LOST);
	assert_false(lab_pending(l, frame_flow(SOURCE, f.group), &p));
	assert_int_equal(lab_consume(l), sent);
	assert_memory_equal(l->frame, frame, 3042);
	assert_int_equal(ingress(l, 0, &f), XMGM_MISS);
	assert_int_equal(lab_consume(l), 1);
}

/* A stranger with a million sources fills nothing for good. */
static void test_many_flows_push_out_the_oldest(void **state)
{
	struct xmgm_settings s = roomy;
	struct lab *l = *state;
	uint8_t frame[FRAME_ROOM];
	uint32_t reported = 0;
	size_t len;

	lab_reset(l);
	s.upcall_rate = 1000000000;
	s.upcall_burst = UINT32_MAX;
	s.hold_packets_total = 1 << 30;
	lab_settings(l, &s);
	len = frame_put(&first, frame);
	for (uint32_t n = 0; n < 70000; n++) {
		uint32_t source = htonl(0x0b000000 + n);
		struct bpf_test_run_opts opts = {
			.sz = sizeof(opts),
			.data_in = frame,
			.data_size_in = (uint32_t)len,
			.repeat = 1,
		};

		memcpy(frame + 26, &source, 4);
		frame[24] = frame[25] = 0;
		uint16_t sum = htons(frame_checksum(frame + 14, 20, 0));
		memcpy(frame + 24, &sum, 2);
		assert_int_equal(
			bpf_prog_test_run_opts(
				bpf_program__fd(l->skel->progs.xmgm_ingress),
				&opts),
			0);
		assert_int_equal(opts.retval, XDP_DROP);
		if (n % 10000 == 9999)
			reported += (uint32_t)lab_consume(l);
	}
	assert_int_equal(reported, 70000);
	assert_int_equal(ingress(l, 0, &first), XMGM_MISS);
}

/* STYLE: every reason ingress can give has its row here or there. */
static void test_every_reason_of_this_file_was_seen(void **state)
{
	static const enum xmgm_reason ours[] = {
		XMGM_MISS,	  XMGM_HELD,	  XMGM_HOLD_OVERFLOW,
		XMGM_UPCALL_LOST, XMGM_WRONG_IF,  XMGM_UPCALL_LIMITED,
		XMGM_UNOWNED,	  XMGM_FORWARDED,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY(ours); i++)
		CHECK(run_reason_name(ours[i]), run_has_seen(ours[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_record_says_everything),
		cmocka_unit_test(test_a_frame_too_long_to_hold_is_reported),
		cmocka_unit_test(test_pending_counts_what_is_held),
		cmocka_unit_test(test_a_flow_is_pending_for_two_seconds),
		cmocka_unit_test(test_the_hold_is_bounded),
		cmocka_unit_test(test_flows_share_the_total_only),
		cmocka_unit_test(test_a_negative_hold_admits),
		cmocka_unit_test(test_new_flows_take_tokens),
		cmocka_unit_test(test_tokens_come_back),
		cmocka_unit_test(test_a_rate_without_end),
		cmocka_unit_test(test_nobody_owns_the_interface),
		cmocka_unit_test(test_nobody_listens),
		cmocka_unit_test(test_a_heartbeat_lasts_three_seconds),
		cmocka_unit_test(test_nobody_drains),
		cmocka_unit_test(test_draining),
		cmocka_unit_test(test_wrong_interfaces_are_reported),
		cmocka_unit_test(test_wrong_interface_reports_are_limited),
		cmocka_unit_test(test_a_full_ring),
		cmocka_unit_test(test_many_flows_push_out_the_oldest),
		cmocka_unit_test(test_every_reason_of_this_file_was_seen),
	};

	return cmocka_run_group_tests_name("upcall", tests, lab_open,
					   lab_close);
}
