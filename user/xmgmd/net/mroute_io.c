/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages of netlink about the entries of the kernel's multicast router:
 * reading them is all. link_io.c has the sockets.
 */
#include "mroute_io.h"

#include <linux/rtnetlink.h>

#include "attrs.h"

bool mroute_message(const struct nlmsghdr *nlh)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(nlh);

	return (nlh->nlmsg_type == RTM_NEWROUTE ||
		nlh->nlmsg_type == RTM_DELROUTE) &&
	       mnl_nlmsg_get_payload_len(nlh) >= sizeof(*info) &&
	       info->rtm_family == RTNL_FAMILY_IPMR;
}

bool mroute_read(struct kernel_mfc *mfc, const struct nlmsghdr *nlh)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(nlh);
	struct in_addr source = {0}, group = {0};
	const struct nlattr *attr;

	/* A flow that its router is just being asked about. */
	if (info->rtm_flags & RTNH_F_UNRESOLVED)
		return false;
	attrs_of_message(attr, nlh, sizeof(*info)) {
		if (mnl_attr_get_type(attr) == RTA_SRC)
			attr_u32(attr, &source.s_addr);
		else if (mnl_attr_get_type(attr) == RTA_DST)
			attr_u32(attr, &group.s_addr);
	}
	if (!group.s_addr)
		return false;
	return kernel_mfc_set(mfc, mgm_sg_v4(source, group),
			      nlh->nlmsg_type == RTM_NEWROUTE);
}
