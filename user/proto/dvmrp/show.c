/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `show dvmrp` and monitors see: a row for each neighbour, route, prune
 * and interface, in order of its key, so that a listing may go on later behind
 * the row it has come to.
 */
#include "show.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/address.h"

static void put_address(const struct proto_row *row, const char *name,
			struct in_addr address)
{
	const struct mgm_address a = mgm_address_v4(address);

	row->address(row->arg, name, &a);
}

static void put_prefix(const struct proto_row *row, const char *name,
		       const struct dvmrp_prefix *prefix)
{
	const struct mgm_address net = mgm_address_v4(prefix->net);
	char text[ADDRESS_PREFIX_TEXT];

	row->text(row->arg, name,
		  address_prefix_text(&net, prefix->length, text));
}

static void put_name(const struct proto_row *row, const char *name,
		     const struct dvmrp_interface *in)
{
	row->text(row->arg, name, in ? in->name : NULL);
}

static uint64_t left(const struct timer *timer, uint64_t now_ms)
{
	if (!timer->slot)
		return PROTO_NONE;
	return timer->at_ms > now_ms ? timer->at_ms - now_ms : 0;
}

static uint64_t since(uint64_t then_ms, uint64_t now_ms)
{
	return now_ms > then_ms ? now_ms - then_ms : 0;
}

/* The first interface behind this name; "" is before all of them. */
static const struct dvmrp_interface *interface_behind(const struct dvmrp *d,
						      const char *name)
{
	const struct dvmrp_interface *in;

	dvmrp_for_each_interface(d, in)
		if (strcmp(in->name, name) > 0)
			return in;
	return NULL;
}

/* --- neighbors --------------------------------------------------------- */

static const char *const neighbor_states[] = {
	[DVMRP_DOWN] = "down",
	[DVMRP_ONE_WAY] = "one-way",
	[DVMRP_TWO_WAY] = "two-way",
};

/* The neighbour with the lowest address above this one; first: any. */
static const struct dvmrp_neighbor *
neighbor_behind(const struct dvmrp_interface *in, struct in_addr address,
		bool first)
{
	const struct dvmrp_neighbor *n, *found = NULL;

	dvmrp_for_each_neighbor(in, n)
		if ((first ||
		     ntohl(n->address.s_addr) > ntohl(address.s_addr)) &&
		    (!found ||
		     ntohl(n->address.s_addr) < ntohl(found->address.s_addr)))
			found = n;
	return found;
}

static const struct dvmrp_neighbor *
neighbor_next(const struct dvmrp *d, const struct proto_cursor *cursor)
{
	const struct in_addr last = mgm_address_to_v4(&cursor->host);
	const struct dvmrp_neighbor *n = NULL;
	const struct dvmrp_interface *in;

	dvmrp_for_each_interface(d, in) {
		const int order = strcmp(in->name, cursor->interface);

		if (order >= 0 && !n)
			n = neighbor_behind(in, last,
					    order > 0 || !cursor->begun);
	}
	return n;
}

static void put_neighbor(const struct dvmrp_neighbor *n, uint64_t now_ms,
			 const struct proto_row *row)
{
	char version[16];

	put_name(row, "interface", n->interface);
	put_address(row, "address", n->address);
	row->text(row->arg, "state", neighbor_states[n->state]);
	snprintf(version, sizeof(version), "%u.%u", n->major, n->minor);
	row->text(row->arg, "version", version);
	row->number(row->arg, "generation_id", n->genid);
	row->number(row->arg, "capabilities", n->caps);
	row->flag(row->arg, "prunes", n->kind->prunes);
	row->flag(row->arg, "netmasks", n->caps & DVMRP_CAP_NETMASK);
	row->seconds(row->arg, "uptime_s", since(n->since_ms, now_ms));
	row->seconds(row->arg, "expires_s", left(&n->deadline, now_ms));
}

static int next_neighbor(void *self, uint64_t now_ms,
			 struct proto_cursor *cursor,
			 const struct proto_row *row)
{
	const struct dvmrp_neighbor *n = neighbor_next(self, cursor);

	if (!n)
		return -ENOENT;
	memcpy(cursor->interface, n->interface->name,
	       sizeof(cursor->interface));
	cursor->host = mgm_address_v4(n->address);
	cursor->begun = true;
	put_neighbor(n, now_ms, row);
	return 0;
}

/* --- routes ------------------------------------------------------------- */

static const char *const route_states[] = {
	[DVMRP_ROUTE_NONE] = "none",	       [DVMRP_ROUTE_DIRECT] = "direct",
	[DVMRP_ROUTE_VALID] = "valid",	       [DVMRP_ROUTE_HELD] = "hold-down",
	[DVMRP_ROUTE_RELEARNED] = "relearned",
};

static const struct dvmrp_branch *branch_of(const struct dvmrp_route *r,
					    const struct dvmrp_interface *in)
{
	const struct dvmrp_branch *b = r->branches;

	while (b && b->interface != in)
		b = b->next;
	return b;
}

static unsigned int bits_of(uint64_t mask)
{
	return (unsigned int)__builtin_popcountll(mask);
}

/* By interface: who forwards there, and how many depend on us. */
static void put_branches(const struct dvmrp *d, const struct dvmrp_route *r,
			 const struct proto_row *row)
{
	const struct dvmrp_interface *in;

	row->open(row->arg, "downstream");
	dvmrp_for_each_interface(d, in) {
		const struct dvmrp_branch *b = branch_of(r, in);

		if (!in->running || in == r->iif)
			continue;
		row->open(row->arg, in->name);
		if (b && b->forwarder)
			put_address(row, "forwarder", b->forwarder->address);
		else
			row->text(row->arg, "forwarder", "self");
		row->number(row->arg, "dependents",
			    bits_of(dvmrp_route_dependents(r, in)));
		row->close(row->arg);
	}
	row->close(row->arg);
}

static void put_route(const struct dvmrp *d, const struct dvmrp_route *r,
		      const struct proto_row *row)
{
	put_prefix(row, "prefix", &r->prefix);
	row->text(row->arg, "state", route_states[r->state]);
	put_name(row, "iif", r->iif);
	if (r->upstream)
		put_address(row, "upstream", r->upstream->address);
	else
		row->text(row->arg, "upstream", NULL);
	row->number(row->arg, "metric",
		    dvmrp_route_usable(r) ? r->metric : DVMRP_INFINITY);
	row->seconds(row->arg, "uptime_s", since(r->since_ms, d->now_ms));
	row->seconds(row->arg, "expires_s", left(&r->timer, d->now_ms));
	put_branches(d, r, row);
}

static int next_route(void *self, uint64_t now_ms, struct proto_cursor *cursor,
		      const struct proto_row *row)
{
	const struct mgm_prefix *last = &cursor->sg.source;
	const struct dvmrp_prefix key = {
		.net = mgm_address_to_v4(&last->address),
		.length = last->length,
	};
	struct dvmrp *d = self;
	const struct tree_node *node = cursor->begun
					       ? tree_behind(&d->ordered, &key)
					       : tree_first(&d->ordered);
	const struct dvmrp_route *r;

	if (!node)
		return -ENOENT;
	d->now_ms = now_ms;
	r = tree_const_entry(node, struct dvmrp_route, ordered);
	cursor->begun = true;
	cursor->sg.source = (struct mgm_prefix){
		.address = mgm_address_v4(r->prefix.net),
		.length = r->prefix.length,
	};
	put_route(d, r, row);
	return 0;
}

/* --- prunes: entries ------------------------------------------------------ */

static const char *const upstream_states[] = {
	[DVMRP_FLOODED] = "flooded",
	[DVMRP_PRUNED] = "pruned",
	[DVMRP_GRAFTING] = "grafting",
};

/* Prunes of others: by interface and neighbour, how long they last. */
static void put_received(const struct dvmrp_entry *e, uint64_t now_ms,
			 const struct proto_row *row)
{
	const struct dvmrp_interface *in;
	const struct dvmrp_prune *prune;
	char address[INET_ADDRSTRLEN];

	row->open(row->arg, "received");
	dvmrp_for_each_interface(e->dvmrp, in) {
		if (!dvmrp_downstream_pruned(e, in))
			continue;
		row->open(row->arg, in->name);
		LIST_FOREACH(prune, &e->prunes, in_entry)
		{
			if (prune->neighbor->interface != in)
				continue;
			inet_ntop(AF_INET, &prune->neighbor->address, address,
				  sizeof(address));
			row->seconds(row->arg, address,
				     left(&prune->expiry, now_ms));
		}
		row->close(row->arg);
	}
	row->close(row->arg);
}

static void put_entry(const struct dvmrp_entry *e, uint64_t now_ms,
		      const struct proto_row *row)
{
	const struct dvmrp_interface *in;

	if (e->route)
		put_prefix(row, "prefix", &e->key.net);
	else
		row->text(row->arg, "prefix", NULL);
	put_address(row, "group", e->key.group);
	put_name(row, "iif", e->route ? e->route->iif : NULL);
	row->text(row->arg, "state", upstream_states[e->state]);
	row->flag(row->arg, "prune_sent", e->state == DVMRP_PRUNED);
	if (e->state != DVMRP_FLOODED && e->upstream)
		put_address(row, "upstream", e->upstream->address);
	else
		row->text(row->arg, "upstream", NULL);
	row->seconds(row->arg, "expires_s",
		     e->state == DVMRP_FLOODED ? PROTO_NONE
					       : left(&e->timer, now_ms));
	row->number(row->arg, "flows", e->flow_count);
	row->open(row->arg, "oifs");
	dvmrp_for_each_interface(e->dvmrp, in)
		if (in->running && dvmrp_oif_pulls(e, in))
			row->flag(row->arg, in->name, true);
	row->close(row->arg);
	put_received(e, now_ms, row);
}

static int next_entry(void *self, uint64_t now_ms, struct proto_cursor *cursor,
		      const struct proto_row *row)
{
	const struct dvmrp_entry_key key = {
		.group = mgm_address_to_v4(&cursor->sg.group.address),
		.net.net = mgm_address_to_v4(&cursor->sg.source.address),
		.net.length = cursor->sg.source.length,
	};
	const struct dvmrp_entry *e = dvmrp_entry_after(self, &key);

	if (!e)
		return -ENOENT;
	cursor->begun = true;
	cursor->sg.group.address = mgm_address_v4(e->key.group);
	cursor->sg.source.address = mgm_address_v4(e->key.net.net);
	cursor->sg.source.length = e->key.net.length;
	put_entry(e, now_ms, row);
	return 0;
}

/* --- interfaces ----------------------------------------------------------- */

static const char *interface_state(const struct dvmrp_interface *in)
{
	if (!in->ifid)
		return "absent";
	if (!in->wanted)
		return "leaving";
	if (!in->owned)
		return in->refused == -EEXIST ? "owned by another" : "waiting";
	if (!in->up)
		return "down";
	return in->running ? "running" : "no address";
}

static void put_counters(const struct dvmrp_counters *c,
			 const struct proto_row *row)
{
	row->open(row->arg, "counters");
	for (enum dvmrp_counter i = 0; i < DVMRP_N_ALL; i++)
		row->number(row->arg, dvmrp_counter_words(i)->name, c->n[i]);
	row->close(row->arg);
}

static void put_interface(const struct dvmrp_interface *in, uint64_t now_ms,
			  const struct proto_row *row)
{
	put_name(row, "interface", in);
	row->text(row->arg, "state", interface_state(in));
	if (in->running)
		put_address(row, "address", in->address);
	else
		row->text(row->arg, "address", NULL);
	row->number(row->arg, "metric", in->config.metric);
	row->number(row->arg, "neighbors", in->neighbor_count);
	row->number(row->arg, "two_way", bits_of(in->two_way));
	row->number(row->arg, "generation_id",
		    in->running ? in->genid : PROTO_NONE);
	row->seconds(row->arg, "next_probe_s",
		     in->running ? left(&in->probe, now_ms) : PROTO_NONE);
	row->seconds(row->arg, "next_report_s",
		     in->running ? left(&in->report, now_ms) : PROTO_NONE);
	put_counters(&in->counters, row);
}

static int next_interface(void *self, uint64_t now_ms,
			  struct proto_cursor *cursor,
			  const struct proto_row *row)
{
	const struct dvmrp_interface *in =
		interface_behind(self, cursor->interface);

	if (!in)
		return -ENOENT;
	memcpy(cursor->interface, in->name, sizeof(cursor->interface));
	put_interface(in, now_ms, row);
	return 0;
}

/* --- counters and problems ------------------------------------------------ */

void dvmrp_show_stats(struct dvmrp *d,
		      void (*each)(void *arg, const char *name,
				   const char *text, uint64_t value),
		      void *arg)
{
	each(arg, "routes", "routes there are", d->routes.count);
	for (enum dvmrp_counter i = 0; i < DVMRP_N_ALL; i++)
		each(arg, dvmrp_counter_words(i)->name,
		     dvmrp_counter_words(i)->text, d->counters.n[i]);
}

void dvmrp_show_problems(struct dvmrp *d, uint32_t ifid,
			 void (*each)(void *arg, const char *sentence),
			 void *arg)
{
	const struct dvmrp_interface *in = dvmrp_interface_by_id(d, ifid);

	if (!in || !in->wanted)
		return;
	if (in->refused == -EEXIST)
		each(arg, "dvmrp is configured here, but another protocol owns "
			  "it: `xmgm owner release`, or take the section out");
	else if (in->owned && in->up && !in->address_count)
		each(arg, "dvmrp is configured here, but there is no IPv4 "
			  "address to speak from: give it one");
}

/* --- events ---------------------------------------------------------------- */

struct neighbor_news {
	const struct dvmrp_neighbor *n;
	const char *what;
};

static void tell_neighbor(const void *about, const struct proto_row *row)
{
	const struct neighbor_news *news = about;

	put_address(row, "address", news->n->address);
	row->text(row->arg, "state", news->what);
}

void dvmrp_event_neighbor(const struct dvmrp_neighbor *n, const char *what)
{
	const struct neighbor_news news = {n, what};
	const struct proto_services *s = &n->interface->dvmrp->services;

	s->event(s->arg, "dvmrp-neighbor", n->interface->ifid, tell_neighbor,
		 &news);
}

static void tell_route(const void *about, const struct proto_row *row)
{
	const struct dvmrp_route *r = about;

	put_prefix(row, "prefix", &r->prefix);
	row->text(row->arg, "state", route_states[r->state]);
	row->number(row->arg, "metric",
		    dvmrp_route_usable(r) ? r->metric : DVMRP_INFINITY);
	if (r->upstream)
		put_address(row, "upstream", r->upstream->address);
}

void dvmrp_event_route(struct dvmrp *d, const struct dvmrp_route *r)
{
	const struct proto_services *s = &d->services;

	s->event(s->arg, "dvmrp-route", r->iif ? r->iif->ifid : 0, tell_route,
		 r);
}

struct tree_news {
	const struct dvmrp_entry *e;
	const struct dvmrp_neighbor *n;
	const char *what;
};

static void tell_tree(const void *about, const struct proto_row *row)
{
	const struct tree_news *news = about;

	put_prefix(row, "prefix", &news->e->key.net);
	put_address(row, "group", news->e->key.group);
	put_address(row, "neighbor", news->n->address);
	row->text(row->arg, "state", news->what);
}

void dvmrp_event_tree(const struct dvmrp_entry *e,
		      const struct dvmrp_neighbor *n, const char *event,
		      const char *what)
{
	const struct tree_news news = {e, n, what};
	const struct proto_services *s = &e->dvmrp->services;

	s->event(s->arg, event, n->interface->ifid, tell_tree, &news);
}

static const struct proto_table tables[] = {
	{"neighbors", next_neighbor},
	{"routes", next_route},
	{"prunes", next_entry},
	{"interfaces", next_interface},
	{0},
};

const struct proto_table *dvmrp_show_tables(void)
{
	return tables;
}
