/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of DVMRP version 3 between bytes and structs, as
 * draft-ietf-idmr-dvmrp-v3-11 and mrouted have them. Decoding reads and checks
 * the whole message before the caller sees any of it; encoding makes whole IP
 * packets. Called by the protocol and by tests; pure.
 */
#ifndef XMGM_WIRE_DVMRP_H
#define XMGM_WIRE_DVMRP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "wire/igmp.h"

#define DVMRP_TYPE 0x13 /* of IGMP */
/* 224.0.0.4, in network order. */
#define DVMRP_ALL_ROUTERS htonl(0xe0000004u)

#define DVMRP_MAJOR	  3u
#define DVMRP_MINOR	  255u
#define DVMRP_BYTES	  576u /* of an IP packet of ours, at most */
#define DVMRP_HEADER	  8u

#define DVMRP_INFINITY	  32u

enum dvmrp_code {
	DVMRP_PROBE = 1,
	DVMRP_REPORT = 2,
	DVMRP_ASK_NEIGHBORS2 = 5,
	DVMRP_NEIGHBORS2 = 6,
	DVMRP_PRUNE = 7,
	DVMRP_GRAFT = 8,
	DVMRP_GRAFT_ACK = 9,
};

enum dvmrp_caps {
	DVMRP_CAP_LEAF = 1,
	DVMRP_CAP_PRUNE = 2,
	DVMRP_CAP_GENID = 4,
	DVMRP_CAP_MTRACE = 8,
	DVMRP_CAP_SNMP = 16,
	DVMRP_CAP_NETMASK = 32,
	DVMRP_CAPS_OURS = DVMRP_CAP_PRUNE | DVMRP_CAP_GENID | DVMRP_CAP_MTRACE,
};

enum dvmrp_error {
	DVMRP_OK,
	DVMRP_SHORT, /* not even a header */
	DVMRP_CHECKSUM,
	DVMRP_NOT_OURS,	 /* another IGMP type */
	DVMRP_IGNORED,	 /* a code that says nothing to us */
	DVMRP_MALFORMED, /* cut short, or not what its code says */
};

/* The bits behind length are 0 where we made it. */
struct dvmrp_prefix {
	struct in_addr net;
	uint8_t length;
};

/* What of a message is set depends on its code. */
struct dvmrp_message {
	enum dvmrp_code code;
	uint8_t caps, minor, major;
	/* probe */
	uint32_t genid;
	struct igmp_addresses neighbors;
	/* prune, graft, graft ack; length: 32 without a mask */
	struct in_addr source, group;
	uint32_t lifetime_s; /* of a prune */
	uint8_t length;
	/* report, neighbors2: see below */
	const uint8_t *body;
	size_t body_len;
};

/* Do probes of this version begin with a generation id? */
bool dvmrp_has_genid(uint8_t major, uint8_t minor);

enum dvmrp_error dvmrp_message_get(const uint8_t *bytes, size_t len,
				   struct dvmrp_message *m);

/* A route of a report, as it lies there. */
struct dvmrp_report_route {
	struct dvmrp_prefix prefix;
	uint8_t metric; /* 0 to 127 */
};

/* Where the reading of a report stands; all zero at first. */
struct dvmrp_report_cursor {
	size_t offset;
	uint8_t mask[4];
	bool listing; /* in the list of this mask */
};

/*
 * The routes of a report that dvmrp_message_get accepted, one by one; false at
 * the end. ok: a metric of 1 to 63, and a prefix that sources may be in,
 * without bits behind its mask. Those that are not are skipped by who reads.
 */
bool dvmrp_report_next(const struct dvmrp_message *m,
		       struct dvmrp_report_cursor *cursor,
		       struct dvmrp_report_route *route);
bool dvmrp_report_route_ok(const struct dvmrp_report_route *route);

/* An interface of neighbors2. */
struct dvmrp_neighbors2 {
	struct in_addr local;
	uint8_t metric, threshold, flags;
	struct igmp_addresses neighbors;
};

enum dvmrp_neighbors2_flag {
	DVMRP_NBR_TUNNEL = 0x01,
	DVMRP_NBR_DOWN = 0x10,
	DVMRP_NBR_DISABLED = 0x20,
	DVMRP_NBR_QUERIER = 0x40,
	DVMRP_NBR_LEAF = 0x80,
};

/* *offset starts at 0; false at the end. */
bool dvmrp_neighbors2_next(const struct dvmrp_message *m, size_t *offset,
			   struct dvmrp_neighbors2 *interface);

/* --- encoding ------------------------------------------------------------- */

/* From whom to whom a packet goes. */
struct dvmrp_ip {
	struct in_addr source, target;
	uint8_t ttl; /* 0: 1 */
};

/* A packet being made: dvmrp_begin, what is put, dvmrp_end; then it is whole.
 */
struct dvmrp_writer {
	struct dvmrp_ip ip;
	uint8_t packet[DVMRP_BYTES];
	size_t len;	     /* so far, with the IP header */
	size_t list;	     /* report: place of its last metric; 0: none */
	uint8_t list_length; /* of the mask of the list it is in */
	uint32_t routes;     /* in the report so far */
	size_t count_at;     /* neighbors2: place of the interface's count */
};

void dvmrp_begin(struct dvmrp_writer *w, const struct dvmrp_ip *ip,
		 enum dvmrp_code code);
/* Header and checksums; returns the length. */
size_t dvmrp_end(struct dvmrp_writer *w);

/* A probe: genid first, then neighbours. False: no room, nothing written. */
bool dvmrp_put_u32(struct dvmrp_writer *w, uint32_t value);
bool dvmrp_put_address(struct dvmrp_writer *w, struct in_addr address);

/*
 * A report: routes by ascending length, then net. metric: 1 to 63. False: no
 * room, nothing written: end it, and begin the next with this route. Lengths 1
 * to 7 cannot be said: false at once, see dvmrp_sayable.
 */
bool dvmrp_put_route(struct dvmrp_writer *w, const struct dvmrp_prefix *prefix,
		     uint8_t metric);
bool dvmrp_sayable(unsigned int length);

/*
 * neighbors2: an interface, then its neighbours by dvmrp_put_neighbor; one
 * without any has 0.0.0.0. False: no room: end it, begin the next one with the
 * interface.
 */
bool dvmrp_put_interface(struct dvmrp_writer *w,
			 const struct dvmrp_neighbors2 *interface);
bool dvmrp_put_neighbor(struct dvmrp_writer *w, struct in_addr address);

/* A whole prune, graft or ack; with its mask if netmask says so (the receiver
 * has DVMRP_CAP_NETMASK). lifetime_s: of a prune. Returns the length. */
struct dvmrp_sg {
	struct in_addr source, group;
	uint32_t lifetime_s;
	uint8_t length; /* of the source's network, for its mask */
	bool netmask;
};
size_t dvmrp_sg_put(struct dvmrp_writer *w, const struct dvmrp_ip *ip,
		    enum dvmrp_code code, const struct dvmrp_sg *sg);

/* The mask of a prefix length, in network order; and whether it is one, with
 * its length. */
struct in_addr dvmrp_mask(unsigned int length);
bool dvmrp_mask_length(struct in_addr mask, uint8_t *length);
bool dvmrp_prefix_holds(const struct dvmrp_prefix *prefix, struct in_addr a);

#endif /* XMGM_WIRE_DVMRP_H */
