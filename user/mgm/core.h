/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager, as the daemon sees it: how it is made, what it needs from its
 * surroundings, and the events that are fed to it. Clients use mgm.h.
 *
 * The manager is pure: it makes no syscalls, reads no clock and prints
 * nothing. Time comes in as an argument, work goes out through hooks.
 */
#ifndef XMGM_MGM_CORE_H
#define XMGM_MGM_CORE_H

#include "xmgm/mgm.h"

#define MGM_NAME_LEN 16 /* of a client, with its end */

/* May a client register by this name? (struct mgm_registration) */
bool mgm_name_ok(const char *name);

/* Of an MFE, for whoever adopts it later. */
enum mgm_mfe_flag {
	MGM_MFE_STATIC = 2,  /* from a static route; never ages */
	MGM_MFE_DERIVED = 4, /* made of a static (*,G), not a route */
};

/* What the plane has counted for an MFE. */
struct mgm_mfe_counts {
	uint64_t packets, bytes, wrong_if;
	uint64_t last_used_ms; /* as mgm time */
};

/* What the plane has counted for an oif set: each packet goes to each oif. */
struct mgm_set_counts {
	uint64_t packets, bytes; /* since it was filled */
};

/* An MFE as an earlier run has left it in the plane. */
struct mgm_mfe_found {
	uint32_t iif;
	uint32_t set;	     /* as set_get numbers them, or MGM_SET_KERNEL */
	uint32_t flags;	     /* enum mgm_mfe_flag */
	uint64_t created_ms; /* as mgm time */
};

/* What the kernel's routing table says about a source. */
struct mgm_rib_answer {
	uint32_t iif;		     /* ifid; 0: unreachable */
	struct mgm_address upstream; /* any: directly connected */
	/* It would be `arrival` if that were another one of several: a packet
	 * from there asks again. */
	bool by_arrival;
	bool connected; /* its network is ours: distance 0 */
	uint8_t length; /* of the route's prefix */
	uint32_t metric;
};

/* What happened, for monitor and the log. Fields that do not apply are 0. */
enum mgm_event_type {
	MGM_EV_IGMP_DISABLE = 1, /* ifid, epoch */
	MGM_EV_OWNER,		 /* ifid, epoch, protocol */
	MGM_EV_IGMP_ENABLE,	 /* ifid, epoch */
	MGM_EV_REPLAY_COMPLETE,	 /* ifid, epoch; result: -ETIMEDOUT if late */
	MGM_EV_JOIN,		 /* ifid, sg, protocol */
	MGM_EV_LEAVE,		 /* ifid, sg, protocol */
	MGM_EV_MFE_ADD,		 /* sg, ifid is the iif */
	MGM_EV_MFE_CHANGE,	 /* sg, ifid is the iif */
	MGM_EV_MFE_DEL,		 /* sg, ifid is the iif */
	MGM_EV_WRONG_IF,	 /* sg, ifid is the arrival interface */
	MGM_EV_IGMP_SILENT,	 /* ifid; IGMP is taken off there */
	MGM_EV_CLIENT_ADD,	 /* protocol, component: registered */
	MGM_EV_CLIENT_LOST,	 /* the same: its grace time begins */
	MGM_EV_CLIENT_BACK,	 /* the same, in its grace time */
	MGM_EV_CLIENT_DEL,	 /* the same: deregistered or dead */
	MGM_EV_VAIN, /* ifid; what is wanted there, or from there, in vain */
};

struct mgm_event {
	enum mgm_event_type type;
	uint32_t ifid;
	uint32_t epoch;
	uint32_t protocol;
	uint32_t component; /* of those of clients */
	struct mgm_sg sg;
	int result;
};

#define MGM_SET_KERNEL 2u /* the set of a flow that is left to the kernel */

/*
 * The forwarding plane and the RIB. Oif sets are interned by the plane: equal
 * sets share a number, each set_get needs one set_put. mfe_put creates or
 * changes (counters survive a change). Calls are queued until commit, in
 * order; the manager calls commit once at the end of each of its own calls.
 * mfe_put: set is one that set_get has given, or MGM_SET_KERNEL: the flow, and
 * what is held of it, is the kernel's. flags are enum mgm_mfe_flag.
 */
struct mgm_hooks {
	void *arg;
	/* Gate, owner and epoch are visible in the map when this returns. */
	int (*interface_set)(void *arg, uint32_t ifid, uint32_t owner,
			     enum mgm_gate gate, uint32_t epoch);
	/* When this returns nothing is forwarded from there, nor to there: sets
	 * that name it are without it, and set_get hands them out no more. */
	void (*interface_del)(void *arg, uint32_t ifid);
	/* -ENOSPC, -ENOMEM; count 0 gives the negative set. oifs sorted. */
	int (*set_get)(void *arg, const uint32_t *oifs, size_t count,
		       uint32_t *set);
	void (*set_put)(void *arg, uint32_t set);
	int (*mfe_put)(void *arg, const struct mgm_sg *flow, uint32_t iif,
		       uint32_t set, uint32_t flags);
	int (*mfe_del)(void *arg, const struct mgm_sg *flow);
	/* Lets the packets held for a flow go (after mfe_put), or drops them
	 * (no MFE). */
	void (*flow_release)(void *arg, const struct mgm_sg *flow);
	int (*commit)(void *arg);
	/* -ENOENT: not in the plane. */
	int (*mfe_read)(void *arg, const struct mgm_sg *flow,
			struct mgm_mfe_counts *counts);
	int (*set_read)(void *arg, uint32_t set,
			struct mgm_set_counts *counts); /* or NULL */
	/* arrival: the ifid a packet of the source has come in on; 0: none has
	 * that we know of. */
	int (*rib_lookup)(void *arg, const struct mgm_address *source,
			  uint32_t arrival, struct mgm_rib_answer *answer);
	void (*event)(void *arg, const struct mgm_event *event); /* or NULL */
};

/* Limits; 0 takes the default. */
struct mgm_limits {
	uint32_t clients;     /* 256, which is also the most */
	uint32_t interfaces;  /* MGM_INTERFACES */
	uint32_t memberships; /* 1048576 */
	uint32_t mfes;	      /* 131072; the size of `mfc` */
	uint32_t negative;    /* 16384; of the above */
	uint32_t oifs;	      /* MGM_OIFS, of one MFE */
	uint32_t mfe_idle_ms; /* 210000: an unused MFE dies (RFC 4601 4.3.1) */
	uint32_t negative_ms; /* 10000: life of a negative MFE nobody pruned */
	/* 15000: an adopted MFE keeps its oifs so long after mgm_adopted: the
	 * time in which hosts answer IGMP's first queries. */
	uint32_t adopt_ms;
	uint32_t rib_routes; /* 65536: of all clients together */
	uint32_t links;	     /* 65536: there, used or not */
	uint32_t slice;	     /* 512: steps of work in one call or tick */
	/* 4096: that memberships name, or that somebody is still told to pull
	 * because of what covers them. */
	uint32_t prefixes;
};

/* Refusals and oddities, for `show stats`. */
#define MGM_COUNTERS(X)                                                    \
	X(calls_refused, "calls answered with an error")                   \
	X(gate_held, "memberships refused while the gate was held")        \
	X(stale_epoch, "acknowledgements with an old epoch")               \
	X(igmp_silent, "IGMP deregistered: no acknowledgement in 1 s")     \
	X(replay_late, "replays not completed in 10 s")                    \
	X(replay_swept, "memberships swept after a replay")                \
	X(clients_lost, "clients whose connection was lost")               \
	X(grace_over, "lost clients that did not come back in time")       \
	X(grace_swept, "what clients that came back did not say again")    \
	X(request_timeouts, "RPF and creation requests without an answer") \
	X(clients_silent,                                                  \
	  "clients not asked until they speak: a deadline passed")         \
	X(limit_clients, "registrations over the limit")                   \
	X(limit_memberships, "memberships over the limit")                 \
	X(limit_prefixes, "memberships of prefixes over the limit")        \
	X(limit_mfes, "MFEs over the limit")                               \
	X(limit_negative, "negative MFEs over the limit")                  \
	X(plane_errors, "errors from the forwarding plane")                \
	X(upcalls, "upcalls received")                                     \
	X(upcalls_stale, "upcalls for a flow that had its MFE already")    \
	X(no_rib_route, "flows whose source is unreachable")               \
	X(limit_rib_routes, "routes to sources over the limit")            \
	X(limit_interfaces, "interfaces over the limit")                   \
	X(limit_links, "links over the limit")                             \
	X(limit_oifs, "oifs over the limit of one MFE")                    \
	X(steps, "steps of work done after changes")                       \
	X(alerts_lost, "handshake, RIB and other alerts without memory")

struct mgm_counters {
#define MGM_COUNTER_FIELD(id, text) uint64_t id;
	MGM_COUNTERS(MGM_COUNTER_FIELD)
#undef MGM_COUNTER_FIELD
};

/* Returns NULL with errno set. hooks must outlive the manager. */
struct mgm *mgm_new(const struct mgm_hooks *hooks,
		    const struct mgm_limits *limits, uint64_t now_ms);
void mgm_free(struct mgm *m);

/* A client whose process has gone: releases everything first, in order of
 * ifids, and cannot fail. */
void mgm_client_dead(struct mgm *m, struct mgm_client *client);

/*
 * Moves time: aging, deadlines, replays. Returns when it wants to be called
 * next (absolute ms): now, while work is left that is more than one call may
 * do. Every event function below takes the time as well.
 */
uint64_t mgm_tick(struct mgm *m, uint64_t now_ms);
/* The same answer without moving time: calls in between may have started
 * something that ends earlier. */
uint64_t mgm_deadline(const struct mgm *m);

/* First packet of an unknown flow: packet is the IP packet. */
void mgm_upcall(struct mgm *m, uint64_t now_ms, struct mgm_sg flow,
		uint32_t arrival, const uint8_t *packet, size_t len);
void mgm_wrong_if(struct mgm *m, uint64_t now_ms, struct mgm_sg flow,
		  uint32_t arrival, const uint8_t *packet, size_t len);

/*
 * What may pass an interface: the first of its rules that a flow fits decides,
 * what none fits may. A rule fits flows in its prefix of groups and, both
 * together, in its prefix of sources; any are prefixes of length 0.
 */
enum mgm_rule_flag {
	MGM_RULE_IN = 1,  /* of what arrives: it is not forwarded at all */
	MGM_RULE_OUT = 2, /* of what would leave: it is no oif */
	MGM_RULE_DENY = 4,
};

struct mgm_rule {
	uint32_t flags; /* enum mgm_rule_flag */
	struct mgm_sg sg;
};

/*
 * What becomes of the packets of some flows besides being copied, as the plane
 * knows it by a number, which stands in the flags of mfe_put. Of those whose
 * prefixes a flow is in the longest prefix of groups counts, then the longest
 * of sources. per_flow: a (*,G) entry would not do for it.
 */
struct mgm_treatment {
	struct mgm_sg sg;
	uint8_t number; /* 1 to 255 */
	bool per_flow;
};

#define MGM_TREATMENTS	    255u
#define MGM_TREATMENT_SHIFT 24 /* in the flags of mfe_put, and as found */

/* All there are; they are copied. -ENOSPC, -ENOMEM: those before stay. */
int mgm_treatments_set(struct mgm *m, uint64_t now_ms,
		       const struct mgm_treatment *treatments, size_t count);

/* An interface as it is now, owned or not. What is handed in is copied. */
struct mgm_link {
	uint32_t ifid;
	const char *name; /* as much of it as struct mgm_interface_info holds */
	uint32_t flags;	  /* enum mgm_interface_flag */
	uint32_t mtu;
	uint32_t ttl_threshold;			       /* 0 is as 1 */
	const struct mgm_interface_address *addresses; /* primary one first */
	size_t address_count;
	const struct mgm_rule *rules;
	size_t rule_count;
};

/*
 * Interfaces. changed: it is new, or something of it may be another than it
 * was; MFEs that name it are evaluated again if they depend on that. -ENOSPC,
 * -ENOMEM: it stays as it was. gone: it is gone with everything on it.
 */
int mgm_interface_changed(struct mgm *m, uint64_t now_ms,
			  const struct mgm_link *link);
void mgm_interface_gone(struct mgm *m, uint64_t now_ms, uint32_t ifid);

/* The kernel's routes to sources in prefix may have changed: evaluate those
 * MFEs. */
void mgm_rib_changed(struct mgm *m, uint64_t now_ms,
		     const struct mgm_prefix *prefix);

/* Between routes of several clients: the longest match first, not the lowest
 * distance. */
void mgm_rib_longest(struct mgm *m, bool longest);

/*
 * At start, before any client registers: an MFE found in the plane. It keeps
 * forwarding as it is until mgm_adopted, which says that the clients are back.
 * From then on the static ones that nobody put again are gone, and of the
 * others' oifs those without an owner, or with one that is settled
 * (mgm_client_settled) and no IGMP; what memberships add comes in. After
 * limits.adopt_ms more an adopted MFE is like any other: oifs nobody has asked
 * for since go, and MFEs nobody wants.
 */
int mgm_adopt_mfe(struct mgm *m, struct mgm_sg flow,
		  const struct mgm_mfe_found *found, const uint32_t *oifs,
		  size_t count);
void mgm_adopted(struct mgm *m, uint64_t now_ms);

/*
 * At start as well: the epoch an interface was left with. It goes on from
 * there, so that whoever reads the maps sees every change. -ENOSPC, -ENOMEM
 */
int mgm_adopt_interface(struct mgm *m, uint32_t ifid, uint32_t epoch);

/*
 * The connection of a client is gone, and its handle with it. With a grace time
 * (mgm_registration) the client stays, silently: nobody is told or asked, but
 * what it owns and wants is in force until it comes back, or until the time is
 * over. Without, or then, it is as after mgm_client_dead.
 */
void mgm_client_lost(struct mgm *m, uint64_t now_ms, struct mgm_client *client);

const struct mgm_counters *mgm_counters(const struct mgm *m);

/*
 * Flows that are left to the kernel (MGM_ROUTE_LEAVE_TO_KERNEL) and that others
 * want on an interface: how many, the first, and whose it is. -ENOENT: none.
 */
struct mgm_unserved {
	struct mgm_sg flow;
	uint32_t count;
	uint32_t wanted_by, left_by; /* protocols */
};
int mgm_unserved_get(struct mgm *m, uint32_t ifid, struct mgm_unserved *out);

#endif /* XMGM_MGM_CORE_H */
