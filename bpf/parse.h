/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the context of XDP to a `struct packet`: finds the IPv4 header and
 * checks that it can be believed and that the frame was for its group.
 */
#ifndef XMGM_BPF_PARSE_H
#define XMGM_BPF_PARSE_H

#include "frame_xdp.h"
#include "ipv4.h"

enum { PARSED = -1 }; /* no verdict yet */

/* With options, at most 60 bytes: copied out first, because the verifier
 * cannot follow a packet pointer through a loop of unknown length. */
static __noinline bool ip_checksum_ok_options(void *ctx, __u32 l2_len,
					      __u32 len)
{
	__u32 word[15] = {};
	__u64 sum = 0;

	if (len < sizeof(struct iphdr) || len > sizeof(word) ||
	    frame_load(ctx, l2_len, word, len))
		return false;
	for (int i = 0; i < 15; i++)
		sum += word[i];
	return csum_fold(sum) == 0xffff;
}

/* Length, version, checksum: the header can be believed after this. */
static __always_inline int check_header(void *ctx, struct packet *p)
{
	struct iphdr *ip = p->ip;
	__u32 header = (ip->version_ihl & 15) * 4;

	if (ip->version_ihl >> 4 != 4)
		return verdict(XMGM_BAD_VERSION, XDP_DROP);
	if (header < sizeof(*ip))
		return verdict(XMGM_BAD_IHL, XDP_DROP);
	p->ip_len = bpf_ntohs(ip->tot_len);
	if (p->ip_len < header || p->ip_len + p->l2_len > p->frame_len)
		return verdict(XMGM_BAD_LENGTH, XDP_DROP);
	if (header == sizeof(*ip)
		    ? !ip_checksum_ok(ip)
		    : !ip_checksum_ok_options(ctx, p->l2_len, header))
		return verdict(XMGM_BAD_CHECKSUM, XDP_DROP);
	if (bpf_ntohl(ip->daddr) >> 28 != 14)
		return verdict(XMGM_BAD_GROUP, XDP_PASS);
	return PARSED;
}

/*
 * What is not IPv4 at once: a tag in front of it is that of a VLAN with an ifid
 * of its own, or one that says no more than a priority: IEEE 802.1Q section
 * 6.9.1.
 */
static __noinline int parse_tag(struct xdp_md *ctx, struct packet *p)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct vlanhdr *tag = (void *)(eth + 1);
	void *end = (void *)(long)ctx->data_end;

	if ((void *)(eth + 1) > end || !is_tag(eth->h_proto))
		return verdict(XMGM_ETHERTYPE, XDP_PASS);
	if ((void *)(tag + 1) > end)
		return verdict(XMGM_TRUNCATED, XDP_DROP);
	if (is_tag(tag->h_proto))
		return verdict(XMGM_TAGS, XDP_PASS);
	if (tag->h_proto != bpf_htons(ETH_P_IP))
		return verdict(XMGM_ETHERTYPE, XDP_PASS);
	if (!port_of_tag(p, eth->h_proto, bpf_ntohs(tag->h_tci)))
		return verdict(XMGM_VLAN, XDP_PASS);
	return PARSED;
}

/* PARSED with *p filled, or the program's result. */
static __always_inline int parse_frame(struct xdp_md *ctx, struct packet *p)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	void *start = eth;
	int done;

	p->end = (void *)(long)ctx->data_end;
	if ((void *)(eth + 1) > p->end || !mac_is_multicast(eth))
		return XDP_PASS;
	p->ifindex = ctx->ingress_ifindex;
	p->ifid = p->ifindex;
	p->l2_len = sizeof(*eth);
	p->ip = start + sizeof(*eth);
	if (eth->h_proto != bpf_htons(ETH_P_IP)) {
		done = parse_tag(ctx, p);
		if (done != PARSED)
			return done;
		p->l2_len = sizeof(*eth) + sizeof(struct vlanhdr);
		p->ip = start + sizeof(*eth) + sizeof(struct vlanhdr);
	}
	if ((void *)(p->ip + 1) > p->end)
		return verdict(XMGM_TRUNCATED, XDP_DROP);
	p->frame_len = bpf_xdp_get_buff_len(ctx);
	p->multibuf = p->frame_len > p->end - start;
	done = check_header(ctx, p);
	if (done != PARSED)
		return done;
	if (!mac_matches(eth, bpf_ntohl(p->ip->daddr)))
		return verdict(XMGM_BAD_MAC, XDP_PASS);
	packet_set_flow(p);
	return PARSED;
}

#endif /* XMGM_BPF_PARSE_H */
