/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which routes take the clone path: those with an oif that XDP cannot serve,
 * and those whose group a socket of this machine has joined, where they arrive
 * or on another interface: `locals` says to the clone path where.
 */
#include "bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

static struct plane_bpf *self(struct plane *plane)
{
	return (struct plane_bpf *)plane;
}

static int compare_groups(const void *a, const void *b)
{
	const struct plane_local *x = a, *y = b;

	return memcmp(x->group, y->group, sizeof(x->group));
}

static int compare(const void *a, const void *b)
{
	const struct plane_local *x = a, *y = b;
	int order = compare_groups(a, b);

	return order ? order : (x->ifid > y->ifid) - (x->ifid < y->ifid);
}

/* Joined where it arrives or elsewhere. */
static bool is_local(const struct plane_bpf *p, const struct xmgm_mfe *mfe)
{
	struct plane_local key = {0};

	memcpy(key.group, mfe->flow.group, sizeof(key.group));
	return p->local_count && bsearch(&key, p->locals, p->local_count,
					 sizeof(key), compare_groups);
}

static bool has_clone_port(struct plane_bpf *p, uint32_t id)
{
	const struct set *set = sets_find(p, id);
	const struct port *port;

	for (uint32_t i = 0; set && i < set->count; i++) {
		port = port_find(p, set->oifs[i]);
		if (port && port->told.path == PLANE_PATH_CLONE)
			return true;
	}
	return false;
}

uint32_t route_flags(struct plane_bpf *p, const struct xmgm_mfe *mfe)
{
	uint32_t flags = 0;

	if ((p->clone_ports && has_clone_port(p, mfe->route.set)) ||
	    is_local(p, mfe))
		flags |= XMGM_MFE_CLONE;
	if (route_is_narrow(p, mfe))
		flags |= XMGM_MFE_NARROW;
	return flags;
}

static uint32_t count_clone_ports(const struct plane_bpf *p)
{
	struct hash_node *n, *tmp;
	uint32_t i, count = 0;

	hash_for_each_safe(&p->ports, n, tmp, i)
		if (hash_entry(n, struct port, node)->told.path ==
		    PLANE_PATH_CLONE)
			count++;
	return count;
}

static int reflag(void *arg, const struct xmgm_mfe *found)
{
	struct plane_bpf *p = arg;
	struct xmgm_mfe mfe = *found;

	mfe.flags &= ~(uint32_t)(XMGM_MFE_CLONE | XMGM_MFE_NARROW);
	mfe.flags |= route_flags(p, &mfe);
	return mfe.flags == found->flags ? 0 : routes_put(p, &mfe);
}

int routes_reflag(struct plane_bpf *p)
{
	int err = routes_flush(p);

	p->clone_ports = count_clone_ports(p);
	/* After a start one port after the other is told. */
	p->reflag = !p->routes.adopted;
	if (!err && p->routes.in_cache && p->routes.adopted)
		err = routes_walk(p, reflag, p);
	return err ? err : routes_flush(p);
}

/* The places of a group that begins there; how many entries it has. */
static size_t places_put(struct plane_bpf *p, const struct plane_local *first,
			 size_t left)
{
	struct xmgm_local_place key = {.place = 0};
	size_t n = 0;

	memcpy(key.group, first->group, sizeof(key.group));
	for (; n < left && !compare_groups(first, &first[n]); n++)
		if (key.place < XMGM_LOCAL_PLACES &&
		    !bpf_map_update_elem(p->in.map[MAP_locals], &key,
					 &first[n].ifid, BPF_ANY))
			key.place++;
	while (!bpf_map_delete_elem(p->in.map[MAP_locals], &key))
		key.place++;
	return n;
}

/* Of a group that nobody has joined any more. */
static void places_drop(struct plane_bpf *p, const struct plane_local *local)
{
	struct xmgm_local_place key = {.place = 0};

	memcpy(key.group, local->group, sizeof(key.group));
	while (!bpf_map_delete_elem(p->in.map[MAP_locals], &key))
		key.place++;
}

/* What `locals` has, as it is now: `before` has told of groups that are gone. */
static void places_follow(struct plane_bpf *p, const struct plane_local *before,
			  size_t count)
{
	for (size_t i = 0; i < p->local_count;)
		i += places_put(p, &p->locals[i], p->local_count - i);
	for (size_t i = 0; i < count; i++)
		if (!p->local_count ||
		    !bsearch(&before[i], p->locals, p->local_count,
			     sizeof(*before), compare_groups))
			places_drop(p, &before[i]);
}

/* Those of the run before: it is not known which they are. */
void locals_reset(struct plane_bpf *p)
{
	struct xmgm_local_place key;

	while (!bpf_map_get_next_key(p->in.map[MAP_locals], NULL, &key))
		if (bpf_map_delete_elem(p->in.map[MAP_locals], &key))
			return;
}

static int locals_copy(struct plane_local **copy,
		       const struct plane_local *locals, size_t count)
{
	*copy = NULL;
	if (!count)
		return 0;
	*copy = malloc(count * sizeof(**copy));
	if (!*copy)
		return -ENOMEM;
	memcpy(*copy, locals, count * sizeof(**copy));
	qsort(*copy, count, sizeof(**copy), compare);
	return 0;
}

int locals_set(struct plane *plane, const struct plane_local *locals,
	       size_t count)
{
	struct plane_bpf *p = self(plane);
	struct plane_local *copy, *before = p->locals;
	size_t count_before = p->local_count;
	int err = locals_copy(&copy, locals, count);

	if (err)
		return err;
	if (count == count_before &&
	    (!count || !memcmp(copy, before, count * sizeof(*copy)))) {
		free(copy);
		return 0;
	}
	p->locals = copy;
	p->local_count = count;
	places_follow(p, before, count_before);
	free(before);
	return routes_reflag(p);
}
