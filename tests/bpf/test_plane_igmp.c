/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP messages on their way through the plane: shares of the ring, and that
 * it is read in pieces which say how far they got.
 */
#include "plane_lab.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define REPORT_GROUPS 180u

static size_t ip_checksum_put(uint8_t *at, size_t len, size_t field)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)at[i] << 8 | at[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[field] = (uint8_t)(~sum >> 8);
	at[field + 1] = (uint8_t)~sum;
	return len;
}

/* A v3 report of as many records as an ordinary frame has room for. */
static size_t report_put(uint8_t *frame)
{
	static const uint8_t head[] = {1, 0, 0x5e, 0, 0, 22, 2, 0, 0, 0, 0, 1,
				       8, 0,
				       /* IP: */
				       0x46, 0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0,
				       10, 0, 0, 1, 224, 0, 0, 22, 148, 4, 0,
				       0};
	const size_t len = 8 + 8 * REPORT_GROUPS, total = 24 + len;
	uint8_t *ip = frame + FRAME_ETH, *m = ip + 24;

	memset(frame, 0, FRAME_ETH + total);
	memcpy(frame, head, sizeof(head));
	ip[2] = (uint8_t)(total >> 8);
	ip[3] = (uint8_t)total;
	ip_checksum_put(ip, 24, 10);
	m[0] = XMGM_IGMP_V3_REPORT;
	m[7] = REPORT_GROUPS;
	for (uint32_t i = 0; i < REPORT_GROUPS; i++) {
		m[8 + 8 * i] = 4;
		m[8 + 8 * i + 4] = 239;
		m[8 + 8 * i + 7] = (uint8_t)i;
	}
	ip_checksum_put(m, len, 2);
	return FRAME_ETH + total;
}

static void open_gate(struct plane_lab *l, int port, enum xmgm_gate gate)
{
	const struct xmgm_interface value = {.owner = XMGM_OWNER_IGMP,
					     .gate = gate};

	assert_int_equal(plane_interface_set(l->plane, l->near[port], &value),
			 0);
}

static void begin(struct plane_lab *l)
{
	lab_attach_all(l);
	assert_true(plane_poll_fd(l->plane) >= 0);
	open_gate(l, 0, XMGM_GATE_ON);
	open_gate(l, 1, XMGM_GATE_ON);
}

static struct xmgm_interface interface_of(struct plane_lab *l, int port)
{
	struct xmgm_interface value;

	assert_int_equal(plane_interface_get(l->plane, l->near[port], &value),
			 0);
	return value;
}

static struct xmgm_ingress slot_of(struct plane_lab *l, int port)
{
	uint32_t slot = interface_of(l, port).slot;
	struct xmgm_ingress value;
	int map = lab_pin(l, "ingress");

	assert_int_equal(bpf_map_lookup_elem(map, &slot, &value), 0);
	close(map);
	return value;
}

static uint32_t share(struct plane_lab *l)
{
	struct xmgm_settings s;
	int map = lab_pin(l, "settings");
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(map, &zero, &s), 0);
	close(map);
	return s.igmp_share;
}

static uint64_t delivered(struct plane_lab *l)
{
	uint64_t verdicts[XMGM_IGMP_REASON_COUNT];

	plane_igmp_verdicts(l->plane, verdicts);
	return verdicts[XMGM_IGMP_DELIVERED];
}

static void send_reports(struct plane_lab *l, int port, uint32_t count)
{
	static uint8_t frame[FRAME_ROOM];
	size_t len = report_put(frame);
	uint64_t before = delivered(l), end = run_now_ns() + 5000000000ull;

	for (uint32_t i = 0; i < count; i++) {
		lab_send(l, port, frame, len);
		while (delivered(l) <= before + i)
			assert_true(run_now_ns() < end);
	}
}

static void send_one(struct plane_lab *l, int port)
{
	static uint8_t frame[FRAME_ROOM];

	lab_send(l, port, frame, report_put(frame));
}

static void test_half_of_the_ring_is_shared_by_open_gates(void **state)
{
	struct plane_lab *l = *state;

	begin(l);
	assert_int_equal(share(l), XMGM_IGMP_RING / 4);
	open_gate(l, 2, XMGM_GATE_HELD);
	open_gate(l, 2, XMGM_GATE_ON);
	assert_int_equal(share(l), XMGM_IGMP_RING / 6);
	open_gate(l, 0, XMGM_GATE_OFF);
	assert_int_equal(share(l), XMGM_IGMP_RING / 4);
	plane_interface_del(l->plane, l->near[1]);
	assert_int_equal(share(l), XMGM_IGMP_RING / 2);
	lab_reopen(l);
	assert_int_equal(share(l), XMGM_IGMP_RING / 2);
}

/* Over a restart as well; a new interface begins with nothing counted. */
static void test_interfaces_have_slots_of_their_own(void **state)
{
	struct plane_lab *l = *state;
	struct plane_ingress in;
	uint32_t slots[3];

	begin(l);
	for (int i = 0; i < 3; i++)
		slots[i] = interface_of(l, i).slot;
	assert_int_not_equal(slots[0], slots[1]);
	assert_int_not_equal(slots[0], slots[2]);
	assert_int_not_equal(slots[1], slots[2]);
	send_reports(l, 1, 1);
	lab_reopen(l);
	for (int i = 0; i < 3; i++)
		assert_int_equal(interface_of(l, i).slot, slots[i]);
	assert_true(slot_of(l, 1).igmp_in > 0);
	plane_interface_del(l->plane, l->near[1]);
	assert_int_equal(plane_ingress_get(l->plane, l->near[1], &in), -ENOENT);
	open_gate(l, 1, XMGM_GATE_ON);
	assert_int_equal(interface_of(l, 1).slot, slots[1]);
	assert_int_equal(slot_of(l, 1).igmp_in, 0);
	assert_int_equal(plane_ingress_get(l->plane, l->near[1], &in), 0);
}

static void test_what_was_read_is_room_again(void **state)
{
	struct plane_lab *l = *state;
	uint64_t room = XMGM_IGMP_ROOM(8 + 8 * REPORT_GROUPS);

	begin(l);
	send_reports(l, 0, 3);
	send_reports(l, 1, 1);
	assert_int_equal(slot_of(l, 0).igmp_in, 3 * room);
	assert_int_equal(slot_of(l, 0).igmp_out, 0);
	WAIT_FOR(l, slot_of(l, 0).igmp_out == 3 * room);
	assert_int_equal(slot_of(l, 1).igmp_in, room);
	assert_int_equal(slot_of(l, 1).igmp_out, room);
}

/* A reader may die between a message and its count: that is made good. */
static void test_a_count_that_was_missed_is_made_good(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_ingress value;
	uint32_t slot;
	int map;

	begin(l);
	slot = interface_of(l, 0).slot;
	value = slot_of(l, 0);
	value.igmp_in = 4096;
	map = lab_pin(l, "ingress");
	assert_int_equal(bpf_map_update_elem(map, &slot, &value, BPF_ANY), 0);
	close(map);
	WAIT_FOR(l, slot_of(l, 0).igmp_out == 4096);
}

/* What one host may say is the interface's, over a restart too; whoever has the
 * slot next begins without. */
static void test_a_rate_of_hosts_belongs_to_the_interface(void **state)
{
	struct plane_lab *l = *state;
	struct plane_ingress in;

	assert_int_equal(plane_igmp_host_rate(l->plane, l->near[0], 100), 0);
	begin(l);
	assert_int_equal(slot_of(l, 0).igmp_host_rate, 100);
	assert_int_equal(slot_of(l, 0).igmp_host_burst, XMGM_IGMP_BYTES / 8);
	assert_int_equal(slot_of(l, 1).igmp_host_rate, 0);
	assert_int_equal(plane_igmp_host_rate(l->plane, l->near[0], 5000), 0);
	assert_int_equal(slot_of(l, 0).igmp_host_burst, 10000);
	/* Slow enough that nothing comes back for another message. */
	assert_int_equal(plane_igmp_host_rate(l->plane, l->near[0], 1), 0);
	send_reports(l, 0, XMGM_IGMP_BYTES / 8 / REPORT_GROUPS);
	send_one(l, 0);
	WAIT_FOR(l, slot_of(l, 0).igmp_host_limited == 1);
	lab_reopen(l);
	assert_int_equal(slot_of(l, 0).igmp_host_rate, 1);
	assert_int_equal(plane_ingress_get(l->plane, l->near[0], &in), 0);
	assert_int_equal(in.igmp_host_limited, 1);
	assert_int_equal(in.igmp_host_rate, 1);
	assert_int_equal(in.igmp_host[3], 1);
	plane_igmp_host_rate(l->plane, l->near[0], 0);
	assert_int_equal(slot_of(l, 0).igmp_host_rate, 0);
}

/* Until when all has been told: now, or the last message of this piece. */
static void test_a_long_queue_is_read_in_pieces(void **state)
{
	struct plane_lab *l = *state;
	uint64_t before, sent, told, last = 0;
	int pieces = 0;

	begin(l);
	before = run_now_ns();
	assert_int_equal(plane_igmp_told(l->plane, before), before);
	send_reports(l, 0, 300); /* 433 kB */
	sent = run_now_ns();
	while ((told = plane_igmp_told(l->plane, sent)) < sent) {
		assert_true(told >= before && told > last);
		last = told;
		pieces++;
	}
	assert_int_equal(told, sent);
	assert_in_range(pieces, 3, 10);
	assert_int_equal(slot_of(l, 0).igmp_out, slot_of(l, 0).igmp_in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PLANE_TEST(test_half_of_the_ring_is_shared_by_open_gates),
		PLANE_TEST(test_interfaces_have_slots_of_their_own),
		PLANE_TEST(test_what_was_read_is_room_again),
		PLANE_TEST(test_a_count_that_was_missed_is_made_good),
		PLANE_TEST(test_a_rate_of_hosts_belongs_to_the_interface),
		PLANE_TEST(test_a_long_queue_is_read_in_pieces),
	};

	return PLANE_LAB_MAIN("plane_igmp", tests);
}
