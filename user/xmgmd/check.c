/* SPDX-License-Identifier: GPL-2.0-only */
/* See check.h. */
#include "check.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"

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

int check_group(const char *text, struct mgm_prefix *group, char why[CHECK_WHY])
{
	struct mgm_address address;

	if (address_parse(text, &address) || !mgm_address_is_v4(&address))
		return refuse(why,
			      "group '%.40s' is not an IPv4 address: write it "
			      "as 239.1.1.1",
			      text);
	if (!address_is_multicast(&address))
		return refuse(why,
			      "group %s is not multicast: use one from "
			      "224.0.1.0 to 239.255.255.255",
			      text);
	if (!address_is_group(&address))
		return refuse(why,
			      "group %s is link-local (224.0.0.0/24) and never "
			      "routed: use one from 224.0.1.0 up",
			      text);
	*group = mgm_prefix_of(&address);
	return 0;
}

int check_source(const char *text, struct mgm_prefix *source,
		 char why[CHECK_WHY])
{
	struct mgm_address address;

	*source = (struct mgm_prefix){.address = MGM_ADDRESS_V4_ANY};
	if (!strcmp(text, "*"))
		return 0;
	if (address_parse(text, &address) || !mgm_address_is_v4(&address))
		return refuse(why,
			      "source '%.40s' is not an IPv4 address: write it "
			      "as 10.0.0.1, or * for any",
			      text);
	if (!address_is_source(&address))
		return refuse(why,
			      "source %s is not a unicast address: give the "
			      "sender's own, or * for any",
			      text);
	*source = mgm_prefix_of(&address);
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

const char *check_sg_name(struct mgm_sg sg, char buffer[CHECK_SG])
{
	char source[ADDRESS_TEXT], group[ADDRESS_TEXT];

	snprintf(buffer, CHECK_SG, "(%s, %s)",
		 address_name(&sg.source.address, source),
		 address_name(&sg.group.address, group));
	return buffer;
}
