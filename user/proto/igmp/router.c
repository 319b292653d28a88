/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages: who may send them, what each type means to a group, and the life
 * of the router as a whole. The decisions about sources are record.c's.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEAR_MS 1000u /* from the end of the answers until we have read them */

struct igmp_router *igmp_router_new(const struct igmp_hooks *hooks)
{
	struct igmp_router *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->hooks = hooks;
	igmp_router_configure(r, NULL);
	return r;
}

void igmp_router_configure(struct igmp_router *r,
			   const struct igmp_global *global)
{
	if (global)
		r->global = *global;
	else
		option_defaults(igmp_config_options()->global, &r->global);
}

static void groups_free(struct igmp_interface *in)
{
	struct hash_node *node, *tmp;
	uint32_t i;

	hash_for_each_safe(&in->groups, node, tmp, i) {
		igmp_group_free(hash_entry(node, struct igmp_group, node));
	}
}

void igmp_router_free(struct igmp_router *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->interface_count; i++) {
		groups_free(r->interfaces[i]);
		igmp_interface_free(r->interfaces[i]);
	}
	hash_clear(&r->by_id);
	free(r->interfaces);
	igmp_lenders_free(r);
	free(r->merged);
	free(r->before.sources);
	free(r->after.sources);
	timers_clear(&r->timers);
	free(r);
}

uint64_t igmp_router_tick(struct igmp_router *r, uint64_t now_ms)
{
	timers_run_some(&r->timers, now_ms, IGMP_TURN);
	igmp_pace_serve(r, now_ms);
	return timers_next(&r->timers);
}

uint64_t igmp_router_next(const struct igmp_router *r)
{
	return timers_next(&r->timers);
}

void igmp_router_count(struct igmp_router *r, uint32_t ifid,
		       enum igmp_counter which)
{
	struct igmp_interface *in = igmp_interface_by_id(r, ifid);

	r->counters.n[which]++;
	if (in)
		in->counters.n[which]++;
}

uint64_t igmp_router_counted(const struct igmp_router *r,
			     enum igmp_counter which)
{
	return r->counters.n[which];
}

uint64_t igmp_interface_counted(const struct igmp_interface *in,
				enum igmp_counter which)
{
	return in->counters.n[which];
}

/* Would this record leave a group that is not there as it is? */
static bool says_nothing(const struct igmp_record *record)
{
	switch (record->type) {
	case IGMP_IS_EX:
	case IGMP_TO_EX:
		return false;
	case IGMP_BLOCK:
		return true;
	}
	return !record->sources.count;
}

/* The group as it was when the message came. */
static struct igmp_group *current(struct igmp_interface *in,
				  struct in_addr group)
{
	struct igmp_router *r = in->router;
	struct igmp_group *g = igmp_group_find(in, group);

	/* What had expired by then must not meet the message. */
	if (g && timer_run(&r->timers, &g->timer, r->arrived_ms))
		g = igmp_group_find(in, group);
	return g;
}

/* What a group that has expired takes up is nobody's. */
static bool admit(struct igmp_interface *in, struct in_addr host,
		  struct in_addr group)
{
	struct igmp_router *r = in->router;

	if (igmp_host_full(in, host) < IGMP_LIMITS)
		timers_run_some(&r->timers, r->arrived_ms, IGMP_TURN);
	return igmp_host_admit(in, host, group);
}

static void hear_allowed(struct igmp_interface *in, struct in_addr host,
			 const struct igmp_record *record, uint64_t now_ms)
{
	struct igmp_group *g = current(in, record->group);
	bool wants = !says_nothing(record);
	bool fresh = !g || !g->reporter;

	if (!g && !wants) {
		igmp_count(in, IGMP_N_RECORDS_IDLE);
		return;
	}
	if (wants && fresh && !admit(in, host, record->group))
		return;
	if (!g)
		g = igmp_group_get(in, record->group);
	if (!g)
		return;
	g->last_reporter = host;
	if (record->type == IGMP_TO_IN || record->type == IGMP_BLOCK)
		in->left = (struct igmp_leave){now_ms, host, record->group};
	if (!host.s_addr && wants) /* there may be several */
		igmp_hosts_unsure(g, now_ms + igmp_gmi_ms(&in->config));
	if (fresh)
		g->since_ms = now_ms;
	if (!wants || !igmp_host_charge(g, host))
		igmp_record_apply(g, record, now_ms);
	else
		igmp_count(in, IGMP_N_NO_MEMORY);
	igmp_group_reap(g);
}

/* False: policy refuses it as a whole. */
static bool hear_record(struct igmp_interface *in, struct in_addr host,
			struct igmp_record *record, uint64_t now_ms)
{
	if (!igmp_policy_pass(in, host, record))
		return false;
	hear_allowed(in, host, record, now_ms);
	return true;
}

/*
 * In the range of source-specific multicast nothing may ask for any source:
 * RFC 4604 section 2.2. Version 1 and 2 know nothing else, leaves included.
 * What does is ignored, unless the table of sources has some for the group.
 */
static bool record_source_specific(const struct igmp_record *record)
{
	return record->type != IGMP_IS_EX && record->type != IGMP_TO_EX;
}

static void hear_known_record(struct igmp_interface *in, struct in_addr host,
			      const struct igmp_record *record, uint64_t now_ms)
{
	struct igmp_record as = *record;

	if (!record_source_specific(record) && igmp_ssm(in, record->group)) {
		as.type = IGMP_IS_IN;
		if (!igmp_ssm_map(in, &as)) {
			igmp_count(in, IGMP_N_NOT_SOURCE_SPECIFIC);
			return;
		}
	}
	igmp_count(in, IGMP_N_RECORDS);
	hear_record(in, host, &as, now_ms);
}

static void hear_v3_report(struct igmp_interface *in, struct in_addr host,
			   const struct igmp_message *m, uint64_t now_ms)
{
	struct igmp_record record;
	size_t offset = 0;

	igmp_count(in, IGMP_N_REPORTS_V3);
	if (in->config.version < 3) {
		igmp_count(in, IGMP_N_WRONG_VERSION);
		return;
	}
	igmp_groups_near(in, m);
	while (igmp_record_next(m, &offset, &record)) {
		switch (igmp_record_check(&record)) {
		case XMGM_IGMP_DELIVERED:
			hear_known_record(in, host, &record, now_ms);
			break;
		case XMGM_IGMP_TYPE:
			igmp_count(in, IGMP_N_RECORDS_UNKNOWN);
			break;
		case XMGM_IGMP_LINK_LOCAL:
			igmp_count(in, IGMP_N_RECORDS_LOCAL);
			break;
		default:
			igmp_count(in, IGMP_N_RECORDS_BAD);
		}
	}
}

/* An older report is IS_EX({}) and starts the older host present timer:
 * RFC 9776 sections 7.3.2 and 8.13. */
static void hear_old_report(struct igmp_interface *in, struct in_addr host,
			    const struct igmp_message *m, uint64_t now_ms)
{
	bool mapped = igmp_ssm(in, m->group);
	struct igmp_record record = {
		.type = mapped ? IGMP_IS_IN : IGMP_IS_EX,
		.group = m->group,
	};
	uint64_t until = now_ms + igmp_older_host_ms(&in->config);
	struct igmp_group *g;

	if (mapped && !igmp_ssm_map(in, &record)) {
		igmp_count(in, IGMP_N_NOT_SOURCE_SPECIFIC);
		return;
	}
	if (!hear_record(in, host, &record, now_ms))
		return;
	g = igmp_group_find(in, m->group);
	if (!g || !g->reporter)
		return;		     /* refused, or nobody is interested */
	igmp_hosts_unsure(g, until); /* others suppress theirs */
	if (m->version == 1)
		g->v1_until_ms = until;
	else if (!mapped) /* else it answers for sources, see ssm.c */
		g->v2_until_ms = until;
}

static void hear_v1_report(struct igmp_interface *in, struct in_addr host,
			   const struct igmp_message *m, uint64_t now_ms)
{
	igmp_count(in, IGMP_N_REPORTS_V1);
	if (in->config.ignore_v1)
		igmp_count(in, IGMP_N_REPORTS_V1_IGNORED);
	else
		hear_old_report(in, host, m, now_ms);
}

static void hear_v2_report(struct igmp_interface *in, struct in_addr host,
			   const struct igmp_message *m, uint64_t now_ms)
{
	igmp_count(in, IGMP_N_REPORTS_V2);
	hear_old_report(in, host, m, now_ms);
}

/* A leave is TO_IN({}). In version 1 nobody is asked, so that it is ignored:
 * RFC 9776 section 7.3.1. */
static void hear_v2_leave(struct igmp_interface *in, struct in_addr host,
			  const struct igmp_message *m, uint64_t now_ms)
{
	bool mapped = igmp_ssm(in, m->group);
	struct igmp_record record = {
		.type = mapped ? IGMP_BLOCK : IGMP_TO_IN,
		.group = m->group,
	};
	struct igmp_group *g = igmp_group_find(in, m->group);

	igmp_count(in, IGMP_N_LEAVES_V2);
	if (in->config.version == 1) {
		igmp_count(in, IGMP_N_LEAVES_V1_MODE);
	} else if (mapped && !igmp_ssm_map(in, &record)) {
		igmp_count(in, IGMP_N_NOT_SOURCE_SPECIFIC);
	} else {
		if (g) /* others of this version may be silent */
			igmp_hosts_unsure(
				g, now_ms + igmp_older_host_ms(&in->config));
		hear_record(in, host, &record, now_ms);
	}
}

typedef void hear_fn(struct igmp_interface *in, struct in_addr host,
		     const struct igmp_message *m, uint64_t now_ms);

static hear_fn *hear(enum xmgm_igmp_type type)
{
	switch (type) {
	case XMGM_IGMP_QUERY:
		return igmp_election_hear;
	case XMGM_IGMP_V1_REPORT:
		return hear_v1_report;
	case XMGM_IGMP_V2_REPORT:
		return hear_v2_report;
	case XMGM_IGMP_V2_LEAVE:
		return hear_v2_leave;
	case XMGM_IGMP_V3_REPORT:
		return hear_v3_report;
	}
	return NULL;
}

void igmp_router_message(struct igmp_router *r, uint32_t ifid,
			 struct in_addr host, const struct igmp_message *m,
			 uint64_t now_ms)
{
	igmp_router_message_late(r, ifid, host, m, now_ms, now_ms);
}

void igmp_router_message_late(struct igmp_router *r, uint32_t ifid,
			      struct in_addr host, const struct igmp_message *m,
			      uint64_t arrived_ms, uint64_t now_ms)
{
	struct igmp_interface *in = igmp_interface_by_id(r, ifid);
	hear_fn *fn = hear(m->type);

	r->heard_version = m->version;
	r->arrived_ms = arrived_ms < now_ms ? arrived_ms : now_ms;
	if (in) /* another querier, who has been silent for too long */
		timer_run(&r->timers, &in->timer, r->arrived_ms);
	if (!in || !igmp_interface_running(in))
		igmp_router_count(r, ifid, IGMP_N_NO_INTERFACE);
	else if (!igmp_interface_has_host(in, host))
		igmp_count(in, IGMP_N_FOREIGN_HOST);
	else if (fn)
		fn(in, host, m, now_ms);
	igmp_pace_serve(r, now_ms);
}

/*
 * Members must not be given up for what we have not heard. Which messages are
 * lost nobody chooses, joins of a flood or answers of members; so what there is
 * stays until all have been asked again and have had the time to answer.
 */
static void hold_members(struct igmp_interface *in, uint64_t asked_ms)
{
	uint64_t until_ms = asked_ms + in->config.query_response_ms + HEAR_MS;

	if (until_ms > in->deaf_until_ms)
		in->deaf_until_ms = until_ms;
}

/* What is asked before the last answers are due would be asked for nothing. */
void igmp_router_lost(struct igmp_router *r, uint32_t ifid, uint64_t now_ms)
{
	struct igmp_interface *in = igmp_interface_by_id(r, ifid);
	uint64_t at;

	igmp_router_count(r, ifid, IGMP_N_RING_LOST);
	if (in)
		igmp_hosts_all_unsure(in, now_ms);
	if (!in || !igmp_interface_running(in))
		return;
	if (!igmp_interface_asks(in) || !in->timer.slot) {
		hold_members(in, now_ms + in->config.query_interval_ms);
		return;
	}
	at = in->queried_ms + in->config.query_response_ms;
	if (!in->queried_ms || at < now_ms)
		at = now_ms;
	if (at < in->timer.at_ms)
		timer_set(&r->timers, &in->timer, at);
	hold_members(in, in->timer.at_ms);
}
