/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The router as its own files see it: one struct that ties the manager, the
 * plane below it, the protocols above it and the RIB together, and what those
 * call in each other. It lives in a process (daemon.h), which has the loop, the
 * configuration, the links and the control socket; nothing here is global, so
 * that a process may come to have several.
 */
#ifndef XMGM_XMGMD_ROUTER_H
#define XMGM_XMGMD_ROUTER_H

#include <uv.h>

#include "mgm/core.h"
#include "oif_mtu.h"
#include "plane/plane.h"
#include "port_list.h"
#include "problem_list.h"
#include "proto/proto.h"
#include "xmgmd/net/links.h"
#include "xmgmd/net/rib.h"

#define ROUTER_MAIN "main" /* the name of the one there is without others */

struct daemon;
struct packet_io;
struct rib_io;
struct tagged;
struct tagged_packet;

/* An interface to be attached when it is there: by name. */
struct attachment {
	struct attachment *next;
	char name[XMGM_IFNAME_LEN];
	enum plane_mode mode;
	bool by_config;
	bool by_command;
	bool found;  /* attached when we started, by whomever */
	char *error; /* why it could not be attached; or NULL */
	/* How often others have taken its program off, and since when. */
	unsigned int taken_off;
	uint64_t taken_off_since_ms;
};

/*
 * A protocol inside the router: what its hooks are given, and what its
 * services are told it by.
 */
struct proto_seat {
	struct router *r;
	size_t index; /* in the registry */
	const struct proto *proto;
	void *self; /* NULL: it does not run */
	struct proto_services services;
};

struct router {
	const char *name;
	struct daemon *d;  /* the process it is in */
	uv_timer_t tick;   /* manager and protocols */
	uv_timer_t settle; /* soon after a change: problems, RIB */
	bool running;	   /* protocols are started: links are announced */

	struct plane *plane;
	uint32_t plane_descriptors; /* that it may come to need */
	struct plane_listener plane_listener;
	uv_poll_t plane_poll;
	bool plane_polled;
	bool treatments[XMGM_TREATMENTS]; /* numbers the configuration has */
	bool plane_dirty;		  /* committed since plane_tick */

	struct mgm *mgm;
	struct mgm_hooks hooks;
	size_t kept;  /* MFEs of the run before, at start */
	bool touched; /* the manager may have a new deadline */
	bool woken;   /* a protocol has */

	struct rib_io *rib_io;
	/* The kernel's table of its routes, and the VRF device that leads to
	 * it; 0 and "": where the rules lead. */
	uint32_t table;
	char vrf[XMGM_IFNAME_LEN];
	bool rib_dirty; /* routes may have changed with the links */
	struct link_listener link_listener;
	const struct link *leaving; /* while it is told to be gone; or NULL */
	uint32_t leaving_ifid;

	struct proto_seat seats[PROTO_MAX]; /* by registry index */
	void (*done)(void *arg, uint64_t op, int result); /* arg: the router */
	struct packet_io *packet_io;
	struct tagged *tagged;
	int packet_io_error; /* of its sender: said once */
	uint64_t igmp_records;
	uint32_t *hearing; /* ifids: hearing.c */
	size_t hearing_count;

	struct attachment *attachments;
	struct port_list ports;
	struct problem_list problems;
	struct oif_mtu oif_mtu;
};

/* The first protocol that runs, from this place in the registry; or NULL. */
static inline struct proto_seat *seat_from(struct router *r, size_t index)
{
	for (; index < PROTO_MAX; index++)
		if (r->seats[index].self)
			return &r->seats[index];
	return NULL;
}

/* What it has that is administered; if nothing, a table without hooks. */
static inline const struct proto_admin *seat_admin(const struct proto_seat *s)
{
	static const struct proto_admin none;

	return s->proto->admin ? s->proto->admin : &none;
}

/* Every protocol that runs, in the order of the registry. */
#define seat_for_each(r, seat)                 \
	for ((seat) = seat_from(r, 0); (seat); \
	     (seat) = seat_from(r, (seat)->index + 1))

/*
 * router.c: its life. Each step returns 0 or a negative errno; a complaint has
 * been logged unless router_prepare or router_start fails. router_open comes
 * before the loop is there, router_prepare (what needs the most rights)
 * before links are read, router_start when they are: what is to be attached is,
 * and the protocols run; router_configure gives these what the file and
 * commands say, and it is up. router_hush at the end: new flows are the
 * kernel's from then on; then with the loop closed router_stop, and
 * router_close when the control socket is gone.
 */
int router_open(struct router *r, struct daemon *d, bool fake_plane);
int router_prepare(struct router *r);
/* done: where the ends of operations go. */
int router_start(struct router *r,
		 void (*done)(void *arg, uint64_t op, int result));
int router_configure(struct router *r);
void router_hush(struct router *r);
void router_stop(struct router *r);
void router_close(struct router *r);
/* Once a second, and each time the loop is about to wait. */
void router_second(struct router *r);
void router_round(struct router *r);
/* The manager may want an earlier tick now. */
void router_touch(struct router *r);
/* Soon, once for many changes: problems are worked out, the RIB asked. */
void router_settle(struct router *r);

/* glue.c: manager, plane and protocols to each other. */
void glue_listen(struct router *r);
int glue_start(struct router *r);
/* done: where the ends of operations go. */
void glue_services(struct router *r,
		   void (*done)(void *arg, uint64_t op, int result));
/* Forwarding ends with us: protocols say so to their neighbours. */
void glue_farewell(struct router *r);
void glue_stop(struct router *r);
/* Protocols, their configuration, and what the cache holds already. */
int glue_start_protocols(struct router *r);
/* The file, and what commands said over it, to every protocol. */
void glue_configure(struct router *r);
/* Interfaces that commands of the run before gave to protocols. */
void glue_take_owners(struct router *r);
uint64_t glue_tick(struct router *r, uint64_t now_ms);
/* Messages of this interface have not come: to protocols. */
void glue_lost(struct router *r, uint32_t ifid);
/* Or some of a host have been refused, and are not asked for again. */
void glue_unheard(struct router *r, uint32_t ifid);
const char *glue_interface_name(const struct router *r, uint32_t ifid,
				char buffer[XMGM_IFNAME_LEN]);
/* Calls each with the name of every oif that this MFE has; how many, or a
 * negative errno. */
int glue_mfe_oifs(const struct router *r, struct mgm_sg flow,
		  void (*each)(void *arg, const char *name), void *arg);
/* "static"; "protocol-300" if nobody by that number has ever been registered.
 */
const char *glue_protocol_name(const struct router *r, uint32_t protocol,
			       char buffer[24]);

/* hearing.c: where a protocol hears IGMP without an IGMP router. -ENOMEM */
int hearing_set(struct router *r, uint32_t ifid, bool hear);
/* The gate in the plane, of what the manager says. */
enum xmgm_gate hearing_gate(const struct router *r, uint32_t ifid,
			    enum xmgm_gate gate);
/* Nobody owns it any more, and the plane has no entry of it. */
void hearing_unowned(struct router *r, uint32_t ifid);
void hearing_gone(struct router *r, uint32_t ifid);
void hearing_free(struct router *r);

/* announce.c: what happens to links and routes; all of it comes here. */
void announce_listen(struct router *r);
/* Everything a protocol may need to know, again. */
void announce_all(struct router *r);
/* Links to the manager again: what the configuration says of them is new. */
void announce_manager(struct router *r);

/* attaching.c: which links are attached. */
void attaching_free(struct router *r);
void attaching_appeared(struct router *r, const struct link *link);
void attaching_program(struct router *r, const struct link *link);
void attaching_gone(struct router *r, const struct link *link);
/* The attachments the configuration asks for; others of it are undone. */
void attaching_configure(struct router *r);
/* By command. *error is a sentence (static buffer) if negative. */
int attaching_attach(struct router *r, const char *name, enum plane_mode mode,
		     const char **error);
int attaching_detach(struct router *r, const char *name, const char **error);
const struct attachment *attaching_find(const struct router *r,
					const char *name);
/* Is it seen what arrives there? Of a VLAN its trunk may be attached. */
bool attaching_is(const struct router *r, const struct link *link);

/* ports.c: ports as the plane is told of them. */
/* By which ifid everybody knows what arrives there. */
uint32_t ports_ifid(const struct router *r, const struct link *link);
/* The link of this port, and the one that carries its packets, which of a VLAN
 * is another; NULL: it is not there. */
struct link *ports_link(const struct router *r, uint32_t ifid);
struct link *ports_carrier(const struct router *r, uint32_t ifid);
/* Before links are there: the VLANs of the run before keep their ifids. */
void ports_prepare(struct router *r);
/* What it is now: it has appeared, or something about it has changed. */
void ports_changed(struct router *r, const struct link *link);
/* The netdev itself is gone. */
void ports_gone(struct router *r, const struct link *link);
/* It is attached now: what arrives at its members is its own. */
void ports_members(struct router *r, uint32_t ifindex);
/* All links have been told: what the run before said of others is gone. */
void ports_adopted(struct router *r);
/* Paths that depend on other ports: soon after a change of any. */
void ports_settle(struct router *r);
/* All of it, after a reload. */
void ports_configure(struct router *r);

/*
 * unsent.c: what drivers refuse to send. Once a second; and why, with what to
 * do, in a sentence of this file's own.
 */
void unsent_second(struct router *r);
#define UNSENT_WHY 256
void unsent_why(const struct link *link, char why[UNSENT_WHY]);

/*
 * vlan_tags.c: VLANs whose tags XDP does not see; and packets for protocols on
 * those that no socket knows. Heard: what a trunk has brought with a tag.
 */
void vlan_tags_second(struct router *r);
void vlan_tags_heard(void *arg, const struct tagged_packet *packet);
/* A message has come by the ring, by which its tag was seen. */
void vlan_tags_record(struct router *r, uint32_t ifid);

/* locals.c: tells the plane what sockets of this machine have joined. */
void locals_second(struct router *r);

/* router_mac.c: the MAC that plain ports send with (plane.h). */
void router_mac_settle(struct router *r);

/*
 * kernel_flows.c: flows that the kernel's multicast router has as well. Looks
 * for them; what we forward may be others; why, of a link.
 */
#define KERNEL_FLOWS_WHY 320
void kernel_flows_survey(struct router *r);
void kernel_flows_changed(struct router *r);
bool kernel_flows_why(const struct link *link, char why[KERNEL_FLOWS_WHY]);

/* treatments.c: the sections of flows, as they are configured now. */
void treatments_configure(struct router *r);

/* problems.c */
#define PROBLEMS_MAX 8
/*
 * Sentences about an interface, allocated; returns how many. oif_mtu_survey
 * comes before.
 */
size_t problems_of(struct router *r, const char *name,
		   char *sentences[PROBLEMS_MAX]);
/*
 * Looks at every interface; those that last and those that are solved are
 * told. Returns when to look again, UINT64_MAX: after the next change.
 */
uint64_t problems_refresh(struct router *r);
/* Has the count grown since the last look? Then it is a problem for a while;
 * what was there before we ran is none of ours. */
bool problems_look(struct router *r, struct link_trouble *t, uint64_t count);
/* Once a second: what has been counted. */
void problems_second(struct router *r);
/* The two ends of a handshake that should not be. */
void problems_handshake(struct router *r, const struct mgm_event *event);

/* rib_io.c: the kernel's routes. Return 0 or a negative errno. */
int rib_io_open(struct router *r);
void rib_io_close(struct router *r);
/* May a route of this table of the kernel's be an answer? */
bool rib_io_concerns(const struct router *r, uint32_t table);
/* A route that is not in the router's table is none: iif 0. */
int rib_io_lookup(struct router *r, const struct mgm_address *source,
		  uint32_t arrival, struct mgm_rib_answer *answer);

/* events.c: to every monitor. */
/* What monitors call it; NULL: not told to them. */
const char *event_name(enum mgm_event_type type);
void event_manager(struct router *r, const struct mgm_event *event);
void event_link(struct router *r, const struct link *link, const char *state);
void event_problem(struct router *r, const char *name, const char *problem,
		   bool solved);
/* Groups have another upstream, or none: 0. */
void event_upstream(struct router *r, const struct mgm_prefix *groups,
		    uint32_t ifid);
void event_limit(struct router *r, const char *proto, uint32_t ifid,
		 const struct proto_limit *limit);
void event_querier(struct router *r, uint32_t ifid,
		   const struct proto_querier *querier);
/* What a protocol tells by services.event. */
struct told_event {
	const char *name;
	uint32_t ifid;
	void (*tell)(const void *about, const struct proto_row *row);
	const void *about;
};
void event_protocol(struct router *r, const struct told_event *event);

/*
 * leave.c: the plane at a clean stop, when the manager is gone: gives the
 * interfaces back if that is configured, and says what goes on.
 */
void leave_plane(struct router *r);

#endif /* XMGM_XMGMD_ROUTER_H */
