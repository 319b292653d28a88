/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One group with many flows, or many sources that are named: no call and no
 * tick goes through more of them than a share. Counted are the steps from one
 * element of a tree to the next, and what leaves.
 */
#include "mgm_fixture.h"
#include "v4.h"

#include "lib/tree.h"

#define A	1
#define B	2
#define C	3
#define G	1
#define SOURCES 3000u
#define SLICE	64u
#define MOST	(8 * SLICE) /* steps for one of work: some */

static unsigned int steps;

struct tree_node *__real_tree_behind(const struct tree *tree, const void *key);
struct tree_node *__wrap_tree_behind(const struct tree *tree, const void *key);

struct tree_node *__wrap_tree_behind(const struct tree *tree, const void *key)
{
	steps++;
	return __real_tree_behind(tree, key);
}

struct tree_node *__real_tree_after(const struct tree *tree,
				    const struct tree_node *node);
struct tree_node *__wrap_tree_after(const struct tree *tree,
				    const struct tree_node *node);

struct tree_node *__wrap_tree_after(const struct tree *tree,
				    const struct tree_node *node)
{
	steps++;
	return __real_tree_after(tree, node);
}

struct large {
	struct fix *f;
	struct fix_client *p, *q;
};

static struct large large_new(void)
{
	static const struct mgm_limits limits = {.slice = SLICE};
	struct large l = {.f = fix_new(&limits)};

	for (uint32_t i = 0; i < 256; i++)
		l.f->rib[i] = A;
	l.p = fix_client(l.f, "p", XMGM_OWNER_PIM, 0);
	l.q = fix_client(l.f, "q", XMGM_OWNER_DVMRP, 0);
	for (uint32_t ifid = A; ifid <= C; ifid++)
		assert_int_equal(fix_take(l.p, ifid), 0);
	l.f->what = 0;
	return l;
}

static void begin(struct large *l)
{
	fix_drain(l->f);
	l->f->what = FIX_LOG_EVENTS;
	fix_clear(l->f);
	steps = 0;
}

static unsigned int one_share(struct large *l)
{
	unsigned int left = 0;

	for (const char *at = l->f->log; (at = strstr(at, "event leave")); at++)
		left++;
	assert_in_range(left, 0, MOST);
	assert_in_range(steps, 0, MOST);
	fix_clear(l->f);
	steps = 0;
	return left;
}

/* Returns what left. */
static unsigned int worked_off(struct large *l)
{
	unsigned int left = one_share(l);

	assert_true(mgm_deadline(l->f->m) <= l->f->now);
	while (mgm_deadline(l->f->m) <= l->f->now) {
		fix_tick(l->f, 0);
		left += one_share(l);
	}
	l->f->what = 0;
	return left;
}

static void flows_are(struct large *l, const char *route)
{
	for (uint32_t s = 1; s <= SOURCES; s++)
		assert_string_equal(fix_route(l->f, s, G), route);
}

static void test_a_group_with_many_flows(void **state)
{
	struct large l = large_new();
	struct mgm_mfe_info info = {.size = sizeof(info)};

	(void)state;
	assert_int_equal(fix_add(l.p, B, 0, G), 0);
	for (uint32_t s = 1; s <= SOURCES; s++)
		fix_upcall(l.f, s, G, A);
	flows_are(&l, "1: 2");
	begin(&l);
	assert_int_equal(fix_add(l.p, C, 0, G), 0);
	one_share(&l);
	assert_int_equal(mgm_mfe_get(l.f->m, sg(SOURCES, G), &info), 0);
	assert_int_equal(info.oif_count, 2);
	worked_off(&l);
	flows_are(&l, "1: 2,3");
	/* Asked for again while it goes on. */
	begin(&l);
	assert_int_equal(fix_del(l.p, C, 0, G), 0);
	fix_tick(l.f, 0);
	fix_tick(l.f, 0);
	assert_int_equal(fix_del(l.p, B, 0, G), 0);
	steps = 0;
	worked_off(&l);
	flows_are(&l, "1: none");
	fix_free(l.f);
}

static void name_all(struct large *l)
{
	for (uint32_t s = 1; s <= SOURCES; s++)
		assert_int_equal(fix_add(l->p, B, s, G), 0);
}

static void test_a_group_with_many_sources_is_another_owners(void **state)
{
	struct large l = large_new();

	(void)state;
	name_all(&l);
	begin(&l);
	assert_int_equal(fix_transfer(l.p, B, l.q), 0);
	assert_int_equal(worked_off(&l), 0);
	begin(&l);
	l.f->what = FIX_LOG_ALERTS;
	assert_int_equal(fix_del(l.q, B, SOURCES, G), 0);
	fix_expect(l.f, "p prune (3000,1) 2 member\n");
	fix_free(l.f);
}

static void test_a_group_with_many_sources_is_given_up(void **state)
{
	struct large l = large_new();

	(void)state;
	name_all(&l);
	begin(&l);
	assert_int_equal(fix_release(l.p, B), 0);
	assert_int_equal(worked_off(&l), SOURCES);
	begin(&l);
	assert_int_equal(fix_take(l.p, B), 0);
	name_all(&l);
	fix_free(l.f);
}

/* Flows are read from one to the next, however many groups have none. */
static void test_reading_flows_beside_many_groups(void **state)
{
	struct large l = large_new();
	struct mgm_mfe_info info = {.size = sizeof(info)};
	const struct mgm_sg flow = sg(7, SOURCES / 2);

	(void)state;
	for (uint32_t g = 1; g <= SOURCES; g++)
		assert_int_equal(fix_add(l.p, B, 0, g), 0);
	fix_upcall(l.f, 7, SOURCES / 2, A);
	fix_drain(l.f);
	steps = 0;
	assert_int_equal(mgm_mfe_next(l.f->m, (struct mgm_sg){0}, &info), 0);
	assert_true(mgm_sg_equal(&info.flow, &flow));
	assert_int_equal(mgm_mfe_next(l.f->m, info.flow, &info), -ENOENT);
	assert_in_range(steps, 0, 16);
	fix_free(l.f);
}

/* All goes with the manager, in the midst of it as well. */
static void test_the_end_in_the_midst_of_it(void **state)
{
	struct large l = large_new();

	(void)state;
	name_all(&l);
	assert_int_equal(fix_add(l.p, C, 0, G), 0);
	for (uint32_t s = 1; s <= SOURCES; s++)
		fix_upcall(l.f, s, G, A);
	begin(&l);
	assert_int_equal(fix_transfer(l.p, B, l.q), 0);
	assert_int_equal(fix_del(l.p, C, 0, G), 0);
	fix_free(l.f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_a_group_with_many_flows),
	cmocka_unit_test(test_a_group_with_many_sources_is_another_owners),
	cmocka_unit_test(test_a_group_with_many_sources_is_given_up),
	cmocka_unit_test(test_reading_flows_beside_many_groups),
	cmocka_unit_test(test_the_end_in_the_midst_of_it),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
