/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pins of an older ABI become pins of ours while packets pass. New maps and
 * programs are made beside the old ones, in a directory whose name no instance
 * can have; what the old maps say is copied, the devices get the new programs
 * one by one, and the two directories change places at once. Until then the
 * old pins are complete, so that a step cut short is taken again. What is
 * counted between the copy and a device's turn is lost; no packet is.
 */
#include "bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"

/* The others are of the moment: rings, what is held, limiters, a batch. */
static const enum plane_map copied[] = {
	MAP_interfaces, MAP_ports,	  MAP_attachments, MAP_mfc,
	MAP_sets,	MAP_set_stats,	  MAP_oifs,	   MAP_egress,
	MAP_egress_far, MAP_egress_stats, MAP_verdicts,	   MAP_igmp_verdicts,
	MAP_settings,	MAP_copies,	  MAP_xmit,	   MAP_xmit_errors,
	MAP_set_list,	MAP_mfc_shared,	  MAP_treatments,  MAP_limits,
};

/* One map into the other, element by element. */
struct copy {
	int from, to;
	uint32_t cpus;		  /* values of an element */
	uint32_t from_size, size; /* of a value, with its padding */
	uint32_t common;	  /* bytes that both have */
	uint8_t *read, *written;  /* all values of an element */
};

bool abi_is_carried(uint32_t version)
{
	return version >= XMGM_ABI_CARRIED && version < XMGM_ABI_VERSION;
}

static int copy_begin(struct copy *c, int from, int to)
{
	struct bpf_map_info old = {0}, now = {0};
	__u32 old_len = sizeof(old), now_len = sizeof(now);
	bool per_cpu;

	*c = (struct copy){.from = from, .to = to, .cpus = 1};
	if (bpf_obj_get_info_by_fd(from, &old, &old_len) ||
	    bpf_obj_get_info_by_fd(to, &now, &now_len))
		return -errno;
	if (old.type != now.type || old.key_size != now.key_size ||
	    old.key_size > sizeof(uint64_t))
		return -EPROTO;
	per_cpu = now.type == BPF_MAP_TYPE_PERCPU_ARRAY ||
		  now.type == BPF_MAP_TYPE_PERCPU_HASH;
	if (per_cpu)
		c->cpus = (uint32_t)libbpf_num_possible_cpus();
	c->from_size = per_cpu ? (old.value_size + 7) / 8 * 8 : old.value_size;
	c->size = per_cpu ? (now.value_size + 7) / 8 * 8 : now.value_size;
	c->common = old.value_size < now.value_size ? old.value_size
						    : now.value_size;
	c->read = calloc(c->cpus, c->from_size);
	c->written = calloc(c->cpus, c->size);
	return c->read && c->written ? 0 : -ENOMEM;
}

static int copy_element(struct copy *c, const uint64_t *key)
{
	int err = bpf_map_lookup_elem(c->from, key, c->read);

	for (uint32_t i = 0; i < c->cpus; i++)
		memcpy(c->written + i * c->size, c->read + i * c->from_size,
		       c->common);
	if (!err)
		err = bpf_map_update_elem(c->to, key, c->written, BPF_ANY);
	/* An array of ours may be shorter. */
	return err == -ENOENT || err == -E2BIG ? 0 : err;
}

static int copy_map(int from, int to)
{
	uint64_t key = 0, *last = NULL;
	struct copy c;
	int err = copy_begin(&c, from, to);

	while (!err && !bpf_map_get_next_key(from, last, &key)) {
		err = copy_element(&c, &key);
		last = &key;
	}
	free(c.read);
	free(c.written);
	return err;
}

/* Before 5 what our own program had dropped was not told from refusals. */
static bool is_sound(const struct instance *old, enum plane_map map)
{
	return map != MAP_xmit_errors || old->abi.version >= 5;
}

static int copy_maps(const struct instance *old, const struct instance *fresh)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(copied) / sizeof(copied[0]) && !err; i++)
		if (old->map[copied[i]] >= 0 && is_sound(old, copied[i]))
			err = copy_map(old->map[copied[i]],
				       fresh->map[copied[i]]);
	if (!err)
		err = renew_sets(old, fresh, fresh->prog[PROG_EGRESS]);
	return err;
}

/* What the old ABI has of our maps: -1 stands for one that it lacks. */
static void open_old(struct instance *old)
{
	char path[PLANE_PATH_LEN];

	for (int i = 0; i < MAP_COUNT; i++) {
		instance_path(old, map_pin(i), path);
		old->map[i] = bpf_obj_get(path);
	}
}

static int change_places(const struct instance *a, const struct instance *b)
{
	if (renameat2(AT_FDCWD, a->dir, AT_FDCWD, b->dir, RENAME_EXCHANGE))
		return -errno;
	return 0;
}

static int carry_into(struct instance *old, struct instance *fresh,
		      const char **error)
{
	const struct plane_options sizes = {
		.max_routes = old->abi.max_routes,
		.max_sets = old->abi.max_sets,
	};
	int err;

	mkdir(fresh->dir, 0700);
	remove_pins(fresh);
	err = instance_create(fresh, &sizes, error);
	if (!err)
		err = instance_get(fresh, error);
	if (!err)
		err = copy_maps(old, fresh);
	if (!err)
		err = renew_devices(fresh, error);
	if (!err)
		err = change_places(fresh, old);
	if (err)
		return err;
	remove_pins(fresh); /* the old ones are there now */
	rmdir(fresh->dir);
	return 0;
}

static void unfinished_of(const struct instance *in, struct instance *fresh)
{
	*fresh = *in;
	fresh->clone = fresh->own = -1;
	snprintf(fresh->dir, sizeof(fresh->dir), "%s/%c%s", XMGM_PIN_ROOT,
		 UNFINISHED, in->name);
}

void unfinished_remove(const struct instance *in)
{
	struct instance fresh;

	unfinished_of(in, &fresh);
	remove_pins(&fresh);
	rmdir(fresh.dir);
}

int instance_carry(struct instance *in, const char **error)
{
	struct instance old = *in, fresh;
	int err;

	old.clone = old.own = -1;
	unfinished_of(in, &fresh);
	open_old(&old);
	*error = NULL;
	err = carry_into(&old, &fresh, error);
	instance_close(&fresh);
	instance_close(&old);
	if (!err)
		log_info("instance %s has the maps and programs of ABI %u; "
			 "before: %u",
			 in->name, XMGM_ABI_VERSION, in->abi.version);
	else if (!*error)
		*error = plane_error("instance %s cannot be carried over from "
				     "ABI %u to %u: %s; it forwards on",
				     in->name, in->abi.version,
				     XMGM_ABI_VERSION, strerror(-err));
	return err;
}
