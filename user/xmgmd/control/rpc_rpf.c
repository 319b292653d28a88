/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.rpf: by which route packets of a source have to come, and which other
 * routes there are.
 */
#include "xmgmd/control/control.h"

#include <errno.h>

#include "lib/address.h"
#include "xmgmd/check.h"

#define CANDIDATES 64

/* Why a route lost against the best; NULL: it is that one. */
static const char *lost_by(const struct router *r,
			   const struct mgm_rib_route *route,
			   const struct mgm_rib_route *best)
{
	if (route->down)
		return "down";
	if (route == best)
		return NULL;
	if (r->d->config->rpf_longest &&
	    route->prefix.length != best->prefix.length)
		return "prefix";
	return route->distance != best->distance ? "distance" : "protocol";
}

static struct json_object *candidate_row(struct router *r,
					 const struct mgm_rib_route *route,
					 const struct mgm_rib_route *best)
{
	struct json_object *row = json_object_new_object();
	char name[XMGM_IFNAME_LEN], prefix[ADDRESS_PREFIX_TEXT], owner[24];
	const char *lost = lost_by(r, route, best);

	json_add_text(row, "prefix",
		      address_prefix_text(&route->prefix.address,
					  route->prefix.length, prefix));
	json_add_text(row, "protocol",
		      route->protocol == MGM_PROTOCOL_NONE
			      ? "kernel"
			      : glue_protocol_name(r, route->protocol, owner));
	json_add_number(row, "component", route->component);
	json_add_number(row, "distance", route->distance);
	json_add_number(row, "metric", route->metric);
	json_object_object_add(row, "next_hop",
			       json_address(&route->upstream, false));
	json_add_text(row, "interface",
		      glue_interface_name(r, route->ifid, name));
	json_add_flag(row, "best", !lost);
	json_add_text(row, "lost_by", lost);
	return row;
}

int rpc_show_rpf(struct call *call)
{
	struct mgm_rib_route routes[CANDIDATES];
	size_t i, count = CANDIDATES;
	struct mgm_address source;
	char why[CHECK_WHY];
	const char *text;
	int err = call_need(call, "source", &text);

	if (err)
		return err;
	if (check_address(text, &source, why))
		return call_refuse(call, -EINVAL, "%s", why);
	err = mgm_rib_get(call->r->mgm, &source, routes, &count);
	if (err && !count)
		return call_refuse(call, err,
				   "there is no route to %s: its packets are "
				   "not forwarded: add one to the kernel's "
				   "table, or by `xmgm rpf add`",
				   text);
	call->result = json_object_new_array();
	for (i = 0; i < count; i++)
		json_object_array_add(call->result,
				      candidate_row(call->r, &routes[i],
						    routes));
	return 0;
}
