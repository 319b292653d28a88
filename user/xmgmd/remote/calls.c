/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client calls about interfaces, routes and requests: each takes its
 * parameters and calls the function of mgm.h of its name.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* --- interfaces ---------------------------------------------------------- */

typedef int interface_fn(struct mgm *m, struct mgm_client *client,
			 uint32_t ifid);
typedef int epoch_fn(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		     uint32_t epoch);

static int on_interface(struct call *call, interface_fn *fn)
{
	struct remote_client *c;
	uint32_t ifid;
	int err = param_client(call, &c);

	if (!err)
		err = param_number(call, "ifid", &ifid);
	if (err)
		return err;
	return remote_interface_result(call, c, fn(c->r->mgm, c->client, ifid),
				       ifid, NULL, "");
}

int remote_take(struct call *call)
{
	return on_interface(call, mgm_interface_take);
}

int remote_release(struct call *call)
{
	return on_interface(call, mgm_interface_release);
}

int remote_transfer(struct call *call)
{
	uint32_t ifid, protocol, component;
	struct remote_client *c;
	int err = param_client(call, &c);

	if (!err)
		err = param_number(call, "ifid", &ifid);
	if (!err)
		err = param_number(call, "protocol", &protocol);
	if (!err)
		err = param_number_or(call, "component", 0, &component);
	if (err)
		return err;
	err = mgm_interface_transfer(c->r->mgm, c->client, ifid, protocol,
				     component);
	return remote_transfer_result(call, c, err, ifid, protocol, component);
}

int remote_owner(struct call *call)
{
	uint32_t ifid, protocol, component;
	int err = param_number(call, "ifid", &ifid);

	if (err)
		return err;
	err = mgm_interface_owner(call->r->mgm, ifid, &protocol, &component);
	if (err)
		return call_refuse(call, err,
				   "interface %u: nobody has taken it: "
				   "mgm.interface_next lists those there are",
				   ifid);
	call->result = json_object_new_object();
	json_add_number(call->result, "protocol", protocol);
	json_add_number(call->result, "component", component);
	return 0;
}

typedef int switch_fn(struct mgm *m, struct mgm_client *client, uint32_t ifid,
		      bool on);

static int with_switch(struct call *call, switch_fn *fn)
{
	struct remote_client *c;
	uint32_t ifid;
	bool on;
	int err = param_client(call, &c);

	if (!err)
		err = param_number(call, "ifid", &ifid);
	if (!err)
		err = param_flag(call, "on", &on);
	if (err)
		return err;
	err = fn(c->r->mgm, c->client, ifid, on);
	return remote_interface_result(call, c, err, ifid, NULL, "");
}

int remote_wrong_if_alerts(struct call *call)
{
	return with_switch(call, mgm_wrong_if_alerts);
}

int remote_forward(struct call *call)
{
	return with_switch(call, mgm_interface_forward);
}

int remote_rpf_again(struct call *call)
{
	return on_interface(call, mgm_rpf_again);
}

static int with_epoch(struct call *call, epoch_fn *fn)
{
	struct remote_client *c;
	uint32_t ifid, epoch;
	int err = param_client(call, &c);

	if (!err)
		err = param_number(call, "ifid", &ifid);
	if (!err)
		err = param_number(call, "epoch", &epoch);
	if (err)
		return err;
	return remote_interface_result(
		call, c, fn(c->r->mgm, c->client, ifid, epoch), ifid,
		"this epoch is over, or nobody has asked", "");
}

int remote_igmp_disabled(struct call *call)
{
	return with_epoch(call, mgm_igmp_disabled);
}

int remote_replay_complete(struct call *call)
{
	return with_epoch(call, mgm_replay_complete);
}

int remote_settled(struct call *call)
{
	struct remote_client *c;
	int err = param_client(call, &c);

	if (err)
		return err;
	return remote_result(call, mgm_client_settled(c->r->mgm, c->client),
			     "client %s", c->name);
}

/* --- routes ---------------------------------------------------------------- */

int remote_route_put(struct call *call)
{
	struct remote_route route;
	struct remote_client *c;
	int err = param_client(call, &c);

	if (!err)
		err = param_sg(call, &route.sg);
	if (!err)
		err = param_number(call, "iif", &route.iif);
	if (!err)
		err = param_ifids(call, "oifs", route.oifs, &route.count);
	if (!err)
		err = param_bits(call, "flags", CODEC_ROUTE_FLAG, 0,
				 &route.flags);
	if (err)
		return err;
	err = mgm_route_put(c->r->mgm, c->client, route.sg, route.iif,
			    route.oifs, route.count, route.flags);
	return remote_route_result(call, c, err, &route);
}

int remote_route_del(struct call *call)
{
	struct remote_route route;
	struct remote_client *c;
	int err = param_client(call, &c);

	if (!err)
		err = param_sg(call, &route.sg);
	if (err)
		return err;
	err = mgm_route_del(c->r->mgm, c->client, route.sg);
	return remote_route_result(call, c, err, &route);
}

int remote_set_upstream(struct call *call)
{
	struct mgm_address upstream;
	struct remote_client *c;
	struct mgm_sg sg;
	int err = param_client(call, &c);

	if (!err)
		err = param_sg(call, &sg);
	if (!err)
		err = param_address(call, "upstream", &upstream);
	if (err)
		return err;
	err = mgm_mfe_set_upstream(c->r->mgm, c->client, sg, &upstream);
	return remote_mfe_result(call, err, &sg);
}

int remote_set_timeout(struct call *call)
{
	struct remote_client *c;
	struct mgm_sg sg;
	uint32_t ms;
	int err = param_client(call, &c);

	if (!err)
		err = param_sg(call, &sg);
	if (!err)
		err = param_number(call, "timeout_ms", &ms);
	if (err)
		return err;
	err = mgm_mfe_set_timeout(c->r->mgm, c->client, sg, ms);
	return remote_mfe_result(call, err, &sg);
}

/* --- routes to sources --------------------------------------------------- */

int remote_rib_put(struct call *call)
{
	struct mgm_rib_route route = {.size = sizeof(route)};
	struct remote_client *c;
	uint32_t distance;
	int err = param_client(call, &c);

	if (!err)
		err = param_prefix(call, "prefix", &route.prefix);
	if (!err)
		err = param_number(call, "ifid", &route.ifid);
	if (!err)
		err = param_address(call, "upstream", &route.upstream);
	if (!err)
		err = param_number_or(call, "metric", 0, &route.metric);
	if (!err)
		err = param_number_or(call, "distance", MGM_DISTANCE_REMOTE,
				      &distance);
	if (!err && distance > UINT8_MAX)
		err = call_refuse(call, -EINVAL,
				  "parameter distance must be a number from 0 "
				  "to 255");
	if (err)
		return err;
	route.distance = (uint8_t)distance;
	err = mgm_rib_put(c->r->mgm, c->client, &route);
	return remote_rib_result(call, err, &route.prefix);
}

int remote_rib_del(struct call *call)
{
	struct mgm_prefix prefix;
	struct remote_client *c;
	int err = param_client(call, &c);

	if (!err)
		err = param_prefix(call, "prefix", &prefix);
	if (err)
		return err;
	err = mgm_rib_del(c->r->mgm, c->client, &prefix);
	return remote_rib_result(call, err, &prefix);
}

/* --- answers to requests -------------------------------------------------- */

int remote_rpf_reply(struct call *call)
{
	struct mgm_address upstream;
	struct remote_client *c;
	uint64_t token;
	uint32_t iif;
	int err = param_client(call, &c);

	if (!err)
		err = param_token(call, &token);
	if (!err)
		err = param_number(call, "iif", &iif);
	if (!err)
		err = param_address(call, "upstream", &upstream);
	if (err)
		return err;
	err = mgm_rpf_reply(c->r->mgm, c->client, token, iif, &upstream);
	return remote_reply_result(call, c, err, token, iif);
}

/* [[ifid, enabled], ...] */
static int read_oif(struct json_object *pair, struct mgm_creation_oif *oif)
{
	struct json_object *enabled;
	uint64_t ifid;

	if (!json_object_is_type(pair, json_type_array) ||
	    json_object_array_length(pair) != 2)
		return -EINVAL;
	enabled = json_object_array_get_idx(pair, 1);
	if (codec_read_number(json_object_array_get_idx(pair, 0), UINT32_MAX,
			      &ifid) ||
	    !json_object_is_type(enabled, json_type_boolean))
		return -EINVAL;
	*oif = (struct mgm_creation_oif){
		.ifid = (uint32_t)ifid,
		.enabled = json_object_get_boolean(enabled),
	};
	return 0;
}

static int read_oifs(struct call *call, struct json_object *array,
		     struct mgm_creation_oif *oifs, size_t *count)
{
	size_t i;

	*count = array ? json_object_array_length(array) : 0;
	if (*count > MGM_OIFS)
		return call_refuse(call, -E2BIG,
				   "an MFE has no more than %u oifs", MGM_OIFS);
	for (i = 0; i < *count; i++)
		if (read_oif(json_object_array_get_idx(array, i), &oifs[i]))
			return call_refuse(call, -EINVAL,
					   "parameter oifs must be pairs of an "
					   "ifid and true or false");
	return 0;
}

int remote_creation_reply(struct call *call)
{
	struct mgm_creation_oif oifs[MGM_OIFS];
	struct json_object *array;
	struct remote_client *c;
	uint64_t token;
	size_t count;
	int err = param_client(call, &c);

	if (!err)
		err = param_token(call, &token);
	if (!err)
		err = param_array(call, "oifs", &array);
	if (!err)
		err = read_oifs(call, array, oifs, &count);
	if (err)
		return err;
	err = mgm_creation_reply(c->r->mgm, c->client, token, oifs, count);
	return remote_reply_result(call, c, err, token, 0);
}
