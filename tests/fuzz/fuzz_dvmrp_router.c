/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzzes DVMRP with a sequence of messages and waits on two interfaces:
 * whatever hosts send, its neighbours, routes, entries and prunes stay within
 * the limits, what it sends can be read, and time always comes to an end.
 *
 * Input: commands of {what, host, length, bytes}. what: 0 to 9 a message with
 * this code, 16 more on the other interface; 10: that many seconds pass; 11,
 * 12: the link goes, comes. host: also chooses among versions.
 */
#include <stdlib.h>
#include <string.h>

#include "../unit/dvmrp_lab.h"

#define MAX_ROUTES    12u
#define MAX_NEIGHBORS 3u
#define MAX_PRUNES    4u
#define MAX_ENTRIES   6u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void check(struct lab *l)
{
	struct dvmrp_message m;

	require(l->d->routes.count <= MAX_ROUTES + 2); /* two are ours */
	require(l->d->tree.prune_count <= MAX_PRUNES);
	require(l->d->tree.entry_count <= MAX_ENTRIES);
	for (unsigned int port = 1; port <= 2; port++)
		require(lab_port(l, port)->neighbor_count <= MAX_NEIGHBORS);
	for (size_t i = 0; i < l->count; i++)
		require(dvmrp_message_get(l->sent[i].message, l->sent[i].len,
					  &m) == DVMRP_OK);
	lab_clear(l);
}

/* A byte each: 0 leaves it out. */
static void report(struct lab *l, unsigned int port, unsigned int host,
		   const uint8_t *metrics, size_t len)
{
	struct dvmrp_writer w;

	dvmrp_begin(&w, &(struct dvmrp_ip){0}, DVMRP_REPORT);
	for (size_t i = 0; i < len && i < 20; i++) {
		const struct dvmrp_prefix prefix = {
			{htonl(0x0a000000u + (uint32_t)(i << 16))}, 16};

		if (metrics[i] & 63)
			dvmrp_put_route(&w, &prefix, metrics[i] & 63);
	}
	lab_message(l, port, host, DVMRP_REPORT,
		    w.packet + IGMP_IP_BYTES + DVMRP_HEADER,
		    w.len - IGMP_IP_BYTES - DVMRP_HEADER);
}

static void prune(struct lab *l, unsigned int port, unsigned int host,
		  const uint8_t *at, size_t len)
{
	uint8_t body[12] = {10, 0, 0, 7, 239, 1, 1, 0, 0, 0, 0, 0};

	if (len < 3)
		return;
	body[1] = at[0] % 20;
	body[7] = at[1] & 7;
	body[11] = at[2];
	lab_message(l, port, host, DVMRP_PRUNE, body, sizeof(body));
}

static void command(struct lab *l, const uint8_t *at, size_t len)
{
	static const uint8_t versions[][2] = {
		{3, 255}, {3, 255}, {3, 4}, {3, 1}, {10, 2}};
	const unsigned int port = 1 + (at[0] >> 4 & 1), host = at[1] & 7;
	const unsigned int version = (at[1] >> 3) % 5;

	l->version[0] = versions[version][0];
	l->version[1] = versions[version][1];
	l->caps = at[1] & 64 ? 0x2e : 0x0e;
	switch (at[0] & 15) {
	case 10:
		lab_run(l, at[2] * 1000u);
		break;
	case 11:
	case 12:
		lab_turn(l, port, (at[0] & 15) == 12);
		break;
	case 13:
		lab_probe(l, port, host, at[2], true);
		break;
	case 14:
		report(l, port, host, at + 3, len);
		break;
	case 15:
		prune(l, port, host, at + 3, len);
		break;
	default:
		lab_message(l, port, host, at[0] & 15, at + 3, len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lab *l = lab_new(2);
	size_t len;

	l->config.max_routes = MAX_ROUTES;
	l->config.max_prunes = MAX_PRUNES;
	l->config.max_entries = MAX_ENTRIES;
	l->port[1].max_neighbors = l->port[2].max_neighbors = MAX_NEIGHBORS;
	lab_configure(l);
	for (; size >= 3; data += 3 + len, size -= 3 + len) {
		len = data[2] < size - 3 ? data[2] : size - 3;
		command(l, data, len);
		check(l);
	}
	lab_free(l);
	return 0;
}
