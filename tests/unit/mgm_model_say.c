/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What clients say at random: memberships, static routes, routes to sources.
 * Each call is made of the manager and of the model, and its result compared.
 */
#include "mgm_model_play.h"
#include "v4.h"

void note(struct play *p, const char *name, int who, uint32_t a, uint32_t b,
	  uint32_t c, uint32_t d)
{
	p->call[p->calls++ % LAST] =
		(struct call){name, p->step, who, 0, a, b, c, d};
	if (who != NOBODY)
		p->w.silent[who] = false;
}

void agree(struct play *p, int got, int want)
{
	p->call[(p->calls - 1) % LAST].result = got;
	if (got != want)
		difference("the result is %d and has to be %d", got, want);
}

/* Who may make a call; then it is not silent any more. */
bool may_call(const struct play *p, int who)
{
	return who != NOBODY && p->w.alive[who] && !p->w.lost[who];
}

struct mgm_client *caller(const struct play *p, int who)
{
	return p->person[who].handle;
}

/* Somebody who may write there, most of the time. */
int writer_of(struct play *p, int who, uint32_t ifid)
{
	const struct model_port *port = &p->w.port[ifid];
	int is = pick(p, 2) ? port->igmp : port->owner;

	return may_call(p, is) && pick(p, 10) ? is : who;
}

/* A flow that there is, if there is one. */
static void flow_pick(struct play *p, uint32_t *s, uint32_t *g)
{
	uint32_t from = pick(p, SOURCES * GROUPS);

	for (uint32_t i = 0; i < SOURCES * GROUPS; i++) {
		uint32_t at = (from + i) % (SOURCES * GROUPS);

		if (at < GROUPS || !p->w.flow[at / GROUPS][at % GROUPS].phase)
			continue;
		*s = at / GROUPS;
		*g = at % GROUPS;
		return;
	}
}

/* What this one says there. */
static const struct model_side *side_of(const struct play *p, int who,
					uint32_t ifid)
{
	return &p->w.port[ifid].side[p->w.port[ifid].igmp == who];
}

static bool wild_on(const struct play *p, uint32_t ifid)
{
	const struct model_port *port = &p->w.port[ifid];

	return port->side[OWNER].wild || port->side[IGMP].wild;
}

void play_membership(struct play *p, int who, uint32_t ifid)
{
	uint32_t g = pick(p, GROUPS), s = pick(p, SOURCES), flags = 1;
	bool add = pick(p, 2);
	struct mgm_client *h;

	for (int i = 0; i < IFS && !add && !pick(p, 2); i++) {
		if (!wild_on(p, ifid))
			ifid = 1 + ifid % IFS;
	}
	who = writer_of(p, who, ifid);
	h = caller(p, who);
	/* Flows that vanish with an interface may do so later. */
	if (!pick(p, 4) && !(p->burst && p->w.abandoned))
		flags = pick(p, 4);
	if (!g && pick(p, 2))
		g = 1;
	if (!g && pick(p, 10))
		s = 0;
	if (flags > 1 && pick(p, 4))
		flow_pick(p, &s, &g);
	if (!add && side_of(p, who, ifid)->wild && pick(p, 2))
		s = g = 0;
	if (add) {
		note(p, "adds", who, ifid, s, g, flags);
		agree(p,
		      mgm_membership_add(p->m, h, ifid, flow_sg(s, g), flags),
		      model_add(&p->w, who, ifid, s, g, flags));
	} else {
		note(p, "deletes", who, ifid, s, g, flags);
		agree(p,
		      mgm_membership_del(p->m, h, ifid, flow_sg(s, g), flags),
		      model_del(&p->w, who, ifid, s, g, flags));
	}
}

void play_prefix(struct play *p, int who, uint32_t ifid)
{
	uint32_t prefix = 1 + pick(p, PREFIXES - 1), flags = MGM_JOIN_STATE;
	bool add = pick(p, 2);
	struct mgm_client *h;

	who = writer_of(p, who, ifid);
	h = caller(p, who);
	if (!pick(p, 20))
		flags = pick(p, 4);
	for (uint32_t i = 0; i < PREFIXES && !add; i++) {
		if (!side_of(p, who, ifid)->prefix[prefix])
			prefix = 1 + prefix % (PREFIXES - 1);
	}
	note(p, add ? "adds prefix" : "deletes prefix", who, ifid, prefix,
	     flags, 0);
	agree(p,
	      (add ? mgm_membership_add : mgm_membership_del)(
		      p->m, h, ifid, prefix_sg(prefix), flags),
	      model_prefix(&p->w, who, ifid, prefix, flags, add));
}

void play_set(struct play *p, int who, uint32_t ifid)
{
	uint32_t g = 1 + pick(p, GROUPS - 1), count = 0, mask = 0;
	bool listed[SOURCES] = {false}, exclude = pick(p, 2);
	struct in_addr list[SOURCES];

	who = writer_of(p, who, ifid);
	for (uint32_t s = 1; s < SOURCES; s++) {
		listed[s] = !pick(p, 3);
		mask |= (uint32_t)listed[s] << s;
		if (listed[s])
			list[count++] = source_ip(s);
	}
	note(p, exclude ? "excludes" : "includes", who, ifid, g, mask, 0);
	agree(p,
	      v4_membership_set(p->m, caller(p, who), ifid, group_ip(g),
				exclude ? MGM_EXCLUDE : MGM_INCLUDE, list,
				count),
	      model_set(&p->w, who, ifid, g, exclude, listed));
}

void play_batch(struct play *p, int who, uint32_t ifid)
{
	struct mgm_membership_change c[6];
	int want[6], first = 0;
	size_t count = pick(p, 7);

	who = writer_of(p, who, ifid);
	model_happened(MODEL_BATCHED);
	note(p, "batch", who, (uint32_t)count, 0, 0, 0);
	for (size_t i = 0; i < count; i++) {
		want[i] = play_pick_change(p, who, &c[i]);
		model_derive(&p->w); /* each takes effect by itself */
		first = first ? first : want[i];
	}
	agree(p, mgm_membership_batch(p->m, caller(p, who), c, count), first);
	for (size_t i = 0; i < count; i++) {
		if (c[i].result != want[i])
			difference("change %zu is %d and has to be %d", i,
				   c[i].result, want[i]);
	}
}

/* In a replay: what IGMP has is said again. */
void play_again(struct play *p, uint32_t ifid)
{
	const struct model_port *port;
	uint32_t g = 1 + pick(p, GROUPS - 1), count = 0, prefix;
	const struct model_says *says;
	struct in_addr list[SOURCES];
	bool listed[SOURCES] = {false}, any;

	for (int i = 0; i < IFS && p->w.port[ifid].stage != REPLAYING; i++)
		ifid = 1 + ifid % IFS;
	port = &p->w.port[ifid];
	if (port->stage != REPLAYING)
		return;
	if (port->side[IGMP].wild && pick(p, 2)) {
		note(p, "says again", port->igmp, ifid, 0, 0, 0);
		agree(p,
		      mgm_membership_add(p->m, caller(p, port->igmp), ifid,
					 flow_sg(0, 0), MGM_JOIN_STATE),
		      model_add(&p->w, port->igmp, ifid, 0, 0, MGM_JOIN_STATE));
		return;
	}
	prefix = 1 + pick(p, PREFIXES - 1);
	if (port->side[IGMP].prefix[prefix] && pick(p, 2)) {
		note(p, "says prefix again", port->igmp, ifid, prefix, 0, 0);
		agree(p,
		      mgm_membership_add(p->m, caller(p, port->igmp), ifid,
					 prefix_sg(prefix), MGM_JOIN_STATE),
		      model_prefix(&p->w, port->igmp, ifid, prefix,
				   MGM_JOIN_STATE, true));
		return;
	}
	says = &port->side[IGMP].group[g];
	any = says->any;
	for (uint32_t s = 1; s < SOURCES; s++) {
		listed[s] = any ? says->block[s] : says->include[s];
		if (listed[s])
			list[count++] = source_ip(s);
	}
	note(p, "says again", port->igmp, ifid, g, 0, 0);
	agree(p,
	      v4_membership_set(p->m, caller(p, port->igmp), ifid, group_ip(g),
				any ? MGM_EXCLUDE : MGM_INCLUDE, list, count),
	      model_set(&p->w, port->igmp, ifid, g, any, listed));
}

/* Some of its own interfaces, and sometimes another. */
static size_t oifs_pick(struct play *p, int who, uint32_t iif,
			uint32_t oifs[IFS], uint32_t *mask)
{
	bool foul = !pick(p, 20);
	size_t count = 0;

	*mask = 0;
	for (uint32_t i = 1; i <= IFS; i++) {
		bool own = i != iif && model_owner(&p->w.port[i]) == who;

		if (pick(p, 3) || (!own && !foul))
			continue;
		oifs[count++] = i;
		*mask |= 1u << i;
	}
	return count;
}

static void play_template(struct play *p, int who, uint32_t ifid)
{
	uint32_t i = pick(p, TEMPLATES), oifs[IFS], mask = 0;
	struct model_key key = model_template_key(i);
	struct mgm_sg sg = mgm_sg_v4((struct in_addr){htonl(key.source)},
				     (struct in_addr){htonl(key.group)});
	struct model_template t = {.iif = ifid, .left = !pick(p, 4)};
	struct mgm_client *h = caller(p, who);
	size_t count = 0;

	sg.source.length = (uint8_t)key.source_bits;
	sg.group.length = (uint8_t)key.group_bits;
	if (!pick(p, 3)) {
		note(p, "deletes template", who, i, 0, 0, 0);
		agree(p, mgm_route_del(p->m, h, sg),
		      model_template_del(&p->w, who, i));
		return;
	}
	if (!t.left || !pick(p, 20))
		count = oifs_pick(p, who, ifid, oifs, &mask);
	t.listed = mask;
	note(p, t.left ? "leaves template" : "puts template", who, i, ifid,
	     mask, 0);
	agree(p,
	      mgm_route_put(p->m, h, sg, ifid, oifs, count,
			    t.left ? MGM_ROUTE_LEAVE_TO_KERNEL : 0),
	      model_template_put(&p->w, who, i, t));
}

void play_route(struct play *p, int who, uint32_t ifid)
{
	uint32_t g = 1 + pick(p, GROUPS - 1), mask;
	uint32_t s = pick(p, 4) ? pick(p, SOURCES) : 0, oifs[IFS];
	struct mgm_client *h;
	bool left = !pick(p, 3);
	size_t count = 0;

	who = writer_of(p, who, ifid);
	if (!pick(p, 3)) {
		play_template(p, who, ifid);
		return;
	}
	h = caller(p, who);
	if (pick(p, 2)) {
		mask = 0;
		if (!left || !pick(p, 20))
			count = oifs_pick(p, who, ifid, oifs, &mask);
		note(p, left ? "leaves" : "puts route", who, s, g, ifid, mask);
		agree(p,
		      mgm_route_put(p->m, h, flow_sg(s, g), ifid, oifs, count,
				    left ? MGM_ROUTE_LEAVE_TO_KERNEL : 0),
		      model_route_put(&p->w, who, s, g, ifid, mask, left));
	} else {
		note(p, "deletes route", who, s, g, 0, 0);
		agree(p, mgm_route_del(p->m, h, flow_sg(s, g)),
		      model_route_del(&p->w, who, s, g));
	}
}

void play_rib(struct play *p, int who, uint32_t ifid)
{
	static const uint8_t distances[] = {0, 1, 100, 100, 150, 200, 255};
	uint32_t i = pick(p, RIBS), number;
	struct mgm_rib_route r = {.size = sizeof(r), .ifid = ifid};

	model_rib_prefix(i, &number, &r.prefix.length);
	r.prefix.address = mgm_address_v4((struct in_addr){htonl(number)});
	r.upstream = MGM_ADDRESS_V4_ANY;
	r.distance = distances[pick(p, sizeof(distances))];
	if (!pick(p, 20)) {
		p->w.longest = !p->w.longest;
		note(p, "longest match", NOBODY, p->w.longest, 0, 0, 0);
		mgm_rib_longest(p->m, p->w.longest);
	} else if (pick(p, 3)) {
		note(p, "puts route to sources", who, i, ifid, r.distance, 0);
		agree(p, mgm_rib_put(p->m, caller(p, who), &r), 0);
		model_rib_put(&p->w, who, i,
			      (struct model_rib_route){true, false, ifid,
						       r.distance});
	} else {
		note(p, "deletes route to sources", who, i, 0, 0, 0);
		agree(p, mgm_rib_del(p->m, caller(p, who), &r.prefix),
		      model_rib_del(&p->w, who, i));
	}
}

void play_switch(struct play *p, int who, uint32_t ifid)
{
	bool on = pick(p, 2);

	if (pick(p, 3)) {
		if (may_call(p, p->w.port[ifid].igmp) && pick(p, 10))
			who = p->w.port[ifid].igmp;
		note(p, on ? "forwards" : "stands down", who, ifid, 0, 0, 0);
		agree(p, mgm_interface_forward(p->m, caller(p, who), ifid, on),
		      model_forward(&p->w, who, ifid, on));
		return;
	}
	who = writer_of(p, who, ifid);
	note(p, "switches wrong-if alerts", who, ifid, on, 0, 0);
	agree(p, mgm_wrong_if_alerts(p->m, caller(p, who), ifid, on),
	      model_wrong_if_alerts(&p->w, who, ifid, on));
}
