/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What may pass an interface, as the file has it: boundaries, which are
 * prefixes of groups, and filters, which are rules; and the list of rules that
 * both come to, for the manager.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"

/* One more word of a text; its length is 0 at the end. */
static size_t next_word(const char **at, char word[ADDRESS_PREFIX_TEXT])
{
	size_t len;

	*at += strspn(*at, " \t");
	len = strcspn(*at, " \t");
	if (len >= ADDRESS_PREFIX_TEXT)
		len = ADDRESS_PREFIX_TEXT - 1; /* which is nothing we know */
	memcpy(word, *at, len);
	word[len] = '\0';
	*at += len;
	return len;
}

static int read_prefix(const char *text, bool groups, struct mgm_prefix *prefix)
{
	struct mgm_address address;
	unsigned int length;

	if (address_parse_prefix(text, &address, &length) ||
	    !mgm_address_is_v4(&address))
		return -EINVAL;
	if (groups ? !address_prefix_is_groups(&address, length)
		   : !address_prefix_has_sources(&address, length))
		return -EINVAL;
	*prefix = (struct mgm_prefix){address, (uint8_t)length, {0}};
	return 0;
}

int config_boundary_read(const char *text, void *item, char why[OPTION_WHY])
{
	if (!read_prefix(text, true, item))
		return 0;
	snprintf(why, OPTION_WHY,
		 "write a prefix of multicast groups without bits behind it, "
		 "as 239.255.0.0/16");
	return -EINVAL;
}

void config_boundary_write(const void *item, char buffer[OPTION_TEXT_MAX])
{
	const struct mgm_prefix *prefix = item;
	char text[ADDRESS_PREFIX_TEXT];

	strcpy(buffer,
	       address_prefix_text(&prefix->address, prefix->length, text));
}

/* "in", "out", "group PREFIX" or "source PREFIX", each once. */
static int read_condition(const char **at, const char *name,
			  struct mgm_rule *rule, unsigned int *seen)
{
	static const char *const names[] = {"in", "out", "group", "source"};
	char value[ADDRESS_PREFIX_TEXT];
	unsigned int i = 0;

	while (i < 4 && strcmp(name, names[i]))
		i++;
	if (i == 4 || *seen >> i & 1)
		return -EINVAL;
	*seen |= 1u << i;
	if (i < 2) {
		rule->flags |= i ? MGM_RULE_OUT : MGM_RULE_IN;
		return 0;
	}
	next_word(at, value);
	return read_prefix(value, i == 2,
			   i == 2 ? &rule->sg.group : &rule->sg.source);
}

static int parse_filter(const char *text, struct mgm_rule *rule)
{
	char name[ADDRESS_PREFIX_TEXT];
	unsigned int seen = 0;

	*rule = (struct mgm_rule){.sg = MGM_SG_ANY};
	next_word(&text, name);
	if (!strcmp(name, "deny"))
		rule->flags = MGM_RULE_DENY;
	else if (strcmp(name, "allow"))
		return -EINVAL;
	while (next_word(&text, name))
		if (read_condition(&text, name, rule, &seen))
			return -EINVAL;
	if (!(rule->flags & (MGM_RULE_IN | MGM_RULE_OUT)))
		rule->flags |= MGM_RULE_IN | MGM_RULE_OUT;
	return 0;
}

int config_filter_read(const char *text, void *item, char why[OPTION_WHY])
{
	if (!parse_filter(text, item))
		return 0;
	snprintf(why, OPTION_WHY,
		 "write allow or deny, then any of in or out, group PREFIX, "
		 "source PREFIX: \"deny in source 10.9.0.0/16\"");
	return -EINVAL;
}

static void add_prefix(char *buffer, const char *name,
		       const struct mgm_prefix *prefix)
{
	size_t len = strlen(buffer);
	char text[ADDRESS_PREFIX_TEXT];

	if (prefix->length)
		snprintf(buffer + len, OPTION_TEXT_MAX - len, " %s %s", name,
			 address_prefix_text(&prefix->address, prefix->length,
					     text));
}

const char *config_rule_text(const struct mgm_rule *rule,
			     char buffer[OPTION_TEXT_MAX])
{
	strcpy(buffer, rule->flags & MGM_RULE_DENY ? "deny" : "allow");
	if (!(rule->flags & MGM_RULE_OUT))
		strcat(buffer, " in");
	if (!(rule->flags & MGM_RULE_IN))
		strcat(buffer, " out");
	add_prefix(buffer, "group", &rule->sg.group);
	add_prefix(buffer, "source", &rule->sg.source);
	return buffer;
}

void config_filter_write(const void *item, char buffer[OPTION_TEXT_MAX])
{
	config_rule_text(item, buffer);
}

static size_t add_boundaries(const struct config_boundaries *boundaries,
			     uint32_t direction, struct mgm_rule *rules)
{
	for (uint32_t i = 0; i < boundaries->count; i++) {
		rules[i] = (struct mgm_rule){
			.flags = direction | MGM_RULE_DENY,
			.sg = MGM_SG_ANY,
		};
		rules[i].sg.group = boundaries->item[i];
	}
	return boundaries->count;
}

size_t config_rules(const struct config_interface *config,
		    struct mgm_rule rules[CONFIG_RULES])
{
	size_t count = 0;

	if (!config)
		return 0;
	count += add_boundaries(&config->boundary, MGM_RULE_IN | MGM_RULE_OUT,
				rules);
	count += add_boundaries(&config->boundary_in, MGM_RULE_IN,
				rules + count);
	count += add_boundaries(&config->boundary_out, MGM_RULE_OUT,
				rules + count);
	memcpy(rules + count, config->filter.item,
	       config->filter.count * sizeof(rules[0]));
	return count + config->filter.count;
}
