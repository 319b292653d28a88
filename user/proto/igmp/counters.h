/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted of IGMP: every message by its type, and every reason why one
 * or a part of it was not used. Each interface counts its own, and the router
 * all of them. This list is the only one: show, JSON and the manual have it
 * from here.
 *
 * What XDP refuses (bad lengths and checksums, senders that are no hosts)
 * never comes here: XMGM_IGMP_REASONS in xmgm/abi.h.
 */
#ifndef XMGM_PROTO_IGMP_COUNTERS_H
#define XMGM_PROTO_IGMP_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum igmp_counter_kind { IGMP_SENT, IGMP_HEARD, IGMP_REFUSED, IGMP_KINDS };

#define IGMP_SENT_COUNTERS(X)                                            \
	X(QUERIES_SENT, SENT, "queries_sent", "queries, of all kinds")   \
	X(SENT_GENERAL_V1, SENT, "sent_general_v1", "version 1 queries") \
	X(SENT_GENERAL_V2, SENT, "sent_general_v2",                      \
	  "version 2 general queries")                                   \
	X(SENT_GROUP_V2, SENT, "sent_group_v2",                          \
	  "version 2 group-specific queries")                            \
	X(SENT_GENERAL_V3, SENT, "sent_general_v3",                      \
	  "version 3 general queries")                                   \
	X(SENT_GROUP_V3, SENT, "sent_group_v3",                          \
	  "version 3 group-specific queries")                            \
	X(SENT_SOURCES_V3, SENT, "sent_sources_v3",                      \
	  "version 3 group-and-source-specific queries")                 \
	X(QUERIES_LATE, SENT, "queries_late",                            \
	  "of these, those that waited 0.1 s for their turn")            \
	X(QUERIES_FAILED, SENT, "queries_failed",                        \
	  "queries that could not be sent")                              \
	X(MRD_ADVERTISEMENTS, SENT, "mrd_advertisements",                \
	  "advertisements of the router")                                \
	X(MRD_TERMINATIONS, SENT, "mrd_terminations",                    \
	  "terminations of the router")                                  \
	X(MRD_FAILED, SENT, "mrd_failed",                                \
	  "of these, those that could not be sent")

#define IGMP_HEARD_COUNTERS(X)                                                 \
	X(QUERIES_HEARD, HEARD, "queries_heard", "queries of other routers")   \
	X(HEARD_GENERAL_V1, HEARD, "heard_general_v1", "version 1 queries")    \
	X(HEARD_GENERAL_V2, HEARD, "heard_general_v2",                         \
	  "version 2 general queries")                                         \
	X(HEARD_GROUP_V2, HEARD, "heard_group_v2",                             \
	  "version 2 group-specific queries")                                  \
	X(HEARD_GENERAL_V3, HEARD, "heard_general_v3",                         \
	  "version 3 general queries")                                         \
	X(HEARD_GROUP_V3, HEARD, "heard_group_v3",                             \
	  "version 3 group-specific queries")                                  \
	X(HEARD_SOURCES_V3, HEARD, "heard_sources_v3",                         \
	  "version 3 group-and-source-specific queries")                       \
	X(QUERIES_LOWER, HEARD, "queries_lower",                               \
	  "queries of a router with a lower address")                          \
	X(QUERIES_VERSION, HEARD, "queries_version",                           \
	  "queries of another version than ours")                              \
	X(QUERIER_CHANGES, HEARD, "querier_changes", "changes of the querier") \
	X(REPORTS_V1, HEARD, "reports_v1", "version 1 reports")                \
	X(REPORTS_V2, HEARD, "reports_v2", "version 2 reports")                \
	X(LEAVES_V2, HEARD, "leaves_v2", "version 2 leaves")                   \
	X(REPORTS_V3, HEARD, "reports_v3", "version 3 reports")                \
	X(RECORDS, HEARD, "records",                                           \
	  "group records of version 3 reports applied")                        \
	X(SSM_MAPPED, HEARD, "ssm_mapped",                                     \
	  "messages that the SSM map has given sources")                       \
	X(IMMEDIATE_LEAVES, HEARD, "immediate_leaves",                         \
	  "groups and sources left at once by their last host")                \
	X(HOSTS_UNTRACKED, HEARD, "hosts_untracked",                           \
	  "reports of hosts that there was no room to track")                  \
	X(UNICAST, HEARD, "unicast", "messages to an address of ours")         \
	X(MRD_SOLICITATIONS, HEARD, "mrd_solicitations",                       \
	  "solicitations of switches heard")                                   \
	X(MRD_HEARD, HEARD, "mrd_heard",                                       \
	  "advertisements and terminations of other routers")                  \
	X(FORWARD_CHANGES, HEARD, "forward_changes",                           \
	  "times we stood down for the querier, or no longer")

#define IGMP_REFUSED_COUNTERS(X)                                         \
	X(FOREIGN_HOST, REFUSED, "foreign_host",                         \
	  "messages from outside the interface's nets")                  \
	X(NO_INTERFACE, REFUSED, "no_interface",                         \
	  "messages of interfaces without IGMP")                         \
	X(UNICAST_BAD, REFUSED, "unicast_bad",                           \
	  "messages to an address of ours that are bad")                 \
	X(MALFORMED, REFUSED, "malformed",                               \
	  "ring records that the reader refused")                        \
	X(RING_LOST, REFUSED, "ring_lost",                               \
	  "losses of messages in the ring buffer")                       \
	X(QUERIES_UNNAMED, REFUSED, "queries_unnamed",                   \
	  "queries without a source, ignored")                           \
	X(QUERIES_OWN, REFUSED, "queries_own",                           \
	  "queries from an address of ours, ignored")                    \
	X(QUERIES_DEAF, REFUSED, "queries_deaf",                         \
	  "queries ignored: the interface has no address, or is down")   \
	X(WRONG_VERSION, REFUSED, "wrong_version",                       \
	  "reports newer than the configured version")                   \
	X(REPORTS_V1_IGNORED, REFUSED, "reports_v1_ignored",             \
	  "version 1 reports ignored by configuration")                  \
	X(LEAVES_V1_MODE, REFUSED, "leaves_v1_mode",                     \
	  "leaves ignored: configured for version 1")                    \
	X(RECORDS_UNKNOWN, REFUSED, "records_unknown",                   \
	  "group records of an unknown type")                            \
	X(RECORDS_BAD, REFUSED, "records_bad",                           \
	  "group records of no group, or a bad source")                  \
	X(RECORDS_LOCAL, REFUSED, "records_local",                       \
	  "group records about 224.0.0.0/24")                            \
	X(RECORDS_COMPAT, REFUSED, "records_compat",                     \
	  "ignored because an older host is present")                    \
	X(RECORDS_IDLE, REFUSED, "records_idle",                         \
	  "ignored: they end what nobody has")                           \
	X(NOT_SOURCE_SPECIFIC, REFUSED, "not_source_specific",           \
	  "ignored in SSM range, not by a source")                       \
	X(POLICY_GROUPS, REFUSED, "policy_groups",                       \
	  "records refused by policy: of any source")                    \
	X(POLICY_SOURCES, REFUSED, "policy_sources",                     \
	  "sources refused by policy")                                   \
	X(LIMIT_GROUPS, REFUSED, "limit_groups",                         \
	  "groups refused: the interface has its limit")                 \
	X(LIMIT_HOST, REFUSED, "limit_host",                             \
	  "groups refused: the host has its share")                      \
	X(LIMIT_SOURCES, REFUSED, "limit_sources",                       \
	  "sources refused: the group has its limit")                    \
	X(LIMIT_HOST_SOURCES, REFUSED, "limit_host_sources",             \
	  "sources refused: the host has its share")                     \
	X(MRD_FOREIGN, REFUSED, "mrd_foreign",                           \
	  "advertisements from outside the interface's nets, or ours")   \
	X(MRD_CROWDED, REFUSED, "mrd_crowded",                           \
	  "advertisements of more routers than are kept")                \
	X(NO_MEMORY, REFUSED, "no_memory", "records refused: no memory") \
	X(SET_FAILED, REFUSED, "set_failed",                             \
	  "memberships that the manager refused")

/* Identifier, kind, name, sentence. */
#define IGMP_COUNTERS(X)       \
	IGMP_SENT_COUNTERS(X)  \
	IGMP_HEARD_COUNTERS(X) \
	IGMP_REFUSED_COUNTERS(X)

enum igmp_counter {
#define IGMP_COUNTER_ID(id, kind, name, text) IGMP_N_##id,
	IGMP_COUNTERS(IGMP_COUNTER_ID)
#undef IGMP_COUNTER_ID
		IGMP_N_ALL
};

struct igmp_counters {
	uint64_t n[IGMP_N_ALL];
};

struct igmp_counter_words {
	enum igmp_counter_kind kind;
	const char *name, *text;
};

const struct igmp_counter_words *igmp_counter_words(enum igmp_counter which);

/* The counter of a query of this version: of no group, of a group, or of
 * sources of it. kind: IGMP_SENT or IGMP_HEARD. */
enum igmp_counter igmp_counter_query(enum igmp_counter_kind kind,
				     unsigned int version, bool group,
				     size_t sources);

#endif /* XMGM_PROTO_IGMP_COUNTERS_H */
