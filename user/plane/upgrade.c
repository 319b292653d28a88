/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs of another build in the place of those that are pinned and
 * attached, on the same maps, while packets pass: each step leaves a router
 * that forwards. Oif sets first (a new devmap in the place of the old one,
 * because an entry of a devmap is not changed at once), then the device's
 * programs, then the pins; the build id last, so that a step that was cut
 * short is taken again.
 */
#include "bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"
#include "xmgm.skel.h"

/* FNV-1a over the object with the programs. */
uint64_t build_id(void)
{
	size_t len;
	const unsigned char *object = xmgm_bpf__elf_bytes(&len);
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ object[i]) * 0x100000001b3ull;
	return hash;
}

/* Entries without a program stay so. */
static int new_program(void *arg, uint32_t ifid, uint32_t old_id)
{
	const int *egress = arg;

	(void)ifid;
	return old_id ? *egress : 0;
}

/* Has it oifs, whether their devices are there or not? */
static bool set_is_used(const struct instance *in, uint32_t slot)
{
	struct xmgm_set_info info;

	return !bpf_map_lookup_elem(in->map[MAP_sets], &slot, &info) &&
	       info.oifs;
}

/* A new devmap for this slot; -ENOENT: it has none, or one nobody uses. */
static int renew_slot(const struct instance *in, uint32_t slot, int egress)
{
	struct bpf_map_info info = {0};
	__u32 id, len = sizeof(info);
	int old, fd;

	if (!set_is_used(in, slot) ||
	    bpf_map_lookup_elem(in->map[MAP_oif_sets], &slot, &id))
		return -ENOENT;
	old = bpf_map_get_fd_by_id(id);
	if (old < 0)
		return -errno;
	fd = bpf_obj_get_info_by_fd(old, &info, &len)
		     ? -errno
		     : devmap_copy(old, info.max_entries, new_program, &egress);
	close(old);
	return fd;
}

static int put_slots(const struct instance *in, const uint32_t *slots,
		     const int *fds, uint32_t count)
{
	int err = devmaps_put(in, slots, fds, count);

	for (uint32_t i = 0; i < count; i++)
		close(fds[i]);
	return err;
}

/* Each batch waits for one grace period. */
int renew_sets(const struct instance *from, const struct instance *to,
	       int egress)
{
	uint32_t slots[POOL_BATCH] = {0}, count = 0;
	int fds[POOL_BATCH] = {0}, err = 0;

	for (uint32_t slot = XMGM_SET_FIRST; slot < from->abi.max_sets && !err;
	     slot++) {
		fds[count] = renew_slot(from, slot, egress);
		if (fds[count] == -ENOENT)
			continue;
		if (fds[count] < 0) {
			err = fds[count];
			break;
		}
		slots[count++] = slot;
		if (count < POOL_BATCH)
			continue;
		err = put_slots(to, slots, fds, count);
		count = 0;
	}
	if (!err)
		return put_slots(to, slots, fds, count);
	while (count)
		close(fds[--count]);
	return err;
}

int renew_devices(struct instance *in, const char **error)
{
	uint32_t ifindex, *last = NULL;
	int err = 0;

	while (!err && !bpf_map_get_next_key(in->map[MAP_attachments], last,
					     &ifindex)) {
		err = attach_renew(in, ifindex, error);
		last = &ifindex;
	}
	return err;
}

/* The name goes from the old one to the new one at once. */
static int renew_pin(struct instance *in, enum plane_prog which,
		     const struct bpf_program *prog)
{
	char path[PLANE_PATH_LEN], fresh[PLANE_PATH_LEN];
	int err, fd = fcntl(bpf_program__fd(prog), F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return -errno;
	instance_path(in, prog_pin(which), path);
	instance_path(in, "renewed", fresh);
	unlink(fresh);
	err = bpf_obj_pin(fd, fresh);
	if (!err && rename(fresh, path))
		err = -errno;
	if (err) {
		unlink(fresh);
		close(fd);
		return err;
	}
	close(in->prog[which]);
	in->prog[which] = fd;
	return 0;
}

static int renew_pins(struct instance *in, struct xmgm_bpf *skel)
{
	const struct bpf_program *progs[PROG_COUNT] = {
		[PROG_EGRESS] = skel->progs.xmgm_egress,
		[PROG_REPLAY] = skel->progs.xmgm_replay,
		[PROG_ROUTES] = skel->progs.xmgm_routes,
	};
	__u32 zero = 0;
	int err = 0;

	for (int i = 0; i < PROG_COUNT && !err; i++)
		err = renew_pin(in, i, progs[i]);
	if (err)
		return err;
	in->abi.build = build_id();
	return bpf_map_update_elem(in->map[MAP_abi], &zero, &in->abi, BPF_ANY);
}

int instance_renew(struct instance *in, const char **error)
{
	uint64_t old = in->abi.build;
	struct xmgm_bpf *skel;
	int err = instance_programs(in, false, &skel);

	if (err)
		return err;
	err = xmgm_bpf__load(skel);
	if (!err)
		err = renew_sets(in, in,
				 bpf_program__fd(skel->progs.xmgm_egress));
	if (!err)
		err = renew_devices(in, error);
	if (!err)
		err = renew_pins(in, skel);
	xmgm_bpf__destroy(skel);
	in->renewed = !err;
	if (!err)
		log_info("instance %s has the programs of this build, %016llx; "
			 "before: %016llx",
			 in->name, (unsigned long long)in->abi.build,
			 (unsigned long long)old);
	else if (!*error)
		*error = plane_error("instance %s cannot take the programs of "
				     "this build: %s; its old ones forward on",
				     in->name, strerror(-err));
	return err;
}
