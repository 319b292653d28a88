/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Someone else's XDP program, loaded by someone else's loader: passes
 * everything. The net tests put it on an interface before xmgm comes.
 */
__attribute__((section("xdp"), used)) int foreign(void *ctx)
{
	(void)ctx;
	return 2; /* XDP_PASS */
}

__attribute__((section("license"), used)) char _license[] = "Dual BSD/GPL";
