/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The static protocol: routes and memberships that a person wrote down, in
 * the configuration or by command. See static.c.
 */
#ifndef XMGM_PROTO_STATIC_STATIC_H
#define XMGM_PROTO_STATIC_STATIC_H

#include "proto/proto.h"

const struct proto *static_proto(void);

#endif /* XMGM_PROTO_STATIC_STATIC_H */
