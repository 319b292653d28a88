/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Random sequences of memberships, handshakes in every stage, deaths, links,
 * routes and packets, against a model that is as simple as can be: bits for
 * who wants what, looked at from scratch after every step. Whatever is in the
 * plane has to be what the model says.
 */
#include "mgm_fixture.h"
#include "v4.h"

#define IFS	4 /* interfaces 1 to 4 */
#define GROUPS	4 /* groups 1 to 3; 0 is unused */
#define SOURCES 4 /* sources 1 to 3 */
#define PROTOS	2
#define GHOST	9 /* an owner that is dead */

/* What one writer says of one group on one interface. */
struct says {
	bool any;
	bool block[SOURCES];
	bool include[SOURCES];
};

enum stage { IDLE, DISABLING, REPLAYING };

struct port {
	int owner; /* of protos; -1: nobody */
	bool igmp, up;
	struct says by_owner[GROUPS], by_igmp[GROUPS], fresh[GROUPS];
	enum stage stage;
	int taker; /* -1: a release */
};

struct world {
	struct fix *f;
	struct fix_client *proto[PROTOS], *igmp;
	struct port port[IFS + 1];
	int route[SOURCES][GROUPS];    /* static iif; 0 none; source 0: any */
	int route_of[SOURCES][GROUPS]; /* whose */
	uint32_t seed;
};

static uint32_t pick(struct world *w, uint32_t n)
{
	w->seed = w->seed * 1664525u + 1013904223u;
	return (w->seed >> 10) % n;
}

static bool says_want(const struct says *s, uint32_t source)
{
	if (!source)
		return s->any;
	return (s->any && !s->block[source]) || s->include[source];
}

static bool owned(const struct port *p)
{
	return p->owner >= 0 || p->igmp;
}

static uint32_t model_iif(const struct world *w, uint32_t s, uint32_t g)
{
	if (w->route[s][g])
		return (uint32_t)w->route[s][g];
	if (w->route[0][g])
		return (uint32_t)w->route[0][g];
	return w->f->rib[s];
}

static void model_route(const struct world *w, uint32_t s, uint32_t g,
			char *text, size_t size)
{
	uint32_t iif = model_iif(w, s, g);
	size_t n = (size_t)snprintf(text, size, "%u: ", iif), begin = n;

	for (uint32_t i = 1; i <= IFS; i++) {
		const struct port *p = &w->port[i];

		if (i == iif || !owned(p) || !p->up || !owned(&w->port[iif]))
			continue;
		if (says_want(&p->by_owner[g], s) ||
		    says_want(&p->by_igmp[g], s))
			n += (size_t)snprintf(text + n, size - n, "%s%u",
					      n > begin ? "," : "", i);
	}
	if (n == begin)
		snprintf(text + n, size - n, "none");
}

static bool model_named(const struct world *w, uint32_t s, uint32_t g)
{
	for (uint32_t i = 1; i <= IFS; i++) {
		const struct port *p = &w->port[i];

		if (p->by_owner[g].block[s] || p->by_owner[g].include[s] ||
		    p->by_igmp[g].block[s] || p->by_igmp[g].include[s])
			return true;
	}
	return false;
}

static void world_check(struct world *w)
{
	for (uint32_t g = 1; g < GROUPS; g++) {
		for (uint32_t s = 0; s < SOURCES; s++) {
			bool must = w->route[s][g] || (s && w->route[0][g] &&
						       model_named(w, s, g));
			char got[64], want[64];

			snprintf(got, sizeof(got), "%s", fix_route(w->f, s, g));
			if (strchr(got, ' ') && strrchr(got, 'd'))
				*strrchr(got, ' ') = '\0';
			if (strstr(got, "static"))
				*strrchr(got, ' ') = '\0';
			if (!must && !strcmp(got, "-"))
				continue;
			model_route(w, s, g, want, sizeof(want));
			assert_string_equal(got, want);
		}
	}
	fix_check(w->f);
}

/* The interface is nobody's: whatever was on it is gone. */
static void port_clear_routes(struct world *w, uint32_t ifid, int of)
{
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 0; g < GROUPS; g++) {
			if (w->route[s][g] == (int)ifid &&
			    w->route_of[s][g] == of)
				w->route[s][g] = 0;
		}
	}
}

static void port_flip(struct world *w, uint32_t ifid)
{
	struct port *p = &w->port[ifid];

	if (p->owner >= 0)
		port_clear_routes(w, ifid, p->owner);
	if (p->taker < 0)
		memset(p->by_owner, 0, sizeof(p->by_owner));
	p->owner = p->taker;
}

static void port_igmp_off(struct port *p)
{
	memset(p->by_igmp, 0, sizeof(p->by_igmp));
	p->igmp = false;
}

static void step_take(struct world *w, uint32_t ifid, int k)
{
	struct port *p = &w->port[ifid];
	int result = fix_take(w->proto[k], ifid);

	if (p->owner == GHOST) {
		assert_true(result == -EEXIST || result == -EBUSY);
	} else if (p->owner >= 0) {
		assert_int_equal(result, -EEXIST);
	} else if (p->stage != IDLE) {
		assert_int_equal(result, -EBUSY);
	} else if (p->igmp) {
		assert_int_equal(result, -EINPROGRESS);
		p->stage = DISABLING;
		p->taker = k;
		memset(p->fresh, 0, sizeof(p->fresh));
	} else {
		assert_int_equal(result, 0);
		p->owner = k;
	}
}

static void step_release(struct world *w, uint32_t ifid, int k)
{
	struct port *p = &w->port[ifid];
	int result = fix_release(w->proto[k], ifid);

	if (p->stage != IDLE) {
		assert_true(result == -EBUSY || result == -EINVAL);
	} else if (p->owner != k) {
		assert_int_equal(result, -EINVAL);
	} else if (p->igmp) {
		assert_int_equal(result, -EINPROGRESS);
		p->stage = DISABLING;
		p->taker = -1;
		memset(p->fresh, 0, sizeof(p->fresh));
	} else {
		assert_int_equal(result, 0);
		p->taker = -1;
		port_flip(w, ifid);
	}
}

/* From one protocol to the other; what the first said there stays said. */
static void step_transfer(struct world *w, uint32_t ifid, int k)
{
	struct port *p = &w->port[ifid];
	int to = PROTOS - 1 - k;
	int result = fix_transfer(w->proto[k], ifid, w->proto[to]);

	if (p->owner != k) {
		assert_int_equal(result, -EINVAL);
		return;
	}
	if (p->stage != IDLE) {
		assert_int_equal(result, -EBUSY);
		return;
	}
	p->taker = to;
	if (p->igmp) {
		assert_int_equal(result, -EINPROGRESS);
		p->stage = DISABLING;
		memset(p->fresh, 0, sizeof(p->fresh));
	} else {
		assert_int_equal(result, 0);
		port_flip(w, ifid);
	}
}

static void step_igmp(struct world *w, uint32_t ifid)
{
	struct port *p = &w->port[ifid];

	if (!p->igmp) {
		assert_int_equal(fix_take(w->igmp, ifid), 0);
		p->igmp = true;
		return;
	}
	assert_int_equal(fix_release(w->igmp, ifid), 0);
	if (p->stage == DISABLING)
		port_flip(w, ifid);
	port_igmp_off(p);
	p->stage = IDLE;
	if (p->owner < 0)
		port_clear_routes(w, ifid, -2);
}

/* Acknowledges, or ends the replay. */
static void step_answer(struct world *w, uint32_t ifid)
{
	struct port *p = &w->port[ifid];
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct mgm *m = w->f->m;

	if (!p->igmp)
		return;
	assert_int_equal(mgm_interface_get(m, ifid, &info), 0);
	if (p->stage == DISABLING) {
		assert_int_equal(mgm_igmp_disabled(m, w->igmp->handle, ifid,
						   info.epoch + 1),
				 0);
		port_flip(w, ifid);
		p->stage = REPLAYING;
	} else if (p->stage == REPLAYING) {
		assert_int_equal(mgm_replay_complete(m, w->igmp->handle, ifid,
						     info.epoch),
				 0);
		memcpy(p->by_igmp, p->fresh, sizeof(p->fresh));
		p->stage = IDLE;
	} else {
		assert_int_equal(mgm_replay_complete(m, w->igmp->handle, ifid,
						     info.epoch + 7),
				 -EINVAL);
	}
}

static void step_set(struct world *w, uint32_t ifid, bool by_igmp, int k)
{
	struct port *p = &w->port[ifid];
	struct fix_client *c = by_igmp ? w->igmp : w->proto[k];
	bool may = by_igmp ? p->igmp : p->owner == k;
	uint32_t g = 1 + pick(w, GROUPS - 1), n = 0;
	struct says now = {.any = pick(w, 2)};
	struct in_addr list[SOURCES];
	int result, expected = may ? 0 : -EINVAL;

	for (uint32_t s = 1; s < SOURCES; s++) {
		bool listed = pick(w, 3) == 0;

		now.block[s] = now.any && listed;
		now.include[s] = !now.any && listed;
		if (listed)
			list[n++] = src_ip(s);
	}
	result = v4_membership_set(w->f->m, c->handle, ifid, grp_ip(g),
				   now.any ? MGM_EXCLUDE : MGM_INCLUDE, list,
				   n);
	if (may && by_igmp && p->stage == DISABLING)
		expected = -EAGAIN;
	if (!may && !owned(p))
		expected = -ENOENT;
	assert_int_equal(result, expected);
	if (expected)
		return;
	if (by_igmp) {
		p->by_igmp[g] = now;
		p->fresh[g] = now;
	} else {
		p->by_owner[g] = now;
	}
}

/* One source or (*,G), added or deleted by the owner. */
static void step_edit(struct world *w, uint32_t ifid, int k)
{
	struct port *p = &w->port[ifid];
	uint32_t g = 1 + pick(w, GROUPS - 1), s = pick(w, SOURCES);
	struct says *says = &p->by_owner[g];
	bool add = pick(w, 2);

	if (p->owner != k)
		return;
	if (add)
		assert_int_equal(fix_add(w->proto[k], ifid, s, g), 0);
	else
		assert_int_equal(fix_del(w->proto[k], ifid, s, g), 0);
	if (s) {
		says->include[s] = add;
		return;
	}
	says->any = add;
	memset(says->block, 0, sizeof(says->block));
}

static void step_route(struct world *w, uint32_t ifid, int k)
{
	uint32_t g = 1 + pick(w, GROUPS - 1), s = pick(w, SOURCES);
	struct mgm *m = w->f->m;
	bool other = w->route[s][g] && w->route_of[s][g] != k;
	int result;

	if (pick(w, 2)) {
		result = mgm_route_del(m, w->proto[k]->handle, sg(s, g));
		assert_int_equal(result,
				 w->route[s][g] && !other ? 0 : -ENOENT);
		if (!result)
			w->route[s][g] = 0;
		return;
	}
	result = mgm_route_put(m, w->proto[k]->handle, sg(s, g), ifid, NULL, 0,
			       0);
	if (other)
		assert_int_equal(result, -EEXIST);
	else
		assert_int_equal(result,
				 w->port[ifid].owner == k ? 0 : -EINVAL);
	if (!result) {
		w->route[s][g] = (int)ifid;
		w->route_of[s][g] = k;
	}
}

static void ghost_routes(struct world *w, uint32_t ifid, int k)
{
	for (uint32_t s = 0; s < SOURCES; s++) {
		for (uint32_t g = 0; g < GROUPS; g++) {
			if (w->route[s][g] == (int)ifid &&
			    w->route_of[s][g] == k)
				w->route_of[s][g] = GHOST;
		}
	}
}

static void step_death(struct world *w, int k)
{
	static const char *const names[PROTOS] = {"p", "q"};
	static const uint32_t ids[PROTOS] = {XMGM_OWNER_PIM, XMGM_OWNER_DVMRP};

	/* Every handshake ends first: the cells of death in the middle of one
	 * have tests of their own. */
	for (uint32_t i = 1; i <= IFS; i++) {
		while (w->port[i].stage != IDLE)
			step_answer(w, i);
	}
	mgm_client_dead(w->f->m, w->proto[k]->handle);
	for (uint32_t i = 1; i <= IFS; i++) {
		struct port *p = &w->port[i];

		if (p->owner != k)
			continue;
		p->taker = -1;
		if (!p->igmp) {
			port_flip(w, i);
			continue;
		}
		/* What is its own lasts until the release is applied. */
		p->owner = GHOST;
		ghost_routes(w, i, k);
		p->stage = DISABLING;
		memset(p->fresh, 0, sizeof(p->fresh));
	}
	w->proto[k]->handle = NULL;
	w->proto[k] = fix_client(w->f, names[k], ids[k], 0);
}

static void step_world(struct world *w, uint32_t ifid)
{
	struct port *p = &w->port[ifid];
	uint32_t s = 1 + pick(w, SOURCES - 1);

	switch (pick(w, 4)) {
	case 0:
		p->up = !p->up;
		link_turns(w->f->m, w->f->now, ifid, p->up);
		break;
	case 1:
		w->f->rib[s] = ifid;
		v4_rib_changed(w->f->m, w->f->now, src_ip(s), 32);
		break;
	case 2:
		mgm_interface_gone(w->f->m, w->f->now, ifid);
		port_clear_routes(w, ifid, p->owner);
		*p = (struct port){.owner = -1, .up = true};
		break;
	case 3:
		fix_tick(w->f, 900); /* not yet the end of anything */
		for (uint32_t i = 1; i <= IFS; i++) {
			while (w->port[i].stage != IDLE)
				step_answer(w, i);
		}
		break;
	}
}

static void world_step(struct world *w)
{
	uint32_t ifid = 1 + pick(w, IFS);
	int k = (int)pick(w, PROTOS);

	switch (pick(w, 15)) {
	case 0:
		step_take(w, ifid, k);
		break;
	case 1:
		step_release(w, ifid, k);
		break;
	case 2:
		if (!pick(w, 3))
			step_igmp(w, ifid);
		break;
	case 3:
	case 4:
		step_answer(w, ifid);
		break;
	case 5:
	case 6:
		step_set(w, ifid, true, k);
		break;
	case 7:
		step_set(w, ifid, false, k);
		break;
	case 8:
		step_edit(w, ifid, k);
		break;
	case 9:
		step_route(w, ifid, k);
		break;
	case 10:
		if (!pick(w, 10))
			step_death(w, k);
		break;
	case 11:
		if (!pick(w, 3))
			step_world(w, ifid);
		break;
	case 12:
		step_transfer(w, ifid, k);
		break;
	default:
		fix_upcall(w->f, 1 + pick(w, SOURCES - 1),
			   1 + pick(w, GROUPS - 1), ifid);
		break;
	}
	fix_clear(w->f);
}

/* The plane has no room for a moment; what was missed is made up for. */
static void failing_step(struct world *w)
{
	uint32_t ifid = 1 + pick(w, IFS);
	int k = (int)pick(w, PROTOS);

	w->f->fail_set = pick(w, 2) ? -ENOSPC : 0;
	w->f->fail_put = pick(w, 2) ? -ENOSPC : 0;
	switch (pick(w, 6)) {
	case 0:
		step_set(w, ifid, true, k);
		break;
	case 1:
		step_set(w, ifid, false, k);
		break;
	case 2:
		step_edit(w, ifid, k);
		break;
	case 3:
		step_world(w, ifid);
		break;
	case 4:
		step_answer(w, ifid);
		break;
	case 5:
		fix_upcall(w->f, 1 + pick(w, SOURCES - 1),
			   1 + pick(w, GROUPS - 1), ifid);
		break;
	}
	w->f->fail_set = 0;
	w->f->fail_put = 0;
	for (uint32_t i = 1; i <= IFS; i++) {
		while (w->port[i].stage != IDLE)
			step_answer(w, i);
	}
	fix_tick(w->f, 1000);
	fix_clear(w->f);
}

static void play(uint32_t seed, int steps, bool failing)
{
	/* Every other one has its work done a few steps at a time. */
	const struct mgm_limits limits = {.slice = seed % 2 ? 1 + seed % 5 : 0};
	struct world w = {.f = fix_new(&limits), .seed = seed};

	w.igmp = fix_igmp(w.f);
	w.proto[0] = fix_client(w.f, "p", XMGM_OWNER_PIM, 0);
	w.proto[1] = fix_client(w.f, "q", XMGM_OWNER_DVMRP, 0);
	for (uint32_t i = 1; i <= IFS; i++)
		w.port[i] = (struct port){.owner = -1, .up = true};
	for (uint32_t s = 1; s < SOURCES; s++)
		w.f->rib[s] = 1 + pick(&w, IFS);
	for (int i = 0; i < steps; i++) {
		world_step(&w);
		fix_drain(w.f);
		world_check(&w);
		if (failing && !pick(&w, 5)) {
			failing_step(&w);
			fix_drain(w.f);
			world_check(&w);
		}
	}
	/* The failures did reach the manager. */
	assert_int_equal(failing, mgm_counters(w.f->m)->plane_errors > 0);
	fix_free(w.f);
}

static void test_plane_is_what_the_model_says(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 60; seed++)
		play(seed * 7919, 1000, false);
}

static void test_plane_that_fails_now_and_then(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 40; seed++)
		play(seed * 104729, 1000, true);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_plane_is_what_the_model_says),
	cmocka_unit_test(test_plane_that_fails_now_and_then),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
