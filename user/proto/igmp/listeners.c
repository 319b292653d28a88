/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What `show groups detail` says of IGMP's hosts: who listens to what, one row
 * for each listener, in the order of groups, sources and addresses. A listing
 * may be left at any row: there may be a hundred thousand in one group.
 */
#include "internal.h"

#include <string.h>

struct listing {
	const struct igmp_interface *in;
	struct proto_cursor *at;
	uint64_t now_ms;
	int (*each)(void *arg, const struct proto_listener *listener);
	void *arg;
};

static int show_one(const struct listing *l, const struct igmp_group *g,
		    const struct igmp_listener *m)
{
	struct proto_listener out = {
		.ifid = l->in->ifid,
		.sg = l->at->sg,
		.host = mgm_address_v4(m->host->address),
		.version = m->version,
		.expires_ms = m->expires_ms - l->now_ms,
		.last_reporter = m->host->address.s_addr ==
				 g->last_reporter.s_addr,
	};

	memcpy(out.interface, l->in->name, sizeof(out.interface));
	if (l->now_ms / 1000 > m->since_s)
		out.uptime_ms = l->now_ms - 1000 * (uint64_t)m->since_s;
	return l->each(l->arg, &out);
}

/* Those behind the cursor of one list, which it stands in. */
static int show_list(const struct listing *l, const struct igmp_group *g,
		     const struct igmp_listeners *list)
{
	struct in_addr host = mgm_address_to_v4(&l->at->host);
	const struct igmp_listener *m =
		igmp_listeners_after(list, l->at->begun ? &host : NULL);
	int err = 0;

	while (!err && m) {
		host = m->host->address;
		l->at->begun = true;
		l->at->host = mgm_address_v4(host);
		if (m->expires_ms > l->now_ms)
			err = show_one(l, g, m);
		m = igmp_listeners_after(list, &host);
	}
	return err;
}

static void enter_list(const struct listing *l, struct in_addr source,
		       struct in_addr group)
{
	l->at->sg = mgm_sg_v4(source, group);
	l->at->begun = false;
}

/* Any source comes first; it is the smallest address, too. */
static int show_group(const struct listing *l, const struct igmp_group *g)
{
	struct in_addr source = igmp_sg_source(&l->at->sg);
	int err = 0;

	if (!source.s_addr)
		err = show_list(l, g, &g->listeners);
	for (uint32_t i = 0; !err && i < g->source_count; i++) {
		const struct igmp_source *s = &g->sources[i];

		if (igmp_address_less(s->address, source))
			continue;
		if (s->address.s_addr != source.s_addr)
			enter_list(l, s->address, g->group);
		err = show_list(l, g, &s->listeners);
	}
	return err;
}

int igmp_interface_listeners(struct igmp_interface *in, uint64_t now_ms,
			     struct proto_cursor *cursor,
			     int (*each)(void *arg,
					 const struct proto_listener *listener),
			     void *arg)
{
	struct listing l = {in, cursor, now_ms, each, arg};
	const struct igmp_group *g;
	int err = 0;

	igmp_cursor_enter(in, cursor);
	g = igmp_group_find(in, igmp_sg_group(&cursor->sg));
	if (g)
		err = show_group(&l, g);
	while (!err && (g = igmp_group_after(in, igmp_sg_group(&cursor->sg)))) {
		enter_list(&l, (struct in_addr){0}, g->group);
		err = show_group(&l, g);
		if (!err && !cursor->begun)
			err = each(arg, NULL);
	}
	return err;
}
