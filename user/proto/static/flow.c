/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows as objects: (S,G) and (*,G) for which there is a route, memberships,
 * or both. No decisions are taken here.
 */
#include "internal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/packed_sg.h"

/* An (S,G) as a flow has it. */
struct key {
	size_t size;
	uint8_t sg[PACKED_SG_SIZE];
};

static struct key key_of(const struct mgm_sg *sg)
{
	struct key key;

	key.size = packed_sg_put(key.sg, sg);
	return key;
}

static uint32_t key_hash(const struct key *key)
{
	return hash_bytes(key->sg, key->size);
}

struct mgm_sg static_flow_sg(const struct static_flow *flow)
{
	return packed_sg_get(flow->sg);
}

static struct static_flow *flow_find(const struct static_protocol *s,
				     const struct key *key)
{
	struct hash_node *n = hash_first(&s->flows, key_hash(key));

	for (; n; n = hash_next(n)) {
		struct static_flow *flow =
			hash_entry(n, struct static_flow, node);

		if (packed_sg_size(flow->sg) == key->size &&
		    !memcmp(flow->sg, key->sg, key->size))
			return flow;
	}
	return NULL;
}

struct static_flow *static_flow_find(const struct static_protocol *s,
				     const struct mgm_sg *sg)
{
	const struct key key = key_of(sg);

	return flow_find(s, &key);
}

struct static_flow *static_flow_get(struct static_protocol *s,
				    const struct mgm_sg *sg)
{
	const struct key key = key_of(sg);
	struct static_flow *flow = flow_find(s, &key);

	if (flow)
		return flow;
	flow = calloc(1, offsetof(struct static_flow, sg) + key.size);
	if (!flow)
		return NULL;
	memcpy(flow->sg, key.sg, key.size);
	if (!hash_insert(&s->flows, &flow->node, key_hash(&key)))
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
	const uint8_t *x = hash_entry(a, struct static_flow, node)->sg;
	const uint8_t *y = hash_entry(b, struct static_flow, node)->sg;

	/* The first byte says how many there are. */
	return *x == *y ? memcmp(x, y, packed_sg_size(x)) : *x - *y;
}

struct static_flow *static_flow_at(const struct static_protocol *s,
				   const struct proto_cursor *cursor)
{
	return cursor->begun ? static_flow_find(s, &cursor->sg) : NULL;
}

struct static_flow *static_flow_after(const struct static_protocol *s,
				      struct proto_cursor *cursor)
{
	const struct key key = key_of(&cursor->sg);
	union {
		struct static_flow flow;
		char room[sizeof(struct static_flow) + PACKED_SG_SIZE];
	} last = {.room = ""};
	struct hash_node *n;

	last.flow.node.hash = key_hash(&key);
	memcpy(last.room + offsetof(struct static_flow, sg), key.sg, key.size);
	n = hash_after(&s->flows, cursor->begun ? &last.flow.node : NULL,
		       flow_order);
	if (!n)
		return NULL;
	cursor->begun = true;
	cursor->sg = static_flow_sg(hash_entry(n, struct static_flow, node));
	return hash_entry(n, struct static_flow, node);
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
	const struct static_flow *flow = static_flow_at(s, cursor);
	const struct static_if *itf = flow ? oif_behind(flow, cursor->interface)
					   : NULL;

	while (!itf) {
		flow = static_flow_after(s, cursor);
		if (!flow)
			return NULL;
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
