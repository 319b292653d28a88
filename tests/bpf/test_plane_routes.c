/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Oif sets and routes of the plane on the real kernel: interning, the pool,
 * sets that are left and used again, slots and routes that run out, what is
 * found after a restart. The maps themselves are read, not our own tables.
 */
#include "plane_lab.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define SLOTS	    (32 - XMGM_SET_FIRST) /* of plane_small */
#define SET_CLASSES 11			  /* the pool has one of each size */

static struct xmgm_flow flow_of(uint32_t n)
{
	return (struct xmgm_flow){{10, 0, 0, 1},
				  {239, 0, (uint8_t)(n >> 8), (uint8_t)n}};
}

/* A list of one oif that no other test uses; there is no such device. */
static uint32_t single(uint32_t n)
{
	return 5000 + n;
}

static uint32_t get(struct plane_lab *l, const uint32_t *oifs, size_t count)
{
	uint32_t set = UINT32_MAX;

	assert_int_equal(plane_set_get(l->plane, oifs, count, &set), 0);
	return set;
}

/* The devices in a set's devmap, as the kernel has them; -1: no devmap. */
static int devices(struct plane_lab *l, uint32_t set)
{
	int outer = lab_pin(l, "oif_sets"), inner, n = 0;
	uint32_t id, key, *last = NULL;

	if (bpf_map_lookup_elem(outer, &set, &id)) {
		close(outer);
		return -1;
	}
	close(outer);
	inner = bpf_map_get_fd_by_id(id);
	assert_true(inner >= 0);
	for (; !bpf_map_get_next_key(inner, last, &key); n++)
		last = &key;
	close(inner);
	return n;
}

static struct xmgm_set_info info(struct plane_lab *l, uint32_t set)
{
	struct xmgm_set_info i;
	int fd = lab_pin(l, "sets");

	assert_int_equal(bpf_map_lookup_elem(fd, &set, &i), 0);
	close(fd);
	return i;
}

static bool oif_named(struct plane_lab *l, uint32_t set, uint32_t ifid,
		      struct xmgm_oif *oif)
{
	struct xmgm_oif_key key = {set, ifid};
	int fd = lab_pin(l, "oifs");
	bool found = !bpf_map_lookup_elem(fd, &key, oif);

	close(fd);
	return found;
}

static void test_equal_lists_share_a_set(void **state)
{
	struct plane_lab *l = *state;
	uint32_t *o = l->near;
	uint32_t two = get(l, o, 2);

	assert_true(two >= XMGM_SET_FIRST);
	assert_int_equal(devices(l, two), 2);
	assert_int_equal(info(l, two).oifs, 2);
	assert_int_equal(get(l, o, 2), two);
	assert_int_not_equal(get(l, o, 1), two);
	assert_int_not_equal(get(l, o, 3), two);
	assert_int_not_equal(get(l, o + 1, 2), two);
	assert_int_equal(lab_counters(l).sets_in_use, 4);
}

static void test_an_empty_list_is_negative(void **state)
{
	struct plane_lab *l = *state;

	assert_int_equal(get(l, NULL, 0), XMGM_SET_NEGATIVE);
	plane_set_put(l->plane, XMGM_SET_NEGATIVE);
	plane_set_put(l->plane, XMGM_SET_NONE);
	plane_set_put(l->plane, 31);
	plane_set_put(l->plane, UINT32_MAX);
	assert_int_equal(lab_counters(l).sets_in_use, 0);
}

static void test_sizes_of_sets(void **state)
{
	static const uint32_t sizes[] = {1,  2,	 3,   4,   5,	 16,
					 17, 64, 512, 513, 1023, XMGM_SET_OIFS};
	struct plane_lab *l = *state;
	uint32_t *oifs = calloc(XMGM_SET_OIFS + 1, sizeof(*oifs));
	uint32_t set = 77;

	/* The first three exist; the rest have no device and are left out. */
	for (uint32_t i = 0; i <= XMGM_SET_OIFS; i++)
		oifs[i] = i < 3 ? l->near[i] : single(i);
	for (size_t i = 0; i < ARRAY(sizes); i++) {
		uint32_t id = get(l, oifs, sizes[i]);

		assert_int_equal(devices(l, id), sizes[i] < 3 ? sizes[i] : 3);
		assert_int_equal(info(l, id).oifs, sizes[i]);
	}
	assert_int_equal(plane_set_get(l->plane, oifs, XMGM_SET_OIFS + 1, &set),
			 -EINVAL);
	assert_int_equal(set, 77);
	free(oifs);
}

static void test_dumps_name_the_oifs(void **state)
{
	struct plane_lab *l = *state;
	const struct plane_port port = lab_port(l, 1);
	struct xmgm_oif oif;
	uint32_t set;

	plane_port_set(l->plane, &port);
	set = get(l, l->near, 2);
	assert_true(oif_named(l, set, l->near[1], &oif));
	assert_string_equal(oif.name, "r1");
	assert_true(oif_named(l, set, l->near[0], &oif));
	assert_false(oif_named(l, set, l->near[2], &oif));
	plane_set_put(l->plane, set);
	WAIT_FOR(l, !oif_named(l, set, l->near[1], &oif));
	assert_false(oif_named(l, set, l->near[0], &oif));
}

/* What the devmap of a set has for this ifid: an ifindex, or 0. */
static uint32_t device_of(struct plane_lab *l, uint32_t set, uint32_t ifid)
{
	struct bpf_devmap_val value = {0};
	int outer = lab_pin(l, "oif_sets"), inner;
	uint32_t id;

	assert_int_equal(bpf_map_lookup_elem(outer, &set, &id), 0);
	close(outer);
	inner = bpf_map_get_fd_by_id(id);
	assert_true(inner >= 0);
	if (bpf_map_lookup_elem(inner, &ifid, &value))
		value.ifindex = 0;
	close(inner);
	return value.ifindex;
}

/* Every set that names the port follows; the set itself stays what it is. */
static void test_a_set_hands_out_by_the_paths_of_its_ports(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port port = lab_port(l, 1);
	uint32_t both, one;

	port.path = PLANE_PATH_NONE;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	both = get(l, l->near, 2);
	assert_int_equal(devices(l, both), 1);
	assert_int_equal(device_of(l, both, l->near[0]), l->near[0]);
	one = get(l, &l->near[1], 1);
	assert_int_equal(devices(l, one), 0);
	port.path = PLANE_PATH_XDP;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	assert_int_equal(device_of(l, both, l->near[1]), l->near[1]);
	assert_int_equal(device_of(l, one, l->near[1]), l->near[1]);
	/* There is no program for it yet. */
	port.path = PLANE_PATH_CLONE;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	assert_int_equal(devices(l, both), 1);
	assert_int_equal(devices(l, one), 0);
	assert_int_equal(info(l, both).oifs, 2);
	assert_int_equal(get(l, l->near, 2), both);
}

/* The ifid names the oif, the ifindex the device. */
static void test_a_port_leaves_by_its_device(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port port = lab_port(l, 2);
	uint32_t set;

	port.ifid = XMGM_IFID_VLAN + 7;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	set = get(l, &port.ifid, 1);
	assert_int_equal(device_of(l, set, port.ifid), l->near[2]);
	port.ifindex = l->near[3];
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	assert_int_equal(device_of(l, set, port.ifid), l->near[3]);
}

/* `references` is for people: right within a second or so. */
static void test_dumps_show_references(void **state)
{
	struct plane_lab *l = *state;
	uint32_t set = get(l, l->near, 2);

	get(l, l->near, 2);
	get(l, l->near, 2);
	WAIT_FOR(l, info(l, set).references == 3);
	plane_set_put(l->plane, set);
	WAIT_FOR(l, info(l, set).references == 2);
}

/* The worker fills it; taking from it does not wait for the kernel. */
static void test_the_pool(void **state)
{
	struct plane_options o = plane_small;
	struct plane_lab *l = *state;
	struct plane_counters before;
	const char *error;

	lab_close_plane(l);
	assert_int_equal(plane_destroy_bpf(l->instance, &error), 0);
	o.max_sets = 512;
	o.pool_low = 4;
	assert_int_equal(lab_open_plane(l, &o, &error), 0);
	WAIT_FOR(l, lab_counters(l).sets_free >= 4 * 5 + 1 * 2 + 2 * 4);
	before = lab_counters(l);
	for (uint32_t n = 0; n < 4; n++)
		assert_int_equal(devices(l, get(l, l->near, n + 1)), n + 1);
	assert_int_equal(lab_counters(l).pool_empty, before.pool_empty);
	assert_int_equal(lab_counters(l).sets_in_use, 4);
	/* More than the pool has: some wait, none is refused. */
	for (uint32_t n = 0; n < 40; n++) {
		uint32_t oif = single(n);

		get(l, &oif, 1);
	}
	assert_true(lab_counters(l).pool_empty > before.pool_empty);
	assert_int_equal(lab_counters(l).sets_refused, 0);
}

static void test_a_set_that_is_left_is_emptied(void **state)
{
	struct plane_lab *l = *state;
	uint32_t set = get(l, l->near, 2);

	get(l, l->near, 2);
	plane_set_put(l->plane, set);
	lab_turn(l);
	assert_int_equal(devices(l, set), 2);
	assert_int_equal(lab_counters(l).sets_in_use, 1);
	plane_set_put(l->plane, set);
	assert_int_equal(lab_counters(l).sets_in_use, 0);
	/* Not at once: packets may be on their way through it. */
	assert_int_equal(devices(l, set), 2);
	WAIT_FOR(l, devices(l, set) == 0);
	assert_int_equal(info(l, set).oifs, 0);
	assert_int_equal(info(l, set).references, 0);
	/* One put too many is nobody's business. */
	plane_set_put(l->plane, set);
	assert_int_equal(lab_counters(l).sets_in_use, 0);
}

/* Used again before it is emptied: it must not be emptied under its user. */
static void test_a_set_that_is_revived_stays(void **state)
{
	struct plane_lab *l = *state;
	uint32_t one = get(l, l->near, 1), two = get(l, l->near, 2);

	WAIT_FOR(l, lab_counters(l).sets_free > 0);
	for (int round = 0; round < 20; round++) {
		plane_set_put(l->plane, two);
		for (int turn = 0; turn < round % 4; turn++)
			lab_turn(l);
		/* Perhaps the same, perhaps another one: whole in any case. */
		two = get(l, l->near, 2);
		assert_int_equal(devices(l, two), 2);
		for (int turn = 0; turn < 3; turn++)
			lab_turn(l);
		assert_int_equal(devices(l, two), 2);
		assert_int_equal(info(l, two).oifs, 2);
		assert_int_equal(lab_counters(l).sets_in_use, 2);
	}
	/* Left twice and revived once within one grace period. */
	plane_set_put(l->plane, two);
	assert_int_equal(get(l, l->near, 2), two);
	plane_set_put(l->plane, two);
	WAIT_FOR(l, devices(l, two) == 0);
	assert_int_equal(devices(l, one), 1);
	assert_int_equal(lab_counters(l).sets_in_use, 1);
}

/* Used and left again while a grace period ran: that one is not enough. */
static void test_a_set_left_twice_waits_twice(void **state)
{
	struct plane_lab *l = *state;
	struct pollfd p = {.fd = plane_poll_fd(l->plane), .events = POLLIN};
	uint32_t set = get(l, l->near, 2);

	WAIT_FOR(l, lab_counters(l).sets_free >= SET_CLASSES);
	while (poll(&p, 1, 100))
		lab_turn(l);
	plane_set_put(l->plane, set);
	plane_tick(l->plane, run_now_ns()); /* the wait begins */
	assert_int_equal(get(l, l->near, 2), set);
	plane_set_put(l->plane, set);
	assert_int_equal(poll(&p, 1, 5000), 1); /* it is over */
	plane_tick(l->plane, run_now_ns());
	assert_int_equal(devices(l, set), 2);
	WAIT_FOR(l, devices(l, set) == 0);
}

/* Every slot can be used, whatever the pool has put where. */
static void test_slots_run_out(void **state)
{
	struct plane_lab *l = *state;
	uint32_t sets[SLOTS], extra = single(99), set = 77;

	for (uint32_t n = 0; n < SLOTS; n++) {
		uint32_t oifs[3] = {single(n), single(n + 100),
				    single(n + 200)};

		sets[n] = get(l, oifs, n % 3 + 1);
		for (uint32_t k = 0; k < n; k++)
			assert_int_not_equal(sets[n], sets[k]);
		lab_turn(l);
	}
	assert_int_equal(lab_counters(l).sets_in_use, SLOTS);
	assert_int_equal(plane_set_get(l->plane, &extra, 1, &set), -ENOSPC);
	assert_int_equal(set, 77);
	assert_int_equal(lab_counters(l).sets_refused, 1);
	/* An equal list costs no slot. */
	extra = single(0);
	assert_int_equal(get(l, &extra, 1), sets[0]);
	plane_set_put(l->plane, sets[0]);
	/* One is left, a grace period passes: there is room again. */
	plane_set_put(l->plane, sets[3]);
	extra = single(99);
	WAIT_FOR(l, !plane_set_get(l->plane, &extra, 1, &set));
	assert_int_equal(set, sets[3]);
}

/* Also for a list larger than any empty set there is. */
static void test_a_slot_changes_its_size(void **state)
{
	struct plane_lab *l = *state;
	uint32_t oifs[200], sets[SLOTS], set;

	for (uint32_t n = 0; n < SLOTS; n++) {
		uint32_t oif = single(n);

		sets[n] = get(l, &oif, 1);
	}
	plane_set_put(l->plane, sets[5]);
	for (uint32_t i = 0; i < ARRAY(oifs); i++)
		oifs[i] = i < 2 ? l->near[i] : single(1000 + i);
	WAIT_FOR(l, !plane_set_get(l->plane, oifs, ARRAY(oifs), &set));
	assert_int_equal(devices(l, set), 2);
	assert_int_equal(info(l, set).oifs, ARRAY(oifs));
}

/* A device that went and came back with its old index is in new sets. */
static void test_a_device_that_comes_back(void **state)
{
	struct plane_lab *l = *state;
	uint32_t oifs[2] = {l->near[0], 4000}, before, after, alone;

	run_ip("link add back index 4000 type veth peer name backp");
	before = get(l, oifs, 2);
	alone = get(l, oifs + 1, 1);
	assert_int_equal(devices(l, before), 2);
	run_ip("link del back");
	plane_port_gone(l->plane, 4000);
	assert_int_equal(devices(l, before), 1);
	run_ip("link add back index 4000 type veth peer name backp");
	after = get(l, oifs, 2);
	assert_int_equal(devices(l, after), 2);
	assert_int_not_equal(get(l, oifs + 1, 1), alone);
	plane_set_put(l->plane, before);
	WAIT_FOR(l, devices(l, before) == 0);
	assert_int_equal(devices(l, after), 2);
	run_ip("link del back");
}

/* At once, for all routes that name these sets; others are made anew. */
static void test_an_oif_that_nobody_owns_any_more(void **state)
{
	struct plane_lab *l = *state;
	uint32_t *o = l->near, lost = o[1];
	uint32_t both = get(l, o, 2), alone = get(l, o + 1, 1), after;
	struct xmgm_oif oif;

	plane_oif_lose(l->plane, lost);
	assert_int_equal(devices(l, both), 1);
	assert_int_equal(device_of(l, both, o[0]), o[0]);
	assert_int_equal(devices(l, alone), 0);
	assert_false(oif_named(l, both, lost, &oif));
	assert_true(oif_named(l, both, o[0], &oif));
	assert_int_equal(info(l, both).oifs, 1);
	/* Routes name it still. */
	assert_int_not_equal(info(l, alone).oifs, 0);
	after = get(l, o, 2);
	assert_int_not_equal(after, both);
	assert_int_equal(devices(l, after), 2);
	assert_int_not_equal(get(l, o, 1), both);
	assert_int_not_equal(get(l, o + 1, 1), alone);
	plane_set_put(l->plane, both);
	plane_set_put(l->plane, alone);
	WAIT_FOR(l, devices(l, both) == 0);
	assert_int_equal(devices(l, after), 2);
}

static void test_routes(void **state)
{
	struct plane_lab *l = *state;
	uint64_t before = run_now_ns();
	struct xmgm_mfe mfe;
	uint32_t set = get(l, l->near + 1, 2);

	assert_int_equal(plane_mfe_put(l->plane, flow_of(1), l->near[0], set,
				       XMGM_MFE_STATIC),
			 0);
	assert_int_equal(plane_mfe_read(l->plane, flow_of(1), &mfe), -ENOENT);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(plane_mfe_read(l->plane, flow_of(1), &mfe), 0);
	assert_int_equal(mfe.route.iif, l->near[0]);
	assert_int_equal(mfe.route.set, set);
	assert_int_equal(mfe.state, XMGM_STATE_FORWARDING);
	assert_int_equal(mfe.flags, XMGM_MFE_STATIC);
	assert_true(mfe.created >= before && mfe.created <= run_now_ns());
	assert_int_equal(lab_counters(l).routes, 1);

	assert_int_equal(plane_mfe_put(l->plane, flow_of(1), l->near[0],
				       XMGM_SET_NEGATIVE, 0),
			 0);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(plane_mfe_read(l->plane, flow_of(1), &mfe), 0);
	assert_int_equal(mfe.state, XMGM_STATE_NEGATIVE);
	assert_int_equal(lab_counters(l).routes, 1);

	assert_int_equal(plane_mfe_del(l->plane, flow_of(1)), 0);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(plane_mfe_read(l->plane, flow_of(1), &mfe), -ENOENT);
	assert_int_equal(lab_counters(l).routes, 0);
}

/* The first error is returned, once, and the rest is applied. */
static void test_commit_returns_the_first_error(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_mfe mfe;

	plane_mfe_del(l->plane, flow_of(9));
	plane_mfe_put(l->plane, flow_of(1), 7, XMGM_SET_NEGATIVE, 0);
	plane_mfe_del(l->plane, flow_of(8));
	assert_int_equal(plane_commit(l->plane), -ENOENT);
	assert_int_equal(plane_mfe_read(l->plane, flow_of(1), &mfe), 0);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(lab_counters(l).routes, 1);
}

static void test_the_iif_says_whether_checksums_are_partial(void **state)
{
	const struct xmgm_interface owned = {.owner = XMGM_OWNER_STATIC};
	struct plane_lab *l = *state;
	struct plane_port veth = lab_port(l, 0);
	struct xmgm_mfe mfe;

	veth.flags = XMGM_IF_PARTIAL_CSUM;
	assert_int_equal(plane_port_set(l->plane, &veth), 0);
	assert_int_equal(plane_interface_set(l->plane, l->near[0], &owned), 0);
	for (int reopened = 0; reopened < 2; reopened++) {
		lab_add_route(l, flow_of(1), 1 << 1);
		plane_mfe_read(l->plane, flow_of(1), &mfe);
		assert_int_equal(mfe.flags, XMGM_MFE_PARTIAL_CSUM);
		lab_reopen(l);
	}
	plane_mfe_put(l->plane, flow_of(2), l->near[1], XMGM_SET_NEGATIVE, 0);
	plane_commit(l->plane);
	plane_mfe_read(l->plane, flow_of(2), &mfe);
	assert_int_equal(mfe.flags, 0);
}

static void test_the_cache_is_full(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_mfe mfe;

	for (uint32_t n = 0; n < plane_small.max_routes; n++)
		assert_int_equal(plane_mfe_put(l->plane, flow_of(n), 7,
					       XMGM_SET_NEGATIVE, 0),
				 0);
	assert_int_equal(plane_mfe_put(l->plane, flow_of(1000), 7,
				       XMGM_SET_NEGATIVE, 0),
			 -ENOSPC);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(lab_counters(l).routes, plane_small.max_routes);
	assert_int_equal(lab_counters(l).routes_refused, 1);
	assert_int_equal(plane_mfe_read(l->plane, flow_of(1000), &mfe),
			 -ENOENT);
	/* A change needs no room. */
	assert_int_equal(plane_mfe_put(l->plane, flow_of(3), 8,
				       XMGM_SET_NEGATIVE, 0),
			 0);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(plane_mfe_read(l->plane, flow_of(3), &mfe), 0);
	assert_int_equal(mfe.route.iif, 8);
	/* One goes, another one comes, in one batch. */
	plane_mfe_del(l->plane, flow_of(5));
	assert_int_equal(plane_mfe_put(l->plane, flow_of(1000), 7,
				       XMGM_SET_NEGATIVE, 0),
			 0);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(plane_mfe_read(l->plane, flow_of(1000), &mfe), 0);
	assert_int_equal(lab_counters(l).routes, plane_small.max_routes);
	/* And who opens it next knows that it is full. */
	lab_reopen(l);
	assert_int_equal(lab_counters(l).routes, plane_small.max_routes);
	assert_int_equal(plane_mfe_put(l->plane, flow_of(2000), 7,
				       XMGM_SET_NEGATIVE, 0),
			 -ENOSPC);
}

/* More than one batch holds, without a commit in between. */
static void test_more_routes_than_a_batch(void **state)
{
	struct plane_options o = plane_small;
	struct plane_lab *l = *state;
	struct xmgm_mfe mfe;
	const char *error;

	lab_close_plane(l);
	assert_int_equal(plane_destroy_bpf(l->instance, &error), 0);
	o.max_routes = 3 * XMGM_BATCH;
	assert_int_equal(lab_open_plane(l, &o, &error), 0);
	for (uint32_t n = 0; n < 2 * XMGM_BATCH + 1; n++)
		assert_int_equal(plane_mfe_put(l->plane, flow_of(n), 7,
					       XMGM_SET_NEGATIVE, 0),
				 0);
	assert_int_equal(plane_commit(l->plane), 0);
	assert_int_equal(lab_counters(l).routes, 2 * XMGM_BATCH + 1);
	assert_int_equal(
		plane_mfe_read(l->plane, flow_of(2 * XMGM_BATCH), &mfe), 0);
}

struct walked {
	uint32_t routes, oifs[8], stop_at;
	size_t count;
	struct xmgm_mfe mfe;
};

static int on_route(void *arg, const struct xmgm_mfe *mfe, const uint32_t *oifs,
		    size_t count)
{
	struct walked *w = arg;

	w->routes++;
	if (mfe->route.set != XMGM_SET_NEGATIVE) {
		assert_true(count <= ARRAY(w->oifs));
		memcpy(w->oifs, oifs, count * sizeof(*oifs));
		w->count = count;
		w->mfe = *mfe;
	}
	return w->routes == w->stop_at ? 99 : 0;
}

static void test_what_is_found_after_a_restart(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_flow flow = flow_of(1);
	struct walked w = {0};
	uint32_t set;

	lab_add_route(l, flow, 1 << 1 | 1 << 3);
	plane_mfe_put(l->plane, flow_of(2), l->near[0], XMGM_SET_NEGATIVE, 0);
	plane_mfe_put(l->plane, flow_of(3), l->near[0], XMGM_SET_NEGATIVE, 0);
	assert_int_equal(plane_commit(l->plane), 0);
	lab_reopen(l);
	assert_int_equal(plane_mfe_walk(l->plane, on_route, &w), 0);
	assert_int_equal(w.routes, 3);
	assert_int_equal(w.count, 2);
	assert_int_equal(w.oifs[0], l->near[1]);
	assert_int_equal(w.oifs[1], l->near[3]);
	assert_memory_equal(&w.mfe.flow, &flow, sizeof(flow));
	w = (struct walked){.stop_at = 2};
	assert_int_equal(plane_mfe_walk(l->plane, on_route, &w), 99);
	assert_int_equal(w.routes, 2);

	/* Claimed by its oifs it is the same set, and it stays. */
	w = (struct walked){0};
	plane_mfe_walk(l->plane, on_route, &w);
	set = get(l, w.oifs, w.count);
	assert_int_equal(set, w.mfe.route.set);
	for (int i = 0; i < 30; i++)
		lab_turn(l);
	assert_int_equal(devices(l, set), 2);
	assert_int_equal(lab_counters(l).sets_in_use, 1);
}

/* A set that no route claims is emptied and serves again. */
static void test_sets_nobody_claims(void **state)
{
	struct plane_lab *l = *state;
	uint32_t set = get(l, l->near, 3);

	lab_reopen(l);
	assert_int_equal(devices(l, set), 3);
	WAIT_FOR(l, devices(l, set) == 0);
	assert_int_equal(lab_counters(l).sets_in_use, 0);
}

/* A route that nobody has looked at yet goes on forwarding to its own. */
static void test_a_set_lives_as_long_as_a_route_found(void **state)
{
	struct plane_lab *l = *state;
	struct xmgm_mfe mfe;

	lab_add_route(l, flow_of(1), 1 << 1 | 1 << 2);
	lab_add_route(l, flow_of(2), 1 << 1 | 1 << 2);
	plane_mfe_read(l->plane, flow_of(1), &mfe);
	lab_reopen(l);
	for (int i = 0; i < 30; i++)
		lab_turn(l);
	assert_int_equal(devices(l, mfe.route.set), 2);
	/* One is deleted, the other one changed: now nobody needs it. */
	plane_mfe_del(l->plane, flow_of(1));
	assert_int_equal(plane_commit(l->plane), 0);
	for (int i = 0; i < 30; i++)
		lab_turn(l);
	assert_int_equal(devices(l, mfe.route.set), 2);
	lab_add_route(l, flow_of(2), 1 << 3);
	WAIT_FOR(l, devices(l, mfe.route.set) == 0);
}

/* A route names it, and that may be all there is of it. */
static void test_a_set_without_devices_is_not_given_to_others(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port port = lab_port(l, 1);
	struct xmgm_mfe mfe;
	uint32_t set;

	port.path = PLANE_PATH_NONE;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	lab_add_route(l, flow_of(1), 1 << 1);
	plane_mfe_read(l->plane, flow_of(1), &mfe);
	lab_reopen(l);
	for (uint32_t n = 0;
	     !plane_set_get(l->plane, (uint32_t[]){single(n)}, 1, &set); n++)
		assert_int_not_equal(set, mfe.route.set);
	plane_mfe_del(l->plane, flow_of(1));
	assert_int_equal(plane_commit(l->plane), 0);
	WAIT_FOR(l, !plane_set_get(l->plane, &l->near[2], 1, &set));
	assert_int_equal(set, mfe.route.set);
}

/*
 * A port that has no path still is an oif, and gets its copies when it has one:
 * not a netdev that has gone, nor another one of its index.
 */
static void test_a_set_found_has_all_its_oifs(void **state)
{
	struct plane_lab *l = *state;
	struct plane_port port = lab_port(l, 1), gone = {.ifid = 4001},
			  other = {.ifid = 4002};
	uint32_t oifs[] = {l->near[1], l->near[3], 4001, 4002}, set;
	struct walked w = {0};
	const char *error;

	run_ip("link add gone index 4001 type veth peer name gonep");
	run_ip("link add other index 4002 type veth peer name otherp");
	strcpy(gone.name, "gone");
	strcpy(other.name, "other");
	gone.ifindex = gone.ifid;
	other.ifindex = other.ifid;
	port.path = gone.path = other.path = PLANE_PATH_NONE;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	assert_int_equal(plane_port_set(l->plane, &gone), 0);
	assert_int_equal(plane_port_set(l->plane, &other), 0);
	set = get(l, oifs, 4);
	assert_int_equal(devices(l, set), 1);
	plane_mfe_put(l->plane, flow_of(1), l->near[0], set, 0);
	assert_int_equal(plane_commit(l->plane), 0);
	lab_close_plane(l);
	run_ip("link del gone");
	run_ip("link del other");
	run_ip("link add new index 4002 type veth peer name newp");
	assert_int_equal(lab_open_plane(l, &plane_small, &error), 0);
	assert_int_equal(plane_mfe_walk(l->plane, on_route, &w), 0);
	assert_int_equal(w.count, 2);
	assert_int_equal(w.oifs[0], l->near[1]);
	assert_int_equal(w.oifs[1], l->near[3]);
	assert_int_equal(get(l, w.oifs, 2), set);
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	assert_int_equal(devices(l, set), 1);
	port.path = PLANE_PATH_XDP;
	assert_int_equal(plane_port_set(l->plane, &port), 0);
	assert_int_equal(device_of(l, set, port.ifid), l->near[1]);
	run_ip("link del new");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		PLANE_TEST(test_a_set_hands_out_by_the_paths_of_its_ports),
		PLANE_TEST(test_a_port_leaves_by_its_device),
		PLANE_TEST(test_a_set_without_devices_is_not_given_to_others),
		PLANE_TEST(test_equal_lists_share_a_set),
		PLANE_TEST(test_an_empty_list_is_negative),
		PLANE_TEST(test_sizes_of_sets),
		PLANE_TEST(test_dumps_name_the_oifs),
		PLANE_TEST(test_dumps_show_references),
		PLANE_TEST(test_the_pool),
		PLANE_TEST(test_a_set_that_is_left_is_emptied),
		PLANE_TEST(test_a_set_that_is_revived_stays),
		PLANE_TEST(test_a_set_left_twice_waits_twice),
		PLANE_TEST(test_slots_run_out),
		PLANE_TEST(test_a_slot_changes_its_size),
		PLANE_TEST(test_a_device_that_comes_back),
		PLANE_TEST(test_an_oif_that_nobody_owns_any_more),
		PLANE_TEST(test_routes),
		PLANE_TEST(test_commit_returns_the_first_error),
		PLANE_TEST(test_the_iif_says_whether_checksums_are_partial),
		PLANE_TEST(test_the_cache_is_full),
		PLANE_TEST(test_more_routes_than_a_batch),
		PLANE_TEST(test_what_is_found_after_a_restart),
		PLANE_TEST(test_a_set_found_has_all_its_oifs),
		PLANE_TEST(test_sets_nobody_claims),
		PLANE_TEST(test_a_set_lives_as_long_as_a_route_found),
	};

	return PLANE_LAB_MAIN("plane_routes", tests);
}
