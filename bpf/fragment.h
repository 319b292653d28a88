/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Copies longer than their oif's MTU. No helper fragments: user space gets the
 * packet as the oif would have, within a rate, and sends it in pieces. One
 * that must not be fragmented is dropped, and nobody is told: RFC 1812 section
 * 4.3.2.7 forbids errors about packets to groups.
 */
#ifndef XMGM_BPF_FRAGMENT_H
#define XMGM_BPF_FRAGMENT_H

#include "upcall.h"

#define IP_DF 0x4000

UPCALL_SENDER(fragment_send_jumbo, XMGM_UPCALL_JUMBO)
UPCALL_SENDER(fragment_send_huge, XMGM_UPCALL_HUGE)

static __always_inline int fragment_send(struct __sk_buff *skb,
					 struct xmgm_upcall *head, __u32 len)
{
	if (len <= XMGM_UPCALL_MEDIUM)
		return upcall_send_medium(skb, head, len);
	if (len <= XMGM_UPCALL_LARGE)
		return upcall_send_large(skb, head, len);
	if (len <= XMGM_UPCALL_JUMBO)
		return fragment_send_jumbo(skb, head, len);
	return fragment_send_huge(skb, head, len);
}

static __always_inline bool fragment_token(__u32 ifid)
{
	struct xmgm_bucket *bucket = bucket_get(ifid);
	__u32 zero = 0;
	struct xmgm_settings *s = bpf_map_lookup_elem(&settings, &zero);

	return s && bucket &&
	       bucket_take(&bucket->fragment_full_at, s->fragment_rate,
			   s->fragment_rate, 1);
}

/*
 * The packet as it is now, to leave by this oif; what became of that, an enum
 * xmgm_reason. Global: the verifier looks at it once.
 */
__noinline int fragment_pass(struct __sk_buff *skb, const struct packet *p,
			     __u32 oif)
{
	struct xmgm_upcall head = {
		.type = XMGM_UPCALL_FRAGMENT,
		.oif = oif,
		.gso_size = skb->gso_size,
	};

	if (!p)
		return XMGM_FRAGMENT_LOST;
	head.ifid = p->ifid;
	head.ifindex = p->ifindex;
	head.length = p->frame_len;
	head.flow = p->flow;
	head.l2_len = p->l2_len;
	if (!attended())
		return XMGM_FRAGMENT_LOST;
	if (!fragment_token(head.ifid))
		return XMGM_FRAGMENT_LIMITED;
	return fragment_send(skb, &head, head.length) ? XMGM_FRAGMENT_LOST
						      : XMGM_FRAGMENTED;
}

#endif /* XMGM_BPF_FRAGMENT_H */
