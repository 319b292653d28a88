/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A router with one interface for the IGMP tests: its queries are decoded and
 * kept, what it tells the manager is kept as a table. Time is moved by hand.
 */
#ifndef XMGM_TESTS_IGMP_FIXTURE_H
#define XMGM_TESTS_IGMP_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "proto/igmp/internal.h"
#include "v4.h"

#define IFID	    7u
#define GMI	    270000u /* 2 x 125 s + 2 x 10 s: section 8.4 */
#define OLDER_HOST  260000u /* 2 x 125 s + 10 s: section 8.13 */
#define LMQT	    2000u
#define LMQI	    1000u
#define QI	    125000u
#define START	    1000000u
#define FIX_QUERIES 64
#define FIX_GROUPS  64
#define FIX_SOURCES 600

struct fix_query {
	uint64_t at_ms;
	struct in_addr router, target, group;
	bool suppress;
	uint32_t max_response_ms;
	unsigned int version;
	size_t count;
	struct in_addr sources[IGMP_QUERY_SOURCES_MAX];
};

struct fix_told {
	struct in_addr group; /* 0: unused */
	enum mgm_filter filter;
	size_t count;
	struct in_addr sources[FIX_SOURCES];
};

struct fixture {
	struct igmp_hooks hooks;
	struct igmp_router *router;
	struct igmp_interface *in;
	uint64_t now;
	size_t queries;
	struct fix_query query[FIX_QUERIES];
	struct fix_told told[FIX_GROUPS];
	size_t sets;	/* calls of set */
	int set_result; /* what set answers */
	int send_result;
};

static inline struct in_addr addr(const char *text)
{
	return (struct in_addr){inet_addr(text)};
}

/* Source number i. */
static inline struct in_addr src(unsigned int i)
{
	return (struct in_addr){htonl(0x0a000001u + i)};
}

/* Group number i. */
static inline struct in_addr grp(unsigned int i)
{
	return (struct in_addr){htonl(0xef010101u + i)};
}

static inline int fix_send(void *arg, uint32_t ifid, struct in_addr target,
			   const uint8_t *packet, size_t len)
{
	struct fixture *f = arg;
	struct fix_query *q = &f->query[f->queries];
	struct igmp_message m;
	struct igmp_ip ip;

	assert_int_equal(ifid, IFID);
	assert_true(f->queries < FIX_QUERIES);
	assert_int_equal(igmp_packet_get(packet, len, &ip, &m),
			 XMGM_IGMP_DELIVERED);
	assert_int_equal(m.type, XMGM_IGMP_QUERY);
	assert_int_equal(ip.target.s_addr, target.s_addr);
	f->queries++;
	*q = (struct fix_query){.at_ms = f->now,
				.router = ip.host,
				.target = target,
				.group = m.group,
				.suppress = m.suppress,
				.max_response_ms = m.max_response_ms,
				.version = m.version,
				.count = m.sources.count};
	for (size_t i = 0; i < m.sources.count; i++)
		q->sources[i] = igmp_address(&m.sources, i);
	return f->send_result;
}

static inline struct fix_told *fix_told(struct fixture *f, struct in_addr group)
{
	for (size_t i = 0; i < FIX_GROUPS; i++) {
		if (f->told[i].group.s_addr == group.s_addr)
			return &f->told[i];
	}
	return NULL;
}

static inline int fix_set(void *arg, uint32_t ifid, struct in_addr group,
			  enum mgm_filter filter, const struct in_addr *sources,
			  size_t count)
{
	struct fixture *f = arg;
	struct fix_told *t = fix_told(f, group);

	assert_int_equal(ifid, IFID);
	f->sets++;
	if (f->set_result)
		return f->set_result;
	if (!t)
		t = fix_told(f, (struct in_addr){0});
	assert_non_null(t);
	assert_true(count <= FIX_SOURCES);
	memset(t, 0, sizeof(*t));
	if (filter == MGM_INCLUDE && !count)
		return 0; /* a leave */
	t->group = group;
	t->filter = filter;
	t->count = count;
	if (count)
		memcpy(t->sources, sources, count * sizeof(*sources));
	return 0;
}

/* Moves time, stopping wherever the router wants to be called. */
static inline void fix_until(struct fixture *f, uint64_t then)
{
	while (igmp_router_next(f->router) <= then) {
		if (igmp_router_next(f->router) > f->now)
			f->now = igmp_router_next(f->router);
		igmp_router_tick(f->router, f->now);
	}
	f->now = then;
	igmp_router_tick(f->router, f->now);
}

static inline void fix_after(struct fixture *f, uint64_t ms)
{
	fix_until(f, f->now + ms);
}

/* RFC 9776 section 8's defaults. */
static inline struct igmp_config fix_config(void)
{
	return (struct igmp_config){
		.enabled = true,
		.version = 3,
		.robustness = 2,
		.query_interval_ms = QI,
		.query_response_ms = 10000,
		.last_member_ms = LMQI,
		.max_groups = 64,
		.max_host_groups = 64,
		.max_sources = 64,
		.max_host_sources = 64,
		.max_tracked = 1024,
		.max_host_tracked = 1024,
	};
}

static const struct proto_address fix_addresses[] = {
	V4_SUBNET(10, 2, 0, 1, 24),
	V4_SUBNET(10, 1, 0, 1, 16),
};

static inline struct proto_interface fix_interface(void)
{
	return (struct proto_interface){
		.ifid = IFID,
		.name = "r1",
		.up = true,
		.mtu = 1500,
		.addresses = fix_addresses,
		.address_count = 2,
	};
}

/* A running interface whose start-up queries are over and forgotten. */
static inline int fix_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct igmp_config config = fix_config();
	struct proto_interface interface = fix_interface();

	f->hooks =
		(struct igmp_hooks){.arg = f, .send = fix_send, .set = fix_set};
	f->router = igmp_router_new(&f->hooks);
	f->in = igmp_interface_get(f->router, "r1");
	f->now = START - 60000;
	igmp_interface_configure(f->in, &config, f->now);
	igmp_interface_present(f->in, &interface, f->now);
	igmp_interface_open(f->in);
	fix_until(f, START);
	f->queries = 0;
	*state = f;
	return 0;
}

static inline int fix_teardown(void **state)
{
	struct fixture *f = *state;

	igmp_router_free(f->router);
	free(f);
	return 0;
}

/* A version 3 report with one record, from host. */
static inline void fix_record_from(struct fixture *f, const char *host,
				   unsigned int type, struct in_addr group,
				   const struct in_addr *sources, size_t count)
{
	uint8_t *bytes = calloc(1, 8 + 4 * count);
	struct igmp_message m = {
		.type = XMGM_IGMP_V3_REPORT,
		.version = 3,
		.record_count = 1,
		.records = bytes,
		.records_len = 8 + 4 * count,
	};

	bytes[0] = (uint8_t)type;
	bytes[2] = (uint8_t)(count >> 8);
	bytes[3] = (uint8_t)count;
	memcpy(bytes + 4, &group, 4);
	if (count)
		memcpy(bytes + 8, sources, 4 * count);
	igmp_router_message(f->router, IFID, addr(host), &m, f->now);
	free(bytes);
}

/* The same, sources by a mask of source numbers. */
static inline void fix_record(struct fixture *f, unsigned int type,
			      struct in_addr group, unsigned int mask)
{
	struct in_addr sources[32];
	size_t count = 0;

	for (unsigned int i = 0; i < 32; i++) {
		if (mask >> i & 1)
			sources[count++] = src(i);
	}
	fix_record_from(f, "10.1.0.9", type, group, sources, count);
}

/* A version 1 or 2 message about a group. */
static inline void fix_old(struct fixture *f, enum xmgm_igmp_type type,
			   struct in_addr group)
{
	struct igmp_message m = {
		.type = type,
		.version = type == XMGM_IGMP_V1_REPORT ? 1 : 2,
		.group = group,
	};

	igmp_router_message(f->router, IFID, addr("10.1.0.8"), &m, f->now);
}

static inline uint32_t fix_mask(const struct in_addr *sources, size_t count)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < count; i++)
		mask |= 1u << (ntohl(sources[i].s_addr) - 0x0a000001u);
	return mask;
}

/* The manager was told this of the group, sources by mask. */
static inline void fix_expect(struct fixture *f, struct in_addr group,
			      enum mgm_filter filter, uint32_t mask)
{
	struct fix_told *t = fix_told(f, group);

	if (filter == MGM_INCLUDE && !mask) {
		assert_null(t);
		return;
	}
	assert_non_null(t);
	assert_int_equal(t->filter, filter);
	assert_int_equal(fix_mask(t->sources, t->count), mask);
}

#endif /* XMGM_TESTS_IGMP_FIXTURE_H */
