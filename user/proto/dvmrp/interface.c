/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interfaces: what the configuration names, as it comes and goes. DVMRP runs on
 * one that is there, up, has an IPv4 address and is ours (owner.c); then it has
 * a generation id of its own, which tells neighbours that all we knew of them
 * there is gone.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES 64u /* looked at */

struct dvmrp_interface *dvmrp_interface_find(const struct dvmrp *d,
					     const char *name)
{
	struct dvmrp_interface *in = d->interfaces;

	while (in && strcmp(in->name, name))
		in = in->next;
	return in;
}

struct dvmrp_interface *dvmrp_interface_by_id(const struct dvmrp *d,
					      uint32_t ifid)
{
	struct hash_node *n =
		hash_first(&d->by_id, hash_bytes(&ifid, sizeof(ifid)));

	for (; n; n = hash_next(n)) {
		struct dvmrp_interface *in =
			hash_entry(n, struct dvmrp_interface, by_id);

		if (in->ifid == ifid)
			return in;
	}
	return NULL;
}

bool dvmrp_interface_reaches(const struct dvmrp_interface *in,
			     struct in_addr address)
{
	const struct mgm_address a = mgm_address_v4(address);

	for (size_t i = 0; i < in->address_count; i++)
		if (proto_address_holds(&in->addresses[i], &a))
			return true;
	return false;
}

bool dvmrp_interface_is(const struct dvmrp_interface *in,
			struct in_addr address)
{
	const struct mgm_address a = mgm_address_v4(address);

	for (size_t i = 0; i < in->address_count; i++)
		if (mgm_address_equal(&in->addresses[i].address, &a))
			return true;
	return false;
}

/* --- running --------------------------------------------------------------- */

static void probe_fire(struct timer *timer, uint64_t now_ms)
{
	struct dvmrp_interface *in =
		hash_entry(timer, struct dvmrp_interface, probe);

	dvmrp_send_probe(in);
	dvmrp_timer(in->dvmrp, timer, now_ms + in->dvmrp->config.probe_ms);
}

static void member(struct dvmrp_interface *in, bool on)
{
	const struct mgm_address group =
		mgm_address_v4((struct in_addr){DVMRP_ALL_ROUTERS});
	const struct proto_services *s = &in->dvmrp->services;
	int err = s->member(s->arg, in->ifid, &group, on);

	if (err && on)
		dvmrp_say(in->dvmrp, PROTO_ERROR,
			  "dvmrp: %s: cannot receive 224.0.0.4: %s; neighbours "
			  "there are not heard",
			  in->name, strerror(-err));
}

/* Another one than it was, also after the daemon was away. */
static uint32_t new_genid(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;
	const uint32_t seed[] = {in->address.s_addr, in->ifid,
				 (uint32_t)d->now_ms,
				 (uint32_t)(d->now_ms >> 32), d->drawn++};
	const uint32_t genid = hash_bytes(seed, sizeof(seed));

	return genid == in->genid ? genid + 1 : genid;
}

static void begin(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;

	in->running = true;
	in->genid = new_genid(in);
	member(in, true);
	dvmrp_timer(d, &in->probe, d->now_ms);
	dvmrp_report_begin(in);
	dvmrp_tree_interface(d, in);
	dvmrp_route_direct(in);
}

static void cease(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;

	if (in->up)
		dvmrp_report_farewell(in);
	in->running = false;
	dvmrp_timer(d, &in->probe, TIMER_NEVER);
	dvmrp_timer(d, &in->report, TIMER_NEVER);
	dvmrp_neighbor_drop_all(in);
	dvmrp_route_direct(in);
	dvmrp_tree_interface(d, in);
	member(in, false);
}

void dvmrp_interface_refresh(struct dvmrp_interface *in)
{
	const bool should = in->wanted && in->owned && in->ifid && in->up &&
			    in->address_count;
	struct in_addr address = {0};

	if (in->address_count)
		address = mgm_address_to_v4(&in->addresses[0].address);
	if (in->running && (!should || address.s_addr != in->address.s_addr))
		cease(in);
	in->address = address;
	if (should && !in->running)
		begin(in);
	else if (in->running)
		dvmrp_route_direct(in);
}

/* --- as the manager knows it ------------------------------------------------ */

/* Those of IPv4, the primary one first. */
static int take_addresses(struct dvmrp_interface *in,
			  const struct mgm_interface_address *from,
			  size_t count)
{
	struct proto_address *list = NULL;
	size_t n = 0;

	if (count) {
		list = calloc(count, sizeof(*list));
		if (!list)
			return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		if (!mgm_address_is_v4(&from[i].address))
			continue;
		list[n++] = (struct proto_address){
			.address = from[i].address,
			.prefix_len = from[i].length,
			.peer = from[i].peer,
		};
	}
	free(in->addresses);
	in->addresses = list;
	in->address_count = n;
	return 0;
}

static void set_ifid(struct dvmrp_interface *in, uint32_t ifid)
{
	struct dvmrp *d = in->dvmrp;

	if (in->ifid == ifid)
		return;
	if (in->ifid) {
		in->owned = in->busy = in->up = in->joined = false;
		in->address_count = 0;
		dvmrp_interface_refresh(in);
		hash_remove(&d->by_id, &in->by_id);
		in->ifid = 0;
	}
	if (ifid && !hash_insert(&d->by_id, &in->by_id,
				 hash_bytes(&ifid, sizeof(ifid))))
		in->ifid = ifid;
}

void dvmrp_interface_read(struct dvmrp_interface *in)
{
	const struct proto_services *s = &in->dvmrp->services;
	struct mgm_interface_address addresses[ADDRESSES];
	struct mgm_interface_info info = {
		.size = sizeof(info),
		.addresses = addresses,
		.address_room = ADDRESSES,
	};

	set_ifid(in, s->ifid(s->arg, in->name));
	if (!in->ifid || mgm_interface_get(s->mgm, in->ifid, &info)) {
		in->up = false;
		in->address_count = 0;
	} else if (take_addresses(in, addresses,
				  info.address_count < ADDRESSES
					  ? info.address_count
					  : ADDRESSES)) {
		dvmrp_count(in->dvmrp, in, DVMRP_N_NO_MEMORY);
	} else {
		in->up = info.flags & MGM_INTERFACE_UP;
		in->point_to_point = info.flags & MGM_INTERFACE_POINT_TO_POINT;
		in->mtu = info.mtu;
	}
	dvmrp_interface_refresh(in);
}

void dvmrp_interface_gone(struct dvmrp_interface *in)
{
	set_ifid(in, 0);
}

/* --- as it is configured -----------------------------------------------------
 */

static void forget_branches(struct dvmrp_interface *in)
{
	struct dvmrp *d = in->dvmrp;
	struct dvmrp_route *r = dvmrp_route_after(d, NULL);

	for (; r; r = dvmrp_route_after(d, &r->prefix))
		dvmrp_branch_drop(r, in);
}

static void interface_free(struct dvmrp_interface *in)
{
	forget_branches(in);
	dvmrp_neighbor_free_all(in);
	dvmrp_timer_end(in->dvmrp, &in->probe);
	dvmrp_timer_end(in->dvmrp, &in->report);
	if (in->ifid)
		hash_remove(&in->dvmrp->by_id, &in->by_id);
	free(in->addresses);
	free(in);
}

static struct dvmrp_interface *interface_new(struct dvmrp *d, const char *name)
{
	struct dvmrp_interface *in, **at;

	if (dvmrp_timer_room(d))
		return NULL;
	in = dvmrp_timer_room(d) ? NULL : calloc(1, sizeof(*in));
	if (!in)
		return NULL;
	in->dvmrp = d;
	in->probe.fire = probe_fire;
	dvmrp_report_init(in);
	strncpy(in->name, name, sizeof(in->name) - 1);
	for (at = &d->interfaces; *at && strcmp((*at)->name, name) < 0;)
		at = &(*at)->next;
	in->next = *at;
	*at = in;
	return in;
}

int dvmrp_interface_configure(struct dvmrp *d, const char *name,
			      const struct dvmrp_interface_config *config)
{
	struct dvmrp_interface *in = dvmrp_interface_find(d, name);

	if (!in && !config)
		return 0;
	if (!in)
		in = interface_new(d, name);
	if (!in)
		return -ENOMEM;
	in->wanted = config;
	if (config) {
		in->config = *config;
		dvmrp_neighbor_review(in);
	}
	dvmrp_interface_read(in);
	return 0;
}

void dvmrp_interface_sweep(struct dvmrp *d, bool all)
{
	struct dvmrp_interface **at = &d->interfaces, *in;

	while ((in = *at)) {
		if (!all && (in->wanted || in->owned || in->busy)) {
			at = &in->next;
			continue;
		}
		*at = in->next;
		interface_free(in);
	}
}
