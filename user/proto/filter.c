/* SPDX-License-Identifier: GPL-2.0-only */
/* See filter.h. */
#include "filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"

void filter_merge_exclude(struct filter_merge *f)
{
	f->excludes++;
}

void filter_merge_source(struct filter_merge *f,
			 const struct mgm_address *source, bool include)
{
	if (f->count == f->room) {
		size_t room = f->room ? 2 * f->room : 16;
		struct filter_source *grown =
			realloc(f->list, room * sizeof(*grown));

		if (!grown) {
			f->failed = true;
			return;
		}
		f->list = grown;
		f->room = room;
	}
	f->list[f->count++] = (struct filter_source){*source, include};
}

static int order(const void *a, const void *b)
{
	const struct filter_source *x = a, *y = b;

	return address_compare(&x->address, &y->address);
}

/* Those of one address, which stand together: is it in the result? */
static bool listed(const struct filter_merge *f, size_t from, size_t to)
{
	size_t blocks = 0;
	bool include = false;

	for (size_t i = from; i < to; i++) {
		include |= f->list[i].include;
		blocks += !f->list[i].include;
	}
	if (!f->excludes)
		return include;
	return !include && blocks == f->excludes;
}

int filter_merge_end(struct filter_merge *f)
{
	size_t from, to;

	free(f->sources);
	f->source_count = 0;
	f->sources = malloc((f->count ? f->count : 1) * sizeof(*f->sources));
	if (f->failed || !f->sources)
		return -ENOMEM;
	f->filter = f->excludes ? MGM_EXCLUDE : MGM_INCLUDE;
	if (f->count)
		qsort(f->list, f->count, sizeof(*f->list), order);
	for (from = 0; from < f->count; from = to) {
		for (to = from + 1; to < f->count; to++)
			if (order(&f->list[from], &f->list[to]))
				break;
		if (listed(f, from, to))
			f->sources[f->source_count++] = f->list[from].address;
	}
	return 0;
}

void filter_merge_again(struct filter_merge *f)
{
	f->count = 0;
	f->excludes = 0;
	f->failed = false;
}

void filter_merge_free(struct filter_merge *f)
{
	free(f->list);
	free(f->sources);
	memset(f, 0, sizeof(*f));
}
