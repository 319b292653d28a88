/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A queue of deadlines: a binary heap of timers that live inside other
 * objects. Setting and removing cost a few comparisons, so that ten thousand
 * groups may each have one. It reads no clock: the caller asks for what is
 * due.
 */
#ifndef XMGM_PROTO_IGMP_TIMER_H
#define XMGM_PROTO_IGMP_TIMER_H

#include <stdint.h>

struct igmp_timer;

typedef void igmp_timer_fn(struct igmp_timer *timer, uint64_t now_ms);

struct igmp_timer {
	igmp_timer_fn *fire; /* the timer is off when it is called */
	uint64_t at_ms;
	uint32_t slot; /* place in the heap, from 1; 0: off */
};

struct igmp_timers {
	struct igmp_timer **heap; /* heap[1] is due first */
	uint32_t count, size;
};

#define IGMP_NEVER UINT64_MAX

/* Room for n timers that are on; -ENOMEM with nothing changed. */
int igmp_timers_reserve(struct igmp_timers *q, uint32_t n);
void igmp_timers_clear(struct igmp_timers *q);

/* Switches on or moves; there must be room. IGMP_NEVER switches off. */
void igmp_timer_set(struct igmp_timers *q, struct igmp_timer *timer,
		    uint64_t at_ms);

/* Fires what is due; returns the next deadline or IGMP_NEVER. */
uint64_t igmp_timers_run(struct igmp_timers *q, uint64_t now_ms);
uint64_t igmp_timers_next(const struct igmp_timers *q);

#endif /* XMGM_PROTO_IGMP_TIMER_H */
