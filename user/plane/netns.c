/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Does a network namespace still exist? Pins outlive it, and then say only
 * its inode: what they describe may be removed once it has gone, not before.
 * Looks at every process and at every name that `ip netns` has given; one that
 * is held only by a descriptor is not found.
 */
#include "bpf.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool is_inode(const char *path, uint64_t inode)
{
	struct stat st;

	return !stat(path, &st) && st.st_ino == inode;
}

/* Is one of dir/NAME<suffix> that inode? Then it is in path. */
static bool is_in(const char *dir, const char *suffix, uint64_t inode,
		  char path[NETNS_PATH_LEN])
{
	bool numbers = !strcmp(dir, "/proc"), found = false;
	DIR *names = opendir(dir);
	struct dirent *e;

	while (names && !found && (e = readdir(names))) {
		if (numbers && !isdigit((unsigned char)e->d_name[0]))
			continue;
		snprintf(path, NETNS_PATH_LEN, "%s/%s%s", dir, e->d_name,
			 suffix);
		found = is_inode(path, inode);
	}
	if (names)
		closedir(names);
	return found;
}

bool netns_find(uint64_t inode, char path[NETNS_PATH_LEN])
{
	return is_in("/run/netns", "", inode, path) ||
	       is_in("/proc", "/ns/net", inode, path);
}
