/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Groups, sources, named sources and memberships as objects: found, made on
 * demand, freed when nothing needs them. No decisions are taken here.
 */
#include "mgm/internal.h"

static int compare_addresses(const void *a, const void *b)
{
	return address_compare(a, b);
}

static const void *group_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct group, by_group)->addr;
}

static const void *flows_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct group, by_flows)->addr;
}

static const void *named_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct named, by_source)->source->addr;
}

/* (*,G) comes first. */
static const void *mfe_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct mfe, by_source)->source;
}

static const void *member_key(const struct tree_node *node)
{
	return &tree_const_entry(node, struct member, by_ifid)->iface->ifid;
}

static const struct tree_type by_group = {group_key, compare_addresses};
static const struct tree_type by_flows = {flows_key, compare_addresses};
static const struct tree_type by_named = {named_key, compare_addresses};
static const struct tree_type by_mfe = {mfe_key, compare_addresses};
static const struct tree_type by_member = {member_key, tree_compare_u32};

const struct tree_type *tree_of_groups(void)
{
	return &by_group;
}

const struct tree_type *tree_of_flows(void)
{
	return &by_flows;
}

/* A group's trees, to be read. */

static struct tree tree_of_named(const struct group *g)
{
	return (struct tree){g->named, &by_named};
}

static struct tree tree_of_mfes(const struct group *g)
{
	return (struct tree){g->mfes, &by_mfe};
}

static struct tree tree_of_members(const struct group *g)
{
	return (struct tree){g->members, &by_member};
}

static void put_in(struct tree tree, struct tree_node **root,
		   struct tree_node *node)
{
	tree_insert(&tree, node);
	*root = tree.root;
}

static void take_out(struct tree tree, struct tree_node **root,
		     struct tree_node *node)
{
	tree_remove(&tree, node);
	*root = tree.root;
}

bool sg_is_wild(const struct mgm_sg *sg)
{
	return !sg->group.length;
}

bool sg_is_flow(const struct mgm_sg *sg)
{
	return sg->source.length == address_bits(&sg->source.address);
}

const struct mgm_address *sg_source(const struct mgm_sg *sg)
{
	return sg->source.length ? &sg->source.address : NULL;
}

static bool prefix_any(const struct mgm_prefix *p)
{
	return !p->length && address_is_any(&p->address);
}

/* An (S,G), (*,G) or (*,*) of groups that are routed and sane sources. */
bool sg_ok(const struct mgm_sg *sg)
{
	const struct mgm_address *group = &sg->group.address;

	if (sg_is_wild(sg))
		return prefix_any(&sg->group) && prefix_any(&sg->source);
	if (sg->group.length != address_bits(group) || !address_is_group(group))
		return false;
	if (!sg->source.length)
		return prefix_any(&sg->source);
	return sg->source.length == address_bits(&sg->source.address) &&
	       mgm_address_is_v4(group) ==
		       mgm_address_is_v4(&sg->source.address) &&
	       address_is_source(&sg->source.address);
}

struct group *group_find(const struct mgm *m, const struct mgm_address *addr)
{
	struct hash_node *n = hash_first(&m->groups, address_hash(addr));

	for (; n; n = hash_next(n)) {
		struct group *g = hash_entry(n, struct group, node);

		if (mgm_address_equal(&g->addr, addr))
			return g;
	}
	return NULL;
}

/* The group, made if need be; NULL if there is no memory. */
struct group *group_get(struct mgm *m, const struct mgm_address *addr)
{
	struct group *g = group_find(m, addr);

	if (g)
		return g;
	g = object_new(&m->pools.groups);
	if (!g)
		return NULL;
	g->addr = *addr;
	mark_init(&g->mark, MARK_GROUP);
	if (hash_insert(&m->groups, &g->node, address_hash(addr))) {
		object_free(g);
		return NULL;
	}
	tree_insert(&m->group_order, &g->by_group);
	return g;
}

void group_reap(struct mgm *m, struct group *g)
{
	if (g->members || g->mfes || g->named || g->mark.on ||
	    told_any(m, g->pulled))
		return;
	group_set_any(m, g, 0);
	walk_lose_group(m, g);
	told_put(m, g->pulled);
	tree_remove(&m->group_order, &g->by_group);
	hash_remove(&m->groups, &g->node);
	object_free(g);
}

struct source *source_find(const struct mgm *m, const struct mgm_address *addr)
{
	struct hash_node *n = hash_first(&m->sources, address_hash(addr));

	for (; n; n = hash_next(n)) {
		struct source *s = hash_entry(n, struct source, node);

		if (mgm_address_equal(&s->addr, addr))
			return s;
	}
	return NULL;
}

/*
 * The source, made if need be, with what the RIB says of it. The answer is
 * kept until mgm_rib_changed covers the address.
 */
struct source *source_get(struct mgm *m, const struct mgm_address *addr)
{
	struct source *s = source_find(m, addr);

	if (s)
		return s;
	s = object_new(&m->pools.sources);
	if (!s)
		return NULL;
	s->addr = *addr;
	TAILQ_INIT(&s->mfes);
	TAILQ_INIT(&s->named);
	if (hash_insert(&m->sources, &s->node, address_hash(addr))) {
		object_free(s);
		return NULL;
	}
	/* What is adopted has an iif; its sources are asked about later. */
	if (m->adopting)
		source_stale(m, s);
	else
		source_ask(m, s, 0);
	return s;
}

void source_reap(struct mgm *m, struct source *s)
{
	if (!TAILQ_EMPTY(&s->mfes) || !TAILQ_EMPTY(&s->named))
		return;
	source_unstale(m, s);
	hash_remove(&m->sources, &s->node);
	object_free(s);
}

static struct named *named_at(struct tree_node *n)
{
	return n ? tree_entry(n, struct named, by_source) : NULL;
}

struct named *named_first(const struct group *g)
{
	const struct tree tree = tree_of_named(g);

	return named_at(tree_first(&tree));
}

struct named *named_after(const struct named *n)
{
	const struct tree tree = tree_of_named(n->group);

	return named_at(tree_after(&tree, &n->by_source));
}

struct named *named_behind(const struct group *g,
			   const struct mgm_address *source)
{
	const struct tree tree = tree_of_named(g);

	return named_at(tree_behind(&tree, source));
}

struct named *named_find(const struct group *g,
			 const struct mgm_address *source)
{
	const struct tree tree = tree_of_named(g);

	return named_at(tree_find(&tree, source));
}

static struct named *named_new(struct mgm *m, struct group *g,
			       const struct mgm_address *source)
{
	struct named *n = object_new(&m->pools.named);
	struct source *s = n ? source_get(m, source) : NULL;

	if (!s) {
		object_free(n);
		return NULL;
	}
	n->group = g;
	n->source = s;
	mark_init(&n->mark, MARK_SOURCE);
	TAILQ_INSERT_TAIL(&s->named, n, in_source);
	put_in(tree_of_named(g), &g->named, &n->by_source);
	return n;
}

/* One more membership names source. On error nothing has changed. */
int named_get(struct mgm *m, struct group *g, const struct mgm_address *source)
{
	struct named *n = named_find(g, source);
	int err;

	if (!n)
		n = named_new(m, g, source);
	if (!n)
		return -ENOMEM;
	if (n->count++)
		return 0;
	err = route_name(m, g, n);
	if (err) {
		n->count--;
		if (!n->mark.on && !n->was && !client_tagged(m, n->pulled))
			named_free(m, n);
	}
	return err;
}

/* One membership less, on ifc, names source; pull_tell frees the rest. */
void named_put(struct mgm *m, struct group *g, const struct mgm_address *source,
	       struct iface *ifc)
{
	struct named *n = named_find(g, source);

	if (!n || --n->count)
		return;
	mark_set(m, &n->mark, ifc);
	route_unname(m, g, source);
}

void named_unlink(struct named *n)
{
	take_out(tree_of_named(n->group), &n->group->named, &n->by_source);
}

void named_free(struct mgm *m, struct named *n)
{
	mark_clear(m, &n->mark);
	named_set_unpulled(m, n, 0);
	named_unlink(n);
	TAILQ_REMOVE(&n->source->named, n, in_source);
	source_reap(m, n->source);
	object_free(n);
}

static struct member *member_at(struct tree_node *n)
{
	return n ? tree_entry(n, struct member, by_ifid) : NULL;
}

struct member *member_from(const struct group *g, uint32_t ifid)
{
	const struct tree tree = tree_of_members(g);

	return member_at(tree_from(&tree, &ifid));
}

struct member *member_first(const struct group *g)
{
	const struct tree tree = tree_of_members(g);

	return member_at(tree_first(&tree));
}

struct member *member_after(const struct member *mb)
{
	const struct tree tree = tree_of_members(mb->group);

	return member_at(tree_after(&tree, &mb->by_ifid));
}

struct member *member_find(const struct group *g, uint32_t ifid)
{
	const struct tree tree = tree_of_members(g);

	return member_at(tree_find(&tree, &ifid));
}

struct member *member_get(struct mgm *m, struct group *g, struct iface *ifc)
{
	struct member *mb = member_find(g, ifc->ifid);

	if (mb)
		return mb;
	mb = object_new(&m->pools.members);
	if (!mb)
		return NULL;
	mb->group = g;
	mb->iface = ifc;
	mark_init(&mb->mark, MARK_MEMBER);
	put_in(tree_of_members(g), &g->members, &mb->by_ifid);
	TAILQ_INSERT_TAIL(&ifc->members, mb, in_iface);
	ifc->member_count++;
	return mb;
}

void member_unlink(struct member *mb)
{
	take_out(tree_of_members(mb->group), &mb->group->members, &mb->by_ifid);
}

void member_reap(struct member *mb)
{
	if (mb->mark.on || mb->any_announced || mb->announced_count ||
	    mb->announced_blocks || mb->was_any || mb->was_count ||
	    !side_empty(&mb->side[SIDE_OWNER]) ||
	    !side_empty(&mb->side[SIDE_IGMP]))
		return;
	member_unlink(mb);
	walk_lose_member(mb->iface, mb);
	TAILQ_REMOVE(&mb->iface->members, mb, in_iface);
	mb->iface->member_count--;
	object_free(mb);
}

static struct mfe *mfe_at(struct tree_node *n)
{
	return n ? tree_entry(n, struct mfe, by_source) : NULL;
}

static const struct mgm_address *mfe_key_of(const struct mgm_address *source)
{
	static const struct mgm_address any;

	return source ? source : &any;
}

struct mfe *mfe_first(const struct group *g)
{
	const struct tree tree = tree_of_mfes(g);

	return mfe_at(tree_first(&tree));
}

struct mfe *mfe_after(const struct mfe *mfe)
{
	const struct tree tree = tree_of_mfes(mfe->group);

	return mfe_at(tree_after(&tree, &mfe->by_source));
}

struct mfe *mfe_from(const struct group *g, const struct mgm_address *source)
{
	const struct tree tree = tree_of_mfes(g);

	return mfe_at(tree_from(&tree, mfe_key_of(source)));
}

struct mfe *mfe_behind(const struct group *g, const struct mgm_address *source)
{
	const struct tree tree = tree_of_mfes(g);

	return mfe_at(tree_behind(&tree, mfe_key_of(source)));
}

struct mfe *mfe_of(const struct group *g, const struct mgm_address *source)
{
	const struct tree tree = tree_of_mfes(g);

	return mfe_at(tree_find(&tree, mfe_key_of(source)));
}

void mfe_link(struct mgm *m, struct mfe *mfe)
{
	struct group *g = mfe->group;

	if (!g->mfes)
		tree_insert(&m->flow_order, &g->by_flows);
	put_in(tree_of_mfes(g), &g->mfes, &mfe->by_source);
}

void mfe_unlink(struct mgm *m, struct mfe *mfe)
{
	struct group *g = mfe->group;

	take_out(tree_of_mfes(g), &g->mfes, &mfe->by_source);
	if (!g->mfes)
		tree_remove(&m->flow_order, &g->by_flows);
}
