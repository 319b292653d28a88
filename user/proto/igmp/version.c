/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routers of older versions on a LAN: RFC 9776 section 7.3.1. All of them have
 * to speak the oldest version among them, which the RFC leaves to whoever
 * administers them: `version`. With adopt-version we follow what we hear, for
 * as long as an elected querier would be believed; a single forged query could
 * take source-specific multicast away, so nobody gets that unasked.
 */
#include "internal.h"

#include <stdio.h>
#include <arpa/inet.h>

#define V1_RESPONSE_MS 10000u /* its hosts know no other */
#define V2_MAX_MS      25500u /* a byte of tenths of a second */

static bool follows(const struct igmp_interface *in)
{
	return in->own.adopt_version && in->older.version &&
	       in->older.version < in->own.version;
}

static void at_most(uint32_t *value, uint32_t max)
{
	if (*value > max)
		*value = max;
}

void igmp_version_adopt(struct igmp_interface *in)
{
	struct igmp_config *c = &in->config;

	if (!follows(in))
		return;
	c->version = in->older.version;
	at_most(&c->query_response_ms, V2_MAX_MS);
	at_most(&c->last_member_ms, V2_MAX_MS);
	if (c->version == 1 && c->query_interval_ms > V1_RESPONSE_MS)
		c->query_response_ms = V1_RESPONSE_MS;
}

static void version_fire(struct timer *timer, uint64_t now_ms)
{
	struct igmp_interface *in =
		igmp_container(timer, struct igmp_interface, older.timer);

	(void)now_ms;
	igmp_version_forget(in);
	igmp_problems_changed(in);
}

void igmp_version_init(struct igmp_interface *in)
{
	in->older.timer.fire = version_fire;
}

void igmp_version_forget(struct igmp_interface *in)
{
	timer_set(&in->router->timers, &in->older.timer, TIMER_NEVER);
	in->older.version = 0;
	igmp_election_adopt(in);
}

/* Of general queries alone: others may be of one who has just lost. */
bool igmp_version_hear(struct igmp_interface *in, struct in_addr host,
		       const struct igmp_message *m, uint64_t now_ms)
{
	struct igmp_older *o = &in->older;
	unsigned int was = in->config.version;

	if (!in->own.adopt_version || m->version >= in->own.version ||
	    m->group.s_addr || (o->version && m->version > o->version))
		return false;
	o->version = m->version;
	o->router = host;
	igmp_election_adopt(in);
	timer_set(&in->router->timers, &o->timer,
		  now_ms + igmp_other_querier_ms(&in->own));
	if (was == in->config.version)
		return false;
	igmp_problems_changed(in);
	return true;
}

void igmp_version_words(const struct igmp_interface *in, struct in_addr host,
			unsigned int version, char *text, size_t size)
{
	char a[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &host, a, sizeof(a));
	if (version == in->config.version)
		snprintf(text, size,
			 "igmp: interface %s: router %s queries in version %u, "
			 "which is spoken here from now on, as adopt-version "
			 "says, instead of version %u",
			 in->name, a, version, in->own.version);
	else
		snprintf(text, size,
			 "igmp: interface %s: router %s queries in version %u, "
			 "we speak version %u: all routers of a LAN must speak "
			 "the oldest version among them: set `version` here or "
			 "there",
			 in->name, a, version, in->config.version);
}

void igmp_version_problem(const struct igmp_interface *in,
			  void (*each)(void *arg, const char *sentence),
			  void *arg)
{
	char a[INET_ADDRSTRLEN], text[320];

	if (!follows(in))
		return;
	inet_ntop(AF_INET, &in->older.router, a, sizeof(a));
	snprintf(text, sizeof(text),
		 "speaks IGMP version %u instead of %u, because router %s does "
		 "(adopt-version): %s: set that router to version %u",
		 in->config.version, in->own.version, a,
		 in->config.version == 1 ? "leaves are not heard, and hosts "
					   "cannot name sources"
					 : "hosts cannot name sources",
		 in->own.version);
	each(arg, text);
}
