/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aging: when forwarding entries go that nobody uses (age.c).
 */
#ifndef XMGM_MGM_AGE_H
#define XMGM_MGM_AGE_H

#include <stdbool.h>
#include <stdint.h>

struct mfe;
struct mgm;

void age_arm(struct mgm *m, struct mfe *mfe, uint64_t expires_ms);
void age_disarm(struct mgm *m, struct mfe *mfe);
void age_negative(struct mgm *m, struct mfe *mfe, bool negative);
uint64_t age_expiry(struct mgm *m, const struct mfe *mfe);
void age_tick(struct mgm *m);
uint64_t age_next(const struct mgm *m);

#endif /* XMGM_MGM_AGE_H */
