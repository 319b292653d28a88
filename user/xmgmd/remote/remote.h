/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Clients of the manager in other processes: what they ask over the control
 * socket becomes calls of mgm.h, and what the manager tells them becomes
 * notifications. doc/protocol.md is the wire. A connection may hold several
 * registrations; they are lost with it.
 */
#ifndef XMGM_XMGMD_REMOTE_REMOTE_H
#define XMGM_XMGMD_REMOTE_REMOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct call;
struct conn;
struct daemon;
struct method;

/* The methods "mgm.*". */
const struct method *remote_methods(size_t *count);
/*
 * May this connection call it now? 0, -EPROTO (no mgm.hello yet) or -EACCES
 * with the sentence.
 */
int remote_admit(struct call *call, const struct method *method);
/* The connection has ended: its clients are lost. */
void remote_closed(struct conn *conn);

/*
 * allow.c. May it be here at all? Marks it if it may only call the manager.
 * configure: at start and after a reload, the socket's mode.
 */
bool remote_lets_in(struct conn *conn);
void remote_configure(struct daemon *d);

/* The process behind a client; 0: none, it lives in this one or is lost. */
pid_t remote_pid(const struct daemon *d, uint32_t protocol, uint32_t component);

#endif /* XMGM_XMGMD_REMOTE_REMOTE_H */
