/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The lock by which one daemon of a kind keeps others away: a file that
 * nobody else may open, because whoever can open it can lock it.
 */
#ifndef XMGM_XMGMD_LOCK_H
#define XMGM_XMGMD_LOCK_H

#include <sys/types.h>

/*
 * Takes the lock and writes our process id into the file. A descriptor; it is
 * held until that is closed or the process ends. -EBUSY: *owner has it (0: not
 * known); otherwise why the file cannot be used.
 */
int lock_take(const char *path, pid_t *owner);

#endif /* XMGM_XMGMD_LOCK_H */
