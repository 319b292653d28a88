/* SPDX-License-Identifier: GPL-2.0-only */
/* Between said.c and said_line.c alone. */
#ifndef XMGM_XMGMD_CONFIG_SAID_INTERNAL_H
#define XMGM_XMGMD_CONFIG_SAID_INTERNAL_H

#include "said.h"

/* Exactly this, made over that; value is copied, NULL: removed. -ENOMEM */
int said_set(struct hash *table, const struct said_key *key,
	     const struct said_value *value, uint64_t over);

#endif /* XMGM_XMGMD_CONFIG_SAID_INTERNAL_H */
