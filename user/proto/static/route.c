/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static routes. What a route does is a plan (plan.c). A change makes a second
 * plan, which is put in force when all its interfaces are ours: at no moment
 * does a packet find less than the old or the new route. The manager switches
 * an (S,G) at once, iif and oifs. The oifs of a (*,G) are memberships, so that
 * they are those of all its sources: they join, the iif is switched, and then
 * those leave that only the first plan had.
 */
#include "lib/address.h"

#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct static_flow *static_route_find(struct static_protocol *s,
				      struct mgm_sg sg)
{
	struct static_flow *flow = static_flow_find(s, &sg);

	return flow && flow->route ? flow : NULL;
}

const struct static_flow *static_route_after(const struct static_protocol *s,
					     struct proto_cursor *cursor)
{
	const struct static_flow *flow;

	do
		flow = static_flow_after(s, cursor);
	while (flow && !flow->route);
	return flow;
}

/* Are its oifs memberships? Those of a prefix are listed, as of an (S,G). */
static bool flow_joins(const struct static_flow *flow)
{
	const struct mgm_sg sg = static_flow_sg(flow);

	return !sg.source.length &&
	       sg.group.length == address_bits(&sg.group.address);
}

/* Counts a plan out of the memberships of its oifs. */
static void plan_leave(struct static_protocol *s,
		       const struct static_plan *plan, struct mgm_sg sg,
		       size_t count)
{
	struct static_member *member;
	size_t i;

	for (i = 0; i < count; i++) {
		member = static_member_find(s, plan->to[i], sg);
		if (!member)
			continue;
		member->routes--;
		static_member_reap(s, member);
	}
}

/*
 * Counts a plan in. strict: a refusal undoes it all; otherwise what the
 * manager refused now is tried again later.
 */
static int plan_join(struct static_protocol *s, const struct static_plan *plan,
		     struct mgm_sg sg, bool strict)
{
	struct static_member *member;
	size_t i;
	int err;

	for (i = 0; i < plan->to_count; i++) {
		member = static_member_make(s, plan->to[i]->name, sg);
		if (!member) {
			plan_leave(s, plan, sg, i);
			return -ENOMEM;
		}
		member->routes++;
		err = static_member_install(s, member);
		if (err && strict) {
			plan_leave(s, plan, sg, i + 1);
			return err;
		}
	}
	return 0;
}

static int route_install(struct static_protocol *s, struct static_flow *route,
			 const struct static_plan *plan)
{
	uint32_t oifs[MGM_OIFS];
	char sg[STATIC_SG_LEN];
	size_t count;
	int err;

	if (plan->from->state != STATIC_OWNED)
		return 0;
	count = flow_joins(route) ? 0 : static_plan_oifs(plan, oifs);
	err = mgm_route_put(s->services->mgm, s->client, static_flow_sg(route),
			    plan->from->ifid, oifs, count, 0);
	route->partial = err ||
			 (!flow_joins(route) && static_plan_status(plan));
	if (!err) {
		route->installed = true;
		route->warned = false;
		return 0;
	}
	s->failed = true;
	if (!route->warned)
		static_say(s, PROTO_WARN,
			   "static: no route %s from %s: %s; it is tried again",
			   static_sg_name(static_flow_sg(route), sg),
			   plan->from->name, strerror(-err));
	route->warned = true;
	return err;
}

static void route_uninstall(struct static_protocol *s,
			    struct static_flow *route)
{
	if (route->installed)
		mgm_route_del(s->services->mgm, s->client,
			      static_flow_sg(route));
	route->installed = false;
}

/* Does the manager have it otherwise? */
static bool route_differs(const struct static_flow *route,
			  const struct static_plan *plan)
{
	const struct static_plan *now = route->now;

	if (!route->installed || route->partial || !now)
		return true;
	return flow_joins(route) ? now->from != plan->from
				 : !static_plan_equal(now, plan);
}

/* Puts a plan into force in place of the present one; owns it on success. */
static int route_switch(struct static_protocol *s, struct static_flow *route,
			struct static_plan *plan, bool strict)
{
	struct static_plan *old = route->now;
	int err = 0;

	if (flow_joins(route))
		err = plan_join(s, plan, static_flow_sg(route), strict);
	if (err)
		return err;
	if (route_differs(route, plan)) {
		if (plan->from->state != STATIC_OWNED)
			route_uninstall(s, route);
		err = route_install(s, route, plan);
	}
	if (err && strict) {
		if (flow_joins(route))
			plan_leave(s, plan, static_flow_sg(route),
				   plan->to_count);
		return err;
	}
	route->now = plan;
	if (old && flow_joins(route))
		plan_leave(s, old, static_flow_sg(route), old->to_count);
	static_plan_put(s, old);
	return 0;
}

/* The flow, which has a route from here; NULL: no memory. */
static struct static_flow *route_get(struct static_protocol *s,
				     struct mgm_sg sg)
{
	struct static_flow *flow = static_flow_get(s, &sg);

	if (flow && !flow->route) {
		flow->route = true;
		s->route_count++;
	}
	return flow;
}

/* Takes a route off the list of those that wait, with its next plan. */
static void route_forget_next(struct static_protocol *s,
			      struct static_flow *route)
{
	struct static_flow **at = &s->waiting;

	while (*at && *at != route)
		at = &(*at)->next->waiting;
	if (*at)
		*at = route->next->waiting;
	static_plan_put(s, route->next->plan);
	free(route->next);
	route->next = NULL;
}

/* Puts it on that list; owns the plan on success. */
static int route_wait(struct static_protocol *s, struct static_flow *route,
		      struct static_plan *plan, uint64_t op)
{
	struct static_change *next = calloc(1, sizeof(*next));

	if (!next)
		return -ENOMEM;
	next->plan = plan;
	next->op = op;
	next->waiting = s->waiting;
	route->next = next;
	s->waiting = route;
	return 0;
}

static void route_drop(struct static_protocol *s, struct static_flow *route)
{
	route->route = route->keep = route->installed = false;
	route->partial = route->warned = false;
	s->route_count--;
	static_flow_reap(s, route);
}

void static_route_remove(struct static_protocol *s, struct static_flow *route)
{
	uint64_t op = route->next ? route->next->op : 0;
	struct static_plan *now = route->now;

	if (route->next)
		route_forget_next(s, route);
	route_uninstall(s, route);
	if (now && flow_joins(route))
		plan_leave(s, now, static_flow_sg(route), now->to_count);
	route->now = NULL;
	static_plan_put(s, now);
	route_drop(s, route);
	if (op)
		s->services->done(s->services->arg, op, -ECANCELED);
}

int static_route_add(struct static_protocol *s,
		     const struct proto_route_config *config, uint64_t op)
{
	struct static_flow *route = route_get(s, config->sg);
	struct static_plan *plan;
	int err = -ENOMEM;

	if (!route)
		return -ENOMEM;
	if (route->next)
		return -EBUSY;
	plan = static_plan_get(s, config);
	if (plan) {
		static_run(s); /* takes what is not ours yet */
		err = static_plan_status(plan);
	}
	if (err == -EINPROGRESS) {
		err = route_wait(s, route, plan, op);
		if (!err)
			return -EINPROGRESS;
	} else if (!err) {
		err = route_switch(s, route, plan, true);
	}
	if (err)
		static_plan_put(s, plan);
	if (err && !route->now)
		route_drop(s, route);
	static_run(s);
	return err;
}

int static_route_keep(struct static_protocol *s,
		      const struct proto_route_config *config)
{
	struct static_plan *plan = static_plan_get(s, config);
	struct static_flow *route = plan ? route_get(s, config->sg) : NULL;
	int err;

	if (!route) {
		static_plan_put(s, plan);
		return -ENOMEM;
	}
	route->keep = true;
	if (route->now && static_plan_equal(route->now, plan)) {
		static_plan_put(s, plan);
		return 0;
	}
	static_run(s);
	err = route_switch(s, route, plan, false);
	if (err)
		static_plan_put(s, plan);
	if (!route->now && !route->next)
		route_drop(s, route);
	return err;
}

void static_route_install_all(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->flows, n, tmp, i) {
		struct static_flow *route =
			hash_entry(n, struct static_flow, node);

		if ((!route->installed || route->partial) && route->now)
			route_install(s, route, route->now);
	}
}

/* The manager has dropped what hung on the interface; so it is said again. */
void static_route_vanished(struct static_protocol *s,
			   const struct static_if *itf)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->flows, n, tmp, i) {
		struct static_flow *route =
			hash_entry(n, struct static_flow, node);

		if (!route->now)
			continue;
		if (static_plan_names(route->now, itf))
			route->partial = true;
		if (route->now->from != itf)
			continue;
		route_uninstall(s, route);
		route->warned = false;
	}
}

static void route_answer(struct static_protocol *s, struct static_flow *route)
{
	struct static_change *next = route->next;
	int err = static_plan_status(next->plan);
	uint64_t op = next->op;

	if (err == -EINPROGRESS)
		return;
	if (!err)
		err = route_switch(s, route, next->plan, true);
	if (!err)
		next->plan = NULL; /* it is in force */
	route_forget_next(s, route);
	if (!route->now)
		route_drop(s, route);
	s->again = true;
	if (op)
		s->services->done(s->services->arg, op, err);
}

void static_route_answer(struct static_protocol *s)
{
	struct static_flow *route, *next;

	for (route = s->waiting; route; route = next) {
		next = route->next->waiting;
		route_answer(s, route);
	}
}
