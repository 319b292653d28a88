/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to links, to those who have to know: the plane, the manager,
 * protocols and monitors. It decides nothing; which links are attached is
 * attaching.c's.
 */
#include "daemon.h"

#include <string.h>

#include "lib/log.h"
#include "trace.h"
#include "xmgmd/net/packet_io.h"

static uint32_t link_flags(const struct link *link)
{
	return (link_up(link) ? MGM_INTERFACE_UP : 0) |
	       (link->point_to_point ? MGM_INTERFACE_POINT_TO_POINT : 0) |
	       (link->loopback ? MGM_INTERFACE_LOOPBACK : 0) |
	       (link->multicast ? MGM_INTERFACE_MULTICAST : 0);
}

static void tell_manager(struct router *r, const struct link *link)
{
	const struct config_interface *config =
		config_interface(r->d->config, link->name);
	struct mgm_interface_address addresses[LINK_ADDRESSES];
	struct mgm_rule rules[CONFIG_RULES];
	const struct mgm_link told = {
		.ifid = ports_ifid(r, link),
		.name = link->name,
		.flags = link_flags(link),
		.mtu = link->mtu,
		.ttl_threshold = config ? config->ttl_threshold : 1,
		.addresses = addresses,
		.address_count = link->address_count,
		.rules = rules,
		.rule_count = config_rules(config, rules),
	};
	int err;

	for (size_t i = 0; i < link->address_count; i++) {
		const struct proto_address *a = &link->addresses[i];

		addresses[i] = (struct mgm_interface_address){
			.address = a->address,
			.peer = a->peer,
			.length = (uint8_t)a->prefix_len,
		};
	}
	err = mgm_interface_changed(r->mgm, daemon_now_ms(), &told);
	if (err)
		log_error("%s: the manager cannot be told of it: %s",
			  link->name, strerror(-err));
}

static void tell_addresses(struct router *r, const struct proto_interface *of)
{
	struct proto_seat *s;

	seat_for_each(r, s)
		if (s->proto->addresses)
			s->proto->addresses(s->self, of, daemon_now_ms());
}

static void announce(struct router *r, const struct link *link)
{
	struct proto_interface interface = {
		.ifid = ports_ifid(r, link),
		.up = link_up(link),
		.mtu = link->mtu,
		.addresses = link->addresses,
		.address_count = link->address_count,
	};
	struct proto_seat *s;

	tell_manager(r, link);
	memcpy(interface.name, link->name, sizeof(interface.name));
	tell_addresses(r, &interface);
	if (link->loopback)
		return;
	seat_for_each(r, s)
		if (s->proto->interface_changed)
			s->proto->interface_changed(s->self, &interface,
						    daemon_now_ms());
	router_touch(r);
}

/* To monitors, if what they read has changed; addresses and MTU are not. */
static void tell_monitors(struct router *r, const struct link *link,
			  enum link_told now)
{
	static const char *const states[] = {
		[LINK_TOLD_UP] = "up",
		[LINK_TOLD_DOWN] = "down",
		[LINK_TOLD_GONE] = "gone",
	};
	struct link *ours = links_by_index(&r->d->links, link->ifindex);
	enum link_told before = LINK_TOLD_NOTHING;

	if (ours) {
		before = ours->told;
		ours->told = now;
	}
	if (r->running && now != before)
		event_link(r, link, states[now]);
}

/* Everybody hears of the link as it is now. */
static void settle_and_tell(struct router *r, const struct link *link)
{
	r->rib_dirty = true;
	router_settle(r);
	if (r->running)
		announce(r, link);
	tell_monitors(r, link, link_up(link) ? LINK_TOLD_UP : LINK_TOLD_DOWN);
}

static void on_appeared(void *arg, const struct link *link)
{
	struct router *r = arg;

	trace_link(link, "appeared");
	ports_changed(r, link);
	attaching_appeared(r, link);
	settle_and_tell(r, link);
}

static void on_changed(void *arg, const struct link *link)
{
	struct router *r = arg;

	trace_link(link, "changed");
	ports_changed(r, link);
	settle_and_tell(r, link);
}

/* Sockets are joined by netdev. */
static void on_moved(void *arg, const struct link *link, uint32_t before)
{
	struct router *r = arg;

	trace_link(link, link_is_netdev(link) ? "has a netdev now"
					      : "has no netdev any more");
	if (r->running)
		packet_io_moved(r->packet_io, before, link->ifindex);
}

static void on_program(void *arg, const struct link *link)
{
	trace_link(link, "has another XDP program");
	attaching_program(arg, link);
}

static void on_gone(void *arg, const struct link *link)
{
	struct router *r = arg;
	const uint32_t ifid = ports_ifid(r, link);
	struct proto_interface gone = {.ifid = ifid};
	struct proto_seat *s;

	trace_link(link, link->renamed ? "is renamed" : "is gone");
	attaching_gone(r, link);
	r->rib_dirty = true;
	router_settle(r);
	if (!r->running)
		return;
	r->leaving = link;
	r->leaving_ifid = ifid;
	packet_io_gone(r->packet_io, link->ifindex);
	mgm_interface_gone(r->mgm, daemon_now_ms(), ifid);
	seat_for_each(r, s)
		if (s->proto->interface_gone)
			s->proto->interface_gone(s->self, ifid, link->name);
	memcpy(gone.name, link->name, sizeof(gone.name));
	tell_addresses(r, &gone);
	hearing_gone(r, ifid);
	r->leaving = NULL;
	tell_monitors(r, link, LINK_TOLD_GONE);
	router_touch(r);
}

/* Nothing is asked before there is somebody to ask. */
static void on_route(void *arg, uint32_t table, const struct mgm_prefix *prefix)
{
	struct router *r = arg;

	if (!r->running || !rib_io_concerns(r, table))
		return;
	mgm_rib_changed(r->mgm, daemon_now_ms(), prefix);
	router_touch(r);
}

static void on_routes(void *arg)
{
	struct router *r = arg;

	r->rib_dirty = true;
	router_settle(r);
}

static void on_mroutes(void *arg)
{
	router_settle(arg);
}

void announce_listen(struct router *r)
{
	r->link_listener = (struct link_listener){
		.arg = r,
		.appeared = on_appeared,
		.changed = on_changed,
		.program = on_program,
		.moved = on_moved,
		.gone = on_gone,
		.route = on_route,
		.routes = on_routes,
		.mroutes = on_mroutes,
	};
	links_listen(&r->d->links, &r->link_listener);
}

void announce_all(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i)
		announce(r, hash_entry(n, struct link, node));
}

void announce_manager(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i)
		tell_manager(r, hash_entry(n, struct link, node));
}
