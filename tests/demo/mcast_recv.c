// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receives what mcast_send sends, through an ordinary socket, and counts
 * what is missing, doubled or out of order. Prints "ready" when the socket
 * has joined and one line of numbers at the end: when everything has come
 * (and a moment more, to see doubles), when nothing comes any more, at the
 * deadline, or at SIGTERM.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <getopt.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BATCH	   64
#define LINGER_MS  300
#define BUFFER	   (64 << 20)
#define COUNT_MAX  100000000ull
#define DATA_BYTES 16

struct options {
	struct in_addr group, source;
	const char *interface;
	uint16_t port;
	uint64_t count;
	int idle_ms, deadline_ms;
};

struct tally {
	uint64_t unique, duplicates, disordered, strange, last;
	unsigned char *seen; /* one bit a number */
};

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int usage(void)
{
	fprintf(stderr,
		"usage: mcast_recv -g GROUP -i INTERFACE -n COUNT [-S SOURCE] "
		"[-p PORT]\n"
		"                  [-w IDLE_MS] [-d DEADLINE_S]\n");
	return 2;
}

static int options_set(struct options *o, int letter, const char *value)
{
	switch (letter) {
	case 'g':
		return inet_pton(AF_INET, value, &o->group) == 1 ? 0 : -EINVAL;
	case 'S':
		return inet_pton(AF_INET, value, &o->source) == 1 ? 0 : -EINVAL;
	case 'i':
		o->interface = value;
		return if_nametoindex(value) ? 0 : -ENODEV;
	case 'p':
		o->port = (uint16_t)atoi(value);
		return 0;
	case 'n':
		o->count = strtoull(value, NULL, 10);
		return o->count && o->count <= COUNT_MAX ? 0 : -ERANGE;
	case 'w':
		o->idle_ms = atoi(value);
		return 0;
	case 'd':
		o->deadline_ms = atoi(value) * 1000;
		return 0;
	default:
		return -EINVAL;
	}
}

/* Any source, or one source alone (RFC 4607), as the options say. */
static int join(int fd, const struct options *o)
{
	struct group_source_req one = {0};
	struct ip_mreqn any = {.imr_multiaddr = o->group};
	struct sockaddr_in address = {.sin_family = AF_INET};
	uint32_t ifindex = if_nametoindex(o->interface);

	if (!o->source.s_addr) {
		any.imr_ifindex = (int)ifindex;
		return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &any,
				  sizeof(any))
			       ? -errno
			       : 0;
	}
	one.gsr_interface = ifindex;
	address.sin_addr = o->group;
	memcpy(&one.gsr_group, &address, sizeof(address));
	address.sin_addr = o->source;
	memcpy(&one.gsr_source, &address, sizeof(address));
	return setsockopt(fd, IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, &one,
			  sizeof(one))
		       ? -errno
		       : 0;
}

static int open_socket(const struct options *o)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = o->group,
		.sin_port = htons(o->port),
	};
	int buffer = BUFFER;
	int on = 1;
	int fd, err;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		err = -errno;
	else
		err = join(fd, o);
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

static void count_one(struct tally *t, const struct options *o,
		      const unsigned char *data, unsigned len)
{
	uint64_t seq;

	memcpy(&seq, data, sizeof(seq));
	seq = be64toh(seq);
	if (len < sizeof(seq) || seq >= o->count) {
		t->strange++;
		return;
	}
	if (t->seen[seq / 8] & (1u << (seq % 8))) {
		t->duplicates++;
		return;
	}
	t->seen[seq / 8] |= (unsigned char)(1u << (seq % 8));
	if (t->unique && seq < t->last)
		t->disordered++;
	else
		t->last = seq;
	t->unique++;
}

static int receive(int fd, struct tally *t, const struct options *o)
{
	unsigned char data[BATCH][DATA_BYTES];
	struct mmsghdr messages[BATCH];
	struct iovec vectors[BATCH];
	int n;

	do {
		memset(messages, 0, sizeof(messages));
		for (int i = 0; i < BATCH; i++) {
			vectors[i].iov_base = data[i];
			vectors[i].iov_len = sizeof(data[i]);
			messages[i].msg_hdr.msg_iov = &vectors[i];
			messages[i].msg_hdr.msg_iovlen = 1;
		}
		n = recvmmsg(fd, messages, BATCH, 0, NULL);
		for (int i = 0; i < n; i++)
			count_one(t, o, data[i], messages[i].msg_len);
	} while (n == BATCH && !stopped);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return -errno;
	return 0;
}

/* How long to wait for the next datagram. */
static int patience(const struct tally *t, const struct options *o,
		    int64_t start)
{
	int64_t left = start + o->deadline_ms - now_ms();

	if (t->unique == o->count)
		return LINGER_MS;
	if (left < 0)
		return 0;
	if (t->unique && o->idle_ms && o->idle_ms < left)
		return o->idle_ms;
	return (int)left;
}

static int run(int fd, struct tally *t, const struct options *o)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int64_t start = now_ms();
	int err = 0;

	while (!err && !stopped) {
		int ready = poll(&wait, 1, patience(t, o, start));

		if (!ready)
			break;
		if (ready > 0)
			err = receive(fd, t, o);
		else if (errno != EINTR)
			err = -errno;
	}
	return err;
}

static int receive_all(const struct options *o)
{
	struct tally t = {0};
	int fd, err;

	t.seen = calloc(o->count / 8 + 1, 1);
	fd = t.seen ? open_socket(o) : -ENOMEM;
	if (fd < 0) {
		fprintf(stderr, "mcast_recv: %s\n", strerror(-fd));
		free(t.seen);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	err = run(fd, &t, o);
	if (err)
		fprintf(stderr, "mcast_recv: %s\n", strerror(-err));
	printf("unique=%llu lost=%llu duplicates=%llu disordered=%llu "
	       "strange=%llu\n",
	       (unsigned long long)t.unique,
	       (unsigned long long)(o->count - t.unique),
	       (unsigned long long)t.duplicates,
	       (unsigned long long)t.disordered, (unsigned long long)t.strange);
	close(fd);
	free(t.seen);
	return err ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct options o = {
		.port = 5000,
		.idle_ms = 2000,
		.deadline_ms = 60000,
	};
	int letter, err;

	while ((letter = getopt(argc, argv, "g:S:i:p:n:w:d:")) != -1) {
		err = options_set(&o, letter, optarg);
		if (err) {
			fprintf(stderr, "mcast_recv: -%c %s: %s\n", letter,
				optarg ? optarg : "", strerror(-err));
			return usage();
		}
	}
	if (!o.group.s_addr || !o.interface || !o.count)
		return usage();
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	return receive_all(&o);
}
