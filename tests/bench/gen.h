/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The load generator: what its BPF part (gen.bpf.c) and its user part (gen.c)
 * share, and, for the parts of the benchmark, how frames are sent through a
 * path and what that cost.
 */
#ifndef XMGM_BENCH_GEN_H
#define XMGM_BENCH_GEN_H

#include "xmgm/abi.h"

#define GEN_FLOWS  (1 << 20) /* entries of gen_flows, a power of two */
#define GEN_PROBES (1 << 20) /* probes in flight, by number */
#define GEN_TTL	   64
#define GEN_PORT   5000 /* where they go */

#define GEN_INPUTS 4 /* as many as enum lab_input has */
#define GEN_MAGIC  0x786d676d62656e63ull

/* A datagram that measures time, after its UDP header. */
struct gen_probe {
	__u64 magic;
	__u64 sent_ns; /* CLOCK_MONOTONIC */
	__u32 number;
	__u32 pad;
};

struct gen_arrival {
	__u64 took_ns; /* of the first copy */
	__u32 copies;
	__u32 pad;
};

#ifndef __bpf__
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "lab.h"

struct gen_bpf;

struct gen {
	struct gen_bpf *skel;
	clockid_t softirq; /* time of that CPU's ksoftirqd; 0: not known */
	uint8_t frame[2048];
	uint32_t frame_len;
	uint32_t batch; /* frames at once */
};

/* What one run has cost. */
struct gen_run {
	uint64_t packets;
	uint64_t cpu_ns; /* of the core: this thread and its softirqs */
};

/* Addresses of the one flow that the programs without _flows send. */
extern const struct xmgm_flow gen_flow;

/*
 * Loads the generator; on the input LAB_LIMIT goes a program that copies
 * every frame to the first `oifs` outs. instance: whose pinned maps the
 * direct path of xmgm uses. 0 or negative errno.
 */
int gen_open(struct gen *g, struct lab *lab, const char *instance,
	     uint32_t oifs);
void gen_close(struct gen *g);
/* The frame to send: Ethernet, IPv4, UDP, `bytes` in all. */
void gen_frame(struct gen *g, uint32_t bytes);
/* The same of another flow. Generators with one skeleton may have frames that
 * differ, if the sums over their IP headers do not. */
void gen_frame_of(struct gen *g, const struct xmgm_flow *flow, uint32_t bytes);
/* Copies leave with a tag: a frame that is used again is made anew for that. */
void gen_expect_tags(struct gen *g);
/* From now on called by a thread on this core. */
void gen_on_core(struct gen *g, int cpu);
/* Each of the `count` flows equally often, in random order. */
int gen_draw(struct gen *g, const struct xmgm_flow *flows, uint32_t count);
/* Sends frames of the one flow, or of those that were drawn, to an input. */
int gen_send(struct gen *g, enum lab_input input, bool drawn, uint32_t packets,
	     struct gen_run *run);
/*
 * Runs frames through a path without a veth pair in front of it, as if they
 * had come in on that input; LAB_CEILING has no such path: -EINVAL. *wall_ns
 * is how long the call took, all that the kernel does around it included,
 * but not the time that others had the core.
 */
int gen_send_direct(struct gen *g, const struct lab *lab, enum lab_input input,
		    uint32_t packets, uint64_t *wall_ns);

/* The code that gen_run_case runs a frame through. */
enum gen_case {
	GEN_ALONE,   /* none: the frame is made as new */
	GEN_DECIDE,  /* parsed and decided */
	GEN_INGRESS, /* all of ingress */
	GEN_EGRESS,  /* that of a copy on its way out */
	GEN_CASES,
};

/* Nanoseconds of one run, of `runs` without a frame being sent. */
int gen_run_case(struct gen *g, const struct lab *lab, enum gen_case what,
		 uint32_t runs, double *ns);
#endif

#endif /* XMGM_BENCH_GEN_H */
