/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * Structs that begin with their size: a client may have been compiled with an
 * older or a newer mgm.h than the manager, or libmgm. What that means stands
 * there. `own` is a struct of this build, `size` is what it takes.
 */
#ifndef XMGM_LIB_GROWN_H
#define XMGM_LIB_GROWN_H

#include <stdbool.h>
#include <stddef.h>

/* Takes what a client hands in over into our own. 0, -EINVAL, -E2BIG */
int grown_take(void *own, size_t size, const void *from);
/* Reads what a client has set in what is to be filled in: the room it gives. */
int grown_ask(void *own, size_t size, const void *to);
/* Fills in what a client asks for, from our own. */
int grown_give(void *to, const void *own, size_t size);
/*
 * An array of them, whose first one says the size of each, so how far they are
 * apart: `align` is that of the struct. ok: is there such an array?
 */
bool grown_array_ok(const void *first, size_t align);
int grown_give_at(void *first, size_t step, size_t i, const void *own,
		  size_t size);

#endif /* XMGM_LIB_GROWN_H */
