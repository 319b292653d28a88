/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has to be told what. A client X pulls a group exactly while some other
 * client wants it: pull(X,G) == exists Y != X: wants(Y,G) (the dispatch rules
 * of RFC 2715 section 4 for (*,G) and (*,*); range_pull.c has what lies between
 * them, and below (*,G)). What each has been told is
 * kept, so an alert is the difference between that and what is so now, however
 * many changes lie in between; and an alert that found no memory is made up
 * for later. (S,G) joins go to the owner of the interface towards S alone.
 *
 * Members of an interface are the client's that owns it: IGMP's count for the
 * protocol on an interface it shares, and the protocol hears of them by local
 * joins and leaves.
 */
#include "mgm/internal.h"

void mark_init(struct mark *mark, enum mark_kind kind)
{
	*mark = (struct mark){.kind = (uint8_t)kind};
}

void mark_clear(struct mgm *m, struct mark *mark)
{
	if (mark->on)
		TAILQ_REMOVE(&m->marks[mark->kind], mark, link);
	mark->on = false;
}

/* Where the cause was, as long as it was at one interface. */
static void mark_cause(struct mark *mark, const struct iface *ifc)
{
	if (!ifc || mark->ifid == ifc->ifid)
		return;
	mark->several = mark->ifid != 0;
	mark->ifid = mark->several ? 0 : ifc->ifid;
}

/* The alerts of this have to be worked out when the call ends. */
void mark_set(struct mgm *m, struct mark *mark, const struct iface *ifc)
{
	if (!mark->on) {
		mark->ifid = 0;
		mark->several = false;
	}
	if (!mark->several)
		mark_cause(mark, ifc);
	if (mark->on)
		return;
	mark->on = true;
	TAILQ_INSERT_TAIL(&m->marks[mark->kind], mark, link);
}

/* Those of (*,*), and with them of every group. */
void pull_mark_wild(struct mgm *m, const struct iface *ifc)
{
	bool several = m->wild_marked && m->wild_ifid != ifc->ifid;

	m->wild_ifid = several ? 0 : ifc->ifid;
	m->wild_marked = true;
}

void pull_want(struct client_set *set, const struct iface *ifc)
{
	const struct client *c = freeze_owner(ifc);

	if (c)
		set_put(set, c->slot, true);
}

/* Does it count, as (*,G) or with a source, for somebody to pull? */
static bool pulls_any(const struct member *mb)
{
	const struct mgm_sg sg = mgm_sg_of(NULL, &mb->group->addr);

	return freeze_wants_any(mb) &&
	       !rule_denies(mb->iface, MGM_RULE_OUT, &sg);
}

static bool pulls_source(const struct member *mb,
			 const struct mgm_address *source)
{
	const struct mgm_sg sg = mgm_sg_of(source, &mb->group->addr);

	return freeze_includes(mb, source) &&
	       !rule_denies(mb->iface, MGM_RULE_OUT, &sg);
}

void pull_group_wanters(const struct group *g, struct client_set *set)
{
	const struct member *mb;

	for (mb = member_first(g); mb; mb = member_after(mb)) {
		if (pulls_any(mb))
			pull_want(set, mb->iface);
	}
}

static void source_wanters(const struct named *n, struct client_set *set)
{
	const struct mgm_address *addr = &n->source->addr;
	const struct member *mb;

	for (mb = member_first(n->group); mb; mb = member_after(mb)) {
		if (pulls_source(mb, addr))
			pull_want(set, mb->iface);
	}
}

void pull_wild_wanters(const struct mgm *m, struct client_set *set)
{
	const struct iface *ifc;

	TAILQ_FOREACH(ifc, &m->wild, wild_link) {
		if (freeze_wild(ifc))
			pull_want(set, ifc);
	}
}

static void any_count(struct mgm *m, uint32_t on, bool more)
{
	struct iface *ifc = on && on != ANY_MANY ? iface_find(m, on) : NULL;

	if (on)
		m->any_groups += more ? 1 : -1u;
	if (ifc && more)
		ifc->any_here++;
	else if (ifc && ifc->any_here)
		ifc->any_here--;
}

void group_set_any(struct mgm *m, struct group *g, uint32_t on)
{
	const struct mgm_event event = {.type = MGM_EV_VAIN};
	bool was = m->any_groups;

	if (g->any_on == on)
		return;
	any_count(m, g->any_on, false);
	g->any_on = on;
	any_count(m, on, true);
	if (was != (m->any_groups > 0))
		core_event(m, &event);
}

static uint32_t group_any(const struct group *g)
{
	const struct member *mb;
	uint32_t on = 0;

	for (mb = member_first(g); mb; mb = member_after(mb)) {
		if (!pulls_any(mb))
			continue;
		if (on)
			return ANY_MANY;
		on = mb->iface->ifid;
	}
	return on;
}

/*
 * There is no interface towards a group. Where IGMP is alone nobody pulls one,
 * and no protocol that hears of joins pulls it elsewhere.
 */
uint32_t pull_unpulled_groups(const struct mgm *m, const struct iface *ifc)
{
	if (ifc->owner || !ifc->igmp)
		return 0;
	for (uint32_t i = 0; i < m->client_top; i++) {
		const struct client *c = &m->clients[i];

		if (c->used && c->role != MGM_ROLE_IGMP &&
		    alert_wanted(c, AL_JOIN))
			return 0;
	}
	return m->any_groups - ifc->any_here;
}

/*
 * (*,G) of one group. A client that pulls what covers it needs no join for G;
 * that is made up for when it stops pulling that.
 */
static int group_tell(struct mgm *m, struct group *g)
{
	struct alert like = {
		.sg = mgm_sg_of(NULL, &g->addr),
		.ifid = g->mark.ifid,
		.cause = MGM_CAUSE_MEMBERSHIP,
	};
	struct wanted w = {.told = false};
	int err;

	group_set_any(m, g, group_any(g));
	pull_group_wanters(g, &w.wanters);
	range_cover(m, &like.sg, &w.cover);
	err = told_tell(m, &g->pulled, &w, &like);
	if (w.told)
		range_mark_below(m, &like.sg);
	return err;
}

/* The joins of (*,*), or, when all else is told, the prunes. */
static int wild_tell_pulls(struct mgm *m, bool joins)
{
	struct alert like = {
		.sg = MGM_SG_ANY,
		.ifid = joins ? m->wild_ifid : m->wild_end_ifid,
		.cause = MGM_CAUSE_MEMBERSHIP,
	};
	struct client_set set = {0};
	int err = 0;

	pull_wild_wanters(m, &set);
	for (uint16_t i = 0; i < m->client_top && !err; i++) {
		const struct client *c = &m->clients[i];
		bool told = set_has(&m->wild_pulled, i);
		bool wanted = set_others(&set, i);

		if (!c->used || wanted == told)
			continue;
		if (wanted != joins) {
			m->wild_ending = true;
			continue;
		}
		err = alert_send(m, c, wanted ? AL_JOIN : AL_PRUNE, &like);
		if (!err)
			set_put(&m->wild_pulled, i, wanted);
	}
	return err;
}

static int wild_end(struct mgm *m)
{
	int err = m->wild_ending ? wild_tell_pulls(m, false) : 0;

	if (!err)
		m->wild_ending = false;
	return err;
}

/* The owner hears of IGMP's (*,*) here. */
static int wild_tell_local(struct mgm *m, struct iface *ifc)
{
	struct alert like = {.sg = MGM_SG_ANY, .ifid = ifc->ifid};
	const struct client *owner = iface_local_listener(ifc);
	bool now = ifc->wild[SIDE_IGMP] && owner;
	int err = 0;

	if (hs_runs(ifc) || now == ifc->wild_announced)
		return 0;
	if (owner)
		err = alert_send(m, owner, now ? AL_LOCAL_JOIN : AL_LOCAL_LEAVE,
				 &like);
	if (!err)
		ifc->wild_announced = now;
	return err;
}

/* Every group depends on it, too: rare. True once all are told. */
static bool wild_tell(struct mgm *m)
{
	struct hash_node *n, *tmp;
	struct tree_node *t;
	uint32_t i;
	int err;

	if (!m->wild_marked)
		return true;
	err = wild_tell_pulls(m, true);
	m->wild_end_ifid = m->wild_ifid;
	hash_for_each_safe(&m->ifaces, n, tmp, i) {
		struct iface *ifc = hash_entry(n, struct iface, node);

		if (wild_tell_local(m, ifc))
			err = -ENOMEM;
	}
	walk_groups(m);
	tree_for_each(&m->ranges.tree, t)
		mark_set(m, &tree_entry(t, struct range, node)->mark, NULL);
	m->wild_marked = err != 0;
	return !err;
}

/* The alerts of one member, until it is sure that all of them exist. */
struct local {
	const struct client *owner;
	struct alert_list list[2]; /* of more, and of less */
	const struct mgm_address *group;
	uint32_t ifid;
	int err;
};

static void local_add(struct local *l, enum alert_type type,
		      const struct mgm_address *source)
{
	bool more = type == AL_LOCAL_JOIN || type == AL_LOCAL_UNBLOCK;
	struct alert *a;

	if (l->err || !alert_wanted(l->owner, type))
		return;
	a = alert_new(l->owner, type, NULL, 0);
	if (!a) {
		l->err = -ENOMEM;
		return;
	}
	a->sg = mgm_sg_of(source, l->group);
	a->ifid = l->ifid;
	STAILQ_INSERT_TAIL(&l->list[more ? 0 : 1], a, link);
}

/* Those of one list that are not in the other. */
static void local_missing(struct local *l, enum alert_type type,
			  const struct src *list, uint32_t count,
			  const struct src *in, uint32_t in_count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct mgm_address *addr = &list[i].addr;

		if (!src_in(in, in_count, addr))
			local_add(l, type, addr);
	}
}

static void local_compare(struct local *l, const struct member *mb)
{
	const struct side *s = member_side(mb, SIDE_IGMP);
	const struct src *joined = mb->announced;
	const struct src *blocked = joined + mb->announced_count;
	uint32_t join_count = mb->announced_count;
	uint32_t block_count = mb->announced_blocks;

	if (s->any && !mb->any_announced)
		local_add(l, AL_LOCAL_JOIN, NULL);
	local_missing(l, AL_LOCAL_JOIN, s->include, s->include_count, joined,
		      join_count);
	local_missing(l, AL_LOCAL_UNBLOCK, blocked, block_count, s->block,
		      s->block_count);
	local_missing(l, AL_LOCAL_BLOCK, s->block, s->block_count, blocked,
		      block_count);
	if (mb->any_announced && !s->any)
		local_add(l, AL_LOCAL_LEAVE, NULL);
	local_missing(l, AL_LOCAL_LEAVE, joined, join_count, s->include,
		      s->include_count);
}

static void member_forget(struct member *mb)
{
	free(mb->announced);
	mb->announced = NULL;
	mb->announced_count = 0;
	mb->announced_blocks = 0;
	mb->any_announced = false;
}

void pull_void_local(struct member *mb)
{
	if (mb->announcing == mb->iface->announcing)
		return;
	member_forget(mb);
	mb->announcing = mb->iface->announcing;
}

/* Its owner has been told nothing of IGMP's. */
void pull_forget_local(struct iface *ifc)
{
	struct range_member *rm;

	ifc->wild_announced = false;
	ifc->announcing++; /* its members': void */
	TAILQ_FOREACH(rm, &ifc->ranges, in_iface)
		rm->announced = false;
}

/* What it is told: the sources that are included, then those blocked. */
static int local_copy(const struct side *s, struct src **copy)
{
	size_t count = (size_t)s->include_count + s->block_count;

	*copy = count ? malloc(count * sizeof(**copy)) : NULL;
	if (!*copy)
		return count ? -ENOMEM : 0;
	if (s->include_count)
		memcpy(*copy, s->include,
		       s->include_count * sizeof(*s->include));
	if (s->block_count)
		memcpy(*copy + s->include_count, s->block,
		       s->block_count * sizeof(*s->block));
	return 0;
}

/* The owner of the interface hears what IGMP has there and had not. */
static int member_tell(struct mgm *m, struct member *mb)
{
	const struct side *s = member_side(mb, SIDE_IGMP);
	struct local l = {
		.owner = iface_local_listener(mb->iface),
		.group = &mb->group->addr,
		.ifid = mb->iface->ifid,
	};
	struct src *copy = NULL;

	if (hs_runs(mb->iface))
		return 0; /* when that is over */
	pull_void_local(mb);
	if (!l.owner) {
		member_forget(mb);
		return 0;
	}
	STAILQ_INIT(&l.list[0]);
	STAILQ_INIT(&l.list[1]);
	if (local_copy(s, &copy))
		return -ENOMEM;
	local_compare(&l, mb);
	if (l.err) {
		alert_drop(&l.list[0]);
		alert_drop(&l.list[1]);
		free(copy);
		return l.err;
	}
	STAILQ_CONCAT(&m->queue[ALERT_LOCAL_JOIN], &l.list[0]);
	STAILQ_CONCAT(&m->queue[ALERT_LOCAL_LEAVE], &l.list[1]);
	member_forget(mb);
	mb->announced = copy;
	mb->announced_count = s->include_count;
	mb->announced_blocks = s->block_count;
	mb->any_announced = s->any;
	return 0;
}

void named_set_unpulled(struct mgm *m, struct named *n, uint32_t ifid)
{
	const struct mgm_event event = {.type = MGM_EV_VAIN};
	struct iface *ifc;

	if (n->unpulled == ifid)
		return;
	ifc = n->unpulled ? iface_find(m, n->unpulled) : NULL;
	if (ifc && ifc->unpulled)
		ifc->unpulled--;
	n->unpulled = ifid;
	ifc = ifid ? iface_find(m, ifid) : NULL;
	if (ifc)
		ifc->unpulled++;
	core_event(m, &event);
}

/*
 * IGMP alone is on the interface towards a source behind another router, and
 * the source is wanted elsewhere: there is nobody to pull it, whoever wants it.
 */
static bool source_in_vain(const struct named *n, const struct iface *toward)
{
	const struct reverse_path *rib = &n->source->rib;
	const struct member *mb;

	if (!toward || toward->owner || !toward->igmp ||
	    rib->iif != toward->ifid || address_is_any(&rib->upstream))
		return false;
	for (mb = member_first(n->group); mb; mb = member_after(mb)) {
		if (mb->iface != toward && pulls_source(mb, &n->source->addr))
			return true;
	}
	return false;
}

static int source_tell(struct mgm *m, struct named *n)
{
	const struct iface *ifc = flow_rpf_iface(m, n);
	const struct client *owner = ifc ? iface_listener(ifc) : NULL;
	const struct client *told = client_tagged(m, n->pulled);
	struct alert like = {
		.sg = mgm_sg_of(&n->source->addr, &n->group->addr),
		.ifid = n->mark.ifid,
		.cause = MGM_CAUSE_MEMBERSHIP,
	};
	struct client_set set = {0};
	int err = 0;

	if (ifc && hs_runs(ifc))
		return 0; /* whose it is is told when that is over */
	named_set_unpulled(m, n, source_in_vain(n, ifc) ? ifc->ifid : 0);
	source_wanters(n, &set);
	if (owner && !set_others(&set, owner->slot))
		owner = NULL; /* nobody wants it, or only he does */
	if (told == owner)
		return 0;
	if (told)
		err = alert_send(m, told, AL_PRUNE, &like);
	if (err)
		return err;
	n->pulled = NO_TAG;
	if (owner)
		err = alert_send(m, owner, AL_JOIN, &like);
	if (!err)
		n->pulled = client_tag(owner);
	return err;
}

/* Whoever reports what all want hears of each change. */
static int member_tell_watchers(struct mgm *m, const struct member *mb)
{
	const struct alert like = {
		.sg = mgm_sg_of(NULL, &mb->group->addr),
		.ifid = mb->iface->ifid,
	};

	for (uint16_t i = 0; i < m->client_top; i++) {
		const struct client *c = &m->clients[i];

		if (c->used && alert_send(m, c, AL_MEMBERSHIP, &like))
			return -ENOMEM;
	}
	return 0;
}

static int tell_member(struct mgm *m, struct mark *mark)
{
	struct member *mb = hash_entry(mark, struct member, mark);
	struct iface *ifc = mb->iface;
	struct group *g = mb->group;
	int err = member_tell(m, mb);

	if (!err)
		err = member_tell_watchers(m, mb);
	if (err)
		return err;
	member_reap(mb);
	iface_reap(m, ifc);
	group_reap(m, g);
	return 0;
}

static int tell_source(struct mgm *m, struct mark *mark)
{
	struct named *n = hash_entry(mark, struct named, mark);
	struct group *g = n->group;
	int err = source_tell(m, n);

	if (err)
		return err;
	if (!n->count && !n->was && !client_tagged(m, n->pulled))
		named_free(m, n);
	group_reap(m, g);
	return 0;
}

static int tell_group(struct mgm *m, struct mark *mark)
{
	struct group *g = hash_entry(mark, struct group, mark);
	int err = group_tell(m, g);

	if (!err)
		group_reap(m, g);
	return err;
}

/* An MFE, its oifs or its iif, is another than its owner has been told. */
void pull_mark_mfe(struct mgm *m, struct mfe *mfe, bool created)
{
	mfe->untold |= created;
	if (mfe->pull_due)
		return;
	TAILQ_INSERT_TAIL(&m->pulls, mfe, in_pulls);
	mfe->pull_due = true;
}

void pull_unmark_mfe(struct mgm *m, struct mfe *mfe)
{
	if (mfe->pull_due)
		TAILQ_REMOVE(&m->pulls, mfe, in_pulls);
	mfe->pull_due = false;
}

/*
 * The owner of an MFE's iif hears when it gets its first oif and when it has
 * none (RFC 2715 section 4 rules 4 and 5, whoever caused it: the owner sees
 * its own interfaces only). It knows of a new entry by the RPF request. When
 * the iif moves to another owner both are told (rule 1).
 */
int pull_tell_mfe(struct mgm *m, struct mfe *mfe)
{
	const struct client *owner = mfe->iif ? iface_listener(mfe->iif) : NULL;
	bool pull = mfe_oif_count(mfe) > 0, known = mfe->untold && pull;
	const struct client *told = client_tagged(m, mfe->told);
	struct alert like = {
		.sg = mfe_sg(mfe),
		.ifid = mfe->put_iif,
		.cause = MGM_CAUSE_MFE,
	};
	int err = 0;

	if (mfe_void(mfe))
		return 0;
	if (mfe_fixed(mfe))
		owner = NULL; /* it was the owner who made it so */
	if (owner == told && (!owner || pull == mfe->told_pull))
		return 0;
	if (told && told != owner && mfe->told_pull)
		err = alert_send(m, told, AL_PRUNE, &like);
	if (!err)
		mfe->told = NO_TAG;
	if (!err && owner && !known)
		err = alert_send(m, owner, pull ? AL_JOIN : AL_PRUNE, &like);
	if (err)
		return err;
	mfe->told = client_tag(owner);
	mfe->told_pull = pull;
	return 0;
}

static bool heard(const struct mgm *m, enum alert_type type)
{
	for (uint32_t i = 0; i < m->client_top; i++) {
		if (m->clients[i].used && alert_wanted(&m->clients[i], type))
			return true;
	}
	return false;
}

/* To the owners of its iif, unless it was given up, and of its oifs, each once.
 */
static void tell_owners(struct mgm *m, const struct mfe *mfe,
			enum alert_type type, int result)
{
	const struct iface *ifc = iface_find(m, mfe->put_iif);
	struct alert like = {
		.sg = mfe_sg(mfe),
		.ifid = mfe->put_iif,
		.result = result,
	};
	struct client_set told = {{0}};

	if (!heard(m, type))
		return;
	for (uint32_t i = 0; i <= mfe_oif_count(mfe); i++) {
		const struct client *c = ifc ? iface_listener(ifc) : NULL;

		if (mfe_given_up(mfe) && ifc == mfe->iif)
			c = NULL;
		if (c && !set_has(&told, c->slot) &&
		    alert_send(m, c, type, &like))
			m->counters.alerts_lost++;
		if (c)
			set_put(&told, c->slot, true);
		if (i < mfe_oif_count(mfe))
			ifc = iface_find(m, mfe->oifs->list[i]);
	}
}

void pull_mfe_deleted(struct mgm *m, const struct mfe *mfe,
		      enum mgm_deletion why)
{
	tell_owners(m, mfe, AL_MFE_DELETED, (int)why);
}

/* An MFE evaluated twice in one call has one alert, or none. */
static void tell_mfes(struct mgm *m)
{
	struct mfe_list again = TAILQ_HEAD_INITIALIZER(again);
	struct mfe *mfe;

	while ((mfe = TAILQ_FIRST(&m->pulls)) && work_step(m)) {
		pull_unmark_mfe(m, mfe);
		if (mfe_void(mfe)) {
			mfe_let_go(m, mfe);
			continue;
		}
		if (!pull_tell_mfe(m, mfe)) {
			if (mfe->untold)
				tell_owners(m, mfe, AL_MFE_MADE, 0);
			mfe->untold = false;
			continue;
		}
		TAILQ_INSERT_TAIL(&again, mfe, in_pulls);
		mfe->pull_due = true;
	}
	TAILQ_CONCAT(&m->pulls, &again, in_pulls);
}

/* Those of one kind that are marked; true once all are told. */
static bool tell_marked(struct mgm *m, enum mark_kind kind,
			int (*tell)(struct mgm *, struct mark *))
{
	struct mark_list again = TAILQ_HEAD_INITIALIZER(again);
	struct mark *mark;

	while ((mark = TAILQ_FIRST(&m->marks[kind])) && work_step(m)) {
		TAILQ_REMOVE(&m->marks[kind], mark, link);
		mark->on = false;
		if (!tell(m, mark))
			continue;
		TAILQ_INSERT_TAIL(&again, mark, link);
		mark->on = true;
	}
	TAILQ_CONCAT(&m->marks[kind], &again, link);
	return TAILQ_EMPTY(&m->marks[kind]);
}

/* Works out and queues the alerts of everything that is marked. */
void pull_tell(struct mgm *m)
{
	bool wide;

	tell_mfes(m);
	wide = wild_tell(m);
	walk_run_groups(m);
	tell_marked(m, MARK_MEMBER, tell_member);
	tell_marked(m, MARK_RANGE_MEMBER, range_tell_member);
	tell_marked(m, MARK_SOURCE, tell_source);
	/* What is narrow depends on who pulls what is wide: in that order; and
	 * who is not to pull that any more hears what is uncovered first. */
	if (wide && !m->walks.groups.on &&
	    range_tell_marked(m, MARK_RANGE_GROUPS) &&
	    walk_run_ranges(m, RANGE_GROUPS) &&
	    tell_marked(m, MARK_GROUP, tell_group) &&
	    range_tell_marked(m, MARK_RANGE_SOURCES) && !wild_end(m))
		tell_marked(m, MARK_RANGE_ENDING, range_tell_ending);
}

/* Who registers late learns what is joined by enumeration, not by alerts. */
void pull_registered(struct mgm *m, const struct client *c)
{
	struct client_set wild = {0};

	pull_wild_wanters(m, &wild);
	set_put(&m->wild_pulled, c->slot, set_others(&wild, c->slot));
}

/* The slot may be someone else's soon. */
void pull_client_gone(struct mgm *m, const struct client *c)
{
	range_client_gone(m, c);
	if (!set_has(&m->wild_pulled, c->slot))
		return;
	set_put(&m->wild_pulled, c->slot, false);
	/* There may be groups that last because it was told of them. */
	if (!m->wild_marked)
		m->wild_ifid = 0;
	m->wild_marked = true;
}
