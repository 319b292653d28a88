/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients: who is registered, and sets of them (registry.c).
 */
#ifndef XMGM_MGM_CLIENT_H
#define XMGM_MGM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "xmgm/mgm.h"

#define CLIENT_SLOTS 256u
#define CLIENT_WORDS (CLIENT_SLOTS / 64)
#define NO_SLOT	     (-1)
#define NO_TAG	     0u

/* A set of clients, by slot. */
struct client_set {
	uint64_t word[CLIENT_WORDS];
};

struct client {
	bool used;
	bool dead; /* its process is gone; it lasts until it owns nothing */
	uint16_t slot;
	uint32_t generation;
	uint64_t serial; /* of its registration, counted by the manager */
	uint32_t life;	 /* of its first: as serial, but a grace time ago */
	uint32_t protocol, component;
	enum mgm_role role;
	bool accepts_transfers;
	bool settled;  /* what it has not set by now it does not want */
	bool silent;   /* it let a request's deadline pass, and no call since */
	bool lost;     /* its connection is gone, it may come back... */
	bool returned; /* it has, and says again what it was (grace.c)... */
	uint64_t grace_end_ms; /* ...until then; FOREVER: neither */
	uint64_t grace_ms;     /* 0: a client that is lost is dead */
	char name[16];
	struct mgm_callbacks callbacks;
	uint32_t heard; /* which there are (alert_heard) */
	void *arg;
	uint32_t owned;	     /* interfaces it is on, and handshakes it is in */
	uint32_t rib_routes; /* that it has put */
	uint32_t rib_clock;  /* they bear its time */
	uint32_t rib_stale;  /* what is older has to be put again (grace.c) */
};

/* registry.c */
struct client *client_of(struct mgm *m, struct mgm_client *handle);
struct client *client_named(struct mgm *m, uint32_t protocol,
			    uint32_t component);
/* Its name while it lives: another client never has it. */
uint32_t client_tag(const struct client *c);
struct client *client_tagged(struct mgm *m, uint32_t tag);
/* The same, and it stays when it is lost and comes back. */
uint32_t client_life(const struct client *c);
struct client *client_living(struct mgm *m, uint32_t life);
void client_hold(struct client *c);
void client_die(struct mgm *m, struct client *c);
void client_drop(struct mgm *m, struct client *c);

/* grace.c: clients that are lost, and those that have come back. */
struct iface;
struct mgm_registration;
bool grace_runs(const struct client *c);
/* Is this what c was, as it was lost? Then take may say so again. */
bool grace_owns(const struct client *c, const struct iface *ifc);
int grace_take(struct mgm *m, struct client *c, struct iface *ifc);
void grace_returned(struct mgm *m, struct client *c, uint64_t grace_ms);
void grace_settled(struct mgm *m, struct client *c);
void grace_forget(struct mgm *m, struct client *c);
void grace_tick(struct mgm *m);

#endif /* XMGM_MGM_CLIENT_H */
