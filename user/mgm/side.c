/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of sources, sorted arrays of addresses, and what one
 * writer of memberships (IGMP, or the owner of the interface) wants of a
 * group: (*,G) without the blocked sources, and the included ones.
 */
#include "mgm/side.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"

/* The first index whose address is at least addr. */
static uint32_t src_index(const struct src *list, uint32_t count,
			  const struct mgm_address *addr)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (address_compare(&list[mid].addr, addr) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct src *src_find(struct src *list, uint32_t count,
		     const struct mgm_address *addr)
{
	uint32_t i = src_index(list, count, addr);

	if (i == count || !mgm_address_equal(&list[i].addr, addr))
		return NULL;
	return &list[i];
}

bool src_in(const struct src *list, uint32_t count,
	    const struct mgm_address *addr)
{
	uint32_t i = src_index(list, count, addr);

	return i < count && mgm_address_equal(&list[i].addr, addr);
}

/* Puts addr into the set, fresh. -ENOMEM */
int src_insert(struct src **list, uint32_t *count,
	       const struct mgm_address *addr)
{
	uint32_t i = src_index(*list, *count, addr);
	struct src *grown;

	if (i < *count && mgm_address_equal(&(*list)[i].addr, addr)) {
		(*list)[i].stale = false;
		return 0;
	}
	grown = realloc(*list, (*count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memmove(grown + i + 1, grown + i, (*count - i) * sizeof(*grown));
	grown[i] = (struct src){.addr = *addr};
	*list = grown;
	*count += 1;
	return 0;
}

bool src_erase(struct src **list, uint32_t *count,
	       const struct mgm_address *addr)
{
	uint32_t i = src_index(*list, *count, addr);

	if (i >= *count || !mgm_address_equal(&(*list)[i].addr, addr))
		return false;
	*count -= 1;
	memmove(*list + i, *list + i + 1, (*count - i) * sizeof(**list));
	if (!*count) {
		free(*list);
		*list = NULL;
	}
	return true;
}

static int src_compare(const void *a, const void *b)
{
	const struct src *x = a, *y = b;

	return address_compare(&x->addr, &y->addr);
}

/* The set of the addresses in `in`; *out is NULL if there are none. */
int src_sorted(const struct mgm_address *in, size_t n, struct src **out,
	       uint32_t *count)
{
	struct src *list;
	uint32_t kept = 0;

	*out = NULL;
	*count = 0;
	if (!n)
		return 0;
	list = calloc(n, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		list[i].addr = in[i];
	qsort(list, n, sizeof(*list), src_compare);
	for (size_t i = 0; i < n; i++) {
		if (!kept || src_compare(&list[kept - 1], &list[i]))
			list[kept++] = list[i];
	}
	*out = list;
	*count = kept;
	return 0;
}

/* Which of the two lists has the next source: <0 the first, 0 both. */
int side_order(const struct side *a, uint32_t i, const struct side *b,
	       uint32_t k)
{
	if (i == a->include_count)
		return 1;
	if (k == b->include_count)
		return -1;
	return address_compare(&a->include[i].addr, &b->include[k].addr);
}

bool side_empty(const struct side *s)
{
	return !s->any && !s->include_count;
}

bool side_wants(const struct side *s, const struct mgm_address *source)
{
	if (s->any && !src_in(s->block, s->block_count, source))
		return true;
	return src_in(s->include, s->include_count, source);
}

/* How much it counts against the limit of memberships. */
uint32_t side_size(const struct side *s)
{
	return (s->any ? 1 : 0) + s->include_count + s->block_count;
}
