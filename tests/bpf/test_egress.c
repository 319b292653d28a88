/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Egress, by BPF_PROG_RUN through its twin: source MAC, TTL threshold and
 * counters of each interface, the first and the last one in the array and
 * those beyond it.
 */
#include "run.h"

#include <string.h>

#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "egress_twin.skel.h"

#define GOOD FRAME("10.0.0.1", "239.1.1.1", 63, .payload = 18)

static struct egress_twin_bpf *twin;
static struct run r;

/* The first and the last of the array's parts, and interfaces beyond it. */
static const uint32_t interfaces[] = {
	0,
	1,
	2,
	XMGM_EGRESS_MAX - 1,
	XMGM_EGRESS_MAX,
	XMGM_EGRESS_MAX + 1,
	XMGM_IFID_VLAN - 1,
	XMGM_IFID_VLAN,
	XMGM_IFID_VLAN + XMGM_EGRESS_VLANS - 1,
	XMGM_IFID_VLAN + XMGM_EGRESS_VLANS,
};

static int open_twin(void **state)
{
	(void)state;
	twin = egress_twin_bpf__open_and_load();
	return twin ? 0 : -1;
}

static int close_twin(void **state)
{
	(void)state;
	egress_twin_bpf__destroy(twin);
	return 0;
}

static void mac_of(uint32_t ifindex, uint8_t mac[6])
{
	mac[0] = 2;
	mac[1] = 0xab;
	memcpy(mac + 2, &ifindex, 4);
}

static void put_egress(uint32_t ifindex, uint8_t threshold, uint8_t valid)
{
	struct xmgm_egress_far far = {
		.egress = {.ttl_threshold = threshold, .flags = valid},
	};
	uint32_t slot = xmgm_egress_slot(ifindex);
	bool near = slot < XMGM_EGRESS_SLOTS;
	int map = bpf_map__fd(near ? twin->maps.egress : twin->maps.egress_far);

	mac_of(ifindex, far.egress.mac);
	if (!near)
		bpf_map_lookup_elem(map, &ifindex, &far);
	far.egress.ttl_threshold = threshold;
	far.egress.flags = valid;
	assert_int_equal(bpf_map_update_elem(map, near ? &slot : &ifindex, &far,
					     BPF_ANY),
			 0);
}

static void read_stats(uint32_t ifindex, uint64_t stats[4])
{
	struct xmgm_egress_far far = {0};

	if (xmgm_egress_slot(ifindex) < XMGM_EGRESS_SLOTS) {
		run_sum(bpf_map__fd(twin->maps.egress_stats),
			xmgm_egress_slot(ifindex), stats, 4);
		return;
	}
	bpf_map_lookup_elem(bpf_map__fd(twin->maps.egress_far), &ifindex, &far);
	memcpy(stats, &far.stats, sizeof(far.stats));
}

static void egress(uint32_t ifindex, const struct frame *f)
{
	static uint8_t frame[FRAME_ROOM];
	size_t len = frame_put(f, frame);

	twin->bss->twin_ifindex = ifindex;
	run_frame(bpf_program__fd(twin->progs.egress_twin),
		  bpf_map__fd(twin->maps.verdicts), 0, frame, len, &r);
}

/* Did the frame leave as it came, but for its source MAC? */
static bool only_mac_changed(const struct frame *f, const uint8_t mac[6])
{
	static uint8_t frame[FRAME_ROOM];
	size_t len = frame_put(f, frame);

	memcpy(frame + 6, mac, 6);
	return r.len == len && !memcmp(r.frame, frame, len);
}

static void test_a_copy_gets_the_mac_of_its_interface(void **state)
{
	static const struct frame f = GOOD;
	uint8_t mac[6];

	(void)state;
	for (size_t i = 0; i < ARRAY(interfaces); i++)
		put_egress(interfaces[i], 1, 1);
	for (size_t i = 0; i < ARRAY(interfaces); i++) {
		egress(interfaces[i], &f);
		mac_of(interfaces[i], mac);
		assert_int_equal(r.action, XDP_PASS);
		assert_true(only_mac_changed(&f, mac));
		for (int reason = 0; reason < XMGM_REASON_COUNT; reason++)
			assert_int_equal(r.reasons[reason], 0);
	}
}

/* A copy needs at least the threshold; 0 is as 1. */
static void test_ttl_thresholds(void **state)
{
	static const struct {
		uint8_t threshold, ttl;
		bool passed;
	} cases[] = {
		{0, 1, true},	  {1, 1, true},	   {2, 1, false},
		{2, 2, true},	  {2, 3, true},	   {64, 63, false},
		{64, 64, true},	  {64, 255, true}, {255, 254, false},
		{255, 255, true}, {255, 1, false},
	};
	uint64_t before[4], after[4];

	(void)state;
	for (size_t n = 0; n < ARRAY(interfaces); n++) {
		for (size_t i = 0; i < ARRAY(cases); i++) {
			struct frame f = GOOD;
			uint8_t own[6] = {2, 0, 0, 0, 0, 0x99};
			bool passed = cases[i].passed;

			f.ttl = cases[i].ttl;
			put_egress(interfaces[n], cases[i].threshold, 1);
			read_stats(interfaces[n], before);
			egress(interfaces[n], &f);
			read_stats(interfaces[n], after);
			assert_int_equal(r.action,
					 passed ? XDP_PASS : XDP_DROP);
			assert_int_equal(r.reasons[XMGM_OIF_TTL], !passed);
			assert_int_equal(after[0] - before[0], passed);
			assert_int_equal(after[1] - before[1], passed ? 46 : 0);
			assert_int_equal(after[2] - before[2], !passed);
			assert_int_equal(after[3] - before[3], !passed);
			assert_int_equal(only_mac_changed(&f, own), !passed);
		}
	}
}

static void test_an_interface_nobody_filled_in(void **state)
{
	static const struct frame f = GOOD;
	static const uint32_t unknown[] = {77, XMGM_EGRESS_MAX + 77,
					   XMGM_IFID_VLAN + 77, UINT32_MAX};
	uint64_t stats[4];

	(void)state;
	for (size_t i = 0; i < ARRAY(unknown); i++) {
		egress(unknown[i], &f);
		assert_true(run_is(&r, XMGM_OIF_UNKNOWN));
		assert_int_equal(r.action, XDP_DROP);
		read_stats(unknown[i], stats);
		assert_int_equal(stats[0] + stats[1] + stats[2], 0);
	}
	/* Emptied again: as if it had never been there. */
	for (size_t i = 0; i < ARRAY(interfaces); i++) {
		put_egress(interfaces[i], 1, 0);
		egress(interfaces[i], &f);
		assert_true(run_is(&r, XMGM_OIF_UNKNOWN));
		assert_int_equal(r.action, XDP_DROP);
	}
}

/* Bytes are those of the IP packet, in all its buffers. */
static void test_frame_lengths(void **state)
{
	static const uint16_t payloads[] = {0, 1, 1472, 3000, 4000, 8972};
	uint64_t before[4], after[4];

	(void)state;
	for (size_t n = 0; n < ARRAY(interfaces); n++) {
		put_egress(interfaces[n], 1, 1);
		for (size_t i = 0; i < ARRAY(payloads); i++) {
			struct frame f = GOOD;

			f.payload = payloads[i];
			read_stats(interfaces[n], before);
			egress(interfaces[n], &f);
			read_stats(interfaces[n], after);
			assert_int_equal(r.action, XDP_PASS);
			assert_int_equal(after[0] - before[0], 1);
			assert_int_equal(after[1] - before[1],
					 28 + payloads[i]);
		}
	}
}

/* Cannot come from ingress, must not crash either. */
static void test_a_frame_without_ip(void **state)
{
	struct frame f = GOOD;

	(void)state;
	put_egress(1, 1, 1);
	for (f.cut = 60 - 14; f.cut > 60 - 34; f.cut--) {
		egress(1, &f);
		assert_true(run_is(&r, XMGM_TRUNCATED));
		assert_int_equal(r.action, XDP_DROP);
	}
	egress(1, &f);
	assert_int_equal(r.len, 34);
	assert_int_equal(r.action, XDP_PASS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_copy_gets_the_mac_of_its_interface),
		cmocka_unit_test(test_ttl_thresholds),
		cmocka_unit_test(test_an_interface_nobody_filled_in),
		cmocka_unit_test(test_frame_lengths),
		cmocka_unit_test(test_a_frame_without_ip),
	};

	return cmocka_run_group_tests_name("egress", tests, open_twin,
					   close_twin);
}
