/* SPDX-License-Identifier: GPL-2.0-only */
/* Netlink's messages about entries of the kernel's multicast router. */
#ifndef XMGM_XMGMD_NET_MROUTE_IO_H
#define XMGM_XMGMD_NET_MROUTE_IO_H

#include <libmnl/libmnl.h>

#include "kernel_mfc.h"

/* Is it one? */
bool mroute_message(const struct nlmsghdr *nlh);
/* What it says goes into the table. True: that is news. */
bool mroute_read(struct kernel_mfc *mfc, const struct nlmsghdr *nlh);

#endif /* XMGM_XMGMD_NET_MROUTE_IO_H */
