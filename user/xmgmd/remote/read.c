/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client reads: MFEs, memberships, clients and routes to sources, a
 * bounded number of rows in an answer.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

/* --- rows of an answer ----------------------------------------------------- */

struct rows {
	struct json_object *array;
	uint32_t wanted;
	size_t bytes;
};

/* Rows are counted by what they take as text, about. */
static bool rows_add(struct rows *rows, struct json_object *row, size_t bytes)
{
	json_object_array_add(rows->array, row);
	rows->bytes += bytes;
	return --rows->wanted && rows->bytes < REMOTE_PIECE;
}

static int rows_begin(struct call *call, struct rows *rows)
{
	int err = param_number_or(call, "count", 1, &rows->wanted);

	if (!err && (!rows->wanted || rows->wanted > REMOTE_ROWS))
		err = call_refuse(call, -EINVAL,
				  "parameter count must be a number from 1 to "
				  "%u",
				  REMOTE_ROWS);
	if (err)
		return err;
	rows->bytes = 0;
	rows->array = call->result = json_object_new_array();
	return 0;
}

/* The end of a list is an answer, not an error. */
static int rows_end(struct call *call, int err)
{
	if (!err || err == -ENOENT)
		return 0;
	return remote_result(call, err, "no row can be read");
}

static struct json_object *object_of(const struct codec_struct *description,
				     const void *from, size_t size)
{
	struct json_object *object = json_object_new_object();

	codec_write(description, from, size, object);
	return object;
}

/* The first `count` of these, `size` bytes each, as far as there is room. */
static struct json_object *array_of(const struct codec_struct *description,
				    const void *from, size_t size,
				    uint32_t count, uint32_t room)
{
	struct json_object *array = json_object_new_array();
	const char *at = from;
	uint32_t i;

	for (i = 0; i < count && i < room; i++, at += size)
		json_object_array_add(array, object_of(description, at, size));
	return array;
}

/* What was read last: NULL, nothing. */
static int param_after(struct call *call, struct json_object **after)
{
	*after = param_get(call, "after");
	if (*after && !json_object_is_type(*after, json_type_object))
		return call_refuse(call, -EINVAL,
				   "parameter after must be an object: the "
				   "row that was read last");
	return 0;
}

static int bad_after(struct call *call)
{
	return call_refuse(call, -EINVAL,
			   "parameter after is not a row of this list");
}

/* --- MFEs ------------------------------------------------------------------ */

struct mfe_room {
	struct mgm_mfe_info info;
	struct mgm_mfe_oif oifs[MGM_OIFS];
};

static void mfe_room(struct mfe_room *room)
{
	room->info = (struct mgm_mfe_info){
		.size = sizeof(room->info),
		.oif_room = MGM_OIFS,
		.oifs = room->oifs,
	};
	room->oifs[0].size = sizeof(room->oifs[0]);
}

static struct json_object *mfe_row(const struct mfe_room *room)
{
	const struct mgm_mfe_info *info = &room->info;
	struct json_object *row = object_of(codec_mfe_info(), info, info->size);

	json_object_object_add(row, "oifs",
			       array_of(codec_mfe_oif(), room->oifs,
					sizeof(room->oifs[0]), info->oif_count,
					MGM_OIFS));
	return row;
}

int remote_mfe_get(struct call *call)
{
	struct mfe_room room;
	struct mgm_sg flow;
	int err = param_sg(call, &flow);

	if (err)
		return err;
	mfe_room(&room);
	err = mgm_mfe_get(call->r->mgm, flow, &room.info);
	if (err)
		return remote_mfe_result(call, err, &flow);
	call->result = mfe_row(&room);
	return 0;
}

int remote_mfe_next(struct call *call)
{
	struct mgm_sg after = {0};
	struct json_object *row;
	struct mfe_room room;
	struct rows rows;
	int err = param_after(call, &row);

	if (!err && row && codec_read_sg(row, &after))
		err = bad_after(call);
	if (!err)
		err = rows_begin(call, &rows);
	if (err)
		return err;
	do {
		mfe_room(&room);
		err = mgm_mfe_next(call->r->mgm, after, &room.info);
		after = room.info.flow;
	} while (!err && rows_add(&rows, mfe_row(&room),
				  500 + 70 * room.info.oif_count));
	return rows_end(call, err);
}

/* --- memberships ------------------------------------------------------------ */

static int read_filter(struct call *call, struct mgm_membership_filter *filter)
{
	struct json_object *object = param_get(call, "filter"), *value;
	uint64_t ifid = 0, protocol = 0, component = 0;
	int err = 0;

	*filter = (struct mgm_membership_filter){.size = sizeof(*filter)};
	if (!object)
		return 0;
	if (!json_object_is_type(object, json_type_object))
		return call_refuse(call, -EINVAL,
				   "parameter filter must be an object");
	json_object_object_foreach(object, name, member)
	{
		value = member;
		if (!strcmp(name, "group") && value)
			err = codec_read_prefix(value, &filter->group);
		else if (!strcmp(name, "ifid"))
			err = codec_read_number(value, UINT32_MAX, &ifid);
		else if (!strcmp(name, "protocol"))
			err = codec_read_number(value, UINT32_MAX, &protocol);
		else if (!strcmp(name, "component"))
			err = codec_read_number(value, UINT32_MAX, &component);
		else if (!strcmp(name, "groups") &&
			 json_object_is_type(value, json_type_boolean))
			filter->groups = json_object_get_boolean(value);
		else
			err = -EINVAL;
		if (err)
			return call_refuse(
				call, -EINVAL,
				"filter: %.32s is unknown, or not of "
				"its type",
				name);
	}
	filter->ifid = (uint32_t)ifid;
	filter->protocol = (uint32_t)protocol;
	filter->component = (uint32_t)component;
	return 0;
}

static bool add_membership(struct rows *rows,
			   const struct mgm_membership_info *info)
{
	return rows_add(rows,
			object_of(codec_membership_info(), info, info->size),
			160);
}

int remote_membership_next(struct call *call)
{
	struct mgm_membership_info info = {.size = sizeof(info)};
	struct mgm_membership_filter filter;
	struct json_object *row;
	struct rows rows;
	int err = param_after(call, &row);

	if (!err && row &&
	    codec_read(codec_membership_info(), row, &info, sizeof(info)))
		err = bad_after(call);
	if (!err)
		err = read_filter(call, &filter);
	if (!err)
		err = rows_begin(call, &rows);
	if (err)
		return err;
	err = mgm_membership_next(call->r->mgm, row ? &info : NULL, &filter,
				  &info);
	while (!err && add_membership(&rows, &info))
		err = mgm_membership_next(call->r->mgm, &info, &filter, &info);
	return rows_end(call, err);
}

/* --- clients ---------------------------------------------------------------- */

static struct json_object *client_row(const struct mgm_client_info *info)
{
	struct json_object *row =
		object_of(codec_client_info(), info, info->size);
	struct json_object *interfaces = json_object_new_array();
	uint32_t i;

	for (i = 0; i < info->interface_count; i++)
		json_object_array_add(
			interfaces, json_object_new_int64(info->interfaces[i]));
	json_object_object_add(row, "interfaces", interfaces);
	return row;
}

int remote_client_next(struct call *call)
{
	static uint32_t interfaces[MGM_INTERFACES];
	struct mgm_client_info info = {
		.size = sizeof(info),
		.interface_room = MGM_INTERFACES,
		.interfaces = interfaces,
	};
	struct json_object *row;
	struct rows rows;
	int err = param_after(call, &row);

	if (!err && row &&
	    codec_read(codec_client_info(), row, &info, sizeof(info)))
		err = bad_after(call);
	if (!err)
		err = rows_begin(call, &rows);
	if (err)
		return err;
	err = mgm_client_next(call->r->mgm, row ? &info : NULL, &info);
	while (!err && rows_add(&rows, client_row(&info),
				120 + 6 * info.interface_count))
		err = mgm_client_next(call->r->mgm, &info, &info);
	return rows_end(call, err);
}

/* --- interfaces ------------------------------------------------------------- */

#define ADDRESSES 64u /* of a row */

struct interface_room {
	struct mgm_interface_info info;
	struct mgm_interface_address addresses[ADDRESSES];
};

static void interface_room(struct interface_room *room)
{
	room->info = (struct mgm_interface_info){
		.size = sizeof(room->info),
		.address_room = ADDRESSES,
		.addresses = room->addresses,
	};
}

static struct json_object *interface_row(const struct interface_room *room)
{
	const struct mgm_interface_info *info = &room->info;
	struct json_object *row =
		object_of(codec_interface_info(), info, info->size);

	json_object_object_add(row, "addresses",
			       array_of(codec_interface_address(),
					room->addresses,
					sizeof(room->addresses[0]),
					info->address_count, ADDRESSES));
	return row;
}

int remote_interface_get(struct call *call)
{
	struct interface_room room;
	uint32_t ifid;
	int err = param_number(call, "ifid", &ifid);

	if (err)
		return err;
	interface_room(&room);
	err = mgm_interface_get(call->r->mgm, ifid, &room.info);
	if (err)
		return call_refuse(call, err,
				   "there is no interface %u: "
				   "mgm.interface_next lists them",
				   ifid);
	call->result = interface_row(&room);
	return 0;
}

int remote_interface_next(struct call *call)
{
	struct interface_room room;
	struct rows rows;
	uint32_t after;
	int err = param_number_or(call, "after", 0, &after);

	if (!err)
		err = rows_begin(call, &rows);
	if (err)
		return err;
	do {
		interface_room(&room);
		err = mgm_interface_next(call->r->mgm, after, &room.info);
		after = room.info.ifid;
	} while (!err && rows_add(&rows, interface_row(&room),
				  250 + 70 * room.info.address_count));
	return rows_end(call, err);
}

/* --- routes to sources ------------------------------------------------------ */

int remote_rib_get(struct call *call)
{
	struct mgm_rib_route *routes;
	struct mgm_address source;
	uint32_t wanted;
	size_t count;
	int err = param_address(call, "source", &source);

	if (!err)
		err = param_number_or(call, "count", 16, &wanted);
	if (!err && (!wanted || wanted > REMOTE_ROWS))
		err = call_refuse(call, -EINVAL,
				  "parameter count must be a number from 1 to "
				  "%u",
				  REMOTE_ROWS);
	if (err)
		return err;
	count = wanted;
	routes = calloc(count, sizeof(*routes));
	if (!routes)
		return call_refuse(call, -ENOMEM, "no memory for routes");
	routes[0].size = sizeof(*routes);
	err = mgm_rib_get(call->r->mgm, &source, routes, &count);
	if (err && err != -ENOENT)
		count = 0;
	call->result = array_of(codec_rib_route(), routes, sizeof(*routes),
				(uint32_t)count, REMOTE_ROWS);
	free(routes);
	return rows_end(call, err);
}
