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

#define VLAN_MAX 4094

bool argument_vlan(const char *text, char trunk[XMGM_IFNAME_LEN],
		   uint16_t *vlan)
{
	const char *dot = strrchr(text, '.'), *digit;
	size_t len = dot ? (size_t)(dot - text) : 0;
	uint32_t id = 0;

	if (!len || len >= XMGM_IFNAME_LEN || dot[1] == '0')
		return false;
	for (digit = dot + 1; isdigit((unsigned char)*digit); digit++)
		if ((id = id * 10 + (uint32_t)(*digit - '0')) > VLAN_MAX)
			return false;
	if (*digit || !id)
		return false;
	memcpy(trunk, text, len);
	trunk[len] = '\0';
	*vlan = (uint16_t)id;
	return true;
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

/* "239.1.0.0/16"; the word is left as it is if it is none. */
static bool parse_v4_prefix(const char *text, struct mgm_prefix *prefix)
{
	unsigned int length;

	if (address_parse_prefix(text, &prefix->address, &length) ||
	    !mgm_address_is_v4(&prefix->address))
		return false;
	prefix->length = (uint8_t)length;
	return true;
}

int argument_joined_group(const char *text, struct mgm_prefix *group,
			  char why[ARGUMENT_WHY])
{
	struct mgm_address address;
	int err;

	*group = (struct mgm_prefix){.address = MGM_ADDRESS_V4_ANY};
	if (!strcmp(text, "*"))
		return 0;
	if (!strchr(text, '/')) {
		err = argument_group(text, &address, why);
		*group = mgm_prefix_of(&address);
		return err;
	}
	if (!parse_v4_prefix(text, group))
		return refuse(why,
			      "group '%.40s' is not a prefix of IPv4: write it "
			      "as 239.1.0.0/16, without bits behind the length",
			      text);
	if (!address_prefix_is_groups(&group->address, group->length))
		return refuse(
			why,
			"group %.40s has no groups in it that are routed: "
			"a prefix lies in 224.0.0.0/4 and not in "
			"224.0.0.0/24; * is any group",
			text);
	return 0;
}

int argument_joined_source(const char *text, struct mgm_prefix *source,
			   char why[ARGUMENT_WHY])
{
	struct mgm_address address;
	int err;

	*source = (struct mgm_prefix){.address = MGM_ADDRESS_V4_ANY};
	if (!text || !strcmp(text, "*"))
		return 0;
	if (!strchr(text, '/')) {
		err = argument_source(text, true, &address, why);
		*source = mgm_prefix_of(&address);
		return err;
	}
	err = argument_prefix(text, source, why);
	if (err || !source->length)
		return err;
	if (!address_prefix_has_sources(&source->address, source->length))
		return refuse(why,
			      "source %.40s has no unicast addresses in it: "
			      "give the senders' own",
			      text);
	return 0;
}

int argument_joined(const struct mgm_sg *sg, char why[ARGUMENT_WHY])
{
	const unsigned int bits = address_bits(&sg->group.address);
	const bool one_group = sg->group.length == bits;

	if (!one_group && sg->source.length)
		return refuse(why,
			      "many groups are joined from any source: leave "
			      "the source out, or join each group");
	return 0;
}

int argument_route(const char *source, const char *group, struct mgm_sg *sg,
		   char why[ARGUMENT_WHY])
{
	int err = argument_joined_source(source, &sg->source, why);

	if (!err && !strcmp(group, "*"))
		return refuse(why,
			      "group '*' is not an IPv4 address: write it as "
			      "239.1.1.1, or a prefix as 239.1.0.0/16");
	return err ? err : argument_joined_group(group, &sg->group, why);
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
