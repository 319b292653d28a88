/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A group on an interface: its life and its timers, RFC 9776 sections 6.2.2,
 * 6.2.3, 6.3 and 6.5. One timer per group stands for all of them: it is set
 * to the first thing that has to happen.
 */
#include "internal.h"
#include "limit.h"

#include <stdlib.h>
#include <string.h>

#define NEAR 256 /* groups that a processor has at hand, beside others */

static struct timers *timers(struct igmp_group *g)
{
	return &g->in->router->timers;
}

struct igmp_group *igmp_group_find(struct igmp_interface *in,
				   struct in_addr group)
{
	uint32_t hash = hash_bytes(&group, sizeof(group));
	struct hash_node *node = hash_first(&in->groups, hash);

	for (; node; node = hash_next(node)) {
		struct igmp_group *g =
			hash_entry(node, struct igmp_group, node);

		if (g->group.s_addr == group.s_addr)
			return g;
	}
	return NULL;
}

void igmp_groups_near(const struct igmp_interface *in,
		      const struct igmp_message *m)
{
	uint32_t hashes[NEAR];
	struct igmp_record record;
	size_t offset = 0, n = 0;

	while (n < NEAR && igmp_record_next(m, &offset, &record)) {
		hashes[n] = hash_bytes(&record.group, sizeof(record.group));
		hash_near(&in->groups, hashes[n++]);
	}
	for (size_t i = 0; i < n; i++)
		hash_near_chain(&in->groups, hashes[i]);
	for (size_t i = 0; i < n; i++)
		hash_near_first(&in->groups, hashes[i],
				sizeof(struct igmp_group));
}

static const void *address_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct igmp_group, by_address)->group;
}

static int compare_groups(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in_addr)); /* network order */
}

const struct tree_type *igmp_group_order(void)
{
	static const struct tree_type type = {address_key, compare_groups};

	return &type;
}

struct igmp_group *igmp_group_after(const struct igmp_interface *in,
				    struct in_addr group)
{
	struct tree_node *node;

	node = tree_behind(&in->by_address, &group);
	return node ? tree_entry(node, struct igmp_group, by_address) : NULL;
}

/* A source timer ran out: RFC 9776 section 6.3. In EXCLUDE mode the source
 * stays, blocked. */
static void expire_sources(struct igmp_group *g, uint64_t now_ms)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < g->source_count; i++) {
		struct igmp_source s = g->sources[i];

		if (s.expires_ms && s.expires_ms <= now_ms &&
		    !igmp_held(s.waits, s.lower)) {
			igmp_listeners_drop(g->in, &s.listeners);
			if (g->filter == MGM_INCLUDE)
				continue;
			s.expires_ms = 0;
			s.retransmit = 0;
			s.waits = false;
			s.lower = false;
		}
		g->sources[left++] = s;
	}
	g->source_count = left;
}

/* The group timer ran out: section 6.5. What is left are the sources whose
 * timer runs, in INCLUDE mode. */
void igmp_group_expire(struct igmp_group *g)
{
	uint32_t left = 0;

	igmp_listeners_drop(g->in, &g->listeners);
	for (uint32_t i = 0; i < g->source_count; i++) {
		if (g->sources[i].expires_ms)
			g->sources[left++] = g->sources[i];
	}
	g->source_count = left;
	g->filter = MGM_INCLUDE;
	g->expires_ms = 0;
	g->retransmit = 0;
	g->waits = false;
	g->lower = false;
	g->group_query_ms = TIMER_NEVER;
}

/* Hosts that have not been heard for so long; others may have. */
static void expire_listeners(struct igmp_group *g, uint64_t now_ms)
{
	igmp_listeners_expire(g->in, &g->listeners, now_ms);
	for (uint32_t i = 0; i < g->source_count; i++)
		igmp_listeners_expire(g->in, &g->sources[i].listeners, now_ms);
}

static void group_fire(struct timer *timer, uint64_t now_ms)
{
	struct igmp_group *g = igmp_container(timer, struct igmp_group, timer);
	struct igmp_router *r = g->in->router;
	uint64_t expired_ms = now_ms < g->in->deaf_until_ms ? 0 : now_ms;

	if (igmp_view_room(g, 0)) {
		/* Short of memory: the timers are looked at once more. */
		igmp_count(g->in, IGMP_N_NO_MEMORY);
		timer_set(timers(g), &g->timer, now_ms + 1000);
		return;
	}
	igmp_view_fill(g, &r->before);
	expire_listeners(g, expired_ms);
	expire_sources(g, expired_ms);
	if (g->filter == MGM_EXCLUDE && g->expires_ms <= expired_ms &&
	    !igmp_held(g->waits, g->lower))
		igmp_group_expire(g);
	igmp_view_fill(g, &r->after);
	igmp_view_tell(g);
	igmp_query_due(g, now_ms);
	igmp_group_reap(g);
}

static void timer_add(struct igmp_group *g)
{
	g->timer.fire = group_fire;
	g->in->router->timer_count++;
}

struct igmp_group *igmp_group_get(struct igmp_interface *in,
				  struct in_addr group)
{
	struct igmp_router *r = in->router;
	struct igmp_group *g = igmp_group_find(in, group);

	if (g)
		return g;
	g = calloc(1, sizeof(*g));
	if (!g || timers_reserve(&r->timers, r->timer_count + 1) ||
	    hash_insert(&in->groups, &g->node,
			hash_bytes(&group, sizeof(group)))) {
		igmp_count(in, IGMP_N_NO_MEMORY);
		free(g);
		return NULL;
	}
	g->in = in;
	g->group = group;
	tree_insert(&in->by_address, &g->by_address);
	g->filter = MGM_INCLUDE;
	g->said = true; /* nothing wanted, nothing said */
	g->turn = IGMP_NO_TURN;
	g->group_query_ms = TIMER_NEVER;
	g->source_query_ms = TIMER_NEVER;
	timer_add(g);
	return g;
}

/* For problem.c: has it come near max_sources, or is it no longer? */
static void count_crowded(struct igmp_group *g)
{
	struct igmp_interface *in = g->in;
	bool crowded =
		g->source_count &&
		igmp_limit_is_near(g->source_count, in->config.max_sources);

	if (crowded == g->crowded)
		return;
	g->crowded = crowded;
	in->crowded += crowded ? 1 : UINT32_MAX;
	if (in->crowded == crowded)
		igmp_problems_changed(in);
}

static void sources_forget(struct igmp_group *g)
{
	for (uint32_t i = 0; i < g->source_count; i++)
		igmp_listeners_drop(g->in, &g->sources[i].listeners);
	g->source_count = 0;
}

void igmp_group_free(struct igmp_group *g)
{
	timer_set(timers(g), &g->timer, TIMER_NEVER);
	igmp_pace_drop(g);
	g->in->router->timer_count--;
	hash_remove(&g->in->groups, &g->node);
	igmp_host_release(g);
	sources_forget(g);
	count_crowded(g);
	igmp_listeners_drop(g->in, &g->listeners);
	g->in->static_groups -= g->static_count > 0;
	tree_remove(&g->in->by_address, &g->by_address);
	free(g->sources);
	free(g->statics);
	free(g);
}

/* While the gate is closed nobody is told that a group went: it is not said
 * again when the gate opens, and the manager sweeps it. */
void igmp_group_reap(struct igmp_group *g)
{
	count_crowded(g);
	if (g->filter == MGM_INCLUDE && !g->source_count) {
		igmp_host_release(g);
		g->v1_until_ms = 0; /* the RFC's group record ends here */
		g->v2_until_ms = 0;
		g->unsure_until_ms = 0;
		if (!g->static_count) {
			igmp_group_free(g);
			return;
		}
	}
	igmp_group_schedule(g);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* A timer that is too early only looks and is set again: cheaper than to
 * move it with every report. */
void igmp_group_schedule(struct igmp_group *g)
{
	uint64_t at = g->source_query_ms, deaf_ms = g->in->deaf_until_ms;
	bool waits = g->waits;

	if (!g->waits)
		at = earlier(at, g->group_query_ms);
	if (g->filter == MGM_EXCLUDE && !igmp_held(g->waits, g->lower))
		at = earlier(at, later(g->expires_ms, deaf_ms));
	at = earlier(at, later(igmp_listeners_next(&g->listeners), deaf_ms));
	for (uint32_t i = 0; i < g->source_count; i++) {
		const struct igmp_source *s = &g->sources[i];

		waits |= s->waits;
		if (s->expires_ms && !igmp_held(s->waits, s->lower))
			at = earlier(at, later(s->expires_ms, deaf_ms));
		at = earlier(at, later(igmp_listeners_next(&s->listeners),
				       deaf_ms));
	}
	if (!waits)
		igmp_pace_drop(g);
	if (!g->timer.slot || at < g->timer.at_ms)
		timer_set(timers(g), &g->timer, at);
}

void igmp_group_forget(struct igmp_group *g)
{
	igmp_group_expire(g);
	sources_forget(g);
	g->v1_until_ms = 0;
	g->v2_until_ms = 0;
	g->source_query_ms = TIMER_NEVER;
	g->last_reporter.s_addr = 0;
}

unsigned int igmp_group_version(const struct igmp_group *g, uint64_t now_ms)
{
	if (g->v1_until_ms > now_ms)
		return 1;
	return g->v2_until_ms > now_ms ? 2 : 3;
}
