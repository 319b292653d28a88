/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mgm_interface_forward: IGMP stands down on an interface where another router
 * forwards, and forwards again.
 */
#include "mgm_fixture.h"

#define GRACE 10000u

static int forward(const struct fix_client *c, uint32_t ifid, bool on)
{
	return mgm_interface_forward(c->f->m, c->handle, ifid, on);
}

/* q owns 1, where the source is; IGMP is alone on 2 and 3, which want 1. */
static struct fix_client *lab(struct fix *f, struct fix_client **q)
{
	struct fix_client *igmp;

	f->grace_ms = GRACE;
	igmp = fix_igmp(f);
	f->grace_ms = 0;
	*q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0);
	f->what = FIX_LOG_ALERTS;
	f->rib[7] = 1;
	f->rib[8] = 1;
	fix_take(*q, 1);
	fix_take(igmp, 2);
	fix_take(igmp, 3);
	fix_add(igmp, 2, 0, 1);
	fix_add(igmp, 3, 0, 1);
	fix_upcall(f, 7, 1, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	fix_clear(f);
	return igmp;
}

static void test_who_stands_down_is_no_oif_and_keeps_memberships(void **state)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct fix *f = *state;
	struct fix_client *q, *igmp = lab(f, &q);

	assert_int_equal(forward(igmp, 2, false), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	fix_upcall(f, 8, 1, 1);
	assert_string_equal(fix_route(f, 8, 1), "1: 3");
	assert_int_equal(mgm_interface_get(f->m, 2, &info), 0);
	assert_int_equal(info.groups, 1);
	fix_expect(f, "");
	assert_int_equal(forward(igmp, 2, true), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	assert_string_equal(fix_route(f, 8, 1), "1: 2,3");
	fix_expect(f, "");
}

static void test_the_last_oif_that_stands_down_prunes(void **state)
{
	struct fix *f = *state;
	struct fix_client *q, *igmp = lab(f, &q);

	forward(igmp, 2, false);
	forward(igmp, 3, false);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	fix_expect(f, "q prune (7,1) 1 mfe\n");
	forward(igmp, 3, true);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	fix_expect(f, "q join (7,1) 1 mfe\n");
}

static void test_joins_while_it_stands_down_forward_when_it_does(void **state)
{
	struct fix *f = *state;
	struct fix_client *q, *igmp = lab(f, &q);

	forward(igmp, 2, false);
	fix_add(igmp, 2, 0, 2);
	fix_upcall(f, 7, 2, 1);
	assert_string_equal(fix_route(f, 7, 2), "1: none");
	forward(igmp, 2, true);
	assert_string_equal(fix_route(f, 7, 2), "1: 2");
}

static void test_only_its_igmp_may_say_so(void **state)
{
	struct fix *f = *state;
	struct fix_client *q, *igmp = lab(f, &q);

	assert_int_equal(forward(q, 2, false), -EINVAL);
	assert_int_equal(forward(q, 1, false), -EINVAL);
	assert_int_equal(forward(igmp, 1, false), -EINVAL);
	assert_int_equal(forward(igmp, 9, false), -ENOENT);
	assert_int_equal(mgm_interface_forward(f->m, NULL, 2, false), -EINVAL);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
}

static void test_beside_a_protocol_its_word_waits(void **state)
{
	struct fix *f = *state;
	struct fix_client *q, *igmp = lab(f, &q);

	forward(igmp, 2, false);
	fix_take(q, 2);
	fix_ack(igmp, 2);
	fix_add(igmp, 2, 0, 1);
	fix_done(igmp, 2);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	forward(igmp, 3, false);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	fix_release(q, 2);
	fix_ack(igmp, 2);
	fix_add(igmp, 2, 0, 1);
	fix_done(igmp, 2);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
}

static void test_the_next_igmp_forwards(void **state)
{
	struct fix *f = *state;
	struct fix_client *q, *igmp = lab(f, &q);

	forward(igmp, 2, false);
	fix_release(igmp, 2);
	fix_take(igmp, 2);
	fix_add(igmp, 2, 0, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
}

static void test_who_was_lost_has_to_say_it_again(void **state)
{
	struct fix *f = *state;
	struct fix_client *q, *igmp = lab(f, &q);

	forward(igmp, 2, false);
	forward(igmp, 3, false);
	fix_lost(igmp);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_int_equal(fix_back(igmp), 0);
	fix_take(igmp, 2);
	fix_take(igmp, 3);
	fix_add(igmp, 2, 0, 1);
	fix_add(igmp, 3, 0, 1);
	assert_int_equal(forward(igmp, 3, false), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_int_equal(mgm_client_settled(f->m, igmp->handle), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

static void test_many_flows_move_in_slices(void **state)
{
	const struct mgm_limits limits = {.slice = 8};
	struct fix *f = fix_new(&limits);
	struct fix_client *q, *igmp;

	(void)state;
	igmp = lab(f, &q);
	for (uint32_t g = 2; g < 80; g++) {
		fix_add(igmp, 2, 0, g);
		fix_upcall(f, 7, g, 1);
		fix_drain(f);
	}
	forward(igmp, 2, false);
	assert_true(fix_drain(f) > 1);
	for (uint32_t g = 2; g < 80; g++)
		assert_string_equal(fix_route(f, 7, g), "1: none");
	forward(igmp, 2, true);
	forward(igmp, 2, false);
	forward(igmp, 2, true);
	fix_drain(f);
	for (uint32_t g = 2; g < 80; g++)
		assert_string_equal(fix_route(f, 7, g), "1: 2");
	fix_check(f);
	fix_free(f);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_who_stands_down_is_no_oif_and_keeps_memberships),
	fix_test(test_the_last_oif_that_stands_down_prunes),
	fix_test(test_joins_while_it_stands_down_forward_when_it_does),
	fix_test(test_only_its_igmp_may_say_so),
	fix_test(test_beside_a_protocol_its_word_waits),
	fix_test(test_the_next_igmp_forwards),
	fix_test(test_who_was_lost_has_to_say_it_again),
	cmocka_unit_test(test_many_flows_move_in_slices),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
