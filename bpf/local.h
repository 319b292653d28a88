/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Sockets of this machine. Those that have joined a group where it arrives get
 * it from the stack, which has the packet. Those that have joined elsewhere get
 * what is routed as if it arrived there, whichever way it came, so that what
 * they are bound to, their sources and what they are told of the packet hold.
 */
#ifndef XMGM_BPF_LOCAL_H
#define XMGM_BPF_LOCAL_H

#include "account.h"
#include "frame.h"

/* Nothing has come from the iif for so long. */
#define LOCAL_SILENT_NS 3000000000ll

/* The source of packets that come by us, 02:78:6d:67:6d:00: XDP that is generic
 * sees them where they seem to arrive. */
#define LOCAL_SOURCE_OFF 6
#define LOCAL_MAC	 0x6d676d7802ull

static __always_inline __u32 *local_at(const struct xmgm_flow *flow, __u32 i)
{
	struct xmgm_local_place key = {.place = i};

	__builtin_memcpy(key.group, flow->group, 4);
	return bpf_map_lookup_elem(&locals, &key);
}

struct local_search {
	struct xmgm_flow flow;
	__u32 ifindex;
	bool found;
};

static long local_compare(__u32 i, void *arg)
{
	struct local_search *s = arg;
	__u32 *ifindex = local_at(&s->flow, i);

	s->found = ifindex && *ifindex == s->ifindex;
	return !ifindex || s->found;
}

static __always_inline bool local_by_us(void *ctx)
{
	__u64 mac = 0;

	return !frame_load(ctx, LOCAL_SOURCE_OFF, &mac, 6) && mac == LOCAL_MAC;
}

/* Has one joined its group on this interface? */
static __noinline bool local_here(const struct packet *p)
{
	struct local_search s = {.flow = p->flow, .ifindex = p->ifid};

	if (!local_at(&s.flow, 0))
		return false;
	bpf_loop(XMGM_LOCAL_PLACES, local_compare, &s, 0);
	return s.found;
}

/*
 * A packet from another interface than the iif is for a socket that has joined
 * there, unless that gets the flow from the iif: then it is by us, or dropped.
 */
static __noinline bool local_elsewhere(void *ctx, const struct packet *p,
				       const struct xmgm_mfe *mfe)
{
	if (!mfe || !local_at(&p->flow, 0))
		return false;
	if (local_by_us(ctx))
		return true;
	return (__s64)(clock_ns() - mfe->last_used) >= LOCAL_SILENT_NS &&
	       local_here(p);
}

#endif /* XMGM_BPF_LOCAL_H */
