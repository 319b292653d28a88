/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hosts of a LAN: what each of them takes up, and which of them listen to
 * what. A host is a source address. See hosts.c.
 */
#ifndef XMGM_PROTO_IGMP_HOSTS_H
#define XMGM_PROTO_IGMP_HOSTS_H

#include "lib/hash.h"
#include "lib/tree.h"
#include "lib/timer.h"
#include "router.h"

struct igmp_group;

/* It goes when nothing is charged to it and it listens to nothing. */
struct igmp_host {
	struct hash_node node;
	struct in_addr address;
	uint32_t groups;  /* charged to it */
	uint32_t tracked; /* listeners that are this host */
};

/* A host that has reported a group by any source, or a source of one. There
 * may be a hundred thousand in one group: 64 bytes of the heap. */
struct igmp_listener {
	struct tree_node by_host;
	struct igmp_listener *older, *newer; /* in a ring, by when heard */
	struct igmp_host *host;
	uint64_t expires_ms; /* if it is not heard until then */
	uint32_t since_s;
	uint8_t version; /* of its last report */
};

/* Those of a group by any source, or of one of its sources. */
struct igmp_listeners {
	struct tree_node *root;
	struct igmp_listener *oldest; /* heard longest ago */
	uint32_t count;
};

/* All of an interface. */
struct igmp_hosts {
	struct hash table;
	uint32_t tracked;	       /* listeners, with those dropped */
	struct igmp_listener *dropped; /* still to be freed: a ring */
	struct timer timer;	       /* for that */
};

void igmp_hosts_init(struct igmp_interface *in);
/* The interface has no groups any more. */
void igmp_hosts_clear(struct igmp_interface *in);

/*
 * Shares. admit: may host have a group that no host has now? charge: it has,
 * or has reported one that is there; -ENOMEM. release: nobody wants it. full:
 * which limit forbids it, IGMP_LIMITS: none.
 */
enum igmp_limit igmp_host_full(struct igmp_interface *in, struct in_addr host);
bool igmp_host_admit(struct igmp_interface *in, struct in_addr host,
		     struct in_addr group);
int igmp_host_charge(struct igmp_group *g, struct in_addr host);
void igmp_host_release(struct igmp_group *g);

/*
 * Listeners of g, or of a source of it. heard: the last reporter is one; where
 * there is no room for it g is not sure of its hosts for a while. left: it is
 * none. expire: some of those whose time is over go. drop: all of them.
 */
void igmp_listener_heard(struct igmp_group *g, struct igmp_listeners *l,
			 uint64_t now_ms);
void igmp_listener_left(struct igmp_group *g, struct igmp_listeners *l);
void igmp_listeners_expire(struct igmp_interface *in, struct igmp_listeners *l,
			   uint64_t now_ms);
void igmp_listeners_drop(struct igmp_interface *in, struct igmp_listeners *l);
/* When the first of them expires; TIMER_NEVER: there is none. */
uint64_t igmp_listeners_next(const struct igmp_listeners *l);
/* The first by address behind this one, or of all; NULL. */
const struct igmp_listener *igmp_listeners_after(const struct igmp_listeners *l,
						 const struct in_addr *host);

/* Until then somebody may listen whom nobody has tracked. */
void igmp_hosts_unsure(struct igmp_group *g, uint64_t until_ms);
void igmp_hosts_all_unsure(struct igmp_interface *in, uint64_t now_ms);

#endif /* XMGM_PROTO_IGMP_HOSTS_H */
