/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Aging: a wheel of one-second slots holds every MFE that can expire. An
 * entry that forwards is asked for its last use only when its time is up, and
 * a tick looks at a bounded number of them. Negative entries are also on a
 * list, oldest first: there is a limit to them.
 */
#include "mgm/internal.h"

bool age_armed(const struct mfe *mfe)
{
	return mfe->ages && mfe->age->expires_ms != FOREVER;
}

void age_disarm(struct mgm *m, struct mfe *mfe)
{
	if (!mfe->ages)
		return;
	if (mfe->age->wheel_slot >= 0)
		TAILQ_REMOVE(&m->wheel[mfe->age->wheel_slot], mfe,
			     age->in_wheel);
	mfe->age->wheel_slot = -1;
	mfe->age->expires_ms = FOREVER;
}

static void age_arm(struct mgm *m, struct mfe *mfe, uint64_t expires_ms)
{
	uint64_t step = expires_ms / WHEEL_STEP_MS + 1;

	if (!mfe->ages)
		return;
	age_disarm(m, mfe);
	if (step <= m->wheel_step)
		step = m->wheel_step + 1;
	mfe->age->expires_ms = expires_ms;
	mfe->age->wheel_slot = (int16_t)(step % WHEEL_SLOTS);
	TAILQ_INSERT_TAIL(&m->wheel[mfe->age->wheel_slot], mfe, age->in_wheel);
}

uint32_t age_timeout(const struct mgm *m, const struct mfe *mfe)
{
	if (mfe_oif_count(mfe))
		return m->limits.mfe_idle_ms;
	if (mfe->life == LIFE_PRUNED)
		return MGM_PRUNE_TIMEOUT_MS;
	if (mfe->life == LIFE_SAID)
		return mfe->aside ? mfe->aside->timeout_ms : 0;
	return m->limits.negative_ms;
}

int age_begin(struct mgm *m, struct mfe *mfe, enum mfe_life life,
	      uint32_t timeout_ms)
{
	if (timeout_ms && !mfe_aside(mfe))
		return -ENOMEM;
	mfe->life = life;
	if (mfe->aside) {
		mfe->aside->timeout_ms = timeout_ms;
		mfe_aside_reap(mfe);
	}
	age_arm(m, mfe, m->now_ms + age_timeout(m, mfe));
	return 0;
}

void age_negative(struct mgm *m, struct mfe *mfe, bool negative)
{
	if (mfe->negative == negative || !mfe->ages)
		return;
	mfe->negative = negative;
	if (negative) {
		TAILQ_INSERT_TAIL(&m->negative, mfe, age->in_negative);
		m->negative_count++;
	} else {
		TAILQ_REMOVE(&m->negative, mfe, age->in_negative);
		m->negative_count--;
	}
}

/* When it will die if it is not used any more. */
uint64_t age_expiry(struct mgm *m, const struct mfe *mfe)
{
	struct mgm_sg sg = mfe_sg(mfe);
	struct mgm_mfe_counts read = {0};
	uint64_t expires;

	if (!age_armed(mfe))
		return FOREVER;
	if (!mfe_oif_count(mfe))
		return mfe->age->expires_ms;
	if (m->hooks->mfe_read(m->hooks->arg, &sg, &read))
		return mfe->age->expires_ms;
	expires = read.last_used_ms + m->limits.mfe_idle_ms;
	return expires > mfe->age->expires_ms ? expires : mfe->age->expires_ms;
}

/* Visits what is due in a slot; false: the rest has to wait for its turn. */
static bool age_slot(struct mgm *m, struct mfe_list *slot)
{
	struct mfe *mfe = TAILQ_FIRST(slot), *next;

	for (; mfe; mfe = next) {
		uint64_t expires;

		next = TAILQ_NEXT(mfe, age->in_wheel);
		if (mfe->age->expires_ms > m->now_ms)
			continue;
		if (!work_step(m))
			return false;
		if (mfe_void(mfe)) {
			mfe_let_go(m, mfe);
			continue;
		}
		expires = age_expiry(m, mfe);
		if (expires > m->now_ms)
			age_arm(m, mfe, expires);
		else
			mfe_delete(m, mfe, MGM_DELETED_UNUSED);
	}
	return true;
}

void age_tick(struct mgm *m)
{
	uint64_t step = m->now_ms / WHEEL_STEP_MS;

	if (step > m->wheel_step + WHEEL_SLOTS)
		m->wheel_step = step - WHEEL_SLOTS;
	while (m->wheel_step < step) {
		uint64_t next = m->wheel_step + 1;

		if (!age_slot(m, &m->wheel[next % WHEEL_SLOTS]))
			return;
		m->wheel_step = next;
	}
}

/* When a tick is wanted for this. */
uint64_t age_next(const struct mgm *m)
{
	return m->mfe_count ? (m->wheel_step + 1) * WHEEL_STEP_MS : FOREVER;
}
