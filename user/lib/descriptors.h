/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many descriptors this process may have. The soft limit is what select()
 * could bear once; nothing here calls that.
 */
#ifndef XMGM_LIB_DESCRIPTORS_H
#define XMGM_LIB_DESCRIPTORS_H

#include <stdint.h>

/* Raises the soft limit to the hard one, and returns what is allowed then. */
uint64_t descriptors_raise(void);

#endif /* XMGM_LIB_DESCRIPTORS_H */
