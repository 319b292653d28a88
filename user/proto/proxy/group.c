/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups: what all want of one, but for us, merged (RFC 4605 section 4.1), and
 * reported on the upstream that serves it. The manager says which may have
 * changed; each is worked out once, however often that was, and soon after, so
 * that a handover of a group between two hosts is no leave.
 *
 * What IGMP cannot say is asked for more widely: of a prefix of sources the
 * group from any source. Prefixes of groups cannot be asked for.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"

#define WORK 256u /* groups in one go */

static uint32_t group_hash(struct in_addr group)
{
	return hash_bytes(&group, sizeof(group));
}

static struct proxy_group *group_find(const struct proxy *p,
				      struct in_addr group)
{
	struct hash_node *n = hash_first(&p->groups, group_hash(group));

	for (; n; n = hash_next(n)) {
		struct proxy_group *g = hash_entry(n, struct proxy_group, node);

		if (g->group.s_addr == group.s_addr)
			return g;
	}
	return NULL;
}

static void mark(struct proxy *p, struct proxy_group *g)
{
	if (g->dirty)
		return;
	g->dirty = true;
	TAILQ_INSERT_TAIL(&p->dirty, g, link);
	p->services.wake(p->services.arg);
}

void proxy_group_mark(struct proxy *p, struct in_addr group)
{
	struct proxy_group *g = group_find(p, group);

	if (!g) {
		g = calloc(1, sizeof(*g));
		if (!g ||
		    hash_insert(&p->groups, &g->node, group_hash(group))) {
			free(g);
			p->counters.reports_failed++;
			return;
		}
		g->group = group;
	}
	mark(p, g);
}

void proxy_group_mark_all(struct proxy *p)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&p->groups, n, tmp, i)
		mark(p, hash_entry(n, struct proxy_group, node));
}

void proxy_group_read_all(struct proxy *p)
{
	const struct mgm_membership_filter filter = {
		.size = sizeof(filter),
		.groups = true,
	};
	struct mgm_membership_info info = {.size = sizeof(info)};
	int err = mgm_membership_next(p->services.mgm, NULL, &filter, &info);

	for (; !err; err = mgm_membership_next(p->services.mgm, &info, &filter,
					       &info)) {
		const struct mgm_prefix *g = &info.sg.group;

		if (mgm_address_is_v4(&g->address) && g->length == 32)
			proxy_group_mark(p, mgm_address_to_v4(&g->address));
	}
}

/* One member has several rows, one after the other: any before its sources;
 * those of an interface may be mixed with another's of the same one. */
static void merge_row(struct proxy *p, const struct mgm_membership_info *row)
{
	const struct mgm_prefix *source = &row->sg.source;

	if (row->protocol == MGM_PROTOCOL_PROXY && !row->by_igmp)
		return;
	if (source->length < address_bits(&row->sg.group.address))
		filter_merge_exclude(&p->merge);
	else
		filter_merge_source(&p->merge, &source->address,
				    row->filter == MGM_INCLUDE);
}

static int merge(struct proxy *p, const struct mgm_address *group)
{
	const struct mgm_membership_filter filter = {
		.size = sizeof(filter),
		.group = mgm_prefix_of(group),
	};
	struct mgm_membership_info info = {.size = sizeof(info)};
	int err = mgm_membership_next(p->services.mgm, NULL, &filter, &info);

	filter_merge_again(&p->merge);
	for (; !err;
	     err = mgm_membership_next(p->services.mgm, &info, &filter, &info))
		merge_row(p, &info);
	p->counters.groups_merged++;
	return filter_merge_end(&p->merge);
}

/* On an interface that is there; of one that is gone nobody knows any more. */
static int say(struct proxy *p, uint32_t ifid, const struct mgm_address *group,
	       bool all)
{
	const struct proto_report report = {
		.group = *group,
		.filter = all ? p->merge.filter : MGM_INCLUDE,
		.sources = p->merge.sources,
		.source_count = all ? p->merge.source_count : 0,
	};
	int err = p->services.report(p->services.arg, ifid, &report);

	return err == -ENODEV && !all ? 0 : err;
}

static void group_free(struct proxy *p, struct proxy_group *g)
{
	hash_remove(&p->groups, &g->node);
	if (g->dirty)
		TAILQ_REMOVE(&p->dirty, g, link);
	free(g);
}

/* First where it is wanted from now on, then the leave. */
static int group_report(struct proxy *p, struct proxy_group *g)
{
	const struct mgm_address group = mgm_address_v4(g->group);
	const struct proxy_range *range = proxy_range_of(p, &group);
	uint32_t to = 0, from = g->ifid;
	bool wanted;
	int err = merge(p, &group);

	if (err)
		return err;
	wanted = p->merge.filter == MGM_EXCLUDE || p->merge.source_count;
	if (range && range->best && wanted)
		to = range->best->ifid;
	if (to)
		err = say(p, to, &group, true);
	if (!err && from && from != to)
		err = say(p, from, &group, false);
	if (err)
		return err;
	g->ifid = to;
	g->wanted = wanted;
	return 0;
}

bool proxy_group_work(struct proxy *p)
{
	struct proxy_group *g;
	unsigned int left = WORK;

	while (left-- && (g = TAILQ_FIRST(&p->dirty))) {
		TAILQ_REMOVE(&p->dirty, g, link);
		g->dirty = false;
		if (group_report(p, g)) {
			p->counters.reports_failed++;
			mark(p, g);
			proxy_retry(p);
			return false;
		}
		if (!g->ifid && (!p->upstreams || !g->wanted))
			group_free(p, g);
	}
	return !TAILQ_EMPTY(&p->dirty);
}

void proxy_group_free_all(struct proxy *p)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&p->groups, n, tmp, i)
		group_free(p, hash_entry(n, struct proxy_group, node));
	hash_clear(&p->groups);
}
