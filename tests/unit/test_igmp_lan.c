/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two or three of our routers on one LAN, which hear each other's queries and
 * advertisements: after whatever has happened to them, when nothing has for
 * long enough, exactly one asks and exactly that one forwards. (RFC 9776
 * section 6.6.2, RFC 4605 section 4.2.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "proto/igmp/internal.h"
#include "v4.h"
#include "wire/mrd.h"

#define ROUTERS 3
#define IFID	7u
#define WIRE	256
#define SEEDS	2000
#define STEPS	60
/* Other querier present, and a neighbour's advertisements, are over by then,
 * and the next query and advertisement have come. */
#define QUIET_MS 400000u

struct station {
	struct lan *lan;
	struct igmp_hooks hooks;
	struct igmp_router *router;
	struct igmp_interface *in;
	unsigned int number;
	bool there, forwards;
	enum igmp_forward_mode mode;
	bool passive;
};

/* A packet that the others have yet to hear. */
struct frame {
	unsigned int from;
	uint8_t bytes[64];
	size_t len;
};

struct lan {
	uint64_t now, random;
	struct station station[ROUTERS];
	struct frame wire[WIRE];
	size_t frames;
	bool cut; /* nobody hears anybody */
};

static uint32_t pick(struct lan *lan, uint32_t below)
{
	lan->random ^= lan->random << 13;
	lan->random ^= lan->random >> 7;
	lan->random ^= lan->random << 17;
	return (uint32_t)(lan->random >> 32) % below;
}

static int on_send(void *arg, uint32_t ifid, struct in_addr target,
		   const uint8_t *packet, size_t len)
{
	struct station *s = arg;
	struct frame *f = &s->lan->wire[s->lan->frames++];

	(void)target;
	assert_int_equal(ifid, IFID);
	assert_true(s->lan->frames <= WIRE && len <= sizeof(f->bytes));
	f->from = s->number;
	f->len = len;
	memcpy(f->bytes, packet, len);
	return 0;
}

static int on_set(void *arg, uint32_t ifid, struct in_addr group,
		  enum mgm_filter filter, const struct in_addr *sources,
		  size_t count)
{
	(void)arg;
	(void)ifid;
	(void)group;
	(void)filter;
	(void)sources;
	(void)count;
	return 0;
}

static void on_forward(void *arg, struct igmp_interface *in, bool on)
{
	struct station *s = arg;

	(void)in;
	assert_int_not_equal(s->forwards, on);
	s->forwards = on;
}

/* As the daemon hands it over: queries by the ring, MRD by a socket. */
static void hear(struct station *s, const struct frame *f, uint64_t now)
{
	const uint8_t *message = f->bytes + IGMP_IP_BYTES;
	size_t len = f->len - IGMP_IP_BYTES;
	struct mrd_advertisement a;
	struct igmp_message m;
	struct in_addr from;

	memcpy(&from, f->bytes + 12, sizeof(from));
	if (mrd_advertisement_get(message, len, &a))
		igmp_forward_advertised(s->router, IFID, from, a.interval_s,
					now);
	else if (mrd_is_termination(message, len))
		igmp_forward_terminated(s->router, IFID, from);
	else if (!igmp_message_get(message, len, &m))
		igmp_router_message(s->router, IFID, from, &m, now);
}

static void deliver(struct lan *lan)
{
	for (size_t i = 0; i < lan->frames; i++)
		for (unsigned int k = 0; k < ROUTERS && !lan->cut; k++)
			if (k != lan->wire[i].from && lan->station[k].there)
				hear(&lan->station[k], &lan->wire[i], lan->now);
	lan->frames = 0;
}

static uint64_t next_of(const struct lan *lan)
{
	uint64_t next = UINT64_MAX;

	for (unsigned int k = 0; k < ROUTERS; k++)
		if (igmp_router_next(lan->station[k].router) < next)
			next = igmp_router_next(lan->station[k].router);
	return next;
}

static void advance(struct lan *lan, uint64_t ms)
{
	uint64_t then = lan->now + ms, next;

	deliver(lan);
	while ((next = next_of(lan)) <= then) {
		if (next > lan->now)
			lan->now = next;
		for (unsigned int k = 0; k < ROUTERS; k++)
			igmp_router_tick(lan->station[k].router, lan->now);
		deliver(lan);
	}
	lan->now = then;
}

static void configure(struct station *s)
{
	const struct igmp_config config = {
		.enabled = true,
		.version = 3,
		.robustness = 2,
		.query_interval_ms = 125000,
		.query_response_ms = 10000,
		.last_member_ms = 1000,
		.max_groups = 64,
		.max_host_groups = 64,
		.max_sources = 64,
		.router_discovery = true,
		.advertisement_ms = 20000,
		.forward = s->mode,
		.passive = s->passive,
	};

	igmp_interface_configure(s->in, &config, s->lan->now);
}

static void present(struct station *s, uint8_t last)
{
	struct proto_address a = V4_SUBNET(10, 9, 0, last, 24);
	struct proto_interface is = {
		.ifid = IFID,
		.name = "e0",
		.up = true,
		.mtu = 1500,
		.addresses = &a,
		.address_count = 1,
	};

	igmp_interface_present(s->in, &is, s->lan->now);
	s->there = true;
}

/* It dies without a word, and has forgotten all when it is back; or says
 * farewell. */
static void gone(struct station *s, bool farewell)
{
	if (farewell)
		igmp_router_farewell(s->router);
	deliver(s->lan);
	s->there = false;
	igmp_interface_absent(s->in);
	s->lan->frames = 0;
	s->forwards = true;
}

static uint8_t address_of(struct lan *lan, unsigned int k)
{
	return (uint8_t)(1 + k + ROUTERS * pick(lan, 5));
}

static void step(struct lan *lan)
{
	unsigned int k = pick(lan, ROUTERS);
	struct station *s = &lan->station[k];

	switch (pick(lan, 8)) {
	case 0:
		gone(s, pick(lan, 2));
		break;
	case 1:
	case 2:
		present(s, address_of(lan, k));
		break;
	case 3:
		s->mode = pick(lan, 2) ? IGMP_FORWARD_AUTO
				       : IGMP_FORWARD_QUERIER;
		s->passive = s->mode == IGMP_FORWARD_AUTO && !pick(lan, 4);
		configure(s);
		break;
	case 4:
		lan->cut = !pick(lan, 3);
		break;
	default:
		advance(lan, pick(lan, 100000));
	}
	advance(lan, pick(lan, 3000));
}

static void check(struct lan *lan, uint64_t seed)
{
	unsigned int there = 0, asking = 0, forwarding = 0, able = 0;

	for (unsigned int k = 0; k < ROUTERS; k++) {
		const struct station *s = &lan->station[k];

		if (!s->there)
			continue;
		there++;
		able += !s->passive;
		asking += igmp_interface_asks(s->in);
		forwarding += s->forwards;
		assert_int_equal(s->forwards, !igmp_forward_down(s->in));
		if (igmp_interface_asks(s->in))
			assert_true(s->forwards);
	}
	/* Passive ones alone know nobody who might forward: they all do. */
	if (asking != (able ? 1 : 0) || forwarding != (able ? 1 : there))
		fail_msg("seed %llu: of %u routers %u ask and %u forward",
			 (unsigned long long)seed, there, asking, forwarding);
}

static void run(uint64_t seed)
{
	struct lan *lan = calloc(1, sizeof(*lan));

	lan->random = seed * 0x9e3779b97f4a7c15ull | 1;
	lan->now = 1000000;
	for (unsigned int k = 0; k < ROUTERS; k++) {
		struct station *s = &lan->station[k];

		s->lan = lan;
		s->number = k;
		s->forwards = true;
		s->hooks = (struct igmp_hooks){.arg = s,
					       .send = on_send,
					       .set = on_set,
					       .forward = on_forward};
		s->router = igmp_router_new(&s->hooks);
		s->in = igmp_interface_get(s->router, "e0");
		configure(s);
		present(s, address_of(lan, k));
	}
	for (unsigned int i = 0; i < STEPS; i++)
		step(lan);
	lan->cut = false;
	advance(lan, QUIET_MS);
	check(lan, seed);
	for (unsigned int k = 0; k < ROUTERS; k++)
		igmp_router_free(lan->station[k].router);
	free(lan);
}

static void test_one_forwards_when_all_is_quiet(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_forwards_when_all_is_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
