/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A checked reader: the only way packets are read in user space. A read past
 * the end gives zero and sets a sticky error, so a decoder reads what it
 * needs and asks once. Nothing here allocates or knows a protocol.
 */
#ifndef XMGM_WIRE_READER_H
#define XMGM_WIRE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

struct reader {
	const uint8_t *at;
	size_t left;
	bool failed;
};

void reader_init(struct reader *r, const void *bytes, size_t len);

uint8_t reader_u8(struct reader *r);
uint16_t reader_be16(struct reader *r);
struct in_addr reader_addr(struct reader *r);

/* The next len bytes, or NULL; the reader moves behind them. */
const uint8_t *reader_bytes(struct reader *r, size_t len);

/* A number into a message, its high byte first. */
void wire_be16_put(uint8_t *at, size_t value);

/* The Internet checksum of len bytes, as it goes into a header; 0 over bytes
 * that contain a right one. */
uint16_t wire_checksum(const uint8_t *bytes, size_t len);

#endif /* XMGM_WIRE_READER_H */
