/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is told what: the rules of N for (*,G) and (*,*), (S,G) to the owner
 * towards S, and, over random sequences of everything clients can do, the
 * invariant pull(X,G) == exists Y != X: wants(Y,G) for what they have been
 * told.
 */
#include "mgm_fixture.h"
#include "v4.h"

struct trio {
	struct fix_client *a, *b, *c;
};

static struct trio trio(struct fix *f)
{
	struct trio t = {
		.a = fix_client(f, "a", XMGM_OWNER_PIM, 0),
		.b = fix_client(f, "b", XMGM_OWNER_DVMRP, 0),
		.c = fix_client(f, "c", XMGM_OWNER_STATIC, 0),
	};

	for (uint32_t i = 1; i <= 2; i++) {
		assert_int_equal(fix_take(t.a, i), 0);
		assert_int_equal(fix_take(t.b, 10 + i), 0);
		assert_int_equal(fix_take(t.c, 20 + i), 0);
	}
	return t;
}

/* N counts clients, not interfaces. */
static void test_rules_of_n(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	fix_add(t.a, 1, 0, 1); /* 0 to 1: all others */
	fix_expect(f, "b join (*,1) 1 member\nc join (*,1) 1 member\n");
	fix_add(t.a, 2, 0, 1); /* a further interface: nobody */
	fix_expect(f, "");
	fix_add(t.b, 11, 0, 1); /* 1 to 2: the first one */
	fix_expect(f, "a join (*,1) 11 member\n");
	fix_add(t.c, 21, 0, 1); /* 2 to 3: nobody */
	fix_expect(f, "");
	fix_del(t.c, 21, 0, 1); /* 3 to 2: nobody */
	fix_expect(f, "");
	fix_del(t.a, 1, 0, 1); /* not its last */
	fix_expect(f, "");
	fix_del(t.a, 2, 0, 1); /* 2 to 1: the one that remains */
	fix_expect(f, "b prune (*,1) 2 member\n");
	fix_del(t.b, 11, 0, 1); /* 1 to 0: all others */
	fix_expect(f, "a prune (*,1) 11 member\nc prune (*,1) 11 member\n");
}

static void test_exclude_counts_as_wanting_the_group(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	fix_set(t.a, 1, 1, MGM_EXCLUDE, 1, 7u);
	fix_expect(f, "b join (*,1) 1 member\nc join (*,1) 1 member\n");
	fix_set(t.a, 1, 1, MGM_EXCLUDE, 2, 7u, 8u);
	fix_expect(f, "");
	fix_set(t.a, 1, 1, MGM_INCLUDE, 1, 7u);
	fix_expect(f, "b prune (*,1) 1 member\nc prune (*,1) 1 member\n");
}

/* A wildcard client is a member of every group. */
static void test_wildcard(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	fix_add(t.a, 1, 0, 0);
	fix_expect(f, "b join (*,*) 1 member\nc join (*,*) 1 member\n");
	fix_add(t.b, 11, 0, 1); /* 1 to 2: the wildcard client alone */
	fix_expect(f, "a join (*,1) 11 member\n");
	fix_add(t.c, 21, 0, 2);
	fix_expect(f, "a join (*,2) 21 member\n");
	fix_del(t.c, 21, 0, 2);
	fix_expect(f, "a prune (*,2) 21 member\n");
	/* Without it c still has to pull what b wants, and is told so. */
	fix_del(t.a, 1, 0, 0);
	fix_expect(f, "c join (*,1) 0 member\n"
		      "b prune (*,*) 1 member\nc prune (*,*) 1 member\n");
	fix_del(t.b, 11, 0, 1);
	fix_expect(f, "a prune (*,1) 11 member\nc prune (*,1) 11 member\n");
}

static void test_two_wildcards(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	fix_add(t.b, 11, 0, 1);
	fix_clear(f);
	fix_add(t.a, 1, 0, 0);
	fix_expect(f, "b join (*,*) 1 member\nc join (*,*) 1 member\n");
	fix_add(t.b, 11, 0, 0);
	fix_expect(f, "a join (*,*) 11 member\n");
	fix_del(t.a, 1, 0, 0);
	fix_expect(f, "b prune (*,*) 1 member\n");
	/* While b is the wildcard its own (*,1) says nothing more to c. */
	fix_del(t.b, 11, 0, 1);
	fix_expect(f, "");
	fix_del(t.b, 11, 0, 0);
	fix_expect(f, "a prune (*,1) 0 member\nc prune (*,1) 0 member\n"
		      "a prune (*,*) 11 member\nc prune (*,*) 11 member\n");
}

/* (S,G) goes to the owner of the interface towards S, and to it alone. */
static void test_source_joins(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	f->rib[7] = 11;
	fix_add(t.a, 1, 7, 1);
	fix_expect(f, "b join (7,1) 1 member\n");
	fix_add(t.c, 21, 7, 1);
	fix_expect(f, "");
	fix_del(t.a, 1, 7, 1);
	fix_expect(f, "");
	f->rib[7] = 1; /* the RIB moves: old owner and new one */
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	fix_expect(f, "a join (7,1) 0 member\nb prune (7,1) 0 member\n");
	f->rib[7] = 21; /* to its own member: nobody else wants it */
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	fix_expect(f, "a prune (7,1) 0 member\n");
	f->rib[7] = 0;
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	fix_expect(f, "");
	fix_del(t.c, 21, 7, 1);
	fix_expect(f, "");
}

static void test_source_joins_follow_static_routes(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	f->rib[7] = 11;
	fix_add(t.a, 1, 7, 1);
	fix_clear(f);
	assert_int_equal(
		mgm_route_put(f->m, t.c->handle, sg(7, 1), 21, NULL, 0, 0), 0);
	fix_expect(f, "c join (7,1) 0 member\nb prune (7,1) 0 member\n");
	assert_int_equal(mgm_route_del(f->m, t.c->handle, sg(7, 1)), 0);
	fix_expect(f, "b join (7,1) 0 member\nc prune (7,1) 0 member\n");
	/* The owner towards S is gone, then somebody else is. */
	assert_int_equal(fix_release(t.b, 11), 0);
	fix_clear(f);
	assert_int_equal(fix_take(t.c, 11), 0);
	fix_expect(f, "c join (7,1) 11 member\n");
}

/* Who registers late enumerates; from then on it is told of edges. */
static void test_late_registration(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	fix_add(t.a, 1, 0, 1);
	fix_clear(f);
	fix_client(f, "d", XMGM_OWNER_REMOTE, 0);
	fix_expect(f, "");
	fix_add(t.b, 11, 0, 1);
	fix_expect(f, "a join (*,1) 11 member\n");
	fix_del(t.b, 11, 0, 1);
	fix_del(t.a, 1, 0, 1);
	fix_expect(f, "a prune (*,1) 11 member\nb prune (*,1) 1 member\n"
		      "c prune (*,1) 1 member\nd prune (*,1) 1 member\n");
}

/* Alerts on their way to a client that dies are dropped. */
static void test_death_while_alerts_are_delivered(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);
	struct fix_client *igmp = fix_igmp(f);

	/* It shares an interface, so its release takes a handshake. */
	assert_int_equal(fix_take(igmp, 21), 0);
	t.b->kill = t.c;
	assert_int_equal(fix_add(t.a, 1, 0, 1), 0);
	fix_expect(f, "b join (*,1) 1 member\nigmp join (*,1) 1 member\n"
		      "igmp disable 21 2\n");
	assert_int_equal(mgm_deregister(f->m, t.c->handle), -EINVAL);
	/* Its own death, from inside: what it has left is gone with it. */
	t.b->kill = t.b;
	fix_add(t.b, 11, 0, 2);
	fix_clear(f);
	fix_add(t.a, 1, 0, 3);
	fix_expect(f, "b join (*,3) 1 member\nigmp join (*,3) 1 member\n"
		      "a prune (*,2) 11 member\n");
}

/* Nor do they reach who has registered in its place meanwhile. */
static void test_alerts_of_the_dead_are_not_inherited(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	t.b->kill = t.c;
	t.b->heir = "d";
	assert_int_equal(fix_add(t.a, 1, 0, 1), 0);
	fix_expect(f, "b join (*,1) 1 member\n");
	assert_int_equal(fix_del(t.a, 1, 0, 1), 0);
	fix_expect(f, "b prune (*,1) 1 member\nd prune (*,1) 1 member\n");
}

/* The owner of the iif hears of the first and the last oif. */
static void test_first_and_last_oif(void **state)
{
	struct fix *f = *state;
	struct trio t = trio(f);

	f->rib[7] = 1;
	fix_upcall(f, 7, 1, 1);
	fix_expect(f, "a prune (7,1) 1 mfe\n");
	fix_add(t.b, 11, 7, 1);
	fix_expect(f, "a join (7,1) 1 mfe\na join (7,1) 11 member\n");
	fix_add(t.b, 12, 7, 1);
	fix_expect(f, "");
	fix_del(t.b, 11, 7, 1);
	fix_expect(f, "");
	fix_del(t.b, 12, 7, 1);
	fix_expect(f, "a prune (7,1) 1 mfe\na prune (7,1) 12 member\n");
}

/*
 * Random sequences. A model of what each client wants and has been told is
 * kept beside the manager and compared after every step.
 */

#define K      4 /* clients */
#define IFS    3 /* interfaces of each */
#define GROUPS 5 /* group 0 is (*,*) */

struct model {
	struct fix *f;
	struct fix_client *client[K];
	bool dead[K];
	bool member[K][IFS][GROUPS];
	bool told[K][GROUPS]; /* from the alerts */
};

static uint32_t random_next(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

/* Reads the alerts of the log into the model. */
static void model_alerts(struct model *m)
{
	char *line = m->f->log, *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		char name, verb[16], group[16];
		unsigned int g;
		int k;

		*end = '\0';
		if (strstr(line, "ownership"))
			continue;
		assert_int_equal(sscanf(line, "%c %15s (*,%15[^)])", &name,
					verb, group),
				 3);
		k = name - 'a';
		g = group[0] == '*' ? 0 : (unsigned int)atoi(group);
		assert_true(k >= 0 && k < K && g < GROUPS);
		assert_false(m->dead[k]);
		/* Alerts are edges. */
		assert_int_equal(m->told[k][g], !strcmp(verb, "prune"));
		m->told[k][g] = !strcmp(verb, "join");
	}
	fix_clear(m->f);
}

static bool model_wants(const struct model *m, int k, unsigned int g)
{
	for (int i = 0; i < IFS; i++) {
		if (m->member[k][i][g] || m->member[k][i][0])
			return true;
	}
	return false;
}

static void model_check(const struct model *m)
{
	for (int x = 0; x < K; x++) {
		for (unsigned int g = 0; g < GROUPS; g++) {
			bool pull = false;

			for (int y = 0; y < K; y++)
				pull |= y != x && model_wants(m, y, g);
			if (m->dead[x])
				continue;
			assert_int_equal(m->told[x][g] || m->told[x][0], pull);
		}
	}
}

static const uint32_t protocols[K] = {XMGM_OWNER_PIM, XMGM_OWNER_DVMRP,
				      XMGM_OWNER_STATIC, XMGM_OWNER_REMOTE};
static const char *const names[K] = {"a", "b", "c", "d"};

/* Comes back knowing what enumeration would tell it. */
static void model_register(struct model *m, int k)
{
	struct fix_client *c = m->client[k];

	memset(m->member[k], 0, sizeof(m->member[k]));
	if (c)
		c->handle = NULL;
	m->client[k] = fix_client(m->f, names[k], protocols[k], 0);
	m->dead[k] = false;
	for (unsigned int g = 0; g < GROUPS; g++) {
		bool others = false;

		for (int y = 0; y < K; y++) {
			for (int i = 0; i < IFS && y != k && !m->dead[y]; i++)
				others |= m->member[y][i][g];
		}
		m->told[k][g] = others;
	}
	for (uint32_t i = 0; i < IFS; i++)
		assert_int_equal(
			fix_take(m->client[k], (uint32_t)k * 10 + i + 1), 0);
}

static void model_step(struct model *m, uint32_t *seed)
{
	int k = (int)(random_next(seed) % K);
	uint32_t i = random_next(seed) % IFS, what = random_next(seed) % 100;
	uint32_t g = random_next(seed) % GROUPS;
	uint32_t ifid = (uint32_t)k * 10 + i + 1;
	struct fix_client *c = m->client[k];

	if (m->dead[k]) {
		model_register(m, k);
	} else if (what < 2) {
		m->dead[k] = true;
		memset(m->member[k], 0, sizeof(m->member[k]));
		memset(m->told[k], 0, sizeof(m->told[k]));
		mgm_client_dead(m->f->m, c->handle);
	} else if (what < 6) {
		mgm_interface_gone(m->f->m, m->f->now, ifid);
		memset(m->member[k][i], 0, sizeof(m->member[k][i]));
		assert_int_equal(fix_take(c, ifid), 0);
	} else if (what < 10) {
		assert_int_equal(fix_release(c, ifid), 0);
		memset(m->member[k][i], 0, sizeof(m->member[k][i]));
		assert_int_equal(fix_take(c, ifid), 0);
	} else if (what < 15 && g) {
		assert_int_equal(fix_set(c, ifid, g, MGM_EXCLUDE, 1, what), 0);
		m->member[k][i][g] = true;
	} else if (what < 57) {
		assert_int_equal(fix_add(c, ifid, 0, g), 0);
		m->member[k][i][g] = true;
	} else {
		assert_int_equal(fix_del(c, ifid, 0, g), 0);
		m->member[k][i][g] = false;
	}
}

static void test_pull_over_random_sequences(void **state)
{
	struct fix *f = *state;

	for (uint32_t run = 1; run <= 40; run++) {
		struct model m = {.f = f};
		uint32_t seed = run;

		for (int k = 0; k < K; k++)
			m.dead[k] = true;
		for (int k = 0; k < K; k++)
			model_register(&m, k);
		for (int step = 0; step < 500; step++) {
			model_step(&m, &seed);
			model_alerts(&m);
			model_check(&m);
		}
		for (int k = 0; k < K; k++) {
			if (!m.dead[k])
				mgm_client_dead(f->m, m.client[k]->handle);
			m.client[k]->handle = NULL;
		}
		fix_clear(f);
	}
}

static const struct CMUnitTest tests[] = {
	fix_test(test_rules_of_n),
	fix_test(test_exclude_counts_as_wanting_the_group),
	fix_test(test_wildcard),
	fix_test(test_two_wildcards),
	fix_test(test_source_joins),
	fix_test(test_source_joins_follow_static_routes),
	fix_test(test_late_registration),
	fix_test(test_death_while_alerts_are_delivered),
	fix_test(test_alerts_of_the_dead_are_not_inherited),
	fix_test(test_first_and_last_oif),
	fix_test(test_pull_over_random_sequences),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
