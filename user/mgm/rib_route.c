/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The multicast RIB: routes to sources that clients have put, beside the
 * kernel's. Prefixes are in one hash table, each with its routes; a look-up
 * probes the lengths there are, longest first, and takes of each client the
 * first whose interface is up. Which sources a change concerns is found by one
 * walk over the sources, for many changes together if there are many sources:
 * a client may load a whole table.
 */
#include "mgm/internal.h"

static uint32_t prefix_hash(const struct mgm_prefix *prefix)
{
	return hash_bytes(prefix, sizeof(*prefix));
}

/* How many prefixes of this family have this length. */
static uint32_t *length_count(struct rib *rib, const struct mgm_prefix *p)
{
	return mgm_address_is_v4(&p->address) ? &rib->v4[p->length]
					      : &rib->v6[p->length];
}

static struct mgm_prefix prefix_cut(const struct mgm_address *address,
				    unsigned int length)
{
	return (struct mgm_prefix){
		.address = address_first(address, length),
		.length = (uint8_t)length,
	};
}

static struct rib_prefix *prefix_find(const struct rib *rib,
				      const struct mgm_prefix *key)
{
	struct hash_node *n = hash_first(&rib->prefixes, prefix_hash(key));

	for (; n; n = hash_next(n)) {
		struct rib_prefix *p = hash_entry(n, struct rib_prefix, node);

		if (!memcmp(&p->prefix, key, sizeof(*key)))
			return p;
	}
	return NULL;
}

static struct rib_prefix *prefix_get(struct rib *rib,
				     const struct mgm_prefix *key)
{
	struct rib_prefix *p = prefix_find(rib, key);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->prefix = *key;
	TAILQ_INIT(&p->routes);
	if (hash_insert(&rib->prefixes, &p->node, prefix_hash(key))) {
		free(p);
		return NULL;
	}
	++*length_count(rib, key);
	return p;
}

static void prefix_reap(struct rib *rib, struct rib_prefix *p)
{
	if (!TAILQ_EMPTY(&p->routes) || p->pending)
		return;
	--*length_count(rib, &p->prefix);
	hash_remove(&rib->prefixes, &p->node);
	free(p);
}

/* --- the best route ------------------------------------------------- */

/* The kernel is the last of equals. */
static uint32_t rank(const struct mgm_rib_route *r)
{
	return r->protocol == MGM_PROTOCOL_NONE ? UINT32_MAX : r->protocol;
}

static bool route_wins(const struct mgm *m, const struct mgm_rib_route *a,
		       const struct mgm_rib_route *b)
{
	if (a->down != b->down)
		return b->down;
	if (m->rib.longest && a->prefix.length != b->prefix.length)
		return a->prefix.length > b->prefix.length;
	if (a->distance != b->distance)
		return a->distance < b->distance;
	if (rank(a) != rank(b))
		return rank(a) < rank(b);
	return a->component < b->component;
}

/* A route, and whose it is. */
struct candidate {
	struct mgm_rib_route route;
	uint32_t life; /* NO_TAG: the kernel's */
};

static bool iface_is_down(const struct mgm *m, uint32_t ifid)
{
	const struct iface *ifc = iface_find(m, ifid);

	return ifc && !ifc->up;
}

static struct candidate candidate_of_client(const struct mgm *m,
					    const struct rib_route *r)
{
	return (struct candidate){
		.life = client_life(r->client),
		.route.size = sizeof(struct mgm_rib_route),
		.route.prefix = r->at->prefix,
		.route.protocol = r->client->protocol,
		.route.component = r->client->component,
		.route.ifid = r->ifid,
		.route.upstream = r->upstream,
		.route.metric = r->metric,
		.route.distance = r->distance,
		.route.down = iface_is_down(m, r->ifid),
	};
}

/* Candidates, best first; more than there is room for are forgotten. */
struct candidates {
	const struct mgm *m;
	struct candidate *routes;
	size_t room, count;
};

static void candidate(struct candidates *c, const struct candidate *new)
{
	size_t i = c->count;

	while (i && route_wins(c->m, &new->route, &c->routes[i - 1].route))
		i--;
	if (i == c->room)
		return;
	if (c->count < c->room)
		c->count++;
	memmove(&c->routes[i + 1], &c->routes[i],
		(c->count - 1 - i) * sizeof(*c->routes));
	c->routes[i] = *new;
}

static void candidates_at(struct candidates *c, const struct rib_prefix *p,
			  struct client_set *seen)
{
	const struct rib_route *r;

	TAILQ_FOREACH(r, &p->routes, link) {
		struct candidate new = candidate_of_client(c->m, r);
		uint64_t *word = &seen->word[r->client->slot / 64];
		uint64_t bit = UINT64_C(1) << r->client->slot % 64;

		if (*word & bit)
			continue;
		if (!new.route.down)
			*word |= bit;
		candidate(c, &new);
	}
}

static void candidates_of_clients(struct candidates *c,
				  const struct mgm_address *source)
{
	const struct rib *rib = &c->m->rib;
	const uint32_t *lengths = mgm_address_is_v4(source) ? rib->v4 : rib->v6;
	struct client_set seen = {{0}};
	unsigned int length = address_bits(source) + 1;

	if (!rib->count)
		return;
	while (length--) {
		struct mgm_prefix key;
		const struct rib_prefix *p;

		if (!lengths[length])
			continue;
		key = prefix_cut(source, length);
		p = prefix_find(rib, &key);
		if (p)
			candidates_at(c, p, &seen);
	}
}

/* Asks the kernel; its route is a candidate if it has one. */
static bool candidate_of_kernel(struct candidates *c,
				const struct mgm_address *source,
				uint32_t arrival)
{
	const struct mgm_hooks *hooks = c->m->hooks;
	struct mgm_rib_answer answer = {0};
	struct candidate new = {.route.size = sizeof(new.route)};
	struct mgm_rib_route *route = &new.route;

	if (hooks->rib_lookup(hooks->arg, source, arrival, &answer) ||
	    !answer.iif)
		return false;
	route->prefix = prefix_cut(source, answer.length);
	route->ifid = answer.iif;
	route->upstream = answer.upstream;
	route->metric = answer.metric;
	route->distance = answer.connected ? MGM_DISTANCE_CONNECTED
					   : MGM_DISTANCE_KERNEL;
	candidate(c, &new);
	return answer.by_arrival;
}

bool rib_route_of(struct mgm *m, const struct source *s,
		  struct mgm_rib_route *route)
{
	const struct client *c = client_living(m, s->rib.life);

	if (!s->rib.iif || (!c && s->rib.life != NO_TAG))
		return false;
	*route = (struct mgm_rib_route){
		.size = sizeof(*route),
		.prefix = prefix_cut(&s->addr, s->rib.length),
		.upstream = s->rib.upstream,
		.ifid = s->rib.iif,
		.distance = s->rib.distance,
		.protocol = c ? c->protocol : MGM_PROTOCOL_NONE,
		.component = c ? c->component : 0,
	};
	return true;
}

struct reverse_path rib_path(const struct mgm *m,
			     const struct mgm_address *source, uint32_t arrival)
{
	struct candidate found;
	const struct mgm_rib_route *best = &found.route;
	struct candidates c = {m, &found, 1, 0};
	bool by_arrival = candidate_of_kernel(&c, source, arrival);

	candidates_of_clients(&c, source);
	if (!c.count || best->down)
		return (struct reverse_path){0};
	return (struct reverse_path){
		.iif = best->ifid,
		.upstream = best->upstream,
		.life = found.life,
		.length = best->prefix.length,
		.distance = best->distance,
		.by_arrival = by_arrival && best->protocol == MGM_PROTOCOL_NONE,
	};
}

int mgm_rib_get(struct mgm *m, const struct mgm_address *source,
		struct mgm_rib_route *routes, size_t *count)
{
	struct candidates c = {.m = m, .room = *count};
	const size_t step = routes->size;
	int err = 0;

	*count = 0;
	if (!address_is_source(source) || !c.room ||
	    !grown_array_ok(routes, _Alignof(struct mgm_rib_route)))
		return -EINVAL;
	if (c.room > m->rib.count + 1u) /* and the kernel's */
		c.room = m->rib.count + 1u;
	c.routes = calloc(c.room, sizeof(*c.routes));
	if (!c.routes)
		return -ENOMEM;
	candidate_of_kernel(&c, source, 0);
	candidates_of_clients(&c, source);
	for (size_t i = 0; i < c.count && !err; i++)
		err = grown_give_at(routes, step, i, &c.routes[i].route,
				    sizeof(c.routes[i].route));
	*count = c.count;
	if (!c.count || c.routes[0].route.down)
		err = -ENOENT;
	free(c.routes);
	return err;
}

/* --- what changes concern ------------------------------------------- */

void rib_tell(struct mgm *m, const struct mgm_prefix *prefix)
{
	struct alert like = {.sg.source = *prefix};

	for (uint32_t i = 0; i < m->client_top; i++) {
		const struct client *c = &m->clients[i];

		if (c->used && alert_send(m, c, AL_RIB, &like))
			m->counters.alerts_lost++;
	}
}

bool rib_pending_covers(const struct mgm *m, const struct mgm_address *source)
{
	const struct rib *rib = &m->rib;
	const uint32_t *lengths = mgm_address_is_v4(source) ? rib->v4 : rib->v6;
	unsigned int length = address_bits(source) + 1;
	const struct rib_prefix *p = TAILQ_FIRST(&rib->pending);

	if (!p)
		return false;
	if (!TAILQ_NEXT(p, pending_link))
		return address_in_prefix(source, &p->prefix.address,
					 p->prefix.length);
	while (length--) {
		struct mgm_prefix key;

		if (!lengths[length])
			continue;
		key = prefix_cut(source, length);
		p = prefix_find(rib, &key);
		if (p && p->pending)
			return true;
	}
	return false;
}

void rib_pending_over(struct mgm *m)
{
	struct rib_prefix *p;

	while ((p = TAILQ_FIRST(&m->rib.pending))) {
		TAILQ_REMOVE(&m->rib.pending, p, pending_link);
		p->pending = false;
		prefix_reap(&m->rib, p);
	}
}

static void prefix_changed(struct mgm *m, struct rib_prefix *p)
{
	if (p->pending)
		return;
	p->pending = true;
	TAILQ_INSERT_TAIL(&m->rib.pending, p, pending_link);
}

void rib_pending_put(struct mgm *m, const struct mgm_prefix *prefix)
{
	struct mgm_prefix key = prefix_cut(&prefix->address, prefix->length);
	struct rib_prefix *p = prefix_get(&m->rib, &key);

	if (p) {
		prefix_changed(m, p);
		walk_pending(m);
	} else {
		walk_sources(m, 0, WALK_STALE); /* more than need be */
	}
}

/* Now if that is little work, else with all that comes before the next tick. */
static void rib_apply(struct mgm *m)
{
	struct rib_prefix *p = TAILQ_FIRST(&m->rib.pending);
	struct source *s;

	if (p && !TAILQ_NEXT(p, pending_link) && !m->walks.sources.on &&
	    p->prefix.length == address_bits(&p->prefix.address)) {
		s = source_find(m, &p->prefix.address);
		if (s)
			source_stale(m, s);
		rib_pending_over(m);
	} else {
		walk_pending(m);
	}
}

/* --- putting and taking --------------------------------------------- */

static struct rib_route *route_find(const struct rib_prefix *p,
				    const struct client *c)
{
	struct rib_route *r;

	TAILQ_FOREACH(r, &p->routes, link) {
		if (r->client == c)
			return r;
	}
	return NULL;
}

static void route_free(struct mgm *m, struct rib_route *r)
{
	TAILQ_REMOVE(&r->at->routes, r, link);
	r->client->rib_routes--;
	m->rib.count--;
	free(r);
}

/* Its prefix stays until what depends on it has been looked at. */
static void rib_route_del(struct mgm *m, struct rib_route *r)
{
	struct rib_prefix *p = r->at;

	route_free(m, r);
	prefix_changed(m, p);
}

static bool prefix_ok(const struct mgm_prefix *p)
{
	struct mgm_prefix cut;

	if (!p || p->length > address_bits(&p->address))
		return false;
	cut = prefix_cut(&p->address, p->length);
	return !memcmp(&cut, p, sizeof(cut)) &&
	       !address_is_multicast(&p->address);
}

static bool route_ok(const struct mgm_rib_route *r)
{
	if (!prefix_ok(&r->prefix) || !r->ifid)
		return false;
	if (address_is_any(&r->upstream))
		return true;
	return mgm_address_is_v4(&r->upstream) ==
		       mgm_address_is_v4(&r->prefix.address) &&
	       !address_is_multicast(&r->upstream);
}

static int rib_put(struct mgm *m, struct client *c,
		   const struct mgm_rib_route *put)
{
	struct rib_prefix *p = prefix_find(&m->rib, &put->prefix);
	struct rib_route *r = p ? route_find(p, c) : NULL;

	if (!r && m->rib.count >= m->limits.rib_routes) {
		m->counters.limit_rib_routes++;
		return -ENOSPC;
	}
	if (!r) {
		r = calloc(1, sizeof(*r));
		p = r ? prefix_get(&m->rib, &put->prefix) : NULL;
		if (!p) {
			free(r);
			return -ENOMEM;
		}
		r->at = p;
		r->client = c;
		c->rib_routes++;
		m->rib.count++;
		TAILQ_INSERT_TAIL(&p->routes, r, link);
	}
	r->said = c->rib_clock;
	if (r->ifid == put->ifid && r->distance == put->distance &&
	    r->metric == put->metric &&
	    mgm_address_equal(&r->upstream, &put->upstream)) {
		return 0;
	}
	r->ifid = put->ifid;
	r->distance = put->distance;
	r->metric = put->metric;
	r->upstream = put->upstream;
	prefix_changed(m, p);
	rib_tell(m, &put->prefix);
	rib_apply(m);
	return 0;
}

int mgm_rib_put(struct mgm *m, struct mgm_client *client,
		const struct mgm_rib_route *route)
{
	struct mgm_rib_route put;
	struct client *c;
	int err;

	core_enter(m);
	c = client_of(m, client);
	err = c && route ? grown_take(&put, sizeof(put), route) : -EINVAL;
	if (!err && !route_ok(&put))
		err = -EINVAL;
	return core_leave(m, err ? err : rib_put(m, c, &put));
}

int mgm_rib_del(struct mgm *m, struct mgm_client *client,
		const struct mgm_prefix *prefix)
{
	const struct rib_prefix *p;
	struct rib_route *r;
	struct client *c;

	core_enter(m);
	c = client_of(m, client);
	if (!c || !prefix_ok(prefix))
		return core_leave(m, -EINVAL);
	p = prefix_find(&m->rib, prefix);
	r = p ? route_find(p, c) : NULL;
	if (!r)
		return core_leave(m, -ENOENT);
	rib_tell(m, prefix);
	rib_route_del(m, r);
	rib_apply(m);
	return core_leave(m, 0);
}

/* --- whole clients and interfaces ----------------------------------- */

static void tell_all(struct mgm *m)
{
	const struct mgm_prefix v4 = {.address = MGM_ADDRESS_V4_ANY};
	const struct mgm_prefix v6 = {.length = 0};

	rib_tell(m, &v4);
	rib_tell(m, &v6);
}

/* What becomes of routes: they are looked at, they go, or the stale ones. */
enum rib_fate { RIB_CHANGED, RIB_GO, RIB_GO_STALE };

/* Routes of c (NULL: anybody's) through ifid (0: any). */
static void rib_each(struct mgm *m, const struct client *c, uint32_t ifid,
		     enum rib_fate fate)
{
	struct hash_node *n, *tmp;
	struct rib_route *r, *next;
	bool any = false;
	uint32_t i;

	if (!m->rib.count)
		return;
	hash_for_each_safe(&m->rib.prefixes, n, tmp, i) {
		struct rib_prefix *p = hash_entry(n, struct rib_prefix, node);

		for (r = TAILQ_FIRST(&p->routes); r; r = next) {
			next = TAILQ_NEXT(r, link);
			if ((c && r->client != c) ||
			    (ifid && r->ifid != ifid) ||
			    (fate == RIB_GO_STALE &&
			     r->said >= r->client->rib_stale))
				continue;
			any = true;
			if (fate != RIB_CHANGED)
				rib_route_del(m, r);
			else
				prefix_changed(m, p);
		}
	}
	if (!any)
		return;
	tell_all(m);
	rib_apply(m);
	if (fate != RIB_CHANGED)
		core_flush(m); /* flows go on by others, if there are any */
}

void rib_client_gone(struct mgm *m, const struct client *c)
{
	if (c->rib_routes)
		rib_each(m, c, 0, RIB_GO);
}

void rib_client_stale(struct client *c)
{
	c->rib_stale = ++c->rib_clock;
}

void rib_client_sweep(struct mgm *m, const struct client *c)
{
	uint32_t before = m->rib.count;

	if (c->rib_routes)
		rib_each(m, c, 0, RIB_GO_STALE);
	m->counters.grace_swept += before - m->rib.count;
}

void rib_iface_gone(struct mgm *m, uint32_t ifid)
{
	rib_each(m, NULL, ifid, RIB_GO);
}

void rib_iface_turned(struct mgm *m, uint32_t ifid)
{
	rib_each(m, NULL, ifid, RIB_CHANGED);
}

void mgm_rib_longest(struct mgm *m, bool longest)
{
	if (m->rib.longest == longest)
		return;
	core_enter(m);
	m->rib.longest = longest;
	walk_sources(m, 0, WALK_STALE);
	tell_all(m);
	core_leave(m, 0);
}

void rib_free(struct mgm *m)
{
	struct hash_node *n, *tmp;
	struct rib_route *r;
	uint32_t i;

	hash_for_each_safe(&m->rib.prefixes, n, tmp, i) {
		struct rib_prefix *p = hash_entry(n, struct rib_prefix, node);

		while ((r = TAILQ_FIRST(&p->routes)))
			route_free(m, r);
		free(p);
	}
	hash_clear(&m->rib.prefixes);
}
