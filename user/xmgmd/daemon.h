/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The process as its own files see it: the loop, the configuration and what
 * commands have said over it, the links, the control socket, and the router
 * (router.h), of which there is one so far. All of it runs on one thread, in
 * one loop.
 */
#ifndef XMGM_XMGMD_DAEMON_H
#define XMGM_XMGMD_DAEMON_H

#include <string.h>
#include <uv.h>

#include "config/config.h"
#include "router.h"
#include "xmgmd/config/commands.h"
#include "xmgmd/config/protocol_names.h"
#include "xmgmd/config/said.h"
#include "xmgmd/net/kernel_mfc.h"
#include "xmgmd/net/links.h"

struct control;
struct json_object;
struct link_io;

struct daemon {
	uv_loop_t loop;
	uv_timer_t second;
	uv_prepare_t prepare;
	uv_signal_t signals[3];

	const char *instance;
	const char *socket_path;
	char command[160]; /* "xmgm", with the options that lead to us */
	const char *config_path;
	bool config_given; /* by -f: it must be there */
	struct config *config;

	struct links links;
	struct link_io *link_io;
	struct kernel_mfc kernel_mfc;

	struct hash said;		      /* by commands */
	struct commands commands;	      /* and how that is kept */
	struct protocol_names protocol_names; /* of those outside */

	struct control *control;
	struct router router;
};

/* The router of this name, NULL for the main one; NULL: there is none. */
static inline struct router *daemon_router(struct daemon *d, const char *name)
{
	return !name || !strcmp(name, ROUTER_MAIN) ? &d->router : NULL;
}

/* Every router of the process. */
#define router_for_each(d, r) for ((r) = &(d)->router; (r); (r) = NULL)

uint64_t daemon_now_ms(void);
/* link_io.c: netlink's links. Returns 0 or a negative errno. */
int link_io_open(struct daemon *d);
void link_io_close(struct daemon *d);

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

/* reload.c: reads the configuration again; the old one stays on an error. */
void reload(struct daemon *d);
/* At start. Complaints have been logged if it is not 0. */
int reload_first(struct daemon *d);
/* Says how many statements of the file commands have changed. */
void reload_say_overridden(const struct daemon *d);

#endif /* XMGM_XMGMD_DAEMON_H */
