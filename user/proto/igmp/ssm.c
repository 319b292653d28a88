/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See ssm.h. Mapping turns what a host of version 1 or 2, or one that knows
 * no source, says about a group into the record of a host that does. Who asks
 * for a group wants all of its sources (IS_IN), who leaves it blocks them: then
 * they are asked about as after any other BLOCK, and hosts of version 2 answer,
 * for they read no further than the group (RFC 2236 section 2.5). Hosts of
 * version 1 do not, so that leaves are ignored while there is one.
 */
#include "ssm.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

#include "internal.h"
#include "lib/address.h"

int igmp_ssm_read_range(const char *text, void *item, char why[OPTION_WHY])
{
	if (!igmp_prefix_parse_groups(text, item))
		return 0;
	snprintf(why, OPTION_WHY, "write a prefix of IPv4 groups: 232.0.0.0/8");
	return -EINVAL;
}

void igmp_ssm_write_range(const void *item, char buffer[OPTION_TEXT_MAX])
{
	igmp_prefix_text(item, buffer);
}

/* "232.1.0.0/16 10.0.0.1" */
int igmp_ssm_read_mapping(const char *text, void *item, char why[OPTION_WHY])
{
	struct igmp_mapping *mapping = item;
	size_t len = strcspn(text, " ");
	char groups[IGMP_PREFIX_TEXT];
	struct mgm_address source;

	if (len < sizeof(groups) && text[len]) {
		memcpy(groups, text, len);
		groups[len] = '\0';
		text += len + strspn(text + len, " ");
		if (!igmp_prefix_parse_groups(groups, &mapping->groups) &&
		    !address_parse(text, &source) &&
		    mgm_address_is_v4(&source) && address_is_source(&source)) {
			mapping->source = mgm_address_to_v4(&source);
			return 0;
		}
	}
	snprintf(why, OPTION_WHY,
		 "write a prefix of IPv4 groups and a source: "
		 "\"232.1.0.0/16 10.0.0.1\"");
	return -EINVAL;
}

void igmp_ssm_write_mapping(const void *item, char buffer[OPTION_TEXT_MAX])
{
	const struct igmp_mapping *mapping = item;
	char groups[IGMP_PREFIX_TEXT], source[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &mapping->source, source, sizeof(source));
	snprintf(buffer, OPTION_TEXT_MAX, "%s %s",
		 igmp_prefix_text(&mapping->groups, groups), source);
}

bool igmp_ssm(const struct igmp_interface *in, struct in_addr group)
{
	const struct igmp_global *global = &in->router->global;

	if (in->config.ssm_only)
		return true;
	for (uint32_t i = 0; i < global->ssm_range.count; i++)
		if (igmp_prefix_holds(&global->ssm_range.item[i], group))
			return true;
	return false;
}

bool igmp_ssm_mapped(const struct igmp_interface *in, struct in_addr group)
{
	const struct igmp_global *global = &in->router->global;

	for (uint32_t i = 0; i < global->ssm_map.count; i++)
		if (igmp_prefix_holds(&global->ssm_map.item[i].groups, group))
			return igmp_ssm(in, group);
	return false;
}

bool igmp_ssm_map(struct igmp_interface *in, struct igmp_record *record)
{
	struct igmp_router *r = in->router;
	const struct igmp_global *global = &r->global;
	size_t count = 0;

	for (uint32_t i = 0; i < global->ssm_map.count; i++) {
		const struct igmp_mapping *m = &global->ssm_map.item[i];

		if (igmp_prefix_holds(&m->groups, record->group))
			r->mapped[count++] = m->source;
	}
	record->sources.bytes = (const uint8_t *)r->mapped;
	record->sources.count = count;
	if (count)
		igmp_count(in, IGMP_N_SSM_MAPPED);
	return count > 0;
}
