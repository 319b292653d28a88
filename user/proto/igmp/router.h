/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IGMP router itself: interfaces, groups, timers, queries. It knows
 * neither the manager nor the daemon: what it decides goes out through
 * struct igmp_hooks. igmp.c connects it to both; tests connect it to
 * themselves. See igmp.c for the essay.
 */
#ifndef XMGM_PROTO_IGMP_ROUTER_H
#define XMGM_PROTO_IGMP_ROUTER_H

#include "config.h"
#include "counters.h"
#include "wire/igmp.h"

struct igmp_router;
struct igmp_interface;
struct igmp_global;

/* Why hosts are refused: limits of what they may make us remember, policy. */
enum igmp_limit {
	IGMP_LIMIT_GROUPS,	 /* max_groups */
	IGMP_LIMIT_HOST,	 /* max_host_groups, of the host that reports */
	IGMP_LIMIT_SOURCES,	 /* max_sources, of the group */
	IGMP_LIMIT_HOST_SOURCES, /* max_host_sources, of a host in it */
	IGMP_POLICY_GROUP,	 /* the host may not have the group */
	IGMP_POLICY_SOURCE,	 /* or some of the sources that it names */
	IGMP_LIMIT_TRACKED,	 /* max_tracked: heard, but not tracked */
	IGMP_LIMIT_HOST_TRACKED, /* the same by max_host_tracked */
	IGMP_LIMITS
};

/* What the router wants done. None may call back into the router. */
struct igmp_hooks {
	void *arg;
	/* Sends a whole IP packet; a negative errno is counted. */
	int (*send)(void *arg, uint32_t ifid, struct in_addr destination,
		    const uint8_t *packet, size_t len);
	/*
	 * What the hosts on an interface want of a group: as
	 * mgm_membership_set. After an error the router says it again when
	 * the group is next heard of.
	 */
	int (*set)(void *arg, uint32_t ifid, struct in_addr group,
		   enum mgm_filter filter, const struct in_addr *sources,
		   size_t count);
	/* A limit has refused what a host wants of a group. May be NULL. */
	void (*refused)(void *arg, struct igmp_interface *in,
			enum igmp_limit limit, struct in_addr host,
			struct in_addr group);
	/* With this group 80 percent of a limit are reached. May be NULL. */
	void (*near)(void *arg, struct igmp_interface *in,
		     enum igmp_limit limit, struct in_addr group);
	/* Somebody else is querier, or we are again. May be NULL. */
	void (*querier)(void *arg, struct igmp_interface *in);
	/* Another router forwards there, or we do (again). May be NULL. */
	void (*forward)(void *arg, struct igmp_interface *in, bool on);
	/* Is IGMP alone there? If not we forward in any case. May be NULL. */
	bool (*alone)(void *arg, uint32_t ifid);
	/* A query of another version than ours; said once a minute, for each
	 * interface. May be NULL. */
	void (*version)(void *arg, struct igmp_interface *in,
			struct in_addr host, unsigned int version);
	/* igmp_interface_problems may say something else now. May be NULL. */
	void (*problems)(void *arg);
};

/* Returns NULL if memory is short. hooks must outlive the router. */
struct igmp_router *igmp_router_new(const struct igmp_hooks *hooks);
void igmp_router_free(struct igmp_router *r);

/* IGMP's section of the file, NULL: there is none. What hosts have is not
 * touched. */
void igmp_router_configure(struct igmp_router *r,
			   const struct igmp_global *global);

/* Does what is due, some of it if it is much; returns the next deadline, not
 * later than now_ms if there is more, UINT64_MAX if there is none. */
uint64_t igmp_router_tick(struct igmp_router *r, uint64_t now_ms);
uint64_t igmp_router_next(const struct igmp_router *r);

/* A message from a host or router, already checked by igmp_message_get. */
void igmp_router_message(struct igmp_router *r, uint32_t ifid,
			 struct in_addr host, const struct igmp_message *m,
			 uint64_t now_ms);
/*
 * The same of a message that has waited for us: nothing expires that had not
 * when it arrived, for another one that waits may be a refresh; but what it
 * sets off is counted from now, when our queries go out.
 */
void igmp_router_message_late(struct igmp_router *r, uint32_t ifid,
			      struct in_addr host, const struct igmp_message *m,
			      uint64_t arrived_ms, uint64_t now_ms);
/* Messages of this interface were lost: everybody there is asked again, at
 * once, or when the last general query has had its response interval. */
void igmp_router_lost(struct igmp_router *r, uint32_t ifid, uint64_t now_ms);
/* A switch wants to know who is a router there: RFC 4286. */
void igmp_mrd_solicited(struct igmp_router *r, uint32_t ifid, uint64_t now_ms);
/*
 * Another router advertises itself on a LAN, or no longer does. interval_s: it
 * is there as long as three of those, without another word.
 */
void igmp_forward_advertised(struct igmp_router *r, uint32_t ifid,
			     struct in_addr router, uint32_t interval_s,
			     uint64_t now_ms);
void igmp_forward_terminated(struct igmp_router *r, uint32_t ifid,
			     struct in_addr router);
/* A packet of a flow that we forward, or would, has come in where its members
 * are: somebody else forwards it there. The next tick sees to it. */
void igmp_forward_data(struct igmp_router *r, uint32_t ifid,
		       struct in_addr source, struct in_addr group);
/* For the log: a query of another version than ours, or than it was. */
void igmp_version_words(const struct igmp_interface *in, struct in_addr host,
			unsigned int version, char *text, size_t size);
/* Do we stand down? */
bool igmp_forward_down(const struct igmp_interface *in);
/* Forwarding ends: switches are told. */
void igmp_router_farewell(struct igmp_router *r);

/* One more of these: on this interface, if it is one of ours. */
void igmp_router_count(struct igmp_router *r, uint32_t ifid,
		       enum igmp_counter which);
/* Of all interfaces, those that are gone included. */
uint64_t igmp_router_counted(const struct igmp_router *r,
			     enum igmp_counter which);

/*
 * Interfaces are known by name, because configuration and static groups are
 * older than the netdev. get creates; NULL if memory is short.
 */
struct igmp_interface *igmp_interface_get(struct igmp_router *r,
					  const char *name);
struct igmp_interface *igmp_interface_find(struct igmp_router *r,
					   const char *name);
struct igmp_interface *igmp_interface_by_id(struct igmp_router *r,
					    uint32_t ifid);
struct igmp_interface *igmp_interface_at(struct igmp_router *r, size_t index);
/* The first in order of names behind `name`, or of exactly that name. */
struct igmp_interface *igmp_interface_from(struct igmp_router *r,
					   const char *name, bool exactly);
/* Frees what is neither configured nor there. */
void igmp_router_tidy(struct igmp_router *r);

/*
 * The configuration; NULL or not enabled: no IGMP here, all groups go. What
 * is the same as before is not touched. enabled: by configuration; running:
 * and the netdev is there.
 */
void igmp_interface_configure(struct igmp_interface *in,
			      const struct igmp_config *config,
			      uint64_t now_ms);
bool igmp_interface_enabled(const struct igmp_interface *in);
bool igmp_interface_running(const struct igmp_interface *in);

/* The netdev, as it is now. -ENOMEM: it counts as absent if it is new. */
int igmp_interface_present(struct igmp_interface *in,
			   const struct proto_interface *now_is,
			   uint64_t now_ms);
/* Of any interface of the host, also without IGMP: who borrows addresses there
 * has them from now on. -ENOMEM: not all do. */
int igmp_router_addresses(struct igmp_router *r,
			  const struct proto_interface *of, uint64_t now_ms);
/* It is gone, and with it all that hosts have reported. */
void igmp_interface_absent(struct igmp_interface *in);

/* Forgets what hosts have said, and asks them anew if we are querier. Of many
 * groups a part; the rest at the next ticks. */
void igmp_interface_clear(struct igmp_interface *in, uint64_t now_ms);

/*
 * The gate towards the manager. Closed, the machine goes on but `set` is not
 * called. Opening says everything again. It is closed at first.
 */
void igmp_interface_close(struct igmp_interface *in);
void igmp_interface_open(struct igmp_interface *in);

/*
 * Static groups: permanent, apart from what hosts say; a zero source is any.
 * Who asked for it: each origin adds and removes its own. They are counted
 * apart from what hosts report, against the same limits. -ENOENT (del): no
 * such static group; -ENOSPC, -ENOMEM.
 */
enum igmp_origin {
	IGMP_BY_CONFIG = 1,
	IGMP_BY_COMMAND = 2,
};
int igmp_static_add(struct igmp_interface *in, struct mgm_sg sg,
		    enum igmp_origin origin);
int igmp_static_del(struct igmp_interface *in, struct mgm_sg sg,
		    enum igmp_origin origin);
/* Calls each for every static group of these origins (or-ed), with those it
 * has; each may delete it. */
void igmp_static_walk(struct igmp_interface *in, unsigned int origins,
		      void (*each)(void *arg, struct igmp_interface *in,
				   struct mgm_sg sg, unsigned int has),
		      void *arg);

/*
 * For show: behind the cursor, or all if it is NULL or stands on another
 * interface. They stop when each returns non-zero, and return that. -ENOMEM.
 */
int igmp_interface_groups(const struct igmp_interface *in, uint64_t now_ms,
			  struct proto_cursor *cursor,
			  int (*each)(void *arg,
				      const struct proto_group *group),
			  void *arg);
int igmp_interface_listeners(struct igmp_interface *in, uint64_t now_ms,
			     struct proto_cursor *cursor,
			     int (*each)(void *arg,
					 const struct proto_listener *listener),
			     void *arg);
int igmp_interface_joins(struct igmp_interface *in, struct proto_cursor *cursor,
			 int (*each)(void *arg, const struct proto_join *join),
			 void *arg);
int igmp_interface_querier(const struct igmp_interface *in, uint64_t now_ms,
			   struct proto_querier *querier);
/* All of it, timers included: for `show igmp`. */
void igmp_interface_status(const struct igmp_interface *in, uint64_t now_ms,
			   const struct proto_row *row);
uint64_t igmp_interface_counted(const struct igmp_interface *in,
				enum igmp_counter which);
/* Sentences about it, as struct proto has them. */
void igmp_interface_problems(const struct igmp_interface *in,
			     void (*each)(void *arg, const char *sentence),
			     void *arg);

#endif /* XMGM_PROTO_IGMP_ROUTER_H */
