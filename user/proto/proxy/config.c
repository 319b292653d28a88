/* SPDX-License-Identifier: GPL-2.0-only */
/* See config.h. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"

const struct proto *proxy_proto(void);

static int parse(const char *text, struct mgm_prefix *prefix)
{
	unsigned int length;

	*prefix = (struct mgm_prefix){.length = 0};
	if (address_parse_prefix(text, &prefix->address, &length) ||
	    !mgm_address_is_v4(&prefix->address))
		return -EINVAL;
	prefix->length = (uint8_t)length;
	return 0;
}

static int read_groups(const char *text, void *item, char why[OPTION_WHY])
{
	struct mgm_prefix *prefix = item;

	if (!parse(text, prefix) &&
	    address_prefix_is_groups(&prefix->address, prefix->length))
		return 0;
	snprintf(why, OPTION_WHY, "write a prefix of IPv4 groups: 239.0.0.0/8");
	return -EINVAL;
}

static int read_sources(const char *text, void *item, char why[OPTION_WHY])
{
	struct mgm_prefix *prefix = item;

	if (!parse(text, prefix) &&
	    address_prefix_has_sources(&prefix->address, prefix->length))
		return 0;
	snprintf(why, OPTION_WHY, "write a prefix of IPv4 sources: 10.0.0.0/8");
	return -EINVAL;
}

static void write_prefix(const void *item, char buffer[OPTION_TEXT_MAX])
{
	const struct mgm_prefix *prefix = item;

	address_prefix_text(&prefix->address, prefix->length, buffer);
}

static const struct option_list groups = {
	.max = PROXY_PREFIXES,
	.size = sizeof(struct mgm_prefix),
	.standard = "224.0.0.0/4",
	.read = read_groups,
	.write = write_prefix,
};

static const struct option_list sources = {
	.max = PROXY_PREFIXES,
	.size = sizeof(struct mgm_prefix),
	.standard = "0.0.0.0/0",
	.read = read_sources,
	.write = write_prefix,
};

static const struct conf_option options[] = {
	{"groups", OPTION_LIST, 0, 0, 0, 0,
	 offsetof(struct proxy_config, groups), &groups},
	{"sources", OPTION_LIST, 0, 0, 0, 0,
	 offsetof(struct proxy_config, sources), &sources},
	{"priority", OPTION_U32, 1, 255, 100, 0,
	 offsetof(struct proxy_config, priority), NULL},
	{0},
};

/* A prefix that stands twice in a list; NULL: none does. */
static const struct mgm_prefix *twice(const struct mgm_prefix *list,
				      size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (proxy_prefix_equal(&list[i], &list[k]))
				return &list[i];
	return NULL;
}

static void check(void *interface, const struct proto_judge *judge)
{
	const struct proxy_config *c = interface;
	const struct mgm_prefix *groups_twice =
		twice(c->groups.item, c->groups.count);
	const struct mgm_prefix *sources_twice =
		twice(c->sources.item, c->sources.count);
	char text[ADDRESS_PREFIX_TEXT], line[OPTION_WHY];

	if (groups_twice) {
		snprintf(line, sizeof(line),
			 "groups has %s twice: take one of them out",
			 address_prefix_text(&groups_twice->address,
					     groups_twice->length, text));
		judge->complain(judge->arg, "groups", line);
	}
	if (sources_twice) {
		snprintf(line, sizeof(line),
			 "sources has %s twice: take one of them out",
			 address_prefix_text(&sources_twice->address,
					     sources_twice->length, text));
		judge->complain(judge->arg, "sources", line);
	}
}

/* --- several interfaces ------------------------------------------------ */

typedef void complain_fn(void *arg, const char *interface, const char *option,
			 const char *sentence);

struct judge_all {
	const struct proto_config *config;
	complain_fn *complain;
	void *arg;
	size_t place; /* ours in the registry */
};

static const struct proxy_config *upstream_at(const struct judge_all *j,
					      size_t i)
{
	const struct proto_block *block =
		&j->config->interfaces[i].blocks[j->place];

	return block->enabled ? block->options : NULL;
}

/* Hosts are asked by a protocol that a proxy's upstream cannot share. */
static void judge_hosts(const struct judge_all *j, size_t i)
{
	const char *name = j->config->interfaces[i].name;
	const struct proto *proto;
	char line[OPTION_WHY];
	size_t k;

	proto_for_each(k, proto) {
		if (!proto->hosts ||
		    !j->config->interfaces[i].blocks[k].enabled)
			continue;
		snprintf(line, sizeof(line),
			 "%s is an upstream of the proxy, where this router is "
			 "a host: take its section %s out, or this one",
			 name, proto->name);
		j->complain(j->arg, name, NULL, line);
	}
}

static const struct mgm_prefix *common(const struct proxy_config *a,
				       const struct proxy_config *b)
{
	for (uint32_t i = 0; i < a->groups.count; i++)
		for (uint32_t k = 0; k < b->groups.count; k++)
			if (proxy_prefix_equal(&a->groups.item[i],
					       &b->groups.item[k]))
				return &a->groups.item[i];
	return NULL;
}

/* Two for the same groups: which is the first? */
static void judge_pair(const struct judge_all *j, size_t first, size_t second)
{
	const struct proxy_config *a = upstream_at(j, first);
	const struct proxy_config *b = upstream_at(j, second);
	const struct mgm_prefix *prefix;
	char text[ADDRESS_PREFIX_TEXT], line[OPTION_WHY];

	prefix = a && b && a->priority == b->priority ? common(a, b) : NULL;
	if (!prefix)
		return;
	snprintf(line, sizeof(line),
		 "%s and %s are both upstreams of %s with priority %u: give "
		 "them different ones",
		 j->config->interfaces[first].name,
		 j->config->interfaces[second].name,
		 address_prefix_text(&prefix->address, prefix->length, text),
		 a->priority);
	j->complain(j->arg, j->config->interfaces[second].name, "priority",
		    line);
}

static void check_all(const struct proto_config *config, complain_fn *complain,
		      void *arg)
{
	const struct judge_all j = {config, complain, arg,
				    proto_index(proxy_proto())};

	for (size_t i = 0; i < config->interface_count; i++) {
		if (!upstream_at(&j, i))
			continue;
		judge_hosts(&j, i);
		for (size_t k = 0; k < i; k++)
			judge_pair(&j, k, i);
	}
}

const struct proto_options *proxy_config_options(void)
{
	static const struct proto_options ours = {
		.interface = options,
		.interface_size = sizeof(struct proxy_config),
		.check = check,
		.check_all = check_all,
	};

	return &ours;
}
