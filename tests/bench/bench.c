/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `make bench`: measures xmgm against the kernel's ip_mroute and against what
 * is possible at all, writes build/bench.json and prints the same as tables.
 * Runs as root, in namespaces of its own, on one core.
 *
 *	bench [-r ROUNDS] [-n PACKETS] [-o FILE] BUILD [PART…]
 */
#include "bench.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/pool.h"

static const struct part {
	const char *name;
	int (*run)(struct bench *b);
} parts[] = {
	{"forwarding", bench_forwarding},
	{"vlan", bench_vlan},
	{"clone", bench_clone},
	{"routes", bench_routes},
	{"install", bench_install},
	{"end_to_end", bench_end_to_end},
	{"first_packet", bench_first_packet},
	{"reaction", bench_reaction},
	{"handover", bench_handover},
	{"igmp", bench_igmp},
	{"manager", bench_manager},
	{"programs", bench_programs},
	{"scaling", bench_scaling},
	{"many", bench_many},
	{"dvmrp", bench_dvmrp},
};

#define PARTS (sizeof(parts) / sizeof(*parts))

static uint64_t read_clock(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

uint64_t bench_now_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t bench_cpu_ns(void)
{
	return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

void bench_urgent(int priority)
{
	const struct sched_param p = {.sched_priority = priority};

	sched_setscheduler(0, priority ? SCHED_FIFO : SCHED_OTHER, &p);
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

double bench_median(double *values, unsigned int count)
{
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2]
			 : (values[count / 2 - 1] + values[count / 2]) / 2;
}

struct json_object *bench_member(struct bench *b, const char *name)
{
	struct json_object *member;

	if (json_object_object_get_ex(b->result, name, &member))
		return member;
	member = json_object_new_object();
	json_object_object_add(b->result, name, member);
	return member;
}

struct json_object *bench_number(double value, int decimals)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*f", decimals, value);
	return json_object_new_double_s(value, text);
}

static int set_port(struct plane *plane, uint32_t ifindex, const char *name,
		    uint16_t number, uint32_t flags)
{
	struct plane_port port = {
		.ifid = ifindex,
		.ifindex = ifindex,
		.path = PLANE_PATH_XDP,
		.flags = flags,
		.mac = {2, 0, 0, 0, (uint8_t)(number >> 8), (uint8_t)number},
		.ttl_threshold = 1,
		.any_mac = true, /* own MACs until a router MAC is set */
	};

	snprintf(port.name, sizeof(port.name), "%s", name);
	return plane_port_set(plane, &port);
}

int bench_ports(struct bench *b, struct plane *plane, int from, int to)
{
	char name[16];
	int err = 0;

	for (int i = from; i < to && !err; i++) {
		snprintf(name, sizeof(name), "out%d", i);
		err = set_port(plane, b->lab.out[i], name, 0x100 + i, 0);
	}
	return err;
}

int bench_plane_open(struct bench *b, const struct plane_listener *listener,
		     uint32_t max_routes, struct plane **plane)
{
	struct plane_options options = {
		.instance = b->instance,
		.max_routes = max_routes,
	};
	const struct xmgm_interface owned = {.owner = XMGM_OWNER_STATIC};
	uint32_t in = b->lab.in[LAB_XMGM];
	const char *error = "";
	int err = plane_open_bpf(&options, listener, plane, &error);

	if (!err)
		err = set_port(*plane, in, "in", 0x200, XMGM_IF_PARTIAL_CSUM);
	if (!err)
		err = plane_interface_set(*plane, in, &owned);
	if (!err)
		err = plane_attach(*plane, in, PLANE_NATIVE, &error);
	if (!err)
		err = bench_ports(b, *plane, 0, LAB_OIFS);
	if (err)
		fprintf(stderr, "bench: opening the plane: %s %s\n",
			strerror(-err), error);
	return err;
}

void bench_plane_close(struct bench *b, struct plane *plane)
{
	const char *error = "";

	plane_close(plane);
	if (plane_destroy_bpf(b->instance, &error))
		fprintf(stderr, "bench: %s\n", error);
}

int bench_route(struct bench *b, struct plane *plane,
		const struct xmgm_flow *flow, uint32_t oifs)
{
	uint32_t set;
	int err = plane_set_get(plane, b->lab.out, oifs, &set);

	if (!err)
		err = plane_mfe_put(plane, *flow, b->lab.in[LAB_XMGM], set, 0);
	return err;
}

/* The first core we may use: the others are for the rest of the machine. */
static int pin_to_core(struct bench *b)
{
	cpu_set_t set;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(b->cpus), &b->cpus))
		return -errno;
	while (cpu < CPU_SETSIZE - 1 && !CPU_ISSET(cpu, &b->cpus))
		cpu++;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

/* A name that is no part must not look like a result. */
static int check_names(char **names, int count)
{
	for (int n = 0; n < count; n++) {
		size_t i = 0;

		while (i < PARTS && strcmp(names[n], parts[i].name))
			i++;
		if (i < PARTS)
			continue;
		fprintf(stderr, "bench: no part '%s'; there are:", names[n]);
		for (i = 0; i < PARTS; i++)
			fprintf(stderr, " %s", parts[i].name);
		fprintf(stderr, "\n");
		return -EINVAL;
	}
	return 0;
}

static void report_time(struct bench *b, const char *part, uint64_t ns)
{
	json_object_object_add(bench_member(b, "seconds"), part,
			       bench_number(ns / 1e9, 1));
	printf("%s took %.1f s\n", part, ns / 1e9);
}

static int run_parts(struct bench *b, char **names, int count)
{
	int err = 0;

	for (size_t i = 0; i < PARTS && !err; i++) {
		uint64_t start = bench_now_ns();
		bool wanted = !count;

		for (int n = 0; n < count; n++)
			wanted |= !strcmp(names[n], parts[i].name);
		if (wanted)
			err = parts[i].run(b);
		if (wanted)
			report_time(b, parts[i].name, bench_now_ns() - start);
		if (err)
			fprintf(stderr, "bench: %s: %s\n", parts[i].name,
				strerror(-err));
	}
	return err;
}

static void describe_machine(struct bench *b)
{
	struct utsname u = {0};

	uname(&u);
	json_object_object_add(b->result, "kernel",
			       json_object_new_string(u.release));
	json_object_object_add(
		b->result, "cpus",
		json_object_new_int(sysconf(_SC_NPROCESSORS_ONLN)));
	printf("kernel %s, %ld CPUs, %u rounds of %u packets\n", u.release,
	       sysconf(_SC_NPROCESSORS_ONLN), b->rounds, b->packets);
}

static int write_result(const struct bench *b, const char *path)
{
	if (json_object_to_file_ext(path, b->result,
				    JSON_C_TO_STRING_SPACED |
					    JSON_C_TO_STRING_PRETTY)) {
		fprintf(stderr, "bench: cannot write %s\n", path);
		return -EIO;
	}
	printf("\n%s written\n", path);
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: bench [-r ROUNDS] [-n PACKETS] [-o FILE] BUILD "
			"[PART...]\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct bench b = {
		.instance = "bench",
		.rounds = 5,
		.packets = 400000,
		.result = json_object_new_object(),
	};
	const char *path = "build/bench.json";
	int option, err;

	pool_prepare();
	while ((option = getopt(argc, argv, "r:n:o:")) != -1) {
		if (option == 'r')
			b.rounds = atoi(optarg);
		else if (option == 'n')
			b.packets = atoi(optarg);
		else if (option == 'o')
			path = optarg;
		else
			return usage();
	}
	if (optind == argc || b.rounds < 1 || b.rounds > 31 || !b.packets)
		return usage();
	if (check_names(argv + optind + 1, argc - optind - 1))
		return 2;
	b.build = argv[optind];
	setvbuf(stdout, NULL, _IOLBF, 0);
	err = lab_open(&b.lab);
	if (err)
		return 1;
	describe_machine(&b);
	/* Other work on this machine is not what is measured. */
	setpriority(PRIO_PROCESS, 0, -20);
	err = pin_to_core(&b);
	if (!err)
		err = run_parts(&b, argv + optind + 1, argc - optind - 1);
	lab_close(&b.lab);
	if (!err)
		err = write_result(&b, path);
	json_object_put(b.result);
	return err ? 1 : 0;
}
