/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IGMP proxy, RFC 4605: what hosts downstream want is asked of the routers
 * upstream, where this router is a host like any other.
 *
 * It is a client of the manager like a routing protocol, and owns its
 * upstreams (upstream.c); the router's side of IGMP does not run there. The
 * manager tells it of each change of what is wanted anywhere, by IGMP, static
 * joins or other clients; group.c merges that and hands it to the host's side
 * (services.report), which speaks to the upstream querier. range.c says which
 * upstream serves which groups: by the longest prefix, with fail-over among
 * those that are configured for it.
 *
 * Data. Flows are made by the manager from packets, as always. It asks the
 * owner of the interface towards the source: that is us for all that is not
 * directly connected or known to be elsewhere, and the answer is the upstream
 * of the group. What downstream sends goes to other interfaces by their
 * memberships, and upstream by ours.
 *
 * Implemented: RFC 4605 sections 4.1, 4.2 (by IGMP, which stands down where
 * another router forwards), 4.3 and 4.4 as far as IGMP has it. Left out: MLD,
 * and section 6's access control. Upstreams are of IPv4.
 */
#include "internal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/timer.h"

#define RETRY_MS 500u

const struct proto *proxy_proto(void);

void proxy_say(struct proxy *p, enum proto_severity severity,
	       const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	p->services.say(p->services.arg, severity, line);
}

void proxy_retry(struct proxy *p)
{
	if (p->retry_ms == TIMER_NEVER)
		p->retry_ms = p->now_ms + RETRY_MS;
	p->services.wake(p->services.arg);
}

static void wake(struct proxy *p)
{
	p->stale = true;
	p->services.wake(p->services.arg);
}

/* --- from the manager ------------------------------------------------------ */

static void on_membership(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	struct proxy *p = arg;

	(void)ifid;
	if (p->upstreams && mgm_address_is_v4(&sg.group.address))
		proxy_group_mark(p, mgm_address_to_v4(&sg.group.address));
}

/* Told by membership_changed as well; that we have these says that somebody
 * pulls. */
static void on_pull(void *arg, struct mgm_sg sg, uint32_t ifid,
		    enum mgm_cause cause)
{
	(void)arg;
	(void)sg;
	(void)ifid;
	(void)cause;
}

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	const struct proxy_upstream *u = NULL;
	const struct proxy_range *range;
	struct proxy *p = arg;

	p->counters.rpf_asked++;
	range = proxy_range_of(p, &rpf->flow.group.address);
	if (range)
		u = range->best ? range->best : range->first;
	mgm_rpf_reply(p->services.mgm, p->client, token, u ? u->ifid : rpf->iif,
		      NULL);
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	struct proxy *p = arg;
	struct proxy_upstream *u = proxy_upstream_by_id(p, ifid);
	uint32_t owner = MGM_PROTOCOL_NONE, component;

	(void)epoch;
	if (!u)
		return;
	u->busy = false;
	u->owned = result != -ENODEV &&
		   !mgm_interface_owner(p->services.mgm, ifid, &owner,
					&component) &&
		   owner == MGM_PROTOCOL_PROXY;
	wake(p);
}

static const struct mgm_callbacks callbacks = {
	.size = sizeof(callbacks),
	.rpf = on_rpf,
	.join = on_pull,
	.prune = on_pull,
	.ownership = on_ownership,
	.membership_changed = on_membership,
};

/* --- hooks ---------------------------------------------------------------- */

/* A client only while there are upstreams: else nobody here pulls anything. */
static int enrol(struct proxy *p)
{
	const struct mgm_registration registration = {
		.size = sizeof(registration),
		.protocol = MGM_PROTOCOL_PROXY,
		.role = MGM_ROLE_PROTOCOL,
		.name = "proxy",
		.callbacks = &callbacks,
		.arg = p,
	};
	int err;

	if (p->client || !p->upstreams)
		return 0;
	err = mgm_register(p->services.mgm, &registration, &p->client);
	if (err)
		proxy_say(p, PROTO_ERROR, "proxy: cannot begin: %s",
			  strerror(-err));
	return err;
}

static void resign(struct proxy *p)
{
	if (p->client && !p->upstreams && !p->groups.count &&
	    !mgm_deregister(p->services.mgm, p->client))
		p->client = NULL;
}

/* All that has become possible. */
static void run(struct proxy *p)
{
	if (!p->client)
		return;
	proxy_upstream_drive(p);
	if (p->stale)
		proxy_range_update(p);
}

static int hook_start(const struct proto_services *services, uint64_t now_ms,
		      void **self)
{
	struct proxy *p = calloc(1, sizeof(*p));

	if (!p)
		return -ENOMEM;
	p->services = *services;
	p->now_ms = now_ms;
	p->retry_ms = TIMER_NEVER;
	p->place = proto_index(proxy_proto());
	TAILQ_INIT(&p->dirty);
	*self = p;
	return 0;
}

static void hook_stop(void *self)
{
	struct proxy_upstream *u;
	struct proxy *p = self;

	while ((u = p->upstreams)) {
		p->upstreams = u->next;
		free(u);
	}
	proxy_group_free_all(p);
	filter_merge_free(&p->merge);
	free(p->ranges);
	free(p->outlets);
	free(p->routes);
	free(p);
}

static void configure_upstreams(struct proxy *p,
				const struct proto_config *config)
{
	struct proxy_upstream *u;

	for (u = p->upstreams; u; u = u->next)
		u->wanted = false;
	for (size_t i = 0; i < config->interface_count; i++) {
		const struct proto_block *block =
			&config->interfaces[i].blocks[p->place];

		if (!block->enabled)
			continue;
		u = proxy_upstream_get(p, config->interfaces[i].name);
		if (!u) {
			proxy_say(p, PROTO_ERROR, "proxy: no memory");
			return;
		}
		u->wanted = true;
		memcpy(&u->config, block->options, sizeof(u->config));
	}
}

static void hook_configure(void *self, const struct proto_config *config,
			   uint64_t now_ms)
{
	struct proxy *p = self;
	bool first = !p->upstreams;

	p->now_ms = now_ms;
	configure_upstreams(p, config);
	if (enrol(p))
		return;
	if (first && p->upstreams) /* so long nobody has listened */
		proxy_group_read_all(p);
	p->stale = true;
	run(p);
	if (p->client)
		mgm_client_settled(p->services.mgm, p->client);
	p->services.wake(p->services.arg);
}

static void hook_interface_changed(void *self,
				   const struct proto_interface *interface,
				   uint64_t now_ms)
{
	struct proxy *p = self;
	struct proxy_upstream *u = proxy_upstream_find(p, interface->name);

	p->now_ms = now_ms;
	if (!u)
		return;
	if (u->ifid != interface->ifid) {
		u->owned = u->busy = u->warned = false;
		u->ifid = interface->ifid;
	}
	proxy_upstream_read(p, u);
	wake(p);
}

static void hook_interface_gone(void *self, uint32_t ifid, const char *name)
{
	struct proxy *p = self;
	struct proxy_upstream *u = proxy_upstream_find(p, name);

	if (!u || u->ifid != ifid)
		return;
	u->ifid = 0;
	u->owned = u->busy = u->up = u->warned = false;
	wake(p);
}

static uint64_t hook_tick(void *self, uint64_t now_ms)
{
	struct proxy *p = self;

	p->now_ms = now_ms;
	if (p->retry_ms <= now_ms)
		p->retry_ms = TIMER_NEVER;
	run(p);
	if (proxy_group_work(p))
		return now_ms;
	resign(p);
	return p->retry_ms;
}

static int hook_status(void *self, uint64_t now_ms, const char *interface,
		       struct proto_cursor *cursor, const struct proto_row *row)
{
	(void)now_ms;
	return proxy_status(self, interface, cursor, row);
}

static void hook_problems(void *self, uint32_t ifid,
			  void (*each)(void *arg, const char *sentence),
			  void *arg)
{
	const struct proxy *p = self;
	const struct proxy_upstream *u = proxy_upstream_by_id(p, ifid);

	if (!u || !u->wanted)
		return;
	if (u->refused == -EEXIST)
		each(arg, "it is configured as an upstream of the proxy, but "
			  "another protocol owns it: `xmgm owner release`, or "
			  "take the section out");
	else if (u->owned && !u->addressed)
		each(arg, "it is an upstream of the proxy without an IPv4 "
			  "address, and not used: give it one");
}

static void hook_stats(void *self,
		       void (*each)(void *arg, const char *name,
				    const char *text, uint64_t value),
		       void *arg)
{
	const struct proxy *p = self;

	each(arg, "groups", "groups that are wanted", p->groups.count);
#define EACH_COUNTER(id, text) each(arg, #id, text, p->counters.id);
	PROXY_COUNTERS(EACH_COUNTER)
#undef EACH_COUNTER
}

const struct proto *proxy_proto(void)
{
	static const struct proto proto = {
		.name = "proxy",
		.id = MGM_PROTOCOL_PROXY,
		.owns = true,
		.options = proxy_config_options,
		.start = hook_start,
		.stop = hook_stop,
		.configure = hook_configure,
		.interface_changed = hook_interface_changed,
		.interface_gone = hook_interface_gone,
		.tick = hook_tick,
		.status = hook_status,
		.problems = hook_problems,
		.stats = hook_stats,
	};

	return &proto;
}
