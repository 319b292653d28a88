/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP messages between bytes and structs: RFC 9776 section 4, RFC 2236
 * section 2 and RFC 1112 appendix I. Decoding reads and checks the whole
 * message, encoding builds a query with its IP header. Called by the IGMP
 * router and by tests; pure.
 *
 * The refusals are those of the XDP parser (bpf/igmp.h), for the same reasons
 * and in the same order.
 */
#ifndef XMGM_WIRE_IGMP_H
#define XMGM_WIRE_IGMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "xmgm/abi.h"

/* 224.0.0.1 and 224.0.0.22, in network order. */
#define IGMP_ALL_HOSTS	    htonl(0xe0000001u)
#define IGMP_ALL_V3_ROUTERS htonl(0xe0000016u)

/* RFC 9776 section 4.2.12 */
enum igmp_record_type {
	IGMP_IS_IN = 1,
	IGMP_IS_EX = 2,
	IGMP_TO_IN = 3,
	IGMP_TO_EX = 4,
	IGMP_ALLOW = 5,
	IGMP_BLOCK = 6,
};

/* Source addresses as they lie in the message, which must stay around. */
struct igmp_addresses {
	const uint8_t *bytes;
	size_t count;
};

/* One group record of a v3 report, as it lies there. */
struct igmp_record {
	uint8_t type; /* enum igmp_record_type, or one to be ignored */
	struct in_addr group;
	struct igmp_addresses sources;
};

struct igmp_message {
	enum xmgm_igmp_type type;
	unsigned int version;	  /* 1, 2 or 3 */
	struct in_addr group;	  /* not of v3 reports; 0: general query */
	uint32_t max_response_ms; /* of a query */
	bool suppress;		  /* v3 query: S flag */
	uint8_t robustness;	  /* v3 query: QRV */
	uint32_t query_interval_s;
	struct igmp_addresses sources; /* v3 query */
	size_t record_count;	       /* v3 report */
	const uint8_t *records;
	size_t records_len;
};

/* The message's IP header, as far as IGMP wants to know. */
struct igmp_ip {
	struct in_addr host;
	struct in_addr target;
};

/*
 * Decodes and checks a message, or an IP packet that holds one. Returns
 * XMGM_IGMP_DELIVERED, or why it is refused; then *m says nothing. LINK_LOCAL
 * means valid, but about groups that are never routed.
 */
enum xmgm_igmp_reason igmp_message_get(const uint8_t *bytes, size_t len,
				       struct igmp_message *m);
enum xmgm_igmp_reason igmp_packet_get(const uint8_t *ip, size_t len,
				      struct igmp_ip *header,
				      struct igmp_message *m);

/*
 * The records of a message that igmp_message_get accepted, one after the
 * other: *offset starts at 0; false at the end. Each is checked alone, because
 * one that cannot be used must not spoil its neighbours: DELIVERED; TYPE: not
 * one of the six; LINK_LOCAL, GROUP, SOURCE.
 */
bool igmp_record_next(const struct igmp_message *m, size_t *offset,
		      struct igmp_record *record);
enum xmgm_igmp_reason igmp_record_check(const struct igmp_record *record);
struct in_addr igmp_address(const struct igmp_addresses *list, size_t i);

/* Is it in 224.0.0.0/4; in 224.0.0.0/24; could it be a unicast address? */
bool igmp_is_multicast(struct in_addr addr);
bool igmp_is_link_local(struct in_addr addr);
bool igmp_is_unicast(struct in_addr addr);

/* A query to be sent. Times beyond what the format can say are rounded down. */
struct igmp_query {
	unsigned int version;  /* 1: general only; sources only with 3 */
	struct in_addr router; /* IP source */
	struct in_addr group;  /* 0: general query */
	uint32_t max_response_ms;
	bool suppress;
	uint8_t robustness; /* above 7 is sent as 0 */
	uint32_t query_interval_s;
	const struct in_addr *sources;
	size_t source_count;
};

#define IGMP_QUERY_SOURCES_MAX 256u /* in one query: fits every usual MTU */
#define IGMP_QUERY_BYTES_MAX   (24u + 12u + 4u * IGMP_QUERY_SOURCES_MAX)

/*
 * The IP header that IGMP's messages have: Router Alert, TTL 1 if it is not
 * another, precedence Internetwork Control. Into IGMP_IP_BYTES of zeros; total
 * is with it.
 */
#define IGMP_IP_BYTES 24u
void igmp_ip_put(uint8_t *ip, struct in_addr source, struct in_addr target,
		 size_t total);
void igmp_ip_put_ttl(uint8_t *ip, struct in_addr source, struct in_addr target,
		     size_t total, uint8_t ttl);

/*
 * Writes the IP header and the message. Returns the length, 0 if it does not
 * fit into size or the query cannot be said in its version.
 */
size_t igmp_query_put(const struct igmp_query *query, uint8_t *packet,
		      size_t size);

/* Max Resp Code and QQIC: RFC 9776 sections 4.1.1 and 4.1.7. */
uint32_t igmp_code_get(uint8_t code);
uint8_t igmp_code_put(uint32_t value);

#endif /* XMGM_WIRE_IGMP_H */
