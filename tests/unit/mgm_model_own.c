/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's ownership: the table of states and events of a handshake, as
 * its contract has it, played straight on the facts.
 */
#include "mgm_model.h"
#include "mgm_model_count.h"

#include <errno.h>
#include <string.h>

static void tell(struct model *w, int who, uint32_t ifid, uint32_t epoch,
		 int result)
{
	model_say(w, (struct model_alert){.type = SAY_OWNERSHIP,
					  .who = who,
					  .ifid = ifid,
					  .epoch = epoch,
					  .result = result});
}

static void set_owner(struct model *w, uint32_t ifid, int owner, int igmp)
{
	struct model_port *p = &w->port[ifid];
	int before = model_owner(p);

	if (owner != p->owner)
		p->unsaid[OWNER] = false;
	if (igmp != p->igmp) {
		p->unsaid[IGMP] = false;
		p->down = false;
		p->down_stale = false;
	}
	p->owner = owner;
	p->igmp = igmp;
	if (model_owner(p) != before) {
		p->epoch++;
		p->no_wrong_if = false;
	}
}

static void flows_go(struct model *w, uint32_t ifid)
{
	w->abandoned = true;
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			if (w->flow[s][g].iif == ifid)
				model_flow_delete(w, s, g);
		}
	}
}

/* Nobody is on it any more. */
static void abandon(struct model *w, uint32_t ifid)
{
	w->port[ifid].gate = OFF;
	model_overrides_clear(w, ifid);
	flows_go(w, ifid);
	model_put(w);
}

static void owner_off(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	memset(&p->side[OWNER], 0, sizeof(p->side[OWNER]));
	set_owner(w, ifid, NOBODY, p->igmp);
	model_routes_lost(w);
	abandon(w, ifid);
}

static void igmp_off(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	memset(&p->side[IGMP], 0, sizeof(p->side[IGMP]));
	set_owner(w, ifid, p->owner, NOBODY);
	model_routes_lost(w);
	p->gate = OFF;
	if (p->owner == NOBODY)
		abandon(w, ifid);
}

/* From here this writer has to say everything again. */
void model_stale(struct model *w, uint32_t ifid, int id)
{
	struct model_side *side = &w->port[ifid].side[id];

	side->wild_stale = side->wild;
	memcpy(side->prefix_stale, side->prefix, sizeof(side->prefix));
	for (uint32_t g = 1; g < GROUPS; g++) {
		struct model_says *says = &side->group[g];

		says->any_stale = says->any;
		memcpy(says->stale, says->include, sizeof(says->stale));
	}
}

static void begin(struct model *w, uint32_t ifid, int by, int to)
{
	struct model_port *p = &w->port[ifid];

	p->stage = DISABLING;
	p->by = by;
	p->to = to;
	p->to_unsaid = false;
	p->result = 0;
	p->gate = HELD;
	p->hs_epoch = p->epoch + 1;
	p->deadline = w->now + 1000;
	p->begun = ++w->begun;
	if (p->unsaid[IGMP]) {
		model_igmp_lost(w, ifid);
		return;
	}
	model_stale(w, ifid, IGMP);
	model_say(w, (struct model_alert){.type = SAY_DISABLE,
					  .who = p->igmp,
					  .ifid = ifid,
					  .epoch = p->hs_epoch});
}

static void flip(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	if (p->to == NOBODY)
		memset(&p->side[OWNER], 0, sizeof(p->side[OWNER]));
	memset(&p->told, 0, sizeof(p->told));
	set_owner(w, ifid, p->to, p->igmp);
	p->unsaid[OWNER] = p->to_unsaid;
	model_routes_lost(w);
	model_overrides_clear(w, ifid);
	model_put(w);
}

static void replay(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	p->stage = REPLAYING;
	p->gate = ON;
	p->deadline = w->now + 10000;
	if (p->unsaid[IGMP])
		return;
	model_say(w, (struct model_alert){.type = SAY_ENABLE,
					  .who = p->igmp,
					  .ifid = ifid,
					  .epoch = p->hs_epoch});
}

static void report(struct model *w, uint32_t ifid, int result)
{
	struct model_port *p = &w->port[ifid];

	p->stage = IDLE;
	if (p->to != p->by)
		tell(w, p->by, ifid, p->hs_epoch, result);
	if (!p->to_unsaid)
		tell(w, p->to, ifid, p->hs_epoch, result);
	p->by = NOBODY;
	p->to = NOBODY;
	p->to_unsaid = false;
}

/* The change without a replay: IGMP is not there any more. */
static void apply_alone(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	if (p->to != NOBODY) {
		flip(w, ifid);
		igmp_off(w, ifid);
	} else {
		memset(&p->side[IGMP], 0, sizeof(p->side[IGMP]));
		set_owner(w, ifid, p->owner, NOBODY);
		owner_off(w, ifid);
	}
	report(w, ifid, 0);
}

void model_owner_dead(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	if (p->stage == REPLAYING)
		p->release_after = true;
	if (p->stage != IDLE)
		return;
	if (p->igmp == NOBODY)
		owner_off(w, ifid);
	else
		begin(w, ifid, NOBODY, NOBODY);
}

void model_end(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];
	bool again = p->release_after;

	p->release_after = false;
	report(w, ifid, p->result);
	if (again && p->owner != NOBODY)
		model_owner_dead(w, ifid);
}

/* What it has not said again goes. */
void model_sweep(struct model *w, uint32_t ifid, int id)
{
	struct model_side *side = &w->port[ifid].side[id];

	w->swept = true;
	side->wild = side->wild && !side->wild_stale;
	for (uint32_t k = 1; k < PREFIXES; k++)
		side->prefix[k] = side->prefix[k] && !side->prefix_stale[k];
	for (uint32_t g = 1; g < GROUPS; g++) {
		struct model_says *says = &side->group[g];

		if (says->any_stale) {
			says->any = false;
			memset(says->block, 0, sizeof(says->block));
		}
		for (uint32_t s = 1; s < SOURCES; s++)
			says->include[s] = says->include[s] && !says->stale[s];
	}
}

/* IGMP cannot call: it counts as disabled, and as having replayed. */
void model_igmp_lost(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	if (p->stage == DISABLING) {
		model_count_now(p, &p->was);
		flip(w, ifid);
		replay(w, ifid);
	}
	if (p->stage == REPLAYING)
		model_end(w, ifid);
}

void model_igmp_gone(struct model *w, uint32_t ifid)
{
	switch (w->port[ifid].stage) {
	case IDLE:
		igmp_off(w, ifid);
		break;
	case DISABLING:
		apply_alone(w, ifid);
		break;
	case REPLAYING:
		igmp_off(w, ifid);
		model_end(w, ifid);
		break;
	}
}

int model_take(struct model *w, int who, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];
	bool igmp = who % CLIENTS < 2;
	int has = igmp ? p->igmp : p->owner;

	if (model_owns(w, who, ifid))
		return model_retake(w, who, ifid);
	if (has != NOBODY)
		model_happened(MODEL_TAKE_REFUSED);
	if (has != NOBODY)
		return has != who && has % CLIENTS == who % CLIENTS ? -EBUSY
								    : -EEXIST;
	if (igmp) {
		set_owner(w, ifid, p->owner, who);
		p->gate = ON;
		return model_done(0, MODEL_TAKEN);
	}
	if (p->igmp == NOBODY) {
		set_owner(w, ifid, who, NOBODY);
		return model_done(0, MODEL_TAKEN);
	}
	if (p->stage != IDLE)
		return -EBUSY;
	begin(w, ifid, who, who);
	model_happened(MODEL_TAKE_BEGUN);
	return -EINPROGRESS;
}

int model_release(struct model *w, int who, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	if (p->igmp == who) {
		model_igmp_gone(w, ifid);
		return model_done(0, MODEL_RELEASED);
	}
	if (p->stage != IDLE)
		return p->owner == who || p->to == who ? -EBUSY : -EINVAL;
	if (p->owner != who)
		return -EINVAL;
	if (p->igmp == NOBODY) {
		owner_off(w, ifid);
		return model_done(0, MODEL_RELEASED);
	}
	model_happened(MODEL_RELEASE_BEGUN);
	begin(w, ifid, who, NOBODY);
	return -EINPROGRESS;
}

int model_transfer(struct model *w, int who, uint32_t ifid, int to)
{
	struct model_port *p = &w->port[ifid];

	if (p->owner != who)
		return -EINVAL;
	if (w->lost[to])
		return -ENOENT;
	if (to == who || to % CLIENTS < 2)
		return -EINVAL;
	if (p->stage != IDLE)
		return -EBUSY;
	if (p->igmp != NOBODY) {
		model_happened(MODEL_TRANSFER_BEGUN);
		begin(w, ifid, who, to);
		return -EINPROGRESS;
	}
	set_owner(w, ifid, to, NOBODY);
	model_routes_lost(w);
	model_overrides_clear(w, ifid);
	tell(w, to, ifid, p->epoch, 0);
	return model_done(0, MODEL_TRANSFERRED);
}

int model_disabled(struct model *w, int who, uint32_t ifid, uint32_t epoch)
{
	struct model_port *p = &w->port[ifid];

	if (p->igmp == who && epoch != p->hs_epoch)
		model_happened(MODEL_STALE_EPOCH);
	if (p->igmp != who || p->stage != DISABLING || epoch != p->hs_epoch)
		return -EINVAL;
	model_count_now(p, &p->was);
	flip(w, ifid);
	replay(w, ifid);
	return model_done(0, MODEL_ACKED);
}

/* Who has come back does not know yet what its hosts want. */
static void sweep_replay(struct model *w, uint32_t ifid)
{
	if (!w->returned[w->port[ifid].igmp])
		model_sweep(w, ifid, IGMP);
}

int model_replayed(struct model *w, int who, uint32_t ifid, uint32_t epoch)
{
	struct model_port *p = &w->port[ifid];

	if (p->igmp != who || p->stage != REPLAYING || epoch != p->hs_epoch)
		return -EINVAL;
	sweep_replay(w, ifid);
	model_end(w, ifid);
	return model_done(0, MODEL_REPLAYED);
}

/* The one who would become owner is gone: the owner stays. */
void model_taker_dead(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	p->release_after = p->owner != NOBODY &&
			   (!w->alive[p->owner] ||
			    (p->unsaid[OWNER] && !w->lost[p->owner] &&
			     !w->returned[p->owner]));
	p->result = -ENOENT;
	p->epoch++;
	model_count_now(p, &p->was);
	replay(w, ifid);
}

static void leaves(struct model *w, int who, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	if (p->igmp == who)
		model_happened(MODEL_IGMP_DEAD + p->stage);
	if (p->stage == DISABLING && p->to == who)
		model_happened(MODEL_TAKER_DEAD);
	else if (p->owner == who)
		model_happened(MODEL_OWNER_DEAD + p->stage);
	if (p->igmp == who)
		model_igmp_gone(w, ifid);
	else if (p->stage == DISABLING && p->to == who)
		model_taker_dead(w, ifid);
	else if (p->owner == who)
		model_owner_dead(w, ifid);
}

void model_dead(struct model *w, int who)
{
	w->alive[who] = false;
	w->lost[who] = false;
	w->returned[who] = false;
	w->client[who % CLIENTS] = NOBODY;
	model_rib_gone(w, who, 0);
	model_requests_gone(w, who);
	for (uint32_t i = 1; i <= IFS; i++)
		leaves(w, who, i);
}

int model_deregister(struct model *w, int who)
{
	if (model_person_used(w, who))
		return -EBUSY;
	w->alive[who] = false;
	w->returned[who] = false;
	w->client[who % CLIENTS] = NOBODY;
	model_rib_gone(w, who, 0);
	model_requests_gone(w, who);
	return model_done(0, MODEL_DEREGISTERED);
}

void model_gone(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];
	const int all[] = {p->by, p->to, p->owner, p->igmp};

	if (model_owner(p) != NOBODY)
		model_happened(MODEL_GONE + p->stage);
	model_rib_gone(w, NOBODY, ifid);
	p->stage = IDLE;
	p->by = NOBODY;
	p->to = NOBODY;
	p->to_unsaid = false;
	p->release_after = false;
	if (model_owner(p) == NOBODY)
		flows_go(w, ifid);
	if (p->igmp != NOBODY)
		igmp_off(w, ifid);
	if (p->owner != NOBODY)
		owner_off(w, ifid);
	p->up = true;
	p->linked = false;
	p->rules = 0;
	for (int i = 0; i < 4; i++) {
		bool twice = false;

		for (int k = 0; k < i; k++)
			twice |= all[k] == all[i];
		if (!twice)
			tell(w, all[i], ifid, p->epoch, -ENODEV);
	}
}

static void late(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];
	int igmp = p->igmp;

	model_happened(p->stage == REPLAYING ? MODEL_REPLAY_LATE
					     : MODEL_ACK_LATE);
	if (p->stage == REPLAYING) {
		sweep_replay(w, ifid);
		model_end(w, ifid);
	} else {
		apply_alone(w, ifid);
		tell(w, igmp, ifid, p->hs_epoch, -ETIMEDOUT);
	}
}

/* Grace times, handshakes in the order they began, then requests. */
void model_tick(struct model *w)
{
	uint32_t next;

	model_requests_late(w);
	model_graces(w);
	do {
		next = 0;
		for (uint32_t i = 1; i <= IFS; i++) {
			const struct model_port *p = &w->port[i];

			if (p->stage == IDLE || w->now < p->deadline)
				continue;
			if (!next || p->begun < w->port[next].begun)
				next = i;
		}
		if (next)
			late(w, next);
	} while (next);
	model_requests_due(w);
}
