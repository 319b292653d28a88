/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Oifs that a static route lists, beside those that memberships make. They are
 * the route's until it lists others or goes, and as long as their interface has
 * the owner that it had. Many routes list the same and share one list; when one
 * of its interfaces gets another owner, the list goes on without it, and no
 * route comes to it any more.
 */
#include "mgm/internal.h"

static int compare_ifaces(const void *a, const void *b)
{
	const struct iface *const *x = a, *const *y = b;

	return ((*x)->ifid > (*y)->ifid) - ((*x)->ifid < (*y)->ifid);
}

static uint32_t list_hash(struct iface *const *ifaces, size_t count)
{
	return hash_bytes(ifaces, count * sizeof(struct iface *));
}

static bool list_equal(const struct route_oifs *list,
		       struct iface *const *ifaces, size_t count)
{
	if (list->count != count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (list->list[i].iface != ifaces[i])
			return false;
	}
	return true;
}

static struct route_oifs *list_find(const struct mgm *m,
				    struct iface *const *ifaces, size_t count)
{
	struct hash_node *n =
		hash_first(&m->route_oifs, list_hash(ifaces, count));

	for (; n; n = hash_next(n)) {
		struct route_oifs *list =
			hash_entry(n, struct route_oifs, node);

		if (list_equal(list, ifaces, count))
			return list;
	}
	return NULL;
}

static struct route_oifs *list_new(struct mgm *m, struct iface *const *ifaces,
				   size_t count)
{
	struct route_oifs *list =
		calloc(1, sizeof(*list) + count * sizeof(*list->list));

	if (!list)
		return NULL;
	list->count = (uint32_t)count;
	if (hash_insert(&m->route_oifs, &list->node,
			list_hash(ifaces, count))) {
		free(list);
		return NULL;
	}
	list->whole = true;
	for (size_t i = 0; i < count; i++) {
		struct route_oif *o = &list->list[i];

		*o = (struct route_oif){.of = list, .iface = ifaces[i]};
		TAILQ_INSERT_TAIL(&o->iface->route_oifs, o, in_iface);
	}
	return list;
}

int route_oifs_get(struct mgm *m, struct iface **ifaces, size_t count,
		   struct route_oifs **out)
{
	*out = NULL;
	if (!count)
		return 0;
	qsort(ifaces, count, sizeof(*ifaces), compare_ifaces);
	*out = list_find(m, ifaces, count);
	if (!*out)
		*out = list_new(m, ifaces, count);
	if (!*out)
		return -ENOMEM;
	(*out)->uses++;
	return 0;
}

/* No route comes to it from here. */
static void list_close(struct mgm *m, struct route_oifs *list)
{
	if (list->whole)
		hash_remove(&m->route_oifs, &list->node);
	list->whole = false;
}

void route_oifs_put(struct mgm *m, struct route_oifs *list)
{
	if (!list || --list->uses)
		return;
	list_close(m, list);
	for (uint32_t i = 0; i < list->count; i++) {
		struct route_oif *o = &list->list[i];

		if (o->iface)
			TAILQ_REMOVE(&o->iface->route_oifs, o, in_iface);
	}
	free(list);
}

/* Of a (*,G) they are those of its sources as well. */
void route_oifs_clear(struct mgm *m, struct mfe *route)
{
	struct route_oifs *list = route->listed;

	if (!list)
		return;
	route->listed = NULL;
	if (route->any)
		walk_group_mfes(m, route->group, DIRTY_OIFS);
	else
		mfe_mark(m, route, DIRTY_OIFS);
	route_oifs_put(m, list);
}

void route_oifs_lost(struct mgm *m, struct iface *ifc)
{
	struct route_oif *o;

	route_oifs_mark(m, ifc);
	while ((o = TAILQ_FIRST(&ifc->route_oifs))) {
		TAILQ_REMOVE(&ifc->route_oifs, o, in_iface);
		o->iface = NULL;
		list_close(m, o->of);
	}
}

/* It may be an oif now, or may not. Lists do not know their routes. */
void route_oifs_mark(struct mgm *m, const struct iface *ifc)
{
	if (!TAILQ_EMPTY(&ifc->route_oifs))
		walk_mfes(m);
}
