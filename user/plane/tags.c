/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VLANs as oifs of sets. The devmap of a set has an entry of the trunk for each
 * of its oifs there; which copy of a packet goes to which of them the egress
 * program reads from `set_tags`, by number. So a set with a trunk numbers its
 * oifs, device by device. An oif that is taken out while routes name the set
 * leaves its number, and its entry of the devmap, behind: the copies of the
 * others keep theirs.
 */
#include "bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <linux/if_ether.h>

struct xmgm_oif_place port_place(const struct plane_port *told)
{
	struct xmgm_oif_place place = {
		.ifindex = told->ifindex,
		.ifid = told->ifid,
		.vlan = told->vlan,
	};

	if (told->vlan)
		place.tag = told->service ? ETH_P_8021AD : ETH_P_8021Q;
	return place;
}

static bool is_on_trunk(struct plane_bpf *p, const struct plane_port *told)
{
	const struct port *device = port_find(p, told->ifindex);

	return told->path == PLANE_PATH_XDP && device && device->trunk;
}

bool tags_wanted(struct plane_bpf *p, const struct set *set)
{
	if (!p->trunks)
		return false;
	for (uint32_t i = 0; i < set->count; i++) {
		const struct port *port = port_find(p, set->oifs[i]);

		if (port && is_on_trunk(p, &port->told))
			return true;
	}
	return false;
}

static int compare_tags(const void *a, const void *b)
{
	const struct set_tag *x = a, *y = b;

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return x->ifid < y->ifid ? -1 : x->ifid > y->ifid;
}

static void number(struct set_tag *tags, uint32_t count)
{
	qsort(tags, count, sizeof(*tags), compare_tags);
	for (uint32_t i = 1; i < count; i++)
		if (tags[i].ifindex == tags[i - 1].ifindex)
			tags[i].copy = tags[i - 1].copy + 1;
}

/* The oifs that are in its devmap, and those that have been taken out. */
static int list_tags(struct plane_bpf *p, const struct set *set,
		     struct set_tag **out, uint32_t *count)
{
	struct set_tag *tags =
		calloc(set->count + set->tag_count, sizeof(*tags));
	uint32_t n = 0;

	if (!tags)
		return -ENOMEM;
	for (uint32_t i = 0; i < set->count; i++) {
		const struct port *port = port_find(p, set->oifs[i]);

		if (port && port->told.path == PLANE_PATH_XDP)
			tags[n++] = (struct set_tag){
				.ifid = port->told.ifid,
				.ifindex = port->told.ifindex,
			};
	}
	for (uint32_t i = 0; i < set->tag_count; i++)
		if (set->tags[i].lost)
			tags[n++] = (struct set_tag){
				.ifid = set->tags[i].ifid,
				.ifindex = set->tags[i].ifindex,
				.lost = true,
			};
	number(tags, n);
	*out = tags;
	*count = n;
	return 0;
}

static struct xmgm_set_copy key_of(const struct set *set,
				   const struct set_tag *tag)
{
	return (struct xmgm_set_copy){set->id, tag->ifindex, tag->copy};
}

static int write_tag(struct plane_bpf *p, const struct set *set,
		     const struct set_tag *tag)
{
	const struct port *port = tag->lost ? NULL : port_find(p, tag->ifid);
	struct xmgm_set_copy key = key_of(set, tag);
	struct xmgm_oif_place place = {0};

	if (port)
		place = port_place(&port->told);
	return bpf_map_update_elem(p->in.map[MAP_set_tags], &key, &place,
				   BPF_ANY);
}

static bool is_listed(const struct set_tag *tags, uint32_t count,
		      const struct set_tag *tag)
{
	for (uint32_t i = 0; i < count; i++)
		if (tags[i].ifindex == tag->ifindex &&
		    tags[i].copy == tag->copy)
			return true;
	return false;
}

/* The set has these from here on: numbers that nobody has any more go. */
static void replace_tags(struct plane_bpf *p, struct set *set,
			 struct set_tag *tags, uint32_t count)
{
	for (uint32_t i = 0; i < set->tag_count; i++) {
		struct xmgm_set_copy key = key_of(set, &set->tags[i]);

		if (!is_listed(tags, count, &set->tags[i]))
			bpf_map_delete_elem(p->in.map[MAP_set_tags], &key);
	}
	free(set->tags);
	set->tags = tags;
	set->tag_count = count;
}

int tags_write(struct plane_bpf *p, struct set *set)
{
	struct set_tag *tags;
	uint32_t count;
	int err;

	if (!tags_wanted(p, set) && !set->tag_count)
		return 0;
	err = list_tags(p, set, &tags, &count);
	if (err)
		return err;
	for (uint32_t i = 0; i < count && !err; i++)
		err = write_tag(p, set, &tags[i]);
	replace_tags(p, set, tags, count);
	return err;
}

void tags_clear(struct plane_bpf *p, struct set *set)
{
	for (uint32_t i = 0; i < set->tag_count; i++)
		if (set->tags[i].lost)
			bpf_map_delete_elem(set->fd, &set->tags[i].ifid);
	replace_tags(p, set, NULL, 0);
}

/* Do others of the set leave by its device? */
static bool has_siblings(const struct set *set, const struct set_tag *tag)
{
	for (uint32_t i = 0; i < set->tag_count; i++)
		if (&set->tags[i] != tag &&
		    set->tags[i].ifindex == tag->ifindex)
			return true;
	return false;
}

bool tags_lose(struct plane_bpf *p, struct set *set, uint32_t ifid)
{
	struct set_tag *tag = NULL;

	for (uint32_t i = 0; i < set->tag_count; i++)
		if (set->tags[i].ifid == ifid)
			tag = &set->tags[i];
	if (!tag || !has_siblings(set, tag))
		return false;
	tag->lost = true;
	write_tag(p, set, tag);
	return true;
}

bool tags_lost(const struct set *set)
{
	for (uint32_t i = 0; i < set->tag_count; i++)
		if (set->tags[i].lost)
			return true;
	return false;
}

uint32_t tags_copy(const struct set *set, uint32_t ifid)
{
	for (uint32_t i = 0; i < set->tag_count; i++)
		if (set->tags[i].ifid == ifid)
			return set->tags[i].copy + 1;
	return 0;
}

static void forget_oif(struct set *set, uint32_t ifid)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < set->count; i++)
		if (set->oifs[i] != ifid)
			set->oifs[n++] = set->oifs[i];
	set->count = n;
}

/* Its oifs are what its devmap has: also those that it has lost. */
int tags_adopt(struct plane_bpf *p, struct set *set)
{
	struct xmgm_oif_place place;
	int err;

	if (!tags_wanted(p, set))
		return 0;
	err = list_tags(p, set, &set->tags, &set->tag_count);
	if (err)
		return err;
	for (uint32_t i = 0; i < set->tag_count; i++) {
		struct xmgm_set_copy key = key_of(set, &set->tags[i]);

		if (bpf_map_lookup_elem(p->in.map[MAP_set_tags], &key,
					&place) ||
		    place.ifindex)
			continue;
		set->tags[i].lost = true;
		forget_oif(set, set->tags[i].ifid);
	}
	return 0;
}
