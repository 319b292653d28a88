/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who forwards where another router is querier and IGMP is alone: RFC 4605
 * section 4.2 and what `forward` makes of it, xmgmd.conf(5). Ours is 10.2.0.1.
 */
#include "igmp_fixture.h"

#include <stdio.h>

#define OQPI   255000u /* 2 x 125 s + 10 s / 2 */
#define LOWER  "10.1.0.7"
#define LOWEST "10.1.0.6"
#define DATA   60000u

static struct {
	size_t calls;
	bool on, shared;
	char sentence[400];
} said;

static void on_forward(void *arg, struct igmp_interface *in, bool on)
{
	(void)arg;
	(void)in;
	said.calls++;
	said.on = on;
}

static bool on_alone(void *arg, uint32_t ifid)
{
	(void)arg;
	assert_int_equal(ifid, IFID);
	return !said.shared;
}

static int setup(void **state)
{
	struct fixture *f;

	fix_setup(state);
	f = *state;
	f->hooks.forward = on_forward;
	f->hooks.alone = on_alone;
	memset(&said, 0, sizeof(said));
	return 0;
}

static void mode(struct fixture *f, enum igmp_forward_mode mode)
{
	struct igmp_config config = fix_config();

	config.forward = mode;
	igmp_interface_configure(f->in, &config, f->now);
	fix_after(f, 0);
}

static void query(struct fixture *f, const char *host)
{
	struct igmp_message m = {.type = XMGM_IGMP_QUERY,
				 .version = 3,
				 .robustness = 2,
				 .query_interval_s = QI / 1000,
				 .max_response_ms = 10000};

	igmp_router_message(f->router, IFID, addr(host), &m, f->now);
}

static void advertise(struct fixture *f, const char *host, uint32_t interval_s)
{
	igmp_forward_advertised(f->router, IFID, addr(host), interval_s,
				f->now);
}

/* A packet for hosts here that somebody else has forwarded. */
static void data(struct fixture *f)
{
	igmp_forward_data(f->router, IFID, src(0), grp(0));
	fix_after(f, 0);
}

static void member(struct fixture *f)
{
	fix_record(f, IGMP_IS_EX, grp(0), 0);
}

static void on_sentence(void *arg, const char *sentence)
{
	(void)arg;
	if (strstr(sentence, "forward"))
		snprintf(said.sentence, sizeof(said.sentence), "%s", sentence);
}

/* What show says, and the problem has these words; NULL: there is none. */
static void expect(struct fixture *f, bool forwards, const char *problem)
{
	struct proto_querier q;

	assert_int_equal(igmp_interface_querier(f->in, f->now, &q), 0);
	assert_int_equal(q.forwards, forwards);
	assert_non_null(q.forwards_why);
	assert_int_equal(igmp_forward_down(f->in), !forwards);
	if (said.calls)
		assert_int_equal(said.on, forwards);
	said.sentence[0] = '\0';
	igmp_interface_problems(f->in, on_sentence, NULL);
	if (!problem)
		assert_string_equal(said.sentence, "");
	else if (!strstr(said.sentence, problem))
		fail_msg("\"%s\" is not in \"%s\"", problem, said.sentence);
}

static void test_a_querier_forwards(void **state)
{
	struct fixture *f = *state;

	advertise(f, LOWER, 20);
	expect(f, true, NULL);
	mode(f, IGMP_FORWARD_QUERIER);
	expect(f, true, NULL);
	assert_int_equal(said.calls, 0);
}

/* In many plants the querier is a switch. */
static void test_auto_goes_on_beside_what_is_not_known_to_route(void **state)
{
	struct fixture *f = *state;

	query(f, LOWER);
	expect(f, true, "10.1.0.7, is not known to be a router (a switch?)");
	advertise(f, LOWEST, 20); /* somebody else is */
	expect(f, true, "but 10.1.0.6 is one");
	assert_int_equal(said.calls, 0);
}

static void test_auto_stands_down_for_an_advertised_router(void **state)
{
	struct fixture *f = *state;
	uint64_t heard;

	query(f, LOWER);
	advertise(f, LOWER, 20);
	heard = f->now;
	expect(f, false, "a router, as it advertises");
	assert_int_equal(said.calls, 1);
	/* Three intervals: NeighborDeadInterval of RFC 4286. */
	fix_until(f, heard + 59999);
	expect(f, false, "stands down");
	fix_until(f, heard + 60000);
	expect(f, true, "goes on forwarding");
	advertise(f, LOWER, 180);
	heard = f->now;
	query(f, LOWER);
	for (uint64_t at = 200000; at < 540000; at += 200000) {
		fix_until(f, heard + at);
		query(f, LOWER);
	}
	fix_until(f, heard + 539999);
	expect(f, false, "stands down");
	fix_until(f, heard + 540000);
	expect(f, true, "goes on");
	assert_int_equal(said.calls, 4);
}

static void test_it_was_advertised_before_it_was_querier(void **state)
{
	struct fixture *f = *state;

	advertise(f, LOWER, 100);
	assert_int_equal(said.calls, 0);
	query(f, LOWER);
	expect(f, false, "as it advertises");
	query(f, LOWEST); /* another querier, of which nothing is known */
	expect(f, true, "10.1.0.6, is not known to be a router");
	advertise(f, LOWEST, 100);
	expect(f, false, "the IGMP querier here is 10.1.0.6");
}

static void test_a_termination_ends_it_at_once(void **state)
{
	struct fixture *f = *state;

	query(f, LOWER);
	advertise(f, LOWER, 20);
	igmp_forward_terminated(f->router, IFID, addr(LOWEST));
	expect(f, false, "stands down");
	igmp_forward_terminated(f->router, IFID, addr(LOWER));
	expect(f, true, "goes on");
}

static void test_auto_stands_down_for_what_it_sees_forwarded(void **state)
{
	struct fixture *f = *state;
	uint64_t heard;

	member(f);
	data(f); /* whose it is matters to nobody: we are querier */
	expect(f, true, NULL);
	query(f, LOWER);
	expect(f, true, "goes on");
	data(f);
	heard = f->now;
	expect(f, false, "packets of flows for hosts here come in here");
	fix_until(f, heard + DATA - 1);
	expect(f, false, "stands down");
	data(f); /* again */
	fix_until(f, heard + 2 * DATA - 2);
	query(f, LOWER);
	expect(f, false, "stands down");
	fix_until(f, heard + 2 * DATA - 1 + DATA / 4);
	expect(f, true, "goes on");
	assert_int_equal(said.calls, 2);
}

static void test_data_that_proves_nothing(void **state)
{
	struct fixture *f = *state;

	query(f, LOWER);
	data(f); /* nobody here wants it */
	expect(f, true, "goes on");
	fix_record(f, IGMP_IS_EX, grp(0), 1); /* all but this source */
	data(f);
	expect(f, true, "goes on");
	fix_record(f, IGMP_IS_IN, grp(1), 2);
	igmp_forward_data(f->router, IFID, src(0), grp(1));
	fix_after(f, 0);
	expect(f, true, "goes on");
	member(f);
	fix_record(f, IGMP_TO_EX, grp(0), 0);
	advertise(f, LOWEST, 20); /* there is somebody else who may do it */
	data(f);
	expect(f, true, "but 10.1.0.6 is one");
	igmp_forward_terminated(f->router, IFID, addr(LOWEST));
	data(f);
	expect(f, false, "come in here");
	query(f, LOWEST); /* and of another querier it says nothing */
	expect(f, true, "10.1.0.6");
}

/* Of two that mislead each other one resumes first. */
static void test_how_long_data_proves_differs_by_address(void **state)
{
	const struct proto_address other[] = {V4_SUBNET(10, 2, 0, 2, 24),
					      V4_SUBNET(10, 1, 0, 2, 16)};
	struct proto_interface is = fix_interface();
	struct fixture *f = *state;
	uint64_t life[2];

	member(f);
	for (int i = 0; i < 2; i++) {
		query(f, LOWER);
		data(f);
		life[i] = f->in->forward.timer.at_ms - f->now;
		is.addresses = other;
		igmp_interface_absent(f->in);
		igmp_interface_present(f->in, &is, f->now);
		igmp_interface_open(f->in);
		fix_after(f, QI);
		member(f);
	}
	assert_true(life[0] >= DATA && life[0] < DATA + DATA / 4);
	assert_true(life[0] > life[1] + 1000 || life[1] > life[0] + 1000);
}

static void test_the_querier_again_forwards_at_once(void **state)
{
	struct fixture *f = *state;
	uint64_t heard = f->now;

	query(f, LOWER);
	advertise(f, LOWER, 180);
	expect(f, false, "stands down");
	fix_until(f, heard + OQPI - 1);
	expect(f, false, "stands down");
	fix_until(f, heard + OQPI);
	expect(f, true, NULL);
	assert_int_equal(said.calls, 2);
}

static void test_querier_is_the_rule_to_the_letter(void **state)
{
	struct fixture *f = *state;

	mode(f, IGMP_FORWARD_QUERIER);
	query(f, LOWER);
	expect(f, false, "10.1.0.7, and forward = querier");
	mode(f, IGMP_FORWARD_AUTO);
	expect(f, true, "goes on");
	mode(f, IGMP_FORWARD_QUERIER);
	expect(f, false, "forward = querier");
	fix_after(f, OQPI);
	expect(f, true, NULL);
}

static void test_always_never_stands_down(void **state)
{
	struct fixture *f = *state;

	mode(f, IGMP_FORWARD_ALWAYS);
	member(f);
	query(f, LOWER);
	data(f);
	expect(f, true, NULL);
	advertise(f, LOWER, 20);
	expect(f, true, "hosts get packets twice: write forward = auto");
	assert_int_equal(said.calls, 0);
}

/* Where a protocol is, that decides: nothing is said of it. */
static void test_beside_a_protocol_nothing_is_said(void **state)
{
	struct fixture *f = *state;
	struct proto_querier q;

	query(f, LOWER);
	advertise(f, LOWER, 20);
	said.shared = true;
	said.sentence[0] = '\0';
	igmp_interface_problems(f->in, on_sentence, NULL);
	assert_string_equal(said.sentence, "");
	assert_int_equal(igmp_interface_querier(f->in, f->now, &q), 0);
	assert_true(q.forwards);
}

static void test_advertisements_that_are_nobodys(void **state)
{
	struct fixture *f = *state;

	query(f, LOWER);
	advertise(f, "0.0.0.0", 20);
	advertise(f, "10.2.0.1", 20); /* ours */
	advertise(f, "192.0.2.1", 20);
	expect(f, true, "goes on");
	assert_int_equal(igmp_interface_counted(f->in, IGMP_N_MRD_FOREIGN), 3);
	assert_int_equal(igmp_interface_counted(f->in, IGMP_N_MRD_HEARD), 0);
	igmp_forward_advertised(f->router, 99, addr(LOWER), 20, f->now);
}

/* Hosts may make up as many as they like: the querier has its place. */
static void test_many_routers(void **state)
{
	struct fixture *f = *state;
	char host[32];

	query(f, LOWER);
	for (int i = 0; i < 40; i++) {
		snprintf(host, sizeof(host), "10.1.1.%d", 1 + i);
		advertise(f, host, 20);
	}
	assert_int_equal(igmp_interface_counted(f->in, IGMP_N_MRD_CROWDED),
			 40 - IGMP_SEEN);
	expect(f, true, "goes on");
	advertise(f, LOWER, 20);
	expect(f, false, "stands down");
	fix_after(f, 60000);
	expect(f, true, "goes on");
	assert_int_equal(f->in->forward.seen_count, 0);
}

static void test_an_interface_that_comes_back_knows_nothing(void **state)
{
	struct proto_interface is = fix_interface();
	struct fixture *f = *state;

	query(f, LOWER);
	advertise(f, LOWER, 20);
	igmp_interface_absent(f->in);
	igmp_interface_present(f->in, &is, f->now);
	said.calls = 0;
	expect(f, true, NULL);
	query(f, LOWER);
	expect(f, true, "goes on");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fix_teardown)

static const struct CMUnitTest tests[] = {
	TEST(test_a_querier_forwards),
	TEST(test_auto_goes_on_beside_what_is_not_known_to_route),
	TEST(test_auto_stands_down_for_an_advertised_router),
	TEST(test_it_was_advertised_before_it_was_querier),
	TEST(test_a_termination_ends_it_at_once),
	TEST(test_auto_stands_down_for_what_it_sees_forwarded),
	TEST(test_data_that_proves_nothing),
	TEST(test_how_long_data_proves_differs_by_address),
	TEST(test_the_querier_again_forwards_at_once),
	TEST(test_querier_is_the_rule_to_the_letter),
	TEST(test_always_never_stands_down),
	TEST(test_beside_a_protocol_nothing_is_said),
	TEST(test_advertisements_that_are_nobodys),
	TEST(test_many_routers),
	TEST(test_an_interface_that_comes_back_knows_nothing),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
