/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Joins and takes that were made by command outlive the daemon in a small
 * JSON file beside the control socket; routes have one of their own (saved.c).
 * The directory is emptied when the machine starts, and so is what was said
 * by command.
 */
#include "xmgmd/daemon.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "xmgmd/check.h"
#include "xmgmd/control/control.h"
#include "lib/log.h"

#define PATH_LEN 300

static void state_path(const struct daemon *d, char path[PATH_LEN])
{
	snprintf(path, PATH_LEN, "%s.state", d->socket_path);
}

static int save_join(void *arg, const struct proto_join *join)
{
	const struct mgm_sg *sg = &join->join.sg;
	struct json_object *row;

	if (join->from_config)
		return 0;
	row = json_object_new_object();
	json_object_object_add(row, "interface",
			       json_object_new_string(join->join.interface));
	json_object_object_add(row, "group", json_address(sg->group, false));
	json_object_object_add(row, "source", json_address(sg->source, true));
	json_object_array_add(arg, row);
	return 0;
}

struct take_walk {
	struct json_object *rows;
	const char *protocol;
};

static int save_take(void *arg, const char *name)
{
	struct json_object *row = json_object_new_object();
	struct take_walk *walk = arg;

	json_object_object_add(row, "interface", json_object_new_string(name));
	json_object_object_add(row, "protocol",
			       json_object_new_string(walk->protocol));
	json_object_array_add(walk->rows, row);
	return 0;
}

struct json_object *state_joins(struct daemon *d)
{
	struct json_object *joins = json_object_new_array();
	const struct proto *proto;
	size_t i;

	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++)
		if (proto->joins && d->protos[i])
			proto->joins(d->protos[i], NULL, save_join, joins);
	return joins;
}

void state_save(struct daemon *d)
{
	struct json_object *state = json_object_new_object();
	struct take_walk walk = {json_object_new_array(), NULL};
	char path[PATH_LEN], fresh[PATH_LEN + 4];
	const struct proto *proto;
	size_t i;

	d->state_dirty = false;
	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++) {
		walk.protocol = proto->name;
		if (proto->taken && d->protos[i])
			proto->taken(d->protos[i], save_take, &walk);
	}
	json_object_object_add(state, "joins", state_joins(d));
	json_object_object_add(state, "taken", walk.rows);
	state_path(d, path);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	if (json_object_to_file_ext(fresh, state, JSON_C_TO_STRING_PLAIN) ||
	    rename(fresh, path))
		log_warn("joins and takes cannot be kept for the next start: "
			 "%s: %s",
			 path, strerror(errno));
	json_object_put(state);
}

static const char *text_of(struct json_object *row, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(row, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

/* A join is one protocol's: those behind it may have had it before. */
static void leave_others(struct daemon *d, size_t i, const char *name,
			 struct mgm_sg sg)
{
	const struct proto *proto;

	while ((proto = proto_get(++i)) && i < DAEMON_PROTOCOLS)
		if (proto->leave && d->protos[i])
			proto->leave(d->protos[i], name, sg);
}

/* The protocols are asked in their order, as for a command. */
static int load_join(struct daemon *d, struct json_object *row)
{
	const char *name = text_of(row, "interface");
	const struct proto *proto;
	char why[CHECK_WHY];
	struct mgm_sg sg;
	int err = -ENOENT;
	size_t i;

	if (check_name(name, why) ||
	    check_group(text_of(row, "group"), &sg.group, why) ||
	    check_source(text_of(row, "source"), &sg.source, why))
		return -EINVAL;
	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++) {
		if (!proto->join || !d->protos[i])
			continue;
		err = proto->join(d->protos[i], name, sg, 0);
		if (err != -ENOENT)
			break;
	}
	if (!err || err == -EINPROGRESS)
		leave_others(d, i, name, sg);
	return err;
}

static int load_take(struct daemon *d, struct json_object *row)
{
	const char *protocol = text_of(row, "protocol");
	const struct proto *proto;
	size_t i;

	for (i = 0; (proto = proto_get(i)) && i < DAEMON_PROTOCOLS; i++)
		if (proto->take && d->protos[i] &&
		    !strcmp(proto->name, protocol))
			return proto->take(d->protos[i],
					   text_of(row, "interface"), 0);
	return -ENOENT;
}

static void load_rows(struct daemon *d, struct json_object *rows,
		      int (*load)(struct daemon *d, struct json_object *row))
{
	struct json_object *row;
	size_t i;
	int err;

	if (!json_object_is_type(rows, json_type_array))
		return;
	for (i = 0; i < json_object_array_length(rows); i++) {
		row = json_object_array_get_idx(rows, i);
		err = load(d, row);
		if (err && err != -EINPROGRESS)
			log_warn("%s, made by command, is not kept: %s",
				 json_object_to_json_string_ext(
					 row, JSON_C_TO_STRING_PLAIN),
				 strerror(-err));
	}
}

void state_load(struct daemon *d)
{
	struct json_object *state, *rows;
	char path[PATH_LEN];

	state_path(d, path);
	if (access(path, R_OK))
		return;
	state = json_object_from_file(path);
	if (!state) {
		log_warn("%s cannot be read: joins and takes of the run before "
			 "are not kept",
			 path);
		return;
	}
	if (json_object_object_get_ex(state, "taken", &rows))
		load_rows(d, rows, load_take);
	if (json_object_object_get_ex(state, "joins", &rows))
		load_rows(d, rows, load_join);
	json_object_put(state);
}

void state_rejoin(struct daemon *d, struct json_object *joins)
{
	load_rows(d, joins, load_join);
	json_object_put(joins);
}
