/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grace: what becomes of a client whose connection is lost, in each state of a
 * handshake; how it comes back; what is swept when it is settled.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define GRACE 10000u
#define IF    2u

struct cast {
	struct fix_client *igmp, *p, *q;
};

static struct cast cast(struct fix *f)
{
	struct cast c;

	f->grace_ms = GRACE;
	c.igmp = fix_igmp(f);
	c.p = fix_client(f, "p", XMGM_OWNER_PIM, 0);
	f->grace_ms = 0;
	c.q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0);
	f->what = FIX_LOG_ALERTS;
	f->rib[7] = 1;
	fix_take(c.q, 1);
	return c;
}

/* P has the interface alone, two groups and a flow through it. */
static struct cast cast_of_p(struct fix *f)
{
	struct cast c = cast(f);

	fix_take(c.p, IF);
	fix_add(c.p, IF, 0, 1);
	fix_add(c.p, IF, 0, 2);
	fix_upcall(f, 7, 1, 1);
	fix_clear(f);
	return c;
}

/* IGMP is there as well, with a group of its own and one of both. */
static struct cast cast_of_both(struct fix *f)
{
	struct cast c = cast_of_p(f);

	fix_take(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 2);
	fix_add(c.igmp, IF, 0, 3);
	fix_upcall(f, 7, 3, 1);
	fix_clear(f);
	return c;
}

static uint32_t owner(struct fix *f)
{
	uint32_t protocol;

	return mgm_interface_owner(f->m, IF, &protocol, NULL) ? 0 : protocol;
}

static enum mgm_gate gate(struct fix *f)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_interface_get(f->m, IF, &info), 0);
	return info.gate;
}

/* --- lost, alone ------------------------------------------------------ */

static void
test_a_lost_client_goes_on_forwarding_and_hears_nothing(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);

	fix_lost(c.p);
	fix_expect(f, "");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_int_equal(fix_add(c.p, IF, 0, 5), -EINVAL);
	assert_int_equal(fix_take(c.q, IF), -EEXIST);
	fix_add(c.q, 1, 0, 4);
	fix_upcall(f, 7, 2, 1);
	fix_expect(f, "igmp join (*,4) 1 member\n");
	assert_string_equal(fix_route(f, 7, 2), "1: 2");
	fix_tick(f, GRACE - 1);
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
}

static void test_without_grace_a_lost_client_is_dead(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_lost(c.q);
	assert_int_equal(mgm_interface_owner(f->m, 1, NULL, NULL), -ENOENT);
	assert_int_equal(fix_back(c.q), 0);
	assert_int_equal(fix_take(c.q, 1), 0);
}

static void test_when_grace_is_over_a_lost_client_is_dead(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);

	fix_lost(c.p);
	assert_true(mgm_deadline(f->m) <= f->now + GRACE);
	fix_tick(f, GRACE);
	fix_expect(f, "q prune (7,1) 1 mfe\n"
		      "q prune (*,1) 2 member\nq prune (*,2) 2 member\n");
	assert_int_equal(owner(f), 0);
	assert_int_equal(mgm_counters(f->m)->grace_over, 1);
}

static void test_requests_to_a_lost_client_have_their_default(void **state)
{
	struct fix *f = *state;
	struct fix_client *a, *q;

	f->grace_ms = GRACE;
	a = fix_client(f, "a-ask", XMGM_OWNER_PIM, 0);
	q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0);
	fix_take(a, 1);
	fix_take(q, IF);
	fix_add(q, IF, 0, 1);
	f->rib[7] = 1;
	f->rib[8] = 1;
	fix_upcall(f, 7, 1, 1);
	assert_string_equal(fix_route(f, 7, 1), "-");
	fix_lost(a);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	fix_upcall(f, 8, 1, 1);
	assert_string_equal(fix_route(f, 8, 1), "1: 2");
	assert_int_equal(mgm_rpf_reply(f->m, a->handle, a->token, 1, NULL),
			 -EINVAL);
}

/* --- back ------------------------------------------------------------- */

static void test_who_comes_back_takes_without_a_handshake(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_both(f);
	struct mgm_client *before = c.p->handle;

	assert_int_equal(fix_back(c.p), -EEXIST);
	fix_lost(c.p);
	assert_int_equal(fix_back(c.p), 0);
	assert_int_equal(mgm_client_settled(f->m, before), -EINVAL);
	assert_int_equal(fix_back(c.p), -EEXIST);
	fix_expect(f, "");
	assert_int_equal(fix_take(c.p, IF), 0);
	/* As a new owner. */
	fix_expect(f, "p local-join (*,2) 2\np local-join (*,3) 2\n");
	assert_int_equal(fix_take(c.p, IF), -EEXIST);
	assert_int_equal(gate(f), MGM_GATE_ON);
}

static void test_another_role_does_not_come_back(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);

	fix_lost(c.p);
	c.p->registration.role = MGM_ROLE_IGMP;
	assert_int_equal(fix_back(c.p), -EEXIST);
	c.p->registration.role = MGM_ROLE_PROTOCOL;
	assert_int_equal(fix_back(c.p), 0);
}

static void test_what_is_not_said_again_is_swept_when_settled(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);

	fix_lost(c.p);
	assert_int_equal(fix_back(c.p), 0);
	assert_int_equal(fix_take(c.p, IF), 0);
	assert_int_equal(fix_add(c.p, IF, 0, 1), 0);
	assert_int_equal(fix_add(c.p, IF, 0, 3), 0);
	fix_expect(f, "igmp join (*,3) 2 member\nq join (*,3) 2 member\n");
	assert_int_equal(mgm_client_settled(f->m, c.p->handle), 0);
	fix_expect(f, "q prune (*,2) 2 member\n");
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	fix_tick(f, 2 * GRACE);
	fix_expect(f, "");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
}

static void test_it_is_swept_without_a_word_when_the_time_is_over(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);

	fix_lost(c.p);
	fix_tick(f, GRACE - 1);
	assert_int_equal(fix_back(c.p), 0);
	assert_int_equal(fix_take(c.p, IF), 0);
	assert_int_equal(fix_add(c.p, IF, 0, 2), 0);
	fix_tick(f, GRACE - 1);
	fix_expect(f, "");
	fix_tick(f, 1);
	fix_expect(f, "q prune (7,1) 1 mfe\nq prune (*,1) 2 member\n");
	assert_int_equal(mgm_counters(f->m)->grace_swept, 1);
}

static void test_an_interface_not_taken_again_is_released(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_both(f);

	fix_lost(c.p);
	assert_int_equal(fix_back(c.p), 0);
	assert_int_equal(mgm_client_settled(f->m, c.p->handle), 0);
	/* By the handshake. */
	fix_expect(f, "q prune (7,1) 1 mfe\nq prune (*,1) 2 member\n"
		      "igmp disable 2 2\n");
	assert_int_equal(fix_take(c.p, IF), -EBUSY);
	fix_ack(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 2);
	fix_add(c.igmp, IF, 0, 3);
	fix_done(c.igmp, IF);
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
	assert_string_equal(fix_route(f, 7, 3), "1: 2");
}

static void test_routes_not_put_again_are_swept(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);
	struct mgm_rib_route rib = {
		.size = sizeof(rib),
		.ifid = IF,
		.distance = 1,
	};
	struct mgm_address a8 = mgm_address_v4(src_ip(8)),
			   a9 = mgm_address_v4(src_ip(9));
	struct mgm_rib_route got[2] = {{.size = sizeof(rib)},
				       {.size = sizeof(rib)}};
	size_t count = 2;

	mgm_route_put(f->m, c.p->handle, sg(5, 5), IF, NULL, 0, 0);
	mgm_route_put(f->m, c.p->handle, sg(5, 6), IF, NULL, 0, 0);
	rib.prefix = mgm_prefix_of(&a8);
	assert_int_equal(mgm_rib_put(f->m, c.p->handle, &rib), 0);
	rib.prefix = mgm_prefix_of(&a9);
	assert_int_equal(mgm_rib_put(f->m, c.p->handle, &rib), 0);
	fix_lost(c.p);
	assert_int_equal(fix_back(c.p), 0);
	fix_take(c.p, IF);
	assert_int_equal(
		mgm_route_put(f->m, c.p->handle, sg(5, 6), IF, NULL, 0, 0), 0);
	assert_int_equal(mgm_rib_put(f->m, c.p->handle, &rib), 0);
	assert_int_equal(mgm_rib_get(f->m, &a8, got, &count), 0);
	mgm_client_settled(f->m, c.p->handle);
	assert_string_equal(fix_route(f, 5, 5), "-");
	assert_string_equal(fix_route(f, 5, 6), "2: none static");
	count = 2;
	assert_int_equal(mgm_rib_get(f->m, &a8, got, &count), -ENOENT);
	count = 2;
	assert_int_equal(mgm_rib_get(f->m, &a9, got, &count), 0);
	assert_int_equal(mgm_counters(f->m)->grace_swept, 4);
}

static uint32_t routed_by(struct fix *f)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	return info.routed ? info.rib_protocol : XMGM_OWNER_NONE;
}

static void test_flows_come_by_the_route_of_who_is_lost_and_back(void **state)
{
	struct mgm_rib_route rib = {.size = sizeof(rib),
				    .prefix = {mgm_address_v4(src_ip(7)), 32},
				    .ifid = 2,
				    .upstream = MGM_ADDRESS_V4_ANY};
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.p, 2);
	assert_int_equal(mgm_rib_put(f->m, c.p->handle, &rib), 0);
	fix_upcall(f, 7, 1, 2);
	assert_int_equal(routed_by(f), c.p->protocol);
	fix_lost(c.p);
	assert_int_equal(routed_by(f), c.p->protocol);
	fix_back(c.p);
	assert_int_equal(routed_by(f), c.p->protocol);
}

static void test_an_override_not_said_again_is_swept(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);

	/* A group that others want there too, by IGMP. */
	fix_take(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 1);
	assert_int_equal(mgm_membership_del(f->m, c.p->handle, IF, sg(7, 1),
					    MGM_FORWARD_STATE),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	fix_lost(c.p);
	fix_back(c.p);
	fix_take(c.p, IF);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	mgm_client_settled(f->m, c.p->handle);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

static void test_an_override_said_again_stays(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);

	fix_take(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 1);
	mgm_membership_del(f->m, c.p->handle, IF, sg(7, 1), MGM_FORWARD_STATE);
	fix_lost(c.p);
	fix_back(c.p);
	fix_take(c.p, IF);
	mgm_membership_del(f->m, c.p->handle, IF, sg(7, 1), MGM_FORWARD_STATE);
	mgm_client_settled(f->m, c.p->handle);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
}

static void test_lost_again_everything_is_to_be_said_again(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);

	fix_lost(c.p);
	fix_back(c.p);
	fix_take(c.p, IF);
	fix_add(c.p, IF, 0, 1);
	fix_lost(c.p);
	fix_back(c.p);
	fix_take(c.p, IF);
	fix_add(c.p, IF, 0, 2);
	mgm_client_settled(f->m, c.p->handle);
	fix_expect(f, "q prune (7,1) 1 mfe\nq prune (*,1) 2 member\n");
}

/* --- lost in a handshake ---------------------------------------------- */

static void test_lost_while_its_take_waits_for_igmp(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 3);
	assert_int_equal(fix_take(c.p, IF), -EINPROGRESS);
	fix_clear(f);
	fix_lost(c.p);
	assert_int_equal(fix_back(c.p), 0);
	assert_int_equal(fix_take(c.p, IF), -EINPROGRESS);
	fix_ack(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 3);
	fix_clear(f);
	fix_done(c.igmp, IF);
	fix_expect(f, "p local-join (*,3) 2\nigmp join (*,3) 2 member\n"
		      "p prune (*,3) 2 member\np ownership 2 2 0\n");
}

/* It goes on without him, and nobody tells his next life of it. */
static void test_a_take_lost_and_not_made_again(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.igmp, IF);
	assert_int_equal(fix_take(c.p, IF), -EINPROGRESS);
	fix_lost(c.p);
	fix_clear(f);
	fix_ack(c.igmp, IF);
	fix_done(c.igmp, IF);
	fix_expect(f, "igmp enable 2 2\n");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
	assert_int_equal(fix_back(c.p), 0);
	assert_int_equal(fix_take(c.p, IF), 0);
	fix_expect(f, "");
}

static void test_settled_without_the_take_that_was_lost(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.igmp, IF);
	assert_int_equal(fix_take(c.p, IF), -EINPROGRESS);
	fix_lost(c.p);
	fix_back(c.p);
	fix_clear(f);
	mgm_client_settled(f->m, c.p->handle);
	fix_expect(f, "igmp enable 2 2\n");
	fix_done(c.igmp, IF);
	fix_expect(f, "");
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
}

static void test_lost_while_its_release_waits_for_igmp(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_both(f);

	assert_int_equal(fix_release(c.p, IF), -EINPROGRESS);
	fix_lost(c.p);
	fix_back(c.p);
	assert_int_equal(fix_take(c.p, IF), -EBUSY);
	fix_ack(c.igmp, IF);
	fix_clear(f);
	fix_done(c.igmp, IF);
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
	/* p has released in its earlier life: no `ownership`. */
	fix_expect(f, "q prune (7,3) 1 mfe\nq prune (*,2) 2 member\n"
		      "q prune (*,3) 2 member\nq prune (*,1) 2 member\n");
}

static void test_lost_in_the_replay_of_its_take(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.igmp, IF);
	fix_take(c.p, IF);
	fix_ack(c.igmp, IF);
	fix_lost(c.p);
	fix_back(c.p);
	fix_clear(f);
	assert_int_equal(fix_take(c.p, IF), -EINPROGRESS);
	fix_expect(f, "");
	fix_done(c.igmp, IF);
	fix_expect(f, "p ownership 2 2 0\n");
}

static void test_settled_in_the_replay_without_taking(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.igmp, IF);
	fix_take(c.p, IF);
	fix_ack(c.igmp, IF);
	fix_lost(c.p);
	fix_back(c.p);
	fix_clear(f);
	mgm_client_settled(f->m, c.p->handle);
	fix_expect(f, "");
	fix_done(c.igmp, IF); /* the release follows */
	fix_expect(f, "igmp disable 2 3\n");
	fix_ack(c.igmp, IF);
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
}

/* Too late, but in time for the release not to begin. */
static void test_taken_again_before_the_release_that_would_follow(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.igmp, IF);
	fix_take(c.p, IF);
	fix_ack(c.igmp, IF);
	fix_lost(c.p);
	fix_back(c.p);
	mgm_client_settled(f->m, c.p->handle);
	assert_int_equal(fix_take(c.p, IF), -EINPROGRESS);
	fix_clear(f);
	fix_done(c.igmp, IF);
	fix_expect(f, "p ownership 2 2 0\n");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
}

static void test_a_transfer_to_who_is_lost(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.igmp, 1);
	fix_lost(c.p);
	assert_int_equal(fix_transfer(c.q, 1, c.p), -ENOENT);
	fix_back(c.p);
	assert_int_equal(fix_transfer(c.q, 1, c.p), -EINPROGRESS);
	fix_lost(c.p);
	fix_ack(c.igmp, 1);
	fix_clear(f);
	fix_done(c.igmp, 1);
	fix_expect(f, "q ownership 1 2 0\n");
	fix_back(c.p);
	assert_int_equal(fix_take(c.p, 1), 0);
}

static void test_the_interface_vanishes_while_its_owner_is_lost(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_p(f);

	fix_lost(c.p);
	mgm_interface_gone(f->m, f->now, IF);
	assert_int_equal(fix_take(c.q, IF), 0);
	fix_back(c.p);
	fix_clear(f);
	assert_int_equal(fix_take(c.p, IF), -EEXIST);
	mgm_client_settled(f->m, c.p->handle);
	fix_expect(f, "");
	assert_int_equal(owner(f), XMGM_OWNER_DVMRP);
}

/* --- IGMP lost -------------------------------------------------------- */

static void test_a_lost_igmp_keeps_its_gate_and_memberships(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_both(f);

	fix_lost(c.igmp);
	fix_expect(f, "");
	assert_int_equal(gate(f), MGM_GATE_ON);
	assert_string_equal(fix_route(f, 7, 3), "1: 2");
	assert_int_equal(fix_back(c.igmp), 0);
	assert_int_equal(fix_take(c.igmp, IF), 0);
	fix_add(c.igmp, IF, 0, 2);
	fix_expect(f, "");
	mgm_client_settled(f->m, c.igmp->handle);
	fix_expect(f, "q prune (7,3) 1 mfe\nq prune (*,3) 2 member\n"
		      "p local-leave (*,3) 2\n");
}

static void test_a_handshake_does_not_wait_for_a_lost_igmp(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_both(f);

	fix_lost(c.igmp);
	assert_int_equal(fix_release(c.p, IF), -EINPROGRESS);
	fix_expect(f, "p join (*,2) 2 member\np join (*,3) 2 member\n"
		      "q prune (7,1) 1 mfe\nq prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
	assert_int_equal(gate(f), MGM_GATE_ON);
	assert_string_equal(fix_route(f, 7, 3), "1: 2");
	fix_back(c.igmp);
	assert_int_equal(fix_take(c.igmp, IF), 0);
}

static void test_igmp_lost_in_disabling_counts_as_disabled(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_both(f);

	assert_int_equal(fix_release(c.p, IF), -EINPROGRESS);
	fix_clear(f);
	fix_lost(c.igmp);
	fix_expect(f, "p join (*,2) 2 member\np join (*,3) 2 member\n"
		      "q prune (7,1) 1 mfe\nq prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
	assert_string_equal(fix_route(f, 7, 3), "1: 2");
	fix_tick(f, 5000);
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
}

static void
test_igmp_lost_in_the_replay_keeps_what_it_has_not_said(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_both(f);

	fix_release(c.p, IF);
	fix_ack(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 2);
	fix_clear(f);
	fix_lost(c.igmp);
	fix_expect(f, "p join (*,2) 2 member\np join (*,3) 2 member\n"
		      "q prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
	assert_string_equal(fix_route(f, 7, 3), "1: 2");
	fix_tick(f, GRACE);
	assert_string_equal(fix_route(f, 7, 3), "1: none");
	assert_int_equal(owner(f), 0);
}

/* It is not asked to say again what it has just said. */
static void test_a_handshake_before_igmp_takes_again(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_both(f);

	fix_lost(c.igmp);
	fix_back(c.igmp);
	assert_int_equal(fix_add(c.igmp, IF, 0, 3), 0);
	fix_clear(f);
	assert_int_equal(fix_release(c.p, IF), -EINPROGRESS);
	fix_expect(f, "p join (*,2) 2 member\np join (*,3) 2 member\n"
		      "q prune (7,1) 1 mfe\nq prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
	assert_int_equal(fix_take(c.igmp, IF), 0);
	mgm_client_settled(f->m, c.igmp->handle);
	assert_string_equal(fix_route(f, 7, 3), "1: 2");
}

/* It does not know yet what its hosts want. */
static void test_a_replay_of_an_igmp_that_is_back_sweeps_nothing(void **state)
{
	struct fix *f = *state;
	struct cast c = cast_of_both(f);

	fix_lost(c.igmp);
	fix_back(c.igmp);
	fix_take(c.igmp, IF);
	assert_int_equal(fix_release(c.p, IF), -EINPROGRESS);
	fix_ack(c.igmp, IF);
	fix_done(c.igmp, IF);
	assert_string_equal(fix_route(f, 7, 3), "1: 2");
	fix_add(c.igmp, IF, 0, 3);
	fix_clear(f);
	mgm_client_settled(f->m, c.igmp->handle);
	fix_expect(f, "p prune (*,2) 2 member\nq prune (*,2) 2 member\n");
	assert_string_equal(fix_route(f, 7, 3), "1: 2");
}

static const struct CMUnitTest tests[] = {
	fix_test(test_a_lost_client_goes_on_forwarding_and_hears_nothing),
	fix_test(test_without_grace_a_lost_client_is_dead),
	fix_test(test_when_grace_is_over_a_lost_client_is_dead),
	fix_test(test_requests_to_a_lost_client_have_their_default),
	fix_test(test_who_comes_back_takes_without_a_handshake),
	fix_test(test_another_role_does_not_come_back),
	fix_test(test_what_is_not_said_again_is_swept_when_settled),
	fix_test(test_it_is_swept_without_a_word_when_the_time_is_over),
	fix_test(test_an_interface_not_taken_again_is_released),
	fix_test(test_routes_not_put_again_are_swept),
	fix_test(test_flows_come_by_the_route_of_who_is_lost_and_back),
	fix_test(test_an_override_not_said_again_is_swept),
	fix_test(test_an_override_said_again_stays),
	fix_test(test_lost_again_everything_is_to_be_said_again),
	fix_test(test_lost_while_its_take_waits_for_igmp),
	fix_test(test_a_take_lost_and_not_made_again),
	fix_test(test_settled_without_the_take_that_was_lost),
	fix_test(test_lost_while_its_release_waits_for_igmp),
	fix_test(test_lost_in_the_replay_of_its_take),
	fix_test(test_settled_in_the_replay_without_taking),
	fix_test(test_taken_again_before_the_release_that_would_follow),
	fix_test(test_a_transfer_to_who_is_lost),
	fix_test(test_the_interface_vanishes_while_its_owner_is_lost),
	fix_test(test_a_lost_igmp_keeps_its_gate_and_memberships),
	fix_test(test_a_handshake_does_not_wait_for_a_lost_igmp),
	fix_test(test_igmp_lost_in_disabling_counts_as_disabled),
	fix_test(test_igmp_lost_in_the_replay_keeps_what_it_has_not_said),
	fix_test(test_a_handshake_before_igmp_takes_again),
	fix_test(test_a_replay_of_an_igmp_that_is_back_sweeps_nothing),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
