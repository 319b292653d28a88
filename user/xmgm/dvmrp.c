/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show dvmrp: the tables that DVMRP has beside those of the daemon, from the
 * daemon or from xmgm-dvmrpd beside it.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define COLUMNS(a) (sizeof(a) / sizeof((a)[0]))

/* Names of members, joined by commas. */
static void put_names(struct json_object *object, struct printbuf *cell)
{
	const char *comma = "";

	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_length(object)) {
		sprintbuf(cell, "-");
		return;
	}
	json_object_object_foreach(object, name, value)
	{
		(void)value;
		sprintbuf(cell, "%s%s", comma, name);
		comma = ",";
	}
}

static void put_upstream(struct json_object *row, struct printbuf *cell)
{
	struct json_object *upstream = output_member(row, "upstream");

	if (upstream)
		output_put_value(cell, upstream);
	else
		sprintbuf(cell, output_member(row, "iif") ? "direct" : "-");
}

/* "eth1:2" two depend on us there; "eth2 (10.0.0.1)" that one forwards. */
static void put_downstream(struct json_object *row, struct printbuf *cell)
{
	struct json_object *all = output_member(row, "downstream");
	const char *comma = "";

	if (!json_object_is_type(all, json_type_object) ||
	    !json_object_object_length(all)) {
		sprintbuf(cell, "-");
		return;
	}
	json_object_object_foreach(all, name, value)
	{
		const char *forwarder = json_object_get_string(
			output_member(value, "forwarder"));

		sprintbuf(cell, "%s%s", comma, name);
		if (forwarder && strcmp(forwarder, "self") != 0)
			sprintbuf(cell, " (%s)", forwarder);
		else
			sprintbuf(cell, ":%s",
				  json_object_get_string(
					  output_member(value, "dependents")));
		comma = ", ";
	}
}

static void put_oifs(struct json_object *row, struct printbuf *cell)
{
	put_names(output_member(row, "oifs"), cell);
}

/* "eth1 10.0.0.2 10.0.0.3, eth2 10.1.0.2" */
static void put_received(struct json_object *row, struct printbuf *cell)
{
	struct json_object *all = output_member(row, "received");
	const char *comma = "";

	if (!json_object_is_type(all, json_type_object) ||
	    !json_object_object_length(all)) {
		sprintbuf(cell, "-");
		return;
	}
	json_object_object_foreach(all, name, prunes)
	{
		sprintbuf(cell, "%s%s", comma, name);
		json_object_object_foreach(prunes, address, seconds)
		{
			(void)seconds;
			sprintbuf(cell, " %s", address);
		}
		comma = ", ";
	}
}

static const struct output_column neighbor_columns[] = {
	{.title = "INTERFACE", .field = "interface"},
	{.title = "NEIGHBOR", .field = "address"},
	{.title = "STATE", .field = "state"},
	{.title = "VERSION", .field = "version"},
	{.title = "PRUNES", .field = "prunes"},
	{.title = "UPTIME", .field = "uptime_s", .kind = OUTPUT_SECONDS},
	{.title = "EXPIRES", .field = "expires_s", .kind = OUTPUT_SECONDS},
};

static const struct output_column route_columns[] = {
	{.title = "SOURCES", .field = "prefix"},
	{.title = "IIF", .field = "iif"},
	{.title = "UPSTREAM", .format = put_upstream},
	{.title = "METRIC", .field = "metric", .kind = OUTPUT_COUNT},
	{.title = "STATE", .field = "state"},
	{.title = "UPTIME", .field = "uptime_s", .kind = OUTPUT_SECONDS},
	{.title = "EXPIRES", .field = "expires_s", .kind = OUTPUT_SECONDS},
	{.title = "DOWNSTREAM", .format = put_downstream},
};

static const struct output_column prune_columns[] = {
	{.title = "SOURCES", .field = "prefix"},
	{.title = "GROUP", .field = "group"},
	{.title = "IIF", .field = "iif"},
	{.title = "STATE", .field = "state"},
	{.title = "UPSTREAM", .field = "upstream"},
	{.title = "EXPIRES", .field = "expires_s", .kind = OUTPUT_SECONDS},
	{.title = "OIFS", .format = put_oifs},
	{.title = "PRUNED BY", .format = put_received},
};

static const struct output_column interface_columns[] = {
	{.title = "INTERFACE", .field = "interface"},
	{.title = "STATE", .field = "state"},
	{.title = "ADDRESS", .field = "address"},
	{.title = "METRIC", .field = "metric", .kind = OUTPUT_COUNT},
	{.title = "NEIGHBORS", .field = "two_way", .kind = OUTPUT_COUNT},
	{.title = "PROBE IN", .field = "next_probe_s", .kind = OUTPUT_SECONDS},
	{.title = "REPORT IN", .field = "next_report_s", .kind = OUTPUT_SECONDS},
};

static const struct table {
	const char *name;
	const struct output_column *columns;
	size_t count;
} tables[] = {
	{"neighbors", neighbor_columns, COLUMNS(neighbor_columns)},
	{"routes", route_columns, COLUMNS(route_columns)},
	{"prunes", prune_columns, COLUMNS(prune_columns)},
	{"interfaces", interface_columns, COLUMNS(interface_columns)},
};

/* A beginning that fits one alone is enough. */
static const struct table *find_table(struct cli *cli, const char *word)
{
	const struct table *found = NULL;

	for (size_t i = 0; i < COLUMNS(tables); i++) {
		if (strncmp(tables[i].name, word, strlen(word)) != 0)
			continue;
		found = &tables[i];
		break;
	}
	if (!found)
		cli_misused(cli,
			    "'%.32s' is no table of DVMRP: write neighbors, "
			    "routes, prunes or interfaces",
			    word);
	return found;
}

/* The socket of xmgm-dvmrpd beside this daemon: main.dvmrp.sock. */
static void beside(const char *socket, char path[256])
{
	const char *end = strrchr(socket, '.');
	int len = end && !strcmp(end, ".sock") ? (int)(end - socket)
					       : (int)strlen(socket);

	snprintf(path, 256, "%.*s.dvmrp.sock", len, socket);
}

static struct json_object *params_of(const struct table *table)
{
	return cli_params("protocol", "dvmrp", "table", table->name, NULL);
}

/* By xmgm-dvmrpd, if DVMRP runs there, else by the daemon. */
static int ask(struct cli *cli, const struct table *table,
	       struct json_object **rows)
{
	struct cli other = *cli;
	char path[256];
	int err;

	beside(cli->socket, path);
	other.socket = path;
	other.rpc = NULL;
	err = rpc_client_open(path, &other.rpc);
	if (err)
		return cli_call(cli, "show.protocol", params_of(table), rows);
	err = cli_call(&other, "show.protocol", params_of(table), rows);
	rpc_client_close(other.rpc);
	cli->status = other.status;
	return err;
}

int show_dvmrp_run(struct cli *cli, const char *const *args, size_t count)
{
	const struct table *table = find_table(cli, args[0]);
	struct json_object *rows = NULL;
	int err;

	(void)count;
	if (!table)
		return -EINVAL;
	err = ask(cli, table, &rows);
	if (err)
		return err;
	err = output_rows(&cli->out, table->columns, table->count, rows);
	json_object_put(rows);
	return cli_written(cli, err);
}
