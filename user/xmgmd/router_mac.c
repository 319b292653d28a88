/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The router MAC: configured, or else that of the attached interface which
 * most others share, of the lowest ifindex if several do; VLANs, which have
 * their trunk's and never send without a program, do not count. It is chosen
 * once; the data plane keeps it, so that receivers do not see it change when
 * interfaces come and go or the daemon starts anew.
 */
#include "daemon.h"

#include <string.h>

#include "lib/address.h"
#include "lib/log.h"

/* NULL: it is not attached. */
static const struct link *link_of(const struct router *r,
				  const struct attachment *a)
{
	const struct link *link = links_by_name(&r->d->links, a->name);

	return link && link->ethernet && !link->trunk && !a->error ? link
								   : NULL;
}

static unsigned int shared_by(const struct router *r, const struct link *link)
{
	const struct attachment *a;
	unsigned int count = 0;

	for (a = r->attachments; a; a = a->next) {
		const struct link *other = link_of(r, a);

		if (other && !memcmp(other->mac, link->mac, 6))
			count++;
	}
	return count;
}

/* NULL: nothing is attached yet. */
static const struct link *best_of(const struct router *r)
{
	const struct link *best = NULL;
	const struct attachment *a;
	unsigned int most = 0;

	for (a = r->attachments; a; a = a->next) {
		const struct link *link = link_of(r, a);
		unsigned int count = link ? shared_by(r, link) : 0;

		if (count < most || !count ||
		    (count == most && link->ifindex > best->ifindex))
			continue;
		best = link;
		most = count;
	}
	return best;
}

/* Leaves zeros if there is none to be had yet. */
static void choose(const struct router *r, uint8_t mac[6])
{
	uint64_t configured = r->d->config->router_mac;
	static const uint8_t none[6];
	const struct link *link;

	if (configured) {
		for (int i = 0; i < 6; i++)
			mac[i] = (uint8_t)(configured >> (40 - 8 * i));
		return;
	}
	plane_router_mac_get(r->plane, mac);
	link = memcmp(mac, none, sizeof(none)) ? NULL : best_of(r);
	if (link)
		memcpy(mac, link->mac, 6);
}

void router_mac_settle(struct router *r)
{
	uint8_t now[6], mac[6] = {0};
	char text[ADDRESS_MAC_TEXT];
	int err;

	choose(r, mac);
	plane_router_mac_get(r->plane, now);
	if (!memcmp(mac, now, sizeof(now)))
		return;
	err = plane_router_mac_set(r->plane, mac);
	if (err)
		log_warn("the router MAC cannot be changed: %s",
			 strerror(-err));
	else
		log_info("the router MAC is %s", address_mac_text(mac, text));
}
