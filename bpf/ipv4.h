/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * IPv4 as a forwarder sees it: header checksum, address classes, the one
 * TTL decrement, and the repair of partial UDP checksums.
 */
#ifndef XMGM_BPF_IPV4_H
#define XMGM_BPF_IPV4_H

#include <bpf/bpf_endian.h>
#include "frame.h"
#include "verdict.h"

static __always_inline __u16 csum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Over the 20 bytes without options. RFC 791 section 3.1, RFC 1071. */
static __always_inline bool ip_checksum_ok(const struct iphdr *ip)
{
	const __u32 *word = (const void *)ip;
	__u64 sum = (__u64)word[0] + word[1] + word[2] + word[3] + word[4];

	return csum_fold(sum) == 0xffff;
}

/* 01:00:5e and a zero bit; everything else is not our business. */
static __always_inline bool mac_is_multicast(const struct ethhdr *eth)
{
	return eth->h_dest[0] == bpf_htons(0x0100) &&
	       (eth->h_dest[1] & bpf_htons(0xff80)) == bpf_htons(0x5e00);
}

/* The group's own MAC address: RFC 1112 section 6.4. */
static __always_inline bool mac_matches(const struct ethhdr *eth, __u32 group)
{
	return (bpf_ntohs(eth->h_dest[1]) & 0x7f) == (group >> 16 & 0x7f) &&
	       bpf_ntohs(eth->h_dest[2]) == (group & 0xffff);
}

static __always_inline bool is_tag(__be16 ethertype)
{
	return ethertype == bpf_htons(ETH_P_8021Q) ||
	       ethertype == bpf_htons(ETH_P_8021AD);
}

/* The packet is of this VLAN: false if nobody has it. VLAN 0 is none. */
static __always_inline bool port_of_tag(struct packet *p, __be16 ethertype,
					__u16 tci)
{
	struct xmgm_port port = {.ifindex = p->ifindex, .vlan = tci & 0xfff};
	__u32 *ifid;

	if (!port.vlan)
		return true;
	if (ethertype == bpf_htons(ETH_P_8021AD))
		port.vlan |= XMGM_PORT_AD;
	ifid = bpf_map_lookup_elem(&ports, &port);
	if (ifid)
		p->ifid = *ifid;
	return ifid;
}

/* As words: a copy byte by byte would be read back as words at a price. */
static __always_inline void packet_set_flow(struct packet *p)
{
	__be32 *words = (void *)&p->flow;

	words[0] = p->ip->saddr;
	words[1] = p->ip->daddr;
}

/* No host sends from these: RFC 1122 section 3.2.1.3, RFC 1812 5.3.7. */
static __always_inline bool ip_source_sane(__be32 source)
{
	__u32 net = bpf_ntohl(source) >> 24;

	return net != 0 && net != 127 && net < 224;
}

/* RFC 1812 section 5.3.1 and, for the checksum, RFC 1624. */
static __always_inline void ip_decrement_ttl(struct iphdr *ip)
{
	__u32 check = ip->check;

	check += bpf_htons(0x0100);
	ip->check = check + (check >= 0xffff);
	ip->ttl--;
}

/* RFC 1624 section 3, equation 3. */
static __always_inline void ip_set_ttl(struct iphdr *ip, __u8 ttl)
{
	__u16 *word = (__u16 *)&ip->ttl;
	__u32 sum = (__u16)~ip->check + (__u16) ~*word;

	ip->ttl = ttl;
	sum += *word;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	ip->check = ~sum;
}

/*
 * A sender on the other side of a veth leaves its UDP checksum to hardware
 * that is not there: the field holds the sum of the pseudo-header alone. Zero
 * means "no checksum" in IPv4 (RFC 768).
 */
static __always_inline bool udp_repair_checksum(struct packet *p)
{
	struct iphdr *ip = p->ip;
	struct udphdr *udp = (void *)(ip + 1);
	__u64 sum;

	if (ip->protocol != IPPROTO_UDP ||
	    (ip->frag_off & bpf_htons(IP_MF_OFFSET)) ||
	    (void *)(udp + 1) > p->end || !udp->check)
		return false;
	sum = (__u64)ip->saddr + ip->daddr + udp->len + bpf_htons(IPPROTO_UDP);
	if (csum_fold(sum) != udp->check)
		return false;
	udp->check = 0;
	return true;
}

#endif /* XMGM_BPF_IPV4_H */
