/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes of a frame beyond what a pointer reaches, by the context of a program.
 * Each type of program brings its own: frame_xdp.h, frame_skb.h.
 */
#ifndef XMGM_BPF_FRAME_H
#define XMGM_BPF_FRAME_H

#include "maps.h"

/* 0, or negative if the frame does not have them. */
static __always_inline long frame_load(void *ctx, __u32 offset, void *to,
				       __u32 len);

#endif /* XMGM_BPF_FRAME_H */
