/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The plane of memory keeps the contracts of plane.h that the layers above
 * rely on: interned sets, changes in place, order, limits.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "plane/plane.h"

static int setup(void **state)
{
	const struct plane_options options = {.max_routes = 3,
					      .max_sets = XMGM_SET_FIRST + 2};
	const struct plane_listener listener = {0};
	struct plane *p = NULL;

	assert_int_equal(plane_open_fake(&options, &listener, &p), 0);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	plane_close(*state);
	return 0;
}

static struct xmgm_flow flow(uint8_t n)
{
	return (struct xmgm_flow){{10, 0, 0, n}, {239, 1, 1, 1}};
}

static void test_equal_sets_share_a_number(void **state)
{
	const uint32_t ab[] = {1, 2}, a[] = {1}, b[] = {2};
	uint32_t x, y, z, none;
	struct plane *p = *state;

	assert_int_equal(plane_set_get(p, ab, 2, &x), 0);
	assert_int_equal(plane_set_get(p, ab, 2, &y), 0);
	assert_int_equal(x, y);
	assert_true(x >= XMGM_SET_FIRST);
	assert_int_equal(plane_set_get(p, a, 1, &z), 0);
	assert_int_not_equal(x, z);
	assert_int_equal(plane_set_get(p, b, 1, &y), -ENOSPC);
	plane_set_put(p, x);
	assert_int_equal(plane_set_get(p, b, 1, &y), -ENOSPC);
	plane_set_put(p, x);
	assert_int_equal(plane_set_get(p, b, 1, &y), 0);
	assert_int_equal(plane_set_get(p, NULL, 0, &none), 0);
	assert_int_equal(none, XMGM_SET_NEGATIVE);
	plane_set_put(p, none);
	assert_int_equal(plane_set_get(p, ab, XMGM_SET_OIFS + 1, &y), -EINVAL);
}

static int count_one(void *arg, const struct xmgm_mfe *mfe,
		     const uint32_t *oifs, size_t count)
{
	unsigned int *walked = arg;

	assert_int_equal(mfe->flow.source[3], 1);
	assert_int_equal(count, 1);
	assert_int_equal(oifs[0], 7);
	++*walked;
	return 0;
}

static void test_routes_are_applied_at_commit_and_in_order(void **state)
{
	const uint32_t oif[] = {7};
	struct plane *p = *state;
	unsigned int walked = 0;
	struct xmgm_mfe mfe;
	uint32_t set;

	assert_int_equal(plane_set_get(p, oif, 1, &set), 0);
	assert_int_equal(plane_mfe_put(p, flow(1), 5, set, XMGM_MFE_STATIC), 0);
	assert_int_equal(plane_mfe_read(p, flow(1), &mfe), -ENOENT);
	assert_int_equal(plane_commit(p), 0);
	assert_int_equal(plane_mfe_read(p, flow(1), &mfe), 0);
	assert_int_equal(mfe.route.iif, 5);
	assert_int_equal(mfe.flags, XMGM_MFE_STATIC);
	assert_int_equal(mfe.state, XMGM_STATE_FORWARDING);
	assert_int_equal(plane_mfe_walk(p, count_one, &walked), 0);
	assert_int_equal(walked, 1);
	plane_mfe_put(p, flow(1), 6, XMGM_SET_NEGATIVE, 0);
	plane_mfe_del(p, flow(1));
	plane_mfe_put(p, flow(2), 6, XMGM_SET_NEGATIVE, 0);
	plane_mfe_del(p, flow(9));
	assert_int_equal(plane_commit(p), -ENOENT); /* the rest is applied */
	assert_int_equal(plane_mfe_read(p, flow(1), &mfe), -ENOENT);
	assert_int_equal(plane_mfe_read(p, flow(2), &mfe), 0);
	assert_int_equal(mfe.state, XMGM_STATE_NEGATIVE);
}

static void test_a_full_cache_says_so_at_once(void **state)
{
	struct plane_counters counters;
	struct plane *p = *state;
	uint8_t i;

	for (i = 0; i < 3; i++)
		assert_int_equal(plane_mfe_put(p, flow(i), 5, 1, 0), 0);
	assert_int_equal(plane_mfe_put(p, flow(3), 5, 1, 0), -ENOSPC);
	plane_commit(p);
	assert_int_equal(plane_mfe_put(p, flow(2), 6, 1, 0), 0);
	assert_int_equal(plane_mfe_put(p, flow(3), 5, 1, 0), -ENOSPC);
	plane_commit(p);
	plane_counters(p, &counters);
	assert_int_equal(counters.routes, 3);
	assert_int_equal(counters.routes_refused, 2);
}

static void test_attaching_twice_is_no_error(void **state)
{
	struct plane *p = *state;
	struct plane_port_info port;
	const char *why = NULL;

	assert_int_equal(plane_detach(p, 4, &why), -ENOENT);
	assert_non_null(why);
	assert_int_equal(plane_attach(p, 4, PLANE_AUTO, &why), 0);
	assert_int_equal(plane_attach(p, 4, PLANE_GENERIC, &why), 0);
	assert_int_equal(plane_port_get(p, 4, &port), 0);
	assert_int_equal(port.mode, XMGM_MODE_NATIVE);
	assert_int_equal(plane_detach(p, 4, &why), 0);
	assert_int_equal(plane_port_get(p, 4, &port), 0);
	assert_int_equal(port.mode, XMGM_MODE_NONE);
	assert_int_equal(plane_attach(p, 0, PLANE_AUTO, &why), -ENODEV);
	plane_port_gone(p, 4);
	assert_int_equal(plane_port_get(p, 4, &port), -ENOENT);
}

static void test_interfaces_are_what_was_written_last(void **state)
{
	const struct xmgm_interface on = {.owner = XMGM_OWNER_IGMP,
					  .gate = XMGM_GATE_ON,
					  .epoch = 3,
					  .flags = 1};
	struct plane_port port = {.ifid = 4, .ifindex = 4, .flags = 1};
	struct xmgm_interface state_read;
	struct plane *p = *state;

	assert_int_equal(plane_interface_get(p, 4, &state_read), -ENOENT);
	assert_int_equal(plane_port_set(p, &port), 0);
	assert_int_equal(plane_interface_set(p, 4, &on), 0);
	assert_int_equal(plane_interface_get(p, 4, &state_read), 0);
	assert_memory_equal(&state_read, &on, sizeof(on));
	port.flags = 2;
	assert_int_equal(plane_port_set(p, &port), 0);
	assert_int_equal(plane_interface_get(p, 4, &state_read), 0);
	assert_int_equal(state_read.flags, 2);
	plane_interface_del(p, 4);
	plane_interface_del(p, 4);
	assert_int_equal(plane_interface_get(p, 4, &state_read), -ENOENT);
}

struct walked {
	struct plane *plane;
	uint32_t count, sum;
};

static void walk_and_delete(void *arg, uint32_t ifid)
{
	struct walked *walked = arg;

	walked->count++;
	walked->sum += ifid;
	plane_interface_del(walked->plane, ifid);
}

static void test_a_walk_sees_each_interface_once(void **state)
{
	const struct xmgm_interface on = {
		.owner = XMGM_OWNER_IGMP, .gate = XMGM_GATE_ON, .epoch = 1};
	struct walked walked = {.plane = *state};

	for (uint32_t ifid = 1; ifid <= 100; ifid++)
		assert_int_equal(plane_interface_set(*state, ifid, &on), 0);
	plane_interface_walk(*state, walk_and_delete, &walked);
	assert_int_equal(walked.count, 100);
	assert_int_equal(walked.sum, 5050);
	plane_interface_walk(*state, walk_and_delete, &walked);
	assert_int_equal(walked.count, 100);
}

#define fake_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		fake_test(test_equal_sets_share_a_number),
		fake_test(test_routes_are_applied_at_commit_and_in_order),
		fake_test(test_a_full_cache_says_so_at_once),
		fake_test(test_attaching_twice_is_no_error),
		fake_test(test_interfaces_are_what_was_written_last),
		fake_test(test_a_walk_sees_each_interface_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
