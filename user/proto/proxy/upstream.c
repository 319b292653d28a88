/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The upstreams: taken from the manager when they are there and configured,
 * given back when they are not configured any more. The manager says what is
 * ours; a take or release that it works off is waited for.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES 64u /* looked at */

struct proxy_upstream *proxy_upstream_find(const struct proxy *p,
					   const char *name)
{
	struct proxy_upstream *u = p->upstreams;

	while (u && strcmp(u->name, name))
		u = u->next;
	return u;
}

void proxy_upstream_read(struct proxy *p, struct proxy_upstream *u)
{
	struct mgm_interface_address addresses[ADDRESSES];
	struct mgm_interface_info info = {
		.size = sizeof(info),
		.addresses = addresses,
		.address_room = ADDRESSES,
	};

	u->up = u->addressed = false;
	if (!u->ifid || mgm_interface_get(p->services.mgm, u->ifid, &info))
		return;
	u->up = info.flags & MGM_INTERFACE_UP;
	for (uint32_t i = 0; i < info.address_count && i < ADDRESSES; i++)
		u->addressed |= mgm_address_is_v4(&addresses[i].address);
}

struct proxy_upstream *proxy_upstream_get(struct proxy *p, const char *name)
{
	struct proxy_upstream *u = proxy_upstream_find(p, name), **at;

	if (u)
		return u;
	u = calloc(1, sizeof(*u));
	if (!u)
		return NULL;
	strncpy(u->name, name, sizeof(u->name) - 1);
	u->ifid = p->services.ifid(p->services.arg, u->name);
	proxy_upstream_read(p, u);
	for (at = &p->upstreams; *at && strcmp((*at)->name, name) < 0;)
		at = &(*at)->next;
	u->next = *at;
	*at = u;
	return u;
}

struct proxy_upstream *proxy_upstream_by_id(const struct proxy *p,
					    uint32_t ifid)
{
	struct proxy_upstream *u = p->upstreams;

	while (u && u->ifid != ifid)
		u = u->next;
	return u;
}

bool proxy_upstream_usable(const struct proxy_upstream *u)
{
	return u->wanted && u->owned && u->up && u->addressed;
}

static void refused(struct proxy *p, struct proxy_upstream *u, int err)
{
	u->refused = err;
	proxy_retry(p);
	if (err == -EBUSY || u->warned)
		return;
	u->warned = true;
	p->counters.takes_refused++;
	proxy_say(p, PROTO_WARN,
		  "proxy: %s cannot be an upstream: %s; it is tried again",
		  u->name,
		  err == -EEXIST ? "another protocol owns it" : strerror(-err));
}

static void take(struct proxy *p, struct proxy_upstream *u)
{
	int err;

	u->busy = true; /* it may end inside */
	err = mgm_interface_take(p->services.mgm, p->client, u->ifid);
	if (err == -EINPROGRESS)
		return;
	u->busy = false;
	u->owned = !err;
	if (err) {
		refused(p, u, err);
		return;
	}
	u->refused = 0;
	u->warned = false;
	p->stale = true;
}

static void release(struct proxy *p, struct proxy_upstream *u)
{
	int err;

	u->busy = true;
	err = mgm_interface_release(p->services.mgm, p->client, u->ifid);
	if (err == -EINPROGRESS)
		return;
	u->busy = false;
	if (err && err != -EINVAL) {
		proxy_retry(p);
		return;
	}
	u->owned = false;
	p->stale = true;
}

void proxy_upstream_drive(struct proxy *p)
{
	struct proxy_upstream **at = &p->upstreams, *u;

	while ((u = *at)) {
		if (u->ifid && u->wanted && !u->owned && !u->busy)
			take(p, u);
		if (u->ifid && !u->wanted && u->owned && !u->busy)
			release(p, u);
		if (u->wanted || u->owned || u->busy) {
			at = &u->next;
			continue;
		}
		*at = u->next;
		free(u);
	}
}
