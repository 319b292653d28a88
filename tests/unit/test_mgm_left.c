/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows that a route leaves to the kernel: they have an entry without oifs,
 * whoever wants them, and who does is told of by the interface.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A 1u
#define B 2u
#define C 3u
#define Q 5u /* the other protocol's */

struct team {
	struct fix *f;
	struct fix_client *p, *q;
};

static struct team team(void **state)
{
	struct fix *f = *state;
	struct team t = {
		.f = f,
		.p = fix_client(f, "p-ask", XMGM_OWNER_DVMRP, 0),
		.q = fix_client(f, "q", XMGM_OWNER_PIM, 0),
	};

	for (uint32_t ifid = A; ifid <= C; ifid++)
		assert_int_equal(fix_take(t.p, ifid), 0);
	assert_int_equal(fix_take(t.q, Q), 0);
	fix_clear(f);
	return t;
}

static int leave(struct fix_client *p, uint32_t s, uint32_t g, uint32_t iif)
{
	return mgm_route_put(p->f->m, p->handle, sg(s, g), iif, NULL, 0,
			     MGM_ROUTE_LEAVE_TO_KERNEL);
}

static int put(struct fix_client *p, uint32_t s, uint32_t g, uint32_t iif)
{
	return mgm_route_put(p->f->m, p->handle, sg(s, g), iif, NULL, 0, 0);
}

static enum mgm_state state_of(struct fix *f, uint32_t s, uint32_t g)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_mfe_get(f->m, sg(s, g), &info), 0);
	assert_int_equal(info.oif_count * (info.state == MGM_STATE_KERNEL), 0);
	return info.state;
}

static uint32_t unserved(struct fix *f, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_interface_get(f->m, ifid, &info), 0);
	return info.unserved;
}

static void test_a_flow_left_to_the_kernel_has_no_oifs(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	fix_add(t.q, Q, 0, 1);
	fix_add(t.p, B, 7, 1);
	fix_clear(f);
	f->what = FIX_LOG_PLANE;
	assert_int_equal(leave(t.p, 7, 1, A), 0);
	fix_expect(f, "put (7,1) 1: kernel static\ncommit\nrelease (7,1)\n");
	assert_int_equal(state_of(f, 7, 1), MGM_STATE_KERNEL);
	fix_line(f, sg(7, 1))->packets = 9;
	fix_add(t.p, C, 7, 1);
	assert_int_equal(leave(t.p, 7, 1, A), 0);
	fix_tick(f, 10000000);
	fix_expect(f, "release (7,1)\n");
	/* And back, in place. */
	assert_int_equal(put(t.p, 7, 1, A), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3,5 static");
	assert_int_equal(leave(t.p, 7, 1, A), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: kernel static");
	assert_int_equal(fix_line(f, sg(7, 1))->packets, 9);
	assert_int_equal(mgm_route_del(f->m, t.p->handle, sg(7, 1)), 0);
	assert_string_equal(fix_route(f, 7, 1), "-");
	fix_check(f);
}

static void test_errors(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;
	const uint32_t oif = B;

	assert_int_equal(leave(t.p, 7, 1, Q), -EINVAL);
	assert_int_equal(mgm_route_put(f->m, t.p->handle, sg(7, 1), A, &oif, 1,
				       MGM_ROUTE_LEAVE_TO_KERNEL),
			 -EINVAL);
	assert_int_equal(mgm_route_put(f->m, t.p->handle, sg(7, 1), A, NULL, 0,
				       MGM_ROUTE_LEAVE_TO_KERNEL | 2),
			 -E2BIG);
	assert_string_equal(fix_route(f, 7, 1), "-");
	assert_int_equal(put(t.p, 7, 1, A), 0);
	assert_int_equal(leave(t.q, 7, 1, Q), -EEXIST);
	assert_int_equal(state_of(f, 7, 1), MGM_STATE_NEGATIVE);
	/* The plane has no room: it stays as it was. */
	f->fail_put = -ENOSPC;
	assert_int_equal(leave(t.p, 7, 1, A), -ENOSPC);
	assert_int_equal(leave(t.p, 8, 1, A), -ENOSPC);
	f->fail_put = 0;
	fix_tick(f, 2000);
	assert_string_equal(fix_route(f, 7, 1), "1: none static");
	assert_string_equal(fix_route(f, 8, 1), "-");
	fix_check(f);
}

static void
test_a_route_of_any_source_leaves_all_without_their_own(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;
	struct mgm_sg some = sg(0, 1);

	some.source = (struct mgm_prefix){
		mgm_address_v4((struct in_addr){htonl(0x0a000000)}), 24, {0}};
	f->rib[7] = f->rib[8] = A;
	fix_add(t.q, Q, 0, 1);
	fix_add(t.q, Q, 9, 1);
	fix_upcall(f, 7, 1, A);
	mgm_rpf_reply(f->m, t.p->handle, t.p->token, A, NULL);
	assert_string_equal(fix_route(f, 7, 1), "1: 5");
	assert_int_equal(put(t.p, 8, 1, A), 0);
	assert_int_equal(leave(t.p, 0, 1, A), 0);
	assert_string_equal(fix_route(f, 0, 1), "1: kernel static");
	assert_string_equal(fix_route(f, 7, 1), "1: kernel");
	assert_string_equal(fix_route(f, 8, 1), "1: 5 static");
	assert_string_equal(fix_route(f, 9, 1), "1: kernel derived");
	/* All of it is the kernel's: no source needs an entry of its own. */
	assert_int_equal(mgm_membership_add(f->m, t.q->handle, Q, some,
					    MGM_JOIN_STATE),
			 0);
	assert_string_equal(fix_route(f, 0, 1), "1: kernel static");
	/* Its own route has an end: then it is as the others. */
	assert_int_equal(mgm_route_del(f->m, t.p->handle, sg(8, 1)), 0);
	assert_string_equal(fix_route(f, 8, 1), "-");
	assert_int_equal(put(t.p, 9, 1, A), 0);
	assert_string_equal(fix_route(f, 9, 1), "1: 5 static");
	assert_int_equal(leave(t.p, 9, 1, A), 0);
	assert_int_equal(mgm_route_del(f->m, t.p->handle, sg(9, 1)), 0);
	assert_string_equal(fix_route(f, 9, 1), "1: kernel derived");
	/* Without the flag it forwards, by entries of its sources. */
	assert_int_equal(put(t.p, 0, 1, A), 0);
	assert_string_equal(fix_route(f, 9, 1), "1: 5 derived");
	assert_string_equal(fix_route(f, 0, 1), "-");
	fix_check(f);
}

/* What an owner is asked for a flow is void, and what is held goes up. */
static void test_a_flow_that_is_being_asked_about(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;

	f->rib[7] = A;
	fix_add(t.q, Q, 7, 1);
	fix_clear(f);
	fix_upcall(f, 7, 1, A);
	fix_expect(f, "p-ask rpf (7,1) from 1 iif 1\n");
	f->what = FIX_LOG_PLANE;
	assert_int_equal(leave(t.p, 7, 1, A), 0);
	fix_expect(f, "put (7,1) 1: kernel static\ncommit\nrelease (7,1)\n");
	assert_int_equal(mgm_rpf_reply(f->m, t.p->handle, t.p->token, A, NULL),
			 -ENOENT);
}

static void test_the_interface_says_what_is_wanted_there(void **state)
{
	struct team t = team(state);
	struct fix_client *igmp = fix_igmp(t.f);
	struct fix *f = t.f;
	struct mgm_unserved u;

	fix_take(igmp, 6);
	assert_int_equal(leave(t.p, 7, 1, A), 0);
	assert_int_equal(mgm_unserved_get(f->m, Q, &u), -ENOENT);
	fix_clear(f);
	f->what = FIX_LOG_EVENTS;
	fix_add(t.q, Q, 0, 1);
	fix_expect(f, "event join 5 (*,1) pim 0\nevent vain 5 (*,*) nobody 0\n"
		      "event vain 0 (*,*) nobody 0\n");
	assert_int_equal(unserved(f, Q), 1);
	assert_int_equal(mgm_unserved_get(f->m, Q, &u), 0);
	assert_true(mgm_sg_equal(&u.flow, &(struct mgm_sg[]){sg(7, 1)}[0]));
	assert_int_equal(u.count, 1);
	assert_int_equal(u.wanted_by, XMGM_OWNER_PIM);
	assert_int_equal(u.left_by, XMGM_OWNER_DVMRP);
	/* His own, and where it comes from, are his affair. */
	fix_add(t.p, B, 7, 1);
	assert_int_equal(unserved(f, B), 0);
	fix_set(igmp, 6, 1, MGM_EXCLUDE, (size_t)0);
	assert_int_equal(unserved(f, 6), 1);
	assert_int_equal(mgm_unserved_get(f->m, 6, &u), 0);
	assert_int_equal(u.wanted_by, XMGM_OWNER_IGMP);
	fix_set(igmp, 6, 1, MGM_EXCLUDE, (size_t)1, 7u); /* all but that */
	assert_int_equal(unserved(f, 6), 0);
	fix_del(t.q, Q, 0, 1);
	assert_int_equal(unserved(f, Q), 0);
	/* By what covers it. */
	fix_add(t.q, Q, 0, 0);
	assert_int_equal(unserved(f, Q), 1);
	fix_del(t.q, Q, 0, 0);
	assert_int_equal(unserved(f, Q), 0);
	fix_add(t.q, Q, 7, 1);
	assert_int_equal(unserved(f, Q), 1);
	assert_int_equal(leave(t.p, 8, 1, A), 0);
	assert_int_equal(unserved(f, Q), 1);
	fix_add(t.q, Q, 8, 1);
	assert_int_equal(unserved(f, Q), 2);
	/* The kernel's no more. */
	assert_int_equal(put(t.p, 7, 1, A), 0);
	assert_int_equal(unserved(f, Q), 1);
	assert_int_equal(mgm_route_del(f->m, t.p->handle, sg(8, 1)), 0);
	assert_int_equal(unserved(f, Q), 0);
	fix_check(f);
}

static void test_what_is_wanted_goes_with_the_interface(void **state)
{
	struct team t = team(state);
	struct fix *f = t.f;
	struct mgm_link link = {.ifid = Q, .name = "q"};
	struct mgm_unserved u;

	assert_int_equal(leave(t.p, 7, 1, A), 0);
	fix_add(t.q, Q, 7, 1);
	mgm_interface_changed(f->m, f->now, &link); /* is down */
	assert_int_equal(unserved(f, Q), 0);
	link.flags = MGM_INTERFACE_UP;
	mgm_interface_changed(f->m, f->now, &link);
	assert_int_equal(unserved(f, Q), 1);
	mgm_interface_gone(f->m, f->now, Q);
	assert_int_equal(mgm_unserved_get(f->m, Q, &u), -ENOENT);
	assert_int_equal(fix_take(t.q, Q), 0);
	fix_add(t.q, Q, 7, 1);
	assert_int_equal(unserved(f, Q), 1);
	assert_int_equal(fix_release(t.p, A), 0); /* with it goes the route */
	assert_string_equal(fix_route(f, 7, 1), "-");
	assert_int_equal(unserved(f, Q), 0);
	fix_check(f);
}

/* As in the plane; found before anybody is there to say so. */
static void adopt(struct fix *f, uint32_t s, uint32_t flags)
{
	struct mgm_sg flow = sg(s, 1);
	struct mgm_mfe_found mfe = {
		.iif = A, .set = MGM_SET_KERNEL, .flags = flags};

	assert_int_equal(f->hooks.mfe_put(f, &flow, A, MGM_SET_KERNEL, flags),
			 0);
	f->hooks.commit(f);
	assert_int_equal(mgm_adopt_mfe(f->m, flow, &mfe, NULL, 0), 0);
}

static void test_a_flow_stays_the_kernels_over_a_restart(void **state)
{
	struct fix *f = *state;
	struct team t;

	adopt(f, 7, XMGM_MFE_STATIC);
	adopt(f, 8, XMGM_MFE_STATIC);
	t = team(state);
	f->puts = 0;
	fix_add(t.q, Q, 0, 1);
	assert_int_equal(state_of(f, 7, 1), MGM_STATE_KERNEL);
	assert_int_equal(leave(t.p, 7, 1, A), 0);
	assert_int_equal(f->puts, 0);
	mgm_adopted(f->m, f->now);
	assert_string_equal(fix_route(f, 7, 1), "1: kernel static");
	assert_string_equal(fix_route(f, 8, 1), "-"); /* not put again */
	assert_int_equal(unserved(f, Q), 1);
	fix_tick(f, 20000);
	assert_string_equal(fix_route(f, 7, 1), "1: kernel static");
	fix_check(f);
}

static uint32_t groups_in_vain(struct fix *f, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_interface_get(f->m, ifid, &info), 0);
	return info.unpulled_groups;
}

static void test_groups_that_nobody_pulls_where_igmp_is_alone(void **state)
{
	struct fix *f = *state;
	struct fix_client *igmp = fix_igmp(f);
	struct fix_client *p;

	fix_take(igmp, A);
	fix_take(igmp, B);
	fix_take(igmp, C);
	fix_set(igmp, A, 1, MGM_EXCLUDE, (size_t)0);
	assert_int_equal(groups_in_vain(f, A), 0); /* here alone */
	assert_int_equal(groups_in_vain(f, B), 1);
	fix_set(igmp, B, 1, MGM_EXCLUDE, (size_t)0);
	fix_set(igmp, B, 2, MGM_EXCLUDE, (size_t)0);
	fix_set(igmp, B, 3, MGM_INCLUDE, (size_t)1, 7u); /* (S,G): unpulled */
	assert_int_equal(groups_in_vain(f, A), 2);
	assert_int_equal(groups_in_vain(f, B), 1);
	assert_int_equal(groups_in_vain(f, C), 2);
	fix_set(igmp, A, 1, MGM_INCLUDE, (size_t)0);
	assert_int_equal(groups_in_vain(f, A), 2);
	assert_int_equal(groups_in_vain(f, B), 0);
	/* A protocol that is told of joins pulls them. */
	p = fix_client(f, "p", XMGM_OWNER_PIM, 0);
	assert_int_equal(groups_in_vain(f, A), 0);
	assert_int_equal(mgm_deregister(f->m, p->handle), 0);
	assert_int_equal(groups_in_vain(f, A), 2);
	mgm_interface_gone(f->m, f->now, B);
	assert_int_equal(groups_in_vain(f, A), 0);
	fix_check(f);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_a_flow_left_to_the_kernel_has_no_oifs),
	fix_test(test_errors),
	fix_test(test_a_route_of_any_source_leaves_all_without_their_own),
	fix_test(test_a_flow_that_is_being_asked_about),
	fix_test(test_the_interface_says_what_is_wanted_there),
	fix_test(test_what_is_wanted_goes_with_the_interface),
	fix_test(test_a_flow_stays_the_kernels_over_a_restart),
	fix_test(test_groups_that_nobody_pulls_where_igmp_is_alone),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
