/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What several members want of a group, as one: RFC 9776 section 3.2. If one of
 * them wants any source, all are wanted but those that each such member blocks
 * and nobody includes; else those that somebody includes.
 */
#ifndef XMGM_PROTO_FILTER_H
#define XMGM_PROTO_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xmgm/mgm.h"

struct filter_source {
	struct mgm_address address;
	bool include;
};

/* All zero: nothing is wanted. Sources are kept by the caller's memory. */
struct filter_merge {
	struct filter_source *list;
	size_t count, room;
	size_t excludes; /* members in EXCLUDE mode */
	bool failed;	 /* no memory: filter_merge_end says so */
	/* After filter_merge_end: */
	enum mgm_filter filter;
	struct mgm_address *sources; /* ascending */
	size_t source_count;
};

/* One more member in EXCLUDE mode, whose blocked sources follow. */
void filter_merge_exclude(struct filter_merge *f);
/* A source that the member of before blocks, or that some member includes. */
void filter_merge_source(struct filter_merge *f,
			 const struct mgm_address *source, bool include);
/* Works it out. -ENOMEM: nothing is known. */
int filter_merge_end(struct filter_merge *f);
/* Back to nothing; the memory stays for the next. */
void filter_merge_again(struct filter_merge *f);
void filter_merge_free(struct filter_merge *f);

#endif /* XMGM_PROTO_FILTER_H */
