/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What this machine sends itself, or a device stacked on this one: a packet
 * that nobody has received leaves by an interface as one of a host behind it
 * arrives there, and is routed to the others like that. That it leaves is
 * nothing of ours. A packet from elsewhere than its iif is not looked at: so
 * are our own clones, on their way out of an oif.
 */
#ifndef XMGM_BPF_OWN_H
#define XMGM_BPF_OWN_H

#include "clone.h"
#include "upcall.h"

#define OURS 0x786d /* in tc_index, of clones */

static __always_inline void own_forward(struct __sk_buff *skb,
					const struct packet *p,
					const struct decision *d)
{
	__u16 was = skb->tc_index;

	if (d->set < XMGM_SET_FIRST)
		return;
	skb->tc_index = OURS;
	clone_packet(skb, p, d, true);
	count_reason(XMGM_OWN);
	skb->tc_index = was;
}

static __always_inline void own_leaving(struct __sk_buff *skb)
{
	struct packet p = {.own = true};
	struct decision d;

	if (skb->ingress_ifindex || skb->tc_index == OURS ||
	    !parse_skb(skb, &p) || !p.l2_len)
		return;
	d = decide(&p);
	if (d.deed == DEED_MISS)
		upcall_miss(skb, &p);
	else if (d.deed == DEED_FORWARD ||
		 (d.deed == DEED_HOLD && !upcall_hold(skb, &p)))
		own_forward(skb, &p, &d);
}

#endif /* XMGM_BPF_OWN_H */
