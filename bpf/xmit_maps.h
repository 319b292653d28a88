/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The maps of xmit.bpf.c, which the data plane's object has and pins as well.
 */
#ifndef XMGM_BPF_XMIT_MAPS_H
#define XMGM_BPF_XMIT_MAPS_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "xmgm/abi.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xmgm_abi);
} abi SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_PORTS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct xmgm_xmit);
} xmit SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_PORTS);
	__type(key, struct xmgm_xmit_error);
	__type(value, __u64);
} xmit_errors SEC(".maps");

#endif /* XMGM_BPF_XMIT_MAPS_H */
