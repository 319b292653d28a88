/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Plans as objects: what a route does, an iif and its oifs. Thousands of routes
 * that do the same have one plan between them. No decisions are taken here.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Its iif and then its oifs, as they were written. */
static uint32_t plan_hash(const struct static_plan *plan)
{
	uint32_t oifs =
		hash_bytes(plan->to, plan->to_count * sizeof(*plan->to));

	return oifs ^ hash_bytes(&plan->from, sizeof(plan->from));
}

static bool plan_same(const struct static_plan *a, const struct static_plan *b)
{
	return a->from == b->from && a->to_count == b->to_count &&
	       !memcmp(a->to, b->to, a->to_count * sizeof(*a->to));
}

static void plan_free(struct static_protocol *s, struct static_plan *plan)
{
	if (plan->from)
		static_if_unuse(s, plan->from);
	for (uint32_t i = 0; i < plan->to_count; i++)
		static_if_unuse(s, plan->to[i]);
	free(plan);
}

/* In no table yet. NULL: no memory. */
static struct static_plan *plan_new(struct static_protocol *s,
				    const struct proto_route_config *config)
{
	struct static_plan *plan;
	struct static_if *itf;

	plan = calloc(1, sizeof(*plan) + config->to_count * sizeof(itf));
	if (!plan)
		return NULL;
	plan->from = static_if_use(s, config->from);
	if (!plan->from)
		goto err;
	for (size_t i = 0; i < config->to_count; i++) {
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

struct static_plan *static_plan_get(struct static_protocol *s,
				    const struct proto_route_config *config)
{
	struct static_plan *plan = plan_new(s, config), *there;
	struct hash_node *n;

	if (!plan)
		return NULL;
	for (n = hash_first(&s->plans, plan_hash(plan)); n; n = hash_next(n)) {
		there = hash_entry(n, struct static_plan, node);
		if (!plan_same(there, plan))
			continue;
		plan_free(s, plan);
		there->uses++;
		return there;
	}
	if (hash_insert(&s->plans, &plan->node, plan_hash(plan))) {
		plan_free(s, plan);
		return NULL;
	}
	plan->uses = 1;
	return plan;
}

void static_plan_put(struct static_protocol *s, struct static_plan *plan)
{
	if (!plan || --plan->uses)
		return;
	hash_remove(&s->plans, &plan->node);
	plan_free(s, plan);
}

bool static_plan_names(const struct static_plan *plan,
		       const struct static_if *itf)
{
	for (uint32_t i = 0; i < plan->to_count; i++)
		if (plan->to[i] == itf)
			return true;
	return false;
}

bool static_plan_equal(const struct static_plan *a, const struct static_plan *b)
{
	if (a == b)
		return true;
	if (a->from != b->from || a->to_count != b->to_count)
		return false;
	for (uint32_t i = 0; i < a->to_count; i++)
		if (!static_plan_names(b, a->to[i]))
			return false;
	return true;
}

int static_plan_status(const struct static_plan *plan)
{
	int err, result = static_if_status(plan->from);

	for (uint32_t i = 0; i < plan->to_count; i++) {
		err = static_if_status(plan->to[i]);
		if (err && (!result || result == -EINPROGRESS))
			result = err;
	}
	return result;
}

size_t static_plan_oifs(const struct static_plan *plan, uint32_t oifs[MGM_OIFS])
{
	size_t count = 0;

	for (uint32_t i = 0; i < plan->to_count && count < MGM_OIFS; i++) {
		const struct static_if *itf = plan->to[i];

		if (itf->state == STATIC_OWNED && itf != plan->from)
			oifs[count++] = itf->ifid;
	}
	return count;
}

/* The interfaces go as well, so nothing is counted out of them. */
void static_plan_free_all(struct static_protocol *s)
{
	hash_free(&s->plans, struct static_plan, node);
}
