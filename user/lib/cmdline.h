/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Long options must be written in full. getopt_long would take `--al` for
 * `--all`, so that a slip could detach everything, and a new option could
 * change what an old script means.
 */
#ifndef XMGM_LIB_CMDLINE_H
#define XMGM_LIB_CMDLINE_H

#include <getopt.h>

/*
 * The first word of argv that begins with -- and is none of the options, to
 * the letter (up to a `=`); NULL if there is none. Words after `--` are not
 * looked at. options ends with an entry without a name. It does not matter
 * whether getopt_long has been there already.
 */
const char *cmdline_unknown_option(char *const *argv,
				   const struct option *options);

#endif /* XMGM_LIB_CMDLINE_H */
