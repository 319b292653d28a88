/* SPDX-License-Identifier: GPL-2.0-only */
/* See cmdline.h. */
#include "lib/cmdline.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static bool is_option(const char *word, const struct option *options)
{
	size_t len = strcspn(word, "=");

	for (; options->name; options++)
		if (strlen(options->name) == len &&
		    !strncmp(options->name, word, len))
			return true;
	return false;
}

const char *cmdline_unknown_option(char *const *argv,
				   const struct option *options)
{
	for (argv++; *argv && strcmp(*argv, "--") != 0; argv++)
		if (!strncmp(*argv, "--", 2) && !is_option(*argv + 2, options))
			return *argv;
	return NULL;
}
