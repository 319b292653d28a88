/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP as the daemon runs it, between the real manager and services that only
 * take notes, with one interface and a rival for it. Time is moved by hand.
 */
#ifndef XMGM_TESTS_IGMP_MANAGER_FIXTURE_H
#define XMGM_TESTS_IGMP_MANAGER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "mgm/core.h"
#include "xmgm/abi.h"
#include "proto/igmp/config.h"
#include "proto/igmp/igmp.h"
#include "wire/igmp.h"
#include "wire/reader.h"
#include "lib/address.h"
#include "v4.h"
#include "hooks.h"

#define IFID 5u
#define MAX  64

struct line {
	struct in_addr group;
	enum mgm_filter filter;
	uint32_t sources; /* by number */
};

struct fixture {
	struct mgm_hooks hooks;
	struct mgm *mgm;
	struct proto_services services;
	const struct proto *proto;
	void *igmp;
	struct mgm_client *rival;	    /* a routing protocol */
	uint32_t host_rate_ifid, host_rate; /* as said last */
	uint64_t now;
	size_t wakes, said, queriers, problems, ended;
	int result; /* of the last ownership callback */
	bool stall; /* in the next one release, and let time go by */
	/* What the plane shows of the interface, and what was seen of it. */
	uint32_t owner, epoch;
	enum mgm_gate gate;
	size_t limits; /* events about them */
	struct proto_limit last_limit;
	uint64_t listens; /* types, as bits */
	/* Last bytes of 224.0.0.0/24, as bits; 106 is bit 31. */
	uint32_t members;
	int member_result;
	char trace[256];
	char last_said[400];
	struct line line[MAX];
	size_t lines;
};

#define none ((struct in_addr){0}) /* any source */

static struct in_addr grp(unsigned int i)
{
	return (struct in_addr){htonl(0xef010101u + i)};
}

static struct in_addr src(unsigned int i)
{
	return (struct in_addr){htonl(0x0a000001u + i)};
}

static void trace(struct fixture *f, const char *what)
{
	size_t len = strlen(f->trace);

	snprintf(f->trace + len, sizeof(f->trace) - len, "%s ", what);
}

/* --- the manager's surroundings ------------------------------------- */

static int on_interface_set(void *arg, uint32_t ifid, uint32_t owner,
			    enum mgm_gate gate, uint32_t epoch)
{
	static const char *const names[] = {"off", "on", "held"};
	struct fixture *f = arg;
	char text[32];

	assert_int_equal(ifid, IFID);
	f->owner = owner;
	f->gate = gate;
	f->epoch = epoch;
	snprintf(text, sizeof(text), "%s:%u", names[gate], owner);
	trace(f, text);
	return 0;
}

static void on_interface_del(void *arg, uint32_t ifid)
{
	struct fixture *f = arg;

	(void)ifid;
	f->owner = 0;
	f->gate = MGM_GATE_OFF;
}

static int on_set_get(void *arg, const uint32_t *oifs, size_t count,
		      uint32_t *set)
{
	(void)arg;
	(void)oifs;
	*set = count ? XMGM_SET_FIRST : XMGM_SET_NEGATIVE;
	return 0;
}

static void on_set_put(void *arg, uint32_t set)
{
	(void)arg;
	(void)set;
}

static int on_mfe_put(void *arg, const struct mgm_sg *flow, uint32_t iif,
		      uint32_t set, uint32_t flags)
{
	(void)arg;
	(void)flow;
	(void)iif;
	(void)set;
	(void)flags;
	return 0;
}

static int on_mfe_del(void *arg, const struct mgm_sg *flow)
{
	(void)arg;
	(void)flow;
	return 0;
}

static void on_flow_release(void *arg, const struct mgm_sg *flow)
{
	(void)arg;
	(void)flow;
}

static int on_commit(void *arg)
{
	(void)arg;
	return 0;
}

static int on_mfe_read(void *arg, const struct mgm_sg *flow,
		       struct mgm_mfe_counts *counts)
{
	(void)arg;
	(void)flow;
	(void)counts;
	return -ENOENT;
}

static int on_rib_lookup(void *arg, const struct mgm_address *source,
			 uint32_t arrival, struct mgm_rib_answer *answer)
{
	(void)arg;
	(void)source;
	(void)arrival;
	*answer = (struct mgm_rib_answer){0};
	return 0;
}

/* --- IGMP's surroundings -------------------------------------------- */

static uint32_t get_ifid(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, "r1") ? 0 : IFID;
}

static const char *get_name(void *arg, uint32_t ifid)
{
	(void)arg;
	return ifid == IFID ? "r1" : NULL;
}

static int send_packet(void *arg, uint32_t ifid,
		       const struct mgm_address *destination,
		       const uint8_t *packet, size_t len)
{
	(void)arg;
	(void)packet;
	assert_int_equal(ifid, IFID);
	assert_true(address_is_multicast(destination));
	assert_true(len >= 32);
	return 0;
}

static int listen_to(void *arg, const struct proto *proto, uint8_t ip_protocol,
		     uint8_t igmp_type)
{
	struct fixture *f = arg;

	assert_ptr_equal(proto, igmp_proto());
	assert_int_equal(ip_protocol, IPPROTO_IGMP);
	assert_true(igmp_type >= 0x10 && igmp_type < 0x40);
	f->listens |= 1ull << (igmp_type - 0x10);
	return 0;
}

static int host_rate(void *arg, uint32_t ifid, uint32_t records)
{
	struct fixture *f = arg;

	f->host_rate_ifid = ifid;
	f->host_rate = records;
	return 0;
}

static int member_of(void *arg, uint32_t ifid, const struct mgm_address *group,
		     bool member)
{
	struct fixture *f = arg;
	uint32_t last = v4_number(group) - 0xe0000000u;

	assert_int_equal(ifid, IFID);
	if (last == 106)
		last = 31;
	assert_true(last < 32);
	if (f->member_result)
		return f->member_result;
	f->members &= ~(1u << last);
	f->members |= (uint32_t)member << last;
	return 0;
}

static void say(void *arg, enum proto_severity severity, const char *text)
{
	struct fixture *f = arg;

	(void)severity;
	f->said++;
	snprintf(f->last_said, sizeof(f->last_said), "%s", text);
}

static void done(void *arg, uint64_t op, int result)
{
	(void)arg;
	(void)op;
	(void)result;
	fail_msg("IGMP has nothing that takes time");
}

static void problems_changed(void *arg)
{
	((struct fixture *)arg)->problems++;
}

static void querier_changed(void *arg, uint32_t ifid,
			    const struct proto_querier *querier)
{
	struct fixture *f = arg;

	assert_int_equal(ifid, IFID);
	assert_int_equal(v4_address(&querier->address).s_addr,
			 querier->self ? inet_addr("10.1.0.1") : 0);
	f->queriers++;
}

static void limit_met(void *arg, uint32_t ifid, const struct proto_limit *limit)
{
	struct fixture *f = arg;

	assert_int_equal(ifid, IFID);
	assert_non_null(limit->option);
	f->limits++;
	f->last_limit = *limit;
}

static void wake(void *arg)
{
	struct fixture *f = arg;

	f->wakes++;
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	struct fixture *f = arg;

	(void)epoch;
	f->ended++;
	f->result = result;
	if (!f->stall)
		return;
	f->stall = false;
	assert_int_equal(mgm_interface_release(f->mgm, f->rival, ifid),
			 -EINPROGRESS);
	f->now += 1000;
	mgm_tick(f->mgm, f->now);
}

static const struct mgm_callbacks rival_callbacks = {
	.size = sizeof(rival_callbacks),
	.ownership = on_ownership,
};

/* --- set-up --------------------------------------------------------- */

static struct igmp_config r1_igmp = {
	.version = 3,
	.robustness = 2,
	.query_interval_ms = 125000,
	.query_response_ms = 10000,
	.last_member_ms = 1000,
	.max_groups = 50,
	.max_sources = 50,
	.max_host_sources = 50,
	.max_tracked = 1000,
	.max_host_tracked = 1000,
	.max_host_records = 777,
};

/* IGMP is the first protocol of the registry. */
static const struct proto_interface_config r1_config = {
	.name = "r1",
	.blocks = {{.enabled = true, .options = &r1_igmp}},
};

static void configure(struct fixture *f, const struct proto_join_config *joins,
		      size_t count)
{
	const struct proto_config config = {.interfaces = &r1_config,
					    .interface_count = 1,
					    .joins = joins,
					    .join_count = count};

	f->proto->configure(f->igmp, &config, f->now);
}

static void appear(struct fixture *f, const char *name)
{
	const struct proto_address address = V4_SUBNET(10, 1, 0, 1, 24);
	struct proto_interface interface = {.ifid = IFID,
					    .up = true,
					    .addresses = &address,
					    .address_count = 1};

	strcpy(interface.name, name);
	f->proto->interface_changed(f->igmp, &interface, f->now);
}

static void vanish(struct fixture *f)
{
	mgm_interface_gone(f->mgm, f->now, IFID);
	f->proto->interface_gone(f->igmp, IFID, "r1");
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct mgm_registration rival = {.size = sizeof(rival),
					 .protocol = XMGM_OWNER_PIM,
					 .name = "rival",
					 .callbacks = &rival_callbacks,
					 .arg = f};

	f->now = 5000;
	f->hooks = FIXTURE_HOOKS(f);
	f->mgm = mgm_new(&f->hooks, NULL, f->now);
	f->services = (struct proto_services){
		.arg = f,
		.mgm = f->mgm,
		.ifid = get_ifid,
		.name = get_name,
		.send = send_packet,
		.listen = listen_to,
		.member = member_of,
		.host_rate = host_rate,
		.say = say,
		.done = done,
		.querier = querier_changed,
		.problems = problems_changed,
		.limit = limit_met,
		.wake = wake,
	};
	f->proto = igmp_proto();
	assert_int_equal(f->proto->start(&f->services, f->now, &f->igmp), 0);
	assert_int_equal(mgm_register(f->mgm, &rival, &f->rival), 0);
	configure(f, NULL, 0);
	appear(f, "r1");
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	f->proto->stop(f->igmp);
	mgm_free(f->mgm);
	free(f);
	return 0;
}

/* --- what comes and what is there ----------------------------------- */

static void deliver(struct fixture *f, uint8_t *message, size_t len)
{
	uint8_t bytes[512] = {0};
	struct xmgm_igmp head = {
		.ifid = IFID, .host = {10, 1, 0, 77}, .length = (uint32_t)len};
	uint16_t sum;

	memset(message + 2, 0, 2);
	sum = wire_checksum(message, len);
	message[2] = (uint8_t)(sum >> 8);
	message[3] = (uint8_t)sum;
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), message, len);
	f->proto->record(f->igmp, bytes, sizeof(head) + len, f->now);
}

static void report(struct fixture *f, unsigned int type, unsigned int group,
		   uint32_t sources)
{
	struct in_addr g = grp(group);
	uint8_t m[256] = {0x22};
	size_t len = 16;

	m[7] = 1;
	m[8] = (uint8_t)type;
	memcpy(m + 12, &g, 4);
	for (unsigned int i = 0; i < 8; i++) {
		struct in_addr s = src(i);

		if (!(sources >> i & 1))
			continue;
		m[11]++;
		memcpy(m + len, &s, 4);
		len += 4;
	}
	deliver(f, m, len);
}

static void move(struct fixture *f, uint64_t ms)
{
	uint64_t then = f->now + ms, next;

	do {
		next = f->proto->tick(f->igmp, f->now);
		mgm_tick(f->mgm, f->now);
		if (next > then)
			next = then;
		f->now = next;
	} while (f->now < then);
	f->proto->tick(f->igmp, f->now);
	mgm_tick(f->mgm, f->now);
}

static struct line *line_of(struct fixture *f, struct in_addr group)
{
	for (size_t i = 0; i < f->lines; i++) {
		if (f->line[i].group.s_addr == group.s_addr)
			return &f->line[i];
	}
	assert_true(f->lines < MAX);
	f->line[f->lines] = (struct line){.group = group};
	return &f->line[f->lines++];
}

/* The manager's side, group by group. */
static int collect(void *arg, const struct mgm_membership_info *info)
{
	struct fixture *f = arg;
	struct line *l = line_of(f, v4_of(&info->sg.group));

	assert_int_equal(info->ifid, IFID);
	assert_true(info->by_igmp);
	l->filter = info->filter;
	if (info->sg.source.length)
		l->sources |= 1u << (v4_number(&info->sg.source.address) -
				     0x0a000001u);
	return 0;
}

/* IGMP's side must be the same; each line found is crossed out. */
static int strike(void *arg, const struct proto_group *group)
{
	struct fixture *f = arg;
	struct line *l = line_of(f, v4_address(&group->group));
	uint32_t sources = 0;

	for (size_t i = 0; i < group->source_count; i++) {
		bool counts = group->filter == MGM_INCLUDE
				      ? group->sources[i].forward
				      : !group->sources[i].forward &&
						group->expires_ms;

		if (counts)
			sources |= 1u
				   << (v4_number(&group->sources[i].address) -
				       0x0a000001u);
	}
	assert_int_equal(l->filter, group->filter);
	assert_int_equal(l->sources, sources);
	*l = f->line[--f->lines];
	return 0;
}

static void compare(struct fixture *f)
{
	f->lines = 0;
	assert_int_equal(membership_walk(f->mgm, false, collect, f), 0);
	assert_int_equal(f->proto->groups(f->igmp, f->now, NULL, strike, f), 0);
	assert_int_equal(f->lines, 0);
}

static uint64_t stat_value;
static const char *stat_name;

static void stat_find(void *arg, const char *name, const char *text,
		      uint64_t value)
{
	assert_true(*text); /* people read it */
	(void)arg;
	if (!strcmp(name, stat_name))
		stat_value = value;
}

static uint64_t stat_of(struct fixture *f, const char *name)
{
	stat_name = name;
	stat_value = UINT64_MAX;
	f->proto->stats(f->igmp, stat_find, NULL);
	assert_true(stat_value != UINT64_MAX);
	return stat_value;
}

#endif /* XMGM_TESTS_IGMP_MANAGER_FIXTURE_H */
