/* SPDX-License-Identifier: GPL-2.0-only */
/* See journal.h. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void journal_path(const char *instance, char path[JOURNAL_PATH])
{
	snprintf(path, JOURNAL_PATH, "/run/xmgm/%s.commands", instance);
}

/* A line that a crash has cut off is ended first; empty lines say nothing. */
int journal_append(const char *path, const char *line)
{
	char directory[JOURNAL_PATH];
	int fd, err = 0;

	snprintf(directory, sizeof(directory), "%s", path);
	if (mkdir(dirname(directory), 0755) && errno != EEXIST)
		return -errno;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (dprintf(fd, "\n%s\n", line) < 0)
		err = -errno;
	close(fd);
	return err;
}

int journal_forget(const char *path)
{
	return unlink(path) && errno != ENOENT ? -errno : 0;
}
