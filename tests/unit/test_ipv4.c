/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IPv4 packets that leave in pieces: fragments by RFC 791 section 3.2,
 * datagrams that were one packet, and checksums that were half done.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "wire/ipv4.h"
#include "wire/reader.h"

#define DONT 0x4000
#define MORE 0x2000

/* A UDP packet with `payload` bytes, its checksums right. */
static size_t packet_put(uint8_t *p, size_t payload, unsigned int field)
{
	static const uint8_t header[] = {
		0x45, 0, 0,   0, 0x12, 0x34, 0,	   0, 63, 17, 0, 0, 10, 0,
		0,    1, 239, 1, 2,    3,    0x0f, 1, 4,  1,  0, 0, 0,	0,
	};
	size_t len = sizeof(header) + payload;

	memcpy(p, header, sizeof(header));
	for (size_t i = 0; i < payload; i++)
		p[sizeof(header) + i] = (uint8_t)(i * 7 + i / 256);
	wire_be16_put(p + 2, len);
	wire_be16_put(p + 6, field);
	wire_be16_put(p + 10, wire_checksum(p, 20));
	wire_be16_put(p + 24, payload + 8);
	return len;
}

/* As a sender leaves it, or whole. */
static void udp_sum(uint8_t *p, size_t len, bool whole)
{
	uint8_t pseudo[12] = {[9] = 17};

	memcpy(pseudo, p + 12, 8);
	wire_be16_put(pseudo + 10, len - 20);
	wire_be16_put(p + 26, (uint16_t)~wire_checksum(pseudo, 12));
	if (whole)
		wire_be16_put(p + 26, wire_checksum(p + 20, len - 20));
}

static unsigned int field_of(const uint8_t *p)
{
	return (unsigned int)(p[6] << 8 | p[7]);
}

/* Fragments of any size, put together again, are what they were made of. */
static void test_fragments_make_the_datagram(void **state)
{
	static const size_t sizes[] = {0,  1,	 7,    8,    47,   48,
				       49, 1472, 1473, 8972, 65507};
	static const size_t mtus[] = {68, 69, 75, 76, 576, 1499, 1500, 9000};
	static uint8_t p[65535], whole[65535], piece[9000];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		size_t len = packet_put(p, sizes[i], 0);

		for (size_t k = 0; k < sizeof(mtus) / sizeof(*mtus); k++) {
			struct ipv4_fragments f;
			size_t n, at = 0;
			bool last = false;

			assert_int_equal(
				ipv4_fragments_begin(&f, p, len, mtus[k]), 0);
			while ((n = ipv4_fragments_next(&f, piece))) {
				assert_false(last);
				assert_true(n <= mtus[k]);
				assert_int_equal(wire_checksum(piece, 20), 0);
				assert_int_equal(piece[2] << 8 | piece[3], n);
				assert_memory_equal(piece + 4, p + 4, 2);
				assert_memory_equal(piece + 8, p + 8, 2);
				assert_memory_equal(piece + 12, p + 12, 8);
				assert_int_equal((field_of(piece) & 0x1fff) * 8,
						 at);
				last = !(field_of(piece) & MORE);
				assert_true(last || n + 8 > mtus[k]);
				memcpy(whole + at, piece + 20, n - 20);
				at += n - 20;
			}
			assert_true(last);
			assert_int_equal(at, len - 20);
			assert_memory_equal(whole, p + 20, at);
		}
	}
}

/* A fragment's fragments have its place, and only the last one's is last. */
static void test_a_fragment_is_fragmented(void **state)
{
	static uint8_t p[2000], piece[1500];
	struct ipv4_fragments f;
	size_t len;

	(void)state;
	for (int more = 0; more < 2; more++) {
		len = packet_put(p, 1000, (more ? MORE : 0u) | 185);
		assert_int_equal(ipv4_fragments_begin(&f, p, len, 576), 0);
		assert_int_equal(ipv4_fragments_next(&f, piece), 572);
		assert_int_equal(field_of(piece), MORE | 185);
		assert_int_equal(ipv4_fragments_next(&f, piece), 476);
		assert_int_equal(field_of(piece), (more ? MORE : 0u) | 254);
		assert_int_equal(ipv4_fragments_next(&f, piece), 0);
	}
}

static void test_what_is_not_fragmented(void **state)
{
	static uint8_t p[2000];
	struct ipv4_fragments f;
	size_t len = packet_put(p, 1000, DONT);

	(void)state;
	assert_int_equal(ipv4_fragments_begin(&f, p, len, 576), -EMSGSIZE);
	packet_put(p, 1000, 0);
	assert_int_equal(ipv4_fragments_begin(&f, p, len, 67), -EMSGSIZE);
	assert_int_equal(ipv4_fragments_begin(&f, p, len - 1, 576), -EINVAL);
	assert_int_equal(ipv4_fragments_begin(&f, p, 19, 576), -EINVAL);
	p[0] = 0x46;
	assert_int_equal(ipv4_fragments_begin(&f, p, len, 576), -EINVAL);
	packet_put(p, 1000, 0x1fff);
	assert_int_equal(ipv4_fragments_begin(&f, p, len, 576), -EINVAL);
	packet_put(p, 1000, 0);
	wire_be16_put(p + 2, 19);
	assert_int_equal(ipv4_fragments_begin(&f, p, len, 576), -EINVAL);
}

/* What a device would have done: RFC 768. */
static void test_a_checksum_that_is_half_done_is_finished(void **state)
{
	static uint8_t p[2000];

	(void)state;
	for (size_t payload = 0; payload < 1401; payload += 7) {
		size_t len = packet_put(p, payload, 0);
		uint16_t want;

		udp_sum(p, len, true);
		want = (uint16_t)(p[26] << 8 | p[27]);
		udp_sum(p, len, false);
		assert_true(ipv4_udp_finish(p, len));
		assert_int_equal(p[26] << 8 | p[27], want ? want : 0xffff);
		assert_false(ipv4_udp_finish(p, len));
	}
}

static void test_other_checksums_stay(void **state)
{
	static uint8_t p[2000], was[2000];
	size_t len = packet_put(p, 100, 0);

	(void)state;
	assert_false(ipv4_udp_finish(p, len)); /* none */
	udp_sum(p, len, false);
	memcpy(was, p, len);
	assert_false(ipv4_udp_finish(p, len - 1));
	assert_false(ipv4_udp_finish(p, 27));
	p[6] = 0x20;
	assert_false(ipv4_udp_finish(p, len)); /* a fragment */
	p[6] = 0;
	p[9] = 6;
	assert_false(ipv4_udp_finish(p, len));
	p[9] = 17;
	p[25]--;
	assert_false(ipv4_udp_finish(p, len));
	p[25]++;
	assert_memory_equal(p, was, len);
}

/* Each has headers of its own, the next id, and a right checksum. */
static void test_several_datagrams_in_one_are_cut(void **state)
{
	static uint8_t p[65535], out[65535];
	size_t len = packet_put(p, 2500, DONT), n, at = 0;

	(void)state;
	udp_sum(p, len, false);
	for (size_t i = 0; i < 3; i++) {
		n = ipv4_udp_segment(p, len, 1000, i, out);
		assert_int_equal(n, 28 + (i < 2 ? 1000 : 500));
		assert_int_equal(wire_checksum(out, 20), 0);
		assert_int_equal(out[2] << 8 | out[3], n);
		assert_int_equal(out[4] << 8 | out[5], 0x1234 + i);
		assert_int_equal(field_of(out), DONT);
		assert_int_equal(out[24] << 8 | out[25], n - 20);
		assert_memory_equal(out + 28, p + 28 + at, n - 28);
		at += n - 28;
		memcpy(p + 65000, out + 26, 2);
		udp_sum(out, n, true);
		assert_memory_equal(p + 65000, out + 26, 2);
	}
	assert_int_equal(ipv4_udp_segment(p, len, 1000, 3, out), 0);
	assert_int_equal(ipv4_udp_segment(p, len, 0, 0, out), 0);
	assert_int_equal(ipv4_udp_segment(p, len, 1250, 2, out), 0);
	assert_int_equal(ipv4_udp_segment(p, len, 1000, SIZE_MAX / 2, out), 0);
	assert_int_equal(ipv4_udp_segment(p, len - 1, 1000, 0, out), 0);
	wire_be16_put(p + 26, 0); /* without a checksum they are without, too */
	n = ipv4_udp_segment(p, len, 1000, 1, out);
	assert_int_equal(out[26] | out[27], 0);
	p[9] = 6;
	assert_int_equal(ipv4_udp_segment(p, len, 1000, 0, out), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fragments_make_the_datagram),
		cmocka_unit_test(test_a_fragment_is_fragmented),
		cmocka_unit_test(test_what_is_not_fragmented),
		cmocka_unit_test(test_a_checksum_that_is_half_done_is_finished),
		cmocka_unit_test(test_other_checksums_stay),
		cmocka_unit_test(test_several_datagrams_in_one_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
