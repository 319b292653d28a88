/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What drivers make of the copies: a program on the kernel's tracepoint counts
 * for the devices that have an entry in `xmit`. Its link is pinned, so that it
 * counts on without us. A kernel without BPF on tracepoints forwards as well;
 * then nothing is told of it.
 */
#include "bpf.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"
#include "xmit.skel.h"

static int attach(const struct instance *in, const char *pin)
{
	struct xmit_bpf *skel = xmit_bpf__open();
	int err = skel ? instance_maps(in, skel->obj) : -errno;

	if (!err)
		err = xmit_bpf__load(skel);
	if (!err)
		err = xmit_bpf__attach(skel);
	if (!err)
		err = bpf_link__pin(skel->links.xmgm_xmit, pin);
	xmit_bpf__destroy(skel);
	return err;
}

void xmit_watch(struct instance *in)
{
	char path[PLANE_PATH_LEN];
	int err;

	instance_path(in, XMGM_PIN_XMIT, path);
	if (in->renewed)
		unlink(path);
	err = access(path, F_OK) ? attach(in, path) : 0;
	if (err == -EEXIST) /* one that was opened beside us counts for both */
		err = 0;
	in->watched = !err;
	if (err)
		log_info("what drivers refuse to send will not be seen: the "
			 "kernel takes no program on xdp_devmap_xmit: %s",
			 strerror(-err));
}

void xmit_add(const struct instance *in, uint32_t ifindex)
{
	const struct xmgm_xmit none = {0};

	bpf_map_update_elem(in->map[MAP_xmit], &ifindex, &none, BPF_NOEXIST);
}

/* The next key is asked for first: behind a deleted one the map begins anew. */
void xmit_forget(const struct instance *in, uint32_t ifindex)
{
	int map = in->map[MAP_xmit_errors];
	struct xmgm_xmit_error key, next;
	bool more = !bpf_map_get_next_key(map, NULL, &next);

	bpf_map_delete_elem(in->map[MAP_xmit], &ifindex);
	while (more) {
		key = next;
		more = !bpf_map_get_next_key(map, &key, &next);
		if (key.ifindex == ifindex)
			bpf_map_delete_elem(map, &key);
	}
}

/* Frames that our own program has dropped are no refusal of the driver. */
static uint64_t refused(struct plane_bpf *p, const struct xmgm_xmit_error *key)
{
	uint64_t frames, ours;

	if (bpf_map_lookup_elem(p->in.map[MAP_xmit_errors], key, &frames))
		return 0;
	if (key->error)
		return frames;
	ours = egress_read_stats(&p->in, key->ifindex).dropped;
	return frames > ours ? frames - ours : 0;
}

void xmit_walk(struct plane *plane,
	       void (*each)(void *arg, const struct plane_refusal *r),
	       void *arg)
{
	struct plane_bpf *p = (struct plane_bpf *)plane;
	struct xmgm_xmit_error key, *last = NULL;
	int map = p->in.map[MAP_xmit_errors];

	for (; !bpf_map_get_next_key(map, last, &key); last = &key) {
		struct plane_refusal r = {
			.ifindex = key.ifindex,
			.error = key.error,
			.frames = refused(p, &key),
		};

		if (r.frames)
			each(arg, &r);
	}
}

struct sum {
	uint32_t ifindex;
	uint64_t frames;
};

static void add_refusal(void *arg, const struct plane_refusal *r)
{
	struct sum *sum = arg;

	if (r->ifindex == sum->ifindex)
		sum->frames += r->frames;
}

void xmit_read(struct plane_bpf *p, uint32_t ifindex,
	       struct plane_port_info *out)
{
	struct sum sum = {ifindex, 0};
	struct xmgm_xmit now;

	out->watched = p->in.watched;
	if (bpf_map_lookup_elem(p->in.map[MAP_xmit], &ifindex, &now))
		return;
	out->sent = now.sent;
	if (now.dropped)
		xmit_walk(&p->plane, add_refusal, &sum);
	out->refused = sum.frames;
}
