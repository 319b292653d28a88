/* SPDX-License-Identifier: GPL-2.0-only */
/* What links.c and vlans.c share; nobody else includes it. */
#ifndef XMGM_XMGMD_NET_LINKS_INTERNAL_H
#define XMGM_XMGMD_NET_LINKS_INTERNAL_H

#include "xmgmd/net/links.h"

/* Calls this hook of everybody who has it. */
#define LINKS_TELL(links, hook, ...)                                \
	do {                                                        \
		const struct link_listener *l = (links)->listeners; \
                                                                    \
		for (; l; l = l->next)                              \
			if (l->hook)                                \
				l->hook(l->arg, ##__VA_ARGS__);     \
	} while (0)

/* links.c. NULL: no memory. */
struct link *link_new(struct links *links, uint32_t ifindex);
/* What is new about it, to all; -ENOMEM. */
int link_report(struct links *links, struct link *link,
		const struct link_report *report);
/* It has a name, and is told. -ENOMEM */
int link_announce(struct links *links, struct link *link);
/* It is told to be gone, and those that stand in for VLANs on it are. */
void link_gone(struct links *links, struct link *link);
void link_remove(struct links *links, struct link *link);

/* vlans.c */
void vlans_free(struct links *links);
/* Which netdev's tagged packets are those of such a VLAN; 0: none's. */
uint32_t vlans_trunk(const struct links *links,
		     const struct link_report *report);
/* Does this link stand in for the netdev that is reported? */
bool vlans_is_netdev_of(const struct links *links, const struct link *link,
			const struct link_report *report);
/* From now on it is the netdev that is reported, or the other way round. */
int link_move(struct links *links, struct link *link,
	      const struct link_report *report);
/* Its netdev is gone. False: and so is it. */
bool vlans_stay(struct links *links, struct link *link);
/* Nothing stands in for it from here, under whatever name. */
void vlans_make_room(struct links *links, const struct link *link);
void vlans_appeared(struct links *links, const struct link *trunk);
void vlans_trunk_changed(struct links *links, const struct link *trunk);
void vlans_trunk_gone(struct links *links, const struct link *trunk);
/* Names may have become free: what is wanted, and can be, is there. */
void vlans_settle(struct links *links);

#endif /* XMGM_XMGMD_NET_LINKS_INTERNAL_H */
