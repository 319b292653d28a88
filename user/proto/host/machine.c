/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See machine.h.
 *
 * A group is there while it is wanted, or while its end is still to be said. It
 * has two deadlines, of the next report that repeats a change and of the answer
 * to a query about it, and one timer, at the sooner one. The machine has the
 * answer to a general query and the two timers of older queriers. Reports are
 * filled with records while a tick runs and leave at its end.
 *
 * Implemented: RFC 9776 sections 4.2.16, 5.1, 5.2, 7.2.1, 8.11, 8.12; RFC 2236
 * sections 3, 4 and 6 and RFC 1112 appendix I as the versions that 7.2.1 asks
 * for. Left out: 7.2.2, by which a version 3 host may keep silent when it hears
 * an older one, and RFC 2236's leave by the last reporter alone: a leave is
 * always sent, which section 3 allows.
 */
#include "machine_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define container(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static const void *group_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct machine_group, node)->key;
}

static const struct tree_type by_key = {group_key, tree_compare_u32};

bool machine_wants(const struct machine_group *g)
{
	return g->filter == MGM_EXCLUDE || g->source_count;
}

static int order(const void *a, const void *b)
{
	const struct in_addr *x = a, *y = b;
	uint32_t one = ntohl(x->s_addr), other = ntohl(y->s_addr);

	return one < other ? -1 : one > other;
}

bool machine_lists(const struct in_addr *sources, uint32_t count,
		   struct in_addr source)
{
	return count && bsearch(&source, sources, count, sizeof(source), order);
}

struct machine_group *machine_find(const struct machine *m,
				   struct in_addr group)
{
	uint32_t key = ntohl(group.s_addr);
	struct tree_node *n = tree_find(&m->groups, &key);

	return n ? tree_entry(n, struct machine_group, node) : NULL;
}

struct machine_group *machine_behind(const struct machine *m, uint32_t key)
{
	struct tree_node *n = tree_behind(&m->groups, &key);

	return n ? tree_entry(n, struct machine_group, node) : NULL;
}

uint64_t machine_delay(struct machine *m, uint32_t max_ms)
{
	return max_ms ? 1 + m->hooks.random(m->hooks.arg, max_ms) : 0;
}

static void group_free(struct machine_group *g)
{
	struct machine *m = g->m;

	timer_set(&m->timers, &g->timer, TIMER_NEVER);
	tree_remove(&m->groups, &g->node);
	m->group_count--;
	free(g->sources);
	free(g->changes);
	free(g->asked);
	free(g);
}

void machine_settle(struct machine_group *g)
{
	uint64_t at = g->change_ms < g->response_ms ? g->change_ms
						    : g->response_ms;

	if (!machine_wants(g) && g->change_ms == TIMER_NEVER)
		group_free(g);
	else
		timer_set(&g->m->timers, &g->timer, at);
}

static void on_timer(struct timer *timer, uint64_t now_ms)
{
	struct machine_group *g = container(timer, struct machine_group, timer);

	if (g->change_ms <= now_ms)
		machine_change_due(g, now_ms);
	if (g->response_ms <= now_ms)
		machine_respond(g);
	machine_settle(g);
}

static struct machine_group *group_new(struct machine *m, struct in_addr group)
{
	struct machine_group *g = calloc(1, sizeof(*g));

	if (!g || timers_reserve(&m->timers, m->group_count + 1)) {
		free(g);
		return NULL;
	}
	g->m = m;
	g->group = group;
	g->key = ntohl(group.s_addr);
	g->filter = MGM_INCLUDE;
	g->timer.fire = on_timer;
	g->change_ms = g->response_ms = TIMER_NEVER;
	tree_insert(&m->groups, &g->node);
	m->group_count++;
	return g;
}

struct machine *machine_new(const struct machine_hooks *hooks)
{
	struct machine *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->hooks = *hooks;
	m->groups.type = &by_key;
	m->config = (struct machine_config){3, 2, 1000, 125000};
	m->version = m->config.version;
	m->robustness = m->config.robustness;
	m->query_interval_ms = m->config.query_interval_ms;
	m->general_ms = TIMER_NEVER;
	return m;
}

void machine_free(struct machine *m)
{
	struct machine_group *g;

	if (!m)
		return;
	while ((g = machine_behind(m, 0)))
		group_free(g);
	timers_clear(&m->timers);
	free(m);
}

void machine_configure(struct machine *m, const struct machine_config *config,
		       uint64_t now_ms)
{
	if (config->robustness != m->config.robustness)
		m->robustness = config->robustness;
	if (config->query_interval_ms != m->config.query_interval_ms)
		m->query_interval_ms = config->query_interval_ms;
	m->config = *config;
	machine_version(m, now_ms);
}

/* What it has heard there counts no more: it may be another link now. */
static void forget_querier(struct machine *m)
{
	m->heard = false;
	m->v1_until_ms = m->v2_until_ms = 0;
	m->robustness = m->config.robustness;
	m->query_interval_ms = m->config.query_interval_ms;
	m->version = m->config.version;
	m->general_ms = TIMER_NEVER;
}

void machine_interface(struct machine *m, const struct machine_interface *is,
		       uint64_t now_ms)
{
	bool was = m->is.up;
	struct machine_group *g, *next;

	m->is = *is;
	if (is->up == was)
		return;
	forget_querier(m);
	for (g = machine_behind(m, 0); g; g = next) {
		next = machine_behind(m, g->key);
		machine_query_cancel(g);
		if (is->up)
			machine_change_anew(g, now_ms);
		else
			machine_change_cancel(g);
		machine_settle(g);
	}
}

static bool same(const struct machine_group *g, enum mgm_filter filter,
		 const struct in_addr *sources, uint32_t count)
{
	return g->filter == filter && g->source_count == count &&
	       (!count ||
		!memcmp(g->sources, sources, count * sizeof(*sources)));
}

/* Takes over sources. */
static int group_set(struct machine_group *g, enum mgm_filter filter,
		     struct in_addr *sources, uint32_t count, uint64_t now_ms)
{
	int err;

	if (same(g, filter, sources, count)) {
		free(sources);
		machine_settle(g);
		return 0;
	}
	err = machine_change_note(g, filter, sources, count, now_ms);
	if (err) {
		free(sources);
		machine_settle(g);
		return err;
	}
	free(g->sources);
	g->filter = filter;
	g->sources = sources;
	g->source_count = count;
	machine_settle(g);
	return 0;
}

int machine_set(struct machine *m, struct in_addr group, enum mgm_filter filter,
		const struct in_addr *sources, size_t count, uint64_t now_ms)
{
	bool wanted = filter == MGM_EXCLUDE || count;
	struct machine_group *g = machine_find(m, group);
	struct in_addr *list = NULL;

	if (!igmp_is_multicast(group) || igmp_is_link_local(group) ||
	    count > UINT16_MAX)
		return -EINVAL;
	for (size_t i = 0; i < count; i++)
		if (!igmp_is_unicast(sources[i]))
			return -EINVAL;
	if (!g && !wanted)
		return 0;
	if (count) {
		list = malloc(count * sizeof(*list));
		if (!list)
			return -ENOMEM;
		memcpy(list, sources, count * sizeof(*list));
		qsort(list, count, sizeof(*list), order);
	}
	machine_version(m, now_ms);
	g = machine_find(m, group);
	if (!g)
		g = group_new(m, group);
	if (!g) {
		free(list);
		return -ENOMEM;
	}
	return group_set(g, filter, list, (uint32_t)count, now_ms);
}

uint64_t machine_deadline(const struct machine *m)
{
	uint64_t at = timers_next(&m->timers);

	if (m->general_ms < at)
		at = m->general_ms;
	if (m->v1_until_ms && m->v1_until_ms < at)
		at = m->v1_until_ms;
	if (m->v2_until_ms && m->v2_until_ms < at)
		at = m->v2_until_ms;
	return at;
}

uint64_t machine_tick(struct machine *m, uint64_t now_ms)
{
	machine_version(m, now_ms);
	timers_run(&m->timers, now_ms);
	if (m->general_ms <= now_ms)
		machine_respond_all(m);
	machine_flush(m);
	return machine_deadline(m);
}

void machine_farewell(struct machine *m)
{
	struct machine_group *g;

	while ((g = machine_behind(m, 0))) {
		if (m->is.up && m->version == 3 && machine_wants(g))
			machine_say(m,
				    g->filter == MGM_EXCLUDE ? IGMP_TO_IN
							     : IGMP_BLOCK,
				    g->group, g->sources,
				    g->filter == MGM_EXCLUDE ? 0
							     : g->source_count);
		else if (m->is.up && m->version == 2 && machine_wants(g))
			machine_say_old(m, XMGM_IGMP_V2_LEAVE, g->group);
		group_free(g);
	}
	machine_flush(m);
}

static uint64_t remaining(uint64_t at_ms, uint64_t now_ms)
{
	if (!at_ms || at_ms == TIMER_NEVER)
		return 0;
	return at_ms > now_ms ? at_ms - now_ms : 1;
}

void machine_status(const struct machine *m, uint64_t now_ms,
		    struct machine_status *status)
{
	*status = (struct machine_status){
		.version = m->version,
		.heard = m->heard,
		.querier = m->querier,
		.heard_ms = now_ms - m->heard_ms,
		.robustness = m->robustness,
		.query_interval_ms = m->query_interval_ms,
		.v1_ms = remaining(m->v1_until_ms, now_ms),
		.v2_ms = remaining(m->v2_until_ms, now_ms),
		.response_ms = remaining(m->general_ms, now_ms),
		.groups = m->group_count,
	};
}

const struct machine_counters *machine_counters(const struct machine *m)
{
	return &m->counters;
}

bool machine_next(const struct machine *m, struct in_addr after,
		  uint64_t now_ms, struct machine_group_info *info)
{
	const struct machine_group *g = machine_behind(m, ntohl(after.s_addr));

	while (g && !machine_wants(g))
		g = machine_behind(m, g->key);
	if (!g)
		return false;
	*info = (struct machine_group_info){
		.group = g->group,
		.filter = g->filter,
		.sources = g->sources,
		.source_count = g->source_count,
		.response_ms = remaining(g->response_ms, now_ms),
		.change_ms = remaining(g->change_ms, now_ms),
	};
	return true;
}
