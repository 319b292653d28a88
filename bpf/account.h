/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an entry of the forwarding cache counts. */
#ifndef XMGM_BPF_ACCOUNT_H
#define XMGM_BPF_ACCOUNT_H

#include "verdict.h"

/*
 * Not much behind CLOCK_MONOTONIC. The tick is read in place; a call of the
 * kernel's clock would cost as much as a look-up.
 */
static __always_inline __u64 clock_ns(void)
{
	__u64 ticks = bpf_jiffies64();
	struct xmgm_settings *s;
	__u32 zero = 0;

	s = bpf_map_lookup_elem(&settings, &zero);
	if (!s)
		return 0;
	if (ticks - *(volatile __u64 *)&s->clock_ticks > XMGM_CLOCK_TICKS) {
		*(volatile __u64 *)&s->clock_ns = bpf_ktime_get_coarse_ns();
		*(volatile __u64 *)&s->clock_ticks = ticks;
	}
	return *(volatile __u64 *)&s->clock_ns;
}

/* The element is made by the first who needs it. */
static __always_inline struct xmgm_mfe_count *
mfe_shared(const struct xmgm_flow *flow)
{
	struct xmgm_mfe_count *c = bpf_map_lookup_elem(&mfc_shared, flow);
	struct xmgm_mfe_count none = {};

	if (c)
		return c;
	bpf_map_update_elem(&mfc_shared, flow, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&mfc_shared, flow);
}

/*
 * On a CPU that does not count in the line, or not yet. Who counted there
 * until now leaves it as well: each of its packets would take the cache line
 * from those who only read. Without room for the element all add to the line
 * atomically, and who was just counting there alone may miss one packet.
 */
static __noinline int mfe_count_apart(struct xmgm_mfe *mfe, __u32 packets,
				      __u32 bytes, __u32 cpu)
{
	__u32 seen = *(volatile __u32 *)&mfe->cpu;
	struct xmgm_flow flow = mfe->flow;
	struct xmgm_mfe_count *c;

	if (!(seen & XMGM_CPU_SEVERAL) &&
	    __sync_val_compare_and_swap(&mfe->cpu, seen, seen | cpu) == seen) {
		mfe->packets += packets;
		mfe->bytes += bytes;
		return 0;
	}
	c = mfe_shared(&flow);
	if ((seen & XMGM_CPU_SEVERAL) != XMGM_CPU_SEVERAL ||
	    (c && !(seen & XMGM_CPU_SHARED)))
		*(volatile __u32 *)&mfe->cpu = XMGM_CPU_SEVERAL |
					       (c ? XMGM_CPU_SHARED : 0);
	if (c) {
		c->packets += packets;
		c->bytes += bytes;
	} else {
		__sync_fetch_and_add(&mfe->packets, packets);
		__sync_fetch_and_add(&mfe->bytes, bytes);
	}
	return 0;
}

/* As many on the wire, which may have come as one. */
static __always_inline void mfe_account_all(struct xmgm_mfe *mfe, __u32 packets,
					    __u32 bytes)
{
	__u32 cpu = bpf_get_smp_processor_id() + 1;
	__u64 now = clock_ns();

	if ((mfe->cpu & XMGM_CPU_SEVERAL) == cpu) {
		mfe->packets += packets;
		mfe->bytes += bytes;
	} else {
		mfe_count_apart(mfe, packets, bytes, cpu);
	}
	if ((__s64)(now - mfe->last_used) > (__s64)XMGM_LAST_USED_NS)
		mfe->last_used = now;
}

static __always_inline void mfe_account(struct xmgm_mfe *mfe,
					const struct packet *p)
{
	mfe_account_all(mfe, 1, p->ip_len);
}

#endif /* XMGM_BPF_ACCOUNT_H */
