/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted of DVMRP: messages by their type, and every reason why one or
 * a part of it was not used. Each interface counts its own, and the router all
 * of them. This list is the only one: show, JSON and metrics have it from here.
 */
#ifndef XMGM_PROTO_DVMRP_COUNTERS_H
#define XMGM_PROTO_DVMRP_COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#define DVMRP_SENT_COUNTERS(X)                                          \
	X(PROBES_SENT, "probes_sent", "probes sent")                    \
	X(REPORTS_SENT, "reports_sent", "reports sent")                 \
	X(FLASHES, "flashes", "flash updates")                          \
	X(PRUNES_SENT, "prunes_sent", "prunes sent")                    \
	X(GRAFTS_SENT, "grafts_sent", "grafts sent")                    \
	X(ACKS_SENT, "acks_sent", "graft acknowledgements sent")        \
	X(ANSWERS_SENT, "answers_sent", "answers to mrinfo and mtrace") \
	X(SEND_FAILED, "send_failed", "messages that could not be sent")

#define DVMRP_HEARD_COUNTERS(X)                                            \
	X(PROBES, "probes", "probes heard")                                \
	X(REPORTS, "reports", "reports heard")                             \
	X(PRUNES, "prunes", "prunes heard")                                \
	X(GRAFTS, "grafts", "grafts heard")                                \
	X(ACKS, "acks", "graft acknowledgements heard")                    \
	X(QUERIES, "queries", "questions of mrinfo and mtrace")            \
	X(RESTARTS, "restarts", "neighbours that have begun anew")         \
	X(EXPIRED, "expired", "neighbours that have gone silent")          \
	X(ROUTES_EXPIRED, "routes_expired", "routes nobody says any more") \
	X(WRONG_IF, "wrong_if", "flows that came in elsewhere")

/* Refused: DVMRP's bad input, each reason by itself. */
#define DVMRP_REFUSED_COUNTERS(X)                                           \
	X(BAD_SHORT, "bad_short", "messages too short for a header")        \
	X(BAD_CHECKSUM, "bad_checksum", "messages with a wrong checksum")   \
	X(BAD_FRAGMENT, "bad_fragment", "messages in fragments")            \
	X(BAD_OWN, "bad_own", "messages from an address of ours")           \
	X(BAD_SENDER, "bad_sender", "messages from outside the subnets")    \
	X(BAD_TTL, "bad_ttl", "messages to a group with a TTL above 1")     \
	X(BAD_TARGET, "bad_target", "messages to another destination")      \
	X(BAD_CODE, "bad_code", "messages of a kind that is not read")      \
	X(BAD_PROBE, "bad_probe", "malformed probes")                       \
	X(BAD_REPORT, "bad_report", "malformed reports")                    \
	X(BAD_PRUNE, "bad_prune", "malformed prunes")                       \
	X(BAD_GRAFT, "bad_graft", "malformed grafts")                       \
	X(BAD_ACK, "bad_ack", "malformed graft acknowledgements")           \
	X(NOT_RUNNING, "not_running", "messages where DVMRP does not run")  \
	X(NOT_LISTED, "not_listed", "messages of who is not in neighbors")  \
	X(NOT_NEIGHBOR, "not_neighbor", "messages of no two-way neighbour") \
	X(LIMIT_NEIGHBORS, "limit_neighbors",                               \
	  "neighbours refused: the interface has its limit")                \
	X(LIMIT_ROUTES, "limit_routes", "routes refused: max-routes")       \
	X(LIMIT_PRUNES, "limit_prunes", "prunes refused: max-prunes")       \
	X(LIMIT_ENTRIES, "limit_entries", "entries refused: max-entries")   \
	X(RESETS_HELD, "resets_held",                                       \
	  "changes of a genid within 5 s of the last")                      \
	X(ROUTES_BAD, "routes_bad",                                         \
	  "routes with a bad metric or prefix, skipped")                    \
	X(ROUTES_TWICE, "routes_twice",                                     \
	  "routes that a report has twice, skipped")                        \
	X(ROUTES_FILTERED, "routes_filtered",                               \
	  "routes that accept-routes does not take")                        \
	X(PRUNES_STRANGER, "prunes_stranger",                               \
	  "prunes of who does not depend on us")                            \
	X(PRUNES_USELESS, "prunes_useless",                                 \
	  "prunes of no entry, too short a life, or link-local groups")     \
	X(GRAFTS_STRANGER, "grafts_stranger",                               \
	  "grafts of who does not depend on us")                            \
	X(ACKS_UNASKED, "acks_unasked",                                     \
	  "graft acknowledgements nobody waits for")                        \
	X(NO_MEMORY, "no_memory", "what there was no memory for")           \
	X(RIB_REFUSED, "rib_refused", "routes that the manager refused")    \
	X(QUERIES_LIMITED, "queries_limited",                               \
	  "questions of mrinfo and mtrace over their rate")                 \
	X(QUERIES_FOREIGN, "queries_foreign",                               \
	  "questions of mrinfo from outside our subnets")                   \
	X(QUERIES_BAD, "queries_bad", "malformed questions of mtrace")

/* Identifier, name, sentence. */
#define DVMRP_COUNTERS(X)       \
	DVMRP_SENT_COUNTERS(X)  \
	DVMRP_HEARD_COUNTERS(X) \
	DVMRP_REFUSED_COUNTERS(X)

enum dvmrp_counter {
#define DVMRP_COUNTER_ID(id, name, text) DVMRP_N_##id,
	DVMRP_COUNTERS(DVMRP_COUNTER_ID)
#undef DVMRP_COUNTER_ID
		DVMRP_N_ALL
};

struct dvmrp_counters {
	uint64_t n[DVMRP_N_ALL];
};

struct dvmrp_counter_words {
	const char *name, *text;
};

const struct dvmrp_counter_words *dvmrp_counter_words(enum dvmrp_counter which);

#endif /* XMGM_PROTO_DVMRP_COUNTERS_H */
