/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The context of tc: see frame.h, and a packet out of it. Its tag is beside the
 * frame, or has been taken off it already.
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

/* Behind an Ethernet header to its group's MAC address, or where the packet
 * begins: NULL otherwise. */
static __always_inline struct iphdr *find_ip(struct __sk_buff *skb,
					     struct packet *p)
{
	struct ethhdr *eth = (void *)(long)skb->data;
	struct iphdr *ip = (void *)eth;

	p->end = (void *)(long)skb->data_end;
	if ((void *)(ip + 1) > p->end)
		return 0;
	if (ip->version_ihl >> 4 == 4) {
		p->l2_len = 0;
		return ip;
	}
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > p->end || !mac_is_multicast(eth) ||
	    !mac_matches(eth, bpf_ntohl(ip->daddr)))
		return 0;
	p->l2_len = sizeof(*eth);
	return ip;
}

/*
 * Its IP header in the linear part. The first octet of a frame to a group is
 * 1, that of an IP header 0x4x: without a header of its own is what comes from
 * devices that have none, and what generic XDP has copied.
 */
static __always_inline bool parse_skb(struct __sk_buff *skb, struct packet *p)
{
	p->ifindex = skb->ifindex;
	p->ifid = p->ifindex;
	if (skb->protocol != bpf_htons(ETH_P_IP) ||
	    (skb->vlan_present &&
	     !port_of_tag(p, skb->vlan_proto, skb->vlan_tci)) ||
	    bpf_skb_pull_data(skb, skb->len < HEADERS ? sizeof(struct iphdr)
						      : HEADERS))
		return false;
	p->ip = find_ip(skb, p);
	if (!p->ip || bpf_ntohl(p->ip->daddr) >> 28 != 14)
		return false;
	p->frame_len = skb->len;
	p->ip_len = bpf_ntohs(p->ip->tot_len);
	packet_set_flow(p);
	return p->ip_len >= sizeof(*p->ip) &&
	       p->ip_len + p->l2_len <= p->frame_len;
}

/*
 * An Ethernet header for who has none, as clones need it. On its way in: where
 * the packet goes from here on, what is in front of IP does not matter. No
 * pointer into it is good after this.
 */
static __always_inline bool skb_give_link(struct __sk_buff *skb,
					  struct packet *p)
{
	struct ethhdr eth = {.h_proto = bpf_htons(ETH_P_IP)};
	__u32 group = bpf_ntohl(*(__be32 *)p->flow.group);

	if (p->l2_len)
		return true;
	eth.h_dest[0] = bpf_htons(0x0100);
	eth.h_dest[1] = bpf_htons(0x5e00 | (group >> 16 & 0x7f));
	eth.h_dest[2] = bpf_htons(group);
	if (bpf_skb_change_head(skb, sizeof(eth), 0) ||
	    bpf_skb_store_bytes(skb, 0, &eth, sizeof(eth), 0))
		return false;
	p->l2_len = sizeof(eth);
	p->frame_len += sizeof(eth);
	return true;
}

#endif /* XMGM_BPF_FRAME_SKB_H */
