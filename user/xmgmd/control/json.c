/* SPDX-License-Identifier: GPL-2.0-only */
/* See json.h. */
#include "xmgmd/control/json.h"

#include "lib/address.h"

struct json_object *json_address(const struct mgm_address *address, bool star)
{
	char text[ADDRESS_TEXT];

	if (address_is_any(address) && !star)
		return NULL;
	return json_object_new_string(address_name(address, text));
}

struct json_object *json_prefix(const struct mgm_prefix *prefix)
{
	char text[ADDRESS_PREFIX_TEXT];

	return json_object_new_string(
		address_prefix_name(&prefix->address, prefix->length, text));
}

void json_add_text(struct json_object *object, const char *key,
		   const char *text)
{
	json_object_object_add(object, key,
			       text ? json_object_new_string(text) : NULL);
}

void json_add_number(struct json_object *object, const char *key,
		     uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void json_add_flag(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

void json_add_expiry(struct json_object *object, const char *key, uint64_t ms)
{
	json_object_object_add(object, key,
			       ms ? json_object_new_uint64((ms + 999) / 1000)
				  : NULL);
}
