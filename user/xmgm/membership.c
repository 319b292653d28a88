/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * join and leave: static memberships; clear groups: what hosts have reported.
 * By the daemon.
 */
#include "xmgm/cli.h"

#include "xmgm/args.h"

static int membership(struct cli *cli, const char *method,
		      const char *const *args, size_t count)
{
	const char *source = count > 2 ? args[2] : NULL;
	struct args_why why;

	if (args_check_interface(args[0], &why) ||
	    args_check_joined(args[1], source, &why))
		return cli_misused(cli, "%s", why.text);
	return cli_do(cli, method,
		      cli_params("interface", args[0], "group", args[1],
				 "source", source, NULL));
}

int join_run(struct cli *cli, const char *const *args, size_t count)
{
	return membership(cli, "join", args, count);
}

int leave_run(struct cli *cli, const char *const *args, size_t count)
{
	return membership(cli, "leave", args, count);
}

int clear_groups_run(struct cli *cli, const char *const *args, size_t count)
{
	struct args_why why;

	if (count && args_check_interface(args[0], &why))
		return cli_misused(cli, "%s", why.text);
	return cli_do(cli, "groups.clear",
		      count ? cli_params("interface", args[0], NULL) : NULL);
}
