/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A host that offloads its VLAN tag: what leaves gets the tag of VLAN 5 beside
 * the frame, where a device that cannot write it into the frame would have
 * the kernel do so. The net tests put it behind a packet socket.
 */
struct __sk_buff;

static long (*const vlan_push)(struct __sk_buff *skb, unsigned short protocol,
			       unsigned short tci) = (void *)18;

__attribute__((section("tc"), used)) int push_tag(struct __sk_buff *skb)
{
	vlan_push(skb, 0x0081, 5); /* 0x8100 as it is on the wire */
	return 0;		   /* TC_ACT_OK */
}

__attribute__((section("license"), used)) char _license[] = "Dual BSD/GPL";
