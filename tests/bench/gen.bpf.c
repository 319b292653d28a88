/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The load of the benchmark, for BPF_PROG_RUN with live frames: makes a frame
 * as new and sends it to the far end of one of the router's inputs. The frame
 * must be made as new: the kernel recycles the pages, so a TTL that was once
 * decremented stays decremented and soon nothing would be forwarded.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "egress.h"
#include "ingress.h"
#include "gen.h"

/* IP header checksums, set by user space: of the frame, and of the same with
 * both addresses zero. */
__u16 gen_check;
__u16 gen_check_bare;

/* Copies come back with a tag in front: the MAC addresses have moved. */
bool gen_tagged;

__u32 gen_input; /* enum lab_input */
__u32 gen_oif;	 /* of case_egress */

/* The hosts' ends of the inputs. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, GEN_INPUTS);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} gen_inputs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GEN_FLOWS);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct xmgm_flow);
} gen_flows SEC(".maps");

/* How far each CPU has come in gen_flows. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} gen_next SEC(".maps");

/* Where gen_limit broadcasts to: as many entries as there are oifs. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 8);
} gen_limit_set SEC(".maps");

static __always_inline struct iphdr *ip_header(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	return (void *)(ip + 1) > (void *)(long)ctx->data_end ? 0 : ip;
}

static __always_inline void renew_mac(struct iphdr *ip)
{
	struct ethhdr *eth = (void *)ip - sizeof(*eth);
	__u32 group = bpf_ntohl(ip->daddr);

	eth->h_dest[0] = bpf_htons(0x0100);
	eth->h_dest[1] = bpf_htons(0x5e00 | (group >> 16 & 0x7f));
	eth->h_dest[2] = bpf_htons(group & 0xffff);
	eth->h_proto = bpf_htons(0x0800);
}

/* The header's checksum is known beforehand: only two fields are written. */
static __always_inline void renew(struct xdp_md *ctx)
{
	struct iphdr *ip = ip_header(ctx);

	if (!ip)
		return;
	if (gen_tagged)
		renew_mac(ip);
	ip->ttl = GEN_TTL;
	ip->check = gen_check;
}

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

/* The same with the next of gen_flows. */
static __always_inline void renew_flow(struct xdp_md *ctx)
{
	struct iphdr *ip = ip_header(ctx);
	__u32 zero = 0, index;
	__u64 *next = bpf_map_lookup_elem(&gen_next, &zero);
	struct xmgm_flow *flow;
	struct ethhdr *eth;
	__u32 group;
	__u64 sum;

	if (!ip || !next)
		return;
	index = (*next)++ & (GEN_FLOWS - 1);
	flow = bpf_map_lookup_elem(&gen_flows, &index);
	if (!flow)
		return;
	__builtin_memcpy(&ip->saddr, flow, sizeof(*flow));
	ip->ttl = GEN_TTL;
	sum = (__u16)~gen_check_bare + (__u64) * (__u32 *)flow->source +
	      *(__u32 *)flow->group;
	ip->check = ~fold(sum);
	eth = (void *)ip - sizeof(*eth);
	group = bpf_ntohl(ip->daddr);
	eth->h_dest[1] = bpf_htons(0x5e00 | (group >> 16 & 0x7f));
	eth->h_dest[2] = bpf_htons(group & 0xffff);
}

SEC("xdp.frags")
int gen_one(struct xdp_md *ctx)
{
	renew(ctx);
	return bpf_redirect_map(&gen_inputs, gen_input, 0);
}

SEC("xdp.frags")
int gen_many(struct xdp_md *ctx)
{
	renew_flow(ctx);
	return bpf_redirect_map(&gen_inputs, gen_input, 0);
}

/* What no XDP router can beat: nothing parsed, nothing looked up. */
SEC("xdp.frags")
int gen_limit(struct xdp_md *ctx)
{
	return bpf_redirect_map(&gen_limit_set, 0, BPF_F_BROADCAST);
}

/*
 * Without a veth pair in front: the frame is made as new and goes its way in
 * the same program, or up the stack.
 */
SEC("xdp.frags")
int direct_xmgm(struct xdp_md *ctx)
{
	renew(ctx);
	return ingress_frame(ctx, false);
}

SEC("xdp.frags")
int direct_limit(struct xdp_md *ctx)
{
	renew(ctx);
	return bpf_redirect_map(&gen_limit_set, 0, BPF_F_BROADCAST);
}

SEC("xdp.frags")
int direct_stack(struct xdp_md *ctx)
{
	renew(ctx);
	return XDP_PASS;
}

/* Parts of a packet's way, to be run without sending anything. */
SEC("xdp.frags")
int case_decide(struct xdp_md *ctx)
{
	struct packet p = {};

	renew(ctx);
	if (parse_frame(ctx, &p) != PARSED)
		return XDP_DROP;
	return decide(&p).deed == DEED_FORWARD ? XDP_PASS : XDP_DROP;
}

SEC("xdp.frags")
int case_egress(struct xdp_md *ctx)
{
	renew(ctx);
	return egress_copy(ctx, gen_oif);
}

char _license[] SEC("license") = "Dual BSD/GPL";
