/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Configuration files on the disk, for conf_parse: the daemon and protocols
 * outside it read the same file, and those that it includes.
 */
#ifndef XMGM_LIB_CONF_FILE_H
#define XMGM_LIB_CONF_FILE_H

#include "lib/conf.h"

/* What is noted of the files while they are read. */
struct conf_reading {
	char *empty; /* the first included one of no bytes, allocated; NULL */
};

/* The whole file with a final zero, allocated; NULL with errno. */
char *conf_file_read(const char *path);

/* include of struct conf_source; its arg is a struct conf_reading. */
int conf_file_include(void *arg, const char *from, const char *pattern,
		      int (*each)(void *ctx, const char *file,
				  const char *text),
		      void *ctx);

#endif /* XMGM_LIB_CONF_FILE_H */
