/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Long options: a word is an option's name in full, or it is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/cmdline.h"

static const struct option options[] = {
	{"all", no_argument, NULL, 'a'},
	{"mode", required_argument, NULL, 'm'},
	{NULL, 0, NULL, 0},
};

#define WORDS 4

static const struct {
	char *argv[WORDS + 2];
	const char *unknown;
} cases[] = {
	{{"x"}, NULL},
	{{"x", "detach", "-a"}, NULL},
	{{"x", "--all"}, NULL},
	{{"x", "--mode", "native"}, NULL},
	{{"x", "--mode=native"}, NULL},
	{{"x", "--mode="}, NULL},
	{{"x", "--all=yes"}, NULL}, /* getopt_long refuses the value */
	{{"x", "--al"}, "--al"},
	{{"x", "--a"}, "--a"},
	{{"x", "--alls"}, "--alls"},
	{{"x", "--mod=native"}, "--mod=native"},
	{{"x", "--=native"}, "--=native"},
	{{"x", "--all", "--mod"}, "--mod"},
	{{"x", "eth0", "--al"}, "--al"},
	{{"x", "--", "--al"}, NULL},
	{{"x", "--al", "--"}, "--al"},
	{{"--al"}, NULL}, /* the program's own name */
};

/* An option is its name to the letter: no beginnings of it, nothing more. */
static void test_long_options_are_written_in_full(void **state)
{
	const char *unknown;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unknown = cmdline_unknown_option(cases[i].argv, options);
		if (cases[i].unknown)
			assert_string_equal(unknown, cases[i].unknown);
		else
			assert_null(unknown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_long_options_are_written_in_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
