/* SPDX-License-Identifier: GPL-2.0-only */
/* The model's words in those of the router, and the hosts of both compared. */
#ifndef XMGM_TESTS_IGMP_MODEL_CHECK_H
#define XMGM_TESTS_IGMP_MODEL_CHECK_H

#include "igmp_model.h"
#include "proto/igmp/internal.h"

struct igmp_config model_config_of(const struct model_config *c);

/* How many hosts are listed otherwise than in the model's set; *what says
 * where. Host number n is 10.1.0.n, number 0 has no address; source number n is
 * 10.0.0.n+1. */
uint32_t model_check_hosts(const struct model *m, uint32_t group,
			   const struct igmp_group *g, const char **what);

#endif /* XMGM_TESTS_IGMP_MODEL_CHECK_H */
