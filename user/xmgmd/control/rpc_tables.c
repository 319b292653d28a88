/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.mroute, and what tables that may be very long have in common. They are
 * sent in pieces, each beginning behind the last key of the one before; so a
 * hundred thousand rows neither fill memory nor stop the loop.
 */
#include "xmgmd/control/control.h"

#include <errno.h>

#include "lib/address.h"
#include "xmgmd/check.h"

/* --- lists of all protocols ----------------------------------------- */

int piece_spend(struct piece *piece, unsigned int work)
{
	piece->left -= work < piece->left ? work : piece->left;
	return piece->conn->closing || !piece->left;
}

int proto_list_step(struct proto_list *list, struct piece *piece,
		    int (*hook)(const struct proto_seat *s,
				struct proto_cursor *cursor,
				struct piece *piece))
{
	struct proto_seat *s;
	int err;

	while ((s = seat_from(piece->r, list->index))) {
		list->index = s->index;
		err = hook(s, &list->cursor, piece);
		if (err)
			return err;
		list->cursor = (struct proto_cursor){0};
		list->index++;
	}
	return 0;
}

/* --- show.mroute ---------------------------------------------------- */

struct mroute_stream {
	struct stream stream;
	struct mgm_sg after;
	bool by_source, by_group;
	struct mgm_sg only;
	bool cached;		/* the cache has been listed */
	struct proto_list list; /* of routes that are not in it */
};

/* A row, from the cache or of a route that waits; names are of interfaces. */
struct mroute {
	const struct mgm_mfe_info *info;
	const char *iif;
	struct json_object *oifs;
};

struct json_object *rib_object(struct router *r,
			       const struct mgm_rib_route *route)
{
	struct json_object *object = json_object_new_object();
	char prefix[ADDRESS_PREFIX_TEXT], owner[24];

	json_add_text(object, "prefix",
		      address_prefix_text(&route->prefix.address,
					  route->prefix.length, prefix));
	json_add_text(object, "protocol",
		      route->protocol == MGM_PROTOCOL_NONE
			      ? "kernel"
			      : glue_protocol_name(r, route->protocol, owner));
	json_add_number(object, "component", route->component);
	json_add_number(object, "distance", route->distance);
	return object;
}

/* The route of the RIB by which its iif was found, or null. */
static struct json_object *rpf_object(struct router *r,
				      const struct mgm_mfe_info *info)
{
	const struct mgm_rib_route route = {
		.prefix = info->rib_prefix,
		.protocol = info->rib_protocol,
		.component = info->rib_component,
		.distance = info->rib_distance,
	};

	return info->routed ? rib_object(r, &route) : NULL;
}

/* What its rate limit has refused, if it has one. */
static void add_rate(struct router *r, struct json_object *row,
		     const struct mgm_mfe_info *info)
{
	struct xmgm_rate rate;
	struct xmgm_flow flow;

	if (plane_flow(&info->flow, &flow) ||
	    plane_flow_rate_read(r->plane, flow, &rate))
		return;
	json_add_number(row, "rate_dropped", rate.packets);
	json_add_number(row, "rate_dropped_bytes", rate.bytes);
}

static struct json_object *mroute_row(struct router *r, const struct mroute *m)
{
	static const char *const states[] = {MGM_STATE_NAMES};
	struct json_object *row = json_object_new_object();
	const struct mgm_mfe_info *info = m->info;
	char owner[24];

	json_object_object_add(row, "source",
			       json_address(&info->flow.source.address, true));
	json_object_object_add(row, "group",
			       json_address(&info->flow.group.address, false));
	json_add_text(row, "iif", m->iif);
	json_object_object_add(row, "oifs", m->oifs);
	json_add_number(row, "packets", info->packets);
	json_add_number(row, "bytes", info->bytes);
	json_add_number(row, "wrong_if", info->wrong_if);
	json_add_text(row, "owner",
		      info->owner ? glue_protocol_name(r, info->owner, owner)
				  : NULL);
	json_add_number(row, "component", info->component);
	json_add_text(row, "state", states[info->state]);
	json_add_number(row, "uptime_s", info->uptime_ms / 1000);
	json_add_expiry(row, "expires_s", info->expires_ms);
	json_add_expiry(row, "timeout_s", info->timeout_ms);
	json_object_object_add(row, "rpf", rpf_object(r, info));
	json_object_object_add(row, "upstream",
			       json_address(&info->upstream, false));
	json_add_flag(row, "static", info->is_static);
	add_rate(r, row, info);
	return row;
}

/* A route in the cache may still wait for one of its oifs; or NULL. */
static const char *waits_for(struct router *r, const struct mgm_mfe_info *info)
{
	const char *name = NULL;
	struct proto_seat *s;

	if (!info->is_static)
		return NULL;
	seat_for_each(r, s)
		if (!name && seat_admin(s)->route_waits)
			name = seat_admin(s)->route_waits(s->self, info->flow);
	return name;
}

/* What was sent to an oif, by all flows that share its list. */
static struct json_object *oif_object(const char *name,
				      const struct mgm_mfe_oif *oif)
{
	struct json_object *object = json_object_new_object();

	json_add_text(object, "interface", name);
	json_add_number(object, "packets", oif->packets);
	json_add_number(object, "bytes", oif->bytes);
	return object;
}

static struct json_object *cache_row(struct router *r,
				     const struct mgm_mfe_info *info)
{
	struct json_object *counters = json_object_new_array();
	char iif[XMGM_IFNAME_LEN], name[XMGM_IFNAME_LEN];
	struct mroute m = {
		.info = info,
		.iif = info->iif ? glue_interface_name(r, info->iif, iif)
				 : NULL,
		.oifs = json_object_new_array(),
	};
	const char *waiting = waits_for(r, info);
	struct json_object *row;
	uint32_t i;

	for (i = 0; i < info->oif_count; i++) {
		const struct mgm_mfe_oif *oif = &info->oifs[i];
		const char *to = glue_interface_name(r, oif->ifid, name);

		json_object_array_add(m.oifs, json_object_new_string(to));
		json_object_array_add(counters, oif_object(to, oif));
	}
	row = mroute_row(r, &m);
	json_object_object_add(row, "oif_counters", counters);
	if (waiting)
		json_add_text(row, "waiting_for", waiting);
	return row;
}

/* A static route that is not in the cache: an interface is missing. */
static struct json_object *waiting_row(struct router *r,
				       const struct proto_route *route)
{
	const struct mgm_mfe_info info = {
		.flow = route->route.sg,
		.state = MGM_STATE_PENDING,
		.upstream = MGM_ADDRESS_V4_ANY,
		.is_static = true,
	};
	struct mroute m = {
		.info = &info,
		.iif = route->route.from,
		.oifs = json_object_new_array(),
	};
	struct json_object *row;
	size_t i;

	for (i = 0; i < route->route.to_count; i++)
		json_object_array_add(
			m.oifs, json_object_new_string(route->route.to[i]));
	row = mroute_row(r, &m);
	json_add_text(row, "waiting_for", route->waiting);
	return row;
}

static bool mroute_wanted(const struct mroute_stream *s, struct mgm_sg flow)
{
	if (s->by_source &&
	    !mgm_address_equal(&flow.source.address, &s->only.source.address))
		return false;
	return !s->by_group ||
	       mgm_address_equal(&flow.group.address, &s->only.group.address);
}

static int put_waiting(void *arg, const struct proto_route *route)
{
	struct piece *piece = arg;
	struct mroute_stream *s =
		(struct mroute_stream *)(void *)piece->conn->stream;

	if (!route->installed && mroute_wanted(s, route->route.sg))
		stream_row(piece->conn, waiting_row(piece->r, route));
	return piece_spend(piece, 1);
}

static int list_waiting(const struct proto_seat *s, struct proto_cursor *cursor,
			struct piece *piece)
{
	return seat_admin(s)->routes ? seat_admin(s)->routes(s->self, cursor,
							     put_waiting, piece)
				     : 0;
}

/* true: the cache has been listed. */
static bool list_cache(struct router *r, struct mroute_stream *s,
		       struct conn *conn)
{
	struct mgm_mfe_oif oifs[MGM_OIFS];
	struct mgm_mfe_info info = {
		.size = sizeof(info), .oifs = oifs, .oif_room = MGM_OIFS};
	size_t i;

	oifs[0].size = sizeof(oifs[0]);
	if (s->by_source && s->by_group) {
		if (!mgm_mfe_get(r->mgm, s->only, &info))
			stream_row(conn, cache_row(r, &info));
		return true;
	}
	for (i = 0; i < PIECE_WORK; i++) {
		if (mgm_mfe_next(r->mgm, s->after, &info))
			return true;
		s->after = info.flow;
		if (mroute_wanted(s, info.flow))
			stream_row(conn, cache_row(r, &info));
	}
	return false;
}

static int mroute_step(struct router *r, struct stream *stream,
		       struct conn *conn)
{
	struct mroute_stream *s = (struct mroute_stream *)(void *)stream;
	struct piece piece = {r, conn, PIECE_WORK};

	if (s->cached)
		return proto_list_step(&s->list, &piece, list_waiting);
	s->cached = list_cache(r, s, conn);
	return 1;
}

int rpc_show_mroute(struct call *call)
{
	struct mgm_sg only = MGM_SG_ANY;
	const char *source, *group;
	struct mroute_stream *s;
	char why[CHECK_WHY];
	int err;

	err = call_text(call, "source", &source);
	if (!err)
		err = call_text(call, "group", &group);
	if (err)
		return err;
	if ((source && check_source(source, &only.source, why)) ||
	    (group && check_group(group, &only.group, why)))
		return call_refuse(call, -EINVAL, "%s", why);
	s = call_stream(call, sizeof(*s), mroute_step);
	if (!s)
		return -ENOMEM;
	s->by_source = source;
	s->by_group = group;
	s->only = only;
	return 0;
}
