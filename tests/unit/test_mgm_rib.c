/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a source has to come from: the kernel's answer and its following of
 * packets.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A 1u
#define B 2u
#define C 3u

static struct fix_client *basic(struct fix *f)
{
	struct fix_client *p = fix_client(f, "static", XMGM_OWNER_STATIC, 0);

	assert_int_equal(fix_take(p, A), 0);
	assert_int_equal(fix_take(p, B), 0);
	assert_int_equal(fix_take(p, C), 0);
	fix_clear(f);
	return p;
}

/* The answer without an arrival is the default leg, until a packet comes. */
static void test_first_packet_chooses_though_a_membership_came_before(void **s)
{
	struct fix *f = *s;
	struct fix_client *p = basic(f);

	f->rib[7] = A;
	f->leg[7] = B;
	assert_int_equal(fix_add(p, C, 7, 1), 0);
	fix_upcall(f, 7, 1, B);
	assert_string_equal(fix_route(f, 7, 1), "2: 3");
}

/* Its route changed while no packet came: the default leg was taken. */
static void test_packet_corrects_a_leg_that_no_packet_chose(void **s)
{
	struct mgm_prefix all = {MGM_ADDRESS_V4_ANY, 0, {0}};
	struct fix *f = *s;
	struct fix_client *p = basic(f);

	f->rib[7] = A;
	assert_int_equal(fix_add(p, C, 0, 1), 0);
	fix_upcall(f, 7, 1, A);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	f->rib[7] = C;
	f->leg[7] = B;
	mgm_rib_changed(f->m, f->now, &all);
	assert_string_equal(fix_route(f, 7, 1), "3: none");
	mgm_wrong_if(f->m, f->now, sg(7, 1), B, NULL, 0);
	assert_string_equal(fix_route(f, 7, 1), "2: 3");
	/* A leg that a packet chose stays, whoever else may send. */
	f->leg[7] = 0;
	mgm_wrong_if(f->m, f->now + 2000, sg(7, 1), C, NULL, 0);
	assert_string_equal(fix_route(f, 7, 1), "2: 3");
}

static const struct CMUnitTest tests[] = {
	fix_test(test_first_packet_chooses_though_a_membership_came_before),
	fix_test(test_packet_corrects_a_leg_that_no_packet_chose),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
