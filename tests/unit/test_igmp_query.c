/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queries of the IGMP router: general ones, those about groups and sources,
 * their times, and what happens when they cannot be sent.
 */
#include "igmp_fixture.h"

#include <errno.h>

/* Start-up queries: robustness of them, a quarter of the interval apart, then
 * one every query interval (sections 6.1 and 8.6, 8.7). */
static void test_general_queries(void **state)
{
	static const uint64_t at[] = {0, QI / 4, QI / 4 + QI, QI / 4 + 2 * QI};
	struct igmp_config config = fix_config();
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;
	uint64_t start = f->now;

	igmp_interface_configure(f->in, NULL, f->now);
	igmp_interface_configure(f->in, &config, f->now);
	igmp_interface_present(f->in, &interface, f->now);
	fix_until(f, start + QI / 4 + 2 * QI + 1);
	assert_int_equal(f->queries, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(f->query[i].at_ms, start + at[i]);
		assert_int_equal(f->query[i].group.s_addr, 0);
		assert_int_equal(f->query[i].target.s_addr,
				 inet_addr("224.0.0.1"));
		assert_int_equal(f->query[i].router.s_addr,
				 inet_addr("10.2.0.1"));
		assert_int_equal(f->query[i].max_response_ms, 10000);
		assert_int_equal(f->query[i].version, 3);
		assert_int_equal(f->query[i].count, 0);
	}
}

/* Down, without an address, or gone: no queries; afterwards start-up again. */
static void test_no_queries_without_address_or_link(void **state)
{
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	interface.up = false;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 3 * QI);
	assert_int_equal(f->queries, 0);
	interface.up = true;
	interface.address_count = 0;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 3 * QI);
	assert_int_equal(f->queries, 0);
	interface.address_count = 2;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, QI / 4);
	assert_int_equal(f->queries, 2);
	/* The same once more changes nothing. */
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, QI - 1);
	assert_int_equal(f->queries, 2);
	igmp_interface_absent(f->in);
	fix_after(f, 3 * QI);
	assert_int_equal(f->queries, 2);
}

static void test_a_new_address_asks_at_once(void **state)
{
	static const struct proto_address other = V4_SUBNET(10, 2, 0, 2, 24);
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	interface.addresses = &other;
	interface.address_count = 1;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 0);
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].router.s_addr, inet_addr("10.2.0.2"));
}

/* IGMP is IPv4's: the first IPv4 address asks, and without one nobody does. */
static void test_addresses_of_ipv6_do_not_ask(void **state)
{
	static const struct proto_address both[] = {
		{.address = {{0xfe, 0x80}}, .prefix_len = 64},
		V4_SUBNET(10, 2, 0, 2, 24),
	};
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	interface.addresses = both;
	interface.address_count = 2;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 0);
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].router.s_addr, inet_addr("10.2.0.2"));
	interface.address_count = 1;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 3 * QI);
	assert_int_equal(f->queries, 1);
}

/* A host that repeats its leave must not make us repeat our queries. */
static void test_a_storm_of_leaves(void **state)
{
	struct fixture *f = *state;

	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	for (int i = 0; i < 19; i++) {
		fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
		fix_record(f, IGMP_TO_IN, grp(0), 0);
		fix_after(f, 50);
	}
	assert_int_equal(f->queries, 1);
	fix_after(f, LMQT);
	assert_int_equal(f->queries, 2);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	/* And one for a group nobody has leaves no trace. */
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(1));
	fix_record(f, IGMP_BLOCK, grp(1), 3);
	assert_int_equal(f->queries, 2);
	assert_null(igmp_group_find(f->in, grp(1)));
}

/* Nor one that repeats what it blocks. */
static void test_a_storm_of_blocks(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_ALLOW, grp(0), 3);
	f->queries = 0;
	for (int i = 0; i < 19; i++) {
		fix_record(f, IGMP_BLOCK, grp(0), 3);
		fix_record(f, IGMP_TO_IN, grp(0), 0);
		fix_after(f, 50);
	}
	assert_int_equal(f->queries, 1);
	fix_after(f, LMQT);
	assert_int_equal(f->queries, 2);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* Called too late, nobody is asked about what has run out meanwhile. */
static void test_a_late_tick(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_record(f, IGMP_BLOCK, grp(0), 1);
	fix_record(f, IGMP_ALLOW, grp(1), 1);
	fix_record(f, IGMP_BLOCK, grp(1), 1);
	assert_int_equal(f->queries, 2);
	f->now += LMQT + LMQI;
	igmp_router_tick(f->router, f->now);
	assert_int_equal(f->queries, 2);
	fix_expect(f, grp(0), MGM_EXCLUDE, 1);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
}

/*
 * BLOCK: asked about twice. A source confirmed in between is in the query
 * with the S flag, the other in the one without (section 6.6.3.2).
 */
static void test_source_queries(void **state)
{
	struct fixture *f = *state;
	struct in_addr g = grp(0);

	fix_record(f, IGMP_ALLOW, g, 7);
	f->queries = 0;
	fix_record(f, IGMP_BLOCK, g, 3);
	assert_int_equal(f->queries, 1);
	assert_int_equal(fix_mask(f->query[0].sources, f->query[0].count), 3);
	assert_false(f->query[0].suppress);
	fix_after(f, LMQI / 2);
	fix_record(f, IGMP_IS_IN, g, 1);
	fix_after(f, LMQI / 2);
	assert_int_equal(f->queries, 3);
	assert_true(f->query[1].suppress);
	assert_int_equal(fix_mask(f->query[1].sources, f->query[1].count), 1);
	assert_false(f->query[2].suppress);
	assert_int_equal(fix_mask(f->query[2].sources, f->query[2].count), 2);
	fix_after(f, LMQI);
	fix_expect(f, g, MGM_INCLUDE, 5);
	fix_after(f, LMQT);
	assert_int_equal(f->queries, 3);
}

/* Queries about sources that are blocked one after the other: each source is
 * asked about in its own time, as often as the others (section 6.6.3.2). */
static void test_source_queries_keep_their_times(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;
	size_t asked[3] = {0};
	uint64_t start;

	config.robustness = 3;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, QI);
	fix_record(f, IGMP_ALLOW, grp(0), 7);
	f->queries = 0;
	start = f->now;
	for (unsigned int i = 0; i < 3; i++) {
		fix_until(f, start + 100 * i);
		fix_record(f, IGMP_BLOCK, grp(0), 1u << i);
	}
	fix_until(f, start + 2999);
	for (size_t i = 0; i < f->queries; i++) {
		uint32_t mask =
			fix_mask(f->query[i].sources, f->query[i].count);

		for (unsigned int k = 0; k < 3; k++) {
			if (mask >> k & 1)
				assert_int_equal(f->query[i].at_ms,
						 start + 100 * k +
							 LMQI * asked[k]++);
		}
	}
	for (unsigned int k = 0; k < 3; k++)
		assert_int_equal(asked[k], 3);
	fix_expect(f, grp(0), MGM_INCLUDE, 7);
	fix_after(f, 1);
	fix_expect(f, grp(0), MGM_INCLUDE, 6);
	fix_after(f, 200);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* A query is no larger than a packet of the interface (section 4.1.9). */
static void test_queries_fit_the_mtu(void **state)
{
	static const unsigned int mtus[] = {68, 600, 1059, 1060, 1500};
	static const size_t fits[] = {8, 141, 255, 256, 256};
	struct igmp_config config = fix_config();
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;
	struct in_addr list[300];
	size_t asked = 0;

	config.max_sources = FIX_SOURCES;
	config.max_host_sources = FIX_SOURCES;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, QI / 4);
	for (unsigned int i = 0; i < 300; i++)
		list[i] = src(i);
	for (size_t i = 0; i < 5; i++) {
		interface.mtu = mtus[i];
		igmp_interface_present(f->in, &interface, f->now);
		fix_record_from(f, "0.0.0.0", IGMP_ALLOW, grp(0), list, 300);
		f->queries = 0;
		fix_record_from(f, "0.0.0.0", IGMP_BLOCK, grp(0), list, 300);
		assert_int_equal(f->query[0].count, fits[i]);
		for (size_t k = asked = 0; k < f->queries; k++)
			asked += f->query[k].count;
		assert_int_equal(asked, 300);
		f->queries = 0; /* and once more */
		fix_after(f, LMQT);
	}
}

/* More sources than fit: several queries, no source twice, none left out. */
static void test_many_sources_are_asked_in_parts(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;
	struct in_addr list[FIX_SOURCES];
	size_t asked = 0;

	config.max_sources = FIX_SOURCES;
	config.max_host_sources = FIX_SOURCES;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, QI / 4);
	for (unsigned int i = 0; i < FIX_SOURCES; i++)
		list[i] = src(i);
	fix_record_from(f, "0.0.0.0", IGMP_ALLOW, grp(0), list, FIX_SOURCES);
	assert_int_equal(fix_told(f, grp(0))->count, FIX_SOURCES);
	f->queries = 0;
	fix_record_from(f, "0.0.0.0", IGMP_BLOCK, grp(0), list, FIX_SOURCES);
	assert_int_equal(f->queries, (FIX_SOURCES + 255) / 256);
	for (size_t i = 0; i < f->queries; i++) {
		for (size_t k = 0; k < f->query[i].count; k++, asked++)
			assert_int_equal(f->query[i].sources[k].s_addr,
					 src((unsigned int)asked).s_addr);
	}
	assert_int_equal(asked, FIX_SOURCES);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* Other routers are counted; one without an address never wins. */
static void test_other_queriers_are_counted(void **state)
{
	static const char *const hosts[] = {"10.1.0.9", "10.2.0.9", "0.0.0.0"};
	struct igmp_message m = {.type = XMGM_IGMP_QUERY, .version = 3};
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++)
		igmp_router_message(f->router, IFID, addr(hosts[i]), &m,
				    f->now);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_QUERIES_HEARD),
			 3);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_QUERIES_LOWER),
			 1);
}

/*
 * Lost messages: that LAN is asked again, but not before the answers to the
 * last general query are in.
 */
static void test_a_loss_asks_again(void **state)
{
	struct fixture *f = *state;

	igmp_router_lost(f->router, IFID + 1, f->now);
	fix_after(f, 1);
	assert_int_equal(f->queries, 0);
	igmp_router_lost(f->router, IFID, f->now);
	fix_after(f, 0);
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].group.s_addr, 0);
	fix_after(f, 1000);
	igmp_router_lost(f->router, IFID, f->now);
	igmp_router_lost(f->router, IFID, f->now);
	fix_after(f, 8999);
	assert_int_equal(f->queries, 1);
	fix_after(f, 1);
	assert_int_equal(f->queries, 2);
	fix_after(f, 20000);
	assert_int_equal(f->queries, 2);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RING_LOST), 4);
}

static void hear_late(struct fixture *f, struct in_addr group,
		      uint64_t arrived_ms)
{
	struct igmp_message m = {
		.type = XMGM_IGMP_V2_REPORT,
		.version = 2,
		.group = group,
	};

	igmp_router_message_late(f->router, IFID, addr("10.1.0.9"), &m,
				 arrived_ms, f->now);
}

/*
 * Messages that came in time and were read late: one group's refresh does not
 * end the other, whose refresh is behind it in the queue.
 */
static void test_a_refresh_that_waited_counts(void **state)
{
	struct fixture *f = *state;
	uint64_t arrived;

	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_record(f, IGMP_TO_EX, grp(1), 0);
	arrived = f->now + GMI - 1;
	f->now += GMI + 2000;
	f->sets = 0;
	hear_late(f, grp(0), arrived);
	hear_late(f, grp(1), arrived);
	igmp_router_tick(f->router, f->now);
	assert_int_equal(f->sets, 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
	fix_after(f, 2 * GMI);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
}

static void test_a_query_that_fails_is_counted(void **state)
{
	struct fixture *f = *state;
	uint64_t sent = igmp_router_counted(f->router, IGMP_N_QUERIES_SENT);

	f->send_result = -ENETDOWN;
	fix_after(f, 2 * QI);
	assert_true(f->queries >= 1);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_QUERIES_FAILED),
			 f->queries);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_QUERIES_SENT),
			 sent);
}

/* A query that was not sent does not count: it is repeated, and the group is
 * there until all have been sent and had their time. */
static void test_a_failed_query_is_repeated(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_record(f, IGMP_ALLOW, grp(1), 1);
	fix_after(f, LMQI);
	f->queries = 0;
	f->send_result = -ENOBUFS;
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_record(f, IGMP_BLOCK, grp(1), 1);
	fix_record(f, IGMP_TO_IN, grp(0), 0); /* asks no more often for it */
	fix_record(f, IGMP_BLOCK, grp(1), 1);
	assert_int_equal(f->queries, 2);
	f->queries = 0;
	f->send_result = 0;
	fix_after(f, 3 * LMQI - 1);
	assert_int_equal(f->queries, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_false(f->query[i].suppress);
		assert_int_equal(f->query[i].at_ms,
				 f->now + 1 - 3 * LMQI + LMQI * (1 + i / 2));
	}
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 1);
	fix_after(f, 1);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
}

/* An interface that never sends does not keep a group for ever. */
static void test_queries_that_always_fail(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_record(f, IGMP_ALLOW, grp(1), 1);
	fix_after(f, LMQI);
	f->send_result = -ENOBUFS;
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_record(f, IGMP_BLOCK, grp(1), 1);
	fix_after(f, 2 * LMQT - 1);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 1);
	fix_after(f, 1);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
}

/* Start-up queries that fail are none (section 8.7), and after one that fails
 * later nobody waits for a whole interval. */
static void test_a_failed_general_query_is_repeated(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	igmp_interface_configure(f->in, NULL, f->now);
	igmp_interface_configure(f->in, &config, f->now);
	f->send_result = -ENETDOWN;
	fix_after(f, QI / 4);
	assert_int_equal(f->queries, 2);
	f->send_result = 0;
	fix_after(f, 2 * (QI / 4));
	assert_int_equal(f->queries, 4);
	fix_after(f, QI - 1);
	assert_int_equal(f->queries, 4);
	f->send_result = -ENETDOWN;
	fix_after(f, 1);
	f->send_result = 0;
	fix_after(f, QI / 4);
	assert_int_equal(f->queries, 6);
	fix_after(f, QI);
	assert_int_equal(f->queries, 7);
}

/* Where nobody can be asked, nobody is given up: down or without an address a
 * leave ends no membership before its time. */
static void test_no_leaves_while_nobody_can_be_asked(void **state)
{
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	for (int down = 0; down < 2; down++) {
		fix_record_from(f, "0.0.0.0", IGMP_TO_EX, grp(0), NULL, 0);
		fix_record_from(f, "0.0.0.0", IGMP_ALLOW, grp(1),
				(struct in_addr[]){src(0)}, 1);
		interface.up = !down;
		interface.address_count = down ? 2 : 0;
		igmp_interface_present(f->in, &interface, f->now);
		f->queries = 0;
		fix_record_from(f, "0.0.0.0", IGMP_TO_IN, grp(0), NULL, 0);
		fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
		fix_record_from(f, "0.0.0.0", IGMP_BLOCK, grp(1),
				(struct in_addr[]){src(0)}, 1);
		fix_record_from(f, "0.0.0.0", IGMP_TO_IN, grp(1), NULL, 0);
		fix_after(f, GMI - 1);
		assert_int_equal(f->queries, 0);
		fix_expect(f, grp(0), MGM_EXCLUDE, 0);
		fix_expect(f, grp(1), MGM_INCLUDE, 1);
		fix_after(f, 1);
		fix_expect(f, grp(0), MGM_INCLUDE, 0);
		fix_expect(f, grp(1), MGM_INCLUDE, 0);
		interface = fix_interface();
		igmp_interface_present(f->in, &interface, f->now);
	}
	/* And with one, it does. */
	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(test_general_queries),
		T(test_no_queries_without_address_or_link),
		T(test_a_new_address_asks_at_once),
		T(test_addresses_of_ipv6_do_not_ask),
		T(test_a_storm_of_leaves),
		T(test_a_storm_of_blocks),
		T(test_a_late_tick),
		T(test_source_queries),
		T(test_source_queries_keep_their_times),
		T(test_queries_fit_the_mtu),
		T(test_many_sources_are_asked_in_parts),
		T(test_other_queriers_are_counted),
		T(test_a_loss_asks_again),
		T(test_a_refresh_that_waited_counts),
		T(test_a_query_that_fails_is_counted),
		T(test_a_failed_query_is_repeated),
		T(test_queries_that_always_fail),
		T(test_a_failed_general_query_is_repeated),
		T(test_no_leaves_while_nobody_can_be_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
