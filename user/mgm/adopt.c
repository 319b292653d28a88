/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adoption: the MFEs an earlier run left in the plane. They go on forwarding
 * as they are while the clients come back. After that they keep their oifs for
 * the time hosts need to answer IGMP, as memberships do in a replay; what
 * nobody has asked for by then is swept, a bounded number in one tick.
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

static struct adoption *adoption_new(struct mgm *m, struct mfe *mfe,
				     const uint32_t *oifs, size_t count)
{
	struct adoption *a = malloc(sizeof(*a) + count * sizeof(*oifs));

	if (!a)
		return NULL;
	a->mfe = mfe;
	a->count = (uint32_t)count;
	if (count)
		memcpy(a->oifs, oifs, count * sizeof(*oifs));
	TAILQ_INSERT_TAIL(&m->adopted, a, link);
	return a;
}

static int adopt_set(struct mgm *m, struct mfe *mfe,
		     const struct mgm_mfe_found *in, const uint32_t *oifs,
		     size_t count)
{
	const struct mgm_hooks *h = m->hooks;
	const struct mgm_sg sg = mfe_sg(mfe);
	int err;

	mfe->age->adopted = adoption_new(m, mfe, oifs, count);
	if (!mfe->age->adopted)
		return -ENOMEM;
	if (in->set == MGM_SET_KERNEL)
		return oifs_get_left(m, &mfe->oifs);
	err = oifs_get(m, oifs, count, &mfe->oifs);
	if (err || mfe->oifs->set == in->set)
		return err;
	m->uncommitted = true;
	return h->mfe_put(h->arg, &sg, in->iif, mfe->oifs->set, in->flags);
}

static int adopt(struct mgm *m, const struct mgm_mfe_found *in,
		 struct mgm_sg sg, const uint32_t *oifs, size_t count)
{
	struct iface *ifc = iface_get(m, in->iif);
	struct mfe *mfe;
	int err;

	if (!ifc)
		return -ENOMEM;
	m->adopting = true;
	err = mfe_new(m, sg, true, &mfe);
	if (err)
		return err;
	mfe->phase = MFE_LIVE;
	mfe->kind = MFE_FOUND;
	err = adopt_set(m, mfe, in, oifs, count);
	if (err) {
		mfe_delete(m, mfe, MGM_DELETED_LIMIT);
		return err;
	}
	mfe_set_iif(mfe, ifc);
	mfe->age->arrival = in->iif;
	mfe->put_iif = in->iif;
	mfe->put_flags = (uint8_t)in->flags;
	mfe->put_treatment = (uint8_t)(in->flags >> MGM_TREATMENT_SHIFT);
	mfe->created_ms = in->created_ms;
	mfe->installed = true;
	return 0;
}

/* Has everybody who may ask for it here said what they want? */
static bool adopt_settled(const struct iface *ifc)
{
	return ifc->owner && ifc->owner->settled && !ifc->igmp;
}

/* May it still forward to an oif it was adopted with? */
bool adopt_keeps(const struct mgm *m, const struct mfe *mfe, uint32_t ifid)
{
	const struct iface *ifc = iface_find(m, ifid);

	if (ifc && mfe_denied(mfe, ifc, MGM_RULE_OUT))
		return false;
	if (m->adopting)
		return true;
	return mfe->iif && iface_owner(mfe->iif) && ifc &&
	       iface_forwards(ifc) && !iface_stands_down(ifc) &&
	       !adopt_settled(ifc);
}

/* Does its iif stand, unless the RIB or a client says otherwise? */
bool adopt_keeps_iif(const struct mgm *m, const struct mfe *mfe)
{
	const struct source *s = mfe_reverse(mfe);
	uint32_t iif = s ? s->rib.iif : 0;

	if (!mfe_adoption(mfe) || !mfe->iif)
		return false;
	return m->adopting || !iif || iif == mfe->iif->ifid;
}

/* It is an MFE like any other from here. */
void adopt_forget(struct mgm *m, struct mfe *mfe)
{
	struct adoption *a = mfe_adoption(mfe);

	if (!a)
		return;
	walk_lose_adoption(m, a);
	TAILQ_REMOVE(&m->adopted, a, link);
	mfe->age->adopted = NULL;
	free(a);
}

int mgm_adopt_mfe(struct mgm *m, struct mgm_sg flow,
		  const struct mgm_mfe_found *found, const uint32_t *oifs,
		  size_t count)
{
	core_enter(m);
	if (!sg_ok(&flow) || sg_is_wild(&flow) || count > m->limits.oifs ||
	    !found->iif || !sorted(oifs, count))
		return core_leave(m, -EINVAL);
	if (mfe_find(m, flow))
		return core_leave(m, -EEXIST);
	return core_leave(m, adopt(m, found, flow, oifs, count));
}

int mgm_adopt_interface(struct mgm *m, uint32_t ifid, uint32_t epoch)
{
	struct iface *ifc;

	core_enter(m);
	ifc = iface_get(m, ifid);
	if (ifc && ifc->epoch < epoch)
		ifc->epoch = epoch;
	if (!ifc && iface_full(m))
		return core_leave(m, -ENOSPC);
	return core_leave(m, ifc ? 0 : -ENOMEM);
}

int mgm_client_settled(struct mgm *m, struct mgm_client *client)
{
	struct client *c;

	core_enter(m);
	c = client_of(m, client);
	if (!c)
		return core_leave(m, -EINVAL);
	if (!c->settled && !m->adopting)
		walk_adopted(m);
	c->settled = true;
	if (c->returned)
		grace_settled(m, c);
	return core_leave(m, 0);
}

/* A static route, or a source filter of one, that nobody put again. */
static bool adopt_orphan(const struct mfe *mfe)
{
	if (!mfe_is_found(mfe) || !(mfe->put_flags & MGM_MFE_STATIC))
		return false;
	return !(mfe->put_flags & MGM_MFE_DERIVED) || !route_any(mfe->group);
}

/* While the clients come back it may be wanted more; then, all counts. */
void adopt_visit(struct mgm *m, struct mfe *mfe)
{
	if (mfe_void(mfe)) {
		mfe_let_go(m, mfe);
	} else if (m->adopting || !mfe_is_found(mfe)) {
		mfe_mark(m, mfe, DIRTY_OIFS);
	} else if (adopt_orphan(mfe)) {
		mfe_delete(m, mfe, MGM_DELETED_ROUTE);
	} else {
		mfe->kind = MFE_DATA;
		mfe_mark(m, mfe, DIRTY_RPF | DIRTY_OIFS);
	}
}

void mgm_adopted(struct mgm *m, uint64_t now_ms)
{
	core_enter(m);
	core_time(m, now_ms);
	m->adopting = false;
	m->adopt_until_ms = m->now_ms + m->limits.adopt_ms;
	walk_adopted(m);
	core_leave(m, 0);
}

/* Its time is over: what it keeps has to be wanted. */
static void adopt_end(struct mgm *m, struct mfe *mfe)
{
	if (mfe_void(mfe)) {
		mfe_let_go(m, mfe);
		return;
	}
	adopt_forget(m, mfe); /* from here the RIB's word counts */
	flow_rpf(m, mfe, NULL, 0);
	if (!mfe_fixed(mfe) && !flow_asking(mfe) && !mfe_candidates(m, mfe))
		mfe_delete(m, mfe, MGM_DELETED_UNUSED);
	else
		mfe_mark(m, mfe, DIRTY_OIFS);
}

void adopt_tick(struct mgm *m)
{
	const struct adoption *a;

	if (m->adopting || m->now_ms < m->adopt_until_ms)
		return;
	while ((a = TAILQ_FIRST(&m->adopted)) && work_step(m))
		adopt_end(m, a->mfe);
}

uint64_t adopt_next(const struct mgm *m)
{
	if (m->adopting || TAILQ_EMPTY(&m->adopted))
		return FOREVER;
	return m->adopt_until_ms;
}
