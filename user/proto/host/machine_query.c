/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Queries and their answers: RFC 9776 section 5.2, RFC 2236 section 3; and the
 * version to speak, by the oldest querier: RFC 9776 section 7.2.1.
 */
#include "machine_internal.h"

#include <stdlib.h>
#include <string.h>

#define V1_RESPONSE_MS 10000u
#define ASKED_MAX      1024u /* sources; beyond it all of the group answers */

/* --- the version ------------------------------------------------------ */

/* Section 8.12, of a query that is not of version 3. */
static uint64_t older_ms(const struct machine *m, const struct igmp_message *q)
{
	return (uint64_t)m->robustness * m->query_interval_ms +
	       q->max_response_ms;
}

static void cancel_all(struct machine *m)
{
	struct machine_group *g, *next;

	m->general_ms = TIMER_NEVER;
	for (g = machine_behind(m, 0); g; g = next) {
		next = machine_behind(m, g->key);
		machine_change_cancel(g);
		machine_query_cancel(g);
		machine_settle(g);
	}
}

void machine_version(struct machine *m, uint64_t now_ms)
{
	unsigned int version = m->config.version;

	if (m->v2_until_ms <= now_ms)
		m->v2_until_ms = 0;
	if (m->v1_until_ms <= now_ms)
		m->v1_until_ms = 0;
	if (m->v2_until_ms && version > 2)
		version = 2;
	if (m->v1_until_ms)
		version = 1;
	if (version == m->version)
		return;
	cancel_all(m);
	m->version = version;
}

/* What a query says beside its question. */
static void learn(struct machine *m, struct in_addr querier,
		  const struct igmp_message *q, uint64_t now_ms)
{
	bool general = q->version == 1 || !q->group.s_addr;

	m->heard = true;
	m->querier = querier;
	m->heard_ms = now_ms;
	if (q->version == 3) {
		m->robustness = q->robustness ? q->robustness
					      : m->config.robustness;
		m->query_interval_ms = q->query_interval_s
					       ? q->query_interval_s * 1000
					       : m->config.query_interval_ms;
	}
	if (q->version == 2 && general)
		m->v2_until_ms = now_ms + older_ms(m, q);
	if (q->version == 1)
		m->v1_until_ms = now_ms + older_ms(m, q);
	machine_version(m, now_ms);
}

/* --- questions -------------------------------------------------------- */

void machine_query_cancel(struct machine_group *g)
{
	free(g->asked);
	g->asked = NULL;
	g->asked_count = 0;
	g->response_ms = TIMER_NEVER;
}

static void asked_forget(struct machine_group *g)
{
	free(g->asked);
	g->asked = NULL;
	g->asked_count = 0;
}

/* More of them. Too many, or no memory: the group as a whole. */
static void asked_add(struct machine_group *g,
		      const struct igmp_addresses *list)
{
	size_t room = g->asked_count + list->count;
	struct in_addr *grown = NULL;

	if (room <= ASKED_MAX)
		grown = realloc(g->asked, room * sizeof(*grown));
	if (!grown) {
		asked_forget(g);
		return;
	}
	g->asked = grown;
	for (size_t i = 0; i < list->count; i++) {
		struct in_addr source = igmp_address(list, i);
		uint32_t at = 0;

		while (at < g->asked_count &&
		       ntohl(grown[at].s_addr) < ntohl(source.s_addr))
			at++;
		if (at < g->asked_count && grown[at].s_addr == source.s_addr)
			continue;
		memmove(&grown[at + 1], &grown[at],
			(g->asked_count - at) * sizeof(*grown));
		grown[at] = source;
		g->asked_count++;
	}
}

/* Section 5.2, rules 3 to 5; those before are about general queries. */
static void ask_group(struct machine_group *g, const struct igmp_message *q,
		      uint64_t at_ms)
{
	bool pending = g->response_ms != TIMER_NEVER;
	bool whole = !q->sources.count || (pending && !g->asked_count);

	if (whole)
		asked_forget(g);
	else
		asked_add(g, &q->sources);
	if (!pending || at_ms < g->response_ms)
		g->response_ms = at_ms;
	machine_settle(g);
}

/* Is there anything to answer a general query with? */
static bool has_state(const struct machine *m)
{
	const struct machine_group *g = machine_behind(m, 0);

	while (g && !machine_wants(g))
		g = machine_behind(m, g->key);
	return g != NULL;
}

static void ask(struct machine *m, const struct igmp_message *q,
		uint64_t now_ms)
{
	struct machine_group *g = NULL;
	uint64_t at_ms;

	if (q->version > 1 && q->group.s_addr) {
		g = machine_find(m, q->group);
		if (!g || !machine_wants(g))
			return;
	}
	at_ms = now_ms + machine_delay(m, q->max_response_ms);
	if (m->general_ms <= at_ms)
		return;
	if (g)
		ask_group(g, q, at_ms);
	else if (has_state(m))
		m->general_ms = at_ms;
}

/* RFC 2236 section 3: a timer for each group; it is drawn anew only if it has
 * longer to go than is allowed now. */
static void ask_old(struct machine_group *g, uint32_t max_ms, uint64_t now_ms)
{
	if (!machine_wants(g))
		return;
	if (g->response_ms != TIMER_NEVER && g->response_ms <= now_ms + max_ms)
		return;
	g->response_ms = now_ms + machine_delay(g->m, max_ms);
	machine_settle(g);
}

static void ask_all_old(struct machine *m, const struct igmp_message *q,
			uint64_t now_ms)
{
	uint32_t max_ms = m->version == 1 ? V1_RESPONSE_MS : q->max_response_ms;
	struct machine_group *g;

	if (q->version > 1 && q->group.s_addr) {
		g = machine_find(m, q->group);
		if (g)
			ask_old(g, max_ms, now_ms);
		return;
	}
	for (g = machine_behind(m, 0); g; g = machine_behind(m, g->key))
		ask_old(g, max_ms, now_ms);
}

void machine_query(struct machine *m, struct in_addr querier,
		   const struct igmp_message *query, uint64_t now_ms)
{
	if (query->type != XMGM_IGMP_QUERY || !m->is.up)
		return;
	m->counters.queries++;
	learn(m, querier, query, now_ms);
	if (m->version == 3)
		ask(m, query, now_ms);
	else
		ask_all_old(m, query, now_ms);
}

/* RFC 2236 section 3: who hears another host's report keeps silent. In version
 * 3 there is no such thing. */
void machine_heard(struct machine *m, struct in_addr group, uint64_t now_ms)
{
	struct machine_group *g = machine_find(m, group);

	machine_version(m, now_ms);
	if (!g || m->version == 3 || !machine_wants(g))
		return;
	if (g->response_ms == TIMER_NEVER && g->change_ms == TIMER_NEVER)
		return;
	m->counters.suppressed++;
	machine_query_cancel(g);
	machine_change_cancel(g);
	machine_settle(g);
}

/* --- answers ---------------------------------------------------------- */

static void say_state(struct machine_group *g)
{
	enum igmp_record_type type = g->filter == MGM_EXCLUDE ? IGMP_IS_EX
							      : IGMP_IS_IN;

	if (machine_wants(g))
		machine_say(g->m, type, g->group, g->sources, g->source_count);
}

/* Of the sources that were asked about those that are forwarded. */
static void say_asked(struct machine_group *g)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->asked_count; i++) {
		bool listed =
			machine_lists(g->sources, g->source_count, g->asked[i]);

		if (listed == (g->filter == MGM_INCLUDE))
			g->asked[n++] = g->asked[i];
	}
	if (n && machine_wants(g))
		machine_say(g->m, IGMP_IS_IN, g->group, g->asked, n);
}

void machine_respond(struct machine_group *g)
{
	struct machine *m = g->m;

	if (m->version < 3)
		machine_say_old(m,
				m->version == 1 ? XMGM_IGMP_V1_REPORT
						: XMGM_IGMP_V2_REPORT,
				g->group);
	else if (g->asked_count)
		say_asked(g);
	else
		say_state(g);
	machine_query_cancel(g);
}

void machine_respond_all(struct machine *m)
{
	struct machine_group *g;

	m->general_ms = TIMER_NEVER;
	for (g = machine_behind(m, 0); g; g = machine_behind(m, g->key)) {
		say_state(g);
		if (machine_wants(g))
			asked_forget(g); /* the last sentence of 5.2 */
	}
}
