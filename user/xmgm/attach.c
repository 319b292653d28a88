/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach and detach: by the daemon if one runs, otherwise by the loader in
 * this process. Either all of the named interfaces change or none.
 */
#include "xmgm/cli.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/journal.h"
#include "xmgm/args.h"

static const char *const modes[] = {PLANE_MODE_NAMES};

static int check_names(struct cli *cli, const char *const *names, size_t count)
{
	struct args_why why;
	size_t i;

	for (i = 0; i < count; i++) {
		if (args_check_interface(names[i], &why))
			return cli_misused(cli, "%s", why.text);
	}
	return 0;
}

/* All numbers, or a refusal before anything has changed. */
static int resolve(struct cli *cli, const char *const *names, size_t count,
		   uint32_t *ifindexes)
{
	size_t i;

	for (i = 0; i < count; i++) {
		ifindexes[i] = if_nametoindex(names[i]);
		if (!ifindexes[i])
			return cli_fail(cli, -ENODEV,
					"there is no interface '%s' in this "
					"network namespace: `ip link` lists "
					"them",
					names[i]);
	}
	return 0;
}

static bool is_attached(struct plane *plane, uint32_t ifindex)
{
	struct plane_port_info port;

	return !plane_port_get(plane, ifindex, &port) &&
	       port.mode != XMGM_MODE_NONE;
}

/*
 * What the daemon would have remembered, for its next start: `over` is 0, for
 * it was said over no statement of the file, or `forget`.
 */
static void remember(struct cli *cli, const char *const *names, size_t count,
		     const char *over, const char *mode)
{
	char path[JOURNAL_PATH], line[64];
	int err = 0;
	size_t i;

	journal_path(cli->instance, path);
	for (i = 0; !err && i < count; i++) {
		snprintf(line, sizeof(line), "attach %s %s%s%s", names[i], over,
			 mode ? " " : "", mode ? mode : "");
		err = journal_add(path, line);
	}
	if (err)
		cli_note("%s: %s: the next xmgmd does not know of this", path,
			 strerror(-err));
}

/* One after the other; if one fails, those attached here are undone. */
static int attach_all(struct cli *cli, struct plane *plane,
		      const char *const *names, const uint32_t *ifindexes,
		      size_t count)
{
	const char *error = NULL, *ignored;
	bool *ours = calloc(count, sizeof(*ours));
	size_t i;
	int err = 0;

	if (!ours)
		return cli_fail(cli, -ENOMEM, "no memory");
	for (i = 0; !err && i < count; i++) {
		ours[i] = !is_attached(plane, ifindexes[i]);
		err = plane_attach(plane, ifindexes[i], cli->mode, &error);
	}
	if (err) {
		cli_fail(cli, err, "%s%s%s", error ? "" : names[i - 1],
			 error ? "" : ": ", error ? error : strerror(-err));
		for (i--; i-- > 0;) {
			if (ours[i])
				plane_detach(plane, ifindexes[i], &ignored);
		}
	}
	free(ours);
	return err;
}

static bool is_named(struct json_object *row, const char *const *names,
		     size_t count)
{
	struct json_object *name = output_member(row, "name");
	size_t i;

	for (i = 0; name && i < count; i++) {
		if (!strcmp(json_object_get_string(name), names[i]))
			return true;
	}
	return false;
}

/* "eth0: attached, native", and loudly if it is not what one wants. */
static void say_attached(const struct cli *cli, struct json_object *row)
{
	struct json_object *xdp = output_member(row, "xdp");
	struct printbuf *line = printbuf_new();

	if (!line)
		return;
	output_put_value(line, output_member(row, "name"));
	if (cli->mode == PLANE_AUTO && xdp &&
	    !strcmp(json_object_get_string(xdp), "generic"))
		cli_note("%s: its driver has no native XDP, attached in "
			 "generic mode: forwarding is slower and one bad oif "
			 "can stop the others",
			 line->buf);
	sprintbuf(line, ": attached, ");
	output_put_value(line, xdp);
	if (!cli->out.json)
		printf("%s\n", line->buf);
	printbuf_free(line);
}

static int report(struct cli *cli, struct json_object *all,
		  const char *const *names, size_t count)
{
	struct json_object *rows = json_object_new_array(), *row;
	size_t i, n = 0;
	int err = 0;

	if (json_object_is_type(all, json_type_array))
		n = json_object_array_length(all);
	for (i = 0; i < n; i++) {
		row = json_object_array_get_idx(all, i);
		if (!is_named(row, names, count))
			continue;
		json_object_array_add(rows, json_object_get(row));
		say_attached(cli, row);
	}
	if (cli->out.json)
		err = cli_written(cli, output_json(&cli->out, rows));
	json_object_put(rows);
	return err;
}

static int attach_direct(struct cli *cli, const char *const *names,
			 size_t count)
{
	uint32_t *ifindexes = calloc(count, sizeof(*ifindexes));
	struct json_object *rows = NULL;
	bool was_there = plane_exists_bpf(cli->instance);
	const char *ignored;
	struct plane *plane;
	int err;

	if (!ifindexes)
		return cli_fail(cli, -ENOMEM, "no memory");
	err = resolve(cli, names, count, ifindexes);
	if (err)
		goto out;
	err = direct_open(cli, true, &plane);
	if (err)
		goto out;
	err = attach_all(cli, plane, names, ifindexes, count);
	if (!err)
		remember(cli, names, count, "0", modes[cli->mode]);
	if (!err && !direct_interfaces(plane, &rows))
		err = report(cli, rows, names, count);
	else if (err && !was_there && !direct_interfaces(plane, &rows) &&
		 !json_object_array_length(rows))
		plane_destroy_bpf(cli->instance, &ignored);
	json_object_put(rows);
	plane_close(plane);
out:
	free(ifindexes);
	return err;
}

static int attach_by_daemon(struct cli *cli, const char *const *names,
			    size_t count)
{
	struct json_object *params, *result = NULL, *rows = NULL;
	int err;

	params = cli_params("mode", modes[cli->mode], NULL);
	json_object_object_add(params, "interfaces", cli_list(names, count));
	err = cli_call(cli, "attach", params, &result);
	json_object_put(result);
	if (!err)
		err = cli_call(cli, "show.interfaces", NULL, &rows);
	if (!err)
		err = report(cli, rows, names, count);
	json_object_put(rows);
	return err;
}

int attach_run(struct cli *cli, const char *const *args, size_t count)
{
	int err;

	err = check_names(cli, args, count);
	if (err)
		return err;
	err = cli_connect(cli);
	if (err == -ENOTCONN)
		return attach_direct(cli, args, count);
	return err ? err : attach_by_daemon(cli, args, count);
}

static int detach_one(struct cli *cli, struct plane *plane, const char *name,
		      uint32_t ifindex)
{
	const char *error = NULL;
	int err;

	err = plane_detach(plane, ifindex, &error);
	if (!err)
		return 0;
	return cli_fail(cli, err, "%s%s%s", error ? "" : name,
			error ? "" : ": ", error ? error : strerror(-err));
}

static int detach_named(struct cli *cli, struct plane *plane,
			const char *const *names, size_t count)
{
	uint32_t *ifindexes = calloc(count, sizeof(*ifindexes));
	size_t i;
	int err;

	if (!ifindexes)
		return cli_fail(cli, -ENOMEM, "no memory");
	err = resolve(cli, names, count, ifindexes);
	for (i = 0; !err && i < count; i++) {
		if (!is_attached(plane, ifindexes[i]))
			err = cli_fail(cli, -ENOENT,
				       "%s: not attached by instance '%s'",
				       names[i], cli->instance);
	}
	for (i = 0; !err && i < count; i++) {
		err = detach_one(cli, plane, names[i], ifindexes[i]);
		if (!err)
			remember(cli, &names[i], 1, "forget", NULL);
	}
	free(ifindexes);
	return err;
}

static int detach_direct(struct cli *cli, const char *const *names,
			 size_t count)
{
	struct plane *plane;
	int err;

	if (cli->all)
		return direct_destroy(cli);
	err = direct_open(cli, false, &plane);
	if (err == -ENOENT)
		return cli_fail(cli, err,
				"nothing is attached by instance '%s'",
				cli->instance);
	if (err)
		return err;
	err = detach_named(cli, plane, names, count);
	plane_close(plane);
	return err;
}

int detach_run(struct cli *cli, const char *const *args, size_t count)
{
	struct json_object *params;
	int err;

	if (cli->all == (count > 0))
		return cli_misused(cli, "'detach' needs interfaces, or --all");
	err = check_names(cli, args, count);
	if (err)
		return err;
	err = cli_connect(cli);
	if (err == -ENOTCONN)
		return detach_direct(cli, args, count);
	if (err)
		return err;
	params = json_object_new_object();
	if (cli->all)
		json_object_object_add(params, "all",
				       json_object_new_boolean(1));
	else
		json_object_object_add(params, "interfaces",
				       cli_list(args, count));
	return cli_do(cli, "detach", params);
}
