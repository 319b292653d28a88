/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream through the router while something else happens to it: 200,000
 * packets a second of 1000 flows for two seconds, each packet counted.
 */
#ifndef XMGM_BENCH_STREAM_H
#define XMGM_BENCH_STREAM_H

#include "probe.h"

#define STREAM_FLOWS	     1000
#define STREAM_PACKETS_PER_S 200000
#define STREAM_PACKETS	     400000

/* Every flow gets its route before anything is counted. */
int stream_begin(struct probe_sender *s, const struct xmgm_flow *flows);
/*
 * One run, with a step after each packet, if it is not NULL. *lost is how many
 * packets did not arrive. 0, or what a step returned.
 */
int stream_run(struct probe_sender *s, const struct xmgm_flow *flows,
	       int (*step)(void *arg, int packet), void *arg, uint64_t *lost);

#endif /* XMGM_BENCH_STREAM_H */
