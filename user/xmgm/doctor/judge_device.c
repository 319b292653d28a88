/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said of one interface; see doctor.h. */
#include "xmgm/doctor/doctor.h"

#include <stdio.h>
#include <string.h>

/* include/uapi/linux/netdev.h: enum netdev_xdp_act */
#define ACT_BASIC    1u
#define ACT_REDIRECT 2u
#define ACT_NDO_XMIT 4u

#define REMEDY	     96

/* What is known of drivers, beyond what they report. */
struct driver {
	const char *name;
	bool ring_a_core; /* a core above the number of rings cannot send */
	const char *note;
};

static const struct driver drivers[] = {
	{"i40e", true, NULL},
	{"ixgbe", true, NULL},
	{"ice", true, NULL},
	{"mlx5_core", false,
	 "this driver stops for some 10 ms when XDP is attached or the number "
	 "of queues changes: do neither while traffic runs"},
	{"ena", false,
	 "some versions of this driver lose frames that were redirected once "
	 "before (amzn-drivers issue 170): compare packets_out with what "
	 "arrives"},
};

static const struct driver *driver_of(const struct doctor_device *d)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
		if (!strcmp(drivers[i].name, d->driver))
			return &drivers[i];
	return NULL;
}

static void judge_state(const struct doctor_device *d,
			const struct doctor_sink *sink)
{
	char remedy[REMEDY];

	if (!d->up) {
		snprintf(remedy, sizeof(remedy), "ip link set dev %s up",
			 d->name);
		doctor_find(sink, DOCTOR_ERROR, d->name, remedy, "it is down");
	} else if (!d->running) {
		doctor_find(sink, DOCTOR_ERROR, d->name, NULL,
			    "it has no carrier");
	}
	if (!d->multicast) {
		snprintf(remedy, sizeof(remedy),
			 "ip link set dev %s multicast on", d->name);
		doctor_find(sink, DOCTOR_ERROR, d->name, remedy,
			    "multicast is switched off on it");
	}
	if (d->up && !d->address) {
		snprintf(remedy, sizeof(remedy),
			 "ip address add ADDRESS/LEN dev %s", d->name);
		doctor_find(sink, DOCTOR_NOTE, d->name, remedy,
			    "it has no IPv4 address: its queries come from "
			    "0.0.0.0, and no host there has a subnet it could "
			    "be checked against, unless it is unnumbered");
	}
	if (d->xdp != DOCTOR_XDP_NONE && !d->allmulti) {
		snprintf(remedy, sizeof(remedy),
			 "ip link set dev %s allmulticast on", d->name);
		doctor_find(sink, DOCTOR_ERROR, d->name, remedy,
			    "ALLMULTI has been switched off: the card drops "
			    "groups that this machine has not joined");
	}
}

static void judge_peer(const struct doctor_device *d,
		       const struct doctor_sink *sink)
{
	char remedy[REMEDY];

	snprintf(remedy, sizeof(remedy), "ethtool -K %s gro on",
		 d->peer[0] ? d->peer : "PEER");
	doctor_find(sink, DOCTOR_WARNING, d->name, remedy,
		    "it cannot take redirected frames, because its peer%s%s "
		    "has neither GRO nor an XDP program: copies take the "
		    "slower path through tc",
		    d->peer[0] ? " " : " (in another namespace)", d->peer);
}

/* Most drivers that can transmit report it while they have a program. */
static void judge_transmit(const struct doctor_device *d,
			   const struct doctor_sink *sink)
{
	bool later = d->features & ACT_REDIRECT && d->xdp != DOCTOR_XDP_NATIVE;
	char remedy[REMEDY];

	if (!d->features_known || d->features & ACT_NDO_XMIT)
		return;
	if (d->veth) {
		judge_peer(d, sink);
		return;
	}
	snprintf(remedy, sizeof(remedy), "xmgm attach %s --mode native",
		 d->name);
	doctor_find(sink, later ? DOCTOR_WARNING : DOCTOR_NOTE, d->name,
		    later ? remedy : NULL,
		    "its driver%s%s has no XDP transmit%s: copies take the "
		    "slower path through tc",
		    d->driver[0] ? " " : "", d->driver,
		    later ? " without an XDP program on it" : "");
}

static void judge_receive(const struct doctor_device *d,
			  const struct doctor_sink *sink)
{
	char remedy[REMEDY];
	bool native = !d->features_known || d->features & ACT_BASIC;

	snprintf(remedy, sizeof(remedy),
		 "xmgm detach %s && xmgm attach %s "
		 "--mode native",
		 d->name, d->name);
	if (!native)
		doctor_find(sink, DOCTOR_WARNING, d->name, NULL,
			    "its driver%s%s has no XDP: what arrives there is "
			    "forwarded by generic XDP, several times slower",
			    d->driver[0] ? " " : "", d->driver);
	else if (d->xdp == DOCTOR_XDP_GENERIC)
		doctor_find(sink, DOCTOR_WARNING, d->name, remedy,
			    "XDP is attached in generic mode, several times "
			    "slower, though its driver can do it; the command "
			    "stops its flows for a moment");
}

/* Merged packets are larger than the MTU, and in several buffers. */
static void judge_offloads(const struct doctor_device *d,
			   const struct doctor_sink *sink)
{
	char remedy[REMEDY];

	if (d->lro == 1 || d->gro_hw == 1) {
		snprintf(remedy, sizeof(remedy), "ethtool -K %s %s off",
			 d->name, d->lro == 1 ? "lro" : "rx-gro-hw");
		doctor_find(sink, DOCTOR_WARNING, d->name, remedy,
			    "the card merges received packets (%s): they "
			    "cannot be forwarded as they came",
			    d->lro == 1 ? "LRO" : "hardware GRO");
	}
	if (d->xdp != DOCTOR_XDP_NONE && d->rxvlan == 1) {
		snprintf(remedy, sizeof(remedy), "ethtool -K %s rxvlan off",
			 d->name);
		doctor_find(sink, DOCTOR_WARNING, d->name, remedy,
			    "the card takes VLAN tags off before XDP sees "
			    "them: tagged frames look untagged");
	}
}

static void judge_queues(const struct doctor_machine *m,
			 const struct doctor_device *d,
			 const struct doctor_sink *sink)
{
	const struct driver *driver = driver_of(d);
	unsigned int wanted = d->rx_queues_max < m->cpus ? d->rx_queues_max
							 : m->cpus;
	char remedy[REMEDY];

	snprintf(remedy, sizeof(remedy), "ethtool -L %s %s %u", d->name,
		 d->veth ? "rx" : "combined", wanted);
	if (d->rx_queues && d->rx_queues < wanted)
		doctor_find(sink, DOCTOR_NOTE, d->name, remedy,
			    "it receives with %u queue%s of %u, the machine "
			    "has %u cores: flows that arrive there share %u of "
			    "them (one flow is always one queue's)",
			    d->rx_queues, d->rx_queues == 1 ? "" : "s",
			    d->rx_queues_max, m->cpus, d->rx_queues);
	if (driver && driver->ring_a_core && d->tx_queues &&
	    d->tx_queues < m->cpus) {
		snprintf(remedy, sizeof(remedy), "ethtool -L %s combined %u",
			 d->name, m->cpus);
		doctor_find(sink, DOCTOR_WARNING, d->name, remedy,
			    "its driver (%s) has a transmit ring for each core "
			    "up to %u, the machine has %u: what the others "
			    "redirect to it is refused",
			    d->driver, d->tx_queues, m->cpus);
	}
}

static void judge_filter(const struct doctor_device *d,
			 const struct doctor_sink *sink)
{
	char remedy[REMEDY];

	if (d->rp_filter != 1)
		return;
	snprintf(remedy, sizeof(remedy),
		 "sysctl -w net.ipv4.conf.%s.rp_filter=2", d->name);
	doctor_find(sink, DOCTOR_NOTE, d->name, remedy,
		    "rp_filter is strict: xmgm forwards all the same, but the "
		    "kernel drops what is passed to it (sockets of this "
		    "machine, other routers) if the way back to the source "
		    "is another interface");
}

void doctor_judge_device(const struct doctor_machine *m,
			 const struct doctor_device *d,
			 const struct doctor_sink *sink)
{
	const struct driver *driver = driver_of(d);

	judge_state(d, sink);
	judge_receive(d, sink);
	judge_transmit(d, sink);
	judge_offloads(d, sink);
	judge_queues(m, d, sink);
	judge_filter(d, sink);
	if (driver && driver->note)
		doctor_find(sink, DOCTOR_NOTE, d->name, NULL, "%s",
			    driver->note);
	if (d->xdp == DOCTOR_XDP_NATIVE && !d->plain && !d->clone)
		doctor_find(sink, DOCTOR_NOTE, d->name, NULL,
			    "copies leave with its own MAC, which costs a "
			    "program for each, up to a quarter of the rate; "
			    "where the switch behind it takes any source MAC "
			    "(not a hypervisor, an access point, or a port "
			    "with port security) `source-mac = router` in "
			    "xmgmd.conf saves it");
}
