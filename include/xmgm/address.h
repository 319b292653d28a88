/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * Addresses, prefixes and flows as the group manager's clients see them. An
 * address is 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291
 * section 2.5.5.2). IPv4's "any" is ::ffff:0.0.0.0, IPv6's is ::.
 */
#ifndef XMGM_ADDRESS_H
#define XMGM_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <netinet/in.h>

struct mgm_address {
	uint8_t bytes[16];
} __attribute__((aligned(4)));

#define MGM_ADDRESS_V4_ANY \
	((struct mgm_address){{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}})

static inline struct mgm_address mgm_address_v4(struct in_addr v4)
{
	struct mgm_address a = MGM_ADDRESS_V4_ANY;

	memcpy(a.bytes + 12, &v4, sizeof(v4));
	return a;
}

static inline bool mgm_address_is_v4(const struct mgm_address *a)
{
	const struct mgm_address any = MGM_ADDRESS_V4_ANY;

	return !memcmp(a->bytes, any.bytes, 12);
}

/* Of an IPv4 address: ask mgm_address_is_v4 first. */
static inline struct in_addr mgm_address_to_v4(const struct mgm_address *a)
{
	struct in_addr v4;

	memcpy(&v4, a->bytes + 12, sizeof(v4));
	return v4;
}

static inline bool mgm_address_equal(const struct mgm_address *a,
				     const struct mgm_address *b)
{
	return !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

/*
 * An address and how many of its bits count, in the family's own: 32 (IPv4) or
 * 128 is one address, 0 any (then the address is the family's "any"). The bits
 * behind the length are 0. Lengths between are for memberships and the RIB.
 */
struct mgm_prefix {
	struct mgm_address address;
	uint8_t length;
	uint8_t reserved[3]; /* 0: prefixes are compared as bytes */
};

/*
 * A flow (S,G), or a wildcard: any source is (*,G), any group (*,*). Of a
 * membership one of the two may be a prefix: (*,G/len), any source to the
 * groups in it, or (S/len,G), the sources in it to one group. A prefix of
 * groups lies in 224.0.0.0/4 or ff00::/8, and has more in it than groups that
 * are never forwarded (224.0.0.0/24, ff01::/16, ff02::/16): these never are,
 * also if a wider prefix covers them. A prefix of sources has sources in it.
 */
struct mgm_sg {
	struct mgm_prefix source;
	struct mgm_prefix group;
};

static inline struct mgm_prefix mgm_prefix_of(const struct mgm_address *address)
{
	const uint8_t bits = mgm_address_is_v4(address) ? 32 : 128;

	return (struct mgm_prefix){*address, bits, {0}};
}

/* (*,*), of IPv4 */
#define MGM_SG_ANY                                     \
	((struct mgm_sg){{MGM_ADDRESS_V4_ANY, 0, {0}}, \
			 {MGM_ADDRESS_V4_ANY, 0, {0}}})

/* (S,G) or, without a source, (*,G). */
static inline struct mgm_sg mgm_sg_of(const struct mgm_address *source,
				      const struct mgm_address *group)
{
	struct mgm_sg sg = MGM_SG_ANY;

	memset(&sg.source, 0, sizeof(sg.source));
	sg.group = mgm_prefix_of(group);
	if (source)
		sg.source = mgm_prefix_of(source);
	else if (mgm_address_is_v4(group))
		sg.source.address = MGM_ADDRESS_V4_ANY;
	return sg;
}

static inline bool mgm_sg_equal(const struct mgm_sg *a, const struct mgm_sg *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Of IPv4; 0.0.0.0 is any. */
static inline struct mgm_sg mgm_sg_v4(struct in_addr source,
				      struct in_addr group)
{
	const uint8_t bits[] = {0, 32};

	return (struct mgm_sg){
		{mgm_address_v4(source), bits[source.s_addr != 0], {0}},
		{mgm_address_v4(group), bits[group.s_addr != 0], {0}},
	};
}

#endif /* XMGM_ADDRESS_H */
