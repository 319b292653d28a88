/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors of programs that a library has opened and forgotten. libxdp up
 * to 1.4.0 asks the kernel for a program by its id, keeps a duplicate and
 * loses the original, in nearly each of its calls; a daemon has no more
 * descriptors some day. What was open before is noted, and each program that
 * is open afterwards and was not is closed. The other thread of the plane
 * (grace.c) opens maps only, so a new program is nobody else's.
 */
#include "bpf.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"

#define OWN_FDS "/proc/self/fd"
#define BITS	(sizeof(unsigned long) * CHAR_BIT)

static bool noted(const struct reclaim *r, unsigned long fd)
{
	return fd / BITS < r->words && r->open[fd / BITS] >> fd % BITS & 1;
}

static int note(struct reclaim *r, unsigned long fd)
{
	size_t word = fd / BITS, words = r->words ? r->words : 16;
	unsigned long *open;

	while (words <= word)
		words *= 2;
	if (words != r->words) {
		open = reallocarray(r->open, words, sizeof(*open));
		if (!open)
			return -ENOMEM;
		memset(open + r->words, 0, (words - r->words) * sizeof(*open));
		r->open = open;
		r->words = words;
	}
	r->open[word] |= 1ul << fd % BITS;
	return 0;
}

/* The next in the list of all but the list's own; false: no more. */
static bool next_fd(DIR *fds, unsigned long *fd)
{
	struct dirent *e;

	while ((e = readdir(fds))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		*fd = strtoul(e->d_name, NULL, 10);
		if (*fd != (unsigned long)dirfd(fds))
			return true;
	}
	return false;
}

static bool is_program(unsigned long fd)
{
	static const char program[] = "anon_inode:bpf-prog";
	char path[64], what[sizeof(program)];
	ssize_t len;

	snprintf(path, sizeof(path), OWN_FDS "/%lu", fd);
	len = readlink(path, what, sizeof(what));
	return len == sizeof(program) - 1 && !memcmp(what, program, len);
}

void reclaim_begin(struct reclaim *r)
{
	DIR *fds = opendir(OWN_FDS);
	unsigned long fd;
	int err = fds ? 0 : -errno;

	*r = (struct reclaim){0};
	while (!err && next_fd(fds, &fd))
		err = note(r, fd);
	if (fds)
		closedir(fds);
	r->known = !err;
	if (err)
		log_debug("descriptors that libxdp forgets stay open: %s",
			  strerror(-err));
}

void reclaim_end(struct reclaim *r)
{
	DIR *fds = r->known ? opendir(OWN_FDS) : NULL;
	unsigned long fd;

	while (fds && next_fd(fds, &fd))
		if (!noted(r, fd) && is_program(fd))
			close((int)fd);
	if (fds)
		closedir(fds);
	free(r->open);
}
