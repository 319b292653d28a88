/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An interface with IGMP on it: its configuration, its netdev as it comes and
 * goes, the general queries of RFC 9776 section 6.1, and the gate towards the
 * manager.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* querier, discovery, forwarding, version, pace, clear, hosts */
#define INTERFACE_TIMERS 7

static uint32_t startup_count(const struct igmp_config *c)
{
	return c->startup_query_count ? c->startup_query_count : c->robustness;
}

static uint64_t startup_interval(const struct igmp_config *c)
{
	return c->startup_query_ms ? c->startup_query_ms
				   : c->query_interval_ms / 4;
}

bool igmp_interface_enabled(const struct igmp_interface *in)
{
	return in->config.enabled;
}

bool igmp_interface_running(const struct igmp_interface *in)
{
	return in->config.enabled && in->ifid;
}

bool igmp_interface_can_query(const struct igmp_interface *in)
{
	return igmp_interface_running(in) && in->up && in->subnet_count;
}

static void query_fire(struct timer *timer, uint64_t now_ms)
{
	struct igmp_interface *in =
		igmp_container(timer, struct igmp_interface, timer);
	uint64_t wait;

	/* The other querier has been silent for too long: section 6.6.2. */
	if (in->other.address.s_addr)
		igmp_election_forget(in);
	igmp_election_announce(in, now_ms);
	if (!igmp_interface_asks(in))
		return;
	wait = in->config.query_interval_ms;
	/* One that failed has not been sent, and nobody waits for the next. */
	if (!igmp_query_general(in, now_ms) ||
	    (in->startup_left && --in->startup_left))
		wait = startup_interval(&in->config);
	timer_set(&in->router->timers, timer, now_ms + wait);
}

void igmp_interface_startup(struct igmp_interface *in, uint64_t now_ms)
{
	igmp_election_forget(in);
	igmp_hosts_all_unsure(in, now_ms);
	in->startup_left = startup_count(&in->config);
	timer_set(&in->router->timers, &in->timer,
		  igmp_interface_asks(in) ? now_ms : TIMER_NEVER);
}

static struct igmp_interface *interface_new(struct igmp_router *r,
					    const char *name)
{
	size_t bytes = (r->interface_count + 1) * sizeof(r->interfaces[0]);
	struct igmp_interface **list, *in;

	if (timers_reserve(&r->timers, r->timer_count + INTERFACE_TIMERS))
		return NULL;
	list = realloc(r->interfaces, bytes);
	if (!list)
		return NULL;
	r->interfaces = list;
	in = calloc(1, sizeof(*in));
	if (!in)
		return NULL;
	in->router = r;
	strncpy(in->name, name, sizeof(in->name) - 1);
	in->by_address.type = igmp_group_order();
	in->timer.fire = query_fire;
	igmp_mrd_init(in);
	igmp_hosts_init(in);
	igmp_pace_init(in);
	igmp_clear_init(in);
	igmp_forward_init(in);
	igmp_version_init(in);
	r->timer_count += INTERFACE_TIMERS;
	r->interfaces[r->interface_count++] = in;
	return in;
}

struct igmp_interface *igmp_interface_find(struct igmp_router *r,
					   const char *name)
{
	for (size_t i = 0; i < r->interface_count; i++) {
		if (!strcmp(r->interfaces[i]->name, name))
			return r->interfaces[i];
	}
	return NULL;
}

struct igmp_interface *igmp_interface_get(struct igmp_router *r,
					  const char *name)
{
	struct igmp_interface *in = igmp_interface_find(r, name);

	return in ? in : interface_new(r, name);
}

static uint32_t id_hash(uint32_t ifid)
{
	return hash_bytes(&ifid, sizeof(ifid));
}

struct igmp_interface *igmp_interface_by_id(struct igmp_router *r,
					    uint32_t ifid)
{
	struct hash_node *node = hash_first(&r->by_id, id_hash(ifid));

	for (; node; node = hash_next(node)) {
		struct igmp_interface *in =
			hash_entry(node, struct igmp_interface, by_id);

		if (in->ifid == ifid)
			return in;
	}
	return NULL;
}

struct igmp_interface *igmp_interface_at(struct igmp_router *r, size_t index)
{
	return index < r->interface_count ? r->interfaces[index] : NULL;
}

struct igmp_interface *igmp_interface_from(struct igmp_router *r,
					   const char *name, bool exactly)
{
	struct igmp_interface *best = NULL;

	for (size_t i = 0; i < r->interface_count; i++) {
		struct igmp_interface *in = r->interfaces[i];
		int order = strcmp(in->name, name);

		if (order > 0 ? !best || strcmp(in->name, best->name) < 0
			      : !order && exactly)
			best = in;
		if (!order && exactly)
			break;
	}
	return best;
}

void igmp_interface_free(struct igmp_interface *in)
{
	timer_set(&in->router->timers, &in->timer, TIMER_NEVER);
	timer_set(&in->router->timers, &in->mrd.timer, TIMER_NEVER);
	timer_set(&in->router->timers, &in->forward.timer, TIMER_NEVER);
	timer_set(&in->router->timers, &in->older.timer, TIMER_NEVER);
	timer_set(&in->router->timers, &in->pace.timer, TIMER_NEVER);
	igmp_clear_stop(in);
	in->router->timer_count -= INTERFACE_TIMERS;
	if (in->ifid)
		hash_remove(&in->router->by_id, &in->by_id);
	hash_clear(&in->groups);
	igmp_hosts_clear(in);
	free(in->own_subnets);
	free(in->subnets);
	free(in);
}

void igmp_router_tidy(struct igmp_router *r)
{
	size_t left = 0;

	for (size_t i = 0; i < r->interface_count; i++) {
		struct igmp_interface *in = r->interfaces[i];

		/* Without IGMP on it, it has no groups. */
		if (in->config.enabled || in->ifid)
			r->interfaces[left++] = in;
		else
			igmp_interface_free(in);
	}
	r->interface_count = left;
}

/* Every group: forgets what hosts said, or frees it altogether. */
static void groups_drop(struct igmp_interface *in, bool statics_too)
{
	struct hash_node *node, *tmp;
	uint32_t i;

	hash_for_each_safe(&in->groups, node, tmp, i) {
		struct igmp_group *g =
			hash_entry(node, struct igmp_group, node);

		igmp_group_forget(g);
		g->said = false;
		if (statics_too)
			igmp_group_free(g);
		else
			igmp_group_reap(g);
	}
}

static bool config_same(const struct igmp_config *a,
			const struct igmp_config *b)
{
	return a->enabled == b->enabled && a->passive == b->passive &&
	       a->version == b->version && a->robustness == b->robustness &&
	       a->forward == b->forward &&
	       a->adopt_version == b->adopt_version &&
	       a->router_discovery == b->router_discovery &&
	       a->advertisement_ms == b->advertisement_ms &&
	       a->query_interval_ms == b->query_interval_ms &&
	       a->query_response_ms == b->query_response_ms &&
	       a->last_member_ms == b->last_member_ms &&
	       a->last_member_count == b->last_member_count &&
	       a->startup_query_ms == b->startup_query_ms &&
	       a->startup_query_count == b->startup_query_count &&
	       !strcmp(a->unnumbered, b->unnumbered) &&
	       a->promiscuous == b->promiscuous && a->ssm_only == b->ssm_only &&
	       igmp_policy_same(&a->policy, &b->policy) &&
	       a->max_groups == b->max_groups &&
	       a->max_host_groups == b->max_host_groups &&
	       a->max_sources == b->max_sources &&
	       a->immediate_leave == b->immediate_leave &&
	       a->ignore_v1 == b->ignore_v1 &&
	       a->max_host_sources == b->max_host_sources &&
	       a->max_tracked == b->max_tracked &&
	       a->max_host_tracked == b->max_host_tracked &&

	       a->query_rate == b->query_rate;
}

void igmp_interface_configure(struct igmp_interface *in,
			      const struct igmp_config *config, uint64_t now_ms)
{
	struct igmp_config off = {0};
	bool was = in->config.enabled;

	if (!config || !config->enabled)
		config = &off;
	if (config_same(&in->own, config))
		return;
	igmp_election_configure(in, config);
	igmp_subnets_apply(in); /* what fails is told when addresses change */
	if (was && !config->enabled) {
		in->open = false;
		in->deaf_until_ms = 0;
		igmp_clear_stop(in);
		groups_drop(in, true);
	}
	if (!igmp_election_stands(in))
		igmp_interface_startup(in, now_ms);
	igmp_election_announce(in, now_ms);
	igmp_mrd_apply(in, now_ms);
	igmp_pace_changed(in, now_ms);
	igmp_problems_changed(in);
}

/* Hosts may know another querier's address, or nobody's. */
static void readdressed(struct igmp_interface *in, struct in_addr was,
			uint64_t now_ms)
{
	bool moved = !was.s_addr || !igmp_interface_can_query(in) ||
		     was.s_addr != in->subnets[0].address.s_addr;

	if (!igmp_election_stands(in) && (moved || in->other.address.s_addr))
		igmp_interface_startup(in, now_ms);
	igmp_election_announce(in, now_ms);
	igmp_mrd_apply(in, now_ms);
	igmp_pace_changed(in, now_ms);
	igmp_problems_changed(in);
}

/* The address that queries left with; 0: none did. */
static struct in_addr asked_with(const struct igmp_interface *in)
{
	return igmp_interface_can_query(in) ? in->subnets[0].address
					    : (struct in_addr){0};
}

int igmp_interface_readdress(struct igmp_interface *in, uint64_t now_ms)
{
	struct in_addr was = asked_with(in);
	int err = igmp_subnets_apply(in);

	if (!err && in->ifid)
		readdressed(in, was, now_ms);
	return err;
}

int igmp_interface_present(struct igmp_interface *in,
			   const struct proto_interface *now_is,
			   uint64_t now_ms)
{
	struct in_addr was = {0};
	int err;

	if (in->ifid == now_is->ifid)
		was = asked_with(in);
	err = igmp_subnets_set(in, now_is);
	if (err)
		return err;
	if (in->ifid && in->ifid != now_is->ifid)
		igmp_interface_absent(in);
	if (!in->ifid)
		err = hash_insert(&in->router->by_id, &in->by_id,
				  id_hash(now_is->ifid));
	if (err)
		return err;
	in->ifid = now_is->ifid;
	in->up = now_is->up;
	in->mtu = now_is->mtu;
	readdressed(in, was, now_ms);
	return 0;
}

void igmp_interface_absent(struct igmp_interface *in)
{
	if (in->ifid)
		hash_remove(&in->router->by_id, &in->by_id);
	in->ifid = 0;
	in->refusals = 0;
	in->up = false;
	in->open = false;
	in->deaf_until_ms = 0;
	igmp_mrd_terminate(in);
	in->announced.s_addr = 0;
	in->announced_self = false;
	igmp_election_forget(in);
	igmp_forward_forget(in);
	igmp_version_forget(in);
	timer_set(&in->router->timers, &in->timer, TIMER_NEVER);
	igmp_clear_stop(in);
	groups_drop(in, false);
}

void igmp_interface_close(struct igmp_interface *in)
{
	in->open = false;
}

void igmp_interface_open(struct igmp_interface *in)
{
	struct igmp_view *after = &in->router->after;
	struct hash_node *node, *tmp;
	uint32_t i;

	in->open = true;
	hash_for_each_safe(&in->groups, node, tmp, i) {
		struct igmp_group *g =
			hash_entry(node, struct igmp_group, node);

		g->said = false;
		if (igmp_view_room(g, 0)) {
			igmp_count(in, IGMP_N_NO_MEMORY);
			continue;
		}
		igmp_view_fill(g, after);
		igmp_view_tell(g);
	}
}
