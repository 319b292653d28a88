/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager itself, and how its work flows. Its files share this and the
 * headers it includes, each of which has one concern; nobody else does.
 *
 * Structures. A group has its memberships by interface, its MFEs and its
 * named sources, both by source. An interface has its memberships, the MFEs
 * it is the iif of, and the owner's overrides. So whatever changes, the MFEs
 * concerned are found without looking at the others.
 *
 * Flow of work. Every public function is bracketed by core_enter and
 * core_leave. In between, changes are made and what depends on them is only
 * marked: MFEs to be evaluated, groups and sources whose alerts may change.
 * core_leave evaluates the marked MFEs, commits to the plane, lets held
 * packets go, works out the alerts, and, if it is the outermost one, delivers
 * them. If that is more than one slice of work (work.h) the rest stays marked
 * and ticks go on with it, alerts last; whoever reads an MFE meanwhile
 * evaluates it first. Work that found no memory stays marked and is tried
 * again by a tick.
 */
#ifndef XMGM_MGM_INTERNAL_H
#define XMGM_MGM_INTERNAL_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/address.h"
#include "lib/grown.h"
#include "lib/hash.h"
#include "lib/pool.h"
#include "lib/tree.h"
#include "mgm/age.h"
#include "mgm/alert.h"
#include "mgm/client.h"
#include "mgm/core.h"
#include "mgm/flow.h"
#include "mgm/iface.h"
#include "mgm/membership.h"
#include "mgm/mfe.h"
#include "mgm/range.h"
#include "mgm/rib.h"
#include "mgm/side.h"
#include "mgm/table.h"
#include "mgm/template.h"
#include "mgm/told.h"
#include "mgm/walk.h"
#include "mgm/work.h"

#define WHEEL_SLOTS   1024u
#define WHEEL_STEP_MS 1000u
#define TICK_MAX_MS   1000u
#define FOREVER	      UINT64_MAX

struct mgm {
	const struct mgm_hooks *hooks;
	struct mgm_limits limits;
	struct mgm_counters counters;
	uint64_t now_ms;
	unsigned int depth;
	/* Of what there may be many of. */
	struct {
		struct pool groups, sources, named, members;
		struct pool mfes, aging; /* those that do not age, and do */
	} pools;
	struct work work;
	struct walks walks;
	bool delivering;
	bool adopting;
	bool uncommitted;

	struct client clients[CLIENT_SLOTS];
	uint64_t serial; /* of the last registration */
	uint32_t client_count;
	uint16_t client_top; /* slots from here up were never used */
	uint64_t grace_ms;   /* when the next grace time is over, or earlier */
	struct hash ifaces;
	struct tree iface_order;
	uint32_t idle_ifaces;
	uint32_t link_count;
	struct iface_list seen_due;
	struct iface_list choosy;
	struct hash sources;
	struct hash groups;
	struct hash oifs;
	struct oifs *left; /* what those have that are left to the kernel */
	struct hash route_oifs;
	struct hash told;
	struct told *told_last;		     /* that was looked for */
	struct tree group_order, flow_order; /* those with MFEs */
	struct ranges ranges;
	struct templates templates;
	struct mgm_treatment *treatments; /* what says most first */
	size_t treatment_count;
	uint32_t membership_count;
	uint32_t any_groups; /* so many (*,G) are wanted somewhere */
	uint32_t mfe_count;
	uint32_t negative_count;

	struct iface_list wild; /* interfaces with a (*,*) membership */
	struct client_set wild_pulled;
	bool wild_marked;
	uint32_t wild_ifid;
	bool wild_ending; /* prunes of it are to be told */
	uint32_t wild_end_ifid;

	struct mark_list marks[MARK_KINDS];
	struct mfe_list pulls;
	struct mfe_list dirty;
	struct mfe_list retry; /* the plane refused them */
	uint64_t retry_ms;
	struct mfe_list negative; /* oldest first */
	struct mfe **release;	  /* whose held packets go after the commit */
	uint32_t release_count, release_room;
	struct adoption_list adopted;
	uint64_t adopt_until_ms;
	uint32_t epoch_floor; /* epochs of vanished interfaces: up to this */
	TAILQ_HEAD(, source) stale;
	struct rib rib;
	struct mfe_list wheel[WHEEL_SLOTS];
	uint64_t wheel_step; /* the step visited last */
	struct iface_list handshakes;
	struct request_list requests; /* by deadline */
	struct hash request_tokens;
	uint64_t last_token;

	struct alert_list queue[ALERT_CLASSES];
	struct alert_list ready;

	uint32_t *scratch; /* oifs being collected: limits.oifs + 1 */
};

/* core.c */
void core_enter(struct mgm *m);
int core_leave(struct mgm *m, int result);
/* Time never goes back. */
void core_time(struct mgm *m, uint64_t now_ms);
/* Evaluates the marked MFEs and commits; inside a call, where order counts. */
void core_flush(struct mgm *m);
void core_commit(struct mgm *m);
void core_event(struct mgm *m, const struct mgm_event *event);
void core_event_client(struct mgm *m, enum mgm_event_type type,
		       const struct client *c);
void core_event_mfe(struct mgm *m, enum mgm_event_type type,
		    const struct mfe *mfe);

#endif /* XMGM_MGM_INTERNAL_H */
