/* SPDX-License-Identifier: GPL-2.0-only */
/* What `show` says of the host's side of an interface. */
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define GROUPS_SHOWN 1000u

static uint64_t or_none(uint64_t ms)
{
	return ms ? ms : PROTO_NONE;
}

static void put_group(const struct machine_group_info *g,
		      const struct proto_row *row)
{
	char text[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, &g->group, text, sizeof(text));
	row->open(row->arg, text);
	row->text(row->arg, "mode",
		  g->filter == MGM_EXCLUDE ? "exclude" : "include");
	row->open(row->arg, "sources");
	for (size_t i = 0; i < g->source_count; i++) {
		inet_ntop(AF_INET, &g->sources[i], text, sizeof(text));
		row->flag(row->arg, text, g->filter == MGM_INCLUDE);
	}
	row->close(row->arg);
	row->seconds(row->arg, "response_s", or_none(g->response_ms));
	row->seconds(row->arg, "repeat_s", or_none(g->change_ms));
	row->close(row->arg);
}

static void put_groups(const struct host_interface *in, uint64_t now_ms,
		       const struct proto_row *row)
{
	struct machine_group_info g = {.group.s_addr = 0};
	unsigned int shown = 0;

	row->open(row->arg, "groups");
	while (shown < GROUPS_SHOWN &&
	       machine_next(in->machine, g.group, now_ms, &g)) {
		put_group(&g, row);
		shown++;
	}
	row->close(row->arg);
}

static void put_machine(const struct host_interface *in, uint64_t now_ms,
			const struct proto_row *row)
{
	struct mgm_address querier;
	struct machine_status s;

	machine_status(in->machine, now_ms, &s);
	querier = mgm_address_v4(s.querier);
	row->number(row->arg, "version", s.version);
	if (s.heard)
		row->address(row->arg, "querier", &querier);
	else
		row->text(row->arg, "querier", NULL);
	row->seconds(row->arg, "last_query_s",
		     s.heard ? s.heard_ms : PROTO_NONE);
	row->number(row->arg, "robustness", s.robustness);
	row->seconds(row->arg, "query_interval_s", s.query_interval_ms);
	row->seconds(row->arg, "v1_querier_present_s", or_none(s.v1_ms));
	row->seconds(row->arg, "v2_querier_present_s", or_none(s.v2_ms));
	row->seconds(row->arg, "response_s", or_none(s.response_ms));
	row->number(row->arg, "group_count", s.groups);
	row->open(row->arg, "counters");
#define PUT_COUNTER(id, text) \
	row->number(row->arg, #id, machine_counters(in->machine)->id);
	MACHINE_COUNTERS(PUT_COUNTER)
#undef PUT_COUNTER
	row->close(row->arg);
	put_groups(in, now_ms, row);
}

int host_status(struct host *h, uint64_t now_ms, const char *interface,
		struct proto_cursor *cursor, const struct proto_row *row)
{
	const struct host_interface *in = h->interfaces;

	while (in && (!in->machine ||
		      (interface ? strcmp(in->name, interface)
				 : strcmp(in->name, cursor->interface) <= 0)))
		in = in->next;
	if (!in)
		return -ENOENT;
	memcpy(cursor->interface, in->name, sizeof(cursor->interface));
	row->text(row->arg, "interface", in->name);
	put_machine(in, now_ms, row);
	return 0;
}
