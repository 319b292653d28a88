/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Questions of mrinfo and mtrace: who is answered, how often, and what a router
 * says of itself. draft-ietf-idmr-dvmrp-v3-11 section 3.6,
 * draft-ietf-idmr-traceroute-ipm sections 3 and 6.
 */
#include "dvmrp_lab.h"

#include <arpa/inet.h>

#include "wire/mtrace.h"
#include "wire/reader.h"

#define ASK_NEIGHBORS2 5

/* --- mrinfo
 * ------------------------------------------------------------------- */

static void ask_from(struct lab *l, unsigned int port, struct in_addr from)
{
	uint8_t bytes[DVMRP_HEADER] = {DVMRP_TYPE, ASK_NEIGHBORS2};
	const struct proto_packet packet = {
		.ifid = port,
		.source = mgm_address_v4(from),
		.destination = mgm_address_v4(lab_host(port, LAB_US)),
		.ttl = 64,
		.ip_protocol = IPPROTO_IGMP,
		.payload = bytes,
		.len = sizeof(bytes),
	};

	wire_be16_put(bytes + 2, wire_checksum(bytes, sizeof(bytes)));
	lab_packet(l, &packet);
}

static void ask(struct lab *l, unsigned int port, unsigned int host)
{
	ask_from(l, port, lab_host(port, host));
}

/* Interfaces and neighbours of all answers that were sent there. */
static void answers(struct lab *l, unsigned int port, size_t *interfaces,
		    size_t *neighbors)
{
	struct dvmrp_neighbors2 one;
	struct dvmrp_message m;
	size_t offset;

	*interfaces = *neighbors = 0;
	for (size_t i = 0; i < l->count; i++) {
		if (l->sent[i].port != port ||
		    l->sent[i].message[1] != DVMRP_NEIGHBORS2)
			continue;
		assert_int_equal(dvmrp_message_get(l->sent[i].message,
						   l->sent[i].len, &m),
				 DVMRP_OK);
		assert_true(l->sent[i].ttl > 1);
		for (offset = 0; dvmrp_neighbors2_next(&m, &offset, &one);) {
			++*interfaces;
			*neighbors += one.neighbors.count;
			assert_int_equal(one.metric, 1);
			assert_int_equal(one.threshold, 1);
		}
	}
}

static void test_each_interface_is_told_with_its_neighbours(void **state)
{
	/* Interface 1 has one, 2 and 3 have none: one address, 0.0.0.0 */
	static const uint8_t body[] = {
		10, 1, 0, 5, 1, 1, 0,	 1, 10, 1, 0, 9, /* */
		10, 2, 0, 5, 1, 1, 0x80, 1, 0,	0, 0, 0, /* */
		10, 3, 0, 5, 1, 1, 0x80, 1, 0,	0, 0, 0,
	};
	struct lab *l = *state;

	lab_peer(l, 1, 9);
	lab_clear(l);
	ask(l, 2, 77);
	assert_int_equal(lab_sent(l, 2, DVMRP_NEIGHBORS2), 1);
	assert_int_equal(l->sent[0].target.s_addr, lab_host(2, 77).s_addr);
	assert_int_equal(l->sent[0].len, DVMRP_HEADER + sizeof(body));
	assert_memory_equal(l->sent[0].message + DVMRP_HEADER, body,
			    sizeof(body));
	assert_int_equal(lab_count(l, DVMRP_N_ANSWERS_SENT), 1);
}

static void test_many_neighbours_take_several_messages(void **state)
{
	struct lab *l = *state;
	size_t interfaces, neighbors;

	for (unsigned int n = 0; n < DVMRP_NEIGHBORS; n++)
		for (unsigned int port = 1; port <= 3; port++)
			lab_peer(l, port, 10 + n);
	lab_clear(l);
	ask(l, 1, 200);
	assert_true(lab_sent(l, 1, DVMRP_NEIGHBORS2) > 1);
	answers(l, 1, &interfaces, &neighbors);
	assert_int_equal(neighbors, 3 * DVMRP_NEIGHBORS);
	assert_true(interfaces > 3);
}

static void test_an_asker_is_answered_once_a_second(void **state)
{
	struct lab *l = *state;

	lab_clear(l);
	for (unsigned int i = 0; i < 5; i++)
		ask(l, 1, 7);
	assert_int_equal(lab_sent(l, 1, DVMRP_NEIGHBORS2), 1);
	assert_int_equal(lab_count(l, DVMRP_N_QUERIES_LIMITED), 4);
	ask(l, 1, 8);
	assert_int_equal(lab_sent(l, 1, DVMRP_NEIGHBORS2), 2);
	lab_run(l, 1000);
	ask(l, 1, 7);
	assert_int_equal(lab_sent(l, 1, DVMRP_NEIGHBORS2), 3);
}

static void test_all_askers_together_have_a_limit(void **state)
{
	struct lab *l = *state;

	lab_clear(l);
	for (unsigned int host = 10; host < 110; host++)
		ask(l, 1, host);
	assert_int_equal(lab_sent(l, 1, DVMRP_NEIGHBORS2),
			 DVMRP_QUERIES_SECOND);
	assert_int_equal(lab_count(l, DVMRP_N_QUERIES_LIMITED),
			 100 - DVMRP_QUERIES_SECOND);
}

static void test_who_is_not_on_the_link_is_not_answered(void **state)
{
	struct lab *l = *state;

	lab_clear(l);
	ask_from(l, 1, lab_host(2, 9));
	ask_from(l, 1, (struct in_addr){inet_addr("192.0.2.1")});
	assert_int_equal(lab_sent(l, 1, DVMRP_NEIGHBORS2), 0);
	assert_int_equal(lab_count(l, DVMRP_N_QUERIES_FOREIGN) +
				 lab_count(l, DVMRP_N_BAD_SENDER),
			 2);
}

/* --- mtrace
 * --------------------------------------------------------------------- */

struct question {
	unsigned int port, host; /* whence it came */
	const char *to, *source, *receiver, *answer_to;
	uint8_t hops;
	size_t blocks;
};

/* Of 10.20.0.1, for a host on interface 2; what differs is said. */
static struct question question(void)
{
	return (struct question){
		.port = 2,
		.host = 9,
		.to = "10.2.0.5",
		.source = "10.20.0.1",
		.receiver = "10.2.0.77",
		.answer_to = "10.2.0.77",
		.hops = 32,
	};
}

static size_t trace(struct lab *l, const struct question *q)
{
	const size_t len = MTRACE_HEADER + q->blocks * MTRACE_BLOCK;
	uint8_t bytes[MTRACE_BYTES] = {MTRACE_QUERY, q->hops};
	const uint32_t words[] = {
		inet_addr("239.0.0.1"),
		inet_addr(q->source),
		inet_addr(q->receiver),
		inet_addr(q->answer_to),
	};
	const struct proto_packet packet = {
		.ifid = q->port,
		.source = mgm_address_v4(lab_host(q->port, q->host)),
		.destination =
			mgm_address_v4((struct in_addr){inet_addr(q->to)}),
		.ttl = 64,
		.ip_protocol = IPPROTO_IGMP,
		.payload = bytes,
		.len = len,
	};

	memcpy(bytes + 4, words, sizeof(words));
	bytes[20] = 9; /* TTL of an answer to a group */
	wire_be16_put(bytes + 2, wire_checksum(bytes, len));
	lab_clear(l);
	lab_packet(l, &packet);
	return len;
}

/* The one that was sent; its last octet says why. */
static const struct lab_sent *passed_on(struct lab *l, uint8_t type,
					const char *target)
{
	assert_int_equal(l->count, 1);
	assert_int_equal(l->sent[0].message[0], type);
	assert_int_equal(l->sent[0].target.s_addr, inet_addr(target));
	assert_int_equal(wire_checksum(l->sent[0].message, l->sent[0].len), 0);
	return &l->sent[0];
}

static int code_of(const struct lab_sent *s)
{
	return s->message[s->len - 1];
}

/* 10.20/16 is behind 10.1.0.9, and 10.2.0.9 depends on us for it. */
static void routes(struct lab *l)
{
	lab_peer(l, 1, 9);
	lab_peer(l, 2, 9);
	lab_report(l, 1, 9, "10.20.0.0/16 3");
	lab_report(l, 2, 9, "10.20.0.0/16 36");
}

static void test_a_query_goes_on_to_the_router_upstream(void **state)
{
	const struct question q = question();
	struct lab *l = *state;
	const struct lab_sent *s;
	const uint8_t *block;
	size_t len;

	routes(l);
	len = trace(l, &q);
	s = passed_on(l, MTRACE_QUERY, "10.1.0.9");
	assert_int_equal(s->port, 1);
	assert_int_equal(s->len, len + MTRACE_BLOCK);
	block = s->message + len;
	assert_memory_equal(block + 4, "\x0a\x01\x00\x05", 4);
	assert_memory_equal(block + 8, "\x0a\x02\x00\x05", 4);
	assert_memory_equal(block + 12, "\x0a\x01\x00\x09", 4);
	assert_int_equal(block[28], MTRACE_PROTOCOL_DVMRP);
	assert_int_equal(block[29], 1);
	assert_int_equal(block[30], 16);
	assert_int_equal(code_of(s), MTRACE_NO_ERROR);
}

static void test_the_router_at_the_source_answers(void **state)
{
	struct question q = question();
	struct lab *l = *state;

	q.source = "10.3.0.9";
	routes(l);
	trace(l, &q);
	passed_on(l, MTRACE_RESPONSE, "10.2.0.77");
	assert_int_equal(l->sent[0].port, 2);
}

static void test_the_last_hop_that_is_wanted_answers(void **state)
{
	struct question q = question();
	struct lab *l = *state;

	q.blocks = 1;
	q.hops = 2;
	routes(l);
	trace(l, &q);
	passed_on(l, MTRACE_RESPONSE, "10.2.0.77");
	q.hops = 3;
	trace(l, &q);
	passed_on(l, MTRACE_QUERY, "10.1.0.9");
}

static void test_an_answer_to_a_group_has_the_ttl_that_was_asked(void **state)
{
	struct question q = question();
	struct lab *l = *state;

	q.source = "10.3.0.9";
	q.answer_to = "224.0.1.32";
	routes(l);
	trace(l, &q);
	assert_int_equal(passed_on(l, MTRACE_RESPONSE, "224.0.1.32")->ttl, 9);
}

static const struct {
	const char *what, *source, *receiver;
	int code;
} errors[] = {
	{"no route", "10.99.0.1", "10.2.0.77", MTRACE_NO_ROUTE},
	{"not our receiver", "10.20.0.1", "10.77.0.1", MTRACE_WRONG_LAST_HOP},
	{"nobody wants it there", "10.20.0.1", "10.3.0.7",
	 MTRACE_NOT_FORWARDING},
	{"the receiver is upstream", "10.20.0.1", "10.1.0.7", MTRACE_RPF_IF},
};

static void test_why_the_flow_does_not_come_is_said(void **state)
{
	struct question q = question();
	struct lab *l = *state;

	routes(l);
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		q.source = errors[i].source;
		q.receiver = errors[i].receiver;
		trace(l, &q);
		if (l->count != 1 || code_of(&l->sent[0]) != errors[i].code)
			fail_msg("%s: %zu sent, code %d", errors[i].what,
				 l->count,
				 l->count ? code_of(&l->sent[0]) : -1);
		lab_run(l, 1000);
	}
}

/* The others on the LAN are asked as well. */
static void test_a_query_to_a_group_is_for_the_last_hop_alone(void **state)
{
	struct question q = question();
	struct lab *l = *state;

	q.to = "224.0.0.2";
	q.receiver = "10.77.0.1";
	routes(l);
	trace(l, &q);
	assert_int_equal(l->count, 0);
	q.receiver = "10.2.0.77";
	trace(l, &q);
	passed_on(l, MTRACE_QUERY, "10.1.0.9");
}

static void test_what_is_no_query_is_dropped_and_counted(void **state)
{
	const uint8_t bytes[MTRACE_HEADER + 1] = {MTRACE_QUERY};
	struct proto_packet packet = {
		.ifid = 1,
		.source = mgm_address_v4(lab_host(1, 9)),
		.destination = mgm_address_v4(lab_host(1, LAB_US)),
		.ttl = 64,
		.ip_protocol = IPPROTO_IGMP,
		.payload = bytes,
	};
	struct question loop = question();
	struct question full = question();
	struct lab *l = *state;
	uint64_t bad = 0;

	loop.answer_to = "127.0.0.1";
	loop.source = "10.3.0.9";
	full.blocks = MTRACE_BLOCKS;
	routes(l);
	lab_clear(l);
	for (packet.len = 1; packet.len <= sizeof(bytes); packet.len++) {
		lab_packet(l, &packet);
		assert_int_equal(lab_count(l, DVMRP_N_QUERIES_BAD), ++bad);
	}
	trace(l, &loop);
	assert_int_equal(lab_count(l, DVMRP_N_QUERIES_BAD), ++bad);
	trace(l, &full);
	assert_int_equal(lab_count(l, DVMRP_N_QUERIES_BAD), ++bad);
	assert_int_equal(l->count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(test_each_interface_is_told_with_its_neighbours),
		lab_test(test_many_neighbours_take_several_messages),
		lab_test(test_an_asker_is_answered_once_a_second),
		lab_test(test_all_askers_together_have_a_limit),
		lab_test(test_who_is_not_on_the_link_is_not_answered),
		lab_test(test_a_query_goes_on_to_the_router_upstream),
		lab_test(test_the_router_at_the_source_answers),
		lab_test(test_the_last_hop_that_is_wanted_answers),
		lab_test(test_an_answer_to_a_group_has_the_ttl_that_was_asked),
		lab_test(test_why_the_flow_does_not_come_is_said),
		lab_test(test_a_query_to_a_group_is_for_the_last_hop_alone),
		lab_test(test_what_is_no_query_is_dropped_and_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
