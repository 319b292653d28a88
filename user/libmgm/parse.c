/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/* See parse.h. */
#include "libmgm/parse.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define PARSE_TEXT 4096 /* bytes of a text on the wire: sentences, packets */

/* --- how much there is ----------------------------------------------------- */

/* Members and elements, of all objects and arrays in it. */
static size_t count_parsed(struct json_object *value)
{
	struct json_object_iterator at, end;
	size_t i, n = 0;

	if (json_object_is_type(value, json_type_array)) {
		n = json_object_array_length(value);
		for (i = n; i--;)
			n += count_parsed(json_object_array_get_idx(value, i));
	}
	if (!json_object_is_type(value, json_type_object))
		return n;
	at = json_object_iter_begin(value);
	end = json_object_iter_end(value);
	for (; !json_object_iter_equal(&at, &end); json_object_iter_next(&at))
		n += 1 + count_parsed(json_object_iter_peek_value(&at));
	return n;
}

/* Behind a text's closing quote; it begins behind the opening one. */
static const char *behind_text(const char *at)
{
	while (*at && *at != '"')
		at += *at == '\\' && at[1] ? 2 : 1;
	return *at ? at + 1 : at;
}

/* The same of the line: what stands behind a comma, or first in brackets. */
static size_t count_written(const char *at)
{
	bool first = false;
	size_t n = 0;
	char c;

	while ((c = *at++)) {
		if (c == ' ' || c == '\t' || c == '\r')
			continue;
		if (first && c != ']' && c != '}')
			n++;
		n += c == ',';
		first = c == '[' || c == '{';
		if (c == '"')
			at = behind_text(at);
	}
	return n;
}

/* --- parsing ---------------------------------------------------------------- */

/* Texts are put together in a buffer that only grows: let it do so now. */
static bool make_room(struct json_tokener *tokener)
{
	char text[PARSE_TEXT + 3];
	struct json_object *value;
	bool made;

	memset(text, 'x', sizeof(text));
	text[0] = text[PARSE_TEXT + 1] = '"';
	text[PARSE_TEXT + 2] = '\0';
	value = json_tokener_parse_ex(tokener, text, sizeof(text));
	made = json_object_is_type(value, json_type_string) &&
	       json_object_get_string_len(value) == PARSE_TEXT;
	json_object_put(value);
	return made;
}

struct json_tokener *parse_new(void)
{
	struct json_tokener *tokener = json_tokener_new();

	if (tokener && !make_room(tokener)) {
		json_tokener_free(tokener);
		tokener = NULL;
	}
	return tokener;
}

/* No word of the line is wrong, and still there is no value. */
static bool short_of_memory(struct json_tokener *tokener, const char *line)
{
	return json_tokener_get_error(tokener) == json_tokener_success &&
	       *line == '{';
}

struct json_object *parse_line(struct json_tokener *tokener, const char *line,
			       size_t length, int *err)
{
	struct json_object *object;

	json_tokener_reset(tokener);
	object = json_tokener_parse_ex(tokener, line, (int)length + 1);
	*err = 0;
	if (!json_object_is_type(object, json_type_object))
		*err = !object && short_of_memory(tokener, line) ? -ENOMEM
								 : -EPROTO;
	else if (count_parsed(object) != count_written(line))
		*err = -ENOMEM;
	if (!*err)
		return object;
	json_object_put(object);
	return NULL;
}
