/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DVMRP's trees: what routers in a row, and on a LAN, say to each other about a
 * flow, and where its packets go. The draft's section 3.5 and 3.6, and what
 * RFC 2715 wants of a protocol beside others.
 *
 *	host 0 - (0) - r0 - (1) - r1 - (2) - r2 - (3) - host 3
 */
#include "dvmrp_sniff.h"
#include "v4.h"

#define CONVERGED 130000u /* ms: two reports of each, and the elections */

static int row_setup(void **state)
{
	struct net *net = sniff_net();

	for (unsigned int r = 0; r < 3; r++) {
		net_attach(net, r, r);
		net_attach(net, r, r + 1);
	}
	net_start_all(net);
	net_run(net, CONVERGED);
	sniff_clear(net);
	*state = net;
	return 0;
}

static int teardown(void **state)
{
	sniff_free(*state);
	return 0;
}

/* Nobody wants it: after the first packet it ends at r0. */
static void flood_and_prune(struct net *net)
{
	expect_seen(net, 0, 1, "1:1 2:1");
	expect_said(net, "2>1 prune (0,1)\n1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
}

static void
test_a_new_flow_goes_to_dependents_and_not_to_leaf_networks(void **state)
{
	struct net *net = *state;

	net_send(net, 0, 1);
	assert_string_equal(net_seen(net, 0), "1:1 2:1");
}

static void test_who_has_no_oif_prunes_and_so_upstream(void **state)
{
	flood_and_prune(*state);
	assert_string_equal(net_mfe(*state, 0, 0, 1), "0:");
	expect_said(*state, "");
}

static void test_a_member_keeps_its_branch(void **state)
{
	struct net *net = *state;

	net_join(net, 2, 1);
	expect_seen(net, 0, 1, "1:1 2:1");
	expect_said(net, "2>1 prune (0,1)\n");
	expect_seen(net, 0, 1, "1:1 2:1");
	assert_string_equal(net_mfe(net, 1, 0, 1), "1: 2");
}

static void test_a_host_that_joins_is_grafted_hop_by_hop(void **state)
{
	struct net *net = *state;

	flood_and_prune(net);
	net_join(net, 3, 1);
	net_run(net, 100);
	expect_said(net, "2>1 graft (0,1)\n1>2 ack (0,1)\n"
			 "1>0 graft (0,1)\n0>1 ack (0,1)\n");
	expect_seen(net, 0, 1, "1:1 2:1 3:1");
	net_run(net, 60000);
	expect_said(net, "");
}

static void test_a_host_that_joins_late_is_grafted(void **state)
{
	struct net *net = *state;

	flood_and_prune(net);
	net_run(net, 600000); /* nobody has an MFE of it any more */
	assert_string_equal(net_mfe(net, 2, 0, 1), "-");
	net_join(net, 3, 1);
	net_run(net, 100);
	expect_said(net, "2>1 graft (0,1)\n1>2 ack (0,1)\n"
			 "1>0 graft (0,1)\n0>1 ack (0,1)\n");
	expect_seen(net, 0, 1, "1:1 2:1 3:1");
}

static bool lose_acks(struct net *net, const struct net_frame *frame,
		      const struct dvmrp_message *m)
{
	(void)net;
	(void)frame;
	return m->code == DVMRP_GRAFT_ACK;
}

static void
test_a_graft_is_repeated_after_5_then_10_seconds_until_the_ack(void **state)
{
	struct net *net = *state;
	const struct sniff *s = net->arg;
	uint64_t began;

	flood_and_prune(net);
	net->lose = lose_acks;
	began = net->now;
	net_join(net, 2, 1);
	net_run(net, 14900);
	assert_int_equal(s->count, 4);
	assert_int_equal(s->said[0].code, DVMRP_GRAFT);
	assert_in_range(s->said[0].at_ms - began, 0, 10);
	assert_int_equal(s->said[2].code, DVMRP_GRAFT);
	assert_in_range(s->said[2].at_ms - began, 5000, 5010);
	net->lose = NULL;
	net_run(net, 60000);
	assert_int_equal(s->count, 6);
	assert_in_range(s->said[4].at_ms - began, 15000, 15010);
	assert_int_equal(s->said[5].code, DVMRP_GRAFT_ACK);
}

static void test_a_host_that_leaves_is_pruned(void **state)
{
	struct net *net = *state;

	net_join(net, 3, 1);
	expect_seen(net, 0, 1, "1:1 2:1 3:1");
	expect_said(net, "");
	net_leave(net, 3, 1);
	net_run(net, 100);
	expect_said(net, "2>1 prune (0,1)\n1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
}

static void test_a_prune_lives_no_longer_than_those_it_was_made_of(void **state)
{
	struct net *net = *state;
	const struct sniff *s = net->arg;

	net->router[2].config.prune_lifetime_ms = 600000;
	net_configure(&net->router[2]);
	expect_seen(net, 0, 1, "1:1 2:1");
	assert_int_equal(s->count, 2);
	assert_in_range(s->said[0].lifetime_s, 300, 600);
	assert_true(s->said[1].lifetime_s <= s->said[0].lifetime_s);
}

static void test_when_a_prune_ends_data_floods_and_is_pruned_anew(void **state)
{
	struct net *net = *state;
	const struct sniff *s = net->arg;
	uint64_t life_ms;

	for (unsigned int r = 0; r < 3; r++) {
		net->router[r].config.prune_lifetime_ms = 120000;
		net_configure(&net->router[r]);
	}
	expect_seen(net, 0, 1, "1:1 2:1");
	life_ms = s->said[1].lifetime_s * 1000;
	sniff_clear(net);
	while (life_ms > 2000) {
		net_run(net, 1000);
		expect_seen(net, 0, 1, "");
		life_ms -= 1010;
	}
	expect_said(net, "");
	net_run(net, 4000);
	expect_seen(net, 0, 1, "1:1 2:1");
	expect_said(net, "2>1 prune (0,1)\n1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
}

static bool lose_prunes(struct net *net, const struct net_frame *frame,
			const struct dvmrp_message *m)
{
	(void)net;
	(void)frame;
	return m->code == DVMRP_PRUNE;
}

static void
test_a_prune_that_data_ignores_is_said_again_with_what_is_left(void **state)
{
	struct net *net = *state;
	const struct sniff *s = net->arg;
	uint64_t began = net->now;
	size_t said;

	net->lose = lose_prunes;
	for (unsigned int i = 0; i < 30; i++) {
		expect_seen(net, 0, 1, "1:1 2:1");
		net_run(net, 990);
	}
	/* 3 seconds, then double that, and half more or less of each. */
	assert_in_range(s->count, 3, 8);
	for (size_t i = 1; i < s->count; i++) {
		uint64_t gone_s = (s->said[i].at_ms - began) / 1000;

		assert_int_equal(s->said[i].from, 2);
		assert_true(s->said[i].lifetime_s + gone_s <=
			    s->said[0].lifetime_s + 1);
		assert_true(s->said[i].at_ms - s->said[i - 1].at_ms >= 1500);
	}
	net->lose = NULL;
	said = s->count;
	for (unsigned int i = 0; i < 100 && s->count < said + 2; i++) {
		net_send(net, 0, 1);
		net_run(net, 1000);
	}
	expect_seen(net, 0, 1, "");
}

static void
test_a_downstream_that_begins_anew_gets_its_flows_again(void **state)
{
	struct net *net = *state;

	flood_and_prune(net);
	net_kill(net, 2);
	net_start(net, 2);
	net_run(net, 30000);
	expect_said(net, "1>0 graft (0,1)\n0>1 ack (0,1)\n");
	expect_seen(net, 0, 1, "1:1 2:1");
	expect_said(net, "2>1 prune (0,1)\n1>0 prune (0,1)\n");
}

static void test_an_upstream_that_begins_anew_is_pruned_anew(void **state)
{
	struct net *net = *state;

	flood_and_prune(net);
	net_kill(net, 0);
	net_start(net, 0);
	net_run(net, CONVERGED);
	sniff_clear(net);
	net_send(net, 0, 1);
	net_run(net, 10);
	expect_said(net, "1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
}

static void test_flows_by_an_upstream_that_begins_anew_go_on(void **state)
{
	struct net *net = *state;

	net_join(net, 3, 1);
	expect_seen(net, 0, 1, "1:1 2:1 3:1");
	net_kill(net, 0);
	net_run(net, 5000);
	net_start(net, 0);
	net_run(net, 10);
	for (unsigned int i = 0; i < 100; i++) {
		net_run(net, 100);
		net_send(net, 0, 1);
		assert_string_equal(net_seen(net, 0), "1:1 2:1 3:1");
	}
}

static void test_a_downstream_that_goes_takes_its_branch_with_it(void **state)
{
	struct net *net = *state;

	net_join(net, 3, 1);
	expect_seen(net, 0, 1, "1:1 2:1 3:1");
	net_kill(net, 2);
	net_run(net, 40000);
	expect_said(net, "1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
}

static void test_each_source_network_is_pruned_by_itself(void **state)
{
	struct net *net = *state;

	flood_and_prune(net);
	expect_seen(net, 1, 1, "2:1");
	expect_said(net, "2>1 prune (1,1)\n");
	expect_seen(net, 0, 2, "1:1 2:1");
	expect_said(net, "2>1 prune (0,2)\n1>0 prune (0,2)\n");
	net_join(net, 3, 1);
	net_run(net, 100);
	/* Each of the group's, whatever the order. */
	assert_int_equal(((struct sniff *)net->arg)->count, 6);
	sniff_clear(net);
	expect_seen(net, 0, 1, "1:1 2:1 3:1");
	expect_seen(net, 1, 1, "2:1 3:1");
	expect_seen(net, 0, 2, "");
	/* r0 is one hop from the source of (1,1), and no leaf of it. */
	expect_said(net, "");
}

static void test_monitors_hear_of_prunes_and_grafts(void **state)
{
	struct net *net = *state;
	char news[NET_NEWS] = "";

	net->news = news;
	expect_seen(net, 0, 1, "1:1 2:1");
	assert_string_equal(news, "2 dvmrp-prune sent\n"
				  "1 dvmrp-prune received\n"
				  "1 dvmrp-prune sent\n"
				  "0 dvmrp-prune received\n");
	news[0] = '\0';
	net_join(net, 2, 1);
	net_run(net, 100);
	assert_string_equal(news, "1 dvmrp-graft sent\n"
				  "0 dvmrp-graft received\n"
				  "1 dvmrp-graft acknowledged\n");
	net->news = NULL;
}

/* --- a LAN: r1, r2 and r3 behind r0 -------------------------------------- */

/* host 0 - (0) - r0 - (1) - r1, r2 - (2), (3) */
static int lan_setup(void **state)
{
	struct net *net = sniff_net();

	net_attach(net, 0, 0);
	for (unsigned int r = 0; r < 3; r++)
		net_attach(net, r, 1);
	net_attach(net, 1, 2);
	net_attach(net, 2, 3);
	net_start_all(net);
	net_run(net, CONVERGED);
	sniff_clear(net);
	*state = net;
	return 0;
}

static void test_on_a_lan_each_dependent_has_to_prune(void **state)
{
	struct net *net = *state;

	net_join(net, 3, 1);
	expect_seen(net, 0, 1, "1:1 3:1");
	expect_said(net, "1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "1:1 3:1");
	net_leave(net, 3, 1);
	net_run(net, 100);
	expect_said(net, "2>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
	net_join(net, 2, 1);
	net_run(net, 100);
	expect_said(net, "1>0 graft (0,1)\n0>1 ack (0,1)\n");
	expect_seen(net, 0, 1, "1:1 2:1");
}

static void test_a_member_on_the_lan_itself_outweighs_prunes(void **state)
{
	struct net *net = *state;

	net_join(net, 1, 1);
	expect_seen(net, 0, 1, "1:1");
	expect_said(net, "1>0 prune (0,1)\n2>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "1:1");
	net_leave(net, 1, 1);
	net_run(net, 100);
	expect_seen(net, 0, 1, "");
	net_join(net, 1, 1);
	net_run(net, 100);
	expect_seen(net, 0, 1, "1:1");
}

static void test_a_new_dependent_negates_the_prunes_of_others(void **state)
{
	struct net *net = *state;

	net_kill(net, 2);
	net_run(net, 60000);
	sniff_clear(net);
	expect_seen(net, 0, 1, "1:1");
	expect_said(net, "1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
	net_start(net, 2);
	net_run(net, CONVERGED);
	expect_seen(net, 0, 1, "1:1");
	expect_said(net, "1>0 prune (0,1)\n2>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
}

/* --- two ways: r0 and r1 from LAN 0 to LAN 1, where r2 is ---------------- */

static int two_ways_setup(void **state)
{
	struct net *net = sniff_net();

	for (unsigned int r = 0; r < 2; r++) {
		net_attach(net, r, 0);
		net_attach(net, r, 1);
	}
	net_attach(net, 2, 1);
	net_attach(net, 2, 2);
	net_start_all(net);
	net_run(net, CONVERGED);
	sniff_clear(net);
	*state = net;
	return 0;
}

static void test_of_two_routers_the_lower_address_forwards(void **state)
{
	struct net *net = *state;

	net_join(net, 1, 1);
	net_join(net, 2, 1);
	expect_seen(net, 0, 1, "1:1 2:1");
	assert_string_equal(net_mfe(net, 0, 0, 1), "0: 1");
	assert_string_equal(net_mfe(net, 1, 0, 1), "0:");
}

static void test_when_the_forwarder_dies_the_other_takes_over(void **state)
{
	struct net *net = *state;

	net_join(net, 1, 1);
	net_join(net, 2, 1);
	expect_seen(net, 0, 1, "1:1 2:1");
	net_kill(net, 0);
	net_run(net, 95000);
	expect_seen(net, 0, 1, "1:1 2:1");
	net_start(net, 0);
	for (unsigned int s = 0; s < 150; s++) {
		net_run(net, 1000);
		net_send(net, 0, 1);
		assert_true(net->seen[1] == 1 && net->seen[2] == 1);
	}
	assert_string_equal(net_mfe(net, 0, 0, 1), "0: 1");
}

/* --- a ring: r0, r1, r2 with links 0-1, 1-2 and 0-2; hosts at 3, 4, 5 ------- */

static int ring_setup(void **state)
{
	struct net *net = sniff_net();

	net_attach(net, 0, 0);
	net_attach(net, 1, 0);
	net_attach(net, 1, 1);
	net_attach(net, 2, 1);
	net_attach(net, 0, 2);
	net_attach(net, 2, 2);
	for (unsigned int r = 0; r < 3; r++)
		net_attach(net, r, 3 + r);
	net_start_all(net);
	net_run(net, CONVERGED);
	sniff_clear(net);
	*state = net;
	return 0;
}

static void
test_in_a_ring_a_flow_goes_one_way_and_the_other_when_that_breaks(void **state)
{
	struct net *net = *state;

	net_join(net, 4, 1);
	for (unsigned int i = 0; i < 10; i++) {
		net_send(net, 3, 1);
		net_run(net, 1000);
	}
	expect_seen(net, 3, 1, "0:1 4:1");
	net_turn(net, 0, 0, false);
	net_turn(net, 1, 0, false);
	for (unsigned int i = 0; i < 200; i++) {
		net_send(net, 3, 1);
		net_run(net, 1000);
	}
	expect_seen(net, 3, 1, "1:1 2:1 4:1");
	net_turn(net, 0, 0, true);
	net_turn(net, 1, 0, true);
	for (unsigned int i = 0; i < 200; i++) {
		net_send(net, 3, 1);
		assert_true(net->seen[4] <= 1);
		net_run(net, 1000);
	}
	expect_seen(net, 3, 1, "0:1 4:1");
}

#define row_test(fn) cmocka_unit_test_setup_teardown(fn, row_setup, teardown)
#define lan_test(fn) cmocka_unit_test_setup_teardown(fn, lan_setup, teardown)
#define ways_test(fn) \
	cmocka_unit_test_setup_teardown(fn, two_ways_setup, teardown)
#define ring_test(fn) cmocka_unit_test_setup_teardown(fn, ring_setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		row_test(
			test_a_new_flow_goes_to_dependents_and_not_to_leaf_networks),
		row_test(test_who_has_no_oif_prunes_and_so_upstream),
		row_test(test_a_member_keeps_its_branch),
		row_test(test_a_host_that_joins_is_grafted_hop_by_hop),
		row_test(test_a_host_that_joins_late_is_grafted),
		row_test(
			test_a_graft_is_repeated_after_5_then_10_seconds_until_the_ack),
		row_test(test_a_host_that_leaves_is_pruned),
		row_test(
			test_a_prune_lives_no_longer_than_those_it_was_made_of),
		row_test(test_when_a_prune_ends_data_floods_and_is_pruned_anew),
		row_test(
			test_a_prune_that_data_ignores_is_said_again_with_what_is_left),
		row_test(
			test_a_downstream_that_begins_anew_gets_its_flows_again),
		row_test(test_an_upstream_that_begins_anew_is_pruned_anew),
		row_test(test_flows_by_an_upstream_that_begins_anew_go_on),
		row_test(test_a_downstream_that_goes_takes_its_branch_with_it),
		row_test(test_each_source_network_is_pruned_by_itself),
		row_test(test_monitors_hear_of_prunes_and_grafts),
		lan_test(test_on_a_lan_each_dependent_has_to_prune),
		lan_test(test_a_member_on_the_lan_itself_outweighs_prunes),
		lan_test(test_a_new_dependent_negates_the_prunes_of_others),
		ways_test(test_of_two_routers_the_lower_address_forwards),
		ways_test(test_when_the_forwarder_dies_the_other_takes_over),
		ring_test(
			test_in_a_ring_a_flow_goes_one_way_and_the_other_when_that_breaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
