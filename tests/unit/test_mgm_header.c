/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client gets with the header alone: this file includes nothing else
 * of ours, before or behind it.
 */
#include "xmgm/mgm.h"

#ifdef XMGM_ABI_H
#error "a client has to know nothing of maps and programs"
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

/* Both ends of a socket compare and send these as bytes. */
static void test_flows_have_no_gaps(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct mgm_address), 16);
	assert_int_equal(sizeof(struct mgm_prefix), 20);
	assert_int_equal(sizeof(struct mgm_sg), 40);
}

static void test_errors_have_names(void **state)
{
	(void)state;
	assert_string_equal(mgm_error_name(-EEXIST), "EEXIST");
	assert_string_equal(mgm_error_name(-E2BIG), "E2BIG");
	assert_null(mgm_error_name(0));
	assert_null(mgm_error_name(EEXIST));
	assert_null(mgm_error_name(-EDOM));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_flows_have_no_gaps),
	cmocka_unit_test(test_errors_have_names),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
