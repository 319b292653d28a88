/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The routes by which sources are reached: show rpf.
 */
#include "xmgm/cli.h"

#include "xmgm/args.h"

/* "best", or by what it lost. */
static void put_state(struct json_object *row, struct printbuf *cell)
{
	struct json_object *lost = output_member(row, "lost_by");

	if (lost)
		sprintbuf(cell, "lost by ");
	if (lost)
		output_put_value(cell, lost);
	else
		sprintbuf(cell, "best");
}

static const struct output_column columns[] = {
	{.title = "PREFIX", .field = "prefix"},
	{.title = "PROTOCOL", .field = "protocol"},
	{.title = "DISTANCE", .field = "distance"},
	{.title = "METRIC", .field = "metric"},
	{.title = "NEXT-HOP", .field = "next_hop"},
	{.title = "INTERFACE", .field = "interface"},
	{.title = "STATE", .format = put_state},
};

int show_rpf_run(struct cli *cli, const char *const *args, size_t count)
{
	struct json_object *rows = NULL;
	struct args_why why;
	int err;

	(void)count;
	if (args_check_source(args[0], 0, &why))
		return cli_misused(cli, "%s", why.text);
	err = cli_call(cli, "show.rpf", cli_params("source", args[0], NULL),
		       &rows);
	if (err)
		return err;
	err = output_rows(&cli->out, columns,
			  sizeof(columns) / sizeof(columns[0]), rows);
	json_object_put(rows);
	return cli_written(cli, err);
}
