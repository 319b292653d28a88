/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Batches of membership changes: in order, a result each, and the alerts of all
 * of them together.
 */
#include "mgm_fixture.h"
#include "v4.h"

static struct fix_client *owner_of_two(struct fix *f)
{
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_PIM, 0);

	fix_client(f, "q", XMGM_OWNER_DVMRP, 0);
	fix_take(p, 1);
	fix_take(p, 2);
	f->what = FIX_LOG_ALERTS;
	fix_clear(f);
	return p;
}

static struct mgm_membership_change change(enum mgm_change what, uint32_t ifid,
					   uint32_t s, uint32_t g)
{
	return (struct mgm_membership_change){
		.what = what,
		.ifid = ifid,
		.sg = sg(s, g),
		.flags = MGM_JOIN_STATE,
		.filter = MGM_EXCLUDE,
		.result = 1,
	};
}

static void test_each_change_has_its_result(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = owner_of_two(f);
	struct mgm_membership_change c[] = {
		change(MGM_CHANGE_ADD, 1, 0, 1),
		change(MGM_CHANGE_ADD, 9, 0, 1), /* nobody's */
		change(MGM_CHANGE_SET, 1, 7, 2), /* of one source */
		change(MGM_CHANGE_SET, 2, 0, 2),
		change(0, 2, 0, 2),
		change(MGM_CHANGE_DEL, 1, 0, 3), /* is not there */
	};

	assert_int_equal(mgm_membership_batch(f->m, p->handle, c, 6), -ENOENT);
	assert_int_equal(c[0].result, 0);
	assert_int_equal(c[1].result, -ENOENT);
	assert_int_equal(c[2].result, -EINVAL);
	assert_int_equal(c[3].result, 0);
	assert_int_equal(c[4].result, -EINVAL);
	assert_int_equal(c[5].result, 0);
	fix_expect(f, "q join (*,1) 1 member\nq join (*,2) 2 member\n");
}

static void test_changes_are_made_in_order(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = owner_of_two(f);
	struct mgm_membership_change c[] = {
		change(MGM_CHANGE_DEL, 1, 0, 1),
		change(MGM_CHANGE_ADD, 1, 0, 1),
		change(MGM_CHANGE_ADD, 2, 0, 2),
		change(MGM_CHANGE_DEL, 2, 0, 2),
	};

	assert_int_equal(mgm_membership_batch(f->m, p->handle, c, 4), 0);
	fix_expect(f, "q join (*,1) 1 member\n");
}

/* RFC 2715: a join is told to those who did not pull; at the end, once. */
static void test_alerts_of_a_batch_are_net_differences(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = owner_of_two(f);
	struct mgm_membership_change c[] = {
		change(MGM_CHANGE_DEL, 1, 0, 1),
		change(MGM_CHANGE_ADD, 2, 0, 1),
	};

	fix_add(p, 1, 0, 1);
	fix_clear(f);
	assert_int_equal(mgm_membership_batch(f->m, p->handle, c, 2), 0);
	fix_expect(f, "");
	assert_int_equal(mgm_membership_batch(f->m, p->handle, c, 1), 0);
	fix_expect(f, "");
	assert_int_equal(fix_del(p, 2, 0, 1), 0);
	fix_expect(f, "q prune (*,1) 2 member\n");
}

static void test_set_takes_its_sources(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = owner_of_two(f);
	struct mgm_address sources[] = {mgm_address_v4(src_ip(7)),
					mgm_address_v4(src_ip(8))};
	struct mgm_membership_change c = change(MGM_CHANGE_SET, 2, 0, 1);

	f->rib[7] = 1;
	f->rib[8] = 1;
	f->rib[9] = 1;
	c.filter = MGM_INCLUDE;
	c.sources = sources;
	c.count = 2;
	assert_int_equal(mgm_membership_batch(f->m, p->handle, &c, 1), 0);
	fix_upcall(f, 7, 1, 1);
	fix_upcall(f, 9, 1, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_string_equal(fix_route(f, 9, 1), "1: none");
	c.sources = NULL;
	assert_int_equal(mgm_membership_batch(f->m, p->handle, &c, 1), -EINVAL);
	assert_int_equal(c.result, -EINVAL);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

static void test_a_batch_is_of_500_at_most(void **state)
{
	static struct mgm_membership_change c[MGM_BATCH + 1];
	struct fix *f = *state;
	struct fix_client *p = owner_of_two(f);

	for (uint32_t i = 0; i <= MGM_BATCH; i++)
		c[i] = change(MGM_CHANGE_ADD, 1, 0, 1 + i % 200);
	assert_int_equal(mgm_membership_batch(f->m, p->handle, c,
					      MGM_BATCH + 1),
			 -EINVAL);
	assert_int_equal(c[0].result, 1);
	assert_int_equal(mgm_membership_batch(f->m, p->handle, NULL, 1),
			 -EINVAL);
	assert_int_equal(mgm_membership_batch(f->m, NULL, c, 1), -EINVAL);
	fix_expect(f, "");
	assert_int_equal(mgm_membership_batch(f->m, p->handle, c, MGM_BATCH),
			 0);
	assert_int_equal(mgm_membership_batch(f->m, p->handle, NULL, 0), 0);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_each_change_has_its_result),
	fix_test(test_changes_are_made_in_order),
	fix_test(test_alerts_of_a_batch_are_net_differences),
	fix_test(test_set_takes_its_sources),
	fix_test(test_a_batch_is_of_500_at_most),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
