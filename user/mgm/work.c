/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much work a call or a tick may do. Who works something off asks for
 * each step; who is refused leaves the rest where it is, in order, and comes
 * back with the next call or tick.
 */
#include "mgm/internal.h"

void work_begin(struct mgm *m)
{
	const uint64_t since = m->work.more ? m->work.since_ms : FOREVER;

	m->work = (struct work){.left = m->limits.slice, .since_ms = since};
}

void work_reading(struct mgm *m)
{
	if (m->depth == 1)
		m->work.left = 0;
}

void work_later(struct mgm *m)
{
	if (m->work.since_ms == FOREVER)
		m->work.since_ms = m->now_ms;
	m->work.more = true;
}

bool work_step(struct mgm *m)
{
	if (!m->work.left) {
		work_later(m);
		return false;
	}
	work_charge(m, 1);
	return true;
}

bool work_overdue(const struct mgm *m)
{
	return m->work.since_ms != FOREVER &&
	       m->now_ms - m->work.since_ms > WORK_OVERDUE_MS;
}

void work_charge(struct mgm *m, uint32_t steps)
{
	m->counters.steps += steps;
	m->work.left -= steps < m->work.left ? steps : m->work.left;
}

bool work_left(const struct mgm *m)
{
	return m->work.more;
}
