/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which flows the kernel's own multicast router has an entry for, made by
 * whoever runs it (smcroute, mrouted, FRR). The table is pure: link_io.c feeds
 * it from netlink; kernel_flows.c compares it with what we forward.
 */
#ifndef XMGM_XMGMD_NET_KERNEL_MFC_H
#define XMGM_XMGMD_NET_KERNEL_MFC_H

#include <stdbool.h>

#include "lib/hash.h"
#include "xmgm/mgm.h"

#define KERNEL_MFC_MAX 65536u /* entries that are looked at; others are not */

struct kernel_mfe {
	struct hash_node node;
	struct mgm_sg sg; /* (S,G) or (*,G) */
	uint32_t dump;	  /* that last had it */
};

/* All zero: empty. */
struct kernel_mfc {
	struct hash table;
	uint32_t dump; /* generation of the dump going on, or the last */
};

/* There is one, or not any more. True: that is news. */
bool kernel_mfc_set(struct kernel_mfc *mfc, struct mgm_sg sg, bool on);
/* A full dump: what it does not have is gone at its end; true: something is. */
void kernel_mfc_dump_begin(struct kernel_mfc *mfc);
bool kernel_mfc_dump_end(struct kernel_mfc *mfc);
void kernel_mfc_free(struct kernel_mfc *mfc);

#endif /* XMGM_XMGMD_NET_KERNEL_MFC_H */
