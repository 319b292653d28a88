/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager's tables: limits and their counters, bad arguments, reading in
 * order, the ordered index itself.
 */
#include "mgm_fixture.h"

#include "lib/tree.h"
#include "v4.h"

#define A 1u
#define B 2u

static struct fix *small(const struct mgm_limits *limits, struct fix_client **p)
{
	struct fix *f = fix_new(limits);

	*p = fix_client(f, "p", XMGM_OWNER_PIM, 0);
	assert_int_equal(fix_take(*p, A), 0);
	assert_int_equal(fix_take(*p, B), 0);
	for (int i = 0; i < 256; i++)
		f->rib[i] = A;
	f->what = 0;
	return f;
}

static void test_limit_of_clients(void **state)
{
	static const struct mgm_callbacks none = {.size = sizeof(none)};
	struct mgm_limits limits = {.clients = 3};
	struct fix_client *p;
	struct fix *f = small(&limits, &p);
	struct mgm_registration r = {.size = sizeof(r),
				     .protocol = 9,
				     .name = "x",
				     .callbacks = &none};
	struct mgm_client *h, *last = NULL;

	(void)state;
	for (r.component = 0; r.component < 2; r.component++)
		assert_int_equal(mgm_register(f->m, &r, &last), 0);
	assert_int_equal(mgm_register(f->m, &r, &h), -ENOSPC);
	assert_int_equal(mgm_counters(f->m)->limit_clients, 1);
	assert_int_equal(mgm_deregister(f->m, last), 0);
	assert_int_equal(mgm_register(f->m, &r, &h), 0);
	fix_check(f);
	fix_free(f);
}

static void test_limit_of_interfaces(void **state)
{
	struct mgm_limits limits = {.interfaces = 3};
	struct fix_client *p;
	struct fix *f = small(&limits, &p);

	(void)state;
	assert_int_equal(fix_take(p, 3), 0);
	assert_int_equal(fix_take(p, 4), -ENOSPC);
	assert_int_equal(mgm_counters(f->m)->limit_interfaces, 1);
	mgm_interface_gone(f->m, f->now, 3);
	assert_int_equal(fix_take(p, 4), 0);
	fix_free(f);
}

static void test_limit_of_memberships(void **state)
{
	struct mgm_limits limits = {.memberships = 4};
	struct fix_client *p;
	struct fix *f = small(&limits, &p);

	(void)state;
	assert_int_equal(fix_set(p, B, 1, MGM_EXCLUDE, 2, 7u, 8u), 0);
	assert_int_equal(fix_set(p, B, 2, MGM_INCLUDE, 2, 7u, 8u), -ENOSPC);
	assert_int_equal(fix_add(p, B, 0, 2), 0);
	assert_int_equal(fix_add(p, A, 9, 1), -ENOSPC);
	assert_int_equal(fix_add(p, A, 0, 0), -ENOSPC);
	assert_int_equal(mgm_counters(f->m)->limit_memberships, 3);
	/* What is there may change, and shrink. */
	assert_int_equal(fix_set(p, B, 1, MGM_INCLUDE, 3, 7u, 8u, 9u), 0);
	assert_int_equal(fix_set(p, B, 1, MGM_INCLUDE, 0), 0);
	assert_int_equal(fix_set(p, B, 3, MGM_INCLUDE, 3, 7u, 8u, 9u), 0);
	assert_int_equal(fix_release(p, B), 0);
	assert_int_equal(fix_set(p, A, 1, MGM_INCLUDE, 4, 1u, 2u, 3u, 4u), 0);
	fix_free(f);
}

static void test_limit_of_mfes(void **state)
{
	struct mgm_limits limits = {.mfes = 3};
	struct fix_client *p;
	struct fix *f = small(&limits, &p);

	(void)state;
	fix_add(p, B, 0, 1);
	fix_upcall(f, 1, 1, A);
	fix_upcall(f, 2, 2, A); /* negative */
	fix_upcall(f, 3, 1, A);
	fix_upcall(f, 4, 1, A); /* the negative one makes room */
	assert_string_equal(fix_route(f, 2, 2), "-");
	assert_string_equal(fix_route(f, 4, 1), "1: 2");
	f->what = FIX_LOG_PLANE;
	fix_upcall(f, 5, 1, A);
	fix_expect(f, "release (5,1) dropped\n");
	assert_int_equal(mgm_counters(f->m)->limit_mfes, 1);
	assert_int_equal(mgm_route_put(f->m, p->handle, sg(6, 1), A, NULL, 0,
				       0),
			 -ENOSPC);
	fix_check(f);
	fix_free(f);
}

static void test_limit_of_negative_mfes(void **state)
{
	struct mgm_limits limits = {.negative = 2};
	struct fix_client *p;
	struct fix *f = small(&limits, &p);

	(void)state;
	for (uint32_t s = 1; s <= 4; s++)
		fix_upcall(f, s, 1, A);
	assert_int_equal(f->routes.count, 2);
	assert_string_equal(fix_route(f, 1, 1), "-");
	assert_string_equal(fix_route(f, 4, 1), "1: none");
	assert_int_equal(mgm_counters(f->m)->limit_negative, 2);
	/* Entries that become negative count, static ones do not. */
	assert_int_equal(
		mgm_route_put(f->m, p->handle, sg(8, 2), A, NULL, 0, 0), 0);
	assert_int_equal(f->routes.count, 3);
	fix_add(p, B, 0, 3);
	fix_upcall(f, 5, 3, A);
	fix_del(p, B, 0, 3);
	assert_string_equal(fix_route(f, 3, 1), "-");
	assert_string_equal(fix_route(f, 5, 3), "1: none");
	fix_check(f);
	fix_free(f);
}

static void test_limit_of_oifs(void **state)
{
	struct mgm_limits limits = {.oifs = 2};
	struct fix_client *p;
	struct fix *f = small(&limits, &p);

	(void)state;
	for (uint32_t i = 3; i <= 5; i++) {
		assert_int_equal(fix_take(p, i), 0);
		assert_int_equal(fix_add(p, i, 0, 1), 0);
	}
	fix_upcall(f, 1, 1, A);
	assert_string_equal(fix_route(f, 1, 1), "1: 3,4");
	assert_true(mgm_counters(f->m)->limit_oifs > 0);
	fix_free(f);
}

static void test_bad_memberships(void **state)
{
	static const struct {
		const char *what;
		uint32_t ifid, source, group;
		unsigned int flags;
		int add, del;
	} cases[] = {
		{"link-local group", B, 0, 0xe0000001, 1, -EINVAL, -EINVAL},
		{"last of link-local", B, 0, 0xe00000ff, 1, -EINVAL, -EINVAL},
		{"first after link-local", B, 0, 0xe0000100, 1, 0, 0},
		{"last group", B, 0, 0xefffffff, 1, 0, 0},
		{"unicast group", B, 0, 0x0a000001, 1, -EINVAL, -EINVAL},
		{"class E", B, 0, 0xf0000000, 1, -EINVAL, -EINVAL},
		{"source without group", B, 0x0a000001, 0, 1, -EINVAL, -EINVAL},
		{"multicast source", B, 0xe1000001, 0xef000001, 1, -EINVAL,
		 -EINVAL},
		{"loopback source", B, 0x7f000001, 0xef000001, 1, -EINVAL,
		 -EINVAL},
		{"no flag", B, 0, 0xef000001, 0, -EINVAL, -EINVAL},
		{"unknown flag", B, 0, 0xef000001, 5, -EINVAL, -EINVAL},
		{"unknown interface", 99, 0, 0xef000001, 1, -ENOENT, -ENOENT},
		{"another's interface", 50, 0, 0xef000001, 1, -EINVAL, -EINVAL},
	};
	struct fix_client *p, *q;
	struct fix *f = small(NULL, &p);
	uint64_t refused = mgm_counters(f->m)->calls_refused;

	(void)state;
	q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0);
	fix_take(q, 50);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mgm_sg flow =
			mgm_sg_v4((struct in_addr){htonl(cases[i].source)},
				  (struct in_addr){htonl(cases[i].group)});

		assert_int_equal(mgm_membership_add(f->m, p->handle,
						    cases[i].ifid, flow,
						    cases[i].flags),
				 cases[i].add);
		assert_int_equal(mgm_membership_del(f->m, p->handle,
						    cases[i].ifid, flow,
						    cases[i].flags),
				 cases[i].del);
		refused += (cases[i].add != 0) + (cases[i].del != 0);
	}
	assert_int_equal(mgm_counters(f->m)->calls_refused, refused);
	assert_int_equal(fix_set(p, B, 1, (enum mgm_filter)7, 0), -EINVAL);
	assert_int_equal(fix_set(p, 99, 1, MGM_INCLUDE, 0), -ENOENT);
	assert_int_equal(fix_set(p, 99, 1, MGM_EXCLUDE, 0), -ENOENT);
	assert_int_equal(v4_membership_set(f->m, p->handle, B, grp_ip(1),
					   MGM_INCLUDE, NULL, 1),
			 -EINVAL);
	assert_int_equal(fix_take(p, 0), -EINVAL);
	fix_free(f);
}

/* By group, then by source; the start need not exist. */
static void test_mfes_in_order(void **state)
{
	static const uint32_t flows[][2] = {{9, 3},   {1, 200}, {7, 3},
					    {200, 1}, {8, 3},	{3, 1}};
	static const uint32_t order[][2] = {{3, 1}, {200, 1}, {7, 3},
					    {8, 3}, {9, 3},   {1, 200}};
	struct mgm_sg at = MGM_SG_ANY;
	struct mgm_mfe_info info = {.size = sizeof(info)};
	struct fix_client *p;
	struct fix *f = small(NULL, &p);

	(void)state;
	assert_int_equal(mgm_mfe_next(f->m, at, &info), -ENOENT);
	for (size_t i = 0; i < 6; i++)
		fix_upcall(f, flows[i][0], flows[i][1], A);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(mgm_mfe_next(f->m, at, &info), 0);
		at = sg(order[i][0], order[i][1]);
		assert_int_equal(v4_of(&info.flow.source).s_addr,
				 v4_of(&at.source).s_addr);
		assert_int_equal(v4_of(&info.flow.group).s_addr,
				 v4_of(&at.group).s_addr);
	}
	assert_int_equal(mgm_mfe_next(f->m, at, &info), -ENOENT);
	assert_int_equal(mgm_mfe_next(f->m, sg(50, 2), &info), 0);
	assert_int_equal(v4_of(&info.flow.group).s_addr, grp_ip(3).s_addr);
	at = mgm_sg_v4((struct in_addr){0xffffffff}, grp_ip(3));
	assert_int_equal(mgm_mfe_next(f->m, at, &info), 0);
	assert_int_equal(v4_of(&info.flow.group).s_addr, grp_ip(200).s_addr);
	at = mgm_sg_v4((struct in_addr){0xffffffff},
		       (struct in_addr){0xffffffff});
	assert_int_equal(mgm_mfe_next(f->m, at, &info), -ENOENT);
	fix_free(f);
}

static void test_mfe_as_read(void **state)
{
	struct fix_client *p, *q;
	struct mgm_mfe_oif oifs[MGM_OIFS] = {{.size = sizeof(oifs[0])}};
	struct mgm_mfe_info info = {
		.size = sizeof(info), .oifs = oifs, .oif_room = MGM_OIFS};
	struct fix *f = small(NULL, &p);

	(void)state;
	q = fix_client(f, "q", XMGM_OWNER_DVMRP, 0);
	fix_take(p, 3);
	fix_add(p, B, 0, 1);
	fix_add(p, 3, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_line(f, sg(7, 1))->packets = 12;
	fix_line(f, sg(7, 1))->last_used_ms = f->now + 4000;
	fix_tick(f, 5000);
	assert_int_equal(v4_set_upstream(f->m, p->handle, sg(7, 1), src_ip(77)),
			 0);
	assert_int_equal(v4_set_upstream(f->m, q->handle, sg(7, 1), src_ip(78)),
			 -EINVAL);
	assert_int_equal(v4_set_upstream(f->m, p->handle, sg(8, 1), src_ip(78)),
			 -ENOENT);
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.iif, A);
	assert_int_equal(info.owner, XMGM_OWNER_PIM);
	assert_int_equal(v4_address(&info.upstream).s_addr, src_ip(77).s_addr);
	assert_int_equal(info.state, MGM_STATE_FORWARDING);
	assert_false(info.is_static);
	assert_int_equal(info.packets, 12);
	assert_int_equal(info.bytes, 1200);
	assert_int_equal(info.uptime_ms, 5000);
	assert_int_equal(info.expires_ms, 209000);
	assert_int_equal(info.oif_count, 2);
	assert_int_equal(info.oifs[0].ifid, B);
	assert_int_equal(info.oifs[1].ifid, 3);
	/* No more than there is room for; how many there are all the same. */
	oifs[1].ifid = 99;
	info.oif_room = 1;
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.oif_count, 2);
	assert_int_equal(oifs[0].ifid, B);
	assert_int_equal(oifs[1].ifid, 99);
	info.oifs = NULL;
	info.oif_room = MGM_OIFS;
	assert_int_equal(mgm_mfe_next(f->m, MGM_SG_ANY, &info), 0);
	assert_int_equal(info.oif_count, 2);
	fix_free(f);
}

/* The plane counts for all flows with these oifs together. */
static void test_oifs_as_read(void **state)
{
	struct {
		struct mgm_mfe_oif known;
		uint64_t later;
	} oifs[3];
	struct mgm_mfe_info info = {
		.size = sizeof(info), .oifs = &oifs[0].known, .oif_room = 3};
	struct fix_client *p;
	struct fix *f = small(NULL, &p);

	(void)state;
	fix_take(p, 3);
	fix_add(p, B, 0, 1);
	fix_add(p, 3, 0, 1);
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 8, 1, A);
	fix_line(f, sg(7, 1))->packets = 12;
	fix_line(f, sg(8, 1))->packets = 5;
	memset(oifs, 0xff, sizeof(oifs));
	oifs[0].known.size = sizeof(oifs[0]);
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	for (uint32_t i = 0; i < 2; i++) {
		assert_int_equal(oifs[i].known.size, sizeof(oifs[0]));
		assert_int_equal(oifs[i].known.ifid, B + i);
		assert_int_equal(oifs[i].known.packets, 17);
		assert_int_equal(oifs[i].known.bytes, 1700);
		assert_int_equal(oifs[i].later, 0);
	}
	assert_int_equal(oifs[2].later, UINT64_MAX);
	oifs[0].known.size = 0;
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), -EINVAL);
	info.oif_room = 0;
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.oif_count, 2);
	fix_free(f);
}

static void expect_rib(struct fix *f, uint8_t length, uint32_t protocol,
		       uint32_t component, uint8_t distance)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_true(info.routed);
	assert_int_equal(info.rib_prefix.length, length);
	assert_int_equal(v4_number(&info.rib_prefix.address) & 0xff,
			 length == 32 ? 7 : 0);
	assert_int_equal(info.rib_protocol, protocol);
	assert_int_equal(info.rib_component, component);
	assert_int_equal(info.rib_distance, distance);
}

static void test_route_that_an_mfe_came_by(void **state)
{
	struct fix_client *p, *q;
	struct fix *f = small(NULL, &p);
	struct mgm_mfe_info info = {.size = sizeof(info)};
	const struct mgm_address source = mgm_address_v4(src_ip(7));
	struct mgm_rib_route route = {.size = sizeof(route),
				      .prefix = mgm_prefix_of(&source),
				      .ifid = A,
				      .distance = MGM_DISTANCE_DVMRP};

	(void)state;
	q = fix_client(f, "q", XMGM_OWNER_DVMRP, 5);
	f->rib_length[7] = 24;
	fix_upcall(f, 7, 1, A);
	expect_rib(f, 24, MGM_PROTOCOL_NONE, 0, MGM_DISTANCE_KERNEL);
	assert_int_equal(mgm_rib_put(f->m, q->handle, &route), 0);
	expect_rib(f, 32, MGM_PROTOCOL_DVMRP, 5, MGM_DISTANCE_DVMRP);
	route.distance = 3; /* the same path: by another word */
	assert_int_equal(mgm_rib_put(f->m, q->handle, &route), 0);
	expect_rib(f, 32, MGM_PROTOCOL_DVMRP, 5, 3);
	mgm_client_dead(f->m, q->handle);
	expect_rib(f, 24, MGM_PROTOCOL_NONE, 0, MGM_DISTANCE_KERNEL);
	f->connected[7] = true;
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	expect_rib(f, 24, MGM_PROTOCOL_NONE, 0, MGM_DISTANCE_CONNECTED);
	f->rib[7] = 0;
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_false(info.routed);
	f->rib[7] = A;
	assert_int_equal(
		mgm_route_put(f->m, p->handle, sg(7, 1), B, NULL, 0, 0), 0);
	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_false(info.routed); /* it says its iif itself */
	assert_true(info.is_static);
	assert_int_equal(info.timeout_ms, 0);
	fix_free(f);
}

static void expect_times(struct fix *f, uint64_t expires, uint64_t timeout)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};

	assert_int_equal(mgm_mfe_get(f->m, sg(7, 1), &info), 0);
	assert_int_equal(info.expires_ms, expires);
	assert_int_equal(info.timeout_ms, timeout);
}

/* What is left, and what it began with. */
static void test_times_of_an_mfe(void **state)
{
	struct fix_client *p;
	struct fix *f = small(NULL, &p);

	(void)state;
	fix_upcall(f, 7, 1, A);
	fix_tick(f, 1000);
	expect_times(f, MGM_PRUNE_TIMEOUT_MS - 1000, MGM_PRUNE_TIMEOUT_MS);
	assert_int_equal(mgm_mfe_set_timeout(f->m, p->handle, sg(7, 1), 50000),
			 0);
	fix_tick(f, 1000);
	expect_times(f, 49000, 50000);
	fix_add(p, B, 0, 1);
	expect_times(f, 210000, 210000);
	fix_tick(f, 5000);
	expect_times(f, 205000, 210000);
	fix_del(p, B, 0, 1);
	expect_times(f, MGM_PRUNE_TIMEOUT_MS, MGM_PRUNE_TIMEOUT_MS);
	fix_free(f);
}

struct rows {
	char text[1024];
	int stop_at;
};

static int row(void *arg, const struct mgm_membership_info *info)
{
	uint32_t source = ntohl(v4_of(&info->sg.source).s_addr) & 0xff;
	struct rows *r = arg;
	size_t n = strlen(r->text);

	if (source && info->filter == MGM_EXCLUDE) {
		n -= 1; /* to the line before: all but this one */
		n += (size_t)snprintf(r->text + n, sizeof(r->text) - n, " %u",
				      source);
	} else {
		n += (size_t)snprintf(
			r->text + n, sizeof(r->text) - n, "%u/%u@%u %s%u%s",
			source, ntohl(v4_of(&info->sg.group).s_addr) & 0xff,
			info->ifid, info->filter == MGM_EXCLUDE ? "x" : "i",
			info->protocol, info->by_igmp ? "g" : "");
		if (source)
			n += (size_t)snprintf(r->text + n, sizeof(r->text) - n,
					      " %u", source);
	}
	snprintf(r->text + n, sizeof(r->text) - n, "\n");
	return r->stop_at && !--r->stop_at ? -ECANCELED : 0;
}

/* By group, interface, source, protocol; (*,*) first. */
static void test_memberships_in_order(void **state)
{
	struct fix_client *p, *igmp;
	struct fix *f = small(NULL, &p);
	struct rows all = {{0}, 0}, once = {{0}, 0}, two = {{0}, 2};

	(void)state;
	igmp = fix_igmp(f);
	fix_take(igmp, B);
	fix_set(igmp, B, 2, MGM_EXCLUDE, 2, 9u, 8u);
	fix_add(p, A, 0, 2);
	fix_add(p, B, 7, 1);
	fix_set(igmp, B, 1, MGM_INCLUDE, 2, 7u, 5u);
	fix_add(p, B, 0, 0);
	fix_upcall(f, 3, 3, A); /* a group without members */
	assert_int_equal(membership_walk(f->m, false, row, &all), 0);
	assert_string_equal(all.text, "0/0@2 x4\n5/1@2 i1g 5\n7/1@2 i4 7\n"
				      "7/1@2 i1g 7\n0/2@1 x4\n"
				      "0/2@2 x1g 8 9\n");
	assert_int_equal(membership_walk(f->m, true, row, &once), 0);
	assert_string_equal(once.text, "0/0@2 x4\n0/1@0 x0\n0/2@0 x0\n");
	assert_int_equal(membership_walk(f->m, false, row, &two), -ECANCELED);
	assert_string_equal(two.text, "0/0@2 x4\n5/1@2 i1g 5\n");
	fix_free(f);
}

/* Behind a row, whether it is still there or not. */
static void test_memberships_behind_a_row_that_is_gone(void **state)
{
	struct fix_client *p, *igmp;
	struct fix *f = small(NULL, &p);
	struct mgm_membership_info info = {.size = sizeof(info)};

	(void)state;
	igmp = fix_igmp(f);
	fix_take(igmp, B);
	fix_set(igmp, B, 2, MGM_EXCLUDE, 3, 6u, 7u, 9u);
	fix_add(p, B, 8, 2);
	fix_add(p, B, 0, 3);
	assert_int_equal(mgm_membership_next(f->m, NULL, NULL, &info), 0);
	assert_int_equal(info.sg.source.length, 0);
	assert_int_equal(mgm_membership_next(f->m, &info, NULL, &info), 0);
	assert_int_equal(mgm_membership_next(f->m, &info, NULL, &info), 0);
	assert_int_equal(v4_of(&info.sg.source).s_addr, src_ip(7).s_addr);
	assert_int_equal(info.filter, MGM_EXCLUDE);
	assert_true(info.by_igmp);
	fix_set(igmp, B, 2, MGM_EXCLUDE, 1, 9u);
	assert_int_equal(mgm_membership_next(f->m, &info, NULL, &info), 0);
	assert_int_equal(v4_of(&info.sg.source).s_addr, src_ip(8).s_addr);
	assert_int_equal(info.filter, MGM_INCLUDE);
	assert_false(info.by_igmp);
	fix_set(igmp, B, 2, MGM_INCLUDE, 0);
	fix_del(p, B, 8, 2);
	assert_int_equal(mgm_membership_next(f->m, &info, NULL, &info), 0);
	assert_int_equal(v4_of(&info.sg.group).s_addr, grp_ip(3).s_addr);
	assert_int_equal(mgm_membership_next(f->m, &info, NULL, &info),
			 -ENOENT);
	fix_free(f);
}

/* Rows of all memberships that pass the filter, one by one. */
static unsigned int rows_of(struct fix *f, const struct mgm_client_info *whose,
			    struct mgm_membership_info *rows, unsigned int room)
{
	struct mgm_membership_info info = {.size = sizeof(info)};
	unsigned int count = 0;
	int err = mgm_membership_next(f->m, NULL, NULL, &info);

	for (; !err; err = mgm_membership_next(f->m, &info, NULL, &info)) {
		if (info.protocol != whose->protocol ||
		    info.component != whose->component)
			continue;
		assert_true(count < room);
		rows[count++] = info;
	}
	return count;
}

/* Whether it has few among many, or most of them. */
static void test_memberships_of_one_client(void **state)
{
	static struct mgm_membership_info rows[1000];
	struct mgm_membership_filter filter = {.size = sizeof(filter)};
	struct mgm_membership_info info = {.size = sizeof(info)};
	struct mgm_client_info client = {.size = sizeof(client)};
	unsigned int count, clients = 0, found = 0;
	struct fix_client *p, *q, *igmp;
	struct fix *f = small(NULL, &p);

	(void)state;
	q = fix_client(f, "q", XMGM_OWNER_PIM, 1);
	igmp = fix_igmp(f);
	assert_int_equal(fix_take(q, 3), 0);
	assert_int_equal(fix_take(igmp, A), 0);
	for (uint32_t g = 1; g < 256; g++) {
		fix_add(q, 3, g % 3, g);
		fix_add(q, 3, 0, g);
	}
	fix_add(p, A, 0, 200);
	fix_add(p, A, 7, 9);
	fix_add(p, B, 0, 0);
	fix_add(p, B, 8, 9);
	fix_set(igmp, A, 9, MGM_EXCLUDE, 2, 7u, 8u);
	while (!mgm_client_next(f->m, clients++ ? &client : NULL, &client)) {
		int err;

		count = rows_of(f, &client, rows, 1000);
		filter.protocol = client.protocol;
		filter.component = client.component;
		err = mgm_membership_next(f->m, NULL, &filter, &info);
		for (unsigned int i = 0; i < count; i++) {
			assert_int_equal(err, 0);
			assert_memory_equal(&info, &rows[i], sizeof(info));
			err = mgm_membership_next(f->m, &info, &filter, &info);
		}
		assert_int_equal(err, -ENOENT);
		found += count;
	}
	assert_int_equal(found, 3 + 4 + 255 + 170);
	filter.groups = true;
	filter.protocol = XMGM_OWNER_PIM;
	filter.component = 0;
	assert_int_equal(mgm_membership_next(f->m, NULL, &filter, &info), 0);
	assert_int_equal(mgm_membership_next(f->m, &info, &filter, &info), 0);
	assert_int_equal(v4_number(&info.sg.group.address) & 0xff, 9);
	assert_int_equal(mgm_membership_next(f->m, &info, &filter, &info), 0);
	assert_int_equal(v4_number(&info.sg.group.address) & 0xff, 200);
	assert_int_equal(mgm_membership_next(f->m, &info, &filter, &info),
			 -ENOENT);
	filter.component = 77;
	assert_int_equal(mgm_membership_next(f->m, NULL, &filter, &info),
			 -ENOENT);
	fix_free(f);
}

static void test_memberships_of_one_group_or_interface(void **state)
{
	struct fix_client *p;
	struct fix *f = small(NULL, &p);
	struct mgm_membership_filter filter = {.size = sizeof(filter)};
	struct mgm_membership_info info = {.size = sizeof(info)};
	struct rows rows = {{0}, 0};
	int err;

	(void)state;
	fix_add(p, A, 0, 1);
	fix_add(p, B, 0, 0);
	fix_add(p, B, 0, 1);
	fix_add(p, A, 5, 2);
	fix_add(p, B, 6, 2);
	fix_add(p, B, 0, 3);
	filter.ifid = B;
	for (err = mgm_membership_next(f->m, NULL, &filter, &info); !err;
	     err = mgm_membership_next(f->m, &info, &filter, &info))
		row(&rows, &info);
	assert_int_equal(err, -ENOENT);
	assert_string_equal(rows.text, "0/0@2 x4\n0/1@2 x4\n6/2@2 i4 6\n"
				       "0/3@2 x4\n");
	rows.text[0] = '\0';
	filter.ifid = 0;
	filter.group = sg(0, 2).group;
	for (err = mgm_membership_next(f->m, NULL, &filter, &info); !err;
	     err = mgm_membership_next(f->m, &info, &filter, &info))
		row(&rows, &info);
	assert_string_equal(rows.text, "5/2@1 i4 5\n6/2@2 i4 6\n");
	filter = (struct mgm_membership_filter){.size = 0};
	assert_int_equal(mgm_membership_next(f->m, NULL, &filter, &info),
			 -EINVAL);
	fix_free(f);
}

static void test_clients_and_interfaces_as_read(void **state)
{
	struct fix_client *p, *igmp;
	struct fix *f = small(NULL, &p);
	uint32_t on[2];
	struct mgm_client_info client = {
		.size = sizeof(client), .interface_room = 2, .interfaces = on};
	struct mgm_interface_info info = {.size = sizeof(info)};

	(void)state;
	igmp = fix_igmp(f);
	fix_take(igmp, B);
	fix_add(igmp, B, 0, 1);
	assert_int_equal(mgm_client_next(f->m, NULL, &client), 0);
	assert_int_equal(client.protocol, XMGM_OWNER_IGMP);
	assert_int_equal(client.role, MGM_ROLE_IGMP);
	assert_int_equal(client.interface_count, 1);
	assert_int_equal(mgm_client_next(f->m, &client, &client), 0);
	assert_string_equal(client.name, "p");
	assert_int_equal(client.interface_count, 2);
	assert_int_equal(client.interfaces[0], A);
	assert_int_equal(client.interfaces[1], B);
	assert_int_equal(mgm_client_next(f->m, &client, &client), -ENOENT);
	client.protocol = MGM_PROTOCOL_STATIC; /* nobody's: behind it is p */
	client.interface_room = 1;
	assert_int_equal(mgm_client_next(f->m, &client, &client), 0);
	assert_string_equal(client.name, "p");
	assert_int_equal(client.interface_count, 2);
	assert_int_equal(mgm_interface_get(f->m, B, &info), 0);
	assert_int_equal(info.owner, XMGM_OWNER_PIM);
	assert_true(info.igmp);
	assert_int_equal(info.gate, MGM_GATE_ON);
	assert_int_equal(info.groups, 1);
	assert_int_equal(mgm_interface_get(f->m, 77, &info), -ENOENT);
	link_turns(f->m, f->now, 77, false);
	assert_int_equal(mgm_interface_get(f->m, 77, &info), 0);
	assert_int_equal(info.owner, MGM_PROTOCOL_NONE);
	fix_free(f);
}

/* Nothing is left behind when everybody is gone. */
static void test_tables_are_empty_afterwards(void **state)
{
	struct fix_client *p, *igmp;
	struct fix *f = small(NULL, &p);
	struct rows rows = {{0}, 0};
	struct mgm_mfe_info info = {.size = sizeof(info)};
	struct mgm_sg none = MGM_SG_ANY;

	(void)state;
	igmp = fix_igmp(f);
	fix_take(igmp, B);
	for (uint32_t g = 1; g < 50; g++) {
		fix_set(igmp, B, g, MGM_EXCLUDE, 2, g, g + 1);
		fix_add(p, B, g, g);
		fix_upcall(f, g + 2, g, A);
	}
	mgm_client_dead(f->m, p->handle);
	mgm_client_dead(f->m, igmp->handle);
	assert_int_equal(membership_walk(f->m, false, row, &rows), 0);
	assert_string_equal(rows.text, "");
	assert_int_equal(mgm_mfe_next(f->m, none, &info), -ENOENT);
	assert_int_equal(f->routes.count, 0);
	fix_check(f);
	fix_free(f);
}

struct leaf {
	struct tree_node node;
	uint32_t key;
	bool in;
};

static const void *leaf_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct leaf, node)->key;
}

static const struct tree_type leaf_order = {leaf_key, tree_compare_u32};

static void test_ordered_index(void **state)
{
	enum { LEAVES = 500 };
	static struct leaf leaf[LEAVES];
	struct tree tree = {.type = &leaf_order};
	uint32_t seed = 1;

	(void)state;
	assert_null(tree_first(&tree));
	for (int step = 0; step < 20000; step++) {
		uint32_t k = (seed = seed * 1664525u + 1013904223u) >> 8;
		struct tree_node *n;
		uint32_t i = k % LEAVES, seen = 0, key = i * 3;

		leaf[i].key = key;
		if (leaf[i].in)
			tree_remove(&tree, &leaf[i].node);
		else
			tree_insert(&tree, &leaf[i].node);
		leaf[i].in = !leaf[i].in;
		n = tree_find(&tree, &key);
		assert_ptr_equal(n, leaf[i].in ? &leaf[i].node : NULL);
		if (step % 100)
			continue;
		tree_for_each(&tree, n)
		{
			while (!leaf[seen].in)
				seen++;
			assert_ptr_equal(n, &leaf[seen++].node);
		}
		while (seen < LEAVES)
			assert_false(leaf[seen++].in);
	}
	tree.root = NULL;
	leaf[0].key = UINT32_MAX;
	tree_insert(&tree, &leaf[0].node);
	assert_ptr_equal(tree_from(&tree, &leaf[0].key), &leaf[0].node);
	assert_null(tree_after(&tree, &leaf[0].node));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_limit_of_clients),
	cmocka_unit_test(test_limit_of_interfaces),
	cmocka_unit_test(test_limit_of_memberships),
	cmocka_unit_test(test_limit_of_mfes),
	cmocka_unit_test(test_limit_of_negative_mfes),
	cmocka_unit_test(test_limit_of_oifs),
	cmocka_unit_test(test_bad_memberships),
	cmocka_unit_test(test_mfes_in_order),
	cmocka_unit_test(test_mfe_as_read),
	cmocka_unit_test(test_oifs_as_read),
	cmocka_unit_test(test_route_that_an_mfe_came_by),
	cmocka_unit_test(test_times_of_an_mfe),
	cmocka_unit_test(test_memberships_in_order),
	cmocka_unit_test(test_memberships_behind_a_row_that_is_gone),
	cmocka_unit_test(test_memberships_of_one_client),
	cmocka_unit_test(test_memberships_of_one_group_or_interface),
	cmocka_unit_test(test_clients_and_interfaces_as_read),
	cmocka_unit_test(test_tables_are_empty_afterwards),
	cmocka_unit_test(test_ordered_index),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
