/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables and trees of the manager: how their elements are ordered, found,
 * made on demand, and freed when nothing needs them (table.c).
 */
#ifndef XMGM_MGM_TABLE_H
#define XMGM_MGM_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/tree.h"
#include "xmgm/mgm.h"

struct group;
struct iface;
struct member;
struct named;
struct source;

const struct tree_type *tree_of_groups(void);
bool sg_is_wild(const struct mgm_sg *sg); /* (*,*) */
bool sg_is_flow(const struct mgm_sg *sg); /* (S,G), if it is sane */
/* Can it be a flow, or a wildcard? (For prefixes: range_ok.) */
bool sg_ok(const struct mgm_sg *sg);
/* Its source; NULL: any. */
const struct mgm_address *sg_source(const struct mgm_sg *sg);
struct group *group_find(const struct mgm *m, const struct mgm_address *addr);
struct group *group_get(struct mgm *m, const struct mgm_address *addr);
struct source *source_find(const struct mgm *m, const struct mgm_address *addr);
struct source *source_get(struct mgm *m, const struct mgm_address *addr);
void source_reap(struct mgm *m, struct source *s);
struct named *named_find(const struct group *g,
			 const struct mgm_address *source);
int named_get(struct mgm *m, struct group *g, const struct mgm_address *source);
void named_put(struct mgm *m, struct group *g, const struct mgm_address *source,
	       struct iface *ifc);
void named_free(struct mgm *m, struct named *n);
struct member *member_find(const struct group *g, uint32_t ifid);
struct member *member_get(struct group *g, struct iface *ifc);
/* Both free the object if nothing needs it any more. */
void member_reap(struct member *mb);
void group_reap(struct mgm *m, struct group *g);

#endif /* XMGM_MGM_TABLE_H */
