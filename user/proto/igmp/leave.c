/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Immediate leave that spares neighbours: with `immediate-leave`, what the last
 * listener leaves goes at once, and nobody is asked. RFC 9776 leaves it to us:
 * its last member queries (section 6.6.3) find out whether somebody is left,
 * and who has tracked all hosts knows that already.
 *
 * It must never cut off a host that is not tracked, so the queries are sent as
 * ever, and the timers with them, where
 * - version 1 or 2 hosts are or may be members: they suppress their reports
 *   when they hear those of others, so one may stand for many. That is the
 *   group's compatibility mode, the leave of a version 2 host, and what the SSM
 *   map has made of such hosts' reports;
 * - a host without an address has reported, or leaves: there may be several;
 * - a host was not tracked, for it would have been one more than max-tracked
 *   or max-tracked-per-host, or memory was short;
 * - messages of the interface were lost, or one host's refused, or it, its
 *   address or IGMP on it is newer than a group membership interval: not
 *   everybody has been heard;
 * - a host in EXCLUDE has ended the record of a source that others listened
 *   to: those are not tracked any more;
 * - we are not the querier: to judge a leave is the querier's. It asks, and its
 *   queries lower our timers (6.6.1): what nobody answers goes then.
 * A source that all who are in EXCLUDE block is asked about, too: what they
 * block is not tracked by host.
 */
#include "internal.h"

bool igmp_leave_is_sure(const struct igmp_group *g, uint64_t now_ms)
{
	return g->in->config.immediate_leave && g->last_reporter.s_addr &&
	       igmp_interface_asks(g->in) && g->in->unsure_until_ms <= now_ms &&
	       g->unsure_until_ms <= now_ms &&
	       igmp_group_version(g, now_ms) == 3;
}

/* Somebody who listened to any source listens to sources now, or to nothing.
 * If he was the last, what sources are listened to are left. */
bool igmp_leave_group(struct igmp_group *g, uint64_t now_ms)
{
	uint32_t left = 0;

	if (g->listeners.count || !igmp_leave_is_sure(g, now_ms))
		return false;
	igmp_group_expire(g);
	for (uint32_t i = 0; i < g->source_count; i++) {
		if (g->sources[i].listeners.count)
			g->sources[left++] = g->sources[i];
	}
	g->source_count = left;
	igmp_count(g->in, IGMP_N_IMMEDIATE_LEAVES);
	return true;
}
