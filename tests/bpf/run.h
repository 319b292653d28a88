/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One frame through one program by BPF_PROG_RUN: the action, the frame as
 * the program left it, and what it added to each counter of `verdicts`. Also
 * the private network namespace that the tests need for their devices.
 */
#ifndef XMGM_TESTS_BPF_RUN_H
#define XMGM_TESTS_BPF_RUN_H

#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "frame.h"

#define ARRAY(a) (sizeof(a) / sizeof((a)[0]))

/* Fails the running test, naming the row of the table. */
#define CHECK(what, expr)                                \
	do {                                             \
		if (!(expr))                             \
			fail_msg("%s: %s", what, #expr); \
	} while (0)

struct run {
	uint32_t action;
	uint32_t len;
	uint8_t frame[FRAME_ROOM];
	uint64_t reasons[XMGM_REASON_COUNT]; /* what was counted */
};

/* ifindex 0: the loopback device. Fails the running test on an error. */
void run_frame(int prog, int verdicts, uint32_t ifindex, const uint8_t *frame,
	       size_t len, struct run *r);
/* Was this counted once, and nothing but it and `also`? */
bool run_is(const struct run *r, enum xmgm_reason reason);
bool run_is_both(const struct run *r, enum xmgm_reason reason,
		 enum xmgm_reason also);
/* The only reason counted; XMGM_REASON_COUNT: none or several. */
enum xmgm_reason run_reason(const struct run *r);
const char *run_reason_name(enum xmgm_reason reason);
/* Has any run of this process counted it? */
bool run_has_seen(enum xmgm_reason reason);

uint64_t run_now_ns(void);
/* A per-CPU value of n 64-bit counters, summed. */
void run_sum(int map, uint32_t key, uint64_t *sum, size_t n);
/* `ip ARGS` in this namespace; fails the running test if that fails. */
void run_ip(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A network namespace of our own with lo up; it dies with the process. */
int run_own_network(void);

#endif /* XMGM_TESTS_BPF_RUN_H */
