/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a machine is, as xmgm doctor wants to know it: the kernel, what BPF
 * needs of it, and other multicast routers in this network namespace.
 */
#include "xmgm/doctor/doctor.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

/* By the name of the process, which has 15 characters. */
static const char *const routers[] = {
	"smcrouted", "mrouted", "pimd",	  "pim6sd",	 "pimb",
	"igmpproxy", "mcproxy", "dvmrpd", "igmpv3proxy",
};

/*
 * "6.1.119-1" is in the version of Debian, whose release says 6.1.0-28; where
 * the version has no such number the release's counts.
 */
static void read_kernel(struct doctor_machine *m)
{
	struct utsname u;
	const char *at;

	if (uname(&u))
		return;
	sscanf(u.release, "%u.%u.%u", &m->kernel[0], &m->kernel[1],
	       &m->kernel[2]);
	at = strstr(u.version, "Debian ");
	if (at)
		sscanf(at, "Debian %u.%u.%u", &m->kernel[0], &m->kernel[1],
		       &m->kernel[2]);
}

static int read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	int number = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &number) != 1)
		number = -1;
	fclose(file);
	return number;
}

static bool is_router(const char *name)
{
	for (size_t i = 0; i < sizeof(routers) / sizeof(*routers); i++)
		if (!strcmp(name, routers[i]))
			return true;
	return false;
}

static bool same_link(const char *path, const char *ours)
{
	char theirs[64];
	ssize_t len = readlink(path, theirs, sizeof(theirs) - 1);

	if (len < 0)
		return false;
	theirs[len] = '\0';
	return !strcmp(theirs, ours);
}

/* A process of another network namespace has tables of its own. */
static void read_process(struct doctor_machine *m, const char *pid,
			 const char *ours)
{
	struct doctor_daemon *d = &m->daemons[m->daemon_count];
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.20s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return;
	if (fscanf(file, "%15[^\n]", d->name) == 1 && is_router(d->name)) {
		snprintf(path, sizeof(path), "/proc/%.20s/ns/net", pid);
		d->pid = (int)strtol(pid, NULL, 10);
		m->daemon_count += same_link(path, ours);
	}
	fclose(file);
}

static void read_processes(struct doctor_machine *m)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char ours[64];
	ssize_t len = readlink("/proc/self/ns/net", ours, sizeof(ours) - 1);

	if (!dir)
		return;
	ours[len < 0 ? 0 : len] = '\0';
	while ((entry = readdir(dir)) && m->daemon_count < DOCTOR_DAEMONS)
		if (isdigit((unsigned char)entry->d_name[0]))
			read_process(m, entry->d_name, ours);
	closedir(dir);
}

/* "Interface  BytesIn ...", then " 0 eth0 ...". */
static void read_vifs(struct doctor_machine *m)
{
	FILE *file = fopen("/proc/self/net/ip_mr_vif", "re");
	char line[256];

	if (!file)
		return;
	while (fgets(line, sizeof(line), file) && m->vif_count < DOCTOR_VIFS)
		if (sscanf(line, "%*d %15s", m->vifs[m->vif_count]) == 1)
			m->vif_count++;
	fclose(file);
}

void doctor_machine_read(struct doctor_machine *m)
{
	struct statfs fs;
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	memset(m, 0, sizeof(*m));
	read_kernel(m);
	m->btf = !access("/sys/kernel/btf/vmlinux", F_OK);
	m->bpffs = !statfs("/sys/fs/bpf", &fs) && fs.f_type == BPF_FS_MAGIC;
	m->jit = read_number("/proc/sys/net/core/bpf_jit_enable");
	m->cpus = cpus > 0 ? (unsigned int)cpus : 1;
	read_processes(m);
	read_vifs(m);
}
