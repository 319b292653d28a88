/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model's flows: how one comes from its first packet to its entry, static
 * routes.
 */
#include "mgm_model.h"
#include "mgm_model_count.h"

#include <errno.h>
#include <string.h>

#include "xmgm/mgm.h"

bool model_static(const struct model *w, uint32_t s, uint32_t g)
{
	const struct model_flow *f = &w->flow[s][g];

	return f->route != NOBODY ||
	       (f->eager && w->flow[0][g].route != NOBODY);
}

static void requests_drop(struct model *w, uint32_t s, uint32_t g)
{
	for (int i = 0; i < MAX_REQUEST; i++) {
		struct model_request *r = &w->request[i];

		if (r->source == s && r->group == g)
			r->open = false;
	}
}

void model_flow_delete(struct model *w, uint32_t s, uint32_t g)
{
	model_deleted(w, s, g);
	requests_drop(w, s, g);
	if (w->flow[s][g].phase)
		w->gone[s][g] = w->flow[s][g];
	w->flow[s][g] = (struct model_flow){.route = NOBODY, .told = NOBODY};
}

bool model_wanted(const struct model *w, const struct model_side *side,
		  uint32_t s, uint32_t g)
{
	const struct model_says *says = &side->group[g];

	for (uint32_t k = 1; k < PREFIXES; k++) {
		if (side->prefix[k] && w->covers_flow[k][s][g])
			return true;
	}
	if (side->wild || (s && says->include[s]))
		return true;
	return says->any && !(s && says->block[s]);
}

bool model_left(const struct model *w, uint32_t s, uint32_t g)
{
	const struct model_template cover = model_cover(w, s, g);

	return cover.who != NOBODY && cover.left;
}

/* Or, of a (*,G), some of its sources. */
static bool wanted_some(const struct model *w, const struct model_side *side,
			uint32_t s, uint32_t g)
{
	for (uint32_t k = 1; k < PREFIXES; k++) {
		if (!s && side->prefix[k] && model_key(k).source_bits &&
		    w->covers[PREFIXES + g][k])
			return true;
	}
	return model_wanted(w, side, s, g);
}

/* Another router forwards there, as IGMP says that is alone. */
static bool stands_down(const struct model_port *p)
{
	return p->down && p->owner == NOBODY;
}

static bool unserved(const struct model *w, uint32_t s, uint32_t g, uint32_t i)
{
	const struct model_port *p = &w->port[i];
	const struct model_flow *f = &w->flow[s][g];
	int by = model_cover(w, s, g).who;

	if (f->phase != LIVE || !model_left(w, s, g) || i == f->iif ||
	    f->override[i] < 0 || model_flow_denied(w, i, true, s, g) ||
	    model_flow_denied(w, f->iif, false, s, g))
		return false;
	if (p->igmp != NOBODY && wanted_some(w, &p->side[IGMP], s, g))
		return true;
	return p->owner != NOBODY && p->owner != by &&
	       (f->override[i] || wanted_some(w, &p->side[OWNER], s, g));
}

uint32_t model_unserved(const struct model *w, uint32_t ifid)
{
	const struct model_port *p = &w->port[ifid];
	uint32_t count = 0;

	if (!p->up || model_owner(p) == NOBODY || stands_down(p))
		return 0;
	for (uint32_t g = 1; g < GROUPS; g++) {
		for (uint32_t s = 0; s < SOURCES; s++)
			count += unserved(w, s, g, ifid);
	}
	return count;
}

/* Where it goes, bit by bit. */
uint32_t model_oifs(const struct model *w, uint32_t s, uint32_t g)
{
	const struct model_flow *f = &w->flow[s][g];
	const struct model_template cover = model_cover(w, s, g);
	uint32_t oifs = 0;

	if (!f->iif || model_owner(&w->port[f->iif]) == NOBODY ||
	    model_left(w, s, g) || model_flow_denied(w, f->iif, false, s, g))
		return 0;
	for (uint32_t i = 1; i <= IFS; i++) {
		const struct model_port *p = &w->port[i];

		if (i == f->iif || !p->up || model_owner(p) == NOBODY ||
		    stands_down(p) || model_flow_denied(w, i, true, s, g))
			continue;
		if (f->override[i]
			    ? f->override[i] > 0
			    : model_wanted(w, &p->side[OWNER], s, g) ||
				      model_wanted(w, &p->side[IGMP], s, g) ||
				      (cover.who != NOBODY &&
				       cover.listed & 1u << i))
			oifs |= 1u << i;
	}
	return oifs;
}

static void request_new(struct model *w, int who, uint32_t s, uint32_t g,
			bool rpf, uint64_t deadline)
{
	int i = 0;

	while (i < MAX_REQUEST && w->request[i].open)
		i++;
	if (i == MAX_REQUEST)
		model_fail("too many requests for the model");
	w->request[i] = (struct model_request){.open = true,
					       .rpf = rpf,
					       .who = who,
					       .source = s,
					       .group = g,
					       .deadline = deadline};
}

static bool request_open(const struct model *w, uint32_t s, uint32_t g)
{
	for (int i = 0; i < MAX_REQUEST; i++) {
		const struct model_request *r = &w->request[i];

		if (r->open && r->source == s && r->group == g)
			return true;
	}
	return false;
}

static void creation_ask(struct model *w, uint32_t s, uint32_t g, int who,
			 uint32_t oifs, uint64_t deadline)
{
	struct model_flow *f = &w->flow[s][g];
	struct model_alert a = {.type = SAY_CREATION,
				.who = who,
				.source = s,
				.group = g,
				.ifid = f->iif};

	for (uint32_t i = 1; i <= IFS; i++) {
		if (!(oifs & 1u << i) || model_listener(&w->port[i]) != who ||
		    f->offered[i] == who)
			continue;
		f->offered[i] = who;
		a.epoch |= 1u << i;
		if (w->port[i].igmp != NOBODY)
			a.result |= 1 << i;
	}
	model_say(w, a);
	request_new(w, who, s, g, false, deadline);
}

static void flow_live(struct model_flow *f)
{
	f->phase = LIVE;
	f->untold = true;
	if (f->iif)
		f->put_iif = f->iif;
}

/* The iif is known, or a round of questions is over. */
static void creation(struct model *w, uint32_t s, uint32_t g)
{
	struct model_flow *f = &w->flow[s][g];
	uint64_t deadline = f->created + 200;
	bool first = f->phase == ASK_RPF;
	uint32_t oifs = model_oifs(w, s, g);

	if (first && deadline < w->now + 100)
		deadline = w->now + 100;
	f->phase = ASK_CREATION;
	for (uint32_t i = 1; i <= IFS; i++) {
		int who = model_listener(&w->port[i]);

		if (oifs & 1u << i && model_asks(w, who, false) &&
		    f->offered[i] != who && deadline > w->now)
			creation_ask(w, s, g, who, oifs, deadline);
	}
	if (!request_open(w, s, g))
		flow_live(f);
}

static void rpf_answer(struct model *w, uint32_t s, uint32_t g, uint32_t iif)
{
	struct model_flow *f = &w->flow[s][g];

	f->iif = iif;
	if (f->phase == LIVE)
		return;
	if (iif && model_owner(&w->port[iif]) != NOBODY)
		creation(w, s, g);
	else
		flow_live(f);
}

static void request_default(struct model *w, struct model_request *r)
{
	r->open = false;
	if (r->rpf)
		rpf_answer(w, r->source, r->group, w->rib[r->source]);
	else if (!request_open(w, r->source, r->group))
		creation(w, r->source, r->group);
}

void model_requests_gone(struct model *w, int who)
{
	for (int i = 0; i < MAX_REQUEST; i++) {
		if (!w->request[i].open || w->request[i].who != who)
			continue;
		request_default(w, &w->request[i]);
		i = -1;
	}
}

static void request_late(struct model *w, const struct model_request *r)
{
	w->silent[r->who] = true;
	model_happened(r->rpf ? MODEL_RPF_LATE : MODEL_CREATION_LATE);
}

void model_requests_late(struct model *w)
{
	for (int i = 0; i < MAX_REQUEST; i++) {
		if (w->request[i].open && w->request[i].deadline <= w->now)
			request_late(w, &w->request[i]);
	}
}

void model_requests_due(struct model *w)
{
	for (int i = 0; i < MAX_REQUEST; i++) {
		if (!w->request[i].open || w->request[i].deadline > w->now)
			continue;
		request_default(w, &w->request[i]);
		i = -1;
	}
}

/* As static routes beside its own have it; 0: none does. */
static uint32_t cover_iif(const struct model *w, uint32_t s, uint32_t g)
{
	const struct model_template cover = model_cover(w, s, g);

	return cover.who == NOBODY ? 0 : cover.iif;
}

/* Remembers what the answer to the question rests on. */
static void flow_note(struct model *w, uint32_t s, uint32_t g)
{
	struct model_flow *f = &w->flow[s][g];

	f->at_rib = w->rib[s];
	f->at_rib_owner = model_owner(&w->port[w->rib[s]]);
	f->at_iif = f->iif;
	f->at_iif_owner = model_owner(&w->port[f->iif]);
	f->at_cover = cover_iif(w, s, g);
}

bool model_flow_may_stay(const struct model *w, uint32_t s, uint32_t g,
			 uint32_t iif)
{
	if (model_owner(&w->port[iif]) == NOBODY ||
	    iif == model_toward(w, s, g))
		return true;
	if (!(w->been[s][g].iifs & 1u << iif))
		return false;
	/* It stays as long as the owner of that is asked. */
	return !w->rib[s] ||
	       model_asks(w, model_listener(&w->port[w->rib[s]]), true);
}

static bool flow_may_go(const struct model *w, uint32_t s, uint32_t g)
{
	return model_owner(&w->port[w->flow[s][g].iif]) == NOBODY ||
	       (w->abandoned && !model_static(w, s, g));
}

bool model_flow_either(struct model *w, uint32_t s, uint32_t g, bool there,
		       uint32_t iif)
{
	struct model_flow *f = &w->flow[s][g];
	int to;

	if (there == (f->phase == LIVE) || !s)
		return false;
	if (there ? !model_flow_may_stay(w, s, g, iif) : !flow_may_go(w, s, g))
		return false;
	if (!there) {
		model_flow_delete(w, s, g);
		return true;
	}
	*f = w->gone[s][g];
	f->phase = LIVE;
	f->there = true;
	f->route = NOBODY;
	f->eager = false;
	f->untold = false;
	f->iif = w->rib[s] || model_owner(&w->port[iif]) == NOBODY ? iif : 0;
	f->put_iif = iif;
	f->oifs = model_oifs(w, s, g);
	f->told = model_listener(&w->port[f->iif]);
	f->told_pull = f->oifs != 0;
	flow_note(w, s, g);
	to = model_listener(&w->port[w->rib[s]]);
	if (model_toward(w, s, g) != iif && model_asks(w, to, true))
		request_new(w, to, s, g, true, w->now + 200);
	return true;
}

/* Does it keep an iif until its owner-to-be has answered? */
static bool being_asked(const struct model *w, uint32_t s, uint32_t g)
{
	return w->flow[s][g].phase == LIVE && request_open(w, s, g);
}

bool model_flow_may(const struct model *w, uint32_t s, uint32_t g, uint32_t iif)
{
	const struct model_flow *f = &w->flow[s][g];

	if (f->put_iif == iif)
		return true;
	if (f->phase != LIVE || !(w->been[s][g].iifs & 1u << iif))
		return false;
	return !f->iif || (w->puts && being_asked(w, s, g));
}

/* It has no iif: where it came in last. */
static void flow_nowhere(struct model *w, uint32_t s, uint32_t g, uint32_t iif)
{
	w->flow[s][g].put_iif = iif;
	for (unsigned int i = 0; i < w->alerts; i++) {
		struct model_alert *a = &w->alert[i];

		if (a->mfe && a->source == s && a->group == g)
			a->ifid = iif;
	}
}

/* By its oifs, and its owner: does it come in there, or (0) nowhere? */
static bool flow_fits(struct model *w, uint32_t s, uint32_t g, uint32_t iif,
		      struct model_stays at)
{
	struct model_flow *f = &w->flow[s][g];

	f->iif = iif;
	f->oifs = model_oifs(w, s, g);
	return f->oifs == at.oifs &&
	       at.owned == (model_owner(&w->port[iif]) != NOBODY);
}

bool model_flow_left(struct model *w, uint32_t s, uint32_t g,
		     struct model_stays at)
{
	struct model_flow *f = &w->flow[s][g];
	const struct model_flow was = *f;
	bool same = flow_fits(w, s, g, was.iif, at) && f->put_iif == at.iif;

	*f = was;
	if (same || !model_flow_may(w, s, g, at.iif))
		return false;
	if (!f->iif && !at.owned) {
		flow_nowhere(w, s, g, at.iif);
		return false;
	}
	if (!being_asked(w, s, g) ||
	    (!flow_fits(w, s, g, at.iif, at) &&
	     (!w->been[s][g].nowhere || !flow_fits(w, s, g, 0, at)))) {
		*f = was;
		return false;
	}
	f->put_iif = at.iif;
	f->told = model_listener(&w->port[f->iif]);
	f->told_pull = f->oifs != 0;
	flow_note(w, s, g);
	return true;
}

static bool flow_moved(const struct model *w, uint32_t s, uint32_t g)
{
	const struct model_flow *f = &w->flow[s][g];

	return f->at_rib != w->rib[s] ||
	       f->at_rib_owner != model_owner(&w->port[w->rib[s]]) ||
	       (f->at_iif == f->iif &&
		f->at_iif_owner != model_owner(&w->port[f->iif])) ||
	       f->at_cover != cover_iif(w, s, g);
}

static void rpf_ask(struct model *w, uint32_t s, uint32_t g)
{
	struct model_flow *f = &w->flow[s][g];
	int who = model_listener(&w->port[w->rib[s]]);

	requests_drop(w, s, g);
	if (cover_iif(w, s, g)) {
		rpf_answer(w, s, g, cover_iif(w, s, g));
	} else if (model_asks(w, who, true)) {
		model_say(w, (struct model_alert){.type = SAY_RPF,
						  .who = who,
						  .source = s,
						  .group = g,
						  .ifid = f->arrival,
						  .epoch = w->rib[s]});
		request_new(w, who, s, g, true,
			    w->now + (f->phase == LIVE ? 200 : 100));
	} else {
		rpf_answer(w, s, g, w->rib[s]);
	}
}

void model_upcall(struct model *w, uint32_t s, uint32_t g, uint32_t arrival)
{
	struct model_flow *f = &w->flow[s][g];

	if (f->phase || model_owner(&w->port[arrival]) == NOBODY)
		return;
	model_happened(MODEL_FLOW);
	f->phase = ASK_RPF;
	f->arrival = arrival;
	f->put_iif = arrival;
	f->created = w->now;
	for (uint32_t i = 1; i <= IFS; i++)
		f->offered[i] = NOBODY;
	rpf_ask(w, s, g);
	flow_note(w, s, g);
}

/* Each flow in turn: what its iif rests on may be another now. */
void model_flows(struct model *w)
{
	for (uint32_t s = 1; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			struct model_flow *f = &w->flow[s][g];

			if (!f->phase)
				continue;
			if (f->route != NOBODY) {
				f->dirty = false;
			} else if (flow_moved(w, s, g) || f->dirty) {
				f->dirty = f->phase != LIVE;
				if (f->phase == LIVE) {
					model_happened(MODEL_RIB_MOVED);
					rpf_ask(w, s, g);
				}
			}
			flow_note(w, s, g);
		}
	}
}

/* At most once a second for each entry and interface. */
void model_wrong_if(struct model *w, uint32_t s, uint32_t g, uint32_t arrival)
{
	struct model_flow *f = &w->flow[w->flow[s][g].phase ? s : 0][g];

	if (!w->flow[s][g].phase && model_withheld(w, g))
		return; /* it has no entry */
	if (model_owner(&w->port[arrival]) == NOBODY || f->phase != LIVE ||
	    f->put_iif == arrival || f->wrong[arrival] > w->now)
		return;
	f->wrong[arrival] = w->now + 1000;
	if (w->port[arrival].no_wrong_if)
		return;
	model_say(w,
		  (struct model_alert){.type = SAY_WRONG_IF,
				       .who = model_listener(&w->port[arrival]),
				       .source = s,
				       .group = g,
				       .ifid = arrival,
				       .epoch = f->put_iif});
}

static struct model_request *request_find(struct model *w, int who,
					  uint64_t token, bool rpf)
{
	for (int i = 0; i < MAX_REQUEST; i++) {
		struct model_request *r = &w->request[i];

		if (r->open && r->who == who && r->token == token &&
		    r->rpf == rpf)
			return r;
	}
	return NULL;
}

int model_rpf_reply(struct model *w, int who, uint64_t token, uint32_t iif)
{
	struct model_request *r = request_find(w, who, token, true);

	if (!r)
		return -ENOENT;
	if (iif && model_owner(&w->port[iif]) != who)
		return -EINVAL;
	if (iif != w->rib[r->source])
		model_happened(iif ? MODEL_RPF_OTHER : MODEL_RPF_NONE);
	r->open = false;
	rpf_answer(w, r->source, r->group, iif);
	return 0;
}

int model_creation_reply(struct model *w, int who, uint64_t token,
			 uint32_t refused)
{
	struct model_request *r = request_find(w, who, token, false);
	struct model_flow *f;

	if (!r)
		return -ENOENT;
	f = &w->flow[r->source][r->group];
	for (uint32_t i = 1; i <= IFS; i++) {
		if (!(refused & 1u << i) || model_owner(&w->port[i]) != who)
			continue;
		f->override[i] = -1;
		f->override_stale[i] = false;
		model_happened(MODEL_VETO);
	}
	request_default(w, r);
	return 0;
}

/* --- static routes -------------------------------------------------- */

static bool named(const struct model *w, uint32_t s, uint32_t g)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		for (int id = 0; id < WRITERS; id++) {
			const struct model_says *says =
				&w->port[i].side[id].group[g];

			if (says->block[s] || says->include[s])
				return true;
		}
	}
	return false;
}

void model_route_drop(struct model *w, uint32_t s, uint32_t g)
{
	struct model_flow *f = &w->flow[s][g];
	const struct model_flow *any = &w->flow[0][g];

	f->route = NOBODY;
	f->stale = false;
	f->listed = 0;
	f->left = false;
	w->been[s][g].loose |= s && any->route == NOBODY;
	if (s && any->route != NOBODY && named(w, s, g)) {
		f->eager = true;
		f->iif = cover_iif(w, s, g);
	} else {
		model_flow_delete(w, s, g);
	}
}

/* Beside a (*,G) route each named source has an entry of its own. */
void model_derive(struct model *w)
{
	for (uint32_t g = 1; g < GROUPS; g++) {
		for (uint32_t s = 1; s < SOURCES; s++) {
			struct model_flow *f = &w->flow[s][g];

			if (w->flow[0][g].route == NOBODY || !named(w, s, g))
				continue;
			if (f->phase != LIVE) {
				requests_drop(w, s, g);
				f->iif = cover_iif(w, s, g);
				flow_live(f);
				flow_note(w, s, g);
			}
			if (f->route != NOBODY)
				continue;
			if (!f->eager)
				model_happened(MODEL_DERIVED);
			f->eager = true;
		}
	}
}

/* A route is its client's as long as the interface it names is. */
void model_routes_lost(struct model *w)
{
	model_templates_lost(w);
	for (uint32_t g = 1; g < GROUPS; g++) {
		for (uint32_t s = 0; s < SOURCES; s++) {
			struct model_flow *f = &w->flow[s][g];

			if (f->route != NOBODY &&
			    model_owner(&w->port[f->iif]) != f->route)
				model_route_drop(w, s, g);
		}
	}
}

void model_routes(struct model *w)
{
	model_routes_lost(w);
	model_derive(w);
	for (uint32_t g = 1; g < GROUPS; g++) {
		for (uint32_t s = 1; s < SOURCES; s++) {
			struct model_flow *f = &w->flow[s][g];

			if (f->eager && f->route == NOBODY &&
			    f->phase == LIVE &&
			    (w->flow[0][g].route == NOBODY || !named(w, s, g)))
				model_flow_delete(w, s, g);
		}
	}
}

int model_route_put(struct model *w, int who, uint32_t s, uint32_t g,
		    uint32_t iif, uint32_t listed, bool left)
{
	struct model_flow *f = &w->flow[s][g];

	if (f->route != NOBODY && f->route != who)
		return -EEXIST;
	if (model_owner(&w->port[iif]) != who || listed & 1u << iif ||
	    (left && listed))
		return -EINVAL;
	for (uint32_t i = 1; i <= IFS; i++) {
		if (listed & 1u << i && model_owner(&w->port[i]) != who)
			return -EINVAL;
	}
	model_happened(s ? MODEL_ROUTE : MODEL_ANY_ROUTE);
	if (listed || left)
		model_happened(left ? MODEL_ROUTE_LEFT : MODEL_ROUTE_LISTS);
	f->listed = listed;
	f->left = left;
	requests_drop(w, s, g);
	f->untold |= f->phase != LIVE;
	f->phase = LIVE;
	f->stale = false;
	f->route = who;
	f->iif = iif;
	return 0;
}

int model_route_del(struct model *w, int who, uint32_t s, uint32_t g)
{
	if (w->flow[s][g].route != who)
		return -ENOENT;
	model_route_drop(w, s, g);
	return 0;
}
