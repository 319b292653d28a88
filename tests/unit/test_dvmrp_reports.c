/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reports that are sent: what they say of a route on each link, when, and in
 * how many messages.
 */
#include "dvmrp_lab.h"

#define NET    "10.20.0.0/16"
#define ROUTES 10000u

/* Neighbours on two links, who are silent else; no flash waits. */
static void begin(struct lab *l)
{
	l->config.neighbor_ms = 3600000;
	lab_configure(l);
	lab_peer(l, 1, 4);
	lab_peer(l, 2, 4);
	lab_run(l, 6000);
	lab_clear(l);
}

/* --- what is said ----------------------------------------------------------- */

static void test_poison_reverse(void **state)
{
	struct lab *l = *state;

	begin(l);
	lab_report(l, 1, 4, NET " 3");
	assert_int_equal(lab_said(l, 1, NET), 4 + 32);
	assert_int_equal(lab_said(l, 2, NET), 4);
}

static void test_a_subnet_is_not_said_on_its_own_link(void **state)
{
	struct lab *l = *state;

	l->port[1].metric = 3;
	begin(l);
	lab_run(l, 120000);
	assert_int_equal(lab_said(l, 1, "10.1.0.0/24"), 0);
	assert_int_equal(lab_said(l, 2, "10.1.0.0/24"), 3);
	assert_int_equal(lab_said(l, 1, "10.2.0.0/24"), 1);
}

static void test_nothing_is_said_where_nobody_listens(void **state)
{
	struct lab *l = *state;

	begin(l);
	lab_probe(l, 3, 4, 1, false); /* it does not hear us */
	lab_report(l, 1, 4, NET " 3");
	lab_run(l, 120000);
	assert_int_equal(lab_sent(l, 3, DVMRP_REPORT), 0);
}

/* For two report intervals. */
static void test_hold_down_says_unreachable(void **state)
{
	struct lab *l = *state;

	begin(l);
	lab_report(l, 1, 4, NET " 3");
	lab_run(l, 6000);
	lab_clear(l);
	lab_report(l, 1, 4, NET " 32");
	lab_run(l, 60000);
	assert_int_equal(lab_said(l, 1, NET), 32);
	assert_int_equal(lab_said(l, 2, NET), 32);
	/* Another's way serves us; nobody but it hears of that. */
	lab_peer(l, 3, 4);
	lab_clear(l);
	lab_report(l, 3, 4, NET " 7");
	lab_run(l, 50000);
	assert_int_equal(lab_said(l, 1, NET), 32);
	assert_int_equal(lab_said(l, 2, NET), 32);
	assert_int_equal(lab_said(l, 3, NET), 8 + 32);
	lab_clear(l);
	lab_run(l, 10000);
	assert_int_equal(lab_said(l, 1, NET), 8);
	assert_int_equal(lab_said(l, 2, NET), 8);
}

static void test_routes_that_are_announced(void **state)
{
	struct lab *l = *state;

	l->port[2].announce.item[0] = lab_prefix("10.20.0.0/15");
	l->port[2].announce_default = false;
	begin(l);
	lab_report(l, 1, 4, NET " 3, 0.0.0.0/0 3, 10.30.0.0/16 3");
	lab_report(l, 2, 4, "10.31.0.0/16 3");
	lab_run(l, 66000);
	assert_int_equal(lab_said(l, 2, NET), 4);
	assert_int_equal(lab_said(l, 2, "0.0.0.0/0"), 0);
	assert_int_equal(lab_said(l, 2, "10.30.0.0/16"), 0);
	assert_int_equal(lab_said(l, 2, "10.1.0.0/24"), 0);
	/* That we depend on somebody is for it to know. */
	assert_int_equal(lab_said(l, 2, "10.31.0.0/16"), 36);
	assert_int_equal(lab_said(l, 1, "10.31.0.0/16"), 4);
}

static void test_a_farewell(void **state)
{
	const struct proto *dvmrp = proto_get(0);
	struct lab *l = *state;

	for (size_t i = 0; (dvmrp = proto_get(i)); i++)
		if (!strcmp(dvmrp->name, "dvmrp"))
			break;
	begin(l);
	lab_report(l, 1, 4, NET " 3");
	lab_clear(l);
	dvmrp->farewell(l->d);
	assert_int_equal(lab_said(l, 1, NET), 32);
	assert_int_equal(lab_said(l, 2, NET), 32);
	assert_int_equal(lab_said(l, 2, "10.1.0.0/24"), 32);
	assert_int_equal(lab_said(l, 1, "10.1.0.0/24"), 0);
	assert_int_equal(lab_sent(l, 3, DVMRP_REPORT), 0);
}

/* --- when ------------------------------------------------------------------- */

static void test_each_route_once_per_report_interval(void **state)
{
	struct lab *l = *state;

	begin(l);
	lab_report(l, 1, 4, NET " 3");
	lab_run(l, 66000);
	lab_clear(l);
	lab_run(l, 600000);
	/* And when it expires, at once. */
	assert_int_equal(lab_sent(l, 2, DVMRP_REPORT), 10 + 1);
	assert_int_equal(lab_sent(l, 1, DVMRP_REPORT), 10 + 1);
}

/* At once, but then not for five seconds. */
static void test_the_minimum_flash_interval(void **state)
{
	struct lab *l = *state;
	uint64_t began;

	begin(l);
	began = l->f->now;
	lab_report(l, 1, 4, NET " 3");
	assert_int_equal(lab_sent(l, 2, DVMRP_REPORT), 1);
	for (unsigned int i = 0; i < 49; i++) {
		lab_report(l, 1, 4, i & 1 ? NET " 3" : NET " 4");
		lab_run(l, 100);
	}
	lab_run(l, began + 4999 - l->f->now);
	assert_int_equal(lab_sent(l, 2, DVMRP_REPORT), 1);
	lab_run(l, 1);
	assert_int_equal(lab_sent(l, 2, DVMRP_REPORT), 2);
	assert_int_equal(lab_said(l, 2, NET), 5);
	lab_run(l, 30000);
	assert_int_equal(lab_count(l, DVMRP_N_FLASHES) >= 2, true);
	assert_true(lab_sent(l, 2, DVMRP_REPORT) <= 3);
}

/* Only what has changed is in it. */
/* Not only by the next flash: until then it sends us nothing. */
static void test_a_new_upstream_hears_at_once_that_we_depend(void **state)
{
	struct lab *l = *state;

	begin(l);
	lab_report(l, 1, 4, NET " 3");
	lab_run(l, 100);
	lab_clear(l);
	lab_report(l, 2, 4, NET " 1, 10.77.0.0/16 1");
	assert_int_equal(lab_said(l, 2, NET), 34);
	assert_int_equal(lab_said(l, 2, "10.77.0.0/16"), 34);
	assert_int_equal(lab_sent(l, 2, DVMRP_REPORT), 1);
	assert_int_equal(lab_sent(l, 1, DVMRP_REPORT), 0);
	/* And not again if nothing is new. */
	lab_run(l, 100);
	lab_report(l, 2, 4, NET " 1, 10.77.0.0/16 1");
	assert_int_equal(lab_sent(l, 2, DVMRP_REPORT), 1);
	lab_run(l, 5000);
	assert_int_equal(lab_said(l, 1, NET), 2);
}

static void test_a_flash_has_what_has_changed(void **state)
{
	struct lab *l = *state;

	begin(l);
	lab_report(l, 1, 4, NET " 3");
	assert_int_equal(lab_said(l, 2, NET), 4);
	assert_int_equal(lab_said(l, 2, "10.1.0.0/24"), 0);
}

/* Its next report would be a minute away. */
static void test_who_says_unreachable_is_told_of_our_way(void **state)
{
	struct lab *l = *state;

	begin(l);
	lab_report(l, 1, 4, NET " 3");
	lab_run(l, 6000);
	lab_clear(l);
	lab_report(l, 2, 4, NET " 32");
	assert_int_equal(lab_said(l, 2, NET), 4);
	lab_run(l, 6000);
	lab_clear(l);
	/* Not of what it would depend on itself for, */
	lab_report(l, 1, 4, NET " 32");
	lab_run(l, 6000);
	assert_int_equal(lab_said(l, 1, NET), 32);
	lab_clear(l);
	/* nor of what we have none to. */
	lab_report(l, 2, 4, NET " 32");
	assert_int_equal(lab_said(l, 2, NET), 0);
	lab_report(l, 2, 4, "10.1.0.0/24 32");
	assert_int_equal(lab_said(l, 2, "10.1.0.0/24"), 1);
}

static void test_a_message_that_cannot_be_sent(void **state)
{
	struct lab *l = *state;

	begin(l);
	l->send_result = -ENOBUFS;
	lab_report(l, 1, 4, NET " 3");
	assert_true(lab_count(l, DVMRP_N_SEND_FAILED) >= 2);
	assert_int_equal(l->count, 0);
	l->send_result = 0;
	lab_run(l, 66000); /* the periodic one says it */
	assert_int_equal(lab_said(l, 2, NET), 4);
}

/* --- many ------------------------------------------------------------------- */

/* So many /24 by reports as they come from a router. */
static void say_many(struct lab *l, unsigned int port, unsigned int host,
		     uint8_t metric)
{
	struct dvmrp_writer w;
	uint32_t i = 0;

	while (i < ROUTES) {
		dvmrp_begin(&w, &(struct dvmrp_ip){0}, DVMRP_REPORT);
		for (; i < ROUTES; i++) {
			const struct dvmrp_prefix prefix = {
				{htonl(0x14000000 + (i << 8))}, 24};

			if (!dvmrp_put_route(&w, &prefix, metric))
				break;
		}
		lab_message(l, port, host, DVMRP_REPORT,
			    w.packet + IGMP_IP_BYTES + DVMRP_HEADER,
			    w.len - IGMP_IP_BYTES - DVMRP_HEADER);
	}
}

/* How many of them have been said with this metric there, each once at least;
 * ascending in each message. */
static unsigned int said_many(struct lab *l, unsigned int port, uint8_t metric)
{
	static bool seen[ROUTES];
	unsigned int count = 0;

	memset(seen, 0, sizeof(seen));
	for (size_t i = 0; i < l->count; i++) {
		struct dvmrp_report_cursor cursor = {0};
		struct dvmrp_report_route route;
		struct dvmrp_message m;
		uint64_t last = 0, now;

		if (l->sent[i].port != port)
			continue;
		assert_true(l->sent[i].len + IGMP_IP_BYTES <= 576);
		assert_int_equal(dvmrp_message_get(l->sent[i].message,
						   l->sent[i].len, &m),
				 DVMRP_OK);
		while (m.code == DVMRP_REPORT &&
		       dvmrp_report_next(&m, &cursor, &route)) {
			uint32_t net = ntohl(route.prefix.net.s_addr);

			now = (uint64_t)route.prefix.length << 32 | net;
			assert_true(now >= last);
			last = now;
			if (net < 0x14000000 || route.metric != metric)
				continue;
			net = (net - 0x14000000) >> 8;
			count += !seen[net];
			seen[net] = true;
		}
	}
	return count;
}

static void test_ten_thousand_routes(void **state)
{
	struct lab *l = *state;

	begin(l);
	say_many(l, 1, 4, 3);
	assert_int_equal(l->d->routes.count, ROUTES + 3);
	/* Taken in, and said on both links within two flashes. */
	lab_run(l, 6000);
	assert_int_equal(said_many(l, 2, 4), ROUTES);
	assert_int_equal(said_many(l, 1, 36), ROUTES);
	/* Then once per interval, spread over it. */
	lab_run(l, 66000);
	say_many(l, 1, 4, 3);
	lab_clear(l);
	lab_run(l, 60000);
	assert_int_equal(said_many(l, 2, 4), ROUTES);
	assert_true(lab_sent(l, 2, DVMRP_REPORT) <= 85);
	for (size_t i = 0; i + 16 < l->count; i++) /* two links, and probes */
		assert_true(l->sent[i + 16].at_ms - l->sent[i].at_ms > 2000);
	/* All to a new neighbour, in no time, but not in one go. */
	lab_clear(l);
	lab_peer(l, 3, 4);
	assert_true(lab_sent(l, 3, DVMRP_REPORT) <= 8);
	lab_run(l, 200);
	assert_int_equal(said_many(l, 3, 4), ROUTES);
	/* And lost. */
	say_many(l, 1, 4, 3);
	lab_run(l, 6000);
	lab_clear(l);
	lab_probe(l, 1, 4, 0x1000, false); /* it hears us no more */
	lab_run(l, 100);
	assert_int_equal(said_many(l, 2, 32), ROUTES);
	lab_run(l, 120000);
	assert_int_equal(l->d->routes.count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		lab_test(test_poison_reverse),
		lab_test(test_a_subnet_is_not_said_on_its_own_link),
		lab_test(test_nothing_is_said_where_nobody_listens),
		lab_test(test_hold_down_says_unreachable),
		lab_test(test_routes_that_are_announced),
		lab_test(test_a_farewell),
		lab_test(test_each_route_once_per_report_interval),
		lab_test(test_the_minimum_flash_interval),
		lab_test(test_a_new_upstream_hears_at_once_that_we_depend),
		lab_test(test_a_flash_has_what_has_changed),
		lab_test(test_who_says_unreachable_is_told_of_our_way),
		lab_test(test_a_message_that_cannot_be_sent),
		lab_test(test_ten_thousand_routes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
