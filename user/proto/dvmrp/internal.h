/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of DVMRP share; nobody else includes it. Who owns what stands
 * in dvmrp.c.
 */
#ifndef XMGM_PROTO_DVMRP_INTERNAL_H
#define XMGM_PROTO_DVMRP_INTERNAL_H

#include <sys/queue.h>

#include "config.h"
#include "counters.h"
#include "lib/hash.h"
#include "lib/timer.h"
#include "lib/tree.h"
#include "proto/proto.h"
#include "query.h"
#include "tree.h"
#include "wire/dvmrp.h"

#define DVMRP_OLD_NEIGHBOR_MS 140000u /* of neighbours that only report */
#define DVMRP_RESET_MS	      5000u   /* ours: between two restarts of one */
#define DVMRP_PRUNE_MAX_S     7200u
#define DVMRP_PRUNE_MIN_S     6u /* mrouted takes no less */
#define DVMRP_PRUNE_RETRY_MS  3000u
#define DVMRP_GRAFT_RETRY_MS  5000u

#define DVMRP_NEIGHBORS	      64u /* of an interface: bits of a mask */

struct dvmrp;
struct dvmrp_interface;

enum dvmrp_neighbor_state {
	DVMRP_DOWN, /* no such neighbour */
	DVMRP_ONE_WAY,
	DVMRP_TWO_WAY,
	DVMRP_NEIGHBOR_STATES
};

/* What one may expect of a neighbour by its version: neighbor.c has the table.
 */
struct dvmrp_kind {
	bool genid;    /* its probes have one */
	bool prunes;   /* it sends and takes prunes and grafts */
	bool by_probe; /* it is two-way by its probes alone */
	uint32_t timeout_ms;
};

struct dvmrp_neighbor {
	struct dvmrp_interface *interface;
	struct in_addr address;
	unsigned int slot; /* in the interface's array, and bit of its masks */
	enum dvmrp_neighbor_state state;
	uint8_t caps, major, minor;
	uint32_t genid;
	bool genid_known;
	const struct dvmrp_kind *kind;
	uint64_t since_ms; /* in this state */
	uint64_t reset_ms; /* its last restart; 0: none */
	struct timer deadline;
	struct timer full;	  /* its full report goes on */
	struct dvmrp_prefix said; /* the full report came so far */
	bool said_some;
	struct dvmrp_prune_list prunes; /* tree.h */
};

/* An interface that the configuration names. */
struct dvmrp_interface {
	struct dvmrp_interface *next; /* by name */
	struct hash_node by_id;	      /* while it is there */
	struct dvmrp *dvmrp;
	char name[XMGM_IFNAME_LEN];
	uint32_t ifid; /* 0: not there */
	bool wanted;   /* the configuration has it */
	bool up;
	bool owned; /* by us: owner.c */
	bool busy;  /* a take or release is under way */
	bool told;  /* the manager has told of it: `owned` may be another */
	bool warned;
	int refused;
	bool running; /* wanted, owned, up, with an address: interface.c */
	bool point_to_point;
	unsigned int mtu;
	struct proto_address *addresses; /* of IPv4, the primary one first */
	size_t address_count;
	struct in_addr address; /* what we send from */
	struct dvmrp_interface_config config;
	uint32_t genid; /* new whenever it begins to run */
	struct dvmrp_neighbor *neighbors[DVMRP_NEIGHBORS];
	unsigned int neighbor_count;
	uint64_t two_way; /* slots of those that are */
	struct timer probe, report;
	uint64_t report_ms;	  /* the periodic report began */
	struct dvmrp_prefix said; /* it has come so far */
	bool said_some;
	bool joined; /* (*,*), for neighbours: oif.c */
	struct dvmrp_counters counters;
};

enum dvmrp_route_state {
	DVMRP_ROUTE_NONE,      /* no such route */
	DVMRP_ROUTE_DIRECT,    /* a subnet of an interface of ours */
	DVMRP_ROUTE_VALID,     /* a neighbour has said it */
	DVMRP_ROUTE_HELD,      /* hold-down; there is no way */
	DVMRP_ROUTE_RELEARNED, /* hold-down; another neighbour's serves us */
	DVMRP_ROUTE_STATES
};

/*
 * What a route is on an interface that is not its iif, if more is to be said
 * than that we forward and nobody depends on us.
 */
struct dvmrp_branch {
	struct dvmrp_branch *next; /* of the route */
	struct dvmrp_interface *interface;
	struct dvmrp_neighbor *forwarder; /* NULL: we are it */
	uint8_t metric;			  /* as the forwarder says it there */
	uint64_t dependents;		  /* slots of the interface */
};

struct dvmrp_route {
	struct hash_node node;	  /* by prefix */
	struct tree_node ordered; /* by length, then net */
	struct tree_node flash;	  /* the same, if it is to be flashed */
	bool flashing;
	struct dvmrp *dvmrp;
	struct dvmrp_prefix prefix;
	enum dvmrp_route_state state;
	uint8_t metric;			 /* our own, to it; infinity: held */
	struct dvmrp_interface *iif;	 /* NULL: held */
	struct dvmrp_neighbor *upstream; /* NULL: direct, or held */
	uint64_t since_ms;		 /* upstream is this one */
	uint64_t heard_ms;		 /* it has last said it */
	uint64_t held_until_ms;		 /* if it is in hold-down */
	struct in_addr held_from;	 /* who had said it before, */
	uint8_t held_metric;		 /* and with which metric of ours */
	struct timer timer;		 /* expiry, or the end of hold-down */
	struct dvmrp_branch *branches;
	uint32_t report; /* that has it last */
	bool in_rib;
	struct dvmrp_entry_list entries; /* tree.h */
};

struct dvmrp {
	struct proto_services services;
	struct mgm_client *client;
	size_t place; /* in the registry */
	uint64_t now_ms;
	bool listens;
	struct timers timers;
	uint32_t timer_count; /* in objects, on or off */
	struct dvmrp_config config;
	struct dvmrp_interface *interfaces; /* by name */
	struct hash by_id;
	struct hash routes;
	uint32_t of_length[33]; /* how many routes have this length */
	struct tree ordered, flash;
	struct timer flash_timer;
	uint64_t flashed_ms;
	uint32_t report; /* number of the report that is being read */
	struct dvmrp_tree tree;
	struct dvmrp_counters counters;
	uint32_t drawn; /* random numbers so far */
	struct dvmrp_queries queries;
};

/* --- dvmrp.c --------------------------------------------------------------- */

void dvmrp_say(struct dvmrp *d, enum proto_severity severity,
	       const char *format, ...) __attribute__((format(printf, 3, 4)));
/* A number below; 0 for below 1. */
uint32_t dvmrp_random(struct dvmrp *d, uint32_t below);
/* Half to one and a half of it. */
uint32_t dvmrp_jitter(struct dvmrp *d, uint32_t ms);
/*
 * Timers inside objects: room for one more before the object is made (-ENOMEM),
 * and its end, off, before the object is freed, by which the room comes back.
 */
int dvmrp_timer_room(struct dvmrp *d);
void dvmrp_timer_end(struct dvmrp *d, struct timer *timer);
/* Sets it, and has the daemon ask for the next deadline. */
void dvmrp_timer(struct dvmrp *d, struct timer *timer, uint64_t at_ms);
/* Counts it for the interface (may be NULL) and for all. */
void dvmrp_count(struct dvmrp *d, struct dvmrp_interface *in,
		 enum dvmrp_counter which);

/* --- interface.c ----------------------------------------------------------- */

struct dvmrp_interface *dvmrp_interface_find(const struct dvmrp *d,
					     const char *name);
struct dvmrp_interface *dvmrp_interface_by_id(const struct dvmrp *d,
					      uint32_t ifid);
/*
 * After wanted, owned, up or addresses have changed: begins to run (a new
 * genid, its direct routes, probes), or ceases to (as if all its neighbours
 * had expired, its direct routes go).
 */
void dvmrp_interface_refresh(struct dvmrp_interface *in);
/* Is it in one of the interface's subnets; is it ours? */
bool dvmrp_interface_reaches(const struct dvmrp_interface *in,
			     struct in_addr address);
bool dvmrp_interface_is(const struct dvmrp_interface *in,
			struct in_addr address);

#define dvmrp_for_each_interface(d, in) \
	for ((in) = (d)->interfaces; (in); (in) = (in)->next)

/* It is not there any more: as above, and it is forgotten if not wanted. */
void dvmrp_interface_gone(struct dvmrp_interface *in);
/* It is configured from now on, or no longer (config NULL). -ENOMEM */
int dvmrp_interface_configure(struct dvmrp *d, const char *name,
			      const struct dvmrp_interface_config *config);
/* What the manager says of it has changed: reads it, and refreshes. */
void dvmrp_interface_read(struct dvmrp_interface *in);
/* Frees those that are neither wanted nor owned; or all. */
void dvmrp_interface_sweep(struct dvmrp *d, bool all);

/* --- owner.c: the manager's client ----------------------------------------- */

/* Registers while interfaces are wanted, takes and gives back what is to be;
 * called whenever that may have changed, and by the tick. Sets in->owned and
 * calls dvmrp_interface_refresh. Returns when it wants to be called again. */
uint64_t dvmrp_owner_drive(struct dvmrp *d);
/* The manager's callback `ownership`. */
void dvmrp_owner_told(void *arg, uint32_t ifid, uint32_t epoch, int result);

/* --- neighbor.c ------------------------------------------------------------ */

struct dvmrp_neighbor *dvmrp_neighbor_find(const struct dvmrp_interface *in,
					   struct in_addr address);
/* All there are, one-way ones too. */
#define dvmrp_for_each_neighbor(in, n)                                 \
	for (unsigned int slot_ = 0; slot_ < DVMRP_NEIGHBORS; slot_++) \
		if (!((n) = (in)->neighbors[slot_]))                   \
			;                                              \
		else
static inline uint64_t dvmrp_neighbor_bit(const struct dvmrp_neighbor *n)
{
	return UINT64_C(1) << n->slot;
}
/* It is two-way, and by version and flags it sends and takes prunes. */
bool dvmrp_neighbor_prunes(const struct dvmrp_neighbor *n);
const struct dvmrp_kind *dvmrp_kind_of(uint8_t major, uint8_t minor);

/* A probe has come; NULL is no neighbour. */
void dvmrp_neighbor_probe(struct dvmrp_interface *in, struct in_addr from,
			  const struct dvmrp_message *m);
/* Another message has come: the neighbour, if it is two-way (now), or NULL,
 * counted. */
struct dvmrp_neighbor *dvmrp_neighbor_heard(struct dvmrp_interface *in,
					    struct in_addr from,
					    const struct dvmrp_message *m);
struct dvmrp_neighbor *dvmrp_neighbor_two_way(const struct dvmrp_interface *in,
					      struct in_addr address);
/* All of them, and nobody is told: the end. */
void dvmrp_neighbor_free_all(struct dvmrp_interface *in);
/* Those that the configuration does not list (any more) go. */
void dvmrp_neighbor_review(struct dvmrp_interface *in);
/* All of them, as their deadline would. */
void dvmrp_neighbor_drop_all(struct dvmrp_interface *in);

/* --- route.c, branch.c ----------------------------------------------------- */

/* The longest match of those that have a way now; NULL: none. */
struct dvmrp_route *dvmrp_route_lookup(const struct dvmrp *d,
				       struct in_addr source);
struct dvmrp_route *dvmrp_route_find(const struct dvmrp *d,
				     const struct dvmrp_prefix *prefix);
/* It has a way: DIRECT, VALID or RELEARNED. */
bool dvmrp_route_usable(const struct dvmrp_route *r);
/* Do we forward it to this interface, which is not its iif? (While we run
 * there, and have a way.) */
bool dvmrp_route_forwards(const struct dvmrp_route *r,
			  const struct dvmrp_interface *in);
/* Slots of the two-way neighbours there that depend on us for it. */
uint64_t dvmrp_route_dependents(const struct dvmrp_route *r,
				const struct dvmrp_interface *in);
/* What we say of it there, by a report now: 1 to 63; 0: nothing. */
uint8_t dvmrp_route_said(const struct dvmrp_route *r,
			 const struct dvmrp_interface *in);
/* Each in order of (length, net): behind this prefix, NULL: the first. */
struct dvmrp_route *dvmrp_route_after(const struct dvmrp *d,
				      const struct dvmrp_prefix *prefix);

/* branch.c: what a neighbour's word of a route (metric 1 to 63) means on its
 * link, which is not the route's iif. */
void dvmrp_branch_heard(struct dvmrp_route *r, struct dvmrp_neighbor *n,
			uint8_t metric);
/* Our own metric is another: where are we forwarder now? */
void dvmrp_branch_review(struct dvmrp_route *r);
/* It is not two-way any more. */
void dvmrp_branch_neighbor_gone(struct dvmrp_route *r,
				struct dvmrp_neighbor *n);
/* Nothing is to be said of this interface any more, or of all (NULL). */
void dvmrp_branch_drop(struct dvmrp_route *r, struct dvmrp_interface *in);

/* A whole report of a two-way neighbour. */
void dvmrp_route_report(struct dvmrp_neighbor *n,
			const struct dvmrp_message *m);
/* Is two-way no more, or has begun anew: what it said is void. */
void dvmrp_route_neighbor_gone(struct dvmrp_neighbor *n);
/* The subnets of this interface are to be direct routes, if it runs. */
void dvmrp_route_direct(struct dvmrp_interface *in);
void dvmrp_route_start(struct dvmrp *d);
void dvmrp_route_stop(struct dvmrp *d);

/* --- report.c -------------------------------------------------------------- */

/* It is said soon, to all: the minimum flash interval is kept. */
void dvmrp_report_flash(struct dvmrp *d, struct dvmrp_route *r);
/* That we depend on this neighbour from now on, for those routes of its report
 * which we have just taken. */
void dvmrp_report_depend(struct dvmrp_neighbor *n,
			 const struct dvmrp_message *m);
/* All of it to this one. */
void dvmrp_report_full(struct dvmrp_neighbor *n);
/* The interface begins to run: reports go out there from now on. */
void dvmrp_report_begin(struct dvmrp_interface *in);
/* Their timers, of objects that are new. */
void dvmrp_report_init(struct dvmrp_interface *in);
void dvmrp_report_full_init(struct dvmrp_neighbor *n);
void dvmrp_report_start(struct dvmrp *d);
/* It is not to be said any more. */
void dvmrp_report_forget(struct dvmrp *d, struct dvmrp_route *r);
/* We end there: all routes are unreachable. */
void dvmrp_report_farewell(struct dvmrp_interface *in);

/* --- send.c ---------------------------------------------------------------- */

void dvmrp_send_probe(struct dvmrp_interface *in);
/* Ends the packet and sends it; counts what fails. */
int dvmrp_send(struct dvmrp_interface *in, struct dvmrp_writer *w);
/* A prune, graft or ack to a neighbour; with a mask if it takes one. */
int dvmrp_send_sg(struct dvmrp_neighbor *n, enum dvmrp_code code,
		  struct dvmrp_sg sg);
void dvmrp_begin_to(const struct dvmrp_interface *in, struct in_addr target,
		    enum dvmrp_code code, struct dvmrp_writer *w);

/* --- the trees: called by the above ---------------------------------------- */

int dvmrp_tree_start(struct dvmrp *d);
void dvmrp_tree_stop(struct dvmrp *d);
/* Does what is due; returns when it wants to be called next. */
uint64_t dvmrp_tree_tick(struct dvmrp *d);

/*
 * A route has become another: its way (iif, upstream), or that it has one.
 * was: what it was before; of a new one its state is NONE. After `was` a route
 * in state NONE is about to be freed. Not for a metric alone, nor dependents.
 */
struct dvmrp_way {
	enum dvmrp_route_state state;
	struct dvmrp_interface *iif;
	struct dvmrp_neighbor *upstream;
};
void dvmrp_tree_route(struct dvmrp *d, struct dvmrp_route *r,
		      const struct dvmrp_way *was);
/* We forward it there now, or no longer. */
void dvmrp_tree_forwarder(struct dvmrp *d, struct dvmrp_route *r,
			  struct dvmrp_interface *in);
/* This neighbour depends on us for it now, or no longer. */
void dvmrp_tree_dependent(struct dvmrp *d, struct dvmrp_route *r,
			  struct dvmrp_neighbor *n, bool depends);
/*
 * A neighbour is two-way now; has begun anew (another genid or version: its
 * prunes are forgotten, what we sent it too); is two-way no more. After `gone`
 * come the changes of routes and dependents; the neighbour is freed then.
 */
void dvmrp_tree_neighbor_up(struct dvmrp *d, struct dvmrp_neighbor *n);
void dvmrp_tree_neighbor_again(struct dvmrp *d, struct dvmrp_neighbor *n);
void dvmrp_tree_neighbor_gone(struct dvmrp *d, struct dvmrp_neighbor *n);
/* The interface begins to run, or ceases to; its neighbours are gone then. */
void dvmrp_tree_interface(struct dvmrp *d, struct dvmrp_interface *in);
/* Messages of a two-way neighbour that prunes; ours to count and judge. */
void dvmrp_tree_prune(struct dvmrp_neighbor *n, const struct dvmrp_message *m);
void dvmrp_tree_graft(struct dvmrp_neighbor *n, const struct dvmrp_message *m);
void dvmrp_tree_graft_ack(struct dvmrp_neighbor *n,
			  const struct dvmrp_message *m);

/* --- for monitor ---------------------------------------------------- */

/* Events dvmrp-neighbor and dvmrp-route of monitors: "up", "down"; the route is
 * new, has another way, is held, or in state NONE gone. */
void dvmrp_event_neighbor(const struct dvmrp_neighbor *n, const char *what);
void dvmrp_event_route(struct dvmrp *d, const struct dvmrp_route *r);
/* The same of an entry and a neighbour: dvmrp-prune is "received" or "sent",
 * dvmrp-graft as well, or "acknowledged" by it. */
void dvmrp_event_tree(const struct dvmrp_entry *e,
		      const struct dvmrp_neighbor *n, const char *event,
		      const char *what);

#endif /* XMGM_PROTO_DVMRP_INTERNAL_H */
