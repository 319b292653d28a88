/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RFC 9776, what a router MUST do by sections 6.6, 7 and 8: one test a clause,
 * named by it. main() is the list; each test below is its assertion. What
 * hosts must do (7.2, 8.12) is tests/unit/test_host*.c's.
 */
#include "igmp_fixture.h"

/* The last packet as it left, from the IGMP header on. */
static uint8_t wire[IGMP_QUERY_BYTES_MAX];
static size_t wire_len;
static unsigned int warnings;

static int keep_packet(void *arg, uint32_t ifid, struct in_addr to,
		       const uint8_t *packet, size_t len)
{
	size_t header = (packet[0] & 15) * 4u;

	wire_len = len - header;
	memcpy(wire, packet + header, wire_len);
	return fix_send(arg, ifid, to, packet, len);
}

static void count_warning(void *arg, struct igmp_interface *in,
			  struct in_addr host, unsigned int version)
{
	(void)arg;
	(void)in;
	(void)host;
	(void)version;
	warnings++;
}

static int setup(void **state)
{
	struct fixture *f;

	fix_setup(state);
	f = *state;
	f->hooks.send = keep_packet;
	f->hooks.version = count_warning;
	warnings = 0;
	wire_len = 0;
	return 0;
}

static void as_version(struct fixture *f, unsigned int version,
		       uint32_t response_ms)
{
	struct igmp_config config = fix_config();

	config.version = version;
	config.query_response_ms = response_ms;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 40000); /* start-up */
	f->queries = 0;
}

/* A query of the router with this address: LMQI as its response time. */
static void hear(struct fixture *f, const char *router, unsigned int version,
		 struct in_addr group, bool suppress, unsigned int mask)
{
	struct in_addr list[8];
	struct igmp_message m = {
		.type = XMGM_IGMP_QUERY,
		.version = version,
		.group = group,
		.suppress = suppress,
		.max_response_ms = group.s_addr ? LMQI : 10000,
		.sources = {.bytes = (const uint8_t *)list},
	};

	for (unsigned int i = 0; i < 8; i++)
		if (mask >> i & 1)
			list[m.sources.count++] = src(i);
	igmp_router_message(f->router, IFID, addr(router), &m, f->now);
}

static const struct in_addr everything;

static uint64_t group_left(struct fixture *f, struct in_addr group)
{
	struct igmp_group *g = igmp_group_find(f->in, group);

	return g ? g->expires_ms - f->now : 0;
}

static uint64_t source_left(struct fixture *f, struct in_addr group,
			    unsigned int number)
{
	struct igmp_group *g = igmp_group_find(f->in, group);

	for (uint32_t i = 0; g && i < g->source_count; i++)
		if (g->sources[i].address.s_addr == src(number).s_addr)
			return g->sources[i].expires_ms - f->now;
	return 0;
}

/* --- 6.6.1 -------------------------------------------------------------- */

static void sources_are_lowered(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_IS_IN, grp(0), 7);
	hear(f, "10.2.0.0", 3, grp(0), false, 3);
	assert_int_equal(source_left(f, grp(0), 0), LMQT);
	assert_int_equal(source_left(f, grp(0), 1), LMQT);
	assert_int_equal(source_left(f, grp(0), 2), GMI);
}

static void the_group_is_lowered(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_IS_EX, grp(0), 0);
	hear(f, "10.2.0.0", 3, grp(0), false, 0);
	assert_int_equal(group_left(f, grp(0)), LMQT);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

static void suppressed_lowers_nothing(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_record(f, IGMP_IS_IN, grp(1), 1);
	hear(f, "10.2.0.0", 3, grp(0), true, 0);
	hear(f, "10.2.0.0", 3, grp(1), true, 1);
	assert_int_equal(group_left(f, grp(0)), GMI);
	assert_int_equal(source_left(f, grp(1), 0), GMI);
}

/* --- 6.6.2 -------------------------------------------------------------- */

static void the_lower_address_asks(void **state)
{
	struct fixture *f = *state;

	hear(f, "10.2.0.2", 3, everything, false, 0);
	assert_true(igmp_interface_asks(f->in));
	hear(f, "10.1.0.2", 3, everything, false, 0);
	assert_false(igmp_interface_asks(f->in));
	f->queries = 0;
	fix_after(f, 2 * QI);
	assert_int_equal(f->queries, 0);
}

static void silence_makes_us_querier(void **state)
{
	struct fixture *f = *state;

	hear(f, "10.1.0.2", 3, everything, false, 0);
	fix_after(f, 2 * QI + 5000 - 1);
	assert_false(igmp_interface_asks(f->in));
	f->queries = 0;
	fix_after(f, 1);
	assert_true(igmp_interface_asks(f->in));
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].group.s_addr, 0);
}

/* By configuration, as 7.3.1 has it; a person is told that it is needed. By
 * adopt-version it follows by itself: test_igmp_election.c. */
static void the_oldest_version(void **state)
{
	struct fixture *f = *state;

	hear(f, "10.2.0.9", 2, everything, false, 0);
	assert_int_equal(warnings, 1);
	for (unsigned int version = 1; version <= 3; version++) {
		as_version(f, version, 10000);
		fix_after(f, QI);
		assert_true(f->queries);
		assert_int_equal(f->query[0].version, version);
	}
}

/* --- 6.6.3.1 ------------------------------------------------------------ */

static void a_group_is_asked_about(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	assert_int_equal(f->queries, 1);
	assert_int_equal(group_left(f, grp(0)), LMQT);
	assert_false(f->query[0].suppress);
	fix_after(f, LMQI);
	assert_int_equal(f->queries, 2); /* LMQC, at LMQI */
	assert_int_equal(f->query[1].at_ms - f->query[0].at_ms, LMQI);
	fix_after(f, 10 * LMQI);
	assert_int_equal(f->queries, 2);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

static void who_has_answered_is_suppressed(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_after(f, LMQI / 2);
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_after(f, LMQI / 2);
	assert_int_equal(f->queries, 2);
	assert_true(f->query[1].suppress);
	assert_int_equal(group_left(f, grp(0)), GMI - LMQI / 2);
}

/* --- 6.6.3.2 ------------------------------------------------------------ */

static void sources_are_asked_about(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_IS_IN, grp(0), 3);
	fix_record(f, IGMP_BLOCK, grp(0), 1);
	assert_int_equal(f->queries, 1);
	assert_int_equal(fix_mask(f->query[0].sources, f->query[0].count), 1);
	assert_int_equal(source_left(f, grp(0), 0), LMQT);
	assert_int_equal(source_left(f, grp(0), 1), GMI);
	/* Its timer is not larger than LMQT: nothing begins again. */
	fix_after(f, LMQI / 2);
	fix_record(f, IGMP_BLOCK, grp(0), 1);
	assert_int_equal(f->queries, 1);
	fix_after(f, LMQI / 2);
	assert_int_equal(f->queries, 2);
	fix_after(f, 10 * LMQI);
	assert_int_equal(f->queries, 2);
	fix_expect(f, grp(0), MGM_INCLUDE, 2);
}

static void two_messages_by_the_s_flag(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_IS_IN, grp(0), 3);
	fix_record(f, IGMP_BLOCK, grp(0), 3);
	assert_int_equal(f->queries, 1); /* the one with S is empty */
	assert_false(f->query[0].suppress);
	fix_record(f, IGMP_ALLOW, grp(0), 1);
	fix_after(f, LMQI);
	assert_int_equal(f->queries, 3);
	assert_true(f->query[1].suppress);
	assert_int_equal(fix_mask(f->query[1].sources, f->query[1].count), 1);
	assert_false(f->query[2].suppress);
	assert_int_equal(fix_mask(f->query[2].sources, f->query[2].count), 2);
}

/* --- 7.1 ---------------------------------------------------------------- */

static unsigned int version_of(uint8_t code, size_t len)
{
	uint8_t bytes[16] = {XMGM_IGMP_QUERY, code};
	struct igmp_message m;
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < sizeof(bytes); i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	sum = ~((sum & 0xffff) + (sum >> 16));
	bytes[2] = (uint8_t)(sum >> 8);
	bytes[3] = (uint8_t)sum;
	if (igmp_message_get(bytes, len, &m) != XMGM_IGMP_DELIVERED)
		return 0;
	return m.version;
}

static void queries_by_length_and_code(void **state)
{
	static const struct {
		uint8_t code;
		size_t len;
		unsigned int version; /* 0: ignored */
	} rows[] = {
		{0, 7, 0},    {0, 8, 1},    {1, 8, 2},	 {100, 8, 2},
		{255, 8, 2},  {0, 9, 0},    {100, 9, 0}, {100, 10, 0},
		{100, 11, 0}, {0, 12, 3},   {1, 12, 3},	 {255, 12, 3},
		{100, 13, 3}, {100, 16, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(version_of(rows[i].code, rows[i].len),
				 rows[i].version);
}

/* --- 7.3.1 -------------------------------------------------------------- */

static void version_1_queries(void **state)
{
	struct fixture *f = *state;

	as_version(f, 1, 10000);
	fix_after(f, QI);
	assert_int_equal(wire_len, 8);
	assert_int_equal(wire[1], 0);
}

static void version_1_ignores_leaves(void **state)
{
	struct fixture *f = *state;

	as_version(f, 1, 10000);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	assert_int_equal(f->queries, 0);
	assert_int_equal(group_left(f, grp(0)), GMI);
}

/* Linear to 25.5 s: 200 is what version 3's code has no byte for. */
static void version_2_queries(void **state)
{
	static const uint32_t tenths[] = {1, 100, 127, 128, 200, 255};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(tenths) / sizeof(tenths[0]); i++) {
		as_version(f, 2, tenths[i] * 100);
		fix_after(f, QI);
		assert_int_equal(wire_len, 8);
		assert_int_equal(wire[1], tenths[i]);
	}
}

static void warnings_are_limited(void **state)
{
	struct fixture *f = *state;

	for (unsigned int ours = 1; ours <= 3; ours++) {
		as_version(f, ours, 10000);
		fix_after(f, 60000);
		warnings = 0;
		for (unsigned int i = 0; i < 300; i++) {
			hear(f, "10.2.0.9", ours % 3 + 1, everything, false, 0);
			fix_after(f, 100);
		}
		assert_int_equal(warnings, 1);
	}
}

/* --- 7.3.2 -------------------------------------------------------------- */

static void a_mode_for_each_group(void **state)
{
	struct fixture *f = *state;

	fix_old(f, XMGM_IGMP_V1_REPORT, grp(0));
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(1));
	fix_record(f, IGMP_IS_EX, grp(2), 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(
			igmp_group_version(igmp_group_find(f->in, grp(i)),
					   f->now),
			i + 1);
}

/* Version 1 counts before version 2, each as long as its timer runs. */
static void the_host_present_timers(void **state)
{
	struct fixture *f = *state;
	const struct igmp_group *g;

	fix_old(f, XMGM_IGMP_V1_REPORT, grp(0));
	fix_after(f, 1000);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	g = igmp_group_find(f->in, grp(0));
	fix_after(f, OLDER_HOST - 1001);
	assert_int_equal(igmp_group_version(g, f->now), 1);
	fix_after(f, 1);
	assert_int_equal(igmp_group_version(g, f->now), 2);
	fix_after(f, 1000);
	assert_int_equal(igmp_group_version(g, f->now), 3);
}

static void version_2_mode_ignores_sources(void **state)
{
	struct fixture *f = *state;

	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	fix_record(f, IGMP_BLOCK, grp(0), 1);
	fix_record(f, IGMP_TO_EX, grp(0), 3);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(f->queries, 0);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	assert_int_equal(f->queries, 1);
}

static void version_1_mode_ignores_leaves(void **state)
{
	struct fixture *f = *state;

	fix_old(f, XMGM_IGMP_V1_REPORT, grp(0));
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_record(f, IGMP_BLOCK, grp(0), 1);
	assert_int_equal(f->queries, 0);
	assert_int_equal(group_left(f, grp(0)), GMI);
}

/* --- 8 ------------------------------------------------------------------ */

static const struct conf_option *option(const char *name)
{
	const struct conf_option *o =
		option_find(igmp_config_options()->interface, name);

	assert_non_null(o);
	return o;
}

static void complain(void *arg, const char *name, const char *sentence)
{
	(void)name;
	(void)sentence;
	++*(unsigned int *)arg;
}

static bool refused(struct igmp_config config)
{
	unsigned int complaints = 0;
	const struct proto_judge judge = {&complaints, complain};

	igmp_config_options()->check(&config, &judge);
	return complaints;
}

static struct igmp_config defaults(void)
{
	struct igmp_config config = {0};

	option_defaults(igmp_config_options()->interface, &config);
	return config;
}

static void robustness_is_not_zero(void **state)
{
	struct igmp_config config = defaults();
	char why[OPTION_WHY];

	(void)state;
	assert_int_not_equal(
		option_store(option("robustness"), "0", &config, why), 0);
	assert_int_equal(defaults().robustness, 2);
}

static void answers_come_within_the_interval(void **state)
{
	struct igmp_config config = defaults();

	(void)state;
	assert_false(refused(config));
	config.query_response_ms = config.query_interval_ms;
	assert_true(refused(config));
	config.query_response_ms = config.query_interval_ms - 1000;
	assert_false(refused(config));
}

/* Three of each, and when a group nobody refreshes ends. */
static void group_membership_interval(void **state)
{
	struct fixture *f = *state;
	struct igmp_config c = fix_config();

	for (c.robustness = 1; c.robustness < 4; c.robustness++)
		assert_int_equal(igmp_gmi_ms(&c),
				 c.robustness * c.query_interval_ms +
					 2 * c.query_response_ms);
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_after(f, 2 * QI + 2 * 10000 - 1);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_after(f, 1);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

static void other_querier_present_interval(void **state)
{
	struct igmp_config c = fix_config();

	(void)state;
	for (c.robustness = 1; c.robustness < 4; c.robustness++)
		assert_int_equal(igmp_other_querier_ms(&c),
				 c.robustness * c.query_interval_ms +
					 c.query_response_ms / 2);
}

static void start_up(void **state)
{
	struct igmp_config config = defaults();
	struct proto_judge judge = {NULL, NULL};

	(void)state;
	igmp_config_options()->check(&config, &judge);
	assert_int_equal(config.startup_query_ms, QI / 4);
	assert_int_equal(config.startup_query_count, 2);
	config = defaults();
	config.startup_query_ms = config.query_interval_ms + 1;
	assert_true(refused(config));
}

static void last_member_values(void **state)
{
	struct igmp_config c = fix_config();

	(void)state;
	assert_int_equal(defaults().last_member_ms, 1000);
	for (c.robustness = 1; c.robustness < 4; c.robustness++)
		assert_int_equal(igmp_lmqc(&c), c.robustness);
	c.last_member_count = 5;
	c.last_member_ms = 300;
	assert_int_equal(igmp_lmqt_ms(&c), 1500);
}

static void older_host_present_interval(void **state)
{
	struct igmp_config c = fix_config();

	(void)state;
	for (c.robustness = 1; c.robustness < 4; c.robustness++)
		assert_int_equal(igmp_older_host_ms(&c),
				 c.robustness * c.query_interval_ms +
					 c.query_response_ms);
}

#define CLAUSE(section, words, test)                                \
	{                                                           \
		section ": " words, test, setup, fix_teardown, NULL \
	}

int main(void)
{
	const struct CMUnitTest clauses[] = {
		CLAUSE("6.6.1", "Q(G,A) heard, S clear: sources of A to LMQT",
		       sources_are_lowered),
		CLAUSE("6.6.1", "Q(G) heard, S clear: the group to LMQT",
		       the_group_is_lowered),
		CLAUSE("6.6.1", "S set: timers are not touched",
		       suppressed_lowers_nothing),
		CLAUSE("6.6.2", "a lower address heard: no more queries",
		       the_lower_address_asks),
		CLAUSE("6.6.2", "other querier present ran out: querier again",
		       silence_makes_us_querier),
		CLAUSE("6.6.2", "the oldest version on the network is used",
		       the_oldest_version),
		CLAUSE("6.6.3.1", "Q(G): timer to LMQT, at once, LMQC in all",
		       a_group_is_asked_about),
		CLAUSE("6.6.3.1", "S where the group timer is above LMQT",
		       who_has_answered_is_suppressed),
		CLAUSE("6.6.3.2", "Q(G,X): of sources above LMQT, as above",
		       sources_are_asked_about),
		CLAUSE("6.6.3.2", "two messages, with S and without",
		       two_messages_by_the_s_flag),
		CLAUSE("7.1", "versions by length and code, others ignored",
		       queries_by_length_and_code),
		CLAUSE("7.3.1", "version 1: code 0, 8 octets",
		       version_1_queries),
		CLAUSE("7.3.1", "version 1: leaves are ignored",
		       version_1_ignores_leaves),
		CLAUSE("7.3.1", "version 2: 8 octets, a linear code",
		       version_2_queries),
		CLAUSE("7.3.1", "warnings of other versions are limited",
		       warnings_are_limited),
		CLAUSE("7.3.2", "a compatibility mode for each group",
		       a_mode_for_each_group),
		CLAUSE("7.3.2", "by its host present timers, 1 before 2",
		       the_host_present_timers),
		CLAUSE("7.3.2", "version 2 mode: no BLOCK, no TO_EX sources",
		       version_2_mode_ignores_sources),
		CLAUSE("7.3.2", "version 1 mode: no leave and no TO_IN either",
		       version_1_mode_ignores_leaves),
		CLAUSE("8.1", "robustness is not zero", robustness_is_not_zero),
		CLAUSE("8.3", "query response interval below query interval",
		       answers_come_within_the_interval),
		CLAUSE("8.4", "group membership interval: RV x QI + 2 x QRI",
		       group_membership_interval),
		CLAUSE("8.5", "other querier present: RV x QI + QRI / 2",
		       other_querier_present_interval),
		CLAUSE("8.6", "and 8.7: start-up, a quarter of QI, RV times",
		       start_up),
		CLAUSE("8.8", "to 8.10: last member, 1 s, RV, their product",
		       last_member_values),
		CLAUSE("8.13", "older host present: RV x QI + QRI",
		       older_host_present_interval),
	};

	return cmocka_run_group_tests(clauses, NULL, NULL);
}
