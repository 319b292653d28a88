/* SPDX-License-Identifier: GPL-2.0-only */
/* Static groups of the configuration, when that is another. */
#ifndef XMGM_PROTO_IGMP_JOINS_H
#define XMGM_PROTO_IGMP_JOINS_H

#include "router.h"

/* Ends those that it does not name, by whomever they were made. -ENOMEM: all
 * stay. */
int igmp_joins_drop(struct igmp_router *r, const struct proto_config *config);

#endif /* XMGM_PROTO_IGMP_JOINS_H */
