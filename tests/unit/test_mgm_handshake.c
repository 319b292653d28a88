/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The handshake, every pair of state and event: result, and everything that
 * leaves the manager, in order. In all of them IGMP has (*,1) and (7,2) on
 * interface 2, a source is behind interface 1, which q owns, and packets of
 * (7,1) flow: what is forwarded is looked at in between.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define IF 2u

struct scene {
	struct fix_client *igmp, *p, *q, *r;
};

static struct scene scene(struct fix *f)
{
	struct scene s = {
		.igmp = fix_igmp(f),
		.p = fix_client(f, "p", XMGM_OWNER_PIM, 0),
		.q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0),
		.r = fix_client(f, "r", XMGM_OWNER_STATIC, 0),
	};

	f->rib[7] = 1;
	assert_int_equal(fix_take(s.q, 1), 0);
	assert_int_equal(fix_take(s.igmp, IF), 0);
	assert_int_equal(fix_add(s.igmp, IF, 0, 1), 0);
	assert_int_equal(fix_add(s.igmp, IF, 7, 2), 0);
	fix_upcall(f, 7, 1, 1);
	f->what = FIX_LOG_ALERTS | FIX_LOG_PLANE;
	fix_clear(f);
	return s;
}

/* I, and p's take has begun. */
static struct scene taking(struct fix *f)
{
	struct scene s = scene(f);

	assert_int_equal(fix_take(s.p, IF), -EINPROGRESS);
	fix_expect(f, "write 2 igmp held 1\nigmp disable 2 2\n");
	return s;
}

/* The take is applied, the replay has begun. */
static struct scene taken(struct fix *f)
{
	struct scene s = taking(f);

	assert_int_equal(fix_ack(s.igmp, IF), 0);
	fix_expect(f, "write 2 pim held 2\nwrite 2 pim on 2\n"
		      "igmp enable 2 2\n");
	return s;
}

static void replay(struct scene *s)
{
	assert_int_equal(fix_add(s->igmp, IF, 0, 1), 0);
	assert_int_equal(fix_add(s->igmp, IF, 7, 2), 0);
}

/* PI, at rest. */
static struct scene shared(struct fix *f)
{
	struct scene s = taken(f);

	replay(&s);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	fix_clear(f);
	return s;
}

static struct scene releasing(struct fix *f)
{
	struct scene s = shared(f);

	assert_int_equal(fix_release(s.p, IF), -EINPROGRESS);
	fix_expect(f, "write 2 pim held 2\nigmp disable 2 3\n");
	return s;
}

static struct scene released(struct fix *f)
{
	struct scene s = releasing(f);

	assert_int_equal(fix_ack(s.igmp, IF), 0);
	fix_expect(f, "write 2 igmp held 3\nwrite 2 igmp on 3\n"
		      "igmp enable 2 3\n");
	return s;
}

static struct scene transferring(struct fix *f)
{
	struct scene s = shared(f);

	assert_int_equal(fix_transfer(s.p, IF, s.r), -EINPROGRESS);
	fix_expect(f, "write 2 pim held 2\nigmp disable 2 3\n");
	return s;
}

static enum mgm_gate gate(struct fix *f)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_interface_get(f->m, IF, &info), 0);
	return info.gate;
}

/* Nothing of the handshake is left: the next one works. */
static void again(struct fix *f, struct scene *s, struct fix_client *who)
{
	fix_clear(f);
	assert_int_equal(gate(f), MGM_GATE_ON);
	assert_int_equal(fix_take(who, IF), -EINPROGRESS);
	assert_int_equal(fix_ack(s->igmp, IF), 0);
	assert_int_equal(fix_done(s->igmp, IF), 0);
}

/* IDLE */

static void test_idle_acknowledgements_are_ignored(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	assert_int_equal(fix_ack(s.igmp, IF), -EINVAL);
	assert_int_equal(fix_done(s.igmp, IF), -EINVAL);
	assert_int_equal(mgm_counters(f->m)->stale_epoch, 2);
	assert_int_equal(mgm_igmp_disabled(f->m, s.p->handle, IF, 2), -EINVAL);
	assert_int_equal(mgm_igmp_disabled(f->m, s.igmp->handle, 77, 2),
			 -EINVAL);
	fix_expect(f, "");
}

static void test_idle_membership_is_applied(void **state)
{
	struct fix *f = *state;
	struct scene s = scene(f);

	assert_int_equal(fix_add(s.igmp, IF, 0, 3), 0);
	fix_expect(f, "p join (*,3) 2 member\nq join (*,3) 2 member\n"
		      "r join (*,3) 2 member\n");
}

static void test_idle_time_changes_nothing(void **state)
{
	struct fix *f = *state;

	shared(f);
	fix_tick(f, 20000);
	fix_expect(f, "");
}

static void test_idle_owner_dies_a_release_begins(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	mgm_client_dead(f->m, s.p->handle);
	fix_expect(f, "write 2 pim held 2\nigmp disable 2 3\n");
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	fix_expect(f, "write 2 igmp held 3\nwrite 2 igmp on 3\n"
		      "igmp enable 2 3\n");
	replay(&s);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	fix_expect(f, "");
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	again(f, &s, s.r);
}

static void test_idle_interface_vanishes(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	mgm_interface_gone(f->m, f->now, IF);
	fix_expect(f, "write 2 pim off 2\nput (7,1) 1: none\ncommit\ngone 2\n"
		      "q prune (7,1) 1 mfe\n"
		      "q prune (7,2) 2 member\nq prune (*,1) 2 member\n"
		      "r prune (*,1) 2 member\n"
		      "p ownership 2 3 -19\nigmp ownership 2 3 -19\n");
	assert_int_equal(fix_release(s.p, IF), -EINVAL);
	assert_int_equal(mgm_deregister(f->m, s.p->handle), 0);
	assert_int_equal(mgm_deregister(f->m, s.igmp->handle), 0);
}

/* It finds the owner it was, who is being released: it may come again. */
static void test_restarted_owner_has_to_wait_for_its_own_release(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	mgm_client_dead(f->m, s.p->handle);
	s.p->handle = NULL;
	s.p = fix_client(f, "p", XMGM_OWNER_PIM, 0);
	assert_int_equal(fix_take(s.p, IF), -EBUSY);
	assert_int_equal(fix_take(s.r, IF), -EEXIST);
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	assert_int_equal(fix_take(s.p, IF), -EBUSY);
	replay(&s);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	again(f, &s, s.p);
}

/* DISABLING */

static void test_disabling_is_busy(void **state)
{
	struct fix *f = *state;
	struct scene s = taking(f);

	assert_int_equal(fix_take(s.p, IF), -EBUSY);
	assert_int_equal(fix_take(s.r, IF), -EBUSY);
	assert_int_equal(fix_release(s.p, IF), -EBUSY);
	assert_int_equal(fix_release(s.r, IF), -EINVAL);
	assert_int_equal(mgm_deregister(f->m, s.p->handle), -EBUSY);
	assert_int_equal(fix_add(s.p, IF, 0, 5), -EINVAL); /* not yet */
	fix_expect(f, "");
}

static void test_disabling_release_is_busy(void **state)
{
	struct fix *f = *state;
	struct scene s = releasing(f);

	assert_int_equal(fix_release(s.p, IF), -EBUSY);
	assert_int_equal(fix_take(s.r, IF), -EEXIST);
	assert_int_equal(fix_transfer(s.p, IF, s.r), -EBUSY);
	assert_int_equal(fix_take(s.igmp, IF), -EEXIST);
	fix_expect(f, "");
	/* It is the owner until the flip. */
	assert_int_equal(fix_add(s.p, IF, 0, 5), 0);
	fix_expect(f, "igmp join (*,5) 2 member\nq join (*,5) 2 member\n"
		      "r join (*,5) 2 member\n");
}

static void test_disabling_old_acknowledgement(void **state)
{
	struct fix *f = *state;
	struct scene s = taking(f);

	assert_int_equal(mgm_igmp_disabled(f->m, s.igmp->handle, IF, 1),
			 -EINVAL);
	assert_int_equal(mgm_igmp_disabled(f->m, s.igmp->handle, IF, 3),
			 -EINVAL);
	assert_int_equal(fix_done(s.igmp, IF), -EINVAL);
	assert_int_equal(mgm_counters(f->m)->stale_epoch, 3);
	assert_int_equal(gate(f), MGM_GATE_HELD);
	fix_expect(f, "");
}

static void test_disabling_membership_waits(void **state)
{
	struct fix *f = *state;
	struct scene s = taking(f);

	assert_int_equal(fix_add(s.igmp, IF, 0, 3), -EAGAIN);
	assert_int_equal(fix_del(s.igmp, IF, 0, 1), -EAGAIN);
	assert_int_equal(fix_set(s.igmp, IF, 1, MGM_INCLUDE, 0), -EAGAIN);
	assert_int_equal(mgm_counters(f->m)->gate_held, 3);
	fix_expect(f, "");
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

static void test_disabling_no_acknowledgement(void **state)
{
	struct fix *f = *state;
	struct scene s = taking(f);

	fix_tick(f, 999);
	fix_expect(f, "");
	assert_int_equal(mgm_deadline(f->m), f->now + 1);
	f->what |= FIX_LOG_EVENTS;
	fix_tick(f, 1);
	/* IGMP is off the interface, p has it. */
	fix_expect(f, "event igmp-silent 2 (*,*) igmp -110\n"
		      "write 2 pim held 2\n"
		      "event owner 2 (*,*) pim 0\n"
		      "write 2 pim off 2\n"
		      "event leave 2 (*,1) igmp 0\n"
		      "event leave 2 (7,2) igmp 0\n"
		      "put (7,1) 1: none\n"
		      "event mfe-change 1 (7,1) dvmrp 0\n"
		      "commit\n"
		      "event vain 0 (*,*) nobody 0\n"
		      "q prune (7,1) 1 mfe\n"
		      "q prune (7,2) 2 member\n"
		      "p prune (*,1) 2 member\n"
		      "q prune (*,1) 2 member\n"
		      "r prune (*,1) 2 member\n"
		      "p ownership 2 2 0\nigmp ownership 2 2 -110\n");
	assert_int_equal(mgm_counters(f->m)->igmp_silent, 1);
	assert_int_equal(fix_ack(s.igmp, IF), -EINVAL);
	assert_int_equal(fix_add(s.igmp, IF, 0, 1), -EINVAL);
	assert_int_equal(fix_add(s.p, IF, 0, 1), 0);
	assert_int_equal(fix_take(s.igmp, IF), 0); /* it may come again */
}

static void test_disabling_release_no_acknowledgement(void **state)
{
	struct fix *f = *state;
	struct scene s = releasing(f);

	fix_tick(f, 1000);
	fix_expect(f, "put (7,1) 1: none\ncommit\ngone 2\n"
		      "q prune (7,1) 1 mfe\n"
		      "q prune (7,2) 2 member\nq prune (*,1) 2 member\n"
		      "r prune (*,1) 2 member\n"
		      "p ownership 2 3 0\nigmp ownership 2 3 -110\n");
	assert_int_equal(fix_ack(s.igmp, IF), -EINVAL);
	assert_int_equal(fix_add(s.igmp, IF, 0, 1), -ENOENT);
	assert_int_equal(fix_take(s.r, IF), 0);
}

static void test_disabling_taker_dies(void **state)
{
	struct fix *f = *state;
	struct scene s = taking(f);

	mgm_client_dead(f->m, s.p->handle);
	fix_expect(f, "write 2 igmp on 2\nigmp enable 2 2\n");
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_int_equal(fix_take(s.r, IF), -EBUSY);
	replay(&s);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	fix_expect(f, "");
	again(f, &s, s.r);
}

static void test_disabling_target_of_transfer_dies(void **state)
{
	struct fix *f = *state;
	struct scene s = transferring(f);

	mgm_client_dead(f->m, s.r->handle);
	fix_expect(f, "write 2 pim on 3\nigmp enable 2 3\n");
	assert_int_equal(fix_add(s.igmp, IF, 0, 1), 0); /* not (7,2) */
	assert_int_equal(fix_add(s.igmp, IF, 0, 3), 0);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	/* The owner is the old one: it hears the difference only. */
	fix_expect(f, "p local-join (*,3) 2\nigmp join (*,3) 2 member\n"
		      "q join (*,3) 2 member\nq prune (7,2) 2 member\n"
		      "p local-leave (7,2) 2\np ownership 2 3 -2\n");
}

static void test_disabling_both_of_transfer_die(void **state)
{
	struct fix *f = *state;
	struct scene s = transferring(f);
	struct mgm_interface_info info = {.size = sizeof(info)};

	mgm_client_dead(f->m, s.p->handle);
	mgm_client_dead(f->m, s.r->handle);
	fix_expect(f, "write 2 pim on 3\nigmp enable 2 3\n");
	replay(&s);
	fix_clear(f);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	/* Nobody takes over: what the dead owner has is released. */
	fix_expect(f, "write 2 pim held 3\nigmp disable 2 4\n");
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	assert_int_equal(mgm_interface_get(f->m, IF, &info), 0);
	assert_int_equal(info.owner, XMGM_OWNER_IGMP);
}

static void test_disabling_releaser_dies_its_release_goes_on(void **state)
{
	struct fix *f = *state;
	struct scene s = releasing(f);

	mgm_client_dead(f->m, s.p->handle);
	fix_expect(f, "");
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	fix_expect(f, "write 2 igmp held 3\nwrite 2 igmp on 3\n"
		      "igmp enable 2 3\n");
	replay(&s);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	again(f, &s, s.r);
}

static void test_disabling_igmp_releases(void **state)
{
	struct fix *f = *state;
	struct scene s = taking(f);

	assert_int_equal(fix_release(s.igmp, IF), 0);
	fix_expect(f, "write 2 pim held 2\n"
		      "write 2 pim off 2\n"
		      "put (7,1) 1: none\n"
		      "commit\n"
		      "q prune (7,1) 1 mfe\n"
		      "q prune (7,2) 2 member\n"
		      "p prune (*,1) 2 member\n"
		      "q prune (*,1) 2 member\n"
		      "r prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
	assert_int_equal(mgm_counters(f->m)->igmp_silent, 0);
	assert_int_equal(mgm_deregister(f->m, s.igmp->handle), 0);
}

static void test_disabling_igmp_dies_during_a_release(void **state)
{
	struct fix *f = *state;
	struct scene s = releasing(f);
	uint32_t protocol, component;

	mgm_client_dead(f->m, s.igmp->handle);
	assert_non_null(strstr(f->log, "gone 2\n"));
	assert_non_null(strstr(f->log, "p ownership 2 3 0\n"));
	assert_int_equal(mgm_interface_owner(f->m, IF, &protocol, &component),
			 -ENOENT);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_int_equal(fix_take(s.r, IF), 0);
}

static void test_disabling_interface_vanishes(void **state)
{
	struct fix *f = *state;
	struct scene s = taking(f);

	mgm_interface_gone(f->m, f->now, IF);
	fix_expect(f, "put (7,1) 1: none\n"
		      "commit\n"
		      "gone 2\n"
		      "q prune (7,1) 1 mfe\n"
		      "q prune (7,2) 2 member\n"
		      "p prune (*,1) 2 member\n"
		      "q prune (*,1) 2 member\n"
		      "r prune (*,1) 2 member\n"
		      "p ownership 2 2 -19\nigmp ownership 2 2 -19\n");
	assert_int_equal(fix_ack(s.igmp, IF), -EINVAL);
	fix_tick(f, 30000);
	assert_int_equal(mgm_deregister(f->m, s.p->handle), 0);
}

/* REPLAYING */

static void test_replaying_is_busy(void **state)
{
	struct fix *f = *state;
	struct scene s = taken(f);

	assert_int_equal(fix_release(s.p, IF), -EBUSY);
	assert_int_equal(fix_take(s.r, IF), -EEXIST);
	assert_int_equal(fix_take(s.p, IF), -EEXIST);
	assert_int_equal(mgm_deregister(f->m, s.p->handle), -EBUSY);
	assert_int_equal(fix_ack(s.igmp, IF), -EINVAL); /* twice */
	fix_expect(f, "");
}

static void test_replaying_after_release_is_busy(void **state)
{
	struct fix *f = *state;
	struct scene s = released(f);

	assert_int_equal(fix_take(s.r, IF), -EBUSY);
	assert_int_equal(fix_release(s.p, IF), -EINVAL);
	fix_expect(f, "");
}

/* What is not said again goes on forwarding until the sweep. */
static void test_replaying_sweep(void **state)
{
	struct fix *f = *state;
	struct scene s = taken(f);

	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_int_equal(fix_add(s.igmp, IF, 7, 2), 0);
	assert_int_equal(fix_set(s.igmp, IF, 3, MGM_EXCLUDE, 1, 8u), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	fix_expect(f, "");
	assert_int_equal(fix_done(s.igmp, IF), 0);
	fix_expect(f, "put (7,1) 1: none\ncommit\n"
		      "p local-join (7,2) 2\np local-join (*,3) 2\n"
		      "igmp join (*,3) 2 member\nq join (*,3) 2 member\n"
		      "r join (*,3) 2 member\n"
		      "q prune (7,1) 1 mfe\np prune (*,1) 2 member\n"
		      "q prune (*,1) 2 member\nr prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
	assert_int_equal(mgm_counters(f->m)->replay_swept, 1);
	assert_int_equal(fix_done(s.igmp, IF), -EINVAL);
}

/* The filter of a group that is said again is the new one. */
static void test_replaying_changes_a_filter(void **state)
{
	struct fix *f = *state;
	struct scene s = taken(f);

	assert_int_equal(fix_set(s.igmp, IF, 1, MGM_EXCLUDE, 1, 7u), 0);
	fix_expect(f, "put (7,1) 1: none\ncommit\nq prune (7,1) 1 mfe\n");
	assert_int_equal(fix_add(s.igmp, IF, 7, 2), 0);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	assert_int_equal(mgm_counters(f->m)->replay_swept, 0);
}

static void test_replaying_too_long(void **state)
{
	struct fix *f = *state;
	struct scene s = taken(f);

	assert_int_equal(fix_add(s.igmp, IF, 0, 1), 0);
	fix_tick(f, 9999);
	fix_expect(f, "");
	f->what |= FIX_LOG_EVENTS;
	fix_tick(f, 1);
	fix_expect(f, "event replay-complete 2 (*,*) pim -110\n"
		      "event leave 2 (7,2) igmp 0\n"
		      "p local-join (*,1) 2\nigmp join (*,1) 2 member\n"
		      "q prune (7,2) 2 member\np prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
	assert_int_equal(mgm_counters(f->m)->replay_late, 1);
	assert_int_equal(fix_add(s.igmp, IF, 7, 2), 0);
}

static void test_replaying_owner_dies_a_release_follows(void **state)
{
	struct fix *f = *state;
	struct scene s = taken(f);

	mgm_client_dead(f->m, s.p->handle);
	fix_expect(f, "");
	replay(&s);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	fix_expect(f, "write 2 pim held 2\nigmp join (*,1) 2 member\n"
		      "igmp disable 2 3\n");
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	replay(&s);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	again(f, &s, s.r);
}

static void test_replaying_igmp_releases(void **state)
{
	struct fix *f = *state;
	struct scene s = taken(f);

	replay(&s);
	assert_int_equal(fix_release(s.igmp, IF), 0);
	fix_expect(f, "write 2 pim off 2\n"
		      "put (7,1) 1: none\n"
		      "commit\n"
		      "q prune (7,1) 1 mfe\n"
		      "q prune (7,2) 2 member\n"
		      "p prune (*,1) 2 member\n"
		      "q prune (*,1) 2 member\n"
		      "r prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
}

static void test_replaying_after_release_igmp_dies(void **state)
{
	struct fix *f = *state;
	struct scene s = released(f);

	mgm_client_dead(f->m, s.igmp->handle);
	assert_non_null(strstr(f->log, "gone 2\n"));
	assert_non_null(strstr(f->log, "p ownership 2 3 0\n"));
	assert_int_equal(fix_take(s.r, IF), 0);
}

static void test_replaying_interface_vanishes(void **state)
{
	struct fix *f = *state;
	struct scene s = taken(f);

	mgm_interface_gone(f->m, f->now, IF);
	assert_non_null(strstr(f->log, "gone 2\n"));
	assert_non_null(strstr(f->log, "p ownership 2 3 -19\n"));
	assert_non_null(strstr(f->log, "q prune (*,1) 2 member\n"));
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_int_equal(mgm_deregister(f->m, s.p->handle), 0);
}

static void test_transfer_between_protocols(void **state)
{
	struct fix *f = *state;
	struct scene s = transferring(f);

	assert_int_equal(fix_add(s.p, IF, 0, 5), 0);
	fix_clear(f);
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	fix_expect(f, "write 2 static held 3\nwrite 2 static on 3\n"
		      "igmp enable 2 3\n");
	replay(&s);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	/* The new owner hears of every membership of IGMP's. */
	fix_expect(f, "r local-join (*,1) 2\nr local-join (7,2) 2\n"
		      "p join (*,1) 2 member\np join (*,5) 2 member\n"
		      "r prune (*,1) 2 member\nr prune (*,5) 2 member\n"
		      "p ownership 2 3 0\nr ownership 2 3 0\n");
	assert_int_equal(fix_del(s.r, IF, 0, 5), 0); /* it has them all */
}

/* What arrives there is asked of the new owner, who is told to pull it. */
static void test_flip_validates_what_arrives_there(void **state)
{
	struct fix *f = *state;
	struct scene s = scene(f);
	struct fix_client *ask = fix_client(f, "n-ask", XMGM_OWNER_REMOTE, 0);

	f->rib[8] = IF;
	fix_add(s.q, 1, 0, 4);
	fix_add(s.q, 1, 8, 5);
	fix_upcall(f, 8, 4, IF);
	assert_int_equal(fix_take(ask, IF), -EINPROGRESS);
	fix_clear(f);
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	fix_expect(f, "write 2 256 held 2\nwrite 2 256 on 2\n"
		      "n-ask join (8,4) 2 mfe\n"
		      "n-ask rpf (8,4) from 2 iif 2\nigmp enable 2 2\n");
	replay(&s);
	assert_int_equal(
		v4_rpf_reply(f->m, ask->handle, ask->token, IF, src_ip(9)), 0);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	assert_non_null(strstr(f->log, "n-ask join (8,5) 2 member\n"));
}

/* What the old owner decided about single flows goes with it. */
static void test_flip_drops_overrides(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	assert_int_equal(mgm_membership_del(f->m, s.p->handle, IF, sg(7, 1),
					    MGM_FORWARD_STATE),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_int_equal(fix_release(s.p, IF), -EINPROGRESS);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

/* Acknowledging and replaying from inside the callbacks works the same. */
static void test_all_from_inside(void **state)
{
	struct fix *f = *state;
	struct scene s = scene(f);

	s.igmp->ack_inside = true;
	s.igmp->replay = sg(0, 1);
	s.igmp->inside = -1;
	assert_int_equal(fix_take(s.p, IF), -EINPROGRESS);
	assert_int_equal(s.igmp->inside, 0);
	fix_expect(f, "write 2 igmp held 1\nigmp disable 2 2\n"
		      "write 2 pim held 2\nwrite 2 pim on 2\n"
		      "igmp enable 2 2\n"
		      "p local-join (*,1) 2\nigmp join (*,1) 2 member\n"
		      "q prune (7,2) 2 member\np prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

/* (*,*) of IGMP's is stale, replayed and swept like the others. */
static void test_wildcard_in_a_handshake(void **state)
{
	struct fix *f = *state;
	struct scene s = scene(f);

	assert_int_equal(fix_add(s.igmp, IF, 0, 0), 0);
	fix_take(s.p, IF);
	fix_ack(s.igmp, IF);
	fix_clear(f);
	replay(&s);
	assert_int_equal(fix_add(s.igmp, IF, 0, 0), 0);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	assert_non_null(strstr(f->log, "p local-join (*,*) 2\n"));
	fix_release(s.p, IF);
	fix_ack(s.igmp, IF);
	replay(&s);
	fix_clear(f);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	assert_non_null(strstr(f->log, "q prune (*,*) 2 member\n"));
	assert_int_equal(mgm_counters(f->m)->replay_swept, 1);
}

/* Ten thousand groups: what does not change is not written again. */
static void test_ten_thousand_groups(void **state)
{
	struct fix *f = *state;
	struct scene s = scene(f);
	unsigned int commits;

	f->what = 0;
	for (uint32_t g = 10; g < 10010; g++) {
		assert_int_equal(fix_set(s.igmp, IF, g, MGM_EXCLUDE, 0), 0);
		fix_upcall(f, 7, g, 1);
	}
	commits = f->commits;
	assert_int_equal(fix_take(s.p, IF), -EINPROGRESS);
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	replay(&s);
	for (uint32_t g = 10; g < 10010; g++)
		assert_int_equal(fix_set(s.igmp, IF, g, MGM_EXCLUDE, 0), 0);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	fix_drain(f);
	assert_int_equal(f->commits, commits);
	assert_int_equal(mgm_counters(f->m)->replay_swept, 0);
	assert_string_equal(fix_route(f, 7, 5000), "1: 2");
}

/*
 * Two changes end in one tick: one takes the last oif of (7,1), the other
 * gives it one. Its owner forwards before and after, so it hears nothing.
 */
static void test_two_changes_at_once_leave_net_alerts(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	fix_take(s.igmp, 4);
	fix_take_shared(s.p, s.igmp, 4);
	assert_int_equal(fix_add(s.p, 4, 0, 1), 0);
	assert_int_equal(fix_set(s.igmp, IF, 1, MGM_INCLUDE, 0), 0);
	assert_int_equal(fix_add(s.p, IF, 0, 1), 0);
	assert_int_equal(mgm_membership_del(f->m, s.p->handle, 4, sg(7, 1),
					    MGM_FORWARD_STATE),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_int_equal(fix_release(s.p, IF), -EINPROGRESS);
	assert_int_equal(fix_transfer(s.p, 4, s.r), -EINPROGRESS);
	fix_clear(f);
	f->what = FIX_LOG_ALERTS;
	fix_tick(f, 1000);
	assert_string_equal(fix_route(f, 7, 1), "1: 4");
	assert_null(strstr(f->log, "mfe"));
}

/* It deletes (*,*) in the replay of a transfer that nobody takes over. */
static void test_wildcard_left_in_a_replay_is_a_local_leave(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	assert_int_equal(fix_add(s.igmp, IF, 0, 0), 0);
	assert_int_equal(fix_transfer(s.p, IF, s.r), -EINPROGRESS);
	mgm_client_dead(f->m, s.r->handle);
	replay(&s);
	assert_int_equal(fix_del(s.igmp, IF, 0, 0), 0);
	fix_clear(f);
	f->what = FIX_LOG_ALERTS;
	assert_int_equal(fix_done(s.igmp, IF), 0);
	fix_expect(f, "q prune (*,*) 2 member\n"
		      "p local-leave (*,*) 2\np ownership 2 3 -2\n");
}

/* Who wanted it goes on counting until it is known who wants it now. */
static void test_wildcard_nobody_says_again_is_one_prune(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	assert_int_equal(fix_set(s.igmp, IF, 1, MGM_INCLUDE, 0), 0);
	assert_int_equal(fix_del(s.igmp, IF, 7, 2), 0);
	assert_int_equal(fix_add(s.igmp, IF, 0, 0), 0);
	assert_int_equal(fix_add(s.p, IF, 0, 0), 0);
	assert_int_equal(fix_release(s.p, IF), -EINPROGRESS);
	fix_clear(f);
	f->what = FIX_LOG_ALERTS;
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	fix_expect(f, "igmp enable 2 3\n");
	assert_int_equal(fix_done(s.igmp, IF), 0);
	fix_expect(f, "q prune (7,1) 1 mfe\n"
		      "q prune (*,*) 2 member\nr prune (*,*) 2 member\n"
		      "p ownership 2 3 0\n");
}

/* What happens elsewhere is told at once, what happens here at the end. */
static void test_replay_does_not_mix_with_joins_elsewhere(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	fix_take(s.r, 5);
	assert_int_equal(fix_release(s.p, IF), -EINPROGRESS);
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	fix_clear(f);
	f->what = FIX_LOG_ALERTS;
	assert_int_equal(fix_add(s.r, 5, 0, 1), 0);
	fix_expect(f, "p join (*,1) 5 member\n");
	assert_int_equal(fix_del(s.r, 5, 0, 1), 0);
	fix_expect(f, "p prune (*,1) 5 member\n");
	assert_int_equal(fix_add(s.r, 5, 7, 2), 0);
	assert_int_equal(fix_del(s.r, 5, 7, 2), 0);
	assert_int_equal(fix_add(s.igmp, IF, 7, 2), 0);
	fix_expect(f, "");
	assert_int_equal(fix_done(s.igmp, IF), 0); /* without (*,1) */
	fix_expect(f, "q prune (7,1) 1 mfe\n"
		      "q prune (*,1) 2 member\nr prune (*,1) 2 member\n"
		      "p ownership 2 3 0\n");
}

/* Joins towards a source wait until it is settled whose interface it is. */
static void test_replay_on_the_interface_towards_a_source(void **state)
{
	struct fix *f = *state;
	struct scene s = shared(f);

	f->rib[8] = IF;
	fix_take(s.r, 5);
	assert_int_equal(fix_add(s.r, 5, 8, 2), 0);
	assert_int_equal(fix_release(s.p, IF), -EINPROGRESS);
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	fix_clear(f);
	f->what = FIX_LOG_ALERTS;
	assert_int_equal(fix_add(s.r, 5, 8, 3), 0);
	fix_expect(f, "");
	replay(&s);
	assert_int_equal(fix_done(s.igmp, IF), 0);
	fix_expect(f, "igmp join (8,2) 2 member\nigmp join (8,3) 2 member\n"
		      "p join (*,1) 2 member\np prune (8,2) 2 member\n"
		      "p ownership 2 3 0\n");
}

/* Whoever acknowledges a life of the interface that is over is not heard. */
static void test_epoch_goes_on_when_the_interface_returns(void **state)
{
	struct fix *f = *state;
	struct scene s = taking(f);
	uint32_t old = s.igmp->epoch;
	struct mgm_interface_info info = {.size = sizeof(info)};

	mgm_interface_gone(f->m, f->now, IF);
	assert_int_equal(fix_take(s.igmp, IF), 0);
	assert_int_equal(mgm_interface_get(f->m, IF, &info), 0);
	assert_true(info.epoch > old);
	assert_int_equal(fix_take(s.p, IF), -EINPROGRESS);
	assert_true(s.igmp->epoch > info.epoch);
	for (uint32_t epoch = 0; epoch <= info.epoch; epoch++)
		assert_int_equal(mgm_igmp_disabled(f->m, s.igmp->handle, IF,
						   epoch),
				 -EINVAL);
	assert_int_equal(gate(f), MGM_GATE_HELD);
	assert_int_equal(fix_ack(s.igmp, IF), 0);
}

/* A static route is of who owns its iif: IGMP's goes when p takes that. */
static void test_flip_drops_routes_of_igmp(void **state)
{
	struct fix *f = *state;
	struct scene s = scene(f);

	assert_int_equal(mgm_route_put(f->m, s.igmp->handle, sg(8, 3), IF, NULL,
				       0, 0),
			 0);
	assert_string_equal(fix_route(f, 8, 3), "2: none static");
	assert_int_equal(fix_take(s.p, IF), -EINPROGRESS);
	assert_string_equal(fix_route(f, 8, 3), "2: none static");
	assert_int_equal(fix_ack(s.igmp, IF), 0);
	assert_string_equal(fix_route(f, 8, 3), "-");
	assert_int_equal(
		mgm_route_put(f->m, s.p->handle, sg(8, 3), IF, NULL, 0, 0), 0);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_idle_acknowledgements_are_ignored),
	fix_test(test_idle_membership_is_applied),
	fix_test(test_idle_time_changes_nothing),
	fix_test(test_idle_owner_dies_a_release_begins),
	fix_test(test_idle_interface_vanishes),
	fix_test(test_restarted_owner_has_to_wait_for_its_own_release),
	fix_test(test_disabling_is_busy),
	fix_test(test_disabling_release_is_busy),
	fix_test(test_disabling_old_acknowledgement),
	fix_test(test_disabling_membership_waits),
	fix_test(test_disabling_no_acknowledgement),
	fix_test(test_disabling_release_no_acknowledgement),
	fix_test(test_disabling_taker_dies),
	fix_test(test_disabling_target_of_transfer_dies),
	fix_test(test_disabling_both_of_transfer_die),
	fix_test(test_disabling_releaser_dies_its_release_goes_on),
	fix_test(test_disabling_igmp_releases),
	fix_test(test_disabling_igmp_dies_during_a_release),
	fix_test(test_disabling_interface_vanishes),
	fix_test(test_replaying_is_busy),
	fix_test(test_replaying_after_release_is_busy),
	fix_test(test_replaying_sweep),
	fix_test(test_replaying_changes_a_filter),
	fix_test(test_replaying_too_long),
	fix_test(test_replaying_owner_dies_a_release_follows),
	fix_test(test_replaying_igmp_releases),
	fix_test(test_replaying_after_release_igmp_dies),
	fix_test(test_replaying_interface_vanishes),
	fix_test(test_two_changes_at_once_leave_net_alerts),
	fix_test(test_wildcard_left_in_a_replay_is_a_local_leave),
	fix_test(test_wildcard_nobody_says_again_is_one_prune),
	fix_test(test_replay_does_not_mix_with_joins_elsewhere),
	fix_test(test_replay_on_the_interface_towards_a_source),
	fix_test(test_epoch_goes_on_when_the_interface_returns),
	fix_test(test_transfer_between_protocols),
	fix_test(test_flip_validates_what_arrives_there),
	fix_test(test_flip_drops_overrides),
	fix_test(test_flip_drops_routes_of_igmp),
	fix_test(test_all_from_inside),
	fix_test(test_wildcard_in_a_handshake),
	fix_test(test_ten_thousand_groups),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
