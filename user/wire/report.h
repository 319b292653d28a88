/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an IGMP host says: reports of versions 1, 2 and 3 and the leave of
 * version 2, as whole IP packets. Pure; called by the host's side of IGMP
 * (user/proto/host/). wire/igmp.h is the reader of what is written here.
 */
#ifndef XMGM_WIRE_REPORT_H
#define XMGM_WIRE_REPORT_H

#include "wire/igmp.h"

/* 224.0.0.2, in network order: where leaves go. */
#define IGMP_ALL_ROUTERS  htonl(0xe0000002u)

#define REPORT_OLD_BYTES  (IGMP_IP_BYTES + 8u)
#define REPORT_HEAD_BYTES (IGMP_IP_BYTES + 8u) /* of a v3 report */
#define REPORT_BYTES_MAX  1500u
#define REPORT_BYTES_MIN  68u /* room for a record with a few sources */

/*
 * A version 1 or 2 report, or a leave, about one group. Returns the length, 0
 * if type is none of these.
 */
size_t report_old_put(enum xmgm_igmp_type type, struct in_addr host,
		      struct in_addr group, uint8_t packet[REPORT_OLD_BYTES]);

/* Where such a message goes: RFC 2236 section 9, RFC 1112 appendix I. */
struct in_addr report_old_target(enum xmgm_igmp_type type,
				 struct in_addr group);

/* A version 3 report on its way; begin with report_begin. */
struct report {
	uint8_t packet[REPORT_BYTES_MAX];
	size_t size; /* of the packet, at most */
	size_t len;  /* so far */
	uint16_t records;
};

/* size: the MTU; what REPORT_BYTES_* allow of it is used. */
void report_begin(struct report *r, size_t size);
/* So many sources fit into one more record; -1: not even an empty one does. */
long report_room(const struct report *r);
/* The next record; there has to be room for it. */
void report_add(struct report *r, enum igmp_record_type type,
		struct in_addr group, const struct in_addr *sources,
		size_t count);
/* Header and checksums; returns the packet's length, 0 without records. */
size_t report_end(struct report *r, struct in_addr host);

#endif /* XMGM_WIRE_REPORT_H */
