/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hash table's order: whoever lists it a piece at a time meets each node
 * that is there all the while once, whatever comes, goes or grows meanwhile.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/hash.h"

#define NODES 4000u

struct item {
	struct hash_node node;
	uint32_t key;
	unsigned int seen;
	bool there;
};

static struct item items[NODES];

static int key_order(struct hash_node *a, struct hash_node *b)
{
	const struct item *x = hash_entry(a, struct item, node);
	const struct item *y = hash_entry(b, struct item, node);

	return x->key < y->key ? -1 : x->key > y->key;
}

/* 0: as it is; else few hashes for many keys. */
static uint32_t item_hash(uint32_t key, uint32_t hashes)
{
	uint32_t hash = hash_bytes(&key, sizeof(key));

	return hashes ? hash % hashes : hash;
}

static void put(struct hash *table, uint32_t key, uint32_t hashes)
{
	items[key].key = key;
	items[key].there = true;
	assert_int_equal(hash_insert(table, &items[key].node,
				     item_hash(key, hashes)),
			 0);
}

static void drop(struct hash *table, uint32_t key)
{
	hash_remove(table, &items[key].node);
	items[key].there = false;
}

/* Lists all by keys alone, as one who keeps no pointer; step changes it. */
static void list(struct hash *table, uint32_t hashes,
		 void (*step)(struct hash *table, uint32_t n, uint32_t hashes))
{
	struct item last = {.key = 0};
	struct hash_node *n = NULL;
	uint32_t count = 0;

	for (;; count++) {
		last.node.hash = item_hash(last.key, hashes);
		n = hash_after(table, count ? &last.node : NULL, key_order);
		if (!n)
			break;
		hash_entry(n, struct item, node)->seen++;
		last.key = hash_entry(n, struct item, node)->key;
		assert_true(count < 2 * NODES);
		if (step)
			step(table, count, hashes);
	}
}

static void test_an_empty_table_has_no_first(void **state)
{
	struct hash table = {0};

	(void)state;
	assert_null(hash_after(&table, NULL, key_order));
	put(&table, 7, 0);
	assert_ptr_equal(hash_after(&table, NULL, key_order), &items[7].node);
	assert_null(hash_after(&table, &items[7].node, key_order));
	drop(&table, 7);
	assert_null(hash_after(&table, NULL, key_order));
	hash_clear(&table);
}

/* Whoever looks meanwhile finds each node, and each once. */
static void all_there(const struct hash *table, uint32_t count)
{
	struct hash_node *n, *tmp;
	uint32_t i, met = 0;

	hash_for_each_safe(table, n, tmp, i)
		met++;
	assert_int_equal(met, count);
	for (uint32_t k = 0; k < NODES; k++) {
		bool found = false;

		n = hash_first(table, item_hash(k, 0));
		for (; n; n = hash_next(n))
			found |= n == &items[k].node;
		assert_true(found == items[k].there);
	}
}

/* Of a table that grows an insert moves a few nodes, not all of them. */
static void test_no_insert_moves_the_whole_table(void **state)
{
	struct hash table = {0};
	uint32_t moved, growths = 0;

	(void)state;
	memset(items, 0, sizeof(items));
	for (uint32_t k = 0; k < NODES; k++) {
		bool growing = table.old;

		moved = table.old ? table.moved : 0;
		put(&table, k, 0);
		growths += !growing && table.old;
		if (table.old)
			assert_in_range(table.moved - moved, 0, HASH_MOVES);
		if (k % 97 == 0)
			all_there(&table, k + 1);
	}
	assert_int_equal(growths, 8); /* from 16 buckets to 4096 */
	for (uint32_t k = 0; k < NODES; k += 2) {
		drop(&table, k);
		if (k % 97 == 0)
			all_there(&table, NODES - 1 - k / 2);
	}
	hash_clear(&table);
}

/* Grows the table eight times over, and takes away every other newcomer. */
static void come_and_go(struct hash *table, uint32_t n, uint32_t hashes)
{
	uint32_t key = NODES / 8 + n * 7;

	for (uint32_t k = key; k < key + 7 && k < NODES; k++) {
		put(table, k, hashes);
		if (k % 2)
			drop(table, k);
	}
}

static void test_who_stays_is_listed_once(void **state)
{
	static const uint32_t hashes[] = {0, 1, 3, 100};
	struct hash table;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		table = (struct hash){0};
		memset(items, 0, sizeof(items));
		for (uint32_t k = 0; k < NODES / 8; k++)
			put(&table, k, hashes[i]);
		list(&table, hashes[i], come_and_go);
		for (uint32_t k = 0; k < NODES; k++)
			assert_true(k < NODES / 8 ? items[k].seen == 1
						  : items[k].seen <= 1);
		hash_clear(&table);
	}
}

/* The key itself goes before the next is asked for. */
static void last_goes(struct hash *table, uint32_t n, uint32_t hashes)
{
	(void)n;
	(void)hashes;
	for (uint32_t k = 0; k < NODES; k++)
		if (items[k].there && items[k].seen)
			drop(table, k);
}

static void test_the_key_need_not_be_there_any_more(void **state)
{
	struct hash table = {0};

	(void)state;
	memset(items, 0, sizeof(items));
	for (uint32_t k = 0; k < 300; k++)
		put(&table, k, 50);
	list(&table, 50, last_goes);
	for (uint32_t k = 0; k < 300; k++)
		assert_int_equal(items[k].seen, 1);
	assert_int_equal(table.count, 0);
	hash_clear(&table);
}

/* Fetching ahead changes nothing, whatever the table is doing. */
static void test_fetching_ahead_is_no_look_up(void **state)
{
	struct hash table = {0};

	(void)state;
	memset(items, 0, sizeof(items));
	hash_near(&table, 1);
	hash_near_chain(&table, 1);
	hash_near_first(&table, 1, 100);
	for (uint32_t k = 0; k < NODES; k++) {
		put(&table, k, NODES);
		hash_near(&table, item_hash(k, NODES));
		hash_near_chain(&table, item_hash(k, NODES));
		hash_near_first(&table, item_hash(k, NODES), sizeof(items[0]));
	}
	assert_int_equal(table.count, NODES);
	hash_clear(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_empty_table_has_no_first),
		cmocka_unit_test(test_no_insert_moves_the_whole_table),
		cmocka_unit_test(test_who_stays_is_listed_once),
		cmocka_unit_test(test_the_key_need_not_be_there_any_more),
		cmocka_unit_test(test_fetching_ahead_is_no_look_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
