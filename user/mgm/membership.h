/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups, their memberships, and the sources that memberships name: how they
 * are written (membership.c) and what a change brings with it (change.c). As
 * objects, table.h has them.
 */
#ifndef XMGM_MGM_MEMBERSHIP_H
#define XMGM_MGM_MEMBERSHIP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/hash.h"
#include "lib/tree.h"
#include "mgm/alert.h"
#include "mgm/side.h"

struct iface;
struct mgm;
struct source;

/* The membership of a group on an interface. */
struct member {
	struct tree_node by_ifid; /* in the group */
	TAILQ_ENTRY(member) in_iface;
	struct mark mark;
	struct group *group;
	struct iface *iface;
	struct side side[SIDES];
	/* What the owner has been told by LOCAL_JOIN, and behind that by
	 * LOCAL_BLOCK. */
	struct src *announced;
	uint32_t announced_count, announced_blocks;
	uint32_t announcing; /* void, if the interface's is another */
	bool any_announced;
	/* What it counted for while its interface is frozen, if it has changed
	 * since (freeze.c). */
	bool was_any;
	uint32_t was_count;
	uint32_t freezing; /* void, if the interface's is another */
	struct src *was;
};

struct group {
	struct hash_node node;
	struct tree_node by_group;
	struct tree_node by_flows; /* if it has MFEs */
	struct mark mark;
	struct mgm_address addr;
	/* The roots of trees, which table.c has: their types take no place. */
	struct tree_node *members; /* struct member by ifid */
	struct tree_node *mfes;	   /* struct mfe by source */
	struct tree_node *named;   /* struct named by source */
	struct mfe *any_route;	   /* the static (*,G) route */
	struct told *pulled;	   /* who has been told to pull (*,G) */
	bool walked;		   /* there is a walk over what it has */
	uint32_t any_on; /* where (*,G) is wanted; ANY_MANY: on several */
};

#define ANY_MANY UINT32_MAX

/* pull.c: where (*,G) is wanted, or 0, as group.any_on. */
void group_set_any(struct mgm *m, struct group *g, uint32_t on);

/* A source some membership of a group names, included or blocked. */
struct named {
	struct tree_node by_source; /* in the group */
	TAILQ_ENTRY(named) in_source;
	struct mark mark;
	struct group *group;
	struct source *source;
	uint32_t count;	   /* memberships that name it */
	uint32_t was;	   /* frozen ones that include it */
	uint32_t pulled;   /* tag of the client told to pull (S,G) */
	uint32_t unpulled; /* the interface towards it, if nobody can there */
};

/* pull.c: its place among those that nobody pulls; 0: it is pulled. */
void named_set_unpulled(struct mgm *m, struct named *n, uint32_t ifid);

/* change.c */
int change_replace(struct mgm *m, struct member *mb, enum side_id id,
		   const struct side *now);
int change_add(struct mgm *m, struct member *mb, enum side_id id,
	       const struct mgm_address *source);
void change_cut_any(struct mgm *m, struct member *mb, enum side_id id);
void change_cut_source(struct mgm *m, struct member *mb, enum side_id id,
		       const struct mgm_address *source);

/* What the writer has not said again goes. Returns how much that was. */
uint32_t change_sweep(struct mgm *m, struct member *mb, enum side_id id);
/* Marks what the interface's writer, as it is now, has to say again; what it
 * has not in its time goes. */
void change_freshen(struct mgm *m, struct member *mb, enum side_id id);
/* What a former writer has said goes, and that: of one member, of all of a
 * group. */
void change_drop_former(struct mgm *m, struct member *mb);
/* A share of that, if it is much; true: there is more. */
bool change_drop_share(struct mgm *m, struct member *mb);
void change_drop_formers(struct mgm *m, const struct group *g);

/* membership.c */
/* What the writer wants that is there now. */
const struct side *member_side(const struct member *mb, enum side_id id);
/* As it was when its interface was frozen, if it has not changed since. */
const struct side *member_side_was(const struct member *mb, enum side_id id);
bool member_wants(const struct member *mb, const struct mgm_address *source);
bool member_wants_any(const struct member *mb);
void membership_clear(struct mgm *m, struct iface *ifc, enum side_id id);
void membership_stale(struct iface *ifc, enum side_id id);
/*
 * What the writer has not said again goes; at once what is of no single group,
 * the rest, of the second, in steps of work. Returns how much that was at once.
 */
uint32_t membership_sweep_wide(struct mgm *m, struct iface *ifc,
			       enum side_id id);
uint32_t membership_sweep(struct mgm *m, struct iface *ifc, enum side_id id);

#endif /* XMGM_MGM_MEMBERSHIP_H */
