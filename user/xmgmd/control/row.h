/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What protocols say of themselves, member by member (struct proto_row of
 * proto.h), as a JSON object.
 */
#ifndef XMGM_XMGMD_CONTROL_ROW_H
#define XMGM_XMGMD_CONTROL_ROW_H

#include <json-c/json.h>

#include "proto/proto.h"

#define ROW_DEPTH 4 /* of members in members */

/* The object at work, and those it will be a member of. */
struct row {
	struct json_object *object[ROW_DEPTH];
	unsigned int depth; /* objects above it */
};

/* What puts members into this object from now on; valid as long as *row. */
struct proto_row row_into(struct row *row, struct json_object *object);

#endif /* XMGM_XMGMD_CONTROL_ROW_H */
