/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The static protocol against the real manager: interfaces that come and go,
 * takes that need a handshake or are refused, changes without a gap, reloads.
 */
#include "static_lab.h"
#include "proto/static/internal.h"

static void test_a_route_owns_its_interfaces_while_it_lasts(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(add(lab, 7, 1, 1, "23"), 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2,3 static");
	assert_int_equal(owner(lab, 1), XMGM_OWNER_STATIC);
	assert_int_equal(owner(lab, 3), XMGM_OWNER_STATIC);
	assert_int_equal(add(lab, 8, 1, 1, "2"), 0);
	assert_int_equal(del(lab, 7, 1), 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "-");
	assert_int_equal(owner(lab, 3), 0);
	assert_int_equal(owner(lab, 1), XMGM_OWNER_STATIC);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_STATIC);
	assert_int_equal(del(lab, 8, 1), 0);
	assert_int_equal(owner(lab, 1), 0);
	assert_int_equal(del(lab, 8, 1), -ENOENT);
}

static void test_a_change_never_takes_an_oif_too_early(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(add(lab, 7, 1, 1, "23"), 0);
	fix_line(lab->f, sg(7, 1))->packets = 9;
	fix_clear(lab->f);
	assert_int_equal(add(lab, 7, 1, 1, "34"), 0);
	fix_expect(lab->f, "write 4 static off 1\n"
			   "put (7,1) 1: 3,4 static\n"
			   "commit\nrelease (7,1)\n"
			   "gone 2\n");
	assert_int_equal(fix_line(lab->f, sg(7, 1))->packets, 9);
	/* Another iif: at once, with the same oifs. */
	assert_int_equal(add(lab, 7, 1, 2, "34"), 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "2: 3,4 static");
	assert_int_equal(fix_line(lab->f, sg(7, 1))->packets, 9);
	assert_int_equal(owner(lab, 1), 0);
	/* The iif becomes an oif. */
	assert_int_equal(add(lab, 7, 1, 3, "2"), 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "3: 2 static");
}

/* Of (*,G) they are those of every source, also of one with its own route. */
static void test_oifs_of_any_source_are_those_of_each(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(add(lab, 0, 1, 1, "2"), 0);
	assert_int_equal(add(lab, 7, 1, 1, "3"), 0);
	assert_int_equal(add(lab, 8, 2, 1, "3"), 0);
	assert_string_equal(fix_route(lab->f, 0, 1), "1: 2 static");
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2,3 static");
	assert_int_equal(add(lab, 0, 1, 1, "4"), 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 3,4 static");
	/* Those of one source are no other's. */
	assert_string_equal(fix_route(lab->f, 0, 1), "1: 4 static");
	assert_int_equal(del(lab, 7, 1), 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "-");
	assert_string_equal(fix_route(lab->f, 8, 2), "1: 3 static");
}

static void test_the_same_route_again_changes_nothing(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(add(lab, 7, 1, 1, "23"), 0);
	fix_clear(lab->f);
	assert_int_equal(add(lab, 7, 1, 1, "32"), 0);
	fix_expect(lab->f, "");
}

static void test_an_unknown_interface_is_refused_by_command(void **state)
{
	struct lab *lab = *state;

	lab->ifid[3] = 0;
	assert_int_equal(add(lab, 7, 1, 1, "23"), -ENODEV);
	assert_int_equal(add(lab, 7, 1, 3, "2"), -ENODEV);
	assert_int_equal(owner(lab, 1), 0);
	assert_int_equal(owner(lab, 2), 0);
	assert_int_equal(lab->proto->admin->join(lab->self, "e3", sg(0, 1), 5),
			 -ENODEV);
	assert_int_equal(lab->proto->admin->take(lab->self, "e3", 5), -ENODEV);
}

static void test_a_foreign_interface_undoes_the_whole_command(void **state)
{
	struct lab *lab = *state;
	struct fix_client *pim = fix_client(lab->f, "pim", XMGM_OWNER_PIM, 0);

	assert_int_equal(fix_take(pim, 3), 0);
	assert_int_equal(add(lab, 7, 1, 1, "2"), 0);
	assert_int_equal(add(lab, 7, 1, 1, "43"), -EEXIST);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2 static");
	assert_int_equal(owner(lab, 4), 0);
	assert_int_equal(add(lab, 8, 1, 3, "2"), -EEXIST);
	assert_string_equal(fix_route(lab->f, 8, 1), "-");
	assert_int_equal(lab->proto->admin->take(lab->self, "e3", 5), -EEXIST);
	assert_int_equal(lab->proto->admin->join(lab->self, "e3", sg(0, 1), 5),
			 -EEXIST);
	assert_int_equal(lab->done_count, 0);
}

static void test_a_limit_undoes_the_whole_command(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(add(lab, 7, 1, 1, "2"), 0);
	lab->f->fail_interface = -ENOSPC;
	assert_int_equal(add(lab, 7, 1, 1, "4"), -ENOSPC);
	lab->f->fail_interface = 0;
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2 static");
	assert_int_equal(add(lab, 7, 1, 1, "4"), 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 4 static");
}

static void test_a_route_waits_for_the_handshake(void **state)
{
	struct lab *lab = *state;
	struct fix_client *igmp = fix_igmp(lab->f);

	igmp->ack_inside = false;
	assert_int_equal(fix_take(igmp, 2), 0);
	assert_int_equal(add(lab, 7, 1, 1, "2"), -EINPROGRESS);
	assert_int_equal(lab->done_count, 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "-");
	assert_int_equal(add(lab, 7, 1, 1, "3"), -EBUSY);
	fix_ack(igmp, 2);
	fix_done(igmp, 2);
	assert_int_equal(lab->done_count, 1);
	assert_int_equal(lab->done_op, 77);
	assert_int_equal(lab->done_result, 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2 static");
	assert_int_equal(owner(lab, 2), XMGM_OWNER_STATIC);
	/* The old plan stays in force while the new one waits. */
	assert_int_equal(fix_take(igmp, 3), 0);
	assert_int_equal(add(lab, 7, 1, 1, "3"), -EINPROGRESS);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2 static");
	fix_ack(igmp, 3);
	fix_done(igmp, 3);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 3 static");
	assert_int_equal(lab->done_count, 2);
}

static void test_the_interface_vanishes_in_the_handshake(void **state)
{
	struct lab *lab = *state;
	struct fix_client *igmp = fix_igmp(lab->f);

	igmp->ack_inside = false;
	assert_int_equal(fix_take(igmp, 2), 0);
	assert_int_equal(add(lab, 7, 1, 1, "2"), -EINPROGRESS);
	vanish(lab, 2);
	assert_int_equal(lab->done_count, 1);
	assert_int_equal(lab->done_result, -ENODEV);
	assert_string_equal(fix_route(lab->f, 7, 1), "-");
	assert_int_equal(owner(lab, 1), 0);
}

static void test_a_command_taken_back_in_the_handshake(void **state)
{
	struct lab *lab = *state;
	struct fix_client *igmp = fix_igmp(lab->f);

	igmp->ack_inside = false;
	assert_int_equal(fix_take(igmp, 2), 0);
	assert_int_equal(add(lab, 7, 1, 1, "2"), -EINPROGRESS);
	assert_int_equal(del(lab, 7, 1), 0);
	assert_int_equal(lab->done_result, -ECANCELED);
	fix_ack(igmp, 2);
	fix_done(igmp, 2);
	/* Owned for a moment, then given back by a second handshake. */
	fix_ack(igmp, 2);
	fix_done(igmp, 2);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_IGMP);
	assert_string_equal(fix_route(lab->f, 7, 1), "-");
	assert_int_equal(lab->done_count, 1);
}

static void test_interfaces_come_back_under_another_ifid(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(add(lab, 7, 1, 1, "23"), 0);
	vanish(lab, 2);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 3 static");
	appear(lab, 2, 12);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 3,12 static");
	vanish(lab, 1);
	assert_string_equal(fix_route(lab->f, 7, 1), "-");
	assert_string_equal(lab->proto->admin->route_waits(lab->self, sg(7, 1)),
			    "e1");
	appear(lab, 1, 11);
	assert_string_equal(fix_route(lab->f, 7, 1), "11: 3,12 static");
	assert_null(lab->proto->admin->route_waits(lab->self, sg(7, 1)));
	/* Missed that it went: only the new ifid is reported. */
	mgm_interface_gone(lab->f->m, lab->f->now, 12);
	appear(lab, 2, 13);
	assert_string_equal(fix_route(lab->f, 7, 1), "11: 3,13 static");
	vanish(lab, 3);
	assert_int_equal(del(lab, 7, 1), 0);
	appear(lab, 3, 3);
	assert_int_equal(owner(lab, 3), 0);
}

static void test_joins_count_beside_routes(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(add(lab, 7, 1, 1, "2"), 0);
	assert_int_equal(lab->proto->admin->join(lab->self, "e2", sg(7, 1), 5),
			 0);
	assert_int_equal(lab->proto->admin->join(lab->self, "e2", sg(7, 1), 5),
			 0);
	assert_int_equal(lab->proto->admin->join(lab->self, "e3", sg(7, 1), 5),
			 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2,3 static");
	assert_int_equal(del(lab, 7, 1), 0);
	assert_int_equal(owner(lab, 1), 0);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_STATIC);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e2", sg(7, 1)),
			 0);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e2", sg(7, 1)),
			 -ENOENT);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e5", sg(7, 1)),
			 -ENOENT);
	assert_int_equal(owner(lab, 2), 0);
	/* An oif of a route is not a join. */
	assert_int_equal(add(lab, 7, 1, 1, "2"), 0);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e2", sg(7, 1)),
			 -ENOENT);
}

static void test_owner_by_hand(void **state)
{
	struct lab *lab = *state;
	struct fix_client *igmp = fix_igmp(lab->f);

	assert_int_equal(lab->proto->admin->release(lab->self, "e2", 5),
			 -EINVAL);
	assert_int_equal(lab->proto->admin->take(lab->self, "e2", 5), 0);
	assert_int_equal(lab->proto->admin->take(lab->self, "e2", 5), 0);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_STATIC);
	assert_int_equal(add(lab, 7, 1, 1, "2"), 0);
	assert_int_equal(lab->proto->admin->release(lab->self, "e2", 5),
			 -EBUSY);
	assert_int_equal(del(lab, 7, 1), 0);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_STATIC);
	assert_int_equal(lab->proto->admin->release(lab->self, "e2", 5), 0);
	assert_int_equal(owner(lab, 2), 0);

	igmp->ack_inside = false;
	assert_int_equal(fix_take(igmp, 2), 0);
	assert_int_equal(lab->proto->admin->take(lab->self, "e2", 6),
			 -EINPROGRESS);
	assert_int_equal(lab->proto->admin->take(lab->self, "e2", 7), -EBUSY);
	fix_ack(igmp, 2);
	fix_done(igmp, 2);
	assert_int_equal(lab->done_op, 6);
	assert_int_equal(lab->done_result, 0);
	assert_int_equal(lab->proto->admin->release(lab->self, "e2", 8),
			 -EINPROGRESS);
	fix_ack(igmp, 2);
	fix_done(igmp, 2);
	assert_int_equal(lab->done_op, 8);
	assert_int_equal(lab->done_result, 0);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_IGMP);
	assert_int_equal(lab->done_count, 2);
}

/* Given back by hand only when nothing but that hand holds it. */
static void test_an_interface_in_use_is_not_released(void **state)
{
	struct lab *lab = *state;

	assert_int_equal(add(lab, 7, 1, 1, "2"), 0);
	assert_int_equal(lab->proto->admin->release(lab->self, "e1", 5),
			 -EBUSY);
	assert_int_equal(lab->proto->admin->release(lab->self, "e2", 5),
			 -EBUSY);
	assert_int_equal(lab->proto->admin->join(lab->self, "e3", sg(0, 1), 5),
			 0);
	assert_int_equal(lab->proto->admin->release(lab->self, "e3", 5),
			 -EBUSY);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2,3 static");
	assert_int_equal(owner(lab, 3), XMGM_OWNER_STATIC);
	/* One hand and one join: the join is still there. */
	assert_int_equal(lab->proto->admin->take(lab->self, "e3", 5), 0);
	assert_int_equal(lab->proto->admin->release(lab->self, "e3", 5),
			 -EBUSY);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e3", sg(0, 1)),
			 0);
	assert_int_equal(owner(lab, 3), XMGM_OWNER_STATIC);
	assert_int_equal(lab->proto->admin->release(lab->self, "e3", 5), 0);
	assert_int_equal(owner(lab, 3), 0);
	assert_int_equal(lab->done_count, 0);
}

/* The join is answered at once, and the handshake leaves nothing behind. */
static void test_a_join_taken_back_in_the_handshake(void **state)
{
	struct lab *lab = *state;
	struct fix_client *igmp = fix_igmp(lab->f);

	igmp->ack_inside = false;
	assert_int_equal(fix_take(igmp, 2), 0);
	assert_int_equal(lab->proto->admin->join(lab->self, "e2", sg(7, 1), 6),
			 -EINPROGRESS);
	assert_int_equal(lab->proto->admin->join(lab->self, "e2", sg(7, 1), 7),
			 -EBUSY);
	assert_int_equal(lab->done_count, 0);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e2", sg(7, 1)),
			 0);
	assert_int_equal(lab->done_op, 6);
	assert_int_equal(lab->done_result, -ECANCELED);
	fix_ack(igmp, 2);
	fix_done(igmp, 2);
	fix_ack(igmp, 2);
	fix_done(igmp, 2);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_IGMP);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e2", sg(7, 1)),
			 -ENOENT);
	assert_int_equal(lab->done_count, 1);
	/* The next one is counted anew. */
	assert_int_equal(lab->proto->admin->join(lab->self, "e2", sg(7, 1), 8),
			 -EINPROGRESS);
	fix_ack(igmp, 2);
	fix_done(igmp, 2);
	assert_int_equal(lab->done_op, 8);
	assert_int_equal(lab->done_result, 0);
	assert_int_equal(lab->done_count, 2);
}

/* Everything inside the call: the manager ends the handshake before it. */
static void test_owner_by_hand_with_a_quick_igmp(void **state)
{
	struct lab *lab = *state;
	struct fix_client *igmp = fix_igmp(lab->f);
	int err;

	igmp->ack_inside = true;
	assert_int_equal(fix_take(igmp, 2), 0);
	err = lab->proto->admin->take(lab->self, "e2", 6);
	if (err == -EINPROGRESS)
		fix_done(igmp, 2);
	assert_int_equal(lab->done_count, err ? 1 : 0);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_STATIC);
	err = lab->proto->admin->release(lab->self, "e2", 9);
	if (err == -EINPROGRESS)
		fix_done(igmp, 2);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_IGMP);
}

/* --- configuration -------------------------------------------------- */

struct wish {
	uint32_t s, g, from;
	const char *to;
};

static void configure(struct lab *lab, const struct wish *wishes, size_t count,
		      const struct proto_join_config *joins, size_t join_count)
{
	static char names[8][NAMES][XMGM_IFNAME_LEN];
	struct proto_route_config routes[8] = {{.to_count = 0}};
	struct proto_interface_config igmp = {.name = "e5"};
	struct proto_config config = {
		.interfaces = &igmp,
		.interface_count = 1,
		.routes = routes,
		.route_count = count,
		.joins = joins,
		.join_count = join_count,
	};
	size_t i, j;

	igmp.blocks[0].enabled = true; /* IGMP is the first of all */
	for (i = 0; i < count; i++) {
		routes[i].sg = sg(wishes[i].s, wishes[i].g);
		snprintf(routes[i].from, XMGM_IFNAME_LEN, "e%u",
			 wishes[i].from);
		for (j = 0; wishes[i].to[j]; j++)
			snprintf(names[i][j], XMGM_IFNAME_LEN, "e%c",
				 wishes[i].to[j]);
		routes[i].to = (const char(*)[XMGM_IFNAME_LEN])names[i];
		routes[i].to_count = j;
	}
	lab->proto->configure(lab->self, &config, lab->f->now);
}

static void test_reload_touches_only_what_differs(void **state)
{
	static const struct wish first[] = {{7, 1, 1, "23"},
					    {8, 1, 1, "2"},
					    {0, 2, 1, "3"},
					    {9, 1, 1, "2"}};
	static const struct wish second[] = {
		{7, 1, 1, "32"}, {8, 1, 1, "4"}, {9, 1, 1, "2"}};
	struct lab *lab = *state;

	configure(lab, first, 3, NULL, 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2,3 static");
	assert_string_equal(fix_route(lab->f, 0, 2), "1: 3 static");
	assert_int_equal(add(lab, 9, 1, 1, "2"), 0);
	fix_clear(lab->f);
	configure(lab, first, 4, NULL, 0);
	fix_expect(lab->f, "");
	configure(lab, second, 3, NULL, 0);
	fix_expect(lab->f, "write 4 static off 1\n"
			   "put (8,1) 1: 4 static\n"
			   "commit\nrelease (8,1)\n"
			   "del (*,2)\ncommit\n");
	/* What was made by command stays while it is named. */
	assert_string_equal(fix_route(lab->f, 9, 1), "1: 2 static");
	configure(lab, NULL, 0, NULL, 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "-");
	assert_string_equal(fix_route(lab->f, 9, 1), "-");
	assert_int_equal(owner(lab, 3), 0);
}

static void test_configured_routes_wait_for_interfaces(void **state)
{
	static const struct wish wishes[] = {{7, 1, 1, "23"}};
	struct lab *lab = *state;

	lab->ifid[1] = lab->ifid[3] = 0;
	configure(lab, wishes, 1, NULL, 0);
	assert_int_equal(lab->said, 2);
	assert_string_equal(fix_route(lab->f, 7, 1), "-");
	appear(lab, 1, 1);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2 static");
	appear(lab, 3, 3);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2,3 static");
}

static void test_configured_routes_wait_for_a_foreign_owner(void **state)
{
	static const struct wish wishes[] = {{7, 1, 1, "23"}};
	struct lab *lab = *state;
	struct fix_client *pim = fix_client(lab->f, "pim", XMGM_OWNER_PIM, 0);

	assert_int_equal(fix_take(pim, 3), 0);
	configure(lab, wishes, 1, NULL, 0);
	assert_int_equal(lab->said, 1);
	assert_int_equal(lab->woken, 1);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2 static");
	tick(lab, 1000);
	assert_int_equal(lab->said, 1); /* once */
	assert_int_equal(fix_release(pim, 3), 0);
	tick(lab, 1000);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2,3 static");
	assert_true(lab->proto->tick(lab->self, lab->f->now) == UINT64_MAX);
}

static void test_joins_of_the_configuration(void **state)
{
	struct proto_join_config joins[] = {
		{.sg = sg(7, 1), .interface = "e2"},
		{.sg = sg(0, 1), .interface = "e5"}, /* IGMP runs there */
	};
	struct lab *lab = *state;

	configure(lab, NULL, 0, joins, 2);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_STATIC);
	assert_int_equal(owner(lab, 5), 0);
	fix_clear(lab->f);
	configure(lab, NULL, 0, joins, 2);
	fix_expect(lab->f, "");
	assert_int_equal(lab->proto->admin->join(lab->self, "e2", sg(7, 1), 5),
			 0);
	configure(lab, NULL, 0, joins, 1);
	assert_int_equal(owner(lab, 2), XMGM_OWNER_STATIC);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e2", sg(7, 1)),
			 0);
	assert_int_equal(owner(lab, 2), 0);
	configure(lab, NULL, 0, joins, 1);
	configure(lab, NULL, 0, NULL, 0);
	assert_int_equal(owner(lab, 2), 0);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e2", sg(7, 1)),
			 -ENOENT);
}

/* From any source to 239.0.0.0/length. */
static struct mgm_sg groups_in(uint8_t length)
{
	struct mgm_sg range = sg(0, 1);

	range.group.address.bytes[15] = 0;
	range.group.length = length;
	return range;
}

/* From 10.0.0.0/length to group 1. */
static struct mgm_sg sources_in(uint8_t length)
{
	struct mgm_sg range = sg(1, 1);

	range.source.address.bytes[15] = 0;
	range.source.length = length;
	return range;
}

/* IGMP has groups, each with sources; prefixes and (*,*) are static's also
 * where it runs, as routes are. */
static void test_joins_of_prefixes_are_statics(void **state)
{
	struct proto_join_config joins[] = {
		{.sg = groups_in(16), .interface = "e5"},
		{.sg = sources_in(16), .interface = "e5"},
		{.sg = MGM_SG_ANY, .interface = "e5"},
		{.sg = sg(0, 1), .interface = "e5"}, /* IGMP's */
	};
	struct lab *lab = *state;

	configure(lab, NULL, 0, joins, 4);
	assert_int_equal(owner(lab, 5), XMGM_OWNER_STATIC);
	assert_int_equal(lab->proto->admin->leave(lab->self, "e5", sg(0, 1)),
			 -ENOENT);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(lab->proto->admin->leave(lab->self, "e5",
							  joins[i].sg),
				 0);
	assert_int_equal(owner(lab, 5), 0);
}

/* In what it says of them they are not taken for one group. */
static void test_prefixes_are_called_prefixes(void **state)
{
	char name[STATIC_SG_LEN];

	(void)state;
	assert_string_equal(static_sg_name(groups_in(16), name),
			    "(*, 239.0.0.0/16)");
	assert_string_equal(static_sg_name(sources_in(8), name),
			    "(10.0.0.0/8, 239.0.0.1)");
	assert_string_equal(static_sg_name(MGM_SG_ANY, name), "(*, *)");
}

/* What is in it, whichever flow comes; and nothing when it is left. */
static void test_a_join_of_a_prefix_forwards_what_is_in_it(void **state)
{
	const struct mgm_sg in[] = {groups_in(29), sources_in(24), MGM_SG_ANY};
	struct lab *lab = *state;

	lab->f->rib[8] = 1;
	assert_int_equal(lab->proto->admin->take(lab->self, "e1", 1), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(
			lab->proto->admin->join(lab->self, "e2", in[i], 1), 0);
		fix_upcall(lab->f, 8, 1, 1);
		assert_string_equal(fix_route(lab->f, 8, 1), "1: 2");
		assert_int_equal(
			lab->proto->admin->leave(lab->self, "e2", in[i]), 0);
		assert_string_not_equal(fix_route(lab->f, 8, 1), "1: 2");
		tick(lab, 1000000);
	}
	fix_clear(lab->f);
}

/* What a command is still making is not taken for gone. */
static void test_a_reload_in_the_handshake(void **state)
{
	const struct proto_join_config join = {.sg = sg(8, 1),
					       .interface = "e2"};
	struct lab *lab = *state;
	struct fix_client *igmp = fix_igmp(lab->f);

	igmp->ack_inside = false;
	assert_int_equal(fix_take(igmp, 2), 0);
	assert_int_equal(add(lab, 7, 1, 1, "2"), -EINPROGRESS);
	assert_int_equal(lab->proto->admin->join(lab->self, "e2", sg(8, 1), 6),
			 -EINPROGRESS);
	configure(lab, NULL, 0, NULL, 0);
	assert_int_equal(lab->done_count, 0);
	configure(lab, NULL, 0, &join, 1);
	fix_ack(igmp, 2);
	fix_done(igmp, 2);
	assert_int_equal(lab->done_count, 2);
	assert_int_equal(lab->done_result, 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "1: 2 static");
	configure(lab, NULL, 0, NULL, 0);
	assert_string_equal(fix_route(lab->f, 7, 1), "-");
}

/* The run before had it; nobody waits for an answer. */
static void
test_an_owner_of_the_run_before_waits_for_its_interface(void **state)
{
	struct lab *lab = *state;
	struct fix_client *pim = fix_client(lab->f, "pim", XMGM_OWNER_PIM, 0);

	vanish(lab, 2);
	assert_int_equal(lab->proto->admin->take(lab->self, "e2", 0), -ENODEV);
	assert_int_equal(fix_take(pim, 3), 0);
	assert_int_equal(lab->proto->admin->take(lab->self, "e3", 0), -EEXIST);
	appear(lab, 2, 12);
	assert_int_equal(owner(lab, 12), XMGM_OWNER_STATIC);
	assert_int_equal(fix_release(pim, 3), 0);
	tick(lab, 1000);
	assert_int_equal(owner(lab, 3), XMGM_OWNER_STATIC);
	assert_int_equal(lab->done_count, 0);
	assert_int_equal(lab->proto->admin->release(lab->self, "e3", 5), 0);
}

/* A listing that stops after each row; which of 1 to 60 it has met. */
struct pieces {
	struct proto_cursor cursor;
	unsigned int seen[61];
	size_t rows;
};

static int piece_of(struct pieces *p, const struct mgm_address *group)
{
	unsigned int number = group->bytes[15];

	assert_in_range(number, 1, 60);
	p->seen[number]++;
	p->rows++;
	return 1;
}

static int one_route(void *arg, const struct proto_route *route)
{
	return piece_of(arg, &route->route.sg.group.address);
}

static int one_join(void *arg, const struct proto_join *join)
{
	return piece_of(arg, &join->join.sg.group.address);
}

static int one_group(void *arg, const struct proto_group *group)
{
	return piece_of(arg, &group->group);
}

static int one_range(void *arg, const struct proto_group *group)
{
	unsigned int *seen = arg;

	if (group->range && !group->range->group.length)
		*seen |= 1;
	else if (group->range && group->range->source.length)
		*seen |= 2;
	else
		*seen |= group->range ? 4 : 8;
	return 1;
}

/* (*,*) is a key like others: it does not begin the list again. */
static void test_prefixes_are_listed_once_each(void **state)
{
	const struct mgm_sg joins[] = {MGM_SG_ANY, sources_in(16),
				       groups_in(16), sg(0, 1)};
	struct lab *lab = *state;
	struct proto_cursor cursor = {.begun = false};
	unsigned int seen = 0, rows = 0;

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(lab->proto->admin->join(lab->self, "e2",
							 joins[i], 1),
				 0);
	while (rows < 5 && lab->proto->groups(lab->self, lab->f->now, &cursor,
					      one_range, &seen))
		rows++;
	assert_int_equal(rows, 4);
	assert_int_equal(seen, 15);
}

static void listed_once(const struct pieces *p)
{
	for (unsigned int i = 1; i <= 60; i++)
		assert_true(i <= 20 && i != 13 ? p->seen[i] == 1
					       : p->seen[i] <= 1);
	assert_true(p->rows >= 19);
}

/* What is there all the while is listed once, whatever changes meanwhile. */
static void test_routes_are_listed_a_piece_at_a_time(void **state)
{
	struct lab *lab = *state;
	struct pieces p = {.rows = 0};
	uint32_t i;

	for (i = 1; i <= 20; i++)
		assert_int_equal(add(lab, 7, i, 1, "2"), 0);
	while (lab->proto->admin->routes(lab->self, &p.cursor, one_route, &p)) {
		if (p.rows != 5)
			continue;
		for (i = 21; i <= 60; i++)
			assert_int_equal(add(lab, 7, i, 1, "2"), 0);
		assert_int_equal(del(lab, 7, 13), 0);
	}
	listed_once(&p);
}

static void test_joins_are_listed_a_piece_at_a_time(void **state)
{
	struct pieces joins = {.rows = 0}, groups = {.rows = 0};
	struct lab *lab = *state;
	uint32_t i;

	for (i = 1; i <= 20; i++)
		assert_int_equal(lab->proto->admin->join(lab->self, "e2",
							 sg(0, i), 1),
				 0);
	while (lab->proto->admin->joins(lab->self, &joins.cursor, one_join,
					&joins)) {
		if (joins.rows != 5)
			continue;
		for (i = 21; i <= 60; i++)
			lab->proto->admin->join(lab->self, "e3", sg(0, i), 1);
		lab->proto->admin->leave(lab->self, "e2", sg(0, 13));
	}
	listed_once(&joins);
	while (lab->proto->groups(lab->self, lab->f->now, &groups.cursor,
				  one_group, &groups))
		;
	assert_int_equal(groups.rows, 59);
}

/* --- routes to sources ---------------------------------------------- */

static struct proto_rpf_config rpf_of(const char *via, const char *dev)
{
	struct proto_rpf_config rpf = {
		.prefix = {mgm_address_v4((struct in_addr){htonl(0x0a000000)}),
			   24,
			   {0}},
		.via = MGM_ADDRESS_V4_ANY,
		.distance = 1,
	};

	if (via)
		rpf.via = mgm_address_v4((struct in_addr){inet_addr(via)});
	if (dev)
		snprintf(rpf.dev, sizeof(rpf.dev), "%s", dev);
	return rpf;
}

/* The interface towards 10.0.0.7; 0: none. */
static uint32_t toward_7(struct lab *lab)
{
	const struct mgm_address source = mgm_address_v4(src_ip(7));
	struct mgm_rib_route best = {.size = sizeof(best)};
	size_t count = 1;

	return mgm_rib_get(lab->f->m, &source, &best, &count) ? 0 : best.ifid;
}

static void configure_rpf(struct lab *lab, const struct proto_rpf_config *rpf)
{
	const struct proto_config config = {.rpfs = rpf, .rpf_count = !!rpf};

	lab->proto->configure(lab->self, &config, lab->f->now);
}

static void test_a_route_to_sources_is_by_command(void **state)
{
	struct lab *lab = *state;
	const struct proto_admin *admin = lab->proto->admin;
	struct proto_rpf_config rpf = rpf_of(NULL, "e2");

	assert_int_equal(admin->rpf_add(lab->self, &rpf), 0);
	assert_int_equal(toward_7(lab), 2);
	assert_int_equal(owner(lab, 2), 0); /* it takes none */
	rpf = rpf_of("10.3.0.9", NULL);
	assert_int_equal(admin->rpf_add(lab->self, &rpf), 0);
	assert_int_equal(toward_7(lab), 3);
	rpf = rpf_of("10.99.0.9", NULL);
	assert_int_equal(admin->rpf_add(lab->self, &rpf), -ENETUNREACH);
	lab->ifid[7] = 0;
	rpf = rpf_of(NULL, "e7");
	assert_int_equal(admin->rpf_add(lab->self, &rpf), -ENODEV);
	assert_int_equal(toward_7(lab), 3);
	assert_int_equal(admin->rpf_del(lab->self, &rpf.prefix), 0);
	assert_int_equal(admin->rpf_del(lab->self, &rpf.prefix), -ENOENT);
	assert_int_equal(toward_7(lab), 0);
}

static void test_a_route_to_sources_waits_for_its_interface(void **state)
{
	static const char *const vias[] = {NULL, "10.2.0.9"};
	struct lab *lab = *state;

	for (int i = 0; i < 2; i++) {
		struct proto_rpf_config rpf = rpf_of(vias[i], i ? NULL : "e2");
		const struct proto_address subnet = V4_SUBNET(10, 2, 0, 1, 16);
		struct proto_interface e2 = {.ifid = 20,
					     .name = "e2",
					     .up = true,
					     .addresses = &subnet,
					     .address_count = 1};

		lab->ifid[2] = 0;
		configure_rpf(lab, &rpf);
		assert_int_equal(toward_7(lab), 0);
		lab->ifid[2] = e2.ifid;
		lab->proto->interface_changed(lab->self, &e2, lab->f->now);
		assert_int_equal(toward_7(lab), 20);
		/* It is gone, and comes back as another. */
		lab->ifid[2] = 0;
		mgm_interface_gone(lab->f->m, lab->f->now, 20);
		lab->proto->interface_gone(lab->self, 20, "e2");
		assert_int_equal(toward_7(lab), 0);
		lab->ifid[2] = e2.ifid = 21;
		lab->proto->interface_changed(lab->self, &e2, lab->f->now);
		assert_int_equal(toward_7(lab), 21);
		configure_rpf(lab, NULL);
		assert_int_equal(toward_7(lab), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(test_a_route_to_sources_is_by_command),
		lab_test(test_a_route_to_sources_waits_for_its_interface),
		lab_test(test_a_route_owns_its_interfaces_while_it_lasts),
		lab_test(test_a_change_never_takes_an_oif_too_early),
		lab_test(test_oifs_of_any_source_are_those_of_each),
		lab_test(test_the_same_route_again_changes_nothing),
		lab_test(test_an_unknown_interface_is_refused_by_command),
		lab_test(test_a_foreign_interface_undoes_the_whole_command),
		lab_test(test_a_limit_undoes_the_whole_command),
		lab_test(test_a_route_waits_for_the_handshake),
		lab_test(test_the_interface_vanishes_in_the_handshake),
		lab_test(test_a_command_taken_back_in_the_handshake),
		lab_test(test_interfaces_come_back_under_another_ifid),
		lab_test(test_joins_count_beside_routes),
		lab_test(test_owner_by_hand),
		lab_test(test_an_interface_in_use_is_not_released),
		lab_test(test_a_join_taken_back_in_the_handshake),
		lab_test(test_owner_by_hand_with_a_quick_igmp),
		lab_test(test_reload_touches_only_what_differs),
		lab_test(test_configured_routes_wait_for_interfaces),
		lab_test(test_configured_routes_wait_for_a_foreign_owner),
		lab_test(test_joins_of_the_configuration),
		lab_test(test_joins_of_prefixes_are_statics),
		lab_test(test_a_join_of_a_prefix_forwards_what_is_in_it),
		lab_test(test_prefixes_are_called_prefixes),
		lab_test(test_a_reload_in_the_handshake),
		lab_test(
			test_an_owner_of_the_run_before_waits_for_its_interface),
		lab_test(test_routes_are_listed_a_piece_at_a_time),
		lab_test(test_joins_are_listed_a_piece_at_a_time),
		lab_test(test_prefixes_are_listed_once_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
