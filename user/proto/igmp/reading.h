/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The hooks of struct proto that only read what IGMP knows: for show. They
 * change nothing and call nobody, so that they need not be entered and left.
 */
#ifndef XMGM_PROTO_IGMP_READING_H
#define XMGM_PROTO_IGMP_READING_H

#include "router.h"

/* igmp.c: the router behind the hooks' first argument. */
struct igmp_router *igmp_router_of(void *self);

int igmp_read_groups(void *self, uint64_t now_ms, struct proto_cursor *cursor,
		     int (*each)(void *arg, const struct proto_group *group),
		     void *arg);
int igmp_read_listeners(void *self, uint64_t now_ms,
			struct proto_cursor *cursor,
			int (*each)(void *arg,
				    const struct proto_listener *listener),
			void *arg);
int igmp_read_joins(void *self, struct proto_cursor *cursor,
		    int (*each)(void *arg, const struct proto_join *join),
		    void *arg);
int igmp_read_querier(void *self, uint32_t ifid, uint64_t now_ms,
		      struct proto_querier *querier);
void igmp_read_problems(void *self, uint32_t ifid,
			void (*each)(void *arg, const char *sentence),
			void *arg);
int igmp_read_status(void *self, uint64_t now_ms, const char *interface,
		     struct proto_cursor *cursor, const struct proto_row *row);
uint64_t igmp_read_refusals(void *self, uint32_t ifid);
void igmp_read_stats(void *self,
		     void (*each)(void *arg, const char *name, const char *text,
				  uint64_t value),
		     void *arg);

#endif /* XMGM_PROTO_IGMP_READING_H */
