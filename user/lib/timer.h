/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue of deadlines: a binary heap of timers that live inside other
 * objects. Setting and removing cost a few comparisons, so that ten thousand
 * groups may each have one. It reads no clock: the caller asks for what is
 * due.
 */
#ifndef XMGM_LIB_TIMER_H
#define XMGM_LIB_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct timer;

typedef void timer_fn(struct timer *timer, uint64_t now_ms);

struct timer {
	timer_fn *fire; /* the timer is off when it is called */
	uint64_t at_ms;
	uint32_t slot; /* place in the heap, from 1; 0: off */
};

struct timers {
	struct timer **heap; /* heap[1] is due first */
	uint32_t count, size;
};

#define TIMER_NEVER UINT64_MAX

/* Room for n timers that are on; -ENOMEM with nothing changed. */
int timers_reserve(struct timers *q, uint32_t n);
void timers_clear(struct timers *q);

/* Switches on or moves; there must be room. TIMER_NEVER switches off. */
void timer_set(struct timers *q, struct timer *timer, uint64_t at_ms);

/* Fires what is due; returns the next deadline or TIMER_NEVER. some: as many
 * as `most`, the first ones first. */
uint64_t timers_run(struct timers *q, uint64_t now_ms);
uint64_t timers_run_some(struct timers *q, uint64_t now_ms, uint32_t most);
/* Fires this one, before others, if it is due; true: it was. */
bool timer_run(struct timers *q, struct timer *timer, uint64_t now_ms);
uint64_t timers_next(const struct timers *q);

#endif /* XMGM_LIB_TIMER_H */
