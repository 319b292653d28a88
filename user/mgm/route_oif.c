/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Oifs that a static route lists, beside those that memberships make. They are
 * the route's until it lists others or goes, and as long as their interface has
 * the owner that it had.
 */
#include "mgm/internal.h"

/* Of a (*,G) they are those of its sources as well. */
static void mark(struct mgm *m, const struct route_oif *o)
{
	if (o->route->source)
		mfe_mark(m, o->route, DIRTY_OIFS);
	else
		mfe_mark_group(m, o->route->group, DIRTY_OIFS);
}

void route_oifs_free(struct route_oif_list *list)
{
	struct route_oif *o;

	while ((o = TAILQ_FIRST(list))) {
		TAILQ_REMOVE(list, o, in_route);
		TAILQ_REMOVE(&o->iface->route_oifs, o, in_iface);
		free(o);
	}
}

/* Not the route's yet. -ENOMEM */
int route_oifs_make(struct mfe *route, struct route_oif_list *list,
		    struct iface *const *ifaces, size_t count)
{
	struct route_oif *o;

	if (count && !mfe_aside(route))
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		o = calloc(1, sizeof(*o));
		if (!o) {
			route_oifs_free(list);
			return -ENOMEM;
		}
		o->iface = ifaces[i];
		o->route = route;
		TAILQ_INSERT_TAIL(list, o, in_route);
		TAILQ_INSERT_TAIL(&o->iface->route_oifs, o, in_iface);
	}
	return 0;
}

void route_oifs_swap(struct mfe *route, struct route_oif_list *list)
{
	struct route_oif_list was = TAILQ_HEAD_INITIALIZER(was);

	if (!route->aside)
		return; /* neither has any */
	TAILQ_CONCAT(&was, &route->aside->route_oifs, in_route);
	TAILQ_CONCAT(&route->aside->route_oifs, list, in_route);
	TAILQ_CONCAT(list, &was, in_route);
}

void route_oifs_clear(struct mgm *m, struct mfe *route)
{
	if (!route->aside || TAILQ_EMPTY(&route->aside->route_oifs))
		return;
	mark(m, TAILQ_FIRST(&route->aside->route_oifs));
	route_oifs_free(&route->aside->route_oifs);
	mfe_aside_reap(route);
}

void route_oifs_lost(struct mgm *m, struct iface *ifc)
{
	struct route_oif *o;

	while ((o = TAILQ_FIRST(&ifc->route_oifs))) {
		mark(m, o);
		TAILQ_REMOVE(&o->route->aside->route_oifs, o, in_route);
		TAILQ_REMOVE(&ifc->route_oifs, o, in_iface);
		mfe_aside_reap(o->route);
		free(o);
	}
}

/* It may be an oif now, or may not. */
void route_oifs_mark(struct mgm *m, const struct iface *ifc)
{
	const struct route_oif *o;

	TAILQ_FOREACH(o, &ifc->route_oifs, in_iface)
		mark(m, o);
}
