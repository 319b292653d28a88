/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager as a whole: making and freeing it, time, and the bracket around
 * every public call (see internal.h).
 */
#include "mgm/internal.h"

#include "xmgm/abi.h"

/* What the maps say and what clients hear are the same numbers. */
#define SAME(a, b) _Static_assert((int)(a) == (int)(b), #a " is not " #b)

SAME(MGM_PROTOCOL_NONE, XMGM_OWNER_NONE);
SAME(MGM_PROTOCOL_IGMP, XMGM_OWNER_IGMP);
SAME(MGM_PROTOCOL_STATIC, XMGM_OWNER_STATIC);
SAME(MGM_PROTOCOL_DVMRP, XMGM_OWNER_DVMRP);
SAME(MGM_PROTOCOL_PIM, XMGM_OWNER_PIM);
SAME(MGM_PROTOCOL_PROXY, XMGM_OWNER_PROXY);
SAME(MGM_PROTOCOL_REMOTE, XMGM_OWNER_REMOTE);
SAME(MGM_GATE_OFF, XMGM_GATE_OFF);
SAME(MGM_GATE_ON, XMGM_GATE_ON);
SAME(MGM_GATE_HELD, XMGM_GATE_HELD);
SAME(MGM_STATE_PENDING, XMGM_STATE_PENDING);
SAME(MGM_STATE_FORWARDING, XMGM_STATE_FORWARDING);
SAME(MGM_STATE_NEGATIVE, XMGM_STATE_NEGATIVE);
SAME(MGM_STATE_KERNEL, XMGM_STATE_KERNEL);
SAME(MGM_SET_KERNEL, XMGM_SET_KERNEL);
SAME(MGM_MFE_STATIC, XMGM_MFE_STATIC);
SAME(MGM_MFE_DERIVED, XMGM_MFE_DERIVED);
SAME(MGM_INTERFACES, XMGM_INTERFACES);
SAME(MGM_OIFS, XMGM_SET_OIFS);

void core_time(struct mgm *m, uint64_t now_ms)
{
	if (now_ms > m->now_ms)
		m->now_ms = now_ms;
}

void core_event(struct mgm *m, const struct mgm_event *event)
{
	if (m->hooks->event)
		m->hooks->event(m->hooks->arg, event);
}

void core_event_client(struct mgm *m, enum mgm_event_type type,
		       const struct client *c)
{
	struct mgm_event event = {
		.type = type,
		.protocol = c->protocol,
		.component = c->component,
		.sg = MGM_SG_ANY,
	};

	core_event(m, &event);
}

void core_event_mfe(struct mgm *m, enum mgm_event_type type,
		    const struct mfe *mfe)
{
	const struct client *c =
		mfe->iif && !mfe_given_up(mfe) ? iface_owner(mfe->iif) : NULL;
	struct mgm_event event = {
		.type = type,
		.ifid = mfe->put_iif,
		.protocol = c ? c->protocol : MGM_PROTOCOL_NONE,
		.sg = mfe_sg(mfe),
	};

	core_event(m, &event);
}

static void core_release(struct mgm *m)
{
	for (uint32_t i = 0; i < m->release_count; i++) {
		struct mfe *mfe = m->release[i];

		if (!mfe)
			continue; /* it is gone */
		mfe->releasing = false;
		flow_unhold(m, mfe_sg(mfe));
	}
	m->release_count = 0;
}

void core_commit(struct mgm *m)
{
	if (!m->uncommitted)
		return;
	m->uncommitted = false;
	if (m->hooks->commit(m->hooks->arg))
		m->counters.plane_errors++;
}

void core_flush(struct mgm *m)
{
	walk_run(m);
	rib_slice(m);
	mfe_evaluate_marked(m);
	core_commit(m);
	core_release(m);
}

void core_enter(struct mgm *m)
{
	if (!m->depth++)
		work_begin(m);
}

/* A slice of it; alerts last, but not for ever. */
static void core_work(struct mgm *m)
{
	uint32_t kept = work_overdue(m) ? m->work.left / 4 : 0;

	m->work.left -= kept;
	walk_run(m);
	core_flush(m);
	m->work.left += kept;
	if (!work_left(m) || work_overdue(m))
		pull_tell(m);
}

int core_leave(struct mgm *m, int result)
{
	if (result < 0 && result != -EINPROGRESS)
		m->counters.calls_refused++;
	if (m->depth == 1) {
		core_work(m);
		link_tell(m);
		alert_ready(m);
	}
	if (!--m->depth)
		alert_deliver(m);
	return result;
}

static uint32_t limit(uint32_t value, uint32_t fallback)
{
	return value ? value : fallback;
}

static void limits_fill(struct mgm_limits *to, const struct mgm_limits *from)
{
	static const struct mgm_limits none;

	if (!from)
		from = &none;
	to->clients = limit(from->clients, CLIENT_SLOTS);
	to->interfaces = limit(from->interfaces, MGM_INTERFACES);
	to->memberships = limit(from->memberships, 1048576);
	to->mfes = limit(from->mfes, 131072);
	to->negative = limit(from->negative, 16384);
	to->oifs = limit(from->oifs, MGM_OIFS);
	to->mfe_idle_ms = limit(from->mfe_idle_ms, 210000);
	to->negative_ms = limit(from->negative_ms, 10000);
	to->rib_routes = limit(from->rib_routes, 65536);
	to->links = limit(from->links, 65536);
	to->prefixes = limit(from->prefixes, 4096);
	to->adopt_ms = limit(from->adopt_ms, 15000);
	to->slice = limit(from->slice, WORK_SLICE);
	if (to->clients > CLIENT_SLOTS)
		to->clients = CLIENT_SLOTS;
	if (to->oifs > MGM_OIFS)
		to->oifs = MGM_OIFS;
}

static void pools_init(struct mgm *m)
{
	m->pools.groups.size = sizeof(struct group);
	m->pools.sources.size = sizeof(struct source);
	m->pools.named.size = sizeof(struct named);
	m->pools.members.size = sizeof(struct member);
	m->pools.mfes.size = sizeof(struct mfe);
	m->pools.aging.size = sizeof(struct mfe) + sizeof(struct mfe_age);
}

static void lists_init(struct mgm *m)
{
	m->group_order.type = tree_of_groups();
	m->flow_order.type = tree_of_flows();
	m->iface_order.type = tree_of_ifaces();
	TAILQ_INIT(&m->seen_due);
	TAILQ_INIT(&m->choosy);
	ranges_init(&m->ranges);
	templates_init(&m->templates);
	TAILQ_INIT(&m->wild);
	walk_init(m);
	TAILQ_INIT(&m->dirty);
	TAILQ_INIT(&m->retry);
	TAILQ_INIT(&m->negative);
	TAILQ_INIT(&m->adopted);
	TAILQ_INIT(&m->stale);
	TAILQ_INIT(&m->rib.pending);
	TAILQ_INIT(&m->pulls);
	TAILQ_INIT(&m->handshakes);
	TAILQ_INIT(&m->requests);
	for (size_t i = 0; i < MARK_KINDS; i++)
		TAILQ_INIT(&m->marks[i]);
	for (size_t i = 0; i < WHEEL_SLOTS; i++)
		TAILQ_INIT(&m->wheel[i]);
	for (size_t i = 0; i < ALERT_CLASSES; i++)
		STAILQ_INIT(&m->queue[i]);
	STAILQ_INIT(&m->ready);
}

struct mgm *mgm_new(const struct mgm_hooks *hooks,
		    const struct mgm_limits *limits, uint64_t now_ms)
{
	struct mgm *m = calloc(1, sizeof(*m));

	if (!m) {
		errno = ENOMEM;
		return NULL;
	}
	m->hooks = hooks;
	m->now_ms = now_ms;
	m->grace_ms = FOREVER;
	m->wheel_step = now_ms / WHEEL_STEP_MS;
	limits_fill(&m->limits, limits);
	pools_init(m);
	lists_init(m);
	m->scratch = calloc(m->limits.oifs + 1u, sizeof(*m->scratch));
	if (!m->scratch) {
		free(m);
		errno = ENOMEM;
		return NULL;
	}
	return m;
}

static void free_aside(struct aside *aside)
{
	struct override *o;
	struct request *r;

	while ((o = LIST_FIRST(&aside->overrides))) {
		LIST_REMOVE(o, in_mfe);
		free(o);
	}
	while ((r = LIST_FIRST(&aside->requests))) {
		LIST_REMOVE(r, in_mfe);
		free(r);
	}
	while (!TAILQ_EMPTY(&aside->unserved))
		unserved_free(TAILQ_FIRST(&aside->unserved));
	free(aside->wrong_ifs);
	free(aside->offers);
	free(aside);
}

static void free_mfe(struct mgm *m, struct mfe *mfe)
{
	route_oifs_put(m, mfe->listed);
	if (mfe->aside)
		free_aside(mfe->aside);
	free(mfe_adoption(mfe));
	object_free(mfe);
}

static void free_member(struct member *mb)
{
	for (int i = 0; i < SIDES; i++) {
		free(mb->side[i].include);
		free(mb->side[i].block);
	}
	free(mb->announced);
	free(mb->was);
	object_free(mb);
}

static void free_group(struct mgm *m, struct group *g)
{
	struct member *mb;
	struct named *n;
	struct mfe *mfe;

	walk_lose_group(m, g);
	while ((mb = member_first(g))) {
		member_unlink(mb);
		free_member(mb);
	}
	while ((n = named_first(g))) {
		named_unlink(n);
		object_free(n);
	}
	while ((mfe = mfe_first(g))) {
		mfe_unlink(m, mfe);
		free_mfe(m, mfe);
	}
	object_free(g);
}

static void free_alerts(struct mgm *m)
{
	m->work.more = false; /* none of it is done any more */
	alert_ready(m);
	alert_drop(&m->ready);
}

/* The plane keeps what it has: it goes on forwarding. */
void mgm_free(struct mgm *m)
{
	struct hash_node *n, *tmp;
	struct tree_node *t;
	uint32_t i;

	if (!m)
		return;
	while ((t = m->group_order.root)) {
		tree_remove(&m->group_order, t);
		free_group(m, tree_entry(t, struct group, by_group));
	}
	hash_for_each_safe(&m->sources, n, tmp, i)
		object_free(hash_entry(n, struct source, node));
	templates_free(m);
	free(m->treatments);
	hash_for_each_safe(&m->ifaces, n, tmp, i)
		iface_free(hash_entry(n, struct iface, node));
	rib_free(m);
	ranges_free(&m->ranges);
	hash_for_each_safe(&m->oifs, n, tmp, i)
		free(hash_entry(n, struct oifs, node));
	hash_for_each_safe(&m->told, n, tmp, i)
		free(hash_entry(n, struct told, node));
	hash_clear(&m->told);
	hash_clear(&m->route_oifs);
	hash_clear(&m->oifs);
	hash_clear(&m->groups);
	hash_clear(&m->sources);
	hash_clear(&m->ifaces);
	hash_clear(&m->request_tokens);
	free_alerts(m);
	free(m->left);
	free(m->release);
	free(m->scratch);
	free(m);
}

uint64_t mgm_deadline(const struct mgm *m)
{
	uint64_t next = m->now_ms + TICK_MAX_MS, aging = age_next(m);
	const struct request *r = TAILQ_FIRST(&m->requests);
	const struct iface *ifc;

	if (aging < next)
		next = aging;
	if (work_left(m) || !TAILQ_EMPTY(&m->stale))
		next = m->now_ms;
	if (adopt_next(m) < next)
		next = adopt_next(m);
	if (m->grace_ms < next)
		next = m->grace_ms;
	if (r && r->deadline_ms < next)
		next = r->deadline_ms;
	if (!TAILQ_EMPTY(&m->retry) && m->retry_ms < next)
		next = m->retry_ms;
	TAILQ_FOREACH(ifc, &m->handshakes, hs_link) {
		if (ifc->deadline_ms < next)
			next = ifc->deadline_ms;
	}
	return next;
}

uint64_t mgm_tick(struct mgm *m, uint64_t now_ms)
{
	core_enter(m);
	m->work.ticking = true;
	core_time(m, now_ms);
	request_late(m);
	grace_tick(m);
	hs_tick(m);
	walk_run(m); /* nobody is asked about what has ended just now */
	request_tick(m);
	mfe_tick(m);
	adopt_tick(m);
	age_tick(m);
	core_leave(m, 0);
	return mgm_deadline(m);
}

const struct mgm_counters *mgm_counters(const struct mgm *m)
{
	return &m->counters;
}
