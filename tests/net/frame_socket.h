/* SPDX-License-Identifier: GPL-2.0-only */
/* A socket that sends whole Ethernet frames out of one interface. */
#ifndef XMGM_TESTS_FRAME_SOCKET_H
#define XMGM_TESTS_FRAME_SOCKET_H

#include <errno.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/if_packet.h>

/*
 * A negative errno if it cannot. Each CPU has a queue of its own, also for
 * equal frames.
 */
static inline int frame_socket(const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	int err, on = 1;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &on, sizeof(on)) &&
	    !bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

#endif /* XMGM_TESTS_FRAME_SOCKET_H */
