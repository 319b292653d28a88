/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * See frame.h. With parse.h and the end of ingress.h this is all that knows
 * the context of XDP.
 */
#ifndef XMGM_BPF_FRAME_XDP_H
#define XMGM_BPF_FRAME_XDP_H

#include "frame.h"

static __always_inline long frame_load(void *ctx, __u32 offset, void *to,
				       __u32 len)
{
	return bpf_xdp_load_bytes(ctx, offset, to, len);
}

#endif /* XMGM_BPF_FRAME_XDP_H */
