/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which upstream serves which groups, and what follows from that: of the
 * upstreams that are configured for a prefix the one with the lowest priority
 * that can be used. The manager gets
 * - a membership of the groups on it, by which what downstream sends goes there
 *   (RFC 4605 section 4.3); none of groups with a longer prefix of their own,
 * - routes to the sources behind it, so that whoever owns the upstream, we, is
 *   asked which interface a flow comes by,
 * - the question back (mgm_rpf_again) for flows of an upstream that serves
 *   other groups than before.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/address.h"

const struct proxy_range *proxy_range_of(const struct proxy *p,
					 const struct mgm_address *group)
{
	for (size_t i = 0; i < p->range_count; i++) {
		const struct mgm_prefix *prefix = &p->ranges[i].prefix;

		if (address_in_prefix(group, &prefix->address, prefix->length))
			return &p->ranges[i];
	}
	return NULL;
}

/* --- ranges ------------------------------------------------------------ */

struct ranges {
	struct proxy_range *list;
	size_t count;
	bool failed;
};

static struct proxy_range *range_get(struct ranges *r,
				     const struct mgm_prefix *prefix)
{
	struct proxy_range *grown;
	size_t at = 0;

	for (size_t i = 0; i < r->count; i++)
		if (proxy_prefix_equal(&r->list[i].prefix, prefix))
			return &r->list[i];
	grown = realloc(r->list, (r->count + 1) * sizeof(*grown));
	if (!grown) {
		r->failed = true;
		return NULL;
	}
	r->list = grown;
	while (at < r->count && grown[at].prefix.length >= prefix->length)
		at++;
	memmove(&grown[at + 1], &grown[at], (r->count - at) * sizeof(*grown));
	r->count++;
	grown[at] = (struct proxy_range){.prefix = *prefix};
	return &grown[at];
}

static bool better(const struct proxy_upstream *a,
		   const struct proxy_upstream *b)
{
	return !b || a->config.priority < b->config.priority;
}

static void ranges_of(struct proxy *p, struct ranges *r)
{
	struct proxy_upstream *u;

	for (u = p->upstreams; u; u = u->next) {
		for (uint32_t i = 0; u->wanted && i < u->config.groups.count;
		     i++) {
			struct proxy_range *range =
				range_get(r, &u->config.groups.item[i]);

			if (!range)
				return;
			if (u->owned && better(u, range->first))
				range->first = u;
			if (proxy_upstream_usable(u) && better(u, range->best))
				range->best = u;
		}
	}
}

static const struct proxy_range *range_find(const struct proxy_range *list,
					    size_t count,
					    const struct mgm_prefix *prefix)
{
	for (size_t i = 0; i < count; i++)
		if (proxy_prefix_equal(&list[i].prefix, prefix))
			return &list[i];
	return NULL;
}

static void tell(struct proxy *p, const struct proxy_range *r)
{
	char text[ADDRESS_PREFIX_TEXT];

	p->counters.failovers++;
	address_prefix_text(&r->prefix.address, r->prefix.length, text);
	if (r->best)
		proxy_say(p, PROTO_INFO, "proxy: %s is the upstream of %s",
			  r->best->name, text);
	else
		proxy_say(p, PROTO_WARN,
			  "proxy: there is no upstream for %s: none of those "
			  "configured has a link and an address",
			  text);
	p->services.upstream(p->services.arg, &r->prefix,
			     r->best ? r->best->ifid : 0);
}

/* What is other than it was. */
static bool compare(struct proxy *p, const struct ranges *now)
{
	bool changed = now->count != p->range_count;

	for (size_t i = 0; i < now->count; i++) {
		const struct proxy_range *was = range_find(
			p->ranges, p->range_count, &now->list[i].prefix);
		const struct proxy_upstream *before = was ? was->best : NULL;

		changed |= !was || was->first != now->list[i].first;
		if (before == now->list[i].best)
			continue;
		changed = true;
		tell(p, &now->list[i]);
	}
	return changed;
}

/* --- what downstream sends ---------------------------------------------- */

struct outlets {
	struct proxy_outlet *list;
	size_t count;
	uint32_t ifid;
	bool failed;
};

static void outlet_add(void *arg, const struct mgm_prefix *part)
{
	struct outlets *o = arg;
	struct proxy_outlet *grown =
		realloc(o->list, (o->count + 1) * sizeof(*grown));

	if (!grown) {
		o->failed = true;
		return;
	}
	o->list = grown;
	grown[o->count++] = (struct proxy_outlet){*part, o->ifid};
}

static void outlets_of(const struct proxy *p, struct outlets *o)
{
	struct mgm_prefix *holes = calloc(p->range_count + 1, sizeof(*holes));

	if (!holes) {
		o->failed = true;
		return;
	}
	/* Longer ones come first: those before a range may be its holes. */
	for (size_t i = 0; i < p->range_count; i++) {
		holes[i] = p->ranges[i].prefix;
		if (!p->ranges[i].best)
			continue;
		o->ifid = p->ranges[i].best->ifid;
		proxy_cover(&p->ranges[i].prefix, holes, i, outlet_add, o);
	}
	free(holes);
}

static bool outlet_in(const struct proxy_outlet *list, size_t count,
		      const struct proxy_outlet *one)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].ifid == one->ifid &&
		    proxy_prefix_equal(&list[i].prefix, &one->prefix))
			return true;
	return false;
}

static struct mgm_sg outlet_sg(const struct proxy_outlet *o)
{
	struct mgm_sg sg = MGM_SG_ANY;

	sg.group = o->prefix;
	return sg;
}

/* First what is new: a flow is on its way up all the while. */
static void outlets_update(struct proxy *p)
{
	struct mgm *m = p->services.mgm;
	struct outlets now = {0};
	int err;

	outlets_of(p, &now);
	if (now.failed) {
		free(now.list);
		p->stale = true;
		proxy_retry(p);
		return;
	}
	for (size_t i = 0; i < now.count; i++) {
		if (outlet_in(p->outlets, p->outlet_count, &now.list[i]))
			continue;
		err = mgm_membership_add(m, p->client, now.list[i].ifid,
					 outlet_sg(&now.list[i]),
					 MGM_JOIN_STATE);
		if (err) /* there is no room, or no memory */
			now.list[i--] = now.list[--now.count];
		p->stale |= err != 0;
	}
	for (size_t i = 0; i < p->outlet_count; i++)
		if (!outlet_in(now.list, now.count, &p->outlets[i]))
			mgm_membership_del(m, p->client, p->outlets[i].ifid,
					   outlet_sg(&p->outlets[i]),
					   MGM_JOIN_STATE);
	if (p->stale)
		proxy_retry(p);
	free(p->outlets);
	p->outlets = now.list;
	p->outlet_count = now.count;
}

/* --- routes to sources --------------------------------------------------- */

static struct proxy_upstream *behind(const struct proxy *p,
				     const struct mgm_prefix *sources)
{
	struct proxy_upstream *u, *best = NULL;

	for (u = p->upstreams; u; u = u->next)
		for (uint32_t i = 0; i < u->config.sources.count; i++)
			if (proxy_prefix_equal(&u->config.sources.item[i],
					       sources) &&
			    proxy_upstream_usable(u) && better(u, best))
				best = u;
	return best;
}

static int route_put(struct proxy *p, const struct mgm_prefix *sources,
		     uint32_t ifid)
{
	const struct mgm_rib_route route = {
		.size = sizeof(route),
		.prefix = *sources,
		.ifid = ifid,
		.distance = MGM_DISTANCE_PROXY,
	};

	return mgm_rib_put(p->services.mgm, p->client, &route);
}

static int route_note(struct proxy *p, const struct mgm_prefix *sources,
		      uint32_t ifid)
{
	struct proxy_route *grown;
	size_t i;

	for (i = 0; i < p->route_count; i++)
		if (proxy_prefix_equal(&p->routes[i].prefix, sources))
			break;
	if (i < p->route_count) {
		p->routes[i].ifid = ifid;
		return 0;
	}
	grown = realloc(p->routes, (i + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->routes = grown;
	grown[p->route_count++] = (struct proxy_route){*sources, ifid};
	return 0;
}

/* Those that no upstream has any more. */
static void routes_drop(struct proxy *p)
{
	for (size_t i = 0; i < p->route_count;) {
		const struct mgm_prefix *prefix = &p->routes[i].prefix;

		if (behind(p, prefix)) {
			i++;
			continue;
		}
		mgm_rib_del(p->services.mgm, p->client, prefix);
		p->routes[i] = p->routes[--p->route_count];
	}
}

static void routes_update(struct proxy *p)
{
	const struct proxy_upstream *u, *best;

	for (u = p->upstreams; u; u = u->next) {
		for (uint32_t i = 0; i < u->config.sources.count; i++) {
			const struct mgm_prefix *s = &u->config.sources.item[i];

			best = behind(p, s);
			if (best != u)
				continue;
			if (route_note(p, s, u->ifid) ||
			    route_put(p, s, u->ifid)) {
				p->stale = true;
				proxy_retry(p);
			}
		}
	}
	routes_drop(p);
}

/* --- all of it ------------------------------------------------------------ */

static void ask_again(struct proxy *p)
{
	const struct proxy_upstream *u;

	for (u = p->upstreams; u; u = u->next)
		if (u->ifid && u->owned)
			mgm_rpf_again(p->services.mgm, p->client, u->ifid);
}

void proxy_range_update(struct proxy *p)
{
	struct ranges now = {0};
	bool changed;

	p->stale = false;
	ranges_of(p, &now);
	if (now.failed) {
		free(now.list);
		p->stale = true;
		proxy_retry(p);
		return;
	}
	changed = compare(p, &now);
	free(p->ranges);
	p->ranges = now.list;
	p->range_count = now.count;
	routes_update(p);
	outlets_update(p);
	if (!changed)
		return;
	ask_again(p);
	proxy_group_mark_all(p);
}
