/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A BPF file system to pin in. On a new machine nobody has mounted one; and
 * `ip netns exec` gives its command a private /sys without it, in which pins
 * would die with the command. In the latter case we go to the mount
 * namespace of process 1, where they last. Called before any thread exists.
 */
#include "bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
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

static bool own_mount_namespace(void)
{
	struct stat ours, init;

	return !stat("/proc/self/ns/mnt", &ours) &&
	       !stat("/proc/1/ns/mnt", &init) && ours.st_ino != init.st_ino;
}

static int enter_init_mounts(void)
{
	int fd = open("/proc/1/ns/mnt", O_RDONLY | O_CLOEXEC);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNS))
		err = -errno;
	close(fd);
	return err;
}

int bpffs_prepare(const char **error)
{
	int err;

	if (is_bpffs())
		return 0;
	if (own_mount_namespace() && !enter_init_mounts()) {
		log_info("no BPF file system here (ip netns exec hides it): "
			 "using the one of process 1");
		if (is_bpffs())
			return 0;
	}
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
