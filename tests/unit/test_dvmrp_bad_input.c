/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages that must not be believed: each is dropped, or what is wrong of it
 * is, and counted by its reason; nothing else changes and nothing is sent.
 */
#include "dvmrp_lab.h"

#include "wire/reader.h"

#define NET "10.20.0.0/16"

enum damage {
	NOTHING,
	CHECKSUM,
	FRAGMENT,
	SHORT, /* seven bytes */
	TTL,   /* of 2 */
};

enum sender {
	PEER,	 /* 10.1.0.4, two-way */
	ONE_WAY, /* 10.1.0.7 */
	HOST,	 /* 10.1.0.8, of whom we know nothing */
	OURSELVES,
	OURS_ELSEWHERE, /* 10.2.0.5 */
	FAR,		/* 10.2.0.4 */
};

static const struct {
	const char *what;
	uint8_t code;
	const char *body;
	enum dvmrp_counter counter; /* DVMRP_N_ALL: none but of what it is */
	enum damage damage;
	enum sender sender;
	const char *target; /* NULL: 224.0.0.4 */
} rows[] = {
#define PROBE  1, "00 00 00 07 0a 01 00 05"
#define REPORT 2, "ff 00 00 0a 14 81"
#define PRUNE  7, "0a 14 01 01 ef 01 01 01 00 00 00 64"
#define GRAFT  8, "0a 14 01 01 ef 01 01 01"
#define ACK    9, "0a 14 01 01 ef 01 01 01"
	/* The header */
	{"checksum", REPORT, DVMRP_N_BAD_CHECKSUM, CHECKSUM, PEER, NULL},
	{"seven bytes", REPORT, DVMRP_N_BAD_SHORT, SHORT, PEER, NULL},
	{"a fragment", REPORT, DVMRP_N_BAD_FRAGMENT, FRAGMENT, PEER, NULL},
	{"our address", REPORT, DVMRP_N_BAD_OWN, NOTHING, OURSELVES, NULL},
	{"ours of another interface", REPORT, DVMRP_N_BAD_OWN, NOTHING,
	 OURS_ELSEWHERE, NULL},
	{"another subnet", PROBE, DVMRP_N_BAD_SENDER, NOTHING, FAR, NULL},
	{"another subnet, unicast", REPORT, DVMRP_N_BAD_SENDER, NOTHING, FAR,
	 "10.1.0.5"},
	{"TTL 2", REPORT, DVMRP_N_BAD_TTL, TTL, PEER, NULL},
	{"all hosts", REPORT, DVMRP_N_BAD_TARGET, NOTHING, PEER, "224.0.0.1"},
	{"an address that is not ours", REPORT, DVMRP_N_BAD_TARGET, NOTHING,
	 PEER, "10.1.0.6"},
	{"broadcast", PROBE, DVMRP_N_BAD_TARGET, NOTHING, PEER, "10.1.0.255"},
	/* The kind */
	{"code 0", 0, "", DVMRP_N_BAD_CODE, NOTHING, PEER, NULL},
	{"old neighbours asked", 3, "", DVMRP_N_BAD_CODE, NOTHING, PEER, NULL},
	{"old neighbours", 4, "0a 01 00 04", DVMRP_N_BAD_CODE, NOTHING, PEER,
	 NULL},
	{"neighbours that nobody asked for", 6, "0a 01 00 04 01 01 00 00",
	 DVMRP_N_BAD_CODE, NOTHING, PEER, NULL},
	{"information asked", 10, "", DVMRP_N_BAD_CODE, NOTHING, PEER, NULL},
	{"information", 11, "", DVMRP_N_BAD_CODE, NOTHING, PEER, NULL},
	{"code 255", 255, "", DVMRP_N_BAD_CODE, NOTHING, PEER, NULL},
	/* Probes */
	{"a probe of three bytes", 1, "00 00 07", DVMRP_N_BAD_PROBE, NOTHING,
	 HOST, NULL},
	{"an empty probe", 1, "", DVMRP_N_BAD_PROBE, NOTHING, HOST, NULL},
	{"a probe of seven bytes", 1, "00 00 00 07 0a 01 00", DVMRP_N_BAD_PROBE,
	 NOTHING, HOST, NULL},
	/* Reports: all of it */
	{"a report of a host", REPORT, DVMRP_N_NOT_NEIGHBOR, NOTHING, HOST,
	 NULL},
	{"a report of a one-way", REPORT, DVMRP_N_NOT_NEIGHBOR, NOTHING,
	 ONE_WAY, NULL},
	{"a mask with holes behind a good route", 2,
	 "ff 00 00 0a 14 81 ff 0f 00 0a 15 10 81", DVMRP_N_BAD_REPORT, NOTHING,
	 PEER, NULL},
	{"cut short behind a good route", 2, "ff 00 00 0a 14 81 ff 00 00 0a",
	 DVMRP_N_BAD_REPORT, NOTHING, PEER, NULL},
	{"no last bit at the end", 2, "ff 00 00 0a 14 01", DVMRP_N_BAD_REPORT,
	 NOTHING, PEER, NULL},
	/* Reports: a route of it */
	{"metric 0", 2, "ff 00 00 0a 14 80", DVMRP_N_ROUTES_BAD, NOTHING, PEER,
	 NULL},
	{"metric 64", 2, "ff 00 00 0a 14 c0", DVMRP_N_ROUTES_BAD, NOTHING, PEER,
	 NULL},
	{"metric 127", 2, "ff 00 00 0a 14 ff", DVMRP_N_ROUTES_BAD, NOTHING,
	 PEER, NULL},
	{"bits beyond the mask", 2, "f0 00 00 0a 14 81", DVMRP_N_ROUTES_BAD,
	 NOTHING, PEER, NULL},
	{"0.20/16", 2, "ff 00 00 00 14 81", DVMRP_N_ROUTES_BAD, NOTHING, PEER,
	 NULL},
	{"127/8", 2, "00 00 00 7f 81", DVMRP_N_ROUTES_BAD, NOTHING, PEER, NULL},
	{"224/8", 2, "00 00 00 e0 81", DVMRP_N_ROUTES_BAD, NOTHING, PEER, NULL},
	{"240.1/16", 2, "ff 00 00 f0 01 81", DVMRP_N_ROUTES_BAD, NOTHING, PEER,
	 NULL},
	/* Prunes, grafts, acknowledgements */
	{"a prune of a host", PRUNE, DVMRP_N_NOT_NEIGHBOR, NOTHING, HOST, NULL},
	{"a prune of 11 bytes", 7, "0a 14 01 01 ef 01 01 01 00 00 00",
	 DVMRP_N_BAD_PRUNE, NOTHING, PEER, NULL},
	{"a prune of who does not depend", PRUNE, DVMRP_N_PRUNES_STRANGER,
	 NOTHING, PEER, NULL},
	{"a prune for no time", 7, "0a 14 01 01 ef 01 01 01 00 00 00 00",
	 DVMRP_N_PRUNES_USELESS, NOTHING, PEER, NULL},
	{"a prune of 224.0.0.5", 7, "0a 14 01 01 e0 00 00 05 00 00 00 64",
	 DVMRP_N_PRUNES_USELESS, NOTHING, PEER, NULL},
	{"a graft of a host", GRAFT, DVMRP_N_NOT_NEIGHBOR, NOTHING, HOST, NULL},
	{"a graft of 7 bytes", 8, "0a 14 01 01 ef 01 01", DVMRP_N_BAD_GRAFT,
	 NOTHING, PEER, NULL},
	{"an acknowledgement nobody waits for", ACK, DVMRP_N_ACKS_UNASKED,
	 NOTHING, PEER, NULL},
	{"an acknowledgement of 4 bytes", 9, "0a 14 01 01", DVMRP_N_BAD_ACK,
	 NOTHING, PEER, NULL},
	{"an acknowledgement of a host", ACK, DVMRP_N_NOT_NEIGHBOR, NOTHING,
	 HOST, NULL},
};

static struct in_addr address_of(enum sender sender)
{
	static const struct {
		unsigned int port, host;
	} of[] = {
		[PEER] = {1, 4},
		[ONE_WAY] = {1, 7},
		[HOST] = {1, 8},
		[OURSELVES] = {1, LAB_US},
		[OURS_ELSEWHERE] = {2, LAB_US},
		[FAR] = {2, 4},
	};

	return lab_host(of[sender].port, of[sender].host);
}

static size_t hex(const char *text, uint8_t *bytes)
{
	size_t len = 0;
	char *end;

	for (; *text; text = end + strspn(end, " "))
		bytes[len++] = (uint8_t)strtoul(text, &end, 16);
	return len;
}

static void send_row(struct lab *l, size_t i)
{
	const struct in_addr target = {
		rows[i].target ? inet_addr(rows[i].target) : DVMRP_ALL_ROUTERS};
	uint8_t bytes[128] = {DVMRP_TYPE, rows[i].code, 0, 0, 0, 14, 255, 3};
	struct proto_packet packet = {
		.ifid = 1,
		.source = mgm_address_v4(address_of(rows[i].sender)),
		.destination = mgm_address_v4(target),
		.ttl = rows[i].damage == TTL ? 2 : 1,
		.ip_protocol = IPPROTO_IGMP,
		.fragmented = rows[i].damage == FRAGMENT,
		.payload = bytes,
	};

	packet.len = 8 + hex(rows[i].body, bytes + 8);
	if (rows[i].damage == SHORT)
		packet.len = 7;
	wire_be16_put(bytes + 2, wire_checksum(bytes, packet.len));
	if (rows[i].damage == CHECKSUM)
		bytes[3] ^= 1;
	lab_packet(l, &packet);
}

/* A host's prune is dropped for who it is: the peer is one who depends. */
static struct lab *room(size_t i)
{
	struct lab *l = lab_new(2);

	lab_peer(l, 1, 4);
	lab_peer(l, 2, 4);
	lab_probe(l, 1, 7, 7, false);
	if (rows[i].code >= DVMRP_PRUNE)
		lab_report(l, 2, 4, NET " 1");
	if (rows[i].counter == DVMRP_N_PRUNES_USELESS)
		lab_report(l, 1, 4, NET " 34");
	lab_run(l, 6000);
	lab_clear(l);
	return l;
}

static void test_each_kind_of_bad_message(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct lab *l = room(i);
		const struct dvmrp_counters was = l->d->counters;
		const uint32_t routes = l->d->routes.count;
		struct dvmrp_counters now;

		send_row(l, i);
		now = l->d->counters;
		if (now.n[rows[i].counter] != was.n[rows[i].counter] + 1)
			fail_msg("%s: not counted", rows[i].what);
		if (lab_port(l, 1)->counters.n[rows[i].counter] !=
		    1 + was.n[rows[i].counter])
			fail_msg("%s: not of the interface", rows[i].what);
		for (unsigned int c = DVMRP_N_BAD_SHORT; c < DVMRP_N_ALL; c++)
			if (c != rows[i].counter && now.n[c] != was.n[c])
				fail_msg("%s: %s", rows[i].what,
					 dvmrp_counter_words(c)->name);
		if (l->count)
			fail_msg("%s: answered", rows[i].what);
		if (l->d->routes.count != routes)
			fail_msg("%s: a route", rows[i].what);
		if (lab_port(l, 1)->neighbor_count != 2)
			fail_msg("%s: a neighbour", rows[i].what);
		if (l->d->tree.prune_count || l->d->tree.entry_count)
			fail_msg("%s: state of trees", rows[i].what);
		lab_free(l);
	}
}

/* What is good beside it counts. */
static void test_a_bad_route_does_not_spoil_the_others(void **state)
{
	static const uint8_t body[] = {0xff, 0,	 0, 10, 20, 0,
				       10,   21, 1, 10, 22, 0x40,
				       127,  1,	 1, 10, 23, 0x82};
	struct lab *l = *state;

	lab_peer(l, 1, 4);
	lab_message(l, 1, 4, DVMRP_REPORT, body, sizeof(body));
	assert_null(lab_route(l, "10.20.0.0/16"));
	assert_non_null(lab_route(l, "10.21.0.0/16"));
	assert_null(lab_route(l, "10.22.0.0/16"));
	assert_non_null(lab_route(l, "10.23.0.0/16"));
	assert_int_equal(lab_count(l, DVMRP_N_ROUTES_BAD), 3);
}

/* Where it does not run nothing is heard. */
static void test_interfaces_without_dvmrp(void **state)
{
	struct lab *l = *state;

	lab_probe(l, 4, 2, 7, true);
	lab_turn(l, 3, false);
	lab_probe(l, 3, 2, 7, true);
	assert_int_equal(lab_count(l, DVMRP_N_NOT_RUNNING), 2);
	assert_int_equal(lab_port(l, 3)->neighbor_count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_kind_of_bad_message),
		lab_test(test_a_bad_route_does_not_spoil_the_others),
		lab_test(test_interfaces_without_dvmrp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
