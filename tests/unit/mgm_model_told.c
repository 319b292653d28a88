/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the model's clients are told for information: interfaces, as a
 * difference from what everybody knows of them, and MFEs that come and go.
 */
#include "mgm_model.h"
#include "mgm_model_count.h"

#include <errno.h>

static struct model_seen seen_now(const struct model_port *p)
{
	int who = model_owner(p);

	return (struct model_seen){
		.known = p->linked || who != NOBODY,
		.igmp = p->igmp != NOBODY,
		.owner = who == NOBODY ? NOBODY : who % CLIENTS,
	};
}

static void say_all(struct model *w, enum model_type type, uint32_t ifid)
{
	for (int k = 0; k < CLIENTS; k++)
		model_say(w, (struct model_alert){.type = type,
						  .who = w->client[k],
						  .ifid = ifid});
}

void model_interfaces(struct model *w)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		struct model_port *p = &w->port[i];
		const struct model_seen was = p->seen, is = seen_now(p);

		if (was.known && !is.known)
			say_all(w, SAY_INTERFACE_GONE, i);
		else if (is.known &&
			 (!was.known || p->link_changed ||
			  is.igmp != was.igmp || is.owner != was.owner))
			say_all(w, SAY_INTERFACE, i);
		p->seen = is;
		p->link_changed = false;
	}
}

/* The owners of its iif and of its oifs, once each. */
static void say_owners(struct model *w, enum model_type type, uint32_t s,
		       uint32_t g)
{
	const struct model_flow *f = &w->flow[s][g];
	bool told[PERSONS] = {false};

	for (uint32_t i = 1; i <= IFS; i++) {
		int who = model_listener(&w->port[i]);

		if (who == NOBODY || told[who] ||
		    (i != f->put_iif && !(f->oifs & 1u << i)))
			continue;
		told[who] = true;
		model_say(w, (struct model_alert){.type = type,
						  .who = who,
						  .source = s,
						  .group = g,
						  .ifid = f->put_iif});
	}
}

void model_deleted(struct model *w, uint32_t s, uint32_t g)
{
	struct model_flow *f = &w->flow[s][g];

	if (f->there)
		say_owners(w, SAY_DELETED, s, g);
	f->there = false;
}

bool model_deletion_may(const struct model *w, const struct model_alert *a)
{
	const struct model_been *been = &w->been[a->source][a->group];

	if (!(been->iifs & 1u << a->ifid))
		return false;
	for (uint32_t i = 1; i <= IFS; i++) {
		if ((been->iifs | been->oifs) & 1u << i &&
		    w->listened[i][a->who])
			return true;
	}
	return false;
}

/* Was it an oif all the time, and would be, by what is wanted there now? */
static bool oif_still(const struct model *w, const struct model_alert *a,
		      uint32_t i)
{
	const uint32_t first = w->been[a->source][a->group].first;
	const struct model_flow *f = &w->gone[a->source][a->group];
	const struct model_port *p = &w->port[i];

	if (!(f->oifs & first & 1u << i) || !p->up ||
	    model_flow_denied(w, i, true, a->source, a->group))
		return false;
	return model_wanted(w, &p->side[OWNER], a->source, a->group) ||
	       model_wanted(w, &p->side[IGMP], a->source, a->group);
}

bool model_deletion_must(const struct model *w, const struct model_alert *a)
{
	const struct model_been *been = &w->been[a->source][a->group];

	for (uint32_t i = 1; i <= IFS; i++) {
		if (model_listener(&w->port[i]) != a->who ||
		    w->port[i].epoch != w->first_epoch[i])
			continue;
		if (been->iifs == 1u << i || oif_still(w, a, i))
			return true;
	}
	return false;
}

void model_withhold(struct model *w, uint32_t s, uint32_t g)
{
	if (s || !model_withheld(w, g))
		return;
	if (w->flow[s][g].there)
		model_happened(MODEL_WITHHELD);
	model_deleted(w, s, g);
}

void model_made(struct model *w, uint32_t s, uint32_t g)
{
	struct model_flow *f = &w->flow[s][g];

	if (f->there || (!s && model_withheld(w, g)))
		return;
	say_owners(w, SAY_MADE, s, g);
	f->there = true;
}

int model_wrong_if_alerts(struct model *w, int who, uint32_t ifid, bool on)
{
	struct model_port *p = &w->port[ifid];
	int owner = model_owner(p);

	if (owner == NOBODY)
		return -ENOENT;
	if (owner != who)
		return -EINVAL;
	p->no_wrong_if = !on;
	return 0;
}

int model_forward(struct model *w, int who, uint32_t ifid, bool on)
{
	struct model_port *p = &w->port[ifid];

	if (model_owner(p) == NOBODY)
		return -ENOENT;
	if (p->igmp != who)
		return -EINVAL;
	if (!on)
		model_happened(MODEL_STOOD_DOWN);
	p->down = !on;
	p->down_stale = false;
	return 0;
}
