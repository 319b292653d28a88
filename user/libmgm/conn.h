/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * A connection to the daemon: one request at a time, its answer, and the
 * alerts that come in meanwhile. What the requests mean is said in client.c,
 * membership.c, route.c and read.c, which know of this header alone.
 */
#ifndef XMGM_LIBMGM_CONN_H
#define XMGM_LIBMGM_CONN_H

#include <json-c/json.h>
#include <sys/queue.h>

#include "lib/lines.h"
#include "libmgm/request.h"
#include "xmgm/libmgm.h"

/* A registration. Its handle is a number, so that a stale one is told. */
struct registration {
	TAILQ_ENTRY(registration) link;
	uintptr_t handle;
	uint32_t number; /* on this connection */
	struct mgm_callbacks callbacks;
	void *arg;
};

/* A notification that has not been delivered. */
struct alert {
	STAILQ_ENTRY(alert) link;
	struct json_object *object;
};

/* Rows that have been read ahead of those the caller has had. */
enum ahead_of {
	AHEAD_NOTHING = 0,
	AHEAD_MFES,
	AHEAD_MEMBERSHIPS,
	AHEAD_CLIENTS,
	AHEAD_INTERFACES,
};

struct ahead {
	enum ahead_of of;
	struct json_object *rows;
	size_t next;
	/* The row that the caller has had last, and what it asked for. */
	struct mgm_sg flow;
	struct mgm_membership_info membership;
	struct mgm_membership_filter filter;
	uint32_t protocol, component;
	uint32_t ifid;
};

struct mgm {
	struct lines lines;
	struct json_tokener *tokener;
	struct request request;
	uint64_t id;		    /* of the last request */
	struct json_object *answer; /* to it */
	bool waiting;		    /* for that */
	bool broken;		    /* the connection has ended */
	bool pipelined;		    /* conn_done does not wait */
	size_t outstanding;	    /* answers to those calls */
	int first_error;	    /* of them */
	bool delivering;
	STAILQ_HEAD(, alert) alerts;
	TAILQ_HEAD(, registration) registrations;
	uintptr_t last_handle;
	struct ahead ahead;
	char why[512];
};

/*
 * Begins a call of mgm.METHOD. With a client it is one that may change
 * something, and it has the member "client"; NULL then: a stale handle, which
 * is -EINVAL.
 */
struct request *conn_ask(struct mgm *m, const char *method);
struct request *conn_ask_as(struct mgm *m, struct mgm_client *client,
			    const char *method);

/* Sends it and waits. *result is the caller's to put. 0 or the error. */
int conn_call(struct mgm *m, struct json_object **result);
/* The end of every function: delivers what has come in; returns result. */
int conn_leave(struct mgm *m, int result);
/* Both, where the result itself says nothing. */
int conn_done(struct mgm *m);

/* Remembers why; returns err. */
int conn_refuse(struct mgm *m, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* What the daemon has said makes no sense. */
int conn_nonsense(struct mgm *m);

struct registration *conn_registration(struct mgm *m,
				       struct mgm_client *client);
void ahead_drop(struct mgm *m);

/* alert.c: calls the callback. -EPROTO: it is none that one understands. */
int alert_deliver(struct mgm *m, struct json_object *notification);

#endif /* XMGM_LIBMGM_CONN_H */
