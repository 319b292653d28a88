/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the daemon leaves the data plane at a clean stop. By default everything
 * stays: routes go on forwarding, and flows without a route are the kernel's
 * until a daemon listens again. With on-stop = release no route is left and
 * nobody owns an interface: the data plane passes everything on.
 */
#include "daemon.h"

#include <stdlib.h>

#include "lib/log.h"

struct flows {
	struct xmgm_flow *list; /* NULL: only to be counted */
	size_t count;
	size_t forwarding; /* of these */
};

static int collect(void *arg, const struct xmgm_mfe *mfe, const uint32_t *oifs,
		   size_t count)
{
	struct flows *flows = arg;

	(void)oifs;
	if (flows->list)
		flows->list[flows->count] = mfe->flow;
	flows->count++;
	flows->forwarding += count > 0;
	return 0;
}

static int delete_routes(struct router *r, size_t count)
{
	struct flows flows = {
		.list = malloc((count + 1) * sizeof(*flows.list))};
	size_t i;

	if (!flows.list)
		return -1;
	plane_mfe_walk(r->plane, collect, &flows);
	for (i = 0; i < flows.count; i++)
		plane_mfe_del(r->plane, flows.list[i]);
	free(flows.list);
	return plane_commit(r->plane);
}

static void disown(void *arg, uint32_t ifid)
{
	struct router *r = arg;
	struct xmgm_interface state;

	if (plane_interface_get(r->plane, ifid, &state) ||
	    (!state.owner && !state.gate))
		return;
	state.owner = XMGM_OWNER_NONE;
	state.gate = XMGM_GATE_OFF;
	state.epoch++;
	plane_interface_set(r->plane, ifid, &state);
}

void leave_plane(struct router *r)
{
	struct flows flows = {0};

	plane_mfe_walk(r->plane, collect, &flows);
	if (r->d->config->on_stop == ON_STOP_KEEP) {
		log_info("stopped: %zu %s on forwarding, new flows are "
			 "left to the kernel; `xmgm -i %s detach --all` ends "
			 "that",
			 flows.forwarding,
			 flows.forwarding == 1 ? "route goes" : "routes go",
			 r->d->instance);
		return;
	}
	if (delete_routes(r, flows.count))
		log_warn("stopping: not all routes could be deleted; "
			 "`xmgm -i %s detach --all` removes them",
			 r->d->instance);
	plane_interface_walk(r->plane, disown, r);
	log_info("stopped: all interfaces are released, nothing is forwarded");
}
