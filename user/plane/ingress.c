/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What arrives for user space: a slot of `ingress` for each interface, its
 * share of the `igmp` ring, and the reading of that ring, a bounded piece at a
 * time. XDP says what an interface has put into the ring, we say what we have
 * taken out of it.
 */
#include "bpf.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"

/* Bytes of messages read before other work gets a turn: some milliseconds. */
#define IGMP_BUDGET    (128u << 10)
#define HOST_BURST_MIN (XMGM_IGMP_BYTES / 8) /* records of the longest one */

static void *map_memory(int map, size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);

	return at == MAP_FAILED ? NULL : at;
}

int ingress_init(struct plane_bpf *p)
{
	struct ingress *in = &p->ingress;

	in->slots = map_memory(p->in.map[MAP_ingress],
			       XMGM_INTERFACES * sizeof(*in->slots));
	in->settings =
		map_memory(p->in.map[MAP_settings], sizeof(*in->settings));
	return in->slots && in->settings ? 0 : -errno;
}

void ingress_free(struct plane_bpf *p)
{
	struct ingress *in = &p->ingress;

	ring_buffer__free(in->ring);
	if (in->slots)
		munmap(in->slots, XMGM_INTERFACES * sizeof(*in->slots));
	if (in->settings)
		munmap(in->settings, sizeof(*in->settings));
}

/* --- slots ---------------------------------------------------------- */

static bool slot_used(const struct ingress *in, uint32_t slot)
{
	return in->used[slot / 8] & 1u << slot % 8;
}

static void slot_mark(struct ingress *in, struct port *port, uint32_t slot)
{
	in->used[slot / 8] |= (uint8_t)(1u << slot % 8);
	port->slot = slot;
	port->has_slot = true;
}

/* A bucket has room for the longest message. */
static void limit_hosts(struct ingress *in, const struct port *port)
{
	uint32_t burst = port->host_rate < UINT32_MAX / 2 ? 2 * port->host_rate
							  : UINT32_MAX;

	if (!port->has_slot)
		return;
	in->slots[port->slot].igmp_host_burst =
		burst < HOST_BURST_MIN ? HOST_BURST_MIN : burst;
	in->slots[port->slot].igmp_host_rate = port->host_rate;
}

static int slot_get(struct ingress *in, struct port *port)
{
	uint32_t slot = 0;

	if (port->has_slot)
		return 0;
	while (slot < XMGM_INTERFACES && slot_used(in, slot))
		slot++;
	if (slot == XMGM_INTERFACES)
		return -ENOSPC;
	memset(&in->slots[slot], 0, sizeof(in->slots[slot]));
	slot_mark(in, port, slot);
	limit_hosts(in, port);
	return 0;
}

/* The shares change with the number of open gates. */
static void note_gate(struct ingress *in, struct port *port, bool open)
{
	uint32_t count;

	in->gates += (uint32_t)open - (uint32_t)port->gate_open;
	port->gate_open = open;
	count = in->gates ? in->gates : 1;
	in->settings->igmp_share = XMGM_IGMP_RING / 2 / count;
}

int ingress_set(struct plane_bpf *p, struct port *port,
		struct xmgm_interface *state)
{
	int err = slot_get(&p->ingress, port);

	if (err)
		return err;
	state->slot = port->slot;
	note_gate(&p->ingress, port, state->gate != XMGM_GATE_OFF);
	return 0;
}

void ingress_adopt(struct plane_bpf *p, struct port *port,
		   const struct xmgm_interface *state)
{
	if (state->slot >= XMGM_INTERFACES || port->has_slot)
		return;
	slot_mark(&p->ingress, port, state->slot);
	note_gate(&p->ingress, port, state->gate != XMGM_GATE_OFF);
}

void ingress_del(struct plane_bpf *p, struct port *port)
{
	if (!port->has_slot)
		return;
	note_gate(&p->ingress, port, false);
	p->ingress.used[port->slot / 8] &= (uint8_t) ~(1u << port->slot % 8);
	port->has_slot = false;
}

int ingress_host_rate(struct plane_bpf *p, uint32_t ifid, uint32_t rate)
{
	struct port *port = port_get(p, ifid);

	if (!port)
		return -ENOMEM;
	port->host_rate = rate;
	limit_hosts(&p->ingress, port);
	return 0;
}

int ingress_read(struct plane_bpf *p, uint32_t ifid, struct plane_ingress *out)
{
	const struct port *port = port_find(p, ifid);
	const struct xmgm_ingress *slot;

	if (!port || !port->has_slot)
		return -ENOENT;
	slot = &p->ingress.slots[port->slot];
	*out = (struct plane_ingress){
		.igmp_limited = slot->igmp_limited,
		.igmp_crowded = slot->igmp_crowded,
		.igmp_lost = slot->igmp_lost,
		.igmp_host_limited = slot->igmp_host_limited,
		.igmp_host_rate = slot->igmp_host_rate,
		.multibuf = slot->multibuf,
		.multibuf_flow = slot->multibuf_flow,
	};
	memcpy(out->igmp_host, slot->igmp_host, sizeof(out->igmp_host));
	return 0;
}

/* --- the ring ------------------------------------------------------- */

/* Its place in the ring is free for the interface it came from. */
static void message_done(struct plane_bpf *p, const struct xmgm_igmp *head)
{
	const struct port *port = port_find(p, head->ifid);
	struct xmgm_ingress *slot;

	if (!port || !port->has_slot)
		return;
	slot = &p->ingress.slots[port->slot];
	__atomic_store_n(&slot->igmp_out,
			 slot->igmp_out + XMGM_IGMP_ROOM(head->length),
			 __ATOMIC_RELAXED);
}

static int on_igmp(void *arg, void *data, size_t len)
{
	struct plane_bpf *p = arg;
	struct ingress *in = &p->ingress;
	const struct xmgm_igmp *head = data;

	if (len < sizeof(*head))
		return 0;
	if (p->listener.igmp)
		p->listener.igmp(p->listener.arg, data, len);
	in->told_ns = head->time_ns;
	message_done(p, head);
	in->budget -= len < in->budget ? (uint32_t)len : in->budget;
	return in->budget ? 0 : -EAGAIN;
}

int ingress_open_ring(struct plane_bpf *p)
{
	struct ingress *in = &p->ingress;

	in->ring = ring_buffer__new(p->in.map[MAP_igmp], on_igmp, p, NULL);
	return in->ring ? 0 : -errno;
}

uint64_t ingress_drain(struct plane_bpf *p, uint64_t now_ns)
{
	struct ingress *in = &p->ingress;
	int n;

	if (!in->ring)
		return now_ns;
	in->budget = IGMP_BUDGET;
	n = ring_buffer__consume(in->ring);
	if (n < 0 && n != -EAGAIN)
		log_warn("reading the igmp ring buffer: %s", strerror(-n));
	if (!in->budget)
		return in->told_ns < now_ns ? in->told_ns : now_ns;
	in->emptied = true;
	return now_ns;
}

/*
 * A reader before us may have died between a message and its count. When an
 * interface has put nothing into the ring since the last look, and the ring
 * was seen empty after that, then it has nothing in it.
 */
void ingress_second(struct plane_bpf *p)
{
	struct ingress *in = &p->ingress;
	struct hash_node *node, *next;
	uint32_t i;

	hash_for_each_safe(&p->ports, node, next, i) {
		struct port *port = hash_entry(node, struct port, node);
		struct xmgm_ingress *slot;

		if (!port->has_slot)
			continue;
		slot = &in->slots[port->slot];
		if (in->emptied && slot->igmp_in == port->igmp_seen)
			slot->igmp_out = port->igmp_seen;
		port->igmp_seen = slot->igmp_in;
	}
	in->emptied = false;
}
