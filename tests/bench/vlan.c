/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VLANs of one trunk as oifs, against as many devices of their own: the egress
 * program finds out which copy it has, and makes room for the tag. With a MAC
 * of its own each, on one core, in turn.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "gen.h"

#define VLANS	   8
#define MAX_ROUNDS 31
/* A veth takes 256 frames before its other end must have had some. */
#define BATCH (256 / VLANS / 2)

static uint32_t vlan_ifid(uint32_t i)
{
	return XMGM_IFID_VLAN + i;
}

/* All on the first way out. */
static int set_vlans(struct bench *b, struct plane *plane)
{
	int err = 0;

	for (uint32_t i = 0; i < VLANS && !err; i++) {
		struct plane_port port = {
			.ifid = vlan_ifid(i),
			.ifindex = b->lab.out[0],
			.vlan = (uint16_t)(100 + i),
			.path = PLANE_PATH_XDP,
			.mac = {2, 0, 0, 1, 0, (uint8_t)i},
			.ttl_threshold = 1,
		};

		snprintf(port.name, sizeof(port.name), "out0.%u", port.vlan);
		err = plane_port_set(plane, &port);
	}
	return err;
}

static int route(struct bench *b, struct plane *plane, bool tagged)
{
	uint32_t oifs[VLANS], set;
	int err;

	/* Not the trunk itself, whose copies are numbered as well. */
	for (uint32_t i = 0; i < VLANS; i++)
		oifs[i] = tagged ? vlan_ifid(i) : b->lab.out[i + 1];
	err = plane_set_get(plane, oifs, VLANS, &set);
	if (!err)
		err = plane_mfe_put(plane, gen_flow, b->lab.in[LAB_XMGM], set,
				    0);
	return err ? err : plane_commit(plane);
}

/* One run; copies that get lost make it no rate. */
static int measure(struct bench *b, struct gen *g, double *rate)
{
	uint64_t before = lab_received(&b->lab), received;
	struct gen_run run;
	int err = gen_send(g, LAB_XMGM, false, b->packets / 4, &run);

	if (err)
		return err;
	received = lab_received(&b->lab) - before;
	if (received * 1000 < (uint64_t)run.packets * VLANS * 999)
		fprintf(stderr, "bench: VLANs: %llu of %llu copies\n",
			(unsigned long long)received,
			(unsigned long long)run.packets * VLANS);
	*rate = run.packets * 1e3 / run.cpu_ns;
	return 0;
}

static int measure_all(struct bench *b, struct plane *plane, double medians[2])
{
	double rates[2][MAX_ROUNDS];
	struct gen g = {0};
	int err = gen_open(&g, &b->lab, b->instance, VLANS);

	if (err)
		return err;
	gen_frame(&g, 60);
	gen_expect_tags(&g);
	g.batch = BATCH;
	for (unsigned int round = 0; round < b->rounds && !err; round++)
		for (int tagged = 0; tagged < 2 && !err; tagged++) {
			err = route(b, plane, tagged);
			if (!err)
				err = measure(b, &g, &rates[tagged][round]);
		}
	for (int tagged = 0; tagged < 2 && !err; tagged++)
		medians[tagged] = bench_median(rates[tagged], b->rounds);
	gen_close(&g);
	return err;
}

static void report(struct bench *b, const double medians[2])
{
	struct json_object *row = bench_member(b, "vlan");

	json_object_object_add(row, "oifs", json_object_new_int(VLANS));
	json_object_object_add(row, "mpps", bench_number(medians[1], 3));
	json_object_object_add(row, "plain_mpps", bench_number(medians[0], 3));
	printf("\nVLANs of one trunk, million packets/s in, one core\n"
	       "%5s %10s %10s %9s\n%5d %10.3f %10.3f %9.2f\n",
	       "oifs", "VLANs", "devices", "times", VLANS, medians[1],
	       medians[0], medians[1] / medians[0]);
}

int bench_vlan(struct bench *b)
{
	struct plane_listener deaf = {0};
	double medians[2];
	struct plane *plane;
	int err = bench_plane_open(b, &deaf, 1024, &plane);

	if (err)
		return err;
	err = set_vlans(b, plane);
	if (!err)
		err = lab_receive(&b->lab, LAB_COUNT);
	if (!err)
		err = measure_all(b, plane, medians);
	if (!err)
		report(b, medians);
	bench_plane_close(b, plane);
	return err;
}
