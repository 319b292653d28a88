/* SPDX-License-Identifier: GPL-2.0-only */
/* See timer.h. heap[1] is the root; the children of i are 2i and 2i + 1. */
#include "timer.h"

#include <errno.h>
#include <stdlib.h>

int timers_reserve(struct timers *q, uint32_t n)
{
	uint32_t size = q->size ? q->size : 16;
	struct timer **heap;

	if (n < q->size)
		return 0;
	while (size <= n)
		size *= 2;
	heap = realloc(q->heap, size * sizeof(struct timer *));
	if (!heap)
		return -ENOMEM;
	q->heap = heap;
	q->size = size;
	return 0;
}

void timers_clear(struct timers *q)
{
	free(q->heap);
	*q = (struct timers){0};
}

static void heap_put(struct timers *q, uint32_t slot, struct timer *timer)
{
	q->heap[slot] = timer;
	timer->slot = slot;
}

static void heap_up(struct timers *q, uint32_t slot)
{
	struct timer *timer = q->heap[slot];

	while (slot > 1 && q->heap[slot / 2]->at_ms > timer->at_ms) {
		heap_put(q, slot, q->heap[slot / 2]);
		slot /= 2;
	}
	heap_put(q, slot, timer);
}

static void heap_down(struct timers *q, uint32_t slot)
{
	struct timer *timer = q->heap[slot];

	while (2 * slot <= q->count) {
		uint32_t child = 2 * slot;

		if (child < q->count &&
		    q->heap[child + 1]->at_ms < q->heap[child]->at_ms)
			child++;
		if (q->heap[child]->at_ms >= timer->at_ms)
			break;
		heap_put(q, slot, q->heap[child]);
		slot = child;
	}
	heap_put(q, slot, timer);
}

static void timer_off(struct timers *q, struct timer *timer)
{
	uint32_t slot = timer->slot;
	struct timer *last;

	if (!slot)
		return;
	timer->slot = 0;
	last = q->heap[q->count--];
	if (last == timer)
		return;
	heap_put(q, slot, last);
	heap_up(q, slot);
	heap_down(q, last->slot);
}

void timer_set(struct timers *q, struct timer *timer, uint64_t at_ms)
{
	if (at_ms == TIMER_NEVER) {
		timer_off(q, timer);
		return;
	}
	timer->at_ms = at_ms;
	if (!timer->slot)
		heap_put(q, ++q->count, timer);
	heap_up(q, timer->slot);
	heap_down(q, timer->slot);
}

uint64_t timers_next(const struct timers *q)
{
	return q->count ? q->heap[1]->at_ms : TIMER_NEVER;
}

bool timer_run(struct timers *q, struct timer *timer, uint64_t now_ms)
{
	if (!timer->slot || timer->at_ms > now_ms)
		return false;
	timer_off(q, timer);
	timer->fire(timer, now_ms);
	return true;
}

uint64_t timers_run(struct timers *q, uint64_t now_ms)
{
	while (q->count && timer_run(q, q->heap[1], now_ms))
		;
	return timers_next(q);
}

uint64_t timers_run_some(struct timers *q, uint64_t now_ms, uint32_t most)
{
	while (most-- && q->count && timer_run(q, q->heap[1], now_ms))
		;
	return timers_next(q);
}
