/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prunes and grafts of one router, by the rows of its tables: what it does with
 * those that come, and what it says upstream. e1 is towards the sources of
 * 10.20.0.0/16; on e2 are two neighbours that depend on the router for them.
 */
#include "dvmrp_lab.h"

#define UP    1u /* the neighbour on e1 */
#define DOWN  6u /* those on e2 */
#define DOWN2 7u
#define AWAY  9u /* one on e2 that does not depend */

static struct in_addr source(void)
{
	return (struct in_addr){htonl(0x0a140101)};
}

static struct in_addr group(unsigned int number)
{
	return (struct in_addr){htonl(0xef010100 | number)};
}

static int setup(void **state)
{
	struct lab *l;

	lab_setup(state);
	l = *state;
	lab_peer(l, 1, UP);
	lab_peer(l, 2, DOWN);
	lab_peer(l, 2, DOWN2);
	lab_peer(l, 2, AWAY);
	lab_report(l, 1, UP, "10.20.0.0/16 1");
	lab_report(l, 2, DOWN, "10.20.0.0/16 34");
	lab_report(l, 2, DOWN2, "10.20.0.0/16 34");
	lab_run(l, 10);
	return 0;
}

static int teardown(void **state)
{
	return lab_teardown(state);
}

/* A packet of the flow comes in on e1. */
static void data(struct lab *l, unsigned int number)
{
	mgm_upcall(l->f->m, l->f->now, mgm_sg_v4(source(), group(number)), 1,
		   NULL, 0);
	lab_run(l, 1);
}

static struct dvmrp_entry *entry(struct lab *l, unsigned int number)
{
	return dvmrp_entry_find(l->d, lab_route(l, "10.20.0.0/16"),
				group(number));
}

/* "1: 2": where the MFE comes in and goes out. */
static const char *mfe(struct lab *l, unsigned int number)
{
	static char text[64];
	const struct fix_route *line =
		fix_line(l->f, mgm_sg_v4(source(), group(number)));
	size_t n;

	if (!line)
		return "-";
	n = (size_t)snprintf(text, sizeof(text), "%u:", line->iif);
	for (size_t i = 0; i < l->f->set[line->set].count; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, " %u",
				      l->f->set[line->set].oifs[i]);
	return text;
}

struct words {
	uint32_t number;       /* of the group */
	uint32_t lifetime_s;   /* of a prune */
	uint32_t mask;	       /* 0: none */
	struct in_addr source; /* any: that of the flow */
};

static void word(struct lab *l, unsigned int port, unsigned int host,
		 enum dvmrp_code code, struct words w)
{
	const struct in_addr s = w.source.s_addr ? w.source : source();
	uint32_t body[4] = {s.s_addr, group(w.number).s_addr};
	size_t n = 2;

	if (code == DVMRP_PRUNE)
		body[n++] = htonl(w.lifetime_s);
	if (w.mask)
		body[n++] = htonl(w.mask);
	lab_message(l, port, host, (uint8_t)code, body, n * 4);
	lab_run(l, 1);
}

static void both_prune(struct lab *l, uint32_t lifetime_s)
{
	word(l, 2, DOWN, DVMRP_PRUNE,
	     (struct words){.number = 1, .lifetime_s = lifetime_s});
	word(l, 2, DOWN2, DVMRP_PRUNE,
	     (struct words){.number = 1, .lifetime_s = lifetime_s});
}

/* --- what comes ------------------------------------------------------------ */

static const struct {
	const char *what;
	unsigned int port, host;
	struct words words;
	int64_t life_s; /* of the prune that is kept; 0: none is */
	enum dvmrp_counter counter;
} prunes[] = {
	{"of one who depends", 2, DOWN, {1, 100, 0, {0}}, 100, DVMRP_N_PRUNES},
	{"for 6 seconds", 2, DOWN, {1, 6, 0, {0}}, 6, DVMRP_N_PRUNES},
	{"for 5 seconds", 2, DOWN, {1, 5, 0, {0}}, 0, DVMRP_N_PRUNES_USELESS},
	{"for two hours", 2, DOWN, {1, 7200, 0, {0}}, 7200, DVMRP_N_PRUNES},
	{"for longer", 2, DOWN, {1, 7201, 0, {0}}, 7200, DVMRP_N_PRUNES},
	{"for ever", 2, DOWN, {1, UINT32_MAX, 0, {0}}, 7200, DVMRP_N_PRUNES},
	{"with the mask of the route",
	 2,
	 DOWN,
	 {1, 100, 0xffff0000, {0}},
	 100,
	 DVMRP_N_PRUNES},
	{"with the mask of a host",
	 2,
	 DOWN,
	 {1, 100, 0xffffffff, {0}},
	 100,
	 DVMRP_N_PRUNES},
	{"with another mask",
	 2,
	 DOWN,
	 {1, 100, 0xffffff00, {0}},
	 0,
	 DVMRP_N_PRUNES_STRANGER},
	{"of who does not depend",
	 2,
	 AWAY,
	 {1, 100, 0, {0}},
	 0,
	 DVMRP_N_PRUNES_STRANGER},
	{"of the upstream", 1, UP, {1, 100, 0, {0}}, 0, DVMRP_N_PRUNES_STRANGER},
	{"of a group without data",
	 2,
	 DOWN,
	 {2, 100, 0, {0}},
	 0,
	 DVMRP_N_PRUNES_USELESS},
	{"of a source without a route",
	 2,
	 DOWN,
	 {1, 100, 0, {0x0100010a}},
	 0,
	 DVMRP_N_PRUNES_STRANGER},
};

static void test_prunes_that_come_by_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(prunes) / sizeof(prunes[0]); i++) {
		const struct dvmrp_prune *p;
		uint64_t before;
		void *lab;
		struct lab *l;

		setup(&lab);
		l = lab;
		data(l, 1);
		before = lab_count(l, prunes[i].counter);
		word(l, prunes[i].port, prunes[i].host, DVMRP_PRUNE,
		     prunes[i].words);
		print_message("a prune %s\n", prunes[i].what);
		assert_int_equal(lab_count(l, prunes[i].counter), before + 1);
		assert_int_equal(l->d->tree.prune_count, prunes[i].life_s != 0);
		p = LIST_FIRST(&entry(l, 1)->prunes);
		if (p)
			assert_int_equal(p->expiry.at_ms + 1 - l->f->now,
					 prunes[i].life_s * 1000);
		assert_string_equal(mfe(l, 1), "1: 2");
		teardown(&lab);
	}
}

static void test_a_prune_that_is_repeated_has_the_later_life(void **state)
{
	struct lab *l = *state;

	data(l, 1);
	both_prune(l, 1000);
	assert_string_equal(mfe(l, 1), "1:");
	word(l, 2, DOWN, DVMRP_PRUNE,
	     (struct words){.number = 1, .lifetime_s = 20});
	assert_int_equal(l->d->tree.prune_count, 2);
	lab_run(l, 20000);
	assert_int_equal(l->d->tree.prune_count, 1);
	assert_int_equal(entry(l, 1)->state, DVMRP_GRAFTING);
}

static void test_a_graft_is_acknowledged_whatever_it_is_of(void **state)
{
	static const struct words grafts[] = {
		{1, 0, 0, {0}},		 /* pruned */
		{2, 0, 0, {0}},		 /* no data */
		{1, 0, 0xffff0000, {0}}, /* with a mask */
		{1, 0, 0, {0x0100010a}}, /* no route */
	};
	struct lab *l = *state;

	data(l, 1);
	both_prune(l, 1000);
	lab_clear(l);
	for (unsigned int i = 0; i < 4; i++) {
		const struct lab_sent *ack;
		struct dvmrp_message m;

		word(l, 2, DOWN, DVMRP_GRAFT, grafts[i]);
		assert_int_equal(lab_sent(l, 2, DVMRP_GRAFT_ACK), i + 1);
		ack = &l->sent[l->count - 1];
		while (ack->port != 2)
			ack--;
		assert_int_equal(ack->target.s_addr, lab_host(2, DOWN).s_addr);
		assert_int_equal(dvmrp_message_get(ack->message, ack->len, &m),
				 DVMRP_OK);
		assert_int_equal(m.group.s_addr,
				 group(grafts[i].number).s_addr);
		assert_int_equal(m.source.s_addr,
				 grafts[i].source.s_addr
					 ? grafts[i].source.s_addr
					 : source().s_addr);
	}
	word(l, 2, AWAY, DVMRP_GRAFT, grafts[0]);
	assert_int_equal(lab_count(l, DVMRP_N_GRAFTS_STRANGER), 2);
}

static void
test_a_graft_ends_its_neighbours_prune_and_grafts_upstream(void **state)
{
	struct lab *l = *state;

	data(l, 1);
	both_prune(l, 1000);
	assert_int_equal(entry(l, 1)->state, DVMRP_PRUNED);
	assert_int_equal(lab_sent(l, 1, DVMRP_PRUNE), 1);
	word(l, 2, DOWN2, DVMRP_GRAFT, (struct words){.number = 1});
	assert_string_equal(mfe(l, 1), "1: 2");
	assert_int_equal(l->d->tree.prune_count, 1);
	assert_int_equal(entry(l, 1)->state, DVMRP_GRAFTING);
	assert_int_equal(lab_sent(l, 1, DVMRP_GRAFT), 1);
}

static void test_an_acknowledgement_counts_if_it_is_the_upstreams(void **state)
{
	struct lab *l = *state;

	data(l, 1);
	both_prune(l, 1000);
	word(l, 2, DOWN, DVMRP_GRAFT, (struct words){.number = 1});
	word(l, 2, DOWN, DVMRP_GRAFT_ACK, (struct words){.number = 1});
	word(l, 1, UP, DVMRP_GRAFT_ACK, (struct words){.number = 2});
	assert_int_equal(entry(l, 1)->state, DVMRP_GRAFTING);
	assert_int_equal(lab_count(l, DVMRP_N_ACKS_UNASKED), 2);
	word(l, 1, UP, DVMRP_GRAFT_ACK, (struct words){.number = 1});
	assert_int_equal(entry(l, 1)->state, DVMRP_FLOODED);
	word(l, 1, UP, DVMRP_GRAFT_ACK, (struct words){.number = 1});
	assert_int_equal(lab_count(l, DVMRP_N_ACKS_UNASKED), 3);
}

static void test_a_dependent_that_poisons_no_more_has_no_prune(void **state)
{
	struct lab *l = *state;

	data(l, 1);
	both_prune(l, 1000);
	lab_report(l, 2, DOWN, "10.20.0.0/16 32");
	lab_run(l, 1);
	assert_int_equal(l->d->tree.prune_count, 1);
	assert_string_equal(mfe(l, 1), "1:");
	assert_int_equal(entry(l, 1)->state, DVMRP_PRUNED);
}

static void test_prunes_end_with_the_route(void **state)
{
	struct lab *l = *state;

	data(l, 1);
	both_prune(l, 1000);
	lab_report(l, 1, UP, "10.20.0.0/16 32");
	lab_run(l, 1);
	assert_int_equal(l->d->tree.prune_count, 0);
	assert_null(entry(l, 1));
	assert_string_equal(mfe(l, 1), "1:");
}

static void test_a_route_inside_takes_over_its_sources(void **state)
{
	struct lab *l = *state;

	data(l, 1);
	both_prune(l, 1000);
	lab_report(l, 1, UP, "10.20.1.0/24 1");
	lab_run(l, 1);
	assert_int_equal(entry(l, 1)->flow_count, 0);
	assert_int_equal(entry(l, 1)->state, DVMRP_PRUNED);
	/* Nobody depends on us for it, and upstream knows of no prune. */
	assert_int_equal(lab_sent(l, 1, DVMRP_PRUNE), 2);
	lab_report(l, 1, UP, "10.20.1.0/24 32");
	lab_run(l, 10);
	assert_null(
		dvmrp_entry_find(l->d, lab_route(l, "10.20.1.0/24"), group(1)));
	assert_int_equal(entry(l, 1)->flow_count, 1);
}

/* --- what is said upstream: the table -------------------------------------- */

enum said { SAYS_NOTHING, SAYS_PRUNE, SAYS_GRAFT };

static const struct {
	enum dvmrp_upstream_state state;
	enum dvmrp_upstream_event event;
	enum said says;
	enum dvmrp_upstream_state next;
} table[] = {
	{DVMRP_FLOODED, DVMRP_UNWANTED, SAYS_PRUNE, DVMRP_PRUNED},
	{DVMRP_FLOODED, DVMRP_WANTED, SAYS_NOTHING, DVMRP_FLOODED},
	{DVMRP_FLOODED, DVMRP_ACKED, SAYS_NOTHING, DVMRP_FLOODED},
	{DVMRP_FLOODED, DVMRP_TIMER, SAYS_NOTHING, DVMRP_FLOODED},
	{DVMRP_FLOODED, DVMRP_RESET, SAYS_NOTHING, DVMRP_FLOODED},
	{DVMRP_PRUNED, DVMRP_UNWANTED, SAYS_PRUNE, DVMRP_PRUNED},
	{DVMRP_PRUNED, DVMRP_WANTED, SAYS_GRAFT, DVMRP_GRAFTING},
	{DVMRP_PRUNED, DVMRP_ACKED, SAYS_NOTHING, DVMRP_PRUNED},
	{DVMRP_PRUNED, DVMRP_TIMER, SAYS_NOTHING, DVMRP_FLOODED},
	{DVMRP_PRUNED, DVMRP_RESET, SAYS_NOTHING, DVMRP_FLOODED},
	{DVMRP_GRAFTING, DVMRP_UNWANTED, SAYS_PRUNE, DVMRP_PRUNED},
	{DVMRP_GRAFTING, DVMRP_WANTED, SAYS_NOTHING, DVMRP_GRAFTING},
	{DVMRP_GRAFTING, DVMRP_ACKED, SAYS_NOTHING, DVMRP_FLOODED},
	{DVMRP_GRAFTING, DVMRP_TIMER, SAYS_GRAFT, DVMRP_GRAFTING},
	{DVMRP_GRAFTING, DVMRP_RESET, SAYS_NOTHING, DVMRP_FLOODED},
};

/* Pruned for so long that the prune is due again, if data comes. */
static struct dvmrp_entry *in_state(struct lab *l,
				    enum dvmrp_upstream_state state)
{
	struct dvmrp_entry *e;

	data(l, 1);
	both_prune(l, 1000);
	e = entry(l, 1);
	assert_int_equal(e->state, DVMRP_PRUNED);
	e->retry_ms = l->f->now;
	if (state == DVMRP_FLOODED)
		dvmrp_upstream_event(e, DVMRP_TIMER);
	if (state == DVMRP_GRAFTING)
		dvmrp_upstream_event(e, DVMRP_WANTED);
	assert_int_equal(e->state, state);
	lab_clear(l);
	return e;
}

static void test_what_is_said_upstream_by_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct dvmrp_entry *e;
		struct lab *l;
		void *lab;

		setup(&lab);
		l = lab;
		e = in_state(l, table[i].state);
		print_message("state %d, event %d\n", table[i].state,
			      table[i].event);
		dvmrp_upstream_event(e, table[i].event);
		assert_int_equal(e->state, table[i].next);
		assert_int_equal(lab_sent(l, 1, DVMRP_PRUNE),
				 table[i].says == SAYS_PRUNE);
		assert_int_equal(lab_sent(l, 1, DVMRP_GRAFT),
				 table[i].says == SAYS_GRAFT);
		if (table[i].next == DVMRP_FLOODED)
			assert_null(e->upstream);
		teardown(&lab);
	}
}

static void test_who_has_no_prunes_gets_none(void **state)
{
	struct lab *l = *state;

	l->version[0] = 2;
	l->version[1] = 0;
	lab_report(l, 1, UP, "10.20.0.0/16 1");
	lab_run(l, 1);
	l->version[0] = 3;
	l->version[1] = 255;
	lab_clear(l);
	data(l, 1);
	both_prune(l, 1000);
	lab_run(l, 10000);
	assert_string_equal(mfe(l, 1), "1:");
	assert_int_equal(lab_sent(l, 1, DVMRP_PRUNE), 0);
}

/* --- limits ---------------------------------------------------------------- */

static void test_prunes_and_entries_have_their_limits(void **state)
{
	struct lab *l = *state;

	l->config.max_entries = 2;
	l->config.max_prunes = 1;
	lab_configure(l);
	for (unsigned int g = 1; g <= 3; g++)
		data(l, g);
	assert_int_equal(l->d->tree.entry_count, 2);
	assert_true(lab_count(l, DVMRP_N_LIMIT_ENTRIES) > 0);
	/* It floods all the same. */
	assert_string_equal(mfe(l, 3), "1: 2");
	both_prune(l, 100);
	assert_int_equal(l->d->tree.prune_count, 1);
	assert_int_equal(lab_count(l, DVMRP_N_LIMIT_PRUNES), 1);
	assert_string_equal(mfe(l, 1), "1: 2");
}

#define room_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prunes_that_come_by_rows),
		room_test(test_a_prune_that_is_repeated_has_the_later_life),
		room_test(test_a_graft_is_acknowledged_whatever_it_is_of),
		room_test(
			test_a_graft_ends_its_neighbours_prune_and_grafts_upstream),
		room_test(
			test_an_acknowledgement_counts_if_it_is_the_upstreams),
		room_test(test_a_dependent_that_poisons_no_more_has_no_prune),
		room_test(test_prunes_end_with_the_route),
		room_test(test_a_route_inside_takes_over_its_sources),
		cmocka_unit_test(test_what_is_said_upstream_by_rows),
		room_test(test_who_has_no_prunes_gets_none),
		room_test(test_prunes_and_entries_have_their_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
