/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who forwards on a LAN with several routers, where IGMP alone is there. RFC
 * 4605 section 4.2 has the querier do it, and nobody else. But in many plants
 * the querier is a switch, and then nobody would. So, unless configured
 * otherwise, we stand down only for a querier that is known to be a router:
 * by its advertisements (RFC 4286), as long as they live; or because packets of
 * flows that we forward come in where they ought to go out, and no other
 * router is known that might have sent them.
 *
 * That second proof lasts for about a minute since its last packet. Its length
 * is drawn: of two routers that have misled each other one resumes first, and
 * its packets are what keeps the other one down.
 */
#include "internal.h"

#include <stdio.h>
#include <arpa/inet.h>

#define DATA_MS	   60000u /* how long such a packet proves something */
#define DEAD	   3u	  /* intervals: NeighborDeadInterval */
#define INTERVAL_S 4u	  /* the least of those, RFC 4286 section 3.1.1 */

static struct igmp_seen *seen_find(struct igmp_forward *f,
				   struct in_addr router)
{
	for (uint32_t i = 0; i < f->seen_count; i++)
		if (f->seen[i].address.s_addr == router.s_addr)
			return &f->seen[i];
	return NULL;
}

/* Room for one more: the querier's costs the last one its place, if need be. */
static struct igmp_seen *seen_new(struct igmp_interface *in,
				  struct in_addr router)
{
	struct igmp_forward *f = &in->forward;

	if (f->seen_count < IGMP_SEEN)
		return &f->seen[f->seen_count++];
	if (router.s_addr == in->other.address.s_addr)
		return &f->seen[IGMP_SEEN - 1];
	igmp_count(in, IGMP_N_MRD_CROWDED);
	return NULL;
}

static void seen_del(struct igmp_forward *f, struct igmp_seen *seen)
{
	*seen = f->seen[--f->seen_count];
}

static enum igmp_forward_why look_auto(struct igmp_interface *in)
{
	struct igmp_forward *f = &in->forward;
	struct in_addr other = in->other.address;

	if (!other.s_addr)
		return IGMP_FORWARDS;
	if (seen_find(f, other))
		return IGMP_DOWN_ADVERTISED;
	if (f->data_of.s_addr == other.s_addr && !f->seen_count)
		return IGMP_DOWN_DATA;
	return IGMP_FORWARDS_BESIDE;
}

static enum igmp_forward_why look_at(struct igmp_interface *in)
{
	struct in_addr other = in->other.address;

	if (!igmp_interface_running(in) || igmp_interface_asks(in))
		return IGMP_FORWARDS;
	switch (in->config.forward) {
	case IGMP_FORWARD_QUERIER:
		return IGMP_DOWN_RULE;
	case IGMP_FORWARD_ALWAYS:
		return other.s_addr && seen_find(&in->forward, other)
			       ? IGMP_FORWARDS_TWICE
			       : IGMP_FORWARDS;
	}
	return look_auto(in);
}

static bool is_down(enum igmp_forward_why why)
{
	return why >= IGMP_DOWN_RULE;
}

static void schedule(struct igmp_interface *in)
{
	const struct igmp_forward *f = &in->forward;
	uint64_t at = f->data_of.s_addr ? f->data_until_ms : TIMER_NEVER;

	for (uint32_t i = 0; i < f->seen_count; i++)
		if (f->seen[i].until_ms < at)
			at = f->seen[i].until_ms;
	if (f->data_heard)
		at = 0;
	timer_set(&in->router->timers, &in->forward.timer, at);
}

void igmp_forward_look(struct igmp_interface *in)
{
	const struct igmp_hooks *hooks = in->router->hooks;
	struct igmp_forward *f = &in->forward;
	enum igmp_forward_why was = f->why;

	/* What another one has proved says nothing of this one. */
	if (f->data_of.s_addr != in->other.address.s_addr)
		f->data_of.s_addr = 0;
	f->why = look_at(in);
	schedule(in);
	if (f->why == was)
		return;
	if (is_down(f->why) != is_down(was)) {
		igmp_count(in, IGMP_N_FORWARD_CHANGES);
		if (hooks->forward)
			hooks->forward(hooks->arg, in, !is_down(f->why));
	}
	igmp_problems_changed(in);
}

bool igmp_forward_down(const struct igmp_interface *in)
{
	return is_down(in->forward.why);
}

static void forward_fire(struct timer *timer, uint64_t now_ms)
{
	struct igmp_interface *in =
		igmp_container(timer, struct igmp_interface, forward.timer);
	struct igmp_forward *f = &in->forward;

	for (uint32_t i = f->seen_count; i-- > 0;)
		if (f->seen[i].until_ms <= now_ms)
			seen_del(f, &f->seen[i]);
	if (f->data_heard) {
		f->data_of = in->other.address;
		f->data_until_ms =
			now_ms + DATA_MS + igmp_mrd_draw(in, DATA_MS / 4);
	} else if (f->data_until_ms <= now_ms) {
		f->data_of.s_addr = 0;
	}
	f->data_heard = false;
	igmp_forward_look(in);
}

void igmp_forward_init(struct igmp_interface *in)
{
	in->forward.timer.fire = forward_fire;
}

void igmp_forward_forget(struct igmp_interface *in)
{
	struct igmp_forward *f = &in->forward;

	f->seen_count = 0;
	f->data_of.s_addr = 0;
	f->data_heard = false;
	f->why = IGMP_FORWARDS;
	timer_set(&in->router->timers, &f->timer, TIMER_NEVER);
}

/* Is a packet of this source for it wanted, by hosts or static sources? */
static bool group_wants(const struct igmp_group *g, struct in_addr source)
{
	bool wanted = g->filter == MGM_EXCLUDE;

	for (uint32_t i = 0; i < g->static_count; i++) {
		struct in_addr s = g->statics[i].source;

		if (!s.s_addr || s.s_addr == source.s_addr)
			return true;
	}
	for (uint32_t i = 0; i < g->source_count; i++)
		if (g->sources[i].address.s_addr == source.s_addr)
			wanted = g->sources[i].expires_ms != 0;
	return wanted;
}

/* In the tick that follows, which knows the time. */
void igmp_forward_data(struct igmp_router *r, uint32_t ifid,
		       struct in_addr source, struct in_addr group)
{
	struct igmp_interface *in = igmp_interface_by_id(r, ifid);
	const struct igmp_group *g;

	if (!in || !in->other.address.s_addr || in->forward.data_heard)
		return;
	g = igmp_group_find(in, group);
	if (!g || !group_wants(g, source))
		return;
	in->forward.data_heard = true;
	timer_set(&r->timers, &in->forward.timer, 0);
}

static struct igmp_interface *hears(struct igmp_router *r, uint32_t ifid,
				    struct in_addr router)
{
	struct igmp_interface *in = igmp_interface_by_id(r, ifid);

	if (!in || !igmp_interface_can_query(in))
		return NULL;
	if (router.s_addr && igmp_interface_has_host(in, router) &&
	    !igmp_interface_is_ours(in, router))
		return in;
	igmp_count(in, IGMP_N_MRD_FOREIGN);
	return NULL;
}

void igmp_forward_advertised(struct igmp_router *r, uint32_t ifid,
			     struct in_addr router, uint32_t interval_s,
			     uint64_t now_ms)
{
	struct igmp_interface *in = hears(r, ifid, router);
	struct igmp_seen *seen = in ? seen_find(&in->forward, router) : NULL;

	if (!in)
		return;
	igmp_count(in, IGMP_N_MRD_HEARD);
	if (!seen)
		seen = seen_new(in, router);
	if (!seen)
		return;
	if (interval_s < INTERVAL_S)
		interval_s = INTERVAL_S;
	*seen = (struct igmp_seen){router, now_ms + DEAD * 1000 * interval_s};
	igmp_forward_look(in);
}

void igmp_forward_terminated(struct igmp_router *r, uint32_t ifid,
			     struct in_addr router)
{
	struct igmp_interface *in = hears(r, ifid, router);
	struct igmp_seen *seen = in ? seen_find(&in->forward, router) : NULL;

	if (!in)
		return;
	igmp_count(in, IGMP_N_MRD_HEARD);
	if (!seen)
		return;
	seen_del(&in->forward, seen);
	/* It says so of itself: nothing that it has sent proves otherwise. */
	in->forward.data_of.s_addr = 0;
	igmp_forward_look(in);
}

/* Where a protocol is beside IGMP that decides. */
static bool decides(const struct igmp_interface *in)
{
	const struct igmp_hooks *hooks = in->router->hooks;

	return !hooks->alone || hooks->alone(hooks->arg, in->ifid);
}

void igmp_forward_tell(const struct igmp_interface *in,
		       struct proto_querier *querier)
{
	static const char *const words[] = {
		[IGMP_FORWARDS] = "as the querier",
		[IGMP_FORWARDS_BESIDE] = "the querier is not known to be a "
					 "router",
		[IGMP_FORWARDS_TWICE] = "as configured, beside the querier",
		[IGMP_DOWN_RULE] = "not the querier, as configured",
		[IGMP_DOWN_ADVERTISED] = "the querier advertises that it is a "
					 "router",
		[IGMP_DOWN_DATA] = "the querier forwards the same flows",
	};
	enum igmp_forward_why why = in->forward.why;

	querier->forwards = !is_down(why);
	querier->forwards_why = words[why];
	if (why == IGMP_FORWARDS && !igmp_interface_asks(in))
		querier->forwards_why = "as configured, or nobody else does";
	if (decides(in))
		return;
	querier->forwards = true;
	querier->forwards_why = "as the owner of the interface wants it";
}

/* Another router than the querier, which advertises itself. */
static const struct igmp_seen *seen_other(const struct igmp_interface *in)
{
	return in->forward.seen_count ? in->forward.seen : NULL;
}

static void say_beside(const struct igmp_interface *in, const char *querier,
		       char *text, size_t size)
{
	const struct igmp_seen *seen = seen_other(in);
	char a[INET_ADDRSTRLEN];

	if (!seen) {
		snprintf(text, size,
			 "goes on forwarding: the IGMP querier here, %s, is "
			 "not known to be a router (a switch?): if it is one, "
			 "hosts get packets twice: write forward = querier",
			 querier);
		return;
	}
	inet_ntop(AF_INET, &seen->address, a, sizeof(a));
	snprintf(text, size,
		 "goes on forwarding: the IGMP querier here, %s, is not known "
		 "to be a router (a switch?), but %s is one: if both forward, "
		 "hosts get packets twice: let one of the routers be querier, "
		 "or write forward = querier on the other",
		 querier, a);
}

static void say_down(enum igmp_forward_why why, const char *querier, char *text,
		     size_t size)
{
	static const char *const proof[] = {
		[IGMP_DOWN_RULE] = "and forward = querier",
		[IGMP_DOWN_ADVERTISED] = "and a router, as it advertises",
		[IGMP_DOWN_DATA] = "and a router: packets of flows for hosts "
				   "here come in here",
	};

	snprintf(text, size,
		 "stands down: the IGMP querier here is %s, %s: that one "
		 "forwards to hosts here, this router does not; write forward "
		 "= always if it shall",
		 querier, proof[why]);
}

void igmp_forward_problem(const struct igmp_interface *in,
			  void (*each)(void *arg, const char *sentence),
			  void *arg)
{
	enum igmp_forward_why why = in->forward.why;
	char querier[INET_ADDRSTRLEN], text[400];

	if (why == IGMP_FORWARDS || !decides(in))
		return;
	inet_ntop(AF_INET, &in->other.address, querier, sizeof(querier));
	if (why == IGMP_FORWARDS_BESIDE)
		say_beside(in, querier, text, sizeof(text));
	else if (why == IGMP_FORWARDS_TWICE)
		snprintf(text, sizeof(text),
			 "forwards as forward = always says, but the IGMP "
			 "querier here, %s, is a router, as it advertises: "
			 "hosts get packets twice: write forward = auto",
			 querier);
	else if (!in->other.address.s_addr)
		snprintf(text, sizeof(text),
			 "stands down: forward = querier, and this router "
			 "cannot be the IGMP querier: nothing is forwarded to "
			 "hosts here: look for its address");
	else
		say_down(why, querier, text, sizeof(text));
	each(arg, text);
}
