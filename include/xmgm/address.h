/* SPDX-License-Identifier: LGPL-2.1-or-later OR BSD-2-Clause */
/*
 * An address as the group manager's clients see it: 16 bytes in network
 * order, IPv4 as ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2). IPv4's "any" is
 * ::ffff:0.0.0.0, IPv6's is ::.
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

#endif /* XMGM_ADDRESS_H */
