// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floods a LAN with IGMP version 3 reports about random groups:
 *     flood INTERFACE HOST HOSTS RECORDS MILLISECONDS [COUNT]
 * HOST is the address they come from, the first of HOSTS; RECORDS (1 to 183)
 * is what each is to say.
 * Ends after the time, or COUNT reports, and prints how many reports the
 * interface has taken.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "frame_socket.h"

#define FRAMES	    1024 /* different ones, sent in turn */
#define BATCH	    32
#define HEADERS	    (14 + 24 + 8)
#define RECORDS_MAX 183
#define FRAME_MAX   (HEADERS + 8 * RECORDS_MAX)

static unsigned char frames[FRAMES][FRAME_MAX];

static void put16(unsigned char *at, unsigned int value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static void put_checksum(unsigned char *at, size_t field, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2)
		sum += (uint32_t)(at[i] << 8 | at[i + 1]);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(at + field, ~sum & 0xffff);
}

/* CHANGE_TO_EXCLUDE of no source, for groups in 239/8. */
static size_t make_frame(unsigned char *frame, struct in_addr host, int records)
{
	static const unsigned char ethernet[14] = {1, 0, 0x5e, 0, 0, 22, 2,
						   0, 0, 0,    0, 9, 8,	 0};
	static const unsigned char ip[24] = {
		[0] = 0x46, [8] = 1,	[9] = 2,  [16] = 224,
		[19] = 22,  [20] = 148, [21] = 4,
	};
	unsigned char *m = frame + 14 + 24, *at = m + 8;
	size_t len = 8 + 8 * (size_t)records;

	memcpy(frame, ethernet, sizeof(ethernet));
	memcpy(frame + 14, ip, sizeof(ip));
	put16(frame + 14 + 2, (unsigned int)(24 + len));
	memcpy(frame + 14 + 12, &host, 4);
	put_checksum(frame + 14, 10, 24);
	m[0] = 0x22;
	put16(m + 6, (unsigned int)records);
	for (int i = 0; i < records; i++, at += 8) {
		long group = random();

		at[0] = 4;
		at[4] = 239;
		at[5] = (unsigned char)(group >> 16);
		at[6] = (unsigned char)(group >> 8);
		at[7] = (unsigned char)group;
	}
	put_checksum(m, 2, len);
	return 14 + 24 + len;
}

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static unsigned long flood(int fd, size_t len, uint64_t until_ms,
			   unsigned long count)
{
	struct mmsghdr messages[FRAMES];
	struct iovec vectors[FRAMES];
	unsigned long sent = 0;
	unsigned int at = 0;

	memset(messages, 0, sizeof(messages));
	for (int i = 0; i < FRAMES; i++) {
		vectors[i] = (struct iovec){frames[i], len};
		messages[i].msg_hdr.msg_iov = &vectors[i];
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (sent < count && now_ms() < until_ms) {
		unsigned int some = count - sent < BATCH ? count - sent : BATCH;
		int n = sendmmsg(fd, messages + at, some, 0);

		if (n > 0)
			sent += (unsigned long)n;
		at = (at + BATCH) % FRAMES;
	}
	return sent;
}

int main(int argc, char **argv)
{
	struct in_addr host;
	size_t len = 0;
	int fd, hosts, records;

	if (argc < 6 || !inet_aton(argv[2], &host)) {
		fprintf(stderr,
			"usage: flood INTERFACE HOST HOSTS RECORDS MS\n");
		return 2;
	}
	hosts = atoi(argv[3]);
	records = atoi(argv[4]);
	if (hosts < 1 || records < 1 || records > RECORDS_MAX)
		return 2;
	srandom(9776);
	for (int i = 0; i < FRAMES; i++) {
		struct in_addr one = {
			htonl(ntohl(host.s_addr) + (uint32_t)(i % hosts))};

		len = make_frame(frames[i], one, records);
	}
	fd = frame_socket(argv[1]);
	if (fd < 0) {
		fprintf(stderr, "flood: %s\n", strerror(-fd));
		return 1;
	}
	printf("%lu\n", flood(fd, len, now_ms() + strtoul(argv[5], NULL, 10),
			      argc > 6 ? strtoul(argv[6], NULL, 10) : -1ul));
	close(fd);
	return 0;
}
