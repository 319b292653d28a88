/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Builds the frames of frame.h, byte by byte in network order.
 */
#include "frame.h"

#include <arpa/inet.h>
#include <string.h>

#define UDP_HEADER 8u
#define IP_UDP	   17

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

uint16_t frame_checksum(const uint8_t *data, size_t len, uint32_t sum)
{
	for (size_t i = 0; i + 1 < len; i += 2)
		sum += get16(data + i);
	if (len & 1)
		sum += (uint32_t)data[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t header_len(const uint8_t *frame)
{
	size_t len = 4u * (frame[FRAME_ETH] & 15);

	return len < 20 ? 20 : len;
}

static void fix_header_checksum(uint8_t *frame)
{
	uint8_t *ip = frame + FRAME_ETH;

	put16(ip + 10, 0);
	put16(ip + 10, frame_checksum(ip, header_len(frame), 0));
}

static void put_ethernet(const struct frame *f, uint8_t *out)
{
	static const uint8_t source[6] = {2, 0, 0, 0, 0, 0x99};
	struct in_addr group;
	const uint8_t *g = (const uint8_t *)&group;

	inet_pton(AF_INET, f->group, &group);
	out[0] = f->flags & FRAME_UNICAST ? 2 : 1;
	out[1] = 0;
	out[2] = 0x5e;
	out[3] = g[1] & 0x7f;
	out[4] = g[2];
	out[5] = g[3] ^ !!(f->flags & FRAME_OTHER_MAC);
	if (f->flags & FRAME_HIGH_BIT)
		out[3] |= 0x80;
	memcpy(out + 6, source, sizeof(source));
	put16(out + 12, f->ethertype ? f->ethertype : 0x0800);
}

/* 4 NOPs a word: options that mean nothing (RFC 791). */
static void put_ip(const struct frame *f, uint8_t *ip, size_t total)
{
	uint8_t ihl = f->ihl ? f->ihl : 5;

	if (f->flags & FRAME_IHL_0)
		ihl = 0;
	ip[0] = (uint8_t)((f->version ? f->version : 4) << 4 | ihl);
	put16(ip + 2, (uint16_t)((int)total + f->total));
	put16(ip + 4, 0x4242);
	put16(ip + 6, f->fragment);
	ip[8] = f->ttl;
	ip[9] = f->protocol ? f->protocol : IP_UDP;
	inet_pton(AF_INET, f->source, ip + 12);
	inet_pton(AF_INET, f->group, ip + 16);
	if (ihl > 5)
		memset(ip + 20, 1, 4u * (ihl - 5u));
}

void frame_udp_checksum(uint8_t *frame, uint16_t value)
{
	put16(frame + FRAME_ETH + header_len(frame) + 6, value);
}

static void put_udp(const struct frame *f, uint8_t *frame, size_t len)
{
	uint8_t *ip = frame + FRAME_ETH;
	uint8_t *udp = ip + header_len(frame);
	uint32_t pseudo = IP_UDP + (uint32_t)len;
	uint16_t sum;

	put16(udp, 5000);
	put16(udp + 2, 5001);
	put16(udp + 4, (uint16_t)len);
	for (size_t i = UDP_HEADER; i < len; i++)
		udp[i] = (uint8_t)(i * 7 + 3);
	for (size_t i = 12; i < 20; i += 2)
		pseudo += get16(ip + i);
	sum = frame_checksum(udp, len, pseudo);
	if (f->flags & FRAME_UDP_PARTIAL)
		sum = (uint16_t)~frame_checksum(NULL, 0, pseudo);
	if (f->flags & FRAME_UDP_ZERO)
		sum = 0;
	put16(udp + 6, sum);
}

size_t frame_put(const struct frame *f, uint8_t *out)
{
	size_t ihl = f->ihl > 5 ? f->ihl : 5u;
	size_t udp = UDP_HEADER + f->payload;
	size_t total = 4 * ihl + udp, len;

	memset(out, 0, FRAME_ROOM);
	put_ethernet(f, out);
	put_ip(f, out + FRAME_ETH, total);
	put_udp(f, out, udp);
	fix_header_checksum(out);
	if (f->flags & FRAME_BAD_CHECKSUM)
		out[FRAME_ETH + 11] ^= 1;
	len = FRAME_ETH + total + f->padding;
	for (size_t i = 2; i--;)
		if (f->tags[i].type)
			len = frame_tag(out, len, f->tags[i].type,
					f->tags[i].tci);
	return len - (size_t)f->cut;
}

size_t frame_tag(uint8_t *frame, size_t len, uint16_t type, uint16_t tci)
{
	memmove(frame + 12 + FRAME_TAG, frame + 12, len - 12);
	put16(frame + 12, type);
	put16(frame + 14, tci);
	return len + FRAME_TAG;
}

void frame_forwarded(uint8_t *frame)
{
	static const uint8_t router[6] = {FRAME_ROUTER};

	memcpy(frame + 6, router, sizeof(router));
	frame[FRAME_ETH + 8]--;
	fix_header_checksum(frame);
}

uint16_t frame_ip_len(const uint8_t *frame)
{
	return get16(frame + FRAME_ETH + 2);
}

struct xmgm_flow frame_flow(const char *source, const char *group)
{
	struct xmgm_flow flow;

	inet_pton(AF_INET, source, flow.source);
	inet_pton(AF_INET, group, flow.group);
	return flow;
}
