/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forwarding entries: which there are and what they forward to (mfe.c), with
 * the lists of oifs they share (oifs.c), what owners override (override.c),
 * static routes (route.c) and what an earlier run has left (adopt.c).
 */
#ifndef XMGM_MGM_MFE_H
#define XMGM_MGM_MFE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/hash.h"
#include "lib/tree.h"
#include "xmgm/mgm.h"

#define RETRY_MS 1000u

struct client;
struct group;
struct iface;
struct named;
struct range;
struct request;
struct source;

TAILQ_HEAD(mfe_list, mfe);
TAILQ_HEAD(adoption_list, adoption);

/* The owner of an oif overrides what memberships say, for one MFE. */
struct override {
	TAILQ_ENTRY(override) in_iface;
	LIST_ENTRY(override) in_mfe;
	struct iface *iface;
	struct mfe *mfe;
	uint32_t said; /* when, by its owner's clock (struct flow_writer) */
	bool on;
};

/* An oif that static routes list. */
struct route_oif {
	TAILQ_ENTRY(route_oif) in_iface;
	struct route_oifs *of;
	struct iface *iface; /* NULL: it has another owner since */
};

/* What a static route lists; those that list the same share it (route_oif.c).
 */
struct route_oifs {
	struct hash_node node; /* by content, while it is `whole` */
	uint32_t uses;	       /* routes that have it */
	uint32_t count;
	bool whole; /* it has not lost any */
	struct route_oif list[];
};

/* Where a flow is wanted that is left to the kernel (left.c). */
struct unserved {
	TAILQ_ENTRY(unserved) in_iface;
	TAILQ_ENTRY(unserved) in_mfe;
	struct iface *iface;
	struct mfe *mfe;
};

TAILQ_HEAD(unserved_list, unserved);

/* A list of oifs and the plane's set of them (oifs.c). */
struct oifs {
	struct hash_node node; /* by content */
	uint32_t set;	       /* the plane's number */
	uint32_t uses;	       /* MFEs that have these */
	bool lost; /* the plane has taken one out: no MFE gets it any more */
	uint32_t count;
	uint32_t list[]; /* sorted */
};

/* How an MFE was found in the plane, until it is one like any other. */
struct adoption {
	TAILQ_ENTRY(adoption) link;
	struct mfe *mfe;
	uint32_t count;
	uint32_t oifs[];
};

/* What an MFE has while clients are asked about it, and what few have. */
struct aside {
	LIST_HEAD(, override) overrides;
	LIST_HEAD(, request) requests;
	struct unserved_list unserved;
	struct offers *offers;	     /* in MFE_CREATION; NULL: none */
	struct wrong_ifs *wrong_ifs; /* NULL: none */
	uint32_t timeout_ms;	     /* LIFE_SAID; 0: as well */
	struct mgm_address upstream; /* of one without `age`; 0: none */
};

/* What it was made for; what each allows stands in a table in mfe.c. */
enum mfe_kind {
	MFE_DATA,      /* by a packet */
	MFE_FOUND,     /* by an earlier run; nobody has said since what for */
	MFE_DERIVED,   /* for a source that is named beside a static (*,G) */
	MFE_ROUTE,     /* a client's static (S,G) */
	MFE_ANY_ROUTE, /* a client's static (*,G) */
};

enum mfe_phase {
	MFE_RPF,      /* the owner of the RPF interface is being asked */
	MFE_CREATION, /* the owners of its oifs are being asked */
	MFE_LIVE,     /* in the plane, or due there */
};

enum mfe_dirty { DIRTY_OIFS = 1, DIRTY_RPF = 2 };

/* How long it lives when nobody wants it: as it is, pruned, or as its owner
 * says. */
enum mfe_life { LIFE_NEGATIVE, LIFE_PRUNED, LIFE_SAID };

/* To be evaluated: nothing, when the call ends, or in a second. */
enum mfe_queue { QUEUE_NONE, QUEUE_DIRTY, QUEUE_RETRY };

/* What only those have that were not made for a static route: they may end
 * when nobody uses them (age.c), and what the RIB says concerns them. */
struct mfe_age {
	TAILQ_ENTRY(mfe) in_negative;
	TAILQ_ENTRY(mfe) in_wheel;
	TAILQ_ENTRY(mfe) in_source;
	struct source *source;	  /* NULL: (*,G) */
	uint64_t expires_ms;	  /* FOREVER: does not age */
	struct adoption *adopted; /* NULL: it was not, or that is over */
	struct mgm_address upstream;
	uint32_t arrival;
	int16_t wheel_slot; /* -1: on no wheel */
};

struct mfe {
	struct tree_node by_source; /* in the group */
	TAILQ_ENTRY(mfe) in_iif;
	TAILQ_ENTRY(mfe) in_dirty;
	TAILQ_ENTRY(mfe) in_pulls;
	struct aside *aside;	   /* NULL: there is none of that */
	struct route_oifs *listed; /* by a static route; NULL: none */
	struct group *group;
	struct iface *iif;	   /* NULL: none yet */
	struct oifs *oifs;	   /* NULL: it is not in the plane */
	struct mgm_address source; /* mfe_source says whether it has one */
	uint32_t put_iif;	   /* as in the plane */
	uint32_t told; /* tag of the iif owner that was told to pull or to prune
			*/
	int16_t route_slot; /* of the client whose static route it is */
	uint16_t turn;	    /* of its iif; void, if that has another */
	uint8_t put_flags;
	uint8_t put_treatment;
	uint8_t dirty : 2; /* enum mfe_dirty */
	uint8_t queue : 2; /* enum mfe_queue: where in_dirty is */
	uint8_t life : 2;  /* enum mfe_life */
	uint8_t phase : 2; /* enum mfe_phase */
	uint8_t kind : 3;  /* enum mfe_kind */
	bool any : 1;	   /* (*,G) */
	bool ages : 1;	   /* it was not made for a static route */
	bool left : 1;	   /* a route that leaves its flow to the kernel */
	bool told_pull : 1;
	bool installed : 1; /* in the plane */
	bool negative : 1;  /* on that list */
	bool releasing : 1; /* in m->release: held packets may go */
	bool pull_due : 1;  /* on the list of those whose owner is to be told */
	bool untold : 1;    /* new: its owner knows that it pulls */
	uint32_t said;	    /* as a route, when, as struct override */
	uint64_t created_ms;
	struct mfe_age age[]; /* one, if it `ages` */
};

/* mfe.c: the table of MFEs and their evaluation. */
struct mfe *mfe_find(struct mgm *m, struct mgm_sg sg);
/*
 * Its iif was given up since, or it is a route of who had its iif before: it is
 * not there any more. Who finds one by other ways than mfe_find passes it by,
 * or lets it go.
 */
bool mfe_void(const struct mfe *mfe);
/* The former. */
bool mfe_given_up(const struct mfe *mfe);
void mfe_let_go(struct mgm *m, struct mfe *mfe);
int mfe_new(struct mgm *m, struct mgm_sg sg, bool ages, struct mfe **out);
void mfe_delete(struct mgm *m, struct mfe *mfe, enum mgm_deletion why);
struct mgm_sg mfe_sg(const struct mfe *mfe);
/* The interface its first packet came in on; 0: it was made without one. */
uint32_t mfe_arrival(const struct mfe *mfe);
/* NULL: it is like any other. */
struct adoption *mfe_adoption(const struct mfe *mfe);
const struct mgm_address *mfe_upstream(const struct mfe *mfe);
/* NULL: none, which cannot fail. -ENOMEM */
int mfe_set_upstream(struct mfe *mfe, const struct mgm_address *upstream);
/* Of its flow; NULL: (*,G). */
const struct mgm_address *mfe_source(const struct mfe *mfe);
/* What the RIB says of that; NULL: its iif never depends on it. */
struct source *mfe_reverse(const struct mfe *mfe);
/* Made if need be; NULL: no memory. */
struct aside *mfe_aside(struct mfe *mfe);
/* Frees it if it is empty. */
void mfe_aside_reap(struct mfe *mfe);
/* The oifs that it has in the plane. */
uint32_t mfe_oif_count(const struct mfe *mfe);
/* Does it stay without data, because it was said so? */
bool mfe_fixed(const struct mfe *mfe);
/* Is it a client's static route itself, which says its own iif? */
bool mfe_is_route(const struct mfe *mfe);
/* Lasts it only while its source is named beside a static (*,G)? */
bool mfe_is_derived(const struct mfe *mfe);
/* An earlier run has left it, and nobody has put it again. */
bool mfe_is_found(const struct mfe *mfe);
void mfe_set_iif(struct mfe *mfe, struct iface *ifc);
void mfe_mark(struct mgm *m, struct mfe *mfe, unsigned int what);
int mfe_evaluate(struct mgm *m, struct mfe *mfe);
void mfe_evaluate_marked(struct mgm *m);
/* Evaluates what waits for it, out of turn. -ENOENT: it is gone now. */
int mfe_catch_up(struct mgm *m, struct mfe *mfe);
void mfe_catch_up_group(struct mgm *m, struct group *g);
void mfe_release(struct mgm *m, struct mfe *mfe);
/* Rules do not let it pass there (enum mgm_rule_flag). */
bool mfe_denied(const struct mfe *mfe, const struct iface *ifc,
		unsigned int direction);
/* The oifs it should have, sorted, in m->scratch; returns how many. wanted:
 * also of one that is left to the kernel. */
size_t mfe_candidates(struct mgm *m, const struct mfe *mfe);
size_t mfe_wanted(struct mgm *m, const struct mfe *mfe);
/*
 * The prefixes by which it may be wanted, in turn: those that cover its flow;
 * of a (*,G) those of its sources as well. NULL: the first one, or no more.
 */
const struct range *mfe_range(const struct mgm *m, const struct mfe *mfe,
			      const struct range *at);
void mfe_tick(struct mgm *m);

/* oifs.c */
bool oifs_equal(const struct oifs *o, const uint32_t *list, size_t count);
/* The one of this sorted list, made if need be; each get needs a put. */
int oifs_get(struct mgm *m, const uint32_t *list, size_t count,
	     struct oifs **out);
void oifs_put(struct mgm *m, struct oifs *o);
/* The interface has no owner: whichever has it is without it in the plane. */
void oifs_lose(struct mgm *m, uint32_t ifid);
/* None, because the flow is left to the kernel. */
int oifs_get_left(struct mgm *m, struct oifs **out);
bool oifs_left(const struct oifs *o);

/* override.c */
int override_set(struct mgm *m, struct mfe *mfe, struct iface *ifc, bool on);
void override_del(struct mgm *m, struct override *o);
struct override *override_find(const struct mfe *mfe, const struct iface *ifc);
/* It does not stand any more. */
bool override_void(const struct override *o);

/* What a static route, or a template, says of the flows it covers. */
struct cover {
	struct iface *iif;
	const struct mgm_address *upstream; /* NULL: it says none */
	const struct route_oifs *listed;    /* NULL: none */
	int16_t slot; /* of the client whose it is; NO_SLOT */
	bool left;    /* to the kernel */
};

/* route.c: static routes. Of an MFE; false: none covers it. */
bool route_cover(const struct mgm *m, const struct mfe *mfe,
		 struct cover *cover);
/* The interface towards a source of a group, by them; NULL: they say none. */
struct iface *route_toward(const struct mgm *m, const struct group *g,
			   const struct mgm_address *source);
/* The static (*,G) route, or NULL. */
struct mfe *route_any(const struct group *g);
int route_name(struct mgm *m, struct group *g, struct named *n);
void route_unname(struct mgm *m, struct group *g,
		  const struct mgm_address *source);
void route_drop(struct mgm *m, struct mfe *mfe);
void route_mark_named(struct mgm *m, const struct mfe *route);

/* route_oif.c: oifs that static routes list, beside memberships. */
/* The list of these, which are sorted by it; NULL if there are none. Each get
 * needs a put. */
int route_oifs_get(struct mgm *m, struct iface **ifaces, size_t count,
		   struct route_oifs **out);
void route_oifs_put(struct mgm *m, struct route_oifs *list);
/* The route lists none any more; the interface is another's now. */
void route_oifs_clear(struct mgm *m, struct mfe *route);
void route_oifs_lost(struct mgm *m, struct iface *ifc);
void route_oifs_mark(struct mgm *m, const struct iface *ifc);

/* treat.c: its treatment's number; 0: none. */
uint8_t treatment_of(const struct mgm *m, const struct mfe *mfe);
/* Has somebody of this group one that its (*,G) entry would not do for? */
bool treatments_of_sources(const struct mgm *m, const struct mgm_prefix *group);

/* left.c: flows that are left to the kernel. */
bool mfe_left(const struct mgm *m, const struct mfe *mfe);
/* Where it is wanted may be elsewhere now. -ENOMEM: not all of it is kept. */
int unserved_update(struct mgm *m, struct mfe *mfe);
void unserved_clear(struct mgm *m, struct mfe *mfe);
void unserved_lost(struct mgm *m, struct iface *ifc);
void unserved_free(struct unserved *u);

/* adopt.c */
bool adopt_keeps(const struct mgm *m, const struct mfe *mfe, uint32_t ifid);
bool adopt_keeps_iif(const struct mgm *m, const struct mfe *mfe);
/* What it was adopted for may be over. */
void adopt_visit(struct mgm *m, struct mfe *mfe);
void adopt_forget(struct mgm *m, struct mfe *mfe);
void adopt_tick(struct mgm *m);
uint64_t adopt_next(const struct mgm *m);

#endif /* XMGM_MGM_MFE_H */
