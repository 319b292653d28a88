/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who wants what of the router as a host: several may want one group, the
 * proxy, others, and the configuration, and the machine gets all of it as one
 * (RFC 9776 section 3.2).
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t group_hash(struct in_addr group)
{
	return hash_bytes(&group, sizeof(group));
}

static struct host_want *want_next(struct hash_node *n, struct in_addr group)
{
	for (; n; n = hash_next(n)) {
		struct host_want *w = hash_entry(n, struct host_want, node);

		if (w->group.s_addr == group.s_addr)
			return w;
	}
	return NULL;
}

#define want_for_each(in, group, w)                                       \
	for ((w) = want_next(hash_first(&(in)->wants, group_hash(group)), \
			     (group));                                    \
	     (w); (w) = want_next(hash_next(&(w)->node), (group)))

static struct host_want *want_find(const struct host_interface *in, size_t who,
				   struct in_addr group)
{
	struct host_want *w;

	want_for_each(in, group, w) if (w->who == who) return w;
	return NULL;
}

static void want_free(struct host_interface *in, struct host_want *w)
{
	hash_remove(&in->wants, &w->node);
	free(w->sources);
	free(w);
}

static struct host_want *want_get(struct host_interface *in, size_t who,
				  struct in_addr group)
{
	struct host_want *w = want_find(in, who, group);

	if (w)
		return w;
	w = calloc(1, sizeof(*w));
	if (!w)
		return NULL;
	w->group = group;
	w->who = who;
	w->filter = MGM_INCLUDE;
	if (!hash_insert(&in->wants, &w->node, group_hash(group)))
		return w;
	free(w);
	return NULL;
}

static int merge(struct host_interface *in, struct in_addr group)
{
	struct filter_merge *f = &in->host->merge;
	const struct host_want *w;

	filter_merge_again(f);
	want_for_each(in, group, w)
	{
		if (w->filter == MGM_EXCLUDE)
			filter_merge_exclude(f);
		for (size_t i = 0; i < w->source_count; i++) {
			struct mgm_address a = mgm_address_v4(w->sources[i]);

			filter_merge_source(f, &a, w->filter == MGM_INCLUDE);
		}
	}
	return filter_merge_end(f);
}

/* The machine hears of what all of them want. */
static int tell(struct host_interface *in, struct in_addr group,
		uint64_t now_ms)
{
	struct host *h = in->host;
	int err = merge(in, group);

	if (!err)
		err = host_refresh(in, now_ms);
	if (err || !in->machine)
		return err;
	if (h->merge.source_count > h->list_room) {
		struct in_addr *wider = realloc(
			h->list, h->merge.source_count * sizeof(*wider));

		if (!wider)
			return -ENOMEM;
		h->list = wider;
		h->list_room = h->merge.source_count;
	}
	for (size_t i = 0; i < h->merge.source_count; i++)
		h->list[i] = mgm_address_to_v4(&h->merge.sources[i]);
	err = machine_set(in->machine, group, h->merge.filter, h->list,
			  h->merge.source_count, now_ms);
	if (!err)
		h->services.wake(h->services.arg);
	return err;
}

static int sources_copy(const struct in_addr *sources, size_t count,
			struct in_addr **copy)
{
	*copy = count ? malloc(count * sizeof(**copy)) : NULL;
	if (count && !*copy)
		return -ENOMEM;
	if (count)
		memcpy(*copy, sources, count * sizeof(**copy));
	return 0;
}

int host_want(struct host_interface *in, size_t who, struct in_addr group,
	      enum mgm_filter filter, const struct in_addr *sources,
	      size_t count, uint64_t now_ms)
{
	bool wanted = filter == MGM_EXCLUDE || count;
	struct host_want *w;
	struct in_addr *copy;

	w = wanted ? want_get(in, who, group) : want_find(in, who, group);
	if (!w)
		return wanted ? -ENOMEM : 0;
	if (!wanted) {
		want_free(in, w);
		return tell(in, group, now_ms);
	}
	if (sources_copy(sources, count, &copy)) {
		if (w->filter == MGM_INCLUDE && !w->source_count)
			want_free(in, w);
		return -ENOMEM;
	}
	free(w->sources);
	w->filter = filter;
	w->sources = copy;
	w->source_count = count;
	w->keep = true;
	return tell(in, group, now_ms);
}

/* Of what nobody else would say again. */
static void complain(const struct host_interface *in, int err)
{
	const struct proto_services *s = &in->host->services;
	char line[128];

	if (!err)
		return;
	snprintf(
		line, sizeof(line),
		"host: %s: a group is not joined: %s: reload when that is over",
		in->name, strerror(-err));
	s->say(s->arg, PROTO_ERROR, line);
}

static int by_group(const void *a, const void *b)
{
	const struct host_join *x = a, *y = b;

	return memcmp(x, y, sizeof(*x));
}

/* The joins of one group, which stand together: any source wins. */
static void want_joins(struct host_interface *in, const struct host_join *joins,
		       size_t count, uint64_t now_ms)
{
	struct in_addr sources[HOST_JOINS];
	size_t n = 0;
	int err;

	for (size_t i = 0; i < count; i++)
		if (!i || joins[i].source.s_addr != joins[i - 1].source.s_addr)
			sources[n++] = joins[i].source;
	if (!sources[0].s_addr)
		err = host_want(in, in->host->place, joins[0].group,
				MGM_EXCLUDE, NULL, 0, now_ms);
	else
		err = host_want(in, in->host->place, joins[0].group,
				MGM_INCLUDE, sources, n, now_ms);
	complain(in, err);
}

static void unkeep(struct host_interface *in, uint64_t now_ms, bool drop)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&in->wants, n, tmp, i) {
		struct host_want *w = hash_entry(n, struct host_want, node);

		if (w->who != in->host->place)
			continue;
		if (drop && !w->keep)
			host_want(in, w->who, w->group, MGM_INCLUDE, NULL, 0,
				  now_ms);
		else
			w->keep = false;
	}
}

void host_want_configured(struct host_interface *in, uint64_t now_ms)
{
	struct host_join joins[HOST_JOINS];
	size_t count = in->configured ? in->config.joins.count : 0;
	size_t from, to;

	memcpy(joins, in->config.joins.item, count * sizeof(*joins));
	qsort(joins, count, sizeof(*joins), by_group);
	unkeep(in, now_ms, false);
	for (from = 0; from < count; from = to) {
		for (to = from + 1; to < count; to++)
			if (joins[to].group.s_addr != joins[from].group.s_addr)
				break;
		want_joins(in, &joins[from], to - from, now_ms);
	}
	unkeep(in, now_ms, true);
}

void host_want_again(struct host_interface *in, uint64_t now_ms)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&in->wants, n, tmp, i)
		complain(in,
			 tell(in, hash_entry(n, struct host_want, node)->group,
			      now_ms));
}

void host_want_free(struct host_interface *in)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&in->wants, n, tmp, i)
		want_free(in, hash_entry(n, struct host_want, node));
	hash_clear(&in->wants);
}
