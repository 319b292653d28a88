/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet to each oif of its set by bpf_clone_redirect. What came this far
 * although there is a route that forwards it, XDP has passed for that, or for a
 * tag or a MAC address that is not its group's, which is looked at again.
 */
#ifndef XMGM_BPF_CLONE_H
#define XMGM_BPF_CLONE_H

#include "account.h"
#include "decide.h"
#include "egress.h"

#define HEADERS	   (sizeof(struct ethhdr) + sizeof(struct iphdr))
#define SOURCE_OFF 6
#define IP_OFF	   sizeof(struct ethhdr)

struct clones {
	struct __sk_buff *skb;
	__u64 router_mac; /* of plain ports, as in the settings */
	__u32 set, ttl, ip_len;
};

static __always_inline bool clone_parse(struct __sk_buff *skb, struct packet *p)
{
	struct ethhdr *eth;

	/* A tag has been taken off it already. */
	if (skb->pkt_type != PACKET_MULTICAST || skb->vlan_present ||
	    skb->protocol != bpf_htons(ETH_P_IP) ||
	    bpf_skb_pull_data(skb, HEADERS))
		return false;
	eth = (void *)(long)skb->data;
	p->end = (void *)(long)skb->data_end;
	p->ip = (void *)(eth + 1);
	if ((void *)(p->ip + 1) > p->end ||
	    !mac_matches(eth, bpf_ntohl(p->ip->daddr)))
		return false;
	p->l2_len = sizeof(*eth);
	p->frame_len = skb->len;
	p->ip_len = bpf_ntohs(p->ip->tot_len);
	p->ifindex = skb->ifindex;
	p->ifid = p->ifindex;
	packet_set_flow(p);
	return true;
}

static __always_inline void store(struct __sk_buff *skb, __u32 offset,
				  const void *from, __u32 len)
{
	bpf_skb_store_bytes(skb, offset, from, len, BPF_F_RECOMPUTE_CSUM);
}

/* Refused where the device's MTU is smaller: nothing is fragmented here. */
static __always_inline bool clone_fits(struct __sk_buff *skb, __u32 ifindex)
{
	__u32 mtu = 0;

	return !bpf_check_mtu(skb, ifindex, &mtu, 0, 0);
}

/* Copies of plain ports are counted from their sets, whichever way they go. */
static __always_inline void clone_send(struct clones *c, __u32 ifindex,
				       const struct egress_view *v)
{
	bool plain = v->egress->flags & XMGM_EGRESS_PLAIN;

	store(c->skb, SOURCE_OFF,
	      plain ? (void *)&c->router_mac : v->egress->mac, 6);
	if (bpf_clone_redirect(c->skb, ifindex, 0) || plain)
		return;
	egress_add(ifindex, &v->stats->packets, 1);
	egress_add(ifindex, &v->stats->bytes, c->ip_len);
}

static long clone_one(__u32 i, void *arg)
{
	struct clones *c = arg;
	struct xmgm_set_place key = {c->set, i};
	struct xmgm_oif_place *place = bpf_map_lookup_elem(&set_list, &key);
	struct egress_view v;
	__u32 ifindex;

	if (!place)
		return 1;
	ifindex = place->ifindex;
	v = egress_find(ifindex);
	if (!v.egress || !v.stats || !(v.egress->flags & XMGM_EGRESS_FILLED))
		return 0;
	if (c->ttl < v.egress->ttl_threshold) {
		egress_add(ifindex, &v.stats->ttl_low, 1);
		return 0;
	}
	if (!clone_fits(c->skb, ifindex)) {
		count_reason(XMGM_OIF_MTU);
		return 0;
	}
	clone_send(c, ifindex, &v);
	return 0;
}

static __always_inline void clone_all(struct __sk_buff *skb, __u32 set,
				      __u16 ip_len)
{
	struct clones c = {.skb = skb, .set = set, .ip_len = ip_len};
	struct xmgm_settings *s;
	struct iphdr was, now;
	__u32 zero = 0;
	__u8 mac[6];

	s = bpf_map_lookup_elem(&settings, &zero);
	if (!s || bpf_skb_load_bytes(skb, SOURCE_OFF, mac, sizeof(mac)) ||
	    bpf_skb_load_bytes(skb, IP_OFF, &was, sizeof(was)))
		return;
	now = was;
	ip_decrement_ttl(&now);
	c.ttl = now.ttl;
	c.router_mac = *(volatile __u64 *)s->router_mac;
	store(skb, IP_OFF, &now, sizeof(now));
	bpf_loop(XMGM_SET_OIFS, clone_one, &c, 0);
	store(skb, IP_OFF, &was, sizeof(was));
	store(skb, SOURCE_OFF, mac, sizeof(mac));
}

static __always_inline void clone_frame(struct __sk_buff *skb)
{
	struct xmgm_set_stats *stats;
	struct packet p = {};
	struct decision d;

	if (!clone_parse(skb, &p))
		return;
	d = decide(&p);
	if (d.set < XMGM_SET_FIRST ||
	    (d.deed != DEED_FORWARD && d.deed != DEED_HOLD))
		return;
	stats = bpf_map_lookup_elem(&set_stats, &d.set);
	if (!stats || !d.mfe)
		return;
	mfe_account(d.mfe, &p);
	stats->packets++;
	stats->bytes += p.ip_len;
	clone_all(skb, d.set, p.ip_len);
}

#endif /* XMGM_BPF_CLONE_H */
