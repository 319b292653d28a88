/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whom the IGMP router hears, and how much it lets hosts make it remember: nets
 * and interfaces, groups, shares of groups, sources.
 */
#include "igmp_fixture.h"

#include <errno.h>
#include <stdio.h>

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
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_FOREIGN_HOST),
			 foreign);
}

/* Whatever the length of the prefix: its first and last address belong, those
 * before and behind them do not. */
static void test_hosts_of_every_prefix(void **state)
{
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;
	struct igmp_message m = {
		.type = XMGM_IGMP_V2_REPORT, .version = 2, .group = grp(0)};

	for (unsigned int len = 1; len <= 32; len++) {
		const uint32_t size = len == 32 ? 1 : 1u << (32 - len);
		const uint32_t first = 0xc0000280u & ~(size - 1);
		const uint32_t hosts[] = {first, first + (size - 1), first - 1,
					  first + size};
		struct proto_address a = {
			.address = V4_BYTES(192, 0, 2, 128),
			.prefix_len = len,
		};

		interface.addresses = &a;
		interface.address_count = 1;
		igmp_interface_present(f->in, &interface, f->now);
		for (size_t i = 0; i < 4; i++) {
			struct in_addr host = {htonl(hosts[i])};
			uint64_t foreign = igmp_router_counted(
				f->router, IGMP_N_FOREIGN_HOST);

			if (!hosts[i]) /* no address yet: always heard */
				continue;
			igmp_router_message(f->router, IFID, host, &m, f->now);
			assert_int_equal(
				igmp_router_counted(f->router,
						    IGMP_N_FOREIGN_HOST) -
					foreign,
				i >= 2);
		}
	}
}

/* On a point-to-point interface the prefix is the peer's, however far from our
 * own address that is. */
static void test_the_peer_belongs(void **state)
{
	static const struct {
		unsigned int len;
		const char *host;
		bool belongs;
	} rows[] = {
		{32, "192.0.2.9", true},   {32, "192.0.2.8", false},
		{32, "0.0.0.0", true},	   {32, "10.9.9.1", false},
		{30, "192.0.2.10", true},  {30, "192.0.2.12", false},
		{24, "192.0.2.200", true}, {24, "10.9.9.2", false},
	};
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct proto_address a = {
			.address = V4_BYTES(10, 9, 9, 1),
			.prefix_len = rows[i].len,
			.peer = V4_BYTES(192, 0, 2, 9),
		};
		uint64_t foreign =
			igmp_router_counted(f->router, IGMP_N_FOREIGN_HOST);

		interface.addresses = &a;
		interface.address_count = 1;
		igmp_interface_present(f->in, &interface, f->now);
		fix_record_from(f, rows[i].host, IGMP_TO_EX, grp(0), NULL, 0);
		assert_int_equal(igmp_router_counted(f->router,
						     IGMP_N_FOREIGN_HOST) -
					 foreign,
				 !rows[i].belongs);
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
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_NO_INTERFACE),
			 2);
	assert_int_equal(f->sets, 0);
}

/* One group more than configured is refused, until there is room. */
static void test_the_limit_of_groups(void **state)
{
	struct fixture *f = *state;
	unsigned int max = fix_config().max_groups;

	for (unsigned int i = 0; i < max; i++)
		fix_record(f, IGMP_TO_EX, grp(i), 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_GROUPS),
			 0);
	fix_record(f, IGMP_TO_EX, grp(max), 0);
	fix_record(f, IGMP_ALLOW, grp(max), 1);
	assert_null(fix_told(f, grp(max)));
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_GROUPS),
			 2);
	/* What leaves a group that is not there asks for no room. */
	fix_record(f, IGMP_BLOCK, grp(max), 1);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(max));
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_GROUPS),
			 2);
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_after(f, LMQT);
	fix_record(f, IGMP_TO_EX, grp(max), 0);
	fix_expect(f, grp(max), MGM_EXCLUDE, 0);
}

/* From host number i of the LAN. */
static void report_as(struct fixture *f, unsigned int i, unsigned int type,
		      struct in_addr group)
{
	char host[32];

	snprintf(host, sizeof(host), "10.1.0.%u", i);
	fix_record_from(f, host, type, group, NULL, 0);
}

/* One host gets its share of the groups and shuts nobody out. */
static void test_the_share_of_a_host(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_groups = 13;
	config.max_host_groups = 0; /* a quarter, rounded up */
	igmp_interface_configure(f->in, &config, f->now);
	for (unsigned int i = 0; i < 20; i++)
		report_as(f, 1, IGMP_TO_EX, grp(i));
	assert_int_equal(f->in->host_groups, 4);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_HOST), 16);
	/* The others have theirs, up to the limit of all. */
	for (unsigned int i = 20; i < 60; i++)
		report_as(f, 2 + i % 3, IGMP_TO_EX, grp(i));
	assert_int_equal(f->in->host_groups, 13);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_GROUPS),
			 31);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_HOST), 16);
	/* Who has its share refreshes what it has, and leaves it. */
	fix_after(f, GMI - 1);
	for (unsigned int i = 0; i < 4; i++)
		report_as(f, 1, IGMP_IS_EX, grp(i));
	fix_after(f, 1);
	assert_int_equal(f->in->host_groups, 4);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_HOST), 16);
	report_as(f, 1, IGMP_TO_EX, grp(9));
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_HOST), 17);
	report_as(f, 1, IGMP_TO_IN, grp(0));
	fix_after(f, LMQT);
	report_as(f, 1, IGMP_TO_EX, grp(9));
	fix_expect(f, grp(9), MGM_EXCLUDE, 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_HOST), 17);
	/* Nothing is left of those who have gone. */
	fix_after(f, GMI);
	assert_int_equal(f->in->host_groups, 0);
	assert_int_equal(f->in->hosts.table.count, 0);
	assert_int_equal(f->in->groups.count, 0);
}

/* A group that another host has is joined whatever one's share, and whoever
 * reports it next takes it over, if there is room: a group that all listen to
 * is no burden of the first. */
static void test_shares_move_to_who_reports(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_host_groups = 2;
	igmp_interface_configure(f->in, &config, f->now);
	report_as(f, 1, IGMP_TO_EX, grp(0));
	report_as(f, 1, IGMP_TO_EX, grp(1));
	report_as(f, 2, IGMP_TO_EX, grp(2));
	report_as(f, 2, IGMP_TO_EX, grp(3));
	report_as(f, 2, IGMP_TO_EX, grp(0)); /* it has two: still of 1 */
	report_as(f, 1, IGMP_TO_EX, grp(4));
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_HOST), 1);
	report_as(f, 3, IGMP_IS_EX, grp(0)); /* 3 has none: now of 3 */
	report_as(f, 1, IGMP_TO_EX, grp(4));
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_HOST), 1);
	fix_expect(f, grp(4), MGM_EXCLUDE, 0);
	/* A leave takes nothing over. */
	report_as(f, 4, IGMP_TO_IN, grp(4));
	report_as(f, 1, IGMP_TO_EX, grp(5));
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_HOST), 2);
	assert_int_equal(f->in->hosts.table.count, 3);
}

/* What an operator joins is counted apart from what hosts do. */
static void test_joins_are_counted_apart(void **state)
{
	struct igmp_config config = fix_config();
	struct mgm_sg sg = mgm_sg_v4((struct in_addr){0}, grp(1));
	struct fixture *f = *state;

	config.max_groups = 1;
	igmp_interface_configure(f->in, &config, f->now);
	fix_record(f, IGMP_TO_EX, grp(0), 0);
	assert_int_equal(igmp_static_add(f->in, sg, IGMP_BY_COMMAND), 0);
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
	sg = mgm_sg_v4((struct in_addr){0}, grp(2));
	assert_int_equal(igmp_static_add(f->in, sg, IGMP_BY_COMMAND), -ENOSPC);
	/* A host in the operator's group is one of the hosts' groups. */
	fix_old(f, XMGM_IGMP_V1_REPORT, grp(1));
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_GROUPS),
			 1);
	assert_int_equal(
		igmp_group_version(igmp_group_find(f->in, grp(1)), f->now), 3);
	fix_after(f, GMI);
	fix_record(f, IGMP_TO_EX, grp(1), 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_GROUPS),
			 1);
	assert_int_equal(f->in->host_groups, 1);
	/* It stays while the host does, and the operator has room again. */
	sg = mgm_sg_v4((struct in_addr){0}, grp(1));
	assert_int_equal(igmp_static_del(f->in, sg, IGMP_BY_COMMAND), 0);
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
	sg = mgm_sg_v4((struct in_addr){0}, grp(2));
	assert_int_equal(igmp_static_add(f->in, sg, IGMP_BY_COMMAND), 0);
	fix_after(f, GMI);
	assert_int_equal(f->in->groups.count, 1);
	assert_int_equal(f->in->host_groups, 0);
	assert_int_equal(f->in->static_groups, 1);
}

/* Sources beyond the limit are refused, the record's others are not: members
 * stay, as long as they report. */
static void test_the_limit_of_sources(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_sources = 4;
	igmp_interface_configure(f->in, &config, f->now);
	fix_record(f, IGMP_ALLOW, grp(0), 7);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_SOURCES),
			 0);
	fix_after(f, GMI - 1);
	fix_record(f, IGMP_IS_IN, grp(0), 0x3f);
	fix_expect(f, grp(0), MGM_INCLUDE, 0xf);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_SOURCES),
			 2);
	fix_after(f, 1); /* the first ones have been refreshed */
	fix_expect(f, grp(0), MGM_INCLUDE, 0xf);
	fix_record(f, IGMP_IS_IN, grp(1), 0x1f); /* as many as fit */
	fix_expect(f, grp(1), MGM_INCLUDE, 0xf);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_SOURCES),
			 3);
	/* What makes it smaller is always possible. */
	config.max_sources = 2;
	igmp_interface_configure(f->in, &config, f->now);
	fix_record(f, IGMP_TO_EX, grp(0), 0x27);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(igmp_group_find(f->in, grp(0))->source_count, 3);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_SOURCES),
			 4);
}

/* EXCLUDE with more sources than there is room for: the group is there and
 * those that were left out are forwarded. */
static void test_the_limit_of_excluded_sources(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_sources = 4;
	igmp_interface_configure(f->in, &config, f->now);
	fix_record(f, IGMP_TO_EX, grp(0), 0x3f);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0xf);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LIMIT_SOURCES),
			 2);
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
	struct igmp_config config = fix_config();
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

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(test_hosts_outside_the_nets),
		T(test_hosts_of_every_prefix),
		T(test_the_peer_belongs),
		T(test_messages_of_other_interfaces),
		T(test_the_limit_of_groups),
		T(test_the_share_of_a_host),
		T(test_shares_move_to_who_reports),
		T(test_joins_are_counted_apart),
		T(test_the_limit_of_sources),
		T(test_the_limit_of_excluded_sources),
		T(test_the_limit_when_the_mode_changes),
		T(test_repeated_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
