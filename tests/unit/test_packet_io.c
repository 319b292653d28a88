/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What protocols may ask of the packet I/O, as far as no socket is needed:
 * what it refuses, it refuses before it opens one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <cmocka.h>

#include "lib/address.h"
#include "xmgmd/net/packet_io.h"

static void on_packet(void *arg, size_t who, uint32_t ifindex,
		      struct proto_packet *packet)
{
	(void)arg;
	(void)who;
	(void)ifindex;
	(void)packet;
	fail();
}

static void test_ipv6_is_another_address_family_so_far(void **state)
{
	static const uint8_t packet[40] = {0x60};
	struct packet_io *io;
	struct mgm_address group;
	uv_loop_t loop;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	io = packet_io_new(&loop, on_packet, NULL);
	assert_non_null(io);
	assert_int_equal(address_parse("ff02::16", &group), 0);
	assert_int_equal(packet_io_send(io, 1, &group, packet, sizeof(packet)),
			 -EAFNOSUPPORT);
	assert_int_equal(packet_io_member(io, 1, &group, true), -EAFNOSUPPORT);
	assert_int_equal(packet_io_member(io, 1, &group, false), -EAFNOSUPPORT);
	packet_io_close(io);
	packet_io_free(io);
	uv_loop_close(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ipv6_is_another_address_family_so_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
