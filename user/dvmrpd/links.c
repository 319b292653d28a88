/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces, as the manager has them: a registration of its own hears of each
 * change, and hands it to the protocol as the daemon would.
 */
#include "dvmrpd.h"

#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

#define ADDRESSES 64

const struct link *links_by_id(const struct dvmrpd *d, uint32_t ifid)
{
	const struct link *l = d->links;

	while (l && l->ifid != ifid)
		l = l->next;
	return l;
}

const struct link *links_by_index(const struct dvmrpd *d, uint32_t ifindex)
{
	const struct link *l = d->links;

	while (l && l->ifindex != ifindex)
		l = l->next;
	return l;
}

const struct link *links_by_name(const struct dvmrpd *d, const char *name)
{
	const struct link *l = d->links;

	while (l && strcmp(l->name, name) != 0)
		l = l->next;
	return l;
}

static struct link *link_get(struct dvmrpd *d, uint32_t ifid)
{
	struct link *l = (struct link *)(uintptr_t)links_by_id(d, ifid);

	if (l)
		return l;
	l = calloc(1, sizeof(*l));
	if (!l)
		return NULL;
	l->ifid = ifid;
	l->next = d->links;
	d->links = l;
	return l;
}

static int take_addresses(struct link *l, const struct mgm_interface_info *info)
{
	size_t count = info->address_count;
	struct proto_address *list;

	if (count > info->address_room)
		count = info->address_room;
	list = calloc(count + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		list[i] = (struct proto_address){
			.address = info->addresses[i].address,
			.prefix_len = info->addresses[i].length,
			.peer = info->addresses[i].peer,
		};
	free(l->addresses);
	l->addresses = list;
	l->address_count = count;
	return 0;
}

static void announce(struct dvmrpd *d, const struct mgm_interface_info *info)
{
	struct proto_interface interface = {
		.ifid = info->ifid,
		.up = info->flags & MGM_INTERFACE_UP,
		.mtu = info->mtu,
	};
	struct link *l;

	if (!*info->name || info->flags & MGM_INTERFACE_LOOPBACK)
		return;
	l = link_get(d, info->ifid);
	if (!l || take_addresses(l, info)) {
		log_error("no memory for interface %s", info->name);
		return;
	}
	memcpy(l->name, info->name, sizeof(l->name));
	l->ifindex = if_nametoindex(l->name);
	memcpy(interface.name, l->name, sizeof(interface.name));
	interface.addresses = l->addresses;
	interface.address_count = l->address_count;
	if (d->self)
		dvmrpd_proto()->interface_changed(d->self, &interface,
						  dvmrpd_now_ms());
	d->woken = true;
}

static void on_changed(void *arg, uint32_t ifid)
{
	struct mgm_interface_address addresses[ADDRESSES];
	struct mgm_interface_info info = {.size = sizeof(info),
					  .address_room = ADDRESSES,
					  .addresses = addresses};
	struct dvmrpd *d = arg;

	if (!mgm_interface_get(d->mgm, ifid, &info))
		announce(d, &info);
}

static void on_gone(void *arg, uint32_t ifid)
{
	struct dvmrpd *d = arg;
	struct link **at = &d->links, *l;

	while ((l = *at) && l->ifid != ifid)
		at = &l->next;
	if (!l)
		return;
	if (d->self)
		dvmrpd_proto()->interface_gone(d->self, ifid, l->name);
	packet_io_gone(d->io, l->ifindex);
	*at = l->next;
	free(l->addresses);
	free(l);
	d->woken = true;
}

int links_listen(struct dvmrpd *d)
{
	static const struct mgm_callbacks callbacks = {
		.size = sizeof(callbacks),
		.interface_changed = on_changed,
		.interface_gone = on_gone,
	};
	const struct mgm_registration registration = {
		.size = sizeof(registration),
		.protocol = MGM_PROTOCOL_DVMRP,
		.component = 1,
		.name = "dvmrp-links",
		.callbacks = &callbacks,
		.arg = d,
		.grace_ms = MGM_GRACE_NONE,
	};

	return mgm_register(d->mgm, &registration, &d->ear);
}

void links_announce(struct dvmrpd *d)
{
	struct mgm_interface_info info = {.size = sizeof(info)};
	uint32_t after = 0;

	while (!mgm_interface_next(d->mgm, after, &info)) {
		after = info.ifid;
		on_changed(d, after);
	}
}

void links_free(struct dvmrpd *d)
{
	struct link *l;

	while ((l = d->links)) {
		d->links = l->next;
		free(l->addresses);
		free(l);
	}
}
