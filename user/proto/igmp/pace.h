/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pace of our queries on an interface: how many may leave in a second, and
 * which groups wait for their turn. No clock is read here.
 */
#ifndef XMGM_PROTO_IGMP_PACE_H
#define XMGM_PROTO_IGMP_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/timer.h"

#define IGMP_QUERY_RATE 1000u /* a second, if nothing else is said */
#define IGMP_TURN	512u  /* groups looked at before others get a turn */

struct igmp_group;
struct igmp_interface;
struct igmp_router;

/* As what a group waits. Repeats go first: they must keep their interval, or
 * members would be given up who have been asked once. */
enum igmp_turn {
	IGMP_AGAIN,
	IGMP_FIRST,
	IGMP_TURNS,
	IGMP_NO_TURN = IGMP_TURNS
};

struct igmp_queue {
	struct igmp_group *head, **end;
};

struct igmp_pace {
	struct timer timer; /* when the next query may leave */
	uint64_t full_us;   /* the bucket of queries is full again then */
	struct igmp_queue queues[IGMP_TURNS];
	uint32_t waiting; /* groups */
	bool due;	  /* igmp_pace_serve has something to look at */
};

void igmp_pace_init(struct igmp_interface *in);
/* Its rate may be another now, or whether it can send. */
void igmp_pace_changed(struct igmp_interface *in, uint64_t now_ms);
/* A query that waits for none leaves: those that do wait for longer. */
void igmp_pace_charge(struct igmp_interface *in, uint64_t now_ms);
/*
 * Something of g waits to be asked. It has its place already, or gets the last
 * one; a better one if it now waits as IGMP_AGAIN. drop: nothing waits.
 */
void igmp_pace_want(struct igmp_group *g, enum igmp_turn turn);
void igmp_pace_drop(struct igmp_group *g);
/* Asks what may be asked now; to be called when a message or the timers that
 * were due have been dealt with. */
void igmp_pace_serve(struct igmp_router *r, uint64_t now_ms);

#endif /* XMGM_PROTO_IGMP_PACE_H */
