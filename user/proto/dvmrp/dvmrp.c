/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DVMRP version 3 (draft-ietf-idmr-dvmrp-v3-11, never an RFC; mrouted 4.6 is
 * the peer to talk to): a distance-vector routing protocol for sources, and on
 * top of it broadcast-and-prune trees.
 *
 * Parts. A *interface* (interface.c) that is configured and ours (owner.c) has
 * *neighbours* (neighbor.c). What these report (heard.c), and our own subnets
 * (direct.c), are the *routes*: a table (table.c), each with a state machine
 * (route.c); a route has a *branch* on each other interface where there is
 * something to say: who forwards there, who depends on us (branch.c).
 * Neighbours are told by reports (report.c); all that leaves goes by send.c.
 * Routes go to the manager's RIB. The trees (tree.h) stand on these: entries of
 * (source network, group) with the prunes and grafts about them, and the
 * memberships that the manager is asked for. They are told what happens to
 * routes, branches and neighbours by the dvmrp_tree_* functions of internal.h.
 *
 * Owners. struct dvmrp owns interfaces and routes; an interface its neighbours;
 * a route its branches. Pointers from routes and branches to neighbours are
 * cleared when a neighbour is two-way no more, which it is before it is freed.
 *
 * Time comes with each hook and stands in now_ms; whatever waits is a timer of
 * one queue. Nothing here reads a clock, sends, or prints but by the services.
 *
 * Implemented: the draft's probes, reports, prunes, grafts and graft
 * acknowledgements, version 3.255 and what older routers need; answers to
 * mrinfo and mtrace. Left out: tunnels (a GRE or ipip netdev is an interface),
 * SNMP, RFC 1075's version 1. Deviations: a probe that does not list us is
 * answered at once, and one of a neighbour that has begun anew does not end what
 * it had said; in hold-down the upstream that serves us meanwhile hears
 * that we depend on it; a neighbour's 32 for a route we have is answered by a
 * flash. xmgmd.conf(5) says so too, under STANDARDS.
 */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "show.h"
#include "wire/mtrace.h"

const struct proto *dvmrp_proto(void);

/* --- for all files -----------------------------------------------------------
 */

void dvmrp_say(struct dvmrp *d, enum proto_severity severity,
	       const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	d->services.say(d->services.arg, severity, line);
}

/* Drawn from who we are and how often we have drawn: this room knows no
 * chance, and routers differ by their addresses. */
uint32_t dvmrp_random(struct dvmrp *d, uint32_t below)
{
	const struct dvmrp_interface *in = d->interfaces;
	const uint32_t seed[] = {in ? in->address.s_addr : 0,
				 in ? in->genid : 0, d->drawn++};

	return below ? hash_bytes(seed, sizeof(seed)) % below : 0;
}

uint32_t dvmrp_jitter(struct dvmrp *d, uint32_t ms)
{
	return ms / 2 + dvmrp_random(d, ms + 1);
}

int dvmrp_timer_room(struct dvmrp *d)
{
	int err = timers_reserve(&d->timers, d->timer_count + 1);

	d->timer_count += !err;
	return err;
}

void dvmrp_timer_end(struct dvmrp *d, struct timer *timer)
{
	timer_set(&d->timers, timer, TIMER_NEVER);
	d->timer_count--;
}

void dvmrp_timer(struct dvmrp *d, struct timer *timer, uint64_t at_ms)
{
	const uint64_t next = timers_next(&d->timers);

	timer_set(&d->timers, timer, at_ms);
	if (at_ms < next)
		d->services.wake(d->services.arg);
}

void dvmrp_count(struct dvmrp *d, struct dvmrp_interface *in,
		 enum dvmrp_counter which)
{
	d->counters.n[which]++;
	if (in)
		in->counters.n[which]++;
}

/* --- messages ----------------------------------------------------------------
 */

/* Why a message that the reader refuses is refused. */
static enum dvmrp_counter refusal(enum dvmrp_error error, enum dvmrp_code code)
{
	static const enum dvmrp_counter of_code[] = {
		[DVMRP_PROBE] = DVMRP_N_BAD_PROBE,
		[DVMRP_REPORT] = DVMRP_N_BAD_REPORT,
		[DVMRP_NEIGHBORS2] = DVMRP_N_BAD_CODE,
		[DVMRP_PRUNE] = DVMRP_N_BAD_PRUNE,
		[DVMRP_GRAFT] = DVMRP_N_BAD_GRAFT,
		[DVMRP_GRAFT_ACK] = DVMRP_N_BAD_ACK,
	};

	switch (error) {
	case DVMRP_SHORT:
		return DVMRP_N_BAD_SHORT;
	case DVMRP_CHECKSUM:
		return DVMRP_N_BAD_CHECKSUM;
	case DVMRP_MALFORMED:
		return of_code[code];
	default:
		return DVMRP_N_BAD_CODE;
	}
}

/* Two interfaces may be on one LAN. */
static bool is_ours(const struct dvmrp *d, struct in_addr address)
{
	const struct dvmrp_interface *in;

	dvmrp_for_each_interface(d, in)
		if (dvmrp_interface_is(in, address))
			return true;
	return false;
}

/* What is wrong with the header around it: DVMRP_N_ALL, nothing. */
static enum dvmrp_counter misdirected(const struct dvmrp_interface *in,
				      const struct proto_packet *packet,
				      const struct dvmrp_message *m)
{
	const struct in_addr to = mgm_address_to_v4(&packet->destination);
	const struct in_addr from = mgm_address_to_v4(&packet->source);

	if (is_ours(in->dvmrp, from))
		return DVMRP_N_BAD_OWN;
	if (m->code == DVMRP_ASK_NEIGHBORS2)
		return DVMRP_N_ALL; /* from far, to whichever is ours */
	if (to.s_addr != DVMRP_ALL_ROUTERS && !dvmrp_interface_is(in, to))
		return DVMRP_N_BAD_TARGET;
	if (to.s_addr == DVMRP_ALL_ROUTERS && packet->ttl != 1)
		return DVMRP_N_BAD_TTL;
	if (!dvmrp_interface_reaches(in, from))
		return DVMRP_N_BAD_SENDER;
	return DVMRP_N_ALL;
}

static void hear_report(struct dvmrp_neighbor *n, const struct dvmrp_message *m)
{
	dvmrp_route_report(n, m);
}

/* Messages that only two-way neighbours may send. */
static const struct {
	enum dvmrp_counter counter;
	bool prunes; /* only of who does, by its version */
	void (*hear)(struct dvmrp_neighbor *n, const struct dvmrp_message *m);
} messages[] = {
	[DVMRP_REPORT] = {DVMRP_N_REPORTS, false, hear_report},
	[DVMRP_PRUNE] = {DVMRP_N_PRUNES, true, dvmrp_tree_prune},
	[DVMRP_GRAFT] = {DVMRP_N_GRAFTS, true, dvmrp_tree_graft},
	[DVMRP_GRAFT_ACK] = {DVMRP_N_ACKS, true, dvmrp_tree_graft_ack},
};

static void hear(struct dvmrp_interface *in, const struct proto_packet *packet,
		 const struct dvmrp_message *m)
{
	const struct in_addr from = mgm_address_to_v4(&packet->source);
	struct dvmrp *d = in->dvmrp;
	struct dvmrp_neighbor *n;

	switch (m->code) {
	case DVMRP_PROBE:
		dvmrp_count(d, in, DVMRP_N_PROBES);
		dvmrp_neighbor_probe(in, from, m);
		return;
	case DVMRP_ASK_NEIGHBORS2:
		dvmrp_query_neighbors(in, packet);
		return;
	case DVMRP_NEIGHBORS2: /* we never ask */
		dvmrp_count(d, in, DVMRP_N_BAD_CODE);
		return;
	default:
		break;
	}
	dvmrp_count(d, in, messages[m->code].counter);
	n = dvmrp_neighbor_heard(in, from, m);
	if (!n)
		return;
	if (messages[m->code].prunes && !dvmrp_neighbor_prunes(n))
		dvmrp_count(d, in, DVMRP_N_NOT_NEIGHBOR);
	else
		messages[m->code].hear(n, m);
}

static void hook_packet(void *self, const struct proto_packet *packet,
			uint64_t now_ms)
{
	struct dvmrp_interface *in;
	enum dvmrp_counter wrong;
	enum dvmrp_error error;
	struct dvmrp_message m;
	struct dvmrp *d = self;

	d->now_ms = now_ms;
	if (!mgm_address_is_v4(&packet->source))
		return;
	if (packet->len && packet->payload[0] == MTRACE_QUERY) {
		dvmrp_query_mtrace(d, packet);
		return;
	}
	in = dvmrp_interface_by_id(d, packet->ifid);
	if (!in || !in->running) {
		dvmrp_count(d, in, DVMRP_N_NOT_RUNNING);
		return;
	}
	if (packet->fragmented) {
		dvmrp_count(d, in, DVMRP_N_BAD_FRAGMENT);
		return;
	}
	error = dvmrp_message_get(packet->payload, packet->len, &m);
	if (error) {
		dvmrp_count(d, in, refusal(error, m.code));
		return;
	}
	wrong = misdirected(in, packet, &m);
	if (wrong != DVMRP_N_ALL)
		dvmrp_count(d, in, wrong);
	else
		hear(in, packet, &m);
}

/* --- hooks -------------------------------------------------------------------
 */

static int hook_start(const struct proto_services *services, uint64_t now_ms,
		      void **self)
{
	struct dvmrp *d = calloc(1, sizeof(*d));
	int err;

	if (!d)
		return -ENOMEM;
	d->services = *services;
	d->now_ms = now_ms;
	d->place = proto_index(dvmrp_proto());
	option_defaults(dvmrp_config_options()->global, &d->config);
	dvmrp_route_start(d);
	dvmrp_report_start(d);
	err = dvmrp_timer_room(d); /* of the flash */
	if (!err)
		err = dvmrp_tree_start(d);
	if (err) {
		timers_clear(&d->timers);
		free(d);
		return err;
	}
	*self = d;
	return 0;
}

/* Sockets are asked for only by who has an interface configured. */
static void listen_once(struct dvmrp *d)
{
	const struct proto_services *s = &d->services;
	int err;

	if (d->listens)
		return;
	err = s->listen(s->arg, dvmrp_proto(), IPPROTO_IGMP, DVMRP_TYPE);
	if (!err)
		err = s->listen(s->arg, dvmrp_proto(), IPPROTO_IGMP,
				MTRACE_QUERY);
	d->listens = !err;
	if (err)
		dvmrp_say(d, PROTO_ERROR,
			  "dvmrp: cannot receive its messages: %s; it needs "
			  "CAP_NET_RAW",
			  strerror(-err));
}

static void hook_farewell(void *self)
{
	struct dvmrp_interface *in;
	struct dvmrp *d = self;

	dvmrp_for_each_interface(d, in)
		if (in->running)
			dvmrp_report_farewell(in);
}

static void hook_stop(void *self)
{
	struct dvmrp *d = self;

	dvmrp_tree_stop(d);
	dvmrp_route_stop(d);
	dvmrp_interface_sweep(d, true);
	hash_clear(&d->by_id);
	timers_clear(&d->timers);
	free(d);
}

static void configure(struct dvmrp *d, const char *name,
		      const struct proto_block *block)
{
	const struct dvmrp_interface_config *config =
		block && block->enabled ? block->options : NULL;

	if (config)
		listen_once(d);
	if (dvmrp_interface_configure(d, name, config))
		dvmrp_say(d, PROTO_ERROR, "dvmrp: %s: no memory", name);
}

static void hook_configure(void *self, const struct proto_config *config,
			   uint64_t now_ms)
{
	struct dvmrp_interface *in;
	struct dvmrp *d = self;

	d->now_ms = now_ms;
	if (config->blocks[d->place].options)
		memcpy(&d->config, config->blocks[d->place].options,
		       sizeof(d->config));
	dvmrp_for_each_interface(d, in)
		if (!proto_config_interface(config, in->name))
			configure(d, in->name, NULL);
	for (size_t i = 0; i < config->interface_count; i++)
		configure(d, config->interfaces[i].name,
			  &config->interfaces[i].blocks[d->place]);
	dvmrp_owner_drive(d);
	d->services.wake(d->services.arg);
}

static void hook_interface_changed(void *self,
				   const struct proto_interface *interface,
				   uint64_t now_ms)
{
	struct dvmrp *d = self;
	struct dvmrp_interface *in = dvmrp_interface_find(d, interface->name);

	d->now_ms = now_ms;
	if (!in)
		return;
	dvmrp_interface_read(in);
	d->services.wake(d->services.arg);
}

static void hook_interface_gone(void *self, uint32_t ifid, const char *name)
{
	struct dvmrp *d = self;
	struct dvmrp_interface *in = dvmrp_interface_find(d, name);

	if (!in || in->ifid != ifid)
		return;
	dvmrp_interface_gone(in);
	d->services.wake(d->services.arg);
}

/* Timers that are due, so many at once: others have a turn. */
#define SOME 2000u

static void hook_stats(void *self,
		       void (*each)(void *arg, const char *name,
				    const char *text, uint64_t value),
		       void *arg)
{
	dvmrp_show_stats(self, each, arg);
}

static void hook_problems(void *self, uint32_t ifid,
			  void (*each)(void *arg, const char *sentence),
			  void *arg)
{
	dvmrp_show_problems(self, ifid, each, arg);
}

static uint64_t hook_tick(void *self, uint64_t now_ms)
{
	struct dvmrp *d = self;
	uint64_t next, at;

	d->now_ms = now_ms;
	timers_run_some(&d->timers, now_ms, SOME);
	next = dvmrp_owner_drive(d);
	at = dvmrp_tree_tick(d);
	if (at < next)
		next = at;
	dvmrp_interface_sweep(d, false);
	at = timers_next(&d->timers);
	return at < next ? at : next;
}

const struct proto *dvmrp_proto(void)
{
	static const struct proto proto = {
		.name = "dvmrp",
		.id = MGM_PROTOCOL_DVMRP,
		.owns = true,
		.options = dvmrp_config_options,
		.start = hook_start,
		.farewell = hook_farewell,
		.stop = hook_stop,
		.configure = hook_configure,
		.interface_changed = hook_interface_changed,
		.interface_gone = hook_interface_gone,
		.packet = hook_packet,
		.tick = hook_tick,
		.tables = dvmrp_show_tables,
		.stats = hook_stats,
		.problems = hook_problems,
	};

	return &proto;
}
