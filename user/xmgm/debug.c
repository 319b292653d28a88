/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * debug: what the daemon traces in its log. Topics are the daemon's to know.
 */
#include "xmgm/cli.h"

#include <string.h>

static void put_state(struct json_object *row, struct printbuf *cell)
{
	struct json_object *on = output_member(row, "on");

	sprintbuf(cell, "%s", on && json_object_get_boolean(on) ? "on" : "off");
}

static const struct output_column columns[] = {
	{.title = "TOPIC", .field = "topic"},
	{.title = "STATE", .format = put_state},
};

static int show(struct cli *cli)
{
	struct json_object *rows = NULL;
	int err;

	err = cli_call(cli, "debug.show", NULL, &rows);
	if (err)
		return err;
	err = cli_written(cli, output_rows(&cli->out, columns,
					   sizeof(columns) / sizeof(columns[0]),
					   rows));
	json_object_put(rows);
	return err;
}

int debug_run(struct cli *cli, const char *const *args, size_t count)
{
	struct json_object *params;
	bool on;

	if (!count)
		return show(cli);
	if (count == 1)
		return cli_misused(cli,
				   "'debug %s' needs one more word: on or "
				   "off",
				   args[0]);
	on = !strcmp(args[1], "on");
	if (!on && strcmp(args[1], "off") != 0)
		return cli_misused(cli, "'debug %s %s': it is on or off",
				   args[0], args[1]);
	params = cli_params("topic", args[0], NULL);
	json_object_object_add(params, "on", json_object_new_boolean(on));
	return cli_do(cli, "debug.set", params);
}
