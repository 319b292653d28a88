/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner take and owner release: an ownership change by hand. The daemon
 * answers when the handshake, if there is one, has ended.
 */
#include "xmgm/cli.h"

#include "xmgm/args.h"

static int change_owner(struct cli *cli, const char *method,
			const char *const *args)
{
	struct args_why why;

	if (args_check_interface(args[0], &why) ||
	    args_check_protocol(args[1], &why))
		return cli_misused(cli, "%s", why.text);
	return cli_do(cli, method,
		      cli_params("interface", args[0], "protocol", args[1],
				 NULL));
}

int owner_take_run(struct cli *cli, const char *const *args, size_t count)
{
	(void)count;
	return change_owner(cli, "owner.take", args);
}

int owner_release_run(struct cli *cli, const char *const *args, size_t count)
{
	(void)count;
	return change_owner(cli, "owner.release", args);
}
