/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.listeners: the hosts that listen, one row for each group by any source
 * or source of a group, as the protocols that track them know it. In pieces,
 * see rpc_tables.c.
 */
#include "xmgmd/control/control.h"

#include <errno.h>

#include "lib/address.h"

struct listener_stream {
	struct stream stream;
	struct proto_list list;
};

struct listener_piece {
	struct piece *piece;
	const char *protocol;
};

static int add_listener(void *arg, const struct proto_listener *l)
{
	const struct listener_piece *to = arg;
	struct json_object *row;
	char text[ADDRESS_TEXT];
	bool any;

	if (!l)
		return piece_spend(to->piece, 1);
	row = json_object_new_object();
	any = !l->sg.source.length;
	json_add_text(row, "interface", l->interface);
	json_object_object_add(row, "group",
			       json_address(&l->sg.group.address, false));
	json_object_object_add(
		row, "source",
		any ? NULL : json_address(&l->sg.source.address, false));
	/* One without an address is a host, too. */
	json_add_text(row, "host", address_text(&l->host, text));
	json_add_text(row, "mode", any ? "exclude" : "include");
	json_add_number(row, "version", l->version);
	json_object_object_add(
		row, "uptime_s",
		json_object_new_double((double)l->uptime_ms / 1000));
	json_add_expiry(row, "expires_s", l->expires_ms);
	json_add_flag(row, "last_reporter", l->last_reporter);
	json_add_text(row, "protocol", to->protocol);
	stream_row(to->piece->conn, row);
	return piece_spend(to->piece, 1);
}

static int list_listeners(const struct proto_seat *s,
			  struct proto_cursor *cursor, struct piece *piece)
{
	struct listener_piece to = {piece, s->proto->name};

	return s->proto->listeners
		       ? s->proto->listeners(s->self, daemon_now_ms(), cursor,
					     add_listener, &to)
		       : 0;
}

static int listeners_step(struct router *r, struct stream *stream,
			  struct conn *conn)
{
	struct listener_stream *s = (struct listener_stream *)(void *)stream;
	struct piece piece = {r, conn, PIECE_WORK};

	return proto_list_step(&s->list, &piece, list_listeners);
}

int rpc_show_listeners(struct call *call)
{
	return call_stream(call, sizeof(struct listener_stream), listeners_step)
		       ? 0
		       : -ENOMEM;
}
