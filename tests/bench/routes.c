/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the number of routes costs, us and ip_mroute with as many: flows in
 * random order over all routes there are, each with a source and a group of
 * its own. Measured as forwarding is; the counts are measured in turn, in
 * every round anew.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gen.h"
#include "mroute.h"

#define MAX_ROUTES 1000000
#define CACHE_SIZE (1 << 20) /* of the plane: some more */
#define MAX_ROUNDS 3

static const uint32_t counts[] = {1, 1000, 65536, MAX_ROUTES};
static const uint32_t oif_counts[] = {1, 8};

#define COUNTS (sizeof(counts) / sizeof(*counts))
#define OIFS   (sizeof(oif_counts) / sizeof(*oif_counts))

struct table {
	struct plane *plane;
	struct gen gen;
	struct xmgm_flow *flows; /* MAX_ROUTES of them */
	uint32_t installed;
	double rates[COUNTS][OIFS][MAX_ROUNDS];
	double mroute[COUNTS][OIFS][MAX_ROUNDS];
};

struct xmgm_flow *bench_flows(uint32_t count, uint32_t sources)
{
	struct xmgm_flow *flows = calloc(count, sizeof(*flows));

	for (uint32_t i = 0; flows && i < count; i++) {
		/* Not those of the router itself, 10.1.0.254 and above. */
		uint32_t source = i % sources + 512, group = i / sources + 256;

		flows[i] = (struct xmgm_flow){
			.source = {10, 1, source >> 8, source},
			.group = {239, group >> 16, group >> 8, group},
		};
	}
	return flows;
}

/* Each takes half a minute. */
static unsigned int rounds_of(const struct bench *b)
{
	return b->rounds < MAX_ROUNDS ? b->rounds : MAX_ROUNDS;
}

/* The first `count` flows are routed to `oifs` outs, the rest is not. */
static int install(struct bench *b, struct table *t, uint32_t count,
		   uint32_t oifs)
{
	int err = 0;

	while (t->installed > count && !err)
		err = plane_mfe_del(t->plane, t->flows[--t->installed]);
	for (uint32_t i = 0; i < count && !err; i++)
		err = bench_route(b, t->plane, &t->flows[i], oifs);
	t->installed = count;
	return err ? err : plane_commit(t->plane);
}

/* Drawn flows through an input; copies that do not arrive are told. */
static int send_drawn(struct bench *b, struct table *t, enum lab_input input,
		      uint32_t count, uint32_t oifs, double *rate)
{
	uint64_t before = lab_received(&b->lab), received;
	uint32_t packets = input == LAB_MROUTE ? b->packets / oifs : b->packets;
	struct gen_run run;
	int err = gen_draw(&t->gen, t->flows, count);

	if (!err)
		err = gen_send(&t->gen, input, true, packets, &run);
	if (err)
		return err;
	received = lab_received(&b->lab) - before;
	if (received * 1000 < (uint64_t)run.packets * oifs * 999)
		fprintf(stderr,
			"bench: input %d, %u routes, %u oifs: %llu of %llu\n",
			input, count, oifs, (unsigned long long)received,
			(unsigned long long)run.packets * oifs);
	*rate = run.packets * 1e3 / run.cpu_ns;
	return 0;
}

static int measure(struct bench *b, struct table *t, uint32_t count,
		   uint32_t oifs, double *rate)
{
	int err = install(b, t, count, oifs);

	return err ? err : send_drawn(b, t, LAB_XMGM, count, oifs, rate);
}

/* Its table goes with the socket: a new one for each number of oifs. */
static int measure_mroute(struct bench *b, struct table *t, size_t round,
			  size_t o)
{
	struct mroute m;
	uint32_t there = 0;
	int err = mroute_open(&m, &b->lab);

	for (size_t c = 0; c < COUNTS && !err; c++) {
		for (; there < counts[c] && !err; there++)
			err = mroute_add(&m, &t->flows[there], oif_counts[o]);
		if (!err)
			err = send_drawn(b, t, LAB_MROUTE, counts[c],
					 oif_counts[o],
					 &t->mroute[c][o][round]);
	}
	mroute_close(&m);
	return err;
}

static int measure_all(struct bench *b, struct table *t)
{
	int err = 0;

	for (unsigned int round = 0; round < rounds_of(b); round++)
		for (size_t c = 0; c < COUNTS; c++)
			for (size_t o = 0; o < OIFS && !err; o++)
				err = measure(b, t, counts[c], oif_counts[o],
					      &t->rates[c][o][round]);
	for (size_t round = 0; round < rounds_of(b); round++)
		for (size_t o = 0; o < OIFS && !err; o++)
			err = measure_mroute(b, t, round, o);
	return err;
}

static void report_row(struct table *t, unsigned int rounds,
		       struct json_object *rows, size_t c, size_t o, double one)
{
	double rate = bench_median(t->rates[c][o], rounds);
	double mroute = bench_median(t->mroute[c][o], rounds);
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "count", json_object_new_int(counts[c]));
	json_object_object_add(row, "oifs", json_object_new_int(oif_counts[o]));
	json_object_object_add(row, "mac", json_object_new_string("router"));
	json_object_object_add(row, "mpps", bench_number(rate, 3));
	json_object_object_add(row, "ip_mroute_mpps", bench_number(mroute, 3));
	json_object_array_add(rows, row);
	printf("%8u %5u %10.3f %14.2f %10.3f %9.2f\n", counts[c], oif_counts[o],
	       rate, rate / one, mroute, rate / mroute);
}

static void report(struct bench *b, struct table *t)
{
	struct json_object *rows = json_object_new_array();

	json_object_object_add(b->result, "routes", rows);
	printf("\nRoutes, million packets/s in, flows in random order, "
	       "router MAC\n");
	printf("%8s %5s %10s %14s %10s %9s\n", "routes", "oifs", "xmgm",
	       "/ one route", "ip_mroute", "times");
	for (size_t o = 0; o < OIFS; o++) {
		double one = bench_median(t->rates[0][o], rounds_of(b));

		for (size_t c = 0; c < COUNTS; c++)
			report_row(t, rounds_of(b), rows, c, o, one);
	}
}

int bench_routes(struct bench *b)
{
	static const uint8_t router[6] = {2, 0, 0, 0, 3};
	struct plane_listener deaf = {0};
	struct table *t = calloc(1, sizeof(*t));
	int err = -ENOMEM;

	if (!t)
		return err;
	t->flows = bench_flows(MAX_ROUTES, 1000);
	if (t->flows)
		err = bench_plane_open(b, &deaf, CACHE_SIZE, &t->plane);
	if (err)
		goto out;
	err = lab_receive(&b->lab, LAB_COUNT);
	if (!err)
		err = plane_router_mac_set(t->plane, router);
	if (!err)
		err = gen_open(&t->gen, &b->lab, b->instance, 1);
	if (err)
		goto close;
	err = measure_all(b, t);
	gen_close(&t->gen);
	if (!err)
		report(b, t);
close:
	bench_plane_close(b, t->plane);
out:
	free(t->flows);
	free(t);
	return err;
}
