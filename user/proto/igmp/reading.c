/* SPDX-License-Identifier: GPL-2.0-only */
/* See reading.h. */
#include "reading.h"

#include <errno.h>
#include <string.h>

#include "internal.h"

int igmp_read_groups(void *self, uint64_t now_ms, struct proto_cursor *cursor,
		     int (*each)(void *arg, const struct proto_group *group),
		     void *arg)
{
	struct proto_cursor own = {0};
	struct igmp_interface *in;
	int err = 0;

	if (!cursor)
		cursor = &own;
	in = igmp_interface_from(igmp_router_of(self), cursor->interface, true);
	for (; in && !err;
	     in = igmp_interface_from(igmp_router_of(self), in->name, false))
		err = igmp_interface_groups(in, now_ms, cursor, each, arg);
	return err;
}

int igmp_read_listeners(void *self, uint64_t now_ms,
			struct proto_cursor *cursor,
			int (*each)(void *arg,
				    const struct proto_listener *listener),
			void *arg)
{
	struct igmp_router *r = igmp_router_of(self);
	struct proto_cursor own = {0};
	struct igmp_interface *in;
	int err = 0;

	if (!cursor)
		cursor = &own;
	in = igmp_interface_from(r, cursor->interface, true);
	for (; in && !err; in = igmp_interface_from(r, in->name, false))
		err = igmp_interface_listeners(in, now_ms, cursor, each, arg);
	return err;
}

int igmp_read_joins(void *self, struct proto_cursor *cursor,
		    int (*each)(void *arg, const struct proto_join *join),
		    void *arg)
{
	struct proto_cursor own = {0};
	struct igmp_interface *in;
	int err = 0;

	if (!cursor)
		cursor = &own;
	in = igmp_interface_from(igmp_router_of(self), cursor->interface, true);
	for (; in && !err;
	     in = igmp_interface_from(igmp_router_of(self), in->name, false))
		err = igmp_interface_joins(in, cursor, each, arg);
	return err;
}

int igmp_read_querier(void *self, uint32_t ifid, uint64_t now_ms,
		      struct proto_querier *querier)
{
	struct igmp_interface *in =
		igmp_interface_by_id(igmp_router_of(self), ifid);

	return in ? igmp_interface_querier(in, now_ms, querier) : -ENOENT;
}

void igmp_read_problems(void *self, uint32_t ifid,
			void (*each)(void *arg, const char *sentence),
			void *arg)
{
	struct igmp_interface *in =
		igmp_interface_by_id(igmp_router_of(self), ifid);

	if (in)
		igmp_interface_problems(in, each, arg);
}

int igmp_read_status(void *self, uint64_t now_ms, const char *interface,
		     struct proto_cursor *cursor, const struct proto_row *row)
{
	struct igmp_router *r = igmp_router_of(self);
	struct igmp_interface *in;

	if (interface)
		in = igmp_interface_find(r, interface);
	else
		in = igmp_interface_from(r, cursor->interface, false);
	while (in && !igmp_interface_enabled(in) && !interface)
		in = igmp_interface_from(r, in->name, false);
	if (!in || !igmp_interface_enabled(in))
		return -ENOENT;
	memcpy(cursor->interface, in->name, sizeof(cursor->interface));
	igmp_interface_status(in, now_ms, row);
	return 0;
}

uint64_t igmp_read_refusals(void *self, uint32_t ifid)
{
	struct igmp_interface *in =
		igmp_interface_by_id(igmp_router_of(self), ifid);

	return in ? in->refusals : 0;
}

void igmp_read_stats(void *self,
		     void (*each)(void *arg, const char *name, const char *text,
				  uint64_t value),
		     void *arg)
{
	const struct igmp_router *r = igmp_router_of(self);

	for (unsigned int i = 0; i < IGMP_N_ALL; i++) {
		const struct igmp_counter_words *words = igmp_counter_words(i);

		each(arg, words->name, words->text, igmp_router_counted(r, i));
	}
}
