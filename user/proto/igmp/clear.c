/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Forgetting what hosts have said on an interface: a piece at a time, because
 * the manager is told of every group, and there may be a hundred thousand. What
 * is reported meanwhile may be forgotten as well: when all has been looked at,
 * everybody is asked.
 */
#include "internal.h"

static void forget(struct igmp_group *g)
{
	struct igmp_router *r = g->in->router;

	if (igmp_view_room(g, 0)) {
		igmp_count(g->in, IGMP_N_NO_MEMORY);
		return;
	}
	igmp_view_fill(g, &r->before);
	igmp_group_forget(g);
	igmp_view_fill(g, &r->after);
	igmp_view_tell(g);
	igmp_group_reap(g);
}

static void forget_some(struct igmp_interface *in, uint64_t now_ms)
{
	struct timers *timers = &in->router->timers;

	for (uint32_t i = 0; i < IGMP_TURN; i++) {
		struct igmp_group *g = igmp_group_after(in, in->clear.group);

		if (!g) {
			if (igmp_interface_asks(in))
				igmp_interface_startup(in, now_ms);
			return;
		}
		in->clear.group = g->group;
		forget(g);
	}
	timer_set(timers, &in->clear.timer, now_ms + 1);
}

static void clear_fire(struct timer *timer, uint64_t now_ms)
{
	struct igmp_clear *clear =
		igmp_container(timer, struct igmp_clear, timer);

	forget_some(igmp_container(clear, struct igmp_interface, clear),
		    now_ms);
}

void igmp_clear_init(struct igmp_interface *in)
{
	in->clear.timer.fire = clear_fire;
}

void igmp_clear_stop(struct igmp_interface *in)
{
	timer_set(&in->router->timers, &in->clear.timer, TIMER_NEVER);
}

void igmp_interface_clear(struct igmp_interface *in, uint64_t now_ms)
{
	igmp_clear_stop(in);
	in->clear.group.s_addr = 0;
	igmp_hosts_all_unsure(in, now_ms);
	forget_some(in, now_ms);
}
