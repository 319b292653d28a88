/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules of what may pass an interface: scope boundaries and filters. Nothing
 * that they deny is forwarded, by whatever it would have been.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A	  1u
#define B	  2u
#define C	  3u

#define DENY_IN	  (MGM_RULE_DENY | MGM_RULE_IN)
#define DENY_OUT  (MGM_RULE_DENY | MGM_RULE_OUT)
#define DENY_BOTH (DENY_IN | DENY_OUT)
#define ALLOW	  (MGM_RULE_IN | MGM_RULE_OUT)

struct team {
	struct fix *f;
	struct fix_client *p, *q;
};

/* p has A and B, q has C. */
static struct team team(void **state)
{
	struct fix *f = *state;
	struct team t = {
		.f = f,
		.p = fix_client(f, "p-mute", XMGM_OWNER_DVMRP, 0),
		.q = fix_client(f, "q-mute", XMGM_OWNER_PIM, 0),
	};

	assert_int_equal(fix_take(t.p, A), 0);
	assert_int_equal(fix_take(t.p, B), 0);
	assert_int_equal(fix_take(t.q, C), 0);
	fix_clear(f);
	return t;
}

static struct mgm_address number(uint32_t base, uint32_t n)
{
	return mgm_address_v4((struct in_addr){htonl(base + n)});
}

/* Of sources 10.0.0.s/length and groups 239.0.0.g/length; length 0: any. */
static struct mgm_rule rule(uint32_t flags, uint32_t s, uint8_t s_length,
			    uint32_t g, uint8_t g_length)
{
	struct mgm_rule r = {.flags = flags, .sg = MGM_SG_ANY};

	if (s_length)
		r.sg.source.address = number(0x0a000000, s);
	if (g_length)
		r.sg.group.address = number(0xef000000, g);
	r.sg.source.length = s_length;
	r.sg.group.length = g_length;
	return r;
}

static struct mgm_rule of_group(uint32_t flags, uint32_t g)
{
	return rule(flags, 0, 0, g, 32);
}

static void set_rules(struct fix *f, uint32_t ifid,
		      const struct mgm_rule *rules, size_t count)
{
	const struct mgm_link link = {.ifid = ifid,
				      .name = "x",
				      .flags = MGM_INTERFACE_UP,
				      .rules = rules,
				      .rule_count = count};

	assert_int_equal(mgm_interface_changed(f->m, f->now, &link), 0);
}

static void set_rule(struct fix *f, uint32_t ifid, struct mgm_rule r)
{
	set_rules(f, ifid, &r, 1);
}

/* RFC 2365 section 3: not in either direction. */
static void test_a_boundary_is_passed_in_neither_direction(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	f->rib[7] = A;
	f->rib[8] = B;
	fix_add(t.p, A, 0, 1);
	fix_add(t.p, B, 0, 1);
	fix_add(t.q, C, 0, 1);
	set_rule(f, B, of_group(DENY_BOTH, 1));
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, B);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	assert_string_equal(fix_route(f, 8, 1), "2: none");
	fix_add(t.p, B, 0, 2);
	fix_upcall(f, 7, 2, A);
	assert_string_equal(fix_route(f, 7, 2), "1: 2");
	fix_check(f);
}

static void test_one_direction_leaves_the_other(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	f->rib[7] = A;
	f->rib[8] = B;
	fix_add(t.p, A, 0, 1);
	fix_add(t.p, B, 0, 1);
	set_rule(f, B, of_group(DENY_OUT, 1));
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, B);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_string_equal(fix_route(f, 8, 1), "2: 1");
	set_rule(f, B, of_group(DENY_IN, 1));
	fix_drain(f);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_string_equal(fix_route(f, 8, 1), "2: none");
	set_rules(f, B, NULL, 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 8, 1), "2: 1");
	mgm_interface_gone(f->m, f->now, B);
	fix_check(f);
}

static void test_the_first_rule_that_fits_decides(void **state)
{
	const struct mgm_rule rules[] = {
		rule(ALLOW, 7, 32, 1, 32),
		rule(DENY_OUT, 6, 31, 0, 0),
		rule(MGM_RULE_OUT, 8, 32, 0, 8),
		rule(DENY_OUT, 0, 0, 0, 0),
	};
	struct team t = team(state);
	struct fix *f = t.f;

	f->rib[6] = f->rib[7] = f->rib[8] = f->rib[9] = A;
	set_rules(f, B, rules, 4);
	for (uint32_t g = 1; g < 3; g++) {
		fix_add(t.p, B, 0, g);
		for (uint32_t s = 6; s < 10; s++)
			fix_upcall(f, s, g, A);
	}
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_string_equal(fix_route(f, 6, 1), "1: none");
	assert_string_equal(fix_route(f, 7, 2), "1: none");
	assert_string_equal(fix_route(f, 8, 2), "1: 2");
	assert_string_equal(fix_route(f, 9, 2), "1: none");
	fix_check(f);
}

static void test_nothing_else_makes_it_an_oif(void **state)
{
	const uint32_t oif = B;
	struct team t = team(state);
	struct fix *f = t.f;

	set_rule(f, B, of_group(DENY_OUT, 1));
	assert_int_equal(mgm_membership_add(f->m, t.p->handle, B, sg(0, 0),
					    MGM_JOIN_STATE),
			 0);
	assert_int_equal(
		mgm_route_put(f->m, t.p->handle, sg(7, 1), A, &oif, 1, 0), 0);
	assert_int_equal(mgm_membership_add(f->m, t.p->handle, B, sg(7, 1),
					    MGM_FORWARD_STATE),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none static");
	set_rules(f, B, NULL, 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
	fix_check(f);
}

/* It would take the packets of all of them. */
static void
test_a_route_of_any_source_makes_way_for_a_source_filter(void **state)
{
	const uint32_t oif = B;
	struct team t = team(state);
	struct fix *f = t.f;

	assert_int_equal(
		mgm_route_put(f->m, t.p->handle, sg(0, 1), A, &oif, 1, 0), 0);
	assert_string_equal(fix_route(f, 0, 1), "1: 2 static");
	set_rule(f, C, rule(DENY_BOTH, 8, 32, 2, 32)); /* another group's */
	fix_drain(f);
	assert_string_equal(fix_route(f, 0, 1), "1: 2 static");
	set_rule(f, B, rule(DENY_OUT, 8, 32, 0, 0));
	fix_drain(f);
	assert_string_equal(fix_route(f, 0, 1), "-");
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, A);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_string_equal(fix_route(f, 8, 1), "1: none");
	set_rules(f, B, NULL, 0);
	fix_drain(f);
	assert_string_equal(fix_route(f, 0, 1), "1: 2 static");
	assert_string_equal(fix_route(f, 8, 1), "1: 2");
	fix_check(f);
}

static void test_what_cannot_go_there_is_not_pulled(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	f->what = FIX_LOG_ALERTS;
	f->rib[7] = A;
	set_rule(f, C, rule(DENY_OUT, 0, 0, 0, 30));
	fix_add(t.q, C, 0, 1);
	fix_add(t.q, C, 7, 2);
	fix_expect(f, "");
	fix_add(t.q, C, 0, 9);
	fix_expect(f, "p-mute join (*,9) 3 member\n");
	set_rule(f, C, of_group(DENY_OUT, 9));
	fix_drain(f);
	fix_expect(f, "p-mute join (7,2) 3 member\n"
		      "p-mute join (*,1) 3 member\n"
		      "p-mute prune (*,9) 3 member\n");
	/* Some of its sources may go there. */
	set_rule(f, C, rule(DENY_OUT, 8, 32, 0, 0));
	fix_drain(f);
	fix_expect(f, "p-mute join (*,9) 3 member\n");
	fix_check(f);
}

/* The owner of the iif prunes it upstream. */
static void test_what_may_not_come_in_is_pruned(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	f->rib[7] = A;
	fix_add(t.q, C, 0, 1);
	fix_upcall(f, 7, 1, A);
	f->what = FIX_LOG_ALERTS;
	fix_clear(f);
	set_rule(f, A, of_group(DENY_IN, 1));
	fix_drain(f);
	fix_expect(f, "p-mute prune (7,1) 1 mfe\n");
	set_rules(f, A, NULL, 0);
	fix_drain(f);
	fix_expect(f, "p-mute join (7,1) 1 mfe\n");
	fix_check(f);
}

/* However the plane is: it stops rather than going on where it must not. */
static void test_a_full_plane_does_not_keep_it_forwarding(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	f->rib[7] = A;
	fix_add(t.q, C, 0, 1);
	fix_add(t.p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	f->fail_set = -ENOSPC;
	set_rule(f, C, of_group(DENY_OUT, 1));
	fix_drain(f);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	f->fail_set = 0;
	fix_tick(f, 2000);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	fix_check(f);
}

static void test_what_an_earlier_run_has_left_obeys_as_well(void **state)
{
	const struct mgm_mfe_found found = {.iif = A, .set = 9};
	const uint32_t oifs[] = {B, C};
	struct fix *f = *state;

	assert_int_equal(mgm_adopt_mfe(f->m, sg(7, 1), &found, oifs, 2), 0);
	assert_int_equal(mgm_adopt_mfe(f->m, sg(7, 2), &found, oifs, 2), 0);
	set_rule(f, B, of_group(DENY_OUT, 1));
	set_rule(f, A, of_group(DENY_IN, 2));
	fix_drain(f);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	assert_string_equal(fix_route(f, 7, 2), "1: none");
}

/* What clients read of an interface is the same. */
static void test_rules_are_no_news_of_an_interface(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	set_rules(f, B, NULL, 0);
	fix_clear(f);
	f->what = FIX_LOG_ALERTS;
	set_rule(f, B, of_group(DENY_OUT, 1));
	set_rules(f, B, NULL, 0);
	fix_expect(f, "");
	fix_check(f);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_a_boundary_is_passed_in_neither_direction),
	fix_test(test_one_direction_leaves_the_other),
	fix_test(test_the_first_rule_that_fits_decides),
	fix_test(test_nothing_else_makes_it_an_oif),
	fix_test(test_a_route_of_any_source_makes_way_for_a_source_filter),
	fix_test(test_what_cannot_go_there_is_not_pulled),
	fix_test(test_what_may_not_come_in_is_pruned),
	fix_test(test_a_full_plane_does_not_keep_it_forwarding),
	fix_test(test_what_an_earlier_run_has_left_obeys_as_well),
	fix_test(test_rules_are_no_news_of_an_interface),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
