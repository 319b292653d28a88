/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The XDP programs of a device: one by itself, or several below a dispatcher,
 * which is then the device's own. Which there are is asked of the kernel, by
 * netlink and by the links that hold programs below a dispatcher; libxdp puts
 * them on, and takes them from below its dispatcher.
 */
#include "bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_link.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "lib/log.h"

#define MEMOS 1024 /* a power of two */

static int print_libxdp(enum libxdp_print_level level, const char *format,
			va_list args)
{
	(void)level;
	return library_trace(format, args);
}

/* The program that this link holds below that dispatcher; or 0. */
static uint32_t link_program(uint32_t link, uint32_t dispatcher)
{
	struct bpf_link_info info = {0};
	__u32 len = sizeof(info);
	int fd = bpf_link_get_fd_by_id(link);

	if (fd < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) ||
	    info.type != BPF_LINK_TYPE_TRACING ||
	    info.tracing.target_obj_id != dispatcher)
		info.prog_id = 0;
	close(fd);
	return info.prog_id;
}

/* Each program below a dispatcher: link is 0 for the first; 0: no more. */
static uint32_t next_below(uint32_t dispatcher, uint32_t *link)
{
	uint32_t found = 0;

	while (!found && !bpf_link_get_next_id(*link, link))
		found = link_program(*link, dispatcher);
	return found;
}

/* Where a program was last found: links of others are then not looked at. */
static bool is_below(uint32_t dispatcher, uint32_t prog_id)
{
	static uint32_t memos[MEMOS];
	uint32_t link = 0, found, *memo = &memos[prog_id % MEMOS];

	if (*memo && link_program(*memo, dispatcher) == prog_id)
		return true;
	while ((found = next_below(dispatcher, &link)))
		if (found == prog_id) {
			*memo = link;
			return true;
		}
	return false;
}

uint32_t programs_of_device(uint32_t ifindex, uint32_t ids[PROGRAMS_MAX])
{
	enum xmgm_mode mode;
	uint32_t link = 0, count = 0;

	ids[0] = program_of_device(ifindex, &mode);
	if (!ids[0])
		return 0;
	while (++count < PROGRAMS_MAX) {
		ids[count] = next_below(ids[0], &link);
		if (!ids[count])
			break;
	}
	return count;
}

bool program_is_on(uint32_t ifindex, uint32_t prog_id, enum xmgm_mode *mode)
{
	uint32_t own = program_of_device(ifindex, mode);

	return own && (own == prog_id || is_below(own, prog_id));
}

static uint32_t mode_flag(enum xmgm_mode mode)
{
	return mode == XMGM_MODE_GENERIC ? XDP_FLAGS_SKB_MODE
					 : XDP_FLAGS_DRV_MODE;
}

int program_replace(uint32_t ifindex, enum xmgm_mode mode, uint32_t old_id,
		    int prog)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	int err;

	opts.old_prog_fd = bpf_prog_get_fd_by_id(old_id);
	if (opts.old_prog_fd < 0)
		return -errno;
	err = bpf_xdp_attach((int)ifindex, prog, mode_flag(mode), &opts);
	close(opts.old_prog_fd);
	return err;
}

static int detach_own(uint32_t ifindex, uint32_t prog_id, enum xmgm_mode mode)
{
	LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	int err, fd = bpf_prog_get_fd_by_id(prog_id);

	if (fd < 0)
		return -errno;
	/* Not if another one has taken its place meanwhile. */
	opts.old_prog_fd = fd;
	err = bpf_xdp_detach((int)ifindex, mode_flag(mode), &opts);
	close(fd);
	return err;
}

static int detach_below(uint32_t ifindex, uint32_t prog_id)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);
	struct xdp_program *prog = NULL;
	int err = libxdp_get_error(mp);

	if (err || !mp)
		return err;
	while ((prog = xdp_multiprog__next_prog(prog, mp)))
		if (xdp_program__id(prog) == prog_id)
			break;
	if (prog)
		err = xdp_program__detach(prog, (int)ifindex,
					  xdp_multiprog__attach_mode(mp), 0);
	xdp_multiprog__close(mp);
	return err;
}

int program_detach(uint32_t ifindex, uint32_t prog_id)
{
	struct reclaim reclaim;
	enum xmgm_mode mode;
	uint32_t own = program_of_device(ifindex, &mode);
	int err;

	if (own == prog_id)
		return detach_own(ifindex, prog_id, mode);
	if (!own || !is_below(own, prog_id))
		return 0;
	libxdp_set_print(print_libxdp);
	reclaim_begin(&reclaim);
	err = detach_below(ifindex, prog_id);
	reclaim_end(&reclaim);
	return err;
}

int program_attach(uint32_t ifindex, enum xmgm_mode mode,
		   struct bpf_object *object, const char *name)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts);
	struct xdp_program *prog;
	int err, fd = -1;

	libxdp_set_print(print_libxdp);
	opts.obj = object;
	opts.prog_name = name;
	prog = xdp_program__create(&opts);
	err = libxdp_get_error(prog);
	if (err)
		return err;
	/* libxdp does not see it in the section's name when it makes a
	 * dispatcher; without it jumbo frames are refused below one. */
	err = xdp_program__set_xdp_frags_support(prog, true);
	if (err)
		log_debug("frags below a dispatcher: %s", strerror(-err));
	err = xdp_program__attach(
		prog, (int)ifindex,
		mode == XMGM_MODE_NATIVE ? XDP_MODE_NATIVE : XDP_MODE_SKB, 0);
	if (!err)
		fd = fcntl(xdp_program__fd(prog), F_DUPFD_CLOEXEC, 3);
	if (!err && fd < 0)
		err = -errno;
	xdp_program__close(prog);
	return err ? err : fd;
}
