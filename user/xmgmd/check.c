/* SPDX-License-Identifier: GPL-2.0-only */
/* See check.h. */
#include "check.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int refuse(char why[CHECK_WHY], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(char why[CHECK_WHY], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, CHECK_WHY, format, args);
	va_end(args);
	return -EINVAL;
}

int check_name(const char *text, char why[CHECK_WHY])
{
	size_t i, len = strlen(text);

	if (!len)
		return refuse(why, "an interface name is empty: give one that "
				   "`ip link` shows");
	if (len >= XMGM_IFNAME_LEN)
		return refuse(why,
			      "interface name '%.40s' is longer than %d "
			      "characters: give one that `ip link` shows",
			      text, XMGM_IFNAME_LEN - 1);
	for (i = 0; i < len; i++)
		if (text[i] == '/' || !isgraph((unsigned char)text[i]))
			break;
	if (i < len || !strcmp(text, ".") || !strcmp(text, ".."))
		return refuse(why,
			      "'%s' cannot be an interface name: give one that "
			      "`ip link` shows",
			      text);
	return 0;
}

int check_group(const char *text, struct in_addr *group, char why[CHECK_WHY])
{
	uint32_t value;

	if (inet_pton(AF_INET, text, group) != 1)
		return refuse(why,
			      "group '%.40s' is not an IPv4 address: write it "
			      "as 239.1.1.1",
			      text);
	value = ntohl(group->s_addr);
	if (value >> 28 != 0xe)
		return refuse(why,
			      "group %s is not multicast: use one from "
			      "224.0.1.0 to 239.255.255.255",
			      text);
	if (value >> 8 == 0xe00000)
		return refuse(why,
			      "group %s is link-local (224.0.0.0/24) and never "
			      "routed: use one from 224.0.1.0 up",
			      text);
	return 0;
}

int check_source(const char *text, struct in_addr *source, char why[CHECK_WHY])
{
	uint32_t value;

	source->s_addr = 0;
	if (!strcmp(text, "*"))
		return 0;
	if (inet_pton(AF_INET, text, source) != 1)
		return refuse(why,
			      "source '%.40s' is not an IPv4 address: write it "
			      "as 10.0.0.1, or * for any",
			      text);
	value = ntohl(source->s_addr);
	if (value >> 24 == 0 || value >> 24 == 127 || value >> 28 >= 0xe)
		return refuse(why,
			      "source %s is not a unicast address: give the "
			      "sender's own, or * for any",
			      text);
	return 0;
}

int check_route(const struct proto_route_config *route, char why[CHECK_WHY])
{
	char sg[CHECK_SG];
	size_t i, j;

	check_sg_name(route->sg, sg);
	if (!route->to_count)
		return refuse(why,
			      "route %s has no interface to go to: name at "
			      "least one",
			      sg);
	if (route->to_count > XMGM_SET_OIFS)
		return refuse(why,
			      "route %s goes to %zu interfaces: %d at most", sg,
			      route->to_count, XMGM_SET_OIFS);
	for (i = 0; i < route->to_count; i++) {
		if (!strcmp(route->to[i], route->from))
			return refuse(why,
				      "route %s arrives on %s and cannot leave "
				      "there as well: take %s out of the list",
				      sg, route->from, route->from);
		for (j = 0; j < i; j++)
			if (!strcmp(route->to[i], route->to[j]))
				return refuse(why,
					      "route %s names %s twice: once "
					      "is enough",
					      sg, route->to[i]);
	}
	return 0;
}

/* What a version 2 query can say: a byte of tenths of a second. */
#define V2_RESPONSE_MS 25500u

static bool igmp_broken(const struct proto_igmp_config *igmp, size_t rule)
{
	switch (rule) {
	case 0:
		return igmp->query_response_ms >= igmp->query_interval_ms;
	case 1:
		return igmp->version == 2 &&
		       igmp->query_response_ms > V2_RESPONSE_MS;
	case 2:
		return igmp->version == 2 &&
		       igmp->last_member_ms > V2_RESPONSE_MS;
	case 3:
		return igmp->startup_query_ms > igmp->query_interval_ms;
	}
	return igmp->max_host_groups > igmp->max_groups;
}

const char *check_igmp(const struct proto_igmp_config *igmp, size_t *next,
		       const char **option)
{
	static const struct {
		const char *option, *why;
	} rules[] = {
		{"query-response-interval",
		 "query-response-interval must be shorter than query-interval"},
		{"query-response-interval",
		 "query-response-interval is above 25.5, the most that a "
		 "version 2 query can say: write less, or version = 3"},
		{"last-member-query-interval",
		 "last-member-query-interval is above 25.5, the most that a "
		 "version 2 query can say: write less, or version = 3"},
		{"startup-query-interval",
		 "startup-query-interval must not be longer than "
		 "query-interval"},
		{"max-groups-per-host",
		 "max-groups-per-host must not be greater than max-groups"},
	};

	while (*next < sizeof(rules) / sizeof(rules[0])) {
		size_t rule = (*next)++;

		*option = rules[rule].option;
		if (igmp_broken(igmp, rule))
			return rules[rule].why;
	}
	return NULL;
}

int check_number(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
	char *end;

	if (!isdigit((unsigned char)text[0]))
		return -EINVAL;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno || *end || *value < min || *value > max)
		return -ERANGE;
	return 0;
}

int check_bool(const char *text, bool *value)
{
	static const char *const words[] = {"no",   "yes", "false",
					    "true", "off", "on"};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcasecmp(text, words[i])) {
			*value = i & 1;
			return 0;
		}
	return -EINVAL;
}

const char *check_address_name(struct in_addr address,
			       char buffer[INET_ADDRSTRLEN])
{
	if (!address.s_addr)
		return strcpy(buffer, "*");
	return inet_ntop(AF_INET, &address, buffer, INET_ADDRSTRLEN);
}

const char *check_sg_name(struct mgm_sg sg, char buffer[CHECK_SG])
{
	char source[INET_ADDRSTRLEN], group[INET_ADDRSTRLEN];

	snprintf(buffer, CHECK_SG, "(%s, %s)",
		 check_address_name(sg.source, source),
		 check_address_name(sg.group, group));
	return buffer;
}
