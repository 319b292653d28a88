/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a source has to come from: the kernel's answer and its following of
 * packets, the routes of clients, and what a change of either does to flows.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define A 1u
#define B 2u
#define C 3u

static struct fix_client *basic(struct fix *f)
{
	struct fix_client *p = fix_client(f, "static", MGM_PROTOCOL_STATIC, 0);

	assert_int_equal(fix_take(p, A), 0);
	assert_int_equal(fix_take(p, B), 0);
	assert_int_equal(fix_take(p, C), 0);
	fix_clear(f);
	return p;
}

/* The answer without an arrival is the default leg, until a packet comes. */
static void test_first_packet_chooses_though_a_membership_came_before(void **s)
{
	struct fix *f = *s;
	struct fix_client *p = basic(f);

	f->rib[7] = A;
	f->leg[7] = B;
	assert_int_equal(fix_add(p, C, 7, 1), 0);
	fix_upcall(f, 7, 1, B);
	assert_string_equal(fix_route(f, 7, 1), "2: 3");
}

/* Its route changed while no packet came: the default leg was taken. */
static void test_packet_corrects_a_leg_that_no_packet_chose(void **s)
{
	struct mgm_prefix all = {MGM_ADDRESS_V4_ANY, 0, {0}};
	struct fix *f = *s;
	struct fix_client *p = basic(f);

	f->rib[7] = A;
	assert_int_equal(fix_add(p, C, 0, 1), 0);
	fix_upcall(f, 7, 1, A);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	f->rib[7] = C;
	f->leg[7] = B;
	mgm_rib_changed(f->m, f->now, &all);
	assert_string_equal(fix_route(f, 7, 1), "3: none");
	mgm_wrong_if(f->m, f->now, sg(7, 1), B, NULL, 0);
	assert_string_equal(fix_route(f, 7, 1), "2: 3");
	/* A leg that a packet chose stays, whoever else may send. */
	f->leg[7] = 0;
	mgm_wrong_if(f->m, f->now + 2000, sg(7, 1), C, NULL, 0);
	assert_string_equal(fix_route(f, 7, 1), "2: 3");
}

/* --- routes of clients ---------------------------------------------- */

static struct mgm_prefix net(uint32_t number, uint8_t length)
{
	const struct in_addr v4 = {htonl(0x0a000000u + number)};

	return (struct mgm_prefix){mgm_address_v4(v4), length, {0}};
}

static int put(struct fix_client *c, uint32_t number, uint8_t length,
	       uint32_t ifid, uint8_t distance)
{
	const struct mgm_rib_route route = {
		.size = sizeof(route),
		.prefix = net(number, length),
		.upstream = MGM_ADDRESS_V4_ANY,
		.ifid = ifid,
		.distance = distance,
	};

	return mgm_rib_put(c->f->m, c->handle, &route);
}

static int del(struct fix_client *c, uint32_t number, uint8_t length)
{
	const struct mgm_prefix prefix = net(number, length);

	return mgm_rib_del(c->f->m, c->handle, &prefix);
}

/* "ifid/protocol/distance ..." the best first. */
static const char *got(struct fix *f, uint32_t number)
{
	const struct mgm_address source = mgm_address_v4(src_ip(number));
	struct mgm_rib_route routes[8] = {{.size = sizeof(routes[0])}};
	static char text[256];
	size_t count = 8, n = 0;
	int err = mgm_rib_get(f->m, &source, routes, &count);

	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "%s%u/%u/%u%s", i ? " " : "",
				      routes[i].ifid, routes[i].protocol,
				      routes[i].distance,
				      routes[i].down ? "down" : "");
	assert_int_equal(err, !count || routes[0].down ? -ENOENT : 0);
	return text;
}

static void test_lowest_distance_between_clients_not_longest_match(void **s)
{
	struct fix *f = *s;
	struct fix_client *p = basic(f);
	struct fix_client *q = fix_client(f, "q", MGM_PROTOCOL_DVMRP, 0);

	f->rib[7] = A;
	f->rib_length[7] = 24;
	assert_string_equal(got(f, 7), "1/0/200");
	assert_int_equal(put(q, 7, 32, B, MGM_DISTANCE_DVMRP), 0);
	assert_int_equal(put(p, 0, 24, C, MGM_DISTANCE_STATIC), 0);
	assert_string_equal(got(f, 7), "3/2/1 2/3/100 1/0/200");
	assert_int_equal(put(p, 0, 24, C, MGM_DISTANCE_DVMRP), 0);
	assert_string_equal(got(f, 7), "3/2/100 2/3/100 1/0/200");
	mgm_rib_longest(f->m, true);
	assert_string_equal(got(f, 7), "2/3/100 3/2/100 1/0/200");
	mgm_rib_longest(f->m, false);
	f->connected[7] = true;
	assert_string_equal(got(f, 7), "1/0/0 3/2/100 2/3/100");
	assert_int_equal(put(p, 0, 24, C, MGM_DISTANCE_CONNECTED), 0);
	assert_string_equal(got(f, 7), "3/2/0 1/0/0 2/3/100");
	assert_int_equal(del(p, 0, 24), 0);
	assert_int_equal(del(p, 0, 24), -ENOENT);
	assert_int_equal(del(p, 7, 32), -ENOENT);
	assert_string_equal(got(f, 7), "1/0/0 2/3/100");
}

static void test_longest_match_of_each_client(void **s)
{
	struct fix *f = *s;
	struct fix_client *p = basic(f);

	put(p, 0, 24, A, 1);
	put(p, 0, 29, B, 9);
	put(p, 7, 32, C, 99);
	assert_string_equal(got(f, 7), "3/2/99");
	assert_string_equal(got(f, 6), "2/2/9");
	assert_string_equal(got(f, 8), "1/2/1");
	link_turns(f->m, f->now, C, false);
	assert_string_equal(got(f, 7), "2/2/9 3/2/99down");
	link_turns(f->m, f->now, B, false);
	link_turns(f->m, f->now, A, false);
	assert_string_equal(got(f, 7), "1/2/1down 2/2/9down 3/2/99down");
}

static void test_what_is_no_route(void **s)
{
	struct fix *f = *s;
	struct fix_client *p = basic(f);
	struct mgm_address group = mgm_address_v4(grp_ip(1));
	struct mgm_rib_route r = {
		.size = sizeof(r),
		.prefix = {mgm_address_v4(src_ip(8)), 29, {0}},
		.ifid = A};
	struct mgm_rib_route bad = r;
	size_t count = 1;

	assert_int_equal(mgm_rib_put(f->m, p->handle, &r), 0);
	bad.ifid = 0;
	assert_int_equal(mgm_rib_put(f->m, p->handle, &bad), -EINVAL);
	bad = r;
	bad.prefix.length = 28; /* a bit behind the prefix */
	assert_int_equal(mgm_rib_put(f->m, p->handle, &bad), -EINVAL);
	bad.prefix.length = 33;
	assert_int_equal(mgm_rib_put(f->m, p->handle, &bad), -EINVAL);
	bad.prefix = (struct mgm_prefix){group, 32, {0}};
	assert_int_equal(mgm_rib_put(f->m, p->handle, &bad), -EINVAL);
	bad = r;
	bad.upstream = group;
	assert_int_equal(mgm_rib_put(f->m, p->handle, &bad), -EINVAL);
	assert_int_equal(mgm_rib_put(f->m, NULL, &r), -EINVAL);
	assert_int_equal(mgm_rib_get(f->m, &group, &bad, &count), -EINVAL);
	assert_int_equal(mgm_counters(f->m)->limit_rib_routes, 0);
}

static void test_limit_of_routes(void **state)
{
	const struct mgm_limits limits = {.rib_routes = 2};
	struct fix *f = fix_new(&limits);
	struct fix_client *p = fix_client(f, "p", MGM_PROTOCOL_STATIC, 0);
	struct fix_client *q = fix_client(f, "q", MGM_PROTOCOL_PIM, 0);

	(void)state;
	assert_int_equal(put(p, 1, 32, A, 1), 0);
	assert_int_equal(put(q, 1, 32, A, 1), 0);
	assert_int_equal(put(q, 2, 32, A, 1), -ENOSPC);
	assert_int_equal(put(q, 1, 32, B, 1), 0);
	assert_int_equal(mgm_counters(f->m)->limit_rib_routes, 1);
	assert_int_equal(mgm_deregister(f->m, p->handle), 0);
	assert_int_equal(put(q, 2, 32, A, 1), 0);
	fix_free(f);
}

/* --- what a change does to flows ------------------------------------ */

/* P, the owner of A, and q, of B; r wants group 1 and (7,2) on C. */
static void owners(struct fix *f, struct fix_client *c[3])
{
	c[0] = fix_client(f, "p", MGM_PROTOCOL_PIM, 0);
	c[1] = fix_client(f, "q", MGM_PROTOCOL_DVMRP, 0);
	c[2] = fix_client(f, "r", MGM_PROTOCOL_STATIC, 0);
	assert_int_equal(fix_take(c[0], A), 0);
	assert_int_equal(fix_take(c[1], B), 0);
	assert_int_equal(fix_take(c[2], C), 0);
	f->rib[7] = f->rib[9] = A;
	assert_int_equal(fix_add(c[2], C, 7, 2), 0);
	assert_int_equal(fix_add(c[2], C, 0, 1), 0);
	fix_upcall(f, 7, 1, A);
	fix_upcall(f, 9, 1, A);
	fix_upcall(f, 7, 2, A);
	fix_clear(f);
}

static void expect_moved(struct fix *f, const char *to, uint32_t ifid)
{
	char line[64], log[sizeof(f->log)];

	memcpy(log, f->log, sizeof(log));
	snprintf(line, sizeof(line), "%s join (7,2)", to);
	if (!strstr(log, line))
		fail_msg("no '%s' in:\n%s", line, log);
	snprintf(line, sizeof(line), "%s prune (7,2)", *to == 'p' ? "q" : "p");
	if (!strstr(log, line))
		fail_msg("no '%s' in:\n%s", line, log);
	if (strstr(log, "(9,"))
		fail_msg("another source is concerned:\n%s", log);
	snprintf(line, sizeof(line), "%u: 3", ifid);
	assert_string_equal(fix_route(f, 7, 1), line);
	assert_string_equal(fix_route(f, 7, 2), line);
	assert_string_equal(fix_route(f, 9, 1), "1: 3");
	fix_clear(f);
}

static void test_change_moves_flows_and_tells_old_and_new_owner(void **s)
{
	struct fix_client *c[3];
	struct fix *f = *s;

	owners(f, c);
	assert_int_equal(put(c[2], 7, 32, B, 1), 0);
	expect_moved(f, "q", B);
	assert_int_equal(put(c[2], 7, 32, B, 1), 0); /* the same: nothing */
	assert_int_equal(put(c[2], 7, 32, B, 2), 0); /* nor this */
	fix_expect(f, "");
	assert_int_equal(put(c[2], 7, 32, A, 1), 0);
	expect_moved(f, "p", A);
	assert_int_equal(del(c[2], 7, 32), 0);
	fix_expect(f, ""); /* the kernel says the same */
	assert_int_equal(put(c[0], 6, 31, B, 1), 0);
	expect_moved(f, "q", B);
	assert_int_equal(del(c[0], 6, 31), 0);
	expect_moved(f, "p", A);
}

static void test_routes_go_with_their_client(void **s)
{
	struct fix_client *c[3], *x;
	struct fix *f = *s;

	owners(f, c);
	x = fix_client(f, "x", MGM_PROTOCOL_REMOTE, 0);
	assert_int_equal(put(x, 7, 32, B, MGM_DISTANCE_REMOTE), 0);
	expect_moved(f, "q", B);
	mgm_client_dead(f->m, x->handle);
	expect_moved(f, "p", A);
	x->handle = NULL;
	x = fix_client(f, "x", MGM_PROTOCOL_REMOTE, 0);
	assert_int_equal(put(x, 4, 30, B, MGM_DISTANCE_REMOTE), 0);
	expect_moved(f, "q", B);
	assert_int_equal(mgm_deregister(f->m, x->handle), 0);
	expect_moved(f, "p", A);
}

static void test_route_through_an_interface_that_is_down_waits(void **s)
{
	struct fix_client *c[3];
	struct fix *f = *s;

	owners(f, c);
	link_turns(f->m, f->now, B, false);
	assert_int_equal(put(c[2], 7, 32, B, 1), 0);
	fix_expect(f, "");
	link_turns(f->m, f->now, B, true);
	expect_moved(f, "q", B);
	link_turns(f->m, f->now, B, false);
	expect_moved(f, "p", A);
}

static void test_routes_go_with_the_interface(void **s)
{
	struct fix_client *c[3];
	struct fix *f = *s;

	owners(f, c);
	assert_int_equal(put(c[2], 7, 32, B, 1), 0);
	mgm_interface_gone(f->m, f->now, B);
	assert_string_equal(got(f, 7), "1/0/200");
	fix_upcall(f, 7, 1, A);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
	assert_int_equal(del(c[2], 7, 32), -ENOENT);
}

static void test_policy_moves_flows(void **s)
{
	struct fix_client *c[3];
	struct fix *f = *s;

	owners(f, c);
	put(c[2], 0, 24, A, 1);
	put(c[1], 7, 32, B, 100);
	fix_expect(f, "");
	mgm_rib_longest(f->m, true);
	expect_moved(f, "q", B);
	mgm_rib_longest(f->m, false);
	expect_moved(f, "p", A);
}

/* No route of the kernel, and its owner is asked all the same. */
static void test_owner_is_asked_by_a_route_that_only_a_client_has(void **s)
{
	struct fix *f = *s;
	struct fix_client *p = fix_client(f, "p-ask", MGM_PROTOCOL_PIM, 0);
	struct fix_client *q = fix_client(f, "q", MGM_PROTOCOL_DVMRP, 0);

	fix_take(p, A);
	fix_take(q, B);
	put(q, 0, 24, A, 100);
	put(q, 8, 32, B, 100);
	fix_upcall(f, 7, 1, B);
	fix_expect(f, "p-ask rpf (7,1) from 2 iif 1\n");
	assert_int_equal(mgm_rpf_reply(f->m, p->handle, p->token, A, NULL), 0);
	fix_upcall(f, 8, 1, B);
	fix_clear(f);
	put(q, 8, 32, A, 100);
	fix_expect(f, "p-ask rpf (8,1) from 2 iif 1\n");
}

struct hearer {
	struct fix *f;
	struct mgm_client *handle;
	char log[256];
	bool answers; /* with a route of its own */
};

static void on_rib_changed(void *arg, const struct mgm_prefix *prefix)
{
	struct hearer *h = arg;
	const struct mgm_rib_route route = {
		.size = sizeof(route),
		.prefix = {mgm_address_v4(src_ip(32)), 27, {0}},
		.ifid = B};
	size_t n = strlen(h->log);

	if (mgm_address_is_v4(&prefix->address))
		snprintf(h->log + n, sizeof(h->log) - n, "%u/%u ",
			 v4_number(&prefix->address) & 0xff, prefix->length);
	if (h->answers)
		assert_int_equal(mgm_rib_put(h->f->m, h->handle, &route), 0);
}

static void expect_heard(struct hearer *h, const char *text)
{
	assert_string_equal(h->log, text);
	h->log[0] = '\0';
}

static void test_clients_hear_of_changes(void **s)
{
	static const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.rib_changed = on_rib_changed,
	};
	struct hearer h = {.f = *s};
	const struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = MGM_PROTOCOL_PIM,
		.component = 9,
		.name = "hearer",
		.callbacks = &callbacks,
		.arg = &h,
	};
	struct fix *f = *s;
	struct fix_client *p = basic(f);

	assert_int_equal(mgm_register(f->m, &r, &h.handle), 0);
	put(p, 8, 29, A, 1);
	expect_heard(&h, "8/29 ");
	put(p, 8, 29, A, 1);
	expect_heard(&h, "");
	put(p, 8, 29, B, 1);
	del(p, 8, 29);
	expect_heard(&h, "8/29 8/29 ");
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	expect_heard(&h, "7/32 ");
	mgm_rib_longest(f->m, true);
	expect_heard(&h, "0/0 ");
	put(p, 8, 29, B, 1);
	h.log[0] = '\0';
	link_turns(f->m, f->now, A, false);
	expect_heard(&h, "");
	link_turns(f->m, f->now, B, false);
	expect_heard(&h, "0/0 ");
	h.answers = true;
	put(p, 16, 29, A, 1);
	expect_heard(&h, "16/29 32/27 ");
	h.answers = false;
	mgm_client_dead(f->m, p->handle);
	expect_heard(&h, "0/0 ");
}

/* --- many ----------------------------------------------------------- */

/* More sources than are looked at in one call: a tick does the rest. */
static void test_many_sources_are_moved_by_ticks(void **s)
{
	struct fix *f = *s;
	struct fix_client *p = basic(f);
	const struct mgm_prefix all = {MGM_ADDRESS_V4_ANY, 0, {0}};
	const struct mgm_rib_route route = {
		.size = sizeof(route), .prefix = all, .ifid = B};
	uint32_t moved = 0;

	fix_add(p, C, 0, 1);
	for (int i = 0; i < 256; i++)
		f->rib[i] = A;
	for (uint32_t i = 0; i < 3000; i++)
		fix_upcall(f, 0x10000 + i, 1, A);
	assert_int_equal(mgm_rib_put(f->m, p->handle, &route), 0);
	assert_true(mgm_deadline(f->m) <= f->now);
	fix_drain(f);
	for (uint32_t i = 0; i < 3000; i++)
		moved += !strcmp(fix_route(f, 0x10000 + i, 1), "2: 3");
	assert_int_equal(moved, 3000);
}

/* A naive RIB: a list, scanned. */
#define KEPT	200
#define CLIENTS 4

struct kept {
	bool used;
	uint32_t client, number, ifid;
	uint8_t length, distance;
};

struct naive {
	struct fix *f;
	struct fix_client *client[CLIENTS];
	struct kept kept[KEPT];
	bool down[8];
	bool longest;
	uint32_t seed;
};

static uint32_t any(struct naive *n, uint32_t below)
{
	n->seed = n->seed * 1664525u + 1013904223u;
	return (n->seed >> 10) % below;
}

/* Prefixes of 10.0.0.0/24: by the last number and a length of 24 to 32. */
static uint32_t cut(uint32_t number, uint8_t length)
{
	return number & (0xffffffffu << (32 - length));
}

static bool naive_wins(const struct naive *n, const struct kept *a,
		       const struct kept *b)
{
	if (n->longest && a->length != b->length)
		return a->length > b->length;
	if (a->distance != b->distance)
		return a->distance < b->distance;
	return a->client < b->client;
}

static uint32_t naive_best(const struct naive *n, uint32_t number)
{
	const struct fix *f = n->f;
	struct kept kernel = {true,
			      CLIENTS,
			      0,
			      f->rib[number],
			      f->rib_length[number],
			      f->connected[number] ? 0 : 200};
	const struct kept *best = kernel.ifid ? &kernel : NULL;

	for (uint32_t c = 0; c < CLIENTS; c++) {
		const struct kept *longest = NULL;

		for (int i = 0; i < KEPT; i++) {
			const struct kept *k = &n->kept[i];

			if (k->used && k->client == c && !n->down[k->ifid] &&
			    cut(number, k->length) == k->number &&
			    (!longest || k->length > longest->length))
				longest = k;
		}
		if (longest && (!best || naive_wins(n, longest, best)))
			best = longest;
	}
	return best ? best->ifid : 0;
}

static struct kept *naive_find(struct naive *n, const struct kept *key)
{
	struct kept *room = NULL;

	for (int i = 0; i < KEPT; i++) {
		struct kept *k = &n->kept[i];

		if (k->used && k->client == key->client &&
		    k->number == key->number && k->length == key->length)
			return k;
		if (!k->used)
			room = k;
	}
	return room;
}

static void naive_change(struct naive *n)
{
	struct kept key = {.used = true, .client = any(n, CLIENTS)};
	struct kept *kept;
	int err;

	key.length = (uint8_t)(24 + any(n, 9));
	key.number = cut(any(n, 16), key.length);
	key.ifid = 1 + any(n, 6);
	key.distance = (uint8_t)any(n, 4);
	kept = naive_find(n, &key);
	assert_non_null(kept);
	if (any(n, 2)) {
		err = put(n->client[key.client], key.number, key.length,
			  key.ifid, key.distance);
		assert_int_equal(err, 0);
		*kept = key;
	} else {
		err = del(n->client[key.client], key.number, key.length);
		assert_int_equal(err, kept->used ? 0 : -ENOENT);
		kept->used = false;
	}
}

static void naive_surroundings(struct naive *n)
{
	uint32_t number = 1 + any(n, 15), ifid = 1 + any(n, 6);
	struct fix *f = n->f;

	switch (any(n, 3)) {
	case 0:
		f->rib[number] = any(n, 7);
		f->rib_length[number] = (uint8_t)(24 + any(n, 9));
		f->connected[number] = any(n, 2);
		v4_rib_changed(f->m, f->now, src_ip(number), 32);
		break;
	case 1:
		n->down[ifid] = !n->down[ifid];
		link_turns(f->m, f->now, ifid, !n->down[ifid]);
		break;
	default:
		n->longest = any(n, 2);
		mgm_rib_longest(f->m, n->longest);
		break;
	}
}

/* What get says, and what flows do, is what the list says. */
static void naive_check(struct naive *n)
{
	for (uint32_t number = 1; number < 16; number++) {
		const struct mgm_address source =
			mgm_address_v4(src_ip(number));
		uint32_t best = naive_best(n, number);
		struct mgm_rib_route routes[1] = {{.size = sizeof(routes[0])}};
		struct mgm_mfe_info info = {.size = sizeof(info)};
		size_t count = 1;

		if (mgm_rib_get(n->f->m, &source, routes, &count))
			routes[0].ifid = 0;
		assert_int_equal(routes[0].ifid, best);
		assert_int_equal(mgm_mfe_get(n->f->m, sg(number, 1), &info), 0);
		assert_int_equal(best ? info.iif : info.oif_count, best);
	}
}

static void naive_play(uint32_t seed)
{
	struct naive n = {.f = fix_new(NULL), .seed = seed};
	struct fix_client *p = fix_client(n.f, "r", MGM_PROTOCOL_PIM, 9);

	for (uint32_t i = 0; i < CLIENTS; i++)
		n.client[i] = fix_client(n.f, "c", 2 + i / 2, i % 2);
	for (uint32_t ifid = 1; ifid < 8; ifid++)
		assert_int_equal(fix_take(p, ifid), 0);
	fix_add(p, 7, 0, 1);
	for (uint32_t number = 1; number < 16; number++)
		fix_upcall(n.f, number, 1, 1);
	for (int step = 0; step < 300; step++) {
		if (any(&n, 4))
			naive_change(&n);
		else
			naive_surroundings(&n);
		naive_check(&n);
	}
	fix_check(n.f);
	fix_free(n.f);
}

static void test_best_route_is_what_a_linear_scan_finds(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 20; seed++)
		naive_play(seed * 7919);
}

static void test_flows_by_a_dead_clients_route_go_on_by_another(void **state)
{
	struct fix *f = *state;
	struct fix_client *q = basic(f);
	struct fix_client *p = fix_client(f, "p", XMGM_OWNER_PIM, 0);

	fix_take(p, 4);
	f->rib[7] = A;
	assert_int_equal(put(p, 7, 32, 4, 100), 0);
	assert_int_equal(fix_add(q, C, 0, 1), 0);
	fix_upcall(f, 7, 1, 4);
	assert_string_equal(fix_route(f, 7, 1), "4: 3");
	mgm_client_dead(f->m, p->handle);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
}

static void test_flows_go_on_by_another_route_when_an_interface_goes(void **s)
{
	struct fix *f = *s;
	struct fix_client *p = basic(f);

	f->rib[7] = A;
	assert_int_equal(put(p, 7, 32, B, 100), 0);
	assert_int_equal(fix_add(p, C, 0, 1), 0);
	fix_upcall(f, 7, 1, B);
	assert_string_equal(fix_route(f, 7, 1), "2: 3");
	mgm_interface_gone(f->m, f->now, B);
	assert_string_equal(fix_route(f, 7, 1), "1: 3");
}

static const struct CMUnitTest tests[] = {
	fix_test(test_first_packet_chooses_though_a_membership_came_before),
	fix_test(test_packet_corrects_a_leg_that_no_packet_chose),
	fix_test(test_lowest_distance_between_clients_not_longest_match),
	fix_test(test_longest_match_of_each_client),
	fix_test(test_what_is_no_route),
	cmocka_unit_test(test_limit_of_routes),
	fix_test(test_change_moves_flows_and_tells_old_and_new_owner),
	fix_test(test_routes_go_with_their_client),
	fix_test(test_route_through_an_interface_that_is_down_waits),
	fix_test(test_routes_go_with_the_interface),
	fix_test(test_policy_moves_flows),
	fix_test(test_owner_is_asked_by_a_route_that_only_a_client_has),
	fix_test(test_clients_hear_of_changes),
	fix_test(test_many_sources_are_moved_by_ticks),
	cmocka_unit_test(test_best_route_is_what_a_linear_scan_finds),
	fix_test(test_flows_by_a_dead_clients_route_go_on_by_another),
	fix_test(test_flows_go_on_by_another_route_when_an_interface_goes),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
