/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grace: a client whose connection is lost stays for a while, with what it owns
 * and wants, but without callbacks; who registers with its identity meanwhile
 * is that client again. From then on it says everything once more, as IGMP
 * does in a replay, and what it has not said when that is over is swept.
 *
 * What it said before is marked when it is lost: interfaces `unsaid`,
 * memberships, overrides and routes `stale`. Saying it again clears the mark.
 * A handshake goes on without the client (handshake.c): what it was waiting for
 * in its earlier life is not reported to the next.
 */
#include "mgm/internal.h"

/* May it still say again what it was? */
bool grace_runs(const struct client *c)
{
	return c->lost || c->returned;
}

static void grace_set(struct mgm *m, struct client *c, uint64_t end_ms)
{
	c->grace_end_ms = end_ms;
	if (end_ms < m->grace_ms)
		m->grace_ms = end_ms;
}

void grace_forget(struct mgm *m, struct client *c)
{
	c->lost = false;
	c->returned = false;
	grace_set(m, c, FOREVER);
}

/* --- lost ------------------------------------------------------------- */

/* The handshake goes on, but its end is nobody's news. */
static void change_lost(struct mgm *m, struct client *c, struct iface *ifc)
{
	struct change *ch = &ifc->change;

	if (ch->to == c)
		ch->unsaid = true;
	if (ch->by == c && ch->to != c) {
		ch->by = NULL;
		client_drop(m, c);
	}
}

static void iface_lost(struct mgm *m, struct client *c, struct iface *ifc)
{
	change_lost(m, c, ifc);
	if (iface_owner(ifc) == c) {
		iface_flows_stale(ifc);
	}
	if (ifc->owner == c) {
		ifc->unsaid[SIDE_OWNER] = true;
		membership_stale(ifc, SIDE_OWNER);
	}
	if (ifc->igmp == c) {
		ifc->unsaid[SIDE_IGMP] = true;
		ifc->stands_down_stale = ifc->stands_down;
		membership_stale(ifc, SIDE_IGMP);
		hs_event(m, ifc, HS_IGMP_LOST);
	}
}

static void client_lost(struct mgm *m, struct client *c)
{
	struct iface_list visit;
	struct iface *ifc;

	m->counters.clients_lost++;
	core_event_client(m, MGM_EV_CLIENT_LOST, c);
	c->lost = true;
	c->returned = false;
	c->generation++; /* the handle, and alerts on their way, are void */
	c->callbacks = (struct mgm_callbacks){0};
	c->heard = 0;
	c->arg = NULL;
	grace_set(m, c, m->now_ms + c->grace_ms);
	rib_client_stale(c);
	request_client_gone(m, c);
	iface_list_of(m, c, &visit);
	while ((ifc = TAILQ_FIRST(&visit))) {
		TAILQ_REMOVE(&visit, ifc, visit_link);
		iface_lost(m, c, ifc);
	}
}

void mgm_client_lost(struct mgm *m, uint64_t now_ms, struct mgm_client *client)
{
	struct client *c;

	core_enter(m);
	core_time(m, now_ms);
	c = client_of(m, client);
	if (c && c->grace_ms)
		client_lost(m, c);
	else if (c)
		client_die(m, c);
	core_leave(m, c ? 0 : -EINVAL);
}

/* --- back ------------------------------------------------------------- */

/* It is there again, and has as long as it had to come back. */
void grace_returned(struct mgm *m, struct client *c, uint64_t grace_ms)
{
	c->returned = true;
	grace_set(m, c, m->now_ms + grace_ms);
}

bool grace_owns(const struct client *c, const struct iface *ifc)
{
	if (ifc->igmp == c)
		return ifc->unsaid[SIDE_IGMP];
	if (ifc->state == HS_DISABLING && ifc->change.to == c)
		return ifc->change.unsaid;
	return ifc->owner == c && ifc->unsaid[SIDE_OWNER];
}

/* It hears what a new owner hears: what its former self knew is void. */
static void tell_again(struct mgm *m, struct iface *ifc)
{
	pull_forget_local(ifc);
	walk_iface(m, ifc, WALK_AGAIN);
	iface_mark_alerts(m, ifc);
	iface_mark_toward(m, ifc);
}

/* Of what grace_owns says. */
int grace_take(struct mgm *m, struct client *c, struct iface *ifc)
{
	bool coming = ifc->state != HS_IDLE && ifc->change.to == c;

	if (ifc->state == HS_DISABLING && !coming)
		return -EBUSY; /* it has been given up */
	if (coming)
		ifc->change.unsaid = false;
	if (ifc->igmp == c)
		ifc->unsaid[SIDE_IGMP] = false;
	if (ifc->owner == c) {
		ifc->unsaid[SIDE_OWNER] = false;
		ifc->release_after = false;
	}
	if (iface_owner(ifc) == c)
		tell_again(m, ifc);
	return coming ? -EINPROGRESS : 0;
}

/* --- over ------------------------------------------------------------- */

/* What c wrote there and has not said again. */
static void sweep_writes(struct mgm *m, struct client *c, struct iface *ifc)
{
	enum side_id id = ifc->igmp == c ? SIDE_IGMP : SIDE_OWNER;

	if (ifc->owner != c && ifc->igmp != c)
		return;
	if (iface_owner(ifc) == c) {
		iface_flows_sweep(m, ifc);
	}
	if (id == SIDE_IGMP)
		stand_down_sweep(m, ifc);
	/* During a handshake all of IGMP's are stale: its end sweeps. */
	if (id == SIDE_OWNER || ifc->state == HS_IDLE)
		m->counters.grace_swept += membership_sweep(m, ifc, id);
}

static void sweep_iface(struct mgm *m, struct client *c, struct iface *ifc)
{
	sweep_writes(m, c, ifc);
	if (ifc->igmp == c && ifc->unsaid[SIDE_IGMP])
		hs_event(m, ifc, HS_IGMP_GONE);
	else if (ifc->state == HS_DISABLING && ifc->change.to == c &&
		 ifc->change.unsaid)
		hs_event(m, ifc, HS_TAKER_DEAD);
	else if (ifc->owner == c && ifc->unsaid[SIDE_OWNER])
		hs_event(m, ifc, HS_OWNER_DEAD);
}

/* It has said what it had to say. */
void grace_settled(struct mgm *m, struct client *c)
{
	struct iface_list visit;
	struct iface *ifc;

	grace_forget(m, c);
	rib_client_sweep(m, c);
	iface_list_of(m, c, &visit);
	while ((ifc = TAILQ_FIRST(&visit))) {
		TAILQ_REMOVE(&visit, ifc, visit_link);
		sweep_iface(m, c, ifc);
	}
}

/* Equal times are in order of protocol and component. */
static bool ends_before(const struct client *a, const struct client *b)
{
	if (a->grace_end_ms != b->grace_end_ms)
		return a->grace_end_ms < b->grace_end_ms;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol;
	return a->component < b->component;
}

/* Whose time is over first; NULL: nobody's runs. */
static struct client *grace_first(struct mgm *m)
{
	struct client *first = NULL;

	for (uint16_t i = 0; i < m->client_top; i++) {
		struct client *c = &m->clients[i];

		if (c->used && !c->dead && grace_runs(c) &&
		    (!first || ends_before(c, first)))
			first = c;
	}
	return first;
}

void grace_tick(struct mgm *m)
{
	struct client *c;

	if (m->now_ms < m->grace_ms)
		return;
	while ((c = grace_first(m)) && c->grace_end_ms <= m->now_ms) {
		if (c->returned) {
			grace_settled(m, c);
			continue;
		}
		m->counters.grace_over++;
		client_die(m, c);
	}
	m->grace_ms = c ? c->grace_end_ms : FOREVER;
}
