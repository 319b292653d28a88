/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks the kernel for the route to a source, as the routing table has it and
 * not as a flow's hash would choose (RTM_F_FIB_MATCH): a multipath route is
 * seen whole. One question costs some ten microseconds and is asked for each
 * new flow, so the socket is blocking and stays open.
 *
 * The kernel takes no table here (RTA_TABLE is -EINVAL, rtm_table as well), but
 * a device (RTA_OIF): a VRF device that is up makes the rule l3mdev look in the
 * table of that VRF. Where that has no route, the rules behind it go on to the
 * main table, so the table that the route was found in is asked for, too
 * (RTM_F_LOOKUP_TABLE), and a route of another is not ours.
 */
#include "xmgmd/daemon.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "xmgmd/net/attrs.h"
#include "lib/log.h"
#include "xmgmd/trace.h"

#define CHOICES 65536 /* legs remembered for any-leg; then forgotten */

/* Which leg a source was found on, so that it is not moved without need. */
struct choice {
	struct hash_node node; /* by source */
	struct in_addr source;
	uint32_t iif;
};

struct rib_io {
	struct mnl_socket *socket;
	uint32_t seq;
	struct hash choices;
	_Alignas(8) char buffer[32768];
};

static void add_leg(struct rib_route *route, uint32_t ifindex,
		    struct in_addr gateway)
{
	if (!ifindex || route->count == RIB_LEGS)
		return;
	route->legs[route->count].ifindex = ifindex;
	route->legs[route->count++].gateway = gateway;
}

static bool attr_address(const struct nlattr *attr, struct in_addr *address)
{
	if (mnl_attr_get_payload_len(attr) < sizeof(*address))
		return false;
	address->s_addr = mnl_attr_get_u32(attr);
	return true;
}

static struct in_addr hop_gateway(const struct rtnexthop *hop)
{
	const char *at = (const char *)hop + sizeof(*hop);
	const struct nlattr *attr = (const struct nlattr *)(const void *)at;
	struct in_addr gateway = {0};
	int left = hop->rtnh_len - (int)sizeof(*hop);

	while (mnl_attr_ok(attr, left)) {
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			attr_address(attr, &gateway);
		left -= (int)MNL_ALIGN(attr->nla_len);
		attr = mnl_attr_next(attr);
	}
	return gateway;
}

static void parse_multipath(const struct nlattr *attr, struct rib_route *route)
{
	const struct rtnexthop *hop = mnl_attr_get_payload(attr);
	int left = mnl_attr_get_payload_len(attr);

	while (left >= (int)sizeof(*hop) && hop->rtnh_len >= sizeof(*hop) &&
	       hop->rtnh_len <= left) {
		if (!(hop->rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)))
			add_leg(route, (uint32_t)hop->rtnh_ifindex,
				hop_gateway(hop));
		left -= (int)RTNH_ALIGN(hop->rtnh_len);
		hop = (const struct rtnexthop
			       *)(const void *)((const char *)hop +
						RTNH_ALIGN(hop->rtnh_len));
	}
}

struct question {
	struct in_addr source;
	uint32_t device; /* 0: none */
};

struct answer {
	struct rib_route route;
	uint32_t table; /* it was found in */
	bool known;	/* what is told of it first: its prefix and metric */
	bool local;	/* an address of this machine */
	bool by_object; /* a nexthop object says where, and only its id is told */
};

static int on_answer(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *info = mnl_nlmsg_get_payload(nlh);
	struct answer *answer = arg;
	struct rib_route *route = &answer->route;
	struct in_addr gateway = {0};
	const struct nlattr *attr;
	uint32_t ifindex = 0;

	if (nlh->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*info) ||
	    (info->rtm_type != RTN_UNICAST && info->rtm_type != RTN_LOCAL))
		return MNL_CB_OK;
	answer->local = info->rtm_type == RTN_LOCAL;
	/* A second question tells the flow's route, as a host route. */
	if (!answer->known) {
		answer->table = info->rtm_table;
		route->length = info->rtm_dst_len;
		route->connected = info->rtm_protocol == RTPROT_KERNEL;
	}
	attrs_of_message(attr, nlh, sizeof(*info)) {
		switch (mnl_attr_get_type(attr)) {
		case RTA_OIF:
			if (mnl_attr_get_payload_len(attr) >= sizeof(ifindex))
				ifindex = mnl_attr_get_u32(attr);
			break;
		case RTA_GATEWAY:
			attr_address(attr, &gateway);
			break;
		case RTA_TABLE: /* rtm_table has a byte */
			if (mnl_attr_get_payload_len(attr) >= sizeof(uint32_t))
				answer->table = mnl_attr_get_u32(attr);
			break;
		case RTA_MULTIPATH:
			parse_multipath(attr, route);
			break;
		case RTA_PRIORITY:
			if (mnl_attr_get_payload_len(attr) >= sizeof(uint32_t))
				route->metric = mnl_attr_get_u32(attr);
			break;
		case RTA_NH_ID:
			answer->by_object = true;
			break;
		default:
			break;
		}
	}
	answer->known = true;
	if (!route->count)
		add_leg(route, ifindex, gateway);
	return MNL_CB_OK;
}

/* -ENETUNREACH and the like are an answer: no legs. */
static int ask(struct rib_io *io, const struct question *question,
	       unsigned int flags, struct answer *answer)
{
	unsigned int port = mnl_socket_get_portid(io->socket);
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(io->buffer);
	struct rtmsg *info;
	ssize_t len;
	int result;

	nlh->nlmsg_type = RTM_GETROUTE;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = ++io->seq;
	info = mnl_nlmsg_put_extra_header(nlh, sizeof(*info));
	info->rtm_family = AF_INET;
	info->rtm_dst_len = 32;
	info->rtm_flags = RTM_F_LOOKUP_TABLE | flags;
	mnl_attr_put_u32(nlh, RTA_DST, question->source.s_addr);
	if (question->device)
		mnl_attr_put_u32(nlh, RTA_OIF, question->device);
	if (mnl_socket_sendto(io->socket, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	do {
		len = mnl_socket_recvfrom(io->socket, io->buffer,
					  sizeof(io->buffer));
		if (len < 0)
			return -errno;
		result = mnl_cb_run(io->buffer, (size_t)len, io->seq, port,
				    on_answer, answer);
		/* A late answer to an earlier question that timed out. */
		if (result < 0 && errno == EPROTO)
			result = MNL_CB_OK;
	} while (result > MNL_CB_STOP);
	return result < 0 ? -errno : 0;
}

static struct choice *choice_find(struct rib_io *io, struct in_addr source)
{
	struct hash_node *n;

	for (n = hash_first(&io->choices, hash_bytes(&source, sizeof(source)));
	     n; n = hash_next(n))
		if (hash_entry(n, struct choice, node)->source.s_addr ==
		    source.s_addr)
			return hash_entry(n, struct choice, node);
	return NULL;
}

static void choices_forget(struct rib_io *io)
{
	struct hash_node *n, *tmp;
	uint32_t i;

	hash_for_each_safe(&io->choices, n, tmp, i)
		free(hash_entry(n, struct choice, node));
	hash_clear(&io->choices);
}

static void choice_keep(struct rib_io *io, struct in_addr source, uint32_t iif)
{
	struct choice *choice = choice_find(io, source);

	if (!choice) {
		if (io->choices.count >= CHOICES)
			choices_forget(io);
		choice = calloc(1, sizeof(*choice));
		if (!choice)
			return;
		choice->source = source;
		if (hash_insert(&io->choices, &choice->node,
				hash_bytes(&source, sizeof(source)))) {
			free(choice);
			return;
		}
	}
	choice->iif = iif;
}

/*
 * The leg in use, as long as it is one, else the one of the arrival; only they
 * are remembered. Without either the answer is open to the next packet.
 */
static void choose_any(struct rib_io *io, struct in_addr source,
		       uint32_t arrival, const struct rib_route *route,
		       struct mgm_rib_answer *answer)
{
	const struct choice *choice = choice_find(io, source);

	rib_choose(route, true, choice ? choice->iif : 0, answer);
	if (answer->by_arrival)
		rib_choose(route, true, arrival, answer);
	if (answer->iif && !answer->by_arrival)
		choice_keep(io, source, answer->iif);
}

bool rib_io_concerns(const struct router *r, uint32_t table)
{
	return !r->table || r->table == table;
}

static bool is_unreachable(int err)
{
	return err == -ENETUNREACH || err == -EHOSTUNREACH || err == -EACCES ||
	       err == -EINVAL || err == -ESRCH || err == -ENODEV;
}

/* The kernel names netdevs, we name ports. */
static void name_ports(const struct router *r, struct rib_route *route)
{
	for (size_t i = 0; i < route->count; i++)
		route->legs[i].ifindex =
			port_list_ifid(&r->ports, route->legs[i].ifindex);
}

/* The kernel knows nothing of a VLAN without a netdev, whose subnets are as
 * good as those of others. */
static void add_connected(const struct router *r,
			  const struct mgm_address *source,
			  struct rib_route *route)
{
	const struct link *link = links_toward(&r->d->links, source);
	int length = link ? link_subnet(link, source) : -1;

	if (!link || link_is_netdev(link) ||
	    (route->count && route->length > length))
		return;
	*route = (struct rib_route){
		.count = 1,
		.length = (uint8_t)length,
		.connected = true,
		.legs = {{.ifindex = port_list_ifid(&r->ports, link->ifindex)}},
	};
}

/* 0 with what there is: also nothing. */
static int look_up(struct router *r, struct in_addr source,
		   struct answer *found)
{
	struct question question = {.source = source};
	int err;

	if (*r->vrf) {
		const struct link *vrf = links_by_name(&r->d->links, r->vrf);

		if (!vrf)
			return 0;
		question.device = vrf->ifindex;
	}
	err = ask(r->rib_io, &question, RTM_F_FIB_MATCH, found);
	/* With net.ipv4.nexthop_compat_mode off the legs are not listed. */
	if (!err && found->by_object && !found->route.count)
		err = ask(r->rib_io, &question, 0, found);
	if (err && !is_unreachable(err))
		return err;
	/* Addresses of its interfaces are in the table `local`. */
	if (err || (!found->local && !rib_io_concerns(r, found->table)))
		found->route.count = 0;
	name_ports(r, &found->route);
	return 0;
}

static const struct link *link_of(const struct router *r, uint32_t ifid)
{
	return links_by_index(&r->d->links, port_list_link(&r->ports, ifid));
}

/*
 * What this machine sends comes from the interface that has its source, as
 * from a host there. If that is a loopback: from where the first one left.
 */
static void choose_own(struct router *r, struct in_addr source,
		       uint32_t arrival, struct rib_route *route)
{
	const struct link *link = link_of(r, route->legs[0].ifindex);
	const struct choice *choice;

	if (link && !link->loopback)
		return;
	choice = choice_find(r->rib_io, source);
	if (choice && link_of(r, choice->iif))
		arrival = choice->iif;
	route->legs[0].ifindex = arrival;
	route->count = arrival ? 1 : 0;
	if (arrival)
		choice_keep(r->rib_io, source, arrival);
}

int rib_io_lookup(struct router *r, const struct mgm_address *address,
		  uint32_t arrival, struct mgm_rib_answer *answer)
{
	struct in_addr source = mgm_address_to_v4(address);
	struct answer found = {0};
	int err;

	memset(answer, 0, sizeof(*answer));
	if (!mgm_address_is_v4(address))
		return -EAFNOSUPPORT;
	err = look_up(r, source, &found);
	if (err) {
		log_warn("the route to a source cannot be looked up: %s",
			 strerror(-err));
		trace_rpf(r, source, &found.route, answer, err);
		return err;
	}
	if (found.local && found.route.count)
		choose_own(r, source, arrival, &found.route);
	add_connected(r, address, &found.route);
	if (r->d->config->rpf_any_leg)
		choose_any(r->rib_io, source, arrival, &found.route, answer);
	else
		rib_choose(&found.route, false, 0, answer);
	trace_rpf(r, source, &found.route, answer, 0);
	return 0;
}

int rib_io_open(struct router *r)
{
	const struct timeval patience = {.tv_usec = 200000};
	const int strict = 1;
	struct rib_io *io = calloc(1, sizeof(*io));

	if (!io)
		return -ENOMEM;
	r->rib_io = io;
	io->socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!io->socket || mnl_socket_bind(io->socket, 0, MNL_SOCKET_AUTOPID))
		return -errno;
	setsockopt(mnl_socket_get_fd(io->socket), SOL_SOCKET, SO_RCVTIMEO,
		   &patience, sizeof(patience));
	mnl_socket_setsockopt(io->socket, NETLINK_GET_STRICT_CHK,
			      (void *)(uintptr_t)&strict, sizeof(strict));
	return 0;
}

void rib_io_close(struct router *r)
{
	struct rib_io *io = r->rib_io;

	if (!io)
		return;
	choices_forget(io);
	if (io->socket)
		mnl_socket_close(io->socket);
	free(io);
	r->rib_io = NULL;
}
