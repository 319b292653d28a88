/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See lock.h. Files of an xmgmd up to 0.1 could be read by everybody, and so
 * anybody could hold a lock on them, for ever. Such a file is replaced, after
 * it was locked like any other: its lock may also be that of a daemon which
 * runs. Who holds it then is in /proc/locks.
 */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/log.h"

#define TRIES 10 /* while others replace the file, too */

static bool open_to_others(const struct stat *st)
{
	return st->st_uid != geteuid() || st->st_mode & 077;
}

/* -1: not known. */
static long user_of(pid_t pid)
{
	char path[64], line[256];
	long user = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && user < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "Uid: %ld", &user);
	if (file)
		fclose(file);
	return user;
}

/* A line of /proc/locks about this file: the process that has the lock. */
static bool parse_lock(const char *line, const struct stat *st, pid_t *pid)
{
	unsigned int major, minor;
	unsigned long inode;

	return sscanf(line, "%*u: FLOCK %*s %*s %d %x:%x:%lu", pid, &major,
		      &minor, &inode) == 4 &&
	       makedev(major, minor) == st->st_dev && inode == st->st_ino;
}

/* Do only processes of other users hold locks on this file? */
static bool held_by_others(const struct stat *st)
{
	FILE *locks = fopen("/proc/locks", "re");
	bool others = false, ours = false;
	char line[256];
	pid_t pid;

	while (locks && fgets(line, sizeof(line), locks)) {
		long user;

		if (!parse_lock(line, st, &pid))
			continue;
		user = user_of(pid);
		if (user > 0 && user != (long)geteuid())
			others = true;
		else
			ours = true;
	}
	if (locks)
		fclose(locks);
	return others && !ours;
}

static pid_t written_owner(int fd)
{
	char text[32] = "";

	return pread(fd, text, sizeof(text) - 1, 0) > 0 ? atoi(text) : 0;
}

/* Is the open file still the one at this path? */
static bool is_at(const struct stat *st, const char *path)
{
	struct stat there;

	return !stat(path, &there) && there.st_ino == st->st_ino &&
	       there.st_dev == st->st_dev;
}

/* One try. -EAGAIN: the file was, or had to be, replaced. */
static int take(const char *path, pid_t *owner)
{
	int err = 0, fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	bool locked, open_to_all;
	struct stat st;

	if (fd < 0)
		return -errno;
	locked = !flock(fd, LOCK_EX | LOCK_NB);
	if (fstat(fd, &st))
		err = -errno;
	open_to_all = !err && open_to_others(&st);
	if (!err && !locked && !(open_to_all && held_by_others(&st))) {
		*owner = written_owner(fd);
		err = -EBUSY;
	}
	if (!err && !is_at(&st, path))
		err = -EAGAIN;
	if (!err && open_to_all) {
		err = unlink(path) ? -errno : -EAGAIN;
		log_warn("%s could be opened by others: made anew", path);
	}
	if (!err)
		return fd;
	close(fd);
	return err;
}

int lock_take(const char *path, pid_t *owner)
{
	int fd, tries = TRIES;

	*owner = 0;
	do {
		fd = take(path, owner);
	} while (fd == -EAGAIN && --tries);
	if (fd < 0)
		return fd;
	if (fchmod(fd, 0600) || ftruncate(fd, 0) ||
	    dprintf(fd, "%d\n", (int)getpid()) < 0)
		log_warn("%s: %s", path, strerror(errno));
	return fd;
}
