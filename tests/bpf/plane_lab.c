/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Namespace, veths, instance and sockets for the tests of user/plane; see
 * plane_lab.h.
 */
#include "plane_lab.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

static struct plane_lab lab;

const struct plane_options plane_small = {
	.instance = lab.instance,
	.max_routes = 64,
	.max_sets = 32,
	.pool_low = 1,
};

static void on_upcall(void *arg, const struct xmgm_upcall *u, size_t ip_off)
{
	struct plane_lab *l = arg;

	assert_true(ip_off == FRAME_ETH || ip_off == FRAME_ETH + FRAME_TAG);
	l->upcalls++;
	memcpy(&l->last, u, sizeof(l->last));
	if (u->type == XMGM_UPCALL_MISS && l->on_miss)
		l->on_miss(l, u->flow);
}

int lab_open_plane(struct plane_lab *l, const struct plane_options *o,
		   const char **error)
{
	const struct plane_listener listener = {
		.arg = l,
		.upcall = on_upcall,
	};

	int err;

	*error = NULL;
	err = plane_open_bpf(o, &listener, &l->plane, error);
	if (!err)
		plane_beat(l->plane, run_now_ns());
	return err;
}

void lab_close_plane(struct plane_lab *l)
{
	plane_close(l->plane);
	l->plane = NULL;
}

void lab_reopen(struct plane_lab *l)
{
	const char *error;

	lab_close_plane(l);
	assert_int_equal(lab_open_plane(l, &plane_small, &error), 0);
}

struct plane_counters lab_counters(struct plane_lab *l)
{
	struct plane_counters c;

	plane_counters(l->plane, &c);
	return c;
}

void lab_pin_path(struct plane_lab *l, const char *name, char path[128])
{
	snprintf(path, 128, XMGM_PIN_ROOT "/%s/%s", l->instance, name);
}

int lab_pin(struct plane_lab *l, const char *name)
{
	char path[128];
	int fd;

	lab_pin_path(l, name, path);
	fd = bpf_obj_get(path);
	assert_true(fd >= 0);
	return fd;
}

void lab_turn(struct plane_lab *l)
{
	struct pollfd p = {.fd = plane_poll_fd(l->plane), .events = POLLIN};

	assert_true(p.fd >= 0);
	poll(&p, 1, 5);
	plane_beat(l->plane, run_now_ns());
	assert_int_equal(plane_poll(l->plane), 0);
	plane_tick(l->plane, run_now_ns());
}

void lab_add_route(struct plane_lab *l, struct xmgm_flow flow, uint32_t ports)
{
	uint32_t oifs[PORTS], n = 0, set;

	for (int i = 1; i < PORTS; i++)
		if (ports & 1u << i)
			oifs[n++] = l->near[i];
	assert_int_equal(plane_set_get(l->plane, oifs, n, &set), 0);
	assert_int_equal(plane_mfe_put(l->plane, flow, l->near[0], set, 0), 0);
	assert_int_equal(plane_commit(l->plane), 0);
}

struct plane_port lab_port(struct plane_lab *l, int i)
{
	struct plane_port port = {
		.ifid = l->near[i],
		.ifindex = l->near[i],
		.path = PLANE_PATH_XDP,
		.mac = {2, 0xcc, 0, 0, 0, (uint8_t)i},
		.ttl_threshold = 1,
	};

	snprintf(port.name, sizeof(port.name), "r%d", i);
	return port;
}

void lab_attach_all(struct plane_lab *l)
{
	const struct xmgm_interface owned = {.owner = XMGM_OWNER_STATIC};
	const char *error = "";

	for (int i = 0; i < PORTS; i++) {
		struct plane_port port = lab_port(l, i);

		if (plane_attach(l->plane, l->near[i], PLANE_NATIVE, &error))
			fail_msg("%s", error);
		assert_int_equal(
			plane_interface_set(l->plane, l->near[i], &owned), 0);
		assert_int_equal(plane_port_set(l->plane, &port), 0);
	}
}

void lab_send(struct plane_lab *l, int port, const uint8_t *frame, size_t len)
{
	assert_int_equal(send(l->sock[port], frame, len, 0), len);
}

/* The kernel has taken the tag out of the frame: it goes in again. */
static size_t put_tag(struct msghdr *msg, uint8_t *frame, size_t len)
{
	struct tpacket_auxdata aux;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c;
	     c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		if (aux.tp_status & TP_STATUS_VLAN_VALID)
			return frame_tag(frame, len, aux.tp_vlan_tpid,
					 aux.tp_vlan_tci);
	}
	return len;
}

/* The next frame, of whatever kind; 0: it is none for a group. */
static size_t receive_any(int fd, uint8_t *frame)
{
	struct sockaddr_ll from = {0};
	struct iovec iov = {frame, FRAME_ROOM - FRAME_TAG};
	uint64_t control[16];
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	ssize_t len = recvmsg(fd, &msg, 0);

	if (len <= 14 || from.sll_pkttype == PACKET_OUTGOING || frame[0] != 1 ||
	    frame[12] != 8 || frame[13] != 0)
		return 0;
	return put_tag(&msg, frame, (size_t)len);
}

size_t lab_receive(struct plane_lab *l, int port, uint8_t *frame)
{
	struct pollfd p = {.fd = l->sock[port], .events = POLLIN};
	uint64_t end = run_now_ns() + 1000000000ull;
	size_t len = 0;

	while (!len && run_now_ns() < end && poll(&p, 1, 1000) > 0)
		len = receive_any(p.fd, frame);
	return len;
}

static int open_socket(const char *name)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
	int size = 8 << 20, on = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on));
	return fd;
}

/* GRO at the far end: only then does a veth take redirected frames. */
static int make_port(int i)
{
	char command[256];

	snprintf(command, sizeof(command),
		 "ip link add r%d type veth peer name p%d && "
		 "ip link set r%d up && ip link set p%d up && "
		 "ethtool -K p%d gro on",
		 i, i, i, i, i);
	if (system(command))
		return -1;
	snprintf(command, sizeof(command), "r%d", i);
	lab.near[i] = if_nametoindex(command);
	command[0] = 'p';
	lab.sock[i] = open_socket(command);
	return lab.near[i] && lab.sock[i] >= 0 ? 0 : -1;
}

static int group_setup(void **state)
{
	int fd;

	*state = &lab;
	if (run_own_network())
		return -1;
	fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6",
		  O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "1", 1) != 1)
			perror("disable_ipv6");
		close(fd);
	}
	for (int i = 0; i < PORTS; i++)
		if (make_port(i))
			return -1;
	return 0;
}

int plane_setup(void **state)
{
	struct plane_lab *l = &lab;
	const char *error = NULL;

	*state = l;
	l->upcalls = 0;
	l->on_miss = NULL;
	if (!lab_open_plane(l, &plane_small, &error))
		return 0;
	fprintf(stderr, "%s\n", error ? error : "no reason given");
	return -1;
}

int plane_gone(void **state)
{
	struct plane_lab *l = *state;
	const char *error;
	int err;

	lab_close_plane(l);
	err = plane_destroy_bpf(l->instance, &error);
	return err == -ENOENT ? 0 : err;
}

static pid_t child;

static void on_signal(int sig)
{
	kill(child, sig);
}

int plane_lab_main(const char *name, const struct CMUnitTest *tests,
		   size_t count)
{
	const char *error;
	int status = 1;

	snprintf(lab.instance, sizeof(lab.instance), "test-%d", getpid());
	child = fork();
	if (child < 0)
		return 1;
	if (!child)
		exit(_cmocka_run_group_tests(name, tests, count, group_setup,
					     NULL));
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	plane_destroy_bpf(lab.instance, &error);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
