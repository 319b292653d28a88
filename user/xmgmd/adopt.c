/* SPDX-License-Identifier: GPL-2.0-only */
/* See adopt.h. */
#include "adopt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "lib/log.h"
#include "xmgmd/config/saved.h"

/* A static route found in the cache, by names. */
struct found {
	struct mgm_sg sg;
	char from[XMGM_IFNAME_LEN];
	size_t to_count;
	char (*to)[XMGM_IFNAME_LEN];
};

struct adoption {
	struct daemon *d;
	struct hash saved; /* the same by name, from a file */
	struct found *found;
	size_t count, room;
	size_t mfes;
};

static bool is_static(struct daemon *d, uint32_t ifid)
{
	struct xmgm_interface state;

	return !plane_interface_get(d->plane, ifid, &state) &&
	       state.owner == XMGM_OWNER_STATIC;
}

static struct found *found_new(struct adoption *a)
{
	size_t room = a->room ? a->room * 2 : 64;
	struct found *found;

	if (a->count == a->room) {
		found = realloc(a->found, room * sizeof(*found));
		if (!found)
			return NULL;
		a->found = found;
		a->room = room;
	}
	found = &a->found[a->count];
	memset(found, 0, sizeof(*found));
	return found;
}

/*
 * Its oifs are those that static owned: on others the membership was
 * somebody else's, who will say so again.
 */
static int note_static(struct adoption *a, const struct xmgm_mfe *mfe,
		       const uint32_t *oifs, size_t count)
{
	struct link *link = links_by_index(&a->d->links, mfe->route.iif);
	struct found *found = found_new(a);
	size_t i;

	if (!link)
		return 0;
	if (!found)
		return -ENOMEM;
	found->to = calloc(count + 1, sizeof(*found->to));
	if (!found->to)
		return -ENOMEM;
	a->count++;
	memcpy(&found->sg.source, mfe->flow.source, sizeof(found->sg.source));
	memcpy(&found->sg.group, mfe->flow.group, sizeof(found->sg.group));
	memcpy(found->from, link->name, sizeof(found->from));
	for (i = 0; i < count; i++) {
		link = links_by_index(&a->d->links, oifs[i]);
		if (link && is_static(a->d, oifs[i]))
			memcpy(found->to[found->to_count++], link->name,
			       XMGM_IFNAME_LEN);
	}
	return 0;
}

static int on_mfe(void *arg, const struct xmgm_mfe *mfe, const uint32_t *oifs,
		  size_t count)
{
	struct adoption *a = arg;
	int err = mgm_adopt_mfe(a->d->mgm, mfe, oifs, count);

	if (err)
		log_warn("a forwarding entry of the run before cannot be "
			 "kept: %s",
			 strerror(-err));
	a->mfes++;
	if (mfe->flags & XMGM_MFE_STATIC && !(mfe->flags & XMGM_MFE_DERIVED) &&
	    note_static(a, mfe, oifs, count))
		log_error("no memory to keep a static route of the run before");
	return 0;
}

/* Those of vanished netdevs are dropped at the end. */
static void on_interface(void *arg, uint32_t ifid)
{
	struct xmgm_interface state;
	struct daemon *d = arg;

	if (links_by_index(&d->links, ifid) &&
	    !plane_interface_get(d->plane, ifid, &state))
		mgm_adopt_interface(d->mgm, ifid, state.epoch);
}

struct adoption *adopt_begin(struct daemon *d)
{
	struct adoption *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->d = d;
	saved_load(d, &a->saved);
	plane_interface_walk(d->plane, on_interface, d);
	plane_mfe_walk(d->plane, on_mfe, a);
	return a;
}

static void adopt_route(struct daemon *d,
			const struct proto_route_config *route)
{
	const struct proto *proto;
	char name[CHECK_SG];
	size_t i;
	int err;

	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++) {
		if (!proto->route_adopt || !d->protos[i])
			continue;
		err = proto->route_adopt(d->protos[i], route);
		if (err && err != -EEXIST)
			log_warn("route %s of the run before cannot be kept: "
				 "%s",
				 check_sg_name(route->sg, name),
				 strerror(-err));
	}
}

/* As it was said, if that is known; otherwise as the cache has it. */
static void adopt_found(struct adoption *a, const struct found *found)
{
	struct saved_route *saved = saved_find(&a->saved, found->sg);
	struct proto_route_config route = {
		.sg = found->sg,
		.to = (const char(*)[XMGM_IFNAME_LEN])found->to,
		.to_count = found->to_count,
	};

	memcpy(route.from, found->from, sizeof(route.from));
	adopt_route(a->d, saved ? &saved->route : &route);
	if (saved)
		saved->adopted = true;
}

/* Routes that wait for their iif are in no cache. */
static void adopt_waiting(struct adoption *a)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&a->saved, n, tmp, i) {
		struct saved_route *saved =
			hash_entry(n, struct saved_route, node);

		if (!saved->adopted &&
		    !links_by_name(&a->d->links, saved->route.from))
			adopt_route(a->d, &saved->route);
	}
}

/*
 * An interface that the run before owned and that nobody owns now; its netdev
 * may be gone, and another may get its ifindex some day.
 */
static void drop_leftover(void *arg, uint32_t ifid)
{
	struct mgm_interface_info info;
	struct daemon *d = arg;

	if (!mgm_interface_get(d->mgm, ifid, &info))
		return;
	plane_interface_del(d->plane, ifid);
	if (!links_by_index(&d->links, ifid))
		plane_port_gone(d->plane, ifid);
}

void adopt_end(struct daemon *d, struct adoption *a)
{
	size_t i;

	for (i = 0; a && i < a->count; i++)
		adopt_found(a, &a->found[i]);
	if (a)
		adopt_waiting(a);
	saved_changed(d);
	mgm_adopted(d->mgm, daemon_now_ms());
	plane_interface_walk(d->plane, drop_leftover, d);
	if (a && a->mfes)
		log_info("%zu forwarding entries of the run before are kept",
			 a->mfes);
	adopt_free(a);
}

void adopt_free(struct adoption *a)
{
	size_t i;

	if (!a)
		return;
	for (i = 0; i < a->count; i++)
		free(a->found[i].to);
	free(a->found);
	saved_free(&a->saved);
	free(a);
}
