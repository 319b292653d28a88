/* SPDX-License-Identifier: GPL-2.0-only */
/* See limit.h. */
#include "limit.h"

#include <stdio.h>
#include <arpa/inet.h>

#include "internal.h"

#define SAY_MS 60000u /* between two lines about one limit */

static const struct {
	const char *option, *what, *rule;
} limits[IGMP_LIMITS] = {
	[IGMP_LIMIT_GROUPS] =
		{"max-groups", "",
		 "hosts here have as many groups as max-groups "
		 "allows: raise it, or look for a host that joins "
		 "too many"},
	[IGMP_LIMIT_HOST] = {"max-groups-per-host", "",
			     "this host has as many groups as "
			     "max-groups-per-host allows: raise it if the host "
			     "needs them"},
	[IGMP_LIMIT_SOURCES] = {"max-sources", "a source of ",
				"the group has as many sources as max-sources "
				"allows: raise it if hosts need them"},
	[IGMP_LIMIT_HOST_SOURCES] =
		{"max-sources-per-host", "a source of ",
		 "this host has as many sources of the group as "
		 "max-sources-per-host allows: raise it if the host needs "
		 "them"},
	[IGMP_POLICY_GROUP] = {"policy", "", "policy denies it"},
	[IGMP_POLICY_SOURCE] = {"policy", "a source of ", "policy denies it"},
	[IGMP_LIMIT_TRACKED] =
		{"max-tracked", "",
		 "it is served, but this host is not tracked, and "
		 "immediate-leave asks before it leaves: as many hosts are "
		 "tracked as max-tracked allows, raise it"},
	[IGMP_LIMIT_HOST_TRACKED] =
		{"max-tracked-per-host", "",
		 "it is served, but this host is not tracked any more, and "
		 "immediate-leave asks before it leaves: it has what "
		 "max-tracked-per-host allows, raise it"},
};

bool igmp_limit_is_near(uint32_t count, uint32_t max)
{
	return count >= (4 * (uint64_t)max + 4) / 5;
}

bool igmp_limit_reached(uint32_t before, uint32_t after, uint32_t max)
{
	return !igmp_limit_is_near(before, max) &&
	       igmp_limit_is_near(after, max);
}

static uint32_t max_of(const struct igmp_interface *in, enum igmp_limit limit)
{
	switch (limit) {
	case IGMP_LIMIT_GROUPS:
		return in->config.max_groups;
	case IGMP_LIMIT_HOST:
		return in->config.max_host_groups;
	case IGMP_LIMIT_SOURCES:
		return in->config.max_sources;
	case IGMP_LIMIT_HOST_SOURCES:
		return in->config.max_host_sources;
	case IGMP_LIMIT_TRACKED:
		return in->config.max_tracked;
	case IGMP_LIMIT_HOST_TRACKED:
		return in->config.max_host_tracked;
	default:
		return 0;
	}
}

static bool said_lately(uint64_t *said_ms, uint64_t now_ms)
{
	if (*said_ms && now_ms < *said_ms + SAY_MS)
		return true;
	*said_ms = now_ms;
	return false;
}

static void tell(const struct proto_services *services,
		 const struct igmp_interface *in, enum igmp_limit limit,
		 struct in_addr host, struct in_addr group, bool refused)
{
	const struct proto_limit told = {
		.option = limits[limit].option,
		.max = max_of(in, limit),
		.group = mgm_address_v4(group),
		.host = mgm_address_v4(host),
		.refused = refused,
	};

	if (in->ifid)
		services->limit(services->arg, in->ifid, &told);
}

void igmp_limit_refused(const struct proto_services *services,
			struct igmp_interface *in, enum igmp_limit limit,
			struct in_addr host, struct in_addr group,
			uint64_t now_ms)
{
	char text[400], a[INET_ADDRSTRLEN], b[INET_ADDRSTRLEN];

	/* What is denied on purpose is no problem of the interface. */
	in->refusals += limit < IGMP_POLICY_GROUP;
	if (said_lately(&in->said_ms[limit], now_ms))
		return;
	inet_ntop(AF_INET, &group, a, sizeof(a));
	inet_ntop(AF_INET, &host, b, sizeof(b));
	snprintf(text, sizeof(text),
		 "igmp: interface %s: %sgroup %s, reported by %s%s: %s; more "
		 "are counted (`xmgm show stats`)",
		 in->name, limits[limit].what, a, b,
		 limit < IGMP_LIMIT_TRACKED ? ", is refused" : "",
		 limits[limit].rule);
	services->say(services->arg, PROTO_WARN, text);
	tell(services, in, limit, host, group, true);
}

void igmp_limit_near(const struct proto_services *services,
		     struct igmp_interface *in, enum igmp_limit limit,
		     struct in_addr group, uint64_t now_ms)
{
	char text[320], a[INET_ADDRSTRLEN];

	if (said_lately(&in->near_ms[limit], now_ms))
		return;
	inet_ntop(AF_INET, &group, a, sizeof(a));
	snprintf(text, sizeof(text),
		 "igmp: interface %s: with %sgroup %s four fifths of %s (%u) "
		 "are used: beyond it hosts are refused; raise it, or look for "
		 "who needs so many",
		 in->name, limits[limit].what, a, limits[limit].option,
		 max_of(in, limit));
	services->say(services->arg, PROTO_WARN, text);
	tell(services, in, limit, (struct in_addr){0}, group, false);
}
