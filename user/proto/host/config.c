/* SPDX-License-Identifier: GPL-2.0-only */
/* See config.h. */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"

#define AT(field) offsetof(struct host_config, field), NULL

/* An IPv4 group that is routed, or a source. */
static int read_address(const char *text, bool group, struct in_addr *address)
{
	struct mgm_address a;

	if (address_parse(text, &a) || !mgm_address_is_v4(&a) ||
	    !(group ? address_is_group(&a) : address_is_source(&a)))
		return -EINVAL;
	*address = mgm_address_to_v4(&a);
	return 0;
}

/* "239.1.1.1" or "232.1.1.1 10.0.0.1" */
static int read_join(const char *text, void *item, char why[OPTION_WHY])
{
	size_t len = strcspn(text, " ");
	struct host_join *join = item;
	char group[INET_ADDRSTRLEN];

	join->source.s_addr = 0;
	if (len >= sizeof(group))
		goto bad;
	memcpy(group, text, len);
	group[len] = '\0';
	text += len + strspn(text + len, " ");
	if (read_address(group, true, &join->group))
		goto bad;
	if (!*text || !read_address(text, false, &join->source))
		return 0;
bad:
	snprintf(why, OPTION_WHY,
		 "write an IPv4 group that is routed, and a source if it is "
		 "from one: \"239.1.1.1\", \"232.1.1.1 10.0.0.1\"");
	return -EINVAL;
}

static void write_join(const void *item, char buffer[OPTION_TEXT_MAX])
{
	const struct host_join *join = item;
	char group[INET_ADDRSTRLEN], source[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &join->group, group, sizeof(group));
	inet_ntop(AF_INET, &join->source, source, sizeof(source));
	if (join->source.s_addr)
		snprintf(buffer, OPTION_TEXT_MAX, "%s %s", group, source);
	else
		snprintf(buffer, OPTION_TEXT_MAX, "%s", group);
}

static const struct option_list joins = {
	.max = HOST_JOINS,
	.size = sizeof(struct host_join),
	.read = read_join,
	.write = write_join,
};

static const struct conf_option options[] = {
	{"join-group", OPTION_LIST, 0, 0, 0, 0,
	 offsetof(struct host_config, joins), &joins},
	{"version", OPTION_U32, 1, 3, 3, 0, AT(version)},
	{"robustness", OPTION_U32, 1, 7, 2, 0, AT(robustness)},
	{"unsolicited-report-interval", OPTION_SECONDS, 1, 25, 1000, 0,
	 AT(unsolicited_ms)},
	{0},
};

const struct proto_options *host_config_options(void)
{
	static const struct proto_options ours = {
		.interface = options,
		.interface_size = sizeof(struct host_config),
	};

	return &ours;
}
