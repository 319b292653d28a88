/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The clone path's programs onto and off a device: in tc, behind XDP, and
 * where this machine sends. Where the kernel refuses the first XDP passes what
 * it cannot copy to the kernel, as it does for others.
 */
#include "bpf.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>

#include "clone.skel.h"
#include "lib/log.h"

/* Where nobody else is likely to be. */
#define TC_PRIORITY 49217
#define TC_HANDLE   1

/* Loads them unless they are; verifying them takes a tenth of a second. */
static int clones_load(struct instance *in)
{
	struct clone_bpf *skel;
	int err;

	if (in->clone >= 0 && in->own >= 0)
		return 0;
	skel = clone_bpf__open();
	if (!skel)
		return -errno;
	err = instance_maps(in, skel->obj);
	if (!err)
		err = clone_bpf__load(skel);
	if (!err) {
		in->clone = fcntl(bpf_program__fd(skel->progs.xmgm_clone),
				  F_DUPFD_CLOEXEC, 0);
		in->own = fcntl(bpf_program__fd(skel->progs.xmgm_own),
				F_DUPFD_CLOEXEC, 0);
		err = in->clone < 0 || in->own < 0 ? -errno : 0;
	}
	clone_bpf__destroy(skel);
	return err;
}

static int make_qdisc(uint32_t ifindex, struct xmgm_attachment *a)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS);
	int err = bpf_tc_hook_create(&hook);

	if (!err)
		a->clsact_ours = 1;
	return err == -EEXIST ? 0 : err;
}

static int attach(uint32_t ifindex, enum bpf_tc_attach_point point, int prog)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE,
		    .priority = TC_PRIORITY, .flags = BPF_TC_F_REPLACE,
		    .prog_fd = prog);

	return bpf_tc_attach(&hook, &opts);
}

static void detach(uint32_t ifindex, enum bpf_tc_attach_point point)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = point);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = TC_HANDLE,
		    .priority = TC_PRIORITY);

	bpf_tc_detach(&hook, &opts);
}

/* Those that this kernel lets on: in *a. The first error. */
static int attach_both(const struct instance *in, uint32_t ifindex,
		       struct xmgm_attachment *a)
{
	int behind, own, err = make_qdisc(ifindex, a);

	if (err)
		return err;
	behind = attach(ifindex, BPF_TC_INGRESS, in->clone);
	own = attach(ifindex, BPF_TC_EGRESS, in->own);
	a->clones = !behind;
	a->own = !own;
	return behind ? behind : own;
}

void clones_attach(struct instance *in, uint32_t ifindex,
		   struct xmgm_attachment *a)
{
	int err = clones_load(in);

	a->clones = 0;
	a->own = 0;
	if (!err)
		err = attach_both(in, ifindex, a);
	if (err)
		log_warn("%s: what XDP cannot copy, and what this machine "
			 "sends there, will not be forwarded: a tc program is "
			 "refused: %s",
			 a->name, strerror(-err));
}

static int count_filter(const struct nlmsghdr *nlh, void *arg)
{
	*(unsigned int *)arg += nlh->nlmsg_type == RTM_NEWTFILTER;
	return MNL_CB_OK;
}

/* Is anybody's filter left there? Without an answer it is taken for yes. */
static bool has_filters(uint32_t ifindex, uint32_t parent)
{
	_Alignas(8) char buffer[16384];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	unsigned int count = 0;
	struct tcmsg *tc;
	ssize_t len = -1;
	int more = MNL_CB_OK;

	if (!nl)
		return true;
	nlh->nlmsg_type = RTM_GETTFILTER;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	tc = mnl_nlmsg_put_extra_header(nlh, sizeof(*tc));
	tc->tcm_ifindex = (int)ifindex;
	tc->tcm_parent = parent;
	if (!mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) &&
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) > 0)
		while (more == MNL_CB_OK) {
			len = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
			more = len < 0 ? MNL_CB_ERROR
				       : mnl_cb_run(buffer, (size_t)len, 0, 0,
						    count_filter, &count);
		}
	mnl_socket_close(nl);
	return more != MNL_CB_STOP || count;
}

void clones_detach(uint32_t ifindex, const struct xmgm_attachment *a)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = (int)ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	if (a->clones)
		detach(ifindex, BPF_TC_INGRESS);
	if (a->own)
		detach(ifindex, BPF_TC_EGRESS);
	if (!a->clsact_ours ||
	    has_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)) ||
	    has_filters(ifindex, TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)))
		return;
	bpf_tc_hook_destroy(&hook);
}

uint32_t clones_flag(const struct instance *in, uint32_t ifindex)
{
	struct xmgm_attachment a;

	if (bpf_map_lookup_elem(in->map[MAP_attachments], &ifindex, &a) ||
	    !a.clones)
		return 0;
	return XMGM_IF_CLONES;
}
