/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * Registrations, the interfaces they own, and IGMP's side of the handshake.
 */
#include <errno.h>
#include <stdlib.h>

#include "lib/grown.h"
#include "libmgm/codec.h"
#include "libmgm/conn.h"

/* Of the alerts there are: which callbacks does the client have? */
static void request_callbacks(struct request *q, const struct mgm_callbacks *c)
{
	request_open(q, "callbacks", '[');
#define ALERT_WANTED(name) \
	if (c->name)       \
		request_item_text(q, #name);
	CODEC_CALLBACKS(ALERT_WANTED)
#undef ALERT_WANTED
	request_close(q, ']');
}

static void request_registration(struct request *q,
				 const struct mgm_registration *r,
				 const struct mgm_callbacks *callbacks)
{
	const char *role = codec_name(CODEC_ROLE, r->role);

	request_number(q, "protocol", r->protocol);
	request_number(q, "component", r->component);
	request_text(q, "name", r->name);
	request_text(q, "role", role);
	if (r->router)
		request_text(q, "router", r->router);
	if (r->flags & MGM_ACCEPTS_TRANSFERS)
		request_flag(q, "accepts_transfers", true);
	if (r->grace_ms)
		request_number(q, "grace_ms",
			       r->grace_ms == MGM_GRACE_NONE ? 0 : r->grace_ms);
	request_callbacks(q, callbacks);
}

/* What a client hands in, as this build has it. */
static int take_registration(struct mgm *m, const struct mgm_registration *from,
			     struct mgm_registration *own,
			     struct mgm_callbacks *callbacks)
{
	int err = from ? grown_take(own, sizeof(*own), from) : -EINVAL;

	*callbacks = (struct mgm_callbacks){.size = sizeof(*callbacks)};
	if (!err && own->callbacks)
		err = grown_take(callbacks, sizeof(*callbacks), own->callbacks);
	if (!err && own->flags & ~(uint64_t)MGM_ACCEPTS_TRANSFERS)
		err = -E2BIG;
	if (!err && own->grace_ms > MGM_GRACE_MAX_MS &&
	    own->grace_ms != MGM_GRACE_NONE)
		err = -EINVAL;
	if (!err && (!own->name || !own->callbacks ||
		     !codec_name(CODEC_ROLE, own->role)))
		err = -EINVAL;
	if (err)
		conn_refuse(m, err, "register: %s",
			    err == -E2BIG
				    ? "the program wants what this libmgm "
				      "does not have"
				    : "no name, callbacks, role or size, or a "
				      "grace time of more than an hour");
	return err;
}

int mgm_register(struct mgm *m, const struct mgm_registration *registration,
		 struct mgm_client **client)
{
	struct registration *r = calloc(1, sizeof(*r));
	struct mgm_registration own;
	struct json_object *result = NULL;
	uint64_t number;
	int err = -ENOMEM;

	if (!r)
		return conn_refuse(m, err, "register: no memory");
	ahead_drop(m);
	err = take_registration(m, registration, &own, &r->callbacks);
	if (err)
		goto out;
	request_registration(conn_ask(m, "register"), &own, &r->callbacks);
	err = conn_call(m, &result);
	if (err)
		goto out;
	if (codec_read_number(json_object_object_get(result, "client"),
			      UINT32_MAX, &number)) {
		err = conn_nonsense(m);
		goto out;
	}
	r->number = (uint32_t)number;
	r->arg = own.arg;
	r->handle = ++m->last_handle;
	TAILQ_INSERT_TAIL(&m->registrations, r, link);
	*client = (struct mgm_client *)r->handle;
	r = NULL;
out:
	json_object_put(result);
	free(r);
	return conn_leave(m, err);
}

int mgm_deregister(struct mgm *m, struct mgm_client *client)
{
	struct registration *r = conn_registration(m, client);
	struct json_object *result;
	int err;

	if (!conn_ask_as(m, client, "deregister"))
		return -EINVAL;
	err = conn_call(m, &result);
	json_object_put(result);
	if (!err) {
		TAILQ_REMOVE(&m->registrations, r, link);
		free(r);
	}
	return conn_leave(m, err);
}

int mgm_client_settled(struct mgm *m, struct mgm_client *client)
{
	if (!conn_ask_as(m, client, "client_settled"))
		return -EINVAL;
	return conn_done(m);
}

/* --- interfaces --------------------------------------------------------- */

static int on_interface(struct mgm *m, struct mgm_client *client,
			const char *method, uint32_t ifid)
{
	struct request *q = conn_ask_as(m, client, method);

	if (!q)
		return -EINVAL;
	request_number(q, "ifid", ifid);
	return conn_done(m);
}

int mgm_interface_take(struct mgm *m, struct mgm_client *client, uint32_t ifid)
{
	return on_interface(m, client, "interface_take", ifid);
}

int mgm_interface_release(struct mgm *m, struct mgm_client *client,
			  uint32_t ifid)
{
	return on_interface(m, client, "interface_release", ifid);
}

int mgm_interface_transfer(struct mgm *m, struct mgm_client *client,
			   uint32_t ifid, uint32_t protocol, uint32_t component)
{
	struct request *q = conn_ask_as(m, client, "interface_transfer");

	if (!q)
		return -EINVAL;
	request_number(q, "ifid", ifid);
	request_number(q, "protocol", protocol);
	request_number(q, "component", component);
	return conn_done(m);
}

int mgm_interface_owner(struct mgm *m, uint32_t ifid, uint32_t *protocol,
			uint32_t *component)
{
	struct json_object *result;
	uint64_t numbers[2];
	int err;

	request_number(conn_ask(m, "interface_owner"), "ifid", ifid);
	err = conn_call(m, &result);
	if (!err &&
	    (codec_read_number(json_object_object_get(result, "protocol"),
			       UINT32_MAX, &numbers[0]) ||
	     codec_read_number(json_object_object_get(result, "component"),
			       UINT32_MAX, &numbers[1])))
		err = conn_nonsense(m);
	if (!err) {
		*protocol = (uint32_t)numbers[0];
		*component = (uint32_t)numbers[1];
	}
	json_object_put(result);
	return conn_leave(m, err);
}

static int switched(struct mgm *m, struct mgm_client *client,
		    const char *method, uint32_t ifid, bool on)
{
	struct request *q = conn_ask_as(m, client, method);

	if (!q)
		return -EINVAL;
	request_number(q, "ifid", ifid);
	request_flag(q, "on", on);
	return conn_done(m);
}

int mgm_wrong_if_alerts(struct mgm *m, struct mgm_client *client, uint32_t ifid,
			bool on)
{
	return switched(m, client, "wrong_if_alerts", ifid, on);
}

int mgm_interface_forward(struct mgm *m, struct mgm_client *client,
			  uint32_t ifid, bool on)
{
	return switched(m, client, "interface_forward", ifid, on);
}

int mgm_rpf_again(struct mgm *m, struct mgm_client *client, uint32_t ifid)
{
	return on_interface(m, client, "rpf_again", ifid);
}

static int handshake(struct mgm *m, struct mgm_client *client,
		     const char *method, uint32_t ifid, uint32_t epoch)
{
	struct request *q = conn_ask_as(m, client, method);

	if (!q)
		return -EINVAL;
	request_number(q, "ifid", ifid);
	request_number(q, "epoch", epoch);
	return conn_done(m);
}

int mgm_igmp_disabled(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		      uint32_t epoch)
{
	return handshake(m, client, "igmp_disabled", ifid, epoch);
}

int mgm_replay_complete(struct mgm *m, struct mgm_client *client, uint32_t ifid,
			uint32_t epoch)
{
	return handshake(m, client, "replay_complete", ifid, epoch);
}
