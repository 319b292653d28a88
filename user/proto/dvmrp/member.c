/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hosts want on our interfaces, as IGMP has told the manager and that has
 * told us. Replayed memberships are said again, and end by a leave; when the
 * interface is not ours any more nothing is said, and all of it is void.
 */
#include "internal.h"

#include <stdlib.h>

static uint32_t local_hash(uint32_t ifid, struct in_addr source,
			   struct in_addr group)
{
	const uint32_t key[] = {ifid, source.s_addr, group.s_addr};

	return hash_bytes(key, sizeof(key));
}

static struct dvmrp_local *local_find(const struct dvmrp *d, uint32_t ifid,
				      struct in_addr source,
				      struct in_addr group)
{
	struct hash_node *n =
		hash_first(&d->tree.locals, local_hash(ifid, source, group));

	for (; n; n = hash_next(n)) {
		struct dvmrp_local *l = hash_entry(n, struct dvmrp_local, node);

		if (l->ifid == ifid && l->group.s_addr == group.s_addr &&
		    l->source.s_addr == source.s_addr)
			return l;
	}
	return NULL;
}

static struct dvmrp_local *local_get(struct dvmrp *d, uint32_t ifid,
				     struct in_addr source,
				     struct in_addr group)
{
	struct dvmrp_local *l = local_find(d, ifid, source, group);

	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l || hash_insert(&d->tree.locals, &l->node,
			      local_hash(ifid, source, group))) {
		free(l);
		dvmrp_count(d, NULL, DVMRP_N_NO_MEMORY);
		return NULL;
	}
	l->ifid = ifid;
	l->group = group;
	l->source = source;
	return l;
}

static void local_reap(struct dvmrp *d, struct dvmrp_local *l)
{
	if (l->joined || l->blocked || l->sources)
		return;
	hash_remove(&d->tree.locals, &l->node);
	free(l);
}

bool dvmrp_member_any(const struct dvmrp *d, uint32_t ifid,
		      struct in_addr group)
{
	const struct in_addr any = {0};
	const struct dvmrp_local *l = local_find(d, ifid, any, group);

	return l && (l->joined || l->sources);
}

bool dvmrp_member(const struct dvmrp *d, uint32_t ifid, struct in_addr source,
		  struct in_addr group)
{
	const struct in_addr any = {0};
	const struct dvmrp_local *l = local_find(d, ifid, source, group);

	if (l && (l->joined || l->blocked))
		return l->joined;
	l = local_find(d, ifid, any, group);
	return l && l->joined;
}

static void local_join(struct dvmrp *d, struct dvmrp_local *l, bool joined)
{
	const struct in_addr any = {0};
	struct dvmrp_local *group;

	if (l->joined == joined)
		return;
	if (l->source.s_addr) {
		group = local_get(d, l->ifid, any, l->group);
		if (!group)
			return;
		group->sources += (uint32_t)joined - l->joined;
		local_reap(d, group);
	}
	l->joined = joined;
}

static void note(struct dvmrp *d, uint32_t ifid, struct in_addr source,
		 struct in_addr group, enum dvmrp_local_event event)
{
	bool more = event == DVMRP_LOCAL_JOIN || event == DVMRP_LOCAL_BLOCK;
	struct dvmrp_local *l = more ? local_get(d, ifid, source, group)
				     : local_find(d, ifid, source, group);

	if (!l)
		return;
	if (event == DVMRP_LOCAL_BLOCK || event == DVMRP_LOCAL_UNBLOCK)
		l->blocked = more;
	else
		local_join(d, l, more);
	local_reap(d, l);
}

static bool entry_has(const struct dvmrp_entry *e, struct in_addr source)
{
	return !source.s_addr || !e->route ||
	       dvmrp_prefix_holds(&e->key.net, source);
}

void dvmrp_member_event(struct dvmrp *d, uint32_t ifid, const struct mgm_sg *sg,
			enum dvmrp_local_event event)
{
	struct dvmrp_interface *in = dvmrp_interface_by_id(d, ifid);
	struct in_addr group, source = {0};
	struct dvmrp_entry *e;

	if (!in || sg->group.length != 32 ||
	    !mgm_address_is_v4(&sg->group.address))
		return;
	group = mgm_address_to_v4(&sg->group.address);
	if (sg->source.length)
		source = mgm_address_to_v4(&sg->source.address);
	note(d, ifid, source, group, event);
	for (e = dvmrp_entry_first(d, group); e; e = dvmrp_entry_next(e)) {
		if (!entry_has(e, source))
			continue;
		dvmrp_oif_mark_entry(e, in);
		if (dvmrp_oif_pulls(e, in))
			dvmrp_entry_pull(e);
	}
}

void dvmrp_member_sweep(struct dvmrp *d, bool all)
{
	const struct dvmrp_interface *in;
	struct hash_node *n, *next;
	uint32_t i;

	hash_for_each_safe(&d->tree.locals, n, next, i) {
		struct dvmrp_local *l = hash_entry(n, struct dvmrp_local, node);

		in = all ? NULL : dvmrp_interface_by_id(d, l->ifid);
		if (in && in->owned)
			continue;
		hash_remove(&d->tree.locals, n);
		free(l);
	}
}
