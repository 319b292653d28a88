/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What hosts send: reports, built by hand because one socket here speaks for
 * thousands of memberships.
 */
#ifndef XMGM_BENCH_IGMP_H
#define XMGM_BENCH_IGMP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct igmp_frame {
	uint8_t bytes[46]; /* Ethernet, IPv4 with Router Alert, IGMP */
};

/* A report of group by a host. Addresses in network order. */
void igmp_report(struct igmp_frame *f, const uint8_t host[4],
		 const uint8_t group[4]);

/* Frames of one length, to be sent over and over. Hosts and groups are numbers
 * in host order, of which frames or records have one each, in turn. */
struct igmp_frames {
	uint8_t *bytes;
	uint32_t count;
	size_t each;
};

/* Version 2: a report of each group, each by a host of its own. -ENOMEM. */
int igmp_frames_old(struct igmp_frames *f, uint32_t host, uint32_t group,
		    uint32_t count);
/* Version 3: `count` groups in EXCLUDE mode, so many in a frame, each frame by
 * a host of its own. The last one begins again with the first groups. */
int igmp_frames_groups(struct igmp_frames *f, uint32_t host, uint32_t group,
		       uint32_t count, uint32_t records);
/* Version 3: one group, reported by `count` hosts. */
int igmp_frames_hosts(struct igmp_frames *f, uint32_t host, uint32_t group,
		      uint32_t count);
struct iovec igmp_frame_at(const struct igmp_frames *f, uint64_t number);
void igmp_frames_free(struct igmp_frames *f);

#endif /* XMGM_BENCH_IGMP_H */
