/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of IGMP on one interface: what the router as a host wants
 * (RFC 9776 section 3.2's interface state) goes in by machine_set, queries by
 * machine_query, and reports go out by a hook. Pure: time is an argument,
 * chance a hook.
 *
 * Nothing is sent but by machine_tick, and by machine_farewell: what changes in
 * the same millisecond goes out together, as a net difference.
 */
#ifndef XMGM_PROTO_HOST_MACHINE_H
#define XMGM_PROTO_HOST_MACHINE_H

#include "wire/igmp.h"
#include "xmgm/mgm.h"

struct machine;

struct machine_hooks {
	void *arg;
	/* A whole packet; an error is counted. */
	int (*send)(void *arg, struct in_addr target, const uint8_t *packet,
		    size_t len);
	/* 0 to below - 1, each as likely as the others */
	uint32_t (*random)(void *arg, uint32_t below);
};

/* Times are milliseconds. */
struct machine_config {
	unsigned int version;	    /* the newest to speak, 1 to 3 */
	unsigned int robustness;    /* until a query says another */
	uint32_t unsolicited_ms;    /* section 8.11; default 1000 */
	uint32_t query_interval_ms; /* the same; default 125000 */
};

/* The interface as it is. */
struct machine_interface {
	bool up;
	struct in_addr address; /* 0: none yet: section 4.2.13 */
	unsigned int mtu;
};

#define MACHINE_COUNTERS(X)                                           \
	X(queries, "queries heard")                                   \
	X(reports, "reports and leaves sent")                         \
	X(reports_failed, "of those not sent")                        \
	X(suppressed, "reports left to another host (versions 1, 2)") \
	X(sources_cut, "reports whose list of sources was cut to the MTU")

struct machine_counters {
#define MACHINE_COUNTER_FIELD(id, text) uint64_t id;
	MACHINE_COUNTERS(MACHINE_COUNTER_FIELD)
#undef MACHINE_COUNTER_FIELD
};

/* NULL: no memory. hooks are copied. */
struct machine *machine_new(const struct machine_hooks *hooks);
void machine_free(struct machine *m);

void machine_configure(struct machine *m, const struct machine_config *config,
		       uint64_t now_ms);
/* When it comes up all that is wanted is said anew. */
void machine_interface(struct machine *m, const struct machine_interface *is,
		       uint64_t now_ms);

/*
 * The interface state of a group from now on; INCLUDE without sources is none.
 * Sources are distinct, in any order. -EINVAL: no group that is reported, or
 * sources that are none; -ENOMEM. Nothing has changed then.
 */
int machine_set(struct machine *m, struct in_addr group, enum mgm_filter filter,
		const struct in_addr *sources, size_t count, uint64_t now_ms);

/* A query that igmp_message_get has accepted, from querier. */
void machine_query(struct machine *m, struct in_addr querier,
		   const struct igmp_message *query, uint64_t now_ms);
/* Another host's version 1 or 2 report. */
void machine_heard(struct machine *m, struct in_addr group, uint64_t now_ms);

/* Sends what is due; returns when it wants to be called next (TIMER_NEVER). */
uint64_t machine_tick(struct machine *m, uint64_t now_ms);
uint64_t machine_deadline(const struct machine *m);

/* Leaves all groups at once, and once: nobody will be there to repeat it. */
void machine_farewell(struct machine *m);

/* Times are those that remain; 0: not running. */
struct machine_status {
	unsigned int version;	/* spoken now */
	bool heard;		/* a query, since the link is up */
	struct in_addr querier; /* of the last one; 0.0.0.0 is one, too */
	uint64_t heard_ms;	/* so long ago */
	unsigned int robustness;
	uint32_t query_interval_ms;
	uint64_t v1_ms, v2_ms; /* older version querier present */
	uint64_t response_ms;  /* to a general query */
	uint32_t groups;
};
void machine_status(const struct machine *m, uint64_t now_ms,
		    struct machine_status *status);
const struct machine_counters *machine_counters(const struct machine *m);

/* A group that is reported. */
struct machine_group_info {
	struct in_addr group;
	enum mgm_filter filter;
	const struct in_addr *sources; /* ascending, until the next change */
	size_t source_count;
	uint64_t response_ms; /* to a query about it; 0: none is due */
	uint64_t change_ms;   /* of its next repeated report; 0: none */
};

/* The first group behind `after`; 0 begins. False at the end. */
bool machine_next(const struct machine *m, struct in_addr after,
		  uint64_t now_ms, struct machine_group_info *info);

#endif /* XMGM_PROTO_HOST_MACHINE_H */
