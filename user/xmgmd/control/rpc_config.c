/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.config: what is in force now, from the file and from commands, in the
 * words of the configuration file. One object, sent in pieces.
 */
#include "xmgmd/control/control.h"

#include "lib/address.h"

#include <errno.h>
#include <string.h>

#define PIECE 64 /* rows */

/* Where the object has come to. */
enum config_part {
	CONFIG_HEAD,
	CONFIG_INTERFACES,
	CONFIG_MROUTES,
	CONFIG_JOINS,
	CONFIG_RPFS,
	CONFIG_TAIL,
};

struct config_stream {
	struct stream stream;
	enum config_part part;
	size_t index;		    /* of the next interface */
	char last[XMGM_IFNAME_LEN]; /* the one before it */
	struct proto_list list;
};

static struct json_object *items_of(const struct conf_option *option,
				    const void *base)
{
	struct json_object *list = json_object_new_array();
	char buffer[OPTION_TEXT_MAX];

	for (size_t i = 0; option_item(option, base, i, buffer); i++)
		json_object_array_add(list, json_object_new_string(buffer));
	return list;
}

/* Every option of a table, as it is in force. */
static void add_table(struct json_object *out, const struct conf_option *table,
		      const void *base)
{
	char buffer[OPTION_TEXT_MAX];
	struct json_object *value;
	uint64_t number;

	for (; table->name; table++) {
		number = option_shown(table, base);
		if (table->kind == OPTION_BOOL)
			value = json_object_new_boolean(number != 0);
		else if (table->kind == OPTION_LIST)
			value = items_of(table, base);
		else if (table->kind == OPTION_SECONDS)
			value = json_object_new_double((double)number / 1000);
		else if (table->kind == OPTION_WORD ||
			 table->kind == OPTION_TEXT ||
			 table->kind == OPTION_MAC)
			value = json_object_new_string(
				option_text(table, base, buffer));
		else
			value = json_object_new_uint64(number);
		json_object_object_add(out, table->name, value);
	}
}

/* The sections of protocols, each under its name. */
static void add_blocks(struct json_object *out,
		       const struct proto_block *blocks, bool global)
{
	const struct proto_options *options;
	const struct conf_option *table;
	const struct proto *proto;
	struct json_object *block;
	size_t i;

	proto_for_each(i, proto) {
		options = proto->options ? proto->options() : NULL;
		table = !options ? NULL
			: global ? options->global
				 : options->interface;
		if (!table)
			continue;
		block = json_object_new_object();
		json_object_object_add(
			block, "enabled",
			json_object_new_boolean(blocks[i].enabled));
		add_table(block, table, blocks[i].options);
		json_object_object_add(out, proto->name, block);
	}
}

static struct json_object *interface_row(struct router *r, size_t i)
{
	const struct proto_interface_config *c =
		&r->d->config->proto.interfaces[i];
	struct json_object *row = json_object_new_object();

	json_add_text(row, "name", c->name);
	add_table(row, config_interface_options(),
		  &r->d->config->interfaces[i]);
	add_blocks(row, c->blocks, false);
	return row;
}

/* A reload may have come in between: the last one's place is looked up. */
static void find_place(struct router *r, struct config_stream *s)
{
	const struct proto_config *config = &r->d->config->proto;
	size_t i;

	if (!s->index ||
	    (s->index <= config->interface_count &&
	     !strcmp(config->interfaces[s->index - 1].name, s->last)))
		return;
	for (i = 0; i < config->interface_count; i++)
		if (!strcmp(config->interfaces[i].name, s->last))
			s->index = i + 1;
}

static int interfaces_step(struct router *r, struct config_stream *s,
			   struct conn *conn)
{
	const struct proto_config *config = &r->d->config->proto;
	size_t i;

	find_place(r, s);
	for (i = 0; i < PIECE && s->index < config->interface_count; i++) {
		stream_row(conn, interface_row(r, s->index));
		memcpy(s->last, config->interfaces[s->index].name,
		       sizeof(s->last));
		s->index++;
	}
	return s->index < config->interface_count;
}

static struct json_object *origin_name(const struct router *r,
				       const struct said_key *key)
{
	static const char *const names[] = {
		[SAID_BY_FILE] = "configuration",
		[SAID_BY_COMMAND] = "command",
		[SAID_BY_BOTH] = "both",
	};

	return json_object_new_string(names[said_origin(&r->d->said, key)]);
}

static int add_route(void *arg, const struct proto_route *route)
{
	struct said_key key = said_route_key(route->route.sg);
	struct piece *piece = arg;
	struct json_object *row = json_object_new_object();
	struct json_object *to = json_object_new_array();
	size_t i;

	json_object_object_add(row, "source",
			       json_prefix(&route->route.sg.source));
	json_object_object_add(row, "group",
			       json_prefix(&route->route.sg.group));
	json_object_object_add(row, "from",
			       json_object_new_string(route->route.from));
	for (i = 0; i < route->route.to_count; i++)
		json_object_array_add(
			to, json_object_new_string(route->route.to[i]));
	json_object_object_add(row, "to", to);
	json_object_object_add(row, "origin", origin_name(piece->r, &key));
	json_object_object_add(
		row, "waiting_for",
		route->waiting ? json_object_new_string(route->waiting) : NULL);
	stream_row(piece->conn, row);
	return piece_spend(piece, 1 + (unsigned int)route->route.to_count / 4);
}

static int add_join(void *arg, const struct proto_join *join)
{
	struct said_key key =
		said_join_key(join->join.interface, join->join.sg);
	struct piece *piece = arg;
	struct json_object *row = json_object_new_object();

	json_object_object_add(row, "interface",
			       json_object_new_string(join->join.interface));
	json_object_object_add(row, "group", json_prefix(&join->join.sg.group));
	json_object_object_add(row, "source",
			       json_prefix(&join->join.sg.source));
	json_object_object_add(row, "origin", origin_name(piece->r, &key));
	stream_row(piece->conn, row);
	return piece_spend(piece, 1);
}

static int add_rpf(void *arg, const struct proto_rpf *rpf)
{
	struct said_key key = said_rpf_key(&rpf->rpf.prefix);
	struct piece *piece = arg;
	struct json_object *row = json_object_new_object();
	char prefix[ADDRESS_PREFIX_TEXT];

	json_add_text(row, "prefix",
		      address_prefix_text(&rpf->rpf.prefix.address,
					  rpf->rpf.prefix.length, prefix));
	json_object_object_add(row, "via", json_address(&rpf->rpf.via, false));
	json_add_text(row, "dev", *rpf->rpf.dev ? rpf->rpf.dev : NULL);
	json_add_number(row, "distance", rpf->rpf.distance);
	json_object_object_add(row, "origin", origin_name(piece->r, &key));
	json_add_text(row, "waiting_for",
		      !rpf->waiting   ? NULL
		      : *rpf->rpf.dev ? rpf->rpf.dev
				      : "an interface in whose subnet via is");
	stream_row(piece->conn, row);
	return piece_spend(piece, 1);
}

static int list_rpfs(const struct proto_seat *s, struct proto_cursor *cursor,
		     struct piece *piece)
{
	return seat_admin(s)->rpfs
		       ? seat_admin(s)->rpfs(s->self, cursor, add_rpf, piece)
		       : 0;
}

static int list_routes(const struct proto_seat *s, struct proto_cursor *cursor,
		       struct piece *piece)
{
	return seat_admin(s)->routes ? seat_admin(s)->routes(s->self, cursor,
							     add_route, piece)
				     : 0;
}

static int list_joins(const struct proto_seat *s, struct proto_cursor *cursor,
		      struct piece *piece)
{
	return seat_admin(s)->joins
		       ? seat_admin(s)->joins(s->self, cursor, add_join, piece)
		       : 0;
}

/* `"key":`, or `,"key":` and so on: text that begins the next member. */
static void put_member(struct conn *conn, const char *before,
		       struct json_object *value)
{
	conn_put(conn, before, strlen(before));
	if (value)
		conn_put_json(conn, value);
	json_object_put(value);
}

/* What the file says and commands have changed or removed. */
static struct json_object *overridden_array(struct router *r)
{
	struct json_object *names = json_object_new_array();
	struct hash_node *n, *tmp;
	char name[SAID_NAME];
	struct said_key key;
	uint32_t i;

	hash_for_each_safe(&r->d->said, n, tmp, i) {
		const struct said *said = hash_entry(n, struct said, node);

		if (!said_overrides(said))
			continue;
		key = said_key_of(said);
		json_object_array_add(
			names, json_object_new_string(said_name(&key, name)));
	}
	return names;
}

static void put_head(struct router *r, struct conn *conn)
{
	put_member(conn,
		   "{\"file\":", json_object_new_string(r->d->config_path));
	put_member(conn,
		   ",\"instance\":", json_object_new_string(r->d->instance));
	put_member(conn, ",\"overridden\":", overridden_array(r));
	put_member(conn, ",\"interfaces\":[", NULL);
}

static struct json_object *flows_array(struct router *r)
{
	const struct config *config = r->d->config;
	struct json_object *array = json_object_new_array(), *row;

	for (size_t i = 0; i < config->flow_count; i++) {
		row = json_object_new_object();
		add_table(row, config_flow_options(), &config->flows[i]);
		json_object_array_add(array, row);
	}
	return array;
}

static void put_tail(struct router *r, struct conn *conn)
{
	struct json_object *out = json_object_new_object();
	struct json_object *limits = json_object_new_object();
	struct json_object *rpf = json_object_new_object();
	const char *text;
	size_t len;

	json_object_object_add(out, "flows", flows_array(r));
	add_table(limits, config_limit_options(), r->d->config);
	json_object_object_add(out, "limits", limits);
	add_table(rpf, config_rpf_options(), r->d->config);
	json_object_object_add(out, "rpf", rpf);
	add_table(out, config_top_options(), r->d->config);
	add_blocks(out, r->d->config->proto.blocks, true);
	put_member(conn, "],", NULL);
	text = json_object_to_json_string_length(out, JSON_C_TO_STRING_PLAIN,
						 &len);
	if (text)
		conn_put(conn, text + 1, len - 1); /* goes on with our object */
	else
		conn_close(conn);
	json_object_put(out);
}

/* On to the next part: `before` begins its array. */
static void next_part(struct config_stream *s, struct conn *conn,
		      const char *before)
{
	put_member(conn, before, NULL);
	s->part++;
	s->stream.any = false;
	s->list = (struct proto_list){0};
}

static int config_step(struct router *r, struct stream *stream,
		       struct conn *conn)
{
	struct config_stream *s = (struct config_stream *)(void *)stream;
	struct piece piece = {r, conn, PIECE};
	int more = 0;

	switch (s->part) {
	case CONFIG_HEAD:
		put_head(r, conn);
		next_part(s, conn, "");
		return 1;
	case CONFIG_INTERFACES:
		more = interfaces_step(r, s, conn);
		if (!more)
			next_part(s, conn, "],\"mroutes\":[");
		return 1;
	case CONFIG_MROUTES:
		more = proto_list_step(&s->list, &piece, list_routes);
		if (!more)
			next_part(s, conn, "],\"joins\":[");
		return more < 0 ? more : 1;
	case CONFIG_JOINS:
		more = proto_list_step(&s->list, &piece, list_joins);
		if (!more)
			next_part(s, conn, "],\"rpf_routes\":[");
		return more < 0 ? more : 1;
	case CONFIG_RPFS:
		more = proto_list_step(&s->list, &piece, list_rpfs);
		if (!more)
			next_part(s, conn, "");
		return more < 0 ? more : 1;
	case CONFIG_TAIL:
		put_tail(r, conn);
		break;
	}
	return 0;
}

int rpc_show_config(struct call *call)
{
	struct config_stream *s = call_stream(call, sizeof(*s), config_step);

	if (!s)
		return -ENOMEM;
	s->stream.object = true;
	return 0;
}
