/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies that a driver refuses to send: no counter of the device shows them,
 * and the kernel tells nobody but the tracepoint that the plane listens to.
 * Here is what the errors of drivers mean, and what helps.
 */
#include "daemon.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void note(void *arg, const struct plane_refusal *refusal)
{
	struct router *r = arg;
	struct link *link = links_by_index(&r->d->links, refusal->ifindex);

	if (!link)
		return;
	link->unsent_now += refusal->frames;
	link->unsent_error = refusal->error;
}

#define REFUSES_SECONDS 3

/*
 * Not that it is full or down for a while, but that it cannot: for some seconds,
 * because a driver that gets a program may be without queues for a moment.
 */
static void look_for_refusal(struct router *r, struct link *link, bool grown)
{
	const int error = -link->unsent_error;

	if (!grown || (error != ENXIO && error != EOPNOTSUPP)) {
		link->unsent_seconds = 0;
		return;
	}
	if (++link->unsent_seconds < REFUSES_SECONDS || link->refuses)
		return;
	link->refuses = true;
	router_settle(r);
}

void unsent_second(struct router *r)
{
	struct hash_node *n, *tmp;
	struct link *link;
	uint32_t i;

	hash_for_each_safe(&r->d->links.table, n, tmp, i)
		hash_entry(n, struct link, node)->unsent_now = 0;
	plane_refusal_walk(r->plane, note, r);
	hash_for_each_safe(&r->d->links.table, n, tmp, i) {
		link = hash_entry(n, struct link, node);
		look_for_refusal(r, link,
				 problems_look(r, &link->unsent,
					       link->unsent_now));
	}
}

void unsent_why(const struct link *link, char why[UNSENT_WHY])
{
	switch (-link->unsent_error) {
	case 0:
	case ENOSPC:
	case EBUSY:
	case EAGAIN:
		snprintf(why, UNSENT_WHY,
			 "its transmit ring is full, more leaves than the link "
			 "or its receiver takes: `ethtool -G %s tx N` makes "
			 "it larger",
			 link->name);
		break;
	case ENXIO:
		snprintf(why, UNSENT_WHY,
			 "its driver has no transmit queue for XDP: attach it, "
			 "give it queues (`ethtool -L %s combined N`), or let "
			 "somebody open it if it is a tap",
			 link->name);
		break;
	case ENETDOWN:
		snprintf(why, UNSENT_WHY, "it is down: `ip link set %s up`",
			 link->name);
		break;
	default:
		snprintf(why, UNSENT_WHY, "its driver refuses frames: %s",
			 strerror(-link->unsent_error));
	}
}
