/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The data plane's programs: one-line shims over the code in the headers.
 * Reading order: ingress.h, parse.h, decide.h, upcall.h, egress.h, routes.h;
 * maps.h and abi.h beside them.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "egress.h"
#include "ingress.h"
#include "routes.h"

/* Attached to every interface. */
SEC("xdp.frags")
int xmgm_ingress(struct xdp_md *ctx)
{
	return ingress_frame(ctx, false);
}

/* Never attached: sends held packets by BPF_PROG_RUN. */
SEC("xdp")
int xmgm_replay(struct xdp_md *ctx)
{
	return ingress_frame(ctx, true);
}

/* In every entry of every oif set. */
SEC("xdp.frags/devmap")
int xmgm_egress(struct xdp_md *ctx)
{
	return egress_copy(ctx, ctx->egress_ifindex);
}

SEC("syscall")
int xmgm_routes(struct xmgm_batch_ctx *ctx)
{
	return routes_batch(ctx);
}

char _license[] SEC("license") = "Dual BSD/GPL";
