/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Playing the manager and its model: calls (mgm_model_say.c, mgm_model_live.c),
 * and what is compared after each (mgm_model_heard.c, mgm_model_check.c), or,
 * with slices, after several (mgm_model_burst.c). In which order,
 * test_mgm_model.c picks.
 */
#ifndef XMGM_TESTS_MGM_MODEL_PLAY_H
#define XMGM_TESTS_MGM_MODEL_PLAY_H

#include "mgm_model_count.h"
#include "mgm_model_stage.h"

/* mgm_model_heard.c */
void check_alerts(struct play *p);
const char *alert_text(const struct model_alert *a);
void alerts_print(const char *title, const struct model_alert *list,
		  unsigned int count);
/* The request this is has to exist; its token is known from here. */
bool request_seen(struct play *p, const struct model_alert *a, uint64_t token);
/* Of a flow that may have gone either way (model_flow_either). */
bool told_of_open(const struct play *p, const struct model_alert *a);

/* Has he been told of this one, whatever its iif was by then? */
bool deletion_told(const struct model_alert *a, const struct model_alert *list,
		   unsigned int count);

/* mgm_model_burst.c */
/* What a burst of calls has told, as net differences. */
void check_burst(struct play *p);

/* mgm_model_check.c */
void check_interface(struct play *p, uint32_t ifid, bool was_owned);
void check_walk(struct play *p);
void check_rib(struct play *p, const struct model_best was[SOURCES]);
void check_read(struct play *p, uint32_t s, uint32_t g);
void check_step(struct play *p, const bool was_owned[IFS + 1]);

/* mgm_model_say.c */
/* A call, or what else happens, is about to; who calls speaks. */
void note(struct play *p, const char *name, int who, uint32_t a, uint32_t b,
	  uint32_t c, uint32_t d);
void agree(struct play *p, int got, int want);
bool may_call(const struct play *p, int who);
struct mgm_client *caller(const struct play *p, int who);
int writer_of(struct play *p, int who, uint32_t ifid);
void play_membership(struct play *p, int who, uint32_t ifid);
void play_prefix(struct play *p, int who, uint32_t ifid);
void play_set(struct play *p, int who, uint32_t ifid);
void play_batch(struct play *p, int who, uint32_t ifid);
void play_again(struct play *p, uint32_t ifid);
void play_route(struct play *p, int who, uint32_t ifid);
void play_rib(struct play *p, int who, uint32_t ifid);
void play_switch(struct play *p, int who, uint32_t ifid);

/* mgm_model_live.c */
void play_register(struct play *p, int k);
void play_register_foul(struct play *p, int who);
void play_own(struct play *p, int who, uint32_t ifid);
void play_answer(struct play *p, int who, uint32_t ifid);
void play_reply(struct play *p);
void play_packet(struct play *p, uint32_t arrival);
void play_time(struct play *p);
void play_world(struct play *p, uint32_t ifid);
void play_end(struct play *p, int who);
void play_death(struct play *p, int who, bool dead);
void play_leave(struct play *p, uint32_t ifid);
void play_settled(struct play *p, int who);
void play_lost(struct play *p, int who, uint32_t ifid, uint32_t what);
bool play_returned(struct play *p, int who, uint32_t ifid, uint32_t what);

#endif /* XMGM_TESTS_MGM_MODEL_PLAY_H */
