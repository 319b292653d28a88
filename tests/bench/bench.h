/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The benchmark: its parts and what they share. Each part measures, adds its
 * member to the result and prints its table.
 */
#ifndef XMGM_BENCH_BENCH_H
#define XMGM_BENCH_BENCH_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <json-c/json.h>

#include "lab.h"
#include "plane/plane.h"

struct bench {
	struct lab lab;
	const char *build;    /* where the programs are */
	const char *instance; /* of the plane under test */
	cpu_set_t cpus;	      /* that we were given, before we took one */
	unsigned int rounds;  /* of each pair that is measured in turn */
	uint32_t packets;     /* in one call of the generator */
	struct json_object *result;
};

/* A part: 0, or negative errno with a line on stderr. */
int bench_forwarding(struct bench *b);
int bench_clone(struct bench *b);
int bench_routes(struct bench *b);
int bench_vlan(struct bench *b);
int bench_programs(struct bench *b);
int bench_scaling(struct bench *b);
int bench_many(struct bench *b);
int bench_install(struct bench *b);
int bench_end_to_end(struct bench *b);
int bench_first_packet(struct bench *b);
int bench_reaction(struct bench *b);
int bench_handover(struct bench *b);
int bench_igmp(struct bench *b);
int bench_manager(struct bench *b);
int bench_dvmrp(struct bench *b);

/* Of bench_manager: its clients in other processes. */
int bench_remote(struct bench *b);
struct mgm_hooks;
/* And how long other work has to wait for a large change; to its object. */
int bench_slices(struct json_object *o, const struct mgm_hooks *hooks);

struct mroute;
/* Of bench_forwarding: adds the rates by wall clock to its rows. */
int bench_wall(struct bench *b, struct plane *plane, struct mroute *m,
	       struct json_object *rows);

/* The plane under test, in the namespace of the router, and its ports. */
int bench_plane_open(struct bench *b, const struct plane_listener *listener,
		     uint32_t max_routes, struct plane **plane);
/* Ports for the outs [from, to). */
int bench_ports(struct bench *b, struct plane *plane, int from, int to);
void bench_plane_close(struct bench *b, struct plane *plane);
/* A route from in0 to the first `oifs` outs, without commit. */
int bench_route(struct bench *b, struct plane *plane,
		const struct xmgm_flow *flow, uint32_t oifs);

/*
 * Flows that all differ, in 239.0.0.0/8 and, up to 60,000 sources to a group,
 * from 10.1.0.0/16. NULL: no memory. The caller frees them.
 */
struct xmgm_flow *bench_flows(uint32_t count, uint32_t sources);

/* An object of the result that several parts may write to. */
struct json_object *bench_member(struct bench *b, const char *name);
/* The middle one of count values, which are sorted. */
double bench_median(double *values, unsigned int count);
uint64_t bench_now_ns(void);
/*
 * Real-time priority, or 0, for the calling process: what it waits for a
 * processor that other work on this machine holds is not what is measured.
 * Not for one that spins most of the time: the kernel would stop it.
 */
void bench_urgent(int priority);
/* Time this thread has run. */
uint64_t bench_cpu_ns(void);
/* A number with so many decimals: JSON without tails of digits. */
struct json_object *bench_number(double value, int decimals);

#endif /* XMGM_BENCH_BENCH_H */
