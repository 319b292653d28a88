/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Static routes. What a route does is a plan: an iif and oifs. A change makes
 * a second plan; when all its interfaces are ours, its oifs join, the iif is
 * switched, and then the oifs that only the first plan had leave: at no
 * moment does a packet find less than the old or the new route.
 */
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

	do {
		flow = static_flow_after(s, &cursor->sg);
		if (flow)
			cursor->sg = flow->sg;
	} while (flow && !flow->route);
	return flow;
}

static void plan_free(struct static_protocol *s, struct static_plan *plan)
{
	size_t i;

	if (!plan)
		return;
	if (plan->from)
		static_if_unuse(s, plan->from);
	for (i = 0; i < plan->to_count; i++)
		static_if_unuse(s, plan->to[i]);
	free(plan);
}

/* NULL: no memory. */
static struct static_plan *plan_new(struct static_protocol *s,
				    const struct proto_route_config *config)
{
	struct static_plan *plan;
	struct static_if *itf;
	size_t i;

	plan = calloc(1, sizeof(*plan) + config->to_count * sizeof(itf));
	if (!plan)
		return NULL;
	plan->from = static_if_use(s, config->from);
	if (!plan->from)
		goto err;
	for (i = 0; i < config->to_count; i++) {
		itf = static_if_use(s, config->to[i]);
		if (!itf)
			goto err;
		plan->to[plan->to_count++] = itf;
	}
	return plan;
err:
	plan_free(s, plan);
	return NULL;
}

static bool plan_names(const struct static_plan *plan,
		       const struct static_if *itf)
{
	size_t i;

	for (i = 0; i < plan->to_count; i++)
		if (plan->to[i] == itf)
			return true;
	return false;
}

static bool plan_equal(const struct static_plan *a, const struct static_plan *b)
{
	size_t i;

	if (a->from != b->from || a->to_count != b->to_count)
		return false;
	for (i = 0; i < a->to_count; i++)
		if (!plan_names(b, a->to[i]))
			return false;
	return true;
}

/* 0: every interface is ours. Failures before waiting. */
static int plan_status(const struct static_plan *plan)
{
	int err, result = static_if_status(plan->from);
	size_t i;

	for (i = 0; i < plan->to_count; i++) {
		err = static_if_status(plan->to[i]);
		if (err && (!result || result == -EINPROGRESS))
			result = err;
	}
	return result;
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
		static_member_settle(s, member);
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
	char sg[STATIC_SG_LEN];
	int err;

	if (plan->from->state != STATIC_OWNED)
		return 0;
	err = mgm_route_put(s->services->mgm, s->client, route->sg,
			    plan->from->ifid, NULL, 0, 0);
	if (!err) {
		route->installed = true;
		route->warned = false;
		return 0;
	}
	s->failed = true;
	if (!route->warned)
		static_say(s, PROTO_WARN,
			   "static: no route %s from %s: %s; it is tried again",
			   static_sg_name(route->sg, sg), plan->from->name,
			   strerror(-err));
	route->warned = true;
	return err;
}

static void route_uninstall(struct static_protocol *s,
			    struct static_flow *route)
{
	if (route->installed)
		mgm_route_del(s->services->mgm, s->client, route->sg);
	route->installed = false;
}

/* Puts a plan into force in place of the present one; owns it on success. */
static int route_switch(struct static_protocol *s, struct static_flow *route,
			struct static_plan *plan, bool strict)
{
	struct static_plan *old = route->now;
	int err = plan_join(s, plan, route->sg, strict);

	if (err)
		return err;
	if (!route->installed || !old || old->from != plan->from) {
		if (plan->from->state != STATIC_OWNED)
			route_uninstall(s, route);
		err = route_install(s, route, plan);
	}
	if (err && strict) {
		plan_leave(s, plan, route->sg, plan->to_count);
		return err;
	}
	route->now = plan;
	if (old)
		plan_leave(s, old, route->sg, old->to_count);
	plan_free(s, old);
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
	plan_free(s, route->next->plan);
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
	route->route = route->keep = route->installed = route->warned = false;
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
	if (now)
		plan_leave(s, now, route->sg, now->to_count);
	route->now = NULL;
	plan_free(s, now);
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
	plan = plan_new(s, config);
	if (plan) {
		static_run(s); /* takes what is not ours yet */
		err = plan_status(plan);
	}
	if (err == -EINPROGRESS) {
		err = route_wait(s, route, plan, op);
		if (!err)
			return -EINPROGRESS;
	} else if (!err) {
		err = route_switch(s, route, plan, true);
	}
	if (err)
		plan_free(s, plan);
	if (err && !route->now)
		route_drop(s, route);
	static_run(s);
	return err;
}

int static_route_keep(struct static_protocol *s,
		      const struct proto_route_config *config)
{
	struct static_plan *plan = plan_new(s, config);
	struct static_flow *route = plan ? route_get(s, config->sg) : NULL;
	int err;

	if (!route) {
		plan_free(s, plan);
		return -ENOMEM;
	}
	route->keep = true;
	if (route->now && plan_equal(route->now, plan)) {
		plan_free(s, plan);
		return 0;
	}
	static_run(s);
	err = route_switch(s, route, plan, false);
	if (err)
		plan_free(s, plan);
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

		if (!route->installed && route->now)
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

		if (!route->now || route->now->from != itf)
			continue;
		route_uninstall(s, route);
		route->warned = false;
	}
}

static void route_answer(struct static_protocol *s, struct static_flow *route)
{
	struct static_change *next = route->next;
	int err = plan_status(next->plan);
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
