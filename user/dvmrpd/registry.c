/* SPDX-License-Identifier: GPL-2.0-only */
/* The registry of a process that has one protocol. */
#include "dvmrpd.h"

const struct proto *dvmrp_proto(void);

const struct proto *dvmrpd_proto(void)
{
	return dvmrp_proto();
}

const struct proto *proto_get(size_t index)
{
	return index ? NULL : dvmrp_proto();
}
