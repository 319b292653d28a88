/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DVMRP as a client of the manager: it shares its interfaces with IGMP and the
 * router with other protocols (RFC 2715), and says of each MFE where it goes.
 *
 *	host 0 - (0) - r0 - (1) - r1 - (2) - r2 - (3) - host 3
 *
 * Of r2 link 3, and of r0 link 4, are another protocol's.
 */
#include "dvmrp_sniff.h"
#include "proto/dvmrp/internal.h"
#include "v4.h"

#define CONVERGED 130000u

struct room {
	struct sniff sniff;	     /* first: net->arg */
	struct mgm_client *other[2]; /* of r0, of r2 */
};

static struct mgm_client *other_at(struct net *net, unsigned int router,
				   unsigned int link)
{
	static const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
	};
	const struct mgm_registration registration = {
		.size = sizeof(registration),
		.protocol = MGM_PROTOCOL_STATIC,
		.name = "static",
		.callbacks = &callbacks,
	};
	struct mgm *m = net->router[router].f->m;
	struct mgm_client *client;

	assert_int_equal(mgm_register(m, &registration, &client), 0);
	assert_int_equal(mgm_interface_take(m, client, link + 1), 0);
	return client;
}

static void attach_other(struct net *net, unsigned int router,
			 unsigned int link)
{
	struct net_port *p = net_attach(net, router, link);

	p->dvmrp = p->igmp = false;
}

static int setup(void **state)
{
	struct room *room = calloc(1, sizeof(*room));
	struct net *net = net_new();

	assert_non_null(room);
	net->arg = room;
	net->sniff = sniff_note;
	for (unsigned int r = 0; r < 3; r++) {
		net_attach(net, r, r);
		net_attach(net, r, r + 1);
	}
	attach_other(net, 2, 3);
	attach_other(net, 0, 4);
	net_start_all(net);
	room->other[0] = other_at(net, 0, 4);
	room->other[1] = other_at(net, 2, 3);
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

static uint32_t owner(struct net *net, unsigned int router, unsigned int link)
{
	uint32_t protocol = MGM_PROTOCOL_NONE, component;

	mgm_interface_owner(net->router[router].f->m, link + 1, &protocol,
			    &component);
	return protocol;
}

static struct mgm_interface_info info(struct net *net, unsigned int router,
				      unsigned int link)
{
	struct mgm_interface_info i = {.size = sizeof(i)};

	assert_int_equal(
		mgm_interface_get(net->router[router].f->m, link + 1, &i), 0);
	return i;
}

static void other_wants(struct net *net, bool wants)
{
	const struct room *room = net->arg;
	struct mgm *m = net->router[2].f->m;
	const struct mgm_sg any = mgm_sg_v4((struct in_addr){0}, grp_ip(1));
	int err;

	if (wants)
		err = mgm_membership_add(m, room->other[1], 4, any,
					 MGM_JOIN_STATE);
	else
		err = mgm_membership_del(m, room->other[1], 4, any,
					 MGM_JOIN_STATE);
	assert_int_equal(err, 0);
	net_run(net, 100);
}

static void test_it_takes_its_interfaces_and_igmp_stays_beside_it(void **state)
{
	struct net *net = *state;

	for (unsigned int r = 0; r < 3; r++) {
		for (unsigned int l = r; l < r + 2; l++) {
			if (r == 2 && l == 3)
				continue;
			assert_int_equal(owner(net, r, l), MGM_PROTOCOL_DVMRP);
			assert_true(info(net, r, l).igmp);
			assert_int_equal(info(net, r, l).gate, MGM_GATE_ON);
		}
	}
	assert_int_equal(owner(net, 2, 3), MGM_PROTOCOL_STATIC);
}

static void
test_what_hosts_wanted_before_the_take_they_get_after_it(void **state)
{
	struct net *net = *state;

	net_kill(net, 1);
	net_join(net, 2, 1);
	net_start(net, 1);
	net_run(net, 15000);
	sniff_clear(net);
	expect_seen(net, 0, 1, "1:1 2:1");
	expect_said(net, "2>1 prune (0,1)\n");
}

static void test_an_interface_that_is_given_back_is_igmps_alone(void **state)
{
	struct net *net = *state;

	net_join(net, 0, 1);
	net_send(net, 1, 1);
	assert_string_equal(net_seen(net, 1), "0:1 2:1");
	net->router[0].port[0].dvmrp = false;
	net_configure(&net->router[0]);
	net_run(net, 1000);
	assert_int_equal(owner(net, 0, 0), MGM_PROTOCOL_IGMP);
	assert_int_equal(info(net, 0, 0).gate, MGM_GATE_ON);
	assert_int_equal(info(net, 0, 0).groups, 1);
	/* What its host wants goes there still. */
	net_send(net, 1, 1);
	assert_int_equal(net->seen[0], 1);
	net->router[0].port[0].dvmrp = true;
	net_configure(&net->router[0]);
	net_run(net, 1000);
	assert_int_equal(owner(net, 0, 0), MGM_PROTOCOL_DVMRP);
	net_send(net, 1, 1);
	assert_int_equal(net->seen[0], 1);
}

static uint32_t dvmrp_flows(struct net *net, unsigned int router)
{
	const struct dvmrp *d = net->router[router].self;

	return d->tree.flow_count + d->tree.entry_count;
}

static void test_with_its_last_interface_it_leaves_the_manager(void **state)
{
	struct net *net = *state;
	struct mgm_client_info client = {.size = sizeof(client)};

	expect_seen(net, 0, 1, "1:1 2:1");
	assert_int_equal(dvmrp_flows(net, 0), 2);
	for (unsigned int l = 0; l < 2; l++)
		net->router[0].port[l].dvmrp = false;
	net_configure(&net->router[0]);
	net_run(net, 1000);
	assert_int_equal(dvmrp_flows(net, 0), 0);
	while (!mgm_client_next(net->router[0].f->m, &client, &client))
		assert_int_not_equal(client.protocol, MGM_PROTOCOL_DVMRP);
}

static void test_what_another_protocol_joins_is_grafted_and_pruned(void **state)
{
	struct net *net = *state;

	expect_seen(net, 0, 1, "1:1 2:1");
	expect_said(net, "2>1 prune (0,1)\n1>0 prune (0,1)\n");
	other_wants(net, true);
	expect_said(net, "2>1 graft (0,1)\n1>2 ack (0,1)\n"
			 "1>0 graft (0,1)\n0>1 ack (0,1)\n");
	expect_seen(net, 0, 1, "1:1 2:1 3:1");
	other_wants(net, false);
	expect_said(net, "2>1 prune (0,1)\n1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
}

static void test_what_another_protocol_joins_late_is_grafted(void **state)
{
	struct net *net = *state;

	expect_seen(net, 0, 1, "1:1 2:1");
	net_run(net, 600000); /* nobody has an MFE of it any more */
	assert_string_equal(net_mfe(net, 2, 0, 1), "-");
	sniff_clear(net);
	other_wants(net, true);
	expect_said(net, "2>1 graft (0,1)\n1>2 ack (0,1)\n"
			 "1>0 graft (0,1)\n0>1 ack (0,1)\n");
}

static void test_what_another_protocol_wants_keeps_the_branch(void **state)
{
	struct net *net = *state;

	other_wants(net, true);
	expect_seen(net, 0, 1, "1:1 2:1 3:1");
	expect_said(net, "");
}

/* Host 4 is the other protocol's: nobody in the domain has a route to it. */
static void
test_a_flow_from_another_protocol_goes_to_members_and_no_further(void **state)
{
	struct net *net = *state;

	expect_seen(net, 4, 1, "");
	assert_string_equal(net_mfe(net, 0, 4, 1), "4:");
	net_join(net, 1, 1);
	net_run(net, 10);
	expect_seen(net, 4, 1, "1:1");
	net_leave(net, 1, 1);
	net_run(net, 100);
	expect_seen(net, 4, 1, "");
	net_join(net, 0, 1);
	net_join(net, 1, 1);
	net_run(net, 10);
	expect_seen(net, 4, 1, "0:1 1:1");
	expect_said(net, "");
}

/* What IGMP says of the host of link 2 at r1, as IGMPv3 has it. */
static void host_wants(struct net *net, enum mgm_filter filter,
		       unsigned int link)
{
	const struct mgm_sg flow = net_sg(link, 1);
	struct net_router *r = &net->router[1];

	assert_int_equal(mgm_membership_set(r->f->m, r->igmp, 3,
					    &flow.group.address, filter,
					    &flow.source.address, link < 4),
			 0);
	net_run(net, 100);
}

static void test_a_source_that_all_hosts_block_is_pruned(void **state)
{
	struct net *net = *state;

	host_wants(net, MGM_EXCLUDE, 0);
	expect_seen(net, 0, 1, "1:1 2:1"); /* to r2, once */
	expect_said(net, "2>1 prune (0,1)\n1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
	expect_seen(net, 1, 1, "2:1");
	host_wants(net, MGM_EXCLUDE, 4); /* none blocked */
	expect_said(net, "2>1 prune (1,1)\n"
			 "1>0 graft (0,1)\n0>1 ack (0,1)\n");
	expect_seen(net, 0, 1, "1:1 2:1");
	host_wants(net, MGM_EXCLUDE, 0);
	expect_said(net, "1>0 prune (0,1)\n");
}

static void
test_of_a_group_a_host_gets_the_sources_that_it_asks_for(void **state)
{
	struct net *net = *state;

	host_wants(net, MGM_INCLUDE, 0);
	expect_seen(net, 0, 1, "1:1 2:1");
	expect_seen(net, 1, 1, "2:1");
	expect_said(net, "2>1 prune (0,1)\n2>1 prune (1,1)\n");
	expect_seen(net, 0, 1, "1:1 2:1");
	expect_seen(net, 1, 1, "");
	host_wants(net, MGM_INCLUDE, 1);
	expect_said(net, "1>0 prune (0,1)\n");
	expect_seen(net, 0, 1, "");
	expect_seen(net, 1, 1, "2:1");
	host_wants(net, MGM_INCLUDE, 4); /* none */
	expect_seen(net, 1, 1, "");
	host_wants(net, MGM_INCLUDE, 0);
	expect_said(net, "1>0 graft (0,1)\n0>1 ack (0,1)\n");
	expect_seen(net, 0, 1, "1:1 2:1");
}

static void test_it_is_a_wildcard_receiver_where_it_has_neighbours(void **state)
{
	const struct mgm_membership_filter filter = {
		.size = sizeof(filter),
		.protocol = MGM_PROTOCOL_DVMRP,
	};
	struct mgm_membership_info row = {.size = sizeof(row)};
	struct net *net = *state;
	struct mgm *m = net->router[0].f->m;

	assert_int_equal(mgm_membership_next(m, NULL, &filter, &row), 0);
	assert_int_equal(row.ifid, 2);
	assert_int_equal(row.sg.group.length, 0);
	assert_int_equal(mgm_membership_next(m, &row, &filter, &row), -ENOENT);
	net_kill(net, 1);
	net_run(net, 40000);
	assert_int_equal(mgm_membership_next(m, NULL, &filter, &row), -ENOENT);
}

static void
test_flows_that_were_there_before_it_are_refused_as_new_ones(void **state)
{
	struct net *net = *state;

	for (unsigned int l = 0; l < 2; l++)
		net->router[0].port[l].dvmrp = false;
	net_configure(&net->router[0]);
	net_run(net, 1000);
	expect_seen(net, 4, 1, "");
	net_join(net, 1, 2);
	expect_seen(net, 4, 2, "1:1");
	for (unsigned int l = 0; l < 2; l++)
		net->router[0].port[l].dvmrp = true;
	net_configure(&net->router[0]);
	net_run(net, 12000);
	assert_string_equal(net_mfe(net, 0, 4, 1), "-");
	expect_seen(net, 4, 1, "");
	assert_string_equal(net_mfe(net, 0, 4, 2), "4: 1");
	net_leave(net, 1, 2);
	net_run(net, 100);
	assert_string_equal(net_mfe(net, 0, 4, 2), "4:");
}

static void
test_a_packet_on_a_wrong_interface_is_counted_and_nothing_else(void **state)
{
	struct net *net = *state;
	const struct mgm_sg flow = net_sg(0, 1);

	net_join(net, 2, 1);
	expect_seen(net, 0, 1, "1:1 2:1");
	mgm_wrong_if(net->router[1].f->m, net->now, flow, 3, NULL, 0);
	net_run(net, 1000);
	expect_said(net, "2>1 prune (0,1)\n");
	assert_string_equal(net_mfe(net, 1, 0, 1), "1: 2");
}

#define room_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		room_test(
			test_it_takes_its_interfaces_and_igmp_stays_beside_it),
		room_test(
			test_what_hosts_wanted_before_the_take_they_get_after_it),
		room_test(test_an_interface_that_is_given_back_is_igmps_alone),
		room_test(test_with_its_last_interface_it_leaves_the_manager),
		room_test(
			test_what_another_protocol_joins_is_grafted_and_pruned),
		room_test(test_what_another_protocol_joins_late_is_grafted),
		room_test(test_what_another_protocol_wants_keeps_the_branch),
		room_test(
			test_a_flow_from_another_protocol_goes_to_members_and_no_further),
		room_test(test_a_source_that_all_hosts_block_is_pruned),
		room_test(
			test_of_a_group_a_host_gets_the_sources_that_it_asks_for),
		room_test(
			test_it_is_a_wildcard_receiver_where_it_has_neighbours),
		room_test(
			test_flows_that_were_there_before_it_are_refused_as_new_ones),
		room_test(
			test_a_packet_on_a_wrong_interface_is_counted_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
