/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static routes, (S,G) and (*,G) with its source filters, and the adoption of
 * what an earlier run left in the plane.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A 1u
#define B 2u
#define C 3u

static struct fix_client *basic(struct fix *f)
{
	struct fix_client *p = fix_client(f, "static", XMGM_OWNER_STATIC, 0);

	assert_int_equal(fix_take(p, A), 0);
	assert_int_equal(fix_take(p, B), 0);
	assert_int_equal(fix_take(p, C), 0);
	fix_clear(f);
	f->what = FIX_LOG_PLANE;
	return p;
}

static int put(struct fix_client *p, uint32_t s, uint32_t g, uint32_t iif)
{
	return mgm_route_put(p->f->m, p->handle, sg(s, g), iif, NULL, 0, 0);
}

static int del(struct fix_client *p, uint32_t s, uint32_t g)
{
	return mgm_route_del(p->f->m, p->handle, sg(s, g));
}

static void test_route_is_there_at_once_and_never_ages(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct mgm_mfe_info info = {.size = sizeof(info)};

	fix_add(p, B, 7, 1);
	assert_int_equal(put(p, 7, 1, A), 0);
	fix_expect(f, "put (7,1) 1: 2 static\ncommit\nrelease (7,1)\n");
	fix_line(f, sg(7, 1))->packets = 9;
	fix_tick(f, 10000000);
	fix_add(p, C, 7, 1);
	fix_expect(f, "put (7,1) 1: 2,3 static\ncommit\n");
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_true(info.is_static);
	assert_int_equal(info.expires_ms, 0);
	assert_int_equal(info.packets, 9);
	assert_int_equal(info.state, MGM_STATE_FORWARDING);
	assert_int_equal(info.owner, XMGM_OWNER_STATIC);
	assert_int_equal(del(p, 7, 1), 0);
	fix_expect(f, "del (7,1)\ncommit\n");
	assert_int_equal(del(p, 7, 1), -ENOENT);
}

static void test_route_without_members_is_negative(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct mgm_mfe_info info = {.size = sizeof(info)};

	assert_int_equal(put(p, 7, 1, A), 0);
	fix_tick(f, 20000);
	assert_string_equal(fix_route(f, 7, 1), "1: none static");
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.state, MGM_STATE_NEGATIVE);
}

static void test_route_errors(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_PIM, 0);

	fix_take(q, 5);
	assert_int_equal(put(p, 7, 1, 5), -EINVAL);
	assert_int_equal(put(p, 7, 1, 9), -EINVAL);
	assert_int_equal(put(p, 7, 0, A), -EINVAL);
	assert_int_equal(
		mgm_route_put(f->m, p->handle,
			      mgm_sg_v4(src_ip(7),
					(struct in_addr){htonl(0xe0000001)}),
			      A, NULL, 0, 0),
		-EINVAL);
	assert_int_equal(put(p, 7, 1, A), 0);
	assert_int_equal(put(q, 7, 1, 5), -EEXIST);
	assert_int_equal(del(q, 7, 1), -ENOENT);
	assert_string_equal(fix_route(f, 7, 1), "1: none static");
}

static void test_route_moves_in_place(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_add(p, B, 7, 1);
	fix_add(p, C, 7, 1);
	put(p, 7, 1, A);
	fix_line(f, sg(7, 1))->packets = 9;
	assert_int_equal(put(p, 7, 1, B), 0);
	assert_string_equal(fix_route(f, 7, 1), "2: 3 static");
	assert_int_equal(fix_line(f, sg(7, 1))->packets, 9);
}

/* A refusal by the plane leaves everything as it was. */
static void test_route_refused_by_the_plane(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct mgm_mfe_info info = {.size = sizeof(info)};

	fix_add(p, B, 7, 1);
	f->fail_put = -ENOSPC;
	assert_int_equal(put(p, 7, 1, A), -ENOSPC);
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), -ENOENT);
	f->fail_put = 0;
	assert_int_equal(put(p, 7, 1, A), 0);
	f->fail_set = -ENOSPC;
	assert_int_equal(put(p, 7, 1, C), -ENOSPC);
	f->fail_set = 0;
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
	fix_tick(f, 2000);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.iif, A);
}

static void test_route_makes_a_dynamic_entry_static(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	f->rib[7] = C;
	fix_add(p, B, 7, 1);
	fix_upcall(f, 7, 1, C);
	assert_string_equal(fix_route(f, 7, 1), "3: 2");
	fix_line(f, sg(7, 1))->packets = 9;
	assert_int_equal(put(p, 7, 1, A), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
	assert_int_equal(fix_line(f, sg(7, 1))->packets, 9);
	fix_tick(f, 300000);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
}

/* Whoever a membership names has its own entry beside (*,G). */
static void test_any_source_route_and_its_filters(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_set(p, B, 1, MGM_EXCLUDE, 1, 7u);
	assert_int_equal(put(p, 0, 1, A), 0);
	/* The filter is there before the route is. */
	fix_expect(f, "put (7,1) 1: none derived\nput (*,1) 1: 2 static\n"
		      "commit\nrelease (*,1)\n");
	fix_set(p, C, 1, MGM_INCLUDE, 2, 8u, 9u);
	fix_expect(f, "put (8,1) 1: 2,3 derived\nput (9,1) 1: 2,3 derived\n"
		      "commit\n");
	fix_set(p, C, 1, MGM_INCLUDE, 1, 8u);
	fix_expect(f, "del (9,1)\ncommit\n");
	fix_set(p, B, 1, MGM_EXCLUDE, 0);
	fix_expect(f, "del (7,1)\ncommit\n");
	assert_int_equal(put(p, 0, 1, B), 0);
	assert_string_equal(fix_route(f, 0, 1), "2: none static");
	assert_string_equal(fix_route(f, 8, 1), "2: 3 derived");
	assert_int_equal(del(p, 0, 1), 0);
	assert_string_equal(fix_route(f, 0, 1), "-");
	assert_string_equal(fix_route(f, 8, 1), "-");
}

/* The static iif answers instead of the RIB. */
static void test_any_source_route_covers_flows(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	f->rib[7] = C;
	fix_set(p, B, 1, MGM_EXCLUDE, 0);
	fix_upcall(f, 7, 1, C);
	assert_string_equal(fix_route(f, 7, 1), "3: 2");
	put(p, 0, 1, A);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	fix_upcall(f, 8, 1, A);
	assert_string_equal(fix_route(f, 8, 1), "1: 2");
	del(p, 0, 1);
	assert_string_equal(fix_route(f, 7, 1), "3: 2");
	assert_string_equal(fix_route(f, 8, 1), "1: none");
}

/* A source that a membership names has its filter, also while its owners
 * were being asked when the route came. */
static void test_any_source_route_answers_open_requests(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q-ask", XMGM_OWNER_PIM, 0);

	f->rib[7] = 4;
	fix_take(q, 4);
	fix_take(q, 5);
	fix_add(q, 5, 0, 1);
	fix_set(p, B, 1, MGM_EXCLUDE, 1, 7u);
	fix_upcall(f, 7, 1, 4);
	fix_clear(f);
	assert_int_equal(put(p, 0, 1, A), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 5 derived");
	assert_non_null(strstr(f->log, "release (7,1)\n"));
	assert_int_equal(v4_rpf_reply(f->m, q->handle, q->token, 4, src_ip(0)),
			 -ENOENT);
	mgm_interface_gone(f->m, f->now, 4);
	assert_string_equal(fix_route(f, 7, 1), "1: 5 derived");
}

/* (S,G) of its own beside (*,G): its route decides, then it is a filter. */
static void test_both_routes(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_add(p, B, 0, 1);
	fix_add(p, B, 7, 1);
	put(p, 0, 1, A);
	put(p, 7, 1, C);
	assert_string_equal(fix_route(f, 7, 1), "3: 2 static");
	del(p, 7, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 derived");
	put(p, 7, 1, C);
	del(p, 0, 1);
	assert_string_equal(fix_route(f, 0, 1), "-");
	assert_string_equal(fix_route(f, 7, 1), "3: 2 static");
}

static void test_routes_go_with_the_interface(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_add(p, B, 0, 1);
	fix_add(p, B, 7, 1);
	put(p, 0, 1, A);
	put(p, 8, 2, A);
	put(p, 9, 3, C);
	assert_int_equal(fix_release(p, A), 0);
	assert_int_equal(f->routes.count, 1);
	assert_string_equal(fix_route(f, 9, 3), "3: none static");
	mgm_client_dead(f->m, p->handle);
	assert_int_equal(f->routes.count, 0);
}

static void adopt(struct fix *f, uint32_t s, uint32_t g, uint32_t iif,
		  uint32_t flags, const uint32_t *oifs, size_t count)
{
	struct mgm_sg flow = sg(s, g);
	struct mgm_mfe_found mfe = {
		.iif = iif,
		.flags = flags,
		.created_ms = FIX_START - 5000,
	};
	uint32_t set;

	/* The plane knows the set by having found it there. */
	assert_int_equal(f->hooks.set_get(f, oifs, count, &set), 0);
	mfe.set = set;
	assert_int_equal(f->hooks.mfe_put(f, &flow, iif, set, flags), 0);
	f->hooks.commit(f);
	fix_line(f, flow)->packets = 77;
	assert_int_equal(mgm_adopt_mfe(f->m, flow, &mfe, oifs, count), 0);
	assert_int_equal(mgm_adopt_mfe(f->m, flow, &mfe, oifs, count), -EEXIST);
	f->hooks.set_put(f, set);
}

static void test_adopted_epoch_goes_on(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_PIM, 0);
	struct mgm_interface_info info = {.size = sizeof(info)};
	unsigned int i;

	assert_int_equal(mgm_adopt_interface(f->m, A, 41), 0);
	assert_int_equal(mgm_interface_get(f->m, A, &info), -ENOENT);
	mgm_adopted(f->m, f->now);
	assert_int_equal(fix_take(p, A), 0);
	assert_int_equal(mgm_interface_get(f->m, A, &info), 0);
	assert_int_equal(info.epoch, 42);
	for (i = 1000; !mgm_adopt_interface(f->m, i, 1); i++)
		assert_true(i < 1000 + XMGM_INTERFACES);
	assert_int_equal(mgm_adopt_interface(f->m, i, 1), -ENOSPC);
	assert_int_equal(mgm_adopt_interface(f->m, i - 1, 1), 0);
}

static void test_adopted_entries(void **state)
{
	static const uint32_t to_b[] = {B}, to_bc[] = {B, C};
	struct fix *f = *state;
	struct fix_client *p;
	struct mgm_mfe_info info = {.size = sizeof(info)};

	for (int i = 1; i < 10; i++)
		f->rib[i] = A;
	f->what = FIX_LOG_PLANE;
	adopt(f, 7, 1, A, XMGM_MFE_STATIC, to_bc, 2); /* put again */
	adopt(f, 0, 2, A, XMGM_MFE_STATIC, to_b, 1);  /* not put again */
	adopt(f, 8, 1, A, 0, to_b, 1);		      /* wanted, by more */
	adopt(f, 9, 3, A, 0, to_b, 1);		      /* nobody wants it */
	adopt(f, 5, 3, A, 0, NULL, 0);		      /* negative */
	fix_clear(f);
	p = basic(f);
	/* Until it is over everything goes on, and gains only. */
	assert_int_equal(put(p, 7, 1, A), 0);
	fix_add(p, B, 7, 1);
	fix_add(p, C, 8, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3 static");
	assert_string_equal(fix_route(f, 8, 1), "1: 2,3");
	fix_add(p, B, 8, 1);
	fix_tick(f, 5000);
	assert_string_equal(fix_route(f, 9, 3), "1: 2");
	assert_string_equal(fix_route(f, 0, 2), "1: 2 static");
	mgm_adopted(f->m, f->now);
	/* The route nobody put again is gone; the oifs stay a while. */
	assert_string_equal(fix_route(f, 0, 2), "-");
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3 static");
	assert_string_equal(fix_route(f, 9, 3), "1: 2");
	fix_del(p, C, 8, 1);
	assert_string_equal(fix_route(f, 8, 1), "1: 2");
	fix_add(p, C, 8, 1);
	fix_tick(f, 14999);
	assert_string_equal(fix_route(f, 9, 3), "1: 2");
	assert_int_equal(mgm_deadline(f->m), f->now + 1);
	fix_tick(f, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
	assert_string_equal(fix_route(f, 8, 1), "1: 2,3");
	assert_string_equal(fix_route(f, 9, 3), "-");
	assert_string_equal(fix_route(f, 5, 3), "-");
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.packets, 77);
	assert_int_equal(info.uptime_ms, 25000);
	fix_tick(f, 212000);
	assert_string_equal(fix_route(f, 8, 1), "-"); /* it ages like any */
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
}

/* What is adopted goes on only where somebody answers for it. */
static void test_adopted_oif_without_an_owner(void **state)
{
	static const uint32_t to_bc[] = {B, C};
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_PIM, 0);

	f->rib[7] = A;
	f->rib[8] = C;
	adopt(f, 7, 1, A, 0, to_bc, 2);
	adopt(f, 8, 1, A, 0, to_bc, 2);
	adopt(f, 9, 1, A, 0, to_bc, 2);
	fix_take(p, A);
	fix_take(p, C);
	mgm_adopted(f->m, f->now);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	assert_string_equal(fix_route(f, 8, 1), "3: none");
	assert_string_equal(fix_route(f, 9, 1), "1: 3"); /* RIB is silent */
	fix_take(p, B);
	fix_add(p, B, 0, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	mgm_interface_gone(f->m, f->now, C);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_string_equal(fix_route(f, 8, 1), "-");
	fix_tick(f, 15000);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_string_equal(fix_route(f, 9, 1), "-");
}

/* Who has said all is not waited for; hosts on a shared interface are. */
static void test_adopted_oif_of_a_settled_client(void **state)
{
	static const uint32_t to_bcd[] = {B, C, 4};
	struct fix *f = *state;
	struct fix_client *pim = fix_client(f, "p", XMGM_OWNER_PIM, 0), *p;

	f->rib[8] = A;
	adopt(f, 7, 1, A, XMGM_MFE_STATIC, to_bcd, 3);
	adopt(f, 8, 1, A, 0, to_bcd, 3);
	adopt(f, 9, 2, A, XMGM_MFE_STATIC | XMGM_MFE_DERIVED, to_bcd, 3);
	p = basic(f);
	assert_int_equal(fix_take(pim, 4), 0);
	assert_int_equal(put(p, 7, 1, A), 0);
	assert_int_equal(put(p, 0, 2, A), 0);
	fix_add(p, B, 7, 1);
	fix_add(p, B, 0, 2);
	assert_int_equal(mgm_client_settled(f->m, p->handle), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3,4 static");
	mgm_adopted(f->m, f->now);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,4 static");
	assert_string_equal(fix_route(f, 8, 1), "1: 4");
	assert_string_equal(fix_route(f, 9, 2), "1: 2,4");
	/* Another says so later, and only then. */
	assert_int_equal(mgm_client_settled(f->m, pim->handle), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
	assert_string_equal(fix_route(f, 8, 1), "1: none");
	mgm_client_dead(f->m, pim->handle);
	assert_int_equal(mgm_client_settled(f->m, pim->handle), -EINVAL);
	pim->handle = NULL;
}

static void test_adopted_oif_shared_with_igmp(void **state)
{
	static const uint32_t to_bc[] = {B, C};
	struct fix *f = *state;
	struct fix_client *igmp = fix_igmp(f), *p;

	adopt(f, 7, 1, A, XMGM_MFE_STATIC, to_bc, 2);
	p = basic(f);
	assert_int_equal(fix_take(igmp, C), 0);
	fix_add(p, B, 7, 1);
	assert_int_equal(put(p, 7, 1, A), 0);
	assert_int_equal(mgm_client_settled(f->m, p->handle), 0);
	mgm_adopted(f->m, f->now);
	fix_tick(f, 14999);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3 static");
	fix_tick(f, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
}

/* Many are swept in slices. */
static void test_adopted_in_slices(void **state)
{
	static const uint32_t to_b[] = {B};
	struct fix *f = *state;

	f->what = 0;
	for (uint32_t g = 1; g <= 5000; g++)
		adopt(f, 7, g, A, 0, to_b, 1);
	basic(f);
	f->rib[7] = A;
	f->what = 0;
	mgm_adopted(f->m, f->now);
	assert_int_equal(f->routes.count, 5000);
	f->now += 15000;
	assert_true(mgm_tick(f->m, f->now) <= f->now);
	assert_true(f->routes.count > 0 && f->routes.count < 5000);
	fix_drain(f);
	assert_int_equal(f->routes.count, 0);
}

static void test_adoption_refuses_nonsense(void **state)
{
	static const uint32_t twice[] = {B, B};
	struct fix *f = *state;
	struct mgm_mfe_found mfe = {.iif = A, .set = 5};

	assert_int_equal(mgm_adopt_mfe(f->m, MGM_SG_ANY, &mfe, NULL, 0),
			 -EINVAL);
	assert_int_equal(mgm_adopt_mfe(f->m, sg(7, 1), &mfe, twice, 2),
			 -EINVAL);
	mfe.iif = 0;
	assert_int_equal(mgm_adopt_mfe(f->m, sg(7, 1), &mfe, NULL, 0), -EINVAL);
	f->fail_set = -ENOSPC;
	mfe.iif = A;
	assert_int_equal(mgm_adopt_mfe(f->m, sg(7, 1), &mfe, twice, 1),
			 -ENOSPC);
}

/* When the plane is full an entry stays as it is; but never to an interface
 * nobody owns. It is tried again. */
static void test_plane_without_room(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	f->rib[7] = A;
	fix_add(p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	f->fail_set = -ENOSPC;
	fix_add(p, C, 0, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_int_equal(mgm_counters(f->m)->plane_errors, 1);
	f->fail_set = 0;
	fix_tick(f, 1000);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	f->fail_set = -ENOSPC;
	fix_release(p, B);
	f->fail_set = 0;
	assert_string_not_equal(fix_route(f, 7, 1), "1: 2,3");
	fix_tick(f, 1000);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	f->fail_put = -ENOSPC;
	fix_upcall(f, 8, 1, A);
	f->fail_put = 0;
	assert_string_equal(fix_route(f, 8, 1), "-");
	assert_int_equal(mgm_counters(f->m)->no_rib_route, 1);
}

static int put_to(struct fix_client *p, uint32_t s, uint32_t g, uint32_t iif,
		  size_t count, const uint32_t *oifs)
{
	return mgm_route_put(p->f->m, p->handle, sg(s, g), iif, oifs, count, 0);
}

static void test_a_route_lists_oifs_beside_memberships(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_PIM, 0);

	fix_take(q, 5);
	fix_add(q, 5, 0, 1);
	assert_int_equal(put_to(p, 7, 1, A, 1, (uint32_t[]){B}), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,5 static");
	fix_line(f, sg(7, 1))->packets = 3;
	assert_int_equal(put_to(p, 7, 1, A, 2, (uint32_t[]){C, C}), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 3,5 static");
	assert_int_equal(fix_line(f, sg(7, 1))->packets, 3);
	assert_int_equal(put(p, 7, 1, A), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 5 static");
}

static void test_listed_oifs_are_the_callers(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_PIM, 0);

	fix_take(q, 5);
	assert_int_equal(put_to(p, 7, 1, A, 2, (uint32_t[]){B, 5}), -EINVAL);
	assert_int_equal(put_to(p, 7, 1, A, 2, (uint32_t[]){B, 9}), -EINVAL);
	assert_int_equal(put_to(p, 7, 1, A, 2, (uint32_t[]){B, A}), -EINVAL);
	assert_int_equal(put_to(p, 7, 1, A, 1, NULL), -EINVAL);
	assert_int_equal(mgm_route_put(f->m, p->handle, sg(7, 1), A, NULL, 0,
				       2),
			 -E2BIG);
	assert_string_equal(fix_route(f, 7, 1), "-");
	assert_int_equal(put_to(p, 7, 1, A, 1, (uint32_t[]){B}), 0);
	assert_int_equal(put_to(p, 7, 1, A, 1, (uint32_t[]){5}), -EINVAL);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
}

/* Who takes it later has not listed it. */
static void test_a_listed_oif_goes_with_its_interface(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct mgm_link link = {.ifid = B, .name = "b"};

	put_to(p, 7, 1, A, 2, (uint32_t[]){B, C});
	mgm_interface_changed(f->m, f->now, &link);
	assert_string_equal(fix_route(f, 7, 1), "1: 3 static");
	link.flags = MGM_INTERFACE_UP;
	mgm_interface_changed(f->m, f->now, &link);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3 static");
	assert_int_equal(fix_release(p, B), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 3 static");
	assert_int_equal(fix_take(p, B), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 3 static");
	mgm_interface_gone(f->m, f->now, C);
	assert_string_equal(fix_route(f, 7, 1), "1: none static");
}

/* Many routes list the same. */
static void test_what_one_route_lists_is_not_anothers(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	put_to(p, 7, 1, A, 2, (uint32_t[]){B, C});
	put_to(p, 8, 1, A, 2, (uint32_t[]){C, B});
	assert_int_equal(put_to(p, 8, 1, A, 1, (uint32_t[]){C}), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3 static");
	assert_string_equal(fix_route(f, 8, 1), "1: 3 static");
	put_to(p, 8, 1, A, 2, (uint32_t[]){B, C});
	assert_int_equal(fix_release(p, B), 0);
	assert_int_equal(fix_take(p, B), 0);
	/* The one that is put again has it, the one that is not has not. */
	assert_int_equal(put_to(p, 8, 1, A, 2, (uint32_t[]){B, C}), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 3 static");
	assert_string_equal(fix_route(f, 8, 1), "1: 2,3 static");
	assert_int_equal(mgm_route_del(f->m, p->handle, sg(8, 1)), 0);
	put_to(p, 9, 1, A, 2, (uint32_t[]){B, C});
	assert_string_equal(fix_route(f, 7, 1), "1: 3 static");
	assert_string_equal(fix_route(f, 9, 1), "1: 2,3 static");
}

/* The plane falls back from (S,G) to (*,G), and so do the listed oifs. */
static void test_oifs_of_any_source_are_those_of_its_sources(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_add(p, C, 8, 1);
	assert_int_equal(put_to(p, 0, 1, A, 1, (uint32_t[]){B}), 0);
	assert_string_equal(fix_route(f, 0, 1), "1: 2 static");
	assert_string_equal(fix_route(f, 8, 1), "1: 2,3 derived");
	/* Its own route is more specific. */
	assert_int_equal(put(p, 8, 1, A), 0);
	assert_string_equal(fix_route(f, 8, 1), "1: 3 static");
	assert_int_equal(del(p, 8, 1), 0);
	assert_string_equal(fix_route(f, 8, 1), "1: 2,3 derived");
	fix_release(p, B);
	assert_string_equal(fix_route(f, 0, 1), "1: none static");
	assert_string_equal(fix_route(f, 8, 1), "1: 3 derived");
}

static void test_listed_oifs_the_plane_refuses(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	put_to(p, 7, 1, A, 1, (uint32_t[]){B});
	f->fail_put = -ENOSPC;
	assert_int_equal(put_to(p, 7, 1, A, 1, (uint32_t[]){C}), -ENOSPC);
	f->fail_put = 0;
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
	fix_tick(f, 2000);
	assert_string_equal(fix_route(f, 7, 1), "1: 2 static");
}

/* It says its iif: that costs no question, now or when routes change. */
static void test_the_rib_has_no_say_in_a_route(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	f->rib[7] = C;
	assert_int_equal(put(p, 7, 1, A), 0);
	assert_int_equal(put(p, 0, 2, A), 0);
	v4_rib_changed(f->m, f->now, (struct in_addr){0}, 0);
	fix_drain(f);
	assert_int_equal(f->lookups, 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none static");
	/* Until it is one no more. */
	assert_int_equal(del(p, 7, 1), 0);
	fix_upcall(f, 7, 1, C);
	assert_int_equal(f->lookups, 1);
	assert_string_equal(fix_route(f, 7, 1), "3: none");
}

static const struct CMUnitTest tests[] = {
	fix_test(test_route_is_there_at_once_and_never_ages),
	fix_test(test_route_without_members_is_negative),
	fix_test(test_route_errors),
	fix_test(test_route_moves_in_place),
	fix_test(test_route_refused_by_the_plane),
	fix_test(test_route_makes_a_dynamic_entry_static),
	fix_test(test_any_source_route_and_its_filters),
	fix_test(test_any_source_route_covers_flows),
	fix_test(test_any_source_route_answers_open_requests),
	fix_test(test_both_routes),
	fix_test(test_routes_go_with_the_interface),
	fix_test(test_adopted_epoch_goes_on),
	fix_test(test_adopted_entries),
	fix_test(test_adopted_oif_without_an_owner),
	fix_test(test_adopted_oif_of_a_settled_client),
	fix_test(test_adopted_oif_shared_with_igmp),
	fix_test(test_adopted_in_slices),
	fix_test(test_adoption_refuses_nonsense),
	fix_test(test_plane_without_room),
	fix_test(test_a_route_lists_oifs_beside_memberships),
	fix_test(test_listed_oifs_are_the_callers),
	fix_test(test_a_listed_oif_goes_with_its_interface),
	fix_test(test_what_one_route_lists_is_not_anothers),
	fix_test(test_oifs_of_any_source_are_those_of_its_sources),
	fix_test(test_listed_oifs_the_plane_refuses),
	fix_test(test_the_rib_has_no_say_in_a_route),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
