/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the RIB says of each source. A source is asked about once, when it
 * becomes known, and again when a route to it may have changed. A question
 * costs a system call, so after a change that concerns many sources they are
 * asked about in slices; until then the old answer stands.
 */
#include "mgm/internal.h"

static bool rib_same(const struct reverse_path *a, const struct reverse_path *b)
{
	return a->iif == b->iif &&
	       mgm_address_equal(&a->upstream, &b->upstream);
}

/* Its answer may be another now. */
void source_stale(struct mgm *m, struct source *s)
{
	if (!s->stale)
		TAILQ_INSERT_TAIL(&m->stale, s, stale_link);
	s->stale = true;
}

void source_unstale(struct mgm *m, struct source *s)
{
	if (s->stale)
		TAILQ_REMOVE(&m->stale, s, stale_link);
	s->stale = false;
}

/*
 * Asks, and marks what depends on a different answer. arrival: of the packet
 * that is the reason, or 0.
 */
void source_ask(struct mgm *m, struct source *s, uint32_t arrival)
{
	struct reverse_path old = s->rib;
	struct named *n;
	struct mfe *mfe;

	source_unstale(m, s);
	s->rib = rib_path(m, &s->addr, arrival);
	if (rib_same(&old, &s->rib))
		return;
	TAILQ_FOREACH(mfe, &s->mfes, age->in_source)
		mfe_mark(m, mfe, DIRTY_RPF | DIRTY_OIFS);
	TAILQ_FOREACH(n, &s->named, in_source)
		mark_set(m, &n->mark, NULL);
}

/*
 * Where any of several legs would do, the first packet says which. A source
 * may be known before one comes (a membership names it, its route changes):
 * such an answer lasts until a packet asks for another.
 */
bool source_follow(struct mgm *m, struct source *s, uint32_t arrival)
{
	if (!s->rib.by_arrival || !arrival || s->rib.iif == arrival)
		return false;
	source_ask(m, s, arrival);
	return s->rib.iif == arrival;
}

void rib_slice(struct mgm *m)
{
	struct source *s;

	while ((s = TAILQ_FIRST(&m->stale)) && work_step(m)) {
		work_charge(m, RIB_STEPS - 1);
		source_ask(m, s, 0);
	}
}

/* The link has changed: so may have the routes through it. */
void rib_iface_changed(struct mgm *m, uint32_t ifid)
{
	walk_sources(m, ifid, WALK_STALE);
}

void mgm_rib_changed(struct mgm *m, uint64_t now_ms,
		     const struct mgm_prefix *prefix)
{
	struct source *s;

	core_enter(m);
	core_time(m, now_ms);
	rib_tell(m, prefix);
	if (prefix->length < address_bits(&prefix->address)) {
		rib_pending_put(m, prefix);
	} else {
		s = source_find(m, &prefix->address);
		if (s)
			source_ask(m, s, 0);
	}
	core_leave(m, 0);
}
