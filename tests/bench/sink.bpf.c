/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Receivers of the benchmark: XDP programs on the far ends of the oifs. A
 * copy is received and dropped, which is the least a receiver can cost.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "gen.h"

#define IPPROTO_UDP 17

/* Copies that reached a receiver. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} sink_received SEC(".maps");

/* Of probes (gen.h): how long each took, by its number. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, GEN_PROBES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct gen_arrival);
} sink_arrivals SEC(".maps");

static __always_inline struct iphdr *ip_header(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	struct iphdr *ip = (void *)(eth + 1);

	return (void *)(ip + 1) > (void *)(long)ctx->data_end ? 0 : ip;
}

/* A receiver: counts and drops. */
SEC("xdp.frags")
int sink_count(struct xdp_md *ctx)
{
	__u32 zero = 0;
	__u64 *received = bpf_map_lookup_elem(&sink_received, &zero);

	if (received)
		(*received)++;
	return XDP_DROP;
}

/* The end of frames that only show what the generator can do. */
SEC("xdp.frags")
int sink_drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

/* A receiver of probes: notes how long each was under way. */
SEC("xdp.frags")
int sink_clock(struct xdp_md *ctx)
{
	struct iphdr *ip = ip_header(ctx);
	struct udphdr *udp = (void *)(ip + 1);
	struct gen_probe *probe = (void *)(udp + 1);
	__u64 now = bpf_ktime_get_ns();
	struct gen_arrival *arrival;
	__u32 number;

	if (!ip || (void *)(probe + 1) > (void *)(long)ctx->data_end ||
	    bpf_ntohl(ip->daddr) >> 28 != 14 || ip->protocol != IPPROTO_UDP ||
	    probe->magic != GEN_MAGIC)
		return XDP_PASS;
	number = probe->number;
	arrival = bpf_map_lookup_elem(&sink_arrivals, &number);
	if (!arrival)
		return XDP_DROP;
	if (!__sync_fetch_and_add(&arrival->copies, 1))
		arrival->took_ns = now - probe->sent_ns;
	return XDP_DROP;
}

char _license[] SEC("license") = "Dual BSD/GPL";
