/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Every map of the data plane. Their keys and values are described in abi.h;
 * sizes written as 1 are set by the loader from its options. All are pinned.
 */
#ifndef XMGM_BPF_MAPS_H
#define XMGM_BPF_MAPS_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "xmgm/abi.h"
#include "xmit_maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_INTERFACES);
	__type(key, __u32);
	__type(value, struct xmgm_interface);
} interfaces SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XMGM_INTERFACES);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct xmgm_ingress);
} ingress SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, XMGM_IGMP_HOSTS);
	__type(key, struct xmgm_igmp_host);
	__type(value, struct xmgm_igmp_bucket);
} igmp_hosts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_PORTS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xmgm_port);
	__type(value, __u32);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_INTERFACES);
	__type(key, __u32);
	__type(value, struct xmgm_attachment);
} attachments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct xmgm_flow);
	__type(value, struct xmgm_mfe);
} mfc SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, XMGM_SHARED_FLOWS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xmgm_flow);
	__type(value, struct xmgm_mfe_count);
} mfc_shared SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XMGM_TREATMENTS);
	__type(key, __u32);
	__type(value, struct xmgm_treatment);
} treatments SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, XMGM_RATES);
	__type(key, struct xmgm_flow);
	__type(value, struct xmgm_rate);
} rates SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_INTERFACES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct xmgm_limit);
} limits SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct xmgm_flow);
	__type(value, struct xmgm_pending);
} pending SEC(".maps");

/* The shape of an oif set; each set has as many entries as it needs. */
struct oif_set {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, 8); /* ifindex and egress program */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
	__array(values, struct oif_set);
} oif_sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xmgm_set_info);
} sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct xmgm_set_stats);
} set_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_OIFS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xmgm_oif_key);
	__type(value, struct xmgm_oif);
} oifs SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_OIFS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xmgm_set_place);
	__type(value, struct xmgm_oif_place);
} set_list SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_LOCALS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xmgm_local_place);
	__type(value, __u32); /* ifindex */
} locals SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_OIFS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct xmgm_set_copy);
	__type(value, struct xmgm_oif_place);
} set_tags SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XMGM_EGRESS_MAX);
	__type(key, __u32);
	__type(value, struct xmgm_trunk);
} trunks SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XMGM_EGRESS_SLOTS);
	__type(key, __u32);
	__type(value, struct xmgm_egress);
} egress SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XMGM_EGRESS_SLOTS);
	__type(key, __u32);
	__type(value, struct xmgm_egress_stats);
} egress_stats SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_EGRESS_FAR);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct xmgm_egress_far);
} egress_far SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_PORTS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct xmgm_copies);
} copies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, XMGM_REASON_COUNT);
	__type(key, __u32);
	__type(value, __u64);
} verdicts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct xmgm_settings);
} settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct xmgm_hold);
} hold SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, XMGM_INTERFACES);
	__type(key, __u32);
	__type(value, struct xmgm_bucket);
} buckets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, XMGM_IGMP_RING);
} igmp SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, XMGM_UPCALL_RING);
} upcalls SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, XMGM_BATCH);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct xmgm_batch_item);
} batch SEC(".maps");

#endif /* XMGM_BPF_MAPS_H */
