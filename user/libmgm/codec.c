/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/* See codec.h: texts, numbers and bytes; structs are in codec_struct.c. */
#include "libmgm/codec.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- addresses -------------------------------------------------------- */

static int parse_address(const char *text, struct mgm_address *address)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		*address = mgm_address_v4(v4);
		return 0;
	}
	return inet_pton(AF_INET6, text, address->bytes) == 1 ? 0 : -EINVAL;
}

/* Three digits at most, no more than max. */
static int parse_length(const char *text, unsigned int max, uint8_t *length)
{
	unsigned int value = 0;
	size_t i;

	for (i = 0; text[i]; i++) {
		if (text[i] < '0' || text[i] > '9' || i == 3)
			return -EINVAL;
		value = value * 10 + (unsigned int)(text[i] - '0');
	}
	if (!i || value > max)
		return -EINVAL;
	*length = (uint8_t)value;
	return 0;
}

/* "10.0.0.0/8"; without a length it is one address. Bits behind the prefix
 * are not looked at. */
static int parse_prefix(const char *text, struct mgm_prefix *prefix)
{
	const char *slash = strchr(text, '/');
	char address[CODEC_ADDRESS_TEXT];
	struct mgm_address parsed;
	size_t len = slash ? (size_t)(slash - text) : strlen(text);
	uint8_t whole;

	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (parse_address(address, &parsed))
		return -EINVAL;
	*prefix = mgm_prefix_of(&parsed);
	whole = prefix->length;
	return slash ? parse_length(slash + 1, whole, &prefix->length) : 0;
}

const char *codec_address_text(const struct mgm_address *address,
			       char buffer[CODEC_ADDRESS_TEXT])
{
	bool v4 = mgm_address_is_v4(address);

	return inet_ntop(v4 ? AF_INET : AF_INET6,
			 address->bytes + (v4 ? 12 : 0), buffer,
			 CODEC_ADDRESS_TEXT);
}

const char *codec_prefix_text(const struct mgm_prefix *prefix,
			      char buffer[CODEC_PREFIX_TEXT])
{
	const struct mgm_prefix whole = mgm_prefix_of(&prefix->address);
	size_t len;

	codec_address_text(&prefix->address, buffer);
	len = strlen(buffer);
	if (prefix->length != whole.length)
		snprintf(buffer + len, CODEC_PREFIX_TEXT - len, "/%u",
			 prefix->length);
	return buffer;
}

static bool is_any(const struct mgm_address *address)
{
	static const struct mgm_address v6;
	const struct mgm_address v4 = MGM_ADDRESS_V4_ANY;

	return mgm_address_equal(address, &v4) ||
	       mgm_address_equal(address, &v6);
}

struct json_object *codec_address(const struct mgm_address *address)
{
	char text[CODEC_ADDRESS_TEXT];

	if (is_any(address))
		return NULL;
	return json_object_new_string(codec_address_text(address, text));
}

struct json_object *codec_prefix(const struct mgm_prefix *prefix)
{
	char text[CODEC_PREFIX_TEXT];

	return json_object_new_string(codec_prefix_text(prefix, text));
}

int codec_read_address(struct json_object *value, struct mgm_address *address)
{
	*address = MGM_ADDRESS_V4_ANY;
	if (!value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return -EINVAL;
	return parse_address(json_object_get_string(value), address);
}

int codec_read_prefix(struct json_object *value, struct mgm_prefix *prefix)
{
	*prefix = (struct mgm_prefix){.address = MGM_ADDRESS_V4_ANY};
	if (!value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return -EINVAL;
	return parse_prefix(json_object_get_string(value), prefix);
}

void codec_add_sg(struct json_object *object, const struct mgm_sg *sg)
{
	if (sg->source.length)
		json_object_object_add(object, "source",
				       codec_prefix(&sg->source));
	if (sg->group.length)
		json_object_object_add(object, "group",
				       codec_prefix(&sg->group));
}

/* Any, of the family that the other one is of. */
static void any_like(struct mgm_prefix *any, const struct mgm_prefix *other)
{
	*any = (struct mgm_prefix){.length = 0};
	if (mgm_address_is_v4(&other->address))
		any->address = MGM_ADDRESS_V4_ANY;
}

int codec_read_flow(struct json_object *source, struct json_object *group,
		    struct mgm_sg *sg)
{
	if (codec_read_prefix(source, &sg->source) ||
	    codec_read_prefix(group, &sg->group))
		return -EINVAL;
	if (!source)
		any_like(&sg->source, &sg->group);
	else if (!group)
		any_like(&sg->group, &sg->source);
	return 0;
}

int codec_read_sg(struct json_object *object, struct mgm_sg *sg)
{
	return codec_read_flow(json_object_object_get(object, "source"),
			       json_object_object_get(object, "group"), sg);
}

/* --- numbers, and their names ------------------------------------------ */

int codec_read_number(struct json_object *value, uint64_t max, uint64_t *number)
{
	if (!json_object_is_type(value, json_type_int) ||
	    json_object_get_int64(value) < 0)
		return -EINVAL;
	*number = json_object_get_uint64(value);
	return *number > max ? -EINVAL : 0;
}

int codec_read_token(struct json_object *value, uint64_t *token)
{
	const char *text;
	char *end;

	if (!json_object_is_type(value, json_type_string))
		return -EINVAL;
	text = json_object_get_string(value);
	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*token = strtoull(text, &end, 10);
	return *end || errno ? -EINVAL : 0;
}

/* Names by number; a hole is a number without a name. */
static const char *const roles[] = {MGM_ROLE_NAMES};
static const char *const filters[] = {MGM_FILTER_NAMES};
static const char *const causes[] = {MGM_CAUSE_NAMES};
static const char *const states[] = {MGM_STATE_NAMES};
static const char *const deletions[] = {MGM_DELETED_NAMES};
static const char *const gates[] = {MGM_GATE_NAMES};
static const char *const route_flags[] = {"leave_to_kernel"};
static const char *const flags[] = {"join", "forward"};
static const char *const interface_flags[] = {"up", "point_to_point",
					      "loopback", "multicast"};
static const char *const callbacks[] = {
#define CALLBACK_NAME(name) #name,
	CODEC_CALLBACKS(CALLBACK_NAME)
#undef CALLBACK_NAME
};

static const struct {
	const char *const *texts;
	unsigned int count;
} tables[] = {
#define TABLE(of)                                \
	{                                        \
		of, sizeof(of) / sizeof((of)[0]) \
	}
	[CODEC_ROLE] = TABLE(roles),
	[CODEC_FILTER] = TABLE(filters),
	[CODEC_CAUSE] = TABLE(causes),
	[CODEC_STATE] = TABLE(states),
	[CODEC_CALLBACK] = TABLE(callbacks),
	[CODEC_GATE] = TABLE(gates),
	[CODEC_DELETION] = TABLE(deletions),
	[CODEC_MEMBERSHIP_FLAG] = TABLE(flags),
	[CODEC_INTERFACE_FLAG] = TABLE(interface_flags),
	[CODEC_ROUTE_FLAG] = TABLE(route_flags),
#undef TABLE
};

const char *codec_name(enum codec_names names, unsigned int number)
{
	return number < tables[names].count ? tables[names].texts[number]
					    : NULL;
}

int codec_number(enum codec_names names, const char *text, unsigned int *number)
{
	const char *name;
	unsigned int i;

	for (i = 0; i < tables[names].count; i++) {
		name = tables[names].texts[i];
		if (name && !strcmp(name, text)) {
			*number = i;
			return 0;
		}
	}
	return -EINVAL;
}

int codec_read_word(struct json_object *value, enum codec_names names,
		    unsigned int *number)
{
	if (!json_object_is_type(value, json_type_string))
		return -EINVAL;
	return codec_number(names, json_object_get_string(value), number);
}

struct json_object *codec_bits(enum codec_names names, uint32_t bits)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < tables[names].count; i++)
		if (bits & 1u << i)
			json_object_array_add(
				array,
				json_object_new_string(tables[names].texts[i]));
	return array;
}

int codec_read_bits(enum codec_names names, struct json_object *value,
		    uint32_t *bits)
{
	struct json_object *word;
	unsigned int number;
	size_t i;

	*bits = 0;
	if (!value)
		return 0;
	if (!json_object_is_type(value, json_type_array))
		return -EINVAL;
	for (i = 0; i < json_object_array_length(value); i++) {
		word = json_object_array_get_idx(value, i);
		if (!json_object_is_type(word, json_type_string))
			return -EINVAL;
		if (!codec_number(names, json_object_get_string(word), &number))
			*bits |= 1u << number;
	}
	return 0;
}

int codec_error(const char *name)
{
#define ERROR_NUMBER(id, meaning) \
	if (!strcmp(name, #id))   \
		return -id;
	MGM_ERRORS(ERROR_NUMBER)
#undef ERROR_NUMBER
	return -EPROTO;
}

/* --- bytes -------------------------------------------------------------- */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789+/";

struct json_object *codec_bytes(const uint8_t *bytes, size_t len)
{
	struct json_object *object;
	size_t i, j, have, out = 0;
	char *text = malloc((len + 2) / 3 * 4 + 1);
	uint32_t value;

	if (!text)
		return NULL;
	for (i = 0; i < len; i += 3) {
		have = len - i < 3 ? len - i : 3;
		for (j = 0, value = 0; j < 3; j++)
			value = value << 8 | (j < have ? bytes[i + j] : 0);
		for (j = 0; j < 4; j++)
			text[out++] =
				j <= have ? digits[value >> (18 - 6 * j) & 63]
					  : '=';
	}
	object = json_object_new_string_len(text, (int)out);
	free(text);
	return object;
}

int codec_read_bytes(struct json_object *value, uint8_t *bytes, size_t *len)
{
	size_t room = *len, text_len, i;
	unsigned int bits = 0;
	uint32_t held = 0;
	const char *text, *digit;

	*len = 0;
	if (!json_object_is_type(value, json_type_string))
		return -EINVAL;
	text = json_object_get_string(value);
	text_len = (size_t)json_object_get_string_len(value);
	if (text_len % 4)
		return -EINVAL;
	while (text_len && text[text_len - 1] == '=')
		text_len--;
	for (i = 0; i < text_len; i++) {
		digit = text[i] ? strchr(digits, text[i]) : NULL;
		if (!digit)
			return -EINVAL;
		held = held << 6 | (uint32_t)(digit - digits);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		if (*len == room)
			return -EINVAL;
		bytes[(*len)++] = (uint8_t)(held >> bits);
	}
	return 0;
}
