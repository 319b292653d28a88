/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A packet to each oif of its set by bpf_clone_redirect; the packet itself
 * goes on as it was. It may be several datagrams in one, as receive offload
 * and senders make them: the device, or the kernel for it, cuts each clone,
 * and they are counted as on the wire.
 */
#ifndef XMGM_BPF_CLONE_H
#define XMGM_BPF_CLONE_H

#include "account.h"
#include "decide.h"
#include "egress.h"
#include "fragment.h"
#include "frame_skb.h"
#include "local.h"

#define SOURCE_OFF 6
#define IP_OFF	   sizeof(struct ethhdr)
#define TTL_OFF	   (IP_OFF + 8)

/*
 * What changes from one oif to the next. In a map, not on the stack, so that
 * the verifier takes it for unknown and does not follow each way it may have
 * come about. Nobody else runs on this CPU meanwhile who needs one.
 */
struct clone_state {
	__u64 mac; /* that the packet has now */
	/* The oif that has been found last: the packet itself may go there. */
	__u64 last_mac;
	struct xmgm_oif_place last;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct clone_state);
} clone_states SEC(".maps");

struct clones {
	struct __sk_buff *skb;
	const struct packet *p;
	struct clone_state *state;
	__u64 router_mac; /* of plain ports, as in the settings */
	__u32 set, ttl;
	__u32 packets, bytes; /* on the wire */
	bool whole;	      /* must not be fragmented */
	bool kept;	      /* someone has a use for the packet itself */
};

static __always_inline void store(struct __sk_buff *skb, __u32 offset,
				  const void *from, __u32 len)
{
	bpf_skb_store_bytes(skb, offset, from, len, BPF_F_RECOMPUTE_CSUM);
}

/* Nothing is fragmented by the device: each datagram fits or not. */
static __always_inline bool clone_fits(const struct clones *c, __u32 ifindex)
{
	bool one = c->packets == 1;
	__u32 mtu = one ? c->p->ip_len : 0;

	return !bpf_check_mtu(c->skb, ifindex, &mtu, 0,
			      one ? 0 : BPF_MTU_CHK_SEGS);
}

/*
 * Writing makes the packet's own copy of what clones share with it: not done
 * for the MAC that is there already.
 */
static __always_inline void clone_set_mac(struct clones *c, __u64 mac)
{
	if (c->state->mac == mac)
		return;
	store(c->skb, SOURCE_OFF, &mac, 6);
	c->state->mac = mac;
}

static __always_inline __u64 mac_word(const __u8 *mac)
{
	__u64 word = 0;

	__builtin_memcpy(&word, mac, 6);
	return word;
}

/* Copies of plain ports are counted from their sets, whichever way they go.
 * Global: the verifier looks at it once, not from each way that leads here. */
__noinline int clone_count(__u32 ifid, __u32 packets, __u32 bytes)
{
	struct egress_view v = egress_find(ifid);

	if (!v.egress || !v.stats || v.egress->flags & XMGM_EGRESS_PLAIN)
		return 0;
	egress_add(ifid, &v.stats->packets, packets);
	egress_add(ifid, &v.stats->bytes, bytes);
	return 0;
}

/* As its receivers there shall see it. */
static __always_inline bool clone_dress(struct clones *c)
{
	clone_set_mac(c, c->state->last_mac);
	return !c->state->last.vlan ||
	       !bpf_skb_vlan_push(c->skb, bpf_htons(c->state->last.tag),
				  c->state->last.vlan);
}

static __always_inline void clone_to_last(struct clones *c)
{
	long err;

	if (!c->state->last.ifindex || !clone_dress(c))
		return;
	err = bpf_clone_redirect(c->skb, c->state->last.ifindex, 0);
	if (c->state->last.vlan)
		bpf_skb_vlan_pop(c->skb);
	if (!err)
		clone_count(c->state->last.ifid, c->packets, c->bytes);
}

/* Whom it may concern: the one before it gets a clone. */
static __always_inline void clone_send(struct clones *c,
				       const struct xmgm_oif_place *place,
				       const struct egress_view *v)
{
	bool plain = v->egress->flags & XMGM_EGRESS_PLAIN;
	__u64 mac = plain ? c->router_mac : mac_word(v->egress->mac);

	clone_to_last(c);
	c->state->last = *place;
	c->state->last_mac = mac;
}

/* Counted as having left where user space sends it on. */
static __always_inline void clone_too_long(struct clones *c, __u32 ifid)
{
	enum xmgm_reason reason = XMGM_OIF_MTU;

	if (!c->whole)
		reason = fragment_pass(c->skb, c->p, ifid);
	count_reason(reason);
	if (reason == XMGM_FRAGMENTED)
		clone_count(ifid, c->packets, c->bytes);
}

static long clone_one(__u32 i, void *arg)
{
	struct clones *c = arg;
	struct xmgm_set_place key = {c->set, i};
	struct xmgm_oif_place *found = bpf_map_lookup_elem(&set_list, &key);
	struct xmgm_oif_place place;
	struct egress_view v;

	if (!found)
		return 1;
	place = *found;
	if (!place.ifid)
		place.ifid = place.ifindex;
	v = egress_find(place.ifid);
	if (!v.egress || !v.stats || !(v.egress->flags & XMGM_EGRESS_FILLED))
		return 0;
	if (c->ttl < v.egress->ttl_threshold) {
		egress_add(place.ifid, &v.stats->ttl_low, c->packets);
		return 0;
	}
	if (clone_fits(c, place.ifindex))
		clone_send(c, &place, &v);
	else
		clone_too_long(c, place.ifid);
	return 0;
}

/* To the stack, as if it arrived where sockets here have joined. */
static long clone_local(__u32 i, void *arg)
{
	struct clones *c = arg;
	__u32 *ifindex = local_at(&c->p->flow, i);

	if (!ifindex)
		return 1;
	if (*ifindex != c->p->ifid)
		bpf_clone_redirect(c->skb, *ifindex, BPF_F_INGRESS);
	return 0;
}

/* The tag that a packet has come with. */
struct skb_tag {
	bool present;
	__be16 type;
	__u16 tci;
};

static __always_inline bool tag_take(struct __sk_buff *skb, struct skb_tag *tag)
{
	tag->present = skb->vlan_present;
	tag->type = skb->vlan_proto;
	tag->tci = skb->vlan_tci;
	return !tag->present || !bpf_skb_vlan_pop(skb);
}

static __always_inline void tag_give(struct __sk_buff *skb,
				     const struct skb_tag *tag)
{
	if (tag->present)
		bpf_skb_vlan_push(skb, tag->type, tag->tci);
}

/* The packet itself goes where the last clone would have gone. */
static __always_inline int clone_leave(struct clones *c)
{
	if (!c->state->last.ifindex || !clone_dress(c))
		return TC_ACT_STOLEN;
	clone_count(c->state->last.ifid, c->packets, c->bytes);
	return bpf_redirect(c->state->last.ifindex, 0);
}

static __always_inline int clone_all(struct clones *c)
{
	struct __sk_buff *skb = c->skb;
	struct xmgm_settings *s;
	struct iphdr was, now;
	struct skb_tag tag;
	__u64 mac = 0;
	__u32 zero = 0;

	s = bpf_map_lookup_elem(&settings, &zero);
	c->state = bpf_map_lookup_elem(&clone_states, &zero);
	if (!s || !c->state || bpf_skb_load_bytes(skb, SOURCE_OFF, &mac, 6) ||
	    bpf_skb_load_bytes(skb, IP_OFF, &was, sizeof(was)) ||
	    !tag_take(skb, &tag))
		return TC_ACT_UNSPEC;
	now = was;
	ip_set_ttl(&now, c->ttl);
	c->whole = now.frag_off & bpf_htons(IP_DF);
	c->state->mac = mac;
	c->state->last.ifindex = 0;
	c->router_mac = *(volatile __u64 *)s->router_mac;
	store(skb, IP_OFF, &now, sizeof(now));
	bpf_loop(XMGM_SET_OIFS, clone_one, c, 0);
	/* What we send ourselves the stack does not take from elsewhere. */
	if (!c->p->own && local_at(&c->p->flow, 0)) {
		clone_set_mac(c, LOCAL_MAC);
		bpf_loop(XMGM_LOCAL_PLACES, clone_local, c, 0);
	}
	if (!c->kept)
		return clone_leave(c);
	clone_to_last(c);
	store(skb, IP_OFF, &was, sizeof(was));
	clone_set_mac(c, mac);
	tag_give(skb, &tag);
	return TC_ACT_UNSPEC;
}

/* Several datagrams in one, each with headers of its own. */
static __always_inline void clone_weigh(struct clones *c)
{
	__u32 more = c->skb->gso_segs;

	more = more ? more - 1 : 0;
	c->packets = 1 + more;
	c->bytes = c->p->ip_len +
		   more * (sizeof(struct iphdr) + sizeof(struct udphdr));
}

/* Counted, and to each oif of its set. The packet is as it was if it is kept;
 * what is to become of it, for tc. */
static __always_inline int clone_packet(struct __sk_buff *skb,
					const struct packet *p,
					const struct decision *d, bool kept)
{
	struct clones c = {.skb = skb, .p = p, .set = d->set, .kept = kept};
	struct xmgm_set_stats *stats;
	__u8 ttl;

	stats = bpf_map_lookup_elem(&set_stats, &d->set);
	if (!stats || !d->mfe)
		return TC_ACT_UNSPEC;
	/* p->ip is gone if the packet was given a link (frame_skb.h). */
	if (bpf_skb_load_bytes(skb, TTL_OFF, &ttl, sizeof(ttl)))
		return TC_ACT_UNSPEC;
	c.ttl = copies_ttl(treatment_slot(d->mfe), ttl);
	if (!c.ttl)
		return TC_ACT_UNSPEC;
	clone_weigh(&c);
	mfe_account_all(d->mfe, c.packets, c.bytes);
	stats->packets += c.packets;
	stats->bytes += c.bytes;
	return clone_all(&c);
}

/* Sent on, and for sockets elsewhere, even if nobody else wants it. */
static __always_inline bool is_cloned(struct packet *p,
				      const struct decision *d)
{
	if (!d->mfe)
		return false;
	if (d->deed == DEED_NEGATIVE)
		return d->mfe->flags & XMGM_MFE_CLONE &&
		       is_from(p, d->mfe->route.iif);
	return d->set >= XMGM_SET_FIRST &&
	       (d->deed == DEED_FORWARD || d->deed == DEED_HOLD);
}

/*
 * Behind XDP. What comes this far although there is a route that forwards it,
 * XDP has passed for that, or for a tag or a MAC address that is not its
 * group's, which is looked at again. The stack gets what sockets have joined
 * here; it would drop the rest.
 */
static __always_inline int clone_arriving(struct __sk_buff *skb)
{
	struct packet p = {};
	struct decision d;

	if (skb->pkt_type != PACKET_MULTICAST || !parse_skb(skb, &p))
		return TC_ACT_UNSPEC;
	d = decide(&p);
	if (!is_cloned(&p, &d) || !skb_give_link(skb, &p))
		return TC_ACT_UNSPEC;
	return clone_packet(skb, &p, &d, local_here(&p));
}

#endif /* XMGM_BPF_CLONE_H */
