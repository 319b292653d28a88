/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The XDP program of one device, asked for by itself: libbpf has the kernel
 * list all devices for that and throws the others away, so that looking at
 * each of a thousand takes a million.
 */
#include "bpf.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include <libmnl/libmnl.h>

struct found {
	uint32_t ifindex;
	uint32_t prog_id;
	enum xmgm_mode mode;
};

/* On a device with both a native and a generic one, the former. */
static int on_xdp(const struct nlattr *attr, void *arg)
{
	struct found *f = arg;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_XDP_PROG_ID:
	case IFLA_XDP_DRV_PROG_ID:
		if (!mnl_attr_validate(attr, MNL_TYPE_U32))
			f->prog_id = mnl_attr_get_u32(attr);
		break;
	case IFLA_XDP_ATTACHED:
		if (!mnl_attr_validate(attr, MNL_TYPE_U8))
			f->mode = mnl_attr_get_u8(attr) == XDP_ATTACHED_SKB
					  ? XMGM_MODE_GENERIC
					  : XMGM_MODE_NATIVE;
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int on_attribute(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == IFLA_XDP)
		mnl_attr_parse_nested(attr, on_xdp, arg);
	return MNL_CB_OK;
}

static int on_link(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	struct found *f = arg;

	if (nlh->nlmsg_type == RTM_NEWLINK &&
	    (uint32_t)info->ifi_index == f->ifindex)
		mnl_attr_parse(nlh, sizeof(*info), on_attribute, f);
	return MNL_CB_OK;
}

static void ask(struct mnl_socket *nl, struct found *f)
{
	_Alignas(8) char buffer[32768];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;
	ssize_t len;

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)f->ifindex;
	mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return;
	len = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
	if (len > 0)
		mnl_cb_run(buffer, (size_t)len, 0, 0, on_link, f);
}

uint32_t program_of_device(uint32_t ifindex, enum xmgm_mode *mode)
{
	struct found f = {.ifindex = ifindex, .mode = XMGM_MODE_NONE};
	struct mnl_socket *nl;

	*mode = XMGM_MODE_NONE;
	nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl)
		return 0;
	ask(nl, &f);
	mnl_socket_close(nl);
	if (f.prog_id)
		*mode = f.mode;
	return f.prog_id;
}
