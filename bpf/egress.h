/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Egress: each copy, on its way to one device. Source MAC of its port, TTL
 * threshold, VLAN tag and counters. One program serves every device, because
 * the kernel runs the first program of a bulk for all of it.
 */
#ifndef XMGM_BPF_EGRESS_H
#define XMGM_BPF_EGRESS_H

#include <bpf/bpf_endian.h>
#include "tags.h"
#include "verdict.h"

struct egress_view {
	const struct xmgm_egress *egress;
	struct xmgm_egress_stats *stats;
};

static __always_inline struct egress_view egress_find(__u32 ifid)
{
	__u32 slot = xmgm_egress_slot(ifid);
	struct egress_view v = {};
	struct xmgm_egress_far *far;

	if (slot < XMGM_EGRESS_SLOTS) {
		v.egress = bpf_map_lookup_elem(&egress, &slot);
		v.stats = bpf_map_lookup_elem(&egress_stats, &slot);
		return v;
	}
	far = bpf_map_lookup_elem(&egress_far, &ifid);
	if (far) {
		v.egress = &far->egress;
		v.stats = &far->stats;
	}
	return v;
}

/* Per-CPU where it has a slot, shared beyond: atomic there. */
static __always_inline void egress_add(__u32 ifid, __u64 *counter, __u64 amount)
{
	if (xmgm_egress_slot(ifid) < XMGM_EGRESS_SLOTS)
		*counter += amount;
	else
		__sync_fetch_and_add(counter, amount);
}

static __always_inline bool put_mac(struct xdp_md *ctx,
				    const struct xmgm_oif_place *place,
				    const __be16 mac[3])
{
	struct ethhdr *eth = (void *)(long)ctx->data;

	if (place->vlan)
		return tag_push(ctx, place, mac);
	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return false;
	eth->h_source[0] = mac[0];
	eth->h_source[1] = mac[1];
	eth->h_source[2] = mac[2];
	return true;
}

enum { SENT = -1 }; /* no reason to drop it */

static __always_inline int egress_send(struct xdp_md *ctx,
				       const struct xmgm_oif_place *place,
				       const struct egress_view *v)
{
	struct iphdr *ip = (void *)(long)ctx->data + sizeof(struct ethhdr);
	__u16 ip_len;

	if (!v->egress || !v->stats || !(v->egress->flags & XMGM_EGRESS_FILLED))
		return XMGM_OIF_UNKNOWN;
	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return XMGM_TRUNCATED;
	if (ip->ttl < v->egress->ttl_threshold) {
		egress_add(place->ifid, &v->stats->ttl_low, 1);
		return XMGM_OIF_TTL;
	}
	ip_len = bpf_ntohs(ip->tot_len);
	if (!put_mac(ctx, place, (const void *)v->egress->mac))
		return XMGM_OIF_UNKNOWN;
	egress_add(place->ifid, &v->stats->packets, 1);
	egress_add(place->ifid, &v->stats->bytes, ip_len);
	return SENT;
}

/* A device with VLANs: which of them? */
static __noinline int egress_trunk(struct xdp_md *ctx, __u32 ifindex)
{
	const struct xmgm_oif_place *place;
	struct copy_meta meta;
	struct egress_view v;

	if (!meta_get(ctx, &meta))
		return XMGM_OIF_UNKNOWN;
	place = copy_place(&meta, ifindex);
	if (!place)
		return XMGM_OIF_GONE;
	v = egress_find(place->ifid);
	return egress_send(ctx, place, &v);
}

/* What is dropped here the driver is not to blame for. */
static __always_inline int egress_copy(struct xdp_md *ctx, __u32 ifindex)
{
	struct xmgm_oif_place own = {.ifindex = ifindex, .ifid = ifindex};
	struct egress_view v = egress_find(ifindex);
	int reason;

	if (v.egress && v.egress->flags & XMGM_EGRESS_TRUNK)
		reason = egress_trunk(ctx, ifindex);
	else
		reason = egress_send(ctx, &own, &v);
	if (reason == SENT)
		return XDP_PASS;
	if (v.stats)
		egress_add(ifindex, &v.stats->dropped, 1);
	return verdict(reason, XDP_DROP);
}

#endif /* XMGM_BPF_EGRESS_H */
