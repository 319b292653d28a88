/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the IGMP router share: an interface, its groups, their
 * sources, and the working memory that a record needs.
 */
#ifndef XMGM_PROTO_IGMP_INTERNAL_H
#define XMGM_PROTO_IGMP_INTERNAL_H

#include "hosts.h"
#include "lib/hash.h"
#include "lib/tree.h"
#include "pace.h"
#include "router.h"
#include "ssm.h"
#include "lib/timer.h"

#define igmp_container(pointer, type, member) \
	((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* A source record of a group: RFC 9776 section 6.2.3. */
struct igmp_source {
	struct in_addr address;
	struct in_addr charged; /* to this host */
	uint8_t retransmit;	/* queries about it still to send */
	uint8_t failures;	/* of them could not be sent */
	bool waits;		/* the next one is due, and has not left yet */
	bool lower;	     /* its timer is to be lowered when that leaves */
	uint64_t query_ms;   /* when the next is due, while there are any */
	uint64_t expires_ms; /* 0: its timer is zero */
	struct igmp_listeners listeners; /* while its timer runs */
};

/* A static source, or any source if it is zero. */
struct igmp_static {
	struct in_addr source;
	unsigned int origins; /* enum igmp_origin, or-ed */
};

/*
 * A group record. Without static sources it exists as long as the filter is
 * EXCLUDE or there are sources. Arrays are sorted by address.
 */
struct igmp_group {
	struct hash_node node;
	struct tree_node by_address;
	struct igmp_interface *in;
	struct timer timer; /* at the next thing to do here, or before */
	struct in_addr group;
	struct in_addr last_reporter;
	struct igmp_host *reporter;	 /* NULL: no host wants anything */
	struct igmp_listeners listeners; /* of any source */
	uint64_t unsure_until_ms; /* there may be hosts that are not tracked */
	enum mgm_filter filter;
	uint64_t since_ms;   /* hosts have wanted it, while they do */
	bool said;	     /* the manager has been told what is wanted now */
	bool waits, lower;   /* for a query about the group, as of a source */
	uint8_t turn;	     /* enum igmp_turn: waits, with some query */
	uint64_t expires_ms; /* group timer, in EXCLUDE */
	uint64_t v1_until_ms, v2_until_ms; /* older host present */
	uint8_t retransmit, failures; /* group-specific queries, as above */
	uint64_t group_query_ms, source_query_ms; /* when; TIMER_NEVER */
	struct igmp_source *sources;
	uint32_t source_count;
	bool crowded; /* four fifths of max_sources are used */
	uint32_t static_count;
	struct igmp_static *statics;
	struct igmp_group *turn_next, **turn_link; /* for pace.c */
};

/* What one group's listeners want, as the manager is told. */
struct igmp_view {
	enum mgm_filter filter;
	uint32_t count;
	struct in_addr *sources;
};

/* An IPv4 address of ours, and the net that hosts beside it are in. */
struct igmp_subnet {
	struct in_addr address;
	struct in_addr net;
	uint32_t mask; /* in network order, as they are */
};

/* An interface of the host that has some: for who borrows them. */
struct igmp_lender {
	char name[XMGM_IFNAME_LEN];
	struct igmp_subnet *subnets;
	size_t count;
};

/* The elected querier, if it is not us: RFC 9776 section 6.6.2. */
struct igmp_other {
	struct in_addr address; /* 0: none */
	uint64_t until_ms;	/* its other querier present timer */
	unsigned int version;	/* of its last query */
	uint32_t robustness, query_interval_s; /* 0: not said */
	uint32_t response_ms; /* of its last general query; 0: none */
};

/* What we advertise to switches: RFC 4286. */
struct igmp_mrd {
	struct timer timer;	/* the next advertisement */
	struct in_addr address; /* ours, while there are any; 0 */
	uint32_t initial_left;	/* first ones, soon after each other */
	uint32_t drawn;		/* random times, so far */
	bool sent;		/* one has gone out */
	bool answering;		/* the next one answers a solicitation */
};

/* The last time that a host left something. */
struct igmp_leave {
	uint64_t at_ms;
	struct in_addr host;  /* of version 2 and 3 */
	struct in_addr group; /* 0: nobody has */
};

/* Where forgetting what hosts have said stands. */
struct igmp_clear {
	struct timer timer;
	struct in_addr group; /* the last one; the next is behind it */
};

/* A router that speaks an older version than we would: version.c. */
struct igmp_older {
	struct timer timer;   /* it has not been heard for long enough */
	unsigned int version; /* 0: there is none */
	struct in_addr router;
};

#define IGMP_SEEN 16u /* other routers of a LAN, by their advertisements */

struct igmp_seen {
	struct in_addr address;
	uint64_t until_ms;
};

/* Why we forward on this LAN, or not. */
enum igmp_forward_why {
	IGMP_FORWARDS,	      /* nobody else does, or so it is configured */
	IGMP_FORWARDS_BESIDE, /* a querier that is no router, as far as known */
	IGMP_FORWARDS_TWICE,  /* one that is, as configured */
	IGMP_DOWN_RULE,	      /* we are not querier, as configured */
	IGMP_DOWN_ADVERTISED, /* the querier is a router: it advertises */
	IGMP_DOWN_DATA,	      /* the querier is a router: it forwards */
};

struct igmp_forward {
	struct timer timer; /* something that is known runs out */
	enum igmp_forward_why why;
	uint32_t seen_count;
	struct igmp_seen seen[IGMP_SEEN];
	struct in_addr data_of; /* the querier that forwards; 0: unknown */
	uint64_t data_until_ms;
	bool data_heard; /* and the timer has not seen it yet */
};

struct igmp_interface {
	struct igmp_router *router;
	struct hash_node by_id; /* while the netdev is there */
	char name[XMGM_IFNAME_LEN];
	uint32_t ifid; /* 0: the netdev is not there */
	bool up;
	unsigned int mtu;
	bool open; /* the manager may be called */
	/* For igmp.c: ours in the manager; a replay is owed, for this epoch. */
	bool taken, replay_due;
	uint32_t replay_epoch;
	bool reached;	   /* the host receives the groups of routers */
	int unreached;	   /* why it does not, as said last */
	int refused;	   /* the manager's last answer to our take */
	uint64_t refusals; /* of what hosts want, by limits */
	uint64_t said_ms[IGMP_LIMITS]; /* that a limit has refused; 0: not */
	uint64_t near_ms[IGMP_LIMITS]; /* that it is near */
	struct igmp_config own;	       /* as configured */
	struct igmp_config config;     /* and with what the querier says */
	struct igmp_other other;
	struct igmp_mrd mrd;
	struct igmp_forward forward;
	struct igmp_older older;
	struct in_addr announced; /* the querier, as was said */
	bool announced_self;
	uint64_t querier_since_ms;   /* it is that one */
	uint64_t warned_ms;	     /* of another version; 0: not */
	struct igmp_subnet *subnets; /* in use, the primary address first */
	size_t subnet_count;
	struct igmp_subnet *own_subnets; /* of its netdev */
	size_t own_count;
	struct hash groups;
	struct igmp_hosts hosts;
	uint32_t crowded;	  /* groups that are */
	uint64_t unsure_until_ms; /* as of a group: in all of them */
	uint32_t host_groups;	  /* groups that hosts want something of */
	uint32_t static_groups;	  /* groups with static sources */
	struct tree by_address;	  /* the same, in order */
	struct timer timer;	  /* general query, or other querier present */
	uint32_t startup_left;	  /* start-up queries still to send */
	uint64_t queried_ms;	  /* the last general query; 0: none */
	uint64_t deaf_until_ms;	  /* messages are lost: silence means nothing */
	struct igmp_leave left;
	struct igmp_counters counters;
	struct igmp_pace pace;
	struct igmp_clear clear;
};

struct igmp_router {
	const struct igmp_hooks *hooks;
	struct timers timers;
	struct igmp_interface **interfaces;
	size_t interface_count;
	struct hash by_id;
	struct igmp_lender *lenders;
	size_t lender_count;
	uint32_t timer_count; /* owners of a timer: groups and interfaces */
	bool pace_due;	      /* of some interface */
	uint64_t arrived_ms;  /* the message at work */
	struct igmp_counters counters;
	struct igmp_global global;
	unsigned int heard_version; /* of the message at work */
	/* Working memory for one record or one group. */
	struct in_addr listed[XMGM_IGMP_BYTES / 4];
	struct in_addr allowed[XMGM_IGMP_BYTES / 4];
	struct in_addr mapped[IGMP_SSM_MAPPINGS];
	struct igmp_source *merged;
	struct igmp_view before, after;
	size_t room; /* of the three above */
};

/* Derived times: group membership interval, RFC 9776 section 8.4 (RFC 3376
 * had one response interval less); older host present, section 8.13. */
static inline uint64_t igmp_gmi_ms(const struct igmp_config *c)
{
	return (uint64_t)c->robustness * c->query_interval_ms +
	       2 * (uint64_t)c->query_response_ms;
}

static inline uint64_t igmp_older_host_ms(const struct igmp_config *c)
{
	return (uint64_t)c->robustness * c->query_interval_ms +
	       c->query_response_ms;
}

/* Section 8.5 */
static inline uint64_t igmp_other_querier_ms(const struct igmp_config *c)
{
	return (uint64_t)c->robustness * c->query_interval_ms +
	       c->query_response_ms / 2;
}

static inline uint32_t igmp_lmqc(const struct igmp_config *c)
{
	return c->last_member_count ? c->last_member_count : c->robustness;
}

static inline uint64_t igmp_lmqt_ms(const struct igmp_config *c)
{
	return (uint64_t)igmp_lmqc(c) * c->last_member_ms;
}

/* Does a timer stand still? Who is asked again must have the time to answer:
 * it runs out an interval after the last query has left, not before. */
static inline bool igmp_held(bool waits, bool lower)
{
	return waits && !lower;
}

/* IPv4 inside, at the manager's door and everybody else's mapped. */
static inline struct in_addr igmp_sg_group(const struct mgm_sg *sg)
{
	return mgm_address_to_v4(&sg->group.address);
}

/* 0.0.0.0: any */
static inline struct in_addr igmp_sg_source(const struct mgm_sg *sg)
{
	return sg->source.length ? mgm_address_to_v4(&sg->source.address)
				 : (struct in_addr){0};
}

static inline void igmp_count_more(struct igmp_interface *in,
				   enum igmp_counter which, uint64_t more)
{
	in->counters.n[which] += more;
	in->router->counters.n[which] += more;
}

/* One more of these, on this interface. */
static inline void igmp_count(struct igmp_interface *in,
			      enum igmp_counter which)
{
	igmp_count_more(in, which, 1);
}

/* Frees an interface whose groups are gone. */
void igmp_interface_free(struct igmp_interface *in);
/* Start-up queries: at once, then at the start-up interval. Whoever else was
 * querier has to show himself again. */
void igmp_interface_startup(struct igmp_interface *in, uint64_t now_ms);
/* Has it what a querier needs? */
bool igmp_interface_can_query(const struct igmp_interface *in);
/* Its addresses or nets have changed, or whose it borrows; -ENOMEM. */
int igmp_interface_readdress(struct igmp_interface *in, uint64_t now_ms);

/*
 * subnets.c. set: those of its netdev. apply: which of them, or of a lender's,
 * are in use; both -ENOMEM. has_host: does it belong to one of these nets, or
 * has it no address? is_ours: is this one of its addresses?
 */
int igmp_subnets_set(struct igmp_interface *in,
		     const struct proto_interface *now_is);
int igmp_subnets_apply(struct igmp_interface *in);
bool igmp_subnets_borrowed(const struct igmp_interface *in);
void igmp_lenders_free(struct igmp_router *r);
bool igmp_interface_has_host(const struct igmp_interface *in,
			     struct in_addr host);
bool igmp_interface_is_ours(const struct igmp_interface *in,
			    struct in_addr address);

/*
 * election.c. asks: are we the querier? If not, we give nobody up for not
 * answering. stands: is the other one still to be obeyed, with the interface
 * and configuration as they are now? announce: says who is, if it is news.
 */
bool igmp_interface_asks(const struct igmp_interface *in);
/* What is configured, and over it what is adopted of others. */
void igmp_election_adopt(struct igmp_interface *in);
void igmp_election_configure(struct igmp_interface *in,
			     const struct igmp_config *own);
void igmp_election_forget(struct igmp_interface *in);
bool igmp_election_stands(const struct igmp_interface *in);
void igmp_election_hear(struct igmp_interface *in, struct in_addr host,
			const struct igmp_message *m, uint64_t now_ms);
void igmp_election_announce(struct igmp_interface *in, uint64_t now_ms);

/*
 * mrd.c. apply: begins or ends advertising, as interface and configuration
 * are now. terminate: ends it, and says so.
 */
void igmp_mrd_init(struct igmp_interface *in);
void igmp_mrd_apply(struct igmp_interface *in, uint64_t now_ms);
void igmp_mrd_terminate(struct igmp_interface *in);
/* A random number from 0 to below - 1. */
uint32_t igmp_mrd_draw(struct igmp_interface *in, uint32_t below);

/*
 * version.c. adopt: over the values in effect. hear: a query; true: another
 * version is spoken from here on, because of it.
 */
void igmp_version_init(struct igmp_interface *in);
void igmp_version_adopt(struct igmp_interface *in);
void igmp_version_forget(struct igmp_interface *in);
bool igmp_version_hear(struct igmp_interface *in, struct in_addr host,
		       const struct igmp_message *m, uint64_t now_ms);
void igmp_version_problem(const struct igmp_interface *in,
			  void (*each)(void *arg, const char *sentence),
			  void *arg);

/*
 * forward.c. look: whether we forward may be another thing now. forget: the
 * interface is gone.
 */
void igmp_forward_init(struct igmp_interface *in);
void igmp_forward_look(struct igmp_interface *in);
void igmp_forward_forget(struct igmp_interface *in);
void igmp_forward_tell(const struct igmp_interface *in,
		       struct proto_querier *querier);
void igmp_forward_problem(const struct igmp_interface *in,
			  void (*each)(void *arg, const char *sentence),
			  void *arg);

/* show.c: the cursor is on this interface; before its first row, if it is
 * new. */
void igmp_cursor_enter(const struct igmp_interface *in,
		       struct proto_cursor *cursor);

/* problem.c: what it says of this interface may be another now. */
void igmp_problems_changed(struct igmp_interface *in);

/* group.c: find; the next by address; or make, NULL if memory is short. */
struct igmp_group *igmp_group_find(struct igmp_interface *in,
				   struct in_addr group);
const struct tree_type *igmp_group_order(void);
/* A report is about to look these groups up: in a large table each would wait
 * for the memory, and does so for longer than for all else about a record. */
void igmp_groups_near(const struct igmp_interface *in,
		      const struct igmp_message *m);
struct igmp_group *igmp_group_after(const struct igmp_interface *in,
				    struct in_addr group);
struct igmp_group *igmp_group_get(struct igmp_interface *in,
				  struct in_addr group);
void igmp_group_free(struct igmp_group *g);
/* Has it a reason to exist? If not it goes, and g is no more. */
void igmp_group_reap(struct igmp_group *g);
/* Sets the timer to what is next, and looks whether a query still waits. */
void igmp_group_schedule(struct igmp_group *g);
/* Its timer has run out. */
void igmp_group_expire(struct igmp_group *g);
/* Forgets what hosts have said; static sources stay. */
void igmp_group_forget(struct igmp_group *g);
/* 1, 2 or 3: RFC 9776 section 7.3.2. */
unsigned int igmp_group_version(const struct igmp_group *g, uint64_t now_ms);

/* leave.c: may the last who listens to something leave it at once? group: he
 * was the last by any source, and has. */
bool igmp_leave_is_sure(const struct igmp_group *g, uint64_t now_ms);
bool igmp_leave_group(struct igmp_group *g, uint64_t now_ms);

/* record.c: one group record, from the last reporter. */
void igmp_record_apply(struct igmp_group *g, const struct igmp_record *record,
		       uint64_t now_ms);

/* view.c: what is wanted, and telling the manager. */
int igmp_view_room(struct igmp_group *g, size_t more);
void igmp_view_fill(const struct igmp_group *g, struct igmp_view *view);
/* Tells the manager if `after` differs from `before` or was never told. */
void igmp_view_tell(struct igmp_group *g);

/* clear.c; stop: what was being forgotten has gone otherwise. */
void igmp_clear_init(struct igmp_interface *in);
void igmp_clear_stop(struct igmp_interface *in);

/* query.c; general: whether it could be sent */
bool igmp_query_general(struct igmp_interface *in, uint64_t now_ms);
/* What is due at now_ms of a group's first queries and retransmissions waits
 * for its turn from now on. next: it has come, for one; false: there is none.
 */
void igmp_query_due(struct igmp_group *g, uint64_t now_ms);
/* What is not asked about in the version that is spoken now waits no more. */
void igmp_query_reconsider(struct igmp_group *g, uint64_t now_ms);
bool igmp_query_next(struct igmp_group *g, uint64_t now_ms);

static inline bool igmp_address_less(struct in_addr a, struct in_addr b)
{
	return ntohl(a.s_addr) < ntohl(b.s_addr);
}

#endif /* XMGM_PROTO_IGMP_INTERNAL_H */
