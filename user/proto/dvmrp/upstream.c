/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Upstream of an entry: prunes when nobody wants it, grafts when somebody does
 * (draft section 3.5.2 to 3.6.5). What we have said upstream knows for as long
 * as the prune lasts, or until it begins anew; a graft is repeated until it is
 * acknowledged.
 *
 * That data goes on after a prune shows by the next first packet: MFEs that
 * nobody wants last until the prune is due again (section 3.5.5), and not
 * longer than it.
 *
 * The source of a prune is that of a packet: whoever takes it finds the network
 * by his own routes. To who takes netmasks it is the network with its mask.
 */
#include "internal.h"

#define GRAFT_MOST_MS 640000u /* between two */
/* MFEs end so long before their prune: the manager looks each second, and the
 * life of what is said again is in whole seconds. */
#define SPARE_MS 3000u

static bool entry_prunable(const struct dvmrp_entry *e)
{
	const struct dvmrp_route *r = e->route;

	return r && r->upstream && dvmrp_neighbor_prunes(r->upstream);
}

static int say(struct dvmrp_entry *e, enum dvmrp_code code, uint32_t lifetime_s)
{
	dvmrp_event_tree(e, e->upstream,
			 code == DVMRP_PRUNE ? "dvmrp-prune" : "dvmrp-graft",
			 "sent");
	return dvmrp_send_sg(e->upstream, code,
			     (struct dvmrp_sg){
				     .source = e->source,
				     .group = e->key.group,
				     .lifetime_s = lifetime_s,
				     .length = e->key.net.length,
			     });
}

/* A random time, and no longer than the prunes that it stands for; 0: those
 * end too soon. */
static uint32_t lifetime_s(const struct dvmrp_entry *e)
{
	struct dvmrp *d = e->dvmrp;
	uint32_t most = d->config.prune_lifetime_ms, s;
	uint64_t until = dvmrp_downstream_until(e), ms;

	ms = most / 2 + dvmrp_random(d, most / 2 + 1);
	if (until != TIMER_NEVER && until - d->now_ms < ms)
		ms = until > d->now_ms ? until - d->now_ms : 0;
	s = (uint32_t)(ms / 1000);
	return s < DVMRP_PRUNE_MIN_S ? 0 : s;
}

static bool prune(struct dvmrp_entry *e)
{
	const struct dvmrp_flow *f = LIST_FIRST(&e->flows);
	struct dvmrp *d = e->dvmrp;
	uint32_t life = lifetime_s(e);

	if (!f || !life || !entry_prunable(e))
		return false;
	e->upstream = e->route->upstream;
	e->source = f->key.source;
	e->pruned_until_ms = d->now_ms + life * UINT64_C(1000);
	e->interval_ms = DVMRP_PRUNE_RETRY_MS;
	e->retry_ms = d->now_ms + dvmrp_jitter(d, e->interval_ms);
	dvmrp_timer(d, &e->timer, e->pruned_until_ms);
	say(e, DVMRP_PRUNE, life);
	return true;
}

/* Data comes though it is pruned: with what is left of its life. */
static bool prune_again(struct dvmrp_entry *e)
{
	struct dvmrp *d = e->dvmrp;
	uint64_t left_s = (e->pruned_until_ms - d->now_ms) / 1000;

	if (e->pruned_until_ms <= d->now_ms || left_s < DVMRP_PRUNE_MIN_S)
		return prune(e);
	if (d->now_ms < e->retry_ms)
		return true;
	if (e->interval_ms < DVMRP_PRUNE_MAX_S * 1000)
		e->interval_ms *= 2;
	e->retry_ms = d->now_ms + dvmrp_jitter(d, e->interval_ms);
	say(e, DVMRP_PRUNE, (uint32_t)left_s);
	return true;
}

static bool graft(struct dvmrp_entry *e)
{
	struct dvmrp *d = e->dvmrp;

	e->interval_ms = DVMRP_GRAFT_RETRY_MS;
	dvmrp_timer(d, &e->timer, d->now_ms + e->interval_ms);
	say(e, DVMRP_GRAFT, 0);
	return true;
}

static bool graft_again(struct dvmrp_entry *e)
{
	struct dvmrp *d = e->dvmrp;

	if (e->interval_ms < GRAFT_MOST_MS)
		e->interval_ms *= 2;
	dvmrp_timer(d, &e->timer, d->now_ms + e->interval_ms);
	say(e, DVMRP_GRAFT, 0);
	return true;
}

static bool forget(struct dvmrp_entry *e)
{
	e->upstream = NULL;
	dvmrp_timer(e->dvmrp, &e->timer, TIMER_NEVER);
	return true;
}

static bool begin_anew(struct dvmrp_entry *e)
{
	dvmrp_upstream_ask_again(e);
	return forget(e);
}

static bool unasked(struct dvmrp_entry *e)
{
	dvmrp_count(e->dvmrp, NULL, DVMRP_N_ACKS_UNASKED);
	return true;
}

/* What is done, and if it could be, the state that follows. */
static const struct {
	bool (*run)(struct dvmrp_entry *e);
	enum dvmrp_upstream_state next;
} table[DVMRP_UPSTREAM_STATES][DVMRP_UPSTREAM_EVENTS] = {
	[DVMRP_FLOODED] =
		{
			[DVMRP_UNWANTED] = {prune, DVMRP_PRUNED},
			[DVMRP_WANTED] = {NULL, DVMRP_FLOODED},
			[DVMRP_ACKED] = {unasked, DVMRP_FLOODED},
			[DVMRP_TIMER] = {NULL, DVMRP_FLOODED},
			[DVMRP_RESET] = {begin_anew, DVMRP_FLOODED},
		},
	[DVMRP_PRUNED] =
		{
			[DVMRP_UNWANTED] = {prune_again, DVMRP_PRUNED},
			[DVMRP_WANTED] = {graft, DVMRP_GRAFTING},
			[DVMRP_ACKED] = {unasked, DVMRP_PRUNED},
			[DVMRP_TIMER] = {forget, DVMRP_FLOODED},
			[DVMRP_RESET] = {begin_anew, DVMRP_FLOODED},
		},
	[DVMRP_GRAFTING] =
		{
			[DVMRP_UNWANTED] = {prune, DVMRP_PRUNED},
			[DVMRP_WANTED] = {NULL, DVMRP_GRAFTING},
			[DVMRP_ACKED] = {forget, DVMRP_FLOODED},
			[DVMRP_TIMER] = {graft_again, DVMRP_GRAFTING},
			[DVMRP_RESET] = {begin_anew, DVMRP_FLOODED},
		},
};

void dvmrp_upstream_event(struct dvmrp_entry *e,
			  enum dvmrp_upstream_event event)
{
	bool (*run)(struct dvmrp_entry *) = table[e->state][event].run;

	if (!run || run(e))
		e->state = table[e->state][event].next;
}

static void on_timer(struct timer *timer, uint64_t now_ms)
{
	struct dvmrp_entry *e = hash_entry(timer, struct dvmrp_entry, timer);

	(void)now_ms;
	dvmrp_upstream_event(e, DVMRP_TIMER);
	dvmrp_entry_reap(e);
}

void dvmrp_upstream_init(struct dvmrp_entry *e)
{
	e->timer.fire = on_timer;
}

uint32_t dvmrp_upstream_rest_ms(const struct dvmrp_entry *e)
{
	const uint64_t now_ms = e->dvmrp->now_ms;
	uint64_t until_ms = e->pruned_until_ms - SPARE_MS;

	if (e->state == DVMRP_FLOODED)
		return !e->wanted && entry_prunable(e) ? 1 : 0;
	if (e->state != DVMRP_PRUNED)
		return 0;
	if (e->retry_ms < until_ms)
		until_ms = e->retry_ms;
	return until_ms > now_ms ? (uint32_t)(until_ms - now_ms) : 1;
}

void dvmrp_upstream_ask_again(struct dvmrp_entry *e)
{
	struct dvmrp_flow *f;

	LIST_FOREACH(f, &e->flows, in_entry)
	{
		if (f->wanted)
			continue;
		f->rest = true;
		dvmrp_oif_queue(f);
	}
}

static bool sg_has(const struct mgm_sg *sg, const struct dvmrp_entry *e)
{
	const struct dvmrp_prefix net = {
		.net = mgm_address_to_v4(&sg->source.address),
		.length = sg->source.length,
	};
	const struct dvmrp_prefix groups = {
		.net = mgm_address_to_v4(&sg->group.address),
		.length = sg->group.length,
	};

	if (!dvmrp_prefix_holds(&groups, e->key.group))
		return false;
	/* One may be in the other, either way. */
	return dvmrp_prefix_holds(&net, e->key.net.net) ||
	       dvmrp_prefix_holds(&e->key.net, net.net);
}

void dvmrp_upstream_pull(struct dvmrp *d, const struct mgm_sg *sg)
{
	struct tree_node *n;

	if (!mgm_address_is_v4(&sg->group.address) ||
	    !mgm_address_is_v4(&sg->source.address))
		return;
	if (sg->group.length == 32) {
		struct in_addr group = mgm_address_to_v4(&sg->group.address);
		struct dvmrp_entry *e = dvmrp_entry_first(d, group);

		for (; e; e = dvmrp_entry_next(e)) {
			if (sg_has(sg, e))
				dvmrp_entry_pull(e);
		}
		return;
	}
	tree_for_each(&d->tree.entries, n)
	{
		struct dvmrp_entry *e =
			tree_entry(n, struct dvmrp_entry, ordered);

		if (sg_has(sg, e))
			dvmrp_entry_pull(e);
	}
}
