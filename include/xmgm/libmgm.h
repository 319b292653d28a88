/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * The group manager of a running xmgmd, over its control socket: how one gets
 * at it. Everything else is mgm.h. libmgm(3) is the manual.
 *
 * A struct mgm is a connection. It may carry several registrations, belongs to
 * one thread at a time, and shares nothing with another. Calls wait for their
 * answer; alerts are delivered by mgm_dispatch, and before a call returns.
 *
 * What a connection adds to the errors in mgm.h, of any call:
 *   -ECONNRESET  the daemon has gone, or has cut this client off: mgm_close,
 *                and mgm_open again after a while. Forwarding goes on.
 *   -ETIMEDOUT   no answer in 10 s. Nobody knows what the call has done, so
 *                this ends the connection: then as above.
 *   -EPROTO      what answers is no xmgmd, or one of another version; this ends
 *                the connection as well.
 *   -ENOSPC      also: a request of more than 65536 bytes. It is not sent.
 */
#ifndef XMGM_LIBMGM_H
#define XMGM_LIBMGM_H

#include "mgm.h"

#ifdef __cplusplus
extern "C" {
#endif

#define MGM_SOCKET "/run/xmgm/main.sock"

/*
 * Connects; NULL is MGM_SOCKET. Returns 0; -ENOENT or -ECONNREFUSED there is
 * no daemon, -EACCES this user must not connect, -EPROTO, -ETIMEDOUT,
 * -ECONNRESET, -ENAMETOOLONG, -ENOMEM, or what socket(2) and connect(2) say.
 */
int mgm_open(const char *socket, struct mgm **m);

/*
 * Ends the connection. Registrations that are still there are lost, and so what
 * their grace_ms says happens: polite is to release and deregister before. NULL
 * is allowed. Not from inside a callback.
 */
void mgm_close(struct mgm *m);

/* For poll(2): readable when mgm_dispatch has something to do. */
int mgm_fd(const struct mgm *m);

/*
 * Reads what is there, without waiting, and delivers alerts. 0, or -ECONNRESET:
 * the connection has ended (what came before that has been delivered).
 */
int mgm_dispatch(struct mgm *m);

/*
 * on: from now on functions that have a client and answer with a result alone
 * (memberships but for batches, routes, what is said of interfaces and MFEs)
 * return 0 at once and do not wait, outside of callbacks. off: waits for all of
 * them; 0, or the error of the first one that failed, of which mgm_why speaks.
 * They are carried out in order, each by itself.
 */
int mgm_pipeline(struct mgm *m, bool on);

/*
 * The daemon's sentence on the last call that failed: object, reason, remedy.
 * Never NULL; lives until the next call. m may be NULL: "".
 */
const char *mgm_why(const struct mgm *m);

#ifdef __cplusplus
}
#endif

#endif /* XMGM_LIBMGM_H */
