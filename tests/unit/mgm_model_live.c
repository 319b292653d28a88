/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How clients come and go at random, what they own and answer, and what the
 * world does meanwhile: packets, links, time. As mgm_model_say.c.
 */
#include "mgm_model_play.h"
#include "v4.h"

#include <errno.h>

void play_register(struct play *p, int k)
{
	int who, err = play_person(p, k, &who);

	note(p, "registers", who, 0, 0, 0, 0);
	agree(p, err, 0);
}

/* A registration that is refused changes nothing. */
void play_register_foul(struct play *p, int who)
{
	uint32_t why = pick(p, 6);
	int must, err = play_refused(p, who, why, &must);

	note(p, "registers foul", NOBODY, (uint32_t)who, why, 0, 0);
	model_happened(MODEL_REGISTER_REFUSED);
	agree(p, err, must);
}

void play_own(struct play *p, int who, uint32_t ifid)
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
void play_answer(struct play *p, int who, uint32_t ifid)
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

void play_reply(struct play *p)
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

void play_packet(struct play *p, uint32_t arrival)
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

void play_time(struct play *p)
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

static size_t rules_of(const struct model_port *port,
		       struct mgm_rule out[MODEL_RULES])
{
	const struct model_rule *r = model_rules(port->rules);
	size_t count = 0;

	memset(out, 0, MODEL_RULES * sizeof(*out));
	for (int i = 0; i < MODEL_RULES; i++, r++) {
		struct mgm_rule *to = &out[count];

		if (!r->in && !r->out)
			continue;
		count++;
		to->flags = (r->in ? MGM_RULE_IN : 0u) |
			    (r->out ? MGM_RULE_OUT : 0u) |
			    (r->deny ? MGM_RULE_DENY : 0u);
		to->sg = mgm_sg_v4((struct in_addr){htonl(r->key.source)},
				   (struct in_addr){htonl(r->key.group)});
		to->sg.source.length = (uint8_t)r->key.source_bits;
		to->sg.group.length = (uint8_t)r->key.group_bits;
	}
	return count;
}

/* The manager is told of it as it is now. */
static void play_link(struct play *p, uint32_t ifid)
{
	struct model_port *port = &p->w.port[ifid];
	struct mgm_rule rules[MODEL_RULES];
	const struct mgm_link link = {
		.ifid = ifid,
		.name = "",
		.flags = port->up ? MGM_INTERFACE_UP : 0,
		.rules = rules,
		.rule_count = rules_of(port, rules),
	};

	port->linked = true;
	note(p, "link", NOBODY, ifid, port->up, port->rules, 0);
	mgm_interface_changed(p->m, p->w.now, &link);
}

void play_world(struct play *p, uint32_t ifid)
{
	uint32_t s = 1 + pick(p, SOURCES - 1), rib = pick(p, IFS + 1);
	struct model_port *port = &p->w.port[ifid];

	switch (pick(p, 4)) {
	case 0:
		port->up = !port->up;
		port->link_changed = true;
		model_happened(MODEL_LINK);
		play_link(p, ifid);
		break;
	case 3:
		port->link_changed |= !port->linked;
		port->rules = pick(p, 2) ? pick(p, MODEL_RULE_LISTS) : 0;
		model_happened(MODEL_RULED);
		play_link(p, ifid);
		break;
	case 1:
		note(p, "rib", NOBODY, s, rib, 0, 0);
		p->w.kernel[s] = rib;
		v4_rib_changed(p->m, p->w.now, source_ip(s),
			       pick(p, 2) ? 32 : 8);
		break;
	case 2:
		note(p, "interface gone", NOBODY, ifid, 0, 0, 0);
		model_gone(&p->w, ifid);
		mgm_interface_gone(p->m, p->w.now, ifid);
		break;
	}
}

/* It is dead, or its connection lost: it hears nothing from here. */
void play_death(struct play *p, int who, bool dead)
{
	struct mgm_client *h = caller(p, who);

	note(p, dead ? "dies" : "is lost", who, 0, 0, 0, 0);
	p->w.alive[who] = !dead;
	p->w.lost[who] = !dead;
	if (dead) {
		mgm_client_dead(p->m, h);
		model_dead(&p->w, who);
	} else {
		mgm_client_lost(p->m, p->w.now, h);
		model_grace_lost(&p->w, who);
	}
}

void play_end(struct play *p, int who)
{
	uint32_t how = pick(p, 4);

	if (how) {
		play_death(p, who, how == 1);
		return;
	}
	note(p, "deregisters", who, 0, 0, 0, 0);
	agree(p, mgm_deregister(p->m, caller(p, who)),
	      model_deregister(&p->w, who));
}

/* IGMP leaves, in whatever stage. */
void play_leave(struct play *p, uint32_t ifid)
{
	int igmp = p->w.port[ifid].igmp;

	if (!may_call(p, igmp))
		return;
	model_happened(MODEL_MIDST_OF_SWEEP);
	note(p, "releases", igmp, ifid, 0, 0, 0);
	agree(p, mgm_interface_release(p->m, caller(p, igmp), ifid),
	      model_release(&p->w, igmp, ifid));
}

void play_settled(struct play *p, int who)
{
	note(p, "is settled", who, 0, 0, 0, 0);
	agree(p, mgm_client_settled(p->m, caller(p, who)), 0);
	model_grace_settled(&p->w, who);
}

/* Where a take of his goes on, of which he does not know; 0: nowhere. */
static uint32_t coming(const struct play *p, int who)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		const struct model_port *port = &p->w.port[i];

		if (port->stage != IDLE && port->to == who && port->to_unsaid)
			return i;
	}
	return 0;
}

/* Takes again what it had, or the first thing that it does not have. */
static void play_again_mine(struct play *p, int who, uint32_t ifid)
{
	if (coming(p, who))
		ifid = coming(p, who);
	for (int i = 0; i < IFS && !model_owns(&p->w, who, ifid); i++)
		ifid = 1 + ifid % IFS;
	note(p, "takes again", who, ifid, 0, 0, 0);
	agree(p, mgm_interface_take(p->m, caller(p, who), ifid),
	      model_take(&p->w, who, ifid));
}

/* The world goes on without who is lost. */
void play_lost(struct play *p, int who, uint32_t ifid, uint32_t what)
{
	if (!pick(p, coming(p, who) ? 2 : 6)) {
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
bool play_returned(struct play *p, int who, uint32_t ifid, uint32_t what)
{
	if (!p->w.returned[who] || (what % 4 && !coming(p, who)))
		return false;
	if (pick(p, 8))
		play_again_mine(p, who, ifid);
	else
		play_settled(p, who);
	return true;
}
