/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Devmaps of oif sets as a whole. An entry of one is not changed at once: a
 * broadcast under way may miss it, or see it twice. So what changes in an
 * entry that is in use goes into a copy, which takes the place of the old
 * devmap in its slot.
 */
#include "bpf.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>

int devmap_make(uint32_t max_entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts);

	return bpf_map_create(BPF_MAP_TYPE_DEVMAP_HASH, "oif_set",
			      sizeof(uint32_t), sizeof(struct bpf_devmap_val),
			      max_entries, &opts);
}

/* A program's descriptor is written, its id is read: 0 is none of both. */
static int copy_entry(int old, int fresh, uint32_t ifid,
		      devmap_program *program, void *arg)
{
	struct bpf_devmap_val value;
	int err;

	if (bpf_map_lookup_elem(old, &ifid, &value))
		return 0; /* its device has just gone */
	value.bpf_prog.fd = program(arg, ifid, value.bpf_prog.id);
	err = bpf_map_update_elem(fresh, &ifid, &value, BPF_ANY);
	return err == -EINVAL || err == -ENODEV ? 0 : err; /* gone now */
}

int devmap_copy(int old, uint32_t max_entries, devmap_program *program,
		void *arg)
{
	int err = 0, fd = devmap_make(max_entries);
	uint32_t ifid, *last = NULL;

	if (fd < 0)
		return fd;
	while (!err && !bpf_map_get_next_key(old, last, &ifid)) {
		err = copy_entry(old, fd, ifid, program, arg);
		last = &ifid;
	}
	if (!err)
		return fd;
	close(fd);
	return err;
}

int devmaps_put(const struct instance *in, const uint32_t *slots,
		const int *fds, uint32_t count)
{
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t done = count;

	if (!count)
		return 0;
	return bpf_map_update_batch(in->map[MAP_oif_sets], slots, fds, &done,
				    &opts);
}
