/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets that wait for their route. The data plane hands them over within
 * its bounds; here they stand in order, per flow, until the manager has made
 * the route or refused the flow. Replay sends each through the twin of the
 * ingress program, from its original interface. While that goes on the
 * route's state is DRAINING and newer packets still come here; when nothing
 * is left the state becomes FORWARDING, and stragglers are sent as they come.
 */
#include "bpf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>

#include <bpf/bpf.h>

#include "wire/ipv4.h"

#define VLAN_HLEN      4
#define HOLD_EXPIRY_NS (XMGM_PENDING_NS + 1000000000ull)

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static struct held_flow *flow_find(struct plane_bpf *p, struct xmgm_flow flow)
{
	struct hash_node *node =
		hash_first(&p->hold.flows, hash_bytes(&flow, sizeof(flow)));

	for (; node; node = hash_next(node)) {
		struct held_flow *f = hash_entry(node, struct held_flow, node);

		if (!memcmp(&f->flow, &flow, sizeof(flow)))
			return f;
	}
	return NULL;
}

static struct held_flow *flow_new(struct plane_bpf *p, struct xmgm_flow flow)
{
	struct held_flow *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->flow = flow;
	f->since_ns = now_ns();
	STAILQ_INIT(&f->packets);
	if (hash_insert(&p->hold.flows, &f->node,
			hash_bytes(&flow, sizeof(flow)))) {
		free(f);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&p->hold.waiting, f, link);
	return f;
}

static struct held_list *flow_list(struct hold *hold, const struct held_flow *f)
{
	return f->released ? &hold->released : &hold->waiting;
}

static void flow_free(struct plane_bpf *p, struct held_flow *f)
{
	hash_remove(&p->hold.flows, &f->node);
	TAILQ_REMOVE(flow_list(&p->hold, f), f, link);
	free(f);
}

/* The packet is out of our hands: the data plane may hand over another. */
static void packet_done(struct plane_bpf *p, uint32_t len)
{
	struct xmgm_hold *shared = p->hold.shared;

	__atomic_store_n(&shared->packets_out, shared->packets_out + 1,
			 __ATOMIC_RELAXED);
	__atomic_store_n(&shared->bytes_out, shared->bytes_out + len,
			 __ATOMIC_RELAXED);
}

static int run_replay(struct plane_bpf *p, uint32_t ifindex, const void *frame,
		      uint32_t len)
{
	struct xdp_md ctx = {.data_end = len, .ingress_ifindex = ifindex};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame,
		    .data_size_in = len, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1, .batch_size = 1,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES);

	return bpf_prog_test_run_opts(p->in.prog[PROG_REPLAY], &opts);
}

static int find_route(struct plane_bpf *p, struct xmgm_flow flow,
		      struct xmgm_mfe *mfe)
{
	struct xmgm_flow any = {.group = {flow.group[0], flow.group[1],
					  flow.group[2], flow.group[3]}};

	if (!bpf_map_lookup_elem(p->in.map[MAP_mfc], &flow, mfe))
		return 0;
	return bpf_map_lookup_elem(p->in.map[MAP_mfc], &any, mfe);
}

/* One run an oif: the kernel would spoil the copies (abi.h). */
static int run_one_by_one(struct plane_bpf *p, const struct held_packet *h,
			  struct xmgm_flow flow)
{
	struct xmgm_hold *shared = p->hold.shared;
	const struct set *set = NULL;
	struct xmgm_mfe mfe;
	int err = 0;

	if (!find_route(p, flow, &mfe))
		set = sets_find(p, mfe.route.set);
	if (!set)
		return run_replay(p, h->ifindex, h->frame, h->len);
	for (uint32_t i = 0; i < set->count && !err; i++) {
		shared->replay_oif = set->oifs[i];
		shared->replay_more = i > 0;
		shared->replay_copy = tags_copy(set, set->oifs[i]);
		err = run_replay(p, h->ifindex, h->frame, h->len);
	}
	shared->replay_oif = 0;
	shared->replay_more = 0;
	shared->replay_copy = 0;
	return err;
}

static void replay(struct plane_bpf *p, const struct held_packet *h,
		   struct xmgm_flow flow)
{
	int err = p->hold.one_by_one
			  ? run_one_by_one(p, h, flow)
			  : run_replay(p, h->ifindex, h->frame, h->len);

	if (err)
		p->hold.failed++;
	else
		p->hold.replayed++;
	packet_done(p, h->taken);
}

static void drop_packets(struct plane_bpf *p, struct held_flow *f)
{
	struct held_packet *packet;

	while ((packet = STAILQ_FIRST(&f->packets))) {
		STAILQ_REMOVE_HEAD(&f->packets, link);
		packet_done(p, packet->taken);
		p->hold.dropped++;
		free(packet);
	}
}

/* Nobody else wants it, but a socket of this machine does. */
static bool is_cloned(struct plane_bpf *p, struct xmgm_flow flow)
{
	struct xmgm_mfe mfe;

	return !find_route(p, flow, &mfe) && mfe.flags & XMGM_MFE_CLONE;
}

/* To the kernel, by the replay twin, where another router listens: unless the
 * first came elsewhere. */
static void give_back(struct plane_bpf *p, struct held_flow *f)
{
	const bool cloned = is_cloned(p, f->flow);
	struct held_packet *packet;
	const struct port *port;

	while ((packet = STAILQ_FIRST(&f->packets))) {
		port = port_find(p, packet->ifid);
		if (!cloned && (!port || !(port->told.flags & XMGM_IF_FOREIGN)))
			return;
		STAILQ_REMOVE_HEAD(&f->packets, link);
		run_replay(p, packet->ifindex, packet->frame, packet->len);
		packet_done(p, packet->taken);
		free(packet);
	}
}

static bool has_route(struct plane_bpf *p, struct xmgm_flow flow)
{
	struct xmgm_mfe mfe;

	return !find_route(p, flow, &mfe) && mfe.route.set != XMGM_SET_NEGATIVE;
}

bool hold_has(struct plane_bpf *p, struct xmgm_flow flow)
{
	return flow_find(p, flow) != NULL;
}

/* A VLAN's tag that was beside the frame, as of what this machine sends. */
static void put_tag(struct held_packet *packet, const struct plane_port *told)
{
	const struct xmgm_oif_place place = port_place(told);
	const uint16_t tag[2] = {htons(place.tag), htons(place.vlan)};
	uint8_t *at = packet->frame + 2 * ETH_ALEN;

	memmove(at + sizeof(tag), at, packet->len - 2 * ETH_ALEN);
	memcpy(at, tag, sizeof(tag));
	packet->len += sizeof(tag);
}

static struct held_packet *packet_new(struct plane_bpf *p,
				      const struct xmgm_upcall *upcall)
{
	struct held_packet *packet =
		malloc(sizeof(*packet) + upcall->length + VLAN_HLEN);
	const struct port *port = port_find(p, upcall->ifid);

	if (!packet)
		return NULL;
	packet->ifid = upcall->ifid;
	packet->ifindex = upcall->ifindex;
	packet->len = upcall->length;
	packet->taken = upcall->length;
	memcpy(packet->frame, upcall->frame, upcall->length);
	if (port && port->told.vlan && upcall->l2_len == ETH_HLEN)
		put_tag(packet, &port->told);
	return packet;
}

/* It waited for a daemon that did not come while the data plane counted on
 * one: its receivers must not get it minutes later. */
static bool too_old(const struct plane_bpf *p, const struct xmgm_upcall *upcall)
{
	return upcall->time_ns + XMGM_HEARTBEAT_NS < p->hold.opened_ns;
}

void hold_add(struct plane_bpf *p, const struct xmgm_upcall *upcall)
{
	struct held_flow *f = flow_find(p, upcall->flow);
	struct held_packet *packet = NULL;

	if (!f && upcall->type == XMGM_UPCALL_MISS)
		f = flow_new(p, upcall->flow);
	if (!too_old(p, upcall))
		packet = packet_new(p, upcall);
	if (packet && f) {
		STAILQ_INSERT_TAIL(&f->packets, packet, link);
		return;
	}
	/* Its route was made a moment ago. */
	if (packet && upcall->type == XMGM_UPCALL_HELD) {
		replay(p, packet, upcall->flow);
	} else {
		packet_done(p, upcall->length);
		p->hold.dropped++;
	}
	free(packet);
}

void hold_release(struct plane_bpf *p, struct xmgm_flow flow)
{
	struct held_flow *f = flow_find(p, flow);

	if (!f || f->released)
		return;
	p->routes.error = routes_flush(p);
	if (!has_route(p, flow)) {
		give_back(p, f);
		drop_packets(p, f);
		flow_free(p, f);
		return;
	}
	TAILQ_REMOVE(&p->hold.waiting, f, link);
	f->released = true;
	TAILQ_INSERT_TAIL(&p->hold.released, f, link);
}

/* True if packets came since the last look. */
static bool drain_flow(struct plane_bpf *p, struct held_flow *f)
{
	bool any = false;
	struct held_packet *packet;

	while ((packet = STAILQ_FIRST(&f->packets))) {
		STAILQ_REMOVE_HEAD(&f->packets, link);
		replay(p, packet, f->flow);
		free(packet);
		any = true;
	}
	return any;
}

/*
 * A flow that had nothing left after another look at the ring is done. The
 * caller polls the ring between two calls.
 */
bool hold_drain(struct plane_bpf *p)
{
	struct held_flow *f, *next;

	if (TAILQ_EMPTY(&p->hold.released))
		return false;
	for (f = TAILQ_FIRST(&p->hold.released); f; f = next) {
		next = TAILQ_NEXT(f, link);
		if (drain_flow(p, f))
			continue;
		routes_drained(p, f->flow);
		flow_free(p, f);
	}
	p->routes.error = routes_flush(p);
	return !TAILQ_EMPTY(&p->hold.released);
}

void hold_expire(struct plane_bpf *p, uint64_t now)
{
	struct held_flow *f, *next;

	for (f = TAILQ_FIRST(&p->hold.waiting); f; f = next) {
		next = TAILQ_NEXT(f, link);
		if (now < f->since_ns + HOLD_EXPIRY_NS)
			break;
		/* Nobody has said so, but there may be a route by now. */
		hold_release(p, f->flow);
	}
}

/* What a daemon before us had in its hands is lost. */
void hold_reset(struct plane_bpf *p)
{
	struct xmgm_hold *shared = p->hold.shared;

	shared->packets_out = shared->packets_in;
	shared->bytes_out = shared->bytes_in;
}

int hold_init(struct plane_bpf *p)
{
	void *map = mmap(NULL, sizeof(struct xmgm_hold), PROT_READ | PROT_WRITE,
			 MAP_SHARED, p->in.map[MAP_hold], 0);

	TAILQ_INIT(&p->hold.waiting);
	TAILQ_INIT(&p->hold.released);
	if (map == MAP_FAILED)
		return -errno;
	p->hold.opened_ns = now_ns();
	p->hold.shared = map;
	p->hold.shared->replay_oif = 0;
	p->hold.shared->replay_more = 0;
	p->hold.shared->replay_copy = 0;
	p->hold.one_by_one = !kernel_is_at_least(6, 3);
	return 0;
}

static void drop_list(struct plane_bpf *p, struct held_list *list)
{
	struct held_flow *f;

	while ((f = TAILQ_FIRST(list))) {
		drop_packets(p, f);
		flow_free(p, f);
	}
}

void hold_free(struct plane_bpf *p)
{
	drop_list(p, &p->hold.waiting);
	drop_list(p, &p->hold.released);
	hash_clear(&p->hold.flows);
	if (p->hold.shared)
		munmap(p->hold.shared, sizeof(struct xmgm_hold));
}
