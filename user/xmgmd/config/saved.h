/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes made by command, by name, in a file beside the control socket. The
 * cache keeps them as well, but there an oif of the route looks like one that
 * IGMP has added, and an interface that is missing cannot be seen. The file is
 * taken away before the first change and written anew soon after the last, so
 * one that is there is true; without it the cache has to do.
 */
#ifndef XMGM_XMGMD_CONFIG_SAVED_H
#define XMGM_XMGMD_CONFIG_SAVED_H

#include "xmgmd/daemon.h"

struct saved_route {
	struct hash_node node; /* by flow */
	struct proto_route_config route;
	bool adopted;
};

/* All of them into *table, which is empty if there is no file. */
void saved_load(struct daemon *d, struct hash *table);
struct saved_route *saved_find(const struct hash *table, struct mgm_sg sg);
void saved_free(struct hash *table);

#endif /* XMGM_XMGMD_CONFIG_SAVED_H */
