/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes of a frame beyond what a pointer reaches, by the context of XDP. With
 * parse.h and the end of ingress.h this is all that knows that type: a program
 * of another one brings its own, and shares the rest.
 */
#ifndef XMGM_BPF_FRAME_H
#define XMGM_BPF_FRAME_H

#include "maps.h"

/* 0, or negative if the frame does not have them. */
static __always_inline long frame_load(void *ctx, __u32 offset, void *to,
				       __u32 len)
{
	return bpf_xdp_load_bytes(ctx, offset, to, len);
}

#endif /* XMGM_BPF_FRAME_H */
