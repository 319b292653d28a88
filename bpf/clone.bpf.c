/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The clone path: what XDP cannot copy and has passed on as it came, in tc
 * behind it. The same decision by the same maps; each oif gets a clone of the
 * packet, and the stack the original, as it was.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "clone.h"

/* Attached behind xmgm_ingress, to the same devices. */
SEC("tc")
int xmgm_clone(struct __sk_buff *skb)
{
	clone_frame(skb);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual BSD/GPL";
