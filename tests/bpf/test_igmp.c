/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The XDP parser of IGMP, run in the kernel by BPF_PROG_RUN: a row per
 * refusal, golden packets, and the user-space reader beside it, which must
 * come to the same answer for every packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <errno.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../igmp_cases.h"
#include "xmgm.skel.h"

#define ETH	  14u
#define IFID	  1u /* BPF_PROG_RUN pretends that frames come from lo */
#define SLOTS	  3u /* of `ingress`: as many interfaces */
#define FRAME_MAX (ETH + 60 + XMGM_IGMP_BYTES + 512)

#define CHECK(c, expr)                                        \
	do {                                                  \
		if (!(expr))                                  \
			fail_msg("%s: %s", (c)->what, #expr); \
	} while (0)

struct fixture {
	struct xmgm_bpf *skel;
	struct ring_buffer *ring;
	size_t records; /* of the ring, since the last run */
	struct xmgm_igmp head;
	uint8_t message[XMGM_IGMP_BYTES];
	size_t message_len;
};

static int on_record(void *arg, void *data, size_t len)
{
	struct fixture *f = arg;

	assert_true(len >= sizeof(f->head));
	memcpy(&f->head, data, sizeof(f->head));
	f->message_len = len - sizeof(f->head);
	assert_true(f->message_len <= sizeof(f->message));
	memcpy(f->message, (const uint8_t *)data + sizeof(f->head),
	       f->message_len);
	f->records++;
	return 0;
}

static const struct xmgm_settings generous = {
	.igmp_rate = 1000000000,
	.igmp_burst = 100000000,
	.igmp_share = XMGM_IGMP_RING / 2,
};

static void set_settings(struct fixture *f, const struct xmgm_settings *s)
{
	uint32_t zero = 0;

	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(f->skel->maps.settings), &zero,
				    s, BPF_ANY),
		0);
}

static struct xmgm_ingress get_slot(struct fixture *f, uint32_t slot)
{
	struct xmgm_ingress value;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(f->skel->maps.ingress),
					     &slot, &value),
			 0);
	return value;
}

/* All that the interfaces have in the ring has been taken out of it. */
static void empty_ring(struct fixture *f)
{
	ring_buffer__consume(f->ring);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		struct xmgm_ingress value = get_slot(f, slot);

		value.igmp_out = value.igmp_in;
		value.igmp_full_at = 0;
		assert_int_equal(
			bpf_map_update_elem(bpf_map__fd(f->skel->maps.ingress),
					    &slot, &value, BPF_ANY),
			0);
	}
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	f->skel = xmgm_bpf__open_and_load();
	if (!f->skel)
		return -1;
	set_settings(f, &generous);
	f->ring = ring_buffer__new(bpf_map__fd(f->skel->maps.igmp), on_record,
				   f, NULL);
	*state = f;
	return f->ring ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	ring_buffer__free(f->ring);
	xmgm_bpf__destroy(f->skel);
	free(f);
	return 0;
}

static void set_interface(struct fixture *f, enum xmgm_gate gate, uint32_t slot)
{
	struct xmgm_interface value = {
		.owner = XMGM_OWNER_IGMP,
		.gate = gate,
		.slot = slot,
	};
	uint32_t key = IFID;

	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(f->skel->maps.interfaces), &key,
				    &value, BPF_ANY),
		0);
}

static void set_gate(struct fixture *f, enum xmgm_gate gate)
{
	set_interface(f, gate, 0);
}

static void read_reasons(struct fixture *f, uint64_t out[])
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *values = calloc((size_t)cpus, sizeof(*values));

	for (uint32_t r = 0; r < XMGM_IGMP_REASON_COUNT; r++) {
		out[r] = 0;
		bpf_map_lookup_elem(bpf_map__fd(f->skel->maps.igmp_verdicts),
				    &r, values);
		for (int cpu = 0; cpu < cpus; cpu++)
			out[r] += values[cpu];
	}
	free(values);
}

/*
 * Runs the ingress program on an IP packet. Returns the one reason counted;
 * f has the record, if there was one. consume: empty the ring first.
 */
static enum xmgm_igmp_reason run(struct fixture *f, const uint8_t *ip,
				 size_t len, bool consume)
{
	static const uint8_t mac[ETH] = {1, 0, 0x5e, 0, 0, 22, 2,
					 0, 0, 0,    0, 1, 8,  0};
	static uint8_t frame[FRAME_MAX];
	uint64_t before[XMGM_IGMP_REASON_COUNT], after[XMGM_IGMP_REASON_COUNT];
	uint32_t reason = XMGM_IGMP_REASON_COUNT;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = (uint32_t)(ETH + len), .repeat = 1);

	assert_true(ETH + len <= sizeof(frame));
	memcpy(frame, mac, ETH);
	memcpy(frame + ETH, ip, len);
	read_reasons(f, before);
	assert_int_equal(bpf_prog_test_run_opts(
				 bpf_program__fd(f->skel->progs.xmgm_ingress),
				 &opts),
			 0);
	read_reasons(f, after);
	assert_int_equal(opts.retval, XDP_PASS);
	for (uint32_t r = 0; r < XMGM_IGMP_REASON_COUNT; r++) {
		if (after[r] == before[r])
			continue;
		assert_int_equal(after[r], before[r] + 1);
		assert_int_equal(reason, XMGM_IGMP_REASON_COUNT);
		reason = r;
	}
	f->records = 0;
	if (consume)
		ring_buffer__consume(f->ring);
	return reason;
}

/* The record says what the packet says. */
static void check_record(struct fixture *f, const struct igmp_case *c,
			 const uint8_t *packet, size_t len)
{
	size_t header = 4u * (packet[0] & 15);

	CHECK(c, f->records == 1);
	CHECK(c, f->head.ifid == IFID);
	CHECK(c, f->head.type == c->type);
	CHECK(c, f->head.version == c->version);
	CHECK(c, f->head.records == c->records);
	CHECK(c, f->head.time_ns != 0);
	CHECK(c, !memcmp(f->head.host, packet + 12, 4));
	CHECK(c, !memcmp(f->head.target, packet + 16, 4));
	CHECK(c, f->head.length == len - header);
	CHECK(c, f->message_len == len - header);
	CHECK(c, !memcmp(f->message, packet + header, len - header));
}

static void test_each_packet_gets_its_reason(void **state)
{
	struct fixture *f = *state;
	uint8_t packet[IGMP_CASE_PACKET];

	set_gate(f, XMGM_GATE_ON);
	for (size_t i = 0; i < IGMP_CASES; i++) {
		const struct igmp_case *c = &igmp_cases[i];
		size_t len = igmp_case_packet(c, packet);

		CHECK(c, run(f, packet, len, true) == c->reason);
		if (c->reason == XMGM_IGMP_DELIVERED)
			check_record(f, c, packet, len);
		else
			CHECK(c, f->records == 0);
	}
}

/* OFF: not parsed, not even if it is malformed. HELD: as ON. */
static void test_the_gate(void **state)
{
	struct fixture *f = *state;
	uint8_t packet[IGMP_CASE_PACKET];
	uint32_t key = IFID;
	size_t len = igmp_case_packet(&igmp_cases[0], packet);

	set_gate(f, XMGM_GATE_OFF);
	assert_int_equal(run(f, packet, len, true), XMGM_IGMP_GATE_OFF);
	assert_int_equal(f->records, 0);
	set_gate(f, XMGM_GATE_HELD);
	assert_int_equal(run(f, packet, len, true), XMGM_IGMP_DELIVERED);
	assert_int_equal(f->records, 1);
	set_gate(f, XMGM_GATE_ON);
	assert_int_equal(run(f, packet, len, true), XMGM_IGMP_DELIVERED);
	assert_int_equal(f->records, 1);
	bpf_map_delete_elem(bpf_map__fd(f->skel->maps.interfaces), &key);
	assert_int_equal(run(f, packet, len, true), XMGM_IGMP_GATE_OFF);
	assert_int_equal(f->records, 0);
}

/* XDP runs with the ifindex of a bond's member; the gate is the bond's. */
static void test_the_gate_of_a_bond_is_its_members(void **state)
{
	struct fixture *f = *state;
	uint8_t packet[IGMP_CASE_PACKET];
	const struct xmgm_port member = {.ifindex = IFID};
	uint32_t bond = IFID + 1000, ifid = IFID;
	int ports = bpf_map__fd(f->skel->maps.ports);
	int interfaces = bpf_map__fd(f->skel->maps.interfaces);
	size_t len = igmp_case_packet(&igmp_cases[0], packet);
	struct xmgm_interface state_of_it;

	set_gate(f, XMGM_GATE_ON);
	assert_int_equal(bpf_map_lookup_elem(interfaces, &ifid, &state_of_it),
			 0);
	assert_int_equal(bpf_map_delete_elem(interfaces, &ifid), 0);
	assert_int_equal(
		bpf_map_update_elem(interfaces, &bond, &state_of_it, 0), 0);
	assert_int_equal(run(f, packet, len, true), XMGM_IGMP_GATE_OFF);
	assert_int_equal(bpf_map_update_elem(ports, &member, &bond, 0), 0);
	assert_int_equal(run(f, packet, len, true), XMGM_IGMP_DELIVERED);
	assert_int_equal(f->head.ifid, bond);
	assert_int_equal(bpf_map_delete_elem(ports, &member), 0);
	assert_int_equal(bpf_map_delete_elem(interfaces, &bond), 0);
}

/* The replay twin, which also explains, must not tell the daemon anything. */
static void test_the_twin_reports_nothing(void **state)
{
	struct fixture *f = *state;
	uint8_t frame[ETH + IGMP_CASE_PACKET] = {1, 0, 0x5e, 0, 0, 22, 2,
						 0, 0, 0,    0, 1, 8,  0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .repeat = 1);

	set_gate(f, XMGM_GATE_ON);
	opts.data_size_in =
		(uint32_t)(ETH + igmp_case_packet(&igmp_cases[0], frame + ETH));
	assert_int_equal(bpf_prog_test_run_opts(
				 bpf_program__fd(f->skel->progs.xmgm_replay),
				 &opts),
			 0);
	assert_int_equal(opts.retval, XDP_PASS);
	f->records = 0;
	ring_buffer__consume(f->ring);
	assert_int_equal(f->records, 0);
}

/* A v3 report of `count` records, each with `sources`, in an IP packet. */
static size_t big_report(uint8_t *ip, uint16_t count, uint16_t sources)
{
	static const struct igmp_case plain = {"big", "", 0, GOOD(0x22, 3, 0)};
	size_t len = 8 + count * (8u + 4u * sources);
	uint8_t *m = ip + igmp_case_ip(&plain, len, ip), *at = m + 8;

	memset(m, 0, len);
	m[0] = 0x22;
	igmp_case_be16(m + 6, count);
	for (uint16_t r = 0; r < count; r++) {
		uint32_t group = htonl(0xef000000u + r);

		at[0] = 1 + r % 6;
		igmp_case_be16(at + 2, sources);
		memcpy(at + 4, &group, 4);
		at += 8;
		for (uint16_t s = 0; s < sources; s++, at += 4) {
			uint32_t source = htonl(0x0a000001u + s);

			memcpy(at, &source, 4);
		}
	}
	igmp_case_be16(m + 2, wire_checksum(m, len));
	return (size_t)(at - ip);
}

/* From an ordinary frame's 183 records to a jumbo frame's 1121. */
static void test_big_reports_arrive_whole(void **state)
{
	static const struct {
		uint16_t records, sources;
	} sizes[] = {{1, 0},   {180, 0}, {183, 0}, {60, 4},   {1, 366},
		     {440, 0}, {441, 0}, {500, 2}, {1121, 0}, {1, 2240}};
	struct fixture *f = *state;
	uint8_t *ip = malloc(FRAME_MAX);

	set_gate(f, XMGM_GATE_ON);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t len = big_report(ip, sizes[i].records, sizes[i].sources);
		struct igmp_message m;

		assert_int_equal(run(f, ip, len, true), XMGM_IGMP_DELIVERED);
		assert_int_equal(f->records, 1);
		assert_int_equal(f->head.records, sizes[i].records);
		assert_int_equal(f->message_len, len - 24);
		assert_memory_equal(f->message, ip + 24, len - 24);
		assert_int_equal(
			igmp_message_get(f->message, f->message_len, &m), 0);

		/* A record at the very end is checked as well. */
		ip[len - 4u * sizes[i].sources - 5]++;
		igmp_case_be16(ip + 26, 0);
		igmp_case_be16(ip + 26, wire_checksum(ip + 24, len - 24));
		assert_int_equal(run(f, ip, len, true), XMGM_IGMP_RECORDS);
		assert_int_equal(f->records, 0);
	}
	free(ip);
}

/* Is the last of many records looked at? It is the only one of use, or none
 * is. */
static void test_the_last_record_decides(void **state)
{
	struct fixture *f = *state;
	uint8_t *ip = malloc(FRAME_MAX);
	size_t len = big_report(ip, 1000, 0);

	set_gate(f, XMGM_GATE_ON);
	for (size_t r = 0; r < 1000; r++)
		memset(ip + 24 + 8 + 8 * r + 4, 0, 4);
	for (int last = 0; last < 2; last++) {
		ip[len - 4] = last ? 239 : 0;
		ip[len - 8] = 1; /* IS_IN */
		igmp_case_be16(ip + 26, 0);
		igmp_case_be16(ip + 26, wire_checksum(ip + 24, len - 24));
		assert_int_equal(run(f, ip, len, true),
				 last ? XMGM_IGMP_DELIVERED : XMGM_IGMP_GROUP);
		assert_int_equal(f->records, last);
	}
	free(ip);
}

static void test_too_long(void **state)
{
	struct fixture *f = *state;
	uint8_t *ip = malloc(FRAME_MAX);
	size_t len;

	set_gate(f, XMGM_GATE_ON);
	len = big_report(ip, 1151, 0); /* 8 + 1151 * 8 = 9216 bytes */
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_DELIVERED);
	assert_int_equal(f->head.records, 1151);
	len = big_report(ip, 1152, 0);
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_TOO_LONG);
	assert_int_equal(f->records, 0);
	free(ip);
}

/* When nobody reads, the loss is counted and what is there stays whole. */
static void test_a_full_ring_is_counted(void **state)
{
	struct fixture *f = *state;
	enum xmgm_igmp_reason reason = XMGM_IGMP_DELIVERED;
	uint8_t *ip = malloc(FRAME_MAX);
	struct xmgm_settings unshared = generous;
	size_t len = big_report(ip, 1000, 0), sent = 0;

	unshared.igmp_share = 2 * XMGM_IGMP_RING;
	set_settings(f, &unshared);
	set_gate(f, XMGM_GATE_ON);
	while (reason == XMGM_IGMP_DELIVERED && sent < 3000) {
		reason = run(f, ip, len, false);
		sent += reason == XMGM_IGMP_DELIVERED;
	}
	assert_int_equal(reason, XMGM_IGMP_LOST);
	f->records = 0;
	ring_buffer__consume(f->ring);
	assert_int_equal(f->records, sent);
	assert_memory_equal(f->message, ip + 24, len - 24);
	assert_int_equal(get_slot(f, 0).igmp_lost, 1);
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_DELIVERED);
	empty_ring(f);
	set_settings(f, &generous);
	free(ip);
}

/* Runs it until it is refused, and returns how often it was delivered. */
static size_t run_until(struct fixture *f, enum xmgm_igmp_reason refusal,
			const uint8_t *ip, size_t len, bool consume)
{
	enum xmgm_igmp_reason reason = XMGM_IGMP_DELIVERED;
	size_t count = 0;

	while (reason == XMGM_IGMP_DELIVERED && count < 1000000) {
		reason = run(f, ip, len, consume);
		count += reason == XMGM_IGMP_DELIVERED;
	}
	assert_int_equal(reason, refusal);
	return count;
}

/*
 * An interface may bring igmp-burst group records at once; of a message with
 * few records and many sources every 16 bytes count as one.
 */
static void test_records_and_bytes_are_limited_by_interface(void **state)
{
	static const struct {
		uint16_t records, sources;
		size_t messages;
	} rows[] = {{10, 0, 200}, {100, 0, 20}, {183, 0, 10},
		    {1, 366, 21}, {2, 180, 21}, {1, 2240, 3}};
	const struct xmgm_settings tight = {
		.igmp_rate = 1, /* too few come back for another message */
		.igmp_burst = 2000,
		.igmp_share = XMGM_IGMP_RING / 2,
	};
	struct fixture *f = *state;
	uint8_t *ip = malloc(FRAME_MAX);

	set_settings(f, &tight);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = big_report(ip, rows[i].records, rows[i].sources);
		uint64_t limited = get_slot(f, 0).igmp_limited;

		set_interface(f, XMGM_GATE_ON, 0);
		assert_int_equal(run_until(f, XMGM_IGMP_LIMITED, ip, len, true),
				 rows[i].messages);
		assert_int_equal(get_slot(f, 0).igmp_limited, limited + 1);
		/* The others have buckets of their own. */
		set_interface(f, XMGM_GATE_ON, 1);
		assert_int_equal(run_until(f, XMGM_IGMP_LIMITED, ip, len, true),
				 rows[i].messages);
		empty_ring(f);
	}
	set_settings(f, &generous);
	free(ip);
}

/* Over its rate an interface is not read at all, whatever is in the frame. */
static void test_an_empty_bucket_saves_the_reading(void **state)
{
	struct xmgm_ingress empty = {.igmp_full_at = UINT64_MAX / 2};
	uint32_t slot = 0;
	struct fixture *f = *state;
	uint8_t *ip = malloc(FRAME_MAX);
	size_t len = big_report(ip, 1, 0);

	set_gate(f, XMGM_GATE_ON);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(f->skel->maps.ingress),
					     &slot, &empty, BPF_ANY),
			 0);
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_LIMITED);
	ip[len - 1] ^= 1; /* the checksum is wrong now */
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_LIMITED);
	empty_ring(f);
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_CHECKSUM);
	free(ip);
}

/* A host of that address says so many records; the message is otherwise the
 * same. */
static size_t report_of(uint8_t *ip, const char *host, uint16_t records)
{
	size_t len = big_report(ip, records, 0);
	uint32_t address = inet_addr(host);

	memcpy(ip + 12, &address, 4);
	igmp_case_be16(ip + 10, 0);
	igmp_case_be16(ip + 10, wire_checksum(ip, 4u * (ip[0] & 15)));
	return len;
}

static void limit_hosts(struct fixture *f, uint32_t rate, uint32_t burst)
{
	struct xmgm_ingress value = get_slot(f, 0);
	uint32_t slot = 0;

	value.igmp_host_rate = rate;
	value.igmp_host_burst = burst;
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(f->skel->maps.ingress),
					     &slot, &value, BPF_ANY),
			 0);
}

static bool host_known(struct fixture *f, const char *host,
		       struct xmgm_igmp_bucket *value)
{
	struct xmgm_igmp_host key = {.ifid = IFID};
	uint32_t address = inet_addr(host);

	memcpy(key.address, &address, 4);
	return !bpf_map_lookup_elem(bpf_map__fd(f->skel->maps.igmp_hosts), &key,
				    value);
}

/* Records, not messages, and each host its own: 2000 at once here. */
static void test_a_host_is_limited_alone(void **state)
{
	static const struct {
		const char *host;
		uint16_t records;
		size_t messages;
	} rows[] = {{"10.1.0.1", 183, 10},
		    {"10.1.0.2", 10, 200},
		    {"10.1.0.3", 1000, 2},
		    {"0.0.0.0", 100, 20}};
	struct fixture *f = *state;
	uint8_t *ip = malloc(FRAME_MAX);
	struct xmgm_igmp_bucket bucket;
	struct xmgm_ingress in;

	set_gate(f, XMGM_GATE_ON);
	limit_hosts(f, 1, 2000);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *host = rows[i].host;
		uint64_t limited = get_slot(f, 0).igmp_host_limited;
		uint32_t address = inet_addr(host);
		size_t len = report_of(ip, host, rows[i].records);

		assert_int_equal(run_until(f, XMGM_IGMP_HOST_LIMITED, ip, len,
					   true),
				 rows[i].messages);
		in = get_slot(f, 0);
		assert_int_equal(in.igmp_host_limited, limited + 1);
		assert_memory_equal(in.igmp_host, &address, 4);
		assert_true(host_known(f, host, &bucket));
		assert_int_equal(bucket.limited, 1);
	}
	limit_hosts(f, 0, 0);
	free(ip);
}

/* What a host says beyond its rate costs its neighbours nothing. */
static void test_a_limited_host_takes_nothing_of_the_interface(void **state)
{
	const struct xmgm_settings tight = {
		.igmp_rate = 1,
		.igmp_burst = 3000,
		.igmp_share = XMGM_IGMP_RING / 2,
	};
	struct fixture *f = *state;
	uint8_t *ip = malloc(FRAME_MAX);
	size_t len;

	set_settings(f, &tight);
	set_gate(f, XMGM_GATE_ON);
	limit_hosts(f, 1, 2000);
	len = report_of(ip, "10.1.1.1", 1000);
	for (int i = 0; i < 100; i++)
		run(f, ip, len, true);
	len = report_of(ip, "10.1.1.2", 1000);
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_DELIVERED);
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_LIMITED);
	limit_hosts(f, 0, 0);
	empty_ring(f);
	set_settings(f, &generous);
	free(ip);
}

/* It is not read either; and who sends what is not valid takes no room. */
static void test_a_limited_host_is_not_read(void **state)
{
	struct xmgm_igmp_bucket bucket = {.full_at = UINT64_MAX / 2};
	struct xmgm_igmp_host key = {IFID, {10, 1, 2, 1}};
	struct fixture *f = *state;
	uint8_t *ip = malloc(FRAME_MAX);
	size_t len = report_of(ip, "10.1.2.1", 1);

	set_gate(f, XMGM_GATE_ON);
	limit_hosts(f, 1, 2000);
	ip[len - 1] ^= 1; /* the checksum is wrong now */
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_CHECKSUM);
	assert_false(host_known(f, "10.1.2.1", &bucket));
	bucket.full_at = UINT64_MAX / 2;
	assert_int_equal(
		bpf_map_update_elem(bpf_map__fd(f->skel->maps.igmp_hosts), &key,
				    &bucket, BPF_ANY),
		0);
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_HOST_LIMITED);
	limit_hosts(f, 0, 0);
	assert_int_equal(run(f, ip, len, true), XMGM_IGMP_CHECKSUM);
	free(ip);
}

/* What the fast one leaves the others is theirs: whole, and large messages. */
static void test_each_interface_has_room_in_the_ring(void **state)
{
	struct xmgm_settings shared = generous;
	struct fixture *f = *state;
	uint8_t *big = malloc(FRAME_MAX), *small = malloc(FRAME_MAX);
	size_t big_len = big_report(big, 1100, 0);
	size_t small_len = big_report(small, 1, 0);
	size_t room = XMGM_IGMP_ROOM(8 + 1100 * 8), fast, slow;

	shared.igmp_share = XMGM_IGMP_RING / 2 / SLOTS;
	set_settings(f, &shared);
	set_interface(f, XMGM_GATE_ON, 0);
	fast = run_until(f, XMGM_IGMP_CROWDED, small, small_len, false);
	assert_true(fast * XMGM_IGMP_ROOM(16) >= XMGM_IGMP_RING / 2);
	assert_int_equal(get_slot(f, 0).igmp_crowded, 1);
	assert_int_equal(run(f, big, big_len, false), XMGM_IGMP_CROWDED);
	for (uint32_t slot = 1; slot < SLOTS; slot++) {
		set_interface(f, XMGM_GATE_ON, slot);
		slow = run_until(f, XMGM_IGMP_CROWDED, big, big_len, false);
		assert_true(slow * room >= shared.igmp_share);
		assert_true((slow - 1) * room < shared.igmp_share);
		assert_int_equal(run(f, small, small_len, false),
				 XMGM_IGMP_CROWDED);
	}
	assert_int_equal(get_slot(f, 1).igmp_lost, 0);
	empty_ring(f);
	for (uint32_t slot = 0; slot < SLOTS; slot++) {
		set_interface(f, XMGM_GATE_ON, slot);
		assert_int_equal(run(f, big, big_len, true),
				 XMGM_IGMP_DELIVERED);
	}
	empty_ring(f);
	set_settings(f, &generous);
	free(big);
	free(small);
}

/* 5,000 full reports at once, as when all hosts of a LAN are asked. */
static void test_a_burst_of_full_reports_fits(void **state)
{
	struct xmgm_settings usual = {
		.igmp_rate = 500000,
		.igmp_burst = 1000000,
		.igmp_share = XMGM_IGMP_RING / 2 / 100,
	};
	struct fixture *f = *state;
	uint8_t *ip = malloc(FRAME_MAX);
	size_t len = big_report(ip, 183, 0);

	set_settings(f, &usual);
	set_gate(f, XMGM_GATE_ON);
	for (int i = 0; i < 5000; i++)
		assert_int_equal(run(f, ip, len, false), XMGM_IGMP_DELIVERED);
	empty_ring(f);
	set_settings(f, &generous);
	free(ip);
}

/* Changes a byte or two of the message, and mends the checksum mostly. */
static void mutate(uint8_t *packet, size_t len)
{
	size_t header = 4u * (packet[0] & 15), n = len - header;

	if (n < 8)
		return;
	for (long i = random() % 3; i >= 0; i--)
		packet[header + (size_t)random() % n] = (uint8_t)random();
	if (random() % 16) {
		igmp_case_be16(packet + header + 2, 0);
		igmp_case_be16(packet + header + 2,
			       wire_checksum(packet + header, n));
	}
}

/* Both readers, the kernel's and ours, over thousands of random packets. */
static void test_both_readers_agree(void **state)
{
	struct fixture *f = *state;
	uint8_t packet[IGMP_CASE_PACKET];

	srandom(9776);
	set_gate(f, XMGM_GATE_ON);
	for (int i = 0; i < 20000; i++) {
		const struct igmp_case *c =
			&igmp_cases[(size_t)random() % IGMP_CASES];
		size_t len = igmp_case_packet(c, packet);
		enum xmgm_igmp_reason ours, xdp;
		struct igmp_message m;
		struct igmp_ip ip;

		mutate(packet, len);
		ours = igmp_packet_get(packet, len, &ip, &m);
		xdp = run(f, packet, len, true);
		if (ours != xdp)
			fail_msg("%s, mutation %d: XDP says %d, we say %d",
				 c->what, i, (int)xdp, (int)ours);
		if (ours != XMGM_IGMP_DELIVERED)
			continue;
		assert_int_equal(f->head.version, m.version);
		assert_int_equal(f->head.type, m.type);
		assert_int_equal(f->head.records, m.record_count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_packet_gets_its_reason),
		cmocka_unit_test(test_the_gate),
		cmocka_unit_test(test_the_gate_of_a_bond_is_its_members),
		cmocka_unit_test(test_the_twin_reports_nothing),
		cmocka_unit_test(test_big_reports_arrive_whole),
		cmocka_unit_test(test_the_last_record_decides),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_a_full_ring_is_counted),
		cmocka_unit_test(
			test_records_and_bytes_are_limited_by_interface),
		cmocka_unit_test(test_an_empty_bucket_saves_the_reading),
		cmocka_unit_test(test_a_host_is_limited_alone),
		cmocka_unit_test(
			test_a_limited_host_takes_nothing_of_the_interface),
		cmocka_unit_test(test_a_limited_host_is_not_read),
		cmocka_unit_test(test_each_interface_has_room_in_the_ring),
		cmocka_unit_test(test_a_burst_of_full_reports_fits),
		cmocka_unit_test(test_both_readers_agree),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
