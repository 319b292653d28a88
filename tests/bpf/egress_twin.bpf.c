/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Egress as an ordinary XDP program: BPF_PROG_RUN refuses programs of a
 * devmap, so the test says itself what interface the copy leaves by.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "egress.h"

__u32 twin_ifindex;

SEC("xdp.frags")
int egress_twin(struct xdp_md *ctx)
{
	return egress_copy(ctx, twin_ifindex);
}

char _license[] SEC("license") = "Dual BSD/GPL";
