/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager against the model of mgm_model.h: random calls of six clients
 * on eight interfaces, and after each its result, every alert, every entry of
 * the plane, every owner, gate and epoch compared.
 *
 * XMGM_MODEL_STEPS and XMGM_MODEL_SEED in the environment say how many steps
 * and from which seed; a difference names the seed that shows it, and the last
 * calls.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "mgm_model_stage.h"
#include "v4.h"

#define STEPS 100000u
#define RUN   2000u /* steps of one manager */

/* --- comparing -------------------------------------------------------- */

static int alert_compare(const void *a, const void *b)
{
	const struct model_alert *x = a, *y = b;
	const int64_t differ[] = {
		(int64_t)x->type - y->type,	(int64_t)x->who - y->who,
		(int64_t)x->source - y->source, (int64_t)x->group - y->group,
		(int64_t)x->prefix - y->prefix, (int64_t)x->ifid - y->ifid,
		(int64_t)x->mfe - y->mfe,	(int64_t)x->epoch - y->epoch,
		(int64_t)x->result - y->result,
	};

	for (size_t i = 0; i < sizeof(differ) / sizeof(differ[0]); i++) {
		if (differ[i])
			return differ[i] < 0 ? -1 : 1;
	}
	return 0;
}

static const char *alert_text(const struct model_alert *a)
{
	static const char *const names[] = {
		"local-join", "join",		"prune",       "local-leave",
		"ownership",  "disable",	"enable",      "rpf",
		"creation",   "wrong-if",	"local-block", "local-unblock",
		"interface",  "interface gone", "made",	       "deleted"};
	static char text[120];

	snprintf(text, sizeof(text), "client %d %s (%u,%u) /%u on %u%s %u %d",
		 a->who, names[a->type], a->source, a->group, a->prefix,
		 a->ifid, a->mfe ? " mfe" : "", a->epoch, a->result);
	return text;
}

/* The request this is has to exist; its token is known from here. */
static bool request_seen(struct play *p, const struct model_alert *a,
			 uint64_t token)
{
	for (int i = 0; i < MAX_REQUEST; i++) {
		struct model_request *r = &p->w.request[i];

		if (!r->open || r->who != a->who || r->source != a->source ||
		    r->group != a->group || r->rpf != (a->type == SAY_RPF))
			continue;
		if (token)
			r->token = token;
		return true;
	}
	return false;
}

/* In order of the classes; the tokens of requests are known from here. */
static void alerts_order(struct play *p)
{
	/* Which are as the first of them; the others come last. */
	static const enum model_type classes[] = {
		[SAY_LOCAL_JOIN] = SAY_LOCAL_JOIN,
		[SAY_LOCAL_UNBLOCK] = SAY_LOCAL_JOIN,
		[SAY_JOIN] = SAY_JOIN,
		[SAY_PRUNE] = SAY_PRUNE,
		[SAY_LOCAL_LEAVE] = SAY_LOCAL_LEAVE,
		[SAY_LOCAL_BLOCK] = SAY_LOCAL_LEAVE,
		[SAY_OWNERSHIP] = SAY_OWNERSHIP,
		[SAY_INTERFACE] = SAY_INTERFACE,
		[SAY_INTERFACE_GONE] = SAY_INTERFACE,
		[SAY_MADE] = SAY_MADE,
		[SAY_DELETED] = SAY_MADE,
		[SAY_DISABLE] = SAY_REQUEST,
		[SAY_ENABLE] = SAY_REQUEST,
		[SAY_RPF] = SAY_REQUEST,
		[SAY_CREATION] = SAY_REQUEST,
		[SAY_WRONG_IF] = SAY_REQUEST,
	};
	enum model_type last = SAY_LOCAL_JOIN;

	for (unsigned int i = 0; i < p->alerts; i++) {
		const struct model_alert *a = &p->alert[i];
		enum model_type class = classes[a->type];

		if (class < last && !p->insides && !p->sliced && !p->several)
			difference("not in order: %s", alert_text(a));
		last = class;
		if (a->type == SAY_RPF || a->type == SAY_CREATION)
			request_seen(p, a, p->token[i]);
	}
}

/* In slices an interface may be told of twice. */
static bool told_before(const struct model_alert *a,
			const struct model_alert *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (a->type == SAY_INTERFACE && !alert_compare(a, &list[i]))
			return true;
	}
	return false;
}

/* Of a flow that may have gone either way (model_flow_either). */
static bool told_of_open(const struct play *p, const struct model_alert *a)
{
	const bool mfe = a->mfe || a->type == SAY_MADE ||
			 a->type == SAY_DELETED || a->type == SAY_RPF ||
			 a->type == SAY_CREATION;

	return mfe && p->open[a->source][a->group];
}

/*
 * Where much happens in one step an RPF question may overtake another, and an
 * entry may lose oifs, whose owners are then not told, before it is deleted; so
 * with the interfaces of a client that is back and has to say so of each.
 */
static unsigned int alerts_tidy(struct play *p, struct model_alert *list,
				unsigned int count)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < count; i++) {
		bool drop = false;

		if (p->w.many && list[i].type == SAY_RPF) {
			drop = !request_seen(p, &list[i], 0);
			for (unsigned int k = 0; k < kept; k++)
				drop |= !alert_compare(&list[i], &list[k]);
		}
		if (p->w.many || p->w.returned[list[i].who])
			drop |= list[i].type == SAY_DELETED;
		drop |= told_of_open(p, &list[i]);
		if (p->sliced)
			drop |= told_before(&list[i], list, kept);
		if (!drop)
			list[kept++] = list[i];
	}
	return kept;
}

static void alerts_print(const char *title, const struct model_alert *list,
			 unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		print_error("  %s %s\n", title, alert_text(&list[i]));
}

static void alerts_check(struct play *p)
{
	struct model_alert *want = p->w.alert, *got = p->alert;

	alerts_order(p);
	p->w.alerts = alerts_tidy(p, want, p->w.alerts);
	p->alerts = alerts_tidy(p, got, p->alerts);
	qsort(want, p->w.alerts, sizeof(*want), alert_compare);
	qsort(got, p->alerts, sizeof(*got), alert_compare);
	for (unsigned int i = 0; i < p->w.alerts || i < p->alerts; i++) {
		int order;

		if (i == p->w.alerts)
			order = 1;
		else if (i == p->alerts)
			order = -1;
		else
			order = alert_compare(&want[i], &got[i]);
		if (order) {
			alerts_print("wanted:", want, p->w.alerts);
			alerts_print("heard:", got, p->alerts);
		}
		if (order < 0)
			difference("missing: %s", alert_text(&want[i]));
		if (order > 0)
			difference("unexpected: %s", alert_text(&got[i]));
	}
}

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
	if (fixed != model_static(&p->w, s, g))
		difference("(%u,%u) is %sstatic", s, g, fixed ? "" : "not ");
}

static void interface_check(struct play *p, uint32_t ifid, bool was_owned)
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
	bool there = prefix   ? side->prefix[prefix]
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

static void walk_check(struct play *p)
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
	bool covered = p->w.flow[0][g].route != NOBODY ||
		       p->w.flow[s][g].route != NOBODY;

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
static void rib_check(struct play *p, const struct model_best was[SOURCES])
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

/* Where the order of what has happened in this step is nowhere promised. */
static void flows_either(struct play *p)
{
	memset(p->open, 0, sizeof(p->open));
	for (uint32_t g = 1; g < GROUPS; g++) {
		for (uint32_t s = 1; s < SOURCES; s++) {
			const struct entry *e = &p->entry[s][g];

			if (p->w.many && !e->oifs)
				p->open[s][g] = model_flow_either(
					&p->w, s, g, e->there, e->iif);
			if (p->sliced && e->there)
				p->open[s][g] |=
					model_flow_left(&p->w, s, g, e->iif);
		}
	}
}

static void check(struct play *p, const bool was_owned[IFS + 1])
{
	uint32_t held[SETS] = {0};

	flows_either(p);
	alerts_check(p);
	if (p->uncommitted)
		difference("something is not committed");
	for (uint32_t i = 1; i <= IFS; i++)
		interface_check(p, i, was_owned[i]);
	for (uint32_t g = 1; g < GROUPS; g++) {
		for (uint32_t s = 0; s < SOURCES; s++) {
			const struct entry *e = &p->entry[s][g];

			entry_check(p, s, g);
			if (e->there)
				held[e->oifs ? XMGM_SET_FIRST + e->oifs
					     : XMGM_SET_NEGATIVE]++;
		}
	}
	if (memcmp(held, p->refs, sizeof(held)))
		difference("sets are held that no entry has");
	if (!(p->step % 16))
		walk_check(p);
}

/* --- playing ---------------------------------------------------------- */

static void note(struct play *p, const char *name, int who, uint32_t a,
		 uint32_t b, uint32_t c, uint32_t d)
{
	p->call[p->step % LAST] = (struct call){name, who, 0, a, b, c, d};
}

static void agree(struct play *p, int got, int want)
{
	p->call[p->step % LAST].result = got;
	if (got != want)
		difference("the result is %d and has to be %d", got, want);
}

/* Who may make a call; then it is not silent any more. */
static bool may_call(const struct play *p, int who)
{
	return who != NOBODY && p->w.alive[who] && !p->w.lost[who];
}

static struct mgm_client *caller(struct play *p, int who)
{
	p->w.silent[who] = false;
	return p->person[who].handle;
}

static void play_register(struct play *p, int k)
{
	int who, err = play_person(p, k, &who);

	note(p, "registers", who, 0, 0, 0, 0);
	agree(p, err, 0);
}

static void play_own(struct play *p, int who, uint32_t ifid)
{
	int to = p->w.client[pick(p, CLIENTS)], owner = p->w.port[ifid].owner;
	uint32_t what = pick(p, 6);
	struct mgm_client *h;

	if (what > 2 && may_call(p, owner) && pick(p, 4))
		who = owner;
	if (what == 5 && to == NOBODY)
		return;
	h = caller(p, who);
	switch (what) {
	case 0:
	case 1:
	case 2:
		note(p, "takes", who, ifid, 0, 0, 0);
		agree(p, mgm_interface_take(p->m, h, ifid),
		      model_take(&p->w, who, ifid));
		break;
	case 3:
	case 4:
		note(p, "releases", who, ifid, 0, 0, 0);
		agree(p, mgm_interface_release(p->m, h, ifid),
		      model_release(&p->w, who, ifid));
		break;
	case 5:
		note(p, "transfers", who, ifid, (uint32_t)to, 0, 0);
		agree(p,
		      mgm_interface_transfer(p->m, h, ifid, protocol_of(to),
					     (uint32_t)(to % CLIENTS)),
		      model_transfer(&p->w, who, ifid, to));
		break;
	}
}

/* IGMP answers a handshake, mostly rightly. */
static void play_answer(struct play *p, int who, uint32_t ifid)
{
	const struct model_port *port;
	bool wrong = !pick(p, 8);
	struct mgm_client *h;
	uint32_t epoch;

	for (int i = 0; i < IFS && p->w.port[ifid].stage == IDLE; i++)
		ifid = 1 + ifid % IFS;
	port = &p->w.port[ifid];
	epoch = port->hs_epoch;
	if (may_call(p, port->igmp) && pick(p, 8))
		who = port->igmp;
	h = caller(p, who);
	if (wrong)
		epoch += pick(p, 3) - 1;
	if ((port->stage == REPLAYING) != (pick(p, 8) == 0)) {
		note(p, "has replayed", who, ifid, epoch, 0, 0);
		agree(p, mgm_replay_complete(p->m, h, ifid, epoch),
		      model_replayed(&p->w, who, ifid, epoch));
	} else {
		note(p, "is disabled", who, ifid, epoch, 0, 0);
		agree(p, mgm_igmp_disabled(p->m, h, ifid, epoch),
		      model_disabled(&p->w, who, ifid, epoch));
	}
}

/* Somebody who may write there, most of the time. */
static int writer_of(struct play *p, int who, uint32_t ifid)
{
	const struct model_port *port = &p->w.port[ifid];
	int is = pick(p, 2) ? port->igmp : port->owner;

	return may_call(p, is) && pick(p, 10) ? is : who;
}

static void play_membership(struct play *p, int who, uint32_t ifid)
{
	uint32_t g = pick(p, GROUPS), s = pick(p, SOURCES), flags = 1;
	struct mgm_client *h;

	who = writer_of(p, who, ifid);
	h = caller(p, who);
	if (!pick(p, 4))
		flags = pick(p, 4);
	if (!g && pick(p, 3))
		g = 1;
	if (!g && pick(p, 10))
		s = 0;
	if (pick(p, 2)) {
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

static void play_prefix(struct play *p, int who, uint32_t ifid)
{
	uint32_t prefix = 1 + pick(p, PREFIXES - 1), flags = MGM_JOIN_STATE;
	bool add = pick(p, 2);
	struct mgm_client *h;

	who = writer_of(p, who, ifid);
	h = caller(p, who);
	if (!pick(p, 20))
		flags = pick(p, 4);
	note(p, add ? "adds prefix" : "deletes prefix", who, ifid, prefix,
	     flags, 0);
	agree(p,
	      (add ? mgm_membership_add : mgm_membership_del)(
		      p->m, h, ifid, prefix_sg(prefix), flags),
	      model_prefix(&p->w, who, ifid, prefix, flags, add));
}

static void play_set(struct play *p, int who, uint32_t ifid)
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

/* In a replay: what IGMP has is said again. */
static void play_again(struct play *p, uint32_t ifid)
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

static void play_route(struct play *p, int who, uint32_t ifid)
{
	uint32_t g = 1 + pick(p, GROUPS - 1), s = pick(p, SOURCES), mask;
	uint32_t oifs[IFS];
	struct mgm_client *h;
	size_t count;

	who = writer_of(p, who, ifid);
	h = caller(p, who);
	if (pick(p, 2)) {
		count = oifs_pick(p, who, ifid, oifs, &mask);
		note(p, "puts route", who, s, g, ifid, mask);
		agree(p,
		      mgm_route_put(p->m, h, flow_sg(s, g), ifid, oifs, count,
				    0),
		      model_route_put(&p->w, who, s, g, ifid, mask));
	} else {
		note(p, "deletes route", who, s, g, 0, 0);
		agree(p, mgm_route_del(p->m, h, flow_sg(s, g)),
		      model_route_del(&p->w, who, s, g));
	}
}

static void play_reply(struct play *p)
{
	struct model_request r = p->w.request[pick(p, MAX_REQUEST)];
	struct mgm_creation_oif oifs[IFS];
	uint32_t iif = pick(p, IFS + 1), refused = 0;

	for (int i = 0; i < MAX_REQUEST && !r.open && pick(p, 20); i++)
		r = p->w.request[i];
	if (!r.token || !may_call(p, r.who))
		return;
	if (r.rpf) {
		note(p, "answers rpf", r.who, r.source, r.group, iif, 0);
		agree(p,
		      v4_rpf_reply(p->m, caller(p, r.who), r.token, iif,
				   (struct in_addr){0}),
		      model_rpf_reply(&p->w, r.who, r.token, iif));
		return;
	}
	for (uint32_t i = 0; i < IFS; i++) {
		bool no = !pick(p, 3);

		oifs[i] = (struct mgm_creation_oif){i + 1, false, !no};
		refused |= (uint32_t)no << (i + 1);
	}
	note(p, "answers creation", r.who, r.source, r.group, refused, 0);
	agree(p, mgm_creation_reply(p->m, caller(p, r.who), r.token, oifs, IFS),
	      model_creation_reply(&p->w, r.who, r.token, refused));
}

/*
 * Takes away the routes of a client, or through an interface, one by one; true
 * if there were any. What a death does with much else at once, and in which
 * order, is nowhere promised.
 */
static bool play_unroute(struct play *p, int who, uint32_t ifid)
{
	struct mgm_prefix prefix = {.length = 0};
	uint32_t number;

	for (int n = 0; n < CLIENTS * (int)RIBS; n++) {
		int k = n / (int)RIBS, by = p->w.client[k];
		uint32_t i = (uint32_t)n % RIBS;
		const struct model_rib_route *r = &p->w.route[k][i];

		if (!r->there || (by != who && r->ifid != ifid))
			continue;
		model_rib_prefix(i, &number, &prefix.length);
		prefix.address =
			mgm_address_v4((struct in_addr){htonl(number)});
		note(p, "takes its routes away", by, i, ifid, 0, 0);
		agree(p, mgm_rib_del(p->m, caller(p, by), &prefix),
		      model_rib_del(&p->w, by, i));
		model_settle(&p->w);
		while (p->sliced && mgm_deadline(p->m) <= p->w.now)
			mgm_tick(p->m, p->w.now);
		p->w.many = true;
		p->several = true;
	}
	return p->several;
}

static void play_rib(struct play *p, int who, uint32_t ifid)
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
			      (struct model_rib_route){true, ifid, r.distance});
	} else {
		note(p, "deletes route to sources", who, i, 0, 0, 0);
		agree(p, mgm_rib_del(p->m, caller(p, who), &r.prefix),
		      model_rib_del(&p->w, who, i));
	}
}

static void play_switch(struct play *p, int who, uint32_t ifid)
{
	bool on = pick(p, 2);

	who = writer_of(p, who, ifid);
	note(p, "switches wrong-if alerts", who, ifid, on, 0, 0);
	agree(p, mgm_wrong_if_alerts(p->m, caller(p, who), ifid, on),
	      model_wrong_if_alerts(&p->w, who, ifid, on));
}

static void play_packet(struct play *p, uint32_t arrival)
{
	uint32_t s = 1 + pick(p, SOURCES - 1), g = 1 + pick(p, GROUPS - 1);

	if (pick(p, 3)) {
		note(p, "packet", NOBODY, s, g, arrival, 0);
		p->held[s][g] = true;
		model_upcall(&p->w, s, g, arrival);
		mgm_upcall(p->m, p->w.now, flow_sg(s, g), arrival, NULL, 0);
	} else {
		note(p, "packet where it must not be", NOBODY, s, g, arrival,
		     0);
		model_wrong_if(&p->w, s, g, arrival);
		mgm_wrong_if(p->m, p->w.now, flow_sg(s, g), arrival, NULL, 0);
	}
}

static void play_time(struct play *p)
{
	static const uint32_t steps[] = {1, 10, 50, 100, 200, 500, 1000};
	uint32_t ms = steps[pick(p, 7)];

	if (!pick(p, 10))
		ms = 10000;
	note(p, "time", NOBODY, ms, 0, 0, 0);
	p->w.now += ms;
	model_tick(&p->w);
	mgm_tick(p->m, p->w.now);
}

static void play_world(struct play *p, uint32_t ifid)
{
	uint32_t s = 1 + pick(p, SOURCES - 1), rib = pick(p, IFS + 1);
	struct model_port *port = &p->w.port[ifid];

	switch (pick(p, 3)) {
	case 0:
		port->up = !port->up;
		port->linked = true;
		port->link_changed = true;
		note(p, "link", NOBODY, ifid, port->up, 0, 0);
		link_turns(p->m, p->w.now, ifid, port->up);
		break;
	case 1:
		note(p, "rib", NOBODY, s, rib, 0, 0);
		p->w.kernel[s] = rib;
		v4_rib_changed(p->m, p->w.now, source_ip(s),
			       pick(p, 2) ? 32 : 8);
		break;
	case 2:
		if (model_owner(port) != NOBODY &&
		    play_unroute(p, NOBODY, ifid))
			break;
		note(p, "interface gone", NOBODY, ifid, 0, 0, 0);
		model_gone(&p->w, ifid);
		mgm_interface_gone(p->m, p->w.now, ifid);
		break;
	}
}

static void play_end(struct play *p, int who)
{
	uint32_t how = pick(p, 4);
	struct mgm_client *h = caller(p, who);

	if ((how > 1 || model_person_used(&p->w, who)) &&
	    play_unroute(p, who, 0))
		return;
	switch (how) {
	case 0:
		note(p, "deregisters", who, 0, 0, 0, 0);
		agree(p, mgm_deregister(p->m, h), model_deregister(&p->w, who));
		break;
	case 1:
		note(p, "dies", who, 0, 0, 0, 0);
		p->w.alive[who] = false; /* it hears nothing from here */
		mgm_client_dead(p->m, h);
		model_dead(&p->w, who);
		break;
	default:
		note(p, "is lost", who, 0, 0, 0, 0);
		p->w.lost[who] = true; /* nor from here */
		mgm_client_lost(p->m, p->w.now, h);
		model_grace_lost(&p->w, who);
		break;
	}
}

static void play_settled(struct play *p, int who)
{
	note(p, "is settled", who, 0, 0, 0, 0);
	agree(p, mgm_client_settled(p->m, caller(p, who)), 0);
	model_grace_settled(&p->w, who);
}

/* Takes again what it had, or the first thing that it does not have. */
static void play_again_mine(struct play *p, int who, uint32_t ifid)
{
	for (int i = 0; i < IFS && !model_owns(&p->w, who, ifid); i++)
		ifid = 1 + ifid % IFS;
	note(p, "takes again", who, ifid, 0, 0, 0);
	agree(p, mgm_interface_take(p->m, caller(p, who), ifid),
	      model_take(&p->w, who, ifid));
}

static void play_batch(struct play *p, int who, uint32_t ifid)
{
	struct mgm_membership_change c[6];
	int want[6], first = 0;
	size_t count = pick(p, 7);

	who = writer_of(p, who, ifid);
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

/* The world goes on without who is lost. */
static void play_lost(struct play *p, int who, uint32_t ifid, uint32_t what)
{
	if (!pick(p, 6)) {
		note(p, "is back", who, 0, 0, 0, 0);
		agree(p, play_back(p, who), 0);
	} else if (what < 80) {
		play_packet(p, ifid);
	} else if (what < 90) {
		play_time(p);
	} else {
		play_world(p, ifid);
	}
}

/* Who is back has something to say. */
static bool play_returned(struct play *p, int who, uint32_t ifid, uint32_t what)
{
	if (!p->w.returned[who] || what % 4)
		return false;
	if (pick(p, 8))
		play_again_mine(p, who, ifid);
	else
		play_settled(p, who);
	return true;
}

static void play_any(struct play *p)
{
	uint32_t ifid = 1 + pick(p, IFS), what = pick(p, 100);
	int k = (int)pick(p, CLIENTS), who = p->w.client[k];

	if (who == NOBODY)
		play_register(p, k);
	else if (p->w.lost[who])
		play_lost(p, who, ifid, what);
	else if (play_returned(p, who, ifid, what))
		return;
	else if (what < 18)
		play_own(p, who, ifid);
	else if (what < 30)
		play_answer(p, who, ifid);
	else if (what < 34)
		play_again(p, ifid);
	else if (what < 42)
		play_membership(p, who, ifid);
	else if (what < 48)
		play_prefix(p, who, ifid);
	else if (what < 50)
		play_batch(p, who, ifid);
	else if (what < 62)
		play_set(p, who, ifid);
	else if (what < 68)
		play_route(p, who, ifid);
	else if (what < 69)
		play_switch(p, who, ifid);
	else if (what < 73)
		play_rib(p, who, ifid);
	else if (what < 78)
		play_reply(p);
	else if (what < 87)
		play_packet(p, ifid);
	else if (what < 88)
		play_settled(p, who);
	else if (what < 93)
		play_time(p);
	else if (what < 96)
		play_world(p, ifid);
	else
		play_end(p, who);
}

/* The calls from inside, in their order, each with what follows from it. */
static void play_inside(struct play *p)
{
	for (unsigned int i = 0; i < p->insides; i++) {
		const struct inside *in = &p->inside[i];
		int want;

		p->w.many = true;
		if (in->enabled && in->epoch % 2) {
			model_add(&p->w, in->who, in->ifid, 0, 1,
				  MGM_JOIN_STATE);
			model_settle(&p->w);
		}
		if (in->enabled)
			want = model_replayed(&p->w, in->who, in->ifid,
					      in->epoch);
		else
			want = model_disabled(&p->w, in->who, in->ifid,
					      in->epoch);
		if (in->result != want)
			difference("inside, the result is %d and has to be %d",
				   in->result, want);
		model_settle(&p->w);
	}
}

/* An MFE as read, while much of what a call has changed is not worked off. */
static void read_check(struct play *p, uint32_t s, uint32_t g)
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
	if (f->phase == NO_FLOW && !err && s &&
	    model_owner(&p->w.port[info.iif]) == NOBODY)
		return;
	if (!err != (f->phase != NO_FLOW))
		difference("(%u,%u) is %sread", s, g, err ? "not " : "");
	if (err || f->phase != LIVE)
		return;
	for (uint32_t i = 0; i < info.oif_count; i++)
		set |= 1u << oifs[i].ifid;
	if (info.iif != f->put_iif || set != must)
		difference("(%u,%u) reads %u: %#x and has to read %u: %#x", s,
			   g, info.iif, set, f->put_iif, must);
}

/* What is so at once, and then the rest of it. */
static void play_slices(struct play *p)
{
	/* The end of a replay is when what was not said again is gone. */
	for (uint32_t i = 1; i <= IFS && !p->w.swept; i++)
		interface_check(p, i, false);
	if (!(p->step % 4) && !p->w.swept)
		walk_check(p);
	if (!p->w.swept && pick(p, 2))
		read_check(p, pick(p, SOURCES), 1 + pick(p, GROUPS - 1));
	while (mgm_deadline(p->m) <= p->w.now)
		mgm_tick(p->m, p->w.now);
}

static void play_step(struct play *p)
{
	bool was_owned[IFS + 1] = {false};
	struct model_best was[SOURCES];
	unsigned int count;

	for (uint32_t i = 1; i <= IFS; i++)
		was_owned[i] = model_owner(&p->w.port[i]) != NOBODY;
	for (uint32_t s = 1; s < SOURCES; s++)
		was[s] = model_rib_best(&p->w, s, &count);
	for (int i = 0; i < PERSONS; i++) {
		p->was_alive[i] = p->w.alive[i] && !p->w.lost[i];
		p->person[i].heard = 0;
	}
	p->w.alerts = 0;
	p->w.ordered = 0;
	p->insides = 0;
	p->w.many = p->sliced;
	p->w.swept = false;
	p->w.abandoned = false;
	p->w.flips = 0;
	p->several = false;
	p->alerts = 0;
	note(p, "nothing", NOBODY, 0, 0, 0, 0);
	play_any(p);
	model_settle(&p->w);
	play_inside(p);
	if (p->sliced)
		play_slices(p);
	check(p, was_owned);
	rib_check(p, was);
}

static uint32_t setting(const char *name, uint32_t fallback)
{
	const char *text = getenv(name);

	return text ? (uint32_t)strtoul(text, NULL, 10) : fallback;
}

static void test_manager_does_what_the_model_does(void **state)
{
	uint32_t left = setting("XMGM_MODEL_STEPS", STEPS);
	uint32_t seed = setting("XMGM_MODEL_SEED", 1);

	(void)state;
	for (; left; seed++) {
		struct play *p = play_new(seed);
		uint32_t run = left < RUN ? left : RUN;

		for (p->step = 0; p->step < run; p->step++)
			play_step(p);
		left -= run;
		play_free(p);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_manager_does_what_the_model_does),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
