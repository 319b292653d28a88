/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast routes get into the tables, through the same calls that the daemon
 * makes (plane.h), and through MRT_ADD_MFC for the kernel's own; and what one
 * costs in kernel memory. Rates are per second of this thread's time.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "mroute.h"

#define ROUTES	      1000000
#define CACHE_SIZE    (1 << 20) /* of the plane: some more */
#define MROUTE_ROUTES 200000
#define MAX_ROUNDS    31

enum step { INSERT, CHANGE, MROUTE, STEPS };

static const struct {
	const char *member, *text;
} steps[STEPS] = {
	[INSERT] = {"map_per_s", "xmgm, new routes into the map"},
	[CHANGE] = {"map_changes_per_s", "xmgm, changes of routes"},
	[MROUTE] = {"ip_mroute_per_s", "ip_mroute, MRT_ADD_MFC"},
};

/* Puts every flow with `oifs` outs; the rate in routes/s. */
static int put_all(struct bench *b, struct plane *plane,
		   const struct xmgm_flow *flows, uint32_t oifs, double *rate)
{
	uint64_t start;
	uint32_t set;
	int err = plane_set_get(plane, b->lab.out, oifs, &set);

	start = bench_cpu_ns();
	for (uint32_t i = 0; i < ROUTES && !err; i++)
		err = plane_mfe_put(plane, flows[i], b->lab.in[LAB_XMGM], set,
				    0);
	if (!err)
		err = plane_commit(plane);
	*rate = ROUTES * 1e9 / (bench_cpu_ns() - start);
	return err;
}

static int del_all(struct plane *plane, const struct xmgm_flow *flows)
{
	int err = 0;

	for (uint32_t i = 0; i < ROUTES && !err; i++)
		err = plane_mfe_del(plane, flows[i]);
	return err ? err : plane_commit(plane);
}

static int put_mroute(struct bench *b, const struct xmgm_flow *flows,
		      double *rate)
{
	struct mroute m;
	int err = mroute_open(&m, &b->lab);
	uint64_t start = bench_cpu_ns();

	for (uint32_t i = 0; i < MROUTE_ROUTES && !err; i++)
		err = mroute_add(&m, &flows[i], 2);
	*rate = MROUTE_ROUTES * 1e9 / (bench_cpu_ns() - start);
	mroute_close(&m);
	return err;
}

static int measure(struct bench *b, struct plane *plane,
		   const struct xmgm_flow *flows,
		   double rates[STEPS][MAX_ROUNDS])
{
	int err = 0;

	for (unsigned int r = 0; r < b->rounds && !err; r++) {
		err = put_all(b, plane, flows, 1, &rates[INSERT][r]);
		if (!err)
			err = put_all(b, plane, flows, 2, &rates[CHANGE][r]);
		if (!err)
			err = del_all(plane, flows);
		if (!err)
			err = put_mroute(b, flows, &rates[MROUTE][r]);
	}
	return err;
}

/* What a pinned map takes of the kernel's memory; 0: not known. */
static uint64_t map_bytes(const struct bench *b, const char *name)
{
	char path[200], line[200];
	unsigned long long bytes = 0;
	int fd;
	FILE *f;

	snprintf(path, sizeof(path), XMGM_PIN_ROOT "/%s/%s", b->instance, name);
	fd = bpf_obj_get(path);
	if (fd < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "memlock: %llu", &bytes) == 1)
			break;
	if (f)
		fclose(f);
	close(fd);
	return bytes;
}

static void report(struct bench *b, double rates[STEPS][MAX_ROUNDS])
{
	struct json_object *install = bench_member(b, "install");
	struct json_object *memory = bench_member(b, "memory");
	double bytes = (double)map_bytes(b, "mfc") / CACHE_SIZE;

	printf("\nInstalling routes, a second\n");
	for (int s = 0; s < STEPS; s++) {
		double rate = bench_median(rates[s], b->rounds);

		json_object_object_add(install, steps[s].member,
				       bench_number(rate, 0));
		printf("%-36s %12.0f\n", steps[s].text, rate);
	}
	json_object_object_add(memory, "kernel_bytes_per_route",
			       bench_number(bytes, 1));
	printf("\nMemory of the kernel: %.1f bytes a route\n", bytes);
}

int bench_install(struct bench *b)
{
	static double rates[STEPS][MAX_ROUNDS];
	struct plane_listener deaf = {0};
	struct xmgm_flow *flows = bench_flows(ROUTES, 1000);
	struct plane *plane;
	int err;

	if (!flows)
		return -ENOMEM;
	err = bench_plane_open(b, &deaf, CACHE_SIZE, &plane);
	if (err)
		goto out;
	err = measure(b, plane, flows, rates);
	if (!err)
		report(b, rates);
	bench_plane_close(b, plane);
out:
	free(flows);
	return err;
}
