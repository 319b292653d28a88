// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends numbered UDP datagrams to a multicast group at a steady rate. Each
 * carries its number as a 64-bit integer in network order, so that
 * mcast_recv can tell what is lost, doubled or out of order. An ordinary
 * socket on purpose: what it sends is what applications send. Used by the
 * demo and by the tests that need load.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH	    64
#define SIZE_MAX_IP 8972
#define NS_PER_S    1000000000ull

struct options {
	struct sockaddr_in group;
	int ifindex;
	int ttl;
	uint64_t first, count, rate;
	size_t size;
	bool progress;
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * NS_PER_S + (uint64_t)t.tv_nsec;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: mcast_send -g GROUP -i INTERFACE [-p PORT] [-n COUNT] "
		"[-r PER_SECOND]\n"
		"                  [-f FIRST] [-s BYTES] [-t TTL] [-v]\n");
	return 2;
}

static int options_set(struct options *o, int letter, const char *value)
{
	switch (letter) {
	case 'g':
		return inet_pton(AF_INET, value, &o->group.sin_addr) == 1
			       ? 0
			       : -EINVAL;
	case 'i':
		o->ifindex = (int)if_nametoindex(value);
		return o->ifindex ? 0 : -ENODEV;
	case 'p':
		o->group.sin_port = htons((uint16_t)atoi(value));
		return 0;
	case 'n':
		o->count = strtoull(value, NULL, 10);
		return 0;
	case 'r':
		o->rate = strtoull(value, NULL, 10);
		return o->rate ? 0 : -EINVAL;
	case 'f':
		o->first = strtoull(value, NULL, 10);
		return 0;
	case 's':
		o->size = strtoul(value, NULL, 10);
		return o->size >= 8 && o->size <= SIZE_MAX_IP ? 0 : -EINVAL;
	case 't':
		o->ttl = atoi(value);
		return 0;
	case 'v':
		o->progress = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int open_socket(const struct options *o)
{
	struct ip_mreqn out = {.imr_ifindex = o->ifindex};
	int buffer = 4 << 20;
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &buffer, sizeof(buffer));
	if (setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &out, sizeof(out)) ||
	    setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &o->ttl,
		       sizeof(o->ttl)) ||
	    connect(fd, (const struct sockaddr *)&o->group, sizeof(o->group))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* Sends up to n datagrams numbered from seq; returns how many were taken. */
static int send_batch(int fd, const struct options *o, uint64_t seq, unsigned n)
{
	static unsigned char data[BATCH][SIZE_MAX_IP];
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	int sent;

	memset(messages, 0, sizeof(messages));
	for (unsigned i = 0; i < n; i++) {
		uint64_t wire = htobe64(seq + i);

		memcpy(data[i], &wire, sizeof(wire));
		vectors[i].iov_base = data[i];
		vectors[i].iov_len = o->size;
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(fd, messages, n, 0);
	if (sent >= 0)
		return sent;
	return errno == ENOBUFS || errno == EAGAIN || errno == EINTR ? 0
								     : -errno;
}

static void show_progress(const struct options *o, uint64_t sent, uint64_t ns)
{
	static uint64_t next;

	if (!o->progress || ns < next)
		return;
	next = ns - ns % NS_PER_S + NS_PER_S;
	fprintf(stderr, "  %2llu s  %8llu of %llu sent\n",
		(unsigned long long)(ns / NS_PER_S), (unsigned long long)sent,
		(unsigned long long)o->count);
}

/*
 * Paced by an absolute clock: what is due by now is sent in small batches. A
 * sender that was not scheduled for a while catches up at twice the rate at
 * most, because a burst would overrun the queues of virtual devices.
 */
static int run(int fd, const struct options *o, uint64_t *sent)
{
	const struct timespec tick = {.tv_nsec = 1000000};
	uint64_t start = now_ns();
	uint64_t per_tick = o->rate / 500 + 1;

	while (*sent < o->count && !stopped) {
		uint64_t ns = now_ns() - start;
		uint64_t due = ns / 1000 * o->rate / 1000000 + 1;
		uint64_t n = due > *sent ? due - *sent : 0;

		n = n > per_tick ? per_tick : n;
		n = n > o->count - *sent ? o->count - *sent : n;
		while (n) {
			int taken = send_batch(fd, o, o->first + *sent,
					       n > BATCH ? BATCH : (unsigned)n);

			if (taken < 0)
				return taken;
			if (!taken)
				break;
			*sent += (unsigned)taken;
			n -= (unsigned)taken;
		}
		show_progress(o, *sent, ns);
		nanosleep(&tick, NULL);
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options o = {
		.group = {.sin_family = AF_INET, .sin_port = htons(5000)},
		.ttl = 16,
		.count = 200000,
		.rate = 20000,
		.size = 200,
	};
	uint64_t sent = 0;
	int letter, err, fd;

	while ((letter = getopt(argc, argv, "g:i:p:n:r:f:s:t:v")) != -1) {
		err = options_set(&o, letter, optarg);
		if (err) {
			fprintf(stderr, "mcast_send: -%c %s: %s\n", letter,
				optarg ? optarg : "", strerror(-err));
			return usage();
		}
	}
	if (!o.group.sin_addr.s_addr || !o.ifindex)
		return usage();
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	fd = open_socket(&o);
	err = fd < 0 ? fd : run(fd, &o, &sent);
	if (err)
		fprintf(stderr, "mcast_send: %s\n", strerror(-err));
	printf("sent=%llu\n", (unsigned long long)sent);
	return err ? 1 : 0;
}
