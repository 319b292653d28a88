/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multicast Router Discovery, RFC 4286: what a router tells switches, and
 * when.
 */
#include "igmp_fixture.h"

#include "wire/mrd.h"
#include "wire/reader.h"

#define SENT 200

static struct {
	uint64_t at_ms[SENT];
	uint8_t type[SENT], packet[SENT][MRD_BYTES_MAX];
	size_t len[SENT];
	size_t count;
	int result;
} sent;

static int on_send(void *arg, uint32_t ifid, struct in_addr target,
		   const uint8_t *packet, size_t len)
{
	struct fixture *f = arg;
	size_t i = sent.count;

	assert_int_equal(ifid, IFID);
	if (target.s_addr != inet_addr("224.0.0.106"))
		return 0; /* a query */
	assert_true(i < SENT && len <= MRD_BYTES_MAX);
	sent.at_ms[i] = f->now;
	sent.type[i] = packet[24];
	sent.len[i] = len;
	memcpy(sent.packet[i], packet, len);
	sent.count++;
	return sent.result;
}

static struct igmp_config with_mrd(void)
{
	struct igmp_config config = fix_config();

	config.router_discovery = true;
	config.advertisement_ms = 20000;
	return config;
}

static int setup(void **state)
{
	struct igmp_config config = with_mrd();
	struct fixture *f;

	fix_setup(state);
	f = *state;
	memset(&sent, 0, sizeof(sent));
	f->hooks.send = on_send;
	igmp_interface_configure(f->in, &config, f->now);
	return 0;
}

static void settled(struct fixture *f)
{
	fix_after(f, 60000);
	sent.count = 0;
}

/* Section 3.2, byte by byte: to All-Snoopers, TTL 1, Router Alert. */
static void test_an_advertisement_on_the_wire(void **state)
{
	static const uint8_t golden[] = {
		0x46, 0xc0, 0,	  32, 0,    0,	  0, 0,	  1,   2,    0xb4,
		0xaa, 10,   2,	  0,  1,    224,  0, 0,	  106, 0x94, 4,
		0,    0,    0x30, 20, 0xcf, 0x6c, 0, 125, 0,   2};
	const struct mrd_advertisement a = {
		.router = addr("10.2.0.1"),
		.interval_s = 20,
		.query_interval_s = 125,
		.robustness = 2,
	};
	uint8_t packet[MRD_BYTES_MAX];

	(void)state;
	assert_int_equal(mrd_advertisement_put(&a, packet), sizeof(golden));
	assert_int_equal(wire_checksum(packet, 24), 0);
	assert_int_equal(wire_checksum(packet + 24, 8), 0);
	memset(packet + 10, 0xb4, 1);
	memset(packet + 11, 0xaa, 1);
	assert_memory_equal(packet, golden, sizeof(golden));
}

/* Section 5 */
static void test_a_termination_on_the_wire(void **state)
{
	static const uint8_t golden[] = {0x32, 0, 0xcd, 0xff};
	uint8_t packet[MRD_BYTES_MAX];

	(void)state;
	assert_int_equal(mrd_termination_put(addr("10.2.0.1"), packet), 28);
	assert_int_equal(wire_checksum(packet, 24), 0);
	assert_int_equal(packet[3], 28);
	assert_memory_equal(packet + 24, golden, sizeof(golden));
}

static void test_a_solicitation_is_checked(void **state)
{
	uint8_t good[] = {0x31, 0, 0xce, 0xff};

	(void)state;
	assert_true(mrd_is_solicitation(good, 4));
	assert_false(mrd_is_solicitation(good, 3));
	assert_false(mrd_is_solicitation(good, 0));
	good[2] ^= 1;
	assert_false(mrd_is_solicitation(good, 4));
}

/* Section 3.3: three, each after less than 2 s; then every 20 s, more or less
 * a 40th, not always the same. */
static void test_the_first_ones_and_the_others(void **state)
{
	struct fixture *f = *state;
	uint64_t start = f->now, gap, least = UINT64_MAX, most = 0;

	fix_after(f, 1000000);
	assert_true(sent.count > 45 && sent.count < 56);
	for (size_t i = 0; i < sent.count; i++) {
		assert_int_equal(sent.type[i], MRD_ADVERTISEMENT);
		gap = sent.at_ms[i] - (i ? sent.at_ms[i - 1] : start);
		if (i < 3) {
			assert_true(gap < 2000);
			continue;
		}
		assert_in_range(gap, 19500, 20500);
		least = gap < least ? gap : least;
		most = gap > most ? gap : most;
	}
	assert_true(most - least > 300);
}

/* The values are the interface's of now: those of the querier, if it is
 * another one; a change triggers nothing. */
static void test_values_are_those_of_now(void **state)
{
	const struct igmp_message m = {.type = XMGM_IGMP_QUERY,
				       .version = 3,
				       .robustness = 5,
				       .query_interval_s = 300,
				       .max_response_ms = 10000};
	struct fixture *f = *state;
	const uint8_t *mrd;

	settled(f);
	igmp_router_message(f->router, IFID, addr("10.1.0.7"), &m, f->now);
	assert_int_equal(sent.count, 0);
	fix_after(f, 20500);
	assert_int_equal(sent.count, 1);
	mrd = sent.packet[0] + 24;
	assert_int_equal(mrd[1], 20);
	assert_int_equal(mrd[4] << 8 | mrd[5], 300);
	assert_int_equal(mrd[6] << 8 | mrd[7], 5);
	assert_int_equal(sent.packet[0][15], 1); /* from 10.2.0.1 */
}

/* A solicitation is answered within 2 s, once for all that come meanwhile,
 * and the next advertisement is an interval later. */
static void test_solicitations(void **state)
{
	struct fixture *f = *state;
	uint64_t asked;

	settled(f);
	for (int k = 0; k < 10; k++) {
		sent.count = 0;
		asked = f->now;
		for (int i = 0; i < 1000; i++)
			igmp_mrd_solicited(f->router, IFID, f->now);
		fix_after(f, 2000);
		assert_in_range(sent.count, 1, 2);
		assert_true(sent.at_ms[0] < asked + 2000);
		sent.count = 0;
		fix_after(f, 17000);
		assert_int_equal(sent.count, 0);
		fix_after(f, 3500);
		assert_int_equal(sent.count, 1);
	}
	igmp_mrd_solicited(f->router, IFID + 1, f->now);
	assert_int_equal(igmp_router_counted(f->router,
					     IGMP_N_MRD_SOLICITATIONS),
			 10000);
}

/* Where IGMP or discovery ends, or all of it, and only there. */
static void test_terminations(void **state)
{
	struct igmp_config config = with_mrd(), off = fix_config();
	struct fixture *f = *state;

	for (int way = 0; way < 3; way++) {
		settled(f);
		if (way == 0)
			igmp_interface_configure(f->in, NULL, f->now);
		else if (way == 1)
			igmp_interface_configure(f->in, &off, f->now);
		else
			igmp_router_farewell(f->router);
		assert_int_equal(sent.count, 1);
		assert_int_equal(sent.type[0], MRD_TERMINATION);
		fix_after(f, 100000);
		assert_int_equal(sent.count, 1);
		igmp_mrd_solicited(f->router, IFID, f->now);
		igmp_router_farewell(f->router);
		fix_after(f, 100000);
		assert_int_equal(sent.count, 1);
		igmp_interface_configure(f->in, &config, f->now);
		fix_after(f, 6000);
		if (way < 2)
			assert_int_equal(sent.count, 4);
	}
}

/* Down or without an address nothing can be said; back again it begins anew,
 * as it does with another address. */
static void test_links_and_addresses(void **state)
{
	static const struct proto_address other = V4_SUBNET(10, 2, 0, 9, 24);
	struct proto_interface interface = fix_interface();
	struct fixture *f = *state;

	settled(f);
	interface.up = false;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 60000);
	interface.up = true;
	interface.address_count = 0;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 60000);
	assert_int_equal(sent.count, 0);
	interface = fix_interface();
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 6000);
	assert_int_equal(sent.count, 3);
	igmp_interface_present(f->in, &interface, f->now);
	interface.addresses = &other;
	interface.address_count = 1;
	igmp_interface_present(f->in, &interface, f->now);
	fix_after(f, 6000);
	assert_int_equal(sent.count, 6);
	assert_int_equal(sent.packet[5][15], 9);
	igmp_interface_absent(f->in);
	fix_after(f, 60000);
	assert_int_equal(sent.count, 6);
}

/* What cannot be sent is counted, and the next one is tried in its time. */
static void test_failures_are_counted(void **state)
{
	struct fixture *f = *state;

	sent.result = -1;
	fix_after(f, 100000);
	assert_int_equal(igmp_router_counted(f->router, IGMP_N_MRD_FAILED),
			 sent.count);
	/* Nobody knows of us: there is nothing to take back. */
	sent.count = 0;
	igmp_router_farewell(f->router);
	assert_int_equal(sent.count, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, fix_teardown)

/* What others send is read as it is sent: whole, with a good checksum; octets
 * behind it are ignored. */
static void test_messages_of_other_routers(void **state)
{
	const struct mrd_advertisement sent_by = {.router = addr("10.1.0.7"),
						  .interval_s = 180,
						  .query_interval_s = 31744,
						  .robustness = 7};
	uint8_t packet[MRD_BYTES_MAX], *message = packet + IGMP_IP_BYTES;
	struct mrd_advertisement got;
	size_t len;

	(void)state;
	len = mrd_advertisement_put(&sent_by, packet) - IGMP_IP_BYTES;
	assert_true(mrd_advertisement_get(message, len, &got));
	assert_int_equal(got.interval_s, 180);
	assert_int_equal(got.query_interval_s, 31744);
	assert_int_equal(got.robustness, 7);
	assert_false(mrd_is_termination(message, len));
	for (size_t i = 0; i < len; i++)
		assert_false(mrd_advertisement_get(message, i, &got));
	message[3] ^= 1;
	assert_false(mrd_advertisement_get(message, len, &got));
	len = mrd_termination_put(sent_by.router, packet) - IGMP_IP_BYTES;
	assert_true(mrd_is_termination(message, len));
	assert_false(mrd_is_termination(message, len - 1));
	assert_false(mrd_advertisement_get(message, len, &got));
	assert_false(mrd_is_solicitation(message, len));
	message[1] ^= 1;
	assert_false(mrd_is_termination(message, len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_advertisement_on_the_wire),
		cmocka_unit_test(test_a_termination_on_the_wire),
		cmocka_unit_test(test_a_solicitation_is_checked),
		cmocka_unit_test(test_messages_of_other_routers),
		T(test_the_first_ones_and_the_others),
		T(test_values_are_those_of_now),
		T(test_solicitations),
		T(test_terminations),
		T(test_links_and_addresses),
		T(test_failures_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
