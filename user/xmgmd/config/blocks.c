/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sections of protocols, read by the tables they bring: no protocol is
 * known here by name. A section `remote "NAME"` belongs to a protocol outside
 * the daemon, which reads it from the same file: its syntax is all we judge.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct conf_option *table_of(const struct proto *proto,
					  bool global, size_t *size)
{
	const struct proto_options *options = proto->options ? proto->options()
							     : NULL;

	*size = options ? global ? options->global_size
				 : options->interface_size
			: 0;
	return options ? global ? options->global : options->interface : NULL;
}

int config_blocks_new(struct proto_block *blocks, bool global)
{
	const struct conf_option *table;
	const struct proto *proto;
	size_t i, size;

	proto_for_each(i, proto) {
		table = table_of(proto, global, &size);
		if (!table)
			continue;
		blocks[i].options = calloc(1, size);
		if (!blocks[i].options)
			return -ENOMEM;
		option_defaults(table, blocks[i].options);
	}
	return 0;
}

void config_blocks_free(struct proto_block *blocks)
{
	size_t i;

	for (i = 0; i < PROTO_MAX; i++)
		free(blocks[i].options);
}

static const struct conf_item *item_find(const struct conf_item *section,
					 const char *name)
{
	const struct conf_item *item;

	for (item = section->items; item; item = item->next)
		if (!strcmp(item->name, name))
			return item;
	return section;
}

struct judging {
	struct config_reader *r;
	const struct conf_item *section;
};

static void on_complain(void *arg, const char *option, const char *sentence)
{
	const struct judging *j = arg;
	const struct conf_item *at = j->section;

	if (option)
		at = item_find(j->section, option);
	conf_complain_at(j->r->errors, &at->place, "%s", sentence);
}

static void unknown_option(struct config_reader *r,
			   const struct conf_item *item,
			   const struct conf_option *table)
{
	struct config_known known = {0};

	config_know(&known, "enabled");
	config_know_table(&known, table);
	config_unknown(r, item, &known);
}

static void read_options(struct config_reader *r,
			 const struct conf_item *section,
			 const struct conf_option *table,
			 struct proto_block *block)
{
	static const struct conf_option common[] = {
		{"enabled", OPTION_BOOL, 0, 0, false, 0,
		 offsetof(struct proto_block, enabled), NULL},
		{0},
	};
	const struct conf_item *item;

	for (item = section->items; item; item = item->next)
		if (option_read(common, item, block, r->errors) == -ENOENT &&
		    option_read(table, item, block->options, r->errors) ==
			    -ENOENT)
			unknown_option(r, item, table);
}

int config_read_block(struct config_reader *r, const struct conf_item *section,
		      struct proto_block *blocks, bool global)
{
	struct judging judging = {r, section};
	struct proto_judge judge = {&judging, on_complain};
	size_t i, size, before = r->errors->count;
	const struct conf_option *table = NULL;
	const struct proto *proto;

	if (!section->section)
		return -ENOENT;
	if (!strcmp(section->name, "remote") && section->count)
		return 0;
	proto_for_each(i, proto)
		if (!strcmp(proto->name, section->name))
			break;
	if (proto)
		table = table_of(proto, global, &size);
	if (!table)
		return -ENOENT;
	blocks[i].enabled = true;
	read_options(r, section, table, &blocks[i]);
	if (!global && proto->options()->check && r->errors->count == before)
		proto->options()->check(blocks[i].options, &judge);
	return 0;
}

void config_know_blocks(struct config_known *known, bool global)
{
	const struct proto *proto;
	size_t i, size;

	proto_for_each(i, proto)
		if (table_of(proto, global, &size))
			config_know(known, proto->name);
	config_know(known, "remote");
}

struct judging_all {
	struct config_reader *r;
	const struct conf *conf;
	const struct proto *proto;
};

/* The section of this name and title, or, of the interface, the whole. */
static const struct conf_item *section_find(const struct conf_item *item,
					    const char *name, const char *title)
{
	for (; item; item = item->next)
		if (item->section && !strcmp(item->name, name) &&
		    (!title ||
		     (item->count && !strcmp(item->values[0].text, title))))
			break;
	return item;
}

static void on_complain_all(void *arg, const char *interface,
			    const char *option, const char *sentence)
{
	const struct judging_all *j = arg;
	const struct conf_item *at =
		section_find(j->conf->items, "interface", interface);
	const struct conf_item *own =
		at ? section_find(at->items, j->proto->name, NULL) : NULL;

	if (own && option)
		own = item_find(own, option);
	if (own)
		at = own;
	if (at)
		conf_complain_at(j->r->errors, &at->place, "%s", sentence);
	else
		conf_complain(j->r->errors, "%s", sentence);
}

void config_check_blocks(struct config_reader *r, const struct conf *conf)
{
	struct judging_all judging = {r, conf, NULL};
	const struct proto *proto;
	size_t i;

	if (r->errors->count)
		return;
	proto_for_each(i, proto) {
		if (!proto->options || !proto->options()->check_all)
			continue;
		judging.proto = proto;
		proto->options()->check_all(&r->config->proto, on_complain_all,
					    &judging);
	}
}

static void on_nothing(void *arg, const char *option, const char *sentence)
{
	(void)arg;
	(void)option;
	(void)sentence;
}

void config_blocks_finish(struct proto_block *blocks)
{
	const struct proto_judge judge = {NULL, on_nothing};
	const struct proto *proto;
	size_t i;

	proto_for_each(i, proto)
		if (blocks[i].options && proto->options()->check)
			proto->options()->check(blocks[i].options, &judge);
}

uint32_t config_adopt_ms(const struct proto_config *config)
{
	const struct proto_options *options;
	const struct proto *proto;
	uint32_t longest = 0, ms;
	size_t i, j;

	proto_for_each(i, proto) {
		options = proto->options ? proto->options() : NULL;
		if (!options || !options->adopt_ms)
			continue;
		for (j = 0; j < config->interface_count; j++) {
			const struct proto_block *block =
				&config->interfaces[j].blocks[i];

			ms = options->adopt_ms(block->options);
			if (block->enabled && ms > longest)
				longest = ms;
		}
	}
	return longest;
}
