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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "lib/log.h"
#include "xmgm.skel.h"

static int print_libxdp(enum libxdp_print_level level, const char *format,
			va_list args)
{
	char line[512];

	if (level == LIBXDP_DEBUG)
		return 0;
	vsnprintf(line, sizeof(line), format, args);
	line[strcspn(line, "\n")] = 0;
	log_debug("%s", line);
	return 0;
}

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

static uint32_t attached_prog(uint32_t ifindex, enum xmgm_mode *mode)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);

	*mode = XMGM_MODE_NONE;
	if (bpf_xdp_query(ifindex, 0, &query) || !query.prog_id)
		return 0;
	if (query.attach_mode == XDP_ATTACHED_SKB)
		*mode = XMGM_MODE_GENERIC;
	else
		*mode = XMGM_MODE_NATIVE;
	return query.prog_id;
}

/* Our program on this device: the one, or one below a dispatcher. */
static bool ours_is_attached(uint32_t ifindex, uint32_t prog_id)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	struct xdp_program *prog = NULL;
	bool found;

	if (libxdp_get_error(mp) || !mp)
		return false;
	if (xdp_multiprog__is_legacy(mp)) {
		prog = xdp_multiprog__main_prog(mp);
		found = prog && xdp_program__id(prog) == prog_id;
	} else {
		while ((prog = xdp_multiprog__next_prog(prog, mp)))
			if (xdp_program__id(prog) == prog_id)
				break;
		found = prog != NULL;
	}
	xdp_multiprog__close(mp);
	return found;
}

int attach_query(struct instance *in, uint32_t ifindex,
		 struct xmgm_attachment *attachment)
{
	enum xmgm_mode mode;

	if (bpf_map_lookup_elem(in->map[MAP_attachments], &ifindex, attachment))
		return -ENOENT;
	if (!attached_prog(ifindex, &mode) ||
	    !ours_is_attached(ifindex, attachment->prog_id))
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
	uint32_t id = attached_prog(ifindex, &mode);
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

	if (attached_prog(ifindex, &there))
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

/* One try in one mode. The object is closed: the device keeps the program. */
static int attach_in_mode(struct instance *in, uint32_t ifindex,
			  enum xmgm_mode mode, struct xmgm_attachment *a)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts);
	struct xdp_program *prog;
	struct xmgm_bpf *skel;
	char path[PLANE_PATH_LEN];
	int err = open_ingress(in, &skel);

	if (err)
		return err;
	opts.obj = skel->obj;
	opts.prog_name = "xmgm_ingress";
	prog = xdp_program__create(&opts);
	err = libxdp_get_error(prog);
	if (err)
		goto out;
	/* libxdp does not see it in the section's name when it makes a
	 * dispatcher; without it jumbo frames are refused below one. */
	err = xdp_program__set_xdp_frags_support(prog, true);
	if (err)
		log_debug("frags below a dispatcher: %s", strerror(-err));
	err = xdp_program__attach(
		prog, ifindex,
		mode == XMGM_MODE_NATIVE ? XDP_MODE_NATIVE : XDP_MODE_SKB, 0);
	if (!err) {
		a->mode = mode;
		a->prog_id = xdp_program__id(prog);
		instance_path(in, XMGM_PIN_INGRESS, path);
		unlink(path);
		bpf_obj_pin(xdp_program__fd(prog), path);
	}
	xdp_program__close(prog);
out:
	xmgm_bpf__destroy(skel);
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

static bool is_dispatched(uint32_t ifindex)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	bool yes;

	if (libxdp_get_error(mp) || !mp)
		return false;
	yes = !xdp_multiprog__is_legacy(mp);
	xdp_multiprog__close(mp);
	return yes;
}

static int attach_new(struct instance *in, uint32_t ifindex,
		      enum plane_mode mode, struct xmgm_attachment *a,
		      const char **error)
{
	struct xmgm_attachment before = {0};
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
	a->dispatched = is_dispatched(ifindex);
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

	libxdp_set_print(print_libxdp);
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

static int detach_program(uint32_t ifindex, const struct xmgm_attachment *a)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	struct xdp_program *prog = NULL;
	int err = libxdp_get_error(mp);

	if (err)
		return err;
	if (xdp_multiprog__is_legacy(mp)) {
		err = xdp_multiprog__detach(mp);
	} else {
		while ((prog = xdp_multiprog__next_prog(prog, mp)))
			if (xdp_program__id(prog) == a->prog_id)
				break;
		err = prog ? xdp_program__detach(prog, ifindex,
						 xdp_multiprog__attach_mode(mp),
						 0)
			   : 0;
	}
	xdp_multiprog__close(mp);
	return err;
}

int detach_port(struct instance *in, uint32_t ifindex, const char **error)
{
	struct xmgm_attachment a;
	int err = 0;

	libxdp_set_print(print_libxdp);
	if (bpf_map_lookup_elem(in->map[MAP_attachments], &ifindex, &a)) {
		*error = plane_error("interface index %u is not attached to "
				     "instance %s",
				     ifindex, in->name);
		return -ENOENT;
	}
	if (ours_is_attached(ifindex, a.prog_id))
		err = detach_program(ifindex, &a);
	if (err) {
		*error =
			plane_error("detaching %s: %s", a.name, strerror(-err));
		return err;
	}
	device_restore(ifindex, &a);
	bpf_map_delete_elem(in->map[MAP_attachments], &ifindex);
	return 0;
}
