/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An (S,G), or prefixes of both, in as few bytes as it takes: 11 of IPv4. For
 * what there may be a million of. Equal ones are equal as bytes.
 */
#ifndef XMGM_LIB_PACKED_SG_H
#define XMGM_LIB_PACKED_SG_H

#include <stddef.h>

#include "xmgm/mgm.h"

#define PACKED_SG_SIZE 35 /* at most */

/* Returns its size. */
size_t packed_sg_put(uint8_t *to, const struct mgm_sg *sg);
struct mgm_sg packed_sg_get(const uint8_t *from);
size_t packed_sg_size(const uint8_t *packed);

#endif /* XMGM_LIB_PACKED_SG_H */
