/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.protocol: all that one protocol says of its interfaces, or a table of
 * its own, in members that only it knows. In pieces, see rpc_tables.c.
 */
#include "xmgmd/control/control.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "xmgmd/check.h"
#include "xmgmd/control/row.h"

#define ROW_WORK   16 /* a row is long */
#define TABLE_WORK 2  /* one of a table is not */

/* Which rows: table NULL: of its interfaces, or of the one of this name. */
struct asked {
	size_t seat;
	const struct proto_table *table;
	const char *interface;
};

/* The next behind the cursor; NULL: there is none. */
static struct json_object *make_row(struct router *r, const struct asked *asked,
				    struct proto_cursor *cursor)
{
	const struct proto_seat *s = seat_from(r, asked->seat);
	struct json_object *object = json_object_new_object();
	struct row to;
	const struct proto_row row = row_into(&to, object);
	int err;

	if (asked->table)
		err = asked->table->next(s->self, daemon_now_ms(), cursor,
					 &row);
	else
		err = s->proto->status(s->self, daemon_now_ms(),
				       asked->interface, cursor, &row);
	if (!err)
		return object;
	json_object_put(object);
	return NULL;
}

/* --- the method ------------------------------------------------------- */

struct protocol_stream {
	struct stream stream;
	struct asked asked;
	struct proto_cursor cursor;
};

static int protocol_step(struct router *r, struct stream *stream,
			 struct conn *conn)
{
	struct protocol_stream *s = (struct protocol_stream *)(void *)stream;
	const unsigned int work = s->asked.table ? TABLE_WORK : ROW_WORK;
	struct piece piece = {r, conn, PIECE_WORK};
	struct json_object *row;

	while ((row = make_row(r, &s->asked, &s->cursor))) {
		stream_row(conn, row);
		if (piece_spend(&piece, work))
			return 1;
	}
	return 0;
}

static const struct proto_seat *find_seat(struct router *r, const char *name)
{
	struct proto_seat *s;

	seat_for_each(r, s)
		if ((s->proto->status || s->proto->tables) &&
		    !strcmp(s->proto->name, name))
			return s;
	return NULL;
}

static int find_table(struct call *call, const struct proto *proto,
		      const char *name, const struct proto_table **table)
{
	const struct proto_table *t = proto->tables ? proto->tables() : NULL;
	size_t used = 0;
	char all[128];

	all[0] = '\0';
	for (; t && t->name; t++) {
		if (!strcmp(t->name, name)) {
			*table = t;
			return 0;
		}
		if (used < sizeof(all))
			used += (size_t)snprintf(all + used, sizeof(all) - used,
						 "%s%s", used ? ", " : "",
						 t->name);
	}
	return call_refuse(call, -EINVAL,
			   "protocol '%s' has no table '%.32s': it has %s",
			   proto->name, name, *all ? all : "none");
}

static int show_one(struct call *call, const struct proto_seat *seat,
		    const char *name)
{
	const struct asked asked = {.seat = seat->index, .interface = name};
	struct proto_cursor cursor = {0};
	struct json_object *row = make_row(call->r, &asked, &cursor);

	if (!row)
		return call_refuse(call, -ENOENT,
				   "%s does not run on %s: `xmgm show %s` "
				   "lists where it does",
				   seat->proto->name, name, seat->proto->name);
	call->result = json_object_new_array();
	json_object_array_add(call->result, row);
	return 0;
}

static int read_asked(struct call *call, const struct proto_seat **seat,
		      struct asked *asked)
{
	const char *protocol, *table;
	int err = call_need(call, "protocol", &protocol);

	if (!err)
		err = call_text(call, "interface", &asked->interface);
	if (!err)
		err = call_text(call, "table", &table);
	if (err)
		return err;
	*seat = find_seat(call->r, protocol);
	if (!*seat)
		return call_refuse(call, -ENOENT,
				   "no protocol '%s' runs here that says more: "
				   "`xmgm show protocols` lists those that run",
				   protocol);
	asked->seat = (*seat)->index;
	if (table && asked->interface)
		return call_refuse(call, -EINVAL,
				   "give a table or an interface, not both");
	if (!table && !(*seat)->proto->status)
		table = "";
	return table ? find_table(call, (*seat)->proto, table, &asked->table)
		     : 0;
}

int rpc_show_protocol(struct call *call)
{
	const struct proto_seat *seat;
	struct asked asked = {0};
	struct protocol_stream *s;
	int err = read_asked(call, &seat, &asked);

	if (err)
		return err;
	if (asked.interface)
		return show_one(call, seat, asked.interface);
	s = call_stream(call, sizeof(*s), protocol_step);
	if (!s)
		return -ENOMEM;
	s->asked = asked;
	return 0;
}
