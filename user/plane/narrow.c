/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Routes with an oif whose MTU is smaller than their iif's: XDP looks at the
 * length of their packets, and leaves those that are too long for one of the
 * oifs to the clone path.
 */
#include "bpf.h"

uint32_t set_least_mtu(struct plane_bpf *p, const struct set *set)
{
	uint32_t mtu = 0;

	for (uint32_t i = 0; i < set->count; i++) {
		const struct port *port = port_find(p, set->oifs[i]);

		if (port && port->told.mtu && port->told.path &&
		    (!mtu || port->told.mtu < mtu))
			mtu = port->told.mtu;
	}
	return mtu;
}

bool route_is_narrow(struct plane_bpf *p, const struct xmgm_mfe *mfe)
{
	const struct set *set = sets_find(p, mfe->route.set);
	const struct port *iif = port_find(p, mfe->route.iif);
	uint32_t mtu = set ? set->mtu : 0;

	return mtu && (!iif || !iif->told.mtu || iif->told.mtu > mtu);
}

/* True if any has another now. */
static bool narrow_sets(struct plane_bpf *p, const struct port *port, int *err)
{
	bool any = false;

	for (uint32_t i = 0; i < p->in.abi.max_sets; i++) {
		struct set *set = p->sets.by_slot[i];
		int failed;

		if (!set || !set_has_oif(set, port->told.ifid) ||
		    set_least_mtu(p, set) == set->mtu)
			continue;
		failed = set_write_info(p, set);
		if (!*err)
			*err = failed;
		any = true;
	}
	return any;
}

int port_narrowed(struct plane_bpf *p, const struct port *port, uint32_t before)
{
	int err = 0, failed;

	if (port->told.mtu == before)
		return 0;
	/* One that was not known is the iif of no route that is narrow by it. */
	if (!narrow_sets(p, port, &err) && !before)
		return err;
	failed = routes_reflag(p);
	return err ? err : failed;
}
