/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Egress: each copy, on its way to one device. Source MAC of that device, its
 * TTL threshold, its counters. One program serves every device, because the
 * kernel runs the first program of a bulk for all of it.
 */
#ifndef XMGM_BPF_EGRESS_H
#define XMGM_BPF_EGRESS_H

#include <bpf/bpf_endian.h>
#include "verdict.h"

struct egress_view {
	const struct xmgm_egress *egress;
	struct xmgm_egress_stats *stats;
};

static __always_inline struct egress_view egress_find(__u32 ifindex)
{
	struct egress_view v = {};
	struct xmgm_egress_far *far;

	if (ifindex < XMGM_EGRESS_MAX) {
		v.egress = bpf_map_lookup_elem(&egress, &ifindex);
		v.stats = bpf_map_lookup_elem(&egress_stats, &ifindex);
		return v;
	}
	far = bpf_map_lookup_elem(&egress_far, &ifindex);
	if (far) {
		v.egress = &far->egress;
		v.stats = &far->stats;
	}
	return v;
}

/* Per-CPU below XMGM_EGRESS_MAX, shared beyond: atomic there. */
static __always_inline void egress_add(__u32 ifindex, __u64 *counter,
				       __u64 amount)
{
	if (ifindex < XMGM_EGRESS_MAX)
		*counter += amount;
	else
		__sync_fetch_and_add(counter, amount);
}

static __always_inline int egress_copy(struct xdp_md *ctx, __u32 ifindex)
{
	struct egress_view v = egress_find(ifindex);
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);
	void *end = (void *)(long)ctx->data_end;
	const __be16 *mac;

	if (!v.egress || !v.stats || !(v.egress->flags & XMGM_EGRESS_FILLED))
		return verdict(XMGM_OIF_UNKNOWN, XDP_DROP);
	if ((void *)(ip + 1) > end)
		return verdict(XMGM_TRUNCATED, XDP_DROP);
	if (ip->ttl < v.egress->ttl_threshold) {
		egress_add(ifindex, &v.stats->ttl_low, 1);
		return verdict(XMGM_OIF_TTL, XDP_DROP);
	}
	mac = (const void *)v.egress->mac;
	eth->h_source[0] = mac[0];
	eth->h_source[1] = mac[1];
	eth->h_source[2] = mac[2];
	egress_add(ifindex, &v.stats->packets, 1);
	egress_add(ifindex, &v.stats->bytes, bpf_ntohs(ip->tot_len));
	return XDP_PASS;
}

#endif /* XMGM_BPF_EGRESS_H */
