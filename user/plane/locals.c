/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which routes take the clone path: those with an oif that XDP cannot serve,
 * and those whose group a socket of this machine has joined where they arrive.
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

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct plane_local));
}

static bool is_local(const struct plane_bpf *p, const struct xmgm_mfe *mfe)
{
	struct plane_local key = {.ifid = mfe->route.iif};

	memcpy(key.group, mfe->flow.group, sizeof(key.group));
	return p->local_count &&
	       bsearch(&key, p->locals, p->local_count, sizeof(key), compare);
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

int locals_set(struct plane *plane, const struct plane_local *locals,
	       size_t count)
{
	struct plane_bpf *p = self(plane);
	struct plane_local *copy = NULL;
	size_t size = count * sizeof(*copy);

	if (count) {
		copy = malloc(size);
		if (!copy)
			return -ENOMEM;
		memcpy(copy, locals, size);
		qsort(copy, count, sizeof(*copy), compare);
	}
	if (count == p->local_count &&
	    (!count || !memcmp(copy, p->locals, size))) {
		free(copy);
		return 0;
	}
	free(p->locals);
	p->locals = copy;
	p->local_count = count;
	return routes_reflag(p);
}
