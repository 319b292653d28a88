/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A BPF file system to pin in. On a new machine nobody has mounted one; and
 * `ip netns exec` gives its command a private /sys without it, in which pins
 * would die with the command. In the latter case we go to the mount
 * namespace of the process that started us, where they last. Called before
 * any thread exists.
 */
#include "bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "lib/log.h"

#define BPFFS "/sys/fs/bpf"

static bool is_bpffs(void)
{
	struct statfs fs;

	return !statfs(BPFFS, &fs) && (unsigned long)fs.f_type == BPF_FS_MAGIC;
}

static pid_t parent_of(pid_t pid)
{
	char path[64], line[256];
	const char *after;
	FILE *f;
	int parent;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	line[fread(line, 1, sizeof(line) - 1, f)] = 0;
	fclose(f);
	/* The command's name may hold brackets, what follows it cannot. */
	after = strrchr(line, ')');
	return after && sscanf(after, ") %*c %d", &parent) == 1 ? parent : 0;
}

/*
 * Enters the mount namespace of the nearest ancestor that has another one.
 * 0, -ENOENT if all have ours, or why it was not possible. An ancestor that we
 * may not look at counts only if none nearer has our mounts: the mount
 * namespace may then be ours alone.
 */
static int enter_ancestor_mounts(void)
{
	struct stat ours, theirs;
	bool shared = false;
	char path[64];

	if (stat("/proc/self/ns/mnt", &ours))
		return -errno;
	for (pid_t pid = getppid(); pid > 0; pid = parent_of(pid)) {
		int fd, err = 0;

		snprintf(path, sizeof(path), "/proc/%d/ns/mnt", (int)pid);
		if (stat(path, &theirs)) {
			if (shared)
				continue;
			return errno == ENOENT ? -ESRCH : -errno;
		}
		if (theirs.st_ino == ours.st_ino) {
			shared = true;
			continue;
		}
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWNS))
			err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	return -ENOENT;
}

int bpffs_prepare(const char **error)
{
	int err;

	if (is_bpffs())
		return 0;
	err = enter_ancestor_mounts();
	if (!err)
		log_info("no BPF file system here (ip netns exec hides it): "
			 "using that of the calling process");
	if (err && err != -ENOENT) {
		*error = plane_error("no BPF file system in this mount "
				     "namespace, and pins would not outlive "
				     "it: %s; start it with nsenter "
				     "--net=/run/netns/NAME, not ip netns exec",
				     strerror(-err));
		return err;
	}
	if (is_bpffs())
		return 0;
	if (!mount("bpf", BPFFS, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC,
		   "mode=0700")) {
		log_info("mounted a BPF file system on " BPFFS);
		return 0;
	}
	err = -errno;
	*error = plane_error("no BPF file system on " BPFFS " and mounting "
			     "one failed: %s; run as root, or: mount -t bpf "
			     "bpf " BPFFS,
			     strerror(-err));
	return err;
}
