/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The settings of a network device that attaching changes and detaching
 * restores: ALLMULTI, and the stripping of VLAN tags. Only what we changed
 * ourselves is changed back; the attachment's record says what that is.
 */
#include "bpf.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include <libmnl/libmnl.h>

#include "lib/log.h"

/* One ioctl on the device `name`; request fills or reads *ifr. */
static int device_ioctl(const char *name, unsigned long request,
			struct ifreq *ifr)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", name);
	if (ioctl(fd, request, ifr))
		err = -errno;
	close(fd);
	return err;
}

/*
 * One flag by netlink, which leaves the others alone. SIOCSIFFLAGS writes them
 * all: whoever switched the device on since we read them would see it go off.
 */
static int set_flag(uint32_t ifindex, unsigned int flag, bool on)
{
	_Alignas(8) char message[512];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(message);
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct ifinfomsg *info;
	ssize_t len = -1;
	int err = 0;

	if (!nl)
		return -errno;
	nlh->nlmsg_type = RTM_NEWLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	info->ifi_index = (int)ifindex;
	info->ifi_change = flag;
	info->ifi_flags = on ? flag : 0;
	if (!mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) &&
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) > 0)
		len = mnl_socket_recvfrom(nl, message, sizeof(message));
	if (len < 0 || mnl_cb_run(message, (size_t)len, 0, 0, NULL, NULL) < 0)
		err = -errno;
	mnl_socket_close(nl);
	return err;
}

/* Sets or clears ALLMULTI; *changed says whether that made a difference. */
static int set_allmulti(uint32_t ifindex, const char *name, bool on,
			bool *changed)
{
	struct ifreq ifr = {0};
	int err = device_ioctl(name, SIOCGIFFLAGS, &ifr);

	*changed = false;
	if (err || !!(ifr.ifr_flags & IFF_ALLMULTI) == on)
		return err;
	err = set_flag(ifindex, IFF_ALLMULTI, on);
	*changed = !err;
	return err;
}

/*
 * Sets or clears the stripping of VLAN tags: a device that takes them off
 * before XDP sees the frame makes tagged traffic look untagged. -EOPNOTSUPP
 * where there is nothing to strip with.
 */
static int set_rxvlan(const char *name, bool on, bool *changed)
{
	struct ethtool_value flags = {.cmd = ETHTOOL_GFLAGS};
	struct ifreq ifr = {.ifr_data = (char *)&flags};
	int err = device_ioctl(name, SIOCETHTOOL, &ifr);

	*changed = false;
	if (err || !!(flags.data & ETH_FLAG_RXVLAN) == on)
		return err;
	flags.cmd = ETHTOOL_SFLAGS;
	flags.data ^= ETH_FLAG_RXVLAN;
	err = device_ioctl(name, SIOCETHTOOL, &ifr);
	*changed = !err;
	return err;
}

int device_mac(const char *name, uint8_t mac[6])
{
	struct ifreq ifr = {0};
	int err = device_ioctl(name, SIOCGIFHWADDR, &ifr);

	if (!err)
		memcpy(mac, ifr.ifr_hwaddr.sa_data, 6);
	return err;
}

void device_prepare(uint32_t ifindex, struct xmgm_attachment *a)
{
	bool changed;
	int err = set_allmulti(ifindex, a->name, true, &changed);

	if (err)
		log_warn("%s: cannot set ALLMULTI: %s; groups nobody joined "
			 "on it may not be received",
			 a->name, strerror(-err));
	a->allmulti_ours |= changed;
	err = set_rxvlan(a->name, false, &changed);
	if (err && err != -EOPNOTSUPP)
		log_warn("%s: cannot switch VLAN tag stripping off: %s; "
			 "tagged frames may be forwarded as untagged",
			 a->name, strerror(-err));
	a->rxvlan_ours |= changed;
}

void device_restore(uint32_t ifindex, const struct xmgm_attachment *a)
{
	char name[IF_NAMESIZE]; /* may have changed */
	bool changed;

	if (!if_indextoname(ifindex, name))
		return;
	if (a->allmulti_ours)
		set_allmulti(ifindex, name, false, &changed);
	if (a->rxvlan_ours)
		set_rxvlan(name, true, &changed);
}
