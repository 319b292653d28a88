/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A simulated network of routers that run DVMRP, each with a manager and a
 * plane of memory, for tests of what they do together. Links are LANs with a
 * host each, which sends and, by an IGMP client of each router there, wants
 * groups. Time is moved by hand; messages take a millisecond and may be lost,
 * data takes none and is not.
 *
 * Link n has the subnet 10.n.0.0/24; router r's address there is 10.n.0.r+1,
 * its interface is called "en" and has ifid n + 1. The host is 10.n.0.200.
 */
#ifndef XMGM_TESTS_DVMRP_NET_H
#define XMGM_TESTS_DVMRP_NET_H

#include "mgm_fixture.h"
#include "proto/dvmrp/config.h"
#include "proto/proto.h"
#include "wire/dvmrp.h"

#define NET_ROUTERS 6
#define NET_LINKS   16
#define NET_GROUPS  8 /* 239.0.0.1 and so on: a bit each */
#define NET_NEWS    4096u
#define NET_HOST    200u

struct net;

/* A router's interface to the link of this number, if `there`. */
struct net_port {
	bool there, up;
	bool igmp;  /* IGMP runs there */
	bool dvmrp; /* and DVMRP */
	bool held;  /* the gate: disable_igmp, and not enabled yet */
	struct dvmrp_interface_config config;
};

struct net_router {
	struct net *net;
	unsigned int number;
	bool alive;
	struct fix *f; /* manager and plane */
	void *self;    /* of the protocol */
	struct mgm_client *igmp;
	uint64_t next_ms; /* its tick */
	struct net_port port[NET_LINKS];
	char name[NET_LINKS][XMGM_IFNAME_LEN];
	struct dvmrp_config config;
};

struct net_frame {
	struct net_frame *next;
	uint64_t at_ms;
	unsigned int link, from;
	struct in_addr destination;
	size_t len;
	uint8_t bytes[DVMRP_BYTES];
};

struct net {
	uint64_t now;
	struct net_router router[NET_ROUTERS];
	struct net_frame *frames;     /* by time */
	uint32_t wants[NET_LINKS];    /* bits of groups: the host's */
	unsigned int seen[NET_LINKS]; /* copies of the last packet there */
	unsigned int copies;	      /* all of them */
	bool cut[NET_LINKS];	      /* nothing passes it */
	unsigned int loss;	      /* of 100 messages */
	uint32_t drawn;		      /* of its random numbers */
	/* Each message that is sent, lost ones as well; may be NULL. */
	void (*sniff)(struct net *net, const struct net_frame *frame,
		      const struct dvmrp_message *m);
	/* Each message that a router gets, before it does; may be NULL. */
	void (*heard)(struct net *net, struct net_router *r,
		      const struct net_frame *frame,
		      const struct dvmrp_message *m);
	/* Some may be lost on purpose; may be NULL. */
	bool (*lose)(struct net *net, const struct net_frame *frame,
		     const struct dvmrp_message *m);
	void *arg;
	struct model *model; /* dvmrp_model.h */
	/* Events of its protocol, "1 dvmrp-prune sent" a line; NULL: not. */
	char *news;
};

struct net *net_new(void);
void net_free(struct net *net);
uint32_t net_random(struct net *net, uint32_t below);

/* Before net_start: the router is at this link, with IGMP. */
struct net_port *net_attach(struct net *net, unsigned int router,
			    unsigned int link);
/* Starts, or starts again, a router with what it is attached to. */
void net_start(struct net *net, unsigned int router);
void net_start_all(struct net *net);
/* It says goodbye; it does not. Its plane goes with it. */
void net_stop(struct net *net, unsigned int router);
void net_kill(struct net *net, unsigned int router);
/* Its sections of the configuration, as its ports are now. */
void net_configure(struct net_router *r);

void net_run(struct net *net, uint64_t ms);
/* The interface of a router, or a whole link. */
void net_turn(struct net *net, unsigned int router, unsigned int link, bool up);
void net_cut(struct net *net, unsigned int link, bool cut);

void net_join(struct net *net, unsigned int link, unsigned int group);
void net_leave(struct net *net, unsigned int link, unsigned int group);

struct mgm_sg net_sg(unsigned int link, unsigned int group);
/* Of a line of the plane. */
struct mgm_sg net_flow(const struct fix_route *line);
struct in_addr net_address(unsigned int link, unsigned int host);
/* The host of this link sends one packet. */
void net_send(struct net *net, unsigned int link, unsigned int group);
/* "1:1 2:1": how many copies of the last packet each other link has seen. */
const char *net_seen(const struct net *net, unsigned int link);
/* "0: 1,2": the iif and oifs, as links, of a router's MFE; "-": none. */
const char *net_mfe(struct net *net, unsigned int router, unsigned int link,
		    unsigned int group);

#endif /* XMGM_TESTS_DVMRP_NET_H */
