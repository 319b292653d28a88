/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of what a person wrote: what passes, what is refused, and that the
 * sentence names the object and a remedy.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "xmgmd/check.h"
#include "v4.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* NULL: it passes. Otherwise what the sentence must contain. */
struct text_case {
	const char *text;
	const char *said;
};

static void expect(int result, const char *why, const struct text_case *c)
{
	if (!c->said) {
		assert_int_equal(0, result);
		return;
	}
	assert_int_equal(-EINVAL, result);
	assert_non_null(strstr(why, c->said));
	assert_non_null(strchr(why, ':'));
}

static const struct text_case names[] = {
	{"e", NULL},
	{"eth0.100@", NULL},
	{"123456789012345", NULL},
	{"1234567890123456", "longer than 15"},
	{"", "is empty"},
	{".", "'.'"},
	{"..", "'..'"},
	{"...", NULL},
	{"a/b", "'a/b'"},
	{"eth0:1", "'eth0:1'"},
	{"a b", "'a b'"},
	{"a\tb", "cannot be"},
	{"a\x7f", "cannot be"},
	{"\xc3\xa4", "cannot be"},
};

/* A name is one that a netdev may have. */
static void test_names(void **state)
{
	char why[CHECK_WHY];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(names); i++)
		expect(check_name(names[i].text, why), why, &names[i]);
}

static const struct text_case groups[] = {
	{"224.0.1.0", NULL},
	{"239.255.255.255", NULL},
	{"232.1.1.1", NULL},
	{"224.0.0.255", "link-local"},
	{"224.0.0.0", "link-local"},
	{"223.255.255.255", "not multicast"},
	{"240.0.0.0", "not multicast"},
	{"239.1.1", "'239.1.1'"},
	{"239.1.1.1/32", "not an IPv4 address"},
	{" 239.1.1.1", "not an IPv4 address"},
	{"ff05::1", "not an IPv4 address"},
	{"*", "not an IPv4 address"},
	{"", "not an IPv4 address"},
};

/* A group is one that may be routed; its address is in network order. */
static void test_groups(void **state)
{
	struct mgm_prefix group;
	struct in_addr wanted;
	char why[CHECK_WHY];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(groups); i++) {
		expect(check_group(groups[i].text, &group, why), why,
		       &groups[i]);
		if (groups[i].said)
			continue;
		inet_pton(AF_INET, groups[i].text, &wanted);
		assert_int_equal(wanted.s_addr, v4_of(&group).s_addr);
	}
}

static const struct text_case sources[] = {
	{"10.0.0.1", NULL},
	{"1.0.0.0", NULL},
	{"223.255.255.255", NULL},
	{"*", NULL},
	{"0.0.0.0", "not a unicast"},
	{"0.255.255.255", "not a unicast"},
	{"127.0.0.1", "not a unicast"},
	{"224.0.0.0", "not a unicast"},
	{"240.0.0.1", "not a unicast"},
	{"255.255.255.255", "not a unicast"},
	{"10.0.0", "'10.0.0'"},
	{"**", "'**'"},
	{"", "not an IPv4 address"},
};

/* A source is one sender, or * for any, which is 0.0.0.0. */
static void test_sources(void **state)
{
	struct mgm_prefix source;
	struct in_addr wanted;
	char why[CHECK_WHY];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(sources); i++) {
		expect(check_source(sources[i].text, &source, why), why,
		       &sources[i]);
		if (sources[i].said)
			continue;
		wanted.s_addr = 0;
		inet_pton(AF_INET, sources[i].text, &wanted);
		assert_int_equal(wanted.s_addr, v4_of(&source).s_addr);
	}
}

/* A route from eth0 to these; count names are in to. */
static int check_to(const char (*to)[XMGM_IFNAME_LEN], size_t count,
		    char why[CHECK_WHY])
{
	struct proto_route_config route = {
		.from = "eth0", .to = to, .to_count = count};

	route.sg = mgm_sg_v4((struct in_addr){inet_addr("10.0.0.1")},
			     (struct in_addr){inet_addr("239.1.1.1")});
	return check_route(&route, why);
}

/* A route goes somewhere, nowhere twice, and not where it came from. */
static void test_routes(void **state)
{
	static const char to[][XMGM_IFNAME_LEN] = {"eth1", "eth2", "eth1",
						   "eth0"};
	char why[CHECK_WHY];

	(void)state;
	assert_int_equal(0, check_to(to, 1, why));
	assert_int_equal(0, check_to(to, 2, why));
	assert_int_equal(-EINVAL, check_to(to, 0, why));
	assert_non_null(strstr(why, "(10.0.0.1, 239.1.1.1) has no interface"));
	assert_int_equal(-EINVAL, check_to(to, 3, why));
	assert_non_null(strstr(why, "names eth1 twice"));
	assert_int_equal(-EINVAL, check_to(to + 3, 1, why));
	assert_non_null(strstr(why, "arrives on eth0"));
}

/* A route has at most as many oifs as a set holds. */
static void test_routes_to_many(void **state)
{
	char(*to)[XMGM_IFNAME_LEN] = calloc(XMGM_SET_OIFS + 1, sizeof(*to));
	char why[CHECK_WHY];
	size_t i;

	(void)state;
	for (i = 0; i <= XMGM_SET_OIFS; i++)
		snprintf(to[i], sizeof(to[i]), "v%zu", i);
	assert_int_equal(0, check_to((const char(*)[XMGM_IFNAME_LEN])to,
				     XMGM_SET_OIFS, why));
	assert_int_equal(-EINVAL, check_to((const char(*)[XMGM_IFNAME_LEN])to,
					   XMGM_SET_OIFS + 1, why));
	free(to);
}

/* Flows are written as in the field: (S, G), with * for any source. */
static void test_names_of_flows(void **state)
{
	struct mgm_sg sg = mgm_sg_v4((struct in_addr){0},
				     (struct in_addr){inet_addr("239.1.2.3")});
	char text[CHECK_SG];

	(void)state;
	assert_string_equal("(*, 239.1.2.3)", check_sg_name(sg, text));
	sg = mgm_sg_v4((struct in_addr){inet_addr("192.168.100.200")},
		       (struct in_addr){inet_addr("239.255.255.250")});
	assert_string_equal("(192.168.100.200, 239.255.255.250)",
			    check_sg_name(sg, text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_sources),
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_routes_to_many),
		cmocka_unit_test(test_names_of_flows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
