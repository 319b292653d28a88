/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of the packets of some flows besides being copied: another TTL,
 * rate limits of the flow and of the interface.
 */
#include "lab.h"

#include <string.h>

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "xmgm.skel.h"

#define SOURCE	 "10.0.0.1"
#define GROUP	 "239.1.1.1"
#define OTHER	 "239.1.1.2"
#define FLOW	 frame_flow(SOURCE, GROUP)
#define SLOT	 7u
#define HOUR_NS	 3600000000000ull
#define BYTE	 (HOUR_NS / 1000 << 20) /* a thousandth of an hour */
#define TTL_AT	 (FRAME_ETH + 8)
#define CHECK_AT (FRAME_ETH + 10)

static void treatment(struct lab *l, struct xmgm_treatment t)
{
	uint32_t slot = SLOT;

	lab_put(bpf_map__fd(l->skel->maps.treatments), &slot, &t);
}

static void policy(struct lab *l, uint32_t what)
{
	struct xmgm_settings s;
	uint32_t zero = 0;

	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.settings), &zero,
				    &s),
		0);
	s.policy = what;
	lab_put(bpf_map__fd(l->skel->maps.settings), &zero, &s);
}

static void begin(struct lab *l)
{
	lab_reset(l);
	treatment(l, (struct xmgm_treatment){0});
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_FORWARDING);
	lab_route_flags(l, FLOW, SLOT << XMGM_TREATMENT_SHIFT);
	lab_route(l, frame_flow(SOURCE, OTHER), LAB_LO, LAB_SET,
		  XMGM_STATE_FORWARDING);
	lab_route_flags(l, frame_flow(SOURCE, OTHER),
			SLOT << XMGM_TREATMENT_SHIFT);
}

static void feed(struct lab *l, const char *group, uint8_t ttl, uint16_t bytes)
{
	const struct frame f = FRAME(SOURCE, group, ttl, .payload = bytes);

	lab_ingress(l, 0, &f);
}

static const struct {
	uint8_t ttl, min, arrives, leaves;
} ttls[] = {
	{32, 0, 64, 32},    {32, 0, 2, 32},	{32, 0, 32, 32},
	{32, 0, 33, 32},    {1, 0, 255, 1},	{255, 0, 2, 255},
	{255, 0, 255, 255}, {0, 8, 2, 8},	{0, 8, 8, 8},
	{0, 8, 9, 8},	    {0, 8, 10, 9},	{0, 8, 255, 254},
	{0, 1, 2, 1},	    {0, 255, 255, 255}, {0, 0, 2, 1},
};

static void test_copies_leave_with_the_ttl_of_their_flow(void **state)
{
	struct lab *l = *state;
	uint8_t want[FRAME_ROOM];

	for (size_t i = 0; i < ARRAY(ttls); i++) {
		const struct frame left =
			FRAME(SOURCE, GROUP, ttls[i].leaves, .payload = 20);

		begin(l);
		treatment(l, (struct xmgm_treatment){.ttl = ttls[i].ttl,
						     .ttl_min = ttls[i].min});
		feed(l, GROUP, ttls[i].arrives, 20);
		assert_int_equal(l->r.action, XDP_REDIRECT);
		frame_put(&left, want);
		assert_int_equal(l->r.frame[TTL_AT], ttls[i].leaves);
		assert_memory_equal(l->r.frame + FRAME_ETH, want + FRAME_ETH,
				    20);
	}
}

static void test_every_checksum_survives_another_ttl(void **state)
{
	struct lab *l = *state;
	char source[16];

	for (unsigned int i = 0; i < 2000; i++) {
		struct frame f = FRAME(source, GROUP, (uint8_t)(2 + i % 254));
		struct frame left = FRAME(source, GROUP, 77);
		uint8_t want[FRAME_ROOM];
		struct xmgm_flow flow;

		snprintf(source, sizeof(source), "10.%u.%u.%u", i % 5,
			 i * 7 % 256, i * 31 % 256);
		if (!(i % 64))
			begin(l);
		flow = frame_flow(source, GROUP);
		lab_route(l, flow, LAB_LO, LAB_SET, XMGM_STATE_FORWARDING);
		lab_route_flags(l, flow, SLOT << XMGM_TREATMENT_SHIFT);
		treatment(l, (struct xmgm_treatment){.ttl = 77});
		lab_ingress(l, 0, &f);
		frame_put(&left, want);
		assert_memory_equal(l->r.frame + FRAME_ETH, want + FRAME_ETH,
				    20);
		bpf_map_delete_elem(bpf_map__fd(l->skel->maps.mfc), &flow);
	}
}

/* RFC 1812 section 5.3.1 is what holds unless somebody says otherwise. */
static void test_what_has_no_ttl_left_is_forwarded_if_it_is_raised(void **state)
{
	struct lab *l = *state;

	for (uint8_t ttl = 0; ttl < 2; ttl++) {
		begin(l);
		treatment(l, (struct xmgm_treatment){.ttl_min = 4});
		feed(l, GROUP, ttl, 20);
		assert_true(run_is(&l->r, XMGM_TTL));
		assert_int_equal(l->r.action, XDP_PASS);
		policy(l, XMGM_POLICY_TTL);
		feed(l, GROUP, ttl, 20);
		assert_true(run_is(&l->r, XMGM_FORWARDED));
		assert_int_equal(l->r.frame[TTL_AT], 4);
		/* Another flow's, and one that nothing raises. */
		lab_route_flags(l, FLOW, 0);
		feed(l, GROUP, ttl, 20);
		assert_true(run_is(&l->r, XMGM_TTL));
		assert_int_equal(l->r.action, XDP_PASS);
		lab_route_flags(l, FLOW, SLOT << XMGM_TREATMENT_SHIFT);
		treatment(l, (struct xmgm_treatment){0});
		feed(l, GROUP, ttl, 20);
		assert_true(run_is(&l->r, XMGM_TTL));
		assert_int_equal(l->r.frame[TTL_AT], ttl);
	}
}

static struct xmgm_rate rate_of(struct lab *l, const char *group)
{
	struct xmgm_flow flow = frame_flow(SOURCE, group);
	struct xmgm_rate rate = {0};

	bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.rates), &flow, &rate);
	return rate;
}

/* Nothing comes back within the test: a byte takes 3.6 s. */
static void test_a_flow_over_its_rate_is_dropped_and_counted(void **state)
{
	struct lab *l = *state;
	struct xmgm_rate rate;

	begin(l);
	treatment(l, (struct xmgm_treatment){.byte_cost = BYTE,
					     .depth_ns = HOUR_NS});
	for (int i = 0; i < 7; i++) { /* of 128 bytes: 896 of 1000 */
		feed(l, GROUP, 64, 100);
		assert_true(run_is(&l->r, XMGM_FORWARDED));
		assert_int_equal(l->r.frame[TTL_AT], 63);
	}
	for (int i = 0; i < 3; i++) {
		feed(l, GROUP, 64, 100);
		assert_true(run_is(&l->r, XMGM_RATE));
		assert_int_equal(l->r.action, XDP_DROP);
	}
	feed(l, GROUP, 64, 60); /* there is room for 104 */
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	rate = rate_of(l, GROUP);
	assert_int_equal(rate.packets, 3);
	assert_int_equal(rate.bytes, 3 * 128);
	/* Another flow of the same treatment has its own. */
	feed(l, OTHER, 64, 100);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	assert_int_equal(rate_of(l, OTHER).packets, 0);
	assert_int_equal(lab_mfe(l, FLOW).packets, 8);
}

static void test_a_rate_comes_back_with_time(void **state)
{
	struct lab *l = *state;
	struct xmgm_flow flow = FLOW;
	struct xmgm_rate rate;

	begin(l);
	treatment(l, (struct xmgm_treatment){.byte_cost = BYTE,
					     .depth_ns = HOUR_NS});
	for (int i = 0; i < 8; i++)
		feed(l, GROUP, 64, 100);
	assert_true(run_is(&l->r, XMGM_RATE));
	rate = rate_of(l, GROUP);
	rate.full_at -= HOUR_NS / 8; /* as if that had passed */
	lab_put(bpf_map__fd(l->skel->maps.rates), &flow, &rate);
	feed(l, GROUP, 64, 100);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	feed(l, GROUP, 64, 100);
	assert_true(run_is(&l->r, XMGM_RATE));
}

/* What was taken at a low rate is no debt at a high one. */
static void test_another_rate_begins_with_a_full_bucket(void **state)
{
	struct lab *l = *state;

	begin(l);
	treatment(l, (struct xmgm_treatment){.byte_cost = BYTE,
					     .depth_ns = HOUR_NS});
	for (int i = 0; i < 8; i++)
		feed(l, GROUP, 64, 100);
	assert_true(run_is(&l->r, XMGM_RATE));
	treatment(l, (struct xmgm_treatment){.byte_cost = BYTE / 1000,
					     .depth_ns = HOUR_NS / 1000});
	feed(l, GROUP, 64, 100);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
}

static void test_an_interface_over_its_rate_drops_of_all_flows(void **state)
{
	const uint32_t lo = LAB_LO;
	struct lab *l = *state;
	struct xmgm_limit limit = {.byte_cost = BYTE, .depth_ns = HOUR_NS};
	int map = bpf_map__fd(l->skel->maps.limits);
	struct frame held = FRAME(SOURCE, GROUP, 64, .payload = 500);

	begin(l);
	lab_put(map, &lo, &limit);
	feed(l, GROUP, 64, 500); /* nobody looks before it is said so */
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	policy(l, XMGM_POLICY_LIMIT);
	feed(l, GROUP, 64, 500);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	feed(l, OTHER, 64, 500);
	assert_true(run_is(&l->r, XMGM_INTERFACE_RATE));
	assert_int_equal(l->r.action, XDP_DROP);
	feed(l, OTHER, 64, 400);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	assert_int_equal(bpf_map_lookup_elem(map, &lo, &limit), 0);
	assert_int_equal(limit.rate.packets, 1);
	assert_int_equal(limit.rate.bytes, 528);
	/* What was held has been let in before. */
	lab_replay(l, 0, &held);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
	bpf_map_delete_elem(map, &lo);
	feed(l, OTHER, 64, 500);
	assert_true(run_is(&l->r, XMGM_FORWARDED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copies_leave_with_the_ttl_of_their_flow),
		cmocka_unit_test(test_every_checksum_survives_another_ttl),
		cmocka_unit_test(
			test_what_has_no_ttl_left_is_forwarded_if_it_is_raised),
		cmocka_unit_test(
			test_a_flow_over_its_rate_is_dropped_and_counted),
		cmocka_unit_test(test_a_rate_comes_back_with_time),
		cmocka_unit_test(test_another_rate_begins_with_a_full_bucket),
		cmocka_unit_test(
			test_an_interface_over_its_rate_drops_of_all_flows),
	};

	return cmocka_run_group_tests_name("treat", tests, lab_open, lab_close);
}
