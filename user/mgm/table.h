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
struct mfe;
struct named;
struct source;

const struct tree_type *tree_of_groups(void);
const struct tree_type *tree_of_flows(void);
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
/* In order of sources; the one after it, which need not be there any more. */
struct named *named_first(const struct group *g);
struct named *named_after(const struct named *n);
struct named *named_behind(const struct group *g,
			   const struct mgm_address *source);
struct named *named_find(const struct group *g,
			 const struct mgm_address *source);
int named_get(struct mgm *m, struct group *g, const struct mgm_address *source);
void named_put(struct mgm *m, struct group *g, const struct mgm_address *source,
	       struct iface *ifc);
void named_free(struct mgm *m, struct named *n);
/* In order of ifids: the first from this one on. */
struct member *member_from(const struct group *g, uint32_t ifid);
struct member *member_first(const struct group *g);
struct member *member_after(const struct member *mb);
struct member *member_find(const struct group *g, uint32_t ifid);
struct member *member_get(struct mgm *m, struct group *g, struct iface *ifc);
/* In order of sources, (*,G) before all; a source of NULL is (*,G)'s. */
struct mfe *mfe_first(const struct group *g);
struct mfe *mfe_after(const struct mfe *mfe);
struct mfe *mfe_from(const struct group *g, const struct mgm_address *source);
struct mfe *mfe_behind(const struct group *g, const struct mgm_address *source);
/* Also one that is void. */
struct mfe *mfe_of(const struct group *g, const struct mgm_address *source);
void mfe_link(struct mgm *m, struct mfe *mfe);
/* Out of the group's trees. */
void mfe_unlink(struct mgm *m, struct mfe *mfe);
void named_unlink(struct named *n);
void member_unlink(struct member *mb);
/* Both free the object if nothing needs it any more. */
void member_reap(struct member *mb);
void group_reap(struct mgm *m, struct group *g);

#endif /* XMGM_MGM_TABLE_H */
