/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP as the daemon runs it, beside the real manager: it takes its
 * interfaces, its groups become memberships, it obeys disable and enable, and
 * after any sequence of events the manager holds exactly what IGMP shows.
 */
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
#include "proto/igmp/config.h"
#include "proto/igmp/igmp.h"
#include "wire/igmp.h"
#include "wire/reader.h"

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
	struct mgm_client *rival; /* a routing protocol */
	uint64_t now;
	size_t wakes, said, queriers, ended;
	int result; /* of the last ownership callback */
	bool stall; /* in the next one release, and let time go by */
	/* What the plane shows of the interface, and what was seen of it. */
	uint32_t owner, epoch;
	enum xmgm_gate gate;
	char trace[256];
	struct line line[MAX];
	size_t lines;
};

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
			    enum xmgm_gate gate, uint32_t epoch)
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
	f->gate = XMGM_GATE_OFF;
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

static int on_mfe_put(void *arg, struct xmgm_flow flow, uint32_t iif,
		      uint32_t set, uint32_t flags)
{
	(void)arg;
	(void)flow;
	(void)iif;
	(void)set;
	(void)flags;
	return 0;
}

static int on_mfe_del(void *arg, struct xmgm_flow flow)
{
	(void)arg;
	(void)flow;
	return 0;
}

static void on_flow_release(void *arg, struct xmgm_flow flow)
{
	(void)arg;
	(void)flow;
}

static int on_commit(void *arg)
{
	(void)arg;
	return 0;
}

static int on_mfe_read(void *arg, struct xmgm_flow flow, struct xmgm_mfe *mfe)
{
	(void)arg;
	(void)flow;
	(void)mfe;
	return -ENOENT;
}

static int on_rib_lookup(void *arg, struct in_addr source,
			 struct mgm_rib_answer *answer)
{
	(void)arg;
	(void)source;
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

static int send_packet(void *arg, uint32_t ifid, struct in_addr destination,
		       const uint8_t *packet, size_t len)
{
	(void)arg;
	(void)packet;
	assert_int_equal(ifid, IFID);
	assert_true(igmp_is_multicast(destination));
	assert_true(len >= 32);
	return 0;
}

static void say(void *arg, enum proto_severity severity, const char *text)
{
	struct fixture *f = arg;

	(void)severity;
	(void)text;
	f->said++;
}

static void done(void *arg, uint64_t op, int result)
{
	(void)arg;
	(void)op;
	(void)result;
	fail_msg("IGMP has nothing that takes time");
}

static void querier_changed(void *arg, uint32_t ifid,
			    const struct proto_querier *querier)
{
	struct fixture *f = arg;

	assert_int_equal(ifid, IFID);
	assert_int_equal(querier->address.s_addr,
			 querier->self ? inet_addr("10.1.0.1") : 0);
	f->queriers++;
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
	const struct proto_address address = {{inet_addr("10.1.0.1")}, 24, {0}};
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
	struct mgm_registration rival = {.protocol = XMGM_OWNER_PIM,
					 .name = "rival",
					 .callbacks = &rival_callbacks,
					 .arg = f};

	f->now = 5000;
	f->hooks = (struct mgm_hooks){
		.arg = f,
		.interface_set = on_interface_set,
		.interface_del = on_interface_del,
		.set_get = on_set_get,
		.set_put = on_set_put,
		.mfe_put = on_mfe_put,
		.mfe_del = on_mfe_del,
		.flow_release = on_flow_release,
		.commit = on_commit,
		.mfe_read = on_mfe_read,
		.rib_lookup = on_rib_lookup,
	};
	f->mgm = mgm_new(&f->hooks, NULL, f->now);
	f->services = (struct proto_services){
		.arg = f,
		.mgm = f->mgm,
		.ifid = get_ifid,
		.name = get_name,
		.send = send_packet,
		.say = say,
		.done = done,
		.querier = querier_changed,
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
	struct line *l = line_of(f, info->sg.group);

	assert_int_equal(info->ifid, IFID);
	assert_true(info->by_igmp);
	l->filter = info->filter;
	for (size_t i = 0; i < info->source_count; i++)
		l->sources |= 1u
			      << (ntohl(info->sources[i].s_addr) - 0x0a000001u);
	if (info->sg.source.s_addr)
		l->sources |= 1u
			      << (ntohl(info->sg.source.s_addr) - 0x0a000001u);
	return 0;
}

/* IGMP's side must be the same; each line found is crossed out. */
static int strike(void *arg, const struct proto_group *group)
{
	struct fixture *f = arg;
	struct line *l = line_of(f, group->group);
	uint32_t sources = 0;

	for (size_t i = 0; i < group->source_count; i++) {
		bool counts = group->filter == MGM_INCLUDE
				      ? group->sources[i].forward
				      : !group->sources[i].forward &&
						group->expires_ms;

		if (counts)
			sources |= 1u
				   << (ntohl(group->sources[i].address.s_addr) -
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
	assert_int_equal(mgm_membership_walk(f->mgm, false, collect, f), 0);
	assert_int_equal(f->proto->groups(f->igmp, f->now, NULL, strike, f), 0);
	assert_int_equal(f->lines, 0);
}

static uint64_t stat_value;
static const char *stat_name;

static void stat_find(void *arg, const char *name, uint64_t value)
{
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

/* --- tests ---------------------------------------------------------- */

static void test_takes_its_interface(void **state)
{
	struct fixture *f = *state;
	struct proto_querier q;

	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	assert_int_equal(f->gate, XMGM_GATE_ON);
	assert_int_equal(f->queriers, 1);
	assert_int_equal(f->proto->querier(f->igmp, IFID, f->now, &q), 0);
	assert_true(q.self);
	assert_int_equal(f->proto->querier(f->igmp, 99, f->now, &q), -ENOENT);
	assert_int_equal(f->said, 0);
}

static void test_groups_become_memberships(void **state)
{
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	report(f, IGMP_ALLOW, 1, 3);
	compare(f);
	f->lines = 0;
	mgm_membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 2);
	move(f, 270000);
	compare(f);
	f->lines = 0;
	mgm_membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 0);
}

/* HELD is in the map first, then the owner, then ON; nothing is lost. */
static void test_the_handshake(void **state)
{
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	report(f, IGMP_ALLOW, 1, 3);
	f->trace[0] = 0;
	assert_int_equal(mgm_interface_take(f->mgm, f->rival, IFID),
			 -EINPROGRESS);
	assert_int_equal(f->ended, 1);
	assert_int_equal(f->result, 0);
	assert_string_equal(f->trace, "held:1 held:4 on:4 ");
	compare(f);
	report(f, IGMP_TO_EX, 2, 0);
	compare(f);
	f->trace[0] = 0;
	assert_int_equal(mgm_interface_release(f->mgm, f->rival, IFID),
			 -EINPROGRESS);
	assert_int_equal(f->ended, 2);
	assert_string_equal(f->trace, "held:4 held:1 on:1 ");
	compare(f);
}

/* It says so, and takes the interface again with all it has. */
static void test_it_comes_back_where_it_was_too_slow(void **state)
{
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	f->stall = true;
	assert_int_equal(mgm_interface_take(f->mgm, f->rival, IFID),
			 -EINPROGRESS);
	assert_int_equal(f->ended, 2);
	assert_int_equal(mgm_counters(f->mgm)->igmp_silent, 1);
	assert_int_equal(f->owner, XMGM_OWNER_NONE);
	assert_int_equal(f->said, 1);
	report(f, IGMP_TO_EX, 2, 0);
	move(f, 0);
	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	assert_int_equal(f->gate, XMGM_GATE_ON);
	compare(f);
}

static void test_the_netdev_goes_and_comes(void **state)
{
	struct mgm_sg sg = {{0}, grp(3)};
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	assert_int_equal(f->proto->join(f->igmp, "r1", sg, 0), 0);
	compare(f);
	vanish(f);
	f->lines = 0;
	mgm_membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 0);
	appear(f, "r1");
	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	assert_int_equal(f->gate, XMGM_GATE_ON);
	compare(f);
	f->lines = 0;
	mgm_membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 1);
	/* Under another name it is not the one we were told to serve. */
	appear(f, "other");
	assert_int_equal(f->owner, XMGM_OWNER_NONE);
	appear(f, "r1");
	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	compare(f);
}

static void test_igmp_is_switched_off(void **state)
{
	const struct proto_config nothing = {0};
	struct fixture *f = *state;

	report(f, IGMP_TO_EX, 0, 5);
	f->proto->configure(f->igmp, &nothing, f->now);
	assert_int_equal(f->owner, XMGM_OWNER_NONE);
	compare(f);
	report(f, IGMP_TO_EX, 0, 5);
	assert_int_equal(stat_of(f, "no_interface"), 1);
	configure(f, NULL, 0);
	assert_int_equal(f->owner, XMGM_OWNER_IGMP);
	report(f, IGMP_TO_EX, 0, 5);
	compare(f);
	/* Switched off where a protocol owns: that one keeps it. */
	mgm_interface_take(f->mgm, f->rival, IFID);
	f->proto->configure(f->igmp, &nothing, f->now);
	assert_int_equal(f->owner, XMGM_OWNER_PIM);
	assert_int_equal(f->said, 0);
}

static void test_join_and_leave(void **state)
{
	struct mgm_sg any = {{0}, grp(0)}, one = {src(1), grp(0)};
	struct mgm_sg local = {{0}, {inet_addr("224.0.0.5")}};
	struct mgm_sg unicast = {{0}, {inet_addr("10.0.0.5")}};
	struct mgm_sg odd = {grp(1), grp(0)};
	struct fixture *f = *state;

	assert_int_equal(f->proto->join(f->igmp, "r9", any, 0), -ENOENT);
	assert_int_equal(f->proto->leave(f->igmp, "r9", any), -ENOENT);
	assert_int_equal(f->proto->join(f->igmp, "r1", local, 0), -EINVAL);
	assert_int_equal(f->proto->join(f->igmp, "r1", unicast, 0), -EINVAL);
	assert_int_equal(f->proto->join(f->igmp, "r1", odd, 0), -EINVAL);
	assert_int_equal(f->proto->leave(f->igmp, "r1", any), -ENOENT);
	assert_int_equal(f->proto->join(f->igmp, "r1", one, 0), 0);
	assert_int_equal(f->proto->join(f->igmp, "r1", one, 0), 0);
	assert_int_equal(f->proto->join(f->igmp, "r1", any, 0), 0);
	compare(f);
	assert_int_equal(f->proto->leave(f->igmp, "r1", any), 0);
	compare(f);
	assert_int_equal(f->proto->leave(f->igmp, "r1", one), 0);
	assert_int_equal(f->proto->leave(f->igmp, "r1", one), -ENOENT);
	compare(f);
}

struct joins {
	size_t count;
};

static int count_join(void *arg, const struct proto_join *join)
{
	struct joins *j = arg;

	assert_string_equal(join->join.interface, "r1");
	j->count++;
	return j->count == 10; /* stops there */
}

/* What was joined is listed, once each; hosts are not. */
static void test_joins_are_listed(void **state)
{
	struct proto_join_config joins[] = {
		{.sg = {{0}, grp(0)}, .interface = "r1"},
		{.sg = {src(1), grp(1)}, .interface = "r1"},
	};
	struct fixture *f = *state;
	struct joins seen = {0};

	configure(f, joins, 2);
	f->proto->join(f->igmp, "r1", joins[0].sg, 0);
	f->proto->join(f->igmp, "r1", (struct mgm_sg){src(2), grp(1)}, 0);
	report(f, IGMP_TO_EX, 1, 1);
	report(f, IGMP_TO_EX, 2, 0);
	assert_int_equal(f->proto->joins(f->igmp, NULL, count_join, &seen), 0);
	assert_int_equal(seen.count, 3);
	for (unsigned int i = 10; i < 30; i++)
		f->proto->join(f->igmp, "r1", (struct mgm_sg){{0}, grp(i)}, 0);
	seen.count = 0;
	assert_int_equal(f->proto->joins(f->igmp, NULL, count_join, &seen), 1);
	assert_int_equal(seen.count, 10);
}

/* A reload changes what differs in the configuration and nothing else. */
static void test_joins_of_the_configuration(void **state)
{
	struct proto_join_config joins[] = {
		{.sg = {{0}, grp(0)}, .interface = "r1"},
		{.sg = {src(1), grp(1)}, .interface = "r1"},
		{.sg = {{0}, grp(2)}, .interface = "r9"},
		{.sg = {{0}, grp(4)}, .interface = "r1"},
	};
	struct mgm_sg command = joins[3].sg;
	struct fixture *f = *state;
	size_t before;

	configure(f, joins, 3);
	f->proto->join(f->igmp, "r1", command, 0);
	f->lines = 0;
	mgm_membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 3);
	before = f->queriers;
	joins[0].sg.group = grp(3);
	configure(f, joins, 4);
	compare(f);
	f->lines = 0;
	mgm_membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 3);
	assert_int_equal(line_of(f, grp(3))->filter, MGM_EXCLUDE);
	assert_int_equal(line_of(f, grp(4))->filter, MGM_EXCLUDE);
	assert_int_equal(f->lines, 3); /* both were there */
	assert_int_equal(f->queriers, before);
	configure(f, NULL, 0);
	compare(f);
	f->lines = 0;
	mgm_membership_walk(f->mgm, false, collect, f);
	assert_int_equal(f->lines, 0); /* also what a command had joined */
}

static void test_records_that_make_no_sense(void **state)
{
	struct xmgm_igmp head = {.ifid = IFID, .length = 8};
	uint8_t bytes[64] = {0};
	struct fixture *f = *state;

	f->proto->record(f->igmp, bytes, sizeof(head) - 1, f->now);
	memcpy(bytes, &head, sizeof(head));
	f->proto->record(f->igmp, bytes, sizeof(head) + 7, f->now);
	f->proto->record(f->igmp, bytes, sizeof(head) + 8, f->now);
	head.length = UINT32_MAX;
	memcpy(bytes, &head, sizeof(head));
	f->proto->record(f->igmp, bytes, sizeof(bytes), f->now);
	assert_int_equal(stat_of(f, "malformed"), 4);
	compare(f);
}

/* An earlier deadline than the last one answered wakes the daemon. */
static void test_wakes_for_an_earlier_deadline(void **state)
{
	struct fixture *f = *state;
	uint64_t next;

	move(f, 100);
	next = f->proto->tick(f->igmp, f->now);
	assert_true(next > f->now + 2000);
	f->wakes = 0;
	report(f, IGMP_TO_EX, 0, 0); /* expires long after the next query */
	assert_int_equal(f->wakes, 0);
	report(f, IGMP_TO_IN, 0, 0);
	assert_int_equal(f->wakes, 1);
	assert_int_equal(f->proto->tick(f->igmp, f->now), f->now + 1000);
}

static void test_a_loss_is_answered(void **state)
{
	struct fixture *f = *state;
	uint64_t sent;

	move(f, 60000);
	sent = stat_of(f, "queries_sent");
	f->proto->lost(f->igmp, IFID, f->now);
	move(f, 0);
	assert_int_equal(stat_of(f, "queries_sent"), sent + 1);
	assert_int_equal(stat_of(f, "ring_lost"), 1);
}

/*
 * Reports, static groups, time, and a rival that takes and releases: the
 * manager always holds what IGMP shows.
 */
static void test_the_manager_always_agrees(void **state)
{
	struct fixture *f = *state;

	srandom(2715);
	for (int i = 0; i < 4000; i++) {
		unsigned int g = (unsigned int)random() % 6;
		uint32_t sources = (uint32_t)random() % 64;
		struct mgm_sg sg = {src(sources % 6), grp(g)};

		if (sources % 5 == 0)
			sg.source.s_addr = 0;
		switch (random() % 12) {
		case 0:
			mgm_interface_take(f->mgm, f->rival, IFID);
			break;
		case 1:
			mgm_interface_release(f->mgm, f->rival, IFID);
			break;
		case 2:
			f->proto->join(f->igmp, "r1", sg, 0);
			break;
		case 3:
			f->proto->leave(f->igmp, "r1", sg);
			break;
		case 4:
			move(f, (uint64_t)random() % 270000);
			break;
		case 5:
			move(f, (uint64_t)random() % 3000);
			break;
		case 6:
			if (sources)
				break;
			vanish(f);
			appear(f, "r1");
			break;
		default:
			report(f, 1 + (unsigned int)random() % 6, g, sources);
		}
		compare(f);
	}
	assert_int_equal(stat_of(f, "set_failed"), 0);
	assert_true(f->ended > 100);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_takes_its_interface),
		T(test_groups_become_memberships),
		T(test_the_handshake),
		T(test_it_comes_back_where_it_was_too_slow),
		T(test_the_netdev_goes_and_comes),
		T(test_igmp_is_switched_off),
		T(test_join_and_leave),
		T(test_joins_are_listed),
		T(test_joins_of_the_configuration),
		T(test_records_that_make_no_sense),
		T(test_wakes_for_an_earlier_deadline),
		T(test_a_loss_is_answered),
		T(test_the_manager_always_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
