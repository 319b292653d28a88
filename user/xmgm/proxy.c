/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show proxy: the upstreams, which groups they serve, and what the host's side
 * says there. Two protocols know it; here it is put together.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xmgm/args.h"

static void put_seconds(struct json_object *row, struct printbuf *line,
			const char *before, const char *path,
			const char *behind)
{
	struct json_object *value = output_member(row, path);

	if (!value)
		return;
	sprintbuf(line, "%s%.3gs%s", before, json_object_get_double(value),
		  behind);
}

static void put_prefixes(struct json_object *row, struct printbuf *line)
{
	struct json_object *prefixes = output_member(row, "groups");
	const char *comma = "";

	json_object_object_foreach(prefixes, prefix, serves)
	{
		sprintbuf(line, "%s%s%s", comma, prefix,
			  json_object_get_boolean(serves) ? "" : " (not now)");
		comma = ", ";
	}
}

static void put_host(struct json_object *row, struct printbuf *line)
{
	if (!output_member(row, "host")) {
		sprintbuf(line, "nothing is wanted");
		return;
	}
	if (!output_member(row, "host.querier")) {
		sprintbuf(line, "none heard");
	} else {
		output_put_value(line, output_member(row, "host.querier"));
		put_seconds(row, line, ", last query ", "host.last_query_s",
			    " ago");
	}
	sprintbuf(line, "; version %s is spoken",
		  json_object_get_string(output_member(row, "host.version")));
	put_seconds(row, line, ", version 1 for another ",
		    "host.v1_querier_present_s", "");
	put_seconds(row, line, ", version 2 for another ",
		    "host.v2_querier_present_s", "");
	put_seconds(row, line, ", answer due in ", "host.response_s", "");
}

static void put_sources(struct json_object *group, struct printbuf *line)
{
	const char *before = " ";

	json_object_object_foreach(output_member(group, "sources"), source,
				   forwarded)
	{
		(void)forwarded;
		sprintbuf(line, "%s%s", before, source);
		before = ", ";
	}
}

static void print_groups(const struct output *out, struct json_object *row,
			 struct printbuf *line)
{
	struct json_object *groups = output_member(row, "host.groups");

	if (!groups)
		return;
	json_object_object_foreach(groups, name, group)
	{
		printbuf_reset(line);
		output_put_value(line, output_member(group, "mode"));
		put_sources(group, line);
		put_seconds(group, line, "; answer due in ", "response_s", "");
		put_seconds(group, line, "; repeated in ", "repeat_s", "");
		fprintf(out->file, "  %-20s  %s\n", name, line->buf);
	}
}

static void print_upstream(const struct output *out, struct json_object *row,
			   struct printbuf *line)
{
	printbuf_reset(line);
	output_put_value(line, output_member(row, "interface"));
	sprintbuf(line, ": ");
	output_put_value(line, output_member(row, "state"));
	sprintbuf(line, ", priority ");
	output_put_value(line, output_member(row, "priority"));
	fprintf(out->file, "%s\n", line->buf);
	printbuf_reset(line);
	put_prefixes(row, line);
	fprintf(out->file, "  %-20s  %s\n", "upstream of", line->buf);
	printbuf_reset(line);
	put_host(row, line);
	fprintf(out->file, "  %-20s  %s\n", "querier", line->buf);
	printbuf_reset(line);
	output_put_value(line, output_member(row, "reported"));
	fprintf(out->file, "  %-20s  %s\n", "groups reported", line->buf);
	print_groups(out, row, line);
}

static int print_upstreams(const struct output *out, struct json_object *rows)
{
	struct printbuf *line = printbuf_new();

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		print_upstream(out, json_object_array_get_idx(rows, i), line);
	printbuf_free(line);
	return fflush(out->file) || ferror(out->file) ? -EIO : 0;
}

/* The host's row of the same interface becomes a member of the upstream's. */
static void join_rows(struct json_object *rows, struct json_object *hosts)
{
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *name =
			json_object_get_string(output_member(row, "interface"));
		struct json_object *own = NULL;

		for (size_t k = 0; k < json_object_array_length(hosts); k++) {
			struct json_object *host =
				json_object_array_get_idx(hosts, k);

			if (!strcmp(name, json_object_get_string(output_member(
						  host, "interface"))))
				own = json_object_get(host);
		}
		if (own)
			json_object_object_del(own, "interface");
		json_object_object_add(row, "host", own);
	}
}

static int is_rows(struct json_object *rows)
{
	return json_object_is_type(rows, json_type_array) ? 0 : -EINVAL;
}

int show_proxy_run(struct cli *cli, const char *const *args, size_t count)
{
	const char *interface = count ? args[0] : NULL;
	struct json_object *rows = NULL, *hosts = NULL;
	struct args_why why;
	int err;

	if (count && args_check_interface(interface, &why))
		return cli_misused(cli, "%s", why.text);
	err = cli_call(cli, "show.protocol",
		       cli_params("protocol", "proxy", "interface", interface,
				  NULL),
		       &rows);
	if (!err)
		err = cli_call(cli, "show.protocol",
			       cli_params("protocol", "host", NULL), &hosts);
	if (err) {
		json_object_put(rows);
		return err;
	}
	err = is_rows(rows) ? -EINVAL : is_rows(hosts);
	if (!err)
		join_rows(rows, hosts);
	if (!err)
		err = cli->out.json ? output_json(&cli->out, rows)
				    : print_upstreams(&cli->out, rows);
	json_object_put(rows);
	json_object_put(hosts);
	return cli_written(cli, err);
}
