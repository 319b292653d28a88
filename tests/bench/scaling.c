/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One core and two: packets of one flow on both, and a flow on each, through
 * xmgm and through the program that parses nothing and broadcasts. Each core
 * has a queue of its own in every veth (lab.c). A rate is a core's as in
 * forward.c; what both do at the same time is added up.
 */
#include "bench.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "gen.h"

#define CORES	   2
#define MAX_ROUNDS 31

/* Not the same flow, but the same sum over the IP header. */
static const struct xmgm_flow flows[CORES] = {
	{.source = {10, 1, 0, 1}, .group = {239, 1, 1, 1}},
	{.source = {10, 1, 0, 2}, .group = {239, 1, 1, 0}},
};

static const uint32_t oif_counts[] = {1, 8};

enum { SAME, DIFFERENT, KINDS };
static const char *const kinds[KINDS] = {"same", "different"};

enum { XMGM, LIMIT, PATHS };
static const enum lab_input inputs[PATHS] = {LAB_XMGM, LAB_LIMIT};

/* A generator on a core of its own. */
struct runner {
	pthread_t thread;
	pthread_barrier_t *start;
	struct gen g;
	int cpu;
	enum lab_input input;
	uint32_t packets;
	struct gen_run run;
	uint64_t began, ended; /* CLOCK_MONOTONIC ns */
	int err;
};

static void *run_thread(void *arg)
{
	struct runner *r = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(r->cpu, &set);
	r->err = -pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
	pthread_barrier_wait(r->start);
	r->began = bench_now_ns();
	if (!r->err)
		r->err = gen_send(&r->g, r->input, false, r->packets, &r->run);
	r->ended = bench_now_ns();
	return NULL;
}

/* Of the time of one, how much the other ran as well: on a busy machine they
 * may have taken turns. */
static double overlap(const struct runner *a, const struct runner *b)
{
	uint64_t began = a->began > b->began ? a->began : b->began;
	uint64_t ended = a->ended < b->ended ? a->ended : b->ended;

	return ended > began ? (double)(ended - began) / (a->ended - a->began)
			     : 0;
}

/* These `count` cores at the same time; what they do together. */
static int run_cores(struct runner *runners, int count, double *rate)
{
	pthread_barrier_t start;
	int err = 0;

	pthread_barrier_init(&start, NULL, count);
	for (int i = 0; i < count; i++) {
		runners[i].start = &start;
		/* Without its thread the others would wait for ever. */
		if (pthread_create(&runners[i].thread, NULL, run_thread,
				   &runners[i]))
			return -ENOMEM;
	}
	*rate = 0;
	for (int i = 0; i < count; i++) {
		pthread_join(runners[i].thread, NULL);
		err = runners[i].err ? runners[i].err : err;
		*rate += runners[i].run.packets * 1e3 / runners[i].run.cpu_ns;
	}
	pthread_barrier_destroy(&start);
	if (count == CORES && overlap(&runners[0], &runners[1]) < 0.7)
		fprintf(stderr,
			"bench: scaling: two cores for %.0f %% of the "
			"time only\n",
			overlap(&runners[0], &runners[1]) * 100);
	return err;
}

/* One core's rate is the mean of both, each while the other does nothing. */
static int measure(struct runner *runners, int cores, double *rate)
{
	double one[CORES];
	int err;

	if (cores == CORES)
		return run_cores(runners, CORES, rate);
	err = run_cores(&runners[0], 1, &one[0]);
	if (!err)
		err = run_cores(&runners[1], 1, &one[1]);
	*rate = (one[0] + one[1]) / 2;
	return err;
}

struct rates {
	double path[PATHS][CORES][MAX_ROUNDS];
};

static int measure_kind(struct bench *b, struct runner *runners, int kind,
			uint32_t oifs, struct rates *rates)
{
	int err = 0;

	gen_frame_of(&runners[1].g, &flows[kind == SAME ? 0 : 1], 60);
	for (unsigned int round = 0; round < b->rounds; round++)
		for (int p = 0; p < PATHS; p++)
			for (int c = 0; c < CORES && !err; c++) {
				for (int i = 0; i < CORES; i++) {
					runners[i].input = inputs[p];
					runners[i].packets = b->packets / oifs;
				}
				err = measure(runners, c + 1,
					      &rates->path[p][c][round]);
			}
	return err;
}

static void report(struct bench *b, struct json_object *rows, int kind,
		   uint32_t oifs, struct rates *rates)
{
	double median[PATHS][CORES];

	for (int c = 0; c < CORES; c++) {
		struct json_object *row = json_object_new_object();

		for (int p = 0; p < PATHS; p++)
			median[p][c] =
				bench_median(rates->path[p][c], b->rounds);
		json_object_object_add(row, "cores",
				       json_object_new_int(c + 1));
		json_object_object_add(row, "flows",
				       json_object_new_string(kinds[kind]));
		json_object_object_add(row, "oifs", json_object_new_int(oifs));
		json_object_object_add(row, "mpps",
				       bench_number(median[XMGM][c], 3));
		json_object_object_add(row, "limit_mpps",
				       bench_number(median[LIMIT][c], 3));
		json_object_array_add(rows, row);
	}
	printf("%5u %-10s %10.3f %10.3f %8.2f %10.3f %10.3f %8.2f\n", oifs,
	       kinds[kind], median[XMGM][0], median[XMGM][1],
	       median[XMGM][1] / median[XMGM][0], median[LIMIT][0],
	       median[LIMIT][1], median[LIMIT][1] / median[LIMIT][0]);
}

static int measure_oifs(struct bench *b, struct plane *plane, uint32_t oifs,
			const int cpus[CORES], struct json_object *rows)
{
	static struct runner runners[CORES];
	static struct rates rates;
	struct gen g = {0};
	int err = 0;

	for (int i = 0; i < CORES && !err; i++)
		err = bench_route(b, plane, &flows[i], oifs);
	if (!err)
		err = plane_commit(plane);
	if (!err)
		err = gen_open(&g, &b->lab, b->instance, oifs);
	if (err)
		return err;
	for (int i = 0; i < CORES; i++) {
		runners[i] = (struct runner){.g = g, .cpu = cpus[i]};
		gen_on_core(&runners[i].g, cpus[i]);
	}
	for (int kind = 0; kind < KINDS && !err; kind++) {
		err = measure_kind(b, runners, kind, oifs, &rates);
		if (!err)
			report(b, rows, kind, oifs, &rates);
	}
	gen_close(&g);
	return err;
}

int bench_scaling(struct bench *b)
{
	static const uint8_t router[6] = {2, 0, 0, 0, 3};
	struct json_object *rows = json_object_new_array();
	struct plane_listener deaf = {0};
	struct plane *plane;
	int cpus[CORES], n = 0, err;

	json_object_object_add(b->result, "scaling", rows);
	for (int cpu = 0; cpu < CPU_SETSIZE && n < CORES; cpu++)
		if (CPU_ISSET(cpu, &b->cpus))
			cpus[n++] = cpu;
	printf("\nOne core and two, million packets/s in, router MAC\n");
	if (n < CORES) {
		printf("not measured: there is one core\n");
		return 0;
	}
	printf("%5s %-10s %10s %10s %8s %10s %10s %8s\n", "oifs", "flows",
	       "xmgm 1", "xmgm 2", "times", "limit 1", "limit 2", "times");
	err = bench_plane_open(b, &deaf, 1024, &plane);
	if (err)
		return err;
	err = lab_receive(&b->lab, LAB_COUNT);
	if (!err)
		err = plane_router_mac_set(plane, router);
	for (size_t i = 0; i < sizeof(oif_counts) / sizeof(*oif_counts) && !err;
	     i++)
		err = measure_oifs(b, plane, oif_counts[i], cpus, rows);
	bench_plane_close(b, plane);
	return err;
}
