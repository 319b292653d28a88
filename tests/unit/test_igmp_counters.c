/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted of IGMP: every message by its type, every one that is not
 * used by the reason, on its interface and in all; and that xmgm(8) has each.
 */
#include "igmp_fixture.h"

#include <errno.h>
#include <stdio.h>

#define OTHER_IFID 8u

static uint64_t before[IGMP_N_ALL];

static void look(const struct fixture *f)
{
	for (unsigned int i = 0; i < IGMP_N_ALL; i++)
		before[i] = igmp_interface_counted(f->in, i);
}

/* Since look these, and nothing else, have grown by one; IGMP_N_ALL: none. */
static void expect_two(const struct fixture *f, enum igmp_counter a,
		       enum igmp_counter b)
{
	for (unsigned int i = 0; i < IGMP_N_ALL; i++) {
		uint64_t grown = igmp_interface_counted(f->in, i) - before[i];

		if (grown != (i == a || i == b))
			print_error("%s: %u\n", igmp_counter_words(i)->name,
				    (unsigned int)grown);
		assert_int_equal(grown, i == a || i == b);
		assert_int_equal(igmp_router_counted(f->router, i),
				 igmp_interface_counted(f->in, i));
	}
}

static void hear_query(struct fixture *f, const char *host,
		       unsigned int version, bool group, size_t sources)
{
	static const uint8_t list[] = {10, 1, 0, 3};
	struct igmp_message m = {
		.type = XMGM_IGMP_QUERY,
		.version = version,
		.max_response_ms = 1000,
		.sources = {.bytes = list, .count = sources},
	};

	if (group)
		m.group = grp(0);
	igmp_router_message(f->router, IFID, addr(host), &m, f->now);
}

/* Each of a version, and what it asks about. */
static void test_queries_heard_by_version_and_kind(void **state)
{
	static const struct {
		unsigned int version;
		bool group;
		size_t sources;
		enum igmp_counter counter;
	} rows[] = {
		{1, false, 0, IGMP_N_HEARD_GENERAL_V1},
		{2, false, 0, IGMP_N_HEARD_GENERAL_V2},
		{2, true, 0, IGMP_N_HEARD_GROUP_V2},
		{3, false, 0, IGMP_N_HEARD_GENERAL_V3},
		{3, true, 0, IGMP_N_HEARD_GROUP_V3},
		{3, true, 1, IGMP_N_HEARD_SOURCES_V3},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t others;

		look(f);
		others = igmp_router_counted(f->router, IGMP_N_QUERIES_VERSION);
		hear_query(f, "10.2.0.99", rows[i].version, rows[i].group,
			   rows[i].sources);
		before[IGMP_N_QUERIES_VERSION] +=
			igmp_router_counted(f->router, IGMP_N_QUERIES_VERSION) -
			others;
		expect_two(f, IGMP_N_QUERIES_HEARD, rows[i].counter);
	}
}

static void query_sent(struct fixture *f, unsigned int version)
{
	struct igmp_config config = fix_config();

	config.version = version;
	look(f);
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 0);
}

static void test_queries_sent_by_version_and_kind(void **state)
{
	static const enum igmp_counter general[] = {IGMP_N_SENT_GENERAL_V1,
						    IGMP_N_SENT_GENERAL_V2,
						    IGMP_N_SENT_GENERAL_V3};
	struct fixture *f = *state;

	for (unsigned int version = 1; version <= 3; version++) {
		query_sent(f, version);
		expect_two(f, IGMP_N_QUERIES_SENT, general[version - 1]);
	}
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	look(f);
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	before[IGMP_N_RECORDS]++;
	before[IGMP_N_REPORTS_V3]++;
	expect_two(f, IGMP_N_QUERIES_SENT, IGMP_N_SENT_GROUP_V3);
	fix_record(f, IGMP_IS_IN, grp(1), 1);
	look(f);
	fix_record(f, IGMP_BLOCK, grp(1), 1);
	before[IGMP_N_RECORDS]++;
	before[IGMP_N_REPORTS_V3]++;
	expect_two(f, IGMP_N_QUERIES_SENT, IGMP_N_SENT_SOURCES_V3);
	query_sent(f, 2);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(2));
	look(f);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(2));
	before[IGMP_N_LEAVES_V2]++;
	expect_two(f, IGMP_N_QUERIES_SENT, IGMP_N_SENT_GROUP_V2);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(3));
	f->send_result = -ENETUNREACH;
	look(f);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(3));
	expect_two(f, IGMP_N_QUERIES_FAILED, IGMP_N_LEAVES_V2);
}

static void test_reports_by_version(void **state)
{
	struct fixture *f = *state;

	look(f);
	fix_old(f, XMGM_IGMP_V1_REPORT, grp(0));
	expect_two(f, IGMP_N_REPORTS_V1, IGMP_N_ALL);
	look(f);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(1));
	expect_two(f, IGMP_N_REPORTS_V2, IGMP_N_ALL);
	look(f);
	fix_record(f, IGMP_ALLOW, grp(2), 1);
	expect_two(f, IGMP_N_REPORTS_V3, IGMP_N_RECORDS);
	look(f);
	igmp_mrd_solicited(f->router, IFID, f->now);
	expect_two(f, IGMP_N_ALL, IGMP_N_ALL); /* nothing is advertised here */
}

/* Why it was not used: one reason for each. */
static void test_refusals_by_reason(void **state)
{
	struct fixture *f = *state;

	look(f);
	fix_record_from(f, "77.0.0.1", IGMP_IS_EX, grp(0), NULL, 0);
	expect_two(f, IGMP_N_FOREIGN_HOST, IGMP_N_ALL);
	look(f);
	fix_record(f, 9, grp(0), 0);
	expect_two(f, IGMP_N_REPORTS_V3, IGMP_N_RECORDS_UNKNOWN);
	look(f);
	fix_record(f, IGMP_IS_EX, addr("10.0.0.1"), 0);
	expect_two(f, IGMP_N_REPORTS_V3, IGMP_N_RECORDS_BAD);
	look(f);
	fix_record(f, IGMP_IS_EX, addr("224.0.0.251"), 0);
	expect_two(f, IGMP_N_REPORTS_V3, IGMP_N_RECORDS_LOCAL);
	look(f);
	fix_record(f, IGMP_IS_EX, addr("232.1.1.1"), 0);
	expect_two(f, IGMP_N_REPORTS_V3, IGMP_N_NOT_SOURCE_SPECIFIC);
	look(f);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(5));
	expect_two(f, IGMP_N_LEAVES_V2, IGMP_N_RECORDS_IDLE);
	fix_old(f, XMGM_IGMP_V1_REPORT, grp(6));
	look(f);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(6));
	expect_two(f, IGMP_N_LEAVES_V2, IGMP_N_RECORDS_COMPAT);
}

static void test_refused_queries_by_reason(void **state)
{
	static const struct {
		const char *host;
		bool address;
		enum igmp_counter counter;
	} rows[] = {
		{"0.0.0.0", true, IGMP_N_QUERIES_UNNAMED},
		{"10.1.0.1", true, IGMP_N_QUERIES_OWN},
		{"10.1.0.2", false, IGMP_N_QUERIES_DEAF},
	};
	struct proto_interface is = fix_interface();
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is.up = rows[i].address;
		igmp_interface_present(f->in, &is, f->now);
		look(f);
		hear_query(f, rows[i].host, 3, false, 0);
		before[IGMP_N_QUERIES_HEARD]++;
		expect_two(f, IGMP_N_HEARD_GENERAL_V3, rows[i].counter);
	}
}

/* What one interface counts is not the other's; the router has both, and
 * keeps them when one of them goes. */
static void test_interfaces_count_apart(void **state)
{
	struct igmp_config config = fix_config();
	struct proto_interface is = fix_interface();
	struct fixture *f = *state;
	struct igmp_interface *other = igmp_interface_get(f->router, "r2");
	struct igmp_message m = {
		.type = XMGM_IGMP_V2_REPORT, .version = 2, .group = grp(0)};

	f->hooks.set = NULL; /* the gate of the other stays closed */
	is.ifid = OTHER_IFID;
	strcpy(is.name, "r2");
	is.up = false;
	igmp_interface_configure(other, &config, f->now);
	igmp_interface_present(other, &is, f->now);
	for (int i = 0; i < 3; i++)
		igmp_router_message(f->router, OTHER_IFID, addr("10.1.0.9"), &m,
				    f->now);
	igmp_router_message(f->router, 99, addr("10.1.0.9"), &m, f->now);
	assert_int_equal(igmp_interface_counted(f->in, IGMP_N_REPORTS_V2), 0);
	assert_int_equal(igmp_interface_counted(other, IGMP_N_REPORTS_V2), 3);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_REPORTS_V2), 3);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_NO_INTERFACE),
			 1);
	igmp_interface_configure(other, NULL, f->now);
	igmp_interface_absent(other);
	igmp_router_tidy(f->router);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_REPORTS_V2), 3);
}

static char *read_manual(void)
{
	static char text[128 * 1024];
	FILE *file = fopen("man/xmgm.8", "r");
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	return text;
}

/* Each has a name of its own, and an item in xmgm(8) with its sentence. */
static void test_the_manual_knows_every_counter(void **state)
{
	const char *manual = read_manual();
	size_t items = 0;
	char item[160];

	(void)state;
	for (unsigned int i = 0; i < IGMP_N_ALL; i++) {
		const struct igmp_counter_words *w = igmp_counter_words(i);

		for (unsigned int k = 0; k < i; k++)
			assert_string_not_equal(w->name,
						igmp_counter_words(k)->name);
		assert_true(w->kind < IGMP_KINDS);
		snprintf(item, sizeof(item), "\n.It Va %s\n%s\n", w->name,
			 w->text);
		if (!strstr(manual, item))
			print_error("man/xmgm.8 has not: %s", item);
		assert_non_null(strstr(manual, item));
	}
	for (const char *at = manual; (at = strstr(at, "\n.It Va ")); at++)
		items++;
	assert_int_equal(items, IGMP_N_ALL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_queries_heard_by_version_and_kind, fix_setup,
			fix_teardown),
		cmocka_unit_test_setup_teardown(
			test_queries_sent_by_version_and_kind, fix_setup,
			fix_teardown),
		cmocka_unit_test_setup_teardown(test_reports_by_version,
						fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(test_refusals_by_reason,
						fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(test_refused_queries_by_reason,
						fix_setup, fix_teardown),
		cmocka_unit_test_setup_teardown(test_interfaces_count_apart,
						fix_setup, fix_teardown),
		cmocka_unit_test(test_the_manual_knows_every_counter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
