/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes the network of the benchmark and puts receivers into it. Nothing has
 * a name outside of the process, so nothing can be left behind.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>
#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "gen.h"
#include "sink.skel.h"

int lab_enter(int ns)
{
	return setns(ns, CLONE_NEWNET) ? -errno : 0;
}

int lab_run(const struct lab *lab, int ns, const char *format, ...)
{
	char command[512];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	lab_enter(ns);
	status = system(command);
	lab_enter(lab->router_ns);
	if (!status)
		return 0;
	fprintf(stderr, "bench: failed: %s\n", command);
	return -EIO;
}

static int new_namespace(void)
{
	if (unshare(CLONE_NEWNET))
		return -errno;
	return open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
}

static int make_namespaces(struct lab *lab)
{
	lab->hosts_ns = new_namespace();
	lab->router_ns = new_namespace();
	if (lab->hosts_ns < 0 || lab->router_ns < 0)
		return -EPERM;
	if (unshare(CLONE_NEWNS) ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) ||
	    mount("tmpfs", "/run", "tmpfs", 0, NULL))
		return -errno;
	return 0;
}

/* A queue for each core that frames may come from: see scaling.c. */
#define QUEUES 2

/* One host behind the router: number counts the networks. */
static int make_link(struct lab *lab, const char *name, const char *peer,
		     int number)
{
	int err = lab_run(
		lab, lab->router_ns,
		"ip link add %s numtxqueues %d numrxqueues %d type "
		"veth peer name %s numtxqueues %d numrxqueues %d "
		"netns /proc/%d/fd/%d && ip addr add 10.%d.0.254/24 dev %s "
		"&& ip link set %s up && ethtool -K %s gro on",
		name, QUEUES, QUEUES, peer, QUEUES, QUEUES, (int)getpid(),
		lab->hosts_ns, number, name, name, name);

	if (!err)
		err = lab_run(lab, lab->hosts_ns,
			      "ip addr add 10.%d.0.1/24 dev %s && "
			      "ip link set %s up",
			      number, peer, peer);
	return err;
}

static int quiet(struct lab *lab, int ns)
{
	return lab_run(lab, ns,
		       "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 "
		       "net.ipv6.conf.default.disable_ipv6=1 "
		       "net.ipv4.conf.all.rp_filter=0 "
		       "net.ipv4.conf.default.rp_filter=0 && "
		       "ip link set lo up");
}

/* A veth pair, its numbers in *near and *far. */
static int make_pair(struct lab *lab, const char *names[2], int network,
		     uint32_t *near, uint32_t *far)
{
	int err = make_link(lab, names[0], names[1], network);

	*near = if_nametoindex(names[0]);
	lab_enter(lab->hosts_ns);
	*far = if_nametoindex(names[1]);
	lab_enter(lab->router_ns);
	return err;
}

static int make_links(struct lab *lab)
{
	char near[IFNAMSIZ], far[IFNAMSIZ];
	const char *names[2] = {near, far};
	int err = 0;

	for (int i = 0; i < LAB_INPUTS && !err; i++) {
		snprintf(near, sizeof(near), "in%d", i);
		snprintf(far, sizeof(far), "src%d", i);
		err = make_pair(lab, names, 1 + i, &lab->in[i], &lab->src[i]);
	}
	for (int i = 0; i < LAB_OIFS && !err; i++) {
		snprintf(near, sizeof(near), "out%d", i);
		snprintf(far, sizeof(far), "dst%d", i);
		err = make_pair(lab, names, 101 + i, &lab->out[i],
				&lab->dst[i]);
	}
	return err;
}

/* Every source that bench_flows makes is behind in0. */
static int route_sources(struct lab *lab)
{
	return lab_run(lab, lab->router_ns,
		       "ip route add 10.1.0.0/16 dev in0 src 10.1.0.254");
}

int lab_widen(struct lab *lab)
{
	char near[IFNAMSIZ], far[IFNAMSIZ];
	int err;

	if (lab->oifs == LAB_MANY)
		return 0;
	err = lab_run(lab, lab->router_ns,
		      "for i in $(seq %d %d); do echo link add out$i type veth "
		      "peer name dst$i netns /proc/%d/fd/%d; "
		      "echo link set out$i up; done | ip -batch -",
		      LAB_OIFS, LAB_MANY - 1, (int)getpid(), lab->hosts_ns);
	if (!err)
		err = lab_run(lab, lab->hosts_ns,
			      "for i in $(seq %d %d); do "
			      "echo link set dst$i up; done | ip -batch -",
			      LAB_OIFS, LAB_MANY - 1);
	for (int i = LAB_OIFS; i < LAB_MANY && !err; i++) {
		snprintf(near, sizeof(near), "out%d", i);
		snprintf(far, sizeof(far), "dst%d", i);
		lab->out[i] = if_nametoindex(near);
		lab_enter(lab->hosts_ns);
		lab->dst[i] = if_nametoindex(far);
		lab_enter(lab->router_ns);
	}
	if (!err)
		lab->oifs = LAB_MANY;
	return err;
}

static int load_receivers(struct lab *lab)
{
	lab->sink = sink_bpf__open_and_load();
	if (!lab->sink)
		return -errno;
	lab->arrivals = mmap(NULL, GEN_PROBES * sizeof(*lab->arrivals),
			     PROT_READ | PROT_WRITE, MAP_SHARED,
			     bpf_map__fd(lab->sink->maps.sink_arrivals), 0);
	if (lab->arrivals == MAP_FAILED)
		return -errno;
	return bpf_xdp_attach(lab->in[LAB_CEILING],
			      bpf_program__fd(lab->sink->progs.sink_drop),
			      XDP_FLAGS_DRV_MODE, NULL);
}

int lab_open(struct lab *lab)
{
	int err = make_namespaces(lab);

	if (err) {
		fprintf(stderr, "bench: new namespaces: %s (needs root)\n",
			strerror(-err));
		return err;
	}
	err = quiet(lab, lab->hosts_ns);
	if (!err)
		err = quiet(lab, lab->router_ns);
	if (!err)
		err = make_links(lab);
	if (!err)
		err = route_sources(lab);
	if (!err)
		err = load_receivers(lab);
	lab->oifs = LAB_OIFS;
	return err;
}

void lab_close(struct lab *lab)
{
	sink_bpf__destroy(lab->sink);
	close(lab->hosts_ns);
	close(lab->router_ns);
}

static int clear_received(struct lab *lab)
{
	uint64_t zero[1024] = {0};
	uint32_t key = 0;

	if (libbpf_num_possible_cpus() > 1024)
		return -E2BIG;
	return bpf_map_update_elem(bpf_map__fd(lab->sink->maps.sink_received),
				   &key, zero, BPF_ANY);
}

uint64_t lab_received(const struct lab *lab)
{
	uint64_t cpu[1024], sum = 0;
	uint32_t key = 0;
	int cpus = libbpf_num_possible_cpus();

	if (bpf_map_lookup_elem(bpf_map__fd(lab->sink->maps.sink_received),
				&key, cpu))
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += cpu[i];
	return sum;
}

int lab_receive(struct lab *lab, enum lab_receiver kind)
{
	const struct bpf_program *program =
		kind == LAB_CLOCK ? lab->sink->progs.sink_clock
				  : lab->sink->progs.sink_count;
	int err = clear_received(lab);

	lab_enter(lab->hosts_ns);
	for (int i = 0; i < lab->oifs && !err; i++)
		err = bpf_xdp_attach(lab->dst[i], bpf_program__fd(program),
				     XDP_FLAGS_DRV_MODE, NULL);
	lab_enter(lab->router_ns);
	if (err)
		fprintf(stderr, "bench: receivers: %s\n", strerror(-err));
	return err;
}
