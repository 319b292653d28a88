/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Alerts: what may have to be told is marked, and worked out when that is due
 * (pull.c); what is to be told is queued by class, and delivered by the
 * outermost call (alert.c).
 */
#ifndef XMGM_MGM_ALERT_H
#define XMGM_MGM_ALERT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "mgm/client.h"
#include "xmgm/mgm.h"

struct group;
struct iface;
struct member;
struct mfe;
struct mgm;

/* Something whose alerts have to be worked out. */
enum mark_kind {
	MARK_MEMBER,
	MARK_SOURCE,
	MARK_GROUP,
	MARK_RANGE_MEMBER,
	MARK_RANGE_GROUPS,
	MARK_RANGE_SOURCES,
	MARK_RANGE_ENDING,
	MARK_KINDS,
};

TAILQ_HEAD(mark_list, mark);

struct mark {
	TAILQ_ENTRY(mark) link; /* in m->marks of its kind, if `on` */
	uint32_t ifid;		/* where the cause was; 0: several, or none */
	uint8_t kind;		/* enum mark_kind */
	bool on;
	bool several;
};

/* Alerts leave in this order. */
enum alert_class {
	ALERT_LOCAL_JOIN,
	ALERT_JOIN,
	ALERT_PRUNE,
	ALERT_LOCAL_LEAVE,
	ALERT_OWNERSHIP,
	ALERT_INTERFACE,
	ALERT_MFE,
	ALERT_DIRECT,
	ALERT_CLASSES,
};

enum alert_type {
	AL_RPF,
	AL_CREATION,
	AL_JOIN,
	AL_PRUNE,
	AL_LOCAL_JOIN,
	AL_LOCAL_LEAVE,
	AL_WRONG_IF,
	AL_DISABLE,
	AL_ENABLE,
	AL_OWNERSHIP,
	AL_RIB,
	AL_INTERFACE,
	AL_INTERFACE_GONE,
	AL_MFE_MADE,
	AL_MFE_DELETED,
	AL_LOCAL_BLOCK,
	AL_LOCAL_UNBLOCK,
	AL_MEMBERSHIP,
	AL_TYPES,
};

STAILQ_HEAD(alert_list, alert);

struct alert {
	STAILQ_ENTRY(alert) link;
	enum alert_type type;
	uint16_t slot; /* to whom, if the generation is still his */
	uint32_t generation;
	struct mgm_sg sg;
	uint32_t ifid;
	uint32_t iif;
	uint32_t epoch;
	int result;
	enum mgm_cause cause;
	uint64_t token;
	struct mgm_address upstream;
	struct mgm_creation_oif *oifs;
	size_t oif_count;
	size_t packet_len;
	uint8_t packet[]; /* packet_len bytes */
};

/* alert.c: the queue and its delivery. */
struct alert *alert_new(const struct client *c, enum alert_type type,
			const uint8_t *packet, size_t len);
void alert_push(struct mgm *m, struct alert *a, enum alert_class class);
uint32_t alert_heard(const struct mgm_callbacks *cb);
bool alert_wanted(const struct client *c, enum alert_type type);
int alert_send(struct mgm *m, const struct client *c, enum alert_type type,
	       const struct alert *like);
void alert_ready(struct mgm *m);
void alert_deliver(struct mgm *m);
void alert_free(struct alert *a);
/* All that are on the list. */
void alert_drop(struct alert_list *list);

/* pull.c: who has to be told what. */
void pull_want(struct client_set *set, const struct iface *ifc);
void pull_group_wanters(const struct group *g, struct client_set *set);
void pull_wild_wanters(const struct mgm *m, struct client_set *set);
void mark_init(struct mark *mark, enum mark_kind kind);
void mark_set(struct mgm *m, struct mark *mark, const struct iface *ifc);
void mark_clear(struct mgm *m, struct mark *mark);
void pull_mark_wild(struct mgm *m, const struct iface *ifc);
void pull_tell(struct mgm *m);
void pull_forget_local(struct iface *ifc);
uint32_t pull_unpulled_groups(const struct mgm *m, const struct iface *ifc);
/* Of one of its members, after that. */
void pull_void_local(struct member *mb);
void pull_registered(struct mgm *m, const struct client *c);
void pull_client_gone(struct mgm *m, const struct client *c);
void pull_mark_mfe(struct mgm *m, struct mfe *mfe, bool created);
void pull_unmark_mfe(struct mgm *m, struct mfe *mfe);
void pull_mfe_deleted(struct mgm *m, const struct mfe *mfe,
		      enum mgm_deletion why);
int pull_tell_mfe(struct mgm *m, struct mfe *mfe);

#endif /* XMGM_MGM_ALERT_H */
