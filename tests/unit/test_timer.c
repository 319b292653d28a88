/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The heap of deadlines: what is due fires in its order and once, whatever
 * was set, moved and switched off before, or is by those that fire.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/timer.h"

#define ALARMS 300

/* Notes when it fires. */
struct alarm {
	struct timer timer; /* first: alarm_of */
	uint64_t due;	    /* TIMER_NEVER: off */
	unsigned int fired;
};

static struct timers queue;
static struct alarm alarms[ALARMS];
static uint64_t last_due;
static bool again;	     /* one in five sets itself once more */
static struct alarm *victim; /* whoever fires switches this one off */

static struct alarm *alarm_of(struct timer *timer)
{
	return (struct alarm *)(void *)timer;
}

static void set(struct alarm *a, uint64_t at_ms)
{
	a->due = at_ms;
	timer_set(&queue, &a->timer, at_ms);
}

static void on_fire(struct timer *timer, uint64_t now_ms)
{
	struct alarm *a = alarm_of(timer);

	assert_int_equal(timer->slot, 0);
	assert_true(a->due <= now_ms);
	assert_int_equal(a->due, timer->at_ms);
	assert_true(a->due >= last_due);
	last_due = a->due;
	a->due = TIMER_NEVER;
	a->fired++;
	if (again && !(random() % 5))
		set(a, now_ms + 1 + (uint64_t)random() % 100);
	if (victim)
		set(victim, TIMER_NEVER);
}

static int setup(void **state)
{
	(void)state;
	last_due = 0;
	again = false;
	victim = NULL;
	for (int i = 0; i < ALARMS; i++)
		alarms[i] = (struct alarm){{.fire = on_fire}, TIMER_NEVER, 0};
	return timers_reserve(&queue, ALARMS);
}

static int teardown(void **state)
{
	(void)state;
	timers_clear(&queue);
	return 0;
}

static unsigned int fired(void)
{
	unsigned int n = 0;

	for (int i = 0; i < ALARMS; i++)
		n += alarms[i].fired;
	return n;
}

/* What is due fires, the earliest first; the rest waits for its time. */
static void test_fires_in_order(void **state)
{
	(void)state;
	assert_int_equal(timers_next(&queue), TIMER_NEVER);
	for (uint64_t i = 0; i < ALARMS; i++)
		set(&alarms[i], 1 + i * 7 % ALARMS);
	assert_int_equal(timers_next(&queue), 1);
	assert_int_equal(timers_run(&queue, 0), 1);
	assert_int_equal(fired(), 0);
	assert_int_equal(timers_run(&queue, 100), 101);
	assert_int_equal(fired(), 100);
	assert_int_equal(timers_run(&queue, ALARMS), TIMER_NEVER);
	for (int i = 0; i < ALARMS; i++)
		assert_int_equal(alarms[i].fired, 1);
}

/* A timer that is set again has its last time alone, earlier or later. */
static void test_set_again(void **state)
{
	(void)state;
	for (int i = 0; i < 9; i++)
		set(&alarms[i], 10);
	set(&alarms[3], 5);
	set(&alarms[0], 20);
	assert_int_equal(timers_run(&queue, 5), 10);
	assert_int_equal(alarms[3].fired, 1);
	assert_int_equal(timers_run(&queue, 10), 20);
	assert_int_equal(fired(), 8);
	assert_int_equal(timers_run(&queue, 1000), TIMER_NEVER);
	assert_int_equal(alarms[0].fired, 1);
}

/* One that is off does not fire; switching it off twice does nothing. */
static void test_switched_off(void **state)
{
	(void)state;
	for (int which = 0; which < 20; which++) {
		for (int i = 0; i < 20; i++) {
			alarms[i].fired = 0;
			set(&alarms[i], 10 + (uint64_t)(i * 3 % 20));
		}
		set(&alarms[which], TIMER_NEVER);
		set(&alarms[which], TIMER_NEVER);
		last_due = 0;
		assert_int_equal(timers_run(&queue, 100), TIMER_NEVER);
		for (int i = 0; i < 20; i++)
			assert_int_equal(alarms[i].fired, i != which);
	}
	set(&alarms[0], TIMER_NEVER);
	assert_int_equal(timers_next(&queue), TIMER_NEVER);
}

/* Many with one time all fire in one run, each once. */
static void test_equal_times(void **state)
{
	(void)state;
	for (int i = 0; i < ALARMS; i++)
		set(&alarms[i], i == 150 ? 6 : 7);
	assert_int_equal(timers_run(&queue, 6), 7);
	assert_int_equal(timers_run(&queue, 7), TIMER_NEVER);
	for (int i = 0; i < ALARMS; i++)
		assert_int_equal(alarms[i].fired, 1);
}

/* One that fires may switch off another that is due as well. */
static void test_switched_off_by_another(void **state)
{
	(void)state;
	set(&alarms[0], 1);
	set(&alarms[1], 2);
	set(&alarms[2], 2);
	victim = &alarms[1];
	assert_int_equal(timers_run(&queue, 2), TIMER_NEVER);
	assert_int_equal(alarms[1].fired, 0);
	assert_int_equal(fired(), 2);
}

/* Some of them: the first ones, and never more than was said. */
static void test_fires_some(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		set(&alarms[i], 1 + (uint64_t)i);
	assert_int_equal(timers_run_some(&queue, 9, 0), 1);
	assert_int_equal(timers_run_some(&queue, 9, 2), 3);
	assert_int_equal(fired(), 2);
	assert_int_equal(timers_run_some(&queue, 3, 9), 4);
	assert_int_equal(timers_run_some(&queue, 9, 9), TIMER_NEVER);
	assert_int_equal(fired(), 5);
}

/* One alone, before others that are due for longer. */
static void test_fires_one(void **state)
{
	(void)state;
	set(&alarms[0], 1);
	set(&alarms[1], 5);
	assert_false(timer_run(&queue, &alarms[1].timer, 4));
	assert_true(timer_run(&queue, &alarms[1].timer, 5));
	assert_false(timer_run(&queue, &alarms[1].timer, 5));
	assert_int_equal(fired(), 1);
	assert_int_equal(timers_next(&queue), 1);
}

/* Room is kept and grows; what is on stays on. */
static void test_room(void **state)
{
	(void)state;
	set(&alarms[0], 3);
	assert_int_equal(timers_reserve(&queue, 1), 0);
	assert_int_equal(timers_reserve(&queue, 100 * ALARMS), 0);
	assert_true(queue.size > 100 * ALARMS);
	assert_int_equal(timers_run(&queue, 3), TIMER_NEVER);
	assert_int_equal(fired(), 1);
}

/* Whatever is set, moved and switched off: next is the first, run runs all. */
static void test_random(void **state)
{
	uint64_t now = 1000, first;

	(void)state;
	again = true;
	for (int step = 0; step < 20000; step++) {
		set(&alarms[random() % ALARMS],
		    random() % 3 ? now + 1 + (uint64_t)random() % 200
				 : TIMER_NEVER);
		first = TIMER_NEVER;
		for (int i = 0; i < ALARMS; i++) {
			if (alarms[i].due < first)
				first = alarms[i].due;
		}
		assert_int_equal(timers_next(&queue), first);
		now += (uint64_t)random() % 3;
		last_due = 0;
		timers_run(&queue, now);
		for (int i = 0; i < ALARMS; i++)
			assert_true(alarms[i].due > now);
	}
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_fires_in_order),
		T(test_set_again),
		T(test_switched_off),
		T(test_equal_times),
		T(test_switched_off_by_another),
		T(test_fires_some),
		T(test_fires_one),
		T(test_room),
		T(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
