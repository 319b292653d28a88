/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RFC 9776 sections 6.4.1 and 6.4.2: one test per record x state cell. Each
 * runs over every X, Y and A of four sources and compares with the RFC's set
 * algebra, written down here once more and independently of the table.
 */
#include "igmp_fixture.h"

#define SOURCES 4u
#define ALL	15u

/*
 * Timers at first: of source i, and the group's. Late ones run out within the
 * last member query time: they are not set back, and nobody is asked again.
 */
static bool late;
#define TIMER(i) (START + (late ? 500u + (i) : 100000u + 1000u * (i)))
#define GROUP_AT (START + (late ? 700u : 150000u))

/* What the RFC says comes out. */
struct outcome {
	enum mgm_filter filter;
	uint32_t x, y;	     /* new state */
	uint32_t gmi;	     /* (..)=GMI */
	uint32_t group;	     /* (..)=Group Timer */
	uint32_t asked;	     /* Send Q(G,..) */
	bool group_is_gmi;   /* Group Timer=GMI */
	bool group_is_asked; /* Send Q(G) */
};

struct row {
	const char *name;
	enum mgm_filter filter;
	enum igmp_record_type type;
	struct outcome (*rfc)(uint32_t x, uint32_t y, uint32_t a);
};

/* INCLUDE (A), record (B): here x and a. */
static struct outcome include_allow(uint32_t x, uint32_t y, uint32_t a)
{
	(void)y;
	return (struct outcome){.filter = MGM_INCLUDE, .x = x | a, .gmi = a};
}

static struct outcome include_is_ex(uint32_t x, uint32_t y, uint32_t a)
{
	(void)y;
	return (struct outcome){.filter = MGM_EXCLUDE,
				.x = x & a,
				.y = a & ~x,
				.group_is_gmi = true};
}

static struct outcome include_block(uint32_t x, uint32_t y, uint32_t a)
{
	(void)y;
	return (struct outcome){.filter = MGM_INCLUDE, .x = x, .asked = x & a};
}

static struct outcome include_to_ex(uint32_t x, uint32_t y, uint32_t a)
{
	(void)y;
	return (struct outcome){.filter = MGM_EXCLUDE,
				.x = x & a,
				.y = a & ~x,
				.asked = x & a,
				.group_is_gmi = true};
}

static struct outcome include_to_in(uint32_t x, uint32_t y, uint32_t a)
{
	(void)y;
	return (struct outcome){
		.filter = MGM_INCLUDE, .x = x | a, .gmi = a, .asked = x & ~a};
}

static struct outcome exclude_allow(uint32_t x, uint32_t y, uint32_t a)
{
	return (struct outcome){
		.filter = MGM_EXCLUDE, .x = x | a, .y = y & ~a, .gmi = a};
}

static struct outcome exclude_is_ex(uint32_t x, uint32_t y, uint32_t a)
{
	return (struct outcome){.filter = MGM_EXCLUDE,
				.x = a & ~y,
				.y = y & a,
				.gmi = a & ~x & ~y,
				.group_is_gmi = true};
}

static struct outcome exclude_block(uint32_t x, uint32_t y, uint32_t a)
{
	return (struct outcome){.filter = MGM_EXCLUDE,
				.x = x | (a & ~y),
				.y = y,
				.group = a & ~x & ~y,
				.asked = a & ~y};
}

static struct outcome exclude_to_ex(uint32_t x, uint32_t y, uint32_t a)
{
	return (struct outcome){.filter = MGM_EXCLUDE,
				.x = a & ~y,
				.y = y & a,
				.group = a & ~x & ~y,
				.asked = a & ~y,
				.group_is_gmi = true};
}

static struct outcome exclude_to_in(uint32_t x, uint32_t y, uint32_t a)
{
	return (struct outcome){.filter = MGM_EXCLUDE,
				.x = x | a,
				.y = y & ~a,
				.gmi = a,
				.asked = x & ~a,
				.group_is_asked = true};
}

static struct row rows[] = {
	{"INCLUDE (A) + IS_IN (B)", MGM_INCLUDE, IGMP_IS_IN, include_allow},
	{"INCLUDE (A) + IS_EX (B)", MGM_INCLUDE, IGMP_IS_EX, include_is_ex},
	{"INCLUDE (A) + ALLOW (B)", MGM_INCLUDE, IGMP_ALLOW, include_allow},
	{"INCLUDE (A) + BLOCK (B)", MGM_INCLUDE, IGMP_BLOCK, include_block},
	{"INCLUDE (A) + TO_EX (B)", MGM_INCLUDE, IGMP_TO_EX, include_to_ex},
	{"INCLUDE (A) + TO_IN (B)", MGM_INCLUDE, IGMP_TO_IN, include_to_in},
	{"EXCLUDE (X,Y) + IS_IN (A)", MGM_EXCLUDE, IGMP_IS_IN, exclude_allow},
	{"EXCLUDE (X,Y) + IS_EX (A)", MGM_EXCLUDE, IGMP_IS_EX, exclude_is_ex},
	{"EXCLUDE (X,Y) + ALLOW (A)", MGM_EXCLUDE, IGMP_ALLOW, exclude_allow},
	{"EXCLUDE (X,Y) + BLOCK (A)", MGM_EXCLUDE, IGMP_BLOCK, exclude_block},
	{"EXCLUDE (X,Y) + TO_EX (A)", MGM_EXCLUDE, IGMP_TO_EX, exclude_to_ex},
	{"EXCLUDE (X,Y) + TO_IN (A)", MGM_EXCLUDE, IGMP_TO_IN, exclude_to_in},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Puts a group into the state, as reports and timers would have. */
static struct igmp_group *prepare(struct fixture *f, enum mgm_filter filter,
				  uint32_t x, uint32_t y)
{
	struct igmp_group *g = igmp_group_get(f->in, grp(0));

	g->filter = filter;
	g->expires_ms = filter == MGM_EXCLUDE ? GROUP_AT : 0;
	g->sources = calloc(SOURCES, sizeof(*g->sources));
	for (unsigned int i = 0; i < SOURCES; i++) {
		if (!((x | y) >> i & 1))
			continue;
		g->sources[g->source_count++] = (struct igmp_source){
			.address = src(i),
			.expires_ms = x >> i & 1 ? TIMER(i) : 0,
		};
	}
	g->said = false;
	igmp_view_room(g, 0);
	igmp_view_fill(g, &f->router->after);
	igmp_view_tell(g);
	f->queries = 0;
	f->sets = 0;
	f->in->pace.full_us = 0; /* no time passes between the cases */
	return g;
}

static void check_sources(const struct igmp_group *g, const struct outcome *o)
{
	uint32_t seen = 0;

	for (uint32_t k = 0; k < g->source_count; k++) {
		const struct igmp_source *s = &g->sources[k];
		uint32_t i = ntohl(s->address.s_addr) - 0x0a000001u;
		uint64_t timer = TIMER(i);
		bool asked = !late && o->asked >> i & 1;

		seen |= 1u << i;
		if (o->gmi >> i & 1)
			timer = START + GMI;
		if (o->group >> i & 1)
			timer = GROUP_AT;
		if (asked)
			timer = START + LMQT;
		if (o->y >> i & 1)
			timer = 0;
		assert_int_equal(s->expires_ms, timer);
		/* One of the two queries has gone out at once. */
		assert_int_equal(s->retransmit, asked);
	}
	assert_int_equal(seen, o->x | o->y);
}

static void check_queries(struct fixture *f, const struct outcome *o)
{
	size_t expected = (!late && o->asked) + o->group_is_asked;

	assert_int_equal(f->queries, expected);
	for (size_t i = 0; i < f->queries; i++) {
		const struct fix_query *q = &f->query[i];

		assert_int_equal(q->group.s_addr, grp(0).s_addr);
		assert_int_equal(q->target.s_addr, grp(0).s_addr);
		assert_int_equal(q->max_response_ms, LMQI);
		assert_false(q->suppress);
		if (q->count)
			assert_int_equal(fix_mask(q->sources, q->count),
					 o->asked);
		else
			assert_true(o->group_is_asked);
	}
}

static void check_state(struct fixture *f, const struct row *row, uint32_t x,
			uint32_t y, uint32_t a)
{
	struct igmp_group *g = prepare(f, row->filter, x, y);
	struct outcome o = row->rfc(x, y, a);
	uint64_t group_timer = row->filter == MGM_EXCLUDE ? GROUP_AT : 0;

	fix_record(f, row->type, grp(0), a);
	g = igmp_group_find(f->in, grp(0));
	if (o.filter == MGM_INCLUDE && !o.x) {
		assert_null(g);
		fix_expect(f, grp(0), MGM_INCLUDE, 0);
		return;
	}
	assert_non_null(g);
	assert_int_equal(g->filter, o.filter);
	check_sources(g, &o);
	if (o.group_is_gmi)
		group_timer = START + GMI;
	if (o.group_is_asked && !late)
		group_timer = START + LMQT;
	assert_int_equal(g->expires_ms, group_timer);
	check_queries(f, &o);
	fix_expect(f, grp(0), o.filter, o.filter == MGM_INCLUDE ? o.x : o.y);
	igmp_group_free(g);
	memset(f->told, 0, sizeof(f->told));
}

static void test_all_states(const struct row *row)
{
	void *fixture;

	fix_setup(&fixture);
	for (uint32_t x = 0; x <= ALL; x++) {
		for (uint32_t y = 0; y <= ALL; y++) {
			if (x & y || (row->filter == MGM_INCLUDE && y))
				continue;
			for (uint32_t a = 0; a <= ALL; a++)
				check_state(fixture, row, x, y, a);
		}
	}
	fix_teardown(&fixture);
}

static void test_cell(void **state)
{
	late = false;
	test_all_states(*state);
	late = true;
	test_all_states(*state);
}

int main(void)
{
	struct CMUnitTest tests[ROWS];

	memset(tests, 0, sizeof(tests));
	for (size_t i = 0; i < ROWS; i++) {
		tests[i].name = rows[i].name;
		tests[i].test_func = test_cell;
		tests[i].initial_state = &rows[i];
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
