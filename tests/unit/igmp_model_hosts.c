/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's idea of the hosts: a set of (host, group, source), each with a
 * time, which is all of explicit tracking; and what xmgmd.conf(5) says of
 * immediate-leave and of shares.
 */
#include "igmp_model.h"

#include <string.h>

enum { IS_IN = 1, IS_EX, TO_IN, TO_EX, ALLOW, BLOCK };

static uint64_t gmi(const struct model *m)
{
	const struct model_config *c = &m->config;

	return (uint64_t)c->robustness * c->query_ms + 2ull * c->response_ms;
}

void model_unsure(struct model *m, uint32_t group, uint64_t until_ms)
{
	uint64_t *unsure = group == MODEL_GENERAL ? &m->unsure_ms
						  : &m->group[group].unsure_ms;

	if (*unsure < until_ms)
		*unsure = until_ms;
}

void model_all_unsure(struct model *m)
{
	if (m->config.enabled)
		model_unsure(m, MODEL_GENERAL, m->now_ms + gmi(m));
}

/* "Only when the last tracked host leaves, only for groups in version 3
 * compatibility mode, never by reports from 0.0.0.0, and only by a querier that
 * is sure of its hosts." */
bool model_leaves_now(const struct model *m, uint32_t group, uint32_t host)
{
	return m->config.immediate_leave && host && m->address &&
	       model_querier(m) == m->address && !m->other &&
	       m->unsure_ms <= m->now_ms &&
	       m->group[group].unsure_ms <= m->now_ms &&
	       model_version(m, group) == 3;
}

bool model_counts(const struct model *m, uint64_t heard_ms)
{
	return heard_ms > m->now_ms || (heard_ms && m->now_ms < m->deaf_ms);
}

static bool listens(const struct model *m, uint32_t group, uint32_t source,
		    uint32_t host)
{
	return model_counts(m, m->group[group].heard_ms[source][host]);
}

/* While we are deaf nobody is silent, but for who was so before. */
void model_forget_silent(struct model *m)
{
	for (uint32_t g = 0; g < MODEL_GROUPS; g++)
		for (uint32_t i = 0; i <= MODEL_SOURCES; i++)
			for (uint32_t h = 0; h < MODEL_HOSTS; h++)
				if (m->group[g].heard_ms[i][h] <= m->now_ms)
					m->group[g].heard_ms[i][h] = 0;
}

bool model_listened(const struct model *m, uint32_t group, uint32_t source)
{
	for (uint32_t host = 0; host < MODEL_HOSTS; host++) {
		if (listens(m, group, source, host))
			return true;
	}
	return false;
}

void model_nobody_listens(struct model *m, uint32_t group, uint32_t sources)
{
	for (uint32_t i = 0; i <= MODEL_SOURCES; i++) {
		if (sources >> i & 1)
			memset(m->group[group].heard_ms[i], 0,
			       sizeof(m->group[group].heard_ms[i]));
	}
}

/* Sources are deleted by a record. */
void model_forget_listeners(struct model *m, uint32_t group, uint32_t sources)
{
	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if (sources >> i & 1 && model_listened(m, group, i))
			model_unsure(m, group, m->now_ms + gmi(m));
	}
	model_nobody_listens(m, group, sources);
}

static uint32_t tracked(const struct model *m, uint32_t host, bool all)
{
	uint32_t count = 0;

	for (uint32_t g = 0; g < MODEL_GROUPS; g++) {
		for (uint32_t i = 0; i <= MODEL_SOURCES; i++) {
			for (uint32_t h = 0; h < MODEL_HOSTS; h++)
				count += (all || h == host) &&
					 listens(m, g, i, h);
		}
	}
	return count;
}

static void heard(struct model *m, uint32_t group, uint32_t source,
		  uint32_t host)
{
	const struct model_config *c = &m->config;
	uint32_t share = c->max_host_tracked ? c->max_host_tracked
					     : (c->max_tracked + 3) / 4;
	uint64_t *until_ms = m->group[group].heard_ms[source];
	uint64_t until = m->now_ms + gmi(m);

	if (!listens(m, group, source, host) &&
	    (tracked(m, 0, true) >= c->max_tracked ||
	     tracked(m, host, false) >= share)) {
		model_unsure(m, group, until);
		return;
	}
	/* Who is heard later is not forgotten before others. */
	until_ms[host] = 0;
	for (uint32_t i = 0; i < MODEL_HOSTS; i++) {
		if (until_ms[i] > until)
			until = until_ms[i];
	}
	until_ms[host] = until;
}

void model_track_sources(struct model *m, uint32_t host, unsigned int type,
			 uint32_t group, uint32_t sources)
{
	struct model_group *g = &m->group[group];

	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		bool listed = sources >> i & 1;

		if (listed && (type == IS_IN || type == ALLOW || type == TO_IN))
			heard(m, group, i, host);
		else if (type == IS_EX || type == TO_EX || type == TO_IN ||
			 (type == BLOCK && listed))
			g->heard_ms[i][host] = 0;
	}
}

void model_track_group(struct model *m, uint32_t host, unsigned int type,
		       uint32_t group)
{
	if (type == IS_EX || type == TO_EX)
		heard(m, group, MODEL_SOURCES, host);
	else if (type == TO_IN)
		m->group[group].heard_ms[MODEL_SOURCES][host] = 0;
}

/* --- shares of a group's sources ---------------------------------------- */

static uint32_t lowest(uint32_t mask, uint32_t count)
{
	uint32_t taken = 0;

	for (; mask && count; count--) {
		taken |= mask & -mask;
		mask &= mask - 1;
	}
	return taken;
}

static uint32_t less(uint32_t a, uint32_t b)
{
	return a > b ? a - b : 0;
}

uint32_t model_with_room(struct model *m, uint32_t host, unsigned int type,
			 uint32_t group, uint32_t sources)
{
	const struct model_config *c = &m->config;
	uint32_t share = c->max_host_sources ? c->max_host_sources
					     : (c->max_sources + 3) / 4;
	struct model_group *g = &m->group[group];
	uint32_t known = g->x | g->y, kept = known, mine = 0, fresh, moves;

	if (type == IS_EX || type == TO_EX)
		kept &= sources;
	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if (g->source_host[i] == host)
			mine |= kept & 1u << i;
	}
	share = less(share, (uint32_t)__builtin_popcount(mine));
	fresh = lowest(sources & ~known,
		       less(c->max_sources,
			    (uint32_t)__builtin_popcount(kept)));
	fresh = lowest(fresh, share);
	share -= (uint32_t)__builtin_popcount(fresh);
	moves = lowest(sources & known & ~mine, share);
	if (type == IS_EX || type == TO_EX || type == BLOCK)
		moves = 0;
	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if ((fresh | moves) >> i & 1)
			g->source_host[i] = host;
	}
	return fresh | (sources & known);
}
