/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fuzzes the decoders of DVMRP and mtrace on messages whose checksum is mended
 * first. What is accepted lies inside the message, and a report's good routes,
 * said again, are read as the same.
 */
#include <stdlib.h>
#include <string.h>

#include "wire/dvmrp.h"
#include "wire/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
	if (!holds)
		abort();
}

static void check_again(const struct dvmrp_report_route *route)
{
	const struct dvmrp_ip ip = {0};
	struct dvmrp_report_cursor cursor = {0};
	struct dvmrp_report_route again;
	struct dvmrp_message m;
	struct dvmrp_writer w;

	dvmrp_begin(&w, &ip, DVMRP_REPORT);
	require(dvmrp_put_route(&w, &route->prefix, route->metric));
	require(dvmrp_message_get(w.packet + IGMP_IP_BYTES,
				  dvmrp_end(&w) - IGMP_IP_BYTES,
				  &m) == DVMRP_OK);
	require(dvmrp_report_next(&m, &cursor, &again));
	require(again.prefix.net.s_addr == route->prefix.net.s_addr &&
		again.prefix.length == route->prefix.length &&
		again.metric == route->metric);
	require(!dvmrp_report_next(&m, &cursor, &again));
}

static void check_message(const struct dvmrp_message *m, const uint8_t *end)
{
	struct dvmrp_report_cursor cursor = {0};
	struct dvmrp_neighbors2 interface;
	struct dvmrp_report_route route;
	size_t offset = 0;

	require(m->length <= 32 && m->body + m->body_len == end);
	if (m->code == DVMRP_PROBE && m->neighbors.count)
		require(m->neighbors.bytes + 4 * m->neighbors.count == end);
	while (m->code == DVMRP_REPORT &&
	       dvmrp_report_next(m, &cursor, &route)) {
		require(route.prefix.length <= 32 && route.metric < 128);
		if (dvmrp_report_route_ok(&route))
			check_again(&route);
	}
	while (m->code == DVMRP_NEIGHBORS2 &&
	       dvmrp_neighbors2_next(m, &offset, &interface))
		require(interface.neighbors.bytes +
				4 * interface.neighbors.count <=
			end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	struct dvmrp_message m;

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	if (size >= 4) {
		copy[0] = DVMRP_TYPE;
		memset(copy + 2, 0, 2);
		wire_be16_put(copy + 2, wire_checksum(copy, size));
	}
	if (dvmrp_message_get(copy, size, &m) == DVMRP_OK)
		check_message(&m, copy + size);
	free(copy);
	return 0;
}
