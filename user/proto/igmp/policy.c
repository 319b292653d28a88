/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See policy.h. Rules are about what hosts want: what they no longer want is
 * never refused, nor is what others have already touched.
 */
#include "policy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* One more word of a text; its length is 0 at the end. */
static size_t next_word(const char **at, char word[IGMP_PREFIX_TEXT])
{
	size_t len;

	*at += strspn(*at, " \t");
	len = strcspn(*at, " \t");
	if (len >= IGMP_PREFIX_TEXT)
		len = IGMP_PREFIX_TEXT - 1; /* which is nothing we know */
	memcpy(word, *at, len);
	word[len] = '\0';
	*at += len;
	return len;
}

/* "group PREFIX" and the like, each once. */
static int read_condition(struct igmp_rule *rule, const char *name,
			  const char *value, unsigned int *seen)
{
	static const char *const names[] = {"group", "source", "host"};
	struct igmp_prefix *const prefixes[] = {&rule->group, &rule->source,
						&rule->host};
	unsigned int i = 0;

	while (i < 3 && strcmp(name, names[i]))
		i++;
	if (i == 3 || *seen >> i & 1)
		return -EINVAL;
	*seen |= 1u << i;
	if (i == 1 && !strcmp(value, "any")) {
		rule->which = IGMP_RULE_ANY_SOURCE;
		return 0;
	}
	if (i == 1)
		rule->which = IGMP_RULE_SOURCE;
	return i ? igmp_prefix_parse(value, prefixes[i])
		 : igmp_prefix_parse_groups(value, prefixes[i]);
}

static int parse(const char *text, struct igmp_rule *rule)
{
	char name[IGMP_PREFIX_TEXT], value[IGMP_PREFIX_TEXT];
	unsigned int seen = 0;

	*rule = (struct igmp_rule){0};
	next_word(&text, name);
	rule->deny = !strcmp(name, "deny");
	if (!rule->deny && strcmp(name, "allow"))
		return -EINVAL;
	while (next_word(&text, name)) {
		next_word(&text, value);
		if (read_condition(rule, name, value, &seen))
			return -EINVAL;
	}
	return 0;
}

int igmp_policy_read(const char *text, void *item, char why[OPTION_WHY])
{
	if (!parse(text, item))
		return 0;
	snprintf(why, OPTION_WHY,
		 "write allow or deny, then any of group PREFIX, source PREFIX "
		 "or source any, host PREFIX: \"deny group 239.1.0.0/16\"");
	return -EINVAL;
}

static void add_prefix(char *buffer, const char *name,
		       const struct igmp_prefix *prefix)
{
	size_t len = strlen(buffer);
	char text[IGMP_PREFIX_TEXT];

	snprintf(buffer + len, OPTION_TEXT_MAX - len, " %s %s", name,
		 igmp_prefix_text(prefix, text));
}

void igmp_policy_write(const void *item, char buffer[OPTION_TEXT_MAX])
{
	const struct igmp_rule *rule = item;

	strcpy(buffer, rule->deny ? "deny" : "allow");
	if (rule->group.mask)
		add_prefix(buffer, "group", &rule->group);
	if (rule->which == IGMP_RULE_ANY_SOURCE)
		strcat(buffer, " source any");
	else if (rule->which == IGMP_RULE_SOURCE)
		add_prefix(buffer, "source", &rule->source);
	if (rule->host.mask)
		add_prefix(buffer, "host", &rule->host);
}

bool igmp_policy_same(const struct igmp_policy *a, const struct igmp_policy *b)
{
	return a->count == b->count &&
	       !memcmp(a->item, b->item, a->count * sizeof(a->item[0]));
}

/* source NULL: any */
static bool fits(const struct igmp_rule *rule, struct in_addr host,
		 struct in_addr group, const struct in_addr *source)
{
	if (!igmp_prefix_holds(&rule->group, group) ||
	    !igmp_prefix_holds(&rule->host, host))
		return false;
	if (rule->which == IGMP_RULE_ANY_SOURCE)
		return !source;
	if (rule->which == IGMP_RULE_SOURCE)
		return source && igmp_prefix_holds(&rule->source, *source);
	return true;
}

static bool allowed(const struct igmp_policy *policy, struct in_addr host,
		    struct in_addr group, const struct in_addr *source)
{
	for (uint32_t i = 0; i < policy->count; i++)
		if (fits(&policy->item[i], host, group, source))
			return !policy->item[i].deny;
	return true;
}

static void refuse(struct igmp_interface *in, enum igmp_limit which,
		   struct in_addr host, struct in_addr group)
{
	const struct igmp_hooks *hooks = in->router->hooks;

	if (hooks->refused)
		hooks->refused(hooks->arg, in, which, host, group);
}

/* The sources that the host may have; false: one or more it may not. */
static bool pass_sources(struct igmp_interface *in, struct in_addr host,
			 struct igmp_record *record)
{
	struct igmp_router *r = in->router;
	size_t count = 0;

	for (size_t i = 0; i < record->sources.count; i++) {
		struct in_addr source = igmp_address(&record->sources, i);

		if (allowed(&in->config.policy, host, record->group, &source))
			r->allowed[count++] = source;
	}
	if (count == record->sources.count)
		return true;
	igmp_count_more(in, IGMP_N_POLICY_SOURCES,
			record->sources.count - count);
	refuse(in, IGMP_POLICY_SOURCE, host, record->group);
	record->sources.bytes = (const uint8_t *)r->allowed;
	record->sources.count = count;
	return false;
}

bool igmp_policy_pass(struct igmp_interface *in, struct in_addr host,
		      struct igmp_record *record)
{
	switch (in->config.policy.count ? record->type : IGMP_BLOCK) {
	case IGMP_BLOCK:
		return true;
	case IGMP_IS_EX:
	case IGMP_TO_EX:
		if (allowed(&in->config.policy, host, record->group, NULL))
			return true;
		igmp_count(in, IGMP_N_POLICY_GROUPS);
		refuse(in, IGMP_POLICY_GROUP, host, record->group);
		return false;
	}
	return pass_sources(in, host, record) || record->sources.count ||
	       record->type == IGMP_TO_IN; /* which also takes away */
}
