/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares what is in the plane, and what is read of interfaces, memberships,
 * routes and MFEs, with what the model has.
 */
#include "mgm_model_play.h"
#include "v4.h"

static void entry_check(struct play *p, uint32_t s, uint32_t g)
{
	const struct model_flow *f = &p->w.flow[s][g];
	const struct entry *e = &p->entry[s][g];
	bool fixed = e->flags & XMGM_MFE_STATIC;
	bool must = f->phase == LIVE && (s || !model_withheld(&p->w, g));

	if (e->there != must)
		difference("(%u,%u) is %sthere", s, g, e->there ? "" : "not ");
	if (p->held[s][g] && (!f->phase || f->phase == LIVE))
		difference("packets of (%u,%u) are held for nothing", s, g);
	if (!e->there)
		return;
	if (e->iif != f->put_iif || e->oifs != f->oifs)
		difference("(%u,%u) is %u: %#x and has to be %u: %#x", s, g,
			   e->iif, e->oifs, f->put_iif, f->oifs);
	if (e->left != model_left(&p->w, s, g))
		difference("(%u,%u) is %sthe kernel's", s, g,
			   e->left ? "" : "not ");
	if (fixed != model_static(&p->w, s, g))
		difference("(%u,%u) is %sstatic", s, g, fixed ? "" : "not ");
}

void check_interface(struct play *p, uint32_t ifid, bool was_owned)
{
	static const enum mgm_gate gates[] = {MGM_GATE_OFF, MGM_GATE_ON,
					      MGM_GATE_HELD};
	const struct interface *is = &p->interface[ifid];
	struct model_port *port = &p->w.port[ifid];
	int who = model_owner(port);

	if (is->owner != (who == NOBODY ? 0 : protocol_of(who)))
		difference("interface %u is owned by %u, not by client %d",
			   ifid, is->owner, who);
	if (who == NOBODY)
		return;
	if (is->gate != gates[port->gate])
		difference("the gate of %u is %d, not %d", ifid, is->gate,
			   gates[port->gate]);
	/* After a time without an owner it may be any higher one. */
	if (was_owned ? is->epoch != port->epoch : is->epoch < port->epoch)
		difference("the epoch of %u is %u, not %u", ifid, is->epoch,
			   port->epoch);
	port->epoch = is->epoch;
}

/* It follows from the MFEs. */
static void unserved_check(struct play *p, uint32_t ifid)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	uint32_t must = model_unserved(&p->w, ifid);

	mgm_interface_get(p->m, ifid, &info);
	if (info.unserved != must)
		difference("%u flows of the kernel are wanted on %u, not %u",
			   info.unserved, ifid, must);
}

/* Rows of a walk, or what they have to be. */
struct rows {
	struct play *play;
	unsigned int count;
};

static int row_check(void *arg, const struct mgm_membership_info *info)
{
	uint32_t g = number(v4_of(&info->sg.group)),
		 s = number(v4_of(&info->sg.source)),
		 prefix = prefix_of(&info->sg);
	struct rows *rows = arg;
	const struct model_port *port = &rows->play->w.port[info->ifid];
	const struct model_side *side = &port->side[info->by_igmp];
	const struct model_says *says = &side->group[prefix ? 0 : g];
	int who = info->by_igmp ? port->igmp : port->owner;
	bool blocks = s && info->filter == MGM_EXCLUDE;
	bool one = info->sg.source.length != 0;
	bool there = prefix ? side->prefix[prefix] &&
				      one == (info->filter == MGM_INCLUDE)
		     : blocks ? says->block[s]
		     : s      ? says->include[s]
		     : g      ? says->any
			      : side->wild;

	rows->count++;
	if (!there || who == NOBODY || info->protocol != protocol_of(who) ||
	    info->component != (uint32_t)(who % CLIENTS))
		difference("a row of the walk is not so: (%u,%u) on %u", s, g,
			   info->ifid);
	return 0;
}

void check_walk(struct play *p)
{
	struct rows rows = {.play = p};
	unsigned int must = 0;

	if (membership_walk(p->m, false, row_check, &rows))
		difference("a walk has ended early");
	for (uint32_t i = 1; i <= IFS; i++) {
		for (int id = 0; id < WRITERS; id++) {
			const struct model_side *side = &p->w.port[i].side[id];

			must += side->wild;
			for (uint32_t k = 1; k < PREFIXES; k++)
				must += side->prefix[k];
			for (uint32_t k = 0; k < SOURCES * GROUPS; k++) {
				const struct model_says *says =
					&side->group[k % GROUPS];

				if (k < GROUPS)
					must += says->any;
				else
					must += says->include[k / GROUPS] +
						says->block[k / GROUPS];
			}
		}
	}
	if (rows.count != must)
		difference("a walk has %u rows and has to have %u", rows.count,
			   must);
}

static uint32_t protocol_of_best(const struct model_best *best)
{
	return best->who == NOBODY ? MGM_PROTOCOL_NONE : protocol_of(best->who);
}

/* What an entry says of the route that it came by. */
static void route_check(struct play *p, uint32_t s, uint32_t g,
			const struct model_best *best)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};
	bool covered = model_cover(&p->w, s, g).who != NOBODY;

	if (p->w.flow[s][g].phase != LIVE)
		return;
	if (mgm_mfe_get(p->m, flow_sg(s, g), &info))
		difference("(%u,%u) is not read", s, g);
	if (info.routed != (best->ifid && !covered))
		difference("(%u,%u) is %srouted", s, g,
			   info.routed ? "" : "not ");
	if (info.routed &&
	    (info.rib_protocol != protocol_of_best(best) ||
	     info.rib_component != (uint32_t)(best->who + (best->who < 0)) ||
	     info.rib_distance != best->distance ||
	     info.rib_prefix.length != best->length))
		difference("(%u,%u) came by a route of %u, distance %u", s, g,
			   info.rib_protocol, info.rib_distance);
}

static void heard_check(struct play *p, uint32_t s)
{
	for (int k = 0; k < CLIENTS; k++) {
		int who = p->w.client[k];

		if (who != NOBODY && p->was_alive[who] && !p->w.lost[who] &&
		    !(p->person[who].heard & 1u << s))
			difference("client %d has not heard of source %u", who,
				   s);
	}
}

/* What is read of routes; and that all have heard that they are others. */
void check_rib(struct play *p, const struct model_best was[SOURCES])
{
	for (uint32_t s = 1; s < SOURCES; s++) {
		const struct mgm_address source = mgm_address_v4(source_ip(s));
		struct mgm_rib_route got[CLIENTS * RIBS] = {
			{.size = sizeof(got[0])}};
		unsigned int must;
		const struct model_best best = model_rib_best(&p->w, s, &must);
		size_t count = CLIENTS * RIBS;
		int err = mgm_rib_get(p->m, &source, got, &count);

		if (count != must || !err != (best.ifid != 0))
			difference("%zu routes to source %u, not %u: %d", count,
				   s, must, err);
		if (!err && (got[0].ifid != best.ifid ||
			     got[0].protocol != protocol_of_best(&best) ||
			     got[0].distance != best.distance ||
			     got[0].prefix.length != best.length))
			difference("the route to source %u is by %u of %u", s,
				   got[0].ifid, got[0].protocol);
		for (uint32_t g = 1; g < GROUPS; g++)
			route_check(p, s, g, &best);
		if (best.ifid != was[s].ifid || best.who != was[s].who ||
		    best.distance != was[s].distance)
			heard_check(p, s);
	}
}

/* An MFE as read, while much of what a call has changed is not worked off. */
void check_read(struct play *p, uint32_t s, uint32_t g)
{
	const struct model_flow *f = &p->w.flow[s][g];
	struct mgm_mfe_oif oifs[IFS] = {{.size = sizeof(oifs[0])}};
	uint32_t set = 0, must = s || !model_withheld(&p->w, g) ? f->oifs : 0;
	struct mgm_mfe_info info = {
		.size = sizeof(info), .oif_room = IFS, .oifs = oifs};
	int err = mgm_mfe_get(p->m, flow_sg(s, g), &info);

	/* As model_flow_either has it: through what nobody owns any more. */
	if (f->phase == LIVE && err && s &&
	    (p->w.abandoned || model_owner(&p->w.port[f->iif]) == NOBODY))
		return;
	if (f->phase == NO_FLOW && !err && s && p->w.abandoned &&
	    model_flow_may_stay(&p->w, s, g, info.iif))
		return;
	if (!err != (f->phase != NO_FLOW))
		difference("(%u,%u) is %sread", s, g, err ? "not " : "");
	if (err || f->phase != LIVE)
		return;
	for (uint32_t i = 0; i < info.oif_count; i++)
		set |= 1u << oifs[i].ifid;
	p->read = (struct entry){.there = true, .iif = info.iif, .oifs = set};
	p->read_of = (struct flow_of){s, g};
	if (model_flow_may(&p->w, s, g, info.iif) && info.iif != f->put_iif)
		return;
	if (info.iif != f->put_iif || set != must)
		difference("(%u,%u) reads %u: %#x and has to read %u: %#x", s,
			   g, info.iif, set, f->put_iif, must);
}

/* What was read meanwhile is what is so in the end. */
static void read_check(struct play *p)
{
	const struct entry *e = &p->entry[p->read_of.source][p->read_of.group];

	if (p->read.there && e->there &&
	    (p->read.iif != e->iif || p->read.oifs != e->oifs))
		difference("(%u,%u) was read as %u: %#x and is %u: %#x",
			   p->read_of.source, p->read_of.group, p->read.iif,
			   p->read.oifs, e->iif, e->oifs);
	p->read.there = false;
}

/* As it is in the plane, and whether its iif has an owner. */
static struct model_stays stays(struct play *p, uint32_t s, uint32_t g)
{
	struct mgm_mfe_info info = {.size = sizeof(info)};
	const struct entry *e = &p->entry[s][g];

	mgm_mfe_get(p->m, flow_sg(s, g), &info);
	return (struct model_stays){e->iif, e->oifs,
				    info.owner != MGM_PROTOCOL_NONE};
}

static bool flow_either(struct play *p, uint32_t s, uint32_t g)
{
	const struct entry *e = &p->entry[s][g];
	bool open = false;

	if (p->w.abandoned)
		open = model_flow_either(&p->w, s, g, e->there, e->iif);
	if (e->there && p->w.flow[s][g].phase == LIVE)
		open |= model_flow_left(&p->w, s, g, stays(p, s, g));
	return open;
}

/* Where the order of what has happened in this step is nowhere promised. */
static void flows_either(struct play *p)
{
	memset(p->open, 0, sizeof(p->open));
	for (uint32_t g = 1; g < GROUPS && p->sliced; g++) {
		for (uint32_t s = 1; s < SOURCES; s++)
			p->open[s][g] = flow_either(p, s, g);
	}
}

/* Who is there. In slices who was asked may be another, or asked no more. */
static void clients_check(struct play *p)
{
	struct mgm_client_info info = {.size = sizeof(info)};
	int err = mgm_client_next(p->m, NULL, &info), count = 0;

	for (; !err; err = mgm_client_next(p->m, &info, &info)) {
		int who = p->w.client[info.component];

		/* One that is dead may have to leave an interface still. */
		if (who == NOBODY && !info.interface_count)
			difference("client %u is still there", info.component);
		if (who == NOBODY)
			continue;
		count++;
		if (info.lost != p->w.lost[who])
			difference("client %d is %slost", who,
				   info.lost ? "" : "not ");
		if (p->w.silent[who] == info.silent)
			continue;
		if (!p->sliced)
			difference("client %d is %ssilent", who,
				   info.silent ? "" : "not ");
		p->w.silent[who] = info.silent;
	}
	for (int k = 0; k < CLIENTS; k++)
		count -= p->w.client[k] != NOBODY;
	if (count)
		difference("%d clients too many", count);
}

void check_step(struct play *p, const bool was_owned[IFS + 1])
{
	uint32_t held[SETS] = {0};

	flows_either(p);
	read_check(p);
	check_alerts(p);
	clients_check(p);
	if (p->uncommitted)
		difference("something is not committed");
	for (uint32_t i = 1; i <= IFS; i++)
		check_interface(p, i, was_owned[i]);
	for (uint32_t g = 1; g < GROUPS; g++) {
		for (uint32_t s = 0; s < SOURCES; s++) {
			const struct entry *e = &p->entry[s][g];

			entry_check(p, s, g);
			if (e->there && !e->left)
				held[e->oifs ? XMGM_SET_FIRST + e->oifs
					     : XMGM_SET_NEGATIVE]++;
		}
	}
	for (uint32_t i = 1; i <= IFS; i++)
		unserved_check(p, i);
	if (memcmp(held, p->refs, sizeof(held)))
		difference("sets are held that no entry has");
	if (!(p->step % 16))
		check_walk(p);
}
