/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command: which interfaces are looked at, what the router itself says of
 * them, and how findings are printed. What it knows of interfaces and what it
 * thinks of them are other files' (doctor.h).
 */
#include "xmgm/doctor/doctor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xmgm/args.h"
#include "xmgm/cli.h"

static const char *const levels[] = {DOCTOR_LEVEL_NAMES};

/* What has been found so far. */
struct report {
	struct json_object *findings;
	enum doctor_level worst;
};

static void on_find(void *arg, enum doctor_level level, const char *about,
		    const char *text, const char *remedy)
{
	struct json_object *row = json_object_new_object();
	struct report *r = arg;

	json_object_object_add(row, "level",
			       json_object_new_string(levels[level]));
	json_object_object_add(row, "about", json_object_new_string(about));
	json_object_object_add(row, "text", json_object_new_string(text));
	json_object_object_add(row, "remedy",
			       remedy ? json_object_new_string(remedy) : NULL);
	json_object_array_add(r->findings, row);
	if (level > r->worst)
		r->worst = level;
}

/* What the router has, by its daemon, else by its maps; NULL: nothing. */
static struct json_object *router_rows(struct cli *cli)
{
	struct json_object *rows = NULL;
	struct plane *plane;
	int err = cli_connect(cli);

	if (!err && !cli_call(cli, "show.interfaces", NULL, &rows))
		return rows;
	if (err != -ENOTCONN || direct_open(cli, false, &plane))
		return NULL;
	if (direct_interfaces(plane, &rows))
		rows = NULL;
	plane_close(plane);
	return rows;
}

static struct json_object *row_of(struct json_object *rows, const char *name)
{
	size_t count = rows ? json_object_array_length(rows) : 0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		const char *text =
			json_object_get_string(output_member(row, "name"));

		if (text && !strcmp(text, name))
			return row;
	}
	return NULL;
}

static bool says(struct json_object *row, const char *field, const char *word)
{
	const char *text = json_object_get_string(output_member(row, field));

	return text && !strcmp(text, word);
}

/* What the router says, and the problems that it sees itself. */
static void read_row(struct doctor_device *d, struct json_object *row,
		     const struct doctor_sink *sink)
{
	struct json_object *problems = output_member(row, "problems");

	d->xdp = says(row, "xdp", "native")    ? DOCTOR_XDP_NATIVE
		 : says(row, "xdp", "generic") ? DOCTOR_XDP_GENERIC
					       : DOCTOR_XDP_NONE;
	d->plain = says(row, "source_mac", "router");
	d->clone = says(row, "path", "clone");
	if (!json_object_is_type(problems, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(problems); i++)
		doctor_find(sink, DOCTOR_WARNING, d->name, NULL, "%s",
			    json_object_get_string(
				    json_object_array_get_idx(problems, i)));
}

struct names {
	const char **list;
	size_t count;
	bool all; /* there is no router: those that are down are not used */
};

static int names_add(struct names *names, const char *name)
{
	const char **grown =
		realloc(names->list, (names->count + 1) * sizeof(*names->list));

	if (!grown)
		return -ENOMEM;
	names->list = grown;
	names->list[names->count++] = name;
	return 0;
}

/* Those that were asked for, else the router's, else all but loopback. */
static int choose(struct names *names, const char *const *args, size_t count,
		  struct json_object *rows, const struct if_nameindex *all)
{
	size_t of_router = rows ? json_object_array_length(rows) : 0;
	int err = 0;

	for (size_t i = 0; i < count && !err; i++)
		err = names_add(names, args[i]);
	if (count)
		return err;
	for (size_t i = 0; i < of_router && !err; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);

		err = names_add(names, json_object_get_string(
					       output_member(row, "name")));
	}
	if (of_router)
		return err;
	names->all = true;
	for (; all && all->if_index && !err; all++)
		if (strcmp(all->if_name, "lo"))
			err = names_add(names, all->if_name);
	return err;
}

/* A VLAN of a trunk may be there without a device; the trunk is judged. */
static bool has_no_device(struct json_object *row)
{
	struct json_object *netdev = output_member(row, "netdev");
	struct json_object *vlan = output_member(row, "vlan");

	return vlan && netdev && !json_object_get_boolean(netdev);
}

static int examine(const struct names *names, struct json_object *rows,
		   const struct doctor_sink *sink)
{
	struct doctor_device *devices =
		calloc(names->count ? names->count : 1, sizeof(*devices));
	struct doctor_machine machine;
	size_t known = 0;

	if (!devices)
		return -ENOMEM;
	doctor_machine_read(&machine);
	doctor_judge_machine(&machine, sink);
	for (size_t i = 0; i < names->count; i++) {
		struct doctor_device *d = &devices[known];
		struct json_object *row = row_of(rows, names->list[i]);

		memset(d, 0, sizeof(*d));
		if (row && has_no_device(row))
			continue;
		if (doctor_device_read(names->list[i], d)) {
			doctor_find(sink, DOCTOR_ERROR, names->list[i], NULL,
				    "there is no such interface in this "
				    "network namespace");
			continue;
		}
		if (names->all && !d->up)
			continue;
		if (row)
			read_row(d, row, sink);
		doctor_judge_device(&machine, d, sink);
		known++;
	}
	doctor_judge_together(devices, known, sink);
	free(devices);
	return 0;
}

/* A finding and below it what mends it, both whole: they are to be copied. */
static void print_finding(const struct output *out, struct json_object *row)
{
	static const char *const colours[] = {"", "\033[33m", "\033[31m"};
	const char *remedy =
		json_object_get_string(output_member(row, "remedy"));
	const char *level = json_object_get_string(output_member(row, "level"));
	struct printbuf *line = printbuf_new();
	size_t i = 0;

	if (!line)
		return;
	while (strcmp(levels[i], level))
		i++;
	output_put_value(line, output_member(row, "about"));
	sprintbuf(line, ": ");
	output_put_value(line, output_member(row, "text"));
	fprintf(out->file, "%s%s:%s %s\n", out->colour ? colours[i] : "", level,
		out->colour && *colours[i] ? "\033[0m" : "", line->buf);
	if (remedy)
		fprintf(out->file, "    %s\n", remedy);
	printbuf_free(line);
}

static int print_report(const struct output *out, const struct report *r)
{
	size_t count = json_object_array_length(r->findings);

	if (out->json)
		return output_json(out, r->findings);
	for (size_t i = 0; i < count; i++)
		print_finding(out, json_object_array_get_idx(r->findings, i));
	if (!count)
		fprintf(out->file, "nothing to say\n");
	return fflush(out->file) || ferror(out->file) ? -EIO : 0;
}

static int doctor(struct cli *cli, const char *const *args, size_t count,
		  struct report *r)
{
	const struct doctor_sink sink = {r, on_find};
	struct json_object *rows = router_rows(cli);
	struct if_nameindex *all = if_nameindex();
	struct names names = {.list = NULL};
	int err = choose(&names, args, count, rows, all);

	if (!err)
		err = examine(&names, rows, &sink);
	if (!err)
		err = cli_written(cli, print_report(&cli->out, r));
	else
		err = cli_fail(cli, err, "doctor: %s", strerror(-err));
	free(names.list);
	if_freenameindex(all);
	json_object_put(rows);
	return err;
}

int doctor_run(struct cli *cli, const char *const *args, size_t count)
{
	static const enum cli_status statuses[] = {CLI_OK, CLI_WARNING,
						   CLI_ERROR};
	struct report r = {.worst = DOCTOR_NOTE};
	struct args_why why;
	int err;

	for (size_t i = 0; i < count; i++)
		if (args_check_interface(args[i], &why))
			return cli_misused(cli, "%s", why.text);
	r.findings = json_object_new_array();
	err = doctor(cli, args, count, &r);
	json_object_put(r.findings);
	if (err)
		return err;
	cli->status = statuses[r.worst];
	return r.worst == DOCTOR_NOTE ? 0 : -ENODATA;
}
