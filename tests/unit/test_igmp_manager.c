/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP as the daemon runs it, beside the real manager: it takes its
 * interfaces, its groups become memberships, it obeys disable and enable, and
 * after any sequence of events the manager holds exactly what IGMP shows.
 */
#include "igmp_manager_fixture.h"

static void test_takes_its_interface(void **state)
{
	struct fixture *f = *state;
	struct proto_querier q;

	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	assert_int_equal(f->gate, MGM_GATE_ON);
	assert_int_equal(f->queriers, 1);
	assert_int_equal(f->proto->querier(f->igmp, IFID, f->now, &q), 0);
	assert_true(q.self);
	assert_int_equal(f->proto->querier(f->igmp, 99, f->now, &q), -ENOENT);
	assert_int_equal(f->said, 0);
}

static void test_groups_become_memberships(void **state)
{
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	report(f, IGMP_ALLOW, 1, 3);
	compare(f);
	f->lines = 0;
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 2);
	move(f, 270000);
	compare(f);
	f->lines = 0;
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 0);
}

/* HELD is in the map first, then the owner, then ON; nothing is lost. */
static void test_the_handshake(void **state)
{
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	report(f, IGMP_ALLOW, 1, 3);
	f->trace[0] = 0;
	assert_int_equal(mgm_interface_take(f->mgm, f->rival, IFID),
			 -EINPROGRESS);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->result, 0);
	assert_string_equal(f->trace, "held:1 held:4 on:4 ");
	compare(f);
	report(f, IGMP_TO_EX, 2, 0);
	compare(f);
	f->trace[0] = 0;
	assert_int_equal(mgm_interface_release(f->mgm, f->rival, IFID),
			 -EINPROGRESS);
	assert_int_equal(f->ended, 2);
	assert_string_equal(f->trace, "held:4 held:1 on:1 ");
	compare(f);
}

/* It says so, and takes the interface again with all it has. */
static void test_it_comes_back_where_it_was_too_slow(void **state)
{
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	f->stall = true;
	assert_int_equal(mgm_interface_take(f->mgm, f->rival, IFID),
			 -EINPROGRESS);
	assert_int_equal(f->ended, 2);
	assert_int_equal(mgm_counters(f->mgm)->igmp_silent, 1);
	assert_int_equal(f->owner, XMGM_OWNER_NONE);
	assert_int_equal(f->said, 1);
	report(f, IGMP_TO_EX, 2, 0);
	move(f, 0);
	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	assert_int_equal(f->gate, MGM_GATE_ON);
	compare(f);
}

static void test_the_netdev_goes_and_comes(void **state)
{
	struct mgm_sg sg = mgm_sg_v4(none, grp(3));
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	assert_int_equal(f->proto->admin->join(f->igmp, "r1", sg, 0), 0);
	compare(f);
	vanish(f);
	f->lines = 0;
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 0);
	appear(f, "r1");
	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	assert_int_equal(f->gate, MGM_GATE_ON);
	compare(f);
	f->lines = 0;
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 1);
	/* Under another name it is not the one we were told to serve. */
	appear(f, "other");
	assert_int_equal(f->owner, XMGM_OWNER_NONE);
	appear(f, "r1");
	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	compare(f);
}

static void test_igmp_is_switched_off(void **state)
{
	const struct proto_config nothing = {0};
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	f->proto->configure(f->igmp, &nothing, f->now);
	assert_int_equal(f->owner, XMGM_OWNER_NONE);
	compare(f);
	report(f, IGMP_TO_EX, 0, 5);
	assert_int_equal(stat_of(f, "no_interface"), 1);
	configure(f, NULL, 0);
	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	report(f, IGMP_TO_EX, 0, 5);
	compare(f);
	/* Switched off where a protocol owns: that one keeps it. */
	mgm_interface_take(f->mgm, f->rival, IFID);
	f->proto->configure(f->igmp, &nothing, f->now);
	assert_int_equal(f->owner, XMGM_OWNER_PIM);
	assert_int_equal(f->said, 0);
}

static void test_join_and_leave(void **state)
{
	struct mgm_sg any = mgm_sg_v4(none, grp(0)),
		      one = mgm_sg_v4(src(1), grp(0));
	struct mgm_sg local =
		mgm_sg_v4(none, (struct in_addr){inet_addr("224.0.0.5")});
	struct mgm_sg unicast =
		mgm_sg_v4(none, (struct in_addr){inet_addr("10.0.0.5")});
	struct mgm_sg odd = mgm_sg_v4(grp(1), grp(0));
	struct fixture *f = *state;

	assert_int_equal(f->proto->admin->join(f->igmp, "r9", any, 0), -ENOENT);
	assert_int_equal(f->proto->admin->leave(f->igmp, "r9", any), -ENOENT);
	assert_int_equal(f->proto->admin->join(f->igmp, "r1", local, 0),
			 -EINVAL);
	assert_int_equal(f->proto->admin->join(f->igmp, "r1", unicast, 0),
			 -EINVAL);
	assert_int_equal(f->proto->admin->join(f->igmp, "r1", odd, 0), -EINVAL);
	assert_int_equal(f->proto->admin->leave(f->igmp, "r1", any), -ENOENT);
	assert_int_equal(f->proto->admin->join(f->igmp, "r1", one, 0), 0);
	assert_int_equal(f->proto->admin->join(f->igmp, "r1", one, 0), 0);
	assert_int_equal(f->proto->admin->join(f->igmp, "r1", any, 0), 0);
	compare(f);
	assert_int_equal(f->proto->admin->leave(f->igmp, "r1", any), 0);
	compare(f);
	assert_int_equal(f->proto->admin->leave(f->igmp, "r1", one), 0);
	assert_int_equal(f->proto->admin->leave(f->igmp, "r1", one), -ENOENT);
	compare(f);
}

struct joins {
	size_t count;
};

static int count_join(void *arg, const struct proto_join *join)
{
	struct joins *j = arg;

	assert_string_equal(join->join.interface, "r1");
	j->count++;
	return j->count == 10; /* stops there */
}

/* What was joined is listed, once each; hosts are not. */
static void test_joins_are_listed(void **state)
{
	struct proto_join_config joins[] = {
		{.sg = mgm_sg_v4(none, grp(0)), .interface = "r1"},
		{.sg = mgm_sg_v4(src(1), grp(1)), .interface = "r1"},
	};
	struct fixture *f = *state;
	struct joins seen = {0};

	configure(f, joins, 2);
	f->proto->admin->join(f->igmp, "r1", joins[0].sg, 0);
	f->proto->admin->join(f->igmp, "r1", mgm_sg_v4(src(2), grp(1)), 0);
	report(f, IGMP_TO_EX, 1, 1);
	report(f, IGMP_TO_EX, 2, 0);
	assert_int_equal(
		f->proto->admin->joins(f->igmp, NULL, count_join, &seen), 0);
	assert_int_equal(seen.count, 3);
	for (unsigned int i = 10; i < 30; i++)
		f->proto->admin->join(f->igmp, "r1", mgm_sg_v4(none, grp(i)),
				      0);
	seen.count = 0;
	assert_int_equal(
		f->proto->admin->joins(f->igmp, NULL, count_join, &seen), 1);
	assert_int_equal(seen.count, 10);
}

/* A reload changes what differs in the configuration and nothing else. */
static void test_joins_of_the_configuration(void **state)
{
	struct proto_join_config joins[] = {
		{.sg = mgm_sg_v4(none, grp(0)), .interface = "r1"},
		{.sg = mgm_sg_v4(src(1), grp(1)), .interface = "r1"},
		{.sg = mgm_sg_v4(none, grp(2)), .interface = "r9"},
		{.sg = mgm_sg_v4(none, grp(4)), .interface = "r1"},
	};
	struct mgm_sg command = joins[3].sg;
	struct fixture *f = *state;
	size_t before;

	configure(f, joins, 3);
	f->proto->admin->join(f->igmp, "r1", command, 0);
	f->lines = 0;
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 3);
	before = f->queriers;
	joins[0].sg = mgm_sg_v4(none, grp(3));
	configure(f, joins, 4);
	compare(f);
	f->lines = 0;
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 3);
	assert_int_equal(line_of(f, grp(3))->filter, MGM_EXCLUDE);
	assert_int_equal(line_of(f, grp(4))->filter, MGM_EXCLUDE);
	assert_int_equal(f->lines, 3); /* both were there */
	assert_int_equal(f->queriers, before);
	configure(f, NULL, 0);
	compare(f);
	f->lines = 0;
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 0); /* also what a command had joined */
}

static void test_records_that_make_no_sense(void **state)
{
	struct xmgm_igmp head = {.ifid = IFID, .length = 8};
	uint8_t bytes[64] = {0};
	struct fixture *f = *state;

	f->proto->record(f->igmp, bytes, sizeof(head) - 1, f->now);
	memcpy(bytes, &head, sizeof(head));
	f->proto->record(f->igmp, bytes, sizeof(head) + 7, f->now);
	f->proto->record(f->igmp, bytes, sizeof(head) + 8, f->now);
	head.length = UINT32_MAX;
	memcpy(bytes, &head, sizeof(head));
	f->proto->record(f->igmp, bytes, sizeof(bytes), f->now);
	assert_int_equal(stat_of(f, "malformed"), 4);
	compare(f);
}

/* An earlier deadline than the last one answered wakes the daemon. */
static void test_wakes_for_an_earlier_deadline(void **state)
{
	struct fixture *f = *state;
	uint64_t next;

	move(f, 100);
	next = f->proto->tick(f->igmp, f->now);
	assert_true(next > f->now + 2000);
	f->wakes = 0;
	report(f, IGMP_TO_EX, 0, 0); /* expires long after the next query */
	assert_int_equal(f->wakes, 0);
	report(f, IGMP_TO_IN, 0, 0);
	assert_int_equal(f->wakes, 1);
	assert_int_equal(f->proto->tick(f->igmp, f->now), f->now + 1000);
}

static void test_a_loss_is_answered(void **state)
{
	struct fixture *f = *state;
	uint64_t sent;

	move(f, 60000);
	sent = stat_of(f, "queries_sent");
	f->proto->lost(f->igmp, IFID, f->now);
	move(f, 0);
	assert_int_equal(stat_of(f, "queries_sent"), sent + 1);
	assert_int_equal(stat_of(f, "ring_lost"), 1);
}

/*
 * Reports, static groups, time, and a rival that takes and releases: the
 * manager always holds what IGMP shows.
 */
static void test_the_manager_always_agrees(void **state)
{
	struct fixture *f = *state;

	srandom(2715);
	for (int i = 0; i < 4000; i++) {
		unsigned int g = (unsigned int)random() % 6;
		uint32_t sources = (uint32_t)random() % 64;
		struct mgm_sg sg = mgm_sg_v4(src(sources % 6), grp(g));

		if (sources % 5 == 0)
			sg = mgm_sg_v4(none, grp(g));
		switch (random() % 12) {
		case 0:
			mgm_interface_take(f->mgm, f->rival, IFID);
			break;
		case 1:
			mgm_interface_release(f->mgm, f->rival, IFID);
			break;
		case 2:
			f->proto->admin->join(f->igmp, "r1", sg, 0);
			break;
		case 3:
			f->proto->admin->leave(f->igmp, "r1", sg);
			break;
		case 4:
			move(f, (uint64_t)random() % 270000);
			break;
		case 5:
			move(f, (uint64_t)random() % 3000);
			break;
		case 6:
			if (sources)
				break;
			vanish(f);
			appear(f, "r1");
			break;
		default:
			report(f, 1 + (unsigned int)random() % 6, g, sources);
		}
		compare(f);
	}
	assert_int_equal(stat_of(f, "set_failed"), 0);
	assert_true(f->ended > 100);
}

/* A message that the host has got, to an address of ours. */
static void unicast(struct fixture *f, uint8_t *message, size_t len, int ttl)
{
	struct proto_packet packet = {
		.ifid = IFID,
		.source = mgm_address_v4(
			(struct in_addr){inet_addr("10.1.0.77")}),
		.destination =
			mgm_address_v4((struct in_addr){inet_addr("10.1.0.1")}),
		.ttl = (uint8_t)ttl,
		.ip_protocol = IPPROTO_IGMP,
		.payload = message,
		.len = len,
	};
	uint16_t sum;

	memset(message + 2, 0, 2);
	sum = wire_checksum(message, len);
	message[2] = (uint8_t)(sum >> 8);
	message[3] = (uint8_t)sum;
	f->proto->packet(f->igmp, &packet, f->now);
}

/* RFC 9776 sections 4.1.12 and 4.2.14: to any address of the interface. */
static void test_messages_to_our_address_are_accepted(void **state)
{
	uint8_t query[8] = {0x11, 100};
	uint8_t join[8] = {0x16, 0, 0, 0, 239, 1, 1, 1};
	uint8_t leave[8] = {0x17, 0, 0, 0, 239, 1, 1, 1};
	struct fixture *f = *state;

	/* query, v1, v2 report, leave, v3 report; RFC 4286 */
	assert_int_equal(f->listens, 1u << 1 | 1u << 2 | 1u << 6 | 1u << 7 |
					     1u << 18 | 7ull << 32);
	unicast(f, query, sizeof(query), 1);
	assert_int_equal(stat_of(f, "queries_heard"), 1);
	unicast(f, join, sizeof(join), 1);
	compare(f);
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 1);
	unicast(f, leave, sizeof(leave), 1);
	move(f, 2000);
	f->lines = 0;
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 0);
	assert_int_equal(stat_of(f, "unicast"), 3);
	unicast(f, join, sizeof(join), 64); /* from afar */
	unicast(f, join, 7, 1);
	assert_int_equal(stat_of(f, "unicast_bad"), 2);
	assert_int_equal(stat_of(f, "reports_v2"), 1);
}

/* RFC 9776 section 6: a member of 224.0.0.22; of 224.0.0.2 for version 2. */
static void test_is_a_member_of_the_routers_groups(void **state)
{
	struct proto_config nothing = {0};
	struct fixture *f = *state;

	assert_int_equal(f->members, 1u << 31 | 1u << 22 | 1u << 2);
	vanish(f);
	assert_int_equal(f->members, 0);
	f->member_result = -ENOBUFS;
	appear(f, "r1");
	assert_int_equal(f->said, 1);
	assert_non_null(strstr(f->last_said, "r1: the groups of routers"));
	appear(f, "r1");
	assert_int_equal(f->said, 1);
	f->member_result = 0;
	appear(f, "r1");
	assert_int_equal(f->members, 1u << 31 | 1u << 22 | 1u << 2);
	f->proto->configure(f->igmp, &nothing, f->now);
	assert_int_equal(f->members, 0);
	configure(f, NULL, 0);
	assert_int_equal(f->members, 1u << 31 | 1u << 22 | 1u << 2);
}

/* Where IGMP runs the data plane is told what one host may say. */
static void test_the_data_plane_limits_hosts(void **state)
{
	static const struct proto_config nothing;
	struct fixture *f = *state;

	assert_int_equal(f->host_rate_ifid, IFID);
	assert_int_equal(f->host_rate, 777);
	f->proto->configure(f->igmp, &nothing, f->now);
	assert_int_equal(f->host_rate, 0);
	configure(f, NULL, 0);
	assert_int_equal(f->host_rate, 777);
}

/* A limit that refuses is said once a minute, with interface, group, host and
 * the option to raise; how often it has refused is known. */
static void test_refusals_are_said_once_in_a_while(void **state)
{
	struct fixture *f = *state;

	for (unsigned int i = 0; i < 13; i++) /* a quarter of 50 */
		report(f, 4, i, 0);
	assert_int_equal(f->said, 0);
	for (unsigned int i = 13; i < 20; i++)
		report(f, 4, i, 0);
	assert_int_equal(f->said, 1);
	assert_non_null(strstr(f->last_said, "interface r1"));
	assert_non_null(strstr(f->last_said, "239.1.1.14"));
	assert_non_null(strstr(f->last_said, "10.1.0.77"));
	assert_non_null(strstr(f->last_said, "max-groups-per-host"));
	assert_int_equal(f->limits, 1);
	assert_string_equal(f->last_limit.option, "max-groups-per-host");
	assert_true(f->last_limit.refused);
	move(f, 59999);
	report(f, 4, 20, 0);
	assert_int_equal(f->said, 1);
	move(f, 1);
	report(f, 4, 20, 0);
	assert_int_equal(f->said, 2);
	assert_int_equal(f->proto->refusals(f->igmp, IFID), 9);
	assert_int_equal(stat_of(f, "limit_host"), 9);
	/* Refreshes are never among them. */
	report(f, 2, 3, 0);
	assert_int_equal(f->proto->refusals(f->igmp, IFID), 9);
	/* A netdev that comes back begins anew. */
	vanish(f);
	appear(f, "r1");
	assert_int_equal(f->proto->refusals(f->igmp, IFID), 0);
}

static int see_uptime(void *arg, const struct proto_group *group)
{
	struct fixture *f = arg;

	f->lines++;
	f->ended = group->uptime_ms;
	return group->hosts ? 0 : 1;
}

static uint64_t uptime(struct fixture *f)
{
	f->lines = 0;
	assert_int_equal(f->proto->groups(f->igmp, f->now, NULL, see_uptime, f),
			 0);
	assert_int_equal(f->lines, 1);
	return f->ended;
}

/* From the first who wants it on; who comes after the last begins anew. */
static void test_uptime_of_a_group(void **state)
{
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 0);
	assert_int_equal(uptime(f), 0);
	move(f, 200000);
	assert_int_equal(uptime(f), 200000);
	report(f, IGMP_IS_EX, 0, 0);
	report(f, IGMP_ALLOW, 0, 1);
	move(f, 200000);
	assert_int_equal(uptime(f), 400000);
	report(f, IGMP_TO_IN, 0, 0);
	move(f, 500000);
	report(f, IGMP_TO_EX, 0, 0);
	move(f, 1000);
	assert_int_equal(uptime(f), 1000);
}

/* Who has reported is forgotten, at once and by the manager too. */
static void test_groups_are_cleared(void **state)
{
	const struct proto_join_config join = {.interface = "r1",
					       .sg = mgm_sg_v4(none, grp(2))};
	struct fixture *f = *state;

	configure(f, &join, 1);
	report(f, IGMP_TO_EX, 0, 5);
	report(f, IGMP_ALLOW, 1, 3);
	report(f, IGMP_ALLOW, 2, 3);
	move(f, 1000);
	assert_int_equal(f->proto->clear(f->igmp, "r2", f->now), -ENOENT);
	compare(f);
	assert_int_equal(f->proto->clear(f->igmp, NULL, f->now), 0);
	compare(f);
	membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 1);
	assert_int_equal(f->line[0].group.s_addr, grp(2).s_addr);
	report(f, IGMP_IS_EX, 0, 0);
	compare(f);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_takes_its_interface),
		T(test_groups_become_memberships),
		T(test_the_handshake),
		T(test_it_comes_back_where_it_was_too_slow),
		T(test_the_netdev_goes_and_comes),
		T(test_igmp_is_switched_off),
		T(test_join_and_leave),
		T(test_joins_are_listed),
		T(test_joins_of_the_configuration),
		T(test_records_that_make_no_sense),
		T(test_wakes_for_an_earlier_deadline),
		T(test_a_loss_is_answered),
		T(test_messages_to_our_address_are_accepted),
		T(test_is_a_member_of_the_routers_groups),
		T(test_the_data_plane_limits_hosts),
		T(test_refusals_are_said_once_in_a_while),
		T(test_uptime_of_a_group),
		T(test_groups_are_cleared),
		T(test_the_manager_always_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
