/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * VLANs on XDP's way out. Devmaps know devices only, and the kernel runs one
 * program for all frames that it hands to a device in a bulk. So a set has an
 * entry of the trunk for each of its oifs there, and the egress program finds
 * out which copy it has before it: ingress writes a number into the packet's
 * metadata, which is in all of its copies, and they reach a device one after
 * the other on the same CPU. Which copy is which does not matter.
 */
#ifndef XMGM_BPF_TAGS_H
#define XMGM_BPF_TAGS_H

#include <bpf/bpf_endian.h>
#include "maps.h"

#define TAG_LEN	   4
#define META_MAGIC 0x6d67786d

/* What the metadata of a packet says to egress; another layout, another magic
 * number. */
struct copy_meta {
	__u32 magic;
	__u32 set;
	__u32 packet; /* its number on this CPU */
	__u32 copy;   /* from 1: this one, whatever it is counted as; or 0 */
};

/*
 * In generic mode metadata does not come this far, but each packet is copied
 * at once: its number is the last one.
 */
static __always_inline bool meta_get(struct xdp_md *ctx, struct copy_meta *to)
{
	const struct copy_meta *meta = (void *)(long)ctx->data_meta;
	struct xmgm_trunk *all;
	__u32 zero = 0;

	if ((void *)(meta + 1) <= (void *)(long)ctx->data &&
	    meta->magic == META_MAGIC) {
		*to = *meta;
		return true;
	}
	all = bpf_map_lookup_elem(&trunks, &zero);
	if (!all)
		return false;
	*to = (struct copy_meta){META_MAGIC, all->set, all->packet, all->copy};
	return true;
}

/* Which of the packet's copies for this device is it? */
static __always_inline __u32 copy_number(struct xmgm_trunk *t,
					 const struct copy_meta *meta)
{
	if (meta->copy)
		return meta->copy - 1;
	if (t->set == meta->set && t->packet == meta->packet)
		return ++t->copy;
	t->set = meta->set;
	t->packet = meta->packet;
	t->copy = 0;
	return 0;
}

/* Where the copy leaves: 0 if nowhere. */
static __always_inline const struct xmgm_oif_place *
copy_place(const struct copy_meta *meta, __u32 ifindex)
{
	struct xmgm_trunk *t = bpf_map_lookup_elem(&trunks, &ifindex);
	struct xmgm_set_copy key = {.set = meta->set, .ifindex = ifindex};
	const struct xmgm_oif_place *place;

	if (!t)
		return 0;
	key.copy = copy_number(t, meta);
	place = bpf_map_lookup_elem(&set_tags, &key);
	return place && place->ifindex ? place : 0;
}

/* The addresses move to make room; the source is written anew. */
static __always_inline bool tag_push(struct xdp_md *ctx,
				     const struct xmgm_oif_place *place,
				     const __be16 mac[3])
{
	__be16 *word;

	if (bpf_xdp_adjust_head(ctx, -TAG_LEN))
		return false;
	word = (void *)(long)ctx->data;
	if ((void *)(word + 9) > (void *)(long)ctx->data_end)
		return false;
	word[0] = word[2];
	word[1] = word[3];
	word[2] = word[4];
	word[3] = mac[0];
	word[4] = mac[1];
	word[5] = mac[2];
	word[6] = bpf_htons(place->tag);
	word[7] = bpf_htons(place->vlan);
	return true;
}

#endif /* XMGM_BPF_TAGS_H */
