/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * What mgm.h speaks of, as members of JSON objects: addresses, prefixes,
 * flows, names of numbers, and the structs that are read. The daemon and
 * libmgm share it, so that both ends of the socket say the same.
 * doc/protocol.md is its description.
 *
 * Readers take NULL (JSON's null, or a member that is not there) and values of
 * any type. Functions return 0 or -EINVAL unless it is said otherwise; what
 * they fill in is then undefined.
 */
#ifndef XMGM_LIBMGM_CODEC_H
#define XMGM_LIBMGM_CODEC_H

#include <json-c/json.h>

#include "xmgm/mgm.h"

#define CODEC_ADDRESS_TEXT INET6_ADDRSTRLEN
#define CODEC_PREFIX_TEXT  (INET6_ADDRSTRLEN + 4)

/* --- addresses -------------------------------------------------------- */

const char *codec_address_text(const struct mgm_address *address,
			       char buffer[CODEC_ADDRESS_TEXT]);
/* One address is written without its length. */
const char *codec_prefix_text(const struct mgm_prefix *prefix,
			      char buffer[CODEC_PREFIX_TEXT]);

/* A text; an address that is any is null. NULL without memory as well. */
struct json_object *codec_address(const struct mgm_address *address);
struct json_object *codec_prefix(const struct mgm_prefix *prefix);
/* null is any, of IPv4. */
int codec_read_address(struct json_object *value, struct mgm_address *address);
int codec_read_prefix(struct json_object *value, struct mgm_prefix *prefix);

/* "source" and "group"; any is left out, and is of the other's family. */
void codec_add_sg(struct json_object *object, const struct mgm_sg *sg);
int codec_read_sg(struct json_object *object, struct mgm_sg *sg);
/* The same of two values. */
int codec_read_flow(struct json_object *source, struct json_object *group,
		    struct mgm_sg *sg);

/* --- numbers, and their names ------------------------------------------ */

/* An integer of 0 to max; not a double, not a text. */
int codec_read_number(struct json_object *value, uint64_t max,
		      uint64_t *number);
/* Of a text: tokens do not fit into every language's numbers. */
int codec_read_token(struct json_object *value, uint64_t *token);

/* Text of a number, number of a text; NULL and -EINVAL if there is none. */
enum codec_names {
	CODEC_ROLE,
	CODEC_FILTER,
	CODEC_CAUSE,
	CODEC_STATE,
	CODEC_CALLBACK, /* enum codec_callback */
	CODEC_GATE,
	CODEC_DELETION,
	/* Names of bits, by their place: bit 0 is the first. */
	CODEC_MEMBERSHIP_FLAG,
	CODEC_INTERFACE_FLAG,
	CODEC_ROUTE_FLAG,
};

const char *codec_name(enum codec_names names, unsigned int number);
int codec_number(enum codec_names names, const char *text,
		 unsigned int *number);
/* Of a value, which may be of any type. */
int codec_read_word(struct json_object *value, enum codec_names names,
		    unsigned int *number);

/* An array of names of bits; a bit without a name is left out, a name that is
 * unknown ignored. read: null is 0. */
struct json_object *codec_bits(enum codec_names names, uint32_t bits);
int codec_read_bits(enum codec_names names, struct json_object *value,
		    uint32_t *bits);

/* The members of struct mgm_callbacks, in its order. */
#define CODEC_CALLBACKS(X)   \
	X(rpf)               \
	X(creation)          \
	X(join)              \
	X(prune)             \
	X(local_join)        \
	X(local_leave)       \
	X(wrong_if)          \
	X(disable_igmp)      \
	X(enable_igmp)       \
	X(ownership)         \
	X(rib_changed)       \
	X(interface_changed) \
	X(interface_gone)    \
	X(mfe_made)          \
	X(mfe_deleted)       \
	X(local_block)       \
	X(local_unblock)     \
	X(membership_changed)

enum codec_callback {
#define CODEC_CALLBACK_ID(name) CODEC_ON_##name,
	CODEC_CALLBACKS(CODEC_CALLBACK_ID)
#undef CODEC_CALLBACK_ID
		CODEC_CALLBACK_COUNT,
};

/* -EEXIST of "EEXIST"; -EPROTO: a name that we do not know. */
int codec_error(const char *name);

/* --- bytes -------------------------------------------------------------- */

/* RFC 4648 section 4, padded. NULL: no memory. */
struct json_object *codec_bytes(const uint8_t *bytes, size_t len);
/* *len: the room; then what there was, -EINVAL if it does not fit. */
int codec_read_bytes(struct json_object *value, uint8_t *bytes, size_t *len);

/* --- structs -------------------------------------------------------------- */

/*
 * One description for both directions. A struct's own `size` bounds what is
 * read from it and written to it, as mgm.h has it; arrays of theirs are the
 * caller's business.
 */
enum codec_kind {
	CODEC_U8,
	CODEC_U32,
	CODEC_U64,
	CODEC_BOOL,
	CODEC_TEXT, /* char[16] */
	CODEC_ADDRESS,
	CODEC_PREFIX,
	CODEC_SG,    /* two members: "source" and "group"; no name of its own */
	CODEC_ENUM,  /* an enum, by its names */
	CODEC_FLAGS, /* uint32_t, by the names of its bits */
};

struct codec_field {
	const char *name;
	enum codec_kind kind;
	enum codec_names names; /* of CODEC_ENUM */
	size_t offset;
};

struct codec_struct {
	const struct codec_field *fields;
	size_t count;
};

const struct codec_struct *codec_mfe_info(void);
const struct codec_struct *codec_mfe_oif(void);
const struct codec_struct *codec_membership_info(void);
const struct codec_struct *codec_client_info(void);
const struct codec_struct *codec_rib_route(void);
const struct codec_struct *codec_interface_info(void);
const struct codec_struct *codec_interface_address(void);

/* Members of object, of what `from` has in its first size bytes. */
void codec_write(const struct codec_struct *description, const void *from,
		 size_t size, struct json_object *object);
/* What is not there stays as it is. */
int codec_read(const struct codec_struct *description,
	       struct json_object *object, void *to, size_t size);

#endif /* XMGM_LIBMGM_CODEC_H */
