/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has happened while the manager and its model were played
 * (mgm_model_count.c): a run in which something of the list never does says
 * nothing about that, and fails.
 */
#ifndef XMGM_TESTS_MGM_MODEL_COUNT_H
#define XMGM_TESTS_MGM_MODEL_COUNT_H

#include <stdbool.h>

/* Kinds that come in threes are in the order of enum model_stage. */
#define MODEL_KINDS(X)                                                    \
	X(TAKEN, "interfaces taken at once")                              \
	X(TAKE_BEGUN, "takes by handshake")                               \
	X(TAKE_REFUSED, "takes refused")                                  \
	X(RELEASED, "interfaces released at once")                        \
	X(RELEASE_BEGUN, "releases by handshake")                         \
	X(TRANSFERRED, "transfers at once")                               \
	X(TRANSFER_BEGUN, "transfers by handshake")                       \
	X(ACKED, "handshakes acknowledged")                               \
	X(REPLAYED, "replays completed")                                  \
	X(ACK_LATE, "acknowledgements that did not come")                 \
	X(REPLAY_LATE, "replays that were not completed")                 \
	X(STALE_EPOCH, "answers of a handshake that is none")             \
	X(GATE_HELD, "memberships refused while the gate was held")       \
	X(WILD, "(*,*) joined")                                           \
	X(WILD_LEFT, "(*,*) left")                                        \
	X(PREFIX, "prefixes joined")                                      \
	X(PREFIX_LEFT, "prefixes left")                                   \
	X(ANY, "(*,G) joined")                                            \
	X(SOURCE, "(S,G) joined")                                         \
	X(BLOCKED, "sources blocked")                                     \
	X(MIDST, "calls in the midst of work")                            \
	X(MIDST_OF_SWEEP, "IGMPs that left in a sweep")                   \
	X(BATCHED, "batches")                                             \
	X(OVERRIDE_ON, "oifs forced by their owner")                      \
	X(OVERRIDE_OFF, "oifs refused by their owner")                    \
	X(STOOD_DOWN, "IGMP standing down")                               \
	X(FLOW, "flows by a first packet")                                \
	X(VETO, "creations vetoed")                                       \
	X(RPF_OTHER, "iifs other than the RIB's, by answer")              \
	X(RPF_NONE, "flows refused by answer")                            \
	X(RPF_LATE, "RPF requests without an answer")                     \
	X(CREATION_LATE, "creation requests without an answer")           \
	X(ROUTE, "static (S,G) routes")                                   \
	X(ANY_ROUTE, "static (*,G) routes")                               \
	X(ROUTE_LISTS, "static routes that list oifs")                    \
	X(ROUTE_LEFT, "routes left to the kernel")                        \
	X(DERIVED, "entries beside a (*,G) route")                        \
	X(WITHHELD, "(*,G) routes withheld for (S/len,G)")                \
	X(RIB_ROUTE, "routes to sources")                                 \
	X(RIB_MOVED, "flows moved by routes")                             \
	X(LINK, "links that changed")                                     \
	X(TEMPLATE, "static routes of prefixes")                          \
	X(RULED, "rules of what may pass changed")                        \
	X(REGISTERED, "clients registered")                               \
	X(REGISTER_REFUSED, "registrations refused")                      \
	X(DEREGISTERED, "clients deregistered")                           \
	X(IGMP_DEAD, "deaths of IGMP, idle")                              \
	X(IGMP_DEAD_DISABLING, "deaths of IGMP, disabling")               \
	X(IGMP_DEAD_REPLAYING, "deaths of IGMP, replaying")               \
	X(OWNER_DEAD, "deaths of owners, idle")                           \
	X(OWNER_DEAD_DISABLING, "deaths of owners, disabling")            \
	X(OWNER_DEAD_REPLAYING, "deaths of owners, replaying")            \
	X(TAKER_DEAD, "deaths of those who would be owner")               \
	X(IGMP_LOST, "IGMPs lost, idle")                                  \
	X(IGMP_LOST_DISABLING, "IGMPs lost, disabling")                   \
	X(IGMP_LOST_REPLAYING, "IGMPs lost, replaying")                   \
	X(OWNER_LOST, "owners lost, idle")                                \
	X(OWNER_LOST_DISABLING, "owners lost, disabling")                 \
	X(OWNER_LOST_REPLAYING, "owners lost, replaying")                 \
	X(TAKER_LOST, "those who would be owner lost")                    \
	X(BACK, "clients that came back")                                 \
	X(RETAKEN, "interfaces taken again")                              \
	X(RETAKE_BEGUN, "takes that go on after a loss")                  \
	X(RETAKE_BUSY, "interfaces not had again: their release goes on") \
	X(SETTLED, "clients settled after a loss")                        \
	X(GRACE_OVER, "clients that did not come back")                   \
	X(GONE, "interfaces gone, idle")                                  \
	X(GONE_DISABLING, "interfaces gone, disabling")                   \
	X(GONE_REPLAYING, "interfaces gone, replaying")                   \
	X(SAID_LOCAL_JOIN, "local joins")                                 \
	X(SAID_LOCAL_LEAVE, "local leaves")                               \
	X(SAID_LOCAL_BLOCK, "local blocks")                               \
	X(SAID_LOCAL_UNBLOCK, "local unblocks")                           \
	X(SAID_JOIN, "joins for members")                                 \
	X(SAID_PRUNE, "prunes for members")                               \
	X(SAID_JOIN_MFE, "joins for MFEs")                                \
	X(SAID_PRUNE_MFE, "prunes for MFEs")                              \
	X(SAID_OWNERSHIP, "ends of a change of owner")                    \
	X(SAID_DISABLE, "IGMPs disabled")                                 \
	X(SAID_ENABLE, "IGMPs enabled")                                   \
	X(SAID_RPF, "RPF requests")                                       \
	X(SAID_CREATION, "creation requests")                             \
	X(SAID_WRONG_IF, "wrong interfaces")                              \
	X(SAID_INTERFACE, "interfaces changed")                           \
	X(SAID_GONE, "interfaces gone, told")                             \
	X(SAID_MADE, "MFEs made")                                         \
	X(SAID_DELETED, "MFEs deleted")

enum model_kind {
#define MODEL_KIND(id, text) MODEL_##id,
	MODEL_KINDS(MODEL_KIND)
#undef MODEL_KIND
		MODEL_KIND_COUNT
};

void model_happened(enum model_kind kind);
/* The same, if the call that does it has succeeded. */
int model_done(int result, enum model_kind kind);
/* Prints how often each has happened. false: one of them has not, or hardly. */
bool model_counts_print(void);

#endif /* XMGM_TESTS_MGM_MODEL_COUNT_H */
