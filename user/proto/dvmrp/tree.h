/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trees: what becomes of the flows (S,G). Routes say where a flow comes
 * from and who depends on us for it (route.c, branch.c), IGMP where hosts want
 * it (member.c); prunes and grafts say what neighbours want, and what we do not
 * (downstream.c, upstream.c). From all that follows where each MFE of the
 * manager goes on our interfaces (oif.c), and it says, in turn, whether a flow
 * is wanted anywhere, be it by another protocol (manager.c).
 *
 * State is kept per (source network, group), as the draft has it: an entry. The
 * manager has an MFE for each source; those that we know of are flows of their
 * entry.
 */
#ifndef XMGM_PROTO_DVMRP_TREE_H
#define XMGM_PROTO_DVMRP_TREE_H

#include <sys/queue.h>

#include "lib/hash.h"
#include "lib/timer.h"
#include "lib/tree.h"
#include "wire/dvmrp.h"
#include "xmgm/mgm.h"

#define DVMRP_CHECK_MS 300000u /* between two looks at an MFE */

struct dvmrp;
struct dvmrp_entry;
struct dvmrp_flow;
struct dvmrp_interface;
struct dvmrp_neighbor;
struct dvmrp_prune;
struct dvmrp_route;

LIST_HEAD(dvmrp_entry_list, dvmrp_entry);
LIST_HEAD(dvmrp_flow_list, dvmrp_flow);
LIST_HEAD(dvmrp_prune_list, dvmrp_prune);
TAILQ_HEAD(dvmrp_flow_queue, dvmrp_flow);
TAILQ_HEAD(dvmrp_entry_queue, dvmrp_entry);

/* What we have told upstream of an entry: upstream.c has the table. */
enum dvmrp_upstream_state {
	DVMRP_FLOODED,	/* nothing: it comes */
	DVMRP_PRUNED,	/* not to send it */
	DVMRP_GRAFTING, /* to send it again, which it has not acknowledged */
	DVMRP_UPSTREAM_STATES
};

/* A prune that was received. */
struct dvmrp_prune {
	LIST_ENTRY(dvmrp_prune) in_entry;
	LIST_ENTRY(dvmrp_prune) in_neighbor;
	struct dvmrp_entry *entry;
	struct dvmrp_neighbor *neighbor;
	struct timer expiry;
};

struct dvmrp_entry_key {
	struct in_addr group;
	struct dvmrp_prefix net; /* the route's; without one 0.0.0.0/32 */
};

/* A source network, or all sources without a route, and a group. */
struct dvmrp_entry {
	struct tree_node ordered; /* by key */
	LIST_ENTRY(dvmrp_entry) in_route;
	TAILQ_ENTRY(dvmrp_entry) pull_link; /* if `pull` */
	struct dvmrp *dvmrp;
	struct dvmrp_route *route; /* NULL: nobody has a way to them */
	struct dvmrp_entry_key key;
	struct dvmrp_flow_list flows; /* MFEs that there are */
	uint32_t flow_count;
	uint32_t wanted; /* so many of those have an oif */
	bool pull;	 /* somebody wants it, which is to be looked at */
	struct dvmrp_prune_list prunes;
	enum dvmrp_upstream_state state;
	/* If it is not FLOODED: */
	struct dvmrp_neighbor *upstream; /* whom we have told */
	struct in_addr source;	  /* of the packets, as we have said it */
	uint64_t pruned_until_ms; /* life of the prune */
	uint64_t retry_ms;	  /* PRUNED: said again if data comes */
	uint32_t interval_ms;	  /* to the next time */
	struct timer timer;	  /* end of the prune, or the next graft */
};

struct dvmrp_flow_key {
	struct in_addr source, group;
};

/* An MFE. */
struct dvmrp_flow {
	struct hash_node node;	  /* by source and group */
	struct tree_node ordered; /* by the same */
	LIST_ENTRY(dvmrp_flow) in_entry;
	TAILQ_ENTRY(dvmrp_flow) dirty_link; /* if `queued` */
	TAILQ_ENTRY(dvmrp_flow) check_link;
	struct dvmrp_entry *entry;
	struct dvmrp_flow_key key;
	bool wanted;	   /* it has an oif, for all we know */
	bool queued;	   /* dirty_link */
	bool judge;	   /* what `wanted` means upstream */
	bool rest;	   /* how long its MFE lasts */
	bool dirty_all;	   /* oifs are to be said anew: all, */
	uint32_t dirty;	   /* or this one */
	uint64_t check_ms; /* look whether it is still there */
};

/* What IGMP has told us of an interface of ours. */
struct dvmrp_local {
	struct hash_node node; /* by these three */
	uint32_t ifid;
	struct in_addr group;
	struct in_addr source; /* any: (*,G), and what follows is of G */
	bool joined;	       /* (S,G), or (*,G) */
	bool blocked;	       /* S, of those whom (*,G) has */
	uint32_t sources;      /* of (*,G): how many (S,G) are joined */
};

struct dvmrp_tree {
	struct hash flows;
	struct tree sources; /* flows as well */
	struct hash locals;
	struct tree entries;
	struct dvmrp_flow_queue dirty, check;
	struct dvmrp_entry_queue pulls;
	uint32_t entry_count, flow_count, prune_count;
	struct mgm_membership_change *batch; /* of MGM_BATCH */
	size_t batched;
	bool draining;
	struct mgm_sg walked; /* MFEs up to here have been looked at */
	bool walking;
};

/* --- entry.c --------------------------------------------------------------- */

/* Forgets all flows: we are no client of the manager any more. */
void dvmrp_tree_clear(struct dvmrp *d);
/* Behind this one, for who lists them (all zero: the first); NULL: the end. */
const struct dvmrp_entry *dvmrp_entry_after(const struct dvmrp *d,
					    const struct dvmrp_entry_key *key);
struct dvmrp_entry *dvmrp_entry_find(const struct dvmrp *d,
				     const struct dvmrp_route *r,
				     struct in_addr group);
/* The first one of a group, and the next of the same; NULL: no more. */
struct dvmrp_entry *dvmrp_entry_first(const struct dvmrp *d,
				      struct in_addr group);
struct dvmrp_entry *dvmrp_entry_next(const struct dvmrp_entry *e);
/* Frees it if there is nothing to it any more. */
void dvmrp_entry_reap(struct dvmrp_entry *e);
/* Somebody wants it: if it is pruned, that is to end, by the next tick. */
void dvmrp_entry_pull(struct dvmrp_entry *e);

struct dvmrp_flow *dvmrp_flow_find(const struct dvmrp *d, struct in_addr source,
				   struct in_addr group);
/* The first of the sources in a prefix, and the next; NULL: no more. */
struct dvmrp_flow *dvmrp_flow_first(const struct dvmrp *d,
				    const struct dvmrp_prefix *prefix);
struct dvmrp_flow *dvmrp_flow_next(const struct dvmrp_flow *f,
				   const struct dvmrp_prefix *prefix);
/* Made if need be; NULL: over the limit, or no memory, counted. */
struct dvmrp_flow *dvmrp_flow_get(struct dvmrp *d, struct in_addr source,
				  struct in_addr group);
/* Where its entry is another now; freed if there is no room for that. */
void dvmrp_flow_move(struct dvmrp_flow *f, struct dvmrp_route *r);
void dvmrp_flow_free(struct dvmrp_flow *f);
/* It has an oif, or none; what follows from that is for the next tick. */
void dvmrp_flow_want(struct dvmrp_flow *f, bool wanted);
struct mgm_sg dvmrp_flow_sg(const struct dvmrp_flow *f);

/* --- oif.c: calls nothing of the manager but in drain ------------------------
 */

/* Does the flow go out there? r, e: of its source; NULL: there is none. */
bool dvmrp_oif_wanted(const struct dvmrp_route *r, const struct dvmrp_entry *e,
		      struct in_addr source, struct in_addr group,
		      const struct dvmrp_interface *in);
/* Do flows of this entry have to go out there? */
bool dvmrp_oif_pulls(const struct dvmrp_entry *e,
		     const struct dvmrp_interface *in);
/* The manager has to hear what goes out there (NULL: anywhere) anew. */
void dvmrp_oif_mark(struct dvmrp_flow *f, struct dvmrp_interface *in);
void dvmrp_oif_mark_entry(struct dvmrp_entry *e, struct dvmrp_interface *in);
/* To be looked at by drain. */
void dvmrp_oif_queue(struct dvmrp_flow *f);
/* Works off some of what is marked; true: there is more. */
bool dvmrp_oif_drain(struct dvmrp *d);
/* (*,*) is joined where there are neighbours, and nowhere else. */
void dvmrp_oif_flood(struct dvmrp_interface *in);

/* --- upstream.c ------------------------------------------------------------ */

enum dvmrp_upstream_event {
	DVMRP_UNWANTED, /* data comes that nobody wants */
	DVMRP_WANTED,
	DVMRP_ACKED,
	DVMRP_TIMER, /* the prune is over, or the graft is due again */
	DVMRP_RESET, /* upstream knows nothing of it, or is another one */
	DVMRP_UPSTREAM_EVENTS
};

void dvmrp_upstream_event(struct dvmrp_entry *e,
			  enum dvmrp_upstream_event event);
void dvmrp_upstream_init(struct dvmrp_entry *e);
/* How long an MFE of it lasts that nobody wants; 0: as it is. */
uint32_t dvmrp_upstream_rest_ms(const struct dvmrp_entry *e);
/* All of those are to be first ones again. */
void dvmrp_upstream_ask_again(struct dvmrp_entry *e);
/* Somebody wants sg, or what it has: what is pruned of it. */
void dvmrp_upstream_pull(struct dvmrp *d, const struct mgm_sg *sg);

/* --- downstream.c ---------------------------------------------------------- */

/* Slots of the neighbours there whose prune we have. */
uint64_t dvmrp_downstream_pruned(const struct dvmrp_entry *e,
				 const struct dvmrp_interface *in);
/* When the first of its prunes is over; TIMER_NEVER: there is none. */
uint64_t dvmrp_downstream_until(const struct dvmrp_entry *e);
/* It is over, or void; the entry stays. */
void dvmrp_downstream_forget(struct dvmrp_prune *p);
/* This neighbour's, of this entry; NULL: none. */
struct dvmrp_prune *dvmrp_downstream_find(const struct dvmrp_entry *e,
					  const struct dvmrp_neighbor *n);

/* --- member.c -------------------------------------------------------------- */

/* Do hosts there want it? Of any source, or of some? */
bool dvmrp_member(const struct dvmrp *d, uint32_t ifid, struct in_addr source,
		  struct in_addr group);
bool dvmrp_member_any(const struct dvmrp *d, uint32_t ifid,
		      struct in_addr group);
enum dvmrp_local_event {
	DVMRP_LOCAL_JOIN,
	DVMRP_LOCAL_LEAVE,
	DVMRP_LOCAL_BLOCK,
	DVMRP_LOCAL_UNBLOCK,
};
void dvmrp_member_event(struct dvmrp *d, uint32_t ifid, const struct mgm_sg *sg,
			enum dvmrp_local_event event);
/* What there is of interfaces that are not ours any more, or all. */
void dvmrp_member_sweep(struct dvmrp *d, bool all);

/* --- walk.c ---------------------------------------------------------------- */

/* Looks through all MFEs: there may be some that we do not know of. */
void dvmrp_walk_begin(struct dvmrp *d);
/* Some of what is to be looked at; returns when the next is due. */
uint64_t dvmrp_walk_some(struct dvmrp *d);

/* --- manager.c ------------------------------------------------------------- */

const struct mgm_callbacks *dvmrp_callbacks(void);

#endif /* XMGM_PROTO_DVMRP_TREE_H */
