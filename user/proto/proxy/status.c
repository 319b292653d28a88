/* SPDX-License-Identifier: GPL-2.0-only */
/* What `show proxy` says of an upstream; what is reported there the host's side
 * knows. */
#include "internal.h"

#include <errno.h>
#include <string.h>

#include "lib/address.h"

static const char *state_of(const struct proxy_upstream *u)
{
	if (!u->ifid)
		return "absent";
	if (!u->wanted)
		return "leaving";
	if (!u->owned)
		return u->refused == -EEXIST ? "owned by another" : "waiting";
	if (!u->up)
		return "down";
	return u->addressed ? "usable" : "no address";
}

static bool serves(const struct proxy *p, const struct proxy_upstream *u,
		   const struct mgm_prefix *prefix)
{
	for (size_t i = 0; i < p->range_count; i++)
		if (proxy_prefix_equal(&p->ranges[i].prefix, prefix))
			return p->ranges[i].best == u;
	return false;
}

/* The prefixes it is configured for, and whether it is the one that serves
 * them now. */
static void put_prefixes(const struct proxy *p, const struct proxy_upstream *u,
			 const struct proto_row *row)
{
	char text[ADDRESS_PREFIX_TEXT];

	row->open(row->arg, "groups");
	for (uint32_t i = 0; i < u->config.groups.count; i++) {
		const struct mgm_prefix *g = &u->config.groups.item[i];

		address_prefix_text(&g->address, g->length, text);
		row->flag(row->arg, text, serves(p, u, g));
	}
	row->close(row->arg);
}

static uint32_t reported(const struct proxy *p, const struct proxy_upstream *u)
{
	struct hash_node *n, *tmp;
	uint32_t count = 0, i;

	hash_for_each_safe(&p->groups, n, tmp, i)
		count += u->ifid &&
			 hash_entry(n, struct proxy_group, node)->ifid ==
				 u->ifid;
	return count;
}

int proxy_status(struct proxy *p, const char *interface,
		 struct proto_cursor *cursor, const struct proto_row *row)
{
	const struct proxy_upstream *u = p->upstreams;

	while (u && (interface ? strcmp(u->name, interface)
			       : strcmp(u->name, cursor->interface) <= 0))
		u = u->next;
	if (!u)
		return -ENOENT;
	memcpy(cursor->interface, u->name, sizeof(cursor->interface));
	row->text(row->arg, "interface", u->name);
	row->text(row->arg, "state", state_of(u));
	row->number(row->arg, "priority", u->config.priority);
	put_prefixes(p, u, row);
	row->number(row->arg, "reported", reported(p, u));
	return 0;
}
