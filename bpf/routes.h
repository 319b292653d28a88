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

struct shared_sum {
	struct xmgm_flow flow;
	__u64 packets, bytes;
};

static long shared_add(__u32 cpu, void *arg)
{
	struct shared_sum *sum = arg;
	struct xmgm_mfe_count *c =
		bpf_map_lookup_percpu_elem(&mfc_shared, &sum->flow, cpu);

	if (!c)
		return 1;
	sum->packets += c->packets;
	sum->bytes += c->bytes;
	return 0;
}

/* What other CPUs have counted of a line that goes. */
static __always_inline void shared_take(struct xmgm_mfe *mfe)
{
	struct shared_sum sum = {.flow = mfe->flow};

	bpf_loop(XMGM_CPU_SEVERAL, shared_add, &sum, 0);
	mfe->packets += sum.packets;
	mfe->bytes += sum.bytes;
	bpf_map_delete_elem(&mfc_shared, &sum.flow);
}

static __always_inline int route_del(struct xmgm_batch_item *item,
				     struct xmgm_batch_ctx *ctx)
{
	struct xmgm_mfe *mfe = bpf_map_lookup_elem(&mfc, &item->mfe.flow);
	int err;

	if (!mfe)
		return -ENOENT;
	item->mfe = *mfe;
	ctx->deleted++;
	/* A packet after this is a new flow's, however soon it comes. */
	bpf_map_delete_elem(&pending, &item->mfe.flow);
	err = bpf_map_delete_elem(&mfc, &item->mfe.flow);
	if (item->mfe.cpu & XMGM_CPU_SHARED)
		shared_take(&item->mfe);
	return err;
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

/*
 * Packets of a flow that came in on several CPUs may come in on one again:
 * the next one counts in the line. The others have the element of mfc_shared,
 * so nobody adds to the line beside it.
 */
static __always_inline int route_alone(struct xmgm_batch_item *item)
{
	struct xmgm_mfe *mfe = bpf_map_lookup_elem(&mfc, &item->mfe.flow);

	if (mfe && mfe->cpu == (XMGM_CPU_SEVERAL | XMGM_CPU_SHARED))
		*(volatile __u32 *)&mfe->cpu = XMGM_CPU_SHARED;
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
	case XMGM_BATCH_ALONE:
		item->result = route_alone(item);
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
