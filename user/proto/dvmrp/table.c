/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of routes: by prefix, in the order in which they are said, and the
 * longest match of a source. */
#include "route.h"

#include <stdlib.h>

static uint32_t prefix_hash(const struct dvmrp_prefix *p)
{
	const uint32_t key[] = {p->net.s_addr, p->length};

	return hash_bytes(key, sizeof(key));
}

bool dvmrp_prefix_equal(const struct dvmrp_prefix *a,
			const struct dvmrp_prefix *b)
{
	return a->net.s_addr == b->net.s_addr && a->length == b->length;
}

static int prefix_compare(const void *one, const void *other)
{
	const struct dvmrp_prefix *a = one, *b = other;
	const uint32_t x = ntohl(a->net.s_addr), y = ntohl(b->net.s_addr);

	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return x < y ? -1 : x > y;
}

static const void *ordered_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct dvmrp_route, ordered)->prefix;
}

static const void *flash_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct dvmrp_route, flash)->prefix;
}

struct dvmrp_route *dvmrp_route_find(const struct dvmrp *d,
				     const struct dvmrp_prefix *prefix)
{
	struct hash_node *n = hash_first(&d->routes, prefix_hash(prefix));

	for (; n; n = hash_next(n)) {
		struct dvmrp_route *r = hash_entry(n, struct dvmrp_route, node);

		if (dvmrp_prefix_equal(&r->prefix, prefix))
			return r;
	}
	return NULL;
}

struct dvmrp_route *dvmrp_route_after(const struct dvmrp *d,
				      const struct dvmrp_prefix *prefix)
{
	struct tree_node *node = prefix ? tree_behind(&d->ordered, prefix)
					: tree_first(&d->ordered);

	return node ? tree_entry(node, struct dvmrp_route, ordered) : NULL;
}

bool dvmrp_route_usable(const struct dvmrp_route *r)
{
	return r->iif;
}

struct dvmrp_route *dvmrp_route_lookup(const struct dvmrp *d,
				       struct in_addr source)
{
	for (unsigned int length = 33; length--;) {
		const struct dvmrp_prefix prefix = {{source.s_addr &
						     dvmrp_mask(length).s_addr},
						    (uint8_t)length};
		struct dvmrp_route *r = NULL;

		if (d->of_length[length])
			r = dvmrp_route_find(d, &prefix);
		if (r && dvmrp_route_usable(r))
			return r;
	}
	return NULL;
}

struct dvmrp_route *dvmrp_route_new(struct dvmrp *d,
				    const struct dvmrp_prefix *prefix)
{
	struct dvmrp_route *r = NULL;

	if (!dvmrp_timer_room(d))
		r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->dvmrp = d;
	r->prefix = *prefix;
	r->metric = DVMRP_INFINITY;
	r->timer.fire = dvmrp_route_timer;
	if (hash_insert(&d->routes, &r->node, prefix_hash(prefix))) {
		dvmrp_timer_end(d, &r->timer);
		free(r);
		return NULL;
	}
	tree_insert(&d->ordered, &r->ordered);
	d->of_length[prefix->length]++;
	return r;
}

void dvmrp_route_free(struct dvmrp *d, struct dvmrp_route *r)
{
	dvmrp_branch_drop(r, NULL);
	dvmrp_report_forget(d, r);
	dvmrp_timer_end(d, &r->timer);
	hash_remove(&d->routes, &r->node);
	tree_remove(&d->ordered, &r->ordered);
	d->of_length[r->prefix.length]--;
	free(r);
}

void dvmrp_route_start(struct dvmrp *d)
{
	static const struct tree_type ordered = {ordered_key, prefix_compare};
	static const struct tree_type flash = {flash_key, prefix_compare};

	d->ordered.type = &ordered;
	d->flash.type = &flash;
}

void dvmrp_route_stop(struct dvmrp *d)
{
	struct tree_node *node;

	while ((node = tree_first(&d->ordered)))
		dvmrp_route_free(d,
				 tree_entry(node, struct dvmrp_route, ordered));
	hash_clear(&d->routes);
}
