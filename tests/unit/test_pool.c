/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pools: objects are apart from each other, begin as zero, and all memory is
 * given back with the last of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/pool.h"

#define OBJECTS 3000u

static void fill(uint8_t *object, size_t size, uint32_t i)
{
	for (size_t k = 0; k < size; k++)
		assert_int_equal(object[k], 0);
	memset(object, (int)(i % 255 + 1), size);
}

static void check(const uint8_t *object, size_t size, uint32_t i)
{
	for (size_t k = 0; k < size; k++)
		assert_int_equal(object[k], i % 255 + 1);
}

/* Taken, given back in another order, and taken again; what is left leaks. */
static void play(size_t size)
{
	struct pool pool = {.size = size};
	static uint8_t *object[OBJECTS];

	for (uint32_t round = 1; round < 8; round++) {
		for (uint32_t i = 0; i < OBJECTS; i++) {
			if (object[i])
				continue;
			object[i] = pool_take(&pool);
			assert_non_null(object[i]);
			assert_int_equal((uintptr_t)object[i] % 8, 0);
			fill(object[i], size, i);
		}
		for (uint32_t i = 0; i < OBJECTS; i++) {
			uint32_t k = i * 7919 % OBJECTS;

			check(object[k], size, k);
			if (round < 7 && k % round)
				continue;
			pool_give(object[k]);
			object[k] = NULL;
		}
	}
	assert_true(LIST_EMPTY(&pool.open));
}

static void test_objects_are_apart(void **state)
{
	(void)state;
	play(8);
	play(88);
	play(120);
	play(1000);
}

static void test_one_that_is_too_large(void **state)
{
	struct pool pool = {.size = 1 << 20};

	(void)state;
	assert_null(pool_take(&pool));
	pool_give(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects_are_apart),
		cmocka_unit_test(test_one_that_is_too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
