/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The data plane loaded into the test process: nothing pinned, nothing
 * attached, its maps filled by hand, in a network namespace of its own with
 * a pair of veths. Every test begins with lab_reset.
 */
#ifndef XMGM_TESTS_BPF_LAB_H
#define XMGM_TESTS_BPF_LAB_H

#include "run.h"

#define LAB_LO	   1u  /* ifindex of lo, where frames come from by default */
#define LAB_SETS   16u /* slots of oif_sets */
#define LAB_ROUTES 64u
#define LAB_SET	   XMGM_SET_FIRST	/* a set of two oifs */
#define LAB_SINGLE (XMGM_SET_FIRST + 1) /* of one */
#define LAB_EMPTY  (XMGM_SET_FIRST + 2) /* a slot without a devmap */

struct xmgm_bpf;
struct ring_buffer;

struct lab {
	struct xmgm_bpf *skel;
	struct ring_buffer *ring;
	uint32_t veth[2]; /* ifindexes of the pair */
	int devmap[2];
	struct run r; /* of the last run */
	/* Of `upcalls`, by the last lab_consume: */
	size_t records;
	uint8_t frame[XMGM_UPCALL_LARGE];
	size_t frame_len;	 /* bytes behind the head */
	struct xmgm_upcall head; /* the last one's */
};

int lab_open(void **state);
int lab_close(void **state);
/* No routes, no pending flows, full buckets, empty rings, large bounds. */
void lab_reset(struct lab *l);

void lab_put(int map, const void *key, const void *value);
/* With a heartbeat that lasts. */
void lab_settings(struct lab *l, const struct xmgm_settings *s);
void lab_heartbeat(struct lab *l, uint64_t when);
/* So many interfaces with XMGM_IF_FOREIGN. */
void lab_foreign(struct lab *l, uint32_t count);
/* Interfaces here have slot 0. */
struct xmgm_ingress lab_slot(struct lab *l, uint32_t slot);
void lab_interface(struct lab *l, uint32_t ifid, enum xmgm_owner owner,
		   uint32_t flags);
/* Writes an entry as user space does; its counters are 0. */
void lab_route(struct lab *l, struct xmgm_flow flow, uint32_t iif, uint32_t set,
	       enum xmgm_state state);
void lab_route_flags(struct lab *l, struct xmgm_flow flow, uint32_t flags);
struct xmgm_mfe lab_mfe(struct lab *l, struct xmgm_flow flow);
bool lab_pending(struct lab *l, struct xmgm_flow flow,
		 struct xmgm_pending *pending);
struct xmgm_hold lab_hold(struct lab *l);

/* Runs a frame; the result is in l->r. ifindex 0: lo. */
void lab_ingress(struct lab *l, uint32_t ifindex, const struct frame *f);
void lab_ingress_bytes(struct lab *l, uint32_t ifindex, const uint8_t *frame,
		       size_t len);
void lab_replay(struct lab *l, uint32_t ifindex, const struct frame *f);
/* Reads all of `upcalls`; returns how many records there were. */
size_t lab_consume(struct lab *l);

#endif /* XMGM_TESTS_BPF_LAB_H */
