/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The manager without memory: a scenario that touches everything is played
 * once for each allocation it makes, and that one fails. Calls say -ENOMEM and
 * have changed nothing; made again they succeed; and in the end, alerts
 * included, everything is as if there had been memory all along.
 */
#include "lib/address.h"
#include "mgm_fixture.h"
#include "v4.h"

#define A 1u
#define B 2u
#define C 3u

static unsigned int allocations; /* since armed */
static unsigned int fail_at;	 /* 0: none fails */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool fails(void)
{
	return ++allocations == fail_at;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

/* What everybody has been told last, as text: "p (*,1)" to join or prune. */
#define FACTS 64

struct fact {
	char key[80];
	bool on;
};

struct play {
	struct fix *f;
	struct fix_client *igmp, *p, *q;
	struct fact fact[FACTS];
	size_t facts;
	char routes[1024];
	unsigned int refused;
};

static void fact_set(struct play *play, const char *key, bool on)
{
	size_t i;

	for (i = 0; i < play->facts; i++) {
		if (!strcmp(play->fact[i].key, key))
			break;
	}
	assert_true(i < FACTS);
	if (i == play->facts) {
		play->facts++;
		snprintf(play->fact[i].key, sizeof(play->fact[i].key), "%s",
			 key);
	}
	play->fact[i].on = on;
}

static void facts_read(struct play *play)
{
	char *line = play->f->log, *end;

	for (; (end = strchr(line, '\n')); line = end + 1) {
		char who[16], verb[16], what[32], cause[16] = "", key[80];
		unsigned int ifid;

		*end = '\0';
		if (sscanf(line, "%15s %15s %31s %u %15s", who, verb, what,
			   &ifid, cause) < 4)
			continue;
		if (strcmp(verb, "join") && strcmp(verb, "prune") &&
		    strcmp(verb, "local-join") && strcmp(verb, "local-leave"))
			continue;
		snprintf(key, sizeof(key), "%s %s%s %s", who,
			 strncmp(verb, "local", 5) ? "" : "local ", what,
			 cause);
		fact_set(play, key, strstr(verb, "join") != NULL);
	}
	fix_clear(play->f);
}

/* Makes a call again if it found no memory; once is enough. */
#define CALL(play, expected, call)                     \
	do {                                           \
		int _result = (call);                  \
                                                       \
		if (_result == -ENOMEM) {              \
			(play)->refused++;             \
			_result = (call);              \
		}                                      \
		assert_int_equal(_result, (expected)); \
	} while (0)

static void flow(struct play *play, uint32_t s, uint32_t g)
{
	fix_upcall(play->f, s, g, A);
	if (fix_line(play->f, sg(s, g)))
		return;
	play->refused++; /* the next packet tries again */
	fix_upcall(play->f, s, g, A);
	assert_non_null(fix_line(play->f, sg(s, g)));
}

static void routes_read(struct play *play)
{
	size_t n = 0;

	for (uint32_t s = 0; s < 10; s++) {
		for (uint32_t g = 1; g < 6; g++)
			n += (size_t)snprintf(play->routes + n,
					      sizeof(play->routes) - n,
					      "%u,%u %s\n", s, g,
					      fix_route(play->f, s, g));
	}
}

static struct mgm_sg prefix_sg(uint32_t s, uint8_t s_length, uint32_t g,
			       uint8_t g_length)
{
	struct mgm_sg prefix = sg(s, g ? g : 4);

	prefix.source.length = s_length;
	prefix.group.length = g_length;
	prefix.group.address = address_first(&prefix.group.address, g_length);
	return prefix;
}

static int join(struct fix_client *c, uint32_t ifid, struct mgm_sg prefix)
{
	return mgm_membership_add(c->f->m, c->handle, ifid, prefix,
				  MGM_JOIN_STATE);
}

static void play_handshake(struct play *play)
{
	CALL(play, -EINPROGRESS, fix_take(play->p, B));
	if (fix_ack(play->igmp, B)) {
		/* The request to stop was lost: after 1 s IGMP is off. */
		fix_tick(play->f, 1000);
		CALL(play, 0, fix_take(play->igmp, B));
		CALL(play, 0, fix_add(play->igmp, B, 0, 1));
		CALL(play, 0,
		     fix_set(play->igmp, B, 2, MGM_INCLUDE, 2, 7u, 8u));
		return;
	}
	CALL(play, 0, fix_add(play->igmp, B, 0, 1));
	CALL(play, 0, fix_set(play->igmp, B, 2, MGM_INCLUDE, 2, 7u, 8u));
	/* If the request to replay was lost, its deadline ends it. */
	if (fix_done(play->igmp, B))
		fix_tick(play->f, 10000);
}

static void play_all(struct play *play)
{
	struct fix *f = play->f;
	struct fix_client *p = play->p, *q = play->q, *igmp = play->igmp;
	const struct mgm_link link = {.ifid = 4, .name = "late"};
	struct mgm_interface_info info = {.size = sizeof(info)};
	struct mgm_rib_route route;

	CALL(play, 0, fix_take(igmp, B));
	CALL(play, 0, fix_take(q, A));
	CALL(play, 0, fix_take(p, C));
	CALL(play, 0, fix_add(igmp, B, 0, 1));
	CALL(play, 0, fix_set(igmp, B, 2, MGM_EXCLUDE, 2, 7u, 9u));
	CALL(play, 0, fix_set(p, C, 2, MGM_INCLUDE, 2, 7u, 8u));
	CALL(play, 0, fix_add(p, C, 9, 1));
	CALL(play, 0, fix_add(igmp, B, 8, 3)); /* not said again */
	CALL(play, 0, join(igmp, B, prefix_sg(0, 0, 1, 31)));
	CALL(play, 0, join(igmp, B, prefix_sg(8, 30, 4, 32)));
	flow(play, 7, 1);
	flow(play, 8, 2);
	flow(play, 7, 4);
	play_handshake(play);
	CALL(play, 0, mgm_route_put(f->m, q->handle, sg(0, 2), A, NULL, 0, 0));
	CALL(play, 0, mgm_route_put(f->m, q->handle, sg(9, 3), A, NULL, 0, 0));
	CALL(play, 0, fix_add(p, C, 9, 2));
	CALL(play, 0, fix_add(p, C, 0, 0));
	CALL(play, 0,
	     mgm_membership_del(f->m, p->handle, C, sg(7, 4),
				MGM_FORWARD_STATE));
	CALL(play, 0, fix_del(p, C, 0, 0));
	f->rib[7] = C;
	v4_rib_changed(f->m, f->now, src_ip(7), 32);
	route = (struct mgm_rib_route){
		.size = sizeof(route),
		.prefix = {mgm_address_v4(src_ip(8)), 30, {0}},
		.ifid = C,
	};
	CALL(play, 0, mgm_rib_put(f->m, p->handle, &route));
	CALL(play, 0, mgm_interface_changed(f->m, f->now, &link));
	assert_int_equal(mgm_interface_get(f->m, link.ifid, &info), 0);
	CALL(play, 0, fix_del(igmp, B, 0, 1));
	CALL(play, 0, join(q, A, prefix_sg(0, 0, 0, 8)));
	CALL(play, 0, join(p, C, prefix_sg(0, 0, 0, 30)));
	CALL(play, 0, join(p, C, prefix_sg(8, 29, 1, 32)));
	CALL(play, 0,
	     mgm_membership_del(f->m, q->handle, A, prefix_sg(0, 0, 0, 8),
				MGM_JOIN_STATE));
	fix_tick(f, 1000);
	fix_tick(f, 1000);
}

static void play_begin(struct play *play)
{
	*play = (struct play){.f = fix_new(NULL)};
	play->igmp = fix_igmp(play->f);
	play->p = fix_client(play->f, "p", XMGM_OWNER_PIM, 0);
	play->q = fix_client(play->f, "q", XMGM_OWNER_DVMRP, 0);
	for (int i = 1; i < 10; i++)
		play->f->rib[i] = A;
}

static void play_end(struct play *play)
{
	fail_at = 0;
	facts_read(play);
	routes_read(play);
	fix_check(play->f);
	fix_free(play->f);
}

static bool fact_is(const struct play *play, const struct fact *fact)
{
	for (size_t i = 0; i < play->facts; i++) {
		if (!strcmp(play->fact[i].key, fact->key))
			return play->fact[i].on == fact->on;
	}
	return !fact->on; /* never told is as good as told to stop */
}

static void compare(const struct play *got, const struct play *want,
		    unsigned int n)
{
	bool same = !strcmp(got->routes, want->routes);

	if (!same)
		print_error("allocation %u: routes\n%sinstead of\n%s", n,
			    got->routes, want->routes);
	for (size_t i = 0; i < want->facts; i++) {
		if (fact_is(got, &want->fact[i]))
			continue;
		print_error("allocation %u: %s is not %d\n", n,
			    want->fact[i].key, want->fact[i].on);
		same = false;
	}
	for (size_t i = 0; i < got->facts; i++) {
		if (fact_is(want, &got->fact[i]))
			continue;
		print_error("allocation %u: %s should not be %d\n", n,
			    got->fact[i].key, got->fact[i].on);
		same = false;
	}
	assert_true(same);
}

static void test_each_allocation_fails_once(void **state)
{
	static struct play want, got;
	unsigned int total, refused = 0;

	(void)state;
	play_begin(&want);
	allocations = 0;
	play_all(&want);
	total = allocations;
	play_end(&want);
	assert_int_equal(want.refused, 0);
	assert_true(total > 50);
	for (unsigned int n = 1; n <= total; n++) {
		play_begin(&got);
		allocations = 0;
		fail_at = n;
		play_all(&got);
		play_end(&got);
		compare(&got, &want, n);
		refused += got.refused;
	}
	assert_true(refused > 20); /* it did get in the way */
}

static void test_no_memory_for_the_manager(void **state)
{
	static const struct mgm_hooks hooks;
	struct mgm *m;

	(void)state;
	for (unsigned int n = 1; n <= 2; n++) {
		allocations = 0;
		fail_at = n;
		m = mgm_new(&hooks, NULL, 0);
		fail_at = 0;
		assert_null(m);
		assert_int_equal(errno, ENOMEM);
	}
	mgm_free(NULL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_each_allocation_fails_once),
	cmocka_unit_test(test_no_memory_for_the_manager),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
