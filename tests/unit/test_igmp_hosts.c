/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hosts, one by one: who is tracked and for how long, what their last one
 * leaves at once and when it must not, and how many there may be.
 */
#include "igmp_fixture.h"

#include <stdio.h>

#define MANY 100000u

static void configure(struct fixture *f, struct igmp_config *config)
{
	config->immediate_leave = true;
	igmp_interface_configure(f->in, config, f->now);
	fix_after(f, GMI); /* everybody has been heard since */
	f->queries = 0;
}

static int setup(void **state)
{
	struct igmp_config config = fix_config();

	fix_setup(state);
	configure(*state, &config);
	return 0;
}

/* From host number i of the LAN; 0: without an address. */
static void record_of(struct fixture *f, unsigned int i, unsigned int type,
		      struct in_addr group, unsigned int mask)
{
	struct in_addr sources[32];
	char host[32] = "0.0.0.0";
	size_t count = 0;

	for (unsigned int k = 0; k < 32; k++) {
		if (mask >> k & 1)
			sources[count++] = src(k);
	}
	if (i)
		snprintf(host, sizeof(host), "10.1.%u.%u", i / 256, i % 256);
	fix_record_from(f, host, type, group, sources, count);
}

static uint64_t counted(struct fixture *f, enum igmp_counter which)
{
	return igmp_router_counted(f->router, which);
}

static uint64_t asked(struct fixture *f)
{
	uint64_t n = 0;

	for (size_t i = 0; i < f->queries; i++)
		n += f->query[i].group.s_addr != 0;
	f->queries = 0;
	return n;
}

/* Nobody is asked, and the group is gone with the record. */
static void test_the_last_host_leaves_at_once(void **state)
{
	struct fixture *f = *state;

	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	record_of(f, 2, IGMP_TO_EX, grp(0), 0);
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(asked(f), 1);
	fix_after(f, LMQI / 2);
	record_of(f, 2, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_null(igmp_group_find(f->in, grp(0)));
	fix_after(f, LMQT);
	assert_int_equal(asked(f), 0);
	assert_int_equal(counted(f, IGMP_N_IMMEDIATE_LEAVES), 1);
	/* The leave is sent twice: nothing is asked about what is gone. */
	record_of(f, 2, IGMP_TO_IN, grp(0), 0);
	assert_int_equal(asked(f), 0);
	assert_int_equal(f->in->hosts.table.count, 0);
}

/* Without the option the last member query sequence runs, as ever. */
static void test_immediate_leave_is_an_option(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	configure(f, &config);
	config.immediate_leave = false;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, GMI);
	f->queries = 0;
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(asked(f), 1);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* BLOCK and TO_IN by who was the last to list a source end it alone. */
static void test_the_last_host_of_a_source_leaves_at_once(void **state)
{
	struct fixture *f = *state;

	record_of(f, 1, IGMP_ALLOW, grp(0), 7);
	record_of(f, 2, IGMP_ALLOW, grp(0), 2);
	record_of(f, 1, IGMP_BLOCK, grp(0), 3);
	fix_expect(f, grp(0), MGM_INCLUDE, 6);
	assert_int_equal(asked(f), 1); /* about the second, of host 2 */
	record_of(f, 2, IGMP_IS_IN, grp(0), 2);
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 2);
	record_of(f, 2, IGMP_IS_IN, grp(0), 2);
	record_of(f, 2, IGMP_BLOCK, grp(0), 2);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_null(igmp_group_find(f->in, grp(0)));
}

/* The last in EXCLUDE goes: sources that others have listed since stay, with
 * their timers, and the blocked ones and those that nobody listed do not. */
static void test_the_last_host_in_exclude_spares_the_others(void **state)
{
	struct fixture *f = *state;

	record_of(f, 1, IGMP_TO_EX, grp(0), 1);
	record_of(f, 1, IGMP_BLOCK, grp(0), 8); /* asked about, of nobody */
	record_of(f, 2, IGMP_ALLOW, grp(0), 6);
	asked(f);
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 6);
	for (size_t i = 0; i < f->queries; i++)
		assert_int_equal(
			fix_mask(f->query[i].sources, f->query[i].count) & ~6u,
			0);
	record_of(f, 2, IGMP_IS_IN, grp(0), 6);
	fix_after(f, GMI - 1);
	fix_expect(f, grp(0), MGM_INCLUDE, 6);
}

/* A host that EXCLUDE of another has made us forget has not left. */
static void test_a_host_behind_exclude_is_asked(void **state)
{
	struct fixture *f = *state;

	record_of(f, 2, IGMP_ALLOW, grp(0), 2);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0); /* deletes that source */
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(asked(f), 1);
	record_of(f, 2, IGMP_IS_IN, grp(0), 2);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_INCLUDE, 2);
}

/* A host in EXCLUDE that answers for a source is still in EXCLUDE. */
static void test_an_answer_about_sources_is_no_leave(void **state)
{
	struct fixture *f = *state;

	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	record_of(f, 2, IGMP_TO_EX, grp(0), 0);
	record_of(f, 1, IGMP_IS_IN, grp(0), 1);
	record_of(f, 2, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(asked(f), 2); /* for all of it, and that source */
}

/* The leave of host 1 makes us ask, and does not end the group at once. */
static void expect_the_sequence(struct fixture *f)
{
	f->queries = 0;
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(asked(f), 1);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* Version 1 and 2 hosts suppress their reports: one stands for many. */
static void test_where_an_older_host_is_the_sequence_runs(void **state)
{
	struct fixture *f = *state;

	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_after(f, LMQT);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	expect_the_sequence(f);
	/* Also when only the leave is of that version. */
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	expect_the_sequence(f);
	assert_int_equal(counted(f, IGMP_N_IMMEDIATE_LEAVES), 0);
}

/* What has no address may be several hosts, as may what a switch says. */
static void test_a_host_without_address_leaves_with_the_sequence(void **state)
{
	struct fixture *f = *state;

	record_of(f, 0, IGMP_TO_EX, grp(1), 0);
	record_of(f, 0, IGMP_TO_IN, grp(1), 0);
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	record_of(f, 0, IGMP_TO_EX, grp(0), 0);
	record_of(f, 0, IGMP_TO_IN, grp(0), 0);
	fix_after(f, LMQI / 2);
	record_of(f, 1, IGMP_IS_EX, grp(0), 0);
	expect_the_sequence(f);
}

/* Beyond max-tracked there are hosts that nobody knows; they are members like
 * all others. */
static void test_where_tracking_overflows_the_sequence_runs(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_tracked = 3;
	config.max_host_tracked = 2;
	configure(f, &config);
	for (unsigned int i = 1; i <= 2; i++)
		record_of(f, i, IGMP_TO_EX, grp(i), 0);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	assert_int_equal(counted(f, IGMP_N_HOSTS_UNTRACKED), 0);
	record_of(f, 3, IGMP_TO_EX, grp(0), 0);
	assert_int_equal(counted(f, IGMP_N_HOSTS_UNTRACKED), 1);
	record_of(f, 1, IGMP_TO_EX, grp(3), 0); /* its share */
	fix_expect(f, grp(3), MGM_EXCLUDE, 0);
	assert_int_equal(counted(f, IGMP_N_HOSTS_UNTRACKED), 2);
	expect_the_sequence(f);
	/* Of the others all is known. */
	record_of(f, 2, IGMP_TO_IN, grp(2), 0);
	fix_expect(f, grp(2), MGM_INCLUDE, 0);
}

/* Not everybody has been heard: after a loss, a start, a change of address. */
static void test_who_has_not_been_heard_is_spared(void **state)
{
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	igmp_router_lost(f->router, IFID, f->now);
	fix_after(f, 12000); /* until those who stay have been asked */
	expect_the_sequence(f);
	fix_after(f, GMI);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	igmp_interface_clear(f->in, f->now);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	expect_the_sequence(f);
	fix_after(f, GMI);
	interface.up = false;
	igmp_interface_present(f->in, &interface, f->now);
	interface.up = true;
	igmp_interface_present(f->in, &interface, f->now);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	expect_the_sequence(f);
	fix_after(f, GMI);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* Who is not the querier leaves the judgement to who is: its queries lower the
 * timer, section 6.6.1. */
static void test_the_querier_judges_a_leave(void **state)
{
	struct igmp_message query = {.type = XMGM_IGMP_QUERY,
				     .version = 3,
				     .max_response_ms = 10000,
				     .robustness = 2,
				     .query_interval_s = 125};
	struct fixture *f = *state;

	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	igmp_router_message(f->router, IFID, addr("10.1.0.0"), &query, f->now);
	igmp_router_message(f->router, IFID, addr("10.2.0.0"), &query, f->now);
	assert_false(igmp_interface_asks(f->in));
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	query.group = grp(0);
	query.max_response_ms = LMQI;
	igmp_router_message(f->router, IFID, f->in->other.address, &query,
			    f->now);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_int_equal(counted(f, IGMP_N_IMMEDIATE_LEAVES), 0);
}

/* "A host not heard for the group membership interval is forgotten." */
static void test_a_silent_host_is_forgotten(void **state)
{
	struct fixture *f = *state;
	struct igmp_group *g;

	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	record_of(f, 2, IGMP_TO_EX, grp(0), 0);
	fix_after(f, GMI / 2);
	record_of(f, 2, IGMP_IS_EX, grp(0), 0);
	g = igmp_group_find(f->in, grp(0));
	fix_after(f, GMI / 2 - 1);
	assert_int_equal(g->listeners.count, 2);
	fix_after(f, 1);
	assert_int_equal(g->listeners.count, 1);
	assert_int_equal(f->in->hosts.tracked, 1);
	record_of(f, 2, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_int_equal(f->in->hosts.table.count, 0);
}

/* One host cannot fill a group's sources, and what it has reported of those of
 * others goes on. */
static void test_the_share_of_a_host_in_the_sources(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_sources = 7;
	config.max_host_sources = 0; /* a quarter, rounded up */
	configure(f, &config);
	record_of(f, 1, IGMP_ALLOW, grp(0), 0xf);
	fix_expect(f, grp(0), MGM_INCLUDE, 3);
	assert_int_equal(counted(f, IGMP_N_LIMIT_HOST_SOURCES), 2);
	record_of(f, 2, IGMP_ALLOW, grp(0), 0xc);
	record_of(f, 3, IGMP_ALLOW, grp(0), 0x30);
	fix_expect(f, grp(0), MGM_INCLUDE, 0x3f);
	assert_int_equal(counted(f, IGMP_N_LIMIT_HOST_SOURCES), 2);
	/* A source that another one refreshes is of that one's share. */
	record_of(f, 1, IGMP_ALLOW, grp(0), 0x40);
	fix_expect(f, grp(0), MGM_INCLUDE, 0x3f);
	record_of(f, 4, IGMP_IS_IN, grp(0), 1);
	record_of(f, 1, IGMP_ALLOW, grp(0), 0x40);
	fix_expect(f, grp(0), MGM_INCLUDE, 0x7f);
	assert_int_equal(counted(f, IGMP_N_LIMIT_SOURCES), 0);
	/* A group has room for seven, whoever asks. */
	record_of(f, 5, IGMP_ALLOW, grp(0), 0x80);
	assert_int_equal(counted(f, IGMP_N_LIMIT_SOURCES), 1);
}

/* "Refusing a new source never lets existing members of the same record
 * expire": by either limit, in each kind of record that refreshes. */
static void test_a_refused_source_spares_the_record_s_others(void **state)
{
	static const unsigned int types[] = {IGMP_IS_IN, IGMP_ALLOW,
					     IGMP_TO_IN};
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	for (unsigned int share = 0; share < 2; share++) {
		config.max_sources = share ? 64 : 4;
		config.max_host_sources = share ? 4 : 64;
		configure(f, &config);
		for (unsigned int i = 0; i < 3; i++) {
			record_of(f, 1, IGMP_ALLOW, grp(i), 0xf0);
			fix_after(f, GMI - 1);
			record_of(f, 1, types[i], grp(i), 0xfff);
			fix_after(f, GMI - 1);
			fix_expect(f, grp(i), MGM_INCLUDE, 0xf0);
			fix_after(f, 1);
			fix_expect(f, grp(i), MGM_INCLUDE, 0);
		}
		/* And of an EXCLUDE record the group itself. */
		record_of(f, 1, IGMP_TO_EX, grp(3), 0xf0);
		fix_after(f, GMI - 1);
		record_of(f, 1, IGMP_IS_EX, grp(3), 0xfff);
		fix_after(f, GMI - 1);
		fix_expect(f, grp(3), MGM_EXCLUDE, 0xf0);
		fix_after(f, 1);
	}
	assert_int_equal(counted(f, IGMP_N_LIMIT_SOURCES), 32);
	assert_int_equal(counted(f, IGMP_N_LIMIT_HOST_SOURCES), 32);
}

/* What operators have joined takes nothing of what hosts may have, neither of
 * groups nor of sources nor of those who are tracked. */
static void test_static_joins_take_no_share(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_groups = 2;
	config.max_host_groups = 2;
	config.max_sources = 2;
	config.max_host_sources = 2;
	config.max_tracked = 4;
	config.max_host_tracked = 4;
	configure(f, &config);
	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int k = 8; k < 10; k++)
			assert_int_equal(
				igmp_static_add(f->in,
						mgm_sg_v4(src(k), grp(i)),
						IGMP_BY_COMMAND),
				0);
	}
	for (unsigned int i = 0; i < 2; i++) {
		record_of(f, 1, IGMP_ALLOW, grp(i), 3);
		fix_expect(f, grp(i), MGM_INCLUDE, 0x303);
	}
	for (enum igmp_counter n = IGMP_N_POLICY_GROUPS; n < IGMP_N_ALL; n++)
		assert_int_equal(counted(f, n), 0);
	assert_int_equal(f->in->hosts.tracked, 4);
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0x300);
}

/* "A version 1 report makes leaves be ignored": unless it is ignored itself,
 * and then its host has nothing. */
static void test_version_1_reports_can_be_ignored(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	fix_old(f, XMGM_IGMP_V1_REPORT, grp(0));
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(asked(f), 0);
	config.ignore_v1 = true;
	configure(f, &config);
	fix_after(f, OLDER_HOST);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	fix_old(f, XMGM_IGMP_V1_REPORT, grp(0));
	fix_old(f, XMGM_IGMP_V1_REPORT, grp(1));
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
	record_of(f, 1, IGMP_TO_IN, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_int_equal(counted(f, IGMP_N_REPORTS_V1_IGNORED), 2);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(1));
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
}

static void on_problem(void *arg, const char *sentence)
{
	char *all = arg;

	strcat(all, sentence);
	strcat(all, "\n");
}

static unsigned int said;

static void on_problems(void *arg)
{
	(void)arg;
	said++;
}

static bool problem(struct fixture *f, const char *option)
{
	char all[2000] = "";

	igmp_interface_problems(f->in, on_problem, all);
	return strstr(all, option);
}

/* At 80 percent of a limit the interface has a problem, until it is below; what
 * changes it tells the daemon. */
static void test_near_a_limit_there_is_a_problem(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_groups = 5;
	config.max_host_groups = 5;
	config.max_sources = 5;
	config.max_tracked = 12;
	configure(f, &config);
	f->hooks.problems = on_problems;
	said = 0;
	for (unsigned int i = 0; i < 3; i++)
		record_of(f, 1, IGMP_TO_EX, grp(i), 0);
	record_of(f, 1, IGMP_ALLOW, grp(0), 7);
	assert_int_equal(said, 0);
	assert_false(problem(f, "max-"));
	record_of(f, 1, IGMP_ALLOW, grp(0), 8);
	assert_int_equal(said, 1);
	assert_true(problem(f, "max-sources (5)"));
	record_of(f, 2, IGMP_TO_EX, grp(3), 0);
	assert_int_equal(said, 2);
	assert_true(problem(f, "max-groups (5)"));
	assert_false(problem(f, "max-tracked"));
	for (unsigned int i = 2; i < 6; i++)
		record_of(f, i, IGMP_TO_EX, grp(1), 0);
	assert_int_equal(said, 3);
	assert_true(problem(f, "max-tracked (12)"));
	record_of(f, 1, IGMP_BLOCK, grp(0), 1);
	record_of(f, 2, IGMP_TO_IN, grp(3), 0);
	fix_after(f, LMQT);
	assert_false(problem(f, "max-groups"));
	assert_false(problem(f, "max-tracked"));
	fix_after(f, GMI);
	assert_false(problem(f, "max-"));
	assert_int_equal(f->in->crowded, 0);
	/* What operators join brings none. */
	for (unsigned int i = 0; i < 5; i++)
		igmp_static_add(f->in, mgm_sg_v4(src(i), grp(i)),
				IGMP_BY_COMMAND);
	assert_false(problem(f, "max-"));
}

static unsigned int refused[IGMP_LIMITS];

static void on_refused(void *arg, struct igmp_interface *in,
		       enum igmp_limit limit, struct in_addr host,
		       struct in_addr group)
{
	(void)arg;
	(void)in;
	(void)host;
	(void)group;
	refused[limit]++;
}

/* Whoever is not tracked is told of, by the limit that is to be raised; where
 * nothing depends on it he is counted only. */
static void test_who_is_not_tracked_is_told(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_tracked = 3;
	config.max_host_tracked = 2;
	configure(f, &config);
	f->hooks.refused = on_refused;
	memset(refused, 0, sizeof(refused));
	for (unsigned int i = 0; i < 3; i++)
		record_of(f, 1, IGMP_TO_EX, grp(i), 0);
	assert_int_equal(refused[IGMP_LIMIT_HOST_TRACKED], 1);
	for (unsigned int i = 2; i < 4; i++)
		record_of(f, i, IGMP_TO_EX, grp(0), 0);
	assert_int_equal(refused[IGMP_LIMIT_TRACKED], 1);
	config.immediate_leave = false;
	igmp_interface_configure(f->in, &config, f->now);
	record_of(f, 4, IGMP_TO_EX, grp(0), 0);
	assert_int_equal(refused[IGMP_LIMIT_TRACKED], 1);
	assert_int_equal(counted(f, IGMP_N_HOSTS_UNTRACKED), 3);
	fix_expect(f, grp(2), MGM_EXCLUDE, 0);
}

/* --- many ---------------------------------------------------------------- */

static struct in_addr host_number(uint32_t i)
{
	return (struct in_addr){
		htonl(0x0a010100u + i % 0xfe00u + (i / 0xfe00u << 24))};
}

/* In a net that holds them all. */
static void many_configure(struct fixture *f)
{
	static const struct proto_address wide = V4_SUBNET(10, 1, 0, 1, 1);
	struct proto_interface interface = fix_interface();
	struct igmp_config config = fix_config();

	interface.addresses = &wide;
	interface.address_count = 1;
	igmp_interface_present(f->in, &interface, f->now);
	config.max_groups = MANY;
	config.max_host_groups = MANY;
	config.max_tracked = MANY;
	config.max_host_tracked = MANY;
	configure(f, &config);
}

static void report_v3(struct fixture *f, struct in_addr host,
		      struct in_addr group, unsigned int type)
{
	uint8_t bytes[8] = {(uint8_t)type};
	struct igmp_message m = {
		.type = XMGM_IGMP_V3_REPORT,
		.version = 3,
		.record_count = 1,
		.records = bytes,
		.records_len = sizeof(bytes),
	};

	memcpy(bytes + 4, &group, 4);
	igmp_router_message(f->router, IFID, host, &m, f->now);
}

static int no_set(void *arg, uint32_t ifid, struct in_addr group,
		  enum mgm_filter filter, const struct in_addr *sources,
		  size_t count)
{
	(void)arg;
	(void)ifid;
	(void)group;
	(void)filter;
	(void)sources;
	(void)count;
	return 0;
}

/* One group that 100,000 hosts listen to: each is known, the last one leaves at
 * once, and those who leave unheard are freed a few at a time. */
static void test_one_group_of_many_hosts(void **state)
{
	struct fixture *f = *state;
	struct igmp_group *g;

	many_configure(f);
	for (uint32_t i = 0; i < MANY; i++)
		report_v3(f, host_number(i), grp(0), IGMP_TO_EX);
	g = igmp_group_find(f->in, grp(0));
	assert_int_equal(g->listeners.count, MANY);
	assert_int_equal(counted(f, IGMP_N_HOSTS_UNTRACKED), 0);
	f->queries = 0;
	for (uint32_t i = MANY; i-- > 1;) {
		report_v3(f, host_number(i), grp(0), IGMP_TO_IN);
		report_v3(f, host_number(0), grp(0), IGMP_IS_EX);
		f->queries = 0;
	}
	assert_int_equal(g->listeners.count, 1);
	report_v3(f, host_number(0), grp(0), IGMP_TO_IN);
	assert_null(igmp_group_find(f->in, grp(0)));
	assert_int_equal(f->in->hosts.table.count, 0);
	for (uint32_t i = 0; i < MANY; i++)
		report_v3(f, host_number(i), grp(0), IGMP_TO_EX);
	igmp_interface_clear(f->in, f->now);
	assert_in_range(f->in->hosts.tracked, MANY / 2, MANY);
	fix_after(f, 1);
	assert_in_range(f->in->hosts.tracked, MANY / 2, MANY);
	fix_after(f, 100);
	assert_int_equal(f->in->hosts.tracked, 0);
	assert_int_equal(f->in->hosts.table.count, 0);
}

/* And 100,000 groups that one host listens to. */
static void test_many_groups_of_one_host(void **state)
{
	struct fixture *f = *state;

	f->hooks.set = no_set;
	many_configure(f);
	for (uint32_t i = 0; i < MANY; i++)
		report_v3(f, host_number(0), grp(i), IGMP_TO_EX);
	assert_int_equal(f->in->hosts.tracked, MANY);
	assert_int_equal(f->in->hosts.table.count, 1);
	for (uint32_t i = 0; i < MANY; i++)
		report_v3(f, host_number(0), grp(i), IGMP_TO_IN);
	assert_int_equal(f->in->groups.count, 0);
	assert_int_equal(asked(f), 0);
}

/* --- show groups detail --------------------------------------------------- */

struct page {
	uint32_t rows, room;
	char text[64][64];
};

static int on_listener(void *arg, const struct proto_listener *l)
{
	struct page *page = arg;
	char host[INET_ADDRSTRLEN];
	struct in_addr address, source;

	if (!l)
		return 0;
	address = v4_address(&l->host);
	source = igmp_sg_source(&l->sg);
	inet_ntop(AF_INET, &address, host, sizeof(host));
	assert_in_range(l->expires_ms, 1, GMI);
	snprintf(page->text[page->rows++], sizeof(page->text[0]),
		 "%u:%u %s v%u%s", ntohl(igmp_sg_group(&l->sg).s_addr) & 0xff,
		 ntohl(source.s_addr) & 0xff, host, l->version,
		 l->last_reporter ? " last" : "");
	return page->rows == page->room;
}

/* In whatever pieces it is read, each listener stands in it once, in order. */
static void test_listeners_are_listed_in_pieces(void **state)
{
	static const char *const rows[] = {
		"1:0 0.0.0.0 v3",	"1:0 10.1.0.1 v3",
		"1:1 10.1.0.2 v3 last", "1:2 10.1.0.2 v3 last",
		"2:0 10.1.0.8 v2 last", "4:3 10.1.0.1 v3",
		"4:3 10.1.1.0 v3 last",
	};
	const uint32_t count = sizeof(rows) / sizeof(rows[0]);
	struct fixture *f = *state;

	record_of(f, 0, IGMP_TO_EX, grp(0), 0);
	record_of(f, 1, IGMP_TO_EX, grp(0), 0);
	record_of(f, 2, IGMP_ALLOW, grp(0), 3);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(1));
	igmp_static_add(f->in, mgm_sg_v4(src(1), grp(2)), IGMP_BY_COMMAND);
	record_of(f, 1, IGMP_ALLOW, grp(3), 4);
	record_of(f, 256, IGMP_ALLOW, grp(3), 4);
	for (uint32_t step = 1; step <= count + 1; step++) {
		struct proto_cursor cursor = {0};
		struct page page = {.room = step};

		while (igmp_interface_listeners(f->in, f->now, &cursor,
						on_listener, &page))
			page.room += step;
		assert_int_equal(page.rows, count);
		for (uint32_t i = 0; i < count; i++)
			assert_string_equal(page.text[i], rows[i]);
	}
}

/* What the allocator takes for one who is tracked, with its own 8 bytes. */
static void test_a_tracked_host_takes_64_bytes(void **state)
{
	(void)state;
	assert_in_range(sizeof(struct igmp_listener) + sizeof(size_t), 1, 64);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_the_last_host_leaves_at_once),
		TEST(test_immediate_leave_is_an_option),
		TEST(test_the_last_host_of_a_source_leaves_at_once),
		TEST(test_the_last_host_in_exclude_spares_the_others),
		TEST(test_a_host_behind_exclude_is_asked),
		TEST(test_an_answer_about_sources_is_no_leave),
		TEST(test_where_an_older_host_is_the_sequence_runs),
		TEST(test_a_host_without_address_leaves_with_the_sequence),
		TEST(test_where_tracking_overflows_the_sequence_runs),
		TEST(test_who_has_not_been_heard_is_spared),
		TEST(test_the_querier_judges_a_leave),
		TEST(test_a_silent_host_is_forgotten),
		TEST(test_the_share_of_a_host_in_the_sources),
		TEST(test_a_refused_source_spares_the_record_s_others),
		TEST(test_static_joins_take_no_share),
		TEST(test_version_1_reports_can_be_ignored),
		TEST(test_near_a_limit_there_is_a_problem),
		TEST(test_who_is_not_tracked_is_told),
		TEST(test_one_group_of_many_hosts),
		TEST(test_many_groups_of_one_host),
		TEST(test_listeners_are_listed_in_pieces),
		TEST(test_a_tracked_host_takes_64_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
