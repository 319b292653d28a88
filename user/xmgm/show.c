/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The show commands that print tables: interfaces, groups, mroute and
 * protocols. The daemon answers; where the maps alone have an answer they
 * are read when it does not run.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "mgm/core.h"
#include "xmgm/args.h"

#define COLUMNS(a) (sizeof(a) / sizeof((a)[0]))

/* "10.0.1.1 (self)", "10.0.1.3 (2m05s)", "10.0.1.3 (2m05s), forwards" if we do
 * not. */
static void put_querier(struct json_object *row, struct printbuf *cell)
{
	struct json_object *self = output_member(row, "querier.self");
	struct json_object *expires = output_member(row, "querier.expires_s");
	struct json_object *forwards = output_member(row, "querier.forwards");

	output_put_value(cell, output_member(row, "querier.address"));
	if (self && json_object_get_boolean(self)) {
		sprintbuf(cell, " (self)");
	} else if (expires) {
		sprintbuf(cell, " (");
		output_put_seconds(cell, json_object_get_uint64(expires));
		sprintbuf(cell, ")");
	}
	if (forwards && !json_object_get_boolean(forwards))
		sprintbuf(cell, ", forwards");
}

static void put_problem_count(struct json_object *row, struct printbuf *cell)
{
	struct json_object *problems = output_member(row, "problems");
	size_t n = 0;

	if (json_object_is_type(problems, json_type_array))
		n = json_object_array_length(problems);
	if (n)
		sprintbuf(cell, "%zu", n);
	else
		sprintbuf(cell, "-");
}

static const struct output_column interface_columns[] = {
	{.title = "INTERFACE", .field = "name"},
	{.title = "IFID", .field = "ifid"},
	{.title = "UP", .field = "up"},
	{.title = "OWNER", .field = "owner"},
	{.title = "GATE", .field = "gate"},
	{.title = "EPOCH", .field = "epoch"},
	{.title = "XDP", .field = "xdp"},
	{.title = "GROUPS", .field = "groups", .kind = OUTPUT_COUNT},
	{.title = "TTL", .field = "ttl_threshold"},
	{.title = "QUERIER", .format = put_querier},
	{.title = "PROBLEMS", .format = put_problem_count},
};

/* What the wire has of it, rather than the router. */
static const struct output_column wire_columns[] = {
	{.title = "INTERFACE", .field = "name"},
	{.title = "PORT", .field = "port"},
	{.title = "VLAN", .field = "vlan"},
	{.title = "MTU", .field = "mtu"},
	{.title = "XDP", .field = "xdp"},
	{.title = "PATH", .field = "path"},
	{.title = "OUT", .field = "packets_out", .kind = OUTPUT_COUNT},
	{.title = "REFUSED", .field = "packets_refused", .kind = OUTPUT_COUNT},
	{.title = "SOURCE-MAC", .field = "source_mac_address"},
	{.title = "FEATURES", .field = "xdp_features", .kind = OUTPUT_WORDS},
	{.title = "ADDRESSES", .field = "addresses", .kind = OUTPUT_WORDS},
};

/* Below the table, one line a problem, whole. */
static void print_problems(const struct output *out, struct json_object *rows)
{
	struct printbuf *line = printbuf_new();
	struct json_object *row, *problems;
	size_t i, j;

	for (i = 0; line && i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		problems = output_member(row, "problems");
		if (!json_object_is_type(problems, json_type_array))
			continue;
		for (j = 0; j < json_object_array_length(problems); j++) {
			printbuf_reset(line);
			output_put_value(line, output_member(row, "name"));
			sprintbuf(line, ": ");
			output_put_value(
				line, json_object_array_get_idx(problems, j));
			fprintf(out->file, "%sproblem:%s %s\n",
				out->colour ? "\033[31m" : "",
				out->colour ? "\033[0m" : "", line->buf);
		}
	}
	printbuf_free(line);
}

/*
 * The rows from the daemon, or without one from the maps by `direct`. The
 * reader is told which it is.
 */
static int get_rows(struct cli *cli, const char *method,
		    struct json_object *params,
		    int (*direct)(struct plane *, struct json_object **),
		    struct json_object **rows)
{
	struct plane *plane;
	int err;

	err = cli_connect(cli);
	if (err != -ENOTCONN) {
		if (!err)
			return cli_call(cli, method, params, rows);
		json_object_put(params);
		return err;
	}
	json_object_put(params);
	err = direct_open(cli, false, &plane);
	if (err == -ENOENT)
		return cli_no_daemon(cli);
	if (err)
		return err;
	err = direct(plane, rows);
	plane_close(plane);
	if (err)
		return cli_fail(cli, err,
				"reading the maps of instance '%s': %s",
				cli->instance, strerror(-err));
	cli_note("xmgmd is not running for instance '%s': this is what its "
		 "maps say",
		 cli->instance);
	return 0;
}

int show_interfaces_run(struct cli *cli, const char *const *args, size_t count)
{
	struct json_object *rows = NULL;
	int err;

	if (count && strcmp(args[0], "detail"))
		return cli_misused(cli,
				   "'show interfaces' takes the word detail or "
				   "nothing, not '%s'",
				   args[0]);
	err = get_rows(cli, "show.interfaces", NULL, direct_interfaces, &rows);
	if (err)
		return err;
	if (count)
		err = output_rows(&cli->out, wire_columns,
				  COLUMNS(wire_columns), rows);
	else
		err = output_rows(&cli->out, interface_columns,
				  COLUMNS(interface_columns), rows);
	if (!err && !cli->out.json)
		print_problems(&cli->out, rows);
	json_object_put(rows);
	return cli_written(cli, err);
}

static const struct output_column route_columns[] = {
	{.title = "SOURCE", .field = "source"},
	{.title = "GROUP", .field = "group"},
	{.title = "IIF", .field = "iif"},
	{.title = "STATE", .field = "state"},
	{.title = "OWNER", .field = "owner"},
	{.title = "PACKETS", .field = "packets", .kind = OUTPUT_COUNT},
	{.title = "BYTES", .field = "bytes", .kind = OUTPUT_COUNT},
	{.title = "WRONG-IF", .field = "wrong_if", .kind = OUTPUT_COUNT},
	{.title = "UPTIME", .field = "uptime_s", .kind = OUTPUT_SECONDS},
	{.title = "EXPIRES", .field = "expires_s", .kind = OUTPUT_SECONDS},
	{.title = "OIFS", .field = "oifs", .kind = OUTPUT_WORDS},
};

/* Below the table: static routes whose interfaces are not there. */
static void print_waiting(const struct output *out, struct json_object *rows)
{
	struct printbuf *line = printbuf_new();
	struct json_object *row;
	size_t i;

	for (i = 0; line && i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		if (!output_member(row, "waiting_for"))
			continue;
		printbuf_reset(line);
		sprintbuf(line, "waiting: (");
		output_put_value(line, output_member(row, "source"));
		sprintbuf(line, ", ");
		output_put_value(line, output_member(row, "group"));
		sprintbuf(line, ") for ");
		output_put_value(line, output_member(row, "waiting_for"));
		fprintf(out->file, "%s\n", line->buf);
	}
	if (line)
		printbuf_free(line);
}

static bool is_text(struct json_object *value, const char *text)
{
	const char *s = value ? json_object_get_string(value) : "";

	return !strcmp(s, text);
}

/* Keeps the rows of this source and group; both may be NULL for all. */
static struct json_object *only(struct json_object *rows, const char *source,
				const char *group)
{
	struct json_object *kept, *row;
	size_t i;

	if (!source || !json_object_is_type(rows, json_type_array))
		return rows;
	kept = json_object_new_array();
	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		if (is_text(output_member(row, "source"), source) &&
		    is_text(output_member(row, "group"), group))
			json_object_array_add(kept, json_object_get(row));
	}
	json_object_put(rows);
	return kept;
}

int show_mroute_run(struct cli *cli, const char *const *args, size_t count)
{
	const char *source = count ? args[0] : NULL;
	const char *group = count > 1 ? args[1] : NULL;
	struct json_object *rows = NULL;
	struct args_why why;
	int err;

	if (count == 1)
		return cli_misused(cli, "'show mroute' needs both SOURCE and "
					"GROUP, or neither");
	if (count && (args_check_source(source, 1, &why) ||
		      args_check_group(group, &why)))
		return cli_misused(cli, "%s", why.text);
	err = get_rows(cli, "show.mroute",
		       cli_params("source", source, source ? "group" : NULL,
				  group, NULL),
		       direct_routes, &rows);
	if (err)
		return err;
	rows = only(rows, source, group);
	if (source && json_object_is_type(rows, json_type_array) &&
	    !json_object_array_length(rows)) {
		json_object_put(rows);
		return cli_fail(cli, -ENOENT,
				"there is no route (%s, %s): `xmgm show "
				"mroute` lists what there is",
				source, group);
	}
	err = output_rows(&cli->out, route_columns, COLUMNS(route_columns),
			  rows);
	if (!err && !cli->out.json)
		print_waiting(&cli->out, rows);
	json_object_put(rows);
	return cli_written(cli, err);
}

/* "10.0.0.1 (4m10s),-10.0.0.2": with '-' the ones not forwarded. */
static void put_sources(struct json_object *row, struct printbuf *cell)
{
	struct json_object *sources = output_member(row, "sources");
	struct json_object *source, *field;
	size_t i, n = 0;

	if (json_object_is_type(sources, json_type_array))
		n = json_object_array_length(sources);
	if (!n)
		sprintbuf(cell, "-");
	for (i = 0; i < n; i++) {
		source = json_object_array_get_idx(sources, i);
		field = output_member(source, "forward");
		sprintbuf(cell, "%s%s", i ? "," : "",
			  field && !json_object_get_boolean(field) ? "-" : "");
		output_put_value(cell, output_member(source, "address"));
		field = output_member(source, "expires_s");
		if (!field)
			continue;
		sprintbuf(cell, "(");
		output_put_seconds(cell, json_object_get_uint64(field));
		sprintbuf(cell, ")");
	}
}

static const struct output_column group_columns[] = {
	{.title = "INTERFACE", .field = "interface"},
	{.title = "GROUP", .field = "group"},
	{.title = "MODE", .field = "mode"},
	{.title = "VERSION", .field = "version"},
	{.title = "EXPIRES", .field = "expires_s", .kind = OUTPUT_SECONDS},
	{.title = "STATIC", .field = "static"},
	{.title = "PROTOCOL", .field = "protocol"},
	{.title = "LAST-REPORTER", .field = "last_reporter"},
	{.title = "SOURCES", .format = put_sources},
};

static const struct output_column protocol_columns[] = {
	{.title = "PROTOCOL", .field = "name"},
	{.title = "ID", .field = "id"},
	{.title = "PID", .field = "pid"},
	{.title = "STATE", .field = "state"},
	{.title = "INTERFACES", .field = "interfaces", .kind = OUTPUT_WORDS},
};

/* A table that only the daemon has. */
static int show_table(struct cli *cli, const char *method,
		      const struct output_column *columns, size_t count)
{
	struct json_object *rows = NULL;
	int err;

	err = cli_call(cli, method, NULL, &rows);
	if (err)
		return err;
	err = cli_written(cli, output_rows(&cli->out, columns, count, rows));
	json_object_put(rows);
	return err;
}

int show_groups_run(struct cli *cli, const char *const *args, size_t count)
{
	if (count && strcmp(args[0], "detail"))
		return cli_misused(cli,
				   "'show groups' takes the word detail or "
				   "nothing, not '%s'",
				   args[0]);
	if (count)
		return show_groups_detail(cli);
	return show_table(cli, "show.groups", group_columns,
			  COLUMNS(group_columns));
}

int show_protocols_run(struct cli *cli, const char *const *args, size_t count)
{
	(void)args;
	(void)count;
	return show_table(cli, "show.protocols", protocol_columns,
			  COLUMNS(protocol_columns));
}

/* The sentences behind the short names of counters, by member. */
static const struct {
	const char *section;
	const char *name;
	const char *text;
} meanings[] = {
#define MEANING_VERDICT(id, name, text) {"verdicts", name, text},
#define MEANING_IGMP(id, name, text)	{"igmp", name, text},
#define MEANING_PLANE(id, text)		{"plane", #id, text},
#define MEANING_MANAGER(id, text)	{"manager", #id, text},
	XMGM_REASONS(MEANING_VERDICT) XMGM_IGMP_REASONS(MEANING_IGMP)
		PLANE_COUNTERS(MEANING_PLANE) MGM_COUNTERS(MEANING_MANAGER)
#undef MEANING_VERDICT
#undef MEANING_IGMP
#undef MEANING_PLANE
#undef MEANING_MANAGER
};

/* `upcalls` holds counters of the plane, some without that beginning. */
static bool is_meant(const char *section, const char *name, size_t i)
{
	const char *known = meanings[i].name;

	if (strcmp(section, "upcalls") != 0)
		return !strcmp(section, meanings[i].section) &&
		       !strcmp(name, known);
	if (strcmp(meanings[i].section, "plane") != 0)
		return false;
	return !strcmp(name, known) ||
	       (!strncmp(known, "upcalls_", 8) && !strcmp(name, known + 8));
}

/* The daemon's own sentences come before those that we were built with. */
static const char *meaning_of(struct json_object *told, const char *section,
			      const char *name)
{
	struct json_object *of, *text;
	size_t i;

	if (json_object_object_get_ex(told, section, &of) &&
	    json_object_object_get_ex(of, name, &text))
		return json_object_get_string(text);

	for (i = 0; i < COLUMNS(meanings); i++) {
		if (is_meant(section, name, i))
			return meanings[i].text;
	}
	return NULL;
}

static const struct output_column stat_columns[] = {
	{.title = "COUNTER", .field = "name"},
	{.title = "VALUE", .field = "value", .kind = OUTPUT_COUNT},
	{.title = "MEANING", .field = "meaning"},
};

static struct json_object *counter_row(const char *meaning, const char *name,
				       struct json_object *value)
{
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "name", json_object_new_string(name));
	json_object_object_add(row, "value", json_object_get(value));
	json_object_object_add(row, "meaning",
			       meaning ? json_object_new_string(meaning)
				       : NULL);
	return row;
}

/*
 * The members of an object as rows; those that are objects join in. Returns
 * how many were left out because they are zero.
 */
static size_t add_counters(struct json_object *rows, const char *section,
			   struct json_object *object, struct json_object *told)
{
	size_t zeros = 0;
	char name[128];

	json_object_object_foreach(object, key, value)
	{
		snprintf(name, sizeof(name), "%s%s%s", section,
			 *section ? "." : "", key);
		if (value == told)
			continue;
		if (json_object_is_type(value, json_type_object))
			zeros += add_counters(rows, name, value, told);
		else if (json_object_is_type(value, json_type_int) &&
			 !json_object_get_int64(value))
			zeros++;
		else
			json_object_array_add(
				rows,
				counter_row(meaning_of(told, section, key),
					    name, value));
	}
	return zeros;
}

static int print_stats(const struct output *out, struct json_object *stats)
{
	struct json_object *rows, *told = NULL;
	size_t zeros;
	int err;

	if (!json_object_is_type(stats, json_type_object))
		return -EINVAL;
	if (out->json)
		return output_json(out, stats);
	rows = json_object_new_array();
	json_object_object_get_ex(stats, "meanings", &told);
	zeros = add_counters(rows, "", stats, told);
	err = output_rows(out, stat_columns, COLUMNS(stat_columns), rows);
	json_object_put(rows);
	if (!err && zeros)
		fprintf(out->file, "%zu counters are 0; -j shows all\n", zeros);
	return err;
}

int show_stats_run(struct cli *cli, const char *const *args, size_t count)
{
	struct json_object *stats = NULL;
	int err;

	(void)args;
	(void)count;
	err = get_rows(cli, "show.stats", NULL, direct_stats, &stats);
	if (err)
		return err;
	err = cli_written(cli, print_stats(&cli->out, stats));
	json_object_put(stats);
	return err;
}
