/* SPDX-License-Identifier: GPL-2.0-only */
/* See reader.h. Every read goes through reader_bytes, the one place that
 * compares with what is left. */
#include "wire/reader.h"

#include <string.h>

void reader_init(struct reader *r, const void *bytes, size_t len)
{
	*r = (struct reader){.at = bytes, .left = len};
}

const uint8_t *reader_bytes(struct reader *r, size_t len)
{
	const uint8_t *at = r->at;

	if (r->failed || len > r->left) {
		r->failed = true;
		return NULL;
	}
	r->at += len;
	r->left -= len;
	return at;
}

uint8_t reader_u8(struct reader *r)
{
	const uint8_t *p = reader_bytes(r, 1);

	return p ? p[0] : 0;
}

uint16_t reader_be16(struct reader *r)
{
	const uint8_t *p = reader_bytes(r, 2);

	return p ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

struct in_addr reader_addr(struct reader *r)
{
	const uint8_t *p = reader_bytes(r, 4);
	struct in_addr addr = {0};

	if (p)
		memcpy(&addr, p, sizeof(addr));
	return addr;
}

void wire_be16_put(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

uint16_t wire_checksum(const uint8_t *bytes, size_t len)
{
	uint64_t sum = 0;

	for (size_t i = 0; i + 1 < len; i += 2)
		sum += (uint32_t)(bytes[i] << 8 | bytes[i + 1]);
	if (len & 1)
		sum += (uint32_t)(bytes[len - 1] << 8);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
