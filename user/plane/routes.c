/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes, queued in a memory-mapped array and applied in order by one run of
 * the routes program: 4096 of them in about a millisecond, existing entries
 * in place.
 */
#include "bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#define BATCH_BYTES (XMGM_BATCH * sizeof(struct xmgm_batch_item))

/* The routes that named these sets have been changed: free to die. */
static void release_superseded(struct plane_bpf *p)
{
	struct found_route *found;

	while ((found = p->routes.superseded)) {
		p->routes.superseded = found->next;
		sets_put(p, found->set);
		free(found);
	}
}

static void supersede(struct plane_bpf *p, const struct xmgm_flow *flow)
{
	struct routes *r = &p->routes;
	struct hash_node *node =
		hash_first(&r->found, hash_bytes(flow, sizeof(*flow)));
	struct found_route *found;

	for (; node; node = hash_next(node)) {
		found = hash_entry(node, struct found_route, node);
		if (memcmp(&found->flow, flow, sizeof(*flow)))
			continue;
		hash_remove(&r->found, node);
		found->next = r->superseded;
		r->superseded = found;
		return;
	}
}

static void take_results(struct plane_bpf *p, const struct xmgm_batch_ctx *ctx)
{
	struct routes *r = &p->routes;

	r->in_cache += ctx->created - ctx->deleted;
	if (!ctx->failed)
		return;
	for (uint32_t i = 0; i < r->queued; i++) {
		int err = r->batch[i].result;

		if (!err)
			continue;
		/* The kernel's word for a full map. */
		if (err == -E2BIG) {
			r->refused++;
			err = -ENOSPC;
		}
		if (!r->error)
			r->error = err;
	}
}

int routes_flush(struct plane_bpf *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	struct xmgm_batch_ctx ctx = {.count = p->routes.queued};
	struct routes *r = &p->routes;
	int err;

	if (r->queued) {
		opts.ctx_in = &ctx;
		opts.ctx_size_in = sizeof(ctx);
		/* The kernel writes it back to the same place. */
		err = bpf_prog_test_run_opts(p->in.prog[PROG_ROUTES], &opts);
		if (err)
			r->error = err;
		else
			take_results(p, &ctx);
		r->queued = 0;
		release_superseded(p);
	}
	err = r->error;
	r->error = 0;
	return err;
}

static struct xmgm_batch_item *next_item(struct plane_bpf *p)
{
	struct routes *r = &p->routes;

	if (r->queued == XMGM_BATCH)
		r->error = routes_flush(p);
	memset(&r->batch[r->queued], 0, sizeof(r->batch[0]));
	return &r->batch[r->queued++];
}

/* The kernel is asked only when the cache might be full. */
static bool is_full_for(struct plane_bpf *p, const struct xmgm_flow *flow)
{
	struct routes *r = &p->routes;
	struct xmgm_mfe there;

	if (r->in_cache + r->queued < p->in.abi.max_routes)
		return false;
	r->error = routes_flush(p);
	return r->in_cache >= p->in.abi.max_routes &&
	       bpf_map_lookup_elem(p->in.map[MAP_mfc], flow, &there);
}

int routes_put(struct plane_bpf *p, const struct xmgm_mfe *mfe)
{
	struct xmgm_batch_item *item;
	int err = routes_adopt(p);

	if (err)
		return err;
	if (is_full_for(p, &mfe->flow)) {
		p->routes.refused++;
		return -ENOSPC;
	}
	item = next_item(p);
	item->op = XMGM_BATCH_PUT;
	item->mfe = *mfe;
	supersede(p, &mfe->flow);
	return 0;
}

int routes_del(struct plane_bpf *p, struct xmgm_flow flow)
{
	struct xmgm_batch_item *item;
	int err = routes_adopt(p);

	if (err)
		return err;
	item = next_item(p);
	item->op = XMGM_BATCH_DEL;
	item->mfe.flow = flow;
	supersede(p, &flow);
	return 0;
}

void routes_drained(struct plane_bpf *p, struct xmgm_flow flow)
{
	struct xmgm_batch_item *item = next_item(p);

	item->op = XMGM_BATCH_DRAINED;
	item->mfe.flow = flow;
}

void routes_alone(struct plane_bpf *p, struct xmgm_flow flow)
{
	struct xmgm_batch_item *item = next_item(p);

	item->op = XMGM_BATCH_ALONE;
	item->mfe.flow = flow;
}

/* In batches: a million one by one takes a second, so a third of it. */
int routes_walk(struct plane_bpf *p,
		int (*each)(void *arg, const struct xmgm_mfe *mfe), void *arg)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	struct xmgm_flow *keys = calloc(XMGM_BATCH, sizeof(*keys));
	struct xmgm_mfe *mfes = calloc(XMGM_BATCH, sizeof(*mfes));
	__u32 token, count;
	bool more = true;
	int err = keys && mfes ? 0 : -ENOMEM;

	for (void *in = NULL; !err && more; in = &token) {
		count = XMGM_BATCH;
		err = bpf_map_lookup_batch(p->in.map[MAP_mfc], in, &token, keys,
					   mfes, &count, &opts);
		if (err == -ENOENT) {
			more = false;
			err = 0;
		}
		for (__u32 i = 0; !err && i < count; i++) {
			mfe_add_shared(p, &mfes[i]);
			err = each(arg, &mfes[i]);
		}
	}
	free(keys);
	free(mfes);
	return err;
}

static int count_one(void *arg, const struct xmgm_mfe *mfe)
{
	uint32_t *n = arg;

	(void)mfe;
	++*n;
	return 0;
}

static int adopt_route(void *arg, const struct xmgm_mfe *mfe)
{
	struct plane_bpf *p = arg;
	struct found_route *found;

	/* What was held for it is gone with who held it. */
	if (mfe->state == XMGM_STATE_DRAINING)
		routes_drained(p, mfe->flow);
	if (mfe->route.set < XMGM_SET_FIRST || !sets_hold(p, mfe->route.set))
		return 0;
	found = calloc(1, sizeof(*found));
	if (!found)
		goto no_memory;
	found->flow = mfe->flow;
	found->set = mfe->route.set;
	if (hash_insert(&p->routes.found, &found->node,
			hash_bytes(&found->flow, sizeof(found->flow)))) {
		free(found);
		goto no_memory;
	}
	return 0;
no_memory:
	sets_put(p, mfe->route.set);
	return -ENOMEM;
}

/* put: also gives back what they hold. */
static void forget_found(struct plane_bpf *p, bool put)
{
	struct hash_node *node, *next;
	uint32_t i;

	hash_for_each_safe(&p->routes.found, node, next, i) {
		struct found_route *found =
			hash_entry(node, struct found_route, node);

		hash_remove(&p->routes.found, node);
		if (put)
			sets_put(p, found->set);
		free(found);
	}
	hash_clear(&p->routes.found);
}

int routes_adopt(struct plane_bpf *p)
{
	struct routes *r = &p->routes;
	int err;

	if (r->adopted)
		return 0;
	r->adopted = true;
	err = routes_walk(p, adopt_route, p);
	if (err) {
		forget_found(p, true);
		r->adopted = false;
	}
	return !err && p->reflag ? routes_reflag(p) : err;
}

int routes_init(struct plane_bpf *p)
{
	void *map = mmap(NULL, BATCH_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
			 p->in.map[MAP_batch], 0);

	if (map == MAP_FAILED)
		return -errno;
	p->routes.batch = map;
	return routes_walk(p, count_one, &p->routes.in_cache);
}

void routes_free(struct plane_bpf *p)
{
	forget_found(p, false);
	if (p->routes.batch)
		munmap(p->routes.batch, BATCH_BYTES);
}
