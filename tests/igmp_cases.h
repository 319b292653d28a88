/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP packets and what both readers have to make of them: user/wire/igmp.c
 * and the XDP parser are fed the same table. A case is a message in hex, its
 * checksum filled in unless it is golden, below an IP header with Router
 * Alert; or, where the header is the point, what is special about it.
 */
#ifndef XMGM_TESTS_IGMP_CASES_H
#define XMGM_TESTS_IGMP_CASES_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <arpa/inet.h>

#include "wire/igmp.h"
#include "wire/reader.h"

enum igmp_case_flag {
	CASE_GOLDEN = 1,   /* the checksum is the other implementation's */
	CASE_NO_ALERT = 2, /* no Router Alert: ihl 5 */
	CASE_FRAGMENT = 4, /* more fragments */
	CASE_LATER = 8,	   /* a later fragment */
	CASE_TTL_2 = 16,
	CASE_TTL_0 = 32,
	CASE_SPOIL = 64, /* checksum wrong by one */
};

struct igmp_case {
	const char *what;
	const char *hex;
	unsigned int flags;
	const char *host; /* NULL: 10.1.2.33 */
	enum xmgm_igmp_reason reason;
	/* If it is accepted: */
	unsigned int type, version, records;
};

#define GOOD(type, version, records) \
	NULL, XMGM_IGMP_DELIVERED, (type), (version), (records)
#define BAD(reason) NULL, XMGM_IGMP_##reason, 0, 0, 0

static const struct igmp_case igmp_cases[] = {
	/* Sent by other implementations, checksums included. */
	{"v3 IS_IN, three sources",
	 "22009dde00000001 01000003ef0a0a0a c0000201c0000202c0000203",
	 CASE_GOLDEN, GOOD(0x22, 3, 1)},
	{"v3 ALLOW, three sources",
	 "220099c300000001 05000003ef0a0a0a c000020ac000020bc000020c",
	 CASE_GOLDEN, GOOD(0x22, 3, 1)},
	{"v3 IS_EX, four sources",
	 "2200dab600000001 02000004ef0a0a0a c0000201c0000202c0000214c0000215",
	 CASE_GOLDEN, GOOD(0x22, 3, 1)},
	{"v2 report", "1600f9fc ef010101", CASE_GOLDEN, GOOD(0x16, 2, 0)},
	{"v2 leave", "1700f8fc ef010101", CASE_GOLDEN, GOOD(0x17, 2, 0)},
	{"v1 report", "1200fdfc ef010101", CASE_GOLDEN, GOOD(0x12, 1, 0)},
	{"v3 general query", "1164ec1e 00000000 027d0000", CASE_GOLDEN,
	 GOOD(0x11, 3, 0)},
	{"v3 group query", "110af475 ef010101 0a7d0000", CASE_GOLDEN,
	 GOOD(0x11, 3, 0)},
	{"v3 group-and-source query",
	 "110ae86d ef010101 02800002 0a000001 0a000002", CASE_GOLDEN,
	 GOOD(0x11, 3, 0)},
	{"v2 general query", "1164ee9b 00000000", CASE_GOLDEN,
	 GOOD(0x11, 2, 0)},
	{"v1 general query", "1100eeff 00000000", CASE_GOLDEN,
	 GOOD(0x11, 1, 0)},

	/* Unusual and right. */
	{"no Router Alert", "16000000 ef010101", CASE_NO_ALERT,
	 GOOD(0x16, 2, 0)},
	{"sender without an address", "16000000 ef010101", 0, "0.0.0.0",
	 XMGM_IGMP_DELIVERED, 0x16, 2, 0},
	{"report without records", "22000000 00000000", 0, GOOD(0x22, 3, 0)},
	{"auxiliary data is skipped",
	 "22000000 00000002 01020001ef010101 0a000001 0000000000000000"
	 "04000000ef010102",
	 0, GOOD(0x22, 3, 2)},
	{"unknown record type", "22000000 00000001 07000000ef010101", 0,
	 GOOD(0x22, 3, 1)},
	{"unknown record type of no group, source zero",
	 "22000000 00000001 0700000100000000 00000000", 0, GOOD(0x22, 3, 1)},
	{"unknown record type 0 beside nothing of use",
	 "22000000 00000002 0000000000000000 040000000a000001", 0,
	 GOOD(0x22, 3, 2)},
	{"unknown record type beside a good record",
	 "22000000 00000002 ff00000200000000 ffffffff00000000"
	 "04000000ef010101",
	 0, GOOD(0x22, 3, 2)},
	{"record of a unicast group beside a good one",
	 "22000000 00000002 04000000ef010101 040000000a000001", 0,
	 GOOD(0x22, 3, 2)},
	{"record of no group before a good one",
	 "22000000 00000002 0400000000000000 04000000ef010101", 0,
	 GOOD(0x22, 3, 2)},
	{"class E source beside a good record",
	 "22000000 00000002 01000002ef010102 f00000010a000001"
	 "04000000ef010101",
	 0, GOOD(0x22, 3, 2)},
	{"zero source behind a good record",
	 "22000000 00000002 04000000ef010101 05000001ef010102 00000000", 0,
	 GOOD(0x22, 3, 2)},
	{"two bad sources count for one record",
	 "22000000 00000002 05000002ef010102 0000000000000000"
	 "05000001ef010101 0a000001",
	 0, GOOD(0x22, 3, 2)},
	{"bytes behind the last record",
	 "22000000 00000001 04000000ef010101 04000000ef010102 00", 0,
	 GOOD(0x22, 3, 1)},
	{"bytes behind a v2 report", "16000000 ef010101 ffffff", 0,
	 GOOD(0x16, 2, 0)},
	{"bytes behind a query's sources",
	 "110a0000 ef010101 02800001 0a000001 00000000", 0, GOOD(0x11, 3, 0)},
	{"link-local beside a routed group",
	 "22000000 00000002 04000000e00000fb 04000000ef010101", 0,
	 GOOD(0x22, 3, 2)},

	/* The IP header. */
	{"first fragment", "16000000 ef010101", CASE_FRAGMENT, BAD(FRAGMENT)},
	{"later fragment", "16000000 ef010101", CASE_LATER, BAD(FRAGMENT)},
	{"TTL 2", "16000000 ef010101", CASE_TTL_2, BAD(TTL)},
	{"TTL 0", "16000000 ef010101", CASE_TTL_0, BAD(TTL)},
	{"multicast sender", "16000000 ef010101", 0, "239.0.0.1",
	 XMGM_IGMP_HOST, 0, 0, 0},
	{"loopback sender", "16000000 ef010101", 0, "127.0.0.1", XMGM_IGMP_HOST,
	 0, 0, 0},
	{"broadcast sender", "16000000 ef010101", 0, "255.255.255.255",
	 XMGM_IGMP_HOST, 0, 0, 0},

	/* Lengths and counts. */
	{"no message", "", 0, BAD(TRUNCATED)},
	{"seven bytes", "16000000 ef0101", 0, BAD(TRUNCATED)},
	{"nine-byte query", "110a0000 00000000 02", 0, BAD(TRUNCATED)},
	{"eleven-byte query", "110a0000 00000000 02 7d00", 0, BAD(TRUNCATED)},
	{"query with one source too many", "110a0000 ef010101 02800001", 0,
	 BAD(RECORDS)},
	{"query with 65535 sources", "110a0000 ef010101 0280ffff 0a000001", 0,
	 BAD(RECORDS)},
	{"one record, no bytes", "22000000 00000001", 0, BAD(RECORDS)},
	{"two records, one there", "22000000 00000002 04000000ef010101", 0,
	 BAD(RECORDS)},
	{"65535 records, one there", "22000000 0000ffff 04000000ef010101", 0,
	 BAD(RECORDS)},
	{"record without its group", "22000000 00000001 04000000", 0,
	 BAD(RECORDS)},
	{"record with half a group", "22000000 00000001 04000000ef01", 0,
	 BAD(RECORDS)},
	{"one source, no bytes", "22000000 00000001 01000001ef010101", 0,
	 BAD(RECORDS)},
	{"one source, three bytes", "22000000 00000001 01000001ef010101 0a0000",
	 0, BAD(RECORDS)},
	{"65535 sources, one there",
	 "22000000 00000001 0100ffffef010101 0a000001", 0, BAD(RECORDS)},
	{"auxiliary data beyond the end",
	 "22000000 00000001 04020000ef010101 00000000", 0, BAD(RECORDS)},
	{"second record too long",
	 "22000000 00000002 04000000ef010101 01000002ef010102 0a000001", 0,
	 BAD(RECORDS)},

	/* Checksum, type, meaning. */
	{"bad checksum", "16000000 ef010101", CASE_SPOIL, BAD(CHECKSUM)},
	{"bad checksum of a report", "22000000 00000001 04000000ef010101",
	 CASE_SPOIL, BAD(CHECKSUM)},
	{"checksum zero", "16000000 ef010101", CASE_GOLDEN, BAD(CHECKSUM)},
	{"DVMRP", "13000000 00000000", 0, BAD(TYPE)},
	{"type 0", "00000000 ef010101", 0, BAD(TYPE)},
	{"v2 report of a unicast group", "16000000 0a000001", 0, BAD(GROUP)},
	{"v2 report of no group", "16000000 00000000", 0, BAD(GROUP)},
	{"leave of 255.255.255.255", "17000000 ffffffff", 0, BAD(GROUP)},
	{"query for a unicast group", "110a0000 0a000001", 0, BAD(GROUP)},
	{"v3 record of a unicast group", "22000000 00000001 040000000a000001",
	 0, BAD(GROUP)},
	{"no record of use: the first one's reason",
	 "22000000 00000003 04000000e00000fb 040000000a000001"
	 "05000001ef010101 00000000",
	 0, BAD(LINK_LOCAL)},
	{"no record of use, a bad source first",
	 "22000000 00000002 05000001ef010101 00000000 040000000a000001", 0,
	 BAD(SOURCE)},
	{"one bad record and one that is cut short",
	 "22000000 00000002 040000000a000001 01000002ef010102 0a000001", 0,
	 BAD(RECORDS)},
	{"an unknown record type that is cut short",
	 "22000000 00000002 04000000ef010101 07000002ef010102 0a000001", 0,
	 BAD(RECORDS)},
	{"multicast source", "22000000 00000001 01000001ef010101 ef000001", 0,
	 BAD(SOURCE)},
	{"zero source", "22000000 00000001 01000001ef010101 00000000", 0,
	 BAD(SOURCE)},
	{"loopback source", "22000000 00000001 06000001ef010101 7f000001", 0,
	 BAD(SOURCE)},
	{"bad source in the last of three",
	 "22000000 00000001 01000003ef010101 0a0000010a000002ffffffff", 0,
	 BAD(SOURCE)},
	{"zero source in a query",
	 "110a0000 ef010101 02800002 0a000001 00000000", 0, BAD(SOURCE)},
	{"v2 report of 224.0.0.251", "16000000 e00000fb", 0, BAD(LINK_LOCAL)},
	{"query for 224.0.0.251", "110a0000 e00000fb", 0, BAD(LINK_LOCAL)},
	{"nothing but link-local records",
	 "22000000 00000002 04000000e00000fb 04000000e0000002", 0,
	 BAD(LINK_LOCAL)},
};

#define IGMP_CASES	 (sizeof(igmp_cases) / sizeof(igmp_cases[0]))
#define IGMP_CASE_PACKET (60 + 2048)

static inline size_t igmp_case_hex(const char *hex, uint8_t *bytes)
{
	unsigned int byte;
	size_t n = 0;

	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		if (sscanf(hex, "%2x", &byte) != 1)
			break;
		bytes[n++] = (uint8_t)byte;
		hex++;
	}
	return n;
}

static inline void igmp_case_be16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* An IP header with the case's peculiarities; its checksum is always right. */
static inline size_t igmp_case_ip(const struct igmp_case *c, size_t len,
				  uint8_t *ip)
{
	size_t header = c->flags & CASE_NO_ALERT ? 20 : 24;
	uint32_t host = htonl(0x0a010221);

	memset(ip, 0, header);
	if (c->host)
		host = inet_addr(c->host);
	ip[0] = (uint8_t)(0x40 | header / 4);
	igmp_case_be16(ip + 2, (uint16_t)(header + len));
	if (c->flags & (CASE_FRAGMENT | CASE_LATER))
		ip[6] = c->flags & CASE_FRAGMENT ? 0x20 : 0x01;
	ip[8] = c->flags & CASE_TTL_2 ? 2 : c->flags & CASE_TTL_0 ? 0 : 1;
	ip[9] = 2;
	memcpy(ip + 12, &host, 4);
	memcpy(ip + 16, "\340\0\0\26", 4);
	if (header == 24)
		memcpy(ip + 20, "\224\4\0\0", 4);
	igmp_case_be16(ip + 10, wire_checksum(ip, header));
	return header;
}

/* Builds the IP packet of a case; returns its length. */
static inline size_t igmp_case_packet(const struct igmp_case *c,
				      uint8_t packet[IGMP_CASE_PACKET])
{
	uint8_t message[2048];
	size_t len = igmp_case_hex(c->hex, message), header;

	if (len >= 4 && !(c->flags & CASE_GOLDEN))
		igmp_case_be16(message + 2, wire_checksum(message, len));
	if (c->flags & CASE_SPOIL)
		message[3]++;
	header = igmp_case_ip(c, len, packet);
	memcpy(packet + header, message, len);
	return header + len;
}

#endif /* XMGM_TESTS_IGMP_CASES_H */
