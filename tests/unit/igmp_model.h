/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A second IGMP router, to compare the first one with: written from the tables
 * of RFC 9776 (sections 4.1, 6.4 to 6.6, 7.3.2 and 8) as set algebra over a
 * handful of groups and sources, without heaps, lists or any of the router's
 * code. It is slow and short. What it adds to the RFC is what the manual says:
 * limits and shares, static groups, queries that fail. One model is one
 * interface.
 */
#ifndef XMGM_TESTS_IGMP_MODEL_H
#define XMGM_TESTS_IGMP_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_GROUPS  5
#define MODEL_SOURCES 6
#define MODEL_HOSTS   5 /* the first has no address */
#define MODEL_QUERIES 512
#define MODEL_NEVER   UINT64_MAX
#define MODEL_ANY     (1u << MODEL_SOURCES) /* among static sources */
#define MODEL_GENERAL UINT32_MAX

struct model_config {
	bool enabled, passive;
	uint32_t version, robustness;
	uint32_t query_ms, response_ms, last_member_ms, last_member_count;
	uint32_t startup_ms, startup_count; /* as configured; 0: derived */
	uint32_t max_groups, max_host_groups, max_sources;
	uint32_t query_rate;
	uint32_t max_host_sources, max_tracked, max_host_tracked;
	bool immediate_leave;
};

/* Sent, or heard. */
struct model_query {
	uint64_t at_ms;
	uint32_t group; /* number, or MODEL_GENERAL */
	bool suppress;
	uint32_t sources; /* mask */
	uint32_t response_ms;
	uint32_t version;
	uint32_t robustness, interval_s; /* version 3; 0: not said */
};

/* Queries about something that are still to be sent; the next one waits for
 * its turn, and then the timer is to be lowered. */
struct model_ask {
	unsigned int left, failed;
	uint64_t at_ms;
	bool waits, lower;
};

/* Who is asked again is asked before who has not been asked. */
enum model_turn { MODEL_NO_TURN, MODEL_AGAIN, MODEL_FIRST };

struct model_group {
	bool exclude;
	uint64_t timer_ms; /* in EXCLUDE */
	uint32_t x, y;	   /* sources with a timer; with timer zero */
	uint64_t source_ms[MODEL_SOURCES];
	struct model_ask ask, source_ask[MODEL_SOURCES];
	uint64_t v1_until_ms, v2_until_ms;
	uint32_t statics; /* mask, MODEL_ANY */
	bool charged;
	uint32_t host; /* whom it is charged to */
	enum model_turn turn;
	uint64_t turn_ms;		     /* since when */
	uint32_t source_host[MODEL_SOURCES]; /* and each source */
	/* The set of (host, source or any): until when each is in it. */
	uint64_t heard_ms[MODEL_SOURCES + 1][MODEL_HOSTS];
	uint64_t unsure_ms; /* there may be hosts that are not in it */
};

struct model {
	struct model_config own;    /* as configured */
	struct model_config config; /* and as the querier says */
	bool there, up;
	uint32_t address; /* in host order; 0: none */
	/* Another router that is querier, or 0; its timer, its last words. */
	uint32_t other;
	uint64_t other_until_ms;
	uint32_t other_robustness, other_interval_s;
	bool sends; /* what is sent gets out */
	uint64_t now_ms, general_ms, asked_ms;
	uint64_t deaf_ms; /* until then silence means nothing */
	uint64_t full_us; /* the bucket of queries is full again then */
	/* Of those who wait for as long (a mask of groups) one is asked: any. */
	uint32_t (*choose)(void *arg, uint32_t groups);
	void *arg;
	uint64_t unsure_ms; /* as of a group: in all of them */
	uint32_t startup_left;
	struct model_group group[MODEL_GROUPS];
	uint32_t source_specific; /* mask of groups in 232.0.0.0/8 */
	struct model_query query[MODEL_QUERIES];
	size_t queries;
};

/* A record: RFC 9776 section 4.2.12's number, a group, a mask of sources. */
void model_record(struct model *m, uint32_t host, unsigned int type,
		  uint32_t group, uint32_t sources);
void model_old_report(struct model *m, uint32_t host, unsigned int version,
		      uint32_t group);
void model_leave(struct model *m, uint32_t host, uint32_t group);
/* A query of a router in our net, 0: without an address. */
void model_hear(struct model *m, uint32_t router, const struct model_query *q);
/* Messages were lost. */
void model_lost(struct model *m);

/* What may be asked now is asked: after each message. */
void model_serve(struct model *m);
/* Does everything up to and at that time. */
void model_until(struct model *m, uint64_t then_ms);

/* The querier's address, 0: none is known. */
uint32_t model_querier(const struct model *m);
void model_configure(struct model *m, const struct model_config *config);
void model_present(struct model *m, bool up, uint32_t address);
void model_absent(struct model *m);
/* Whether it was possible; source is a mask of one bit or MODEL_ANY. */
bool model_static_add(struct model *m, uint32_t group, uint32_t source);
bool model_static_del(struct model *m, uint32_t group, uint32_t source);

/* What the manager has to know: EXCLUDE or not, and the mask of the list.
 * INCLUDE of nothing: no membership. */
bool model_wanted(const struct model *m, uint32_t group, uint32_t *sources);
/* Do hosts want anything; and what is the oldest version among them? */
bool model_hosts(const struct model_group *g);
unsigned int model_version(const struct model *m, uint32_t group);

/*
 * Hosts: igmp_model_hosts.c. leaves_now: what the last host leaves goes at
 * once. listened: by anybody. The rest is what records and time do to the set;
 * MODEL_GENERAL: all groups.
 */
bool model_leaves_now(const struct model *m, uint32_t group, uint32_t host);
bool model_listened(const struct model *m, uint32_t group, uint32_t source);
void model_unsure(struct model *m, uint32_t group, uint64_t until_ms);
void model_all_unsure(struct model *m);
void model_forget_silent(struct model *m);
/* Is a host that was heard so still there? */
bool model_counts(const struct model *m, uint64_t heard_ms);
void model_nobody_listens(struct model *m, uint32_t group, uint32_t sources);
void model_forget_listeners(struct model *m, uint32_t group, uint32_t sources);
void model_track_sources(struct model *m, uint32_t host, unsigned int type,
			 uint32_t group, uint32_t sources);
void model_track_group(struct model *m, uint32_t host, unsigned int type,
		       uint32_t group);
/* The sources of a record that there is room for; they are of this host. */
uint32_t model_with_room(struct model *m, uint32_t host, unsigned int type,
			 uint32_t group, uint32_t sources);

#endif /* XMGM_TESTS_IGMP_MODEL_H */
