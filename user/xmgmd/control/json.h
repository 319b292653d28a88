/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Members of the JSON objects that clients are shown.
 */
#ifndef XMGM_XMGMD_CONTROL_JSON_H
#define XMGM_XMGMD_CONTROL_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <json-c/json.h>

#include "xmgm/mgm.h"

/* An address: "*" for 0.0.0.0 if star, else null. */
struct json_object *json_address(const struct mgm_address *address, bool star);
/* "*", "239.1.1.1" or "239.1.0.0/16". */
struct json_object *json_prefix(const struct mgm_prefix *prefix);
/* NULL is null. */
void json_add_text(struct json_object *object, const char *key,
		   const char *text);
void json_add_number(struct json_object *object, const char *key,
		     uint64_t value);
void json_add_flag(struct json_object *object, const char *key, bool value);
/* Remaining milliseconds as seconds; 0 (does not expire) as null. */
void json_add_expiry(struct json_object *object, const char *key, uint64_t ms);

#endif /* XMGM_XMGMD_CONTROL_JSON_H */
