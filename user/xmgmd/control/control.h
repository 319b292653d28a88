/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The control socket, inside the daemon: connections that carry one JSON
 * object a line, bounded in number, in line length and in what waits to be
 * written. What the lines mean is rpc.c's business.
 *
 * Work is done a unit at a time, a line or a piece of a long result, in turn
 * for all clients and for about a millisecond in each turn of the loop, so
 * nobody's requests keep packets and timers waiting.
 */
#ifndef XMGM_XMGMD_CONTROL_CONTROL_H
#define XMGM_XMGMD_CONTROL_CONTROL_H

#include <json-c/json.h>
#include <sys/queue.h>
#include <uv.h>

#include "xmgmd/control/event_log.h"
#include "xmgmd/control/json.h"
#include "xmgmd/daemon.h"

#define CONTROL_LINE	      65536u	   /* bytes of one request */
#define CONTROL_PENDING	      64u	   /* calls of one client that wait */
#define CONTROL_PENDING_BYTES 65536u	   /* and of their requests */
#define CONTROL_MONITOR	      (4u << 20)   /* bytes a monitor may be behind */
#define CONTROL_HIGH	      (256u << 10) /* unread: no more is answered */
#define CONTROL_PIECE	      65536u	   /* unread: no more is streamed */
#define CONTROL_TURN_NS	      1000000u /* for requests in a turn of the loop */
#define CONTROL_ROOT	      4u       /* places beside the limit, for root */
#define CONTROL_QUEUE	      (16u << 20) /* unread alerts: cut off */

struct conn;
struct session;

/*
 * A result too long to be built at once: a JSON array, a piece at a time.
 * step appends rows by stream_row and returns 0 when there are none left, 1 if
 * it wants to be called again, or a negative errno. It comes between other
 * work, so what it shows may change from piece to piece. Whoever has more to
 * remember begins its own struct with it: call_stream.
 */
struct stream {
	int (*step)(struct router *r, struct stream *stream, struct conn *conn);
	/* Drops what it holds, but for itself; or NULL. */
	void (*clear)(struct stream *stream);
	struct router *r; /* of the call */
	bool any;	  /* the array has a row */
	bool object;	  /* step writes the brackets itself */
};

#define CONTROL_COUNTERS(X)                                          \
	X(clients, "clients connected now")                          \
	X(clients_refused, "clients over the limit")                 \
	X(requests, "requests")                                      \
	X(bad_requests, "lines that were no valid request")          \
	X(lines_too_long, "lines over the limit: client closed")     \
	X(monitors_dropped, "monitors that read too slowly: closed") \
	X(clients_cut, "clients that read too slowly: closed")       \
	X(pieces, "pieces of long answers")

struct control_stats {
#define CONTROL_COUNTER_FIELD(id, text) uint64_t id;
	CONTROL_COUNTERS(CONTROL_COUNTER_FIELD)
#undef CONTROL_COUNTER_FIELD
};

/* A text that grows. */
struct text {
	char *data;
	size_t len, room;
};

struct conn {
	TAILQ_ENTRY(conn) link;
	TAILQ_ENTRY(conn) work;	  /* while there is some */
	TAILQ_ENTRY(conn) unsent; /* while something is to be written */
	uv_pipe_t pipe;
	struct daemon *d;
	pid_t pid; /* of the client */
	uid_t uid;
	gid_t gid;
	char *line; /* CONTROL_LINE bytes: requests from start to filled */
	size_t start, filled;
	uv_write_t write; /* one at a time: of `writing`, or of events */
	struct text writing;
	size_t writing_events;
	struct text out;   /* to be written next */
	struct text later; /* what must wait for the end of the stream */
	struct stream *stream;
	struct session *session;    /* a client of the manager; or NULL */
	struct event_reader events; /* of a monitor */
	bool busy;		    /* a write is under way */
	bool queued;		    /* in control.work */
	bool dirty;		    /* in control.unsent */
	bool stepping;		    /* the stream itself writes */
	bool monitor;
	bool closing;
	bool skipping; /* the rest of a line that was too long */
	bool paused;
	bool ended;	 /* it sends no more; closed when all is answered */
	bool extra;	 /* in one of the places kept for root */
	bool restricted; /* it may call the manager, and nothing else */
	unsigned int pending; /* calls that wait for `done` */
	size_t pending_bytes; /* of their requests */
};

/* A call whose answer comes by services.done. */
struct pending {
	TAILQ_ENTRY(pending) link;
	uint64_t op;
	struct conn *conn; /* NULL: the client has gone */
	bool silent;	   /* it wants no answer */
	struct json_object *id;
	struct json_object *params;
	const struct method *method;
	size_t bytes;	   /* of the request */
	uint64_t begun_us; /* 0: not traced */
};

struct control {
	struct daemon *d;
	uv_pipe_t server;
	uv_idle_t worker; /* active while there is work */
	TAILQ_HEAD(, conn) conns;
	TAILQ_HEAD(, conn) work;   /* those with something to do, in turn */
	TAILQ_HEAD(, conn) unsent; /* those with something to be written */
	TAILQ_HEAD(, pending) pending;
	struct event_log events;
	uint64_t last_op;
	struct control_stats stats;
	bool listening;
	dev_t socket_dev; /* the socket at the path, as it was made */
	ino_t socket_ino;
	uv_pipe_t turned_away; /* for a client that finds no memory */
	bool turning_away, more_to_turn;
	bool open_to_all; /* the socket's mode is */
	bool full;	  /* a client was refused, which has been said */
};

/*
 * Queues text, which is written at the end of this turn of the loop, in one
 * piece with all else that the client gets in it. Without memory, or if too
 * much is unread: closed.
 */
void conn_put(struct conn *conn, const char *text, size_t len);
void conn_put_json(struct conn *conn, struct json_object *object);
/* The same for events: there are some to be read. */
void conn_flush(struct conn *conn);
void conn_close(struct conn *conn);
/* It may have something to do: at the next turn of the loop. */
void conn_wake(struct conn *conn);
/* A new client; NULL: no memory. conn_start accepts it. */
struct conn *conn_new(struct control *control);
int conn_start(struct conn *conn);
/* From now on it gets the events. 0, -ENOMEM, -ENOSPC: it must not. */
int conn_monitor(struct conn *conn);
/* Bytes of memory that wait for clients to read. */
size_t control_bytes(const struct control *control);

/* listen.c: the socket itself, and who may come in. 0 or a negative errno. */
int listen_open(struct control *control);
void listen_close(struct control *control);
/*
 * Is there something at the path that must stay? -errno with a sentence in
 * the log; 0: nothing, or a socket, which may be dead.
 */
int listen_check(const char *path);

/* The connection sends the pieces of a stream from now on; owns it. */
void conn_stream(struct conn *conn, struct stream *stream);
void stream_free(struct stream *stream); /* NULL: nothing */
/* One more row of the stream at work; takes the reference. */
void stream_row(struct conn *conn, struct json_object *row);

/* One line from a client. Never fails: errors are answers. */
void rpc_line(struct conn *conn, const char *line, size_t len);
/* An operation has ended: services.done; arg: the router. */
void rpc_done(void *arg, uint64_t op, int result);
void rpc_forget(struct conn *conn);

/* What a method gets and gives. */
struct call {
	struct daemon *d;
	struct router *r;
	struct conn *conn;
	struct json_object *params; /* an object, or NULL */
	size_t bytes;		    /* of the request */
	uint64_t begun_us;	    /* 0: not traced */
	struct json_object *result; /* out; NULL is true */
	struct stream *stream;	    /* out, instead of a result */
	uint64_t op;		    /* for hooks that may take time */
	bool at_once;  /* out: -EINPROGRESS is the answer, not one to come */
	char why[512]; /* out: the sentence of an error */
};

#define METHOD_PARAMS 10

struct method {
	const char *name;
	int (*run)(struct call *call);
	/*
	 * What is to be said of a result that came later: the sentence of an
	 * error into call->why, warnings of a success into call->result.
	 */
	void (*explain)(struct call *call, int err);
	/* The parameters it knows; others are refused. */
	const char *params[METHOD_PARAMS];
	/*
	 * It has been done: what it has said is kept, before it is answered.
	 * An error, with its sentence in call->why, is the answer then.
	 */
	int (*remember)(struct call *call);
};

/* What a command has said is kept; value NULL: it has been removed. */
int call_keep(struct call *call, struct said_key key,
	      const struct said_value *value);

/* The methods that only read, and those that change something. */
const struct method *rpc_show_methods(size_t *count);
const struct method *rpc_change_methods(size_t *count);

/* Those of them that have files of their own: long lists. */
int rpc_show_config(struct call *call);
/* json_link.c: what the kernel says of it; NULL: it is not there. */
void json_add_link(const struct router *r, struct json_object *row,
		   const struct link *link);
int rpc_show_groups(struct call *call);
int rpc_show_listeners(struct call *call);
int rpc_show_protocol(struct call *call);
int rpc_clear_groups(struct call *call);
int rpc_show_mroute(struct call *call);
int rpc_show_rpf(struct call *call);

/* Routes to sources: rpc_rpf.c. */
int rpc_rpf_add(struct call *call);
int rpc_rpf_del(struct call *call);
int rpc_remember_rpf(struct call *call);
int rpc_remember_no_rpf(struct call *call);

/*
 * A listing over all protocols, a piece at a time: where it stands, and what
 * is left of the piece. hook goes on with one protocol's list and is given
 * the piece for its `each` (piece_spend). Returns as stream.step.
 */
struct proto_list {
	size_t index; /* of the protocol */
	struct proto_cursor cursor;
};

#define PIECE_WORK 128 /* well below a millisecond */

struct piece {
	struct router *r;
	struct conn *conn;
	unsigned int left; /* rows, or as much work */
};

int proto_list_step(struct proto_list *list, struct piece *piece,
		    int (*hook)(const struct proto_seat *s,
				struct proto_cursor *cursor,
				struct piece *piece));
/* A route to sources: prefix, whose it is, and its distance. */
struct json_object *rib_object(struct router *r,
			       const struct mgm_rib_route *route);
/* What each returns: non-zero at the end of the piece. */
int piece_spend(struct piece *piece, unsigned int work);

/*
 * The answer is a stream of this step, in a struct of size bytes that begins
 * with struct stream and is zero behind it; it is freed with the stream. NULL:
 * no memory, refused.
 */
void *call_stream(struct call *call, size_t size,
		  int (*step)(struct router *r, struct stream *stream,
			      struct conn *conn));
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

#endif /* XMGM_XMGMD_CONTROL_CONTROL_H */
