/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end of every multicast frame's way: one reason counted, one action
 * returned. Also the packet as the checks have found it.
 */
#ifndef XMGM_BPF_VERDICT_H
#define XMGM_BPF_VERDICT_H

#include "maps.h"

#define ETH_P_IP     0x0800
#define ETH_P_8021Q  0x8100
#define ETH_P_8021AD 0x88a8
#define IPPROTO_IGMP 2
#define IPPROTO_UDP  17
#define IP_MF_OFFSET 0x3fff /* more-fragments bit and fragment offset */

/*
 * A frame as its parser has found it: an IPv4 header that can be believed, to
 * a multicast group. Nothing else is known of it where it is decided what
 * becomes of it, so that programs of several types decide alike. Pointers are
 * into the linear part.
 */
struct packet {
	struct iphdr *ip;
	void *end;
	struct xmgm_flow flow __attribute__((aligned(8)));
	__u32 ifid;
	__u32 ifindex;	 /* the netdev; differs from ifid for VLANs and bonds */
	__u32 frame_len; /* all of it, also beyond the linear part */
	__u32 l2_len;	 /* bytes before the IP header; may be 0 */
	__u16 ip_len;	 /* IP total length */
	bool multibuf;
	bool own; /* this machine sends it */
	__u8 ttl; /* that copies get; 0: one less than it has */
};

static __always_inline void count_reason(enum xmgm_reason reason)
{
	__u32 key = reason;
	__u64 *counter = bpf_map_lookup_elem(&verdicts, &key);

	if (counter)
		(*counter)++;
}

static __always_inline int verdict(enum xmgm_reason reason, int action)
{
	count_reason(reason);
	return action;
}

#endif /* XMGM_BPF_VERDICT_H */
