/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/* See codec.h: the structs of mgm.h that are read, member by member. */
#include "libmgm/codec.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- what they consist of ------------------------------------------------ */

#define FIELD(type, kind, member)                                       \
	{                                                               \
#member, CODEC_##kind, 0, offsetof(struct type, member) \
	}
#define BITS(type, names, member)                     \
	{                                             \
#member, CODEC_FLAGS, CODEC_##names,  \
			offsetof(struct type, member) \
	}
#define NAMED(type, names, member)                    \
	{                                             \
#member, CODEC_ENUM, CODEC_##names,   \
			offsetof(struct type, member) \
	}

static const struct codec_field mfe_fields[] = {
	FIELD(mgm_mfe_info, SG, flow),
	FIELD(mgm_mfe_info, U32, iif),
	FIELD(mgm_mfe_info, U32, owner),
	FIELD(mgm_mfe_info, U32, component),
	FIELD(mgm_mfe_info, ADDRESS, upstream),
	NAMED(mgm_mfe_info, STATE, state),
	FIELD(mgm_mfe_info, BOOL, is_static),
	FIELD(mgm_mfe_info, BOOL, routed),
	FIELD(mgm_mfe_info, PREFIX, rib_prefix),
	FIELD(mgm_mfe_info, U32, rib_protocol),
	FIELD(mgm_mfe_info, U32, rib_component),
	FIELD(mgm_mfe_info, U8, rib_distance),
	FIELD(mgm_mfe_info, U64, packets),
	FIELD(mgm_mfe_info, U64, bytes),
	FIELD(mgm_mfe_info, U64, wrong_if),
	FIELD(mgm_mfe_info, U64, uptime_ms),
	FIELD(mgm_mfe_info, U64, expires_ms),
	FIELD(mgm_mfe_info, U64, timeout_ms),
	FIELD(mgm_mfe_info, U32, oif_count),
};

const struct codec_struct *codec_mfe_info(void)
{
	static const struct codec_struct description = {mfe_fields,
							COUNT(mfe_fields)};

	return &description;
}

static const struct codec_field oif_fields[] = {
	FIELD(mgm_mfe_oif, U32, ifid),
	FIELD(mgm_mfe_oif, U64, packets),
	FIELD(mgm_mfe_oif, U64, bytes),
};

const struct codec_struct *codec_mfe_oif(void)
{
	static const struct codec_struct description = {oif_fields,
							COUNT(oif_fields)};

	return &description;
}

static const struct codec_field membership_fields[] = {
	FIELD(mgm_membership_info, SG, sg),
	FIELD(mgm_membership_info, U32, ifid),
	FIELD(mgm_membership_info, BOOL, by_igmp),
	NAMED(mgm_membership_info, FILTER, filter),
	FIELD(mgm_membership_info, U32, protocol),
	FIELD(mgm_membership_info, U32, component),
};

const struct codec_struct *codec_membership_info(void)
{
	static const struct codec_struct description = {
		membership_fields, COUNT(membership_fields)};

	return &description;
}

static const struct codec_field client_fields[] = {
	FIELD(mgm_client_info, U32, protocol),
	FIELD(mgm_client_info, U32, component),
	NAMED(mgm_client_info, ROLE, role),
	FIELD(mgm_client_info, TEXT, name),
	FIELD(mgm_client_info, BOOL, lost),
	FIELD(mgm_client_info, BOOL, silent),
	FIELD(mgm_client_info, U32, interface_count),
};

const struct codec_struct *codec_client_info(void)
{
	static const struct codec_struct description = {client_fields,
							COUNT(client_fields)};

	return &description;
}

static const struct codec_field rib_fields[] = {
	FIELD(mgm_rib_route, PREFIX, prefix),
	FIELD(mgm_rib_route, ADDRESS, upstream),
	FIELD(mgm_rib_route, U32, ifid),
	FIELD(mgm_rib_route, U32, metric),
	FIELD(mgm_rib_route, U8, distance),
	FIELD(mgm_rib_route, BOOL, down),
	FIELD(mgm_rib_route, U32, protocol),
	FIELD(mgm_rib_route, U32, component),
};

const struct codec_struct *codec_rib_route(void)
{
	static const struct codec_struct description = {rib_fields,
							COUNT(rib_fields)};

	return &description;
}

static const struct codec_field interface_fields[] = {
	FIELD(mgm_interface_info, U32, ifid),
	FIELD(mgm_interface_info, TEXT, name),
	BITS(mgm_interface_info, INTERFACE_FLAG, flags),
	FIELD(mgm_interface_info, U32, mtu),
	FIELD(mgm_interface_info, U32, ttl_threshold),
	FIELD(mgm_interface_info, U32, owner),
	FIELD(mgm_interface_info, U32, component),
	FIELD(mgm_interface_info, BOOL, igmp),
	NAMED(mgm_interface_info, GATE, gate),
	FIELD(mgm_interface_info, U32, epoch),
	FIELD(mgm_interface_info, U32, groups),
	FIELD(mgm_interface_info, U32, address_count),
	FIELD(mgm_interface_info, U32, unpulled),
	FIELD(mgm_interface_info, U32, unserved),
	FIELD(mgm_interface_info, U32, unpulled_groups),
};

const struct codec_struct *codec_interface_info(void)
{
	static const struct codec_struct description = {
		interface_fields, COUNT(interface_fields)};

	return &description;
}

static const struct codec_field address_fields[] = {
	FIELD(mgm_interface_address, ADDRESS, address),
	FIELD(mgm_interface_address, ADDRESS, peer),
	FIELD(mgm_interface_address, U8, length),
};

const struct codec_struct *codec_interface_address(void)
{
	static const struct codec_struct description = {address_fields,
							COUNT(address_fields)};

	return &description;
}

/* --- both directions ------------------------------------------------------ */

static size_t kind_size(enum codec_kind kind)
{
	static const size_t sizes[] = {
		[CODEC_U8] = sizeof(uint8_t),
		[CODEC_U32] = sizeof(uint32_t),
		[CODEC_U64] = sizeof(uint64_t),
		[CODEC_BOOL] = sizeof(bool),
		[CODEC_TEXT] = 16,
		[CODEC_ADDRESS] = sizeof(struct mgm_address),
		[CODEC_PREFIX] = sizeof(struct mgm_prefix),
		[CODEC_SG] = sizeof(struct mgm_sg),
		[CODEC_ENUM] = sizeof(enum mgm_state),
		[CODEC_FLAGS] = sizeof(uint32_t),
	};

	return sizes[kind];
}

static struct json_object *number_value(enum codec_kind kind, const void *from)
{
	uint64_t wide = 0;
	uint32_t number = 0;

	if (kind == CODEC_U64)
		memcpy(&wide, from, sizeof(wide));
	else if (kind == CODEC_U32)
		memcpy(&number, from, sizeof(number));
	else
		number = *(const uint8_t *)from;
	return json_object_new_uint64(kind == CODEC_U64 ? wide : number);
}

static struct json_object *field_value(const struct codec_field *field,
				       const void *from)
{
	const char *text;
	unsigned int number;

	switch (field->kind) {
	case CODEC_BOOL:
		return json_object_new_boolean(*(const bool *)from);
	case CODEC_TEXT:
		return json_object_new_string(from);
	case CODEC_ADDRESS:
		return codec_address(from);
	case CODEC_PREFIX:
		return codec_prefix(from);
	case CODEC_ENUM:
		memcpy(&number, from, sizeof(number));
		text = codec_name(field->names, number);
		return text ? json_object_new_string(text) : NULL;
	case CODEC_FLAGS:
		memcpy(&number, from, sizeof(number));
		return codec_bits(field->names, number);
	default:
		return number_value(field->kind, from);
	}
}

void codec_write(const struct codec_struct *description, const void *from,
		 size_t size, struct json_object *object)
{
	const struct codec_field *field = description->fields;
	size_t i;

	for (i = 0; i < description->count; i++, field++) {
		const void *at = (const uint8_t *)from + field->offset;

		if (field->offset + kind_size(field->kind) > size)
			continue;
		if (field->kind == CODEC_SG)
			codec_add_sg(object, at);
		else
			json_object_object_add(object, field->name,
					       field_value(field, at));
	}
}

static int read_number(struct json_object *value, enum codec_kind kind,
		       void *to)
{
	static const uint64_t max[] = {
		[CODEC_U8] = UINT8_MAX,
		[CODEC_U32] = UINT32_MAX,
		[CODEC_U64] = UINT64_MAX,
	};
	uint64_t wide;
	uint32_t number;

	if (codec_read_number(value, max[kind], &wide))
		return -EINVAL;
	number = (uint32_t)wide;
	if (kind == CODEC_U64)
		memcpy(to, &wide, sizeof(wide));
	else if (kind == CODEC_U32)
		memcpy(to, &number, sizeof(number));
	else
		*(uint8_t *)to = (uint8_t)wide;
	return 0;
}

static int read_text(struct json_object *value, char to[16])
{
	int len = json_object_get_string_len(value);

	if (!json_object_is_type(value, json_type_string) || len > 15)
		return -EINVAL;
	memcpy(to, json_object_get_string(value), (size_t)len);
	memset(to + len, 0, 16 - (size_t)len);
	return 0;
}

static int read_enum(struct json_object *value, enum codec_names names,
		     void *to)
{
	unsigned int number;

	if (codec_read_word(value, names, &number))
		return -EINVAL;
	memcpy(to, &number, sizeof(number));
	return 0;
}

static int read_field(const struct codec_field *field,
		      struct json_object *value, void *to)
{
	switch (field->kind) {
	case CODEC_BOOL:
		if (!json_object_is_type(value, json_type_boolean))
			return -EINVAL;
		*(bool *)to = json_object_get_boolean(value);
		return 0;
	case CODEC_TEXT:
		return read_text(value, to);
	case CODEC_ADDRESS:
		return codec_read_address(value, to);
	case CODEC_PREFIX:
		return codec_read_prefix(value, to);
	case CODEC_ENUM:
		return read_enum(value, field->names, to);
	case CODEC_FLAGS:
		return codec_read_bits(field->names, value, to);
	default:
		return read_number(value, field->kind, to);
	}
}

int codec_read(const struct codec_struct *description,
	       struct json_object *object, void *to, size_t size)
{
	const struct codec_field *field = description->fields;
	struct json_object *value;
	size_t i;
	int err = 0;

	for (i = 0; i < description->count && !err; i++, field++) {
		void *at = (uint8_t *)to + field->offset;

		if (field->offset + kind_size(field->kind) > size)
			continue;
		if (field->kind == CODEC_SG)
			err = codec_read_sg(object, at);
		else if (json_object_object_get_ex(object, field->name, &value))
			err = read_field(field, value, at);
	}
	return err;
}
