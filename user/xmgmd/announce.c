/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens to links, to those who have to know: the plane, the manager,
 * protocols and monitors. It decides nothing; which links are attached is
 * attaching.c's.
 */
#include "daemon.h"

#include <string.h>

#include "trace.h"
#include "xmgmd/net/packet_io.h"

static void announce(struct router *r, const struct link *link)
{
	struct proto_interface interface = {
		.ifid = link->ifindex,
		.up = link_up(link),
		.mtu = link->mtu,
		.addresses = link->addresses,
		.address_count = link->address_count,
	};
	struct proto_seat *s;

	if (link->loopback)
		return;
	memcpy(interface.name, link->name, sizeof(interface.name));
	mgm_interface_changed(r->mgm, daemon_now_ms(), link->ifindex,
			      interface.up);
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
	ports_egress(r, link);
	attaching_appeared(r, link);
	settle_and_tell(r, link);
}

static void on_changed(void *arg, const struct link *link)
{
	struct router *r = arg;

	trace_link(link, "changed");
	ports_egress(r, link);
	settle_and_tell(r, link);
}

static void on_program(void *arg, const struct link *link)
{
	trace_link(link, "has another XDP program");
	attaching_program(arg, link);
}

static void on_gone(void *arg, const struct link *link)
{
	struct router *r = arg;
	struct proto_seat *s;

	trace_link(link, link->renamed ? "is renamed" : "is gone");
	attaching_gone(r, link);
	r->rib_dirty = true;
	router_settle(r);
	if (!r->running)
		return;
	r->leaving = link;
	packet_io_gone(r->packet_io, link->ifindex);
	mgm_interface_gone(r->mgm, daemon_now_ms(), link->ifindex);
	seat_for_each(r, s)
		if (s->proto->interface_gone)
			s->proto->interface_gone(s->self, link->ifindex,
						 link->name);
	r->leaving = NULL;
	tell_monitors(r, link, LINK_TOLD_GONE);
	router_touch(r);
}

void announce_init(struct router *r)
{
	r->d->link_listener = (struct link_listener){
		.arg = r,
		.appeared = on_appeared,
		.changed = on_changed,
		.program = on_program,
		.gone = on_gone,
	};
	links_init(&r->d->links, &r->d->link_listener);
}

void announce_all(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i)
		announce(r, hash_entry(n, struct link, node));
}

void announce_down(struct router *r)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i) {
		const struct link *link = hash_entry(n, struct link, node);

		if (!link_up(link) && !link->loopback)
			mgm_interface_changed(r->mgm, daemon_now_ms(),
					      link->ifindex, false);
	}
}
