/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the first packet of a flow to its MFE: which interface it has to
 * arrive on (a static route's iif, else what the owner of the RIB's interface
 * says, else the RIB), then what the owners of its oifs say, then the entry.
 * Owners that have no callback are not asked. The others are asked by
 * requests with a token and a deadline; nothing waits for them but this flow.
 */
#include "mgm/internal.h"

static void flow_creation(struct mgm *m, struct mfe *mfe);

static uint32_t token_hash(uint64_t token)
{
	return hash_bytes(&token, sizeof(token));
}

/* Requests are in order of their deadlines. */
static void request_queue(struct mgm *m, struct request *r)
{
	struct request *before = TAILQ_LAST(&m->requests, request_list);

	while (before && before->deadline_ms > r->deadline_ms)
		before = TAILQ_PREV(before, request_list, by_deadline);
	if (before)
		TAILQ_INSERT_AFTER(&m->requests, before, r, by_deadline);
	else
		TAILQ_INSERT_HEAD(&m->requests, r, by_deadline);
}

static struct request *request_new(struct mgm *m, struct client *c,
				   struct mfe *mfe, bool rpf,
				   uint64_t deadline_ms)
{
	struct request *r = mfe_aside(mfe) ? calloc(1, sizeof(*r)) : NULL;

	if (!r)
		goto out;
	r->token = ++m->last_token;
	r->deadline_ms = deadline_ms;
	r->client = c;
	r->mfe = mfe;
	r->rpf = rpf;
	if (hash_insert(&m->request_tokens, &r->node, token_hash(r->token))) {
		free(r);
		goto out;
	}
	request_queue(m, r);
	LIST_INSERT_HEAD(&mfe->aside->requests, r, in_mfe);
	return r;
out:
	mfe_aside_reap(mfe);
	return NULL;
}

void request_free(struct mgm *m, struct request *r)
{
	hash_remove(&m->request_tokens, &r->node);
	TAILQ_REMOVE(&m->requests, r, by_deadline);
	LIST_REMOVE(r, in_mfe);
	mfe_aside_reap(r->mfe);
	free(r);
}

static struct request *request_find(struct mgm *m, uint64_t token)
{
	struct hash_node *n = hash_first(&m->request_tokens, token_hash(token));

	for (; n; n = hash_next(n)) {
		struct request *r = hash_entry(n, struct request, node);

		if (r->token == token)
			return r;
	}
	return NULL;
}

/* Nothing is held for the flow any more: it goes by its MFE, or is dropped. */
void flow_unhold(struct mgm *m, struct mgm_sg sg)
{
	m->hooks->flow_release(m->hooks->arg, &sg);
}

void flow_forget_offers(struct mfe *mfe)
{
	if (!mfe->aside)
		return;
	free(mfe->aside->offers);
	mfe->aside->offers = NULL;
	mfe_aside_reap(mfe);
}

bool flow_asking(const struct mfe *mfe)
{
	return mfe->aside && !LIST_EMPTY(&mfe->aside->requests);
}

void flow_forget_requests(struct mgm *m, struct mfe *mfe)
{
	while (flow_asking(mfe))
		request_free(m, LIST_FIRST(&mfe->aside->requests));
}

/* Nobody is asked any more: a static route has the answer. */
void flow_asked(struct mgm *m, struct mfe *mfe)
{
	flow_forget_requests(m, mfe);
	flow_forget_offers(mfe);
	mfe->phase = MFE_LIVE;
}

/* Everybody has been asked: the entry goes to the plane. */
static void flow_install(struct mgm *m, struct mfe *mfe)
{
	unsigned int waiting = mfe->dirty;
	struct mgm_sg sg = mfe_sg(mfe);
	int err;

	flow_forget_offers(mfe);
	mfe->phase = MFE_LIVE;
	err = mfe_evaluate(m, mfe);
	if (err) {
		if (err == -ENOSPC)
			m->counters.limit_mfes++;
		mfe_delete(m, mfe, MGM_DELETED_LIMIT);
		flow_unhold(m, sg);
		return;
	}
	mfe_release(m, mfe);
	if (waiting & DIRTY_RPF)
		mfe_mark(m, mfe, DIRTY_RPF);
}

/* The iif is known. */
static void flow_answer(struct mgm *m, struct mfe *mfe, struct iface *ifc,
			const struct mgm_address *upstream)
{
	mfe_set_iif(mfe, ifc);
	if (mfe_set_upstream(mfe, upstream))
		mfe_set_upstream(mfe, NULL); /* rather than a wrong one */
	if (mfe->phase == MFE_LIVE) {
		mfe_mark(m, mfe, DIRTY_OIFS);
		return;
	}
	if (ifc && iface_owner(ifc))
		flow_creation(m, mfe);
	else
		flow_install(m, mfe);
}

static int rpf_ask(struct mgm *m, struct mfe *mfe, struct client *c,
		   const uint8_t *packet, size_t len)
{
	const struct reverse_path *rib = &mfe_reverse(mfe)->rib;
	uint64_t ms = mfe->phase == MFE_LIVE ? REQUEST_DEADLINE_MS
					     : RPF_DEADLINE_MS;
	struct request *r = request_new(m, c, mfe, true, m->now_ms + ms);
	struct alert *a = r ? alert_new(c, AL_RPF, packet, len) : NULL;

	if (!a) {
		if (r)
			request_free(m, r);
		return -ENOMEM;
	}
	a->token = r->token;
	a->sg = mfe_sg(mfe);
	a->ifid = mfe_arrival(mfe);
	a->iif = rib->iif;
	a->upstream = rib->upstream;
	alert_push(m, a, ALERT_DIRECT);
	return 0;
}

/* Answers the RPF question without asking the owner, as routes are now. */
static void rpf_default(struct mgm *m, struct mfe *mfe)
{
	struct source *s = mfe_reverse(mfe);
	struct iface *ifc;

	if (walk_due_source(m, s))
		source_ask(m, s, mfe_arrival(mfe));
	ifc = s->rib.iif ? iface_get(m, s->rib.iif) : NULL;
	flow_answer(m, mfe, ifc, ifc ? &s->rib.upstream : NULL);
}

/* Starts, or starts again, the question which interface is the iif. */
void flow_rpf(struct mgm *m, struct mfe *mfe, const uint8_t *packet, size_t len)
{
	struct source *s = mfe_reverse(mfe);
	struct cover cover;
	struct client *c;
	struct iface *ifc;

	/* Asked before things changed. */
	if (mfe->phase == MFE_LIVE)
		flow_forget_requests(m, mfe);
	if (route_cover(m, mfe, &cover) && cover.iif) {
		flow_answer(m, mfe, cover.iif, cover.upstream);
		return;
	}
	if (!s || adopt_keeps_iif(m, mfe))
		return;
	if (walk_due_source(m, s))
		source_ask(m, s, mfe_arrival(mfe));
	else
		source_follow(m, s, mfe_arrival(mfe));
	if (mfe->phase != MFE_LIVE)
		mfe->dirty = 0; /* the question is being put right now */
	ifc = s->rib.iif ? iface_get(m, s->rib.iif) : NULL;
	if (!ifc)
		m->counters.no_rib_route++;
	c = ifc ? iface_listener(ifc) : NULL;
	if (c && alert_wanted(c, AL_RPF) && !rpf_ask(m, mfe, c, packet, len))
		return;
	rpf_default(m, mfe);
}

/* The interface towards a source, for (S,G) joins. */
struct iface *flow_rpf_iface(const struct mgm *m, const struct named *n)
{
	struct iface *ifc = route_toward(m, n->group, &n->source->addr);

	if (ifc)
		return ifc;
	return n->source->rib.iif ? iface_find(m, n->source->rib.iif) : NULL;
}

static bool creation_offered(const struct mfe *mfe, const struct iface *ifc)
{
	const struct client *c = iface_owner(ifc);
	const struct offers *offers = mfe->aside ? mfe->aside->offers : NULL;

	for (uint32_t i = 0; offers && i < offers->count; i++) {
		if (offers->list[i].ifid == ifc->ifid &&
		    offers->list[i].life == client_life(c))
			return true;
	}
	return false;
}

/* The candidates in m->scratch that belong to c and are news to it. */
static size_t creation_oifs(const struct mgm *m, const struct mfe *mfe,
			    const struct client *c, size_t count,
			    struct mgm_creation_oif *oifs)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		const struct iface *ifc = iface_find(m, m->scratch[i]);

		if (iface_listener(ifc) != c || creation_offered(mfe, ifc))
			continue;
		oifs[n++] = (struct mgm_creation_oif){
			.ifid = ifc->ifid,
			.igmp = ifc->igmp != NULL,
			.enabled = true,
		};
	}
	return n;
}

static int creation_note(struct mfe *mfe, const struct client *c,
			 const struct mgm_creation_oif *oifs, size_t count)
{
	struct aside *aside = mfe->aside; /* it has the request */
	size_t before = aside->offers ? aside->offers->count : 0;
	size_t bytes = (before + count) * sizeof(struct offer);
	struct offers *grown = realloc(aside->offers, sizeof(*grown) + bytes);

	if (!grown)
		return -ENOMEM;
	aside->offers = grown;
	grown->count = (uint32_t)(before + count);
	for (size_t i = 0; i < count; i++)
		grown->list[before + i] =
			(struct offer){oifs[i].ifid, client_life(c)};
	return 0;
}

static void creation_ask(struct mgm *m, struct mfe *mfe, struct client *c,
			 size_t count, uint64_t deadline_ms)
{
	struct mgm_creation_oif *oifs = calloc(count, sizeof(*oifs));
	struct alert *a = oifs ? alert_new(c, AL_CREATION, NULL, 0) : NULL;
	struct request *r = a ? request_new(m, c, mfe, false, deadline_ms)
			      : NULL;

	if (r) {
		a->oif_count = creation_oifs(m, mfe, c, count, oifs);
		if (creation_note(mfe, c, oifs, a->oif_count)) {
			request_free(m, r);
			r = NULL;
		}
	}
	if (!r) { /* no memory to ask: the default holds */
		free(oifs);
		free(a);
		return;
	}
	a->token = r->token;
	a->sg = mfe_sg(mfe);
	a->iif = mfe->iif->ifid;
	a->oifs = oifs;
	alert_push(m, a, ALERT_DIRECT);
}

/*
 * Asks the owners of the oifs, and, once they have answered, those of oifs
 * that have come meanwhile, as long as there is time. RPF and creation of a
 * new flow share it, and RPF leaves half: one client's silence, or our own,
 * must not void another's veto.
 */
static void flow_creation(struct mgm *m, struct mfe *mfe)
{
	uint64_t end = mfe->created_ms + REQUEST_DEADLINE_MS;
	uint64_t half = m->now_ms + REQUEST_DEADLINE_MS - RPF_DEADLINE_MS;
	size_t count = mfe_candidates(m, mfe);

	if (mfe->phase == MFE_RPF && end < half)
		end = half;
	mfe->phase = MFE_CREATION;
	for (size_t i = 0; m->now_ms < end && i < count; i++) {
		const struct iface *ifc = iface_find(m, m->scratch[i]);
		struct client *c = iface_listener(ifc);

		if (alert_wanted(c, AL_CREATION) && !creation_offered(mfe, ifc))
			creation_ask(m, mfe, c, count, end);
	}
	if (!flow_asking(mfe))
		flow_install(m, mfe);
}

/* The request is over: as answered by the RIB, or as proposed. */
static void request_default(struct mgm *m, struct request *r)
{
	struct mfe *mfe = r->mfe;
	bool rpf = r->rpf;

	request_free(m, r);
	if (mfe_void(mfe)) {
		mfe_let_go(m, mfe);
		return;
	}
	if (mfe->phase == MFE_LIVE &&
	    ((mfe->dirty | walk_due(m, mfe)) & DIRTY_RPF))
		return; /* it was about what is no more: asked anew */
	if (rpf)
		rpf_default(m, mfe);
	else if (!flow_asking(mfe))
		flow_creation(m, mfe);
}

/* It is not asked again until it speaks: other flows do not wait for it. */
static void request_missed(struct mgm *m, struct client *c)
{
	if (!c->silent)
		m->counters.clients_silent++;
	c->silent = true;
}

void request_late(struct mgm *m)
{
	const struct request *r;

	TAILQ_FOREACH(r, &m->requests, by_deadline) {
		if (r->deadline_ms > m->now_ms)
			break;
		if (!mfe_void(r->mfe))
			request_missed(m, r->client);
	}
}

void request_tick(struct mgm *m)
{
	struct request *r;

	while ((r = TAILQ_FIRST(&m->requests)) && r->deadline_ms <= m->now_ms) {
		m->counters.request_timeouts += !mfe_void(r->mfe);
		request_default(m, r);
	}
}

void request_client_gone(struct mgm *m, const struct client *c)
{
	struct request *r = TAILQ_FIRST(&m->requests), *next;

	/* A default may end further requests of the same flow, all later
	 * ones of the same client would be asked again: start over. */
	for (; r; r = next) {
		next = TAILQ_NEXT(r, by_deadline);
		if (r->client != c)
			continue;
		request_default(m, r);
		next = TAILQ_FIRST(&m->requests);
	}
}

static int reply_request(struct mgm *m, struct mgm_client *client,
			 uint64_t token, bool rpf, struct request **out)
{
	struct client *c = client_of(m, client);
	struct request *r;

	if (!c)
		return -EINVAL;
	r = request_find(m, token);
	if (!r || r->client != c || r->rpf != rpf)
		return -ENOENT;
	if (mfe_void(r->mfe)) {
		mfe_let_go(m, r->mfe);
		return -ENOENT;
	}
	*out = r;
	return 0;
}

int mgm_rpf_reply(struct mgm *m, struct mgm_client *client, uint64_t token,
		  uint32_t iif, const struct mgm_address *upstream)
{
	struct iface *ifc = NULL;
	struct request *r;
	struct mfe *mfe;
	int err;

	core_enter(m);
	err = reply_request(m, client, token, true, &r);
	if (!err && iif) {
		ifc = iface_find(m, iif);
		/* RFC 2715 rule 1: any interface, as long as it is its own. */
		if (!ifc || iface_owner(ifc) != r->client)
			err = -EINVAL;
	}
	if (err)
		return core_leave(m, err);
	mfe = r->mfe;
	request_free(m, r);
	flow_answer(m, mfe, ifc, upstream);
	return core_leave(m, 0);
}

int mgm_rpf_again(struct mgm *m, struct mgm_client *client, uint32_t ifid)
{
	const struct client *c;
	struct iface *ifc;
	int err = 0;

	core_enter(m);
	c = client_of(m, client);
	ifc = iface_find(m, ifid);
	if (!c)
		err = -EINVAL;
	else if (!ifc || !iface_owner(ifc))
		err = -ENOENT;
	else if (iface_owner(ifc) != c)
		err = -EINVAL;
	else
		walk_iface(m, ifc, WALK_RPF);
	return core_leave(m, err);
}

int mgm_creation_reply(struct mgm *m, struct mgm_client *client, uint64_t token,
		       const struct mgm_creation_oif *oifs, size_t count)
{
	struct request *r;
	struct mfe *mfe;
	int err;

	core_enter(m);
	err = reply_request(m, client, token, false, &r);
	if (!err && count && !oifs)
		err = -EINVAL;
	for (size_t i = 0; i < count && !err; i++) {
		struct iface *ifc = iface_find(m, oifs[i].ifid);

		if (oifs[i].enabled || !ifc || iface_owner(ifc) != r->client)
			continue;
		err = override_set(m, r->mfe, ifc, false);
	}
	if (err)
		return core_leave(m, err);
	mfe = r->mfe;
	request_free(m, r);
	if (!flow_asking(mfe))
		flow_creation(m, mfe);
	return core_leave(m, 0);
}

static void flow_upcall(struct mgm *m, struct mgm_sg sg, uint32_t arrival,
			const uint8_t *packet, size_t len)
{
	const struct iface *ifc = iface_find(m, arrival);
	struct mfe *mfe;

	if (!sg_ok(&sg) || !sg_source(&sg) || !ifc || !iface_owner(ifc)) {
		flow_unhold(m, sg);
		return;
	}
	mfe = mfe_find(m, sg);
	if (mfe) {
		m->counters.upcalls_stale++;
		if (mfe->phase == MFE_LIVE && mfe->installed)
			mfe_release(m, mfe);
		return;
	}
	if (mfe_new(m, sg, true, &mfe)) {
		flow_unhold(m, sg);
		return;
	}
	mfe->age->arrival = arrival;
	flow_rpf(m, mfe, packet, len);
}

void mgm_upcall(struct mgm *m, uint64_t now_ms, struct mgm_sg flow,
		uint32_t arrival, const uint8_t *packet, size_t len)
{
	core_enter(m);
	core_time(m, now_ms);
	m->counters.upcalls++;
	flow_upcall(m, flow, arrival, packet, len);
	core_leave(m, 0);
}

/*
 * At most one report a second, MFE and arrival interface reaches the owner.
 * Without memory none does: the next will.
 */
static bool wrong_if_due(const struct mgm *m, struct mfe *mfe, uint32_t ifid)
{
	struct aside *aside = mfe_aside(mfe);
	struct wrong_ifs *all = aside ? aside->wrong_ifs : NULL;
	uint32_t count = all ? all->count : 0;
	struct wrong_if *w, *spare = NULL;

	if (!aside)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		w = &all->list[i];
		if (w->ifid == ifid && m->now_ms < w->until_ms)
			return false;
		if (w->until_ms <= m->now_ms)
			spare = w;
	}
	if (!spare) {
		all = realloc(all, sizeof(*all) + (count + 1) * sizeof(*w));
		if (!all) {
			mfe_aside_reap(mfe);
			return false;
		}
		aside->wrong_ifs = all;
		all->count = count + 1;
		spare = &all->list[count];
	}
	*spare = (struct wrong_if){ifid, m->now_ms + WRONG_IF_MS};
	return true;
}

static void flow_wrong_if(struct mgm *m, struct mgm_sg sg,
			  const struct iface *ifc, const uint8_t *packet,
			  size_t len)
{
	struct mgm_sg any = mgm_sg_of(NULL, &sg.group.address);
	struct mfe *mfe = mfe_find(m, sg);
	struct mgm_event event = {
		.type = MGM_EV_WRONG_IF, .ifid = ifc->ifid, .sg = sg};
	const struct client *c = iface_listener(ifc);
	struct alert *a;

	if (!mfe)
		mfe = mfe_find(m, any);
	if (!mfe || !mfe->installed || mfe->put_iif == ifc->ifid)
		return;
	if (!wrong_if_due(m, mfe, ifc->ifid))
		return;
	if (mfe_reverse(mfe) && !mfe_fixed(mfe) &&
	    source_follow(m, mfe_reverse(mfe), ifc->ifid))
		return; /* it moves there */
	core_event(m, &event);
	if (ifc->no_wrong_if || !alert_wanted(c, AL_WRONG_IF))
		return;
	a = alert_new(c, AL_WRONG_IF, packet, len);
	if (!a)
		return; /* the next report will do */
	a->sg = sg;
	a->ifid = ifc->ifid;
	a->iif = mfe->put_iif;
	alert_push(m, a, ALERT_DIRECT);
}

void mgm_wrong_if(struct mgm *m, uint64_t now_ms, struct mgm_sg flow,
		  uint32_t arrival, const uint8_t *packet, size_t len)
{
	const struct iface *ifc;

	core_enter(m);
	core_time(m, now_ms);
	ifc = iface_find(m, arrival);
	if (ifc && iface_owner(ifc))
		flow_wrong_if(m, flow, ifc, packet, len);
	core_leave(m, 0);
}
