/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DVMRP's messages byte by byte, both ways: as draft-ietf-idmr-dvmrp-v3-11 has
 * them, and what mrouted 4.6 sends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "wire/dvmrp.h"
#include "wire/reader.h"

#define BYTES 576

struct text {
	uint8_t bytes[BYTES];
	size_t len;
};

/* "13 01 78 d4" */
static struct text hex(const char *text)
{
	struct text t = {0};
	char *end;

	for (; *text; text = end + strspn(end, " ")) {
		assert_true(t.len < BYTES);
		t.bytes[t.len++] = (uint8_t)strtoul(text, &end, 16);
	}
	return t;
}

static struct in_addr addr(const char *text)
{
	return (struct in_addr){inet_addr(text)};
}

/* A message with this code and body, and a checksum that is right. */
static struct text message(uint8_t code, const char *body)
{
	struct text b = hex(body), t = {.len = 8 + b.len};

	t.bytes[0] = 0x13;
	t.bytes[1] = code;
	t.bytes[5] = 0x0e;
	t.bytes[6] = 0xff;
	t.bytes[7] = 3;
	memcpy(t.bytes + 8, b.bytes, b.len);
	wire_be16_put(t.bytes + 2, wire_checksum(t.bytes, t.len));
	return t;
}

static enum dvmrp_error get(const struct text *t, struct dvmrp_message *m)
{
	uint8_t *exact = malloc(t->len ? t->len : 1);
	enum dvmrp_error error;

	assert_non_null(exact);
	memcpy(exact, t->bytes, t->len);
	error = dvmrp_message_get(exact, t->len, m);
	if (error == DVMRP_OK) /* same place, longer life */
		assert_int_equal(dvmrp_message_get(t->bytes, t->len, m),
				 DVMRP_OK);
	free(exact);
	return error;
}

#define PROBE	"13 01 78 d4 00 0e ff 03 5f 0d 00 00 0a 09 0c 02"
#define REPORT	"13 02 38 d3 00 0f ff 03 ff ff 00 0a 09 01 01 0a 09 02 a2"
#define DEFAULT "13 02 47 eb 00 0e ff 03 00 00 00 00 a6"
#define PRUNE	"13 07 ff 8d 00 0f ff 03 0a 09 01 00 e1 01 02 03 00 00 00 4a"
#define GRAFT	"13 08 ff d6 00 0f ff 03 0a 09 01 00 e1 01 02 03"
#define ACK	"13 09 ff d5 00 0f ff 03 0a 09 01 00 e1 01 02 03"
#define NEIGHBORS2                                                       \
	"13 06 ee 6f 00 0e ff 03 0a 08 02 03 01 01 00 03 0a 08 02 02 0a" \
	" 08 02 01 0a 08 02 42 0a 08 03 01 01 01 c0 01 00 00 00 00"
#define LENGTHS                                                        \
	"13 02 17 d0 00 0e ff 03 00 00 00 00 85 00 00 00 0a 83 f0 00"  \
	" 00 ac 10 a1 ff 80 00 c0 a8 00 82 ff ff 00 0a 01 02 01 0a 01" \
	" 03 a2 ff ff 80 c0 00 02 80 a0"
#define MASKED                                                        \
	"13 07 d6 98 00 2e ff 03 0a 01 02 09 ef 01 01 01 00 00 1c 20" \
	" ff ff ff 00"

/* What stands in these reports, and how it is read. */
static const struct {
	const char *bytes;
	size_t count;
	struct {
		const char *net;
		uint8_t length, metric;
	} routes[7];
} reports[] = {
	{REPORT, 2, {{"10.9.1.0", 24, 1}, {"10.9.2.0", 24, 34}}},
	{DEFAULT, 1, {{"0.0.0.0", 0, 38}}},
	{LENGTHS,
	 7,
	 {{"0.0.0.0", 0, 5},
	  {"10.0.0.0", 8, 3},
	  {"172.16.0.0", 12, 33},
	  {"192.168.0.0", 17, 2},
	  {"10.1.2.0", 24, 1},
	  {"10.1.3.0", 24, 34},
	  {"192.0.2.128", 25, 32}}},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_reports_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(reports); i++) {
		struct text t = hex(reports[i].bytes);
		struct dvmrp_report_cursor cursor = {0};
		struct dvmrp_report_route route;
		struct dvmrp_message m;

		assert_int_equal(get(&t, &m), DVMRP_OK);
		assert_int_equal(m.code, DVMRP_REPORT);
		for (size_t k = 0; k < reports[i].count; k++) {
			assert_true(dvmrp_report_next(&m, &cursor, &route));
			assert_true(dvmrp_report_route_ok(&route));
			assert_int_equal(route.prefix.net.s_addr,
					 inet_addr(reports[i].routes[k].net));
			assert_int_equal(route.prefix.length,
					 reports[i].routes[k].length);
			assert_int_equal(route.metric,
					 reports[i].routes[k].metric);
		}
		assert_false(dvmrp_report_next(&m, &cursor, &route));
	}
}

/* As captured, but with our flags: a leaf's, or netmasks, are not among them.
 */
static void same(const struct dvmrp_writer *w, size_t len, const char *golden)
{
	const uint8_t *ours = w->packet + IGMP_IP_BYTES;
	struct text t = hex(golden);

	assert_int_equal(len, IGMP_IP_BYTES + t.len);
	assert_int_equal(wire_checksum(w->packet, IGMP_IP_BYTES), 0);
	assert_int_equal(ours[5], 0x0e);
	if (t.bytes[5] != 0x0e) {
		t.bytes[5] = 0x0e;
		memset(t.bytes + 2, 0, 2);
		wire_be16_put(t.bytes + 2, wire_checksum(t.bytes, t.len));
	}
	assert_memory_equal(ours, t.bytes, t.len);
}

static const struct dvmrp_ip ip = {
	.source = {0x0100000a},
	.target = {0x040000e0},
};

static void test_reports_are_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(reports); i++) {
		struct dvmrp_writer w;

		dvmrp_begin(&w, &ip, DVMRP_REPORT);
		for (size_t k = 0; k < reports[i].count; k++) {
			const struct dvmrp_prefix prefix = {
				addr(reports[i].routes[k].net),
				reports[i].routes[k].length,
			};

			assert_true(dvmrp_put_route(
				&w, &prefix, reports[i].routes[k].metric));
		}
		assert_int_equal(w.routes, reports[i].count);
		same(&w, dvmrp_end(&w), reports[i].bytes);
	}
}

/* TOS 0xc0, TTL 1, Router Alert: the header that IGMP's messages have. */
static void test_the_ip_header(void **state)
{
	struct dvmrp_ip far = ip;
	struct dvmrp_writer w;

	(void)state;
	dvmrp_begin(&w, &ip, DVMRP_ASK_NEIGHBORS2);
	assert_int_equal(dvmrp_end(&w), 32);
	assert_memory_equal(w.packet, "\x46\xc0\0\x20\0\0\0\0\1\2", 10);
	assert_memory_equal(w.packet + 12, "\x0a\0\0\1\xe0\0\0\4\x94\4\0\0",
			    12);
	far.ttl = 64;
	dvmrp_begin(&w, &far, DVMRP_NEIGHBORS2);
	dvmrp_end(&w);
	assert_int_equal(w.packet[8], 64);
	assert_int_equal(wire_checksum(w.packet, IGMP_IP_BYTES), 0);
}

static void test_a_probe(void **state)
{
	struct text t = hex(PROBE);
	struct dvmrp_message m;
	struct dvmrp_writer w;

	(void)state;
	assert_int_equal(get(&t, &m), DVMRP_OK);
	assert_int_equal(m.code, DVMRP_PROBE);
	assert_int_equal(m.caps, 0x0e);
	assert_int_equal(m.major, 3);
	assert_int_equal(m.minor, 255);
	assert_int_equal(m.genid, 0x5f0d0000);
	assert_int_equal(m.neighbors.count, 1);
	assert_int_equal(igmp_address(&m.neighbors, 0).s_addr,
			 inet_addr("10.9.12.2"));
	dvmrp_begin(&w, &ip, DVMRP_PROBE);
	assert_true(dvmrp_put_u32(&w, 0x5f0d0000));
	assert_true(dvmrp_put_address(&w, addr("10.9.12.2")));
	same(&w, dvmrp_end(&w), PROBE);
}

/* Before 3.3 there are no generation ids: a probe lists neighbours. */
static void test_an_old_probe_has_no_generation_id(void **state)
{
	struct text t = message(1, "0a 09 0c 02");
	struct dvmrp_message m;

	(void)state;
	t.bytes[6] = 2;
	memset(t.bytes + 2, 0, 2);
	wire_be16_put(t.bytes + 2, wire_checksum(t.bytes, t.len));
	assert_int_equal(get(&t, &m), DVMRP_OK);
	assert_int_equal(m.genid, 0);
	assert_int_equal(m.neighbors.count, 1);
	assert_true(dvmrp_has_genid(3, 3) && dvmrp_has_genid(3, 255));
	assert_true(dvmrp_has_genid(4, 0) && dvmrp_has_genid(9, 0));
	assert_false(dvmrp_has_genid(3, 2) || dvmrp_has_genid(2, 255) ||
		     dvmrp_has_genid(10, 0) || dvmrp_has_genid(11, 255));
}

static const struct {
	const char *bytes;
	enum dvmrp_code code;
	struct dvmrp_sg sg;
} pairs[] = {
	{PRUNE,
	 DVMRP_PRUNE,
	 {{0x0001090a}, {0x030201e1}, .lifetime_s = 74, .length = 32}},
	{GRAFT, DVMRP_GRAFT, {{0x0001090a}, {0x030201e1}, .length = 32}},
	{ACK, DVMRP_GRAFT_ACK, {{0x0001090a}, {0x030201e1}, .length = 32}},
	{MASKED,
	 DVMRP_PRUNE,
	 {{0x0902010a},
	  {0x010101ef},
	  .lifetime_s = 7200,
	  .length = 24,
	  .netmask = true}},
};

static void test_prunes_grafts_and_acknowledgements(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++) {
		struct text t = hex(pairs[i].bytes);
		struct dvmrp_message m;
		struct dvmrp_writer w;

		memset(t.bytes + 2, 0, 2);
		wire_be16_put(t.bytes + 2, wire_checksum(t.bytes, t.len));
		assert_int_equal(get(&t, &m), DVMRP_OK);
		assert_int_equal(m.code, pairs[i].code);
		assert_int_equal(m.source.s_addr, pairs[i].sg.source.s_addr);
		assert_int_equal(m.group.s_addr, pairs[i].sg.group.s_addr);
		assert_int_equal(m.lifetime_s, pairs[i].sg.lifetime_s);
		assert_int_equal(m.length, pairs[i].sg.length);
		same(&w, dvmrp_sg_put(&w, &ip, pairs[i].code, &pairs[i].sg),
		     pairs[i].bytes);
	}
}

static void test_an_answer_to_mrinfo(void **state)
{
	const struct dvmrp_neighbors2 a = {
		.local = addr("10.8.2.3"), .metric = 1, .threshold = 1};
	const struct dvmrp_neighbors2 b = {.local = addr("10.8.3.1"),
					   .metric = 1,
					   .threshold = 1,
					   .flags = DVMRP_NBR_QUERIER |
						    DVMRP_NBR_LEAF};
	struct text t = hex(NEIGHBORS2);
	struct dvmrp_neighbors2 one;
	struct dvmrp_message m;
	struct dvmrp_writer w;
	size_t offset = 0;

	(void)state;
	dvmrp_begin(&w, &ip, DVMRP_NEIGHBORS2);
	assert_false(dvmrp_put_neighbor(&w, addr("10.8.2.2")));
	assert_true(dvmrp_put_interface(&w, &a));
	assert_true(dvmrp_put_neighbor(&w, addr("10.8.2.2")));
	assert_true(dvmrp_put_neighbor(&w, addr("10.8.2.1")));
	assert_true(dvmrp_put_neighbor(&w, addr("10.8.2.66")));
	assert_true(dvmrp_put_interface(&w, &b));
	assert_true(dvmrp_put_neighbor(&w, addr("0.0.0.0")));
	same(&w, dvmrp_end(&w), NEIGHBORS2);
	assert_int_equal(get(&t, &m), DVMRP_OK);
	assert_true(dvmrp_neighbors2_next(&m, &offset, &one));
	assert_int_equal(one.neighbors.count, 3);
	assert_true(dvmrp_neighbors2_next(&m, &offset, &one));
	assert_int_equal(one.flags, 0xc0);
	assert_false(dvmrp_neighbors2_next(&m, &offset, &one));
}

/* Every checksum of what mrouted 4.6 has sent is right. */
static void test_checksums_of_the_peer(void **state)
{
	static const char *const captured[] = {PROBE, REPORT, DEFAULT,	 PRUNE,
					       GRAFT, ACK,    NEIGHBORS2};
	struct dvmrp_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(captured); i++) {
		struct text t = hex(captured[i]);

		assert_int_equal(get(&t, &m), DVMRP_OK);
		for (size_t k = 0; k < t.len; k++) {
			t.bytes[k] ^= 4;
			assert_int_equal(get(&t, &m), DVMRP_CHECKSUM);
			t.bytes[k] ^= 4;
		}
	}
}

static const struct {
	const char *what;
	uint8_t code;
	const char *body;
	enum dvmrp_error error;
} bad[] = {
	{"old neighbours asked", 3, "", DVMRP_IGNORED},
	{"old neighbours", 4, "01", DVMRP_IGNORED},
	{"information asked", 10, "", DVMRP_IGNORED},
	{"information", 11, "01 02", DVMRP_IGNORED},
	{"unknown code", 12, "", DVMRP_IGNORED},
	{"code 0", 0, "", DVMRP_IGNORED},
	{"a probe without a generation id", 1, "", DVMRP_MALFORMED},
	{"a probe with half of one", 1, "01 02 03", DVMRP_MALFORMED},
	{"a probe of five bytes", 1, "01 02 03 04 05", DVMRP_MALFORMED},
	{"a probe that hears nobody", 1, "01 02 03 04", DVMRP_OK},
	{"a report of nothing", 2, "", DVMRP_OK},
	{"a report with half a mask", 2, "ff ff", DVMRP_MALFORMED},
	{"a mask alone", 2, "ff ff 00", DVMRP_MALFORMED},
	{"a mask with holes", 2, "ff 0f 00 0a 01 10 81", DVMRP_MALFORMED},
	{"a mask with a hole at once", 2, "00 ff 00 0a 01 10 81",
	 DVMRP_MALFORMED},
	{"a net cut short", 2, "ff ff 00 0a 01", DVMRP_MALFORMED},
	{"a metric cut off", 2, "ff ff 00 0a 01 01", DVMRP_MALFORMED},
	{"a list without an end", 2, "ff ff 00 0a 01 01 01", DVMRP_MALFORMED},
	{"one more byte", 2, "ff ff 00 0a 01 01 81 00", DVMRP_MALFORMED},
	{"a prune without a lifetime", 7, "0a 01 01 00 e1 01 01 01",
	 DVMRP_MALFORMED},
	{"a prune of 11 bytes", 7, "0a 01 01 00 e1 01 01 01 00 00 00",
	 DVMRP_MALFORMED},
	{"a prune whose mask has holes", 7,
	 "0a 01 01 00 e1 01 01 01 00 00 00 4a ff 00 ff 00", DVMRP_MALFORMED},
	{"a prune with a byte too many", 7,
	 "0a 01 01 00 e1 01 01 01 00 00 00 4a ff", DVMRP_OK},
	{"a graft of 7 bytes", 8, "0a 01 01 00 e1 01 01", DVMRP_MALFORMED},
	{"an acknowledgement of 4", 9, "0a 01 01 00", DVMRP_MALFORMED},
	{"neighbours cut short", 6, "0a 01 01 01 01 01 00 02 0a 01 01 02",
	 DVMRP_MALFORMED},
};

static void test_what_is_malformed_is_refused_as_a_whole(void **state)
{
	struct dvmrp_message m;

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct text t = message(bad[i].code, bad[i].body);

		if (get(&t, &m) != bad[i].error)
			fail_msg("%s", bad[i].what);
	}
}

static void test_no_header(void **state)
{
	struct text t = hex(PROBE), other = hex("11 64 ee 9b 00 00 00 00");
	struct dvmrp_message m;

	(void)state;
	for (t.len = 0; t.len < 8; t.len++)
		assert_int_equal(get(&t, &m), DVMRP_SHORT);
	assert_int_equal(get(&other, &m), DVMRP_NOT_OURS);
}

/* Bits of the draft's tables: what is no route is skipped, not believed. */
static const struct {
	const char *net;
	uint8_t length, metric;
	bool ok;
} routes[] = {
	{"10.0.0.0", 8, 0, false},	 {"10.0.0.0", 8, 1, true},
	{"10.0.0.0", 8, 31, true},	 {"10.0.0.0", 8, 32, true},
	{"10.0.0.0", 8, 33, true},	 {"10.0.0.0", 8, 63, true},
	{"10.0.0.0", 8, 64, false},	 {"10.0.0.0", 8, 127, false},
	{"10.1.2.3", 24, 1, false},	 {"10.1.2.3", 32, 1, true},
	{"0.1.0.0", 16, 1, false},	 {"127.0.0.0", 8, 1, false},
	{"127.1.0.0", 16, 1, false},	 {"224.0.0.0", 8, 1, false},
	{"239.1.1.0", 24, 1, false},	 {"240.0.0.0", 8, 1, false},
	{"255.255.255.0", 24, 1, false}, {"223.255.255.0", 24, 1, true},
	{"126.0.0.0", 8, 1, true},	 {"1.0.0.0", 8, 1, true},
	{"0.0.0.0", 0, 1, true},
};

static void test_routes_that_are_skipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(routes); i++) {
		const struct dvmrp_report_route route = {{addr(routes[i].net),
							  routes[i].length},
							 routes[i].metric};

		if (dvmrp_report_route_ok(&route) != routes[i].ok)
			fail_msg("%s/%u metric %u", routes[i].net,
				 routes[i].length, routes[i].metric);
	}
}

/* Masks begin with 255, so /1 to /7 cannot be said. */
static void test_lengths_that_cannot_be_said(void **state)
{
	struct dvmrp_writer w;

	(void)state;
	dvmrp_begin(&w, &ip, DVMRP_REPORT);
	for (unsigned int length = 0; length <= 33; length++) {
		const struct dvmrp_prefix prefix = {{0}, (uint8_t)length};
		const bool can = !length || (length >= 8 && length <= 32);

		assert_int_equal(dvmrp_sayable(length), can);
		if (!can)
			assert_false(dvmrp_put_route(&w, &prefix, 1));
	}
	assert_int_equal(w.routes, 0);
}

/* At most 576 bytes of IP: a report that is full stays as it is. */
static void test_a_report_that_is_full(void **state)
{
	struct dvmrp_report_cursor cursor = {0};
	struct dvmrp_report_route route;
	struct dvmrp_message m;
	struct dvmrp_writer w;
	uint32_t count = 0;
	size_t len;

	(void)state;
	dvmrp_begin(&w, &ip, DVMRP_REPORT);
	for (;;) {
		const struct dvmrp_prefix prefix = {
			{htonl(0x0a000000 + (count << 8))}, 24};

		if (!dvmrp_put_route(&w, &prefix, 1))
			break;
		count++;
	}
	assert_int_equal(count, (576 - 24 - 8 - 3) / 4);
	len = dvmrp_end(&w);
	assert_true(len <= 576 && len > 572);
	assert_int_equal(dvmrp_message_get(w.packet + IGMP_IP_BYTES,
					   len - IGMP_IP_BYTES, &m),
			 DVMRP_OK);
	while (dvmrp_report_next(&m, &cursor, &route))
		count--;
	assert_int_equal(count, 0);
	while (dvmrp_put_address(&w, addr("10.0.0.1")))
		;
	assert_true(w.len <= 576);
}

static void test_masks(void **state)
{
	uint8_t length;

	(void)state;
	for (unsigned int i = 0; i <= 32; i++) {
		assert_true(dvmrp_mask_length(dvmrp_mask(i), &length));
		assert_int_equal(length, i);
	}
	assert_int_equal(dvmrp_mask(12).s_addr, inet_addr("255.240.0.0"));
	assert_false(dvmrp_mask_length(addr("255.0.255.0"), &length));
	assert_false(dvmrp_mask_length(addr("0.0.0.1"), &length));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reports_are_read),
		cmocka_unit_test(test_reports_are_written),
		cmocka_unit_test(test_the_ip_header),
		cmocka_unit_test(test_a_probe),
		cmocka_unit_test(test_an_old_probe_has_no_generation_id),
		cmocka_unit_test(test_prunes_grafts_and_acknowledgements),
		cmocka_unit_test(test_an_answer_to_mrinfo),
		cmocka_unit_test(test_checksums_of_the_peer),
		cmocka_unit_test(test_what_is_malformed_is_refused_as_a_whole),
		cmocka_unit_test(test_no_header),
		cmocka_unit_test(test_routes_that_are_skipped),
		cmocka_unit_test(test_lengths_that_cannot_be_said),
		cmocka_unit_test(test_a_report_that_is_full),
		cmocka_unit_test(test_masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
