/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * A line of the wire, parsed: all of it or nothing. Before its version 0.17
 * json-c leaves out what it has no memory for and says nothing, so an (S,G)
 * could arrive as a (*,G); here what has been parsed is counted.
 */
#ifndef XMGM_LIBMGM_PARSE_H
#define XMGM_LIBMGM_PARSE_H

#include <json-c/json.h>
#include <stddef.h>

/* With room for the texts of the wire; NULL: no memory. */
struct json_tokener *parse_new(void);
/* An object, the caller's; else NULL and *err: -EPROTO it is none, -ENOMEM. The
 * byte behind the line is 0. */
struct json_object *parse_line(struct json_tokener *tokener, const char *line,
			       size_t length, int *err);

#endif /* XMGM_LIBMGM_PARSE_H */
