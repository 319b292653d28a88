/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A change that concerns many MFEs is worked off in slices: no call and no
 * tick does more than its share, counted, not timed; what can be read is right
 * meanwhile, and alerts are the net difference when all of it is done.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A      1
#define B      2
#define C      3
#define GROUPS 2000u
#define SLICE  64u

/* One client with three interfaces; data comes in at A, B wants all of it. */
struct many {
	struct fix *f;
	struct fix_client *p, *q;
	uint64_t steps;
	unsigned int puts, lookups;
};

static void count(struct many *m)
{
	m->steps = mgm_counters(m->f->m)->steps;
	m->puts = m->f->puts;
	m->lookups = m->f->lookups;
}

/* Since the last look one call has been made, or one tick. */
static void one_share(struct many *m)
{
	uint64_t steps = mgm_counters(m->f->m)->steps - m->steps;

	assert_in_range(steps, 0, SLICE + 4);
	assert_in_range(m->f->puts - m->puts, 0, SLICE);
	assert_in_range(m->f->lookups - m->lookups, 0, SLICE);
	count(m);
}

/* The call has left work; this many ticks at least do the rest. */
static void worked_off(struct many *m, unsigned int at_least)
{
	unsigned int ticks = 0;

	for (one_share(m); mgm_deadline(m->f->m) <= m->f->now; ticks++) {
		fix_tick(m->f, 0);
		one_share(m);
	}
	assert_in_range(ticks, at_least, 100 * GROUPS / SLICE);
}

static void all_are(struct many *m, const char *route)
{
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_string_equal(fix_route(m->f, 7, g), route);
}

static struct many many_of(const struct mgm_limits *limits)
{
	struct many m = {.f = fix_new(limits)};

	for (uint32_t i = 0; i < 256; i++)
		m.f->rib[i] = A;
	m.p = fix_client(m.f, "p", XMGM_OWNER_PIM, 0);
	m.q = fix_client(m.f, "q", XMGM_OWNER_DVMRP, 0);
	for (uint32_t ifid = A; ifid <= C; ifid++)
		assert_int_equal(fix_take(m.p, ifid), 0);
	m.f->what = 0;
	return m;
}

static struct many many(void)
{
	static const struct mgm_limits limits = {.slice = SLICE};
	struct many m = many_of(&limits);

	for (uint32_t g = 1; g <= GROUPS; g++) {
		assert_int_equal(fix_add(m.p, B, 0, g), 0);
		fix_upcall(m.f, 7, g, A);
	}
	all_are(&m, "1: 2");
	m.f->what = FIX_LOG_ALERTS;
	fix_clear(m.f);
	count(&m);
	return m;
}

static void test_a_membership_of_all_groups(void **state)
{
	struct many m = many();

	(void)state;
	assert_int_equal(fix_add(m.p, C, 0, 0), 0);
	worked_off(&m, GROUPS / SLICE);
	all_are(&m, "1: 2,3");
	fix_expect(m.f, "q join (*,*) 3 member\n");
	assert_int_equal(fix_del(m.p, C, 0, 0), 0);
	worked_off(&m, GROUPS / SLICE);
	all_are(&m, "1: 2");
	fix_expect(m.f, "q prune (*,*) 3 member\n");
	fix_free(m.f);
}

static void test_alerts_are_net_over_all_slices(void **state)
{
	struct many m = many();

	(void)state;
	assert_int_equal(fix_add(m.p, C, 0, 0), 0);
	assert_int_equal(fix_del(m.p, C, 0, 0), 0);
	fix_drain(m.f);
	fix_expect(m.f, "");
	assert_int_equal(fix_del(m.p, B, 0, 5), 0);
	assert_int_equal(fix_add(m.p, C, 0, 0), 0);
	fix_expect(m.f, "p prune (7,5) 1 mfe\nq prune (*,5) 2 member\n");
	assert_int_equal(fix_add(m.p, B, 0, 5), 0);
	fix_expect(m.f, "");
	fix_drain(m.f);
	all_are(&m, "1: 2,3");
	fix_free(m.f);
}

/* After a quiet time as well: nothing was waiting then. */
static void test_alerts_wait_for_work_that_has_just_begun(void **state)
{
	struct many m = many();

	(void)state;
	fix_release(m.p, A);
	fix_take(m.q, A);
	fix_drain(m.f);
	for (uint32_t g = 1; g <= GROUPS; g++)
		fix_upcall(m.f, 7, g, A);
	fix_drain(m.f);
	m.f->what = FIX_LOG_ALERTS;
	fix_clear(m.f);
	m.f->now += 10000;
	link_turns(m.f->m, m.f->now, B, false);
	assert_true(mgm_deadline(m.f->m) <= m.f->now);
	fix_expect(m.f, "");
	fix_drain(m.f);
	assert_non_null(strstr(m.f->log, "q prune (7,1) 1 mfe\n"));
	fix_free(m.f);
}

static void test_an_mfe_is_read_as_it_will_be(void **state)
{
	struct many m = many();
	struct mgm_mfe_info info = {.size = sizeof(info)};
	unsigned int read = 0;
	struct mgm_sg after = {0};

	(void)state;
	assert_int_equal(fix_add(m.p, C, 0, 0), 0);
	assert_int_equal(mgm_mfe_get(m.f->m, sg(7, GROUPS), &info), 0);
	assert_int_equal(info.oif_count, 2);
	assert_string_equal(fix_route(m.f, 7, GROUPS), "1: 2,3");
	assert_string_equal(fix_route(m.f, 7, GROUPS - 1), "1: 2");
	for (; !mgm_mfe_next(m.f->m, after, &info); after = info.flow, read++)
		assert_int_equal(info.oif_count, 2);
	assert_int_equal(read, GROUPS);
	fix_free(m.f);
}

static void test_a_flow_is_not_kept_waiting(void **state)
{
	struct many m = many();

	(void)state;
	m.f->what = FIX_LOG_PLANE;
	assert_int_equal(fix_add(m.p, C, 0, 0), 0);
	fix_clear(m.f);
	fix_upcall(m.f, 8, 9, A);
	assert_non_null(strstr(m.f->log, "put (8,9) 1: 2,3\n"));
	assert_non_null(strstr(m.f->log, "release (8,9)\n"));
	fix_free(m.f);
}

static void test_a_change_of_routes(void **state)
{
	struct many m = many();

	(void)state;
	for (uint32_t s = 1; s <= GROUPS; s++)
		fix_upcall(m.f, 256 + s, 1, A);
	for (uint32_t i = 0; i < 256; i++)
		m.f->rib[i] = C;
	count(&m);
	v4_rib_changed(m.f->m, m.f->now, (struct in_addr){0}, 0);
	worked_off(&m, 4 * GROUPS / SLICE);
	all_are(&m, "3: 2");
	fix_free(m.f);
}

/* Who does not answer has the RIB's answer as it is then, not as it was. */
static void test_the_default_is_what_routes_say_now(void **state)
{
	struct many m = many();
	struct fix_client *r = fix_client(m.f, "r-ask", XMGM_OWNER_REMOTE, 0);

	(void)state;
	assert_int_equal(fix_take(r, 4), 0);
	for (uint32_t s = 1; s <= GROUPS; s++)
		fix_upcall(m.f, 256 + s, 1, A);
	m.f->rib[9] = 4;
	m.f->what = FIX_LOG_PLANE | FIX_LOG_ALERTS;
	fix_clear(m.f);
	fix_upcall(m.f, 9, 1, 4);
	fix_expect(m.f, "r-ask rpf (9,1) from 4 iif 4\n");
	for (uint32_t i = 0; i < 256; i++)
		m.f->rib[i] = C;
	v4_rib_changed(m.f->m, m.f->now, (struct in_addr){0}, 0);
	fix_tick(m.f, 100);
	assert_null(strstr(m.f->log, "(9,1) 4"));
	assert_non_null(strstr(m.f->log, "put (9,1) 3: 2\n"));
	fix_free(m.f);
}

static void test_an_interface_goes_down_and_comes_up(void **state)
{
	struct many m = many();

	(void)state;
	m.f->what = 0;
	link_turns(m.f->m, m.f->now, B, false);
	worked_off(&m, GROUPS / SLICE);
	all_are(&m, "1: none");
	link_turns(m.f->m, m.f->now, B, true);
	worked_off(&m, GROUPS / SLICE);
	all_are(&m, "1: 2");
	fix_free(m.f);
}

/* Walks that are asked for again and again still come to their end. */
static void test_nothing_starves(void **state)
{
	struct many m = many();
	bool told = false;

	(void)state;
	assert_int_equal(fix_add(m.p, C, 0, 0), 0);
	for (unsigned int i = 0; i < 16 * GROUPS / SLICE; i++) {
		link_turns(m.f->m, m.f->now, B, i % 2);
		fix_tick(m.f, 10);
		told |= strstr(m.f->log, "q join (*,*) 3 member\n") != NULL;
		fix_clear(m.f);
	}
	assert_true(told);
	m.f->what = 0;
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_non_null(strchr(fix_route(m.f, 7, g), '3'));
	fix_free(m.f);
}

static void test_registering_and_dying_cost_nothing(void **state)
{
	struct many m = many();
	struct fix_client *r;

	(void)state;
	r = fix_client(m.f, "r", 300, 0);
	one_share(&m);
	assert_true(mgm_deadline(m.f->m) > m.f->now);
	fix_del(m.p, B, 0, 3);
	fix_expect(m.f, "p prune (7,3) 1 mfe\nq prune (*,3) 2 member\n"
			"r prune (*,3) 2 member\n");
	count(&m);
	mgm_client_dead(m.f->m, r->handle);
	r->handle = NULL;
	one_share(&m);
	assert_true(mgm_deadline(m.f->m) > m.f->now);
	fix_free(m.f);
}

/* The lines of the log that have this in them; it is empty then. */
static unsigned int lines_with(struct many *m, const char *text)
{
	unsigned int count = 0;

	for (const char *at = m->f->log; (at = strstr(at, text)); at++)
		count++;
	fix_clear(m->f);
	return count;
}

/* Memberships go, at most a share in one call or tick; returns how many. */
static unsigned int left_in_shares(struct many *m)
{
	unsigned int left = 0, now;

	do {
		now = lines_with(m, "event leave 2 ");
		assert_in_range(now, 0, SLICE);
		left += now;
		one_share(m);
		if (mgm_deadline(m->f->m) > m->f->now)
			return left;
		fix_tick(m->f, 0);
	} while (true);
}

static uint32_t groups_on(struct many *m, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_interface_get(m->f->m, ifid, &info), 0);
	return info.groups;
}

static unsigned int listed(struct many *m, uint32_t ifid)
{
	struct mgm_membership_filter filter = {.size = sizeof(filter),
					       .ifid = ifid};
	struct mgm_membership_info info = {.size = sizeof(info)}, after;
	unsigned int count = 0;
	int err = mgm_membership_next(m->f->m, NULL, &filter, &info);

	for (; !err; count++) {
		after = info;
		err = mgm_membership_next(m->f->m, &after, &filter, &info);
	}
	assert_int_equal(err, -ENOENT);
	return count;
}

/* What it wanted is nowhere any more at once; and is taken away in slices. */
static void test_an_owner_with_many_memberships_dies(void **state)
{
	static const struct mgm_limits limits = {.slice = SLICE,
						 .memberships = GROUPS};
	struct many m = many_of(&limits);

	(void)state;
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_int_equal(fix_add(m.p, B, g, g), 0);
	assert_int_equal(fix_take(m.q, 4), 0);
	assert_int_equal(fix_add(m.q, 4, 0, 1), -ENOSPC);
	fix_upcall(m.f, 9, 9, A);
	fix_drain(m.f);
	m.f->what = FIX_LOG_EVENTS;
	count(&m);
	link_turns(m.f->m, m.f->now, B, true);
	assert_int_equal(groups_on(&m, B), GROUPS);
	mgm_client_dead(m.f->m, m.p->handle);
	m.p->handle = NULL;
	assert_int_equal(groups_on(&m, B), 0);
	assert_int_equal(listed(&m, B), 0);
	m.f->what = 0;
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_int_equal(fix_add(m.q, 4, 0, g), 0);
	assert_int_equal(fix_add(m.q, 4, 0, GROUPS + 1), -ENOSPC);
	fix_drain(m.f);
	assert_int_equal(groups_on(&m, 4), GROUPS);
	fix_free(m.f);
}

static void test_memberships_of_a_dead_owner_go_in_slices(void **state)
{
	struct many m = many();

	(void)state;
	m.f->what = FIX_LOG_EVENTS;
	assert_int_equal(fix_release(m.p, B), 0);
	all_are(&m, "1: none"); /* at once: the plane's sets are without it */
	assert_int_equal(left_in_shares(&m), GROUPS);
	all_are(&m, "1: none");
	assert_int_equal(fix_take(m.p, B), 0);
	m.f->what = 0;
	fix_clear(m.f);
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_int_equal(fix_add(m.p, B, 0, g), 0);
	fix_drain(m.f);
	all_are(&m, "1: 2");
	fix_free(m.f);
}

/*
 * Nothing comes in there from the moment the call returns (the plane asks for
 * the owner of the arrival interface); the entries go in slices.
 */
static void test_an_interface_many_flows_come_in_on_is_released(void **state)
{
	struct many m = many();
	struct mgm_mfe_info info = {.size = sizeof(info)};
	uint32_t there;

	(void)state;
	m.f->what = FIX_LOG_PLANE;
	assert_int_equal(fix_release(m.p, A), 0);
	assert_non_null(strstr(m.f->log, "gone 1\n"));
	assert_int_equal(mgm_mfe_next(m.f->m, (struct mgm_sg){0}, &info),
			 -ENOENT);
	assert_int_equal(m.f->routes.count, 0); /* reading has let them go */
	fix_free(m.f);

	m = many();
	m.f->what = 0;
	assert_int_equal(fix_release(m.p, A), 0);
	for (there = GROUPS; m.f->routes.count; there = m.f->routes.count) {
		assert_in_range(there - m.f->routes.count, 0, SLICE + 4);
		one_share(&m);
		fix_tick(m.f, 0);
	}
	fix_upcall(m.f, 7, 1, A);
	assert_string_equal(fix_route(m.f, 7, 1), "-");
	fix_free(m.f);
}

/* Its entries are no more: data of the same flows asks anew. */
static void test_who_takes_it_next_inherits_no_flows(void **state)
{
	struct many m = many();

	(void)state;
	m.f->what = 0;
	assert_int_equal(fix_release(m.p, A), 0);
	assert_true(m.f->routes.count > 0);
	assert_int_equal(fix_take(m.q, A), 0);
	assert_int_equal(m.f->routes.count, 0);
	m.f->what = FIX_LOG_ALERTS | FIX_LOG_PLANE;
	fix_clear(m.f);
	fix_upcall(m.f, 7, 3, A);
	assert_string_equal(fix_route(m.f, 7, 3), "1: 2");
	fix_drain(m.f);
	fix_free(m.f);
}

static void test_static_routes_of_a_released_interface(void **state)
{
	static const struct mgm_limits limits = {.slice = SLICE};
	struct many m = many_of(&limits);

	(void)state;
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_int_equal(mgm_route_put(m.f->m, m.p->handle, sg(0, g), A,
					       NULL, 0, 0),
				 0);
	count(&m);
	assert_int_equal(fix_release(m.p, A), 0);
	assert_int_equal(mgm_route_del(m.f->m, m.p->handle, sg(0, GROUPS)),
			 -ENOENT);
	assert_true(m.f->routes.count > GROUPS / 2);
	fix_drain(m.f);
	assert_int_equal(m.f->routes.count, 0);
	fix_free(m.f);
}

/* Who comes next may say the same while that goes on: it is its own. */
/* What its owner said there names no sources any more, wherever it stands. */
static void test_a_route_does_not_outlive_who_named_its_source(void **state)
{
	struct many m = many();

	(void)state;
	assert_int_equal(fix_take(m.p, 4), 0);
	assert_int_equal(fix_take(m.q, 5), 0);
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_int_equal(fix_add(m.p, 4, 9, g), 0);
	assert_int_equal(mgm_route_put(m.f->m, m.q->handle, sg(0, GROUPS), 5,
				       NULL, 0, 0),
			 0);
	assert_int_equal(mgm_route_put(m.f->m, m.p->handle, sg(9, GROUPS), 4,
				       NULL, 0, 0),
			 0);
	fix_drain(m.f);
	m.f->what = FIX_LOG_PLANE | FIX_LOG_ALERTS;
	fix_clear(m.f);
	assert_int_equal(fix_release(m.p, 4), 0);
	fix_drain(m.f);
	assert_null(strstr(m.f->log, "put (9,"));
	assert_non_null(strstr(m.f->log, "del (9,"));
	fix_free(m.f);
}

/* Nor does it name sources beside a route that comes then. */
static void test_a_route_is_not_beside_who_has_gone(void **state)
{
	struct many m = many();

	(void)state;
	assert_int_equal(fix_take(m.p, 4), 0);
	assert_int_equal(fix_take(m.q, 5), 0);
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_int_equal(fix_add(m.p, 4, 9, g), 0);
	fix_upcall(m.f, 9, GROUPS, A);
	fix_drain(m.f);
	assert_string_equal(fix_route(m.f, 9, GROUPS), "1: 2,4");
	assert_int_equal(fix_release(m.p, 4), 0);
	assert_int_equal(mgm_route_put(m.f->m, m.q->handle, sg(0, GROUPS), 5,
				       NULL, 0, 0),
			 0);
	fix_drain(m.f);
	assert_string_equal(fix_route(m.f, 9, GROUPS), "5: 2");
	fix_free(m.f);
}

static void test_a_new_owner_wants_what_the_old_one_did(void **state)
{
	struct many m = many();

	(void)state;
	assert_int_equal(fix_release(m.p, B), 0);
	assert_int_equal(fix_take(m.q, B), 0);
	assert_int_equal(fix_add(m.q, B, 0, GROUPS), 0);
	assert_int_equal(fix_add(m.q, B, 0, GROUPS - 1), 0);
	assert_int_equal(fix_del(m.q, B, 0, GROUPS - 1), 0);
	assert_int_equal(fix_del(m.q, B, 0, GROUPS - 2), 0);
	assert_int_equal(listed(&m, B), 1);
	fix_drain(m.f);
	assert_int_equal(listed(&m, B), 1);
	assert_string_equal(fix_route(m.f, 7, GROUPS), "1: 2");
	for (uint32_t g = 1; g < GROUPS; g++)
		assert_string_equal(fix_route(m.f, 7, g), "1: none");
	assert_non_null(strstr(m.f->log, "p join (*,2000) 2 member\n"));
	assert_non_null(strstr(m.f->log, "q prune (*,2000) 2 member\n"));
	assert_null(strstr(m.f->log, "p join (*,1999)"));
	fix_free(m.f);
}

/* T7: its groups are `local_leave` of the protocol that stays. */
static void test_igmp_with_many_groups_leaves(void **state)
{
	struct many m = many();
	struct fix_client *igmp = fix_igmp(m.f);

	(void)state;
	m.f->what = 0;
	assert_int_equal(fix_take(igmp, B), 0);
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_int_equal(fix_add(igmp, B, 0, g), 0);
	fix_drain(m.f);
	count(&m);
	m.f->what = FIX_LOG_EVENTS;
	assert_int_equal(fix_release(igmp, B), 0);
	m.f->what = FIX_LOG_EVENTS | FIX_LOG_ALERTS;
	assert_int_equal(groups_on(&m, B), GROUPS);
	assert_int_equal(listed(&m, B), GROUPS);
	assert_int_equal(left_in_shares(&m), GROUPS);
	all_are(&m, "1: 2");
	fix_free(m.f);
}

/* Of those that the owner before it had been told of. */
static void test_a_new_owner_hears_of_no_leaves(void **state)
{
	struct many m = many();
	struct fix_client *igmp = fix_igmp(m.f);

	(void)state;
	assert_int_equal(fix_take(m.p, 4), 0);
	assert_int_equal(fix_take(igmp, 4), 0);
	for (uint32_t g = 1; g <= GROUPS; g++)
		fix_add(igmp, 4, 0, g);
	fix_drain(m.f);
	m.f->what = FIX_LOG_ALERTS;
	fix_clear(m.f);
	assert_int_equal(fix_release(igmp, 4), 0);
	assert_int_equal(fix_transfer(m.p, 4, m.q), 0);
	fix_drain(m.f);
	assert_null(strstr(m.f->log, "q local-leave"));
	assert_int_equal(fix_release(m.q, 4), 0);
	assert_int_equal(fix_take(m.p, 4), 0);
	fix_drain(m.f);
	assert_null(strstr(m.f->log, "q local-leave"));
	fix_free(m.f);
}

static void test_what_was_adopted(void **state)
{
	static const struct mgm_limits limits = {.slice = SLICE};
	static const uint32_t oifs[] = {B};
	struct fix *f = fix_new(&limits);
	struct many m = {.f = f};

	(void)state;
	for (uint32_t g = 1; g <= GROUPS; g++) {
		struct mgm_mfe_found found = {
			.iif = A, .flags = g % 2 ? MGM_MFE_STATIC : 0};

		assert_int_equal(f->hooks.set_get(f, oifs, 1, &found.set), 0);
		f->hooks.mfe_put(
			f, &(struct mgm_sg){sg(7, g).source, sg(7, g).group}, A,
			found.set, found.flags);
		assert_int_equal(mgm_adopt_mfe(f->m, sg(7, g), &found, oifs, 1),
				 0);
		f->hooks.set_put(f, found.set);
	}
	m.p = fix_client(f, "p", XMGM_OWNER_PIM, 0);
	for (uint32_t ifid = A; ifid <= C; ifid++) {
		fix_take(m.p, ifid);
		fix_drain(f);
	}
	count(&m);
	mgm_adopted(f->m, f->now);
	worked_off(&m, GROUPS / SLICE);
	assert_string_equal(fix_route(f, 7, 1), "-");
	assert_string_equal(fix_route(f, 7, 2), "1: 2");
	f->now += 20000;
	fix_tick(f, 0);
	worked_off(&m, 1);
	assert_string_equal(fix_route(f, 7, 2), "-");
	fix_free(f);
}

/* The sweep first, in slices, then the alerts, and `ownership` last of all. */
static void test_the_end_of_a_replay(void **state)
{
	struct many m = many();
	struct fix_client *igmp = fix_igmp(m.f);
	const char *left;

	(void)state;
	assert_int_equal(fix_take(igmp, 4), 0);
	m.f->what = 0;
	for (uint32_t g = 1; g <= GROUPS; g++)
		fix_add(igmp, 4, 0, g);
	assert_int_equal(fix_take(m.q, 4), -EINPROGRESS);
	fix_ack(igmp, 4);
	fix_drain(m.f);
	assert_int_equal(fix_add(igmp, 4, 0, 77), 0);
	fix_drain(m.f);
	count(&m);
	m.f->what = FIX_LOG_ALERTS;
	fix_clear(m.f);
	assert_int_equal(fix_done(igmp, 4), 0);
	assert_null(strstr(m.f->log, "ownership"));
	one_share(&m);
	assert_int_equal(fix_release(m.q, 4), -EBUSY);
	worked_off(&m, GROUPS / SLICE);
	assert_int_equal(mgm_counters(m.f->m)->replay_swept, GROUPS - 1);
	left = strstr(m.f->log, "q local-join (*,77) 4\n");
	assert_non_null(left);
	assert_non_null(strstr(left, "q ownership 4"));
	assert_null(strstr(m.f->log, "local-join (*,78)"));
	assert_string_equal(fix_route(m.f, 7, 77), "1: 2,4");
	assert_string_equal(fix_route(m.f, 7, 78), "1: 2");
	fix_free(m.f);
}

/* IGMP releases while what it has not said again is being swept. */
static void leaves_in_a_sweep(uint32_t groups)
{
	static const struct mgm_limits limits = {.slice = SLICE};
	struct many m = many_of(&limits);
	struct fix_client *igmp = fix_igmp(m.f);

	assert_int_equal(fix_take(m.q, 4), 0);
	assert_int_equal(fix_take(igmp, 4), 0);
	for (uint32_t g = 1; g <= groups; g++)
		fix_add(igmp, 4, 0, g);
	fix_drain(m.f);
	assert_int_equal(fix_release(m.q, 4), -EINPROGRESS);
	assert_int_equal(fix_ack(igmp, 4), 0);
	fix_drain(m.f);
	m.f->what = FIX_LOG_ALERTS;
	fix_clear(m.f);
	assert_int_equal(fix_done(igmp, 4), 0);
	assert_int_equal(fix_release(igmp, 4), 0);
	fix_drain(m.f);
	assert_non_null(strstr(m.f->log, "q ownership 4"));
	assert_int_equal(mgm_interface_owner(m.f->m, 4, NULL, NULL), -ENOENT);
	assert_int_equal(mgm_deregister(m.f->m, igmp->handle), 0);
	assert_int_equal(mgm_deregister(m.f->m, m.q->handle), 0);
	fix_free(m.f);
}

static void test_igmp_leaves_while_it_is_swept(void **state)
{
	(void)state;
	for (uint32_t groups = 1; groups < 3 * SLICE; groups += 7)
		leaves_in_a_sweep(groups);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_a_membership_of_all_groups),
	cmocka_unit_test(test_alerts_are_net_over_all_slices),
	cmocka_unit_test(test_alerts_wait_for_work_that_has_just_begun),
	cmocka_unit_test(test_an_mfe_is_read_as_it_will_be),
	cmocka_unit_test(test_a_flow_is_not_kept_waiting),
	cmocka_unit_test(test_a_change_of_routes),
	cmocka_unit_test(test_the_default_is_what_routes_say_now),
	cmocka_unit_test(test_an_interface_goes_down_and_comes_up),
	cmocka_unit_test(test_nothing_starves),
	cmocka_unit_test(test_registering_and_dying_cost_nothing),
	cmocka_unit_test(test_an_owner_with_many_memberships_dies),
	cmocka_unit_test(test_memberships_of_a_dead_owner_go_in_slices),
	cmocka_unit_test(test_an_interface_many_flows_come_in_on_is_released),
	cmocka_unit_test(test_who_takes_it_next_inherits_no_flows),
	cmocka_unit_test(test_static_routes_of_a_released_interface),
	cmocka_unit_test(test_a_route_does_not_outlive_who_named_its_source),
	cmocka_unit_test(test_a_route_is_not_beside_who_has_gone),
	cmocka_unit_test(test_a_new_owner_wants_what_the_old_one_did),
	cmocka_unit_test(test_igmp_with_many_groups_leaves),
	cmocka_unit_test(test_a_new_owner_hears_of_no_leaves),
	cmocka_unit_test(test_what_was_adopted),
	cmocka_unit_test(test_the_end_of_a_replay),
	cmocka_unit_test(test_igmp_leaves_while_it_is_swept),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
