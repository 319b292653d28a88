/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where another router of this machine forwards as well, it gets what the data
 * plane has no use for, and nothing else.
 */
#include "lab.h"

#include <bpf/libbpf.h>
#include "xmgm.skel.h"

#define SOURCE "10.0.0.1"
#define GROUP  "239.1.2.3"
#define FLOW   frame_flow(SOURCE, GROUP)

static const struct frame frame = FRAME(SOURCE, GROUP, 64, .payload = 20);

static void expect(struct lab *l, enum xmgm_reason reason, int action)
{
	assert_int_equal(run_reason(&l->r), reason);
	assert_int_equal(l->r.action, action);
}

/* lo is such an interface, or is as one though none of the instance's is. */
static void begin(struct lab *l, uint32_t foreign)
{
	lab_reset(l);
	lab_foreign(l, foreign);
	lab_interface(l, LAB_LO, XMGM_OWNER_STATIC,
		      XMGM_IF_FOREIGN | XMGM_IF_WRONG_IF_UPCALLS);
}

static void test_what_nobody_wants_is_passed_as_it_came(void **state)
{
	struct lab *l = *state;
	uint8_t want[FRAME_ROOM];
	size_t len = frame_put(&frame, want);

	begin(l, 1);
	lab_route(l, FLOW, LAB_LO, XMGM_SET_NEGATIVE, XMGM_STATE_NEGATIVE);
	lab_ingress(l, 0, &frame);
	expect(l, XMGM_FOREIGN, XDP_PASS);
	assert_int_equal(l->r.len, len);
	assert_memory_equal(l->r.frame, want, len);
	assert_int_equal(lab_consume(l), 0);
}

static void test_without_the_flag_it_is_dropped(void **state)
{
	struct lab *l = *state;

	begin(l, 1);
	lab_interface(l, LAB_LO, XMGM_OWNER_STATIC, 0);
	lab_route(l, FLOW, LAB_LO, XMGM_SET_NEGATIVE, XMGM_STATE_NEGATIVE);
	lab_ingress(l, 0, &frame);
	expect(l, XMGM_NEGATIVE, XDP_DROP);
	lab_replay(l, 0, &frame);
	expect(l, XMGM_NEGATIVE, XDP_DROP);
}

static void test_what_is_forwarded_is_ours_alone(void **state)
{
	struct lab *l = *state;

	begin(l, 1);
	lab_route(l, FLOW, LAB_LO, LAB_SET, XMGM_STATE_FORWARDING);
	lab_ingress(l, 0, &frame);
	expect(l, XMGM_FORWARDED, XDP_REDIRECT);
}

/* It is asked about before anybody can say that there is no use for it. */
static void test_a_new_flow_is_held_and_then_given_back(void **state)
{
	struct lab *l = *state;

	begin(l, 1);
	lab_ingress(l, 0, &frame);
	expect(l, XMGM_MISS, XDP_DROP);
	assert_int_equal(lab_consume(l), 1);
	lab_replay(l, 0, &frame);
	expect(l, XMGM_FOREIGN, XDP_PASS);
	lab_route(l, FLOW, LAB_LO, XMGM_SET_NEGATIVE, XMGM_STATE_NEGATIVE);
	lab_replay(l, 0, &frame);
	expect(l, XMGM_FOREIGN, XDP_PASS);
}

/* A held frame has forgotten that its checksum was half done. */
static void test_a_half_done_checksum_is_none_when_given_back(void **state)
{
	struct lab *l = *state;
	uint8_t want[FRAME_ROOM];
	struct frame half = frame;
	size_t len;

	half.flags = FRAME_UDP_PARTIAL;
	len = frame_put(&half, want);
	begin(l, 1);
	lab_interface(l, LAB_LO, XMGM_OWNER_STATIC,
		      XMGM_IF_FOREIGN | XMGM_IF_PARTIAL_CSUM);
	lab_replay(l, 0, &half);
	assert_true(run_is_both(&l->r, XMGM_FOREIGN, XMGM_CSUM_REPAIRED));
	assert_int_equal(l->r.action, XDP_PASS);
	frame_udp_checksum(want, 0);
	assert_memory_equal(l->r.frame, want, len);
}

/* One a second of each entry, and each is reported and counted as before. */
static void test_one_a_second_from_a_wrong_interface(void **state)
{
	struct frame other = FRAME("10.0.0.2", GROUP, 64);
	struct lab *l = *state;
	uint32_t passed = 0;
	uint64_t end;

	begin(l, 1);
	lab_route(l, FLOW, l->veth[0], LAB_SET, XMGM_STATE_FORWARDING);
	lab_route(l, frame_flow("10.0.0.2", GROUP), l->veth[0], LAB_SET,
		  XMGM_STATE_FORWARDING);
	lab_ingress(l, 0, &frame);
	expect(l, XMGM_FOREIGN, XDP_PASS);
	lab_ingress(l, 0, &other);
	expect(l, XMGM_FOREIGN, XDP_PASS);
	end = run_now_ns() + 1100000000ull;
	do {
		lab_ingress(l, 0, &frame);
		passed += l->r.action == XDP_PASS;
	} while (run_now_ns() < end);
	assert_in_range(passed, 1, 2);
	assert_true(lab_mfe(l, FLOW).wrong_if > passed);
	assert_true(lab_consume(l) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_nobody_wants_is_passed_as_it_came),
		cmocka_unit_test(test_without_the_flag_it_is_dropped),
		cmocka_unit_test(test_what_is_forwarded_is_ours_alone),
		cmocka_unit_test(test_a_new_flow_is_held_and_then_given_back),
		cmocka_unit_test(
			test_a_half_done_checksum_is_none_when_given_back),
		cmocka_unit_test(test_one_a_second_from_a_wrong_interface),
	};

	return cmocka_run_group_tests_name("foreign", tests, lab_open,
					   lab_close);
}
