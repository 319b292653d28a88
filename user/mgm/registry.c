/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registration of clients. A handle is a slot and the generation of the slot
 * in the guise of a pointer that is never followed: a stale one is noticed.
 * A client that died keeps its slot, not its handle, until it owns nothing.
 */
#include "mgm/internal.h"

#define HANDLE_SLOT_BITS 9
#define MAIN_ROUTER	 "main"

static struct mgm_client *handle_make(const struct client *c)
{
	uintptr_t value = c->generation;

	value = (value << HANDLE_SLOT_BITS) | (c->slot + 1u);
	return (struct mgm_client *)value;
}

/* Who calls; NULL: a stale handle. */
struct client *client_of(struct mgm *m, struct mgm_client *handle)
{
	uintptr_t value = (uintptr_t)handle;
	uintptr_t slot = value & ((1u << HANDLE_SLOT_BITS) - 1);
	struct client *c;

	if (!slot || slot > CLIENT_SLOTS)
		return NULL;
	c = &m->clients[slot - 1];
	if (!c->used || c->dead || handle_make(c) != handle)
		return NULL;
	c->silent = false; /* it speaks */
	return c;
}

/* Who is registered as this, also if it is lost, or NULL. */
struct client *client_named(struct mgm *m, uint32_t protocol,
			    uint32_t component)
{
	for (uint32_t i = 0; i < CLIENT_SLOTS; i++) {
		struct client *c = &m->clients[i];

		if (c->used && !c->dead && c->protocol == protocol &&
		    c->component == component)
			return c;
	}
	return NULL;
}

uint32_t client_tag(const struct client *c)
{
	return c ? c->generation << 8 | c->slot : NO_TAG;
}

struct client *client_tagged(struct mgm *m, uint32_t tag)
{
	struct client *c = &m->clients[tag & (CLIENT_SLOTS - 1)];

	return c->used && client_tag(c) == tag ? c : NULL;
}

uint32_t client_life(const struct client *c)
{
	return c ? c->life << 8 | c->slot : NO_TAG;
}

struct client *client_living(struct mgm *m, uint32_t life)
{
	struct client *c = &m->clients[life & (CLIENT_SLOTS - 1)];

	return c->used && client_life(c) == life ? c : NULL;
}

bool mgm_name_ok(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = name ? strlen(name) : 0;

	return len >= 1 && len < MGM_NAME_LEN && strspn(name, allowed) == len;
}

/* As this manager knows them, whatever the client was compiled with. */
static int register_take(const struct mgm_registration *from,
			 struct mgm_registration *r,
			 struct mgm_callbacks *callbacks)
{
	int err = from ? grown_take(r, sizeof(*r), from) : -EINVAL;

	if (!err)
		err = r->callbacks ? grown_take(callbacks, sizeof(*callbacks),
						r->callbacks)
				   : -EINVAL;
	if (!err)
		r->callbacks = callbacks;
	return err;
}

static int register_check(const struct mgm_registration *r)
{
	if (r->protocol == MGM_PROTOCOL_NONE)
		return -EINVAL;
	if (r->role != MGM_ROLE_PROTOCOL && r->role != MGM_ROLE_IGMP)
		return -EINVAL;
	if (!mgm_name_ok(r->name))
		return -EINVAL;
	if (r->flags & ~(uint64_t)MGM_ACCEPTS_TRANSFERS)
		return -E2BIG;
	if (r->grace_ms > MGM_GRACE_MAX_MS && r->grace_ms != MGM_GRACE_NONE)
		return -EINVAL;
	if (r->router && strcmp(r->router, MAIN_ROUTER))
		return -ENOENT;
	return 0;
}

static struct client *client_slot(struct mgm *m)
{
	if (m->client_count >= m->limits.clients)
		return NULL;
	for (uint32_t i = 0; i < CLIENT_SLOTS; i++) {
		if (!m->clients[i].used)
			return &m->clients[i];
	}
	return NULL;
}

static void client_fill(struct client *c, uint16_t slot, uint64_t serial,
			const struct mgm_registration *r)
{
	uint32_t generation = c->generation + 1;

	*c = (struct client){
		.used = true,
		.slot = slot,
		.generation = generation,
		.serial = serial,
		.life = (uint32_t)serial,
		.protocol = r->protocol,
		.component = r->component,
		.role = r->role,
		.accepts_transfers = (r->flags & MGM_ACCEPTS_TRANSFERS) &&
				     r->callbacks->ownership,
		.callbacks = *r->callbacks,
		.heard = alert_heard(r->callbacks),
		.arg = r->arg,
		.grace_ms = r->grace_ms == MGM_GRACE_NONE ? 0 : r->grace_ms,
		.grace_end_ms = FOREVER,
	};
	memcpy(c->name, r->name, strlen(r->name) + 1);
}

/* Who was lost is the same client with another handle. */
static void client_refill(struct mgm *m, struct client *c,
			  const struct mgm_registration *r)
{
	const struct client was = *c;

	client_fill(c, was.slot, ++m->serial, r);
	c->owned = was.owned;
	c->rib_routes = was.rib_routes;
	c->rib_clock = was.rib_clock;
	c->rib_stale = was.rib_stale;
	c->settled = was.settled;
	c->life = was.life;
	core_event_client(m, MGM_EV_CLIENT_BACK, c);
	grace_returned(m, c, was.grace_ms);
}

/* Somebody new, if there is room. */
static int client_new(struct mgm *m, const struct mgm_registration *r,
		      struct client **out)
{
	struct client *c = client_slot(m);

	if (!c) {
		m->counters.limit_clients++;
		return -ENOSPC;
	}
	client_fill(c, (uint16_t)(c - m->clients), ++m->serial, r);
	m->client_count++;
	if (c->slot >= m->client_top)
		m->client_top = c->slot + 1;
	core_event_client(m, MGM_EV_CLIENT_ADD, c);
	*out = c;
	return 0;
}

int mgm_register(struct mgm *m, const struct mgm_registration *registration,
		 struct mgm_client **client)
{
	struct mgm_registration r;
	struct mgm_callbacks callbacks;
	struct client *c;
	int err;

	core_enter(m);
	err = client ? register_take(registration, &r, &callbacks) : -EINVAL;
	if (!err)
		err = register_check(&r);
	if (err)
		return core_leave(m, err);
	c = client_named(m, r.protocol, r.component);
	if (c && (!c->lost || c->role != r.role))
		return core_leave(m, -EEXIST);
	if (c)
		client_refill(m, c, &r);
	else
		err = client_new(m, &r, &c);
	if (err)
		return core_leave(m, err);
	*client = handle_make(c);
	pull_registered(m, c);
	return core_leave(m, 0);
}

/* Nothing names the client any more: its slot may be used again. */
static void client_free(struct mgm *m, struct client *c)
{
	pull_client_gone(m, c);
	c->used = false;
	m->client_count--;
}

void client_hold(struct client *c)
{
	c->owned++;
}

void client_drop(struct mgm *m, struct client *c)
{
	c->owned--;
	if (c->dead && !c->owned)
		client_free(m, c);
}

int mgm_deregister(struct mgm *m, struct mgm_client *client)
{
	struct client *c;

	core_enter(m);
	c = client_of(m, client);
	if (!c)
		return core_leave(m, -EINVAL);
	if (c->owned)
		return core_leave(m, -EBUSY);
	core_event_client(m, MGM_EV_CLIENT_DEL, c);
	rib_client_gone(m, c);
	request_client_gone(m, c);
	client_free(m, c);
	return core_leave(m, 0);
}

/* It leaves everything, and lasts until that is done. */
void client_die(struct mgm *m, struct client *c)
{
	c->dead = true;
	core_event_client(m, MGM_EV_CLIENT_DEL, c);
	grace_forget(m, c);
	client_hold(c);
	rib_client_gone(m, c);
	request_client_gone(m, c);
	iface_client_gone(m, c);
	client_drop(m, c);
}

void mgm_client_dead(struct mgm *m, struct mgm_client *client)
{
	struct client *c;

	core_enter(m);
	c = client_of(m, client);
	if (c)
		client_die(m, c);
	core_leave(m, c ? 0 : -EINVAL);
}
