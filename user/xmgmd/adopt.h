/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking over what an earlier run has left in the cache: it goes on
 * forwarding, and the manager learns of it. Static routes that neither the
 * configuration nor a command names are gone at the end of the start.
 */
#ifndef XMGM_XMGMD_ADOPT_H
#define XMGM_XMGMD_ADOPT_H

#include "daemon.h"

/* Before any protocol registers. Returns how many entries there are. */
size_t adopt_begin(struct router *r);
/* After the protocols are configured. */
void adopt_end(struct router *r, size_t kept);

#endif /* XMGM_XMGMD_ADOPT_H */
