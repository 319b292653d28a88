/* SPDX-License-Identifier: GPL-2.0-only */
/* See adopt.h. */
#include "adopt.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"

struct adoption {
	struct daemon *d;
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
	int err = mgm_adopt_mfe(a->d->mgm, plane_sg(&mfe->flow), &found, oifs,
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
	struct daemon *d = arg;

	if (links_by_index(&d->links, ifid) &&
	    !plane_interface_get(d->plane, ifid, &state))
		mgm_adopt_interface(d->mgm, ifid, state.epoch);
}

size_t adopt_begin(struct daemon *d)
{
	struct adoption a = {d, 0};

	plane_interface_walk(d->plane, on_interface, d);
	plane_mfe_walk(d->plane, on_mfe, &a);
	return a.count;
}

/*
 * An interface that the run before owned and that nobody owns now; its netdev
 * may be gone, and another may get its ifindex some day.
 */
static void drop_leftover(void *arg, uint32_t ifid)
{
	struct mgm_interface_info info;
	struct daemon *d = arg;

	if (!mgm_interface_get(d->mgm, ifid, &info))
		return;
	plane_interface_del(d->plane, ifid);
	if (!links_by_index(&d->links, ifid))
		plane_port_gone(d->plane, ifid);
}

void adopt_end(struct daemon *d, size_t kept)
{
	mgm_adopted(d->mgm, daemon_now_ms());
	plane_interface_walk(d->plane, drop_leftover, d);
	if (kept)
		log_info("%zu forwarding entries of the run before were taken "
			 "over",
			 kept);
}
