/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mroute add and mroute del: static routes, by the daemon.
 */
#include "xmgm/cli.h"

#include "xmgm/args.h"

int mroute_add_run(struct cli *cli, const char *const *args, size_t count)
{
	struct json_object *params;
	struct args_route route;
	struct args_why why;

	if (args_get_route(args, count, &route, &why))
		return cli_misused(cli, "%s", why.text);
	params = cli_params("source", route.source, "group", route.group,
			    "from", route.from, NULL);
	json_object_object_add(params, "to",
			       cli_list(route.to, route.to_count));
	return cli_do(cli, "mroute.add", params);
}

int mroute_del_run(struct cli *cli, const char *const *args, size_t count)
{
	struct args_why why;

	(void)count;
	if (args_check_routed(args[0], args[1], &why))
		return cli_misused(cli, "%s", why.text);
	return cli_do(cli, "mroute.del",
		      cli_params("source", args[0], "group", args[1], NULL));
}
