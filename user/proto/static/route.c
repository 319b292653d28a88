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

struct static_route *static_route_find(struct static_protocol *s,
				       struct mgm_sg sg)
{
	struct static_route *route;
	struct hash_node *n;

	for (n = hash_first(&s->routes, hash_bytes(&sg, sizeof(sg))); n;
	     n = hash_next(n)) {
		route = hash_entry(n, struct static_route, node);
		if (!memcmp(&route->sg, &sg, sizeof(sg)))
			return route;
	}
	return NULL;
}

static int route_order(struct hash_node *a, struct hash_node *b)
{
	return memcmp(&hash_entry(a, struct static_route, node)->sg,
		      &hash_entry(b, struct static_route, node)->sg,
		      sizeof(struct mgm_sg));
}

const struct static_route *static_route_after(const struct static_protocol *s,
					      struct proto_cursor *cursor)
{
	struct static_route last = {.sg = cursor->sg};
	const struct static_route *route;
	struct hash_node *n;

	last.node.hash = hash_bytes(&last.sg, sizeof(last.sg));
	n = hash_after(&s->routes, last.sg.group.length ? &last.node : NULL,
		       route_order);
	if (!n)
		return NULL;
	route = hash_entry(n, struct static_route, node);
	cursor->sg = route->sg;
	return route;
}

static void plan_clear(struct static_protocol *s, struct static_plan *plan)
{
	size_t i;

	if (plan->from)
		static_if_unuse(s, plan->from);
	for (i = 0; i < plan->to_count; i++)
		static_if_unuse(s, plan->to[i]);
	free(plan->to);
	memset(plan, 0, sizeof(*plan));
}

static int plan_make(struct static_protocol *s, struct static_plan *plan,
		     const struct proto_route_config *config)
{
	struct static_if *itf;
	size_t i;

	memset(plan, 0, sizeof(*plan));
	plan->to = calloc(config->to_count + 1, sizeof(struct static_if *));
	if (!plan->to)
		return -ENOMEM;
	plan->from = static_if_use(s, config->from);
	if (!plan->from)
		goto err;
	for (i = 0; i < config->to_count; i++) {
		itf = static_if_use(s, config->to[i]);
		if (!itf)
			goto err;
		plan->to[plan->to_count++] = itf;
	}
	return 0;
err:
	plan_clear(s, plan);
	return -ENOMEM;
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

static int route_install(struct static_protocol *s, struct static_route *route,
			 const struct static_plan *plan)
{
	char sg[STATIC_SG_LEN];
	int err;

	if (plan->from->state != STATIC_OWNED)
		return 0;
	err = mgm_route_put(s->services->mgm, s->client, route->sg,
			    plan->from->ifid);
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
			    struct static_route *route)
{
	if (route->installed)
		mgm_route_del(s->services->mgm, s->client, route->sg);
	route->installed = false;
}

/* Puts a plan into force in place of the present one; owns it on success. */
static int route_switch(struct static_protocol *s, struct static_route *route,
			struct static_plan *plan, bool strict)
{
	struct static_plan old = route->now;
	int err = plan_join(s, plan, route->sg, strict);

	if (err)
		return err;
	if (!route->installed || old.from != plan->from) {
		if (plan->from->state != STATIC_OWNED)
			route_uninstall(s, route);
		err = route_install(s, route, plan);
	}
	if (err && strict) {
		plan_leave(s, plan, route->sg, plan->to_count);
		return err;
	}
	route->now = *plan;
	memset(plan, 0, sizeof(*plan));
	plan_leave(s, &old, route->sg, old.to_count);
	plan_clear(s, &old);
	return 0;
}

static struct static_route *route_new(struct static_protocol *s,
				      struct mgm_sg sg)
{
	struct static_route *route = calloc(1, sizeof(*route));

	if (!route)
		return NULL;
	route->sg = sg;
	if (!hash_insert(&s->routes, &route->node, hash_bytes(&sg, sizeof(sg))))
		return route;
	free(route);
	return NULL;
}

/* Takes a route off the list of those that wait, with its next plan. */
static void route_forget_next(struct static_protocol *s,
			      struct static_route *route)
{
	struct static_route **at = &s->waiting;

	while (*at && *at != route)
		at = &(*at)->waiting;
	if (*at)
		*at = route->waiting;
	route->waiting = NULL;
	route->op = 0;
	plan_clear(s, &route->next);
}

static void route_drop(struct static_protocol *s, struct static_route *route)
{
	hash_remove(&s->routes, &route->node);
	free(route);
}

void static_route_remove(struct static_protocol *s, struct static_route *route)
{
	uint64_t op = route->op;

	if (route->next.from)
		route_forget_next(s, route);
	route_uninstall(s, route);
	plan_leave(s, &route->now, route->sg, route->now.to_count);
	plan_clear(s, &route->now);
	route_drop(s, route);
	if (op)
		s->services->done(s->services->arg, op, -ECANCELED);
}

/* The next plan has failed: as if it had never been. */
static void route_give_up(struct static_protocol *s, struct static_route *route)
{
	route_forget_next(s, route);
	if (!route->now.from)
		route_drop(s, route);
}

int static_route_add(struct static_protocol *s,
		     const struct proto_route_config *config, uint64_t op)
{
	struct static_route *route = static_route_find(s, config->sg);
	int err;

	if (route && route->next.from)
		return -EBUSY;
	if (!route)
		route = route_new(s, config->sg);
	if (!route)
		return -ENOMEM;
	err = plan_make(s, &route->next, config);
	if (err) {
		route_give_up(s, route);
		return err;
	}
	static_run(s); /* takes what is not ours yet */
	err = plan_status(&route->next);
	if (err == -EINPROGRESS) {
		route->op = op;
		route->waiting = s->waiting;
		s->waiting = route;
		return err;
	}
	if (!err)
		err = route_switch(s, route, &route->next, true);
	if (err)
		route_give_up(s, route);
	static_run(s);
	return err;
}

int static_route_keep(struct static_protocol *s,
		      const struct proto_route_config *config)
{
	struct static_route *route = static_route_find(s, config->sg);
	struct static_plan plan;
	int err = plan_make(s, &plan, config);

	if (err)
		return err;
	if (!route)
		route = route_new(s, config->sg);
	if (!route) {
		plan_clear(s, &plan);
		return -ENOMEM;
	}
	route->keep = true;
	if (route->now.from && plan_equal(&route->now, &plan)) {
		plan_clear(s, &plan);
		return 0;
	}
	static_run(s);
	err = route_switch(s, route, &plan, false);
	plan_clear(s, &plan);
	if (!route->now.from)
		route_drop(s, route);
	return err;
}

void static_route_install_all(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->routes, n, tmp, i) {
		struct static_route *route =
			hash_entry(n, struct static_route, node);

		if (!route->installed && route->now.from)
			route_install(s, route, &route->now);
	}
}

/* The manager has dropped what hung on the interface; so it is said again. */
void static_route_vanished(struct static_protocol *s,
			   const struct static_if *itf)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->routes, n, tmp, i) {
		struct static_route *route =
			hash_entry(n, struct static_route, node);

		if (route->now.from != itf)
			continue;
		route_uninstall(s, route);
		route->warned = false;
	}
}

static void route_answer(struct static_protocol *s, struct static_route *route)
{
	int err = plan_status(&route->next);
	uint64_t op = route->op;

	if (err == -EINPROGRESS)
		return;
	if (!err)
		err = route_switch(s, route, &route->next, true);
	if (err)
		route_give_up(s, route);
	else
		route_forget_next(s, route);
	s->again = true;
	if (op)
		s->services->done(s->services->arg, op, err);
}

void static_route_answer(struct static_protocol *s)
{
	struct static_route *route, *next;

	for (route = s->waiting; route; route = next) {
		next = route->waiting;
		route_answer(s, route);
	}
}

void static_route_free_all(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->routes, n, tmp, i) {
		struct static_route *route =
			hash_entry(n, struct static_route, node);

		free(route->now.to);
		free(route->next.to);
		free(route);
	}
	hash_clear(&s->routes);
}
