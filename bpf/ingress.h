/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ingress: classify, check, look up, replicate. The same code is compiled
 * twice: attached to the interfaces, and as the replay twin that sends held
 * packets, in which a miss ends in a drop instead of another report.
 */
#ifndef XMGM_BPF_INGRESS_H
#define XMGM_BPF_INGRESS_H

#include "igmp.h"
#include "ipv4.h"
#include "upcall.h"

enum { FORWARDABLE = -1 }; /* no verdict yet */

/* The group's own MAC address: RFC 1112 section 6.4. */
static __always_inline bool mac_matches(const struct ethhdr *eth, __u32 group)
{
	return (bpf_ntohs(eth->h_dest[1]) & 0x7f) == (group >> 16 & 0x7f) &&
	       bpf_ntohs(eth->h_dest[2]) == (group & 0xffff);
}

/* Length, version, checksum: the header can be believed after this. */
static __always_inline int check_header(struct xdp_md *ctx, struct packet *p)
{
	struct iphdr *ip = p->ip;
	__u32 header = (ip->version_ihl & 15) * 4;

	if (ip->version_ihl >> 4 != 4)
		return verdict(XMGM_BAD_VERSION, XDP_DROP);
	if (header < sizeof(*ip))
		return verdict(XMGM_BAD_IHL, XDP_DROP);
	p->ip_len = bpf_ntohs(ip->tot_len);
	if (p->ip_len < header ||
	    p->ip_len + sizeof(struct ethhdr) > p->frame_len)
		return verdict(XMGM_BAD_LENGTH, XDP_DROP);
	if (header == sizeof(*ip) ? !ip_checksum_ok(ip)
				  : !ip_checksum_ok_options(ctx, header))
		return verdict(XMGM_BAD_CHECKSUM, XDP_DROP);
	return FORWARDABLE;
}

/* What a router forwards, and what belongs to the host (and to IGMP). */
static __always_inline int check_meaning(struct xdp_md *ctx,
					 const struct ethhdr *eth,
					 struct packet *p, bool replay)
{
	struct iphdr *ip = p->ip;
	__u32 group = bpf_ntohl(ip->daddr);

	if (group >> 28 != 14)
		return verdict(XMGM_BAD_GROUP, XDP_PASS);
	if (!mac_matches(eth, group))
		return verdict(XMGM_BAD_MAC, XDP_PASS);
	if (ip->protocol == IPPROTO_IGMP) {
		if (!replay)
			igmp_input(ctx, p->ifid);
		return verdict(XMGM_IGMP, XDP_PASS);
	}
	if (group >> 8 == 0xe00000)
		return verdict(XMGM_LINK_LOCAL, XDP_PASS);
	if (ip->version_ihl != 0x45)
		return verdict(XMGM_OPTIONS, XDP_PASS);
	if (!ip_source_sane(ip->saddr))
		return verdict(XMGM_BAD_SOURCE, XDP_DROP);
	if (ip->ttl <= 1)
		return verdict(XMGM_TTL, XDP_PASS);
	return FORWARDABLE;
}

/* As words: a copy byte by byte would be read back as words at a price. */
static __always_inline void packet_set_flow(struct packet *p)
{
	__be32 *words = (void *)&p->flow;

	words[0] = p->ip->saddr;
	words[1] = p->ip->daddr;
}

/* An element that was deleted and reused under us is a miss. */
static __always_inline struct xmgm_mfe *mfc_get(const struct xmgm_flow *flow)
{
	struct xmgm_mfe *mfe = bpf_map_lookup_elem(&mfc, flow);

	if (!mfe || *(__u64 *)&mfe->flow != *(const __u64 *)flow)
		return 0;
	return mfe;
}

/* (S,G), then (*,G). */
static __always_inline struct xmgm_mfe *mfc_match(const struct packet *p)
{
	struct xmgm_flow any = {};
	struct xmgm_mfe *mfe = mfc_get(&p->flow);

	if (mfe)
		return mfe;
	__builtin_memcpy(any.group, p->flow.group, 4);
	return mfc_get(&any);
}

static __always_inline void mfe_account(struct xmgm_mfe *mfe,
					const struct packet *p)
{
	__u64 now = bpf_ktime_get_coarse_ns();

	__sync_fetch_and_add(&mfe->packets, 1);
	__sync_fetch_and_add(&mfe->bytes, p->ip_len);
	if (now - mfe->last_used > XMGM_LAST_USED_NS)
		mfe->last_used = now;
}

/*
 * Copying a multi-buffer frame is refused by new kernels and corrupts the
 * memory of old ones; the oldest do not even redirect it.
 */
static __always_inline bool multibuf_allowed(__u32 set)
{
	struct xmgm_set_info *info = bpf_map_lookup_elem(&sets, &set);
	__u32 zero = 0;
	struct xmgm_settings *s = bpf_map_lookup_elem(&settings, &zero);

	return info && s && info->oifs <= s->multibuf_oifs;
}

/*
 * Whole, to whoever else forwards here: one oif alone must not go on as if
 * there were no others. User space says it: see xmgm_ingress.
 */
static __noinline int multibuf_pass(struct packet *p)
{
	struct xmgm_interface *owned;
	struct xmgm_ingress *in;
	__u32 slot;

	owned = bpf_map_lookup_elem(&interfaces, &p->ifid);
	if (owned) {
		slot = owned->slot;
		in = bpf_map_lookup_elem(&ingress, &slot);
		if (in) {
			__sync_fetch_and_add(&in->multibuf, 1);
			*(volatile __u64 *)&in->multibuf_flow =
				*(__u64 *)&p->flow;
		}
	}
	return verdict(XMGM_MULTIBUF, XDP_PASS);
}

/*
 * The packet becomes what its receivers shall see, but for the source MAC,
 * and is counted unless an earlier run of the replay twin has done that.
 */
static __always_inline void finish(struct packet *p, struct xmgm_mfe *mfe,
				   struct xmgm_set_stats *stats, bool counted)
{
	bool repaired = mfe->flags & XMGM_MFE_PARTIAL_CSUM &&
			udp_repair_checksum(p);

	ip_decrement_ttl(p->ip);
	if (counted)
		return;
	mfe_account(mfe, p);
	stats->packets++;
	stats->bytes += p->ip_len;
	count_reason(XMGM_FORWARDED);
	if (repaired)
		count_reason(XMGM_CSUM_REPAIRED);
}

static __always_inline int replicate(struct packet *p, struct xmgm_mfe *mfe,
				     __u32 set, bool replay)
{
	struct xmgm_set_stats *stats;
	struct xmgm_hold *h = 0;
	__u32 zero = 0;
	void *devices;

	if (p->multibuf && !multibuf_allowed(set))
		return multibuf_pass(p);
	devices = bpf_map_lookup_elem(&oif_sets, &set);
	stats = bpf_map_lookup_elem(&set_stats, &set);
	if (!devices || !stats)
		return verdict(XMGM_NO_SET, XDP_DROP);
	if (replay)
		h = bpf_map_lookup_elem(&hold, &zero);
	finish(p, mfe, stats, h && h->replay_more);
	if (h && h->replay_oif)
		return bpf_redirect_map(devices, h->replay_oif, 0);
	return bpf_redirect_map(devices, 0, BPF_F_BROADCAST);
}

static __always_inline int forward(struct xdp_md *ctx, struct packet *p,
				   bool replay)
{
	struct xmgm_mfe *mfe = mfc_match(p);
	union {
		__u64 word;
		struct xmgm_route route;
	} now;

	if (!mfe)
		return replay ? verdict(XMGM_REPLAY_MISS, XDP_DROP)
			      : upcall_miss(ctx, p);
	now.word = *(volatile __u64 *)&mfe->route;
	if (now.route.set == XMGM_SET_NEGATIVE)
		return replay ? verdict(XMGM_NEGATIVE, XDP_DROP)
			      : upcall_negative(p);
	if (now.route.iif != p->ifid) {
		__sync_fetch_and_add(&mfe->wrong_if, 1);
		return upcall_wrong_if(ctx, p);
	}
	if (!replay && mfe->state == XMGM_STATE_DRAINING && upcall_hold(ctx, p))
		return XDP_DROP;
	return replicate(p, mfe, now.route.set, replay);
}

static __always_inline int ingress_frame(struct xdp_md *ctx, bool replay)
{
	struct packet p = {.end = (void *)(long)ctx->data_end};
	struct ethhdr *eth = (void *)(long)ctx->data;
	void *start = eth;
	int done;

	if ((void *)(eth + 1) > p.end)
		return XDP_PASS;
	/* 01:00:5e and a zero bit; everything else is not our business. */
	if (eth->h_dest[0] != bpf_htons(0x0100) ||
	    (eth->h_dest[1] & bpf_htons(0xff80)) != bpf_htons(0x5e00))
		return XDP_PASS;
	if (eth->h_proto == bpf_htons(ETH_P_8021Q) ||
	    eth->h_proto == bpf_htons(ETH_P_8021AD))
		return verdict(XMGM_VLAN, XDP_PASS);
	if (eth->h_proto != bpf_htons(ETH_P_IP))
		return XDP_PASS;
	p.ip = (void *)(eth + 1);
	if ((void *)(p.ip + 1) > p.end)
		return verdict(XMGM_TRUNCATED, XDP_DROP);
	p.frame_len = bpf_xdp_get_buff_len(ctx);
	p.multibuf = p.frame_len > p.end - start;
	done = check_header(ctx, &p);
	if (done != FORWARDABLE)
		return done;
	p.ifid = ctx->ingress_ifindex;
	done = check_meaning(ctx, eth, &p, replay);
	if (done != FORWARDABLE)
		return done;
	packet_set_flow(&p);
	return forward(ctx, &p, replay);
}

#endif /* XMGM_BPF_INGRESS_H */
