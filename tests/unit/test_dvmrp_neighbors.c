/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Neighbours: a row for each state and event, as draft-ietf-idmr-dvmrp-v3-11
 * has them, what older versions need, and the limits.
 */
#include "dvmrp_lab.h"

#define NET "10.20.0.0/16"

enum input {
	PROBE_LISTS,
	PROBE_OTHER,
	REPORT,
	REPORT_OLD, /* of 3.254 */
	PRUNE,
	GENID,	 /* another generation id, and it lists us */
	VERSION, /* another version, and it lists us */
	SILENCE, /* 35 s */
	LINK_DOWN,
};

static const struct {
	const char *what;
	enum dvmrp_neighbor_state before;
	enum input input;
	enum dvmrp_neighbor_state after;
	bool restart; /* it is taken for one that has begun anew */
	bool route;   /* what its report says is a route */
} rows[] = {
	{"unknown, lists us", DVMRP_DOWN, PROBE_LISTS, DVMRP_TWO_WAY, 0, 0},
	{"unknown, does not", DVMRP_DOWN, PROBE_OTHER, DVMRP_ONE_WAY, 0, 0},
	{"unknown, report", DVMRP_DOWN, REPORT, DVMRP_DOWN, 0, 0},
	{"unknown, report of an old one", DVMRP_DOWN, REPORT_OLD, DVMRP_TWO_WAY,
	 0, 1},
	{"unknown, prune", DVMRP_DOWN, PRUNE, DVMRP_DOWN, 0, 0},
	{"unknown, silent", DVMRP_DOWN, SILENCE, DVMRP_DOWN, 0, 0},
	{"one-way, lists us", DVMRP_ONE_WAY, PROBE_LISTS, DVMRP_TWO_WAY, 0, 0},
	{"one-way, does not", DVMRP_ONE_WAY, PROBE_OTHER, DVMRP_ONE_WAY, 0, 0},
	{"one-way, report", DVMRP_ONE_WAY, REPORT, DVMRP_ONE_WAY, 0, 0},
	{"one-way, prune", DVMRP_ONE_WAY, PRUNE, DVMRP_ONE_WAY, 0, 0},
	{"one-way, new genid", DVMRP_ONE_WAY, GENID, DVMRP_TWO_WAY, 0, 0},
	{"one-way, silent", DVMRP_ONE_WAY, SILENCE, DVMRP_DOWN, 0, 0},
	{"one-way, link down", DVMRP_ONE_WAY, LINK_DOWN, DVMRP_DOWN, 0, 0},
	{"two-way, lists us", DVMRP_TWO_WAY, PROBE_LISTS, DVMRP_TWO_WAY, 0, 0},
	{"two-way, does not", DVMRP_TWO_WAY, PROBE_OTHER, DVMRP_ONE_WAY, 0, 0},
	{"two-way, report", DVMRP_TWO_WAY, REPORT, DVMRP_TWO_WAY, 0, 1},
	{"two-way, prune", DVMRP_TWO_WAY, PRUNE, DVMRP_TWO_WAY, 0, 0},
	{"two-way, new genid", DVMRP_TWO_WAY, GENID, DVMRP_TWO_WAY, 1, 0},
	{"two-way, new version", DVMRP_TWO_WAY, VERSION, DVMRP_TWO_WAY, 1, 0},
	{"two-way, silent", DVMRP_TWO_WAY, SILENCE, DVMRP_DOWN, 0, 0},
	{"two-way, link down", DVMRP_TWO_WAY, LINK_DOWN, DVMRP_DOWN, 0, 0},
};

static enum dvmrp_neighbor_state state_of(struct lab *l, unsigned int port,
					  unsigned int host)
{
	const struct dvmrp_neighbor *n = lab_neighbor(l, port, host);

	return n ? n->state : DVMRP_DOWN;
}

static void apply(struct lab *l, enum input input)
{
	static const uint8_t prune[] = {10, 1, 0, 9, 239, 1,
					1,  1, 0, 0, 0,	  100};

	switch (input) {
	case PROBE_LISTS:
	case PROBE_OTHER:
		lab_probe(l, 1, 2, 7, input == PROBE_LISTS);
		break;
	case REPORT_OLD:
		l->version[1] = 254;
		/* fallthrough */
	case REPORT:
		lab_report(l, 1, 2, NET " 3");
		break;
	case PRUNE:
		lab_message(l, 1, 2, DVMRP_PRUNE, prune, sizeof(prune));
		break;
	case GENID:
		lab_probe(l, 1, 2, 6, true);
		break;
	case VERSION:
		l->version[1] = 254;
		lab_probe(l, 1, 2, 7, true);
		break;
	case SILENCE:
		lab_run(l, 35000);
		break;
	case LINK_DOWN:
		lab_turn(l, 1, false);
		break;
	}
}

static void test_each_state_and_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab *l = lab_new(2);

		if (rows[i].before != DVMRP_DOWN)
			lab_probe(l, 1, 2, 7, rows[i].before == DVMRP_TWO_WAY);
		if (state_of(l, 1, 2) != rows[i].before)
			fail_msg("%s: not there", rows[i].what);
		apply(l, rows[i].input);
		if (state_of(l, 1, 2) != rows[i].after)
			fail_msg("%s: %d", rows[i].what, state_of(l, 1, 2));
		if (lab_count(l, DVMRP_N_RESTARTS) != rows[i].restart)
			fail_msg("%s: restart", rows[i].what);
		if (!lab_route(l, NET) != !rows[i].route)
			fail_msg("%s: route", rows[i].what);
		lab_free(l);
	}
}

/* What a neighbour may expect of us by its first probe. */
static void test_a_neighbour_that_hears_us_is_answered_at_once(void **state)
{
	struct lab *l = *state;
	const struct lab_sent *s;
	struct dvmrp_message m;

	lab_run(l, 100);
	lab_clear(l);
	lab_probe(l, 1, 2, 7, true);
	assert_int_equal(lab_sent(l, 1, DVMRP_PROBE), 1);
	s = &l->sent[0];
	assert_int_equal(s->target.s_addr, DVMRP_ALL_ROUTERS);
	assert_int_equal(dvmrp_message_get(s->message, s->len, &m), DVMRP_OK);
	assert_int_equal(m.genid, lab_port(l, 1)->genid);
	assert_int_equal(m.neighbors.count, 1);
	assert_int_equal(igmp_address(&m.neighbors, 0).s_addr,
			 lab_host(1, 2).s_addr);
	/* A full report, to it alone. */
	assert_int_equal(lab_sent(l, 1, DVMRP_REPORT), 1);
	assert_int_equal(l->sent[1].target.s_addr, lab_host(1, 2).s_addr);
	assert_int_equal(lab_said(l, 1, "10.2.0.0/24"), 1);
	assert_int_equal(lab_said(l, 1, "10.3.0.0/24"), 1);
	assert_int_equal(lab_said(l, 1, "10.1.0.0/24"), 0);
	assert_int_equal(lab_sent(l, 2, DVMRP_PROBE), 0);
}

/* One-way neighbours are in our probes too, or it would never be two-way. */
static void test_probes_list_all_that_are_heard(void **state)
{
	struct lab *l = *state;
	struct dvmrp_message m;

	lab_probe(l, 1, 2, 7, false);
	lab_probe(l, 1, 9, 8, true);
	lab_clear(l);
	lab_run(l, 10000);
	assert_int_equal(lab_sent(l, 1, DVMRP_PROBE), 1);
	for (size_t i = 0; i < l->count; i++) {
		if (l->sent[i].port != 1 ||
		    l->sent[i].message[1] != DVMRP_PROBE)
			continue;
		assert_int_equal(dvmrp_message_get(l->sent[i].message,
						   l->sent[i].len, &m),
				 DVMRP_OK);
		assert_int_equal(m.neighbors.count, 2);
	}
}

static void test_probes_go_out_every_ten_seconds(void **state)
{
	struct lab *l = *state;

	lab_clear(l);
	lab_run(l, 9999);
	assert_int_equal(lab_sent(l, 2, DVMRP_PROBE), 0);
	lab_run(l, 50001);
	assert_int_equal(lab_sent(l, 2, DVMRP_PROBE), 6);
}

/* 35 s after its last probe, not earlier; reports do not prolong that. */
static void test_the_neighbour_timeout(void **state)
{
	struct lab *l = *state;

	lab_peer(l, 1, 2);
	lab_run(l, 34000);
	lab_probe(l, 1, 2, 0x1000, true);
	lab_run(l, 34999);
	lab_report(l, 1, 2, NET " 3");
	assert_int_equal(state_of(l, 1, 2), DVMRP_TWO_WAY);
	lab_run(l, 1);
	assert_int_equal(state_of(l, 1, 2), DVMRP_DOWN);
	assert_int_equal(lab_count(l, DVMRP_N_EXPIRED), 1);
	assert_int_equal(lab_route(l, NET)->state, DVMRP_ROUTE_HELD);
}

static const struct {
	uint8_t major, minor;
	bool genid, prunes, by_probe;
	uint32_t timeout_ms;
} versions[] = {
	{3, 255, true, true, true, 35000},
	{4, 0, true, true, true, 35000},
	{9, 255, true, true, true, 35000},
	{3, 254, true, true, false, 35000},
	{3, 3, true, true, false, 35000},
	{3, 2, false, true, false, 140000},
	{3, 0, false, true, false, 140000},
	{2, 255, false, false, false, 140000},
	{1, 0, false, false, false, 140000},
	{10, 2, false, false, false, 140000},
	{11, 0, false, true, false, 140000},
	{12, 4, false, true, false, 140000},
};

static void test_what_each_version_can(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		const struct dvmrp_kind *kind =
			dvmrp_kind_of(versions[i].major, versions[i].minor);
		struct lab *l = lab_new(2);
		struct dvmrp_neighbor *n;

		assert_int_equal(kind->genid, versions[i].genid);
		assert_int_equal(kind->genid,
				 dvmrp_has_genid(versions[i].major,
						 versions[i].minor));
		assert_int_equal(kind->by_probe, versions[i].by_probe);
		l->version[0] = versions[i].major;
		l->version[1] = versions[i].minor;
		lab_report(l, 1, 2, NET " 3");
		n = lab_neighbor(l, 1, 2);
		assert_int_equal(!n, versions[i].by_probe);
		lab_probe(l, 1, 2, 7, true);
		n = lab_neighbor(l, 1, 2);
		assert_int_equal(dvmrp_neighbor_prunes(n), versions[i].prunes);
		lab_run(l, versions[i].timeout_ms - 1);
		assert_int_equal(state_of(l, 1, 2), DVMRP_TWO_WAY);
		lab_run(l, 1);
		assert_int_equal(state_of(l, 1, 2), DVMRP_DOWN);
		lab_free(l);
	}
}

/* Reports are all that some routers send. */
static void test_an_old_neighbour_lives_by_its_reports(void **state)
{
	struct lab *l = *state;

	l->version[0] = 10;
	for (unsigned int i = 0; i < 5; i++) {
		lab_report(l, 1, 2, NET " 3");
		lab_run(l, 139000);
		assert_int_equal(state_of(l, 1, 2), DVMRP_TWO_WAY);
	}
	lab_run(l, 1000);
	assert_int_equal(state_of(l, 1, 2), DVMRP_DOWN);
}

/* One that does not say it prunes is neither sent prunes nor believed some. */
static void test_the_prune_flag(void **state)
{
	struct lab *l = *state;

	l->caps = DVMRP_CAP_GENID;
	lab_peer(l, 1, 2);
	assert_false(dvmrp_neighbor_prunes(lab_neighbor(l, 1, 2)));
	l->caps |= DVMRP_CAP_PRUNE;
	lab_peer(l, 1, 2);
	assert_true(dvmrp_neighbor_prunes(lab_neighbor(l, 1, 2)));
}

/* Each costs a report of everything and all prunes: one in five seconds. */
static void test_generation_ids_that_change_fast(void **state)
{
	struct lab *l = *state;

	lab_peer(l, 1, 2);
	for (uint32_t i = 0; i < 50; i++) {
		lab_probe(l, 1, 2, 1 + i, true);
		lab_run(l, 100);
	}
	assert_int_equal(lab_count(l, DVMRP_N_RESTARTS), 1);
	assert_int_equal(lab_count(l, DVMRP_N_RESETS_HELD), 49);
	/* What it stays with counts in the end. */
	lab_probe(l, 1, 2, 50, true);
	assert_int_equal(lab_count(l, DVMRP_N_RESTARTS), 2);
	lab_run(l, 5000);
	lab_probe(l, 1, 2, 50, true);
	assert_int_equal(lab_count(l, DVMRP_N_RESTARTS), 2);
}

/* mrouted sends it in the byte order of its host: it may fall. */
static void test_a_generation_id_may_fall(void **state)
{
	struct lab *l = *state;

	lab_probe(l, 1, 2, 0xffffffff, true);
	lab_probe(l, 1, 2, 0, true);
	assert_int_equal(lab_count(l, DVMRP_N_RESTARTS), 1);
	assert_int_equal(lab_neighbor(l, 1, 2)->genid, 0);
}

/* A restarted one is sent everything again, and its routes stay meanwhile. */
static void test_a_restart_is_answered_by_a_full_report(void **state)
{
	struct lab *l = *state;

	lab_peer(l, 1, 2);
	lab_report(l, 1, 2, NET " 3");
	lab_run(l, 100);
	lab_clear(l);
	lab_probe(l, 1, 2, 99, true);
	assert_int_equal(lab_said(l, 1, "10.2.0.0/24"), 1);
	assert_int_equal(lab_said(l, 1, NET), 36);
	assert_int_equal(lab_route(l, NET)->state, DVMRP_ROUTE_VALID);
}

static void test_neighbours_that_are_listed(void **state)
{
	struct lab *l = *state;

	lab_peer(l, 1, 2);
	l->port[1].neighbors.count = 1;
	l->port[1].neighbors.item[0] = lab_host(1, 9);
	lab_configure(l);
	assert_null(lab_neighbor(l, 1, 2));
	lab_probe(l, 1, 2, 7, true);
	assert_null(lab_neighbor(l, 1, 2));
	l->version[1] = 254;
	lab_report(l, 1, 2, "0.0.0.0/0 1");
	assert_null(lab_neighbor(l, 1, 2));
	assert_null(lab_route(l, "0.0.0.0/0"));
	assert_int_equal(lab_count(l, DVMRP_N_NOT_LISTED), 2);
	lab_probe(l, 1, 9, 7, true);
	assert_int_equal(state_of(l, 1, 9), DVMRP_TWO_WAY);
	lab_probe(l, 2, 2, 7, true);
	assert_int_equal(state_of(l, 2, 2), DVMRP_TWO_WAY);
}

/* Over 64 on a link, or what is configured: nothing changes. */
static void test_the_limit_of_neighbours(void **state)
{
	struct lab *l = *state;

	for (unsigned int i = 0; i < 65; i++)
		lab_probe(l, 1, 100 + i, 7, true);
	assert_int_equal(lab_port(l, 1)->neighbor_count, 64);
	assert_int_equal(lab_port(l, 1)->two_way, UINT64_MAX);
	assert_null(lab_neighbor(l, 1, 164));
	assert_int_equal(lab_count(l, DVMRP_N_LIMIT_NEIGHBORS), 1);
	lab_probe(l, 1, 163, 7, true);
	assert_int_equal(lab_count(l, DVMRP_N_LIMIT_NEIGHBORS), 1);
	l->port[2].max_neighbors = 1;
	lab_configure(l);
	lab_probe(l, 2, 2, 7, true);
	lab_probe(l, 2, 3, 7, true);
	assert_non_null(lab_neighbor(l, 2, 2));
	assert_null(lab_neighbor(l, 2, 3));
	/* All of their places come back. */
	lab_run(l, 35000);
	assert_int_equal(lab_port(l, 1)->neighbor_count, 0);
	lab_probe(l, 1, 164, 7, true);
	assert_int_equal(lab_neighbor(l, 1, 164)->slot, 0);
}

/* Per interface, another one whenever it begins to run. */
static void test_our_generation_id(void **state)
{
	struct lab *l = *state;
	uint32_t first = lab_port(l, 1)->genid, other = lab_port(l, 2)->genid;

	lab_run(l, 100000);
	assert_int_equal(lab_port(l, 1)->genid, first);
	lab_turn(l, 1, false);
	assert_false(lab_port(l, 1)->running);
	assert_false(l->member[1]);
	lab_turn(l, 1, true);
	assert_true(lab_port(l, 1)->running);
	assert_true(l->member[1]);
	assert_int_not_equal(lab_port(l, 1)->genid, first);
	assert_int_equal(lab_port(l, 2)->genid, other);
	/* Another address: whoever knew us knows nobody now. */
	first = lab_port(l, 1)->genid;
	lab_address(l, 1, "10.1.0.7", 24);
	assert_int_not_equal(lab_port(l, 1)->genid, first);
	lab_address(l, 1, "0.0.0.0", 0);
	assert_false(lab_port(l, 1)->running);
}

/* Taken out of the configuration it is given back, after a farewell. */
static void test_an_interface_is_given_back(void **state)
{
	struct lab *l = *state;
	uint32_t protocol, component;

	lab_peer(l, 1, 2);
	assert_int_equal(mgm_interface_owner(l->f->m, 1, &protocol, &component),
			 0);
	assert_int_equal(protocol, MGM_PROTOCOL_DVMRP);
	lab_clear(l);
	l->configured[1] = false;
	lab_configure(l);
	assert_int_equal(lab_said(l, 1, "10.2.0.0/24"), 32);
	assert_int_equal(mgm_interface_owner(l->f->m, 1, &protocol, &component),
			 -ENOENT);
	assert_null(lab_port(l, 1));
	l->configured[1] = true;
	lab_configure(l);
	assert_true(lab_port(l, 1)->running);
	l->configured[1] = l->configured[2] = l->configured[3] = false;
	lab_configure(l);
	assert_null(l->d->client);
	assert_null(l->d->interfaces);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_state_and_event),
		lab_test(test_a_neighbour_that_hears_us_is_answered_at_once),
		lab_test(test_probes_list_all_that_are_heard),
		lab_test(test_probes_go_out_every_ten_seconds),
		lab_test(test_the_neighbour_timeout),
		cmocka_unit_test(test_what_each_version_can),
		lab_test(test_an_old_neighbour_lives_by_its_reports),
		lab_test(test_the_prune_flag),
		lab_test(test_generation_ids_that_change_fast),
		lab_test(test_a_generation_id_may_fall),
		lab_test(test_a_restart_is_answered_by_a_full_report),
		lab_test(test_neighbours_that_are_listed),
		lab_test(test_the_limit_of_neighbours),
		lab_test(test_our_generation_id),
		lab_test(test_an_interface_is_given_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
