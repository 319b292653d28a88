/* SPDX-License-Identifier: GPL-2.0-only */
/* See hash.h. Chained buckets, a power of two of them, at most one entry per
 * bucket on average. */
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

struct hash_node *hash_first(const struct hash *table, uint32_t hash)
{
	if (!table->buckets)
		return NULL;
	return same_hash(table->buckets[hash & table->mask], hash);
}

struct hash_node *hash_next(const struct hash_node *node)
{
	return same_hash(node->next, node->hash);
}

static int hash_grow(struct hash *table)
{
	uint32_t old = table->buckets ? table->mask + 1 : 0;
	uint32_t size = old ? old * 2 : 16;
	struct hash_node **buckets = calloc(size, sizeof(*buckets));

	if (!buckets)
		return -ENOMEM;
	for (uint32_t i = 0; i < old; i++) {
		struct hash_node *node = table->buckets[i];

		while (node) {
			struct hash_node *next = node->next;
			uint32_t slot = node->hash & (size - 1);

			node->next = buckets[slot];
			buckets[slot] = node;
			node = next;
		}
	}
	free(table->buckets);
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
	slot = &table->buckets[hash & table->mask];
	node->hash = hash;
	node->next = *slot;
	*slot = node;
	table->count++;
	return 0;
}

void hash_remove(struct hash *table, struct hash_node *node)
{
	struct hash_node **slot = &table->buckets[node->hash & table->mask];

	while (*slot != node)
		slot = &(*slot)->next;
	*slot = node->next;
	table->count--;
}

void hash_clear(struct hash *table)
{
	free(table->buckets);
	*table = (struct hash){0};
}
