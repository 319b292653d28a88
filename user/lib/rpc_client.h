/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client's side of the control socket: JSON-RPC 2.0, one object a line,
 * over a Unix stream socket. Blocking, with a deadline; it prints nothing.
 */
#ifndef XMGM_LIB_RPC_CLIENT_H
#define XMGM_LIB_RPC_CLIENT_H

#include <signal.h>
#include <json-c/json.h>

struct rpc_client;

/* What the other side said when it refused. */
struct rpc_error {
	int code; /* negative errno */
	char message[1024];
};

/*
 * 0; -ENOENT or -ECONNREFUSED nobody listens there, -EACCES, -ENAMETOOLONG,
 * -ENOMEM, or what socket and connect say.
 */
int rpc_client_open(const char *path, struct rpc_client **client);
void rpc_client_close(struct rpc_client *client);

/*
 * Calls a method and waits for its answer; notifications that come before it
 * are dropped. params belongs to the callee, may be NULL. *result is the
 * caller's to put. 0; -EREMOTEIO refused, *error says why; -ETIMEDOUT silent
 * for 30 s, -ECONNRESET it hung up, -EPROTO no JSON-RPC, -ENOMEM, -EINTR.
 */
int rpc_client_call(struct rpc_client *client, const char *method,
		    struct json_object *params, struct json_object **result,
		    struct rpc_error *error);

/* What rpc_client_event waits with; both may be left out. */
struct rpc_wait {
	const sigset_t *mask; /* signal mask while waiting, NULL: as it is */
	int watch;	      /* -EPIPE when nobody reads this any more; -1 */
};

/*
 * Waits without a deadline for the next notification `event` and returns its
 * params in *event. 0, -EINTR a signal came, -EPIPE, and as above.
 */
int rpc_client_event(struct rpc_client *client, const struct rpc_wait *wait,
		     struct json_object **event);

#endif /* XMGM_LIB_RPC_CLIENT_H */
