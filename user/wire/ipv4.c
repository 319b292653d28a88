/* SPDX-License-Identifier: GPL-2.0-only */
/* See ipv4.h. */
#include "ipv4.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "reader.h"

#define UDP_BYTES    8
#define LENGTH_AT    2 /* of the packet */
#define ID_AT	     4
#define FRAGMENT_AT  6
#define PROTOCOL_AT  9
#define CHECKSUM_AT  10
#define UDP_LENGTH   4 /* of the UDP header */
#define UDP_CHECKSUM 6
#define DONT	     0x4000
#define MORE	     0x2000
#define OFFSET	     0x1fff /* in units of 8 bytes */

static uint16_t be16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

/* Its total length; 0: it is none, or not whole. */
static size_t total_of(const uint8_t *packet, size_t len)
{
	size_t total;

	if (len < IPV4_BYTES || packet[0] != 0x45)
		return 0;
	total = be16(packet + LENGTH_AT);
	return total >= IPV4_BYTES && total <= len ? total : 0;
}

static void header_finish(uint8_t *packet, size_t total)
{
	wire_be16_put(packet + LENGTH_AT, total);
	wire_be16_put(packet + CHECKSUM_AT, 0);
	wire_be16_put(packet + CHECKSUM_AT, wire_checksum(packet, IPV4_BYTES));
}

/* A UDP datagram that is all in this packet: its length; 0: it is none. */
static size_t udp_of(const uint8_t *packet, size_t len)
{
	size_t total = total_of(packet, len);

	if (total < IPV4_BYTES + UDP_BYTES ||
	    packet[PROTOCOL_AT] != IPPROTO_UDP ||
	    be16(packet + FRAGMENT_AT) & (MORE | OFFSET))
		return 0;
	return total - IPV4_BYTES;
}

/* Addresses, protocol, length: what a sender leaves in the field. */
static uint16_t pseudo_sum(const uint8_t *packet, size_t udp_len)
{
	uint8_t pseudo[12];

	memcpy(pseudo, packet + 12, 8);
	pseudo[8] = 0;
	pseudo[9] = IPPROTO_UDP;
	wire_be16_put(pseudo + 10, udp_len);
	return (uint16_t)~wire_checksum(pseudo, sizeof(pseudo));
}

/* Over the datagram, whose field has the sum of the pseudo-header. */
static void udp_finish(uint8_t *udp, size_t len)
{
	uint16_t sum = wire_checksum(udp, len);

	wire_be16_put(udp + UDP_CHECKSUM, sum ? sum : 0xffff);
}

bool ipv4_udp_finish(uint8_t *packet, size_t len)
{
	size_t size = udp_of(packet, len);
	uint8_t *udp = packet + IPV4_BYTES;
	uint16_t there;

	if (!size || be16(udp + UDP_LENGTH) != size)
		return false;
	there = be16(udp + UDP_CHECKSUM);
	if (!there || there != pseudo_sum(packet, size))
		return false;
	udp_finish(udp, size);
	return true;
}

size_t ipv4_udp_segment(const uint8_t *packet, size_t len, size_t size,
			size_t n, uint8_t *out)
{
	const size_t headers = IPV4_BYTES + UDP_BYTES;
	size_t payload = udp_of(packet, len), at = n * size;
	uint8_t *udp = out + IPV4_BYTES;

	if (payload < UDP_BYTES || !size)
		return 0;
	payload -= UDP_BYTES;
	if (n > payload / size || at >= payload)
		return 0;
	if (size > payload - at)
		size = payload - at;
	memcpy(out, packet, headers);
	memcpy(out + headers, packet + headers + at, size);
	wire_be16_put(out + ID_AT, (be16(packet + ID_AT) + n) & 0xffff);
	header_finish(out, headers + size);
	wire_be16_put(udp + UDP_LENGTH, UDP_BYTES + size);
	if (be16(udp + UDP_CHECKSUM)) {
		wire_be16_put(udp + UDP_CHECKSUM,
			      pseudo_sum(out, UDP_BYTES + size));
		udp_finish(udp, UDP_BYTES + size);
	}
	return headers + size;
}

int ipv4_fragments_begin(struct ipv4_fragments *f, const uint8_t *packet,
			 size_t len, size_t mtu)
{
	size_t total = total_of(packet, len);
	uint16_t field;

	if (!total)
		return -EINVAL;
	field = be16(packet + FRAGMENT_AT);
	if (field & DONT || mtu < IPV4_MTU_MIN)
		return -EMSGSIZE;
	*f = (struct ipv4_fragments){
		.packet = packet,
		.end = total - IPV4_BYTES,
		.room = (mtu - IPV4_BYTES) / 8 * 8,
		.more = field & MORE,
	};
	/* One whose end would be beyond what a datagram can have. */
	if ((field & OFFSET) * 8u + f->end > 65535)
		return -EINVAL;
	return 0;
}

size_t ipv4_fragments_next(struct ipv4_fragments *f, uint8_t *out)
{
	uint16_t field = be16(f->packet + FRAGMENT_AT);
	size_t size = f->end - f->at;
	bool last = size <= f->room;

	if (f->at >= f->end)
		return 0;
	if (!last)
		size = f->room;
	memcpy(out, f->packet, IPV4_BYTES);
	memcpy(out + IPV4_BYTES, f->packet + IPV4_BYTES + f->at, size);
	wire_be16_put(out + FRAGMENT_AT,
		      (last && !f->more ? 0u : MORE) |
			      ((field & OFFSET) + f->at / 8));
	header_finish(out, IPV4_BYTES + size);
	f->at += size;
	return IPV4_BYTES + size;
}
