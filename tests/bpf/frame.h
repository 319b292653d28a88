/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames for the BPF tests: a good multicast UDP packet and, member by
 * member, everything that can be wrong with it. What is 0 is as it should
 * be, so a row of a table names only what makes it special. The checksums
 * here are computed from scratch, never by the code under test.
 */
#ifndef XMGM_TESTS_BPF_FRAME_H
#define XMGM_TESTS_BPF_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "xmgm/abi.h"

#define FRAME_ETH    14u
#define FRAME_HEADER 34u /* Ethernet and IP without options */
#define FRAME_TAG    4u
#define FRAME_ROOM   16384u

enum frame_flag {
	FRAME_BAD_CHECKSUM = 1, /* of the IP header, wrong by one */
	FRAME_OTHER_MAC = 2,	/* another group's */
	FRAME_HIGH_BIT = 4,	/* 01:00:5e with the bit no group has */
	FRAME_UDP_PARTIAL = 8,	/* UDP checksum: the pseudo-header alone */
	FRAME_UDP_ZERO = 16,	/* UDP checksum: none */
	FRAME_UNICAST = 32,	/* to a MAC that is not multicast */
	FRAME_IHL_0 = 64,
};

struct frame {
	const char *source;
	const char *group;
	uint8_t ttl;	  /* as it is, 0 included */
	uint8_t ihl;	  /* 0: 5 */
	uint8_t protocol; /* 0: UDP */
	uint32_t flags;
	uint16_t payload;   /* bytes behind the UDP header */
	uint16_t fragment;  /* flags and offset, host order */
	int16_t total;	    /* added to the right total length */
	int16_t cut;	    /* bytes missing at the end of the frame */
	uint16_t padding;   /* bytes behind the packet */
	uint16_t ethertype; /* 0: IPv4 */
	uint8_t version;    /* 0: 4 */
	/* Tags in front of the ethertype, from the outer one on. */
	struct {
		uint16_t type; /* 0: there is none */
		uint16_t tci;
	} tags[2];
};

/* source, group, TTL, then members by name */
#define FRAME(s, g, t, ...)                                            \
	{                                                              \
		.source = (s), .group = (g), .ttl = (t), ##__VA_ARGS__ \
	}

/* Builds the frame in out, FRAME_ROOM bytes, and returns its length. */
size_t frame_put(const struct frame *f, uint8_t *out);
/* The same frame with a tag; returns its length. */
size_t frame_tag(uint8_t *frame, size_t len, uint16_t type, uint16_t tci);
/* What a router makes of it: TTL one less, header checksum to match, and the
 * source MAC FRAME_ROUTER. */
#define FRAME_ROUTER 2, 0xee, 3, 4, 5, 6
void frame_forwarded(uint8_t *frame);
/* Length of the packet by its own header. */
uint16_t frame_ip_len(const uint8_t *frame);
void frame_udp_checksum(uint8_t *frame, uint16_t value);
struct xmgm_flow frame_flow(const char *source, const char *group);
/* One's complement sum, folded and inverted: RFC 1071. */
uint16_t frame_checksum(const uint8_t *data, size_t len, uint32_t sum);

#endif /* XMGM_TESTS_BPF_FRAME_H */
