/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show igmp: what IGMP knows and waits for on each interface, in words. Not a
 * table, for each interface has a page of it.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "proto/igmp/counters.h"
#include "xmgm/args.h"

static double seconds(struct json_object *row, const char *path)
{
	return json_object_get_double(output_member(row, path));
}

/* Below a minute with what follows the point, for some are short. */
static void put_duration(struct printbuf *line, double value)
{
	if (value < 60)
		sprintbuf(line, "%.3gs", value);
	else
		output_put_seconds(line, (uint64_t)value);
}

static void put_time(struct json_object *row, struct printbuf *line,
		     const char *before, const char *path, const char *behind)
{
	sprintbuf(line, "%s", before);
	put_duration(line, seconds(row, path));
	sprintbuf(line, "%s", behind);
}

static void put_member(struct json_object *row, struct printbuf *line,
		       const char *path)
{
	output_put_value(line, output_member(row, path));
}

static int64_t number(struct json_object *row, const char *path)
{
	return json_object_get_int64(output_member(row, path));
}

static bool is(struct json_object *row, const char *path, const char *word)
{
	struct json_object *value = output_member(row, path);

	return value && !strcmp(json_object_get_string(value), word);
}

/* --- who asks ---------------------------------------------------------- */

static void put_querier(struct json_object *row, struct printbuf *line)
{
	if (!output_member(row, "querier")) {
		sprintbuf(line, "none known");
		return;
	}
	put_member(row, line, "querier");
	if (is(row, "role", "querier"))
		sprintbuf(line, ", this router");
	put_time(row, line, ", for ", "querier_uptime_s", "");
}

/* What the other one says of itself, as far as it does. */
static void put_other(struct json_object *row, struct printbuf *line)
{
	if (!output_member(row, "other_querier_present_s")) {
		sprintbuf(line, "no");
		return;
	}
	put_time(row, line, "for another ", "other_querier_present_s", "");
	sprintbuf(line, "; version %d",
		  (int)number(row, "other_querier.version"));
	if (output_member(row, "other_querier.robustness"))
		sprintbuf(line, ", robustness %d",
			  (int)number(row, "other_querier.robustness"));
	if (output_member(row, "other_querier.query_interval_s"))
		put_time(row, line, ", queries every ",
			 "other_querier.query_interval_s", "");
	if (output_member(row, "other_querier.query_response_interval_s"))
		put_time(row, line, ", answers within ",
			 "other_querier.query_response_interval_s", "");
}

static void put_next_query(struct json_object *row, struct printbuf *line)
{
	int64_t left = number(row, "startup_queries_left");

	if (!output_member(row, "next_query_s")) {
		sprintbuf(line, "none: this router does not ask");
		return;
	}
	put_time(row, line, "in ", "next_query_s", "");
	if (left)
		sprintbuf(line, ", of start-up: %d left", (int)left);
}

static void put_last_query(struct json_object *row, struct printbuf *line)
{
	if (output_member(row, "last_query_s"))
		put_time(row, line, "", "last_query_s", " ago");
	else
		sprintbuf(line, "none so far");
}

/* --- values in effect ---------------------------------------------------- */

static void put_origin(struct json_object *value, struct printbuf *line,
		       bool is_time)
{
	if (!is(value, "origin", "adopted")) {
		sprintbuf(line, " (configured)");
		return;
	}
	sprintbuf(line, " (adopted from the querier, configured: ");
	if (is_time)
		put_duration(line, seconds(value, "configured_s"));
	else
		put_member(value, line, "configured");
	sprintbuf(line, ")");
}

static void put_value(struct json_object *row, struct printbuf *line,
		      const char *name)
{
	struct json_object *value = output_member(row, name);
	bool is_time = !output_member(value, "value");

	if (is_time)
		put_duration(line, seconds(value, "value_s"));
	else
		put_member(value, line, "value");
	put_origin(value, line, is_time);
}

/* --- hosts --------------------------------------------------------------- */

static void put_groups(struct json_object *row, struct printbuf *line)
{
	int64_t waiting = number(row, "waiting");

	sprintbuf(line, "%d of hosts, %d static; %d listeners tracked",
		  (int)number(row, "groups"), (int)number(row, "static_groups"),
		  (int)number(row, "tracked"));
	if (waiting)
		sprintbuf(line, "; %d wait for their queries", (int)waiting);
}

static void put_limits(struct json_object *row, struct printbuf *line)
{
	sprintbuf(line,
		  "%d groups, %d of one host, %d sources of a group, %d "
		  "listeners tracked, %d queries a second",
		  (int)number(row, "limits.groups"),
		  (int)number(row, "limits.groups_per_host"),
		  (int)number(row, "limits.sources_per_group"),
		  (int)number(row, "limits.tracked"),
		  (int)number(row, "limits.queries_per_second"));
}

static void put_last_leave(struct json_object *row, struct printbuf *line)
{
	if (!output_member(row, "last_leave.group")) {
		sprintbuf(line, "none so far");
		return;
	}
	put_member(row, line, "last_leave.group");
	sprintbuf(line, " by ");
	put_member(row, line, "last_leave.host");
	put_time(row, line, ", ", "last_leave.ago_s", " ago");
}

static void put_storm(struct json_object *row, struct printbuf *line)
{
	sprintbuf(line, "%d queries a second",
		  (int)number(row, "storm.query_rate"));
	if (output_member(row, "storm.held_s"))
		put_time(row, line,
			 "; messages were lost, nobody is given up for ",
			 "storm.held_s", "");
}

static void put_forwarding(struct json_object *row, struct printbuf *line)
{
	bool on = json_object_get_boolean(output_member(row, "forwarding.on"));
	int64_t routers = number(row, "forwarding.routers_advertised");

	sprintbuf(line, "%s: ", on ? "yes" : "no");
	put_member(row, line, "forwarding.why");
	if (routers)
		sprintbuf(line, "; routers that advertise here: %d",
			  (int)routers);
}

static void put_discovery(struct json_object *row, struct printbuf *line)
{
	struct json_object *on = output_member(row, "router_discovery.on");

	if (!on || !json_object_get_boolean(on)) {
		sprintbuf(line, "off");
		return;
	}
	if (output_member(row, "router_discovery.next_advertisement_s"))
		put_time(row, line, "next advertisement in ",
			 "router_discovery.next_advertisement_s", "");
	else
		sprintbuf(line, "waits for an address");
	put_time(row, line, ", every ",
		 "router_discovery.advertisement_interval_s", "");
}

/* One line of an interface's page: a label, and either a value with its origin
 * or what a function says. */
static const struct line {
	const char *label;
	const char *value;
	void (*put)(struct json_object *row, struct printbuf *line);
} lines[] = {
	{"querier", NULL, put_querier},
	{"other querier present", NULL, put_other},
	{"next general query", NULL, put_next_query},
	{"last general query", NULL, put_last_query},
	{"robustness variable", "robustness", NULL},
	{"query interval", "query_interval", NULL},
	{"query response interval", "query_response_interval", NULL},
	{"last member query interval", "last_member_query_interval", NULL},
	{"last member query count", "last_member_query_count", NULL},
	{"last member query time", "last_member_query_time", NULL},
	{"group membership interval", "group_membership_interval", NULL},
	{"other querier present interval", "other_querier_present_interval",
	 NULL},
	{"older host present interval", "older_host_present_interval", NULL},
	{"groups", NULL, put_groups},
	{"limits", NULL, put_limits},
	{"last leave", NULL, put_last_leave},
	{"pace", NULL, put_storm},
	{"forwards", NULL, put_forwarding},
	{"router discovery", NULL, put_discovery},
};

static const struct {
	const char *kind, *name, *text;
} counters[] = {
#define KIND_SENT		      "sent"
#define KIND_HEARD		      "heard"
#define KIND_REFUSED		      "refused"
#define COUNTER(id, kind, name, text) {KIND_##kind, name, text},
	IGMP_COUNTERS(COUNTER)
#undef COUNTER
};

static void print_line(const struct output *out, const char *label,
		       struct printbuf *line)
{
	fprintf(out->file, "  %-30s  %s\n", label, line->buf);
}

/* Those that are not zero, each with its sentence. */
static void print_counters(const struct output *out, struct json_object *row,
			   struct printbuf *line)
{
	char path[64];

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		snprintf(path, sizeof(path), "counters.%s.%s", counters[i].kind,
			 counters[i].name);
		if (!number(row, path))
			continue;
		printbuf_reset(line);
		output_put_count(line, (uint64_t)number(row, path));
		sprintbuf(line, " %s", counters[i].text);
		print_line(out, counters[i].kind, line);
	}
}

/* "eth1: querier, version 3, address 10.0.0.1 (borrowed of lo)" */
static void put_title(struct json_object *row, struct printbuf *line)
{
	put_member(row, line, "interface");
	sprintbuf(line, ": ");
	put_member(row, line, "role");
	sprintbuf(line, ", version ");
	put_member(row, line, "version");
	if (number(row, "version") != number(row, "version_configured"))
		sprintbuf(line, " (adopted, configured: %d)",
			  (int)number(row, "version_configured"));
	sprintbuf(line, ", address ");
	put_member(row, line, "address");
	if (!output_member(row, "borrowed_of"))
		return;
	sprintbuf(line, " (borrowed of ");
	put_member(row, line, "borrowed_of");
	sprintbuf(line, ")");
}

static void print_interface(const struct output *out, struct json_object *row,
			    struct printbuf *line)
{
	printbuf_reset(line);
	put_title(row, line);
	fprintf(out->file, "%s\n", line->buf);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		printbuf_reset(line);
		if (lines[i].put)
			lines[i].put(row, line);
		else
			put_value(row, line, lines[i].value);
		print_line(out, lines[i].label, line);
	}
	print_counters(out, row, line);
}

static int print_interfaces(const struct output *out, struct json_object *rows)
{
	struct printbuf *line = printbuf_new();

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		print_interface(out, json_object_array_get_idx(rows, i), line);
	printbuf_free(line);
	return fflush(out->file) || ferror(out->file) ? -EIO : 0;
}

int show_igmp_run(struct cli *cli, const char *const *args, size_t count)
{
	const char *interface = count ? args[0] : NULL;
	struct json_object *rows = NULL;
	struct args_why why;
	int err;

	if (count && args_check_interface(interface, &why))
		return cli_misused(cli, "%s", why.text);
	err = cli_call(cli, "show.protocol",
		       cli_params("protocol", "igmp", "interface", interface,
				  NULL),
		       &rows);
	if (err)
		return err;
	if (!json_object_is_type(rows, json_type_array))
		err = -EINVAL;
	else if (cli->out.json)
		err = output_json(&cli->out, rows);
	else
		err = print_interfaces(&cli->out, rows);
	json_object_put(rows);
	return cli_written(cli, err);
}
