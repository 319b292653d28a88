/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said of the machine, and of interfaces together; see doctor.h. */
#include "xmgm/doctor/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MACHINE "machine"

/* The oldest kernel that the programs are tried in. */
#define OLDEST_MAJOR 6
#define OLDEST_MINOR 1

void doctor_find(const struct doctor_sink *sink, enum doctor_level level,
		 const char *about, const char *remedy, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	sink->find(sink->arg, level, about, text, remedy);
}

/*
 * CVE-2026-64355: a broadcast of frames of several buffers writes out of
 * bounds. Stable series and the release that has the correction.
 */
static const unsigned int corrected[][3] = {
	{5, 15, 212}, {6, 1, 178}, {6, 6, 145},
	{6, 12, 96},  {6, 18, 39}, {7, 1, 4},
};

/* Known to have it: series we know nothing of are not accused. */
static bool broadcast_overflows(const unsigned int kernel[3])
{
	for (size_t i = 0; i < sizeof(corrected) / sizeof(*corrected); i++)
		if (kernel[0] == corrected[i][0] &&
		    kernel[1] == corrected[i][1])
			return kernel[2] < corrected[i][2];
	return false;
}

static void judge_kernel(const struct doctor_machine *m,
			 const struct doctor_sink *sink)
{
	const unsigned int *k = m->kernel;

	if (k[0] < OLDEST_MAJOR ||
	    (k[0] == OLDEST_MAJOR && k[1] < OLDEST_MINOR))
		doctor_find(sink, DOCTOR_WARNING, MACHINE, NULL,
			    "Linux %u.%u is older than what xmgm is tested "
			    "with (%u.%u)",
			    k[0], k[1], OLDEST_MAJOR, OLDEST_MINOR);
	if (broadcast_overflows(k))
		doctor_find(sink, DOCTOR_NOTE, MACHINE, NULL,
			    "Linux %u.%u.%u has CVE-2026-64355 (broadcast of "
			    "XDP frames of several buffers): xmgm does not "
			    "broadcast such frames, other programs may",
			    k[0], k[1], k[2]);
	if (!m->btf)
		doctor_find(sink, DOCTOR_WARNING, MACHINE, NULL,
			    "the kernel has no BTF (CONFIG_DEBUG_INFO_BTF): "
			    "copies that drivers refuse are not counted");
	if (m->jit == 0)
		doctor_find(sink, DOCTOR_WARNING, MACHINE,
			    "sysctl -w net.core.bpf_jit_enable=1",
			    "BPF programs are interpreted: many times slower");
	if (!m->bpffs)
		doctor_find(sink, DOCTOR_NOTE, MACHINE,
			    "mount -t bpf bpf /sys/fs/bpf",
			    "no BPF filesystem at /sys/fs/bpf; xmgm mounts it "
			    "when it needs it");
}

void doctor_judge_machine(const struct doctor_machine *m,
			  const struct doctor_sink *sink)
{
	judge_kernel(m, sink);
	for (size_t i = 0; i < m->daemon_count; i++)
		doctor_find(sink, DOCTOR_NOTE, MACHINE, NULL,
			    "%s (process %d) runs in this network namespace: "
			    "flows that xmgm has no listener for are left to "
			    "it on its interfaces (foreign = auto)",
			    m->daemons[i].name, m->daemons[i].pid);
	if (m->vif_count && !m->daemon_count)
		doctor_find(sink, DOCTOR_NOTE, MACHINE, NULL,
			    "the kernel's multicast router has %zu interfaces, "
			    "first %s, of a process that is not known here",
			    m->vif_count, m->vifs[0]);
}

void doctor_judge_together(const struct doctor_device *devices, size_t count,
			   const struct doctor_sink *sink)
{
	const struct doctor_device *small = devices, *large = devices;
	char remedy[64];

	for (size_t i = 1; i < count; i++) {
		if (devices[i].mtu < small->mtu)
			small = &devices[i];
		if (devices[i].mtu > large->mtu)
			large = &devices[i];
	}
	if (!count || small->mtu == large->mtu)
		return;
	snprintf(remedy, sizeof(remedy), "ip link set dev %s mtu %u",
		 small->name, large->mtu);
	doctor_find(sink, DOCTOR_WARNING, small->name, remedy,
		    "its MTU is %u, that of %s is %u: packets above %u bytes "
		    "leave it in fragments, or not at all if they may not be "
		    "fragmented",
		    small->mtu, large->name, large->mtu, small->mtu);
}
