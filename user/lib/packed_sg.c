/* SPDX-License-Identifier: GPL-2.0-only */
/* See packed_sg.h. A byte says of which family they are; then the lengths of
 * the prefixes, then their addresses. */
#include "packed_sg.h"

#include <string.h>

#define HEAD	  3
#define V4_SOURCE 1
#define V4_GROUP  2

static size_t address_size(uint8_t families, uint8_t v4)
{
	return families & v4 ? sizeof(struct in_addr)
			     : sizeof(struct mgm_address);
}

size_t packed_sg_size(const uint8_t *packed)
{
	return HEAD + address_size(*packed, V4_SOURCE) +
	       address_size(*packed, V4_GROUP);
}

/* The last bytes of an address are those that differ in its family. */
static const uint8_t *address_tail(const struct mgm_address *a, size_t size)
{
	return a->bytes + sizeof(a->bytes) - size;
}

size_t packed_sg_put(uint8_t *to, const struct mgm_sg *sg)
{
	const struct mgm_address *source = &sg->source.address;
	const struct mgm_address *group = &sg->group.address;
	size_t source_size, group_size;

	to[0] = (uint8_t)((mgm_address_is_v4(source) ? V4_SOURCE : 0) |
			  (mgm_address_is_v4(group) ? V4_GROUP : 0));
	to[1] = sg->source.length;
	to[2] = sg->group.length;
	source_size = address_size(to[0], V4_SOURCE);
	group_size = address_size(to[0], V4_GROUP);
	memcpy(to + HEAD, address_tail(source, source_size), source_size);
	memcpy(to + HEAD + source_size, address_tail(group, group_size),
	       group_size);
	return HEAD + source_size + group_size;
}

/* Returns what is behind it. */
static const uint8_t *address_take(const uint8_t *from, uint8_t families,
				   uint8_t v4, struct mgm_address *a)
{
	const size_t size = address_size(families, v4);

	if (families & v4)
		*a = MGM_ADDRESS_V4_ANY;
	memcpy(a->bytes + sizeof(a->bytes) - size, from, size);
	return from + size;
}

struct mgm_sg packed_sg_get(const uint8_t *from)
{
	const uint8_t families = *from;
	struct mgm_sg sg;

	memset(&sg, 0, sizeof(sg));
	sg.source.length = from[1];
	sg.group.length = from[2];
	from = address_take(from + HEAD, families, V4_SOURCE,
			    &sg.source.address);
	address_take(from, families, V4_GROUP, &sg.group.address);
	return sg;
}
