/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ingress: parse, decide, act. The same code is compiled twice: attached to
 * the interfaces, and as the replay twin that sends held packets, in which a
 * miss ends in a drop instead of another report.
 */
#ifndef XMGM_BPF_INGRESS_H
#define XMGM_BPF_INGRESS_H

#include "account.h"
#include "decide.h"
#include "igmp.h"
#include "number.h"
#include "parse.h"
#include "rate.h"
#include "upcall.h"

#define ETHERNET_MTU 1500 /* few oifs of longer ones have less */

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
	if (owned && owned->flags & XMGM_IF_CLONES)
		return verdict(XMGM_CLONED, XDP_PASS);
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
 * The router's own: for ports that send with it, whose copies no program sees
 * again. Others' copies get the MAC of their port from the egress program.
 */
static __always_inline void set_router_mac(struct packet *p,
					   const struct xmgm_settings *s)
{
	struct ethhdr *eth = (void *)p->ip - sizeof(*eth);
	union {
		__u64 word;
		__be16 parts[4];
	} mac;

	mac.word = *(const volatile __u64 *)s->router_mac;
	eth->h_source[0] = mac.parts[0];
	eth->h_source[1] = mac.parts[1];
	eth->h_source[2] = mac.parts[2];
}

/*
 * The packet becomes what its receivers shall see, but for the source MAC of
 * ports that have one of their own, and is counted unless an earlier run of
 * the replay twin has done that.
 */
static __always_inline void finish(struct packet *p, struct xmgm_mfe *mfe,
				   const struct xmgm_settings *s,
				   struct xmgm_set_stats *stats, bool counted)
{
	bool repaired = mfe->flags & XMGM_MFE_PARTIAL_CSUM &&
			udp_repair_checksum(p);

	set_router_mac(p, s);
	if (p->ttl)
		ip_set_ttl(p->ip, p->ttl);
	else
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

/* Without it XDP serves the oifs that it can. */
static __noinline bool has_clone_path(struct packet *p)
{
	struct xmgm_interface *in = bpf_map_lookup_elem(&interfaces, &p->ifid);

	return in && in->flags & XMGM_IF_CLONES;
}

/*
 * For an oif: the kernel would leave that one out without a word. With receive
 * offload a packet may also be longer than the MTU that it has come in by.
 */
static __noinline bool is_too_long(struct packet *p, __u32 set)
{
	struct xmgm_set_info *info = bpf_map_lookup_elem(&sets, &set);

	return info && info->mtu && p->ip_len > info->mtu;
}

/* A packet that was held has forgotten that its checksum is half done. */
static __always_inline void repair_held(struct packet *p, bool partial)
{
	if (partial && udp_repair_checksum(p))
		count_reason(XMGM_CSUM_REPAIRED);
}

/* As it came, to the clone path. */
static __always_inline int clone_pass(struct packet *p, struct xmgm_mfe *mfe,
				      bool replay)
{
	repair_held(p, replay && mfe->flags & XMGM_MFE_PARTIAL_CSUM);
	return verdict(XMGM_CLONED, XDP_PASS);
}

/*
 * The last that becomes of a frame: without its tag, and with a number for
 * copies that need one. No pointer into it is good after this.
 */
static __always_inline bool wrap_up(struct xdp_md *ctx, const struct packet *p,
				    const struct xmgm_settings *s, __u32 set,
				    const struct xmgm_hold *h)
{
	bool tags = set_has_tags(s, set);

	if (p->l2_len != sizeof(struct ethhdr) && !tag_pop(ctx))
		return false;
	if (!s->trunks)
		return true;
	return tags ? meta_put(ctx, set, h ? h->replay_copy : 0)
		    : meta_clear(ctx);
}

/*
 * What its flow and its interface are due besides: an action, or TREATED. What
 * is replayed was let in when it came.
 */
enum { TREATED = -1 };

static __noinline int treat_ttl(struct packet *p, __u32 slot)
{
	p->ttl = copies_ttl(slot, p->ip->ttl);
	return p->ttl ? TREATED : verdict(XMGM_TTL, XDP_PASS);
}

static __noinline int treat_rates(struct packet *p, __u32 slot, __u32 policy)
{
	if (policy & XMGM_POLICY_LIMIT && !interface_rate_allows(p))
		return verdict(XMGM_INTERFACE_RATE, XDP_DROP);
	if (slot && !flow_rate_allows(p, slot))
		return verdict(XMGM_RATE, XDP_DROP);
	return TREATED;
}

static __always_inline int treat(struct packet *p, const struct xmgm_mfe *mfe,
				 const struct xmgm_settings *s, bool replay)
{
	__u32 slot = treatment_slot(mfe), policy = s->policy;
	int done = TREATED;

	if (slot || p->ip->ttl <= 1)
		done = treat_ttl(p, slot);
	if (done == TREATED && !replay && (slot || policy))
		done = treat_rates(p, slot, policy);
	return done;
}

static __always_inline int replicate(struct xdp_md *ctx, struct packet *p,
				     struct xmgm_mfe *mfe, __u32 set,
				     bool replay)
{
	struct xmgm_set_stats *stats;
	struct xmgm_hold *h = 0;
	struct xmgm_settings *s;
	__u32 zero = 0;
	void *devices;
	int done;

	s = bpf_map_lookup_elem(&settings, &zero);
	if (!s)
		return verdict(XMGM_NO_SET, XDP_DROP);
	done = treat(p, mfe, s, replay);
	if (done != TREATED)
		return done;
	if (mfe->flags & XMGM_MFE_CLONE && has_clone_path(p))
		return clone_pass(p, mfe, replay);
	if ((mfe->flags & XMGM_MFE_NARROW || p->ip_len > ETHERNET_MTU) &&
	    is_too_long(p, set) && has_clone_path(p))
		return clone_pass(p, mfe, replay);
	if (p->multibuf && !multibuf_allowed(set))
		return multibuf_pass(p);
	devices = bpf_map_lookup_elem(&oif_sets, &set);
	stats = bpf_map_lookup_elem(&set_stats, &set);
	if (!devices || !stats)
		return verdict(XMGM_NO_SET, XDP_DROP);
	if (set_has_tags(s, set) && !meta_supported(ctx))
		return has_clone_path(p) ? clone_pass(p, mfe, replay)
					 : verdict(XMGM_NO_METADATA, XDP_DROP);
	if (replay)
		h = bpf_map_lookup_elem(&hold, &zero);
	finish(p, mfe, s, stats, h && h->replay_more);
	if (!wrap_up(ctx, p, s, set, h))
		return verdict(XMGM_NO_METADATA, XDP_DROP);
	if (h && h->replay_oif)
		return bpf_redirect_map(devices, h->replay_oif, 0);
	return bpf_redirect_map(devices, 0, BPF_F_BROADCAST);
}

/* As it came: the kernel decrements its TTL and sends it on. */
static __always_inline int leave_to_kernel(struct packet *p,
					   struct xmgm_mfe *mfe, bool replay)
{
	repair_held(p, replay && mfe->flags & XMGM_MFE_PARTIAL_CSUM);
	mfe_account(mfe, p);
	return verdict(XMGM_KERNEL, XDP_PASS);
}

/* What waited behind held packets, or does not have to. */
static __always_inline int act_held(struct xdp_md *ctx, struct packet *p,
				    const struct decision *d, bool replay)
{
	if (d->set == XMGM_SET_KERNEL)
		return leave_to_kernel(p, d->mfe, replay);
	return replicate(ctx, p, d->mfe, d->set, replay);
}

/* It was held until it was known that we have no use for it. */
static __always_inline int give_back(struct packet *p, enum xmgm_reason reason)
{
	struct xmgm_interface *in;

	if (!is_foreign(p))
		return verdict(reason, XDP_DROP);
	in = bpf_map_lookup_elem(&interfaces, &p->ifid);
	repair_held(p, in && in->flags & XMGM_IF_PARTIAL_CSUM);
	return verdict(XMGM_FOREIGN, XDP_PASS);
}

/* Nothing is reported twice: what is replayed has been. */
static __always_inline int act_replay(struct xdp_md *ctx, struct packet *p,
				      const struct decision *d)
{
	switch (d->deed) {
	case DEED_IGMP:
		return verdict(XMGM_IGMP, XDP_PASS);
	case DEED_MISS:
		return give_back(p, XMGM_REPLAY_MISS);
	case DEED_NEGATIVE:
		if (d->mfe->flags & XMGM_MFE_CLONE)
			return clone_pass(p, d->mfe, true);
		return give_back(p, XMGM_NEGATIVE);
	default:
		return act_held(ctx, p, d, true);
	}
}

static __always_inline int act_live(struct xdp_md *ctx, struct packet *p,
				    const struct decision *d)
{
	switch (d->deed) {
	case DEED_IGMP:
		igmp_input(ctx, p);
		return verdict(XMGM_IGMP, XDP_PASS);
	case DEED_MISS:
		return upcall_miss(ctx, p);
	case DEED_NEGATIVE:
		if (d->mfe->flags & XMGM_MFE_CLONE)
			return clone_pass(p, d->mfe, false);
		return upcall_negative(p);
	case DEED_HOLD:
		return upcall_hold(ctx, p) ? XDP_DROP
					   : act_held(ctx, p, d, false);
	case DEED_KERNEL:
		return leave_to_kernel(p, d->mfe, false);
	default:
		return replicate(ctx, p, d->mfe, d->set, false);
	}
}

static __always_inline int act(struct xdp_md *ctx, struct packet *p,
			       const struct decision *d, bool replay)
{
	if (d->deed == DEED_VERDICT)
		return verdict(d->reason, d->action);
	if (d->deed == DEED_WRONG_IF)
		return upcall_wrong_if(ctx, p, d->mfe);
	return replay ? act_replay(ctx, p, d) : act_live(ctx, p, d);
}

static __always_inline int ingress_frame(struct xdp_md *ctx, bool replay)
{
	struct packet p = {};
	struct decision d;
	int done = parse_frame(ctx, &p);

	if (done != PARSED)
		return done;
	d = decide(&p);
	return act(ctx, &p, &d, replay);
}

#endif /* XMGM_BPF_INGRESS_H */
