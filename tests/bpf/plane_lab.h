/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A plane of its own for each test, on the real kernel: an instance named
 * after the process, in a private network namespace with four pairs of
 * veths. The near ends r0 to r3 are the router's, the far ends p0 to p3 are
 * where packets are sent and received. What is pinned goes in the end, also
 * if a test crashes: the tests run in a child.
 */
#ifndef XMGM_TESTS_BPF_PLANE_LAB_H
#define XMGM_TESTS_BPF_PLANE_LAB_H

#include "run.h"
#include "plane/plane.h"

#define PORTS 4

struct plane_lab {
	char instance[XMGM_INSTANCE_LEN];
	struct plane *plane;  /* NULL: closed */
	uint32_t near[PORTS]; /* ifindexes */
	int sock[PORTS];      /* packet sockets on the far ends */
	/* Of the listener: */
	uint32_t upcalls;
	/* If set, called with each MISS. */
	void (*on_miss)(struct plane_lab *l, struct xmgm_flow flow);
	struct xmgm_upcall last; /* the last one, without its frame */
};

/* Runs the group in a child, and removes what it has left behind. */
int plane_lab_main(const char *name, const struct CMUnitTest *tests,
		   size_t count);
#define PLANE_LAB_MAIN(name, tests) plane_lab_main(name, tests, ARRAY(tests))

/* A test with a small plane: 64 routes, 32 oif sets. */
#define PLANE_TEST(f) \
	cmocka_unit_test_setup_teardown(f, plane_setup, plane_gone)
int plane_setup(void **state);
int plane_gone(void **state);

extern const struct plane_options plane_small;

/* 0 or -errno; *error as plane_open_bpf. */
int lab_open_plane(struct plane_lab *l, const struct plane_options *o,
		   const char **error);
void lab_close_plane(struct plane_lab *l);
void lab_reopen(struct plane_lab *l);
struct plane_counters lab_counters(struct plane_lab *l);
/* The descriptor of what is pinned under this name. */
int lab_pin(struct plane_lab *l, const char *name);
void lab_pin_path(struct plane_lab *l, const char *name, char path[128]);

/* Polls and ticks until the condition holds; fails after five seconds. */
#define WAIT_FOR(l, condition)                                              \
	do {                                                                \
		uint64_t end_ = run_now_ns() + 5000000000ull;               \
		while (lab_turn(l), !(condition))                           \
			if (run_now_ns() > end_)                            \
				fail_msg("waited in vain: %s", #condition); \
	} while (0)
void lab_turn(struct plane_lab *l);

/* The port of veth r<i> as it is at the beginning, to be changed and set. */
struct plane_port lab_port(struct plane_lab *l, int i);
/* A route from r0 to these ports, 1 to 3, as a bit mask; 0: negative. */
void lab_add_route(struct plane_lab *l, struct xmgm_flow flow, uint32_t ports);
/* Attaches all near ends, gives them an owner and a MAC for copies. */
void lab_attach_all(struct plane_lab *l);
void lab_send(struct plane_lab *l, int port, const uint8_t *frame, size_t len);
/* The next multicast IPv4 frame on a far end, with its tag; 0: none in a
 * second. */
size_t lab_receive(struct plane_lab *l, int port, uint8_t *frame);

#endif /* XMGM_TESTS_BPF_PLANE_LAB_H */
