/* SPDX-License-Identifier: GPL-2.0-only */
/* See tagged.h. */
#include "xmgmd/net/tagged.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/address.h"
#include "wire/reader.h"
#include "xmgm/abi.h"

#define ROOM	     9216 /* bytes of IP packet, either way */
#define RECEIVE_ROOM (64 << 10)
#define TURN_PACKETS 64 /* read in one turn of the loop */
#define TAG_LEN	     4

struct trunk {
	struct trunk *next;
	struct tagged *t;
	uv_poll_t poll;
	uint32_t ifindex;
	int fd;
	bool named;
};

struct tagged {
	uv_loop_t *loop;
	tagged_fn *fn;
	void *arg;
	int send_fd;
	uint16_t id;
	struct trunk *trunks;
	_Alignas(8) uint8_t buffer[ETH_HLEN + TAG_LEN + ROOM];
};

struct tagged *tagged_new(uv_loop_t *loop, tagged_fn *fn, void *arg)
{
	struct tagged *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->loop = loop;
	t->fn = fn;
	t->arg = arg;
	t->send_fd = -1;
	return t;
}

static void on_closed(uv_handle_t *handle)
{
	struct trunk *trunk = handle->data;

	close(trunk->fd);
	free(trunk);
}

static void trunk_close(struct tagged *t, struct trunk **at)
{
	struct trunk *trunk = *at;

	(void)t;
	*at = trunk->next;
	uv_close((uv_handle_t *)&trunk->poll, on_closed);
}

void tagged_close(struct tagged *t)
{
	while (t && t->trunks)
		trunk_close(t, &t->trunks);
}

void tagged_free(struct tagged *t)
{
	if (!t)
		return;
	if (t->send_fd >= 0)
		close(t->send_fd);
	free(t);
}

/* --- sending -------------------------------------------------------- */

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The group's MAC address: RFC 1112 section 6.4. */
static size_t put_frame(struct tagged *t, const struct tagged_place *place,
			struct in_addr group, const uint8_t *packet, size_t len)
{
	const uint32_t address = ntohl(group.s_addr);
	uint8_t *frame = t->buffer, *ip = frame + ETH_HLEN + TAG_LEN;
	const uint8_t to[ETH_ALEN] = {0x01,
				      0x00,
				      0x5e,
				      (uint8_t)(address >> 16 & 0x7f),
				      (uint8_t)(address >> 8),
				      (uint8_t)address};
	const size_t header = (size_t)(packet[0] & 0xf) * 4;

	memcpy(frame, to, ETH_ALEN);
	memcpy(frame + ETH_ALEN, place->mac, ETH_ALEN);
	put16(frame + 12, ETH_P_8021Q);
	put16(frame + 14, place->vlan);
	put16(frame + 16, ETH_P_IP);
	memcpy(ip, packet, len);
	put16(ip + 2, (uint16_t)len);
	if (!ip[4] && !ip[5])
		put16(ip + 4, ++t->id);
	put16(ip + 10, 0);
	put16(ip + 10, wire_checksum(ip, header));
	return ETH_HLEN + TAG_LEN + len;
}

static int open_sender(struct tagged *t)
{
	if (t->send_fd < 0)
		t->send_fd = socket(AF_PACKET,
				    SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return t->send_fd < 0 ? -errno : 0;
}

int tagged_send(struct tagged *t, const struct tagged_place *place,
		const struct mgm_address *destination, const uint8_t *packet,
		size_t len)
{
	const struct sockaddr_ll to = {.sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_8021Q),
				       .sll_ifindex = (int)place->trunk};
	int err;

	if (!mgm_address_is_v4(destination))
		return -EAFNOSUPPORT;
	if (!address_is_multicast(destination))
		return -EHOSTUNREACH;
	if (len < sizeof(struct iphdr) || len > ROOM ||
	    (size_t)(packet[0] & 0xf) * 4 > len)
		return -EMSGSIZE;
	err = open_sender(t);
	if (err)
		return err;
	len = put_frame(t, place, mgm_address_to_v4(destination), packet, len);
	return sendto(t->send_fd, t->buffer, len, 0,
		      (const struct sockaddr *)&to, sizeof(to)) < 0
		       ? -errno
		       : 0;
}

/* --- receiving ------------------------------------------------------ */

/* Its tag, which the kernel has taken out of the frame; 0: it had none. */
static uint32_t vlan_of(struct msghdr *msg)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_PACKET ||
		    cmsg->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(cmsg), sizeof(aux));
		if (!(aux.tp_status & TP_STATUS_VLAN_VALID) ||
		    !(aux.tp_vlan_tci & 0xfff))
			return 0;
		return (aux.tp_vlan_tci & 0xfff) |
		       (aux.tp_vlan_tpid == ETH_P_8021AD ? XMGM_PORT_AD : 0);
	}
	return 0;
}

static bool receive(struct trunk *trunk)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
		struct cmsghdr align;
	} control;
	struct iovec iov = {trunk->t->buffer, sizeof(trunk->t->buffer)};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct tagged_packet packet = {.trunk = trunk->ifindex};
	ssize_t len = recvmsg(trunk->fd, &msg, 0);

	if (len < 0)
		return false;
	packet.vlan = vlan_of(&msg);
	packet.bytes = trunk->t->buffer;
	packet.len = (size_t)len;
	if (packet.vlan)
		trunk->t->fn(trunk->t->arg, &packet);
	return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct trunk *trunk = poll->data;
	unsigned int budget = TURN_PACKETS;

	(void)status;
	(void)events;
	while (budget-- && receive(trunk))
		;
}

/* IGMP that has a tag. SOCK_DGRAM: the packet begins with its IP header. */
static int set_filter(int fd)
{
	struct sock_filter code[] = {
		{BPF_LD | BPF_H | BPF_ABS, 0, 0,
		 (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)},
		{BPF_JMP | BPF_JEQ | BPF_K, 0, 5, ETH_P_IP},
		{BPF_LD | BPF_B | BPF_ABS, 0, 0,
		 (uint32_t)(SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT)},
		{BPF_JMP | BPF_JEQ | BPF_K, 3, 0, 0},
		{BPF_LD | BPF_B | BPF_ABS, 0, 0, 9}, /* IP protocol */
		{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, IPPROTO_IGMP},
		{BPF_RET | BPF_K, 0, 0, ROOM},
		{BPF_RET | BPF_K, 0, 0, 0},
	};
	const struct sock_fprog program = {
		.len = sizeof(code) / sizeof(code[0]), .filter = code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
			  sizeof(program));
}

/* The filter comes before the first packet: it is bound behind it. */
static int open_trunk(uint32_t ifindex)
{
	const struct sockaddr_ll at = {.sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)ifindex};
	const int on = 1, room = RECEIVE_ROOM;
	int err, fd = socket(AF_PACKET,
			     SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	if (!setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) &&
	    !set_filter(fd) &&
	    !bind(fd, (const struct sockaddr *)&at, sizeof(at)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int trunk_open(struct tagged *t, uint32_t ifindex)
{
	struct trunk *trunk = calloc(1, sizeof(*trunk));
	int err;

	if (!trunk)
		return -ENOMEM;
	trunk->t = t;
	trunk->ifindex = ifindex;
	trunk->named = true;
	trunk->fd = open_trunk(ifindex);
	err = trunk->fd < 0 ? trunk->fd
			    : uv_poll_init(t->loop, &trunk->poll, trunk->fd);
	if (err) {
		if (trunk->fd >= 0)
			close(trunk->fd);
		free(trunk);
		return err;
	}
	trunk->poll.data = trunk;
	trunk->next = t->trunks;
	t->trunks = trunk;
	return uv_poll_start(&trunk->poll, UV_READABLE, on_readable);
}

static int trunk_watch(struct tagged *t, uint32_t ifindex)
{
	struct trunk *trunk = t->trunks;

	while (trunk && trunk->ifindex != ifindex)
		trunk = trunk->next;
	if (!trunk)
		return trunk_open(t, ifindex);
	trunk->named = true;
	return 0;
}

int tagged_watch(struct tagged *t, const uint32_t *trunks, size_t count)
{
	struct trunk *trunk, **at = &t->trunks;
	int err, first = 0;
	size_t i;

	for (trunk = t->trunks; trunk; trunk = trunk->next)
		trunk->named = false;
	for (i = 0; i < count; i++) {
		err = trunk_watch(t, trunks[i]);
		if (err && !first)
			first = err;
	}
	while (*at) {
		if ((*at)->named)
			at = &(*at)->next;
		else
			trunk_close(t, at);
	}
	return first;
}
