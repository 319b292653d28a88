/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One group record applied to one group: RFC 9776 sections 6.4.1 and 6.4.2
 * as a table. The RFC writes set algebra over X (sources whose timer runs; in
 * INCLUDE mode all of them), Y (timer zero) and A (the record's). These sets
 * cut all sources into five classes, so a cell of the table is what becomes
 * of each class, plus the group's own timer and query.
 */
#include "internal.h"
#include "limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where a source stands before the record. */
enum class {
	X_ONLY, /* timer runs, not in the record */
	X_AND_A,
	Y_ONLY, /* timer zero, not in the record */
	Y_AND_A,
	A_ONLY, /* in the record, not known */
	CLASSES
};

/* What becomes of it. */
enum action {
	KEEP,	    /* as it is */
	DROP,	    /* deleted, or never made */
	GMI,	    /* timer := group membership interval */
	ZERO,	    /* timer := 0 */
	GROUP,	    /* timer := the group's timer */
	ASK = 8,    /* or-ed: in the set X of "send Q(G,X)" */
	TIMER = 15, /* mask that leaves the action without ASK */
};

struct cell {
	enum mgm_filter filter; /* afterwards */
	uint8_t act[CLASSES];
	bool group_timer; /* group timer := GMI */
	bool ask_group;	  /* send Q(G) */
};

/* Columns: X_ONLY, X_AND_A, Y_ONLY, Y_AND_A, A_ONLY. No Y in INCLUDE. */
static const struct cell in_include[] = {
	/* INCLUDE (A+B); (B)=GMI */
	[IGMP_IS_IN] = {MGM_INCLUDE, {KEEP, GMI, DROP, DROP, GMI}, false, false},
	/* EXCLUDE (A*B,B-A); (B-A)=0, delete (A-B), group timer=GMI */
	[IGMP_IS_EX] = {MGM_EXCLUDE,
			{DROP, KEEP, DROP, DROP, ZERO},
			true,
			false},
	/* INCLUDE (A+B); (B)=GMI, send Q(G,A-B) */
	[IGMP_TO_IN] = {MGM_INCLUDE,
			{KEEP | ASK, GMI, DROP, DROP, GMI},
			false,
			false},
	/* EXCLUDE (A*B,B-A); (B-A)=0, delete (A-B), send Q(G,A*B),
	 * group timer=GMI */
	[IGMP_TO_EX] = {MGM_EXCLUDE,
			{DROP, KEEP | ASK, DROP, DROP, ZERO},
			true,
			false},
	/* INCLUDE (A+B); (B)=GMI */
	[IGMP_ALLOW] = {MGM_INCLUDE, {KEEP, GMI, DROP, DROP, GMI}, false, false},
	/* INCLUDE (A); send Q(G,A*B) */
	[IGMP_BLOCK] = {MGM_INCLUDE,
			{KEEP, KEEP | ASK, DROP, DROP, DROP},
			false,
			false},
};

static const struct cell in_exclude[] = {
	/* EXCLUDE (X+A,Y-A); (A)=GMI */
	[IGMP_IS_IN] = {MGM_EXCLUDE, {KEEP, GMI, KEEP, GMI, GMI}, false, false},
	/* EXCLUDE (A-Y,Y*A); (A-X-Y)=GMI, delete (X-A), delete (Y-A),
	 * group timer=GMI */
	[IGMP_IS_EX] = {MGM_EXCLUDE, {DROP, KEEP, DROP, KEEP, GMI}, true, false},
	/* EXCLUDE (X+A,Y-A); (A)=GMI, send Q(G,X-A), send Q(G) */
	[IGMP_TO_IN] = {MGM_EXCLUDE,
			{KEEP | ASK, GMI, KEEP, GMI, GMI},
			false,
			true},
	/* EXCLUDE (A-Y,Y*A); (A-X-Y)=group timer, delete (X-A),
	 * delete (Y-A), send Q(G,A-Y), group timer=GMI */
	[IGMP_TO_EX] = {MGM_EXCLUDE,
			{DROP, KEEP | ASK, DROP, KEEP, GROUP | ASK},
			true,
			false},
	/* EXCLUDE (X+A,Y-A); (A)=GMI */
	[IGMP_ALLOW] = {MGM_EXCLUDE, {KEEP, GMI, KEEP, GMI, GMI}, false, false},
	/* EXCLUDE (X+(A-Y),Y); (A-X-Y)=group timer, send Q(G,A-Y) */
	[IGMP_BLOCK] = {MGM_EXCLUDE,
			{KEEP, KEEP | ASK, KEEP, KEEP, GROUP | ASK},
			false,
			false},
};

/*
 * What an older host on the LAN makes of a record: RFC 9776 section 7.3.2.
 * An older host cannot answer for a source, nor, in version 1, for a leave.
 */
enum compat { AS_IS, NO_SOURCES, IGNORED };

static const enum compat compat[][IGMP_BLOCK + 1] = {
	[1] = {[IGMP_TO_IN] = IGNORED,
	       [IGMP_TO_EX] = NO_SOURCES,
	       [IGMP_BLOCK] = IGNORED},
	[2] = {[IGMP_TO_EX] = NO_SOURCES, [IGMP_BLOCK] = IGNORED},
	[3] = {[IGMP_IS_IN] = AS_IS},
};

static int address_order(const void *a, const void *b)
{
	const struct in_addr *x = a, *y = b;

	return igmp_address_less(*y, *x) - igmp_address_less(*x, *y);
}

/* The record's sources into r->listed: sorted, each once. */
static size_t list_sources(struct igmp_router *r,
			   const struct igmp_addresses *sources)
{
	size_t n = 0;

	for (size_t i = 0; i < sources->count; i++)
		r->listed[i] = igmp_address(sources, i);
	qsort(r->listed, sources->count, sizeof(r->listed[0]), address_order);
	for (size_t i = 0; i < sources->count; i++) {
		if (!n || r->listed[n - 1].s_addr != r->listed[i].s_addr)
			r->listed[n++] = r->listed[i];
	}
	return n;
}

/* When a timer that is lowered at now_ms runs out; later by what queries have
 * failed, if that is so already. */
static uint64_t lowered_ms(const struct igmp_group *g, unsigned int failures,
			   uint64_t now_ms)
{
	const struct igmp_config *config = &g->in->config;

	return now_ms + igmp_lmqt_ms(config) +
	       (uint64_t)failures * config->last_member_ms;
}

/*
 * The timer of a source that is to be asked about is lowered, when the query
 * leaves: section 6.6.3.2. One that runs out within that time is being asked
 * about already; where we ask nobody, nobody is given up.
 */
static void source_ask(struct igmp_source *s, struct igmp_group *g,
		       uint64_t now_ms)
{
	unsigned int failures = s->retransmit ? s->failures : 0;

	if (s->expires_ms <= lowered_ms(g, failures, now_ms) ||
	    (s->waits && s->lower) || !igmp_interface_asks(g->in))
		return;
	s->lower = true;
	s->retransmit = (uint8_t)igmp_lmqc(&g->in->config);
	s->failures = 0;
	s->query_ms = now_ms;
	g->source_query_ms = now_ms;
}

/* Does to a source what the cell says; false: it is deleted. */
static bool source_act(struct igmp_source *s, struct igmp_group *g,
		       unsigned int act, uint64_t now_ms)
{
	switch (act & TIMER & ~ASK) {
	case DROP:
		return false;
	case GMI:
		s->expires_ms = now_ms + igmp_gmi_ms(&g->in->config);
		s->lower = false; /* somebody has answered already */
		break;
	case ZERO:
		s->expires_ms = 0;
		break;
	case GROUP:
		s->expires_ms = g->expires_ms;
		break;
	}
	if (act & ASK)
		source_ask(s, g, now_ms);
	return true;
}

/* The group's sources and the n listed ones, in order. */
struct walk {
	struct igmp_group *g;
	size_t n, known, listed;
	struct igmp_source source; /* the one at hand */
	enum class class;
};

static bool walk_next(struct walk *w)
{
	const struct igmp_group *g = w->g;
	const struct in_addr *list = g->in->router->listed + w->listed;
	const struct igmp_source *s = NULL;
	bool listed = w->listed < w->n, known = w->known < g->source_count;

	if (!listed && !known)
		return false;
	if (known)
		s = &g->sources[w->known];
	if (listed && known && igmp_address_less(s->address, *list))
		listed = false;
	else if (listed && known && igmp_address_less(*list, s->address))
		known = false;
	w->listed += listed;
	w->known += known;
	if (!known) {
		w->source = (struct igmp_source){.address = *list};
		w->class = A_ONLY;
		return true;
	}
	w->source = *s;
	if (s->expires_ms)
		w->class = listed ? X_AND_A : X_ONLY;
	else
		w->class = listed ? Y_AND_A : Y_ONLY;
	return true;
}

/* A record at work on a group's sources. */
struct work {
	struct igmp_group *g;
	const struct cell *cell;
	unsigned int type;
	size_t n;	       /* sources that it lists */
	size_t kept;	       /* known ones that the cell does not drop */
	size_t fresh;	       /* new ones that the limits let in */
	size_t spare;	       /* known ones that may be charged to the host */
	bool sure;	       /* what its last host leaves may go at once */
	enum igmp_limit limit; /* by which the others are refused */
	uint64_t now_ms;
};

static size_t share(const struct igmp_config *c)
{
	return c->max_host_sources ? c->max_host_sources
				   : (c->max_sources + 3) / 4;
}

/* How many sources may be new, in the group and of the host, when those that
 * the cell drops are gone. */
static void plan(struct work *w)
{
	struct walk walk = {.g = w->g, .n = w->n};
	const struct igmp_config *config = &w->g->in->config;
	size_t mine = 0, fresh = 0, room = 0, own = 0;
	in_addr_t host = w->g->last_reporter.s_addr;

	while (walk_next(&walk)) {
		if (w->cell->act[walk.class] == DROP)
			continue;
		fresh += walk.class == A_ONLY;
		w->kept += walk.class != A_ONLY;
		mine += walk.class != A_ONLY &&
			walk.source.charged.s_addr == host;
	}
	if (config->max_sources > w->kept)
		room = config->max_sources - w->kept;
	if (share(config) > mine)
		own = share(config) - mine;
	w->limit = room <= own ? IGMP_LIMIT_SOURCES : IGMP_LIMIT_HOST_SOURCES;
	w->fresh = fresh;
	if (w->fresh > room)
		w->fresh = room;
	if (w->fresh > own)
		w->fresh = own;
	w->spare = own - w->fresh;
}

/* One more than a limit allows, of what was reported last. */
static void refuse_source(const struct work *w)
{
	struct igmp_group *g = w->g;
	const struct igmp_hooks *hooks = g->in->router->hooks;

	igmp_count(g->in, w->limit == IGMP_LIMIT_SOURCES
				  ? IGMP_N_LIMIT_SOURCES
				  : IGMP_N_LIMIT_HOST_SOURCES);
	if (hooks->refused)
		hooks->refused(hooks->arg, g->in, w->limit, g->last_reporter,
			       g->group);
}

/*
 * Whose share is it? A new one is of who reports it; false: he has no room for
 * it. One that is refreshed goes over to who does, if he has room.
 */
static bool source_charge(struct work *w, struct igmp_source *s,
			  enum class class)
{
	struct in_addr host = w->g->last_reporter;
	unsigned int act = w->cell->act[class];

	if (class == A_ONLY && act != DROP) {
		if (!w->fresh)
			return false;
		w->fresh--;
		s->charged = host;
	} else if (act == GMI && s->charged.s_addr != host.s_addr && w->spare) {
		w->spare--;
		s->charged = host;
	}
	return true;
}

/* Does the host listen to a source, by this record? */
static void source_follow(const struct work *w, struct igmp_source *s,
			  bool listed)
{
	bool all = w->type == IGMP_IS_EX || w->type == IGMP_TO_EX;

	if (listed && (w->type == IGMP_IS_IN || w->type == IGMP_ALLOW ||
		       w->type == IGMP_TO_IN))
		igmp_listener_heard(w->g, &s->listeners, w->now_ms);
	else if (all || (w->type == IGMP_BLOCK && listed) ||
		 (w->type == IGMP_TO_IN && !listed))
		igmp_listener_left(w->g, &s->listeners);
}

/* In INCLUDE mode: what would be asked about, and has no host any more. */
static bool source_left(const struct work *w, const struct igmp_source *s,
			enum class class)
{
	if (!w->sure || !(w->cell->act[class] & ASK) ||
	    w->cell->filter == MGM_EXCLUDE || s->listeners.count)
		return false;
	igmp_count(w->g->in, IGMP_N_IMMEDIATE_LEAVES);
	return true;
}

/* The source is deleted. Who listens to it still is not known any more. */
static void source_end(const struct work *w, struct igmp_source *s)
{
	struct igmp_group *g = w->g;

	if (s->listeners.count)
		igmp_hosts_unsure(g, w->now_ms + igmp_gmi_ms(&g->in->config));
	igmp_listeners_drop(g->in, &s->listeners);
}

/*
 * Does what the cell says, into r->merged. A source beyond a limit is left
 * out: of an INCLUDE list it is not forwarded, while one that EXCLUDE would
 * block or time is forwarded. What is known is refreshed in any case.
 */
static size_t merge(struct work *w)
{
	struct walk walk = {.g = w->g, .n = w->n};
	struct igmp_router *r = w->g->in->router;
	struct igmp_source *s = &walk.source;
	size_t out = 0;

	while (walk_next(&walk)) {
		bool listed = walk.class == X_AND_A || walk.class == Y_AND_A ||
			      walk.class == A_ONLY;

		if (!source_charge(w, s, walk.class)) {
			refuse_source(w);
			continue;
		}
		source_follow(w, s, listed);
		if (!source_left(w, s, walk.class) &&
		    source_act(s, w->g, w->cell->act[walk.class], w->now_ms))
			r->merged[out++] = *s;
		else
			source_end(w, s);
	}
	return out;
}

static int record_merge(struct work *w, const struct igmp_addresses *listed)
{
	struct igmp_group *g = w->g;
	struct igmp_router *r = g->in->router;
	struct igmp_source *sources = NULL;
	uint32_t was = g->source_count;
	size_t count;

	w->n = list_sources(r, listed);
	plan(w);
	w->sure = igmp_leave_is_sure(g, w->now_ms);
	count = w->kept + w->fresh;
	if (count != was)
		sources = calloc(count ? count : 1, sizeof(*sources));
	if (igmp_view_room(g, w->n) || (count != was && !sources)) {
		igmp_count(g->in, IGMP_N_NO_MEMORY);
		free(sources);
		return -ENOMEM;
	}
	igmp_view_fill(g, &r->before);
	count = merge(w);
	if (sources) {
		free(g->sources);
		g->sources = sources;
	}
	g->source_count = (uint32_t)count;
	if (count)
		memcpy(g->sources, r->merged, count * sizeof(*g->sources));
	if (r->hooks->near &&
	    igmp_limit_reached(was, g->source_count, g->in->config.max_sources))
		r->hooks->near(r->hooks->arg, g->in, IGMP_LIMIT_SOURCES,
			       g->group);
	return 0;
}

/* Q(G), unless that is being done already: a host that repeats its leave must
 * not multiply our queries. */
static void ask_group(struct igmp_group *g, uint64_t now_ms)
{
	bool asked = g->retransmit &&
		     g->expires_ms <= lowered_ms(g, g->failures, now_ms);

	if (asked || (g->waits && g->lower) || !igmp_interface_asks(g->in))
		return;
	g->lower = true;
	g->retransmit = (uint8_t)igmp_lmqc(&g->in->config);
	g->failures = 0;
	g->group_query_ms = now_ms;
}

void igmp_record_apply(struct igmp_group *g, const struct igmp_record *record,
		       uint64_t now_ms)
{
	unsigned int version = igmp_group_version(g, now_ms);
	struct work w = {.g = g, .type = record->type, .now_ms = now_ms};
	struct igmp_addresses listed = record->sources;
	const struct cell *cell;
	bool asks;

	if (compat[version][record->type] == IGNORED) {
		igmp_count(g->in, IGMP_N_RECORDS_COMPAT);
		return;
	}
	if (compat[version][record->type] == NO_SOURCES)
		listed.count = 0;
	cell = g->filter == MGM_EXCLUDE ? &in_exclude[record->type]
					: &in_include[record->type];
	w.cell = cell;
	if (record_merge(&w, &listed))
		return;
	g->filter = cell->filter;
	if (cell->group_timer) {
		g->expires_ms = now_ms + igmp_gmi_ms(&g->in->config);
		g->lower = false;
		igmp_listener_heard(g, &g->listeners, now_ms);
	}
	if (record->type == IGMP_TO_IN)
		igmp_listener_left(g, &g->listeners);
	asks = cell->ask_group && !igmp_leave_group(g, now_ms);
	igmp_view_fill(g, &g->in->router->after);
	igmp_view_tell(g);
	if (asks)
		ask_group(g, now_ms);
	igmp_query_due(g, now_ms);
}
