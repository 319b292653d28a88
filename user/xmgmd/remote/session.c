/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a connection's clients: hello, registration, and their end. What
 * they call in between is in calls.c, member.c and read.c.
 */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

/* --- hello ----------------------------------------------------------- */

int remote_admit(struct call *call, const struct method *method)
{
	bool managers = !strncmp(method->name, "mgm.", 4);

	call->at_once = managers;
	if (!managers && call->conn->restricted)
		return call_refuse(call, -EACCES,
				   "user %u may not call %s: only root and "
				   "the group of the socket may; clients of "
				   "the configuration call mgm.*",
				   (unsigned int)call->conn->uid, method->name);
	if (!managers || call->conn->session || method->run == remote_hello)
		return 0;
	return call_refuse(call, -EPROTO,
			   "%s comes too early: call mgm.hello with the "
			   "version first",
			   method->name);
}

static int session_new(struct call *call)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return call_refuse(call, -ENOMEM, "no memory for a client");
	session->conn = call->conn;
	TAILQ_INIT(&session->clients);
	call->conn->session = session;
	return 0;
}

int remote_hello(struct call *call)
{
	uint32_t version;
	int err = param_number(call, "version", &version);

	if (!err && version != REMOTE_VERSION)
		err = call_refuse(call, -EPROTO,
				  "version %u of the protocol is not spoken "
				  "here: this is version %u, of xmgmd "
				  "%s: use a libmgm of the same release",
				  version, REMOTE_VERSION, XMGM_VERSION);
	if (!err && !call->conn->session)
		err = session_new(call);
	if (err)
		return err;
	call->result = json_object_new_object();
	json_add_number(call->result, "version", REMOTE_VERSION);
	json_add_text(call->result, "router", call->r->name);
	json_add_text(call->result, "build", XMGM_VERSION);
	return 0;
}

/* --- registration ------------------------------------------------------ */

struct wish {
	uint32_t protocol, component, wanted;
	unsigned int role;
	const char *name, *router;
	bool accepts_transfers;
	uint64_t grace_ms;
};

static int read_wish(struct call *call, struct wish *wish)
{
	uint32_t grace_ms;
	int err = param_number(call, "protocol", &wish->protocol);

	if (!err)
		err = param_number_or(call, "component", 0, &wish->component);
	if (!err)
		err = call_need(call, "name", &wish->name);
	if (!err)
		err = call_text(call, "router", &wish->router);
	if (!err)
		err = param_name(call, "role", CODEC_ROLE, MGM_ROLE_PROTOCOL,
				 &wish->role);
	if (!err)
		err = param_flag_or(call, "accepts_transfers", false,
				    &wish->accepts_transfers);
	if (!err)
		err = param_bits(call, "callbacks", CODEC_CALLBACK, 0,
				 &wish->wanted);
	if (!err)
		err = param_number_or(call, "grace_ms", REMOTE_GRACE_MS,
				      &grace_ms);
	if (!err)
		wish->grace_ms = grace_ms ? grace_ms : MGM_GRACE_NONE;
	return err;
}

static int tell_manager(struct call *call, const struct wish *wish,
			struct remote_client *c)
{
	const struct mgm_callbacks callbacks = remote_callbacks(wish->wanted);
	const struct mgm_registration registration = {
		.size = sizeof(registration),
		.protocol = wish->protocol,
		.component = wish->component,
		.role = (enum mgm_role)wish->role,
		.name = wish->name,
		.callbacks = &callbacks,
		.arg = c,
		.router = wish->router,
		.flags = wish->accepts_transfers ? MGM_ACCEPTS_TRANSFERS : 0,
		.grace_ms = wish->grace_ms,
	};

	return remote_register_result(
		call, mgm_register(c->r->mgm, &registration, &c->client),
		&registration);
}

/* The number of its name, or the name of its number. */
static int claim_number(struct call *call, struct wish *wish)
{
	uint32_t asked = wish->protocol;
	int err = protocol_claim(call->d, wish->name, &wish->protocol);

	if (err == -EEXIST)
		return call_refuse(call, err,
				   "%.32s and protocol %u do not belong "
				   "together: one of them is another's: leave "
				   "the number to xmgmd with protocol 0",
				   wish->name, asked);
	if (err == -EINVAL)
		return call_refuse(
			call, err,
			"%.32s cannot be registered: a name has 1 to "
			"15 characters of a-z, 0-9 and -",
			wish->name);
	if (err == -ENOSPC)
		return call_refuse(
			call, err,
			"%.32s cannot be registered: there are too "
			"many names: raise limits { protocol-names } "
			"in the configuration",
			wish->name);
	return remote_result(call, err, "%.32s cannot be registered",
			     wish->name);
}

/* For good. It has called nothing so far, so it can be sent away. */
static int keep_number(struct call *call, struct remote_client *c)
{
	if (!protocol_keep(call->d, c->name))
		return 0;
	mgm_deregister(c->r->mgm, c->client);
	return call_refuse(
		call, -ENOSPC,
		"%s cannot be registered: its number cannot be kept: "
		"make room in the state-directory",
		c->name);
}

/* It may hear alerts before it is told its number: so that is made first. */
static int add_client(struct call *call, const struct wish *wish)
{
	struct session *session = call->conn->session;
	struct remote_client *c = calloc(1, sizeof(*c));
	int err;

	if (!c) {
		protocol_forget(call->d, wish->name);
		return call_refuse(call, -ENOMEM, "no memory for a client");
	}
	c->session = session;
	c->r = call->r;
	c->number = session->last_number + 1;
	c->protocol = wish->protocol;
	c->component = wish->component;
	snprintf(c->name, sizeof(c->name), "%s", wish->name);
	err = tell_manager(call, wish, c);
	if (err)
		protocol_forget(call->d, wish->name);
	else
		err = keep_number(call, c);
	if (err) {
		free(c);
		return err;
	}
	session->last_number++;
	session->count++;
	TAILQ_INSERT_TAIL(&session->clients, c, link);
	log_trace(LOG_REMOTE,
		  "%s (protocol %u, component %u) registered by process %d",
		  c->name, c->protocol, c->component, (int)call->conn->pid);
	call->result = json_object_new_object();
	json_add_number(call->result, "client", c->number);
	json_add_number(call->result, "protocol", c->protocol);
	return 0;
}

int remote_register(struct call *call)
{
	struct wish wish = {0};
	int err = read_wish(call, &wish);

	if (err)
		return err;
	err = remote_allow(call, wish.name, &wish.protocol,
			   (enum mgm_role)wish.role);
	if (err)
		return err;
	if (call->conn->session->count == REMOTE_CLIENTS)
		return call_refuse(call, -ENOSPC,
				   "this connection has %u clients registered: "
				   "use another one for more",
				   REMOTE_CLIENTS);
	err = claim_number(call, &wish);
	return err ? err : add_client(call, &wish);
}

static void client_free(struct remote_client *c)
{
	TAILQ_REMOVE(&c->session->clients, c, link);
	c->session->count--;
	free(c);
}

int remote_deregister(struct call *call)
{
	struct remote_client *c;
	int err = param_client(call, &c);

	if (!err)
		err = remote_deregister_result(
			call, c, mgm_deregister(c->r->mgm, c->client));
	if (err)
		return err;
	log_trace(LOG_REMOTE, "%s deregistered", c->name);
	client_free(c);
	return 0;
}

/* --- its end ----------------------------------------------------------- */

static void client_lost(struct remote_client *c)
{
	log_trace(LOG_REMOTE,
		  "%s (protocol %u, component %u) lost: process %d has hung "
		  "up",
		  c->name, c->protocol, c->component,
		  (int)c->session->conn->pid);
	if (c->r->running) {
		mgm_client_lost(c->r->mgm, daemon_now_ms(), c->client);
		router_touch(c->r);
	}
	client_free(c);
}

/* When the daemon stops nothing is taken back: it goes on forwarding. */
void remote_closed(struct conn *conn)
{
	struct session *session = conn->session;
	struct remote_client *c;

	if (!session)
		return;
	while ((c = TAILQ_FIRST(&session->clients)))
		client_lost(c);
	conn->session = NULL;
	free(session);
}

pid_t remote_pid(const struct daemon *d, uint32_t protocol, uint32_t component)
{
	const struct remote_client *c;
	const struct conn *conn;

	TAILQ_FOREACH(conn, &d->control->conns, link) {
		if (!conn->session)
			continue;
		TAILQ_FOREACH(c, &conn->session->clients, link)
			if (c->protocol == protocol &&
			    c->component == component)
				return conn->pid;
	}
	return 0;
}
