/* SPDX-License-Identifier: GPL-2.0-only */
/* See address.h. */
#include "lib/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "lib/hash.h"

static uint32_t v4_value(const struct mgm_address *address)
{
	return ntohl(mgm_address_to_v4(address).s_addr);
}

int address_parse(const char *text, struct mgm_address *address)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		*address = mgm_address_v4(v4);
		return 0;
	}
	return inet_pton(AF_INET6, text, address->bytes) == 1 ? 0 : -EINVAL;
}

/* Is every bit from `length` on zero? */
static bool rest_is_zero(const struct mgm_address *prefix, unsigned int length)
{
	unsigned int i = mgm_address_is_v4(prefix) ? 96 + length : length;

	for (; i < 128; i++)
		if (prefix->bytes[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

int address_parse_prefix(const char *text, struct mgm_address *prefix,
			 unsigned int *length)
{
	char address[ADDRESS_TEXT];
	size_t len = strcspn(text, "/"), i;

	if (len >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, len);
	address[len] = '\0';
	if (address_parse(address, prefix))
		return -EINVAL;
	*length = address_bits(prefix);
	if (!text[len])
		return 0;
	text += len + 1;
	len = strlen(text);
	if (!len || len > 3)
		return -EINVAL;
	for (i = 0, *length = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		*length = *length * 10 + (unsigned int)(text[i] - '0');
	}
	if (*length > address_bits(prefix) || !rest_is_zero(prefix, *length))
		return -EINVAL;
	return 0;
}

const char *address_text(const struct mgm_address *address,
			 char buffer[ADDRESS_TEXT])
{
	if (mgm_address_is_v4(address))
		return inet_ntop(AF_INET, address->bytes + 12, buffer,
				 ADDRESS_TEXT);
	return inet_ntop(AF_INET6, address->bytes, buffer, ADDRESS_TEXT);
}

const char *address_name(const struct mgm_address *address,
			 char buffer[ADDRESS_TEXT])
{
	if (address_is_any(address))
		return strcpy(buffer, "*");
	return address_text(address, buffer);
}

const char *address_prefix_text(const struct mgm_address *prefix,
				unsigned int length,
				char buffer[ADDRESS_PREFIX_TEXT])
{
	char text[ADDRESS_TEXT];

	snprintf(buffer, ADDRESS_PREFIX_TEXT, "%s/%u",
		 address_text(prefix, text), length & 0xff);
	return buffer;
}

const char *address_mac_text(const uint8_t mac[6],
			     char buffer[ADDRESS_MAC_TEXT])
{
	snprintf(buffer, ADDRESS_MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buffer;
}

int address_compare(const struct mgm_address *a, const struct mgm_address *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

uint32_t address_hash(const struct mgm_address *address)
{
	if (mgm_address_is_v4(address))
		return hash_bytes(address->bytes + 12, 4);
	return hash_bytes(address->bytes, sizeof(address->bytes));
}

unsigned int address_bits(const struct mgm_address *address)
{
	return mgm_address_is_v4(address) ? 32 : 128;
}

bool address_in_prefix(const struct mgm_address *address,
		       const struct mgm_address *prefix, unsigned int length)
{
	bool v4 = mgm_address_is_v4(prefix);
	unsigned int bits = v4 ? 96 + length : length, whole = bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> bits % 8);

	if (v4 != mgm_address_is_v4(address) || bits > 128)
		return false;
	if (memcmp(address->bytes, prefix->bytes, whole))
		return false;
	return whole == 16 ||
	       !((address->bytes[whole] ^ prefix->bytes[whole]) & mask);
}

const char *address_prefix_name(const struct mgm_address *prefix,
				unsigned int length,
				char buffer[ADDRESS_PREFIX_TEXT])
{
	if (!length)
		return strcpy(buffer, "*");
	if (length == address_bits(prefix))
		return address_text(prefix, buffer);
	return address_prefix_text(prefix, length, buffer);
}

/* The address with all bits behind the prefix as in `rest`. */
static struct mgm_address with_rest(const struct mgm_address *address,
				    unsigned int length, uint8_t rest)
{
	unsigned int bits = length + (mgm_address_is_v4(address) ? 96 : 0);
	struct mgm_address a = *address;

	for (unsigned int i = bits / 8; i < sizeof(a.bytes); i++) {
		unsigned int keep = bits > 8 * i ? bits - 8 * i : 0;
		uint8_t mask = (uint8_t)(0xff00u >> keep);

		a.bytes[i] = (uint8_t)((a.bytes[i] & mask) | (rest & ~mask));
	}
	return a;
}

struct mgm_address address_first(const struct mgm_address *address,
				 unsigned int length)
{
	return with_rest(address, length, 0);
}

struct mgm_address address_last(const struct mgm_address *address,
				unsigned int length)
{
	return with_rest(address, length, 0xff);
}

bool address_is_any(const struct mgm_address *address)
{
	static const struct mgm_address v6;
	const struct mgm_address v4 = MGM_ADDRESS_V4_ANY;

	return mgm_address_equal(address, &v4) ||
	       mgm_address_equal(address, &v6);
}

bool address_is_multicast(const struct mgm_address *address)
{
	if (mgm_address_is_v4(address))
		return v4_value(address) >> 28 == 0xe;
	return address->bytes[0] == 0xff;
}

bool address_is_link_scope(const struct mgm_address *address)
{
	if (mgm_address_is_v4(address))
		return v4_value(address) >> 8 == 0xe00000;
	return address->bytes[0] == 0xff && (address->bytes[1] & 15) <= 2;
}

bool address_is_group(const struct mgm_address *address)
{
	return address_is_multicast(address) && !address_is_link_scope(address);
}

bool address_is_source(const struct mgm_address *address)
{
	static const struct in6_addr loopback = IN6ADDR_LOOPBACK_INIT;
	uint32_t net;

	if (mgm_address_is_v4(address)) {
		net = v4_value(address) >> 24;
		return net != 0 && net != 127 && net < 224;
	}
	return !address_is_any(address) && address->bytes[0] != 0xff &&
	       memcmp(address->bytes, &loopback, 16) &&
	       !(address->bytes[0] == 0xfe && address->bytes[1] >> 6 == 2);
}

bool address_prefix_is_groups(const struct mgm_address *prefix,
			      unsigned int length)
{
	unsigned int least = mgm_address_is_v4(prefix) ? 4 : 8;
	struct mgm_address last;

	if (length < least || length > address_bits(prefix) ||
	    !rest_is_zero(prefix, length) || !address_is_multicast(prefix))
		return false;
	last = address_last(prefix, length);
	/* What is of link scope stands together, so the ends tell. */
	return !address_is_link_scope(prefix) || !address_is_link_scope(&last);
}

bool address_prefix_has_sources(const struct mgm_address *prefix,
				unsigned int length)
{
	struct mgm_address last = address_last(prefix, length);

	if (length > address_bits(prefix) || !rest_is_zero(prefix, length))
		return false;
	if (mgm_address_is_v4(prefix)) /* 0/8 and 127/8, 224/3 */
		return length < 8 ? v4_value(prefix) >> 29 != 7
				  : address_is_source(&last);
	if (length >= 127) /* :: and ::1 */
		return address_is_source(&last);
	return prefix->bytes[0] != 0xff &&
	       (length < 10 || prefix->bytes[0] != 0xfe ||
		prefix->bytes[1] >> 6 != 2);
}
