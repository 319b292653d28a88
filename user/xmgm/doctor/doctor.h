/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * xmgm doctor: what of this machine keeps multicast from being forwarded, or
 * makes it slow, and the command that mends it. Facts are gathered in files of
 * their own (machine.c, device.c, features.c) and judged in others (judge*.c),
 * which are pure: a test gives them machines nobody has.
 */
#ifndef XMGM_CLI_DOCTOR_H
#define XMGM_CLI_DOCTOR_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From harmless to harmful. */
enum doctor_level {
	DOCTOR_NOTE,	/* worth knowing, nothing to do */
	DOCTOR_WARNING, /* slow, or lost under circumstances */
	DOCTOR_ERROR,	/* does not work */
};

#define DOCTOR_LEVEL_NAMES "note", "warning", "error"

/* Where findings go. about: an interface, or "machine"; remedy: a command to
 * type, or NULL. Valid during the call. */
struct doctor_sink {
	void *arg;
	void (*find)(void *arg, enum doctor_level level, const char *about,
		     const char *text, const char *remedy);
};

#define DOCTOR_DAEMONS 16
#define DOCTOR_VIFS    32 /* the kernel has no more */

/* Another multicast router that runs in our network namespace. */
struct doctor_daemon {
	char name[16];
	int pid;
};

/* -1 in an int: not known. */
struct doctor_machine {
	unsigned int kernel[3];
	bool btf;
	bool bpffs;
	int jit;
	unsigned int cpus; /* online */
	struct doctor_daemon daemons[DOCTOR_DAEMONS];
	size_t daemon_count;
	/* Interfaces of the kernel's own multicast router, default table. */
	char vifs[DOCTOR_VIFS][IF_NAMESIZE];
	size_t vif_count;
};

enum doctor_xdp { DOCTOR_XDP_NONE, DOCTOR_XDP_GENERIC, DOCTOR_XDP_NATIVE };

struct doctor_device {
	char name[IF_NAMESIZE];
	char driver[32];  /* "": the device has none to tell */
	bool up, running; /* administratively; with carrier */
	bool multicast, allmulti;
	bool address; /* it has one of IPv4 */
	unsigned int mtu;
	bool veth;
	char peer[IF_NAMESIZE]; /* of a veth; "": in another namespace */
	bool features_known;
	uint64_t features; /* NETDEV_XDP_ACT_* */
	int lro, gro_hw, rxvlan;
	/* Channels that receive and that transmit, and how many receiving ones
	 * there can be; 0: not known. */
	unsigned int rx_queues, rx_queues_max, tx_queues;
	int rp_filter; /* in effect: 0, 1 strict, 2 loose */
	/* By the router: */
	enum doctor_xdp xdp; /* how our program is attached */
	bool plain;	     /* copies leave with the router MAC */
	bool clone;	     /* copies take the clone path */
};

/* machine.c. What cannot be found out stays 0 or -1. */
void doctor_machine_read(struct doctor_machine *m);
/*
 * device.c. Fills what the kernel knows of the device of this name, and
 * leaves what the router knows. 0; -ENODEV there is none.
 */
int doctor_device_read(const char *name, struct doctor_device *d);
/* features.c. Kernels before 6.3 do not tell: -EOPNOTSUPP. */
int doctor_features_read(uint32_t ifindex, uint64_t *features);

/* judge.c: the machine, and what is only seen of all devices together. */
void doctor_judge_machine(const struct doctor_machine *m,
			  const struct doctor_sink *sink);
void doctor_judge_together(const struct doctor_device *devices, size_t count,
			   const struct doctor_sink *sink);
/* judge_device.c */
void doctor_judge_device(const struct doctor_machine *m,
			 const struct doctor_device *d,
			 const struct doctor_sink *sink);

/* judge.c: says it; the text by a format. */
void doctor_find(const struct doctor_sink *sink, enum doctor_level level,
		 const char *about, const char *remedy, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

#endif /* XMGM_CLI_DOCTOR_H */
