/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares what the clients have heard of several calls, made before what they
 * left to slices was worked off, with what the model has them hear one by one:
 * as net differences, for those who were there all the time; of what may differ
 * on the way, that nobody hears of what has never been his.
 */
#include "mgm_model_play.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

/* More, less, or neither: which alerts cancel each other. */
static const enum model_type opposite[] = {
	[SAY_JOIN] = SAY_PRUNE,
	[SAY_PRUNE] = SAY_JOIN,
	[SAY_LOCAL_JOIN] = SAY_LOCAL_LEAVE,
	[SAY_LOCAL_LEAVE] = SAY_LOCAL_JOIN,
	[SAY_LOCAL_BLOCK] = SAY_LOCAL_UNBLOCK,
	[SAY_LOCAL_UNBLOCK] = SAY_LOCAL_BLOCK,
	[SAY_REQUEST] = SAY_LOCAL_JOIN,
};

static bool same_about(const struct model_alert *a, const struct model_alert *b)
{
	return a->who == b->who && a->source == b->source &&
	       a->group == b->group && a->prefix == b->prefix &&
	       a->ifid == b->ifid && a->mfe == b->mfe;
}

static bool same(const struct model_alert *a, const struct model_alert *b)
{
	return a->type == b->type && same_about(a, b) && a->epoch == b->epoch &&
	       a->result == b->result;
}

static int net(const struct model_alert *a, const struct model_alert *list,
	       unsigned int count)
{
	int sum = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (!same_about(a, &list[i]))
			continue;
		sum += list[i].type == a->type;
		sum -= list[i].type == opposite[a->type];
	}
	return sum;
}

static int times(const struct model_alert *a, const struct model_alert *list,
		 unsigned int count)
{
	int sum = 0;

	for (unsigned int i = 0; i < count; i++)
		sum += same(a, &list[i]);
	return sum;
}

static bool has(const struct model_alert *a, const struct model_alert *list,
		unsigned int count)
{
	return times(a, list, count) > 0;
}

static void wrong(const struct play *p, const char *what,
		  const struct model_alert *a)
{
	alerts_print("wanted:", p->w.alert, p->w.alerts);
	alerts_print("heard:", p->alert, p->alerts);
	difference("%s: %s", what, alert_text(a));
}

static void net_check(const struct play *p, const struct model_alert *a)
{
	if (net(a, p->w.alert, p->w.alerts) != net(a, p->alert, p->alerts))
		wrong(p, "not the net difference", a);
}

/* It has vanished before the end of a handshake, or what comes after it. */
static bool gone_first(const struct play *p, const struct model_alert *a)
{
	for (unsigned int i = 0; i < p->alerts; i++) {
		const struct model_alert *b = &p->alert[i];

		if (b->type == SAY_OWNERSHIP && b->who == a->who &&
		    b->ifid == a->ifid && b->result == -ENODEV)
			return true;
	}
	return false;
}

static void times_check(const struct play *p, const struct model_alert *a)
{
	/* The owner that died while a sweep went on leaves when that is over;
	 * unless IGMP left first. */
	if (gone_first(p, a) || (a->type == SAY_DISABLE && p->w.swept &&
				 !has(a, p->alert, p->alerts)))
		return;
	if (times(a, p->w.alert, p->w.alerts) != times(a, p->alert, p->alerts))
		wrong(p, "not as often", a);
}

static bool covered(const struct model *w, int who, uint32_t k)
{
	for (uint32_t i = 0; i < KEYS; i++) {
		if (i != k && w->covers[i][k] && w->told[who][i])
			return true;
	}
	return false;
}

/*
 * Who has been told to pull what is narrow, and then what covers it, need not
 * have been told of the former at all, if both came before the alerts.
 */
static void key_check(struct play *p, int who, uint32_t k)
{
	const struct model_alert a = {
		.type = SAY_JOIN,
		.who = who,
		.group = k > PREFIXES ? k - PREFIXES : 0,
		.prefix = k < PREFIXES ? k : 0,
	};

	if (net(&a, p->w.alert, p->w.alerts) == net(&a, p->alert, p->alerts))
		return;
	if (!covered(&p->w, who, k))
		wrong(p, "not the net difference", &a);
	p->w.told[who][k] = !p->w.told[who][k];
}

static void keys_check(struct play *p)
{
	for (int i = 0; i < CLIENTS; i++) {
		int who = p->w.client[i];

		for (uint32_t k = 0; k < KEYS; k++) {
			if (who != NOBODY && !p->w.lost[who])
				key_check(p, who, k);
		}
	}
}

static unsigned int listeners(const struct play *p, uint32_t ifid)
{
	unsigned int count = 0;

	for (int who = 0; who < PERSONS; who++)
		count += p->w.listened[ifid][who];
	return count;
}

/* A flow that came in on one interface all the time, whose owner was one. */
static bool flow_steady(const struct play *p, uint32_t s, uint32_t g)
{
	const struct model_flow *f = &p->w.flow[s][g];
	const struct model_been *been = &p->w.been[s][g];

	return p->was_flow[s][g].there && f->there && !been->fixed &&
	       been->iifs == 1u << f->put_iif &&
	       listeners(p, f->put_iif) == 1 &&
	       p->steady[model_owner(&p->w.port[f->put_iif])];
}

/* Who pulls it in the end, and whether it does: as it was, and then as told. */
static void pull_check(const struct play *p, uint32_t s, uint32_t g)
{
	const struct model_flow *was = &p->was_flow[s][g];
	const struct model_flow *is = &p->w.flow[s][g];
	struct model_alert a = {.who = is->told,
				.source = s,
				.group = g,
				.ifid = is->put_iif,
				.mfe = true};
	bool told = was->told == is->told, pull = was->told_pull;

	if (is->told == NOBODY || !flow_steady(p, s, g))
		return;
	for (unsigned int i = 0; i < p->alerts; i++) {
		if (!same_about(&a, &p->alert[i]) ||
		    p->alert[i].type > SAY_PRUNE)
			continue;
		told = true;
		pull = p->alert[i].type == SAY_JOIN;
	}
	a.type = is->told_pull ? SAY_JOIN : SAY_PRUNE;
	if (!told || pull != is->told_pull)
		wrong(p, "not told in the end", &a);
}

static int who_is(const struct model *w, int who)
{
	return who == NOBODY || !w->alive[who] || w->lost[who] ? NOBODY : who;
}

/* (S,G): the one who pulls it. In a replay that is settled when it is over. */
static void source_check(struct play *p, uint32_t s, uint32_t g)
{
	const struct model_port *toward = &p->w.port[model_toward(&p->w, s, g)];
	int *must = &p->w.told_source[s][g], told = p->was_told[s][g];
	struct model_alert a = {.type = SAY_JOIN, .source = s, .group = g};

	for (unsigned int i = 0; i < p->alerts; i++) {
		a.who = p->alert[i].who;
		if (!same_about(&a, &p->alert[i]))
			continue;
		if (p->alert[i].type == SAY_JOIN)
			told = a.who;
		else if (p->alert[i].type == SAY_PRUNE && told == a.who)
			told = NOBODY;
	}
	told = who_is(&p->w, told);
	a.who = *must;
	if (told != who_is(&p->w, *must) && toward->stage != REPLAYING)
		wrong(p, "not told in the end", &a);
	*must = told;
}

static void sources_check(struct play *p)
{
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 1; g < GROUPS; g++) {
			pull_check(p, s, g);
			if (s)
				source_check(p, s, g);
		}
	}
}

static bool been_his(const struct play *p, const struct model_alert *a,
		     uint32_t interfaces)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		if (interfaces & 1u << i && p->w.listened[i][a->who])
			return true;
	}
	return false;
}

/* Of MFEs: heard by one of them who may. */
static void flow_check(const struct play *p, const struct model_alert *a,
		       bool heard)
{
	const struct model_been *been = &p->w.been[a->source][a->group];
	uint32_t interfaces = been->iifs;

	if (!a->mfe)
		interfaces |= been->oifs;
	if (told_of_open(p, a))
		return;
	if (heard && !been_his(p, a, interfaces))
		wrong(p, "not his", a);
	if (!heard && a->type == SAY_DELETED &&
	    p->was_flow[a->source][a->group].there &&
	    !p->w.flow[a->source][a->group].phase &&
	    model_deletion_must(&p->w, a) &&
	    !deletion_told(a, p->alert, p->alerts) && p->steady[a->who])
		wrong(p, "missing", a);
}

/* It is told if it is another than it was before. */
static void interface_check(const struct play *p, const struct model_alert *a,
			    bool heard)
{
	const struct model_seen *was = &p->seen[a->ifid];
	const struct model_seen *is = &p->w.port[a->ifid].seen;
	bool other = was->known != is->known || was->igmp != is->igmp ||
		     was->owner != is->owner;

	if (heard && !has(a, p->w.alert, p->w.alerts))
		wrong(p, "unexpected", a);
	if (!heard && other && is->known == (a->type == SAY_INTERFACE) &&
	    !has(a, p->alert, p->alerts))
		wrong(p, "missing", a);
}

static const struct model_alert *last_asked(const struct model_alert *a,
					    const struct model_alert *list,
					    unsigned int count)
{
	while (count--) {
		const struct model_alert *b = &list[count];

		if (a->type == b->type && a->who == b->who &&
		    a->source == b->source && a->group == b->group)
			return b;
	}
	return NULL;
}

/* The last one, if it waits for its answer. */
static void request_check(struct play *p, const struct model_alert *a)
{
	const struct model_alert *must, *is;

	must = last_asked(a, p->w.alert, p->w.alerts);
	is = last_asked(a, p->alert, p->alerts);
	if (request_seen(p, a, 0) && (!must || !is || !same(must, is)))
		wrong(p, "not the same request", a);
}

static void alert_check(struct play *p, const struct model_alert *a, bool heard)
{
	switch (a->type) {
	case SAY_MADE:
	case SAY_DELETED:
		flow_check(p, a, heard);
		break;
	case SAY_JOIN:
	case SAY_PRUNE:
		if (a->mfe)
			flow_check(p, a, heard);
		break;
	case SAY_INTERFACE:
	case SAY_INTERFACE_GONE:
		if (p->steady[a->who])
			interface_check(p, a, heard);
		break;
	case SAY_RPF:
	case SAY_CREATION:
		if (!told_of_open(p, a))
			request_check(p, a);
		break;
	case SAY_LOCAL_JOIN:
	case SAY_LOCAL_LEAVE:
	case SAY_LOCAL_BLOCK:
	case SAY_LOCAL_UNBLOCK:
		if (p->steady[a->who] && !gone_first(p, a) &&
		    listeners(p, a->ifid) == 1 &&
		    model_listener(&p->w.port[a->ifid]) == a->who)
			net_check(p, a);
		break;
	default:
		if (p->steady[a->who])
			times_check(p, a);
		break;
	}
}

void check_burst(struct play *p)
{
	for (unsigned int i = 0; i < p->w.alerts; i++)
		alert_check(p, &p->w.alert[i], false);
	for (unsigned int i = 0; i < p->alerts; i++)
		alert_check(p, &p->alert[i], true);
	keys_check(p);
	sources_check(p);
}
