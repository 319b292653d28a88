/* SPDX-License-Identifier: GPL-2.0-only */
/* An IPv4 prefix as the options of IGMP write it, ready to be compared. */
#ifndef XMGM_PROTO_IGMP_PREFIX_H
#define XMGM_PROTO_IGMP_PREFIX_H

#include <stdbool.h>
#include <netinet/in.h>

struct igmp_prefix {
	struct in_addr net;
	uint32_t mask; /* in network order, as they are */
};

/* Room for "255.255.255.255/32". */
#define IGMP_PREFIX_TEXT 20

static inline bool igmp_prefix_holds(const struct igmp_prefix *prefix,
				     struct in_addr address)
{
	return !((prefix->net.s_addr ^ address.s_addr) & prefix->mask);
}

/* "10.0.0.0/8", or an address; -EINVAL, also if bits behind it are set. */
int igmp_prefix_parse(const char *text, struct igmp_prefix *prefix);
/* Of groups that are routed. */
int igmp_prefix_parse_groups(const char *text, struct igmp_prefix *prefix);
/* Returns buffer. */
const char *igmp_prefix_text(const struct igmp_prefix *prefix,
			     char buffer[IGMP_PREFIX_TEXT]);

#endif /* XMGM_PROTO_IGMP_PREFIX_H */
