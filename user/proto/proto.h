/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a protocol inside the daemon looks like: a table of hooks, its life,
 * and a second one of what is administered, if there is anything. The daemon
 * walks the registry (registry.c, one line a protocol) and knows none of them
 * by name. Protocols are pure: they read no clock, make no syscalls and print
 * nothing; what they need done goes out through struct proto_services, and
 * the manager is reached through mgm.h.
 *
 * Hooks may be NULL where a protocol has nothing to say. Those that return
 * int return 0 or a negative errno; -ENOENT from join and leave means "I do
 * not run on this interface: ask the next one". Every hook that takes an
 * `op` may return -EINPROGRESS; then services.done is called once with it,
 * unless it is 0: nobody waits for the end.
 */
#ifndef XMGM_PROTO_PROTO_H
#define XMGM_PROTO_PROTO_H

#include "lib/option.h"
#include "xmgm/abi.h"
#include "xmgm/mgm.h"

/*
 * An address of one of our interfaces and its prefix, in bits of its family:
 * of the address, or, on a point-to-point interface, of the peer.
 */
struct proto_address {
	struct mgm_address address;
	unsigned int prefix_len;
	struct mgm_address peer; /* any: none */
};

/* Is this address in the subnet of ours? */
bool proto_address_holds(const struct proto_address *ours,
			 const struct mgm_address *address);

/* An interface that is there. addresses: the primary one first. */
struct proto_interface {
	uint32_t ifid;
	char name[XMGM_IFNAME_LEN];
	bool up; /* administratively up, with carrier */
	unsigned int mtu;
	const struct proto_address *addresses; /* valid during the call */
	size_t address_count;
};

#define PROTO_MAX 16 /* protocols in the registry, at most */

/*
 * A protocol's section of an interface, or of the file. Without the section
 * the options have their defaults and the protocol is not enabled.
 */
struct proto_block {
	bool enabled;  /* the section is there and does not say otherwise */
	void *options; /* the struct its table fills; NULL without a table */
};

/* The configuration as protocols see it. Pointers live during the call. */
struct proto_interface_config {
	char name[XMGM_IFNAME_LEN];
	struct proto_block blocks[PROTO_MAX]; /* by place in the registry */
};

struct proto_route_config {
	struct mgm_sg sg; /* without a source: (*,G) */
	char from[XMGM_IFNAME_LEN];
	const char (*to)[XMGM_IFNAME_LEN];
	size_t to_count;
};

/* A static route to sources: by which interface they are reached. */
struct proto_rpf_config {
	struct mgm_prefix prefix;
	struct mgm_address via; /* next hop; any: directly connected */
	/* Empty: the interface whose subnet holds via. */
	char dev[XMGM_IFNAME_LEN];
	uint8_t distance;
};

struct proto_join_config {
	struct mgm_sg sg; /* without a source: any */
	char interface[XMGM_IFNAME_LEN];
};

struct proto_config {
	const struct proto_interface_config *interfaces;
	size_t interface_count;
	const struct proto_route_config *routes;
	size_t route_count;
	const struct proto_join_config *joins;
	size_t join_count;
	const struct proto_rpf_config *rpfs;
	size_t rpf_count;
	struct proto_block blocks[PROTO_MAX]; /* sections of the file */
};

/* A group on an interface, for `show groups`. */
struct proto_group_source {
	struct mgm_address address;
	bool forward;
	uint64_t expires_ms; /* remaining; 0: does not expire */
};

struct proto_group {
	char interface[XMGM_IFNAME_LEN];
	uint32_t ifid; /* 0: the interface is not there now */
	struct mgm_address group;
	enum mgm_filter filter;
	const struct proto_group_source *sources;
	size_t source_count;
	uint64_t expires_ms;  /* remaining; 0: does not expire */
	bool hosts;	      /* some want it; else it has no uptime */
	uint64_t uptime_ms;   /* since they do */
	unsigned int version; /* IGMP version of its hosts; 0: none */
	struct mgm_address last_reporter; /* any: none */
	uint64_t older_host_ms;		  /* remaining; 0: none is present */
	bool is_static;
	/* It is not one group and its sources, but (*,*), (*,G/len) or
	 * (S/len,G): this, and the group and the sources above say nothing. */
	const struct mgm_sg *range;
};

/* A host that listens to a group by any source, or to a source of it. */
struct proto_listener {
	char interface[XMGM_IFNAME_LEN];
	uint32_t ifid;
	struct mgm_sg sg;
	struct mgm_address host;
	unsigned int version;
	uint64_t uptime_ms;
	uint64_t expires_ms; /* remaining, if it stays silent */
	bool last_reporter;  /* of the group */
};

struct proto_querier {
	struct mgm_address address; /* any: none known */
	bool self;
	uint64_t expires_ms;	  /* remaining; 0: does not expire */
	bool forwards;		  /* to the LAN, as far as it goes by that */
	const char *forwards_why; /* in words; NULL: there is no more to say */
};

struct proto_cursor;

#define PROTO_NONE UINT64_MAX /* of numbers and seconds in a row: null */

/*
 * Where a protocol puts what it says of an interface, member by member; what
 * is between open and close are those of a member.
 */
struct proto_row {
	void *arg;
	void (*open)(void *arg, const char *name);
	void (*close)(void *arg);
	void (*text)(void *arg, const char *name, const char *text);
	void (*address)(void *arg, const char *name,
			const struct mgm_address *address);
	void (*flag)(void *arg, const char *name, bool value);
	void (*number)(void *arg, const char *name, uint64_t value);
	void (*seconds)(void *arg, const char *name, uint64_t ms);
};

/*
 * A table that only this protocol has, of `show NAME TABLE`: next puts the row
 * behind the cursor, which moves there. -ENOENT: there is none.
 */
struct proto_table {
	const char *name; /* "neighbors" */
	int (*next)(void *self, uint64_t now_ms, struct proto_cursor *cursor,
		    const struct proto_row *row);
};

/* What the router as a host wants of a group; INCLUDE without sources: nothing.
 */
struct proto_report {
	struct mgm_address group;
	enum mgm_filter filter;
	const struct mgm_address *sources; /* distinct */
	size_t source_count;
};

/* Hosts come near a limit, or it has refused one. */
struct proto_limit {
	const char *option;		/* whose limit it is */
	uint64_t max;			/* 0: it is no number */
	struct mgm_address group, host; /* any: none in particular */
	bool refused;
};

/* A static route, for `show config` and for those that cannot work yet. */
struct proto_route {
	struct proto_route_config route;
	bool installed;	     /* in the manager */
	const char *waiting; /* name of an interface it waits for, or NULL */
};

/* A static route to sources, for `show config`. */
struct proto_rpf {
	struct proto_rpf_config rpf;
	bool waiting; /* there is no interface for it */
};

/* A static membership, for `show config`. */
struct proto_join {
	struct proto_join_config join;
};

/*
 * Where a listing stands: the key of the row handed over last, all zero before
 * the first. A listing that each has stopped goes on behind it later: what is
 * there all the while is listed once, what comes or goes meanwhile perhaps.
 */
struct proto_cursor {
	char interface[XMGM_IFNAME_LEN];
	struct mgm_sg sg;	 /* of rpfs: its source is their prefix */
	bool begun;		 /* of static's: (*,*) and 0.0.0.0/0 are keys */
	struct mgm_address host; /* of listeners and tables, if begun */
};

/* A packet that the host has received; valid during the call. */
struct proto_packet {
	uint32_t ifid; /* where it came in */
	struct mgm_address source, destination;
	uint8_t ttl;
	uint8_t ip_protocol;
	bool fragmented;	/* it came in pieces */
	const uint8_t *payload; /* behind the IP header */
	size_t len;
};

enum proto_severity { PROTO_INFO, PROTO_WARN, PROTO_ERROR };

struct proto;

/* What the daemon does for a protocol. */
struct proto_services {
	void *arg;
	struct mgm *mgm;
	/* The interface of this name; 0: not there now. */
	uint32_t (*ifid)(void *arg, const char *name);
	/* The interface with the longest subnet that holds this address, of
	 * several the one with the lowest ifid; 0: none. */
	uint32_t (*toward)(void *arg, const struct mgm_address *address);
	/* Its name, or NULL. Valid until the interface changes. */
	const char *(*name)(void *arg, uint32_t ifid);
	/*
	 * Sends a whole IP packet out of an interface, 0: to where the host's
	 * routes say. -EAFNOSUPPORT: IPv6, which none of ours is sent with so
	 * far.
	 */
	int (*send)(void *arg, uint32_t ifid,
		    const struct mgm_address *destination,
		    const uint8_t *packet, size_t len);
	/*
	 * From now on hook `packet` of the protocol gets what the host
	 * receives of this IP protocol, of IGMP (2) only what begins with this
	 * type; IGMP's own types (query, reports, leave) only if they are
	 * unicast, the others come as `record`.
	 */
	int (*listen)(void *arg, const struct proto *proto, uint8_t ip_protocol,
		      uint8_t igmp_type);
	/*
	 * The host receives a (link-local) group there, or no longer.
	 * -EAFNOSUPPORT: as above.
	 */
	int (*member)(void *arg, uint32_t ifid, const struct mgm_address *group,
		      bool member);
	/* The data plane takes so many group records a second of one host
	 * there, beyond a burst; 0: as many as come. */
	int (*host_rate)(void *arg, uint32_t ifid, uint32_t records);
	/*
	 * Messages of IGMP that arrive there come as `record`, or no longer,
	 * whether an IGMP router runs there or not.
	 */
	int (*hear)(void *arg, uint32_t ifid, bool hear);
	/*
	 * The router is, as a host, a member of a group there, and says so to
	 * the routers of the link: what this protocol wants from now on. What
	 * others want there is added to it. -ENODEV: no such interface;
	 * -EAFNOSUPPORT as above; -EINVAL, -ENOMEM.
	 */
	int (*report)(void *arg, uint32_t ifid,
		      const struct proto_report *report);
	/* Who asks hosts there, by whichever protocol knows; NULL: none can
	 * be asked. -ENOENT: nobody does. */
	int (*querier_of)(void *arg, uint32_t ifid,
			  struct proto_querier *querier);
	/* Milliseconds since 1970, for messages that carry such; or NULL. */
	uint64_t (*wall_ms)(void *arg);
	/* One line to the log. */
	void (*say)(void *arg, enum proto_severity severity, const char *text);
	/* An operation that returned -EINPROGRESS has ended. */
	void (*done)(void *arg, uint64_t op, int result);
	/* The querier of an interface has changed: for monitor. */
	void (*querier)(void *arg, uint32_t ifid,
			const struct proto_querier *querier);
	/* The same of what hosts may have there. */
	void (*limit)(void *arg, uint32_t ifid,
		      const struct proto_limit *limit);
	/* Groups are asked for upstream by another interface; 0: by none. */
	void (*upstream)(void *arg, const struct mgm_prefix *groups,
			 uint32_t ifid);
	/*
	 * Something of its own has happened: for monitor. tell puts what there
	 * is to say of `about`, during the call, and only if anybody listens.
	 */
	void (*event)(void *arg, const char *event, uint32_t ifid,
		      void (*tell)(const void *about,
				   const struct proto_row *row),
		      const void *about);
	/* What hook `problems` says may be something else now. */
	void (*problems)(void *arg);
	/* The answer of next_deadline is no longer true: ask again. */
	void (*wake)(void *arg);
};

/* Says what is wrong with the option of this name (NULL: the section). */
struct proto_judge {
	void *arg;
	void (*complain)(void *arg, const char *option, const char *sentence);
};

/*
 * What may stand in a protocol's section of an interface, and in its section
 * of the file: both have its name. `enabled` is an option of each already.
 */
struct proto_options {
	const struct conf_option *interface; /* NULL: no such section */
	size_t interface_size;		     /* of the struct it fills */
	const struct conf_option *global;
	size_t global_size;
	/*
	 * Judges a section of an interface as a whole, and fills in what
	 * follows from other options. Not asked if one of them was wrong.
	 */
	void (*check)(void *interface, const struct proto_judge *judge);
	/*
	 * Judges the sections of all interfaces together; each is right by
	 * itself. Complains of an option (NULL: the section) of the interface
	 * of this name.
	 */
	void (*check_all)(const struct proto_config *config,
			  void (*complain)(void *arg, const char *interface,
					   const char *option,
					   const char *sentence),
			  void *arg);
	/*
	 * How long after a restart it takes until its members are known again
	 * (ms): so long oifs of the run before stay.
	 */
	uint32_t (*adopt_ms)(const void *interface);
};

/*
 * What is administered, by configuration and command: static memberships and
 * routes, and owners by hand. Only protocols that have some bring this table.
 */
struct proto_admin {
	/* Static memberships on the interface of this name. */
	int (*join)(void *self, const char *interface, struct mgm_sg sg,
		    uint64_t op);
	int (*leave)(void *self, const char *interface, struct mgm_sg sg);
	/* Static routes; adding an existing one changes it in place. */
	int (*route_add)(void *self, const struct proto_route_config *route,
			 uint64_t op);
	int (*route_del)(void *self, struct mgm_sg sg);
	/*
	 * Static routes to sources; adding one to the same prefix changes it.
	 * -ENETUNREACH: there is no interface for it.
	 */
	int (*rpf_add)(void *self, const struct proto_rpf_config *rpf);
	int (*rpf_del)(void *self, const struct mgm_prefix *prefix);
	/*
	 * Ownership by hand. With op 0 it was said in the run before: what
	 * cannot be yet is waited for.
	 */
	int (*take)(void *self, const char *interface, uint64_t op);
	int (*release)(void *self, const char *interface, uint64_t op);

	/*
	 * Listings, behind *cursor, which moves with the rows; NULL: all. They
	 * stop when each returns non-zero, and return that. joins: what was
	 * joined by configuration or command, and not by hosts.
	 */
	int (*joins)(void *self, struct proto_cursor *cursor,
		     int (*each)(void *arg, const struct proto_join *join),
		     void *arg);
	int (*routes)(void *self, struct proto_cursor *cursor,
		      int (*each)(void *arg, const struct proto_route *route),
		      void *arg);
	int (*rpfs)(void *self, struct proto_cursor *cursor,
		    int (*each)(void *arg, const struct proto_rpf *rpf),
		    void *arg);
	/* The interface that the route of exactly this flow waits for. */
	const char *(*route_waits)(void *self, struct mgm_sg sg);
};

struct proto {
	const char *name;
	uint32_t id; /* enum xmgm_owner */
	/* It learns from hosts what they want: where it is enabled, joins by
	 * configuration and command are its own. */
	bool hosts;
	/* Where it is enabled it takes the interface: one such, at most. */
	bool owns;

	/* Its sections of the configuration; NULL: it has none. */
	const struct proto_options *(*options)(void);
	/* What it has that is administered; NULL: nothing. */
	const struct proto_admin *admin;
	/* Its tables, the last without a name; NULL: none. */
	const struct proto_table *(*tables)(void);

	/* Registers with the manager. *self is handed to all other hooks. */
	int (*start)(const struct proto_services *services, uint64_t now_ms,
		     void **self);
	/* Before stop, if forwarding ends with the daemon: neighbours are told
	 * that there is no router any more. */
	void (*farewell)(void *self);
	/* Frees everything; the manager and the plane go on as they are. */
	void (*stop)(void *self);
	/*
	 * All that is to be, at start and after each reload: what the file
	 * says and what commands have said over it. Routes and joins that are
	 * not in it go. What has not changed must not be touched. Complains
	 * through services.say.
	 */
	void (*configure)(void *self, const struct proto_config *config,
			  uint64_t now_ms);

	/* An interface has appeared, or something about it has changed. */
	void (*interface_changed)(void *self,
				  const struct proto_interface *interface,
				  uint64_t now_ms);
	/*
	 * The addresses of an interface of the host, loopbacks included, have
	 * changed: for who borrows some. None when it goes. Before
	 * interface_changed.
	 */
	void (*addresses)(void *self, const struct proto_interface *of,
			  uint64_t now_ms);
	/* It is gone; the manager has been told already. */
	void (*interface_gone)(void *self, uint32_t ifid, const char *name);

	/* A record of the `igmp` ring. */
	void (*record)(void *self, const void *record, size_t len,
		       uint64_t now_ms);
	/* services.report of the protocol at this place of the registry. */
	int (*report)(void *self, size_t who, uint32_t ifid,
		      const struct proto_report *report, uint64_t now_ms);
	/* A packet of those it listens to. */
	void (*packet)(void *self, const struct proto_packet *packet,
		       uint64_t now_ms);
	/*
	 * Messages of this interface have not come through the `igmp` ring:
	 * over its rate, without room, or lost.
	 */
	void (*lost)(void *self, uint32_t ifid, uint64_t now_ms);
	/* Some that a host says there is refused, because it says too much, and
	 * nobody is asked again: not all that are there are known. */
	void (*unheard)(void *self, uint32_t ifid, uint64_t now_ms);
	/*
	 * Does what is due; returns when it wants to be called next. For a
	 * protocol with `record` now_ms is not later than the arrival of any
	 * message that still waits for it.
	 */
	uint64_t (*tick)(void *self, uint64_t now_ms);

	/* For `show groups`: a listing as those of struct proto_admin. */
	int (*groups)(void *self, uint64_t now_ms, struct proto_cursor *cursor,
		      int (*each)(void *arg, const struct proto_group *group),
		      void *arg);
	/* For `show groups detail`: the same of hosts. each may be called with
	 * NULL: time has gone by, and there is no row. */
	int (*listeners)(void *self, uint64_t now_ms,
			 struct proto_cursor *cursor,
			 int (*each)(void *arg,
				     const struct proto_listener *listener),
			 void *arg);
	/* Forgets what hosts have reported on this interface, NULL: on all, and
	 * asks them anew. -ENOENT: it runs on none of these. */
	int (*clear)(void *self, const char *interface, uint64_t now_ms);
	int (*querier)(void *self, uint32_t ifid, uint64_t now_ms,
		       struct proto_querier *querier);
	/*
	 * All that it says of one interface: of this one, or, if it is NULL,
	 * of the first behind the cursor, which moves there. -ENOENT: it runs
	 * on none.
	 */
	int (*status)(void *self, uint64_t now_ms, const char *interface,
		      struct proto_cursor *cursor, const struct proto_row *row);
	/* How often a limit has refused hosts here: when it grows that is a
	 * problem of the interface. */
	uint64_t (*refusals)(void *self, uint32_t ifid);
	/* What is wrong there as long as it is: sentences that say what to
	 * do. */
	void (*problems)(void *self, uint32_t ifid,
			 void (*each)(void *arg, const char *sentence),
			 void *arg);
	/* Counters: a name, and the sentence that people read beside it. */
	void (*stats)(void *self,
		      void (*each)(void *arg, const char *name,
				   const char *text, uint64_t value),
		      void *arg);
};

/*
 * The registry: the protocol with this index, NULL past the last. join and
 * leave are asked in this order.
 */
const struct proto *proto_get(size_t index);

/* All of them, whether they run or not. */
#define proto_for_each(index, proto) \
	for ((index) = 0; ((proto) = proto_get(index)); (index)++)

/* Its place in the registry; PROTO_MAX if it is not there. */
size_t proto_index(const struct proto *proto);

/* The interface of this name in the configuration, or NULL. */
const struct proto_interface_config *
proto_config_interface(const struct proto_config *config, const char *name);
/* Has it a protocol enabled that learns memberships from hosts? */
bool proto_config_hosts(const struct proto_config *config, const char *name);
/* Can it have this as a membership of its own? It has groups, each from any
 * source or from some, and no prefixes: those are a membership of static's. */
bool proto_hosts_have(const struct mgm_sg *sg);

#endif /* XMGM_PROTO_PROTO_H */
