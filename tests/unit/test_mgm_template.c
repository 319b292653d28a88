/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static routes of prefixes, of sources, of groups or of both: each flow in
 * them gets an MFE of its own with its first packet.
 */
#include "mgm_fixture.h"

#define A 1u
#define B 2u
#define C 3u

struct team {
	struct fix *f;
	struct fix_client *p, *q;
};

/* p has A, B and C; q owns 5. Sources are behind 5. */
static struct team team(void **state)
{
	struct fix *f = *state;
	struct team t = {
		.f = f,
		.p = fix_client(f, "p-mute", XMGM_OWNER_DVMRP, 0),
		.q = fix_client(f, "q-mute", XMGM_OWNER_PIM, 0),
	};

	for (uint32_t ifid = A; ifid <= C; ifid++)
		assert_int_equal(fix_take(t.p, ifid), 0);
	assert_int_equal(fix_take(t.q, 5), 0);
	for (uint32_t s = 1; s < 16; s++)
		f->rib[s] = 5;
	fix_clear(f);
	return t;
}

/* Sources 10.0.0.s/length, groups 239.0.0.g/length; length 0: any. */
static struct mgm_sg prefixes(uint32_t s, uint8_t s_length, uint32_t g,
			      uint8_t g_length)
{
	struct mgm_sg sg = MGM_SG_ANY;

	if (s_length)
		sg.source.address = mgm_address_v4(
			(struct in_addr){htonl(0x0a000000u + s)});
	if (g_length)
		sg.group.address = mgm_address_v4(
			(struct in_addr){htonl(0xef000000u + g)});
	sg.source.length = s_length;
	sg.group.length = g_length;
	return sg;
}

static int put(struct fix_client *p, struct mgm_sg sg, uint32_t iif,
	       uint32_t oif)
{
	return mgm_route_put(p->f->m, p->handle, sg, iif, &oif, oif != 0, 0);
}

static int del(struct fix_client *p, struct mgm_sg sg)
{
	return mgm_route_del(p->f->m, p->handle, sg);
}

static void test_each_flow_in_it_gets_an_entry_with_its_packet(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;
	struct mgm_sg sg = prefixes(4, 30, 0, 24);

	assert_int_equal(put(t.p, sg, A, B), 0);
	assert_string_equal(fix_route(f, 5, 1), "-");
	fix_upcall(f, 5, 1, A);
	fix_upcall(f, 7, 2, C); /* wherever its first packet came in */
	fix_upcall(f, 8, 1, A); /* no source of it */
	assert_string_equal(fix_route(f, 5, 1), "1: 2");
	assert_string_equal(fix_route(f, 7, 2), "1: 2");
	assert_string_equal(fix_route(f, 8, 1), "5: none");
	assert_int_equal(fix_add(t.q, 5, 0, 1), 0);
	assert_string_equal(fix_route(f, 5, 1), "1: 2,5");
	fix_tick(f, 3600000); /* it ages like any other */
	fix_drain(f);
	assert_string_equal(fix_route(f, 5, 1), "-");
	fix_check(f);
}

static void test_what_says_most_of_a_flow_counts(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	assert_int_equal(put(t.p, prefixes(0, 0, 0, 4), A, B), -EINVAL);
	assert_int_equal(put(t.p, prefixes(0, 0, 0, 8), A, B), 0);
	fix_upcall(f, 5, 1, A);
	fix_upcall(f, 9, 1, A);
	assert_string_equal(fix_route(f, 5, 1), "1: 2");
	assert_int_equal(put(t.p, prefixes(0, 8, 0, 8), B, A), 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 5, 1), "2: 1");
	assert_int_equal(put(t.p, prefixes(0, 0, 0, 24), A, C), 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 5, 1), "1: 3");
	/* A route of any source of the group comes before all of these... */
	assert_int_equal(put(t.p, prefixes(0, 0, 1, 32), C, A), 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 5, 1), "3: 1");
	assert_string_equal(fix_route(f, 0, 1), "3: 1 static");
	/* ...and behind one of some of them, which it must not swallow. */
	assert_int_equal(put(t.p, prefixes(4, 30, 1, 32), A, B), 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 0, 1), "-");
	assert_string_equal(fix_route(f, 5, 1), "1: 2");
	assert_string_equal(fix_route(f, 9, 1), "3: 1");
	assert_int_equal(put(t.p, prefixes(5, 32, 1, 32), B, C), 0);
	assert_string_equal(fix_route(f, 5, 1), "2: 3 static");
	assert_int_equal(del(t.p, prefixes(5, 32, 1, 32)), 0);
	assert_string_equal(fix_route(f, 5, 1), "-");
	assert_int_equal(del(t.p, prefixes(4, 30, 1, 32)), 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 0, 1), "3: 1 static");
	fix_check(f);
}

static void test_taking_it_back_leaves_flows_to_the_rib(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;
	struct mgm_sg sg = prefixes(0, 0, 0, 24);

	assert_int_equal(fix_add(t.p, C, 0, 1), 0);
	assert_int_equal(put(t.p, sg, A, B), 0);
	fix_upcall(f, 5, 1, A);
	assert_string_equal(fix_route(f, 5, 1), "1: 2,3");
	assert_int_equal(put(t.p, sg, B, A), 0); /* changed in place */
	fix_drain(f);
	assert_string_equal(fix_route(f, 5, 1), "2: 1,3");
	assert_int_equal(del(t.p, sg), 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 5, 1), "5: 3");
	assert_int_equal(del(t.p, sg), -ENOENT);
	fix_check(f);
}

static void test_it_ends_with_who_owns_its_iif(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	assert_int_equal(fix_add(t.q, 5, 0, 1), 0);
	assert_int_equal(put(t.p, prefixes(0, 0, 0, 24), A, B), 0);
	assert_int_equal(put(t.p, prefixes(0, 0, 0, 25), B, C), 0);
	assert_int_equal(put(t.q, prefixes(0, 0, 0, 24), 5, 0), -EEXIST);
	fix_upcall(f, 5, 1, B);
	assert_string_equal(fix_route(f, 5, 1), "2: 3,5");
	assert_int_equal(fix_release(t.p, B), 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 5, 1), "-");
	fix_upcall(f, 5, 1, A);
	assert_string_equal(fix_route(f, 5, 1), "1: 5"); /* B is given up */
	mgm_client_dead(f->m, t.p->handle);
	fix_drain(f);
	fix_upcall(f, 5, 1, 5);
	assert_string_equal(fix_route(f, 5, 1), "5: none");
	assert_int_equal(put(t.q, prefixes(0, 0, 0, 24), 5, 0), 0);
	fix_check(f);
}

static void test_who_comes_back_says_it_again(void **state)
{
	struct fix *f = *state;
	struct fix_client *p;
	struct mgm_sg kept = prefixes(0, 0, 0, 24),
		      gone = prefixes(0, 0, 0, 25);

	f->grace_ms = 5000;
	p = fix_client(f, "p-mute", XMGM_OWNER_DVMRP, 0);
	for (uint32_t ifid = A; ifid <= C; ifid++)
		assert_int_equal(fix_take(p, ifid), 0);
	assert_int_equal(put(p, kept, A, B), 0);
	assert_int_equal(put(p, gone, A, C), 0);
	fix_upcall(f, 5, 1, A);
	assert_string_equal(fix_route(f, 5, 1), "1: 3");
	fix_lost(p);
	assert_string_equal(fix_route(f, 5, 1), "1: 3");
	assert_int_equal(fix_back(p), 0);
	for (uint32_t ifid = A; ifid <= C; ifid++)
		assert_int_equal(fix_take(p, ifid), 0);
	assert_int_equal(put(p, kept, A, B), 0);
	fix_tick(f, 6000);
	fix_drain(f);
	assert_string_equal(fix_route(f, 5, 1), "1: 2");
	fix_check(f);
}

static void test_joins_of_its_sources_go_to_its_iif(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	f->what = FIX_LOG_ALERTS;
	assert_int_equal(fix_add(t.q, 5, 7, 1), 0);
	fix_expect(f, "");
	assert_int_equal(put(t.p, prefixes(0, 0, 0, 24), A, 0), 0);
	fix_drain(f);
	fix_expect(f, "p-mute join (7,1) 0 member\n");
	assert_int_equal(del(t.p, prefixes(0, 0, 0, 24)), 0);
	fix_drain(f);
	fix_expect(f, "p-mute prune (7,1) 0 member\n");
	fix_check(f);
}

static void test_errors(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;
	const struct mgm_sg bad[] = {
		prefixes(1, 24, 0, 24), /* bits behind the length */
		prefixes(0, 0, 1, 24),	/* the same */
		prefixes(0, 8, 0, 0),	/* of any group */
		prefixes(0, 0, 0, 3),	/* not of groups alone */
		prefixes(0, 33, 0, 24),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(put(t.p, bad[i], A, B), -EINVAL);
		assert_int_equal(del(t.p, bad[i]), -ENOENT);
	}
	assert_int_equal(put(t.p, prefixes(0, 8, 0, 8), 5, B), -EINVAL);
	assert_int_equal(put(t.p, prefixes(0, 8, 0, 8), A, A), -EINVAL);
	assert_int_equal(put(t.p, prefixes(0, 8, 0, 8), A, 5), -EINVAL);
	fix_check(f);
}

static void test_there_is_a_limit(void **state)
{
	const struct mgm_limits limits = {.prefixes = 2};
	struct fix *f = fix_new(&limits);
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_DVMRP, 0);

	(void)state;
	assert_int_equal(fix_take(p, A), 0);
	assert_int_equal(fix_take(p, B), 0);
	assert_int_equal(put(p, prefixes(0, 0, 0, 24), A, B), 0);
	assert_int_equal(put(p, prefixes(0, 0, 0, 25), A, B), 0);
	assert_int_equal(put(p, prefixes(0, 0, 0, 26), A, B), -ENOSPC);
	assert_int_equal(put(p, prefixes(0, 0, 0, 25), B, A), 0);
	assert_int_equal(mgm_counters(f->m)->limit_prefixes, 1);
	fix_free(f);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_each_flow_in_it_gets_an_entry_with_its_packet),
	fix_test(test_what_says_most_of_a_flow_counts),
	fix_test(test_taking_it_back_leaves_flows_to_the_rib),
	fix_test(test_it_ends_with_who_owns_its_iif),
	fix_test(test_who_comes_back_says_it_again),
	fix_test(test_joins_of_its_sources_go_to_its_iif),
	fix_test(test_errors),
	cmocka_unit_test(test_there_is_a_limit),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
