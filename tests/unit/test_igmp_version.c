/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An interface that is configured for an older version of IGMP: RFC 9776
 * section 7.3.1; and queries at the shortest interval and on small MTUs.
 */
#include "igmp_fixture.h"

static void become(struct fixture *f, unsigned int version)
{
	struct igmp_config config = fix_config();

	config.version = version;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 40000); /* start-up queries */
	f->queries = 0;
}

/* Max Resp Code 0 and 8 octets is what makes it version 1. */
static void test_version_1_asks_as_version_1(void **state)
{
	struct fixture *f = *state;

	become(f, 1);
	fix_after(f, 2 * QI);
	assert_int_equal(f->queries, 2);
	for (size_t i = 0; i < f->queries; i++) {
		assert_int_equal(f->query[i].version, 1);
		assert_int_equal(f->query[i].group.s_addr, 0);
		assert_int_equal(f->query[i].target.s_addr, IGMP_ALL_HOSTS);
	}
}

static void test_version_1_ignores_leaves(void **state)
{
	struct fixture *f = *state;

	become(f, 1);
	fix_old(f, XMGM_IGMP_V1_REPORT, grp(0));
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(1));
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(1));
	fix_after(f, 2 * LMQT);
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
	assert_int_equal(f->queries, 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_LEAVES_V1_MODE),
			 1);
	fix_after(f, GMI);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
}

static void test_version_1_ignores_version_3_reports(void **state)
{
	struct fixture *f = *state;

	become(f, 1);
	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_WRONG_VERSION),
			 1);
}

/* What version 3 was asking about is not asked on in words of version 1. */
static void test_version_1_ends_what_version_3_asks(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	assert_int_equal(f->queries, 1);
	config.version = 1;
	igmp_interface_configure(f->in, &config, f->now);
	f->queries = 0;
	fix_after(f, LMQT);
	for (size_t i = 0; i < f->queries; i++)
		assert_int_equal(f->query[i].group.s_addr, 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* A tenth of a second is what a query can say at least. */
static void test_last_member_query_interval_of_a_tenth(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.last_member_ms = 100;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 40000);
	fix_record(f, IGMP_TO_EX, grp(0), 0);
	f->queries = 0;
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_after(f, 199);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_after(f, 1);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_int_equal(f->queries, 2);
	assert_int_equal(f->query[0].max_response_ms, 100);
	assert_int_equal(f->query[1].at_ms - f->query[0].at_ms, 100);
}

/* Section 4.1.9: what a query holds is limited by the network's MTU. */
static void test_queries_fit_the_mtu(void **state)
{
	static const unsigned int mtus[] = {68, 576, 600, 1059, 1060, 1500};
	struct proto_interface interface = fix_interface();
	struct igmp_config config = fix_config();
	struct in_addr sources[FIX_SOURCES];
	struct fixture *f = *state;
	size_t asked;

	config.max_sources = FIX_SOURCES;
	config.max_host_sources = FIX_SOURCES;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 40000);
	for (unsigned int i = 0; i < FIX_SOURCES; i++)
		sources[i] = src(i);
	for (unsigned int k = 0; k < sizeof(mtus) / sizeof(mtus[0]); k++) {
		interface.mtu = mtus[k];
		igmp_interface_present(f->in, &interface, f->now);
		fix_record_from(f, "10.1.0.9", IGMP_ALLOW, grp(k), sources,
				300);
		f->queries = 0;
		fix_record_from(f, "10.1.0.9", IGMP_BLOCK, grp(k), sources,
				300);
		asked = 0;
		for (size_t i = 0; i < f->queries; i++) {
			assert_true(36 + 4 * f->query[i].count <= mtus[k]);
			asked += f->query[i].count;
		}
		assert_int_equal(asked, 300);
		igmp_interface_absent(f->in);
		igmp_interface_present(f->in, &interface, f->now);
		igmp_interface_open(f->in);
		fix_after(f, 40000);
	}
}

int main(void)
{
#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_version_1_asks_as_version_1),
		TEST(test_version_1_ignores_leaves),
		TEST(test_version_1_ignores_version_3_reports),
		TEST(test_version_1_ends_what_version_3_asks),
		TEST(test_last_member_query_interval_of_a_tenth),
		TEST(test_queries_fit_the_mtu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
