/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IGMP router in time: general queries, leaves and their queries, expiry,
 * older hosts, foreign hosts, limits, static groups. Time is moved by hand.
 */
#include "igmp_fixture.h"

#include <errno.h>

/* Start-up queries: robustness of them, a quarter of the interval apart, then
 * one every query interval (sections 6.1 and 8.6, 8.7). */
static void test_general_queries(void **state)
{
	static const uint64_t at[] = {0, QI / 4, QI / 4 + QI, QI / 4 + 2 * QI};
	struct proto_igmp_config config = fix_config();
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
	static const struct proto_address other = {{0x0200020a}, 24};
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	interface.addresses = &other;
	interface.address_count = 1;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 0);
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].router.s_addr, inet_addr("10.2.0.2"));
}

/* A member that says nothing more is a member for one GMI (section 8.4). */
static void test_membership_expires(void **state)
{
	struct fixture *f = *state;
	struct in_addr g = grp(0);

	fix_old(f, XMGM_IGMP_V2_REPORT, g);
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_after(f, GMI - 1);
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_old(f, XMGM_IGMP_V2_REPORT, g);
	fix_after(f, GMI - 1);
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_after(f, 1);
	fix_expect(f, g, MGM_INCLUDE, 0);
	assert_null(igmp_group_find(f->in, g));
}

/* A report that repeats what is known tells the manager nothing. */
static void test_a_refresh_is_not_told(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_TO_EX, grp(0), 3);
	assert_int_equal(f->sets, 1);
	fix_record(f, IGMP_IS_EX, grp(0), 3);
	fix_record(f, IGMP_IS_EX, grp(0), 3);
	fix_record(f, IGMP_ALLOW, grp(1), 3);
	fix_record(f, IGMP_IS_IN, grp(1), 2);
	assert_int_equal(f->sets, 2);
}

/* Leave: asked at once and again after one LMQI, gone after LMQT. */
static void test_leave_without_another_member(void **state)
{
	struct fixture *f = *state;
	struct in_addr g = grp(0);

	fix_old(f, XMGM_IGMP_V2_REPORT, g);
	fix_after(f, 5000);
	f->queries = 0;
	fix_old(f, XMGM_IGMP_V2_LEAVE, g);
	assert_int_equal(f->queries, 1);
	fix_after(f, LMQT - 1);
	assert_int_equal(f->queries, 2);
	assert_int_equal(f->query[1].at_ms, f->query[0].at_ms + LMQI);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(f->query[i].group.s_addr, g.s_addr);
		assert_int_equal(f->query[i].target.s_addr, g.s_addr);
		assert_false(f->query[i].suppress);
	}
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_after(f, 1);
	fix_expect(f, g, MGM_INCLUDE, 0);
	fix_after(f, 10 * LMQI);
	assert_int_equal(f->queries, 2);
}

/* Another member answers: it stays, and the repeated query says so. */
static void test_leave_with_another_member(void **state)
{
	struct fixture *f = *state;
	struct in_addr g = grp(0);

	fix_old(f, XMGM_IGMP_V2_REPORT, g);
	fix_old(f, XMGM_IGMP_V2_LEAVE, g);
	fix_after(f, LMQI / 2);
	fix_old(f, XMGM_IGMP_V2_REPORT, g);
	fix_after(f, LMQI / 2);
	assert_int_equal(f->queries, 2);
	assert_false(f->query[0].suppress);
	assert_true(f->query[1].suppress);
	fix_after(f, GMI - LMQI);
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_after(f, LMQI);
	fix_expect(f, g, MGM_INCLUDE, 0);
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

/* INCLUDE: each source has its own timer, the last takes the group along. */
static void test_sources_expire(void **state)
{
	struct fixture *f = *state;
	struct in_addr g = grp(0);

	fix_record(f, IGMP_ALLOW, g, 3);
	fix_after(f, 1000);
	fix_record(f, IGMP_ALLOW, g, 2);
	fix_expect(f, g, MGM_INCLUDE, 3);
	fix_after(f, GMI - 1000);
	fix_expect(f, g, MGM_INCLUDE, 2);
	fix_after(f, 1000);
	fix_expect(f, g, MGM_INCLUDE, 0);
	assert_null(igmp_group_find(f->in, g));
}

/* EXCLUDE: a source whose timer runs out is blocked from then on, and when
 * the group timer runs out the sources still running are an INCLUDE list. */
static void test_exclude_expires(void **state)
{
	struct fixture *f = *state;
	struct in_addr g = grp(0);

	fix_record(f, IGMP_TO_EX, g, 1); /* EXCLUDE ({}, {S0}) */
	fix_after(f, 1000);
	fix_record(f, IGMP_ALLOW, g, 3); /* EXCLUDE ({S0,S1}, {}) */
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_record(f, IGMP_BLOCK, g, 1); /* S0 runs out after LMQT */
	fix_after(f, LMQT - 1);
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_after(f, 1);
	fix_expect(f, g, MGM_EXCLUDE, 1);
	fix_after(f, GMI - 1000 - LMQT); /* the group timer */
	fix_expect(f, g, MGM_INCLUDE, 2);
	fix_after(f, 1000);
	fix_expect(f, g, MGM_INCLUDE, 0);
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
	struct proto_igmp_config config = fix_config();
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
	struct proto_igmp_config config = fix_config();
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;
	struct in_addr list[300];
	size_t asked = 0;

	config.max_sources = FIX_SOURCES;
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
	struct proto_igmp_config config = fix_config();
	struct fixture *f = *state;
	struct in_addr list[FIX_SOURCES];
	size_t asked = 0;

	config.max_sources = FIX_SOURCES;
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

/* With a version 2 host: BLOCK and the sources of TO_EX mean nothing, until
 * the host has been silent for one older host present interval. */
static void test_version_2_host_present(void **state)
{
	struct fixture *f = *state;
	struct in_addr g = grp(0);

	fix_old(f, XMGM_IGMP_V2_REPORT, g);
	fix_record(f, IGMP_TO_EX, g, 3);
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_record(f, IGMP_BLOCK, g, 3);
	assert_int_equal(f->queries, 0);
	assert_int_equal(igmp_router_counters(f->router)->records_compat, 1);
	fix_record(f, IGMP_TO_IN, g, 0); /* counts: version 2 can leave */
	assert_int_equal(f->queries, 1);
	fix_record(f, IGMP_IS_EX, g, 0);
	fix_after(f, OLDER_HOST - 1);
	fix_record(f, IGMP_BLOCK, g, 3);
	assert_int_equal(igmp_router_counters(f->router)->records_compat, 2);
	fix_after(f, 1);
	fix_record(f, IGMP_TO_EX, g, 3);
	fix_after(f, LMQT); /* both are asked about first */
	fix_expect(f, g, MGM_EXCLUDE, 3);
}

/* With a version 1 host there are no leaves at all. */
static void test_version_1_host_present(void **state)
{
	struct fixture *f = *state;
	struct in_addr g = grp(0);

	fix_old(f, XMGM_IGMP_V1_REPORT, g);
	fix_old(f, XMGM_IGMP_V2_LEAVE, g);
	fix_record(f, IGMP_TO_IN, g, 0);
	fix_record(f, IGMP_BLOCK, g, 3);
	assert_int_equal(f->queries, 0);
	assert_int_equal(igmp_router_counters(f->router)->records_compat, 3);
	fix_after(f, OLDER_HOST - 1);
	fix_old(f, XMGM_IGMP_V2_LEAVE, g);
	assert_int_equal(igmp_router_counters(f->router)->records_compat, 4);
	fix_after(f, GMI - OLDER_HOST);
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_after(f, 1);
	fix_expect(f, g, MGM_INCLUDE, 0);
}

/* The host has fallen silent for one older host present interval, which is
 * shorter than the membership's: leaves count again (sections 8.4, 8.13). */
static void test_version_1_host_gone(void **state)
{
	struct fixture *f = *state;
	struct in_addr g = grp(0);

	fix_old(f, XMGM_IGMP_V1_REPORT, g);
	fix_after(f, OLDER_HOST);
	fix_expect(f, g, MGM_EXCLUDE, 0);
	fix_old(f, XMGM_IGMP_V2_LEAVE, g);
	assert_int_equal(f->query[f->queries - 1].group.s_addr, g.s_addr);
	fix_after(f, LMQT);
	fix_expect(f, g, MGM_INCLUDE, 0);
}

/* A netdev that went and came has hosts nobody has heard of: version 3. */
static void test_older_hosts_go_with_the_netdev(void **state)
{
	struct proto_interface interface = fix_interface();
	struct mgm_sg sg = {.group = grp(0)};
	struct fixture *f = *state;

	assert_int_equal(igmp_static_add(f->in, sg, IGMP_BY_CONFIG), 0);
	fix_old(f, XMGM_IGMP_V1_REPORT, grp(0));
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	igmp_interface_absent(f->in);
	igmp_interface_present(f->in, &interface, f->now);
	igmp_interface_open(f->in);
	assert_int_equal(
		igmp_group_version(igmp_group_find(f->in, grp(0)), f->now), 3);
	assert_int_equal(igmp_static_del(f->in, sg, IGMP_BY_CONFIG), 0);
	fix_record(f, IGMP_TO_EX, grp(0), 3);
	fix_expect(f, grp(0), MGM_EXCLUDE, 3);
}

/* A version 2 router asks in version 2 and does not understand version 3. */
static void test_configured_version_2(void **state)
{
	struct proto_igmp_config config = fix_config();
	struct fixture *f = *state;

	config.version = 2;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 0);
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].version, 2);
	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_int_equal(igmp_router_counters(f->router)->wrong_version, 1);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	assert_int_equal(f->queries, 2);
	assert_int_equal(f->query[1].version, 2);
}

/* Hosts have an address in one of the interface's nets, or none. */
static void test_hosts_outside_the_nets(void **state)
{
	static const struct {
		const char *host;
		bool belongs;
	} hosts[] = {
		{"10.2.0.200", true},  {"10.1.255.255", true},
		{"0.0.0.0", true},     {"10.2.1.1", false},
		{"10.0.255.1", false}, {"192.0.2.1", false},
	};
	struct fixture *f = *state;
	uint64_t foreign = 0;

	for (unsigned int i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		fix_record_from(f, hosts[i].host, IGMP_TO_EX, grp(i), NULL, 0);
		foreign += !hosts[i].belongs;
		assert_int_equal(!fix_told(f, grp(i)), !hosts[i].belongs);
	}
	assert_int_equal(igmp_router_counters(f->router)->foreign_host,
			 foreign);
}

/* Whatever the length of the prefix: its first and last address belong, those
 * before and behind them do not. */
static void test_hosts_of_every_prefix(void **state)
{
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;
	struct igmp_counters *c = igmp_router_counters(f->router);
	struct igmp_message m = {
		.type = XMGM_IGMP_V2_REPORT, .version = 2, .group = grp(0)};

	for (unsigned int len = 1; len <= 32; len++) {
		const uint32_t size = len == 32 ? 1 : 1u << (32 - len);
		const uint32_t first = 0xc0000280u & ~(size - 1);
		const uint32_t hosts[] = {first, first + (size - 1), first - 1,
					  first + size};
		struct proto_address a = {
			.address = {htonl(0xc0000280u)},
			.prefix_len = len,
		};

		interface.addresses = &a;
		interface.address_count = 1;
		igmp_interface_present(f->in, &interface, f->now);
		for (size_t i = 0; i < 4; i++) {
			struct in_addr host = {htonl(hosts[i])};
			uint64_t foreign = c->foreign_host;

			if (!hosts[i]) /* no address yet: always heard */
				continue;
			igmp_router_message(f->router, IFID, host, &m, f->now);
			assert_int_equal(c->foreign_host - foreign, i >= 2);
		}
	}
}

static void test_messages_of_other_interfaces(void **state)
{
	struct igmp_message m = {
		.type = XMGM_IGMP_V2_REPORT, .version = 2, .group = grp(0)};
	struct fixture *f = *state;

	igmp_router_message(f->router, IFID + 1, addr("10.2.0.9"), &m, f->now);
	igmp_interface_configure(f->in, NULL, f->now);
	igmp_router_message(f->router, IFID, addr("10.2.0.9"), &m, f->now);
	assert_int_equal(igmp_router_counters(f->router)->no_interface, 2);
	assert_int_equal(f->sets, 0);
}

/* One group more than configured is refused, until there is room. */
static void test_the_limit_of_groups(void **state)
{
	struct igmp_counters *c;
	struct fixture *f = *state;
	unsigned int max = fix_config().max_groups;

	c = igmp_router_counters(f->router);
	for (unsigned int i = 0; i < max; i++)
		fix_record(f, IGMP_TO_EX, grp(i), 0);
	assert_int_equal(c->limit_groups, 0);
	fix_record(f, IGMP_TO_EX, grp(max), 0);
	fix_record(f, IGMP_ALLOW, grp(max), 1);
	assert_null(fix_told(f, grp(max)));
	assert_int_equal(c->limit_groups, 2);
	/* What leaves a group that is not there asks for no room. */
	fix_record(f, IGMP_BLOCK, grp(max), 1);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(max));
	assert_int_equal(c->limit_groups, 2);
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_after(f, LMQT);
	fix_record(f, IGMP_TO_EX, grp(max), 0);
	fix_expect(f, grp(max), MGM_EXCLUDE, 0);
}

/* Sources beyond the limit are refused, the record's others are not: members
 * stay, as long as they report. */
static void test_the_limit_of_sources(void **state)
{
	struct proto_igmp_config config = fix_config();
	struct fixture *f = *state;
	struct igmp_counters *c = igmp_router_counters(f->router);

	config.max_sources = 4;
	igmp_interface_configure(f->in, &config, f->now);
	fix_record(f, IGMP_ALLOW, grp(0), 7);
	assert_int_equal(c->limit_sources, 0);
	fix_after(f, GMI - 1);
	fix_record(f, IGMP_IS_IN, grp(0), 0x3f);
	fix_expect(f, grp(0), MGM_INCLUDE, 0xf);
	assert_int_equal(c->limit_sources, 2);
	fix_after(f, 1); /* the first ones have been refreshed */
	fix_expect(f, grp(0), MGM_INCLUDE, 0xf);
	fix_record(f, IGMP_IS_IN, grp(1), 0x1f); /* as many as fit */
	fix_expect(f, grp(1), MGM_INCLUDE, 0xf);
	assert_int_equal(c->limit_sources, 3);
	/* What makes it smaller is always possible. */
	config.max_sources = 2;
	igmp_interface_configure(f->in, &config, f->now);
	fix_record(f, IGMP_TO_EX, grp(0), 0x27);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(igmp_group_find(f->in, grp(0))->source_count, 3);
	assert_int_equal(c->limit_sources, 4);
}

/* EXCLUDE with more sources than there is room for: the group is there and
 * those that were left out are forwarded. */
static void test_the_limit_of_excluded_sources(void **state)
{
	struct proto_igmp_config config = fix_config();
	struct fixture *f = *state;
	struct igmp_counters *c = igmp_router_counters(f->router);

	config.max_sources = 4;
	igmp_interface_configure(f->in, &config, f->now);
	fix_record(f, IGMP_TO_EX, grp(0), 0x3f);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0xf);
	assert_int_equal(c->limit_sources, 2);
	for (int i = 0; i < 3; i++) { /* the same, as answer to queries */
		fix_after(f, GMI - 1);
		fix_record(f, IGMP_IS_EX, grp(0), 0x3f);
	}
	fix_after(f, 1);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0xf);
	f->queries = 0;
	fix_record(f, IGMP_BLOCK, grp(0), 0xc0); /* forwarded, not asked for */
	assert_int_equal(f->queries, 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0xf);
	/* Room that the record itself makes is used. */
	fix_record(f, IGMP_IS_EX, grp(1), 0xf);
	fix_record(f, IGMP_IS_EX, grp(1), 0x78);
	assert_int_equal(igmp_group_find(f->in, grp(1))->source_count, 4);
	fix_expect(f, grp(1), MGM_EXCLUDE, 8);
}

/* The same limit met from INCLUDE: a member that turns to EXCLUDE. */
static void test_the_limit_when_the_mode_changes(void **state)
{
	struct proto_igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_sources = 4;
	igmp_interface_configure(f->in, &config, f->now);
	fix_record(f, IGMP_ALLOW, grp(0), 0xf);
	fix_record(f, IGMP_TO_EX, grp(0), 0xfe);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0x10);
	assert_int_equal(igmp_group_find(f->in, grp(0))->source_count, 4);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0x1e);
}

/* A source listed twice counts once. */
static void test_repeated_sources(void **state)
{
	struct in_addr list[5] = {src(2), src(0), src(2), src(0), src(2)};
	struct fixture *f = *state;

	fix_record_from(f, "10.2.0.9", IGMP_ALLOW, grp(0), list, 5);
	assert_int_equal(fix_told(f, grp(0))->count, 2);
	fix_expect(f, grp(0), MGM_INCLUDE, 5);
}

static void test_unknown_and_local_records(void **state)
{
	struct fixture *f = *state;
	struct igmp_counters *c = igmp_router_counters(f->router);

	fix_record(f, 0, grp(0), 1);
	fix_record(f, 7, grp(0), 1);
	fix_record(f, IGMP_TO_EX, addr("224.0.0.251"), 0);
	assert_int_equal(c->records_unknown, 2);
	assert_int_equal(c->records_local, 1);
	assert_int_equal(f->sets, 0);
}

/* What one record of a report says wrongly is counted and harms no other. */
static void test_bad_records_among_good_ones(void **state)
{
	static const uint8_t bytes[] = {
		IGMP_TO_EX, 0, 0, 0, 239, 1, 1, 1,		 /* good */
		IGMP_TO_EX, 0, 0, 0, 0,	  0, 0, 0,		 /* no group */
		IGMP_TO_EX, 0, 0, 0, 10,  0, 0, 1,		 /* unicast */
		IGMP_ALLOW, 0, 0, 2, 239, 1, 1, 2, 240, 0, 0, 1, /* class E */
		10,	    0, 0, 1, 77,  0, 0, 0, 0,	0, 0, 0, /* unknown */
		IGMP_ALLOW, 0, 0, 1, 239, 1, 1, 3, 10,	0, 0, 1, /* good */
	};
	const struct igmp_message m = {
		.type = XMGM_IGMP_V3_REPORT,
		.version = 3,
		.record_count = 6,
		.records = bytes,
		.records_len = sizeof(bytes),
	};
	struct fixture *f = *state;
	struct igmp_counters *c = igmp_router_counters(f->router);

	igmp_router_message(f->router, IFID, addr("10.1.0.9"), &m, f->now);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
	fix_expect(f, grp(2), MGM_INCLUDE, 1);
	assert_int_equal(f->sets, 2);
	assert_int_equal(c->records, 2);
	assert_int_equal(c->records_bad, 3);
	assert_int_equal(c->records_unknown, 1);
}

/* RFC 4604 section 2.2: in 232.0.0.0/8 versions 1 and 2 and EXCLUDE are
 * ignored; they neither make a group nor change what others want of it. */
static void test_source_specific_groups(void **state)
{
	static const char *const groups[] = {"232.0.0.0", "232.1.2.3",
					     "232.255.255.255"};
	struct fixture *f = *state;
	struct igmp_counters *c = igmp_router_counters(f->router);

	for (size_t i = 0; i < 3; i++) {
		struct in_addr g = addr(groups[i]);
		uint64_t ignored = c->not_source_specific;
		size_t asked;

		for (int known = 0; known < 2; known++) {
			fix_old(f, XMGM_IGMP_V1_REPORT, g);
			fix_old(f, XMGM_IGMP_V2_REPORT, g);
			fix_record(f, IGMP_TO_EX, g, 0);
			fix_record(f, IGMP_IS_EX, g, 2);
			fix_old(f, XMGM_IGMP_V2_LEAVE, g);
			fix_expect(f, g, MGM_INCLUDE, known ? 3 : 0);
			if (!known)
				fix_record(f, IGMP_ALLOW, g, 3);
		}
		assert_int_equal(c->not_source_specific - ignored, 10);
		fix_record(f, IGMP_IS_IN, g, 4);
		asked = f->queries;
		fix_record(f, IGMP_BLOCK, g, 1);
		fix_record(f, IGMP_TO_IN, g, 4);
		assert_int_equal(f->queries, asked + 2);
		fix_after(f, LMQT);
		fix_expect(f, g, MGM_INCLUDE, 4);
	}
	fix_old(f, XMGM_IGMP_V2_REPORT, addr("231.255.255.255"));
	fix_old(f, XMGM_IGMP_V2_REPORT, addr("233.0.0.0"));
	fix_expect(f, addr("231.255.255.255"), MGM_EXCLUDE, 0);
	fix_expect(f, addr("233.0.0.0"), MGM_EXCLUDE, 0);
}

/* Other routers are counted; one without an address never wins. */
static void test_other_queriers_are_counted(void **state)
{
	static const char *const hosts[] = {"10.1.0.9", "10.2.0.9", "0.0.0.0"};
	struct igmp_message m = {.type = XMGM_IGMP_QUERY, .version = 3};
	struct fixture *f = *state;
	struct igmp_counters *c = igmp_router_counters(f->router);

	for (size_t i = 0; i < 3; i++)
		igmp_router_message(f->router, IFID, addr(hosts[i]), &m,
				    f->now);
	assert_int_equal(c->queries_heard, 3);
	assert_int_equal(c->queries_lower, 1);
}

/* Lost messages: everybody is asked again, once a second at most. */
static void test_a_loss_asks_again(void **state)
{
	struct fixture *f = *state;

	igmp_router_lost(f->router, f->now);
	igmp_router_lost(f->router, f->now + 999);
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].group.s_addr, 0);
	igmp_router_lost(f->router, f->now + 1000);
	assert_int_equal(f->queries, 2);
	assert_int_equal(igmp_router_counters(f->router)->ring_lost, 3);
}

static void test_a_query_that_fails_is_counted(void **state)
{
	struct fixture *f = *state;
	struct igmp_counters *c = igmp_router_counters(f->router);
	uint64_t sent = c->queries_sent;

	f->send_result = -ENETDOWN;
	fix_after(f, 2 * QI);
	assert_true(f->queries >= 1);
	assert_int_equal(c->queries_failed, f->queries);
	assert_int_equal(c->queries_sent, sent);
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
	struct proto_igmp_config config = fix_config();
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

/* What the manager refused is said again when the group is next heard of. */
static void test_a_refusal_is_repeated(void **state)
{
	struct fixture *f = *state;

	f->set_result = -ENOSPC;
	fix_record(f, IGMP_TO_EX, grp(0), 0);
	assert_int_equal(igmp_router_counters(f->router)->set_failed, 1);
	f->set_result = 0;
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(test_general_queries),
		T(test_no_queries_without_address_or_link),
		T(test_a_new_address_asks_at_once),
		T(test_membership_expires),
		T(test_a_refresh_is_not_told),
		T(test_leave_without_another_member),
		T(test_leave_with_another_member),
		T(test_a_storm_of_leaves),
		T(test_a_storm_of_blocks),
		T(test_a_late_tick),
		T(test_sources_expire),
		T(test_exclude_expires),
		T(test_source_queries),
		T(test_source_queries_keep_their_times),
		T(test_queries_fit_the_mtu),
		T(test_many_sources_are_asked_in_parts),
		T(test_version_2_host_present),
		T(test_version_1_host_present),
		T(test_version_1_host_gone),
		T(test_older_hosts_go_with_the_netdev),
		T(test_configured_version_2),
		T(test_hosts_outside_the_nets),
		T(test_hosts_of_every_prefix),
		T(test_messages_of_other_interfaces),
		T(test_the_limit_of_groups),
		T(test_the_limit_of_sources),
		T(test_the_limit_of_excluded_sources),
		T(test_the_limit_when_the_mode_changes),
		T(test_repeated_sources),
		T(test_unknown_and_local_records),
		T(test_bad_records_among_good_ones),
		T(test_source_specific_groups),
		T(test_other_queriers_are_counted),
		T(test_a_loss_asks_again),
		T(test_a_query_that_fails_is_counted),
		T(test_a_failed_query_is_repeated),
		T(test_queries_that_always_fail),
		T(test_a_failed_general_query_is_repeated),
		T(test_no_leaves_while_nobody_can_be_asked),
		T(test_a_refusal_is_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
