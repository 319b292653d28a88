/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a person may write for an interface: the kernel's rule for the names of
 * netdevs (dev_valid_name), in printable ASCII. Groups and sources are in
 * test_check.c and test_args.c, which come by the same functions.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/argument.h"

static const struct {
	const char *name;
	int result;
} cases[] = {
	{"e", 0},
	{"eth0.100", 0},
	{"eth0@if2", 0},
	{"fifteen-letters", 0},
	{"sixteen-letters-", -EINVAL},
	{"", -EINVAL},
	{".", -EINVAL},
	{"..", -EINVAL},
	{"...", 0},
	{".a", 0},
	{"eth0:1", -EINVAL},
	{":", -EINVAL},
	{"../x", -EINVAL},
	{"a b", -EINVAL},
	{"a\n", -EINVAL},
};

static void test_interfaces(void **state)
{
	char why[ARGUMENT_WHY];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		why[0] = '\0';
		assert_int_equal(argument_interface(cases[i].name, why),
				 cases[i].result);
		if (!cases[i].result)
			continue;
		assert_non_null(strstr(why, cases[i].name));
		assert_non_null(strstr(why, "`ip link`"));
	}
}

/* Every byte, alone and within a name. */
static void test_every_byte(void **state)
{
	char why[ARGUMENT_WHY], alone[] = "?", within[] = "a?b";
	unsigned int byte;
	int wanted;

	(void)state;
	for (byte = 1; byte < 256; byte++) {
		wanted = byte > ' ' && byte < 0x7f && byte != '/' && byte != ':'
				 ? 0
				 : -EINVAL;
		alone[0] = within[1] = (char)byte;
		assert_int_equal(argument_interface(within, why), wanted);
		if (byte != '.')
			assert_int_equal(argument_interface(alone, why),
					 wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
