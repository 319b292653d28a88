/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See igmp.h. A message is checked to its last byte before the caller sees
 * any of it: counts in a packet are never trusted, they only say how often a
 * checked read is tried.
 */
#include "wire/igmp.h"

#include <string.h>

#include "wire/reader.h"

#define IPV4_HEADER	 20u
#define IPV4_HEADER_RA	 IGMP_IP_BYTES
#define IPV4_TOS_CONTROL 0xc0u
#define IPV4_MORE_FRAGS	 0x3fffu /* more fragments, or an offset */
#define QUERY_SHORT	 8u	 /* v1, v2 */
#define QUERY_LONG	 12u
#define QUERY_FLAG_S	 8u

bool igmp_is_multicast(struct in_addr addr)
{
	return (ntohl(addr.s_addr) & 0xf0000000u) == 0xe0000000u;
}

bool igmp_is_link_local(struct in_addr addr)
{
	return (ntohl(addr.s_addr) & 0xffffff00u) == 0xe0000000u;
}

bool igmp_is_unicast(struct in_addr addr)
{
	uint32_t top = ntohl(addr.s_addr) >> 24;

	return top > 0 && top < 224 && top != 127;
}

uint32_t igmp_code_get(uint8_t code)
{
	if (code < 128)
		return code;
	return (uint32_t)((code & 15) | 16) << (((code >> 4) & 7) + 3);
}

uint8_t igmp_code_put(uint32_t value)
{
	uint32_t exp = 0;

	if (value < 128)
		return (uint8_t)value;
	if (value > igmp_code_get(255))
		return 255;
	while (value >> (exp + 3) > 31)
		exp++;
	return (uint8_t)(128 | exp << 4 | ((value >> (exp + 3)) & 15));
}

struct in_addr igmp_address(const struct igmp_addresses *list, size_t i)
{
	struct in_addr addr;

	memcpy(&addr, list->bytes + 4 * i, sizeof(addr));
	return addr;
}

static enum xmgm_igmp_reason group_check(struct in_addr group)
{
	if (!igmp_is_multicast(group))
		return XMGM_IGMP_GROUP;
	if (igmp_is_link_local(group))
		return XMGM_IGMP_LINK_LOCAL;
	return XMGM_IGMP_DELIVERED;
}

static enum xmgm_igmp_reason sources_check(const struct igmp_addresses *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!igmp_is_unicast(igmp_address(list, i)))
			return XMGM_IGMP_SOURCE;
	}
	return XMGM_IGMP_DELIVERED;
}

/* v1, v2 or v3 by length and Max Resp Code: RFC 9776 section 7.1. */
static enum xmgm_igmp_reason query_get(struct reader *r, uint8_t code,
				       struct igmp_message *m)
{
	size_t len = r->left;
	uint8_t flags;

	m->group = reader_addr(r);
	m->version = len > QUERY_SHORT - 4 ? 3 : code ? 2 : 1;
	m->max_response_ms = code * 100u;
	if (m->version == 1)
		m->max_response_ms = 10000; /* RFC 9776 section 7.2.1 */
	if (m->version == 3) {
		m->max_response_ms = igmp_code_get(code) * 100;
		flags = reader_u8(r);
		m->suppress = flags & QUERY_FLAG_S;
		m->robustness = flags & 7;
		m->query_interval_s = igmp_code_get(reader_u8(r));
		m->sources.count = reader_be16(r);
		if (r->failed)
			return XMGM_IGMP_TRUNCATED;
		m->sources.bytes = reader_bytes(r, 4 * m->sources.count);
		if (r->failed)
			return XMGM_IGMP_RECORDS;
	}
	if (m->group.s_addr && group_check(m->group))
		return group_check(m->group);
	return sources_check(&m->sources);
}

static bool record_get(struct reader *r, struct igmp_record *record)
{
	size_t aux;

	record->type = reader_u8(r);
	aux = 4u * reader_u8(r);
	record->sources.count = reader_be16(r);
	record->group = reader_addr(r);
	record->sources.bytes = reader_bytes(r, 4 * record->sources.count);
	reader_bytes(r, aux);
	return !r->failed;
}

enum xmgm_igmp_reason igmp_record_check(const struct igmp_record *record)
{
	if (record->type < IGMP_IS_IN || record->type > IGMP_BLOCK)
		return XMGM_IGMP_TYPE;
	if (group_check(record->group))
		return group_check(record->group);
	return sources_check(&record->sources);
}

/* A report is refused as a whole if it is cut short, or if none of its records
 * can be used; those of unknown types are left to the caller to count. */
static enum xmgm_igmp_reason report_get(struct reader *r,
					struct igmp_message *m)
{
	enum xmgm_igmp_reason unfit = XMGM_IGMP_DELIVERED;
	size_t fit = 0;

	m->version = 3;
	reader_be16(r); /* reserved */
	m->record_count = reader_be16(r);
	m->records = r->at;
	m->records_len = r->left;
	for (size_t i = 0; i < m->record_count; i++) {
		enum xmgm_igmp_reason reason;
		struct igmp_record record;

		if (!record_get(r, &record))
			return XMGM_IGMP_RECORDS;
		reason = igmp_record_check(&record);
		if (!reason || reason == XMGM_IGMP_TYPE)
			fit++;
		else if (!unfit)
			unfit = reason;
	}
	m->records_len -= r->left; /* what follows them is ignored */
	return fit ? XMGM_IGMP_DELIVERED : unfit;
}

enum xmgm_igmp_reason igmp_message_get(const uint8_t *bytes, size_t len,
				       struct igmp_message *m)
{
	struct reader r;
	uint8_t code;

	memset(m, 0, sizeof(*m));
	if (len > XMGM_IGMP_BYTES)
		return XMGM_IGMP_TOO_LONG;
	if (len < 8)
		return XMGM_IGMP_TRUNCATED;
	if (wire_checksum(bytes, len))
		return XMGM_IGMP_CHECKSUM;
	reader_init(&r, bytes, len);
	m->type = reader_u8(&r);
	code = reader_u8(&r);
	reader_be16(&r); /* checksum */
	switch (m->type) {
	case XMGM_IGMP_QUERY:
		return query_get(&r, code, m);
	case XMGM_IGMP_V3_REPORT:
		return report_get(&r, m);
	case XMGM_IGMP_V1_REPORT:
	case XMGM_IGMP_V2_REPORT:
	case XMGM_IGMP_V2_LEAVE:
		m->version = m->type == XMGM_IGMP_V1_REPORT ? 1 : 2;
		m->group = reader_addr(&r);
		return group_check(m->group);
	}
	return XMGM_IGMP_TYPE;
}

/*
 * The IP header itself (version, checksum) is the caller's business; lengths
 * are looked at again, because everything else hangs on them.
 */
enum xmgm_igmp_reason igmp_packet_get(const uint8_t *ip, size_t len,
				      struct igmp_ip *header,
				      struct igmp_message *m)
{
	uint16_t total, fragment;
	struct reader r;
	size_t ihl;
	uint8_t ttl;

	reader_init(&r, ip, len);
	ihl = 4u * (reader_u8(&r) & 15);
	reader_u8(&r);
	total = reader_be16(&r);
	reader_be16(&r);
	fragment = reader_be16(&r) & IPV4_MORE_FRAGS;
	ttl = reader_u8(&r);
	reader_u8(&r);
	reader_be16(&r);
	header->host = reader_addr(&r);
	header->target = reader_addr(&r);
	if (r.failed || ihl < IPV4_HEADER || total > len || ihl > total)
		return XMGM_IGMP_TRUNCATED;
	if (fragment)
		return XMGM_IGMP_FRAGMENT;
	if (total - ihl > XMGM_IGMP_BYTES)
		return XMGM_IGMP_TOO_LONG;
	if (total - ihl < 8)
		return XMGM_IGMP_TRUNCATED;
	if (ttl != 1)
		return XMGM_IGMP_TTL;
	if (header->host.s_addr && !igmp_is_unicast(header->host))
		return XMGM_IGMP_HOST;
	return igmp_message_get(ip + ihl, total - ihl, m);
}

bool igmp_record_next(const struct igmp_message *m, size_t *offset,
		      struct igmp_record *record)
{
	struct reader r;

	if (*offset >= m->records_len)
		return false;
	reader_init(&r, m->records + *offset, m->records_len - *offset);
	if (!record_get(&r, record))
		return false;
	*offset = m->records_len - r.left;
	return true;
}

void igmp_ip_put(uint8_t *ip, struct in_addr source, struct in_addr target,
		 size_t total)
{
	igmp_ip_put_ttl(ip, source, target, total, 1);
}

void igmp_ip_put_ttl(uint8_t *ip, struct in_addr source, struct in_addr target,
		     size_t total, uint8_t ttl)
{
	ip[0] = 0x40 | IPV4_HEADER_RA / 4;
	ip[1] = IPV4_TOS_CONTROL;
	wire_be16_put(ip + 2, total);
	ip[8] = ttl;
	ip[9] = IPPROTO_IGMP;
	memcpy(ip + 12, &source, 4);
	memcpy(ip + 16, &target, 4);
	ip[20] = 0x94; /* Router Alert, RFC 2113 */
	ip[21] = 4;
	wire_be16_put(ip + 10, wire_checksum(ip, IPV4_HEADER_RA));
}

size_t igmp_query_put(const struct igmp_query *query, uint8_t *packet,
		      size_t size)
{
	uint8_t *igmp = packet + IPV4_HEADER_RA;
	uint32_t tenths = query->max_response_ms / 100;
	struct in_addr target = query->group;
	size_t len = QUERY_SHORT;

	if (query->version == 3)
		len = QUERY_LONG + 4 * query->source_count;
	else if (query->source_count || !query->version || query->version > 3 ||
		 (query->version == 1 && query->group.s_addr))
		return 0;
	if (query->source_count > IGMP_QUERY_SOURCES_MAX ||
	    IPV4_HEADER_RA + len > size)
		return 0;
	if (!target.s_addr)
		target.s_addr = IGMP_ALL_HOSTS;
	memset(packet, 0, IPV4_HEADER_RA + len);
	igmp_ip_put(packet, query->router, target, IPV4_HEADER_RA + len);
	igmp[0] = XMGM_IGMP_QUERY;
	if (query->version == 2)
		igmp[1] = tenths > 255 ? 255 : (uint8_t)tenths;
	memcpy(igmp + 4, &query->group, 4);
	if (query->version == 3) {
		igmp[1] = igmp_code_put(tenths);
		igmp[8] = query->robustness > 7 ? 0 : query->robustness;
		igmp[8] |= query->suppress ? QUERY_FLAG_S : 0;
		igmp[9] = igmp_code_put(query->query_interval_s);
		wire_be16_put(igmp + 10, query->source_count);
		if (query->source_count)
			memcpy(igmp + QUERY_LONG, query->sources,
			       4 * query->source_count);
	}
	wire_be16_put(igmp + 2, wire_checksum(igmp, len));
	return IPV4_HEADER_RA + len;
}
