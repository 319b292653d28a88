/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one writer, an interface's owner or IGMP, wants of a group: pure sets
 * of sources. They know nothing of the manager and call nobody.
 */
#ifndef XMGM_MGM_SIDE_H
#define XMGM_MGM_SIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xmgm/mgm.h"

/* Who writes a membership: an interface has up to two of them. */
enum side_id { SIDE_OWNER = 0, SIDE_IGMP = 1, SIDES = 2 };

struct src {
	struct mgm_address addr; /* arrays are sorted by it */
	bool stale;
};

/* What one writer wants of a group on an interface. */
struct side {
	bool any;
	bool any_stale;
	uint32_t said; /* when, by the writer's clock (struct writer) */
	struct src *include;
	struct src *block; /* of any: everything but these */
	uint32_t include_count, block_count;
};

/* NULL: it is not in the list. */
struct src *src_find(struct src *list, uint32_t count,
		     const struct mgm_address *addr);
bool src_in(const struct src *list, uint32_t count,
	    const struct mgm_address *addr);
int src_insert(struct src **list, uint32_t *count,
	       const struct mgm_address *addr);
bool src_erase(struct src **list, uint32_t *count,
	       const struct mgm_address *addr);
int src_sorted(const struct mgm_address *in, size_t n, struct src **out,
	       uint32_t *count);
int side_order(const struct side *a, uint32_t i, const struct side *b,
	       uint32_t k);
bool side_empty(const struct side *s);
bool side_wants(const struct side *s, const struct mgm_address *source);
uint32_t side_size(const struct side *s);

#endif /* XMGM_MGM_SIDE_H */
