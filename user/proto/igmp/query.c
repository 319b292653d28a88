/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queries we send: RFC 9776 sections 6.1 and 6.6.3. A group's queries
 * are repeated every last member query interval while its counters, or those
 * of its sources, are above zero. One that cannot be sent is tried again after
 * that interval, and who would be given up meanwhile is given as much longer;
 * both as often as there are queries to send, no more: an interface that never
 * sends must not keep groups for ever. In version 1 there are general queries
 * only: RFC 9776 section 7.3.1.
 */
#include "internal.h"

#include <errno.h>

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

/* The S flag says that the group is known to be wanted. */
void igmp_query_group(struct igmp_group *g, uint64_t now_ms)
{
	const struct igmp_config *config = &g->in->config;
	struct igmp_query query = {
		.group = g->group,
		.max_response_ms = config->last_member_ms,
		.suppress = g->expires_ms > now_ms + igmp_lmqt_ms(config),
	};

	g->group_query_ms = TIMER_NEVER;
	if (config->version == 1)
		g->retransmit = 0;
	if (!g->retransmit)
		return;
	if (count_query(config, send_query(g->in, &query), &g->retransmit,
			&g->failures) &&
	    !query.suppress)
		g->expires_ms += config->last_member_ms;
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
static void source_asked(struct igmp_source *s,
			 const struct igmp_config *config, int err,
			 bool suppress, uint64_t now_ms)
{
	if (count_query(config, err, &s->retransmit, &s->failures) && !suppress)
		s->expires_ms += config->last_member_ms;
	s->query_ms = now_ms + config->last_member_ms;
}

/* Asks about sources of a group that are due, up to one query's worth, from
 * number `at` on; returns where to go on. */
static uint32_t query_part(struct igmp_group *g, bool suppress, uint32_t at,
			   uint64_t now_ms)
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

	for (; at < g->source_count && query.source_count < max; at++) {
		struct igmp_source *s = &g->sources[at];

		if (!s->retransmit || s->query_ms > now_ms ||
		    (s->expires_ms > lmqt_at) != suppress)
			continue;
		asked[query.source_count] = s;
		addresses[query.source_count++] = s->address;
	}
	if (!query.source_count)
		return at;
	err = send_query(g->in, &query);
	for (size_t i = 0; i < query.source_count; i++)
		source_asked(asked[i], config, err, suppress, now_ms);
	return at;
}

/* Who wants one of the sources that are due answers for the group, and the SSM
 * map names them again. */
static void query_as_group(struct igmp_group *g, uint64_t now_ms)
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

		if (!s->retransmit || s->query_ms > now_ms)
			continue;
		if (!sent)
			err = send_query(g->in, &query);
		sent = true;
		source_asked(s, config, err, false, now_ms);
	}
}

/*
 * The sources to be asked about fall into two queries: with the S flag those
 * known to be wanted, without it the others. Each has its own count and its
 * own time, so that a new one does not hurry those that are asked about
 * already. Older versions have no words for sources: they run out unasked, but
 * where version 2 hosts are mapped to them the group is asked about.
 */
void igmp_query_sources(struct igmp_group *g, uint64_t now_ms)
{
	unsigned int version = g->in->config.version;
	bool mapped = version == 2 && igmp_ssm_mapped(g->in, g->group);
	uint32_t at;

	for (int half = 0; half < 2 && version >= 3; half++) {
		for (at = 0; at < g->source_count;)
			at = query_part(g, !half, at, now_ms);
	}
	if (mapped)
		query_as_group(g, now_ms);
	g->source_query_ms = TIMER_NEVER;
	for (at = 0; at < g->source_count; at++) {
		struct igmp_source *s = &g->sources[at];

		if (version < 3 && !mapped)
			s->retransmit = 0;
		if (s->retransmit && s->query_ms < g->source_query_ms)
			g->source_query_ms = s->query_ms;
	}
}
