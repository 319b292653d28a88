/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes: a row for each state and what a report, or time, makes of it. The
 * forwarder of each link, and who depends on us there
 * (draft-ietf-idmr-dvmrp-v3-11).
 */
#include "dvmrp_lab.h"

#define NET	     "10.20.0.0/16"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * Where a row begins. The route, if there is one, was said by 10.1.0.4 with 3,
 * so that ours is 4; relearned it is by 10.2.0.4 with 5: 6.
 */
static void begin(struct lab *l, enum dvmrp_route_state state)
{
	for (unsigned int port = 1; port <= 2; port++) {
		lab_peer(l, port, 2);
		lab_peer(l, port, 4);
		lab_peer(l, port, 9);
	}
	lab_run(l, 6000); /* no flash waits */
	if (state == DVMRP_ROUTE_NONE)
		return;
	if (state == DVMRP_ROUTE_DIRECT) {
		lab_address(l, 3, "10.20.0.1", 16);
		lab_run(l, 6000);
		return;
	}
	lab_report(l, 1, 4, NET " 3");
	if (state == DVMRP_ROUTE_HELD || state == DVMRP_ROUTE_RELEARNED)
		lab_report(l, 1, 4, NET " 32");
	if (state == DVMRP_ROUTE_RELEARNED)
		lab_report(l, 2, 4, NET " 5");
	lab_run(l, 11000); /* nor now */
	assert_int_equal(lab_route(l, NET)->state, state);
}

#define NONE	  DVMRP_ROUTE_NONE
#define DIRECT	  DVMRP_ROUTE_DIRECT
#define VALID	  DVMRP_ROUTE_VALID
#define HELD	  DVMRP_ROUTE_HELD
#define RELEARNED DVMRP_ROUTE_RELEARNED

static const struct {
	const char *what;
	enum dvmrp_route_state before;
	struct {
		unsigned int port, host, metric;
	} said;
	enum dvmrp_route_state after;
	unsigned int metric, port, host; /* ours, by whom */
	bool flash;
} rows[] = {
	{"new", NONE, {1, 2, 1}, VALID, 2, 1, 2, true},
	{"new, as far as can be", NONE, {1, 2, 30}, VALID, 31, 1, 2, true},
	{"new, too far", NONE, {1, 2, 31}, NONE, 0, 0, 0, false},
	{"unknown, unreachable", NONE, {1, 2, 32}, NONE, 0, 0, 0, false},
	{"unknown, poison", NONE, {1, 2, 34}, NONE, 0, 0, 0, false},

	{"upstream, the same", VALID, {1, 4, 3}, VALID, 4, 1, 4, false},
	{"upstream, worse", VALID, {1, 4, 7}, VALID, 8, 1, 4, true},
	{"upstream, better", VALID, {1, 4, 1}, VALID, 2, 1, 4, true},
	{"upstream, too far", VALID, {1, 4, 31}, HELD, 32, 0, 0, true},
	{"upstream, unreachable", VALID, {1, 4, 32}, HELD, 32, 0, 0, true},
	{"upstream, poison", VALID, {1, 4, 36}, HELD, 32, 0, 0, true},
	{"another, better", VALID, {2, 9, 2}, VALID, 3, 2, 9, true},
	{"another, equal, lower", VALID, {1, 2, 3}, VALID, 4, 1, 2, true},
	{"another, equal, higher", VALID, {2, 9, 3}, VALID, 4, 1, 4, false},
	{"another, worse", VALID, {2, 2, 4}, VALID, 4, 1, 4, false},
	{"another, unreachable", VALID, {1, 2, 32}, VALID, 4, 1, 4, false},
	{"another, poison on the iif", VALID, {1, 2, 36}, VALID, 4, 1, 4, false},
	{"another, poison elsewhere", VALID, {2, 2, 36}, VALID, 4, 1, 4, false},

	{"held, as before", HELD, {1, 4, 3}, VALID, 4, 1, 4, true},
	{"held, same neighbour, worse",
	 HELD,
	 {1, 4, 4},
	 RELEARNED,
	 5,
	 1,
	 4,
	 true},
	{"held, another, same metric", HELD, {1, 2, 3}, RELEARNED, 4, 1, 2, true},
	{"held, another, worse", HELD, {2, 9, 20}, RELEARNED, 21, 2, 9, true},
	{"held, too far", HELD, {2, 9, 31}, HELD, 32, 0, 0, false},
	{"held, unreachable", HELD, {1, 4, 32}, HELD, 32, 0, 0, false},
	{"held, poison", HELD, {2, 2, 36}, HELD, 32, 0, 0, false},

	{"relearned, the same", RELEARNED, {2, 4, 5}, RELEARNED, 6, 2, 4, false},
	{"relearned, unreachable", RELEARNED, {2, 4, 32}, HELD, 32, 0, 0, true},
	{"relearned, as before", RELEARNED, {1, 4, 3}, VALID, 4, 1, 4, true},
	{"relearned, better", RELEARNED, {1, 2, 3}, RELEARNED, 4, 1, 2, true},
	{"relearned, worse", RELEARNED, {1, 2, 9}, RELEARNED, 6, 2, 4, false},

	{"direct, reachable", DIRECT, {1, 2, 1}, DIRECT, 1, 3, 0, false},
	{"direct, poison", DIRECT, {1, 2, 33}, DIRECT, 1, 3, 0, false},
};

static void check_way(struct lab *l, const char *what,
		      enum dvmrp_route_state state, unsigned int metric,
		      unsigned int port, unsigned int host)
{
	const struct dvmrp_route *r = lab_route(l, NET);

	if (!r) {
		if (state != NONE)
			fail_msg("%s: no route", what);
		return;
	}
	if (r->state != state || r->metric != metric)
		fail_msg("%s: state %d, metric %u", what, r->state, r->metric);
	if ((r->iif ? r->iif->ifid : 0) != port)
		fail_msg("%s: iif", what);
	if (!host != !r->upstream ||
	    (host &&
	     r->upstream->address.s_addr != lab_host(port, host).s_addr))
		fail_msg("%s: upstream", what);
}

/* What the manager has is what there is a way for, but our own subnets. */
static void check_rib(struct lab *l, const char *what)
{
	const struct dvmrp_route *r = lab_route(l, NET);
	const struct mgm_address source =
		mgm_address_v4((struct in_addr){inet_addr("10.20.1.1")});
	struct mgm_rib_route routes[4] = {{.size = sizeof(routes[0])}};
	size_t count = COUNT(routes);
	int err = mgm_rib_get(l->f->m, &source, routes, &count);

	if (!r || !r->upstream) {
		if (err != -ENOENT)
			fail_msg("%s: in the RIB", what);
		return;
	}
	if (err || routes[0].ifid != r->iif->ifid ||
	    routes[0].metric != r->metric ||
	    routes[0].distance != MGM_DISTANCE_DVMRP ||
	    mgm_address_to_v4(&routes[0].upstream).s_addr !=
		    r->upstream->address.s_addr)
		fail_msg("%s: not in the RIB", what);
}

static void test_each_state_and_report(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lab *l = lab_new(3);
		char report[64];
		uint64_t flashes;

		begin(l, rows[i].before);
		flashes = lab_count(l, DVMRP_N_FLASHES);
		lab_clear(l);
		snprintf(report, sizeof(report), NET " %u",
			 rows[i].said.metric);
		lab_report(l, rows[i].said.port, rows[i].said.host, report);
		check_way(l, rows[i].what, rows[i].after, rows[i].metric,
			  rows[i].port, rows[i].host);
		check_rib(l, rows[i].what);
		/* A 32 for a route that we have is answered by a flash too. */
		if (rows[i].said.metric != 32 &&
		    (lab_count(l, DVMRP_N_FLASHES) != flashes) != rows[i].flash)
			fail_msg("%s: flash", rows[i].what);
		lab_free(l);
	}
}

/* --- time and links --------------------------------------------------------- */

static void say_again(struct lab *l, unsigned int port, unsigned int host,
		      const char *routes, uint64_t ms)
{
	for (; ms; ms -= 10000) {
		for (unsigned int p = 1; p <= 2; p++) {
			lab_probe(l, p, 2, 0x1000, true);
			lab_probe(l, p, 4, 0x1000, true);
			lab_probe(l, p, 9, 0x1000, true);
		}
		if (routes)
			lab_report(l, port, host, routes);
		lab_run(l, 10000);
	}
}

static void test_a_route_that_nobody_says_expires(void **state)
{
	struct lab *l = *state;

	begin(l, NONE);
	lab_report(l, 1, 4, NET " 3");
	say_again(l, 0, 0, NULL, 130000);
	check_way(l, "young", VALID, 4, 1, 4);
	say_again(l, 0, 0, NULL, 10000);
	check_way(l, "140 s", HELD, 32, 0, 0);
	assert_int_equal(lab_count(l, DVMRP_N_ROUTES_EXPIRED), 1);
	/* Then hold-down, and it is forgotten. */
	say_again(l, 0, 0, NULL, 110000);
	assert_non_null(lab_route(l, NET));
	say_again(l, 0, 0, NULL, 10000);
	assert_null(lab_route(l, NET));
}

static void test_a_relearned_route_is_valid_after_hold_down(void **state)
{
	struct lab *l = *state;

	begin(l, RELEARNED); /* 11 s ago */
	say_again(l, 2, 4, NET " 5", 100000);
	check_way(l, "held", RELEARNED, 6, 2, 4);
	lab_clear(l);
	say_again(l, 2, 4, NET " 5", 10000);
	check_way(l, "over", VALID, 6, 2, 4);
	assert_int_equal(lab_said(l, 1, NET), 6);
	assert_int_equal(lab_said(l, 2, NET), 38);
}

static void test_a_relearned_route_that_nobody_says(void **state)
{
	struct lab *l = *state;

	l->config.expiry_ms = 50000;
	lab_configure(l);
	begin(l, RELEARNED);
	say_again(l, 0, 0, NULL, 40000);
	check_way(l, "silent", HELD, 32, 0, 0);
	/* Its hold-down is the first one's still. */
	say_again(l, 0, 0, NULL, 60000);
	assert_non_null(lab_route(l, NET));
	say_again(l, 0, 0, NULL, 10000);
	assert_null(lab_route(l, NET));
}

static void test_the_upstream_goes(void **state)
{
	struct lab *l = *state;

	begin(l, VALID);
	lab_probe(l, 1, 4, 0x1000, false);
	check_way(l, "one-way", HELD, 32, 0, 0);
	lab_report(l, 2, 4, NET " 5");
	check_way(l, "relearned", RELEARNED, 6, 2, 4);
	lab_turn(l, 2, false);
	check_way(l, "link down", HELD, 32, 0, 0);
	/* As before ends it, also if it was away meanwhile. */
	lab_peer(l, 1, 4);
	lab_report(l, 1, 4, NET " 3");
	check_way(l, "back", VALID, 4, 1, 4);
}

static void test_our_own_subnets(void **state)
{
	struct lab *l = *state;

	begin(l, VALID);
	lab_address(l, 3, "10.20.0.1", 16);
	check_way(l, "direct", DIRECT, 1, 3, 0);
	check_rib(l, "direct");
	lab_report(l, 1, 4, NET " 1");
	check_way(l, "not displaced", DIRECT, 1, 3, 0);
	lab_turn(l, 3, false); /* its address is another then, as well */
	check_way(l, "down", HELD, 32, 0, 0);
	lab_report(l, 1, 4, NET " 3");
	check_way(l, "another's", RELEARNED, 4, 1, 4);
	lab_address(l, 3, "10.20.0.1", 16);
	check_way(l, "up", DIRECT, 1, 3, 0);
	/* Another metric of the interface. */
	l->port[3].metric = 7;
	lab_configure(l);
	check_way(l, "metric", DIRECT, 7, 3, 0);
	/* Prefixes that no report can say are none. */
	lab_address(l, 3, "20.0.0.1", 7);
	assert_null(lab_route(l, "20.0.0.0/7"));
	assert_int_equal(lab_route(l, NET)->state, HELD);
}

static void test_one_subnet_on_two_interfaces(void **state)
{
	struct lab *l = *state;

	lab_address(l, 2, "10.20.0.2", 16);
	lab_address(l, 3, "10.20.0.3", 16);
	assert_int_equal(lab_route(l, NET)->iif->ifid, 2);
	lab_turn(l, 2, false);
	assert_int_equal(lab_route(l, NET)->iif->ifid, 3);
	assert_int_equal(lab_route(l, NET)->state, DIRECT);
}

/* The longest match of those that have a way, the default last. */
static void test_the_look_up(void **state)
{
	static const struct {
		const char *source, *prefix;
	} asked[] = {
		{"10.20.1.1", "10.20.1.0/24"}, {"10.20.2.1", NET},
		{"10.21.0.1", "10.0.0.0/8"},   {"10.1.0.77", "10.1.0.0/24"},
		{"11.0.0.1", "0.0.0.0/0"},     {"10.20.1.9", "10.20.1.9/32"},
	};
	struct lab *l = *state;
	struct dvmrp_prefix p;

	lab_peer(l, 1, 4);
	lab_report(l, 1, 4,
		   "0.0.0.0/0 9, 10.0.0.0/8 9, " NET " 9, 10.20.1.0/24 9, "
		   "10.20.1.9/32 9");
	for (size_t i = 0; i < COUNT(asked); i++) {
		p = lab_prefix(asked[i].prefix);
		assert_ptr_equal(dvmrp_route_lookup(l->d,
						    (struct in_addr){inet_addr(
							    asked[i].source)}),
				 dvmrp_route_find(l->d, &p));
	}
	/* What is held has no way. */
	lab_report(l, 1, 4, "10.20.1.0/24 32, 0.0.0.0/0 32");
	p = lab_prefix(NET);
	assert_ptr_equal(dvmrp_route_lookup(l->d, (struct in_addr){inet_addr(
							  "10.20.1.1")}),
			 dvmrp_route_find(l->d, &p));
	assert_null(dvmrp_route_lookup(
		l->d, (struct in_addr){inet_addr("11.0.0.1")}));
}

/* --- what may be believed --------------------------------------------------- */

static void test_the_limit_of_routes(void **state)
{
	struct lab *l = *state;

	l->config.max_routes = 5; /* three are ours */
	lab_configure(l);
	lab_peer(l, 1, 4);
	lab_report(l, 1, 4, "10.20.0.0/24 1, 10.21.0.0/24 1, 10.22.0.0/24 1");
	assert_non_null(lab_route(l, "10.20.0.0/24"));
	assert_non_null(lab_route(l, "10.21.0.0/24"));
	assert_null(lab_route(l, "10.22.0.0/24"));
	assert_int_equal(lab_count(l, DVMRP_N_LIMIT_ROUTES), 1);
	/* Those that there are go on. */
	lab_report(l, 1, 4, "10.20.0.0/24 2, 10.21.0.0/24 32");
	assert_int_equal(lab_route(l, "10.20.0.0/24")->metric, 3);
	assert_int_equal(lab_route(l, "10.21.0.0/24")->state, HELD);
}

static void test_a_prefix_twice_in_a_report(void **state)
{
	struct lab *l = *state;

	lab_peer(l, 1, 4);
	lab_report(l, 1, 4, NET " 3, " NET " 1");
	assert_int_equal(lab_route(l, NET)->metric, 4);
	assert_int_equal(lab_count(l, DVMRP_N_ROUTES_TWICE), 1);
	lab_report(l, 1, 4, NET " 3, " NET " 32");
	assert_int_equal(lab_route(l, NET)->state, VALID);
	lab_report(l, 1, 4, NET " 2");
	assert_int_equal(lab_route(l, NET)->metric, 3);
}

static void test_routes_that_are_accepted(void **state)
{
	struct lab *l = *state;

	l->port[1].accept.count = 1;
	l->port[1].accept.item[0] = lab_prefix("10.16.0.0/12");
	l->port[1].accept_default = false;
	lab_configure(l);
	lab_peer(l, 1, 4);
	lab_report(l, 1, 4,
		   "0.0.0.0/0 1, 10.0.0.0/8 1, 10.16.0.0/12 1, " NET
		   " 1, 10.32.0.0/16 1");
	assert_null(lab_route(l, "0.0.0.0/0"));
	assert_null(lab_route(l, "10.0.0.0/8"));
	assert_null(lab_route(l, "10.32.0.0/16"));
	assert_non_null(lab_route(l, "10.16.0.0/12"));
	assert_non_null(lab_route(l, NET));
	assert_int_equal(lab_count(l, DVMRP_N_ROUTES_FILTERED), 3);
	/* Taken out of the list it is lost with the next report. */
	l->port[1].accept.item[0] = lab_prefix("10.32.0.0/12");
	lab_configure(l);
	lab_report(l, 1, 4, NET " 1");
	assert_int_equal(lab_route(l, NET)->state, HELD);
	/* Who depends on us says so whatever we accept. */
	lab_peer(l, 2, 4);
	lab_report(l, 2, 4, "10.64.0.0/16 1");
	lab_report(l, 1, 4, "10.64.0.0/16 34");
	assert_int_equal(dvmrp_route_dependents(lab_route(l, "10.64.0.0/16"),
						lab_port(l, 1)),
			 dvmrp_neighbor_bit(lab_neighbor(l, 1, 4)));
}

static void test_the_default_route_is_a_route(void **state)
{
	struct lab *l = *state;

	lab_peer(l, 1, 4);
	lab_report(l, 1, 4, "0.0.0.0/0 1");
	assert_int_equal(lab_route(l, "0.0.0.0/0")->metric, 2);
}

/* The metric of the interface counts where it comes in. */
static void test_metrics_of_interfaces(void **state)
{
	struct lab *l = *state;

	l->port[1].metric = 10;
	lab_configure(l);
	lab_peer(l, 1, 4);
	lab_peer(l, 2, 4);
	lab_report(l, 1, 4, NET " 3");
	check_way(l, "10 and 3", VALID, 13, 1, 4);
	lab_report(l, 1, 4, "10.21.0.0/16 22, 10.22.0.0/16 21");
	assert_null(lab_route(l, "10.21.0.0/16"));
	assert_int_equal(lab_route(l, "10.22.0.0/16")->metric, 31);
	lab_report(l, 2, 4, NET " 11");
	check_way(l, "1 and 11", VALID, 12, 2, 4);
}

/* --- links that are not the iif --------------------------------------------- */

/* Our route is 4, by 10.1.0.4; we are 10.2.0.5. */
static const struct {
	const char *what;
	struct {
		unsigned int host, metric;
	} said[3];
	unsigned int forwarder; /* 0: we are */
} elections[] = {
	{"nobody says anything", {{0}}, 0},
	{"better", {{9, 3}}, 9},
	{"worse", {{2, 5}}, 0},
	{"equal, lower address", {{2, 4}}, 2},
	{"equal, higher address", {{9, 4}}, 0},
	{"unreachable", {{2, 32}}, 0},
	{"depends on us", {{2, 36}}, 0},
	{"as reported, not with the link's metric", {{9, 3}, {9, 3}}, 9},
	{"the best of two", {{9, 3}, {2, 4}}, 9},
	{"a better one later", {{2, 4}, {9, 3}}, 9},
	{"equal ones: the lower", {{9, 3}, {2, 3}}, 2},
	{"it gets worse", {{9, 3}, {9, 5}}, 0},
	{"it is unreachable", {{9, 3}, {9, 32}}, 0},
	{"it depends on us", {{9, 3}, {9, 36}}, 0},
	{"another is unreachable", {{9, 3}, {2, 32}}, 9},
};

static unsigned int forwarder(struct lab *l)
{
	const struct dvmrp_branch *b = lab_route(l, NET)->branches;

	while (b && b->interface->ifid != 2)
		b = b->next;
	if (!b || !b->forwarder) {
		assert_true(dvmrp_route_forwards(lab_route(l, NET),
						 lab_port(l, 2)));
		return 0;
	}
	assert_false(dvmrp_route_forwards(lab_route(l, NET), lab_port(l, 2)));
	return ntohl(b->forwarder->address.s_addr) & 0xff;
}

static void test_who_forwards_on_a_link(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(elections); i++) {
		struct lab *l = lab_new(3);
		char report[64];

		/* So that nobody on the second link is a better way. */
		l->port[2].metric = 5;
		lab_configure(l);
		begin(l, VALID);
		for (size_t k = 0; k < 3 && elections[i].said[k].host; k++) {
			snprintf(report, sizeof(report), NET " %u",
				 elections[i].said[k].metric);
			lab_report(l, 2, elections[i].said[k].host, report);
		}
		check_way(l, elections[i].what, VALID, 4, 1, 4);
		if (forwarder(l) != elections[i].forwarder)
			fail_msg("%s: %u", elections[i].what, forwarder(l));
		lab_free(l);
	}
}

static void test_the_forwarder_changes(void **state)
{
	struct lab *l = *state;

	l->port[2].metric = 5;
	lab_configure(l);
	begin(l, VALID);
	/* It goes. */
	lab_report(l, 2, 9, NET " 3");
	assert_int_equal(forwarder(l), 9);
	lab_probe(l, 2, 9, 0x1000, false);
	assert_int_equal(forwarder(l), 0);
	/* Ours gets better. */
	lab_peer(l, 2, 9);
	lab_report(l, 2, 9, NET " 3");
	assert_int_equal(forwarder(l), 9);
	lab_report(l, 1, 4, NET " 2");
	assert_int_equal(forwarder(l), 0); /* both 3: 10.2.0.5 is lower */
	/* Without a way, and in hold-down, whoever has one. */
	lab_report(l, 1, 4, NET " 32");
	assert_false(dvmrp_route_forwards(lab_route(l, NET), lab_port(l, 2)));
	lab_report(l, 1, 2, NET " 1");
	lab_report(l, 2, 9, NET " 20");
	assert_int_equal(lab_route(l, NET)->state, RELEARNED);
	assert_int_equal(forwarder(l), 9);
}

/* Where the iif was, we forward until we hear better. */
static void test_the_iif_moves(void **state)
{
	struct lab *l = *state;

	begin(l, VALID);
	lab_report(l, 2, 9, NET " 36");
	assert_int_equal(dvmrp_route_dependents(lab_route(l, NET),
						lab_port(l, 2)),
			 dvmrp_neighbor_bit(lab_neighbor(l, 2, 9)));
	lab_report(l, 2, 4, NET " 1");
	check_way(l, "moved", VALID, 2, 2, 4);
	assert_true(dvmrp_route_forwards(lab_route(l, NET), lab_port(l, 1)));
	assert_false(dvmrp_route_forwards(lab_route(l, NET), lab_port(l, 2)));
	assert_int_equal(
		dvmrp_route_dependents(lab_route(l, NET), lab_port(l, 2)), 0);
	lab_report(l, 1, 4, NET " 34");
	assert_int_equal(dvmrp_route_dependents(lab_route(l, NET),
						lab_port(l, 1)),
			 dvmrp_neighbor_bit(lab_neighbor(l, 1, 4)));
}

static const struct {
	const char *what;
	unsigned int first, then; /* metrics; 0: none */
	bool depends;
} dependents[] = {
	{"poison", 36, 0, true},	  {"poison of 1", 33, 0, true},
	{"poison of 31", 63, 0, true},	  {"reachable", 9, 0, false},
	{"unreachable", 32, 0, false},	  {"twice", 36, 37, true},
	{"no longer, 32", 36, 32, false}, {"no longer, a way", 36, 9, false},
	{"after all", 9, 36, true},
};

static void test_who_depends_on_us(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(dependents); i++) {
		struct lab *l = lab_new(3);
		char report[64];
		uint64_t mask;

		begin(l, VALID);
		for (size_t k = 0; k < 2; k++) {
			unsigned int metric = k ? dependents[i].then
						: dependents[i].first;

			snprintf(report, sizeof(report), NET " %u", metric);
			if (metric)
				lab_report(l, 2, 9, report);
		}
		mask = dvmrp_route_dependents(lab_route(l, NET),
					      lab_port(l, 2));
		if (mask != (dependents[i].depends
				     ? dvmrp_neighbor_bit(lab_neighbor(l, 2, 9))
				     : 0))
			fail_msg("%s", dependents[i].what);
		lab_probe(l, 2, 9, 0x1000, false); /* and it goes */
		assert_int_equal(dvmrp_route_dependents(lab_route(l, NET),
							lab_port(l, 2)),
				 0);
		lab_free(l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_state_and_report),
		lab_test(test_a_route_that_nobody_says_expires),
		lab_test(test_a_relearned_route_is_valid_after_hold_down),
		lab_test(test_a_relearned_route_that_nobody_says),
		lab_test(test_the_upstream_goes),
		lab_test(test_our_own_subnets),
		lab_test(test_one_subnet_on_two_interfaces),
		lab_test(test_the_look_up),
		lab_test(test_the_limit_of_routes),
		lab_test(test_a_prefix_twice_in_a_report),
		lab_test(test_routes_that_are_accepted),
		lab_test(test_the_default_route_is_a_route),
		lab_test(test_metrics_of_interfaces),
		cmocka_unit_test(test_who_forwards_on_a_link),
		lab_test(test_the_forwarder_changes),
		lab_test(test_the_iif_moves),
		cmocka_unit_test(test_who_depends_on_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
