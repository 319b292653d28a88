/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces: who is on them (iface.c), how an owner follows another where
 * IGMP is (handshake.c), and what they count for meanwhile (freeze.c).
 */
#ifndef XMGM_MGM_IFACE_H
#define XMGM_MGM_IFACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/hash.h"
#include "lib/tree.h"
#include "mgm/core.h"
#include "mgm/mfe.h"
#include "mgm/range.h"
#include "mgm/side.h"
#include "mgm/template.h"
#include "mgm/walk.h"

#define ACK_DEADLINE_MS	   1000u
#define REPLAY_DEADLINE_MS 10000u

struct client;
struct member;
struct override;

/* Where the handshake of an interface stands (handshake.c). */
enum hs_state { HS_IDLE, HS_DISABLING, HS_REPLAYING, HS_SWEEPING, HS_STATES };

/* The change of owner a handshake is about. */
struct change {
	struct client *by; /* who called, gets `ownership` */
	struct client *to; /* the new owner; NULL: a release */
	int result;	   /* what `ownership` will say */
	bool unsaid; /* `to` was lost since: it is not told, unless it takes */
};

TAILQ_HEAD(iface_list, iface);

TAILQ_HEAD(member_list, member);
TAILQ_HEAD(override_list, override);
TAILQ_HEAD(route_oif_list, route_oif);
TAILQ_HEAD(iface_unserved_list, unserved);

/* What there is of an interface besides us (link.c). */
struct link {
	char name[sizeof(((struct mgm_interface_info *)NULL)->name)];
	uint32_t flags, mtu, ttl_threshold;
	uint32_t address_count, rule_count;
	struct mgm_rule *rules; /* in the same piece of memory */
	struct mgm_interface_address addresses[];
};

/* What clients know of an interface: that it is there, and whose it is. */
struct seen {
	bool known, igmp;
	uint32_t owner, component;
};

/*
 * One writer of an interface, as a role: the owner, or IGMP. What it has said
 * of a group bears the time of its clock, which moves when all of that changes
 * its meaning at once: without a walk over it.
 */
struct writer {
	uint32_t clock;
	uint32_t since; /* what is older was said by one before it: nothing */
	uint32_t stale; /* what is older has to be said again */
	/* It had time to (grace.c): what is older than `unsaid` is nothing, and
	 * what is older than `swept` is nothing as far as it is stale. */
	uint32_t unsaid, swept;
	uint32_t was_since; /* as its interface was frozen (freeze.c) */
	uint32_t count;	    /* memberships of groups: as they are limited */
	uint32_t groups;    /* that these are of */
	uint32_t former;    /* protocol of the one before it, for events */
};

/*
 * What its owner says of single flows, static routes through it and overrides,
 * bears the time of this clock in the same way.
 */
struct flow_writer {
	uint32_t clock;
	uint32_t stale; /* what is older has to be said again */
	uint32_t since; /* what is older is nothing... */
	bool swept;	/* ...because it was not said again */
};

struct iface {
	struct hash_node node;
	struct tree_node by_ifid;
	uint32_t ifid;
	bool up;
	bool idle;	   /* a link that nothing is on: no limit counts it */
	struct link *link; /* NULL: the daemon has not told of it */
	bool no_wrong_if;  /* its owner wants no such alerts */
	bool stands_down;  /* IGMP says that another router forwards here */
	bool stands_down_stale; /* and has to say it again (grace.c) */
	struct seen seen;
	bool link_changed; /* since clients heard of it */
	bool seen_due;	   /* on the list of those they may have to hear of */
	TAILQ_ENTRY(iface) seen_link;
	bool choosy; /* its rules choose by source */
	TAILQ_ENTRY(iface) choosy_link;
	struct client *owner; /* a protocol */
	struct client *igmp;
	enum mgm_gate gate;
	uint32_t epoch;
	bool unsaid[SIDES]; /* it was lost, and has not taken it again */
	bool wild[SIDES];   /* (*,*) */
	bool wild_stale[SIDES];
	bool wild_announced; /* LOCAL_JOIN (*,*) was sent to the owner */
	bool wild_listed;
	bool was_wild;		  /* while it is frozen (freeze.c) */
	struct client *was_owner; /* NULL: it is not */
	struct writer writer[SIDES];
	uint32_t announcing; /* members: what the owner was told is as old */
	uint32_t freezing;   /* members: what they counted for is as old */
	uint32_t shared;     /* groups that both have memberships of */
	size_t member_count;
	uint32_t any_here; /* (*,G) that are wanted here alone */
	uint32_t unpulled; /* (S,G) that are wanted from here, in vain */
	struct member_list members;
	struct range_member_list ranges;
	struct mfe_list mfes; /* it is their iif */
	/* It was, as it was given up last, or before: they go in steps of work
	 * (walk.c). */
	struct mfe_list void_mfes;
	uint16_t mfe_turn;
	struct flow_writer flows;
	struct override_list overrides;
	struct route_oif_list route_oifs; /* static routes list it */
	struct template_list templates;	  /* it is their iif */
	struct iface_unserved_list unserved;
	uint32_t unserved_count;
	TAILQ_ENTRY(iface) wild_link;
	struct walk_iface walk;

	enum hs_state state;
	uint32_t hs_epoch; /* acknowledgements carry it */
	uint64_t deadline_ms;
	struct change change;
	bool release_after; /* the owner died meanwhile */
	TAILQ_ENTRY(iface) hs_link;
	TAILQ_ENTRY(iface) visit_link; /* while a client is leaving */
};

/* What is older is nothing. */
static inline uint32_t writer_since(const struct writer *w)
{
	return w->since > w->unsaid ? w->since : w->unsaid;
}

/* iface.c: the table of interfaces, and changes without a handshake. */
struct iface *iface_find(const struct mgm *m, uint32_t ifid);
struct iface *iface_get(struct mgm *m, uint32_t ifid);
struct iface *iface_of_link(struct mgm *m, uint32_t ifid);
void iface_reap(struct mgm *m, struct iface *ifc);
struct client *iface_owner(const struct iface *ifc);
struct client *iface_listener(const struct iface *ifc);
const struct client *iface_local_listener(const struct iface *ifc);
bool iface_forwards(const struct iface *ifc);
bool iface_wild(const struct iface *ifc);
void iface_wild_list(struct mgm *m, struct iface *ifc);
int iface_write(struct mgm *m, const struct iface *ifc);
void iface_set_owner(struct mgm *m, struct iface *ifc, struct client *to);
void iface_set_igmp(struct mgm *m, struct iface *ifc, struct client *to);
/* Static routes and overrides: none stands, they are to be said again, or have
 * been as far as they stand. */
void iface_flows_lost(struct mgm *m, struct iface *ifc);
void iface_flows_stale(struct iface *ifc);
void iface_flows_sweep(struct mgm *m, struct iface *ifc);
void iface_mark_mfes(struct mgm *m, struct iface *ifc);
void iface_mark_alerts(struct mgm *m, struct iface *ifc);
void iface_mark_sources(struct mgm *m, struct iface *ifc);
void iface_mark_toward(struct mgm *m, struct iface *ifc);
void iface_event(struct mgm *m, enum mgm_event_type type,
		 const struct iface *ifc, int result);
/* The protocol that is this writer there. */
uint32_t iface_writer(const struct iface *ifc, enum side_id id);
void iface_event_membership(struct mgm *m, const struct iface *ifc,
			    uint32_t protocol, struct mgm_sg sg, bool joined);
void iface_tell(struct mgm *m, const struct client *c, const struct iface *ifc,
		uint32_t epoch, int result);
void iface_release(struct mgm *m, struct iface *ifc);
void iface_igmp_off(struct mgm *m, struct iface *ifc);
void iface_client_gone(struct mgm *m, struct client *c);
/* All that c is on, or would come on, are listed by visit_link. */
void iface_list_of(struct mgm *m, const struct client *c,
		   struct iface_list *list);
/* No more may come to be in use. */
bool iface_full(const struct mgm *m);
void iface_free(struct iface *ifc);

/* stand_down.c: is it nobody's oif, by IGMP's word? */
bool iface_stands_down(const struct iface *ifc);
void stand_down_owner(struct mgm *m, struct iface *ifc);
void stand_down_sweep(struct mgm *m, struct iface *ifc);

/* rule.c: what may pass an interface. */
/* All that is in sg may not, in this direction (enum mgm_rule_flag). */
bool rule_denies(const struct iface *ifc, unsigned int direction,
		 const struct mgm_sg *sg);
/* Some sources of this group may pass somewhere that others may not. */
bool rule_chooses(const struct mgm *m, const struct mgm_prefix *group);
bool rules_same(const struct link *a, const struct link *b);
/* They are others than they were, or its link is gone. */
void rules_changed(struct mgm *m, struct iface *ifc);

/* link.c: interfaces as they are outside, and as clients see them. */
const struct tree_type *tree_of_ifaces(void);
void link_drop(struct mgm *m, struct iface *ifc);
bool link_routable(const struct iface *ifc);
/* Whose it is, or whether it is there, may be another than clients know. */
void link_mark(struct mgm *m, struct iface *ifc);
void link_tell(struct mgm *m);

/* handshake.c */
enum hs_event {
	HS_CHANGE,	/* somebody takes, releases, transfers */
	HS_ACK,		/* IGMP acknowledges the current epoch */
	HS_ACK_LATE,	/* 1 s without it */
	HS_MEMBERSHIP,	/* IGMP sets a membership */
	HS_REPLAYED,	/* replay_complete */
	HS_REPLAY_LATE, /* 10 s without it */
	HS_SWEPT,	/* what was not said again is gone */
	HS_TAKER_DEAD,	/* the one who would become owner is gone */
	HS_OWNER_DEAD,	/* the owner is gone */
	HS_IGMP_GONE,	/* IGMP releases or dies */
	HS_IGMP_LOST,	/* IGMP's connection is, or was and it is not back */
	HS_VANISHED,	/* the interface is gone */
	HS_EVENTS,
};
int hs_event(struct mgm *m, struct iface *ifc, enum hs_event event);
void hs_tick(struct mgm *m);
/* From the flip to the end: alerts wait. */
bool hs_runs(const struct iface *ifc);

/* freeze.c: what an interface counts for during a replay. */
void freeze(struct iface *ifc);
/* The member is about to change; or it is looked at when that is over. */
void freeze_keep(struct member *mb);
void freeze_thaw(struct member *mb);
void freeze_end(struct mgm *m, struct iface *ifc);
struct client *freeze_owner(const struct iface *ifc);
bool freeze_wild(const struct iface *ifc);
bool freeze_range(const struct range_member *rm);
bool freeze_wants_any(const struct member *mb);
bool freeze_includes(const struct member *mb, const struct mgm_address *source);

#endif /* XMGM_MGM_IFACE_H */
