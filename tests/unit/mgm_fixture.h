/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A manager with a plane, a RIB and clients made of memory, for its tests.
 * Everything that goes out of the manager, to the plane and to the clients, is
 * written to one log in the order it happens; a test says what must stand
 * there. Time is moved by hand.
 *
 * Addresses are written by their last number: source 7 is 10.0.0.7, group 3
 * is 239.0.0.3, 0 is "any"; so "(7,3)" and "(*,3)".
 */
#ifndef XMGM_TESTS_MGM_FIXTURE_H
#define XMGM_TESTS_MGM_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "lib/hash.h"
#include "mgm/core.h"
#include "xmgm/abi.h"

#define FIX_START   1000000u /* ms */
#define FIX_CLIENTS 8
#define FIX_LOG	    262144
#define FIX_SETS    4096

/* A line of the plane's cache. */
struct fix_route {
	struct hash_node node;
	struct xmgm_flow flow;
	uint32_t iif, set, flags;
	uint64_t packets, last_used_ms;
};

struct fix_set {
	uint32_t refs;
	size_t count;
	uint32_t *oifs;
	bool lost; /* one of them: it is not handed out any more */
};

/* What goes to the log. */
enum fix_what {
	FIX_LOG_ALERTS = 1,
	FIX_LOG_PLANE = 2,
	FIX_LOG_EVENTS = 4,
};

struct fix;

struct fix_client {
	struct fix *f;
	const char *name;
	struct mgm_client *handle;
	struct mgm_registration registration;
	uint32_t protocol, component;
	uint64_t token; /* of the last request */
	uint32_t epoch; /* of the last disable or enable */
	uint32_t prune_timeout_ms;
	bool ack_inside;	 /* acknowledge inside disable_igmp */
	struct mgm_sg replay;	 /* and say this inside enable_igmp */
	int inside;		 /* what a call from inside returned */
	struct fix_client *kill; /* whom its next join is the death of */
	const char *heir;	 /* who registers then */
};

struct fix {
	struct mgm *m;
	struct mgm_hooks hooks;
	uint64_t now;
	unsigned int what;
	uint64_t grace_ms; /* of those who register from here */
	char log[FIX_LOG];
	size_t log_len;
	struct fix_client client[FIX_CLIENTS];
	struct hash routes;
	struct fix_set set[FIX_SETS];
	uint32_t rib[256];	 /* iif by last number of the source */
	uint8_t rib_length[256]; /* of that route's prefix */
	bool connected[256];	 /* that route is */
	bool behind[256];	 /* a router it is, there */
	uint32_t leg[256]; /* another one, for packets that arrive there */
	unsigned int uncommitted;
	unsigned int commits;
	unsigned int puts, lookups;		/* mfe_put, rib_lookup */
	int fail_set, fail_put, fail_interface; /* errno to give, or 0 */
};

struct fix *fix_new(const struct mgm_limits *limits);
void fix_free(struct fix *f);

struct in_addr src_ip(uint32_t number);
struct in_addr grp_ip(uint32_t number);
struct mgm_sg sg(uint32_t source, uint32_t group);
/* "(7,3)"; good until the fourth call from now. */
const char *fix_sg_text(struct mgm_sg flow);

/* "igmp" has the IGMP role; names ending in "-mute" have no callbacks that
 * answer requests. */
struct fix_client *fix_client(struct fix *f, const char *name,
			      uint32_t protocol, uint32_t component);
struct fix_client *fix_igmp(struct fix *f);

/* A client of another process, which has no other callbacks than these. */
struct mgm_client *fix_hearer(struct fix *f, uint32_t component,
			      const struct mgm_callbacks *callbacks, void *arg);
/* What it has written down is this; it begins anew. */
void fix_expect_heard(char *log, const char *text, const char *file, int line);

/* Its connection is gone; it registers once more, as it was. */
void fix_lost(struct fix_client *c);
int fix_back(struct fix_client *c);

/* The log since the last call has to be exactly this. */
void fix_expect_at(struct fix *f, const char *text, const char *file, int line);
#define fix_expect(f, text) fix_expect_at((f), (text), __FILE__, __LINE__)
void fix_clear(struct fix *f);

void fix_tick(struct fix *f, uint64_t ms);
/* Until nothing is left to be worked off; returns how many ticks that took. */
unsigned int fix_drain(struct fix *f);
void fix_upcall(struct fix *f, uint32_t s, uint32_t g, uint32_t arrival);
/* "iif: oifs" of the plane's line, "-" if there is none. */
const char *fix_route(struct fix *f, uint32_t s, uint32_t g);
struct fix_route *fix_line(struct fix *f, struct mgm_sg sg);
/* Nothing uncommitted; each route holds its set, no set is held by others. */
void fix_check(struct fix *f);

int fix_add(struct fix_client *c, uint32_t ifid, uint32_t s, uint32_t g);
int fix_del(struct fix_client *c, uint32_t ifid, uint32_t s, uint32_t g);
int fix_set(struct fix_client *c, uint32_t ifid, uint32_t g,
	    enum mgm_filter filter, size_t count, ...);
int fix_take(struct fix_client *c, uint32_t ifid);
int fix_release(struct fix_client *c, uint32_t ifid);
int fix_transfer(struct fix_client *c, uint32_t ifid,
		 const struct fix_client *to);
int fix_ack(struct fix_client *c, uint32_t ifid);
int fix_done(struct fix_client *c, uint32_t ifid);
/* P takes an interface IGMP is on, all the way. */
void fix_take_shared(struct fix_client *p, struct fix_client *igmp,
		     uint32_t ifid);

int fix_setup(void **state);
int fix_teardown(void **state);
#define fix_test(fn) \
	cmocka_unit_test_setup_teardown(fn, fix_setup, fix_teardown)

#endif /* XMGM_TESTS_MGM_FIXTURE_H */
