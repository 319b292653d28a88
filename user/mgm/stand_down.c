/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP stands down: where it is alone another router of the LAN forwards what
 * hosts there want. The memberships stay, for whoever reads them or pulls
 * because of them; what changes is that the interface is nobody's oif. Beside
 * a protocol IGMP's word waits: that decides there.
 */
#include "mgm/internal.h"

bool iface_stands_down(const struct iface *ifc)
{
	return ifc->stands_down && !ifc->owner;
}

static void stand_down_set(struct mgm *m, struct iface *ifc, bool down)
{
	bool was = iface_stands_down(ifc);

	ifc->stands_down = down;
	ifc->stands_down_stale = false;
	if (iface_stands_down(ifc) != was)
		iface_mark_mfes(m, ifc);
}

/* A protocol comes to it, or leaves it: IGMP's word counts no more, or
 * again. */
void stand_down_owner(struct mgm *m, struct iface *ifc)
{
	if (ifc->stands_down)
		iface_mark_mfes(m, ifc);
}

/* IGMP has not said it again: whoever forwards here by default does. */
void stand_down_sweep(struct mgm *m, struct iface *ifc)
{
	if (ifc->stands_down_stale)
		stand_down_set(m, ifc, false);
}

int mgm_interface_forward(struct mgm *m, struct mgm_client *client,
			  uint32_t ifid, bool on)
{
	const struct client *c;
	struct iface *ifc;

	core_enter(m);
	c = client_of(m, client);
	ifc = iface_find(m, ifid);
	if (!c)
		return core_leave(m, -EINVAL);
	if (!ifc || !iface_owner(ifc))
		return core_leave(m, -ENOENT);
	if (c != ifc->igmp)
		return core_leave(m, -EINVAL);
	stand_down_set(m, ifc, !on);
	return core_leave(m, 0);
}
