/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one may want to know of an address: text, order, prefixes, and what
 * kind it is. Which groups are routed and which sources are believed is said
 * here and nowhere else (the XDP programs have their own, in bpf/ipv4.h).
 */
#ifndef XMGM_LIB_ADDRESS_H
#define XMGM_LIB_ADDRESS_H

#include "xmgm/address.h"

#define ADDRESS_TEXT	    INET6_ADDRSTRLEN
#define ADDRESS_PREFIX_TEXT (ADDRESS_TEXT + 4)

/* "10.0.0.1" or "ff3e::1". Returns 0 or -EINVAL. */
int address_parse(const char *text, struct mgm_address *address);
/* "10.0.0.0/8"; without a length it is the family's whole. -EINVAL also if
 * bits behind the prefix are set. */
int address_parse_prefix(const char *text, struct mgm_address *prefix,
			 unsigned int *length);
/* IPv4 as a.b.c.d. Returns buffer. */
const char *address_text(const struct mgm_address *address,
			 char buffer[ADDRESS_TEXT]);
/* The same, but "*" for any. */
const char *address_name(const struct mgm_address *address,
			 char buffer[ADDRESS_TEXT]);
const char *address_prefix_text(const struct mgm_address *prefix,
				unsigned int length,
				char buffer[ADDRESS_PREFIX_TEXT]);
/* The same, but "*" for any, and one address without its length. */
const char *address_prefix_name(const struct mgm_address *prefix,
				unsigned int length,
				char buffer[ADDRESS_PREFIX_TEXT]);

#define ADDRESS_MAC_TEXT 18

/* "02:00:00:00:00:01" of an Ethernet address. Returns buffer. */
const char *address_mac_text(const uint8_t mac[6],
			     char buffer[ADDRESS_MAC_TEXT]);

/* By number: all of IPv6 below ::ffff:0:0 first, then IPv4, then the rest. */
int address_compare(const struct mgm_address *a, const struct mgm_address *b);
uint32_t address_hash(const struct mgm_address *address);
/* Bits of an address of this family: 32 or 128. */
unsigned int address_bits(const struct mgm_address *address);
/* Length in the family's own bits; another family's is never inside. */
bool address_in_prefix(const struct mgm_address *address,
		       const struct mgm_address *prefix, unsigned int length);

/* The prefix of this length that the address is in: its first address, and its
 * last one. */
struct mgm_address address_first(const struct mgm_address *address,
				 unsigned int length);
struct mgm_address address_last(const struct mgm_address *address,
				unsigned int length);

bool address_is_any(const struct mgm_address *address);
bool address_is_multicast(const struct mgm_address *address);
/* Never forwarded: 224.0.0.0/24, ff01::/16 and ff02::/16 (RFC 5771 section 4,
 * RFC 7346 section 2; x as the flags: ff11, ff12, ...). */
bool address_is_link_scope(const struct mgm_address *address);
/* A group that routers forward: multicast, and of no link scope. */
bool address_is_group(const struct mgm_address *address);
/* A source that routers believe: unicast, not zero, not loopback (RFC 1812
 * section 5.3.7; link-local IPv6 sources are not forwarded: RFC 4291 2.5.6). */
bool address_is_source(const struct mgm_address *address);
/* A prefix, without bits behind it, of nothing but multicast addresses, and not
 * of such alone as never are forwarded. */
bool address_prefix_is_groups(const struct mgm_address *prefix,
			      unsigned int length);
/* A prefix, without bits behind it, that some source is in. */
bool address_prefix_has_sources(const struct mgm_address *prefix,
				unsigned int length);

#endif /* XMGM_LIB_ADDRESS_H */
