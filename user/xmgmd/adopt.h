/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Taking over what an earlier run has left in the cache: it goes on
 * forwarding, the manager learns of it, and static routes that the
 * configuration does not name are kept as what they were, commands.
 */
#ifndef XMGM_XMGMD_ADOPT_H
#define XMGM_XMGMD_ADOPT_H

#include "daemon.h"

struct adoption;

/* Before any protocol registers. NULL: no memory, nothing is kept. */
struct adoption *adopt_begin(struct daemon *d);
/* After the protocols are configured. Frees it. */
void adopt_end(struct daemon *d, struct adoption *adoption);
void adopt_free(struct adoption *adoption);

#endif /* XMGM_XMGMD_ADOPT_H */
