/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * MFEs: from the first packet to the entry, memberships and routes that change
 * it, requests and their defaults, negative entries, aging, static routes.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A 1u /* where sources are */
#define B 2u
#define C 3u

/* A source behind A, static on A, B and C; no requests. */
static struct fix_client *basic(struct fix *f)
{
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_STATIC, 0);

	memset(f->rib, 0, sizeof(f->rib));
	for (int i = 1; i < 10; i++)
		f->rib[i] = A;
	assert_int_equal(fix_take(p, A), 0);
	assert_int_equal(fix_take(p, B), 0);
	assert_int_equal(fix_take(p, C), 0);
	fix_clear(f);
	return p;
}

static int forward(struct fix_client *p, uint32_t ifid, uint32_t s, uint32_t g,
		   bool on)
{
	if (on)
		return mgm_membership_add(p->f->m, p->handle, ifid, sg(s, g),
					  MGM_FORWARD_STATE);
	return mgm_membership_del(p->f->m, p->handle, ifid, sg(s, g),
				  MGM_FORWARD_STATE);
}

static void test_first_packet(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	f->what = FIX_LOG_PLANE;
	assert_int_equal(fix_add(p, C, 0, 1), 0);
	assert_int_equal(fix_add(p, B, 7, 1), 0);
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, A);
	fix_expect(f, "put (7,1) 1: 2,3\ncommit\nrelease (7,1)\n"
		      "put (8,1) 1: 3\ncommit\nrelease (8,1)\n");
}

static void test_nobody_wants_it_is_negative_and_pruned(void **state)
{
	struct fix *f = *state;

	basic(f);
	f->what |= FIX_LOG_PLANE;
	fix_upcall(f, 7, 1, A);
	fix_expect(f, "put (7,1) 1: none\ncommit\nrelease (7,1)\n"
		      "p prune (7,1) 1 mfe\n");
}

static void test_unreachable_source_is_negative(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_add(p, B, 0, 1);
	f->rib[7] = 0;
	fix_upcall(f, 7, 1, A);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_int_equal(mgm_counters(f->m)->no_rib_route, 1);
	/* The route appears: the same entry forwards. */
	f->rib[7] = A;
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

static void test_upcalls_that_are_refused(void **state)
{
	static const struct {
		const char *what;
		uint32_t source, group, arrival;
	} cases[] = {
		{"arrival nobody owns", 0x0a000007, 0xef000001, 9},
		{"link-local group", 0x0a000007, 0xe0000005, A},
		{"no group", 0x0a000007, 0x0a000001, A},
		{"no source", 0, 0xef000001, A},
		{"loopback source", 0x7f000001, 0xef000001, A},
		{"multicast source", 0xef000002, 0xef000001, A},
	};
	struct fix *f = *state;
	size_t i;

	basic(f);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mgm_sg flow =
			mgm_sg_v4((struct in_addr){htonl(cases[i].source)},
				  (struct in_addr){htonl(cases[i].group)});
		struct mgm_mfe_info info = {.size = sizeof(info)};

		f->what = FIX_LOG_PLANE;
		mgm_upcall(f->m, f->now, flow, cases[i].arrival, NULL, 0);
		assert_non_null(strstr(f->log, "dropped"));
		assert_int_equal(mgm_mfe_get(f->m, flow, &info), -ENOENT);
		fix_clear(f);
	}
}

static void test_memberships_change_the_entry_in_place(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_add(p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_line(f, sg(7, 1))->packets = 42;
	fix_clear(f);
	f->what = FIX_LOG_PLANE;
	fix_add(p, C, 7, 1);
	fix_add(p, C, 7, 1); /* idempotent: nothing is written */
	fix_del(p, B, 0, 1);
	fix_del(p, B, 0, 1);
	fix_expect(f, "put (7,1) 1: 2,3\ncommit\nput (7,1) 1: 3\ncommit\n");
	assert_int_equal(fix_line(f, sg(7, 1))->packets, 42);
	fix_add(p, A, 0, 1); /* its own iif is never an oif */
	fix_expect(f, "");
}

static void test_source_filters(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, A);
	assert_int_equal(fix_set(p, B, 1, MGM_EXCLUDE, 1, 7u), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_string_equal(fix_route(f, 8, 1), "1: 2");
	/* The interface wants it if either says so. */
	assert_int_equal(fix_add(p, B, 7, 1), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_int_equal(fix_set(p, B, 1, MGM_INCLUDE, 1, 7u), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_string_equal(fix_route(f, 8, 1), "1: none");
	assert_int_equal(fix_set(p, B, 1, MGM_EXCLUDE, 2, 8u, 8u), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_string_equal(fix_route(f, 8, 1), "1: none");
	assert_int_equal(fix_set(p, B, 1, MGM_INCLUDE, 0), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
}

static void test_wildcard_member_gets_every_flow(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_upcall(f, 7, 1, A);
	assert_int_equal(fix_add(p, C, 0, 0), 0);
	fix_upcall(f, 8, 2, A);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	assert_string_equal(fix_route(f, 8, 2), "1: 3");
	assert_int_equal(fix_del(p, C, 0, 0), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_string_equal(fix_route(f, 8, 2), "1: none");
}

static void test_link_down_takes_the_oif_out(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_add(p, B, 0, 1);
	fix_add(p, C, 0, 1);
	fix_upcall(f, 7, 1, A);
	link_turns(f->m, f->now, B, false);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	link_turns(f->m, f->now, B, true);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	/* Down before it is taken. */
	link_turns(f->m, f->now, 4, false);
	assert_int_equal(fix_take(p, 4), 0);
	fix_add(p, 4, 0, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	link_turns(f->m, f->now, 4, true);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3,4");
}

static void test_rib_change_moves_the_iif_and_tells_both_owners(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_PIM, 0);

	fix_take(q, 5);
	fix_add(p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, A);
	fix_line(f, sg(7, 1))->packets = 5;
	fix_clear(f);
	f->rib[7] = 5;
	f->rib[8] = 5;
	f->what |= FIX_LOG_PLANE;
	v4_rib_changed(f->m, f->now, src_ip(7), 32); /* only that source */
	fix_expect(f, "put (7,1) 5: 2\ncommit\n"
		      "q join (7,1) 5 mfe\np prune (7,1) 5 mfe\n");
	assert_int_equal(fix_line(f, sg(7, 1))->packets, 5);
	v4_rib_changed(f->m, f->now, src_ip(256), 24);
	fix_expect(f, "");
	v4_rib_changed(f->m, f->now, (struct in_addr){0}, 0);
	fix_expect(f, "put (8,1) 5: 2\ncommit\n"
		      "q join (8,1) 5 mfe\np prune (8,1) 5 mfe\n");
}

/* The RIB is asked about many sources in slices; the old answers stand. */
static void test_rib_change_in_slices(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	unsigned int moved = 0;
	struct hash_node *n, *tmp;
	uint32_t i;

	f->what = 0;
	memset(f->rib, 0, sizeof(f->rib));
	for (i = 0; i < 256; i++)
		f->rib[i] = A;
	fix_add(p, B, 0, 1);
	for (i = 1; i <= 3000; i++)
		fix_upcall(f, i, 1, A);
	for (i = 0; i < 256; i++)
		f->rib[i] = C;
	v4_rib_changed(f->m, f->now, (struct in_addr){0}, 0);
	hash_for_each_safe(&f->routes, n, tmp, i)
		moved += hash_entry(n, struct fix_route, node)->iif == C;
	assert_in_range(moved, 0, 1024);
	assert_int_equal(mgm_deadline(f->m), f->now);
	assert_in_range(fix_drain(f), 2, 100);
	moved = 0;
	hash_for_each_safe(&f->routes, n, tmp, i)
		moved += hash_entry(n, struct fix_route, node)->iif == C;
	assert_int_equal(moved, 3000);
	assert_true(mgm_deadline(f->m) > f->now);
}

/* RPF before creation before the first forwarded packet. */
static void test_requests_in_order(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p-ask", XMGM_OWNER_PIM, 0);
	struct fix_client *q = fix_client(f, "q-ask", XMGM_OWNER_DVMRP, 0);
	struct mgm_mfe_info info = {.size = sizeof(info)};

	f->rib[7] = A;
	fix_take(p, A);
	fix_take(p, 4);
	fix_take(q, B);
	fix_take(q, C);
	fix_add(q, B, 0, 1);
	fix_add(q, C, 0, 1);
	fix_clear(f);
	f->what |= FIX_LOG_PLANE;
	fix_upcall(f, 7, 1, A);
	fix_expect(f, "p-ask rpf (7,1) from 1 iif 1\n");
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.state, MGM_STATE_PENDING);
	/* It may name another interface, but only one it owns. */
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, B, src_ip(0)),
			 -EINVAL);
	assert_int_equal(v4_rpf_reply(f->m, q->handle, p->token, B, src_ip(0)),
			 -ENOENT);
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, 4, src_ip(99)),
			 0);
	fix_expect(f, "q-ask creation (7,1) iif 4 oifs 2 3\n");
	fix_upcall(f, 7, 1, A); /* asked already */
	fix_expect(f, "");
	assert_int_equal(mgm_creation_reply(
				 f->m, q->handle, q->token,
				 (struct mgm_creation_oif[]){{C, false, false}},
				 1),
			 0);
	fix_expect(f, "put (7,1) 4: 2\ncommit\nrelease (7,1)\n");
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(v4_address(&info.upstream).s_addr, src_ip(99).s_addr);
	assert_int_equal(info.owner, XMGM_OWNER_PIM);
	assert_int_equal(mgm_creation_reply(f->m, q->handle, q->token, NULL, 0),
			 -ENOENT);
}

/* What changes while the owners are being asked is looked at afterwards. */
static void test_rib_changes_during_a_request(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p-ask", XMGM_OWNER_PIM, 0);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0);

	f->rib[7] = A;
	fix_take(p, A);
	fix_take(q, B);
	fix_take(q, C);
	fix_add(q, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	f->rib[7] = C;
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	fix_add(q, C, 0, 1);
	assert_string_equal(fix_route(f, 7, 1), "-");
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, A, src_ip(0)),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "3: 2");
}

/* An oif that comes while owners are being asked is asked about, too. */
static void test_late_oif_is_asked_about(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_PIM, 0);
	struct fix_client *q = fix_client(f, "q-ask", XMGM_OWNER_DVMRP, 0);
	struct fix_client *r = fix_client(f, "r-ask", XMGM_OWNER_STATIC, 0);

	f->rib[7] = A;
	fix_take(p, A);
	fix_take(q, B);
	fix_take(q, C);
	fix_take(r, 4);
	fix_add(q, B, 0, 1);
	fix_clear(f);
	fix_upcall(f, 7, 1, A);
	fix_expect(f, "q-ask creation (7,1) iif 1 oifs 2\n");
	fix_add(q, C, 7, 1);
	fix_add(r, 4, 7, 1);
	fix_clear(f);
	f->now += 50;
	assert_int_equal(mgm_creation_reply(f->m, q->handle, q->token, NULL, 0),
			 0);
	fix_expect(f, "q-ask creation (7,1) iif 1 oifs 3\n"
		      "r-ask creation (7,1) iif 1 oifs 4\n");
	assert_int_equal(mgm_creation_reply(
				 f->m, q->handle, q->token,
				 (struct mgm_creation_oif[]){{C, false, false}},
				 1),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "-");
	fix_tick(f, 149);
	assert_string_equal(fix_route(f, 7, 1), "-");
	fix_tick(f, 1); /* r is silent: 200 ms are over */
	assert_string_equal(fix_route(f, 7, 1), "1: 2,4");
}

/* Each of the owners has its time, whoever is asked first. */
static void test_all_owners_have_time_after_a_silent_rpf(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p-ask", XMGM_OWNER_PIM, 0);
	struct fix_client *q = fix_client(f, "q-ask", XMGM_OWNER_DVMRP, 0);
	struct fix_client *r = fix_client(f, "r-ask", XMGM_OWNER_STATIC, 0);

	f->rib[7] = A;
	fix_take(p, A);
	fix_take(q, B);
	fix_take(r, C);
	fix_add(q, B, 0, 1);
	fix_add(r, C, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_clear(f);
	fix_tick(f, 500); /* late, by our own fault */
	fix_expect(f, "q-ask creation (7,1) iif 1 oifs 2\n"
		      "r-ask creation (7,1) iif 1 oifs 3\n");
	fix_tick(f, 99);
	assert_int_equal(mgm_creation_reply(
				 f->m, r->handle, r->token,
				 (struct mgm_creation_oif[]){{C, false, false}},
				 1),
			 0);
	fix_tick(f, 1);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

/* The one who owns an oif now is asked, whoever was asked before. */
static void test_oif_with_a_new_owner_is_asked_about(void **state)
{
	struct fix *f = *state;
	struct fix_client *q = fix_client(f, "q-ask", XMGM_OWNER_DVMRP, 0);
	struct fix_client *r = fix_client(f, "r-ask", XMGM_OWNER_PIM, 0);

	basic(f);
	fix_take(q, 4);
	fix_take(q, 5);
	fix_add(q, 4, 0, 1);
	fix_add(q, 5, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_clear(f);
	assert_int_equal(fix_transfer(q, 4, r), 0);
	fix_clear(f);
	/* Its refusal is not its to give any more. */
	assert_int_equal(mgm_creation_reply(
				 f->m, q->handle, q->token,
				 (struct mgm_creation_oif[]){{4, false, false}},
				 1),
			 0);
	fix_expect(f, "r-ask creation (7,1) iif 1 oifs 4\n");
	assert_int_equal(mgm_creation_reply(f->m, r->handle, r->token, NULL, 0),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 4,5");
}

/* Also who registers in the place of one that was asked, and is gone. */
static void test_oif_of_a_newcomer_is_asked_about(void **state)
{
	struct fix *f = *state;
	struct fix_client *q = fix_client(f, "q-ask", XMGM_OWNER_DVMRP, 0);
	struct fix_client *r = fix_client(f, "r-ask", XMGM_OWNER_PIM, 0), *s;

	basic(f);
	fix_take(q, 4);
	fix_take(r, 5);
	fix_add(q, 4, 0, 1);
	fix_add(r, 5, 0, 1);
	fix_upcall(f, 7, 1, A);
	mgm_client_dead(f->m, q->handle);
	s = fix_client(f, "s-ask", XMGM_OWNER_DVMRP, 1);
	assert_int_equal(fix_take(s, 4), 0);
	fix_add(s, 4, 0, 1);
	fix_clear(f);
	assert_int_equal(mgm_creation_reply(f->m, r->handle, r->token, NULL, 0),
			 0);
	fix_expect(f, "s-ask creation (7,1) iif 1 oifs 4\n");
}

static void test_rpf_reply_without_iif_is_negative(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p-ask", XMGM_OWNER_PIM, 0);

	f->rib[7] = A;
	fix_take(p, A);
	fix_take(p, B);
	fix_add(p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, 0, src_ip(0)),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
}

/* Of two questions about an entry the answer to the second one counts. */
static void test_old_rpf_request_of_a_live_entry(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p-ask", XMGM_OWNER_PIM, 0);
	uint64_t old;

	f->rib[7] = A;
	for (uint32_t i = 1; i <= 4; i++)
		fix_take(p, i);
	fix_upcall(f, 7, 1, A);
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, A, src_ip(0)),
			 0);
	f->rib[7] = B;
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	old = p->token;
	f->rib[7] = C;
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	assert_int_not_equal(p->token, old);
	assert_int_equal(v4_rpf_reply(f->m, p->handle, old, B, src_ip(0)),
			 -ENOENT);
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, 4, src_ip(0)),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "4: none");
	fix_tick(f, 200);
	assert_string_equal(fix_route(f, 7, 1), "4: none");
	assert_int_equal(mgm_counters(f->m)->request_timeouts, 0);
}

/* Packets are held for an entry until it is there; if it dies they go. */
static void test_held_packets_of_an_entry_that_dies(void **state)
{
	struct fix *f = fix_new(&(struct mgm_limits){.negative = 1});
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q-ask", XMGM_OWNER_DVMRP, 0);

	(void)state;
	/* While owners are being asked, of the RPF interface or of oifs. */
	f->what = FIX_LOG_PLANE;
	fix_take(q, 5);
	fix_add(q, 5, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_clear(f);
	assert_int_equal(fix_release(p, A), 0);
	fix_expect(f, "release (7,1) dropped\ngone 1\n");
	/* Two are made in one call, and there is room for one. */
	fix_take(q, A);
	fix_upcall(f, 7, 2, A);
	fix_upcall(f, 8, 2, A);
	fix_clear(f);
	fix_tick(f, 100);
	fix_expect(f, "put (7,2) 1: none\nput (8,2) 1: none\n"
		      "del (7,2)\nrelease (7,2) dropped\ncommit\n"
		      "release (8,2)\n");
	fix_free(f);
}

/* A veto of the only oif gives a negative entry and one prune. */
static void test_veto_of_the_only_oif(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_PIM, 0);
	struct fix_client *q = fix_client(f, "q-ask", XMGM_OWNER_DVMRP, 0);

	f->rib[7] = A;
	fix_take(p, A);
	fix_take(q, B);
	fix_add(q, B, 0, 1);
	fix_clear(f);
	fix_upcall(f, 7, 1, A);
	assert_int_equal(mgm_creation_reply(
				 f->m, q->handle, q->token,
				 (struct mgm_creation_oif[]){{B, false, false}},
				 1),
			 0);
	fix_expect(f, "q-ask creation (7,1) iif 1 oifs 2\n"
		      "p prune (7,1) 1 mfe\n");
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	/* The owner joins: its veto is void. */
	assert_int_equal(fix_add(q, B, 7, 1), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

static void test_silent_client_gets_the_default(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p-ask", XMGM_OWNER_PIM, 0);
	struct fix_client *q = fix_client(f, "q-ask", XMGM_OWNER_DVMRP, 0);

	f->rib[7] = A;
	fix_take(p, A);
	fix_take(q, B);
	fix_add(q, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	assert_int_equal(mgm_deadline(f->m), f->now + 100);
	fix_clear(f);
	fix_tick(f, 99);
	fix_expect(f, "");
	fix_tick(f, 1);
	fix_expect(f, "q-ask creation (7,1) iif 1 oifs 2\n");
	assert_int_equal(mgm_deadline(f->m), f->now + 100);
	fix_tick(f, 99);
	assert_string_equal(fix_route(f, 7, 1), "-");
	fix_tick(f, 1); /* 200 ms in all */
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_int_equal(mgm_counters(f->m)->request_timeouts, 2);
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, A, src_ip(0)),
			 -ENOENT);
}

static void test_client_dies_with_requests_open(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p-ask", XMGM_OWNER_PIM, 0);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0);

	f->rib[7] = A;
	f->rib[8] = A;
	fix_take(p, B);
	fix_take(q, A);
	fix_take(q, C);
	fix_add(p, B, 0, 1);
	fix_add(q, C, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, A);
	mgm_client_dead(f->m, p->handle);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	assert_string_equal(fix_route(f, 8, 1), "1: 3");
}

static void test_forward_state_overrides(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_PIM, 0);

	fix_add(p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	assert_int_equal(mgm_membership_del(f->m, p->handle, B, sg(7, 1),
					    MGM_FORWARD_STATE),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_int_equal(mgm_membership_add(f->m, p->handle, C, sg(7, 1),
					    MGM_FORWARD_STATE),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	assert_int_equal(mgm_membership_add(f->m, p->handle, B, sg(7, 1),
					    MGM_FORWARD_STATE),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	assert_int_equal(mgm_membership_add(f->m, p->handle, B, sg(9, 1),
					    MGM_FORWARD_STATE),
			 -ENOENT);
	assert_int_equal(mgm_membership_add(f->m, p->handle, B, sg(0, 1),
					    MGM_FORWARD_STATE),
			 -EINVAL);
	assert_int_equal(mgm_membership_add(f->m, q->handle, B, sg(7, 1),
					    MGM_FORWARD_STATE),
			 -EINVAL);
	/* The override is the owner's: it goes with it. */
	assert_int_equal(fix_release(p, C), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
}

/* What the owner sets says what it wants of every flow of the group. */
static void test_set_voids_overrides(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	assert_int_equal(fix_set(p, B, 1, MGM_EXCLUDE, 0), 0);
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, A);
	assert_int_equal(forward(p, B, 7, 1, false), 0);
	assert_int_equal(forward(p, C, 7, 1, true), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	/* The same again, as a protocol does that refreshes its state. */
	assert_int_equal(fix_set(p, B, 1, MGM_EXCLUDE, 0), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2,3");
	assert_int_equal(fix_set(p, C, 1, MGM_INCLUDE, 0), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	/* Those that say what the set says stay, and those of others. */
	assert_int_equal(forward(p, B, 7, 1, false), 0);
	assert_int_equal(fix_set(p, B, 1, MGM_EXCLUDE, 1, 7u), 0);
	assert_int_equal(fix_add(p, B, 0, 0), 0);
	assert_string_equal(fix_route(f, 8, 1), "1: 2");
	assert_int_equal(forward(p, B, 7, 1, false), 0);
	assert_int_equal(fix_set(p, B, 2, MGM_EXCLUDE, 0), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	assert_int_equal(fix_set(p, C, 1, MGM_INCLUDE, 1, 7u), 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
}

static void test_negative_entries_age(void **state)
{
	struct fix *f = *state;
	struct fix_client *igmp = fix_igmp(f);
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_PIM, 0);

	f->rib[7] = A;
	f->rib[8] = B;
	f->rib[9] = B;
	fix_take(igmp, A);
	fix_take(p, B);
	fix_upcall(f, 7, 1, A); /* nobody is pruned: 10 s */
	fix_upcall(f, 8, 1, B); /* the owner's default: 900 s */
	p->prune_timeout_ms = 60000;
	fix_upcall(f, 9, 1, B); /* the owner's word */
	fix_tick(f, 9000);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	fix_tick(f, 2000);
	assert_string_equal(fix_route(f, 7, 1), "-");
	fix_tick(f, 48000);
	assert_string_equal(fix_route(f, 9, 1), "2: none");
	fix_tick(f, 2000);
	assert_string_equal(fix_route(f, 9, 1), "-");
	fix_tick(f, 838000);
	assert_string_equal(fix_route(f, 8, 1), "2: none");
	fix_tick(f, 3000);
	assert_string_equal(fix_route(f, 8, 1), "-");
}

/* Only the owner of the iif says how long a pruned MFE lives. */
static void test_timeout_is_the_iif_owners_word(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_PIM, 0);
	struct mgm_mfe_info info = {.size = sizeof(info)};

	fix_take(q, 5);
	fix_upcall(f, 7, 1, A);
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.expires_ms, MGM_PRUNE_TIMEOUT_MS);
	assert_int_equal(mgm_mfe_set_timeout(f->m, q->handle, sg(7, 1), 5000),
			 -EINVAL);
	assert_int_equal(mgm_mfe_set_timeout(f->m, NULL, sg(7, 1), 5000),
			 -EINVAL);
	assert_int_equal(mgm_mfe_set_timeout(f->m, p->handle, sg(8, 1), 5000),
			 -ENOENT);
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.expires_ms, MGM_PRUNE_TIMEOUT_MS);
	/* Long after the alert as well, and more than once. */
	fix_tick(f, 100000);
	assert_int_equal(mgm_mfe_set_timeout(f->m, p->handle, sg(7, 1), 5000),
			 0);
	assert_int_equal(mgm_mfe_set_timeout(f->m, p->handle, sg(7, 1), 7000),
			 0);
	fix_tick(f, 6000);
	assert_string_equal(fix_route(f, 7, 1), "1: none");
	fix_tick(f, 2000);
	assert_string_equal(fix_route(f, 7, 1), "-");
}

/* What forwards lives while it is used, what is static while its route. */
static void test_timeout_is_of_negative_entries_alone(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct mgm_mfe_info info = {.size = sizeof(info)};

	fix_upcall(f, 7, 1, A);
	assert_int_equal(mgm_mfe_set_timeout(f->m, p->handle, sg(7, 1), 5000),
			 0);
	fix_add(p, B, 0, 1);
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.expires_ms, 210000);
	assert_int_equal(mgm_mfe_set_timeout(f->m, p->handle, sg(7, 1), 5000),
			 -ENOENT);
	assert_int_equal(
		mgm_route_put(f->m, p->handle, sg(8, 2), A, NULL, 0, 0), 0);
	assert_string_equal(fix_route(f, 8, 2), "1: none static");
	assert_int_equal(mgm_mfe_set_timeout(f->m, p->handle, sg(8, 2), 5000),
			 -ENOENT);
	fix_tick(f, 10000);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	assert_string_equal(fix_route(f, 8, 2), "1: none static");
}

static void test_unused_entries_age(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct mgm_mfe_info info = {.size = sizeof(info)};

	fix_add(p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, A);
	fix_tick(f, 100000);
	fix_line(f, sg(8, 1))->last_used_ms = f->now;
	fix_tick(f, 109000);
	assert_string_equal(fix_route(f, 7, 1), "1: 2");
	fix_tick(f, 2000);
	assert_string_equal(fix_route(f, 7, 1), "-");
	assert_string_equal(fix_route(f, 8, 1), "1: 2");
	assert_int_equal(mgm_mfe_get(f->m, sg(8, 1), &info), 0);
	assert_int_equal(info.expires_ms, 99000);
	assert_int_equal(info.uptime_ms, 211000);
	fix_tick(f, 100000);
	assert_string_equal(fix_route(f, 8, 1), "-");
}

/* A tick looks at a bounded number; the rest is due at once. */
static void test_aging_in_slices(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	uint32_t left;

	f->what = 0;
	for (uint32_t i = 1; i <= 5000; i++)
		fix_upcall(f, 7, i, A);
	assert_int_equal(f->routes.count, 5000);
	mgm_client_dead(f->m, p->handle); /* drops all of them */
	fix_drain(f);
	assert_int_equal(f->routes.count, 0);
	p = fix_client(f, "r", XMGM_OWNER_DVMRP, 0);
	fix_take(p, A);
	p->prune_timeout_ms = 1;
	for (uint32_t i = 1; i <= 5000; i++)
		fix_upcall(f, 7, i, A);
	f->now += 2000;
	assert_true(mgm_tick(f->m, f->now) <= f->now);
	left = f->routes.count;
	assert_true(left > 0 && left < 5000);
	fix_drain(f);
	assert_int_equal(f->routes.count, 0);
}

static void test_wrong_interface(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_PIM, 0);
	static const uint8_t packet[300];

	fix_take(q, 5);
	fix_add(p, B, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_clear(f);
	f->what |= FIX_LOG_EVENTS;
	mgm_wrong_if(f->m, f->now, sg(7, 1), 5, packet, sizeof(packet));
	fix_expect(f, "event wrong-if 5 (7,1) nobody 0\n"
		      "q wrong-if (7,1) on 5 not 1, 256 bytes\n");
	mgm_wrong_if(f->m, f->now + 999, sg(7, 1), 5, packet, 20);
	fix_expect(f, "");
	mgm_wrong_if(f->m, f->now + 1000, sg(7, 1), B, packet, 20);
	fix_expect(f, "event wrong-if 2 (7,1) nobody 0\n"
		      "p wrong-if (7,1) on 2 not 1, 20 bytes\n");
	mgm_wrong_if(f->m, f->now + 3000, sg(7, 1), A, packet, 20);
	mgm_wrong_if(f->m, f->now + 3000, sg(9, 1), 5, packet, 20);
	mgm_wrong_if(f->m, f->now + 3000, sg(7, 1), 77, packet, 20);
	fix_expect(f, "");
}

/* One arrival does not use up what another is due. */
static void test_wrong_interface_limit_is_of_each_arrival(void **state)
{
	struct fix *f = *state;
	struct fix_client *q = fix_client(f, "q", XMGM_OWNER_PIM, 0);

	basic(f);
	fix_take(q, 5);
	fix_upcall(f, 7, 1, A);
	fix_clear(f);
	for (int i = 0; i < 3; i++) {
		for (int twice = 0; twice < 2; twice++) {
			mgm_wrong_if(f->m, f->now, sg(7, 1), B, NULL, 0);
			mgm_wrong_if(f->m, f->now, sg(7, 1), 5, NULL, 0);
			mgm_wrong_if(f->m, f->now, sg(7, 1), C, NULL, 0);
		}
		fix_expect(f, "p wrong-if (7,1) on 2 not 1, 0 bytes\n"
			      "q wrong-if (7,1) on 5 not 1, 0 bytes\n"
			      "p wrong-if (7,1) on 3 not 1, 0 bytes\n");
		f->now += 1000;
	}
}

/* What goes with an interface was there when it went, not moved there. */
static void test_entry_moved_to_a_vanished_interface_stays(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = fix_client(f, "p-ask", XMGM_OWNER_PIM, 0);

	f->rib[7] = B;
	fix_take(p, A);
	fix_take(p, B);
	fix_take(p, C);
	fix_add(p, C, 0, 1);
	fix_upcall(f, 7, 1, A);
	assert_int_equal(v4_rpf_reply(f->m, p->handle, p->token, A, src_ip(0)),
			 0);
	assert_int_equal(mgm_creation_reply(f->m, p->handle, p->token, NULL, 0),
			 0);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	/* Nobody is left to say another iif than the RIB's. */
	mgm_interface_gone(f->m, f->now, B);
	assert_string_equal(fix_route(f, 7, 1), "2: none");
	mgm_interface_gone(f->m, f->now, B); /* nobody's by now */
	assert_string_equal(fix_route(f, 7, 1), "-");
}

static void test_interface_vanishes(void **state)
{
	struct fix *f = *state;
	struct fix_client *p = basic(f);

	fix_add(p, B, 0, 1);
	fix_add(p, C, 0, 1);
	fix_upcall(f, 7, 1, A);
	f->what = FIX_LOG_PLANE;
	fix_clear(f);
	mgm_interface_gone(f->m, f->now, B);
	fix_expect(f, "put (7,1) 1: 3\ncommit\ngone 2\n");
	mgm_interface_gone(f->m, f->now, A);
	fix_expect(f, "del (7,1)\ncommit\ngone 1\n");
	assert_int_equal(fix_add(p, B, 0, 1), -ENOENT);
	assert_int_equal(fix_take(p, B), 0);
}

static const struct CMUnitTest tests[] = {
	fix_test(test_first_packet),
	fix_test(test_nobody_wants_it_is_negative_and_pruned),
	fix_test(test_unreachable_source_is_negative),
	fix_test(test_upcalls_that_are_refused),
	fix_test(test_memberships_change_the_entry_in_place),
	fix_test(test_source_filters),
	fix_test(test_wildcard_member_gets_every_flow),
	fix_test(test_link_down_takes_the_oif_out),
	fix_test(test_rib_change_moves_the_iif_and_tells_both_owners),
	fix_test(test_rib_change_in_slices),
	fix_test(test_requests_in_order),
	fix_test(test_rib_changes_during_a_request),
	fix_test(test_late_oif_is_asked_about),
	fix_test(test_all_owners_have_time_after_a_silent_rpf),
	fix_test(test_oif_with_a_new_owner_is_asked_about),
	fix_test(test_oif_of_a_newcomer_is_asked_about),
	fix_test(test_rpf_reply_without_iif_is_negative),
	fix_test(test_old_rpf_request_of_a_live_entry),
	cmocka_unit_test(test_held_packets_of_an_entry_that_dies),
	fix_test(test_veto_of_the_only_oif),
	fix_test(test_silent_client_gets_the_default),
	fix_test(test_client_dies_with_requests_open),
	fix_test(test_forward_state_overrides),
	fix_test(test_set_voids_overrides),
	fix_test(test_negative_entries_age),
	fix_test(test_timeout_is_the_iif_owners_word),
	fix_test(test_timeout_is_of_negative_entries_alone),
	fix_test(test_unused_entries_age),
	fix_test(test_aging_in_slices),
	fix_test(test_wrong_interface),
	fix_test(test_wrong_interface_limit_is_of_each_arrival),
	fix_test(test_entry_moved_to_a_vanished_interface_stays),
	fix_test(test_interface_vanishes),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
