/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DVMRP by itself, with a manager and a plane that agrees to everything: how
 * long 10,000 routes of one neighbour take, and how long anybody has to wait
 * for it meanwhile; as many flows that are pruned and grafted again; and what
 * memory that needs. Two interfaces, a forged router on each. Time is moved by
 * hand, what is measured is our own.
 */
#include "bench.h"
#include "../agreeing_plane.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "mgm/core.h"
#include "proto/dvmrp/config.h"
#include "proto/proto.h"
#include "wire/dvmrp.h"

#define ROUTES	  10000u
#define STEP_MS	  10u
#define REPORT_MS 60000u
#define GROUP	  0xef010101u /* 239.1.1.1 */
#define UP	  1u	      /* interfaces, by ifid */
#define DOWN	  2u
#define SECTIONS  2u

const struct proto *dvmrp_proto(void);

const struct proto *proto_get(size_t index)
{
	return index ? NULL : dvmrp_proto();
}

struct world {
	struct mgm *m;
	void *self;
	struct proto_services services;
	uint64_t now_ms;
	bool woken;
	uint64_t spent_ns, longest_ns; /* of calls into the protocol */
	uint32_t said;		       /* routes, downstream */
	uint32_t sent[16];	       /* messages, by code */
	struct dvmrp_interface_config section[SECTIONS];
	struct dvmrp_config global;
};

static struct in_addr address(uint32_t ifid, uint32_t host)
{
	return (struct in_addr){htonl(0x0a000000u | ifid << 16 | host)};
}

/* 100.0.0.0/24 and so on. */
static struct dvmrp_prefix prefix(uint32_t n)
{
	return (struct dvmrp_prefix){{htonl(0x64000000u + (n << 8))}, 24};
}

/* --- what the daemon is to it ------------------------------------------------
 */

static uint32_t on_ifid(void *arg, const char *name)
{
	(void)arg;
	return name[0] == 'e' ? (uint32_t)(name[1] - '0') : 0;
}

static const char *on_name(void *arg, uint32_t ifid)
{
	(void)arg;
	return ifid == UP ? "e1" : "e2";
}

static int on_send(void *arg, uint32_t ifid,
		   const struct mgm_address *destination, const uint8_t *packet,
		   size_t len)
{
	struct dvmrp_report_cursor cursor = {0};
	struct dvmrp_report_route route;
	struct world *w = arg;
	struct dvmrp_message m;

	(void)destination;
	if (dvmrp_message_get(packet + IGMP_IP_BYTES, len - IGMP_IP_BYTES, &m))
		return 0;
	w->sent[m.code & 15]++;
	if (m.code == DVMRP_REPORT && ifid == DOWN)
		while (dvmrp_report_next(&m, &cursor, &route))
			w->said++;
	return 0;
}

static int on_listen(void *arg, const struct proto *proto, uint8_t ip_protocol,
		     uint8_t igmp_type)
{
	(void)arg, (void)proto, (void)ip_protocol, (void)igmp_type;
	return 0;
}

static int on_member(void *arg, uint32_t ifid, const struct mgm_address *group,
		     bool member)
{
	(void)arg, (void)ifid, (void)group, (void)member;
	return 0;
}

static void on_say(void *arg, enum proto_severity severity, const char *text)
{
	(void)arg, (void)severity;
	fprintf(stderr, "bench: %s\n", text);
}

static void on_event(void *arg, const char *event, uint32_t ifid,
		     void (*tell)(const void *about,
				  const struct proto_row *row),
		     const void *about)
{
	(void)arg, (void)event, (void)ifid, (void)tell, (void)about;
}

static void on_problems(void *arg)
{
	(void)arg;
}

static void on_wake(void *arg)
{
	struct world *w = arg;

	w->woken = true;
}

/* --- time
 * --------------------------------------------------------------------- */

static void note(struct world *w, uint64_t start_ns)
{
	uint64_t ns = bench_cpu_ns() - start_ns;

	w->spent_ns += ns;
	if (ns > w->longest_ns)
		w->longest_ns = ns;
}

/* As the loop does: what is due, until there is nothing. */
static void settle(struct world *w)
{
	uint64_t next;

	do {
		uint64_t start = bench_cpu_ns();

		w->woken = false;
		next = dvmrp_proto()->tick(w->self, w->now_ms);
		note(w, start);
		mgm_tick(w->m, w->now_ms);
	} while (w->woken || next <= w->now_ms);
}

static void hear(struct world *w, uint32_t ifid, struct in_addr target,
		 const struct dvmrp_writer *writer)
{
	const struct proto_packet packet = {
		.ifid = ifid,
		.source = mgm_address_v4(address(ifid, 9)),
		.destination = mgm_address_v4(target),
		.ttl = 1,
		.ip_protocol = IPPROTO_IGMP,
		.payload = writer->packet + IGMP_IP_BYTES,
		.len = writer->len - IGMP_IP_BYTES,
	};
	uint64_t start = bench_cpu_ns();

	dvmrp_proto()->packet(w->self, &packet, w->now_ms);
	note(w, start);
	settle(w);
}

static void probe(struct world *w, uint32_t ifid)
{
	const struct dvmrp_ip ip = {address(ifid, 9), {DVMRP_ALL_ROUTERS}, 1};
	struct dvmrp_writer writer;

	dvmrp_begin(&writer, &ip, DVMRP_PROBE);
	dvmrp_put_u32(&writer, 7);
	dvmrp_put_address(&writer, address(ifid, 5));
	dvmrp_end(&writer);
	hear(w, ifid, ip.target, &writer);
}

static void run(struct world *w, uint64_t ms)
{
	for (uint64_t end = w->now_ms + ms; w->now_ms < end;
	     w->now_ms += STEP_MS) {
		settle(w);
		if (w->now_ms % 10000 < STEP_MS) {
			probe(w, UP);
			probe(w, DOWN);
		}
	}
}

/* --- the router
 * ------------------------------------------------------------------ */

static int interface(struct world *w, uint32_t ifid)
{
	const struct mgm_interface_address a = {
		.address = mgm_address_v4(address(ifid, 5)),
		.peer = MGM_ADDRESS_V4_ANY,
		.length = 24,
	};
	const struct mgm_link link = {
		.ifid = ifid,
		.name = on_name(NULL, ifid),
		.flags = MGM_INTERFACE_MULTICAST | MGM_INTERFACE_UP,
		.mtu = 1500,
		.addresses = &a,
		.address_count = 1,
	};
	const struct proto_address own = {a.address, 24, MGM_ADDRESS_V4_ANY};
	struct proto_interface in = {
		.ifid = ifid,
		.up = true,
		.mtu = 1500,
		.addresses = &own,
		.address_count = 1,
	};
	int err = mgm_interface_changed(w->m, w->now_ms, &link);

	strcpy(in.name, link.name);
	dvmrp_proto()->interface_changed(w->self, &in, w->now_ms);
	return err;
}

static void configure(struct world *w)
{
	const struct proto_options *options = dvmrp_proto()->options();
	struct proto_interface_config sections[SECTIONS] = {0};
	struct proto_config config = {
		.interfaces = sections,
		.interface_count = SECTIONS,
	};

	for (uint32_t i = 0; i < SECTIONS; i++) {
		strcpy(sections[i].name, on_name(NULL, i + 1));
		option_defaults(options->interface, &w->section[i]);
		sections[i].blocks[0] =
			(struct proto_block){true, &w->section[i]};
	}
	option_defaults(options->global, &w->global);
	config.blocks[0].options = &w->global;
	dvmrp_proto()->configure(w->self, &config, w->now_ms);
}

static int world_open(struct world *w, const struct mgm_hooks *hooks)
{
	int err;

	*w = (struct world){.now_ms = 1000000};
	w->services = (struct proto_services){
		.arg = w,
		.ifid = on_ifid,
		.name = on_name,
		.send = on_send,
		.listen = on_listen,
		.member = on_member,
		.say = on_say,
		.event = on_event,
		.problems = on_problems,
		.wake = on_wake,
	};
	w->m = mgm_new(hooks, NULL, w->now_ms);
	if (!w->m)
		return -ENOMEM;
	w->services.mgm = w->m;
	err = dvmrp_proto()->start(&w->services, w->now_ms, &w->self);
	for (uint32_t ifid = UP; ifid <= DOWN && !err; ifid++)
		err = interface(w, ifid);
	if (err)
		return err;
	configure(w);
	settle(w);
	for (uint32_t ifid = UP; ifid <= DOWN; ifid++) {
		interface(w, ifid);
		probe(w, ifid);
	}
	run(w, 1000);
	return 0;
}

static void world_close(struct world *w)
{
	if (w->self)
		dvmrp_proto()->stop(w->self);
	mgm_free(w->m);
}

static uint64_t memory(void)
{
	const struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

static void begin(struct world *w)
{
	w->spent_ns = w->longest_ns = 0;
	memset(w->sent, 0, sizeof(w->sent));
}

/* --- routes
 * -------------------------------------------------------------------- */

static void report_all(struct world *w, uint32_t ifid, uint8_t metric)
{
	const struct dvmrp_ip ip = {address(ifid, 9), {DVMRP_ALL_ROUTERS}, 1};
	struct dvmrp_writer writer;
	uint32_t n = 0;

	while (n < ROUTES) {
		struct dvmrp_prefix p = prefix(n);

		dvmrp_begin(&writer, &ip, DVMRP_REPORT);
		while (n < ROUTES && dvmrp_put_route(&writer, &p, metric))
			p = prefix(++n);
		dvmrp_end(&writer);
		hear(w, ifid, ip.target, &writer);
	}
}

static int measure_routes(struct world *w, struct json_object *o)
{
	const uint64_t before = memory(), began_ms = w->now_ms;
	uint64_t intake_ns;

	begin(w);
	w->said = 0;
	report_all(w, UP, 3);
	intake_ns = w->spent_ns;
	while (w->said < ROUTES && w->now_ms - began_ms < 2 * REPORT_MS)
		run(w, STEP_MS);
	if (w->said < ROUTES)
		return -ETIMEDOUT;
	json_object_object_add(o, "routes", json_object_new_int(ROUTES));
	json_object_object_add(o, "intake_ms",
			       bench_number(intake_ns / 1e6, 2));
	json_object_object_add(
		o, "announced_s",
		bench_number((double)(w->now_ms - began_ms) / 1e3, 2));
	run(w, REPORT_MS);
	json_object_object_add(o, "longest_call_ms",
			       bench_number(w->longest_ns / 1e6, 2));
	json_object_object_add(
		o, "bytes_per_route",
		bench_number((double)(memory() - before) / ROUTES, 0));
	return 0;
}

/* --- flows
 * ---------------------------------------------------------------------- */

static struct in_addr source(uint32_t n)
{
	return (struct in_addr){prefix(n).net.s_addr | htonl(1)};
}

/* Each source sends to the group; downstream depends on all of them. */
static void flows(struct world *w)
{
	report_all(w, DOWN, 32 + 4);
	for (uint32_t n = 0; n < ROUTES; n++) {
		mgm_upcall(w->m, w->now_ms,
			   mgm_sg_v4(source(n), (struct in_addr){htonl(GROUP)}),
			   UP, NULL, 0);
		settle(w);
	}
}

/* Downstream says it of every flow; returns how many a second. */
static double say_all(struct world *w, enum dvmrp_code code)
{
	const struct dvmrp_ip ip = {address(DOWN, 9), address(DOWN, 5), 1};
	struct dvmrp_writer writer;

	begin(w);
	for (uint32_t n = 0; n < ROUTES; n++) {
		const struct dvmrp_sg sg = {
			.source = source(n),
			.group = {htonl(GROUP)},
			.lifetime_s = 7200,
			.length = 24,
		};

		dvmrp_sg_put(&writer, &ip, code, &sg);
		hear(w, DOWN, ip.target, &writer);
	}
	return ROUTES / (w->spent_ns / 1e9);
}

static int measure_flows(struct world *w, struct json_object *o)
{
	uint64_t before;
	double rate;

	flows(w);
	before = memory();
	rate = say_all(w, DVMRP_PRUNE);
	if (w->sent[DVMRP_PRUNE] != ROUTES)
		return -EPROTO;
	json_object_object_add(o, "prunes_per_s", bench_number(rate, 0));
	json_object_object_add(
		o, "bytes_per_prune",
		bench_number((double)(memory() - before) / ROUTES, 0));
	rate = say_all(w, DVMRP_GRAFT);
	if (w->sent[DVMRP_GRAFT_ACK] != ROUTES ||
	    w->sent[DVMRP_GRAFT] != ROUTES)
		return -EPROTO;
	json_object_object_add(o, "grafts_per_s", bench_number(rate, 0));
	json_object_object_add(o, "longest_graft_ms",
			       bench_number(w->longest_ns / 1e6, 2));
	return 0;
}

int bench_dvmrp(struct bench *b)
{
	struct json_object *o = bench_member(b, "dvmrp");
	struct agreeing_plane plane = {0};
	const struct mgm_hooks hooks = AGREEING_PLANE(&plane);
	struct world w;
	int err = world_open(&w, &hooks);

	if (!err)
		err = measure_routes(&w, o);
	if (!err)
		err = measure_flows(&w, o);
	world_close(&w);
	if (!err)
		printf("\nDVMRP: %s\n", json_object_to_json_string(o));
	return err;
}
