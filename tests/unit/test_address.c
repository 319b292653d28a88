/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Addresses of 16 bytes: text both ways, prefixes in the family's own bits,
 * and what is a group to route, a source to believe.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "lib/address.h"

static struct mgm_address address(const char *text)
{
	struct mgm_address a;

	assert_int_equal(address_parse(text, &a), 0);
	return a;
}

static void test_ipv4_is_mapped_and_prints_as_ipv4(void **state)
{
	static const uint8_t mapped[16] = {0, 0, 0,    0,    0,	 0, 0, 0,
					   0, 0, 0xff, 0xff, 10, 0, 0, 1};
	struct mgm_address a = address("10.0.0.1");
	char text[ADDRESS_TEXT];

	(void)state;
	assert_memory_equal(a.bytes, mapped, 16);
	assert_true(mgm_address_is_v4(&a));
	assert_string_equal(address_text(&a, text), "10.0.0.1");
	assert_int_equal(mgm_address_to_v4(&a).s_addr, htonl(0x0a000001));
	a = address("::ffff:10.0.0.1");
	assert_string_equal(address_text(&a, text), "10.0.0.1");
	a = address("ff3e::8000:1");
	assert_false(mgm_address_is_v4(&a));
	assert_string_equal(address_text(&a, text), "ff3e::8000:1");
}

static void test_what_is_no_address_is_refused(void **state)
{
	static const char *const bad[] = {"",		"10",	     "10.0.0",
					  "10.0.0.256", "10.0.0.1 ", "*",
					  "010.0.0.1",	"g::1",	     "1::2::3"};
	struct mgm_address a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(address_parse(bad[i], &a), -EINVAL);
}

static void test_any_of_both_families_is_a_star(void **state)
{
	struct mgm_address v4 = address("0.0.0.0"), v6 = address("::");
	struct mgm_address one = address("0.0.0.1");
	char text[ADDRESS_TEXT];

	(void)state;
	assert_string_equal(address_name(&v4, text), "*");
	assert_string_equal(address_name(&v6, text), "*");
	assert_string_equal(address_name(&one, text), "0.0.0.1");
	assert_false(mgm_address_equal(&v4, &v6));
}

static void test_prefixes_count_the_familys_own_bits(void **state)
{
	static const struct {
		const char *address, *prefix;
		bool inside;
	} rows[] = {
		{"10.1.2.3", "10.0.0.0/8", true},
		{"11.1.2.3", "10.0.0.0/8", false},
		{"10.1.2.3", "0.0.0.0/0", true},
		{"10.1.2.3", "10.1.2.3/32", true},
		{"10.1.2.2", "10.1.2.3", false},
		{"10.1.2.3", "10.1.2.2/31", true},
		{"10.1.2.4", "10.1.2.2/31", false},
		{"172.31.0.1", "172.16.0.0/12", true},
		{"172.32.0.1", "172.16.0.0/12", false},
		{"2001:db8::1", "0.0.0.0/0", false},
		{"10.1.2.3", "::/0", false},
		{"2001:db8::1", "2001:db8::/32", true},
		{"2001:db9::1", "2001:db8::/32", false},
		{"2001:db8::1", "::/0", true},
	};
	struct mgm_address a, prefix;
	unsigned int length;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = address(rows[i].address);
		assert_int_equal(address_parse_prefix(rows[i].prefix, &prefix,
						      &length),
				 0);
		if (address_in_prefix(&a, &prefix, length) != rows[i].inside)
			fail_msg("%s in %s", rows[i].address, rows[i].prefix);
	}
}

static void test_a_prefix_is_refused_with_bits_behind_it(void **state)
{
	static const char *const bad[] = {
		"10.0.0.1/8",	 "10.0.0.0/33",	 "10.0.0.0/", "10.0.0.0/x",
		"10.0.0.0/-1",	 "10.0.0.0/8/8", "/8",	      "10.0.0.0/0008",
		"2001:db8::/16", "::/129"};
	char text[ADDRESS_PREFIX_TEXT];
	struct mgm_address prefix;
	unsigned int length;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (address_parse_prefix(bad[i], &prefix, &length) != -EINVAL)
			fail_msg("%s was taken", bad[i]);
	assert_int_equal(address_parse_prefix("10.128.0.0/9", &prefix, &length),
			 0);
	assert_string_equal(address_prefix_text(&prefix, length, text),
			    "10.128.0.0/9");
}

static void test_prefixes_have_the_names_of_what_they_are(void **state)
{
	struct mgm_address v4 = address("239.1.0.0"), v6 = address("ff3e::");
	char text[ADDRESS_PREFIX_TEXT];

	(void)state;
	assert_string_equal(address_prefix_name(&v4, 32, text), "239.1.0.0");
	assert_string_equal(address_prefix_name(&v4, 16, text), "239.1.0.0/16");
	assert_string_equal(address_prefix_name(&v6, 128, text), "ff3e::");
	assert_string_equal(address_prefix_name(&v6, 32, text), "ff3e::/32");
	v4 = address("0.0.0.0");
	assert_string_equal(address_prefix_name(&v4, 0, text), "*");
}

static void test_a_prefix_has_a_first_and_a_last_address(void **state)
{
	static const struct {
		const char *in, *first, *last;
		unsigned int length;
	} cases[] = {
		{"239.1.2.3", "239.1.2.3", "239.1.2.3", 32},
		{"239.1.2.3", "239.1.2.2", "239.1.2.3", 31},
		{"239.1.2.3", "239.1.0.0", "239.1.255.255", 16},
		{"239.1.2.3", "224.0.0.0", "239.255.255.255", 4},
		{"239.1.2.3", "0.0.0.0", "255.255.255.255", 0},
		{"ff3e::8000:1", "ff3e::8000:1", "ff3e::8000:1", 128},
		{"ff3e::8000:1", "ff3e::", "ff3e::ffff:ffff", 96},
		{"ff3e::8000:1",
		 "ff30::", "ff3f:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 12},
	};
	char text[ADDRESS_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mgm_address in = address(cases[i].in), a;

		a = address_first(&in, cases[i].length);
		assert_string_equal(address_text(&a, text), cases[i].first);
		a = address_last(&in, cases[i].length);
		assert_string_equal(address_text(&a, text), cases[i].last);
	}
}

static void test_prefixes_of_groups_to_route_and_of_sources(void **state)
{
	static const struct {
		const char *prefix;
		bool groups, sources;
	} cases[] = {
		{"239.1.0.0/16", true, false}, {"224.0.0.0/4", true, false},
		{"224.0.0.0/3", false, false}, {"224.0.0.0/24", false, false},
		{"224.0.0.0/23", true, false}, {"224.0.0.4/30", false, false},
		{"224.0.1.0/24", true, false}, {"239.1.1.1/32", true, false},
		{"10.0.0.0/8", false, true},   {"0.0.0.0/1", false, true},
		{"128.0.0.0/1", false, true},  {"0.0.0.0/8", false, false},
		{"126.0.0.0/7", false, true},  {"127.1.0.0/16", false, false},
		{"240.0.0.0/4", false, false}, {"0.0.0.0/0", false, true},
		{"ff00::/8", true, false},     {"fe00::/7", false, true},
		{"ff02::/16", false, false},   {"ff02:1::/32", false, false},
		{"ff00::/15", false, false},   {"ff02::/15", true, false},
		{"ff10::/15", false, false},   {"ff3e::/96", true, false},
		{"fe80::/10", false, false},   {"fe80::/9", false, true},
		{"fe80:1::/32", false, false}, {"2001:db8::/32", false, true},
		{"::/127", false, false},      {"::/80", false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct mgm_address prefix;
		unsigned int length;

		assert_int_equal(address_parse_prefix(cases[i].prefix, &prefix,
						      &length),
				 0);
		if (address_prefix_is_groups(&prefix, length) !=
			    cases[i].groups ||
		    address_prefix_has_sources(&prefix, length) !=
			    cases[i].sources)
			fail_msg("%s", cases[i].prefix);
	}
}

static void test_order_is_by_number(void **state)
{
	struct mgm_address a = address("9.255.255.255");
	struct mgm_address b = address("10.0.0.0");
	struct mgm_address c = address("2001:db8::1");

	(void)state;
	assert_true(address_compare(&a, &b) < 0);
	assert_true(address_compare(&b, &a) > 0);
	assert_true(address_compare(&b, &c) < 0);
	assert_int_equal(address_compare(&c, &c), 0);
	assert_int_equal(address_hash(&c), address_hash(&c));
	assert_int_not_equal(address_hash(&a), address_hash(&b));
}

static void test_groups_to_route_and_sources_to_believe(void **state)
{
	static const struct {
		const char *text;
		bool multicast, link, group, source;
	} rows[] = {
		{"223.255.255.255", false, false, false, true},
		{"224.0.0.0", true, true, false, false},
		{"224.0.0.255", true, true, false, false},
		{"224.0.1.0", true, false, true, false},
		{"239.255.255.255", true, false, true, false},
		{"240.0.0.1", false, false, false, false},
		{"255.255.255.255", false, false, false, false},
		{"0.0.0.0", false, false, false, false},
		{"0.1.2.3", false, false, false, false},
		{"1.0.0.0", false, false, false, true},
		{"126.255.255.255", false, false, false, true},
		{"127.0.0.1", false, false, false, false},
		{"128.0.0.1", false, false, false, true},
		{"169.254.1.1", false, false, false, true},
		{"ff02::1", true, true, false, false},
		{"ff12::1", true, true, false, false},
		{"ff01::1", true, true, false, false},
		{"ff3e::1", true, false, true, false},
		{"::", false, false, false, false},
		{"::1", false, false, false, false},
		{"fe80::1", false, false, false, false},
		{"2001:db8::1", false, false, false, true},
	};
	struct mgm_address a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		a = address(rows[i].text);
		if (address_is_multicast(&a) != rows[i].multicast ||
		    address_is_link_scope(&a) != rows[i].link ||
		    address_is_group(&a) != rows[i].group ||
		    address_is_source(&a) != rows[i].source)
			fail_msg("%s", rows[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv4_is_mapped_and_prints_as_ipv4),
		cmocka_unit_test(test_what_is_no_address_is_refused),
		cmocka_unit_test(test_any_of_both_families_is_a_star),
		cmocka_unit_test(test_prefixes_count_the_familys_own_bits),
		cmocka_unit_test(test_a_prefix_is_refused_with_bits_behind_it),
		cmocka_unit_test(test_prefixes_have_the_names_of_what_they_are),
		cmocka_unit_test(test_a_prefix_has_a_first_and_a_last_address),
		cmocka_unit_test(
			test_prefixes_of_groups_to_route_and_of_sources),
		cmocka_unit_test(test_order_is_by_number),
		cmocka_unit_test(test_groups_to_route_and_sources_to_believe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
