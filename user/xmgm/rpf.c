/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The routes by which sources are reached: show rpf, and the static ones:
 * rpf add and rpf del.
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

int rpf_add_run(struct cli *cli, const char *const *args, size_t count)
{
	struct args_rpf rpf;
	struct args_why why;
	struct json_object *params;

	if (args_get_rpf(args, count, &rpf, &why))
		return cli_misused(cli, "%s", why.text);
	params = cli_params("prefix", rpf.prefix, rpf.via ? "via" : "dev",
			    rpf.via ? rpf.via : rpf.dev,
			    rpf.via && rpf.dev ? "dev" : NULL, rpf.dev, NULL);
	if (rpf.distance >= 0)
		json_object_object_add(params, "distance",
				       json_object_new_int(rpf.distance));
	return cli_do(cli, "rpf.add", params);
}

int rpf_del_run(struct cli *cli, const char *const *args, size_t count)
{
	struct args_why why;

	(void)count;
	if (args_check_prefix(args[0], &why))
		return cli_misused(cli, "%s", why.text);
	return cli_do(cli, "rpf.del", cli_params("prefix", args[0], NULL));
}
