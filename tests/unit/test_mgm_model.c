/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager against the model of mgm_model.h: random calls of six clients
 * on eight interfaces, and after each its result, every alert, every entry of
 * the plane, every owner, gate and epoch compared.
 *
 * XMGM_MODEL_STEPS and XMGM_MODEL_SEED in the environment say how many steps
 * and from which seed; a difference names the seed that shows it, and the last
 * calls. What has happened is counted (mgm_model_count.h): in as many steps as
 * `make test` plays each kind has to.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "mgm_model_play.h"

#define STEPS 100000u
#define RUN   2000u /* steps of one manager */

static void play_any(struct play *p)
{
	uint32_t ifid = 1 + pick(p, IFS), what = pick(p, 100);
	int k = (int)pick(p, CLIENTS), who = p->w.client[k];

	if (who == NOBODY)
		play_register(p, k);
	else if (!pick(p, 100))
		play_register_foul(p, who);
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

/* What is so at once, before the rest of it is worked off. */
static void check_slices(struct play *p)
{
	/* The end of a replay is when what was not said again is gone. */
	for (uint32_t i = 1; i <= IFS && !p->w.swept; i++)
		check_interface(p, i, false);
	if (!(p->step % 4) && !p->w.swept)
		check_walk(p);
	if (!p->w.swept && pick(p, 2))
		check_read(p, pick(p, SOURCES), 1 + pick(p, GROUPS - 1));
}

static void step_begins(struct play *p)
{
	model_begin(&p->w);
	for (int i = 0; i < PERSONS; i++) {
		p->was_alive[i] = p->w.alive[i] && !p->w.lost[i];
		p->steady[i] = p->was_alive[i];
		p->person[i].heard = 0;
	}
	for (uint32_t i = 1; i <= IFS; i++)
		p->seen[i] = p->w.port[i].seen;
	memcpy(p->was_flow, p->w.flow, sizeof(p->was_flow));
	memcpy(p->was_told, p->w.told_source, sizeof(p->was_told));
	memcpy(p->was_request, p->w.request, sizeof(p->was_request));
	memcpy(p->was_rib, p->w.rib, sizeof(p->was_rib));
	p->insides = 0;
	p->alerts = 0;
	p->burst = false;
}

/*
 * Another call before what the ones before it have left is worked off. While
 * a sweep goes on, which the model has done, its handshake is not over: the
 * only calls are those that end it. (Of an IGMP that is lost then, what it has
 * not said again stays for its grace time.)
 */
static void play_more(struct play *p)
{
	uint32_t ifid = 1 + pick(p, IFS), what = pick(p, 100);
	int k = (int)pick(p, CLIENTS), who = p->w.client[k];

	/* Who registers now may be told once more what he has found. */
	if (who == NOBODY || p->w.lost[who])
		play_world(p, ifid);
	else if (p->w.swept && what < 40)
		play_death(p, who, what < 20 || who % CLIENTS < 2);
	else if (p->w.swept && what < 80)
		play_leave(p, ifid);
	else if (p->w.swept)
		play_world(p, ifid);
	else if (play_returned(p, who, ifid, what))
		return;
	else if (what < 25)
		play_own(p, who, ifid);
	else if (what < 45)
		play_answer(p, who, ifid);
	else if (what < 49)
		play_again(p, ifid);
	else if (what < 58)
		play_membership(p, who, ifid);
	else if (what < 64)
		play_prefix(p, who, ifid);
	else if (what < 66)
		play_batch(p, who, ifid);
	else if (what < 76)
		play_set(p, who, ifid);
	else if (what < 82)
		play_route(p, who, ifid);
	else if (what < 84)
		play_switch(p, who, ifid);
	else if (what < 90)
		play_rib(p, who, ifid);
	else if (what < 94)
		play_world(p, ifid);
	else
		play_end(p, who);
}

static void call_over(struct play *p, bool was_owned[IFS + 1])
{
	model_settle(&p->w);
	play_inside(p);
	p->read.there = false;
	if (p->sliced)
		check_slices(p);
	for (int i = 0; i < PERSONS; i++)
		p->steady[i] &= p->w.alive[i] && !p->w.lost[i];
	for (uint32_t i = 1; i <= IFS; i++)
		was_owned[i] &= model_owner(&p->w.port[i]) != NOBODY;
}

/* Are sources elsewhere than when it began? Where a flow is that is asked about
 * again depends on how far the work had come. */
static bool routes_moved(const struct play *p)
{
	return memcmp(p->w.rib, p->was_rib, sizeof(p->w.rib)) != 0;
}

static void play_burst(struct play *p, bool was_owned[IFS + 1])
{
	uint32_t more = p->sliced && !pick(p, 3) ? 1 + pick(p, 4) : 0;

	/* Who speaks is asked about what was not worked off before. */
	for (int who = 0; who < PERSONS; who++) {
		if (p->w.alive[who] && p->w.silent[who])
			more = 0;
	}
	for (; more && !routes_moved(p); more--) {
		p->burst = true;
		model_happened(MODEL_MIDST);
		p->w.puts++;
		play_more(p);
		call_over(p, was_owned);
	}
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
	step_begins(p);
	note(p, "nothing", NOBODY, 0, 0, 0, 0);
	play_any(p);
	call_over(p, was_owned);
	play_burst(p, was_owned);
	while (p->sliced && mgm_deadline(p->m) <= p->w.now)
		mgm_tick(p->m, p->w.now);
	check_step(p, was_owned);
	check_rib(p, was);
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
	bool enough, all;

	(void)state;
	enough = left >= STEPS;
	for (; left; seed++) {
		struct play *p = play_new(seed);
		uint32_t run = left < RUN ? left : RUN;

		for (p->step = 0; p->step < run; p->step++)
			play_step(p);
		left -= run;
		play_free(p);
	}
	all = model_counts_print();
	assert_true(all || !enough);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_manager_does_what_the_model_does),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
