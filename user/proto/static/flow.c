/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows as objects: (S,G) and (*,G) for which there is a route, memberships,
 * or both. No decisions are taken here.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

static uint32_t flow_hash(const struct mgm_sg *sg)
{
	return hash_bytes(sg, sizeof(*sg));
}

struct static_flow *static_flow_find(const struct static_protocol *s,
				     const struct mgm_sg *sg)
{
	struct hash_node *n = hash_first(&s->flows, flow_hash(sg));

	for (; n; n = hash_next(n)) {
		struct static_flow *flow =
			hash_entry(n, struct static_flow, node);

		if (mgm_sg_equal(&flow->sg, sg))
			return flow;
	}
	return NULL;
}

struct static_flow *static_flow_get(struct static_protocol *s,
				    const struct mgm_sg *sg)
{
	struct static_flow *flow = static_flow_find(s, sg);

	if (flow)
		return flow;
	flow = calloc(1, sizeof(*flow));
	if (!flow)
		return NULL;
	flow->sg = *sg;
	if (!hash_insert(&s->flows, &flow->node, flow_hash(sg)))
		return flow;
	free(flow);
	return NULL;
}

void static_flow_reap(struct static_protocol *s, struct static_flow *flow)
{
	if (flow->route || flow->members)
		return;
	hash_remove(&s->flows, &flow->node);
	free(flow);
}

static int flow_order(struct hash_node *a, struct hash_node *b)
{
	return memcmp(&hash_entry(a, struct static_flow, node)->sg,
		      &hash_entry(b, struct static_flow, node)->sg,
		      sizeof(struct mgm_sg));
}

struct static_flow *static_flow_after(const struct static_protocol *s,
				      const struct mgm_sg *sg)
{
	struct static_flow last = {.sg = *sg};
	struct hash_node *n;

	last.node.hash = flow_hash(sg);
	n = hash_after(&s->flows, sg->group.length ? &last.node : NULL,
		       flow_order);
	return n ? hash_entry(n, struct static_flow, node) : NULL;
}

/* Of those that a flow names the first behind this name. */
static const struct static_if *oif_behind(const struct static_flow *flow,
					  const char *name)
{
	const struct static_plan *plan = flow->now;
	const struct static_member *member = flow->members;
	const struct static_if *first;

	while (member && strcmp(member->itf->name, name) <= 0)
		member = member->next;
	first = member ? member->itf : NULL;
	for (uint32_t i = 0; plan && i < plan->to_count; i++) {
		const struct static_if *itf = plan->to[i];

		if (strcmp(itf->name, name) > 0 &&
		    (!first || strcmp(itf->name, first->name) < 0))
			first = itf;
	}
	return first;
}

const struct static_if *static_flow_oif_after(const struct static_protocol *s,
					      struct proto_cursor *cursor)
{
	const struct static_flow *flow = static_flow_find(s, &cursor->sg);
	const struct static_if *itf = flow ? oif_behind(flow, cursor->interface)
					   : NULL;

	while (!itf) {
		flow = static_flow_after(s, &cursor->sg);
		if (!flow)
			return NULL;
		cursor->sg = flow->sg;
		itf = oif_behind(flow, "");
	}
	memcpy(cursor->interface, itf->name, sizeof(cursor->interface));
	return itf;
}

static void flow_free(struct static_flow *flow)
{
	struct static_member *member;

	while ((member = flow->members)) {
		flow->members = member->next;
		free(member);
	}
	free(flow->next);
	free(flow);
}

void static_flow_free_all(struct static_protocol *s)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&s->flows, n, tmp, i)
		flow_free(hash_entry(n, struct static_flow, node));
	hash_clear(&s->flows);
	static_plan_free_all(s);
}
