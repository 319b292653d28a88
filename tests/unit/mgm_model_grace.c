/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's grace times: a client that is lost and comes back is the same
 * person, who has to say everything again.
 */
#include "mgm_model.h"
#include "mgm_model_count.h"

#include <errno.h>
#include <string.h>

uint64_t model_grace(int who)
{
	static const uint64_t ms[CLIENTS] = {4000, 12000, 3000, 0, 2000, 9000};

	return ms[who % CLIENTS];
}

/* What he has been told is void: his next life will not know it. */
static void forget_told(struct model *w, int who)
{
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			if (w->flow[s][g].told == who)
				w->flow[s][g].told = NOBODY;
			if (w->told_source[s][g] == who)
				w->told_source[s][g] = NOBODY;
		}
	}
}

/* Routes through the interface, and overrides there. */
static void flows_stale(struct model *w, int who, uint32_t ifid)
{
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			struct model_flow *f = &w->flow[s][g];

			f->override_stale[ifid] = f->override[ifid] != 0;
			if (f->iif == ifid && f->route == who)
				f->stale = true;
		}
	}
}

static void port_lost(struct model *w, int who, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	if (p->igmp == who)
		model_happened(MODEL_IGMP_LOST + p->stage);
	if (p->stage == DISABLING && p->to == who)
		model_happened(MODEL_TAKER_LOST);
	else if (p->owner == who)
		model_happened(MODEL_OWNER_LOST + p->stage);
	if (p->to == who)
		p->to_unsaid = true;
	else if (p->by == who)
		p->by = NOBODY;
	if (model_owner(p) == who)
		flows_stale(w, who, ifid);
	if (model_owner(p) == who)
		model_templates_stale(w, who, ifid);
	if (p->owner == who) {
		p->unsaid[OWNER] = true;
		model_stale(w, ifid, OWNER);
	}
	if (p->igmp == who) {
		p->unsaid[IGMP] = true;
		p->down_stale = p->down;
		model_stale(w, ifid, IGMP);
		model_igmp_lost(w, ifid);
	}
}

void model_grace_lost(struct model *w, int who)
{
	if (!model_grace(who)) {
		model_dead(w, who);
		return;
	}
	w->lost[who] = true;
	w->returned[who] = false;
	w->grace_end[who] = w->now + model_grace(who);
	forget_told(w, who);
	model_rib_stale(w, who);
	model_requests_gone(w, who);
	for (uint32_t i = 1; i <= IFS; i++)
		port_lost(w, who, i);
}

void model_grace_back(struct model *w, int who)
{
	model_happened(MODEL_BACK);
	w->lost[who] = false;
	w->returned[who] = true;
	w->silent[who] = false;
	w->grace_end[who] = w->now + model_grace(who);
	model_registered(w, who % CLIENTS, who);
}

/* Was it his when he was lost, or was it coming to him? */
bool model_owns(const struct model *w, int who, uint32_t ifid)
{
	const struct model_port *p = &w->port[ifid];

	if (p->igmp == who)
		return p->unsaid[IGMP];
	if (p->stage == DISABLING && p->to == who)
		return p->to_unsaid;
	return p->owner == who && p->unsaid[OWNER];
}

int model_retake(struct model *w, int who, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];
	bool coming = p->stage != IDLE && p->to == who;

	if (p->stage == DISABLING && !coming) {
		model_happened(MODEL_RETAKE_BUSY);
		return -EBUSY;
	}
	model_happened(coming ? MODEL_RETAKE_BEGUN : MODEL_RETAKEN);
	if (coming)
		p->to_unsaid = false;
	if (p->igmp == who)
		p->unsaid[IGMP] = false;
	if (p->owner == who) {
		p->unsaid[OWNER] = false;
		p->release_after = false;
	}
	if (model_owner(p) == who)
		memset(&p->told, 0, sizeof(p->told));
	return coming ? -EINPROGRESS : 0;
}

/* When, is work in slices, and with it those that are there beside it. */
static void route_swept(struct model *w, uint32_t s, uint32_t g)
{
	for (uint32_t i = s; i < (s ? s + 1 : SOURCES); i++)
		w->been[i][g].loose = true;
	model_route_drop(w, s, g);
}

static void flows_swept(struct model *w, int who, uint32_t ifid)
{
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			struct model_flow *f = &w->flow[s][g];

			if (f->override_stale[ifid])
				f->override[ifid] = 0;
			f->override_stale[ifid] = false;
			if (f->stale && f->iif == ifid && f->route == who)
				route_swept(w, s, g);
		}
	}
}

static void port_settled(struct model *w, int who, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];

	if (model_owner(p) == who)
		flows_swept(w, who, ifid);
	if (model_owner(p) == who)
		model_templates_swept(w, who, ifid);
	if (p->owner == who)
		model_sweep(w, ifid, OWNER);
	if (p->igmp == who && p->down_stale)
		p->down = p->down_stale = false;
	if (p->igmp == who && p->stage == IDLE)
		model_sweep(w, ifid, IGMP);
	if (p->igmp == who && p->unsaid[IGMP])
		model_igmp_gone(w, ifid);
	else if (p->stage == DISABLING && p->to == who && p->to_unsaid)
		model_taker_dead(w, ifid);
	else if (p->owner == who && p->unsaid[OWNER])
		model_owner_dead(w, ifid);
}

void model_grace_settled(struct model *w, int who)
{
	if (!w->returned[who])
		return;
	w->returned[who] = false;
	model_happened(MODEL_SETTLED);
	model_rib_sweep(w, who);
	for (uint32_t i = 1; i <= IFS; i++)
		port_settled(w, who, i);
}

static void over(struct model *w, int who)
{
	model_happened(MODEL_GRACE_OVER);
	model_dead(w, who);
}

/* Those whose time is over, in the order in which it was. */
void model_graces(struct model *w)
{
	int first;

	do {
		first = NOBODY;
		for (int k = 0; k < CLIENTS; k++) {
			int who = w->client[k];

			if (who == NOBODY || w->now < w->grace_end[who] ||
			    !(w->returned[who] || w->lost[who]))
				continue;
			if (first == NOBODY ||
			    w->grace_end[who] < w->grace_end[first])
				first = who;
		}
		if (first == NOBODY)
			return;
		if (w->returned[first])
			model_grace_settled(w, first);
		else
			over(w, first);
	} while (first != NOBODY);
}
