/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forwarding rates a second way: frames straight into each path, no veth pair
 * in front, 400,000 in one call of BPF_PROG_RUN, by the clock on the wall
 * less the time others had the core. The kernel's set-up and tear-down of a
 * call, some ten milliseconds mostly spent waiting, is in these figures, so
 * that they lie closer together than those of forward.c.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gen.h"
#include "lib/output.h"
#include "mroute.h"

#define PACKETS	   400000
#define MAX_OIFS   8
#define MAX_ROUNDS 3
#define PATHS	   3

static const char *const members[PATHS] = {
	[LAB_XMGM] = "xmgm_wall_mpps",
	[LAB_MROUTE] = "ip_mroute_wall_mpps",
	[LAB_LIMIT] = "limit_wall_mpps",
};

/* The copies must arrive here as well. */
static int measure(struct bench *b, struct gen *g, enum lab_input input,
		   uint32_t oifs, double *rate)
{
	uint64_t before = lab_received(&b->lab), received, ns = 0;
	int err = gen_send_direct(g, &b->lab, input, PACKETS, &ns);

	if (err) {
		fprintf(stderr, "bench: sending frames: %s\n", strerror(-err));
		return err;
	}
	received = lab_received(&b->lab) - before;
	if (received * 1000 < (uint64_t)PACKETS * oifs * 999)
		fprintf(stderr, "bench: direct, path %d, %u oifs: %llu of %u\n",
			input, oifs, (unsigned long long)received,
			PACKETS * oifs);
	*rate = PACKETS * 1e3 / ns;
	return 0;
}

static int measure_row(struct bench *b, uint32_t oifs, double medians[PATHS])
{
	unsigned int rounds = b->rounds < MAX_ROUNDS ? b->rounds : MAX_ROUNDS;
	double rates[PATHS][MAX_ROUNDS];
	struct gen g = {0};
	int err = gen_open(&g, &b->lab, b->instance, oifs);

	if (err)
		return err;
	for (unsigned int round = 0; round < rounds; round++)
		for (int p = 0; p < PATHS && !err; p++)
			err = measure(b, &g, p, oifs, &rates[p][round]);
	for (int p = 0; p < PATHS && !err; p++)
		medians[p] = bench_median(rates[p], rounds);
	gen_close(&g);
	return err;
}

static void report(struct json_object *row, uint32_t oifs,
		   const double medians[PATHS])
{
	for (int p = 0; p < PATHS; p++)
		json_object_object_add(row, members[p],
				       bench_number(medians[p], 3));
	printf("%5u %6d %10.3f %10.3f %10.3f %9.2f %9.2f\n", oifs, 60,
	       medians[LAB_XMGM], medians[LAB_MROUTE], medians[LAB_LIMIT],
	       medians[LAB_XMGM] / medians[LAB_MROUTE],
	       medians[LAB_XMGM] / medians[LAB_LIMIT]);
}

int bench_wall(struct bench *b, struct plane *plane, struct mroute *m,
	       struct json_object *rows)
{
	int err = 0;

	printf("\nThe same by wall clock, set-up included, no veth in front\n");
	for (size_t i = 0; i < json_object_array_length(rows) && !err; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i);
		uint32_t oifs = json_object_get_int(output_member(row, "oifs"));
		double medians[PATHS];

		if (oifs > MAX_OIFS ||
		    strcmp(json_object_get_string(output_member(row, "mac")),
			   "own") != 0 ||
		    json_object_get_int(output_member(row, "bytes")) != 60)
			continue;
		err = bench_route(b, plane, &gen_flow, oifs);
		if (!err)
			err = plane_commit(plane);
		if (!err)
			err = mroute_add(m, &gen_flow, oifs);
		if (!err)
			err = measure_row(b, oifs, medians);
		if (!err)
			report(row, oifs, medians);
	}
	return err;
}
