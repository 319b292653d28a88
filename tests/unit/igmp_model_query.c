/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's queries: what section 8 derives, what is sent (sections 6.1 and
 * 6.6.3), and at which pace. See igmp_model.h.
 */
#include "igmp_model_query.h"

/* --- section 8 ------------------------------------------------------- */

uint64_t model_gmi(const struct model *m)
{
	const struct model_config *c = &m->config;

	return (uint64_t)c->robustness * c->query_ms + 2ull * c->response_ms;
}

uint64_t model_older_host_present(const struct model *m)
{
	const struct model_config *c = &m->config;

	return (uint64_t)c->robustness * c->query_ms + c->response_ms;
}

uint32_t model_lmqc(const struct model *m)
{
	return m->config.last_member_count ? m->config.last_member_count
					   : m->config.robustness;
}

static uint64_t lmqt(const struct model *m)
{
	return (uint64_t)model_lmqc(m) * m->config.last_member_ms;
}

uint64_t model_startup_ms(const struct model *m)
{
	return m->config.startup_ms ? m->config.startup_ms
				    : m->config.query_ms / 4;
}

/* --- queries: sections 6.1 and 6.6.3 --------------------------------- */

bool model_can_query(const struct model *m)
{
	return m->config.enabled && m->there && m->up && m->address;
}

/* Section 6.6.2 */
bool model_asks(const struct model *m)
{
	return model_can_query(m) && !m->other && !m->config.passive;
}

/* False: it did not get out. */
bool model_send(struct model *m, uint32_t group, bool suppress,
		uint32_t sources, uint32_t response_ms)
{
	if (!model_can_query(m))
		return false;
	m->query[m->queries++ % MODEL_QUERIES] = (struct model_query){
		.at_ms = m->now_ms,
		.group = group,
		.suppress = suppress && m->config.version == 3,
		.sources = sources,
		.response_ms = response_ms,
		.version = m->config.version,
	};
	if (m->config.version == 3) {
		struct model_query *q =
			&m->query[(m->queries - 1) % MODEL_QUERIES];

		q->robustness = m->config.robustness;
		q->interval_s = m->config.query_ms / 1000;
	}
	return m->sends;
}

/* A query about it leaves: now its timer is lowered. A repeat that has waited
 * gives as much longer to answer. */
static void leaves(const struct model *m, struct model_ask *ask,
		   uint64_t *timer_ms)
{
	uint64_t lowered = m->now_ms + lmqt(m), waited = m->now_ms - ask->at_ms;

	if (!ask->lower && *timer_ms <= lowered)
		*timer_ms += waited;
	if ((ask->lower || *timer_ms <= lowered + waited) &&
	    *timer_ms > lowered)
		*timer_ms = lowered;
	ask->lower = false;
	ask->waits = false;
}

/* After it: one fewer, or, if it failed, later by an interval for who has not
 * answered. */
static void asked(struct model *m, struct model_ask *ask, bool out,
		  bool suppress, uint64_t *timer_ms)
{
	ask->at_ms = m->now_ms + m->config.last_member_ms;
	if (!out && ask->failed < model_lmqc(m)) {
		ask->failed++;
		if (!suppress)
			*timer_ms += m->config.last_member_ms;
		return;
	}
	ask->left--;
}

/* S is set if the timer is larger than LMQT. */
static bool known(const struct model *m, const struct model_ask *ask,
		  uint64_t timer_ms)
{
	return !ask->lower && timer_ms > m->now_ms + lmqt(m);
}

static void ask_about_group(struct model *m, uint32_t number)
{
	struct model_group *g = &m->group[number];
	bool suppress = known(m, &g->ask, g->timer_ms), out;

	if (!suppress)
		leaves(m, &g->ask, &g->timer_ms);
	g->ask.waits = false;
	out = model_send(m, number, suppress, 0, m->config.last_member_ms);
	asked(m, &g->ask, out, suppress, &g->timer_ms);
}

/* Version 2 cannot ask: they run out. */
void model_cannot_ask(struct model *m, struct model_group *g)
{
	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if (g->source_ask[i].waits)
			leaves(m, &g->source_ask[i], &g->source_ms[i]);
		g->source_ask[i] = (struct model_ask){0};
	}
}

/* Half of them, at a time. */
static bool ask_about_sources(struct model *m, uint32_t number, bool suppress)
{
	struct model_group *g = &m->group[number];
	uint32_t half = 0;
	bool out;

	for (uint32_t i = 0; i < MODEL_SOURCES; i++)
		if (g->source_ask[i].waits &&
		    known(m, &g->source_ask[i], g->source_ms[i]) == suppress)
			half |= 1u << i;
	if (!half)
		return false;
	out = model_send(m, number, suppress, half, m->config.last_member_ms);
	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if (!(half >> i & 1))
			continue;
		if (!suppress)
			leaves(m, &g->source_ask[i], &g->source_ms[i]);
		g->source_ask[i].waits = false;
		asked(m, &g->source_ask[i], out, suppress, &g->source_ms[i]);
	}
	return true;
}

/* One query; false: nothing is to be asked. */
static bool ask_next(struct model *m, uint32_t number)
{
	struct model_group *g = &m->group[number];

	if (g->ask.waits) {
		ask_about_group(m, number);
		return true;
	}
	return ask_about_sources(m, number, true) ||
	       ask_about_sources(m, number, false);
}

/* --- the pace, as in xmgmd.conf(5) ------------------------------------- */

static uint64_t step_us(const struct model *m)
{
	return 1000000 / m->config.query_rate;
}

/* When there is a token: a tenth of a second's worth may leave at once. */
uint64_t model_token_ms(const struct model *m)
{
	uint64_t burst = m->config.query_rate / 10, at_us;

	at_us = m->full_us + step_us(m);
	burst = step_us(m) * (burst ? burst : 1);
	return at_us > burst ? (at_us - burst + 999) / 1000 : 0;
}

void model_take_token(struct model *m)
{
	if (m->full_us < m->now_ms * 1000)
		m->full_us = m->now_ms * 1000;
	m->full_us += step_us(m);
}

static bool ask_due(struct model *m, struct model_ask *ask, bool *again)
{
	if (!ask->left || ask->waits || ask->at_ms > m->now_ms)
		return false;
	ask->waits = true;
	*again |= !ask->lower;
	return true;
}

/* What is due waits for its turn. */
void model_line_up(struct model *m, struct model_group *g)
{
	bool again = false, due = ask_due(m, &g->ask, &again);
	bool waits = g->ask.waits;

	for (uint32_t i = 0; i < MODEL_SOURCES; i++)
		due |= ask_due(m, &g->source_ask[i], &again);
	if (due && m->config.version < 3)
		model_cannot_ask(m, g);
	for (uint32_t i = 0; i < MODEL_SOURCES; i++)
		waits |= g->source_ask[i].waits;
	if (!waits)
		g->turn = MODEL_NO_TURN;
	else if (due && (!g->turn || (again && g->turn == MODEL_FIRST))) {
		g->turn = again ? MODEL_AGAIN : MODEL_FIRST;
		g->turn_ms = m->now_ms;
	}
}

/* Those whose turn is next. */
uint32_t model_first_in_line(const struct model *m)
{
	uint64_t best = MODEL_NEVER;
	uint32_t groups = 0;

	for (uint32_t i = 0; i < MODEL_GROUPS; i++) {
		const struct model_group *g = &m->group[i];
		uint64_t place = (uint64_t)g->turn << 62 | g->turn_ms;

		if (!g->turn || place > best)
			continue;
		if (place < best)
			groups = 0;
		best = place;
		groups |= 1u << i;
	}
	return groups;
}

/* Where nothing can be sent nobody waits. */
void model_serve(struct model *m)
{
	uint32_t groups, next;

	while ((groups = model_first_in_line(m)) &&
	       (!model_can_query(m) || model_token_ms(m) <= m->now_ms)) {
		next = m->choose(m->arg, groups);
		if (ask_next(m, next) && model_can_query(m))
			model_take_token(m);
		model_line_up(m, &m->group[next]);
	}
}

/* Send Q(G). A sequence that runs already is not begun again (a storm of
 * leaves), unless somebody has answered since. */
void model_q_group(struct model *m, uint32_t number)
{
	struct model_group *g = &m->group[number];
	uint64_t lowered = m->now_ms + lmqt(m);
	uint64_t waits = (uint64_t)g->ask.failed * m->config.last_member_ms;

	if (!model_asks(m) || (g->ask.waits && g->ask.lower) ||
	    (g->ask.left && g->timer_ms <= lowered + waits))
		return;
	g->ask = (struct model_ask){.left = model_lmqc(m),
				    .at_ms = m->now_ms,
				    .waits = g->ask.waits,
				    .lower = true};
}

/* Send Q(G, sources): those whose timer is larger than LMQT. */
void model_q_sources(struct model *m, uint32_t number, uint32_t sources)
{
	struct model_group *g = &m->group[number];

	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		struct model_ask *ask = &g->source_ask[i];
		uint64_t lowered = m->now_ms + lmqt(m), waits = 0;

		if (ask->left)
			waits = (uint64_t)ask->failed *
				m->config.last_member_ms;
		if (!model_asks(m) || !(sources >> i & 1) ||
		    (ask->waits && ask->lower) ||
		    g->source_ms[i] <= lowered + waits)
			continue;
		*ask = (struct model_ask){.left = model_lmqc(m),
					  .at_ms = m->now_ms,
					  .waits = ask->waits,
					  .lower = true};
	}
}
