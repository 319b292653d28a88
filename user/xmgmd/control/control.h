/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket, inside the daemon: connections that carry one JSON
 * object a line, bounded in number, in line length and in what waits to be
 * written. What the lines mean is rpc.c's business.
 */
#ifndef XMGM_XMGMD_CONTROL_CONTROL_H
#define XMGM_XMGMD_CONTROL_CONTROL_H

#include <json-c/json.h>
#include <sys/queue.h>
#include <uv.h>

#include "xmgmd/daemon.h"

#define CONTROL_LINE	65536u	   /* bytes of one request */
#define CONTROL_PENDING 64u	   /* calls of one client that wait */
#define CONTROL_MONITOR (4u << 20) /* bytes that may wait for a monitor */
#define CONTROL_HIGH	(1u << 20) /* above: no more is read or streamed */

struct conn;

/*
 * A result too long to be built at once: a JSON array, a piece at a time.
 * step appends rows to the text and returns 0 when there are none left, 1 if
 * it wants to be called again, or a negative errno.
 */
struct stream {
	int (*step)(struct daemon *d, struct stream *stream, struct conn *conn);
	void (*free)(struct stream *stream);
};

struct control_stats {
	uint64_t clients;	  /* connected now */
	uint64_t clients_refused; /* over the limit */
	uint64_t requests;
	uint64_t bad_requests;
	uint64_t lines_too_long;
	uint64_t monitors_dropped; /* too slow */
};

struct conn {
	TAILQ_ENTRY(conn) link;
	uv_pipe_t pipe;
	struct daemon *d;
	char *line; /* CONTROL_LINE + 1 bytes */
	size_t filled;
	char *out; /* text of a stream's piece, or waiting to be written */
	size_t out_len, out_room;
	char *later; /* what must wait for the end of the stream */
	size_t later_len, later_room;
	struct stream *stream;
	bool stepping; /* the stream itself writes */
	bool monitor;
	bool closing;
	bool skipping; /* the rest of a line that was too long */
	bool paused;
	unsigned int pending; /* calls that wait for `done` */
};

/* A call whose answer comes by services.done. */
struct pending {
	TAILQ_ENTRY(pending) link;
	uint64_t op;
	struct conn *conn; /* NULL: the client has gone */
	struct json_object *id;
	struct json_object *params;
	const struct method *method;
};

struct control {
	struct daemon *d;
	uv_pipe_t server;
	TAILQ_HEAD(, conn) conns;
	TAILQ_HEAD(, pending) pending;
	uint64_t last_op;
	struct control_stats stats;
	bool listening;
};

/* Queues text; conn_flush writes what is queued. Without memory: closed. */
void conn_put(struct conn *conn, const char *text, size_t len);
void conn_put_json(struct conn *conn, struct json_object *object);
void conn_flush(struct conn *conn);
void conn_close(struct conn *conn);
/* The connection sends the pieces of a stream from now on; owns it. */
void conn_stream(struct conn *conn, struct stream *stream);

/* One line from a client. Never fails: errors are answers. */
void rpc_line(struct conn *conn, const char *line, size_t len);
/* An operation has ended: services.done. */
void rpc_done(void *arg, uint64_t op, int result);
void rpc_forget(struct conn *conn);

/* What a method gets and gives. */
struct call {
	struct daemon *d;
	struct conn *conn;
	struct json_object *params; /* an object, or NULL */
	struct json_object *result; /* out; NULL is true */
	struct stream *stream;	    /* out, instead of a result */
	uint64_t op;		    /* for hooks that may take time */
	char why[512];		    /* out: the sentence of an error */
};

struct method {
	const char *name;
	int (*run)(struct call *call);
	/*
	 * What is to be said of a result that came later: the sentence of an
	 * error into call->why, warnings of a success into call->result.
	 */
	void (*explain)(struct call *call, int err);
};

/* The methods that only read, and those that change something. */
const struct method *rpc_show_methods(size_t *count);
const struct method *rpc_change_methods(size_t *count);

/* show.config, which has a file of its own. */
int rpc_show_config(struct call *call);

/* A text parameter; NULL if it is missing. -EINVAL with why: not a text. */
int call_text(struct call *call, const char *name, const char **text);
/* The same, but it must be there. */
int call_need(struct call *call, const char *name, const char **text);
int call_refuse(struct call *call, int err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* After the loop is closed. */
void control_free(struct daemon *d);
/* To every monitor; takes the reference. */
void control_event(struct daemon *d, struct json_object *params);
bool control_has_monitors(const struct daemon *d);

/* JSON of an address: "*" for 0.0.0.0 if star, else null. */
struct json_object *json_address(struct in_addr address, bool star);

#endif /* XMGM_XMGMD_CONTROL_CONTROL_H */
