/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The program that applies routes by the batch: create, change in place,
 * delete, end of draining; what it reports of each and of all; a cache that
 * is full, a batch that is too long.
 */
#include "run.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "xmgm.skel.h"

#define ROUTES	    5000u /* room in the cache: more than a batch */
#define BATCH_BYTES (XMGM_BATCH * sizeof(struct xmgm_batch_item))

static struct xmgm_bpf *skel;
static struct xmgm_batch_item *batch;
static struct xmgm_batch_ctx ctx;

static int load(void **state)
{
	(void)state;
	skel = xmgm_bpf__open();
	if (!skel)
		return -1;
	bpf_map__set_max_entries(skel->maps.mfc, ROUTES);
	if (xmgm_bpf__load(skel))
		return -1;
	batch = mmap(NULL, BATCH_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_map__fd(skel->maps.batch), 0);
	return batch == MAP_FAILED ? -1 : 0;
}

static int unload(void **state)
{
	(void)state;
	munmap(batch, BATCH_BYTES);
	xmgm_bpf__destroy(skel);
	return 0;
}

static int cache(void)
{
	return bpf_map__fd(skel->maps.mfc);
}

static int empty_cache(void **state)
{
	struct xmgm_flow flow;

	(void)state;
	while (!bpf_map_get_next_key(cache(), NULL, &flow))
		if (bpf_map_delete_elem(cache(), &flow))
			return -1;
	memset(batch, 0, BATCH_BYTES);
	return 0;
}

static struct xmgm_flow flow_of(uint32_t n)
{
	struct xmgm_flow flow = {{10, 0, 0, 1}, {239, 0, 0, 0}};

	flow.group[1] = (uint8_t)(n >> 16);
	flow.group[2] = (uint8_t)(n >> 8);
	flow.group[3] = (uint8_t)n;
	return flow;
}

static void put(uint32_t item, uint32_t n, uint32_t set, enum xmgm_state state)
{
	batch[item] = (struct xmgm_batch_item){
		.op = XMGM_BATCH_PUT,
		.result = 99,
		.mfe = {.route = {.iif = 7, .set = set},
			.flow = flow_of(n),
			.state = state,
			.flags = XMGM_MFE_STATIC,
			.created = 4711},
	};
}

static void other(uint32_t item, uint32_t n, enum xmgm_batch_op op)
{
	batch[item] = (struct xmgm_batch_item){
		.op = op,
		.result = 99,
		.mfe.flow = flow_of(n),
	};
}

static void run_batch(uint32_t count)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx));

	ctx = (struct xmgm_batch_ctx){
		.count = count,
		.failed = 77,
		.created = 77,
		.deleted = 77,
	};
	assert_int_equal(
		bpf_prog_test_run_opts(bpf_program__fd(skel->progs.xmgm_routes),
				       &opts),
		0);
	assert_int_equal(opts.retval, 0);
}

static bool there(uint32_t n, struct xmgm_mfe *mfe)
{
	struct xmgm_flow flow = flow_of(n);

	return !bpf_map_lookup_elem(cache(), &flow, mfe);
}

static uint32_t count_cache(void)
{
	struct xmgm_flow flow, *last = NULL;
	uint32_t n = 0;

	for (; !bpf_map_get_next_key(cache(), last, &flow); n++)
		last = &flow;
	return n;
}

static void add_traffic(uint32_t n)
{
	struct xmgm_mfe mfe;

	assert_true(there(n, &mfe));
	mfe.packets = 1000;
	mfe.bytes = 60000;
	mfe.wrong_if = 3;
	mfe.last_used = 12345;
	assert_int_equal(bpf_map_update_elem(cache(), &mfe.flow, &mfe, BPF_ANY),
			 0);
}

static void test_create(void **state)
{
	struct xmgm_flow flow = flow_of(1);
	struct xmgm_mfe mfe;

	(void)state;
	put(0, 1, 9, XMGM_STATE_FORWARDING);
	run_batch(1);
	assert_int_equal(batch[0].result, 0);
	assert_int_equal(ctx.created, 1);
	assert_int_equal(ctx.deleted, 0);
	assert_int_equal(ctx.failed, 0);
	assert_int_equal(ctx.count, 1);
	assert_true(there(1, &mfe));
	assert_memory_equal(&mfe.flow, &flow, sizeof(flow));
	assert_int_equal(mfe.route.iif, 7);
	assert_int_equal(mfe.route.set, 9);
	assert_int_equal(mfe.state, XMGM_STATE_FORWARDING);
	assert_int_equal(mfe.flags, XMGM_MFE_STATIC);
	assert_int_equal(mfe.created, 4711);
	assert_int_equal(mfe.packets + mfe.bytes + mfe.wrong_if, 0);
}

static void test_a_change_keeps_the_counters(void **state)
{
	struct xmgm_mfe mfe;

	(void)state;
	put(0, 1, 9, XMGM_STATE_FORWARDING);
	run_batch(1);
	add_traffic(1);
	put(0, 1, XMGM_SET_NEGATIVE, XMGM_STATE_NEGATIVE);
	batch[0].mfe.route.iif = 8;
	batch[0].mfe.flags = XMGM_MFE_PARTIAL_CSUM;
	batch[0].mfe.created = 1;
	run_batch(1);
	assert_int_equal(batch[0].result, 0);
	assert_int_equal(ctx.created, 0);
	assert_int_equal(ctx.failed, 0);
	assert_true(there(1, &mfe));
	assert_int_equal(mfe.route.iif, 8);
	assert_int_equal(mfe.route.set, XMGM_SET_NEGATIVE);
	assert_int_equal(mfe.state, XMGM_STATE_NEGATIVE);
	assert_int_equal(mfe.flags, XMGM_MFE_PARTIAL_CSUM);
	assert_int_equal(mfe.packets, 1000);
	assert_int_equal(mfe.bytes, 60000);
	assert_int_equal(mfe.wrong_if, 3);
	assert_int_equal(mfe.last_used, 12345);
	assert_int_equal(mfe.created, 4711);
}

static void test_delete_returns_the_final_counters(void **state)
{
	struct xmgm_mfe mfe;

	(void)state;
	put(0, 1, 9, XMGM_STATE_FORWARDING);
	put(1, 2, 9, XMGM_STATE_FORWARDING);
	run_batch(2);
	add_traffic(1);
	other(0, 1, XMGM_BATCH_DEL);
	run_batch(1);
	assert_int_equal(batch[0].result, 0);
	assert_int_equal(ctx.deleted, 1);
	assert_int_equal(ctx.created, 0);
	assert_int_equal(ctx.failed, 0);
	assert_false(there(1, &mfe));
	assert_true(there(2, &mfe));
	assert_int_equal(batch[0].mfe.packets, 1000);
	assert_int_equal(batch[0].mfe.bytes, 60000);
	assert_int_equal(batch[0].mfe.wrong_if, 3);
	assert_int_equal(batch[0].mfe.last_used, 12345);
	assert_int_equal(batch[0].mfe.route.set, 9);
}

static void test_delete_what_is_not_there(void **state)
{
	(void)state;
	other(0, 1, XMGM_BATCH_DEL);
	run_batch(1);
	assert_int_equal(batch[0].result, -ENOENT);
	assert_int_equal(ctx.failed, 1);
	assert_int_equal(ctx.deleted, 0);
}

/* The next packet of a deleted flow is a new flow's. */
static void test_delete_forgets_what_was_pending(void **state)
{
	int pending = bpf_map__fd(skel->maps.pending);
	struct xmgm_pending entry = {.packets = 5};

	(void)state;
	for (uint32_t n = 1; n <= 2; n++) {
		struct xmgm_flow flow = flow_of(n);

		put(n - 1, n, 9, XMGM_STATE_FORWARDING);
		assert_int_equal(bpf_map_update_elem(pending, &flow, &entry,
						     BPF_ANY),
				 0);
	}
	run_batch(2);
	other(0, 1, XMGM_BATCH_DEL);
	run_batch(1);
	for (uint32_t n = 1; n <= 2; n++) {
		struct xmgm_flow flow = flow_of(n);

		assert_int_equal(bpf_map_lookup_elem(pending, &flow, &entry),
				 n == 1 ? -ENOENT : 0);
	}
}

static void test_drained(void **state)
{
	static const struct {
		enum xmgm_state before, after;
	} cases[] = {
		{XMGM_STATE_DRAINING, XMGM_STATE_FORWARDING},
		{XMGM_STATE_FORWARDING, XMGM_STATE_FORWARDING},
		{XMGM_STATE_NEGATIVE, XMGM_STATE_NEGATIVE},
		{XMGM_STATE_PENDING, XMGM_STATE_PENDING},
	};
	struct xmgm_mfe mfe;

	(void)state;
	for (uint32_t i = 0; i < ARRAY(cases); i++) {
		put(0, i, 9, cases[i].before);
		run_batch(1);
		add_traffic(i);
		other(0, i, XMGM_BATCH_DRAINED);
		run_batch(1);
		assert_int_equal(batch[0].result, 0);
		assert_int_equal(ctx.failed, 0);
		assert_true(there(i, &mfe));
		assert_int_equal(mfe.state, cases[i].after);
		assert_int_equal(mfe.packets, 1000);
		assert_int_equal(mfe.route.set, 9);
	}
	/* The route has gone meanwhile: nothing to do. */
	other(0, 99, XMGM_BATCH_DRAINED);
	run_batch(1);
	assert_int_equal(batch[0].result, 0);
	assert_false(there(99, &mfe));
}

static void test_unknown_operations(void **state)
{
	static const uint32_t ops[] = {0, XMGM_BATCH_ALONE + 1, UINT32_MAX};

	(void)state;
	for (uint32_t i = 0; i < ARRAY(ops); i++)
		other(i, i, (enum xmgm_batch_op)ops[i]);
	put(ARRAY(ops), 50, 9, XMGM_STATE_FORWARDING);
	run_batch(ARRAY(ops) + 1);
	for (uint32_t i = 0; i < ARRAY(ops); i++)
		assert_int_equal(batch[i].result, -EINVAL);
	/* And the rest is applied. */
	assert_int_equal(batch[ARRAY(ops)].result, 0);
	assert_int_equal(ctx.failed, ARRAY(ops));
	assert_int_equal(ctx.created, 1);
	assert_int_equal(count_cache(), 1);
}

/* In the order of the batch: the last word on a flow counts. */
static void test_order(void **state)
{
	struct xmgm_mfe mfe;

	(void)state;
	put(0, 1, 9, XMGM_STATE_FORWARDING);
	put(1, 1, 10, XMGM_STATE_FORWARDING);
	other(2, 1, XMGM_BATCH_DEL);
	put(3, 1, 11, XMGM_STATE_DRAINING);
	other(4, 1, XMGM_BATCH_DRAINED);
	run_batch(5);
	assert_int_equal(ctx.created, 2);
	assert_int_equal(ctx.deleted, 1);
	assert_int_equal(ctx.failed, 0);
	assert_int_equal(batch[2].mfe.route.set, 10);
	assert_true(there(1, &mfe));
	assert_int_equal(mfe.route.set, 11);
	assert_int_equal(mfe.state, XMGM_STATE_FORWARDING);
}

static void test_counts(void **state)
{
	static const uint32_t counts[] = {0, 1, 2, XMGM_BATCH - 1, XMGM_BATCH};

	for (size_t i = 0; i < ARRAY(counts); i++) {
		empty_cache(state);
		for (uint32_t n = 0; n < XMGM_BATCH; n++)
			put(n, n, 9, XMGM_STATE_FORWARDING);
		run_batch(counts[i]);
		assert_int_equal(ctx.created, counts[i]);
		assert_int_equal(ctx.failed, 0);
		assert_int_equal(count_cache(), counts[i]);
		if (counts[i])
			assert_int_equal(batch[counts[i] - 1].result, 0);
		if (counts[i] < XMGM_BATCH)
			assert_int_equal(batch[counts[i]].result, 99);
	}
}

/* No more than there are, and it says so. */
static void test_more_than_a_batch(void **state)
{
	static const uint32_t counts[] = {XMGM_BATCH + 1, UINT32_MAX};

	for (size_t i = 0; i < ARRAY(counts); i++) {
		empty_cache(state);
		for (uint32_t n = 0; n < XMGM_BATCH; n++)
			put(n, n, 9, XMGM_STATE_FORWARDING);
		run_batch(counts[i]);
		assert_int_equal(ctx.count, XMGM_BATCH);
		assert_int_equal(ctx.created, XMGM_BATCH);
		assert_int_equal(ctx.failed, 0);
		assert_int_equal(count_cache(), XMGM_BATCH);
	}
}

static void fill_cache(void)
{
	for (uint32_t from = 0; from < ROUTES; from += 2500) {
		for (uint32_t n = 0; n < 2500; n++)
			put(n, from + n, 9, XMGM_STATE_FORWARDING);
		run_batch(2500);
		assert_int_equal(ctx.created, 2500);
	}
}

/* Full: the next is refused; changes and what follows a delete are not. */
static void test_a_full_cache(void **state)
{
	struct xmgm_mfe mfe;

	(void)state;
	fill_cache();
	put(0, ROUTES, 9, XMGM_STATE_FORWARDING);
	put(1, 17, 21, XMGM_STATE_FORWARDING);
	put(2, ROUTES + 1, 9, XMGM_STATE_FORWARDING);
	run_batch(3);
	assert_int_equal(batch[0].result, -E2BIG);
	assert_int_equal(batch[1].result, 0);
	assert_int_equal(batch[2].result, -E2BIG);
	assert_int_equal(ctx.created, 0);
	assert_int_equal(ctx.failed, 2);
	assert_int_equal(count_cache(), ROUTES);
	assert_false(there(ROUTES, &mfe));
	assert_true(there(17, &mfe));
	assert_int_equal(mfe.route.set, 21);

	other(0, 18, XMGM_BATCH_DEL);
	put(1, ROUTES, 9, XMGM_STATE_FORWARDING);
	run_batch(2);
	assert_int_equal(ctx.deleted, 1);
	assert_int_equal(ctx.created, 1);
	assert_int_equal(ctx.failed, 0);
	assert_true(there(ROUTES, &mfe));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup(f, empty_cache)
	const struct CMUnitTest tests[] = {
		TEST(test_create),
		TEST(test_a_change_keeps_the_counters),
		TEST(test_delete_returns_the_final_counters),
		TEST(test_delete_what_is_not_there),
		TEST(test_delete_forgets_what_was_pending),
		TEST(test_drained),
		TEST(test_unknown_operations),
		TEST(test_order),
		TEST(test_counts),
		TEST(test_more_than_a_batch),
		TEST(test_a_full_cache),
	};

	return cmocka_run_group_tests_name("routes", tests, load, unload);
}
