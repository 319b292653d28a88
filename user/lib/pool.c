/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See pool.h. Blocks lie at multiples of their size, so that an object knows
 * its block by its address.
 */
#include "lib/pool.h"

#include <malloc.h>
#include <string.h>

#define BLOCK	 131072u
#define MALLOCS	 64u /* left to malloc, so that blocks lie side by side */
#define MULTIPLE _Alignof(void *)

struct free_object {
	struct free_object *next;
};

struct pool_block {
	LIST_ENTRY(pool_block) link; /* in pool->open, if it has room */
	struct pool *pool;
	struct free_object *freed;
	uint32_t size;	/* of an object here */
	uint32_t used;	/* objects */
	uint32_t begun; /* that were used at any time */
	uint32_t count; /* that there are */
	_Alignas(MULTIPLE) uint8_t objects[];
};

void pool_prepare(void)
{
	mallopt(M_MMAP_THRESHOLD, BLOCK);
}

static struct pool_block *block_new(struct pool *pool)
{
	size_t size = (pool->size + MULTIPLE - 1) / MULTIPLE * MULTIPLE;
	struct pool_block *b;
	void *memory;

	if (size > (BLOCK - MALLOCS - sizeof(*b)) / 2 ||
	    posix_memalign(&memory, BLOCK, BLOCK - MALLOCS))
		return NULL;
	b = memory;
	*b = (struct pool_block){.pool = pool, .size = (uint32_t)size};
	b->count = (uint32_t)((BLOCK - MALLOCS - sizeof(*b)) / size);
	LIST_INSERT_HEAD(&pool->open, b, link);
	return b;
}

static struct pool_block *block_of(void *object)
{
	uintptr_t at = (uintptr_t)object % BLOCK;

	return (struct pool_block *)(void *)((uint8_t *)object - at);
}

void *pool_take(struct pool *pool)
{
	struct pool_block *b = LIST_FIRST(&pool->open);
	void *object;

	if (!b)
		b = block_new(pool);
	if (!b)
		return NULL;
	if (b->freed) {
		object = b->freed;
		b->freed = b->freed->next;
	} else {
		object = b->objects + (size_t)b->size * b->begun++;
	}
	if (++b->used == b->count)
		LIST_REMOVE(b, link);
	return memset(object, 0, b->size);
}

void pool_give(void *object)
{
	struct free_object *freed = object;
	struct pool_block *b;

	if (!object)
		return;
	b = block_of(object);
	if (b->used-- == b->count)
		LIST_INSERT_HEAD(&b->pool->open, b, link);
	freed->next = b->freed;
	b->freed = freed;
	if (b->used)
		return;
	LIST_REMOVE(b, link);
	free(b);
}
