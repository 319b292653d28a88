/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager's client: registered while there are interfaces to own. They are
 * taken when they are there and configured, and given back when they are not
 * configured any more; with IGMP there that is a handshake, whose end the
 * manager tells. It says what is ours; what follows is the tick's.
 */
#include "internal.h"

#include <errno.h>

#define RETRY_MS 500u

static bool any_needed(const struct dvmrp *d)
{
	const struct dvmrp_interface *in;

	dvmrp_for_each_interface(d, in) {
		if (in->wanted || in->owned || in->busy)
			return true;
	}
	return false;
}

/* A client only while there are interfaces: else nobody here pulls anything. */
static int enrol(struct dvmrp *d)
{
	const struct mgm_registration registration = {
		.size = sizeof(registration),
		.protocol = MGM_PROTOCOL_DVMRP,
		.role = MGM_ROLE_PROTOCOL,
		.name = "dvmrp",
		.callbacks = dvmrp_callbacks(),
		.arg = d,
	};
	int err;

	if (d->client)
		return 0;
	err = mgm_register(d->services.mgm, &registration, &d->client);
	if (err)
		dvmrp_say(d, PROTO_ERROR, "dvmrp: cannot begin: %s",
			  strerror(-err));
	return err;
}

static void resign(struct dvmrp *d)
{
	if (!d->client || mgm_deregister(d->services.mgm, d->client))
		return;
	d->client = NULL;
	dvmrp_tree_clear(d);
}

static void own(struct dvmrp_interface *in, bool owned)
{
	if (in->owned == owned)
		return;
	in->owned = owned;
	in->joined = false;
	if (owned)
		dvmrp_walk_begin(in->dvmrp); /* flows may be there already */
	dvmrp_interface_refresh(in);
}

static void refused(struct dvmrp_interface *in, int err)
{
	in->refused = err;
	if (err == -EBUSY || in->warned)
		return;
	in->warned = true;
	dvmrp_say(in->dvmrp, PROTO_WARN,
		  "dvmrp: %s cannot be taken: %s; it is tried again", in->name,
		  err == -EEXIST ? "another protocol owns it" : strerror(-err));
}

/* Both return whether to try again. */
static bool take(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;
	int err;

	in->busy = true; /* it may end inside */
	err = mgm_interface_take(d->services.mgm, d->client, in->ifid);
	if (err == -EINPROGRESS)
		return false;
	in->busy = false;
	if (err) {
		refused(in, err);
		return true;
	}
	in->refused = 0;
	in->warned = false;
	own(in, true);
	return false;
}

static bool release(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;
	int err;

	in->busy = true;
	err = mgm_interface_release(d->services.mgm, d->client, in->ifid);
	if (err == -EINPROGRESS)
		return false;
	in->busy = false;
	if (err && err != -EINVAL)
		return true;
	own(in, false);
	return false;
}

/* What the manager has told of: whose is it now? */
static void look(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;
	uint32_t owner = MGM_PROTOCOL_NONE, component;

	in->told = in->busy = false;
	own(in, in->ifid &&
			!mgm_interface_owner(d->services.mgm, in->ifid, &owner,
					     &component) &&
			owner == MGM_PROTOCOL_DVMRP);
	if (in->owned) {
		in->refused = 0;
		in->warned = false;
	}
}

uint64_t dvmrp_owner_drive(struct dvmrp *d)
{
	struct dvmrp_interface *in;
	bool again = false;

	if (!any_needed(d)) {
		resign(d);
		return TIMER_NEVER;
	}
	if (enrol(d))
		return d->now_ms + RETRY_MS;
	dvmrp_for_each_interface(d, in) {
		if (in->told)
			look(in);
		if (!in->ifid || in->busy || in->wanted == in->owned)
			continue;
		again |= in->wanted ? take(in) : release(in);
	}
	return again ? d->now_ms + RETRY_MS : TIMER_NEVER;
}

void dvmrp_owner_told(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	struct dvmrp *d = arg;
	struct dvmrp_interface *in = dvmrp_interface_by_id(d, ifid);

	(void)epoch;
	(void)result;
	if (!in)
		return;
	in->told = true;
	d->services.wake(d->services.arg);
}
