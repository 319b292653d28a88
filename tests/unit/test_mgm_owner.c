/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interface ownership without and with IGMP: every transition between U
 * (nobody), I (IGMP alone), P (a protocol) and PI (both), its result and
 * everything that leaves the manager, in order. Registration and handles.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define IF 2u

struct cast {
	struct fix_client *igmp, *p, *q;
};

static struct cast cast(struct fix *f)
{
	struct cast c = {
		.igmp = fix_igmp(f),
		.p = fix_client(f, "p", XMGM_OWNER_PIM, 0),
		.q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0),
	};

	f->what = FIX_LOG_ALERTS | FIX_LOG_PLANE;
	return c;
}

static uint32_t owner(struct fix *f)
{
	uint32_t protocol, component;

	if (mgm_interface_owner(f->m, IF, &protocol, &component))
		return XMGM_OWNER_NONE;
	return protocol;
}

/* T1: U to I. */
static void test_t1_igmp_takes_a_free_interface(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	assert_int_equal(mgm_interface_owner(f->m, IF, NULL, NULL), -ENOENT);
	assert_int_equal(fix_take(c.igmp, IF), 0);
	fix_expect(f, "write 2 igmp on 1\n");
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
}

/* T2: U to P. */
static void test_t2_protocol_takes_a_free_interface(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	assert_int_equal(fix_take(c.p, IF), 0);
	fix_expect(f, "write 2 pim off 1\n");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
}

/* T3: I to PI, by handshake. */
static void test_t3_protocol_joins_igmp(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 1);
	fix_add(c.igmp, IF, 7, 2);
	fix_clear(f);
	assert_int_equal(fix_take(c.p, IF), -EINPROGRESS);
	fix_expect(f, "write 2 igmp held 1\nigmp disable 2 2\n");
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
	assert_int_equal(fix_ack(c.igmp, IF), 0);
	fix_expect(f, "write 2 pim held 2\nwrite 2 pim on 2\n"
		      "igmp enable 2 2\n");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
	assert_int_equal(fix_add(c.igmp, IF, 0, 1), 0);
	assert_int_equal(fix_add(c.igmp, IF, 7, 2), 0);
	fix_expect(f, "");
	assert_int_equal(fix_done(c.igmp, IF), 0);
	/* G is P's now: it stops pulling it, IGMP's side would. */
	fix_expect(f, "p local-join (*,1) 2\np local-join (7,2) 2\n"
		      "igmp join (*,1) 2 member\np prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
}

/* T4: P to PI. */
static void test_t4_igmp_joins_a_protocol(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.p, IF);
	fix_clear(f);
	assert_int_equal(fix_take(c.igmp, IF), 0);
	fix_expect(f, "write 2 pim on 1\n");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
	assert_int_equal(fix_add(c.igmp, IF, 0, 1), 0);
	fix_expect(f, "p local-join (*,1) 2\nigmp join (*,1) 2 member\n"
		      "q join (*,1) 2 member\n");
}

/* T5: PI to I, by handshake: only what P alone wanted goes. */
static void test_t5_protocol_leaves_igmp(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	f->rib[7] = 1;
	fix_take(c.q, 1);
	fix_take(c.p, IF);
	fix_take(c.igmp, IF);
	fix_add(c.p, IF, 0, 1);
	fix_add(c.p, IF, 0, 2);
	fix_add(c.igmp, IF, 0, 2);
	fix_upcall(f, 7, 1, 1);
	fix_upcall(f, 7, 2, 1);
	fix_clear(f);
	assert_int_equal(fix_release(c.p, IF), -EINPROGRESS);
	fix_expect(f, "write 2 pim held 1\nigmp disable 2 2\n");
	assert_int_equal(fix_ack(c.igmp, IF), 0);
	fix_expect(f, "write 2 igmp held 2\nput (7,1) 1: none\ncommit\n"
		      "write 2 igmp on 2\n"
		      "q prune (7,1) 1 mfe\nigmp enable 2 2\n");
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
	assert_int_equal(fix_add(c.igmp, IF, 0, 2), 0);
	assert_int_equal(fix_done(c.igmp, IF), 0);
	/* G2 is IGMP's now: P, no longer its owner, is told to pull it. */
	fix_expect(f, "p join (*,2) 2 member\nq prune (*,1) 2 member\n"
		      "p ownership 2 2 0\n");
}

/* T6: P to U; every MFE that names it loses it at once. */
static void test_t6_protocol_leaves(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	f->rib[7] = 1;
	f->rib[8] = IF;
	fix_take(c.q, 1);
	fix_take(c.q, 3);
	fix_take(c.p, IF);
	fix_add(c.p, IF, 0, 1);
	fix_add(c.q, 3, 0, 1);
	fix_upcall(f, 7, 1, 1);
	fix_upcall(f, 8, 1, IF);
	fix_line(f, sg(7, 1))->packets = 5;
	fix_clear(f);
	assert_int_equal(fix_release(c.p, IF), 0);
	fix_expect(f, "del (8,1)\nput (7,1) 1: 3\ncommit\ngone 2\n"
		      "q prune (*,1) 2 member\n");
	assert_int_equal(fix_line(f, sg(7, 1))->packets, 5);
	assert_int_equal(owner(f), XMGM_OWNER_NONE);
}

/* T7: PI to P. */
static void test_t7_igmp_leaves_a_protocol(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.p, IF);
	fix_take(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 1);
	fix_set(c.igmp, IF, 2, MGM_INCLUDE, 2, 7u, 8u);
	fix_clear(f);
	assert_int_equal(fix_release(c.igmp, IF), 0);
	fix_expect(f, "write 2 pim off 1\nq prune (*,1) 2 member\n"
		      "p local-leave (*,1) 2\np local-leave (7,2) 2\n"
		      "p local-leave (8,2) 2\n");
}

/* T8: I to U. */
static void test_t8_igmp_leaves(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.igmp, IF);
	fix_add(c.igmp, IF, 0, 1);
	fix_clear(f);
	assert_int_equal(fix_release(c.igmp, IF), 0);
	fix_expect(f, "gone 2\np prune (*,1) 2 member\n"
		      "q prune (*,1) 2 member\n");
	assert_int_equal(owner(f), XMGM_OWNER_NONE);
}

/* T9: another protocol takes what is owned: refused before anything. */
static void test_t9_second_protocol_is_refused(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.p, IF);
	fix_clear(f);
	assert_int_equal(fix_take(c.q, IF), -EEXIST);
	fix_expect(f, "");
	fix_take(c.igmp, IF);
	fix_clear(f);
	assert_int_equal(fix_take(c.q, IF), -EEXIST);
	fix_expect(f, "");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
}

/* T10: the same client takes again. */
static void test_t10_taking_twice_is_refused(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.p, IF);
	fix_take(c.igmp, 3);
	fix_clear(f);
	assert_int_equal(fix_take(c.p, IF), -EEXIST);
	assert_int_equal(fix_take(c.igmp, 3), -EEXIST);
	fix_expect(f, "");
}

/* T11: release of what is not yours, or of nothing. */
static void test_t11_foreign_release_is_refused(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.p, IF);
	fix_clear(f);
	assert_int_equal(fix_release(c.q, IF), -EINVAL);
	assert_int_equal(fix_release(c.igmp, IF), -EINVAL);
	assert_int_equal(fix_release(c.p, 99), -EINVAL);
	fix_expect(f, "");
}

/* T12: deregistering while owning. */
static void test_t12_owner_cannot_deregister(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.p, IF);
	fix_take(c.igmp, IF);
	fix_clear(f);
	assert_int_equal(mgm_deregister(f->m, c.p->handle), -EBUSY);
	assert_int_equal(mgm_deregister(f->m, c.igmp->handle), -EBUSY);
	fix_expect(f, "");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
	assert_int_equal(mgm_deregister(f->m, c.q->handle), 0);
}

/* T13: a stale handle, at every function that takes one. */
static void test_t13_stale_handle(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);
	struct mgm_client *h = c.q->handle;
	struct in_addr none = {0};

	assert_int_equal(mgm_deregister(f->m, h), 0);
	/* The slot is somebody else's: the old handle stays stale. */
	fix_client(f, "r", XMGM_OWNER_STATIC, 0);
	fix_take(c.p, IF);
	fix_clear(f);
	assert_int_equal(mgm_deregister(f->m, h), -EINVAL);
	mgm_client_dead(f->m, h);
	assert_int_equal(mgm_interface_take(f->m, h, 5), -EINVAL);
	assert_int_equal(mgm_interface_release(f->m, h, IF), -EINVAL);
	assert_int_equal(mgm_interface_transfer(f->m, h, IF, c.p->protocol, 0),
			 -EINVAL);
	assert_int_equal(fix_transfer(c.p, IF, c.q), -ENOENT);
	assert_int_equal(mgm_igmp_disabled(f->m, h, IF, 1), -EINVAL);
	assert_int_equal(mgm_replay_complete(f->m, h, IF, 1), -EINVAL);
	assert_int_equal(mgm_membership_add(f->m, h, IF, sg(0, 1), 1), -EINVAL);
	assert_int_equal(mgm_membership_del(f->m, h, IF, sg(0, 1), 1), -EINVAL);
	assert_int_equal(v4_membership_set(f->m, h, IF, grp_ip(1), MGM_EXCLUDE,
					   NULL, 0),
			 -EINVAL);
	assert_int_equal(mgm_route_put(f->m, h, sg(7, 1), IF, NULL, 0, 0),
			 -EINVAL);
	assert_int_equal(mgm_route_del(f->m, h, sg(7, 1)), -EINVAL);
	assert_int_equal(v4_rpf_reply(f->m, h, 1, IF, none), -EINVAL);
	assert_int_equal(mgm_creation_reply(f->m, h, 1, NULL, 0), -EINVAL);
	assert_int_equal(v4_set_upstream(f->m, h, sg(7, 1), none), -EINVAL);
	assert_int_equal(mgm_interface_take(f->m, NULL, 5), -EINVAL);
	assert_int_equal(
		mgm_interface_take(f->m, (struct mgm_client *)~(uintptr_t)0, 5),
		-EINVAL);
	fix_expect(f, "");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
}

/* T14: the pair of protocol and component is the identity. */
static void test_t14_duplicate_registration(void **state)
{
	static const struct mgm_callbacks none = {.size = sizeof(none)};
	struct fix *f = *state;
	struct cast c = cast(f);
	struct mgm_registration r = {.size = sizeof(r),
				     .protocol = XMGM_OWNER_PIM,
				     .name = "again",
				     .callbacks = &none};
	struct mgm_client *h = NULL;

	assert_int_equal(mgm_register(f->m, &r, &h), -EEXIST);
	assert_null(h);
	r.component = 1;
	assert_int_equal(mgm_register(f->m, &r, &h), 0);
	assert_int_equal(mgm_deregister(f->m, c.p->handle), 0);
	r.component = 0;
	assert_int_equal(mgm_register(f->m, &r, &h), 0);
}

/* Its owner decides where an interface goes, but not for another. */
static void test_transfer_is_for_those_who_accept(void **state)
{
	static const struct mgm_callbacks none = {.size = sizeof(none)};
	struct mgm_registration deaf = {.size = sizeof(deaf),
					.protocol = MGM_PROTOCOL_REMOTE,
					.name = "deaf",
					.callbacks = &none,
					.flags = MGM_ACCEPTS_TRANSFERS};
	struct mgm_registration wary = {.size = sizeof(wary),
					.protocol = MGM_PROTOCOL_REMOTE,
					.component = 1,
					.name = "wary",
					.callbacks = &none};
	struct fix *f = *state;
	struct cast c = cast(f);
	struct mgm_client *p = c.p->handle, *h;

	assert_int_equal(mgm_register(f->m, &deaf, &h), 0);
	assert_int_equal(mgm_register(f->m, &wary, &h), 0);
	fix_take(c.p, IF);
	fix_clear(f);
	assert_int_equal(mgm_interface_transfer(f->m, p, IF,
						MGM_PROTOCOL_REMOTE, 0),
			 -EPERM); /* it could not be told */
	assert_int_equal(mgm_interface_transfer(f->m, p, IF,
						MGM_PROTOCOL_REMOTE, 1),
			 -EPERM);
	assert_int_equal(mgm_interface_transfer(f->m, p, IF,
						MGM_PROTOCOL_REMOTE, 2),
			 -ENOENT);
	fix_expect(f, "");
	assert_int_equal(owner(f), XMGM_OWNER_PIM);
	assert_int_equal(fix_transfer(c.p, IF, c.q), 0);
	fix_expect(f, "write 2 dvmrp off 2\nq ownership 2 2 0\n");
}

static void test_registration_names_the_router(void **state)
{
	static const struct mgm_callbacks none = {.size = sizeof(none)};
	struct mgm_registration r = {.size = sizeof(r),
				     .protocol = MGM_PROTOCOL_REMOTE,
				     .name = "far",
				     .callbacks = &none,
				     .router = "blue"};
	struct fix *f = *state;
	struct mgm_client *h;

	assert_int_equal(mgm_register(f->m, &r, &h), -ENOENT);
	r.router = "main";
	assert_int_equal(mgm_register(f->m, &r, &h), 0);
	r.component = 1;
	r.router = NULL;
	assert_int_equal(mgm_register(f->m, &r, &h), 0);
}

#define SIZED .size = sizeof(struct mgm_registration)

static void test_bad_registrations(void **state)
{
	static const struct mgm_callbacks none = {.size = sizeof(none)};
	static const struct mgm_registration bad[] = {
		{SIZED, .protocol = 0, .name = "x", .callbacks = &none},
		{SIZED, .protocol = 4, .name = NULL, .callbacks = &none},
		{SIZED, .protocol = 4, .name = "", .callbacks = &none},
		{SIZED, .protocol = 4, .name = "Big", .callbacks = &none},
		{SIZED, .protocol = 4, .name = "sixteen-letters-",
		 .callbacks = &none},
		{SIZED, .protocol = 4, .name = "x", .callbacks = NULL},
		{SIZED, .protocol = 4, .name = "x", .callbacks = &none,
		 .role = 7},
	};
	struct fix *f = *state;
	struct mgm_registration good = {.size = sizeof(good),
					.protocol = 4,
					.name = "fifteen-letters",
					.callbacks = &none};
	struct mgm_client *h = NULL;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(mgm_register(f->m, &bad[i], &h), -EINVAL);
	assert_int_equal(mgm_register(f->m, NULL, &h), -EINVAL);
	assert_int_equal(mgm_register(f->m, &good, NULL), -EINVAL);
	assert_null(h);
	assert_int_equal(mgm_register(f->m, &good, &h), 0);
}

/* From owner to owner, with no moment in between, memberships included. */
static void test_transfer(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	f->rib[7] = 1;
	fix_take(c.q, 1);
	fix_take(c.p, IF);
	fix_add(c.p, IF, 0, 1);
	fix_upcall(f, 7, 1, 1);
	fix_clear(f);
	assert_int_equal(fix_transfer(c.q, IF, c.p), -EINVAL);
	assert_int_equal(fix_transfer(c.p, IF, c.p), -EINVAL);
	assert_int_equal(fix_transfer(c.p, IF, c.igmp), -EINVAL);
	fix_expect(f, "");
	assert_int_equal(fix_transfer(c.p, IF, c.q), 0);
	fix_expect(f, "write 2 dvmrp off 2\np join (*,1) 2 member\n"
		      "q prune (*,1) 2 member\nq ownership 2 2 0\n");
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_int_equal(fix_del(c.p, IF, 0, 1), -EINVAL);
	assert_int_equal(fix_del(c.q, IF, 0, 1), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
}

/* A client that dies leaves nothing behind. */
static void test_dead_protocol(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.p, IF);
	fix_take(c.p, 3);
	fix_add(c.p, IF, 0, 1);
	fix_clear(f);
	mgm_client_dead(f->m, c.p->handle);
	assert_non_null(strstr(f->log, "gone 2\n"));
	assert_non_null(strstr(f->log, "gone 3\n"));
	assert_non_null(strstr(f->log, "q prune (*,1) 2 member\n"));
	assert_null(strstr(f->log, "p prune"));
	assert_int_equal(fix_take(c.q, IF), 0);
	fix_client(f, "p", XMGM_OWNER_PIM, 0);
}

static void test_plane_refuses_a_take(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	f->fail_interface = -ENOSPC;
	assert_int_equal(fix_take(c.p, IF), -ENOSPC);
	assert_int_equal(owner(f), XMGM_OWNER_NONE);
	f->fail_interface = 0;
	assert_int_equal(fix_take(c.igmp, IF), 0);
	f->fail_interface = -EIO;
	assert_int_equal(fix_take(c.p, IF), -EIO);
	f->fail_interface = 0;
	assert_int_equal(owner(f), XMGM_OWNER_IGMP);
	assert_int_equal(fix_add(c.igmp, IF, 0, 1), 0);
	assert_int_equal(mgm_deregister(f->m, c.p->handle), 0);
	assert_int_equal(fix_take(c.q, IF), -EINPROGRESS);
}

/* An interface that vanishes takes nobody by surprise. */
static void test_vanished_interface_is_told(void **state)
{
	struct fix *f = *state;
	struct cast c = cast(f);

	fix_take(c.p, IF);
	fix_take(c.igmp, 3);
	fix_take(c.q, 4);
	fix_take(c.igmp, 4);
	fix_clear(f);
	f->what = FIX_LOG_ALERTS;
	mgm_interface_gone(f->m, f->now, IF);
	fix_expect(f, "p ownership 2 2 -19\n");
	mgm_interface_gone(f->m, f->now, 3);
	fix_expect(f, "igmp ownership 3 2 -19\n");
	mgm_interface_gone(f->m, f->now, 4);
	fix_expect(f, "q ownership 4 2 -19\nigmp ownership 4 2 -19\n");
	mgm_interface_gone(f->m, f->now, 5);
	fix_expect(f, "");
}

/* Their epochs go on, but they count against no limit. */
static void test_vanished_interfaces_take_no_room(void **state)
{
	const struct mgm_limits limits = {.interfaces = 2};
	struct fix *f = fix_new(&limits);
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_PIM, 0);
	struct mgm_interface_info info = {.size = sizeof(info)};
	uint32_t last = 0;

	(void)state;
	assert_int_equal(fix_take(p, 1), 0);
	for (uint32_t i = 2; i < 20; i++) {
		assert_int_equal(fix_take(p, i), 0);
		assert_int_equal(fix_add(p, i, 0, 1), 0);
		assert_int_equal(fix_take(p, 99), -ENOSPC);
		mgm_interface_gone(f->m, f->now, i);
		assert_int_equal(fix_take(p, i), 0);
		assert_int_equal(mgm_interface_get(f->m, i, &info), 0);
		assert_true(info.epoch > last);
		last = info.epoch;
		mgm_interface_gone(f->m, f->now, i);
	}
	fix_free(f);
}

static void test_a_dead_client_leaves_its_interfaces_in_order(void **state)
{
	static const uint32_t taken[] = {7, 300, 5, 12, 90};
	struct fix *f = *state;
	struct cast c = cast(f);

	for (size_t i = 0; i < 5; i++)
		assert_int_equal(fix_take(c.p, taken[i]), 0);
	fix_clear(f);
	mgm_client_dead(f->m, c.p->handle);
	fix_expect(f, "gone 5\n"
		      "gone 7\n"
		      "gone 12\n"
		      "gone 90\n"
		      "gone 300\n");
}

static const struct CMUnitTest tests[] = {
	fix_test(test_t1_igmp_takes_a_free_interface),
	fix_test(test_t2_protocol_takes_a_free_interface),
	fix_test(test_t3_protocol_joins_igmp),
	fix_test(test_t4_igmp_joins_a_protocol),
	fix_test(test_t5_protocol_leaves_igmp),
	fix_test(test_t6_protocol_leaves),
	fix_test(test_t7_igmp_leaves_a_protocol),
	fix_test(test_t8_igmp_leaves),
	fix_test(test_t9_second_protocol_is_refused),
	fix_test(test_t10_taking_twice_is_refused),
	fix_test(test_t11_foreign_release_is_refused),
	fix_test(test_t12_owner_cannot_deregister),
	fix_test(test_t13_stale_handle),
	fix_test(test_t14_duplicate_registration),
	fix_test(test_bad_registrations),
	fix_test(test_transfer_is_for_those_who_accept),
	fix_test(test_registration_names_the_router),
	fix_test(test_transfer),
	fix_test(test_vanished_interface_is_told),
	cmocka_unit_test(test_vanished_interfaces_take_no_room),
	fix_test(test_dead_protocol),
	fix_test(test_plane_refuses_a_take),
	fix_test(test_a_dead_client_leaves_its_interfaces_in_order),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
