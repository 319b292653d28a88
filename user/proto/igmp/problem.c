/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is wrong with an interface from IGMP's view, in sentences that say
 * what to do: for the problems of `show interfaces`.
 */
#include "internal.h"
#include "limit.h"

#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

void igmp_problems_changed(struct igmp_interface *in)
{
	const struct igmp_hooks *hooks = in->router->hooks;

	if (in->ifid && hooks->problems)
		hooks->problems(hooks->arg);
}

/* Adds "name THEIRS instead of OURS"; times in seconds. */
static void add_difference(char *text, size_t size, const char *name,
			   uint32_t theirs_ms, uint32_t ours_ms)
{
	size_t len = strlen(text);

	if (theirs_ms == ours_ms)
		return;
	snprintf(text + len, size - len, "%s%s %g instead of %g",
		 len ? ", " : "", name, theirs_ms / 1000.0, ours_ms / 1000.0);
}

/* A time of ours as a query says it, rounded. */
static uint32_t as_said(const struct igmp_other *o, uint32_t ms, uint32_t unit)
{
	if (o->version < 3)
		return ms / unit * unit;
	return igmp_code_get(igmp_code_put(ms / unit)) * unit;
}

/* What the elected querier does otherwise than we would; false: nothing. What
 * it has not said is no difference. */
static bool differences(const struct igmp_interface *in, char *text,
			size_t size)
{
	const struct igmp_other *o = &in->other;
	const struct igmp_config *own = &in->own;

	text[0] = '\0';
	add_difference(text, size, "version", o->version * 1000,
		       in->config.version * 1000);
	if (o->query_interval_s)
		add_difference(text, size, "query-interval",
			       o->query_interval_s * 1000,
			       as_said(o, own->query_interval_ms, 1000));
	if (o->robustness)
		add_difference(text, size, "robustness", o->robustness * 1000u,
			       own->robustness * 1000);
	if (o->response_ms && o->version > 1)
		add_difference(text, size, "query-response-interval",
			       o->response_ms,
			       as_said(o, own->query_response_ms, 100));
	return text[0];
}

/* What is nearly used up, as long as it is. */
static void near_limits(const struct igmp_interface *in,
			void (*each)(void *arg, const char *sentence),
			void *arg)
{
	const struct igmp_config *c = &in->config;
	char text[400];

	if (in->host_groups &&
	    igmp_limit_is_near(in->host_groups, c->max_groups)) {
		snprintf(text, sizeof(text),
			 "hosts have four fifths or more of the groups that "
			 "max-groups (%u) allows here, beyond it they are "
			 "refused: raise it, or look for who joins so many "
			 "(`xmgm show groups detail`)",
			 c->max_groups);
		each(arg, text);
	}
	if (in->crowded) {
		snprintf(text, sizeof(text),
			 "a group has four fifths or more of the sources that "
			 "max-sources (%u) allows, beyond it they are refused: "
			 "raise it, or look for who names so many (`xmgm show "
			 "groups detail`)",
			 c->max_sources);
		each(arg, text);
	}
	if (c->immediate_leave && in->hosts.tracked >= c->max_tracked) {
		snprintf(text, sizeof(text),
			 "as many hosts are tracked as max-tracked (%u) "
			 "allows: where others are, immediate-leave sends the "
			 "last member queries: raise it",
			 c->max_tracked);
		each(arg, text);
	}
}

static void no_address(const struct igmp_interface *in,
		       void (*each)(void *arg, const char *sentence), void *arg)
{
	char text[400], what[80] = "";

	if (*in->own.unnumbered)
		snprintf(what, sizeof(what), ", and none to borrow of %s",
			 in->own.unnumbered);
	snprintf(
		text, sizeof(text),
		"has no IPv4 address%s: IGMP cannot query here%s and leaves "
		"take minutes: `ip address add ADDRESS/LENGTH dev %s`, or name "
		"an interface that has one as `unnumbered`",
		what,
		in->own.promiscuous ? ""
				    : ", hosts with an address are not heard",
		in->name);
	each(arg, text);
}

void igmp_interface_problems(const struct igmp_interface *in,
			     void (*each)(void *arg, const char *sentence),
			     void *arg)
{
	char address[INET_ADDRSTRLEN], what[200], text[400];

	near_limits(in, each, arg);
	if (igmp_interface_running(in) && !in->subnet_count)
		no_address(in, each, arg);
	if (!igmp_interface_can_query(in))
		return; /* the daemon says why */
	igmp_forward_problem(in, each, arg);
	igmp_version_problem(in, each, arg);
	if (!in->other.address.s_addr) {
		if (in->config.passive)
			each(arg, "is passive and hears no other IGMP "
				  "querier: hosts are not asked, and are "
				  "forgotten: take `passive` away, or look "
				  "for the querier");
		return;
	}
	if (!differences(in, what, sizeof(what)))
		return;
	inet_ntop(AF_INET, &in->other.address, address, sizeof(address));
	snprintf(text, sizeof(text),
		 "the IGMP querier here is %s, with %s: give all routers of "
		 "this LAN the same values",
		 address, what);
	each(arg, text);
}
