/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aging: when forwarding entries go that nobody uses (age.c).
 */
#ifndef XMGM_MGM_AGE_H
#define XMGM_MGM_AGE_H

#include <stdbool.h>
#include <stdint.h>

#include "mgm/mfe.h"

struct mgm;

/*
 * Its time begins, by its oifs, or, without any, by `life`; timeout_ms: of
 * LIFE_SAID, else 0. -ENOMEM: it goes on as it was, if timeout_ms is not 0.
 */
int age_begin(struct mgm *m, struct mfe *mfe, enum mfe_life life,
	      uint32_t timeout_ms);
/* All of the time that it has when it is not used. */
uint32_t age_timeout(const struct mgm *m, const struct mfe *mfe);
/* Has it an end, unless it is used? */
bool age_armed(const struct mfe *mfe);
void age_disarm(struct mgm *m, struct mfe *mfe);
void age_negative(struct mgm *m, struct mfe *mfe, bool negative);
uint64_t age_expiry(struct mgm *m, const struct mfe *mfe);
void age_tick(struct mgm *m);
uint64_t age_next(const struct mgm *m);

#endif /* XMGM_MGM_AGE_H */
