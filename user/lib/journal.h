/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The file in which what commands have said outlives the daemon, until the
 * machine starts: one of an instance. The daemon reads and rewrites it
 * (xmgmd/journal.c); without a daemon the command line adds to it what it did.
 */
#ifndef XMGM_LIB_JOURNAL_H
#define XMGM_LIB_JOURNAL_H

#include <stddef.h>

#define JOURNAL_PATH 320

void journal_path(const char *instance, char path[JOURNAL_PATH]);
/* Appends a line; its end is added. Makes the file. 0 or a negative errno. */
int journal_append(const char *path, const char *line);
/* No command has ever said anything. 0 or a negative errno. */
int journal_forget(const char *path);

#endif /* XMGM_LIB_JOURNAL_H */
