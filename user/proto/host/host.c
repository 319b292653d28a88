/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The router as an IGMP host, on the interfaces where it has to ask other
 * routers, or switches that snoop, for groups.
 *
 * What is wanted there comes from the configuration (`join-group`) and from
 * other protocols by services.report, as the proxy's merged memberships; want.c
 * makes one of it. Each interface with something wanted has a machine
 * (machine.h), which says it in the version of the router there. Messages are
 * heard by the `igmp` ring, whether IGMP's router side runs there or not, and,
 * if they are sent to an address of ours, by a socket. None of this is a
 * membership of the manager's: nothing is forwarded to the interface by it.
 *
 * Which RFC sections there are, and which not, stands in machine.c.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/timer.h"
#include "xmgm/abi.h"

const struct proto *host_proto(void);

static struct host_interface *by_id(const struct host *h, uint32_t ifid)
{
	struct hash_node *n =
		hash_first(&h->by_id, hash_bytes(&ifid, sizeof(ifid)));

	for (; n; n = hash_next(n)) {
		struct host_interface *in =
			hash_entry(n, struct host_interface, by_id);

		if (in->ifid == ifid)
			return in;
	}
	return NULL;
}

static struct host_interface *by_name(struct host *h, const char *name,
				      bool make)
{
	struct host_interface **at = &h->interfaces, *in;

	while (*at && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	if (*at && !strcmp((*at)->name, name))
		return *at;
	in = make ? calloc(1, sizeof(*in)) : NULL;
	if (!in)
		return NULL;
	strncpy(in->name, name, sizeof(in->name) - 1);
	in->host = h;
	option_defaults(host_config_options()->interface, &in->config);
	in->next = *at;
	*at = in;
	return in;
}

static void hear(struct host_interface *in, bool on)
{
	const struct proto_services *s = &in->host->services;

	if (in->hears == on)
		return;
	in->hears = !s->hear(s->arg, in->ifid, on) && on;
}

/* --- machines ---------------------------------------------------------- */

static int hook_send(void *arg, struct in_addr target, const uint8_t *packet,
		     size_t len)
{
	const struct mgm_address to = mgm_address_v4(target);
	const struct host_interface *in = arg;
	const struct proto_services *s = &in->host->services;

	return s->send(s->arg, in->ifid, &to, packet, len);
}

/* Drawn from the interface and how often it has drawn, for this room knows no
 * chance: hosts of one LAN differ by their addresses. */
static uint32_t hook_random(void *arg, uint32_t below)
{
	struct host_interface *in = arg;
	const uint32_t seed[] = {in->is.address.s_addr, in->ifid, in->drawn++};

	return hash_bytes(seed, sizeof(seed)) % below;
}

static struct machine *make(struct host_interface *in)
{
	const struct machine_hooks hooks = {
		.arg = in,
		.send = hook_send,
		.random = hook_random,
	};

	return machine_new(&hooks);
}

static void apply(struct host_interface *in, uint64_t now_ms)
{
	const struct machine_config config = {
		.version = in->config.version,
		.robustness = in->config.robustness,
		.unsolicited_ms = in->config.unsolicited_ms,
		.query_interval_ms = 125000,
	};

	machine_configure(in->machine, &config, now_ms);
	machine_interface(in->machine, &in->is, now_ms);
}

static void drop(struct host_interface *in)
{
	if (!in->machine)
		return;
	LIST_REMOVE(in, active);
	machine_free(in->machine);
	in->machine = NULL;
}

int host_refresh(struct host_interface *in, uint64_t now_ms)
{
	struct machine_status status = {0};

	if (!in->machine && in->wants.count && in->ifid) {
		in->machine = make(in);
		if (!in->machine)
			return -ENOMEM;
		LIST_INSERT_HEAD(&in->host->active, in, active);
	}
	if (!in->machine)
		return 0;
	apply(in, now_ms);
	hear(in, true);
	machine_status(in->machine, now_ms, &status);
	if (in->wants.count || status.groups)
		return 0;
	hear(in, false);
	drop(in);
	return 0;
}

/* --- hooks ------------------------------------------------------------- */

static int hook_start(const struct proto_services *services, uint64_t now_ms,
		      void **self)
{
	struct host *h = calloc(1, sizeof(*h));
	int err;

	(void)now_ms;
	if (!h)
		return -ENOMEM;
	h->services = *services;
	h->place = proto_index(host_proto());
	err = services->listen(services->arg, host_proto(), IPPROTO_IGMP,
			       XMGM_IGMP_QUERY);
	if (err == -EPERM || err == -EACCES)
		err = 0; /* sending complains of it */
	if (err)
		free(h);
	else
		*self = h;
	return err;
}

static void hook_farewell(void *self)
{
	struct host *h = self;

	for (struct host_interface *in = h->interfaces; in; in = in->next)
		if (in->machine)
			machine_farewell(in->machine);
}

static void hook_stop(void *self)
{
	struct host_interface *in;
	struct host *h = self;

	while ((in = h->interfaces)) {
		h->interfaces = in->next;
		machine_free(in->machine);
		host_want_free(in);
		free(in);
	}
	hash_clear(&h->by_id);
	filter_merge_free(&h->merge);
	free(h->list);
	free(h);
}

static void configure_interface(struct host *h,
				const struct proto_interface_config *config,
				uint64_t now_ms)
{
	const struct proto_block *block = &config->blocks[h->place];
	struct host_interface *in = by_name(h, config->name, block->enabled);

	if (!in)
		return;
	in->configured = block->enabled;
	if (block->enabled)
		memcpy(&in->config, block->options, sizeof(in->config));
	else
		option_defaults(host_config_options()->interface, &in->config);
	host_want_configured(in, now_ms);
	host_refresh(in, now_ms);
}

static void hook_configure(void *self, const struct proto_config *config,
			   uint64_t now_ms)
{
	struct host_interface *in;
	struct host *h = self;

	for (size_t i = 0; i < config->interface_count; i++)
		configure_interface(h, &config->interfaces[i], now_ms);
	for (in = h->interfaces; in; in = in->next) {
		if (!in->configured || proto_config_interface(config, in->name))
			continue;
		in->configured = false;
		option_defaults(host_config_options()->interface, &in->config);
		host_want_configured(in, now_ms);
		host_refresh(in, now_ms);
	}
	h->services.wake(h->services.arg);
}

static void gone(struct host_interface *in)
{
	if (!in->ifid)
		return;
	hear(in, false);
	in->hears = false;
	drop(in);
	hash_remove(&in->host->by_id, &in->by_id);
	in->ifid = 0;
	in->is.up = false;
}

static void hook_interface_changed(void *self,
				   const struct proto_interface *interface,
				   uint64_t now_ms)
{
	struct host *h = self;
	struct host_interface *in = by_name(h, interface->name, true);
	bool fresh;

	if (!in)
		return;
	fresh = in->ifid != interface->ifid;
	if (fresh) {
		gone(in);
		in->ifid = interface->ifid;
		if (hash_insert(&h->by_id, &in->by_id,
				hash_bytes(&in->ifid, sizeof(in->ifid)))) {
			in->ifid = 0;
			return;
		}
	}
	in->is = (struct machine_interface){.up = interface->up,
					    .mtu = interface->mtu};
	for (size_t i = 0; i < interface->address_count; i++)
		if (mgm_address_is_v4(&interface->addresses[i].address)) {
			in->is.address = mgm_address_to_v4(
				&interface->addresses[i].address);
			break;
		}
	host_refresh(in, now_ms);
	if (fresh)
		host_want_again(in, now_ms);
	h->services.wake(h->services.arg);
}

static void hook_interface_gone(void *self, uint32_t ifid, const char *name)
{
	struct host *h = self;
	struct host_interface *in = by_name(h, name, false);

	if (in && in->ifid == ifid)
		gone(in);
}

/* in has a machine. */
static void hear_message(struct host_interface *in, struct in_addr from,
			 const struct igmp_message *m, uint64_t now_ms)
{
	const struct proto_services *s = &in->host->services;

	if (m->type == XMGM_IGMP_QUERY)
		machine_query(in->machine, from, m, now_ms);
	else if (m->type == XMGM_IGMP_V1_REPORT ||
		 m->type == XMGM_IGMP_V2_REPORT)
		machine_heard(in->machine, m->group, now_ms);
	s->wake(s->arg);
}

static void hook_record(void *self, const void *record, size_t len,
			uint64_t now_ms)
{
	const uint8_t *bytes = record;
	struct xmgm_igmp head;
	struct host_interface *in;
	struct igmp_message m;
	struct in_addr from;

	if (len < sizeof(head))
		return;
	memcpy(&head, record, sizeof(head));
	if (head.type == XMGM_IGMP_V3_REPORT)
		return;
	in = by_id(self, head.ifid);
	if (!in || !in->machine || head.length > len - sizeof(head) ||
	    igmp_message_get(bytes + sizeof(head), head.length, &m) !=
		    XMGM_IGMP_DELIVERED)
		return;
	memcpy(&from, head.host, sizeof(from));
	hear_message(in, from, &m, now_ms);
}

/* Queries to an address of ours: RFC 9776 section 4.1.12. */
static void hook_packet(void *self, const struct proto_packet *packet,
			uint64_t now_ms)
{
	struct host_interface *in;
	struct igmp_message m;
	struct host *h = self;

	if (packet->ttl != 1 || igmp_message_get(packet->payload, packet->len,
						 &m) != XMGM_IGMP_DELIVERED) {
		h->queries_bad++;
		return;
	}
	in = by_id(h, packet->ifid);
	if (in && in->machine)
		hear_message(in, mgm_address_to_v4(&packet->source), &m,
			     now_ms);
}

static uint64_t hook_tick(void *self, uint64_t now_ms)
{
	uint64_t next = TIMER_NEVER, at;
	struct host_interface *in, *behind;
	struct host *h = self;

	for (in = LIST_FIRST(&h->active); in; in = behind) {
		behind = LIST_NEXT(in, active);
		at = machine_tick(in->machine, now_ms);
		if (!in->wants.count)
			host_refresh(in, now_ms); /* all has been said */
		if (in->machine && at < next)
			next = at;
	}
	return next;
}

static int hook_report(void *self, size_t who, uint32_t ifid,
		       const struct proto_report *report, uint64_t now_ms)
{
	struct host *h = self;
	struct host_interface *in = by_id(h, ifid);
	struct in_addr *list = NULL;
	int err;

	if (!in)
		return -ENODEV;
	if (!mgm_address_is_v4(&report->group))
		return -EAFNOSUPPORT;
	if (report->source_count) {
		list = malloc(report->source_count * sizeof(*list));
		if (!list)
			return -ENOMEM;
	}
	for (size_t i = 0; i < report->source_count; i++)
		list[i] = mgm_address_to_v4(&report->sources[i]);
	err = host_want(in, who, mgm_address_to_v4(&report->group),
			report->filter, list, report->source_count, now_ms);
	free(list);
	return err;
}

static int hook_status(void *self, uint64_t now_ms, const char *interface,
		       struct proto_cursor *cursor, const struct proto_row *row)
{
	return host_status(self, now_ms, interface, cursor, row);
}

static void hook_stats(void *self,
		       void (*each)(void *arg, const char *name,
				    const char *text, uint64_t value),
		       void *arg)
{
	struct machine_counters all = {0};
	const struct host_interface *in;
	struct host *h = self;

	for (in = h->interfaces; in; in = in->next) {
		const struct machine_counters *c =
			in->machine ? machine_counters(in->machine) : NULL;

		if (!c)
			continue;
#define ADD_COUNTER(id, text) all.id += c->id;
		MACHINE_COUNTERS(ADD_COUNTER)
#undef ADD_COUNTER
	}
#define EACH_COUNTER(id, text) each(arg, #id, text, all.id);
	MACHINE_COUNTERS(EACH_COUNTER)
#undef EACH_COUNTER
	each(arg, "queries_bad", "unicast queries that are none",
	     h->queries_bad);
}

const struct proto *host_proto(void)
{
	static const struct proto proto = {
		.name = "host",
		.options = host_config_options,
		.start = hook_start,
		.farewell = hook_farewell,
		.stop = hook_stop,
		.configure = hook_configure,
		.interface_changed = hook_interface_changed,
		.interface_gone = hook_interface_gone,
		.record = hook_record,
		.packet = hook_packet,
		.tick = hook_tick,
		.report = hook_report,
		.status = hook_status,
		.stats = hook_stats,
	};

	return &proto;
}
