/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.rpf: by which route packets of a source have to come, and which other
 * routes there are; rpf.add and rpf.del: static ones of them.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"
#include "xmgmd/check.h"
#include "xmgmd/trace.h"

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
	struct json_object *row = rib_object(r, route);
	const char *lost = lost_by(r, route, best);
	char name[XMGM_IFNAME_LEN];

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
	routes[0].size = sizeof(routes[0]);
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

/* --- changing ------------------------------------------------------- */

static int need_prefix(struct call *call, struct mgm_prefix *prefix)
{
	char why[CHECK_WHY];
	const char *text;
	int err = call_need(call, "prefix", &text);

	if (!err && check_prefix(text, prefix, why))
		return call_refuse(call, -EINVAL, "%s", why);
	return err;
}

static int get_distance(struct call *call, uint8_t *distance)
{
	struct json_object *value = NULL;
	int64_t number;

	*distance = MGM_DISTANCE_STATIC;
	if (!json_object_object_get_ex(call->params, "distance", &value))
		return 0;
	number = json_object_get_int64(value);
	if (!json_object_is_type(value, json_type_int) || number < 0 ||
	    number > 255)
		return call_refuse(call, -EINVAL,
				   "parameter distance must be a number from 0 "
				   "to 255");
	*distance = (uint8_t)number;
	return 0;
}

static int read_rpf(struct call *call, struct proto_rpf_config *rpf)
{
	const char *via = NULL, *dev = NULL;
	char why[CHECK_WHY];
	int err;

	*rpf = (struct proto_rpf_config){.via = MGM_ADDRESS_V4_ANY};
	err = need_prefix(call, &rpf->prefix);
	if (!err)
		err = call_text(call, "via", &via);
	if (!err)
		err = call_text(call, "dev", &dev);
	if (!err)
		err = get_distance(call, &rpf->distance);
	if (err)
		return err;
	if ((via && check_via(via, &rpf->via, why)) ||
	    (dev && check_name(dev, why)))
		return call_refuse(call, -EINVAL, "%s", why);
	snprintf(rpf->dev, sizeof(rpf->dev), "%s", dev ? dev : "");
	if (check_rpf(rpf, why))
		return call_refuse(call, -EINVAL, "%s", why);
	return 0;
}

static int refuse_rpf(struct call *call, int err,
		      const struct proto_rpf_config *rpf)
{
	char text[ADDRESS_PREFIX_TEXT], via[ADDRESS_TEXT], why[LINK_WHY];

	address_prefix_text(&rpf->prefix.address, rpf->prefix.length, text);
	switch (err) {
	case -ENODEV:
		links_why_not(&call->d->links, rpf->dev, why);
		return call_refuse(call, err,
				   "route to sources in %s: there is no "
				   "interface %s: %s",
				   text, rpf->dev, why);
	case -ENETUNREACH:
		return call_refuse(
			call, err,
			"route to sources in %s: %s is in no subnet "
			"of ours: name its interface as well, by dev",
			text, address_text(&rpf->via, via));
	case -ENOSPC:
		return call_refuse(
			call, err,
			"route to sources in %s: there are too many: "
			"raise limits { rib-routes } in the "
			"configuration",
			text);
	default:
		return call_refuse(call, err, "route to sources in %s: %s",
				   text, strerror(-err));
	}
}

int rpc_rpf_add(struct call *call)
{
	struct proto_rpf_config rpf;
	int err = read_rpf(call, &rpf);
	struct proto_seat *s;

	if (err)
		return err;
	err = -EOPNOTSUPP;
	seat_for_each(call->r, s)
		if (seat_admin(s)->rpf_add) {
			err = seat_admin(s)->rpf_add(s->self, &rpf);
			trace_asked(s->index, "rpf add", rpf.dev, NULL, err);
			break;
		}
	return err ? refuse_rpf(call, err, &rpf) : 0;
}

int rpc_rpf_del(struct call *call)
{
	char text[ADDRESS_PREFIX_TEXT];
	struct mgm_prefix prefix;
	struct proto_seat *s;
	int err = need_prefix(call, &prefix);

	if (err)
		return err;
	seat_for_each(call->r, s) {
		if (!seat_admin(s)->rpf_del)
			continue;
		err = seat_admin(s)->rpf_del(s->self, &prefix);
		trace_asked(s->index, "rpf del", NULL, NULL, err);
		if (err != -ENOENT)
			return err;
	}
	return call_refuse(call, -ENOENT,
			   "there is no static route to sources in %s: `xmgm "
			   "show config` lists what there is",
			   address_prefix_text(&prefix.address, prefix.length,
					       text));
}

int rpc_remember_rpf(struct call *call)
{
	struct said_value value = {.protocol = ""};
	int err = read_rpf(call, &value.rpf);

	return err ? err
		   : call_keep(call, said_rpf_key(&value.rpf.prefix), &value);
}

int rpc_remember_no_rpf(struct call *call)
{
	struct mgm_prefix prefix;
	int err = need_prefix(call, &prefix);

	return err ? err : call_keep(call, said_rpf_key(&prefix), NULL);
}
