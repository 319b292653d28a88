/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who asks, of the routers of a LAN: RFC 9776 sections 6.6.2, 7.3.1 and 8.5.
 * The lowest address does; the others wait for it to fall silent, hold their
 * timers by its values (4.1.6, 4.1.7), and lower them when it asks about a
 * group or sources (6.6.1). Only its own queries hold it in office, for a
 * router that has lost against it would otherwise keep a dead one there.
 *
 * Who loses while queries about a group are under way sends the rest of them
 * (RFC 2236 section 3): what it has lowered, nobody else knows to ask about.
 */
#include "internal.h"

#include <errno.h>

#define WARN_MS 60000u /* between two lines about one LAN's versions */

bool igmp_interface_asks(const struct igmp_interface *in)
{
	return igmp_interface_can_query(in) && !in->other.address.s_addr &&
	       !in->config.passive;
}

/* Who never asks takes whoever does. */
static bool beats_us(const struct igmp_interface *in, struct in_addr host)
{
	return in->config.passive ||
	       igmp_address_less(host, in->subnets[0].address);
}

/*
 * The configured values, and over them those of the elected querier. Zero,
 * or a version that does not tell them: ours (sections 4.1.6, 4.1.7). A last
 * member query count that is our robustness variable stays it (8.9).
 */
void igmp_election_adopt(struct igmp_interface *in)
{
	const struct igmp_other *o = &in->other;

	in->config = in->own;
	if (o->robustness) {
		in->config.robustness = o->robustness;
		if (igmp_lmqc(&in->own) == in->own.robustness)
			in->config.last_member_count = 0;
	}
	if (o->query_interval_s)
		in->config.query_interval_ms = o->query_interval_s * 1000;
	igmp_version_adopt(in);
}

void igmp_election_configure(struct igmp_interface *in,
			     const struct igmp_config *own)
{
	in->own = *own;
	igmp_election_adopt(in);
}

void igmp_election_forget(struct igmp_interface *in)
{
	in->other = (struct igmp_other){0};
	igmp_election_adopt(in);
}

bool igmp_election_stands(const struct igmp_interface *in)
{
	struct in_addr other = in->other.address;

	return other.s_addr && igmp_interface_can_query(in) &&
	       beats_us(in, other) && !igmp_interface_is_ours(in, other) &&
	       igmp_interface_has_host(in, other);
}

static bool same_parameters(const struct igmp_other *a,
			    const struct igmp_other *b)
{
	return a->version == b->version && a->robustness == b->robustness &&
	       a->query_interval_s == b->query_interval_s &&
	       a->response_ms == b->response_ms;
}

static void elect(struct igmp_interface *in, struct in_addr host,
		  const struct igmp_message *m, uint64_t now_ms)
{
	struct igmp_other *o = &in->other;
	struct igmp_other was = *o;

	if (!beats_us(in, host) ||
	    (o->address.s_addr && igmp_address_less(o->address, host)))
		return;
	if (o->address.s_addr != host.s_addr)
		*o = (struct igmp_other){.address = host};
	o->version = m->version;
	o->robustness = m->robustness;
	o->query_interval_s = m->query_interval_s;
	if (!m->group.s_addr || m->version == 1)
		o->response_ms = m->max_response_ms;
	igmp_election_adopt(in);
	in->startup_left = 0;
	o->until_ms = now_ms + igmp_other_querier_ms(&in->config);
	timer_set(&in->router->timers, &in->timer, o->until_ms);
	if (was.address.s_addr == host.s_addr && !same_parameters(&was, o))
		igmp_problems_changed(in);
}

/*
 * Section 7.3.1: a router must be told to speak an older version, so a person
 * must hear that one is spoken here; and who was told so, that it was for
 * nothing.
 */
static void look_at_version(struct igmp_interface *in, struct in_addr host,
			    const struct igmp_message *m, uint64_t now_ms)
{
	const struct igmp_hooks *hooks = in->router->hooks;

	bool adopted = igmp_version_hear(in, host, m, now_ms);

	if (m->version == in->config.version && !adopted)
		return;
	igmp_count(in, IGMP_N_QUERIES_VERSION);
	if (!adopted && in->warned_ms && now_ms < in->warned_ms + WARN_MS)
		return;
	in->warned_ms = now_ms;
	if (hooks->version)
		hooks->version(hooks->arg, in, host, m->version);
}

/*
 * When who does not answer a query that was heard is given up. Section 8.8
 * has the last member query interval as what such a query says; who says less
 * than we would must not hurry us.
 */
static uint64_t lowered_ms(const struct igmp_interface *in,
			   const struct igmp_message *m, uint64_t now_ms)
{
	uint64_t interval = in->config.last_member_ms;

	if (interval < m->max_response_ms)
		interval = m->max_response_ms;
	return now_ms + interval * igmp_lmqc(&in->config);
}

static bool source_lower(struct igmp_group *g, struct in_addr source,
			 uint64_t at_ms)
{
	for (uint32_t i = 0; i < g->source_count; i++) {
		struct igmp_source *s = &g->sources[i];

		if (s->address.s_addr != source.s_addr)
			continue;
		if (s->expires_ms <= at_ms)
			return false;
		s->expires_ms = at_ms;
		return true;
	}
	return false;
}

/* Section 6.6.1. Version 1 has no queries about a group. */
static void lower(struct igmp_interface *in, const struct igmp_message *m,
		  uint64_t now_ms)
{
	struct igmp_group *g = igmp_group_find(in, m->group);
	uint64_t at_ms = lowered_ms(in, m, now_ms);
	bool lowered = false;

	if (!g || m->suppress || m->version == 1)
		return;
	if (!m->sources.count && g->filter == MGM_EXCLUDE &&
	    g->expires_ms > at_ms) {
		g->expires_ms = at_ms;
		lowered = true;
	}
	for (size_t i = 0; i < m->sources.count; i++)
		lowered |= source_lower(g, igmp_address(&m->sources, i), at_ms);
	if (lowered)
		igmp_group_schedule(g);
}

/* Who cannot be a querier beside us, or of whom we cannot tell. */
static bool refuse(struct igmp_interface *in, struct in_addr host)
{
	if (!host.s_addr)
		igmp_count(in, IGMP_N_QUERIES_UNNAMED);
	else if (igmp_interface_is_ours(in, host))
		igmp_count(in, IGMP_N_QUERIES_OWN);
	else if (!igmp_interface_can_query(in))
		igmp_count(in, IGMP_N_QUERIES_DEAF);
	else
		return false;
	return true;
}

void igmp_election_hear(struct igmp_interface *in, struct in_addr host,
			const struct igmp_message *m, uint64_t now_ms)
{
	igmp_count(in, IGMP_N_QUERIES_HEARD);
	igmp_count(in, igmp_counter_query(IGMP_HEARD, m->version,
					  m->group.s_addr, m->sources.count));
	if (refuse(in, host))
		return;
	if (igmp_address_less(host, in->subnets[0].address))
		igmp_count(in, IGMP_N_QUERIES_LOWER);
	look_at_version(in, host, m, now_ms);
	elect(in, host, m, now_ms);
	lower(in, m, now_ms);
	igmp_election_announce(in, now_ms);
}

void igmp_election_announce(struct igmp_interface *in, uint64_t now_ms)
{
	const struct igmp_hooks *hooks = in->router->hooks;
	struct in_addr is = in->other.address;
	bool self = igmp_interface_asks(in);

	igmp_forward_look(in);
	if (self)
		is = in->subnets[0].address;
	if (self == in->announced_self && is.s_addr == in->announced.s_addr)
		return;
	if (in->announced.s_addr && is.s_addr)
		igmp_count(in, IGMP_N_QUERIER_CHANGES);
	in->announced = is;
	in->announced_self = self;
	in->querier_since_ms = now_ms;
	if (in->ifid && hooks->querier)
		hooks->querier(hooks->arg, in);
	igmp_problems_changed(in);
}

int igmp_interface_querier(const struct igmp_interface *in, uint64_t now_ms,
			   struct proto_querier *querier)
{
	const struct igmp_other *o = &in->other;

	*querier = (struct proto_querier){0};
	if (!igmp_interface_running(in))
		return -ENOENT;
	igmp_forward_tell(in, querier);
	if (igmp_interface_asks(in)) {
		querier->address = mgm_address_v4(in->subnets[0].address);
		querier->self = true;
	} else if (o->address.s_addr) {
		querier->address = mgm_address_v4(o->address);
		querier->expires_ms =
			o->until_ms > now_ms ? o->until_ms - now_ms : 1;
	}
	return 0;
}
