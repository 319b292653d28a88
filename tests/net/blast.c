// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sends one Ethernet frame many times, as fast as it can, from one CPU:
 *     blast INTERFACE CPU COUNT HEX
 * Prints "ready" and waits for a line on stdin, so that two of them start
 * together; prints at the end how many frames the interface has taken. COUNT 0:
 * until another line comes, or the end of stdin.
 */
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "frame_socket.h"

#define BATCH	  32
#define FRAME_MAX 1514

static int frame_get(const char *hex, unsigned char frame[FRAME_MAX])
{
	size_t len = strlen(hex) / 2;

	if (!len || len > FRAME_MAX)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		unsigned int byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			return -EINVAL;
		frame[i] = (unsigned char)byte;
	}
	return (int)len;
}

static int pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static bool told_to_stop(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, 0) > 0;
}

/* Enough tried? A count of 0 asks stdin, now and then. */
static bool enough(unsigned long tried, unsigned long count)
{
	if (count)
		return tried >= count;
	return tried % (BATCH * 32) == 0 && told_to_stop();
}

/* A full queue takes nothing: that is not an error, and not counted. */
static unsigned long blast(int fd, struct iovec *vector, unsigned long count)
{
	struct mmsghdr messages[BATCH];
	unsigned long sent = 0;

	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < BATCH; i++) {
		messages[i].msg_hdr.msg_iov = vector;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	for (unsigned long tried = 0; !enough(tried, count); tried += BATCH) {
		int n = sendmmsg(fd, messages, BATCH, 0);

		if (n > 0)
			sent += (unsigned long)n;
	}
	return sent;
}

int main(int argc, char **argv)
{
	unsigned char frame[FRAME_MAX];
	struct iovec vector = {.iov_base = frame};
	int len, fd;

	if (argc != 5) {
		fprintf(stderr, "usage: blast INTERFACE CPU COUNT HEX\n");
		return 2;
	}
	len = frame_get(argv[4], frame);
	fd = len < 0 ? len : frame_socket(argv[1]);
	if (fd < 0 || pin(atoi(argv[2]))) {
		fprintf(stderr, "blast: %s\n", strerror(fd < 0 ? -fd : errno));
		return 1;
	}
	vector.iov_len = (size_t)len;
	setvbuf(stdin, NULL, _IONBF, 0); /* nothing read ahead: poll sees it */
	puts("ready");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	printf("%lu\n", blast(fd, &vector, strtoul(argv[3], NULL, 10)));
	close(fd);
	return 0;
}
