/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon as its own files see it: one struct that ties the manager, the
 * plane, the protocols, netlink and the control socket together, and what
 * those call in each other. All of it runs on one thread, in one loop.
 */
#ifndef XMGM_XMGMD_DAEMON_H
#define XMGM_XMGMD_DAEMON_H

#include <uv.h>

#include "config/config.h"
#include "mgm/core.h"
#include "plane/plane.h"
#include "problem_list.h"
#include "proto/proto.h"
#include "xmgmd/config/commands.h"
#include "xmgmd/config/said.h"
#include "xmgmd/net/links.h"
#include "xmgmd/net/rib.h"

struct control;
struct json_object;
struct link_io;
struct rib_io;

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

struct oif_set; /* glue.c */

/*
 * A protocol inside the daemon: what its hooks are given, and what its
 * services are told it by.
 */
struct proto_seat {
	struct daemon *d;
	size_t index; /* in the registry */
	const struct proto *proto;
	void *self; /* NULL: it does not run */
	struct proto_services services;
};

struct daemon {
	uv_loop_t loop;
	uv_timer_t tick; /* manager and protocols */
	uv_timer_t second;
	uv_timer_t settle; /* soon after a change: problems, RIB */
	uv_prepare_t prepare;
	uv_poll_t plane_poll;
	uv_signal_t signals[3];
	bool plane_polled;

	const char *instance;
	const char *socket_path;
	char command[160]; /* "xmgm", with the options that lead to us */
	const char *config_path;
	bool config_given; /* by -f: it must be there */
	struct config *config;

	struct plane *plane;
	uint32_t plane_descriptors; /* that it may come to need */
	struct plane_listener plane_listener;
	bool plane_dirty; /* committed since plane_tick */

	struct mgm *mgm;
	struct mgm_hooks hooks;
	bool running; /* protocols are started: links are announced */
	bool owners_changed;
	bool touched; /* the manager may have a new deadline */
	bool woken;   /* a protocol has */

	struct links links;
	struct link_listener link_listener;
	struct link_io *link_io;
	struct rib_io *rib_io;
	bool rib_dirty;		    /* routes may have changed with the links */
	const struct link *leaving; /* while it is told to be gone; or NULL */

	struct proto_seat seats[PROTO_MAX]; /* by registry index */
	void (*done)(void *arg, uint64_t op, int result);

	struct attachment *attachments;
	struct hash said;	  /* by commands */
	struct commands commands; /* and how that is kept */
	struct problem_list problems;
	struct oif_set *oif_sets; /* by number */
	size_t oif_set_count;

	struct control *control;
	uint64_t igmp_records;
	struct packet_io *packet_io;
	int packet_io_error; /* of its sender: said once */
};

/* The first protocol that runs, from this place in the registry; or NULL. */
static inline struct proto_seat *seat_from(struct daemon *d, size_t index)
{
	for (; index < PROTO_MAX; index++)
		if (d->seats[index].self)
			return &d->seats[index];
	return NULL;
}

/* What it has that is administered; if nothing, a table without hooks. */
static inline const struct proto_admin *seat_admin(const struct proto_seat *s)
{
	static const struct proto_admin none;

	return s->proto->admin ? s->proto->admin : &none;
}

/* Every protocol that runs, in the order of the registry. */
#define seat_for_each(d, seat)                 \
	for ((seat) = seat_from(d, 0); (seat); \
	     (seat) = seat_from(d, (seat)->index + 1))

uint64_t daemon_now_ms(void);
/* The manager may want an earlier tick now. */
void daemon_touch(struct daemon *d);
/* Soon, once for many changes: problems are worked out, the RIB asked. */
void daemon_settle(struct daemon *d);

/* glue.c: manager, plane and protocols to each other. */
void glue_listen(struct daemon *d);
int glue_start(struct daemon *d);
/* done: where the ends of operations go. */
void glue_services(struct daemon *d,
		   void (*done)(void *arg, uint64_t op, int result));
void glue_stop(struct daemon *d);
/* Protocols, their configuration, and what the cache holds already. */
int glue_start_protocols(struct daemon *d);
/* The file, and what commands said over it, to every protocol. */
void glue_configure(struct daemon *d);
/* Interfaces that commands of the run before gave to protocols. */
void glue_take_owners(struct daemon *d);
uint64_t glue_tick(struct daemon *d, uint64_t now_ms);
/* Once a second: what the plane has counted and a protocol must know. */
void glue_second(struct daemon *d);
/* Brings link.use of every link up to date. */
void glue_survey(struct daemon *d);
/* The flags of an interface in the plane, after a reload. */
void glue_renew_flags(struct daemon *d, uint32_t ifid);
const char *glue_interface_name(const struct daemon *d, uint32_t ifid,
				char buffer[XMGM_IFNAME_LEN]);
/* "static", or "protocol-300" if nobody by that number is registered. */
const char *glue_protocol_name(const struct daemon *d, uint32_t protocol,
			       char buffer[24]);

/* watch.c: what happens to links, and which of them are attached. */
void watch_init(struct daemon *d);
void watch_free(struct daemon *d);
/* The attachments the configuration asks for; others of it are undone. */
void watch_configure(struct daemon *d);
/* Everything a protocol may need to know, again. */
void watch_announce_all(struct daemon *d);
/* Ownership has changed: the manager learns which links are down. */
void watch_announce_down(struct daemon *d);
/* By command. *error is a sentence (static buffer) if negative. */
int watch_attach(struct daemon *d, const char *name, enum plane_mode mode,
		 const char **error);
int watch_detach(struct daemon *d, const char *name, const char **error);
const struct attachment *watch_find(const struct daemon *d, const char *name);

/* problems.c */
#define PROBLEMS_MAX 8
/*
 * Sentences about an interface, allocated; returns how many. glue_survey comes
 * before.
 */
size_t problems_of(struct daemon *d, const char *name,
		   char *sentences[PROBLEMS_MAX]);
/*
 * Looks at every interface; those that last and those that are solved are
 * told. Returns when to look again, UINT64_MAX: after the next change.
 */
uint64_t problems_refresh(struct daemon *d);

/* Netlink: link_io.c, rib_io.c. Return 0 or a negative errno. */
int link_io_open(struct daemon *d);
void link_io_close(struct daemon *d);
int rib_io_open(struct daemon *d);
void rib_io_close(struct daemon *d);
int rib_io_lookup(struct daemon *d, const struct mgm_address *source,
		  uint32_t arrival, struct mgm_rib_answer *answer);

/* events.c: to every monitor. */
/* What monitors call it; NULL: not told to them. */
const char *event_name(enum mgm_event_type type);
void event_manager(struct daemon *d, const struct mgm_event *event);
void event_link(struct daemon *d, const struct link *link, const char *state);
void event_problem(struct daemon *d, const char *name, const char *problem,
		   bool solved);
void event_querier(struct daemon *d, uint32_t ifid,
		   const struct proto_querier *querier);

/* control.c */
int control_open(struct daemon *d);
void control_close(struct daemon *d);

/*
 * descriptors.c: so many for the plane, and what else the configuration needs.
 * -EMFILE, with a complaint, if they are not allowed.
 */
int descriptors_check(uint32_t plane, const struct config *config);

/* privileges.c: before any thread. -EPERM, with a complaint: not all. */
int privileges_drop(void);

/*
 * leave.c: the plane at a clean stop, when the manager is gone: gives the
 * interfaces back if that is configured, and says what goes on.
 */
void leave_plane(struct daemon *d);

/* reload.c: reads the configuration again; the old one stays on an error. */
void reload(struct daemon *d);
/* At start. Complaints have been logged if it is not 0. */
int reload_first(struct daemon *d);
/* Says how many statements of the file commands have changed. */
void reload_say_overridden(const struct daemon *d);

#endif /* XMGM_XMGMD_DAEMON_H */
