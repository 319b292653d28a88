/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.protocol: all that one protocol says of its interfaces, in members that
 * only it knows. In pieces, see rpc_tables.c.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xmgmd/check.h"

#define ROW_DEPTH 4  /* of members in members */
#define ROW_WORK  16 /* a row is long */

/* --- a row ----------------------------------------------------------- */

/* The object at work, and those it will be a member of. */
struct row {
	struct json_object *object[ROW_DEPTH];
	unsigned int depth; /* objects above it */
};

static struct json_object *top(void *arg)
{
	struct row *row = arg;

	return row->object[row->depth];
}

/* Deeper than that, what follows becomes a member of the last. */
static void row_open(void *arg, const char *name)
{
	struct json_object *member = json_object_new_object();
	struct row *row = arg;

	json_object_object_add(top(row), name, member);
	if (row->depth + 1 < ROW_DEPTH)
		row->object[++row->depth] = member;
}

static void row_close(void *arg)
{
	struct row *row = arg;

	if (row->depth)
		row->depth--;
}

static void row_text(void *arg, const char *name, const char *text)
{
	json_add_text(top(arg), name, text);
}

static void row_address(void *arg, const char *name,
			const struct mgm_address *address)
{
	json_object_object_add(top(arg), name, json_address(address, false));
}

static void row_flag(void *arg, const char *name, bool value)
{
	json_add_flag(top(arg), name, value);
}

static void row_number(void *arg, const char *name, uint64_t value)
{
	json_object_object_add(
		top(arg), name,
		value == PROTO_NONE ? NULL : json_object_new_uint64(value));
}

static void row_seconds(void *arg, const char *name, uint64_t ms)
{
	struct json_object *value = NULL;
	char text[32];

	snprintf(text, sizeof(text), "%llu.%03llu",
		 (unsigned long long)ms / 1000, (unsigned long long)ms % 1000);
	if (ms != PROTO_NONE)
		value = json_object_new_double_s((double)ms / 1000, text);
	json_object_object_add(top(arg), name, value);
}

/* Of this interface, NULL: of the next; NULL: there is none. */
static struct json_object *make_row(const struct proto_seat *s,
				    const char *interface,
				    struct proto_cursor *cursor)
{
	struct row to = {.object = {json_object_new_object()}};
	const struct proto_row row = {
		.arg = &to,
		.open = row_open,
		.close = row_close,
		.text = row_text,
		.address = row_address,
		.flag = row_flag,
		.number = row_number,
		.seconds = row_seconds,
	};

	if (!s->proto->status(s->self, daemon_now_ms(), interface, cursor,
			      &row))
		return to.object[0];
	json_object_put(to.object[0]);
	return NULL;
}

/* --- the method ------------------------------------------------------- */

struct protocol_stream {
	struct stream stream;
	size_t seat;
	struct proto_cursor cursor;
};

static int protocol_step(struct router *r, struct stream *stream,
			 struct conn *conn)
{
	struct protocol_stream *s = (struct protocol_stream *)(void *)stream;
	struct piece piece = {r, conn, PIECE_WORK};
	const struct proto_seat *seat = seat_from(r, s->seat);
	struct json_object *row;

	while ((row = make_row(seat, NULL, &s->cursor))) {
		stream_row(conn, row);
		if (piece_spend(&piece, ROW_WORK))
			return 1;
	}
	return 0;
}

static const struct proto_seat *find_seat(struct router *r, const char *name)
{
	struct proto_seat *s;

	seat_for_each(r, s)
		if (s->proto->status && !strcmp(s->proto->name, name))
			return s;
	return NULL;
}

static int show_one(struct call *call, const struct proto_seat *seat,
		    const char *name)
{
	struct proto_cursor cursor = {0};
	struct json_object *row = make_row(seat, name, &cursor);

	if (!row)
		return call_refuse(call, -ENOENT,
				   "%s does not run on %s: `xmgm show %s` "
				   "lists where it does",
				   seat->proto->name, name, seat->proto->name);
	call->result = json_object_new_array();
	json_object_array_add(call->result, row);
	return 0;
}

int rpc_show_protocol(struct call *call)
{
	const struct proto_seat *seat;
	const char *protocol, *name;
	struct protocol_stream *s;
	int err = call_need(call, "protocol", &protocol);

	if (!err)
		err = call_text(call, "interface", &name);
	if (err)
		return err;
	seat = find_seat(call->r, protocol);
	if (!seat)
		return call_refuse(call, -ENOENT,
				   "no protocol '%s' runs here that says more: "
				   "`xmgm show protocols` lists those that run",
				   protocol);
	if (name)
		return show_one(call, seat, name);
	s = call_stream(call, sizeof(*s), protocol_step);
	if (!s)
		return -ENOMEM;
	s->seat = seat->index;
	return 0;
}
