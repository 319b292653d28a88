/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel and the driver say of a device, by netlink and ethtool's
 * ioctls: /sys may be another network namespace's.
 */
#include "xmgm/doctor/doctor.h"

#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

#include <libmnl/libmnl.h>

#define FEATURE_BITS 256 /* more than any kernel has */

/* What a message about the link says beside the flags. */
struct link {
	struct doctor_device *device;
	uint32_t peer; /* of a veth in our namespace */
	bool elsewhere;
};

static void read_kind(struct link *link, const struct nlattr *info)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info)
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
		    !strcmp(mnl_attr_get_str(attr), "veth"))
			link->device->veth = true;
}

static int on_link(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	struct link *link = arg;
	struct doctor_device *d = link->device;
	const struct nlattr *attr;

	d->up = info->ifi_flags & IFF_UP;
	d->running = info->ifi_flags & IFF_RUNNING;
	d->multicast = info->ifi_flags & IFF_MULTICAST;
	d->allmulti = info->ifi_flags & IFF_ALLMULTI;
	mnl_attr_for_each(attr, nlh, sizeof(*info)) {
		switch (mnl_attr_get_type(attr)) {
		case IFLA_MTU:
			d->mtu = mnl_attr_get_u32(attr);
			break;
		case IFLA_LINK:
			link->peer = mnl_attr_get_u32(attr);
			break;
		case IFLA_LINK_NETNSID:
			link->elsewhere = true;
			break;
		case IFLA_LINKINFO:
			read_kind(link, attr);
			break;
		}
	}
	return MNL_CB_OK;
}

static int ask_link(struct mnl_socket *nl, uint32_t ifindex, struct link *link)
{
	_Alignas(8) char buffer[16384];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct ifinfomsg *info;
	ssize_t len;

	nlh->nlmsg_type = RTM_GETLINK;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->ifi_index = (int)ifindex;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	len = mnl_socket_recvfrom(nl, buffer, sizeof(buffer));
	if (len < 0 || mnl_cb_run(buffer, (size_t)len, 0, 0, on_link, link) < 0)
		return -errno;
	return 0;
}

static int read_link(uint32_t ifindex, struct doctor_device *d)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	struct link link = {.device = d};
	int err;

	if (!nl)
		return -errno;
	err = ask_link(nl, ifindex, &link);
	mnl_socket_close(nl);
	if (err || !d->veth || link.elsewhere ||
	    !if_indextoname(link.peer, d->peer))
		d->peer[0] = '\0';
	return err;
}

/* One question of ethtool's; data begins with its command. */
static int ethtool(const char *name, void *data)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = {.ifr_data = data};
	int err = 0;

	if (fd < 0)
		return -errno;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, SIOCETHTOOL, &ifr))
		err = -errno;
	close(fd);
	return err;
}

static void read_channels(struct doctor_device *d)
{
	struct ethtool_channels c = {.cmd = ETHTOOL_GCHANNELS};

	if (ethtool(d->name, &c))
		return;
	d->rx_queues = c.combined_count + c.rx_count;
	d->tx_queues = c.combined_count + c.tx_count;
	d->rx_queues_max = c.combined_count ? c.max_combined
					    : c.max_combined + c.max_rx;
}

/* The place of a feature in the driver's list; -1: it has no such feature. */
static int feature_place(const char *name, const char *feature)
{
	struct {
		struct ethtool_gstrings head;
		char names[FEATURE_BITS][ETH_GSTRING_LEN];
	} *strings = calloc(1, sizeof(*strings));
	int place = -1;

	if (!strings)
		return -1;
	strings->head.cmd = ETHTOOL_GSTRINGS;
	strings->head.string_set = ETH_SS_FEATURES;
	strings->head.len = FEATURE_BITS;
	if (!ethtool(name, strings))
		for (uint32_t i = 0; i < strings->head.len && place < 0; i++)
			if (!strncmp(strings->names[i], feature,
				     ETH_GSTRING_LEN))
				place = (int)i;
	free(strings);
	return place;
}

/* 1, 0; -1: not known. */
static int feature_on(const char *name, const char *feature)
{
	struct {
		struct ethtool_gfeatures head;
		struct ethtool_get_features_block blocks[FEATURE_BITS / 32];
	} f = {.head = {.cmd = ETHTOOL_GFEATURES, .size = FEATURE_BITS / 32}};
	int place = feature_place(name, feature);

	if (place < 0 || ethtool(name, &f))
		return -1;
	return f.blocks[place / 32].active >> place % 32 & 1;
}

static void read_driver(struct doctor_device *d)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};

	if (!ethtool(d->name, &info))
		snprintf(d->driver, sizeof(d->driver), "%s", info.driver);
	d->lro = feature_on(d->name, "rx-lro");
	d->gro_hw = feature_on(d->name, "rx-gro-hw");
	d->rxvlan = feature_on(d->name, "rx-vlan-hw-parse");
}

static bool has_address(const char *name)
{
	struct ifaddrs *list, *a;
	bool found = false;

	if (getifaddrs(&list))
		return true;
	for (a = list; a && !found; a = a->ifa_next)
		found = a->ifa_addr && a->ifa_addr->sa_family == AF_INET &&
			!strcmp(a->ifa_name, name);
	freeifaddrs(list);
	return found;
}

static int read_filter(const char *name)
{
	char path[96];
	int value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv4/conf/%s/rp_filter",
		 name);
	file = fopen(path, "re");
	if (!file)
		return -1;
	if (fscanf(file, "%d", &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

int doctor_device_read(const char *name, struct doctor_device *d)
{
	uint32_t ifindex = if_nametoindex(name);
	int all = read_filter("all"), err;

	snprintf(d->name, sizeof(d->name), "%s", name);
	if (!ifindex)
		return -ENODEV;
	err = read_link(ifindex, d);
	if (err)
		return err;
	d->features_known = !doctor_features_read(ifindex, &d->features);
	d->address = has_address(name);
	d->rp_filter = read_filter(name);
	if (all > d->rp_filter)
		d->rp_filter = all;
	read_driver(d);
	read_channels(d);
	return 0;
}
