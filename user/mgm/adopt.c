/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adoption: the MFEs an earlier run left in the plane. They go on forwarding
 * as they are while the clients come back; evaluating them only adds oifs.
 * When that is over each is evaluated in place, and the ones nobody wants go.
 */
#include "mgm/internal.h"

static bool sorted(const uint32_t *oifs, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		if (oifs[i - 1] >= oifs[i])
			return false;
	}
	return true;
}

static int adopt_set(struct mgm *m, struct mfe *mfe, const struct xmgm_mfe *in,
		     const uint32_t *oifs, size_t count)
{
	const struct mgm_hooks *h = m->hooks;
	uint32_t set = 0;
	int err;

	if (count) {
		mfe->oifs = malloc(count * sizeof(*oifs));
		if (!mfe->oifs)
			return -ENOMEM;
		memcpy(mfe->oifs, oifs, count * sizeof(*oifs));
	}
	err = h->set_get(h->arg, mfe->oifs, count, &set);
	if (err)
		return err;
	if (set != in->route.set) {
		err = h->mfe_put(h->arg, in->flow, in->route.iif, set,
				 in->flags);
		m->uncommitted = true;
	}
	if (err) {
		h->set_put(h->arg, set);
		return err;
	}
	mfe->oif_count = (uint32_t)count;
	mfe->set = set;
	return 0;
}

static int adopt(struct mgm *m, const struct xmgm_mfe *in, struct mgm_sg sg,
		 const uint32_t *oifs, size_t count)
{
	struct iface *ifc = iface_get(m, in->route.iif);
	struct mfe *mfe;
	int err;

	if (!ifc)
		return -ENOMEM;
	err = mfe_new(m, sg, &mfe);
	if (err)
		return err;
	err = adopt_set(m, mfe, in, oifs, count);
	if (err) {
		mfe_delete(m, mfe);
		return err;
	}
	mfe_set_iif(mfe, ifc);
	mfe->arrival = in->route.iif;
	mfe->put_iif = in->route.iif;
	mfe->put_flags = in->flags;
	mfe->created_ms = in->created / 1000000u;
	mfe->phase = MFE_LIVE;
	mfe->installed = true;
	mfe->adopted = true;
	mfe->reachable = true;
	m->adopting = true;
	return 0;
}

int mgm_adopt_mfe(struct mgm *m, const struct xmgm_mfe *mfe,
		  const uint32_t *oifs, size_t count)
{
	struct mgm_sg sg;

	core_enter(m);
	memcpy(&sg.source, mfe->flow.source, 4);
	memcpy(&sg.group, mfe->flow.group, 4);
	if (!group_address_ok(sg.group) || count > m->limits.oifs ||
	    !mfe->route.iif || !sorted(oifs, count) ||
	    (sg.source.s_addr && !source_address_ok(sg.source)))
		return core_leave(m, -EINVAL);
	if (mfe_find(m, sg))
		return core_leave(m, -EEXIST);
	return core_leave(m, adopt(m, mfe, sg, oifs, count));
}

/* Its time of being adopted is over. */
static void adopted_end(struct mgm *m, struct mfe *mfe)
{
	mfe->adopted = false;
	if (!mfe->source && !mfe->route_client) {
		mfe_delete(m, mfe); /* a (*,G) nobody put again */
		return;
	}
	flow_rpf(m, mfe, NULL, 0);
	if (!mfe_static(mfe) && LIST_EMPTY(&mfe->requests) &&
	    !mfe_candidates(m, mfe))
		mfe_delete(m, mfe);
	else
		mfe_mark(m, mfe, DIRTY_OIFS);
}

void mgm_adopted(struct mgm *m, uint64_t now_ms)
{
	struct tree_node *t, *g;

	core_enter(m);
	core_time(m, now_ms);
	m->adopting = false;
	tree_for_each(&m->group_order, g)
	{
		struct group *group = tree_entry(g, struct group, by_group);
		uint32_t key;

		for (t = tree_from(&group->mfes, 0); t;
		     t = key == UINT32_MAX ? NULL
					   : tree_from(&group->mfes, key + 1)) {
			struct mfe *mfe = tree_entry(t, struct mfe, by_source);

			key = t->key;
			if (mfe->adopted)
				adopted_end(m, mfe);
		}
	}
	core_leave(m, 0);
}
