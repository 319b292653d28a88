/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * The multicast group manager, as its clients see it: IGMP and the routing
 * protocols. One header, two implementations: the core inside the daemon
 * and libmgm over the control socket (libmgm.h).
 *
 * Conventions. Functions return 0 or a negative errno, each with one meaning
 * (MGM_ERRORS). On a socket errors go by their names: numbers differ between
 * architectures.
 * A function that fails has changed nothing. Interfaces are ifids: numbers
 * that stay while the interface is there.
 * Addresses are struct mgm_address, IPv4 as ::ffff:a.b.c.d. Times are
 * milliseconds of a monotonic clock.
 *
 * Growth. A struct that may get more members begins with its size: what sizeof
 * was when its writer was compiled, -EINVAL if not even `size` fits. The
 * manager takes a struct of another version as follows:
 *   handed in, shorter   what is missing counts as 0, NULL
 *   handed in, longer    the rest has to be 0, else -E2BIG: the caller wants
 *                        what this manager does not have
 *   to be filled in      the caller sets `size` first and gets as much as fits;
 *                        what this manager does not have is 0
 * In a struct that a callback gets, `size` says what the manager has filled in.
 * Addresses, prefixes and flows stay as they are, and so do elements of arrays
 * that have no size.
 *
 * A call takes effect and returns its real result at once, also when it is
 * made from inside a callback. At once means: who owns an interface, what is
 * asked for there, which routes there are, is as the call left it for whoever
 * reads next. What follows from that for many MFEs may be worked off in slices,
 * in order, while other calls are served; whoever reads an MFE meanwhile reads
 * it as it will be. An interface that everybody leaves takes the MFEs whose iif
 * it is with it at once. Flows that the same call moves elsewhere, as when a
 * client dies, whose routes to sources go first, are there by then; unless that
 * is work for later slices: then they are gone or negative as well, which is
 * not promised, until their next packet or owner. In slices one may also be
 * asked about on the way (rpf), and that question be void when it arrives.
 * Alerts are queued and delivered at the end of the outermost call, before it
 * returns and when all it did is in force; if it left work for later, when that
 * is done, as net differences. Requests do not wait for that. Those that a call
 * from inside a callback causes come after it. Nothing recurses.
 * Where calls are requests over a socket, alerts that come in while one waits
 * for its answer are queued as well, in the order in which the manager sent
 * them, and delivered before it returns.
 *
 * A handle belongs to one thread at a time, and with it all calls of its
 * client; in the daemon all of them to the thread of its loop. There are no
 * global variables, no signals are raised (no SIGPIPE: a connection that is
 * gone is an error of the call), nothing is printed. Nothing that is handed in
 * or out outlives the call or the callback, unless it is said to be copied.
 */
#ifndef XMGM_MGM_H
#define XMGM_MGM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <netinet/in.h>

#include "address.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MGM_INTERFACES	8192u /* interfaces that anything is on, at most */
#define MGM_OIFS	1024u /* oifs of one MFE, at most */

#define MGM_PACKET_COPY 256u /* bytes of a packet in an alert, at most */

/* What errors mean, and their names. */
#define MGM_ERRORS(X)                                                 \
	X(EEXIST, "owned or registered already")                      \
	X(EINVAL, "bad argument, or not yours")                       \
	X(ENOENT, "unknown interface, group, flow, client or router") \
	X(EPERM, "the other client does not let it")                  \
	X(EBUSY, "a handshake runs here, or the client still owns")   \
	X(EAGAIN, "the gate is held: membership changes wait")        \
	X(EINPROGRESS, "started; `ownership` reports the end")        \
	X(ENOSPC, "a configured limit, counted")                      \
	X(ENOMEM, "no memory")                                        \
	X(E2BIG, "a member that this manager does not know is not 0") \
	X(ENODEV, "the interface is gone")                            \
	X(ETIMEDOUT, "no answer in time")                             \
	/* Of a connection, see libmgm.h: */                          \
	X(ECONNRESET, "the daemon has gone")                          \
	X(EPROTO, "not understood: another version?")                 \
	X(EACCES, "the configuration does not let this user")

/* "EEXIST" of -EEXIST; NULL: none of these. */
static inline const char *mgm_error_name(int error)
{
	switch (-error) {
#define MGM_ERROR_NAME(name, meaning) \
	case name:                    \
		return #name;
		MGM_ERRORS(MGM_ERROR_NAME)
#undef MGM_ERROR_NAME
	}
	return NULL;
}

struct mgm;	   /* the manager */
struct mgm_client; /* a registration: an opaque handle */

/* Who registers. The numbers from REMOTE on are given to names as they come. */
enum mgm_protocol {
	MGM_PROTOCOL_NONE = 0,
	MGM_PROTOCOL_IGMP = 1,
	MGM_PROTOCOL_STATIC = 2,
	MGM_PROTOCOL_DVMRP = 3,
	MGM_PROTOCOL_PIM = 4,
	MGM_PROTOCOL_PROXY = 6,
	MGM_PROTOCOL_REMOTE = 256,
};

/* Names, here and below, are the entries of a table: `= {MGM_ROLE_NAMES}`. */
enum mgm_role {
	MGM_ROLE_PROTOCOL = 0,
	MGM_ROLE_IGMP = 1, /* may share an interface with one protocol */
};
#define MGM_ROLE_NAMES \
	[MGM_ROLE_PROTOCOL] = "protocol", [MGM_ROLE_IGMP] = "igmp"

/* IGMP on an interface: not parsed; parsed; parsed, but memberships wait. */
enum mgm_gate {
	MGM_GATE_OFF = 0,
	MGM_GATE_ON = 1,
	MGM_GATE_HELD = 2,
};
#define MGM_GATE_NAMES \
	[MGM_GATE_OFF] = "off", [MGM_GATE_ON] = "on", [MGM_GATE_HELD] = "held"

/* Why a join or prune alert was sent. */
enum mgm_cause {
	MGM_CAUSE_MEMBERSHIP = 1, /* a membership came or went (member flag) */
	MGM_CAUSE_MFE = 2, /* an MFE got its first or lost its last oif */
};
#define MGM_CAUSE_NAMES \
	[MGM_CAUSE_MEMBERSHIP] = "membership", [MGM_CAUSE_MFE] = "mfe"

/* Why an MFE was deleted. */
enum mgm_deletion {
	MGM_DELETED_UNUSED = 1, /* its time is over, or nobody asked for it */
	MGM_DELETED_ROUTE = 2, /* the static route that it was, or was of, is */
	MGM_DELETED_INTERFACE = 3, /* nobody is on its iif any more */
	MGM_DELETED_LIMIT = 4,	   /* to make room for another */
};
#define MGM_DELETED_NAMES                                               \
	[MGM_DELETED_UNUSED] = "unused", [MGM_DELETED_ROUTE] = "route", \
	[MGM_DELETED_INTERFACE] = "interface", [MGM_DELETED_LIMIT] = "limit"

/* An oif offered in a creation alert. */
struct mgm_creation_oif {
	uint32_t ifid;
	bool igmp;    /* there by IGMP's membership */
	bool enabled; /* reply: forward here? */
};

/* An RPF request: which interface does `flow` have to arrive on? */
struct mgm_rpf {
	size_t size;
	struct mgm_sg flow;
	uint32_t arrival;	     /* ifid the packet came in on */
	uint32_t iif;		     /* what the RIB says; 0: no route */
	struct mgm_address upstream; /* next hop; any: directly connected */
	const uint8_t *packet; /* a copy from its IP header on; may be NULL */
	size_t packet_len;     /* MGM_PACKET_COPY at most */
};

#define MGM_PRUNE_TIMEOUT_MS 900000u /* default life of a pruned MFE */

/*
 * Every member may be NULL: not interested. `arg` is the registration's.
 * RPF and creation are requests: the client answers with mgm_rpf_reply or
 * mgm_creation_reply and the token, inside the callback or until the deadline,
 * after which the default holds: the RIB's answer, all oifs. A new flow waits
 * 200 ms in all, of which RPF has the first 100; when the route of a flow that
 * is forwarded changes, RPF has 200. An owner is asked once more about oifs
 * that come while others are being asked; what comes later is its own doing or
 * a LOCAL_JOIN. Who let a deadline pass is not asked until it has made a call,
 * whichever: the default holds at once.
 */
struct mgm_callbacks {
	size_t size;
	void (*rpf)(void *arg, uint64_t token, const struct mgm_rpf *rpf);
	void (*creation)(void *arg, uint64_t token, struct mgm_sg flow,
			 uint32_t iif, const struct mgm_creation_oif *oifs,
			 size_t count);
	/*
	 * Pull what matches sg. ifid: where the cause was; 0: several, or a
	 * change of routes. Told is who has to pull and did not: for (S,G) the
	 * owner of the interface towards S; for (*,G), (*,*) and prefixes each
	 * client while another wants it, that is, has joined it or what covers
	 * it. One covers another if each flow of that is its own: (*,*)
	 * (*,G/len), that (*,G), that (S/len,G). Who is told to pull something
	 * hears of nothing that it covers; when that ends, of what others
	 * still want there, before the prune. Who registers late is not told
	 * what is joined already: it enumerates.
	 * CAUSE_MFE: to the owner of the iif, for the first oif and, as a
	 * prune, for the last, whoever put or took it.
	 */
	void (*join)(void *arg, struct mgm_sg sg, uint32_t ifid,
		     enum mgm_cause cause);
	/*
	 * Stop pulling. For CAUSE_MFE the MFE is negative from now on and lives
	 * for MGM_PRUNE_TIMEOUT_MS, or for what mgm_mfe_set_timeout says.
	 */
	void (*prune)(void *arg, struct mgm_sg sg, uint32_t ifid,
		      enum mgm_cause cause);
	/* IGMP on an interface this client owns. */
	void (*local_join)(void *arg, struct mgm_sg sg, uint32_t ifid);
	void (*local_leave)(void *arg, struct mgm_sg sg, uint32_t ifid);
	/* To the owner of the arrival interface; once a second for each MFE
	 * and arrival interface. packet: as in struct mgm_rpf. */
	void (*wrong_if)(void *arg, struct mgm_sg flow, uint32_t arrival,
			 uint32_t iif, const uint8_t *packet, size_t len);
	/*
	 * To the IGMP client of the interface. disable: stop calling
	 * mgm_membership_*, then acknowledge with mgm_igmp_disabled and this
	 * epoch: the one the interface has after the change. enable: set
	 * every membership again, then mgm_replay_complete with this epoch.
	 * Both may happen inside. What is not set again is swept.
	 */
	void (*disable_igmp)(void *arg, uint32_t ifid, uint32_t epoch);
	void (*enable_igmp)(void *arg, uint32_t ifid, uint32_t epoch);
	/*
	 * A take, release or transfer that returned -EINPROGRESS has ended: 0,
	 * or -ENOENT the new owner is gone. The target of a transfer is told
	 * of every end, also of one that was immediate.
	 * Unasked: -ENODEV the interface is gone, to all who were on it or
	 * waited for it; -ETIMEDOUT to IGMP, which did not acknowledge in 1 s
	 * and is off the interface. Calls for it are then answered -EINVAL, not
	 * yours, or -ENOENT if nobody is on it, until it is taken again, which
	 * may be at once.
	 * epoch: the one the interface has after the change this is about.
	 */
	void (*ownership)(void *arg, uint32_t ifid, uint32_t epoch, int result);
	/* Routes to sources in prefix may be others now, whoever changed them:
	 * mgm_rib_get says. Flows have been, or are being, evaluated. */
	void (*rib_changed)(void *arg, const struct mgm_prefix *prefix);
	/*
	 * changed: an interface is new, or what mgm_interface_get says of it is
	 * not what it was: name, flags, addresses, MTU, TTL threshold, its
	 * owner, or whether IGMP is on it; not gate, epoch and groups. Once for
	 * all that a call has changed; nothing if that is as it was before. An
	 * interface that gets another name is gone first, and then new.
	 * gone: it is not there any more, and nobody is on it.
	 * To every client; who registers late enumerates.
	 */
	void (*interface_changed)(void *arg, uint32_t ifid);
	void (*interface_gone)(void *arg, uint32_t ifid);
	/*
	 * An MFE is in the cache, or is not any more: to the owners of its iif
	 * and of its oifs, as they are then, once to each. For information:
	 * nobody can keep an MFE from being deleted, and the next packet of its
	 * flow is a first one again. One that is made and deleted in one call
	 * is not told of, and those that an earlier run has left were made
	 * before. Who gives up its iif by the same call is not told; nor, of
	 * a deletion that is work in slices, the owner of an oif that it has
	 * lost before.
	 */
	void (*mfe_made)(void *arg, struct mgm_sg flow, uint32_t iif);
	void (*mfe_deleted)(void *arg, struct mgm_sg flow, uint32_t iif,
			    enum mgm_deletion why);
	/*
	 * IGMP on an interface this client owns wants this group from any
	 * source, as a local_join has said or says now, but not from this one
	 * (EXCLUDE: all of its hosts block it). unblock: it wants this one like
	 * the others again, or the group no longer from any. The owner's own
	 * memberships have no part in it.
	 */
	void (*local_block)(void *arg, struct mgm_sg sg, uint32_t ifid);
	void (*local_unblock)(void *arg, struct mgm_sg sg, uint32_t ifid);
	/*
	 * What is wanted of a group, which sg names as (*,G), may be another on
	 * an interface: by whichever client, of any source or filter, for who
	 * reports all of it elsewhere (RFC 4605). mgm_membership_next says what
	 * it is now. Prefixes are not told of.
	 */
	void (*membership_changed)(void *arg, struct mgm_sg sg, uint32_t ifid);
};

/* Others may hand it interfaces: if it has `ownership`, by which it is told. */
enum mgm_registration_flag {
	MGM_ACCEPTS_TRANSFERS = 1,
};

#define MGM_GRACE_NONE	 UINT64_MAX
#define MGM_GRACE_MAX_MS 3600000u

struct mgm_registration {
	size_t size;
	uint32_t protocol;  /* enum mgm_protocol; not NONE */
	uint32_t component; /* several instances of one protocol differ here */
	enum mgm_role role;
	const char *name; /* copied; 1 to 15 characters of [a-z0-9-] */
	const struct mgm_callbacks *callbacks; /* copied */
	void *arg;
	const char *router; /* whose interfaces these are; NULL: "main" */
	uint64_t flags;	    /* enum mgm_registration_flag; others: -E2BIG */
	/* How long it may be gone when its connection is lost; MGM_GRACE_MAX_MS
	 * at most. 0: as the connection has it, none in process and 10 s over a
	 * socket. MGM_GRACE_NONE: a lost client is a dead one. */
	uint64_t grace_ms;
};

/*
 * Registration. The pair (protocol, component) is the identity.
 * mgm_register: -EEXIST the pair is registered, -ENOENT no such router (so far
 * there is "main" alone), -EINVAL, -ENOSPC, -ENOMEM.
 * mgm_deregister: -EBUSY still owns an interface. The handle dies with
 * success.
 * All functions below that take a client return -EINVAL for a stale handle.
 *
 * Grace. A client whose connection is lost, and which has a grace time, stays
 * registered, and what it owns and wants stays in force; it is told and asked
 * nothing (a request has its default at once). Who registers with its
 * protocol, component and role meanwhile is this client, with a new handle (the
 * old one is stale), and says again what it is: what it owns it takes once
 * more, which returns 0 without a handshake and has it told what a new owner
 * is told there; -EINPROGRESS if its own take, or a transfer to it, was under
 * way and still is; -EBUSY if its own release was. Memberships and routes it
 * sets again. With mgm_client_settled, or when as long as its grace time has
 * passed since, what it has not said again goes: memberships, routes, routes
 * to sources, and interfaces, by the handshake; of all that only net
 * differences are told. Joins that are in force it finds by enumeration, as
 * whoever registers late. If it does not come back it is dead
 * (mgm_client_dead) when the time is over.
 * A handshake does not wait for an IGMP that is lost: it cannot call, so it
 * counts as disabled, and as having replayed; its memberships stay until the
 * above is over. Nobody is told of the end of what a client began that was lost
 * since, unless it takes the interface again.
 */
int mgm_register(struct mgm *m, const struct mgm_registration *registration,
		 struct mgm_client **client);
int mgm_deregister(struct mgm *m, struct mgm_client *client);

/*
 * Interface ownership: one protocol, and IGMP beside it. take: 0, -EINPROGRESS
 * (IGMP is there: the handshake runs), -EEXIST, -EBUSY (a handshake runs; so
 * it does where a client that died and is back finds itself), -EINVAL (a
 * loopback interface as well), -ENOSPC.
 * release: 0, -EINPROGRESS, -EINVAL not yours or unknown, -EBUSY. transfer
 * hands the interface to another protocol, named by its identity, without a
 * moment in between. -ENOENT that is not registered, -EPERM it does not accept
 * transfers;
 * memberships of the old owner there are the new one's from then on (it finds
 * them by mgm_membership_next), static routes through it go.
 * owner: 0 with *protocol and *component set, -ENOENT nobody took it. With
 * IGMP and a protocol on the interface the answer is the protocol.
 */
int mgm_interface_take(struct mgm *m, struct mgm_client *client, uint32_t ifid);
int mgm_interface_release(struct mgm *m, struct mgm_client *client,
			  uint32_t ifid);
int mgm_interface_transfer(struct mgm *m, struct mgm_client *client,
			   uint32_t ifid, uint32_t protocol,
			   uint32_t component);
int mgm_interface_owner(struct mgm *m, uint32_t ifid, uint32_t *protocol,
			uint32_t *component);

enum mgm_interface_flag {
	MGM_INTERFACE_UP = 1, /* administratively, and with a carrier */
	MGM_INTERFACE_POINT_TO_POINT = 2,
	MGM_INTERFACE_LOOPBACK = 4,
	MGM_INTERFACE_MULTICAST = 8, /* its driver can send to groups */
};

/* length: of the network's prefix; on a point-to-point interface, peer's. */
struct mgm_interface_address {
	struct mgm_address address;
	struct mgm_address peer; /* the other end; any: there is none */
	uint8_t length;
	uint8_t reserved[3];
};

/* An interface, as read. */
struct mgm_interface_info {
	size_t size; /* set by the caller */
	uint32_t ifid;
	char name[16];		/* "": it was taken before there was one */
	uint32_t flags;		/* enum mgm_interface_flag; others may come */
	uint32_t mtu;		/* bytes of an IP packet; 0: not known */
	uint32_t ttl_threshold; /* what leaves here needs this TTL; 1: any */
	uint32_t owner, component; /* MGM_PROTOCOL_NONE: nobody */
	bool igmp; /* IGMP is on it, alone or beside its owner */
	enum mgm_gate gate;
	uint32_t epoch;		/* changes of its owner */
	uint32_t groups;	/* with a membership here */
	uint32_t address_count; /* all of them, whatever the room */
	uint32_t address_room;	/* set by the caller: so many go to addresses */
	struct mgm_interface_address *addresses; /* the caller's, or NULL */
	/* (S,G) joined on other interfaces whose source is behind a router
	 * here, where IGMP is alone: nobody pulls them. */
	uint32_t unpulled;
	/* Flows that others than their owner want here, and that are left to
	 * the kernel (MGM_ROUTE_LEAVE_TO_KERNEL): none is sent here by us. */
	uint32_t unserved;
	/* Where IGMP is alone, groups joined from any source on other
	 * interfaces while no protocol has `join`: nobody pulls them from
	 * routers here. No fault if there is none with sources behind it. */
	uint32_t unpulled_groups;
};

/*
 * The interfaces that there are, whether anybody owns them or not; needs no
 * registration. get: -ENOENT there is none of this ifid. next: the first whose
 * ifid is greater than after, -ENOENT at the end; 0 begins. -EINVAL: a size
 * that is none. Their primary address comes first.
 */
int mgm_interface_get(struct mgm *m, uint32_t ifid,
		      struct mgm_interface_info *info);
int mgm_interface_next(struct mgm *m, uint32_t after,
		       struct mgm_interface_info *info);

/*
 * wrong_if alerts of an interface: on, until its owner says otherwise, and on
 * again when it has another owner. What the plane reports and counts stays as
 * it is. -ENOENT: nobody is on it, -EINVAL: it is another's.
 */
int mgm_wrong_if_alerts(struct mgm *m, struct mgm_client *client, uint32_t ifid,
			bool on);

/*
 * IGMP alone: whether the interface may be an oif. Off, another router of the
 * LAN forwards there; memberships stay, and are pulled for. On until IGMP says
 * otherwise, and again for another one; beside a protocol its word waits until
 * it is alone. -ENOENT: nobody is on it, -EINVAL: the client is not its IGMP.
 */
int mgm_interface_forward(struct mgm *m, struct mgm_client *client,
			  uint32_t ifid, bool on);

/*
 * IGMP's side of the handshake. An old epoch is ignored, counted: -EINVAL. What
 * was not said again goes from mgm_replay_complete on, in slices if it is much;
 * that is over when `ownership` is told.
 */
int mgm_igmp_disabled(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		      uint32_t epoch);
int mgm_replay_complete(struct mgm *m, struct mgm_client *client, uint32_t ifid,
			uint32_t epoch);

/*
 * JOIN: lasting membership. FORWARD: only the oif of the matching MFE, so sg
 * is an (S,G) that has one (-ENOENT), and the caller the interface's owner; it
 * holds until the owner joins or leaves there (by add, del or set), or is
 * another.
 */
enum mgm_membership_flag {
	MGM_JOIN_STATE = 1,
	MGM_FORWARD_STATE = 2,
};

enum mgm_filter {
	MGM_INCLUDE = 1,
	MGM_EXCLUDE = 2,
};
#define MGM_FILTER_NAMES [MGM_INCLUDE] = "include", [MGM_EXCLUDE] = "exclude"

/*
 * Soon after a start, or after it has come back: the client has set every
 * membership that it knows and will learn none from the network. What an
 * earlier run forwarded to its interfaces is not kept for it any longer; where
 * IGMP runs it is, for hosts.
 */
int mgm_client_settled(struct mgm *m, struct mgm_client *client);

/*
 * Memberships on an interface. add and del are idempotent. -EINVAL: no
 * multicast group, 224.0.0.0/24, no prefix that struct mgm_sg allows, two
 * prefixes at once, or another's interface (IGMP may write on one it shares).
 * -ENOENT: an interface nobody has taken. -EAGAIN: the gate is held, IGMP only.
 * -ENOSPC: the limit of memberships, or of prefixes. Memberships add up: what
 * (*,G) blocks another one may want; each goes by its own del, so a prefix is
 * left as it was joined, and nothing can be taken out of it.
 * set: the whole state of group on ifid in one step. INCLUDE lists the
 * sources to forward, EXCLUDE the ones to block; INCLUDE with none is a
 * leave. An interface wants (S,G) if either says so.
 */
int mgm_membership_add(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		       struct mgm_sg sg, unsigned int flags);
int mgm_membership_del(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		       struct mgm_sg sg, unsigned int flags);
int mgm_membership_set(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		       const struct mgm_address *group, enum mgm_filter filter,
		       const struct mgm_address *sources, size_t count);

#define MGM_BATCH 500u /* changes in one call, at most */

enum mgm_change {
	MGM_CHANGE_ADD = 1, /* mgm_membership_add: sg, flags */
	MGM_CHANGE_DEL = 2, /* mgm_membership_del: sg, flags */
	MGM_CHANGE_SET = 3, /* mgm_membership_set: sg is (*,G) */
};

struct mgm_membership_change {
	enum mgm_change what;
	uint32_t ifid;
	struct mgm_sg sg;
	unsigned int flags;	/* enum mgm_membership_flag */
	enum mgm_filter filter; /* of set, as are sources */
	const struct mgm_address *sources;
	size_t count;
	int result; /* filled in: what the single call would have returned */
};

/*
 * Several of the above in one call, in order, each as if it had been made by
 * itself, but the alerts are those of all of them together: net differences, at
 * the end. One that fails changes nothing and does not stop those after it.
 * Returns 0 or the first of the results that is an error. -EINVAL, and nothing
 * has changed and no result is filled in: no such client, or more than
 * MGM_BATCH changes.
 */
int mgm_membership_batch(struct mgm *m, struct mgm_client *client,
			 struct mgm_membership_change *changes, size_t count);

enum mgm_route_flag {
	MGM_ROUTE_LEAVE_TO_KERNEL = 1,
};

/*
 * Static routes: an entry of the multicast RIB for exactly this (S,G) or
 * (*,G) with its iif, written to the cache at once and never aged. The oifs
 * are, as always, the interfaces with matching memberships, and beside them the
 * ones that put lists, as long as they are the caller's: of a (*,G) also for
 * sources that have an entry of their own. Who refuses one for a flow by
 * mgm_membership_del and FORWARD does so for listed ones too. While somebody
 * has joined (S/len,G) a (*,G) route is pending: each source gets an entry of
 * its own with its first packet, and the route's iif.
 * A prefix of groups, or of sources, or both, is a template: each flow in it
 * that has no route of its own gets an MFE with its first packet, which comes
 * by the route's iif and ages as others do. Of several the longest prefix of
 * groups counts, then the longest of sources; of one group a prefix of sources
 * counts before (*,G). put creates or changes;
 * counters survive a change. -EINVAL: bad group, iif or an oif not yours, the
 * iif among the oifs. -E2BIG: flags other than enum mgm_route_flag. -EEXIST:
 * another client's route. -ENOSPC: a limit, of MFEs or of prefixes. -ENOENT
 * (del): no such route of yours. LEAVE_TO_KERNEL: what matches the route is
 * counted and passed to the kernel, which forwards it as it likes, on whatever
 * interface it arrives: it is the kernel that checks that, and it may expect
 * the flow on an interface of its own. The iif is one of yours all the same,
 * whose owner the flow has. There are no oifs (-EINVAL): who wants the flow
 * does not get it from us, which unserved of struct mgm_interface_info says. Of
 * a (*,G) it holds for all sources without a route of their own.
 */
int mgm_route_put(struct mgm *m, struct mgm_client *client, struct mgm_sg sg,
		  uint32_t iif, const uint32_t *oifs, size_t count,
		  unsigned int flags);
int mgm_route_del(struct mgm *m, struct mgm_client *client, struct mgm_sg sg);

/*
 * Answers to requests; -ENOENT: too late or unknown token. rpf: iif is one of
 * the client's own interfaces, else -EINVAL, or 0: the flow is not to be
 * forwarded, its MFE is negative. creation: oifs that are not listed, or not
 * the client's, stay as they are.
 */
int mgm_rpf_reply(struct mgm *m, struct mgm_client *client, uint64_t token,
		  uint32_t iif, const struct mgm_address *upstream);
int mgm_creation_reply(struct mgm *m, struct mgm_client *client, uint64_t token,
		       const struct mgm_creation_oif *oifs, size_t count);

/*
 * What the client would answer to rpf is another now: it is asked again about
 * every flow that comes by this interface of its, in slices. -ENOENT: nobody
 * is on it, -EINVAL: it is another's.
 */
int mgm_rpf_again(struct mgm *m, struct mgm_client *client, uint32_t ifid);

enum mgm_state {
	MGM_STATE_PENDING = 0, /* its owners are being asked */
	MGM_STATE_FORWARDING = 2,
	MGM_STATE_NEGATIVE = 3, /* nobody wants it: dropped */
	MGM_STATE_KERNEL = 4,	/* MGM_ROUTE_LEAVE_TO_KERNEL */
};
#define MGM_STATE_NAMES                                                         \
	[MGM_STATE_PENDING] = "pending", [MGM_STATE_FORWARDING] = "forwarding", \
	[MGM_STATE_NEGATIVE] = "negative", [MGM_STATE_KERNEL] = "kernel"

/*
 * The RIB: by which interface sources are reached, as RPF has it. Each client
 * may have one route to a prefix; the kernel's routing table is a further
 * source of routes, asked when need be. Of each client the longest match
 * counts whose interface is up, and of those the lowest distance; of equals
 * the lowest protocol, then component, the kernel last. (The daemon may be
 * configured to take the longest match over all first.)
 */
enum mgm_distance {
	MGM_DISTANCE_CONNECTED = 0, /* also what the kernel has connected */
	MGM_DISTANCE_STATIC = 1,
	MGM_DISTANCE_DVMRP = 100,
	MGM_DISTANCE_REMOTE = 150, /* clients outside of the daemon */
	MGM_DISTANCE_PROXY = 190,  /* what is behind its upstreams */
	MGM_DISTANCE_KERNEL = 200,
};

struct mgm_rib_route {
	size_t size;
	struct mgm_prefix prefix;    /* of sources */
	struct mgm_address upstream; /* next hop; any: directly connected */
	uint32_t ifid;		     /* not necessarily one of the client's */
	uint32_t metric;	     /* the client's own: nothing compares it */
	uint8_t distance;
	/* As read: */
	bool down;	   /* its interface is: it is never the best */
	uint32_t protocol; /* whose; MGM_PROTOCOL_NONE: the kernel's */
	uint32_t component;
};

/*
 * put creates or changes, del takes away; what the client has put goes with
 * the client, and with the interface. Flows whose reverse path is another now
 * are evaluated again: the owners of the old and the new interface are told by
 * rpf, join and prune as if the kernel's routes had changed. -EINVAL: no
 * prefix of unicast addresses, or an upstream of another family. -ENOSPC: the
 * limit of routes. -ENOENT (del): no such route of this client.
 *
 * get: the routes to a source, the best first, then those that lost. *count:
 * room for so many, at least 1; then how many there are, as far as there was
 * room. The caller sets routes[0].size, which is the size of each: all are
 * filled in as structs of that size, one behind the other. -ENOENT: no route
 * that is up (others may still be listed). -EINVAL: no source, no room, or a
 * size that is none; -ENOMEM: then *count is 0 as well.
 */
int mgm_rib_put(struct mgm *m, struct mgm_client *client,
		const struct mgm_rib_route *route);
int mgm_rib_del(struct mgm *m, struct mgm_client *client,
		const struct mgm_prefix *prefix);
int mgm_rib_get(struct mgm *m, const struct mgm_address *source,
		struct mgm_rib_route *routes, size_t *count);

/*
 * An oif of an MFE, as read. The plane counts copies by list of oifs, and flows
 * with the same oifs share one list: packets and bytes are what all of these
 * have sent to this oif since the list was made, all the same for each oif of
 * it. Copies that the TTL threshold of the interface stops are among them.
 */
struct mgm_mfe_oif {
	size_t size;
	uint32_t ifid;
	uint64_t packets, bytes; /* 0: not counted */
};

/* One MFE, as read. Times are ages and remaining times. */
struct mgm_mfe_info {
	size_t size; /* set by the caller */
	struct mgm_sg flow;
	uint32_t iif;
	uint32_t owner, component; /* who owns the iif */
	struct mgm_address upstream;
	enum mgm_state state;
	bool is_static;
	/*
	 * The route of the RIB to its source, which is what its owner has been
	 * asked about; iif and upstream are what the owner has answered. false:
	 * there is none, or a static route says what its iif is.
	 */
	bool routed;
	uint8_t rib_distance;
	struct mgm_prefix rib_prefix;
	uint32_t rib_protocol; /* whose; MGM_PROTOCOL_NONE: the kernel's */
	uint32_t rib_component;
	/* packets: accepted and forwarded, or left to the kernel. wrong_if:
	 * dropped, for they came in elsewhere; of a single MFE nothing else is
	 * counted that is dropped. */
	uint64_t packets, bytes, wrong_if;
	uint64_t uptime_ms;
	uint64_t expires_ms; /* 0: does not age */
	uint64_t timeout_ms; /* from which that goes down; 0: does not age */
	uint32_t oif_count;  /* all of them, whatever the room */
	uint32_t oif_room;   /* set by the caller: so many go to oifs */
	/* The caller's, of which oifs[0].size is the size of each, as for
	 * mgm_rib_get; NULL: only their count is wanted. */
	struct mgm_mfe_oif *oifs;
};

/*
 * Reading needs no registration. next: the first MFE whose (group, source)
 * is greater than *after, -ENOENT at the end; start with {0, 0}. -EINVAL: a
 * size, of info or of its oifs, that is none.
 */
int mgm_mfe_get(struct mgm *m, struct mgm_sg flow, struct mgm_mfe_info *info);
int mgm_mfe_next(struct mgm *m, struct mgm_sg after, struct mgm_mfe_info *info);

/*
 * What the owner of the iif may say of an MFE; -EINVAL: it is another's.
 * upstream: the neighbour it comes from, for those who read; -ENOENT: no MFE.
 * timeout: a negative MFE is forgotten so long from now, and the next packet
 * of its flow is a first one again: for a pruned flow, the life of the prune
 * upstream. -ENOENT: no MFE, or one that forwards or is static: it lives as
 * long as it is used, or as its route. -ENOMEM: it keeps the time it had. Once
 * it forwards the word is void.
 */
int mgm_mfe_set_upstream(struct mgm *m, struct mgm_client *client,
			 struct mgm_sg flow,
			 const struct mgm_address *upstream);
int mgm_mfe_set_timeout(struct mgm *m, struct mgm_client *client,
			struct mgm_sg flow, uint32_t timeout_ms);

/*
 * One membership, as read, a row each: for any source, and for each source that
 * is included, or, beside the row for any, excluded. Rows are the caller's.
 */
struct mgm_membership_info {
	size_t size; /* set by the caller */
	struct mgm_sg sg;
	uint32_t ifid;
	bool by_igmp;
	enum mgm_filter filter; /* EXCLUDE with a source: all but this one */
	uint32_t protocol, component; /* whose it is */
};

/*
 * Which of them; what is 0 does not limit. group: those of this group, or of
 * the groups and prefixes of groups in it.
 */
struct mgm_membership_filter {
	size_t size;
	struct mgm_prefix group;
	uint32_t ifid;
	bool groups; /* one row for each group, or prefix of groups, which only
		      * names it */
	uint32_t protocol, component; /* of this client; protocol 0: of any */
};

/*
 * The first row behind *after, which is one that was read earlier and need not
 * be there any more; NULL: the first of all. after may be info. filter may be
 * NULL: all. -ENOENT at the end; needs no registration. Rows are in order of
 * (group, ifid, source), any before all others, of one source the owner's
 * before IGMP's, the included before the excluded. A prefix of groups stands
 * before the groups in it, by (address, length); prefixes of sources stand
 * before the other rows of their group, by (source, length, ifid). What is
 * there all the while is seen once, what comes or goes meanwhile perhaps.
 */
int mgm_membership_next(struct mgm *m, const struct mgm_membership_info *after,
			const struct mgm_membership_filter *filter,
			struct mgm_membership_info *info);

/* Who is registered, as read. */
struct mgm_client_info {
	size_t size; /* set by the caller */
	uint32_t protocol, component;
	enum mgm_role role;
	char name[16];
	uint32_t interface_count;
	uint32_t interface_room; /* set by the caller */
	uint32_t *interfaces; /* the caller's; filled in if all fit, or NULL */
	bool lost;	      /* its connection is; its grace time runs */
	bool silent; /* it has missed a deadline, and not spoken since */
};

/*
 * The first client behind *after in order of (protocol, component), which need
 * not be there any more; NULL: the first of all. after may be info. -ENOENT at
 * the end; needs no registration.
 */
int mgm_client_next(struct mgm *m, const struct mgm_client_info *after,
		    struct mgm_client_info *info);

#ifdef __cplusplus
}
#endif

#endif /* XMGM_MGM_H */
