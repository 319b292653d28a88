/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ingress program onto and off network devices, through libxdp: beside
 * other programs where the kernel has freplace, alone where it has not. Each
 * attachment loads a copy of the program that shares the pinned maps, because
 * below a dispatcher a program belongs to one device. What detach has to
 * undo is kept in the map `attachments`.
 */
#include "bpf.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"
#include "xmgm.skel.h"

int egress_read(const struct instance *in, uint32_t ifid, struct xmgm_egress *e)
{
	struct xmgm_egress_far far = {0};
	uint32_t slot = xmgm_egress_slot(ifid);
	int err;

	if (slot < XMGM_EGRESS_SLOTS)
		return bpf_map_lookup_elem(in->map[MAP_egress], &slot, e);
	err = bpf_map_lookup_elem(in->map[MAP_egress_far], &ifid, &far);
	*e = far.egress;
	return err;
}

int egress_write(const struct instance *in, uint32_t ifid,
		 const struct xmgm_egress *e)
{
	struct xmgm_egress_far far = {0};
	uint32_t slot = xmgm_egress_slot(ifid);

	if (slot < XMGM_EGRESS_SLOTS)
		return bpf_map_update_elem(in->map[MAP_egress], &slot, e,
					   BPF_ANY);
	bpf_map_lookup_elem(in->map[MAP_egress_far], &ifid, &far);
	far.egress = *e;
	return bpf_map_update_elem(in->map[MAP_egress_far], &ifid, &far,
				   BPF_ANY);
}

/* Without a daemon nobody else says what MAC the copies get. */
static int fill_own_egress(struct instance *in, uint32_t ifindex,
			   const char *name)
{
	struct xmgm_egress e = {0};
	int err;

	if (!egress_read(in, ifindex, &e) && (e.flags & XMGM_EGRESS_FILLED))
		return 0;
	e.ttl_threshold = 1;
	e.flags |= XMGM_EGRESS_FILLED;
	err = device_mac(name, e.mac);
	return err ? err : egress_write(in, ifindex, &e);
}

int attach_query(struct instance *in, uint32_t ifindex,
		 struct xmgm_attachment *attachment)
{
	enum xmgm_mode mode;

	if (bpf_map_lookup_elem(in->map[MAP_attachments], &ifindex, attachment))
		return -ENOENT;
	if (!program_is_on(ifindex, attachment->prog_id, &mode))
		return -ENOLINK;
	attachment->mode = mode;
	return 0;
}

int instance_maps(const struct instance *in, const struct bpf_object *object)
{
	struct bpf_map *map;
	int err = 0;

	for (int i = 0; i < MAP_COUNT && !err; i++) {
		map = bpf_object__find_map_by_name(object, map_pin(i));
		if (map)
			err = bpf_map__reuse_fd(map, in->map[i]);
	}
	return err;
}

int instance_programs(const struct instance *in, bool ingress,
		      struct xmgm_bpf **out)
{
	struct xmgm_bpf *skel = xmgm_bpf__open();
	struct bpf_program *prog;
	int err;

	if (!skel)
		return -errno;
	err = instance_maps(in, skel->obj);
	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(
			prog, ingress == (prog == skel->progs.xmgm_ingress));
	if (err) {
		xmgm_bpf__destroy(skel);
		return err;
	}
	*out = skel;
	return 0;
}

/* Names the program that is in the way, and the right way to remove it. */
static int occupied(const struct instance *in, uint32_t ifindex,
		    const char *name, uint32_t prog_id, const char **error)
{
	struct program_facts facts;
	enum xmgm_mode mode;

	program_of_device(ifindex, &mode);
	program_whose(in, ifindex, prog_id, &facts);
	if (facts.pinned)
		*error = plane_error("%s belongs to xmgm instance %s, and an "
				     "interface has one instance only; to take "
				     "it from there: xmgm -i %s detach %s",
				     name, facts.instance, facts.instance,
				     name);
	else if (facts.instance[0])
		*error = plane_error("%s carries a program of xmgm instance "
				     "%s, whose pins are gone; start that one "
				     "again, or take its programs off: xmgm -i "
				     "%s detach --all",
				     name, facts.instance, facts.instance);
	else
		*error = plane_error(
			"%s already carries another XDP program "
			"(%s, id %u); if nobody needs that one: "
			"ip link set dev %s xdp%s off",
			name, facts.name[0] ? facts.name : "unnamed", prog_id,
			name, mode == XMGM_MODE_GENERIC ? "generic" : "");
	return -EBUSY;
}

/* A program of this instance that is on without its record: away with it. */
static int take_off_lost(const struct instance *in, uint32_t ifindex,
			 uint32_t prog_id, const struct program_facts *facts,
			 struct xmgm_attachment *a)
{
	int err = program_detach(ifindex, prog_id);

	if (err)
		return err;
	a->allmulti_ours |= facts->attachment.allmulti_ours;
	a->rxvlan_ours |= facts->attachment.rxvlan_ours;
	log_info("%s: took off a program of instance %s whose pins or record "
		 "had been removed",
		 a->name, in->name);
	return 0;
}

/*
 * What lies on the device already: of ours a remainder goes, and *a keeps what
 * it had changed there; beside another instance we do not go.
 */
static int make_room(const struct instance *in, uint32_t ifindex,
		     struct xmgm_attachment *a, const char **error)
{
	uint32_t ids[PROGRAMS_MAX], count = programs_of_device(ifindex, ids);
	struct program_facts facts;
	enum program_owner owner;
	int err;

	for (uint32_t i = 0; i < count; i++) {
		owner = program_whose(in, ifindex, ids[i], &facts);
		if (owner == PROGRAM_OTHERS)
			return occupied(in, ifindex, a->name, ids[i], error);
		if (owner == PROGRAM_STRANGE)
			continue;
		err = take_off_lost(in, ifindex, ids[i], &facts, a);
		if (err) {
			*error = plane_error("%s: its old program cannot be "
					     "taken off: %s",
					     a->name, strerror(-err));
			return err;
		}
	}
	return 0;
}

/* Might another mode help? */
static bool is_of_the_driver(int err)
{
	static const int others[] = {-EBUSY,  -EEXIST, -EPERM, -EACCES,
				     -ENOMEM, -EMFILE, -ENFILE};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (err == others[i])
			return false;
	return true;
}

static int attach_failed(int err, const char *name, enum xmgm_mode mode,
			 const char **error)
{
	if (err == -EPERM || err == -EACCES)
		*error = plane_error("attaching XDP to %s: no permission; run "
				     "as root or give CAP_NET_ADMIN and "
				     "CAP_BPF",
				     name);
	else if (err == -ENOMEM)
		*error = plane_error("attaching XDP to %s: not enough memory: "
				     "%s",
				     name, memory_hint());
	else if (err == -EEXIST)
		*error = plane_error("attaching XDP to %s: a device above it, "
				     "as the bridge or bond that it is a "
				     "member of, carries an XDP program, and "
				     "the kernel allows none below: detach "
				     "that one first, or leave %s to it",
				     name, name);
	else if (mode == XMGM_MODE_NATIVE && is_of_the_driver(err))
		*error = plane_error("%s: its driver takes no XDP program "
				     "(%s); --mode generic works on any "
				     "device, slower",
				     name, strerror(-err));
	else
		*error = plane_error("attaching XDP to %s: %s", name,
				     strerror(-err));
	return err;
}

static uint32_t program_id(int prog)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog, &info, &len) ? 0 : info.id;
}

/* The program that is on now is pinned, and keeps what it is known by. */
static void keep_program(struct instance *in, int prog,
			 struct xmgm_attachment *a)
{
	char path[PLANE_PATH_LEN];
	int err;

	a->prog_id = program_id(prog);
	instance_path(in, XMGM_PIN_INGRESS, path);
	unlink(path);
	bpf_obj_pin(prog, path);
	err = program_bind(in, prog);
	if (err)
		log_debug("%s: the program is not known again without its "
			  "pins: %s",
			  a->name, strerror(-err));
}

/* One try in one mode. The object is closed: the device keeps the program. */
static int attach_in_mode(struct instance *in, uint32_t ifindex,
			  enum xmgm_mode mode, struct xmgm_attachment *a)
{
	struct reclaim reclaim;
	struct xmgm_bpf *skel;
	int prog, err;

	reclaim_begin(&reclaim);
	err = instance_programs(in, true, &skel);
	if (err)
		goto out;
	prog = program_attach(ifindex, mode, skel->obj, INGRESS_NAME);
	xmgm_bpf__destroy(skel);
	if (prog < 0) {
		err = prog;
		goto out;
	}
	a->mode = mode;
	keep_program(in, prog, a);
	close(prog);
out:
	reclaim_end(&reclaim);
	return err;
}

static int attach_any_mode(struct instance *in, uint32_t ifindex,
			   enum plane_mode mode, struct xmgm_attachment *a)
{
	int err;

	if (mode == PLANE_GENERIC)
		return attach_in_mode(in, ifindex, XMGM_MODE_GENERIC, a);
	err = attach_in_mode(in, ifindex, XMGM_MODE_NATIVE, a);
	if (!err || mode == PLANE_NATIVE || !is_of_the_driver(err))
		return err;
	err = attach_in_mode(in, ifindex, XMGM_MODE_GENERIC, a);
	if (!err)
		log_warn("%s: no native XDP, attached in generic mode, which "
			 "is several times slower",
			 a->name);
	return err;
}

static int attach_new(struct instance *in, uint32_t ifindex,
		      enum plane_mode mode, struct xmgm_attachment *a,
		      const char **error)
{
	enum xmgm_mode now;
	int err = fill_own_egress(in, ifindex, a->name);
	uint32_t there;

	if (!err)
		err = attach_any_mode(in, ifindex, mode, a);
	there = err ? program_of_device(ifindex, &now) : 0;
	if (there)
		return occupied(in, ifindex, a->name, there, error);
	if (err)
		return attach_failed(err, a->name,
				     mode == PLANE_NATIVE ? XMGM_MODE_NATIVE
							  : XMGM_MODE_GENERIC,
				     error);
	members_forget(in, ifindex);
	device_prepare(ifindex, a);
	clones_attach(in, ifindex, a);
	a->dispatched = program_of_device(ifindex, &now) != a->prog_id;
	err = bpf_map_update_elem(in->map[MAP_attachments], &ifindex, a,
				  BPF_ANY);
	if (err)
		*error = plane_error("%s: recording the attachment: %s",
				     a->name, strerror(-err));
	return err;
}

/* In another mode than now; if that fails it goes on in the present one. */
static int attach_again(struct instance *in, uint32_t ifindex,
			enum plane_mode mode, struct xmgm_attachment *now,
			const char **error)
{
	enum plane_mode before = now->mode == XMGM_MODE_NATIVE ? PLANE_NATIVE
							       : PLANE_GENERIC;
	struct xmgm_attachment fresh = {0};
	int err = detach_port(in, ifindex, error);

	if (err)
		return err;
	memcpy(fresh.name, now->name, sizeof(fresh.name));
	err = attach_new(in, ifindex, mode, &fresh, error);
	if (err)
		attach_new(in, ifindex, before, &fresh, error);
	return err;
}

/* Where the program is not, or is not known to be. */
static int attach_anew(struct instance *in, uint32_t ifindex,
		       enum plane_mode mode, const char *name,
		       const char **error)
{
	struct xmgm_attachment a = {0};
	int err;

	/* If it was taken off by hand, its record is still there. */
	bpf_map_lookup_elem(in->map[MAP_attachments], &ifindex, &a);
	snprintf(a.name, sizeof(a.name), "%s", name);
	err = make_room(in, ifindex, &a, error);
	return err ? err : attach_new(in, ifindex, mode, &a, error);
}

int attach_port(struct instance *in, uint32_t ifindex, enum plane_mode mode,
		const char **error)
{
	struct xmgm_attachment now;
	char name[IF_NAMESIZE];

	if (!if_indextoname(ifindex, name)) {
		*error = plane_error("no interface with index %u", ifindex);
		return -ENODEV;
	}
	if (attach_query(in, ifindex, &now))
		return attach_anew(in, ifindex, mode, name, error);
	if (mode == PLANE_AUTO ||
	    (mode == PLANE_NATIVE) == (now.mode == XMGM_MODE_NATIVE))
		return 0;
	memcpy(now.name, name, sizeof(now.name)); /* may be renamed */
	return attach_again(in, ifindex, mode, &now, error);
}

/* A device's own program is replaced by one that we load ourselves. */
static int replace_own(struct instance *in, uint32_t ifindex,
		       enum xmgm_mode mode, struct xmgm_attachment *a)
{
	struct xmgm_bpf *skel;
	int prog, err = instance_programs(in, true, &skel);

	if (err)
		return err;
	err = xmgm_bpf__load(skel);
	prog = bpf_program__fd(skel->progs.xmgm_ingress);
	if (!err)
		err = program_replace(ifindex, mode, a->prog_id, prog);
	if (!err)
		keep_program(in, prog, a);
	xmgm_bpf__destroy(skel);
	return err;
}

/* Those of this instance on a device but this one. */
static int detach_older(const struct instance *in, uint32_t ifindex,
			uint32_t newest)
{
	uint32_t ids[PROGRAMS_MAX], count = programs_of_device(ifindex, ids);
	struct program_facts facts;
	int err = 0;

	for (uint32_t i = 0; i < count && !err; i++)
		if (ids[i] != newest &&
		    program_whose(in, ifindex, ids[i], &facts) == PROGRAM_OURS)
			err = program_detach(ifindex, ids[i]);
	return err;
}

/* A program of this instance on a device, whatever its record says; or 0. */
static uint32_t find_ours(const struct instance *in, uint32_t ifindex)
{
	uint32_t ids[PROGRAMS_MAX], count = programs_of_device(ifindex, ids);
	struct program_facts facts;

	for (uint32_t i = 0; i < count; i++)
		if (program_whose(in, ifindex, ids[i], &facts) == PROGRAM_OURS)
			return ids[i];
	return 0;
}

int attach_renew(struct instance *in, uint32_t ifindex, const char **error)
{
	struct xmgm_attachment a;
	enum xmgm_mode mode;
	uint32_t own = program_of_device(ifindex, &mode);
	int err = attach_query(in, ifindex, &a);

	/* Replaced, but not recorded: who did that has died in between. */
	if (err)
		a.prog_id = err == -ENOLINK ? find_ours(in, ifindex) : 0;
	if (!a.prog_id)
		return 0;
	/* A program below a dispatcher cannot be replaced: the new one goes
	 * beside it, and the old one away, each time by a new dispatcher. */
	if (own == a.prog_id)
		err = replace_own(in, ifindex, mode, &a);
	else
		err = attach_in_mode(in, ifindex, mode, &a);
	if (!err)
		clones_attach(in, ifindex, &a);
	if (!err)
		err = bpf_map_update_elem(in->map[MAP_attachments], &ifindex,
					  &a, BPF_EXIST);
	if (!err)
		err = detach_older(in, ifindex, a.prog_id);
	if (err)
		*error = plane_error("%s: its XDP program cannot be replaced "
				     "by this build's: %s",
				     a.name, strerror(-err));
	return err;
}

int detach_port(struct instance *in, uint32_t ifindex, const char **error)
{
	struct xmgm_attachment a;
	int err;

	if (bpf_map_lookup_elem(in->map[MAP_attachments], &ifindex, &a)) {
		*error = plane_error("interface index %u is not attached to "
				     "instance %s",
				     ifindex, in->name);
		return -ENOENT;
	}
	/* First the record: a daemon that sees the program go without its
	 * record knows that nobody has stolen it. */
	bpf_map_delete_elem(in->map[MAP_attachments], &ifindex);
	err = program_detach(ifindex, a.prog_id);
	if (err) {
		bpf_map_update_elem(in->map[MAP_attachments], &ifindex, &a,
				    BPF_ANY);
		*error =
			plane_error("detaching %s: %s", a.name, strerror(-err));
		return err;
	}
	members_forget(in, ifindex);
	clones_detach(ifindex, &a);
	device_restore(ifindex, &a);
	return 0;
}

/* Takes off what this instance has lost on one device. */
static bool detach_lost_here(const struct instance *in, uint32_t ifindex,
			     const char *name)
{
	uint32_t ids[PROGRAMS_MAX], count = programs_of_device(ifindex, ids);
	struct xmgm_attachment a = {0};
	struct program_facts facts;
	bool found = false;

	snprintf(a.name, sizeof(a.name), "%s", name);
	for (uint32_t i = 0; i < count; i++)
		if (program_whose(in, ifindex, ids[i], &facts) == PROGRAM_OURS)
			found |=
				!take_off_lost(in, ifindex, ids[i], &facts, &a);
	if (found)
		device_restore(ifindex, &a);
	return found;
}

uint32_t detach_lost(const struct instance *in)
{
	struct if_nameindex *all = if_nameindex(), *device;
	uint32_t count = 0;

	for (device = all; device && device->if_index; device++)
		count +=
			detach_lost_here(in, device->if_index, device->if_name);
	if (all)
		if_freenameindex(all);
	return count;
}
