/* SPDX-License-Identifier: GPL-2.0-only */
/* See igmp_model.h. Names of sets are those of RFC 9776 section 6.4. */
#include "igmp_model.h"
#include "igmp_model_query.h"

#include <string.h>

enum { IS_IN = 1, IS_EX, TO_IN, TO_EX, ALLOW, BLOCK };

/* --- sections 6.4.1 and 6.4.2 ---------------------------------------- */

/* The record at work: whose, and whether its host's leave is immediate. */
struct record {
	uint32_t host, group;
	unsigned int type;
	bool now;
};

/* Those of these sources that nobody listens to. */
static uint32_t unheard(const struct model *m, uint32_t number,
			uint32_t sources)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if (sources >> i & 1 && !model_listened(m, number, i))
			left |= 1u << i;
	}
	return left;
}

static void set_timers(struct model_group *g, uint32_t sources, uint64_t at_ms)
{
	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if (!(sources >> i & 1))
			continue;
		g->source_ms[i] = at_ms;
		g->source_ask[i].lower = false;
	}
}

static void put_sets(struct model *m, uint32_t number, uint32_t x, uint32_t y)
{
	struct model_group *g = &m->group[number];
	uint32_t gone = (g->x | g->y) & ~(x | y);

	model_forget_listeners(m, number, gone);
	g->x = x;
	g->y = y;
	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if (gone >> i & 1)
			g->source_ask[i] = (struct model_ask){0};
	}
}

/* Somebody wants it. */
static void set_group_timer(struct model *m, struct model_group *g)
{
	g->timer_ms = m->now_ms + model_gmi(m);
	g->ask.lower = false;
}

/* In INCLUDE mode: "send Q(G, sources)", or, with immediate leave, no more of
 * what the host was the last to listen to. */
static void q_or_leave(struct model *m, const struct record *r,
		       uint32_t sources)
{
	struct model_group *g = &m->group[r->group];
	uint32_t gone = r->now ? unheard(m, r->group, sources) : 0;

	put_sets(m, r->group, g->x & ~gone, 0);
	model_q_sources(m, r->group, sources & ~gone);
}

static void in_include(struct model *m, const struct record *r, uint32_t b)
{
	uint32_t number = r->group;
	struct model_group *g = &m->group[number];
	uint32_t a = g->x;

	switch (r->type) {
	case IS_IN:
	case ALLOW:
	case TO_IN:
		put_sets(m, number, a | b, 0);
		set_timers(g, b, m->now_ms + model_gmi(m));
		if (r->type == TO_IN)
			q_or_leave(m, r, a & ~b);
		break;
	case IS_EX:
	case TO_EX:
		g->exclude = true;
		put_sets(m, number, a & b, b & ~a);
		set_group_timer(m, g);
		if (r->type == TO_EX)
			model_q_sources(m, number, a & b);
		break;
	case BLOCK:
		q_or_leave(m, r, a & b);
		break;
	}
}

/* "Send Q(G)", or, with immediate leave of the last who listened to any source,
 * INCLUDE of what sources are listened to. */
static void q_or_include(struct model *m, const struct record *r)
{
	struct model_group *g = &m->group[r->group];

	if (model_listened(m, r->group, MODEL_SOURCES) ||
	    !model_leaves_now(m, r->group, r->host)) {
		model_q_group(m, r->group);
		return;
	}
	g->exclude = false;
	g->ask = (struct model_ask){0};
	put_sets(m, r->group, g->x & ~unheard(m, r->group, g->x), 0);
}

static void in_exclude(struct model *m, const struct record *r, uint32_t a)
{
	uint32_t number = r->group;
	struct model_group *g = &m->group[number];
	uint32_t x = g->x, y = g->y, fresh = a & ~x & ~y;

	switch (r->type) {
	case IS_IN:
	case ALLOW:
	case TO_IN:
		put_sets(m, number, x | a, y & ~a);
		set_timers(g, a, m->now_ms + model_gmi(m));
		if (r->type != TO_IN)
			break;
		model_track_group(m, r->host, TO_IN, number);
		q_or_include(m, r);
		model_q_sources(m, number, g->x & x & ~a);
		break;
	case IS_EX:
		put_sets(m, number, a & ~y, y & a);
		set_timers(g, fresh, m->now_ms + model_gmi(m));
		set_group_timer(m, g);
		break;
	case TO_EX:
		put_sets(m, number, a & ~y, y & a);
		set_timers(g, fresh, g->timer_ms);
		set_group_timer(m, g);
		model_q_sources(m, number, a & ~y);
		break;
	case BLOCK:
		put_sets(m, number, x | (a & ~y), y);
		set_timers(g, fresh, g->timer_ms);
		model_q_sources(m, number, a & ~y);
		break;
	}
}

/* --- limits, as in xmgmd.conf(5) -------------------------------------- */

bool model_hosts(const struct model_group *g)
{
	return g->exclude || g->x;
}

static uint32_t groups_of(const struct model *m, uint32_t host, bool all)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < MODEL_GROUPS; i++) {
		const struct model_group *g = &m->group[i];

		count += g->charged && (all || g->host == host);
	}
	return count;
}

/* May this host have this group, and whose is it then? */
static bool charge(struct model *m, struct model_group *g, uint32_t host)
{
	const struct model_config *c = &m->config;
	uint32_t share = c->max_host_groups ? c->max_host_groups
					    : (c->max_groups + 3) / 4;

	if (!g->charged && groups_of(m, 0, true) >= c->max_groups)
		return false;
	if (groups_of(m, host, false) >= share)
		return g->charged;
	g->charged = true;
	g->host = host;
	return true;
}

/* --- messages --------------------------------------------------------- */

unsigned int model_version(const struct model *m, uint32_t group)
{
	const struct model_group *g = &m->group[group];

	if (g->v1_until_ms > m->now_ms)
		return 1;
	return g->v2_until_ms > m->now_ms ? 2 : 3;
}

/* A group without members is forgotten, its hosts' versions included. */
static void settle(struct model_group *g)
{
	uint32_t statics = g->statics;

	if (model_hosts(g))
		return;
	memset(g, 0, sizeof(*g));
	g->statics = statics;
}

static void apply(struct model *m, uint32_t host, unsigned int type,
		  uint32_t number, uint32_t sources)
{
	struct model_group *g = &m->group[number];
	unsigned int version = model_version(m, number);
	struct record r = {host, number, type, false};
	bool wants = type == IS_EX || type == TO_EX ||
		     (type != BLOCK && sources);

	if (wants && !charge(m, g, host))
		return;
	if (wants && !host)
		model_unsure(m, number, m->now_ms + model_gmi(m));
	/* Section 7.3.2: what an older host makes meaningless. */
	if (version < 3 && type == BLOCK)
		return;
	if (version == 1 && type == TO_IN)
		return;
	if (version < 3 && type == TO_EX)
		sources = 0;
	if (g->exclude || type != BLOCK)
		sources = model_with_room(m, host, type, number, sources);
	r.now = model_leaves_now(m, number, host);
	model_track_sources(m, host, type, number, sources);
	if (g->exclude)
		in_exclude(m, &r, sources);
	else
		in_include(m, &r, sources);
	model_track_group(m, host, type, number);
	settle(g);
	model_line_up(m, g);
}

static bool heard(const struct model *m)
{
	return m->config.enabled && m->there;
}

void model_record(struct model *m, uint32_t host, unsigned int type,
		  uint32_t group, uint32_t sources)
{
	if (!heard(m) || m->config.version < 3 || type < IS_IN || type > BLOCK)
		return;
	/* RFC 4604 section 2.2 */
	if (m->source_specific >> group & 1 && (type == IS_EX || type == TO_EX))
		return;
	apply(m, host, type, group, sources);
}

void model_old_report(struct model *m, uint32_t host, unsigned int version,
		      uint32_t group)
{
	struct model_group *g = &m->group[group];

	if (!heard(m) || m->source_specific >> group & 1)
		return;
	apply(m, host, IS_EX, group, 0);
	if (!model_hosts(g))
		return;
	model_unsure(m, group, m->now_ms + model_older_host_present(m));
	if (version == 1)
		g->v1_until_ms = m->now_ms + model_older_host_present(m);
	else
		g->v2_until_ms = m->now_ms + model_older_host_present(m);
}

void model_leave(struct model *m, uint32_t host, uint32_t group)
{
	if (!heard(m) || m->source_specific >> group & 1)
		return;
	if (model_hosts(&m->group[group]))
		model_unsure(m, group, m->now_ms + model_older_host_present(m));
	apply(m, host, TO_IN, group, 0);
}

/* Everybody is asked at once, or when those last asked have answered; nobody
 * is given up before they have (or before who else is querier has asked). */
void model_lost(struct model *m)
{
	uint64_t at = m->asked_ms ? m->asked_ms + m->config.response_ms : 0;

	if (!m->there)
		return;
	model_all_unsure(m);
	if (!m->config.enabled)
		return;
	if (at < m->now_ms)
		at = m->now_ms;
	if (model_asks(m) && at < m->general_ms)
		m->general_ms = at;
	at = model_asks(m) ? m->general_ms : m->now_ms + m->config.query_ms;
	at += m->config.response_ms + 1000;
	if (m->deaf_ms <= m->now_ms)
		model_forget_silent(m);
	if (m->deaf_ms < at)
		m->deaf_ms = at;
}

/* --- other routers: sections 4.1.6, 4.1.7, 6.6.1, 6.6.2, 8.5 ------------ */

/* "Routers adopt the QRV value from the most recently received Query as their
 * own, unless that was zero": and the QQIC likewise. */
static void adopt(struct model *m)
{
	struct model_config *c = &m->config;

	*c = m->own;
	if (!m->other)
		return;
	if (m->other_robustness) {
		/* 8.9: the count is the robustness variable by default */
		if (c->last_member_count == c->robustness)
			c->last_member_count = 0;
		c->robustness = m->other_robustness;
	}
	if (m->other_interval_s)
		c->query_ms = 1000 * m->other_interval_s;
}

static bool yields_to(const struct model *m, uint32_t router)
{
	return m->own.passive || router < m->address;
}

static void nobody_else(struct model *m)
{
	m->other = 0;
	adopt(m);
}

static void elect(struct model *m, uint32_t router, const struct model_query *q)
{
	if (!yields_to(m, router) || (m->other && m->other < router))
		return;
	m->other = router;
	m->other_robustness = q->robustness;
	m->other_interval_s = q->interval_s;
	adopt(m);
	m->other_until_ms =
		m->now_ms +
		(uint64_t)m->config.robustness * m->config.query_ms +
		m->config.response_ms / 2;
	m->general_ms = MODEL_NEVER;
	m->startup_left = 0;
}

/* "Q(G): group timer is lowered to LMQT; Q(G,A): source timers for sources in
 * A are", if the S flag is clear. */
static void lower(struct model *m, const struct model_query *q)
{
	uint32_t interval = m->config.last_member_ms;
	struct model_group *g;
	uint64_t at_ms;

	if (q->group >= MODEL_GROUPS || q->suppress || q->version == 1)
		return;
	g = &m->group[q->group];
	if (q->response_ms > interval)
		interval = q->response_ms;
	at_ms = m->now_ms + (uint64_t)model_lmqc(m) * interval;
	if (!q->sources && g->exclude && g->timer_ms > at_ms)
		g->timer_ms = at_ms;
	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if (q->sources & g->x & 1u << i && g->source_ms[i] > at_ms)
			g->source_ms[i] = at_ms;
	}
}

void model_hear(struct model *m, uint32_t router, const struct model_query *q)
{
	if (!model_can_query(m) || !router || router == m->address)
		return;
	elect(m, router, q);
	lower(m, q);
}

uint32_t model_querier(const struct model *m)
{
	return model_asks(m) ? m->address : m->other;
}

/* "After its Other Querier Present timer expires, it should begin sending
 * General Queries." */
static void other_expires(struct model *m)
{
	if (!m->other || m->other_until_ms > m->now_ms)
		return;
	nobody_else(m);
	if (model_asks(m))
		m->general_ms = m->now_ms;
}

/* --- time: sections 6.2.2, 6.2.3, 6.5 ---------------------------------- */

/* Who is asked again has an interval from then on. */
static bool held(const struct model_ask *ask)
{
	return ask->waits && !ask->lower;
}

static void expire(struct model *m, struct model_group *g)
{
	uint32_t over = 0;

	if (m->now_ms < m->deaf_ms)
		return;
	for (uint32_t i = 0; i < MODEL_SOURCES; i++) {
		if (g->x >> i & 1 && g->source_ms[i] <= m->now_ms &&
		    !held(&g->source_ask[i])) {
			over |= 1u << i;
			g->source_ask[i] = (struct model_ask){0};
		}
	}
	model_nobody_listens(m, (uint32_t)(g - m->group), over);
	g->x &= ~over;
	if (g->exclude)
		g->y |= over;
	if (g->exclude && g->timer_ms <= m->now_ms && !held(&g->ask)) {
		model_nobody_listens(m, (uint32_t)(g - m->group), MODEL_ANY);
		g->exclude = false;
		g->y = 0;
		g->ask = (struct model_ask){0};
	}
	settle(g);
}

static void general(struct model *m)
{
	bool out;

	if (m->general_ms > m->now_ms)
		return;
	if (model_can_query(m))
		model_take_token(m);
	out = model_send(m, MODEL_GENERAL, false, 0, m->config.response_ms);
	m->asked_ms = m->now_ms;
	if (out && m->startup_left)
		m->startup_left--;
	m->general_ms = m->now_ms + (out && !m->startup_left
					     ? m->config.query_ms
					     : model_startup_ms(m));
}

/* A timer runs out, but not before that. */
static void sooner_out(const struct model *m, uint64_t *next, bool counts,
		       uint64_t at_ms)
{
	if (at_ms < m->deaf_ms)
		at_ms = m->deaf_ms;
	if (counts && at_ms < *next)
		*next = at_ms;
}

static void sooner(uint64_t *next, bool counts, uint64_t at_ms)
{
	if (counts && at_ms < *next)
		*next = at_ms;
}

static uint64_t next_event(const struct model *m)
{
	uint64_t next = m->general_ms;

	sooner(&next, m->other, m->other_until_ms);
	sooner(&next, model_first_in_line(m),
	       model_can_query(m) ? model_token_ms(m) : m->now_ms);
	for (uint32_t i = 0; i < MODEL_GROUPS; i++) {
		const struct model_group *g = &m->group[i];

		sooner_out(m, &next, g->exclude && !held(&g->ask), g->timer_ms);
		sooner(&next, g->ask.left && !g->ask.waits, g->ask.at_ms);
		for (uint32_t k = 0; k < MODEL_SOURCES; k++) {
			const struct model_ask *ask = &g->source_ask[k];

			sooner_out(m, &next, g->x >> k & 1 && !held(ask),
				   g->source_ms[k]);
			sooner(&next, ask->left && !ask->waits, ask->at_ms);
		}
	}
	return next;
}

void model_until(struct model *m, uint64_t then_ms)
{
	while (next_event(m) <= then_ms) {
		if (next_event(m) > m->now_ms)
			m->now_ms = next_event(m);
		for (uint32_t i = 0; i < MODEL_GROUPS; i++) {
			expire(m, &m->group[i]);
			model_line_up(m, &m->group[i]);
		}
		other_expires(m);
		general(m);
		model_serve(m);
	}
	m->now_ms = then_ms;
}

/* --- configuration, netdev, static groups ------------------------------ */

static void startup(struct model *m)
{
	nobody_else(m);
	model_all_unsure(m);
	m->startup_left = m->config.startup_count ? m->config.startup_count
						  : m->config.robustness;
	m->general_ms = model_asks(m) ? m->now_ms : MODEL_NEVER;
}

static void forget_hosts(struct model *m, bool statics_too)
{
	for (uint32_t i = 0; i < MODEL_GROUPS; i++) {
		uint32_t statics = statics_too ? 0 : m->group[i].statics;

		m->group[i] = (struct model_group){.statics = statics};
	}
}

void model_configure(struct model *m, const struct model_config *config)
{
	if (!memcmp(&m->own, config, sizeof(*config)))
		return;
	m->own = *config;
	adopt(m);
	if (!config->enabled) {
		m->deaf_ms = 0;
		forget_hosts(m, true);
	}
	for (uint32_t i = 0; i < MODEL_GROUPS && m->config.version < 3; i++) {
		if (m->group[i].turn)
			model_cannot_ask(m, &m->group[i]);
		model_line_up(m, &m->group[i]);
	}
	if (!m->other || !model_can_query(m) || !yields_to(m, m->other))
		startup(m);
}

void model_present(struct model *m, bool up, uint32_t address)
{
	bool could = model_can_query(m);
	uint32_t was = m->address;

	m->there = true;
	m->up = up;
	m->address = address;
	if (m->other && model_can_query(m) && m->other != address &&
	    yields_to(m, m->other))
		return;
	if (m->other || !could || !model_can_query(m) || was != address)
		startup(m);
}

void model_absent(struct model *m)
{
	m->there = false;
	nobody_else(m);
	m->general_ms = MODEL_NEVER;
	m->deaf_ms = 0;
	forget_hosts(m, false);
}

bool model_static_add(struct model *m, uint32_t group, uint32_t source)
{
	struct model_group *g = &m->group[group];
	uint32_t groups = 0;

	if (g->statics & source)
		return true;
	for (uint32_t i = 0; i < MODEL_GROUPS; i++)
		groups += m->group[i].statics != 0;
	if ((uint32_t)__builtin_popcount(g->statics) >= m->config.max_sources ||
	    (!g->statics && groups >= m->config.max_groups))
		return false;
	g->statics |= source;
	return true;
}

bool model_static_del(struct model *m, uint32_t group, uint32_t source)
{
	bool was = m->group[group].statics & source;

	m->group[group].statics &= ~source;
	return was;
}

bool model_wanted(const struct model *m, uint32_t group, uint32_t *sources)
{
	const struct model_group *g = &m->group[group];

	*sources = 0;
	if (g->statics & MODEL_ANY)
		return true;
	*sources = g->exclude ? g->y & ~g->statics : g->x | g->statics;
	return g->exclude;
}
