/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queries we send: RFC 9776 sections 6.1 and 6.6.3. General ones leave when
 * they are due, those about a group when its turn has come (pace.c). They
 * are repeated every last member query interval while its counters, or those
 * of its sources, are above zero. One that cannot be sent is tried again after
 * that interval, and who would be given up meanwhile is given as much longer;
 * both as often as there are queries to send, no more: an interface that never
 * sends must not keep groups for ever. In version 1 there are general queries
 * only: RFC 9776 section 7.3.1.
 */
#include "internal.h"

#include <errno.h>

#define LATE_MS 100u /* a query that leaves so late has waited: a storm */

static int send_query(struct igmp_interface *in, struct igmp_query *query)
{
	const struct igmp_hooks *hooks = in->router->hooks;
	uint8_t packet[IGMP_QUERY_BYTES_MAX];
	struct in_addr target = query->group;
	int err = -ENETDOWN;
	size_t len;

	if (!igmp_interface_can_query(in))
		goto out;
	query->version = in->config.version;
	query->router = in->subnets[0].address;
	query->robustness = (uint8_t)in->config.robustness;
	query->query_interval_s = in->config.query_interval_ms / 1000;
	if (!target.s_addr)
		target.s_addr = IGMP_ALL_HOSTS;
	err = -EMSGSIZE;
	len = igmp_query_put(query, packet, sizeof(packet));
	if (len)
		err = hooks->send(hooks->arg, in->ifid, target, packet, len);
out:
	igmp_count(in, err ? IGMP_N_QUERIES_FAILED : IGMP_N_QUERIES_SENT);
	if (!err)
		igmp_count(in, igmp_counter_query(IGMP_SENT, query->version,
						  query->group.s_addr,
						  query->source_count));
	return err;
}

bool igmp_query_general(struct igmp_interface *in, uint64_t now_ms)
{
	struct igmp_query query = {
		.max_response_ms = in->config.query_response_ms,
	};

	in->queried_ms = now_ms;
	igmp_pace_charge(in, now_ms);
	return !send_query(in, &query);
}

/* Counts a query that was sent, or was not; true: it will be repeated. */
static bool count_query(const struct igmp_config *config, int err,
			uint8_t *retransmit, uint8_t *failures)
{
	if (err && *failures < igmp_lmqc(config)) {
		++*failures;
		return true;
	}
	--*retransmit;
	return false;
}

/* A query leaves that has waited since due_ms: what it lowers is lowered now,
 * and who was not asked meanwhile need not have answered. */
static void lower(uint64_t *expires_ms, bool first, uint64_t due_ms,
		  uint64_t now_ms, uint64_t lmqt_at)
{
	if (!first && *expires_ms <= lmqt_at && now_ms > due_ms)
		*expires_ms += now_ms - due_ms;
	else if (!first)
		return;
	if (*expires_ms > lmqt_at)
		*expires_ms = lmqt_at;
}

static int send_late(struct igmp_interface *in, struct igmp_query *query,
		     uint64_t due_ms, uint64_t now_ms)
{
	int err = send_query(in, query);

	if (!err && now_ms >= due_ms + LATE_MS)
		igmp_count(in, IGMP_N_QUERIES_LATE);
	return err;
}

/* The S flag says that the group is known to be wanted. */
static void query_group(struct igmp_group *g, uint64_t now_ms)
{
	const struct igmp_config *config = &g->in->config;
	uint64_t lmqt_at = now_ms + igmp_lmqt_ms(config);
	uint64_t due_ms = g->group_query_ms;
	struct igmp_query query = {
		.group = g->group,
		.max_response_ms = config->last_member_ms,
	};
	int err;

	query.suppress = g->expires_ms > lmqt_at && !g->lower;
	lower(&g->expires_ms, g->lower, due_ms, now_ms, lmqt_at);
	g->lower = false;
	g->waits = false;
	err = send_late(g->in, &query, due_ms, now_ms);
	if (count_query(config, err, &g->retransmit, &g->failures) &&
	    !query.suppress)
		g->expires_ms += config->last_member_ms;
	g->group_query_ms = TIMER_NEVER;
	if (g->retransmit)
		g->group_query_ms = now_ms + config->last_member_ms;
}

/* How many sources a query may name here. */
static size_t sources_max(const struct igmp_interface *in)
{
	size_t empty = IGMP_QUERY_BYTES_MAX - 4 * IGMP_QUERY_SOURCES_MAX;

	if (in->mtu >= IGMP_QUERY_BYTES_MAX || in->mtu < empty + 4)
		return IGMP_QUERY_SOURCES_MAX;
	return (in->mtu - empty) / 4;
}

/* A source has been asked about, or could not be. */
static void source_asked(struct igmp_group *g, struct igmp_source *s, int err,
			 bool suppress, uint64_t now_ms)
{
	const struct igmp_config *config = &g->in->config;
	uint64_t next_ms = now_ms + config->last_member_ms;

	lower(&s->expires_ms, s->lower, s->query_ms, now_ms,
	      now_ms + igmp_lmqt_ms(config));
	s->lower = false;
	s->waits = false;
	if (count_query(config, err, &s->retransmit, &s->failures) && !suppress)
		s->expires_ms += config->last_member_ms;
	s->query_ms = next_ms;
	if (s->retransmit && next_ms < g->source_query_ms)
		g->source_query_ms = next_ms;
}

/* Asks about sources of a group that are due, up to one query's worth; false:
 * there are none. */
static bool query_sources(struct igmp_group *g, bool suppress, uint64_t now_ms)
{
	const struct igmp_config *config = &g->in->config;
	uint64_t lmqt_at = now_ms + igmp_lmqt_ms(config);
	struct igmp_source *asked[IGMP_QUERY_SOURCES_MAX];
	struct in_addr addresses[IGMP_QUERY_SOURCES_MAX];
	size_t max = sources_max(g->in);
	struct igmp_query query = {
		.group = g->group,
		.max_response_ms = config->last_member_ms,
		.suppress = suppress,
		.sources = addresses,
	};
	int err;

	for (uint32_t i = 0; i < g->source_count && query.source_count < max;
	     i++) {
		struct igmp_source *s = &g->sources[i];

		if (!s->waits ||
		    (s->expires_ms > lmqt_at && !s->lower) != suppress)
			continue;
		asked[query.source_count] = s;
		addresses[query.source_count++] = s->address;
	}
	if (!query.source_count)
		return false;
	err = send_late(g->in, &query, asked[0]->query_ms, now_ms);
	for (size_t i = 0; i < query.source_count; i++)
		source_asked(g, asked[i], err, suppress, now_ms);
	return true;
}

/* Who wants one of the sources that are due answers for the group, and the SSM
 * map names them again. */
static bool query_as_group(struct igmp_group *g, uint64_t now_ms)
{
	const struct igmp_config *config = &g->in->config;
	struct igmp_query query = {
		.group = g->group,
		.max_response_ms = config->last_member_ms,
	};
	bool sent = false;
	int err = 0;

	for (uint32_t i = 0; i < g->source_count; i++) {
		struct igmp_source *s = &g->sources[i];

		if (!s->waits)
			continue;
		if (!sent)
			err = send_late(g->in, &query, s->query_ms, now_ms);
		sent = true;
		source_asked(g, s, err, false, now_ms);
	}
	return sent;
}

/* Older versions have no words for sources: they run out unasked, but where
 * version 2 hosts are mapped to them the group is asked about. */
static bool speaks_of_sources(const struct igmp_group *g)
{
	unsigned int version = g->in->config.version;

	return version >= 3 ||
	       (version == 2 && igmp_ssm_mapped(g->in, g->group));
}

void igmp_query_reconsider(struct igmp_group *g, uint64_t now_ms)
{
	uint64_t lmqt_at = now_ms + igmp_lmqt_ms(&g->in->config);

	if (speaks_of_sources(g))
		return;
	for (uint32_t i = 0; i < g->source_count; i++) {
		struct igmp_source *s = &g->sources[i];

		if (s->waits)
			lower(&s->expires_ms, s->lower, s->query_ms, now_ms,
			      lmqt_at);
		s->retransmit = 0;
		s->waits = false;
		s->lower = false;
	}
	g->source_query_ms = TIMER_NEVER;
}

/*
 * The sources to be asked about fall into two queries: with the S flag those
 * known to be wanted, without it the others. Each has its own count and its
 * own time, so that a new one does not hurry those that are asked about
 * already.
 */
bool igmp_query_next(struct igmp_group *g, uint64_t now_ms)
{
	if (g->waits && g->in->config.version == 1) {
		g->retransmit = 0;
		g->waits = false;
		g->lower = false;
		g->group_query_ms = TIMER_NEVER;
	}
	if (g->waits) {
		query_group(g, now_ms);
		return true;
	}
	if (g->in->config.version <= 2)
		return query_as_group(g, now_ms);
	return query_sources(g, true, now_ms) ||
	       query_sources(g, false, now_ms);
}

/* Those of the sources that are due; first: all for the first time. */
static bool sources_due(struct igmp_group *g, uint64_t now_ms, bool *first)
{
	bool due = false;

	g->source_query_ms = TIMER_NEVER;
	for (uint32_t i = 0; i < g->source_count; i++) {
		struct igmp_source *s = &g->sources[i];

		if (!s->retransmit || s->waits)
			continue;
		if (s->query_ms <= now_ms) {
			s->waits = true;
			due = true;
			*first &= s->lower;
		} else if (s->query_ms < g->source_query_ms) {
			g->source_query_ms = s->query_ms;
		}
	}
	return due;
}

void igmp_query_due(struct igmp_group *g, uint64_t now_ms)
{
	bool due = false, first = true;

	if (g->group_query_ms <= now_ms && !g->waits) {
		g->waits = true;
		due = true;
		first = g->lower;
	}
	if (g->source_query_ms <= now_ms)
		due |= sources_due(g, now_ms, &first);
	if (due && g->in->config.version < 3)
		igmp_query_reconsider(g, now_ms);
	if (due)
		igmp_pace_want(g, first ? IGMP_FIRST : IGMP_AGAIN);
}
