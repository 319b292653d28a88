/* SPDX-License-Identifier: GPL-2.0-only */
/* See adopt.h. */
#include "adopt.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"

struct adoption {
	struct router *r;
	size_t count;
};

static int on_mfe(void *arg, const struct xmgm_mfe *mfe, const uint32_t *oifs,
		  size_t count)
{
	const struct mgm_mfe_found found = {
		.iif = mfe->route.iif,
		.set = mfe->route.set,
		.flags = mfe->flags,
		.created_ms = mfe->created / 1000000u,
	};
	struct adoption *a = arg;
	int err = mgm_adopt_mfe(a->r->mgm, plane_sg(&mfe->flow), &found, oifs,
				count);

	if (err)
		log_warn("a forwarding entry of the run before cannot be "
			 "kept: %s",
			 strerror(-err));
	a->count++;
	return 0;
}

/* Those of vanished netdevs are dropped at the end. */
static void on_interface(void *arg, uint32_t ifid)
{
	struct xmgm_interface state;
	struct router *r = arg;

	if (ports_carrier(r, ifid) &&
	    !plane_interface_get(r->plane, ifid, &state))
		mgm_adopt_interface(r->mgm, ifid, state.epoch);
}

size_t adopt_begin(struct router *r)
{
	struct adoption a = {r, 0};

	plane_interface_walk(r->plane, on_interface, r);
	plane_mfe_walk(r->plane, on_mfe, &a);
	return a.count;
}

/*
 * An interface that the run before owned and that nobody owns now; its netdev
 * may be gone, and another may get its ifindex some day.
 */
static void drop_leftover(void *arg, uint32_t ifid)
{
	struct router *r = arg;

	if (!mgm_interface_owner(r->mgm, ifid, NULL, NULL))
		return;
	plane_interface_del(r->plane, ifid);
	hearing_unowned(r, ifid);
	if (!ports_link(r, ifid))
		plane_port_gone(r->plane, ifid);
}

void adopt_end(struct router *r, size_t kept)
{
	mgm_adopted(r->mgm, daemon_now_ms());
	plane_interface_walk(r->plane, drop_leftover, r);
	ports_adopted(r);
	if (kept)
		log_info("%zu forwarding entries of the run before were taken "
			 "over",
			 kept);
}
