/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Rate limits in bytes, of a flow and of the interface that packets come in
 * on. Refusals are counted where the bucket is.
 */
#ifndef XMGM_BPF_RATE_H
#define XMGM_BPF_RATE_H

#include "bucket.h"
#include "verdict.h"

#define BYTE_COST_SHIFT 20

static __always_inline bool rate_take(struct xmgm_rate *r, __u64 byte_cost,
				      __u64 depth_ns, __u32 bytes)
{
	if (bucket_take_ns(&r->full_at, byte_cost * bytes >> BYTE_COST_SHIFT,
			   depth_ns))
		return true;
	__sync_fetch_and_add(&r->packets, 1);
	__sync_fetch_and_add(&r->bytes, bytes);
	return false;
}

/* Its flow's own: made with the first packet, as there may be many. */
static __noinline bool flow_rate_allows(const struct packet *p, __u32 slot)
{
	struct xmgm_treatment *t = bpf_map_lookup_elem(&treatments, &slot);
	struct xmgm_flow flow = p->flow;
	const struct xmgm_rate fresh = {};
	struct xmgm_rate *r;

	if (!t || !t->byte_cost)
		return true;
	r = bpf_map_lookup_elem(&rates, &flow);
	if (!r) {
		bpf_map_update_elem(&rates, &flow, &fresh, BPF_NOEXIST);
		r = bpf_map_lookup_elem(&rates, &flow);
	}
	return !r || rate_take(r, t->byte_cost, t->depth_ns, p->ip_len);
}

static __noinline bool interface_rate_allows(const struct packet *p)
{
	__u32 ifid = p->ifid;
	struct xmgm_limit *l = bpf_map_lookup_elem(&limits, &ifid);

	return !l || rate_take(&l->rate, l->byte_cost, l->depth_ns, p->ip_len);
}

#endif /* XMGM_BPF_RATE_H */
