/* SPDX-License-Identifier: GPL-2.0-only */
/* What DVMRP says of itself: for struct proto, and for monitors. */
#ifndef XMGM_PROTO_DVMRP_SHOW_H
#define XMGM_PROTO_DVMRP_SHOW_H

#include "internal.h"

/* neighbors, routes, prunes, interfaces. */
const struct proto_table *dvmrp_show_tables(void);

/* For hooks stats and problems. */
void dvmrp_show_stats(struct dvmrp *d,
		      void (*each)(void *arg, const char *name,
				   const char *text, uint64_t value),
		      void *arg);
void dvmrp_show_problems(struct dvmrp *d, uint32_t ifid,
			 void (*each)(void *arg, const char *sentence),
			 void *arg);

#endif /* XMGM_PROTO_DVMRP_SHOW_H */
