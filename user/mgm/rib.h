/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The RIB: routes that clients have put (rib_route.c), and what all routes,
 * the kernel's among them, say of each source (rib.c).
 */
#ifndef XMGM_MGM_RIB_H
#define XMGM_MGM_RIB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/hash.h"
#include "xmgm/mgm.h"

#define RIB_STEPS 4u /* of work, that a question costs: a system call */

struct client;
struct mgm;

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
	uint32_t said; /* when, by its client's clock */
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
	uint32_t life;	/* whose route says so; NO_TAG: the kernel's */
	uint8_t length; /* of its prefix */
	uint8_t distance;
	bool by_arrival; /* as in struct mgm_rib_answer */
};

/* A source: what the RIB says of it, and what depends on that. */
struct source {
	struct hash_node node;
	struct mgm_address addr;
	struct reverse_path rib;
	bool stale; /* the RIB is to be asked again */
	TAILQ_ENTRY(source) stale_link;
	TAILQ_HEAD(, mfe) mfes;
	TAILQ_HEAD(, named) named;
};

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
/* The route that said so; false: there is none, or its client is gone. */
bool rib_route_of(struct mgm *m, const struct source *s,
		  struct mgm_rib_route *route);
/* Prefixes whose routes have changed: is the source in one, it is a new one,
 * all sources have been looked at. */
bool rib_pending_covers(const struct mgm *m, const struct mgm_address *source);
void rib_pending_put(struct mgm *m, const struct mgm_prefix *prefix);
void rib_pending_over(struct mgm *m);
void rib_tell(struct mgm *m, const struct mgm_prefix *prefix);
void rib_client_gone(struct mgm *m, const struct client *c);
/* The client has to put its routes again; what it has not put again goes. */
void rib_client_stale(struct client *c);
void rib_client_sweep(struct mgm *m, const struct client *c);
void rib_iface_gone(struct mgm *m, uint32_t ifid);
/* It is up or down, and was not. */
void rib_iface_turned(struct mgm *m, uint32_t ifid);
void rib_free(struct mgm *m);

#endif /* XMGM_MGM_RIB_H */
