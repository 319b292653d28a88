/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of interfaces, who is on them, and the changes of owner that need
 * no handshake because IGMP is not there. An interface is in one of four
 * states: U nobody, I IGMP alone, P a protocol, PI both.
 */
#include "mgm/internal.h"

static uint32_t ifid_hash(uint32_t ifid)
{
	return hash_bytes(&ifid, sizeof(ifid));
}

struct iface *iface_find(const struct mgm *m, uint32_t ifid)
{
	struct hash_node *n = hash_first(&m->ifaces, ifid_hash(ifid));

	for (; n; n = hash_next(n)) {
		struct iface *ifc = hash_entry(n, struct iface, node);

		if (ifc->ifid == ifid)
			return ifc;
	}
	return NULL;
}

bool iface_full(const struct mgm *m)
{
	return m->ifaces.count - m->idle_ifaces >= m->limits.interfaces;
}

static void iface_set_idle(struct mgm *m, struct iface *ifc, bool idle)
{
	if (ifc->idle != idle)
		m->idle_ifaces += idle ? 1 : -1;
	ifc->idle = idle;
}

/* NULL: no memory. */
static struct iface *iface_new(struct mgm *m, uint32_t ifid)
{
	struct iface *ifc = calloc(1, sizeof(*ifc));

	if (!ifc)
		return NULL;
	ifc->ifid = ifid;
	ifc->up = true;
	ifc->epoch = m->epoch_floor;
	TAILQ_INIT(&ifc->members);
	TAILQ_INIT(&ifc->ranges);
	TAILQ_INIT(&ifc->mfes);
	TAILQ_INIT(&ifc->void_mfes);
	TAILQ_INIT(&ifc->overrides);
	TAILQ_INIT(&ifc->route_oifs);
	TAILQ_INIT(&ifc->templates);
	TAILQ_INIT(&ifc->unserved);
	if (hash_insert(&m->ifaces, &ifc->node, ifid_hash(ifid))) {
		free(ifc);
		return NULL;
	}
	tree_insert(&m->iface_order, &ifc->by_ifid);
	return ifc;
}

/* For the link that it is; nothing else is on it if it is made. */
struct iface *iface_of_link(struct mgm *m, uint32_t ifid)
{
	struct iface *ifc = iface_find(m, ifid);

	if (ifc)
		return ifc;
	ifc = iface_new(m, ifid);
	if (ifc)
		iface_set_idle(m, ifc, true);
	return ifc;
}

/* To be used, made if need be; NULL: no memory, or over the limit. */
struct iface *iface_get(struct mgm *m, uint32_t ifid)
{
	struct iface *ifc = iface_find(m, ifid);

	if (ifc && !ifc->idle)
		return ifc;
	if (iface_full(m)) {
		m->counters.limit_interfaces++;
		return NULL;
	}
	if (!ifc)
		return iface_new(m, ifid);
	iface_set_idle(m, ifc, false);
	return ifc;
}

void iface_free(struct iface *ifc)
{
	free(ifc->link);
	free(ifc);
}

/*
 * Frees it if nothing is known of it but that it is up. Its epoch is
 * forgotten only if it would be no lower when the interface comes back. As
 * long as there is a link it stays, but counts against no limit.
 */
void iface_reap(struct mgm *m, struct iface *ifc)
{
	if (ifc->owner || ifc->igmp || ifc->walk.on || ifc->seen_due ||
	    !TAILQ_EMPTY(&ifc->members) || !TAILQ_EMPTY(&ifc->ranges) ||
	    !TAILQ_EMPTY(&ifc->mfes) || !TAILQ_EMPTY(&ifc->void_mfes))
		return;
	iface_set_idle(m, ifc, ifc->link != NULL);
	if (ifc->link || !ifc->up || ifc->epoch > m->epoch_floor)
		return;
	unserved_lost(m, ifc);
	hash_remove(&m->ifaces, &ifc->node);
	tree_remove(&m->iface_order, &ifc->by_ifid);
	iface_free(ifc);
}

/* Whose it is: the protocol's, or IGMP's if that is alone. */
struct client *iface_owner(const struct iface *ifc)
{
	return ifc->owner ? ifc->owner : ifc->igmp;
}

/*
 * Whom to tell and to ask about it: the owner, unless it was lost and has not
 * taken it again.
 */
struct client *iface_listener(const struct iface *ifc)
{
	if (ifc->unsaid[ifc->owner ? SIDE_OWNER : SIDE_IGMP])
		return NULL;
	return iface_owner(ifc);
}

/* Who hears of what IGMP wants there: a protocol. */
const struct client *iface_local_listener(const struct iface *ifc)
{
	return ifc->owner ? iface_listener(ifc) : NULL;
}

/* May it be an oif? */
bool iface_forwards(const struct iface *ifc)
{
	return ifc->up && iface_owner(ifc);
}

/* Has anybody (*,*) here? */
bool iface_wild(const struct iface *ifc)
{
	return ifc->wild[SIDE_OWNER] || ifc->wild[SIDE_IGMP];
}

/* On the list of those where somebody has it, or had it. */
void iface_wild_list(struct mgm *m, struct iface *ifc)
{
	bool any = iface_wild(ifc) || ifc->was_wild;

	if (any && !ifc->wild_listed)
		TAILQ_INSERT_TAIL(&m->wild, ifc, wild_link);
	if (!any && ifc->wild_listed)
		TAILQ_REMOVE(&m->wild, ifc, wild_link);
	ifc->wild_listed = any;
}

/* Owner, gate and epoch, as the data plane sees them. */
int iface_write(struct mgm *m, const struct iface *ifc)
{
	const struct client *c = iface_owner(ifc);
	int err = 0;

	if (c)
		err = m->hooks->interface_set(m->hooks->arg, ifc->ifid,
					      c->protocol, ifc->gate,
					      ifc->epoch);
	if (!c) {
		m->hooks->interface_del(m->hooks->arg, ifc->ifid);
		oifs_lose(m, ifc->ifid);
	}
	if (err)
		m->counters.plane_errors++;
	return err;
}

void iface_event(struct mgm *m, enum mgm_event_type type,
		 const struct iface *ifc, int result)
{
	const struct client *c = iface_owner(ifc);
	struct mgm_event event = {
		.type = type,
		.ifid = ifc->ifid,
		.epoch = ifc->epoch,
		.protocol = c ? c->protocol : MGM_PROTOCOL_NONE,
		.result = result,
	};

	core_event(m, &event);
}

uint32_t iface_writer(const struct iface *ifc, enum side_id id)
{
	const struct client *c = id == SIDE_IGMP ? ifc->igmp : ifc->owner;

	return c ? c->protocol : MGM_PROTOCOL_NONE;
}

void iface_event_membership(struct mgm *m, const struct iface *ifc,
			    uint32_t protocol, struct mgm_sg sg, bool joined)
{
	const struct mgm_event event = {
		.type = joined ? MGM_EV_JOIN : MGM_EV_LEAVE,
		.ifid = ifc->ifid,
		.epoch = ifc->epoch,
		.protocol = protocol,
		.sg = sg,
	};

	core_event(m, &event);
}

/* `ownership`: how something ended that concerns c on this interface. */
void iface_tell(struct mgm *m, const struct client *c, const struct iface *ifc,
		uint32_t epoch, int result)
{
	struct alert like = {
		.ifid = ifc->ifid,
		.epoch = epoch,
		.result = result,
	};

	if (c && alert_send(m, c, AL_OWNERSHIP, &like))
		m->counters.alerts_lost++;
}

void iface_set_owner(struct mgm *m, struct iface *ifc, struct client *to)
{
	struct client *old = ifc->owner;

	if (to)
		client_hold(to);
	ifc->owner = to;
	ifc->unsaid[SIDE_OWNER] = false;
	ifc->epoch++;
	ifc->no_wrong_if = false;
	link_mark(m, ifc);
	if (!old != !to)
		stand_down_owner(m, ifc);
	/* What the one has left to the kernel is what the other wants. */
	if (old && to && m->left)
		iface_mark_mfes(m, ifc);
	if (old)
		client_drop(m, old);
}

void iface_set_igmp(struct mgm *m, struct iface *ifc, struct client *to)
{
	struct client *old = ifc->igmp;

	if (to)
		client_hold(to);
	ifc->igmp = to;
	ifc->unsaid[SIDE_IGMP] = false;
	ifc->stands_down = false;
	ifc->stands_down_stale = false;
	if (!ifc->owner) {
		ifc->epoch++;
		ifc->no_wrong_if = false;
	}
	link_mark(m, ifc);
	if (old)
		client_drop(m, old);
}

/* They go in steps of work (walk.c). */
static void flows_since(struct mgm *m, struct iface *ifc, uint32_t since,
			bool swept)
{
	struct flow_writer *w = &ifc->flows;

	if (since <= w->since)
		return;
	w->since = since;
	w->swept = swept;
	template_lost(m, ifc);
	if (!TAILQ_EMPTY(&ifc->mfes) || !TAILQ_EMPTY(&ifc->overrides))
		walk_iface(m, ifc, WALK_FLOWS);
}

void iface_flows_lost(struct mgm *m, struct iface *ifc)
{
	flows_since(m, ifc, ++ifc->flows.clock, false);
	route_oifs_lost(m, ifc);
}

void iface_flows_stale(struct iface *ifc)
{
	ifc->flows.stale = ++ifc->flows.clock;
}

void iface_flows_sweep(struct mgm *m, struct iface *ifc)
{
	flows_since(m, ifc, ifc->flows.stale, true);
}

/* Whether it may be an oif has changed, or what its owner overrides. */
void iface_mark_mfes(struct mgm *m, struct iface *ifc)
{
	const struct range_member *rm;

	TAILQ_FOREACH(rm, &ifc->ranges, in_iface)
		range_mark_mfes(m, rm->range);
	route_oifs_mark(m, ifc);
	walk_iface(m, ifc, WALK_MFES);
	if (ifc->wild_listed)
		walk_mfes(m);
	walk_adopted(m);
}

/* Everything on it may be someone else's now. */
void iface_mark_alerts(struct mgm *m, struct iface *ifc)
{
	struct range_member *rm;

	walk_iface(m, ifc, WALK_ALERTS);
	TAILQ_FOREACH(rm, &ifc->ranges, in_iface) {
		mark_set(m, &rm->mark, ifc);
		mark_set(m, &rm->range->mark, ifc);
	}
	if (ifc->wild_listed)
		pull_mark_wild(m, ifc);
}

/* The joins of sources that are reached through it: whose it is matters. */
void iface_mark_toward(struct mgm *m, struct iface *ifc)
{
	walk_iface(m, ifc, WALK_TOWARD);
	template_mark(m, ifc);
	walk_sources(m, ifc->ifid, WALK_TOWARD);
}

/* The owner of the interface towards these sources is another now. */
void iface_mark_sources(struct mgm *m, struct iface *ifc)
{
	walk_iface(m, ifc, WALK_TOWARD | WALK_RPF);
	template_mark(m, ifc);
	walk_sources(m, ifc->ifid, WALK_TOWARD | WALK_RPF);
}

/* All of them are void from here, wherever they are looked at. */
static void iface_drop_mfes(struct mgm *m, struct iface *ifc)
{
	if (TAILQ_EMPTY(&ifc->mfes))
		return;
	ifc->walk.mfe = NULL;
	ifc->mfe_turn++;
	TAILQ_CONCAT(&ifc->void_mfes, &ifc->mfes, in_iif);
	walk_iface(m, ifc, WALK_VOID);
}

/*
 * Nobody is on it any more: routes go first, as many as one call may change;
 * with the interface the rest comes to stand still.
 */
static void iface_abandon(struct mgm *m, struct iface *ifc)
{
	iface_drop_mfes(m, ifc);
	iface_flows_lost(m, ifc);
	iface_mark_sources(m, ifc);
	walk_adopted(m);
	ifc->gate = MGM_GATE_OFF;
	core_flush(m);
	iface_write(m, ifc);
	iface_event(m, MGM_EV_OWNER, ifc, 0);
}

/* The owner leaves and IGMP is not there: P becomes U. */
void iface_release(struct mgm *m, struct iface *ifc)
{
	struct client *old = ifc->owner;

	client_hold(old); /* until its routes are gone */
	membership_clear(m, ifc, SIDE_OWNER);
	iface_mark_alerts(m, ifc);
	iface_set_owner(m, ifc, NULL);
	iface_abandon(m, ifc);
	client_drop(m, old);
}

/* IGMP leaves: PI becomes P, I becomes U. */
void iface_igmp_off(struct mgm *m, struct iface *ifc)
{
	struct client *old = ifc->igmp;

	client_hold(old);
	membership_clear(m, ifc, SIDE_IGMP);
	iface_set_igmp(m, ifc, NULL);
	if (ifc->owner) {
		ifc->gate = MGM_GATE_OFF;
		iface_write(m, ifc);
	} else {
		iface_abandon(m, ifc);
	}
	client_drop(m, old);
}

/*
 * The plane may still have entries of its time before, which forward nothing as
 * long as nobody is on it. Whoever comes does not inherit them: what is left of
 * them goes first, all of it.
 */
static void iface_let_go(struct mgm *m, struct iface *ifc)
{
	if (TAILQ_EMPTY(&ifc->void_mfes))
		return;
	while (!TAILQ_EMPTY(&ifc->void_mfes))
		mfe_let_go(m, TAILQ_FIRST(&ifc->void_mfes));
	core_commit(m);
}

/* A take that nobody has to be asked for: U to I, U to P, P to PI. */
static int take_direct(struct mgm *m, struct iface *ifc, struct client *c)
{
	bool igmp = c->role == MGM_ROLE_IGMP, was_owned = iface_owner(ifc);
	int err;

	iface_let_go(m, ifc);
	if (igmp)
		iface_set_igmp(m, ifc, c);
	else
		iface_set_owner(m, ifc, c);
	ifc->gate = ifc->igmp ? MGM_GATE_ON : MGM_GATE_OFF;
	err = iface_write(m, ifc);
	if (err) {
		ifc->gate = MGM_GATE_OFF;
		if (igmp)
			iface_set_igmp(m, ifc, NULL);
		else
			iface_set_owner(m, ifc, NULL);
		return err;
	}
	if (!igmp)
		pull_forget_local(ifc);
	if (!was_owned) {
		iface_mark_sources(m, ifc);
		walk_adopted(m);
		iface_event(m, MGM_EV_OWNER, ifc, 0);
	}
	if (igmp)
		iface_event(m, MGM_EV_IGMP_ENABLE, ifc, 0);
	return 0;
}

/* Is it what the client was before it died and came back? */
static bool former_self(const struct client *c, const struct client *was)
{
	return was->dead && was->protocol == c->protocol &&
	       was->component == c->component;
}

static int take(struct mgm *m, struct client *c, uint32_t ifid)
{
	struct iface *ifc = iface_find(m, ifid);
	bool igmp = c->role == MGM_ROLE_IGMP;
	const struct client *has = NULL;
	int err;

	if (ifc && grace_owns(c, ifc))
		return grace_take(m, c, ifc);
	if (ifc)
		has = igmp ? ifc->igmp : ifc->owner;
	if (has)
		return former_self(c, has) ? -EBUSY : -EEXIST;
	if (ifc && !link_routable(ifc))
		return -EINVAL;
	ifc = iface_get(m, ifid);
	if (!ifc)
		return iface_full(m) ? -ENOSPC : -ENOMEM;
	if (igmp || !ifc->igmp) {
		err = take_direct(m, ifc, c);
		if (err)
			iface_reap(m, ifc);
		return err;
	}
	if (ifc->state != HS_IDLE)
		return -EBUSY;
	ifc->change = (struct change){.by = c, .to = c};
	return hs_event(m, ifc, HS_CHANGE);
}

int mgm_interface_take(struct mgm *m, struct mgm_client *client, uint32_t ifid)
{
	struct client *c;

	core_enter(m);
	c = client_of(m, client);
	if (!c || !ifid)
		return core_leave(m, -EINVAL);
	return core_leave(m, take(m, c, ifid));
}

static int release(struct mgm *m, struct client *c, struct iface *ifc)
{
	if (c == ifc->igmp)
		return hs_event(m, ifc, HS_IGMP_GONE);
	if (ifc->state != HS_IDLE)
		return c == ifc->owner || c == ifc->change.to ? -EBUSY
							      : -EINVAL;
	if (c != ifc->owner)
		return -EINVAL;
	if (!ifc->igmp) {
		iface_release(m, ifc);
		return 0;
	}
	ifc->change = (struct change){.by = c};
	return hs_event(m, ifc, HS_CHANGE);
}

int mgm_interface_release(struct mgm *m, struct mgm_client *client,
			  uint32_t ifid)
{
	struct iface *ifc;
	struct client *c;

	core_enter(m);
	c = client_of(m, client);
	ifc = iface_find(m, ifid);
	if (!c || !ifc)
		return core_leave(m, -EINVAL);
	return core_leave(m, release(m, c, ifc));
}

/* Without IGMP: the interface is never without an owner. */
static int transfer_direct(struct mgm *m, struct iface *ifc, struct client *to)
{
	struct client *old = ifc->owner;
	bool no_wrong_if = ifc->no_wrong_if;
	int err;

	client_hold(old);
	iface_set_owner(m, ifc, to);
	err = iface_write(m, ifc);
	if (err) {
		iface_set_owner(m, ifc, old);
		ifc->no_wrong_if = no_wrong_if;
		client_drop(m, old);
		return err;
	}
	pull_forget_local(ifc);
	iface_flows_lost(m, ifc);
	iface_mark_alerts(m, ifc);
	iface_mark_sources(m, ifc);
	iface_event(m, MGM_EV_OWNER, ifc, 0);
	iface_tell(m, to, ifc, ifc->epoch, 0);
	client_drop(m, old);
	return 0;
}

int mgm_interface_transfer(struct mgm *m, struct mgm_client *client,
			   uint32_t ifid, uint32_t protocol, uint32_t component)
{
	struct client *c, *next;
	struct iface *ifc;

	core_enter(m);
	c = client_of(m, client);
	next = client_named(m, protocol, component);
	ifc = iface_find(m, ifid);
	if (!c || !ifc || c != ifc->owner)
		return core_leave(m, -EINVAL);
	if (!next || next->lost)
		return core_leave(m, -ENOENT);
	if (next == c || next->role != MGM_ROLE_PROTOCOL)
		return core_leave(m, -EINVAL);
	if (!next->accepts_transfers)
		return core_leave(m, -EPERM);
	if (ifc->state != HS_IDLE)
		return core_leave(m, -EBUSY);
	if (!ifc->igmp)
		return core_leave(m, transfer_direct(m, ifc, next));
	ifc->change = (struct change){.by = c, .to = next};
	return core_leave(m, hs_event(m, ifc, HS_CHANGE));
}

/* The client is dead: it leaves every interface it is on. */
static void client_leaves(struct mgm *m, struct client *c, struct iface *ifc)
{
	if (ifc->igmp == c) {
		hs_event(m, ifc, HS_IGMP_GONE);
		return;
	}
	if (ifc->state == HS_DISABLING && ifc->change.to == c)
		hs_event(m, ifc, HS_TAKER_DEAD);
	else if (ifc->owner == c)
		hs_event(m, ifc, HS_OWNER_DEAD);
}

/*
 * In order of ifids: what comes of it is the same each time. Leaving may make
 * interfaces known: what to visit is listed before.
 */
void iface_list_of(struct mgm *m, const struct client *c,
		   struct iface_list *list)
{
	struct tree_node *n;

	TAILQ_INIT(list);
	tree_for_each(&m->iface_order, n)
	{
		struct iface *ifc = tree_entry(n, struct iface, by_ifid);

		if (ifc->igmp == c || ifc->owner == c || ifc->change.by == c ||
		    ifc->change.to == c)
			TAILQ_INSERT_TAIL(list, ifc, visit_link);
	}
}

void iface_client_gone(struct mgm *m, struct client *c)
{
	struct iface_list visit;
	struct iface *ifc;

	iface_list_of(m, c, &visit);
	while ((ifc = TAILQ_FIRST(&visit))) {
		TAILQ_REMOVE(&visit, ifc, visit_link);
		client_leaves(m, c, ifc);
	}
}

/* Whoever is on it, and whoever waits for the end of a handshake there. */
static size_t iface_clients(const struct iface *ifc, struct client *list[4])
{
	struct client *const all[] = {ifc->change.by, ifc->change.to,
				      ifc->owner, ifc->igmp};
	size_t count = 0;

	for (size_t i = 0; i < 4; i++) {
		bool twice = false;

		for (size_t k = 0; k < count; k++)
			twice |= list[k] == all[i];
		if (all[i] && !twice)
			list[count++] = all[i];
	}
	return count;
}

static void iface_gone(struct mgm *m, struct iface *ifc)
{
	struct client *tell[4];
	size_t count = iface_clients(ifc, tell);

	for (size_t i = 0; i < count; i++)
		client_hold(tell[i]);
	hs_event(m, ifc, HS_VANISHED);
	ifc->up = false;
	if (!iface_owner(ifc))
		iface_drop_mfes(m, ifc);
	if (ifc->igmp)
		iface_igmp_off(m, ifc);
	if (ifc->owner)
		iface_release(m, ifc);
	ifc->up = true;
	link_drop(m, ifc);
	if (m->epoch_floor < ifc->epoch)
		m->epoch_floor = ifc->epoch;
	for (size_t i = 0; i < count; i++) {
		iface_tell(m, tell[i], ifc, ifc->epoch, -ENODEV);
		client_drop(m, tell[i]);
	}
	iface_reap(m, ifc);
}

void mgm_interface_gone(struct mgm *m, uint64_t now_ms, uint32_t ifid)
{
	struct iface *ifc;

	core_enter(m);
	core_time(m, now_ms);
	rib_iface_gone(m, ifid);
	ifc = iface_find(m, ifid);
	if (ifc)
		iface_gone(m, ifc);
	rib_iface_changed(m, ifid);
	core_leave(m, 0);
}

int mgm_interface_owner(struct mgm *m, uint32_t ifid, uint32_t *protocol,
			uint32_t *component)
{
	const struct iface *ifc = iface_find(m, ifid);
	const struct client *c = ifc ? iface_owner(ifc) : NULL;

	if (!c)
		return -ENOENT;
	if (protocol)
		*protocol = c->protocol;
	if (component)
		*component = c->component;
	return 0;
}

int mgm_wrong_if_alerts(struct mgm *m, struct mgm_client *client, uint32_t ifid,
			bool on)
{
	const struct client *c, *owner;
	struct iface *ifc;

	core_enter(m);
	c = client_of(m, client);
	ifc = iface_find(m, ifid);
	owner = ifc ? iface_owner(ifc) : NULL;
	if (!c || (owner && owner != c))
		return core_leave(m, -EINVAL);
	if (!owner)
		return core_leave(m, -ENOENT);
	ifc->no_wrong_if = !on;
	return core_leave(m, 0);
}
