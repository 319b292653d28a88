/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the proxy share; nobody else includes it. */
#ifndef XMGM_PROTO_PROXY_INTERNAL_H
#define XMGM_PROTO_PROXY_INTERNAL_H

#include <sys/queue.h>

#include "config.h"
#include "lib/hash.h"
#include "proto/filter.h"
#include "proto/proto.h"

/* An interface towards routers, by its name. */
struct proxy_upstream {
	struct proxy_upstream *next; /* by name */
	char name[XMGM_IFNAME_LEN];
	uint32_t ifid; /* 0: not there */
	bool up, addressed;
	bool wanted; /* configured */
	bool owned;  /* by us */
	bool busy;   /* a take or release is under way */
	int refused; /* the manager's last answer to our take */
	bool warned;
	struct proxy_config config;
};

/* Groups that go to one upstream: a prefix that is configured, and the best of
 * those that serve it. */
struct proxy_range {
	struct mgm_prefix prefix;
	struct proxy_upstream *best;  /* that can be used; NULL: none */
	struct proxy_upstream *first; /* of those configured, for flows */
};

/* What downstream sends to these groups goes out there: a membership. */
struct proxy_outlet {
	struct mgm_prefix prefix;
	uint32_t ifid;
};

/* A route to sources behind an upstream, in the manager's RIB. */
struct proxy_route {
	struct mgm_prefix prefix;
	uint32_t ifid;
};

/* A group that somebody wants, or has to be looked at. */
struct proxy_group {
	struct hash_node node;
	TAILQ_ENTRY(proxy_group) link; /* in dirty, if it is */
	struct in_addr group;
	bool dirty;
	uint32_t ifid; /* it is reported there; 0: nowhere */
	bool wanted;   /* by anybody, when it was worked out last */
};

#define PROXY_COUNTERS(X)                                              \
	X(groups_merged, "memberships worked out")                     \
	X(reports_failed, "memberships that could not be handed over") \
	X(failovers, "changes of the upstream of some groups")         \
	X(takes_refused, "upstreams that another protocol kept")       \
	X(rpf_asked, "flows whose upstream was asked for")

struct proxy_counters {
#define PROXY_COUNTER_FIELD(id, text) uint64_t id;
	PROXY_COUNTERS(PROXY_COUNTER_FIELD)
#undef PROXY_COUNTER_FIELD
};

struct proxy {
	struct proto_services services;
	struct mgm_client *client;
	size_t place;
	uint64_t now_ms, retry_ms; /* TIMER_NEVER */
	struct proxy_upstream *upstreams;
	struct proxy_range *ranges; /* the longest prefix first */
	size_t range_count;
	struct proxy_outlet *outlets;
	size_t outlet_count;
	struct proxy_route *routes;
	size_t route_count;
	struct hash groups;
	TAILQ_HEAD(proxy_groups, proxy_group) dirty;
	struct filter_merge merge;
	struct proxy_counters counters;
	bool stale; /* upstreams have changed: work ranges out again */
};

/* upstream.c */
struct proxy_upstream *proxy_upstream_find(const struct proxy *p,
					   const char *name);
struct proxy_upstream *proxy_upstream_get(struct proxy *p, const char *name);
struct proxy_upstream *proxy_upstream_by_id(const struct proxy *p,
					    uint32_t ifid);
/* What the manager says of it now. */
void proxy_upstream_read(struct proxy *p, struct proxy_upstream *u);
bool proxy_upstream_usable(const struct proxy_upstream *u);
/* Takes or releases what is to be; forgets what is neither. */
void proxy_upstream_drive(struct proxy *p);

/* range.c: works out which upstream serves which groups and sources, and has
 * the manager and the groups follow. */
void proxy_range_update(struct proxy *p);
/* The one with the longest prefix that holds a group; NULL: none. */
const struct proxy_range *proxy_range_of(const struct proxy *p,
					 const struct mgm_address *group);

/* cover.c: prefixes that have each group of prefix but those in `holes`, which
 * are prefixes in it; each is given to `each`. */
void proxy_cover(const struct mgm_prefix *prefix,
		 const struct mgm_prefix *holes, size_t count,
		 void (*each)(void *arg, const struct mgm_prefix *part),
		 void *arg);

/* group.c */
void proxy_group_mark(struct proxy *p, struct in_addr group);
void proxy_group_mark_all(struct proxy *p);
/* Of those that the manager has, whether we know them or not. */
void proxy_group_read_all(struct proxy *p);
/* Works off some of those marked; true: there are more. */
bool proxy_group_work(struct proxy *p);
void proxy_group_free_all(struct proxy *p);

/* status.c */
int proxy_status(struct proxy *p, const char *interface,
		 struct proto_cursor *cursor, const struct proto_row *row);

void proxy_say(struct proxy *p, enum proto_severity severity,
	       const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Something could not be done: again soon. */
void proxy_retry(struct proxy *p);

#endif /* XMGM_PROTO_PROXY_INTERNAL_H */
