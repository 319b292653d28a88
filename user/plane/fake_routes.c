/* SPDX-License-Identifier: GPL-2.0-only */
/* Oif sets and routes of the fake plane, with the real one's limits. */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct fake_set *set_find(struct fake *f, uint32_t hash,
				 const uint32_t *oifs, size_t count)
{
	struct fake_set *set;
	struct hash_node *n;

	for (n = hash_first(&f->set_index, hash); n; n = hash_next(n)) {
		set = hash_entry(n, struct fake_set, node);
		if (!set->lost && set->count == count &&
		    !memcmp(set->oifs, oifs, count * sizeof(*oifs)))
			return set;
	}
	return NULL;
}

static int set_new(struct fake *f, const uint32_t *oifs, size_t count,
		   uint32_t *number)
{
	uint32_t i, hash = hash_bytes(oifs, count * sizeof(*oifs));
	struct fake_set *set;

	for (i = XMGM_SET_FIRST; i < f->max_sets && f->sets[i].refs; i++)
		;
	if (i >= f->max_sets) {
		f->counters.sets_refused++;
		return -ENOSPC;
	}
	set = &f->sets[i];
	set->oifs = malloc(count * sizeof(*oifs));
	if (!set->oifs)
		return -ENOMEM;
	memcpy(set->oifs, oifs, count * sizeof(*oifs));
	set->count = count;
	if (hash_insert(&f->set_index, &set->node, hash)) {
		free(set->oifs);
		return -ENOMEM;
	}
	set->refs = 1;
	f->counters.sets_in_use++;
	*number = i;
	return 0;
}

int fake_set_get(struct plane *p, const uint32_t *oifs, size_t count,
		 uint32_t *number)
{
	struct fake *f = fake_of(p);
	struct fake_set *set;

	if (!count) {
		*number = XMGM_SET_NEGATIVE;
		return 0;
	}
	if (count > XMGM_SET_OIFS)
		return -EINVAL;
	set = set_find(f, hash_bytes(oifs, count * sizeof(*oifs)), oifs, count);
	if (!set)
		return set_new(f, oifs, count, number);
	set->refs++;
	*number = (uint32_t)(set - f->sets);
	return 0;
}

void fake_set_put(struct plane *p, uint32_t number)
{
	struct fake *f = fake_of(p);
	struct fake_set *set;

	if (number < XMGM_SET_FIRST || number >= f->max_sets)
		return;
	set = &f->sets[number];
	if (!set->refs || --set->refs)
		return;
	hash_remove(&f->set_index, &set->node);
	free(set->oifs);
	memset(set, 0, sizeof(*set));
	f->counters.sets_in_use--;
}

/* Nothing ever leaves. */
int fake_set_read(struct plane *p, uint32_t number, uint64_t *packets,
		  uint64_t *bytes)
{
	const struct fake *f = fake_of(p);

	if (number < XMGM_SET_FIRST || number >= f->max_sets ||
	    !f->sets[number].refs)
		return -ENOENT;
	*packets = *bytes = 0;
	return 0;
}

static struct fake_route *route_find(struct fake *f, struct xmgm_flow flow)
{
	uint32_t hash = hash_bytes(&flow, sizeof(flow));
	struct fake_route *route;
	struct hash_node *n;

	for (n = hash_first(&f->routes, hash); n; n = hash_next(n)) {
		route = hash_entry(n, struct fake_route, node);
		if (!memcmp(&route->mfe.flow, &flow, sizeof(flow)))
			return route;
	}
	return NULL;
}

static int queue_add(struct fake *f, enum xmgm_batch_op op,
		     const struct xmgm_mfe *mfe)
{
	struct fake_op *queue;
	size_t room;

	if (f->queued == f->room) {
		room = f->room ? f->room * 2 : 64;
		queue = realloc(f->queue, room * sizeof(*queue));
		if (!queue)
			return -ENOMEM;
		f->queue = queue;
		f->room = room;
	}
	f->queue[f->queued].op = op;
	f->queue[f->queued++].mfe = *mfe;
	return 0;
}

int fake_mfe_put(struct plane *p, struct xmgm_flow flow, uint32_t iif,
		 uint32_t set, uint32_t flags)
{
	struct xmgm_mfe mfe = {.route = {iif, set}, .flow = flow};
	struct fake *f = fake_of(p);

	if (!route_find(f, flow)) {
		if (f->routes.count + f->queued_new >= f->max_routes) {
			f->counters.routes_refused++;
			return -ENOSPC;
		}
		f->queued_new++;
	}
	mfe.flags = flags;
	mfe.state = XMGM_STATE_FORWARDING;
	if (set == XMGM_SET_NEGATIVE)
		mfe.state = XMGM_STATE_NEGATIVE;
	else if (set == XMGM_SET_KERNEL)
		mfe.state = XMGM_STATE_KERNEL;
	return queue_add(f, XMGM_BATCH_PUT, &mfe);
}

int fake_mfe_del(struct plane *p, struct xmgm_flow flow)
{
	struct xmgm_mfe mfe = {.flow = flow};

	return queue_add(fake_of(p), XMGM_BATCH_DEL, &mfe);
}

static int route_put(struct fake *f, const struct xmgm_mfe *mfe)
{
	struct fake_route *route = route_find(f, mfe->flow);

	if (!route) {
		route = calloc(1, sizeof(*route));
		if (!route)
			return -ENOMEM;
		route->mfe.flow = mfe->flow;
		route->mfe.created = f->now_ns;
		if (hash_insert(&f->routes, &route->node,
				hash_bytes(&mfe->flow, sizeof(mfe->flow)))) {
			free(route);
			return -ENOMEM;
		}
	}
	route->mfe.route = mfe->route;
	route->mfe.state = mfe->state;
	route->mfe.flags = mfe->flags;
	return 0;
}

static int route_del(struct fake *f, struct xmgm_flow flow)
{
	struct fake_route *route = route_find(f, flow);

	if (!route)
		return -ENOENT;
	hash_remove(&f->routes, &route->node);
	free(route);
	return 0;
}

int fake_commit(struct plane *p)
{
	struct fake *f = fake_of(p);
	int err, first = 0;
	size_t i;

	for (i = 0; i < f->queued; i++) {
		if (f->queue[i].op == XMGM_BATCH_PUT)
			err = route_put(f, &f->queue[i].mfe);
		else
			err = route_del(f, f->queue[i].mfe.flow);
		if (err && !first)
			first = err;
	}
	f->queued = f->queued_new = 0;
	return first;
}

int fake_mfe_read(struct plane *p, struct xmgm_flow flow, struct xmgm_mfe *mfe)
{
	struct fake_route *route = route_find(fake_of(p), flow);

	if (!route)
		return -ENOENT;
	*mfe = route->mfe;
	return 0;
}

void fake_flow_release(struct plane *p, struct xmgm_flow flow)
{
	(void)p; /* nothing ever arrives, so nothing is held */
	(void)flow;
}

int fake_mfe_walk(struct plane *p,
		  int (*each)(void *arg, const struct xmgm_mfe *mfe,
			      const uint32_t *oifs, size_t count),
		  void *arg)
{
	struct fake *f = fake_of(p);
	struct hash_node *n, *tmp;
	uint32_t i;
	int result;

	hash_for_each_safe(&f->routes, n, tmp, i) {
		struct fake_route *r = hash_entry(n, struct fake_route, node);
		struct fake_set *set = &f->sets[r->mfe.route.set];

		result = each(arg, &r->mfe, set->oifs, set->count);
		if (result)
			return result;
	}
	return 0;
}
