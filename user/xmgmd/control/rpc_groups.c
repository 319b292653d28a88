/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.groups: who listens to what. What the protocols inside of the daemon
 * know, each with its own timers and hosts; and then what the manager has of
 * those in other processes. In pieces, see rpc_tables.c.
 */
#include "xmgmd/control/control.h"

#include <errno.h>

#include "xmgmd/check.h"

static const char *const filters[] = {MGM_FILTER_NAMES};

struct group_stream {
	struct stream stream;
	struct proto_list list;
	/* Those of other processes: the last one read, and the rows of its
	 * group and interface so far: the owner's, and IGMP's. */
	bool others;
	struct mgm_membership_info at;
	struct json_object *rows[2];
};

/* --- of the protocols inside ----------------------------------------- */

struct group_piece {
	struct piece *piece;
	const char *protocol;
};

static struct json_object *add_source(struct json_object *sources,
				      struct json_object *address, bool forward)
{
	struct json_object *source = json_object_new_object();

	json_object_object_add(source, "address", address);
	json_add_flag(source, "forward", forward);
	json_object_array_add(sources, source);
	return source;
}

static int add_group(void *arg, const struct proto_group *group)
{
	const struct group_piece *to = arg;
	const struct mgm_sg *range = group->range;
	struct json_object *row = json_object_new_object();
	struct json_object *sources = json_object_new_array();
	size_t i;

	json_add_text(row, "interface", group->interface);
	json_object_object_add(row, "group",
			       range ? json_prefix(&range->group)
				     : json_address(&group->group, false));
	json_add_text(row, "mode", filters[group->filter]);
	if (range && range->source.length)
		json_object_object_add(
			add_source(sources, json_prefix(&range->source), true),
			"expires_s", NULL);
	for (i = 0; i < group->source_count && !range; i++) {
		const struct proto_group_source *s = &group->sources[i];

		json_add_expiry(add_source(sources,
					   json_address(&s->address, false),
					   s->forward),
				"expires_s", s->expires_ms);
	}
	json_object_object_add(row, "sources", sources);
	json_add_expiry(row, "expires_s", group->expires_ms);
	json_object_object_add(
		row, "uptime_s",
		group->hosts ? json_object_new_double((double)group->uptime_ms /
						      1000)
			     : NULL);
	json_object_object_add(
		row, "version",
		group->version ? json_object_new_int((int)group->version)
			       : NULL);
	json_object_object_add(row, "last_reporter",
			       json_address(&group->last_reporter, false));
	json_add_expiry(row, "older_host_s", group->older_host_ms);
	json_add_flag(row, "static", group->is_static);
	json_add_text(row, "protocol", to->protocol);
	stream_row(to->piece->conn, row);
	return piece_spend(to->piece,
			   1 + (unsigned int)group->source_count / 4);
}

static int list_groups(const struct proto_seat *s, struct proto_cursor *cursor,
		       struct piece *piece)
{
	struct group_piece to = {piece, s->proto->name};

	return s->proto->groups ? s->proto->groups(s->self, daemon_now_ms(),
						   cursor, add_group, &to)
				: 0;
}

/* --- of other processes ---------------------------------------------- */

/* Has a protocol that runs in here listed its own? */
static bool listed(struct router *r, uint32_t protocol)
{
	struct proto_seat *s;

	seat_for_each(r, s)
		if (s->proto->id == protocol && s->proto->groups)
			return true;
	return false;
}

static bool any_other(struct router *r)
{
	struct mgm_client_info info = {.size = sizeof(info)};
	int err = mgm_client_next(r->mgm, NULL, &info);

	for (; !err; err = mgm_client_next(r->mgm, &info, &info))
		if (!listed(r, info.protocol) && info.interface_count)
			return true;
	return false;
}

static struct json_object *other_row(struct router *r,
				     const struct mgm_membership_info *info)
{
	struct json_object *row = json_object_new_object();
	char name[XMGM_IFNAME_LEN], protocol[24];

	json_add_text(row, "interface",
		      glue_interface_name(r, info->ifid, name));
	json_object_object_add(row, "group", json_prefix(&info->sg.group));
	json_add_text(row, "mode", filters[info->filter]);
	json_object_object_add(row, "sources", json_object_new_array());
	json_object_object_add(row, "expires_s", NULL);
	json_object_object_add(row, "uptime_s", NULL);
	json_object_object_add(row, "version", NULL);
	json_object_object_add(row, "last_reporter", NULL);
	json_object_object_add(row, "older_host_s", NULL);
	json_add_flag(row, "static", false);
	json_add_text(row, "protocol",
		      glue_protocol_name(r, info->protocol, protocol));
	return row;
}

/* What is known of one group on one interface is complete. */
static void flush_rows(struct group_stream *s, struct conn *conn)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (s->rows[i])
			stream_row(conn, s->rows[i]);
		s->rows[i] = NULL;
	}
}

/* The manager's rows are of one source each, any source before all others. */
static void gather(struct router *r, struct group_stream *s, struct conn *conn,
		   const struct mgm_membership_info *info)
{
	struct json_object **row = &s->rows[info->by_igmp], *sources;

	if (info->ifid != s->at.ifid ||
	    memcmp(&info->sg.group, &s->at.sg.group, sizeof(info->sg.group)))
		flush_rows(s, conn);
	if (listed(r, info->protocol))
		return;
	if (!*row)
		*row = other_row(r, info);
	if (!info->sg.source.length)
		return;
	json_object_object_get_ex(*row, "sources", &sources);
	json_object_object_add(add_source(sources,
					  json_prefix(&info->sg.source),
					  info->filter == MGM_INCLUDE),
			       "expires_s", NULL);
}

static int list_others(struct router *r, struct group_stream *s,
		       struct piece *piece)
{
	struct mgm_membership_info info = {.size = sizeof(info)};

	if (!s->others && !any_other(r))
		return 0;
	while (!mgm_membership_next(r->mgm, s->others ? &s->at : NULL, NULL,
				    &info)) {
		gather(r, s, piece->conn, &info);
		s->others = true;
		s->at = info;
		if (piece_spend(piece, 1))
			return 1;
	}
	flush_rows(s, piece->conn);
	return 0;
}

/* --- both ------------------------------------------------------------- */

static int groups_step(struct router *r, struct stream *stream,
		       struct conn *conn)
{
	struct group_stream *s = (struct group_stream *)(void *)stream;
	struct piece piece = {r, conn, PIECE_WORK};
	int err = proto_list_step(&s->list, &piece, list_groups);

	return err ? err : list_others(r, s, &piece);
}

static void groups_clear(struct stream *stream)
{
	struct group_stream *s = (struct group_stream *)(void *)stream;

	json_object_put(s->rows[0]);
	json_object_put(s->rows[1]);
}

int rpc_show_groups(struct call *call)
{
	struct group_stream *s = call_stream(call, sizeof(*s), groups_step);

	if (!s)
		return -ENOMEM;
	s->stream.clear = groups_clear;
	return 0;
}

int rpc_clear_groups(struct call *call)
{
	struct proto_seat *s;
	const char *name;
	int err = call_text(call, "interface", &name);
	bool done = false;

	if (err)
		return err;
	seat_for_each(call->r, s)
		if (s->proto->clear &&
		    !s->proto->clear(s->self, name, daemon_now_ms()))
			done = true;
	if (done)
		return 0;
	if (!name)
		return call_refuse(call, -ENOENT,
				   "IGMP runs on no interface: add a section "
				   "igmp to one");
	return call_refuse(call, -ENOENT,
			   "IGMP does not run on %s: `xmgm show interfaces` "
			   "lists where it does",
			   name);
}
