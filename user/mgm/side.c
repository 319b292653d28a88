/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sets of sources, sorted arrays of addresses in host order, and what one
 * writer of memberships (IGMP, or the owner of the interface) wants of a
 * group: (*,G) without the blocked sources, and the included ones.
 */
#include "mgm/internal.h"

/* The first index whose address is at least addr. */
static uint32_t src_index(const struct src *list, uint32_t count, uint32_t addr)
{
	uint32_t low = 0, high = count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (list[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool src_in(const struct src *list, uint32_t count, uint32_t addr)
{
	uint32_t i = src_index(list, count, addr);

	return i < count && list[i].addr == addr;
}

/* Puts addr into the set, fresh. -ENOMEM */
int src_insert(struct src **list, uint32_t *count, uint32_t addr)
{
	uint32_t i = src_index(*list, *count, addr);
	struct src *grown;

	if (i < *count && (*list)[i].addr == addr) {
		(*list)[i].stale = false;
		return 0;
	}
	grown = realloc(*list, (*count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	memmove(grown + i + 1, grown + i, (*count - i) * sizeof(*grown));
	grown[i] = (struct src){.addr = addr};
	*list = grown;
	*count += 1;
	return 0;
}

bool src_erase(struct src **list, uint32_t *count, uint32_t addr)
{
	uint32_t i = src_index(*list, *count, addr);

	if (i >= *count || (*list)[i].addr != addr)
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

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The set of the addresses in `in`; *out is NULL if there are none. */
int src_sorted(const struct in_addr *in, size_t n, struct src **out,
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
		list[i].addr = ntohl(in[i].s_addr);
	qsort(list, n, sizeof(*list), src_compare);
	for (size_t i = 0; i < n; i++) {
		if (!kept || list[kept - 1].addr != list[i].addr)
			list[kept++] = list[i];
	}
	*out = list;
	*count = kept;
	return 0;
}

bool side_empty(const struct side *s)
{
	return !s->any && !s->include_count;
}

bool side_wants(const struct side *s, uint32_t source)
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
