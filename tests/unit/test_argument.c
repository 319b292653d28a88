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

/* mgm.h: of a membership one of the two may be a prefix. */
static const struct {
	const char *group, *source, *said; /* NULL: it passes */
	unsigned int group_length, source_length;
} joins[] = {
	{"239.1.1.1", NULL, NULL, 32, 0},
	{"239.1.1.1", "*", NULL, 32, 0},
	{"239.1.1.1", "10.0.0.1", NULL, 32, 32},
	{"239.1.1.1/32", "10.0.0.1/32", NULL, 32, 32},
	{"239.1.0.0/16", NULL, NULL, 16, 0},
	{"224.0.0.0/4", "*", NULL, 4, 0},
	{"224.0.0.0/23", NULL, NULL, 23, 0},
	{"*", NULL, NULL, 0, 0},
	{"239.1.1.1", "10.0.0.0/8", NULL, 32, 8},
	{"239.1.1.1", "0.0.0.0/0", NULL, 32, 0},
	{"239.1.0.0/16", "10.0.0.1", "from any source", 0, 0},
	{"239.1.0.0/16", "10.0.0.0/8", "from any source", 0, 0},
	{"*", "10.0.0.1", "from any source", 0, 0},
	{"239.1.1.0/16", NULL, "without bits behind", 0, 0},
	{"239.1.0.0/33", NULL, "'239.1.0.0/33'", 0, 0},
	{"239.1.0.0/", NULL, "'239.1.0.0/'", 0, 0},
	{"0.0.0.0/0", NULL, "* is any", 0, 0},
	{"10.0.0.0/8", NULL, "224.0.0.0/4", 0, 0},
	{"224.0.0.0/3", NULL, "224.0.0.0/4", 0, 0},
	{"224.0.0.0/24", NULL, "no groups in it", 0, 0},
	{"224.0.0.5/32", NULL, "no groups in it", 0, 0},
	{"224.0.0.5", NULL, "link-local", 0, 0},
	{"ff05::/16", NULL, "not a prefix of IPv4", 0, 0},
	{"239.1.1.1", "239.0.0.0/8", "multicast", 0, 0},
	{"239.1.1.1", "10.0.0.1/8", "without bits behind", 0, 0},
	{"239.1.1.1", "255.255.255.255/32", "no unicast", 0, 0},
};

static void test_what_may_be_joined(void **state)
{
	char why[ARGUMENT_WHY];
	struct mgm_sg sg;
	size_t i;
	int err;

	(void)state;
	for (i = 0; i < sizeof(joins) / sizeof(joins[0]); i++) {
		strcpy(why, "");
		err = argument_joined_group(joins[i].group, &sg.group, why);
		if (!err)
			err = argument_joined_source(joins[i].source,
						     &sg.source, why);
		if (!err)
			err = argument_joined(&sg, why);
		assert_int_equal(err, joins[i].said ? -EINVAL : 0);
		if (joins[i].said && !strstr(why, joins[i].said))
			fail_msg("%s: %s", joins[i].group, why);
		if (joins[i].said)
			continue;
		assert_int_equal(sg.group.length, joins[i].group_length);
		assert_int_equal(sg.source.length, joins[i].source_length);
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
		cmocka_unit_test(test_what_may_be_joined),
		cmocka_unit_test(test_every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
