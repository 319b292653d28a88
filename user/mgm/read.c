/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading: MFEs in order, clients; and what the owner of an iif
 * may say of an MFE.
 */
#include "mgm/internal.h"

static enum mgm_state mfe_state(const struct mfe *mfe)
{
	if (mfe->phase != MFE_LIVE || !mfe->installed)
		return MGM_STATE_PENDING;
	if (oifs_left(mfe->oifs))
		return MGM_STATE_KERNEL;
	return mfe_oif_count(mfe) ? MGM_STATE_FORWARDING : MGM_STATE_NEGATIVE;
}

/* As many oifs as the caller has room for. */
static int mfe_oifs(struct mgm *m, const struct mfe *mfe,
		    const struct mgm_mfe_info *asked, struct mgm_mfe_info *info)
{
	const struct mgm_hooks *hooks = m->hooks;
	uint32_t count = mfe_oif_count(mfe);
	struct mgm_set_counts read = {0};
	int err = 0;

	info->oif_count = count;
	info->oif_room = asked->oif_room;
	info->oifs = asked->oifs;
	if (count > asked->oif_room)
		count = asked->oif_room;
	if (!count || !asked->oifs)
		return 0;
	if (!grown_array_ok(asked->oifs, _Alignof(struct mgm_mfe_oif)))
		return -EINVAL;
	if (hooks->set_read)
		hooks->set_read(hooks->arg, mfe->oifs->set, &read);
	for (uint32_t i = 0; i < count && !err; i++) {
		const struct mgm_mfe_oif oif = {
			.size = sizeof(oif),
			.ifid = mfe->oifs->list[i],
			.packets = read.packets,
			.bytes = read.bytes,
		};

		err = grown_give_at(asked->oifs, asked->oifs->size, i, &oif,
				    sizeof(oif));
	}
	return err;
}

/* What its owner was asked about. */
static void mfe_rib(struct mgm *m, const struct mfe *mfe,
		    struct mgm_mfe_info *info)
{
	struct mgm_rib_route route;
	struct cover cover;

	if (!mfe_reverse(mfe) || route_cover(m, mfe, &cover) ||
	    !rib_route_of(m, mfe_reverse(mfe), &route))
		return;
	info->routed = true;
	info->rib_prefix = route.prefix;
	info->rib_protocol = route.protocol;
	info->rib_component = route.component;
	info->rib_distance = route.distance;
}

static void mfe_times(struct mgm *m, const struct mfe *mfe,
		      struct mgm_mfe_info *info)
{
	uint64_t expires = age_expiry(m, mfe);

	if (m->now_ms > mfe->created_ms)
		info->uptime_ms = m->now_ms - mfe->created_ms;
	if (expires == FOREVER)
		return;
	info->expires_ms = expires > m->now_ms ? expires - m->now_ms : 1;
	info->timeout_ms = age_timeout(m, mfe);
}

/* As it is in the plane; of a route that is not there, what it says. */
static uint32_t mfe_iif(const struct mfe *mfe)
{
	if (mfe->installed)
		return mfe->put_iif;
	return mfe_is_route(mfe) && mfe->iif ? mfe->iif->ifid
					     : mfe_arrival(mfe);
}

static int mfe_info(struct mgm *m, const struct mfe *mfe,
		    struct mgm_mfe_info *out)
{
	const struct client *c = mfe->iif ? iface_owner(mfe->iif) : NULL;
	struct mgm_mfe_counts read = {0};
	struct mgm_mfe_info asked;
	struct mgm_mfe_info info = {
		.flow = mfe_sg(mfe),
		.iif = mfe_iif(mfe),
		.owner = c ? c->protocol : MGM_PROTOCOL_NONE,
		.component = c ? c->component : 0,
		.upstream = *mfe_upstream(mfe),
		.state = mfe_state(mfe),
		.is_static = mfe_fixed(mfe),
	};

	if (grown_ask(&asked, sizeof(asked), out) ||
	    mfe_oifs(m, mfe, &asked, &info))
		return -EINVAL;
	if (mfe->installed &&
	    !m->hooks->mfe_read(m->hooks->arg, &info.flow, &read)) {
		info.packets = read.packets;
		info.bytes = read.bytes;
		info.wrong_if = read.wrong_if;
	}
	mfe_rib(m, mfe, &info);
	mfe_times(m, mfe, &info);
	return grown_give(out, &info, sizeof(info));
}

int mgm_mfe_get(struct mgm *m, struct mgm_sg flow, struct mgm_mfe_info *info)
{
	struct mfe *mfe;
	int err = -ENOENT;

	core_enter(m);
	work_reading(m);
	mfe = mfe_find(m, flow);
	if (mfe && !mfe_catch_up(m, mfe))
		err = mfe_info(m, mfe, info);
	core_leave(m, 0);
	return err;
}

static struct mfe *mfe_next(struct mgm *m, struct mgm_sg after)
{
	const struct mgm_address *group = &after.group.address;
	struct tree_node *n = after.group.length
				      ? tree_from(&m->flow_order, group)
				      : tree_first(&m->flow_order);
	struct mfe *mfe = NULL;

	for (; n && !mfe; n = tree_after(&m->flow_order, n)) {
		const struct group *g = tree_entry(n, struct group, by_flows);

		if (after.group.length && mgm_address_equal(&g->addr, group))
			mfe = mfe_behind(g, sg_source(&after));
		else
			mfe = mfe_first(g);
	}
	return mfe;
}

int mgm_mfe_next(struct mgm *m, struct mgm_sg after, struct mgm_mfe_info *info)
{
	struct mfe *mfe;
	int err = -ENOENT;

	core_enter(m);
	work_reading(m);
	do
		mfe = mfe_next(m, after);
	while (mfe && mfe_catch_up(m, mfe));
	if (mfe)
		err = mfe_info(m, mfe, info);
	core_leave(m, 0);
	return err;
}

/* The MFE of a flow that comes in on an interface of the client's. */
static int mfe_owned(struct mgm *m, struct mgm_client *client,
		     struct mgm_sg flow, struct mfe **mfe)
{
	const struct client *c = client_of(m, client);

	if (!c)
		return -EINVAL;
	*mfe = mfe_find(m, flow);
	if (!*mfe || mfe_catch_up(m, *mfe))
		return -ENOENT;
	return (*mfe)->iif && iface_owner((*mfe)->iif) == c ? 0 : -EINVAL;
}

int mgm_mfe_set_upstream(struct mgm *m, struct mgm_client *client,
			 struct mgm_sg flow, const struct mgm_address *upstream)
{
	struct mfe *mfe;
	int err;

	core_enter(m);
	err = mfe_owned(m, client, flow, &mfe);
	if (!err)
		err = mfe_set_upstream(mfe, upstream);
	return core_leave(m, err);
}

int mgm_mfe_set_timeout(struct mgm *m, struct mgm_client *client,
			struct mgm_sg flow, uint32_t timeout_ms)
{
	struct mfe *mfe;
	int err;

	core_enter(m);
	err = mfe_owned(m, client, flow, &mfe);
	if (!err && !mfe->negative)
		err = -ENOENT;
	if (!err)
		err = age_begin(m, mfe, LIFE_SAID, timeout_ms);
	return core_leave(m, err);
}

static int ifid_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Lists those it is on, if there is room for all; returns how many. */
static uint32_t client_interfaces(struct mgm *m, const struct client *c,
				  uint32_t *list, uint32_t room)
{
	struct hash_node *n, *tmp;
	uint32_t i, count = 0;

	hash_for_each_safe(&m->ifaces, n, tmp, i) {
		const struct iface *ifc = hash_entry(n, struct iface, node);

		if (ifc->owner != c && ifc->igmp != c)
			continue;
		if (list && count < room)
			list[count] = ifc->ifid;
		count++;
	}
	if (list && count <= room)
		qsort(list, count, sizeof(*list), ifid_compare);
	return count;
}

static int client_order(const struct client *a, uint32_t protocol,
			uint32_t component)
{
	if (a->protocol != protocol)
		return a->protocol < protocol ? -1 : 1;
	return a->component < component ? -1 : a->component > component;
}

static const struct client *client_behind(const struct mgm *m,
					  const struct mgm_client_info *after)
{
	const struct client *best = NULL;

	for (uint32_t i = 0; i < m->client_top; i++) {
		const struct client *c = &m->clients[i];

		if (!c->used || c->dead)
			continue;
		if (after &&
		    client_order(c, after->protocol, after->component) <= 0)
			continue;
		if (!best ||
		    client_order(c, best->protocol, best->component) < 0)
			best = c;
	}
	return best;
}

int mgm_client_next(struct mgm *m, const struct mgm_client_info *after,
		    struct mgm_client_info *info)
{
	struct mgm_client_info before, own;
	const struct client *c;

	if (after && grown_ask(&before, sizeof(before), after))
		return -EINVAL;
	if (grown_ask(&own, sizeof(own), info))
		return -EINVAL;
	c = client_behind(m, after ? &before : NULL);
	if (!c)
		return -ENOENT;
	own.protocol = c->protocol;
	own.component = c->component;
	own.role = c->role;
	own.lost = c->lost;
	own.silent = c->silent;
	memcpy(own.name, c->name, sizeof(own.name));
	own.interface_count =
		client_interfaces(m, c, own.interfaces, own.interface_room);
	return grown_give(info, &own, sizeof(own));
}
