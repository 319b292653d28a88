/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges: memberships of prefixes, (*,G/len) and (S/len,G), beside those of
 * groups and of (*,*). There are few of them (limits.prefixes), and they
 * cover many flows: what a range covers is walked when it changes, what
 * covers a flow is looked up, one step for each length in use.
 *
 * Of two ranges one covers the other, or they have nothing in common; so what
 * covers something is a line, from narrow to wide: the prefixes of its source,
 * its group, the prefixes of its group, (*,*).
 */
#ifndef XMGM_MGM_RANGE_H
#define XMGM_MGM_RANGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/tree.h"
#include "mgm/alert.h"
#include "mgm/client.h"
#include "mgm/side.h"
#include "mgm/walk.h"

struct iface;
struct mgm;
struct told;

TAILQ_HEAD(range_member_list, range_member);

/* A walk over the groups in a range: to mark their MFEs, or their alerts. */
enum range_walk_kind { RANGE_MFES, RANGE_GROUPS, RANGE_WALKS };

struct range_walk {
	TAILQ_ENTRY(range) link; /* in m->walks.ranges, if it is on */
	struct lap lap;
	struct mgm_address at;
};

struct range {
	struct tree_node node; /* in m->ranges: wide before narrow */
	struct tree_node due;  /* of alerts being worked out: the same order */
	struct mark mark;
	struct mark ending; /* prunes are to be told */
	struct mgm_sg sg;
	struct tree members; /* struct range_member by ifid */
	uint32_t wanted;     /* by so many writers of interfaces */
	struct range_walk walk[RANGE_WALKS];
	struct told *pulled; /* who has been told to pull it */
};

/* The membership of a range on an interface. */
struct range_member {
	struct tree_node by_ifid; /* in the range */
	TAILQ_ENTRY(range_member) in_iface;
	struct mark mark;
	struct range *range;
	struct iface *iface;
	bool on[SIDES];
	bool stale[SIDES];
	bool announced; /* LOCAL_JOIN was sent to the owner */
	bool was;	/* while its interface is frozen (freeze.c) */
};

struct ranges {
	struct tree tree;
	uint32_t count;
	/* How many have this length: of their groups, of their sources. */
	uint32_t groups[2][129], sources[2][129]; /* IPv4's, IPv6's */
};

/* The group and, unless it is any, the source cut to these lengths. */
struct mgm_sg sg_cut(const struct mgm_sg *sg, unsigned int group,
		     unsigned int source);
/* One comes before all that it covers, which follow it: of struct mgm_sg. */
int sg_compare(const void *a, const void *b);
/* range.c: as objects, and as written. */
void ranges_init(struct ranges *all);
void ranges_free(struct ranges *all);
/* Is it one that may be joined: (*,G/len) or (S/len,G)? */
bool range_ok(const struct mgm_sg *sg);
/* The narrowest that covers sg and is wider; NULL: none. */
struct range *range_wider(const struct mgm *m, const struct mgm_sg *sg);
/* The first that sg covers, and the one behind it. */
struct range *range_below(const struct mgm *m, const struct mgm_sg *sg);
struct range *range_next_below(const struct mgm *m, const struct mgm_sg *sg,
			       const struct range *at);
/* Does somebody want some sources of this group only? */
bool range_of_sources(const struct mgm *m, const struct mgm_address *group);
struct range_member *range_member_find(const struct range *r, uint32_t ifid);
bool range_wanted(const struct range_member *rm);
int range_set(struct mgm *m, struct iface *ifc, enum side_id id,
	      const struct mgm_sg *sg, bool on);
void range_member_set(struct mgm *m, struct range_member *rm, enum side_id id,
		      bool on);
void range_mark_mfes(struct mgm *m, struct range *r);
/* Both free the object if nothing needs it any more. */
void range_member_reap(struct range_member *rm);
void range_reap(struct mgm *m, struct range *r);
const struct tree_type *tree_of_ranges_due(void);

/* range_pull.c: who has to be told what of them. */
/* Those of one kind that are marked; true once all are told. */
bool range_tell_marked(struct mgm *m, enum mark_kind kind);
int range_tell_member(struct mgm *m, struct mark *mark);
/* Its prunes: when what lies in it has been told. */
int range_tell_ending(struct mgm *m, struct mark *mark);
/* Ranges that lie in sg depend on who pulls that. */
void range_mark_below(struct mgm *m, const struct mgm_sg *sg);
/* Adds those who want something that covers sg. */
void range_cover(const struct mgm *m, const struct mgm_sg *sg,
		 struct client_set *set);
void range_client_gone(struct mgm *m, const struct client *c);

#endif /* XMGM_MGM_RANGE_H */
