/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the command line accepts: words by their beginnings, and arguments
 * that are refused, with the object in the message, before anything is sent.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "xmgm/abi.h"
#include "xmgm/args.h"
#include "xmgm/words.h"

typedef int check_fn(const char *text, struct args_why *why);

static int check_source(const char *text, struct args_why *why)
{
	return args_check_source(text, 0, why);
}

static int check_any_source(const char *text, struct args_why *why)
{
	return args_check_source(text, 1, why);
}

static const struct {
	check_fn *check;
	const char *text;
	int result;
} cases[] = {
	{args_check_group, "224.0.1.0", 0},
	{args_check_group, "239.255.255.255", 0},
	{args_check_group, "224.0.0.0", -EINVAL},
	{args_check_group, "224.0.0.255", -EINVAL},
	{args_check_group, "223.255.255.255", -EINVAL},
	{args_check_group, "240.0.0.0", -EINVAL},
	{args_check_group, "239.1.1", -EINVAL},
	{args_check_group, "239.1.1.256", -EINVAL},
	{args_check_group, "239.1.1.1 ", -EINVAL},
	{args_check_group, "*", -EINVAL},
	{args_check_group, "", -EINVAL},
	{check_source, "10.0.0.1", 0},
	{check_source, "1.0.0.0", 0},
	{check_source, "223.255.255.255", 0},
	{check_source, "0.0.0.0", -EINVAL},
	{check_source, "0.0.0.1", -EINVAL},
	{check_source, "127.0.0.1", -EINVAL},
	{check_source, "224.0.0.1", -EINVAL},
	{check_source, "255.255.255.255", -EINVAL},
	{check_source, "*", -EINVAL},
	{check_source, "ten", -EINVAL},
	{check_any_source, "*", 0},
	{check_any_source, "10.0.0.1", 0},
	{check_any_source, "**", -EINVAL},
	{check_any_source, "0.0.0.0", -EINVAL},
	{args_check_interface, "e", 0},
	{args_check_interface, "eth0.100", 0},
	{args_check_interface, "fifteen-letters", 0},
	{args_check_interface, "sixteen-letters-", -EINVAL},
	{args_check_interface, "", -EINVAL},
	{args_check_interface, ".", -EINVAL},
	{args_check_interface, "..", -EINVAL},
	{args_check_interface, "a b", -EINVAL},
	{args_check_interface, "a/b", -EINVAL},
	{args_check_interface, "eth0:1", -EINVAL},
	{args_check_protocol, "static", 0},
	{args_check_protocol, "pim-2", 0},
	{args_check_protocol, "Static", -EINVAL},
	{args_check_protocol, "", -EINVAL},
	{args_check_protocol, "fifteen-letters", 0},
	{args_check_protocol, "sixteen-letters-", -EINVAL},
	{args_check_instance, "main", 0},
	{args_check_instance, "Lab_2-x", 0},
	{args_check_instance, "thirty-one-letters-are-allowed1", 0},
	{args_check_instance, "thirty-two-letters-are-too-many1", -EINVAL},
	{args_check_instance, "../../etc", -EINVAL},
	{args_check_instance, "", -EINVAL},
};

/* A refusal names what it refuses, unless that is nothing. */
static void arguments_are_checked(void **state)
{
	struct args_why why;
	size_t i;
	int result;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		why.text[0] = '\0';
		result = cases[i].check(cases[i].text, &why);
		if (result != cases[i].result)
			print_error("case %zu: '%s'\n", i, cases[i].text);
		assert_int_equal(result, cases[i].result);
		if (result)
			assert_non_null(strstr(why.text, cases[i].text));
		else
			assert_string_equal(why.text, "");
	}
}

#define ROUTE_WORDS 8

static const struct {
	const char *words[ROUTE_WORDS];
	const char *why; /* part of the refusal; NULL: accepted */
} routes[] = {
	{{"10.0.0.1", "239.1.1.1", "from", "a", "to", "b"}, NULL},
	{{"*", "239.1.1.1", "f", "a", "t", "b", "c"}, NULL},
	{{"10.0.0.1", "239.1.1.1", "from", "to", "to", "from"}, NULL},
	{{"10.0.0.1", "239.1.1.1"}, "'from' is missing"},
	{{"10.0.0.1", "239.1.1.1", "of", "a", "to", "b"}, "'from' is missing"},
	{{"10.0.0.1", "239.1.1.1", "from"}, "'to' is missing"},
	{{"10.0.0.1", "239.1.1.1", "from", "a"}, "'to' is missing"},
	{{"10.0.0.1", "239.1.1.1", "from", "a", "too", "b"}, "'to' is missing"},
	{{"10.0.0.1", "239.1.1.1", "from", "a", "to"}, "no interface after"},
	{{"10.0.0.1", "239.1.1.1", "from", "a", "to", "a"}, "a is both"},
	{{"10.0.0.1", "239.1.1.1", "from", "a", "to", "b", "a"}, "a is both"},
	{{"10.0.0.1", "239.1.1.1", "from", "a", "to", "b", "b"}, "b is named"},
	{{"10.0.0.1", "224.0.0.9", "from", "a", "to", "b"}, "224.0.0.9"},
	{{"239.0.0.1", "239.1.1.1", "from", "a", "to", "b"}, "239.0.0.1"},
	{{"10.0.0.1", "239.1.1.1", "from", "a/", "to", "b"}, "'a/'"},
	{{"10.0.0.1", "239.1.1.1", "from", "a", "to", "b/"}, "'b/'"},
};

static void a_route_is_taken_apart_or_refused(void **state)
{
	struct args_route route;
	struct args_why why;
	size_t i, count;
	int result;

	(void)state;
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		for (count = 0; routes[i].words[count]; count++)
			;
		result = args_get_route(routes[i].words, count, &route, &why);
		assert_int_equal(result, routes[i].why ? -EINVAL : 0);
		if (routes[i].why) {
			assert_non_null(strstr(why.text, routes[i].why));
			continue;
		}
		assert_string_equal(route.source, routes[i].words[0]);
		assert_string_equal(route.group, routes[i].words[1]);
		assert_string_equal(route.from, routes[i].words[3]);
		assert_int_equal(route.to_count, count - 5);
		assert_string_equal(route.to[0], routes[i].words[5]);
	}
}

static void a_route_has_at_most_as_many_oifs_as_a_set(void **state)
{
	static const char *words[5 + XMGM_SET_OIFS + 1] = {"*", "239.1.1.1",
							   "from", "in", "to"};
	static char names[XMGM_SET_OIFS + 1][XMGM_IFNAME_LEN];
	struct args_route route;
	struct args_why why;
	size_t i;

	(void)state;
	for (i = 0; i <= XMGM_SET_OIFS; i++) {
		snprintf(names[i], sizeof(names[i]), "v%zu", i);
		words[5 + i] = names[i];
	}
	assert_int_equal(args_get_route(words, 5 + XMGM_SET_OIFS, &route, &why),
			 0);
	assert_int_equal(args_get_route(words, 5 + XMGM_SET_OIFS + 1, &route,
					&why),
			 -EINVAL);
	assert_non_null(strstr(why.text, "at most 1024"));
}

static struct words some_words(void)
{
	return (struct words){.list = {"show", "mroute", "monitor", "mon"},
			      .count = 4};
}

static void words_are_found_by_their_beginnings(void **state)
{
	static const struct {
		const char *given;
		int result;
		const char *found;
	} tries[] = {
		{"show", 0, "show"},
		{"s", 0, "show"},
		{"mr", 0, "mroute"},
		{"moni", 0, "monitor"},
		{"mon", 0, "mon"},
		{"m", -ENOTUNIQ, "mroute"},
		{"mo", -ENOTUNIQ, "monitor"},
		{"shwo", -ENOENT, "show"},
		{"route", -ENOENT, "mroute"},
		{"showing", -ENOENT, "show"},
		{"mrouet", -ENOENT, "mroute"},
	};
	struct words words = some_words();
	const char *found;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		assert_int_equal(words_find(&words, tries[i].given, &found),
				 tries[i].result);
		assert_string_equal(found, tries[i].found);
	}
}

static void no_words_and_endless_words_are_survived(void **state)
{
	struct words words = {.count = 0};
	char endless[4096];
	const char *found = "";

	(void)state;
	assert_int_equal(words_find(&words, "x", &found), -ENOENT);
	assert_null(found);
	words = some_words();
	memset(endless, 'm', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	assert_int_equal(words_find(&words, endless, &found), -ENOENT);
	assert_non_null(found);
	assert_int_equal(words_find(&words, "", &found), -ENOENT);
}

static void a_set_of_words_is_bounded_and_distinct(void **state)
{
	static char names[WORDS_MAX + 1][4];
	struct words words = {.count = 0};
	size_t i;

	(void)state;
	for (i = 0; i <= WORDS_MAX; i++)
		snprintf(names[i], sizeof(names[i]), "w%zu", i);
	for (i = 0; i < WORDS_MAX; i++)
		assert_int_equal(words_add(&words, names[i]), 0);
	assert_int_equal(words_add(&words, "w3"), 0);
	assert_int_equal(words.count, WORDS_MAX);
	assert_int_equal(words_add(&words, names[WORDS_MAX]), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(a_route_is_taken_apart_or_refused),
		cmocka_unit_test(a_route_has_at_most_as_many_oifs_as_a_set),
		cmocka_unit_test(words_are_found_by_their_beginnings),
		cmocka_unit_test(no_words_and_endless_words_are_survived),
		cmocka_unit_test(a_set_of_words_is_bounded_and_distinct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
