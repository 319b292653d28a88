/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mtrace's messages, draft-ietf-idmr-traceroute-ipm section 3: 24 bytes, then
 * 32 for each router that the query has passed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "wire/igmp.h"
#include "wire/mtrace.h"
#include "wire/reader.h"

/* What mtrace of mrouted 4.6 sends, TTL and identification as they lie on
 * x86: the TTL is the last octet of its word there. */
static const uint8_t golden[] = {
	0x1f, 0x20, 0, 0, 225, 1, 2, 3, 10,   9,    1,	  9,
	10,   9,    9, 9, 10,  9, 9, 9, 0x40, 0x12, 0x34, 0x56,
};

static size_t query_bytes(uint8_t *bytes, size_t blocks)
{
	const size_t len = sizeof(golden) + blocks * MTRACE_BLOCK;

	memset(bytes, 0, len);
	memcpy(bytes, golden, sizeof(golden));
	wire_be16_put(bytes + 2, wire_checksum(bytes, len));
	return len;
}

static void test_a_query_is_a_header_and_whole_blocks(void **state)
{
	uint8_t bytes[MTRACE_BYTES + MTRACE_BLOCK];
	struct mtrace_query q;

	(void)state;
	for (size_t blocks = 0; blocks <= MTRACE_BLOCKS; blocks++) {
		const size_t len = query_bytes(bytes, blocks);

		assert_true(mtrace_query_get(bytes, len, &q));
		assert_int_equal(q.blocks, blocks);
	}
	query_bytes(bytes, 0);
	assert_true(mtrace_query_get(bytes, sizeof(golden), &q));
	assert_int_equal(q.hops, 32);
	assert_int_equal(q.group.s_addr, htonl(0xe1010203));
	assert_int_equal(q.source.s_addr, htonl(0x0a090109));
	assert_int_equal(q.receiver.s_addr, htonl(0x0a090909));
	assert_int_equal(q.answer_to.s_addr, htonl(0x0a090909));
	assert_int_equal(q.ttl, 0x40);
}

static void test_other_lengths_types_and_checksums_are_none(void **state)
{
	uint8_t bytes[MTRACE_HEADER + 2 * MTRACE_BLOCK];
	struct mtrace_query q;

	(void)state;
	for (size_t len = 0; len < sizeof(bytes); len++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, golden, sizeof(golden));
		if (len >= 4)
			wire_be16_put(bytes + 2, wire_checksum(bytes, len));
		assert_int_equal(mtrace_query_get(bytes, len, &q),
				 len == MTRACE_HEADER ||
					 len == MTRACE_HEADER + MTRACE_BLOCK);
	}
	query_bytes(bytes, 0);
	bytes[0] = MTRACE_RESPONSE;
	wire_be16_put(bytes + 2, 0);
	wire_be16_put(bytes + 2, wire_checksum(bytes, MTRACE_HEADER));
	assert_false(mtrace_query_get(bytes, MTRACE_HEADER, &q));
	query_bytes(bytes, 0);
	bytes[23] ^= 1;
	assert_false(mtrace_query_get(bytes, MTRACE_HEADER, &q));
}

static void test_a_router_adds_its_block_and_all_else_stays(void **state)
{
	static const uint8_t block[MTRACE_BLOCK] = {
		1, 2, 3, 4, 10,	  9,	1,    1,    10, 9, 9, 1, 10, 9, 5,  2,
		0, 0, 0, 7, 0xff, 0xff, 0xff, 0xff, 0,	0, 1, 0, 1,  8, 24, 7,
	};
	const struct mtrace_block b = {
		.arrival = 0x01020304,
		.in.s_addr = htonl(0x0a090101),
		.out.s_addr = htonl(0x0a090901),
		.previous.s_addr = htonl(0x0a090502),
		.in_count = 7,
		.out_count = MTRACE_UNKNOWN,
		.flow_count = 256,
		.protocol = MTRACE_PROTOCOL_DVMRP,
		.ttl = 8,
		.length = 24,
		.code = MTRACE_NOT_FORWARDING,
	};
	const struct mtrace_ip ip = {
		{htonl(0x0a090901)}, {htonl(0x0a090909)}, 64};
	uint8_t bytes[MTRACE_BYTES], packet[IGMP_IP_BYTES + MTRACE_BYTES];
	const uint8_t *message = packet + IGMP_IP_BYTES;
	const size_t len = query_bytes(bytes, 1);
	struct mtrace_query q;
	size_t total;

	(void)state;
	assert_true(mtrace_query_get(bytes, len, &q));
	total = mtrace_put(&q, &b, &ip, MTRACE_RESPONSE, packet,
			   sizeof(packet));
	assert_int_equal(total, IGMP_IP_BYTES + len + MTRACE_BLOCK);
	assert_int_equal(packet[8], 64);
	assert_int_equal(message[0], MTRACE_RESPONSE);
	assert_int_equal(message[1], 32);
	assert_int_equal(wire_checksum(message, len + MTRACE_BLOCK), 0);
	assert_memory_equal(message + 4, bytes + 4, len - 4);
	assert_memory_equal(message + len, block, MTRACE_BLOCK);
}

static void test_a_full_query_gets_no_block_more(void **state)
{
	const struct mtrace_block b = {0};
	const struct mtrace_ip ip = {.ttl = 1};
	uint8_t bytes[MTRACE_BYTES];
	uint8_t packet[IGMP_IP_BYTES + MTRACE_BYTES + MTRACE_BLOCK];
	struct mtrace_query q;

	(void)state;
	for (size_t blocks = 0; blocks <= MTRACE_BLOCKS; blocks++) {
		const size_t len = query_bytes(bytes, blocks);

		assert_true(mtrace_query_get(bytes, len, &q));
		assert_int_equal(mtrace_put(&q, &b, &ip, MTRACE_QUERY, packet,
					    sizeof(packet)) != 0,
				 blocks < MTRACE_BLOCKS);
		assert_int_equal(mtrace_put(&q, &b, &ip, MTRACE_QUERY, packet,
					    IGMP_IP_BYTES + len),
				 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_query_is_a_header_and_whole_blocks),
		cmocka_unit_test(
			test_other_lengths_types_and_checksums_are_none),
		cmocka_unit_test(
			test_a_router_adds_its_block_and_all_else_stays),
		cmocka_unit_test(test_a_full_query_gets_no_block_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
