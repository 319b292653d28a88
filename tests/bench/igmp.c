/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Encodes reports: RFC 2236 sections 2 and 9, RFC 9776 section 4.2, RFC 2113.
 */
#include "igmp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>

#define IP   14
#define IGMP (IP + 24)

static void put_checksum(uint8_t *data, int len, int field)
{
	uint32_t sum = 0;

	for (int i = 0; i < len; i += 2)
		sum += data[i] << 8 | data[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	sum = ~sum;
	data[field] = sum >> 8;
	data[field + 1] = sum;
}

void igmp_report(struct igmp_frame *f, const uint8_t host[4],
		 const uint8_t group[4])
{
	static const struct igmp_frame empty = {
		.bytes = {0x01, 0x00, 0x5e, 0, 0,    0,	   2, 0,  0,   0,
			  2,	1,    0x08, 0, 0x46, 0xc0, 0, 32, 0,   0,
			  0,	0,    1,    2, 0,    0,	   0, 0,  0,   0,
			  0,	0,    0,    0, 0x94, 0x04, 0, 0,  0x16}};

	*f = empty;
	f->bytes[3] = group[1] & 0x7f;
	f->bytes[4] = group[2];
	f->bytes[5] = group[3];
	memcpy(f->bytes + IP + 12, host, 4);
	memcpy(f->bytes + IP + 16, group, 4);
	memcpy(f->bytes + IGMP + 4, group, 4);
	put_checksum(f->bytes + IP, 24, 10);
	put_checksum(f->bytes + IGMP, 8, 2);
}

static int frames_new(struct igmp_frames *f, uint32_t count, size_t each)
{
	*f = (struct igmp_frames){.count = count, .each = each};
	f->bytes = calloc(count, each);
	return f->bytes ? 0 : -ENOMEM;
}

int igmp_frames_old(struct igmp_frames *f, uint32_t host, uint32_t group,
		    uint32_t count)
{
	int err = frames_new(f, count, sizeof(struct igmp_frame));
	struct igmp_frame frame;

	for (uint32_t i = 0; i < count && !err; i++) {
		uint32_t h = htonl(host + i), g = htonl(group + i);

		igmp_report(&frame, (const uint8_t *)&h, (const uint8_t *)&g);
		memcpy(f->bytes + i * f->each, frame.bytes, f->each);
	}
	return err;
}

/* A version 3 report: `records` of type TO_EX, from this group on, of those
 * between first and first + count. */
static void put_report3(uint8_t *bytes, uint32_t host, uint32_t first,
			uint32_t count, uint32_t at, uint32_t records)
{
	static const uint8_t head[IGMP + 1] = {
		0x01, 0x00, 0x5e, 0, 0,	  22, 2, 0,  0,	   0,	 2, 1, 0x08,
		0,    0x46, 0xc0, 0, 0,	  0,  0, 0,  0,	   1,	 2, 0, 0,
		0,    0,    0,	  0, 224, 0,  0, 22, 0x94, 0x04, 0, 0, 0x22};
	size_t len = 8 + 8 * (size_t)records;
	uint8_t *record = bytes + IGMP + 8;

	memcpy(bytes, head, sizeof(head));
	bytes[IP + 2] = (24 + len) >> 8;
	bytes[IP + 3] = 24 + len;
	host = htonl(host);
	memcpy(bytes + IP + 12, &host, 4);
	put_checksum(bytes + IP, 24, 10);
	bytes[IGMP + 6] = records >> 8;
	bytes[IGMP + 7] = records;
	for (uint32_t i = 0; i < records; i++, record += 8) {
		uint32_t group = htonl(first + (at + i) % count);

		record[0] = 4;
		memcpy(record + 4, &group, 4);
	}
	put_checksum(bytes + IGMP, len, 2);
}

int igmp_frames_groups(struct igmp_frames *f, uint32_t host, uint32_t group,
		       uint32_t count, uint32_t records)
{
	uint32_t frames = (count + records - 1) / records;
	int err = frames_new(f, frames, IGMP + 8 + 8 * (size_t)records);

	for (uint32_t i = 0; i < frames && !err; i++)
		put_report3(f->bytes + i * f->each, host + i, group, count,
			    i * records, records);
	return err;
}

int igmp_frames_hosts(struct igmp_frames *f, uint32_t host, uint32_t group,
		      uint32_t count)
{
	int err = frames_new(f, count, IGMP + 8 + 8);

	for (uint32_t i = 0; i < count && !err; i++)
		put_report3(f->bytes + i * f->each, host + i, group, 1, 0, 1);
	return err;
}

struct iovec igmp_frame_at(const struct igmp_frames *f, uint64_t number)
{
	return (struct iovec){
		.iov_base = f->bytes + number % f->count * f->each,
		.iov_len = f->each,
	};
}

void igmp_frames_free(struct igmp_frames *f)
{
	free(f->bytes);
	*f = (struct igmp_frames){0};
}
