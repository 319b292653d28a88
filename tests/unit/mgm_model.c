/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What follows from the model's facts: who has to be told what. An alert is
 * the difference between what somebody has been told and what is so now:
 * pull(X,P) == exists Y != X: wants(Y,P), and Y wants what it has joined and
 * all that lies in it.
 */
#include "mgm_model.h"
#include "mgm_model_count.h"

#include <string.h>

int model_owner(const struct model_port *p)
{
	return p->owner != NOBODY ? p->owner : p->igmp;
}

/* Who is told and asked: nobody, if he was lost and has not taken it again. */
int model_listener(const struct model_port *p)
{
	if (p->unsaid[p->owner != NOBODY ? OWNER : IGMP])
		return NOBODY;
	return model_owner(p);
}

/* Does the client answer RPF, or creation requests? */
bool model_asks(const struct model *w, int who, bool rpf)
{
	if (who == NOBODY || !w->alive[who] || w->lost[who] || w->silent[who])
		return false;
	return rpf ? who % CLIENTS == 4 : who % CLIENTS >= 4;
}

static void said(const struct model_alert *a)
{
	static const enum model_kind kinds[] = {
		[SAY_LOCAL_JOIN] = MODEL_SAID_LOCAL_JOIN,
		[SAY_JOIN] = MODEL_SAID_JOIN,
		[SAY_PRUNE] = MODEL_SAID_PRUNE,
		[SAY_LOCAL_LEAVE] = MODEL_SAID_LOCAL_LEAVE,
		[SAY_OWNERSHIP] = MODEL_SAID_OWNERSHIP,
		[SAY_DISABLE] = MODEL_SAID_DISABLE,
		[SAY_ENABLE] = MODEL_SAID_ENABLE,
		[SAY_RPF] = MODEL_SAID_RPF,
		[SAY_CREATION] = MODEL_SAID_CREATION,
		[SAY_WRONG_IF] = MODEL_SAID_WRONG_IF,
		[SAY_LOCAL_BLOCK] = MODEL_SAID_LOCAL_BLOCK,
		[SAY_LOCAL_UNBLOCK] = MODEL_SAID_LOCAL_UNBLOCK,
		[SAY_INTERFACE] = MODEL_SAID_INTERFACE,
		[SAY_INTERFACE_GONE] = MODEL_SAID_GONE,
		[SAY_MADE] = MODEL_SAID_MADE,
		[SAY_DELETED] = MODEL_SAID_DELETED,
	};

	if (a->mfe)
		model_happened(a->type == SAY_JOIN ? MODEL_SAID_JOIN_MFE
						   : MODEL_SAID_PRUNE_MFE);
	else
		model_happened(kinds[a->type]);
}

void model_say(struct model *w, struct model_alert a)
{
	if (a.who == NOBODY || !w->alive[a.who] || w->lost[a.who])
		return;
	if (w->alerts == MAX_ALERTS)
		model_fail("too many alerts for the model");
	said(&a);
	w->alert[w->alerts++] = a;
}

void model_count_now(const struct model_port *p, struct model_count *c)
{
	const struct model_side *a = &p->side[OWNER], *b = &p->side[IGMP];

	c->who = model_owner(p);
	c->wild = a->wild || b->wild;
	for (uint32_t k = 1; k < PREFIXES; k++)
		c->prefix[k] = a->prefix[k] || b->prefix[k];
	for (uint32_t g = 1; g < GROUPS; g++) {
		c->any[g] = a->group[g].any || b->group[g].any;
		for (uint32_t s = 1; s < SOURCES; s++)
			c->include[s][g] = a->group[g].include[s] ||
					   b->group[g].include[s];
	}
}

/* Of which nothing could go there, nobody has to pull. */
static void count_denied(const struct model *w, uint32_t i,
			 struct model_count *c)
{
	for (uint32_t k = 1; k < PREFIXES; k++)
		c->prefix[k] &= !model_denied(w, i, true, model_key(k));
	for (uint32_t g = 1; g < GROUPS; g++) {
		c->any[g] &= !model_flow_denied(w, i, true, 0, g);
		for (uint32_t s = 1; s < SOURCES; s++)
			c->include[s][g] &=
				!model_flow_denied(w, i, true, s, g);
	}
}

/* What every interface counts for: in a replay what it was before. */
static void count_all(const struct model *w, struct model_count c[IFS + 1])
{
	for (uint32_t i = 1; i <= IFS; i++) {
		const struct model_port *p = &w->port[i];

		if (p->stage == REPLAYING)
			c[i] = p->was;
		else
			model_count_now(p, &c[i]);
		count_denied(w, i, &c[i]);
	}
}

/* Does anybody else say exactly this? */
static bool others_hold(const struct model_count c[IFS + 1], int who,
			uint32_t k)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		bool holds = !k		    ? c[i].wild
			     : k < PREFIXES ? c[i].prefix[k]
					    : c[i].any[k - PREFIXES];

		if (c[i].who != NOBODY && c[i].who != who && holds)
			return true;
	}
	return false;
}

static bool others_want_source(const struct model_count c[IFS + 1], int who,
			       uint32_t s, uint32_t g)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		if (c[i].who != NOBODY && c[i].who != who && c[i].include[s][g])
			return true;
	}
	return false;
}

static void say_pull(struct model *w, int who, uint32_t s, uint32_t g,
		     uint32_t prefix, bool join)
{
	model_say(w, (struct model_alert){.type = join ? SAY_JOIN : SAY_PRUNE,
					  .who = who,
					  .source = s,
					  .group = g,
					  .prefix = prefix});
}

/*
 * One key for one client: it pulls what another holds, or what a key held by
 * another covers, and hears nothing of what lies in what it is told to pull.
 */
static void settle_key(struct model *w, int who, uint32_t k,
		       const bool held[KEYS])
{
	bool *told = w->told[who], pull = false, covered = false;

	for (uint32_t i = 0; i < KEYS; i++) {
		pull |= w->covers[i][k] && held[i];
		covered |= w->covers[i][k] && i != k && told[i];
	}
	if (pull == told[k] || (pull && covered))
		return;
	say_pull(w, who, 0, k > PREFIXES ? k - PREFIXES : 0,
		 k < PREFIXES ? k : 0, pull);
	told[k] = pull;
}

/* From wide to narrow. */
static void settle_keys(struct model *w, const struct model_count c[IFS + 1])
{
	for (int i = 0; i < CLIENTS; i++) {
		int who = w->client[i];
		bool held[KEYS] = {false};

		if (who == NOBODY)
			continue;
		for (uint32_t k = 0; k < KEYS; k++)
			held[k] = k != PREFIXES && others_hold(c, who, k);
		for (uint32_t k = 0; k < KEYS; k++)
			settle_key(w, who, w->wide[k], held);
	}
}

uint32_t model_toward(const struct model *w, uint32_t s, uint32_t g)
{
	const struct model_template cover = model_cover(w, s, g);

	return cover.who != NOBODY ? cover.iif : w->rib[s];
}

static void settle_sources(struct model *w, const struct model_count c[IFS + 1])
{
	for (uint32_t s = 1; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			const struct model_port *p =
				&w->port[model_toward(w, s, g)];
			int *told = &w->told_source[s][g];
			int to = model_listener(p);

			if (p->stage == REPLAYING)
				continue; /* whose it is is not settled */
			if (to != NOBODY && !others_want_source(c, to, s, g))
				to = NOBODY;
			if (to == *told)
				continue;
			say_pull(w, *told, s, g, 0, false);
			say_pull(w, to, s, g, 0, true);
			*told = to;
		}
	}
}

static void say_local(struct model *w, uint32_t ifid, uint32_t s, uint32_t g,
		      uint32_t prefix, bool join)
{
	model_say(w, (struct model_alert){.type = join ? SAY_LOCAL_JOIN
						       : SAY_LOCAL_LEAVE,
					  .who = w->port[ifid].owner,
					  .source = s,
					  .group = g,
					  .prefix = prefix,
					  .ifid = ifid});
}

static void say_block(struct model *w, uint32_t ifid, uint32_t s, uint32_t g,
		      bool block)
{
	model_say(w, (struct model_alert){.type = block ? SAY_LOCAL_BLOCK
							: SAY_LOCAL_UNBLOCK,
					  .who = w->port[ifid].owner,
					  .source = s,
					  .group = g,
					  .ifid = ifid});
}

/* The owner of an interface hears what IGMP has there. */
static void settle_local(struct model *w, uint32_t ifid)
{
	struct model_port *p = &w->port[ifid];
	const struct model_side *igmp = &p->side[IGMP];

	if (p->stage == REPLAYING)
		return;
	if (p->owner == NOBODY || p->unsaid[OWNER]) {
		memset(&p->told, 0, sizeof(p->told));
		return;
	}
	if (igmp->wild != p->told.wild)
		say_local(w, ifid, 0, 0, 0, igmp->wild);
	p->told.wild = igmp->wild;
	for (uint32_t k = 1; k < PREFIXES; k++) {
		if (igmp->prefix[k] != p->told.prefix[k])
			say_local(w, ifid, 0, 0, k, igmp->prefix[k]);
		p->told.prefix[k] = igmp->prefix[k];
	}
	for (uint32_t g = 1; g < GROUPS; g++) {
		const struct model_says *says = &igmp->group[g];

		if (says->any != p->told.any[g])
			say_local(w, ifid, 0, g, 0, says->any);
		p->told.any[g] = says->any;
		for (uint32_t s = 1; s < SOURCES; s++) {
			bool *told = &p->told.include[s][g];

			if (says->include[s] != *told)
				say_local(w, ifid, s, g, 0, says->include[s]);
			*told = says->include[s];
			if (says->block[s] != p->told.block[s][g])
				say_block(w, ifid, s, g, says->block[s]);
			p->told.block[s][g] = says->block[s];
		}
	}
}

static void been(struct model *w, uint32_t s, uint32_t g)
{
	w->been[s][g].iifs |= 1u << w->flow[s][g].put_iif;
	w->been[s][g].nowhere |= !w->flow[s][g].iif;
	w->been[s][g].oifs |= w->flow[s][g].oifs;
}

static void put(struct model *w, uint32_t s, uint32_t g)
{
	struct model_flow *f = &w->flow[s][g];

	f->oifs = model_oifs(w, s, g);
	if (f->iif)
		f->put_iif = f->iif;
	been(w, s, g);
}

void model_listened(struct model *w)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		int who = model_listener(&w->port[i]);

		if (who != NOBODY)
			w->listened[i][who] = true;
	}
}

void model_begin(struct model *w)
{
	w->alerts = 0;
	w->puts = 0;
	w->swept = false;
	w->abandoned = false;
	memset(w->been, 0, sizeof(w->been));
	memset(w->listened, 0, sizeof(w->listened));
	model_listened(w);
	for (uint32_t i = 1; i <= IFS; i++)
		w->first_epoch[i] = w->port[i].epoch;
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			if (w->flow[s][g].phase == LIVE)
				been(w, s, g);
			w->been[s][g].first = w->been[s][g].oifs;
		}
	}
}

/* Routes are written when an interface has another owner, or none. */
void model_put(struct model *w)
{
	w->puts++;
	model_listened(w);
	model_rib(w);
	model_routes(w);
	model_flows(w);
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			if (w->flow[s][g].phase == LIVE)
				put(w, s, g);
		}
	}
}

/* The owner of an iif hears of the first oif and of the last. */
static void settle_entry(struct model *w, uint32_t s, uint32_t g)
{
	struct model_flow *f = &w->flow[s][g];
	struct model_alert a = {.source = s, .group = g, .mfe = true};
	int who = model_listener(&w->port[f->iif]);
	bool pull, known;

	model_withhold(w, s, g);
	put(w, s, g);
	w->been[s][g].fixed |= model_static(w, s, g);
	pull = f->oifs != 0;
	known = f->untold && pull;
	model_made(w, s, g);
	f->untold = false;
	a.ifid = f->put_iif;
	if (model_static(w, s, g))
		who = NOBODY;
	if (who == f->told && (who == NOBODY || pull == f->told_pull))
		return;
	if (f->told != NOBODY && f->told != who && f->told_pull) {
		a.type = SAY_PRUNE;
		a.who = f->told;
		model_say(w, a);
	}
	a.type = pull ? SAY_JOIN : SAY_PRUNE;
	a.who = known ? NOBODY : who;
	model_say(w, a);
	f->told = who;
	f->told_pull = pull;
}

void model_settle(struct model *w)
{
	struct model_count c[IFS + 1];

	model_listened(w);
	model_rib(w);
	model_routes(w);
	model_flows(w);
	model_routes(w);
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			if (w->flow[s][g].phase == LIVE)
				settle_entry(w, s, g);
		}
	}
	for (uint32_t i = 1; i <= IFS; i++)
		settle_local(w, i);
	count_all(w, c);
	settle_keys(w, c);
	settle_sources(w, c);
	model_interfaces(w);
}

/* Who registers late finds out by enumeration what is joined already. */
void model_registered(struct model *w, int k, int person)
{
	struct model_count c[IFS + 1];

	count_all(w, c);
	model_happened(MODEL_REGISTERED);
	w->client[k] = person;
	w->alive[person] = true;
	for (uint32_t i = 0; i < KEYS; i++)
		w->told[person][i] = i != PREFIXES && others_hold(c, person, i);
}

/* Is it on an interface, or in a handshake? */
bool model_person_used(const struct model *w, int person)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		const struct model_port *p = &w->port[i];

		if (p->owner == person || p->igmp == person ||
		    p->by == person || p->to == person ||
		    (p->stage == REPLAYING && p->was.who == person))
			return true;
	}
	return false;
}

void model_init(struct model *w, uint64_t now)
{
	memset(w, 0, sizeof(*w));
	w->now = now;
	model_keys(w);
	for (int k = 0; k < CLIENTS; k++)
		w->client[k] = NOBODY;
	for (int i = 0; i < TEMPLATES; i++)
		w->template[i].who = NOBODY;
	for (uint32_t i = 0; i <= IFS; i++) {
		struct model_port *p = &w->port[i];

		p->up = true;
		p->owner = NOBODY;
		p->igmp = NOBODY;
		p->by = NOBODY;
		p->to = NOBODY;
	}
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 0; g < GROUPS; g++) {
			model_flow_delete(w, s, g);
			w->told_source[s][g] = NOBODY;
		}
	}
}
