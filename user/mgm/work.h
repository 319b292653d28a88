/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that a change leaves behind, done in slices: a call or a tick does a
 * bounded number of steps, what is left goes on with the next (work.c).
 */
#ifndef XMGM_MGM_WORK_H
#define XMGM_MGM_WORK_H

#include <stdbool.h>
#include <stdint.h>

#define WORK_SLICE	512u /* steps: about a millisecond */
#define WORK_OVERDUE_MS 1000u

struct mgm;

/* What a call may still do, and whether that was too little. */
struct work {
	uint32_t left;
	bool more;
	bool ticking;	   /* it is a tick */
	uint64_t since_ms; /* since when there is some left; FOREVER: none */
};

/* A call or a tick begins: it may do a slice. */
void work_begin(struct mgm *m);
/* It only reads: it does none of the work that others have left. */
void work_reading(struct mgm *m);
/* May another step be done? */
bool work_step(struct mgm *m);
/* Has there been work left for so long that alerts do not wait for its end? */
bool work_overdue(const struct mgm *m);
/* These steps have been done already. */
void work_charge(struct mgm *m, uint32_t steps);
/* Some is left for later. */
void work_later(struct mgm *m);
/* Has some been left for later? */
bool work_left(const struct mgm *m);

#endif /* XMGM_MGM_WORK_H */
