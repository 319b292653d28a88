/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What becomes of the packets of some flows besides being copied: the TTL that
 * copies get. (Rate limits: rate.h.) Without it a comparison says so.
 */
#ifndef XMGM_BPF_TREAT_H
#define XMGM_BPF_TREAT_H

#include "verdict.h"

static __always_inline __u32 treatment_slot(const struct xmgm_mfe *mfe)
{
	return mfe->flags >> XMGM_TREATMENT_SHIFT;
}

/* The TTL of copies; 0: there are none. */
static __always_inline __u8 treated_ttl(const struct xmgm_treatment *t,
					__u8 arrived)
{
	__u8 ttl = arrived ? arrived - 1 : 0;

	if (t->ttl)
		return t->ttl;
	return ttl < t->ttl_min ? t->ttl_min : ttl;
}

static __noinline __u8 copies_ttl(__u32 slot, __u8 arrived)
{
	struct xmgm_treatment *t = bpf_map_lookup_elem(&treatments, &slot);
	const struct xmgm_treatment none = {};

	return treated_ttl(t ? t : &none, arrived);
}

/* May some treatment forward what has no TTL left? */
static __noinline bool ttl_may_rise(void)
{
	__u32 zero = 0;
	struct xmgm_settings *s = bpf_map_lookup_elem(&settings, &zero);

	return s && s->policy & XMGM_POLICY_TTL;
}

#endif /* XMGM_BPF_TREAT_H */
