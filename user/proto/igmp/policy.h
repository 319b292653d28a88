/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which hosts may have which groups and sources of an interface: rules in
 * order, of which the first that fits decides. What none fits is allowed.
 */
#ifndef XMGM_PROTO_IGMP_POLICY_H
#define XMGM_PROTO_IGMP_POLICY_H

#include "lib/option.h"
#include "prefix.h"

#define IGMP_POLICY_RULES 64

struct igmp_record;
struct igmp_interface;

enum igmp_rule_source {
	IGMP_RULE_WHATEVER,   /* says nothing of sources */
	IGMP_RULE_ANY_SOURCE, /* fits who names no source */
	IGMP_RULE_SOURCE,     /* fits sources that are named */
};

struct igmp_rule {
	uint32_t deny;
	uint32_t which; /* enum igmp_rule_source */
	struct igmp_prefix group, source, host;
};

struct igmp_policy {
	uint32_t count; /* as OPTION_LIST_OF */
	struct igmp_rule item[IGMP_POLICY_RULES];
};

/* How a rule is written: as option_list has it. */
int igmp_policy_read(const char *text, void *item, char why[OPTION_WHY]);
void igmp_policy_write(const void *item, char buffer[OPTION_TEXT_MAX]);

bool igmp_policy_same(const struct igmp_policy *a, const struct igmp_policy *b);

/*
 * Leaves of a record what its host may have: sources that it may not are taken
 * out, and lie in the router's memory then until the next call. False: there
 * is nothing left of it. Refusals are counted and said.
 */
bool igmp_policy_pass(struct igmp_interface *in, struct in_addr host,
		      struct igmp_record *record);

#endif /* XMGM_PROTO_IGMP_POLICY_H */
