/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the manager, written from its contract (mgm.h and the rules of
 * RFC 2715) and as simple as can be: the facts stand in plain tables, and
 * after each step everything that follows from them is worked out from
 * nothing and compared with what was so before. It shares no code with the
 * manager and knows nothing of how that finds out what has changed.
 *
 * mgm_model_own.c: who is on an interface, handshakes, deaths.
 * mgm_model_grace.c: who is lost, and comes back.
 * mgm_model_member.c: memberships. mgm_model_flow.c: flows, requests, routes.
 * mgm_model_count.c: what of all that has happened. mgm_model_key.c: what
 * covers what. mgm_model_rule.c: what may pass. mgm_model_template.c: routes
 * of prefixes. mgm_model_rib.c: which route is
 * the best. mgm_model_told.c: what is told for information. mgm_model.c: what
 * follows. test_mgm_model.c plays both and compares.
 */
#ifndef XMGM_TESTS_MGM_MODEL_H
#define XMGM_TESTS_MGM_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#define IFS	    8	/* interfaces 1 to 8 */
#define GROUPS	    4	/* groups 1 to 3 */
#define SOURCES	    5	/* sources 1 to 4; 0 is any */
#define PREFIXES    9	/* prefixes 1 to 8, as model_keys has them */
#define RIBS	    8	/* prefixes of sources, see model_rib_prefix */
#define CLIENTS	    6	/* the first two have the IGMP role */
#define PERSONS	    480 /* the lives of clients: person % CLIENTS is which */
#define MAX_ALERTS  2048
#define MAX_REQUEST 64
#define NOBODY	    (-1)

enum model_type {
	SAY_LOCAL_JOIN,
	SAY_JOIN,
	SAY_PRUNE,
	SAY_LOCAL_LEAVE,
	SAY_OWNERSHIP,
	SAY_DISABLE,
	SAY_ENABLE,
	SAY_RPF,
	SAY_CREATION,
	SAY_WRONG_IF,
	SAY_LOCAL_BLOCK,
	SAY_LOCAL_UNBLOCK,
	SAY_INTERFACE,
	SAY_INTERFACE_GONE,
	SAY_MADE,
	SAY_DELETED,
	SAY_REQUEST, /* the class of what comes last */
};

struct model_alert {
	enum model_type type;
	int who;
	uint32_t source, group;
	uint32_t prefix; /* instead of them */
	uint32_t ifid;	 /* 0 for the JOIN and PRUNE of memberships */
	bool mfe;	 /* CAUSE_MFE */
	uint32_t epoch;	 /* for creation: the oifs offered, bit by bit */
	int result;	 /* for creation: those with IGMP */
};

/* What one writer says of one group on one interface. */
struct model_says {
	bool any, any_stale;
	bool block[SOURCES];
	bool include[SOURCES], stale[SOURCES];
};

enum { OWNER, IGMP, WRITERS };

/*
 * What one may pull, but for (S,G): (*,*), prefixes, (*,G). Addresses as
 * numbers, and how many of their bits count. Key PREFIXES + g is group g.
 */
#define KEYS (PREFIXES + GROUPS)

struct model_key {
	uint32_t source, source_bits, group, group_bits;
};

/* Of what may pass an interface. */
struct model_rule {
	bool in, out, deny;
	struct model_key key;
};

#define MODEL_RULE_LISTS 8
#define MODEL_RULES	 2

struct model_side {
	bool wild, wild_stale;
	bool prefix[PREFIXES], prefix_stale[PREFIXES];
	struct model_says group[GROUPS];
};

/* What an interface counts for: whose it is, what is wanted there. */
struct model_count {
	int who;
	bool wild;
	bool prefix[PREFIXES];
	bool any[GROUPS];
	bool include[SOURCES][GROUPS], block[SOURCES][GROUPS];
};

/* What everybody knows of an interface: that it is there, and whose it is. */
struct model_seen {
	bool known, igmp;
	int owner; /* which client */
};

enum model_stage { IDLE, DISABLING, REPLAYING };
enum model_gate { OFF, ON, HELD };

struct model_port {
	bool up;
	bool linked; /* the manager has been told of it */
	bool link_changed, no_wrong_if;
	uint32_t rules;	       /* which list of them */
	bool down, down_stale; /* IGMP says that another router forwards */
	struct model_seen seen;
	int owner, igmp;
	enum model_gate gate;
	uint32_t epoch;
	struct model_side side[WRITERS];
	struct model_count was;	 /* in REPLAYING: before the flip */
	struct model_count told; /* what the owner knows of IGMP here */
	enum model_stage stage;
	int by, to, result;
	bool release_after;
	bool unsaid[WRITERS];	  /* he was lost, and has not taken it again */
	bool to_unsaid;		  /* the same of the one it will be */
	uint64_t deadline, begun; /* in which order they began */
	uint32_t hs_epoch;
};

enum model_phase { NO_FLOW, ASK_RPF, ASK_CREATION, LIVE };

struct model_flow {
	enum model_phase phase;
	int route;	 /* whose static route it is */
	bool stale;	 /* its client was lost since */
	uint32_t listed; /* oifs that the route lists, bit by bit */
	bool left;	 /* the route leaves it to the kernel */
	bool eager;
	bool dirty;
	uint32_t iif, put_iif, arrival, oifs;
	int8_t override[IFS + 1];
	bool override_stale[IFS + 1];
	int offered[IFS + 1];
	uint64_t created, wrong[IFS + 1];
	int told;
	bool told_pull, untold;
	bool there; /* in the cache, and its owners know */
	/* What the answer to the RPF question rests on. */
	uint32_t at_rib, at_iif, at_cover;
	int at_rib_owner, at_iif_owner;
};

/* A static route of a prefix, or what one says. */
struct model_template {
	int who;
	uint32_t iif, listed;
	bool left, stale;
};

#define TEMPLATES 6

struct model_request {
	bool open, rpf;
	int who;
	uint32_t source, group;
	uint64_t deadline, token;
};

struct model_rib_route {
	bool there, stale;
	uint32_t ifid;
	uint8_t distance;
};

/* The best route to a source. */
struct model_best {
	uint32_t ifid; /* 0: there is none */
	int who;       /* which client's; NOBODY: the kernel's */
	uint8_t distance, length;
};

/* Where a flow has been in this step. */
struct model_been {
	uint32_t iifs, oifs; /* bit by bit */
	uint32_t first;	     /* those oifs with which it began */
	bool nowhere;	     /* without an iif, and in the cache */
	bool loose; /* when it goes is work, or in the order routes came in */
	bool fixed; /* a static route, or beside one */
};

#define MODEL_CONNECTED	    1u /* the source that the kernel has connected */
#define MODEL_KERNEL_LENGTH 24u

struct model {
	uint64_t now, begun;
	int client[CLIENTS]; /* the person it is now, or NOBODY */
	bool alive[PERSONS];
	bool lost[PERSONS];	/* until grace_end, then he is dead */
	bool returned[PERSONS]; /* until grace_end, then he is settled */
	uint64_t grace_end[PERSONS];
	bool silent[PERSONS]; /* he missed a deadline, and has not called */
	struct model_port port[IFS + 1];
	struct model_template template[TEMPLATES];
	struct model_flow flow[SOURCES][GROUPS];
	struct model_flow gone[SOURCES][GROUPS]; /* as it was deleted */
	struct model_been been[SOURCES][GROUPS];
	bool listened[IFS + 1][PERSONS]; /* in this step */
	uint32_t first_epoch[IFS + 1];	 /* before it */
	struct model_request request[MAX_REQUEST];
	uint32_t kernel[SOURCES]; /* its routes */
	struct model_rib_route route[CLIENTS][RIBS];
	bool longest;
	uint32_t rib[SOURCES]; /* the best of all */
	bool told[PERSONS][KEYS];
	uint32_t wide[KEYS]; /* the keys, from wide to narrow */
	bool covers[KEYS][KEYS], covers_flow[KEYS][SOURCES][GROUPS];
	int told_source[SOURCES][GROUPS];
	struct model_alert alert[MAX_ALERTS]; /* of this step */
	unsigned int alerts;
	unsigned int puts; /* in this step, before its end (model_put) */
	bool abandoned;	   /* in this step an interface was, with its flows */
	bool swept; /* in this step a replay has ended: the sweep has slices */
};

/* mgm_model.c */
void model_init(struct model *w, uint64_t now);
/* A step begins. */
void model_begin(struct model *w);
/* Who is told of an interface now, may be somebody else later in the step. */
void model_listened(struct model *w);
void model_fail(const char *what);
int model_owner(const struct model_port *p);
int model_listener(const struct model_port *p);
bool model_asks(const struct model *w, int who, bool rpf);
void model_say(struct model *w, struct model_alert a);
void model_count_now(const struct model_port *p, struct model_count *c);
void model_put(struct model *w);
/* The interface towards a source: a static route's, else the RIB's. */
uint32_t model_toward(const struct model *w, uint32_t s, uint32_t g);
/* All that follows from the facts; once, at the end of a step. */
void model_settle(struct model *w);
void model_registered(struct model *w, int k, int person);
bool model_person_used(const struct model *w, int person);

/* mgm_model_rib.c */
void model_rib_prefix(uint32_t i, uint32_t *number, uint8_t *length);
/* *count: how many routes are candidates, also those that are down. */
struct model_best model_rib_best(const struct model *w, uint32_t s,
				 unsigned int *count);
/* Sources are asked about again: when a call ends, and between deaths. */
void model_rib(struct model *w);
void model_rib_put(struct model *w, int who, uint32_t i,
		   struct model_rib_route route);
int model_rib_del(struct model *w, int who, uint32_t i);
/* A client is gone, or (NOBODY) an interface. */
void model_rib_gone(struct model *w, int who, uint32_t ifid);
/* He has to put them again; what he has not put again goes. */
void model_rib_stale(struct model *w, int who);
void model_rib_sweep(struct model *w, int who);

/* mgm_model_told.c: what is told for information. */
void model_interfaces(struct model *w);
void model_made(struct model *w, uint32_t s, uint32_t g);
/* A (*,G) is not there if it would take what only some sources are wanted for.
 */
void model_withhold(struct model *w, uint32_t s, uint32_t g);
void model_deleted(struct model *w, uint32_t s, uint32_t g);
/*
 * Of a deletion that is work in slices: may this one be told, and does he have
 * to be? He has been told of an interface that the flow has been on; and he
 * must be if the flow was on one of his all the time.
 */
bool model_deletion_may(const struct model *w, const struct model_alert *a);
bool model_deletion_must(const struct model *w, const struct model_alert *a);
int model_wrong_if_alerts(struct model *w, int who, uint32_t ifid, bool on);
int model_forward(struct model *w, int who, uint32_t ifid, bool on);

/* mgm_model_key.c */
struct model_key model_key(uint32_t k);
/* Works out what covers what, once. */
void model_keys(struct model *w);
struct model_key model_flow_key(uint32_t s, uint32_t g);
bool model_covers(struct model_key wide, struct model_key narrow);
/* Does somebody want some sources of this group alone, or let them pass? */
bool model_withheld(const struct model *w, uint32_t g);

/* mgm_model_template.c */
struct model_key model_template_key(uint32_t i);
/* What static routes say of a flow; nobody's: none does. */
struct model_template model_cover(const struct model *w, uint32_t s,
				  uint32_t g);
/* Is there one of some sources of this group alone? */
bool model_templates_of(const struct model *w, uint32_t g);
int model_template_put(struct model *w, int who, uint32_t i,
		       struct model_template t);
int model_template_del(struct model *w, int who, uint32_t i);
void model_templates_lost(struct model *w);
void model_templates_stale(struct model *w, int who, uint32_t ifid);
void model_templates_swept(struct model *w, int who, uint32_t ifid);

/* mgm_model_rule.c */
const struct model_rule *model_rules(uint32_t list);
bool model_denied(const struct model *w, uint32_t ifid, bool out,
		  struct model_key key);
bool model_flow_denied(const struct model *w, uint32_t ifid, bool out,
		       uint32_t s, uint32_t g);
/* Do the rules of some interface tell the sources of this group apart? */
bool model_chooses(const struct model *w, uint32_t g);

/* mgm_model_own.c: each returns what the manager has to. */
int model_take(struct model *w, int who, uint32_t ifid);
int model_release(struct model *w, int who, uint32_t ifid);
int model_transfer(struct model *w, int who, uint32_t ifid, int to);
int model_disabled(struct model *w, int who, uint32_t ifid, uint32_t epoch);
int model_replayed(struct model *w, int who, uint32_t ifid, uint32_t epoch);
void model_dead(struct model *w, int who);
void model_end(struct model *w, uint32_t ifid);
void model_igmp_lost(struct model *w, uint32_t ifid);
void model_igmp_gone(struct model *w, uint32_t ifid);
void model_owner_dead(struct model *w, uint32_t ifid);
void model_taker_dead(struct model *w, uint32_t ifid);
void model_stale(struct model *w, uint32_t ifid, int id);
void model_sweep(struct model *w, uint32_t ifid, int id);
int model_deregister(struct model *w, int who);
void model_gone(struct model *w, uint32_t ifid);
void model_tick(struct model *w);

/* mgm_model_grace.c */
uint64_t model_grace(int who);
void model_grace_lost(struct model *w, int who);
void model_grace_back(struct model *w, int who);
bool model_owns(const struct model *w, int who, uint32_t ifid);
int model_retake(struct model *w, int who, uint32_t ifid);
void model_grace_settled(struct model *w, int who);
void model_graces(struct model *w);

/* mgm_model_member.c */
int model_add(struct model *w, int who, uint32_t ifid, uint32_t s, uint32_t g,
	      unsigned int flags);
int model_del(struct model *w, int who, uint32_t ifid, uint32_t s, uint32_t g,
	      unsigned int flags);
int model_prefix(struct model *w, int who, uint32_t ifid, uint32_t prefix,
		 unsigned int flags, bool add);
int model_set(struct model *w, int who, uint32_t ifid, uint32_t g, bool exclude,
	      const bool listed[SOURCES]);
int model_route_put(struct model *w, int who, uint32_t s, uint32_t g,
		    uint32_t iif, uint32_t listed, bool left);
int model_route_del(struct model *w, int who, uint32_t s, uint32_t g);
void model_upcall(struct model *w, uint32_t s, uint32_t g, uint32_t arrival);
void model_wrong_if(struct model *w, uint32_t s, uint32_t g, uint32_t arrival);
int model_rpf_reply(struct model *w, int who, uint64_t token, uint32_t iif);
int model_creation_reply(struct model *w, int who, uint64_t token,
			 uint32_t refused);
bool model_wanted(const struct model *w, const struct model_side *side,
		  uint32_t s, uint32_t g);
uint32_t model_oifs(const struct model *w, uint32_t s, uint32_t g);
bool model_left(const struct model *w, uint32_t s, uint32_t g);
/* Flows left to the kernel that others want on this interface. */
uint32_t model_unserved(const struct model *w, uint32_t ifid);
bool model_static(const struct model *w, uint32_t s, uint32_t g);
void model_flow_delete(struct model *w, uint32_t s, uint32_t g);
/*
 * In slices, interfaces that are left in one step may be left before or after
 * the flows of one have moved to another, where they are deleted, or from which
 * they would have moved on. The model agrees to either: there, as long as it is
 * on nobody's interface or where its source is behind now, or not; and to a
 * flow that went with the first.
 */
bool model_flow_may_stay(const struct model *w, uint32_t s, uint32_t g,
			 uint32_t iif);
bool model_flow_either(struct model *w, uint32_t s, uint32_t g, bool there,
		       uint32_t iif);
/*
 * In slices, when an interface got another owner, or routes went, and more came
 * of it, a flow whose new owner is being asked may still be where it was, or
 * where it was in between; and one that has no iif any more is said to come in
 * where it did last, which may be either as well.
 */
bool model_flow_may(const struct model *w, uint32_t s, uint32_t g,
		    uint32_t iif);
/*
 * It is there, with these oifs, and its iif has an owner (owned), or not, or it
 * has none: the model agrees. false: it was so anyway.
 */
struct model_stays {
	uint32_t iif, oifs;
	bool owned;
};

bool model_flow_left(struct model *w, uint32_t s, uint32_t g,
		     struct model_stays at);
void model_route_drop(struct model *w, uint32_t s, uint32_t g);
void model_flows(struct model *w);
void model_requests_gone(struct model *w, int who);
void model_requests_late(struct model *w);
void model_requests_due(struct model *w);
void model_routes_lost(struct model *w);
void model_routes(struct model *w);
void model_derive(struct model *w);
void model_overrides_clear(struct model *w, uint32_t ifid);

#endif /* XMGM_TESTS_MGM_MODEL_H */
