/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See packet_io.h. One socket serves all interfaces: the interface is named
 * with each packet, so that thousands of them cost nothing, and one that
 * vanishes leaves nothing behind. The kernel fills in the IP id.
 */
#include "xmgmd/net/packet_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/address.h"

#define LISTENERS    64
#define TURN_PACKETS 64	       /* read in one turn of the loop */
#define ROOM	     65536     /* an IP packet */
#define RECEIVE_ROOM (1 << 20) /* of a socket */

struct listener {
	size_t who;
	uint8_t ip_protocol, igmp_type;
};

/* A socket that receives one IP protocol. */
struct receiver {
	struct receiver *next;
	struct packet_io *io;
	uv_poll_t poll;
	int fd;
	uint8_t ip_protocol;
};

/* Memberships; the kernel allows a socket only some (igmp_max_memberships). */
struct membership {
	struct membership *next;
	uint32_t ifindex;
	struct in_addr group;
	int fd;
	bool owns_fd; /* it is the first of this socket */
};

struct packet_io {
	uv_loop_t *loop;
	packet_io_fn *fn;
	void *arg;
	int send_fd;
	struct receiver *receivers;
	struct membership *memberships;
	struct listener listeners[LISTENERS];
	size_t listener_count;
	uint8_t buffer[ROOM];
};

struct packet_io *packet_io_new(uv_loop_t *loop, packet_io_fn *fn, void *arg)
{
	struct packet_io *io = calloc(1, sizeof(*io));

	if (!io)
		return NULL;
	io->loop = loop;
	io->fn = fn;
	io->arg = arg;
	io->send_fd = -1;
	return io;
}

static void on_closed(uv_handle_t *handle)
{
	struct receiver *r = handle->data;

	close(r->fd);
	free(r);
}

void packet_io_close(struct packet_io *io)
{
	struct receiver *r;

	while (io && (r = io->receivers)) {
		io->receivers = r->next;
		uv_close((uv_handle_t *)&r->poll, on_closed);
	}
}

void packet_io_free(struct packet_io *io)
{
	struct membership *m;

	if (!io)
		return;
	while ((m = io->memberships)) {
		io->memberships = m->next;
		if (m->owns_fd)
			close(m->fd);
		free(m);
	}
	if (io->send_fd >= 0)
		close(io->send_fd);
	free(io);
}

static int set_option(int fd, int option, int value)
{
	return setsockopt(fd, IPPROTO_IP, option, &value, sizeof(value));
}

/* --- sending -------------------------------------------------------- */

static int open_sender(struct packet_io *io)
{
	int err;

	if (io->send_fd >= 0)
		return 0;
	io->send_fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			     IPPROTO_RAW);
	/* The kernel's own memberships must not answer through us. */
	if (io->send_fd >= 0 && !set_option(io->send_fd, IP_HDRINCL, 1) &&
	    !set_option(io->send_fd, IP_MULTICAST_LOOP, 0))
		return 0;
	err = -errno;
	if (io->send_fd >= 0)
		close(io->send_fd);
	io->send_fd = -1;
	return err;
}

static int send_v4(struct packet_io *io, uint32_t ifindex,
		   struct in_addr destination, const uint8_t *packet,
		   size_t len)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr align;
	} control = {{0}};
	struct in_pktinfo info = {
		.ipi_ifindex = ifindex == PACKET_IO_ROUTED ? 0 : (int)ifindex,
	};
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_addr = destination};
	/* An iovec takes nothing const; nothing is written. */
	struct iovec iov = {(void *)(uintptr_t)packet, len};
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = IPPROTO_IP;
	cmsg->cmsg_type = IP_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
	return sendmsg(io->send_fd, &msg, 0) < 0 ? -errno : 0;
}

int packet_io_send(struct packet_io *io, uint32_t ifindex,
		   const struct mgm_address *destination, const uint8_t *packet,
		   size_t len)
{
	int err;

	if (!mgm_address_is_v4(destination))
		return -EAFNOSUPPORT;
	err = open_sender(io);
	if (err)
		return err;
	if (!ifindex)
		return -ENODEV;
	return send_v4(io, ifindex, mgm_address_to_v4(destination), packet,
		       len);
}

/* --- receiving ------------------------------------------------------ */

static bool by_ring(uint8_t igmp_type)
{
	static const uint8_t types[] = {XMGM_IGMP_QUERY, XMGM_IGMP_V1_REPORT,
					XMGM_IGMP_V2_REPORT, XMGM_IGMP_V2_LEAVE,
					XMGM_IGMP_V3_REPORT};

	return memchr(types, igmp_type, sizeof(types)) != NULL;
}

/* The filter may be younger than the packet. */
static bool wanted(const struct listener *l, const struct proto_packet *packet)
{
	if (l->ip_protocol != packet->ip_protocol)
		return false;
	if (l->ip_protocol != IPPROTO_IGMP)
		return true;
	return packet->len && packet->payload[0] == l->igmp_type &&
	       !(by_ring(l->igmp_type) &&
		 address_is_multicast(&packet->destination));
}

/* What the kernel says beside a packet. */
struct arrival {
	uint32_t ifindex; /* 0: not told */
	bool fragmented;
};

static void dispatch(struct packet_io *io, const struct arrival *arrival,
		     const uint8_t *bytes, size_t len)
{
	struct proto_packet packet = {0};
	size_t header, i;
	struct iphdr ip;

	if (len < sizeof(ip))
		return;
	memcpy(&ip, bytes, sizeof(ip));
	header = (size_t)ip.ihl * 4;
	if (header < sizeof(ip) || header > len)
		return;
	packet.source = mgm_address_v4((struct in_addr){ip.saddr});
	packet.destination = mgm_address_v4((struct in_addr){ip.daddr});
	packet.ttl = ip.ttl;
	packet.ip_protocol = ip.protocol;
	packet.fragmented = arrival->fragmented;
	packet.payload = bytes + header;
	packet.len = len - header;
	for (i = 0; i < io->listener_count; i++)
		if (wanted(&io->listeners[i], &packet))
			io->fn(io->arg, io->listeners[i].who, arrival->ifindex,
			       &packet);
}

void packet_io_take(struct packet_io *io, uint32_t ifindex,
		    const uint8_t *packet, size_t len)
{
	const struct arrival arrival = {.ifindex = ifindex};

	dispatch(io, &arrival, packet, len);
}

static struct arrival arrival_of(struct msghdr *msg)
{
	struct arrival arrival = {0};
	struct cmsghdr *cmsg;
	struct in_pktinfo info;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != IPPROTO_IP)
			continue;
		if (cmsg->cmsg_type == IP_RECVFRAGSIZE)
			arrival.fragmented = true;
		if (cmsg->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(cmsg), sizeof(info));
		arrival.ifindex = (uint32_t)info.ipi_ifindex;
	}
	return arrival;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct receiver *r = poll->data;
	union {
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo)) +
			   CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {r->io->buffer, ROOM};
	unsigned int budget = TURN_PACKETS;

	(void)status;
	(void)events;
	while (budget--) {
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};
		ssize_t len = recvmsg(r->fd, &msg, 0);
		struct arrival arrival;

		if (len < 0)
			return;
		arrival = arrival_of(&msg);
		dispatch(r->io, &arrival, r->io->buffer, (size_t)len);
	}
}

static struct receiver *receiver_find(const struct packet_io *io,
				      uint8_t ip_protocol)
{
	struct receiver *r = io->receivers;

	while (r && r->ip_protocol != ip_protocol)
		r = r->next;
	return r;
}

static int receiver_open(struct packet_io *io, uint8_t ip_protocol)
{
	const int room = RECEIVE_ROOM;
	struct receiver *r;
	int err;

	if (receiver_find(io, ip_protocol))
		return 0;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->io = io;
	r->ip_protocol = ip_protocol;
	r->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       ip_protocol);
	if (r->fd < 0 || set_option(r->fd, IP_PKTINFO, 1) ||
	    set_option(r->fd, IP_RECVFRAGSIZE, 1))
		goto fail;
	setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	err = uv_poll_init(io->loop, &r->poll, r->fd);
	if (err) {
		errno = -err;
		goto fail;
	}
	r->poll.data = r;
	r->next = io->receivers;
	io->receivers = r;
	return uv_poll_start(&r->poll, UV_READABLE, on_readable);
fail:
	err = -errno;
	if (r->fd >= 0)
		close(r->fd);
	free(r);
	return err;
}

static struct sock_filter op(uint16_t code, uint32_t k)
{
	return (struct sock_filter){code, 0, 0, k};
}

/*
 * Types that come by the ring are taken only if they are unicast, others as
 * they are, the rest is left.
 */
static int filter_igmp(struct packet_io *io)
{
	struct sock_filter code[LISTENERS + 8],
		tail[] = {
			op(BPF_RET | BPF_K, 0),
			op(BPF_LD | BPF_B | BPF_ABS,
			   16), /* of the destination */
			op(BPF_ALU | BPF_AND | BPF_K, 0xf0),
			{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0xe0},
			op(BPF_RET | BPF_K, 0),
			op(BPF_RET | BPF_K, ROOM),
		};
	struct sock_fprog program = {.filter = code};
	struct receiver *r = receiver_find(io, IPPROTO_IGMP);
	size_t i, n = 0;

	code[n++] = op(BPF_LDX | BPF_B | BPF_MSH, 0); /* X: header length */
	code[n++] = op(BPF_LD | BPF_B | BPF_IND, 0);  /* A: type */
	for (i = 0; i < io->listener_count; i++)
		if (io->listeners[i].ip_protocol == IPPROTO_IGMP)
			code[n++] = op(BPF_JMP | BPF_JEQ | BPF_K,
				       io->listeners[i].igmp_type);
	/* To the second or to the last of the tail, which begins at n. */
	for (i = 2; i < n; i++)
		code[i].jt =
			(uint8_t)(n + (by_ring((uint8_t)code[i].k) ? 1 : 5) -
				  i - 1);
	memcpy(&code[n], tail, sizeof(tail));
	program.len = (unsigned short)(n + sizeof(tail) / sizeof(tail[0]));
	return setsockopt(r->fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program))
		       ? -errno
		       : 0;
}

int packet_io_listen(struct packet_io *io, size_t who, uint8_t ip_protocol,
		     uint8_t igmp_type)
{
	const struct listener l = {who, ip_protocol, igmp_type};
	size_t i;
	int err;

	for (i = 0; i < io->listener_count; i++)
		if (io->listeners[i].who == who &&
		    io->listeners[i].ip_protocol == ip_protocol &&
		    io->listeners[i].igmp_type == igmp_type)
			return 0;
	if (io->listener_count == LISTENERS)
		return -ENOSPC;
	err = receiver_open(io, ip_protocol);
	if (err)
		return err;
	io->listeners[io->listener_count++] = l;
	err = ip_protocol == IPPROTO_IGMP ? filter_igmp(io) : 0;
	if (err)
		io->listener_count--;
	return err;
}

/* --- memberships ---------------------------------------------------- */

static int change_member(int fd, uint32_t ifindex, struct in_addr group,
			 int what)
{
	const struct ip_mreqn request = {.imr_multiaddr = group,
					 .imr_ifindex = (int)ifindex};

	return setsockopt(fd, IPPROTO_IP, what, &request, sizeof(request))
		       ? -errno
		       : 0;
}

static struct membership **member_find(struct packet_io *io, uint32_t ifindex,
				       struct in_addr group)
{
	struct membership **at = &io->memberships;

	while (*at && ((*at)->ifindex != ifindex ||
		       (*at)->group.s_addr != group.s_addr))
		at = &(*at)->next;
	return at;
}

/* The newest socket; -1: there is none. */
static int newest_fd(const struct packet_io *io)
{
	const struct membership *m = io->memberships;

	while (m && m->fd < 0)
		m = m->next;
	return m ? m->fd : -1;
}

/* By the newest socket, or by another one if that is full; where there is no
 * netdev it is only known. */
static int member_join(struct packet_io *io, struct membership *m)
{
	int err = -ENOBUFS;

	m->fd = -1;
	if (m->ifindex >= XMGM_IFID_VLAN)
		return 0;
	if (newest_fd(io) >= 0) {
		m->fd = newest_fd(io);
		err = change_member(m->fd, m->ifindex, m->group,
				    IP_ADD_MEMBERSHIP);
	}
	if (err != -ENOBUFS)
		return err;
	m->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (m->fd < 0)
		return -errno;
	m->owns_fd = true;
	err = change_member(m->fd, m->ifindex, m->group, IP_ADD_MEMBERSHIP);
	if (!err)
		return 0;
	close(m->fd);
	m->fd = -1;
	m->owns_fd = false;
	return err;
}

/* The socket goes with its last membership; else another one owns it. */
static void member_leave(struct packet_io *io, struct membership *m)
{
	struct membership *other;

	if (m->fd < 0)
		return;
	for (other = io->memberships; other; other = other->next)
		if (other != m && other->fd == m->fd)
			break;
	if (other && m->owns_fd)
		other->owns_fd = true;
	if (other)
		change_member(m->fd, m->ifindex, m->group, IP_DROP_MEMBERSHIP);
	else
		close(m->fd);
	m->fd = -1;
	m->owns_fd = false;
}

static void member_drop(struct packet_io *io, struct membership **at)
{
	struct membership *m = *at;

	*at = m->next;
	member_leave(io, m);
	free(m);
}

int packet_io_member(struct packet_io *io, uint32_t ifindex,
		     const struct mgm_address *address, bool member)
{
	struct in_addr group = mgm_address_to_v4(address);
	struct membership **at = member_find(io, ifindex, group), *m;
	int err;

	if (!mgm_address_is_v4(address))
		return -EAFNOSUPPORT;
	if (!member && *at)
		member_drop(io, at);
	if (!member || *at)
		return 0;
	m = calloc(1, sizeof(*m));
	if (!m)
		return -ENOMEM;
	m->ifindex = ifindex;
	m->group = group;
	err = member_join(io, m);
	if (err) {
		free(m);
		return err;
	}
	m->next = io->memberships;
	io->memberships = m;
	return 0;
}

void packet_io_moved(struct packet_io *io, uint32_t before, uint32_t ifindex)
{
	struct membership *m;

	for (m = io->memberships; m; m = m->next) {
		if (m->ifindex != before)
			continue;
		member_leave(io, m);
		m->ifindex = ifindex;
		member_join(io, m); /* or it is known, and no more */
	}
}

void packet_io_gone(struct packet_io *io, uint32_t ifindex)
{
	struct membership **at = &io->memberships;

	while (*at) {
		if ((*at)->ifindex == ifindex)
			member_drop(io, at);
		else
			at = &(*at)->next;
	}
}
