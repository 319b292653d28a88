/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IGMP, the router's side.
 *
 * XDP checks and delivers messages; this is the state they make. For each
 * interface with IGMP there is a querier's timer and a table of groups; for
 * each group a filter mode, a group timer and a sorted list of sources with a
 * timer each, exactly RFC 9776 section 6.2. A record changes a group by one
 * cell of the tables in record.c; a timer changes it in group.c; both end in
 * view.c, which puts static groups beside what hosts want, and tells the
 * manager if that has changed. query.c asks, when pace.c says that it may. One
 * heap of timers (lib/timer.c) serves all groups and interfaces; each group has
 * one timer, set to the first thing that has to happen. What is due for many
 * groups at once is done a part at a time, so that others have their turn.
 *
 * This file connects that router to the daemon (struct proto) and to the
 * manager (mgm.h). IGMP takes every interface it is configured on, beside
 * whichever protocol owns it. When the manager says disable, the gate of
 * that interface is closed: the machine goes on, only its calls wait. On
 * enable everything is said again and the replay is completed. An enable that
 * arrives while one of our own calls is under way is answered at its end.
 *
 * Implemented: RFC 9776 sections 4.2 (wire/igmp.c), 6.1, 6.2, 6.3, 6.4, 6.5,
 * 6.6 (with election, in election.c), 7.3.1, 7.3.2 (older hosts) and 8; RFC
 * 2236 and RFC 1112 hosts; RFC 4604 section 2.2 (source-specific groups); RFC
 * 4286, routers (mrd.c); RFC 4605 section 4.2 (forward.c). xmgmd.conf(5) has
 * what is left out (STANDARDS), and tests/unit/test_igmp_must.c each clause
 * that is not. Messages to an address of ours come by a socket, because XDP
 * leaves unicast alone: reach.c.
 */
#include "igmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#include "config.h"
#include "internal.h"
#include "lib/address.h"
#include "joins.h"
#include "limit.h"
#include "reach.h"
#include "reading.h"

#define RETRY_MS 500u /* after a take that was refused */

struct igmp {
	struct igmp_router *router;
	struct proto_services services;
	struct mgm_client *client;
	struct igmp_hooks hooks;
	uint64_t now_ms;	  /* of the message at work */
	unsigned int depth;	  /* of our own hooks: > 0 inside one */
	bool replay_due;	  /* on some interface */
	bool tidy_due;		  /* an interface may be nobody's now */
	uint64_t retry_ms;	  /* to take what was refused; TIMER_NEVER */
	uint64_t announced_ms;	  /* what tick has last answered */
	struct mgm_address *door; /* addresses on their way to the manager */
	size_t door_room;
};

static int hook_send(void *arg, uint32_t ifid, struct in_addr destination,
		     const uint8_t *packet, size_t len)
{
	const struct mgm_address to = mgm_address_v4(destination);
	struct igmp *igmp = arg;
	const struct proto_services *s = &igmp->services;

	return s->send(s->arg, ifid, &to, packet, len);
}

/* Room for the addresses of one call to the manager. */
static int door_widen(struct igmp *igmp, size_t count)
{
	struct mgm_address *wider;

	if (count <= igmp->door_room)
		return 0;
	wider = realloc(igmp->door, count * sizeof(*wider));
	if (!wider)
		return -ENOMEM;
	igmp->door = wider;
	igmp->door_room = count;
	return 0;
}

static int hook_set(void *arg, uint32_t ifid, struct in_addr group,
		    enum mgm_filter filter, const struct in_addr *sources,
		    size_t count)
{
	struct mgm_address address = mgm_address_v4(group);
	struct igmp *igmp = arg;

	if (door_widen(igmp, count))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		igmp->door[i] = mgm_address_v4(sources[i]);
	return mgm_membership_set(igmp->services.mgm, igmp->client, ifid,
				  &address, filter, igmp->door, count);
}

static void hook_refused(void *arg, struct igmp_interface *in,
			 enum igmp_limit limit, struct in_addr host,
			 struct in_addr group)
{
	const struct igmp *igmp = arg;

	igmp_limit_refused(&igmp->services, in, limit, host, group,
			   igmp->now_ms);
}

static void hook_near(void *arg, struct igmp_interface *in,
		      enum igmp_limit limit, struct in_addr group)
{
	const struct igmp *igmp = arg;

	igmp_limit_near(&igmp->services, in, limit, group, igmp->now_ms);
}

static void complain(struct igmp *igmp, const char *name, const char *what,
		     int err)
{
	char text[160];

	snprintf(text, sizeof(text), "igmp: interface %s: %s: %s", name, what,
		 strerror(-err));
	igmp->services.say(igmp->services.arg, PROTO_WARN, text);
}

/* For monitor. */
static void hook_querier_is(void *arg, struct igmp_interface *in)
{
	struct igmp *igmp = arg;
	const struct proto_services *s = &igmp->services;
	struct proto_querier is;

	igmp_interface_querier(in, 0, &is);
	s->querier(s->arg, in->ifid, &is);
}

/* Taken, or not yet: then it is said when it is. */
static void hook_forward(void *arg, struct igmp_interface *in, bool on)
{
	struct igmp *igmp = arg;

	if (in->taken)
		mgm_interface_forward(igmp->services.mgm, igmp->client,
				      in->ifid, on);
}

static bool hook_alone(void *arg, uint32_t ifid)
{
	const struct igmp *igmp = arg;
	uint32_t protocol, component;

	return mgm_interface_owner(igmp->services.mgm, ifid, &protocol,
				   &component) ||
	       protocol == MGM_PROTOCOL_IGMP;
}

static void hook_version(void *arg, struct igmp_interface *in,
			 struct in_addr host, unsigned int version)
{
	struct igmp *igmp = arg;
	char text[320];

	igmp_version_words(in, host, version, text, sizeof(text));
	igmp->services.say(igmp->services.arg, PROTO_WARN, text);
}

static void hook_problems_changed(void *arg)
{
	struct igmp *igmp = arg;

	igmp->services.problems(igmp->services.arg);
}

static void replay(struct igmp *igmp, struct igmp_interface *in)
{
	in->replay_due = false;
	igmp_interface_open(in);
	mgm_replay_complete(igmp->services.mgm, igmp->client, in->ifid,
			    in->replay_epoch);
}

/* Every hook of ours is between enter and leave. */
static void enter(struct igmp *igmp)
{
	igmp->depth++;
}

static uint64_t next_deadline(const struct igmp *igmp)
{
	uint64_t next = igmp_router_next(igmp->router);

	return igmp->retry_ms < next ? igmp->retry_ms : next;
}

/* Completing one replay may bring the next. */
static void replay_all(struct igmp *igmp)
{
	struct igmp_interface *in;

	while (igmp->replay_due) {
		igmp->replay_due = false;
		for (size_t i = 0; (in = igmp_interface_at(igmp->router, i));
		     i++) {
			if (in->replay_due)
				replay(igmp, in);
		}
	}
}

static void leave(struct igmp *igmp)
{
	uint64_t next;

	if (igmp->depth == 1) {
		replay_all(igmp);
		if (igmp->tidy_due)
			igmp_router_tidy(igmp->router);
		igmp->tidy_due = false;
	}
	igmp->depth--;
	next = next_deadline(igmp);
	if (next < igmp->announced_ms) {
		igmp->announced_ms = next;
		igmp->services.wake(igmp->services.arg);
	}
}

static void on_disable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct igmp *igmp = arg;
	struct igmp_interface *in = igmp_interface_by_id(igmp->router, ifid);

	if (in) {
		in->replay_due = false;
		igmp_interface_close(in);
	}
	mgm_igmp_disabled(igmp->services.mgm, igmp->client, ifid, epoch);
}

static void on_enable(void *arg, uint32_t ifid, uint32_t epoch)
{
	struct igmp *igmp = arg;
	struct igmp_interface *in = igmp_interface_by_id(igmp->router, ifid);

	if (!in) {
		mgm_replay_complete(igmp->services.mgm, igmp->client, ifid,
				    epoch);
		return;
	}
	igmp->replay_due = true;
	in->replay_due = true;
	in->replay_epoch = epoch;
	enter(igmp);
	leave(igmp);
}

/*
 * The manager has taken us off. A link that is gone is also told by
 * interface_gone; where we were too slow we come back, later, so that who
 * waited for us has his turn.
 */
static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	struct igmp *igmp = arg;
	struct igmp_interface *in = igmp_interface_by_id(igmp->router, ifid);

	(void)epoch;
	if (!in || !in->taken || (result != -ETIMEDOUT && result != -ENODEV))
		return;
	in->taken = false;
	in->replay_due = false;
	igmp_interface_close(in);
	if (result == -ENODEV)
		return;
	complain(igmp, in->name,
		 "the manager has taken IGMP off, it is taken again", result);
	enter(igmp);
	igmp->retry_ms = 0; /* at the next tick */
	leave(igmp);
}

/* Somebody else forwards what members here want, and we do as well. */
static void on_wrong_if(void *arg, struct mgm_sg flow, uint32_t arrival,
			uint32_t iif, const uint8_t *packet, size_t len)
{
	struct igmp *igmp = arg;

	(void)iif;
	(void)packet;
	(void)len;
	if (!mgm_address_is_v4(&flow.group.address))
		return;
	enter(igmp);
	igmp_forward_data(igmp->router, arrival, igmp_sg_source(&flow),
			  igmp_sg_group(&flow));
	leave(igmp);
}

/* Who forwards where a protocol has come, or gone, is another question. */
static void on_interface_changed(void *arg, uint32_t ifid)
{
	struct igmp *igmp = arg;
	struct igmp_interface *in = igmp_interface_by_id(igmp->router, ifid);

	if (in && igmp_forward_down(in))
		igmp_problems_changed(in);
}

static const struct mgm_callbacks callbacks = {
	.size = sizeof(callbacks),
	.disable_igmp = on_disable,
	.enable_igmp = on_enable,
	.ownership = on_ownership,
	.wrong_if = on_wrong_if,
	.interface_changed = on_interface_changed,
};

/* Without it a switch or a driver that filters may keep messages from us. */
static void reach(struct igmp *igmp, struct igmp_interface *in)
{
	int err = igmp_reach_groups(&igmp->services, in,
				    igmp_interface_running(in));

	if (err && err != in->unreached)
		complain(igmp, in->name, "the groups of routers are not joined",
			 err);
	in->unreached = err;
}

/* Makes the manager's idea of us what it should be. */
static void claim(struct igmp *igmp, struct igmp_interface *in, uint64_t now_ms)
{
	struct mgm *mgm = igmp->services.mgm;
	int err;

	reach(igmp, in);
	if (in->taken && !igmp_interface_running(in)) {
		in->taken = false;
		in->replay_due = false;
		igmp_interface_close(in);
		err = mgm_interface_release(mgm, igmp->client, in->ifid);
		if (err && err != -EINPROGRESS)
			complain(igmp, in->name, "IGMP cannot let go", err);
	}
	if (in->taken || !igmp_interface_running(in))
		return;
	err = mgm_interface_take(mgm, igmp->client, in->ifid);
	if (!err) {
		in->taken = true;
		hook_forward(igmp, in, !igmp_forward_down(in));
		igmp_interface_open(in);
	} else if (err != -EBUSY && err != in->refused) {
		complain(igmp, in->name, "the manager refuses IGMP", err);
	}
	in->refused = err;
	if (!err)
		return;
	if (igmp->retry_ms > now_ms + RETRY_MS)
		igmp->retry_ms = now_ms + RETRY_MS;
}

static int hook_start(const struct proto_services *services, uint64_t now_ms,
		      void **self)
{
	struct igmp *igmp = calloc(1, sizeof(*igmp));
	struct mgm_registration r = {
		.size = sizeof(r),
		.protocol = MGM_PROTOCOL_IGMP,
		.role = MGM_ROLE_IGMP,
		.name = "igmp",
		.callbacks = &callbacks,
		.arg = igmp,
	};
	int err = -ENOMEM;

	(void)now_ms;
	if (!igmp)
		return -ENOMEM;
	igmp->services = *services;
	igmp->retry_ms = TIMER_NEVER;
	igmp->announced_ms = TIMER_NEVER;
	igmp->hooks = (struct igmp_hooks){
		.arg = igmp,
		.send = hook_send,
		.set = hook_set,
		.refused = hook_refused,
		.near = hook_near,
		.querier = hook_querier_is,
		.forward = hook_forward,
		.alone = hook_alone,
		.version = hook_version,
		.problems = hook_problems_changed,
	};
	igmp->router = igmp_router_new(&igmp->hooks);
	if (igmp->router)
		err = mgm_register(services->mgm, &r, &igmp->client);
	if (!err)
		err = igmp_reach_listen(services);
	if (err) {
		igmp_router_free(igmp->router);
		free(igmp);
		return err;
	}
	*self = igmp;
	return 0;
}

static void hook_stop(void *self)
{
	struct igmp *igmp = self;

	igmp_router_free(igmp->router);
	free(igmp->door);
	free(igmp);
}

static void hook_farewell(void *self)
{
	igmp_router_farewell(((struct igmp *)self)->router);
}

/* What the configuration says of an interface: nothing, if it is off. */
static void config_of(const struct proto_interface_config *interface,
		      struct igmp_config *config)
{
	const struct proto_block *block = NULL;

	if (interface)
		block = &interface->blocks[proto_index(igmp_proto())];
	*config = (struct igmp_config){0};
	if (!block || !block->enabled)
		return;
	*config = *(const struct igmp_config *)block->options;
	config->enabled = true;
}

static void configure_joins(struct igmp *igmp,
			    const struct proto_config *config)
{
	int err = igmp_joins_drop(igmp->router, config);
	struct igmp_interface *in;

	if (err)
		complain(igmp, "*", "joins that are gone are kept", err);
	for (size_t i = 0; i < config->join_count; i++) {
		const struct proto_join_config *j = &config->joins[i];

		in = igmp_interface_find(igmp->router, j->interface);
		if (!in || !igmp_interface_enabled(in) ||
		    !proto_hosts_have(&j->sg))
			continue;
		err = igmp_static_add(in, j->sg, IGMP_BY_CONFIG);
		if (err)
			complain(igmp, in->name, "a join is refused", err);
	}
}

static void configure_interface(struct igmp *igmp, struct igmp_interface *in,
				const struct proto_interface_config *interface,
				uint64_t now_ms)
{
	struct igmp_config config;

	config_of(interface, &config);
	igmp_interface_configure(in, &config, now_ms);
	claim(igmp, in, now_ms);
}

static void hook_configure(void *self, const struct proto_config *config,
			   uint64_t now_ms)
{
	const struct proto_block *block =
		&config->blocks[proto_index(igmp_proto())];
	struct igmp *igmp = self;
	struct igmp_interface *in;

	enter(igmp);
	igmp->tidy_due = true;
	/* Switched off, the section says nothing. */
	igmp_router_configure(igmp->router,
			      block->enabled ? block->options : NULL);
	for (size_t i = 0; i < config->interface_count; i++) {
		const struct proto_interface_config *c = &config->interfaces[i];

		if (c->blocks[proto_index(igmp_proto())].enabled &&
		    !igmp_interface_get(igmp->router, c->name))
			complain(igmp, c->name, "no IGMP here", -ENOMEM);
	}
	for (size_t i = 0; (in = igmp_interface_at(igmp->router, i)); i++)
		configure_interface(igmp, in,
				    proto_config_interface(config, in->name),
				    now_ms);
	configure_joins(igmp, config);
	leave(igmp);
}

static void interface_gone(struct igmp *igmp, struct igmp_interface *in)
{
	igmp->tidy_due = true;
	in->taken = false;
	in->replay_due = false;
	igmp_reach_groups(&igmp->services, in, false);
	igmp_interface_absent(in);
}

static void hook_interface_changed(void *self,
				   const struct proto_interface *interface,
				   uint64_t now_ms)
{
	struct igmp *igmp = self;
	struct igmp_router *r = igmp->router;
	struct igmp_interface *in = igmp_interface_by_id(r, interface->ifid);

	enter(igmp);
	if (in && strcmp(in->name, interface->name)) {
		/* Renamed: what it was called before is not configured. */
		if (in->taken)
			mgm_interface_release(igmp->services.mgm, igmp->client,
					      in->ifid);
		interface_gone(igmp, in);
	}
	in = igmp_interface_get(r, interface->name);
	if (in && in->ifid && in->ifid != interface->ifid)
		interface_gone(igmp, in);
	if (!in || igmp_interface_present(in, interface, now_ms))
		complain(igmp, interface->name, "not looked at", -ENOMEM);
	else
		claim(igmp, in, now_ms);
	leave(igmp);
}

static void hook_addresses(void *self, const struct proto_interface *of,
			   uint64_t now_ms)
{
	struct igmp *igmp = self;

	enter(igmp);
	if (igmp_router_addresses(igmp->router, of, now_ms))
		complain(igmp, of->name, "its addresses are not lent", -ENOMEM);
	leave(igmp);
}

static void hook_interface_gone(void *self, uint32_t ifid, const char *name)
{
	struct igmp *igmp = self;
	struct igmp_interface *in = igmp_interface_by_id(igmp->router, ifid);

	(void)name;
	enter(igmp);
	if (in)
		interface_gone(igmp, in);
	leave(igmp);
}

static void hook_record(void *self, const void *record, size_t len,
			uint64_t now_ms)
{
	struct igmp *igmp = self;
	struct igmp_router *r = igmp->router;
	const uint8_t *bytes = record;
	struct igmp_message m;
	struct xmgm_igmp head;
	struct in_addr host;

	if (len < sizeof(head))
		goto malformed;
	memcpy(&head, record, sizeof(head));
	/* The ring rounds lengths up. */
	if (head.length > len - sizeof(head) ||
	    igmp_message_get(bytes + sizeof(head), head.length, &m) !=
		    XMGM_IGMP_DELIVERED)
		goto malformed;
	memcpy(&host, head.host, sizeof(host));
	igmp->now_ms = now_ms;
	enter(igmp);
	igmp_router_message_late(r, head.ifid, host, &m, head.time_ns / 1000000,
				 now_ms);
	leave(igmp);
	return;
malformed:
	igmp_router_count(r, 0, IGMP_N_MALFORMED);
}

static void hook_packet(void *self, const struct proto_packet *packet,
			uint64_t now_ms)
{
	struct igmp *igmp = self;

	igmp->now_ms = now_ms;
	enter(igmp);
	igmp_reach_packet(igmp->router, packet, now_ms);
	leave(igmp);
}

static void hook_lost(void *self, uint32_t ifid, uint64_t now_ms)
{
	struct igmp *igmp = self;

	enter(igmp);
	igmp_router_lost(igmp->router, ifid, now_ms);
	leave(igmp);
}

static void hook_unheard(void *self, uint32_t ifid, uint64_t now_ms)
{
	struct igmp_router *r = igmp_router_of(self);
	struct igmp_interface *in = igmp_interface_by_id(r, ifid);

	if (in)
		igmp_hosts_all_unsure(in, now_ms);
}

static uint64_t hook_tick(void *self, uint64_t now_ms)
{
	struct igmp *igmp = self;
	struct igmp_interface *in;

	enter(igmp);
	if (igmp->retry_ms <= now_ms) {
		igmp->retry_ms = TIMER_NEVER;
		for (size_t i = 0; (in = igmp_interface_at(igmp->router, i));
		     i++)
			claim(igmp, in, now_ms);
	}
	igmp_router_tick(igmp->router, now_ms);
	igmp->announced_ms = 0; /* the answer is on its way: no wake */
	leave(igmp);
	igmp->announced_ms = next_deadline(igmp);
	return igmp->announced_ms;
}

static int hook_join(void *self, const char *interface, struct mgm_sg sg,
		     uint64_t op)
{
	struct igmp *igmp = self;
	struct igmp_interface *in;
	int err;

	(void)op;
	in = igmp_interface_find(igmp->router, interface);
	if (!in || !igmp_interface_enabled(in) || !proto_hosts_have(&sg))
		return -ENOENT;
	if (!address_is_group(&sg.group.address) ||
	    (sg.source.length && !address_is_source(&sg.source.address)))
		return -EINVAL;
	if (!mgm_address_is_v4(&sg.group.address))
		return -EAFNOSUPPORT;
	enter(igmp);
	err = igmp_static_add(in, sg, IGMP_BY_COMMAND);
	leave(igmp);
	return err;
}

/* What a person takes away goes, also if the configuration has named it. */
static int hook_leave(void *self, const char *interface, struct mgm_sg sg)
{
	struct igmp *igmp = self;
	struct igmp_interface *in;
	int err, second;

	in = igmp_interface_find(igmp->router, interface);
	if (!in || !igmp_interface_enabled(in) || !proto_hosts_have(&sg))
		return -ENOENT;
	enter(igmp);
	err = igmp_static_del(in, sg, IGMP_BY_COMMAND);
	second = igmp_static_del(in, sg, IGMP_BY_CONFIG);
	leave(igmp);
	return err == -ENOENT ? second : err;
}

static int hook_clear(void *self, const char *interface, uint64_t now_ms)
{
	struct igmp *igmp = self;
	struct igmp_interface *in;
	int err = -ENOENT;

	igmp->now_ms = now_ms;
	enter(igmp);
	for (size_t i = 0; (in = igmp_interface_at(igmp->router, i)); i++) {
		if (!igmp_interface_running(in) ||
		    (interface && strcmp(in->name, interface)))
			continue;
		igmp_interface_clear(in, now_ms);
		err = 0;
	}
	leave(igmp);
	return err;
}

struct igmp_router *igmp_router_of(void *self)
{
	return ((struct igmp *)self)->router;
}

static const struct proto_admin admin_igmp = {
	.join = hook_join,
	.leave = hook_leave,
	.joins = igmp_read_joins,
};

static const struct proto proto_igmp = {
	.name = "igmp",
	.id = MGM_PROTOCOL_IGMP,
	.hosts = true,
	.options = igmp_config_options,
	.admin = &admin_igmp,
	.start = hook_start,
	.stop = hook_stop,
	.farewell = hook_farewell,
	.configure = hook_configure,
	.interface_changed = hook_interface_changed,
	.addresses = hook_addresses,
	.interface_gone = hook_interface_gone,
	.record = hook_record,
	.packet = hook_packet,
	.lost = hook_lost,
	.unheard = hook_unheard,
	.tick = hook_tick,
	.groups = igmp_read_groups,
	.listeners = igmp_read_listeners,
	.clear = hook_clear,
	.querier = igmp_read_querier,
	.status = igmp_read_status,
	.refusals = igmp_read_refusals,
	.problems = igmp_read_problems,
	.stats = igmp_read_stats,
};

const struct proto *igmp_proto(void)
{
	return &proto_igmp;
}
