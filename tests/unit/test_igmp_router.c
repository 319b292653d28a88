/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IGMP router in time: leaves, expiry, older hosts, and records that say
 * nothing. Time is moved by hand.
 */
#include "igmp_fixture.h"

#include <errno.h>

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
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RECORDS_COMPAT),
			 1);
	fix_record(f, IGMP_TO_IN, g, 0); /* counts: version 2 can leave */
	assert_int_equal(f->queries, 1);
	fix_record(f, IGMP_IS_EX, g, 0);
	fix_after(f, OLDER_HOST - 1);
	fix_record(f, IGMP_BLOCK, g, 3);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RECORDS_COMPAT),
			 2);
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
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RECORDS_COMPAT),
			 3);
	fix_after(f, OLDER_HOST - 1);
	fix_old(f, XMGM_IGMP_V2_LEAVE, g);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RECORDS_COMPAT),
			 4);
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
	struct mgm_sg sg = mgm_sg_v4((struct in_addr){0}, grp(0));
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
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.version = 2;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 0);
	assert_int_equal(f->queries, 1);
	assert_int_equal(f->query[0].version, 2);
	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_WRONG_VERSION),
			 1);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_old(f, XMGM_IGMP_V2_LEAVE, grp(0));
	assert_int_equal(f->queries, 2);
	assert_int_equal(f->query[1].version, 2);
}

static void test_unknown_and_local_records(void **state)
{
	struct fixture *f = *state;

	fix_record(f, 0, grp(0), 1);
	fix_record(f, 7, grp(0), 1);
	fix_record(f, IGMP_TO_EX, addr("224.0.0.251"), 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RECORDS_UNKNOWN),
			 2);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RECORDS_LOCAL),
			 1);
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

	igmp_router_message(f->router, IFID, addr("10.1.0.9"), &m, f->now);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 0);
	fix_expect(f, grp(2), MGM_INCLUDE, 1);
	assert_int_equal(f->sets, 2);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RECORDS), 2);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RECORDS_BAD), 3);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_RECORDS_UNKNOWN),
			 1);
}

/* RFC 4604 section 2.2: in 232.0.0.0/8 versions 1 and 2 and EXCLUDE are
 * ignored; they neither make a group nor change what others want of it. */
static void test_source_specific_groups(void **state)
{
	static const char *const groups[] = {"232.0.0.0", "232.1.2.3",
					     "232.255.255.255"};
	struct fixture *f = *state;

	for (size_t i = 0; i < 3; i++) {
		struct in_addr g = addr(groups[i]);
		uint64_t ignored = igmp_router_counted(
			f->router, IGMP_N_NOT_SOURCE_SPECIFIC);
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
		assert_int_equal(
			igmp_router_counted(f->router,
					    IGMP_N_NOT_SOURCE_SPECIFIC) -
				ignored,
			10);
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

/* What the manager refused is said again when the group is next heard of. */
static void test_a_refusal_is_repeated(void **state)
{
	struct fixture *f = *state;

	f->set_result = -ENOSPC;
	fix_record(f, IGMP_TO_EX, grp(0), 0);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_SET_FAILED), 1);
	f->set_result = 0;
	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(test_membership_expires),
		T(test_a_refresh_is_not_told),
		T(test_leave_without_another_member),
		T(test_leave_with_another_member),
		T(test_sources_expire),
		T(test_exclude_expires),
		T(test_version_2_host_present),
		T(test_version_1_host_present),
		T(test_version_1_host_gone),
		T(test_older_hosts_go_with_the_netdev),
		T(test_configured_version_2),
		T(test_unknown_and_local_records),
		T(test_bad_records_among_good_ones),
		T(test_source_specific_groups),
		T(test_a_refusal_is_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
