/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions about our own addresses: see proto.h. */
#include "proto.h"

#include "lib/address.h"

bool proto_address_holds(const struct proto_address *ours,
			 const struct mgm_address *address)
{
	const struct mgm_address *subnet =
		address_is_any(&ours->peer) ? &ours->address : &ours->peer;

	return address_in_prefix(address, subnet, ours->prefix_len);
}
