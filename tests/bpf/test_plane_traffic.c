/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets through the plane on the real kernel: sent into one veth, they
 * come out of others as a router must send them; what was held for a new
 * flow comes out first and in order, or is dropped and counted. That nothing
 * more came is known from a sentinel, not from waiting.
 */
#include "plane/bpf.h"
#include "plane_lab.h"

#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <sys/socket.h>

#include <bpf/bpf.h>

#define SOURCE	 "10.0.0.1"
#define GROUP	 "239.1.1.1"
#define SENTINEL "239.255.0.1"
#define FLOW	 frame_flow(SOURCE, GROUP)
#define MASK(p)	 (1u << (p))
#define ALL	 (MASK(1) | MASK(2) | MASK(3))

static const struct frame good = FRAME(SOURCE, GROUP, 64, .payload = 100);

/* The frame with its number in the IP header's identification. */
static size_t numbered(const struct frame *f, uint32_t n, uint8_t *out)
{
	size_t len = frame_put(f, out);

	out[FRAME_ETH + 4] = (uint8_t)(n >> 8);
	out[FRAME_ETH + 5] = (uint8_t)n;
	out[FRAME_ETH + 8]++;
	frame_forwarded(out); /* makes the checksum good */
	return len;
}

static void send_numbers(struct plane_lab *l, const struct frame *f,
			 uint32_t from, uint32_t to)
{
	uint8_t frame[FRAME_ROOM];

	for (uint32_t n = from; n < to; n++)
		lab_send(l, 0, frame, numbered(f, n, frame));
}

/* The next frame there is this one, as a router has sent it. */
static void expect(struct plane_lab *l, int port, const struct frame *f,
		   uint32_t n)
{
	uint8_t frame[FRAME_ROOM], got[FRAME_ROOM];
	uint8_t mac[6] = {2, 0xcc, 0, 0, 0, (uint8_t)port};
	size_t len = numbered(f, n, frame), got_len;

	frame_forwarded(frame);
	memcpy(frame + 6, mac, 6);
	got_len = lab_receive(l, port, got);
	if (!got_len)
		fail_msg("p%d: frame %u has not come", port, n);
	if (got_len != len || memcmp(got, frame, len))
		fail_msg("p%d: not frame %u but %u bytes, number %u", port, n,
			 (unsigned int)got_len, got[18] << 8 | got[19]);
}

static void expect_numbers(struct plane_lab *l, int port, const struct frame *f,
			   uint32_t from, uint32_t to)
{
	for (uint32_t n = from; n < to; n++)
		expect(l, port, f, n);
}

/* Nothing more has come there: the next frame is the sentinel. */
static void nothing_more(struct plane_lab *l, uint32_t ports)
{
	static const struct frame last = FRAME(SOURCE, SENTINEL, 9);

	lab_add_route(l, frame_flow(SOURCE, SENTINEL), ALL);
	send_numbers(l, &last, 0, 1);
	for (int i = 1; i < PORTS; i++)
		if (ports & MASK(i))
			expect(l, i, &last, 0);
}

/* Whatever a test before has left in the sockets. */
static void begin(struct plane_lab *l)
{
	uint8_t frame[FRAME_ROOM];

	lab_attach_all(l);
	for (int i = 0; i < PORTS; i++)
		while (recv(l->sock[i], frame, sizeof(frame), MSG_DONTWAIT) > 0)
			;
}

static struct xmgm_hold hold_of(struct plane_lab *l)
{
	struct xmgm_hold h;
	uint32_t zero = 0;
	int fd = lab_pin(l, "hold");

	assert_int_equal(bpf_map_lookup_elem(fd, &zero, &h), 0);
	close(fd);
	return h;
}

static void nothing_is_held(struct plane_lab *l)
{
	struct xmgm_hold h = hold_of(l);

	assert_int_equal(h.packets_in, h.packets_out);
	assert_int_equal(h.bytes_in, h.bytes_out);
}

static uint64_t verdict_of(struct plane_lab *l, enum xmgm_reason reason)
{
	uint64_t verdicts[XMGM_REASON_COUNT];

	plane_verdicts(l->plane, verdicts);
	return verdicts[reason];
}

/* The data plane has come that far; the plane itself is not polled. */
static void wait_verdict(struct plane_lab *l, enum xmgm_reason reason,
			 uint64_t count)
{
	uint64_t end = run_now_ns() + 5000000000ull;

	while (verdict_of(l, reason) < count && run_now_ns() < end)
		usleep(1000);
	assert_int_equal(verdict_of(l, reason), count);
}

static enum xmgm_state state_of(struct plane_lab *l, struct xmgm_flow flow)
{
	struct xmgm_mfe mfe;

	assert_int_equal(plane_mfe_read(l->plane, flow, &mfe), 0);
	return mfe.state;
}

static void test_one_copy_to_each_oif(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info port;
	struct xmgm_mfe mfe;

	begin(l);
	lab_add_route(l, FLOW, ALL);
	send_numbers(l, &good, 0, 50);
	for (int i = 1; i < PORTS; i++)
		expect_numbers(l, i, &good, 0, 50);
	nothing_more(l, ALL);

	assert_int_equal(plane_mfe_read(l->plane, FLOW, &mfe), 0);
	assert_int_equal(mfe.packets, 50);
	assert_int_equal(mfe.bytes, 50 * 128);
	for (int i = 1; i < PORTS; i++) {
		WAIT_FOR(l, (plane_port_get(l->plane, l->near[i], &port),
			     port.packets_expected == 51));
		assert_int_equal(port.packets_out, 51);
		assert_int_equal(port.bytes_out, 50 * 128 + 28);
		assert_int_equal(port.ttl_low, 0);
	}
	assert_int_equal(lab_counters(l).egress_lost, 0);
	plane_port_get(l->plane, l->near[0], &port);
	assert_int_equal(port.packets_out, 0);
	assert_int_equal(verdict_of(l, XMGM_FORWARDED), 51);
}

/* What came in on r0 never leaves by r0: its far end sees only the other. */
static void test_none_goes_back(void **state)
{
	static const struct frame back = FRAME("10.9.0.1", SENTINEL, 9);
	struct plane_lab *l = *state;
	uint8_t frame[FRAME_ROOM];
	uint32_t set;

	begin(l);
	lab_add_route(l, FLOW, ALL);
	assert_int_equal(plane_set_get(l->plane, l->near, 1, &set), 0);
	plane_mfe_put(l->plane, frame_flow("10.9.0.1", SENTINEL), l->near[1],
		      set, 0);
	assert_int_equal(plane_commit(l->plane), 0);
	send_numbers(l, &good, 0, 10);
	expect_numbers(l, 1, &good, 0, 10);
	lab_send(l, 1, frame, numbered(&back, 7, frame));
	expect(l, 0, &back, 7);
}

static void test_only_the_oifs_of_the_route(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	lab_add_route(l, FLOW, MASK(2));
	send_numbers(l, &good, 0, 10);
	expect_numbers(l, 2, &good, 0, 10);
	/* A change in place takes effect with the next packet. */
	lab_add_route(l, FLOW, MASK(1) | MASK(3));
	send_numbers(l, &good, 10, 20);
	expect_numbers(l, 1, &good, 10, 20);
	expect_numbers(l, 3, &good, 10, 20);
	nothing_more(l, ALL);
}

static void test_thresholds_of_oifs(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port low = lab_port(l, 2);
	struct plane_port_info port;
	struct frame f = good;

	begin(l);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	low.ttl_threshold = 32;
	assert_int_equal(plane_port_set(l->plane, &low), 0);
	f.ttl = 32; /* leaves as 31 */
	send_numbers(l, &f, 0, 3);
	expect_numbers(l, 1, &f, 0, 3);
	f.ttl = 33;
	send_numbers(l, &f, 3, 6);
	expect_numbers(l, 1, &f, 3, 6);
	expect_numbers(l, 2, &f, 3, 6);
	plane_port_get(l->plane, l->near[2], &port);
	assert_int_equal(port.ttl_low, 3);
	assert_int_equal(port.packets_out, 3);
	/* Below the threshold is not lost. */
	WAIT_FOR(l, (plane_port_get(l->plane, l->near[2], &port),
		     port.packets_expected == 6));
	assert_int_equal(lab_counters(l).egress_lost, 0);
}

/* Whether they were counted while the set was used, or at its end. */
static void test_each_copy_is_expected_once(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port_info port;
	uint32_t set, sets_free;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	assert_int_equal(plane_set_get(l->plane, &l->near[1], 1, &set), 0);
	plane_mfe_put(l->plane, FLOW, l->near[0], set, 0);
	assert_int_equal(plane_commit(l->plane), 0);
	send_numbers(l, &good, 0, 10);
	WAIT_FOR(l, (plane_port_get(l->plane, l->near[1], &port),
		     port.packets_expected >= 10));
	assert_int_equal(port.packets_expected, 10);
	send_numbers(l, &good, 10, 15);
	expect_numbers(l, 1, &good, 0, 15);
	sets_free = lab_counters(l).sets_free;
	plane_mfe_del(l->plane, FLOW);
	assert_int_equal(plane_commit(l->plane), 0);
	plane_set_put(l->plane, set);
	WAIT_FOR(l, lab_counters(l).sets_free > sets_free);
	plane_port_get(l->plane, l->near[1], &port);
	assert_int_equal(port.packets_expected, 15);
	assert_int_equal(port.packets_out, 15);
}

static void test_the_data_plane_outlives_the_process(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_mfe mfe;

	begin(l);
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	send_numbers(l, &good, 0, 5);
	lab_close_plane(l);
	send_numbers(l, &good, 5, 15);
	expect_numbers(l, 1, &good, 0, 15);
	lab_reopen(l);
	send_numbers(l, &good, 15, 20);
	expect_numbers(l, 1, &good, 15, 20);
	expect_numbers(l, 2, &good, 0, 20);
	assert_int_equal(plane_mfe_read(l->plane, FLOW, &mfe), 0);
	assert_int_equal(mfe.packets, 20);
}

static void add_and_release(struct plane_lab *l, struct xmgm_flow flow)
{
	lab_add_route(l, flow, MASK(1) | MASK(2));
	plane_flow_release(l->plane, flow);
}

/* The manager answers from inside the report, as it mostly does. */
static void test_a_new_flow_loses_nothing(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0); /* opens the rings */
	l->on_miss = add_and_release;
	send_numbers(l, &good, 0, 100);
	wait_verdict(l, XMGM_HELD, 99);
	assert_int_equal(verdict_of(l, XMGM_MISS), 1);
	WAIT_FOR(l, lab_counters(l).replayed == 100);
	WAIT_FOR(l, state_of(l, FLOW) == XMGM_STATE_FORWARDING);
	send_numbers(l, &good, 100, 120);
	expect_numbers(l, 1, &good, 0, 120);
	expect_numbers(l, 2, &good, 0, 120);
	nothing_more(l, MASK(1) | MASK(2));
	nothing_is_held(l);
	assert_int_equal(l->upcalls, 1);
	assert_int_equal(l->last.type, XMGM_UPCALL_MISS);
	assert_int_equal(l->last.ifid, l->near[0]);
	assert_int_equal(lab_counters(l).upcalls_miss, 1);
	assert_int_equal(lab_counters(l).upcalls_held, 99);
	assert_int_equal(lab_counters(l).hold_dropped, 0);
	assert_int_equal(verdict_of(l, XMGM_REPLAY_MISS), 0);
}

/* Who comes after XMGM_HEARTBEAT_NS hears of the flow, but sends nothing old. */
static void test_what_has_waited_too_long_is_not_sent(void **state)
{
	struct plane_lab *l = *state;
	uint64_t late;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	send_numbers(l, &good, 0, 10);
	wait_verdict(l, XMGM_HELD, 9);
	lab_close_plane(l);
	late = run_now_ns() + XMGM_HEARTBEAT_NS;
	while (run_now_ns() <= late)
		usleep(1000);
	lab_reopen(l);
	l->on_miss = add_and_release;
	WAIT_FOR(l, lab_counters(l).hold_dropped == 10);
	assert_int_equal(l->upcalls, 1);
	WAIT_FOR(l, state_of(l, FLOW) == XMGM_STATE_FORWARDING);
	send_numbers(l, &good, 10, 15);
	expect_numbers(l, 1, &good, 10, 15);
	nothing_more(l, MASK(1));
	assert_int_equal(lab_counters(l).replayed, 0);
}

/* Who comes sooner sends all of it, in order. */
static void test_what_waited_for_a_quick_successor_is_sent(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	send_numbers(l, &good, 0, 10);
	wait_verdict(l, XMGM_HELD, 9);
	lab_reopen(l);
	l->on_miss = add_and_release;
	WAIT_FOR(l, lab_counters(l).replayed == 10);
	expect_numbers(l, 1, &good, 0, 10);
	nothing_more(l, MASK(1));
	assert_int_equal(lab_counters(l).hold_dropped, 0);
}

static void test_later_packets_wait_behind_held_ones(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	send_numbers(l, &good, 0, 10);
	WAIT_FOR(l, l->upcalls == 1 && lab_counters(l).upcalls_held == 9);
	lab_add_route(l, FLOW, MASK(1));
	assert_int_equal(state_of(l, FLOW), XMGM_STATE_DRAINING);
	send_numbers(l, &good, 10, 20);
	wait_verdict(l, XMGM_HELD, 19);
	assert_int_equal(verdict_of(l, XMGM_FORWARDED), 0);
	plane_flow_release(l->plane, FLOW);
	WAIT_FOR(l, state_of(l, FLOW) == XMGM_STATE_FORWARDING);
	send_numbers(l, &good, 20, 30);
	expect_numbers(l, 1, &good, 0, 30);
	nothing_more(l, MASK(1));
	nothing_is_held(l);
}

/* A route of any source serves a held flow as well. */
static void test_held_packets_follow_a_wildcard(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	send_numbers(l, &good, 0, 10);
	WAIT_FOR(l, lab_counters(l).upcalls_held == 9);
	lab_add_route(l, frame_flow("0.0.0.0", GROUP), MASK(3));
	plane_flow_release(l->plane, FLOW);
	WAIT_FOR(l, lab_counters(l).replayed == 10);
	expect_numbers(l, 3, &good, 0, 10);
	nothing_more(l, ALL);
	nothing_is_held(l);
}

/* What the kernel gets from r0: everything that XDP passes. */
static int host_socket(struct plane_lab *l)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)l->near[0],
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_IP));

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

/* The next packet of the flow there is this one, as it was sent. */
static void expect_host(struct plane_lab *l, int fd, uint32_t n)
{
	uint8_t frame[FRAME_ROOM], got[FRAME_ROOM];
	size_t len = numbered(&good, n, frame);
	ssize_t got_len;

	do
		WAIT_FOR(l, (got_len = recv(fd, got, sizeof(got), 0)) > 0);
	while (got_len < 34 || memcmp(got + 26, frame + 26, 8));
	assert_int_equal(got_len, len);
	if (memcmp(got, frame, len))
		fail_msg("not frame %u but %u", n, got[18] << 8 | got[19]);
}

/* In order, also before those that come meanwhile. */
static void test_held_packets_of_the_kernels_flow_are_passed(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_mfe mfe;
	int fd;

	begin(l);
	fd = host_socket(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	send_numbers(l, &good, 0, 10);
	WAIT_FOR(l, l->upcalls == 1 && lab_counters(l).upcalls_held == 9);
	assert_int_equal(plane_mfe_put(l->plane, FLOW, l->near[0],
				       XMGM_SET_KERNEL, 0),
			 0);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(state_of(l, FLOW), XMGM_STATE_DRAINING);
	send_numbers(l, &good, 10, 20);
	wait_verdict(l, XMGM_HELD, 19);
	assert_int_equal(verdict_of(l, XMGM_KERNEL), 0);
	plane_flow_release(l->plane, FLOW);
	WAIT_FOR(l, state_of(l, FLOW) == XMGM_STATE_KERNEL);
	send_numbers(l, &good, 20, 30);
	for (uint32_t n = 0; n < 30; n++)
		expect_host(l, fd, n);
	assert_int_equal(plane_mfe_read(l->plane, FLOW, &mfe), 0);
	assert_int_equal(mfe.packets, 30);
	assert_int_equal(verdict_of(l, XMGM_KERNEL), 30);
	nothing_more(l, ALL);
	nothing_is_held(l);
	close(fd);
}

/* Also after the process: it is a route like others, without a set. */
static void test_the_kernels_flow_after_a_restart(void **state)
{
	struct plane_lab *l = *state;
	int fd;

	begin(l);
	plane_mfe_put(l->plane, FLOW, l->near[1], XMGM_SET_KERNEL,
		      XMGM_MFE_STATIC);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(state_of(l, FLOW), XMGM_STATE_KERNEL);
	lab_reopen(l);
	fd = host_socket(l);
	send_numbers(l, &good, 0, 10); /* not its iif */
	for (uint32_t n = 0; n < 10; n++)
		expect_host(l, fd, n);
	assert_int_equal(lab_counters(l).sets_in_use, 0);
	close(fd);
}

/* Refused: no route, or one that says that nobody wants it. */
static void test_held_packets_without_a_route_are_dropped(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	for (uint32_t negative = 0; negative < 2; negative++) {
		struct frame f = good;
		struct xmgm_flow flow;

		f.group = negative ? "239.1.1.2" : GROUP;
		flow = frame_flow(SOURCE, f.group);
		send_numbers(l, &f, 0, 10);
		WAIT_FOR(l, lab_counters(l).upcalls_held == 9 * (negative + 1));
		if (negative)
			lab_add_route(l, flow, 0);
		plane_flow_release(l->plane, flow);
		assert_int_equal(lab_counters(l).hold_dropped,
				 10 * (negative + 1));
		nothing_is_held(l);
		/* Releasing what is not there is nothing. */
		plane_flow_release(l->plane, flow);
	}
	assert_int_equal(lab_counters(l).replayed, 0);
	nothing_more(l, ALL);
}

/* Time is moved by hand: three seconds without an answer. */
static void test_flows_nobody_decides_on_expire(void **state)
{
	static const struct frame other = FRAME(SOURCE, "239.1.1.3", 64);
	const uint64_t s = 1000000000;
	struct plane_lab *l = *state;
	struct xmgm_flow flow = frame_flow(SOURCE, other.group);

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	send_numbers(l, &good, 0, 10);
	send_numbers(l, &other, 0, 5);
	WAIT_FOR(l, lab_counters(l).upcalls_held == 13);
	/* One has a route, but its release was forgotten. */
	lab_add_route(l, flow, MASK(1));
	plane_tick(l->plane, run_now_ns() + 2 * s);
	assert_int_equal(lab_counters(l).hold_dropped, 0);
	plane_tick(l->plane, run_now_ns() + 4 * s);
	assert_int_equal(lab_counters(l).hold_dropped, 10);
	WAIT_FOR(l, state_of(l, flow) == XMGM_STATE_FORWARDING);
	expect_numbers(l, 1, &other, 0, 5);
	nothing_more(l, ALL);
	nothing_is_held(l);
}

/* Within the bounds of the hold; beyond them nobody waits for anybody. */
static void test_more_than_may_be_held(void **state)
{
	struct plane_options o = plane_small;
	struct plane_lab *l = *state;
	const char *error;

	lab_close_plane(l);
	o.hold_packets = 5;
	assert_int_equal(lab_open_plane(l, &o, &error), 0);
	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	send_numbers(l, &good, 0, 20);
	wait_verdict(l, XMGM_HOLD_OVERFLOW, 15);
	WAIT_FOR(l, lab_counters(l).upcalls_held == 4);
	add_and_release(l, FLOW);
	WAIT_FOR(l, state_of(l, FLOW) == XMGM_STATE_FORWARDING);
	send_numbers(l, &good, 20, 25);
	expect_numbers(l, 1, &good, 0, 5);
	expect_numbers(l, 1, &good, 20, 25);
	nothing_more(l, MASK(1));
	nothing_is_held(l);
}

/* The route goes; with the next packet it is a new flow, at once. */
static void test_a_deleted_flow_comes_back(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	l->on_miss = add_and_release;
	for (uint32_t round = 0; round < 3; round++) {
		send_numbers(l, &good, 10 * round, 10 * round + 10);
		WAIT_FOR(l, l->upcalls == round + 1);
		WAIT_FOR(l, state_of(l, FLOW) == XMGM_STATE_FORWARDING);
		expect_numbers(l, 1, &good, 10 * round, 10 * round + 10);
		plane_mfe_del(l->plane, FLOW);
		assert_int_equal(plane_commit(l->plane), 0);
	}
	nothing_more(l, MASK(1));
}

static void test_wrong_interfaces_are_heard_of(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port tell = lab_port(l, 3);
	uint8_t frame[FRAME_ROOM];
	struct xmgm_mfe mfe;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	lab_add_route(l, FLOW, MASK(1));
	lab_send(l, 2, frame, numbered(&good, 1, frame));
	tell.flags = XMGM_IF_WRONG_IF_UPCALLS;
	assert_int_equal(plane_port_set(l->plane, &tell), 0);
	lab_send(l, 3, frame, numbered(&good, 2, frame));
	WAIT_FOR(l, l->upcalls == 1);
	assert_int_equal(l->last.type, XMGM_UPCALL_WRONG_IF);
	assert_int_equal(l->last.ifid, l->near[3]);
	assert_int_equal(lab_counters(l).upcalls_wrong_if, 1);
	assert_int_equal(plane_mfe_read(l->plane, FLOW, &mfe), 0);
	assert_int_equal(mfe.wrong_if, 2);
	nothing_more(l, ALL);
	nothing_is_held(l);
}

/* A local sender behind the veth has left its checksum half done. */
static void test_partial_checksums(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port veth = lab_port(l, 0);
	struct frame f = good, none = good;

	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	veth.flags = XMGM_IF_PARTIAL_CSUM;
	assert_int_equal(plane_port_set(l->plane, &veth), 0);
	f.flags = FRAME_UDP_PARTIAL;
	none.flags = FRAME_UDP_ZERO;
	l->on_miss = add_and_release;
	/* Held and replayed, then in the fast path. */
	send_numbers(l, &f, 0, 5);
	wait_verdict(l, XMGM_HELD, 4);
	WAIT_FOR(l, lab_counters(l).replayed == 5);
	WAIT_FOR(l, state_of(l, FLOW) == XMGM_STATE_FORWARDING);
	send_numbers(l, &f, 5, 10);
	expect_numbers(l, 1, &none, 0, 10);
	assert_int_equal(verdict_of(l, XMGM_CSUM_REPAIRED), 10);
	send_numbers(l, &good, 10, 12);
	expect_numbers(l, 1, &good, 10, 12);
}

static void set_device_mtus(int mtu)
{
	for (int i = 0; i < PORTS; i++) {
		run_ip("link set r%d mtu %d", i, mtu);
		run_ip("link set p%d mtu %d", i, mtu);
	}
}

/* Too long to be held, they get their route all the same. */
static void test_jumbo_frames(void **state)
{
	struct plane_lab *l = *state;
	struct frame f = good;
	/* Before, the kernel does not redirect such a frame. */
	bool one = kernel_is_at_least(6, 3);

	set_device_mtus(9000);
	begin(l);
	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	f.payload = 8972;
	send_numbers(l, &f, 0, 3);
	WAIT_FOR(l, l->upcalls == 1);
	assert_int_equal(l->last.type, XMGM_UPCALL_MISS);
	assert_int_equal(l->last.length, 9014);
	wait_verdict(l, XMGM_HOLD_OVERFLOW, 3);
	lab_add_route(l, FLOW, MASK(1));
	plane_flow_release(l->plane, FLOW);
	assert_int_equal(state_of(l, FLOW), XMGM_STATE_FORWARDING);
	send_numbers(l, &f, 3, 6);
	expect_numbers(l, 1, &f, 3, 6);
	wait_verdict(l, XMGM_CLONED, one ? 0 : 3);
	/* Several oifs: not copied by XDP, and shorter ones are. */
	lab_add_route(l, FLOW, MASK(1) | MASK(2));
	send_numbers(l, &f, 6, 9);
	expect_numbers(l, 1, &f, 6, 9);
	expect_numbers(l, 2, &f, 6, 9);
	wait_verdict(l, XMGM_CLONED, one ? 3 : 6);
	f.payload = 3000;
	send_numbers(l, &f, 9, 12);
	expect_numbers(l, 1, &f, 9, 12);
	expect_numbers(l, 2, &f, 9, 12);
	nothing_more(l, ALL);
}

static int plane_gone_small_mtu(void **state)
{
	set_device_mtus(1500);
	return plane_gone(state);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PLANE_TEST(test_one_copy_to_each_oif),
		PLANE_TEST(test_none_goes_back),
		PLANE_TEST(test_only_the_oifs_of_the_route),
		PLANE_TEST(test_thresholds_of_oifs),
		PLANE_TEST(test_each_copy_is_expected_once),
		PLANE_TEST(test_the_data_plane_outlives_the_process),
		PLANE_TEST(test_a_new_flow_loses_nothing),
		PLANE_TEST(test_what_has_waited_too_long_is_not_sent),
		PLANE_TEST(test_what_waited_for_a_quick_successor_is_sent),
		PLANE_TEST(test_later_packets_wait_behind_held_ones),
		PLANE_TEST(test_held_packets_follow_a_wildcard),
		PLANE_TEST(test_held_packets_of_the_kernels_flow_are_passed),
		PLANE_TEST(test_the_kernels_flow_after_a_restart),
		PLANE_TEST(test_held_packets_without_a_route_are_dropped),
		PLANE_TEST(test_flows_nobody_decides_on_expire),
		PLANE_TEST(test_more_than_may_be_held),
		PLANE_TEST(test_a_deleted_flow_comes_back),
		PLANE_TEST(test_wrong_interfaces_are_heard_of),
		PLANE_TEST(test_partial_checksums),
		cmocka_unit_test_setup_teardown(test_jumbo_frames, plane_setup,
						plane_gone_small_mtu),
	};

	return PLANE_LAB_MAIN("plane_traffic", tests);
}
