/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the manager hears of IGMP: static groups beside reported ones, the
 * gate, replay, and that at any time the manager knows exactly what the
 * groups say.
 */
#include "igmp_fixture.h"
#include "v4.h"

#include <errno.h>
#include <stdio.h>

static struct mgm_sg sg(struct in_addr source, unsigned int group)
{
	return mgm_sg_v4(source, grp(group));
}

static const struct in_addr any;

static void test_static_any_outweighs_hosts(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_TO_EX, grp(0), 3);
	fix_expect(f, grp(0), MGM_EXCLUDE, 3);
	assert_int_equal(igmp_static_add(f->in, sg(any, 0), IGMP_BY_COMMAND),
			 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_after(f, GMI);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	fix_record(f, IGMP_ALLOW, grp(0), 3);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(igmp_static_del(f->in, sg(any, 0), IGMP_BY_COMMAND),
			 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 3);
}

static void test_static_sources_beside_hosts(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(igmp_static_add(f->in, sg(src(2), 0), IGMP_BY_CONFIG),
			 0);
	assert_int_equal(igmp_static_add(f->in, sg(src(0), 0), IGMP_BY_CONFIG),
			 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 5);
	fix_record(f, IGMP_ALLOW, grp(0), 6);
	fix_expect(f, grp(0), MGM_INCLUDE, 7);
	/* Blocked by a host, wanted by us: not blocked. */
	fix_record(f, IGMP_TO_EX, grp(0), 9);
	fix_expect(f, grp(0), MGM_EXCLUDE, 8);
	fix_after(f, GMI);
	fix_expect(f, grp(0), MGM_INCLUDE, 5);
	assert_int_equal(igmp_static_del(f->in, sg(src(0), 0), IGMP_BY_CONFIG),
			 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 4);
	assert_int_equal(igmp_static_del(f->in, sg(src(2), 0), IGMP_BY_CONFIG),
			 0);
	assert_null(igmp_group_find(f->in, grp(0)));
}

/* Two askers: it stays until both have taken it back. */
static void test_static_origins(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(igmp_static_del(f->in, sg(any, 0), IGMP_BY_CONFIG),
			 -ENOENT);
	igmp_static_add(f->in, sg(any, 0), IGMP_BY_CONFIG);
	assert_int_equal(igmp_static_del(f->in, sg(any, 0), IGMP_BY_COMMAND),
			 -ENOENT);
	igmp_static_add(f->in, sg(any, 0), IGMP_BY_COMMAND);
	assert_int_equal(igmp_static_del(f->in, sg(any, 0), IGMP_BY_CONFIG), 0);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	assert_int_equal(igmp_static_del(f->in, sg(any, 0), IGMP_BY_COMMAND),
			 0);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
}

static void test_static_limits(void **state)
{
	struct igmp_config config = fix_config();
	struct fixture *f = *state;

	config.max_sources = 2;
	config.max_groups = 2;
	igmp_interface_configure(f->in, &config, f->now);
	assert_int_equal(igmp_static_add(f->in, sg(src(0), 0), 1), 0);
	assert_int_equal(igmp_static_add(f->in, sg(src(1), 0), 1), 0);
	assert_int_equal(igmp_static_add(f->in, sg(src(2), 0), 1), -ENOSPC);
	assert_int_equal(igmp_static_add(f->in, sg(any, 1), 1), 0);
	assert_int_equal(igmp_static_add(f->in, sg(any, 2), 1), -ENOSPC);
	fix_expect(f, grp(0), MGM_INCLUDE, 3);
}

/* The netdev goes and comes: hosts are forgotten, static groups are not. */
static void test_static_groups_survive_the_netdev(void **state)
{
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	igmp_static_add(f->in, sg(any, 0), IGMP_BY_COMMAND);
	fix_record(f, IGMP_TO_EX, grp(1), 0);
	igmp_interface_absent(f->in);
	memset(f->told, 0, sizeof(f->told)); /* the manager forgets as well */
	f->sets = 0;
	assert_null(igmp_group_find(f->in, grp(1)));
	fix_after(f, 10 * GMI);
	igmp_interface_present(f->in, &interface, f->now);
	assert_int_equal(f->sets, 0);
	igmp_interface_open(f->in);
	assert_int_equal(f->sets, 1);
	fix_expect(f, grp(0), MGM_EXCLUDE, 0);
	/* Without IGMP nothing stays. */
	igmp_interface_configure(f->in, NULL, f->now);
	assert_int_equal(f->in->groups.count, 0);
}

static void drop_one(void *arg, struct igmp_interface *in, struct mgm_sg one,
		     unsigned int has)
{
	assert_int_equal(has, IGMP_BY_CONFIG);
	(*(int *)arg)++;
	igmp_static_del(in, one, IGMP_BY_CONFIG);
}

static void test_walk_may_delete(void **state)
{
	struct fixture *f = *state;
	int count = 0;

	for (unsigned int g = 0; g < 20; g++) {
		for (unsigned int s = 0; s < 3; s++)
			igmp_static_add(f->in, sg(src(s), g), IGMP_BY_CONFIG);
		igmp_static_add(f->in, sg(any, g), IGMP_BY_COMMAND);
	}
	igmp_static_walk(f->in, IGMP_BY_CONFIG, drop_one, &count);
	assert_int_equal(count, 60);
	for (unsigned int g = 0; g < 20; g++)
		fix_expect(f, grp(g), MGM_EXCLUDE, 0);
	count = 0;
	igmp_static_walk(f->in, IGMP_BY_CONFIG, drop_one, &count);
	assert_int_equal(count, 0);
}

/* Closed: the machine goes on, nobody is called; open: everything is said. */
static void test_the_gate(void **state)
{
	struct fixture *f = *state;

	fix_record(f, IGMP_TO_EX, grp(0), 0);
	fix_record(f, IGMP_TO_EX, grp(1), 0);
	igmp_interface_close(f->in);
	f->sets = 0;
	fix_record(f, IGMP_TO_IN, grp(0), 0);
	fix_record(f, IGMP_TO_EX, grp(2), 1);
	igmp_static_add(f->in, sg(src(3), 3), IGMP_BY_COMMAND);
	fix_after(f, LMQT);
	assert_int_equal(f->sets, 0);
	assert_null(igmp_group_find(f->in, grp(0)));
	assert_non_null(igmp_group_find(f->in, grp(2)));
	memset(f->told, 0, sizeof(f->told));
	igmp_interface_open(f->in);
	assert_int_equal(f->sets, 3);
	fix_expect(f, grp(0), MGM_INCLUDE, 0);
	fix_expect(f, grp(1), MGM_EXCLUDE, 0);
	fix_expect(f, grp(2), MGM_EXCLUDE, 1);
	fix_expect(f, grp(3), MGM_INCLUDE, 8);
}

/* `show groups`, compared with what the manager has been told. */
struct compare {
	struct fixture *f;
	size_t groups;
	uint32_t last;
};

static int compare_group(void *arg, const struct proto_group *group)
{
	struct compare *c = arg;
	uint32_t forward = 0, blocked = 0;

	c->groups++;
	assert_true(v4_number(&group->group) > c->last);
	c->last = v4_number(&group->group);
	assert_string_equal(group->interface, "r1");
	assert_int_equal(group->ifid, IFID);
	for (size_t i = 0; i < group->source_count; i++) {
		const struct proto_group_source *s = &group->sources[i];
		struct in_addr address = v4_address(&s->address);
		uint32_t bit = fix_mask(&address, 1);

		*(s->forward ? &forward : &blocked) |= bit;
	}
	assert_int_equal(forward & blocked, 0);
	if (group->filter == MGM_INCLUDE)
		fix_expect(c->f, v4_address(&group->group), MGM_INCLUDE,
			   forward);
	else if (!group->expires_ms) /* static: nothing is blocked */
		fix_expect(c->f, v4_address(&group->group), MGM_EXCLUDE, 0);
	else
		fix_expect(c->f, v4_address(&group->group), MGM_EXCLUDE,
			   blocked);
	return 0;
}

static void compare_all(struct fixture *f)
{
	struct compare c = {.f = f};
	size_t told = 0;

	assert_int_equal(igmp_interface_groups(f->in, f->now, NULL,
					       compare_group, &c),
			 0);
	for (size_t i = 0; i < FIX_GROUPS; i++)
		told += f->told[i].group.s_addr != 0;
	assert_int_equal(c.groups, told);
}

/* Something a host, a person or time may do. */
static void random_step(struct fixture *f)
{
	unsigned int g = (unsigned int)random() % 5;
	unsigned int mask = (unsigned int)random() % 32;
	unsigned int what = (unsigned int)random() % 16;
	struct in_addr source = mask % 6 ? src(mask % 5) : any;

	f->queries = 0;
	if (what < 8)
		fix_record(f, 1 + (unsigned int)random() % 6, grp(g), mask);
	else if (what == 8)
		fix_old(f, XMGM_IGMP_V2_REPORT, grp(g));
	else if (what == 9)
		fix_old(f, XMGM_IGMP_V2_LEAVE, grp(g));
	else if (what == 10 && mask < 4)
		fix_old(f, XMGM_IGMP_V1_REPORT, grp(g));
	else if (what == 11)
		igmp_static_add(f->in, sg(source, g), 1 + mask % 2);
	else if (what == 12)
		igmp_static_del(f->in, sg(source, g), 1 + mask % 2);
	else if (what == 13)
		fix_after(f, (uint64_t)random() % GMI);
	else
		fix_after(f, (uint64_t)random() % LMQT);
}

/*
 * Over random sequences: with the gate open the manager knows at any time
 * what the groups are; after close and open it knows it again.
 */
static void test_the_manager_knows_what_is(void **state)
{
	struct fixture *f = *state;

	srandom(3376);
	for (int round = 0; round < 3000; round++) {
		random_step(f);
		compare_all(f);
		if (random() % 8)
			continue;
		igmp_interface_close(f->in);
		f->sets = 0;
		for (int i = 0; i < 5; i++)
			random_step(f);
		assert_int_equal(f->sets, 0);
		memset(f->told, 0, sizeof(f->told)); /* stale, then swept */
		igmp_interface_open(f->in);
		compare_all(f);
	}
}

struct shown {
	struct proto_group group;
	struct proto_group_source sources[8];
	size_t count;
};

static int keep_group(void *arg, const struct proto_group *group)
{
	struct shown *s = arg;

	s->count++;
	s->group = *group;
	assert_true(group->source_count <= 8);
	if (group->source_count)
		memcpy(s->sources, group->sources,
		       group->source_count * sizeof(s->sources[0]));
	return 0;
}

/* A listing that stops after each row. */
struct pieces {
	struct proto_cursor cursor;
	uint32_t last; /* the group of the row before */
	bool first;    /* group 1 has been listed */
	size_t rows;
};

static int one_group(void *arg, const struct proto_group *group)
{
	struct pieces *p = arg;
	uint32_t address = v4_number(&group->group);

	assert_true(address > p->last);
	p->last = address;
	p->first |= v4_address(&group->group).s_addr == grp(1).s_addr;
	p->rows++;
	return 1;
}

static int one_join(void *arg, const struct proto_join *join)
{
	struct pieces *p = arg;

	assert_true(p->last <= v4_number(&join->join.sg.group.address));
	p->last = v4_number(&join->join.sg.group.address);
	p->rows++;
	return 1;
}

/* Groups come in order; those that are there all the while come once. */
static void test_groups_are_listed_a_piece_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct pieces p = {.rows = 0};

	f->in->config.max_groups = 100;
	for (unsigned int i = 0; i < 40; i += 2)
		fix_record(f, IGMP_TO_EX, grp(i), 0);
	while (igmp_interface_groups(f->in, f->now, &p.cursor, one_group, &p)) {
		if (p.rows == 5) { /* one behind us goes, one before us comes */
			igmp_static_add(f->in, sg((struct in_addr){0}, 1),
					IGMP_BY_COMMAND);
			igmp_static_add(f->in, sg((struct in_addr){0}, 61),
					IGMP_BY_COMMAND);
			fix_record(f, IGMP_TO_IN, grp(8), 0);
			fix_after(f, LMQT);
			assert_null(igmp_group_find(f->in, grp(8)));
		}
	}
	assert_int_equal(p.rows, 21);
	assert_false(p.first);
}

/* Joins as well, several of one group among them. */
static void test_joins_are_listed_a_piece_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct pieces p = {.rows = 0};

	fix_record(f, IGMP_TO_EX, grp(3), 0);
	igmp_static_add(f->in, sg((struct in_addr){0}, 2), IGMP_BY_COMMAND);
	for (unsigned int i = 0; i < 5; i++)
		igmp_static_add(f->in, sg(src(i), 2 + i % 2), IGMP_BY_CONFIG);
	while (igmp_interface_joins(f->in, &p.cursor, one_join, &p))
		;
	assert_int_equal(p.rows, 6);
}

static void test_show_groups(void **state)
{
	struct fixture *f = *state;
	struct shown s = {0};

	fix_record(f, IGMP_TO_EX, grp(0), 1);
	fix_after(f, 1000);
	fix_record(f, IGMP_ALLOW, grp(0), 2);
	igmp_interface_groups(f->in, f->now, NULL, keep_group, &s);
	assert_int_equal(s.count, 1);
	assert_int_equal(s.group.filter, MGM_EXCLUDE);
	assert_int_equal(s.group.expires_ms, GMI - 1000);
	assert_int_equal(s.group.version, 3);
	assert_int_equal(v4_address(&s.group.last_reporter).s_addr,
			 inet_addr("10.1.0.9"));
	assert_false(s.group.is_static);
	assert_int_equal(s.group.source_count, 2);
	assert_false(s.sources[0].forward);
	assert_int_equal(s.sources[0].expires_ms, 0);
	assert_true(s.sources[1].forward);
	assert_int_equal(s.sources[1].expires_ms, GMI);
	fix_old(f, XMGM_IGMP_V2_REPORT, grp(0));
	igmp_static_add(f->in, sg(src(0), 0), IGMP_BY_COMMAND);
	igmp_interface_groups(f->in, f->now, NULL, keep_group, &s);
	assert_int_equal(s.group.version, 2);
	assert_true(s.group.is_static);
	assert_true(s.sources[0].forward);
}

static void test_show_querier(void **state)
{
	struct fixture *f = *state;
	struct proto_querier q;

	assert_int_equal(igmp_interface_querier(f->in, f->now, &q), 0);
	assert_int_equal(v4_address(&q.address).s_addr, inet_addr("10.2.0.1"));
	assert_true(q.self);
	igmp_interface_absent(f->in);
	assert_int_equal(igmp_interface_querier(f->in, f->now, &q), -ENOENT);
}

/* Two interfaces: what is heard on one is said of that one. */
static uint32_t groups_on[3];

static int count_set(void *arg, uint32_t ifid, struct in_addr group,
		     enum mgm_filter filter, const struct in_addr *sources,
		     size_t count)
{
	(void)arg;
	(void)group;
	(void)sources;
	assert_in_range(ifid, 1, 2);
	groups_on[ifid] += filter == MGM_EXCLUDE || count ? 1 : -1u;
	return 0;
}

static int drop_query(void *arg, uint32_t ifid, struct in_addr destination,
		      const uint8_t *packet, size_t len)
{
	(void)arg;
	(void)ifid;
	(void)destination;
	(void)packet;
	(void)len;
	return 0;
}

static void test_two_interfaces(void **state)
{
	const struct igmp_hooks hooks = {.send = drop_query, .set = count_set};
	struct igmp_router *r = igmp_router_new(&hooks);
	struct igmp_config config = fix_config();
	struct proto_interface interface = fix_interface();
	struct igmp_message m = {.type = XMGM_IGMP_V2_REPORT, .version = 2};
	struct igmp_interface *in;

	(void)state;
	for (uint32_t i = 1; i <= 2; i++) {
		interface.ifid = i;
		in = igmp_interface_get(r, i == 1 ? "r1" : "r2");
		igmp_interface_configure(in, &config, START);
		igmp_interface_present(in, &interface, START);
		igmp_interface_open(in);
	}
	for (unsigned int i = 0; i < 30; i++) {
		m.group = grp(i);
		igmp_router_message(r, 1 + (i % 3 == 0), addr("10.1.0.9"), &m,
				    START + i);
	}
	assert_int_equal(groups_on[1], 20);
	assert_int_equal(groups_on[2], 10);
	igmp_interface_absent(igmp_interface_by_id(r, 2));
	igmp_router_tick(r, START + GMI + 10);
	assert_int_equal(groups_on[1], 13); /* those from START + 11 on */
	assert_int_equal(groups_on[2], 10); /* nobody asked to forget */
	igmp_router_free(r);		    /* with timers on both */
}

/* Netdevs that come and go without IGMP leave nothing behind. */
static void test_tidy(void **state)
{
	struct proto_interface interface = fix_interface();
	struct igmp_config config = fix_config();
	struct fixture *f = *state;
	struct igmp_interface *in;
	char name[XMGM_IFNAME_LEN];

	igmp_static_add(f->in, sg(any, 0), IGMP_BY_COMMAND);
	for (uint32_t i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "veth%u", i);
		in = igmp_interface_get(f->router, name);
		interface.ifid = 100 + i;
		igmp_interface_present(in, &interface, f->now);
		igmp_router_tidy(f->router);
		assert_ptr_equal(igmp_interface_find(f->router, name), in);
		igmp_interface_absent(in);
		igmp_router_tidy(f->router);
		assert_null(igmp_interface_find(f->router, name));
	}
	/* Configured, or there: it stays. */
	igmp_interface_absent(f->in);
	igmp_router_tidy(f->router);
	assert_ptr_equal(igmp_interface_find(f->router, "r1"), f->in);
	assert_int_equal(f->in->groups.count, 1);
	in = igmp_interface_get(f->router, "r2");
	igmp_interface_configure(in, &config, f->now);
	igmp_router_tidy(f->router);
	assert_ptr_equal(igmp_interface_find(f->router, "r2"), in);
	igmp_interface_configure(in, NULL, f->now);
	igmp_router_tidy(f->router);
	assert_null(igmp_interface_find(f->router, "r2"));
	assert_ptr_equal(igmp_interface_at(f->router, 0), f->in);
	assert_null(igmp_interface_at(f->router, 1));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fix_setup, fix_teardown)
	const struct CMUnitTest tests[] = {
		T(test_static_any_outweighs_hosts),
		T(test_static_sources_beside_hosts),
		T(test_static_origins),
		T(test_static_limits),
		T(test_static_groups_survive_the_netdev),
		T(test_walk_may_delete),
		T(test_the_gate),
		T(test_the_manager_knows_what_is),
		T(test_groups_are_listed_a_piece_at_a_time),
		T(test_joins_are_listed_a_piece_at_a_time),
		T(test_show_groups),
		T(test_show_querier),
		T(test_tidy),
		cmocka_unit_test(test_two_interfaces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
