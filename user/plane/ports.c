/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ports: what was told of each, what copies get on their way out, what was to
 * leave there and what was seen leaving.
 */
#include "bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static struct plane_bpf *self(struct plane *plane)
{
	return (struct plane_bpf *)plane;
}

struct port *port_find(struct plane_bpf *p, uint32_t ifid)
{
	uint32_t hash = hash_bytes(&ifid, sizeof(ifid));
	struct hash_node *node = hash_first(&p->ports, hash);

	for (; node; node = hash_next(node)) {
		struct port *port = hash_entry(node, struct port, node);

		if (port->told.ifid == ifid)
			return port;
	}
	return NULL;
}

struct port *port_get(struct plane_bpf *p, uint32_t ifid)
{
	struct port *port = port_find(p, ifid);

	if (port)
		return port;
	port = calloc(1, sizeof(*port));
	if (!port)
		return NULL;
	port->told = plane_port_unset(ifid);
	bpf_map_lookup_elem(p->in.map[MAP_copies], &ifid, &port->copies);
	if (hash_insert(&p->ports, &port->node,
			hash_bytes(&ifid, sizeof(ifid)))) {
		free(port);
		return NULL;
	}
	return port;
}

struct xmgm_egress_stats egress_read_stats(const struct instance *in,
					   uint32_t ifid)
{
	static struct xmgm_egress_stats cpu[MAX_CPUS];
	uint32_t slot = xmgm_egress_slot(ifid);
	int n = libbpf_num_possible_cpus();
	struct xmgm_egress_stats sum = {0};
	struct xmgm_egress_far far = {0};

	if (slot == XMGM_EGRESS_SLOTS) {
		bpf_map_lookup_elem(in->map[MAP_egress_far], &ifid, &far);
		return far.stats;
	}
	if (n > MAX_CPUS ||
	    bpf_map_lookup_elem(in->map[MAP_egress_stats], &slot, cpu))
		return sum;
	for (int i = 0; i < n; i++) {
		sum.packets += cpu[i].packets;
		sum.bytes += cpu[i].bytes;
		sum.ttl_low += cpu[i].ttl_low;
		sum.dropped += cpu[i].dropped;
	}
	return sum;
}

void port_read_egress(struct plane_bpf *p, uint32_t ifid,
		      struct plane_port_info *port)
{
	const struct xmgm_egress_stats stats = egress_read_stats(&p->in, ifid);
	struct xmgm_egress egress = {0};

	egress_read(&p->in, ifid, &egress);
	port->ttl_threshold = egress.ttl_threshold;
	port->packets_out += stats.packets;
	port->bytes_out += stats.bytes;
	port->ttl_low += stats.ttl_low;
}

int port_read(struct plane *plane, uint32_t ifid, struct plane_port_info *out)
{
	struct plane_bpf *p = self(plane);
	struct xmgm_attachment attachment;
	struct port *port = port_get(p, ifid);
	bool vlan = port && port->told.vlan;
	int err = attach_query(&p->in, vlan ? port->told.ifindex : ifid,
			       &attachment);

	*out = (struct plane_port_info){.mode = XMGM_MODE_NONE};
	out->taken_off = err == -ENOLINK;
	if (!err) {
		out->mode = attachment.mode;
		out->dispatched = attachment.dispatched;
	}
	/* Expected before seen: what is under way must not look lost. */
	out->packets_expected = port ? port->copies.packets : 0;
	out->path = port ? port->told.path : PLANE_PATH_XDP;
	out->plain = port && port->plain;
	port_read_egress(p, ifid, out);
	if (port) {
		out->packets_out += port->copies.plain_packets;
		out->bytes_out += port->copies.plain_bytes;
	}
	if (!vlan)
		xmit_read(p, ifid, out);
	return 0;
}

/* Told before the first interface has the flag. */
static void count_foreign(struct plane_bpf *p, const struct port *port,
			  uint32_t flags)
{
	p->foreign += !!(flags & XMGM_IF_FOREIGN) -
		      !!(port->told.flags & XMGM_IF_FOREIGN);
	p->ingress.settings->foreign = p->foreign;
}

static int renew_flags(struct plane_bpf *p, uint32_t ifid, uint32_t flags)
{
	int map = p->in.map[MAP_interfaces];
	struct xmgm_interface state;

	if (bpf_map_lookup_elem(map, &ifid, &state) || state.flags == flags)
		return 0;
	state.flags = flags;
	return bpf_map_update_elem(map, &ifid, &state, BPF_EXIST);
}

int port_fill_egress(struct plane_bpf *p, const struct port *port)
{
	static const uint8_t no_mac[6];
	struct xmgm_egress e = {0};

	egress_read(&p->in, port->told.ifid, &e);
	e.flags &= XMGM_EGRESS_FILLED;
	if (memcmp(port->told.mac, no_mac, sizeof(no_mac))) {
		memcpy(e.mac, port->told.mac, sizeof(e.mac));
		e.ttl_threshold = port->told.ttl_threshold;
		e.flags |= XMGM_EGRESS_FILLED;
	}
	if (port->plain)
		e.flags |= XMGM_EGRESS_PLAIN;
	if (port->trunk)
		e.flags |= XMGM_EGRESS_TRUNK;
	return egress_write(&p->in, port->told.ifid, &e);
}

/* Egress numbers copies for so many devices only. */
static enum plane_path path_of(const struct plane_port *told)
{
	if (told->vlan && told->ifindex >= XMGM_EGRESS_MAX &&
	    told->path == PLANE_PATH_XDP)
		return PLANE_PATH_CLONE;
	return told->path;
}

static bool port_moves(const struct port *port, const struct plane_port *told)
{
	return port->unsure || port->told.path != told->path ||
	       port->told.ifindex != told->ifindex ||
	       port->told.vlan != told->vlan ||
	       port->told.service != told->service;
}

int port_set(struct plane *plane, const struct plane_port *given)
{
	struct plane_port now = *given, *told = &now;
	struct plane_bpf *p = self(plane);
	struct port *port = port_get(p, told->ifid);
	int err, first;
	uint32_t mtu;
	bool moved;

	if (!port)
		return -ENOMEM;
	now.path = path_of(told);
	first = vlan_set(p, &port->told, told);
	moved = port_moves(port, told);
	mtu = port->told.mtu;
	port->unsure = false;
	count_foreign(p, port, told->flags);
	port->told = *told;
	err = port_fill_egress(p, port);
	if (!first)
		first = err;
	xmit_add(&p->in, told->ifindex);
	err = renew_flags(p, told->ifid,
			  told->flags | clones_flag(&p->in, told->ifindex));
	if (!first)
		first = err;
	err = moved ? sets_port_moved(p, port) : 0;
	if (!first)
		first = err;
	err = port_narrowed(p, port, mtu);
	if (!first)
		first = err;
	err = moved ? routes_reflag(p) : 0;
	if (!first)
		first = err;
	err = plain_settle(p, port);
	return first ? first : err;
}

static int member_put(const struct instance *in, uint32_t ifindex,
		      uint32_t ifid)
{
	const struct xmgm_port place = {.ifindex = ifindex};
	int err, map = in->map[MAP_ports];

	if (ifid)
		return bpf_map_update_elem(map, &place, &ifid, BPF_ANY);
	err = bpf_map_delete_elem(map, &place);
	return err == -ENOENT ? 0 : err;
}

/* The next key is asked for first: behind a deleted one the map begins anew. */
static void members_each(const struct instance *in,
			 void (*each)(void *arg, uint32_t ifindex,
				      uint32_t ifid),
			 void *arg)
{
	int map = in->map[MAP_ports];
	struct xmgm_port place, next;
	bool more = !bpf_map_get_next_key(map, NULL, &next);
	uint32_t ifid;

	while (more) {
		place = next;
		more = !bpf_map_get_next_key(map, &place, &next);
		if (!place.vlan && !bpf_map_lookup_elem(map, &place, &ifid))
			each(arg, place.ifindex, ifid);
	}
}

int member_set(struct plane *plane, uint32_t ifindex, uint32_t ifid)
{
	return member_put(&self(plane)->in, ifindex, ifid);
}

void member_walk(struct plane *plane,
		 void (*each)(void *arg, uint32_t ifindex, uint32_t ifid),
		 void *arg)
{
	members_each(&self(plane)->in, each, arg);
}

void vlan_walk(struct plane *plane,
	       void (*each)(void *arg, const struct xmgm_port *at,
			    uint32_t ifid),
	       void *arg)
{
	int map = self(plane)->in.map[MAP_ports];
	struct xmgm_port place, next;
	bool more = !bpf_map_get_next_key(map, NULL, &next);
	uint32_t ifid;

	while (more) {
		place = next;
		more = !bpf_map_get_next_key(map, &place, &next);
		if (place.vlan && !bpf_map_lookup_elem(map, &place, &ifid))
			each(arg, &place, ifid);
	}
}

struct forgotten {
	const struct instance *in;
	uint32_t ifid;
};

static void forget_member(void *arg, uint32_t ifindex, uint32_t ifid)
{
	const struct forgotten *f = arg;

	if (ifindex == f->ifid || ifid == f->ifid)
		member_put(f->in, ifindex, 0);
}

void members_forget(const struct instance *in, uint32_t ifid)
{
	struct forgotten f = {in, ifid};

	members_each(in, forget_member, &f);
}

static void forget_egress(struct plane_bpf *p, uint32_t ifid)
{
	static const struct xmgm_egress_stats zero_stats[MAX_CPUS];
	static const struct xmgm_egress zero;
	uint32_t slot = xmgm_egress_slot(ifid);

	if (slot == XMGM_EGRESS_SLOTS) {
		bpf_map_delete_elem(p->in.map[MAP_egress_far], &ifid);
		return;
	}
	bpf_map_update_elem(p->in.map[MAP_egress], &slot, &zero, BPF_ANY);
	bpf_map_update_elem(p->in.map[MAP_egress_stats], &slot, zero_stats,
			    BPF_ANY);
}

static void forget_netdev(struct plane_bpf *p, uint32_t ifindex)
{
	bpf_map_delete_elem(p->in.map[MAP_attachments], &ifindex);
	xmit_forget(&p->in, ifindex);
	forget_egress(p, ifindex);
}

void port_gone(struct plane *plane, uint32_t ifid)
{
	struct plane_bpf *p = self(plane);
	struct port *port = port_find(p, ifid);

	sets_port_gone(p, ifid);
	members_forget(&p->in, ifid);
	bpf_map_delete_elem(p->in.map[MAP_copies], &ifid);
	if (port && port->told.vlan)
		forget_egress(p, ifid);
	else
		forget_netdev(p, port ? port->told.ifindex : ifid);
	if (!port)
		return;
	vlan_gone(p, port);
	count_foreign(p, port, 0);
	ingress_del(p, port);
	hash_remove(&p->ports, &port->node);
	free(port);
}

void ports_count_lost(struct plane_bpf *p)
{
	struct hash_node *node, *next;
	uint32_t i;

	p->egress_lost = 0;
	hash_for_each_safe(&p->ports, node, next, i) {
		struct port *port = hash_entry(node, struct port, node);
		struct plane_port_info out = {0};
		uint64_t left = port->copies.plain_packets;

		if (!port->copies.packets)
			continue;
		port_read_egress(p, port->told.ifid, &out);
		left += out.packets_out + out.ttl_low;
		if (port->copies.packets > left)
			p->egress_lost += port->copies.packets - left;
	}
}
