/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hosts of a LAN, for two purposes.
 *
 * Shares: one host must not shut the others out. Each group that hosts want is
 * charged to one of those who have reported it, and who has its share gets no
 * further group until one of them ends. What is there is refreshed by anybody
 * at any time; it is then charged to who did, if that one has room. (Sources
 * of a group are shared out in record.c, in the same way.)
 *
 * Tracking: version 3 hosts do not suppress their reports, so that a router may
 * know each of them (RFC 9776 appendix A.2). A listener is a
 * host that has reported a group by any source (EXCLUDE), or a source of it
 * (INCLUDE); it is found by address, and forgotten when it has not been heard
 * for the group membership interval. leave.c asks whether one was the last. It
 * must know of what it does not know: a group is unsure of its hosts while
 * there may be some that were not tracked.
 *
 * There are never more hosts than groups and listeners together, and both have
 * limits. An address can be forged: the share stops the faulty and the lazy.
 * Who forges many takes many shares, who forges a neighbour's uses up that
 * one's. Hosts without an address (and snooping switches that report as
 * 0.0.0.0) are one host.
 */
#include "internal.h"
#include "limit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SWEPT	64u /* listeners freed at once, where nobody waits */
#define EXPIRED 16u /* when a group has its turn, of each list */

/* --- the table ---------------------------------------------------------- */

static struct igmp_host *host_find(struct igmp_interface *in,
				   struct in_addr host)
{
	struct hash_node *node;

	node = hash_first(&in->hosts.table, hash_bytes(&host, sizeof(host)));
	for (; node; node = hash_next(node)) {
		struct igmp_host *r = hash_entry(node, struct igmp_host, node);

		if (r->address.s_addr == host.s_addr)
			return r;
	}
	return NULL;
}

static struct igmp_host *host_get(struct igmp_interface *in,
				  struct in_addr host)
{
	struct igmp_host *r = host_find(in, host);

	if (r)
		return r;
	r = calloc(1, sizeof(*r));
	if (!r)
		return NULL;
	r->address = host;
	if (!hash_insert(&in->hosts.table, &r->node,
			 hash_bytes(&host, sizeof(host))))
		return r;
	free(r);
	return NULL;
}

/* It may have been needed no longer. */
static void host_put(struct igmp_interface *in, struct igmp_host *h)
{
	if (h->groups || h->tracked)
		return;
	hash_remove(&in->hosts.table, &h->node);
	free(h);
}

/* --- shares of groups --------------------------------------------------- */

static uint32_t share(const struct igmp_config *c)
{
	return c->max_host_groups ? c->max_host_groups
				  : (c->max_groups + 3) / 4;
}

static void refuse(struct igmp_interface *in, enum igmp_limit limit,
		   struct in_addr host, struct in_addr group)
{
	const struct igmp_hooks *hooks = in->router->hooks;

	if (hooks->refused)
		hooks->refused(hooks->arg, in, limit, host, group);
}

enum igmp_limit igmp_host_full(struct igmp_interface *in, struct in_addr host)
{
	const struct igmp_host *r = host_find(in, host);

	if (in->host_groups >= in->config.max_groups)
		return IGMP_LIMIT_GROUPS;
	if (r && r->groups >= share(&in->config))
		return IGMP_LIMIT_HOST;
	return IGMP_LIMITS;
}

bool igmp_host_admit(struct igmp_interface *in, struct in_addr host,
		     struct in_addr group)
{
	enum igmp_limit limit = igmp_host_full(in, host);

	if (limit == IGMP_LIMITS)
		return true;
	igmp_count(in, limit == IGMP_LIMIT_GROUPS ? IGMP_N_LIMIT_GROUPS
						  : IGMP_N_LIMIT_HOST);
	refuse(in, limit, host, group);
	return false;
}

/* One group more, or less, that hosts want something of. */
static void count_groups(struct igmp_interface *in, bool more)
{
	uint32_t max = in->config.max_groups, was = in->host_groups;

	in->host_groups += more ? 1 : UINT32_MAX;
	if (igmp_limit_is_near(was, max) !=
	    igmp_limit_is_near(in->host_groups, max))
		igmp_problems_changed(in);
}

int igmp_host_charge(struct igmp_group *g, struct in_addr host)
{
	const struct igmp_hooks *hooks = g->in->router->hooks;
	struct igmp_host *before = g->reporter, *r;
	struct igmp_interface *in = g->in;

	if (before && before->address.s_addr == host.s_addr)
		return 0;
	r = host_get(in, host);
	if (!r && !before)
		return -ENOMEM;
	if (!r || r->groups >= share(&in->config))
		return 0; /* it stays where it is */
	r->groups++;
	g->reporter = r;
	if (before) {
		before->groups--;
		host_put(in, before);
		return 0;
	}
	count_groups(in, true);
	if (hooks->near &&
	    igmp_limit_reached(in->host_groups - 1, in->host_groups,
			       in->config.max_groups))
		hooks->near(hooks->arg, in, IGMP_LIMIT_GROUPS, g->group);
	return 0;
}

void igmp_host_release(struct igmp_group *g)
{
	struct igmp_host *r = g->reporter;

	if (!r)
		return;
	g->reporter = NULL;
	count_groups(g->in, false);
	r->groups--;
	host_put(g->in, r);
}

/* --- listeners: a ring, from the oldest --------------------------------- */

static void ring_add(struct igmp_listener **oldest, struct igmp_listener *m)
{
	struct igmp_listener *first = *oldest;

	if (!first) {
		m->older = m;
		m->newer = m;
		*oldest = m;
		return;
	}
	m->older = first->older;
	m->newer = first;
	m->older->newer = m;
	first->older = m;
}

static void ring_remove(struct igmp_listener **oldest, struct igmp_listener *m)
{
	if (*oldest == m)
		*oldest = m->newer == m ? NULL : m->newer;
	m->older->newer = m->newer;
	m->newer->older = m->older;
}

/* Puts all of one ring behind another. */
static void ring_move(struct igmp_listener **from, struct igmp_listener **to)
{
	struct igmp_listener *first = *from, *last = first->older;

	*from = NULL;
	if (!*to) {
		*to = first;
		return;
	}
	last->newer = *to;
	first->older = (*to)->older;
	first->older->newer = first;
	(*to)->older = last;
}

/* --- and a tree, by address ---------------------------------------------- */

static const void *address_key(const struct tree_node *node)
{
	const struct igmp_listener *m =
		tree_const_entry(node, struct igmp_listener, by_host);

	return &m->host->address;
}

static int compare_addresses(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct in_addr)); /* network order */
}

/* They are many: what all trees have in common is not kept in each. */
static struct tree tree_of(const struct igmp_listeners *l)
{
	static const struct tree_type type = {address_key, compare_addresses};

	return (struct tree){.root = l->root, .type = &type};
}

static struct igmp_listener *listener_find(const struct igmp_listeners *l,
					   struct in_addr host)
{
	const struct tree tree = tree_of(l);
	struct tree_node *node = tree_find(&tree, &host);

	return node ? tree_entry(node, struct igmp_listener, by_host) : NULL;
}

const struct igmp_listener *igmp_listeners_after(const struct igmp_listeners *l,
						 const struct in_addr *host)
{
	const struct tree tree = tree_of(l);
	struct tree_node *node = host ? tree_behind(&tree, host)
				      : tree_first(&tree);

	return node ? tree_entry(node, struct igmp_listener, by_host) : NULL;
}

/* --- tracking ------------------------------------------------------------ */

static uint32_t tracked_share(const struct igmp_config *c)
{
	return c->max_host_tracked ? c->max_host_tracked
				   : (c->max_tracked + 3) / 4;
}

static void listener_free(struct igmp_interface *in, struct igmp_listener *m)
{
	m->host->tracked--;
	if (in->hosts.tracked-- == in->config.max_tracked)
		igmp_problems_changed(in);
	host_put(in, m->host);
	free(m);
}

static void listener_remove(struct igmp_interface *in, struct igmp_listeners *l,
			    struct igmp_listener *m)
{
	struct tree tree = tree_of(l);

	tree_remove(&tree, &m->by_host);
	l->root = tree.root;
	ring_remove(&l->oldest, m);
	l->count--;
	listener_free(in, m);
}

/* It is heard like all others, but nobody knows when it has left. */
static void not_tracked(struct igmp_group *g)
{
	struct igmp_interface *in = g->in;
	bool all = in->hosts.tracked >= in->config.max_tracked;

	igmp_count(in, IGMP_N_HOSTS_UNTRACKED);
	if (in->config.immediate_leave)
		refuse(in, all ? IGMP_LIMIT_TRACKED : IGMP_LIMIT_HOST_TRACKED,
		       g->last_reporter, g->group);
}

/* A new one; NULL: there is no room. */
static struct igmp_listener *listener_add(struct igmp_interface *in,
					  struct igmp_listeners *l,
					  struct in_addr host)
{
	struct igmp_listener *m = NULL;
	struct tree tree = tree_of(l);
	struct igmp_host *h;

	if (in->hosts.tracked >= in->config.max_tracked)
		return NULL;
	h = host_get(in, host);
	if (!h)
		return NULL;
	if (h->tracked < tracked_share(&in->config))
		m = calloc(1, sizeof(*m));
	if (!m) {
		host_put(in, h);
		return NULL;
	}
	m->host = h;
	h->tracked++;
	if (++in->hosts.tracked == in->config.max_tracked)
		igmp_problems_changed(in);
	tree_insert(&tree, &m->by_host);
	l->root = tree.root;
	ring_add(&l->oldest, m);
	l->count++;
	return m;
}

void igmp_listener_heard(struct igmp_group *g, struct igmp_listeners *l,
			 uint64_t now_ms)
{
	uint64_t until = now_ms + igmp_gmi_ms(&g->in->config);
	struct igmp_listener *m = listener_find(l, g->last_reporter);

	if (m) {
		ring_remove(&l->oldest, m);
		ring_add(&l->oldest, m);
	} else {
		m = listener_add(g->in, l, g->last_reporter);
		if (m)
			m->since_s = (uint32_t)(now_ms / 1000);
	}
	if (m) {
		/* In the order of the ring also when the interval shrinks. */
		m->expires_ms = until;
		if (m->older != m && m->older->expires_ms > until)
			m->expires_ms = m->older->expires_ms;
		m->version = (uint8_t)g->in->router->heard_version;
	} else {
		not_tracked(g);
		igmp_hosts_unsure(g, until);
	}
}

void igmp_listener_left(struct igmp_group *g, struct igmp_listeners *l)
{
	struct igmp_listener *m = listener_find(l, g->last_reporter);

	if (m)
		listener_remove(g->in, l, m);
}

uint64_t igmp_listeners_next(const struct igmp_listeners *l)
{
	return l->oldest ? l->oldest->expires_ms : TIMER_NEVER;
}

void igmp_listeners_expire(struct igmp_interface *in, struct igmp_listeners *l,
			   uint64_t now_ms)
{
	for (uint32_t i = 0; i < EXPIRED && igmp_listeners_next(l) <= now_ms;
	     i++)
		listener_remove(in, l, l->oldest);
}

/* Frees up to so many of those dropped. */
static void sweep(struct igmp_interface *in, uint32_t count)
{
	struct igmp_listener *m;

	while (count-- && (m = in->hosts.dropped)) {
		ring_remove(&in->hosts.dropped, m);
		listener_free(in, m);
	}
}

static void sweep_fire(struct timer *timer, uint64_t now_ms)
{
	struct igmp_hosts *hosts =
		igmp_container(timer, struct igmp_hosts, timer);
	struct igmp_interface *in =
		igmp_container(hosts, struct igmp_interface, hosts);

	sweep(in, 32 * SWEPT);
	if (hosts->dropped)
		timer_set(&in->router->timers, timer, now_ms + 1);
}

void igmp_listeners_drop(struct igmp_interface *in, struct igmp_listeners *l)
{
	struct igmp_hosts *hosts = &in->hosts;

	if (l->oldest)
		ring_move(&l->oldest, &hosts->dropped);
	*l = (struct igmp_listeners){0};
	sweep(in, SWEPT);
	if (hosts->dropped && !hosts->timer.slot)
		timer_set(&in->router->timers, &hosts->timer, 0);
}

void igmp_hosts_init(struct igmp_interface *in)
{
	in->hosts.timer.fire = sweep_fire;
}

void igmp_hosts_clear(struct igmp_interface *in)
{
	timer_set(&in->router->timers, &in->hosts.timer, TIMER_NEVER);
	sweep(in, UINT32_MAX);
	hash_clear(&in->hosts.table);
}

/* --- what is not known --------------------------------------------------- */

void igmp_hosts_unsure(struct igmp_group *g, uint64_t until_ms)
{
	if (g->unsure_until_ms < until_ms)
		g->unsure_until_ms = until_ms;
}

void igmp_hosts_all_unsure(struct igmp_interface *in, uint64_t now_ms)
{
	uint64_t until = now_ms + igmp_gmi_ms(&in->config);

	if (in->unsure_until_ms < until)
		in->unsure_until_ms = until;
}
