/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stage test_mgm_model.c plays on: a manager, the model beside it, a plane
 * that remembers what it was told, and clients that remember what they hear.
 * mgm_model_stage.c makes it, and says what led to a difference.
 */
#ifndef XMGM_TESTS_MGM_MODEL_STAGE_H
#define XMGM_TESTS_MGM_MODEL_STAGE_H

#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "mgm/core.h"
#include "xmgm/abi.h"
#include "mgm_model.h"

#define START_MS 1000000u
#define FOREVER	 0x7fffffffu
#define LAST	 24u /* calls that a report shows */
#define SETS	 (XMGM_SET_FIRST + (2u << IFS))

/* What the plane has been told. */
struct entry {
	bool there;
	uint32_t iif, oifs, flags;
	bool left; /* to the kernel */
};

struct flow_of {
	uint32_t source, group;
};

struct interface {
	uint32_t owner, epoch;
	enum mgm_gate gate;
};

struct call {
	const char *name;
	uint32_t step;
	int who, result;
	uint32_t a, b, c, d;
};

/* A call from inside disable_igmp or enable_igmp. */
struct inside {
	bool enabled;
	int who, result;
	uint32_t ifid, epoch;
};

struct person {
	struct play *play;
	int id;
	struct mgm_client *handle;
	uint32_t heard; /* in this step: routes to these may be others */
};

struct play {
	struct mgm *m;
	struct mgm_hooks hooks;
	struct model w;
	struct person person[PERSONS];
	struct entry entry[SOURCES][GROUPS];
	struct interface interface[IFS + 1];
	uint32_t refs[SETS];
	struct entry read; /* in the midst of this step, as an MFE */
	struct flow_of read_of;
	bool held[SOURCES][GROUPS];
	bool open[SOURCES][GROUPS]; /* in this step: gone, or not */
	bool uncommitted;
	struct model_alert alert[MAX_ALERTS]; /* of this step */
	uint64_t token[MAX_ALERTS];
	unsigned int alerts;
	uint32_t seed, start, step;
	bool sliced; /* a call does a step or two, ticks do the rest */
	struct call call[LAST];
	unsigned int calls;
	struct inside inside[MAX_ALERTS]; /* of this step */
	unsigned int insides;
	bool burst;			 /* several calls in this step */
	bool was_alive[PERSONS];	 /* before this step */
	bool steady[PERSONS];		 /* and all the time since */
	struct model_seen seen[IFS + 1]; /* before this step */
	/* Likewise, of flows: as they were, and who pulls for them. */
	struct model_flow was_flow[SOURCES][GROUPS];
	int was_told[SOURCES][GROUPS];
	struct model_request was_request[MAX_REQUEST];
	uint32_t was_rib[SOURCES];
};

extern struct play *playing; /* for the report of a difference */

void difference(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));
struct play *play_new(uint32_t seed);
void play_free(struct play *p);
/* A client registers that was not there, as somebody new. */
int play_person(struct play *p, int k, int *who);
/* A registration that is refused, for this of six reasons, with *must. */
int play_refused(struct play *p, int who, uint32_t why, int *must);
/* One that was lost registers again. */
int play_back(struct play *p, int who);
uint32_t pick(struct play *p, uint32_t n);
/* Any change of memberships, which the model has made when this returns. */
int play_pick_change(struct play *p, int who, struct mgm_membership_change *c);
uint32_t protocol_of(int who);
uint32_t number(struct in_addr a);
struct mgm_sg prefix_sg(uint32_t prefix);
/* Which of the model's prefixes it is; 0: none of them. */
uint32_t prefix_of(const struct mgm_sg *sg);
struct in_addr source_ip(uint32_t s);
struct in_addr group_ip(uint32_t g);
struct mgm_sg flow_sg(uint32_t s, uint32_t g);

#endif /* XMGM_TESTS_MGM_MODEL_STAGE_H */
