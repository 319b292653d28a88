/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Netlink: links, addresses, changes of routes, and the XDP features that
 * each device reports. Reads messages, fills the link table (links.c) and
 * tells those who listen there which routes have changed. A socket that has
 * overflowed (ENOBUFS) has lost messages: everything is dumped again.
 */
#include "xmgmd/daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_bonding.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "xmgmd/net/attrs.h"
#include "lib/address.h"
#include "lib/log.h"
#include "xmgmd/check.h"
#include "xmgmd/net/mroute_io.h"

/* The netdev family, of kernel 6.3; its header is younger than our build. */
#define NETDEV_FAMILY	     "netdev"
#define NETDEV_GROUP	     "mgmt"
#define NETDEV_CMD_GET	     1
#define NETDEV_CMD_DEL_NTF   3
#define NETDEV_ATTR_IFINDEX  1
#define NETDEV_ATTR_FEATURES 3
#define NETDEV_ATTR_MAX	     8

#define RECEIVE_BUFFER	     (4 << 20)

struct link_io {
	struct daemon *d;
	struct mnl_socket *route;   /* notifications, and dumps by type */
	struct mnl_socket *generic; /* NULL: the kernel has no such family */
	uv_poll_t route_poll, generic_poll;
	uint16_t family;
	uint32_t group;
	bool dumping;
	/* Notifications; and answers, maybe while a notification is read. */
	_Alignas(8) char buffer[65536];
	_Alignas(8) char reply[65536];
};

static void attr_text(const struct nlattr *attr, char *text, size_t room)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len >= room)
		len = room - 1;
	memcpy(text, mnl_attr_get_payload(attr), len);
	text[len] = '\0';
}

/* What a message says of its link and of the one above. */
struct parsed {
	struct link_report report;
	uint32_t master;
	char slave_kind[LINK_KIND_LEN];
	bool backup; /* as a member of a bond */
};

static void parse_slave(const struct nlattr *data, struct parsed *p)
{
	const struct nlattr *attr;

	attrs_inside(attr, data)
		if (mnl_attr_get_type(attr) == IFLA_BOND_SLAVE_STATE &&
		    mnl_attr_get_payload_len(attr))
			p->backup = mnl_attr_get_u8(attr) != BOND_STATE_ACTIVE;
}

static void parse_vlan(const struct nlattr *data, struct parsed *p)
{
	uint16_t id = 0, protocol = 0;
	const struct nlattr *attr;

	attrs_inside(attr, data) {
		if (mnl_attr_get_payload_len(attr) < sizeof(id))
			continue;
		if (mnl_attr_get_type(attr) == IFLA_VLAN_ID)
			id = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == IFLA_VLAN_PROTOCOL)
			protocol = mnl_attr_get_u16(attr);
	}
	p->report.vlan = protocol == htons(ETH_P_8021AD) ? id | XMGM_PORT_AD
							 : id;
}

static void parse_info(const struct nlattr *info, struct parsed *p)
{
	const struct nlattr *attr;

	attrs_inside(attr, info) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			attr_text(attr, p->report.kind, sizeof(p->report.kind));
		if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_KIND)
			attr_text(attr, p->slave_kind, sizeof(p->slave_kind));
	}
	/* Behind the kind, by which it is to be understood. */
	attrs_inside(attr, info) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_SLAVE_DATA &&
		    !strcmp(p->slave_kind, "bond"))
			parse_slave(attr, p);
		if (mnl_attr_get_type(attr) == IFLA_INFO_DATA &&
		    !strcmp(p->report.kind, "vlan"))
			parse_vlan(attr, p);
	}
}

static void parse_xdp(const struct nlattr *xdp, struct link_report *report)
{
	const struct nlattr *attr;

	attrs_inside(attr, xdp)
		if (mnl_attr_get_type(attr) == IFLA_XDP_PROG_ID)
			attr_u32(attr, &report->xdp_program);
}

static void parse_link_attr(const struct nlattr *attr, struct parsed *p)
{
	struct link_report *report = &p->report;

	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		attr_text(attr, report->name, sizeof(report->name));
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(report->mac))
			memcpy(report->mac, mnl_attr_get_payload(attr),
			       sizeof(report->mac));
		break;
	case IFLA_MTU:
		attr_u32(attr, &report->mtu);
		break;
	case IFLA_LINK:
		attr_u32(attr, &report->peer);
		break;
	case IFLA_LINK_NETNSID:
		report->peer_elsewhere = true;
		break;
	case IFLA_LINKINFO:
		parse_info(attr, p);
		break;
	case IFLA_MASTER:
		attr_u32(attr, &p->master);
		break;
	case IFLA_XDP:
		parse_xdp(attr, report);
		break;
	default:
		break;
	}
}

static void ask_features(struct link_io *io, uint32_t ifindex);

static void parse_link(const struct nlmsghdr *nlh, struct parsed *p)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	struct link_report *report = &p->report;
	const struct nlattr *attr;

	report->ifindex = (uint32_t)info->ifi_index;
	report->ethernet = info->ifi_type == ARPHRD_ETHER;
	report->loopback = info->ifi_flags & IFF_LOOPBACK;
	report->point_to_point = info->ifi_flags & IFF_POINTOPOINT;
	report->multicast = info->ifi_flags & IFF_MULTICAST;
	report->admin_up = info->ifi_flags & IFF_UP;
	report->carrier = link_flags_carrier(info->ifi_flags);
	attrs_of_message(attr, nlh, sizeof(*info))
		parse_link_attr(attr, p);
	if (!strcmp(p->slave_kind, "bond") && !p->backup)
		report->bond = p->master;
}

static void on_link(struct link_io *io, const struct nlmsghdr *nlh)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	struct parsed p = {.master = 0};
	bool is_new;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info) ||
	    info->ifi_family != AF_UNSPEC)
		return;
	if (nlh->nlmsg_type == RTM_DELLINK) {
		links_delete(&io->d->links, (uint32_t)info->ifi_index);
		return;
	}
	parse_link(nlh, &p);
	if (!p.report.name[0])
		return;
	is_new = !links_by_index(&io->d->links, p.report.ifindex);
	if (links_report(&io->d->links, &p.report))
		log_error("no memory for interface %s", p.report.name);
	/* Its features may have been notified before it was known. */
	if (is_new && !io->dumping)
		ask_features(io, p.report.ifindex);
}

static void on_address(struct link_io *io, const struct nlmsghdr *nlh)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(nlh);
	struct in_addr local = {0}, peer = {0};
	struct proto_address address;
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info) ||
	    info->ifa_family != AF_INET)
		return;
	attrs_of_message(attr, nlh, sizeof(*info)) {
		if (mnl_attr_get_type(attr) == IFA_LOCAL)
			attr_u32(attr, &local.s_addr);
		else if (mnl_attr_get_type(attr) == IFA_ADDRESS)
			attr_u32(attr, &peer.s_addr);
	}
	/* IFA_ADDRESS is the peer's, or the same once more, or the only one. */
	if (!local.s_addr)
		local = peer;
	if (local.s_addr == peer.s_addr)
		peer.s_addr = 0;
	address = (struct proto_address){
		.address = mgm_address_v4(local),
		.prefix_len = info->ifa_prefixlen,
		.peer = mgm_address_v4(peer),
	};
	links_address(&io->d->links, info->ifa_index, &address,
		      nlh->nlmsg_type == RTM_NEWADDR);
}

static void on_route(struct link_io *io, const struct nlmsghdr *nlh)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(nlh);
	struct mgm_prefix prefix = {.length = 0};
	struct in_addr address = {0};
	char text[ADDRESS_PREFIX_TEXT];
	const struct nlattr *attr;
	uint32_t table;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info) ||
	    info->rtm_family != AF_INET || info->rtm_type == RTN_LOCAL ||
	    info->rtm_type == RTN_BROADCAST || info->rtm_type == RTN_MULTICAST)
		return;
	table = info->rtm_table;
	prefix.length = info->rtm_dst_len;
	attrs_of_message(attr, nlh, sizeof(*info)) {
		if (mnl_attr_get_type(attr) == RTA_DST)
			attr_u32(attr, &address.s_addr);
		else if (mnl_attr_get_type(attr) == RTA_TABLE)
			attr_u32(attr, &table); /* rtm_table has a byte */
	}
	prefix.address = mgm_address_v4(address);
	if (log_on(LOG_NET))
		log_trace(LOG_NET, "route %s %s in table %u",
			  address_prefix_text(&prefix.address, prefix.length,
					      text),
			  nlh->nlmsg_type == RTM_NEWROUTE ? "set" : "deleted",
			  table);
	links_route(&io->d->links, table, &prefix);
}

/* Of one device: its multicast router's VIF has come or gone. */
static void on_netconf(struct link_io *io, const struct nlmsghdr *nlh)
{
	const struct netconfmsg *info = mnl_nlmsg_get_payload(nlh);
	uint32_t ifindex = 0, forwarding = 0;
	const struct nlattr *attr;
	bool known = false;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*info) ||
	    info->ncm_family != AF_INET || nlh->nlmsg_type != RTM_NEWNETCONF)
		return;
	attrs_of_message(attr, nlh, sizeof(*info)) {
		if (mnl_attr_get_type(attr) == NETCONFA_IFINDEX)
			attr_u32(attr, &ifindex);
		else if (mnl_attr_get_type(attr) == NETCONFA_MC_FORWARDING)
			known = attr_u32(attr, &forwarding);
	}
	if (known)
		links_mc_forwarding(&io->d->links, ifindex, forwarding);
}

static void on_mroute(struct link_io *io, const struct nlmsghdr *nlh)
{
	if (mroute_read(&io->d->kernel_mfc, nlh) && !io->dumping)
		links_mroutes(&io->d->links);
}

/* Kernels without a multicast router answer with other routes. */
static int on_mroute_dumped(const struct nlmsghdr *nlh, void *arg)
{
	if (mroute_message(nlh))
		on_mroute(arg, nlh);
	return MNL_CB_OK;
}

static int on_message(const struct nlmsghdr *nlh, void *arg)
{
	struct link_io *io = arg;

	switch (nlh->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		on_link(io, nlh);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		on_address(io, nlh);
		break;
	case RTM_NEWNETCONF:
		on_netconf(io, nlh);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		if (mroute_message(nlh))
			on_mroute(io, nlh);
		else
			on_route(io, nlh);
		break;
	case RTM_NEWRULE:
	case RTM_DELRULE:
	case RTM_NEWNEXTHOP:
	case RTM_DELNEXTHOP:
		log_trace(LOG_NET, "rules or nexthops have changed");
		links_routes(&io->d->links);
		break;
	default:
		break;
	}
	return MNL_CB_OK;
}

static int on_features(const struct nlmsghdr *nlh, void *arg)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	struct link_io *io = arg;
	uint32_t ifindex = 0;
	uint64_t features = 0;
	const struct nlattr *attr;
	bool known = false;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl) ||
	    nlh->nlmsg_type != io->family)
		return MNL_CB_OK;
	attrs_of_message(attr, nlh, sizeof(*genl)) {
		if (mnl_attr_get_type(attr) == NETDEV_ATTR_IFINDEX)
			attr_u32(attr, &ifindex);
		if (mnl_attr_get_type(attr) == NETDEV_ATTR_FEATURES &&
		    mnl_attr_get_payload_len(attr) >= sizeof(features)) {
			features = mnl_attr_get_u64(attr);
			known = true;
		}
	}
	if (genl->cmd != NETDEV_CMD_DEL_NTF)
		links_features(&io->d->links, ifindex, known, features);
	return MNL_CB_OK;
}

/* Reads one datagram. 1: the end of an answer. -EAGAIN: nothing there. */
static int receive(struct link_io *io, struct mnl_socket *socket,
		   mnl_cb_t callback)
{
	bool notified = socket == io->route || socket == io->generic;
	char *buffer = notified ? io->buffer : io->reply;
	ssize_t len = mnl_socket_recvfrom(socket, buffer, sizeof(io->buffer));
	int result;

	if (len < 0)
		return -errno;
	result = mnl_cb_run(buffer, (size_t)len, 0, 0, callback, io);
	if (result < 0)
		return -errno;
	return result == MNL_CB_STOP ? 1 : 0;
}

/*
 * A question and its whole answer, on a socket of its own: it cannot be
 * confused with notifications, and one that was disturbed is simply closed.
 * What was notified before the dump is read after it, in order, and ends in
 * the state that the dump has shown.
 */
static int ask(struct link_io *io, int bus, const struct nlmsghdr *nlh,
	       mnl_cb_t callback)
{
	const struct timeval patience = {.tv_sec = 2};
	struct mnl_socket *socket = mnl_socket_open2(bus, SOCK_CLOEXEC);
	int err = 0;

	if (!socket)
		return -errno;
	setsockopt(mnl_socket_get_fd(socket), SOL_SOCKET, SO_RCVTIMEO,
		   &patience, sizeof(patience));
	if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_sendto(socket, nlh, nlh->nlmsg_len) < 0)
		err = -errno;
	while (!err)
		err = receive(io, socket, callback);
	mnl_socket_close(socket);
	return err == 1 ? 0 : err;
}

static int dump_type(struct link_io *io, uint16_t type)
{
	_Alignas(8) char request[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct rtgenmsg *gen;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	gen = mnl_nlmsg_put_extra_header(
		nlh, type == RTM_GETLINK ? sizeof(struct ifinfomsg)
					 : sizeof(struct ifaddrmsg));
	gen->rtgen_family = type == RTM_GETLINK ? AF_UNSPEC : AF_INET;
	return ask(io, NETLINK_ROUTE, nlh, on_message);
}

/* Without it a problem is not seen: no more. */
static void dump_mroutes(struct link_io *io)
{
	_Alignas(8) char request[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct rtmsg *info;
	int err;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->rtm_family = RTNL_FAMILY_IPMR;
	kernel_mfc_dump_begin(&io->d->kernel_mfc);
	err = ask(io, NETLINK_ROUTE, nlh, on_mroute_dumped);
	if (err)
		log_info("the kernel's multicast routes cannot be read: %s",
			 strerror(-err));
	else
		kernel_mfc_dump_end(&io->d->kernel_mfc);
	links_mroutes(&io->d->links);
}

/* ifindex 0: of all devices. */
static void ask_features(struct link_io *io, uint32_t ifindex)
{
	_Alignas(8) char request[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct genlmsghdr *genl;
	int err;

	if (!io->generic)
		return;
	nlh->nlmsg_type = io->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | (ifindex ? NLM_F_ACK : NLM_F_DUMP);
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = NETDEV_CMD_GET;
	genl->version = 1;
	if (ifindex)
		mnl_attr_put_u32(nlh, NETDEV_ATTR_IFINDEX, ifindex);
	err = ask(io, NETLINK_GENERIC, nlh, on_features);
	if (err && err != -ENODEV)
		log_warn("the XDP features of interfaces cannot be read: %s",
			 strerror(-err));
}

/* A dump that something changed under (EINTR) begins again. */
static int dump_all(struct link_io *io)
{
	int err, tries = 5;

	io->dumping = true;
	do {
		links_dump_begin(&io->d->links);
		err = dump_type(io, RTM_GETLINK);
		if (!err)
			err = dump_type(io, RTM_GETADDR);
		if (!err)
			err = dump_type(io, RTM_GETNETCONF);
	} while ((err == -ENOBUFS || err == -EINTR) && --tries);
	io->dumping = false;
	if (err)
		return err;
	links_dump_end(&io->d->links);
	links_routes(&io->d->links);
	dump_mroutes(io);
	ask_features(io, 0);
	return 0;
}

static int ignore(const struct nlmsghdr *nlh, void *arg)
{
	(void)nlh;
	(void)arg;
	return MNL_CB_OK;
}

/*
 * What is still queued is older than what was lost, and would bring back what
 * has gone since: away with it, before the dump.
 */
static void drain(struct link_io *io, struct mnl_socket *socket)
{
	int err;

	do {
		err = receive(io, socket, ignore);
	} while (err >= 0 || err == -ENOBUFS || err == -EINTR);
}

static void again(struct link_io *io)
{
	int err;

	log_warn("netlink messages were lost: reading all interfaces again");
	drain(io, io->route);
	if (io->generic)
		drain(io, io->generic);
	err = dump_all(io);
	if (err)
		log_error("interfaces cannot be read: %s", strerror(-err));
}

/*
 * An overflow makes the socket both readable and faulty; libuv takes the fault
 * for a bad descriptor and stops polling, so it is started again.
 */
static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct link_io *io = poll->data;
	bool generic = poll == &io->generic_poll;
	int err;

	(void)events;
	if (status < 0 && uv_poll_start(poll, UV_READABLE, on_readable))
		log_error("interfaces are not watched any more: %s",
			  uv_strerror(status));
	do {
		err = receive(io, generic ? io->generic : io->route,
			      generic ? on_features : on_message);
	} while (err >= 0);
	if (err == -ENOBUFS)
		again(io);
	else if (err != -EAGAIN && err != -EINTR)
		log_warn("netlink: %s", strerror(-err));
}

static void find_group(struct link_io *io, const struct nlattr *groups)
{
	const struct nlattr *group, *attr;

	attrs_inside(group, groups) {
		const char *name = "";
		uint32_t id = 0;

		attrs_inside(attr, group) {
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME)
				name = mnl_attr_get_str(attr);
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				attr_u32(attr, &id);
		}
		if (!strcmp(name, NETDEV_GROUP))
			io->group = id;
	}
}

static int on_family(const struct nlmsghdr *nlh, void *arg)
{
	struct link_io *io = arg;
	const struct nlattr *attr;

	attrs_of_message(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			io->family = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			find_group(io, attr);
	}
	return MNL_CB_OK;
}

/* Kernels before 6.3 have no netdev family: features stay unknown. */
static int open_generic(struct link_io *io)
{
	_Alignas(8) char request[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request);
	struct genlmsghdr *genl;
	int err;

	nlh->nlmsg_type = GENL_ID_CTRL;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = CTRL_CMD_GETFAMILY;
	genl->version = 1;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	err = ask(io, NETLINK_GENERIC, nlh, on_family);
	if (err)
		return err;
	if (!io->family || !io->group)
		return -ENOENT;
	io->generic =
		mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!io->generic ||
	    mnl_socket_bind(io->generic, 0, MNL_SOCKET_AUTOPID) ||
	    mnl_socket_setsockopt(io->generic, NETLINK_ADD_MEMBERSHIP,
				  &io->group, sizeof(io->group)))
		return -errno;
	return 0;
}

static int open_route(struct link_io *io)
{
	static const unsigned int groups =
		RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE |
		RTMGRP_IPV4_RULE | RTMGRP_IPV4_MROUTE;
	const int nexthops = RTNLGRP_NEXTHOP, netconf = RTNLGRP_IPV4_NETCONF;
	int size = RECEIVE_BUFFER;

	io->route =
		mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!io->route ||
	    mnl_socket_bind(io->route, groups, MNL_SOCKET_AUTOPID))
		return -errno;
	setsockopt(mnl_socket_get_fd(io->route), SOL_NETLINK,
		   NETLINK_ADD_MEMBERSHIP, &nexthops, sizeof(nexthops));
	setsockopt(mnl_socket_get_fd(io->route), SOL_NETLINK,
		   NETLINK_ADD_MEMBERSHIP, &netconf, sizeof(netconf));
	/* More than the sysctl allows needs CAP_NET_ADMIN; less will do. */
	if (setsockopt(mnl_socket_get_fd(io->route), SOL_SOCKET, SO_RCVBUFFORCE,
		       &size, sizeof(size)))
		setsockopt(mnl_socket_get_fd(io->route), SOL_SOCKET, SO_RCVBUF,
			   &size, sizeof(size));
	return 0;
}

static int watch_fd(struct link_io *io, uv_poll_t *poll,
		    struct mnl_socket *socket)
{
	int err = uv_poll_init(&io->d->loop, poll, mnl_socket_get_fd(socket));

	if (err)
		return err;
	poll->data = io;
	return uv_poll_start(poll, UV_READABLE, on_readable);
}

int link_io_open(struct daemon *d)
{
	struct link_io *io = calloc(1, sizeof(*io));
	int err;

	if (!io)
		return -ENOMEM;
	io->d = d;
	d->link_io = io;
	err = open_route(io);
	if (err)
		return err;
	err = open_generic(io);
	if (err) {
		log_info("this kernel does not tell the XDP features of "
			 "interfaces (6.3 does): an oif that cannot transmit "
			 "is not noticed");
		if (io->generic)
			mnl_socket_close(io->generic);
		io->generic = NULL;
	}
	err = dump_all(io);
	if (err)
		return err;
	err = watch_fd(io, &io->route_poll, io->route);
	if (!err && io->generic)
		err = watch_fd(io, &io->generic_poll, io->generic);
	return err;
}

void link_io_close(struct daemon *d)
{
	struct link_io *io = d->link_io;

	if (!io)
		return;
	if (io->route)
		mnl_socket_close(io->route);
	if (io->generic)
		mnl_socket_close(io->generic);
	free(io);
	d->link_io = NULL;
}
