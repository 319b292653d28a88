/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the manager share; nobody else includes it.
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
 * them. Work that found no memory stays marked and is tried again by a tick.
 */
#ifndef XMGM_MGM_INTERNAL_H
#define XMGM_MGM_INTERNAL_H

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/address.h"
#include "lib/hash.h"
#include "lib/tree.h"
#include "mgm/age.h"
#include "mgm/core.h"
#include "mgm/side.h"
#include "mgm/table.h"

#define CLIENT_SLOTS	    256u
#define CLIENT_WORDS	    (CLIENT_SLOTS / 64)
#define NO_SLOT		    (-1)
#define ACK_DEADLINE_MS	    1000u
#define REPLAY_DEADLINE_MS  10000u
#define REQUEST_DEADLINE_MS 200u /* of RPF and creation together */
#define RPF_DEADLINE_MS	    100u /* of a new flow: the rest is creation's */
#define RETRY_MS	    1000u
#define WHEEL_SLOTS	    1024u
#define WHEEL_STEP_MS	    1000u
#define WRONG_IF_MS	    1000u
#define AGE_SLICE	    2048u /* MFEs read in one tick */
#define RIB_SLICE	    1024u /* sources asked about in one tick */
#define TICK_MAX_MS	    1000u
#define FOREVER		    UINT64_MAX

/* A set of clients, by slot. */
struct client_set {
	uint64_t word[CLIENT_WORDS];
};

struct client {
	bool used;
	bool dead; /* its process is gone; it lasts until it owns nothing */
	uint16_t slot;
	uint32_t generation;
	uint32_t protocol, component;
	enum mgm_role role;
	bool accepts_transfers;
	bool settled; /* what it has not set by now it does not want */
	char name[16];
	struct mgm_callbacks callbacks;
	void *arg;
	uint32_t owned;	     /* interfaces it is on, and handshakes it is in */
	uint32_t rib_routes; /* that it has put */
};

/* Something whose alerts have to be worked out. */
enum mark_kind { MARK_MEMBER, MARK_SOURCE, MARK_GROUP };

TAILQ_HEAD(mark_list, mark);

struct mark {
	TAILQ_ENTRY(mark) link; /* in m->marks of its kind, if `on` */
	uint32_t ifid;		/* where the cause was; 0: several, or none */
	uint8_t kind;		/* enum mark_kind */
	bool on;
	bool several;
};

/* Where the handshake of an interface stands (handshake.c). */
enum hs_state { HS_IDLE, HS_DISABLING, HS_REPLAYING, HS_STATES };

/* The change of owner a handshake is about. */
struct change {
	struct client *by; /* who called, gets `ownership` */
	struct client *to; /* the new owner; NULL: a release */
	int result;	   /* what `ownership` will say */
};

TAILQ_HEAD(member_list, member);
TAILQ_HEAD(mfe_list, mfe);
TAILQ_HEAD(adoption_list, adoption);
TAILQ_HEAD(override_list, override);
TAILQ_HEAD(iface_list, iface);
TAILQ_HEAD(request_list, request);

struct iface {
	struct hash_node node;
	uint32_t ifid;
	bool up;
	struct client *owner; /* a protocol */
	struct client *igmp;
	enum mgm_gate gate;
	uint32_t epoch;
	bool wild[SIDES];    /* (*,*) */
	bool wild_stale;     /* of SIDE_IGMP */
	bool wild_announced; /* LOCAL_JOIN (*,*) was sent to the owner */
	bool wild_listed;
	bool was_wild;		  /* while it is frozen (freeze.c) */
	struct client *was_owner; /* NULL: it is not */
	size_t member_count;
	struct member_list members;
	struct mfe_list mfes; /* it is their iif */
	struct override_list overrides;
	TAILQ_ENTRY(iface) wild_link;

	enum hs_state state;
	uint32_t hs_epoch; /* acknowledgements carry it */
	uint64_t deadline_ms;
	struct change change;
	bool release_after; /* the owner died meanwhile */
	TAILQ_ENTRY(iface) hs_link;
	TAILQ_ENTRY(iface) visit_link; /* while a client is leaving */
};

/* The membership of a group on an interface. */
struct member {
	struct tree_node by_ifid; /* in the group */
	TAILQ_ENTRY(member) in_iface;
	struct mark mark;
	struct group *group;
	struct iface *iface;
	struct side side[SIDES];
	/* What the owner has been told by LOCAL_JOIN. */
	struct src *announced;
	uint32_t announced_count;
	bool any_announced;
	/* What it counted for while its interface is frozen (freeze.c). */
	bool was_any;
	uint32_t was_count;
	struct src *was;
};

struct group {
	struct hash_node node;
	struct tree_node by_group;
	struct mark mark;
	struct mgm_address addr;
	struct tree members;	  /* struct member by ifid */
	struct tree mfes;	  /* struct mfe by source */
	struct tree named;	  /* struct named by source */
	struct mfe *any_route;	  /* the static (*,G) route */
	struct client_set pulled; /* told to pull (*,G) */
};

/* A source some membership of a group names, included or blocked. */
struct named {
	struct tree_node by_source; /* in the group */
	TAILQ_ENTRY(named) in_source;
	struct mark mark;
	struct group *group;
	struct source *source;
	uint32_t count; /* memberships that name it */
	uint32_t was;	/* frozen ones that include it */
	int pulled;	/* slot of the client told to pull (S,G) */
};

/* A prefix that clients have routes to. */
struct rib_prefix {
	struct hash_node node;
	TAILQ_ENTRY(rib_prefix) pending_link;
	struct mgm_prefix prefix;
	bool pending; /* sources it covers are to be asked about again */
	TAILQ_HEAD(, rib_route) routes;
};

struct rib_route {
	TAILQ_ENTRY(rib_route) link;
	struct rib_prefix *at;
	struct client *client;
	struct mgm_address upstream;
	uint32_t ifid, metric;
	uint8_t distance;
};

/* Routes that clients have put (rib_route.c). */
struct rib {
	struct hash prefixes;
	uint32_t v4[33], v6[129]; /* prefixes by length */
	uint32_t count;		  /* routes */
	bool longest;
	TAILQ_HEAD(, rib_prefix) pending;
};

/* Where packets of a source have to come from. */
struct reverse_path {
	uint32_t iif; /* 0: unreachable */
	struct mgm_address upstream;
	bool by_arrival; /* as in struct mgm_rib_answer */
};

/* A source: what the RIB says of it, and what depends on that. */
struct source {
	struct hash_node node;
	struct mgm_address addr;
	struct reverse_path rib;
	TAILQ_ENTRY(source) stale_link;
	bool stale; /* the RIB is to be asked again */
	TAILQ_HEAD(, mfe) mfes;
	TAILQ_HEAD(, named) named;
};

/* The owner of an oif overrides what memberships say, for one MFE. */
struct override {
	TAILQ_ENTRY(override) in_iface;
	LIST_ENTRY(override) in_mfe;
	struct iface *iface;
	struct mfe *mfe;
	bool on;
};

/* A list of oifs and the plane's set of them (oifs.c). */
struct oifs {
	struct hash_node node; /* by content */
	uint32_t set;	       /* the plane's number */
	uint32_t uses;	       /* MFEs that have these */
	uint32_t count;
	uint32_t list[]; /* sorted */
};

/* Until when reports of an MFE's packets on an interface are dropped. */
struct wrong_ifs {
	uint32_t count;
	struct wrong_if {
		uint32_t ifid;
		uint64_t until_ms;
	} list[];
};

/* Candidate oifs of a new MFE, and who has been asked about each. */
struct offers {
	uint32_t count;
	struct offer {
		uint32_t ifid;
		uint16_t slot;
	} list[];
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
	struct offers *offers;	     /* in MFE_CREATION; NULL: none */
	struct wrong_ifs *wrong_ifs; /* NULL: none */
};

enum mfe_phase {
	MFE_RPF,      /* the owner of the RPF interface is being asked */
	MFE_CREATION, /* the owners of its oifs are being asked */
	MFE_LIVE,     /* in the plane, or due there */
};

enum mfe_dirty { DIRTY_OIFS = 1, DIRTY_RPF = 2 };

/* To be evaluated: nothing, when the call ends, or in a second. */
enum mfe_queue { QUEUE_NONE, QUEUE_DIRTY, QUEUE_RETRY };

struct mfe {
	struct tree_node by_source; /* in the group */
	TAILQ_ENTRY(mfe) in_iif;
	TAILQ_ENTRY(mfe) in_source;
	TAILQ_ENTRY(mfe) in_negative;
	TAILQ_ENTRY(mfe) in_wheel;
	TAILQ_ENTRY(mfe) in_dirty;
	TAILQ_ENTRY(mfe) in_release;
	TAILQ_ENTRY(mfe) in_pulls;
	struct aside *aside; /* NULL: there is none of that */
	struct group *group;
	struct source *source; /* NULL: (*,G) */
	struct iface *iif;     /* NULL: none yet */
	struct mgm_address upstream;
	struct oifs *oifs;	  /* NULL: it is not in the plane */
	struct adoption *adopted; /* NULL: it was not, or that is over */
	uint32_t arrival;
	uint32_t put_iif; /* as in the plane */
	uint8_t put_flags;
	uint8_t dirty : 2;  /* enum mfe_dirty */
	uint8_t queue : 2;  /* enum mfe_queue: where in_dirty is */
	uint8_t phase : 2;  /* enum mfe_phase */
	int16_t route_slot; /* of the client whose static route it is */
	int16_t told_slot;  /* iif owner that was told to pull or to prune */
	int16_t wheel_slot; /* -1: on no wheel */
	bool told_pull;
	bool installed; /* in the plane */
	bool reachable; /* the RIB has an interface for its source */
	bool eager;	/* made for a named source of a static (*,G) */
	bool negative;	/* on that list */
	bool releasing; /* on that list: held packets may go */
	bool pull_due;	/* on the list of those whose owner is to be told */
	bool untold;	/* new: its owner knows that it pulls */
	uint64_t created_ms;
	uint64_t expires_ms; /* FOREVER: does not age */
};

/* An RPF or creation request that waits for its answer. */
struct request {
	struct hash_node node; /* by token */
	TAILQ_ENTRY(request) by_deadline;
	LIST_ENTRY(request) in_mfe;
	uint64_t token;
	uint64_t deadline_ms;
	struct client *client;
	struct mfe *mfe;
	bool rpf;
};

/* Alerts leave in this order. */
enum alert_class {
	ALERT_LOCAL_JOIN,
	ALERT_JOIN,
	ALERT_PRUNE,
	ALERT_LOCAL_LEAVE,
	ALERT_OWNERSHIP,
	ALERT_DIRECT,
	ALERT_CLASSES,
};

enum alert_type {
	AL_RPF,
	AL_CREATION,
	AL_JOIN,
	AL_PRUNE,
	AL_LOCAL_JOIN,
	AL_LOCAL_LEAVE,
	AL_WRONG_IF,
	AL_DISABLE,
	AL_ENABLE,
	AL_OWNERSHIP,
	AL_RIB,
	AL_TYPES,
};

STAILQ_HEAD(alert_list, alert);

struct alert {
	STAILQ_ENTRY(alert) link;
	enum alert_type type;
	uint16_t slot; /* to whom, if the generation is still his */
	uint32_t generation;
	struct mgm_sg sg;
	uint32_t ifid;
	uint32_t iif;
	uint32_t epoch;
	int result;
	enum mgm_cause cause;
	uint64_t token;
	struct mgm_address upstream;
	struct mgm_creation_oif *oifs;
	size_t oif_count;
	size_t packet_len;
	uint8_t packet[]; /* packet_len bytes */
};

struct mgm {
	const struct mgm_hooks *hooks;
	struct mgm_limits limits;
	struct mgm_counters counters;
	uint64_t now_ms;
	unsigned int depth;
	bool delivering;
	bool adopting;
	bool uncommitted;

	struct client clients[CLIENT_SLOTS];
	uint32_t client_count;
	uint16_t client_top; /* slots from here up were never used */
	struct hash ifaces;
	struct hash sources;
	struct hash groups;
	struct hash oifs;
	struct tree group_order;
	uint32_t membership_count;
	uint32_t mfe_count;
	uint32_t negative_count;

	struct iface_list wild; /* interfaces with a (*,*) membership */
	struct client_set wild_pulled;
	bool wild_marked;
	uint32_t wild_ifid;
	bool groups_marked; /* every group is to be worked out */

	struct mark_list marks[3]; /* by mark_kind */
	struct mfe_list pulls;
	struct mfe_list dirty;
	struct mfe_list retry; /* the plane refused them */
	uint64_t retry_ms;
	struct mfe_list negative; /* oldest first */
	struct mfe_list release;
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
void core_event(struct mgm *m, const struct mgm_event *event);
void core_event_mfe(struct mgm *m, enum mgm_event_type type,
		    const struct mfe *mfe);

/* grown.c: structs of clients that were compiled with another mgm.h. */
int grown_take(void *own, size_t size, const void *from);
int grown_ask(void *own, size_t size, const void *to);
int grown_give(void *to, const void *own, size_t size);

/* registry.c */
struct client *client_of(struct mgm *m, struct mgm_client *handle);
struct client *client_named(struct mgm *m, uint32_t protocol,
			    uint32_t component);
void client_hold(struct client *c);
void client_drop(struct mgm *m, struct client *c);

/* iface.c: the table of interfaces, and changes without a handshake. */
struct iface *iface_find(const struct mgm *m, uint32_t ifid);
struct iface *iface_get(struct mgm *m, uint32_t ifid);
void iface_reap(struct mgm *m, struct iface *ifc);
struct client *iface_owner(const struct iface *ifc);
bool iface_forwards(const struct iface *ifc);
bool iface_wild(const struct iface *ifc);
void iface_wild_list(struct mgm *m, struct iface *ifc);
int iface_write(struct mgm *m, const struct iface *ifc);
void iface_set_owner(struct mgm *m, struct iface *ifc, struct client *to);
void iface_set_igmp(struct mgm *m, struct iface *ifc, struct client *to);
void iface_mark_mfes(struct mgm *m, struct iface *ifc);
void iface_mark_alerts(struct mgm *m, struct iface *ifc);
void iface_mark_sources(struct mgm *m, struct iface *ifc);
void iface_mark_toward(struct mgm *m, struct iface *ifc);
void iface_event(struct mgm *m, enum mgm_event_type type,
		 const struct iface *ifc, int result);
void iface_tell(struct mgm *m, const struct client *c, const struct iface *ifc,
		uint32_t epoch, int result);
void iface_release(struct mgm *m, struct iface *ifc);
void iface_igmp_off(struct mgm *m, struct iface *ifc);
void iface_client_gone(struct mgm *m, struct client *c);

/* handshake.c */
enum hs_event {
	HS_CHANGE,	/* somebody takes, releases, transfers */
	HS_ACK,		/* IGMP acknowledges the current epoch */
	HS_ACK_LATE,	/* 1 s without it */
	HS_MEMBERSHIP,	/* IGMP sets a membership */
	HS_REPLAYED,	/* replay_complete */
	HS_REPLAY_LATE, /* 10 s without it */
	HS_TAKER_DEAD,	/* the one who would become owner is gone */
	HS_OWNER_DEAD,	/* the owner is gone */
	HS_IGMP_GONE,	/* IGMP releases or dies */
	HS_VANISHED,	/* the interface is gone */
	HS_EVENTS,
};
int hs_event(struct mgm *m, struct iface *ifc, enum hs_event event);
void hs_tick(struct mgm *m);

/* freeze.c: what an interface counts for during a replay. */
void freeze(struct iface *ifc);
void freeze_end(struct mgm *m, struct iface *ifc);
struct client *freeze_owner(const struct iface *ifc);
bool freeze_wild(const struct iface *ifc);
bool freeze_wants_any(const struct member *mb);
bool freeze_includes(const struct member *mb, const struct mgm_address *source);

/* rib.c */
void source_ask(struct mgm *m, struct source *s, uint32_t arrival);
/* A packet has come in there: is that its interface, by an answer that may
 * follow packets? */
bool source_follow(struct mgm *m, struct source *s, uint32_t arrival);
void source_stale(struct mgm *m, struct source *s);
void source_unstale(struct mgm *m, struct source *s);
void rib_slice(struct mgm *m);
void rib_iface_changed(struct mgm *m, uint32_t ifid);

/* rib_route.c: the routes of clients, and the best of all. */
struct reverse_path rib_path(const struct mgm *m,
			     const struct mgm_address *source,
			     uint32_t arrival);
void rib_mark_pending(struct mgm *m);
void rib_tell(struct mgm *m, const struct mgm_prefix *prefix);
void rib_client_gone(struct mgm *m, const struct client *c);
void rib_iface_gone(struct mgm *m, uint32_t ifid);
/* It is up or down, and was not. */
void rib_iface_turned(struct mgm *m, uint32_t ifid);
void rib_free(struct mgm *m);

/* change.c */
int change_replace(struct mgm *m, struct member *mb, enum side_id id,
		   const struct side *now);
int change_add(struct mgm *m, struct member *mb, enum side_id id,
	       const struct mgm_address *source);
void change_cut_any(struct mgm *m, struct member *mb, enum side_id id);
void change_cut_source(struct mgm *m, struct member *mb, enum side_id id,
		       const struct mgm_address *source);
uint32_t change_cut(struct mgm *m, struct member *mb, enum side_id id,
		    bool all);

/* membership.c */
bool member_wants(const struct member *mb, const struct mgm_address *source);
bool member_wants_any(const struct member *mb);
void membership_clear(struct mgm *m, struct iface *ifc, enum side_id id);
void membership_stale(struct iface *ifc);
void membership_sweep(struct mgm *m, struct iface *ifc);

/* mfe.c: the table of MFEs and their evaluation. */
struct mfe *mfe_find(const struct mgm *m, struct mgm_sg sg);
int mfe_new(struct mgm *m, struct mgm_sg sg, struct mfe **out);
void mfe_delete(struct mgm *m, struct mfe *mfe);
struct mgm_sg mfe_sg(const struct mfe *mfe);
/* Of its flow; NULL: (*,G). */
const struct mgm_address *mfe_source(const struct mfe *mfe);
/* Made if need be; NULL: no memory. */
struct aside *mfe_aside(struct mfe *mfe);
/* Frees it if it is empty. */
void mfe_aside_reap(struct mfe *mfe);
/* The oifs that it has in the plane. */
uint32_t mfe_oif_count(const struct mfe *mfe);
bool mfe_static(const struct mfe *mfe);
/* Is it a static route itself? */
bool mfe_is_route(const struct mfe *mfe);
void mfe_set_iif(struct mfe *mfe, struct iface *ifc);
void mfe_mark(struct mgm *m, struct mfe *mfe, unsigned int what);
void mfe_mark_group(struct mgm *m, struct group *g, unsigned int what);
void mfe_mark_all(struct mgm *m, unsigned int what);
int mfe_evaluate(struct mgm *m, struct mfe *mfe);
void mfe_evaluate_marked(struct mgm *m);
void mfe_release(struct mgm *m, struct mfe *mfe);
/* The oifs it should have, sorted, in m->scratch; returns how many. */
size_t mfe_candidates(struct mgm *m, const struct mfe *mfe);
bool mfe_pointless(const struct mfe *mfe);
/* Tries again in a second. */
void mfe_again(struct mgm *m, struct mfe *mfe);
void mfe_tick(struct mgm *m);

/* oifs.c */
bool oifs_equal(const struct oifs *o, const uint32_t *list, size_t count);
/* The one of this sorted list, made if need be; each get needs a put. */
int oifs_get(struct mgm *m, const uint32_t *list, size_t count,
	     struct oifs **out);
void oifs_put(struct mgm *m, struct oifs *o);

/* override.c */
int override_set(struct mgm *m, struct mfe *mfe, struct iface *ifc, bool on);
void override_del(struct mgm *m, struct override *o);
struct override *override_find(const struct mfe *mfe, const struct iface *ifc);
void override_clear(struct mgm *m, struct iface *ifc);

/* flow.c: RPF and creation. */
void flow_rpf(struct mgm *m, struct mfe *mfe, const uint8_t *packet,
	      size_t len);
void flow_unhold(struct mgm *m, struct mgm_sg flow);
void flow_forget_offers(struct mfe *mfe);
void flow_asked(struct mgm *m, struct mfe *mfe);
/* Is some client being asked about it? */
bool flow_asking(const struct mfe *mfe);
void flow_forget_requests(struct mgm *m, struct mfe *mfe);
struct iface *flow_rpf_iface(const struct mgm *m, const struct named *n);
void request_free(struct mgm *m, struct request *r);
void request_client_gone(struct mgm *m, const struct client *c);
void request_tick(struct mgm *m);

/* route.c: static routes. */
const struct mfe *route_cover(const struct mfe *mfe);
int route_name(struct mgm *m, struct group *g, struct named *n);
void route_unname(struct mgm *m, struct group *g,
		  const struct mgm_address *source);
void route_drop(struct mgm *m, struct mfe *mfe);
void route_mark_named(struct mgm *m, const struct mfe *route);
void route_iface_lost(struct mgm *m, struct iface *ifc,
		      const struct client *owner);

/* adopt.c */
bool adopt_keeps(const struct mgm *m, const struct mfe *mfe, uint32_t ifid);
bool adopt_keeps_iif(const struct mgm *m, const struct mfe *mfe);
void adopt_mark(struct mgm *m, const struct iface *ifc);
void adopt_forget(struct mgm *m, struct mfe *mfe);
void adopt_tick(struct mgm *m);
uint64_t adopt_next(const struct mgm *m);

/* alert.c: the queue and its delivery. */
struct alert *alert_new(const struct client *c, enum alert_type type,
			const uint8_t *packet, size_t len);
void alert_push(struct mgm *m, struct alert *a, enum alert_class class);
bool alert_wanted(const struct client *c, enum alert_type type);
int alert_send(struct mgm *m, const struct client *c, enum alert_type type,
	       const struct alert *like);
void alert_ready(struct mgm *m);
void alert_deliver(struct mgm *m);
void alert_free(struct alert *a);

/* pull.c: who has to be told what. */
void mark_init(struct mark *mark, enum mark_kind kind);
void mark_set(struct mgm *m, struct mark *mark, const struct iface *ifc);
void mark_clear(struct mgm *m, struct mark *mark);
void pull_mark_wild(struct mgm *m, const struct iface *ifc);
void pull_tell(struct mgm *m);
void pull_forget_local(struct member *mb);
void pull_registered(struct mgm *m, const struct client *c);
void pull_client_gone(struct mgm *m, const struct client *c);
void pull_mark_mfe(struct mgm *m, struct mfe *mfe, bool created);
void pull_unmark_mfe(struct mgm *m, struct mfe *mfe);
int pull_tell_mfe(struct mgm *m, struct mfe *mfe);

#endif /* XMGM_MGM_INTERNAL_H */
