/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The network of the benchmark, in namespaces of its own that end with the
 * process: a router (where we are) and its hosts. One way in for each kind of
 * forwarding, the same ways out for all.
 *
 *	hosts: src0 ---- in0  xmgm          out0 ---- dst0 :hosts
 *	       src1 ---- in1  ip_mroute     out1 ---- dst1
 *	       src2 ---- in2  limit         ...
 *	       src3 ---- in3  drops
 */
#ifndef XMGM_BENCH_LAB_H
#define XMGM_BENCH_LAB_H

#include <stdint.h>

enum lab_input { LAB_XMGM, LAB_MROUTE, LAB_LIMIT, LAB_CEILING, LAB_INPUTS };

#define LAB_OIFS 16
#define LAB_MANY 256 /* with those of lab_widen */

struct sink_bpf;

struct lab {
	int router_ns, hosts_ns;  /* descriptors */
	uint32_t in[LAB_INPUTS];  /* ifindexes in the router */
	uint32_t src[LAB_INPUTS]; /* and of the hosts */
	uint32_t out[LAB_MANY];
	uint32_t dst[LAB_MANY];
	int oifs; /* that are there */
	struct sink_bpf *sink;
	struct gen_arrival *arrivals; /* GEN_PROBES of them, mmapped */
};

enum lab_receiver {
	LAB_COUNT, /* XDP: count and drop */
	LAB_CLOCK, /* XDP: note when a probe arrives */
};

/*
 * Enters new network and mount namespaces, mounts a BPF file system and makes
 * the links. 0 or negative errno, with a line on stderr.
 */
int lab_open(struct lab *lab);
void lab_close(struct lab *lab);
/* LAB_MANY ways out from now on. */
int lab_widen(struct lab *lab);
/* What stands behind every oif from now on. */
int lab_receive(struct lab *lab, enum lab_receiver kind);
/* Copies received by LAB_COUNT since it was set. */
uint64_t lab_received(const struct lab *lab);
/* Runs a command line in the router's or the hosts' namespace. */
int lab_run(const struct lab *lab, int ns, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The calling thread goes to a namespace. */
int lab_enter(int ns);

#endif /* XMGM_BENCH_LAB_H */
