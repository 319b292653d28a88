/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of IGMP against a model that was written from the text of
 * RFC 9776 (sections 3.2, 4.2.16, 5.1, 5.2, 7.2.1, 8.12) and RFC 2236 sections
 * 3 and 6: random changes of what is wanted, queries of all versions, other
 * hosts' reports, links that go down and come up, MTUs, and time. After each
 * step what is on the wire and when something is due next are the same, or seed
 * and last steps are printed.
 *
 * XMGM_MODEL_STEPS: how many steps, 100000 without it. XMGM_MODEL_SEED: only
 * this one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/timer.h"
#include "proto/host/machine.h"
#include "wire/reader.h"
#include "wire/report.h"

#define GROUPS	4
#define SOURCES 24
#define STEPS	1000
#define HISTORY 40
#define TYPES	7
#define NEVER	UINT64_MAX

/* What a tick puts on the wire: by type of record and group, the sources;
 * and messages of versions 1 and 2. */
struct wire {
	uint32_t sources[TYPES][GROUPS];
	uint32_t records[TYPES][GROUPS];
	uint32_t listed[TYPES][GROUPS]; /* sources, with repetitions */
	uint32_t old[3][GROUPS];	/* v1 report, v2 report, leave */
};

/* One group of the model. Sources are bits. */
struct member {
	bool exclude;
	uint32_t list;
	unsigned int mode_left, left[SOURCES];
	unsigned int joins_left;
	bool leaving;
	uint64_t change_at, answer_at;
	uint32_t asked;
};

struct model {
	struct member group[GROUPS];
	uint64_t general_at, v1_until, v2_until, now;
	unsigned int version, newest, rv, own_rv, mtu;
	uint32_t qi_ms;
	bool up;
};

struct run {
	struct machine *m;
	struct model model;
	struct wire got, want;
	unsigned int seed;
	char history[HISTORY][96];
	size_t steps;
};

static uint32_t rng;

static uint32_t draw(uint32_t below)
{
	rng = rng * 1664525u + 1013904223u;
	return (rng >> 8) % below;
}

/* Chance is a function of the moment, so that both draw the same. */
static uint32_t chance(uint64_t now, uint32_t below)
{
	uint64_t x = (now + 77) * 0x9e3779b97f4a7c15ull;

	return (uint32_t)(x >> 33) % below;
}

static uint32_t hook_random(void *arg, uint32_t below)
{
	const struct run *r = arg;

	return chance(r->model.now, below);
}

static struct in_addr group_at(size_t i)
{
	return (struct in_addr){htonl(0xef010101u + (uint32_t)i)};
}

static struct in_addr source_at(size_t i)
{
	return (struct in_addr){htonl(0x0a000001u + (uint32_t)i * 7)};
}

static void fail_run(const struct run *r, const char *what)
{
	size_t i = r->steps > HISTORY ? r->steps - HISTORY : 0;

	for (; i < r->steps; i++)
		fprintf(stderr, "  %s\n", r->history[i % HISTORY]);
	fail_msg("seed %u step %zu: %s", r->seed, r->steps, what);
}

static void note(struct run *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void note(struct run *r, const char *format, ...)
{
	char *line = r->history[r->steps++ % HISTORY];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(r->history[0]), format, args);
	va_end(args);
}

/* --- the model -------------------------------------------------------- */

static bool wanted(const struct member *g)
{
	return g->exclude || g->list;
}

static uint64_t delay(const struct model *o, uint32_t max)
{
	return max ? 1 + chance(o->now, max) : 0;
}

static void forget_changes(struct member *g)
{
	g->mode_left = g->joins_left = 0;
	g->leaving = false;
	memset(g->left, 0, sizeof(g->left));
	g->change_at = NEVER;
}

static void forget_answer(struct member *g)
{
	g->asked = 0;
	g->answer_at = NEVER;
}

/* 7.2.1: a change of the compatibility mode cancels everything pending. */
static void compatibility(struct model *o)
{
	unsigned int version = o->newest;

	if (o->v1_until > o->now)
		version = 1;
	else if (o->v2_until > o->now && version > 2)
		version = 2;
	if (version == o->version)
		return;
	o->version = version;
	o->general_at = NEVER;
	for (int i = 0; i < GROUPS; i++) {
		forget_changes(&o->group[i]);
		forget_answer(&o->group[i]);
	}
}

/* 5.1 */
static void model_set(struct model *o, size_t i, bool exclude, uint32_t list)
{
	struct member *g = &o->group[i], old = *g;

	compatibility(o);
	old = *g;
	g->exclude = exclude;
	g->list = list;
	if (!o->up || (old.exclude == exclude && old.list == list))
		return;
	if (o->version < 3) {
		if (wanted(&old) == wanted(g))
			return;
		forget_changes(g);
		g->joins_left = wanted(g) ? o->rv : 0;
		g->leaving = !wanted(g) && o->version == 2;
		if (g->joins_left || g->leaving)
			g->change_at = o->now;
		if (!wanted(g))
			forget_answer(g);
		return;
	}
	if (old.exclude != exclude) {
		memset(g->left, 0, sizeof(g->left));
		g->mode_left = o->rv;
	} else {
		for (int s = 0; s < SOURCES; s++)
			if ((old.list ^ list) >> s & 1)
				g->left[s] = o->rv;
	}
	g->change_at = o->now;
}

static void say(struct wire *w, enum igmp_record_type type, size_t i,
		uint32_t list)
{
	w->records[type][i]++;
	w->sources[type][i] |= list;
	w->listed[type][i] += (uint32_t)__builtin_popcount(list);
}

/* The table of 5.1, for what is said once more. */
static void model_change(struct model *o, size_t i, struct wire *w)
{
	struct member *g = &o->group[i];
	uint32_t changed = 0;
	bool more = false;

	g->change_at = NEVER;
	if (o->version < 3) {
		w->old[g->leaving ? 2 : o->version - 1][i]++;
		g->leaving = false;
		if (g->joins_left && --g->joins_left)
			g->change_at = o->now + delay(o, 10000);
		return;
	}
	for (int s = 0; s < SOURCES; s++)
		changed |= g->left[s] ? 1u << s : 0;
	if (g->mode_left)
		say(w, g->exclude ? IGMP_TO_EX : IGMP_TO_IN, i, g->list);
	else if (g->exclude ? changed & ~g->list : changed & g->list)
		say(w, IGMP_ALLOW, i,
		    g->exclude ? changed & ~g->list : changed & g->list);
	if (!g->mode_left &&
	    (g->exclude ? changed & g->list : changed & ~g->list))
		say(w, IGMP_BLOCK, i,
		    g->exclude ? changed & g->list : changed & ~g->list);
	if (g->mode_left)
		more = --g->mode_left;
	for (int s = 0; s < SOURCES; s++)
		if (g->left[s])
			more |= --g->left[s] > 0;
	if (more)
		g->change_at = o->now + delay(o, 1000);
	else if (!wanted(g))
		forget_answer(g);
}

static void current_state(struct model *o, size_t i, struct wire *w)
{
	const struct member *g = &o->group[i];

	if (wanted(g))
		say(w, g->exclude ? IGMP_IS_EX : IGMP_IS_IN, i, g->list);
}

static void model_answer(struct model *o, size_t i, struct wire *w)
{
	struct member *g = &o->group[i];
	uint32_t list = g->exclude ? g->asked & ~g->list : g->asked & g->list;

	if (o->version < 3)
		w->old[o->version - 1][i]++;
	else if (!g->asked)
		current_state(o, i, w);
	else if (list)
		say(w, IGMP_IS_IN, i, list);
	forget_answer(g);
}

static void model_tick(struct model *o, struct wire *w)
{
	compatibility(o);
	for (size_t i = 0; i < GROUPS; i++) {
		if (o->group[i].change_at <= o->now)
			model_change(o, i, w);
		if (o->group[i].answer_at <= o->now)
			model_answer(o, i, w);
	}
	if (o->general_at > o->now)
		return;
	o->general_at = NEVER;
	for (size_t i = 0; i < GROUPS; i++) {
		current_state(o, i, w);
		if (wanted(&o->group[i]))
			o->group[i].asked = 0;
	}
}

static uint64_t model_deadline(const struct model *o)
{
	uint64_t at = o->general_at;

	for (size_t i = 0; i < GROUPS; i++) {
		if (o->group[i].change_at < at)
			at = o->group[i].change_at;
		if (o->group[i].answer_at < at)
			at = o->group[i].answer_at;
	}
	if (o->v1_until > o->now && o->v1_until < at)
		at = o->v1_until;
	if (o->v2_until > o->now && o->v2_until < at)
		at = o->v2_until;
	return at;
}

static bool any_wanted(const struct model *o)
{
	for (size_t i = 0; i < GROUPS; i++)
		if (wanted(&o->group[i]))
			return true;
	return false;
}

/* 5.2; group GROUPS: a general query. */
static void model_ask(struct model *o, size_t i, uint32_t max, uint32_t sources)
{
	struct member *g = i < GROUPS ? &o->group[i] : NULL;
	uint64_t at = o->now + delay(o, max);

	if (g ? !wanted(g) : !any_wanted(o))
		return;
	if (o->general_at <= at) /* rule 1 */
		return;
	if (!g) { /* rule 2 */
		o->general_at = at;
	} else if (g->answer_at == NEVER) { /* rule 3 */
		g->answer_at = at;
		g->asked = sources;
	} else { /* rules 4 and 5 */
		g->asked = sources && g->asked ? g->asked | sources : 0;
		if (at < g->answer_at)
			g->answer_at = at;
	}
}

static void model_ask_old(struct model *o, size_t i, uint32_t max)
{
	for (size_t k = 0; k < GROUPS; k++) {
		struct member *g = &o->group[k];

		if ((i < GROUPS && k != i) || !wanted(g) ||
		    (g->answer_at != NEVER && g->answer_at - o->now <= max))
			continue;
		g->answer_at = o->now + delay(o, max);
	}
}

struct question {
	unsigned int version, rv;
	size_t group; /* GROUPS: general */
	uint32_t max, sources, qi_s;
};

static void model_query(struct model *o, const struct question *q)
{
	size_t i = q->version == 1 ? GROUPS : q->group;
	uint64_t older = (uint64_t)o->rv * o->qi_ms + q->max;

	if (!o->up)
		return;
	if (q->version == 3) {
		o->rv = q->rv ? q->rv : o->own_rv;
		o->qi_ms = q->qi_s ? q->qi_s * 1000 : 125000;
	}
	if (q->version == 2 && i == GROUPS)
		o->v2_until = o->now + older;
	if (q->version == 1)
		o->v1_until = o->now + older;
	compatibility(o);
	if (o->version == 3)
		model_ask(o, i, q->max, q->sources);
	else
		model_ask_old(o, i, o->version == 1 ? 10000 : q->max);
}

static void model_heard(struct model *o, size_t i)
{
	struct member *g = &o->group[i];

	compatibility(o);
	if (o->version == 3 || !wanted(g))
		return;
	forget_answer(g);
	forget_changes(g);
}

static void model_link(struct model *o, bool up, unsigned int mtu)
{
	bool was = o->up;

	o->up = up;
	o->mtu = mtu;
	if (up == was)
		return;
	o->v1_until = o->v2_until = 0;
	o->rv = o->own_rv;
	o->qi_ms = 125000;
	o->version = o->newest;
	o->general_at = NEVER;
	for (size_t i = 0; i < GROUPS; i++) {
		struct member *g = &o->group[i];

		forget_changes(g);
		forget_answer(g);
		if (!up || !wanted(g))
			continue;
		g->change_at = o->now;
		if (o->version < 3)
			g->joins_left = o->rv;
		else if (g->exclude)
			g->mode_left = o->rv;
		for (int s = 0; s < SOURCES && o->version == 3; s++)
			if (!g->exclude && g->list >> s & 1)
				g->left[s] = o->rv;
	}
}

/* --- the wire ---------------------------------------------------------- */

static size_t group_of(const struct run *r, struct in_addr group)
{
	uint32_t i = ntohl(group.s_addr) - 0xef010101u;

	if (i >= GROUPS)
		fail_run(r, "a group that nobody has asked for");
	return i;
}

static void hear_record(struct run *r, const struct igmp_record *record)
{
	size_t i = group_of(r, record->group);

	r->got.records[record->type][i]++;
	for (size_t k = 0; k < record->sources.count; k++) {
		struct in_addr at = igmp_address(&record->sources, k);
		uint32_t s = (ntohl(at.s_addr) - 0x0a000001u) / 7;

		if (s >= SOURCES || at.s_addr != source_at(s).s_addr)
			fail_run(r, "a source of nobody's");
		r->got.sources[record->type][i] |= 1u << s;
		r->got.listed[record->type][i]++;
	}
}

static int hook_send(void *arg, struct in_addr target, const uint8_t *packet,
		     size_t len)
{
	struct run *r = arg;
	struct igmp_message m;
	struct igmp_record record;
	struct igmp_ip ip;
	size_t at = 0, i;

	if (igmp_packet_get(packet, len, &ip, &m) != XMGM_IGMP_DELIVERED)
		fail_run(r, "a message that no router would take");
	if (len > r->model.mtu)
		fail_run(r, "a message beyond the MTU");
	if (ip.target.s_addr != target.s_addr)
		fail_run(r, "another target in the header");
	if (m.type == XMGM_IGMP_V3_REPORT) {
		if (target.s_addr != IGMP_ALL_V3_ROUTERS)
			fail_run(r, "a report not to 224.0.0.22");
		while (igmp_record_next(&m, &at, &record))
			hear_record(r, &record);
		return 0;
	}
	i = group_of(r, m.group);
	if (m.type == XMGM_IGMP_V2_LEAVE) {
		if (target.s_addr != IGMP_ALL_ROUTERS)
			fail_run(r, "a leave not to 224.0.0.2");
		r->got.old[2][i]++;
	} else {
		if (target.s_addr != m.group.s_addr)
			fail_run(r, "a report not to its group");
		r->got.old[m.version - 1][i]++;
	}
	return 0;
}

/* 4.2.16: lists are split, but one that blocks is cut to a report of its
 * own. */
static void compare_record(struct run *r, enum igmp_record_type type, size_t i)
{
	uint32_t room = (r->model.mtu - REPORT_HEAD_BYTES - 8) / 4;
	uint32_t want = r->want.sources[type][i], got = r->got.sources[type][i];
	bool cut = (type == IGMP_IS_EX || type == IGMP_TO_EX) &&
		   (uint32_t)__builtin_popcount(want) > room;

	if (!r->want.records[type][i] != !r->got.records[type][i])
		fail_run(r, "a record that is missing, or one too many");
	if (cut) {
		if (got & ~want ||
		    r->got.listed[type][i] != room * r->want.records[type][i] ||
		    r->got.records[type][i] != r->want.records[type][i])
			fail_run(r, "a list that blocks, cut otherwise");
	} else if (got != want ||
		   r->got.listed[type][i] != r->want.listed[type][i]) {
		fail_run(r, "other sources");
	}
}

static void compare(struct run *r)
{
	for (size_t i = 0; i < GROUPS; i++)
		for (int type = IGMP_IS_IN; type < TYPES; type++)
			compare_record(r, (enum igmp_record_type)type, i);
	if (memcmp(r->want.old, r->got.old, sizeof(r->want.old)))
		fail_run(r, "other messages of versions 1 or 2");
	memset(&r->want, 0, sizeof(r->want));
	memset(&r->got, 0, sizeof(r->got));
}

/* --- steps ------------------------------------------------------------- */

static void tick(struct run *r)
{
	model_tick(&r->model, &r->want);
	machine_tick(r->m, r->model.now);
	compare(r);
	if (machine_deadline(r->m) != model_deadline(&r->model))
		fail_run(r, "another deadline");
}

static void advance(struct run *r, uint64_t until)
{
	uint64_t at;

	while ((at = model_deadline(&r->model)) <= until) {
		r->model.now = at;
		tick(r);
	}
	r->model.now = until;
	tick(r);
}

static void step_set(struct run *r)
{
	struct in_addr sources[SOURCES];
	bool exclude = draw(2), many = !draw(4);
	size_t i = draw(GROUPS), n = 0;
	uint32_t list = 0;

	for (int s = 0; s < (many ? SOURCES : 4); s++)
		list |= draw(3) ? 0 : 1u << s;
	for (int s = SOURCES; s--;)
		if (list >> s & 1)
			sources[n++] = source_at((size_t)s);
	note(r, "%llu set %zu %s %x", (unsigned long long)r->model.now, i,
	     exclude ? "exclude" : "include", list);
	assert_int_equal(machine_set(r->m, group_at(i),
				     exclude ? MGM_EXCLUDE : MGM_INCLUDE,
				     sources, n, r->model.now),
			 0);
	model_set(&r->model, i, exclude, list);
}

static void step_query(struct run *r)
{
	static const uint32_t times[] = {100, 1000, 10000, 25000};
	uint8_t bytes[4 * SOURCES];
	struct question q = {
		.version = draw(8) ? 3 : 1 + draw(2),
		.group = draw(2) ? GROUPS : draw(GROUPS),
		.max = times[draw(4)],
		.rv = draw(4),
		.qi_s = draw(2) ? 125 : draw(20),
	};
	struct igmp_message m = {
		.type = XMGM_IGMP_QUERY,
		.sources.bytes = bytes,
	};

	if (q.version == 1)
		q.max = 10000; /* as it is read */
	for (int s = 0; q.version == 3 && q.group < GROUPS && s < 6; s++)
		q.sources |= draw(3) ? 0 : 1u << s;
	for (size_t s = 0; s < SOURCES; s++) {
		struct in_addr at = source_at(s);

		if (q.sources >> s & 1)
			memcpy(bytes + 4 * m.sources.count++, &at, 4);
	}
	m.version = q.version;
	m.max_response_ms = q.max;
	m.robustness = (uint8_t)q.rv;
	m.query_interval_s = q.qi_s;
	if (q.group < GROUPS && q.version > 1)
		m.group = group_at(q.group);
	note(r, "%llu query v%u group %zu max %u sources %x rv %u qi %u",
	     (unsigned long long)r->model.now, q.version, q.group, q.max,
	     q.sources, q.rv, q.qi_s);
	machine_query(r->m, source_at(0), &m, r->model.now);
	model_query(&r->model, &q);
}

static void step_heard(struct run *r)
{
	size_t i = draw(GROUPS);

	note(r, "%llu heard %zu", (unsigned long long)r->model.now, i);
	machine_heard(r->m, group_at(i), r->model.now);
	model_heard(&r->model, i);
}

static void step_link(struct run *r)
{
	static const unsigned int mtus[] = {68, 100, 576, 1500};
	const struct machine_interface is = {
		.up = draw(4) != 0,
		.address = source_at(3),
		.mtu = mtus[draw(4)],
	};

	note(r, "%llu link %d mtu %u", (unsigned long long)r->model.now, is.up,
	     is.mtu);
	machine_interface(r->m, &is, r->model.now);
	model_link(&r->model, is.up, is.mtu);
}

static void step_time(struct run *r)
{
	static const uint32_t spans[] = {1, 30, 700, 5000, 30000, 400000};
	uint64_t until = r->model.now + 1 + draw(spans[draw(6)]);

	note(r, "%llu time to %llu", (unsigned long long)r->model.now,
	     (unsigned long long)until);
	advance(r, until);
}

static void run_seed(unsigned int seed)
{
	struct run run = {.seed = seed}, *r = &run;
	const struct machine_hooks hooks = {
		.arg = r, .send = hook_send, .random = hook_random};
	const struct machine_config config = {
		.version = seed % 5 ? 3 : 1 + seed % 3,
		.robustness = 1 + seed % 3,
		.unsolicited_ms = 1000,
		.query_interval_ms = 125000,
	};

	rng = seed * 2654435761u + 1;
	r->m = machine_new(&hooks);
	r->model = (struct model){.now = 1000,
				  .version = config.version,
				  .newest = config.version,
				  .rv = config.robustness,
				  .own_rv = config.robustness,
				  .qi_ms = 125000,
				  .general_at = NEVER};
	for (size_t i = 0; i < GROUPS; i++)
		r->model.group[i].change_at = r->model.group[i].answer_at =
			NEVER;
	machine_configure(r->m, &config, r->model.now);
	while (r->steps < STEPS) {
		uint32_t what = draw(20);

		if (what < 7)
			step_set(r);
		else if (what < 13)
			step_query(r);
		else if (what < 14)
			step_heard(r);
		else if (what < 15)
			step_link(r);
		else
			step_time(r);
		if (draw(3))
			tick(r);
	}
	machine_farewell(r->m);
	machine_free(r->m);
}

static unsigned long from_environment(const char *name, unsigned long standard)
{
	const char *text = getenv(name);

	return text ? strtoul(text, NULL, 10) : standard;
}

static void test_what_a_host_says_is_what_the_rfc_says(void **state)
{
	unsigned long seeds =
		from_environment("XMGM_MODEL_STEPS", 100000) / STEPS;
	unsigned long only = from_environment("XMGM_MODEL_SEED", 0);

	(void)state;
	if (only) {
		run_seed((unsigned int)only);
		return;
	}
	for (unsigned int seed = 1; seed <= seeds; seed++)
		run_seed(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_a_host_says_is_what_the_rfc_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
