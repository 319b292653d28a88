/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What an entry of the forwarding cache counts. */
#ifndef XMGM_BPF_ACCOUNT_H
#define XMGM_BPF_ACCOUNT_H

#include "verdict.h"

static __always_inline void mfe_account(struct xmgm_mfe *mfe,
					const struct packet *p)
{
	__u64 now = bpf_ktime_get_coarse_ns();

	__sync_fetch_and_add(&mfe->packets, 1);
	__sync_fetch_and_add(&mfe->bytes, p->ip_len);
	if (now - mfe->last_used > XMGM_LAST_USED_NS)
		mfe->last_used = now;
}

/* Further datagrams that came in one packet with it. */
static __always_inline void mfe_account_more(struct xmgm_mfe *mfe,
					     __u64 packets, __u64 bytes)
{
	__sync_fetch_and_add(&mfe->packets, packets);
	__sync_fetch_and_add(&mfe->bytes, bytes);
}

#endif /* XMGM_BPF_ACCOUNT_H */
