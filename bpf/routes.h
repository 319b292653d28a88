/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Routes by the thousand: applies the first `count` elements of `batch` to
 * `mfc` in one system call. An existing entry is changed in place, so its
 * counters and the packets that read it meanwhile are not disturbed.
 */
#ifndef XMGM_BPF_ROUTES_H
#define XMGM_BPF_ROUTES_H

#include "maps.h"

#define ENOENT 2
#define EINVAL 22

static __always_inline int route_put(struct xmgm_batch_item *item,
				     struct xmgm_batch_ctx *ctx)
{
	struct xmgm_mfe *mfe = bpf_map_lookup_elem(&mfc, &item->mfe.flow);

	if (!mfe) {
		int err = bpf_map_update_elem(&mfc, &item->mfe.flow, &item->mfe,
					      BPF_NOEXIST);

		ctx->created += !err;
		return err;
	}
	/* State first: a route must not forward before its drain is known. */
	mfe->flags = item->mfe.flags;
	*(volatile __u32 *)&mfe->state = item->mfe.state;
	*(volatile __u64 *)&mfe->route = *(__u64 *)&item->mfe.route;
	return 0;
}

static __always_inline int route_del(struct xmgm_batch_item *item,
				     struct xmgm_batch_ctx *ctx)
{
	struct xmgm_mfe *mfe = bpf_map_lookup_elem(&mfc, &item->mfe.flow);

	if (!mfe)
		return -ENOENT;
	item->mfe = *mfe;
	ctx->deleted++;
	/* A packet after this is a new flow's, however soon it comes. */
	bpf_map_delete_elem(&pending, &item->mfe.flow);
	return bpf_map_delete_elem(&mfc, &item->mfe.flow);
}

/* The route may have gone or changed meanwhile: then there is nothing to do. */
static __always_inline int route_drained(struct xmgm_batch_item *item)
{
	struct xmgm_mfe *mfe = bpf_map_lookup_elem(&mfc, &item->mfe.flow);

	if (mfe && mfe->state == XMGM_STATE_DRAINING)
		*(volatile __u32 *)&mfe->state =
			mfe->route.set == XMGM_SET_KERNEL
				? XMGM_STATE_KERNEL
				: XMGM_STATE_FORWARDING;
	return 0;
}

static long route_apply(__u32 index, void *arg)
{
	struct xmgm_batch_ctx *ctx = arg;
	struct xmgm_batch_item *item = bpf_map_lookup_elem(&batch, &index);

	if (!item)
		return 1;
	switch (item->op) {
	case XMGM_BATCH_PUT:
		item->result = route_put(item, ctx);
		break;
	case XMGM_BATCH_DEL:
		item->result = route_del(item, ctx);
		break;
	case XMGM_BATCH_DRAINED:
		item->result = route_drained(item);
		break;
	default:
		item->result = -EINVAL;
	}
	if (item->result)
		ctx->failed++;
	return 0;
}

static __always_inline int routes_batch(struct xmgm_batch_ctx *ctx)
{
	struct xmgm_batch_ctx local = {.count = ctx->count};

	if (local.count > XMGM_BATCH)
		local.count = XMGM_BATCH;
	bpf_loop(local.count, route_apply, &local, 0);
	*ctx = local;
	return 0;
}

#endif /* XMGM_BPF_ROUTES_H */
