/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client had said of many groups and flows goes: because it came back
 * and has not said it again, or because its interface is another's. It counts
 * for nothing from that call on, and is taken away in slices, counted by what
 * each call and each tick does.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A      1
#define B      2
#define C      3
#define GROUPS 2000u
#define SLICE  64u
#define GRACE  10000u

struct swept {
	struct fix *f;
	struct fix_client *p, *q;
	unsigned int puts;
	uint32_t routes;
};

static struct swept swept_new(void)
{
	static const struct mgm_limits limits = {.slice = SLICE};
	struct swept w = {.f = fix_new(&limits)};

	for (uint32_t i = 0; i < 256; i++)
		w.f->rib[i] = A;
	w.f->grace_ms = GRACE;
	w.p = fix_client(w.f, "p", XMGM_OWNER_PIM, 0);
	w.f->grace_ms = 0;
	w.q = fix_client(w.f, "q", XMGM_OWNER_DVMRP, 0);
	for (uint32_t ifid = A; ifid <= C; ifid++)
		assert_int_equal(fix_take(w.p, ifid), 0);
	w.f->what = 0;
	return w;
}

/* The lines of the log that have this in them; it is empty then. */
static unsigned int lines_with(struct swept *w, const char *text)
{
	unsigned int count = 0;

	for (const char *at = w->f->log; (at = strstr(at, text)); at++)
		count++;
	fix_clear(w->f);
	return count;
}

static void count(struct swept *w)
{
	w->f->what = FIX_LOG_EVENTS;
	fix_clear(w->f);
	w->puts = w->f->puts;
	w->routes = w->f->routes.count;
}

/* Since the last look one call has been made, or one tick. How much left. */
static unsigned int one_share(struct swept *w)
{
	unsigned int left = lines_with(w, "event leave");

	assert_in_range(left, 0, SLICE + 4);
	assert_in_range(w->routes - w->f->routes.count, 0, SLICE + 4);
	assert_in_range(w->f->puts - w->puts, 0, SLICE);
	count(w);
	return left;
}

/* Calls have left work; the ticks do the rest. Returns what left. */
static unsigned int worked_off(struct swept *w)
{
	unsigned int left = lines_with(w, "event leave");

	count(w);
	assert_true(mgm_deadline(w->f->m) <= w->f->now);
	while (mgm_deadline(w->f->m) <= w->f->now) {
		fix_tick(w->f, 0);
		left += one_share(w);
	}
	w->f->what = 0;
	return left;
}

static void lost_and_back(struct swept *w)
{
	fix_lost(w->p);
	fix_drain(w->f);
	assert_int_equal(fix_back(w->p), 0);
	for (uint32_t ifid = A; ifid <= C; ifid++)
		assert_int_equal(fix_take(w->p, ifid), 0);
	fix_drain(w->f);
	w->f->what = 0;
	fix_clear(w->f);
}

/* Returns what left at once. */
static unsigned int settle(struct swept *w)
{
	count(w);
	assert_int_equal(mgm_client_settled(w->f->m, w->p->handle), 0);
	return one_share(w);
}

static unsigned int listed(struct swept *w, uint32_t ifid)
{
	struct mgm_membership_filter filter = {.size = sizeof(filter),
					       .ifid = ifid};
	struct mgm_membership_info info = {.size = sizeof(info)}, after;
	unsigned int rows = 0;
	int err = mgm_membership_next(w->f->m, NULL, &filter, &info);

	for (; !err; rows++) {
		after = info;
		err = mgm_membership_next(w->f->m, &after, &filter, &info);
	}
	assert_int_equal(err, -ENOENT);
	return rows;
}

static uint32_t groups_on(struct swept *w, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_interface_get(w->f->m, ifid, &info), 0);
	return info.groups;
}

static int oifs_of(struct swept *w, uint32_t s, uint32_t g)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};
	int err = mgm_mfe_get(w->f->m, sg(s, g), &info);

	return err ? err : (int)info.oif_count;
}

static void test_memberships_not_said_again(void **state)
{
	struct swept w = swept_new();
	unsigned int left;

	(void)state;
	for (uint32_t g = 1; g <= GROUPS; g++) {
		assert_int_equal(fix_add(w.p, B, 0, g), 0);
		fix_upcall(w.f, 7, g, A);
	}
	lost_and_back(&w);
	assert_int_equal(fix_add(w.p, B, 0, 5), 0);
	left = settle(&w);
	assert_int_equal(listed(&w, B), 1);
	assert_int_equal(oifs_of(&w, 7, 5), 1);
	assert_int_equal(oifs_of(&w, 7, GROUPS), 0);
	/* Said after that it is new. */
	assert_int_equal(fix_add(w.p, B, 0, GROUPS - 1), 0);
	assert_int_equal(left + worked_off(&w), GROUPS - 1);
	assert_int_equal(listed(&w, B), 2);
	assert_int_equal(groups_on(&w, B), 2);
	assert_int_equal(mgm_counters(w.f->m)->grace_swept, GROUPS - 1);
	assert_string_equal(fix_route(w.f, 7, 1), "1: none");
	assert_string_equal(fix_route(w.f, 7, 5), "1: 2");
	assert_string_equal(fix_route(w.f, 7, GROUPS - 1), "1: 2");
	fix_free(w.f);
}

/* Of each group a part. */
static void test_sources_not_said_again(void **state)
{
	struct swept w = swept_new();
	unsigned int left;

	(void)state;
	for (uint32_t g = 1; g <= GROUPS; g++) {
		assert_int_equal(fix_add(w.p, B, 7, g), 0);
		assert_int_equal(fix_add(w.p, B, 8, g), 0);
		fix_upcall(w.f, 7, g, A);
	}
	lost_and_back(&w);
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_int_equal(fix_add(w.p, B, 8, g), 0);
	left = settle(&w);
	assert_int_equal(oifs_of(&w, 7, GROUPS), 0);
	assert_int_equal(left + worked_off(&w), GROUPS);
	assert_int_equal(listed(&w, B), GROUPS);
	assert_int_equal(groups_on(&w, B), GROUPS);
	assert_string_equal(fix_route(w.f, 7, 1), "1: none");
	fix_free(w.f);
}

/* In the midst of it: what was said in its last life stays for the next. */
static void test_lost_again_while_it_is_swept(void **state)
{
	struct swept w = swept_new();

	(void)state;
	for (uint32_t g = 1; g <= GROUPS; g++) {
		assert_int_equal(fix_add(w.p, B, 7, g), 0);
		assert_int_equal(fix_add(w.p, B, 8, g), 0);
	}
	lost_and_back(&w);
	for (uint32_t g = 1; g <= GROUPS; g++)
		assert_int_equal(fix_add(w.p, B, 8, g), 0);
	settle(&w);
	fix_lost(w.p);
	assert_int_equal(fix_back(w.p), 0);
	assert_int_equal(fix_take(w.p, B), 0);
	assert_int_equal(fix_add(w.p, B, 9, GROUPS), 0);
	fix_drain(w.f);
	assert_int_equal(listed(&w, B), GROUPS + 1);
	settle(&w);
	fix_drain(w.f);
	assert_int_equal(listed(&w, B), 1);
	fix_free(w.f);
}

static int put(struct swept *w, uint32_t s, uint32_t g)
{
	return mgm_route_put(w->f->m, w->p->handle, sg(s, g), A, NULL, 0, 0);
}

static void put_all(struct swept *w)
{
	for (uint32_t g = 1; g <= GROUPS; g++) {
		assert_int_equal(put(w, 7, g), 0);
		assert_int_equal(put(w, 0, g), 0);
	}
}

static void test_static_routes_not_put_again(void **state)
{
	struct swept w = swept_new();

	(void)state;
	put_all(&w);
	lost_and_back(&w);
	assert_int_equal(put(&w, 7, 5), 0);
	settle(&w);
	assert_int_equal(oifs_of(&w, 7, GROUPS), -ENOENT);
	assert_int_equal(oifs_of(&w, 0, GROUPS), -ENOENT);
	assert_int_equal(mgm_route_del(w.f->m, w.p->handle, sg(7, GROUPS - 1)),
			 -ENOENT);
	assert_int_equal(put(&w, 7, GROUPS - 1), 0);
	worked_off(&w);
	assert_int_equal(w.f->routes.count, 2);
	assert_int_equal(oifs_of(&w, 7, 5), 0);
	assert_int_equal(oifs_of(&w, 7, GROUPS - 1), 0);
	assert_int_equal(mgm_counters(w.f->m)->grace_swept, 2 * GROUPS - 1);
	fix_free(w.f);
}

/* They are the former owner's: by the handshake as without IGMP. */
static void
test_static_routes_through_an_interface_that_is_handed_over(void **state)
{
	struct swept w = swept_new();
	struct fix_client *igmp = fix_igmp(w.f);

	(void)state;
	assert_int_equal(fix_take(igmp, A), 0);
	fix_drain(w.f);
	put_all(&w);
	assert_int_equal(fix_transfer(w.p, A, w.q), -EINPROGRESS);
	count(&w);
	fix_ack(igmp, A);
	one_share(&w);
	assert_int_equal(oifs_of(&w, 7, GROUPS), -ENOENT);
	worked_off(&w);
	assert_int_equal(w.f->routes.count, 0);
	fix_done(igmp, A);
	fix_drain(w.f);

	assert_int_equal(fix_release(igmp, A), 0);
	assert_int_equal(fix_transfer(w.q, A, w.p), 0);
	fix_drain(w.f);
	put_all(&w);
	count(&w);
	assert_int_equal(fix_transfer(w.p, A, w.q), 0);
	assert_int_equal(
		mgm_route_put(w.f->m, w.q->handle, sg(7, 9), A, NULL, 0, 0), 0);
	worked_off(&w);
	assert_int_equal(w.f->routes.count, 1);
	assert_string_equal(fix_route(w.f, 7, 9), "1: none static");
	fix_free(w.f);
}

static int veto(struct swept *w, uint32_t g)
{
	return mgm_membership_del(w->f->m, w->p->handle, B, sg(7, g),
				  MGM_FORWARD_STATE);
}

static void veto_all(struct swept *w)
{
	assert_int_equal(fix_add(w->p, B, 0, 0), 0);
	for (uint32_t g = 1; g <= GROUPS; g++) {
		fix_upcall(w->f, 7, g, A);
		assert_int_equal(veto(w, g), 0);
	}
	fix_drain(w->f);
	assert_string_equal(fix_route(w->f, 7, GROUPS), "1: none");
}

static void test_vetoes_not_said_again(void **state)
{
	struct swept w = swept_new();

	(void)state;
	veto_all(&w);
	lost_and_back(&w);
	assert_int_equal(fix_add(w.p, B, 0, 0), 0);
	veto_all(&w); /* (*,*) has made them void: it is said before */
	lost_and_back(&w);
	assert_int_equal(veto(&w, 5), 0);
	settle(&w);
	assert_int_equal(oifs_of(&w, 7, 5), 0);
	worked_off(&w);
	assert_string_equal(fix_route(w.f, 7, 5), "1: none");
	fix_free(w.f);
}

static void test_vetoes_of_a_former_owner(void **state)
{
	struct swept w = swept_new();

	(void)state;
	veto_all(&w);
	count(&w);
	assert_int_equal(fix_transfer(w.p, B, w.q), 0);
	one_share(&w);
	assert_int_equal(oifs_of(&w, 7, GROUPS), 1);
	assert_int_equal(mgm_membership_del(w.f->m, w.q->handle, B, sg(7, 9),
					    MGM_FORWARD_STATE),
			 0);
	worked_off(&w);
	assert_string_equal(fix_route(w.f, 7, 1), "1: 2");
	assert_string_equal(fix_route(w.f, 7, 9), "1: none");
	fix_free(w.f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_memberships_not_said_again),
	cmocka_unit_test(test_sources_not_said_again),
	cmocka_unit_test(test_lost_again_while_it_is_swept),
	cmocka_unit_test(test_static_routes_not_put_again),
	cmocka_unit_test(
		test_static_routes_through_an_interface_that_is_handed_over),
	cmocka_unit_test(test_vetoes_not_said_again),
	cmocka_unit_test(test_vetoes_of_a_former_owner),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
