/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzzes the IGMP decoder on whole IP packets. Checksums are mended first,
 * or nearly nothing would get past them. What is accepted must be consistent:
 * every record inside the packet, as many as promised, all of them sane.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/igmp.h"
#include "wire/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void mend(uint8_t *ip, size_t len)
{
	size_t header, total;
	uint16_t sum;

	if (len < 20)
		return;
	header = 4u * (ip[0] & 15);
	total = (size_t)(ip[2] << 8 | ip[3]);
	if (total > len || header + 4 > total)
		return;
	memset(ip + header + 2, 0, 2);
	sum = wire_checksum(ip + header, total - header);
	ip[header + 2] = (uint8_t)(sum >> 8);
	ip[header + 3] = (uint8_t)sum;
}

static void check_sources(const struct igmp_addresses *list, const uint8_t *end)
{
	require(!list->count || list->bytes + 4 * list->count <= end);
	for (size_t i = 0; i < list->count; i++)
		require(igmp_is_unicast(igmp_address(list, i)));
}

/* Is the record one that the router uses or counts as unknown? */
static bool check_record(const struct igmp_record *record, const uint8_t *end)
{
	size_t count = record->sources.count;
	enum xmgm_igmp_reason reason = igmp_record_check(record);

	require(!count || record->sources.bytes + 4 * count <= end);
	if (reason == XMGM_IGMP_DELIVERED) {
		require(igmp_is_multicast(record->group));
		check_sources(&record->sources, end);
	}
	return reason == XMGM_IGMP_DELIVERED || reason == XMGM_IGMP_TYPE;
}

static void check_message(const struct igmp_message *m, const uint8_t *end)
{
	size_t offset = 0, count = 0, fit = 0;
	struct igmp_record record;

	require(m->version >= 1 && m->version <= 3);
	if (m->type == XMGM_IGMP_QUERY)
		check_sources(&m->sources, end);
	if (m->type != XMGM_IGMP_V3_REPORT)
		return;
	while (igmp_record_next(m, &offset, &record)) {
		count++;
		fit += check_record(&record, end);
	}
	require(count == m->record_count && (fit || !count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct igmp_message m;
	struct igmp_ip ip;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	mend(copy, size);
	if (igmp_packet_get(copy, size, &ip, &m) == XMGM_IGMP_DELIVERED)
		check_message(&m, copy + size);
	free(copy);
	return 0;
}
