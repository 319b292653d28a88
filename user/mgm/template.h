/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Templates: static routes of more than one flow, a prefix of sources, of
 * groups, or both. They have no MFE themselves: each flow gets its own with its
 * first packet, with the template's iif and what it lists (template.c).
 */
#ifndef XMGM_MGM_TEMPLATE_H
#define XMGM_MGM_TEMPLATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/tree.h"
#include "xmgm/mgm.h"

struct client;
struct iface;
struct mfe;
struct mgm;
struct route_oifs;

struct template
{
	struct tree_node node; /* in m->templates, by sg */
	TAILQ_ENTRY(template) in_iif;
	struct mgm_sg sg;
	struct iface *iif;
	struct route_oifs *listed;
	int16_t slot;  /* of the client whose it is */
	bool left;     /* its flows are the kernel's */
	uint32_t said; /* when, as struct override */
};

TAILQ_HEAD(template_list, template);
TAILQ_HEAD(template_walks, template_walk);

struct templates {
	struct tree tree;
	uint32_t count;
	/* How many have this length: of their groups, of their sources. */
	uint32_t groups[129], sources[129];
	struct template_walks walks;
};

/* What a client says of it. */
struct template_word {
	struct mgm_sg sg;
	struct iface *iif;
	struct iface **oifs;
	size_t count;
	bool left;
};

void templates_init(struct templates *all);
void templates_free(struct mgm *m);
/* Is it one: more than a flow, or a group of any source? */
bool template_ok(const struct mgm_sg *sg);
/* -EEXIST: it is another's. */
int template_check(const struct mgm *m, const struct client *c,
		   const struct mgm_sg *sg);
/* Checked before. -ENOSPC, -ENOMEM */
int template_put(struct mgm *m, const struct client *c,
		 const struct template_word *w);
int template_del(struct mgm *m, const struct client *c,
		 const struct mgm_sg *sg);
/*
 * The one that says most of a flow, or NULL: the longest prefix of groups
 * counts, then that of sources. of_group: only such as are of this group alone.
 */
const struct template *template_find(const struct mgm *m,
				     const struct mgm_sg *flow, bool of_group);
/* Is there one of some sources of this group alone? */
bool template_of_sources(const struct mgm *m, const struct mgm_address *group);
/* Those by this interface that were said before its writer's `since`. */
void template_lost(struct mgm *m, struct iface *ifc);
/* Whose this interface is matters to those whose flows come by it. */
void template_mark(struct mgm *m, const struct iface *ifc);
/* A step of marking what a change concerns; and is this MFE among that? */
bool template_walk_step(struct mgm *m);
bool template_walk_due(const struct mgm *m, const struct mfe *mfe);

#endif /* XMGM_MGM_TEMPLATE_H */
