/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * See igmp_io.h. One socket serves all interfaces: the interface is named
 * with each packet, so that thousands of them cost nothing, and one that
 * vanishes leaves nothing behind. The kernel fills in the IP id.
 */
#include "xmgmd/net/igmp_io.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "xmgm/abi.h"

struct igmp_io {
	int fd;
};

static int set_option(int fd, int option, int value)
{
	return setsockopt(fd, IPPROTO_IP, option, &value, sizeof(value));
}

struct igmp_io *igmp_io_open(void)
{
	struct igmp_io *io = calloc(1, sizeof(*io));
	int err;

	if (!io)
		return NULL;
	io->fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
			IPPROTO_RAW);
	if (io->fd < 0)
		goto fail;
	/* The kernel's own memberships must not answer through us. */
	if (set_option(io->fd, IP_HDRINCL, 1) ||
	    set_option(io->fd, IP_MULTICAST_LOOP, 0))
		goto fail;
	return io;
fail:
	err = errno;
	igmp_io_close(io);
	errno = err;
	return NULL;
}

void igmp_io_close(struct igmp_io *io)
{
	if (!io)
		return;
	if (io->fd >= 0)
		close(io->fd);
	free(io);
}

int igmp_io_send(struct igmp_io *io, uint32_t ifid, struct in_addr destination,
		 const uint8_t *packet, size_t len)
{
	union {
		char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
		struct cmsghdr align;
	} control = {{0}};
	struct in_pktinfo info = {.ipi_ifindex = (int)ifid};
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr = destination,
	};
	uint8_t copy[2048];
	struct iovec iov = {.iov_base = copy, .iov_len = len};
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	if (!ifid || ifid >= XMGM_IFID_VLAN)
		return -ENODEV;
	if (len > sizeof(copy))
		return -EMSGSIZE;
	memcpy(copy, packet, len); /* an iovec takes nothing const */
	cmsg->cmsg_level = IPPROTO_IP;
	cmsg->cmsg_type = IP_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cmsg), &info, sizeof(info));
	if (sendmsg(io->fd, &msg, 0) < 0)
		return -errno;
	return 0;
}
