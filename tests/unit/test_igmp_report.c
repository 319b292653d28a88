/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a host sends: golden bytes of reports of each version and of the leave,
 * and that the reader takes every report as it was written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "wire/report.h"

static struct in_addr v4(const char *text)
{
	struct in_addr a;

	assert_int_equal(inet_pton(AF_INET, text, &a), 1);
	return a;
}

/* The IP header: Router Alert, TTL 1, precedence Internetwork Control. */
static void check_header(const uint8_t *packet, size_t len, const char *target)
{
	const struct in_addr to = v4(target);

	assert_int_equal(packet[0], 0x46);
	assert_int_equal(packet[1], 0xc0);
	assert_int_equal(packet[2] << 8 | packet[3], len);
	assert_int_equal(packet[8], 1);
	assert_int_equal(packet[9], 2);
	assert_memory_equal(packet + 16, &to, 4);
	assert_memory_equal(packet + 20, "\x94\x04\x00\x00", 4);
}

static void test_version_2_report_goes_to_its_group(void **state)
{
	static const uint8_t golden[] = {0x16, 0x00, 0xf9, 0xfc,
					 0xef, 0x01, 0x01, 0x01};
	uint8_t packet[REPORT_OLD_BYTES];

	(void)state;
	assert_int_equal(report_old_put(XMGM_IGMP_V2_REPORT, v4("10.0.0.1"),
					v4("239.1.1.1"), packet),
			 32);
	check_header(packet, 32, "239.1.1.1");
	assert_memory_equal(packet + 24, golden, 8);
}

static void test_version_1_report_goes_to_its_group(void **state)
{
	static const uint8_t golden[] = {0x12, 0x00, 0xfd, 0xfc,
					 0xef, 0x01, 0x01, 0x01};
	uint8_t packet[REPORT_OLD_BYTES];

	(void)state;
	report_old_put(XMGM_IGMP_V1_REPORT, v4("10.0.0.1"), v4("239.1.1.1"),
		       packet);
	check_header(packet, 32, "239.1.1.1");
	assert_memory_equal(packet + 24, golden, 8);
}

static void test_leave_goes_to_all_routers(void **state)
{
	static const uint8_t golden[] = {0x17, 0x00, 0xf8, 0xfc,
					 0xef, 0x01, 0x01, 0x01};
	uint8_t packet[REPORT_OLD_BYTES];

	(void)state;
	report_old_put(XMGM_IGMP_V2_LEAVE, v4("10.0.0.1"), v4("239.1.1.1"),
		       packet);
	check_header(packet, 32, "224.0.0.2");
	assert_memory_equal(packet + 24, golden, 8);
	assert_int_equal(report_old_put(XMGM_IGMP_QUERY, v4("10.0.0.1"),
					v4("239.1.1.1"), packet),
			 0);
}

static void test_version_3_report_goes_to_its_routers(void **state)
{
	static const uint8_t golden[] = {0x22, 0x00, 0xe9, 0xfb, 0x00, 0x00,
					 0x00, 0x01, 0x04, 0x00, 0x00, 0x00,
					 0xef, 0x01, 0x01, 0x01};
	struct report r;

	(void)state;
	report_begin(&r, 1500);
	assert_int_equal(report_end(&r, v4("10.0.0.1")), 0);
	report_add(&r, IGMP_TO_EX, v4("239.1.1.1"), NULL, 0);
	assert_int_equal(report_end(&r, v4("10.0.0.1")), 40);
	check_header(r.packet, 40, "224.0.0.22");
	assert_memory_equal(r.packet + 24, golden, sizeof(golden));
}

/* As many records of as many sources as fit into each size, and no more. */
static void test_the_reader_takes_what_is_written(void **state)
{
	static const size_t sizes[] = {0, 68, 69, 100, 576, 1500, 9000};
	struct in_addr sources[400];

	(void)state;
	for (uint32_t i = 0; i < 400; i++)
		sources[i].s_addr = htonl(0x0a000001 + i);
	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		struct igmp_message m;
		struct igmp_ip ip;
		struct report r;
		uint16_t count = 0;
		size_t len;

		report_begin(&r, sizes[k]);
		for (long room; (room = report_room(&r)) >= 0; count++)
			report_add(&r, IGMP_ALLOW, v4("232.1.1.1"), sources,
				   room > 5 ? 5 : (size_t)room);
		report_add(&r, IGMP_ALLOW, v4("232.1.1.1"), sources, 1);
		len = report_end(&r, v4("10.0.0.1"));
		assert_true(len <= REPORT_BYTES_MAX);
		assert_true(len <= sizes[k] || sizes[k] < REPORT_BYTES_MIN);
		assert_int_equal(igmp_packet_get(r.packet, len, &ip, &m),
				 XMGM_IGMP_DELIVERED);
		assert_int_equal(m.record_count, count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_1_report_goes_to_its_group),
		cmocka_unit_test(test_version_2_report_goes_to_its_group),
		cmocka_unit_test(test_leave_goes_to_all_routers),
		cmocka_unit_test(test_version_3_report_goes_to_its_routers),
		cmocka_unit_test(test_the_reader_takes_what_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
