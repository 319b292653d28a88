/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storms: how fast our queries leave when hosts make us ask about many groups
 * at once, what that does to timers, and how much is done in one turn.
 */
#include "igmp_fixture.h"

#include <stdio.h>

#define RATE		 100u /* queries a second; ten of them at once */
#define BURST		 (RATE / 10)
#define CROWD		 1000u
#define RECORDS		 183u /* in one message of 1500 bytes */
#define HUNDRED_THOUSAND 100000u

struct asked {
	uint64_t first_ms, last_ms;
	unsigned int count, suppressed;
};

struct storm {
	struct igmp_hooks hooks;
	struct igmp_router *router;
	struct igmp_interface *in;
	uint64_t now;
	struct asked *groups;
	unsigned int general, queries, in_a_ms, most_in_a_ms;
	uint64_t last_ms;
	size_t sets, left; /* calls of set, and of these with nothing */
};

static uint32_t number_of(struct in_addr group)
{
	return ntohl(group.s_addr) - ntohl(grp(0).s_addr);
}

static int on_send(void *arg, uint32_t ifid, struct in_addr target,
		   const uint8_t *packet, size_t len)
{
	struct storm *s = arg;
	struct igmp_message m;
	struct asked *g;
	struct igmp_ip ip;

	(void)ifid;
	(void)target;
	assert_int_equal(igmp_packet_get(packet, len, &ip, &m), 0);
	if (!m.group.s_addr) {
		s->general++;
		return 0;
	}
	s->queries++;
	s->in_a_ms = s->now == s->last_ms ? s->in_a_ms + 1 : 1;
	s->last_ms = s->now;
	if (s->in_a_ms > s->most_in_a_ms)
		s->most_in_a_ms = s->in_a_ms;
	g = &s->groups[number_of(m.group)];
	if (!g->count++)
		g->first_ms = s->now;
	g->last_ms = s->now;
	g->suppressed += m.suppress;
	return 0;
}

static int on_set(void *arg, uint32_t ifid, struct in_addr group,
		  enum mgm_filter filter, const struct in_addr *sources,
		  size_t count)
{
	struct storm *s = arg;

	(void)ifid;
	(void)group;
	(void)sources;
	s->sets++;
	s->left += filter == MGM_INCLUDE && !count;
	return 0;
}

static struct igmp_config config_of(uint32_t rate)
{
	struct igmp_config c = fix_config();

	c.query_rate = rate;
	c.max_groups = HUNDRED_THOUSAND;
	c.max_host_groups = HUNDRED_THOUSAND;
	return c;
}

static void until(struct storm *s, uint64_t then)
{
	while (igmp_router_next(s->router) <= then) {
		if (igmp_router_next(s->router) > s->now)
			s->now = igmp_router_next(s->router);
		igmp_router_tick(s->router, s->now);
	}
	s->now = then;
}

static int setup(void **state)
{
	struct storm *s = calloc(1, sizeof(*s));
	struct igmp_config config = config_of(RATE);
	struct proto_interface interface = fix_interface();

	s->groups = calloc(HUNDRED_THOUSAND, sizeof(*s->groups));
	s->hooks =
		(struct igmp_hooks){.arg = s, .send = on_send, .set = on_set};
	s->router = igmp_router_new(&s->hooks);
	s->in = igmp_interface_get(s->router, "r1");
	s->now = START - 60000;
	igmp_interface_configure(s->in, &config, s->now);
	igmp_interface_present(s->in, &interface, s->now);
	igmp_interface_open(s->in);
	until(s, START);
	s->general = 0;
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	struct storm *s = *state;

	igmp_router_free(s->router);
	free(s->groups);
	free(s);
	return 0;
}

/* One message with a record of this type for each of the groups. */
static void report(struct storm *s, unsigned int type, uint32_t first,
		   uint32_t count)
{
	uint8_t bytes[8 * RECORDS] = {0};
	struct igmp_message m = {
		.type = XMGM_IGMP_V3_REPORT,
		.version = 3,
		.record_count = (uint16_t)count,
		.records = bytes,
		.records_len = 8 * count,
	};

	for (uint32_t i = 0; i < count; i++) {
		struct in_addr group = grp(first + i);

		bytes[8 * i] = (uint8_t)type;
		memcpy(bytes + 8 * i + 4, &group, 4);
	}
	igmp_router_message(s->router, IFID, addr("10.1.0.9"), &m, s->now);
}

static void all_report(struct storm *s, unsigned int type, uint32_t count)
{
	for (uint32_t i = 0; i < count; i += RECORDS)
		report(s, type, i, count - i < RECORDS ? count - i : RECORDS);
}

static struct igmp_group *group_of(struct storm *s, uint32_t number)
{
	return igmp_group_find(s->in, grp(number));
}

/* All are asked LMQC times, LMQI apart, and then given up; no second has more
 * queries than the rate, and what leaves at once. */
static void test_many_leaves_are_asked_about_at_the_pace(void **state)
{
	const uint64_t takes = 1000 * 2 * CROWD / RATE;
	struct storm *s = *state;
	unsigned int before;

	all_report(s, IGMP_TO_EX, CROWD);
	all_report(s, IGMP_TO_IN, CROWD);
	assert_int_equal(s->queries, BURST);
	for (uint64_t t = 0; t < takes; t += 1000) {
		before = s->queries;
		until(s, s->now + 1000);
		assert_true(s->queries - before <= RATE + 1);
	}
	assert_int_equal(s->most_in_a_ms, BURST);
	until(s, s->now + LMQT);
	assert_int_equal(s->queries, 2 * CROWD);
	for (uint32_t i = 0; i < CROWD; i++) {
		assert_int_equal(s->groups[i].count, 2);
		assert_int_equal(s->groups[i].suppressed, 0);
		assert_in_range(s->groups[i].last_ms - s->groups[i].first_ms,
				LMQI, LMQI + 1000 / RATE * (BURST + 1));
		assert_null(group_of(s, i));
	}
	assert_int_equal(s->left, CROWD);
	assert_true(s->in->counters.n[IGMP_N_QUERIES_LATE] > CROWD / 2);
}

/* RFC 9776 section 6.6.3.1: the timer is lowered when the query is sent. */
static void test_a_group_that_waits_keeps_its_timer(void **state)
{
	struct storm *s = *state;
	uint32_t last = CROWD - 1;

	all_report(s, IGMP_TO_EX, CROWD);
	all_report(s, IGMP_TO_IN, CROWD);
	assert_int_equal(group_of(s, 0)->expires_ms, START + LMQT);
	assert_int_equal(group_of(s, last)->expires_ms, START + GMI);
	while (!s->groups[last].count)
		until(s, s->now + 1);
	assert_true(s->now > START + LMQT);
	assert_int_equal(group_of(s, last)->expires_ms, s->now + LMQT);
}

/* A host that stays has answered before it was asked: nothing is lowered, and
 * the query says that the group is known to be wanted. */
static void test_who_answers_a_query_that_waits_stays(void **state)
{
	struct storm *s = *state;
	uint32_t last = CROWD - 1;
	uint64_t at;

	all_report(s, IGMP_TO_EX, CROWD);
	all_report(s, IGMP_TO_IN, CROWD);
	until(s, s->now + 100);
	at = s->now;
	report(s, IGMP_IS_EX, last, 1);
	until(s, s->now + 1000 * 2 * CROWD / RATE);
	assert_int_equal(s->groups[last].count, 2);
	assert_int_equal(s->groups[last].suppressed, 2);
	assert_int_equal(group_of(s, last)->expires_ms, at + GMI);
}

/* Leaves of one group by many hosts while it waits: one sequence. */
static void test_what_comes_while_a_group_waits_is_merged(void **state)
{
	struct storm *s = *state;
	uint32_t last = CROWD - 1;

	all_report(s, IGMP_TO_EX, CROWD);
	all_report(s, IGMP_TO_IN, CROWD);
	for (int i = 0; i < 500; i++)
		report(s, IGMP_TO_IN, last, 1);
	assert_int_equal(s->in->pace.waiting, CROWD - BURST);
	until(s, s->now + 1000 * 2 * CROWD / RATE + LMQT);
	assert_int_equal(s->queries, 2 * CROWD);
	assert_int_equal(s->groups[last].count, 2);
}

/* What is due again has been lowered already: it goes before what is not. A
 * repeat that had to wait all the same gives as much longer to answer. */
static void test_repeats_go_first_and_their_timers_wait(void **state)
{
	struct igmp_config config = config_of(1);
	struct storm *s = *state;

	all_report(s, IGMP_TO_EX, 10);
	igmp_interface_configure(s->in, &config, s->now);
	until(s, s->now + 20000);
	all_report(s, IGMP_TO_IN, 10);
	while (s->groups[0].count < 2)
		until(s, s->now + 1);
	assert_int_equal(s->queries, 2);
	assert_int_equal(s->groups[1].count, 0);
	igmp_pace_charge(s->in, s->now); /* the next is 3 s away */
	igmp_pace_charge(s->in, s->now);
	while (s->groups[1].count < 2)
		until(s, s->now + 1);
	assert_non_null(group_of(s, 1));
	until(s, s->now + LMQI);
	assert_null(group_of(s, 1));
}

/* Everybody's answer is worth more than any one group's. */
static void test_a_general_query_does_not_wait(void **state)
{
	struct storm *s = *state;

	all_report(s, IGMP_TO_EX, CROWD);
	until(s, s->now + 20000);
	all_report(s, IGMP_TO_IN, CROWD);
	igmp_router_lost(s->router, IFID, s->now);
	until(s, s->now);
	assert_int_equal(s->general, 1);
	assert_int_equal(s->queries, BURST);
}

/* Messages that were lost a hundred times are one more general query. */
static void test_losses_are_asked_about_once(void **state)
{
	struct storm *s = *state;

	until(s, s->now + 20000);
	for (int i = 0; i < 100; i++)
		igmp_router_lost(s->router, IFID, s->now);
	until(s, s->now + 9999);
	assert_int_equal(s->general, 1);
}

/*
 * Whose answers are lost in a flood stays: who is silent is given up only when
 * he has been asked again, and could be heard. Then leaves count again, too.
 */
static void test_nobody_is_given_up_while_messages_are_lost(void **state)
{
	struct storm *s = *state;
	uint64_t end;

	report(s, IGMP_TO_EX, 0, 2);
	until(s, s->now + GMI - 500);
	igmp_router_lost(s->router, IFID, s->now);
	until(s, s->now + 5000);
	report(s, IGMP_TO_IN, 1, 1);
	for (end = s->now + 3 * GMI; s->now < end; until(s, s->now + 1000))
		igmp_router_lost(s->router, IFID, s->now);
	assert_int_equal(s->left, 0);
	s->general = 0;
	until(s, s->now + 9000); /* asked again, when the last had answered */
	assert_int_equal(s->general, 1);
	report(s, IGMP_IS_EX, 0, 1);
	until(s, s->now + 12000);
	assert_non_null(group_of(s, 0));
	assert_null(group_of(s, 1));
	until(s, s->now + GMI);
	assert_null(group_of(s, 0));
}

/* The same where another router asks: it will, within its interval. */
static void test_who_is_not_querier_gives_up_nobody_either(void **state)
{
	struct igmp_message query = {.type = XMGM_IGMP_QUERY,
				     .version = 3,
				     .max_response_ms = 10000,
				     .robustness = 2,
				     .query_interval_s = 125};
	struct storm *s = *state;
	uint64_t lost;

	igmp_router_message(s->router, IFID, addr("10.2.0.0"), &query, s->now);
	report(s, IGMP_TO_EX, 0, 1);
	until(s, s->now + 200000);
	igmp_router_message(s->router, IFID, addr("10.2.0.0"), &query, s->now);
	until(s, s->now + GMI - 200000 - 1);
	igmp_router_lost(s->router, IFID, s->now);
	lost = s->now;
	until(s, lost + QI + 10000);
	assert_non_null(group_of(s, 0));
	until(s, lost + QI + 11000);
	assert_null(group_of(s, 0));
}

/* The rate is the interface's: it can be raised while groups wait. */
static void test_a_higher_rate_is_used_at_once(void **state)
{
	struct igmp_config config = config_of(100000);
	struct storm *s = *state;

	all_report(s, IGMP_TO_EX, CROWD);
	all_report(s, IGMP_TO_IN, CROWD);
	until(s, s->now + 100);
	igmp_interface_configure(s->in, &config, s->now);
	until(s, s->now + 10);
	assert_int_equal(s->in->pace.waiting, 0);
}

/* An interface that goes while groups wait leaves nothing behind. */
static void test_nobody_waits_on_an_interface_that_is_gone(void **state)
{
	struct storm *s = *state;

	all_report(s, IGMP_TO_EX, CROWD);
	all_report(s, IGMP_TO_IN, CROWD);
	igmp_interface_absent(s->in);
	assert_int_equal(s->in->pace.waiting, 0);
	assert_int_equal(igmp_router_next(s->router), TIMER_NEVER);
}

/* --- work in one turn ------------------------------------------------ */

/* How many groups of them the manager is told of in one turn, at most. */
static size_t most_in_a_turn(struct storm *s, uint64_t then)
{
	size_t most = 0, before;

	while (igmp_router_next(s->router) <= then) {
		if (igmp_router_next(s->router) > s->now)
			s->now = igmp_router_next(s->router);
		before = s->sets;
		igmp_router_tick(s->router, s->now);
		if (s->sets - before > most)
			most = s->sets - before;
	}
	return most;
}

static void test_many_groups_that_expire_share_the_loop(void **state)
{
	struct storm *s = *state;

	all_report(s, IGMP_TO_EX, HUNDRED_THOUSAND);
	assert_int_equal(s->in->groups.count, HUNDRED_THOUSAND);
	s->now += GMI;
	assert_int_equal(most_in_a_turn(s, s->now), IGMP_TURN);
	assert_int_equal(s->in->groups.count, 0);
	assert_int_equal(s->left, HUNDRED_THOUSAND);
}

/* What had expired when a message came must not meet it, also while many
 * others that have expired wait to be looked at. */
static void test_a_message_meets_no_group_that_has_expired(void **state)
{
	struct storm *s = *state;
	uint32_t last = HUNDRED_THOUSAND - 1;

	all_report(s, IGMP_TO_EX, HUNDRED_THOUSAND);
	s->now += GMI;
	s->sets = 0;
	report(s, IGMP_BLOCK, last, 1);
	assert_null(group_of(s, last));
	assert_true(s->sets <= 2);
	report(s, IGMP_TO_EX, last, 1);
	assert_int_equal(group_of(s, last)->since_ms, s->now);
	most_in_a_turn(s, s->now);
	assert_int_equal(s->in->groups.count, 1);
}

/* Room that groups held which have expired is free, although many of them
 * still wait to be looked at. */
static void test_expired_groups_take_nobodys_room(void **state)
{
	struct storm *s = *state;

	all_report(s, IGMP_TO_EX, HUNDRED_THOUSAND - 1);
	s->now += GMI;
	report(s, IGMP_TO_EX, HUNDRED_THOUSAND - 1, 1);
	s->sets = 0;
	report(s, IGMP_TO_EX, HUNDRED_THOUSAND, 1);
	assert_non_null(group_of(s, HUNDRED_THOUSAND));
	assert_true(s->sets <= IGMP_TURN + 1);
}

static void test_clearing_many_groups_shares_the_loop(void **state)
{
	struct storm *s = *state;

	all_report(s, IGMP_TO_EX, HUNDRED_THOUSAND);
	until(s, s->now + 20000);
	s->general = 0;
	s->sets = 0;
	igmp_interface_clear(s->in, s->now);
	assert_int_equal(s->sets, IGMP_TURN);
	assert_int_equal(s->general, 0);
	assert_int_equal(most_in_a_turn(s, s->now + 1000), IGMP_TURN);
	assert_int_equal(s->in->groups.count, 0);
	assert_int_equal(s->general, 1); /* when all is forgotten */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_many_leaves_are_asked_about_at_the_pace),
		TEST(test_a_group_that_waits_keeps_its_timer),
		TEST(test_who_answers_a_query_that_waits_stays),
		TEST(test_what_comes_while_a_group_waits_is_merged),
		TEST(test_repeats_go_first_and_their_timers_wait),
		TEST(test_a_general_query_does_not_wait),
		TEST(test_losses_are_asked_about_once),
		TEST(test_nobody_is_given_up_while_messages_are_lost),
		TEST(test_who_is_not_querier_gives_up_nobody_either),
		TEST(test_a_higher_rate_is_used_at_once),
		TEST(test_nobody_waits_on_an_interface_that_is_gone),
		TEST(test_many_groups_that_expire_share_the_loop),
		TEST(test_a_message_meets_no_group_that_has_expired),
		TEST(test_expired_groups_take_nobodys_room),
		TEST(test_clearing_many_groups_shares_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
