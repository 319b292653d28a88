/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What drivers have made of the copies: called by the kernel once for each
 * bulk that a devmap hands to a device, of all network namespaces. An object
 * of its own, because a kernel without BPF on tracepoints forwards as well.
 * Only devices that user space has made an entry for are counted.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "xmit_maps.h"

/* Arguments of the tracepoint. */
enum { XMIT_TO = 1, XMIT_SENT, XMIT_DROPS, XMIT_ERROR };

static __always_inline bool is_here(const struct net_device *device)
{
	__u32 zero = 0;
	struct xmgm_abi *record = bpf_map_lookup_elem(&abi, &zero);

	return record && device->nd_net.net->ns.inum == record->netns;
}

static __always_inline void count_error(__u32 ifindex, __s32 error, __u64 drops)
{
	struct xmgm_xmit_error key = {ifindex, error};
	__u64 *frames = bpf_map_lookup_elem(&xmit_errors, &key), zero = 0;

	if (!frames) {
		bpf_map_update_elem(&xmit_errors, &key, &zero, BPF_NOEXIST);
		frames = bpf_map_lookup_elem(&xmit_errors, &key);
	}
	if (frames)
		__sync_fetch_and_add(frames, drops);
}

SEC("tp_btf/xdp_devmap_xmit")
int xmgm_xmit(__u64 *ctx)
{
	const struct net_device *to = (const void *)ctx[XMIT_TO];
	int sent = (int)ctx[XMIT_SENT], drops = (int)ctx[XMIT_DROPS];
	__u32 ifindex = to->ifindex;
	struct xmgm_xmit *x = bpf_map_lookup_elem(&xmit, &ifindex);

	if (!x || !is_here(to))
		return 0;
	if (sent > 0)
		__sync_fetch_and_add(&x->sent, sent);
	if (drops <= 0)
		return 0;
	__sync_fetch_and_add(&x->dropped, drops);
	count_error(ifindex, (int)ctx[XMIT_ERROR], drops);
	return 0;
}

char _license[] SEC("license") = "Dual BSD/GPL";
