/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Source-specific groups: RFC 4604 section 2.2, the range that can be
 * configured, interfaces that know nothing else, and the table that gives
 * older hosts sources.
 */
#include "igmp_fixture.h"

#define SSM_GROUP addr("232.1.2.3")

static void option(struct igmp_global *global, const char *name,
		   const char *text)
{
	char why[OPTION_WHY];

	assert_int_equal(
		option_store(option_find(igmp_config_options()->global, name),
			     text, global, why),
		0);
}

/* A table with sources 0 and 1 for 232.1.0.0/16, 2 for 232.1.2.0/24, and one
 * for another group. */
static void use_map(struct fixture *f)
{
	struct igmp_global global;

	option_defaults(igmp_config_options()->global, &global);
	option(&global, "ssm-map", "232.1.0.0/16 10.0.0.2");
	option(&global, "ssm-map", "232.1.0.0/16 10.0.0.1");
	option(&global, "ssm-map", "232.1.2.0/24 10.0.0.3");
	option(&global, "ssm-map", "232.9.0.0/16 10.0.0.9");
	igmp_router_configure(f->router, &global);
}

static void become(struct fixture *f, unsigned int version, bool ssm_only)
{
	struct igmp_config config = fix_config();

	config.version = version;
	config.ssm_only = ssm_only;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 40000);
	f->queries = 0;
}

/* Everything that asks for a group without a source. */
static void ask_for_any(struct fixture *f, struct in_addr group)
{
	fix_record(f, IGMP_IS_EX, group, 0);
	fix_record(f, IGMP_TO_EX, group, 6);
	fix_old(f, XMGM_IGMP_V1_REPORT, group);
	fix_old(f, XMGM_IGMP_V2_REPORT, group);
	fix_old(f, XMGM_IGMP_V2_LEAVE, group);
}

static void test_nothing_asks_for_any_source_in_the_range(void **state)
{
	struct fixture *f = *state;

	ask_for_any(f, SSM_GROUP);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 0);
	assert_int_equal(
		igmp_router_counted(f->router, IGMP_N_NOT_SOURCE_SPECIFIC), 5);
	fix_record(f, IGMP_ALLOW, SSM_GROUP, 1);
	ask_for_any(f, SSM_GROUP);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 1);
	fix_after(f, LMQT);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 1);
	assert_int_equal(f->queries, 0);
}

/* 232.0.0.0/8 is the range only as long as nothing else is said. */
static void test_the_range_is_configured(void **state)
{
	struct igmp_global global = {0};
	struct fixture *f = *state;

	igmp_router_configure(f->router, &global);
	fix_old(f, XMGM_IGMP_V2_REPORT, SSM_GROUP);
	fix_expect(f, SSM_GROUP, MGM_EXCLUDE, 0);
	option(&global, "ssm-range", "239.1.0.0/17");
	option(&global, "ssm-range", "238.0.0.0/8");
	igmp_router_configure(f->router, &global);
	ask_for_any(f, addr("239.1.127.255"));
	ask_for_any(f, addr("238.1.1.1"));
	fix_expect(f, addr("239.1.127.255"), MGM_INCLUDE, 0);
	fix_expect(f, addr("238.1.1.1"), MGM_INCLUDE, 0);
	fix_old(f, XMGM_IGMP_V2_REPORT, addr("239.1.128.0"));
	fix_expect(f, addr("239.1.128.0"), MGM_EXCLUDE, 0);
	igmp_router_configure(f->router, NULL);
	fix_old(f, XMGM_IGMP_V2_REPORT, addr("239.1.0.1"));
	fix_expect(f, addr("239.1.0.1"), MGM_EXCLUDE, 0);
}

static void test_an_ssm_only_interface_knows_no_other_groups(void **state)
{
	struct fixture *f = *state;

	become(f, 3, true);
	ask_for_any(f, grp(0));
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	fix_record(f, IGMP_ALLOW, grp(0), 5);
	fix_expect(f, grp(0), MGM_INCLUDE, 5);
	assert_int_equal(
		igmp_router_counted(f->router, IGMP_N_NOT_SOURCE_SPECIFIC), 5);
}

/* Each way to ask for any source brings the sources of the table. */
static void test_the_map_names_sources(void **state)
{
	struct fixture *f = *state;

	use_map(f);
	fix_old(f, XMGM_IGMP_V2_REPORT, SSM_GROUP);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 7);
	fix_old(f, XMGM_IGMP_V1_REPORT, addr("232.1.3.1"));
	fix_expect(f, addr("232.1.3.1"), MGM_INCLUDE, 3);
	fix_record(f, IGMP_TO_EX, addr("232.1.3.2"), 0);
	fix_expect(f, addr("232.1.3.2"), MGM_INCLUDE, 3);
	fix_record(f, IGMP_IS_EX, addr("232.1.3.3"), 0);
	fix_expect(f, addr("232.1.3.3"), MGM_INCLUDE, 3);
	fix_old(f, XMGM_IGMP_V2_REPORT, addr("232.2.0.1"));
	fix_expect(f, addr("232.2.0.1"), MGM_INCLUDE, 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_SSM_MAPPED), 4);
	assert_int_equal(
		igmp_router_counted(f->router, IGMP_N_NOT_SOURCE_SPECIFIC), 1);
	/* Who can name sources does. */
	fix_record(f, IGMP_ALLOW, addr("232.1.3.4"), 16);
	fix_expect(f, addr("232.1.3.4"), MGM_INCLUDE, 16);
	/* Silence ends it as any other. */
	fix_after(f, GMI - 1);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 7);
	fix_after(f, 1);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 0);
}

/* A leave asks about the sources, the last host's ends them. */
static void test_a_leave_of_a_mapped_group(void **state)
{
	struct fixture *f = *state;

	use_map(f);
	fix_old(f, XMGM_IGMP_V2_REPORT, SSM_GROUP);
	fix_record(f, IGMP_ALLOW, SSM_GROUP, 16);
	fix_old(f, XMGM_IGMP_V2_LEAVE, SSM_GROUP);
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].group.s_addr, SSM_GROUP.s_addr);
	assert_int_equal(fix_mask(f->query[0].sources, f->query[0].count), 7);
	/* Another host of version 2 is there. */
	fix_after(f, 500);
	fix_old(f, XMGM_IGMP_V2_REPORT, SSM_GROUP);
	fix_after(f, LMQT);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 23);
	fix_old(f, XMGM_IGMP_V2_LEAVE, SSM_GROUP);
	fix_after(f, LMQT - 1);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 23);
	fix_after(f, 1);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 16);
}

/* A version 1 host says no leave, and answers to none: RFC 9776 7.3.2. */
static void test_a_version_1_host_keeps_a_mapped_group(void **state)
{
	struct fixture *f = *state;

	use_map(f);
	fix_old(f, XMGM_IGMP_V1_REPORT, SSM_GROUP);
	fix_old(f, XMGM_IGMP_V2_LEAVE, SSM_GROUP);
	fix_after(f, 2 * LMQT);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 7);
	assert_int_equal(f->queries, 0);
}

/* Version 2 can ask about the group alone, and who is there answers. */
static void test_a_mapped_leave_in_version_2(void **state)
{
	struct fixture *f = *state;

	use_map(f);
	become(f, 2, false);
	fix_old(f, XMGM_IGMP_V2_REPORT, SSM_GROUP);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 7);
	fix_old(f, XMGM_IGMP_V2_LEAVE, SSM_GROUP);
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].version, 2);
	assert_int_equal(f->query[0].group.s_addr, SSM_GROUP.s_addr);
	fix_old(f, XMGM_IGMP_V2_REPORT, SSM_GROUP);
	fix_after(f, 2 * LMQT);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 7);
	f->queries = 0;
	fix_old(f, XMGM_IGMP_V2_LEAVE, SSM_GROUP);
	fix_after(f, LMQT);
	assert_int_equal(f->queries, 2);
	fix_expect(f, SSM_GROUP, MGM_INCLUDE, 0);
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_nothing_asks_for_any_source_in_the_range),
		TEST(test_the_range_is_configured),
		TEST(test_an_ssm_only_interface_knows_no_other_groups),
		TEST(test_the_map_names_sources),
		TEST(test_a_leave_of_a_mapped_group),
		TEST(test_a_version_1_host_keeps_a_mapped_group),
		TEST(test_a_mapped_leave_in_version_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
