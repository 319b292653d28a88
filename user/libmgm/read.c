/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * Reading. Listings are read some rows ahead, the first few and then up to
 * READ_MANY in one message, and handed out one by one while their reader goes
 * on where it was. What it does in between to change something, and
 * mgm_dispatch, make the next row a fresh one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grown.h"
#include "libmgm/codec.h"
#include "libmgm/conn.h"

#define READ_FIRST 16u
#define READ_MANY  500u

void ahead_drop(struct mgm *m)
{
	json_object_put(m->ahead.rows);
	m->ahead = (struct ahead){.of = AHEAD_NOTHING};
}

/*
 * The next row: of those read ahead if the caller goes on (again), or by the
 * request that ask writes. *row belongs to m->ahead. -ENOENT: the end.
 */
static int next_row(struct mgm *m, enum ahead_of of, bool again,
		    const char *method,
		    void (*ask)(struct request *q, const void *arg),
		    const void *arg, struct json_object **row)
{
	struct ahead *a = &m->ahead;
	bool on = a->of == of && again;
	int err;

	if (!on || a->next == json_object_array_length(a->rows)) {
		ahead_drop(m);
		conn_ask(m, method);
		request_number(&m->request, "count",
			       on ? READ_MANY : READ_FIRST);
		ask(&m->request, arg);
		err = conn_call(m, &a->rows);
		if (err)
			return err;
		if (!json_object_is_type(a->rows, json_type_array)) {
			ahead_drop(m);
			return conn_nonsense(m);
		}
		a->of = of;
	}
	*row = json_object_array_get_idx(a->rows, a->next++);
	if (*row)
		return 0;
	ahead_drop(m);
	return conn_refuse(m, -ENOENT, "%s: the end", method);
}

/* --- MFEs ------------------------------------------------------------------ */

/* As many of the row's oifs as the caller has room for; its structs may be of
 * another length than ours. */
static int read_oifs(struct json_object *row, const struct mgm_mfe_info *info)
{
	struct json_object *list = json_object_object_get(row, "oifs");
	size_t i, step = info->oifs->size;
	char *at = (char *)info->oifs;

	if (!json_object_is_type(list, json_type_array))
		return -EPROTO;
	for (i = 0; i < info->oif_room; i++, at += step) {
		struct mgm_mfe_oif own = {.size = sizeof(own)};

		if (i == json_object_array_length(list))
			break;
		if (codec_read(codec_mfe_oif(),
			       json_object_array_get_idx(list, i), &own,
			       sizeof(own)))
			return -EPROTO;
		memcpy(at, &step, sizeof(step));
		grown_give(at, &own, sizeof(own));
	}
	return 0;
}

static bool oifs_sized(const struct mgm_mfe_info *info)
{
	return !info->oifs || !info->oif_room ||
	       (info->oifs->size >= sizeof(info->oifs->size) &&
		info->oifs->size % _Alignof(struct mgm_mfe_oif) == 0);
}

static int read_mfe(struct json_object *row, struct mgm_mfe_info *info)
{
	struct mgm_mfe_info asked;
	struct mgm_mfe_info own = {.size = sizeof(own)};

	if (grown_ask(&asked, sizeof(asked), info) || !oifs_sized(&asked))
		return -EINVAL;
	if (codec_read(codec_mfe_info(), row, &own, sizeof(own)))
		return -EPROTO;
	own.oifs = asked.oifs;
	own.oif_room = asked.oif_room;
	if (own.oifs && own.oif_room && own.oif_count && read_oifs(row, &own))
		return -EPROTO;
	return grown_give(info, &own, sizeof(own));
}

int mgm_mfe_get(struct mgm *m, struct mgm_sg flow, struct mgm_mfe_info *info)
{
	struct json_object *row;
	int err;

	request_sg(conn_ask(m, "mfe_get"), &flow);
	err = conn_call(m, &row);
	if (!err)
		err = read_mfe(row, info);
	if (err == -EPROTO)
		err = conn_nonsense(m);
	json_object_put(row);
	return conn_leave(m, err);
}

static void ask_mfes(struct request *q, const void *after)
{
	const struct mgm_sg *flow = after;

	if (!flow->group.length && !flow->source.length)
		return;
	request_open(q, "after", '{');
	request_sg(q, flow);
	request_close(q, '}');
}

int mgm_mfe_next(struct mgm *m, struct mgm_sg after, struct mgm_mfe_info *info)
{
	struct json_object *row;
	int err;

	err = next_row(m, AHEAD_MFES, mgm_sg_equal(&after, &m->ahead.flow),
		       "mfe_next", ask_mfes, &after, &row);
	if (!err)
		err = read_mfe(row, info);
	if (!err && codec_read_sg(row, &m->ahead.flow))
		err = -EPROTO;
	if (err == -EPROTO)
		err = conn_nonsense(m);
	return conn_leave(m, err);
}

/* --- memberships ------------------------------------------------------------ */

struct membership_ask {
	const struct mgm_membership_info *after;
	const struct mgm_membership_filter *filter;
};

static void ask_memberships(struct request *q, const void *arg)
{
	const struct membership_ask *ask = arg;
	const struct mgm_membership_info *after = ask->after;
	const struct mgm_membership_filter *filter = ask->filter;

	if (after) {
		request_open(q, "after", '{');
		request_sg(q, &after->sg);
		request_number(q, "ifid", after->ifid);
		request_flag(q, "by_igmp", after->by_igmp);
		if (codec_name(CODEC_FILTER, after->filter))
			request_text(q, "filter",
				     codec_name(CODEC_FILTER, after->filter));
		request_number(q, "protocol", after->protocol);
		request_number(q, "component", after->component);
		request_close(q, '}');
	}
	request_open(q, "filter", '{');
	if (filter->group.length)
		request_prefix(q, "group", &filter->group);
	if (filter->ifid)
		request_number(q, "ifid", filter->ifid);
	if (filter->groups)
		request_flag(q, "groups", true);
	if (filter->protocol) {
		request_number(q, "protocol", filter->protocol);
		request_number(q, "component", filter->component);
	}
	request_close(q, '}');
}

static bool same_membership(const struct mgm_membership_info *a,
			    const struct mgm_membership_info *b)
{
	return mgm_sg_equal(&a->sg, &b->sg) && a->ifid == b->ifid &&
	       a->by_igmp == b->by_igmp && a->filter == b->filter &&
	       a->protocol == b->protocol && a->component == b->component;
}

static bool same_filter(const struct mgm_membership_filter *a,
			const struct mgm_membership_filter *b)
{
	return !memcmp(&a->group, &b->group, sizeof(a->group)) &&
	       a->ifid == b->ifid && a->groups == b->groups &&
	       a->protocol == b->protocol && a->component == b->component;
}

int mgm_membership_next(struct mgm *m, const struct mgm_membership_info *after,
			const struct mgm_membership_filter *filter,
			struct mgm_membership_info *info)
{
	struct mgm_membership_info before, own = {.size = sizeof(own)};
	struct mgm_membership_filter wanted = {.size = sizeof(wanted)};
	struct membership_ask ask = {after ? &before : NULL, &wanted};
	struct ahead *a = &m->ahead;
	struct json_object *row;
	int err = 0;

	if (after)
		err = grown_take(&before, sizeof(before), after);
	if (!err && filter)
		err = grown_take(&wanted, sizeof(wanted), filter);
	if (!err && info->size < sizeof(info->size))
		err = -EINVAL;
	if (err)
		return conn_refuse(m, err,
				   "membership_next: a struct of no "
				   "size, or of a newer mgm.h");
	err = next_row(m, AHEAD_MEMBERSHIPS,
		       after && same_membership(&before, &a->membership) &&
			       same_filter(&wanted, &a->filter),
		       "membership_next", ask_memberships, &ask, &row);
	if (!err && codec_read(codec_membership_info(), row, &own, sizeof(own)))
		err = conn_nonsense(m);
	if (!err) {
		a->membership = own;
		a->filter = wanted;
		err = grown_give(info, &own, sizeof(own));
	}
	return conn_leave(m, err);
}

/* --- clients -----------------------------------------------------------------
 */

static void ask_clients(struct request *q, const void *arg)
{
	const struct mgm_client_info *after = arg;

	if (!after)
		return;
	request_open(q, "after", '{');
	request_number(q, "protocol", after->protocol);
	request_number(q, "component", after->component);
	request_close(q, '}');
}

/* Filled in if all fit. */
static int read_interfaces(struct json_object *row,
			   const struct mgm_client_info *info)
{
	struct json_object *list = json_object_object_get(row, "interfaces");
	uint64_t ifid;
	uint32_t i;

	if (!info->interfaces || info->interface_count > info->interface_room)
		return 0;
	if (info->interface_count &&
	    !json_object_is_type(list, json_type_array))
		return -EPROTO;
	for (i = 0; i < info->interface_count; i++) {
		if (codec_read_number(json_object_array_get_idx(list, i),
				      UINT32_MAX, &ifid))
			return -EPROTO;
		info->interfaces[i] = (uint32_t)ifid;
	}
	return 0;
}

static int read_client(struct json_object *row, struct mgm_client_info *info)
{
	struct mgm_client_info asked;
	struct mgm_client_info own = {.size = sizeof(own)};

	if (grown_ask(&asked, sizeof(asked), info))
		return -EINVAL;
	if (codec_read(codec_client_info(), row, &own, sizeof(own)))
		return -EPROTO;
	own.interface_room = asked.interface_room;
	own.interfaces = asked.interfaces;
	if (read_interfaces(row, &own))
		return -EPROTO;
	return grown_give(info, &own, sizeof(own));
}

int mgm_client_next(struct mgm *m, const struct mgm_client_info *after,
		    struct mgm_client_info *info)
{
	struct mgm_client_info before = {.size = sizeof(before)};
	struct ahead *a = &m->ahead;
	struct mgm_client_info read = {.size = sizeof(read)};
	struct json_object *row;
	bool again;
	int err;

	if (after && grown_ask(&before, sizeof(before), after))
		return conn_refuse(m, -EINVAL, "client_next: no size");
	again = after && before.protocol == a->protocol &&
		before.component == a->component;
	err = next_row(m, AHEAD_CLIENTS, again, "client_next", ask_clients,
		       after ? &before : NULL, &row);
	if (!err && codec_read(codec_client_info(), row, &read, sizeof(read)))
		err = -EPROTO;
	if (!err) {
		a->protocol = read.protocol;
		a->component = read.component;
		err = read_client(row, info);
	}
	if (err == -EPROTO)
		err = conn_nonsense(m);
	return conn_leave(m, err);
}

/* --- interfaces
 * --------------------------------------------------------------- */

/* As many as the caller has room for; a row does not have hundreds. */
static int read_addresses(struct json_object *row,
			  const struct mgm_interface_info *info)
{
	struct json_object *list = json_object_object_get(row, "addresses");
	uint32_t i, count = info->address_count;

	if (!info->addresses || !info->address_count)
		return 0;
	if (count > info->address_room)
		count = info->address_room;
	if (count && !json_object_is_type(list, json_type_array))
		return -EPROTO;
	if (count > json_object_array_length(list))
		count = (uint32_t)json_object_array_length(list);
	for (i = 0; i < count; i++) {
		struct mgm_interface_address own = {
			.address = MGM_ADDRESS_V4_ANY,
			.peer = MGM_ADDRESS_V4_ANY,
		};

		if (codec_read(codec_interface_address(),
			       json_object_array_get_idx(list, i), &own,
			       sizeof(own)))
			return -EPROTO;
		info->addresses[i] = own;
	}
	return 0;
}

static int read_interface(struct json_object *row,
			  struct mgm_interface_info *info)
{
	struct mgm_interface_info asked;
	struct mgm_interface_info own = {.size = sizeof(own)};

	if (grown_ask(&asked, sizeof(asked), info))
		return -EINVAL;
	if (codec_read(codec_interface_info(), row, &own, sizeof(own)))
		return -EPROTO;
	own.address_room = asked.address_room;
	own.addresses = asked.addresses;
	if (read_addresses(row, &own))
		return -EPROTO;
	return grown_give(info, &own, sizeof(own));
}

int mgm_interface_get(struct mgm *m, uint32_t ifid,
		      struct mgm_interface_info *info)
{
	struct json_object *row;
	int err;

	request_number(conn_ask(m, "interface_get"), "ifid", ifid);
	err = conn_call(m, &row);
	if (!err)
		err = read_interface(row, info);
	if (err == -EPROTO)
		err = conn_nonsense(m);
	json_object_put(row);
	return conn_leave(m, err);
}

static void ask_interfaces(struct request *q, const void *after)
{
	const uint32_t *ifid = after;

	if (*ifid)
		request_number(q, "after", *ifid);
}

int mgm_interface_next(struct mgm *m, uint32_t after,
		       struct mgm_interface_info *info)
{
	struct json_object *row;
	uint64_t ifid;
	int err;

	err = next_row(m, AHEAD_INTERFACES, after == m->ahead.ifid,
		       "interface_next", ask_interfaces, &after, &row);
	if (!err && codec_read_number(json_object_object_get(row, "ifid"),
				      UINT32_MAX, &ifid))
		err = -EPROTO;
	if (!err) {
		m->ahead.ifid = (uint32_t)ifid;
		err = read_interface(row, info);
	}
	if (err == -EPROTO)
		err = conn_nonsense(m);
	return conn_leave(m, err);
}
