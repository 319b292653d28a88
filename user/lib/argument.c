/* SPDX-License-Identifier: GPL-2.0-only */
/* See argument.h. */
#include "argument.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "address.h"

static int refuse(char why[ARGUMENT_WHY], const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static int refuse(char why[ARGUMENT_WHY], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, ARGUMENT_WHY, format, args);
	va_end(args);
	return -EINVAL;
}

int argument_interface(const char *text, char why[ARGUMENT_WHY])
{
	size_t i, len = strlen(text);

	if (!len)
		return refuse(why, "an interface name is empty: give one that "
				   "`ip link` shows");
	if (len >= IFNAMSIZ)
		return refuse(why,
			      "interface name '%.40s' is longer than %d "
			      "characters: give one that `ip link` shows",
			      text, IFNAMSIZ - 1);
	for (i = 0; i < len; i++)
		if (!isgraph((unsigned char)text[i]) || strchr("/:", text[i]))
			break;
	if (i < len || !strcmp(text, ".") || !strcmp(text, ".."))
		return refuse(why,
			      "'%s' cannot be an interface name: give one that "
			      "`ip link` shows",
			      text);
	return 0;
}

static bool parse_v4(const char *text, struct mgm_address *address)
{
	return !address_parse(text, address) && mgm_address_is_v4(address);
}

int argument_group(const char *text, struct mgm_address *group,
		   char why[ARGUMENT_WHY])
{
	if (!parse_v4(text, group))
		return refuse(why,
			      "group '%.40s' is not an IPv4 address: write it "
			      "as 239.1.1.1",
			      text);
	if (!address_is_multicast(group))
		return refuse(why,
			      "group %s is not multicast: use one from "
			      "224.0.1.0 to 239.255.255.255",
			      text);
	if (!address_is_group(group))
		return refuse(why,
			      "group %s is link-local (224.0.0.0/24) and never "
			      "routed: use one from 224.0.1.0 up",
			      text);
	return 0;
}

int argument_source(const char *text, bool any, struct mgm_address *source,
		    char why[ARGUMENT_WHY])
{
	const char *or_any = any ? ", or * for any" : "";

	if (any && !strcmp(text, "*")) {
		*source = MGM_ADDRESS_V4_ANY;
		return 0;
	}
	if (!parse_v4(text, source))
		return refuse(why,
			      "source '%.40s' is not an IPv4 address: write it "
			      "as 10.0.0.1%s",
			      text, or_any);
	if (!address_is_source(source))
		return refuse(why,
			      "source %s is not a unicast address: give the "
			      "sender's own%s",
			      text, or_any);
	return 0;
}

int argument_prefix(const char *text, struct mgm_prefix *prefix,
		    char why[ARGUMENT_WHY])
{
	unsigned int length;

	*prefix = (struct mgm_prefix){.length = 0};
	if (address_parse_prefix(text, &prefix->address, &length) ||
	    !mgm_address_is_v4(&prefix->address))
		return refuse(why,
			      "prefix '%.40s' is not one of IPv4: write it as "
			      "10.0.0.0/8, without bits behind the length",
			      text);
	if (address_is_multicast(&prefix->address))
		return refuse(why,
			      "prefix %.40s is multicast: give the one of the "
			      "sources' own addresses",
			      text);
	prefix->length = (uint8_t)length;
	return 0;
}

int argument_via(const char *text, struct mgm_address *via,
		 char why[ARGUMENT_WHY])
{
	if (!address_parse(text, via) && mgm_address_is_v4(via) &&
	    address_is_source(via))
		return 0;
	return refuse(why,
		      "via '%.40s' is not a unicast IPv4 address: give the "
		      "next hop's, as 10.1.0.9",
		      text);
}
