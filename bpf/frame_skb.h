/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The context of tc: see frame.h, and a packet out of it. A tag has been taken
 * off it already.
 */
#ifndef XMGM_BPF_FRAME_SKB_H
#define XMGM_BPF_FRAME_SKB_H

#include "ipv4.h"

#define HEADERS (sizeof(struct ethhdr) + sizeof(struct iphdr))

static __always_inline long frame_load(void *ctx, __u32 offset, void *to,
				       __u32 len)
{
	return bpf_skb_load_bytes(ctx, offset, to, len);
}

/* Its IP header in the linear part, to a group whose MAC address it has. */
static __always_inline bool parse_skb(struct __sk_buff *skb, struct packet *p)
{
	struct ethhdr *eth;

	if (skb->vlan_present || skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_pull_data(skb, HEADERS))
		return false;
	eth = (void *)(long)skb->data;
	p->end = (void *)(long)skb->data_end;
	p->ip = (void *)(eth + 1);
	if ((void *)(p->ip + 1) > p->end || !mac_is_multicast(eth) ||
	    bpf_ntohl(p->ip->daddr) >> 28 != 14 ||
	    !mac_matches(eth, bpf_ntohl(p->ip->daddr)))
		return false;
	p->l2_len = sizeof(*eth);
	p->frame_len = skb->len;
	p->ip_len = bpf_ntohs(p->ip->tot_len);
	p->ifindex = skb->ifindex;
	p->ifid = p->ifindex;
	packet_set_flow(p);
	return p->ip_len >= sizeof(*p->ip) &&
	       p->ip_len + p->l2_len <= p->frame_len;
}

#endif /* XMGM_BPF_FRAME_SKB_H */
