/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which interfaces routes leave by, and the largest MTU they arrive with there:
 * packets longer than the MTU of an oif are not copied to it. The manager names
 * oif sets by number; here is what the numbers stand for, and which iifs their
 * routes have. Pure: problems.c makes sentences of it.
 */
#ifndef XMGM_XMGMD_OIF_MTU_H
#define XMGM_XMGMD_OIF_MTU_H

#include "xmgmd/net/links.h"
#include "xmgmd/port_list.h"

struct oif_set; /* oif_mtu.c */

/* All zero: nothing is known. */
struct oif_mtu {
	struct oif_set *sets; /* by number */
	size_t count;
};

void oif_mtu_free(struct oif_mtu *m);

/*
 * One more uses this set, one fewer, and a route with this iif was given it.
 * True: a survey may find something else now. Without memory the record is
 * missing, and a warning with it.
 */
bool oif_mtu_get(struct oif_mtu *m, uint32_t number, const uint32_t *oifs,
		 size_t count);
bool oif_mtu_put(struct oif_mtu *m, uint32_t number);
bool oif_mtu_iif(struct oif_mtu *m, uint32_t number, uint32_t iif);

/* Brings link.use of every link up to date. */
void oif_mtu_survey(const struct oif_mtu *m, const struct port_list *ports,
		    struct links *links);

#endif /* XMGM_XMGMD_OIF_MTU_H */
