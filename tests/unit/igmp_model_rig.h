/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What test_igmp_model.c plays with: two interfaces of the router, each with
 * its model beside it, and what is printed when they differ.
 */
#ifndef XMGM_TESTS_IGMP_MODEL_RIG_H
#define XMGM_TESTS_IGMP_MODEL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "igmp_model_check.h"
#include "proto/igmp/internal.h"
#include "v4.h"
#include "wire/reader.h"

#define INTERFACES    2
#define CALM_STEPS    5	   /* the first of all kinds of steps */
#define STEPS	      2000 /* of one seed */
#define HISTORY	      40
#define HISTORY_TEXT  160
#define HOSTS	      MODEL_HOSTS
#define STRANGER      4 /* a host of another net */
#define BAD_GROUP     MODEL_GROUPS
#define GROUP_CHOICES (MODEL_GROUPS + 2)
#define OURS	      0x0a0100f0u /* plus 1 to 3 */
#define WIRE	      256

static const char *const groups[GROUP_CHOICES] = {
	"239.1.1.1", "239.1.1.2", "231.0.0.1", "232.0.0.1",
	"239.1.1.3", "0.0.0.0",	  "224.0.0.5",
};
static const char *const hosts[HOSTS] = {"0.0.0.0", "10.1.0.1", "10.1.0.2",
					 "10.1.0.3", "192.0.2.1"};

struct leg {
	struct igmp_interface *in;
	struct model model;
	bool open;
	/* What the manager knows; stale: not said again since it opened. */
	bool told[MODEL_GROUPS], exclude[MODEL_GROUPS], stale[MODEL_GROUPS];
	uint32_t sources[MODEL_GROUPS];
	struct model_query query[MODEL_QUERIES];
	size_t queries;
};

/* A query on its way to the other router of the LAN. */
struct wire {
	size_t to;
	struct in_addr from;
	uint8_t bytes[12 + 4 * MODEL_SOURCES];
	size_t len;
};

struct rig {
	struct igmp_hooks hooks;
	struct igmp_router *router;
	struct leg leg[INTERFACES];
	uint64_t now_ms, seed, random;
	bool sends, one_lan;
	bool calm; /* all is of version 3, up and running: hosts are tracked */
	struct wire wire[WIRE];
	size_t wires;
	size_t step;
	char history[HISTORY][HISTORY_TEXT];
};

/* --- small things ---------------------------------------------------- */

static inline uint32_t pick(struct rig *r, uint32_t below)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return (uint32_t)(r->random >> 32) % below;
}

static inline void note(struct rig *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline void note(struct rig *r, const char *format, ...)
{
	char *line = r->history[r->step % HISTORY];
	int len = snprintf(line, HISTORY_TEXT,
			   "%llu: ", (unsigned long long)r->now_ms);
	va_list args;

	va_start(args, format);
	vsnprintf(line + len, HISTORY_TEXT - (size_t)len, format, args);
	va_end(args);
}

static inline void mismatch(struct rig *r, size_t leg, const char *what,
			    unsigned long long is, unsigned long long should)
{
	size_t from = r->step < HISTORY ? 0 : r->step - HISTORY + 1;

	for (size_t i = from; i <= r->step; i++)
		print_error("%s\n", r->history[i % HISTORY]);
	fail_msg("seed %llu, step %zu, interface %zu, at %llu: %s is %llu, "
		 "should be %llu",
		 (unsigned long long)r->seed, r->step, leg,
		 (unsigned long long)r->now_ms, what, is, should);
}

#define SAME(what, is, should)                                     \
	do {                                                       \
		unsigned long long is_ = (is), should_ = (should); \
		if (is_ != should_)                                \
			mismatch(r, k, what, is_, should_);        \
	} while (0)

static inline struct in_addr address_of(const char *text)
{
	return (struct in_addr){inet_addr(text)};
}

static inline struct in_addr source_of(uint32_t i)
{
	return (struct in_addr){htonl(0x0a000001u + i)};
}

static inline uint32_t group_number(struct in_addr group)
{
	for (uint32_t i = 0; i < MODEL_GROUPS; i++) {
		if (inet_addr(groups[i]) == group.s_addr)
			return i;
	}
	return MODEL_GENERAL;
}

static inline uint32_t source_bit(struct in_addr source)
{
	return 1u << (ntohl(source.s_addr) - 0x0a000001u);
}

#endif /* XMGM_TESTS_IGMP_MODEL_RIG_H */
