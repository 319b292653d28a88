/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces whose addresses are not those of a LAN: none, borrowed ones, and
 * hosts of any net. (Prefixes and peers are in test_igmp_limits.c.)
 */
#include "igmp_fixture.h"

static char problem[512];

static void keep_problem(void *arg, const char *sentence)
{
	(void)arg;
	strncpy(problem, sentence, sizeof(problem) - 1);
}

/* The last thing that is wrong says this; NULL: nothing is. */
static void expect_problem(struct fixture *f, const char *words)
{
	problem[0] = '\0';
	igmp_interface_problems(f->in, keep_problem, NULL);
	if (words && !strstr(problem, words))
		print_error("%s\n", problem);
	if (words)
		assert_non_null(strstr(problem, words));
	else
		assert_string_equal(problem, "");
}

static void lend(struct fixture *f, const char *name,
		 const struct proto_address *addresses, size_t count)
{
	struct proto_interface of = {
		.ifid = 1, .addresses = addresses, .address_count = count};

	strcpy(of.name, name);
	assert_int_equal(igmp_router_addresses(f->router, &of, f->now), 0);
	fix_after(f, 0);
}

static void own(struct fixture *f, size_t count)
{
	struct proto_interface is = fix_interface();

	is.address_count = count;
	assert_int_equal(igmp_interface_present(f->in, &is, f->now), 0);
	fix_after(f, 0);
}

static void configure(struct fixture *f, const char *unnumbered,
		      bool promiscuous)
{
	struct igmp_config config = fix_config();

	strcpy(config.unnumbered, unnumbered);
	config.promiscuous = promiscuous;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 0);
}

static bool heard(struct fixture *f, const char *host)
{
	uint64_t foreign = igmp_router_counted(f->router, IGMP_N_FOREIGN_HOST);

	fix_record_from(f, host, IGMP_IS_EX, grp(9), NULL, 0);
	return igmp_router_counted(f->router, IGMP_N_FOREIGN_HOST) == foreign;
}

static void hear_querier(struct fixture *f, const char *host)
{
	const struct igmp_message m = {
		.type = XMGM_IGMP_QUERY,
		.version = 3,
		.robustness = 2,
		.query_interval_s = QI / 1000,
		.max_response_ms = 10000,
	};

	igmp_router_message(f->router, IFID, addr(host), &m, f->now);
}

static void expect_query(struct fixture *f, const char *router)
{
	assert_true(f->queries);
	assert_int_equal(f->query[f->queries - 1].router.s_addr,
			 inet_addr(router));
	f->queries = 0;
}

static const struct proto_address lent[] = {
	V4_SUBNET(10, 50, 0, 7, 24),
	V4_SUBNET(10, 51, 0, 7, 24),
};

/* As a loopback has them: nobody is asked with the first. */
static const struct proto_address of_loopback[] = {
	V4_SUBNET(127, 0, 0, 1, 8),
	V4_SUBNET(10, 50, 0, 7, 24),
	V4_SUBNET(10, 51, 0, 7, 24),
};

/* Queries leave with the borrowed address at once, hosts are those of the
 * lender's nets, and the lower address is querier, as anywhere. */
static void test_an_unnumbered_interface_borrows(void **state)
{
	struct fixture *f = *state;

	own(f, 0);
	assert_int_equal(f->queries, 0);
	configure(f, "lo", false);
	expect_problem(f, "none to borrow of lo");
	lend(f, "lo", of_loopback, 1);
	expect_problem(f, "none to borrow of lo");
	lend(f, "lo", of_loopback, 3);
	expect_query(f, "10.50.0.7");
	expect_problem(f, NULL);
	assert_true(heard(f, "10.50.0.200"));
	assert_true(heard(f, "10.51.0.200"));
	assert_false(heard(f, "10.52.0.200"));
	hear_querier(f, "10.50.0.7"); /* ours */
	hear_querier(f, "10.50.0.8");
	assert_true(igmp_interface_asks(f->in));
	hear_querier(f, "10.50.0.6");
	assert_false(igmp_interface_asks(f->in));
	fix_after(f, 2 * QI + 5000);
	assert_true(igmp_interface_asks(f->in));
	expect_query(f, "10.50.0.7");
}

/* By an address: that one, wherever it is. */
static void test_one_address_is_borrowed(void **state)
{
	struct fixture *f = *state;

	own(f, 0);
	lend(f, "dummy0", lent, 1);
	configure(f, "10.51.0.7", false);
	assert_int_equal(f->queries, 0);
	lend(f, "dummy1", lent, 2);
	expect_query(f, "10.51.0.7");
	assert_true(heard(f, "10.50.0.200"));
}

/* What the lender loses the borrower loses, and its own come first. */
static void test_borrowed_addresses_follow_the_lender(void **state)
{
	struct fixture *f = *state;

	own(f, 0);
	lend(f, "lo", lent, 2);
	configure(f, "lo", false);
	expect_query(f, "10.50.0.7");
	lend(f, "lo", lent, 2); /* nothing new */
	assert_int_equal(f->queries, 0);
	lend(f, "lo", lent + 1, 1);
	expect_query(f, "10.51.0.7");
	own(f, 2);
	expect_query(f, "10.2.0.1");
	lend(f, "lo", lent, 1);
	assert_int_equal(f->queries, 0);
	assert_false(heard(f, "10.50.0.200"));
	own(f, 0);
	expect_query(f, "10.50.0.7");
	lend(f, "lo", NULL, 0);
	assert_false(igmp_interface_asks(f->in));
	expect_problem(f, "has no IPv4 address, and none to borrow of lo");
	configure(f, "", false);
	expect_problem(f, "has no IPv4 address: IGMP cannot query here, hosts "
			  "with an address are not heard");
}

/* Without an address nobody can be asked: no timer is lowered, no leave ends
 * anything before its time; with one again everybody is asked. */
static void test_without_an_address_no_timer_is_lowered(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_IS_EX, grp(0), 0);
	fix_record(f, IGMP_IS_IN, grp(1), 3);
	own(f, 0);
	fix_record_from(f, "0.0.0.0", IGMP_TO_IN, grp(0), NULL, 0);
	fix_record_from(f, "0.0.0.0", IGMP_BLOCK, grp(1),
			(struct in_addr[]){src(0), src(1)}, 2);
	assert_int_equal(f->queries, 0);
	fix_after(f, GMI - 1);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_expect(f, grp(1), MGM_INCLUDE, 3);
	own(f, 2);
	assert_int_equal(f->queries, 1);
	fix_after(f, 1);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

/* Hosts and queriers of any net are heard, where that is said. */
static void test_a_promiscuous_interface_hears_everybody(void **state)
{
	struct fixture *f = *state;

	assert_false(heard(f, "172.16.0.9"));
	configure(f, "", true);
	assert_true(heard(f, "172.16.0.9"));
	hear_querier(f, "9.0.0.1");
	assert_false(igmp_interface_asks(f->in));
	configure(f, "", false);
	assert_true(igmp_interface_asks(f->in));
	own(f, 0);
	configure(f, "", true);
	assert_true(heard(f, "172.16.0.9"));
	expect_problem(f, "cannot query here and leaves take minutes");
}

#define T(test) cmocka_unit_test_setup_teardown(test, fix_setup, fix_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_an_unnumbered_interface_borrows),
		T(test_one_address_is_borrowed),
		T(test_borrowed_addresses_follow_the_lender),
		T(test_without_an_address_no_timer_is_lowered),
		T(test_a_promiscuous_interface_hears_everybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
