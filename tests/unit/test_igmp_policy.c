/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which hosts may have which groups and sources: the first rule that fits
 * decides, what is refused is counted, and members that are there stay.
 */
#include "igmp_fixture.h"

#include <errno.h>

/* Refusals by reason, and limits that came near. */
static size_t refused[IGMP_LIMITS], near[IGMP_LIMITS];

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

static void on_near(void *arg, struct igmp_interface *in, enum igmp_limit limit,
		    struct in_addr group)
{
	(void)arg;
	(void)in;
	(void)group;
	near[limit]++;
}

static int setup(void **state)
{
	struct fixture *f;

	fix_setup(state);
	f = *state;
	f->hooks.refused = on_refused;
	f->hooks.near = on_near;
	memset(refused, 0, sizeof(refused));
	memset(near, 0, sizeof(near));
	return 0;
}

static void add_rule(struct igmp_config *config, const char *rule)
{
	char why[OPTION_WHY], text[OPTION_TEXT_MAX];
	struct igmp_rule *item = &config->policy.item[config->policy.count++];

	assert_int_equal(igmp_policy_read(rule, item, why), 0);
	igmp_policy_write(item, text);
	assert_string_equal(text, rule);
}

/* The interface with these rules, ended by NULL. */
static void use_rules(struct fixture *f, const char *const *rules)
{
	struct igmp_config config = fix_config();

	while (*rules)
		add_rule(&config, *rules++);
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 40000);
	f->queries = 0;
}
#define RULES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void test_the_first_rule_that_fits_decides(void **state)
{
	struct fixture *f = *state;

	use_rules(f,
		  RULES("allow group 239.1.1.2/32", "deny group 239.1.1.0/30",
			"allow group 239.1.1.3/32"));
	for (unsigned int i = 0; i < 4; i++)
		fix_record(f, IGMP_TO_EX, grp(i), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0); /* 239.1.1.1 */
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
	fix_expect(f, grp(2), MGM_INCLUDE, 0); /* the third is too late */
	fix_expect(f, grp(3), MGM_EXCLUDE, 0); /* none fits */
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_POLICY_GROUPS),
			 2);
	assert_int_equal(refused[IGMP_POLICY_GROUP], 2);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(1));
	fix_record(f, IGMP_ALLOW, grp(0), 3);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_POLICY_SOURCES),
			 2);
}

static void test_hosts_are_told_apart(void **state)
{
	struct fixture *f = *state;

	use_rules(f, RULES("deny host 10.1.0.8/32"));
	fix_record_from(f, "10.1.0.9", IGMP_TO_EX, grp(0), NULL, 0);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0)); /* from 10.1.0.8 */
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(1));
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
	/* It has not made an older host present either. */
	assert_int_equal(
		igmp_group_version(igmp_group_find(f->in, grp(0)), f->now), 3);
}

/* Who names sources is refused those, and has the others. */
static void test_sources_are_refused_one_by_one(void **state)
{
	struct fixture *f = *state;

	use_rules(f, RULES("deny source 10.0.0.2/31", "deny source any"));
	fix_record(f, IGMP_ALLOW, grp(0), 15); /* 10.0.0.1 to .4 */
	fix_expect(f, grp(0), MGM_INCLUDE, 9);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_POLICY_SOURCES),
			 2);
	assert_int_equal(refused[IGMP_POLICY_SOURCE], 1);
	fix_record(f, IGMP_TO_EX, grp(1), 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
	assert_int_equal(refused[IGMP_POLICY_GROUP], 1);
}

/* What a refused one stands beside in a record is refreshed as ever. */
static void test_members_beside_what_is_refused_stay(void **state)
{
	struct fixture *f = *state;

	use_rules(f, RULES("deny source 10.0.0.2/32"));
	fix_record(f, IGMP_ALLOW, grp(0), 1);
	for (unsigned int i = 0; i < 5; i++) {
		fix_after(f, GMI - 1000);
		fix_record(f, IGMP_IS_IN, grp(0), 3);
		fix_expect(f, grp(0), MGM_INCLUDE, 1);
	}
}

/* TO_IN also gives up what it does not name, whatever is refused of it. */
static void test_leaving_is_never_refused(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_record(f, IGMP_ALLOW, grp(1), 1);
	use_rules(f, RULES("deny"));
	fix_record(f, IGMP_TO_IN, grp(0), 4);
	fix_record(f, IGMP_BLOCK, grp(1), 1);
	assert_int_equal(f->queries, 2);
	fix_after(f, LMQT);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
}

/* New rules end no membership at once; it is not refreshed by who is denied. */
static void test_new_rules_leave_members_to_their_timers(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_TO_EX, grp(0), 0);
	use_rules(f, RULES("deny group 239.1.1.1/32"));
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_after(f, GMI);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* Static groups are an operator's word. */
static void test_static_groups_are_not_refused(void **state)
{
	const struct in_addr any = {0};
	struct fixture *f = *state;

	use_rules(f, RULES("deny"));
	assert_int_equal(igmp_static_add(f->in, mgm_sg_v4(any, grp(0)),
					 IGMP_BY_COMMAND),
			 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
}

/* At 80 percent of a limit somebody hears of it, by the step that gets there. */
static void test_a_limit_comes_near(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_groups = 9;
	config.max_host_groups = 9;
	config.max_sources = 5;
	igmp_interface_configure(f->in, &config, f->now);
	for (unsigned int i = 0; i < 7; i++)
		fix_record(f, IGMP_TO_EX, grp(i), 0);
	assert_int_equal(near[IGMP_LIMIT_GROUPS], 0);
	fix_record(f, IGMP_TO_EX, grp(7), 0);
	assert_int_equal(near[IGMP_LIMIT_GROUPS], 1);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(7)); /* another host's now */
	fix_record(f, IGMP_TO_EX, grp(8), 0);
	fix_record(f, IGMP_TO_EX, grp(9), 0);
	assert_int_equal(near[IGMP_LIMIT_GROUPS], 1);
	assert_int_equal(refused[IGMP_LIMIT_GROUPS], 1);
	fix_after(f, GMI);
	fix_record(f, IGMP_ALLOW, grp(0), 7);
	assert_int_equal(near[IGMP_LIMIT_SOURCES], 0);
	fix_record(f, IGMP_ALLOW, grp(0), 8);
	assert_int_equal(near[IGMP_LIMIT_SOURCES], 1);
	fix_record(f, IGMP_ALLOW, grp(0), 16);
	assert_int_equal(near[IGMP_LIMIT_SOURCES], 1);
}

static void test_rules_that_cannot_be_read(void **state)
{
	static const char *const bad[] = {
		"",
		"permit group 239.0.0.0/8",
		"deny group",
		"deny group 10.0.0.0/8",
		"deny group 239.1.1.1/8",
		"deny host any",
		"deny source 10.0.0.0/33",
		"deny group 239.0.0.0/8 group 238.0.0.0/8",
		"deny 239.0.0.0/8",
		"deny group ff0e::/16",
		"deny host 10.0.0.0/8.............................",
	};
	struct igmp_rule rule;
	char why[OPTION_WHY];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		assert_int_equal(igmp_policy_read(bad[i], &rule, why), -EINVAL);
		assert_non_null(strstr(why, "write allow or deny"));
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_rule_that_fits_decides),
		TEST(test_hosts_are_told_apart),
		TEST(test_sources_are_refused_one_by_one),
		TEST(test_members_beside_what_is_refused_stay),
		TEST(test_leaving_is_never_refused),
		TEST(test_new_rules_leave_members_to_their_timers),
		TEST(test_static_groups_are_not_refused),
		TEST(test_a_limit_comes_near),
		TEST(test_rules_that_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
