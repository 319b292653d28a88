/* SPDX-License-Identifier: GPL-2.0-only */
/* What the other parts of the model need of its queries. */
#ifndef XMGM_TESTS_IGMP_MODEL_QUERY_H
#define XMGM_TESTS_IGMP_MODEL_QUERY_H

#include "igmp_model.h"

uint64_t model_gmi(const struct model *m);
uint64_t model_older_host_present(const struct model *m);
uint32_t model_lmqc(const struct model *m);
uint64_t model_startup_ms(const struct model *m);
bool model_can_query(const struct model *m);
bool model_asks(const struct model *m);
bool model_send(struct model *m, uint32_t group, bool suppress,
		uint32_t sources, uint32_t response_ms);
void model_cannot_ask(struct model *m, struct model_group *g);
uint64_t model_token_ms(const struct model *m);
void model_take_token(struct model *m);
void model_line_up(struct model *m, struct model_group *g);
uint32_t model_first_in_line(const struct model *m);
void model_q_group(struct model *m, uint32_t number);
void model_q_sources(struct model *m, uint32_t number, uint32_t sources);

#endif /* XMGM_TESTS_IGMP_MODEL_QUERY_H */
