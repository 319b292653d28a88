/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects of one size, in blocks. None has a header of its own, and one more
 * or one less is always the same few steps: malloc puts what was freed in
 * order when it has to, thousands at a time, which takes milliseconds. Used
 * where there may be a million. A block is freed with its last object.
 */
#ifndef XMGM_LIB_POOL_H
#define XMGM_LIB_POOL_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/queue.h>

struct pool_block;

LIST_HEAD(pool_blocks, pool_block);

/* Begins as {.size = sizeof(struct x)}; it lasts as long as its objects. */
struct pool {
	size_t size;
	struct pool_blocks open; /* those with room */
};

/*
 * Once, as the process begins: blocks are the system's from when they are
 * freed, each by itself. Else malloc gives back many at once, some day.
 */
void pool_prepare(void);

/* All zero; NULL: no memory. */
void *pool_take(struct pool *pool);
/* Back to the pool it is from. */
void pool_give(void *object);

/*
 * The same, but with the address sanitizer each object is malloc's: so that it
 * sees who uses one that was freed.
 */
#ifdef __SANITIZE_ADDRESS__
static inline void *object_new(struct pool *pool)
{
	return calloc(1, pool->size);
}

static inline void object_free(void *object)
{
	free(object);
}
#else
#define object_new  pool_take
#define object_free pool_give
#endif

#endif /* XMGM_LIB_POOL_H */
