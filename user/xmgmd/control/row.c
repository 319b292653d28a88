/* SPDX-License-Identifier: GPL-2.0-only */
/* See row.h. */
#include "xmgmd/control/row.h"

#include <stdio.h>

#include "xmgmd/control/json.h"

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

struct proto_row row_into(struct row *row, struct json_object *object)
{
	*row = (struct row){.object = {object}};
	return (struct proto_row){
		.arg = row,
		.open = row_open,
		.close = row_close,
		.text = row_text,
		.address = row_address,
		.flag = row_flag,
		.number = row_number,
		.seconds = row_seconds,
	};
}
