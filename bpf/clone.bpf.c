/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The clone path: in tc, what XDP cannot copy and has passed on as it came,
 * and what XDP does not see, because this machine sends it. The same decision
 * by the same maps; each oif gets a clone of the packet, and who would have
 * had it without us the original, as it was.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "clone.h"
#include "own.h"

/* Attached behind xmgm_ingress, to the same devices. */
SEC("tc")
int xmgm_clone(struct __sk_buff *skb)
{
	return clone_arriving(skb);
}

/* On their way out. */
SEC("tc")
int xmgm_own(struct __sk_buff *skb)
{
	own_leaving(skb);
	return TC_ACT_UNSPEC;
}

char _license[] SEC("license") = "Dual BSD/GPL";
