/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.config: what is in force now, from the file and from commands, in the
 * words of the configuration file.
 */
#include "xmgmd/control/control.h"

#include <string.h>

/* Every option of a table, as it is in force. */
static void add_table(struct json_object *out, const struct conf_option *table,
		      const void *base)
{
	char buffer[OPTION_TEXT_MAX];
	struct json_object *value;
	uint64_t number;

	for (; table->name; table++) {
		number = option_shown(table, base);
		if (table->kind == OPTION_BOOL)
			value = json_object_new_boolean(number != 0);
		else if (table->kind == OPTION_SECONDS)
			value = json_object_new_double((double)number / 1000);
		else if (table->kind == OPTION_WORD ||
			 table->kind == OPTION_TEXT)
			value = json_object_new_string(
				option_text(table, base, buffer));
		else
			value = json_object_new_uint64(number);
		json_object_object_add(out, table->name, value);
	}
}

/* The sections of protocols, each under its name. */
static void add_blocks(struct json_object *out,
		       const struct proto_block *blocks, bool global)
{
	const struct proto_options *options;
	const struct conf_option *table;
	const struct proto *proto;
	struct json_object *block;
	size_t i;

	for (i = 0; (proto = proto_get(i)); i++) {
		options = proto->options ? proto->options() : NULL;
		table = !options ? NULL
			: global ? options->global
				 : options->interface;
		if (!table)
			continue;
		block = json_object_new_object();
		json_object_object_add(
			block, "enabled",
			json_object_new_boolean(blocks[i].enabled));
		add_table(block, table, blocks[i].options);
		json_object_object_add(out, proto->name, block);
	}
}

static struct json_object *interfaces_array(struct daemon *d)
{
	const struct proto_config *proto = &d->config->proto;
	struct json_object *rows = json_object_new_array(), *row;
	size_t i;

	for (i = 0; i < proto->interface_count; i++) {
		row = json_object_new_object();
		json_object_object_add(
			row, "name",
			json_object_new_string(proto->interfaces[i].name));
		add_table(row, config_interface_options(),
			  &d->config->interfaces[i]);
		add_blocks(row, proto->interfaces[i].blocks, false);
		json_object_array_add(rows, row);
	}
	return rows;
}

static int add_route(void *arg, const struct proto_route *route)
{
	struct json_object *rows = arg, *row = json_object_new_object();
	struct json_object *to = json_object_new_array();
	size_t i;

	json_object_object_add(row, "source",
			       json_address(route->route.sg.source, true));
	json_object_object_add(row, "group",
			       json_address(route->route.sg.group, false));
	json_object_object_add(row, "from",
			       json_object_new_string(route->route.from));
	for (i = 0; i < route->route.to_count; i++)
		json_object_array_add(
			to, json_object_new_string(route->route.to[i]));
	json_object_object_add(row, "to", to);
	json_object_object_add(row, "origin",
			       json_object_new_string(route->from_config
							      ? "configuration"
							      : "command"));
	json_object_object_add(
		row, "waiting_for",
		route->waiting ? json_object_new_string(route->waiting) : NULL);
	json_object_array_add(rows, row);
	return 0;
}

static int add_join(void *arg, const struct proto_join *join)
{
	struct json_object *rows = arg, *row = json_object_new_object();

	json_object_object_add(row, "interface",
			       json_object_new_string(join->join.interface));
	json_object_object_add(row, "group",
			       json_address(join->join.sg.group, false));
	json_object_object_add(row, "source",
			       json_address(join->join.sg.source, true));
	json_object_object_add(row, "origin",
			       json_object_new_string(join->from_config
							      ? "configuration"
							      : "command"));
	json_object_array_add(rows, row);
	return 0;
}

int rpc_show_config(struct call *call)
{
	struct json_object *out = json_object_new_object();
	struct json_object *routes = json_object_new_array();
	struct json_object *joins = json_object_new_array();
	struct json_object *limits = json_object_new_object();
	struct json_object *rpf = json_object_new_object();
	struct daemon *d = call->d;
	const struct proto *proto;
	size_t i;

	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++) {
		if (proto->routes && d->protos[i])
			proto->routes(d->protos[i], NULL, add_route, routes);
		if (proto->joins && d->protos[i])
			proto->joins(d->protos[i], NULL, add_join, joins);
	}
	json_object_object_add(out, "file",
			       json_object_new_string(d->config_path));
	json_object_object_add(out, "instance",
			       json_object_new_string(d->instance));
	json_object_object_add(out, "interfaces", interfaces_array(d));
	json_object_object_add(out, "mroutes", routes);
	json_object_object_add(out, "joins", joins);
	add_table(limits, config_limit_options(), d->config);
	json_object_object_add(out, "limits", limits);
	add_table(rpf, config_rpf_options(), d->config);
	json_object_object_add(out, "rpf", rpf);
	add_table(out, config_top_options(), d->config);
	add_blocks(out, d->config->proto.blocks, true);
	call->result = out;
	return 0;
}
