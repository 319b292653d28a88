/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Loads the skeleton and fills its maps for the tests of ingress; see lab.h.
 */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <net/if.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "xmgm.skel.h"

static const struct xmgm_settings generous = {
	.hold_bytes_total = 1 << 30,
	.hold_packets_total = 1 << 20,
	.hold_packets = 1 << 20,
	.hold_bytes = 1 << 30,
	.upcall_rate = 1000,
	.upcall_burst = 1000,
	.wrong_if_rate = 1000,
	.multibuf_oifs = 1,
};

static int on_record(void *arg, void *data, size_t len)
{
	struct lab *l = arg;

	assert_true(len >= sizeof(l->head));
	memcpy(&l->head, data, sizeof(l->head));
	l->frame_len = len - sizeof(l->head);
	assert_true(l->frame_len <= sizeof(l->frame));
	memcpy(l->frame, (const uint8_t *)data + sizeof(l->head), l->frame_len);
	l->records++;
	return 0;
}

void lab_put(int map, const void *key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(map, key, value, BPF_ANY), 0);
}

/* Slot `id` gets a devmap of `count` devices, 1 or 2. */
static int put_set(struct lab *l, uint32_t id, uint32_t count)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);
	struct xmgm_set_info info = {.oifs = count};
	int fd = bpf_map_create(BPF_MAP_TYPE_DEVMAP_HASH, "oif_set",
				sizeof(uint32_t), sizeof(struct bpf_devmap_val),
				count, &opts);

	for (uint32_t i = 0; fd >= 0 && i < count; i++) {
		struct bpf_devmap_val value = {
			.ifindex = l->veth[i],
			.bpf_prog.fd =
				bpf_program__fd(l->skel->progs.xmgm_egress),
		};

		if (bpf_map_update_elem(fd, &l->veth[i], &value, BPF_ANY))
			return -1;
	}
	if (fd < 0 ||
	    bpf_map_update_elem(bpf_map__fd(l->skel->maps.oif_sets), &id, &fd,
				BPF_ANY) ||
	    bpf_map_update_elem(bpf_map__fd(l->skel->maps.sets), &id, &info,
				BPF_ANY))
		return -1;
	return fd;
}

static int load(struct lab *l)
{
	struct xmgm_bpf *skel = xmgm_bpf__open();

	if (!skel)
		return -1;
	l->skel = skel;
	bpf_map__set_max_entries(skel->maps.mfc, LAB_ROUTES);
	bpf_map__set_max_entries(skel->maps.oif_sets, LAB_SETS);
	bpf_map__set_max_entries(skel->maps.sets, LAB_SETS);
	bpf_map__set_max_entries(skel->maps.set_stats, LAB_SETS);
	return xmgm_bpf__load(skel);
}

int lab_open(void **state)
{
	struct lab *l = calloc(1, sizeof(*l));

	*state = l;
	if (!l || run_own_network() || load(l))
		return -1;
	if (system("ip link add xa type veth peer name xb && "
		   "ip link set xa up && ip link set xb up"))
		return -1;
	l->veth[0] = if_nametoindex("xa");
	l->veth[1] = if_nametoindex("xb");
	l->devmap[0] = put_set(l, LAB_SET, 2);
	l->devmap[1] = put_set(l, LAB_SINGLE, 1);
	l->ring = ring_buffer__new(bpf_map__fd(l->skel->maps.upcalls),
				   on_record, l, NULL);
	return l->ring && l->devmap[0] >= 0 && l->devmap[1] >= 0 ? 0 : -1;
}

int lab_close(void **state)
{
	struct lab *l = *state;

	ring_buffer__free(l->ring);
	xmgm_bpf__destroy(l->skel);
	close(l->devmap[0]);
	close(l->devmap[1]);
	free(l);
	return 0;
}

static void clear_hash(int map)
{
	uint8_t key[16]; /* no key of ours is larger */

	while (!bpf_map_get_next_key(map, NULL, key))
		assert_int_equal(bpf_map_delete_elem(map, key), 0);
}

void lab_reset(struct lab *l)
{
	struct xmgm_hold none = {0};
	uint32_t zero = 0;

	clear_hash(bpf_map__fd(l->skel->maps.mfc));
	clear_hash(bpf_map__fd(l->skel->maps.pending));
	clear_hash(bpf_map__fd(l->skel->maps.buckets));
	clear_hash(bpf_map__fd(l->skel->maps.interfaces));
	lab_put(bpf_map__fd(l->skel->maps.hold), &zero, &none);
	lab_settings(l, &generous);
	lab_interface(l, LAB_LO, XMGM_OWNER_STATIC, 0);
	lab_interface(l, l->veth[0], XMGM_OWNER_STATIC, 0);
	lab_consume(l);
}

void lab_settings(struct lab *l, const struct xmgm_settings *s)
{
	static const uint8_t router[6] = {FRAME_ROUTER};
	struct xmgm_settings attended = *s;
	uint32_t zero = 0;

	/* An hour ahead: a daemon that listens as long as the test runs. */
	attended.heartbeat = run_now_ns() + 3600 * 1000000000ull;
	memcpy(attended.router_mac, router, sizeof(router));
	lab_put(bpf_map__fd(l->skel->maps.settings), &zero, &attended);
}

void lab_foreign(struct lab *l, uint32_t count)
{
	struct xmgm_settings s;
	uint32_t zero = 0;

	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.settings), &zero,
				    &s),
		0);
	s.foreign = count;
	lab_put(bpf_map__fd(l->skel->maps.settings), &zero, &s);
}

struct xmgm_ingress lab_slot(struct lab *l, uint32_t slot)
{
	struct xmgm_ingress value;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.ingress),
					     &slot, &value),
			 0);
	return value;
}

void lab_heartbeat(struct lab *l, uint64_t when)
{
	struct xmgm_settings s;
	uint32_t zero = 0;

	assert_int_equal(
		bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.settings), &zero,
				    &s),
		0);
	s.heartbeat = when;
	lab_put(bpf_map__fd(l->skel->maps.settings), &zero, &s);
}

void lab_interface(struct lab *l, uint32_t ifid, enum xmgm_owner owner,
		   uint32_t flags)
{
	struct xmgm_interface value = {.owner = owner, .flags = flags};

	lab_put(bpf_map__fd(l->skel->maps.interfaces), &ifid, &value);
}

void lab_route(struct lab *l, struct xmgm_flow flow, uint32_t iif, uint32_t set,
	       enum xmgm_state state)
{
	struct xmgm_mfe mfe = {
		.route = {.iif = iif, .set = set},
		.flow = flow,
		.state = state,
	};

	lab_put(bpf_map__fd(l->skel->maps.mfc), &flow, &mfe);
}

void lab_route_flags(struct lab *l, struct xmgm_flow flow, uint32_t flags)
{
	struct xmgm_mfe mfe = lab_mfe(l, flow);

	mfe.flags = flags;
	lab_put(bpf_map__fd(l->skel->maps.mfc), &flow, &mfe);
}

struct xmgm_mfe lab_mfe(struct lab *l, struct xmgm_flow flow)
{
	struct xmgm_mfe mfe;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.mfc),
					     &flow, &mfe),
			 0);
	return mfe;
}

bool lab_pending(struct lab *l, struct xmgm_flow flow,
		 struct xmgm_pending *pending)
{
	return !bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.pending), &flow,
				    pending);
}

struct xmgm_hold lab_hold(struct lab *l)
{
	struct xmgm_hold h;
	uint32_t zero = 0;

	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.hold),
					     &zero, &h),
			 0);
	return h;
}

void lab_ingress_bytes(struct lab *l, uint32_t ifindex, const uint8_t *frame,
		       size_t len)
{
	run_frame(bpf_program__fd(l->skel->progs.xmgm_ingress),
		  bpf_map__fd(l->skel->maps.verdicts), ifindex, frame, len,
		  &l->r);
}

void lab_ingress(struct lab *l, uint32_t ifindex, const struct frame *f)
{
	static uint8_t frame[FRAME_ROOM];

	lab_ingress_bytes(l, ifindex, frame, frame_put(f, frame));
}

void lab_replay(struct lab *l, uint32_t ifindex, const struct frame *f)
{
	static uint8_t frame[FRAME_ROOM];

	run_frame(bpf_program__fd(l->skel->progs.xmgm_replay),
		  bpf_map__fd(l->skel->maps.verdicts), ifindex, frame,
		  frame_put(f, frame), &l->r);
}

size_t lab_consume(struct lab *l)
{
	l->records = 0;
	assert_true(ring_buffer__consume(l->ring) >= 0);
	return l->records;
}
