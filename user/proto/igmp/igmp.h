/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP as the registry of protocols sees it.
 */
#ifndef XMGM_PROTO_IGMP_IGMP_H
#define XMGM_PROTO_IGMP_IGMP_H

#include "proto/proto.h"

const struct proto *igmp_proto(void);

#endif /* XMGM_PROTO_IGMP_IGMP_H */
