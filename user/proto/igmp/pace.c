/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See pace.h. One message may ask for hundreds of queries (RFC 9776 section
 * 6.6.3), a LAN that goes off for many thousands: sent at once they would be
 * lost in the switch or in hosts, and the answers in us. So each interface has
 * a token bucket; up to a tenth of a second's worth leaves at once.
 *
 * What waits is the group, not a query: what comes to be asked about it
 * meanwhile, by other records or other hosts, leaves with it. Its timers are
 * lowered when the query leaves, and those of a repeat that waits do not run:
 * nobody is given up for what he was not asked (query.c).
 */
#include "internal.h"

static struct igmp_interface *of_timer(struct timer *timer)
{
	struct igmp_pace *pace = igmp_container(timer, struct igmp_pace, timer);

	return igmp_container(pace, struct igmp_interface, pace);
}

static void look_again(struct igmp_interface *in)
{
	in->pace.due = true;
	in->router->pace_due = true;
}

static void pace_fire(struct timer *timer, uint64_t now_ms)
{
	(void)now_ms;
	look_again(of_timer(timer));
}

void igmp_pace_init(struct igmp_interface *in)
{
	in->pace.timer.fire = pace_fire;
	for (int i = 0; i < IGMP_TURNS; i++)
		in->pace.queues[i].end = &in->pace.queues[i].head;
}

/* --- the bucket ------------------------------------------------------ */

static uint32_t rate_of(const struct igmp_interface *in)
{
	return in->config.query_rate ? in->config.query_rate : IGMP_QUERY_RATE;
}

static uint64_t step_us(const struct igmp_interface *in)
{
	return 1000000 / rate_of(in);
}

/* Before this the bucket has no token. */
static uint64_t token_us(const struct igmp_interface *in)
{
	uint32_t burst = rate_of(in) / 10;
	uint64_t depth_us = step_us(in) * (burst ? burst : 1);
	uint64_t at_us = in->pace.full_us + step_us(in);

	return at_us > depth_us ? at_us - depth_us : 0;
}

void igmp_pace_charge(struct igmp_interface *in, uint64_t now_ms)
{
	uint64_t now_us = now_ms * 1000;

	if (in->pace.full_us < now_us)
		in->pace.full_us = now_us;
	in->pace.full_us += step_us(in);
}

/* --- who waits ------------------------------------------------------- */

static void unlink_group(struct igmp_group *g)
{
	struct igmp_queue *queue = &g->in->pace.queues[g->turn];

	*g->turn_link = g->turn_next;
	if (g->turn_next)
		g->turn_next->turn_link = g->turn_link;
	else
		queue->end = g->turn_link;
	g->turn = IGMP_NO_TURN;
	g->in->pace.waiting--;
}

void igmp_pace_want(struct igmp_group *g, enum igmp_turn turn)
{
	struct igmp_queue *queue = &g->in->pace.queues[turn];

	look_again(g->in);
	if (g->turn <= turn)
		return;
	igmp_pace_drop(g);
	g->turn = (uint8_t)turn;
	g->turn_next = NULL;
	g->turn_link = queue->end;
	*queue->end = g;
	queue->end = &g->turn_next;
	g->in->pace.waiting++;
}

void igmp_pace_drop(struct igmp_group *g)
{
	if (g->turn == IGMP_NO_TURN)
		return;
	unlink_group(g);
	if (!g->in->pace.waiting)
		timer_set(&g->in->router->timers, &g->in->pace.timer,
			  TIMER_NEVER);
}

void igmp_pace_changed(struct igmp_interface *in, uint64_t now_ms)
{
	for (int i = 0; i < IGMP_TURNS && in->config.version < 3; i++) {
		struct igmp_group *g = in->pace.queues[i].head, *next;

		for (; g; g = next) {
			next = g->turn_next;
			igmp_query_reconsider(g, now_ms);
			igmp_group_schedule(g);
		}
	}
	if (in->pace.waiting)
		timer_set(&in->router->timers, &in->pace.timer, now_ms);
}

static struct igmp_group *first_of(const struct igmp_pace *pace)
{
	return pace->queues[IGMP_AGAIN].head ? pace->queues[IGMP_AGAIN].head
					     : pace->queues[IGMP_FIRST].head;
}

/* Where nothing can be sent there is nothing to be paced: what is due fails,
 * and is tried again later. */
static void serve(struct igmp_interface *in, uint64_t now_ms)
{
	bool sends = igmp_interface_can_query(in);
	uint64_t at_ms = now_ms + 1;
	struct igmp_group *g;

	in->pace.due = false;
	for (uint32_t i = 0; i < IGMP_TURN; i++) {
		g = first_of(&in->pace);
		if (!g || (sends && token_us(in) > now_ms * 1000))
			break;
		if (igmp_query_next(g, now_ms) && sends)
			igmp_pace_charge(in, now_ms);
		igmp_group_schedule(g); /* and it goes, if that was all */
	}
	if (sends && token_us(in) > at_ms * 1000)
		at_ms = (token_us(in) + 999) / 1000;
	timer_set(&in->router->timers, &in->pace.timer,
		  first_of(&in->pace) ? at_ms : TIMER_NEVER);
}

void igmp_pace_serve(struct igmp_router *r, uint64_t now_ms)
{
	if (!r->pace_due)
		return;
	r->pace_due = false;
	for (size_t i = 0; i < r->interface_count; i++)
		if (r->interfaces[i]->pace.due)
			serve(r->interfaces[i], now_ms);
}
