/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a router's trees have to be, worked out anew from what there is: the
 * prunes and grafts that have reached it, what hosts want, and its routes. No
 * state but a list of messages with their times; to be compared with the plane.
 */
#ifndef XMGM_TESTS_DVMRP_MODEL_H
#define XMGM_TESTS_DVMRP_MODEL_H

#include "dvmrp_net.h"

struct model;

struct model *model_new(struct net *net);
void model_free(struct model *m);
/* This router has begun anew. */
void model_forget(struct model *m, unsigned int router);
/* Each MFE of each router goes where it has to, and nowhere else. */
void model_check(struct model *m);
/* Nobody has any state of a flow left. */
void model_check_empty(struct model *m);

#endif /* XMGM_TESTS_DVMRP_MODEL_H */
