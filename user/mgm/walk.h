/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Walks over much, to mark what a change concerns: over all MFEs, all groups,
 * all sources, what an interface has, what was adopted (walk.c). They are made
 * in steps of work; a walk that is asked for while it goes on is made twice,
 * so none starves.
 */
#ifndef XMGM_MGM_WALK_H
#define XMGM_MGM_WALK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "mgm/rib.h"
#include "xmgm/mgm.h"

#define WALK_IFACES 16u /* of which the sources are told apart */

struct adoption;
struct group;
struct group_walk;
struct iface;
struct member;
struct mfe;
struct mgm;
struct override;
struct range;

/* One round over something, and whether another one has to follow. */
struct lap {
	bool on, begun, again;
};

/* What has to be marked of an interface, or of sources reached through it. */
enum walk_what {
	WALK_MFES = 1,	   /* MFEs it may be an oif of */
	WALK_ALERTS = 2,   /* alerts of its memberships */
	WALK_TOWARD = 4,   /* joins of sources that are reached through it */
	WALK_RPF = 8,	   /* MFEs whose packets come from there */
	WALK_STALE = 16,   /* sources the RIB has to be asked about */
	WALK_SWEEP = 32,   /* what IGMP has not said again */
	WALK_FORMER = 64,  /* what was said by one who is not there any more */
	WALK_VOID = 128,   /* MFEs that it is not the iif of any more */
	WALK_UNSAID = 256, /* what a writer has not said again in time */
	WALK_FLOWS = 512,  /* routes and overrides that stand no more */
	WALK_AGAIN = 1024, /* MFEs that its owner is to be told of again */
};

/* Of an interface. */
struct walk_iface {
	TAILQ_ENTRY(iface) link; /* in m->walks.ifaces, if `on` */
	bool on, begun;
	uint16_t what, again; /* enum walk_what */
	struct member *member;
	struct mfe *mfe;
	struct override *override;
};

struct walks {
	struct lap mfes, groups, sources, adopted;
	struct mgm_address mfe_at, group_at; /* groups */
	struct adoption *adopted_at;
	/* Sources: which, and why. */
	struct source source_at; /* a copy */
	uint8_t all;		 /* enum walk_what, of all of them */
	uint32_t count;
	struct walk_of {
		uint32_t ifid;
		uint8_t what;
	} of[WALK_IFACES];
	TAILQ_HEAD(, iface) ifaces;
	TAILQ_HEAD(, range) ranges[2]; /* enum range_walk_kind */
	TAILQ_HEAD(, group_walk) large;
};

void walk_init(struct mgm *m);
/* Asks for a walk. */
void walk_mfes(struct mgm *m);
void walk_groups(struct mgm *m);
void walk_adopted(struct mgm *m);
void walk_iface(struct mgm *m, struct iface *ifc, unsigned int what);
/* Of all sources, or with an ifid of those reached through it. */
void walk_sources(struct mgm *m, uint32_t ifid, unsigned int what);
/* Sources that changed routes cover, which are pending. */
void walk_pending(struct mgm *m);

/* Over the groups in a range, which a prefix of groups is. */
void walk_range(struct mgm *m, struct range *r, unsigned int kind);

/* walk_group.c: over what one group has. The first of it is marked at once. */
void walk_group_mfes(struct mgm *m, struct group *g, unsigned int what);
void walk_group_named(struct mgm *m, struct group *g, const struct iface *ifc);
bool walk_step_group(struct mgm *m);
unsigned int walk_due_group(const struct mgm *m, const struct group *g);
void walk_lose_group(struct mgm *m, struct group *g);

/* Goes on with what has been asked for; groups come after all else. */
void walk_run(struct mgm *m);
void walk_run_groups(struct mgm *m);
/* Those of one kind; true: they are over. */
bool walk_run_ranges(struct mgm *m, unsigned int kind);
/* What of this MFE is still to be marked (enum mfe_dirty). */
unsigned int walk_due(const struct mgm *m, const struct mfe *mfe);

/* Is the RIB still to be asked about this one? */
bool walk_due_source(const struct mgm *m, const struct source *s);

/* These are about to go. */
void walk_lose_member(struct iface *ifc, const struct member *mb);
void walk_lose_override(struct iface *ifc, const struct override *o);
void walk_lose_mfe(struct iface *ifc, const struct mfe *mfe);
void walk_lose_adoption(struct mgm *m, const struct adoption *a);

#endif /* XMGM_MGM_WALK_H */
