/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Probes: numbered datagrams with the time they were sent, from a host behind
 * in0. The receivers (LAB_CLOCK) note how long the first copy of each took.
 */
#ifndef XMGM_BENCH_PROBE_H
#define XMGM_BENCH_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include "xmgm/abi.h"

struct lab;
struct json_object;

struct probe_sender {
	int fd; /* packet socket on src0 */
	const struct lab *lab;
	uint32_t next; /* number of the next probe, below GEN_PROBES */
	uint64_t sent_ns;
};

/* Receivers become clocks; what they knew is forgotten. */
int probe_open(struct probe_sender *s, struct lab *lab);
void probe_close(struct probe_sender *s);
/* Sends one probe of this flow; its number was s->next. */
int probe_send(struct probe_sender *s, const struct xmgm_flow *flow);
/* A packet socket on a device of the hosts. */
int probe_socket(const struct lab *lab, uint32_t ifindex);
/* Spins: sleeping would be too coarse, and the core is ours. */
void probe_wait_until(uint64_t time_ns);

/* Adds p50 and p99, of values in ns, as whole µs to an object. */
void probe_percentiles(struct json_object *to, double *ns, size_t count,
		       const char *p50, const char *p99);

#endif /* XMGM_BENCH_PROBE_H */
