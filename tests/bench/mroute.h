/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's own multicast routing, for comparison: what smcroute or pimd
 * would set up, without them.
 */
#ifndef XMGM_BENCH_MROUTE_H
#define XMGM_BENCH_MROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "xmgm/abi.h"

struct lab;

struct mroute {
	int fd; /* the raw IGMP socket that owns the table */
};

/* A VIF for in1 (number 0) and one for each out (1 and up). */
int mroute_open(struct mroute *m, const struct lab *lab);
void mroute_close(struct mroute *m);
/* A route from in1 to the first `oifs` outs; creates or replaces. */
int mroute_add(struct mroute *m, const struct xmgm_flow *flow, uint32_t oifs);

#endif /* XMGM_BENCH_MROUTE_H */
