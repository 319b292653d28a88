/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show groups detail: each group with its timers and the hosts that listen to
 * it. The daemon lists groups and listeners apart, both in the same order, for
 * a group may have a hundred thousand hosts; here they are put together.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool same(struct json_object *a, struct json_object *b, const char *name)
{
	struct json_object *x = output_member(a, name);
	struct json_object *y = output_member(b, name);

	return x && y &&
	       !strcmp(json_object_get_string(x), json_object_get_string(y));
}

static bool is_of(struct json_object *host, struct json_object *group)
{
	return same(host, group, "group") && same(host, group, "interface") &&
	       same(host, group, "protocol");
}

/* The row of the group that a host listens to, from number *at on; NULL: it has
 * come or gone between both listings. */
static struct json_object *group_of(struct json_object *groups,
				    struct json_object *host, size_t *at)
{
	size_t count = json_object_array_length(groups);

	for (size_t i = 0; i < count; i++) {
		size_t n = (*at + i) % count;
		struct json_object *group =
			json_object_array_get_idx(groups, n);

		if (!is_of(host, group))
			continue;
		*at = n;
		return group;
	}
	return NULL;
}

/* Each group gets its hosts, without what the group says already. */
static void put_together(struct json_object *groups, struct json_object *hosts)
{
	struct json_object *list, *group, *host;
	size_t at = 0;

	for (size_t i = 0; i < json_object_array_length(groups); i++)
		json_object_object_add(json_object_array_get_idx(groups, i),
				       "hosts", json_object_new_array());
	for (size_t i = 0; i < json_object_array_length(hosts); i++) {
		host = json_object_array_get_idx(hosts, i);
		group = group_of(groups, host, &at);
		if (!group)
			continue;
		json_object_object_del(host, "interface");
		json_object_object_del(host, "group");
		json_object_object_del(host, "protocol");
		json_object_object_get_ex(group, "hosts", &list);
		json_object_array_add(list, json_object_get(host));
	}
}

/* --- as text ------------------------------------------------------------- */

static void put(struct json_object *row, struct printbuf *line,
		const char *before, const char *path)
{
	struct json_object *value = output_member(row, path);

	if (!value)
		return;
	sprintbuf(line, "%s", before);
	output_put_value(line, value);
}

static void put_time(struct json_object *row, struct printbuf *line,
		     const char *before, const char *path)
{
	struct json_object *value = output_member(row, path);

	if (!value)
		return;
	sprintbuf(line, "%s", before);
	output_put_seconds(line, json_object_get_uint64(value));
}

static void print_line(const struct output *out, struct printbuf *line)
{
	fprintf(out->file, "%s\n", line->buf);
	printbuf_reset(line);
}

static void print_group(const struct output *out, struct json_object *row,
			struct printbuf *line)
{
	struct json_object *fixed = output_member(row, "static");

	put(row, line, "", "interface");
	put(row, line, " ", "group");
	put(row, line, ": ", "mode");
	put(row, line, ", version ", "version");
	if (fixed && json_object_get_boolean(fixed))
		sprintbuf(line, ", static");
	put_time(row, line, ", for ", "uptime_s");
	put_time(row, line, ", expires in ", "expires_s");
	put(row, line, ", last reporter ", "last_reporter");
	put(row, line, ", of ", "protocol");
	print_line(out, line);
}

/* What a version 1 or 2 host does to the group. */
static void print_older_host(const struct output *out, struct json_object *row,
			     struct printbuf *line)
{
	struct json_object *version = output_member(row, "version");
	bool first = version && json_object_get_int(version) == 1;

	if (!output_member(row, "older_host_s"))
		return;
	sprintbuf(line, "  version %d host present for ", first ? 1 : 2);
	output_put_seconds(line, json_object_get_uint64(
					 output_member(row, "older_host_s")));
	sprintbuf(line,
		  first ? ": leaves are ignored" : ": nothing is left at once");
	print_line(out, line);
}

static void print_sources(const struct output *out, struct json_object *row,
			  struct printbuf *line)
{
	struct json_object *sources = output_member(row, "sources");

	if (!json_object_is_type(sources, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(sources); i++) {
		struct json_object *s = json_object_array_get_idx(sources, i);
		struct json_object *forward = output_member(s, "forward");

		put(s, line, "  source ", "address");
		sprintbuf(line, forward && json_object_get_boolean(forward)
					? ": forwarded"
					: ": not forwarded");
		put_time(s, line, ", expires in ", "expires_s");
		print_line(out, line);
	}
}

static void print_hosts(const struct output *out, struct json_object *row,
			struct printbuf *line)
{
	struct json_object *hosts = output_member(row, "hosts");

	for (size_t i = 0; i < json_object_array_length(hosts); i++) {
		struct json_object *h = json_object_array_get_idx(hosts, i);

		put(h, line, "  host ", "host");
		put(h, line, ": ", "mode");
		put(h, line, " ", "source");
		put(h, line, ", version ", "version");
		put_time(h, line, ", for ", "uptime_s");
		put_time(h, line, ", expires in ", "expires_s");
		print_line(out, line);
	}
}

static int print_groups(const struct output *out, struct json_object *groups)
{
	struct printbuf *line = printbuf_new();

	if (!line)
		return -ENOMEM;
	for (size_t i = 0; i < json_object_array_length(groups); i++) {
		struct json_object *row = json_object_array_get_idx(groups, i);

		print_group(out, row, line);
		print_older_host(out, row, line);
		print_sources(out, row, line);
		print_hosts(out, row, line);
	}
	printbuf_free(line);
	return fflush(out->file) || ferror(out->file) ? -EIO : 0;
}

int show_groups_detail(struct cli *cli)
{
	struct json_object *groups = NULL, *hosts = NULL;
	int err = cli_call(cli, "show.groups", NULL, &groups);

	if (!err)
		err = cli_call(cli, "show.listeners", NULL, &hosts);
	if (err)
		goto out;
	if (!json_object_is_type(groups, json_type_array) ||
	    !json_object_is_type(hosts, json_type_array)) {
		err = cli_written(cli, -EINVAL);
		goto out;
	}
	put_together(groups, hosts);
	if (cli->out.json)
		err = output_json(&cli->out, groups);
	else
		err = print_groups(&cli->out, groups);
	err = cli_written(cli, err);
out:
	json_object_put(groups);
	json_object_put(hosts);
	return err;
}
