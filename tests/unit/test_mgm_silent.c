/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients that do not answer: one flow waits for them, the others do not.
 */
#include "mgm_fixture.h"
#include "v4.h"

/* A has the interface towards the sources, B the one the flows go to. */
static struct fix_client *cast(struct fix *f)
{
	struct fix_client *a = fix_client(f, "a-ask", XMGM_OWNER_PIM, 0);
	struct fix_client *b = fix_client(f, "b", XMGM_OWNER_DVMRP, 0);

	fix_take(a, 1);
	fix_take(b, 2);
	for (uint32_t g = 1; g < 6; g++)
		fix_add(b, 2, 0, g);
	f->rib[7] = 1;
	fix_clear(f);
	return a;
}

static bool silent(struct fix *f)
{
	struct mgm_client_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_client_next(f->m, NULL, &info), 0);
	while (info.protocol != XMGM_OWNER_PIM)
		assert_int_equal(mgm_client_next(f->m, &info, &info), 0);
	return info.silent;
}

static void
test_who_misses_a_deadline_is_not_asked_until_it_speaks(void **state)
{
	struct fix *f = *state;
	struct fix_client *a = cast(f);

	fix_upcall(f, 7, 1, 1);
	assert_string_equal(fix_route(f, 7, 1), "-");
	assert_false(silent(f));
	fix_tick(f, 200);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_true(silent(f));
	assert_int_equal(mgm_counters(f->m)->clients_silent, 1);
	fix_clear(f);
	fix_upcall(f, 7, 2, 1);
	fix_expect(f, "");
	assert_string_equal(fix_route(f, 7, 2), "1: 2");

	/* Too late is a call as well, and so is one that fails. */
	assert_int_equal(mgm_rpf_reply(f->m, a->handle, a->token, 1, NULL),
			 -ENOENT);
	assert_false(silent(f));
	fix_upcall(f, 7, 3, 1);
	assert_string_equal(fix_route(f, 7, 3), "-");
}

/* It is told what is so all the same. */
static void test_a_silent_client_hears_its_alerts(void **state)
{
	struct fix *f = *state;
	struct fix_client *a = cast(f);

	fix_upcall(f, 7, 1, 1);
	fix_tick(f, 200);
	fix_clear(f);
	fix_add(&f->client[1], 2, 0, 9);
	fix_expect(f, "a-ask join (*,9) 2 member\n");
	assert_true(silent(f));
	assert_int_equal(fix_add(a, 1, 0, 9), 0);
	assert_false(silent(f));
}

static void test_several_missed_at_once_count_once(void **state)
{
	struct fix *f = *state;

	cast(f);
	fix_upcall(f, 7, 1, 1);
	fix_upcall(f, 7, 2, 1);
	fix_tick(f, 200);
	assert_int_equal(mgm_counters(f->m)->request_timeouts, 2);
	assert_int_equal(mgm_counters(f->m)->clients_silent, 1);
}

/* A tick that comes late ends a replay, and the question about a flow. */
static void
test_nobody_is_asked_about_an_oif_that_a_replay_has_swept(void **state)
{
	struct fix *f = *state;
	struct fix_client *b, *igmp = fix_igmp(f);

	cast(f);
	b = fix_client(f, "b-ask", XMGM_OWNER_REMOTE, 0);
	fix_take(igmp, 3);
	fix_add(igmp, 3, 0, 1);
	assert_int_equal(fix_take(b, 3), -EINPROGRESS);
	fix_ack(igmp, 3);
	fix_upcall(f, 7, 1, 1);
	fix_clear(f);
	fix_tick(f, 20000);
	fix_expect(f, "b prune (*,1) 3 member\n"
		      "b-ask ownership 3 2 0\n");
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

static const struct CMUnitTest tests[] = {
	fix_test(test_who_misses_a_deadline_is_not_asked_until_it_speaks),
	fix_test(test_a_silent_client_hears_its_alerts),
	fix_test(test_several_missed_at_once_count_once),
	fix_test(test_nobody_is_asked_about_an_oif_that_a_replay_has_swept),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
