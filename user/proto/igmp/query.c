/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The queries we send: RFC 9776 sections 6.1 and 6.6.3. A group's queries
 * are repeated every last member query interval while its counters, or those
 * of its sources, are above zero.
 */
#include "internal.h"

static void send_query(struct igmp_interface *in, struct igmp_query *query)
{
	const struct igmp_hooks *hooks = in->router->hooks;
	struct igmp_counters *counters = &in->router->counters;
	uint8_t packet[IGMP_QUERY_BYTES_MAX];
	struct in_addr target = query->group;
	size_t len;

	if (!in->ifid || !in->up || !in->address_count)
		return;
	query->version = in->config.version;
	query->router = in->addresses[0].address;
	query->robustness = (uint8_t)in->config.robustness;
	query->query_interval_s = in->config.query_interval_ms / 1000;
	if (!target.s_addr)
		target.s_addr = IGMP_ALL_HOSTS;
	len = igmp_query_put(query, packet, sizeof(packet));
	if (!len || hooks->send(hooks->arg, in->ifid, target, packet, len))
		counters->queries_failed++;
	else
		counters->queries_sent++;
}

void igmp_query_general(struct igmp_interface *in, uint64_t now_ms)
{
	struct igmp_query query = {
		.max_response_ms = in->config.query_response_ms,
	};

	in->queried_ms = now_ms;
	send_query(in, &query);
}

/* The S flag says that the group is known to be wanted. */
void igmp_query_group(struct igmp_group *g, uint64_t now_ms)
{
	const struct proto_igmp_config *config = &g->in->config;
	struct igmp_query query = {
		.group = g->group,
		.max_response_ms = config->last_member_ms,
		.suppress = g->expires_ms > now_ms + igmp_lmqt_ms(config),
	};

	g->group_query_ms = IGMP_NEVER;
	if (!g->retransmit)
		return;
	g->retransmit--;
	send_query(g->in, &query);
	if (g->retransmit)
		g->group_query_ms = now_ms + config->last_member_ms;
}

/*
 * The sources to be asked about fall into two queries: with the S flag those
 * known to be wanted, without it the others. Version 2 has no words for that:
 * the encoder refuses it, and the sources run out unasked.
 */
static void query_half(struct igmp_group *g, bool suppress, uint64_t now_ms)
{
	const struct proto_igmp_config *config = &g->in->config;
	uint64_t lmqt_at = now_ms + igmp_lmqt_ms(config);
	struct in_addr chunk[IGMP_QUERY_SOURCES_MAX];
	struct igmp_query query = {
		.group = g->group,
		.max_response_ms = config->last_member_ms,
		.suppress = suppress,
		.sources = chunk,
	};

	for (uint32_t i = 0; i < g->source_count; i++) {
		struct igmp_source *s = &g->sources[i];

		if (s->retransmit && (s->expires_ms > lmqt_at) == suppress) {
			chunk[query.source_count++] = s->address;
			s->retransmit--;
		}
		if (query.source_count == IGMP_QUERY_SOURCES_MAX) {
			send_query(g->in, &query);
			query.source_count = 0;
		}
	}
	if (query.source_count)
		send_query(g->in, &query);
}

void igmp_query_sources(struct igmp_group *g, uint64_t now_ms)
{
	bool more = false;

	g->source_query_ms = IGMP_NEVER;
	query_half(g, true, now_ms);
	query_half(g, false, now_ms);
	for (uint32_t i = 0; i < g->source_count; i++)
		more |= g->sources[i].retransmit > 0;
	if (more)
		g->source_query_ms = now_ms + g->in->config.last_member_ms;
}
