/* SPDX-License-Identifier: GPL-2.0-only */
/* See prefix.h. */
#include "prefix.h"

#include <errno.h>
#include <stdio.h>
#include <arpa/inet.h>

#include "lib/address.h"

static int parse(const char *text, struct igmp_prefix *prefix, bool groups)
{
	struct mgm_address address;
	unsigned int length;

	if (address_parse_prefix(text, &address, &length) ||
	    !mgm_address_is_v4(&address) ||
	    (groups && !address_prefix_is_groups(&address, length)))
		return -EINVAL;
	prefix->net = mgm_address_to_v4(&address);
	prefix->mask = length ? htonl(UINT32_MAX << (32 - length)) : 0;
	return 0;
}

int igmp_prefix_parse(const char *text, struct igmp_prefix *prefix)
{
	return parse(text, prefix, false);
}

int igmp_prefix_parse_groups(const char *text, struct igmp_prefix *prefix)
{
	return parse(text, prefix, true);
}

const char *igmp_prefix_text(const struct igmp_prefix *prefix,
			     char buffer[IGMP_PREFIX_TEXT])
{
	char net[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &prefix->net, net, sizeof(net));
	snprintf(buffer, IGMP_PREFIX_TEXT, "%s/%d", net,
		 __builtin_popcount(prefix->mask));
	return buffer;
}
