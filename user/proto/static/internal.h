/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the static protocol share: its tables and the functions
 * by which they work on each other. Not for anybody else.
 */
#ifndef XMGM_PROTO_STATIC_INTERNAL_H
#define XMGM_PROTO_STATIC_INTERNAL_H

#include "lib/hash.h"
#include "proto/proto.h"

/* Our hold on one interface. */
enum static_state {
	STATIC_ABSENT,	  /* no netdev of this name */
	STATIC_IDLE,	  /* there, not ours */
	STATIC_TAKING,	  /* the handshake runs */
	STATIC_OWNED,	  /* ours */
	STATIC_RELEASING, /* the handshake runs */
	STATIC_REFUSED,	  /* the manager said no: tried again later */
	STATIC_STATES
};

enum static_event {
	STATIC_APPEARED,
	STATIC_VANISHED,
	STATIC_NEEDED,	 /* something names it */
	STATIC_UNNEEDED, /* nothing names it any more */
	STATIC_GRANTED,	 /* what was begun has ended well */
	STATIC_DENIED,	 /* it has not */
	STATIC_RETRY,	 /* time has passed */
	STATIC_EVENTS
};

/* An interface that a route, a join or a person names. Kept by name. */
struct static_if {
	struct hash_node node; /* by name */
	char name[XMGM_IFNAME_LEN];
	uint32_t ifid; /* 0: absent */
	enum static_state state;
	uint32_t uses; /* plans and members that name it, and `manual` */
	bool manual;   /* taken by hand */
	bool dirty;    /* look at its state again */
	bool warned;   /* a refusal has been logged */
	int error;     /* why it was refused */
	uint64_t op;   /* of the take or release by hand that waits */
};

/*
 * What a route does: an iif and oifs, each counted in static_if.uses. Routes
 * that do the same share it.
 */
struct static_plan {
	struct hash_node node; /* by content */
	uint32_t uses;	       /* routes that do it, or wait to */
	uint32_t to_count;
	struct static_if *from;
	struct static_if *to[];
};

/* A change of a route that waits for a handshake. */
struct static_change {
	struct static_plan *plan;
	uint64_t op;		     /* of the command that made it */
	struct static_flow *waiting; /* the next that waits */
};

/* An (S,G) or (*,G): its route and its memberships. */
struct static_flow {
	struct hash_node node;	       /* by sg */
	struct static_member *members; /* by name of the interface */
	struct static_plan *now;       /* of the route; NULL: none in force */
	struct static_change *next;    /* NULL: none waits */
	bool route;		       /* there is one, or it is being made */
	/* The route: */
	bool keep;	/* seen in the configuration being applied */
	bool installed; /* in the manager, with now->from as its iif */
	bool partial;	/* not as it is to be: to be installed again */
	bool warned;
	uint8_t sg[]; /* packed */
};

struct static_member {
	struct static_member *next; /* in the flow */
	struct static_flow *flow;
	struct static_if *itf;
	unsigned int routes; /* plans of a (*,G) that need it */
	bool joined;	     /* by the configuration or a command */
	bool keep;
	bool installed;
	bool warned;
	uint64_t op; /* of the join that waits */
};

/* A route to sources, in the manager's RIB while there is an interface. */
struct static_rpf {
	struct hash_node node; /* by config.prefix */
	struct proto_rpf_config config;
	uint32_t ifid; /* put with it; 0: it waits */
	bool keep;     /* seen in the configuration being applied */
	bool failed;   /* the manager refused it; warned */
};

struct static_protocol {
	const struct proto_services *services;
	struct mgm_client *client;
	struct hash interfaces;
	struct hash flows;
	struct hash plans;
	struct hash rpfs;
	uint32_t route_count, member_count;
	struct static_flow *waiting; /* those with a `next` */
	unsigned int member_ops;     /* joins that wait */
	unsigned int held;	     /* static_run waits: a loop is going on */
	bool again;
	bool dirty;	   /* some interface is */
	bool fresh;	   /* one became ours: install what waits for it */
	bool failed;	   /* something is to be tried again */
	uint64_t retry_ms; /* when; 0: not */
	uint64_t now_ms;
	uint64_t refused, retries;
};

/* Interfaces: interface.c. */
struct static_if *static_if_find(struct static_protocol *s, const char *name);
/* Counts a use; NULL: no memory. */
struct static_if *static_if_use(struct static_protocol *s, const char *name);
void static_if_unuse(struct static_protocol *s, struct static_if *itf);
void static_if_event(struct static_protocol *s, struct static_if *itf,
		     enum static_event event);
/* Looks at every interface whose needs or state have changed. */
void static_if_drive(struct static_protocol *s);
/* Tries again what was refused. */
void static_if_retry(struct static_protocol *s);
/* 0: ours; -EINPROGRESS: not decided; otherwise why not. */
int static_if_status(const struct static_if *itf);
void static_if_free_all(struct static_protocol *s);

/* Memberships: member.c. */
struct static_member *static_member_find(struct static_protocol *s,
					 const struct static_if *itf,
					 struct mgm_sg sg);
/* The one behind the cursor, which moves to it; NULL at the end. */
const struct static_member *static_member_after(const struct static_protocol *s,
						struct proto_cursor *cursor);
/* Finds or makes one, which keeps its interface in use; NULL: no memory. */
struct static_member *static_member_make(struct static_protocol *s,
					 const char *name, struct mgm_sg sg);
/* Tells the manager, if the interface is ours and it does not know yet. */
int static_member_install(struct static_protocol *s,
			  struct static_member *member);
/* Takes it back and frees it if nobody wants it any more. */
void static_member_reap(struct static_protocol *s,
			struct static_member *member);
/* The one that is visited may go. */
void static_member_each(struct static_protocol *s,
			void (*visit)(struct static_protocol *s,
				      struct static_member *member));
/* Everything that waits for a fresh interface. */
void static_member_install_all(struct static_protocol *s);
void static_member_vanished(struct static_protocol *s,
			    const struct static_if *itf);
/* Answers joins whose interface has been decided. */
void static_member_answer(struct static_protocol *s);

/* Flows: flow.c. */
struct mgm_sg static_flow_sg(const struct static_flow *flow);
struct static_flow *static_flow_find(const struct static_protocol *s,
				     const struct mgm_sg *sg);
/* Finds or makes one; NULL: no memory. */
struct static_flow *static_flow_get(struct static_protocol *s,
				    const struct mgm_sg *sg);
/* Frees it unless it has a route or members. */
void static_flow_reap(struct static_protocol *s, struct static_flow *flow);
/* The one that the cursor is at, if it is still there. */
struct static_flow *static_flow_at(const struct static_protocol *s,
				   const struct proto_cursor *cursor);
/* In an order that lasts, the one behind the cursor, which moves to it. */
struct static_flow *static_flow_after(const struct static_protocol *s,
				      struct proto_cursor *cursor);
/* An interface that a membership, or an oif of the route, of a flow is on: the
 * one behind the cursor, which moves to it; NULL at the end. */
const struct static_if *static_flow_oif_after(const struct static_protocol *s,
					      struct proto_cursor *cursor);
void static_flow_free_all(struct static_protocol *s);

/* What routes do: plan.c. The plan, made if need be; each get needs a put.
 * NULL: no memory. */
struct static_plan *static_plan_get(struct static_protocol *s,
				    const struct proto_route_config *config);
void static_plan_put(struct static_protocol *s, struct static_plan *plan);
bool static_plan_names(const struct static_plan *plan,
		       const struct static_if *itf);
/* The order of their oifs does not count. */
bool static_plan_equal(const struct static_plan *a,
		       const struct static_plan *b);
/* 0: every interface is ours. Failures before waiting. */
int static_plan_status(const struct static_plan *plan);
/* Those of its oifs that are ours; returns how many. */
size_t static_plan_oifs(const struct static_plan *plan,
			uint32_t oifs[MGM_OIFS]);
void static_plan_free_all(struct static_protocol *s);

/* Routes: route.c. */
struct static_flow *static_route_find(struct static_protocol *s,
				      struct mgm_sg sg);
/* The one behind the cursor, which moves to it; NULL at the end. */
const struct static_flow *static_route_after(const struct static_protocol *s,
					     struct proto_cursor *cursor);
/* As proto.route_add: all of it, or nothing. */
int static_route_add(struct static_protocol *s,
		     const struct proto_route_config *config, uint64_t op);
/* From the configuration: what can be done now, the rest later. */
int static_route_keep(struct static_protocol *s,
		      const struct proto_route_config *config);
void static_route_remove(struct static_protocol *s, struct static_flow *route);
void static_route_install_all(struct static_protocol *s);
void static_route_vanished(struct static_protocol *s,
			   const struct static_if *itf);
void static_route_answer(struct static_protocol *s);

/* Routes to sources: rpf.c. */
int static_rpf_add(struct static_protocol *s,
		   const struct proto_rpf_config *config);
int static_rpf_del(struct static_protocol *s, const struct mgm_prefix *prefix);
/* All that is to be: what is not among them goes. */
void static_rpf_configure(struct static_protocol *s,
			  const struct proto_rpf_config *configs, size_t count);
void static_rpf_interface(struct static_protocol *s,
			  const struct proto_interface *interface);
void static_rpf_interface_gone(struct static_protocol *s, uint32_t ifid);
void static_rpf_retry(struct static_protocol *s);
int static_rpf_list(struct static_protocol *s, struct proto_cursor *cursor,
		    int (*each)(void *arg, const struct proto_rpf *rpf),
		    void *arg);
void static_rpf_free_all(struct static_protocol *s);

/* Does what has become possible, unless held: static.c. */
void static_run(struct static_protocol *s);
void static_say(struct static_protocol *s, enum proto_severity severity,
		const char *format, ...) __attribute__((format(printf, 3, 4)));
#define STATIC_SG_LEN (2 * (INET6_ADDRSTRLEN + 4) + 4)
/* "(10.0.0.1, 239.1.1.1)" into buffer, which it returns. */
const char *static_sg_name(struct mgm_sg sg, char buffer[STATIC_SG_LEN]);

#endif /* XMGM_PROTO_STATIC_INTERNAL_H */
