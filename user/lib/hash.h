/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An intrusive hash table: the element carries a struct hash_node, the table
 * allocates nothing but its array of buckets and grows with its content: a few
 * buckets by each insert, so that none takes long. The caller hashes and
 * compares. Used where a table may hold a million entries.
 */
#ifndef XMGM_LIB_HASH_H
#define XMGM_LIB_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_node {
	struct hash_node *next;
	uint32_t hash;
};

#define HASH_MOVES 4u /* buckets of the smaller array, by one insert */

struct hash {
	struct hash_node **buckets;
	uint32_t mask; /* buckets - 1; 0 buckets until the first insert */
	uint32_t count;
	/* It is growing: what is in these buckets from `moved` on, half as many
	 * as above, is there still. NULL: nothing. */
	struct hash_node **old;
	uint32_t moved;
};

/* The element of type `type` whose member `member` is at `node`. */
#define hash_entry(node, type, member) \
	((type *)(void *)((char *)(node)-offsetof(type, member)))

/* Walks every node; the current one may be removed. Growth ends the walk's
 * validity: do not insert inside. */
#define hash_for_each_safe(table, node, tmp, i)         \
	for ((i) = 0; (i) < hash_chains(table); (i)++)  \
		for ((node) = hash_chain((table), (i)); \
		     (node) && ((tmp) = (node)->next, 1); (node) = (tmp))

uint32_t hash_chains(const struct hash *table);
struct hash_node *hash_chain(const struct hash *table, uint32_t i);

/* FNV-1a with a final mix, over len bytes. */
uint32_t hash_bytes(const void *data, size_t len);

/*
 * Brings what hash_first will look at nearer to the processor, in three steps
 * between which there is to be time: where the chain begins, the first element
 * of the chain, and `len` bytes of the one that is looked for, or is next.
 */
void hash_near(const struct hash *table, uint32_t hash);
void hash_near_chain(const struct hash *table, uint32_t hash);
void hash_near_first(const struct hash *table, uint32_t hash, size_t len);

/* First candidate for a hash, then the next: compare keys yourself. */
struct hash_node *hash_first(const struct hash *table, uint32_t hash);
struct hash_node *hash_next(const struct hash_node *node);

/*
 * Nodes in an order of their own, which neither growth nor the coming and
 * going of others changes: the one behind `last`, the first if last is NULL;
 * NULL at the end. last need not be in the table, but has its hash. order
 * compares keys, as qsort does, of nodes with one hash.
 */
struct hash_node *hash_after(const struct hash *table, struct hash_node *last,
			     int (*order)(struct hash_node *a,
					  struct hash_node *b));

/* Returns 0, or -ENOMEM with nothing changed. */
int hash_insert(struct hash *table, struct hash_node *node, uint32_t hash);
void hash_remove(struct hash *table, struct hash_node *node);
/* Frees the buckets, not the elements. */
void hash_clear(struct hash *table);
/* The elements as well, each by free(). */
#define hash_free(table, type, member) \
	hash_free_at((table), offsetof(type, member))
void hash_free_at(struct hash *table, size_t offset);

#endif /* XMGM_LIB_HASH_H */
