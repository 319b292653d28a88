/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IGMP reader and encoder: golden bytes both ways, a row per refusal, and
 * every truncation of every packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../igmp_cases.h"

#define CHECK(c, expr)                                        \
	do {                                                  \
		if (!(expr))                                  \
			fail_msg("%s: %s", (c)->what, #expr); \
	} while (0)

static void test_each_packet_gets_its_reason(void **state)
{
	uint8_t packet[IGMP_CASE_PACKET];

	(void)state;
	for (size_t i = 0; i < IGMP_CASES; i++) {
		const struct igmp_case *c = &igmp_cases[i];
		size_t len = igmp_case_packet(c, packet);
		struct igmp_message m;
		struct igmp_ip ip;

		CHECK(c, igmp_packet_get(packet, len, &ip, &m) == c->reason);
		if (c->reason != XMGM_IGMP_DELIVERED)
			continue;
		CHECK(c, m.type == c->type);
		CHECK(c, m.version == c->version);
		CHECK(c, m.record_count == c->records);
	}
}

/* Every reason a packet alone can have is in the table. */
static void test_no_reason_without_a_row(void **state)
{
	bool seen[XMGM_IGMP_REASON_COUNT] = {false};

	(void)state;
	seen[XMGM_IGMP_LOST] = true;	/* needs a full ring */
	seen[XMGM_IGMP_LIMITED] = true; /* needs many */
	seen[XMGM_IGMP_CROWDED] = true; /* the same */
	seen[XMGM_IGMP_HOST_LIMITED] = true;
	seen[XMGM_IGMP_GATE_OFF] = true; /* needs an interface */
	seen[XMGM_IGMP_TOO_LONG] = true; /* test_too_long */
	for (size_t i = 0; i < IGMP_CASES; i++)
		seen[igmp_cases[i].reason] = true;
	for (size_t i = 0; i < XMGM_IGMP_REASON_COUNT; i++)
		assert_true(seen[i]);
}

/* No prefix of a packet is accepted, and none is read beyond its end. */
static void test_every_truncation_is_refused(void **state)
{
	uint8_t packet[IGMP_CASE_PACKET];

	(void)state;
	for (size_t i = 0; i < IGMP_CASES; i++) {
		const struct igmp_case *c = &igmp_cases[i];
		size_t len = igmp_case_packet(c, packet);

		for (size_t cut = 0; cut < len; cut++) {
			uint8_t *exact = malloc(cut + 1);
			struct igmp_message m;
			struct igmp_ip ip;

			memcpy(exact + 1, packet, cut);
			CHECK(c, igmp_packet_get(exact + 1, cut, &ip, &m) ==
					 XMGM_IGMP_TRUNCATED);
			free(exact);
		}
	}
}

/*
 * A message cut short whose checksum is right again: whatever is accepted of
 * it is walked, and the sanitizer watches that nothing behind it is read.
 */
static void test_no_cut_message_reads_beyond_its_end(void **state)
{
	uint8_t packet[IGMP_CASE_PACKET];

	(void)state;
	for (size_t i = 0; i < IGMP_CASES; i++) {
		size_t len = igmp_case_packet(&igmp_cases[i], packet);
		size_t header = 4u * (packet[0] & 15);

		for (size_t cut = 4; header + cut <= len; cut++) {
			uint8_t *exact = malloc(cut);
			struct igmp_record r;
			struct igmp_message m;
			size_t at = 0, count = 0;

			memcpy(exact, packet + header, cut);
			memset(exact + 2, 0, 2);
			igmp_case_be16(exact + 2, wire_checksum(exact, cut));
			if (igmp_message_get(exact, cut, &m) ==
			    XMGM_IGMP_DELIVERED) {
				while (igmp_record_next(&m, &at, &r))
					count++;
				assert_int_equal(count, m.record_count);
			}
			free(exact);
		}
	}
}

static void test_too_long(void **state)
{
	uint8_t *message = calloc(1, XMGM_IGMP_BYTES + 1);
	struct igmp_message m;

	(void)state;
	message[0] = 0x16;
	message[4] = 239;
	igmp_case_be16(message + 2, wire_checksum(message, XMGM_IGMP_BYTES));
	assert_int_equal(igmp_message_get(message, XMGM_IGMP_BYTES, &m),
			 XMGM_IGMP_DELIVERED);
	assert_int_equal(igmp_message_get(message, XMGM_IGMP_BYTES + 1, &m),
			 XMGM_IGMP_TOO_LONG);
	free(message);
}

/* A message that the table knows, alone. */
static void message_of(const char *what, uint8_t *bytes, struct igmp_message *m)
{
	for (size_t i = 0; i < IGMP_CASES; i++) {
		uint8_t packet[IGMP_CASE_PACKET];
		size_t len;

		if (strcmp(igmp_cases[i].what, what))
			continue;
		len = igmp_case_packet(&igmp_cases[i], packet) - 24;
		memcpy(bytes, packet + 24, len);
		assert_int_equal(igmp_message_get(bytes, len, m), 0);
		return;
	}
	fail_msg("no case %s", what);
}

static void test_a_query_is_understood(void **state)
{
	uint8_t bytes[IGMP_CASE_PACKET];
	struct igmp_message m;

	(void)state;
	message_of("v3 general query", bytes, &m);
	assert_int_equal(m.group.s_addr, 0);
	assert_int_equal(m.max_response_ms, 10000);
	assert_false(m.suppress);
	assert_int_equal(m.robustness, 2);
	assert_int_equal(m.query_interval_s, 125);
	message_of("v3 group query", bytes, &m);
	assert_int_equal(m.group.s_addr, inet_addr("239.1.1.1"));
	assert_true(m.suppress);
	assert_int_equal(m.max_response_ms, 1000);
	message_of("v3 group-and-source query", bytes, &m);
	assert_int_equal(m.query_interval_s, 128);
	assert_int_equal(m.sources.count, 2);
	assert_int_equal(igmp_address(&m.sources, 1).s_addr,
			 inet_addr("10.0.0.2"));
	message_of("v1 general query", bytes, &m);
	assert_int_equal(m.max_response_ms, 10000);
}

static void test_records_are_walked(void **state)
{
	uint8_t bytes[IGMP_CASE_PACKET];
	struct igmp_message m;
	struct igmp_record r;
	size_t at = 0;

	(void)state;
	message_of("auxiliary data is skipped", bytes, &m);
	assert_true(igmp_record_next(&m, &at, &r));
	assert_int_equal(r.type, IGMP_IS_IN);
	assert_int_equal(r.group.s_addr, inet_addr("239.1.1.1"));
	assert_int_equal(r.sources.count, 1);
	assert_int_equal(igmp_address(&r.sources, 0).s_addr,
			 inet_addr("10.0.0.1"));
	assert_true(igmp_record_next(&m, &at, &r));
	assert_int_equal(r.type, IGMP_TO_EX);
	assert_int_equal(r.group.s_addr, inet_addr("239.1.1.2"));
	assert_int_equal(r.sources.count, 0);
	assert_false(igmp_record_next(&m, &at, &r));

	at = 0;
	message_of("bytes behind the last record", bytes, &m);
	assert_true(igmp_record_next(&m, &at, &r));
	assert_false(igmp_record_next(&m, &at, &r));
}

/* RFC 9776 section 4.2.12: unknown types are ignored, and no record spoils the
 * one beside it. */
static void test_each_record_is_checked_alone(void **state)
{
	static const struct {
		const char *what;
		enum xmgm_igmp_reason first, second;
	} rows[] = {
		{"unknown record type beside a good record", XMGM_IGMP_TYPE,
		 XMGM_IGMP_DELIVERED},
		{"unknown record type 0 beside nothing of use", XMGM_IGMP_TYPE,
		 XMGM_IGMP_GROUP},
		{"record of a unicast group beside a good one",
		 XMGM_IGMP_DELIVERED, XMGM_IGMP_GROUP},
		{"class E source beside a good record", XMGM_IGMP_SOURCE,
		 XMGM_IGMP_DELIVERED},
		{"link-local beside a routed group", XMGM_IGMP_LINK_LOCAL,
		 XMGM_IGMP_DELIVERED},
	};
	uint8_t bytes[IGMP_CASE_PACKET];
	struct igmp_message m;
	struct igmp_record r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t at = 0;

		message_of(rows[i].what, bytes, &m);
		assert_true(igmp_record_next(&m, &at, &r));
		CHECK(&rows[i], igmp_record_check(&r) == rows[i].first);
		assert_true(igmp_record_next(&m, &at, &r));
		CHECK(&rows[i], igmp_record_check(&r) == rows[i].second);
	}
}

/* Bytes made by another encoder from the same values. */
static const struct {
	const char *what, *hex;
	unsigned int version;
	const char *group;
	uint32_t response_ms;
	bool suppress;
	uint32_t interval_s;
	size_t sources;
} queries[] = {
	{"general",
	 "46c0002400000000010238110a010201e000000194040000"
	 "1164ec1e00000000027d0000",
	 3, "0.0.0.0", 10000, false, 125, 0},
	{"group",
	 "46c0002400000000010228100a010201ef01010194040000"
	 "110af475ef0101010a7d0000",
	 3, "239.1.1.1", 1000, true, 125, 0},
	{"group and sources",
	 "46c0002c00000000010228080a010201ef01010194040000"
	 "110ae86def010101028000020a0000010a000002",
	 3, "239.1.1.1", 1000, false, 128, 2},
	{"v1 general",
	 "46c0002000000000010238150a010201e000000194040000"
	 "1100eeff00000000",
	 1, "0.0.0.0", 10000, false, 125, 0},
	{"v2 general",
	 "46c0002000000000010238150a010201e000000194040000"
	 "1164ee9b00000000",
	 2, "0.0.0.0", 10000, false, 125, 0},
	{"v2 group",
	 "46c0002000000000010228140a010201ef01010194040000"
	 "110afef2ef010101",
	 2, "239.1.1.1", 1000, false, 125, 0},
};

static void test_queries_are_golden(void **state)
{
	const struct in_addr sources[2] = {{inet_addr("10.0.0.1")},
					   {inet_addr("10.0.0.2")}};

	(void)state;
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct igmp_query q = {
			.version = queries[i].version,
			.router = {inet_addr("10.1.2.1")},
			.group = {inet_addr(queries[i].group)},
			.max_response_ms = queries[i].response_ms,
			.suppress = queries[i].suppress,
			.robustness = 2,
			.query_interval_s = queries[i].interval_s,
			.sources = sources,
			.source_count = queries[i].sources,
		};
		uint8_t golden[128], packet[IGMP_QUERY_BYTES_MAX];
		size_t len = igmp_case_hex(queries[i].hex, golden);

		assert_int_equal(igmp_query_put(&q, packet, sizeof(packet)),
				 len);
		assert_memory_equal(packet, golden, len);
		assert_int_equal(igmp_query_put(&q, packet, len - 1), 0);
		assert_int_equal(igmp_query_put(&q, packet, len), len);
	}
}

static void test_queries_that_cannot_be_said(void **state)
{
	static struct in_addr sources[IGMP_QUERY_SOURCES_MAX + 1];
	struct igmp_query q = {.version = 2,
			       .group = {inet_addr("239.1.1.1")},
			       .sources = sources,
			       .source_count = 1};
	uint8_t packet[2048];

	(void)state;
	assert_int_equal(igmp_query_put(&q, packet, sizeof(packet)), 0);
	q.version = 1;
	q.source_count = 0;
	assert_int_equal(igmp_query_put(&q, packet, sizeof(packet)), 0);
	q.version = 3;
	q.source_count = IGMP_QUERY_SOURCES_MAX;
	assert_int_equal(igmp_query_put(&q, packet, sizeof(packet)),
			 IGMP_QUERY_BYTES_MAX);
	q.source_count++;
	assert_int_equal(igmp_query_put(&q, packet, sizeof(packet)), 0);
}

/* RFC 9776 section 4.1.1: below 128 as it is, else mantissa and exponent. */
static void test_codes(void **state)
{
	(void)state;
	assert_int_equal(igmp_code_get(127), 127);
	assert_int_equal(igmp_code_get(0x80), 128);
	assert_int_equal(igmp_code_get(0x9a), 416);
	assert_int_equal(igmp_code_get(255), 31744);
	assert_int_equal(igmp_code_put(127), 127);
	assert_int_equal(igmp_code_put(31744), 255);
	assert_int_equal(igmp_code_put(UINT32_MAX), 255);
	for (unsigned int code = 0; code < 256; code++)
		assert_int_equal(igmp_code_put(igmp_code_get((uint8_t)code)),
				 code);
	for (uint32_t v = 0; v < 32768; v++) {
		uint32_t said = igmp_code_get(igmp_code_put(v));

		assert_true(said <= v);
		if (v < 31744)
			assert_true(v - said <= v / 16);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_packet_gets_its_reason),
		cmocka_unit_test(test_no_reason_without_a_row),
		cmocka_unit_test(test_every_truncation_is_refused),
		cmocka_unit_test(test_no_cut_message_reads_beyond_its_end),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_a_query_is_understood),
		cmocka_unit_test(test_records_are_walked),
		cmocka_unit_test(test_each_record_is_checked_alone),
		cmocka_unit_test(test_queries_are_golden),
		cmocka_unit_test(test_queries_that_cannot_be_said),
		cmocka_unit_test(test_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
