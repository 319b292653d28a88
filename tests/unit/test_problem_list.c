/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Problems are told when they last and when they are solved, once each. Time
 * is moved by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "xmgmd/problem_list.h"

#define LASTS PROBLEM_LASTS_MS

struct lab {
	struct problem_list list;
	char log[256];
};

static void tell(void *arg, const char *name, const char *sentence, bool solved)
{
	struct lab *lab = arg;
	size_t len = strlen(lab->log);

	snprintf(lab->log + len, sizeof(lab->log) - len, "%s%s%s %s",
		 len ? ", " : "", solved ? "solved " : "", name, sentence);
}

static int setup(void **state)
{
	struct lab *lab = calloc(1, sizeof(*lab));

	lab->list.arg = lab;
	lab->list.tell = tell;
	*state = lab;
	return 0;
}

static int teardown(void **state)
{
	struct lab *lab = *state;

	problem_list_free(&lab->list);
	free(lab);
	return 0;
}

/* A look that finds these on eth0 (NULL: none) and on eth1; what is told. */
static const char *look(struct lab *lab, uint64_t now_ms, const char *on_eth0,
			const char *on_eth1, uint64_t *next)
{
	lab->log[0] = '\0';
	problem_list_begin(&lab->list);
	if (on_eth0)
		assert_int_equal(0, problem_list_found(&lab->list, "eth0",
						       on_eth0, now_ms));
	if (on_eth1)
		assert_int_equal(0, problem_list_found(&lab->list, "eth1",
						       on_eth1, now_ms));
	*next = problem_list_end(&lab->list, now_ms);
	return lab->log;
}

/* A problem is told when it has lasted, and not a second time. */
static void test_told_once_when_it_has_lasted(void **state)
{
	struct lab *lab = *state;
	uint64_t next;

	assert_string_equal("", look(lab, 100, "down", NULL, &next));
	assert_true(next == 100 + LASTS);
	assert_string_equal("", look(lab, 99 + LASTS, "down", NULL, &next));
	assert_true(next == 100 + LASTS);
	assert_string_equal("eth0 down",
			    look(lab, 100 + LASTS, "down", NULL, &next));
	assert_true(next == UINT64_MAX);
	assert_string_equal("", look(lab, 9 * LASTS, "down", NULL, &next));
	assert_true(next == UINT64_MAX);
}

/* What is solved before it was told is told in no way, and begins anew. */
static void test_a_short_problem_is_not_told(void **state)
{
	struct lab *lab = *state;
	uint64_t next;

	look(lab, 0, "no carrier", NULL, &next);
	assert_string_equal("", look(lab, LASTS - 1, NULL, NULL, &next));
	assert_true(next == UINT64_MAX);
	assert_string_equal("", look(lab, LASTS, "no carrier", NULL, &next));
	assert_true(next == 2 * LASTS);
	assert_string_equal("eth0 no carrier",
			    look(lab, 2 * LASTS, "no carrier", NULL, &next));
}

/* A problem that was told is told once more when it is solved. */
static void test_solved_once(void **state)
{
	struct lab *lab = *state;
	uint64_t next;

	look(lab, 0, "down", NULL, &next);
	look(lab, LASTS, "down", NULL, &next);
	assert_string_equal("solved eth0 down",
			    look(lab, LASTS + 1, NULL, NULL, &next));
	assert_string_equal("", look(lab, LASTS + 2, NULL, NULL, &next));
}

/* Each interface and each sentence has a time of its own. */
static void test_problems_do_not_share_their_time(void **state)
{
	struct lab *lab = *state;
	uint64_t next;

	look(lab, 0, "down", NULL, &next);
	look(lab, 10, "down", "down", &next);
	assert_true(next == LASTS);
	assert_string_equal("eth0 down",
			    look(lab, LASTS, "down", "down", &next));
	assert_true(next == LASTS + 10);
	assert_string_equal("solved eth0 down",
			    look(lab, LASTS + 5, "MTU", "down", &next));
	assert_string_equal("eth1 down",
			    look(lab, LASTS + 10, "MTU", "down", &next));
	assert_true(next == 2 * LASTS + 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_told_once_when_it_has_lasted, setup, teardown),
		cmocka_unit_test_setup_teardown(
			test_a_short_problem_is_not_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_solved_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(
			test_problems_do_not_share_their_time, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
