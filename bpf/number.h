/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The end of a packet's way through ingress: its own tag goes, and where a
 * set has VLANs it gets a number for egress; see tags.h.
 */
#ifndef XMGM_BPF_NUMBER_H
#define XMGM_BPF_NUMBER_H

#include "tags.h"

/* Without trunks nobody asks. */
static __always_inline bool set_has_tags(const struct xmgm_settings *s,
					 __u32 set)
{
	struct xmgm_set_info *info;

	if (!s->trunks)
		return false;
	info = bpf_map_lookup_elem(&sets, &set);
	return info && info->tags;
}

static __always_inline int meta_len(const struct xdp_md *ctx)
{
	return (void *)(long)ctx->data - (void *)(long)ctx->data_meta;
}

/* Drivers without metadata let it begin behind where the frame does. */
static __always_inline bool meta_supported(const struct xdp_md *ctx)
{
	return (void *)(long)ctx->data_meta <= (void *)(long)ctx->data;
}

/*
 * After the packet's last change: no pointer into it is good any more. What
 * was there, maybe of another router before us, is not for egress.
 */
static __noinline bool meta_put(struct xdp_md *ctx, __u32 set, __u32 copy)
{
	struct copy_meta *meta;
	struct xmgm_trunk *all;
	__u32 zero = 0;

	all = bpf_map_lookup_elem(&trunks, &zero);
	if (all) {
		all->set = set;
		all->packet++;
		all->copy = copy;
	}
	if (!all || bpf_xdp_adjust_meta(ctx, meta_len(ctx) - sizeof(*meta)))
		return false;
	meta = (void *)(long)ctx->data_meta;
	if ((void *)(meta + 1) > (void *)(long)ctx->data)
		return false;
	*meta = (struct copy_meta){META_MAGIC, set, all->packet, copy};
	return true;
}

static __noinline bool meta_clear(struct xdp_md *ctx)
{
	int len = meta_len(ctx);

	return len <= 0 || !bpf_xdp_adjust_meta(ctx, len);
}

/* A tagged frame becomes an untagged one, whose source address and ethertype
 * are in their places already. */
static __noinline bool tag_pop(struct xdp_md *ctx)
{
	__be16 *word = (void *)(long)ctx->data;

	if ((void *)(word + 9) > (void *)(long)ctx->data_end)
		return false;
	word[4] = word[2];
	word[3] = word[1];
	word[2] = word[0];
	return !bpf_xdp_adjust_head(ctx, TAG_LEN);
}

#endif /* XMGM_BPF_NUMBER_H */
