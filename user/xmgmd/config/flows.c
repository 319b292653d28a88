/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sections flow: what becomes of the packets of some flows besides being
 * copied, whoever has routed them.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xmgmd/check.h"

const struct conf_option *config_flow_options(void)
{
	static const struct conf_option table[] = {
		{"source", OPTION_TEXT, 1, CONFIG_FLOW_TEXT, 0, 0,
		 offsetof(struct config_flow, source), NULL},
		{"group", OPTION_TEXT, 1, CONFIG_FLOW_TEXT, 0, 0,
		 offsetof(struct config_flow, group), NULL},
		{"ttl", OPTION_U8, 0, 255, 0, 0,
		 offsetof(struct config_flow, ttl), NULL},
		{"min-ttl", OPTION_U8, 0, 255, 0, 0,
		 offsetof(struct config_flow, ttl_min), NULL},
		{"rate-limit", OPTION_U32, 0, CONFIG_RATE_MAX, 0, 0,
		 offsetof(struct config_flow, rate_kbit), NULL},
		{0},
	};

	return table;
}

static const struct conf_place *place_of(const struct conf_item *section,
					 const char *name)
{
	const struct conf_item *item;

	for (item = section->items; item; item = item->next)
		if (!strcmp(item->name, name) && item->count)
			return &item->values[0].place;
	return &section->place;
}

/* The option that is wrong, or NULL. */
static const char *check_sg(struct config_flow *flow, char why[CHECK_WHY])
{
	if (check_routed(flow->source, "224.0.0.0/4", &flow->sg, why))
		return "source";
	return check_routed(flow->source, flow->group, &flow->sg, why) ? "group"
								       : NULL;
}

static void check_flow(struct config_reader *r, const struct conf_item *section,
		       struct config_flow *flow)
{
	const struct config *config = r->config;
	char why[CHECK_WHY], sg[CHECK_SG];
	const char *wrong;

	if (!*flow->group) {
		conf_complain_at(r->errors, &section->place,
				 "flow has no group: add group = \"...\"");
		return;
	}
	wrong = check_sg(flow, why);
	if (wrong) {
		conf_complain_at(r->errors, place_of(section, wrong), "%s",
				 why);
		return;
	}
	check_sg_name(flow->sg, sg);
	if (flow->ttl && flow->ttl_min)
		conf_complain_at(r->errors, place_of(section, "min-ttl"),
				 "flow %s has both ttl and min-ttl: take one "
				 "of them out",
				 sg);
	for (size_t i = 0; i < config->flow_count; i++)
		if (mgm_sg_equal(&config->flows[i].sg, &flow->sg))
			conf_complain_at(r->errors, &section->place,
					 "flow %s has a section already: put "
					 "both into one",
					 sg);
	if (config->flow_count == CONFIG_FLOWS)
		conf_complain_at(r->errors, &section->place,
				 "flow %s is one too many: at most %d sections "
				 "of flows",
				 sg, CONFIG_FLOWS);
}

int config_read_flow(struct config_reader *r, const struct conf_item *section)
{
	struct config *config = r->config;
	struct config_flow flow = {.sg = MGM_SG_ANY}, *more;
	size_t before = r->errors->count;

	option_defaults(config_flow_options(), &flow);
	strcpy(flow.source, "*");
	config_read_table(r, section, config_flow_options(), &flow);
	if (r->errors->count == before)
		check_flow(r, section, &flow);
	if (r->errors->count != before)
		return 0;
	more = realloc(config->flows, (config->flow_count + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	config->flows = more;
	config->flows[config->flow_count++] = flow;
	return 0;
}
