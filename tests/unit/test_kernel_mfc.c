/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of the kernel's own multicast routes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>

#include "xmgmd/net/kernel_mfc.h"

static struct mgm_sg sg(uint32_t s, uint32_t g)
{
	return mgm_sg_v4((struct in_addr){htonl(s ? 0x0a000000u + s : 0)},
			 (struct in_addr){htonl(0xef000000u + g)});
}

static void test_news_is_what_comes_and_goes(void **state)
{
	struct kernel_mfc m = {0};

	(void)state;
	assert_false(kernel_mfc_set(&m, sg(1, 1), false));
	assert_true(kernel_mfc_set(&m, sg(1, 1), true));
	assert_false(kernel_mfc_set(&m, sg(1, 1), true));
	assert_true(kernel_mfc_set(&m, sg(0, 1), true));
	assert_int_equal(m.table.count, 2);
	assert_true(kernel_mfc_set(&m, sg(1, 1), false));
	assert_false(kernel_mfc_set(&m, sg(1, 1), false));
	assert_int_equal(m.table.count, 1);
	kernel_mfc_free(&m);
}

static void test_what_a_dump_does_not_have_is_gone(void **state)
{
	struct kernel_mfc m = {0};

	(void)state;
	for (uint32_t i = 1; i <= 3; i++)
		kernel_mfc_set(&m, sg(i, i), true);
	kernel_mfc_dump_begin(&m);
	kernel_mfc_set(&m, sg(1, 1), true);
	kernel_mfc_set(&m, sg(4, 4), true);
	assert_true(kernel_mfc_dump_end(&m));
	assert_int_equal(m.table.count, 2);
	assert_false(kernel_mfc_set(&m, sg(4, 4), true));
	kernel_mfc_dump_begin(&m);
	kernel_mfc_set(&m, sg(1, 1), true);
	kernel_mfc_set(&m, sg(4, 4), true);
	assert_false(kernel_mfc_dump_end(&m));
	kernel_mfc_free(&m);
}

static void test_it_does_not_grow_beyond_its_bound(void **state)
{
	struct kernel_mfc m = {0};

	(void)state;
	for (uint32_t i = 1; i <= KERNEL_MFC_MAX; i++)
		assert_true(kernel_mfc_set(&m, sg(i, 1), true));
	assert_false(kernel_mfc_set(&m, sg(1, 2), true));
	assert_int_equal(m.table.count, KERNEL_MFC_MAX);
	assert_true(kernel_mfc_set(&m, sg(1, 1), false));
	assert_true(kernel_mfc_set(&m, sg(1, 2), true));
	kernel_mfc_free(&m);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_news_is_what_comes_and_goes),
	cmocka_unit_test(test_what_a_dump_does_not_have_is_gone),
	cmocka_unit_test(test_it_does_not_grow_beyond_its_bound),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
