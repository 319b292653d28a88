/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the host's machine share; nobody else includes it. */
#ifndef XMGM_PROTO_HOST_MACHINE_INTERNAL_H
#define XMGM_PROTO_HOST_MACHINE_INTERNAL_H

#include "lib/timer.h"
#include "lib/tree.h"
#include "machine.h"
#include "wire/report.h"

/* A source whose change is still to be said so many times: section 5.1. */
struct machine_change {
	struct in_addr address;
	uint8_t left;
};

/*
 * A group with interface state, or whose end is still being said. Arrays are
 * in ascending order of addresses.
 */
struct machine_group {
	struct tree_node node;
	uint32_t key; /* the group, in host order */
	struct timer timer;
	struct machine *m;
	struct in_addr group;
	enum mgm_filter filter;
	struct in_addr *sources;
	uint32_t source_count;
	/* Version 3: a change of mode, and of sources, to be said again. */
	uint8_t mode_left;
	struct machine_change *changes;
	uint32_t change_count;
	/* Versions 1 and 2: unsolicited reports to be sent; a leave. */
	uint8_t joins_left;
	bool leaving;
	uint64_t change_ms; /* when, of all these; TIMER_NEVER */
	/* A query about it: when to answer, and the sources it asked about;
	 * none: the group as a whole. */
	uint64_t response_ms;
	struct in_addr *asked;
	uint32_t asked_count;
};

struct machine {
	struct machine_hooks hooks;
	struct machine_config config;
	struct machine_interface is;
	struct machine_counters counters;
	struct tree groups;
	uint32_t group_count;
	struct timers timers;
	unsigned int version; /* spoken now */
	unsigned int robustness;
	uint32_t query_interval_ms;
	bool heard;
	struct in_addr querier;
	uint64_t heard_ms;
	uint64_t v1_until_ms, v2_until_ms; /* 0: not running */
	uint64_t general_ms; /* the answer to a general query; TIMER_NEVER */
	struct report out;   /* being filled, while there are records */
};

bool machine_wants(const struct machine_group *g);
bool machine_lists(const struct in_addr *sources, uint32_t count,
		   struct in_addr source);
struct machine_group *machine_find(const struct machine *m,
				   struct in_addr group);
struct machine_group *machine_behind(const struct machine *m, uint32_t key);
/* Sets its timer to what is next; without anything to do or to want it goes. */
void machine_settle(struct machine_group *g);
/* 1 to max: a delay in (0, max]. */
uint64_t machine_delay(struct machine *m, uint32_t max_ms);

/*
 * machine_change.c. note: the state is other than it was; -ENOMEM with nothing
 * changed, and before the state is. anew: nobody knows of it. due: says it.
 */
int machine_change_note(struct machine_group *g, enum mgm_filter filter,
			const struct in_addr *sources, uint32_t count,
			uint64_t now_ms);
void machine_change_anew(struct machine_group *g, uint64_t now_ms);
void machine_change_due(struct machine_group *g, uint64_t now_ms);
void machine_change_cancel(struct machine_group *g);

/* machine_query.c */
void machine_respond(struct machine_group *g);
void machine_respond_all(struct machine *m);
void machine_query_cancel(struct machine_group *g);
/* The version that is to be spoken now; what was pending in another goes. */
void machine_version(struct machine *m, uint64_t now_ms);

/* machine_report.c: a record, into as many reports as it needs. */
void machine_say(struct machine *m, enum igmp_record_type type,
		 struct in_addr group, const struct in_addr *sources,
		 uint32_t count);
/* What has been said so far leaves. */
void machine_flush(struct machine *m);
/* A message of version 1 or 2. */
void machine_say_old(struct machine *m, enum xmgm_igmp_type type,
		     struct in_addr group);

#endif /* XMGM_PROTO_HOST_MACHINE_INTERNAL_H */
