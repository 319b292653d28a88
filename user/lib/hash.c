/* SPDX-License-Identifier: GPL-2.0-only */
/* See hash.h. Chained buckets, a power of two of them, at most one entry per
 * bucket on average. A table grows into an array twice as large: each bucket
 * divides into two there, which is done by the inserts that follow, and until
 * then all of it is in the old one. */
#include "hash.h"

#include <errno.h>
#include <stdlib.h>

uint32_t hash_bytes(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint32_t h = 2166136261u;

	while (len--)
		h = (h ^ *p++) * 16777619u;
	h ^= h >> 16;
	h *= 0x85ebca6bu;
	h ^= h >> 13;
	return h;
}

static struct hash_node *same_hash(struct hash_node *node, uint32_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

/* Where the chain of this hash begins. */
static struct hash_node **slot_of(const struct hash *table, uint32_t hash)
{
	uint32_t old = hash & (table->mask >> 1);

	if (table->old && old >= table->moved)
		return &table->old[old];
	return &table->buckets[hash & table->mask];
}

void hash_near(const struct hash *table, uint32_t hash)
{
	if (table->buckets)
		__builtin_prefetch(slot_of(table, hash));
}

void hash_near_chain(const struct hash *table, uint32_t hash)
{
	if (table->buckets)
		__builtin_prefetch(*slot_of(table, hash), 1);
}

void hash_near_first(const struct hash *table, uint32_t hash, size_t len)
{
	const struct hash_node *node = table->buckets ? *slot_of(table, hash)
						      : NULL;

	if (node && node->hash != hash)
		node = node->next;
	for (size_t at = 0; node && at < len; at += 64)
		__builtin_prefetch((const char *)node + at, 1);
}

struct hash_node *hash_first(const struct hash *table, uint32_t hash)
{
	if (!table->buckets)
		return NULL;
	return same_hash(*slot_of(table, hash), hash);
}

uint32_t hash_chains(const struct hash *table)
{
	uint32_t count = table->buckets ? table->mask + 1 : 0;

	return table->old ? count + count / 2 : count;
}

struct hash_node *hash_chain(const struct hash *table, uint32_t i)
{
	if (i <= table->mask)
		return table->buckets[i];
	i -= table->mask + 1;
	return i < table->moved ? NULL : table->old[i];
}

struct hash_node *hash_next(const struct hash_node *node)
{
	return same_hash(node->next, node->hash);
}

/* The lasting order is that of hashes read from their last bit: the buckets
 * go by the last bits, so a table that grows only divides each into two
 * neighbours. */
static uint32_t reversed(uint32_t x)
{
	x = (x >> 1 & 0x55555555u) | (x & 0x55555555u) << 1;
	x = (x >> 2 & 0x33333333u) | (x & 0x33333333u) << 2;
	x = (x >> 4 & 0x0f0f0f0fu) | (x & 0x0f0f0f0fu) << 4;
	x = (x >> 8 & 0x00ff00ffu) | (x & 0x00ff00ffu) << 8;
	return x >> 16 | x << 16;
}

typedef int hash_order(struct hash_node *a, struct hash_node *b);

static int lasting_order(struct hash_node *a, struct hash_node *b,
			 hash_order *order)
{
	uint32_t x = reversed(a->hash), y = reversed(b->hash);

	return x == y ? order(a, b) : x < y ? -1 : 1;
}

static struct hash_node *chain_after(struct hash_node *node,
				     struct hash_node *last, hash_order *order)
{
	struct hash_node *best = NULL;

	for (; node; node = node->next) {
		if (last && lasting_order(node, last, order) <= 0)
			continue;
		if (!best || lasting_order(node, best, order) < 0)
			best = node;
	}
	return best;
}

struct hash_node *hash_after(const struct hash *table, struct hash_node *last,
			     hash_order *order)
{
	/* From one bucket to the next, in this order. */
	const uint64_t step = 0x100000000u / ((uint64_t)table->mask + 1);
	uint64_t at = last ? reversed(last->hash & table->mask) : 0;
	struct hash_node *found = NULL;

	if (!table->buckets)
		return NULL;
	for (; !found && at <= UINT32_MAX; at += step)
		found = chain_after(*slot_of(table, reversed((uint32_t)at)),
				    last, order);
	return found;
}

/* As many of the old buckets; with the last one the old array goes. */
static void hash_move(struct hash *table, uint32_t buckets)
{
	const uint32_t old = table->mask / 2 + 1;

	for (; table->old && buckets; buckets--) {
		struct hash_node *node = table->old[table->moved++];

		while (node) {
			struct hash_node *next = node->next;
			uint32_t slot = node->hash & table->mask;

			node->next = table->buckets[slot];
			table->buckets[slot] = node;
			node = next;
		}
		if (table->moved < old)
			continue;
		free(table->old);
		table->old = NULL;
	}
}

static int hash_grow(struct hash *table)
{
	uint32_t size = table->buckets ? 2 * (table->mask + 1) : 16;
	struct hash_node **buckets = calloc(size, sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	hash_move(table, UINT32_MAX); /* nothing is left, by far */
	table->old = table->buckets;
	table->moved = 0;
	table->buckets = buckets;
	table->mask = size - 1;
	return 0;
}

int hash_insert(struct hash *table, struct hash_node *node, uint32_t hash)
{
	struct hash_node **slot;

	if (!table->buckets || table->count > table->mask) {
		/* A full table still works, only slower; no table does not. */
		if (hash_grow(table) && !table->buckets)
			return -ENOMEM;
	}
	hash_move(table, HASH_MOVES);
	slot = slot_of(table, hash);
	node->hash = hash;
	node->next = *slot;
	*slot = node;
	table->count++;
	return 0;
}

void hash_remove(struct hash *table, struct hash_node *node)
{
	struct hash_node **slot = slot_of(table, node->hash);

	while (*slot != node)
		slot = &(*slot)->next;
	*slot = node->next;
	table->count--;
}

void hash_free_at(struct hash *table, size_t offset)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(table, n, tmp, i)
		free((char *)n - offset);
	hash_clear(table);
}

void hash_clear(struct hash *table)
{
	free(table->buckets);
	free(table->old);
	*table = (struct hash){0};
}
