/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alerts: queued by class while a call runs, put in order when it ends, and
 * delivered by the outermost call only. A client that is gone by then gets
 * nothing.
 */
#include "mgm/internal.h"

/* The types that there is a callback for, as bits. */
uint32_t alert_heard(const struct mgm_callbacks *cb)
{
	const bool heard[AL_TYPES] = {
		[AL_RPF] = cb->rpf != NULL,
		[AL_CREATION] = cb->creation != NULL,
		[AL_JOIN] = cb->join != NULL,
		[AL_PRUNE] = cb->prune != NULL,
		[AL_LOCAL_JOIN] = cb->local_join != NULL,
		[AL_LOCAL_LEAVE] = cb->local_leave != NULL,
		[AL_WRONG_IF] = cb->wrong_if != NULL,
		[AL_DISABLE] = cb->disable_igmp != NULL,
		[AL_ENABLE] = cb->enable_igmp != NULL,
		[AL_OWNERSHIP] = cb->ownership != NULL,
		[AL_RIB] = cb->rib_changed != NULL,
		[AL_INTERFACE] = cb->interface_changed != NULL,
		[AL_INTERFACE_GONE] = cb->interface_gone != NULL,
		[AL_MFE_MADE] = cb->mfe_made != NULL,
		[AL_MFE_DELETED] = cb->mfe_deleted != NULL,
		[AL_LOCAL_BLOCK] = cb->local_block != NULL,
		[AL_LOCAL_UNBLOCK] = cb->local_unblock != NULL,
		[AL_MEMBERSHIP] = cb->membership_changed != NULL,
	};
	uint32_t bits = 0;

	for (uint32_t type = 0; type < AL_TYPES; type++)
		bits |= (uint32_t)heard[type] << type;
	return bits;
}

/* The client's callback for the type is there, and may be called. */
bool alert_wanted(const struct client *c, enum alert_type type)
{
	if (!c || c->dead || !(c->heard >> type & 1))
		return false;
	return !c->silent || (type != AL_RPF && type != AL_CREATION);
}

/* An alert with a copy of the first bytes of packet; NULL: no memory. */
struct alert *alert_new(const struct client *c, enum alert_type type,
			const uint8_t *packet, size_t len)
{
	size_t keep = packet ? (len < MGM_PACKET_COPY ? len : MGM_PACKET_COPY)
			     : 0;
	struct alert *a = calloc(1, sizeof(*a) + keep);

	if (!a)
		return NULL;
	a->type = type;
	a->slot = c->slot;
	a->generation = c->generation;
	a->packet_len = keep;
	if (keep)
		memcpy(a->packet, packet, keep);
	return a;
}

void alert_free(struct alert *a)
{
	free(a->oifs);
	free(a);
}

void alert_drop(struct alert_list *list)
{
	struct alert *a;

	while ((a = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, link);
		alert_free(a);
	}
}

void alert_push(struct mgm *m, struct alert *a, enum alert_class class)
{
	STAILQ_INSERT_TAIL(&m->queue[class], a, link);
}

/* Queues a copy of *like for c, if it has the callback. */
int alert_send(struct mgm *m, const struct client *c, enum alert_type type,
	       const struct alert *like)
{
	static const enum alert_class classes[AL_TYPES] = {
		[AL_RPF] = ALERT_DIRECT,
		[AL_CREATION] = ALERT_DIRECT,
		[AL_JOIN] = ALERT_JOIN,
		[AL_PRUNE] = ALERT_PRUNE,
		[AL_LOCAL_JOIN] = ALERT_LOCAL_JOIN,
		[AL_LOCAL_LEAVE] = ALERT_LOCAL_LEAVE,
		[AL_WRONG_IF] = ALERT_DIRECT,
		[AL_DISABLE] = ALERT_DIRECT,
		[AL_ENABLE] = ALERT_DIRECT,
		[AL_OWNERSHIP] = ALERT_OWNERSHIP,
		[AL_RIB] = ALERT_DIRECT,
		[AL_INTERFACE] = ALERT_INTERFACE,
		[AL_INTERFACE_GONE] = ALERT_INTERFACE,
		[AL_MFE_MADE] = ALERT_MFE,
		[AL_MFE_DELETED] = ALERT_MFE,
		[AL_LOCAL_BLOCK] = ALERT_LOCAL_LEAVE,
		[AL_LOCAL_UNBLOCK] = ALERT_LOCAL_JOIN,
		[AL_MEMBERSHIP] = ALERT_DIRECT,
	};
	struct alert *a;

	if (!alert_wanted(c, type))
		return 0;
	a = alert_new(c, type, NULL, 0);
	if (!a)
		return -ENOMEM;
	a->sg = like->sg;
	a->ifid = like->ifid;
	a->epoch = like->epoch;
	a->result = like->result;
	a->cause = like->cause;
	alert_push(m, a, classes[type]);
	return 0;
}

/*
 * The call is over: what it caused, in the order of the classes. The end of a
 * handshake is reported when all that came of it is.
 */
void alert_ready(struct mgm *m)
{
	for (size_t i = 0; i < ALERT_CLASSES; i++) {
		if (i != ALERT_OWNERSHIP || !work_left(m) || work_overdue(m))
			STAILQ_CONCAT(&m->ready, &m->queue[i]);
	}
}

/* A pruned MFE lives longer than one nobody was told of; its owner may say
 * how long, also while it is told. */
static void deliver_prune(struct mgm *m, const struct client *c,
			  const struct alert *a)
{
	struct mfe *mfe;

	if (a->cause == MGM_CAUSE_MFE) {
		mfe = mfe_find(m, a->sg);
		if (mfe && mfe->negative && mfe->told == client_tag(c))
			age_begin(m, mfe, LIFE_PRUNED, 0);
	}
	c->callbacks.prune(c->arg, a->sg, a->ifid, a->cause);
}

static void deliver_rpf(const struct client *c, const struct alert *a)
{
	const struct mgm_rpf rpf = {
		.size = sizeof(rpf),
		.flow = a->sg,
		.arrival = a->ifid,
		.iif = a->iif,
		.upstream = a->upstream,
		.packet = a->packet_len ? a->packet : NULL,
		.packet_len = a->packet_len,
	};

	c->callbacks.rpf(c->arg, a->token, &rpf);
}

/* What is only told, and asks for nothing. */
static void deliver_news(const struct client *c, const struct alert *a)
{
	const struct mgm_callbacks *cb = &c->callbacks;

	switch (a->type) {
	case AL_RIB:
		cb->rib_changed(c->arg, &a->sg.source);
		break;
	case AL_INTERFACE:
		cb->interface_changed(c->arg, a->ifid);
		break;
	case AL_INTERFACE_GONE:
		cb->interface_gone(c->arg, a->ifid);
		break;
	case AL_MFE_MADE:
		cb->mfe_made(c->arg, a->sg, a->ifid);
		break;
	case AL_MFE_DELETED:
		cb->mfe_deleted(c->arg, a->sg, a->ifid,
				(enum mgm_deletion)a->result);
		break;
	case AL_LOCAL_BLOCK:
		cb->local_block(c->arg, a->sg, a->ifid);
		break;
	case AL_LOCAL_UNBLOCK:
		cb->local_unblock(c->arg, a->sg, a->ifid);
		break;
	case AL_MEMBERSHIP:
		cb->membership_changed(c->arg, a->sg, a->ifid);
		break;
	default:
		break;
	}
}

static void deliver(struct mgm *m, const struct client *c,
		    const struct alert *a)
{
	const struct mgm_callbacks *cb = &c->callbacks;

	switch (a->type) {
	case AL_RPF:
		deliver_rpf(c, a);
		break;
	case AL_CREATION:
		cb->creation(c->arg, a->token, a->sg, a->iif, a->oifs,
			     a->oif_count);
		break;
	case AL_JOIN:
		cb->join(c->arg, a->sg, a->ifid, a->cause);
		break;
	case AL_PRUNE:
		deliver_prune(m, c, a);
		break;
	case AL_LOCAL_JOIN:
		cb->local_join(c->arg, a->sg, a->ifid);
		break;
	case AL_LOCAL_LEAVE:
		cb->local_leave(c->arg, a->sg, a->ifid);
		break;
	case AL_WRONG_IF:
		cb->wrong_if(c->arg, a->sg, a->ifid, a->iif,
			     a->packet_len ? a->packet : NULL, a->packet_len);
		break;
	case AL_DISABLE:
		cb->disable_igmp(c->arg, a->ifid, a->epoch);
		break;
	case AL_ENABLE:
		cb->enable_igmp(c->arg, a->ifid, a->epoch);
		break;
	case AL_OWNERSHIP:
		cb->ownership(c->arg, a->ifid, a->epoch, a->result);
		break;
	default:
		deliver_news(c, a);
	}
}

void alert_deliver(struct mgm *m)
{
	struct alert *a;

	if (m->delivering)
		return;
	m->delivering = true;
	while ((a = STAILQ_FIRST(&m->ready))) {
		const struct client *c = &m->clients[a->slot];

		STAILQ_REMOVE_HEAD(&m->ready, link);
		if (c->used && !c->dead && c->generation == a->generation)
			deliver(m, c, a);
		alert_free(a);
	}
	m->delivering = false;
}
