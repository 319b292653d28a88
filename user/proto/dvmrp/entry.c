/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of entries and flows: what there is. An entry lasts while it has
 * flows, prunes, or has been pruned upstream; a flow while its MFE does, of
 * which the manager tells us (manager.c, walk.c). Data makes them, so the
 * manager's limit of MFEs is one for flows; entries have one of their own.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>

/* Of those without a route: 0.0.0.0/32, which no source is in. */
static const struct dvmrp_prefix no_net = {.length = 32};

static int compare_u32(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static int key_compare(const void *a, const void *b)
{
	const struct dvmrp_entry_key *x = a, *y = b;
	int order = compare_u32(ntohl(x->group.s_addr), ntohl(y->group.s_addr));

	if (!order)
		order = compare_u32(ntohl(x->net.net.s_addr),
				    ntohl(y->net.net.s_addr));
	return order ? order : compare_u32(x->net.length, y->net.length);
}

static const void *key_of(const struct tree_node *node)
{
	return &tree_const_entry(node, struct dvmrp_entry, ordered)->key;
}

static int flow_compare(const void *a, const void *b)
{
	const struct dvmrp_flow_key *x = a, *y = b;
	int order =
		compare_u32(ntohl(x->source.s_addr), ntohl(y->source.s_addr));

	return order ? order
		     : compare_u32(ntohl(x->group.s_addr),
				   ntohl(y->group.s_addr));
}

static const void *flow_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct dvmrp_flow, ordered)->key;
}

int dvmrp_tree_start(struct dvmrp *d)
{
	static const struct tree_type type = {key_of, key_compare};
	static const struct tree_type flow_type = {flow_key, flow_compare};
	struct dvmrp_tree *t = &d->tree;

	t->entries.type = &type;
	t->sources.type = &flow_type;
	TAILQ_INIT(&t->dirty);
	TAILQ_INIT(&t->check);
	TAILQ_INIT(&t->pulls);
	t->batch = calloc(MGM_BATCH, sizeof(*t->batch));
	return t->batch ? 0 : -ENOMEM;
}

void dvmrp_tree_clear(struct dvmrp *d)
{
	struct dvmrp_tree *t = &d->tree;
	struct tree_node *n;

	while ((n = tree_first(&t->entries))) {
		struct dvmrp_entry *e =
			tree_entry(n, struct dvmrp_entry, ordered);

		while (!LIST_EMPTY(&e->prunes))
			dvmrp_downstream_forget(LIST_FIRST(&e->prunes));
		while (e->flow_count > 1)
			dvmrp_flow_free(LIST_FIRST(&e->flows));
		dvmrp_timer(d, &e->timer, TIMER_NEVER);
		e->state = DVMRP_FLOODED;
		if (e->flow_count)
			dvmrp_flow_free(LIST_FIRST(&e->flows));
		else
			dvmrp_entry_reap(e);
	}
	dvmrp_member_sweep(d, true);
}

void dvmrp_tree_stop(struct dvmrp *d)
{
	struct dvmrp_tree *t = &d->tree;

	dvmrp_tree_clear(d);
	hash_clear(&t->flows);
	hash_clear(&t->locals);
	free(t->batch);
	t->batch = NULL;
}

static struct dvmrp_entry *entry_at(struct tree_node *n)
{
	return n ? tree_entry(n, struct dvmrp_entry, ordered) : NULL;
}

const struct dvmrp_entry *dvmrp_entry_after(const struct dvmrp *d,
					    const struct dvmrp_entry_key *key)
{
	return entry_at(tree_behind(&d->tree.entries, key));
}

struct dvmrp_entry *dvmrp_entry_find(const struct dvmrp *d,
				     const struct dvmrp_route *r,
				     struct in_addr group)
{
	const struct dvmrp_entry_key key = {
		.group = group,
		.net = r ? r->prefix : no_net,
	};

	return entry_at(tree_find(&d->tree.entries, &key));
}

static struct dvmrp_entry *of_group(struct tree_node *n, struct in_addr group)
{
	struct dvmrp_entry *e = entry_at(n);

	return e && e->key.group.s_addr == group.s_addr ? e : NULL;
}

struct dvmrp_entry *dvmrp_entry_first(const struct dvmrp *d,
				      struct in_addr group)
{
	const struct dvmrp_entry_key key = {.group = group};

	return of_group(tree_from(&d->tree.entries, &key), group);
}

struct dvmrp_entry *dvmrp_entry_next(const struct dvmrp_entry *e)
{
	return of_group(tree_after(&e->dvmrp->tree.entries, &e->ordered),
			e->key.group);
}

static struct dvmrp_entry *entry_new(struct dvmrp *d, struct dvmrp_route *r,
				     struct in_addr group)
{
	struct dvmrp_tree *t = &d->tree;
	struct dvmrp_entry *e;

	if (t->entry_count >= d->config.max_entries) {
		dvmrp_count(d, NULL, DVMRP_N_LIMIT_ENTRIES);
		return NULL;
	}
	e = dvmrp_timer_room(d) ? NULL : calloc(1, sizeof(*e));
	if (!e) {
		dvmrp_count(d, NULL, DVMRP_N_NO_MEMORY);
		return NULL;
	}
	e->dvmrp = d;
	e->route = r;
	e->key.group = group;
	e->key.net = r ? r->prefix : no_net;
	dvmrp_upstream_init(e);
	tree_insert(&t->entries, &e->ordered);
	if (r)
		LIST_INSERT_HEAD(&r->entries, e, in_route);
	t->entry_count++;
	return e;
}

static struct dvmrp_entry *entry_get(struct dvmrp *d, struct dvmrp_route *r,
				     struct in_addr group)
{
	struct dvmrp_entry *e = dvmrp_entry_find(d, r, group);

	return e ? e : entry_new(d, r, group);
}

void dvmrp_entry_reap(struct dvmrp_entry *e)
{
	struct dvmrp_tree *t = &e->dvmrp->tree;

	if (e->flow_count || !LIST_EMPTY(&e->prunes) ||
	    e->state != DVMRP_FLOODED)
		return;
	if (e->pull)
		TAILQ_REMOVE(&t->pulls, e, pull_link);
	tree_remove(&t->entries, &e->ordered);
	if (e->route)
		LIST_REMOVE(e, in_route);
	dvmrp_timer_end(e->dvmrp, &e->timer);
	t->entry_count--;
	free(e);
}

void dvmrp_entry_pull(struct dvmrp_entry *e)
{
	struct dvmrp *d = e->dvmrp;

	if (e->pull || e->state != DVMRP_PRUNED)
		return;
	e->pull = true;
	TAILQ_INSERT_TAIL(&d->tree.pulls, e, pull_link);
	d->services.wake(d->services.arg);
}

static uint32_t flow_hash(struct in_addr source, struct in_addr group)
{
	const struct in_addr key[] = {source, group};

	return hash_bytes(key, sizeof(key));
}

struct dvmrp_flow *dvmrp_flow_find(const struct dvmrp *d, struct in_addr source,
				   struct in_addr group)
{
	struct hash_node *n =
		hash_first(&d->tree.flows, flow_hash(source, group));

	for (; n; n = hash_next(n)) {
		struct dvmrp_flow *f = hash_entry(n, struct dvmrp_flow, node);

		if (f->key.source.s_addr == source.s_addr &&
		    f->key.group.s_addr == group.s_addr)
			return f;
	}
	return NULL;
}

static struct dvmrp_flow *in_prefix(struct tree_node *node,
				    const struct dvmrp_prefix *prefix)
{
	struct dvmrp_flow *f =
		node ? tree_entry(node, struct dvmrp_flow, ordered) : NULL;

	return f && dvmrp_prefix_holds(prefix, f->key.source) ? f : NULL;
}

struct dvmrp_flow *dvmrp_flow_first(const struct dvmrp *d,
				    const struct dvmrp_prefix *prefix)
{
	const struct dvmrp_flow_key key = {.source = prefix->net};

	return in_prefix(tree_from(&d->tree.sources, &key), prefix);
}

struct dvmrp_flow *dvmrp_flow_next(const struct dvmrp_flow *f,
				   const struct dvmrp_prefix *prefix)
{
	const struct dvmrp *d = f->entry->dvmrp;

	return in_prefix(tree_after(&d->tree.sources, &f->ordered), prefix);
}

struct mgm_sg dvmrp_flow_sg(const struct dvmrp_flow *f)
{
	return mgm_sg_v4(f->key.source, f->key.group);
}

static void flow_enter(struct dvmrp_flow *f, struct dvmrp_entry *e)
{
	f->entry = e;
	LIST_INSERT_HEAD(&e->flows, f, in_entry);
	e->flow_count++;
	e->wanted += f->wanted;
}

/* Those that stay in the entry may be wanted by nobody. */
static void flow_leave(struct dvmrp_flow *f)
{
	struct dvmrp_entry *e = f->entry;

	LIST_REMOVE(f, in_entry);
	e->flow_count--;
	e->wanted -= f->wanted;
	if (f->wanted && !e->wanted && e->flow_count) {
		struct dvmrp_flow *other = LIST_FIRST(&e->flows);

		other->judge = true;
		dvmrp_oif_queue(other);
	}
}

struct dvmrp_flow *dvmrp_flow_get(struct dvmrp *d, struct in_addr source,
				  struct in_addr group)
{
	struct dvmrp_flow *f = dvmrp_flow_find(d, source, group);
	struct dvmrp_entry *e;

	if (f)
		return f;
	e = entry_get(d, dvmrp_route_lookup(d, source), group);
	if (!e)
		return NULL;
	f = calloc(1, sizeof(*f));
	if (!f ||
	    hash_insert(&d->tree.flows, &f->node, flow_hash(source, group))) {
		free(f);
		dvmrp_entry_reap(e);
		dvmrp_count(d, NULL, DVMRP_N_NO_MEMORY);
		return NULL;
	}
	f->key.source = source;
	f->key.group = group;
	f->wanted = true; /* until the manager says otherwise */
	f->check_ms = d->now_ms + DVMRP_CHECK_MS;
	tree_insert(&d->tree.sources, &f->ordered);
	TAILQ_INSERT_TAIL(&d->tree.check, f, check_link);
	flow_enter(f, e);
	d->tree.flow_count++;
	return f;
}

void dvmrp_flow_free(struct dvmrp_flow *f)
{
	struct dvmrp_entry *e = f->entry;
	struct dvmrp_tree *t = &e->dvmrp->tree;

	hash_remove(&t->flows, &f->node);
	tree_remove(&t->sources, &f->ordered);
	if (f->queued)
		TAILQ_REMOVE(&t->dirty, f, dirty_link);
	TAILQ_REMOVE(&t->check, f, check_link);
	flow_leave(f);
	t->flow_count--;
	free(f);
	dvmrp_entry_reap(e);
}

void dvmrp_flow_move(struct dvmrp_flow *f, struct dvmrp_route *r)
{
	struct dvmrp_entry *from = f->entry, *to;

	to = entry_get(from->dvmrp, r, f->key.group);
	if (!to) {
		dvmrp_flow_free(f);
		return;
	}
	if (to == from)
		return;
	flow_leave(f);
	flow_enter(f, to);
	f->judge = true;
	f->rest = !f->wanted;
	dvmrp_oif_mark(f, NULL);
	dvmrp_entry_reap(from);
}

void dvmrp_flow_want(struct dvmrp_flow *f, bool wanted)
{
	struct dvmrp_entry *e = f->entry;

	e->wanted += (uint32_t)wanted - f->wanted;
	f->wanted = wanted;
	f->judge = true;
	f->rest = !wanted;
	dvmrp_oif_queue(f);
}
