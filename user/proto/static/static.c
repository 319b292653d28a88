/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The static protocol: routes and joins that a person wrote down, as a client
 * of the manager like any other.
 *
 * A route (S,G) from A to B... is an entry of the manager's multicast RIB:
 * what arrives on A goes out on B.... One of (*,G) says A alone, with a
 * membership of ours on each of B..., so that every source of the group goes
 * there, also one with a route of its own. So static must own A and B: it takes
 * them when the first route or join names them and gives them back with the
 * last (interface.c), sharing them with IGMP by the manager's handshake. A
 * person may take one by hand as well; that counts as one more user.
 *
 * Everything is kept by name. A route whose interface is missing or belongs
 * to somebody else waits; a change of a route is prepared beside the old one
 * and put in force when all interfaces are ours (route.c). Memberships count
 * their reasons (member.c). Both hang on their (S,G) or (*,G) (flow.c).
 *
 * Nothing happens in the callbacks but a change of state. static_run then
 * does what has become possible, in one place and never inside itself, so
 * that no table changes under a loop.
 */
#include "lib/address.h"
#include "static.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define RETRY_MS 250

void static_say(struct static_protocol *s, enum proto_severity severity,
		const char *format, ...)
{
	char line[256];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	s->services->say(s->services->arg, severity, line);
}

const char *static_sg_name(struct mgm_sg sg, char buffer[STATIC_SG_LEN])
{
	char source[ADDRESS_PREFIX_TEXT], group[ADDRESS_PREFIX_TEXT];

	snprintf(buffer, STATIC_SG_LEN, "(%s, %s)",
		 address_prefix_name(&sg.source.address, sg.source.length,
				     source),
		 address_prefix_name(&sg.group.address, sg.group.length,
				     group));
	return buffer;
}

void static_run(struct static_protocol *s)
{
	if (s->held) {
		s->again = true;
		return;
	}
	s->held++;
	do {
		s->again = false;
		while (s->dirty)
			static_if_drive(s);
		if (s->fresh) {
			s->fresh = false;
			static_member_install_all(s);
			static_route_install_all(s);
		}
		static_route_answer(s);
		static_member_answer(s);
	} while (s->again || s->dirty || s->fresh);
	s->held--;
	if (s->failed && !s->retry_ms) {
		s->retry_ms = s->now_ms + RETRY_MS;
		s->services->wake(s->services->arg);
	}
}

static struct static_if *if_by_ifid(struct static_protocol *s, uint32_t ifid)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->interfaces, n, tmp, i) {
		struct static_if *itf = hash_entry(n, struct static_if, node);

		if (itf->ifid == ifid)
			return itf;
	}
	return NULL;
}

static void on_ownership(void *arg, uint32_t ifid, uint32_t epoch, int result)
{
	struct static_protocol *s = arg;
	struct static_if *itf = if_by_ifid(s, ifid);

	(void)epoch;
	if (!itf)
		return;
	s->held++;
	if (result == -ENODEV) { /* as interface_gone will say */
		static_if_event(s, itf, STATIC_VANISHED);
	} else {
		itf->error = result;
		static_if_event(s, itf,
				result ? STATIC_DENIED : STATIC_GRANTED);
	}
	s->held--;
	static_run(s);
}

static const struct mgm_callbacks callbacks = {
	.size = sizeof(callbacks),
	.ownership = on_ownership,
};

static int static_start(const struct proto_services *services, uint64_t now_ms,
			void **self)
{
	struct static_protocol *s = calloc(1, sizeof(*s));
	const struct mgm_registration registration = {
		.size = sizeof(registration),
		.protocol = MGM_PROTOCOL_STATIC,
		.role = MGM_ROLE_PROTOCOL,
		.name = "static",
		.callbacks = &callbacks,
		.arg = s,
	};
	int err;

	if (!s)
		return -ENOMEM;
	s->services = services;
	s->now_ms = now_ms;
	err = mgm_register(services->mgm, &registration, &s->client);
	if (err)
		free(s);
	else
		*self = s;
	return err;
}

static void static_stop(void *self)
{
	struct static_protocol *s = self;

	static_flow_free_all(s);
	static_rpf_free_all(s);
	static_if_free_all(s);
	free(s);
}

static void configure_joins(struct static_protocol *s,
			    const struct proto_config *config)
{
	const struct proto_join_config *join;
	struct static_member *member;
	size_t i;

	for (i = 0; i < config->join_count; i++) {
		join = &config->joins[i];
		if (proto_config_hosts(config, join->interface) &&
		    proto_hosts_have(&join->sg))
			continue;
		member = static_member_make(s, join->interface, join->sg);
		if (!member) {
			static_say(s, PROTO_ERROR, "static: no memory");
			return;
		}
		member->joined = true;
		member->keep = true;
		static_run(s);
		static_member_install(s, member);
	}
}

static void member_unkeep(struct static_protocol *s,
			  struct static_member *member)
{
	(void)s;
	member->keep = false;
}

static void configure_begin(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->flows, n, tmp, i)
		hash_entry(n, struct static_flow, node)->keep = false;
	static_member_each(s, member_unkeep);
}

static void member_leave_unless_kept(struct static_protocol *s,
				     struct static_member *member)
{
	if (member->keep || member->op)
		return;
	member->joined = false;
	static_member_reap(s, member);
}

/* What the configuration does not name goes, but for what is under way. */
static void configure_end(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	s->held++;
	hash_for_each_safe(&s->flows, n, tmp, i) {
		struct static_flow *route =
			hash_entry(n, struct static_flow, node);

		if (route->now && !route->keep)
			static_route_remove(s, route);
	}
	static_member_each(s, member_leave_unless_kept);
	s->held--;
	static_run(s);
	hash_for_each_safe(&s->interfaces, n, tmp, i) {
		struct static_if *itf = hash_entry(n, struct static_if, node);

		if (itf->state == STATIC_ABSENT && !itf->warned) {
			static_say(s, PROTO_WARN,
				   "static: there is no interface %s yet; what "
				   "names it waits",
				   itf->name);
			itf->warned = true;
		}
	}
}

static void static_configure(void *self, const struct proto_config *config,
			     uint64_t now_ms)
{
	struct static_protocol *s = self;
	size_t i;

	s->now_ms = now_ms;
	static_rpf_configure(s, config->rpfs, config->rpf_count);
	configure_begin(s);
	for (i = 0; i < config->route_count; i++)
		if (static_route_keep(s, &config->routes[i]) == -ENOMEM) {
			static_say(s, PROTO_ERROR, "static: no memory");
			break;
		}
	configure_joins(s, config);
	configure_end(s);
	mgm_client_settled(s->services->mgm, s->client);
}

static void static_interface_changed(void *self,
				     const struct proto_interface *interface,
				     uint64_t now_ms)
{
	struct static_protocol *s = self;
	struct static_if *itf = static_if_find(s, interface->name);

	s->now_ms = now_ms;
	static_rpf_interface(s, interface);
	if (!itf || itf->ifid == interface->ifid)
		return;
	s->held++;
	if (itf->ifid)
		static_if_event(s, itf, STATIC_VANISHED);
	itf->ifid = interface->ifid;
	itf->error = 0;
	static_if_event(s, itf, STATIC_APPEARED);
	s->held--;
	static_run(s);
}

static void static_interface_gone(void *self, uint32_t ifid, const char *name)
{
	struct static_protocol *s = self;
	struct static_if *itf = static_if_find(s, name);

	static_rpf_interface_gone(s, ifid);
	if (!itf || itf->ifid != ifid)
		return;
	s->held++;
	static_if_event(s, itf, STATIC_VANISHED);
	s->held--;
	static_run(s);
}

static uint64_t static_tick(void *self, uint64_t now_ms)
{
	struct static_protocol *s = self;

	s->now_ms = now_ms;
	if (s->retry_ms && now_ms >= s->retry_ms) {
		s->retry_ms = 0;
		s->failed = false;
		s->held++;
		static_rpf_retry(s);
		static_if_retry(s);
		s->held--;
		s->fresh = true;
		static_run(s);
	}
	return s->retry_ms ? s->retry_ms : UINT64_MAX;
}

static int static_join(void *self, const char *interface, struct mgm_sg sg,
		       uint64_t op)
{
	struct static_protocol *s = self;
	const struct static_if *itf = static_if_find(s, interface);
	struct static_member *member;
	int err;

	member = itf ? static_member_find(s, itf, sg) : NULL;
	if (member && !member->op && member->joined)
		return 0; /* also while it waits for its interface */
	if (!s->services->ifid(s->services->arg, interface))
		return -ENODEV;
	member = static_member_make(s, interface, sg);
	if (!member)
		return -ENOMEM;
	if (member->op)
		return -EBUSY;
	member->joined = true;
	static_run(s);
	err = static_if_status(member->itf);
	if (!err)
		err = static_member_install(s, member);
	if (err == -EINPROGRESS) {
		member->op = op;
		s->member_ops += op != 0;
		return err;
	}
	if (err) {
		member->joined = false;
		static_member_reap(s, member);
		static_run(s);
	}
	return err;
}

static int static_leave(void *self, const char *interface, struct mgm_sg sg)
{
	struct static_protocol *s = self;
	struct static_if *itf = static_if_find(s, interface);
	struct static_member *member;
	uint64_t op;

	member = itf ? static_member_find(s, itf, sg) : NULL;
	if (!member || !member->joined)
		return -ENOENT;
	op = member->op;
	if (op) {
		member->op = 0;
		s->member_ops--;
	}
	member->joined = member->keep = false;
	static_member_reap(s, member);
	if (op)
		s->services->done(s->services->arg, op, -ECANCELED);
	static_run(s);
	return 0;
}

static int static_route_add_hook(void *self,
				 const struct proto_route_config *route,
				 uint64_t op)
{
	struct static_protocol *s = self;
	const struct proto_services *services = s->services;
	size_t i;

	if (!services->ifid(services->arg, route->from))
		return -ENODEV;
	for (i = 0; i < route->to_count; i++)
		if (!services->ifid(services->arg, route->to[i]))
			return -ENODEV;
	return static_route_add(s, route, op);
}

static int static_route_del(void *self, struct mgm_sg sg)
{
	struct static_protocol *s = self;
	struct static_flow *route = static_route_find(s, sg);

	if (!route)
		return -ENOENT;
	static_route_remove(s, route);
	static_run(s);
	return 0;
}

static int static_take(void *self, const char *interface, uint64_t op)
{
	struct static_protocol *s = self;
	struct static_if *itf;
	int err;

	if (op && !s->services->ifid(s->services->arg, interface))
		return -ENODEV;
	itf = static_if_use(s, interface);
	if (!itf)
		return -ENOMEM;
	if (itf->manual || itf->op) {
		err = itf->op ? -EBUSY : static_if_status(itf);
		static_if_unuse(s, itf);
		static_run(s);
		return err;
	}
	itf->manual = true;
	static_run(s);
	err = static_if_status(itf);
	if (err == -EINPROGRESS) {
		itf->op = op;
	} else if (err && op) {
		itf->manual = false;
		static_if_unuse(s, itf);
		static_run(s);
	}
	return err;
}

static int static_release(void *self, const char *interface, uint64_t op)
{
	struct static_protocol *s = self;
	struct static_if *itf = static_if_find(s, interface);

	if (!itf || (itf->state != STATIC_OWNED && !itf->manual))
		return -EINVAL;
	if (itf->op || itf->uses > (itf->manual ? 1u : 0u))
		return -EBUSY;
	if (itf->manual) {
		itf->manual = false;
		static_if_unuse(s, itf);
	}
	static_run(s); /* frees it, if the release ends at once */
	itf = static_if_find(s, interface);
	if (!itf)
		return 0;
	itf->op = op;
	return -EINPROGRESS;
}

static int
static_groups(void *self, uint64_t now_ms, struct proto_cursor *cursor,
	      int (*each)(void *arg, const struct proto_group *group),
	      void *arg)
{
	struct static_protocol *s = self;
	const struct static_if *itf;
	struct proto_cursor own = {0};
	int result = 0;

	(void)now_ms;
	if (!cursor)
		cursor = &own;
	while (!result && (itf = static_flow_oif_after(s, cursor))) {
		const struct mgm_sg *sg = &cursor->sg;
		const struct proto_group_source source = {sg->source.address,
							  true, 0};
		struct proto_group group = {
			.ifid = itf->ifid,
			.group = sg->group.address,
			.is_static = true,
			.range = proto_hosts_have(sg) ? NULL : sg,
		};

		memcpy(group.interface, itf->name, sizeof(group.interface));
		group.filter = sg->source.length ? MGM_INCLUDE : MGM_EXCLUDE;
		group.sources = &source;
		group.source_count = sg->source.length ? 1 : 0;
		result = each(arg, &group);
	}
	return result;
}

static const char *plan_waits_for(const struct static_plan *plan)
{
	size_t i;

	if (plan->from->state != STATIC_OWNED)
		return plan->from->name;
	for (i = 0; i < plan->to_count; i++)
		if (plan->to[i]->state != STATIC_OWNED)
			return plan->to[i]->name;
	return NULL;
}

static const char *static_route_waits(void *self, struct mgm_sg sg)
{
	const struct static_flow *route = static_route_find(self, sg);

	return route && route->now ? plan_waits_for(route->now) : NULL;
}

static int static_joins(void *self, struct proto_cursor *cursor,
			int (*each)(void *arg, const struct proto_join *join),
			void *arg)
{
	struct static_protocol *s = self;
	const struct static_member *m;
	struct proto_cursor own = {0};
	int result = 0;

	if (!cursor)
		cursor = &own;
	while (!result && (m = static_member_after(s, cursor))) {
		struct proto_join join = {
			.join.sg = static_flow_sg(m->flow),
		};

		if (!m->joined)
			continue;
		memcpy(join.join.interface, m->itf->name,
		       sizeof(join.join.interface));
		result = each(arg, &join);
	}
	return result;
}

static int route_show(const struct static_flow *route,
		      int (*each)(void *arg, const struct proto_route *route),
		      void *arg)
{
	const struct static_plan *plan = route->now;
	char(*to)[XMGM_IFNAME_LEN];
	struct proto_route out = {
		.route.sg = static_flow_sg(route),
		.installed = route->installed,
		.waiting = plan_waits_for(plan),
	};
	int result;
	size_t i;

	to = calloc(plan->to_count + 1, sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (i = 0; i < plan->to_count; i++)
		memcpy(to[i], plan->to[i]->name, sizeof(to[i]));
	memcpy(out.route.from, plan->from->name, sizeof(out.route.from));
	out.route.to = (const char(*)[XMGM_IFNAME_LEN])to;
	out.route.to_count = plan->to_count;
	result = each(arg, &out);
	free(to);
	return result;
}

static int static_routes(void *self, struct proto_cursor *cursor,
			 int (*each)(void *arg, const struct proto_route *),
			 void *arg)
{
	struct static_protocol *s = self;
	const struct static_flow *route;
	struct proto_cursor own = {0};
	int result = 0;

	if (!cursor)
		cursor = &own;
	while (!result && (route = static_route_after(s, cursor)))
		if (route->now)
			result = route_show(route, each, arg);
	return result;
}

static void static_stats(void *self,
			 void (*each)(void *arg, const char *name,
				      const char *text, uint64_t value),
			 void *arg)
{
	struct static_protocol *s = self;

	each(arg, "routes", "static routes", s->route_count);
	each(arg, "memberships", "static memberships", s->member_count);
	each(arg, "interfaces", "interfaces these name", s->interfaces.count);
	each(arg, "takes_refused", "interfaces another protocol kept",
	     s->refused);
	each(arg, "takes_retried", "takes tried again", s->retries);
}

static int rpf_add(void *self, const struct proto_rpf_config *rpf)
{
	return static_rpf_add(self, rpf);
}

static int rpf_del(void *self, const struct mgm_prefix *prefix)
{
	return static_rpf_del(self, prefix);
}

static int rpfs(void *self, struct proto_cursor *cursor,
		int (*each)(void *arg, const struct proto_rpf *rpf), void *arg)
{
	return static_rpf_list(self, cursor, each, arg);
}

const struct proto *static_proto(void)
{
	static const struct proto_admin admin = {
		.join = static_join,
		.leave = static_leave,
		.route_add = static_route_add_hook,
		.route_del = static_route_del,
		.rpf_add = rpf_add,
		.rpf_del = rpf_del,
		.rpfs = rpfs,
		.take = static_take,
		.release = static_release,
		.joins = static_joins,
		.routes = static_routes,
		.route_waits = static_route_waits,
	};
	static const struct proto proto = {
		.name = "static",
		.id = MGM_PROTOCOL_STATIC,
		.admin = &admin,
		.start = static_start,
		.stop = static_stop,
		.configure = static_configure,
		.interface_changed = static_interface_changed,
		.interface_gone = static_interface_gone,
		.tick = static_tick,
		.groups = static_groups,
		.stats = static_stats,
	};

	return &proto;
}
