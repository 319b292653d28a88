/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The router MAC, and the ports that send with it: *plain* ones, whose entries
 * in oif sets have no program, because ingress has done all there is to do.
 * The kernel runs the first program of a bulk for all frames of it, so that a
 * port is plain in every set or in none. Sets that routes name are renewed as
 * a whole (devmaps.c): first those of ports that shall no longer be plain,
 * then the MAC, then those of ports that may be plain with it.
 */
#include "bpf.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lib/log.h"

static struct plane_bpf *self(struct plane *plane)
{
	return (struct plane_bpf *)plane;
}

/* Copies for a trunk ask the program which of its ports they leave by. */
static bool may_be_plain(const struct port *port, const uint8_t mac[6])
{
	return !port->trunk && plane_is_plain(&port->told, mac);
}

static int program_of(void *arg, uint32_t ifid, uint32_t old_id)
{
	struct plane_bpf *p = arg;
	const struct port *port = port_find(p, ifid);

	(void)old_id;
	return port && port->plain ? 0 : p->in.prog[PROG_EGRESS];
}

int plain_entry_program(struct plane_bpf *p, uint32_t ifid)
{
	return program_of(p, ifid, 0);
}

/* Has it an oif that is to change? Also one that nobody finds any more. */
static bool is_concerned(struct plane_bpf *p, const struct set *set)
{
	if (!set || set->state == SET_FREE)
		return false;
	for (uint32_t i = 0; i < set->count; i++) {
		const struct port *port = port_find(p, set->oifs[i]);

		if (port && port->renewing)
			return true;
	}
	return false;
}

struct renewal {
	struct set *sets[POOL_BATCH];
	uint32_t slots[POOL_BATCH], count;
	int fds[POOL_BATCH];
};

/* The new ones take their places, or nothing has changed. */
static int renewal_put(struct plane_bpf *p, struct renewal *r)
{
	int err = devmaps_put(&p->in, r->slots, r->fds, r->count);

	for (uint32_t i = 0; i < r->count; i++) {
		int *unused = err ? &r->fds[i] : &r->sets[i]->fd;

		close(*unused);
		if (!err)
			r->sets[i]->fd = r->fds[i];
	}
	r->count = 0;
	return err;
}

static int renewal_add(struct plane_bpf *p, struct renewal *r, struct set *set)
{
	int fd = devmap_copy(set->fd, 1u << set->size_class, program_of, p);

	if (fd < 0)
		return fd;
	r->sets[r->count] = set;
	r->slots[r->count] = set->id;
	r->fds[r->count++] = fd;
	return r->count < POOL_BATCH ? 0 : renewal_put(p, r);
}

/* What copies have left so far, they have as their ports still are. */
static void count_before(struct plane_bpf *p)
{
	for (uint32_t i = 0; i < p->in.abi.max_sets; i++) {
		struct set *set = p->sets.by_slot[i];

		if (is_concerned(p, set))
			set_refresh(p, set);
	}
}

/* Every set with a port that is `renewing`. */
static int renew_sets_of(struct plane_bpf *p)
{
	struct renewal r = {.count = 0};
	int err = 0;

	for (uint32_t i = 0; i < p->in.abi.max_sets && !err; i++) {
		struct set *set = p->sets.by_slot[i];

		if (is_concerned(p, set))
			err = renewal_add(p, &r, set);
	}
	if (!err)
		return renewal_put(p, &r);
	while (r.count)
		close(r.fds[--r.count]);
	return err;
}

/* Tried again with the next change if it has failed. */
static void renewed(struct plane_bpf *p, struct port *port, int err)
{
	if (!port->renewing)
		return;
	port->renewing = false;
	port->mixed = err != 0;
	port_fill_egress(p, port);
}

/* Those that are not as they may be with this MAC, to `plain` or from it. */
static int renew_ports(struct plane_bpf *p, const uint8_t mac[6], bool plain)
{
	struct hash_node *n, *tmp;
	bool any = false;
	uint32_t i;
	int err;

	hash_for_each_safe(&p->ports, n, tmp, i) {
		struct port *port = hash_entry(n, struct port, node);

		port->renewing = may_be_plain(port, mac) == plain &&
				 (port->plain != plain || port->mixed);
		any |= port->renewing;
	}
	if (!any)
		return 0;
	count_before(p);
	hash_for_each_safe(&p->ports, n, tmp, i) {
		struct port *port = hash_entry(n, struct port, node);

		if (port->renewing)
			port->plain = plain;
	}
	err = renew_sets_of(p);
	hash_for_each_safe(&p->ports, n, tmp, i)
		renewed(p, hash_entry(n, struct port, node), err);
	return err;
}

static int renew(struct plane_bpf *p)
{
	uint8_t mac[6];
	int err, first;

	router_mac_get(&p->plane, mac);
	first = renew_ports(p, mac, false);
	err = renew_ports(p, mac, true);
	return first ? first : err;
}

int plain_settle(struct plane_bpf *p, const struct port *port)
{
	uint8_t mac[6];

	router_mac_get(&p->plane, mac);
	if (may_be_plain(port, mac) == port->plain && !port->mixed)
		return 0;
	return renew(p);
}

/* `mixed` says that it has a program in some; it is settled at the end. */
void plain_adopt_entry(struct port *port, uint32_t program)
{
	if (program)
		port->mixed = true;
	else
		port->plain = true;
}

void plain_adopted(struct plane_bpf *p)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&p->ports, n, tmp, i) {
		struct port *port = hash_entry(n, struct port, node);

		port->mixed = port->mixed && port->plain;
	}
}

int router_mac_set(struct plane *plane, const uint8_t mac[6])
{
	struct plane_bpf *p = self(plane);
	union {
		uint64_t word;
		uint8_t bytes[8];
	} now = {0};
	int err;

	memcpy(now.bytes, mac, 6);
	err = renew_ports(p, mac, false);
	if (err)
		return err;
	__atomic_store_n((uint64_t *)(void *)p->ingress.settings->router_mac,
			 now.word, __ATOMIC_RELAXED);
	return renew(p);
}

void router_mac_get(struct plane *plane, uint8_t mac[6])
{
	memcpy(mac, self(plane)->ingress.settings->router_mac, 6);
}
