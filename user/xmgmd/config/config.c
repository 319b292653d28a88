/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes of a file's tree what it means. Every error is a complaint with the
 * place of what is wrong; reading goes on behind it.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xmgmd/check.h"
#include "internal.h"

#define DEFAULT_ROUTES 131072u
#define ADOPT_LEAST_MS 15000u

void config_know(struct config_known *known, const char *name)
{
	if (known->count < sizeof(known->names) / sizeof(known->names[0]))
		known->names[known->count++] = name;
}

void config_know_table(struct config_known *known,
		       const struct conf_option *table)
{
	for (; table->name; table++)
		config_know(known, table->name);
}

static const char *next_known(void *arg)
{
	struct config_known *known = arg;

	return known->at < known->count ? known->names[known->at++] : NULL;
}

void config_unknown(struct config_reader *r, const struct conf_item *item,
		    struct config_known *known)
{
	const char *near = option_nearest(item->name, next_known, known);
	const char *what = item->section ? "section" : "option";

	if (near)
		conf_complain_at(r->errors, &item->place,
				 "no such %s '%s', did you mean '%s'?", what,
				 item->name, near);
	else
		conf_complain_at(r->errors, &item->place,
				 "no such %s '%s': see xmgmd.conf(5) for what "
				 "may stand here",
				 what, item->name);
}

void config_read_table(struct config_reader *r, const struct conf_item *section,
		       const struct conf_option *table, void *base)
{
	const struct conf_item *item;

	for (item = section->items; item; item = item->next) {
		struct config_known known = {0};

		if (option_read(table, item, base, r->errors) != -ENOENT)
			continue;
		config_know_table(&known, table);
		config_unknown(r, item, &known);
	}
}

struct proto_interface_config *config_proto_interface(struct config *config,
						      size_t index)
{
	return (struct proto_interface_config *)(uintptr_t)
		       config->proto.interfaces +
	       index;
}

static int interface_new(struct config *config, const char *name)
{
	size_t count = config->proto.interface_count;
	struct proto_interface_config *protos;
	struct config_interface *interfaces;

	protos = realloc((void *)(uintptr_t)config->proto.interfaces,
			 (count + 1) * sizeof(*protos));
	if (!protos)
		return -ENOMEM;
	config->proto.interfaces = protos;
	interfaces =
		realloc(config->interfaces, (count + 1) * sizeof(*interfaces));
	if (!interfaces)
		return -ENOMEM;
	config->interfaces = interfaces;
	memset(&protos[count], 0, sizeof(*protos));
	memset(&interfaces[count], 0, sizeof(*interfaces));
	snprintf(protos[count].name, sizeof(protos[count].name), "%s", name);
	option_defaults(config_interface_options(), &interfaces[count]);
	config->proto.interface_count++;
	return config_blocks_new(protos[count].blocks, false);
}

int config_interface_index(struct config *config, const char *name,
			   size_t *index)
{
	size_t i, count = config->proto.interface_count;

	for (i = 0; i < count; i++)
		if (!strcmp(config->proto.interfaces[i].name, name))
			break;
	*index = i;
	return i < count ? 0 : interface_new(config, name);
}

static void read_interface_items(struct config_reader *r,
				 const struct conf_item *section,
				 struct config_interface *interface,
				 struct proto_interface_config *proto)
{
	const struct conf_option *table = config_interface_options();
	const struct conf_item *item;

	interface->declared = true;
	for (item = section->items; item; item = item->next) {
		struct config_known known = {0};

		if (option_read(table, item, interface, r->errors) != -ENOENT ||
		    config_read_block(r, item, proto->blocks, false) != -ENOENT)
			continue;
		config_know_table(&known, table);
		config_know_blocks(&known, false);
		config_unknown(r, item, &known);
	}
}

/* Without a good name its options are read all the same, to be judged. */
static int read_nameless(struct config_reader *r,
			 const struct conf_item *section)
{
	struct proto_interface_config proto = {0};
	struct config_interface interface = {0};
	int err = config_blocks_new(proto.blocks, false);

	if (!err)
		read_interface_items(r, section, &interface, &proto);
	config_blocks_free(proto.blocks);
	return err;
}

static int read_interface(struct config_reader *r,
			  const struct conf_item *section)
{
	const char *name = section->count ? section->values[0].text : "";
	char why[CHECK_WHY];
	size_t i;

	if (check_name(name, why)) {
		conf_complain_at(r->errors, &section->place, "%s", why);
		return read_nameless(r, section);
	}
	if (config_interface_index(r->config, name, &i))
		return -ENOMEM;
	if (r->config->interfaces[i].declared) {
		conf_complain_at(r->errors, &section->place,
				 "interface %s has a section already: put both "
				 "into one",
				 name);
		return read_nameless(r, section);
	}
	read_interface_items(r, section, &r->config->interfaces[i],
			     config_proto_interface(r->config, i));
	return 0;
}

static int read_limits(struct config_reader *r, const struct conf_item *section)
{
	struct config *config = r->config;
	const struct conf_item *item;

	config_read_table(r, section, config_limit_options(), config);
	if (config->plane.max_routes)
		config->mgm.mfes = config->plane.max_routes;
	if (config->mgm.negative <= config->mgm.mfes)
		return 0;
	for (item = section->items; item; item = item->next)
		if (!strcmp(item->name, "negative"))
			break;
	conf_complain_at(r->errors, item ? &item->place : &section->place,
			 "negative must not be larger than routes (131072 if "
			 "it is not given)");
	return 0;
}

static int read_rpf(struct config_reader *r, const struct conf_item *section)
{
	config_read_table(r, section, config_rpf_options(), r->config);
	return 0;
}

/*
 * A file without any interface may be one that an editor is just writing;
 * `interfaces = none` says that it is not.
 */
static void read_interfaces(struct config_reader *r,
			    const struct conf_item *item)
{
	const char *text = item->count ? item->values[0].text : "";

	r->config->no_interfaces = !strcmp(text, "none");
	if (!r->config->no_interfaces)
		conf_complain_at(r->errors, &item->place,
				 "interfaces is '%s': write none, or an "
				 "interface section for each",
				 text);
}

static void check_interfaces(struct config_reader *r, const struct conf *conf)
{
	const struct proto_config *proto = &r->config->proto;
	const struct conf_item *item = conf->items;

	if (!r->config->no_interfaces ||
	    !(proto->interface_count + proto->route_count + proto->join_count))
		return;
	while (strcmp(item->name, "interfaces"))
		item = item->next;
	conf_complain_at(r->errors, &item->place,
			 "interfaces = none stands beside sections that name "
			 "some: remove it, or them");
}

static const struct {
	const char *name;
	int (*read)(struct config_reader *r, const struct conf_item *section);
} sections[] = {
	{"interface", read_interface},	{"mroute", config_read_route},
	{"join", config_read_join},	{"rpf-route", config_read_rpf_route},
	{"limits", read_limits},	{"rpf", read_rpf},
	{"client", config_read_client}, {"flow", config_read_flow},
};

#define SECTIONS (sizeof(sections) / sizeof(sections[0]))

static void check_directory(struct config_reader *r,
			    const struct conf_item *item)
{
	const char *name = r->config->state_directory;

	if (!strcmp(item->name, "state-directory") && *name != '/')
		conf_complain_at(r->errors, &item->place,
				 "state-directory is '%s': write it from the "
				 "root, as in /var/lib/xmgm",
				 name);
}

static int read_item(struct config_reader *r, const struct conf_item *item)
{
	struct config_known known = {0};
	size_t i;

	if (item->assigned && !strcmp(item->name, "interfaces")) {
		read_interfaces(r, item);
		return 0;
	}
	if (item->assigned && option_read(config_top_options(), item, r->config,
					  r->errors) != -ENOENT) {
		check_directory(r, item);
		return 0;
	}
	config_know(&known, "interfaces");
	config_know_table(&known, config_top_options());
	for (i = 0; i < SECTIONS; i++) {
		config_know(&known, sections[i].name);
		if (item->section && !strcmp(item->name, sections[i].name))
			return sections[i].read(r, item);
	}
	if (config_read_block(r, item, r->config->proto.blocks, true) !=
	    -ENOENT)
		return 0;
	config_know_blocks(&known, true);
	config_unknown(r, item, &known);
	return 0;
}

static int read_all(struct config_reader *r, const struct conf *conf)
{
	const struct conf_item *item;
	uint32_t adopt_ms;
	size_t i;

	for (item = conf->items; item; item = item->next)
		if (read_item(r, item))
			return -ENOMEM;
	check_interfaces(r, conf);
	if (config_index(r->config))
		return -ENOMEM;
	config_check_routes(r);
	for (i = 0; i < r->config->proto.interface_count; i++)
		config_blocks_finish(
			config_proto_interface(r->config, i)->blocks);
	config_check_blocks(r, conf);
	config_check_vlans(r, conf);
	adopt_ms = config_adopt_ms(&r->config->proto);
	r->config->mgm.adopt_ms = adopt_ms > ADOPT_LEAST_MS ? adopt_ms : 0;
	return 0;
}

struct config *config_default(void)
{
	struct config *config = calloc(1, sizeof(*config));

	if (!config)
		return NULL;
	option_defaults(config_limit_options(), config);
	option_defaults(config_rpf_options(), config);
	option_defaults(config_top_options(), config);
	config->mgm.mfes = DEFAULT_ROUTES;
	config->clients = 64;
	config->protocol_names = 1024;
	strcpy(config->state_directory, CONFIG_STATE_DIRECTORY);
	if (config_blocks_new(config->proto.blocks, true)) {
		config_free(config);
		return NULL;
	}
	return config;
}

int config_parse(const char *file, const char *text,
		 const struct conf_source *source, struct config **config,
		 struct conf_errors *errors)
{
	struct config_reader r = {.config = config_default(), .errors = errors};
	struct conf *conf = NULL;
	int err = -ENOMEM;

	if (r.config)
		err = conf_parse(file, text, source, &conf, errors);
	if (conf && read_all(&r, conf))
		err = -ENOMEM;
	conf_free(conf);
	free(r.places);
	free(r.rpf_places);
	if (err == -ENOMEM)
		conf_complain(errors, "%s: no memory", file);
	else if (errors->count)
		err = -EINVAL;
	if (err)
		config_free(r.config);
	else
		*config = r.config;
	return err;
}

void config_free(struct config *config)
{
	size_t i;

	if (!config)
		return;
	for (i = 0; i < config->proto.interface_count; i++)
		config_blocks_free(config_proto_interface(config, i)->blocks);
	for (i = 0; i < config->proto.route_count; i++)
		free((void *)(uintptr_t)config->proto.routes[i].to);
	config_blocks_free(config->proto.blocks);
	free((void *)(uintptr_t)config->proto.routes);
	free((void *)(uintptr_t)config->proto.joins);
	free((void *)(uintptr_t)config->proto.rpfs);
	free((void *)(uintptr_t)config->proto.interfaces);
	free(config->interfaces);
	free(config->allowed);
	free(config->flows);
	free(config->empty);
	free(config->route_order);
	free(config->join_order);
	free(config->rpf_order);
	free(config);
}
