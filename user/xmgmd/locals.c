/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What sockets of this machine have joined, by /proc/net/igmp: the kernel
 * before 6.15 tells nobody when that changes, so it is read once a second.
 */
#include "daemon.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "lib/log.h"

struct locals {
	struct plane_local *items;
	size_t count, room;
};

static void add(struct locals *l, uint32_t ifid, uint32_t group)
{
	struct plane_local *items = l->items;

	if (l->count == l->room) {
		l->room = l->room ? 2 * l->room : 64;
		items = realloc(items, l->room * sizeof(*items));
		if (!items) {
			l->room = l->count;
			return;
		}
		l->items = items;
	}
	items[l->count].ifid = ifid;
	memcpy(items[l->count++].group, &group, sizeof(group));
}

/* Flows neither come nor go where nobody of ours has an interest. */
static bool is_ours(const struct router *r, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};

	return !mgm_interface_get(r->mgm, ifid, &info) && info.owner;
}

/* A line of an interface begins with its index, one of a group with a tab. */
static void read_line(struct router *r, const char *line, uint32_t *ifid,
		      struct locals *l)
{
	const struct link *link;
	unsigned int number;

	if (*line != '\t') {
		*ifid = 0;
		if (sscanf(line, "%u", &number) != 1)
			return;
		link = links_by_index(&r->d->links, number);
		if (link && !link->loopback && is_ours(r, ports_ifid(r, link)))
			*ifid = ports_ifid(r, link);
	} else if (*ifid && sscanf(line, "%x", &number) == 1 &&
		   ntohl(number) >> 8 != 0xe00000) {
		add(l, *ifid, number);
	}
}

void locals_second(struct router *r)
{
	struct locals l = {NULL, 0, 0};
	FILE *f = fopen("/proc/net/igmp", "re");
	uint32_t ifid = 0;
	char line[128];
	int err;

	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		read_line(r, line, &ifid, &l);
	fclose(f);
	err = plane_locals_set(r->plane, l.items, l.count);
	if (err)
		log_warn("sockets of this machine may not get what they have "
			 "joined: %s",
			 strerror(-err));
	free(l.items);
}
