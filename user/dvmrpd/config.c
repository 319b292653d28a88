/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads, of the daemon's configuration, what is meant for this process:
 * sections remote "dvmrp", of interfaces and of the file. All else is the
 * daemon's, which judges it.
 */
#include "dvmrpd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf_file.h"
#include "lib/log.h"

struct reading {
	struct file *file;
	struct conf_errors *errors;
};

static int block_new(struct proto_block *block, const struct conf_option *table,
		     size_t size)
{
	block->options = calloc(1, size);
	if (!block->options)
		return -ENOMEM;
	option_defaults(table, block->options);
	return 0;
}

static const char *next_name(void *arg)
{
	const struct conf_option **at = arg;

	return (*at)->name ? (*at)++->name : NULL;
}

static void read_options(struct reading *r, const struct conf_item *section,
			 const struct conf_option *table,
			 struct proto_block *block)
{
	static const struct conf_option common[] = {
		{"enabled", OPTION_BOOL, 0, 0, false, 0,
		 offsetof(struct proto_block, enabled), NULL},
		{0},
	};
	const struct conf_option *at;
	const struct conf_item *item;
	const char *near;

	block->enabled = true;
	for (item = section->items; item; item = item->next) {
		if (option_read(common, item, block, r->errors) != -ENOENT ||
		    option_read(table, item, block->options, r->errors) !=
			    -ENOENT)
			continue;
		at = table;
		near = option_nearest(item->name, next_name, &at);
		conf_complain_at(r->errors, &item->place,
				 "unknown option '%s'%s%s%s", item->name,
				 near ? ": did you mean '" : "",
				 near ? near : "", near ? "'?" : "");
	}
}

static bool is_ours(const struct conf_item *item)
{
	return item->section && !strcmp(item->name, "remote") && item->count &&
	       !strcmp(item->values[0].text, "dvmrp");
}

struct judging {
	struct reading *r;
	const struct conf_item *section;
};

static void on_complain(void *arg, const char *option, const char *sentence)
{
	const struct judging *j = arg;

	(void)option;
	conf_complain_at(j->r->errors, &j->section->place, "%s", sentence);
}

static int read_interface(struct reading *r, const char *name,
			  const struct conf_item *section)
{
	const struct proto_options *options = dvmrpd_proto()->options();
	const size_t count = r->file->config.interface_count;
	struct judging judging = {r, section};
	const struct proto_judge judge = {&judging, on_complain};
	const size_t before = r->errors->count;
	struct proto_interface_config *grown;

	grown = realloc(r->file->interfaces, (count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memset(&grown[count], 0, sizeof(*grown));
	strncpy(grown[count].name, name, sizeof(grown[count].name) - 1);
	r->file->interfaces = grown;
	r->file->config.interfaces = grown;
	r->file->config.interface_count++;
	if (block_new(&grown[count].blocks[0], options->interface,
		      options->interface_size))
		return -ENOMEM;
	read_options(r, section, options->interface, &grown[count].blocks[0]);
	if (options->check && r->errors->count == before)
		options->check(grown[count].blocks[0].options, &judge);
	return 0;
}

static int read_item(struct reading *r, const struct conf_item *item)
{
	const struct conf_item *inner;
	int err = 0;

	if (is_ours(item))
		read_options(r, item, dvmrpd_proto()->options()->global,
			     &r->file->config.blocks[0]);
	if (!item->section || strcmp(item->name, "interface") || !item->count)
		return 0;
	for (inner = item->items; inner && !err; inner = inner->next)
		if (is_ours(inner))
			err = read_interface(r, item->values[0].text, inner);
	return err;
}

static int read_tree(struct reading *r, const char *path)
{
	struct conf_reading noted = {NULL};
	const struct conf_source source = {&noted, conf_file_include};
	char *text = conf_file_read(path);
	const struct conf_item *item;
	struct conf *conf = NULL;
	int err;

	if (!text) {
		conf_complain(r->errors, "cannot read the configuration %s: %s",
			      path, strerror(errno));
		return -errno;
	}
	err = conf_parse(path, text, &source, &conf, r->errors);
	for (item = conf ? conf->items : NULL; item && !err; item = item->next)
		err = read_item(r, item);
	conf_free(conf);
	free(noted.empty);
	free(text);
	return err;
}

struct file *file_read(const char *path)
{
	const struct proto_options *options = dvmrpd_proto()->options();
	struct conf_errors errors = {0};
	struct reading r = {calloc(1, sizeof(struct file)), &errors};
	int err = -ENOMEM;

	if (r.file)
		err = block_new(&r.file->config.blocks[0], options->global,
				options->global_size);
	if (!err)
		err = read_tree(&r, path);
	for (size_t i = 0; i < errors.count; i++)
		log_error("%s", errors.lines[i]);
	if (err == -ENOMEM)
		log_error("no memory to read the configuration %s", path);
	if (err || errors.count) {
		file_free(r.file);
		r.file = NULL;
	}
	conf_errors_free(&errors);
	return r.file;
}

void file_free(struct file *file)
{
	if (!file)
		return;
	for (size_t i = 0; i < file->config.interface_count; i++)
		free(file->interfaces[i].blocks[0].options);
	free(file->interfaces);
	free(file->config.blocks[0].options);
	free(file);
}
