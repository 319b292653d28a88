/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Token buckets, as the generic cell rate algorithm: one number says when the
 * bucket will be full again, so nothing has to be refilled. A rate or burst of
 * zero lets nothing pass.
 */
#ifndef XMGM_BPF_BUCKET_H
#define XMGM_BPF_BUCKET_H

#include "maps.h"

#define NS_PER_S 1000000000ull

static __always_inline __u64 bucket_step(__u32 rate)
{
	return rate < NS_PER_S ? NS_PER_S / rate : 1;
}

/* Is there not even one token left? */
static __always_inline bool bucket_empty(const __u64 *full_at, __u32 rate,
					 __u32 burst)
{
	__u64 now = bpf_ktime_get_ns(), seen = *(volatile __u64 *)full_at;
	__u64 step;

	if (!rate || !burst)
		return true;
	step = bucket_step(rate);
	return seen > now && seen + step - now > step * burst;
}

/*
 * Takes `count` tokens: true if they were all there. Who loses to another CPU
 * tries again, three times.
 */
static __always_inline bool bucket_take(__u64 *full_at, __u32 rate, __u32 burst,
					__u32 count)
{
	__u64 now = bpf_ktime_get_ns();
	__u64 step, depth;

	if (!rate || !burst)
		return false;
	step = bucket_step(rate);
	depth = step * burst;
	for (int i = 0; i < 4; i++) {
		__u64 seen = *(volatile __u64 *)full_at;
		__u64 start = seen > now ? seen : now;

		if (start + step * count - now > depth)
			return false;
		if (__sync_val_compare_and_swap(full_at, seen,
						start + step * count) == seen)
			return true;
	}
	return false;
}

/*
 * The same of what costs so many nanoseconds. One that is emptier than it can
 * be was so at another rate: it is full.
 */
static __always_inline bool bucket_take_ns(__u64 *full_at, __u64 cost,
					   __u64 depth)
{
	__u64 now = bpf_ktime_get_ns();

	for (int i = 0; i < 4; i++) {
		__u64 seen = *(volatile __u64 *)full_at;
		__u64 start = seen > now && seen - now <= depth ? seen : now;

		if (start + cost - now > depth)
			return false;
		if (__sync_val_compare_and_swap(full_at, seen, start + cost) ==
		    seen)
			return true;
	}
	return false;
}

#endif /* XMGM_BPF_BUCKET_H */
