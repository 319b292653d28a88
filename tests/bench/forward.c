/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forwarding rates: the same frames through the kernel's ip_mroute, through
 * xmgm and through a program that parses nothing and broadcasts.
 *
 * What is in a figure: a frame comes out of the generator, crosses a veth
 * pair and is received by the router's device; the program attached there (by
 * libxdp, as it is in use) or an skb and the stack; every copy, its way
 * through another veth pair and its reception, where an XDP program counts
 * and drops it. All of that on one core. The generator's own ceiling, the
 * same up to the router's device and dropped there, is printed. ip_mroute is
 * not slower for having XDP programs as receivers: tc filters behind devices
 * that do not poll give the same.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "gen.h"
#include "mroute.h"

#define MAX_ROUNDS 31

/* One line of the table. */
struct point {
	uint32_t oifs, bytes;
};

static const struct point points[] = {
	{1, 60},  {2, 60},   {4, 60},	{8, 60},
	{16, 60}, {1, 1400}, {4, 1400}, {16, 1400},
};

/* More than ip_mroute can have. */
static const struct point many[] = {{32, 60}, {LAB_MANY, 60}};

/*
 * What is measured in turn: a path, and for xmgm with which source MAC copies
 * leave, each port's own by the egress program or the router's without one.
 */
enum way { OWN, ROUTER, MROUTE, LIMIT, CEILING, WAYS };

static const enum lab_input input_of[WAYS] = {
	[OWN] = LAB_XMGM,    [ROUTER] = LAB_XMGM,     [MROUTE] = LAB_MROUTE,
	[LIMIT] = LAB_LIMIT, [CEILING] = LAB_CEILING,
};

static double mpps(const struct gen_run *run)
{
	return run->packets * 1e3 / run->cpu_ns;
}

/* Many oifs take longer for each; a quarter is still long enough. */
static uint32_t packets_for(const struct bench *b, uint32_t oifs)
{
	if (oifs > LAB_OIFS)
		return b->packets * 4 / oifs;
	return b->packets / (oifs < 4 ? oifs : 4);
}

static bool is_possible(enum way way, uint32_t oifs)
{
	return way != MROUTE || oifs <= LAB_OIFS;
}

/* One run; a path that loses copies is no forwarding rate. */
static int measure(struct bench *b, struct gen *g, enum lab_input input,
		   uint32_t oifs, double *rate)
{
	uint64_t before = lab_received(&b->lab), received;
	uint32_t copies = input == LAB_CEILING ? 0 : oifs;
	struct gen_run run;
	int err = gen_send(g, input, false, packets_for(b, oifs), &run);

	if (err) {
		fprintf(stderr, "bench: sending frames: %s\n", strerror(-err));
		return err;
	}
	received = lab_received(&b->lab) - before;
	if (copies && received * 1000 < (uint64_t)run.packets * copies * 999)
		fprintf(stderr, "bench: input %d, %u oifs: %llu of %llu\n",
			input, copies, (unsigned long long)received,
			(unsigned long long)run.packets * copies);
	*rate = mpps(&run);
	return 0;
}

static int choose_mac(struct plane *plane, enum way way)
{
	static const uint8_t none[6], router[6] = {2, 0, 0, 0, 3};

	return plane_router_mac_set(plane, way == ROUTER ? router : none);
}

static int measure_point(struct bench *b, struct plane *plane, struct mroute *m,
			 const struct point *p, double medians[WAYS])
{
	double rates[WAYS][MAX_ROUNDS];
	struct gen g = {0};
	int err = bench_route(b, plane, &gen_flow, p->oifs);

	if (!err)
		err = plane_commit(plane);
	if (!err && is_possible(MROUTE, p->oifs))
		err = mroute_add(m, &gen_flow, p->oifs);
	if (!err)
		err = gen_open(&g, &b->lab, b->instance, p->oifs);
	if (err)
		return err;
	gen_frame(&g, p->bytes);
	for (unsigned int round = 0; round < b->rounds && !err; round++)
		for (int c = 0; c < WAYS && !err; c++) {
			rates[c][round] = 0;
			err = choose_mac(plane, c);
			if (!err && is_possible(c, p->oifs))
				err = measure(b, &g, input_of[c], p->oifs,
					      &rates[c][round]);
		}
	for (int c = 0; c < WAYS && !err; c++)
		medians[c] = bench_median(rates[c], b->rounds);
	gen_close(&g);
	return err;
}

static void report_row(struct json_object *rows, const struct point *p,
		       enum way way, const double medians[WAYS])
{
	const char *mac = way == ROUTER ? "router" : "own";
	char mroute[32] = "-";
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "oifs", json_object_new_int(p->oifs));
	json_object_object_add(row, "bytes", json_object_new_int(p->bytes));
	json_object_object_add(row, "mac", json_object_new_string(mac));
	json_object_object_add(row, "xmgm_mpps", bench_number(medians[way], 3));
	json_object_object_add(row, "ip_mroute_mpps",
			       is_possible(MROUTE, p->oifs)
				       ? bench_number(medians[MROUTE], 3)
				       : NULL);
	json_object_object_add(row, "limit_mpps",
			       bench_number(medians[LIMIT], 3));
	json_object_array_add(rows, row);
	if (is_possible(MROUTE, p->oifs))
		snprintf(mroute, sizeof(mroute), "%10.3f %9.2f",
			 medians[MROUTE], medians[way] / medians[MROUTE]);
	printf("%5u %6d %7s %10.3f %20s %10.3f %9.2f %10.2f\n", p->oifs,
	       p->bytes, mac, medians[way], mroute, medians[LIMIT],
	       medians[way] / medians[LIMIT], medians[CEILING]);
	fflush(stdout);
}

static void print_head(const char *title)
{
	printf("\n%s\n%5s %6s %7s %10s %10s %9s %10s %9s %10s\n", title, "oifs",
	       "bytes", "mac", "xmgm", "ip_mroute", "times", "limit",
	       "of limit", "generator");
}

static int measure_rows(struct bench *b, struct plane *plane, struct mroute *m,
			const struct point *p, size_t count,
			struct json_object *rows)
{
	int err = 0;

	for (size_t i = 0; i < count && !err; i++) {
		double medians[WAYS];

		err = measure_point(b, plane, m, &p[i], medians);
		if (err)
			break;
		report_row(rows, &p[i], OWN, medians);
		report_row(rows, &p[i], ROUTER, medians);
	}
	return err;
}

/* In the end: the other parts have no use for so many. */
int bench_many(struct bench *b)
{
	struct json_object *rows;
	struct plane_listener deaf = {0};
	struct plane *plane;
	int err = lab_widen(&b->lab);

	if (!json_object_object_get_ex(b->result, "forwarding", &rows)) {
		rows = json_object_new_array();
		json_object_object_add(b->result, "forwarding", rows);
	}
	if (!err)
		err = bench_plane_open(b, &deaf, 1024, &plane);
	if (err)
		return err;
	err = bench_ports(b, plane, LAB_OIFS, LAB_MANY);
	if (!err)
		err = lab_receive(&b->lab, LAB_COUNT);
	print_head("Forwarding to more interfaces than ip_mroute has");
	if (!err)
		err = measure_rows(b, plane, NULL, many,
				   sizeof(many) / sizeof(*many), rows);
	bench_plane_close(b, plane);
	return err;
}

int bench_forwarding(struct bench *b)
{
	struct json_object *rows = json_object_new_array();
	struct plane_listener deaf = {0};
	struct mroute m = {.fd = -1};
	struct plane *plane;
	int err = bench_plane_open(b, &deaf, 1024, &plane);

	json_object_object_add(b->result, "forwarding", rows);
	if (err)
		return err;
	err = mroute_open(&m, &b->lab);
	if (!err)
		err = lab_receive(&b->lab, LAB_COUNT);
	print_head("Forwarding, million packets/s in, one core");
	if (!err)
		err = measure_rows(b, plane, &m, points,
				   sizeof(points) / sizeof(*points), rows);
	if (!err)
		err = choose_mac(plane, OWN);
	if (!err)
		err = bench_wall(b, plane, &m, rows);
	mroute_close(&m);
	bench_plane_close(b, plane);
	return err;
}
