/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What XDP does not copy: a flow whose oifs have no XDP transmit, and one that
 * a socket of the router has joined where it arrives, beside ip_mroute with
 * the same oifs and the same socket. The socket is full and not read, so that
 * it costs what finding it costs, and no other core has a part in it.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "gen.h"
#include "mroute.h"

#define OIFS	   4
#define BYTES	   60
#define MAX_ROUNDS 31

enum how { CLONES, LISTENER, HOWS };

static const char *const names[HOWS] = {
	[CLONES] = "clone path",
	[LISTENER] = "XDP and a socket",
};

/* A socket of the router that has joined where the flow arrives. */
static int listen_at(const struct lab *lab, enum lab_input input)
{
	struct ip_mreqn join = {.imr_ifindex = (int)lab->in[input]};
	struct sockaddr_in at = {.sin_family = AF_INET,
				 .sin_port = htons(GEN_PORT)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	memcpy(&join.imr_multiaddr, gen_flow.group, 4);
	at.sin_addr = join.imr_multiaddr;
	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    !setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join,
			sizeof(join)) &&
	    !bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		return fd;
	close(fd);
	return -errno;
}

static int set_paths(struct bench *b, struct plane *plane, enum plane_path path)
{
	int err = 0;

	for (int i = 0; i < OIFS && !err; i++) {
		struct plane_port port = {
			.ifid = b->lab.out[i],
			.ifindex = b->lab.out[i],
			.path = path,
			.mac = {2, 0, 0, 0, 1, (uint8_t)i},
			.ttl_threshold = 1,
		};

		snprintf(port.name, sizeof(port.name), "out%d", i);
		err = plane_port_set(plane, &port);
	}
	return err;
}

/* The sockets, if the case has some: descriptors, or -1. */
static int prepare(struct bench *b, struct plane *plane, enum how how,
		   int sockets[2])
{
	struct plane_local local = {.ifid = b->lab.in[LAB_XMGM]};
	int err = set_paths(b, plane,
			    how == CLONES ? PLANE_PATH_CLONE : PLANE_PATH_XDP);

	sockets[0] = sockets[1] = -1;
	if (err || how != LISTENER)
		return err;
	memcpy(local.group, gen_flow.group, 4);
	sockets[0] = listen_at(&b->lab, LAB_XMGM);
	sockets[1] = listen_at(&b->lab, LAB_MROUTE);
	if (sockets[0] < 0 || sockets[1] < 0)
		return sockets[0] < 0 ? sockets[0] : sockets[1];
	return plane_locals_set(plane, &local, 1);
}

static int measure(struct bench *b, struct gen *g, enum lab_input input,
		   double *rate)
{
	uint64_t before = lab_received(&b->lab), received;
	struct gen_run run;
	int err = gen_send(g, input, false, b->packets / OIFS, &run);

	if (err) {
		fprintf(stderr, "bench: sending frames: %s\n", strerror(-err));
		return err;
	}
	received = lab_received(&b->lab) - before;
	if (received * 1000 < (uint64_t)run.packets * OIFS * 999)
		fprintf(stderr, "bench: clone, input %d: %llu of %llu\n", input,
			(unsigned long long)received,
			(unsigned long long)run.packets * OIFS);
	*rate = run.packets * 1e3 / run.cpu_ns;
	return 0;
}

static int measure_pair(struct bench *b, double medians[2])
{
	double rates[2][MAX_ROUNDS];
	struct gen g = {0};
	int err = gen_open(&g, &b->lab, b->instance, OIFS);

	if (err)
		return err;
	gen_frame(&g, BYTES);
	for (unsigned int round = 0; round < b->rounds && !err; round++) {
		err = measure(b, &g, LAB_XMGM, &rates[0][round]);
		if (!err)
			err = measure(b, &g, LAB_MROUTE, &rates[1][round]);
	}
	for (int i = 0; i < 2 && !err; i++)
		medians[i] = bench_median(rates[i], b->rounds);
	gen_close(&g);
	return err;
}

static void report(struct bench *b, enum how how, const double medians[2])
{
	struct json_object *o = bench_member(b, "clone");
	const char *prefix = how == LISTENER ? "listener_" : "";
	char name[32];

	json_object_object_add(o, "oifs", json_object_new_int(OIFS));
	snprintf(name, sizeof(name), "%smpps", prefix);
	json_object_object_add(o, name, bench_number(medians[0], 3));
	snprintf(name, sizeof(name), "%sip_mroute_mpps", prefix);
	json_object_object_add(o, name, bench_number(medians[1], 3));
	printf("%5d %-18s %10.3f %10.3f %9.2f\n", OIFS, names[how], medians[0],
	       medians[1], medians[0] / medians[1]);
	fflush(stdout);
}

static int measure_case(struct bench *b, struct plane *plane, enum how how)
{
	double medians[2];
	int sockets[2];
	int err = prepare(b, plane, how, sockets);

	if (!err)
		err = bench_route(b, plane, &gen_flow, OIFS);
	if (!err)
		err = plane_commit(plane);
	if (!err)
		err = measure_pair(b, medians);
	if (!err)
		report(b, how, medians);
	for (int i = 0; i < 2; i++)
		if (sockets[i] >= 0)
			close(sockets[i]);
	return err;
}

int bench_clone(struct bench *b)
{
	const struct xmgm_interface owned = {.owner = XMGM_OWNER_STATIC};
	struct plane_listener deaf = {0};
	struct mroute m = {.fd = -1};
	struct plane *plane;
	int err = bench_plane_open(b, &deaf, 1024, &plane);

	if (err)
		return err;
	/* Now that it is attached it has the clone path. */
	err = plane_interface_set(plane, b->lab.in[LAB_XMGM], &owned);
	if (!err)
		err = mroute_open(&m, &b->lab);
	if (!err)
		err = lab_receive(&b->lab, LAB_COUNT);
	if (!err)
		err = mroute_add(&m, &gen_flow, OIFS);
	printf("\nWhat XDP does not copy, million packets/s in, one core\n"
	       "%5s %-18s %10s %10s %9s\n",
	       "oifs", "by", "xmgm", "ip_mroute", "times");
	for (int how = 0; how < HOWS && !err; how++)
		err = measure_case(b, plane, how);
	mroute_close(&m);
	bench_plane_close(b, plane);
	return err;
}
