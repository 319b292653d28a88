/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The forwarding plane as the daemon uses it. Two implementations behind one
 * table of functions: bpf.c (maps, programs, ring buffers) and fake.c (memory
 * only, for tests and for running without root). Nothing outside user/plane
 * includes libbpf or libxdp.
 *
 * All functions return 0 or a negative errno. Interfaces, iifs and oifs are
 * ports, named by their ifids; only attach, detach and port_get take an
 * ifindex, because they mean a netdev.
 */
#ifndef XMGM_PLANE_PLANE_H
#define XMGM_PLANE_PLANE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xmgm/abi.h"
#include "xmgm/mgm.h"

struct plane;

/*
 * The key of the maps and the addresses of everybody else: nobody but the
 * plane turns one into the other. A zero source is any. -EAFNOSUPPORT: no map
 * holds IPv6 yet.
 */
int plane_flow(const struct mgm_sg *sg, struct xmgm_flow *flow);
struct mgm_sg plane_sg(const struct xmgm_flow *flow);

/* Reports from the data plane; called from plane_poll. */
struct plane_listener {
	void *arg;
	/*
	 * The frame begins with its Ethernet header, IP is at ip_off. It is
	 * whole if it is held; else at most XMGM_UPCALL_SMALL bytes of it.
	 */
	void (*upcall)(void *arg, const struct xmgm_upcall *upcall,
		       size_t ip_off);
	/* A record of the `igmp` ring. */
	void (*igmp)(void *arg, const void *record, size_t len);
};

#define PLANE_IGMP_RATE	 500000
#define PLANE_IGMP_BURST 1000000

/* 0 keeps what is pinned; a new instance gets the default. */
struct plane_options {
	const char *instance; /* 1 to XMGM_INSTANCE_LEN - 1 of [A-Za-z0-9_-] */
	uint32_t max_routes;  /* default 131072 */
	uint32_t max_sets;    /* slots of oif_sets, default 4096 */
	uint32_t pool_low; /* empty sets per size class to keep, default 64 */
	uint32_t hold_packets;	     /* per flow, default 512 */
	uint32_t hold_bytes;	     /* per flow, default 1 MiB */
	uint32_t hold_packets_total; /* default 65536 */
	uint64_t hold_bytes_total;   /* default 64 MiB */
	uint32_t upcall_rate;	/* new flows/s per interface, default 20000 */
	uint32_t upcall_burst;	/* default 20000 */
	uint32_t wrong_if_rate; /* default 100 */
	uint32_t fragment_rate; /* copies a second and iif, default 1000 */
	uint32_t igmp_rate;	/* group records/s per interface */
	uint32_t igmp_burst;
};

/* Numbers for `show stats`, beside the verdicts. */
#define PLANE_COUNTERS(X)                                                 \
	X(upcalls_miss, "new flows reported")                             \
	X(upcalls_held, "further packets of new flows")                   \
	X(upcalls_wrong_if, "wrong interfaces reported")                  \
	X(hold_dropped, "held packets dropped: no route, too old")        \
	X(replayed, "held packets sent")                                  \
	X(replay_failed, "held packets the kernel refused to send")       \
	X(sets_in_use, "oif sets that routes use")                        \
	X(sets_free, "empty oif sets in the pool")                        \
	X(sets_refused, "oif sets refused: all slots in use")             \
	X(pool_empty, "oif sets that had to wait for the kernel")         \
	X(routes, "routes in the cache")                                  \
	X(routes_refused, "routes refused: the cache is full")            \
	X(fragments, "fragments sent of copies longer than an oif's MTU") \
	X(fragment_failed, "such copies the kernel refused to send")      \
	X(egress_lost, "copies expected but not seen leaving")            \
	X(descriptors, "file descriptors the plane holds")

struct plane_counters {
#define PLANE_COUNTER_FIELD(id, text) uint64_t id;
	PLANE_COUNTERS(PLANE_COUNTER_FIELD)
#undef PLANE_COUNTER_FIELD
};

/* How copies leave by a port. */
enum plane_path {
	PLANE_PATH_NONE,  /* not at all: no set hands it copies */
	PLANE_PATH_XDP,	  /* from the devmap of a set */
	PLANE_PATH_CLONE, /* by the clone path, with all others of its sets */
};

#define PLANE_PATH_NAMES                                      \
	[PLANE_PATH_NONE] = "none", [PLANE_PATH_XDP] = "xdp", \
	[PLANE_PATH_CLONE] = "clone"

/*
 * Where packets come and go: a netdev, or a VLAN of one. A port that nobody has
 * set is the netdev whose ifindex its ifid is, untagged, on the XDP path.
 */
struct plane_port {
	uint32_t ifid;
	uint32_t ifindex; /* of the netdev that carries its packets */
	/* 1 to 4094; 0: untagged, and what has a tag of no VLAN. */
	uint16_t vlan;
	bool service; /* its tag is one of 802.1ad */
	enum plane_path path;
	char name[XMGM_IFNAME_LEN]; /* for dumps of `oifs` */
	uint32_t mtu;	/* of IP; 0: not known, nothing is too long */
	uint32_t flags; /* enum xmgm_interface_flag, of what arrives */
	/* What copies get: all zero, and none leaves. */
	uint8_t mac[6];
	uint8_t ttl_threshold;
	/* May send with the router MAC, though its own is another. */
	bool any_mac;
};

/* One that nobody has set. */
static inline struct plane_port plane_port_unset(uint32_t ifid)
{
	return (struct plane_port){
		.ifid = ifid,
		.ifindex = ifid,
		.path = PLANE_PATH_XDP,
	};
}

/* A netdev as the plane sees it, for `show interfaces`. */
struct plane_port_info {
	enum xmgm_mode mode;
	bool dispatched; /* below libxdp's dispatcher, beside others */
	bool taken_off;	 /* somebody else has, without detaching it */
	uint64_t packets_out, bytes_out, ttl_low;
	uint64_t packets_expected; /* copies meant for it */
	uint8_t ttl_threshold;	   /* 0: never set */
	enum plane_path path;	   /* as it was set */
	bool plain;		   /* sends with the router MAC */
	/*
	 * What its driver has made of the frames that devmaps of this network
	 * namespace have handed to it; `watched`: the kernel tells it.
	 */
	bool watched;
	uint64_t sent, refused;
};

/* Frames that a driver refused, without those below the TTL threshold. */
struct plane_refusal {
	uint32_t ifindex;
	int error; /* negative errno; 0: it took a part of a bulk */
	uint64_t frames;
};

/* What an interface had to be refused, since it has a state. */
struct plane_ingress {
	uint64_t igmp_limited, igmp_crowded, igmp_lost,
		igmp_host_limited;	/* enum xmgm_igmp_reason */
	uint32_t igmp_host_rate;	/* what is allowed now */
	uint8_t igmp_host[4];		/* the last host that was limited */
	uint64_t multibuf;		/* frames with this verdict */
	struct xmgm_flow multibuf_flow; /* the last one's */
};

/*
 * Opens what is pinned for this instance, or loads and pins it. *error is a
 * sentence with object, reason and remedy if the result is negative (static
 * buffer): no permission, kernel too old, pins of another ABI or namespace.
 */
int plane_open_bpf(const struct plane_options *options,
		   const struct plane_listener *listener, struct plane **plane,
		   const char **error);
int plane_open_fake(const struct plane_options *options,
		    const struct plane_listener *listener,
		    struct plane **plane);
/*
 * Detaches every interface of the instance in this network namespace and
 * removes its pins, whatever their ABI. -ENOENT: there are none. -EXDEV: they
 * belong to another network namespace, which still exists.
 */
int plane_destroy_bpf(const char *instance, const char **error);
/* Are there pins of this instance? Opening would not create any then. */
bool plane_exists_bpf(const char *instance);
/*
 * How many descriptors it may come to hold, with what attaching takes for a
 * moment: by what is pinned, or else by the options.
 */
uint32_t plane_descriptors_bpf(const struct plane_options *options);
/* Closes; what is attached goes on forwarding. */
void plane_close(struct plane *p);

/*
 * Attaching and detaching a netdev. Attaching twice is 0. *error as above:
 * someone else's program, mode not supported, netdev unknown.
 */
enum plane_mode { PLANE_AUTO, PLANE_NATIVE, PLANE_GENERIC };
/* Their names, as entries of a table. */
#define PLANE_MODE_NAMES                                  \
	[PLANE_AUTO] = "auto", [PLANE_NATIVE] = "native", \
	[PLANE_GENERIC] = "generic"
int plane_attach(struct plane *p, uint32_t ifindex, enum plane_mode mode,
		 const char **error);
int plane_detach(struct plane *p, uint32_t ifindex, const char **error);
int plane_port_get(struct plane *p, uint32_t ifindex,
		   struct plane_port_info *port);
/* What drivers have refused so far, of all netdevs. */
void plane_refusal_walk(struct plane *p,
			void (*each)(void *arg, const struct plane_refusal *r),
			void *arg);

/*
 * What a port is from now on, in every set that names it as well. Sets that
 * could not be changed are the first error that is returned.
 */
int plane_port_set(struct plane *p, const struct plane_port *port);
/*
 * The router MAC: all copies leave with it, without a program that costs time,
 * by *plain* ports, those whose own MAC it is, or that may send with any, and
 * whose TTL threshold is 1. It is kept with what is pinned; all zero: none is
 * chosen yet, and no port is plain. Changing it, or whether a port is plain,
 * loses no packet and takes a grace period (8 ms) for each 128 sets.
 */
int plane_router_mac_set(struct plane *p, const uint8_t mac[6]);
void plane_router_mac_get(struct plane *p, uint8_t mac[6]);
/* The port has vanished, with its netdev: forgets what was kept for it. */
void plane_port_gone(struct plane *p, uint32_t ifid);
/*
 * What arrives untagged at this netdev is the port's: XDP of a bond runs with
 * the ifindex of a member. ifid 0: it is the netdev's own. So it becomes when
 * the netdev is attached itself, and when the port is detached or gone.
 */
int plane_member_set(struct plane *p, uint32_t ifindex, uint32_t ifid);
/* Also those of earlier runs; each may set the one it is called for. */
void plane_member_walk(struct plane *p,
		       void (*each)(void *arg, uint32_t ifindex, uint32_t ifid),
		       void *arg);

/* The VLANs that arrive somewhere, of earlier runs, too: their ports were set
 * with these. Each may say that the one it is called for is gone. */
void plane_vlan_walk(struct plane *p,
		     void (*each)(void *arg, const struct xmgm_port *at,
				  uint32_t ifid),
		     void *arg);

/* Its flags and its slot are not the caller's: see plane_port_set. */
int plane_interface_set(struct plane *p, uint32_t ifid,
			const struct xmgm_interface *state);
int plane_interface_get(struct plane *p, uint32_t ifid,
			struct xmgm_interface *state);
void plane_interface_del(struct plane *p, uint32_t ifid);
/* Nothing leaves by it any more: sets that have it are without it from here,
 * for the routes that name them, and set_get hands them out no more. */
void plane_oif_lose(struct plane *p, uint32_t ifid);
/* Every ifid that has a state, also those of earlier runs; each may delete
 * the one it is called for. */
void plane_interface_walk(struct plane *p,
			  void (*each)(void *arg, uint32_t ifid), void *arg);
/*
 * Groups that sockets of this machine have joined, all of them, and by which
 * netdev: packets of these go to the stack as well, as if they arrived there.
 * -ENOMEM
 */
struct plane_local {
	uint32_t ifid;
	uint8_t group[4];
};
int plane_locals_set(struct plane *p, const struct plane_local *locals,
		     size_t count);
/*
 * What becomes of some flows besides: the TTL of their copies, set or at least
 * so much, and a rate for each. A route gets one by its slot in the flags of
 * plane_mfe_put (XMGM_TREATMENT_SHIFT). They are kept with what is pinned; all
 * zero: none. -EINVAL: slot 0
 */
struct plane_treatment {
	uint8_t ttl, ttl_min; /* 0: neither */
	uint32_t rate_kbit;   /* a second; 0: any */
};
int plane_treatment_set(struct plane *p, uint8_t slot,
			const struct plane_treatment *t);
int plane_treatment_get(struct plane *p, uint8_t slot,
			struct plane_treatment *t);
/* How much of what arrives may be forwarded, in kilobits a second; 0: all. */
int plane_limit_set(struct plane *p, uint32_t ifid, uint32_t kbit);
/* What these have refused. -ENOENT: nothing, or there is none. */
int plane_limit_read(struct plane *p, uint32_t ifid, struct xmgm_rate *rate);
int plane_flow_rate_read(struct plane *p, struct xmgm_flow flow,
			 struct xmgm_rate *rate);
/*
 * Oif sets. get interns: equal lists (sorted, without repeats) share a set,
 * each get needs one put. What is handed out is what the ports' paths allow.
 * -ENOSPC all slots in use, -EINVAL more than XMGM_SET_OIFS. count 0 gives
 * XMGM_SET_NEGATIVE. A set from the pool costs microseconds; if its size class
 * is empty it costs a grace period (8 ms).
 */
int plane_set_get(struct plane *p, const uint32_t *oifs, size_t count,
		  uint32_t *set);
void plane_set_put(struct plane *p, uint32_t set);
/* What all its routes together have sent to each of its oifs. -ENOENT */
int plane_set_read(struct plane *p, uint32_t set, uint64_t *packets,
		   uint64_t *bytes);

/*
 * Routes are queued and applied in order by plane_commit, which returns the
 * first error and applies the rest. put creates, or changes in place: the
 * counters stay. -ENOSPC at once if the cache is full. The set is one that
 * plane_set_get gave, or XMGM_SET_KERNEL: the flow, and what is held of it, is
 * passed to the kernel.
 */
int plane_mfe_put(struct plane *p, struct xmgm_flow flow, uint32_t iif,
		  uint32_t set, uint32_t flags);
int plane_mfe_del(struct plane *p, struct xmgm_flow flow);
int plane_commit(struct plane *p);
int plane_mfe_read(struct plane *p, struct xmgm_flow flow,
		   struct xmgm_mfe *mfe);

/*
 * The packets held for a flow: sent through its route if it has one (in
 * order, before later ones while they are held), else dropped and counted.
 */
void plane_flow_release(struct plane *p, struct xmgm_flow flow);

/*
 * Every route found in the cache at opening, with its oifs; each returns
 * non-zero to stop. For adoption after a restart: a route that was found
 * keeps its oif set until it is put or deleted.
 */
int plane_mfe_walk(struct plane *p,
		   int (*each)(void *arg, const struct xmgm_mfe *mfe,
			       const uint32_t *oifs, size_t count),
		   void *arg);

/* A descriptor that becomes readable when plane_poll has work; -1: none. */
int plane_poll_fd(struct plane *p);
int plane_poll(struct plane *p);
/*
 * Hands a bounded piece of the waiting IGMP messages to the listener. Returns
 * until when everything that arrived has been told: now_ns, or earlier while
 * more is waiting. What is older than that must not be given up before.
 */
uint64_t plane_igmp_told(struct plane *p, uint64_t now_ns);
/* -ENOENT: the interface has no state. */
int plane_ingress_get(struct plane *p, uint32_t ifid,
		      struct plane_ingress *out);
/* IGMP of an interface: group records a second of one host, and twice as many
 * at once; 0: as many as come. -ENOMEM. */
int plane_igmp_host_rate(struct plane *p, uint32_t ifid, uint32_t rate);
/*
 * Says that the caller hears of new flows, as of now_ns; 0: no longer. Without
 * it for XMGM_HEARTBEAT_NS the data plane leaves new flows to the kernel.
 */
void plane_beat(struct plane *p, uint64_t now_ns);
/* Housekeeping, to be called about once a second and after commits. */
void plane_tick(struct plane *p, uint64_t now_ns);

void plane_verdicts(struct plane *p, uint64_t verdicts[XMGM_REASON_COUNT]);
void plane_igmp_verdicts(struct plane *p,
			 uint64_t verdicts[XMGM_IGMP_REASON_COUNT]);
void plane_counters(struct plane *p, struct plane_counters *counters);

#endif /* XMGM_PLANE_PLANE_H */
