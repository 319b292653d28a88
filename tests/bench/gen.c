/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sends frames into the router by BPF_PROG_RUN with live frames: they come
 * out of a veth device of the hosts and are received by the router's device
 * at the other end, as frames of a network are. What becomes of them there
 * happens before the next batch, all on this core.
 *
 * The cost of a run is the time the core spent on it: this thread and the
 * core's ksoftirqd. Other people's work on the core is not in it, so that a
 * busy machine gives the same figures as an idle one, or nearly.
 */
#include "gen.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "gen.skel.h"

_Static_assert(GEN_INPUTS == LAB_INPUTS, "gen.h and lab.h disagree");

const struct xmgm_flow gen_flow = {
	.source = {10, 1, 0, 1},
	.group = {239, 1, 1, 1},
};

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint64_t sum_words(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint64_t sum = 0;
	uint16_t word;

	for (size_t i = 0; i + 1 < len; i += 2) {
		memcpy(&word, p + i, 2);
		sum += word;
	}
	return sum;
}

static void put_udp(struct gen *g, struct iphdr *ip, uint32_t bytes)
{
	struct udphdr *udp = (struct udphdr *)(ip + 1);
	uint64_t sum;

	udp->source = htons(4000);
	udp->dest = htons(GEN_PORT);
	udp->len = htons(bytes);
	sum = sum_words(&ip->saddr, 8) + htons(IPPROTO_UDP) + udp->len;
	sum += sum_words(udp,
			 g->frame_len - sizeof(struct ethhdr) - sizeof(*ip));
	udp->check = ~fold(sum);
}

void gen_frame(struct gen *g, uint32_t bytes)
{
	gen_frame_of(g, &gen_flow, bytes);
}

void gen_frame_of(struct gen *g, const struct xmgm_flow *flow, uint32_t bytes)
{
	struct ethhdr *eth = (struct ethhdr *)g->frame;
	struct iphdr *ip = (struct iphdr *)(eth + 1);
	const uint8_t *group = flow->group;
	uint8_t mac[] = {0x01, 0x00, 0x5e, group[1] & 0x7f, group[2], group[3]};
	struct iphdr copy;

	memset(g->frame, 0, sizeof(g->frame));
	g->frame_len = bytes;
	memcpy(eth->h_dest, mac, sizeof(mac));
	memcpy(eth->h_source, "\x02\x00\x00\x00\x00\x01", 6);
	eth->h_proto = htons(ETH_P_IP);
	ip->version = 4;
	ip->ihl = 5;
	ip->ttl = GEN_TTL;
	ip->protocol = IPPROTO_UDP;
	ip->tot_len = htons(bytes - sizeof(*eth));
	memcpy(&ip->saddr, flow->source, 4);
	memcpy(&ip->daddr, flow->group, 4);
	ip->check = ~fold(sum_words(ip, sizeof(*ip)));
	put_udp(g, ip, bytes - sizeof(*eth) - sizeof(*ip));
	g->skel->bss->gen_check = ip->check;
	copy = *ip;
	copy.saddr = copy.daddr = copy.check = 0;
	g->skel->bss->gen_check_bare = ~fold(sum_words(&copy, sizeof(copy)));
}

static pid_t find_softirq(int cpu)
{
	DIR *dir = opendir("/proc");
	char wanted[32], name[32], path[300];
	struct dirent *e;
	pid_t found = 0;

	snprintf(wanted, sizeof(wanted), "ksoftirqd/%d", cpu);
	while (dir && !found && (e = readdir(dir))) {
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%s/comm", e->d_name);
		f = fopen(path, "re");
		if (!f)
			continue;
		if (fscanf(f, "%31s", name) == 1 && !strcmp(name, wanted))
			found = atoi(e->d_name);
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return found;
}

void gen_expect_tags(struct gen *g)
{
	g->skel->bss->gen_tagged = true;
}

void gen_on_core(struct gen *g, int cpu)
{
	pid_t softirq = find_softirq(cpu);

	if (!softirq || clock_getcpuclockid(softirq, &g->softirq))
		g->softirq = 0;
}

/* Maps of the same name that the instance has pinned are used as they are. */
static int reuse_pins(struct gen_bpf *skel, const char *instance)
{
	struct bpf_map *map;
	char path[200];

	bpf_object__for_each_map(map, skel->obj) {
		int fd, err;

		snprintf(path, sizeof(path), XMGM_PIN_ROOT "/%s/%s", instance,
			 bpf_map__name(map));
		fd = bpf_obj_get(path);
		if (fd < 0)
			continue;
		err = bpf_map__reuse_fd(map, fd);
		close(fd);
		if (err)
			return err;
	}
	return 0;
}

static int fill_maps(struct gen *g, struct lab *lab, uint32_t oifs)
{
	int inputs = bpf_map__fd(g->skel->maps.gen_inputs);
	int limit = bpf_map__fd(g->skel->maps.gen_limit_set);
	int err = 0;

	for (uint32_t i = 0; i < oifs && !err; i++) {
		struct bpf_devmap_val value = {.ifindex = lab->out[i]};

		err = bpf_map_update_elem(limit, &value.ifindex, &value,
					  BPF_ANY);
	}
	lab_enter(lab->hosts_ns);
	for (uint32_t i = 0; i < LAB_INPUTS && !err; i++)
		err = bpf_map_update_elem(inputs, &i, &lab->src[i], BPF_ANY);
	lab_enter(lab->router_ns);
	return err;
}

int gen_open(struct gen *g, struct lab *lab, const char *instance,
	     uint32_t oifs)
{
	int err;

	g->skel = gen_bpf__open();
	if (!g->skel)
		return -errno;
	gen_on_core(g, sched_getcpu());
	/* All copies of a batch in less than the 2 ms that the kernel gives
	 * softirqs at a time: then the next one comes too early, and is lost
	 * before the router. */
	g->batch = oifs > 64 ? 8 : 64;
	bpf_map__set_max_entries(g->skel->maps.gen_limit_set, oifs);
	err = reuse_pins(g->skel, instance);
	if (!err)
		err = gen_bpf__load(g->skel);
	if (!err)
		err = fill_maps(g, lab, oifs);
	if (!err)
		err = bpf_xdp_attach(lab->in[LAB_LIMIT],
				     bpf_program__fd(g->skel->progs.gen_limit),
				     XDP_FLAGS_DRV_MODE, NULL);
	if (err)
		gen_close(g);
	else
		gen_frame(g, 60);
	return err;
}

void gen_close(struct gen *g)
{
	gen_bpf__destroy(g->skel);
	g->skel = NULL;
}

int gen_draw(struct gen *g, const struct xmgm_flow *flows, uint32_t count)
{
	size_t bytes = GEN_FLOWS * sizeof(*flows);
	struct xmgm_flow *drawn, swap;
	uint64_t random = 88172645463325252ull;

	drawn = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_map__fd(g->skel->maps.gen_flows), 0);
	if (drawn == MAP_FAILED)
		return -errno;
	for (uint32_t i = 0; i < GEN_FLOWS; i++)
		drawn[i] = flows[i % count];
	/* Fisher and Yates, with Marsaglia's xorshift: the same every time. */
	for (uint32_t i = GEN_FLOWS - 1; i > 0; i--) {
		uint32_t other;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		other = random % (i + 1);
		swap = drawn[i];
		drawn[i] = drawn[other];
		drawn[other] = swap;
	}
	munmap(drawn, bytes);
	return 0;
}

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	if (clock_gettime(clock, &t))
		return 0;
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t core_time(const struct gen *g)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID) +
	       (g->softirq ? read_clock(g->softirq) : 0);
}

int gen_send(struct gen *g, enum lab_input input, bool drawn, uint32_t packets,
	     struct gen_run *run)
{
	const struct bpf_program *program = drawn ? g->skel->progs.gen_many
						  : g->skel->progs.gen_one;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = g->frame,
		    .data_size_in = g->frame_len, .repeat = packets,
		    .batch_size = g->batch,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	uint64_t cpu;
	int err;

	g->skel->bss->gen_input = input;
	cpu = core_time(g);
	err = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);
	run->packets = packets;
	run->cpu_ns = core_time(g) - cpu;
	return err;
}

/* How long this thread has waited for a processor that others had. */
static uint64_t queue_time(void)
{
	FILE *f = fopen("/proc/thread-self/schedstat", "re");
	unsigned long long waited = 0;

	if (f && fscanf(f, "%*u %llu", &waited) != 1)
		waited = 0;
	if (f)
		fclose(f);
	return waited;
}

int gen_send_direct(struct gen *g, const struct lab *lab, enum lab_input input,
		    uint32_t packets, uint64_t *wall_ns)
{
	const struct bpf_program *programs[LAB_INPUTS] = {
		[LAB_XMGM] = g->skel->progs.direct_xmgm,
		[LAB_MROUTE] = g->skel->progs.direct_stack,
		[LAB_LIMIT] = g->skel->progs.direct_limit,
	};
	struct xdp_md ctx = {
		.data_end = g->frame_len,
		.ingress_ifindex = lab->in[input],
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = g->frame,
		    .data_size_in = g->frame_len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = packets,
		    .batch_size = 64, .flags = BPF_F_TEST_XDP_LIVE_FRAMES);
	uint64_t start, waited;
	int err;

	if (!programs[input])
		return -EINVAL;
	waited = queue_time();
	start = read_clock(CLOCK_MONOTONIC);
	err = bpf_prog_test_run_opts(bpf_program__fd(programs[input]), &opts);
	*wall_ns = read_clock(CLOCK_MONOTONIC) - start;
	*wall_ns -= queue_time() - waited;
	return err;
}

int gen_run_case(struct gen *g, const struct lab *lab, enum gen_case what,
		 uint32_t runs, double *ns)
{
	const struct bpf_program *programs[GEN_CASES] = {
		[GEN_ALONE] = g->skel->progs.direct_stack,
		[GEN_DECIDE] = g->skel->progs.case_decide,
		[GEN_INGRESS] = g->skel->progs.direct_xmgm,
		[GEN_EGRESS] = g->skel->progs.case_egress,
	};
	struct xdp_md ctx = {
		.data_end = g->frame_len,
		.ingress_ifindex = lab->in[LAB_XMGM],
	};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = g->frame,
		    .data_size_in = g->frame_len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = runs);
	uint64_t start;
	int err;

	g->skel->bss->gen_oif = lab->out[0];
	start = read_clock(CLOCK_THREAD_CPUTIME_ID);
	err = bpf_prog_test_run_opts(bpf_program__fd(programs[what]), &opts);
	*ns = (double)(read_clock(CLOCK_THREAD_CPUTIME_ID) - start) / runs;
	return err;
}
