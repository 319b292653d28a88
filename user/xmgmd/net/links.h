/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The netdevs of our namespace as the kernel reports them. The table is pure:
 * it is fed with parsed messages and says what has changed to those who listen;
 * link_io.c reads them from netlink. What it hears of routes goes the same way.
 * A name belongs to one link at a time, and a rename is a
 * link that goes and one that comes.
 *
 * A VLAN is a link of its own. What arrives there and leaves comes and goes by
 * its trunk, tagged, and so a VLAN that is wanted by name ("trunk0.100") is
 * there without a netdev as well (802.1Q): a link stands in, with an ifindex
 * from XMGM_IFID_VLAN up, which no socket knows (vlans.c). It lasts, under
 * another ifindex, when its netdev appears or goes.
 */
#ifndef XMGM_XMGMD_NET_LINKS_H
#define XMGM_XMGMD_NET_LINKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hash.h"
#include "proto/proto.h"

#define LINK_KIND_LEN  16
#define LINK_ADDRESSES 64 /* kept of one interface */
#define LINK_WANTED    8  /* addresses of a VLAN without a netdev */

/* What monitors have heard of a link last. */
enum link_told {
	LINK_TOLD_NOTHING,
	LINK_TOLD_UP,
	LINK_TOLD_DOWN,
	LINK_TOLD_GONE,
};

/* What routes make of a link. */
struct link_use {
	bool is_oif;
	unsigned int
		iif_mtu; /* the largest of the iifs whose routes leave here */
	char iif_name[XMGM_IFNAME_LEN];
};

/* Something that an interface is refused: problems.c says what to do. */
struct link_trouble {
	uint64_t seen;	   /* the count when last looked at */
	uint64_t until_ms; /* a problem until then; 0: none */
};

struct link {
	struct hash_node node;	  /* by ifindex */
	struct hash_node by_name; /* while announced */
	uint32_t ifindex;
	char name[XMGM_IFNAME_LEN];
	char kind[LINK_KIND_LEN]; /* IFLA_INFO_KIND; "" for hardware */
	uint8_t mac[6];
	bool ethernet;
	bool loopback, point_to_point, multicast;
	bool admin_up, carrier;
	unsigned int mtu;
	uint32_t peer; /* IFLA_LINK: the other end of a veth; 0: unknown */
	bool peer_elsewhere;  /* in another namespace */
	uint32_t bond;	      /* it is an active member of this one; 0: none */
	uint32_t xdp_program; /* its id; 0: none */
	uint32_t vlan;	      /* as in struct xmgm_port; 0: it is no VLAN */
	/* Of a VLAN, the netdev that carries its packets; 0: that is itself, as
	 * of a VLAN inside another, of a bond, or of another namespace's. */
	uint32_t trunk;
	bool mc_forwarding; /* the kernel's multicast router has a VIF on it */
	bool features_known;
	uint64_t features; /* NETDEV_XDP_ACT_*, if known */
	size_t address_count;
	struct proto_address addresses[LINK_ADDRESSES];
	uint32_t address_seen[LINK_ADDRESSES]; /* as seen */
	uint32_t seen; /* the dump that last reported it */
	/* Kept by the owner of the table: */
	struct link_use use;
	uint32_t kernel_flows; /* of kernel_flows.c, and the first of them */
	struct mgm_sg kernel_flow;
	enum link_told told;
	struct link_trouble shed, host_shed, multibuf, refused, unsent, hidden;
	uint8_t shed_host[4]; /* whose messages are host_shed */
	uint32_t shed_rate;
	uint64_t unsent_now; /* copies its driver has refused so far */
	int unsent_error;    /* what it has said last: see plane_refusal */
	unsigned int unsent_seconds; /* one after the other, as unsent.c says */
	bool refuses; /* it does, since it was as it is, though it says it can */
	struct xmgm_flow multibuf_flow; /* the first of this trouble */
	/* Of a VLAN, messages of IGMP since it is there: that XDP has read, and
	 * that a socket has heard, now and a second ago. */
	uint64_t igmp_read, igmp_read_before, igmp_heard, igmp_heard_before;
	bool announced;
	bool renamed; /* during gone: the netdev itself stays */
};

/* What a message says; `addresses` and `features` come by others. */
struct link_report {
	uint32_t ifindex;
	char name[XMGM_IFNAME_LEN];
	char kind[LINK_KIND_LEN];
	uint8_t mac[6];
	bool ethernet, loopback, point_to_point, multicast, admin_up, carrier;
	unsigned int mtu;
	uint32_t peer;
	bool peer_elsewhere;
	uint32_t bond;
	uint32_t xdp_program;
	uint32_t vlan; /* of the trunk `peer`; 0: it is none */
};

/* A VLAN that is to be there without a netdev, too. */
struct link_want {
	struct link_want *next; /* the table's */
	char name[XMGM_IFNAME_LEN];
	struct proto_address addresses[LINK_WANTED];
	size_t address_count;
};

/*
 * appeared and gone bracket the life of a (name, ifindex); program: another
 * XDP program is on it, or none; moved: the netdev of a VLAN has come or gone,
 * and the link, which had the ifindex `before`, has another, changed follows;
 * changed: anything else about it. link is
 * valid during the call. route: the routes to this prefix in this table of the
 * kernel's have changed; routes: any may have. Hooks may be NULL.
 */
struct link_listener {
	struct link_listener *next; /* the table's */
	void *arg;
	void (*appeared)(void *arg, const struct link *link);
	void (*changed)(void *arg, const struct link *link);
	void (*program)(void *arg, const struct link *link);
	void (*moved)(void *arg, const struct link *link, uint32_t before);
	void (*gone)(void *arg, const struct link *link);
	void (*route)(void *arg, uint32_t table,
		      const struct mgm_prefix *prefix);
	void (*routes)(void *arg);
	void (*mroutes)(void *arg); /* of the kernel's multicast router */
};

struct links {
	struct hash table;
	struct hash names;
	uint32_t dump; /* generation of the dump going on, or the last */
	struct link_want *wants;
	uint32_t stand_ins; /* so many ifindexes were given to VLANs */
	struct link_listener *listeners; /* in the order in which they came */
};

void links_init(struct links *links);
void links_free(struct links *links);
/* From now on it is told; it stays where it is as long as the table does. */
void links_listen(struct links *links, struct link_listener *listener);

/* Each returns 0 or -ENOMEM; a message about an unknown link is ignored. */
int links_report(struct links *links, const struct link_report *report);
void links_delete(struct links *links, uint32_t ifindex);
void links_address(struct links *links, uint32_t ifindex,
		   const struct proto_address *address, bool add);
void links_features(struct links *links, uint32_t ifindex, bool known,
		    uint64_t features);

void links_mc_forwarding(struct links *links, uint32_t ifindex, bool on);

/*
 * The VLAN of this name is there from now on while its trunk is, with these
 * addresses (LINK_WANTED at most) while it has no netdev; or only as a netdev
 * again. A name that is no VLAN's changes nothing. -ENOMEM.
 */
int links_want(struct links *links, const char *name,
	       const struct proto_address *addresses, size_t count);
void links_unwant(struct links *links, const char *name);
/* Would it be there if it were wanted? */
bool links_may_stand(const struct links *links, const char *name);
#define LINK_WHY 160
/* Why there is no link of this name, and what to do, in words. */
void links_why_not(const struct links *links, const char *name,
		   char why[LINK_WHY]);

/* To those who listen. */
void links_route(const struct links *links, uint32_t table,
		 const struct mgm_prefix *prefix);
void links_routes(const struct links *links);
void links_mroutes(const struct links *links);

/*
 * A full dump: links and addresses that it does not report again are gone at
 * its end.
 */
void links_dump_begin(struct links *links);
void links_dump_end(struct links *links);

struct link *links_by_index(const struct links *links, uint32_t ifindex);
struct link *links_by_name(const struct links *links, const char *name);
/* The one with the longest subnet that holds this address, of several the one
 * with the lowest ifindex; never a loopback. NULL: none. */
const struct link *links_toward(const struct links *links,
				const struct mgm_address *address);
/* The VLAN of this trunk, netdev or not. */
struct link *links_vlan(const struct links *links, uint32_t trunk,
			uint32_t vlan);
/* The one that carries its packets; NULL: a trunk that is not there. */
struct link *links_carrier(const struct links *links, const struct link *link);
bool link_is_netdev(const struct link *link);
/* The length of its longest subnet that holds the address; -1: none does. */
int link_subnet(const struct link *link, const struct mgm_address *address);
bool link_up(const struct link *link);
/* Can it carry packets, by the flags (IFF_*) of a message about it? */
bool link_flags_carrier(unsigned int flags);
/* Can it transmit frames that XDP redirects, as far as is known? */
bool link_transmits(const struct link *link);
/* Local senders behind it leave UDP checksums half done. */
bool link_partial_csum(const struct link *link);

#endif /* XMGM_XMGMD_NET_LINKS_H */
