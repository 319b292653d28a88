/* SPDX-License-Identifier: GPL-2.0-only */
/* See check.h. */
#include "check.h"

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
	return argument_interface(text, why);
}

int check_group(const char *text, struct mgm_prefix *group, char why[CHECK_WHY])
{
	struct mgm_address address;
	int err = argument_group(text, &address, why);

	if (!err)
		*group = mgm_prefix_of(&address);
	return err;
}

int check_joined_group(const char *text, struct mgm_prefix *group,
		       char why[CHECK_WHY])
{
	return argument_joined_group(text, group, why);
}

int check_joined_source(const char *text, struct mgm_prefix *source,
			char why[CHECK_WHY])
{
	return argument_joined_source(text, source, why);
}

int check_joined(const struct mgm_sg *sg, char why[CHECK_WHY])
{
	return argument_joined(sg, why);
}

int check_routed(const char *source, const char *group, struct mgm_sg *sg,
		 char why[CHECK_WHY])
{
	return argument_route(source, group, sg, why);
}

int check_source(const char *text, struct mgm_prefix *source,
		 char why[CHECK_WHY])
{
	struct mgm_address address;
	int err = argument_source(text, true, &address, why);

	*source = (struct mgm_prefix){.address = MGM_ADDRESS_V4_ANY};
	if (!err && strcmp(text, "*"))
		*source = mgm_prefix_of(&address);
	return err;
}

int check_address(const char *text, struct mgm_address *source,
		  char why[CHECK_WHY])
{
	return argument_source(text, false, source, why);
}

int check_prefix(const char *text, struct mgm_prefix *prefix,
		 char why[CHECK_WHY])
{
	return argument_prefix(text, prefix, why);
}

int check_via(const char *text, struct mgm_address *via, char why[CHECK_WHY])
{
	return argument_via(text, via, why);
}

int check_rpf(const struct proto_rpf_config *rpf, char why[CHECK_WHY])
{
	char prefix[ADDRESS_PREFIX_TEXT];

	if (*rpf->dev || !address_is_any(&rpf->via))
		return 0;
	return refuse(why,
		      "route to sources in %s says not by where: give via, dev "
		      "or both",
		      address_prefix_text(&rpf->prefix.address,
					  rpf->prefix.length, prefix));
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
	char source[ADDRESS_PREFIX_TEXT], group[ADDRESS_PREFIX_TEXT];

	snprintf(buffer, CHECK_SG, "(%s, %s)",
		 address_prefix_name(&sg.source.address, sg.source.length,
				     source),
		 address_prefix_name(&sg.group.address, sg.group.length,
				     group));
	return buffer;
}
