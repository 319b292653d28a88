/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which router of a LAN is its querier, and what the others do: RFC 9776
 * sections 4.1.6, 4.1.7, 6.6.1, 6.6.2, 7.3.1 and 8.5. Ours is 10.2.0.1 (and
 * 10.1.0.1) unless a test says otherwise.
 */
#include "igmp_fixture.h"

#include <errno.h>
#include <stdio.h>

#define OQPI   255000u /* 2 x 125 s + 10 s / 2 */
#define LOWER  "10.1.0.7"
#define LOWEST "10.1.0.6"
#define HIGHER "10.2.0.9"

static struct {
	size_t queriers, versions, problems;
	unsigned int version;
	char sentence[400];
	size_t sentences;
} said;

static void on_querier(void *arg, struct igmp_interface *in)
{
	(void)arg;
	(void)in;
	said.queriers++;
}

static void on_version(void *arg, struct igmp_interface *in,
		       struct in_addr host, unsigned int version)
{
	(void)arg;
	(void)in;
	(void)host;
	said.versions++;
	said.version = version;
}

static void on_problems(void *arg)
{
	(void)arg;
	said.problems++;
}

/* Who forwards is test_igmp_forward.c's. */
static void on_sentence(void *arg, const char *sentence)
{
	(void)arg;
	if (strstr(sentence, "forwarding"))
		return;
	snprintf(said.sentence, sizeof(said.sentence), "%s", sentence);
	said.sentences++;
}

static int setup(void **state)
{
	struct fixture *f;

	fix_setup(state);
	f = *state;
	f->hooks.querier = on_querier;
	f->hooks.version = on_version;
	f->hooks.problems = on_problems;
	memset(&said, 0, sizeof(said));
	return 0;
}

static void query(struct fixture *f, const char *host,
		  const struct igmp_message *m)
{
	igmp_router_message(f->router, IFID, addr(host), m, f->now);
}

/* A version 3 general query with the values we have ourselves. */
static struct igmp_message general(void)
{
	return (struct igmp_message){.type = XMGM_IGMP_QUERY,
				     .version = 3,
				     .robustness = 2,
				     .query_interval_s = QI / 1000,
				     .max_response_ms = 10000};
}

static void hear(struct fixture *f, const char *host)
{
	struct igmp_message m = general();

	query(f, host, &m);
}

static struct proto_querier shown(struct fixture *f)
{
	struct proto_querier q;

	assert_int_equal(igmp_interface_querier(f->in, f->now, &q), 0);
	return q;
}

static void expect_querier(struct fixture *f, const char *host)
{
	struct proto_querier q = shown(f);

	assert_int_equal(v4_address(&q.address).s_addr, inet_addr(host));
	assert_int_equal(q.self, !strcmp(host, "10.2.0.1"));
}

static void readdress(struct fixture *f, const struct proto_address *a,
		      size_t count)
{
	struct proto_interface interface = fix_interface();

	interface.addresses = a;
	interface.address_count = count;
	igmp_interface_present(f->in, &interface, f->now);
}

static void configure(struct fixture *f, const struct igmp_config *config)
{
	igmp_interface_configure(f->in, config, f->now);
	fix_after(f, 0);
}

/* Section 6.6.2: who has the lower address asks, and nobody else, until the
 * other querier present interval (8.5) has passed without a word of his. */
static void test_the_lower_address_asks(void **state)
{
	struct fixture *f = *state;
	uint64_t heard = f->now;

	hear(f, LOWER);
	expect_querier(f, LOWER);
	assert_int_equal(shown(f).expires_ms, OQPI);
	assert_int_equal(said.queriers, 1);
	fix_until(f, heard + OQPI - 1);
	assert_int_equal(f->queries, 0);
	fix_until(f, heard + OQPI);
	expect_querier(f, "10.2.0.1");
	assert_int_equal(said.queriers, 2);
	assert_int_equal(f->queries, 1);
	fix_until(f, heard + OQPI + 2 * QI);
	assert_int_equal(f->queries, 3);
	assert_int_equal(f->query[1].at_ms, heard + OQPI + QI);
}

static void test_the_higher_address_does_not(void **state)
{
	struct fixture *f = *state;

	hear(f, HIGHER);
	expect_querier(f, "10.2.0.1");
	fix_after(f, 2 * QI);
	assert_int_equal(f->queries, 2);
	assert_int_equal(said.queriers, 0);
}

/* Addresses are numbers: 10.2.0.1 is lower than 10.2.0.128 and 9.x than it. */
static void test_addresses_are_compared_as_numbers(void **state)
{
	static const struct proto_address ours[] = {
		V4_SUBNET(10, 2, 0, 1, 24),
		V4_SUBNET(9, 255, 255, 1, 24),
		V4_SUBNET(192, 0, 2, 1, 24),
	};
	struct fixture *f = *state;

	readdress(f, ours, 3);
	hear(f, "10.2.0.128");
	hear(f, "192.0.2.2");
	expect_querier(f, "10.2.0.1");
	hear(f, "9.255.255.254");
	expect_querier(f, "9.255.255.254");
}

/* Only the elected querier's queries hold it in office: nobody who has lost
 * against it may keep a dead one there. A still lower one takes its place. */
static void test_only_the_elected_one_refreshes(void **state)
{
	struct fixture *f = *state;
	uint64_t heard = f->now;

	hear(f, LOWEST);
	fix_after(f, 1000);
	hear(f, LOWER);
	hear(f, HIGHER);
	expect_querier(f, LOWEST);
	fix_until(f, heard + OQPI);
	expect_querier(f, "10.2.0.1");
	hear(f, LOWER);
	expect_querier(f, LOWER);
	hear(f, LOWEST);
	expect_querier(f, LOWEST);
	assert_int_equal(shown(f).expires_ms, OQPI);
}

/* Queries from 0.0.0.0 (snooping switches), from an address of ours, and of
 * other nets elect nobody, lower nothing, and are counted. */
static void test_false_queriers_are_ignored(void **state)
{
	static const char *const hosts[] = {"0.0.0.0", "10.2.0.1", "10.1.0.1",
					    "9.0.0.1"};
	struct igmp_message m = general(), specific = general();
	struct fixture *f = *state;

	specific.group = grp(0);
	specific.max_response_ms = 1000;
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	for (size_t i = 0; i < 4; i++) {
		query(f, hosts[i], &m);
		query(f, hosts[i], &specific);
	}
	expect_querier(f, "10.2.0.1");
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_QUERIES_UNNAMED),
			 2);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_QUERIES_OWN), 4);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_FOREIGN_HOST),
			 2);
	assert_int_equal(said.queriers + said.versions, 0);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(igmp_group_find(f->in, grp(0))->expires_ms,
			 START + GMI);
}

/* A non-querier sends nothing and lowers nothing of its own (section 6.6.3 is
 * the querier's): the state changes, the timers stay. */
static void test_a_non_querier_does_not_ask(void **state)
{
	struct fixture *f = *state;

	hear(f, LOWER);
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_record(f, IGMP_ALLOW, grp(1), 3);
	fix_record(f, IGMP_BLOCK, grp(1), 1);
	fix_record(f, IGMP_TO_EX, grp(1), 2);
	fix_after(f, LMQT);
	assert_int_equal(f->queries, 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
	/* Nor after a loss of messages. */
	igmp_router_lost(f->router, IFID, f->now);
	fix_after(f, 20000);
	assert_int_equal(f->queries, 0);
	expect_querier(f, LOWER);
	/* Nobody has asked: all run out in their time. */
	fix_until(f, START + OQPI - 1);
	hear(f, LOWER);
	fix_until(f, START + GMI - 1);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_until(f, START + GMI);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* Section 6.6.1: a query about a group lowers its timer, one about sources
 * theirs; with the S flag neither. */
static void test_queries_heard_lower_timers(void **state)
{
	static const struct {
		bool suppress;
		unsigned int version;
		uint32_t response_ms;
		uint64_t left;
	} cases[] = {
		{false, 3, LMQI, LMQT},
		{true, 3, LMQI, GMI},
		{false, 2, LMQI, LMQT},
		{false, 1, 10000, GMI}, /* has no group */
		{false, 3, 0, LMQT},	/* hosts get our time at least */
		{false, 3, 3 * LMQI, 3 * LMQT},
	};
	struct fixture *f = *state;
	struct in_addr listed[2] = {src(0), src(5)};
	struct igmp_message m = general();
	struct igmp_group *g;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		m.group = grp(0);
		m.suppress = cases[i].suppress;
		m.version = cases[i].version;
		m.max_response_ms = cases[i].response_ms;
		m.sources.count = 0;
		fix_record(f, IGMP_TO_EX, grp(0), 0);
		query(f, LOWER, &m);
		g = igmp_group_find(f->in, grp(0));
		assert_int_equal(g->expires_ms, f->now + cases[i].left);
		if (m.version < 3)
			continue;
		m.group = grp(1);
		m.sources.count = 2;
		m.sources.bytes = (const uint8_t *)listed;
		fix_record(f, IGMP_ALLOW, grp(1), 3);
		query(f, LOWER, &m);
		g = igmp_group_find(f->in, grp(1));
		assert_int_equal(g->sources[0].expires_ms,
				 f->now + cases[i].left);
		assert_int_equal(g->sources[1].expires_ms, f->now + GMI);
	}
	assert_int_equal(f->queries, 0);
}

/* Nothing is raised, what no host wants is not made, and who does not answer
 * goes. */
static void test_lowered_timers_end_what_nobody_wants(void **state)
{
	struct fixture *f = *state;
	struct igmp_message m = general();

	m.max_response_ms = LMQI;
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_after(f, 1000);
	m.group = grp(0);
	query(f, LOWER, &m);
	fix_after(f, 500);
	m.max_response_ms = 10 * LMQI;
	query(f, LOWER, &m);
	m.group = grp(3);
	query(f, LOWER, &m);
	assert_null(igmp_group_find(f->in, grp(3)));
	fix_after(f, LMQT - 501);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_after(f, 1);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_int_equal(f->queries, 0);
}

/* A query about sources does not touch blocked ones, nor a group's timer. */
static void test_blocked_sources_stay_blocked(void **state)
{
	struct in_addr listed[2] = {src(0), src(1)};
	struct igmp_message m = general();
	struct fixture *f = *state;
	struct igmp_group *g;

	fix_record(f, IGMP_IS_EX, grp(0), 1);
	fix_record(f, IGMP_ALLOW, grp(0), 2);
	m.group = grp(0);
	m.max_response_ms = LMQI;
	m.sources.count = 2;
	m.sources.bytes = (const uint8_t *)listed;
	query(f, LOWER, &m);
	g = igmp_group_find(f->in, grp(0));
	assert_int_equal(g->expires_ms, f->now + GMI);
	assert_int_equal(g->sources[0].expires_ms, 0);
	assert_int_equal(g->sources[1].expires_ms, f->now + LMQT);
}

/* Sections 4.1.6, 4.1.7: the querier's robustness and interval are ours while
 * it is querier; what it does not say, and afterwards, is as configured. */
static void test_values_of_the_querier(void **state)
{
	struct igmp_message m = general();
	struct fixture *f = *state;

	m.robustness = 3;
	m.query_interval_s = 60;
	query(f, LOWER, &m);
	assert_int_equal(shown(f).expires_ms, 3 * 60000 + 5000);
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	assert_int_equal(igmp_group_find(f->in, grp(0))->expires_ms,
			 f->now + 3 * 60000 + 2 * 10000);
	assert_int_equal(igmp_lmqc(&f->in->config), 3);
	m.robustness = 0;
	m.query_interval_s = 0;
	query(f, LOWER, &m);
	assert_int_equal(shown(f).expires_ms, OQPI);
	m.robustness = 4;
	m.query_interval_s = 20;
	query(f, LOWER, &m);
	/* One that has lost does not rule. */
	hear(f, HIGHER);
	assert_int_equal(f->in->config.robustness, 4);
	fix_after(f, 4 * 20000 + 5000);
	expect_querier(f, "10.2.0.1");
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	assert_int_equal(igmp_group_find(f->in, grp(0))->expires_ms,
			 f->now + GMI);
	assert_int_equal(f->queries, 1);
	fix_after(f, QI);
	assert_int_equal(f->queries, 2);
}

/* Who loses while he asks about a group sends the rest of those queries (RFC
 * 2236 section 3), and nothing else. */
static void test_a_sequence_is_finished(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_record(f, IGMP_ALLOW, grp(1), 1);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	fix_record(f, IGMP_BLOCK, grp(1), 1);
	assert_int_equal(f->queries, 2);
	hear(f, LOWER);
	fix_after(f, 500);
	fix_record(f, IGMP_IS_EX, grp(2), 0);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(2));
	fix_after(f, LMQT);
	assert_int_equal(f->queries, 4);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
	fix_expect(f, grp(2), MGM_EXCLUDE, 0);
	fix_after(f, QI);
	assert_int_equal(f->queries, 4);
}

/* A lower address of ours, and we ask; a higher one, and we still do not. */
static void test_our_own_address_changes(void **state)
{
	static const struct proto_address higher = V4_SUBNET(10, 2, 0, 200, 16);
	static const struct proto_address lower = V4_SUBNET(10, 2, 0, 3, 16);
	struct fixture *f = *state;

	readdress(f, &higher, 1);
	fix_after(f, 60000);
	f->queries = 0;
	hear(f, "10.2.0.100");
	readdress(f, &higher, 1);
	fix_after(f, 1000);
	expect_querier(f, "10.2.0.100");
	assert_int_equal(shown(f).expires_ms, OQPI - 1000);
	assert_int_equal(f->queries, 0);
	readdress(f, &lower, 1);
	fix_after(f, 0);
	assert_true(shown(f).self);
	fix_after(f, QI / 4);
	assert_int_equal(f->queries, 2);
	assert_int_equal(f->query[0].router.s_addr, inet_addr("10.2.0.3"));
}

/* The querier's address becomes ours, or its net is no longer ours. */
static void test_a_querier_that_cannot_be(void **state)
{
	static const struct proto_address his = V4_SUBNET(10, 1, 0, 7, 16);
	static const struct proto_address away = V4_SUBNET(10, 2, 0, 1, 24);
	struct fixture *f = *state;

	hear(f, LOWER);
	readdress(f, &away, 1);
	fix_after(f, 0);
	expect_querier(f, "10.2.0.1");
	assert_int_equal(f->queries, 1);
	readdress(f, fix_addresses, 2);
	hear(f, LOWER);
	assert_false(shown(f).self);
	readdress(f, &his, 1);
	assert_true(shown(f).self);
}

/* Without an address, down, or gone there is no querier that we know; back
 * again we ask until another one shows himself. */
static void test_nothing_is_known_of_a_lan_that_was_left(void **state)
{
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	for (int way = 0; way < 3; way++) {
		hear(f, LOWER);
		expect_querier(f, LOWER);
		if (way == 2)
			igmp_interface_absent(f->in);
		interface.up = way != 0;
		interface.address_count = way == 1 ? 0 : 2;
		if (way < 2) {
			igmp_interface_present(f->in, &interface, f->now);
			expect_querier(f, "0.0.0.0");
			hear(f, LOWER);
			expect_querier(f, "0.0.0.0");
		}
		f->queries = 0;
		fix_after(f, 2 * OQPI);
		assert_int_equal(f->queries, 0);
		interface = fix_interface();
		igmp_interface_present(f->in, &interface, f->now);
		fix_after(f, 0);
		expect_querier(f, "10.2.0.1");
		assert_int_equal(f->queries, 1);
		assert_int_equal(f->in->config.robustness, 2);
	}
}

/* Other values of our own do not overthrow a querier. */
static void test_configuration_keeps_the_querier(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	hear(f, LOWER);
	fix_after(f, 1000);
	config.query_interval_ms = 60000;
	configure(f, &config);
	expect_querier(f, LOWER);
	assert_int_equal(f->queries, 0);
	fix_after(f, OQPI - 1000);
	expect_querier(f, "10.2.0.1");
	fix_after(f, 60000);
	assert_int_equal(f->queries, 2);
	/* Off and on again: nobody is known. */
	hear(f, LOWER);
	configure(f, NULL);
	configure(f, &config);
	expect_querier(f, "10.2.0.1");
}

/* passive: never querier, whoever else is or is not. */
static void test_passive(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.passive = true;
	configure(f, &config);
	expect_querier(f, "0.0.0.0");
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	igmp_interface_problems(f->in, on_sentence, NULL);
	assert_int_equal(said.sentences, 1);
	hear(f, HIGHER);
	expect_querier(f, HIGHER);
	hear(f, LOWER);
	hear(f, HIGHER);
	expect_querier(f, LOWER);
	said.sentences = 0;
	igmp_interface_problems(f->in, on_sentence, NULL);
	assert_int_equal(said.sentences, 0);
	fix_after(f, OQPI);
	expect_querier(f, "0.0.0.0");
	fix_after(f, 2 * OQPI);
	igmp_router_lost(f->router, IFID, f->now);
	fix_after(f, 20000);
	assert_int_equal(f->queries, 0);
	/* And no longer: who has the higher address does not count. */
	hear(f, HIGHER);
	config.passive = false;
	configure(f, &config);
	expect_querier(f, "10.2.0.1");
	assert_int_equal(f->queries, 1);
	hear(f, LOWER);
	config.passive = true;
	configure(f, &config);
	expect_querier(f, LOWER);
}

/* Section 7.3.1: a query of another version is warned of, once a minute. */
static void test_other_versions_are_warned_of(void **state)
{
	struct igmp_message m = general();
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	hear(f, HIGHER);
	assert_int_equal(said.versions, 0);
	m.version = 2;
	for (int i = 0; i < 100; i++)
		query(f, HIGHER, &m);
	assert_int_equal(said.versions, 1);
	assert_int_equal(said.version, 2);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_QUERIES_VERSION),
			 100);
	fix_after(f, 60000);
	m.version = 1;
	query(f, LOWER, &m);
	assert_int_equal(said.versions, 2);
	config.version = 2;
	configure(f, &config);
	fix_after(f, 60000);
	hear(f, LOWER);
	assert_int_equal(said.versions, 3);
	assert_int_equal(said.version, 3);
}

static void expect_version(struct fixture *f, unsigned int version)
{
	assert_int_equal(f->in->config.version, version);
	f->queries = 0;
	igmp_router_lost(f->router, IFID, f->now); /* have it ask */
	fix_after(f, 45000);
	assert_true(f->queries > 0);
	assert_int_equal(f->query[0].version, version);
}

/* Section 7.3.1, where configured: the oldest version that is heard is spoken,
 * until nobody has spoken it for the other querier present interval. */
static void test_the_oldest_version_is_spoken(void **state)
{
	struct igmp_config config = fix_config();
	struct igmp_message m = general();
	struct fixture *f = *state;
	uint64_t heard;

	m.version = 2;
	query(f, HIGHER, &m); /* not configured: warned of */
	expect_version(f, 3);
	config.adopt_version = true;
	config.query_response_ms = 40000;
	config.last_member_ms = 30000;
	configure(f, &config);
	said.versions = 0;
	query(f, HIGHER, &m);
	heard = f->now;
	assert_int_equal(said.versions, 1);
	assert_int_equal(f->in->config.query_response_ms, 25500);
	assert_int_equal(f->in->config.last_member_ms, 25500);
	expect_version(f, 2);
	igmp_interface_problems(f->in, on_sentence, NULL);
	assert_non_null(strstr(said.sentence, "version 2 instead of 3, because "
					      "router 10.2.0.9 does"));
	m.version = 1;
	query(f, HIGHER, &m);
	expect_version(f, 1);
	assert_int_equal(f->in->config.query_response_ms, 10000);
	m.version = 2; /* not the oldest */
	fix_until(f, heard + 200000);
	query(f, HIGHER, &m);
	assert_int_equal(f->in->config.version, 1);
	/* 2 x 125 s + 40 s / 2 after it was heard last. */
	fix_until(f, heard + 45000 + 269999);
	assert_int_equal(f->in->config.version, 1);
	fix_until(f, heard + 45000 + 270000);
	assert_int_equal(f->in->config.version, 3);
	assert_int_equal(f->in->config.query_response_ms, 40000);
	query(f, HIGHER, &m);
	expect_version(f, 2);
	config.adopt_version = false;
	configure(f, &config);
	expect_version(f, 3);
}

/* Whoever asks how often, of whatever address: one is elected, nothing is
 * asked, said once, and nothing grows. */
static void test_a_flood_of_queries(void **state)
{
	struct igmp_message m = general();
	struct fixture *f = *state;
	char host[32];

	hear(f, LOWER);
	said.queriers = 0;
	said.problems = 0;
	m.version = 2;
	for (int i = 0; i < 100000; i++) {
		snprintf(host, sizeof(host), "10.1.%d.%d", 1 + i % 250,
			 1 + i / 250 % 250);
		query(f, host, &m);
		if (i % 1000 == 0)
			fix_after(f, 1);
	}
	expect_querier(f, LOWER);
	assert_int_equal(said.queriers, 0);
	assert_int_equal(said.problems, 0);
	assert_int_equal(said.versions, 1);
	assert_int_equal(f->queries, 0);
	assert_int_equal(igmp_interface_counted(f->in, IGMP_N_QUERIES_HEARD),
			 100001);
	fix_after(f, OQPI);
	expect_querier(f, "10.2.0.1");
}

/* Somebody else asks with other values: a problem, with both. */
static void test_other_values_are_a_problem(void **state)
{
	struct igmp_message m = general();
	struct fixture *f = *state;

	hear(f, LOWER);
	igmp_interface_problems(f->in, on_sentence, NULL);
	assert_int_equal(said.sentences, 0);
	said.problems = 0;
	m.robustness = 3;
	m.query_interval_s = 60;
	m.max_response_ms = 5000;
	query(f, LOWER, &m);
	assert_int_equal(said.problems, 1);
	query(f, LOWER, &m);
	assert_int_equal(said.problems, 1);
	assert_int_equal(said.queriers, 1);
	igmp_interface_problems(f->in, on_sentence, NULL);
	assert_int_equal(said.sentences, 1);
	assert_string_equal(
		said.sentence,
		"the IGMP querier here is 10.1.0.7, with query-interval 60 "
		"instead of 125, robustness 3 instead of 2, "
		"query-response-interval 5 instead of 10: give all routers "
		"of this LAN the same values");
	m = general();
	m.version = 2;
	m.robustness = 0;
	m.query_interval_s = 0;
	query(f, LOWER, &m);
	igmp_interface_problems(f->in, on_sentence, NULL);
	assert_non_null(strstr(said.sentence, "with version 2 instead of 3:"));
	fix_after(f, OQPI);
	said.sentences = 0;
	igmp_interface_problems(f->in, on_sentence, NULL);
	assert_int_equal(said.sentences, 0);
}

/* A time that a query cannot say exactly is no other one. */
static void test_rounded_values_are_the_same(void **state)
{
	struct igmp_config config = fix_config();
	struct igmp_message m = general();
	struct fixture *f = *state;

	config.query_interval_ms = 1001500;
	config.query_response_ms = 99900;
	configure(f, &config);
	m.query_interval_s = igmp_code_get(igmp_code_put(1001));
	m.max_response_ms = igmp_code_get(igmp_code_put(999)) * 100;
	assert_int_not_equal(m.max_response_ms, 99900);
	query(f, LOWER, &m);
	igmp_interface_problems(f->in, on_sentence, NULL);
	assert_int_equal(said.sentences, 0);
}

/* A querier that comes and goes: each change is said once, our queries are
 * those of the times in which we were querier. */
static void test_a_flapping_querier(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 20; i++) {
		for (int k = 0; k < 100; k++)
			hear(f, k % 2 ? LOWER : HIGHER);
		fix_after(f, OQPI);
	}
	assert_int_equal(said.queriers, 40);
	assert_int_equal(f->queries, 20);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_QUERIER_CHANGES),
			 40);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, fix_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_the_lower_address_asks),
		T(test_the_higher_address_does_not),
		T(test_addresses_are_compared_as_numbers),
		T(test_only_the_elected_one_refreshes),
		T(test_false_queriers_are_ignored),
		T(test_a_non_querier_does_not_ask),
		T(test_queries_heard_lower_timers),
		T(test_lowered_timers_end_what_nobody_wants),
		T(test_blocked_sources_stay_blocked),
		T(test_values_of_the_querier),
		T(test_a_sequence_is_finished),
		T(test_our_own_address_changes),
		T(test_a_querier_that_cannot_be),
		T(test_nothing_is_known_of_a_lan_that_was_left),
		T(test_configuration_keeps_the_querier),
		T(test_passive),
		T(test_other_versions_are_warned_of),
		T(test_the_oldest_version_is_spoken),
		T(test_a_flood_of_queries),
		T(test_other_values_are_a_problem),
		T(test_rounded_values_are_the_same),
		T(test_a_flapping_querier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
