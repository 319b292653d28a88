/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of a packet: a decision and no deed, from the packet and the
 * maps alone. It counts nothing and knows no context; all it changes is the
 * ifid of a packet that turns out to belong to another one than its netdev's.
 */
#ifndef XMGM_BPF_DECIDE_H
#define XMGM_BPF_DECIDE_H

#include "ipv4.h"
#include "treat.h"

enum deed {
	DEED_VERDICT,  /* to `action`, counted as `reason` */
	DEED_IGMP,     /* IGMP reads it, the host gets it */
	DEED_MISS,     /* no route */
	DEED_NEGATIVE, /* nobody wants it */
	DEED_WRONG_IF, /* not from the iif */
	DEED_HOLD,     /* behind held ones of its flow, or on as without */
	DEED_FORWARD,
	DEED_KERNEL, /* the kernel's flow, from wherever it comes */
};

struct decision {
	enum deed deed;
	enum xmgm_reason reason;
	int action;
	struct xmgm_mfe *mfe; /* from WRONG_IF on */
	__u32 set;	      /* from HOLD on */
};

static __always_inline struct decision decide_verdict(enum xmgm_reason reason,
						      int action)
{
	return (struct decision){
		.deed = DEED_VERDICT, .reason = reason, .action = action};
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

/*
 * XDP runs with the ifindex of a bond's member, which belongs to the bond's
 * ifid. It is asked for only where a packet does not go the fast way: false
 * if it has no other ifid than its netdev's.
 */
static __noinline bool port_resolve(struct packet *p)
{
	struct xmgm_port port = {.ifindex = p->ifindex};
	__u32 *ifid;

	if (p->ifid != p->ifindex) /* known by its tag */
		return false;
	ifid = bpf_map_lookup_elem(&ports, &port);
	if (!ifid)
		return false;
	p->ifid = *ifid;
	return true;
}

static __always_inline bool is_from(struct packet *p, __u32 iif)
{
	return iif == p->ifid || (port_resolve(p) && iif == p->ifid);
}

/*
 * Of a set without oifs. The kernel looks itself at the interface a packet has
 * come in on: its own iif may be none of ours, as for a flow that it registers.
 */
static __always_inline enum deed decide_without_oifs(struct packet *p,
						     const struct decision *d)
{
	if (d->set == XMGM_SET_KERNEL && d->mfe->state != XMGM_STATE_DRAINING)
		return DEED_KERNEL;
	port_resolve(p);
	return d->set == XMGM_SET_KERNEL ? DEED_HOLD : DEED_NEGATIVE;
}

static __always_inline struct decision decide_route(struct packet *p)
{
	struct decision d = {.mfe = mfc_match(p)};
	union {
		__u64 word;
		struct xmgm_route route;
	} now;

	if (!d.mfe) {
		port_resolve(p);
		d.deed = DEED_MISS;
		return d;
	}
	now.word = *(volatile __u64 *)&d.mfe->route;
	d.set = now.route.set;
	if (d.set == XMGM_SET_NEGATIVE || d.set == XMGM_SET_KERNEL)
		d.deed = decide_without_oifs(p, &d);
	else if (!is_from(p, now.route.iif))
		d.deed = DEED_WRONG_IF;
	else if (d.mfe->state == XMGM_STATE_DRAINING)
		d.deed = DEED_HOLD;
	else
		d.deed = DEED_FORWARD;
	return d;
}

/* What a router forwards, and what belongs to the host (and to IGMP). */
static __always_inline struct decision decide(struct packet *p)
{
	const struct iphdr *ip = p->ip;

	if (ip->protocol == IPPROTO_IGMP) {
		port_resolve(p);
		return (struct decision){.deed = DEED_IGMP};
	}
	if (bpf_ntohl(ip->daddr) >> 8 == 0xe00000)
		return decide_verdict(XMGM_LINK_LOCAL, XDP_PASS);
	if (ip->version_ihl != 0x45)
		return decide_verdict(XMGM_OPTIONS, XDP_PASS);
	if (!ip_source_sane(ip->saddr))
		return decide_verdict(XMGM_BAD_SOURCE, XDP_DROP);
	if (ip->ttl <= 1 && !ttl_may_rise())
		return decide_verdict(XMGM_TTL, XDP_PASS);
	return decide_route(p);
}

#endif /* XMGM_BPF_DECIDE_H */
