/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * Static routes, routes to sources, answers to the manager's requests, and
 * what the owner of an iif says of an MFE.
 */
#include <errno.h>
#include <string.h>

#include "lib/grown.h"
#include "libmgm/codec.h"
#include "libmgm/conn.h"

int mgm_route_put(struct mgm *m, struct mgm_client *client, struct mgm_sg sg,
		  uint32_t iif, const uint32_t *oifs, size_t count,
		  unsigned int flags)
{
	struct request *q;

	if (flags & ~MGM_ROUTE_LEAVE_TO_KERNEL)
		return conn_refuse(m, -E2BIG, "route_put: no such flags: %#x",
				   flags);
	if (count > MGM_OIFS || (count && !oifs))
		return conn_refuse(m, -EINVAL,
				   "route_put: more than %u oifs, or none",
				   MGM_OIFS);
	q = conn_ask_as(m, client, "route_put");
	if (!q)
		return -EINVAL;
	request_sg(q, &sg);
	request_number(q, "iif", iif);
	request_open(q, "oifs", '[');
	for (size_t i = 0; i < count; i++)
		request_item_number(q, oifs[i]);
	request_close(q, ']');
	if (flags & MGM_ROUTE_LEAVE_TO_KERNEL) {
		request_open(q, "flags", '[');
		request_item(q, "\"leave_to_kernel\"");
		request_close(q, ']');
	}
	return conn_done(m);
}

int mgm_route_del(struct mgm *m, struct mgm_client *client, struct mgm_sg sg)
{
	struct request *q = conn_ask_as(m, client, "route_del");

	if (!q)
		return -EINVAL;
	request_sg(q, &sg);
	return conn_done(m);
}

int mgm_rpf_reply(struct mgm *m, struct mgm_client *client, uint64_t token,
		  uint32_t iif, const struct mgm_address *upstream)
{
	struct request *q = conn_ask_as(m, client, "rpf_reply");

	if (!q)
		return -EINVAL;
	request_token(q, "token", token);
	request_number(q, "iif", iif);
	request_address(q, "upstream", upstream);
	return conn_done(m);
}

int mgm_creation_reply(struct mgm *m, struct mgm_client *client, uint64_t token,
		       const struct mgm_creation_oif *oifs, size_t count)
{
	struct request *q = conn_ask_as(m, client, "creation_reply");
	size_t i;

	if (!q)
		return -EINVAL;
	request_token(q, "token", token);
	request_open(q, "oifs", '[');
	for (i = 0; i < count; i++) {
		request_open(q, NULL, '[');
		request_item_number(q, oifs[i].ifid);
		request_item(q, oifs[i].enabled ? "true" : "false");
		request_close(q, ']');
	}
	request_close(q, ']');
	return conn_done(m);
}

/* --- routes to sources --------------------------------------------------- */

int mgm_rib_put(struct mgm *m, struct mgm_client *client,
		const struct mgm_rib_route *route)
{
	struct request *q = conn_ask_as(m, client, "rib_put");
	struct mgm_rib_route own;
	int err;

	err = q && route ? grown_take(&own, sizeof(own), route) : -EINVAL;
	if (err)
		return q ? conn_refuse(m, err,
				       "rib_put: no route, or one of a "
				       "newer mgm.h")
			 : err;
	request_prefix(q, "prefix", &own.prefix);
	request_number(q, "ifid", own.ifid);
	request_address(q, "upstream", &own.upstream);
	request_number(q, "metric", own.metric);
	request_number(q, "distance", own.distance);
	return conn_done(m);
}

int mgm_rib_del(struct mgm *m, struct mgm_client *client,
		const struct mgm_prefix *prefix)
{
	struct request *q = conn_ask_as(m, client, "rib_del");

	if (!q)
		return -EINVAL;
	request_prefix(q, "prefix", prefix);
	return conn_done(m);
}

/* Elements stand as far apart as the caller's structs are long. */
static int give_routes(struct json_object *rows, struct mgm_rib_route *to,
		       size_t *count, size_t room)
{
	const size_t step = to->size;
	struct mgm_rib_route own;
	char *at = (char *)to;
	bool down = true;
	size_t i;

	for (i = 0; i < json_object_array_length(rows) && i < room; i++) {
		memset(&own, 0, sizeof(own));
		if (codec_read(codec_rib_route(),
			       json_object_array_get_idx(rows, i), &own,
			       sizeof(own)))
			return -EPROTO;
		if (!i)
			down = own.down;
		memcpy(at, &step, sizeof(step));
		grown_give(at, &own, sizeof(own));
		at += step;
	}
	*count = i;
	return down ? -ENOENT : 0;
}

int mgm_rib_get(struct mgm *m, const struct mgm_address *source,
		struct mgm_rib_route *routes, size_t *count)
{
	struct json_object *rows;
	size_t room = *count;
	struct request *q;
	int err;

	*count = 0;
	if (!room || routes->size < sizeof(routes->size) ||
	    routes->size % _Alignof(struct mgm_rib_route))
		return conn_refuse(m, -EINVAL, "rib_get: no room, or no size");
	q = conn_ask(m, "rib_get");
	request_address(q, "source", source);
	request_number(q, "count", room < MGM_BATCH ? room : MGM_BATCH);
	err = conn_call(m, &rows);
	if (!err)
		err = json_object_is_type(rows, json_type_array)
			      ? give_routes(rows, routes, count, room)
			      : -EPROTO;
	if (err == -EPROTO)
		err = conn_nonsense(m);
	json_object_put(rows);
	return conn_leave(m, err);
}

/* --- MFEs ------------------------------------------------------------------ */

int mgm_mfe_set_upstream(struct mgm *m, struct mgm_client *client,
			 struct mgm_sg flow, const struct mgm_address *upstream)
{
	struct request *q = conn_ask_as(m, client, "mfe_set_upstream");

	if (!q)
		return -EINVAL;
	request_sg(q, &flow);
	request_address(q, "upstream", upstream);
	return conn_done(m);
}

int mgm_mfe_set_timeout(struct mgm *m, struct mgm_client *client,
			struct mgm_sg flow, uint32_t timeout_ms)
{
	struct request *q = conn_ask_as(m, client, "mfe_set_timeout");

	if (!q)
		return -EINVAL;
	request_sg(q, &flow);
	request_number(q, "timeout_ms", timeout_ms);
	return conn_done(m);
}
