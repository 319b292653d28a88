/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the manager tells and asks. It asks where a flow has to come in, and,
 * when its MFE is made, whether it goes out where it may: both are answered at
 * once, from what there is. All else is noted, and worked off by the next tick,
 * which has the time.
 *
 *   rpf          our longest match, unless a static route is better than ours
 *   creation     oif.c says where it goes
 *   join, prune  of an MFE: whether it has an oif, of whichever protocol; of a
 *                membership (others'): what is pruned of that is grafted
 *   local_*      member.c
 *   mfe_*        the flows that there are
 */
#include "internal.h"

#include "lib/address.h"

static struct dvmrp_flow *flow_of(struct dvmrp *d, const struct mgm_sg *sg)
{
	if (!mgm_address_is_v4(&sg->group.address))
		return NULL;
	return dvmrp_flow_get(d, mgm_address_to_v4(&sg->source.address),
			      mgm_address_to_v4(&sg->group.address));
}

/* Does the manager follow a route of the kernel by a router there? We say where
 * those lead, and have none. */
static bool by_kernel(struct dvmrp *d, const struct mgm_rpf *rpf)
{
	struct mgm_rib_route best = {.size = sizeof(best)};
	size_t count = 1;

	if (address_is_any(&rpf->upstream))
		return false;
	return !mgm_rib_get(d->services.mgm, &rpf->flow.source.address, &best,
			    &count) &&
	       best.protocol == MGM_PROTOCOL_NONE;
}

static void on_rpf(void *arg, uint64_t token, const struct mgm_rpf *rpf)
{
	struct mgm_address upstream = rpf->upstream;
	const struct dvmrp_route *r = NULL;
	uint32_t iif = rpf->iif;
	struct dvmrp *d = arg;

	if (mgm_address_is_v4(&rpf->flow.source.address))
		r = dvmrp_route_lookup(
			d, mgm_address_to_v4(&rpf->flow.source.address));
	if (r && r->iif && r->iif->ifid == iif && r->upstream)
		upstream = mgm_address_v4(r->upstream->address);
	else if (!r && by_kernel(d, rpf))
		iif = 0;
	mgm_rpf_reply(d->services.mgm, d->client, token, iif, &upstream);
}

static void on_creation(void *arg, uint64_t token, struct mgm_sg sg,
			uint32_t iif, const struct mgm_creation_oif *oifs,
			size_t count)
{
	struct mgm_creation_oif answer[MGM_OIFS];
	const struct dvmrp_route *r;
	const struct dvmrp_flow *f;
	struct in_addr source, group;
	struct dvmrp *d = arg;

	(void)iif;
	if (!mgm_address_is_v4(&sg.group.address) || count > MGM_OIFS)
		return;
	source = mgm_address_to_v4(&sg.source.address);
	group = mgm_address_to_v4(&sg.group.address);
	f = flow_of(d, &sg);
	r = f ? f->entry->route : dvmrp_route_lookup(d, source);
	for (size_t i = 0; i < count; i++) {
		const struct dvmrp_interface *in =
			dvmrp_interface_by_id(d, oifs[i].ifid);

		answer[i] = oifs[i];
		answer[i].enabled = in &&
				    dvmrp_oif_wanted(r, f ? f->entry : NULL,
						     source, group, in);
	}
	mgm_creation_reply(d->services.mgm, d->client, token, answer, count);
}

static void on_join(void *arg, struct mgm_sg sg, uint32_t ifid,
		    enum mgm_cause cause)
{
	struct dvmrp *d = arg;
	struct dvmrp_flow *f;

	(void)ifid;
	if (cause != MGM_CAUSE_MFE) {
		dvmrp_upstream_pull(d, &sg);
		return;
	}
	f = flow_of(d, &sg);
	if (f)
		dvmrp_flow_want(f, true);
}

static void on_prune(void *arg, struct mgm_sg sg, uint32_t ifid,
		     enum mgm_cause cause)
{
	struct dvmrp *d = arg;
	struct dvmrp_flow *f;

	(void)ifid;
	f = cause == MGM_CAUSE_MFE ? flow_of(d, &sg) : NULL;
	if (f)
		dvmrp_flow_want(f, false);
}

static void on_local_join(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	dvmrp_member_event(arg, ifid, &sg, DVMRP_LOCAL_JOIN);
}

static void on_local_leave(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	dvmrp_member_event(arg, ifid, &sg, DVMRP_LOCAL_LEAVE);
}

static void on_local_block(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	dvmrp_member_event(arg, ifid, &sg, DVMRP_LOCAL_BLOCK);
}

static void on_local_unblock(void *arg, struct mgm_sg sg, uint32_t ifid)
{
	dvmrp_member_event(arg, ifid, &sg, DVMRP_LOCAL_UNBLOCK);
}

/* No assert, no move: the election of the forwarder ends it. */
static void on_wrong_if(void *arg, struct mgm_sg flow, uint32_t arrival,
			uint32_t iif, const uint8_t *packet, size_t len)
{
	struct dvmrp *d = arg;

	(void)flow;
	(void)iif;
	(void)packet;
	(void)len;
	dvmrp_count(d, dvmrp_interface_by_id(d, arrival), DVMRP_N_WRONG_IF);
}

static void on_mfe_made(void *arg, struct mgm_sg flow, uint32_t iif)
{
	struct dvmrp_flow *f = flow_of(arg, &flow);

	(void)iif;
	if (f && f->wanted) /* nobody has said otherwise */
		dvmrp_flow_want(f, true);
}

static void on_mfe_deleted(void *arg, struct mgm_sg flow, uint32_t iif,
			   enum mgm_deletion why)
{
	struct dvmrp *d = arg;
	struct dvmrp_flow *f = NULL;

	(void)iif;
	(void)why;
	if (mgm_address_is_v4(&flow.group.address))
		f = dvmrp_flow_find(d, mgm_address_to_v4(&flow.source.address),
				    mgm_address_to_v4(&flow.group.address));
	if (f)
		dvmrp_flow_free(f);
}

const struct mgm_callbacks *dvmrp_callbacks(void)
{
	static const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.rpf = on_rpf,
		.creation = on_creation,
		.join = on_join,
		.prune = on_prune,
		.local_join = on_local_join,
		.local_leave = on_local_leave,
		.local_block = on_local_block,
		.local_unblock = on_local_unblock,
		.wrong_if = on_wrong_if,
		.ownership = dvmrp_owner_told,
		.mfe_made = on_mfe_made,
		.mfe_deleted = on_mfe_deleted,
	};

	return &callbacks;
}
