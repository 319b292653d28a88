/* SPDX-License-Identifier: GPL-2.0-only */
/* Packed (S,G)s: what goes in comes out, and no two are alike. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/address.h"
#include "lib/packed_sg.h"

static struct mgm_sg sg(const char *source, const char *group)
{
	struct mgm_sg sg;
	unsigned int length;

	memset(&sg, 0, sizeof(sg));
	if (*source) {
		assert_int_equal(address_parse_prefix(
					 source, &sg.source.address, &length),
				 0);
		sg.source.length = (uint8_t)length;
	}
	if (*group) {
		assert_int_equal(address_parse_prefix(group, &sg.group.address,
						      &length),
				 0);
		sg.group.length = (uint8_t)length;
	}
	return sg;
}

static const struct {
	const char *source, *group;
	size_t size;
} cases[] = {
	{"10.0.0.1", "239.1.1.1", 11},	 {"10.0.0.2", "239.1.1.1", 11},
	{"239.1.1.1", "10.0.0.1", 11},	 {"0.0.0.0/0", "239.1.1.1", 11},
	{"0.0.0.0/0", "0.0.0.0/0", 11},	 {"10.0.0.0/8", "239.1.1.1", 11},
	{"10.0.0.0/9", "239.1.1.1", 11}, {"10.0.0.1", "", 23},
	{"", "239.1.1.1", 23},		 {"", "", 35},
	{"2001:db8::1", "ff3e::1", 35},	 {"2001:db8::", "ff3e::1", 35},
	{"::/0", "ff3e::1", 35},	 {"2001:db8::/64", "ff3e::1", 35},
};

#define CASES (sizeof(cases) / sizeof(*cases))

static void test_comes_out_as_it_went_in(void **state)
{
	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		const struct mgm_sg in = sg(cases[i].source, cases[i].group);
		uint8_t packed[PACKED_SG_SIZE];
		struct mgm_sg out;

		assert_int_equal(packed_sg_put(packed, &in), cases[i].size);
		assert_int_equal(packed_sg_size(packed), cases[i].size);
		out = packed_sg_get(packed);
		assert_memory_equal(&out, &in, sizeof(in));
	}
}

static void test_no_two_are_alike(void **state)
{
	uint8_t packed[CASES][PACKED_SG_SIZE];

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		const struct mgm_sg in = sg(cases[i].source, cases[i].group);
		size_t size = packed_sg_put(packed[i], &in);

		for (size_t k = 0; k < i; k++)
			assert_false(packed_sg_size(packed[k]) == size &&
				     !memcmp(packed[k], packed[i], size));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comes_out_as_it_went_in),
		cmocka_unit_test(test_no_two_are_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
