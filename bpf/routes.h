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

static __always_inline int route_put(struct xmgm_batch_item *item)
{
	struct xmgm_mfe *mfe = bpf_map_lookup_elem(&mfc, &item->mfe.flow);

	if (!mfe)
		return bpf_map_update_elem(&mfc, &item->mfe.flow, &item->mfe,
					   BPF_NOEXIST);
	/* State first: a route must not forward before its drain is known. */
	mfe->flags = item->mfe.flags;
	*(volatile __u32 *)&mfe->state = item->mfe.state;
	*(volatile __u64 *)&mfe->route = *(__u64 *)&item->mfe.route;
	return 0;
}

static __always_inline int route_del(struct xmgm_batch_item *item)
{
	struct xmgm_mfe *mfe = bpf_map_lookup_elem(&mfc, &item->mfe.flow);

	if (!mfe)
		return -ENOENT;
	item->mfe = *mfe;
	return bpf_map_delete_elem(&mfc, &item->mfe.flow);
}

static __always_inline int route_state(struct xmgm_batch_item *item)
{
	struct xmgm_mfe *mfe = bpf_map_lookup_elem(&mfc, &item->mfe.flow);

	if (!mfe)
		return -ENOENT;
	*(volatile __u32 *)&mfe->state = item->mfe.state;
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
		item->result = route_put(item);
		break;
	case XMGM_BATCH_DEL:
		item->result = route_del(item);
		break;
	case XMGM_BATCH_STATE:
		item->result = route_state(item);
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
	ctx->failed = local.failed;
	return 0;
}

#endif /* XMGM_BPF_ROUTES_H */
