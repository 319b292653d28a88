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
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "lib/log.h"
#include "xmgm.skel.h"

#define INGRESS "xmgm_ingress" /* the program */

int attach_fill_egress(struct instance *in, uint32_t ifindex,
		       const uint8_t mac[6], uint8_t ttl_threshold)
{
	struct xmgm_egress_far far = {0};
	struct xmgm_egress e = {
		.ttl_threshold = ttl_threshold,
		.valid = 1,
	};

	memcpy(e.mac, mac, sizeof(e.mac));
	if (ifindex < XMGM_EGRESS_MAX)
		return bpf_map_update_elem(in->map[MAP_egress], &ifindex, &e,
					   BPF_ANY);
	bpf_map_lookup_elem(in->map[MAP_egress_far], &ifindex, &far);
	far.egress = e;
	return bpf_map_update_elem(in->map[MAP_egress_far], &ifindex, &far,
				   BPF_ANY);
}

/* Without a daemon nobody else says what MAC the copies get. */
static int fill_own_egress(struct instance *in, uint32_t ifindex,
			   const char *name)
{
	enum plane_map map = ifindex < XMGM_EGRESS_MAX ? MAP_egress
						       : MAP_egress_far;
	struct xmgm_egress_far now = {0}; /* begins as the other's value */
	uint8_t mac[6];
	int err;

	if (!bpf_map_lookup_elem(in->map[map], &ifindex, &now) &&
	    now.egress.valid)
		return 0;
	err = device_mac(name, mac);
	return err ? err : attach_fill_egress(in, ifindex, mac, 1);
}

int attach_query(struct instance *in, uint32_t ifindex,
		 struct xmgm_attachment *attachment)
{
	enum xmgm_mode mode;

	if (bpf_map_lookup_elem(in->map[MAP_attachments], &ifindex, attachment))
		return -ENOENT;
	if (!program_is_on(ifindex, attachment->prog_id, &mode))
		return -ENOENT;
	attachment->mode = mode;
	return 0;
}

static int open_ingress(struct instance *in, struct xmgm_bpf **out)
{
	struct xmgm_bpf *skel = xmgm_bpf__open();
	struct bpf_program *prog;
	int err = 0;

	if (!skel)
		return -errno;
#define REUSE(name) \
	if (!err)   \
		err = bpf_map__reuse_fd(skel->maps.name, in->map[MAP_##name]);
	PLANE_MAPS(REUSE)
#undef REUSE
	bpf_object__for_each_program(prog, skel->obj)
		bpf_program__set_autoload(prog,
					  prog == skel->progs.xmgm_ingress);
	if (err) {
		xmgm_bpf__destroy(skel);
		return err;
	}
	*out = skel;
	return 0;
}

/* Names the program that is in the way. */
static int occupied(uint32_t ifindex, const char *name, const char **error)
{
	struct bpf_prog_info info = {0};
	__u32 len = sizeof(info);
	enum xmgm_mode mode;
	uint32_t id = program_of_device(ifindex, &mode);
	int fd = bpf_prog_get_fd_by_id(id);

	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &len);
		close(fd);
	}
	*error =
		plane_error("%s already carries another XDP program (%s, id "
			    "%u); remove it with: ip link set dev %s xdp%s off",
			    name, info.name[0] ? info.name : "unnamed", id,
			    name, mode == XMGM_MODE_GENERIC ? "generic" : "");
	return -EBUSY;
}

static int attach_failed(int err, uint32_t ifindex, const char *name,
			 enum xmgm_mode mode, const char **error)
{
	enum xmgm_mode there;

	if (program_of_device(ifindex, &there))
		return occupied(ifindex, name, error);
	if (err == -EPERM || err == -EACCES)
		*error = plane_error("attaching XDP to %s: no permission; run "
				     "as root or give CAP_NET_ADMIN and "
				     "CAP_BPF",
				     name);
	else if (mode == XMGM_MODE_NATIVE)
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

/* One try in one mode. The object is closed: the device keeps the program. */
static int attach_in_mode(struct instance *in, uint32_t ifindex,
			  enum xmgm_mode mode, struct xmgm_attachment *a)
{
	struct reclaim reclaim;
	struct xmgm_bpf *skel;
	char path[PLANE_PATH_LEN];
	int prog, err;

	reclaim_begin(&reclaim);
	err = open_ingress(in, &skel);
	if (err)
		goto out;
	prog = program_attach(ifindex, mode, skel->obj, INGRESS);
	xmgm_bpf__destroy(skel);
	if (prog < 0) {
		err = prog;
		goto out;
	}
	a->mode = mode;
	a->prog_id = program_id(prog);
	instance_path(in, XMGM_PIN_INGRESS, path);
	unlink(path);
	bpf_obj_pin(prog, path);
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
	if (!err || mode == PLANE_NATIVE || err == -EBUSY || err == -EEXIST ||
	    err == -EPERM)
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
	struct xmgm_attachment before = {0};
	enum xmgm_mode now;
	int err = fill_own_egress(in, ifindex, a->name);

	if (!err)
		err = attach_any_mode(in, ifindex, mode, a);
	if (err)
		return attach_failed(err, ifindex, a->name,
				     mode == PLANE_NATIVE ? XMGM_MODE_NATIVE
							  : XMGM_MODE_GENERIC,
				     error);
	/* Our program was taken off by hand: its record is still there. */
	bpf_map_lookup_elem(in->map[MAP_attachments], &ifindex, &before);
	device_prepare(ifindex, a, &before);
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

int attach_port(struct instance *in, uint32_t ifindex, enum plane_mode mode,
		const char **error)
{
	struct xmgm_attachment now, fresh = {0};

	if (!if_indextoname(ifindex, fresh.name)) {
		*error = plane_error("no interface with index %u", ifindex);
		return -ENODEV;
	}
	if (attach_query(in, ifindex, &now))
		return attach_new(in, ifindex, mode, &fresh, error);
	if (mode == PLANE_AUTO ||
	    (mode == PLANE_NATIVE) == (now.mode == XMGM_MODE_NATIVE))
		return 0;
	memcpy(now.name, fresh.name, sizeof(now.name)); /* may be renamed */
	return attach_again(in, ifindex, mode, &now, error);
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
	err = program_detach(ifindex, a.prog_id);
	if (err) {
		*error =
			plane_error("detaching %s: %s", a.name, strerror(-err));
		return err;
	}
	device_restore(ifindex, &a);
	bpf_map_delete_elem(in->map[MAP_attachments], &ifindex);
	return 0;
}
